/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters, variables and user functions of one template. Values are worked out when somebody asks for them, once,
 * and live as long as the deployment. */
#include "template_internal.h"

/* ---- declarations ---- */

named *tpl_find_named(named *list, uint32_t count, mp_str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_str_eq_fold(list[i].name, name))
            return &list[i];
    return NULL;
}

/* Member `name` of the template, which should be of that kind; `*out` NULL when it is absent or null. */
static mp_code section(const mp_json **out, mp_deployment *d, const source *s, const mp_json *template_json,
                       const char *name, mp_json_kind kind, mp_error *err)
{
    const mp_json *v = mp_json_get_fold(template_json, mp_str_from(name));
    *out = v && v->kind != MP_JSON_NULL ? v : NULL;
    if (!*out || v->kind == (uint32_t)kind)
        return MP_OK;
    return tpl_placed(d, s, v,
                  mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", name,
                          mp_json_kind_name(kind), mp_json_kind_name((mp_json_kind)v->kind)), err);
}

static mp_code too_many(mp_deployment *d, const source *s, const mp_json *node, uint32_t count, int most, mp_error *err)
{
    return tpl_placed(d, s, node,
                  mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are %u here; the most is %d", count, most), err);
}

static mp_code add_parameters(frame *f, mp_deployment *d, mp_error *err)
{
    const mp_json *all;
    MP_TRY(section(&all, d, f->source, f->template_json, "parameters", MP_JSON_OBJECT, err));
    if (!all)
        return MP_OK;
    if (all->count > MP_TEMPLATE_PARAMETERS)
        return too_many(d, f->source, all, all->count, MP_TEMPLATE_PARAMETERS, err);
    f->parameters = MP_ARENA_ARRAY(&d->arena, named, (size_t)all->count + 1);
    if (!f->parameters)
        return tpl_out_of_memory(d, err);
    for (MP_JSON_MEMBERS(key, all)) {
        if (key[1].kind != MP_JSON_OBJECT)
            return tpl_placed(d, f->source, key + 1,
                          mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%.*s\" should be of kind %s, not %s",
                                  MP_FMT(mp_json_str(key)), "object", mp_json_kind_name((mp_json_kind)key[1].kind)),
                          err);
        if (tpl_find_named(f->parameters, f->parameter_count, mp_json_str(key)))
            return tpl_placed(d, f->source, key,
                          mp_fail(err, MP_CONFLICT, MP_NOWHERE, "\"%.*s\" is declared twice", MP_FMT(mp_json_str(key))),
                          err);
        f->parameters[f->parameter_count++] = (named){
            .name = mp_json_str(key), .node = key + 1, .is_secure_type = tpl_schema_is_secure(f, key + 1) };
    }
    return MP_OK;
}

/* Loops make variables too: "copy": [{name, count, input}]. */
static bool is_loops(const mp_json *key)
{
    return mp_str_eq_fold(mp_json_str(key), MP_S("copy")) && key[1].kind == MP_JSON_ARRAY;
}

static mp_code add_loops(frame *f, mp_deployment *d, const mp_json *list, mp_error *err)
{
    for (MP_JSON_EACH(one, list)) {
        const mp_json *name = mp_json_get_fold(one, MP_S("name"));
        if (!mp_json_is(name, MP_JSON_STRING) || !mp_json_get_fold(one, MP_S("count")) ||
            !mp_json_get_fold(one, MP_S("input")))
            return tpl_placed(d, f->source, one,
                          mp_fail(err, MP_COMPILE, MP_NOWHERE, "a loop of variables has name, count and input"), err);
        f->variables[f->variable_count++] = (named){ .name = mp_json_str(name), .node = one, .is_loop = true };
    }
    return MP_OK;
}

static mp_code add_variables(frame *f, mp_deployment *d, mp_error *err)
{
    const mp_json *all;
    MP_TRY(section(&all, d, f->source, f->template_json, "variables", MP_JSON_OBJECT, err));
    if (!all)
        return MP_OK;
    size_t count = 0;
    for (MP_JSON_MEMBERS(key, all))
        count += is_loops(key) ? key[1].count : 1;
    if (count > MP_TEMPLATE_VARIABLES)
        return too_many(d, f->source, all, (uint32_t)count, MP_TEMPLATE_VARIABLES, err);
    f->variables = MP_ARENA_ARRAY(&d->arena, named, count + 1);
    if (!f->variables)
        return tpl_out_of_memory(d, err);
    for (MP_JSON_MEMBERS(key, all)) {
        if (is_loops(key))
            MP_TRY(add_loops(f, d, key + 1, err));
        else
            f->variables[f->variable_count++] = (named){ .name = mp_json_str(key), .node = key + 1 };
    }
    return MP_OK;
}

static mp_code bad_function(mp_deployment *d, const source *s, const mp_json *node, mp_error *err)
{
    return tpl_placed(d, s, node,
                  mp_fail(err, MP_COMPILE, MP_NOWHERE,
                          "a user function has a namespace, parameters [{name, type}] and an output {type, value}"),
                  err);
}

static bool is_function(const mp_json *v)
{
    const mp_json *parameters = mp_json_get_fold(v, MP_S("parameters")), *output = mp_json_get_fold(v, MP_S("output"));
    if (parameters && parameters->kind != MP_JSON_ARRAY && parameters->kind != MP_JSON_NULL)
        return false;
    if (mp_json_is(parameters, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, parameters))
            if (!mp_json_is(mp_json_get_fold(one, MP_S("name")), MP_JSON_STRING))
                return false;
    return mp_json_get_fold(output, MP_S("value")) != NULL;
}

static mp_code add_functions(frame *f, mp_deployment *d, mp_error *err)
{
    const mp_json *all;
    user_function *users = NULL;
    MP_TRY(section(&all, d, f->source, f->template_json, "functions", MP_JSON_ARRAY, err));
    if (all)
        for (MP_JSON_EACH(one, all)) {
            const mp_json *space = mp_json_get_fold(one, MP_S("namespace"));
            const mp_json *members = mp_json_get_fold(one, MP_S("members"));
            if (!mp_json_is(space, MP_JSON_STRING) || !mp_json_is(members, MP_JSON_OBJECT))
                return bad_function(d, f->source, one, err);
            for (MP_JSON_MEMBERS(key, members)) {
                user_function *u = MP_ARENA_NEW(&d->arena, user_function);
                if (!is_function(key + 1))
                    return bad_function(d, f->source, key + 1, err);
                if (!u)
                    return tpl_out_of_memory(d, err);
                *u = (user_function){ .node = key + 1, .source = f->source, .next = users };
                u->name = mp_arena_printf(&d->arena, "%.*s.%.*s", MP_FMT(mp_json_str(space)), MP_FMT(mp_json_str(key)));
                if (!u->name.ptr)
                    return tpl_out_of_memory(d, err);
                users = u;
            }
        }
    tpl_dialect_init(&f->dialect, users);
    return MP_OK;
}

mp_code tpl_frame_new(frame **out, mp_deployment *d, source *s, const mp_json *template_json, mp_error *err)
{
    frame *f = MP_ARENA_NEW(&d->arena, frame);
    if (!f)
        return tpl_out_of_memory(d, err);
    *f = (frame){ .source = s, .template_json = template_json };
    MP_TRY(add_functions(f, d, err));
    MP_TRY(add_parameters(f, d, err));
    MP_TRY(add_variables(f, d, err));
    *out = f;
    return MP_OK;
}

/* ---- binding ---- */

static mp_code given_parameter(named **out, mp_deployment *d, frame *f, const mp_json *key, mp_str pointer, mp_error *err)
{
    *out = tpl_find_named(f->parameters, f->parameter_count, mp_json_str(key));
    if (!*out)
        return tpl_placed_at(pointer, mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the template has no parameter \"%.*s\"",
                                          MP_FMT(mp_json_str(key))), err);
    if (mp_json_get_fold(key + 1, MP_S("reference")))
        return tpl_placed_at(pointer, mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE,
                                          "a reference to a key vault's secret is not read; give the value"), err);
    if (!mp_json_get_fold(key + 1, MP_S("value")))
        return tpl_placed_at(pointer, mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                                          "parameter \"%.*s\" should be given as {\"value\": ...}",
                                          MP_FMT(mp_json_str(key))), err);
    (*out)->given_at = mp_arena_dup(&d->arena, pointer);
    return (*out)->given_at.ptr ? MP_OK : tpl_out_of_memory(d, err);
}

static mp_str parameter_pointer(mp_deployment *d, mp_str base, mp_str name)
{
    mp_str pointer = mp_arena_printf(&d->arena, "%.*s/%.*s", MP_FMT(base), MP_FMT(name));
    return pointer.ptr ? pointer : base;
}

static mp_code bind_values(mp_deployment *d, frame *f, const mp_json *parameters, mp_str base, const value *whole,
                           mp_error *err)
{
    if (parameters->kind != MP_JSON_OBJECT)
        return tpl_placed_at(base,
                             mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" should be of kind %s, not %s",
                                     "parameters", "object", mp_json_kind_name((mp_json_kind)parameters->kind)),
                             err);
    for (MP_JSON_MEMBERS(key, parameters)) {
        named *p;
        MP_TRY(given_parameter(&p, d, f, key, parameter_pointer(d, base, mp_json_str(key)), err));
        p->given = mp_json_get_fold(key + 1, MP_S("value"));
        p->given_secure = whole->is_secure;
        p->given_unknown = whole->is_unknown && tpl_holds_marker(p->given);
    }
    return MP_OK;
}

mp_code tpl_frame_bind(mp_deployment *d, frame *f, const mp_json *parameters, mp_error *err)
{
    static const value plain = { .json = NULL };
    return parameters && parameters->kind != MP_JSON_NULL
               ? bind_values(d, f, parameters, MP_S("/parameters"), &plain, err) : MP_OK;
}

mp_code tpl_frame_bind_nested(eval *outer, frame *f, const mp_json *parameters, mp_error *err)
{
    mp_deployment *d = outer->d;
    if (!parameters || parameters->kind == MP_JSON_NULL)
        return MP_OK;
    mp_str base = tpl_pointer_of(outer->source, parameters, &d->arena);
    if (!base.ptr)
        return tpl_out_of_memory(d, err);
    outer->arena = &d->arena;
    if (parameters->kind != MP_JSON_OBJECT) {
        value whole;
        MP_TRY(tpl_eval_node(&whole, outer, parameters, err));
        if (whole.is_unknown && whole.json->kind == MP_JSON_STRING) {
            d->met_unknown = true;
            return tpl_placed_at(base, mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                                           "\"%s\" cannot be known before the deployment", "parameters"), err);
        }
        return bind_values(d, f, whole.json, base, &whole, err);
    }
    for (MP_JSON_MEMBERS(key, parameters)) {
        named *p;
        value  v;
        MP_TRY(given_parameter(&p, d, f, key, parameter_pointer(d, base, mp_json_str(key)), err));
        MP_TRY(tpl_eval_node(&v, outer, mp_json_get_fold(key + 1, MP_S("value")), err));
        p->given = v.json;
        p->given_secure = v.is_secure;
        p->given_unknown = v.is_unknown;
    }
    return MP_OK;
}

/* ---- values ---- */

static mp_code depends_on_itself(const char *kind, const named *n, mp_error *err)
{
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "%s \"%.*s\" depends on itself", kind, MP_FMT(n->name));
}

/* Of the context that asks, what belongs to a variable or a default: the frame and how deep we are. */
static eval eval_apart(const eval *e, place where)
{
    eval apart = tpl_eval_begin(e->d, e->frame->unit, e->frame, e->frame->source, where);
    apart.arena = &e->d->arena;
    apart.depth = e->depth;
    return apart;
}

/* Policies write truth as text; what they pass on is taken as it is meant. */
static void read_truth(const frame *f, named *p)
{
    const mp_json *v = p->value.json;
    bool is_truth = v->kind == MP_JSON_STRING && mp_str_eq_fold(tpl_schema_type(f, p->node), MP_S("bool"));
    if (is_truth && mp_str_eq_fold(mp_json_str(v), MP_S("true")))
        p->value.json = mp_json_make_bool(true);
    else if (is_truth && mp_str_eq_fold(mp_json_str(v), MP_S("false")))
        p->value.json = mp_json_make_bool(false);
}

static mp_code bind_default(eval *e, named *p, const mp_json *node, mp_error *err)
{
    eval apart = eval_apart(e, PLACE_DEFAULT);
    MP_TRY(tpl_eval_node(&p->value, &apart, node, err));
    read_truth(e->frame, p);
    return tpl_placed(e->d, e->frame->source, node,
                  tpl_schema_check(e->d, e->frame, p->node, &p->value, err), err);
}

static mp_code work_out_parameter(eval *e, named *p, mp_error *err)
{
    const mp_json *fallback = mp_json_get_fold(p->node, MP_S("defaultValue"));
    bool           is_given = p->given && (p->given->kind != MP_JSON_NULL || !fallback);
    bool           may_be_null = tpl_schema_is_nullable(e->frame, p->node);
    if (!is_given && fallback)
        return bind_default(e, p, fallback, err);
    if (!is_given && may_be_null) {
        p->value = (value){ .json = mp_json_make_null() };
        return MP_OK;
    }
    if (!is_given || (p->given->kind == MP_JSON_NULL && !may_be_null))
        return tpl_placed(e->d, e->frame->source, p->node,
                      mp_fail(err, MP_PARAMETER, MP_NOWHERE, "parameter \"%.*s\" has no value and no default",
                              MP_FMT(p->name)), err);
    p->value = (value){ p->given, p->given_secure, p->given_unknown, false };
    read_truth(e->frame, p);
    return tpl_placed_at(p->given_at, tpl_schema_check(e->d, e->frame, p->node, &p->value, err), err);
}

mp_code tpl_parameter_value(value *out, eval *e, mp_str name, mp_error *err)
{
    named *p = tpl_find_named(e->frame->parameters, e->frame->parameter_count, name);
    if (!p)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the template has no parameter \"%.*s\"", MP_FMT(name));
    if (p->state == UNDER_WAY)
        return depends_on_itself("parameter", p, err);
    if (p->state == NOT_YET) {
        p->state = UNDER_WAY;
        mp_code code = work_out_parameter(e, p, err);
        p->state = code == MP_OK ? DONE : NOT_YET;
        MP_TRY(code);
        p->value.is_secure = p->value.is_secure || p->is_secure_type;
    }
    *out = p->value;
    e->touched = e->touched || p->value.is_secure;
    return MP_OK;
}

static mp_code work_out_variable(eval *e, named *v, mp_error *err)
{
    eval apart = eval_apart(e, PLACE_SHAPE);
    if (!v->is_loop)
        return tpl_eval_node(&v->value, &apart, v->node, err);
    loop     each = { .name = v->name };
    uint32_t count;
    mp_jsonw w;
    value    made = { 0 };
    MP_TRY(tpl_eval_count(&count, &apart, mp_json_get_fold(v->node, MP_S("count")), err));
    mp_jsonw_init(&w, apart.arena);
    mp_jsonw_array(&w);
    apart.loops = &each;
    for (; each.index < count; each.index++)
        MP_TRY(tpl_write_node(&made, &apart, &w, mp_json_get_fold(v->node, MP_S("input")), err));
    mp_jsonw_end(&w);
    made.json = mp_jsonw_done(&w);
    v->value = made;
    return made.json ? MP_OK : tpl_out_of_memory(e->d, err);
}

mp_code tpl_variable_value(value *out, eval *e, mp_str name, mp_error *err)
{
    named *v = tpl_find_named(e->frame->variables, e->frame->variable_count, name);
    if (!v)
        return e->frame->is_user_function
                   ? mp_fail(err, MP_COMPILE, MP_NOWHERE, "a user function has no variables; it reads its parameters only")
                   : mp_fail(err, MP_COMPILE, MP_NOWHERE, "the template has no variable \"%.*s\"", MP_FMT(name));
    if (v->state == UNDER_WAY)
        return depends_on_itself("variable", v, err);
    if (v->state == NOT_YET) {
        v->state = UNDER_WAY;
        mp_code code = work_out_variable(e, v, err);
        v->state = code == MP_OK ? DONE : NOT_YET;
        MP_TRY(code);
    }
    *out = v->value;
    e->touched = e->touched || v->value.is_secure;
    return MP_OK;
}

mp_code tpl_frame_resolve(mp_deployment *d, frame *f, mp_error *err)
{
    eval e = tpl_eval_begin(d, f->unit, f, f->source, PLACE_DEFAULT);
    for (uint32_t i = 0; i < f->parameter_count; i++) {
        value v;
        MP_TRY(tpl_parameter_value(&v, &e, f->parameters[i].name, err));
    }
    return MP_OK;
}

const mp_json *tpl_parameters_shown(mp_arena *arena, const frame *f)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (uint32_t i = 0; i < f->parameter_count; i++) {
        const named *p = &f->parameters[i];
        mp_str       type = tpl_schema_type(f, p->node);
        if (p->state != DONE)
            continue;
        mp_jsonw_key(&w, p->name);
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "type", type);
        if (!p->value.is_secure) {
            const mp_json *shown = tpl_without_markers(arena, p->value.json);
            mp_jsonw_put_value(&w, "value", shown);
            w.failed = w.failed || !shown;
        }
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- user functions ---- */

mp_code tpl_eval_user_function(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    const user_function *u = ((const template_function *)call->function)->user;
    const mp_json       *declared = mp_json_get_fold(u->node, MP_S("parameters"));
    const mp_json       *result = mp_json_get_fold(mp_json_get_fold(u->node, MP_S("output")), MP_S("value"));
    uint32_t             count = mp_json_is(declared, MP_JSON_ARRAY) ? declared->count : 0, i = 0;
    if (call->count != count)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() takes %u arguments, not %u", MP_FMT(u->name), count,
                       call->count);
    named *list = MP_ARENA_ARRAY(e->arena, named, (size_t)count + 1);
    if (!list)
        return tpl_out_of_memory(e->d, err);
    if (count)
        for (MP_JSON_EACH(one, declared)) {
            list[i] = (named){ .name = mp_json_str(mp_json_get_fold(one, MP_S("name"))), .node = one, .state = DONE };
            MP_TRY(tpl_arg_value(&list[i].value, e, call, i, err));
            MP_TRY(tpl_schema_check(e->d, e->frame, one, &list[i].value, err));
            i++;
        }
    frame own = { .source = u->source, .template_json = e->frame->template_json, .dialect = e->frame->dialect,
                  .parameters = list, .parameter_count = count, .scope = e->frame->scope, .is_user_function = true };
    eval inner = tpl_eval_begin(e->d, NULL, &own, own.source, PLACE_FUNCTION);
    inner.arena = e->arena;
    inner.depth = e->depth;
    mp_code code = tpl_eval_node(out, &inner, result, err);
    e->touched = e->touched || inner.touched;
    return code;
}
