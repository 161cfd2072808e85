/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor that is typed. Everything happens within one write: a code cannot be tried twice at the
 * same time. */
#include "sign_in_internal.h"

typedef struct typed {
    mp_access    *access;
    const mp_who *who;
    mp_str        code;
    mp_ticks      now;
    mp_step       step;
    mp_guess      guess;
    unsigned      retry_seconds;
    bool          is_right, is_recovery, locks;
} typed;

static mp_code take_code(typed *t, mp_tx *tx, mp_error *err)
{
    mp_credential credential = { 0 };
    MP_TRY(mp_credential_open(&credential, t->access, tx, t->who->id, mp_tx_arena(tx), err));
    mp_code code =
        mp_totp_take(&t->is_right, t->access, tx, t->who->id, credential.body, t->code, t->now, err);
    if (code == MP_OK && !t->is_right) {
        code = mp_recovery_take(&t->is_right, t->access, tx, t->who->id, credential.body, t->code, err);
        t->is_recovery = t->is_right;
    }
    mp_credential_close(&credential);
    return code;
}

static mp_code try_code(mp_tx *tx, void *arg, mp_error *err)
{
    typed    *t = arg;
    mp_record user;
    t->is_right = t->is_recovery = t->locks = false;
    MP_TRY(mp_active_user(&user, tx, t->who->id, mp_tx_arena(tx), err));
    MP_TRY(mp_guess_of_who(&t->guess, t->access, t->who, mp_json_get_text(user.body, "userName"), t->step.asked->from,
                           err));
    MP_TRY(mp_guess_may(&t->retry_seconds, t->access, tx, &t->guess, t->now, err));
    MP_TRY(take_code(t, tx, err));
    if (t->is_right)
        return mp_step_take(&t->step, tx, err);
    const mp_deed deed = { .action = t->step.action,
                           .who = t->who,
                           .user = t->who->id,
                           .asked = t->step.asked,
                           .code = MP_CREDENTIALS };
    return mp_attempt_failed(&t->locks, t->access, tx, &t->guess, &deed, t->now, err);
}

mp_code mp_sign_in_code(mp_signed_in *out, unsigned *retry_seconds, mp_access *access, const mp_who *who,
                        mp_str code_text, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    *retry_seconds = 0;
    MP_TRY(mp_must_be_user(who, "factor", err));
    typed t = { .access = access,
                .who = who,
                .code = code_text,
                .now = now,
                .step = mp_step_again(access, who, asked, now) };
    t.step.action = "Mapae.Access/signIn/code";
    t.step.is_strong = true;
    if (!t.step.session.len)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "a second factor is shown within a session");
    mp_code code = mp_step_begin(&t.step, arena, err);
    if (code == MP_OK)
        code = mp_store_write(access->store, try_code, &t, err);
    *retry_seconds = t.retry_seconds;
    if (code != MP_OK) {
        const mp_deed deed = {
            .action = t.step.action, .who = who, .user = who->id, .asked = asked, .code = code
        };
        return mp_deed_refused(access, &deed, err);
    }
    if (t.locks)
        mp_alert(access, "lock", who->id);
    if (t.is_recovery)
        mp_alert(access, "recovery", who->id);
    return t.is_right ? mp_step_end(out, &t.step, arena, err) : mp_wrong_credentials(err);
}
