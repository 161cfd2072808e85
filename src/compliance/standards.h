/* SPDX-License-Identifier: Apache-2.0 */
/* standards.h - assigned initiatives of regulatory compliance, by control: what Microsoft.Security shows as standards
 * (arm-api, section 10).
 *
 * A standard is an initiative whose metadata.category is "Regulatory Compliance" and that is assigned in a
 * subscription, or above or below it; its controls are its groups, the assessments of a control the members of the
 * group. Resources are those that the assignments judge in that subscription. */
#ifndef MAPAE_COMPLIANCE_STANDARDS_H
#define MAPAE_COMPLIANCE_STANDARDS_H

#include "verdicts.h"

typedef enum mp_standing {
    MP_STANDING_FAILED,
    MP_STANDING_PASSED,
    MP_STANDING_SKIPPED,
    MP_STANDING_UNSUPPORTED,
    MP_STANDINGS
} mp_standing;
extern const char *const mp_standing_names[MP_STANDINGS]; /* "Failed", ... */

typedef struct mp_standard_part {
    mp_str   name;      /* of the initiative; of the group; of the definition */
    mp_str   text;      /* display name; description of the group */
    mp_str   id;        /* of the initiative or definition; empty for a control */
    uint64_t counts[MP_STANDINGS]; /* controls of a standard, assessments of a control, resources of an assessment */
    mp_standing standing; /* Failed when one below is, else Passed when one is, else Skipped when one is */
    struct mp_standard_part *first, *next; /* parts of it; the next beside it */
} mp_standard_part;

/* In the order of names. All in the arena. `subscription` is its key. */
MP_MUST_CHECK mp_code mp_standards_read(mp_standard_part **out, mp_tx *tx, const mp_rulebook *book,
                                        mp_str subscription, mp_arena *arena, mp_error *err);
/* The part of this name (any case), or NULL. */
const mp_standard_part *mp_standard_find(const mp_standard_part *first, mp_str name);

#endif
