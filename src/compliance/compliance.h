/* SPDX-License-Identifier: Apache-2.0 */
/* compliance.h - continuous judgement: policies that are assigned, the gate before every change, verdicts, their history.
 *
 *   objects.h    policy definitions, initiatives, assignments, exemptions, attestations as records
 *   rulebook.h   all that is assigned, compiled, in memory
 *   gate.h       the one way by which a resource changes
 *   judging.h    the thread that judges again what changed, and full scans
 *   remediation.h  resources that exist are brought to what a policy asks for
 *   verdicts.h   what was said, now and then
 *   states.h     questions about it: rows, summaries */
#ifndef MAPAE_COMPLIANCE_H
#define MAPAE_COMPLIANCE_H

#include "rulebook.h"
#include "system.h"

#include <pthread.h>

typedef struct mp_judging   mp_judging;   /* judging.h */
typedef struct mp_remedying mp_remedying; /* remediation.h */

#define MP_TURNS 64

typedef struct mp_compliance {
    mp_app         *app;
    mp_rulebooks   *books;
    mp_judging     *judging;
    mp_remedying   *remedying;
    pthread_mutex_t turns[MP_TURNS]; /* of who lost a race at the gate: one at a time for a resource, by its key */
} mp_compliance;

extern const mp_system mp_compliance_system;
static inline mp_compliance *mp_compliance_of(const mp_app *app) { return mp_app_state(app, &mp_compliance_system); }

#endif
