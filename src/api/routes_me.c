/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "rbac.h"
#include "signed_in.h"
#include "token.h"

#define TOKEN_SECONDS 3600
#define TOKEN_SECONDS_MAX 604800

/* ---- shapes ---- */

static const char *const kinds[] = { "user", "program", "local", "system", NULL };
static const mp_json_shape group_shape = { .type = MP_TYPE_GUID, .doc = "api.me.groups" };
static const mp_property me_members[] = {
    { "kind", MP_TYPE_STRING, .is_required = true, .values = kinds, .doc = "api.me.kind" },
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.member.id" },
    { "userName", MP_TYPE_STRING, .doc = "api.user.userName" },
    { "displayName", MP_TYPE_STRING, .doc = "api.user.displayName" },
    { "email", MP_TYPE_STRING, .doc = "api.user.email" },
    { "language", MP_TYPE_STRING, .doc = "api.user.language" },
    { "groups", MP_TYPE_ARRAY, .shape = &group_shape, .max = 10000, .doc = "api.me.groups" },
    { "isStrong", MP_TYPE_BOOLEAN, .doc = "api.me.isStrong" },
    { "next", MP_TYPE_STRING, .doc = "api.signIn.next" },
    { "csrf", MP_TYPE_STRING, .doc = "api.signIn.csrf" },
    { "signedInAt", MP_TYPE_TIME, .doc = "api.me.signedInAt" },
    { "expiresAt", MP_TYPE_TIME, .doc = "api.signIn.expiresAt" },
};
static const mp_json_shape me_shape = { .name = "Me", .type = MP_TYPE_OBJECT, .doc = "api.me",
                                        MP_PROPERTIES(me_members) };

static const mp_property password_members[] = {
    { "oldPassword", MP_TYPE_STRING, .is_write_only = true, .max = 1024, .doc = "api.me.oldPassword" },
    { "newPassword", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 1024,
      .doc = "api.signIn.newPassword" },
};
static const mp_json_shape password_shape = { .name = "PasswordChange", .type = MP_TYPE_OBJECT,
                                              .doc = "api.me.passwordBody", MP_PROPERTIES(password_members) };

static const mp_json_shape passkey_shape = { .name = "Passkey", .type = MP_TYPE_OBJECT, .is_open = true,
                                             .doc = "api.me.passkey" };
static const mp_property factor_members[] = {
    { "totp", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.me.totp" },
    { "passkeys", MP_TYPE_ARRAY, .is_required = true, .shape = &passkey_shape, .doc = "api.me.passkeys" },
    { "recoveryCodes", MP_TYPE_INTEGER, .is_required = true, .max = 100, .doc = "api.me.recoveryCodes" },
};
static const mp_json_shape factors_shape = { .name = "Factors", .type = MP_TYPE_OBJECT, .doc = "api.me.factors",
                                             MP_PROPERTIES(factor_members) };

static const mp_json_shape empty_shape = { .type = MP_TYPE_OBJECT, .may_be_null = true, .doc = "api.empty" };
static const mp_property totp_members[] = {
    { "uri", MP_TYPE_URI, .is_required = true, .doc = "api.me.totpUri" },
    { "secret", MP_TYPE_STRING, .is_required = true, .doc = "api.me.totpSecret" },
};
static const mp_json_shape totp_shape = { .name = "NewTotp", .type = MP_TYPE_OBJECT, .doc = "api.me.newTotp",
                                          MP_PROPERTIES(totp_members) };
static const mp_property code_members[] = {
    { "code", MP_TYPE_STRING, .is_required = true, .is_write_only = true, .min = 1, .max = 16,
      .doc = "api.signIn.code" },
};
static const mp_json_shape code_shape = { .name = "TotpCode", .type = MP_TYPE_OBJECT, .doc = "api.me.totpBody",
                                          MP_PROPERTIES(code_members) };
static const mp_json_shape options_shape = { .name = "PublicKeyCreationOptions", .type = MP_TYPE_OBJECT,
                                             .is_open = true, .doc = "api.me.passkeyOptions" };
static const mp_json_shape credential_shape = { .name = "NewPublicKeyCredential", .type = MP_TYPE_OBJECT,
                                                .is_open = true, .doc = "api.me.credential" };
static const mp_property new_passkey_members[] = {
    { "name", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 100, .doc = "api.me.passkeyName" },
    { "credential", MP_TYPE_OBJECT, .is_required = true, .shape = &credential_shape, .doc = "api.me.credential" },
};
static const mp_json_shape new_passkey_shape = { .name = "NewPasskey", .type = MP_TYPE_OBJECT,
                                                 .doc = "api.me.passkeyBody", MP_PROPERTIES(new_passkey_members) };
static const mp_json_shape recovery_code_shape = { .type = MP_TYPE_STRING, .doc = "api.me.recoveryCode" };
static const mp_property codes_members[] = {
    { "codes", MP_TYPE_ARRAY, .is_required = true, .shape = &recovery_code_shape, .doc = "api.me.newCodes" },
};
static const mp_json_shape codes_shape = { .name = "RecoveryCodes", .type = MP_TYPE_OBJECT, .doc = "api.me.newCodes",
                                           MP_PROPERTIES(codes_members) };

static const mp_property ask_token_members[] = {
    { "seconds", MP_TYPE_INTEGER, .min = 1, .max = TOKEN_SECONDS_MAX, .doc = "api.me.tokenSeconds" },
    { "principalId", MP_TYPE_GUID, .doc = "api.me.tokenPrincipal" },
};
static const mp_json_shape ask_token_shape = { .name = "TokenRequest", .type = MP_TYPE_OBJECT, .may_be_null = true,
                                               .doc = "api.me.tokenBody",
                                               MP_PROPERTIES(ask_token_members) };
static const mp_property token_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .doc = "api.member.id" },
    { "token", MP_TYPE_STRING, .is_required = true, .max = 16384, .doc = "api.me.token" },
    { "expiresAt", MP_TYPE_TIME, .is_required = true, .doc = "api.signIn.expiresAt" },
};
static const mp_json_shape token_shape = { .name = "Token", .type = MP_TYPE_OBJECT, .doc = "api.me.tokenAnswer",
                                           MP_PROPERTIES(token_members) };

/* ---- who ---- */

static mp_code get_me(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app       *app = arg;
    const mp_who *who = mp_app_who(request);
    mp_record     record = { .body = NULL };
    mp_jsonw      w;
    if (who->kind == MP_WHO_USER || who->kind == MP_WHO_PROGRAM)
        MP_TRY(mp_item_read(&record, app, request, who->kind == MP_WHO_USER ? &mp_user_kind : &mp_program_kind, who->id,
                            0, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_filled(&w, "kind", mp_str_from(mp_who_kind_name(who->kind)));
    mp_jsonw_put_filled(&w, "id", who->id);
    mp_jsonw_put_filled(&w, "userName", mp_json_get_text(record.body, "userName"));
    mp_jsonw_put_filled(&w, "displayName", record.body ? mp_json_get_text(record.body, "displayName") : who->name);
    mp_jsonw_put_filled(&w, "email", mp_json_get_text(record.body, "email"));
    mp_jsonw_put_filled(&w, "language", mp_json_get_text(record.body, "language"));
    mp_jsonw_key(&w, MP_S("groups"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < who->group_count; i++)
        mp_jsonw_str(&w, who->groups[i]);
    mp_jsonw_end(&w);
    mp_jsonw_put_bool(&w, "isStrong", who->is_strong);
    mp_jsonw_put_str(&w, "next", who->limited_to);
    if (who->by_cookie)
        mp_jsonw_put_filled(&w, "csrf", mp_session_csrf(app->access, who, request->arena));
    mp_jsonw_put_filled(&w, "signedInAt", mp_time_of(request->arena, who->signed_in_at));
    mp_jsonw_put_filled(&w, "expiresAt", mp_time_of(request->arena, who->expires_at));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* What a session rests on is changed in a session: who has found a token shall not lock its owner out. */
static mp_code own_session(const mp_http_request *request, mp_error *err)
{
    const mp_who *who = mp_app_who(request);
    if (who->kind == MP_WHO_USER && who->by_cookie)
        return MP_OK;
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "this needs a person's own session, and no token");
}

/* ---- password ---- */

static mp_code change_password(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    MP_TRY(own_session(request, err));
    response->is_noted = true;
    MP_TRY(mp_password_change(&in, app->access, mp_app_who(request), mp_json_get_text(request->json, "oldPassword"),
                              mp_json_get_text(request->json, "newPassword"), MP_ASKED(request), mp_clock_now(),
                              request->arena, err));
    return mp_respond_signed_in(request, response, &in, err);
}

/* ---- factors ---- */

static mp_code get_factors(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    const mp_json *factors;
    MP_TRY(own_session(request, err));
    MP_TRY(mp_factors(&factors, app->access, mp_app_who(request)->id, request->arena, err));
    return mp_respond_json(request, response, 200, factors, err);
}

static mp_code begin_totp(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_str  uri, secret;
    MP_TRY(own_session(request, err));
    MP_TRY(mp_totp_begin(&uri, &secret, app->access, mp_app_who(request), mp_clock_now(), request->arena, err));
    const mp_pair members[] = { { MP_S("uri"), uri }, { MP_S("secret"), secret } };
    return mp_respond_texts(request, response, 200, members, MP_COUNT(members), err);
}

static mp_code confirm_totp(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    MP_TRY(own_session(request, err));
    response->is_noted = true;
    MP_TRY(mp_totp_finish(&in, app->access, mp_app_who(request), mp_json_get_text(request->json, "code"),
                          MP_ASKED(request), mp_clock_now(), request->arena, err));
    return mp_respond_signed_in(request, response, &in, err);
}

static mp_code begin_passkey(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    const mp_json *options;
    MP_TRY(own_session(request, err));
    MP_TRY(mp_passkey_begin(&options, app->access, mp_app_who(request), mp_clock_now(), request->arena, err));
    return mp_respond_json(request, response, 200, options, err);
}

static mp_code confirm_passkey(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = arg;
    mp_signed_in in;
    MP_TRY(own_session(request, err));
    response->is_noted = true;
    MP_TRY(mp_passkey_finish(&in, app->access, mp_app_who(request), mp_json_get_text(request->json, "name"),
                             mp_json_get(request->json, MP_S("credential")), MP_ASKED(request), mp_clock_now(),
                             request->arena, err));
    return mp_respond_signed_in(request, response, &in, err);
}

static mp_code remove_factor(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_own_factor_remove(c->app->access, tx, c->id, c->text, err);
}

static mp_code delete_factor(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .id = mp_app_who(request)->id, .text = mp_http_param(request, "factor") };
    MP_TRY(own_session(request, err));
    return mp_item_change(app, request, response, remove_factor, &change, err);
}

static mp_code make_codes(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change     *c = arg;
    const mp_json *codes;
    MP_TRY(mp_recovery_codes(&codes, c->app->access, tx, c->id, c->request->arena, err));
    c->as = mp_arena_dup_json(c->request->arena, codes);
    return c->as ? MP_OK : mp_no_memory(err);
}

static mp_code recovery_codes(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .id = mp_app_who(request)->id };
    mp_jsonw  w;
    MP_TRY(own_session(request, err));
    MP_TRY(mp_item_change(app, request, response, make_codes, &change, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "codes", change.as);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- sessions ---- */

static mp_code get_sessions(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    MP_TRY(own_session(request, err));
    return mp_respond_sessions(app, request, response, mp_app_who(request)->id, err);
}

static mp_code end_session(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_session_end(c->app->access, tx, c->id, err);
}

/* Only one's own: a session of somebody else is not there. */
static mp_code delete_session(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    mp_change      change = { .id = mp_str_of(NULL, 0) };
    const mp_json *sessions;
    mp_str         wanted = mp_http_param(request, "id");
    MP_TRY(own_session(request, err));
    MP_TRY(mp_sessions(&sessions, app->access, mp_app_who(request)->id, mp_app_who(request)->session, mp_clock_now(),
                       request->arena, err));
    for (MP_JSON_EACH(session, sessions))
        if (mp_str_eq_fold(mp_json_get_text(session, "id"), wanted))
            change.id = mp_json_get_text(session, "id");
    if (!change.id.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "you have no session of this id");
    return mp_item_change(app, request, response, end_session, &change, err);
}

/* ---- tokens ---- */

/* For oneself, in a session; the installation's own user may make one for anybody (sites without a browser). */
static mp_code token_owner(mp_str *out, const mp_app *app, const mp_http_request *request, mp_error *err)
{
    const mp_who *who = mp_app_who(request);
    mp_str        other = mp_json_get_text(request->json, "principalId");
    if (who->kind == MP_WHO_LOCAL) {
        *out = other;
        return other.len ? MP_OK
                         : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "principalId is missing: whose token shall it be?");
    }
    MP_TRY(own_session(request, err));
    if (!who->is_strong && mp_config_flag(app->config, MP_SET_SIGN_IN_FACTOR_REQUIRED))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "making a token needs a sign-in with a second factor");
    if (other.len && !mp_str_eq_fold(other, who->id))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "a token can be made for oneself only");
    *out = who->id;
    return MP_OK;
}

static mp_code make_token(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    mp_str         owner, token, id;
    const mp_json *asked = mp_json_get(request->json, MP_S("seconds"));
    unsigned       seconds = mp_json_is(asked, MP_JSON_INT) ? (unsigned)asked->u.integer : TOKEN_SECONDS;
    mp_ticks       now = mp_clock_now();
    MP_TRY(token_owner(&owner, app, request, err));
    MP_TRY(mp_token_for(&token, &id, app->access, owner, seconds, now, request->arena, err));
    MP_TRY(mp_respond_location(request, response, "/api/v1/tokens", id, err));
    const mp_pair members[] = {
        { MP_S("id"), id },
        { MP_S("token"), token },
        { MP_S("expiresAt"), mp_time_of(request->arena, now + seconds * MP_TICKS_PER_SECOND) },
    };
    return mp_respond_texts(request, response, 201, members, MP_COUNT(members), err);
}

#define SUMMARY(name_) .tag = "me", .summary = "api.me." name_

const mp_route mp_routes_me[] = {
    API(MP_GET, "/me", MP_SIGNED_IN, get_me, SUMMARY("get"), .answer = &me_shape),
    API(MP_POST, "/me/password", MP_SIGNED_IN, change_password, SUMMARY("changePassword"), .body = &password_shape,
        .answer = &mp_shape_signed_in,
        .rate = MP_RATE_SIGN_IN),
    API(MP_GET, "/me/factors", MP_SIGNED_IN, get_factors, SUMMARY("getFactors"), .answer = &factors_shape),
    API(MP_POST, "/me/totp", MP_SIGNED_IN, begin_totp, SUMMARY("beginTotp"), .body = &empty_shape,
        .answer = &totp_shape),
    API(MP_POST, "/me/totp/confirm", MP_SIGNED_IN, confirm_totp, SUMMARY("confirmTotp"), .body = &code_shape,
        .answer = &mp_shape_signed_in,
        .rate = MP_RATE_SIGN_IN),
    API(MP_POST, "/me/passkeys", MP_SIGNED_IN, begin_passkey, SUMMARY("beginPasskey"), .body = &empty_shape,
        .answer = &options_shape),
    API(MP_POST, "/me/passkeys/confirm", MP_SIGNED_IN, confirm_passkey, SUMMARY("confirmPasskey"),
        .body = &new_passkey_shape,
        .answer = &mp_shape_signed_in),
    API(MP_DELETE, "/me/factors/{factor}", MP_SIGNED_IN, delete_factor, SUMMARY("removeFactor"), .status = 204),
    API(MP_POST, "/me/recovery-codes", MP_SIGNED_IN, recovery_codes, SUMMARY("makeRecoveryCodes"),
        .body = &empty_shape, .answer = &codes_shape),
    API(MP_GET, "/me/sessions", MP_SIGNED_IN, get_sessions, SUMMARY("sessions"), .answer = &mp_shape_sessions),
    API(MP_DELETE, "/me/sessions/{id}", MP_SIGNED_IN, delete_session, SUMMARY("endSession"), .status = 204),
    API(MP_POST, "/me/tokens", MP_SIGNED_IN, make_token, SUMMARY("makeToken"), .body = &ask_token_shape,
        .answer = &token_shape, .status = 201),
};
