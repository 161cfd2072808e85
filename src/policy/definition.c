/* SPDX-License-Identifier: Apache-2.0 */
#include "definition.h"

#include "condition.h"
#include "lower.h"
#include "own_type.h"
#include "text.h"

#include <stdio.h>

/* One definition, part by part: head, parameters, mode, if, then. Each part notes its own faults, and
 * the next is read all the same, so that an author sees them together. */

const mp_json *mp_property(const mp_json *node, mp_str name)
{
    const mp_json *properties = mp_json_get_fold(node, MP_S("properties"));
    const mp_json *v = mp_json_get_fold(properties, name);
    return v ? v : mp_json_get_fold(node, name);
}

mp_str mp_property_str(const mp_json *node, mp_str name)
{
    const mp_json *v = mp_property(node, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

mp_str mp_id_name(mp_str id)
{
    while (id.len && id.ptr[id.len - 1] == '/')
        id.len--;
    size_t slash = mp_str_rfind(id, '/');
    return slash == SIZE_MAX ? id : mp_str_skip(id, slash + 1);
}

void mp_head_parse(mp_str *id, mp_str *name, const mp_json *node)
{
    const mp_json *own_id = mp_json_get_fold(node, MP_S("id")), *own_name = mp_json_get_fold(node, MP_S("name"));
    *id = mp_json_is(own_id, MP_JSON_STRING) ? mp_json_str(own_id) : MP_S("");
    *name = mp_json_is(own_name, MP_JSON_STRING) ? mp_json_str(own_name) : mp_id_name(*id);
}

bool mp_definition_is(const mp_json *node)
{
    return mp_property(node, MP_S("policyRule")) ||
           (mp_json_get_fold(node, MP_S("if")) && mp_json_get_fold(node, MP_S("then")));
}

const mp_parameter *mp_definition_parameter(const mp_definition *d, mp_str name)
{
    return mp_parameter_find(d->parameters, d->parameter_count, name);
}

/* ---- pointers ---- */

static mp_str append_token(mp_arena *arena, mp_str pointer, mp_str token)
{
    char  *out = mp_arena_alloc(arena, pointer.len + 2 * token.len + 2);
    size_t len = pointer.len;
    if (!out)
        return mp_str_of(NULL, 0);
    if (len)
        memcpy(out, pointer.ptr, len);
    out[len++] = '/';
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (c == '~' || c == '/')
            out[len++] = '~';
        out[len++] = c == '~' ? '0' : c == '/' ? '1' : c;
    }
    return mp_str_of(out, len);
}

/* The child of `container` that is or holds `node`. */
static const mp_json *child_holding(const mp_json *container, const mp_json *node, mp_str *token,
                                    char number[24])
{
    if (container->kind == MP_JSON_OBJECT) {
        for (MP_JSON_MEMBERS(key, container))
            if (node >= key && node < mp_json_next(key + 1)) {
                *token = mp_json_str(key);
                return key + 1;
            }
        return NULL;
    }
    unsigned index = 0;
    for (MP_JSON_EACH(item, container)) {
        if (node >= item && node < mp_json_next(item)) {
            *token = mp_str_of(number, (size_t)snprintf(number, 24, "%u", index));
            return item;
        }
        index++;
    }
    return NULL;
}

mp_str mp_json_pointer(const mp_json *root, const mp_json *node, mp_arena *arena)
{
    mp_str pointer = MP_S("");
    while (root && root != node && root->kind >= MP_JSON_ARRAY) {
        mp_str token;
        char   number[24];
        root = child_holding(root, node, &token, number);
        if (root)
            pointer = append_token(arena, pointer, token);
        if (root > node) /* the key itself was meant */
            break;
    }
    return pointer;
}

mp_str mp_definition_pointer(const mp_definition *d, const mp_json *node, mp_arena *arena)
{
    mp_str below = mp_json_pointer(d->rule, node, arena);
    return mp_arena_printf(arena, "/policyRule%.*s", MP_FMT(below));
}

/* ---- head and mode ---- */

static void parse_head(mp_definition *d, const mp_json *node)
{
    mp_head_parse(&d->id, &d->name, node);
    d->display_name = mp_property_str(node, MP_S("displayName"));
    d->description = mp_property_str(node, MP_S("description"));
    d->policy_type = mp_property_str(node, MP_S("policyType"));
    d->version = mp_property_str(node, MP_S("version"));
    d->metadata = mp_property(node, MP_S("metadata"));
    d->category = mp_property_str(d->metadata, MP_S("category"));
    if (d->version.len == 0)
        d->version = mp_property_str(d->metadata, MP_S("version"));
}

static bool parse_mode(mp_parsing *p, mp_definition *d, const mp_json *node)
{
    static const mp_str known[] = { MP_S_INIT("All"), MP_S_INIT("Indexed"),
                                    MP_S_INIT("Microsoft.Kubernetes.Data"),
                                    MP_S_INIT("Microsoft.KeyVault.Data"),
                                    MP_S_INIT("Microsoft.Network.Data") };
    const mp_json *mode = mp_property(node, MP_S("mode"));
    d->mode = MP_MODE_INDEXED; /* Microsoft Learn, "definition structure basics": the default */
    d->mode_text = MP_S("Indexed");
    if (!mode || mode->kind == MP_JSON_NULL)
        return true;
    d->mode_text = mode->kind == MP_JSON_STRING ? mp_json_str(mode) : MP_S("");
    if (mp_str_eq_fold(d->mode_text, MP_S("all")))
        d->mode = MP_MODE_ALL;
    else if (mp_str_ends_fold(d->mode_text, MP_S(".Data")))
        d->mode = MP_MODE_PROVIDER;
    else if (!mp_str_eq_fold(d->mode_text, MP_S("indexed"))) {
        MP_FAULT(p, mode, mp_text_nearest(d->mode_text, known, MP_COUNT(known)), MP_COMPILE,
                 "\"%.*s\" is no mode", MP_FMT(d->mode_text));
        return false;
    }
    return true;
}

/* ---- then ---- */

static bool check_effect_name(mp_parsing *p, const mp_json *node)
{
    if (node->kind == MP_JSON_STRING && mp_effect_find(mp_json_str(node)) != MP_EFFECT_COUNT)
        return true;
    mp_str name = node->kind == MP_JSON_STRING ? mp_json_str(node) : MP_S("");
    MP_FAULT(p, node, mp_effect_nearest(name), MP_COMPILE, "\"%.*s\" is no effect", MP_FMT(name));
    return false;
}

/* An effect that comes from a parameter: all values that the parameter may take are effects. */
static bool check_effect_parameter(mp_parsing *p, const mp_definition *d, const mp_expr *e)
{
    if (e->kind != MP_EXPR_CALL || e->context != MP_CONTEXT_PARAMETERS || !e->args[0]->literal ||
        e->args[0]->literal->kind != MP_JSON_STRING)
        return true;
    const mp_parameter *parameter = mp_definition_parameter(d, mp_json_str(e->args[0]->literal));
    if (!parameter)
        return true; /* noted with the other uses */
    bool ok = true;
    if (parameter->default_value)
        ok = check_effect_name(p, parameter->default_value);
    if (parameter->allowed)
        for (MP_JSON_EACH(item, parameter->allowed))
            ok = check_effect_name(p, item) && ok;
    return ok;
}

static bool parse_effect(mp_parsing *p, mp_definition *d, const mp_json *then)
{
    const mp_json *effect = mp_json_get_fold(then, MP_S("effect"));
    if (!mp_json_is(effect, MP_JSON_STRING)) {
        MP_FAULT(p, effect ? effect : then, MP_S(""), MP_COMPILE,
                 "\"then\" wants an effect, a string");
        return false;
    }
    d->effect = mp_template_parse(p, effect);
    if (!d->effect)
        return false;
    return d->effect->kind == MP_TEMPLATE_CONST ? check_effect_name(p, effect)
                                                : check_effect_parameter(p, d, d->effect->expr);
}

/* Microsoft Learn, "Azure Policy definitions modify effect": the condition of an operation is asked of the
 * request, and does not see these. */
static bool check_operation_condition(mp_parsing *p, const mp_template *t, const mp_expr *e)
{
    bool is_refused = e->kind == MP_EXPR_CALL &&
                      (e->context == MP_CONTEXT_FIELD || e->context == MP_CONTEXT_RESOURCE_GROUP ||
                       e->context == MP_CONTEXT_SUBSCRIPTION);
    if (is_refused)
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_ERROR, t->node, e->at, MP_S(""), MP_COMPILE,
                    "%.*s() is not available in the condition of an operation", MP_FMT(e->function->name));
    bool ok = !is_refused;
    for (uint32_t i = 0; i < e->count; i++)
        ok = check_operation_condition(p, t, e->args[i]) && ok;
    return ok;
}

static bool parse_operation(mp_parsing *p, mp_operation *out, const mp_json *node, bool is_modify)
{
    static const mp_str names[] = { MP_S_INIT("add"), MP_S_INIT("addOrReplace"), MP_S_INIT("remove") };
    const mp_json *field = mp_json_get_fold(node, MP_S("field"));
    const mp_json *value = mp_json_get_fold(node, MP_S("value"));
    const mp_json *condition = mp_json_get_fold(node, MP_S("condition"));
    const mp_json *operation = mp_json_get_fold(node, MP_S("operation"));
    out->operation = MP_S("append");
    if (is_modify) {
        out->operation = mp_json_is(operation, MP_JSON_STRING) ? mp_json_str(operation) : MP_S("");
        size_t known = 0;
        while (known < MP_COUNT(names) && !mp_str_eq_fold(names[known], out->operation))
            known++;
        if (known == MP_COUNT(names)) {
            MP_FAULT(p, operation ? operation : node,
                     mp_text_nearest(out->operation, names, MP_COUNT(names)), MP_COMPILE,
                     "an operation is add, addOrReplace or remove, not \"%.*s\"",
                     MP_FMT(out->operation));
            return false;
        }
        out->operation = names[known];
    }
    bool wants_value = !mp_str_eq(out->operation, names[2]);
    if (!mp_json_is(field, MP_JSON_STRING) || (wants_value && !value)) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "%s wants a field%s", is_modify ? "an operation" : "append",
                 wants_value ? " and a value" : "");
        return false;
    }
    out->field = mp_template_parse(p, field);
    out->value = wants_value ? mp_template_parse(p, value) : NULL;
    out->condition = condition ? mp_template_parse(p, condition) : NULL;
    if (out->condition && out->condition->kind == MP_TEMPLATE_EXPR &&
        !check_operation_condition(p, out->condition, out->condition->expr))
        return false;
    mp_str tag;
    if (!wants_value && out->field && out->field->kind == MP_TEMPLATE_CONST &&
        !mp_tag_name(&tag, mp_json_str(out->field->value), p->arena)) {
        MP_FAULT(p, field, MP_S(""), MP_COMPILE, "only tags can be removed, not \"%.*s\"",
                 MP_FMT(mp_json_str(field)));
        return false;
    }
    return out->field && (!wants_value || out->value) && (!condition || out->condition);
}

static bool parse_operations(mp_parsing *p, mp_details *details, const mp_json *list, bool is_modify)
{
    if (list->kind != MP_JSON_ARRAY) {
        MP_FAULT(p, list, MP_S(""), MP_COMPILE, "operations want an array, not %s",
                 mp_json_kind_name((mp_json_kind)list->kind));
        return false;
    }
    details->operations = MP_ARENA_ARRAY(p->arena, mp_operation, list->count + 1);
    if (!details->operations) {
        p->failed = true;
        return false;
    }
    bool ok = true;
    for (MP_JSON_EACH(item, list))
        ok = parse_operation(p, &details->operations[details->operation_count++], item, is_modify) && ok;
    return ok;
}

/* Members that are read for their meaning, besides being shown. */
static bool note_member(mp_parsing *p, mp_details *details, mp_str name, mp_template *value)
{
    static const struct {
        mp_str name;
        size_t at;
    } places[] = {
        { MP_S_INIT("type"), offsetof(mp_details, type) },
        { MP_S_INIT("name"), offsetof(mp_details, name) },
        { MP_S_INIT("resourceGroupName"), offsetof(mp_details, resource_group) },
        { MP_S_INIT("existenceScope"), offsetof(mp_details, scope) },
        { MP_S_INIT("conflictEffect"), offsetof(mp_details, conflict_effect) },
        { MP_S_INIT("defaultState"), offsetof(mp_details, default_state) },
    };
    for (size_t i = 0; i < MP_COUNT(places); i++)
        if (mp_str_eq_fold(places[i].name, name))
            *(mp_template **)((char *)details + places[i].at) = value;
    details->members[details->member_count++] = (mp_member){ name, value };
    return !p->failed;
}

static bool parse_member(mp_parsing *p, mp_details *details, const mp_json *key)
{
    mp_str         name = mp_json_str(key);
    const mp_json *value = key + 1;
    if (mp_str_eq_fold(name, MP_S("existenceCondition"))) {
        p->conditions = 0;
        details->existence = mp_condition_parse(p, value);
        if (p->conditions > MP_POLICY_CONDITIONS_THEN)
            MP_FAULT(p, value, MP_S(""), MP_LIMIT, "an existenceCondition has at most %d conditions, this has %u",
                     MP_POLICY_CONDITIONS_THEN, p->conditions);
        return details->existence && p->conditions <= MP_POLICY_CONDITIONS_THEN;
    }
    if (mp_str_eq_fold(name, MP_S("operations")) && value->kind == MP_JSON_ARRAY &&
        value->count && mp_json_first(value)->kind == MP_JSON_OBJECT)
        return parse_operations(p, details, value, true);
    /* The template of a deployment is Resource Manager's, not ours to read. */
    p->opaque_key = mp_str_eq_fold(name, MP_S("deployment")) ? MP_S("template") : MP_S("");
    mp_template *parsed = mp_template_parse(p, value);
    p->opaque_key = MP_S("");
    return parsed && note_member(p, details, name, parsed);
}

static bool parse_details(mp_parsing *p, mp_definition *d, const mp_json *then)
{
    const mp_json *node = mp_json_get_fold(then, MP_S("details"));
    d->details.node = node;
    if (!node || node->kind == MP_JSON_NULL)
        return true;
    if (node->kind == MP_JSON_ARRAY) /* append */
        return parse_operations(p, &d->details, node, false);
    if (node->kind != MP_JSON_OBJECT) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "\"details\" wants an object or an array, not %s",
                 mp_json_kind_name((mp_json_kind)node->kind));
        return false;
    }
    d->details.members = MP_ARENA_ARRAY(p->arena, mp_member, node->count + 1);
    if (!d->details.members) {
        p->failed = true;
        return false;
    }
    bool ok = true;
    for (MP_JSON_MEMBERS(key, node))
        ok = parse_member(p, &d->details, key) && ok;
    return ok;
}

/* What an effect that is certain wants of its details. */
static bool check_details(mp_parsing *p, const mp_definition *d, const mp_json *then)
{
    if (!d->effect || d->effect->kind != MP_TEMPLATE_CONST || d->mode == MP_MODE_PROVIDER)
        return true;
    mp_effect effect = mp_effect_find(mp_json_str(d->effect->value));
    const char *missing = NULL;
    if (effect == MP_EFFECT_COUNT) /* noted already */
        return true;
    if (mp_effects[effect].needs_related && !d->details.type)
        missing = "type";
    else if (effect == MP_EFFECT_MODIFY && !d->details.operations)
        missing = "operations";
    else if (effect == MP_EFFECT_APPEND && !d->details.operations)
        missing = "an array of field and value";
    if (!missing)
        return true;
    MP_FAULT(p, d->details.node ? d->details.node : then, MP_S(""), MP_COMPILE,
             "the details of effect %.*s want %s", MP_FMT(mp_effects[effect].text), missing);
    return false;
}

/* ---- the whole ---- */

static bool parse_rule(mp_parsing *p, mp_definition *d, const mp_json *rule)
{
    const mp_json *condition = mp_json_get_fold(rule, MP_S("if"));
    const mp_json *then = mp_json_get_fold(rule, MP_S("then"));
    if (!condition || !mp_json_is(then, MP_JSON_OBJECT)) {
        MP_FAULT(p, rule, MP_S(""), MP_COMPILE, "a policy rule wants \"if\" and \"then\", both objects");
        return false;
    }
    d->condition = mp_condition_parse(p, condition);
    bool ok = d->condition != NULL;
    if (p->conditions > MP_POLICY_CONDITIONS_IF) {
        MP_FAULT(p, condition, MP_S(""), MP_LIMIT, "a rule has at most %d conditions in \"if\", this has %u",
                 MP_POLICY_CONDITIONS_IF, p->conditions);
        ok = false;
    }
    ok = parse_effect(p, d, then) && ok;
    ok = parse_details(p, d, then) && ok;
    mp_own_type_check(p, d);
    return check_details(p, d, then) && ok;
}

static mp_parameter_type type_of_value(const mp_json *v)
{
    switch (v->kind) {
    case MP_JSON_ARRAY:
        return MP_PARAMETER_ARRAY;
    case MP_JSON_OBJECT:
        return MP_PARAMETER_OBJECT;
    case MP_JSON_BOOL:
        return MP_PARAMETER_BOOLEAN;
    case MP_JSON_INT:
        return MP_PARAMETER_INTEGER;
    case MP_JSON_REAL:
        return MP_PARAMETER_FLOAT;
    default:
        return MP_PARAMETER_STRING;
    }
}

static bool declare_values(mp_parsing *p, mp_definition *d, const mp_json *values)
{
    if (!mp_json_is(values, MP_JSON_OBJECT))
        return true;
    mp_parameter *all = MP_ARENA_ARRAY(p->arena, mp_parameter, d->parameter_count + values->count + 1);
    if (!all) {
        p->failed = true;
        return false;
    }
    if (d->parameter_count)
        memcpy(all, d->parameters, d->parameter_count * sizeof(*all));
    d->parameters = all;
    for (MP_JSON_MEMBERS(key, values))
        if (!mp_definition_parameter(d, mp_json_str(key)))
            all[d->parameter_count++] = (mp_parameter){
                .name = mp_json_str(key), .node = key + 1,
                .type = type_of_value(mp_parameter_unwrapped(key + 1))
            };
    return true;
}

mp_code mp_definition_parse(mp_definition **out, const mp_source_text *source, const mp_json *node,
                            mp_arena *arena, mp_diagnostics *diagnostics, mp_error *err)
{
    return mp_definition_parse_with(out, source, node, NULL, arena, diagnostics, err);
}

mp_code mp_definition_parse_with(mp_definition **out, const mp_source_text *source,
                                 const mp_json *node, const mp_json *values, mp_arena *arena,
                                 mp_diagnostics *diagnostics, mp_error *err)
{
    struct mp_condition_list origins = { 0 };
    mp_parsing     p = { .arena = arena, .source = source, .diagnostics = diagnostics, .origins = &origins };
    mp_definition *d = MP_ARENA_NEW(arena, mp_definition);
    if (!d)
        return mp_no_memory(err);
    d->source = *source;
    parse_head(d, node);
    bool ok = parse_mode(&p, d, node);
    ok = mp_parameters_parse(&d->parameters, &d->parameter_count, &p,
                             mp_property(node, MP_S("parameters"))) && ok;
    ok = declare_values(&p, d, values) && ok;
    d->rule = mp_property(node, MP_S("policyRule"));
    if (!d->rule)
        d->rule = node;
    if (d->rule->kind == MP_JSON_OBJECT)
        ok = parse_rule(&p, d, d->rule) && ok;
    else {
        MP_FAULT(&p, d->rule, MP_S(""), MP_COMPILE, "a policyRule is an object, not %s",
                 mp_json_kind_name((mp_json_kind)d->rule->kind));
        ok = false;
    }
    ok = mp_parameter_uses_check(&p, d->parameters, d->parameter_count, false) && ok;
    if (p.failed || diagnostics->failed)
        return mp_no_memory(err);
    d->origins = origins.items;
    d->origin_count = origins.len;
    d->is_valid = ok;
    *out = d;
    return MP_OK;
}
