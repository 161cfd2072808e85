/* SPDX-License-Identifier: Apache-2.0 */
/* Measures, what people say, states and scores with the n-th allocation failing: an answer that says so or one
 * that is right, and nothing half stored. */
#include "api_short.h"

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"
#include "fault.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system,
                                            NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_world w;

TEST(an_answer_or_a_refusal)
{
    static const api_sent all[] = {
        { MP_PUT, "/api/v1/measures/portal", "{\"framework\":\"csap-low-saas\",\"scopes\":[\"/\"]}", 200 },
        { MP_GET, "/api/v1/measures", NULL, 200 },
        { MP_POST, "/api/v1/control-answers",
          "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\"}", 201 },
        { MP_GET, "/api/v1/control-answers", NULL, 200 },
        { MP_POST, "/api/v1/control-exclusions",
          "{\"framework\":\"csap\",\"control\":\"8.1.1\",\"justification\":\"none\"}", 201 },
        { MP_GET, "/api/v1/control-states?measure=portal", NULL, 200 },
        { MP_GET, "/api/v1/control-states/trend?measure=portal&points=2", NULL, 200 },
        { MP_GET, "/api/v1/control-states/compare?measure=portal&withScope=/", NULL, 200 },
        { MP_GET, "/api/v1/measure-scores", NULL, 200 },
    };
    api_start_with(&w, sets, systems);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"portal\",\"framework\":\"csap-low-saas\",\"scopes\":[\"/\"]}"),
         201);
    for (size_t i = 0; i < MP_COUNT(all); i++)
        api_short_of_memory(&w, &all[i], 0);
    api_answer a = api_get(&w, &local, "/api/v1/control-states?measure=portal");
    WANT(a, 200);
    CHECK_INT(api_number(&a, "count"), mp_json_get(a.json, MP_S("controls"))->count);
    api_stop(&w);
}

/* A framework of two controls, so that the loops are short. */
#define RULES(version_)                                                                                        \
    "{\"framework\":{\"id\":\"rules\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"0b4f1d0e-7a54-4f0b-9a39-"     \
    "0c6f6a5f1e01\",\"metadata\":{\"title\":\"Rules\",\"version\":\"" version_                                   \
    "\",\"oscal-version\":\"1.1.2\"},\"controls\":[{\"id\":\"r-1\",\"title\":\"One\"},{\"id\":\"r-2\",\"title\":"        \
    "\"Two\"}]}}}}}"
#define SHEET "[framework]\nfield,value\nid,listed\ntitle,Listed\nversion,1\n\n[controls]\nid,title\nl-1,One\n"
#define OF_RULES "\"framework\":\"rules\",\"measure\":\"ours\""

static int64_t version_of(const mp_json *record)
{
    const mp_json *version = mp_json_get(record, MP_S("version"));
    return mp_json_is(version, MP_JSON_INT) ? version->u.integer : -1;
}

/* Two that were always sent together have been changed together: none of them ever alone. */
static void check_together(const char *path)
{
    api_answer list = api_get(&w, &local, path);
    WANT(list, 200);
    const mp_json *value = mp_json_get(list.json, MP_S("value"));
    CHECK_INT(value->count, 2);
    CHECK_INT(version_of(mp_json_at(value, 0)), version_of(mp_json_at(value, 1)));
}

TEST(decisions_and_statements)
{
    static const api_sent all[] = {
        { MP_POST, "/api/v1/control-decisions/import",
          "{" OF_RULES ",\"value\":[{\"control\":\"r-1\",\"justification\":\"a\",\"reasons\":[\"law\"],\"targetDate\":"
          "\"2020-01-31\"},{\"control\":\"r-2\",\"team\":\"b\"}]}", 200 },
        { MP_GET, "/api/v1/control-decisions?measure=ours", NULL, 200 },
        { MP_PUT, "/api/v1/measures/ours/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}", 200 },
        { MP_GET, "/api/v1/measures/ours/certificate", NULL, 200 },
        { MP_GET, "/api/v1/statements/applicability?measure=ours", NULL, 200 },
        { MP_GET, "/api/v1/statements/calendar?measure=ours&from=2020-01-01T00:00:00Z&to=2029-12-31T00:00:00Z", NULL, 200 },
        { MP_GET, "/api/v1/services-in-scope", NULL, 200 },
        { MP_GET, "/api/v1/frameworks/csap/finder", NULL, 200 },
    };
    api_start_with(&w, sets, systems);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/frameworks", RULES("1")), 200);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"ours\",\"framework\":\"rules\",\"scopes\":[\"/\"],\"service\":\"s\"}"),
         201);
    for (size_t i = 0; i < MP_COUNT(all); i++)
        api_short_of_memory(&w, &all[i], 0);
    check_together("/api/v1/control-decisions?measure=ours");
    api_stop(&w);
}

TEST(imports_papers_and_moves)
{
    static const api_sent all[] = {
        { MP_POST, "/api/v1/control-answers/import",
          "{\"framework\":\"csap\",\"measure\":\"portal\",\"value\":[{\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\"},"
          "{\"control\":\"1.1.1\",\"question\":2,\"answer\":\"no\"}]}", 200 },
        { MP_PUT, "/api/v1/measures/portal/substitution",
          "{\"number\":\"1\",\"issued\":\"2025-01-01\",\"expires\":\"2099-12-31\",\"scope\":\"all\",\"covers\":true}", 200 },
        { MP_GET, "/api/v1/measures/portal/substitution", NULL, 200 },
        { MP_GET, "/api/v1/measures/portal/move?framework=isms-p", NULL, 200 },
    };
    api_start_with(&w, sets, systems);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"portal\",\"framework\":\"csap-low\",\"scopes\":[\"/\"]}"),
         201);
    for (size_t i = 0; i < MP_COUNT(all); i++)
        api_short_of_memory(&w, &all[i], i + 1 == MP_COUNT(all) ? 60 : 0); /* a move is two scores */
    check_together("/api/v1/control-answers?measure=portal");
    api_stop(&w);
}

/* It is there as a whole or not at all: what was kept reads again, and says what was sent. */
TEST(frameworks_of_ones_own)
{
    static const api_sent all[] = {
        { MP_POST, "/api/v1/frameworks?check=true", RULES("1"), 200 },
        { MP_POST, "/api/v1/frameworks", RULES("1"), 200 },
        { MP_POST, "/api/v1/frameworks", SHEET, 200 },
        { MP_GET, "/api/v1/frameworks/rules/export", NULL, 200 },
        { MP_GET, "/api/v1/frameworks/rules/export?format=xlsx", NULL, 200 },
    };
    api_start_with(&w, sets, systems);
    for (size_t i = 0; i < MP_COUNT(all); i++)
        api_short_of_memory(&w, &all[i], 24); /* all other frameworks are read with it, each time */
    api_answer rules = api_get(&w, &local, "/api/v1/frameworks/rules/history");
    WANT(rules, 200);
    CHECK_INT(mp_json_get(rules.json, MP_S("value"))->count, 1);
    WANT(api_get(&w, &local, "/api/v1/frameworks/listed/controls/l-1"), 200);
    api_stop(&w);
}

int main(void)
{
    return MAIN(RUN(an_answer_or_a_refusal), RUN(decisions_and_statements), RUN(imports_papers_and_moves),
                RUN(frameworks_of_ones_own));
}
