/* SPDX-License-Identifier: Apache-2.0 */
/* Programs, and their secrets. A secret is 32 random bytes of ours, so its SHA-256 is kept: there is nothing
 * to guess that a slow hash would slow down. */
#include "access_internal.h"
#include "directory_internal.h"

static const mp_record_index program_indexes[] = {
    { .name = "appId", .path = "appId", .is_unique = true },
    { .name = "displayName", .path = "displayName", .is_unique = true, .folds = true },
    { .name = "state", .path = "state" },
    { .name = "createdAt", .path = "createdAt" },
    { .name = "identityOf", .path = "identityOf", .folds = true },
};
const mp_kind mp_program_kind = { .name = "program",
                                  .indexes = program_indexes,
                                  .index_count = MP_COUNT(program_indexes) };

enum { DESCRIPTION_MAX = 2000, SECRETS_MAX = 10, SECRET_BYTES = 32, HINT = 3 };

mp_code mp_program_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                       int64_t expected, mp_error *err)
{
    const mp_json *old;
    bool           is_taken;
    mp_str         name, description, app_id;
    mp_jsonw       w;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_directory_name(&name, body, "displayName", mp_str_of(NULL, 0), err));
    MP_TRY(mp_directory_text(&description, body, "description", DESCRIPTION_MAX, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_program_kind, id, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_program_kind, "displayName", name, id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is a program called '%.*s' already", MP_FMT(name));
    if (old)
        app_id = mp_json_get_text(old, "appId");
    else
        MP_TRY(mp_directory_id(&app_id, tx, mp_str_of(NULL, 0), err));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "appId", app_id);
    mp_directory_put_str(&w, "displayName", name);
    mp_directory_put_str(&w, "description", description);
    mp_directory_put_str(&w, "state", old ? mp_json_get_text(old, "state") : MP_S("active"));
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    return mp_directory_put(out, access, tx, &mp_program_kind, id, mp_jsonw_done(&w), expected, err);
}

/* The array `list` without the member of `key_id`, and without those that ended; and `*count` of what is
 * left. */
static void put_others(mp_jsonw *w, const mp_json *list, mp_str key_id, mp_ticks now, size_t *count,
                       bool *was_there)
{
    *count = 0;
    *was_there = false;
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(v, list)) {
        if (key_id.len && mp_str_eq_fold(mp_json_get_text(v, "keyId"), key_id)) {
            *was_there = true;
            continue;
        }
        if (mp_body_time(v, MP_S("endsAt")) <= now)
            continue;
        mp_jsonw_value(w, v);
        ++*count;
    }
}

/* {"NAME": [the others, and the new one]}: `body` holds the old list. */
static const mp_json *changed_list(mp_tx *tx, const char *name, const mp_json *body, mp_str key_id,
                                   const mp_json *added, size_t *count, bool *was_there)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, mp_str_from(name));
    mp_jsonw_array(&w);
    put_others(&w, mp_json_get(body, mp_str_from(name)), key_id, mp_tx_time(tx), count, was_there);
    if (added)
        mp_jsonw_value(&w, added);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static const mp_json *entry_of(mp_arena *arena, mp_str key_id, const char *member, mp_str value,
                               mp_str ends_at)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "keyId", key_id);
    mp_directory_put_str(&w, member, value);
    mp_directory_put_str(&w, "endsAt", ends_at);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* In the program's record (shown) and in its credential (sealed). */
static mp_code put_lists(mp_access *access, mp_tx *tx, const mp_record *program, mp_str key_id,
                         const mp_json *shown, const mp_json *sealed, mp_error *err)
{
    mp_credential  old = { 0 };
    size_t         count;
    bool           was_there;
    mp_arena      *arena = mp_tx_arena(tx);
    const mp_json *body =
        mp_body_with(arena, program->body,
                     changed_list(tx, "credentials", program->body, key_id, shown, &count, &was_there));
    if (!shown && !was_there)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the program has no secret %.*s", MP_FMT(key_id));
    if (shown && count >= SECRETS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the program has %zu secrets; end one first", count);
    MP_TRY(mp_directory_put(NULL, access, tx, &mp_program_kind, program->key, body, program->version, err));
    MP_TRY(mp_credential_open(&old, access, tx, program->key, arena, err));
    const mp_json *changes = changed_list(tx, "secrets", old.body, key_id, sealed, &count, &was_there);
    mp_code        code = changes ? mp_credential_change(access, tx, program->key, changes, err)
                                  : mp_no_memory(err);
    mp_credential_close(&old);
    return code;
}

mp_code mp_program_secret(mp_str *secret, mp_str *key_id, mp_access *access, mp_tx *tx, mp_str id,
                          mp_ticks ends_at, mp_arena *arena, mp_error *err)
{
    mp_record program;
    mp_str    made, key;
    char      hash[65];
    mp_arena *own = mp_tx_arena(tx);
    mp_ticks  latest = mp_tx_time(tx) + (mp_ticks)access->rules.secret_days * MP_TICKS_PER_DAY;
    MP_TRY(mp_directory_principal(&program, tx, &mp_program_kind, id, err));
    if (mp_json_get_text(program.body, "identityOf").len)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this is the identity of '%.*s'; nobody signs in as it",
                       MP_FMT(mp_json_get_text(program.body, "identityOf")));
    if (ends_at == 0 || ends_at > latest)
        ends_at = latest;
    if (ends_at <= mp_tx_time(tx))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the secret would end before it begins");
    MP_TRY(mp_secret_make(&made, SECRET_BYTES, arena, err));
    MP_TRY(mp_directory_id(&key, tx, mp_str_of(NULL, 0), err));
    MP_TRY(mp_secret_hash(hash, made, err));
    mp_str         ends = mp_time_text(own, ends_at);
    const mp_json *shown = entry_of(own, key, "hint", mp_str_of(made.ptr, HINT), ends);
    const mp_json *sealed = entry_of(own, key, "hash", mp_str_from(hash), ends);
    key = mp_arena_dup(arena, key);
    if (!shown || !sealed || !key.ptr)
        return mp_no_memory(err);
    MP_TRY(put_lists(access, tx, &program, key, shown, sealed, err));
    *secret = made;
    *key_id = key;
    return MP_OK;
}

mp_code mp_program_secret_end(mp_access *access, mp_tx *tx, mp_str id, mp_str key_id, mp_error *err)
{
    mp_record program;
    MP_TRY(mp_directory_principal(&program, tx, &mp_program_kind, id, err));
    return put_lists(access, tx, &program, key_id, NULL, NULL, err);
}

/* Every secret is compared, whichever fits. */
static bool fits_one(const mp_json *credential, mp_str hash, mp_ticks now)
{
    const mp_json *secrets = mp_json_get(credential, MP_S("secrets"));
    bool           fits = false;
    if (!mp_json_is(secrets, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(secret, secrets)) {
        bool is_equal = mp_secret_eq(mp_json_get_text(secret, "hash"), hash);
        if (is_equal && now < mp_body_time(secret, MP_S("endsAt")))
            fits = true;
    }
    return fits;
}

mp_code mp_program_check(bool *matches, mp_record *out, mp_access *access, mp_tx *tx, mp_str app_id,
                         mp_str secret, mp_ticks now, mp_arena *arena, mp_error *err)
{
    mp_record     program = { 0 };
    mp_credential credential = { 0 };
    char          hash[65];
    mp_str        key = mp_arena_dup(arena, app_id);
    if (!key.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] >= 'A' && key.ptr[i] <= 'F')
            ((char *)key.ptr)[i] |= 0x20;
    MP_TRY(mp_secret_hash(hash, secret, err));
    mp_code code = mp_is_guid(key) ? mp_record_find(&program, tx, &mp_program_kind, "appId", key, arena, err)
                                   : MP_MISSING;
    if (code != MP_OK && code != MP_MISSING)
        return code;
    /* An unknown program has an empty credential: found by the same steps. */
    MP_TRY(mp_credential_open(&credential, access, tx, code == MP_OK ? program.key : MP_S("nobody"), arena,
                              err));
    bool fits = fits_one(credential.body, mp_str_from(hash), now);
    mp_credential_close(&credential);
    *matches = fits && code == MP_OK && mp_str_eq(mp_json_get_text(program.body, "state"), MP_S("active"));
    if (*matches)
        *out = program;
    return MP_OK;
}
