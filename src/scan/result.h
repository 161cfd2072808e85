/* SPDX-License-Identifier: Apache-2.0 */
/* result.h - what a scan says: one record for each resource and policy that meet, and the sums.
 *
 * Everything here is plain data, borrowed from the scan, and in no language but the identifiers':
 * src/report makes text of it. */
#ifndef MAPAE_SCAN_RESULT_H
#define MAPAE_SCAN_RESULT_H

#include <mapae/inventory.h>

#include "clock.h"
#include "verdict.h"

/* ---- what is judged ---- */

/* A control group (policyDefinitionGroups of an initiative). */
typedef struct mp_scan_group {
    mp_str   name;         /* the control's id: "2.6.1" */
    mp_str   display_name; /* may be empty */
    mp_str   category;     /* may be empty */
    uint32_t initiative;   /* index */
    mp_tally resources;    /* distinct resources by their rolled-up state in this group */
    mp_tally policies;     /* policies of the group by their rolled-up state */
} mp_scan_group;

/* One policy as one assignment applies it. */
typedef struct mp_scan_check {
    mp_str          policy_id;    /* definition id; file#name when it has none */
    mp_str          policy_name;
    mp_str          display_name; /* may be empty */
    mp_str          description;
    mp_str          category;
    mp_str          version;
    mp_str          severity;     /* metadata.severity when given */
    mp_str          reference_id; /* within the initiative; empty outside */
    mp_str          assignment_id; /* empty when none was given */
    mp_str          initiative_id; /* empty when none */
    mp_str          effect;       /* as the policy spells it, parameters applied */
    mp_str          mode;
    const uint32_t *groups;       /* indexes into mp_scan_summary.groups */
    uint32_t        group_count;
    mp_tally        resources;    /* by state; one resource counts once */
    mp_str          not_evaluated; /* why the whole policy is not evaluated ("mode"), else empty */
    const mp_json  *localized;    /* metadata.localized, {"ko": {"displayName", "description"}}; or NULL */
} mp_scan_check;

typedef struct mp_scan_initiative {
    mp_str         id, name, display_name, description, version;
    mp_str         assignment_id;
    mp_tally       resources; /* distinct resources by their rolled-up state */
    const mp_json *metadata;  /* or NULL */
} mp_scan_initiative;

/* ---- one record ---- */

typedef mp_decided mp_scan_condition;
typedef mp_reason  mp_scan_reason;
#define mp_scan_reasons mp_reasons

typedef struct mp_scan_record {
    const mp_resource *resource;
    const mp_origin   *origin;
    uint32_t           check; /* index into the checks */
    mp_state           state;
    mp_str             effect; /* for this resource, overrides applied; empty: the check's */
    mp_scan_reason     reason;
    mp_str             detail; /* what the reason is about: a related type, an exemption's name, an
                                * error's sentence, a mode; may be empty */
    const mp_scan_condition *conditions; /* those that decided; all of them, never cut */
    uint32_t           condition_count;
    mp_ticks           time;
} mp_scan_record;

/* ---- sums ---- */

typedef struct mp_scan_worst {
    mp_str   id, type, name;
    uint32_t non_compliant; /* policies */
    uint32_t total;
    const uint32_t *checks; /* indexes of those it does not comply with, at most MP_SCAN_WORST_CHECKS */
    uint32_t check_count;
} mp_scan_worst;

#define MP_SCAN_WORST 20
#define MP_SCAN_WORST_CHECKS 8

typedef struct mp_scan_type {
    mp_str   type;
    mp_tally resources; /* distinct resources by their rolled-up state */
    uint64_t documents; /* read, whether any policy applies or not */
} mp_scan_type;

/* A document that was not judged. The first MP_SCAN_PROBLEMS are kept with their place. */
typedef struct mp_scan_problem {
    mp_origin origin;
    mp_code   code;
    mp_pos    pos;
    mp_str    message;
} mp_scan_problem;

#define MP_SCAN_PROBLEMS 1000

typedef struct mp_scan_summary {
    mp_tally  resources; /* distinct resources by rolled-up state; those no policy applies to are not in */
    mp_tally  pairs;     /* resource and policy */
    uint64_t  documents; /* read as resources */
    uint64_t  duplicates; /* further documents of a resource already read: left out */
    uint64_t  absent;     /* documents of resources that are no more, and of past states: not judged */
    uint64_t  without_policy; /* resources that no policy applies to */
    uint64_t  bad_documents;
    uint64_t  policy_errors; /* findings in policies, assignments, exemptions: those were left out */
    const mp_scan_check      *checks;
    uint32_t                  check_count;
    const mp_scan_group      *groups;
    uint32_t                  group_count;
    const mp_scan_initiative *initiatives;
    uint32_t                  initiative_count;
    const mp_scan_worst      *worst; /* most non-compliant first */
    uint32_t                  worst_count;
    const mp_scan_type       *types; /* by name */
    uint32_t                  type_count;
    const mp_scan_problem    *problems;
    uint32_t                  problem_count;
    mp_ticks                  started; /* UTC */
    double                    seconds;
    uint64_t                  bytes; /* of inventory text */
} mp_scan_summary;

#endif
