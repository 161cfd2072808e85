/* SPDX-License-Identifier: Apache-2.0 */
/* edition_move.h - what changes when a measure goes to another edition (or to another framework that is mapped to its own): which
 * controls go, come and are worded otherwise, how each stands before and would stand after, and what people said that stays behind.
 *
 *   {"kind": "edition-move", "measure", "from": HEAD, "to": HEAD, "basis"?, "asOf",
 *    "totals": {"removed", "added", "moved", "renamed", "changed", "same", "answers", "exclusions", "findings", "decisions"},
 *    "rows": [{"what", "changes", "relation"?, "stated"?, "from"?: SIDE, "to"?: SIDE, "answers", "exclusions", "findings", "decisions"}]}
 *
 * HEAD as mp_score_show_brief() writes it, SIDE is {"id", "label", "title", "state"}. What is said of a control is said of its edition: it
 * is neither lost nor carried over, but counts no more in the measure. Of a control that becomes two it is counted in the first row, so that the
 * rows add up to the totals. Nothing is changed by asking. */
#ifndef MAPAE_CONTROLS_EDITION_MOVE_H
#define MAPAE_CONTROLS_EDITION_MOVE_H

#include "framework_difference.h"
#include "said.h"
#include "score_compare.h"
#include "statement.h"

typedef struct mp_edition_move {
    mp_compared from, to; /* the same measure, scored by both */
    const mp_said *said;  /* of the edition it leaves */
    const mp_control_decision *decided;
    size_t decided_count;
} mp_edition_move;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_edition_move_show(mp_jsonw *w, const mp_edition_move *move, mp_error *err);

#endif
