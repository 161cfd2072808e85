/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_seen.h - may who asks read this piece? Evidence of one place counts wherever it is linked, so how a control
 * stands is the same for everybody; what a piece is called and whose it is, is for those who may read it. */
#ifndef MAPAE_EVIDENCE_SEEN_H
#define MAPAE_EVIDENCE_SEEN_H

#include "evidence_links.h"

/* Of one request, on one thread. It remembers the last answer: pieces of one place come in rows. */
typedef struct mp_evidence_seer {
    mp_app                *app;
    const mp_http_request *request;
    mp_str                 scope;
    bool                   was_asked, may;
} mp_evidence_seer;

/* For mp_evidence_question.may_see; `seer` is an mp_evidence_seer. */
bool mp_evidence_seen(void *seer, const mp_evidence_piece *piece);
/* May he read every measure there is? Who may not is not told which measure a piece is linked to, where none was asked about. */
bool mp_evidence_seen_of_all(const mp_evidence_seer *seer);
/* May he read this one? Not within a read or write of the store: it is looked up there. */
bool mp_evidence_measure_seen(mp_app *app, mp_http_request *request, mp_str measure);

#endif
