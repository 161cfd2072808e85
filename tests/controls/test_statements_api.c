/* SPDX-License-Identifier: Apache-2.0 */
/* Statements as our own API answers them: what people decide shows in them, and as of before it does not. */
#include "api_world.h"

#include "clock.h"
#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system,
                                            NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };

static const mp_json *at(const mp_json *v, const char *name)
{
    const mp_json *out = mp_json_get(v, mp_str_from(name));
    if (!out)
        fail_msg("there is no %s", name);
    return out;
}

static int64_t total(const api_answer *a, const char *name)
{
    return at(at(a->json, "totals"), name)->u.integer;
}

/* The row of a control, by its label. */
static const mp_json *row_of(const api_answer *a, const char *label)
{
    const mp_json *rows = at(a->json, "rows");
    for (MP_JSON_EACH(row, rows))
        if (mp_str_eq(mp_json_str(at(at(row, "control"), "label")), mp_str_from(label)))
            return row;
    fail_msg("there is no row of %s", label);
    return NULL;
}

#define OF_MEASURE "?measure=portal"
#define DECISIONS "/api/v1/control-decisions"

static void begin(api_world *w)
{
    api_start_with(w, sets, systems);
    WANT(api_send(w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"portal\",\"framework\":\"csap-low-saas\",\"scopes\":[\"/"
                  "\"],\"service\":\"portal\",\"environment\":\"production\"}"),
         201);
}

TEST(what_people_decide_is_shown_and_was_not_before)
{
    api_world w;
    char before[MP_CLOCK_TEXT];
    begin(&w);
    mp_clock_format(before, mp_clock_now());
    WANT(api_send(&w, &local, MP_POST, DECISIONS,
                  "{\"framework\":\"csap\",\"measure\":\"portal\",\"control\":\"12.3.1\",\"justification\":"
                  "\"risk 7\",\"reasons\":[\"risk\"],"
                  "\"responsibility\":\"shared\",\"team\":\"crypto\",\"service\":\"vault\",\"targetDate\":"
                  "\"2020-01-31\"}"),
         201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-exclusions",
                  "{\"framework\":\"csap\",\"measure\":\"portal\",\"control\":\"14.2.1\",\"justification\":"
                  "\"no rooms of our own\"}"),
         201);
    api_answer soa = api_get(&w, &local, "/api/v1/statements/applicability" OF_MEASURE);
    WANT(soa, 200);
    CHECK_INT(total(&soa, "controls"), 117);
    CHECK_INT(total(&soa, "demanded"), 30);
    CHECK_INT(total(&soa, "applicable"), 29);
    CHECK_INT(total(&soa, "excluded"), 1);
    const mp_json *row = row_of(&soa, "12.3.1");
    CHECK_STR(mp_json_str(at(row, "justifiedBy")), "decision");
    CHECK_STR(mp_json_str(at(row, "team")), "crypto");
    CHECK(!at(row_of(&soa, "14.2.1"), "applicable")->u.integer);
    api_answer matrix = api_get(&w, &local, "/api/v1/statements/responsibility" OF_MEASURE);
    CHECK_INT(total(&matrix, "controls"), 30);
    CHECK_INT(total(&matrix, "byDecision"), 1);
    api_answer gaps = api_get(&w, &local, "/api/v1/statements/gaps" OF_MEASURE);
    CHECK_INT(total(&gaps, "controls"), 29);
    CHECK_INT(total(&gaps, "lacking"), 29); /* nothing is assigned, answered, or collected */
    CHECK_INT(at(at(at(gaps.json, "totals"), "byKind"), "overdue")->u.integer, 1);
    api_answer then =
        api_get(&w, &local, api_printf(&w, "/api/v1/statements/applicability" OF_MEASURE "&asOf=%s", before));
    WANT(then, 200);
    CHECK_INT(total(&then, "applicable"), 30);
    CHECK_STR(mp_json_str(at(row_of(&then, "12.3.1"), "justifiedBy")), "scheme");
    api_stop(&w);
}

TEST(a_calendar_and_the_services_in_scope)
{
    api_world w;
    begin(&w);
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/portal/certificate",
                  "{\"number\":\"CSAP-2025-001\",\"issued\":\"2025-02-28\"}"),
         200);
    api_answer calendar =
        api_get(&w, &local,
                "/api/v1/statements/calendar" OF_MEASURE "&from=2026-01-01T00:00:00Z&to=2031-01-01T00:00:00Z");
    WANT(calendar, 200);
    CHECK_INT(total(&calendar, "due"), 6);
    CHECK_STR(mp_json_str(at(at(calendar.json, "certificate"), "expires")), "2030-02-28");
    api_answer services = api_get(&w, &local, "/api/v1/services-in-scope");
    WANT(services, 200);
    CHECK_INT(total(&services, "measures"), 1);
    const mp_json *row = mp_json_first(at(services.json, "rows"));
    CHECK_STR(mp_json_str(at(row, "service")), "portal");
    CHECK_STR(mp_json_str(at(row, "expires")), "2030-02-28");
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/portal/certificate",
                  "{\"issued\":\"2025-02-28\",\"expires\":\"2025-02-28\"}"),
         400);
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/portal/certificate", "{\"issued\":\"yesterday..\"}"),
         400);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/portal/certificate", NULL), 204);
    WANT(api_get(&w, &local, "/api/v1/measures/portal/certificate"), 404);
    api_stop(&w);
}

/* As a document in every format, each of its own kind; its zone and language are those that were asked for. */
TEST(every_statement_is_a_document_too)
{
    static const char *const asked[] = {
        "/api/v1/statements/applicability" OF_MEASURE,  "/api/v1/statements/responsibility" OF_MEASURE,
        "/api/v1/statements/gaps" OF_MEASURE,           "/api/v1/statements/calendar" OF_MEASURE,
        "/api/v1/services-in-scope?zone=UTC",            "/api/v1/control-states" OF_MEASURE,
        "/api/v1/control-states" OF_MEASURE "&form=self-assessment",
    };
    static const struct {
        const char *name, *type, *begin;
    } formats[] = { { "html", "text/html; charset=utf-8", "<!doctype html>" },
                    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK" },
                    { "pdf", "application/pdf", "%PDF-" } };
    api_world w;
    begin(&w);
    for (size_t i = 0; i < MP_COUNT(asked); i++)
        for (size_t k = 0; k < MP_COUNT(formats); k++) {
            if (k == 2 && i % 3) /* one of them is enough of what all share, and is slow */
                continue;
            api_answer a = api_get(&w, &local, api_printf(&w, "%s&format=%s&lang=ko", asked[i], formats[k].name));
            if (a.status != 200)
                print_error("%s as %s\n", asked[i], formats[k].name);
            WANT(a, 200);
            CHECK_STR(mp_str_from(a.response.content_type), formats[k].type);
            CHECK(mp_str_starts(a.body, mp_str_from(formats[k].begin)));
            CHECK(mp_str_find_str(api_header(&a, "content-disposition"), mp_str_from(formats[k].name)) != SIZE_MAX);
        }
    api_answer page = api_get(&w, &local, "/api/v1/services-in-scope?format=html&lang=en&zone=%2B05:30");
    WANT(page, 200);
    CHECK(mp_str_find_str(page.body, MP_S("(UTC+05:30)")) != SIZE_MAX);
    page = api_get(&w, &local, "/api/v1/services-in-scope?format=html&lang=ko");
    CHECK(mp_str_find_str(page.body, MP_S("(한국 표준시)")) != SIZE_MAX);
    WANT(api_get(&w, &local, "/api/v1/services-in-scope?format=html&zone=Seoul"), 400);
    WANT(api_get(&w, &local, "/api/v1/statements/system-security-plan" OF_MEASURE "&format=pdf"), 400);
    api_stop(&w);
}

TEST(many_decisions_at_once_or_none)
{
    api_world w;
    begin(&w);
#define MANY DECISIONS "/import", "{\"framework\":\"csap\",\"measure\":\"portal\",\"value\":["
    api_answer done =
        api_send(&w, &local, MP_POST,
                 MANY "{\"control\":\"1.2.1\",\"team\":\"a\"},{\"control\":\"2.1.2\",\"team\":\"b\"}]}");
    WANT(done, 200);
    CHECK_INT(api_number(&done, "written"), 2);
    WANT(api_send(&w, &local, MP_POST, MANY "{\"control\":\"2.3.2\"},{\"control\":\"99\"}]}"), 404);
    WANT(api_send(&w, &local, MP_POST,
                  MANY
                  "{\"control\":\"2.3.2\"},{\"control\":\"CSAP-2025-02-2.3.2\"},{\"control\":\"2.3.2\"}]}"),
         404);
    WANT(api_send(&w, &local, MP_POST, MANY "{\"control\":\"2.3.2\"},{\"control\":\"2.3.2\"}]}"), 400);
    WANT(api_send(&w, &local, MP_POST, MANY "{\"control\":\"2.3.2\",\"targetDate\":\"soon\"}]}"), 400);
    WANT(api_send(&w, &local, MP_POST, MANY "{\"control\":\"2.3.2\",\"implementation\":\"done\"}]}"), 400);
    api_answer list = api_get(&w, &local, DECISIONS "?measure=portal&count=true");
    WANT(list, 200);
    CHECK_INT(api_number(&list, "count"), 2);
    WANT(api_send(&w, &local, MP_DELETE, DECISIONS "/csap-2025-02~csap-2025-02-1.2.1~portal", NULL), 204);
    WANT(api_send(&w, &local, MP_DELETE, DECISIONS "/csap-2025-02~csap-2025-02-1.2.1~portal", NULL), 404);
    api_stop(&w);
}

TEST(who_may_not_read_hears_of_nothing)
{
    api_world w;
    api_client nobody;
    begin(&w);
    api_user(&w, &nobody, "nobody@example.org");
    WANT(api_get(&w, NULL, "/api/v1/statements/gaps" OF_MEASURE), 401);
    WANT(api_get(&w, &nobody, "/api/v1/statements/gaps" OF_MEASURE),
         404); /* there is no such measure, to him */
    WANT(api_get(&w, &nobody, "/api/v1/statements/gaps?framework=csap"), 403);
    WANT(api_send(&w, &nobody, MP_POST, DECISIONS,
                  "{\"framework\":\"csap\",\"measure\":\"portal\",\"control\":\"1.2.1\"}"),
         404);
    WANT(api_send(&w, &nobody, MP_POST, DECISIONS, "{\"framework\":\"csap\",\"control\":\"1.2.1\"}"), 403);
    api_answer services = api_get(&w, &nobody, "/api/v1/services-in-scope");
    WANT(services, 200);
    CHECK_INT(total(&services, "measures"), 0);
    WANT(api_get(&w, &local, "/api/v1/statements/none?framework=csap"), 404);
    WANT(api_get(&w, &local, "/api/v1/statements/gaps"), 400);
    WANT(api_get(&w, &local, "/api/v1/statements/gaps" OF_MEASURE "&framework=csap"), 400);
    WANT(api_get(&w, &local, "/api/v1/statements/gaps" OF_MEASURE "&scope=/"), 400);
    WANT(
        api_get(&w, &local,
                "/api/v1/statements/calendar?framework=csap&from=2030-01-01T00:00:00Z&to=2029-01-01T00:00:00Z"),
        400);
    WANT(api_get(&w, &local, "/api/v1/statements/calendar?framework=csap&to=9999-01-01T00:00:00Z"), 400);
    api_stop(&w);
}

int main(void)
{
    return MAIN(RUN(what_people_decide_is_shown_and_was_not_before), RUN(a_calendar_and_the_services_in_scope), RUN(every_statement_is_a_document_too),
                RUN(many_decisions_at_once_or_none), RUN(who_may_not_read_hears_of_nothing));
}
