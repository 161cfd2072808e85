/* SPDX-License-Identifier: Apache-2.0 */
#include "bind.h"

#include "functions.h"

/* A value that was given is checked against the declaration. A default was, when it was read, and holds in
 * any case; so does the same value when it is given. (20 initiatives of the public corpus pass on "Administrator"
 * to a definition whose own default that is, and which does not allow it.) */

/* Of several values for one name the last counts, as with JSON's members. */
static mp_given *find_given(mp_given *given, size_t count, mp_str name)
{
    mp_given *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq_fold(given[i].name, name)) {
            given[i].is_used = true;
            found = &given[i];
        }
    return found;
}

static void diagnose_missing(const mp_binding *b, const mp_parameter *parameter)
{
    const mp_source_text *source = b->giver ? b->giver : b->declared;
    const mp_json        *node = b->giver ? b->giver_node : parameter->node;
    mp_diagnose(b->diagnostics, source, MP_SEVERITY_ERROR, node, 0, MP_S(""), MP_PARAMETER,
                "parameter \"%.*s\" has no value and no default", MP_FMT(parameter->name));
}

static mp_code take_given(const mp_json **out, const mp_parameter *parameter, const mp_given *given,
                          const mp_binding *b, mp_error *err)
{
    mp_error unsuitable = { 0 };
    bool     suits = mp_parameter_check(parameter, given->value, &unsuitable) == MP_OK;
    if (!suits && parameter->default_value)
        MP_TRY(mp_value_equal(&suits, given->value, parameter->default_value, b->arena, err));
    *out = suits ? given->value : NULL;
    if (!suits)
        mp_diagnose_at(b->diagnostics, given->source, MP_SEVERITY_ERROR, given->node, 0, MP_S(""),
                       &unsuitable);
    return MP_OK;
}

/* *out is NULL after a diagnostic. */
static mp_code find_value(const mp_json **out, const mp_parameter *parameter, const mp_given *given,
                          const mp_binding *b, mp_error *err)
{
    if (given && given->value->kind != MP_JSON_NULL)
        return take_given(out, parameter, given, b, err);
    *out = parameter->default_value;
    if (!*out)
        diagnose_missing(b, parameter);
    return MP_OK;
}

mp_code mp_bind(mp_bound *out, bool *ok, const mp_parameter *parameters, uint32_t count,
                mp_given *given, size_t given_count, const mp_binding *binding, mp_error *err)
{
    const mp_json **values = MP_ARENA_ARRAY(binding->arena, const mp_json *, (size_t)count + 1);
    if (!values)
        return mp_no_memory(err);
    *ok = true;
    for (uint32_t i = 0; i < count; i++) {
        const mp_given *one = find_given(given, given_count, parameters[i].name);
        MP_TRY(find_value(&values[i], &parameters[i], one, binding, err));
        *ok = *ok && values[i];
    }
    *out = (mp_bound){ .parameters = parameters, .values = values, .count = count };
    return MP_OK;
}

mp_code mp_bind_passed(mp_given **given, size_t *count, bool *ok, const mp_reference *r,
                       const mp_definition *d, const mp_bound *initiative, const mp_binding *binding,
                       mp_error *err)
{
    mp_given *list = MP_ARENA_ARRAY(binding->arena, mp_given, (size_t)r->passed_count + 1);
    size_t    used = 0;
    if (!list)
        return mp_no_memory(err);
    *ok = true;
    for (uint32_t i = 0; i < r->passed_count; i++) {
        const mp_passed *passed = &r->passed[i];
        if (!mp_definition_parameter(d, passed->name))
            continue;
        mp_error       failure = { 0 };
        const mp_json *value = NULL;
        mp_code code = mp_template_constant(&value, passed->value, initiative, binding->arena, &failure);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code == MP_OK)
            list[used++] = (mp_given){ passed->name, value, binding->giver, passed->node, false };
        else if (code != MP_PARAMETER)
            mp_diagnose_at(binding->diagnostics, binding->giver, MP_SEVERITY_ERROR, passed->node, 0,
                           MP_S(""), &failure);
        *ok = *ok && code == MP_OK;
    }
    *given = list;
    *count = used;
    return MP_OK;
}

static mp_json text_node(mp_str s)
{
    return (mp_json){ MP_JSON_STRING, (uint32_t)s.len, { .text = s.len ? s.ptr : "" } };
}

const mp_json *mp_bind_policy(mp_arena *arena, mp_str assignment_id, mp_str definition_id,
                              mp_str set_definition_id, mp_str reference_id)
{
    enum { MEMBERS = 4, NODES = 1 + 2 * MEMBERS };
    mp_json *v = MP_ARENA_ARRAY(arena, mp_json, NODES);
    if (!v)
        return NULL;
    v[0] = (mp_json){ MP_JSON_OBJECT, MEMBERS, { .span = NODES } };
    v[1] = text_node(MP_S("assignmentId"));
    v[2] = text_node(assignment_id);
    v[3] = text_node(MP_S("definitionId"));
    v[4] = text_node(definition_id);
    v[5] = text_node(MP_S("setDefinitionId"));
    v[6] = text_node(set_definition_id);
    v[7] = text_node(MP_S("definitionReferenceId"));
    v[8] = text_node(reference_id);
    return v;
}
