/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks as spreadsheets: there and back without a loss, and what is said about cells that are wrong. */
#include "framework_sheet.h"

#include "builtin_frameworks.h"
#include "canonical.h"
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

/* How one is certified by it: the document, whatever the order of members. */
static mp_str certified(const mp_own_framework *own, mp_arena *to)
{
    const mp_json *document = mp_json_get(own->documents, MP_S("certification.json"));
    mp_buf         out = MP_BUF_INIT;
    if (document)
        CHECK_INT(mp_canonical(&out, document, NULL), MP_OK);
    mp_str text = mp_arena_dup(to, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
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
            check_same(certified(&own, &own_arena), certified(&back, &own_arena));
            check_same(bytes, form_of(&back, (mp_framework_form)form, &own_arena)); /* mappings too */
            mp_arena_free(&own_arena);
        }
}

/* ---- at random ---- */

#define OSCAL_NS MP_S("urn:mapae:oscal")

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Signs that spreadsheets, lists in cells and JSON each have a meaning for. */
static mp_str some_text(mp_arena *to, bool has_lines)
{
    static const char *const pieces[] = { "a", "=1+1", "'", "''", "\"", ",", ";", "|", "\\", "\\n", "\\|", " ", "가", "<b>", "&amp;", "-", "+x", "@", "_x000A_",
                                          "_", "1.10", "TRUE", "[controls]", "{{ insert: param, p }}", "\xF0\x9F\x98\x80", "\t", "\n", "\n\n" };
    mp_buf   out = MP_BUF_INIT;
    uint32_t most = MP_COUNT(pieces) - (has_lines ? 0 : 2);
    mp_buf_add_z(&out, below(2) ? "t" : "=");
    for (uint32_t i = below(6); i > 0; i--)
        mp_buf_add_z(&out, pieces[below(most)]);
    mp_buf_add_z(&out, below(2) ? "." : "'");
    mp_str text = mp_arena_dup(to, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
}

/* {"ko", "en"} of which one is there at least, under a name; nothing now and then. */
static void put_some_words(mp_jsonw *j, const char *name, mp_arena *to, bool has_lines, bool is_needed)
{
    uint32_t which = is_needed ? 1 + below(3) : below(4);
    if (!which)
        return;
    mp_jsonw_key(j, mp_str_from(name));
    mp_jsonw_object(j);
    if (which & 1)
        mp_jsonw_put_str(j, "en", some_text(to, has_lines));
    if (which & 2)
        mp_jsonw_put_str(j, "ko", some_text(to, has_lines));
    mp_jsonw_end(j);
}

static void put_property(mp_jsonw *j, const char *name, bool is_ours, const char *class, mp_str value)
{
    mp_jsonw_object(j);
    mp_jsonw_put_str(j, "name", mp_str_from(name));
    if (is_ours)
        mp_jsonw_put_str(j, "ns", OSCAL_NS);
    if (class)
        mp_jsonw_put_str(j, "class", mp_str_from(class));
    mp_jsonw_put_str(j, "value", value);
    mp_jsonw_end(j);
}

static void put_head(mp_jsonw *j, mp_str id, mp_arena *to)
{
    mp_jsonw_put_str(j, "id", id);
    mp_jsonw_put_str(j, "title", some_text(to, false));
    mp_jsonw_key(j, MP_S("props"));
    mp_jsonw_array(j);
    put_property(j, "label", false, NULL, mp_arena_printf(to, "%.*s", MP_FMT(mp_str_skip(id, 1))));
    if (below(2))
        put_property(j, "title", true, "ko", some_text(to, false));
    mp_jsonw_end(j);
}

static size_t put_some_controls(mp_jsonw *j, size_t from, size_t count, unsigned depth, mp_arena *to)
{
    mp_jsonw_key(j, MP_S("controls"));
    mp_jsonw_array(j);
    while (count > 0) {
        size_t within = depth < 3 ? below((uint32_t)count) : 0;
        mp_jsonw_object(j);
        put_head(j, mp_arena_printf(to, "c%zu", from++), to);
        mp_jsonw_key(j, MP_S("parts"));
        mp_jsonw_array(j);
        mp_jsonw_object(j);
        mp_jsonw_put_str(j, "name", MP_S("statement"));
        mp_jsonw_put_str(j, "prose", some_text(to, true));
        mp_jsonw_end(j);
        mp_jsonw_end(j);
        if (within)
            from = put_some_controls(j, from, within, depth + 1, to);
        mp_jsonw_end(j);
        count -= 1 + within;
    }
    mp_jsonw_end(j);
    return from;
}

static void begin_document(mp_jsonw *j, const char *file, const char *model, const char *uuid, mp_arena *to)
{
    mp_jsonw_key(j, mp_str_from(file));
    mp_jsonw_object(j);
    mp_jsonw_key(j, mp_str_from(model));
    mp_jsonw_object(j);
    mp_jsonw_put_str(j, "uuid", mp_str_from(uuid));
    mp_jsonw_key(j, MP_S("metadata"));
    mp_jsonw_object(j);
    mp_jsonw_put_str(j, "title", some_text(to, false));
    mp_jsonw_put_str(j, "version", MP_S("1"));
    mp_jsonw_put_str(j, "oscal-version", MP_S("1.1.2"));
    mp_jsonw_put_str(j, "last-modified", MP_S("2026-01-01T00:00:00Z"));
    mp_jsonw_end(j);
}

static size_t put_some_catalog(mp_jsonw *j, mp_arena *to)
{
    size_t at = 0;
    begin_document(j, "catalog.json", "catalog", "0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f1e01", to);
    mp_jsonw_key(j, MP_S("groups"));
    mp_jsonw_array(j);
    for (uint32_t groups = 1 + below(3), i = 0; i < groups; i++) {
        mp_jsonw_object(j);
        put_head(j, mp_arena_printf(to, "g%u", i), to);
        at = put_some_controls(j, at, 1 + below(5), 0, to);
        mp_jsonw_end(j);
    }
    mp_jsonw_end(j);
    mp_jsonw_end(j);
    mp_jsonw_end(j);
    return at;
}

static void put_some_answer(mp_jsonw *j, size_t control, mp_arena *to)
{
    static const char *const by[] = { "machine", "part", "person" }, *const who[] = { "provider", "customer", "shared" },
                      *const nature[] = { "preventive", "detective", "corrective" }, *const every[] = { "P1Y", "P3M", "once", "change" };
    mp_jsonw_object(j);
    mp_jsonw_put_str(j, "control", mp_arena_printf(to, "c%zu", control));
    mp_jsonw_put_str(j, "checkedBy", mp_str_from(by[below(3)]));
    mp_jsonw_put_str(j, "responsibility", mp_str_from(who[below(3)]));
    mp_jsonw_put_str(j, "nature", mp_str_from(nature[below(3)]));
    mp_jsonw_put_bool(j, "required", below(2));
    put_some_words(j, "why", to, true, false);
    mp_jsonw_key(j, MP_S("questions"));
    mp_jsonw_array(j);
    for (uint32_t i = below(3); i > 0; i--) {
        mp_jsonw_object(j);
        mp_jsonw_put_str(j, "en", some_text(to, true));
        mp_jsonw_put_str(j, "ko", some_text(to, true));
        mp_jsonw_end(j);
    }
    mp_jsonw_end(j);
    mp_jsonw_key(j, MP_S("evidence"));
    mp_jsonw_array(j);
    for (uint32_t i = below(3); i > 0; i--) {
        mp_jsonw_object(j);
        mp_jsonw_put_str(j, "kind", MP_S("record"));
        mp_jsonw_put_str(j, "every", mp_str_from(every[below(4)]));
        put_some_words(j, "name", to, false, true);
        mp_jsonw_end(j);
    }
    mp_jsonw_end(j);
    mp_jsonw_end(j);
}

static void put_first_control(mp_jsonw *j)
{
    mp_jsonw_array(j);
    mp_jsonw_object(j);
    mp_jsonw_put_str(j, "href", MP_S("#0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f1e01"));
    mp_jsonw_key(j, MP_S("include-controls"));
    mp_jsonw_array(j);
    mp_jsonw_object(j);
    mp_jsonw_key(j, MP_S("with-ids"));
    mp_jsonw_array(j);
    mp_jsonw_str(j, MP_S("c0"));
    for (int i = 0; i < 5; i++)
        mp_jsonw_end(j);
}

static mp_own_framework some_framework(mp_arena *to)
{
    mp_own_framework own = { .id = MP_S("some"), .version = MP_S("1") };
    mp_jsonw         j;
    mp_jsonw_init(&j, to);
    mp_jsonw_object(&j);
    size_t count = put_some_catalog(&j, to);
    begin_document(&j, "s.profile.json", "profile", "0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f1e02", to);
    mp_jsonw_key(&j, MP_S("imports"));
    put_first_control(&j);
    mp_jsonw_end(&j);
    mp_jsonw_end(&j);
    mp_jsonw_key(&j, MP_S("answers.json"));
    mp_jsonw_object(&j);
    mp_jsonw_key(&j, MP_S("answers"));
    mp_jsonw_object(&j);
    mp_jsonw_put_str(&j, "catalog", MP_S("0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f1e01"));
    mp_jsonw_key(&j, MP_S("controls"));
    mp_jsonw_array(&j);
    for (size_t i = 0; i < count; i++)
        put_some_answer(&j, i, to);
    mp_jsonw_end(&j);
    mp_jsonw_end(&j);
    mp_jsonw_end(&j);
    mp_jsonw_end(&j);
    own.documents = mp_jsonw_done(&j);
    CHECK(own.documents != NULL);
    return own;
}

TEST(what_is_made_at_random_comes_back)
{
    for (seed = 1; seed < 100000; seed += 997 * (uint32_t)test_step(3)) {
        uint32_t kept = seed;
        for (unsigned form = 0; form <= MP_FRAMEWORK_CSV; form++) {
            mp_arena own_arena = MP_ARENA_INIT;
            seed = kept;
            mp_own_framework own = some_framework(&own_arena);
            mp_str           bytes = form_of(&own, (mp_framework_form)form, &own_arena);
            mp_own_framework back = from(bytes, &own_arena);
            check_same(said(&own, &own_arena), said(&back, &own_arena));
            check_same(bytes, form_of(&back, (mp_framework_form)form, &own_arena));
            mp_arena_free(&own_arena);
        }
        seed = kept;
    }
}

/* What a spreadsheet would show in another way is not written into one. */
TEST(invisible_signs)
{
    static const char *const titles[] = { "t\xE2\x80\xAEx", "a\rb", "\xE2\x80\x8Bz" };
    for (size_t i = 0; i < MP_COUNT(titles); i++)
        for (unsigned form = 0; form <= MP_FRAMEWORK_CSV; form++) {
            mp_arena own_arena = MP_ARENA_INIT;
            mp_buf   out = MP_BUF_INIT;
            mp_str   csv = mp_arena_printf(&own_arena,
                                           "[framework]\nfield,value\nid,some\ntitle,T\nversion,1\n"
                                           "[controls]\nid,title,requirement\nc1,T,\"%s\"\n",
                                           titles[i]);
            mp_own_framework own = from(csv, &own_arena);
            mp_error         err = { .code = MP_OK };
            CHECK_INT(mp_framework_sheet_write(&out, &own, &builtin, (mp_framework_form)form, &own_arena, &err), MP_UNSUPPORTED);
            CHECK(strstr(err.message, "invisible signs") != NULL);
            mp_buf_free(&out);
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
        { HEAD "[controls]\nnumber,title\n1,A\n[certification]\npart,text\nfable,x\n", "certification!A9: there is no part 'fable'", MP_FORMAT },
        { HEAD "[controls]\nnumber,title\n1,A\n[certification]\npart,more\ncycle,7\n", "certification!B9: wanted is an object of JSON", MP_FORMAT },
        { HEAD "[controls]\nnumber,title\n1,A\n[certification]\npart,more\ncycle,\ncycle,{\n", "certification!A10: there are two rows 'cycle'", MP_EXISTS },
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
    const struct CMUnitTest tests[] = { RUN(every_framework_comes_back_from_both_forms), RUN(what_is_made_at_random_comes_back), RUN(invisible_signs), RUN(a_small_one_by_hand), RUN(controls_alone_and_an_id),
                                        RUN(what_is_wrong_is_said_with_its_cell), RUN(memory_that_runs_out) };
    return cmocka_run_group_tests(tests, begin, forget);
}
