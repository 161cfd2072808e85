/* SPDX-License-Identifier: Apache-2.0 */
/* Measures, what people say, states and scores with the n-th allocation failing: an answer that says so or one
 * that is right, and nothing half stored. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"
#include "fault.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system,
                                            NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_world w;

typedef struct sent {
    mp_method method;
    const char *path, *json;
    unsigned good;
} sent;

static bool is_good(void *context)
{
    const sent *s = context;
    mp_arena arena = MP_ARENA_INIT;
    mp_pair headers[] = { { MP_S("Content-Type"), MP_S("application/json") } };
    mp_http_request request = { .method = s->method,
                                .target = mp_str_from(s->path),
                                .headers = headers,
                                .header_count = 1,
                                .body = mp_str_from(s->json ? s->json : ""),
                                .client = MP_S("192.0.2.1"),
                                .is_local = true,
                                .arena = &arena };
    mp_http_response response;
    mp_router_answer(w.app->router, &request, &response);
    bool is_done = response.status == s->good;
    if (!is_done && response.status != 503)
        fail_msg("%s: %u %.*s", s->path, response.status, MP_FMT(response.body));
    mp_arena_free(&arena);
    return is_done;
}

static void short_of_memory(const sent *what)
{
    sent s = *what;
    if (!is_good(&s)) /* whatever is made once is made */
        fail_msg("%s", s.path);
    CHECK(fault_loop(is_good, &s) > 5);
}

TEST(an_answer_or_a_refusal)
{
    static const sent all[] = {
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
        short_of_memory(&all[i]);
    api_answer a = api_get(&w, &local, "/api/v1/control-states?measure=portal");
    WANT(a, 200);
    CHECK_INT(api_number(&a, "count"), mp_json_get(a.json, MP_S("controls"))->count);
    api_stop(&w);
}

int main(void) { return MAIN(RUN(an_answer_or_a_refusal)); }
