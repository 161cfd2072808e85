/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - OAuth 2.0 tokens (RFC 6749, 4.4) as JWT (RFC 7519, RS256), their keys (RFC 7517), and the
 * documents that clients look for.
 *
 * The contract is that of Azure's clients: issuer BASE/{tenant}/v2.0; claims aud (as asked), iss, iat, nbf,
 * exp, tid, oid, sub, appid, ver, idtyp, and jti (ours: so that one can be revoked). A token is accepted
 * when: RS256 and no other algorithm, a kid of ours, the signature, issuer, time (60 seconds of grace for
 * nbf), an audience of ours, and its program is active and was not changed so that tokens ended. */
#ifndef MAPAE_ACCESS_TOKEN_H
#define MAPAE_ACCESS_TOKEN_H

#include "sign_in.h"

extern const mp_kind mp_signing_key_kind, mp_token_kind /* revoked ones */;

typedef enum mp_token_fault { /* which answer a refused token gets */
    MP_TOKEN_OK,
    MP_TOKEN_ABSENT,
    MP_TOKEN_MALFORMED,
    MP_TOKEN_FORGED,  /* signature, algorithm, key, issuer */
    MP_TOKEN_EXPIRED,
    MP_TOKEN_AUDIENCE,
    MP_TOKEN_REVOKED,
} mp_token_fault;

/* client_credentials. `audience` is the scope without "/.default", or `resource`. Fails with MP_CREDENTIALS,
 * MP_PARAMETER (audience), MP_BUSY. Writes its leaf. */
MP_MUST_CHECK mp_code mp_token_issue(mp_str *token, unsigned *lives_seconds, unsigned *retry_seconds, mp_access *access,
                                     mp_str client_id, mp_str client_secret, mp_str audience, const mp_asked *asked,
                                     mp_ticks now, mp_arena *arena, mp_error *err);
/* Fails with MP_CREDENTIALS; *fault says which way. */
MP_MUST_CHECK mp_code mp_token_who(mp_who *out, mp_token_fault *fault, mp_access *access, mp_str token, mp_ticks now,
                                   mp_arena *arena, mp_error *err);
/* A token of one's own making, for scripts of a person (mapae token): the same form, idtyp "user", at most
 * `seconds`. */
MP_MUST_CHECK mp_code mp_token_for(mp_str *token, mp_str *id, mp_access *access, mp_str principal, unsigned seconds,
                                   mp_ticks now, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_token_revoke(mp_access *access, mp_tx *tx, mp_str id, mp_ticks expires_at, mp_error *err);
MP_MUST_CHECK mp_code mp_token_keys(const mp_json **jwks, mp_access *access, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_token_rotate(mp_access *access, mp_tx *tx, mp_error *err);
/* /.well-known/openid-configuration; `adfs`: with BASE/adfs endpoints; `tenant`: as the client wrote it. */
MP_MUST_CHECK mp_code mp_openid_configuration(const mp_json **out, mp_access *access, bool adfs, mp_str tenant,
                                              mp_arena *arena, mp_error *err);

#endif
