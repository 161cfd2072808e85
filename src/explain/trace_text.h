/* SPDX-License-Identifier: Apache-2.0 */
/* trace_text.h - the record of an evaluation as an indented tree for people, and as JSON for programs.
 *
 *   ✗ false  allOf
 *   ├─ ✓ true   type equals "Microsoft.Storage/storageAccounts"
 *   │           found "Microsoft.Storage/storageAccounts"
 *   └─ ✗ false  Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly notEquals true
 *               found true at properties.supportsHttpsTrafficOnly
 *
 * Nothing is left out or cut: long lines go on in the next one, below where their text began. What stands in
 * documents is made harmless for a terminal. */
#ifndef MAPAE_EXPLAIN_TRACE_TEXT_H
#define MAPAE_EXPLAIN_TRACE_TEXT_H

#include "judge.h"
#include "messages.h"

typedef struct mp_trace_view {
    mp_lang    lang;
    bool       color;
    unsigned   columns; /* where lines are broken; 0: nowhere */
    mp_judge  *judge;   /* its verdict number 0 is explained */
    const mp_definition *definition;
    bool       no_lines;     /* the policy's text has none that anybody could look at */
    bool       of_related;   /* the trace is that of an existence condition */
    bool       only_deciding; /* only what made the outcome what it is */
    mp_str     indent;  /* in front of every line */
} mp_trace_view;

/* Append the tree. Shortage of memory is noted in `out`. */
void mp_trace_text(mp_buf *out, const mp_trace_view *view, const mp_trace *trace);
/* Append one JSON object on one line. */
void mp_trace_json(mp_buf *out, const mp_trace_view *view, const mp_trace *trace);

/* "field equals wanted", as the policy writes it. Memory is the arena's; empty when it is short. */
mp_str mp_trace_condition(const mp_condition *c, mp_arena *arena);
/* The line of the policy's text on which a condition begins; 0 when it is not known. */
uint32_t mp_trace_line(const mp_definition *d, const mp_condition *c);

/* Append `text` behind `head` (which may hold colours and takes `columns`), broken at view->columns; what is
 * broken goes on behind `rest`, which takes as many columns. Ends the line. */
void mp_trace_wrapped(mp_buf *out, const mp_trace_view *view, mp_str head, mp_str rest, size_t columns,
                      mp_str text);

#endif
