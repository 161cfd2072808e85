/* SPDX-License-Identifier: Apache-2.0 */
/* judge_estate.h - judge resources as they are recorded. Private to compliance.
 *
 * Within a read: resources are judged one after the other, and what was said of them is kept (`batch`). Within a write: it is stored. So a snapshot is judged
 * without holding up the writer. A bench and a batch are one thread's at a time; benches of one rulebook may work at once. */
#ifndef MAPAE_COMPLIANCE_JUDGE_ESTATE_H
#define MAPAE_COMPLIANCE_JUDGE_ESTATE_H

#include "estate.h"
#include "judge.h"
#include "surroundings.h"
#include "verdicts.h"

/* Some checks of a rulebook, compiled by themselves; or all of them. */
typedef struct mp_bench {
    mp_rulebook    *book;
    mp_plan        *plan;    /* NULL: the rulebook's own */
    const uint32_t *checks;  /* numbers in the rulebook of the plan's checks; NULL: all */
    uint32_t        count;
    mp_judge       *judge;
    mp_arena        arena;
    mp_ticks        as_of;   /* of surroundings and of now(); 0: at present. Set after mp_bench_init() */
} mp_bench;

/* `checks` NULL: all. It must live as long as the bench, which holds a reference to the rulebook. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_bench_init(mp_bench *out, mp_rulebook *book, const uint32_t *checks, uint32_t count, mp_error *err);
void                  mp_bench_done(mp_bench *bench);

typedef struct mp_judged_one {
    mp_place   place;
    bool       is_gone; /* to be dropped */
    mp_judged  judged;
    struct mp_judged_one *next;
} mp_judged_one;

/* Of one read: what was found around one resource is kept for the next. */
typedef struct mp_judged_batch {
    mp_arena       arena;
    mp_around_kept kept;
    mp_judged_one *first, **last;
    size_t         count;
    uint32_t       changed; /* verdicts, once stored */
} mp_judged_batch;

void mp_batch_begin(mp_judged_batch *batch);
void mp_batch_end(mp_judged_batch *batch); /* frees */
/* These are all that there are from key `from` to key `last`, both with it, in their order. They live as long as the batch. */
void mp_batch_at_hand(mp_judged_batch *batch, const mp_estate_page *page, mp_str from, mp_str last);
/* Judge `item`, which lives as long as the batch, or note that what has this key is gone (`item` NULL). */
MP_MUST_CHECK mp_code mp_bench_judge(mp_judged_batch *batch, mp_bench *bench, mp_tx *tx, mp_str key, const mp_estate_item *item, mp_error *err);
/* Within a write. `numbers` are those of the rulebook's checks. */
MP_MUST_CHECK mp_code mp_batch_store(mp_judged_batch *batch, mp_tx *tx, const mp_rulebook *book, const int64_t *numbers, mp_error *err);

#endif
