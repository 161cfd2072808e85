/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog.h"

#include "oscal_text.h"
#include "test.h"

static mp_arena arena = MP_ARENA_INIT;

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static mp_catalog read_small(void)
{
    mp_catalog c;
    mp_error   err = { .code = MP_OK };
    if (mp_catalog_read(&c, oscal_json(&arena, oscal_small), &arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    return c;
}

TEST(controls_in_their_order)
{
    mp_catalog c = read_small();
    CHECK_INT(c.control_count, 3);
    CHECK_INT(c.group_count, 3);
    CHECK_STR(c.title.en, "Small");
    CHECK_STR(c.title.ko, "작은 것");
    CHECK_STR(c.controls[0].id, "s-1.1.1");
    CHECK_STR(c.controls[1].id, "s-1.1.1.1");
    CHECK_STR(c.controls[2].id, "s-2.1");
    CHECK_STR(c.controls[0].label, "1.1.1");
    CHECK_STR(c.controls[2].label, "s-2.1"); /* it has no other */
    CHECK_STR(c.groups[c.controls[0].group].id, "s-1.1");
    CHECK_INT(c.controls[1].parent, 0);
    CHECK_INT(c.controls[0].parent, MP_NO_GROUP);
    CHECK(c.controls[2].is_withdrawn && !c.controls[0].is_withdrawn);
    CHECK_STR(mp_control_property(&c.controls[0], "team"), "security");
    CHECK_STR(mp_control_property(&c.controls[0], "label"), ""); /* of another namespace */
    CHECK(mp_catalog_find(&c, MP_S("s-2.1")) == &c.controls[2]);
    CHECK(mp_catalog_find(&c, MP_S("S-2.1")) == NULL);
}

TEST(groups_hold_what_is_within_them)
{
    mp_catalog c = read_small();
    CHECK_STR(c.groups[0].label, "1");
    CHECK_INT(c.groups[0].parent, MP_NO_GROUP);
    CHECK_INT(c.groups[0].first, 0);
    CHECK_INT(c.groups[0].count, 2);
    CHECK_INT(c.groups[1].parent, 0);
    CHECK_INT(c.groups[2].first, 2);
    CHECK_INT(c.groups[2].count, 1);
}

TEST(statements_in_both_languages)
{
    mp_catalog c = read_small();
    CHECK_STR(c.controls[0].statement.en, "Write it down [how often], a, b and {{ keep }}:\na. first\nsecond");
    CHECK_STR(c.controls[0].statement.ko, "문서로 쓴다.");
    CHECK_STR(mp_words_in(c.controls[0].title, true), "정책");
    CHECK_STR(mp_words_in(c.controls[2].title, true), "Gone");
    CHECK_STR(c.controls[2].statement.en, "");
}

#define LONG "abcdefghijabcdefghijabcdefghijabcdefghija" /* 41 */

TEST(wrong_documents)
{
#define HEAD "'uuid':'u','metadata':{'title':'t','oscal-version':'1.1.2'}"
    static const struct {
        const char *text, *said;
        mp_code     code;
    } cases[] = {
        { "{}", "no OSCAL document of the model \"catalog\"", MP_FORMAT },
        { "{'catalog':[]}", "no OSCAL document", MP_FORMAT },
        { "{'catalog':{'metadata':{'title':'t','oscal-version':'1.1.2'}}}", "uuid", MP_FORMAT },
        { "{'catalog':{'uuid':'u','metadata':{'title':'t','oscal-version':'2.0.0'}}}", "'2.0.0'", MP_UNSUPPORTED },
        { "{'catalog':{" HEAD ",'groups':{}}}", "\"groups\" is object", MP_FORMAT },
        { "{'catalog':{" HEAD ",'controls':[{'id':'1.1','title':'x'}]}}", "'1.1'", MP_FORMAT },
        { "{'catalog':{" HEAD ",'controls':[{'id':'" LONG LONG LONG LONG LONG "','title':'x'}]}}", "has 205 characters; the most is 200", MP_LIMIT },
        { "{'catalog':{" HEAD ",'controls':['x']}}", "the id of a control", MP_FORMAT },
        { "{'catalog':{" HEAD ",'controls':[{'id':'a'}]}}", "'a' has no title", MP_FORMAT },
        { "{'catalog':{" HEAD ",'controls':[{'id':'a','title':'x'},{'id':'a','title':'y'}]}}", "two controls with the id 'a'", MP_FORMAT },
        { "{'catalog':{" HEAD ",'groups':[{'id':'g'}]}}", "'g' has no title", MP_FORMAT },
        { "{'catalog':{" HEAD ",'controls':[{'id':'a','title':'x','parts':3}]}}", "\"parts\" is integer", MP_FORMAT },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_catalog c;
        mp_error   err = { .code = MP_OK };
        CHECK_INT(mp_catalog_read(&c, oscal_json(&arena, cases[i].text), &arena, &err), cases[i].code);
        if (!strstr(err.message, cases[i].said))
            fail_msg("%s\nsays  %s\nnot   %s", cases[i].text, err.message, cases[i].said);
    }
}

/* Groups in groups, parts in parts. */
TEST(what_stands_too_deep)
{
    static const char *const open[] = { "'groups':[{'id':'g','title':'t',", "'controls':[{'id':'c','title':'t',", "'controls':[{'id':'c','title':'t','parts':[{'name':'statement',", "'parts':[{" };
    for (size_t kind = 0; kind < 3; kind++) {
        char       text[4000] = "{'catalog':{" HEAD ",", end[400] = "";
        mp_catalog c;
        mp_error   err = { .code = MP_OK };
        for (int i = 0; i < 40; i++) {
            strcat(text, kind < 2 ? open[kind] : i ? open[3] : open[2]);
            strcat(end, kind == 2 && i == 0 ? "}]}]" : "}]");
        }
        strcat(text, "'x':1");
        strcat(strcat(text, end), "}}");
        CHECK_INT(mp_catalog_read(&c, oscal_json(&arena, text), &arena, &err), MP_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(controls_in_their_order), RUN(groups_hold_what_is_within_them), RUN(statements_in_both_languages), RUN(wrong_documents),
                                        RUN(what_stands_too_deep) };
    return cmocka_run_group_tests(tests, NULL, forget);
}
