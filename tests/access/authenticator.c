/* SPDX-License-Identifier: Apache-2.0 */
#include "authenticator.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "buf.h"
#include "jsonw.h"
#include "secret.h"
#include "test.h"

static const char *or_else(const char *twisted, const char *usual)
{
    return twisted ? twisted : usual;
}

void authenticator_make(authenticator *a, int alg)
{
    *a = (authenticator){ .alg = alg, .step = 1 };
    a->key = alg == -7   ? EVP_EC_gen("P-256")
             : alg == -8 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                         : EVP_RSA_gen(2048);
    assert_non_null(a->key);
    CHECK(mp_random(a->id, sizeof a->id, NULL) == MP_OK);
}

void authenticator_free(authenticator *a)
{
    EVP_PKEY_free(a->key);
}

/* ---- CBOR ---- */

static void head(mp_buf *b, unsigned kind, size_t value)
{
    if (value < 24) {
        mp_buf_add_c(b, (char)(kind << 5 | value));
    } else if (value < 256) {
        mp_buf_add_c(b, (char)(kind << 5 | 24));
        mp_buf_add_c(b, (char)value);
    } else {
        mp_buf_add_c(b, (char)(kind << 5 | 25));
        mp_buf_add_c(b, (char)(value >> 8));
        mp_buf_add_c(b, (char)(value & 255));
    }
}

static void integer(mp_buf *b, int value)
{
    head(b, value < 0, (size_t)(value < 0 ? -1 - value : value));
}

static void bytes(mp_buf *b, const void *ptr, size_t len)
{
    head(b, 2, len);
    mp_buf_add(b, mp_str_of(ptr, len));
}

static void text(mp_buf *b, const char *s)
{
    head(b, 3, strlen(s));
    mp_buf_add_z(b, s);
}

static void number(mp_buf *b, const EVP_PKEY *key, const char *name, size_t len)
{
    BIGNUM *n = NULL;
    uint8_t raw[256];
    CHECK(EVP_PKEY_get_bn_param(key, name, &n) == 1);
    CHECK(BN_bn2binpad(n, raw, (int)len) == (int)len);
    bytes(b, raw, len);
    BN_free(n);
}

/* COSE_Key (RFC 9053) */
static void public_key(mp_buf *b, const authenticator *a)
{
    if (a->alg == -7) {
        head(b, 5, 5);
        integer(b, 1), integer(b, 2), integer(b, 3), integer(b, -7), integer(b, -1), integer(b, 1);
        integer(b, -2), number(b, a->key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
        integer(b, -3), number(b, a->key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    } else if (a->alg == -8) {
        uint8_t raw[32];
        size_t  len = sizeof raw;
        CHECK(EVP_PKEY_get_raw_public_key(a->key, raw, &len) == 1);
        head(b, 5, 4);
        integer(b, 1), integer(b, 1), integer(b, 3), integer(b, -8), integer(b, -1), integer(b, 6);
        integer(b, -2), bytes(b, raw, 32);
    } else {
        head(b, 5, 4);
        integer(b, 1), integer(b, 3), integer(b, 3), integer(b, -257);
        integer(b, -1), number(b, a->key, OSSL_PKEY_PARAM_RSA_N, 256);
        integer(b, -2), number(b, a->key, OSSL_PKEY_PARAM_RSA_E, 3);
    }
}

/* ---- signing ---- */

static mp_str sign(const authenticator *a, const twist *t, mp_str message, mp_arena *arena)
{
    EVP_MD_CTX   *ctx = EVP_MD_CTX_new();
    authenticator other = { 0 };
    if (t->other_key)
        authenticator_make(&other, a->alg);
    uint8_t raw[512];
    size_t  len = sizeof raw;
    CHECK(EVP_DigestSignInit(ctx, NULL, a->alg == -8 ? NULL : EVP_sha256(), NULL,
                             t->other_key ? other.key : a->key) == 1);
    CHECK(EVP_DigestSign(ctx, raw, &len, (const uint8_t *)message.ptr, message.len) == 1);
    EVP_MD_CTX_free(ctx);
    authenticator_free(&other);
    if (t->breaks_signature)
        raw[len - 1] ^= 1;
    return mp_arena_dup(arena, mp_str_of((const char *)raw, len));
}

/* authenticator data || SHA-256(client data) */
static mp_str sign_both(const authenticator *a, const twist *t, const mp_buf *auth_data, mp_str client,
                        mp_arena *arena)
{
    mp_buf  both = MP_BUF_INIT;
    uint8_t hash[32];
    CHECK(mp_sha256(hash, client, NULL) == MP_OK);
    mp_buf_add(&both, mp_buf_str(auth_data));
    mp_buf_add(&both, mp_str_of((const char *)hash, 32));
    mp_str signature = sign(a, t, mp_buf_str(&both), arena);
    mp_buf_free(&both);
    return signature;
}

/* ---- what authenticator and browser say ---- */

static void start_auth_data(mp_buf *b, authenticator *a, const twist *t, mp_str host, bool has_credential)
{
    uint8_t hash[32], flags = (uint8_t)((t->absent_user ? 0 : 1) | (t->unverified_user ? 0 : 4) |
                                        (has_credential ? 0x40 : 0));
    CHECK(mp_sha256(hash, t->host ? mp_str_from(t->host) : host, NULL) == MP_OK);
    a->counter += a->step;
    mp_buf_add(b, mp_str_of((const char *)hash, 32));
    mp_buf_add_c(b, (char)flags);
    for (int shift = 24; shift >= 0; shift -= 8)
        mp_buf_add_c(b, (char)(a->counter >> shift & 255));
}

static mp_str client_data(const twist *t, const char *type, mp_str challenge, mp_arena *arena)
{
    return mp_arena_printf(
        arena, "{\"type\":\"%s\",\"challenge\":\"%.*s\",%s\"origin\":\"%s\",\"crossOrigin\":%s}",
        or_else(t->type, type), t->challenge ? (int)strlen(t->challenge) : (int)challenge.len,
        t->challenge ? t->challenge : challenge.ptr, t->duplicate_challenge ? "\"challenge\":\"x\"," : "",
        or_else(t->origin, "https://localhost:8443"), t->cross_origin ? "true" : "false");
}

static void put(mp_jsonw *w, const char *name, mp_str raw, mp_arena *arena)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_str(w, mp_base64url(arena, raw));
}

static void start_answer(mp_jsonw *w, const authenticator *a, const twist *t, mp_str client, mp_arena *arena)
{
    mp_str raw = mp_str_of((const char *)a->id, sizeof a->id);
    mp_jsonw_init(w, arena);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", t->id ? mp_str_from(t->id) : mp_base64url(arena, raw));
    put(w, "rawId", raw, arena);
    mp_jsonw_put_str(w, "type", mp_str_from(or_else(t->credential_type, "public-key")));
    mp_jsonw_key(w, MP_S("response"));
    mp_jsonw_object(w);
    put(w, "clientDataJSON", client, arena);
}

static void statement(mp_buf *b, const authenticator *a, const twist *t, const mp_buf *auth_data,
                      mp_str client, mp_arena *arena)
{
    if (!a->packs_itself) {
        head(b, 5, 0);
        return;
    }
    mp_str signature = sign_both(a, t, auth_data, client, arena);
    head(b, 5, t->has_chain ? 3 : 2);
    text(b, "alg"), integer(b, t->other_alg ? -37 : a->alg);
    text(b, "sig"), bytes(b, signature.ptr, signature.len);
    if (t->has_chain) {
        text(b, "x5c");
        head(b, 4, 1);
        bytes(b, "certificate", 11);
    }
}

static mp_str member(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    CHECK(mp_json_is(v, MP_JSON_STRING));
    return mp_json_str(v);
}

const mp_json *authenticator_create(authenticator *a, const mp_json *options, const twist *t, mp_arena *arena)
{
    static const twist none = { 0 };
    t = t ? t : &none;
    mp_buf   auth_data = MP_BUF_INIT, object = MP_BUF_INIT;
    mp_jsonw w;
    mp_str   client = client_data(t, "webauthn.create", member(options, "challenge"), arena);
    start_auth_data(&auth_data, a, t, member(mp_json_get(options, MP_S("rp")), "id"), !t->no_credential);
    if (!t->no_credential) {
        mp_buf_add(&auth_data,
                   mp_str_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20", 18)); /* AAGUID, length of the id */
        mp_buf_add(&auth_data, mp_str_of((const char *)a->id, sizeof a->id));
        public_key(&auth_data, a);
    }
    if (t->cuts_data)
        auth_data.len -= 5;
    head(&object, 5, 3);
    text(&object, "fmt"), text(&object, or_else(t->format, a->packs_itself ? "packed" : "none"));
    text(&object, "attStmt"), statement(&object, a, t, &auth_data, client, arena);
    text(&object, "authData"), bytes(&object, auth_data.ptr, auth_data.len);
    start_answer(&w, a, t, client, arena);
    put(&w, "attestationObject", mp_buf_str(&object), arena);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_buf_free(&auth_data);
    mp_buf_free(&object);
    const mp_json *user = mp_json_get(options, MP_S("user"));
    a->user_handle = mp_unbase64url(arena, member(user, "id"));
    return mp_jsonw_done(&w);
}

const mp_json *authenticator_get(authenticator *a, const mp_json *options, const twist *t, mp_arena *arena)
{
    static const twist none = { 0 };
    t = t ? t : &none;
    mp_buf   auth_data = MP_BUF_INIT;
    mp_jsonw w;
    mp_str   client = client_data(t, "webauthn.get", member(options, "challenge"), arena);
    start_auth_data(&auth_data, a, t, member(options, "rpId"), false);
    mp_str signature = sign_both(a, t, &auth_data, client, arena);
    if (t->cuts_data)
        auth_data.len -= 5;
    start_answer(&w, a, t, client, arena);
    put(&w, "authenticatorData", mp_buf_str(&auth_data), arena);
    if (!t->no_signature)
        put(&w, "signature", signature, arena);
    if (a->user_handle.len)
        put(&w, "userHandle", t->other_handle ? MP_S("00000000-0000-4000-8000-000000000000") : a->user_handle,
            arena);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_buf_free(&auth_data);
    return mp_jsonw_done(&w);
}
