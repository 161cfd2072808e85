/* SPDX-License-Identifier: Apache-2.0 */
#include "assignment.h"

#include "selector.h"
#include "text.h"

bool mp_assignment_is(const mp_json *node)
{
    return mp_json_is(mp_property(node, MP_S("policyDefinitionId")), MP_JSON_STRING);
}

static void parse_head(mp_assignment *out, const mp_json *node)
{
    mp_head_parse(&out->id, &out->name, node);
    out->display_name = mp_property_str(node, MP_S("displayName"));
    out->scope = mp_property_str(node, MP_S("scope"));
    if (out->scope.len == 0)
        out->scope = mp_scope_of(out->id, MP_S("Microsoft.Authorization/policyAssignments"));
    if (!out->scope.ptr)
        out->scope = MP_S("");
}

static bool parse_mode(mp_parsing *p, mp_assignment *out, const mp_json *node)
{
    static const mp_str names[] = { MP_S_INIT("Default"), MP_S_INIT("DoNotEnforce"), MP_S_INIT("Enroll") };
    const mp_json *mode = mp_property(node, MP_S("enforcementMode"));
    out->enforcement_mode = names[0];
    out->enforced = true;
    if (!mode || mode->kind == MP_JSON_NULL)
        return true;
    mp_str text = mode->kind == MP_JSON_STRING ? mp_json_str(mode) : MP_S("");
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(text, names[i])) {
            out->enforcement_mode = names[i];
            out->enforced = i == 0;
            return true;
        }
    MP_FAULT(p, mode, mp_text_nearest(text, names, MP_COUNT(names)), MP_COMPILE,
             "\"%.*s\" is no enforcementMode", MP_FMT(text));
    return false;
}

static bool parse_given(mp_parsing *p, mp_assignment_document *a, const mp_json *node)
{
    if (!node || node->kind == MP_JSON_NULL)
        return true;
    if (!mp_parameters_are_object(p, node))
        return false;
    a->given = MP_ARENA_ARRAY(p->arena, mp_given, (size_t)node->count + 1);
    if (!a->given) {
        p->failed = true;
        return false;
    }
    bool ok = true;
    for (MP_JSON_MEMBERS(key, node)) {
        const mp_json *value = mp_json_get_fold(key + 1, MP_S("value"));
        if (value)
            a->given[a->given_count++] =
                (mp_given){ mp_json_str(key), value, &a->head.source, value, false };
        else
            MP_FAULT(p, key + 1, MP_S(""), MP_PARAMETER,
                     "parameter \"%.*s\" wants an object with a \"value\"", MP_FMT(mp_json_str(key)));
        ok = ok && value;
    }
    return ok;
}

static bool parse_terms(mp_parsing *p, mp_assignment_document *a, const mp_json *node)
{
    mp_assignment *head = &a->head;
    bool ok = mp_texts_parse(&head->not_scopes, &head->not_scope_count, p,
                             mp_property(node, MP_S("notScopes")), MP_S("notScopes"), MP_NOT_SCOPES_MAX);
    ok = mp_selections_parse(&head->selections, &head->selection_count, p,
                             mp_property(node, MP_S("resourceSelectors"))) && ok;
    return mp_overrides_parse(&a->overrides, &a->override_count, p,
                              mp_property(node, MP_S("overrides"))) && ok;
}

mp_code mp_assignment_parse(mp_assignment_document **out, const mp_source_text *source,
                            const mp_json *node, mp_arena *arena, mp_diagnostics *diagnostics,
                            mp_error *err)
{
    mp_parsing p = { .arena = arena, .source = source, .diagnostics = diagnostics };
    mp_assignment_document *a = MP_ARENA_NEW(arena, mp_assignment_document);
    if (!a)
        return mp_no_memory(err);
    a->head.source = *source;
    a->node = node;
    parse_head(&a->head, node);
    a->policy_id = mp_property_str(node, MP_S("policyDefinitionId"));
    a->version = mp_property_str(node, MP_S("definitionVersion"));
    bool ok = parse_mode(&p, &a->head, node);
    ok = parse_given(&p, a, mp_property(node, MP_S("parameters"))) && ok;
    ok = parse_terms(&p, a, node) && ok;
    const mp_json *messages = mp_property(node, MP_S("nonComplianceMessages"));
    a->messages = mp_json_is(messages, MP_JSON_ARRAY) ? messages : NULL;
    if (p.failed || diagnostics->failed)
        return mp_no_memory(err);
    a->is_valid = ok;
    *out = a;
    return MP_OK;
}

mp_str mp_assignment_message(const mp_assignment *assignment, mp_str reference_id)
{
    const mp_assignment_document *a = (const mp_assignment_document *)assignment;
    mp_str for_all = MP_S("");
    if (!a->messages)
        return for_all;
    for (MP_JSON_EACH(item, a->messages)) {
        mp_str reference = mp_property_str(item, MP_S("policyDefinitionReferenceId"));
        mp_str message = mp_property_str(item, MP_S("message"));
        if (reference.len == 0)
            for_all = message;
        else if (mp_str_eq_fold(reference, reference_id))
            return message;
    }
    return for_all;
}

const mp_json *mp_assignment_parameters(const mp_assignment *assignment)
{
    const mp_assignment_document *a = (const mp_assignment_document *)assignment;
    const mp_json                *v = mp_property(a->node, MP_S("parameters"));
    return mp_json_is(v, MP_JSON_OBJECT) ? v : NULL;
}
