/* SPDX-License-Identifier: Apache-2.0 */
/* explained.h - one policy and one resource, judged with everything that an explanation needs.
 *
 *   e.check = ...; mp_explained_plan(&e, &resource, &options)
 *   mp_explained_judge(&e, &around, &related)
 *   mp_explain_text(), mp_explain_json()
 *   mp_explained_done(&e)
 *
 * What it is given must live until it is done with. One thread. */
#ifndef MAPAE_EXPLAIN_EXPLAINED_H
#define MAPAE_EXPLAIN_EXPLAINED_H

#include <mapae/inventory.h>

#include "judge.h"

typedef struct mp_explained {
    mp_check           check; /* the one that is explained */
    const mp_resource *resource;
    mp_origin          origin;   /* where the resource was read; line 0: in no file */
    bool               in_store; /* policy and resource are records: they have no lines */
    const mp_related  *related;
    mp_plan           *plan;
    const mp_program  *program;
    mp_judge          *judge;   /* keeps everything; `shown` is its verdict number 0 */
    const mp_verdict  *verdict; /* never NULL on success */
    const mp_verdict  *shown;   /* the same; of a disabled policy, the verdict if it were enabled */
    mp_effect          effect;  /* that `shown` is of */
    mp_verdict         disabled;
} mp_explained;

/* The one program for the resource's type; of the options, what explanations need is set here. Fails with MP_NOMEM,
 * MP_INTERNAL. */
MP_MUST_CHECK mp_code mp_explained_plan(mp_explained *e, const mp_resource *resource, const mp_plan_options *options,
                                        mp_error *err);
/* `related` NULL: no related resource exists. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_explained_judge(mp_explained *e, const mp_surroundings *around, const mp_related *related,
                                         mp_error *err);
void                  mp_explained_done(mp_explained *e);

#endif
