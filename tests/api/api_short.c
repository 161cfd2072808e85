/* SPDX-License-Identifier: Apache-2.0 */
#include "api_short.h"

#include "fault.h"
#include "test.h"

typedef struct sending {
    api_world *world;
    const api_sent *what;
} sending;

static bool is_done(void *context)
{
    const sending *sent = context;
    const api_sent *s = sent->what;
    mp_arena arena = MP_ARENA_INIT;
    mp_pair headers[] = { { MP_S("Content-Type"), MP_S("application/json") } };
    mp_http_request request = { .method = s->method,
                                .target = mp_str_from(s->path),
                                .headers = headers,
                                .header_count = 1,
                                .body = mp_str_from(s->body ? s->body : ""),
                                .client = MP_S("192.0.2.1"),
                                .is_local = true,
                                .arena = &arena };
    mp_http_response response;
    mp_router_answer(sent->world->app->router, &request, &response);
    bool done = response.status == s->good;
    if (!done && response.status != 503)
        fail_msg("%s: %u %.*s", s->path, response.status, MP_FMT(response.body));
    mp_arena_free(&arena);
    return done;
}

void api_short_of_memory(api_world *world, const api_sent *what, unsigned places)
{
    sending s = { world, what };
    if (!is_done(&s)) /* whatever is made once is made */
        fail_msg("%s", what->path);
    CHECK((places ? fault_sample(is_done, &s, places) : fault_loop(is_done, &s)) > 2);
}
