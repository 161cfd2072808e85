/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of resources is gathered, some at a time: what was said of them before is read with few statements,
 * compared, and the differences are written with one statement for all rows of a table. So a write costs few turns of
 * the database, however many resources it is of. Sums get the difference when all is written. */
#include "verdict_internal.h"

#include "sql.h"
#include "verdict_cells.h"

#define GATHERED 256 /* resources that are written together */
#define ASKED 50     /* that one statement asks for */

/* A check by its number: its place in sums, and whether it is one of the rulebook. */
typedef struct rule {
    int64_t         number;
    uint32_t        check; /* in the rulebook, or MP_NO_CHECK */
    bool            has_ended;
    mp_sum_cell   **cells;
    size_t          cell_count;
} rule;

typedef struct row {
    const rule *rule;
    int64_t     number; /* of the rule */
    mp_state    state;
    int64_t     reason;
    mp_str      effect, detail;
    mp_ticks    since;
    struct row *next;
} row;

typedef enum wish { PUT, DROP, CLEAN /* what was said under checks that ended goes */ } wish;

typedef struct gathered {
    wish      wish;
    mp_place  place;
    mp_judged what;   /* PUT */
    int64_t   number; /* of the resource; 0: it has none yet */
    row      *old;
} gathered;

/* Values of many rows for one statement. */
typedef struct many {
    const char *sql;
    size_t      width;
    mp_value   *values;
    size_t      len, cap;
} many;

enum { RESOURCES, GONE, ENDED, UNSAID, SAID, STATEMENTS };

struct mp_verdict_writer {
    mp_tx             *tx;
    const mp_rulebook *book;
    const int64_t     *numbers;
    rule             **by_check; /* NULL: not met yet */
    mp_map             others;   /* number, as its bytes, to rule: checks that the rulebook does not have */
    /* numbers of the rulebook's checks: 1 + check, by a hash; slot_count is a power of two */
    uint32_t          *slots;
    size_t             slot_count;
    mp_sum_cells       cells;
    int64_t            next_resource;
    uint32_t           changed;
    uint32_t          *check_of; /* [i]: 1 + index into `what->verdicts` of check i, for the resource at hand */
    bool              *is_asked; /* [i]: check i is among `asked`; of what was put last */
    const uint32_t    *asked;
    gathered          *list, *last; /* whose row came last; NULL: nobody's */
    size_t             count;
    bool               has_failed; /* nothing more is to be written */
    mp_map             keys; /* of `list` */
    many               many[STATEMENTS];
};

static const many statements[STATEMENTS] = {
    [RESOURCES] = { "INSERT INTO judged (number, key, id, type, location, grp, subscription, tags, version, at, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)"
                    " ON CONFLICT (number) DO UPDATE SET key = excluded.key, id = excluded.id, type = excluded.type, location = excluded.location, grp = excluded.grp,"
                    " subscription = excluded.subscription, tags = excluded.tags, version = excluded.version, at = excluded.at, gone = 0",
                    10, NULL, 0, 0 },
    [GONE] = { "UPDATE judged SET gone = 1, at = ?2 WHERE number = ?1", 2, NULL, 0, 0 },
    [ENDED] = { "INSERT INTO verdict_past (resource, rule, since, until, state, reason, effect, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                " ON CONFLICT (resource, rule, since) DO NOTHING",
                8, NULL, 0, 0 },
    [UNSAID] = { "DELETE FROM verdict WHERE resource = ?1 AND rule = ?2", 2, NULL, 0, 0 },
    [SAID] = { "INSERT INTO verdict (resource, rule, state, reason, effect, detail, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (resource, rule)"
               " DO UPDATE SET state = excluded.state, reason = excluded.reason, effect = excluded.effect, detail = excluded.detail, since = excluded.since",
               7, NULL, 0, 0 },
};

static mp_arena *arena_of(const mp_verdict_writer *w) { return mp_tx_arena(w->tx); }

/* ---- rows to be written ---- */

/* Room for one more row, or NULL. */
static mp_value *add_row(mp_verdict_writer *w, unsigned which)
{
    many *m = &w->many[which];
    if (m->len == m->cap) {
        size_t    wanted = m->cap ? m->cap * 2 : 16;
        mp_value *grown = MP_ARENA_ARRAY(arena_of(w), mp_value, wanted * m->width);
        if (!grown)
            return NULL;
        if (m->len)
            memcpy(grown, m->values, m->len * m->width * sizeof *grown);
        m->values = grown;
        m->cap = wanted;
    }
    return m->values + m->len++ * m->width;
}

static mp_code write_rows(mp_verdict_writer *w, mp_error *err)
{
    for (unsigned i = 0; i < STATEMENTS; i++) {
        many *m = &w->many[i];
        MP_TRY(mp_sql_many(w->tx, m->sql, m->values, m->width, m->len, err));
        m->len = 0;
    }
    return MP_OK;
}

/* ---- rules ---- */

static size_t slot_of(const mp_verdict_writer *w, int64_t number)
{
    return (size_t)(((uint64_t)number * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (w->slot_count - 1);
}

static mp_code number_slots(mp_verdict_writer *w, uint32_t count, mp_error *err)
{
    for (w->slot_count = 16; w->slot_count < (size_t)count * 2; w->slot_count *= 2)
        ;
    w->slots = MP_ARENA_ARRAY(arena_of(w), uint32_t, w->slot_count);
    if (!w->slots)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = slot_of(w, w->numbers[i]);
        while (w->slots[at])
            at = (at + 1) & (w->slot_count - 1);
        w->slots[at] = i + 1;
    }
    return MP_OK;
}

static uint32_t check_numbered(const mp_verdict_writer *w, int64_t number)
{
    for (size_t at = slot_of(w, number); w->slots[at]; at = (at + 1) & (w->slot_count - 1))
        if (w->numbers[w->slots[at] - 1] == number)
            return w->slots[at] - 1;
    return MP_NO_CHECK;
}

static mp_code make_rule(rule **out, mp_verdict_writer *w, int64_t number, uint32_t check, mp_str assignment,
                         mp_str controls, mp_error *err)
{
    rule *r = MP_ARENA_NEW(arena_of(w), rule);
    if (!r)
        return mp_no_memory(err);
    *r = (rule){ .number = number, .check = check };
    *out = r;
    return mp_sum_cells_of(&r->cells, &r->cell_count, &w->cells, assignment, controls, number, err);
}

/* Of a check of the rulebook, whose row says the same (mp_verdicts_checks). */
static mp_code rule_of_check(const rule **out, mp_verdict_writer *w, uint32_t check, mp_error *err)
{
    mp_str assignment, controls;
    if (!w->by_check[check]) {
        MP_TRY(mp_rule_columns(&assignment, &controls, mp_rulebook_facts(w->book, check), arena_of(w), err));
        MP_TRY(make_rule(&w->by_check[check], w, w->numbers[check], check, assignment, controls, err));
    }
    *out = w->by_check[check];
    return MP_OK;
}

/* Of a check that the rulebook does not have any more. */
static mp_code load_rule(rule **out, mp_verdict_writer *w, int64_t number, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false, has_ended = false;
    mp_str   assignment = MP_S(""), controls = MP_S("");
    MP_TRY(mp_sql_ask(&rows, w->tx, "SELECT assignment, controls, until FROM rule_check WHERE number = ?1",
                      MP_VALUES(mp_int(number)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        assignment = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 0));
        controls = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 1));
        has_ended = mp_rows_int(rows, 2) != 0;
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (!assignment.ptr || !controls.ptr)
        return mp_no_memory(err);
    MP_TRY(make_rule(out, w, number, MP_NO_CHECK, assignment, controls, err));
    (*out)->has_ended = has_ended;
    return MP_OK;
}

static mp_code find_rule(const rule **out, mp_verdict_writer *w, int64_t number, mp_error *err)
{
    uint32_t check = check_numbered(w, number);
    rule    *r = NULL;
    if (check != MP_NO_CHECK)
        return rule_of_check(out, w, check, err);
    r = mp_map_get(&w->others, mp_str_of((const char *)&number, sizeof number));
    if (!r) {
        MP_TRY(load_rule(&r, w, number, err));
        MP_TRY(mp_map_put(&w->others, mp_str_of((const char *)&r->number, sizeof r->number), r, err));
    }
    *out = r;
    return MP_OK;
}

/* ---- what was said before ---- */

static gathered *gathered_of(const mp_verdict_writer *w, mp_str key) { return mp_map_get(&w->keys, key); }

/* Questions for ASKED things at once, or for one: few different statements, which the engine keeps. The last is asked
 * for again where there are fewer. */
static mp_code ask_some(mp_rows **out, mp_verdict_writer *w, const char *sql, const mp_value *things, size_t count,
                        mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_value values[ASKED];
    size_t   asked = count == 1 ? 1 : ASKED;
    for (size_t i = 0; i < asked; i++)
        values[i] = things[i < count ? i : count - 1];
    mp_buf_add_z(&text, sql);
    for (size_t i = 0; i < asked; i++)
        mp_buf_printf(&text, "%s?%zu", i ? ", " : " IN (", i + 1);
    mp_buf_add(&text, mp_str_of(")", 2));
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_sql_ask(out, w->tx, text.ptr, values, asked, err);
    mp_buf_free(&text);
    return code;
}

static mp_code take_number(mp_verdict_writer *w, const mp_rows *rows, mp_error *err)
{
    gathered *g = gathered_of(w, mp_rows_bytes(rows, 1));
    (void)err;
    if (g)
        g->number = mp_rows_int(rows, 0);
    return MP_OK;
}

/* Rows of one resource come together. */
static gathered *numbered(mp_verdict_writer *w, int64_t number)
{
    for (size_t i = 0; i < w->count && !(w->last && w->last->number == number); i++)
        w->last = &w->list[i];
    return w->last && w->last->number == number ? w->last : NULL;
}

static mp_code take_row(mp_verdict_writer *w, const mp_rows *rows, mp_error *err)
{
    gathered *g = numbered(w, mp_rows_int(rows, 0));
    row      *r = g ? MP_ARENA_NEW(arena_of(w), row) : NULL;
    if (!r)
        return g ? mp_no_memory(err) : MP_OK;
    *r = (row){ .number = mp_rows_int(rows, 1),
                .state = (mp_state)mp_rows_int(rows, 2),
                .reason = mp_rows_int(rows, 3),
                .effect = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 4)),
                .detail = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 5)),
                .since = mp_rows_int(rows, 6),
                .next = g->old };
    g->old = r; /* its rule is found when this statement is closed: it may have to be asked for */
    return r->effect.ptr && r->detail.ptr ? MP_OK : mp_no_memory(err);
}

typedef mp_code taker(mp_verdict_writer *w, const mp_rows *rows, mp_error *err);

static mp_code ask_all(mp_verdict_writer *w, const char *sql, const mp_value *things, size_t count, taker *take,
                       mp_error *err)
{
    for (size_t i = 0; i < count; i += ASKED) {
        mp_rows *rows = NULL;
        bool     more = true;
        MP_TRY(ask_some(&rows, w, sql, things + i, count - i < ASKED ? count - i : ASKED, err));
        mp_code code = MP_OK;
        while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
            code = take(w, rows, err);
        mp_rows_close(rows);
        MP_TRY(code);
    }
    return MP_OK;
}

static mp_code read_before(mp_verdict_writer *w, mp_error *err)
{
    mp_value things[GATHERED];
    size_t   known = 0;
    for (size_t i = 0; i < w->count; i++)
        things[i] = mp_text(w->list[i].place.key);
    MP_TRY(ask_all(w, "SELECT number, key FROM judged WHERE key", things, w->count, take_number, err));
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].number)
            things[known++] = mp_int(w->list[i].number);
    MP_TRY(ask_all(w, "SELECT resource, rule, state, reason, effect, detail, since FROM verdict WHERE resource",
                   things, known, take_row, err));
    for (size_t i = 0; i < w->count; i++)
        for (row *r = w->list[i].old; r; r = r->next)
            MP_TRY(find_rule(&r->rule, w, r->number, err));
    return MP_OK;
}

/* ---- one resource ---- */

static void note(mp_verdict_writer *w, const rule *r, mp_sum_when when, mp_state state)
{
    mp_sum_cells_note(&w->cells, r->cells, r->cell_count, when, state);
}

static mp_code end_row(mp_verdict_writer *w, int64_t resource, const row *r, bool is_unsaid, mp_error *err)
{
    mp_value *v = add_row(w, ENDED);
    if (!v)
        return mp_no_memory(err);
    const mp_value values[] = { mp_int(resource),          mp_int(r->rule->number), mp_int(r->since),
                                mp_int(mp_tx_time(w->tx)), mp_int(r->state),        mp_int(r->reason),
                                mp_text(r->effect),        mp_text(r->detail) };
    memcpy(v, values, sizeof values);
    if (!is_unsaid)
        return MP_OK;
    w->changed++;
    v = add_row(w, UNSAID);
    if (!v)
        return mp_no_memory(err);
    v[0] = mp_int(resource);
    v[1] = mp_int(r->rule->number);
    return MP_OK;
}

static mp_code put_row(mp_verdict_writer *w, int64_t resource, int64_t number, const mp_verdict *said, mp_error *err)
{
    mp_value *v = add_row(w, SAID);
    if (!v)
        return mp_no_memory(err);
    const mp_value values[] = { mp_int(resource),         mp_int(number),        mp_int(said->state),
                                mp_int(said->reason),     mp_text(said->effect), mp_text(said->detail),
                                mp_int(mp_tx_time(w->tx)) };
    memcpy(v, values, sizeof values);
    w->changed++;
    return MP_OK;
}

static bool says_the_same(const row *r, const mp_verdict *v)
{
    return r->state == v->state && r->reason == (int64_t)v->reason && mp_str_eq(r->effect, v->effect) &&
           mp_str_eq(r->detail, v->detail);
}

/* Which checks were asked; mostly the same for all resources of a write. */
static void take_asked(mp_verdict_writer *w, const mp_judged *what)
{
    if (what->judged == w->asked)
        return;
    memset(w->is_asked, 0, mp_rulebook_count(w->book) * sizeof *w->is_asked);
    for (uint32_t i = 0; i < what->judged_count; i++)
        w->is_asked[what->judged[i]] = true;
    w->asked = what->judged;
}

/* Old rows that are not said any more go, those that say something else go and come again. */
static mp_code replace_rows(mp_verdict_writer *w, const gathered *g, mp_error *err)
{
    const mp_judged *what = &g->what;
    take_asked(w, what);
    for (uint32_t i = 0; i < what->count; i++)
        if (what->verdicts[i].state != MP_STATE_NOT_APPLICABLE)
            w->check_of[what->verdicts[i].check] = i + 1;
    for (row *r = g->old; r; r = r->next) {
        uint32_t          check = r->rule->check, at = check == MP_NO_CHECK ? 0 : w->check_of[check];
        const mp_verdict *v = at ? &what->verdicts[at - 1] : NULL;
        bool              is_open = check == MP_NO_CHECK || (what->judged && !w->is_asked[check]); /* nobody asked */
        note(w, r->rule, MP_SUM_BEFORE, r->state);
        if (is_open || (v && says_the_same(r, v))) {
            note(w, r->rule, MP_SUM_AFTER, r->state);
            if (at)
                w->check_of[check] = 0;
            continue;
        }
        MP_TRY(end_row(w, g->number, r, !v, err));
    }
    for (uint32_t i = 0; i < what->count; i++) {
        const mp_verdict *v = &what->verdicts[i];
        const rule       *r = NULL;
        if (w->check_of[v->check] != i + 1)
            continue;
        w->check_of[v->check] = 0;
        MP_TRY(rule_of_check(&r, w, v->check, err));
        MP_TRY(put_row(w, g->number, r->number, v, err));
        note(w, r, MP_SUM_AFTER, v->state);
    }
    return MP_OK;
}

/* Nothing is said of it any more: also under checks that the rulebook does not have. */
static mp_code drop_rows(mp_verdict_writer *w, const gathered *g, bool only_ended, mp_error *err)
{
    for (row *r = g->old; r; r = r->next) {
        bool stays = only_ended && !r->rule->has_ended;
        note(w, r->rule, MP_SUM_BEFORE, r->state);
        if (stays)
            note(w, r->rule, MP_SUM_AFTER, r->state);
        else
            MP_TRY(end_row(w, g->number, r, true, err));
    }
    return MP_OK;
}

static mp_code tags_text(mp_str *out, const mp_verdict_writer *w, const mp_json *tags, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    if (tags)
        mp_buf_add_json(&b, tags);
    mp_code code = mp_buf_check(&b, err);
    *out = b.len ? mp_arena_dup(arena_of(w), mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    return code == MP_OK && !out->ptr ? mp_no_memory(err) : code;
}

static mp_code put_resource(mp_verdict_writer *w, gathered *g, mp_error *err)
{
    const mp_place *p = &g->place;
    mp_str          tags = { NULL, 0 }, type = { NULL, 0 }, group = { NULL, 0 };
    MP_TRY(tags_text(&tags, w, g->what.tags, err));
    MP_TRY(mp_key_of(&type, p->type, arena_of(w), err));
    MP_TRY(mp_key_of(&group, p->group, arena_of(w), err));
    if (g->number == 0)
        g->number = w->next_resource++;
    mp_value *v = add_row(w, RESOURCES);
    if (!v)
        return mp_no_memory(err);
    const mp_value values[] = {
        mp_int(g->number),         mp_text(p->key),          mp_text(p->id),           mp_text(type),
        mp_text(g->what.location), mp_text(group),           mp_text(p->subscription), mp_text(tags),
        mp_int(g->what.version),   mp_int(mp_tx_time(w->tx))
    };
    memcpy(v, values, sizeof values);
    return MP_OK;
}

static mp_code drop_resource(mp_verdict_writer *w, const gathered *g, mp_error *err)
{
    mp_value *v = add_row(w, GONE);
    if (!v)
        return mp_no_memory(err);
    v[0] = mp_int(g->number);
    v[1] = mp_int(mp_tx_time(w->tx));
    return MP_OK;
}

static mp_code work_out(mp_verdict_writer *w, gathered *g, mp_error *err)
{
    const mp_place *p = &g->place;
    mp_str subscription =
        p->subscription.len ? mp_arena_printf(arena_of(w), "/subscriptions/%.*s", MP_FMT(p->subscription)) : MP_S("");
    if (!subscription.ptr)
        return mp_no_memory(err);
    if (g->wish != PUT && g->number == 0)
        return MP_OK;
    mp_sum_cells_begin(&w->cells);
    if (g->wish == PUT)
        MP_TRY(put_resource(w, g, err));
    MP_TRY(g->wish == PUT ? replace_rows(w, g, err) : drop_rows(w, g, g->wish == CLEAN, err));
    if (g->wish == DROP)
        MP_TRY(drop_resource(w, g, err));
    return mp_sum_cells_settle(&w->cells, subscription, p->group_key, err);
}

/* ---- some resources ---- */

static mp_code flush(mp_verdict_writer *w, mp_error *err)
{
    if (w->count == 0)
        return MP_OK;
    MP_TRY(read_before(w, err));
    for (size_t i = 0; i < w->count; i++)
        MP_TRY(work_out(w, &w->list[i], err));
    mp_map_free(&w->keys);
    w->count = 0;
    w->last = NULL;
    return write_rows(w, err);
}

static mp_code gather(gathered **out, mp_verdict_writer *w, wish what, const mp_place *place, mp_error *err)
{
    if (w->count == GATHERED || gathered_of(w, place->key)) /* once more: after what was said before */
        MP_TRY(flush(w, err));
    *out = &w->list[w->count];
    **out = (gathered){ .wish = what, .place = *place };
    MP_TRY(mp_map_put(&w->keys, place->key, *out, err));
    w->count++;
    return MP_OK;
}

static mp_code kept(mp_verdict_writer *w, mp_code code)
{
    w->has_failed = w->has_failed || code != MP_OK;
    return code;
}

static mp_code gather_verdicts(mp_verdict_writer *w, const mp_judged *what, mp_error *err)
{
    gathered *g;
    MP_TRY(gather(&g, w, PUT, what->place, err));
    g->what = *what;
    mp_verdict *verdicts = MP_ARENA_ARRAY(arena_of(w), mp_verdict, (size_t)what->count + 1);
    if (!verdicts)
        return mp_no_memory(err);
    if (what->count)
        memcpy(verdicts, what->verdicts, what->count * sizeof *verdicts);
    g->what.verdicts = verdicts;
    return MP_OK;
}

mp_code mp_verdicts_put(mp_verdict_writer *w, const mp_judged *what, mp_error *err)
{
    return kept(w, gather_verdicts(w, what, err));
}

static mp_code gather_key(mp_verdict_writer *w, wish what, mp_str key, mp_error *err)
{
    gathered *g;
    mp_place  place;
    MP_TRY(mp_place_of(&place, key, arena_of(w), err));
    return gather(&g, w, what, &place, err);
}

mp_code mp_verdicts_drop(mp_verdict_writer *w, mp_str key, mp_error *err) { return kept(w, gather_key(w, DROP, key, err)); }

/* ---- a write ---- */

static void done(mp_verdict_writer *w)
{
    mp_sum_cells_done(&w->cells);
    mp_map_free(&w->others);
    mp_map_free(&w->keys);
}

mp_code mp_verdicts_begin(mp_verdict_writer **out, mp_tx *tx, const mp_rulebook *book, const int64_t *numbers, mp_error *err)
{
    mp_arena          *arena = mp_tx_arena(tx);
    mp_verdict_writer *w = MP_ARENA_NEW(arena, mp_verdict_writer);
    uint32_t           count = book ? mp_rulebook_count(book) : 0;
    if (!w)
        return mp_no_memory(err);
    *w = (mp_verdict_writer){ .tx = tx, .book = book, .numbers = numbers, .others = MP_MAP_INIT, .keys = MP_MAP_INIT };
    mp_sum_cells_init(&w->cells, tx);
    memcpy(w->many, statements, sizeof statements);
    w->by_check = MP_ARENA_ARRAY(arena, rule *, (size_t)count + 1);
    w->check_of = MP_ARENA_ARRAY(arena, uint32_t, (size_t)count + 1);
    w->is_asked = MP_ARENA_ARRAY(arena, bool, (size_t)count + 1);
    w->list = MP_ARENA_ARRAY(arena, gathered, GATHERED);
    if (!w->by_check || !w->check_of || !w->is_asked || !w->list)
        return mp_no_memory(err);
    MP_TRY(number_slots(w, count, err));
    MP_TRY(mp_next_number(&w->next_resource, tx, "SELECT COALESCE(MAX(number), 0) FROM judged", err));
    *out = w;
    return MP_OK;
}

mp_code mp_verdicts_end(uint32_t *changed, mp_verdict_writer *w, mp_error *err)
{
    mp_code code = w->has_failed ? MP_OK : flush(w, err);
    if (code == MP_OK && !w->has_failed)
        code = mp_sum_cells_store(&w->cells, err);
    if (changed)
        *changed = w->changed;
    done(w);
    return code;
}

/* ---- checks that ended ---- */

static mp_code ended_keys(mp_str **out, size_t *count, mp_tx *tx, size_t limit, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    mp_str  *keys = MP_ARENA_ARRAY(mp_tx_arena(tx), mp_str, limit + 1);
    if (!keys)
        return mp_no_memory(err);
    *count = 0;
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT DISTINCT j.key FROM rule_check c CROSS JOIN verdict v CROSS JOIN judged j WHERE c.until > 0 AND v.rule = c.number AND j.number = v.resource"
        " LIMIT ?1",
        MP_VALUES(mp_int((int64_t)limit)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        if (!(keys[(*count)++] = mp_arena_dup(mp_tx_arena(tx), mp_rows_bytes(rows, 0))).ptr)
            code = mp_no_memory(err);
    mp_rows_close(rows);
    *out = keys;
    return code;
}

mp_code mp_verdicts_clean(bool *more, mp_tx *tx, size_t limit, mp_error *err)
{
    mp_verdict_writer *w;
    mp_str            *keys = NULL;
    size_t             count = 0;
    MP_TRY(ended_keys(&keys, &count, tx, limit, err));
    *more = count == limit;
    if (count == 0)
        return MP_OK;
    MP_TRY(mp_verdicts_begin(&w, tx, NULL, NULL, err));
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++)
        code = kept(w, gather_key(w, CLEAN, keys[i], err));
    mp_code ended = mp_verdicts_end(NULL, w, code == MP_OK ? err : NULL);
    return code == MP_OK ? ended : code;
}
