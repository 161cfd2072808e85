/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc.h"
#include "signed_in.h"

/* What goes wrong here is told in one way, whatever it was: nobody learns which names there are. The
 * functions of access write the leaf, also when they refuse. */

/* ---- shapes ---- */

static const mp_property name_members[] = {
    { "userName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 254, .doc = "api.user.userName" },
    { "password", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 1024,
      .doc = "api.signIn.password" },
};
static const mp_json_shape name_shape = { .name = "SignIn", .type = MP_TYPE_OBJECT, .doc = "api.signIn",
                                          MP_PROPERTIES(name_members) };
static const mp_property setup_members[] = {
    { "token", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 200,
      .doc = "api.signIn.token" },
    { "password", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 1024,
      .doc = "api.signIn.newPassword" },
};
static const mp_json_shape setup_shape = { .name = "SignInSetup", .type = MP_TYPE_OBJECT,
                                           .doc = "api.signIn.setupBody", MP_PROPERTIES(setup_members) };
static const mp_property code_members[] = {
    { "code", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 64,
      .doc = "api.signIn.code" },
};
static const mp_json_shape code_shape = { .name = "SignInCode", .type = MP_TYPE_OBJECT, .doc = "api.signIn.codeBody",
                                          MP_PROPERTIES(code_members) };
static const mp_json_shape empty_shape = { .type = MP_TYPE_OBJECT, .may_be_null = true, .doc = "api.empty" };
static const mp_json_shape credential_shape = { .name = "PublicKeyCredential", .type = MP_TYPE_OBJECT,
                                                .is_open = true, .doc = "api.signIn.credential" };
static const mp_property passkey_members[] = {
    { "credential", MP_TYPE_OBJECT, .is_required = true, .shape = &credential_shape, .doc = "api.signIn.credential" },
};
static const mp_json_shape passkey_shape = { .name = "SignInPasskey", .type = MP_TYPE_OBJECT,
                                             .doc = "api.signIn.passkeyBody", MP_PROPERTIES(passkey_members) };
static const mp_json_shape options_shape = { .name = "PublicKeyOptions", .type = MP_TYPE_OBJECT, .is_open = true,
                                             .doc = "api.signIn.options" };
static const mp_property rule_members[] = {
    { "minLength", MP_TYPE_INTEGER, .is_required = true, .doc = "setting.password.min-length" },
    { "minClasses", MP_TYPE_INTEGER, .is_required = true, .doc = "setting.password.min-classes" },
    { "shortLength", MP_TYPE_INTEGER, .is_required = true, .doc = "setting.password.short-length" },
    { "shortClasses", MP_TYPE_INTEGER, .is_required = true, .doc = "setting.password.short-classes" },
};
static const mp_json_shape rules_shape = { .name = "PasswordRules", .type = MP_TYPE_OBJECT,
                                           .doc = "api.signIn.rulesAnswer", MP_PROPERTIES(rule_members) };
static const mp_property provider_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.member.id" },
    { "displayName", MP_TYPE_STRING, .is_required = true, .doc = "api.provider.displayName" },
};
static const mp_json_shape provider_shape = { .name = "SignInProvider", .type = MP_TYPE_OBJECT, .doc = "api.provider",
                                              MP_PROPERTIES(provider_members) };
static const mp_property providers_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &provider_shape, .doc = "api.list.value" },
};
static const mp_json_shape providers_shape = { .type = MP_TYPE_OBJECT, .doc = "api.list",
                                               MP_PROPERTIES(providers_members) };

/* ---- password ---- */

static mp_code sign_in(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    response->is_noted = true;
    MP_TRY(mp_sign_in(&in, &mp_guarded_of(request)->retry_seconds, app->access,
                      mp_json_get_text(request->json, "userName"), mp_json_get_text(request->json, "password"),
                      MP_ASKED(request), mp_clock_now(), request->arena, err));
    return mp_respond_signed_in(request, response, &in, err);
}

static mp_code setup(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    response->is_noted = true;
    MP_TRY(mp_sign_in_setup(&in, app->access, mp_json_get_text(request->json, "token"),
                            mp_json_get_text(request->json, "password"), MP_ASKED(request), mp_clock_now(),
                            request->arena, err));
    return mp_respond_signed_in(request, response, &in, err);
}

static mp_code rules(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    static const struct {
        const char   *name;
        mp_setting_id id;
    } shown[] = {
        { "minLength", MP_SET_PASSWORD_MIN_LENGTH },
        { "minClasses", MP_SET_PASSWORD_MIN_CLASSES },
        { "shortLength", MP_SET_PASSWORD_SHORT_LENGTH },
        { "shortClasses", MP_SET_PASSWORD_SHORT_CLASSES },
    };
    const mp_app *app = arg;
    mp_jsonw      w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(shown); i++)
        mp_jsonw_put_int(&w, shown[i].name, mp_config_number(app->config, shown[i].id));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- second factors ---- */

static mp_code code(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    mp_code done = mp_sign_in_code(&in, &mp_guarded_of(request)->retry_seconds, app->access, mp_app_who(request),
                                   mp_json_get_text(request->json, "code"), MP_ASKED(request), mp_clock_now(),
                                   request->arena, err);
    response->is_noted = done != MP_DENIED; /* nobody was about to sign in */
    MP_TRY(done);
    return mp_respond_signed_in(request, response, &in, err);
}

static mp_code passkey_options(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    const mp_json *options;
    response->is_noted = true; /* a challenge for anybody: it proves nothing yet */
    MP_TRY(mp_sign_in_passkey_begin(&options, app->access, mp_app_who(request), mp_clock_now(), request->arena, err));
    return mp_respond_json(request, response, 200, options, err);
}

static mp_code passkey(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    mp_code done =
        mp_sign_in_passkey(&in, app->access, mp_app_who(request), mp_json_get(request->json, MP_S("credential")),
                           MP_ASKED(request), mp_clock_now(), request->arena, err);
    response->is_noted = done != MP_DENIED;
    MP_TRY(done);
    return mp_respond_signed_in(request, response, &in, err);
}

/* ---- other providers ---- */

typedef struct reading {
    mp_arena      *arena;
    mp_record_page page;
} reading;

static mp_code read_providers(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return mp_record_list(&r->page, tx, &(mp_record_query){ .kind = &mp_provider_kind, .limit = 100 }, r->arena, err);
}

/* Those that are enabled, by name alone: this is asked by anybody. */
static mp_code providers(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    reading  r = { .arena = request->arena };
    mp_jsonw w;
    MP_TRY(mp_store_read(app->store, read_providers, &r, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < r.page.count; i++) {
        const mp_json *body = r.page.records[i].body, *is_enabled = mp_json_get(body, MP_S("isEnabled"));
        if (mp_json_is(is_enabled, MP_JSON_BOOL) && !is_enabled->u.integer)
            continue;
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "id", r.page.records[i].key);
        mp_jsonw_put_str(&w, "displayName", mp_json_get_text(body, "displayName"));
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

#define STATE_COOKIE "__Host-mapae-oidc"

/* Lax: the answer comes from another site, as a navigation. */
static mp_code set_state(mp_http_request *request, mp_http_response *response, mp_str state, mp_error *err)
{
    mp_str cookie =
        mp_arena_printf(request->arena, STATE_COOKIE "=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d",
                        MP_FMT(state), state.len ? 600 : 0);
    if (!cookie.ptr)
        return mp_no_memory(err);
    mp_respond_header(response, MP_S("set-cookie"), cookie);
    return MP_OK;
}

static void go_to(mp_http_response *response, mp_str where)
{
    response->status = 302;
    response->content_type = NULL;
    mp_respond_header(response, MP_S("location"), where);
}

/* A path of ours and nothing that a browser reads as another host. */
static mp_str path_of_ours(mp_str to)
{
    bool is_ours =
        to.len > 0 && to.len < 512 && to.ptr[0] == '/' && (to.len == 1 || (to.ptr[1] != '/' && to.ptr[1] != '\\'));
    for (size_t i = 0; is_ours && i < to.len; i++)
        is_ours = to.ptr[i] > 0x20 && to.ptr[i] < 0x7F && to.ptr[i] != '\\';
    return is_ours ? to : MP_S("/");
}

static mp_code oidc_begin(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_str  location, state;
    MP_TRY(mp_oidc_begin(&location, &state, app->access, mp_http_param(request, "provider"),
                         path_of_ours(mp_http_query(request, MP_S("to"))), mp_clock_now(), request->arena, err));
    MP_TRY(set_state(request, response, state, err));
    go_to(response, location);
    return MP_OK;
}

static mp_code oidc_finish(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    mp_str       to;
    mp_code done =
        mp_oidc_finish(&in, &to, app->access, mp_http_cookie(request, MP_S(STATE_COOKIE)),
                       mp_http_query(request, MP_S("state")), mp_http_query(request, MP_S("code")),
                       mp_http_query(request, MP_S("iss")), MP_ASKED(request), mp_clock_now(), request->arena, err);
    /* what failed for another reason is told by the guard */
    response->is_noted = done == MP_OK || done == MP_CREDENTIALS || done == MP_DENIED;
    MP_TRY(done);
    MP_TRY(set_state(request, response, MP_S(""), err));
    MP_TRY(mp_respond_session(request, response, in.cookie, err));
    go_to(response, path_of_ours(to));
    return MP_OK;
}

/* ---- out ---- */

static mp_code end_session(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_session_end(c->app->access, tx, c->id, err);
}

static mp_code sign_out(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .id = mp_app_who(request)->session };
    if (!mp_app_who(request)->by_cookie)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "there is no session to end");
    MP_TRY(mp_item_change(app, request, response, end_session, &change, err));
    mp_respond_no_session(response);
    return MP_OK;
}

static const mp_param begin_params[] = { { .name = "to", .type = MP_TYPE_STRING, .doc = "api.signIn.to" } };
static const mp_param callback_params[] = {
    { .name = "state", .type = MP_TYPE_STRING, .doc = "api.signIn.state" },
    { .name = "code", .type = MP_TYPE_STRING, .doc = "api.signIn.oidcCode", .max = 4096 },
    { .name = "iss", .type = MP_TYPE_STRING, .doc = "api.provider.issuer" },
};

#define SUMMARY(name_) .tag = "sign-in", .summary = "api.signIn." name_, .rate = MP_RATE_SIGN_IN

const mp_route mp_routes_sign_in[] = {
    API(MP_POST, "/sign-in", MP_ANYONE, sign_in, SUMMARY("begin"), .body = &name_shape, .answer = &mp_shape_signed_in),
    API(MP_POST, "/sign-in/setup", MP_ANYONE, setup, SUMMARY("setup"), .body = &setup_shape,
        .answer = &mp_shape_signed_in),
    API(MP_POST, "/sign-in/code", MP_ANYONE, code, SUMMARY("confirm"), .body = &code_shape,
        .answer = &mp_shape_signed_in),
    API(MP_POST, "/sign-in/passkey/options", MP_ANYONE, passkey_options, SUMMARY("passkeyOptions"),
        .body = &empty_shape, .answer = &options_shape),
    API(MP_POST, "/sign-in/passkey", MP_ANYONE, passkey, SUMMARY("passkey"), .body = &passkey_shape,
        .answer = &mp_shape_signed_in),
    API(MP_GET, "/sign-in/rules", MP_ANYONE, rules, .tag = "sign-in", .summary = "api.signIn.rules",
        .answer = &rules_shape),
    API(MP_GET, "/sign-in/providers", MP_ANYONE, providers, .tag = "sign-in", .summary = "api.signIn.providers",
        .answer = &providers_shape),
    API(MP_GET, "/sign-in/oidc/{provider}", MP_ANYONE, oidc_begin, SUMMARY("oidc"), PARAMS(begin_params),
        .status = 302),
    API(MP_GET, "/sign-in/oidc/callback", MP_ANYONE, oidc_finish, SUMMARY("oidcCallback"), PARAMS(callback_params),
        .status = 302, .is_noted = true,
        .is_open_query = true),
    API(MP_POST, "/sign-out", MP_SIGNED_IN, sign_out, .tag = "sign-in", .summary = "api.signIn.out", .status = 204),
};
