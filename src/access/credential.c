/* SPDX-License-Identifier: Apache-2.0 */
/* One record for each user and program, {"sealed": "...", "setup": hash, "passkeys": [hashes]}: the last two
 * are hashes of long random values, in clear so that they can be found. It keeps no history: a secret that
 * was changed is gone. */
#include "access_internal.h"

#include "jsonw.h"

static const mp_record_index credential_indexes[] = {
    { .name = "setup", .path = "setup", .is_unique = true },
    { .name = "passkeys", .path = "passkeys", .is_unique = true },
};
const mp_kind mp_credential_kind = { .name = "credential",
                                     .indexes = credential_indexes,
                                     .index_count = MP_COUNT(credential_indexes),
                                     .forgets = true };

static const mp_json no_members[] = { { .kind = MP_JSON_OBJECT, .count = 0, .u.span = 1 } };

static mp_str about(mp_arena *arena, mp_str principal)
{
    return mp_arena_printf(arena, "credential/%.*s", MP_FMT(principal));
}

static mp_code open_record(mp_credential *c, mp_access *access, const mp_record *record, mp_arena *arena,
                           mp_error *err)
{
    mp_str clear, bound = about(arena, record->key);
    if (!bound.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_unsealed(&clear, &access->seal, bound, mp_json_get_text(record->body, "sealed"), arena, err));
    c->text = (char *)clear.ptr;
    c->len = clear.len;
    MP_TRY(mp_json_doc_new(&c->doc, err));
    MP_TRY(mp_json_read_padded(c->doc, &c->body, clear, NULL, NULL, err));
    if (!mp_json_is(c->body, MP_JSON_OBJECT))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a credential is no object");
    return MP_OK;
}

mp_code mp_credential_open(mp_credential *out, mp_access *access, mp_tx *tx, mp_str principal,
                           mp_arena *arena, mp_error *err)
{
    mp_record     record;
    mp_credential c = { .body = no_members };
    mp_code       code = mp_record_get(&record, tx, &mp_credential_kind, principal, 0, arena, err);
    if (code == MP_OK)
        code = open_record(&c, access, &record, arena, err);
    else if (code == MP_MISSING)
        code = MP_OK;
    if (code != MP_OK)
        mp_credential_close(&c);
    else
        *out = c;
    return code;
}

void mp_credential_close(mp_credential *credential)
{
    if (credential->text)
        mp_wipe(credential->text, credential->len);
    mp_json_doc_free(credential->doc);
    *credential = (mp_credential){ .body = no_members };
}

/* What stands beside the seal, of the body that will be in it. */
static mp_code write_record(mp_access *access, mp_tx *tx, mp_str principal, const mp_json *body,
                            mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_buf    clear = MP_BUF_INIT;
    mp_str    sealed, bound = about(arena, principal);
    mp_jsonw  w;
    if (!bound.ptr)
        return mp_no_memory(err);
    mp_buf_reserve(&clear, 16384); /* so that it seldom moves, and leaves no copy behind */
    mp_buf_add_json(&clear, body);
    mp_code code = mp_buf_check(&clear, err);
    if (code == MP_OK)
        code = mp_sealed(&sealed, &access->seal, bound, mp_buf_str(&clear), arena, err);
    if (clear.ptr)
        mp_wipe(clear.ptr, clear.cap);
    mp_buf_free(&clear);
    if (code != MP_OK)
        return code;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "sealed", sealed);
    const mp_json *setup = mp_json_get(mp_json_get(body, MP_S("setup")), MP_S("hash"));
    if (setup)
        mp_jsonw_put_value(&w, "setup", setup);
    const mp_json *passkeys = mp_json_get(body, MP_S("passkeys"));
    if (mp_json_is(passkeys, MP_JSON_ARRAY)) {
        mp_jsonw_key(&w, MP_S("passkeys"));
        mp_jsonw_array(&w);
        for (MP_JSON_EACH(passkey, passkeys))
            mp_jsonw_value(&w, mp_json_get(passkey, MP_S("hash")));
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    const mp_json *record = mp_jsonw_done(&w);
    if (!record)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_credential_kind, principal, record, MP_ANY_VERSION, err);
}

mp_code mp_credential_change(mp_access *access, mp_tx *tx, mp_str principal, const mp_json *changes,
                             mp_error *err)
{
    mp_credential old = { 0 };
    mp_arena     *arena = mp_tx_arena(tx);
    MP_TRY(mp_credential_open(&old, access, tx, principal, arena, err));
    const mp_json *body = mp_body_with(arena, old.body, changes);
    mp_code        code = body ? write_record(access, tx, principal, body, err) : mp_no_memory(err);
    mp_credential_close(&old);
    return code;
}

mp_code mp_credential_remove(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err)
{
    (void)access;
    mp_code code = mp_record_delete(tx, &mp_credential_kind, principal, MP_ANY_VERSION, err);
    if (code == MP_OK)
        ++*removed;
    return code == MP_MISSING ? MP_OK : code;
}
