/* SPDX-License-Identifier: Apache-2.0 */
/* assignment.h - read policy assignments.
 *
 * Microsoft Learn, "Azure Policy assignment structure". */
#ifndef MAPAE_POLICY_ASSIGNMENT_H
#define MAPAE_POLICY_ASSIGNMENT_H

#include "bind.h"

typedef struct mp_assignment_document {
    mp_assignment      head; /* first: what checks point to */
    const mp_json     *node;
    mp_str             policy_id; /* of the definition or initiative that it assigns */
    mp_str             version;   /* pattern; may be empty */
    mp_given          *given;     /* its parameters */
    size_t             given_count;
    const mp_override *overrides; /* as written: of references and of resources */
    uint32_t           override_count;
    const mp_json     *messages; /* nonComplianceMessages, or NULL */
    bool               is_valid; /* understood without errors: else it assigns, but nothing is judged */
} mp_assignment_document;

/* `node` looks like an assignment: it has a policyDefinitionId, and no reference's or exemption's members. */
bool mp_assignment_is(const mp_json *node);

/* Parse the assignment at `node` of `source`. What is wrong is in `d`; *out is the assignment as far as it was
 * understood. Everything lives in `arena`, and borrows from the text. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_assignment_parse(mp_assignment_document **out, const mp_source_text *source,
                                          const mp_json *node, mp_arena *arena, mp_diagnostics *d,
                                          mp_error *err);

/* What the assignment says to those who do not comply: the message for that reference, else the one for
 * all; empty when there is none. `assignment` is one that mp_assignment_parse() made. */
mp_str mp_assignment_message(const mp_assignment *assignment, mp_str reference_id);
/* Its parameters as they were written, {"name": {"value": ...}}; NULL: none. */
const mp_json *mp_assignment_parameters(const mp_assignment *assignment);

#endif
