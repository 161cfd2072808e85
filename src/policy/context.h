/* SPDX-License-Identifier: Apache-2.0 */
/* context.h - what resourceGroup() and subscription() return. */
#ifndef MAPAE_POLICY_CONTEXT_H
#define MAPAE_POLICY_CONTEXT_H

#include <mapae/resource.h>

#include "function.h"

/* The id of the resource group that a resource is in, or of the subscription: the beginning of its id. ptr
 * NULL when it is in none. */
mp_str mp_context_id(mp_str resource_id, bool is_group);

/* The group or subscription of that id. `given` is its document, completed by what the id says and by what ARM
 * leaves out when it is not set; NULL when the document is unknown: then it is only what the id says. NULL
 * when there is neither, or memory is short. */
const mp_json *mp_context_document(const mp_json *given, mp_str id, bool is_group, mp_arena *arena);

/* Its argument, a document; of an unknown one (null) nothing is guessed: it fails, and what is true or
 * false nevertheless did not depend on it. */
extern const mp_function mp_known_group, mp_known_subscription;
/* Is that why an evaluation failed? */
bool mp_context_is_missing(const mp_error *error, bool *is_group);

#endif
