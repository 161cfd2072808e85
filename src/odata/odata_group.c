/* SPDX-License-Identifier: Apache-2.0 */
/* Running $apply. A group is found by the bytes of its keys (small letters, numbers as they are in memory) in a map that
 * remembers the order of insertion; what it sums up stands beside its keys. Of the values of a key the first one is shown.
 *
 * The first step is fed row by row. The steps behind it run over its groups when all rows were seen: there are no more of
 * them than groups, so the same limits hold. */
#include "odata_apply.h"

#include <stdlib.h>

#include "map.h"
#include "odata_parse.h"
#include "simd.h"

#define KEY_MAX (1u << 20)

typedef struct tally {
    int64_t count;   /* values that were not null; rows for $count; different ones for countdistinct */
    int64_t sum;     /* of integers */
    double  real;    /* sum of reals, and for averages */
    mp_cell best;    /* min, max */
} tally;

typedef struct group {
    mp_cell *cells; /* the output's row; keys are set when it is made */
    tally   *tallies;
} group;

typedef struct grouping {
    const mp_apply_step *step;
    mp_map               groups; /* key bytes to group */
    mp_map               distinct; /* group, aggregate, value */
    mp_buf               key;
    group               *only; /* of aggregate() alone */
} grouping;

struct mp_apply_run {
    const mp_apply  *apply;
    mp_apply_limits  limits;
    mp_arena         arena; /* keys, values, groups */
    grouping         first;
    const mp_cell  **given; /* groups that the caller fed */
    size_t           given_count, given_cap;
};

/* ---- memory ---- */

static mp_code short_of(mp_apply_run *run, mp_error *err)
{
    if (run->arena.is_over)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "the groups take more than %zu bytes; filter the rows, or group by fewer fields",
                       run->limits.bytes);
    return odata_nomem(err);
}

static bool keep_cell(mp_cell *out, mp_apply_run *run, const mp_cell *cell)
{
    *out = *cell;
    if (cell->kind != MP_CELL_TEXT)
        return true;
    out->u.text = mp_arena_dup(&run->arena, cell->u.text);
    return out->u.text.ptr != NULL;
}

/* ---- keys ---- */

static void add_key_bytes(mp_buf *key, const void *bytes, size_t len)
{
    mp_buf_add(key, mp_str_of(bytes, len));
}

static void add_folded(mp_buf *key, mp_str s)
{
    char *to = mp_buf_reserve(key, s.len);
    for (size_t i = 0; to && i < s.len; i++)
        to[i] = (char)mp_fold1((uint8_t)s.ptr[i]);
    key->len += to ? s.len : 0;
}

/* So that equal cells have equal bytes, and no two lists of cells run into each other. */
static void add_key(mp_buf *key, const mp_cell *cell)
{
    char kind = (char)cell->kind;
    mp_buf_add_c(key, kind);
    switch (cell->kind) {
    case MP_CELL_BOOL:
        mp_buf_add_c(key, cell->u.yes ? '1' : '0');
        break;
    case MP_CELL_INT:
        add_key_bytes(key, &cell->u.integer, sizeof cell->u.integer);
        break;
    case MP_CELL_DATE:
        add_key_bytes(key, &cell->u.date, sizeof cell->u.date);
        break;
    case MP_CELL_REAL: {
        double real = cell->u.real == 0 ? 0.0 : cell->u.real; /* -0 is 0 */
        add_key_bytes(key, &real, sizeof real);
        break;
    }
    case MP_CELL_TEXT:
        add_key_bytes(key, &cell->u.text.len, sizeof cell->u.text.len);
        add_folded(key, cell->u.text);
        break;
    default:
        break;
    }
}

static mp_code check_key(const grouping *g, mp_error *err)
{
    if (g->key.over_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the fields that rows are grouped by take more than %u bytes", KEY_MAX);
    return g->key.failed ? odata_nomem(err) : MP_OK;
}

/* ---- groups ---- */

static group *new_group(mp_apply_run *run, const mp_apply_step *step)
{
    group *g = MP_ARENA_NEW(&run->arena, group);
    if (!g)
        return NULL;
    g->cells = MP_ARENA_ARRAY(&run->arena, mp_cell, step->out->field_count);
    g->tallies = MP_ARENA_ARRAY(&run->arena, tally, step->aggregate_count + 1);
    return g->cells && g->tallies ? g : NULL;
}

static mp_code add_group(group **out, mp_apply_run *run, grouping *g, const mp_odata_reader *reader, const void *row,
                         mp_error *err)
{
    if (g->groups.len >= run->limits.groups)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %u groups; filter the rows, or group by fewer fields",
                       run->limits.groups);
    mp_str key = mp_arena_dup(&run->arena, mp_buf_str(&g->key));
    group *made = key.ptr ? new_group(run, g->step) : NULL;
    if (!made)
        return short_of(run, err);
    for (uint32_t i = 0; i < g->step->key_count; i++) {
        mp_cell cell = mp_odata_cell(g->step->in, reader, row, g->step->keys[i]);
        if (!keep_cell(&made->cells[i], run, &cell))
            return short_of(run, err);
    }
    MP_TRY(mp_map_put(&g->groups, key, made, err));
    *out = made;
    return MP_OK;
}

static mp_code find_group(group **out, mp_apply_run *run, grouping *g, const mp_odata_reader *reader, const void *row,
                          mp_error *err)
{
    if (g->only) {
        *out = g->only;
        return MP_OK;
    }
    mp_buf_clear(&g->key);
    for (uint32_t i = 0; i < g->step->key_count; i++) {
        mp_cell cell = mp_odata_cell(g->step->in, reader, row, g->step->keys[i]);
        add_key(&g->key, &cell);
    }
    MP_TRY(check_key(g, err));
    *out = mp_map_get(&g->groups, mp_buf_str(&g->key));
    return *out ? MP_OK : add_group(out, run, g, reader, row, err);
}

/* ---- adding up ---- */

static mp_code add_sum(tally *t, const mp_cell *cell, mp_error *err)
{
    t->count++;
    if (cell->kind == MP_CELL_REAL) {
        t->real += cell->u.real;
        return MP_OK;
    }
    if (__builtin_add_overflow(t->sum, cell->u.integer, &t->sum))
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a sum is beyond 64 bits");
    return MP_OK;
}

static mp_code add_best(mp_apply_run *run, tally *t, const mp_cell *cell, bool wants_most, mp_error *err)
{
    int order = t->count++ ? mp_cell_cmp(cell, &t->best) : 0;
    if (t->count > 1 && (wants_most ? order <= 0 : order >= 0))
        return MP_OK;
    return keep_cell(&t->best, run, cell) ? MP_OK : short_of(run, err);
}

static mp_code add_distinct(mp_apply_run *run, grouping *g, tally *t, const mp_cell *cell, mp_error *err)
{
    mp_buf_clear(&g->key);
    add_key_bytes(&g->key, &t, sizeof t); /* which group, which aggregate */
    add_key(&g->key, cell);
    MP_TRY(check_key(g, err));
    if (mp_map_find(&g->distinct, mp_buf_str(&g->key)))
        return MP_OK;
    if (g->distinct.len >= run->limits.distinct)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %u different values for countdistinct; filter the rows",
                       run->limits.distinct);
    mp_str key = mp_arena_dup(&run->arena, mp_buf_str(&g->key));
    if (!key.ptr)
        return short_of(run, err);
    t->count++;
    return mp_map_put(&g->distinct, key, t, err);
}

static mp_code add_value(mp_apply_run *run, grouping *g, tally *t, const mp_aggregate *a, const mp_cell *cell, mp_error *err)
{
    switch (a->method) {
    case MP_AGGREGATE_SUM:
        return add_sum(t, cell, err);
    case MP_AGGREGATE_AVERAGE:
        t->count++;
        t->real += cell->kind == MP_CELL_INT ? (double)cell->u.integer : cell->u.real;
        return MP_OK;
    case MP_AGGREGATE_DISTINCT:
        return add_distinct(run, g, t, cell, err);
    default:
        return add_best(run, t, cell, a->method == MP_AGGREGATE_MAX, err);
    }
}

static mp_code add_row(mp_apply_run *run, grouping *g, const mp_odata_reader *reader, const void *row, mp_error *err)
{
    group *to;
    MP_TRY(find_group(&to, run, g, reader, row, err));
    for (uint32_t i = 0; i < g->step->aggregate_count; i++) {
        const mp_aggregate *a = &g->step->aggregates[i];
        if (a->method == MP_AGGREGATE_COUNT) {
            to->tallies[i].count++;
            continue;
        }
        mp_cell cell = mp_odata_cell(g->step->in, reader, row, a->field);
        if (cell.kind != MP_CELL_NULL)
            MP_TRY(add_value(run, g, &to->tallies[i], a, &cell, err));
    }
    return MP_OK;
}

/* Of nothing but nulls: no sum, no average, no least. */
static mp_cell result_of(const mp_aggregate *a, const tally *t, mp_odata_type type)
{
    if (a->method == MP_AGGREGATE_COUNT || a->method == MP_AGGREGATE_DISTINCT)
        return mp_cell_int(t->count);
    if (t->count == 0)
        return MP_CELL_OF_NULL;
    if (a->method == MP_AGGREGATE_SUM)
        return type == MP_ODATA_INT ? mp_cell_int(t->sum) : mp_cell_real(t->real);
    return a->method == MP_AGGREGATE_AVERAGE ? mp_cell_real(t->real / (double)t->count) : t->best;
}

static const mp_cell *finish_group(const mp_apply_step *step, group *g)
{
    for (uint32_t i = 0; i < step->aggregate_count; i++) {
        uint32_t to = step->key_count + i;
        g->cells[to] = result_of(&step->aggregates[i], &g->tallies[i], step->out->fields[to].type);
    }
    return g->cells;
}

static mp_code begin_grouping(grouping *g, mp_apply_run *run, const mp_apply_step *step, mp_error *err)
{
    *g = (grouping){ .step = step, .groups = MP_MAP_INIT, .distinct = MP_MAP_INIT, .key = MP_BUF_INIT };
    g->key.limit = KEY_MAX;
    if (step->kind != MP_APPLY_AGGREGATE)
        return MP_OK;
    g->only = new_group(run, step);
    return g->only ? MP_OK : short_of(run, err);
}

static void end_grouping(grouping *g)
{
    mp_map_free(&g->groups);
    mp_map_free(&g->distinct);
    mp_buf_free(&g->key);
}

/* Its groups as rows, in order; room for one at least. */
static mp_code take_rows(const mp_cell ***rows, size_t *count, mp_apply_run *run, const grouping *g, mp_error *err)
{
    size_t          n = g->only ? 1 : g->groups.len;
    const mp_cell **all = MP_ARENA_ARRAY(&run->arena, const mp_cell *, n + 1);
    if (!all)
        return short_of(run, err);
    for (size_t i = 0; i < n; i++)
        all[i] = finish_group(g->step, g->only ? g->only : g->groups.entries[i].value);
    *rows = all;
    *count = n;
    return MP_OK;
}

/* ---- the run ---- */

static mp_cell get_cell(void *context, const void *row, uint32_t field)
{
    (void)context;
    return ((const mp_cell *)row)[field];
}

const mp_odata_reader mp_group_reader = { .get = get_cell };

mp_code mp_apply_run_new(mp_apply_run **out, const mp_apply *apply, const mp_apply_limits *limits, mp_error *err)
{
    mp_apply_run *run = calloc(1, sizeof *run);
    if (!run)
        return odata_nomem(err);
    run->apply = apply;
    if (limits)
        run->limits = *limits;
    run->limits.groups = run->limits.groups ? run->limits.groups : MP_APPLY_GROUPS_MAX;
    run->limits.distinct = run->limits.distinct ? run->limits.distinct : MP_APPLY_DISTINCT_MAX;
    run->limits.bytes = run->limits.bytes ? run->limits.bytes : MP_APPLY_BYTES_MAX;
    run->arena.limit = run->limits.bytes;
    mp_code code = begin_grouping(&run->first, run, &apply->steps[0], err);
    if (code == MP_OK)
        *out = run;
    else
        mp_apply_run_free(run);
    return code;
}

void mp_apply_run_free(mp_apply_run *run)
{
    if (!run)
        return;
    end_grouping(&run->first);
    mp_arena_free(&run->arena);
    free(run->given);
    free(run);
}

mp_code mp_apply_feed(mp_apply_run *run, const mp_odata_reader *reader, const void *row, mp_error *err)
{
    return add_row(run, &run->first, reader, row, err);
}

static bool grow_given(mp_apply_run *run)
{
    size_t          cap = run->given_cap ? run->given_cap * 2 : 64;
    const mp_cell **more = run->given_count < run->given_cap ? run->given : realloc(run->given, cap * sizeof *more);
    if (!more)
        return false;
    run->given_cap = run->given_count < run->given_cap ? run->given_cap : cap;
    run->given = more;
    return true;
}

mp_code mp_apply_feed_group(mp_apply_run *run, const mp_cell *cells, mp_error *err)
{
    const mp_odata_table *table = run->first.step->out;
    if (run->given_count >= run->limits.groups)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %u groups; filter the rows, or group by fewer fields",
                       run->limits.groups);
    mp_cell *copy = MP_ARENA_ARRAY(&run->arena, mp_cell, table->field_count);
    if (!copy)
        return short_of(run, err);
    for (uint32_t i = 0; i < table->field_count; i++) {
        mp_cell cell = odata_as(table->fields[i].type, &cells[i]);
        if (!keep_cell(&copy[i], run, &cell))
            return short_of(run, err);
    }
    if (!grow_given(run))
        return odata_nomem(err);
    run->given[run->given_count++] = copy;
    return MP_OK;
}

static void filter_rows(const mp_cell **rows, size_t *count, const mp_filter *filter)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (mp_filter_test(filter, &mp_group_reader, rows[i]))
            rows[kept++] = rows[i];
    *count = kept;
}

static mp_code group_rows(const mp_cell ***rows, size_t *count, mp_apply_run *run, const mp_apply_step *step, mp_error *err)
{
    grouping g;
    mp_code  code = begin_grouping(&g, run, step, err);
    for (size_t i = 0; code == MP_OK && i < *count; i++)
        code = add_row(run, &g, &mp_group_reader, (*rows)[i], err);
    if (code == MP_OK)
        code = take_rows(rows, count, run, &g, err);
    end_grouping(&g);
    return code;
}

mp_code mp_apply_finish(mp_groups *out, mp_apply_run *run, mp_error *err)
{
    const mp_cell **rows = run->given;
    size_t          count = run->given_count;
    if (!rows)
        MP_TRY(take_rows(&rows, &count, run, &run->first, err));
    for (uint32_t i = 1; i < run->apply->count; i++) {
        const mp_apply_step *step = &run->apply->steps[i];
        if (step->kind == MP_APPLY_FILTER)
            filter_rows(rows, &count, step->filter);
        else
            MP_TRY(group_rows(&rows, &count, run, step, err));
    }
    *out = (mp_groups){ .table = run->apply->out, .rows = rows, .count = count };
    return MP_OK;
}
