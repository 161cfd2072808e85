/* SPDX-License-Identifier: Apache-2.0 */
/* directory.h - users, groups, programs, as records; their life from invitation to leaving.
 *
 * Bodies are what the API shows; secrets stand in a record of their own (credential), sealed with the
 * installation's key, and no function gives them.
 *
 *   user        id userName displayName email state(invited|active|suspended|left) mustChangePassword
 *               isStrong(has a second factor) createdAt lastSignInAt leftAt language tokensValidAfter
 *   group       id displayName description members[] (ids of users, programs, groups) createdAt
 *   program     id appId displayName description state(active|suspended|left) credentials[{keyId, hint,
 *               endsAt}] createdAt lastSignInAt leftAt tokensValidAfter identityOf (what it is the identity
 *               of; nobody signs in as such a one)
 *
 * Of a body that is put, the names, texts, members and mustChangePassword count; a member that is not there
 * is taken away, but for `members`, and the rest is ours: what was read can be changed and put back. A token
 * that was issued before tokensValidAfter is worth nothing. */
#ifndef MAPAE_ACCESS_DIRECTORY_H
#define MAPAE_ACCESS_DIRECTORY_H

#include "access.h"

extern const mp_kind mp_user_kind, mp_group_kind, mp_program_kind, mp_credential_kind, mp_session_kind, mp_lockout_kind;

/* Make or change (expected as in mp_record_put): checks that names are unique, members exist and form no
 * circle. An empty `id` makes one. Fails with MP_PARAMETER, MP_EXISTS, MP_CONFLICT, MP_REFERENCE. */
MP_MUST_CHECK mp_code mp_user_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                  int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_group_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                   int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_program_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                     int64_t expected, mp_error *err);
MP_MUST_CHECK mp_code mp_group_member(mp_access *access, mp_tx *tx, mp_str group, mp_str member, bool is_in,
                                      mp_error *err);
MP_MUST_CHECK mp_code mp_group_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err);

/* Suspend (sessions and tokens end), resume (also forgets a lock: mp_sign_in_unlock); `left` ends everything
 * at once: sessions, tokens, memberships, assignments, credentials. What he did stays in the ledger. *removed
 * (may be NULL) counts what was taken away. Fails with MP_MISSING, MP_CONFLICT (the last administrator). */
MP_MUST_CHECK mp_code mp_user_suspend(mp_access *access, mp_tx *tx, mp_str id, bool is_suspended, mp_error *err);
MP_MUST_CHECK mp_code mp_user_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err);
MP_MUST_CHECK mp_code mp_program_suspend(mp_access *access, mp_tx *tx, mp_str id, bool is_suspended, mp_error *err);
MP_MUST_CHECK mp_code mp_program_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err);

/* The identity by which something acts that is no person's: a program without secrets, called `name` and its id,
 * that belongs to `of` (an id; compared without case) and to nobody else. Another one of `of` leaves; what is
 * there already stays. Fails as mp_record_put. */
MP_MUST_CHECK mp_code mp_identity_keep(mp_access *access, mp_tx *tx, mp_str id, mp_str name, mp_str of, mp_error *err);
/* It goes, with all roles that it was given; not the one called `but` (an id; empty: all). */
MP_MUST_CHECK mp_code mp_identity_end(mp_access *access, mp_tx *tx, mp_str of, mp_str but, mp_error *err);

/* A single-use link for a new person, for one who forgot, and for the first administrator: BASE/setup#TOKEN.
 * `out` is shown once. */
MP_MUST_CHECK mp_code mp_setup_link(mp_str *out, mp_access *access, mp_tx *tx, mp_str user, mp_arena *arena,
                                    mp_error *err);

/* A new client secret: shown once. `ends_at` 0, or later than secret_days allow: as late as they allow. Fails
 * with MP_MISSING, MP_CONFLICT (left), MP_LIMIT (ten at a time), MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_program_secret(mp_str *secret, mp_str *key_id, mp_access *access, mp_tx *tx, mp_str id,
                                        mp_ticks ends_at, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_program_secret_end(mp_access *access, mp_tx *tx, mp_str id, mp_str key_id, mp_error *err);

#endif
