/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of an ID token, in the order of OpenID Connect Core 1.0, 3.1.3.7. */
#include "oidc_internal.h"

#define GRACE (60 * MP_TICKS_PER_SECOND)

/* With a kid: that key. Without: any key that the algorithm fits (then there should be one). */
static bool is_signed(bool *unknown_key, const mp_jws *jws, const mp_provider_info *info)
{
    *unknown_key = true;
    for (size_t i = 0; i < info->key_count; i++) {
        if (jws->kid.len && !mp_str_eq(mp_jwk_kid(info->keys[i]), jws->kid))
            continue;
        *unknown_key = false;
        if (mp_jws_verify(jws, info->keys[i]))
            return true;
    }
    return false;
}

static bool is_for_us(const mp_json *claims, mp_str client)
{
    const mp_json *aud = mp_json_get(claims, MP_S("aud")), *azp = mp_json_get(claims, MP_S("azp"));
    bool           is_named = mp_json_is(aud, MP_JSON_STRING) && mp_str_eq(mp_json_str(aud), client), is_alone = true;
    if (mp_json_is(aud, MP_JSON_ARRAY)) {
        is_alone = aud->count == 1;
        for (MP_JSON_EACH(item, aud))
            is_named = is_named || (mp_json_is(item, MP_JSON_STRING) && mp_str_eq(mp_json_str(item), client));
    }
    bool azp_is_us = mp_json_is(azp, MP_JSON_STRING) && mp_str_eq(mp_json_str(azp), client);
    return is_named && (azp_is_us || (!azp && is_alone));
}

mp_code mp_id_token_check(const mp_json **claims, bool *unknown_key, mp_str token, const mp_id_token_want *want,
                          mp_arena *arena, mp_error *err)
{
    mp_jws   jws;
    mp_ticks until, issued, from;
    mp_str   client = mp_json_get_text(want->info->setup, "clientId");
    *unknown_key = false;
    MP_TRY(mp_jws_read(&jws, token, arena, err));
    if (!is_signed(unknown_key, &jws, want->info))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                       "the identity provider's token is not signed by a key of the provider");
    if (!mp_str_eq(mp_json_get_text(jws.claims, "iss"), want->info->issuer))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the identity provider's token has another issuer");
    if (!client.len || !is_for_us(jws.claims, client))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the identity provider's token is for another client");
    if (!mp_jws_time(&until, &jws, MP_S("exp")) || until + GRACE <= want->now)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the identity provider's token has expired");
    if (!mp_jws_time(&issued, &jws, MP_S("iat")) || issued > want->now + GRACE)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                       "the identity provider's token comes from the future; are the clocks right?");
    if (mp_json_get(jws.claims, MP_S("nbf")) && (!mp_jws_time(&from, &jws, MP_S("nbf")) || from > want->now + GRACE))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                       "the identity provider's token comes from the future; are the clocks right?");
    mp_str nonce = mp_json_get_text(jws.claims, "nonce");
    if (!want->nonce.len || !mp_secret_eq(nonce, want->nonce))
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the identity provider's token answers another sign-in");
    mp_str subject = mp_json_get_text(jws.claims, "sub");
    if (subject.len == 0 || subject.len > 255)
        return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the identity provider's token names nobody");
    *claims = jws.claims;
    return MP_OK;
}

bool mp_id_token_is_strong(const mp_json *claims)
{
    /* "mfa" says it; else something that one has, or is, beside what one knows. */
    static const char *const knows[] = { "pwd", "pin", "kba" };
    static const char *const has[] = { "otp", "hwk", "swk", "sms", "tel", "sc", "fpt", "face", "iris", "retina",
                                       "vbm", "pop" };
    static const char *const strong[] = { "phr", "phrh",
                                          "http://schemas.openid.net/pape/policies/2007/06/multi-factor" };
    const mp_json *amr = mp_json_get(claims, MP_S("amr"));
    mp_str         acr = mp_json_get_text(claims, "acr");
    bool           one = false, other = false, all = false;
    for (size_t i = 0; i < MP_COUNT(strong); i++)
        all = all || mp_str_eq(acr, mp_str_from(strong[i]));
    if (!mp_json_is(amr, MP_JSON_ARRAY))
        return all;
    for (MP_JSON_EACH(item, amr)) {
        mp_str name = mp_json_text(item);
        all = all || mp_str_eq(name, MP_S("mfa"));
        for (size_t i = 0; i < MP_COUNT(knows); i++)
            one = one || mp_str_eq(name, mp_str_from(knows[i]));
        for (size_t i = 0; i < MP_COUNT(has); i++)
            other = other || mp_str_eq(name, mp_str_from(has[i]));
    }
    return all || (one && other);
}
