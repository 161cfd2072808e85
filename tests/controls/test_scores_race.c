/* SPDX-License-Identifier: Apache-2.0 */
/* Scores and statements are asked for by some while others change what they are made of: resources, policies, what people
 * say, evidence, frameworks. Every answer is of one moment, and the last one is what a fresh reading says. */
#include "score_world.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 12 };

static atomic_uint wrong, busy, answered;

/* The same installation, with memory of one's own. */
static api_world own_world(void)
{
    api_world mine = w;
    mine.arena = (mp_arena)MP_ARENA_INIT;
    return mine;
}

static bool is_good(const api_answer *a, const char *path)
{
    atomic_fetch_add(a->status == 503 ? &busy : &answered, 1);
    if (a->status < 300)
        return true;
    if (a->status == 503 || a->status == 409 || a->status == 429)
        return false;
    print_error("%s: %u %.*s\n", path, a->status, MP_FMT(a->body));
    atomic_fetch_add(&wrong, 1);
    return false;
}

static void send(api_world *mine, mp_method method, const char *path, const char *body)
{
    api_answer a = api_send(mine, &local, method, path, body);
    (void)is_good(&a, path);
}

/* ---- those who ask ---- */

/* Each control is in one state, and the sum says in how many. */
static bool adds_up(const api_answer *a)
{
    const mp_json *controls = mp_json_get(a->json, MP_S("controls"));
    const mp_json *states = mp_json_get(a->json, MP_S("states"));
    int64_t sum = 0, counted = 0;
    if (!mp_json_is(controls, MP_JSON_ARRAY) || !mp_json_is(states, MP_JSON_OBJECT))
        return false;
    for (MP_JSON_MEMBERS(key, states)) {
        sum += key[1].u.integer;
        for (MP_JSON_EACH(one, controls))
            counted += mp_str_eq(mp_json_str(mp_json_get(one, MP_S("state"))), mp_json_str(key)) ? 1 : 0;
    }
    return sum == (int64_t)controls->count && counted == sum;
}

static void *ask(void *arg)
{
    api_world mine = own_world();
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        api_answer a = api_get(&mine, &local, "/api/v1/control-states?measure=shop");
        if (is_good(&a, "control-states") && !adds_up(&a)) {
            print_error("%.*s\n", MP_FMT(a.body));
            atomic_fetch_add(&wrong, 1);
        }
        send(&mine, MP_GET, "/api/v1/measure-scores", NULL);
        send(&mine, MP_GET, "/api/v1/statements/applicability?measure=shop", NULL);
        send(&mine, MP_GET, "/api/v1/control-states/trend?measure=shop&points=2", NULL);
    }
    mp_arena_free(&mine.arena);
    return NULL;
}

/* ---- those who change ---- */

static void *change_resources(void *arg)
{
    api_world mine = own_world();
    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        send(&mine, MP_PUT,
             api_printf(&mine,
                        "/subscriptions/%.*s/resourceGroups/demo/providers/Microsoft.Compute/disks/d%d"
                        "?api-version=2023-01-01",
                        MP_FMT(mine.init.subscription_id), 1 + i % 4),
             api_printf(&mine, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":%d}}", 16 * (1 + i)));
    mp_arena_free(&mine.arena);
    return NULL;
}

static void *say_things(void *arg)
{
    static const char *const yes[] = { "yes", "no", "notApplicable" };
    api_world mine = own_world();
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        send(&mine, MP_POST, "/api/v1/control-answers",
             api_printf(&mine,
                        "{\"framework\":\"demo\",\"measure\":\"shop\",\"control\":\"d-1.3\",\"question\":%d,\"answer\":\"%s\"}",
                        1 + i % 2, yes[i % 3]));
        send(&mine, MP_POST, "/api/v1/control-decisions",
             api_printf(&mine, "{\"framework\":\"demo\",\"measure\":\"shop\",\"control\":\"d-1.1\",\"team\":\"%d\"}", i));
    }
    mp_arena_free(&mine.arena);
    return NULL;
}

static void *bring(void *arg)
{
    api_world mine = own_world();
    (void)arg;
    for (int i = 0; i < ROUNDS / 3; i++) {
        send(&mine, MP_POST, "/api/v1/frameworks",
             api_printf(&mine,
                        "{\"framework\":{\"id\":\"other\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"0b4f1d0e-7a54-4f0b-"
                        "9a39-0c6f6a5f1e01\",\"metadata\":{\"title\":\"Other\",\"version\":\"%d\",\"oscal-version\":\"1.1.2\"},"
                        "\"controls\":[{\"id\":\"o-1\",\"title\":\"One\"}]}}}}}", i));
        api_answer a = api_ask(&mine, &local,
                               &(api_request){ .method = MP_POST,
                                               .path = "/api/v1/evidence?title=proof",
                                               .body = mp_str_from(api_printf(&mine, "proof %d", i)),
                                               .type = "text/plain" });
        if (is_good(&a, "evidence"))
            send(&mine, MP_POST, api_printf(&mine, "/api/v1/evidence/%.*s/controls", MP_FMT(api_text(&a, "id"))),
                 "{\"framework\":\"demo\",\"control\":\"d-1.2\"}");
    }
    mp_arena_free(&mine.arena);
    return NULL;
}

/* ---- together ---- */

static void bring_the_company(void)
{
    mp_buf body = MP_BUF_INIT;
    mp_buf_add_z(&body, "{\"framework\":{\"id\":\"demo\",\"documents\":{\"catalog.json\":");
    mp_buf_add_json(&body, json(company_catalog));
    mp_buf_add_z(&body, ",\"answers.json\":");
    mp_buf_add_json(&body, json(company_answers));
    mp_buf_add_z(&body, "}}}");
    mp_buf_add_c(&body, '\0');
    WANT(api_send(&w, &local, MP_POST, "/api/v1/frameworks", body.ptr), 200);
    mp_buf_free(&body);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  api_printf(&w, "{\"name\":\"shop\",\"framework\":\"demo\",\"scopes\":[\"%s\"]}", at(""))),
         201);
}

/* What is kept of scores is what a reading of everything says. */
static mp_str scored(void)
{
    api_answer a = api_get(&w, &local, "/api/v1/control-states?measure=shop");
    WANT(a, 200);
    CHECK(adds_up(&a));
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, mp_json_get(a.json, MP_S("score")));
    mp_buf_add_json(&text, mp_json_get(a.json, MP_S("controls")));
    mp_str kept = mp_arena_dup(&w.arena, mp_buf_str(&text));
    mp_buf_free(&text);
    return kept;
}

TEST(asked_while_everything_changes)
{
    static void *(*const what[])(void *) = { ask, ask, change_resources, say_things, bring };
    pthread_t threads[MP_COUNT(what)];
    bring_the_company();
    for (size_t i = 0; i < MP_COUNT(what); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, what[i], NULL), 0);
    for (size_t i = 0; i < MP_COUNT(what); i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(atomic_load(&wrong), 0);
    CHECK(atomic_load(&answered) > atomic_load(&busy));
    SETTLE;
    mp_str now = scored();
    api_reopen(&w);
    SETTLE;
    CHECK_STR(scored(), mp_arena_printf(&w.arena, "%.*s", MP_FMT(now)).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(asked_while_everything_changes) };
    return cmocka_run_group_tests(tests, begin, end);
}
