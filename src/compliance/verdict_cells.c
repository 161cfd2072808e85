/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_cells.h"

#include "verdicts.h"

void mp_sum_cells_init(mp_sum_cells *cells, mp_tx *tx)
{
    *cells = (mp_sum_cells){ .tx = tx, .by_name = MP_MAP_INIT, .deltas = MP_MAP_INIT, .places = MP_MAP_INIT };
}

void mp_sum_cells_done(mp_sum_cells *cells)
{
    mp_map_free(&cells->by_name);
    mp_map_free(&cells->deltas);
    mp_map_free(&cells->places);
}

/* ---- cells ---- */

static mp_code find_cell(mp_sum_cell **out, mp_sum_cells *cells, mp_str assignment, int64_t rule, mp_str control,
                         mp_error *err)
{
    mp_arena *arena = mp_tx_arena(cells->tx);
    mp_str    name = mp_arena_printf(arena, "%.*s\n%lld\n%.*s", MP_FMT(assignment), (long long)rule, MP_FMT(control));
    *out = name.ptr ? mp_map_get(&cells->by_name, name) : NULL;
    if (*out)
        return MP_OK;
    mp_sum_cell *made = name.ptr ? MP_ARENA_NEW(arena, mp_sum_cell) : NULL;
    if (!made)
        return mp_no_memory(err);
    *made = (mp_sum_cell){
        .assignment = assignment, .control = control, .rule = rule, .number = (uint32_t)cells->by_name.len
    };
    *out = made;
    return mp_map_put(&cells->by_name, name, made, err);
}

mp_code mp_sum_cells_of(mp_sum_cell ***out, size_t *count, mp_sum_cells *cells, mp_str assignment, mp_str controls,
                        int64_t rule, mp_error *err)
{
    size_t most = 4;
    for (size_t i = 0; i < controls.len; i++)
        most += controls.ptr[i] == '\n';
    mp_sum_cell **made = MP_ARENA_ARRAY(mp_tx_arena(cells->tx), mp_sum_cell *, most);
    size_t    n = 0;
    if (!made)
        return mp_no_memory(err);
    MP_TRY(find_cell(&made[n++], cells, MP_S(""), 0, MP_S(""), err));
    MP_TRY(find_cell(&made[n++], cells, assignment, 0, MP_S(""), err));
    MP_TRY(find_cell(&made[n++], cells, assignment, rule, MP_S(""), err));
    for (mp_str left = mp_str_skip(controls, controls.len ? 1 : 0); left.len;) {
        size_t end = mp_str_find(left, '\n');
        mp_str control = mp_str_of(left.ptr, end == SIZE_MAX ? left.len : end);
        MP_TRY(find_cell(&made[n++], cells, assignment, 0, control, err));
        left = mp_str_skip(left, control.len + 1);
    }
    *out = made;
    *count = n;
    return MP_OK;
}

/* ---- one resource ---- */

void mp_sum_cells_begin(mp_sum_cells *cells)
{
    cells->resource++;
    cells->first = NULL;
}

void mp_sum_cells_note(mp_sum_cells *cells, mp_sum_cell *const *of, size_t count, mp_sum_when when, mp_state state)
{
    for (size_t i = 0; i < count; i++) {
        mp_sum_cell *c = of[i];
        if (c->resource != cells->resource) {
            c->resource = cells->resource;
            c->has[MP_SUM_BEFORE] = c->has[MP_SUM_AFTER] = false;
            c->next = cells->first;
            cells->first = c;
        }
        c->state[when] = c->has[when] ? mp_state_rollup(c->state[when], state) : state;
        c->has[when] = true;
    }
}

/* ---- what it changes ---- */

typedef struct delta {
    mp_str         place;
    const mp_sum_cell *cell;
    mp_state       state;
    int64_t        by;
    bool           is_kept; /* as it was, over time */
} delta;

typedef struct delta_key {
    uint32_t place, cell, state;
} delta_key;

/* Where a resource counts. */
typedef struct counted_in {
    mp_str   place;
    uint32_t number;
    bool     is_kept; /* sums of checks are, over time */
} counted_in;

static mp_code number_of(uint32_t *out, mp_sum_cells *cells, mp_str place, mp_error *err)
{
    mp_map_entry *known = mp_map_find(&cells->places, place);
    *out = (uint32_t)(known ? (size_t)(known - cells->places.entries) : cells->places.len);
    return known ? MP_OK : mp_map_put(&cells->places, place, cells, err);
}

static mp_code add_delta(mp_sum_cells *cells, const counted_in *in, const mp_sum_cell *cell, mp_state state, int64_t by,
                         mp_error *err)
{
    mp_arena *arena = mp_tx_arena(cells->tx);
    delta_key key = { in->number, cell->number, (uint32_t)state };
    delta    *d = mp_map_get(&cells->deltas, mp_str_of((const char *)&key, sizeof key));
    if (!d) {
        mp_str kept = mp_arena_dup(arena, mp_str_of((const char *)&key, sizeof key));
        d = kept.ptr ? MP_ARENA_NEW(arena, delta) : NULL;
        if (!d)
            return mp_no_memory(err);
        *d = (delta){ in->place, cell, state, 0, in->is_kept && cell->rule > 0 };
        MP_TRY(mp_map_put(&cells->deltas, kept, d, err));
    }
    d->by += by;
    return MP_OK;
}

static mp_code settle_in(mp_sum_cells *cells, mp_str place, bool is_kept, mp_error *err)
{
    counted_in in = { .place = place, .is_kept = is_kept };
    MP_TRY(number_of(&in.number, cells, place, err));
    for (const mp_sum_cell *c = cells->first; c; c = c->next) {
        if (c->has[MP_SUM_BEFORE] && c->has[MP_SUM_AFTER] && c->state[MP_SUM_BEFORE] == c->state[MP_SUM_AFTER])
            continue;
        if (c->has[MP_SUM_BEFORE])
            MP_TRY(add_delta(cells, &in, c, c->state[MP_SUM_BEFORE], -1, err));
        if (c->has[MP_SUM_AFTER])
            MP_TRY(add_delta(cells, &in, c, c->state[MP_SUM_AFTER], 1, err));
    }
    return MP_OK;
}

mp_code mp_sum_cells_settle(mp_sum_cells *cells, mp_str subscription, mp_str group, mp_error *err)
{
    if (subscription.len)
        MP_TRY(settle_in(cells, subscription, true, err));
    return group.len ? settle_in(cells, group, false, err) : MP_OK;
}

#define WIDTH 6

static size_t put_changed(mp_value *values, const mp_sum_cells *cells)
{
    mp_value *at = values;
    for (size_t i = 0; i < cells->deltas.len; i++) {
        const delta *d = cells->deltas.entries[i].value;
        if (!d->by)
            continue;
        const mp_value row[WIDTH] = { mp_text(d->place),         mp_text(d->cell->assignment), mp_int(d->cell->rule),
                                      mp_text(d->cell->control), mp_int(d->state),             mp_int(d->by) };
        memcpy(at, row, sizeof row);
        at += WIDTH;
    }
    return (size_t)(at - values) / WIDTH;
}

static size_t put_kept(mp_value *values, const mp_sum_cells *cells)
{
    mp_value *at = values;
    for (size_t i = 0; i < cells->deltas.len; i++) {
        const delta *d = cells->deltas.entries[i].value;
        if (!d->by || !d->is_kept)
            continue;
        const mp_value row[WIDTH] = { mp_text(d->place),         mp_text(d->cell->assignment), mp_int(d->cell->rule),
                                      mp_text(d->cell->control), mp_int(d->state), mp_int(mp_tx_time(cells->tx)) };
        memcpy(at, row, sizeof row);
        at += WIDTH;
    }
    return (size_t)(at - values) / WIDTH;
}

mp_code mp_sum_cells_store(mp_sum_cells *cells, mp_error *err)
{
    static const char now[] =
        "INSERT INTO verdict_sum (place, assignment, rule, control, state, resources) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (place, assignment, rule, control, state) DO UPDATE SET"
        " resources = verdict_sum.resources + excluded.resources";
    static const char from_now_on[] =
        "INSERT INTO verdict_sum_at (place, rule, state, since, resources) VALUES (?1, ?3, ?5, ?6, (SELECT s.resources"
        " FROM verdict_sum s WHERE s.place = ?1 AND s.assignment = ?2 AND s.rule = ?3 AND s.control = ?4 AND s.state = ?5))"
        " ON CONFLICT (place, rule, state, since) DO UPDATE SET resources = excluded.resources";
    mp_value *values = MP_ARENA_ARRAY(mp_tx_arena(cells->tx), mp_value, cells->deltas.len * WIDTH + 1);
    if (!values)
        return mp_no_memory(err);
    MP_TRY(mp_sql_many(cells->tx, now, values, WIDTH, put_changed(values, cells), err));
    return mp_sql_many(cells->tx, from_now_on, values, WIDTH, put_kept(values, cells), err);
}

/* ---- reading ---- */

static mp_code take_sum(mp_sum **sums, size_t *count, size_t *cap, const mp_rows *rows, mp_arena *arena, mp_error *err)
{
    if (*count == *cap) {
        size_t  wanted = *cap ? *cap * 2 : 256;
        mp_sum *grown = MP_ARENA_ARRAY(arena, mp_sum, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (*count)
            memcpy(grown, *sums, *count * sizeof *grown);
        *sums = grown;
        *cap = wanted;
    }
    mp_sum *s = &(*sums)[(*count)++];
    *s = (mp_sum){ .assignment = mp_arena_dup(arena, mp_rows_bytes(rows, 0)),
                   .check = mp_rows_int(rows, 1),
                   .group = mp_arena_dup(arena, mp_rows_bytes(rows, 2)),
                   .state = (mp_state)mp_rows_int(rows, 3),
                   .resources = (uint64_t)mp_rows_int(rows, 4) };
    return s->assignment.ptr && s->group.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_verdicts_sums(mp_sum **out, size_t *count, mp_tx *tx, const mp_str *places, size_t place_count,
                         mp_arena *arena, mp_error *err)
{
    mp_sum *sums = NULL;
    size_t  cap = 0;
    *count = 0;
    for (size_t p = 0; p < place_count; p++) {
        mp_rows *rows = NULL;
        bool     more = true;
        MP_TRY(mp_sql_ask(
            &rows, tx,
            "SELECT assignment, rule, control, state, resources FROM verdict_sum WHERE place = ?1 AND resources <> 0 ORDER BY assignment, rule, control,"
            " state",
            MP_VALUES(mp_text(places[p])), err));
        mp_code code = MP_OK;
        while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
            code = take_sum(&sums, count, &cap, rows, arena, err);
        mp_rows_close(rows);
        MP_TRY(code);
    }
    *out = sums;
    return MP_OK;
}
