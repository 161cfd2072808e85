/* SPDX-License-Identifier: Apache-2.0 */
/* CROSS JOIN keeps SQLite to the order of the tables. PostgreSQL goes its own ways: by place they are good ones; by check
 * it would read the verdicts of all checks, so there it is told to ask for a page of each check, one after the other.
 * `(j.key || '')` is j.key where an index on it must not be used. */
#include "state_statement.h"

#include "keys.h"
#include "odata_sql.h"
#include "secret.h"

static void bind(mp_state_statement *s, mp_value v)
{
    if (s->count < MP_STATE_VALUES)
        s->values[s->count] = v;
    s->count++;
    mp_buf_printf(&s->sql, "?%u", s->count);
}

static void add(mp_state_statement *s, const char *text, mp_value v)
{
    mp_buf_add_z(&s->sql, text);
    bind(s, v);
}

/* ---- which way ---- */

static bool wants(mp_cell *value, const mp_filter *filter, const char *field)
{
    return mp_filter_wants(value, filter, mp_odata_find(&mp_state_table, mp_str_from(field)));
}

/* The one state that is asked for: its number; -1 when there is none of that name, -2 when it is not said. */
static int64_t wanted_state(const mp_filter *filter)
{
    mp_cell value;
    if (wants(&value, filter, "complianceState") && value.kind == MP_CELL_TEXT) {
        for (int64_t i = 0; i < MP_STATE_COUNT; i++)
            if (mp_str_eq_fold(mp_states[i].text, value.u.text))
                return i;
        return -1;
    }
    return wants(&value, filter, "isCompliant") && value.kind == MP_CELL_BOOL && value.u.yes ? MP_STATE_COMPLIANT : -2;
}

static bool goes_by_check(const mp_states_query *q, const mp_filter *filter, int64_t state)
{
    mp_cell value;
    bool    is_past = q->is_history || q->to, is_narrow = mp_str_find_str(q->scope, MP_S("/resourcegroups/")) != SIZE_MAX;
    if (is_past || is_narrow || wants(&value, filter, "resourceId") || wants(&value, filter, "resourceGroup") ||
        wants(&value, filter, "resourceType") || wants(&value, filter, "resourceLocation"))
        return false;
    return state != -2 || q->assignment.len || q->set.len || q->definition.len ||
           wants(&value, filter, "policyAssignmentId") || wants(&value, filter, "policyDefinitionId") ||
           wants(&value, filter, "policySetDefinitionId");
}

/* Who asks for one resource group of a subscription asks for a place, however he says it. */
static mp_code find_scope(mp_str *out, const mp_states_query *q, const mp_filter *filter, mp_arena *arena, mp_error *err)
{
    mp_cell value;
    bool is_subscription = mp_str_starts(q->scope, MP_S("/subscriptions/")) &&
                           mp_str_rfind(q->scope, '/') == sizeof "/subscriptions/" - 2;
    *out = q->scope;
    if (!is_subscription || !wants(&value, filter, "resourceGroup") || value.kind != MP_CELL_TEXT || !value.u.text.len)
        return MP_OK;
    mp_str place = mp_arena_printf(arena, "%.*s/resourcegroups/%.*s", MP_FMT(q->scope), MP_FMT(value.u.text));
    return place.ptr ? mp_key_of(out, place, arena, err) : mp_no_memory(err);
}

/* ---- conditions ---- */

/* A place and what is below it; `is_range`: the keys in between are gone through in order, from here or from what the
 * last page ended with. */
static mp_code add_scope(mp_state_statement *s, const mp_states_query *q, bool has_start, bool is_range,
                         mp_arena *arena, mp_error *err)
{
    if (q->scope.len > 1) {
        mp_str from = mp_arena_printf(arena, "%.*s/", MP_FMT(q->scope)),
               to = mp_arena_printf(arena, "%.*s0", MP_FMT(q->scope));
        if (!from.ptr || !to.ptr)
            return mp_no_memory(err);
        if (is_range && !has_start)
            add(s, " AND j.key >= ", mp_text(q->scope));
        add(s, is_range ? " AND j.key < " : " AND (j.key || '') < ", mp_text(to));
        add(s, " AND ((j.key || '') = ", mp_text(q->scope));
        add(s, " OR (j.key || '') >= ", mp_text(from));
        mp_buf_add_c(&s->sql, ')');
    }
    if (!q->subscriptions)
        return MP_OK;
    mp_buf_add_z(&s->sql, " AND j.subscription IN (''");
    for (size_t i = 0; i < q->subscription_count;
         i++) { /* there may be more than a statement takes values: GUIDs need none */
        if (!mp_is_guid(q->subscriptions[i]))
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a subscription is no GUID");
        mp_buf_printf(&s->sql, ", '%.*s'", MP_FMT(q->subscriptions[i]));
    }
    mp_buf_add_c(&s->sql, ')');
    return MP_OK;
}

static void add_checks(mp_state_statement *s, const mp_states_query *q)
{
    if (q->assignment.len)
        add(s, " AND c.assignment = ", mp_text(q->assignment));
    if (q->set.len)
        add(s, " AND c.set_id = ", mp_text(q->set));
    if (q->definition.len)
        add(s, " AND c.definition = ", mp_text(q->definition));
}

static mp_code add_filter(mp_state_statement *s, const mp_filter *filter, mp_arena *arena, mp_error *err)
{
    mp_odata_sql said;
    MP_TRY(mp_odata_sql_filter(&said, arena, filter, &(mp_odata_sql_options){ .first = s->count + 1 }, err));
    mp_buf_printf(&s->sql, " AND %.*s", MP_FMT(said.where));
    for (uint32_t i = 0; i < said.count; i++, s->count++)
        if (s->count < MP_STATE_VALUES)
            s->values[s->count] = said.values[i].kind == MP_CELL_TEXT   ? mp_text(said.values[i].u.text)
                                  : said.values[i].kind == MP_CELL_REAL ? mp_real(said.values[i].u.real)
                                                                        : mp_int(said.values[i].u.integer);
    s->rest = said.rest;
    return MP_OK;
}

static void add_after_place(mp_state_statement *s, const mp_state_after *after)
{
    add(s, " AND j.key >= (SELECT key FROM judged WHERE number = ", mp_int(after->resource));
    add(s, ") AND (v.resource <> ", mp_int(after->resource));
    add(s, " OR v.rule > ", mp_int(after->rule));
    add(s, " OR (v.rule = ", mp_int(after->rule));
    add(s, " AND v.since > ", mp_int(after->since));
    mp_buf_add_z(&s->sql, "))");
}

static void add_after_check(mp_state_statement *s, const mp_state_after *after)
{
    add(s, " AND c.number >= ", mp_int(after->rule));
    add(s, " AND (c.number > ", mp_int(after->rule));
    add(s, " OR v.state > ", mp_int(after->state));
    add(s, " OR (v.state = ", mp_int(after->state));
    add(s, " AND v.resource > ", mp_int(after->resource));
    mp_buf_add_z(&s->sql, "))");
}

/* ---- the whole ---- */

#define OF_RESOURCE ", j.key, j.id, j.type, j.location, j.grp, j.subscription, j.tags, c.assignment FROM "

/* What a row's timestamp says is `seen`: of the present when the resource was last judged. */
#define JUDGED "(SELECT *, at AS seen FROM judged) j"

static const char present_by_place[] =
    "SELECT v.resource, v.rule, v.state, v.effect, v.since, 0, seen" OF_RESOURCE JUDGED
    " CROSS JOIN verdict v CROSS JOIN rule_check c WHERE v.resource = j.number AND c.number = v.rule";
#define ITS_VERDICTS "verdict v CROSS JOIN " JUDGED " WHERE v.rule = c.number AND j.number = v.resource"
static const char by_check[] =
    "SELECT v.resource, c.number, v.state, v.effect, v.since, 0, seen" OF_RESOURCE "rule_check c CROSS JOIN " ITS_VERDICTS;
/* PostgreSQL sees the order of checks only where `c.number` itself stands outside. */
static const char for_each_check[] =
    "SELECT x.resource, c.number, x.state, x.effect, x.since, 0, x.seen, x.key, x.id, x.type, x.location, x.grp, x.subscription,"
    " x.tags, c.assignment FROM rule_check c CROSS JOIN LATERAL (SELECT v.resource, v.state, v.effect, v.since, seen, j.key, j.id,"
    " j.type, j.location, j.grp, j.subscription, j.tags FROM " ITS_VERDICTS;
static const char past_by_place[] = "SELECT v.resource, v.rule, v.state, v.effect, v.since, v.until, seen" OF_RESOURCE
                                    "judged j CROSS JOIN (SELECT *, since AS seen FROM verdict_past) v CROSS JOIN rule_check c WHERE v.resource = j.number AND c.number = v.rule";
/* What holds still, told as the past is: its timestamp says since when it holds. */
static const char held_by_place[] = "SELECT v.resource, v.rule, v.state, v.effect, v.since, 0, seen" OF_RESOURCE
                                    "judged j CROSS JOIN (SELECT *, since AS seen FROM verdict) v CROSS JOIN rule_check c WHERE v.resource = j.number AND c.number = v.rule";

static const char *beginning(bool is_by_check, bool has_lateral)
{
    return !is_by_check ? present_by_place : has_lateral ? for_each_check : by_check;
}

/* The past and the present each in order, merged: the conditions are the same, and so are the numbers of the values. */
static void write_past(mp_state_statement *s, const mp_states_query *q, mp_buf *conditions)
{
    mp_buf_add_z(&s->sql, held_by_place);
    mp_buf_add(&s->sql, mp_buf_str(conditions));
    mp_buf_printf(&s->sql, " AND v.since <= ?1 UNION ALL %s", past_by_place);
    mp_buf_add(&s->sql, mp_buf_str(conditions));
    mp_buf_printf(&s->sql, " AND v.since <= ?1 AND v.until > %s", q->is_history ? "?2" : "?1");
}

mp_code mp_state_statement_write(mp_state_statement *s, const mp_states_query *asked, const mp_filter *filter,
                                 const mp_state_after *after, bool by_resource, bool has_lateral, size_t limit,
                                 mp_arena *arena, mp_error *err)
{
    mp_states_query narrowed = *asked;
    const mp_states_query *q = &narrowed;
    MP_TRY(find_scope(&narrowed.scope, asked, filter, arena, err));
    int64_t state = wanted_state(filter);
    bool    is_past = q->is_history || q->to, is_by_check = !by_resource && goes_by_check(q, filter, state);
    if (is_past) { /* the first two values: see write_past() */
        s->values[0] = mp_int(q->to);
        s->values[1] = mp_int(q->from);
        s->count = q->is_history ? 2 : 1;
    }
    mp_buf_add_z(&s->sql, is_past ? "" : beginning(is_by_check, has_lateral));
    MP_TRY(add_scope(s, q, after != NULL, !is_by_check, arena, err));
    add_checks(s, q);
    if (state != -2)
        add(s, " AND v.state = ", mp_int(state));
    MP_TRY(add_filter(s, filter, arena, err));
    if (after)
        (is_by_check ? add_after_check : add_after_place)(s, after);
    if (is_past) {
        mp_buf conditions = s->sql;
        s->sql = (mp_buf)MP_BUF_INIT;
        write_past(s, q, &conditions);
        mp_buf_free(&conditions);
    }
    if (is_by_check && has_lateral)
        mp_buf_printf(&s->sql, " ORDER BY v.state, v.resource LIMIT %zu) x", limit);
    mp_buf_printf(&s->sql, " ORDER BY %s LIMIT %zu", is_by_check ? "2, 3, 1" : "8, 2, 5", limit);
    mp_buf_add_c(&s->sql, '\0');
    if (s->count > MP_STATE_VALUES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the question has too many values");
    return mp_buf_check(&s->sql, err);
}
