/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that evaluate some of their arguments only, and those that read the frame. */
#include <inttypes.h>

#include "template_internal.h"


static mp_code wrong_kind(const mp_expr *call, uint32_t i, const char *wanted, const mp_json *found, mp_error *err)
{
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants %s as argument %u, not %s: %s",
                   MP_FMT(call->function->name), wanted, i + 1, mp_json_kind_name((mp_json_kind)found->kind),
                   call->function->signature);
}

static mp_code truth(bool *out, bool *known, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    value v;
    MP_TRY(tpl_arg_value(&v, e, call, i, err));
    *known = !v.is_unknown;
    if (!*known)
        return MP_OK;
    if (v.json->kind != MP_JSON_BOOL)
        return wrong_kind(call, i, "boolean", v.json, err);
    *out = v.json->u.integer != 0;
    return MP_OK;
}

/* What the condition reads does not show in the result. */
mp_code tpl_eval_if(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    bool holds = false, known;
    MP_TRY(truth(&holds, &known, e, call, 0, err));
    return known ? tpl_arg_value(out, e, call, holds ? 1 : 2, err) : tpl_give_unknown(out, e, err);
}

/* From left to right until one decides. */
static mp_code until(value *out, eval *e, const mp_expr *call, bool decisive, mp_error *err)
{
    bool all_known = true;
    for (uint32_t i = 0; i < call->count; i++) {
        bool holds = false, known;
        MP_TRY(truth(&holds, &known, e, call, i, err));
        if (known && holds == decisive)
            return tpl_give(out, e, mp_json_make_bool(decisive), err);
        all_known = all_known && known;
    }
    return all_known ? tpl_give(out, e, mp_json_make_bool(!decisive), err) : tpl_give_unknown(out, e, err);
}

mp_code tpl_eval_and(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    return until(out, e, call, false, err);
}

mp_code tpl_eval_or(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    return until(out, e, call, true, err);
}

mp_code tpl_eval_coalesce(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    for (uint32_t i = 0; i < call->count; i++) {
        MP_TRY(tpl_arg_value(out, e, call, i, err));
        if (out->json->kind != MP_JSON_NULL)
            break;
    }
    return MP_OK;
}

mp_code tpl_eval_fail(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    (void)out;
    mp_str text;
    bool   known;
    MP_TRY(tpl_arg_text(&text, &known, e, call, 0, err));
    if (!known)
        return tpl_give_unknown(out, e, err);
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the template fails: %.*s", MP_FMT(text));
}

mp_code tpl_eval_parameters(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str name;
    bool   known;
    MP_TRY(tpl_arg_text(&name, &known, e, call, 0, err));
    return known ? tpl_parameter_value(out, e, name, err) : tpl_give_unknown(out, e, err);
}

mp_code tpl_eval_variables(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str name;
    bool   known;
    MP_TRY(tpl_arg_text(&name, &known, e, call, 0, err));
    return known ? tpl_variable_value(out, e, name, err) : tpl_give_unknown(out, e, err);
}

/* ---- copyIndex ---- */

/* Without a name it is the resource's loop, or the innermost one where there is none. */
static const loop *loop_meant(const eval *e, mp_str name)
{
    for (const loop *l = e->loops; l; l = l->outer)
        if (name.len ? mp_str_eq_fold(l->name, name) : l->is_resource)
            return l;
    return name.len ? NULL : e->loops;
}

mp_code tpl_eval_copy_index(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str  name = MP_S("");
    int64_t offset = 0, index;
    for (uint32_t i = 0; i < call->count; i++) {
        value v;
        MP_TRY(tpl_arg_value(&v, e, call, i, err));
        if (v.is_unknown)
            return tpl_give_unknown(out, e, err);
        if (i == 0 && v.json->kind == MP_JSON_STRING)
            name = mp_json_str(v.json);
        else if (v.json->kind == MP_JSON_INT && i + 1 == call->count)
            offset = v.json->u.integer;
        else
            return wrong_kind(call, i, i ? "integer" : "string or integer", v.json, err);
    }
    const loop *l = loop_meant(e, name);
    if (!l && name.len)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "copyIndex() asks for the loop \"%.*s\", which is not around here",
                       MP_FMT(name));
    if (!l)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "copyIndex() is called where no \"copy\" is");
    if (__builtin_add_overflow(l->index, offset, &index))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "copyIndex() is out of range");
    return tpl_give(out, e, mp_json_make_int(e->arena, index), err);
}
