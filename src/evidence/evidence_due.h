/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_due.h - who is to renew what by when: evidence that is stale, that soon will be, and that is missing. */
#ifndef MAPAE_EVIDENCE_DUE_H
#define MAPAE_EVIDENCE_DUE_H

#include "buf.h"
#include "evidence_links.h"

typedef struct mp_due_question {
    const mp_frameworks *frameworks;
    const mp_framework  *framework; /* with what is missing; NULL: of all that something is linked to */
    const mp_scheme     *scheme;    /* NULL: every control */
    mp_str               measure, owner; /* empty: any; owners without ASCII case */
    mp_ticks             at, horizon;    /* what ends before the horizon is due */
    bool (*may_see)(void *seer, const mp_evidence_piece *piece); /* as of mp_evidence_question */
    void *seer;
} mp_due_question;

typedef struct mp_due_line {
    const mp_framework      *framework;
    const mp_control        *control;
    const mp_evidence_rule  *rule;  /* NULL: the control has none */
    const mp_evidence_piece *piece; /* the best there is; NULL: none, or (stale, fresh) one that who asks may not read */
    mp_freshness             freshness;
    mp_ticks                 until; /* when the piece ends, or ended; 0: nothing is there */
    mp_str                   owner; /* of the piece, else the team that answers for the control; may be empty */
} mp_due_line;

/* By time, what is missing first; then by framework and control. Arrays in the arena, the rest is the view's and the
 * frameworks'. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_evidence_due(mp_due_line **out, size_t *count, const mp_evidence_view *view,
                                      const mp_due_question *question, mp_arena *arena, mp_error *err);

/* Append them as a calendar (iCalendar, RFC 5545): a task for each, due on its day, lines folded at 75 bytes. What has no
 * time is due at once. `host` makes ids one in the world. */
void mp_due_calendar(mp_buf *out, const mp_due_line *lines, size_t count, mp_ticks now, const char *host, bool korean);

#endif
