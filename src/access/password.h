/* SPDX-License-Identifier: Apache-2.0 */
/* password.h - what a password must be, and how it is kept: Argon2id (RFC 9106), few at a time.
 *
 * The rules, and where they come from:
 *   - length by classes of characters: 10 with two, 8 with three (CSAP 10.3.4, ISMS-P 2.5.4: complexity; the
 * figures are those of the Korean standard for measures that keep personal information safe, in its edition
 * of 2020)
 *   - nothing that is easily guessed: the user's own name or address, runs of the same or of neighbouring
 * characters (the same standard; NIST SP 800-63B, 5.1.1.2: "repetitive or sequential characters",
 * "context-specific words")
 *   - none that is known from breaches (NIST SP 800-63B, 5.1.1.2): a list of ours of what is used most, and a
 * file of the site's */
#ifndef MAPAE_ACCESS_PASSWORD_H
#define MAPAE_ACCESS_PASSWORD_H

#include "access.h"
#include "sign_in_limits.h"

#define MP_PASSWORD_MAX 512  /* bytes */
#define MP_PASSWORD_HASH 128 /* bytes of its text, with the NUL */

/* All rules that need no old passwords. Names may be empty. Fails with MP_PARAMETER, and MP_IO, MP_FORMAT
 * (the file of breached passwords). */
MP_MUST_CHECK mp_code mp_password_rules(const mp_sign_in_limits *rules, mp_str password, mp_str user_name,
                                        mp_str email, mp_error *err);

/* Is it, or its stem (without case, digits and signs around it, and letters written as signs), one of those
 * used most? */
bool mp_password_is_common(mp_str password);
/* `path` has a password a line, or SHA-1 in hex with or without ":COUNT" (as Have I Been Pwned gives them),
 * sorted bytewise. It is searched where it lies. */
MP_MUST_CHECK mp_code mp_password_in_file(bool *found, const char *path, mp_str password, mp_error *err);

/* Only argon_at_once threads are between enter and leave at a time; more wait, and when too many wait it is
 * MP_BUSY. What decides whether somebody may try, and what counts his failure, happens in between: so nobody
 * tries many at once before the first failure is counted. */
MP_MUST_CHECK mp_code mp_hasher_enter(mp_access *access, mp_error *err);
void                  mp_hasher_leave(mp_access *access);
/* Within. An empty `hash` costs the same, and is never right. *is_old (may be NULL): right, but made with
 * other limits: hash it again. */
bool                  mp_password_is(mp_access *access, bool *is_old, mp_str hash, mp_str password);
MP_MUST_CHECK mp_code mp_password_hash(char out[MP_PASSWORD_HASH], mp_access *access, mp_str password,
                                       mp_error *err);

#endif
