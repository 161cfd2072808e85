/* SPDX-License-Identifier: Apache-2.0 */
/* The password, the set-up link, the session for whom another provider vouches. */
#include "sign_in.h"

#include "jsonw.h"
#include "sign_in_internal.h"

/* ---- name and password ---- */

typedef struct attempt {
    mp_access *access;
    mp_arena  *arena;
    mp_guess   guess;
    mp_str     name;
    mp_ticks   now;
    unsigned   retry_seconds;
    char       user[37];                /* found; empty: nobody */
    char       hash[MP_PASSWORD_HASH];  /* of whoever may sign in with a password; else empty */
    char       fresh[MP_PASSWORD_HASH]; /* the same password with the limits of today; empty: not needed */
    mp_step    step;
    const mp_asked *asked;
    bool            locks, is_noted; /* the failure has its leaf */
} attempt;

static mp_code find_user(attempt *a, mp_tx *tx, mp_error *err)
{
    mp_record     user = { 0 };
    mp_credential credential = { 0 };
    mp_code       code = mp_record_find(&user, tx, &mp_user_kind, "userName", a->name, a->arena, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    bool may = code == MP_OK && mp_str_eq(mp_json_get_text(user.body, "state"), MP_S("active"));
    mp_copy_text(a->user, sizeof a->user, user.key);
    MP_TRY(mp_credential_open(&credential, a->access, tx, may ? user.key : MP_S("nobody"), a->arena, err));
    mp_copy_text(a->hash, sizeof a->hash, mp_json_get_text(mp_json_get(credential.body, MP_S("password")), "hash"));
    mp_credential_close(&credential);
    return MP_OK;
}

static mp_code read_attempt(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    MP_TRY(mp_guess_may(&a->retry_seconds, a->access, tx, &a->guess, a->now, err));
    return find_user(a, tx, err);
}

static mp_code may_try(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    return mp_guess_may(&a->retry_seconds, a->access, tx, &a->guess, a->now, err);
}

static mp_code write_failure(mp_tx *tx, void *arg, mp_error *err)
{
    attempt      *a = arg;
    const mp_deed deed = {
        .action = a->step.action, .user = mp_str_from(a->user), .asked = a->asked, .code = MP_CREDENTIALS
    };
    return mp_attempt_failed(&a->locks, a->access, tx, &a->guess, &deed, a->now, err);
}

static const mp_json *password_member(mp_arena *arena, mp_str hash, mp_ticks at)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "hash", hash);
    mp_jsonw_put_str(&w, "at", mp_time_text(arena, at));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* The password stays, and the day it was chosen; its hash is of today's limits. */
static mp_code renew_hash(attempt *a, mp_tx *tx, mp_error *err)
{
    mp_credential old = { 0 };
    mp_arena     *arena = mp_tx_arena(tx);
    mp_jsonw      w;
    MP_TRY(mp_credential_open(&old, a->access, tx, mp_str_from(a->user), arena, err));
    const mp_json *password = mp_json_get(old.body, MP_S("password"));
    bool is_same =
        mp_str_eq(mp_json_get_text(password, "hash"), mp_str_from(a->hash)); /* not changed since it was read */
    mp_ticks       at = mp_body_time(password, MP_S("at"));
    mp_credential_close(&old);
    if (!is_same)
        return mp_wrong_credentials(err);
    if (!a->fresh[0])
        return MP_OK;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "password", password_member(arena, mp_str_from(a->fresh), at));
    mp_jsonw_end(&w);
    const mp_json *changes = mp_jsonw_done(&w);
    return changes ? mp_credential_change(a->access, tx, mp_str_from(a->user), changes, err)
                   : mp_no_memory(err);
}

static mp_code write_success(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    MP_TRY(renew_hash(a, tx, err));
    return mp_step_take(&a->step, tx, err);
}

/* Within the hasher: nobody gets past argon_at_once attempts before the first failure counts. */
static mp_code try_password(attempt *a, mp_str password, mp_error *err)
{
    bool is_old = false;
    MP_TRY(mp_store_read(a->access->store, read_attempt, a, err));
    if (!mp_password_is(a->access, &is_old, mp_str_from(a->hash), password)) {
        MP_TRY(mp_store_write(a->access->store, write_failure, a, err));
        a->is_noted = true;
        return mp_wrong_credentials(err);
    }
    if (is_old)
        MP_TRY(mp_password_hash(a->fresh, a->access, password, err));
    a->step.user = mp_str_from(a->user);
    MP_TRY(mp_step_begin(&a->step, a->arena, err));
    return mp_store_write(a->access->store, write_success, a, err);
}

mp_code mp_sign_in(mp_signed_in *out, unsigned *retry_seconds, mp_access *access, mp_str user_name,
                   mp_str password, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    attempt a = {
        .access = access,
        .arena = arena,
        .name = user_name,
        .now = now,
        .asked = asked,
        .step = { .access = access, .action = "Mapae.Access/signIn/password", .asked = asked, .now = now }
    };
    *retry_seconds = 0;
    MP_TRY(mp_guess_of(&a.guess, access, MP_GUESS_PASSWORD, user_name, asked->from, err));
    mp_code code =
        mp_store_read(access->store, may_try, &a, err); /* who has to wait takes no place in the queue */
    if (code == MP_OK) {
        code = mp_hasher_enter(access, err);
        if (code == MP_OK) {
            code = try_password(&a, password, err);
            mp_hasher_leave(access);
        }
    }
    mp_wipe(a.hash, sizeof a.hash);
    mp_wipe(a.fresh, sizeof a.fresh);
    *retry_seconds = a.retry_seconds ? a.retry_seconds : code == MP_BUSY;
    if (a.locks)
        mp_alert(access, "lock", mp_str_from(a.user));
    /* the right password, and then something changed */
    if (code == MP_BUSY || (code == MP_CREDENTIALS && !a.is_noted)) {
        const mp_deed deed = {
            .action = a.step.action, .user = mp_str_from(a.user), .asked = asked, .code = code
        };
        return mp_deed_refused(access, &deed, err);
    }
    return code == MP_OK ? mp_step_end(out, &a.step, arena, err) : code;
}

/* ---- vouched for ---- */

mp_code mp_session_begin(mp_signed_in *out, mp_access *access, mp_str user, bool is_strong,
                         const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    mp_step step = { .access = access,
                     .action = "Mapae.Access/signIn/session",
                     .asked = asked,
                     .now = now,
                     .user = user,
                     .is_strong = is_strong,
                     .is_trusted = true };
    mp_code code = mp_step_run(&step, arena, err);
    if (code == MP_CREDENTIALS) {
        const mp_deed deed = { .action = step.action, .user = user, .asked = asked, .code = code };
        return mp_deed_refused(access, &deed, err);
    }
    return code == MP_OK ? mp_step_end(out, &step, arena, err) : code;
}
