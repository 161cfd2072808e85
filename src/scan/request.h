/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - one question and its answer: this policy, this resource, what then?
 *
 * What `mapae eval` reads line by line and `mapae test` puts to each test case; the shape of both is
 * described in docs/eval.md. A requester keeps alias tables that requests name, and one judge's memory. One
 * thread at a time. */
#ifndef MAPAE_SCAN_REQUEST_H
#define MAPAE_SCAN_REQUEST_H

#include "judge.h"

typedef struct mp_requester mp_requester;

typedef struct mp_requester_options {
    const mp_aliases *aliases; /* for requests that name none; NULL: by rule */
    mp_ticks          now;     /* for requests without context.utcNow; 0: the clock, each time */
    mp_str            folder;  /* that alias files are relative to; empty: the current one */
    bool              only_in_folder; /* alias files elsewhere are refused */
    bool              keep_all; /* for traces that show every condition */
} mp_requester_options;

MP_MUST_CHECK mp_code mp_requester_new(mp_requester **out, const mp_requester_options *options,
                                       mp_error *err);
void                  mp_requester_free(mp_requester *requester);

/* Answer the request in `text`, which may hold any bytes. What is wrong with it is part of the answer; the
 * answer lives until the next request. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_request_answer(const mp_json **answer, mp_requester *requester, mp_str text,
                                        mp_error *err);

/* A request that is read already. */
typedef struct mp_question {
    const mp_source_text *source;   /* that `request` and `defaults` stand in */
    const mp_json        *request;
    const mp_json        *defaults; /* an object whose members stand for those that the request lacks, and
                                     * whose parameters for those that it does not give; may be NULL */
    /* Instead of a policyRule or policyDefinition of theirs; may be NULL. */
    const mp_source_text *definition_source;
    const mp_json        *definition;
} mp_question;

/* The same for a request that is read already. What `question` points to must live until the next one. */
MP_MUST_CHECK mp_code mp_request_answer_node(const mp_json **answer, mp_requester *requester,
                                             const mp_question *question, mp_error *err);

/* After MP_NOMEM: give up what the request held, and make an answer that says so. Fails with MP_NOMEM when there
 * is no memory for that either. */
MP_MUST_CHECK mp_code mp_request_give_up(const mp_json **answer, mp_requester *requester, mp_error *err);

/* The last one was no request at all: no JSON, or without what a request needs. `error` (may be NULL) then says
 * what is wrong, and where in its text. */
bool mp_requester_was_malformed(const mp_requester *requester, mp_error *error);

/* The judgement behind the last answer, for explanations and coverage; NULL when the request did not come
 * so far. The verdict that was answered is its number 0, also when the policy does not apply (see
 * mp_judge_one()): then options.keep_all must be set, or *verdict is NULL. */
mp_judge            *mp_requester_judge(mp_requester *requester, const mp_verdict **verdict);
const mp_definition *mp_requester_definition(const mp_requester *requester);
const mp_diagnostics *mp_requester_diagnostics(const mp_requester *requester);
/* Related resources of the last request, as the judge sees them. */
const mp_related    *mp_requester_related(const mp_requester *requester);

#endif
