/* SPDX-License-Identifier: Apache-2.0 */
/* Lambda functions. Microsoft Learn, "Lambda functions for ARM templates". lambda('a', expression) is no value: the
 * functions here take it apart themselves, and bind its variables for lambdaVariables('a'). */
#include "template_internal.h"



#define LAMBDA_VARIABLES 3

typedef struct lambda {
    mp_str         names[LAMBDA_VARIABLES];
    uint32_t       count;
    const mp_expr *body;
} lambda;

static mp_code no_lambda(const mp_expr *call, uint32_t i, mp_error *err)
{
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() wants lambda('name', expression) as argument %u",
                   MP_FMT(call->function->name), i + 1);
}

/* Argument `i` as a lambda of `least` to `most` variables. */
static mp_code lambda_of(lambda *out, const mp_expr *call, uint32_t i, uint32_t least, uint32_t most, mp_error *err)
{
    const mp_expr *x = call->args[i];
    *out = (lambda){ .count = 0 };
    if (x->kind != MP_EXPR_CALL || !mp_str_eq(x->function->name, MP_S("lambda")))
        return no_lambda(call, i, err);
    for (uint32_t n = 0; n + 1 < x->count; n++) {
        const mp_expr *name = x->args[n];
        if (name->kind != MP_EXPR_LITERAL || name->literal->kind != MP_JSON_STRING || n == LAMBDA_VARIABLES)
            return no_lambda(call, i, err);
        out->names[out->count++] = mp_json_str(name->literal);
    }
    out->body = x->args[x->count - 1];
    if (out->count < least || out->count > most)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the lambda of %.*s() takes %u to %u variables, not %u",
                       MP_FMT(call->function->name), least, most, out->count);
    return MP_OK;
}

static mp_code apply(value *out, eval *e, const lambda *l, const value *values, mp_error *err)
{
    binding  bound[LAMBDA_VARIABLES];
    binding *outer = e->lambdas;
    for (uint32_t i = 0; i < l->count; i++) {
        bound[i] = (binding){ l->names[i], values[i], e->lambdas };
        e->lambdas = &bound[i];
    }
    mp_code code = tpl_eval_expr(out, e, l->body, err);
    e->lambdas = outer;
    return code;
}

mp_code tpl_eval_lambda(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    (void)out, (void)e, (void)call;
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "lambda() stands only as an argument of filter, map, reduce, sort, "
                                                "toObject, groupBy and mapValues");
}

mp_code tpl_eval_lambda_variable(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str name;
    bool   known;
    MP_TRY(tpl_arg_text(&name, &known, e, call, 0, err));
    if (!known)
        return tpl_give_unknown(out, e, err);
    for (const binding *b = e->lambdas; b; b = b->outer)
        if (mp_str_eq_fold(b->name, name)) {
            *out = b->value;
            return MP_OK;
        }
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "there is no lambda variable \"%.*s\" here", MP_FMT(name));
}

/* ---- what they share ---- */

/* One call of a function over an array, or over the members of an object. */
typedef struct walk {
    eval          *e;
    const mp_expr *call;
    value          over;
    lambda         lambda;
    bool           is_secure, is_unknown; /* of any result */
    bool           has_met_unknown; /* a decision could not be made */
    mp_error      *err;
} walk;

static mp_code walk_begin(walk *w, eval *e, const mp_expr *call, mp_json_kind kind, uint32_t at, uint32_t least,
                          uint32_t most, mp_error *err)
{
    *w = (walk){ .e = e, .call = call, .err = err };
    MP_TRY(lambda_of(&w->lambda, call, at, least, most, err));
    MP_TRY(tpl_arg_value(&w->over, e, call, 0, err));
    w->is_secure = w->over.is_secure;
    if (w->over.is_unknown && w->over.json->kind == MP_JSON_STRING) {
        w->has_met_unknown = true;
        return MP_OK;
    }
    if (w->over.json->kind != (uint32_t)kind)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants an %s as argument 1, not %s",
                       MP_FMT(call->function->name), mp_json_kind_name(kind),
                       mp_json_kind_name((mp_json_kind)w->over.json->kind));
    return MP_OK;
}

static value element(const walk *w, const mp_json *part)
{
    return (value){ part, w->over.is_secure, w->over.is_unknown && tpl_holds_marker(part), false };
}

/* The lambda on one element and its index. */
static mp_code apply_to(value *out, walk *w, const lambda *l, const mp_json *part, int64_t index)
{
    value values[LAMBDA_VARIABLES] = { element(w, part) };
    if (l->count > 1)
        MP_TRY(tpl_give(&values[1], w->e, mp_json_make_int(w->e->arena, index), w->err));
    MP_TRY(tpl_take_steps(w->e->d, 1, w->err));
    MP_TRY(apply(out, w->e, l, values, w->err));
    w->is_secure = w->is_secure || out->is_secure;
    w->is_unknown = w->is_unknown || out->is_unknown;
    return MP_OK;
}

static mp_code walk_end(value *out, walk *w, mp_jsonw *made)
{
    if (w->has_met_unknown)
        MP_TRY(tpl_give_unknown(out, w->e, w->err));
    else
        MP_TRY(tpl_give(out, w->e, mp_jsonw_done(made), w->err));
    MP_TRY(tpl_take_steps(w->e->d, mp_json_nodes(out->json) / 16, w->err));
    out->is_secure = w->is_secure;
    out->is_unknown = out->is_unknown || (w->is_unknown && tpl_holds_marker(out->json)) ||
                      (w->over.is_unknown && tpl_holds_marker(out->json));
    return MP_OK;
}

static mp_code wrong_result(const walk *w, const char *wanted, const value *found)
{
    return mp_fail(w->err, MP_EVALUATION, MP_NOWHERE, "the lambda of %.*s() should give %s, not %s",
                   MP_FMT(w->call->function->name), wanted, mp_json_kind_name((mp_json_kind)found->json->kind));
}

/* ---- the functions ---- */

mp_code tpl_eval_filter(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk w;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 1, 1, 2, err));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_array(&made);
    int64_t index = 0;
    if (!w.has_met_unknown)
        for (MP_JSON_EACH(part, w.over.json)) {
            value keeps;
            MP_TRY(apply_to(&keeps, &w, &w.lambda, part, index++));
            w.has_met_unknown = w.has_met_unknown || keeps.is_unknown;
            if (!keeps.is_unknown && keeps.json->kind != MP_JSON_BOOL)
                return wrong_result(&w, "boolean", &keeps);
            if (keeps.json->kind == MP_JSON_BOOL && keeps.json->u.integer)
                mp_jsonw_value(&made, part);
        }
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}

mp_code tpl_eval_map(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk w;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 1, 1, 2, err));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_array(&made);
    int64_t index = 0;
    if (!w.has_met_unknown)
        for (MP_JSON_EACH(part, w.over.json)) {
            value one;
            MP_TRY(apply_to(&one, &w, &w.lambda, part, index++));
            mp_jsonw_value(&made, one.json);
        }
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}

mp_code tpl_eval_map_values(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk w;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_OBJECT, 1, 1, 1, err));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_object(&made);
    if (!w.has_met_unknown)
        for (MP_JSON_MEMBERS(key, w.over.json)) {
            value one;
            MP_TRY(apply_to(&one, &w, &w.lambda, key + 1, 0));
            mp_jsonw_key(&made, mp_json_str(key));
            mp_jsonw_value(&made, one.json);
        }
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}

mp_code tpl_eval_reduce(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk  w;
    value so_far;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 2, 2, 3, err));
    MP_TRY(tpl_arg_value(&so_far, e, call, 1, err));
    if (w.has_met_unknown)
        return tpl_give_unknown(out, e, err);
    int64_t index = 0;
    for (MP_JSON_EACH(part, w.over.json)) {
        value values[LAMBDA_VARIABLES] = { so_far, element(&w, part) };
        if (w.lambda.count > 2)
            MP_TRY(tpl_give(&values[2], e, mp_json_make_int(e->arena, index++), err));
        MP_TRY(tpl_take_steps(e->d, 1, err));
        MP_TRY(apply(&so_far, e, &w.lambda, values, err));
    }
    *out = so_far;
    return MP_OK;
}

/* A stable merge sort: what the lambda says need not be an order. */
static mp_code merge(walk *w, const mp_json **items, const mp_json **spare, size_t from, size_t mid, size_t to)
{
    size_t a = from, b = mid;
    for (size_t i = from; i < to; i++) {
        bool takes_b = b < to;
        if (a < mid && b < to) {
            value before, values[LAMBDA_VARIABLES] = { element(w, items[b]), element(w, items[a]) };
            MP_TRY(tpl_take_steps(w->e->d, 1, w->err));
            MP_TRY(apply(&before, w->e, &w->lambda, values, w->err));
            w->has_met_unknown = w->has_met_unknown || before.is_unknown;
            if (!before.is_unknown && before.json->kind != MP_JSON_BOOL)
                return wrong_result(w, "boolean", &before);
            takes_b = before.json->kind == MP_JSON_BOOL && before.json->u.integer;
        }
        spare[i] = takes_b ? items[b++] : items[a++];
    }
    memcpy(items + from, spare + from, (to - from) * sizeof *items);
    return MP_OK;
}

mp_code tpl_eval_sort(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk w;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 1, 2, 2, err));
    if (w.has_met_unknown)
        return tpl_give_unknown(out, e, err);
    size_t          n = w.over.json->count, i = 0;
    const mp_json **items = MP_ARENA_ARRAY(e->arena, const mp_json *, 2 * n + 1);
    if (!items)
        return tpl_out_of_memory(e->d, err);
    for (MP_JSON_EACH(part, w.over.json))
        items[i++] = part;
    for (size_t width = 1; width < n; width *= 2)
        for (size_t from = 0; from + width < n; from += 2 * width)
            MP_TRY(merge(&w, items, items + n, from, from + width, from + 2 * width < n ? from + 2 * width : n));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_array(&made);
    for (i = 0; i < n; i++)
        mp_jsonw_value(&made, items[i]);
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}

static mp_code key_for(mp_str *out, bool *known, walk *w, const mp_json *part, int64_t index)
{
    value key;
    MP_TRY(apply_to(&key, w, &w->lambda, part, index));
    *known = !key.is_unknown;
    w->has_met_unknown = w->has_met_unknown || key.is_unknown;
    if (*known && key.json->kind != MP_JSON_STRING)
        return wrong_result(w, "string", &key);
    *out = mp_json_str(key.json);
    return MP_OK;
}

/* Of equal keys the last one counts. */
mp_code tpl_eval_to_object(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk   w;
    lambda of_value = { .count = 0 };
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 1, 1, 2, err));
    if (call->count == 3)
        MP_TRY(lambda_of(&of_value, call, 2, 1, 2, err));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_object(&made);
    int64_t index = 0;
    if (!w.has_met_unknown)
        for (MP_JSON_EACH(part, w.over.json)) {
            mp_str key;
            bool   known;
            value  v = element(&w, part);
            MP_TRY(key_for(&key, &known, &w, part, index));
            if (of_value.body)
                MP_TRY(apply_to(&v, &w, &of_value, part, index));
            index++;
            if (!known)
                continue;
            mp_jsonw_key(&made, key);
            mp_jsonw_value(&made, v.json);
        }
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}

/* Groups in order of their first element. */
mp_code tpl_eval_group_by(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    walk w;
    MP_TRY(walk_begin(&w, e, call, MP_JSON_ARRAY, 1, 1, 2, err));
    if (w.has_met_unknown)
        return tpl_give_unknown(out, e, err);
    size_t          n = w.over.json->count, i = 0;
    mp_str         *keys = MP_ARENA_ARRAY(e->arena, mp_str, n + 1);
    const mp_json **items = MP_ARENA_ARRAY(e->arena, const mp_json *, n + 1);
    if (!keys || !items)
        return tpl_out_of_memory(e->d, err);
    for (MP_JSON_EACH(part, w.over.json)) {
        bool known;
        MP_TRY(key_for(&keys[i], &known, &w, part, (int64_t)i));
        items[i++] = part;
    }
    MP_TRY(tpl_take_steps(e->d, n * n / 64, err));
    mp_jsonw made;
    mp_jsonw_init(&made, e->arena);
    mp_jsonw_object(&made);
    for (i = 0; i < n; i++) {
        if (!items[i])
            continue;
        mp_jsonw_key(&made, keys[i]);
        mp_jsonw_array(&made);
        for (size_t k = i; k < n; k++)
            if (items[k] && mp_str_eq(keys[k], keys[i])) {
                mp_jsonw_value(&made, items[k]);
                items[k] = k == i ? items[k] : NULL;
            }
        mp_jsonw_end(&made);
    }
    mp_jsonw_end(&made);
    return walk_end(out, &w, &made);
}
