/* SPDX-License-Identifier: Apache-2.0 */
/* A summary: how many resources are in which state, over all and by assignment, check and control. Of a subscription
 * or a resource group without a filter the sums are there (verdicts.h); of everything else they are gathered from the
 * rows, by the same rule: one resource counts once, by its worst state. */
#include "states.h"

#include <stdio.h>

#include "sql.h"
#include "state_rows.h"

/* What one sum is over, and how many resources of each state it has. */
typedef struct part {
    mp_str   assignment, control;
    int64_t  rule;
    uint64_t states[MP_STATE_COUNT];
    unsigned worst; /* of the resource at hand, plus one; 0: it is not in this part */
    struct part   *next; /* in order of being met */
    struct part   *next_touched;
    const mp_json *controls; /* of a check: names of those that it answers */
} part;

typedef struct summary {
    mp_tx      *tx;
    mp_arena   *arena;
    mp_map      parts;
    part       *first, **last;
    /* Of rows: the resource at hand, since they come by resource. */
    int64_t     resource;
    part       *touched; /* parts that it is in */
    mp_arena    scratch; /* of this resource */
} summary;

static mp_code find_part(part **out, summary *s, mp_str assignment, int64_t rule, mp_str control, mp_error *err)
{
    mp_str key = mp_arena_printf(&s->scratch, "%.*s\n%lld\n%.*s", MP_FMT(assignment), (long long)rule, MP_FMT(control));
    *out = key.ptr ? mp_map_get(&s->parts, key) : NULL;
    if (*out)
        return MP_OK;
    part *p = MP_ARENA_NEW(s->arena, part);
    if (!p || !key.ptr || !(key = mp_arena_dup(s->arena, key)).ptr)
        return mp_no_memory(err);
    *p = (part){ .assignment = mp_arena_dup(s->arena, assignment),
                 .control = mp_arena_dup(s->arena, control),
                 .rule = rule };
    if (!p->assignment.ptr || !p->control.ptr)
        return mp_no_memory(err);
    *s->last = p;
    s->last = &p->next;
    *out = p;
    return mp_map_put(&s->parts, key, p, err);
}

/* ---- from sums ---- */

static mp_code add_sum(summary *s, mp_str assignment, const mp_sum *sum, mp_error *err)
{
    part *p;
    MP_TRY(find_part(&p, s, assignment, sum->check, sum->group, err));
    p->states[sum->state] += sum->resources;
    return MP_OK;
}

/* Of one assignment (empty: of all) what is true of it is true over all that is asked about. */
static mp_code gather_sums(summary *s, const mp_str *places, size_t count, mp_str only, mp_error *err)
{
    mp_sum *sums;
    size_t  found;
    MP_TRY(mp_verdicts_sums(&sums, &found, s->tx, places, count, s->arena, err));
    for (size_t i = 0; i < found; i++) {
        if (only.len && !mp_str_eq(sums[i].assignment, only))
            continue;
        MP_TRY(add_sum(s, sums[i].assignment, &sums[i], err));
        if (only.len && !sums[i].check && !sums[i].group.len)
            MP_TRY(add_sum(s, MP_S(""), &sums[i], err));
    }
    return MP_OK;
}

/* ---- from rows ---- */

static void end_resource(summary *s)
{
    for (part *p = s->touched; p; p = p->next_touched) {
        p->states[p->worst - 1]++;
        p->worst = 0;
    }
    s->touched = NULL;
    mp_arena_reset(&s->scratch);
}

static mp_code add_state(summary *s, mp_str assignment, int64_t rule, mp_str control, mp_state state, mp_error *err)
{
    part *p;
    MP_TRY(find_part(&p, s, assignment, rule, control, err));
    if (!p->worst) {
        p->next_touched = s->touched;
        s->touched = p;
    }
    p->worst = (unsigned)(p->worst ? mp_state_rollup((mp_state)(p->worst - 1), state) : state) + 1;
    return MP_OK;
}

static mp_code add_row(bool *goes_on, void *ctx, const mp_state_row *row, mp_error *err)
{
    summary *s = ctx;
    (void)goes_on;
    if (row->resource != s->resource)
        end_resource(s);
    s->resource = row->resource;
    MP_TRY(add_state(s, MP_S(""), 0, MP_S(""), row->state, err));
    MP_TRY(add_state(s, row->assignment, 0, MP_S(""), row->state, err));
    MP_TRY(add_state(s, row->assignment, row->rule, MP_S(""), row->state, err));
    for (uint32_t i = 0; i < row->control_count; i++)
        MP_TRY(add_state(s, row->assignment, 0, row->controls[i], row->state, err));
    return MP_OK;
}

static bool has_sums(const mp_states_query *q)
{
    size_t slashes = 0;
    for (size_t i = 0; i < q->scope.len; i++)
        slashes += q->scope.ptr[i] == '/';
    bool is_place =
        q->scope.len
            ? mp_str_starts(q->scope, MP_S("/subscriptions/")) &&
                  (slashes == 2 || (slashes == 4 && mp_str_find_str(q->scope, MP_S("/resourcegroups/")) != SIZE_MAX))
            : q->subscriptions != NULL;
    return is_place && !q->texts.filter.ptr && !q->set.len && !q->definition.len && !q->to && !q->is_history;
}

static mp_code gather(summary *s, const mp_states_query *q, mp_error *err)
{
    const mp_filter *filter = NULL;
    if (has_sums(q) && q->scope.len)
        return gather_sums(s, &q->scope, 1, q->assignment, err);
    if (has_sums(q)) {
        mp_str *places = MP_ARENA_ARRAY(s->arena, mp_str, q->subscription_count + 1);
        for (size_t i = 0; places && i < q->subscription_count; i++)
            places[i] = mp_arena_printf(s->arena, "/subscriptions/%.*s", MP_FMT(q->subscriptions[i]));
        return places ? gather_sums(s, places, q->subscription_count, q->assignment, err) : mp_no_memory(err);
    }
    if (q->texts.filter.ptr)
        MP_TRY(mp_filter_parse(&filter, s->arena, &mp_state_table, q->texts.filter, err));
    MP_TRY(mp_state_each(s->tx, q, filter, NULL, true, add_row, s, s->arena, err));
    end_resource(s);
    return MP_OK;
}

/* ---- writing ---- */

static mp_state worst_of(const part *p)
{
    for (unsigned state = 0; state < MP_STATE_COUNT; state++)
        if (p->states[state])
            return (mp_state)state;
    return MP_STATE_NOT_APPLICABLE;
}

/* "compliant", "noncompliant": details are in lower case. */
static void put_details(mp_jsonw *w, const char *name, const uint64_t states[MP_STATE_COUNT])
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (unsigned state = 0; state < MP_STATE_COUNT; state++) {
        if (!states[state])
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "complianceState", mp_odata_fold(w->arena, mp_states[state].text));
        mp_jsonw_put_int(w, "count", (int64_t)states[state]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static bool is_in(const part *p, mp_str assignment) { return !assignment.len || mp_str_eq(p->assignment, assignment); }

static bool answers(const part *p, mp_str control)
{
    if (mp_json_is(p->controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(name, p->controls))
            if (mp_str_eq(mp_json_str(name), control))
                return true;
    return false;
}

/* `of` has the resources; checks and controls are counted by their worst state: those of the assignment ("": all),
 * the check (0: all), the control ("": all). */
static void put_results(mp_jsonw *w, const summary *s, const part *of, mp_str assignment, int64_t rule,
                        mp_str control, mp_str uri)
{
    static const uint64_t nothing[MP_STATE_COUNT];
    uint64_t              policies[MP_STATE_COUNT] = { 0 }, controls[MP_STATE_COUNT] = { 0 };
    for (const part *p = s->first; p; p = p->next) {
        if (!is_in(p, assignment) || (rule && p->rule != rule) || (p->rule && control.len && !answers(p, control)))
            continue;
        if (p->rule)
            policies[worst_of(p)]++;
        else if (p->control.len && (!control.len || mp_str_eq(p->control, control)))
            controls[worst_of(p)]++;
    }
    policies[MP_STATE_NOT_APPLICABLE] = controls[MP_STATE_NOT_APPLICABLE] = 0;
    mp_jsonw_key(w, MP_S("results"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "queryResultsUri", uri);
    mp_jsonw_put_int(w, "nonCompliantResources", of ? (int64_t)of->states[MP_STATE_NON_COMPLIANT] : 0);
    mp_jsonw_put_int(w, "nonCompliantPolicies", (int64_t)policies[MP_STATE_NON_COMPLIANT]);
    put_details(w, "resourceDetails", of ? of->states : nothing);
    put_details(w, "policyDetails", policies);
    put_details(w, "policyGroupDetails", controls);
    mp_jsonw_end(w);
}

/* What stands in rule_check and rule_fact of a check. */
typedef struct facts {
    mp_str set, definition, reference, effect;
} facts;

static mp_code read_told(part *p, facts *out, summary *s, mp_str told, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, told, NULL, NULL, err);
    root = code == MP_OK ? mp_arena_dup_json(s->arena, root) : NULL;
    mp_json_doc_free(doc);
    MP_TRY(code);
    if (!root)
        return mp_no_memory(err);
    const mp_json *effect = mp_json_get(root, MP_S("effect"));
    out->effect = mp_json_is(effect, MP_JSON_STRING) ? mp_json_str(effect) : MP_S("");
    p->controls = mp_json_get(root, MP_S("controls"));
    return MP_OK;
}

static mp_code read_facts(facts *out, summary *s, part *p, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    mp_str   told = { NULL, 0 };
    *out = (facts){ .set = MP_S("") };
    MP_TRY(mp_sql_ask(
        &rows, s->tx,
        "SELECT c.set_id, c.definition, c.reference, f.told FROM rule_check c JOIN rule_fact f ON f.number = c.number WHERE c.number = ?1"
        " ORDER BY f.since DESC LIMIT 1",
        MP_VALUES(mp_int(p->rule)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        out->set = mp_arena_dup(s->arena, mp_rows_bytes(rows, 0));
        out->definition = mp_arena_dup(s->arena, mp_rows_bytes(rows, 1));
        out->reference = mp_arena_dup(s->arena, mp_rows_bytes(rows, 2));
        told = mp_arena_dup(s->arena, mp_rows_bytes(rows, 3));
        if (!out->set.ptr || !out->definition.ptr || !out->reference.ptr || !told.ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    return more ? read_told(p, out, s, told, err) : MP_OK;
}

static mp_code put_definition(mp_jsonw *w, summary *s, part *p, mp_str uri, mp_str *set, mp_error *err)
{
    facts f;
    MP_TRY(read_facts(&f, s, p, err));
    *set = f.set;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "policyDefinitionId", f.definition);
    mp_jsonw_put_str(w, "policyDefinitionReferenceId", f.reference);
    mp_jsonw_put_str(w, "effect", f.effect);
    mp_jsonw_put_value(w, "policyDefinitionGroupNames", p->controls);
    put_results(w, s, p, p->assignment, p->rule, MP_S(""), uri);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code put_assignment(mp_jsonw *w, summary *s, const part *of, mp_str uri, mp_error *err)
{
    mp_str set = MP_S("");
    mp_str own = mp_arena_printf(s->arena, "%.*s and policyAssignmentId eq '%.*s'", MP_FMT(uri), MP_FMT(of->assignment));
    if (!own.ptr)
        return mp_no_memory(err);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "policyAssignmentId", of->assignment);
    put_results(w, s, of, of->assignment, 0, MP_S(""), own);
    mp_jsonw_key(w, MP_S("policyDefinitions"));
    mp_jsonw_array(w);
    for (part *p = s->first; p; p = p->next)
        if (p->rule && mp_str_eq(p->assignment, of->assignment) && worst_of(p) != MP_STATE_NOT_APPLICABLE)
            MP_TRY(put_definition(w, s, p, own, &set, err));
    mp_jsonw_end(w);
    mp_jsonw_put_str(w, "policySetDefinitionId", set);
    mp_jsonw_key(w, MP_S("policyGroups"));
    mp_jsonw_array(w);
    for (const part *p = s->first; p; p = p->next) {
        if (!p->control.len || !mp_str_eq(p->assignment, of->assignment) || worst_of(p) == MP_STATE_NOT_APPLICABLE)
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "policyGroupName", p->control);
        put_results(w, s, p, p->assignment, 0, p->control, own);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code write_summary(mp_jsonw *w, summary *s, const mp_states_query *q, mp_str uri, mp_error *err)
{
    const part *all = NULL;
    int64_t     top = -1;
    if (q->texts.top.ptr)
        MP_TRY(mp_top_parse(&top, q->texts.top, err));
    for (const part *p = s->first; p; p = p->next)
        if (!p->assignment.len)
            all = p;
    mp_jsonw_object(w);
    put_results(w, s, all, MP_S(""), 0, MP_S(""), uri);
    mp_jsonw_key(w, MP_S("policyAssignments"));
    mp_jsonw_array(w);
    for (const part *p = s->first; p && top != 0; p = p->next)
        if (p->assignment.len && !p->rule && !p->control.len && worst_of(p) != MP_STATE_NOT_APPLICABLE) {
            MP_TRY(put_assignment(w, s, p, uri, err));
            top -= top > 0;
        }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

mp_code mp_states_summary(const mp_json **out, mp_tx *tx, const mp_states_query *query, mp_str uri, mp_arena *arena,
                          mp_error *err)
{
    summary  s = { .tx = tx, .arena = arena, .parts = MP_MAP_INIT, .scratch = MP_ARENA_INIT };
    mp_jsonw w;
    s.last = &s.first;
    mp_jsonw_init(&w, arena);
    mp_code code = gather(&s, query, err);
    if (code == MP_OK)
        code = write_summary(&w, &s, query, uri, err);
    mp_map_free(&s.parts);
    mp_arena_free(&s.scratch);
    MP_TRY(code);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}
