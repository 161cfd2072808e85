/* SPDX-License-Identifier: Apache-2.0 */
/* Is this token ours, and whose? The form is read strictly (jose.h), and beyond that a token has exactly what
 * we put in: alg, kid and typ in its header. */
#include "token.h"

#include "token_internal.h"

#include <stdio.h>

#include "jsonw.h"
#include "rbac_internal.h"

#define GRACE (60 * MP_TICKS_PER_SECOND) /* a token may be younger than our clock by this much */

/* Says which answer it gets, and why. */
#define refuse(fault, why, err, ...) (*(fault) = (why), mp_fail((err), MP_CREDENTIALS, MP_NOWHERE, __VA_ARGS__))

static mp_str without_slashes(mp_str url)
{
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    return url;
}

bool mp_token_audience_ok(const mp_access *access, mp_str audience)
{
    mp_str bare = without_slashes(audience);
    return audience.len <= bare.len + 1 &&
           (mp_str_eq(bare, mp_str_from(access->base)) || mp_str_eq(bare, MP_S("https://management.azure.com")) ||
            mp_str_eq(bare, MP_S("https://management.core.windows.net")));
}

static bool is_our_header(const mp_json *header)
{
    for (MP_JSON_MEMBERS(key, header)) {
        mp_str name = mp_json_str(key);
        bool   is_typ = mp_str_eq(name, MP_S("typ"));
        if (is_typ && !(mp_json_is(key + 1, MP_JSON_STRING) && mp_str_eq(mp_json_str(key + 1), MP_S("JWT"))))
            return false;
        if (!is_typ && !mp_str_eq(name, MP_S("alg")) && !mp_str_eq(name, MP_S("kid")))
            return false;
    }
    return true;
}

static bool read_id(char out[37], const mp_json *claims, mp_str name)
{
    mp_str text = mp_json_text(mp_json_get(claims, name));
    if (!mp_is_guid(text))
        return false;
    memcpy(out, text.ptr, 36);
    out[36] = '\0';
    return true;
}

/* Everything that stays as it is while the token lives. */
static mp_code verify(mp_token_claims *out, mp_token_fault *fault, mp_access *access, const mp_token_state *state,
                      mp_str token, mp_arena *arena, mp_error *err)
{
    mp_jws  jws;
    mp_code code = mp_jws_read(&jws, token, arena, err);
    if (code != MP_OK) {
        *fault = MP_TOKEN_MALFORMED;
        return code;
    }
    if (jws.alg != MP_JWS_RS256 || !is_our_header(jws.header))
        return refuse(fault, MP_TOKEN_FORGED, err, "the token's header is not one of ours");
    const mp_jwk *key = mp_token_state_key(state, jws.kid);
    if (!key || !mp_jws_verify(&jws, key))
        return refuse(fault, MP_TOKEN_FORGED, err, "the token's signature is not ours");
    char issuer[512];
    int  len = snprintf(issuer, sizeof issuer, "%s/%s/v2.0", access->base, access->tenant);
    if (len < 0 || (size_t)len >= sizeof issuer ||
        !mp_str_eq(mp_json_get_text(jws.claims, "iss"), mp_str_of(issuer, (size_t)len)))
        return refuse(fault, MP_TOKEN_FORGED, err, "the token's issuer is not this installation");
    if (!mp_jws_time(&out->issued, &jws, MP_S("iat")) || !mp_jws_time(&out->from, &jws, MP_S("nbf")) ||
        !mp_jws_time(&out->until, &jws, MP_S("exp")) || !read_id(out->principal, jws.claims, MP_S("oid")) ||
        !read_id(out->id, jws.claims, MP_S("jti")))
        return refuse(fault, MP_TOKEN_MALFORMED, err, "the token lacks a claim that ours have");
    if (!mp_token_audience_ok(access, mp_json_get_text(jws.claims, "aud")))
        return refuse(fault, MP_TOKEN_AUDIENCE, err, "the token is for another audience");
    return MP_OK;
}

static mp_code claims_of(mp_token_claims *out, mp_token_fault *fault, mp_access *access, const mp_token_state *state,
                         mp_str token, mp_arena *arena, mp_error *err)
{
    uint8_t digest[32];
    MP_TRY(mp_sha256(digest, token, err));
    if (mp_token_remembered(out, access, digest, state->generation))
        return MP_OK;
    MP_TRY(verify(out, fault, access, state, token, arena, err));
    mp_token_remember(access, digest, state->generation, out);
    return MP_OK;
}

/* What may change while it lives: the time, revocation, its principal. */
static mp_code fill(mp_who *out, mp_token_fault *fault, mp_access *access, const mp_token_state *state,
                    const mp_token_claims *claims, mp_ticks now, mp_arena *arena, mp_error *err)
{
    bool     is_active;
    mp_ticks valid_after;
    mp_who   who;
    if (now >= claims->until)
        return refuse(fault, MP_TOKEN_EXPIRED, err, "the token has expired");
    if (claims->from > now + GRACE)
        return refuse(fault, MP_TOKEN_EXPIRED, err, "the token is not valid yet");
    if (mp_map_get(&state->revoked, mp_str_of(claims->id, 36)))
        return refuse(fault, MP_TOKEN_REVOKED, err, "the token was revoked");
    mp_code code =
        mp_rbac_principal(&who, &is_active, &valid_after, access, mp_str_of(claims->principal, 36), arena, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    if (code == MP_MISSING || !is_active || claims->issued < valid_after)
        return refuse(fault, MP_TOKEN_REVOKED, err, "the token's owner may not use it any more");
    who.session = mp_arena_dup(arena, mp_str_of(claims->id, 36));
    who.signed_in_at = claims->issued;
    who.expires_at = claims->until;
    if (!who.session.ptr)
        return mp_no_memory(err);
    *out = who;
    return MP_OK;
}

mp_code mp_token_who(mp_who *out, mp_token_fault *fault, mp_access *access, mp_str token, mp_ticks now, mp_arena *arena,
                     mp_error *err)
{
    mp_token_claims claims;
    mp_token_state *state;
    *fault = MP_TOKEN_ABSENT;
    if (token.len == 0)
        return refuse(fault, MP_TOKEN_ABSENT, err, "there is no token");
    if (token.len > MP_JWS_MAX)
        return refuse(fault, MP_TOKEN_MALFORMED, err, "the token is too long");
    *fault = MP_TOKEN_MALFORMED; /* until another is known: of failures that are none of the token's */
    MP_TRY(mp_token_state_take(&state, access, err));
    mp_code code = claims_of(&claims, fault, access, state, token, arena, err);
    if (code == MP_OK)
        code = fill(out, fault, access, state, &claims, now, arena, err);
    mp_token_state_give(access, state);
    if (code == MP_OK)
        *fault = MP_TOKEN_OK;
    return code;
}

mp_code mp_token_keys(const mp_json **jwks, mp_access *access, mp_arena *arena, mp_error *err)
{
    mp_token_state *state;
    const mp_json  *shown;
    mp_jsonw        w;
    mp_code         code = MP_OK;
    MP_TRY(mp_token_state_take(&state, access, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("keys"));
    mp_jsonw_array(&w);
    for (size_t i = 0; code == MP_OK && i < state->key_count; i++) {
        code = mp_jwk_show(&shown, state->keys[i], arena, err);
        if (code == MP_OK)
            mp_jsonw_value(&w, shown);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_token_state_give(access, state);
    MP_TRY(code);
    *jwks = mp_jsonw_done(&w);
    return *jwks ? MP_OK : mp_no_memory(err);
}
