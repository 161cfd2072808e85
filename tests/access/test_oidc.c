/* SPDX-License-Identifier: Apache-2.0 */
/* What a real provider never sends: ID tokens that are wrong, signed with keys of ours; documents that are wrong;
 * addresses. oidc/flow.mjs has the rest. */
#include "oidc_internal.h"

#include <stdio.h>

#include "jsonw.h"
#include "test.h"

static mp_arena arena = MP_ARENA_INIT;

#define ISSUER "https://idp.example"
#define NOW ((mp_ticks)1800000000 * MP_TICKS_PER_SECOND + INT64_C(62135596800) * MP_TICKS_PER_SECOND)

static const mp_json *json(const char *text)
{
    mp_json_doc   *doc;
    const mp_json *v;
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK && mp_json_read(doc, &v, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    v = mp_arena_dup_json(&arena, v);
    mp_json_doc_free(doc);
    return v;
}

static mp_str sign(const mp_jwk *key, const char *claims)
{
    mp_str token;
    CHECK(mp_jws_sign(&token, json(claims), key, &arena, NULL) == MP_OK);
    return token;
}

#define REST ",\"exp\":1800000600,\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"kim\"}"
#define HEAD "{\"iss\":\"" ISSUER "\",\"aud\":\"us\""

TEST(id_tokens_are_checked)
{
    static const struct {
        const char *claims;
        bool        is_good;
    } cases[] = {
        { HEAD REST, true },
        { "{\"iss\":\"" ISSUER "\",\"aud\":[\"us\"]" REST, true },
        { "{\"iss\":\"" ISSUER "\",\"aud\":[\"us\",\"them\"],\"azp\":\"us\"" REST, true },
        { "{\"iss\":\"" ISSUER "\",\"aud\":[\"us\",\"them\"]" REST, false },
        { "{\"iss\":\"" ISSUER "\",\"aud\":[\"us\",\"them\"],\"azp\":\"them\"" REST, false },
        { "{\"iss\":\"" ISSUER "\",\"aud\":\"us\",\"azp\":\"them\"" REST, false },
        { "{\"iss\":\"" ISSUER "\",\"aud\":\"them\"" REST, false },
        { "{\"iss\":\"" ISSUER "\",\"aud\":[]" REST, false },
        { "{\"iss\":\"" ISSUER "\"" REST, false },
        { "{\"iss\":\"" ISSUER "/\",\"aud\":\"us\"" REST, false },
        { "{\"aud\":\"us\"" REST, false },
        { HEAD ",\"exp\":1799999941,\"iat\":1799999000,\"nonce\":\"n\",\"sub\":\"kim\"}", true },  /* within the grace of a minute */
        { HEAD ",\"exp\":1799999940,\"iat\":1799999000,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
        { HEAD ",\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
        { HEAD ",\"exp\":\"1800000600\",\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
        { HEAD ",\"exp\":1800000600,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
        { HEAD ",\"exp\":1800000600,\"iat\":1800000061,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
        { HEAD ",\"nbf\":1800000061" REST, false },
        { HEAD ",\"exp\":1800000600,\"iat\":1800000000,\"nonce\":\"m\",\"sub\":\"kim\"}", false },
        { HEAD ",\"exp\":1800000600,\"iat\":1800000000,\"sub\":\"kim\"}", false },
        { HEAD ",\"exp\":1800000600,\"iat\":1800000000,\"nonce\":\"n\"}", false },
        { HEAD ",\"exp\":1800000600,\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"\"}", false },
        { HEAD ",\"exp\":9999999999999,\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"kim\"}", false },
    };
    mp_jwk          *key, *other, *keys[1];
    mp_provider_info info = { .setup = json("{\"clientId\":\"us\"}"), .issuer = MP_S(ISSUER), .keys = keys, .key_count = 1 };
    mp_id_token_want want = { .info = &info, .nonce = MP_S("n"), .now = NOW };
    const mp_json   *claims;
    bool             unknown;
    CHECK(mp_jwk_make(&key, MP_S("k"), NULL) == MP_OK && mp_jwk_make(&other, MP_S("k"), NULL) == MP_OK);
    keys[0] = key;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_code code = mp_id_token_check(&claims, &unknown, sign(key, cases[i].claims), &want, &arena, NULL);
        if (code != (cases[i].is_good ? MP_OK : MP_CREDENTIALS))
            fail_msg("%s", cases[i].claims);
        CHECK(!unknown);
    }
    CHECK(mp_id_token_check(&claims, &unknown, sign(other, HEAD REST), &want, &arena, NULL) == MP_CREDENTIALS && !unknown);
    mp_jwk *stranger;
    CHECK(mp_jwk_make(&stranger, MP_S("new"), NULL) == MP_OK);
    CHECK(mp_id_token_check(&claims, &unknown, sign(stranger, HEAD REST), &want, &arena, NULL) == MP_CREDENTIALS && unknown);
    /* alg none, and a signature behind other claims */
    mp_str good = sign(key, HEAD REST), body = mp_base64url(&arena, MP_S(HEAD REST));
    CHECK(mp_id_token_check(&claims, &unknown, mp_arena_printf(&arena, "eyJhbGciOiJub25lIn0.%.*s.", MP_FMT(body)),
                            &want, &arena, NULL) == MP_CREDENTIALS);
    size_t first = mp_str_find(good, '.'), last = mp_str_rfind(good, '.');
    mp_str admin = mp_base64url(
        &arena, MP_S("{\"iss\":\"" ISSUER
                     "\",\"aud\":\"us\",\"exp\":1800000600,\"iat\":1800000000,\"nonce\":\"n\",\"sub\":\"admin\"}"));
    CHECK(mp_id_token_check(&claims, &unknown,
                            mp_arena_printf(&arena, "%.*s.%.*s%.*s", (int)first, good.ptr, MP_FMT(admin),
                                            MP_FMT(mp_str_skip(good, last))),
                            &want, &arena, NULL) == MP_CREDENTIALS);
    want.nonce = mp_str_of("", 0); /* a flow without a nonce is none of ours */
    CHECK(mp_id_token_check(&claims, &unknown, good, &want, &arena, NULL) == MP_CREDENTIALS);
    mp_jwk_free(key);
    mp_jwk_free(other);
    mp_jwk_free(stranger);
}

TEST(a_second_factor_is_two_kinds_of_proof)
{
    static const struct {
        const char *claims;
        bool        is_strong;
    } cases[] = {
        { "{}", false }, { "{\"amr\":[\"pwd\"]}", false }, { "{\"amr\":[\"mfa\"]}", true }, { "{\"amr\":[\"pwd\",\"otp\"]}", true },
        { "{\"amr\":[\"otp\"]}", false }, { "{\"amr\":[\"pwd\",\"pin\"]}", false }, { "{\"amr\":[\"pin\",\"hwk\"]}", true },
        { "{\"amr\":\"mfa\"}", false }, { "{\"amr\":[1,null]}", false }, { "{\"acr\":\"phr\"}", true }, { "{\"acr\":\"0\"}", false },
        { "{\"acr\":\"http://schemas.openid.net/pape/policies/2007/06/multi-factor\"}", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (mp_id_token_is_strong(json(cases[i].claims)) != cases[i].is_strong)
            fail_msg("%s", cases[i].claims);
}

TEST(addresses_that_may_be_asked)
{
    static const struct {
        const char *url;
        bool        plainly, with_http;
    } cases[] = {
        { "https://idp.example/x?y=1", true, true },
        { "https://idp.example", true, true },
        { "http://127.0.0.1:8080/x", false, true },
        { "http://localhost/x", false, true },
        { "http://[::1]:80", false, true },
        { "http://127.0.0.1.evil.example/", false, false },
        { "http://localhost.evil.example/", false, false },
        { "http://127.0.0.1@evil.example/", false, false },
        { "http://idp.example/", false, false },
        { "https://user@idp.example/", false, false },
        { "https://idp.example/#x", false, false },
        { "https://idp.example/a b", false, false },
        { "https://", false, false },
        { "https:///x", false, false },
        { "ftp://idp.example/", false, false },
        { "file:///etc/passwd", false, false },
        { "HTTPS://idp.example/", false, false },
        { "", false, false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(mp_fetch_may(mp_str_from(cases[i].url), false), cases[i].plainly);
        CHECK_INT(mp_fetch_may(mp_str_from(cases[i].url), true), cases[i].with_http);
    }
}

#define URLS "\"authorization_endpoint\":\"https://a/x\",\"token_endpoint\":\"https://a/y\",\"jwks_uri\":\"https://a/z\"}"

TEST(discovery_documents_are_checked)
{
    static const struct {
        const char *text;
        bool        is_good;
    } cases[] = {
        { "{\"issuer\":\"" ISSUER "\"," URLS, true },
        { "{\"issuer\":\"" ISSUER "/\"," URLS, false },
        { "{\"issuer\":\"https://evil.example\"," URLS, false },
        { "{" URLS, false },
        { "{\"issuer\":\"" ISSUER "\",\"issuer\":\"" ISSUER "\"," URLS, false },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a/x\",\"token_endpoint\":\"https://a/y\"}", false },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a/x\",\"token_endpoint\":\"http://a/y\",\"jwks_uri\":\"https://a/z\"}", false },
        { "{\"issuer\":\"" ISSUER "\",\"userinfo_endpoint\":\"file:///x\"," URLS, false },
        { "[]", false },
        { "", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_provider_info info = { .setup = json("{\"issuer\":\"" ISSUER "\"}") };
        if ((mp_provider_read(&info, mp_str_from(cases[i].text), NULL) == MP_OK) != cases[i].is_good)
            fail_msg("%s", cases[i].text);
        if (cases[i].is_good)
            CHECK(info.takes_basic && !info.says_issuer);
        mp_arena_free(&info.arena);
    }
}

TEST(forms_are_encoded)
{
    mp_buf form = MP_BUF_INIT;
    mp_form_add(&form, '?', "a", MP_S("x y&z=/+%~-._\xea"));
    mp_form_add(&form, '&', "b", MP_S(""));
    CHECK_STR(mp_buf_str(&form), "?a=x%20y%26z%3D%2F%2B%25~-._%EA&b=");
    mp_buf_free(&form);
}

int main(void)
{
    int failed = MAIN(RUN(id_tokens_are_checked), RUN(a_second_factor_is_two_kinds_of_proof),
                      RUN(addresses_that_may_be_asked), RUN(discovery_documents_are_checked), RUN(forms_are_encoded));
    mp_arena_free(&arena);
    return failed;
}
