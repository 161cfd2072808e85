/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "outrank.h"
#include "routes.h"
#include "sign_in.h"

/* ---- shapes ---- */

static const char *const states[] = { "invited", "active", "suspended", "left", NULL };
static const char *const languages[] = { "ko", "en", NULL };
static const mp_property user_members[] = {
    MP_RECORD_MEMBERS,
    { "userName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 128, .doc = "api.user.userName" },
    { "displayName", MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.user.displayName" },
    { "email", MP_TYPE_EMAIL, .max = 254, .may_be_null = true, .doc = "api.user.email" },
    { "language", MP_TYPE_STRING, .values = languages, .may_be_null = true, .doc = "api.user.language" },
    { "mustChangePassword", MP_TYPE_BOOLEAN, .doc = "api.user.mustChangePassword" },
    { "state", MP_TYPE_STRING, .values = states, .is_read_only = true, .doc = "api.user.state" },
    { "isStrong", MP_TYPE_BOOLEAN, .is_read_only = true, .doc = "api.user.isStrong" },
    { "lastSignInAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.lastSignInAt" },
    { "leftAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.leftAt" },
    { "tokensValidAfter", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.tokensValidAfter" },
};
static const mp_json_shape user_shape = { .name = "User", .type = MP_TYPE_OBJECT, .doc = "api.user",
                                          MP_PROPERTIES(user_members) };
MP_LIST_SHAPE(users_shape, user_shape);

static const mp_property link_members[] = {
    { "setupLink", MP_TYPE_URI, .is_required = true, .doc = "api.user.setupLink" },
};
static const mp_json_shape link_shape = { .name = "SetupLink", .type = MP_TYPE_OBJECT, .doc = "api.setupLink",
                                          MP_PROPERTIES(link_members) };

static const mp_property count_members[] = {
    { "ended", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.ended" },
};
static const mp_json_shape count_shape = { .type = MP_TYPE_OBJECT, .doc = "api.ended", MP_PROPERTIES(count_members) };

static const mp_property session_members[] = {
    { "id", MP_TYPE_STRING, .doc = "api.member.id" },
    { "createdAt", MP_TYPE_TIME, .doc = "api.member.createdAt" },
    { "lastUsedAt", MP_TYPE_TIME, .doc = "api.member.lastUsedAt" },
    { "endsAt", MP_TYPE_TIME, .doc = "api.member.endsAt" },
    { "agent", MP_TYPE_STRING, .doc = "api.session.agent" },
    { "from", MP_TYPE_STRING, .doc = "api.session.from" },
    { "isStrong", MP_TYPE_BOOLEAN, .doc = "api.user.isStrong" },
    { "isCurrent", MP_TYPE_BOOLEAN, .doc = "api.session.isCurrent" },
};
static const mp_json_shape session_shape = { .name = "Session", .type = MP_TYPE_OBJECT, .doc = "api.session",
                                             MP_PROPERTIES(session_members) };
static const mp_property sessions_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &session_shape, .doc = "api.list.value" },
};
const mp_json_shape mp_shape_sessions = { .type = MP_TYPE_OBJECT, .doc = "api.list", MP_PROPERTIES(sessions_members) };

static const char *const orders[] = { "userName", "userName desc", "displayName", "displayName desc", "createdAt",
                                      "createdAt desc",
                                      "lastSignInAt", "lastSignInAt desc", NULL };
static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "userName", .type = MP_TYPE_STRING, .doc = "api.filter.userName" },
    { .name = "displayName", .type = MP_TYPE_STRING, .doc = "api.filter.displayName" },
    { .name = "email", .type = MP_TYPE_STRING, .doc = "api.filter.email" },
    { .name = "state", .type = MP_TYPE_STRING, .doc = "api.user.state", .values = states },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- handlers ---- */

static const mp_kept_as as_user = { .kind = &mp_user_kind, .put = mp_user_put, .path = "/api/v1/users" };

static mp_code list_users(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_user_kind }, err);
}

static mp_code make_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_item_create(app, request, response, &as_user, err);
}

static mp_code get_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_get(app, request, response, &mp_user_kind, id, err);
}

static mp_code put_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_outrank(app, request, id, err)); /* who changes an address may be believed to be him elsewhere */
    return mp_item_replace(app, request, response, &as_user, id, err);
}

/* ---- life ---- */

static mp_code suspend(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_user_kind, c->id, err));
    MP_TRY(mp_user_suspend(c->app->access, tx, c->id, !c->is_new, err));
    return mp_item_keep(c, tx, &mp_user_kind, err);
}

static mp_code suspend_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .is_new = false };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    return mp_item_change(app, request, response, suspend, &change, err);
}

static mp_code resume_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .is_new = true };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, suspend, &change, err);
}

/* Locked out by wrong passwords, his or somebody else's: nothing else of him changes, and his second factor
 * is still asked. */
static mp_code unlock(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_user_kind, c->id, err));
    MP_TRY(mp_sign_in_unlock(c->app->access, tx, c->id, err));
    return mp_item_keep(c, tx, &mp_user_kind, err);
}

static mp_code unlock_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, unlock, &change, err);
}

static mp_code leave(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_user_kind, c->id, err));
    MP_TRY(mp_user_leave(&c->count, c->app->access, tx, c->id, err));
    return mp_item_keep(c, tx, &mp_user_kind, err);
}

static mp_code leave_user(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, leave, &change, err);
}

/* Whoever has a link for somebody can become him: only who could give himself all that the other has gets one. */
static mp_code make_link(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_setup_link(&c->text, c->app->access, tx, c->id, c->request->arena, err);
}

static mp_code setup_link(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    MP_TRY(mp_item_change(app, request, response, make_link, &change, err));
    return mp_respond_texts(request, response, response->status, &(mp_pair){ MP_S("setupLink"), change.text }, 1, err);
}

/* ---- sessions and factors ---- */

static mp_code get_sessions(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_str  id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_respond_sessions(app, request, response, id, err);
}

mp_code mp_respond_sessions(mp_app *app, mp_http_request *request, mp_http_response *response, mp_str user,
                            mp_error *err)
{
    const mp_json *sessions;
    MP_TRY(
        mp_sessions(&sessions, app->access, user, mp_app_who(request)->session, mp_clock_now(), request->arena, err));
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", sessions);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code end_all(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_sessions_end_of(&c->count, c->app->access, tx, c->id, mp_str_of(NULL, 0), err);
}

static mp_code end_sessions(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_item_change(app, request, response, end_all, &change, err));
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "ended", (int64_t)change.count);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code remove_all(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_factor_remove(c->app->access, tx, c->id, MP_S("all"), err);
}

static mp_code remove_factors(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, remove_all, &change, err);
}

#define SUMMARY(name_) .tag = "users", .summary = "api.users." name_

const mp_route mp_routes_users[] = {
    API(MP_GET, "/users", "Mapae.Access/users/read", list_users, SUMMARY("list"), PARAMS(list_params),
        .answer = &users_shape),
    API(MP_POST, "/users", "Mapae.Access/users/write", make_user, SUMMARY("create"), .body = &user_shape,
        .answer = &user_shape, .status = 201),
    API(MP_GET, "/users/{id}", "Mapae.Access/users/read", get_user, SUMMARY("get"), PARAMS(as_of_params),
        .answer = &user_shape),
    API(MP_PUT, "/users/{id}", "Mapae.Access/users/write", put_user, SUMMARY("replace"), .body = &user_shape,
        .answer = &user_shape),
    HISTORY("/users/{id}", "Mapae.Access/users/read", SUMMARY("history")),
    API(MP_POST, "/users/{id}/suspend", "Mapae.Access/users/suspend/action", suspend_user, SUMMARY("suspend"),
        .answer = &user_shape),
    API(MP_POST, "/users/{id}/resume", "Mapae.Access/users/resume/action", resume_user, SUMMARY("resume"),
        .answer = &user_shape),
    API(MP_POST, "/users/{id}/unlock", "Mapae.Access/users/unlock/action", unlock_user, SUMMARY("unlock"),
        .answer = &user_shape),
    API(MP_POST, "/users/{id}/leave", "Mapae.Access/users/leave/action", leave_user, SUMMARY("leave"),
        .answer = &user_shape),
    API(MP_POST, "/users/{id}/setup-link", "Mapae.Access/users/setupLink/action", setup_link, SUMMARY("setupLink"),
        .answer = &link_shape),
    API(MP_GET, "/users/{id}/sessions", "Mapae.Access/users/sessions/read", get_sessions, SUMMARY("sessions"),
        .answer = &mp_shape_sessions, .is_noted = true),
    API(MP_DELETE, "/users/{id}/sessions", "Mapae.Access/users/sessions/delete", end_sessions, SUMMARY("endSessions"),
        .answer = &count_shape),
    API(MP_DELETE, "/users/{id}/factors", "Mapae.Access/users/factors/delete", remove_factors,
        SUMMARY("removeFactors"), .status = 204),
};
