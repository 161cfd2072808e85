/* SPDX-License-Identifier: Apache-2.0 */
/* sums.h - the sums of a scan: each thread adds to its own, and they are merged at the end. */
#ifndef MAPAE_SCAN_SUMS_H
#define MAPAE_SCAN_SUMS_H

#include "plan.h"
#include "result.h"

/* What is constant: the checks with their groups, as result.h describes them. */
typedef struct mp_facts {
    mp_arena            arena;
    mp_scan_check      *checks;
    mp_scan_group      *groups;
    mp_scan_initiative *initiatives;
    uint32_t            check_count, group_count, initiative_count;
    uint32_t           *initiative_of; /* of each check, or UINT32_MAX */
} mp_facts;

MP_MUST_CHECK mp_code mp_facts_init(mp_facts *facts, const mp_plan *plan, mp_error *err);
void                  mp_facts_done(mp_facts *facts);

typedef struct mp_sums mp_sums;

MP_MUST_CHECK mp_code mp_sums_new(mp_sums **out, const mp_facts *facts, mp_error *err);
void                  mp_sums_free(mp_sums *sums);

/* One document was read of a resource of that program's type. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sums_document(mp_sums *sums, const mp_program *program, mp_error *err);
/* Or: one was read and left out, for there was one of that resource before. */
void mp_sums_duplicate(mp_sums *sums);
/* Or: one was read of a resource that is no more, or of a past state. */
void mp_sums_absent(mp_sums *sums);
/* One resource was judged, with these verdicts in all: none is NotApplicable, no check has two. Without any, no
 * policy applies to it. Fails with MP_NOMEM; then the sums are of no more use. */
MP_MUST_CHECK mp_code mp_sums_add(mp_sums *sums, const mp_program *program,
                                  const mp_resource *resource, const mp_verdict *verdicts,
                                  uint32_t count, mp_error *err);
/* Add all threads' sums to the tallies of `facts` and of `out`: once. What `out` points to lives in `arena`; its
 * checks, groups and initiatives, problems, times and bytes are the caller's to set. Whatever thread added what,
 * the outcome is the same. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sums_merge(mp_scan_summary *out, mp_facts *facts, mp_sums *const *sums,
                                    uint32_t count, mp_arena *arena, mp_error *err);

#endif
