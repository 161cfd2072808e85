/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_link.h - which control a piece of evidence answers: records of their own, so that one piece answers many
 * controls and each link has its history.
 *
 * {"evidence", "framework", "control", "measure"?, "rule"?, "note"?, "by", "target", "scope"?}: `target` is
 * "FRAMEWORK/CONTROL", `scope` is the piece's, which never changes: who may not read the piece does not see the link.
 * A link without a measure counts wherever the framework is measured. `rule` is the name of one of the control's
 * evidence rules, in either language: without it the piece answers the rules of its own kind. */
#ifndef MAPAE_EVIDENCE_LINK_H
#define MAPAE_EVIDENCE_LINK_H

#include "frameworks.h"
#include "records.h"

#define MP_MEASURE_ID_MAX 200 /* bytes */
#define MP_LINK_NOTE_MAX 2000 /* bytes */
#define MP_LINKS_OF_ONE_MAX 2000 /* of one piece of evidence */

extern const mp_kind mp_evidence_link_kind;

typedef struct mp_evidence_link {
    mp_str evidence;            /* id */
    const mp_framework *framework;
    const mp_control   *control;
    mp_str measure, rule, note; /* empty: none */
    mp_str by;
} mp_evidence_link;

/* Within a write: make it, or change rule and note of the one that is there. Fails with MP_MISSING (no such
 * evidence), MP_PARAMETER (the control has evidence rules and the piece would answer none of them, a rule that it does not
 * have, a withdrawn control), MP_LIMIT, ... */
MP_MUST_CHECK mp_code mp_evidence_link_put(mp_record *out, mp_tx *tx, const mp_evidence_link *link, mp_error *err);
/* May a piece of this kind (empty: nobody said) stand there? Of the link framework, control and rule count. Fails
 * with MP_PARAMETER, as above; the sentence names the kinds that are wanted. */
MP_MUST_CHECK mp_code mp_evidence_link_check(const mp_evidence_link *link, mp_str kind, mp_error *err);
/* Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_evidence_link_delete(mp_tx *tx, const mp_evidence_link *link, mp_error *err);
/* All links of a piece that is gone. */
MP_MUST_CHECK mp_code mp_evidence_links_forget(mp_tx *tx, mp_str evidence, mp_error *err);

/* Does a piece of this kind (empty: nobody said) with a link that names `rule` (empty: none) answer this one of the
 * control's rules? */
bool mp_evidence_rule_fits(const mp_answer *answer, size_t at, mp_str kind, mp_str rule);
/* What answers a control; never NULL for a control of the framework. */
const mp_answer *mp_answer_of(const mp_framework *framework, const mp_control *control);

#endif
