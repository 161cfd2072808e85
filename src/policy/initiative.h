/* SPDX-License-Identifier: Apache-2.0 */
/* initiative.h - read initiatives (policySetDefinitions): references to definitions, and what each
 * passes to them.
 *
 * Microsoft Learn, "Azure Policy initiative definition structure". */
#ifndef MAPAE_POLICY_INITIATIVE_H
#define MAPAE_POLICY_INITIATIVE_H

#include "check.h"
#include "definition.h"
#include "policy_version.h"

typedef struct mp_passed {
    mp_str         name;
    const mp_json *node;  /* of the value */
    mp_template   *value; /* depends on the initiative's parameters */
} mp_passed;

typedef struct mp_reference {
    const mp_json  *node;
    mp_str          id; /* policyDefinitionReferenceId, or one made up */
    mp_str          definition_id;
    mp_str          version; /* pattern; may be empty */
    mp_passed      *passed;
    uint32_t        passed_count;
    const uint32_t *groups; /* indexes */
    uint32_t        group_count;
    bool            is_valid; /* understood without errors */
} mp_reference;

typedef struct mp_initiative_document {
    mp_initiative head; /* first: what checks point to */
    const mp_json *node;
    mp_parameter  *parameters;
    uint32_t       parameter_count;
    mp_reference  *references;
    uint32_t       reference_count;
    bool           is_valid; /* its parameters were understood; references are judged one by one */
    bool           is_examined; /* what its references refer to was looked at (unfold.c) */
} mp_initiative_document;

/* `node` looks like an initiative: it has an array policyDefinitions. */
bool mp_initiative_is(const mp_json *node);

/* Parse the initiative at `node` of `source`. What is wrong is in `d`. Everything lives in `arena`, and
 * borrows from the text. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_initiative_parse(mp_initiative_document **out, const mp_source_text *source,
                                          const mp_json *node, mp_arena *arena, mp_diagnostics *d,
                                          mp_error *err);

#endif
