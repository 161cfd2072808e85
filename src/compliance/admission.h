/* SPDX-License-Identifier: Apache-2.0 */
/* admission.h - policy decides before a Kubernetes cluster changes something: ValidatingAdmissionWebhook,
 * AdmissionReview v1.
 *
 * The object is judged where the cluster's objects are recorded (estate/cloud_place.h), by what is assigned there, as
 * a write through the gate would be; nothing is stored. Deny refuses, audit is a warning; what modify or append would
 * change is a warning too, since this webhook only validates. Deletions and connections are let through: there is no
 * object to look at. */
#ifndef MAPAE_COMPLIANCE_ADMISSION_H
#define MAPAE_COMPLIANCE_ADMISSION_H

#include "compliance.h"

typedef struct mp_admission {
    const mp_json *review; /* the request */
    mp_str         source; /* of the cluster: "collect:production", as its objects are recorded */
    mp_str         by, by_kind;
} mp_admission;

/* *answer is the AdmissionReview to be answered; *is_refused: it says no. Fails with MP_FORMAT (no AdmissionReview of
 * v1), MP_PARAMETER, and when nothing could be decided: then the cluster goes by its failurePolicy. */
MP_MUST_CHECK mp_code mp_admission_decide(const mp_json **answer, bool *is_refused, mp_compliance *compliance,
                                          const mp_admission *asked, mp_arena *arena, mp_error *err);

#endif
