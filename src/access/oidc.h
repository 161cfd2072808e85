/* SPDX-License-Identifier: Apache-2.0 */
/* oidc.h - sign-in through an outside OpenID provider: authorization code flow with PKCE (OpenID Connect Core
 * 3.1, RFC 7636, RFC 9700).
 *
 * A provider is a record: id displayName issuer clientId scopes[] userClaim(sub|email|preferred_username)
 * groupsClaim groupMap[{value, group}] createsUsers trustsFactor linksExisting (a first sign-in may be linked
 * to an account that is in use; else to an invitation only) isEnabled allowsLoopbackHttp (for tests: http to
 * this machine's own addresses); its client secret (clientSecret in mp_provider_put; null removes it) stands
 * sealed. Another issuer is another provider: the links of people end, and the old secret is not sent there.
 * Discovery and keys are fetched (libcurl, TLS verified, 10 s, 1 MiB) and kept for an hour. */
#ifndef MAPAE_ACCESS_OIDC_H
#define MAPAE_ACCESS_OIDC_H

#include "sign_in.h"

extern const mp_kind mp_provider_kind, mp_outside_identity_kind /* which person of a provider is which user */;

MP_MUST_CHECK mp_code mp_provider_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                      int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_provider_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err);
/* Where to send the browser; `*state_cookie` binds the answer to this browser. Speaks to the provider. Fails
 * with MP_MISSING, MP_UNAVAILABLE. */
MP_MUST_CHECK mp_code mp_oidc_begin(mp_str *location, mp_str *state_cookie, mp_access *access, mp_str provider,
                                    mp_str return_to, mp_ticks now, mp_arena *arena, mp_error *err);
/* What came back. Checks state, iss, nonce, PKCE, signature, audience, time; finds or makes the user.
 * *return_to is a path of ours. Fails with MP_CREDENTIALS, MP_DENIED (no such user, and none may be made),
 * MP_UNAVAILABLE. */
MP_MUST_CHECK mp_code mp_oidc_finish(mp_signed_in *out, mp_str *return_to, mp_access *access, mp_str state_cookie,
                                     mp_str state, mp_str code, mp_str iss, const mp_asked *asked, mp_ticks now,
                                     mp_arena *arena, mp_error *err);

#endif
