/* SPDX-License-Identifier: Apache-2.0 */
/* score_compare.h - two scores beside each other: of two dates, two scopes, two measures; or of two frameworks,
 * by their mapping where there is one.
 *
 *   {"from": HEAD, "to": HEAD, "points"?, "percent"?, "by": "control", "mapping" or "none", "basis"?, "sums":
 * {"better", "worse", "same", "only"}, "controls": [{"from"?: SIDE, "to"?: SIDE, "relation"?, "stated"?,
 * "change"}]}
 *
 * HEAD as mp_score_show_brief() writes it, SIDE is {"id", "label", "title", "state", "points", "most"}.
 * `change` is "better", "worse", "same", or "only" where one of the two has no such control; it compares
 * states, and points where they are equal. */
#ifndef MAPAE_CONTROLS_SCORE_COMPARE_H
#define MAPAE_CONTROLS_SCORE_COMPARE_H

#include "map.h"
#include "score_show.h"

typedef struct mp_compared {
    const mp_standing_of *of;
    const mp_score *score;
    mp_ticks at;
} mp_compared;

/* Fails with MP_MISSING: two frameworks without a mapping. */
MP_MUST_CHECK mp_code mp_scores_compare(mp_jsonw *w, const mp_compared *from, const mp_compared *to,
                                        mp_error *err);
/* The controls of a score, each under its id; the map is the caller's to free, also when it fails. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_scored_by_id(mp_map *out, const mp_score *score, mp_error *err);

#endif
