/* SPDX-License-Identifier: Apache-2.0 */
#include "restriction.h"

#include "assignment.h"
#include "jsonw.h"
#include "tentative.h"
#include "violation.h"

/* Each field under each policy: what does the policy say when the field has this value, another one, or
 * none, while all other open fields stay open? Only what it surely says is told. */

typedef struct asking {
    mp_tentative                  t;
    const mp_restriction_request *request;
    mp_arena                     *arena;
    mp_error                     *err;
    uint32_t                      field;
    const mp_tentative_subject   *subject;
    mp_str                        effect; /* of it */
    mp_jsonw                      list;   /* restrictions of the field */
    uint32_t                      count;
} asking;

static mp_code no_memory(asking *a)
{
    return mp_no_memory(a->err);
}

/* No policy names it, so it stands for all values that none does. */
static const mp_json another = { .kind = MP_JSON_STRING, .count = 15, .u = { .text = "(another value)" } };

static mp_code outcome(mp_tentative_truth *out, asking *a, uint32_t field, const mp_json *value)
{
    MP_TRY(mp_tentative_try(&a->t, field, value, a->err));
    return mp_tentative_test(out, &a->t, a->subject, &a->effect, a->err);
}

/* ---- lists of values ---- */

typedef struct values {
    const mp_json **items;
    uint32_t        len, cap;
} values;

static mp_code add_value(asking *a, values *list, const mp_json *v)
{
    if (list->len == list->cap) {
        uint32_t        cap = list->cap ? 2 * list->cap : 16;
        const mp_json **items = MP_ARENA_ARRAY(a->arena, const mp_json *, cap);
        if (!items)
            return no_memory(a);
        if (list->len)
            memcpy(items, list->items, list->len * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->len++] = v;
    return MP_OK;
}

static mp_code add_values(asking *a, values *list, const mp_json *v)
{
    if (v->kind != MP_JSON_ARRAY)
        return v->kind == MP_JSON_NULL ? MP_OK : add_value(a, list, v);
    for (MP_JSON_EACH(item, v))
        MP_TRY(add_value(a, list, item));
    return MP_OK;
}

/* ---- writing ---- */

static void put(mp_jsonw *w, mp_str key, mp_str text)
{
    mp_jsonw_key(w, key);
    mp_jsonw_str(w, text.ptr ? text : MP_S(""));
}

/* Values are texts in the answer, as clients read them; what is no scalar stays what it is. */
static void put_value(mp_jsonw *w, const mp_json *v)
{
    char   scratch[32];
    mp_str text;
    if (v->kind == MP_JSON_STRING || !mp_json_scalar_text(&text, v, scratch)) {
        mp_jsonw_value(w, v);
        return;
    }
    text = mp_arena_dup(w->arena, text);
    w->failed = w->failed || !text.ptr;
    mp_jsonw_str(w, text);
}

static void write_policy(mp_jsonw *w, mp_str key, const mp_check *c)
{
    mp_jsonw_key(w, key);
    mp_jsonw_object(w);
    mp_policy_identifiers(w, c);
    mp_jsonw_end(w);
}

typedef struct restriction {
    const char    *result;
    const mp_json *default_value; /* or NULL */
    const values  *values;        /* or NULL */
} restriction;

static void write_restriction(asking *a, const restriction *r)
{
    mp_jsonw       *w = &a->list;
    const mp_check *c = a->subject->item->check;
    mp_jsonw_object(w);
    put(w, MP_S("result"), mp_str_from(r->result));
    if (r->default_value) {
        mp_jsonw_key(w, MP_S("defaultValue"));
        put_value(w, r->default_value);
    }
    mp_jsonw_key(w, MP_S("values"));
    mp_jsonw_array(w);
    for (uint32_t i = 0; r->values && i < r->values->len; i++)
        put_value(w, r->values->items[i]);
    mp_jsonw_end(w);
    write_policy(w, MP_S("policy"), c);
    put(w, MP_S("policyEffect"), a->effect);
    mp_str reason = c->assignment ? mp_assignment_message(c->assignment, c->reference_id) : MP_S("");
    if (reason.len)
        put(w, MP_S("reason"), reason);
    mp_jsonw_end(w);
    a->count++;
}

/* ---- deny and audit ---- */

/* What a policy names as values of the field; *all: it asks nothing else of it. */
static mp_code derive(asking *a, const mp_condition *c, values *list, bool *all)
{
    const mp_check *check = a->subject->item->check;
    const mp_json  *right = NULL;
    if (c->kind != MP_CONDITION_TEST) {
        for (uint32_t i = 0; i < c->count; i++)
            MP_TRY(derive(a, c->kids[i], list, all));
        return MP_OK;
    }
    if (!(a->subject->tests[c->origin - 1].reads >> a->field & 1))
        return MP_OK;
    mp_operator base = mp_operators[c->op].base;
    bool        is_direct;
    MP_TRY(mp_tentative_is_of(&is_direct, &a->t, a->subject, c, a->field, a->err));
    if (!is_direct) {
        *all = false;
        return MP_OK;
    }
    mp_code code = mp_template_constant(&right, c->right, &check->bound, a->arena, NULL);
    if (code == MP_NOMEM)
        return no_memory(a);
    bool has_star = base == MP_OP_LIKE && mp_json_is(right, MP_JSON_STRING) &&
                    mp_str_find(mp_json_str(right), '*') != SIZE_MAX;
    bool names = base == MP_OP_EQUALS || base == MP_OP_IN || (base == MP_OP_LIKE && !has_star);
    *all = *all && code == MP_OK && (names || base == MP_OP_EXISTS);
    return code == MP_OK && names ? add_values(a, list, right) : MP_OK;
}

static mp_code sort_out(asking *a, const values *candidates, values *refused, values *allowed, bool given)
{
    for (uint32_t i = 0; i < candidates->len; i++) {
        mp_tentative_truth truth;
        MP_TRY(outcome(&truth, a, a->field, candidates->items[i]));
        if (truth == MP_SURELY || (truth == MP_SURELY_FAILS && given))
            MP_TRY(add_value(a, refused, candidates->items[i]));
        else if (truth == MP_SURELY_NOT)
            MP_TRY(add_value(a, allowed, candidates->items[i]));
    }
    return MP_OK;
}

/* Nothing was said of what the field may be: what follows from the values that the policy names, from all
 * others and from none. */
static mp_code restrict_freely(asking *a, const char *refusal)
{
    values             candidates = { 0 }, refused = { 0 }, allowed = { 0 };
    bool               all = true;
    mp_tentative_truth without, with_another;
    MP_TRY(derive(a, a->subject->item->check->definition->condition, &candidates, &all));
    MP_TRY(sort_out(a, &candidates, &refused, &allowed, false));
    MP_TRY(outcome(&with_another, a, a->field, &another));
    MP_TRY(outcome(&without, a, a->field, NULL));
    if (with_another == MP_SURELY && all) {
        write_restriction(a, &(restriction){ allowed.len ? "Required" : refusal, NULL,
                                             allowed.len ? &allowed : NULL });
        return MP_OK;
    }
    if (refused.len)
        write_restriction(a, &(restriction){ refusal, NULL, &refused });
    if (without == MP_SURELY && (with_another == MP_SURELY_NOT || allowed.len))
        write_restriction(a, &(restriction){ "Required", NULL, allowed.len && all ? &allowed : NULL });
    return MP_OK;
}

static mp_code restrict_rule(asking *a, bool denies)
{
    const char        *refusal = denies ? "Deny" : "Audit";
    const mp_json     *given = a->t.fields[a->field].values;
    values             candidates = { 0 }, refused = { 0 }, allowed = { 0 };
    mp_tentative_truth before;
    MP_TRY(outcome(&before, a, MP_NO_FIELD, NULL));
    if (before != MP_OPEN || !mp_tentative_reads(a->subject, a->field))
        return MP_OK;
    if (!given)
        return restrict_freely(a, refusal);
    MP_TRY(add_values(a, &candidates, given));
    MP_TRY(sort_out(a, &candidates, &refused, &allowed, true));
    if (refused.len)
        write_restriction(a, &(restriction){ refusal, NULL, &refused });
    return MP_OK;
}

/* ---- append and modify ---- */

static mp_code restrict_operation(asking *a, uint32_t i)
{
    const mp_tentative_part *parts = &a->subject->operations[2 * i];
    mp_str                   name = a->subject->item->check->definition->details.operations[i].operation;
    const mp_json           *condition, *value;
    mp_tentative_truth       truth;
    MP_TRY(outcome(&truth, a, a->field, NULL));
    if (truth != MP_SURELY)
        return MP_OK;
    MP_TRY(mp_tentative_value(&condition, &a->t, &parts[0], a->err));
    MP_TRY(mp_tentative_value(&value, &a->t, &parts[1], a->err));
    if (parts[0].entry != MP_NO_ENTRY && !mp_json_is_true(condition))
        return MP_OK;
    if (mp_str_eq(name, MP_S("remove"))) {
        write_restriction(a, &(restriction){ "Removed", NULL, NULL });
        return MP_OK;
    }
    values only = { 0 };
    MP_TRY(outcome(&truth, a, a->field, &another));
    if (value && truth == MP_SURELY && !mp_str_eq(name, MP_S("add")))
        MP_TRY(add_value(a, &only, value));
    write_restriction(a, &(restriction){ "Required", value, &only });
    return MP_OK;
}

static mp_code restrict_changes(asking *a)
{
    const mp_path path = a->t.fields[a->field].path;
    uint32_t      n = a->subject->item->check->definition->details.operation_count;
    for (uint32_t i = 0; i < n; i++)
        if (path.count && mp_path_eq(a->subject->places[i], path))
            MP_TRY(restrict_operation(a, i));
    return MP_OK;
}

/* ---- one field ---- */

static mp_code restrict_by(asking *a, const mp_tentative_subject *s)
{
    mp_tentative_truth truth;
    a->subject = s;
    MP_TRY(outcome(&truth, a, MP_NO_FIELD, NULL));
    mp_effect effect = mp_effect_find(a->effect);
    if (truth == MP_SURELY_NOT)
        return MP_OK;
    if (effect == MP_EFFECT_DENY || (effect == MP_EFFECT_AUDIT && a->request->with_audit))
        return restrict_rule(a, effect == MP_EFFECT_DENY);
    return effect == MP_EFFECT_MODIFY || effect == MP_EFFECT_APPEND ? restrict_changes(a) : MP_OK;
}

static mp_code restrict_field(mp_jsonw *w, asking *a)
{
    mp_jsonw_init(&a->list, a->arena);
    mp_jsonw_array(&a->list);
    a->count = 0;
    bool can_be_tried = !a->t.fields[a->field].is_fixed && a->t.fields[a->field].path.count;
    for (uint32_t i = 0; i < a->t.subject_count && can_be_tried; i++)
        MP_TRY(restrict_by(a, &a->t.subjects[i]));
    mp_jsonw_end(&a->list);
    const mp_json *list = mp_jsonw_done(&a->list);
    if (!list)
        return no_memory(a);
    if (a->count == 0)
        return MP_OK;
    mp_jsonw_object(w);
    put(w, MP_S("field"), a->t.fields[a->field].name);
    mp_jsonw_put_value(w, "restrictions", list);
    mp_jsonw_end(w);
    return MP_OK;
}

/* ---- the content as it is ---- */

static mp_code evaluate(mp_jsonw *w, asking *a, const mp_tentative_subject *s)
{
    mp_tentative_truth truth;
    const mp_decided  *decided = NULL;
    uint32_t           count = 0;
    a->subject = s;
    MP_TRY(outcome(&truth, a, MP_NO_FIELD, NULL));
    mp_effect effect = mp_effect_find(a->effect);
    if (truth != MP_SURELY ||
        !(effect == MP_EFFECT_DENY || (effect == MP_EFFECT_AUDIT && a->request->with_audit)))
        return MP_OK;
    MP_TRY(mp_tentative_decided(&decided, &count, &a->t, s, a->err));
    mp_jsonw inner;
    mp_jsonw_init(&inner, a->arena); /* the next try forgets what was decided here */
    mp_evaluated_expressions(&inner, decided, count);
    const mp_json *expressions = mp_jsonw_done(&inner);
    expressions = expressions ? mp_arena_dup_json(a->arena, expressions) : NULL;
    if (!expressions)
        return no_memory(a);
    mp_jsonw_object(w);
    write_policy(w, MP_S("policyInfo"), s->item->check);
    put(w, MP_S("evaluationResult"), MP_S("NonCompliant"));
    mp_jsonw_key(w, MP_S("evaluationDetails"));
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "evaluatedExpressions", expressions);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("effectDetails"));
    mp_jsonw_object(w);
    put(w, MP_S("policyEffect"), a->effect);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

/* ---- the answer ---- */

static mp_code answer(const mp_json **out, asking *a)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("fieldRestrictions"));
    mp_jsonw_array(&w);
    for (a->field = 0; a->field < a->t.field_count; a->field++)
        MP_TRY(restrict_field(&w, a));
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("contentEvaluationResult"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("policyEvaluations"));
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < a->t.subject_count; i++)
        MP_TRY(evaluate(&w, a, &a->t.subjects[i]));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : no_memory(a);
}

mp_code mp_restrictions(const mp_json **out, mp_plan *plan, const mp_restriction_request *request,
                        mp_arena *arena, mp_error *err)
{
    mp_resource    content = *request->content;
    asking         a = { .request = request, .arena = arena, .err = err };
    mp_open_field *fields = MP_ARENA_ARRAY(arena, mp_open_field, (size_t)request->pending_count + 1);
    if (!fields)
        return no_memory(&a);
    for (uint32_t i = 0; i < request->pending_count; i++) {
        const mp_pending_field *p = &request->pending[i];
        fields[i].name = p->field;
        fields[i].values = mp_json_is(p->values, MP_JSON_ARRAY) ? p->values : NULL;
    }
    if (!content.id.ptr)
        content.id = request->scope;
    mp_code code = mp_tentative_init(&a.t, plan, &content, &request->around, fields, request->pending_count,
                                     arena, err);
    if (code == MP_OK)
        code = answer(out, &a);
    mp_tentative_done(&a.t);
    return code;
}
