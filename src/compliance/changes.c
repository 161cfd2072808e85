/* SPDX-License-Identifier: Apache-2.0 */
/* A pair whose state differs has a verdict that began between the two moments, or one of the past that ended between
 * them. Both tables are read by their keys, so many rows at a time; as far as both are known, pairs are taken in
 * order, and each is looked up. */
#include "changes.h"

#include "jsonw.h"
#include "sql.h"

#define CHUNK 1000
#define ROWS 100
#define ROWS_MOST 1000
#define LOOKED_AT 20000 /* pairs of one page */

mp_str mp_change_kind(mp_state from, mp_state to)
{
    if (from == MP_STATE_NOT_APPLICABLE)
        return MP_S("new");
    if (to == MP_STATE_NOT_APPLICABLE)
        return MP_S("vanished");
    if (to == MP_STATE_NON_COMPLIANT)
        return MP_S("newlyNonCompliant");
    return from == MP_STATE_NON_COMPLIANT && to == MP_STATE_COMPLIANT ? MP_S("mended") : MP_S("changed");
}

typedef struct pair {
    int64_t resource, rule;
} pair;

typedef struct chunk {
    pair   list[CHUNK];
    size_t count, at;
} chunk;

typedef struct comparing {
    const mp_changes_query *q;
    mp_changes_page *out;
    mp_tx    *tx;
    mp_arena *arena;
    mp_jsonw  w;
    mp_ticks  from, to;
    mp_str    below, behind; /* bounds of what is under the scope */
    pair      last;          /* that is done with */
    uint32_t  rows, most, looked;
    chunk     begun, ended;
} comparing;

static int order(pair a, pair b)
{
    if (a.resource != b.resource)
        return a.resource < b.resource ? -1 : 1;
    return a.rule < b.rule ? -1 : a.rule > b.rule;
}

/* ---- pairs ---- */

#define WHERE                                                                                                                                        \
    " v JOIN judged j ON j.number = v.resource JOIN rule_check c ON c.number = v.rule WHERE (v.resource > ?1 OR (v.resource = ?1 AND v.rule > ?2))" \
    " AND (?5 = '' OR c.assignment = ?5) AND (?6 = '' OR j.key = ?6 OR (j.key >= ?7 AND j.key < ?8))"

static mp_code read_chunk(chunk *out, comparing *c, const char *sql, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    *out = (chunk){ .count = 0 };
    MP_TRY(mp_sql_ask(&rows, c->tx, sql,
                      MP_VALUES(mp_int(c->last.resource), mp_int(c->last.rule), mp_int(c->from), mp_int(c->to),
                                mp_text(c->q->assignment.ptr ? c->q->assignment : MP_S("")),
                                mp_text(c->q->scope.ptr ? c->q->scope : MP_S("")), mp_text(c->below),
                                mp_text(c->behind)),
                      err));
    mp_code code = MP_OK;
    while (out->count < CHUNK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        out->list[out->count++] = (pair){ mp_rows_int(rows, 0), mp_rows_int(rows, 1) };
    mp_rows_close(rows);
    return code;
}

static mp_code read_chunks(comparing *c, mp_error *err)
{
    static const char begun[] = "SELECT v.resource, v.rule FROM verdict" WHERE
                                " AND v.since > ?3 AND v.since <= ?4 ORDER BY v.resource, v.rule LIMIT 1000";
    static const char ended[] = "SELECT DISTINCT v.resource, v.rule FROM verdict_past" WHERE
                                " AND v.until > ?3 AND v.since <= ?4 ORDER BY v.resource, v.rule LIMIT 1000";
    MP_TRY(read_chunk(&c->begun, c, begun, err));
    return read_chunk(&c->ended, c, ended, err);
}

static void skip_done(chunk *k, pair done)
{
    while (k->at < k->count && order(k->list[k->at], done) <= 0)
        k->at++;
}

/* The next pair in order, while both chunks tell it: behind the end of a full one nothing is known. */
static bool next_pair(pair *out, comparing *c)
{
    chunk *both[] = { &c->begun, &c->ended };
    bool   has_one = false;
    for (unsigned i = 0; i < 2; i++) {
        skip_done(both[i], c->last);
        if (both[i]->at == both[i]->count && both[i]->count == CHUNK)
            return false;
        if (both[i]->at < both[i]->count && (!has_one || order(both[i]->list[both[i]->at], *out) < 0)) {
            *out = both[i]->list[both[i]->at];
            has_one = true;
        }
    }
    return has_one;
}

/* ---- one pair ---- */

static mp_code read_states(mp_state *from, mp_state *to, comparing *c, pair p, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    *from = *to = MP_STATE_NOT_APPLICABLE;
    MP_TRY(mp_sql_ask(
        &rows, c->tx,
        "SELECT state, since, 0 FROM verdict WHERE resource = ?1 AND rule = ?2 AND since <= ?4 UNION ALL"
        " SELECT state, since, until FROM verdict_past WHERE resource = ?1 AND rule = ?2 AND until > ?3 AND since <= ?4",
        MP_VALUES(mp_int(p.resource), mp_int(p.rule), mp_int(c->from), mp_int(c->to)), err));
    mp_code code = MP_OK;
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        mp_state state = (mp_state)mp_rows_int(rows, 0);
        mp_ticks since = mp_rows_int(rows, 1), until = mp_rows_int(rows, 2);
        if (since <= c->from && (until == 0 || until > c->from))
            *from = state;
        if (until == 0 || until > c->to)
            *to = state;
    }
    mp_rows_close(rows);
    return code;
}

void mp_change_put_state(mp_jsonw *w, const char *name, mp_state state)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (state == MP_STATE_NOT_APPLICABLE)
        mp_jsonw_null(w);
    else
        mp_jsonw_str(w, mp_states[state].text);
}

static mp_code put_row(comparing *c, pair p, mp_state from, mp_state to, mp_error *err)
{
    static const char *const names[] = { "resourceId", "assignmentId", "referenceId", "definitionId" };
    mp_rows *rows = NULL;
    bool     more = false;
    MP_TRY(mp_sql_ask(
        &rows, c->tx,
        "SELECT j.id, c.assignment, c.reference, c.definition FROM judged j, rule_check c WHERE j.number = ?1 AND c.number = ?2",
        MP_VALUES(mp_int(p.resource), mp_int(p.rule)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    mp_jsonw_object(&c->w);
    mp_jsonw_put_str(&c->w, "kind", mp_change_kind(from, to));
    for (unsigned i = 0; i < MP_COUNT(names) && code == MP_OK && more; i++) {
        mp_str kept = mp_arena_dup(c->arena, mp_rows_bytes(rows, i));
        code = kept.ptr ? MP_OK : mp_no_memory(err);
        mp_jsonw_put_str(&c->w, names[i], kept);
    }
    mp_rows_close(rows);
    mp_change_put_state(&c->w, "from", from);
    mp_change_put_state(&c->w, "to", to);
    mp_jsonw_end(&c->w);
    c->rows++;
    c->out->counts[from][to]++;
    return code;
}

static mp_code take(comparing *c, pair p, mp_error *err)
{
    mp_state from, to;
    MP_TRY(read_states(&from, &to, c, p, err));
    c->last = p;
    c->looked++;
    if (from == to || (c->q->kind.len && !mp_str_eq(c->q->kind, mp_change_kind(from, to))))
        return MP_OK;
    return put_row(c, p, from, to, err);
}

/* ---- pages ---- */

static bool is_last(const comparing *c) { return c->begun.count < CHUNK && c->ended.count < CHUNK; }

static mp_code take_all(comparing *c, mp_error *err)
{
    pair p = { 0, 0 };
    for (;;) {
        MP_TRY(read_chunks(c, err));
        while (next_pair(&p, c)) {
            if (c->rows == c->most || c->looked == LOOKED_AT) {
                c->out->next = mp_arena_printf(c->arena, "%lld.%lld", (long long)c->last.resource, (long long)c->last.rule);
                return c->out->next.ptr ? MP_OK : mp_no_memory(err);
            }
            MP_TRY(take(c, p, err));
        }
        if (is_last(c))
            return MP_OK;
    }
}

static bool read_number(int64_t *out, mp_str text)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return text.len > 0 && text.len < 19;
}

static mp_code read_after(comparing *c, mp_error *err)
{
    mp_str after = c->q->after;
    size_t dot = mp_str_find(after, '.');
    if (!after.len)
        return MP_OK;
    if (dot == SIZE_MAX || !read_number(&c->last.resource, mp_str_of(after.ptr, dot)) ||
        !read_number(&c->last.rule, mp_str_skip(after, dot + 1)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the continuation is none that this question gave");
    return MP_OK;
}

mp_code mp_changes_between(mp_changes_page *out, mp_tx *tx, const mp_changes_query *query, mp_arena *arena, mp_error *err)
{
    comparing c = { .q = query,
                    .out = out,
                    .tx = tx,
                    .arena = arena,
                    .from = query->from ? query->from : mp_tx_time(tx),
                    .to = query->to ? query->to : mp_tx_time(tx) };
    *out = (mp_changes_page){ .value = NULL };
    if (c.from > c.to)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the first date is later than the second");
    c.most = query->rows == 0 ? ROWS : query->rows > ROWS_MOST ? ROWS_MOST : query->rows;
    c.below = mp_arena_printf(arena, "%.*s/", MP_FMT(query->scope));
    c.behind = mp_arena_printf(arena, "%.*s0", MP_FMT(query->scope));
    if (!c.below.ptr || !c.behind.ptr)
        return mp_no_memory(err);
    MP_TRY(read_after(&c, err));
    mp_jsonw_init(&c.w, arena);
    mp_jsonw_array(&c.w);
    MP_TRY(take_all(&c, err));
    mp_jsonw_end(&c.w);
    out->value = mp_jsonw_done(&c.w);
    return out->value ? MP_OK : mp_no_memory(err);
}
