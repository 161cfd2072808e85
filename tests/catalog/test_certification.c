/* SPDX-License-Identifier: Apache-2.0 */
/* How one is certified: the finder, what another certificate replaces, and documents that are wrong. */
#include "certification_show.h"

#include "builtin_frameworks.h"
#include "oscal_text.h"
#include "test.h"

static mp_arena arena = MP_ARENA_INIT;
static mp_frameworks builtin;
static const mp_framework *csap;

static int begin(void **state)
{
    mp_error err = { .code = MP_OK };
    (void)state;
    if (mp_builtin_frameworks(&builtin, &arena, &err) != MP_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    csap = mp_framework_find(&builtin, MP_S("csap-2025-02"));
    return csap && csap->certification.finder ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

/* "customers=yes tenants=many" */
static void answer(size_t *answers, const char *text)
{
    const mp_finder *finder = csap->certification.finder;
    for (size_t i = 0; i < finder->question_count; i++)
        answers[i] = MP_NO_CHOICE;
    for (mp_str rest = mp_str_trim(mp_str_from(text)); rest.len;) {
        size_t end = mp_str_find(rest, ' '), eq = mp_str_find(rest, '=');
        mp_str one = mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end);
        mp_error err = { .code = MP_OK };
        if (mp_finder_answer(finder, answers, mp_str_of(one.ptr, eq), mp_str_skip(one, eq + 1), &err) != MP_OK)
            fail_msg("%s", err.message);
        rest = mp_str_trim(mp_str_skip(rest, one.len));
    }
}

#define PUBLIC "customers=yes tenants=many form=service held=none "

/* Worked out by hand from the guide to CSAP, 5.3: I.1, II.1, III.1. */
TEST(which_scheme_a_service_needs)
{
    static const struct {
        const char *answers, *finding, *next, *schemes; /* schemes that fit, in the order of the finder */
    } cases[] = {
        { "", "open", "customers", "iaas saas-standard saas-simple daas low low-saas mid high" },
        { "customers=no", "notSubject", "", "" },
        { "customers=yes tenants=one", "notNeeded", "", "" },
        { "customers=yes tenants=many form=installed", "notNeeded", "", "" },
        { "customers=yes tenants=many form=service held=other-cloud", "scopeAddition", "", "" },
        { PUBLIC, "open", "kind", "iaas saas-standard saas-simple daas low low-saas mid high" },
        { PUBLIC "kind=infrastructure", "open", "system", "iaas low mid high" },
        { PUBLIC "kind=infrastructure system=existing", "open", "isms", "iaas" },
        { PUBLIC "kind=infrastructure system=existing isms=no", "scheme", "", "iaas" },
        { PUBLIC "kind=infrastructure system=graded isms=no grade=low", "scheme", "", "low" },
        { PUBLIC "kind=infrastructure system=graded grade=mid", "notPublished", "", "low mid high" },
        { PUBLIC "kind=software system=existing isms=yes", "open", "saas-grade", "saas-standard saas-simple" },
        { PUBLIC "kind=software system=existing isms=yes saas-grade=simple base=yes", "scheme", "",
          "saas-simple" },
        { PUBLIC "kind=software system=existing isms=yes saas-grade=standard base=no", "notReady", "",
          "saas-standard" },
        { PUBLIC "kind=software base=no", "notReady", "system", "saas-standard saas-simple low-saas mid high" },
        { PUBLIC "kind=software system=graded grade=low base=yes isms=no", "scheme", "", "low-saas" },
        { PUBLIC "kind=security system=existing saas-grade=standard base=yes product=yes isms=no", "scheme", "",
          "saas-standard" },
        { PUBLIC "kind=platform system=existing base=yes isms=no", "scheme", "", "saas-standard" },
        { PUBLIC "kind=platform system=graded grade=low base=yes isms=no", "scheme", "", "low-saas" },
        { PUBLIC "kind=desktop system=existing desktop-needs=yes isms=no", "scheme", "", "daas" },
        { PUBLIC "kind=desktop system=graded grade=low desktop-needs=yes isms=no", "scheme", "", "low" },
        { PUBLIC "kind=several system=existing isms=no", "choice", "", "iaas saas-standard saas-simple daas" },
        /* the grade of SaaS is not asked of infrastructure: the answer counts for nothing */
        { PUBLIC "kind=infrastructure system=existing isms=no saas-grade=simple base=no", "scheme", "",
          "iaas" },
    };
    const mp_finder *finder = csap->certification.finder;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        size_t answers[MP_FINDER_MAX];
        mp_found found;
        mp_str fit = MP_S("");
        answer(answers, cases[i].answers);
        CHECK_INT(mp_finder_decide(&found, finder, answers, &arena, NULL), MP_OK);
        for (size_t k = 0; k < finder->scheme_count; k++)
            if (found.candidates >> k & 1)
                fit = mp_arena_printf(&arena, "%.*s%s%.*s", MP_FMT(fit), fit.len ? " " : "",
                                      MP_FMT(finder->schemes[k].id));
        if (strcmp(mp_finding_name(found.finding), cases[i].finding) != 0 ||
            strcmp(fit.ptr ? fit.ptr : "", cases[i].schemes) != 0)
            fail_msg("%s\nis  %s: %.*s\nnot %s: %s", cases[i].answers, mp_finding_name(found.finding),
                     MP_FMT(fit), cases[i].finding, cases[i].schemes);
        if (!mp_str_eq(found.next == MP_NO_CHOICE ? MP_S("") : finder->questions[found.next].id,
                       mp_str_from(cases[i].next)))
            fail_msg("%s\nasks %s next", cases[i].answers,
                     found.next == MP_NO_CHOICE ? "nothing" : finder->questions[found.next].id.ptr);
    }
}

static bool settles_all(mp_finding f)
{
    return f == MP_FOUND_NOT_SUBJECT || f == MP_FOUND_NOT_NEEDED || f == MP_FOUND_SCOPE_ADDITION;
}

/* Whatever the answers: whoever follows `next` comes to an end, every scheme left has nothing against it and
 * every other has something. */
TEST(questions_end_and_reasons_are_given)
{
    const mp_finder *finder = csap->certification.finder;
    unsigned seed = 7;
    for (size_t round = 0; round < 300; round++) {
        size_t answers[MP_FINDER_MAX];
        mp_found found;
        answer(answers, "");
        for (size_t asked = 0;; asked++) {
            mp_arena_mark mark = mp_arena_save(&arena);
            CHECK(asked <= finder->question_count);
            CHECK_INT(mp_finder_decide(&found, finder, answers, &arena, NULL), MP_OK);
            for (size_t k = 0; k < finder->scheme_count; k++) {
                size_t against = 0;
                for (size_t i = 0; i < finder->rule_count; i++)
                    against += found.fired[i] && finder->rules[i].excludes >> k & 1;
                CHECK((against == 0 && !settles_all(found.finding)) == (found.candidates >> k & 1));
            }
            CHECK(found.finding != MP_FOUND_NONE);
            CHECK((found.finding == MP_FOUND_OPEN) <= (found.next != MP_NO_CHOICE));
            mp_arena_restore(&arena, mark);
            if (found.next == MP_NO_CHOICE)
                break;
            seed = seed * 1103515245u + 12345u;
            answers[found.next] = (seed >> 16) % finder->questions[found.next].choice_count;
        }
    }
}

static const mp_json *shown_substitution(const mp_framework *f, const char *scheme)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_substitution_show(&w, f, scheme ? mp_scheme_find(f, mp_str_from(scheme)) : NULL);
    const mp_json *out = mp_jsonw_done(&w);
    CHECK(out != NULL);
    return out;
}

static int64_t total(const mp_json *of, const char *name)
{
    return mp_json_get(of, mp_str_from(name))->u.integer;
}

/* Counted by hand in annex D and the tables of the guide. In every scheme the parts make the whole, and so do
 * the groups. */
TEST(what_an_isms_certificate_replaces)
{
    static const struct {
        const char *scheme;
        int64_t controls, substituted, remaining, elsewhere;
    } cases[] = { { "iaas", 116, 61, 55, 0 },        { "saas-standard", 79, 39, 40, 22 },
                  { "saas-simple", 31, 14, 17, 47 }, { "daas", 110, 59, 51, 2 },
                  { "low", 64, 33, 31, 28 },         { "low-saas", 30, 13, 17, 48 },
                  { NULL, 117, 61, 56, 0 } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_json *out = shown_substitution(csap, cases[i].scheme),
                      *totals = mp_json_get(out, MP_S("totals"));
        int64_t rows = 0, replaced = 0, in_groups = 0, replaced_in_groups = 0;
        CHECK_INT(total(totals, "controls"), cases[i].controls);
        CHECK_INT(total(totals, "substituted"), cases[i].substituted);
        CHECK_INT(total(totals, "remaining"), cases[i].remaining);
        CHECK_INT(total(totals, "elsewhere"), cases[i].elsewhere);
        CHECK_INT(total(totals, "named"), csap->certification.substitution.count);
        const mp_json *list = mp_json_get(out, MP_S("rows")), *groups = mp_json_get(out, MP_S("groups"));
        for (MP_JSON_EACH(row, list)) {
            rows++;
            replaced += mp_json_get(row, MP_S("substituted"))->u.integer;
        }
        for (MP_JSON_EACH(group, groups)) {
            in_groups += total(group, "controls");
            replaced_in_groups += total(group, "substituted");
        }
        CHECK_INT(rows, cases[i].controls);
        CHECK_INT(replaced, cases[i].substituted);
        CHECK_INT(in_groups, rows);
        CHECK_INT(replaced_in_groups, replaced);
        CHECK_INT(mp_json_get(out, MP_S("elsewhere"))->count, cases[i].elsewhere);
    }
}

TEST(facts_are_those_of_the_scheme)
{
    const mp_json *facts = mp_json_get(shown_substitution(csap, "saas-simple"), MP_S("facts"));
    size_t days = 0;
    for (MP_JSON_EACH(one, facts)) {
        mp_str id = mp_json_str(mp_json_get(one, MP_S("id")));
        CHECK(mp_json_get(one, MP_S("source")) != NULL && mp_json_get(one, MP_S("place")) != NULL);
        if (!mp_str_starts(id, MP_S("days-")))
            continue;
        CHECK_STR(id, "days-saas-simple-low-saas");
        days++;
    }
    CHECK_INT(days, 1);
}

static mp_code read(const char *members, mp_error *err)
{
    static mp_framework f;
    mp_certification out;
    mp_str text;
    if (!f.id.len) {
        f.id = MP_S("small");
        CHECK_INT(mp_catalog_read(&f.catalog, oscal_json(&arena, oscal_small), &arena, NULL), MP_OK);
    }
    text = mp_arena_printf(&arena,
                           "{'certification':{'catalog':'%.*s','sources':[{'id':'g','title':{'en':'G'}}]%s}}",
                           MP_FMT(f.catalog.uuid), members);
    return mp_certification_read(&out, oscal_json(&arena, text.ptr), &f, &arena, err);
}

#define SAID "'text':{'en':'t'},'source':'g'"
#define ONE_SCHEME "'schemes':[{'id':'s','title':{'en':'S'},'published':false}]"
#define ONE_QUESTION "'questions':[{'id':'q','text':{'en':'?'},'choices':[{'id':'a'},{'id':'b'}]}]"
#define FINDER(rules) ",'finder':{" ONE_SCHEME "," ONE_QUESTION ",'rules':[" rules "]}"

TEST(documents_that_are_wrong)
{
    static const struct {
        const char *members, *said;
        mp_code code;
    } cases[] = {
        { "", "", MP_OK },
        { FINDER("{" SAID ",'when':{'q':['a']},'excludes':['s']}"), "", MP_OK },
        { ",'facts':{}", "\"facts\" is object", MP_FORMAT },
        { ",'facts':[{'id':'f','source':'g'}]", "'f' has no \"text\"", MP_FORMAT },
        { ",'facts':[{'id':'f','text':{'en':'t'},'source':'other'}]", "comes from 'other'", MP_FORMAT },
        { ",'facts':[{" SAID ",'schemes':['none']}]", "no scheme 'none'", MP_REFERENCE },
        { ",'facts':[{" SAID ",'schemes':[1]}]", "wants names", MP_FORMAT },
        { ",'substitution':{}", "wants \"certificate\"", MP_FORMAT },
        { ",'cycle':{'validity':'5 years'}", "'5 years'", MP_FORMAT },
        { ",'cycle':{'events':[{'id':'e','title':{'en':'E'},'from':'now'," SAID "}]}", "'e' of the cycle",
          MP_FORMAT },
        { ",'cycle':{'events':[{'id':'e','title':{'en':'E'},'from':'issued','after':'soon'," SAID "}]}",
          "'soon'", MP_FORMAT },
        { ",'finder':[]", "no \"schemes\"", MP_FORMAT },
        { ",'finder':{'schemes':[{'id':'s'}]," ONE_QUESTION ",'rules':[]}", "no scheme 's'", MP_REFERENCE },
        { ",'finder':{'schemes':[{'id':'s','published':false},{'id':'s','published':false}]," ONE_QUESTION
          ",'rules':[]}",
          "twice", MP_EXISTS },
        { ",'finder':{" ONE_SCHEME
          ",'questions':[{'id':'q','text':{'en':'?'},'choices':[{'id':'a'},{'id':'a'}]}],'rules':[]}",
          "an answer twice", MP_FORMAT },
        { ",'finder':{" ONE_SCHEME
          ",'questions':[{'id':'q','text':{'en':'?'},'when':{'q':['a']},'choices':[{'id':'a'}]}],'rules':[]}",
          "no question 'q' before", MP_REFERENCE },
        { FINDER(""), "no \"rules\"", MP_FORMAT },
        { FINDER("{" SAID ",'when':{'other':['a']}}"), "no question 'other'", MP_REFERENCE },
        { FINDER("{" SAID ",'when':{'q':['c']}}"), "no answer 'c'", MP_REFERENCE },
        { FINDER("{" SAID ",'when':{'q':'a'}}"), "wants {QUESTION", MP_FORMAT },
        { FINDER("{" SAID ",'when':[]}"), "wants {QUESTION", MP_FORMAT },
        { FINDER("{" SAID ",'excludes':['other']}"), "no scheme 'other'", MP_REFERENCE },
        { FINDER("{" SAID ",'outcome':'scheme'}"), "'scheme' is no outcome", MP_FORMAT },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .code = MP_OK };
        mp_code code = read(cases[i].members, &err);
        if (code != cases[i].code || !strstr(err.message, cases[i].said))
            fail_msg("%s\nsays  %s\nnot   %s", cases[i].members, err.message, cases[i].said);
    }
    mp_certification out;
    CHECK_INT(mp_certification_read(&out, oscal_json(&arena, "{'certification':{'catalog':'other'}}"), csap,
                                    &arena, NULL),
              MP_REFERENCE);
    CHECK_INT(mp_certification_read(&out, oscal_json(&arena, "7"), csap, &arena, NULL), MP_REFERENCE);
}

TEST(answers_that_are_none)
{
    size_t answers[MP_FINDER_MAX];
    mp_error err = { .code = MP_OK };
    answer(answers, "");
    CHECK_INT(mp_finder_answer(csap->certification.finder, answers, MP_S("customers"), MP_S("maybe"), &err),
              MP_PARAMETER);
    CHECK(strstr(err.message, "answers are yes, no") != NULL);
    CHECK_INT(mp_finder_answer(csap->certification.finder, answers, MP_S("who"), MP_S("yes"), &err),
              MP_PARAMETER);
    CHECK(answers[0] == MP_NO_CHOICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(which_scheme_a_service_needs),      RUN(questions_end_and_reasons_are_given),
        RUN(what_an_isms_certificate_replaces), RUN(facts_are_those_of_the_scheme),
        RUN(documents_that_are_wrong),          RUN(answers_that_are_none),
    };
    return cmocka_run_group_tests(tests, begin, forget);
}
