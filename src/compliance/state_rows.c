/* SPDX-License-Identifier: Apache-2.0 */
#include "state_rows.h"

#include <assert.h>
#include <stdio.h>

#include "buf.h"
#include "secret.h"
#include "sql.h"
#include "state_statement.h"

/* ---- fields ---- */

typedef enum field {
    F_TIMESTAMP,
    F_RESOURCE_ID,
    F_ASSIGNMENT_ID,
    F_DEFINITION_ID,
    F_PARAMETERS,
    F_IS_COMPLIANT,
    F_SUBSCRIPTION_ID,
    F_RESOURCE_TYPE,
    F_RESOURCE_LOCATION,
    F_RESOURCE_GROUP,
    F_RESOURCE_TAGS,
    F_ASSIGNMENT_NAME,
    F_ASSIGNMENT_OWNER,
    F_ASSIGNMENT_PARAMETERS,
    F_ASSIGNMENT_SCOPE,
    F_DEFINITION_NAME,
    F_DEFINITION_ACTION,
    F_DEFINITION_CATEGORY,
    F_SET_ID,
    F_SET_NAME,
    F_SET_OWNER,
    F_SET_CATEGORY,
    F_SET_PARAMETERS,
    F_MANAGEMENT_GROUPS,
    F_REFERENCE_ID,
    F_STATE,
    F_GROUP_NAMES,
    F_DEFINITION_VERSION,
    F_SET_VERSION
} field;

#define STATE_SQL                                                                                                                                                  \
    "CASE v.state WHEN 0 THEN 'noncompliant' WHEN 1 THEN 'compliant' WHEN 2 THEN 'error' WHEN 3 THEN 'conflicting' WHEN 4 THEN 'protected' WHEN 5 THEN 'exempt' "   \
    "WHEN 6 THEN 'unknown' ELSE 'notevaluated' END"
static_assert(MP_STATE_NON_COMPLIANT == 0 && MP_STATE_COMPLIANT == 1 && MP_STATE_ERROR == 2 &&
                  MP_STATE_CONFLICTING == 3 && MP_STATE_PROTECTED == 4 && MP_STATE_EXEMPT == 5 &&
                  MP_STATE_UNKNOWN == 6 && MP_STATE_NOT_EVALUATED == 7,
              "states as SQL names them");

#define FIELD(n, name_, type_, sql_) [n] = { .name = MP_S_INIT(name_), .type = (type_), .sql = (sql_) }
static const mp_odata_field fields[] = {
    FIELD(F_TIMESTAMP, "timestamp", MP_ODATA_DATE, "seen"),
    FIELD(F_RESOURCE_ID, "resourceId", MP_ODATA_ID, "j.key"),
    FIELD(F_ASSIGNMENT_ID, "policyAssignmentId", MP_ODATA_ID, "c.assignment"),
    FIELD(F_DEFINITION_ID, "policyDefinitionId", MP_ODATA_ID, "c.definition"),
    FIELD(F_PARAMETERS, "effectiveParameters", MP_ODATA_STRING, NULL),
    FIELD(F_IS_COMPLIANT, "isCompliant", MP_ODATA_BOOL, "CASE WHEN v.state = 1 THEN 1 ELSE 0 END"),
    FIELD(F_SUBSCRIPTION_ID, "subscriptionId", MP_ODATA_STRING, "j.subscription"),
    FIELD(F_RESOURCE_TYPE, "resourceType", MP_ODATA_STRING, "j.type"),
    FIELD(F_RESOURCE_LOCATION, "resourceLocation", MP_ODATA_STRING, "NULLIF(j.location, '')"),
    FIELD(F_RESOURCE_GROUP, "resourceGroup", MP_ODATA_STRING, "NULLIF(j.grp, '')"),
    FIELD(F_RESOURCE_TAGS, "resourceTags", MP_ODATA_STRING, NULL),
    FIELD(F_ASSIGNMENT_NAME, "policyAssignmentName", MP_ODATA_STRING, NULL),
    FIELD(F_ASSIGNMENT_OWNER, "policyAssignmentOwner", MP_ODATA_STRING, NULL),
    FIELD(F_ASSIGNMENT_PARAMETERS, "policyAssignmentParameters", MP_ODATA_STRING, NULL),
    FIELD(F_ASSIGNMENT_SCOPE, "policyAssignmentScope", MP_ODATA_ID, NULL),
    FIELD(F_DEFINITION_NAME, "policyDefinitionName", MP_ODATA_STRING, NULL),
    FIELD(F_DEFINITION_ACTION, "policyDefinitionAction", MP_ODATA_STRING, NULL),
    FIELD(F_DEFINITION_CATEGORY, "policyDefinitionCategory", MP_ODATA_STRING, NULL),
    FIELD(F_SET_ID, "policySetDefinitionId", MP_ODATA_ID, "NULLIF(c.set_id, '')"),
    FIELD(F_SET_NAME, "policySetDefinitionName", MP_ODATA_STRING, NULL),
    FIELD(F_SET_OWNER, "policySetDefinitionOwner", MP_ODATA_STRING, NULL),
    FIELD(F_SET_CATEGORY, "policySetDefinitionCategory", MP_ODATA_STRING, NULL),
    FIELD(F_SET_PARAMETERS, "policySetDefinitionParameters", MP_ODATA_STRING, NULL),
    FIELD(F_MANAGEMENT_GROUPS, "managementGroupIds", MP_ODATA_STRING, NULL),
    FIELD(F_REFERENCE_ID, "policyDefinitionReferenceId", MP_ODATA_STRING, NULL),
    FIELD(F_STATE, "complianceState", MP_ODATA_STRING, STATE_SQL),
    FIELD(F_GROUP_NAMES, "policyDefinitionGroupNames", MP_ODATA_LIST, NULL),
    FIELD(F_DEFINITION_VERSION, "policyDefinitionVersion", MP_ODATA_STRING, NULL),
    FIELD(F_SET_VERSION, "policySetDefinitionVersion", MP_ODATA_STRING, NULL),
};
const mp_odata_table mp_state_table = { .fields = fields, .field_count = MP_COUNT(fields) };

/* ---- looking into a row ---- */

static const char *const told_names[MP_COUNT(fields)] = {
    [F_ASSIGNMENT_NAME] = "assignmentName",
    [F_ASSIGNMENT_SCOPE] = "assignmentScope",
    [F_DEFINITION_NAME] = "definitionName",
    [F_DEFINITION_CATEGORY] = "definitionCategory",
    [F_SET_NAME] = "setName",
    [F_SET_CATEGORY] = "setCategory",
    [F_REFERENCE_ID] = "referenceId",
    [F_DEFINITION_VERSION] = "definitionVersion",
    [F_SET_VERSION] = "setVersion",
    [F_ASSIGNMENT_ID] = "assignmentId",
    [F_DEFINITION_ID] = "definitionId",
    [F_SET_ID] = "setId",
    [F_PARAMETERS] = "parametersText",
    [F_ASSIGNMENT_PARAMETERS] = "parametersText",
};

static mp_cell text_or_null(mp_str s) { return s.len ? mp_cell_text(s) : MP_CELL_OF_NULL; }

static mp_cell told(const mp_state_row *row, uint32_t f)
{
    const mp_json *v = told_names[f] ? mp_json_get(row->told, mp_str_from(told_names[f])) : NULL;
    return mp_json_is(v, MP_JSON_STRING) ? text_or_null(mp_json_str(v)) : MP_CELL_OF_NULL;
}

static mp_cell get(void *context, const void *of, uint32_t f)
{
    const mp_state_row *row = of;
    (void)context;
    switch ((field)f) {
    case F_TIMESTAMP: return mp_cell_date(row->judged_at);
    case F_RESOURCE_ID: return mp_cell_text(row->key);
    case F_IS_COMPLIANT: return mp_cell_bool(row->state == MP_STATE_COMPLIANT);
    case F_SUBSCRIPTION_ID: return text_or_null(row->subscription);
    case F_RESOURCE_TYPE: return text_or_null(row->type);
    case F_RESOURCE_LOCATION: return text_or_null(row->location);
    case F_RESOURCE_GROUP: return text_or_null(row->group);
    case F_RESOURCE_TAGS: return text_or_null(row->tags);
    case F_DEFINITION_ACTION: return text_or_null(row->effect);
    case F_MANAGEMENT_GROUPS: return text_or_null(row->management_groups);
    case F_STATE: return mp_cell_text(mp_states[row->state].text);
    case F_GROUP_NAMES: return row->control_count ? mp_cell_list(row->controls, row->control_count) : MP_CELL_OF_NULL;
    default: return told(row, f);
    }
}

const mp_odata_reader mp_state_reader = { .get = get };

mp_state_row *mp_state_keep(const mp_state_row *row, mp_arena *arena)
{
    mp_state_row *kept = MP_ARENA_NEW(arena, mp_state_row);
    if (!kept)
        return NULL;
    *kept = *row;
    mp_str *texts[] = { &kept->key,          &kept->id,   &kept->type,   &kept->location,  &kept->group,
                        &kept->subscription, &kept->tags, &kept->effect, &kept->assignment };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        *texts[i] = mp_arena_dup(arena, *texts[i]);
        if (!texts[i]->ptr)
            return NULL;
    }
    return kept;
}

/* ---- as JSON ---- */

static mp_str lower(mp_jsonw *w, mp_str s)
{
    mp_str folded = mp_odata_fold(w->arena, s);
    w->failed = w->failed || !folded.ptr;
    return folded;
}

static void write_cell(mp_jsonw *w, const mp_state_row *row, uint32_t f)
{
    mp_cell cell = get(NULL, row, f);
    char    text[MP_CLOCK_TEXT];
    switch (cell.kind) {
    case MP_CELL_BOOL:
        mp_jsonw_bool(w, cell.u.yes);
        break;
    case MP_CELL_DATE:
        mp_clock_format(text, cell.u.date);
        mp_jsonw_str(w, mp_arena_dup(w->arena, mp_str_from(text)));
        break;
    case MP_CELL_TEXT: /* ids in rows are in lower case */
        mp_jsonw_str(w, fields[f].type == MP_ODATA_ID ? lower(w, cell.u.text) : mp_arena_dup(w->arena, cell.u.text));
        break;
    case MP_CELL_LIST:
        mp_jsonw_array(w);
        for (uint32_t i = 0; i < cell.count; i++)
            mp_jsonw_str(w, cell.u.items[i]);
        mp_jsonw_end(w);
        break;
    default:
        mp_jsonw_null(w);
    }
}

void mp_state_write(mp_jsonw *w, const mp_state_row *row, const uint32_t *chosen, uint32_t count)
{
    uint32_t total = chosen ? count : (uint32_t)MP_COUNT(fields);
    mp_jsonw_object(w);
    for (uint32_t i = 0; i < total; i++) {
        uint32_t f = chosen ? chosen[i] : i;
        mp_jsonw_key(w, fields[f].name);
        write_cell(w, row, f);
    }
    mp_jsonw_end(w);
}

/* ---- facts of checks ---- */

typedef struct telling {
    mp_tx    *tx;
    mp_arena *arena;
    mp_map    known; /* number and date to JSON */
    mp_json_doc *doc;
} telling;

typedef struct fact {
    const mp_json *told;
    mp_str        *controls;
    uint32_t       count;
} fact;

static mp_code read_controls(fact *out, telling *t, mp_error *err)
{
    const mp_json *list = mp_json_get(out->told, MP_S("controls"));
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return MP_OK;
    out->controls = MP_ARENA_ARRAY(t->arena, mp_str, (size_t)list->count + 1);
    if (!out->controls)
        return mp_no_memory(err);
    for (MP_JSON_EACH(item, list))
        out->controls[out->count++] = mp_json_str(item);
    return MP_OK;
}

/* The fact as it stood at `at`: since when it does. INT64_MIN: there is none. */
static mp_code find_fact(mp_ticks *since, telling *t, int64_t rule, mp_ticks at, mp_error *err)
{
    mp_code code = mp_sql_int(
        since, t->tx, "SELECT since FROM rule_fact WHERE number = ?1 AND since <= ?2 ORDER BY since DESC LIMIT 1",
        MP_VALUES(mp_int(rule), mp_int(at)), err);
    if (code != MP_MISSING)
        return code;
    *since = INT64_MIN;
    return MP_OK;
}

static mp_code read_fact(const mp_json **out, telling *t, int64_t rule, mp_ticks since, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    mp_str   text = { NULL, 0 };
    MP_TRY(mp_sql_ask(&rows, t->tx, "SELECT told FROM rule_fact WHERE number = ?1 AND since = ?2",
                      MP_VALUES(mp_int(rule), mp_int(since)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more && !(text = mp_arena_dup(t->arena, mp_rows_bytes(rows, 0))).ptr)
        code = mp_no_memory(err);
    mp_rows_close(rows);
    MP_TRY(code);
    *out = mp_json_make_null();
    if (!more)
        return MP_OK;
    const mp_json *root;
    MP_TRY(mp_json_read(t->doc, &root, text, NULL, NULL, err));
    *out = mp_arena_dup_json(t->arena, root);
    return *out ? MP_OK : mp_no_memory(err);
}

/* What was true of the check then: of the present what is true now, so that one reading does for all rows. */
static mp_code tell(mp_state_row *row, telling *t, mp_ticks at, mp_error *err)
{
    char     text[48];
    mp_ticks since = INT64_MAX;
    if (at != INT64_MAX)
        MP_TRY(find_fact(&since, t, row->rule, at, err));
    mp_str key = mp_str_of(text, (size_t)snprintf(text, sizeof text, "%lld.%lld", (long long)row->rule, (long long)since));
    fact  *f = mp_map_get(&t->known, key);
    if (!f) {
        f = MP_ARENA_NEW(t->arena, fact);
        key = mp_arena_dup(t->arena, key);
        if (!f || !key.ptr)
            return mp_no_memory(err);
        if (since == INT64_MAX)
            MP_TRY(find_fact(&since, t, row->rule, at, err));
        MP_TRY(read_fact(&f->told, t, row->rule, since, err));
        MP_TRY(read_controls(f, t, err));
        MP_TRY(mp_map_put(&t->known, key, f, err));
    }
    row->told = f->told;
    row->controls = f->controls;
    row->control_count = f->count;
    return MP_OK;
}

/* ---- going through ---- */

#define CHUNK 2000 /* the most rows that are read before their facts are asked for: one statement at a time */

typedef struct going {
    const mp_states_query *q;
    bool                   by_resource;
    const mp_filter       *rest;
    mp_state_visit        *visit;
    void                  *ctx;
    telling                facts;
} going;

static void read_row(mp_state_row *row, const mp_rows *rows)
{
    *row = (mp_state_row){
        .resource = mp_rows_int(rows, 0),
        .rule = mp_rows_int(rows, 1),
        .state = (mp_state)mp_rows_int(rows, 2),
        .effect = mp_rows_bytes(rows, 3),
        .since = mp_rows_int(rows, 4),
        .until = mp_rows_int(rows, 5),
        .judged_at = mp_rows_int(rows, 6),
        .key = mp_rows_bytes(rows, 7),
        .id = mp_rows_bytes(rows, 8),
        .type = mp_rows_bytes(rows, 9),
        .location = mp_rows_bytes(rows, 10),
        .group = mp_rows_bytes(rows, 11),
        .subscription = mp_rows_bytes(rows, 12),
        .tags = mp_rows_bytes(rows, 13),
        .assignment = mp_rows_bytes(rows, 14),
    };
}

static mp_code read_chunk(mp_state_row ***out, size_t *count, mp_tx *tx, const mp_state_statement *s, size_t limit,
                          mp_arena *arena, mp_error *err)
{
    mp_rows       *rows = NULL;
    bool           more = true;
    mp_state_row **kept = MP_ARENA_ARRAY(arena, mp_state_row *, limit);
    if (!kept)
        return mp_no_memory(err);
    *count = 0;
    MP_TRY(mp_sql_ask(&rows, tx, s->sql.ptr, s->values, s->count, err));
    mp_code code = MP_OK;
    while (code == MP_OK && *count < limit && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        mp_state_row row;
        read_row(&row, rows);
        kept[*count] = mp_state_keep(&row, arena);
        if (!kept[(*count)++])
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    *out = kept;
    return code;
}

static mp_code visit_chunk(bool *goes_on, going *g, mp_state_row *const *rows, size_t count, mp_error *err)
{
    for (size_t i = 0; i < count && *goes_on; i++) {
        mp_ticks at = g->q->is_history || g->q->to ? rows[i]->until ? rows[i]->until - 1 : g->q->to : INT64_MAX;
        MP_TRY(tell(rows[i], &g->facts, at, err));
        rows[i]->management_groups = g->q->management_groups;
        if (mp_filter_test(g->rest, &mp_state_reader, rows[i]))
            MP_TRY(g->visit(goes_on, g->ctx, rows[i], err));
    }
    return MP_OK;
}

/* From the first row behind `after` on. A page does not cost a whole chunk. */
static mp_code go_through(going *g, mp_tx *tx, const mp_filter *filter, const mp_state_after *after, mp_arena *arena,
                          mp_error *err)
{
    mp_state_after at = after ? *after : (mp_state_after){ 0 };
    bool           goes_on = true, is_first = after == NULL;
    size_t         limit = g->q->page && g->q->page < CHUNK ? g->q->page + 1 : CHUNK, count = limit;
    for (size_t asked = limit; goes_on && count == asked; is_first = false) {
        mp_state_statement s = { .sql = MP_BUF_INIT };
        mp_arena           chunk = MP_ARENA_INIT;
        mp_state_row     **list = NULL;
        mp_code code =
            mp_state_statement_write(&s, g->q, filter, is_first ? NULL : &at, g->by_resource, mp_tx_has_lateral(tx), limit,
                                     arena, err);
        g->rest = s.rest;
        if (code == MP_OK)
            code = read_chunk(&list, &count, tx, &s, limit, &chunk, err);
        if (code == MP_OK && count)
            at = mp_state_behind(list[count - 1]);
        if (code == MP_OK)
            code = visit_chunk(&goes_on, g, list, count, err);
        mp_buf_free(&s.sql);
        mp_arena_free(&chunk);
        MP_TRY(code);
        asked = limit;
        limit = limit * 2 < CHUNK ? limit * 2 : CHUNK;
    }
    return MP_OK;
}

mp_code mp_state_each(mp_tx *tx, const mp_states_query *query, const mp_filter *filter, const mp_state_after *after,
                      bool by_resource, mp_state_visit *visit, void *ctx, mp_arena *arena, mp_error *err)
{
    going g = { .q = query,
                .by_resource = by_resource,
                .visit = visit,
                .ctx = ctx,
                .facts = { .tx = tx, .arena = arena, .known = MP_MAP_INIT } };
    MP_TRY(mp_json_doc_new(&g.facts.doc, err));
    mp_code code = go_through(&g, tx, filter, after, arena, err);
    mp_map_free(&g.facts.known);
    mp_json_doc_free(g.facts.doc);
    return code;
}
