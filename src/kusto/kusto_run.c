/* SPDX-License-Identifier: Apache-2.0 */
/* A row is pushed from step to step until one lets it fall, keeps it, or it is out. Those that keep rows (order,
 * summarize, count) push what they have when there are no more. What top, or the caller, does not want of an order is
 * let go of while rows still come. */
#include "kusto_group.h"

#include <stdlib.h>

typedef struct kept {
    const mp_json **cells; /* the columns, then the keys of the order */
} kept;

typedef struct stage {
    const step *s;
    uint64_t    passed; /* rows that came */
    uint64_t    bound;  /* ORDER: of which so many are wanted */
    kept       *rows;
    size_t      count, cap;
    mp_arena    arena;
    grouping    groups;
    bool        has_groups;
} stage;

struct mp_kusto_run {
    const mp_kusto  *q;
    mp_kusto_limits  limits;
    mp_kusto_sink   *sink;
    void            *ctx;
    stage           *stages;
    mp_arena         scratch;
    uint64_t         unseen;
};

/* ---- order ---- */

static int compare_rows(const step *s, const kept *a, const kept *b)
{
    for (uint32_t i = 0; i < s->key_count; i++) {
        const sort_key *key = &s->keys[i];
        const mp_json  *x = a->cells[s->count + i], *y = b->cells[s->count + i];
        if (!x != !y)
            return (!x == key->nulls_last) ? 1 : -1;
        int order = kusto_compare(x, y);
        if (order)
            return key->descending ? -order : order;
    }
    return 0;
}

/* Those that are equal stay as they came: halves are merged, the left one first. */
static void merge(const step *s, kept *to, const kept *left, size_t left_count, const kept *right, size_t right_count)
{
    while (left_count && right_count)
        if (compare_rows(s, left, right) <= 0) {
            *to++ = *left++;
            left_count--;
        } else {
            *to++ = *right++;
            right_count--;
        }
    if (left_count)
        memcpy(to, left, left_count * sizeof *to);
    if (right_count)
        memcpy(to, right, right_count * sizeof *to);
}

static mp_code sort_rows(stage *st, mp_error *err)
{
    kept *other = st->count ? malloc(st->count * sizeof *other) : NULL, *from = st->rows, *to = other;
    if (st->count && !other)
        return kusto_nomem(err);
    for (size_t width = 1; width < st->count; width *= 2) {
        for (size_t at = 0; at < st->count; at += 2 * width) {
            size_t left = st->count - at < width ? st->count - at : width, rest = st->count - at - left;
            merge(st->s, to + at, from + at, left, from + at + left, rest < width ? rest : width);
        }
        kept *swap = from;
        from = to;
        to = swap;
    }
    if (from != st->rows)
        memcpy(st->rows, from, st->count * sizeof *from);
    free(other);
    return MP_OK;
}

static mp_code copy_row(kept *out, mp_arena *arena, const mp_json *const *cells, uint32_t count, mp_error *err)
{
    out->cells = MP_ARENA_ARRAY(arena, const mp_json *, count + 1);
    if (!out->cells)
        return kusto_full(arena, err);
    for (uint32_t i = 0; i < count; i++) {
        out->cells[i] = cells[i] ? mp_arena_dup_json(arena, cells[i]) : NULL;
        if (cells[i] && !out->cells[i])
            return kusto_full(arena, err);
    }
    return MP_OK;
}

/* Keep the best, in an arena of their own. */
static mp_code let_go(stage *st, mp_error *err)
{
    mp_arena fresh = { .limit = st->arena.limit };
    mp_code  code = sort_rows(st, err);
    if (code != MP_OK)
        return code;
    st->count = st->count < st->bound ? st->count : (size_t)st->bound;
    for (size_t i = 0; i < st->count && code == MP_OK; i++)
        code = copy_row(&st->rows[i], &fresh, st->rows[i].cells, st->s->count + st->s->key_count, err);
    mp_arena_free(&st->arena);
    st->arena = fresh;
    return code;
}

static mp_code make_room(mp_kusto_run *run, stage *st, mp_error *err)
{
    if (st->bound <= run->limits.rows && st->count >= 2 * st->bound + 1000)
        MP_TRY(let_go(st, err));
    if (st->count >= run->limits.rows && st->bound > run->limits.rows)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "more than %u rows to be ordered; narrow them by where, or take the first ones by top",
                       run->limits.rows);
    if (st->count < st->cap)
        return MP_OK;
    size_t cap = st->cap ? st->cap * 2 : 64;
    kept  *grown = realloc(st->rows, cap * sizeof *grown);
    if (!grown)
        return kusto_nomem(err);
    st->rows = grown;
    st->cap = cap;
    return MP_OK;
}

static mp_code keep_row(mp_kusto_run *run, stage *st, const mp_json *const *cells, mp_error *err)
{
    uint32_t        columns = st->s->count, all = columns + st->s->key_count;
    const mp_json **row = MP_ARENA_ARRAY(&run->scratch, const mp_json *, all + 1);
    bool            failed = !row;
    MP_TRY(make_room(run, st, err));
    if (row)
        memcpy(row, cells, columns * sizeof *row);
    for (uint32_t i = 0; i < st->s->key_count && !failed; i++)
        row[columns + i] = kusto_value(st->s->keys[i].value, cells, &run->scratch, &failed);
    if (failed)
        return kusto_nomem(err);
    MP_TRY(copy_row(&st->rows[st->count], &st->arena, row, all, err));
    st->count++;
    return MP_OK;
}

/* ---- from step to step ---- */

static const mp_json **shape(mp_kusto_run *run, const step *s, const mp_json *const *cells)
{
    const mp_json **made = MP_ARENA_ARRAY(&run->scratch, const mp_json *, s->count + 1);
    bool            failed = !made;
    for (uint32_t i = 0; i < s->count && !failed; i++)
        made[i] = kusto_value(s->items[i].value, cells, &run->scratch, &failed);
    return failed ? NULL : made;
}

/* *cells is what comes out of the step; NULL: nothing (yet). */
static mp_code pass(mp_kusto_run *run, stage *st, const mp_json *const **cells, mp_error *err)
{
    const mp_json *const *row = *cells;
    bool                  failed = false, is_new;
    st->passed++;
    switch (st->s->kind) {
    case STEP_WHERE:
        if (!mp_json_is_true(kusto_value(st->s->condition, row, &run->scratch, &failed)))
            *cells = NULL;
        return failed ? kusto_nomem(err) : MP_OK;
    case STEP_SHAPE:
        *cells = shape(run, st->s, row);
        return *cells ? MP_OK : kusto_nomem(err);
    case STEP_TAKE:
        if (st->passed > st->s->limit)
            *cells = NULL;
        return MP_OK;
    case STEP_ORDER:
        if (st->s->is_given)
            return MP_OK;
        *cells = NULL;
        return keep_row(run, st, row, err);
    case STEP_DISTINCT:
        MP_TRY(grouping_add(&st->groups, &is_new, row, &run->scratch, err));
        *cells = is_new ? shape(run, st->s, row) : NULL;
        return is_new && !*cells ? kusto_nomem(err) : MP_OK;
    case STEP_COUNT:
    case STEP_SUMMARIZE: break;
    }
    *cells = NULL;
    return grouping_add(&st->groups, &is_new, row, &run->scratch, err);
}

static mp_code push(mp_kusto_run *run, uint32_t from, const mp_json *const *cells, mp_error *err)
{
    for (uint32_t i = from; i < run->q->count && cells; i++)
        MP_TRY(pass(run, &run->stages[i], &cells, err));
    return cells ? run->sink(run->ctx, cells, err) : MP_OK;
}

mp_code mp_kusto_feed(mp_kusto_run *run, const mp_json *const *cells, mp_error *err)
{
    mp_arena_reset(&run->scratch);
    return push(run, 0, cells, err);
}

/* A take that nothing waits behind, and that had all it takes. */
bool mp_kusto_has_enough(const mp_kusto_run *run)
{
    for (uint32_t i = 0; i < run->q->count; i++) {
        const step *s = run->stages[i].s;
        if (s->kind == STEP_TAKE && run->stages[i].passed >= s->limit)
            return true;
        if (s->kind == STEP_COUNT || s->kind == STEP_SUMMARIZE || (s->kind == STEP_ORDER && !s->is_given))
            return false;
    }
    return false;
}

/* ---- the end ---- */

static mp_code end_order(mp_kusto_run *run, uint32_t i, mp_error *err)
{
    stage   *st = &run->stages[i];
    uint64_t wanted = st->s->limit && st->s->limit < st->passed ? st->s->limit : st->passed;
    MP_TRY(sort_rows(st, err));
    size_t out = st->count < st->bound ? st->count : (size_t)st->bound;
    run->unseen += wanted - out;
    for (size_t k = 0; k < out; k++) {
        mp_arena_reset(&run->scratch);
        MP_TRY(push(run, i + 1, st->rows[k].cells, err));
    }
    return MP_OK;
}

static mp_code end_groups(mp_kusto_run *run, uint32_t i, mp_error *err)
{
    stage *st = &run->stages[i];
    mp_arena_reset(&run->scratch);
    MP_TRY(grouping_end(&st->groups, &run->scratch, err));
    for (size_t k = 0; k < grouping_count(&st->groups); k++) {
        mp_arena_reset(&run->scratch);
        const mp_json **cells = grouping_row(&st->groups, k, &run->scratch);
        if (!cells)
            return kusto_nomem(err);
        MP_TRY(push(run, i + 1, cells, err));
    }
    return MP_OK;
}

mp_code mp_kusto_finish(mp_kusto_run *run, mp_error *err)
{
    for (uint32_t i = 0; i < run->q->count; i++) {
        const step *s = run->stages[i].s;
        if (s->kind == STEP_ORDER && !s->is_given)
            MP_TRY(end_order(run, i, err));
        if (s->kind == STEP_COUNT || s->kind == STEP_SUMMARIZE)
            MP_TRY(end_groups(run, i, err));
    }
    return MP_OK;
}

uint64_t mp_kusto_unseen(const mp_kusto_run *run) { return run->unseen; }

/* ---- making one ---- */

/* Of an order behind which each row comes out: what the caller looks at is all that need be kept. */
static uint64_t bound_of(const mp_kusto_run *run, uint32_t i)
{
    uint64_t bound = run->stages[i].s->limit ? run->stages[i].s->limit : UINT64_MAX;
    for (uint32_t k = i + 1; k < run->q->count; k++)
        if (run->stages[k].s->kind != STEP_SHAPE)
            return bound;
    return run->limits.wanted && run->limits.wanted < bound ? run->limits.wanted : bound;
}

mp_code mp_kusto_run_new(mp_kusto_run **out, const mp_kusto *q, const mp_kusto_limits *limits, mp_kusto_sink *sink,
                         void *ctx, mp_error *err)
{
    mp_kusto_run *run = calloc(1, sizeof *run);
    if (!run)
        return kusto_nomem(err);
    run->q = q;
    run->sink = sink;
    run->ctx = ctx;
    run->limits = limits ? *limits : (mp_kusto_limits){ .rows = 0 };
    run->limits.rows = run->limits.rows ? run->limits.rows : MP_KUSTO_ROWS_MAX;
    run->limits.bytes = run->limits.bytes ? run->limits.bytes : MP_KUSTO_BYTES_MAX;
    run->stages = calloc(q->count + 1, sizeof *run->stages);
    if (!run->stages) {
        free(run);
        return kusto_nomem(err);
    }
    for (uint32_t i = 0; i < q->count; i++) {
        stage *st = &run->stages[i];
        st->s = &q->steps[i];
        st->arena.limit = run->limits.bytes;
        st->has_groups = st->s->kind == STEP_COUNT || st->s->kind == STEP_SUMMARIZE || st->s->kind == STEP_DISTINCT;
        if (st->has_groups)
            grouping_init(&st->groups, st->s, &run->limits);
    }
    for (uint32_t i = 0; i < q->count; i++)
        run->stages[i].bound = bound_of(run, i);
    *out = run;
    return MP_OK;
}

void mp_kusto_run_free(mp_kusto_run *run)
{
    if (!run)
        return;
    for (uint32_t i = 0; i < run->q->count; i++) {
        stage *st = &run->stages[i];
        if (st->has_groups)
            grouping_done(&st->groups);
        mp_arena_free(&st->arena);
        free(st->rows);
    }
    mp_arena_free(&run->scratch);
    free(run->stages);
    free(run);
}
