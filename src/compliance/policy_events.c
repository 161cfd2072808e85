/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_events.h"

#include "buf.h"
#include "keys.h"
#include "row_pages.h"
#include "rulebook_internal.h"
#include "sql.h"
#include "verdict_internal.h"

#define PAGE 100
#define PAGE_MAX 1000

/* `told` is the row as JSON, but for what only the question knows. */
static const mp_migration migrations[] = {
    { 1, "CREATE TABLE policy_event (number INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, resource TEXT NOT NULL, subscription TEXT NOT NULL, assignment TEXT NOT NULL,"
         " definition TEXT NOT NULL, set_id TEXT NOT NULL, told TEXT NOT NULL);\n"
         "CREATE INDEX policy_event_at ON policy_event (at);\n"
         "CREATE INDEX policy_event_resource ON policy_event (resource, number);\n" },
};
const mp_schema mp_event_schema = { "policy-events", migrations, MP_COUNT(migrations) };

/* ---- fields ---- */

#define FIELD(name_, type_) { .name = MP_S_INIT(name_), .type = (type_) }
static const mp_odata_field fields[] = {
    FIELD("timestamp", MP_ODATA_DATE),
    FIELD("resourceId", MP_ODATA_ID),
    FIELD("policyAssignmentId", MP_ODATA_ID),
    FIELD("policyDefinitionId", MP_ODATA_ID),
    FIELD("effectiveParameters", MP_ODATA_STRING),
    FIELD("isCompliant", MP_ODATA_BOOL),
    FIELD("subscriptionId", MP_ODATA_STRING),
    FIELD("resourceType", MP_ODATA_STRING),
    FIELD("resourceLocation", MP_ODATA_STRING),
    FIELD("resourceGroup", MP_ODATA_STRING),
    FIELD("resourceTags", MP_ODATA_STRING),
    FIELD("policyAssignmentName", MP_ODATA_STRING),
    FIELD("policyAssignmentOwner", MP_ODATA_STRING),
    FIELD("policyAssignmentParameters", MP_ODATA_STRING),
    FIELD("policyAssignmentScope", MP_ODATA_ID),
    FIELD("policyDefinitionName", MP_ODATA_STRING),
    FIELD("policyDefinitionAction", MP_ODATA_STRING),
    FIELD("policyDefinitionCategory", MP_ODATA_STRING),
    FIELD("policySetDefinitionId", MP_ODATA_ID),
    FIELD("policySetDefinitionName", MP_ODATA_STRING),
    FIELD("policySetDefinitionOwner", MP_ODATA_STRING),
    FIELD("policySetDefinitionCategory", MP_ODATA_STRING),
    FIELD("policySetDefinitionParameters", MP_ODATA_STRING),
    FIELD("managementGroupIds", MP_ODATA_STRING),
    FIELD("policyDefinitionReferenceId", MP_ODATA_STRING),
    FIELD("complianceState", MP_ODATA_STRING),
    FIELD("tenantId", MP_ODATA_STRING),
    FIELD("principalOid", MP_ODATA_STRING),
};
static const mp_odata_table table = { .fields = fields, .field_count = MP_COUNT(fields) };

/* ---- collecting ---- */

struct mp_event {
    mp_event      *next;
    mp_str         resource, subscription, assignment, definition, set_id;
    const mp_json *told; /* without time and principal */
};

/* A write that policies would refuse or change only if they were enforced is none. */
static bool is_told(const mp_act *act, bool is_changed)
{
    switch (act->kind) {
    case MP_ACT_CHANGED:
        return is_changed;
    case MP_ACT_CONFLICT:
    case MP_ACT_DENIED:
    case MP_ACT_FAILED:
    case MP_ACT_AUDITED:
        return true;
    default:
        return false;
    }
}

static void put(mp_jsonw *w, const char *name, mp_str value)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (value.len)
        mp_jsonw_str(w, mp_arena_dup(w->arena, value));
    else
        mp_jsonw_null(w);
}

static void put_id(mp_jsonw *w, const char *name, mp_str id)
{
    mp_str key = MP_S("");
    if (id.len && mp_key_of(&key, id, w->arena, NULL) != MP_OK)
        key = MP_S("");
    put(w, name, key);
}

static mp_code text_of(mp_str *out, const mp_json *v, mp_arena *arena, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    if (v)
        mp_buf_add_json(&b, v);
    mp_code code = mp_buf_check(&b, err);
    *out = !v ? MP_S("") : code == MP_OK ? mp_arena_dup(arena, mp_buf_str(&b)) : mp_str_of(NULL, 0);
    mp_buf_free(&b);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

static void put_policy(mp_jsonw *w, const mp_act *act, const mp_rule_facts *f, mp_str parameters)
{
    put_id(w, "policyAssignmentId", f->assignment_id);
    put_id(w, "policyDefinitionId", f->definition_id);
    put(w, "effectiveParameters", parameters);
    put(w, "policyAssignmentName", f->assignment_name);
    put(w, "policyAssignmentParameters", parameters);
    put_id(w, "policyAssignmentScope", f->assignment_scope);
    put(w, "policyDefinitionName", f->definition_name);
    put(w, "policyDefinitionAction", act->verdict.effect.len ? act->verdict.effect : f->effect);
    put(w, "policyDefinitionCategory", f->definition_category);
    put_id(w, "policySetDefinitionId", f->set_id);
    put(w, "policySetDefinitionName", f->set_name);
    put(w, "policySetDefinitionCategory", f->set_category);
    put(w, "policyDefinitionReferenceId", f->reference_id);
    mp_jsonw_put_bool(w, "isCompliant", act->kind == MP_ACT_CHANGED);
    put(w, "complianceState", act->kind == MP_ACT_CHANGED ? MP_S("Compliant") : MP_S("NonCompliant"));
}

static mp_code add(mp_events_of_write *to, const mp_act *act, const mp_rule_facts *facts, const mp_place *place,
                   const mp_resource *resource, mp_arena *arena, mp_error *err)
{
    mp_str    parameters, tags, location = MP_S("");
    mp_event *made = MP_ARENA_NEW(arena, mp_event);
    mp_jsonw  w;
    MP_TRY(text_of(&parameters, facts->parameters, arena, err));
    MP_TRY(text_of(&tags, resource->tags, arena, err));
    if (resource->location.len)
        location = resource->location;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, "resourceId", place->key);
    put(&w, "subscriptionId", place->subscription);
    put(&w, "resourceType", place->type);
    put(&w, "resourceLocation", location);
    put_id(&w, "resourceGroup", place->group);
    put(&w, "resourceTags", tags);
    put_policy(&w, act, facts, parameters);
    mp_jsonw_end(&w);
    const mp_json *told = mp_jsonw_done(&w);
    if (!made || !told)
        return mp_no_memory(err);
    *made = (mp_event){ .resource = mp_arena_dup(arena, place->key),
                        .subscription = mp_arena_dup(arena, place->subscription),
                        .told = mp_arena_dup_json(arena, told) };
    MP_TRY(mp_key_of(&made->assignment, facts->assignment_id, arena, err));
    MP_TRY(mp_key_of(&made->definition, facts->definition_id, arena, err));
    MP_TRY(mp_key_of(&made->set_id, facts->set_id, arena, err));
    if (!made->resource.ptr || !made->subscription.ptr || !made->told)
        return mp_no_memory(err);
    if (!to->last)
        to->last = &to->first;
    *to->last = made;
    to->last = &made->next;
    return MP_OK;
}

mp_code mp_events_collect(mp_events_of_write *to, const mp_enforcement *done, const mp_rulebook *book,
                          const mp_place *place, const mp_resource *resource, mp_arena *arena, mp_error *err)
{
    for (uint32_t i = 0; i < done->act_count; i++) {
        const mp_act *act = &done->acts[i];
        bool          is_ours = act->check >= book->checks && act->check < book->checks + book->count;
        if (is_ours && is_told(act, done->is_changed && done->is_allowed))
            MP_TRY(add(to, act, &book->facts[act->check - book->checks], place, resource, arena, err));
    }
    return MP_OK;
}

/* ---- storing ---- */

static mp_code store_one(mp_tx *tx, const mp_event *e, int64_t number, mp_str by, mp_error *err)
{
    mp_buf   b = MP_BUF_INIT;
    mp_jsonw w;
    char     time[MP_CLOCK_TEXT];
    mp_clock_format(time, mp_tx_time(tx));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "timestamp", mp_arena_dup(mp_tx_arena(tx), mp_str_from(time)));
    for (MP_JSON_MEMBERS(key, e->told)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    put(&w, "principalOid", by);
    mp_jsonw_end(&w);
    const mp_json *told = mp_jsonw_done(&w);
    if (!told)
        return mp_no_memory(err);
    mp_buf_add_json(&b, told);
    mp_code code = mp_buf_check(&b, err);
    if (code == MP_OK)
        code = mp_sql(
            tx, NULL,
            "INSERT INTO policy_event (number, at, resource, subscription, assignment, definition, set_id, told) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            MP_VALUES(mp_int(number), mp_int(mp_tx_time(tx)), mp_text(e->resource), mp_text(e->subscription),
                      mp_text(e->assignment), mp_text(e->definition), mp_text(e->set_id), mp_text(mp_buf_str(&b))),
            err);
    mp_buf_free(&b);
    return code;
}

mp_code mp_events_store(mp_tx *tx, const mp_events_of_write *events, mp_str by, mp_error *err)
{
    int64_t number = 0;
    if (events->first)
        MP_TRY(mp_next_number(&number, tx, "SELECT COALESCE(MAX(number), 0) FROM policy_event", err));
    for (const mp_event *e = events->first; e; e = e->next)
        MP_TRY(store_one(tx, e, number++, by, err));
    return MP_OK;
}

mp_code mp_events_forget(int64_t *removed, mp_tx *tx, mp_ticks before, uint32_t limit, mp_error *err)
{
    return mp_sql(
        tx, removed,
        "DELETE FROM policy_event WHERE number IN (SELECT number FROM policy_event WHERE at < ?1 ORDER BY at LIMIT ?2)",
        MP_VALUES(mp_int(before), mp_int(limit)), err);
}

/* ---- asking ---- */

typedef struct asking {
    mp_tx                 *tx;
    const mp_states_query *query;
    mp_arena              *arena;
    int64_t                before; /* number of the row that the page begins behind; 0: the newest */
    mp_str                 tenant;
    int64_t                number; /* of the row at hand */
} asking;

static mp_cell cell(void *context, const void *row, uint32_t field)
{
    const asking  *a = context;
    mp_str         name = fields[field].name;
    const mp_json *v = mp_json_get(row, name);
    if (mp_str_eq(name, MP_S("managementGroupIds")))
        return a->query->management_groups.len ? mp_cell_text(a->query->management_groups) : MP_CELL_OF_NULL;
    if (mp_str_eq(name, MP_S("tenantId")))
        return mp_cell_text(a->tenant);
    if (mp_json_is(v, MP_JSON_BOOL))
        return mp_cell_bool(v->u.integer != 0);
    return mp_json_is(v, MP_JSON_STRING) ? mp_cell_text(mp_json_str(v)) : MP_CELL_OF_NULL;
}

static void write_row(mp_jsonw *w, const void *ctx, const void *row, const uint32_t *chosen, uint32_t count)
{
    mp_jsonw_object(w);
    for (uint32_t i = 0; i < (chosen ? count : table.field_count); i++) {
        uint32_t f = chosen ? chosen[i] : i;
        mp_cell  c = cell((void *)(uintptr_t)ctx, row, f);
        mp_jsonw_key(w, fields[f].name);
        if (c.kind == MP_CELL_BOOL)
            mp_jsonw_bool(w, c.u.yes);
        else if (c.kind == MP_CELL_TEXT)
            mp_jsonw_str(w, mp_arena_dup(w->arena, c.u.text));
        else
            mp_jsonw_null(w);
    }
    mp_jsonw_end(w);
}

static const void *keep_row(const void *row, mp_arena *arena) { return mp_arena_dup_json(arena, row); }

static bool is_below(const mp_states_query *q, mp_str subscription)
{
    bool is_one = q->scope.len || !q->subscriptions;
    for (size_t i = 0; i < q->subscription_count && !is_one; i++)
        is_one = mp_str_eq_fold(q->subscriptions[i], subscription);
    return is_one;
}

static mp_code visit_rows(asking *a, mp_rows *rows, mp_json_doc *doc, const mp_filter *filter, mp_row_visit *visit,
                          void *arg, mp_error *err)
{
    mp_odata_reader reader = { .get = cell, .context = a };
    bool            more = true, goes_on = true;
    for (;;) {
        const mp_json *row = NULL;
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            return MP_OK;
        if (!is_below(a->query, mp_rows_bytes(rows, 1)))
            continue;
        MP_TRY(mp_json_read(doc, &row, mp_rows_bytes(rows, 2), NULL, NULL, err));
        if (filter && !mp_filter_test(filter, &reader, row))
            continue;
        a->number = mp_rows_int(rows, 0);
        MP_TRY(visit(&goes_on, arg, row, err));
        if (!goes_on)
            return MP_OK;
    }
}

static mp_code each(void *ctx, const mp_filter *filter, mp_row_visit *visit, void *arg, mp_error *err)
{
    asking                *a = ctx;
    const mp_states_query *q = a->query;
    mp_rows               *rows = NULL;
    mp_json_doc           *doc = NULL;
    /* '0' stands behind '/' */
    mp_str below = mp_arena_printf(a->arena, "%.*s/", MP_FMT(q->scope)),
           behind = mp_arena_printf(a->arena, "%.*s0", MP_FMT(q->scope));
    if (!below.ptr || !behind.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_sql_ask(
        &rows, a->tx,
        "SELECT number, subscription, told FROM policy_event WHERE at >= ?1 AND at <= ?2 AND (?3 = 0 OR number < ?3)"
        " AND (?4 = '' OR resource = ?4 OR (resource >= ?5 AND resource < ?6)) AND (?7 = '' OR assignment = ?7) AND (?8 = '' OR definition = ?8)"
        " AND (?9 = '' OR set_id = ?9) ORDER BY number DESC",
        MP_VALUES(mp_int(q->from), mp_int(q->to), mp_int(a->before), mp_text(q->scope.ptr ? q->scope : MP_S("")),
                  mp_text(below), mp_text(behind), mp_text(q->assignment.ptr ? q->assignment : MP_S("")),
                  mp_text(q->definition.ptr ? q->definition : MP_S("")), mp_text(q->set.ptr ? q->set : MP_S(""))),
        err);
    if (code == MP_OK)
        code = visit_rows(a, rows, doc, filter, visit, arg, err);
    mp_rows_close(rows);
    mp_json_doc_free(doc);
    return code;
}

/* ---- as they come ---- */

typedef struct listing {
    asking         *a;
    const mp_query *parsed;
    mp_jsonw       *w;
    uint32_t        count, limit;
    int64_t         last;
    bool            has_more;
} listing;

static mp_code list_row(bool *goes_on, void *arg, const void *row, mp_error *err)
{
    listing *l = arg;
    (void)err;
    if (l->count == l->limit) {
        l->has_more = true;
        *goes_on = false;
        return MP_OK;
    }
    write_row(l->w, l->a, row, l->parsed->select, l->parsed->select_count);
    l->last = l->a->number;
    l->count++;
    return MP_OK;
}

/* "e.NUMBER.GIVEN" behind a row. */
static mp_code list_plain(mp_states_page *out, asking *a, const mp_query *parsed, mp_jsonw *w, mp_error *err)
{
    const mp_states_query *q = a->query;
    int64_t                at[2] = { 0, 0 };
    listing                l = { .a = a, .parsed = parsed, .w = w, .limit = q->page };
    if (q->after.len && (!mp_str_starts(q->after, MP_S("e.")) || !mp_row_numbers(at, 2, mp_str_skip(q->after, 2))))
        return mp_no_continuation(err);
    a->before = at[0];
    if (parsed->top >= 0 && parsed->top - at[1] < (int64_t)l.limit)
        l.limit = parsed->top > at[1] ? (uint32_t)(parsed->top - at[1]) : 0;
    if (l.limit)
        MP_TRY(each(a, parsed->filter, list_row, &l, err));
    out->count = l.count;
    int64_t given = at[1] + l.count;
    if (!l.has_more || (parsed->top >= 0 && given >= parsed->top))
        return MP_OK;
    out->next = mp_arena_printf(a->arena, "e.%lld.%lld", (long long)l.last, (long long)given);
    return out->next.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_events_rows(mp_states_page *out, mp_tx *tx, const mp_states_query *query, mp_arena *arena, mp_error *err)
{
    mp_states_query q = *query;
    mp_query        parsed;
    mp_jsonw        w;
    asking          a = { .tx = tx, .query = &q, .arena = arena, .tenant = query->tenant };
    mp_odata_reader reader = { .get = cell, .context = &a };
    mp_row_source   from = { &reader, each, keep_row, write_row, &a };
    *out = (mp_states_page){ .count = 0 };
    q.to = q.to ? q.to : mp_tx_time(tx);
    q.from = q.from ? q.from : q.to - MP_TICKS_PER_DAY;
    q.page = q.page == 0 ? PAGE : q.page > PAGE_MAX ? PAGE_MAX : q.page;
    MP_TRY(mp_query_parse(&parsed, arena, &table, &q.texts, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    MP_TRY(parsed.apply.count || parsed.order.count ? mp_row_page(out, &from, &q, &parsed, &w, err)
                                                    : list_plain(out, &a, &parsed, &w, err));
    mp_jsonw_end(&w);
    out->rows = mp_jsonw_done(&w);
    return out->rows ? MP_OK : mp_no_memory(err);
}
