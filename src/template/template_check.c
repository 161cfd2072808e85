/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a template before anything of it is evaluated: its shape, the syntax of every expression, which
 * functions, parameters and variables there are, and what may be called where. */
#include "template_internal.h"

#include "text.h"

/* ---- expressions ---- */

static mp_code check_name(frame *f, const template_function *own, const mp_expr *x, mp_error *err)
{
    bool is_parameter = own->eval == tpl_eval_parameters, is_variable = own->eval == tpl_eval_variables;
    bool is_literal = x->args[0]->kind == MP_EXPR_LITERAL && x->args[0]->literal->kind == MP_JSON_STRING;
    if ((!is_parameter && !is_variable) || !is_literal)
        return MP_OK;
    mp_str name = mp_json_str(x->args[0]->literal);
    if (is_parameter && !tpl_find_named(f->parameters, f->parameter_count, name))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the template has no parameter \"%.*s\"", MP_FMT(name));
    if (is_variable && f->is_user_function)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "a user function has no variables; it reads its parameters only");
    if (is_variable && !tpl_find_named(f->variables, f->variable_count, name))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the template has no variable \"%.*s\"", MP_FMT(name));
    return MP_OK;
}

static mp_code check_call(frame *f, const mp_expr *x, place where, mp_error *err)
{
    const template_function *own = (const template_function *)x->function;
    if (own->rule == IN_DEFAULTS && where != PLACE_DEFAULT)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() is for the default values of parameters only",
                       MP_FMT(own->base.name));
    if (own->rule == AT_RUN_TIME && where != PLACE_RUN_TIME)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() is for the properties of resources and for outputs only",
                       MP_FMT(own->base.name));
    return x->count ? check_name(f, own, x, err) : MP_OK;
}

static mp_code check_expr(frame *f, const mp_expr *x, place where, mp_error *err)
{
    if (x->kind == MP_EXPR_CALL && !x->function->impl)
        MP_TRY(check_call(f, x, where, err));
    for (uint32_t i = 0; i < x->count; i++)
        MP_TRY(check_expr(f, x->args[i], where, err));
    return MP_OK;
}

mp_code tpl_parse_all(mp_deployment *d, frame *f, source *s, const mp_json *node, const mp_json *opaque, place where,
                  mp_error *err)
{
    eval           e = tpl_eval_begin(d, f->unit, f, s, where);
    const mp_json *end = mp_json_next(node);
    for (const mp_json *v = node; v < end;) {
        mp_expr *x = NULL;
        if (v == opaque) {
            v = mp_json_next(v);
            continue;
        }
        if (v->kind == MP_JSON_STRING)
            MP_TRY(tpl_parsed_expression(&x, &e, v, err));
        if (x)
            MP_TRY(tpl_placed(d, s, v, check_expr(f, x, where, err), err));
        v++;
    }
    return MP_OK;
}

/* ---- resources ---- */

bool tpl_is_nested_type(const mp_json *resource)
{
    const mp_json *type = mp_json_get_fold(resource, MP_S("type"));
    return mp_json_is(type, MP_JSON_STRING) &&
           mp_str_eq_fold(mp_json_str(type), MP_S("Microsoft.Resources/deployments"));
}

bool tpl_nested_is_inner(const mp_json *resource)
{
    const mp_json *options = mp_json_get_fold(mp_json_get_fold(resource, MP_S("properties")),
                                              MP_S("expressionEvaluationOptions"));
    const mp_json *where = mp_json_get_fold(options, MP_S("scope"));
    return mp_json_is(where, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(where), MP_S("inner"));
}

const mp_json *tpl_inline_template(const mp_json *resource)
{
    const mp_json *found = tpl_is_nested_type(resource)
                               ? mp_json_get_fold(mp_json_get_fold(resource, MP_S("properties")), MP_S("template")) : NULL;
    return mp_json_is(found, MP_JSON_OBJECT) ? found : NULL;
}

/* Members that decide whether, how often and where there is a resource. */
static bool is_shape(mp_str name)
{
    static const mp_str names[] = {
        MP_S_INIT("type"), MP_S_INIT("name"), MP_S_INIT("apiVersion"), MP_S_INIT("condition"), MP_S_INIT("copy"),
        MP_S_INIT("dependsOn"), MP_S_INIT("scope"), MP_S_INIT("subscriptionId"), MP_S_INIT("resourceGroup"),
        MP_S_INIT("existing"),
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(names[i], name))
            return true;
    return false;
}

/* What the checks of one template's resources share. `shape`: what may be called where the shape is decided. */
typedef struct checks {
    mp_deployment *d;
    frame         *frame;
    source        *source;
    place          shape;
    uint32_t       nesting;
    mp_error      *err;
} checks;

static mp_code check_resources(const checks *c, const mp_json *list);

static mp_code check_nested(const checks *c, const mp_json *resource)
{
    const mp_json *within = tpl_inline_template(resource);
    frame         *f = c->frame;
    if (!within)
        return MP_OK;
    bool is_inner = tpl_nested_is_inner(resource);
    if (is_inner)
        MP_TRY(tpl_frame_new(&f, c->d, c->source, within, c->err));
    return tpl_check_template(c->d, f, c->source, within, is_inner, c->nesting + 1, c->err);
}

static mp_code check_resource(const checks *c, const mp_json *resource)
{
    if (resource->kind != MP_JSON_OBJECT)
        return tpl_placed(c->d, c->source, resource,
                          mp_fail(c->err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "resource",
                                  "object", mp_json_kind_name((mp_json_kind)resource->kind)), c->err);
    for (MP_JSON_MEMBERS(key, resource)) {
        mp_str name = mp_json_str(key);
        bool   is_children = mp_str_eq_fold(name, MP_S("resources"));
        if (mp_str_eq_fold(name, MP_S("comments")) || mp_str_eq_fold(name, MP_S("metadata")))
            continue;
        if (mp_str_eq_fold(name, MP_S("import")) || mp_str_eq_fold(name, MP_S("extension")))
            return tpl_placed(c->d, c->source, key + 1,
                              mp_fail(c->err, MP_UNSUPPORTED, MP_NOWHERE,
                                      "resources of an extension are not deployed here"), c->err);
        if (is_children && key[1].kind >= MP_JSON_ARRAY)
            MP_TRY(check_resources(c, key + 1));
        else
            MP_TRY(tpl_parse_all(c->d, c->frame, c->source, key + 1, tpl_inline_template(resource),
                                 is_shape(name) ? c->shape : PLACE_RUN_TIME, c->err));
    }
    return check_nested(c, resource);
}

static mp_code check_resources(const checks *c, const mp_json *list)
{
    if (list->kind == MP_JSON_OBJECT)
        for (MP_JSON_MEMBERS(key, list))
            MP_TRY(check_resource(c, key + 1));
    else
        for (MP_JSON_EACH(one, list))
            MP_TRY(check_resource(c, one));
    return MP_OK;
}

/* ---- the other sections ---- */

static mp_code check_parameters(mp_deployment *d, frame *f, source *s, mp_error *err)
{
    for (uint32_t i = 0; i < f->parameter_count; i++) {
        const mp_json *fallback = mp_json_get_fold(f->parameters[i].node, MP_S("defaultValue"));
        if (fallback)
            MP_TRY(tpl_parse_all(d, f, s, fallback, NULL, PLACE_DEFAULT, err));
    }
    for (uint32_t i = 0; i < f->variable_count; i++)
        MP_TRY(tpl_parse_all(d, f, s, f->variables[i].node, NULL, PLACE_SHAPE, err));
    return MP_OK;
}

static mp_code check_functions(mp_deployment *d, frame *f, source *s, mp_error *err)
{
    for (const user_function *u = f->dialect.users; u; u = u->next) {
        const mp_json *declared = mp_json_get_fold(u->node, MP_S("parameters"));
        frame          own = { .source = s, .template_json = f->template_json, .dialect = f->dialect,
                               .is_user_function = true };
        if (mp_json_is(declared, MP_JSON_ARRAY)) {
            own.parameters = MP_ARENA_ARRAY(&d->step, named, (size_t)declared->count + 1);
            if (!own.parameters)
                return tpl_out_of_memory(d, err);
            for (MP_JSON_EACH(one, declared))
                own.parameters[own.parameter_count++] =
                    (named){ .name = mp_json_str(mp_json_get_fold(one, MP_S("name"))), .node = one };
        }
        MP_TRY(tpl_parse_all(d, &own, s, mp_json_get_fold(u->node, MP_S("output")), NULL, PLACE_FUNCTION, err));
    }
    return MP_OK;
}

static mp_code check_outputs(mp_deployment *d, frame *f, source *s, const mp_json *outputs, mp_error *err)
{
    if (!outputs || outputs->kind == MP_JSON_NULL)
        return MP_OK;
    if (outputs->kind != MP_JSON_OBJECT)
        return tpl_placed(d, s, outputs,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "outputs", "object",
                              mp_json_kind_name((mp_json_kind)outputs->kind)), err);
    if (outputs->count > MP_TEMPLATE_OUTPUTS)
        return tpl_placed(d, s, outputs,
                      mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are %u here; the most is %d", outputs->count,
                              MP_TEMPLATE_OUTPUTS), err);
    for (MP_JSON_MEMBERS(key, outputs)) {
        const mp_json *output = key + 1, *copy = mp_json_get_fold(output, MP_S("copy"));
        const mp_json *v = mp_json_get_fold(output, MP_S("value")), *condition = mp_json_get_fold(output, MP_S("condition"));
        bool           has_copy = copy && mp_json_get_fold(copy, MP_S("count")) && mp_json_get_fold(copy, MP_S("input"));
        if (!v && !has_copy)
            return tpl_placed(d, s, output,
                          mp_fail(err, MP_COMPILE, MP_NOWHERE, "an output has a value, or a copy {count, input}"), err);
        if (condition)
            MP_TRY(tpl_parse_all(d, f, s, condition, NULL, PLACE_SHAPE, err));
        MP_TRY(tpl_parse_all(d, f, s, v ? v : copy, NULL, PLACE_RUN_TIME, err));
    }
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code check_members(mp_deployment *d, const source *s, const mp_json *template_json, mp_error *err)
{
    static const mp_str known[] = {
        MP_S_INIT("$schema"), MP_S_INIT("contentVersion"), MP_S_INIT("apiProfile"), MP_S_INIT("metadata"),
        MP_S_INIT("parameters"), MP_S_INIT("variables"), MP_S_INIT("functions"), MP_S_INIT("resources"),
        MP_S_INIT("outputs"), MP_S_INIT("definitions"), MP_S_INIT("languageVersion"),
    };
    static const mp_str extensions[] = { MP_S_INIT("extensions"), MP_S_INIT("imports"), MP_S_INIT("asserts") };
    for (MP_JSON_MEMBERS(key, template_json)) {
        mp_str name = mp_json_str(key), nearest;
        bool   is_known = false, is_extension = false;
        for (size_t i = 0; i < MP_COUNT(known); i++)
            is_known = is_known || mp_str_eq_fold(known[i], name);
        for (size_t i = 0; i < MP_COUNT(extensions); i++)
            is_extension = is_extension || mp_str_eq_fold(extensions[i], name);
        if (is_extension && key[1].kind >= MP_JSON_ARRAY && key[1].count)
            return tpl_placed(d, s, key + 1,
                          mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "\"%.*s\" of a template is not read here", MP_FMT(name)),
                          err);
        if (is_known || is_extension)
            continue;
        nearest = mp_text_nearest(name, known, MP_COUNT(known));
        return tpl_placed(
            d, s, key,
            nearest.len ? mp_fail(err, MP_COMPILE, MP_NOWHERE, "a template has no \"%.*s\"; did you mean \"%.*s\"?",
                                  MP_FMT(name), MP_FMT(nearest))
                        : mp_fail(err, MP_COMPILE, MP_NOWHERE, "a template has no \"%.*s\"", MP_FMT(name)),
            err);
    }
    return MP_OK;
}

static mp_code check_resource_section(mp_deployment *d, const source *s, const mp_json *template_json, mp_error *err)
{
    const mp_json *resources = mp_json_get_fold(template_json, MP_S("resources"));
    const mp_json *version = mp_json_get_fold(template_json, MP_S("languageVersion"));
    if (!resources)
        return tpl_placed(d, s, template_json,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" is missing here", "resources"), err);
    if (resources->kind == MP_JSON_ARRAY)
        return MP_OK;
    if (resources->kind != MP_JSON_OBJECT)
        return tpl_placed(d, s, resources,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "resources", "array",
                              mp_json_kind_name((mp_json_kind)resources->kind)), err);
    if (!mp_json_is(version, MP_JSON_STRING))
        return tpl_placed(d, s, resources,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE,
                              "resources with symbolic names, an object, need a \"languageVersion\" such as \"2.0\""), err);
    return MP_OK;
}

mp_code tpl_check_template(mp_deployment *d, frame *f, source *s, const mp_json *template_json, bool owns, uint32_t nesting,
                       mp_error *err)
{
    if (nesting > MP_DEPLOYMENT_NESTING)
        return tpl_placed(d, s, template_json,
                      mp_fail(err, MP_LIMIT, MP_NOWHERE, "deployments nest at most %d deep", MP_DEPLOYMENT_NESTING), err);
    MP_TRY(check_members(d, s, template_json, err));
    MP_TRY(check_resource_section(d, s, template_json, err));
    if (owns) {
        MP_TRY(check_parameters(d, f, s, err));
        MP_TRY(check_functions(d, f, s, err));
    }
    checks c = { d, f, s, owns ? PLACE_SHAPE : PLACE_RUN_TIME, nesting, err };
    MP_TRY(check_resources(&c, mp_json_get_fold(template_json, MP_S("resources"))));
    return check_outputs(d, f, s, mp_json_get_fold(template_json, MP_S("outputs")), err);
}
