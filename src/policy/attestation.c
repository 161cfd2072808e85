/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation.h"

#include "exemption.h"
#include "initiative.h"
#include "selector.h"
#include "text.h"

#define TYPE MP_S("Microsoft.PolicyInsights/attestations")

bool mp_attestation_is(const mp_json *node)
{
    return mp_document_is_of(node, TYPE) ||
           (mp_property(node, MP_S("complianceState")) && mp_property(node, MP_S("policyAssignmentId")) &&
            !mp_property(node, MP_S("resourceId")));
}

static bool parse_head(mp_parsing *p, mp_attestation *out, const mp_json *node)
{
    mp_head_parse(&out->id, &out->name, node);
    out->assignment_id = mp_property_str(node, MP_S("policyAssignmentId"));
    out->reference_id = mp_property_str(node, MP_S("policyDefinitionReferenceId"));
    out->scope = mp_scope_of(out->id, TYPE);
    if (out->scope.len)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_COMPILE, "the attestation has no id to say of which resource it speaks");
    return false;
}

static bool parse_state(mp_parsing *p, mp_attestation *out, const mp_json *node)
{
    static const mp_str names[] = { MP_S_INIT("Compliant"), MP_S_INIT("NonCompliant"), MP_S_INIT("Unknown") };
    const mp_json      *state = mp_property(node, MP_S("complianceState"));
    mp_str              text = mp_json_is(state, MP_JSON_STRING) ? mp_json_str(state) : MP_S("");
    out->state = names[2]; /* the default, when there is none */
    if (!state || state->kind == MP_JSON_NULL)
        return true;
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(text, names[i])) {
            out->state = names[i];
            return true;
        }
    MP_FAULT(p, state, mp_text_nearest(text, names, MP_COUNT(names)), MP_COMPILE,
             "\"%.*s\" is no state to attest", MP_FMT(text));
    return false;
}

mp_code mp_attestation_parse(mp_attestation **out, const mp_source_text *source, const mp_json *node,
                             mp_arena *arena, mp_diagnostics *diagnostics, mp_error *err)
{
    mp_parsing      p = { .arena = arena, .source = source, .diagnostics = diagnostics };
    mp_attestation *a = MP_ARENA_NEW(arena, mp_attestation);
    if (!a)
        return mp_no_memory(err);
    bool ok = parse_head(&p, a, node);
    ok = parse_state(&p, a, node) && ok;
    ok = mp_expiry_parse(&a->has_expiry, &a->expires_on, &p, node) && ok;
    if (diagnostics->failed)
        return mp_no_memory(err);
    *out = ok ? a : NULL;
    return MP_OK;
}
