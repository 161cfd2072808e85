/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include "oscal_text.h"
#include "test.h"

static mp_arena   arena = MP_ARENA_INIT;
static mp_catalog small;

static int begin(void **state)
{
    (void)state;
    return mp_catalog_read(&small, oscal_json(&arena, oscal_small), &arena, NULL) == MP_OK ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static mp_code read(mp_answers *out, const char *entries, mp_error *err)
{
    mp_str text = mp_arena_printf(&arena, "{'answers':{'catalog':'%.*s','controls':%s}}", MP_FMT(small.uuid), entries);
    return mp_answers_read(out, oscal_json(&arena, text.ptr), &small, &arena, err);
}

TEST(what_answers_a_control)
{
    mp_answers all;
    mp_error   err = { .code = MP_OK };
    if (read(&all, "[{'control':'s-1.1.1','checkedBy':'part','responsibility':'provider','statedBySource':true,'nature':'detective','required':false,'team':'security',"
                   "'why':{'ko':'까닭','en':'why'},'policies':['a','b'],'groups':['g'],'questions':[{'ko':'있는가?','en':'is it?'}],"
                   "'evidence':[{'kind':'document','name':{'ko':'문서','en':'paper'},'every':'P1Y'},{'kind':'log','name':{'en':'log'},'every':'P2W'},"
                   "{'kind':'record','name':{'en':'r'},'every':'change'},{'kind':'record','name':{'en':'s'},'every':'once'}]},{'control':'s-2.1'}]", &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK_INT(all.count, 3);
    const mp_answer *a = &all.of[0];
    CHECK(a->control == &small.controls[0] && !a->is_gap && !a->is_required && a->is_stated);
    CHECK_INT(a->checked_by, MP_BY_PART);
    CHECK_INT(a->responsible, MP_OF_PROVIDER);
    CHECK_INT(a->nature, MP_DETECTIVE);
    CHECK_STR(a->team, "security");
    CHECK_STR(a->why.ko, "까닭");
    CHECK_INT(a->policy_count, 2);
    CHECK_STR(a->policies[1], "b");
    CHECK_STR(a->groups[0], "g");
    CHECK_STR(a->questions[0].en, "is it?");
    CHECK_INT(a->evidence_count, 4);
    CHECK_INT(a->evidence[0].months, 12);
    CHECK_INT(a->evidence[1].days, 14);
    CHECK(a->evidence[2].at_change && !a->evidence[3].at_change && !a->evidence[3].months && !a->evidence[3].days);
    CHECK(all.of[1].is_gap && all.of[1].control == &small.controls[1]); /* nobody speaks of it */
    CHECK(all.of[2].is_gap && all.of[2].is_required);                  /* an entry that answers nothing */
    CHECK_INT(all.of[2].checked_by, MP_BY_PERSON);
}

TEST(what_a_control_weighs)
{
    static const struct {
        bool      is_required;
        mp_nature nature;
        unsigned  weight;
    } cases[] = { { true, MP_PREVENTIVE, 27 }, { true, MP_DETECTIVE, 3 }, { true, MP_CORRECTIVE, 3 }, { false, MP_PREVENTIVE, 9 }, { false, MP_DETECTIVE, 1 }, { false, MP_CORRECTIVE, 1 } };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_INT(mp_answer_weight(&(mp_answer){ .is_required = cases[i].is_required, .nature = cases[i].nature }), cases[i].weight);
}

TEST(periods)
{
    static const char *const wrong[] = { "", "P", "P1", "PY", "1Y", "P0Y", "P-1Y", "P1H", "PT1H", "P1Y6M", "P9999Y", "p1y" };
    unsigned months, days;
    CHECK(mp_period_read(&months, &days, MP_S("P18M")) && months == 18 && days == 0);
    CHECK(mp_period_read(&months, &days, MP_S("P999D")) && months == 0 && days == 999);
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        if (mp_period_read(&months, &days, mp_str_from(wrong[i])))
            fail_msg("%s is taken", wrong[i]);
}

TEST(wrong_answers)
{
    static const struct {
        const char *entries, *said;
        mp_code     code;
    } cases[] = {
        { "{}", "\"controls\" is object", MP_FORMAT },
        { "[{'control':'s-9'}]", "'s-9'", MP_REFERENCE },
        { "['x']", "''", MP_REFERENCE },
        { "[{'control':'s-2.1'},{'control':'s-2.1'}]", "two answers", MP_EXISTS },
        { "[{'control':'s-2.1','checkedBy':'nobody'}]", "'nobody'; wanted is person, part or machine", MP_FORMAT },
        { "[{'control':'s-2.1','nature':1}]", "\"nature\"", MP_FORMAT },
        { "[{'control':'s-2.1','policies':['']}]", "wants names", MP_FORMAT },
        { "[{'control':'s-2.1','questions':['x']}]", "no words", MP_FORMAT },
        { "[{'control':'s-2.1','evidence':[{'kind':'log','every':'P1Y'}]}]", "\"kind\" and \"name\"", MP_FORMAT },
        { "[{'control':'s-2.1','evidence':[{'kind':'log','name':{'en':'x'},'every':'often'}]}]", "'often'", MP_FORMAT },
    };
    mp_answers all;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .code = MP_OK };
        CHECK_INT(read(&all, cases[i].entries, &err), cases[i].code);
        if (!strstr(err.message, cases[i].said))
            fail_msg("%s\nsays  %s\nnot   %s", cases[i].entries, err.message, cases[i].said);
    }
    CHECK_INT(mp_answers_read(&all, oscal_json(&arena, "{'answers':{'catalog':'other','controls':[]}}"), &small, &arena, NULL), MP_REFERENCE);
    CHECK_INT(mp_answers_read(&all, oscal_json(&arena, "[]"), &small, &arena, NULL), MP_REFERENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(what_answers_a_control), RUN(what_a_control_weighs), RUN(periods), RUN(wrong_answers) };
    return cmocka_run_group_tests(tests, begin, forget);
}
