/* SPDX-License-Identifier: Apache-2.0 */
/* directory_internal.h - what users.c, groups.c, programs.c and lifecycle.c share. All within a write; what
 * is made lives in the transaction's arena. */
#ifndef MAPAE_ACCESS_DIRECTORY_INTERNAL_H
#define MAPAE_ACCESS_DIRECTORY_INTERNAL_H

#include "directory.h"
#include "jsonw.h"

/* A GUID in lower case: the one given, or a new one. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_directory_id(mp_str *out, mp_tx *tx, mp_str id, mp_error *err);
/* A name for people, trimmed. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_directory_name(mp_str *out, const mp_json *body, const char *member,
                                        mp_str otherwise, mp_error *err);
/* A text that may be absent. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_directory_text(mp_str *out, const mp_json *body, const char *member, size_t max,
                                        mp_error *err);
void mp_directory_put_str(mp_jsonw *w, const char *member, mp_str value); /* nothing when it is empty */
/* What stands there now; NULL: nothing, and nobody else has the id. Fails with MP_CONFLICT when it has left,
 * MP_EXISTS. */
MP_MUST_CHECK mp_code mp_directory_old(const mp_json **body, mp_tx *tx, const mp_kind *kind, mp_str id, mp_error *err);
/* Has another record than `id` this value of a unique index? The store would refuse it too, and could not say
 * it so well. */
MP_MUST_CHECK mp_code mp_directory_is_taken(bool *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value,
                                            mp_str id, mp_error *err);
/* A user or program that has not left. Fails with MP_MISSING, MP_CONFLICT. */
MP_MUST_CHECK mp_code mp_directory_principal(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str id, mp_error *err);
/* What a caller cannot change: since when it is there, and what only we write. `old` NULL: it is new. */
void mp_directory_put_kept(mp_jsonw *w, mp_tx *tx, const mp_json *old);
/* Write, and say that memory is old. A NULL body is MP_NOMEM. */
MP_MUST_CHECK mp_code mp_directory_put(mp_record *out, mp_access *access, mp_tx *tx, const mp_kind *kind,
                                       mp_str id, const mp_json *body, int64_t expected, mp_error *err);
/* {"MEMBER": null}; NULL when memory is short. */
const mp_json *mp_directory_null(mp_arena *arena, const char *member);
/* mp_program_leave, of identities too. */
MP_MUST_CHECK mp_code mp_program_end(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err);
/* Take a principal out of every group. *removed is added to. */
MP_MUST_CHECK mp_code mp_groups_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal,
                                      mp_error *err);

#endif
