/* SPDX-License-Identifier: Apache-2.0 */
#include "kusto_group.h"

/* Of one aggregate in one group. */
typedef struct sum {
    int64_t        count, whole;
    double         real;
    bool           is_real; /* `whole` does not say it */
    const mp_json *best;
} sum;

typedef struct group {
    const mp_json **keys; /* by column; of aggregates NULL */
    sum            *sums; /* by column */
    size_t          nth;
} group;

void grouping_init(grouping *g, const step *s, const mp_kusto_limits *limits)
{
    *g = (grouping){ .s = s, .most = limits->rows, .arena = { .limit = limits->bytes } };
}

void grouping_done(grouping *g)
{
    mp_map_free(&g->groups);
    mp_map_free(&g->values);
    mp_arena_free(&g->arena);
}

mp_code kusto_full(const mp_arena *arena, mp_error *err)
{
    if (!arena->is_over)
        return kusto_nomem(err);
    return mp_fail(
        err, MP_LIMIT, MP_NOWHERE,
        "the rows to be kept take more than %zu MiB; narrow them by where, or name the columns wanted by project",
        arena->limit >> 20);
}

/* ---- groups ---- */

static mp_code make_group(group **out, grouping *g, mp_str key, const mp_json *const *keys, mp_error *err)
{
    group *made = MP_ARENA_NEW(&g->arena, group);
    mp_str kept = mp_arena_dup(&g->arena, key);
    if (g->groups.len >= g->most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %u groups; narrow the rows by where", g->most);
    if (!made || !kept.ptr)
        return kusto_full(&g->arena, err);
    made->keys = MP_ARENA_ARRAY(&g->arena, const mp_json *, g->s->count + 1);
    made->sums = MP_ARENA_ARRAY(&g->arena, sum, g->s->count + 1);
    made->nth = g->groups.len;
    if (!made->keys || !made->sums)
        return kusto_full(&g->arena, err);
    for (uint32_t i = 0; i < g->s->count; i++) {
        made->keys[i] = keys[i] ? mp_arena_dup_json(&g->arena, keys[i]) : NULL;
        if (keys[i] && !made->keys[i])
            return kusto_full(&g->arena, err);
    }
    *out = made;
    return mp_map_put(&g->groups, kept, made, err);
}

static mp_code find_group(group **out, bool *is_new, grouping *g, const mp_json *const *cells, mp_arena *scratch,
                          mp_error *err)
{
    const mp_json **keys = MP_ARENA_ARRAY(scratch, const mp_json *, g->s->count + 1);
    bool            failed = !keys;
    mp_buf          key = MP_BUF_INIT;
    for (uint32_t i = 0; i < g->s->count && !failed; i++) {
        if (g->s->items[i].is_aggregate)
            continue;
        keys[i] = kusto_value(g->s->items[i].value, cells, scratch, &failed);
        kusto_add_key(&key, keys[i]);
    }
    mp_str  text = key.ptr ? mp_buf_str(&key) : MP_S("");
    mp_code code = failed || key.failed ? kusto_nomem(err) : MP_OK;
    *out = code == MP_OK ? mp_map_get(&g->groups, text) : NULL;
    *is_new = code == MP_OK && !*out;
    if (*is_new)
        code = make_group(out, g, text, keys, err);
    mp_buf_free(&key);
    return code;
}

/* ---- aggregates ---- */

/* Is the value new to this column of this group? */
static mp_code is_first(bool *out, grouping *g, const group *at, uint32_t column, const mp_json *v, mp_error *err)
{
    mp_buf key = MP_BUF_INIT;
    mp_buf_printf(&key, "%u,%zu,", column, at->nth);
    kusto_add_key(&key, v);
    *out = !key.failed && !mp_map_find(&g->values, mp_buf_str(&key));
    mp_code code = key.failed ? kusto_nomem(err) : MP_OK;
    if (*out) {
        mp_str kept = mp_arena_dup(&g->arena, mp_buf_str(&key));
        code = !kept.ptr ? kusto_full(&g->arena, err) : mp_map_put(&g->values, kept, g, err);
    }
    mp_buf_free(&key);
    return code;
}

static void add_number(sum *s, const mp_json *v)
{
    int64_t whole = 0;
    if (!kusto_is_number(v))
        return;
    s->count++;
    if (!s->is_real && (v->kind == MP_JSON_REAL || __builtin_add_overflow(s->whole, v->u.integer, &whole))) {
        s->is_real = true;
        s->real = (double)s->whole;
    }
    if (s->is_real)
        s->real += mp_json_double(v);
    else
        s->whole = whole;
}

static mp_code add_value(grouping *g, group *at, uint32_t column, const mp_json *v, mp_error *err)
{
    sum      *s = &at->sums[column];
    aggregate method = g->s->items[column].method;
    bool      is_new = false;
    switch (method) {
    case AGG_COUNT: s->count++; return MP_OK;
    case AGG_COUNTIF: s->count += mp_json_is_true(v); return MP_OK;
    case AGG_DCOUNT:
        if (v)
            MP_TRY(is_first(&is_new, g, at, column, v, err));
        s->count += is_new;
        return MP_OK;
    case AGG_SUM:
    case AGG_AVG: add_number(s, v); return MP_OK;
    default:
        if (!v || (s->best && (method == AGG_MIN ? kusto_compare(v, s->best) >= 0 : kusto_compare(v, s->best) <= 0)))
            return MP_OK;
        s->best = mp_arena_dup_json(&g->arena, v);
        return s->best ? MP_OK : kusto_full(&g->arena, err);
    }
}

mp_code grouping_add(grouping *g, bool *is_new, const mp_json *const *cells, mp_arena *scratch, mp_error *err)
{
    group *at;
    bool   failed = false;
    MP_TRY(find_group(&at, is_new, g, cells, scratch, err));
    for (uint32_t i = 0; i < g->s->count; i++) {
        const item *made = &g->s->items[i];
        if (!made->is_aggregate)
            continue;
        const mp_json *v = made->value ? kusto_value(made->value, cells, scratch, &failed) : NULL;
        if (failed)
            return kusto_nomem(err);
        MP_TRY(add_value(g, at, i, v, err));
    }
    return MP_OK;
}

/* ---- what comes out ---- */

mp_code grouping_end(grouping *g, mp_arena *scratch, mp_error *err)
{
    bool            by_nothing = g->s->kind != STEP_DISTINCT && g->groups.len == 0;
    const mp_json **none = MP_ARENA_ARRAY(scratch, const mp_json *, g->s->count + 1);
    group          *made;
    for (uint32_t i = 0; i < g->s->count && by_nothing; i++)
        by_nothing = g->s->items[i].is_aggregate;
    if (!none)
        return kusto_nomem(err);
    return by_nothing ? make_group(&made, g, MP_S(""), none, err) : MP_OK;
}

size_t grouping_count(const grouping *g) { return g->groups.len; }

static const mp_json *outcome(const sum *s, aggregate method, mp_arena *arena)
{
    switch (method) {
    case AGG_COUNT:
    case AGG_COUNTIF:
    case AGG_DCOUNT: return mp_json_make_int(arena, s->count);
    case AGG_SUM: return s->is_real ? mp_json_make_real(arena, s->real) : mp_json_make_int(arena, s->whole);
    case AGG_AVG:
        return s->count ? mp_json_make_real(arena, (s->is_real ? s->real : (double)s->whole) / (double)s->count)
                        : mp_json_make_null();
    default: return s->best ? s->best : mp_json_make_null();
    }
}

const mp_json **grouping_row(const grouping *g, size_t i, mp_arena *arena)
{
    const group    *at = g->groups.entries[i].value;
    const mp_json **cells = MP_ARENA_ARRAY(arena, const mp_json *, g->s->count + 1);
    for (uint32_t c = 0; cells && c < g->s->count; c++) {
        const item *made = &g->s->items[c];
        cells[c] = made->is_aggregate ? outcome(&at->sums[c], made->method, arena) : at->keys[c];
        if (made->is_aggregate && !cells[c])
            return NULL;
        cells[c] = mp_json_is(cells[c], MP_JSON_NULL) ? NULL : cells[c];
    }
    return cells;
}
