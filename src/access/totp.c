/* SPDX-License-Identifier: Apache-2.0 */
/* One-time passwords by time (RFC 6238: SHA-1, 30 seconds, six digits, as every app has them). A time step
 * counts once: what was used, and what is older, is wrong from then on. */
#include <ctype.h>
#include <liboath/oath.h>
#include <stdlib.h>

#include "jsonw.h"
#include "sign_in_internal.h"

enum {
    DIGITS = 6,
    STEP_SECONDS = 30,
    WINDOW = 1,
    SECRET_BYTES = 20 /* RFC 4226, section 4, R6 */,
    PENDING_SECONDS = 900
};

static bool is_code(mp_str code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < '0' || code.ptr[i] > '9')
            return false;
    return code.len == DIGITS;
}

bool mp_totp_fits(int64_t *step, mp_str secret, mp_str code, mp_ticks now, int64_t last)
{
    int64_t present = mp_clock_to_unix(now) / STEP_SECONDS;
    bool    fits = false;
    if (!is_code(code))
        return false;
    for (int64_t at = present - WINDOW; at <= present + WINDOW; at++) {
        char value[DIGITS + 1] = "";
        if (at < 0 || oath_hotp_generate(secret.ptr, secret.len, (uint64_t)at, DIGITS, false,
                                         OATH_HOTP_DYNAMIC_TRUNCATION, value) != OATH_OK)
            continue;
        if (mp_secret_eq(mp_str_of(value, DIGITS), code) && at > last && !fits) {
            *step = at;
            fits = true;
        }
        mp_wipe(value, sizeof value);
    }
    return fits;
}

static const mp_json *totp_member(mp_arena *arena, const char *name, mp_str secret, const char *number,
                                  int64_t value)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, mp_str_from(name));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "secret", secret);
    mp_jsonw_put_int(&w, number, value);
    mp_jsonw_end(&w);
    if (strcmp(name, "totp") == 0) {
        mp_jsonw_key(&w, MP_S("totpPending"));
        mp_jsonw_null(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_totp_take(bool *is_right, mp_access *access, mp_tx *tx, mp_str user, const mp_json *credential,
                     mp_str code, mp_ticks now, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    const mp_json *totp = mp_json_get(credential, MP_S("totp"));
    mp_str         text = mp_json_get_text(totp, "secret"), secret;
    int64_t        step;
    *is_right = false;
    if (!text.len)
        return MP_OK;
    secret = mp_unbase64url(arena, text);
    if (!secret.ptr)
        return mp_no_memory(err);
    bool fits = mp_totp_fits(&step, secret, code, now, mp_body_int(totp, MP_S("last"), 0));
    mp_wipe((char *)secret.ptr, secret.len);
    if (!fits)
        return MP_OK;
    const mp_json *changes = totp_member(arena, "totp", text, "last", step);
    if (!changes)
        return mp_no_memory(err);
    MP_TRY(mp_credential_change(access, tx, user, changes, err));
    *is_right = true;
    return MP_OK;
}

/* ---- to have one ---- */

typedef struct enrolment {
    mp_access      *access;
    const mp_who   *who;
    mp_ticks        now;
    mp_str          secret; /* base64url */
    mp_str          code;
    char            name[160];
    mp_step         step;
    mp_guess        guess;
    unsigned        retry_seconds;
    bool            is_right, locks;
    const mp_asked *asked;
} enrolment;

static mp_code keep_secret(mp_tx *tx, void *arg, mp_error *err)
{
    enrolment    *e = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(mp_active_user(&user, tx, e->who->id, mp_tx_arena(tx), err));
    MP_TRY(mp_credential_open(&credential, e->access, tx, e->who->id, mp_tx_arena(tx), err));
    bool has_one = mp_has_totp(credential.body);
    mp_credential_close(&credential);
    if (has_one)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is a one-time password already; remove it first");
    mp_copy_text(e->name, sizeof e->name, mp_json_get_text(user.body, "userName"));
    const mp_json *changes = totp_member(mp_tx_arena(tx), "totpPending", e->secret, "until",
                                         e->now + PENDING_SECONDS * MP_TICKS_PER_SECOND);
    return changes ? mp_credential_change(e->access, tx, e->who->id, changes, err) : mp_no_memory(err);
}

/* Label of the app (Key Uri Format): "Mapae:NAME", percent-encoded. */
static mp_str uri_of(mp_arena *arena, const char *name, const char *secret)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add(&b, MP_S("otpauth://totp/Mapae:"));
    for (const char *p = name; *p; p++) {
        if (isalnum((unsigned char)*p) || strchr("-._~", *p))
            mp_buf_add_c(&b, *p);
        else
            mp_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*p);
    }
    mp_buf_printf(&b, "?secret=%s&issuer=Mapae&algorithm=SHA1&digits=%d&period=%d", secret, DIGITS,
                  STEP_SECONDS);
    mp_str uri = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    if (b.ptr)
        mp_wipe(b.ptr, b.cap);
    mp_buf_free(&b);
    return uri;
}

mp_code mp_totp_begin(mp_str *uri, mp_str *secret_base32, mp_access *access, const mp_who *who, mp_ticks now,
                      mp_arena *arena, mp_error *err)
{
    uint8_t   raw[SECRET_BYTES];
    char     *text = NULL;
    enrolment e = { .access = access, .who = who, .now = now };
    MP_TRY(mp_must_be_user(who, "enroll", err));
    MP_TRY(mp_random(raw, sizeof raw, err));
    e.secret = mp_base64url(arena, mp_str_of((const char *)raw, sizeof raw));
    bool is_text = oath_base32_encode((const char *)raw, sizeof raw, &text, NULL) == OATH_OK;
    mp_wipe(raw, sizeof raw);
    mp_code code =
        e.secret.ptr && is_text ? mp_store_write(access->store, keep_secret, &e, err) : mp_no_memory(err);
    if (code == MP_OK) {
        mp_str made = uri_of(arena, e.name, text), base32 = mp_arena_dup(arena, mp_str_from(text));
        if (made.ptr && base32.ptr) {
            *uri = made;
            *secret_base32 = base32;
        } else {
            code = mp_no_memory(err);
        }
    }
    if (text)
        mp_wipe(text, strlen(text));
    free(text);
    return code;
}

/* The pending secret becomes the one, with its first code used up. */
static mp_code confirm(enrolment *e, mp_tx *tx, const mp_json *credential, mp_error *err)
{
    const mp_json *pending = mp_json_get(credential, MP_S("totpPending"));
    mp_arena      *arena = mp_tx_arena(tx);
    mp_str         text = mp_json_get_text(pending, "secret"), secret;
    int64_t        step;
    if (!text.len || mp_body_int(pending, MP_S("until"), 0) <= e->now)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "setting up the one-time password has not begun, or took too long; begin again");
    secret = mp_unbase64url(arena, text);
    if (!secret.ptr)
        return mp_no_memory(err);
    e->is_right = mp_totp_fits(&step, secret, e->code, e->now, 0);
    mp_wipe((char *)secret.ptr, secret.len);
    if (!e->is_right)
        return MP_OK;
    const mp_json *changes = totp_member(arena, "totp", text, "last", step);
    return changes ? mp_credential_change(e->access, tx, e->who->id, changes, err) : mp_no_memory(err);
}

static mp_code finish(mp_tx *tx, void *arg, mp_error *err)
{
    enrolment    *e = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    e->is_right = e->locks = false;
    MP_TRY(mp_active_user(&user, tx, e->who->id, mp_tx_arena(tx), err));
    MP_TRY(
        mp_guess_of_who(&e->guess, e->access, e->who, mp_json_get_text(user.body, "userName"), e->asked->from, err));
    MP_TRY(mp_guess_may(&e->retry_seconds, e->access, tx, &e->guess, e->now, err));
    MP_TRY(mp_credential_open(&credential, e->access, tx, e->who->id, mp_tx_arena(tx), err));
    mp_code code = confirm(e, tx, credential.body, err);
    mp_credential_close(&credential);
    if (code != MP_OK)
        return code;
    const mp_deed deed = { .action = e->step.action,
                           .who = e->who,
                           .user = e->who->id,
                           .asked = e->asked,
                           .code = e->is_right ? MP_OK : MP_CREDENTIALS };
    if (!e->is_right)
        return mp_attempt_failed(&e->locks, e->access, tx, &e->guess, &deed, e->now, err);
    MP_TRY(mp_factors_changed(e->access, tx, e->who->id, err));
    return e->step.session.len ? mp_step_take(&e->step, tx, err) : mp_deed_add(e->access, tx, &deed, err);
}

mp_code mp_totp_finish(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str code_text,
                       const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_must_be_user(who, "enroll", err));
    enrolment e = { .access = access,
                    .who = who,
                    .now = now,
                    .code = code_text,
                    .asked = asked,
                    .step = mp_step_again(access, who, asked, now) };
    e.step.action = "Mapae.Access/me/totp";
    e.step.is_strong = true;
    mp_code code = e.step.session.len ? mp_step_begin(&e.step, arena, err) : MP_OK;
    if (code == MP_OK)
        code = mp_store_write(access->store, finish, &e, err);
    if (code != MP_OK) {
        const mp_deed deed = {
            .action = e.step.action, .who = who, .user = who->id, .asked = asked, .code = code
        };
        return mp_deed_refused(access, &deed, err);
    }
    if (e.locks)
        mp_alert(access, "lock", who->id);
    return e.is_right ? mp_step_finish(out, &e.step, arena, err) : mp_wrong_credentials(err);
}
