/* SPDX-License-Identifier: Apache-2.0 */
/* deployment_record.h - what is known of a deployment afterwards, as ARM shows it (Microsoft.Resources/deployments):
 * of those that clients order (room arm), and of those that a remediation makes of the template of deployIfNotExists.
 */
#ifndef MAPAE_COMPLIANCE_DEPLOYMENT_RECORD_H
#define MAPAE_COMPLIANCE_DEPLOYMENT_RECORD_H

#include "estate.h"
#include "records.h"

/* deployment: key is its id in lower case, the body what a GET shows. index: id */
extern const mp_kind mp_deployment_record_kind;

typedef struct mp_deployed {
    mp_str         id;
    mp_str         location;   /* of a deployment at a subscription; may be empty */
    mp_str         run;        /* correlationId */
    mp_ticks       began, ended;
    const mp_json *parameters; /* {"name": {"type", "value"}}; NULL: none */
    const mp_json *writes;     /* [{"id"}]: what it wrote; NULL: nothing */
    const mp_json *error;      /* {"code", "message"}; NULL: it succeeded */
} mp_deployed;
/* Within a write: stored under its id. */
MP_MUST_CHECK mp_code mp_deployment_record_put(mp_tx *tx, const mp_deployed *what, mp_error *err);

#endif
