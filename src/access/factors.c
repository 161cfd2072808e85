/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody has as second factors: shown, and taken away. */
#include "jsonw.h"
#include "rbac_internal.h"
#include "sign_in_internal.h"

mp_code mp_factors_changed(mp_access *access, mp_tx *tx, mp_str user, mp_error *err)
{
    mp_record     record;
    mp_credential credential = { 0 };
    mp_arena     *arena = mp_tx_arena(tx);
    mp_jsonw      w;
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, user, 0, arena, err));
    MP_TRY(mp_credential_open(&credential, access, tx, user, arena, err));
    bool has = mp_has_totp(credential.body) || mp_has_passkey(credential.body);
    mp_credential_close(&credential);
    if (mp_body_bool(record.body, MP_S("isStrong")) == has)
        return MP_OK;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "isStrong", has);
    mp_jsonw_end(&w);
    const mp_json *body = mp_body_with(arena, record.body, mp_jsonw_done(&w));
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(NULL, tx, &mp_user_kind, record.key, body, record.version, err));
    mp_access_touch(access, tx);
    return MP_OK;
}

/* ---- shown ---- */

typedef struct showing {
    mp_access     *access;
    mp_str         user;
    mp_arena      *arena;
    const mp_json *out;
} showing;

static void put_copy(mp_jsonw *w, mp_arena *arena, const mp_json *from, mp_str name)
{
    mp_str value = mp_json_text(mp_json_get(from, name));
    if (!value.len)
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_arena_dup(arena, value));
}

static void put_passkeys(mp_jsonw *w, mp_arena *arena, const mp_json *passkeys)
{
    mp_jsonw_array(w);
    if (mp_json_is(passkeys, MP_JSON_ARRAY))
        for (MP_JSON_EACH(passkey, passkeys)) {
            mp_jsonw_object(w);
            put_copy(w, arena, passkey, MP_S("id"));
            put_copy(w, arena, passkey, MP_S("name"));
            put_copy(w, arena, passkey, MP_S("createdAt"));
            put_copy(w, arena, passkey, MP_S("lastUsedAt"));
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
}

static mp_code show(mp_tx *tx, void *arg, mp_error *err)
{
    showing      *s = arg;
    mp_record     record;
    mp_credential credential = { 0 };
    mp_jsonw      w;
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, s->user, 0, s->arena, err));
    MP_TRY(mp_credential_open(&credential, s->access, tx, s->user, mp_tx_arena(tx), err));
    const mp_json *recovery = mp_json_get(credential.body, MP_S("recovery"));
    mp_jsonw_init(&w, s->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "totp", mp_has_totp(credential.body));
    mp_jsonw_key(&w, MP_S("passkeys"));
    put_passkeys(&w, s->arena, mp_json_get(credential.body, MP_S("passkeys")));
    mp_jsonw_put_int(&w, "recoveryCodes", mp_json_is(recovery, MP_JSON_ARRAY) ? recovery->count : 0);
    mp_jsonw_end(&w);
    mp_credential_close(&credential);
    s->out = mp_jsonw_done(&w);
    return s->out ? MP_OK : mp_no_memory(err);
}

mp_code mp_factors(const mp_json **out, mp_access *access, mp_str user, mp_arena *arena, mp_error *err)
{
    showing s = { .access = access, .user = user, .arena = arena };
    MP_TRY(mp_store_read(access->store, show, &s, err));
    *out = s.out;
    return MP_OK;
}

/* ---- taken away ---- */

/* What the credential is to be without `factor`: recovery codes go with the last second factor. *found: there
 * was one. */
static const mp_json *without(mp_arena *arena, const mp_json *credential, mp_str factor, bool *found)
{
    bool           all = mp_str_eq(factor, MP_S("all")), totp = mp_str_eq(factor, MP_S("totp"));
    bool           keeps_totp = mp_has_totp(credential) && !all && !totp;
    size_t         kept = 0;
    const mp_json *passkeys = mp_json_get(credential, MP_S("passkeys"));
    mp_jsonw       w;
    *found = all || (totp && mp_has_totp(credential));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (all || totp) {
        mp_jsonw_key(&w, MP_S("totp"));
        mp_jsonw_null(&w);
        mp_jsonw_key(&w, MP_S("totpPending"));
        mp_jsonw_null(&w);
    }
    mp_jsonw_key(&w, MP_S("passkeys"));
    mp_jsonw_array(&w);
    if (mp_json_is(passkeys, MP_JSON_ARRAY))
        for (MP_JSON_EACH(passkey, passkeys)) {
            bool is_it = mp_str_eq(mp_json_get_text(passkey, "id"), factor);
            *found = *found || is_it;
            if (all || is_it)
                continue;
            mp_jsonw_value(&w, passkey);
            kept++;
        }
    mp_jsonw_end(&w);
    if (!keeps_totp && kept == 0) {
        mp_jsonw_key(&w, MP_S("recovery"));
        mp_jsonw_null(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_factor_remove(mp_access *access, mp_tx *tx, mp_str user, mp_str factor, mp_error *err)
{
    mp_record     record;
    mp_credential credential = { 0 };
    bool          found;
    mp_arena     *arena = mp_tx_arena(tx);
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, user, 0, arena, err));
    MP_TRY(mp_credential_open(&credential, access, tx, user, arena, err));
    const mp_json *changes = without(arena, credential.body, factor, &found);
    mp_code        code = !changes ? mp_no_memory(err)
                          : !found ? mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no such second factor")
                                   : mp_credential_change(access, tx, user, changes, err);
    mp_credential_close(&credential);
    return code == MP_OK ? mp_factors_changed(access, tx, user, err) : code;
}

/* As step.c asks it before a write. */
static bool is_administrator(mp_access *access, mp_tx *tx, mp_str user)
{
    unsigned         slot;
    const mp_rights *rights = mp_rights_enter_write(&slot, access);
    bool             is_one =
        mp_rights_may(rights, user, MP_S("Mapae.Access/users/write"), MP_S("/"), false, mp_tx_time(tx));
    mp_rights_leave(access, slot);
    return is_one;
}

mp_code mp_own_factor_remove(mp_access *access, mp_tx *tx, mp_str user, mp_str factor, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_factor_remove(access, tx, user, factor, err));
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, user, 0, mp_tx_arena(tx), err));
    if (access->rules.factor_required && !mp_body_bool(record.body, MP_S("isStrong")) &&
        is_administrator(access, tx, user))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "an administrator keeps one second factor; set up another one first");
    return MP_OK;
}
