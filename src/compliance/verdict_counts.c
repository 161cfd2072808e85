/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict_counts.h"

#include "keys.h"
#include "map.h"
#include "objects.h"
#include "rbac.h"
#include "secret.h"
#include "sql.h"

typedef struct counting {
    mp_tx *tx;
    mp_ticks as_of;
    mp_arena *arena;
    mp_str *places; /* keys: subscriptions and what is below them, none within another */
    size_t place_count, place_cap;
    bool is_all;
    mp_map parents; /* of subscriptions' GUIDs and names of management groups: mp_str */
    bool has_parents;
    mp_check_count *list; /* by number */
    size_t count, cap;
} counting;

/* ---- management groups ---- */

#define GROUPS "/providers/microsoft.management/managementgroups/"
#define LEVELS 32 /* a circle must end */

static mp_code read_parents_of(counting *c, const mp_kind *kind, mp_error *err)
{
    mp_record_query query = { .kind = kind, .limit = 1000, .as_of = c->as_of };
    mp_record_page page;
    do {
        MP_TRY(mp_record_list(&page, c->tx, &query, c->arena, err));
        for (size_t i = 0; i < page.count; i++) {
            const mp_json *v = mp_json_get(page.records[i].body, MP_S("parent"));
            mp_str *parent = MP_ARENA_NEW(c->arena, mp_str), key = MP_S("");
            if (!parent)
                return mp_no_memory(err);
            MP_TRY(mp_key_of(parent, mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S(""), c->arena, err));
            MP_TRY(mp_key_of(&key, page.records[i].key, c->arena, err));
            MP_TRY(mp_map_put(&c->parents, key, parent, err));
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code read_parents(counting *c, mp_error *err)
{
    if (c->has_parents)
        return MP_OK;
    c->has_parents = true;
    MP_TRY(read_parents_of(c, &mp_subscription_kind, err));
    return read_parents_of(c, &mp_management_group_kind, err);
}

/* Is a subscription (its GUID) below the management group of this name? Everything is below the tenant's own.
 */
static bool is_below(const counting *c, mp_str name, mp_str group)
{
    for (unsigned level = 0; level < LEVELS && name.len; level++) {
        const mp_str *parent = mp_map_get(&c->parents, name);
        if (mp_str_eq(name, group))
            return true;
        name = parent ? *parent : MP_S("");
    }
    return mp_str_eq_fold(group, mp_str_from(mp_store_installation(mp_tx_store(c->tx))));
}

static mp_str guid_of(mp_str key)
{
    mp_str rest = mp_str_skip(key, sizeof "/subscriptions/" - 1);
    size_t end = mp_str_find(rest, '/');
    return end == SIZE_MAX ? rest : mp_str_of(rest.ptr, end);
}

/* ---- places ---- */

static mp_code add_place(counting *c, mp_str key, mp_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->place_count; i++) {
        if (mp_place_holds(c->places[i], key))
            return MP_OK;
        if (!mp_place_holds(key, c->places[i]))
            c->places[kept++] = c->places[i];
    }
    c->place_count = kept;
    if (c->place_count == c->place_cap) {
        size_t wanted = c->place_cap ? c->place_cap * 2 : 16;
        mp_str *grown = MP_ARENA_ARRAY(c->arena, mp_str, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (c->place_count)
            memcpy(grown, c->places, c->place_count * sizeof *grown);
        c->places = grown;
        c->place_cap = wanted;
    }
    c->places[c->place_count++] = key;
    return MP_OK;
}

static mp_code add_group(counting *c, mp_str group, mp_error *err)
{
    MP_TRY(read_parents(c, err));
    for (size_t i = 0; i < c->parents.len; i++) {
        mp_str name = c->parents.entries[i].key;
        if (!mp_is_guid(name) || !is_below(c, name, group))
            continue;
        mp_str key = mp_arena_printf(c->arena, "/subscriptions/%.*s", MP_FMT(name));
        if (!key.ptr)
            return mp_no_memory(err);
        MP_TRY(add_place(c, key, err));
    }
    return MP_OK;
}

/* Subscriptions that have sums. What is below one stands between it and it with a '0' behind, in the order of
 * bytes. */
static mp_code add_everything(counting *c, mp_error *err)
{
    mp_str from = MP_S("/subscriptions/");
    for (;;) {
        mp_rows *rows = NULL;
        bool more = false;
        mp_str key = { NULL, 0 };
        MP_TRY(mp_sql_ask(&rows, c->tx,
                          "SELECT place FROM verdict_sum WHERE place >= ?1 ORDER BY place LIMIT 1",
                          MP_VALUES(mp_text(from)), err));
        mp_code code = mp_rows_next(&more, rows, err);
        if (code == MP_OK && more)
            key = mp_arena_dup(c->arena, mp_rows_bytes(rows, 0));
        mp_rows_close(rows);
        MP_TRY(code);
        if (!more)
            return MP_OK;
        if (!key.ptr || !(from = mp_arena_printf(c->arena, "%.*s0", MP_FMT(key))).ptr)
            return mp_no_memory(err);
        MP_TRY(add_place(c, key, err));
    }
}

static mp_code find_places(counting *c, const mp_str *scopes, size_t count, mp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (scopes[i].len <= 1)
            c->is_all = true;
        else if (mp_str_starts(scopes[i], MP_S(GROUPS)))
            MP_TRY(add_group(c, mp_str_skip(scopes[i], sizeof GROUPS - 1), err));
        else
            MP_TRY(add_place(c, scopes[i], err));
    }
    if (!c->is_all)
        return MP_OK;
    c->place_count = 0;
    return add_everything(c, err);
}

/* ---- the checks ---- */

#define ASSIGNED "/providers/microsoft.authorization/policyassignments/"

static bool is_above(const counting *c, mp_str scope, mp_str place)
{
    return mp_str_starts(scope, MP_S(GROUPS)) ? is_below(c, guid_of(place), mp_str_skip(scope, sizeof GROUPS - 1))
                                              : mp_place_holds(scope, place);
}

/* Does the assignment leave this place out? */
static mp_code leaves_out(bool *out, counting *c, const mp_record *assignment, mp_str place, mp_error *err)
{
    const mp_json *left = mp_json_get(mp_json_get(assignment->body, MP_S("properties")), MP_S("notScopes"));
    *out = false;
    if (!mp_json_is(left, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(scope, left)) {
        mp_str key;
        if (*out || !mp_json_is(scope, MP_JSON_STRING))
            continue;
        MP_TRY(mp_key_of(&key, mp_json_str(scope), c->arena, err));
        if (mp_str_starts(key, MP_S(GROUPS)))
            MP_TRY(read_parents(c, err));
        *out = is_above(c, key, place);
    }
    return MP_OK;
}

/* Is anything of a place that lies within the assignment's scope judged by it? */
static mp_code concerns(bool *out, counting *c, mp_str assignment, mp_str place, mp_error *err)
{
    mp_record record;
    mp_error why = { .code = MP_OK };
    mp_code code = mp_record_get(&record, c->tx, &mp_policy_assignment_kind, assignment, c->as_of, c->arena, &why);
    bool is_out = false;
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (code == MP_OK)
        MP_TRY(leaves_out(&is_out, c, &record, place, err));
    *out = !is_out;
    return MP_OK;
}

/* Does an assignment reach one of the places? Its scope may stand above or below it. */
static mp_code reaches(bool *out, counting *c, mp_str assignment, mp_error *err)
{
    size_t end = mp_str_find_str(assignment, MP_S(ASSIGNED));
    mp_str scope = end == SIZE_MAX || end == 0 ? MP_S("/") : mp_str_of(assignment.ptr, end);
    *out = c->is_all;
    for (size_t i = 0; i < c->place_count && !*out; i++) {
        mp_str place = c->places[i];
        if (is_above(c, scope, place))
            MP_TRY(concerns(out, c, assignment, place, err));
        else
            *out = mp_place_holds(place, scope);
    }
    return MP_OK;
}

static mp_code add_check(counting *c, const mp_rows *rows, mp_error *err)
{
    if (c->count == c->cap) {
        size_t wanted = c->cap ? c->cap * 2 : 256;
        mp_check_count *grown = MP_ARENA_ARRAY(c->arena, mp_check_count, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (c->count)
            memcpy(grown, c->list, c->count * sizeof *grown);
        c->list = grown;
        c->cap = wanted;
    }
    mp_check_count *to = &c->list[c->count++];
    to->check = mp_rows_int(rows, 0);
    to->assignment = mp_arena_dup(c->arena, mp_rows_bytes(rows, 1));
    to->definition = mp_arena_dup(c->arena, mp_rows_bytes(rows, 2));
    to->controls = mp_arena_dup(c->arena, mp_rows_bytes(rows, 3));
    return to->assignment.ptr && to->definition.ptr && to->controls.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code read_checks(counting *c, mp_error *err)
{
    static const char now[] =
        "SELECT number, assignment, definition, controls FROM rule_check WHERE until = 0 ORDER BY number";
    static const char then[] =
        "SELECT number, assignment, definition, controls FROM rule_check WHERE since <= ?1 AND"
        " (until = 0 OR until > ?1) ORDER BY number";
    mp_rows *rows = NULL;
    bool more = true;
    if (c->as_of)
        MP_TRY(mp_sql_ask(&rows, c->tx, then, MP_VALUES(mp_int(c->as_of)), err));
    else
        MP_TRY(mp_sql_ask(&rows, c->tx, now, NULL, 0, err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        code = add_check(c, rows, err);
    mp_rows_close(rows);
    return code;
}

/* ---- counts ---- */

/* NULL: it is no check of that time; what is said under one that ended waits to be taken away. */
static mp_check_count *numbered(counting *c, int64_t number)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->list[middle].check < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && c->list[low].check == number ? &c->list[low] : NULL;
}

static mp_code add_counts(counting *c, const char *sql, const mp_value *values, size_t count, mp_error *err)
{
    mp_rows *rows = NULL;
    bool more = true;
    MP_TRY(mp_sql_ask(&rows, c->tx, sql, values, count, err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        mp_check_count *to = numbered(c, mp_rows_int(rows, 0));
        int64_t state = mp_rows_int(rows, 1);
        if (to && state >= 0 && state < MP_STATE_COUNT)
            to->states[state] += (uint64_t)mp_rows_int(rows, 2);
    }
    mp_rows_close(rows);
    return code;
}

/* Sums are kept of subscriptions and resource groups, as they were of subscriptions. */
static bool has_sums(const counting *c, mp_str key)
{
    size_t slashes = 0;
    for (size_t i = 0; i < key.len; i++)
        slashes += key.ptr[i] == '/';
    return mp_str_starts(key, MP_S("/subscriptions/")) &&
           (slashes == 2 || (!c->as_of && slashes == 4 && mp_str_find_str(key, MP_S("/resourcegroups/")) != SIZE_MAX));
}

#define SUM "SELECT rule, state, resources FROM verdict_sum WHERE rule > 0 AND control = '' AND "

static const char sums_of_place[] = SUM "place = ?1";
static const char sums_then[] =
    "SELECT s.rule, s.state, COALESCE((SELECT a.resources FROM verdict_sum_at a WHERE a.place = s.place AND"
    " a.rule = s.rule AND a.state = s.state AND a.since <= ?2 ORDER BY a.since DESC LIMIT 1), 0)"
    " FROM verdict_sum s WHERE s.rule > 0 AND s.control = '' AND s.place = ?1";

#define COUNT_ROWS "SELECT v.rule, v.state, COUNT(*) FROM "
#define BELOW " AND (j.key = ?1 OR (j.key >= ?2 AND j.key < ?3))"
#define HELD " AND v.since <= ?4"
#define GROUPED " GROUP BY v.rule, v.state"

static const char now_below[] =
    COUNT_ROWS "judged j CROSS JOIN verdict v WHERE v.resource = j.number" BELOW GROUPED;
static const char then_below[] =
    COUNT_ROWS "judged j CROSS JOIN verdict v WHERE v.resource = j.number" BELOW HELD GROUPED;
static const char past_below[] = COUNT_ROWS
    "judged j CROSS JOIN verdict_past v WHERE v.resource = j.number" BELOW HELD " AND v.until > ?4" GROUPED;

static mp_code count_below(counting *c, mp_str key, mp_error *err)
{
    mp_str from = mp_arena_printf(c->arena, "%.*s/", MP_FMT(key)),
           to = mp_arena_printf(c->arena, "%.*s0", MP_FMT(key));
    if (!from.ptr || !to.ptr)
        return mp_no_memory(err);
    const mp_value values[] = { mp_text(key), mp_text(from), mp_text(to), mp_int(c->as_of) };
    if (!c->as_of)
        return add_counts(c, now_below, values, 3, err);
    MP_TRY(add_counts(c, then_below, values, 4, err));
    return add_counts(c, past_below, values, 4, err);
}

/* Which assignments reach the scopes: asked when no statement is open, since it asks for groups and assignments, of each once. */
static mp_code mark_checks(counting *c, mp_map *first, mp_error *err)
{
    for (size_t i = 0; i < c->count; i++) {
        mp_check_count *check = &c->list[i];
        const mp_check_count *known = mp_map_get(first, check->assignment);
        if (known) {
            check->is_here = known->is_here;
            continue;
        }
        MP_TRY(reaches(&check->is_here, c, check->assignment, err));
        MP_TRY(mp_map_put(first, check->assignment, check, err));
    }
    return MP_OK;
}

static mp_code mark_here(counting *c, mp_error *err)
{
    mp_map first = MP_MAP_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; code == MP_OK && i < c->count && !c->has_parents; i++)
        if (mp_str_starts(c->list[i].assignment, MP_S(GROUPS)))
            code = read_parents(c, err);
    if (code == MP_OK)
        code = mark_checks(c, &first, err);
    mp_map_free(&first);
    return code;
}

static mp_code count_all(counting *c, const mp_str *scopes, size_t scope_count, mp_error *err)
{
    MP_TRY(find_places(c, scopes, scope_count, err));
    MP_TRY(read_checks(c, err));
    MP_TRY(mark_here(c, err));
    for (size_t i = 0; i < c->place_count; i++) {
        mp_str place = c->places[i];
        if (!has_sums(c, place))
            MP_TRY(count_below(c, place, err));
        else if (c->as_of)
            MP_TRY(add_counts(c, sums_then, MP_VALUES(mp_text(place), mp_int(c->as_of)), err));
        else
            MP_TRY(add_counts(c, sums_of_place, MP_VALUES(mp_text(place)), err));
    }
    return MP_OK;
}

mp_code mp_verdicts_count(mp_check_count **out, size_t *count, mp_tx *tx, const mp_str *scopes,
                          size_t scope_count, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    counting c = { .tx = tx, .as_of = as_of, .arena = arena, .parents = MP_MAP_INIT };
    mp_code code = count_all(&c, scopes, scope_count, err);
    mp_map_free(&c.parents);
    MP_TRY(code);
    *out = c.list;
    *count = c.count;
    return MP_OK;
}
