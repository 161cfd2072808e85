/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks as spreadsheets: there and back without a loss, and what is said about cells that are wrong. */
#include "framework_sheet.h"

#include "builtin_frameworks.h"
#include "fault.h"
#include "framework_show.h"
#include "test.h"

static mp_arena      arena = MP_ARENA_INIT;
static mp_frameworks builtin;

static int begin(void **state)
{
    (void)state;
    return mp_builtin_frameworks(&builtin, &arena, NULL) == MP_OK ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static mp_str form_of(const mp_own_framework *own, mp_framework_form form, mp_arena *to)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { .code = MP_OK };
    if (mp_framework_sheet_write(&out, own, &builtin, form, to, &err) != MP_OK)
        fail_msg("%.*s: %s", MP_FMT(own->id), err.message);
    mp_str bytes = mp_arena_dup(to, mp_buf_str(&out));
    mp_buf_free(&out);
    return bytes;
}

static mp_own_framework from(mp_str bytes, mp_arena *to)
{
    mp_own_framework own;
    mp_error         err = { .code = MP_OK };
    if (mp_framework_sheet_read(&own, bytes, MP_S(""), &builtin, to, &err) != MP_OK)
        fail_msg("%s", err.message);
    return own;
}

/* All that is known of it, as one text: of each scheme too. */
static mp_str said(const mp_own_framework *own, mp_arena *to)
{
    mp_catalog_document documents[MP_FRAMEWORK_DOCUMENTS];
    size_t              count = 0;
    mp_frameworks       all;
    mp_error            err = { .code = MP_OK };
    mp_jsonw            w;
    mp_buf              out = MP_BUF_INIT;
    for (MP_JSON_MEMBERS(key, own->documents))
        if (!mp_str_starts(mp_json_str(key), MP_S("mappings/")))
            documents[count++] = (mp_catalog_document){ .name = mp_arena_printf(to, "%.*s/%.*s", MP_FMT(own->id), MP_FMT(mp_json_str(key))), .json = key + 1 };
    if (mp_frameworks_read(&all, documents, count, to, &err) != MP_OK)
        fail_msg("%s", err.message);
    mp_jsonw_init(&w, to);
    mp_jsonw_array(&w);
    mp_framework_show(&w, &all, &all.of[0], NULL);
    for (size_t i = 0; i < all.of[0].scheme_count; i++)
        mp_framework_show(&w, &all, &all.of[0], &all.of[0].schemes[i]);
    mp_jsonw_end(&w);
    mp_buf_add_json(&out, mp_jsonw_done(&w));
    mp_str text = mp_arena_dup(to, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
}

static void check_same(mp_str a, mp_str b)
{
    size_t at = 0;
    while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
        at++;
    if (at == a.len && at == b.len)
        return;
    at = at > 100 ? at - 100 : 0;
    fail_msg("\n%.*s\nis not\n%.*s", 300, a.ptr + at, 300, b.ptr + at);
}

TEST(every_framework_comes_back_from_both_forms)
{
    for (size_t i = 0; i < builtin.count; i++)
        for (unsigned form = 0; form <= MP_FRAMEWORK_CSV; form++) {
            mp_arena         own_arena = MP_ARENA_INIT;
            mp_own_framework own;
            CHECK_INT(mp_own_framework_builtin(&own, &builtin.of[i], &own_arena, NULL), MP_OK);
            mp_str           bytes = form_of(&own, (mp_framework_form)form, &own_arena);
            mp_own_framework back = from(bytes, &own_arena);
            CHECK(mp_str_eq(own.id, back.id) && mp_str_eq(own.version, back.version));
            check_same(said(&own, &own_arena), said(&back, &own_arena));
            check_same(bytes, form_of(&back, (mp_framework_form)form, &own_arena)); /* mappings too */
            mp_arena_free(&own_arena);
        }
}

/* ---- by hand ---- */

#define CSV                                                                                                                                      \
    "[framework]\nfield,value,value ko\nid,acme-2026,\ntitle,Acme rules,아크메 규정\nversion,3,\n"                                                   \
    "[groups]\nnumber,within,title\n1,,Access\n1.a,1,\"Sign-in, all of it\"\n"                                                                     \
    "[controls]\ngroup,number,within,title,title ko,requirement,checked by,policies,questions,questions ko,evidence,required,scheme: web\n"          \
    "1.a,1.a.1,,Second factor,2단계 인증,\"Everybody,\nalways\",part,\"mapae-identity-mfa-owners, other\",Is it on?\\nEverywhere?,켜져 있는가?,record | P3M | List \\| log,no,x\n" \
    "1.a,1.a.2,1.a.1,Keys,,,,,,,,,\n"                                                                                                                \
    "[mappings]\nwith,control,relation,other control,basis\ncsap,1.a.1,subset,10.3.3,we compared them\n"

TEST(a_small_one_by_hand)
{
    mp_own_framework own = from(MP_S(CSV), &arena);
    CHECK_STR(own.id, "acme-2026");
    CHECK_STR(own.version, "3");
    mp_str text = said(&own, &arena);
    static const char *const wanted[] = {
        "\"id\":\"acme-2026-1.a.1\",\"label\":\"1.a.1\",\"title\":{\"ko\":\"2단계 인증\",\"en\":\"Second factor\"}", "\"en\":\"Everybody,\\nalways\"",
        "\"policies\":[\"mapae-identity-mfa-owners\",\"other\"]", "\"questions\":[{\"ko\":\"켜져 있는가?\",\"en\":\"Is it on?\\nEverywhere?\"}]",
        "\"evidence\":[{\"kind\":\"record\",\"name\":{\"en\":\"List | log\"},\"every\":\"P3M\"}]", "\"weight\":9", "\"parent\":\"acme-2026-1.a.1\"", "\"Sign-in, all of it\"",
    };
    for (size_t i = 0; i < MP_COUNT(wanted); i++)
        if (mp_str_find_str(text, mp_str_from(wanted[i])) == SIZE_MAX)
            fail_msg("%s\nis not in\n%.*s", wanted[i], MP_FMT(text));
    const mp_json *mapping = mp_json_get(mp_json_get(own.documents, MP_S("mappings/csap.json")), MP_S("mapping"));
    CHECK_STR(mp_json_str(mp_json_get(mp_json_first(mp_json_get(mapping, MP_S("maps"))), MP_S("to"))), "csap-2025-02-10.3.3");
    mp_own_framework again = from(form_of(&own, MP_FRAMEWORK_XLSX, &arena), &arena);
    check_same(said(&own, &arena), said(&again, &arena));
    mp_own_framework same = from(MP_S(CSV), &arena); /* ids that nobody gave are the same each time */
    check_same(said(&own, &arena), said(&same, &arena));
}

TEST(controls_alone_and_an_id)
{
    mp_own_framework own;
    CHECK_INT(mp_framework_sheet_read(&own, MP_S("번호,이름\nA.1,Backup\n"), MP_S("mine"), NULL, &arena, NULL), MP_OK);
    CHECK_STR(own.id, "mine");
    CHECK(mp_str_find_str(said(&own, &arena), MP_S("\"id\":\"mine-a.1\",\"label\":\"A.1\"")) != SIZE_MAX);
}

#define HEAD "[framework]\nfield,value\nid,acme\n"
TEST(what_is_wrong_is_said_with_its_cell)
{
    static const struct {
        const char *csv, *said;
        mp_code     code;
    } cases[] = {
        { "number,title\n1,A\n", "does not say what the framework is called", MP_FORMAT },
        { HEAD "[controls]\nnumber,titel\n1,A\n", "controls!B5: there is no column 'titel'; did you mean 'title'?", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,title\n1,A\n", "controls!C5: there are two columns 'title'", MP_EXISTS },
        { HEAD "[controls]\nnumber,title\n1,A\n[controls]\n", "there are two tables 'controls'", MP_EXISTS },
        { HEAD "[control]\nnumber,title\n1,A\n", "there is no table 'control'", MP_FORMAT },
        { HEAD "[controls]\nnumber,title\n1,A\n1,B\n", "controls!A7: there are two rows 'acme-1'", MP_EXISTS },
        { HEAD "[controls]\nnumber,title\n,A\n", "controls!A6: the row has neither a number nor an id", MP_FORMAT },
        { HEAD "[controls]\nid,title\n1,A\n", "controls!A6: '1' is no id", MP_FORMAT },
        { HEAD "[controls]\nnumber,title\n1,\n", "controls!B6: 'acme-1' has no title", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,group\n1,A,x\n", "controls!C6: there is no 'x'", MP_REFERENCE },
        { HEAD "[controls]\nnumber,title,within\n1,A,2\n2,B,1\n", "within others more than 15 deep, or within itself", MP_LIMIT },
        { HEAD "[controls]\nnumber,title,checked by\n1,A,robot\n", "controls!C6: 'robot' is not known; wanted is one of person, part, machine", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,required\n1,A,maybe\n", "controls!C6: 'maybe' is neither yes nor no", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,evidence\n1,A,record\n", "controls!C6: 'record' is no evidence", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,evidence\n1,A,record | P1X | a\n", "controls!C6: 'P1X' is no period", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,properties\n1,A,a b=c\n", "controls!C6: 'a b=c' is no property", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,sources\n1,A,book\n", "controls!C6: 'book' is no source", MP_FORMAT },
        { HEAD "[controls]\nnumber,title,scheme: web\n1,A,no\n", "no control counts in the scheme 'web'", MP_FORMAT },
        { HEAD "[controls]\nnumber,title\n1,A\n[schemes]\nid,title\nweb,W\n", "schemes!A9: there is no scheme 'web'", MP_REFERENCE },
        { HEAD "[controls]\nnumber,title,scheme: web\n1,A,x\n[variants]\nscheme,control,requirement\nweb,7,other\n", "variants!B9: there is no control '7'", MP_REFERENCE },
        { HEAD "[controls]\nnumber,title\n1,A\n[mappings]\nwith,control,relation,other control\nnone,1,equal,1\n", "mappings!A9: there is no framework 'none'", MP_REFERENCE },
        { HEAD "[controls]\nnumber,title\n1,A\n[mappings]\nwith,control,relation,other control\ncsap,1,equal,99\n", "mappings!D9: the framework 'csap-2025-02' has no control '99'", MP_REFERENCE },
        { HEAD "[controls]\nnumber,title\n1,A\n[mappings]\nwith,control,relation,other control\ncsap,1,like,1.1.1\n", "mappings!C9: 'like' is no relation", MP_FORMAT },
        { "[framework]\nfield,value\nid,Acme\n[controls]\nnumber,title\n1,A\n", "'Acme' is no id of a framework", MP_FORMAT },
        { "[framework]\nfield,value\nname,acme\n", "framework!A3: there is no field 'name'", MP_FORMAT },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_own_framework own;
        mp_error         err = { .code = MP_OK };
        mp_code          code = mp_framework_sheet_read(&own, mp_str_from(cases[i].csv), MP_S(""), &builtin, &arena, &err);
        if (code != cases[i].code || mp_str_find_str(mp_str_from(err.message), mp_str_from(cases[i].said)) == SIZE_MAX)
            fail_msg("%s\nsaid: %d %s\nwanted: %d %s", cases[i].csv, (int)code, err.message, (int)cases[i].code, cases[i].said);
    }
}

static bool read_it(void *context)
{
    mp_arena         own_arena = MP_ARENA_INIT;
    mp_own_framework own;
    mp_buf           out = MP_BUF_INIT;
    (void)context;
    mp_code code = mp_framework_sheet_read(&own, MP_S(CSV), MP_S(""), &builtin, &own_arena, NULL);
    if (code == MP_OK)
        code = mp_framework_sheet_write(&out, &own, &builtin, MP_FRAMEWORK_CSV, &own_arena, NULL);
    if (code == MP_OK)
        code = mp_buf_check(&out, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_buf_free(&out);
    mp_arena_free(&own_arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out) { fault_loop(read_it, NULL); }

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(every_framework_comes_back_from_both_forms), RUN(a_small_one_by_hand), RUN(controls_alone_and_an_id),
                                        RUN(what_is_wrong_is_said_with_its_cell), RUN(memory_that_runs_out) };
    return cmocka_run_group_tests(tests, begin, forget);
}
