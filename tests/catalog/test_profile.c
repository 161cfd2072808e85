/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include "oscal_text.h"
#include "test.h"

static mp_arena   arena = MP_ARENA_INIT;
static mp_catalog small;
static mp_profile base; /* that another one imports as "base" */

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

static mp_code find(void *ctx, mp_imported *out, mp_str href, mp_error *err)
{
    (void)ctx;
    if (mp_str_eq(href, MP_S("small.json")))
        *out = (mp_imported){ .catalog = &small };
    else if (mp_str_eq(href, MP_S("base")) && base.count)
        *out = (mp_imported){ .profile = &base };
    else
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no '%.*s'", MP_FMT(href));
    return MP_OK;
}

static mp_code read(mp_profile *out, const char *rest, mp_error *err)
{
    static const mp_profile_sources sources = { .find = find };
    mp_str text = mp_arena_printf(&arena, "{'profile':{'uuid':'u','metadata':{'title':'t','version':'3','oscal-version':'1.1.2'},%s}}", rest);
    return mp_profile_read(out, oscal_json(&arena, text.ptr), &sources, &arena, err);
}

/* The ids that count, with blanks between. */
static mp_str ids(const char *rest)
{
    mp_profile p;
    mp_error   err = { .code = MP_OK };
    mp_str     all = MP_S("");
    if (read(&p, rest, &err) != MP_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < p.count; i++)
        all = mp_arena_printf(&arena, "%.*s%s%.*s", MP_FMT(all), i ? " " : "", MP_FMT(p.controls[i].control.id));
    return all;
}

#define SMALL "'imports':[{'href':'small.json',"

TEST(which_controls_count)
{
    CHECK_STR(ids(SMALL "'include-all':{}}]"), "s-1.1.1 s-1.1.1.1 s-2.1");
    CHECK_STR(ids(SMALL "'include-controls':[{'with-ids':['s-2.1','s-1.1.1']}]}]"), "s-1.1.1 s-2.1");
    CHECK_STR(ids(SMALL "'include-controls':[{'with-ids':['s-1.1.1'],'with-child-controls':'yes'}]}]"), "s-1.1.1 s-1.1.1.1");
    CHECK_STR(ids(SMALL "'include-controls':[{'matching':[{'pattern':'s-1*'}]}]}]"), "s-1.1.1 s-1.1.1.1");
    CHECK_STR(ids(SMALL "'include-controls':[{'matching':[{'pattern':'*.?'}]}],'exclude-controls':[{'with-ids':['s-1.1.1']}]}]"), "s-1.1.1.1 s-2.1");
    CHECK_STR(ids(SMALL "'include-all':{},'exclude-controls':[{'with-ids':['s-1.1.1'],'with-child-controls':'yes'}]}]"), "s-2.1");
    CHECK_STR(ids("'imports':[{'href':'#r','include-all':{}}],'back-matter':{'resources':[{'uuid':'r','rlinks':[{'href':'small.json'}]}]}"), "s-1.1.1 s-1.1.1.1 s-2.1");
    CHECK_STR(ids(SMALL "'include-controls':[{'with-ids':['s-2.1']}]},{'href':'small.json','include-all':{}}]"), "s-2.1 s-1.1.1 s-1.1.1.1"); /* none twice */
}

TEST(what_a_profile_alters)
{
    mp_profile p;
    CHECK_INT(read(&p, SMALL "'include-all':{}}],'modify':{'set-parameters':[{'param-id':'p1','values':['yearly']}],'alters':[{'control-id':'s-1.1.1',"
                             "'removes':[{'by-name':'statement','by-class':'ko'},{'by-name':'team'}],"
                             "'adds':[{'position':'ending','parts':[{'name':'statement','ns':'urn:mapae:oscal','class':'ko','prose':'다르게 쓴다.'}],"
                             "'props':[{'name':'team','ns':'urn:mapae:oscal','value':'legal'}]}]}]}", NULL), MP_OK);
    const mp_selected *s = mp_profile_find(&p, MP_S("s-1.1.1"));
    CHECK(s && s->is_altered && s->base == &small.controls[0]);
    CHECK_STR(s->control.statement.en, "Write it down yearly, a, b and {{ keep }}:\na. first\nsecond");
    CHECK_STR(s->control.statement.ko, "다르게 쓴다.");
    CHECK_STR(mp_control_property(&s->control, "team"), "legal");
    CHECK_STR(s->control.label, "1.1.1");
    CHECK_INT(s->control.group, small.controls[0].group);
    CHECK_STR(small.controls[0].statement.ko, "문서로 쓴다."); /* the catalogue stays */
    CHECK(!mp_profile_find(&p, MP_S("s-2.1"))->is_altered);
    CHECK(!mp_profile_find(&p, MP_S("none")));
}

TEST(a_profile_of_a_profile)
{
    mp_profile p;
    CHECK_INT(read(&base, SMALL "'include-controls':[{'matching':[{'pattern':'s-1*'}]}]}],'modify':{'set-parameters':[{'param-id':'p1','values':['yearly']}]}", NULL), MP_OK);
    CHECK_INT(read(&p, "'imports':[{'href':'base','include-controls':[{'with-ids':['s-1.1.1']}]}]", NULL), MP_OK);
    CHECK_INT(p.count, 1);
    CHECK(mp_str_starts(p.controls[0].control.statement.en, MP_S("Write it down yearly")));
    CHECK(p.controls[0].is_altered);
    mp_error err;
    CHECK_INT(read(&p, "'imports':[{'href':'base','include-controls':[{'with-ids':['s-2.1']}]}]", &err), MP_REFERENCE);
    base.count = 0;
}

TEST(wrong_profiles)
{
    static const struct {
        const char *rest, *said;
        mp_code     code;
    } cases[] = {
        { "'imports':[]", "at least one", MP_FORMAT },
        { "'x':1", "at least one", MP_FORMAT },
        { "'imports':[{'include-all':{}}]", "href", MP_FORMAT },
        { "'imports':[{'href':'other.json','include-all':{}}]", "other.json", MP_REFERENCE },
        { "'imports':[{'href':'#nothing','include-all':{}}]", "#nothing", MP_REFERENCE },
        { SMALL "'x':1}]", "either", MP_FORMAT },
        { SMALL "'include-all':{},'include-controls':[]}]", "either", MP_FORMAT },
        { SMALL "'include-controls':[{'with-ids':['s-9']}]}]", "'s-9'", MP_REFERENCE },
        { SMALL "'include-controls':[{'with-ids':[7]}]}]", "''", MP_REFERENCE },
        { SMALL "'include-controls':[{'matching':['*']}]}]", "pattern", MP_FORMAT },
        { SMALL "'include-all':{}}],'modify':{'alters':[{'control-id':'s-9'}]}", "'s-9'", MP_REFERENCE },
        { SMALL "'include-all':{}}],'modify':{'alters':[{'control-id':'s-2.1','adds':[{'position':'after'}]}]}", "'after'", MP_UNSUPPORTED },
        { SMALL "'include-all':{}}],'modify':{'alters':[{'control-id':'s-2.1','adds':[{'by-id':'x'}]}]}", "by-id", MP_UNSUPPORTED },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_profile p;
        mp_error   err = { .code = MP_OK };
        CHECK_INT(read(&p, cases[i].rest, &err), cases[i].code);
        if (!strstr(err.message, cases[i].said))
            fail_msg("%s\nsays  %s\nnot   %s", cases[i].rest, err.message, cases[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(which_controls_count), RUN(what_a_profile_alters), RUN(a_profile_of_a_profile), RUN(wrong_profiles) };
    return cmocka_run_group_tests(tests, begin, forget);
}
