/* SPDX-License-Identifier: Apache-2.0 */
/* Editions and schemes against each other, and frameworks as plain JSON. */
#include "builtin_frameworks.h"
#include "framework_difference.h"
#include "framework_show.h"
#include "oscal_text.h"
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

static mp_side side(const char *name)
{
    mp_side s;
    if (!mp_framework_named(&s.framework, &s.scheme, &builtin, mp_str_from(name)))
        fail_msg("there is no %s", name);
    return s;
}

static mp_difference between(const char *from, const char *to)
{
    mp_side       a = side(from), b = side(to);
    mp_difference d;
    CHECK_INT(mp_difference_make(&d, &builtin, &a, &b, &arena, NULL), MP_OK);
    size_t sum = 0;
    for (unsigned i = 0; i < MP_DIFFERS_COUNT; i++)
        sum += d.sums[i];
    CHECK_INT(sum, d.count);
    return d;
}

static const mp_difference_row *row_from(const mp_difference *d, const char *label)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->rows[i].from && mp_str_eq(d->rows[i].from->label, mp_str_from(label)))
            return &d->rows[i];
    fail_msg("no row from %s", label);
    return NULL;
}

TEST(schemes_of_one_framework)
{
    mp_difference d = between("csap-iaas", "csap-low");
    CHECK(d.mapping == NULL);
    CHECK_INT(d.sums[MP_DIFFERS_REMOVED], 53); /* 116, and 64 of which one is of the low grade alone */
    CHECK_INT(d.sums[MP_DIFFERS_ADDED], 1);
    CHECK_INT(d.sums[MP_DIFFERS_CHANGED], 3); /* those that the low grade words otherwise */
    CHECK_INT(d.sums[MP_DIFFERS_SAME], 60);
    CHECK_INT(row_from(&d, "12.3.1")->what, MP_DIFFERS_CHANGED);
    d = between("csap-low", "csap-iaas");
    CHECK_INT(d.sums[MP_DIFFERS_REMOVED], 1);
    CHECK_INT(d.sums[MP_DIFFERS_ADDED], 53);
    d = between("csap", "csap");
    CHECK_INT(d.sums[MP_DIFFERS_SAME], 117);
}

TEST(editions_by_their_mapping)
{
    mp_difference d = between("isms-p-2018", "isms-p-2023");
    CHECK(d.mapping != NULL);
    CHECK_INT(row_from(&d, "3.4.3")->what, MP_DIFFERS_REMOVED); /* dormant users */
    CHECK_INT(row_from(&d, "3.2.5")->what, MP_DIFFERS_MOVED);
    CHECK_STR(row_from(&d, "3.2.5")->to->label, "3.2.4");
    CHECK_INT(d.sums[MP_DIFFERS_ADDED], 1); /* pseudonymised data */
    CHECK_STR(d.rows[d.count - 1].to->label, "3.2.5");
    mp_difference back = between("isms-p-2023", "isms-p-2018");
    CHECK(back.mapping == d.mapping);
    CHECK_INT(back.sums[MP_DIFFERS_ADDED], d.sums[MP_DIFFERS_REMOVED]);
    CHECK_INT(back.sums[MP_DIFFERS_REMOVED], d.sums[MP_DIFFERS_ADDED]);
    CHECK(row_from(&back, "3.2.4")->is_turned);
    d = between("iso-27001-2013", "iso-27001-2022");
    CHECK_INT(d.sums[MP_DIFFERS_ADDED], 11); /* the controls that are new in 2022 */
    CHECK_INT(d.sums[MP_DIFFERS_REMOVED], 0);
}

/* "f/catalog.json" and so on, without a mapping. */
static mp_difference unmapped(const char *from, const char *to)
{
    static const char head[] = "{'catalog':{'uuid':'%s','metadata':{'title':'t','oscal-version':'1.1.2'},'controls':[%s]}}";
    static const char *const controls[] = {
        "{'id':'a1','title':'Backup','props':[{'name':'label','value':'1'}]},{'id':'a2','title':'Logs','props':[{'name':'label','value':'2'}]},"
        "{'id':'a3','title':'Keys','props':[{'name':'label','value':'3'}]}",
        "{'id':'b1','title':'Logs','props':[{'name':'label','value':'1'}]},{'id':'b2','title':'Backups','props':[{'name':'label','value':'2'}]},"
        "{'id':'b3','title':'Locks','props':[{'name':'label','value':'3'}]},{'id':'b4','title':'Doors','props':[{'name':'label','value':'4'}]}",
    };
    mp_catalog_document documents[2];
    mp_frameworks       all;
    for (size_t i = 0; i < 2; i++) {
        mp_str text = mp_arena_printf(&arena, head, i ? "v" : "u", controls[i]);
        mp_str name = mp_arena_printf(&arena, "%s/catalog.json", i ? to : from);
        documents[i] = (mp_catalog_document){ .name = name, .json = oscal_json(&arena, text.ptr) };
    }
    CHECK_INT(mp_frameworks_read(&all, documents, 2, &arena, NULL), MP_OK);
    mp_side       a = { .framework = &all.of[0] }, b = { .framework = &all.of[1] };
    mp_difference d;
    CHECK_INT(mp_difference_make(&d, &all, &a, &b, &arena, NULL), MP_OK);
    return d;
}

/* Without a mapping the title goes before the number. */
TEST(frameworks_that_nobody_mapped)
{
    mp_difference d = unmapped("f", "g");
    CHECK_INT(row_from(&d, "2")->what, MP_DIFFERS_MOVED); /* "Logs" */
    CHECK_STR(row_from(&d, "2")->to->label, "1");
    CHECK_INT(row_from(&d, "1")->what, MP_DIFFERS_REMOVED); /* its number means "Logs" there */
    CHECK_INT(row_from(&d, "3")->what, MP_DIFFERS_REMOVED); /* the number alone says nothing: these are no editions of one framework */
    CHECK_STR(d.rows[d.count - 1].to->label, "4");
    d = unmapped("f-2026", "f-2027");
    CHECK_INT(row_from(&d, "2")->what, MP_DIFFERS_MOVED);
    CHECK_INT(row_from(&d, "3")->what, MP_DIFFERS_RENAMED);
    CHECK_STR(row_from(&d, "3")->to->label, "3");
}

/* ---- as JSON ---- */

static const mp_json *at(const mp_json *v, const char *name) { return mp_json_get(v, mp_str_from(name)); }

TEST(a_scheme_is_shown_as_it_words_things)
{
    mp_jsonw w;
    mp_side  low = side("csap-low-saas");
    mp_jsonw_init(&w, &arena);
    mp_framework_show(&w, &builtin, low.framework, low.scheme);
    const mp_json *v = mp_jsonw_done(&w), *altered = NULL;
    CHECK(v != NULL);
    CHECK_INT(at(v, "value")->count, 30);
    CHECK_INT(at(v, "controls")->u.integer, 30);
    for (MP_JSON_EACH(control, at(v, "value")))
        altered = at(control, "altered") ? control : altered;
    CHECK(altered != NULL);
    const mp_control *plain = mp_catalog_find(&low.framework->catalog, mp_json_str(at(altered, "id")));
    CHECK(!mp_str_eq(plain->statement.ko, mp_json_str(at(at(altered, "statement"), "ko"))));
    const mp_json *by = at(v, "checkedBy");
    CHECK_INT(at(by, "machine")->u.integer + at(by, "part")->u.integer + at(by, "person")->u.integer + at(by, "gap")->u.integer, 30);
}

TEST(a_contradiction_of_the_source_is_shown_with_the_choice)
{
    mp_jsonw w;
    size_t   notes = 0;
    mp_jsonw_init(&w, &arena);
    mp_framework_show_brief(&w, &builtin, side("csap").framework);
    const mp_json *v = mp_jsonw_done(&w);
    for (MP_JSON_EACH(scheme, at(v, "schemes"))) {
        const mp_json *note = at(scheme, "note");
        if (!note)
            continue;
        notes++;
        CHECK_STR(mp_json_str(at(scheme, "id")), "saas-simple");
        CHECK(mp_str_find_str(mp_json_str(at(note, "en")), MP_S("1.2.1")) != SIZE_MAX);
        CHECK(mp_str_find_str(mp_json_str(at(note, "ko")), MP_S("1.2.1")) != SIZE_MAX);
    }
    CHECK_INT(notes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(schemes_of_one_framework), RUN(editions_by_their_mapping), RUN(frameworks_that_nobody_mapped),
                                        RUN(a_scheme_is_shown_as_it_words_things), RUN(a_contradiction_of_the_source_is_shown_with_the_choice) };
    return cmocka_run_group_tests(tests, begin, forget);
}
