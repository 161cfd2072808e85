/* SPDX-License-Identifier: Apache-2.0 */
/* score_show.h - how a framework stands, as plain JSON: what the API answers, tables show and forms render.
 * Texts stand as
 * {"ko", "en"}; points are numbers of at most three decimals, percents of at most two.
 *
 *   {"framework", "edition", "title", "scheme"?, "schemeTitle"?, "measure"?: {"name", "title"?, ...}, "scopes":
 * [...], "asOf", "score": {"percent"?, "points", "most"}, "count", "states": {STATE: n}, "sources": {SOURCE:
 * {"parts", "points", "most"}}, "coverage": {"applicable", "machine", "part", "person", "gaps", "judged",
 * "inherited", "text"}, "groups": [{"id", "label", "title", "count", "states", "points", "most", "percent"?}],
 *    "controls": [{"id", "label", "title", "group", "state", "weight", "points", "most", "checkedBy",
 * "responsibility", "required", "nature", "why"?, "gap"?, "justification"?, "exclusion"?, "parts": [{"kind",
 * "source", "state", "why", "reason", "points", "most", "name", "text"?, "counts"?, "definition"?, "pieces"?, "ids"}]}], "actions":
 * [{"kind", "name"?, "control"?, "title"?, "controls", "parts", "verdicts"?, "gain", "percent", "text"}], "together"?:
 * {"points", "percent"}, "reuse": [{"policy", "title"?, "controls": [{"framework", "id", "label", "title"}]}]}
 *
 * `percent` is absent where nothing applies. States, kinds, sources and whys are the names of score.h. */
#ifndef MAPAE_CONTROLS_SCORE_SHOW_H
#define MAPAE_CONTROLS_SCORE_SHOW_H

#include "control_score.h"
#include "jsonw.h"
#include "time_put.h"

/* The whole; actions are worked out here. `at`: the time it is of. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_score_show(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_ticks at,
                                    mp_error *err);
/* An object of all but groups, controls, actions and reuse. */
void mp_score_show_brief(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_ticks at);

/* Members of an object. */
void mp_points_put(mp_jsonw *w, const char *name, int64_t thousandths);
void mp_percent_put(mp_jsonw *w, const char *name, int hundredths); /* nothing for -1 */
void mp_states_put(mp_jsonw *w, const mp_tally_of *tally); /* "states" */

#endif
