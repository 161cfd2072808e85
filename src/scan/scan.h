/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - judge a whole inventory.
 *
 * Two passes. The first reads the inventory once, as a stream: what can be judged alone is judged at
 * once; what depends on other resources (related ones, the group's tags) is packed and put aside, and
 * every resource that somebody may look for is kept. The second judges what was put aside. So memory
 * grows with related resources only, never with the inventory.
 *
 * The result does not depend on the number of threads: of several documents of one resource the first in
 * input order counts, and records come in that order (those of the second pass after those of the first). */
#ifndef MAPAE_SCAN_SCAN_H
#define MAPAE_SCAN_SCAN_H

#include "buf.h"
#include "judge.h"
#include "result.h"

typedef struct mp_scan mp_scan;

typedef struct mp_scan_options {
    unsigned jobs;            /* threads, this one included; 0: 1 */
    mp_ticks now;
    bool     strict;          /* stop at the first document that cannot be read */
    bool     keep_duplicates; /* judge every document, also several of one id */
    uint64_t policy_errors;   /* for the summary */
    bool     reasons;         /* records carry the conditions that decided */
    /* Records. NULL: none. Both are called with `context`; `record` by any thread, `write` in input order, by
     * one thread at a time. `wants` (NULL: all) says of which states. */
    bool (*wants)(void *context, mp_state state);
    void (*record)(mp_buf *out, void *context, const mp_scan_record *record);
    mp_code (*write)(void *context, mp_str bytes, mp_error *err);
    void *context;
    /* Called now and then by the thread that called mp_scan_run(). NULL: not. */
    void (*progress)(void *context, uint64_t bytes, uint64_t total_bytes, uint64_t documents);
    void *progress_context;
} mp_scan_options;

/* `plan` and `inventory` must outlive the scan. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_scan_new(mp_scan **out, mp_plan *plan, mp_inventory *inventory,
                                  const mp_scan_options *options, mp_error *err);
void                  mp_scan_free(mp_scan *scan);

/* The checks, groups and initiatives, all sums 0. */
const mp_scan_summary *mp_scan_facts(const mp_scan *scan);

/* Read, judge, sum. Once. Fails with MP_NOMEM, MP_OUTPUT (the temporary file), whatever `write` fails with; with
 * options.strict also as the first bad document does. */
MP_MUST_CHECK mp_code mp_scan_run(mp_scan *scan, mp_error *err);
const mp_scan_summary *mp_scan_result(const mp_scan *scan);

/* Memory held for related resources, in bytes: for reports of measurements. */
size_t mp_scan_related_bytes(const mp_scan *scan);

#endif
