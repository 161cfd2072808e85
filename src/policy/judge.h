/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h - judge one resource under everything that applies to its type.
 *
 *   mp_judge_begin(judge, program, resource, around)
 *   mp_judge_run(judge, related)     a verdict for each check that applies
 *   mp_judge_decided(judge, verdict) the conditions that decided it
 *
 * A resource that must wait is packed (mp_judge_pack) and taken up again from the pack. A judge belongs to one
 * thread; what it returns lives until the next begin. */
#ifndef MAPAE_POLICY_JUDGE_H
#define MAPAE_POLICY_JUDGE_H

#include "plan.h"
#include "verdict.h"

typedef struct mp_judge mp_judge;

/* What surrounds a resource. */
typedef struct mp_surroundings {
    const mp_json *request;        /* requestContext(); NULL: a scan, which has no requester */
    const mp_json *subscription;   /* the subscription's document; NULL: unknown */
    const mp_json *resource_group; /* the resource group's document; NULL: unknown */
    mp_ticks       now;
} mp_surroundings;

/* Where related resources are found. `each` calls `visit` for every resource of the queried type and place
 * until it returns false. `container` is the document of a resource group or subscription, as
 * mp_context_document() makes it, or NULL. Both may be
 * called by any number of threads. */
typedef struct mp_related_query {
    const mp_related_type *type;
    mp_related_where       where;
    mp_str                 id;              /* of the judged resource */
    mp_str                 subscription_id;
    mp_str                 group;           /* name */
} mp_related_query;

typedef bool mp_related_visit(void *arg, const mp_pack *pack);

typedef struct mp_related {
    void *context;
    void (*each)(void *context, const mp_related_query *query, mp_related_visit *visit, void *arg);
    const mp_json *(*container)(void *context, mp_str id);
} mp_related;

MP_MUST_CHECK mp_code mp_judge_new(mp_judge **out, mp_plan *plan, mp_error *err);
void                  mp_judge_free(mp_judge *judge);

/* `resource`, its document, and what `around` points to must stay until the next begin. */
MP_MUST_CHECK mp_code mp_judge_begin(mp_judge *judge, const mp_program *program,
                                     const mp_resource *resource, const mp_surroundings *around,
                                     mp_error *err);
MP_MUST_CHECK mp_code mp_judge_begin_pack(mp_judge *judge, const mp_program *program,
                                          const mp_pack *pack, const mp_surroundings *around,
                                          mp_error *err);
/* The resource at hand; from a pack, without its document. */
const mp_resource *mp_judge_resource(const mp_judge *judge);

/* What items that wait read of the resource, as a pack; `most` is what they wait for. NULL when memory is
 * short. */
mp_pack *mp_judge_pack(const mp_judge *judge, mp_waits most, mp_arena *arena);
/* What existence conditions read of a resource of a related type, for whoever keeps related resources. NULL
 * when memory is short. */
mp_pack *mp_related_pack(const mp_related_type *type, const mp_resource *resource, mp_arena *arena);

/* Judge. `related` NULL: no related resource exists. */
MP_MUST_CHECK mp_code mp_judge_run(mp_judge *judge, const mp_related *related,
                                   const mp_verdict **verdicts, uint32_t *count, mp_error *err);

/* The same in two halves, for who does not know the whole inventory yet. First what can be judged without it;
 * the items that cannot are listed. Later, those, begun anew from the pack. */
typedef struct mp_alone {
    const mp_verdict *verdicts;
    uint32_t          count;
    const uint32_t   *pended; /* items by number; until the next run */
    uint32_t          pended_count;
    mp_waits          waits;  /* the most that one of them waits for */
} mp_alone;

MP_MUST_CHECK mp_code mp_judge_run_alone(mp_judge *judge, mp_alone *out, mp_error *err);
/* An item that waits for context only, when there is none: is it known what the program reads of the group
 * and the subscription of that resource? If not, mp_judge_run_pended() can only say this verdict. */
bool       mp_judge_context_known(const mp_program *program, mp_str resource_id, const mp_related *related);
mp_verdict mp_judge_without_context(const mp_program *program, uint32_t item);
MP_MUST_CHECK mp_code mp_judge_run_pended(mp_judge *judge, const mp_related *related,
                                          const uint32_t *pended, uint32_t pended_count,
                                          const mp_verdict **verdicts, uint32_t *count, mp_error *err);

/* The conditions that decided verdicts[i] of the last run, all of them. */
MP_MUST_CHECK mp_code mp_judge_decided(mp_judge *judge, const mp_related *related, uint32_t i,
                                       const mp_decided **out, uint32_t *count, mp_error *err);
/* ---- for explanations; the plan should keep all ---- */

/* Judge item number `item` of the program alone. Its verdict is number 0, also when it does not apply; *verdict
 * then says why. */
MP_MUST_CHECK mp_code mp_judge_one(mp_judge *judge, const mp_related *related, uint32_t item,
                                   const mp_verdict **verdict, mp_error *err);
/* The record of every condition of verdicts[i]; NULL when memory is short. */
const mp_trace *mp_judge_trace(mp_judge *judge, uint32_t i, mp_truth *truth);
/* What verdicts[i] asks of related resources: where they are looked for, and the name wanted (ptr NULL: any).
 * query->type is NULL when it asks nothing. Fails with MP_EVALUATION, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_judge_asked(mp_related_query *query, mp_str *name, mp_judge *judge, uint32_t i,
                                     mp_error *err);
/* Its existence condition on every related resource that is found, in order, until `visit` returns false.
 * `trace` is NULL when there is no such condition (`truth` is then MP_TRUE). Fails as above. */
typedef bool mp_judge_visit_trace(void *arg, mp_str id, const mp_trace *trace, mp_truth truth);
MP_MUST_CHECK mp_code mp_judge_trace_related(mp_judge *judge, const mp_related *related, uint32_t i,
                                             mp_judge_visit_trace *visit, void *arg, mp_error *err);
/* Where in the document (of_related: the related one) the field of a condition stands; empty when it is no
 * field. */
mp_str mp_judge_path(mp_judge *judge, uint32_t i, const mp_condition *c, bool of_related);
/* What the condition asks about, as the policy writes it; and what it compares with. */
mp_str mp_condition_subject(const mp_condition *c, mp_arena *arena);

/* The effect's details, evaluated for the resource: for modify and append with the resulting document
 * under "resource". The plan must have been made with details. Fails with MP_EVALUATION, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_judge_details(const mp_json **out, mp_judge *judge, uint32_t i, mp_error *err);

mp_arena *mp_judge_arena(mp_judge *judge); /* what lives until the next begin */

#endif
