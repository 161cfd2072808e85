/* SPDX-License-Identifier: Apache-2.0 */
/* versions.h - the versions of policy definitions and initiatives.
 *
 * The record of a definition is the version that was stored at it last, and judges wherever nothing else is asked for. The versions that it had before stay beside it, as
 * records of kinds of their own, until they are deleted: for the assignments and initiatives that ask for one (definitionVersion, overrides of the version). What is asked
 * for is a pattern such as "1.*.*" (policy_version.h); of the versions that suit it the newest is taken. */
#ifndef MAPAE_COMPLIANCE_VERSIONS_H
#define MAPAE_COMPLIANCE_VERSIONS_H

#include "objects.h"

/* key: that of the definition, "/versions/" and the version; body: the object as it was stored. index: id (of the definition), policyDefinitionId (of initiatives: what
 * members refer to) */
extern const mp_kind mp_policy_definition_version_kind, mp_policy_set_version_kind;
/* Where earlier versions of that kind of object are kept; NULL: it has none. */
const mp_kind *mp_versions_kind(mp_object_kind kind);

typedef struct mp_policy_version {
    mp_str         version;
    const mp_json *body; /* of the object in this version */
    bool           is_current;
} mp_policy_version;

typedef struct mp_policy_versions {
    mp_policy_version *list; /* the newest first */
    size_t             count;
} mp_policy_versions;

typedef struct mp_versions_asked {
    mp_object_kind        kind; /* MP_OBJECT_DEFINITION, MP_OBJECT_SET */
    mp_str                key;
    mp_ticks              as_of;   /* 0: now */
    const mp_rule_change *changes; /* in place of what is stored: what is only foreseen */
    size_t                change_count;
} mp_versions_asked;

/* Within a read. Fails with MP_MISSING (there is no such object), MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_versions_read(mp_policy_versions *out, mp_tx *tx, const mp_versions_asked *asked, mp_arena *arena, mp_error *err);
/* The same, when the present record is at hand already. */
MP_MUST_CHECK mp_code mp_versions_beside(mp_policy_versions *out, mp_tx *tx, const mp_versions_asked *asked, const mp_json *current, mp_arena *arena, mp_error *err);
/* *any: some object has an earlier version, so that it is worth looking for one. */
MP_MUST_CHECK mp_code mp_versions_are_kept(bool *any, mp_tx *tx, mp_ticks as_of, mp_error *err);

/* The current one; NULL: there is none. */
const mp_policy_version *mp_version_current(const mp_policy_versions *all);
/* The one that judges where this pattern asks; empty: the current one. NULL: none suits. */
const mp_policy_version *mp_version_chosen(const mp_policy_versions *all, mp_str pattern);
/* That of this name, without case, or NULL. */
const mp_policy_version *mp_version_find(const mp_policy_versions *all, mp_str version);

/* Within a write: `body` is about to take the place of `old` (NULL: there is none), which stays when its version is another. */
MP_MUST_CHECK mp_code mp_versions_keep(mp_tx *tx, mp_object_kind kind, mp_str key, const mp_json *old, const mp_json *body, mp_error *err);
/* With the object itself. */
MP_MUST_CHECK mp_code mp_versions_forget(mp_tx *tx, mp_object_kind kind, mp_str key, mp_arena *arena, mp_error *err);

/* Make or replace one version. `what->place` is that of the definition. A version that is newer than the current one, or the current one itself, becomes what is stored at the
 * definition; an earlier one comes beside it. Fails as mp_object_put() does, and with MP_PARAMETER when the body says another version. */
MP_MUST_CHECK mp_code mp_version_put(mp_policy_version *out, bool *is_new, mp_object_fault *fault, mp_tx *tx, const mp_object_write *what, mp_str version, mp_arena *arena,
                                     mp_error *err);
/* Not the current one, and none that an assignment or an initiative is judged with (MP_CONFLICT). Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_version_delete(mp_object_fault *fault, mp_tx *tx, mp_object_kind kind, mp_str key, mp_str version, mp_arena *arena, mp_error *err);

#endif
