/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of one resource are compared with what was said of it before; the sums get the difference. Sums are gathered over all resources of a write and stored once, since
 * many of them meet in the same few rows. */
#include "verdict_internal.h"

#include <stdio.h>

#include "sql.h"

/* What a rule adds to sums, by number. */
typedef struct rule {
    int64_t       number;
    uint32_t      check; /* in the rulebook, or MP_NO_CHECK */
    mp_str        assignment, controls; /* controls as rule_check has them */
} rule;

typedef struct sum {
    mp_str   place, assignment, control;
    int64_t  rule;
    mp_state state;
    int64_t  delta;
} sum;

struct mp_verdict_writer {
    mp_tx             *tx;
    const mp_rulebook *book;
    const int64_t     *numbers;
    mp_map             rules; /* decimal number to rule */
    mp_map             sums;  /* made-up key to sum */
    int64_t            next_resource;
    uint32_t           changed;
    uint32_t          *check_of; /* [i]: 1 + index into `what->verdicts` of check i, for the resource at hand */
};

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for verdicts"); }

static mp_arena *arena_of(const mp_verdict_writer *w) { return mp_tx_arena(w->tx); }

/* ---- rules ---- */

static mp_str number_key(const mp_verdict_writer *w, int64_t number) { return mp_arena_printf(arena_of(w), "%lld", (long long)number); }

static mp_code add_rule(rule **out, mp_verdict_writer *w, int64_t number, uint32_t check, mp_str assignment, mp_str controls, mp_error *err)
{
    rule  *r = MP_ARENA_NEW(arena_of(w), rule);
    mp_str key = number_key(w, number);
    if (!r || !key.ptr)
        return no_memory(err);
    *r = (rule){ number, check, assignment, controls };
    *out = r;
    return mp_map_put(&w->rules, key, r, err);
}

/* Of a check of the rulebook, whose row says the same (mp_verdicts_checks). */
static mp_code tell_rule(mp_verdict_writer *w, int64_t number, uint32_t check, mp_error *err)
{
    rule  *unused;
    mp_str assignment, controls;
    MP_TRY(mp_rule_columns(&assignment, &controls, mp_rulebook_facts(w->book, check), arena_of(w), err));
    return add_rule(&unused, w, number, check, assignment, controls, err);
}

/* Of a check that the rulebook does not have any more. */
static mp_code load_rule(rule **out, mp_verdict_writer *w, int64_t number, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    mp_str   assignment = MP_S(""), controls = MP_S("");
    MP_TRY(mp_sql_ask(&rows, w->tx, "SELECT assignment, controls FROM rule_check WHERE number = ?1", MP_VALUES(mp_int(number)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        assignment = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 0));
        controls = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 1));
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (!assignment.ptr || !controls.ptr)
        return no_memory(err);
    return add_rule(out, w, number, MP_NO_CHECK, assignment, controls, err);
}

static mp_code find_rule(const rule **out, mp_verdict_writer *w, int64_t number, mp_error *err)
{
    char  text[24];
    int   len = snprintf(text, sizeof text, "%lld", (long long)number);
    rule *r = mp_map_get(&w->rules, mp_str_of(text, (size_t)len));
    if (!r)
        MP_TRY(load_rule(&r, w, number, err));
    *out = r;
    return MP_OK;
}

mp_code mp_verdicts_begin(mp_verdict_writer **out, mp_tx *tx, const mp_rulebook *book, const int64_t *numbers, mp_error *err)
{
    mp_verdict_writer *w = MP_ARENA_NEW(mp_tx_arena(tx), mp_verdict_writer);
    if (!w)
        return no_memory(err);
    *w = (mp_verdict_writer){ .tx = tx, .book = book, .numbers = numbers, .rules = MP_MAP_INIT, .sums = MP_MAP_INIT };
    w->check_of = MP_ARENA_ARRAY(arena_of(w), uint32_t, (size_t)(book ? mp_rulebook_count(book) : 0) + 1);
    mp_code code = w->check_of ? mp_next_number(&w->next_resource, tx, "SELECT COALESCE(MAX(number), 0) FROM judged", err) : no_memory(err);
    for (uint32_t i = 0; book && i < mp_rulebook_count(book) && code == MP_OK; i++)
        code = tell_rule(w, numbers[i], i, err);
    if (code != MP_OK) {
        mp_map_free(&w->rules);
        return code;
    }
    *out = w;
    return MP_OK;
}

/* ---- sums ---- */

/* The worst state of a resource within what a sum is over. */
typedef struct worst {
    mp_str   assignment, control;
    int64_t  rule;
    mp_state state;
    struct worst *next;
} worst;

typedef struct worsts {
    mp_map by_key;
    worst *first;
} worsts;

static mp_code add_worst(worsts *to, mp_verdict_writer *w, mp_str assignment, int64_t rule_number, mp_str control, mp_state state, mp_error *err)
{
    mp_str key = mp_arena_printf(arena_of(w), "%.*s\n%lld\n%.*s", MP_FMT(assignment), (long long)rule_number, MP_FMT(control));
    worst *found = key.ptr ? mp_map_get(&to->by_key, key) : NULL;
    if (!key.ptr)
        return no_memory(err);
    if (found) {
        found->state = mp_state_rollup(found->state, state);
        return MP_OK;
    }
    found = MP_ARENA_NEW(arena_of(w), worst);
    if (!found)
        return no_memory(err);
    *found = (worst){ assignment, control, rule_number, state, to->first };
    to->first = found;
    return mp_map_put(&to->by_key, key, found, err);
}

static mp_code add_verdict(worsts *to, mp_verdict_writer *w, const rule *r, mp_state state, mp_error *err)
{
    MP_TRY(add_worst(to, w, MP_S(""), 0, MP_S(""), state, err));
    MP_TRY(add_worst(to, w, r->assignment, 0, MP_S(""), state, err));
    MP_TRY(add_worst(to, w, r->assignment, r->number, MP_S(""), state, err));
    for (mp_str left = mp_str_skip(r->controls, r->controls.len ? 1 : 0); left.len;) {
        size_t end = mp_str_find(left, '\n');
        mp_str control = mp_str_of(left.ptr, end == SIZE_MAX ? left.len : end);
        MP_TRY(add_worst(to, w, r->assignment, 0, control, state, err));
        left = mp_str_skip(left, control.len + 1);
    }
    return MP_OK;
}

static mp_code add_delta(mp_verdict_writer *w, mp_str place, const worst *of, int64_t delta, mp_error *err)
{
    mp_str key = mp_arena_printf(arena_of(w), "%.*s\n%.*s\n%lld\n%.*s\n%d", MP_FMT(place), MP_FMT(of->assignment), (long long)of->rule, MP_FMT(of->control), (int)of->state);
    sum   *s = key.ptr ? mp_map_get(&w->sums, key) : NULL;
    if (!key.ptr)
        return no_memory(err);
    if (!s) {
        s = MP_ARENA_NEW(arena_of(w), sum);
        if (!s)
            return no_memory(err);
        *s = (sum){ mp_arena_dup(arena_of(w), place), of->assignment, of->control, of->rule, of->state, 0 };
        if (!s->place.ptr)
            return no_memory(err);
        MP_TRY(mp_map_put(&w->sums, key, s, err));
    }
    s->delta += delta;
    return MP_OK;
}

static mp_code add_deltas(mp_verdict_writer *w, mp_str subscription, mp_str group, const worsts *of, int64_t delta, mp_error *err)
{
    for (const worst *one = of->first; one; one = one->next) {
        if (subscription.len)
            MP_TRY(add_delta(w, subscription, one, delta, err));
        if (group.len)
            MP_TRY(add_delta(w, group, one, delta, err));
    }
    return MP_OK;
}

static mp_code write_sums(mp_verdict_writer *w, mp_error *err)
{
    for (size_t i = 0; i < w->sums.len; i++) {
        const sum *s = w->sums.entries[i].value;
        if (s->delta)
            MP_TRY(mp_sql(w->tx, NULL, "INSERT INTO verdict_sum (place, assignment, rule, control, state, resources) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                          " ON CONFLICT (place, assignment, rule, control, state) DO UPDATE SET resources = verdict_sum.resources + excluded.resources",
                          MP_VALUES(mp_text(s->place), mp_text(s->assignment), mp_int(s->rule), mp_text(s->control), mp_int(s->state), mp_int(s->delta)), err));
    }
    return MP_OK;
}

mp_code mp_verdicts_end(uint32_t *changed, mp_verdict_writer *w, mp_error *err)
{
    mp_code code = write_sums(w, err);
    if (changed)
        *changed = w->changed;
    mp_map_free(&w->sums);
    mp_map_free(&w->rules);
    return code;
}

/* ---- rows ---- */

typedef struct row {
    const rule *rule;
    int64_t     number;
    mp_state    state;
    int64_t     reason;
    mp_str      effect, detail;
    mp_ticks    since;
    bool        goes; /* it is not said any more, or something else is */
    struct row *next;
} row;

static mp_code read_rows(row **out, mp_verdict_writer *w, int64_t resource, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    row     *first = NULL;
    MP_TRY(mp_sql_ask(&rows, w->tx, "SELECT rule, state, reason, effect, detail, since FROM verdict WHERE resource = ?1", MP_VALUES(mp_int(resource)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        row *r = MP_ARENA_NEW(arena_of(w), row);
        if (!r) {
            code = no_memory(err);
            break;
        }
        *r = (row){ .state = (mp_state)mp_rows_int(rows, 1), .reason = mp_rows_int(rows, 2), .effect = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 3)),
                    .detail = mp_arena_dup(arena_of(w), mp_rows_bytes(rows, 4)), .since = mp_rows_int(rows, 5), .next = first };
        int64_t number = mp_rows_int(rows, 0);
        r->number = number; /* its rule is found when this statement is closed: it may have to be asked for */
        first = r;
        if (!r->effect.ptr || !r->detail.ptr)
            code = no_memory(err);
    }
    mp_rows_close(rows);
    for (row *r = first; r && code == MP_OK; r = r->next)
        code = find_rule(&r->rule, w, r->number, err);
    *out = first;
    return code;
}

static mp_code end_row(mp_verdict_writer *w, int64_t resource, const row *r, mp_error *err)
{
    w->changed++;
    return mp_sql(w->tx, NULL, "INSERT INTO verdict_past (resource, rule, since, until, state, reason, effect, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                  " ON CONFLICT (resource, rule, since) DO NOTHING",
                  MP_VALUES(mp_int(resource), mp_int(r->rule->number), mp_int(r->since), mp_int(mp_tx_time(w->tx)), mp_int(r->state), mp_int(r->reason), mp_text(r->effect),
                            mp_text(r->detail)), err);
}

static mp_code put_row(mp_verdict_writer *w, int64_t resource, int64_t number, const mp_verdict *v, mp_error *err)
{
    return mp_sql(w->tx, NULL, "INSERT INTO verdict (resource, rule, state, reason, effect, detail, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (resource, rule)"
                  " DO UPDATE SET state = excluded.state, reason = excluded.reason, effect = excluded.effect, detail = excluded.detail, since = excluded.since",
                  MP_VALUES(mp_int(resource), mp_int(number), mp_int(v->state), mp_int(v->reason), mp_text(v->effect), mp_text(v->detail), mp_int(mp_tx_time(w->tx))), err);
}

static bool says_the_same(const row *r, const mp_verdict *v)
{
    return r->state == v->state && r->reason == (int64_t)v->reason && mp_str_eq(r->effect, v->effect) && mp_str_eq(r->detail, v->detail);
}

static bool is_asked(const mp_judged *what, uint32_t check)
{
    for (uint32_t i = 0; i < what->judged_count; i++)
        if (what->judged[i] == check)
            return true;
    return what->judged == NULL;
}

/* Old rows that are not said any more go, those that say something else go and come again. */
static mp_code write_rows(worsts *after, mp_verdict_writer *w, int64_t resource, row *old, const mp_judged *what, mp_error *err)
{
    for (uint32_t i = 0; i < what->count; i++)
        if (what->verdicts[i].state != MP_STATE_NOT_APPLICABLE)
            w->check_of[what->verdicts[i].check] = i + 1;
    for (row *r = old; r; r = r->next) {
        uint32_t          check = r->rule->check, at = check == MP_NO_CHECK ? 0 : w->check_of[check];
        const mp_verdict *v = at ? &what->verdicts[at - 1] : NULL;
        bool              is_open = check == MP_NO_CHECK || !is_asked(what, check); /* nobody asked */
        if (is_open || (v && says_the_same(r, v))) {
            MP_TRY(add_verdict(after, w, r->rule, r->state, err));
            if (at)
                w->check_of[check] = 0;
            continue;
        }
        MP_TRY(end_row(w, resource, r, err));
        if (!v)
            MP_TRY(mp_sql(w->tx, NULL, "DELETE FROM verdict WHERE resource = ?1 AND rule = ?2", MP_VALUES(mp_int(resource), mp_int(r->rule->number)), err));
        w->changed -= v != NULL; /* it is counted when it is put */
    }
    for (uint32_t i = 0; i < what->count; i++) {
        const mp_verdict *v = &what->verdicts[i];
        const rule       *r;
        if (w->check_of[v->check] != i + 1)
            continue;
        w->check_of[v->check] = 0;
        w->changed++;
        MP_TRY(find_rule(&r, w, w->numbers[v->check], err));
        MP_TRY(put_row(w, resource, r->number, v, err));
        MP_TRY(add_verdict(after, w, r, v->state, err));
    }
    return MP_OK;
}

/* ---- one resource ---- */

typedef struct resource_row {
    int64_t number; /* 0: not there */
    mp_str  subscription, group; /* keys of places */
} resource_row;

static mp_code find_resource(resource_row *out, mp_verdict_writer *w, mp_str key, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    *out = (resource_row){ .number = 0 };
    MP_TRY(mp_sql_ask(&rows, w->tx, "SELECT number FROM judged WHERE key = ?1", MP_VALUES(mp_text(key)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more)
        out->number = mp_rows_int(rows, 0);
    mp_rows_close(rows);
    return code;
}

static mp_code places_of(resource_row *r, const mp_verdict_writer *w, const mp_place *place, mp_error *err)
{
    r->group = place->group_key;
    r->subscription = place->subscription.len ? mp_arena_printf(arena_of(w), "/subscriptions/%.*s", MP_FMT(place->subscription)) : MP_S("");
    return r->subscription.ptr ? MP_OK : no_memory(err);
}

static mp_code tags_text(mp_str *out, const mp_verdict_writer *w, const mp_json *tags, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    if (tags)
        mp_buf_add_json(&b, tags);
    mp_code code = mp_buf_check(&b, err);
    *out = b.len ? mp_arena_dup(arena_of(w), mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    return code == MP_OK && !out->ptr ? no_memory(err) : code;
}

static mp_code put_resource(resource_row *r, mp_verdict_writer *w, const mp_judged *what, mp_error *err)
{
    const mp_place *p = what->place;
    mp_str          tags = { NULL, 0 }, type = { NULL, 0 }, group = { NULL, 0 };
    bool            is_new = r->number == 0;
    MP_TRY(tags_text(&tags, w, what->tags, err));
    MP_TRY(mp_key_of(&type, p->type, arena_of(w), err));
    MP_TRY(mp_key_of(&group, p->group, arena_of(w), err));
    if (is_new)
        r->number = w->next_resource++;
    return mp_sql(w->tx, NULL, is_new ? "INSERT INTO judged (number, key, id, type, location, grp, subscription, tags, version, at, gone) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
                                        " ?9, ?10, 0)"
                                      : "UPDATE judged SET key = ?2, id = ?3, type = ?4, location = ?5, grp = ?6, subscription = ?7, tags = ?8, version = ?9, at = ?10, gone = 0"
                                        " WHERE number = ?1",
                  MP_VALUES(mp_int(r->number), mp_text(p->key), mp_text(p->id), mp_text(type), mp_text(what->location), mp_text(group), mp_text(p->subscription), mp_text(tags),
                            mp_int(what->version), mp_int(mp_tx_time(w->tx))), err);
}

static mp_code sum_rows(worsts *to, mp_verdict_writer *w, const row *rows, mp_error *err)
{
    for (const row *r = rows; r; r = r->next)
        MP_TRY(add_verdict(to, w, r->rule, r->state, err));
    return MP_OK;
}

static mp_code replace_rows(mp_verdict_writer *w, const resource_row *r, const mp_judged *what, mp_error *err)
{
    worsts  before = { MP_MAP_INIT, NULL }, after = { MP_MAP_INIT, NULL };
    row    *old = NULL;
    mp_code code = read_rows(&old, w, r->number, err);
    if (code == MP_OK)
        code = sum_rows(&before, w, old, err);
    if (code == MP_OK)
        code = write_rows(&after, w, r->number, old, what, err);
    if (code == MP_OK)
        code = add_deltas(w, r->subscription, r->group, &before, -1, err);
    if (code == MP_OK)
        code = add_deltas(w, r->subscription, r->group, &after, 1, err);
    mp_map_free(&before.by_key);
    mp_map_free(&after.by_key);
    return code;
}

mp_code mp_verdicts_put(mp_verdict_writer *w, const mp_judged *what, mp_error *err)
{
    resource_row r;
    MP_TRY(find_resource(&r, w, what->place->key, err));
    MP_TRY(places_of(&r, w, what->place, err));
    MP_TRY(put_resource(&r, w, what, err));
    return replace_rows(w, &r, what, err);
}

/* Everything that was said of it is asked, and nothing is said: also under checks that the rulebook does not have. */
static mp_code drop_rows(mp_verdict_writer *w, const resource_row *r, bool only_ended, mp_error *err)
{
    worsts  before = { MP_MAP_INIT, NULL }, after = { MP_MAP_INIT, NULL };
    row    *old = NULL;
    mp_code code = read_rows(&old, w, r->number, err);
    if (code == MP_OK)
        code = sum_rows(&before, w, old, err);
    for (row *one = old; one && code == MP_OK; one = one->next) {
        int64_t until = 0;
        if (only_ended)
            code = mp_sql_int(&until, w->tx, "SELECT until FROM rule_check WHERE number = ?1", MP_VALUES(mp_int(one->rule->number)), err);
        if (code == MP_OK && only_ended && until == 0) {
            code = add_verdict(&after, w, one->rule, one->state, err);
            continue;
        }
        if (code == MP_OK)
            code = end_row(w, r->number, one, err);
        if (code == MP_OK)
            code = mp_sql(w->tx, NULL, "DELETE FROM verdict WHERE resource = ?1 AND rule = ?2", MP_VALUES(mp_int(r->number), mp_int(one->rule->number)), err);
    }
    if (code == MP_OK)
        code = add_deltas(w, r->subscription, r->group, &before, -1, err);
    if (code == MP_OK)
        code = add_deltas(w, r->subscription, r->group, &after, 1, err);
    mp_map_free(&before.by_key);
    mp_map_free(&after.by_key);
    return code;
}

mp_code mp_verdicts_drop(mp_verdict_writer *w, mp_str key, mp_error *err)
{
    resource_row r;
    mp_place     place;
    MP_TRY(find_resource(&r, w, key, err));
    if (r.number == 0)
        return MP_OK;
    MP_TRY(mp_place_of(&place, key, arena_of(w), err));
    MP_TRY(places_of(&r, w, &place, err));
    MP_TRY(drop_rows(w, &r, false, err));
    return mp_sql(w->tx, NULL, "UPDATE judged SET gone = 1, at = ?2 WHERE number = ?1", MP_VALUES(mp_int(r.number), mp_int(mp_tx_time(w->tx))), err);
}

/* ---- checks that ended ---- */

static mp_code ended_keys(mp_str **out, size_t *count, mp_tx *tx, size_t limit, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    mp_str  *keys = MP_ARENA_ARRAY(mp_tx_arena(tx), mp_str, limit + 1);
    if (!keys)
        return no_memory(err);
    *count = 0;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT DISTINCT j.key FROM rule_check c JOIN verdict v ON v.rule = c.number JOIN judged j ON j.number = v.resource WHERE c.until > 0 LIMIT ?1",
                      MP_VALUES(mp_int((int64_t)limit)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        if (!(keys[(*count)++] = mp_arena_dup(mp_tx_arena(tx), mp_rows_bytes(rows, 0))).ptr)
            code = no_memory(err);
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
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        resource_row r;
        mp_place     place;
        code = find_resource(&r, w, keys[i], err);
        if (code == MP_OK)
            code = mp_place_of(&place, keys[i], arena_of(w), err);
        if (code == MP_OK)
            code = places_of(&r, w, &place, err);
        if (code == MP_OK)
            code = drop_rows(w, &r, true, err);
    }
    mp_code ended = mp_verdicts_end(NULL, w, code == MP_OK ? err : NULL);
    return code == MP_OK ? ended : code;
}

/* ---- sums ---- */

mp_code mp_verdicts_sums(mp_sum **out, size_t *count, mp_tx *tx, const mp_str *places, size_t place_count, mp_arena *arena, mp_error *err)
{
    mp_sum *sums = NULL;
    size_t  cap = 0;
    *count = 0;
    for (size_t p = 0; p < place_count; p++) {
        mp_rows *rows = NULL;
        bool     more = true;
        MP_TRY(mp_sql_ask(&rows, tx, "SELECT assignment, rule, control, state, resources FROM verdict_sum WHERE place = ?1 AND resources <> 0 ORDER BY assignment, rule, control,"
                          " state", MP_VALUES(mp_text(places[p])), err));
        mp_code code = MP_OK;
        while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
            if (*count == cap) {
                size_t  wanted = cap ? cap * 2 : 256;
                mp_sum *grown = MP_ARENA_ARRAY(arena, mp_sum, wanted);
                if (grown && *count)
                    memcpy(grown, sums, *count * sizeof *sums);
                sums = grown;
                cap = wanted;
            }
            if (!sums) {
                code = no_memory(err);
                break;
            }
            mp_sum *s = &sums[(*count)++];
            *s = (mp_sum){ .assignment = mp_arena_dup(arena, mp_rows_bytes(rows, 0)), .check = mp_rows_int(rows, 1), .group = mp_arena_dup(arena, mp_rows_bytes(rows, 2)),
                           .state = (mp_state)mp_rows_int(rows, 3), .resources = (uint64_t)mp_rows_int(rows, 4) };
            if (!s->assignment.ptr || !s->group.ptr)
                code = no_memory(err);
        }
        mp_rows_close(rows);
        MP_TRY(code);
    }
    *out = sums;
    return MP_OK;
}
