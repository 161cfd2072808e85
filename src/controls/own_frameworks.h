/* SPDX-License-Identifier: Apache-2.0 */
/* own_frameworks.h - frameworks that an installation brought itself, as records with their history.
 *
 * A record is a framework in one piece:
 *
 *   {"id": "acme-2026", "version": "1.2", "documents": {"catalog.json": {"catalog": ...}, "web.profile.json": {"profile": ...},
 *                                                       "answers.json": ..., "mappings/acme-csap.json": ...}}
 *
 * Names of documents are those of catalog/frameworks.h without the folder. As a file the same stands in {"framework": {...}}. What is stored was read
 * as a whole together with all others: nothing half, nothing that the frameworks in memory could not hold. */
#ifndef MAPAE_CONTROLS_OWN_FRAMEWORKS_H
#define MAPAE_CONTROLS_OWN_FRAMEWORKS_H

#include "frameworks.h"
#include "records.h"

extern const mp_kind mp_framework_kind; /* "framework", by id */

#define MP_FRAMEWORKS_OWN 50                       /* of one installation */
#define MP_FRAMEWORK_BYTES ((size_t)8 << 20)       /* of one, as text */
#define MP_FRAMEWORK_DOCUMENTS 200                 /* of one */

/* ---- one of them ---- */

typedef struct mp_own_framework {
    mp_str         id, version;
    const mp_json *documents; /* an object */
} mp_own_framework;

/* Of a record's body, or of the value of "framework" in a file. Names are checked, contents are not. Fails with MP_FORMAT, MP_LIMIT. */
MP_MUST_CHECK mp_code mp_own_framework_of(mp_own_framework *out, const mp_json *body, mp_error *err);
/* What somebody sent: a file as above, or a catalogue of OSCAL, which is then called `id`. `id` empty: as the file says. Values live as long as `text` and the arena.
 * Fails with MP_SYNTAX, MP_FORMAT, MP_PARAMETER (a catalogue without `id`), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_own_framework_sent(mp_own_framework *out, mp_str text, mp_str id, mp_arena *arena, mp_error *err);
/* The record's body, and the file. NULL when memory is short. */
const mp_json *mp_own_framework_body(const mp_own_framework *own, mp_arena *arena);
const mp_json *mp_own_framework_file(const mp_own_framework *own, mp_arena *arena);

/* One that comes with Mapae, with the mappings that go from it. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_own_framework_builtin(mp_own_framework *out, const mp_framework *framework, mp_arena *arena, mp_error *err);

/* ---- all of them ---- */

typedef struct mp_own_list {
    mp_own_framework *of; /* by id */
    size_t            count;
} mp_own_list;
/* As they are stored. Fails as the store does. */
MP_MUST_CHECK mp_code mp_own_list_read(mp_own_list *out, mp_tx *tx, mp_arena *arena, mp_error *err);
/* Built-in ones and these together, and `is_own` said. Fails as mp_frameworks_read() does. */
MP_MUST_CHECK mp_code mp_own_list_join(mp_frameworks *out, const mp_own_list *own, mp_arena *arena, mp_error *err);

/* ---- changes ---- */

typedef enum mp_framework_outcome { MP_FRAMEWORK_NEW, MP_FRAMEWORK_REPLACED, MP_FRAMEWORK_UNCHANGED, MP_FRAMEWORK_OUTCOMES } mp_framework_outcome;
const char *mp_framework_outcome_name(mp_framework_outcome outcome);

/* Within a write; `is_trial`: within a read, and nothing is stored. *all is everything as it would be then, *outcome what it would do. Fails with MP_EXISTS (the id of one that
 * comes with Mapae), MP_CONFLICT (the same version with other contents; in use by a measure, which keeps the edition it was judged by), MP_LIMIT, and as the
 * readers do. */
MP_MUST_CHECK mp_code mp_own_framework_put(mp_framework_outcome *outcome, mp_frameworks *all, mp_tx *tx, const mp_own_framework *own, bool is_trial, mp_arena *arena, mp_error *err);
/* Fails with MP_MISSING, MP_CONFLICT (in use; another own framework maps to it). */
MP_MUST_CHECK mp_code mp_own_framework_forget(mp_tx *tx, mp_str id, int64_t expected, mp_arena *arena, mp_error *err);

#endif
