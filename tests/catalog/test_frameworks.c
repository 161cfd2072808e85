/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks as documents, and those that come with Mapae: their counts are those of the official tables. */
#include "builtin_frameworks.h"

#include <stdio.h>

#include "oscal.h"
#include "oscal_text.h"
#include "test.h"

static mp_arena      arena = MP_ARENA_INIT;
static mp_frameworks builtin;

static int begin(void **state)
{
    mp_error err = { .code = MP_OK };
    (void)state;
    if (mp_builtin_frameworks(&builtin, &arena, &err) == MP_OK)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static const mp_framework *framework(const char *id)
{
    const mp_framework *f = mp_framework_find(&builtin, mp_str_from(id));
    if (!f)
        fail_msg("there is no framework %s", id);
    return f;
}

/* Sources: CSAP guide 5.3 (2025-02), II.3 and II.4; annex 7 of the notice on CSAP. */
TEST(counts_of_csap)
{
    static const struct {
        const char *scheme;
        size_t      count;
    } cases[] = { { "iaas", 116 }, { "saas-standard", 79 }, { "saas-simple", 31 }, { "daas", 110 }, { "low", 64 }, { "low-saas", 30 } };
    const mp_framework *f = framework("csap-2025-02");
    size_t              substitutes = 0;
    CHECK_INT(f->catalog.control_count, 117);
    CHECK_INT(f->scheme_count, MP_COUNT(cases));
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_scheme *s = mp_scheme_find(f, mp_str_from(cases[i].scheme));
        CHECK(s != NULL);
        CHECK_INT(s->profile.count, cases[i].count);
    }
    for (size_t i = 0; i < f->catalog.control_count; i++)
        substitutes += mp_control_property(&f->catalog.controls[i], "isms-substitutes").len > 0;
    CHECK_INT(substitutes, 61);
}

/* Sources: notice on the certification of ISMS and ISMS-P, 2018 (80 and 22) and 2023 (80 and 21); FSI guide of 2019-01 (29 basic measures of which 15 are asked of SaaS, and
 * 33 questions of the financial sector); ISO/IEC 27001:2013 and 2022, Annex A. */
TEST(counts_of_the_others)
{
    static const struct {
        const char *framework, *scheme;
        size_t      count;
    } cases[] = {
        { "isms-p-2018", "isms", 80 },  { "isms-p-2018", "isms-p", 102 }, { "isms-p-2023", "isms", 80 },          { "isms-p-2023", "isms-p", 101 },
        { "fsi-2019", "iaas", 29 + 33 }, { "fsi-2019", "saas", 15 + 33 },  { "iso-27001-2013", "annex-a", 114 }, { "iso-27001-2022", "annex-a", 93 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_scheme *s = mp_scheme_find(framework(cases[i].framework), mp_str_from(cases[i].scheme));
        if (!s || s->profile.count != cases[i].count)
            fail_msg("%s %s has %zu controls, wanted are %zu", cases[i].framework, cases[i].scheme, s ? s->profile.count : 0, cases[i].count);
    }
}

/* Source: NIST CSWP 04162018, Appendix A, Tables 1 and 2: 5 functions, 23 categories, 108 subcategories; the subcategories of each category; those whose informative
 * references name no control of Annex A (none at all, or clauses of the standard only). */
TEST(counts_of_nist_csf)
{
    static const struct {
        const char *category;
        size_t      count;
    } cases[] = { { "ID.AM", 6 }, { "ID.BE", 5 }, { "ID.GV", 4 },  { "ID.RA", 6 }, { "ID.RM", 3 }, { "ID.SC", 5 }, { "PR.AC", 7 }, { "PR.AT", 5 },
                  { "PR.DS", 8 }, { "PR.IP", 12 }, { "PR.MA", 2 }, { "PR.PT", 5 }, { "DE.AE", 5 }, { "DE.CM", 8 }, { "DE.DP", 5 }, { "RS.RP", 1 },
                  { "RS.CO", 5 }, { "RS.AN", 5 }, { "RS.MI", 3 },  { "RS.IM", 2 }, { "RC.RP", 1 }, { "RC.IM", 2 }, { "RC.CO", 3 } };
    const mp_framework *f = framework("nist-csf-1.1"), *iso = framework("iso-27001-2013");
    size_t              functions = 0;
    CHECK_INT(f->catalog.control_count, 108);
    CHECK_INT(f->catalog.group_count, 5 + MP_COUNT(cases));
    for (size_t i = 0; i < f->catalog.group_count; i++)
        functions += f->catalog.groups[i].label.len == 2;
    CHECK_INT(functions, 5);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char   label[16];
        size_t count = 0;
        while (snprintf(label, sizeof label, "%s-%zu", cases[i].category, count + 1) > 0 && mp_framework_control(f, mp_str_from(label)))
            count++;
        if (count != cases[i].count)
            fail_msg("%s has %zu subcategories, wanted are %zu", cases[i].category, count, cases[i].count);
    }
    char alone[200] = "";
    for (size_t i = 0; i < f->catalog.control_count; i++) {
        mp_counterpart c = { .control = NULL };
        if (!mp_counterpart_next(&c, &builtin, iso, f, &f->catalog.controls[i]))
            snprintf(alone + strlen(alone), sizeof alone - strlen(alone), "%.*s ", MP_FMT(f->catalog.controls[i].label));
        else
            CHECK(c.is_stated && c.relation == MP_INTERSECTS);
    }
    CHECK_STR(mp_str_from(alone), "ID.BE-2 ID.BE-3 ID.GV-4 ID.RA-3 ID.RA-6 ID.RM-1 ID.RM-2 ID.RM-3 DE.CM-1 RS.CO-4 RS.AN-5 RC.CO-2 RC.CO-3 ");
}

/* Of what other documents name, the ids alone. CIS: NIST CSWP 04162018, Appendix A, Table 2. The rest is named for incident response only: the ids in the tables
 * of "Incident management overview" (2021-08-10), section on audits, which say of each report what controls it has. */
TEST(ids_that_the_documents_name)
{
    static const struct {
        const char *framework, *labels;
    } cases[] = {
        { "iso-27017-2015", "A.16.1" },
        { "iso-27018-2014", "A.9.1" },
        { "iso-27018-2019", "A.10.1" },
        { "soc-azure-2021", "IM-1 IM-2 IM-3 IM-4 IM-6 OA-7 CCM-9 CUEC SOC2-6 SOC2-9" },
        { "soc-office-365-2020", "CA-12 CA-13 CA-15 CA-26 CA-29 CA-47 CUEC-08" },
        { "fedramp-2020", "IR-4 IR-6 IR-8" },
        { "cis-csc-6.1", "CSC-1 CSC-2 CSC-3 CSC-4 CSC-5 CSC-6 CSC-7 CSC-8 CSC-9 CSC-10 CSC-11 CSC-12 CSC-13 CSC-14 CSC-15 CSC-16 CSC-17 CSC-18 CSC-19 CSC-20" },
    };
    static const struct {
        const char *framework, *scheme;
        size_t      count;
    } schemes[] = { { "soc-azure-2021", "soc-1", 6 },       { "soc-azure-2021", "soc-2", 10 },      { "soc-azure-2021", "soc-3", 10 },
                    { "soc-office-365-2020", "soc-1", 2 },  { "soc-office-365-2020", "soc-2", 6 },  { "soc-office-365-2020", "soc-3", 1 } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_framework *f = framework(cases[i].framework);
        char                labels[200] = "";
        for (size_t k = 0; k < f->catalog.control_count; k++) {
            size_t len = strlen(labels);
            snprintf(labels + len, sizeof labels - len, "%s%.*s", k ? " " : "", MP_FMT(f->catalog.controls[k].label));
        }
        CHECK_STR(mp_str_from(labels), cases[i].labels);
        CHECK(mp_oscal_property(mp_json_get(f->catalog.json, MP_S("metadata")), "note", MP_OSCAL_NS, "ko").len > 0); /* that it is not all of it */
    }
    for (size_t i = 0; i < MP_COUNT(schemes); i++) {
        const mp_scheme *s = mp_scheme_find(framework(schemes[i].framework), mp_str_from(schemes[i].scheme));
        CHECK(s != NULL);
        CHECK_INT(s->profile.count, schemes[i].count);
    }
}

/* What a profile says of its own count is what it selects. */
TEST(official_counts)
{
    for (size_t i = 0; i < builtin.count; i++)
        for (size_t k = 0; k < builtin.of[i].scheme_count; k++) {
            const mp_profile *p = &builtin.of[i].schemes[k].profile;
            mp_str            said = mp_oscal_property(mp_json_get(p->json, MP_S("metadata")), "official-count", MP_OSCAL_NS, NULL);
            char              count[24];
            snprintf(count, sizeof count, "%zu", p->count);
            CHECK_STR(said, count);
        }
}

/* Four controls have another wording for the low grade. */
TEST(variants_of_csap)
{
    static const char *const varied[] = { "12.3.1", "14.2.1", "14.3.3", "14.3.5" };
    const mp_framework *f = framework("csap-2025-02");
    const mp_scheme    *iaas = mp_scheme_find(f, MP_S("iaas")), *low = mp_scheme_find(f, MP_S("low"));
    size_t              altered = 0;
    for (size_t i = 0; i < low->profile.count; i++)
        altered += low->profile.controls[i].is_altered;
    CHECK_INT(altered, MP_COUNT(varied));
    for (size_t i = 0; i < MP_COUNT(varied); i++) {
        const mp_control  *control = mp_framework_control(f, mp_str_from(varied[i]));
        const mp_selected *in_iaas = mp_profile_find(&iaas->profile, control->id), *in_low = mp_profile_find(&low->profile, control->id);
        CHECK(in_low != NULL);
        CHECK((in_iaas == NULL) == (strcmp(varied[i], "14.3.3") == 0)); /* which is of the low grade alone */
        if (in_iaas)
            CHECK(!mp_str_eq(in_iaas->control.statement.ko, in_low->control.statement.ko));
    }
}

/* Everything says what it is in both languages, and how it is answered. */
TEST(every_control_is_complete)
{
    for (size_t i = 0; i < builtin.count; i++) {
        const mp_framework *f = &builtin.of[i];
        for (size_t k = 0; k < f->catalog.control_count; k++) {
            const mp_control *c = &f->catalog.controls[k];
            const mp_answer  *a = &f->answers.of[k];
            if (!c->title.ko.len || !c->title.en.len || !c->statement.ko.len || !c->statement.en.len)
                fail_msg("%.*s %.*s lacks words", MP_FMT(f->id), MP_FMT(c->label));
            if (a->is_gap || !a->why.ko.len || !a->why.en.len || !a->team.len || !a->question_count || !a->evidence_count)
                fail_msg("%.*s %.*s is not answered in full", MP_FMT(f->id), MP_FMT(c->label));
            if (a->checked_by == MP_BY_MACHINE && !a->policy_count)
                fail_msg("%.*s %.*s is checked by a machine, and no policy is named", MP_FMT(f->id), MP_FMT(c->label));
            CHECK(mp_framework_control(f, c->label) == c);
        }
    }
}

TEST(wrong_documents)
{
    static const char small[] = "{'catalog':{'uuid':'u','metadata':{'title':'t','oscal-version':'1.1.2'},'controls':[{'id':'a','title':'A'}]}}";
    static const struct {
        const char *names[2], *texts[2], *said;
        mp_code     code;
    } cases[] = {
        { { "catalog.json" }, { small }, "stands in no folder", MP_FORMAT },
        { { "f/catalog.json", "f/catalog.json" }, { small, small }, "two documents", MP_EXISTS },
        { { "f/catalog.json", "g/catalog.json" }, { small, small }, "g/catalog.json: another catalogue", MP_EXISTS },
        { { "f/answers.json" }, { "{}" }, "f/answers.json: there is no f/catalog.json", MP_REFERENCE },
        { { "f/catalog.json", "f/other.json" }, { small, "{}" }, "f/other.json: a framework has", MP_FORMAT },
        { { "f/catalog.json" }, { "{}" }, "f/catalog.json: this is no OSCAL", MP_FORMAT },
        { { "f/catalog.json", "f/x.profile.json" }, { small, "{'profile':{'uuid':'p','metadata':{'title':'t','oscal-version':'1.1.2'},'imports':[{'href':'#other','include-all':{}}]}}" },
          "f/x.profile.json: it imports '#other'", MP_REFERENCE },
        { { "f/catalog.json", "mappings/m.json" }, { small, "{'mapping':{'from':'u','to':'v'}}" }, "mappings/m.json: a mapping is about the catalogue 'v'", MP_REFERENCE },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_catalog_document documents[2];
        size_t              count = 0;
        mp_frameworks       all;
        mp_error            err = { .code = MP_OK };
        for (; count < 2 && cases[i].names[count]; count++)
            documents[count] = (mp_catalog_document){ mp_str_from(cases[i].names[count]), oscal_json(&arena, cases[i].texts[count]) };
        CHECK_INT(mp_frameworks_read(&all, documents, count, &arena, &err), cases[i].code);
        if (!strstr(err.message, cases[i].said))
            fail_msg("says  %s\nnot   %s", err.message, cases[i].said);
    }
}

TEST(a_catalogue_alone_has_gaps)
{
    mp_catalog_document one = { MP_S("f/catalog.json"), oscal_json(&arena, oscal_small) };
    mp_frameworks       all;
    CHECK_INT(mp_frameworks_read(&all, &one, 1, &arena, NULL), MP_OK);
    CHECK_INT(all.of[0].answers.count, 3);
    CHECK(all.of[0].answers.of[2].is_gap);
    CHECK(mp_framework_control(&all.of[0], MP_S("1.1.1")) == &all.of[0].catalog.controls[0]);
    CHECK(mp_framework_control(&all.of[0], MP_S("s-1.1.1.1")) == &all.of[0].catalog.controls[1]);
    CHECK(mp_framework_control(&all.of[0], MP_S("9")) == NULL);
    CHECK(mp_scheme_find(&all.of[0], MP_S("x")) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(counts_of_csap), RUN(counts_of_the_others), RUN(counts_of_nist_csf), RUN(ids_that_the_documents_name), RUN(official_counts), RUN(variants_of_csap), RUN(every_control_is_complete), RUN(wrong_documents), RUN(a_catalogue_alone_has_gaps) };
    return cmocka_run_group_tests(tests, begin, forget);
}
