/* SPDX-License-Identifier: Apache-2.0 */
/* arm_policy.h - what the routes of policy objects and those of their versions share. Private to arm. */
#ifndef MAPAE_ARM_POLICY_H
#define MAPAE_ARM_POLICY_H

#include "arm_internal.h"
#include "objects.h"

/* What is shown of a stored object; NULL when memory is short. */
const mp_json *mp_arm_policy_shown(const mp_json *body, mp_arena *arena);
/* May the caller refer to what the body of such an object refers to? */
MP_MUST_CHECK mp_code mp_arm_policy_referred(mp_arm_call *call, mp_object_kind kind, mp_error *err);
/* Built-in ones are for whoever is signed in. */
MP_MUST_CHECK mp_code mp_arm_policy_readable(mp_arm_call *call, const char *action, mp_error *err);
/* Status of a refusal by the store of policy objects; 0: it is another failure. */
unsigned mp_arm_policy_status(mp_code code);
/* What a client is told when writing one failed with `code`: `said` is the error's code, if it is a refusal. */
MP_MUST_CHECK mp_code mp_arm_policy_told(mp_arm_call *call, bool is_locked, const char *said, mp_code code,
                                         const mp_error *why, mp_error *err);

/* ---- versions ---- */

/* A version as it is listed: `body` is the object as it is stored in that version. */
MP_MUST_CHECK mp_code mp_arm_version_write(mp_jsonw *w, mp_arm_call *call, const mp_json *body, mp_error *err);
/* All versions of the object that is stored, the newest first; how many are added to *count. */
MP_MUST_CHECK mp_code mp_arm_version_write_all(mp_jsonw *w, uint32_t *count, mp_tx *tx, mp_arm_call *call,
                                               mp_object_kind kind, const mp_record *record, mp_error *err);

/* $expand=LatestDefinitionVersion,EffectiveDefinitionVersion: the body of an assignment or a set with them; as it is
 * when neither is wanted. */
MP_MUST_CHECK mp_code mp_arm_version_expand(const mp_json **out, mp_tx *tx, mp_arm_call *call, mp_object_kind kind,
                                            const mp_json *body, mp_error *err);

#endif
