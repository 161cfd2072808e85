/* SPDX-License-Identifier: Apache-2.0 */
/* policy_titles.h - what the policies of a score are called.
 *
 * As their definitions say, as they were then: "metadata.localized.ko.displayName" where there is one, which
 * ours have, else "displayName". What comes with Mapae has its title also where it was never taken in. A policy
 * that nothing is known of keeps its name alone. */
#ifndef MAPAE_CONTROLS_POLICY_TITLES_H
#define MAPAE_CONTROLS_POLICY_TITLES_H

#include "control_score.h"

/* Sets mp_part.text of all policies; texts are the arena's. Within a read; it costs one record for each policy,
 * so it is for those who show parts. */
MP_MUST_CHECK mp_code mp_policy_titles(mp_score *score, mp_tx *tx, mp_ticks as_of, mp_arena *arena, mp_error *err);

#endif
