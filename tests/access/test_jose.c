/* SPDX-License-Identifier: Apache-2.0 */
/* Signed tokens: what is read, what is refused, and that only the right key's signature counts. Other keys and
 * algorithms are made with rhonabwy itself. */
#include "jose.h"

#include <rhonabwy.h>
#include <stdio.h>
#include <stdlib.h>

#include "jsonw.h"
#include "secret.h"
#include "test.h"

static mp_arena arena = MP_ARENA_INIT;

static const mp_json *json(const char *text)
{
    mp_json_doc   *doc;
    const mp_json *v;
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK && mp_json_read(doc, &v, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    v = mp_arena_dup_json(&arena, v);
    mp_json_doc_free(doc);
    return v;
}

static mp_str token_of(const char *header, const char *payload, const char *signature)
{
    return mp_arena_printf(&arena, "%.*s.%.*s.%.*s", MP_FMT(mp_base64url(&arena, mp_str_from(header))),
                           MP_FMT(mp_base64url(&arena, mp_str_from(payload))),
                           MP_FMT(mp_base64url(&arena, mp_str_from(signature))));
}

TEST(only_one_form_is_read)
{
    static const struct {
        const char *header, *payload;
        bool        is_read;
    } cases[] = {
        { "{\"alg\":\"RS256\"}", "{}", true },
        { "{\"alg\":\"ES256\",\"kid\":\"a\",\"x5t\":\"b\"}", "{\"a\":1}", true },
        { "{\"alg\":\"none\"}", "{}", false },
        { "{\"alg\":\"None\"}", "{}", false },
        { "{\"alg\":\"HS256\"}", "{}", false },
        { "{\"alg\":\"rs256\"}", "{}", false },
        { "{\"alg\":[\"RS256\"]}", "{}", false },
        { "{}", "{}", false },
        { "[]", "{}", false },
        { "{\"alg\":\"RS256\"}", "[]", false },
        { "{\"alg\":\"RS256\"}", "", false },
        { "{\"alg\":\"RS256\"}", "{} ", true },
        { "{\"alg\":\"RS256\"}", "{}{}", false },
        { "{\"alg\":\"none\",\"alg\":\"RS256\"}", "{}", false },
        { "{\"alg\":\"RS256\"}", "{\"aud\":\"a\",\"aud\":\"b\"}", false },
        { "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "{}", false },
        { "{\"alg\":\"RS256\",\"zip\":\"DEF\"}", "{}", false },
        { "{\"alg\":\"RS256\",\"b64\":false}", "{}", false },
        { "{\"alg\":\"RS256\",\"kid\":7}", "{}", false },
    };
    mp_jws jws;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if ((mp_jws_read(&jws, token_of(cases[i].header, cases[i].payload, "s"), &arena, NULL) == MP_OK) != cases[i].is_read)
            fail_msg("%s . %s", cases[i].header, cases[i].payload);
}

TEST(texts_that_are_no_tokens)
{
    static const char *const none[] = { "",
                                        ".",
                                        "..",
                                        "a.b",
                                        "...",
                                        "e30.e30.",
                                        "e30.e30.e30.e30",
                                        "eyJhbGciOiJSUzI1NiJ9.e30.a=b",
                                        "eyJhbGciOiJSUzI1NiJ9 .e30.YQ",
                                        "eyJhbGciOiJSUzI1NiJ9.e30.YR", /* bits left over */
                                        "eyJhbGciOiJSUzI1NiJ9.e30.+w" };
    mp_jws jws;
    for (size_t i = 0; i < MP_COUNT(none); i++)
        if (mp_jws_read(&jws, mp_str_from(none[i]), &arena, NULL) == MP_OK)
            fail_msg("%s", none[i]);
    char *big = calloc(1, MP_JWS_MAX + 100);
    memset(big, 'a', MP_JWS_MAX + 100);
    CHECK(mp_jws_read(&jws, mp_str_of(big, MP_JWS_MAX + 100), &arena, NULL) == MP_CREDENTIALS);
    free(big);
}

static mp_jwk *made(const char *kid)
{
    mp_jwk *key;
    CHECK(mp_jwk_make(&key, mp_str_from(kid), NULL) == MP_OK);
    return key;
}

static mp_str sign(const mp_jwk *key, const char *claims)
{
    mp_str token;
    CHECK(mp_jws_sign(&token, json(claims), key, &arena, NULL) == MP_OK);
    return token;
}

TEST(a_signature_is_of_one_key_and_one_text)
{
    mp_jwk *one = made("one"), *two = made("two"), *shown, *back;
    mp_jws  jws;
    mp_str  token = sign(one, "{\"sub\":\"kim\",\"n\":1}"), secret;
    CHECK(mp_jws_read(&jws, token, &arena, NULL) == MP_OK);
    CHECK(jws.alg == MP_JWS_RS256);
    CHECK_STR(jws.kid, "one");
    CHECK_STR(mp_json_str(mp_json_get(jws.claims, MP_S("sub"))), "kim");
    CHECK(mp_jws_verify(&jws, one) && !mp_jws_verify(&jws, two));

    const mp_json *jwk;
    CHECK(mp_jwk_show(&jwk, one, &arena, NULL) == MP_OK);
    CHECK(mp_json_get(jwk, MP_S("d")) == NULL && mp_json_get(jwk, MP_S("p")) == NULL);
    CHECK_INT(jwk->count, 6);
    CHECK(mp_jwk_public(&shown, jwk, NULL) == MP_OK);
    CHECK(mp_jws_verify(&jws, shown));
    CHECK_STR(mp_jwk_kid(shown), "one");
    CHECK(mp_jwk_secret(&secret, one, &arena, NULL) == MP_OK && mp_jwk_secret_read(&back, secret, NULL) == MP_OK);
    CHECK(mp_jws_read(&jws, sign(back, "{\"sub\":\"lee\"}"), &arena, NULL) == MP_OK && mp_jws_verify(&jws, one));
    CHECK(mp_jws_sign(&token, json("{}"), shown, &arena, NULL) != MP_OK); /* it has no private part */

    /* Every byte of a token counts. */
    token = sign(one, "{\"sub\":\"kim\"}");
    char *copy = malloc(token.len);
    for (size_t i = 0; i < token.len; i++) {
        memcpy(copy, token.ptr, token.len);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        if (mp_jws_read(&jws, mp_str_of(copy, token.len), &arena, NULL) == MP_OK)
            CHECK(!mp_jws_verify(&jws, one));
    }
    free(copy);
    mp_jwk_free(one);
    mp_jwk_free(two);
    mp_jwk_free(shown);
    mp_jwk_free(back);
}

/* HMAC with the public key's text as the secret: the oldest trick. */
TEST(a_public_key_is_no_shared_secret)
{
    mp_jwk        *key = made("k");
    const mp_json *jwk;
    mp_jws         jws;
    uint8_t        mac[32];
    CHECK(mp_jwk_show(&jwk, key, &arena, NULL) == MP_OK);
    mp_str head = mp_base64url(&arena, MP_S("{\"alg\":\"HS256\",\"kid\":\"k\"}")),
           body = mp_base64url(&arena, MP_S("{\"sub\":\"kim\"}"));
    mp_str input = mp_arena_printf(&arena, "%.*s.%.*s", MP_FMT(head), MP_FMT(body));
    CHECK(mp_hmac_sha256(mac, mp_json_str(mp_json_get(jwk, MP_S("n"))), input, NULL) == MP_OK);
    mp_str token =
        mp_arena_printf(&arena, "%.*s.%.*s", MP_FMT(input), MP_FMT(mp_base64url(&arena, mp_str_of((char *)mac, 32))));
    CHECK(mp_jws_read(&jws, token, &arena, NULL) == MP_CREDENTIALS);
    mp_jwk_free(key);
}

/* A token that brings its own key, validly signed with it. */
TEST(a_key_in_the_token_is_not_looked_at)
{
    mp_jwk *ours = made("k");
    jwk_t  *theirs = NULL, *theirs_public = NULL;
    jws_t  *attack = NULL;
    mp_jws  jws;
    CHECK(r_jwk_init(&theirs) == RHN_OK && r_jwk_init(&theirs_public) == RHN_OK && r_jws_init(&attack) == RHN_OK);
    CHECK(r_jwk_generate_key_pair(theirs, theirs_public, R_KEY_TYPE_RSA, 2048, "k") == RHN_OK);
    json_t *embedded = r_jwk_export_to_json_t(theirs_public);
    CHECK(r_jws_set_alg(attack, R_JWA_ALG_RS256) == RHN_OK &&
          r_jws_set_header_json_t_value(attack, "jwk", embedded) == RHN_OK);
    CHECK(r_jws_set_header_str_value(attack, "kid", "k") == RHN_OK);
    CHECK(r_jws_set_payload(attack, (const unsigned char *)"{}", 2) == RHN_OK);
    char *text = r_jws_serialize(attack, theirs, 0);
    CHECK(text != NULL);
    CHECK(mp_jws_read(&jws, mp_str_from(text), &arena, NULL) == MP_OK);
    CHECK(!mp_jws_verify(&jws, ours));
    r_free(text);
    json_decref(embedded);
    r_jws_free(attack);
    r_jwk_free(theirs);
    r_jwk_free(theirs_public);
    mp_jwk_free(ours);
}

TEST(keys_are_of_four_kinds_and_long_enough)
{
    static const struct {
        int      type;
        unsigned bits;
        jwa_alg  alg;
        mp_jws_alg ours;
        bool     is_good;
    } cases[] = {
        { R_KEY_TYPE_RSA, 2048, R_JWA_ALG_RS256, MP_JWS_RS256, true }, { R_KEY_TYPE_RSA, 2048, R_JWA_ALG_PS256, MP_JWS_PS256, true },
        { R_KEY_TYPE_RSA, 1024, R_JWA_ALG_RS256, MP_JWS_RS256, false }, { R_KEY_TYPE_EC, 256, R_JWA_ALG_ES256, MP_JWS_ES256, true },
        { R_KEY_TYPE_EC, 384, R_JWA_ALG_ES384, 0, false }, { R_KEY_TYPE_EDDSA, 256, R_JWA_ALG_EDDSA, MP_JWS_EDDSA, true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        jwk_t  *whole = NULL, *public = NULL;
        mp_jwk *key = NULL;
        CHECK(r_jwk_init(&whole) == RHN_OK && r_jwk_init(&public) == RHN_OK);
        CHECK(r_jwk_generate_key_pair(whole, public, cases[i].type, cases[i].bits, "t") == RHN_OK);
        char *text = r_jwk_export_to_json_str(public, 0);
        CHECK_INT(mp_jwk_public(&key, json(text), NULL) == MP_OK, cases[i].is_good);
        if (cases[i].is_good) {
            jws_t *theirs;
            mp_jws jws;
            CHECK(r_jws_init(&theirs) == RHN_OK && r_jws_set_alg(theirs, cases[i].alg) == RHN_OK);
            CHECK(r_jws_set_payload(theirs, (const unsigned char *)"{}", 2) == RHN_OK);
            char *token = r_jws_serialize(theirs, whole, 0);
            CHECK(token && mp_jws_read(&jws, mp_str_from(token), &arena, NULL) == MP_OK);
            CHECK(jws.alg == cases[i].ours && (mp_jwk_algs(key) & (unsigned)cases[i].ours));
            CHECK(mp_jws_verify(&jws, key));
            mp_jwk *other = made("o");
            CHECK(!mp_jws_verify(&jws, other));
            mp_jwk_free(other);
            r_free(token);
            r_jws_free(theirs);
        }
        r_free(text);
        mp_jwk_free(key);
        r_jwk_free(whole);
        r_jwk_free(public);
    }
    mp_jwk *none = NULL;
    CHECK(mp_jwk_public(&none, json("{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}"), NULL) == MP_FORMAT);
    CHECK(mp_jwk_public(&none, json("{\"kty\":\"RSA\",\"n\":\"AQAB\"}"), NULL) == MP_FORMAT);
    CHECK(mp_jwk_public(&none, json("{}"), NULL) == MP_FORMAT);
    CHECK(mp_jwk_secret_read(&none, MP_S("{}"), NULL) == MP_FORMAT);
    mp_jwk_free(NULL);
}

int main(void)
{
    int failed = MAIN(RUN(only_one_form_is_read), RUN(texts_that_are_no_tokens),
                      RUN(a_signature_is_of_one_key_and_one_text), RUN(a_public_key_is_no_shared_secret),
                      RUN(a_key_in_the_token_is_not_looked_at), RUN(keys_are_of_four_kinds_and_long_enough));
    mp_arena_free(&arena);
    return failed;
}
