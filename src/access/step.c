/* SPDX-License-Identifier: Apache-2.0 */
#include "jsonw.h"
#include "rbac.h"
#include "sign_in_internal.h"

mp_code mp_wrong_credentials(mp_error *err)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                   "the name, the password or the code is wrong, or the account cannot sign in");
}

void mp_alert(mp_access *access, const char *what, mp_str user)
{
    if (access->alert)
        access->alert(access->alert_ctx, what, user);
}

mp_code mp_must_be_user(const mp_who *who, const char *half, mp_error *err)
{
    if (!who || who->kind != MP_WHO_USER || !who->id.len)
        return mp_fail(err, MP_DENIED, MP_NOWHERE,
                       "only a person who signed in has a password and second factors");
    if (who->limited_to.len && !mp_str_eq(who->limited_to, mp_str_from(half)))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "signing in is not finished; next comes \"%.*s\"",
                       MP_FMT(who->limited_to));
    return MP_OK;
}

bool mp_has_totp(const mp_json *credential)
{
    return mp_json_is(mp_json_get(credential, MP_S("totp")), MP_JSON_OBJECT);
}

bool mp_has_passkey(const mp_json *credential)
{
    const mp_json *passkeys = mp_json_get(credential, MP_S("passkeys"));
    return mp_json_is(passkeys, MP_JSON_ARRAY) && passkeys->count > 0;
}

static bool has_recovery(const mp_json *credential)
{
    const mp_json *codes = mp_json_get(credential, MP_S("recovery"));
    return mp_json_is(codes, MP_JSON_ARRAY) && codes->count > 0;
}

mp_code mp_active_user(mp_record *out, mp_tx *tx, mp_str id, mp_arena *arena, mp_error *err)
{
    mp_code code = mp_record_get(out, tx, &mp_user_kind, id, 0, arena, err);
    if (code == MP_MISSING || (code == MP_OK && !mp_str_eq(mp_json_get_text(out->body, "state"), MP_S("active"))))
        return mp_wrong_credentials(err);
    return code;
}

/* Administrators are those who may change people. Asked in memory, so not within a write. */
static bool is_administrator(mp_access *access, mp_str user, mp_ticks now, mp_arena *arena)
{
    mp_who who;
    if (mp_principal(&who, access, user, arena, NULL) != MP_OK)
        return false;
    return mp_may(access, &who, MP_S("Mapae.Access/users/write"), MP_S("/"), false, now);
}

mp_code mp_step_begin(mp_step *step, mp_arena *arena, mp_error *err)
{
    step->is_admin =
        step->access->rules.factor_required && is_administrator(step->access, step->user, step->now, arena);
    MP_TRY(mp_session_value_make(&step->value, arena, err));
    return mp_session_device(&step->device, step->access, step->value.id, step->asked, arena, err);
}

static bool has_expired(const mp_access *access, const mp_json *credential, mp_ticks now)
{
    mp_ticks at = mp_body_time(mp_json_get(credential, MP_S("password")), MP_S("at"));
    return access->rules.password_days &&
           now - at >= (mp_ticks)access->rules.password_days * MP_TICKS_PER_DAY;
}

/* What stands between him and a whole session; in this order. */
static const char *next_of(const mp_step *step, const mp_json *user, const mp_json *credential)
{
    bool has_factor = mp_has_totp(credential) || mp_has_passkey(credential);
    if (has_factor && !step->is_strong)
        return "factor";
    if (!step->is_trusted &&
        (mp_body_bool(user, MP_S("mustChangePassword")) || has_expired(step->access, credential, step->now)))
        return "password";
    return step->is_admin && !step->is_strong ? "enroll" : "";
}

static void list_factors(mp_step *step, const mp_json *credential)
{
    step->factor_count = 0;
    if (strcmp(step->next, "factor") != 0)
        return;
    if (mp_has_totp(credential))
        step->factors[step->factor_count++] = MP_S("totp");
    if (mp_has_passkey(credential))
        step->factors[step->factor_count++] = MP_S("passkey");
    if (has_recovery(credential))
        step->factors[step->factor_count++] = MP_S("recovery");
}

static mp_code write_step(mp_step *step, mp_tx *tx, mp_record *user, mp_error *err)
{
    const mp_session_state state = {
        .user = step->user,
        .next = mp_str_from(step->next),
        .is_strong = step->is_strong,
        .now = step->now,
        .signed_in_at = step->signed_in_at ? step->signed_in_at : step->now,
        .device = step->device,
    };
    mp_guess guess;
    if (step->session.len)
        MP_TRY(mp_session_renew(&step->ends_at, step->access, tx, step->session, &step->value, &state, err));
    else
        MP_TRY(mp_session_new(&step->ends_at, step->access, tx, &step->value, &state, err));
    if (step->next[0] || step->is_again)
        return MP_OK;
    /* Failures are forgotten when all was right, not after the password alone: else codes could be guessed
     * for ever. */
    MP_TRY(mp_guess_of(&guess, step->access, MP_GUESS_PASSWORD, mp_json_get_text(user->body, "userName"),
                       step->asked->from, err));
    MP_TRY(mp_guess_right(step->access, tx, &guess, step->now, err));
    return mp_user_seen(step->access, tx, user, step->now, err);
}

mp_code mp_step_take(mp_step *step, mp_tx *tx, mp_error *err)
{
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(mp_active_user(&user, tx, step->user, mp_tx_arena(tx), err));
    MP_TRY(mp_credential_open(&credential, step->access, tx, step->user, mp_tx_arena(tx), err));
    step->next = step->is_again ? "" : next_of(step, user.body, credential.body);
    list_factors(step, credential.body);
    mp_credential_close(&credential);
    MP_TRY(write_step(step, tx, &user, err));
    const mp_deed deed = { .action = step->action,
                           .who = step->who,
                           .user = step->user,
                           .asked = step->asked,
                           .session = step->session.len ? step->session : mp_str_from(step->value.id) };
    return mp_deed_add(step->access, tx, &deed, err);
}

static mp_code take_alone(mp_tx *tx, void *arg, mp_error *err)
{
    return mp_step_take(arg, tx, err);
}

mp_code mp_step_run(mp_step *step, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_step_begin(step, arena, err));
    return mp_store_write(step->access->store, take_alone, step, err);
}

mp_code mp_step_end(mp_signed_in *out, const mp_step *step, mp_arena *arena, mp_error *err)
{
    mp_signed_in result = { .cookie = step->value.cookie,
                            .expires_at = step->ends_at,
                            .factor_count = step->factor_count };
    result.session = mp_arena_dup(arena, step->session.len ? step->session : mp_str_from(step->value.id));
    result.user = mp_arena_dup(arena, step->user);
    result.next = mp_str_from(step->next);
    mp_str *factors = mp_arena_zero(arena, MP_COUNT(step->factors), sizeof *factors);
    if (!result.session.ptr || !result.user.ptr || !factors)
        return mp_no_memory(err);
    memcpy(factors, step->factors, step->factor_count * sizeof *factors);
    result.factors = factors;
    const mp_who who = { .session = result.session };
    result.csrf = mp_session_csrf(step->access, &who, arena);
    if (!result.csrf.ptr)
        return mp_no_memory(err);
    *out = result;
    return MP_OK;
}

mp_code mp_attempt_failed(bool *locks, mp_access *access, mp_tx *tx, const mp_guess *guess,
                          const mp_deed *deed, mp_ticks now, mp_error *err)
{
    bool spreads;
    MP_TRY(mp_guess_failed(locks, &spreads, access, tx, guess, now, err));
    MP_TRY(mp_deed_add(access, tx, deed, err));
    if (!*locks && !spreads)
        return MP_OK;
    const mp_deed what = { .action = *locks ? "Mapae.Access/users/lock" : "Mapae.Access/users/slow",
                           .user = deed->user };
    MP_TRY(mp_deed_add(access, tx, &what, err));
    *locks = true; /* somebody is to hear of it */
    return MP_OK;
}

mp_step mp_step_again(mp_access *access, const mp_who *who, const mp_asked *asked, mp_ticks now)
{
    return (mp_step){
        .access = access,
        .asked = asked,
        .now = now,
        .user = who->id,
        .who = who,
        .session = who->by_cookie ? who->session : mp_str_of(NULL, 0),
        .signed_in_at = who->signed_in_at,
        .is_strong = who->is_strong,
        .is_again = !who->limited_to.len,
    };
}

mp_code mp_step_finish(mp_signed_in *out, const mp_step *step, mp_arena *arena, mp_error *err)
{
    if (step->session.len)
        return mp_step_end(out, step, arena, err);
    *out = (mp_signed_in){ .user = step->user };
    return MP_OK;
}
