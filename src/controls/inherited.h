/* SPDX-License-Identifier: Apache-2.0 */
/* inherited.h - what a provider's measure says of our controls: parts of kind MP_PART_INHERITED.
 *
 * A measure of the same edition says it control by control. One of another edition or framework says it through
 * the mappings between the two, and how much it says depends on the relation of his control to ours:
 *
 *   equal, superset   his control demands all that ours does: his state stands for ours, as in one edition
 *   subset            it demands a part of it: one part more, beside our own
 *   intersects        it is shown and counts for nothing, for nobody says what the two have in common
 *   none              shown as such; our own parts are all there is */
#ifndef MAPAE_CONTROLS_INHERITED_H
#define MAPAE_CONTROLS_INHERITED_H

#include "measure.h"
#include "score.h"

/* The provider's. Everything but `measure` and `is_closed` may be missing: then he measures nothing. */
typedef struct mp_provider {
    mp_str measure;
    const mp_frameworks *all;
    const mp_framework *framework; /* that his measure is of */
    const mp_scored *const *scored; /* how its controls stand there, by their places in the catalogue; NULL: he does not measure it */
    bool is_closed;                /* and who asks may not see it */
} mp_provider;

/* Beside a part of kind inherited (mp_part.more). */
typedef struct mp_inherited {
    const mp_framework *framework; /* another one than ours, and his control there; NULL: the same */
    const mp_control *control;     /* NULL: nothing there answers ours */
    mp_relation relation;          /* of his control to ours */
    bool is_stated;                /* by a source; else inferred */
    mp_words note;
} mp_inherited;

/* At `out`, for a control of `framework`; how many. */
size_t mp_inherited_parts(mp_part *out, const mp_provider *provider, const mp_framework *framework,
                          const mp_control *ours, mp_arena *arena, bool *failed);
/* At most so many. */
size_t mp_inherited_most(const mp_provider *provider, const mp_framework *framework, const mp_control *ours);
/* Is what he says all that there is to say, where the control is his? */
bool mp_inherited_is_whole(const mp_provider *provider, const mp_framework *framework, const mp_control *ours);

#endif
