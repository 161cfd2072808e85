/* SPDX-License-Identifier: Apache-2.0 */
/* statement_oscal.h - statements as OSCAL 1.1.2 documents, for other tools. Each function writes one document.
 *
 * Ids are uuids of version 5 over framework, measure, control and part: the same statement gives the same
 * document. What OSCAL has no member for is a property of the namespace MP_OSCAL_NS. Titles and texts of ours
 * are in English, which is what other tools read. */
#ifndef MAPAE_CONTROLS_STATEMENT_OSCAL_H
#define MAPAE_CONTROLS_STATEMENT_OSCAL_H

#include "statement.h"

/* {"component-definition"}: each implementing service with the controls that it implements. */
void mp_oscal_components(mp_jsonw *w, const mp_statement *s);
/* {"system-security-plan"}: how every control that is demanded is implemented. */
void mp_oscal_plan(mp_jsonw *w, const mp_statement *s);
/* {"assessment-results"}: one result, as of the statement's time: an observation for each part of a control that says
 * something, a finding for each control that is demanded. A finding is about the objective that has the control's id. */
void mp_oscal_results(mp_jsonw *w, const mp_statement *s);
/* {"plan-of-action-and-milestones"}: a risk and an item for each control that lacks something. OSCAL wants at
 * least one item: where nothing is lacking, one says so. */
void mp_oscal_milestones(mp_jsonw *w, const mp_statement *s);

#endif
