/* SPDX-License-Identifier: Apache-2.0 */
#include "arm_insights.h"

#include "reasons.h"

/* ---- $expand ---- */

/* Of one component, were there any: a verdict is of a whole resource here. */
static const mp_odata_field component_fields[] = {
    { .name = MP_S_INIT("complianceState"), .type = MP_ODATA_STRING }, { .name = MP_S_INIT("timestamp"), .type = MP_ODATA_DATE },
    { .name = MP_S_INIT("id"), .type = MP_ODATA_ID },                  { .name = MP_S_INIT("type"), .type = MP_ODATA_STRING },
    { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING },
};
static const mp_odata_table components = { component_fields, MP_COUNT(component_fields), 0, NULL };

/* Up to the next `sign` that stands outside of parentheses and quotes, or the end. */
static size_t end_of(mp_str text, char sign)
{
    unsigned depth = 0;
    bool     is_quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\'')
            is_quoted = !is_quoted;
        if (is_quoted)
            continue;
        if (c == sign && depth == 0)
            return i;
        depth += c == '(';
        depth -= c == ')' && depth;
    }
    return text.len;
}

static mp_code unknown(mp_arm_call *call, mp_str item, mp_error *err)
{
    return MP_ARM_FAIL(
        call, 400, "InvalidExpandInQueryString", err,
        "There is no $expand '%.*s' of policy states; wanted is PolicyEvaluationDetails or components.",
        MP_FMT(item));
}

/* "components($filter=complianceState eq 'NonCompliant')" */
static mp_code read_components(mp_arm_call *call, mp_str item, mp_error *err)
{
    mp_str           inner = mp_str_skip(item, MP_S("components").len);
    const mp_filter *filter;
    mp_error         why = { .code = MP_OK };
    if (!inner.len)
        return MP_OK;
    if (inner.ptr[0] != '(' || inner.ptr[inner.len - 1] != ')')
        return unknown(call, item, err);
    inner = mp_str_trim(mp_str_of(inner.ptr + 1, inner.len - 2));
    if (!mp_str_starts_fold(inner, MP_S("$filter=")))
        return unknown(call, item, err);
    mp_code code =
        mp_filter_parse(&filter, call->request->arena, &components, mp_str_skip(inner, MP_S("$filter=").len), &why);
    if (code == MP_OK || code == MP_NOMEM)
        return code == MP_OK ? MP_OK : mp_arm_nomem(err);
    return mp_arm_fault_as(call, 400, "InvalidExpandInQueryString", &why, err);
}

mp_code mp_arm_expand_read(mp_arm_expand *out, mp_arm_call *call, mp_error *err)
{
    mp_str rest = mp_str_trim(mp_http_query(call->request, MP_S("$expand")));
    *out = (mp_arm_expand){ .details = false };
    while (rest.len) {
        size_t end = end_of(rest, ',');
        mp_str item = mp_str_trim(mp_str_of(rest.ptr, end));
        bool   is_components = mp_str_starts_fold(item, MP_S("components"));
        if (is_components)
            MP_TRY(read_components(call, item, err));
        else if (!mp_str_eq_fold(item, MP_S("PolicyEvaluationDetails")))
            return unknown(call, item, err);
        *(is_components ? &out->components : &out->details) = true;
        rest = mp_str_skip(rest, end < rest.len ? end + 1 : end);
    }
    return MP_OK;
}

/* ---- reasons ---- */

static mp_code read_reason(mp_arm_reason *one, const mp_arm_reasons *of, mp_tx *tx, mp_str within, mp_arena *arena,
                           mp_error *err)
{
    const mp_states_query *q = of->query;
    mp_reason_page         page;
    mp_reason_query query = { .resource = q->scope,
                              .assignment = q->assignment,
                              .as_of = one->as_of,
                              .limit = MP_REASONS_MOST,
                              .related_within = within,
                              .with_expressions = true,
                              .beside = of->beside };
    mp_jsonw               w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    do {
        mp_error why = { .code = MP_OK };
        mp_code  code = mp_reason_find(&page, tx, &query, arena, &why);
        if (code == MP_MISSING)
            break;
        if (code != MP_OK)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        mp_jsonw_value(&w, page.value);
        query.after = page.next;
    } while (page.next.len);
    mp_jsonw_end(&w);
    one->pages = mp_jsonw_done(&w);
    return one->pages ? MP_OK : mp_arm_nomem(err);
}

/* A row of the present is explained as of now, or of the moment that was asked about; one of the past as of its own. */
static mp_ticks moment_of(const mp_states_query *q, const mp_json *row)
{
    mp_ticks at;
    if (q->is_history && mp_clock_parse(&at, mp_arm_text(row, "timestamp")))
        return at;
    return q->to;
}

static mp_arm_reason *find(const mp_arm_reasons *reasons, mp_ticks as_of)
{
    for (size_t i = 0; i < reasons->count; i++)
        if (reasons->list[i].as_of == as_of)
            return &reasons->list[i];
    return NULL;
}

mp_code mp_arm_reasons_read(mp_arm_reasons *out, mp_tx *tx, const mp_states_query *query, mp_str within,
                            const mp_json *rows, mp_arena *arena, mp_error *err)
{
    *out = (mp_arm_reasons){ .query = query,
                             .beside = out->beside,
                             .list = MP_ARENA_ARRAY(arena, mp_arm_reason, (size_t)rows->count + 1) };
    if (!out->list)
        return mp_arm_nomem(err);
    for (MP_JSON_EACH(row, rows)) {
        mp_ticks as_of = moment_of(query, row);
        if (find(out, as_of))
            continue;
        mp_arm_reason *one = &out->list[out->count++];
        one->as_of = as_of;
        MP_TRY(read_reason(one, out, tx, within, arena, err));
    }
    return MP_OK;
}

static bool says_same(const mp_json *reason, const mp_json *row)
{
    return mp_json_is(mp_arm_member(reason, "recorded"), MP_JSON_OBJECT) &&
           mp_str_eq_fold(mp_arm_text(reason, "assignmentId"), mp_arm_text(row, "policyAssignmentId")) &&
           mp_str_eq_fold(mp_arm_text(reason, "definitionId"), mp_arm_text(row, "policyDefinitionId")) &&
           mp_str_eq_fold(mp_arm_text(reason, "referenceId"), mp_arm_text(row, "policyDefinitionReferenceId"));
}

static const mp_json *reason_of(const mp_arm_reasons *reasons, const mp_json *row)
{
    const mp_arm_reason *at = find(reasons, moment_of(reasons->query, row));
    if (!at || !mp_str_eq_fold(mp_arm_text(row, "resourceId"), reasons->query->scope))
        return NULL; /* a child's */
    for (MP_JSON_EACH(page, at->pages))
        for (MP_JSON_EACH(one, page))
            if (says_same(one, row))
                return one;
    return NULL;
}

/* ---- as JSON ---- */

/* What an IfNotExists effect looked at: all that was found, and the one that decided, which is the first that
 * satisfies the condition, else the last. */
static void write_related(mp_jsonw *w, const mp_json *related)
{
    const mp_json *found = mp_arm_member(related, "found"), *decided = NULL;
    if (!mp_json_is(found, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(one, found))
        if (!decided || !mp_str_eq(mp_arm_text(decided, "outcome"), MP_S("true")))
            decided = one;
    mp_jsonw_key(w, MP_S("ifNotExistsDetails"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("resourceId"));
    if (decided)
        mp_jsonw_str(w, mp_arm_text(decided, "id"));
    else
        mp_jsonw_null(w);
    mp_jsonw_put_int(w, "totalResources", found->count);
    mp_jsonw_key(w, MP_S("resources"));
    mp_jsonw_array(w);
    for (MP_JSON_EACH(one, found)) {
        mp_jsonw_object(w);
        mp_arm_put(w, "id", mp_arm_text(one, "id"));
        mp_arm_put(w, "result", mp_arm_text(one, "outcome"));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_arm_details_write(mp_jsonw *w, const mp_arm_reasons *reasons, const mp_json *row)
{
    const mp_json *reason = reason_of(reasons, row), *expressions = mp_arm_member(reason, "evaluatedExpressions");
    if (!expressions)
        return;
    mp_jsonw_key(w, MP_S("policyEvaluationDetails"));
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "evaluatedExpressions", expressions);
    write_related(w, mp_arm_member(mp_arm_member(reason, "explanation"), "related"));
    mp_jsonw_end(w);
}
