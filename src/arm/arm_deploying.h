/* SPDX-License-Identifier: Apache-2.0 */
/* arm_deploying.h - a deployment under way: what its template asks for, and what was done of it. Private to
 * arm_deploy*.c.
 *
 * Each resource is asked for as its own PUT would be (mp_arm_within()), in a preview as a trial. A deployment within
 * the deployment is one of its own in what is told: it has its operations and its record. */
#ifndef MAPAE_ARM_DEPLOYING_H
#define MAPAE_ARM_DEPLOYING_H

#include "arm_internal.h"
#include "deployment.h"

#define MP_ARM_DEPLOYMENTS "Microsoft.Resources/deployments"

/* What one deployment did: that which was sent, or one within it. */
typedef struct mp_arm_told_of {
    struct mp_arm_told_of *next;
    mp_str   id;
    mp_jsonw operations, made; /* arrays; `made`: outputResources */
    mp_ticks began;
    bool     is_stored;
} mp_arm_told_of;

typedef struct mp_arm_deploying {
    mp_arm_call    *call;
    const mp_json  *properties, *template_json, *parameters;
    bool            is_complete, is_preview;
    mp_deployment  *deployment;
    char            seed[37];
    mp_ticks        began;
    mp_map          named;   /* keys of what the template asks for */
    mp_arm_drafts   drafts;  /* of a preview */
    mp_jsonw        list;    /* of a preview: refusals, or changes */
    uint32_t        count;   /* of them */
    mp_arm_told_of *told;    /* the first is that of the deployment itself */
    const mp_json  *outputs, *bound;
    const mp_json  *error;   /* NULL: it went well */
} mp_arm_deploying;

/* One resource that the template asks for: of a deployment within it, after its resources. */
typedef mp_code mp_arm_each_fn(mp_arm_deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err);

/* What the body says. Fails with 400. */
MP_MUST_CHECK mp_code mp_arm_deploying_read(mp_arm_deploying *d, mp_error *err);
/* The template worked out, `fn` for each resource. mp_arm_deploying_end() in any case. */
MP_MUST_CHECK mp_code mp_arm_deploying_each(mp_arm_deploying *d, bool is_preview, mp_arm_each_fn *fn, mp_error *err);
void mp_arm_deploying_end(mp_arm_deploying *d);

typedef enum mp_arm_verdict {
    MP_ARM_GOES,    /* `inner` has the answer */
    MP_ARM_UNKNOWN, /* it depends on what only the deployment itself makes */
    MP_ARM_REFUSED, /* `why` and `inner` say how */
} mp_arm_verdict;
/* Would it go? Fails where nothing more is to be asked: a right is lacking, memory is short. */
MP_MUST_CHECK mp_code mp_arm_try(mp_arm_verdict *verdict, mp_arm_call **inner, mp_error *why, mp_arm_deploying *d,
                                 const mp_deployment_resource *r, const mp_place *place, mp_error *err);

/* Of the call's resource group: what the template does not name, nor what is below that. As changes of a what-if;
 * taken away, as their own DELETE would (arm_unnamed.c). */
MP_MUST_CHECK mp_code mp_arm_each_unnamed(mp_arm_deploying *d, mp_error *err);
MP_MUST_CHECK mp_code mp_arm_delete_unnamed(mp_arm_deploying *d, mp_error *err);

/* Handlers of what was deployed (arm_deployment_lists.c). */
mp_code mp_arm_deployment_get(mp_arm_call *call, mp_error *err);
mp_code mp_arm_deployment_delete(mp_arm_call *call, mp_error *err);
mp_code mp_arm_deployment_export(mp_arm_call *call, mp_error *err);
mp_code mp_arm_deployment_cancel(mp_arm_call *call, mp_error *err);
mp_code mp_arm_deployment_list(mp_arm_call *call, mp_error *err);
mp_code mp_arm_operations_list(mp_arm_call *call, mp_error *err);
mp_code mp_arm_operation_get(mp_arm_call *call, mp_error *err);

/* ---- what is told of it (arm_deployed.c) ---- */

typedef struct mp_arm_done {
    const char       *operation; /* "Create", "Delete" */
    mp_str            deployment; /* id */
    const mp_place   *place;
    mp_arm_call      *inner;     /* NULL: nothing was asked of this face */
    const mp_error   *why;       /* NULL: it went well */
    mp_ticks          began;
} mp_arm_done;
/* It is told among the operations; when it failed, with `code`, so has the deployment. */
MP_MUST_CHECK mp_code mp_arm_end_step(mp_arm_deploying *d, const mp_arm_done *done, mp_code code, mp_error *err);
/* {"code","message","target"?,"details"?,"additionalInfo"?} as it would have been told; NULL when memory is short. */
const mp_json *mp_arm_error_json(mp_arm_call *call, const mp_error *why, mp_str target);
/* {"code":"DeploymentFailed", "details":[...]} */
const mp_json *mp_arm_deployment_failed(mp_arm_deploying *d, const mp_json *detail);
/* A record as clients see it, of the deployment itself; {"id", ..., "properties"}. */
const mp_json *mp_arm_deployment_record(mp_arm_deploying *d, mp_ticks now);
/* The record of the deployment itself, with what it did. */
MP_MUST_CHECK mp_code mp_arm_store_deployment(bool *is_new, mp_arm_deploying *d, const mp_json *record, mp_error *err);
/* Of one within it, that is done. */
MP_MUST_CHECK mp_code mp_arm_store_nested(mp_arm_deploying *d, const mp_deployment_resource *r, mp_arm_call *inner,
                                          mp_error *err);
/* Of those within it that were not done when it failed. */
MP_MUST_CHECK mp_code mp_arm_store_broken(mp_arm_deploying *d, mp_error *err);

#endif
