/* SPDX-License-Identifier: Apache-2.0 */
/* A right that is taken away between the moment when somebody is let in and the moment when he writes, as during a long upload: it is
 * taken exactly there (the linker puts __wrap_mp_app_write in front of the write). Nothing is written, he is refused, and the leaf says so.
 * Where the environment names a PostgreSQL database (tests/support/postgres.py), it is done there. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_client kim;
static mp_str kim_id, assignment, group, role;
static api_world w;

#define PLACE "/subscriptions/5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01"
#define GROUPS "/providers/Microsoft.Management/managementGroups/"

static char *text_of(mp_str text) { return api_printf(&w, "%.*s", MP_FMT(text)); }

/* ---- what is done in front of the write ---- */

static void (*meanwhile)(void); /* once */

mp_code __real_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg, mp_error *err);
mp_code __wrap_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg, mp_error *err);

mp_code __wrap_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg, mp_error *err)
{
    void (*other)(void) = meanwhile;
    meanwhile = NULL;
    if (other)
        other();
    return __real_mp_app_write(app, request, response, fn, arg, err);
}

static void send(mp_method method, const char *path, const char *body)
{
    api_answer a = api_send(&w, &local, method, path, body);
    if (a.status >= 300)
        fail_msg("%s: %u %.*s", path, a.status, MP_FMT(a.body));
}

static mp_str make(const char *path, const char *body)
{
    api_answer a = api_send(&w, &local, MP_POST, path, body);
    WANT(a, 201);
    return mp_arena_dup(&w.arena, api_text(&a, "id"));
}

static char *role_of(const char *name, const char *action)
{
    return api_printf(&w, "{\"roleName\":\"%s\",\"actions\":[\"%s\"],\"assignableScopes\":[\"/\"]}", name, action);
}

static char *group_of(mp_str member)
{
    return api_printf(&w, "{\"displayName\":\"team\",\"members\":[%s]}",
                      member.len ? api_printf(&w, "\"%.*s\"", MP_FMT(member)) : "");
}

static void give(void)
{
    assignment = make("/api/v1/assignments", api_printf(&w, "{\"principalType\":\"Group\",\"principalId\":\"%.*s\",\"roleDefinitionId\":\"%.*s\",\"scope\":\"%s\"}",
                                                      MP_FMT(group), MP_FMT(role), GROUPS "ours"));
}

static void unassign(void) { send(MP_DELETE, api_printf(&w, "/api/v1/assignments/%.*s", MP_FMT(assignment)), NULL); }
static void leave_group(void) { send(MP_PUT, api_printf(&w, "/api/v1/groups/%.*s", MP_FMT(group)), group_of(MP_S(""))); }
static void join_group(void) { send(MP_PUT, api_printf(&w, "/api/v1/groups/%.*s", MP_FMT(group)), group_of(kim_id)); }
static void narrow(void) { send(MP_PUT, api_printf(&w, "/api/v1/roles/%.*s", MP_FMT(role)), role_of("work", "*/read")); }
static void widen(void) { send(MP_PUT, api_printf(&w, "/api/v1/roles/%.*s", MP_FMT(role)), role_of("work", "*")); }
static void move_out(void) { send(MP_PUT, "/api/v1" PLACE, "{\"displayName\":\"s\",\"parent\":\"theirs\"}"); }
static void move_in(void) { send(MP_PUT, "/api/v1" PLACE, "{\"displayName\":\"s\",\"parent\":\"ours\"}"); }

static const struct {
    const char *name;
    void (*take)(void), (*back)(void);
} takings[] = {
    { "the role is taken away", unassign, give },
    { "he is taken out of the group", leave_group, join_group },
    { "the role is narrowed", narrow, widen },
    { "the place is moved", move_out, move_in },
};

/* ---- what he does ---- */

#define OF_OURS "\"framework\":\"csap\",\"measure\":\"ours\",\"control\":\"1.1.1\""
#define OURS "/api/v1/measures/ours"

static const struct {
    mp_method method;
    const char *path, *body, *read; /* where it would be read; "value" of it is empty, or it is not there */
} writes[] = {
    { MP_POST, "/api/v1/control-answers", "{" OF_OURS ",\"question\":1,\"answer\":\"yes\"}", "/api/v1/control-answers?measure=ours" },
    { MP_POST, "/api/v1/control-answers/import",
      "{\"framework\":\"csap\",\"measure\":\"ours\",\"value\":[{\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\"}]}",
      "/api/v1/control-answers?measure=ours" },
    { MP_POST, "/api/v1/control-exclusions", "{" OF_OURS ",\"justification\":\"none\"}", "/api/v1/control-exclusions?measure=ours" },
    { MP_POST, "/api/v1/control-decisions", "{" OF_OURS ",\"team\":\"t\"}", "/api/v1/control-decisions?measure=ours" },
    { MP_PUT, OURS "/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}", OURS "/certificate" },
    { MP_POST, "/api/v1/measures", "{\"name\":\"another\",\"framework\":\"csap-iaas\",\"scopes\":[\"" PLACE "\"]}", "/api/v1/measures/another" },
};

static bool is_there(const char *path)
{
    api_answer a = api_get(&w, &local, path);
    const mp_json *value = a.status == 200 ? mp_json_get(a.json, MP_S("value")) : NULL;
    return a.status == 200 && (!value || value->count);
}

static int begin(void **state)
{
    (void)state;
    api_start_with(&w, sets, systems);
    send(MP_POST, "/api/v1/management-groups", "{\"name\":\"ours\",\"displayName\":\"ours\"}");
    send(MP_POST, "/api/v1/management-groups", "{\"name\":\"theirs\",\"displayName\":\"theirs\"}");
    api_request place = { .method = MP_PUT, .path = "/api/v1" PLACE, .json = "{\"displayName\":\"s\",\"parent\":\"ours\"}", .headers = { { "If-None-Match", "*" } } };
    WANT(api_ask(&w, &local, &place), 201);
    kim_id = mp_arena_dup(&w.arena, api_user(&w, &kim, "kim"));
    group = make("/api/v1/groups", group_of(kim_id));
    role = make("/api/v1/roles", role_of("work", "*"));
    give();
    send(MP_POST, "/api/v1/measures", "{\"name\":\"ours\",\"framework\":\"csap-iaas\",\"scopes\":[\"" PLACE "\"]}");
    return 0;
}

static int end(void **state)
{
    (void)state;
    api_stop(&w);
    return 0;
}

TEST(who_lost_the_right_does_not_write)
{
    for (size_t k = 0; k < MP_COUNT(takings); k++)
        for (size_t i = 0; i < MP_COUNT(writes); i++) {
            mp_str leaf;
            meanwhile = takings[k].take;
            api_answer a = api_send(&w, &kim, writes[i].method, writes[i].path, writes[i].body);
            if (a.status != 403 || is_there(writes[i].read))
                fail_msg("%s: %s: %u %.*s", takings[k].name, writes[i].path, a.status, MP_FMT(a.body));
            CHECK_INT(api_leaves_of(&w, a.id, &leaf), 1);
            CHECK(mp_str_find_str(leaf, MP_S("refused")) != SIZE_MAX);
            takings[k].back();
        }
}

/* An upload: its bytes are there, and no record of it comes to be. */
TEST(an_upload_is_not_kept)
{
    api_request upload = { .method = MP_POST, .path = "/api/v1/evidence?title=t&fileName=a.txt&kind=document&scope=" PLACE, .body = MP_S("text"), .type = "text/plain" };
    meanwhile = unassign;
    api_answer a = api_ask(&w, &kim, &upload);
    WANT(a, 403);
    CHECK(!is_there("/api/v1/evidence"));
    give();
    WANT(api_ask(&w, &kim, &upload), 201);
}

static void about_somebody_else(void)
{
    api_client lee;
    mp_str id = api_user(&w, &lee, text_of(MP_S("lee")));
    id = make("/api/v1/assignments", api_printf(&w, "{\"principalType\":\"User\",\"principalId\":\"%.*s\",\"roleDefinitionId\":\"%.*s\",\"scope\":\"" PLACE "\"}",
                                                MP_FMT(id), MP_FMT(role)));
    send(MP_DELETE, api_printf(&w, "/api/v1/assignments/%.*s", MP_FMT(id)), NULL);
}

/* What changes for others keeps nobody from writing. */
TEST(who_lost_nothing_writes)
{
    meanwhile = about_somebody_else;
    for (size_t i = 0; i < MP_COUNT(writes); i++) {
        api_answer a = api_send(&w, &kim, writes[i].method, writes[i].path, writes[i].body);
        if (a.status >= 300 || !is_there(writes[i].read))
            fail_msg("%s: %u %.*s", writes[i].path, a.status, MP_FMT(a.body));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(who_lost_the_right_does_not_write), RUN(an_upload_is_not_kept), RUN(who_lost_nothing_writes) };
    return cmocka_run_group_tests(tests, begin, end);
}
