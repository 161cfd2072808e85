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
/* What stands there now, if anything. Fails with MP_CONFLICT when it has left. */
MP_MUST_CHECK mp_code mp_directory_old(mp_record *out, bool *is_there, mp_tx *tx, const mp_kind *kind,
                                       mp_str id, mp_error *err);
/* Write, and say that memory is old. A NULL body is MP_NOMEM. */
MP_MUST_CHECK mp_code mp_directory_put(mp_record *out, mp_access *access, mp_tx *tx, const mp_kind *kind,
                                       mp_str id, const mp_json *body, int64_t expected, mp_error *err);
/* {"MEMBER": null}; NULL when memory is short. */
const mp_json *mp_directory_null(mp_arena *arena, const char *member);
/* Take a principal out of every group. *removed is added to. */
MP_MUST_CHECK mp_code mp_groups_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal,
                                      mp_error *err);

#endif
