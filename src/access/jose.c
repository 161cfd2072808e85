/* SPDX-License-Identifier: Apache-2.0 */
/* Header and claims are read here, by the strict reader; rhonabwy gets the whole text only when its algorithm
 * is one of four, and answers one question: is this signature of this key. What it read itself is thrown
 * away. Keys go to it as objects of ours that hold key material and nothing else. */
#include "jose.h"

#include <pthread.h>
#include <rhonabwy.h>
#include <stdlib.h>

#include "buf.h"
#include "jsonw.h"
#include "secret.h"

static const struct {
    const char *name;
    mp_jws_alg  alg;
    int         key_type;
    jwa_alg     theirs;
} algs[] = {
    { "RS256", MP_JWS_RS256, R_KEY_TYPE_RSA, R_JWA_ALG_RS256 },
    { "PS256", MP_JWS_PS256, R_KEY_TYPE_RSA, R_JWA_ALG_PS256 },
    { "ES256", MP_JWS_ES256, R_KEY_TYPE_EC, R_JWA_ALG_ES256 },
    { "EdDSA", MP_JWS_EDDSA, R_KEY_TYPE_EDDSA, R_JWA_ALG_EDDSA },
};

struct mp_jwk {
    jwk_t   *whole;  /* NULL: only the public part is known */
    jwk_t   *public;
    unsigned algs;
    char     kid[257];
};

#define DEPTH_MAX 16

static void start_rhonabwy(void)
{
    if (r_global_init() != RHN_OK)
        abort(); /* GnuTLS does not start: nothing of this program would work */
}

/* Once per process; it is not made for more (its own header says so), and never closed. */
static void need_rhonabwy(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_rhonabwy);
}

/* ---- reading ---- */

static mp_code read_object(const mp_json **out, mp_str encoded, const char *what, mp_arena *arena, mp_error *err)
{
    const mp_json_options options = { .max_depth = DEPTH_MAX, .reject_duplicates = true };
    const mp_json        *root = NULL;
    mp_json_doc          *doc;
    mp_str                text = mp_unbase64url(arena, encoded);
    if (!text.ptr)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's %s is no base64url", what);
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, NULL);
    if (code == MP_NOMEM)
        code = mp_no_memory(err);
    else if (code != MP_OK || !mp_json_is(root, MP_JSON_OBJECT))
        code = mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's %s is no JSON object", what);
    if (code == MP_OK && !(*out = mp_arena_dup_json(arena, root)))
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    return code;
}

static mp_code read_header(mp_jws *out, mp_error *err)
{
    static const char *const refused[] = { "crit", "zip", "b64", "enc" };
    const mp_json *alg = mp_json_get(out->header, MP_S("alg")), *kid = mp_json_get(out->header, MP_S("kid"));
    for (size_t i = 0; i < MP_COUNT(refused); i++)
        if (mp_json_get(out->header, mp_str_from(refused[i])))
            return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's header has '%s', which is not accepted",
                           refused[i]);
    out->alg = (mp_jws_alg)0;
    for (size_t i = 0; i < MP_COUNT(algs); i++)
        if (mp_json_is(alg, MP_JSON_STRING) && mp_str_eq(mp_json_str(alg), mp_str_from(algs[i].name)))
            out->alg = algs[i].alg;
    if (!out->alg)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's algorithm is not accepted");
    if (kid && (!mp_json_is(kid, MP_JSON_STRING) || kid->count > 256))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's kid is no text of at most 256 bytes");
    out->kid = kid ? mp_json_str(kid) : mp_str_of(NULL, 0);
    return MP_OK;
}

mp_code mp_jws_read(mp_jws *out, mp_str token, mp_arena *arena, mp_error *err)
{
    size_t first = mp_str_find(token, '.'), last = mp_str_rfind(token, '.');
    mp_jws jws = { .text = token };
    if (token.len > MP_JWS_MAX)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token has %zu bytes; the most is %zu", token.len,
                       MP_JWS_MAX);
    if (first == SIZE_MAX || first == last || last + 1 == token.len)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token has not three parts");
    mp_str middle = mp_str_of(token.ptr + first + 1, last - first - 1);
    if (!mp_unbase64url(arena, mp_str_skip(token, last + 1)).ptr)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the token's %s is no base64url", "signature");
    MP_TRY(read_object(&jws.header, mp_str_of(token.ptr, first), "header", arena, err));
    MP_TRY(read_header(&jws, err));
    MP_TRY(read_object(&jws.claims, middle, "payload", arena, err));
    *out = jws;
    return MP_OK;
}

bool mp_jws_time(mp_ticks *out, const mp_jws *jws, mp_str claim)
{
    const mp_json *v = mp_json_get(jws->claims, claim);
    if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < 0 || v->u.integer > INT64_C(253402300799)) /* the end of year 9999 */
        return false;
    *out = mp_clock_from_unix(v->u.integer);
    return true;
}

/* ---- keys ---- */

static mp_code bad_key(mp_error *err, const char *what)
{
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a key (JWK) is not usable: %s", what);
}

static void keep_kid(mp_jwk *key, mp_str kid)
{
    if (kid.len < sizeof key->kid) {
        memcpy(key->kid, kid.ptr ? kid.ptr : "", kid.len);
        key->kid[kid.len] = '\0';
    }
}

/* What kind it is, and that it is long enough. */
static mp_code check_public(mp_jwk *key, mp_error *err)
{
    unsigned bits = 0;
    int      type = r_jwk_key_type(key->public, &bits, R_FLAG_IGNORE_REMOTE);
    if (!(type & R_KEY_TYPE_PUBLIC) || (type & R_KEY_TYPE_SYMMETRIC))
        return bad_key(err, "wanted a public key");
    for (size_t i = 0; i < MP_COUNT(algs); i++)
        if (type & algs[i].key_type)
            key->algs |= (unsigned)algs[i].alg;
    if ((type & R_KEY_TYPE_RSA) && bits < 2048)
        return bad_key(err, "an RSA key needs 2,048 bits");
    if ((type & R_KEY_TYPE_EC) && bits != 256)
        return bad_key(err, "of elliptic curves P-256 and Ed25519 are accepted");
    return key->algs ? MP_OK : bad_key(err, "wanted RSA, P-256 or Ed25519");
}

mp_code mp_jwk_public(mp_jwk **out, const mp_json *jwk, mp_error *err)
{
    static const char *const material[] = { "kty", "n", "e", "crv", "x", "y" };
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         text = MP_BUF_INIT;
    mp_jsonw       w;
    need_rhonabwy();
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(material); i++) {
        const mp_json *v = mp_json_get(jwk, mp_str_from(material[i]));
        if (mp_json_is(v, MP_JSON_STRING))
            mp_jsonw_put_value(&w, material[i], v);
    }
    mp_jsonw_end(&w);
    const mp_json *clean = mp_jsonw_done(&w);
    if (clean)
        mp_buf_add_json(&text, clean);
    mp_buf_add_c(&text, '\0');
    mp_jwk *key = calloc(1, sizeof *key);
    mp_code code = clean && key && !text.failed && r_jwk_init(&key->public) == RHN_OK ? MP_OK : mp_no_memory(err);
    if (code == MP_OK && r_jwk_import_from_json_str(key->public, text.ptr) != RHN_OK)
        code = bad_key(err, "its members do not fit together");
    if (code == MP_OK)
        code = check_public(key, err);
    const mp_json *kid = mp_json_get(jwk, MP_S("kid"));
    if (code == MP_OK && mp_json_is(kid, MP_JSON_STRING))
        keep_kid(key, mp_json_str(kid));
    if (code == MP_OK)
        *out = key;
    else
        mp_jwk_free(key);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

static mp_code new_pair(mp_jwk **out, mp_error *err)
{
    need_rhonabwy();
    mp_jwk *key = calloc(1, sizeof *key);
    if (!key || r_jwk_init(&key->whole) != RHN_OK || r_jwk_init(&key->public) != RHN_OK) {
        mp_jwk_free(key);
        return mp_no_memory(err);
    }
    *out = key;
    return MP_OK;
}

mp_code mp_jwk_make(mp_jwk **out, mp_str kid, mp_error *err)
{
    mp_jwk *key;
    MP_TRY(new_pair(&key, err));
    keep_kid(key, kid);
    if (r_jwk_generate_key_pair(key->whole, key->public, R_KEY_TYPE_RSA, 2048, key->kid) != RHN_OK ||
        check_public(key, err) != MP_OK) {
        mp_jwk_free(key);
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "an RSA key could not be made");
    }
    *out = key;
    return MP_OK;
}

mp_code mp_jwk_secret_read(mp_jwk **out, mp_str text, mp_error *err)
{
    mp_jwk *key;
    char   *copy = calloc(1, text.len + 1);
    if (!copy)
        return mp_no_memory(err);
    memcpy(copy, text.ptr, text.len);
    mp_code code = new_pair(&key, err);
    if (code == MP_OK) {
        if (r_jwk_import_from_json_str(key->whole, copy) != RHN_OK ||
            r_jwk_extract_pubkey(key->whole, key->public, R_FLAG_IGNORE_REMOTE) != RHN_OK)
            code = bad_key(err, "wanted a private key");
        if (code == MP_OK)
            code = check_public(key, err);
        if (code == MP_OK) {
            keep_kid(key, mp_str_from(r_jwk_get_property_str(key->whole, "kid")));
            *out = key;
        } else {
            mp_jwk_free(key);
        }
    }
    mp_wipe(copy, text.len);
    free(copy);
    return code;
}

mp_code mp_jwk_secret(mp_str *out, const mp_jwk *key, mp_arena *arena, mp_error *err)
{
    char *text = key->whole ? r_jwk_export_to_json_str(key->whole, 0) : NULL;
    if (!text)
        return mp_no_memory(err);
    *out = mp_arena_dup(arena, mp_str_from(text));
    mp_wipe(text, strlen(text));
    r_free(text);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_jwk_show(const mp_json **out, const mp_jwk *key, mp_arena *arena, mp_error *err)
{
    static const struct {
        const char *name, *value; /* NULL: of the key */
    } members[] = { { "kty", "RSA" }, { "use", "sig" }, { "kid", NULL }, { "n", NULL }, { "e", NULL },
    { "alg", "RS256" } };
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        const char *value = members[i].value ? members[i].value : r_jwk_get_property_str(key->public, members[i].name);
        mp_jsonw_put_str(&w, members[i].name, mp_arena_dup(arena, mp_str_from(value)));
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

void mp_jwk_free(mp_jwk *key)
{
    if (!key)
        return;
    r_jwk_free(key->whole);
    r_jwk_free(key->public);
    free(key);
}

mp_str mp_jwk_kid(const mp_jwk *key)
{
    return mp_str_from(key->kid);
}

unsigned mp_jwk_algs(const mp_jwk *key)
{
    return key->algs;
}

/* ---- signatures ---- */

bool mp_jws_verify(const mp_jws *jws, const mp_jwk *key)
{
    jws_t *theirs = NULL;
    bool   is_valid = false;
    if (!(key->algs & (unsigned)jws->alg) || r_jws_init(&theirs) != RHN_OK)
        return false;
    if (r_jws_advanced_compact_parsen(theirs, jws->text.ptr, jws->text.len, R_PARSE_NONE, R_FLAG_IGNORE_REMOTE) == RHN_OK) {
        bool is_same = false; /* both read the same algorithm */
        for (size_t i = 0; i < MP_COUNT(algs); i++)
            is_same = is_same || (algs[i].alg == jws->alg && algs[i].theirs == r_jws_get_alg(theirs));
        is_valid = is_same && r_jws_verify_signature(theirs, key->public, R_FLAG_IGNORE_REMOTE) == RHN_OK;
    }
    r_jws_free(theirs);
    return is_valid;
}

mp_code mp_jws_sign(mp_str *token, const mp_json *claims, const mp_jwk *key, mp_arena *arena, mp_error *err)
{
    mp_buf  payload = MP_BUF_INIT;
    jws_t  *jws = NULL;
    char   *text = NULL;
    mp_buf_add_json(&payload, claims);
    bool is_ready = !payload.failed && key->whole && r_jws_init(&jws) == RHN_OK &&
                    r_jws_set_alg(jws, R_JWA_ALG_RS256) == RHN_OK &&
                    r_jws_set_header_str_value(jws, "typ", "JWT") == RHN_OK &&
                    r_jws_set_header_str_value(jws, "kid", key->kid) == RHN_OK &&
                    r_jws_set_payload(jws, (const unsigned char *)payload.ptr, payload.len) == RHN_OK;
    if (is_ready)
        text = r_jws_serialize(jws, key->whole, R_FLAG_IGNORE_REMOTE);
    *token = text ? mp_arena_dup(arena, mp_str_from(text)) : mp_str_of(NULL, 0);
    r_free(text);
    r_jws_free(jws);
    mp_buf_free(&payload);
    return token->ptr ? MP_OK : mp_no_memory(err);
}
