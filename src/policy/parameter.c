/* SPDX-License-Identifier: Apache-2.0 */
#include "definition.h"

#include "text.h"

/* Parameters as definitions and initiatives declare them, and the check of a value against one.
 * Microsoft Learn, "Azure Policy definition structure parameters". */

static const mp_str type_names[MP_PARAMETER_TYPES] = {
    [MP_PARAMETER_STRING] = MP_S_INIT("String"),   [MP_PARAMETER_ARRAY] = MP_S_INIT("Array"),
    [MP_PARAMETER_OBJECT] = MP_S_INIT("Object"),   [MP_PARAMETER_BOOLEAN] = MP_S_INIT("Boolean"),
    [MP_PARAMETER_INTEGER] = MP_S_INIT("Integer"), [MP_PARAMETER_FLOAT] = MP_S_INIT("Float"),
    [MP_PARAMETER_DATETIME] = MP_S_INIT("DateTime"),
};

const mp_json *mp_parameter_unwrapped(const mp_json *v)
{
    bool           may_wrap = v->kind == MP_JSON_OBJECT && v->count == 1;
    const mp_json *inner = may_wrap ? mp_json_get_fold(v, MP_S("value")) : NULL;
    return inner ? inner : v;
}

static bool type_matches(mp_parameter_type type, const mp_json *v)
{
    switch (type) {
    case MP_PARAMETER_ARRAY:
        return v->kind == MP_JSON_ARRAY;
    case MP_PARAMETER_OBJECT:
        return v->kind == MP_JSON_OBJECT;
    case MP_PARAMETER_BOOLEAN: /* the corpus and the portal write "true" as often as true */
        return v->kind == MP_JSON_BOOL ||
               (v->kind == MP_JSON_STRING && (mp_str_eq_fold(mp_json_str(v), MP_S("true")) ||
                                              mp_str_eq_fold(mp_json_str(v), MP_S("false"))));
    case MP_PARAMETER_INTEGER:
        return v->kind == MP_JSON_INT;
    case MP_PARAMETER_FLOAT:
        return v->kind == MP_JSON_INT || v->kind == MP_JSON_REAL;
    default:
        return v->kind == MP_JSON_STRING;
    }
}

/* Allowed values compare without case, as everything a user types does. */
static bool is_allowed(const mp_json *allowed, const mp_json *value)
{
    mp_operand operand = { .value = value };
    char       scratch[32];
    mp_json_scalar_text(&operand.text, value, scratch);
    mp_error err;
    for (MP_JSON_EACH(item, allowed))
        if (mp_operator_test(MP_OP_EQUALS, item, &operand, &err) == MP_TRUE)
            return true;
    if (value->kind != MP_JSON_ARRAY) /* an array's elements may each be allowed */
        return false;
    for (MP_JSON_EACH(element, value))
        if (element->kind == MP_JSON_ARRAY || !is_allowed(allowed, element))
            return false;
    return true;
}

/* ---- the subset of JSON Schema that parameters use ---- */

static bool schema_type_matches(mp_str type, const mp_json *v)
{
    static const struct {
        mp_str   name;
        uint32_t kinds; /* bits */
    } types[] = {
        { MP_S_INIT("string"), 1u << MP_JSON_STRING },
        { MP_S_INIT("boolean"), 1u << MP_JSON_BOOL },
        { MP_S_INIT("integer"), 1u << MP_JSON_INT },
        { MP_S_INIT("number"), 1u << MP_JSON_INT | 1u << MP_JSON_REAL },
        { MP_S_INIT("array"), 1u << MP_JSON_ARRAY },
        { MP_S_INIT("object"), 1u << MP_JSON_OBJECT },
        { MP_S_INIT("null"), 1u << MP_JSON_NULL },
    };
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (mp_str_eq_fold(types[i].name, type))
            return (types[i].kinds >> v->kind) & 1;
    return true;
}

static bool schema_type_ok(const mp_json *type, const mp_json *v)
{
    if (mp_json_is(type, MP_JSON_STRING))
        return schema_type_matches(mp_json_str(type), v);
    if (!mp_json_is(type, MP_JSON_ARRAY))
        return true;
    for (MP_JSON_EACH(item, type))
        if (item->kind == MP_JSON_STRING && schema_type_matches(mp_json_str(item), v))
            return true;
    return false;
}

static bool bound_ok(const mp_json *schema, mp_str key, double value, bool is_minimum)
{
    const mp_json *bound = mp_json_get_fold(schema, key);
    if (!mp_json_is(bound, MP_JSON_INT) && !mp_json_is(bound, MP_JSON_REAL))
        return true;
    double b = mp_json_double(bound);
    return is_minimum ? value >= b : value <= b;
}

static mp_code schema_check(const mp_json *schema, const mp_json *v, int depth, mp_error *err);

static mp_code schema_check_object(const mp_json *schema, const mp_json *v, int depth, mp_error *err)
{
    const mp_json *required = mp_json_get_fold(schema, MP_S("required"));
    if (mp_json_is(required, MP_JSON_ARRAY))
        for (MP_JSON_EACH(name, required))
            if (name->kind == MP_JSON_STRING && !mp_json_get_fold(v, mp_json_str(name)))
                return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the member \"%.*s\" is required",
                               MP_FMT(mp_json_str(name)));
    const mp_json *properties = mp_json_get_fold(schema, MP_S("properties"));
    const mp_json *more = mp_json_get_fold(schema, MP_S("additionalProperties"));
    for (MP_JSON_MEMBERS(key, v)) {
        const mp_json *of_member = mp_json_get_fold(properties, mp_json_str(key));
        if (of_member)
            MP_TRY(schema_check(of_member, key + 1, depth + 1, err));
        else if (mp_json_is(more, MP_JSON_BOOL) && !more->u.integer)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the member \"%.*s\" is not allowed",
                           MP_FMT(mp_json_str(key)));
        else if (mp_json_is(more, MP_JSON_OBJECT))
            MP_TRY(schema_check(more, key + 1, depth + 1, err));
    }
    return MP_OK;
}

static mp_code schema_check_size(const mp_json *schema, const mp_json *v, mp_error *err)
{
    bool is_string = v->kind == MP_JSON_STRING, is_array = v->kind == MP_JSON_ARRAY;
    if (is_string || is_array) {
        double size = is_string ? (double)mp_utf8_length(mp_json_str(v)) : (double)v->count;
        if (!bound_ok(schema, is_string ? MP_S("minLength") : MP_S("minItems"), size, true) ||
            !bound_ok(schema, is_string ? MP_S("maxLength") : MP_S("maxItems"), size, false))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%g %s are too few or too many", size,
                           is_string ? "characters" : "elements");
    }
    if (v->kind == MP_JSON_INT || v->kind == MP_JSON_REAL) {
        double number = mp_json_double(v);
        if (!bound_ok(schema, MP_S("minimum"), number, true) ||
            !bound_ok(schema, MP_S("maximum"), number, false))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%g is out of range", number);
    }
    return MP_OK;
}

static mp_code schema_check(const mp_json *schema, const mp_json *v, int depth, mp_error *err)
{
    if (!mp_json_is(schema, MP_JSON_OBJECT) || depth > MP_POLICY_NESTING)
        return MP_OK;
    if (!schema_type_ok(mp_json_get_fold(schema, MP_S("type")), v))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a value of type %s is not allowed here",
                       mp_json_kind_name((mp_json_kind)v->kind));
    const mp_json *choices = mp_json_get_fold(schema, MP_S("enum"));
    if (mp_json_is(choices, MP_JSON_ARRAY) && !is_allowed(choices, v))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the value is not one of the schema's enum");
    MP_TRY(schema_check_size(schema, v, err));
    if (v->kind == MP_JSON_OBJECT)
        return schema_check_object(schema, v, depth, err);
    const mp_json *items = mp_json_get_fold(schema, MP_S("items"));
    if (v->kind == MP_JSON_ARRAY && items)
        for (MP_JSON_EACH(item, v))
            MP_TRY(schema_check(items, item, depth + 1, err));
    return MP_OK;
}

mp_code mp_parameter_check(const mp_parameter *parameter, const mp_json *value, mp_error *err)
{
    if (!type_matches(parameter->type, value))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "parameter \"%.*s\" wants a value of type %.*s, not %s",
                       MP_FMT(parameter->name), MP_FMT(type_names[parameter->type]),
                       mp_json_kind_name((mp_json_kind)value->kind));
    if (parameter->allowed && !is_allowed(parameter->allowed, value)) {
        char   scratch[32];
        mp_str text = MP_S("this value");
        mp_json_scalar_text(&text, value, scratch);
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "parameter \"%.*s\" does not allow \"%.*s\"", MP_FMT(parameter->name),
                       MP_FMT(text));
    }
    mp_error inner = { 0 };
    if (parameter->schema && schema_check(parameter->schema, value, 0, &inner) != MP_OK)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "parameter \"%.*s\" does not suit its schema: %s",
                       MP_FMT(parameter->name), inner.message);
    return MP_OK;
}

/* ---- by name ---- */

const mp_parameter *mp_parameter_find(const mp_parameter *parameters, uint32_t count, mp_str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_str_eq_fold(parameters[i].name, name))
            return &parameters[i];
    return NULL;
}

mp_str mp_parameter_nearest(const mp_parameter *parameters, uint32_t count, mp_str name, mp_arena *arena)
{
    mp_str *names = MP_ARENA_ARRAY(arena, mp_str, (size_t)count + 1);
    for (uint32_t i = 0; names && i < count; i++)
        names[i] = parameters[i].name;
    return names ? mp_text_nearest(name, names, count) : MP_S("");
}

bool mp_parameter_uses_check(mp_parsing *p, const mp_parameter *parameters, uint32_t count, bool in_initiative)
{
    bool ok = true;
    for (const mp_parameter_use *use = p->uses; use; use = use->next) {
        if (mp_parameter_find(parameters, count, use->name))
            continue;
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_ERROR, use->node, use->at,
                    mp_parameter_nearest(parameters, count, use->name, p->arena), MP_PARAMETER,
                    in_initiative ? "the initiative has no parameter \"%.*s\"" : "there is no parameter \"%.*s\"",
                    MP_FMT(use->name));
        ok = false;
    }
    return ok;
}

/* ---- declarations ---- */

static bool parse_type(mp_parsing *p, mp_parameter *out, const mp_json *node)
{
    const mp_json *type = mp_json_get_fold(node, MP_S("type"));
    if (!mp_json_is(type, MP_JSON_STRING)) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "parameter \"%.*s\" has no type", MP_FMT(out->name));
        return false;
    }
    for (size_t i = 0; i < MP_PARAMETER_TYPES; i++)
        if (mp_str_eq_fold(type_names[i], mp_json_str(type))) {
            out->type = (mp_parameter_type)i;
            return true;
        }
    MP_FAULT(p, type, mp_text_nearest(mp_json_str(type), type_names, MP_PARAMETER_TYPES), MP_COMPILE,
          "\"%.*s\" is no type of parameter", MP_FMT(mp_json_str(type)));
    return false;
}

static bool parse_one(mp_parsing *p, mp_parameter *out, const mp_json *key)
{
    const mp_json *node = key + 1;
    out->name = mp_json_str(key);
    out->node = node;
    if (node->kind != MP_JSON_OBJECT) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "parameter \"%.*s\" is declared by an object, not %s",
              MP_FMT(out->name), mp_json_kind_name((mp_json_kind)node->kind));
        return false;
    }
    if (!parse_type(p, out, node))
        return false;
    out->default_value = mp_json_get_fold(node, MP_S("defaultValue"));
    out->allowed = mp_json_get_fold(node, MP_S("allowedValues"));
    out->schema = mp_json_get_fold(node, MP_S("schema"));
    out->metadata = mp_json_get_fold(node, MP_S("metadata"));
    if (mp_json_is(out->allowed, MP_JSON_NULL))
        out->allowed = NULL;
    if (out->allowed && out->allowed->kind != MP_JSON_ARRAY) {
        MP_FAULT(p, out->allowed, MP_S(""), MP_COMPILE, "allowedValues wants an array");
        return false;
    }
    mp_error err = { 0 };
    if (out->default_value && mp_parameter_check(out, out->default_value, &err) != MP_OK)
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_WARNING, out->default_value, 0, MP_S(""),
                    MP_PARAMETER, "default value: %s", err.message);
    return true;
}

bool mp_parameters_are_object(mp_parsing *p, const mp_json *node)
{
    if (node->kind == MP_JSON_OBJECT)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_COMPILE, "\"parameters\" wants an object, not %s",
             mp_json_kind_name((mp_json_kind)node->kind));
    return false;
}

bool mp_parameters_parse(mp_parameter **out, uint32_t *count, mp_parsing *p, const mp_json *node)
{
    *out = NULL;
    *count = 0;
    if (!node || node->kind == MP_JSON_NULL)
        return true;
    if (!mp_parameters_are_object(p, node))
        return false;
    *out = MP_ARENA_ARRAY(p->arena, mp_parameter, node->count + 1);
    if (!*out) {
        p->failed = true;
        return false;
    }
    bool ok = true;
    for (MP_JSON_MEMBERS(key, node))
        ok = parse_one(p, &(*out)[(*count)++], key) && ok;
    return ok;
}
