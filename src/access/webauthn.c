/* SPDX-License-Identifier: Apache-2.0 */
#include "webauthn.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <pthread.h>

#include "cbor.h"
#include "secret.h"

enum { HASH = 32, AUTH_HEAD = HASH + 1 + 4, AAGUID = 16, CLIENT_DATA_MAX = 4096, ATTESTATION_MAX = 16384 };

static const int algorithms[] = { COSE_ES256, COSE_EDDSA, COSE_RS256 };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
    fido_init(0);
}

static mp_code bad_form(mp_error *err, const char *what)
{
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                   "the passkey's answer has no %s, or one that cannot be read", what);
}

static mp_code not_ours(mp_error *err, const char *what)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the passkey's answer is not for us: %s", what);
}

/* A member of base64url; empty when it is absent or broken. */
static mp_str bytes_of(const mp_json *object, mp_str name, size_t max, mp_arena *arena)
{
    const mp_json *v = mp_json_get(object, name);
    if (!mp_json_is(v, MP_JSON_STRING) || v->count > max * 4 / 3 + 4)
        return mp_str_of(NULL, 0);
    return mp_unbase64url(arena, mp_json_str(v));
}

/* ---- what the browser says: type, challenge, origin ---- */

static mp_code check_client(mp_str *challenge, const mp_json *client, const char *type, mp_str origin,
                            mp_arena *arena, mp_error *err)
{
    const mp_json *cross = mp_json_get(client, MP_S("crossOrigin"));
    mp_str         given = mp_json_get_text(client, "challenge");
    if (!mp_str_eq(mp_json_get_text(client, "type"), mp_str_from(type)))
        return not_ours(err, "type");
    if (!mp_str_eq(mp_json_get_text(client, "origin"), origin) || mp_json_is_true(cross))
        return not_ours(err, "origin");
    *challenge = mp_arena_dup(arena, given);
    return given.len && challenge->ptr ? MP_OK : bad_form(err, "challenge");
}

static mp_code read_client(mp_str *challenge, uint8_t hash[HASH], const mp_json *response, const char *type,
                           mp_str origin, mp_arena *arena, mp_error *err)
{
    const mp_json_options strict = { .max_depth = 16, .reject_duplicates = true };
    mp_str                text = bytes_of(response, MP_S("clientDataJSON"), CLIENT_DATA_MAX, arena);
    mp_json_doc          *doc;
    const mp_json        *client;
    if (!text.len)
        return bad_form(err, "clientDataJSON");
    MP_TRY(mp_sha256(hash, text, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &client, text, &strict, NULL, NULL);
    code = code == MP_OK      ? check_client(challenge, client, type, origin, arena, err)
           : code == MP_NOMEM ? mp_no_memory(err)
                              : bad_form(err, "clientDataJSON");
    mp_json_doc_free(doc);
    return code;
}

/* type "public-key", and id and rawId are one. */
static mp_code read_id(mp_str *id, const mp_json *answer, mp_arena *arena, mp_error *err)
{
    mp_str raw = bytes_of(answer, MP_S("rawId"), MP_PASSKEY_ID_MAX, arena);
    if (!mp_str_eq(mp_json_get_text(answer, "type"), MP_S("public-key")))
        return bad_form(err, "type");
    if (!raw.len || raw.len > MP_PASSKEY_ID_MAX ||
        !mp_str_eq(mp_json_get_text(answer, "id"), mp_json_get_text(answer, "rawId")))
        return bad_form(err, "id");
    *id = raw;
    return MP_OK;
}

/* ---- what the authenticator says: rpIdHash[32] flags counter[4] ... ---- */

/* What follows the head is whole, and nothing else follows. libfido2's reader believes a map that says it has
 * billions of members, and makes room for them: it gets nothing that was not read here before. */
static bool has_sound_tail(mp_str auth_data, uint8_t flags)
{
    mp_str rest = mp_str_skip(auth_data, AUTH_HEAD);
    if (flags & MP_AUTH_ATTESTED) {
        if (rest.len < AAGUID + 2)
            return false;
        size_t id = (size_t)(uint8_t)rest.ptr[AAGUID] << 8 | (uint8_t)rest.ptr[AAGUID + 1];
        if (rest.len - AAGUID - 2 < id)
            return false;
        rest = mp_str_skip(rest, AAGUID + 2 + id);
    }
    mp_cbor c = mp_cbor_of(rest);
    if ((flags & MP_AUTH_ATTESTED) && !mp_cbor_skip(&c)) /* the key */
        return false;
    if ((flags & MP_AUTH_EXTENDED) && !mp_cbor_skip(&c))
        return false;
    return mp_cbor_is_done(&c);
}

static mp_code check_auth_data(uint8_t *flags, uint32_t *counter, mp_str auth_data, mp_str host,
                               mp_error *err)
{
    uint8_t hash[HASH];
    if (auth_data.len < AUTH_HEAD)
        return bad_form(err, "authenticatorData");
    const uint8_t *p = (const uint8_t *)auth_data.ptr;
    MP_TRY(mp_sha256(hash, host, err));
    if (memcmp(hash, p, HASH) != 0)
        return not_ours(err, "rpIdHash");
    *flags = p[HASH];
    *counter =
        (uint32_t)p[HASH + 1] << 24 | (uint32_t)p[HASH + 2] << 16 | (uint32_t)p[HASH + 3] << 8 | p[HASH + 4];
    if (!(*flags & MP_AUTH_PRESENT))
        return not_ours(err, "user presence");
    return has_sound_tail(auth_data, *flags) ? MP_OK : bad_form(err, "authenticatorData");
}

/* ---- create ---- */

/* {alg, sig, x5c...}, or {} */
static bool read_statement(mp_attestation *out, mp_cbor *c)
{
    uint64_t pairs;
    if (!mp_cbor_map(&pairs, c))
        return false;
    out->is_empty = pairs == 0;
    for (uint64_t i = 0; i < pairs; i++) {
        mp_str key;
        bool   ok;
        if (!mp_cbor_text(&key, c))
            return false;
        if (mp_str_eq(key, MP_S("alg")))
            ok = mp_cbor_int(&out->alg, c);
        else if (mp_str_eq(key, MP_S("sig")))
            ok = mp_cbor_bytes(&out->signature, c);
        else
            ok = mp_cbor_skip(c);
        if (!ok)
            return false;
        out->has_chain = out->has_chain || mp_str_eq(key, MP_S("x5c"));
    }
    return true;
}

/* {"fmt": text, "attStmt": map, "authData": bytes}, each once */
bool mp_attestation_read(mp_attestation *out, mp_str bytes)
{
    mp_attestation read = { 0 };
    mp_cbor        c = mp_cbor_of(bytes);
    uint64_t       pairs;
    unsigned       seen = 0;
    if (!bytes.len || !mp_cbor_map(&pairs, &c) || pairs != 3)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        mp_str   key;
        unsigned which;
        bool     ok = false;
        if (!mp_cbor_text(&key, &c))
            return false;
        if (mp_str_eq(key, MP_S("fmt"))) {
            which = 1;
            ok = mp_cbor_text(&read.format, &c);
        } else if (mp_str_eq(key, MP_S("attStmt"))) {
            which = 2;
            ok = read_statement(&read, &c);
        } else if (mp_str_eq(key, MP_S("authData"))) {
            which = 4;
            ok = mp_cbor_bytes(&read.auth_data, &c);
        } else {
            return false;
        }
        if (!ok || (seen & which))
            return false;
        seen |= which;
    }
    if (!mp_cbor_is_done(&c))
        return false;
    *out = read;
    return true;
}

static bool copy_key(mp_made_passkey *out, const fido_cred_t *cred, mp_arena *arena)
{
    const char *id = (const char *)fido_cred_id_ptr(cred), *key = (const char *)fido_cred_pubkey_ptr(cred);
    if (!id || !key)
        return false;
    out->alg = fido_cred_type(cred);
    out->id = mp_arena_dup(arena, mp_str_of(id, fido_cred_id_len(cred)));
    out->key = mp_arena_dup(arena, mp_str_of(key, fido_cred_pubkey_len(cred)));
    return out->id.ptr && out->key.ptr;
}

/* The authenticator data as libfido2 reads it, with the algorithm that its key is of. */
static fido_cred_t *read_credential(mp_str auth_data)
{
    for (size_t i = 0; i < MP_COUNT(algorithms); i++) {
        fido_cred_t *cred = fido_cred_new();
        if (cred && fido_cred_set_type(cred, algorithms[i]) == FIDO_OK &&
            fido_cred_set_authdata_raw(cred, (const unsigned char *)auth_data.ptr, auth_data.len) == FIDO_OK)
            return cred;
        fido_cred_free(&cred);
    }
    return NULL;
}

/* Signed by the new key itself: packed, without a chain (section 8.2). */
static bool is_self_signed(fido_cred_t *cred, const mp_attestation *attestation,
                           const uint8_t client_hash[HASH], mp_str host)
{
    return attestation->alg == fido_cred_type(cred) && fido_cred_set_rp(cred, host.ptr, NULL) == FIDO_OK &&
           fido_cred_set_clientdata_hash(cred, client_hash, HASH) == FIDO_OK &&
           fido_cred_set_fmt(cred, "packed") == FIDO_OK &&
           fido_cred_set_sig(cred, (const unsigned char *)attestation->signature.ptr,
                             attestation->signature.len) == FIDO_OK &&
           fido_cred_verify_self(cred) == FIDO_OK;
}

static mp_code check_attestation(fido_cred_t *cred, const mp_attestation *attestation,
                                 const uint8_t client_hash[HASH], mp_str host, mp_error *err)
{
    if (mp_str_eq(attestation->format, MP_S("none")) && attestation->is_empty)
        return MP_OK;
    if (!mp_str_eq(attestation->format, MP_S("packed")) || attestation->has_chain)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the passkey comes with an attestation that was not asked for; wanted \"none\"");
    if (!is_self_signed(cred, attestation, client_hash, host))
        return not_ours(err, "signature");
    return MP_OK;
}

mp_code mp_webauthn_made(mp_made_passkey *out, const mp_json *answer, mp_str host, mp_str origin,
                         mp_arena *arena, mp_error *err)
{
    mp_made_passkey made = { 0 };
    mp_attestation  attestation;
    mp_str          id;
    uint8_t         client_hash[HASH], flags;
    const mp_json  *response = mp_json_get(answer, MP_S("response"));
    pthread_once(&once, start_library);
    MP_TRY(read_id(&id, answer, arena, err));
    MP_TRY(read_client(&made.challenge, client_hash, response, "webauthn.create", origin, arena, err));
    if (!mp_attestation_read(&attestation,
                             bytes_of(response, MP_S("attestationObject"), ATTESTATION_MAX, arena)))
        return bad_form(err, "attestationObject");
    MP_TRY(check_auth_data(&flags, &made.counter, attestation.auth_data, host, err));
    made.is_verified = flags & MP_AUTH_VERIFIED;
    if (!(flags & MP_AUTH_ATTESTED))
        return bad_form(err, "credential");
    fido_cred_t *cred = read_credential(attestation.auth_data);
    if (!cred)
        return bad_form(err, "key of ES256, EdDSA or RS256");
    mp_code code = check_attestation(cred, &attestation, client_hash, host, err);
    if (code == MP_OK && !copy_key(&made, cred, arena))
        code = mp_no_memory(err);
    fido_cred_free(&cred);
    if (code != MP_OK)
        return code;
    if (!mp_str_eq(made.id, id))
        return bad_form(err, "id");
    *out = made;
    return MP_OK;
}

/* ---- get ---- */

mp_code mp_webauthn_shown(mp_shown_passkey *out, const mp_json *answer, mp_str host, mp_str origin,
                          mp_arena *arena, mp_error *err)
{
    mp_shown_passkey shown = { 0 };
    uint8_t          flags;
    const mp_json   *response = mp_json_get(answer, MP_S("response"));
    MP_TRY(read_id(&shown.id, answer, arena, err));
    MP_TRY(read_client(&shown.challenge, shown.client_hash, response, "webauthn.get", origin, arena, err));
    shown.auth_data = bytes_of(response, MP_S("authenticatorData"), ATTESTATION_MAX, arena);
    shown.signature = bytes_of(response, MP_S("signature"), 1024, arena);
    shown.user_handle = bytes_of(response, MP_S("userHandle"), 64, arena);
    if (!shown.signature.len)
        return bad_form(err, "signature");
    MP_TRY(check_auth_data(&flags, &shown.counter, shown.auth_data, host, err));
    shown.is_verified = flags & MP_AUTH_VERIFIED;
    *out = shown;
    return MP_OK;
}

static bool verify(const fido_assert_t *assertion, int alg, mp_str key)
{
    bool ok = false;
    if (alg == COSE_ES256) {
        es256_pk_t *pk = es256_pk_new();
        ok = pk && es256_pk_from_ptr(pk, key.ptr, key.len) == FIDO_OK &&
             fido_assert_verify(assertion, 0, alg, pk) == FIDO_OK;
        es256_pk_free(&pk);
    } else if (alg == COSE_EDDSA) {
        eddsa_pk_t *pk = eddsa_pk_new();
        ok = pk && eddsa_pk_from_ptr(pk, key.ptr, key.len) == FIDO_OK &&
             fido_assert_verify(assertion, 0, alg, pk) == FIDO_OK;
        eddsa_pk_free(&pk);
    } else if (alg == COSE_RS256) {
        rs256_pk_t *pk = rs256_pk_new();
        ok = pk && rs256_pk_from_ptr(pk, key.ptr, key.len) == FIDO_OK &&
             fido_assert_verify(assertion, 0, alg, pk) == FIDO_OK;
        rs256_pk_free(&pk);
    }
    return ok;
}

bool mp_webauthn_is_signed(const mp_shown_passkey *shown, mp_str host, int alg, mp_str key)
{
    pthread_once(&once, start_library);
    fido_assert_t *assertion = fido_assert_new();
    bool           ok = assertion && fido_assert_set_count(assertion, 1) == FIDO_OK &&
              fido_assert_set_rp(assertion, host.ptr) == FIDO_OK &&
              fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
              fido_assert_set_clientdata_hash(assertion, shown->client_hash, HASH) == FIDO_OK &&
              fido_assert_set_authdata_raw(assertion, 0, (const unsigned char *)shown->auth_data.ptr,
                                           shown->auth_data.len) == FIDO_OK &&
              fido_assert_set_sig(assertion, 0, (const unsigned char *)shown->signature.ptr,
                                  shown->signature.len) == FIDO_OK &&
              verify(assertion, alg, key);
    fido_assert_free(&assertion);
    return ok;
}
