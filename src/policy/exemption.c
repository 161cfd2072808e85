/* SPDX-License-Identifier: Apache-2.0 */
#include "exemption.h"

#include "initiative.h"
#include "selector.h"
#include "text.h"

/* An exemption that is not fully understood exempts nothing: one that exempts too much would hide what
 * is wrong. */

#define TYPE MP_S("Microsoft.Authorization/policyExemptions")

bool mp_document_is_of(const mp_json *node, mp_str type)
{
    const mp_json *own = mp_json_get_fold(node, MP_S("type")), *id = mp_json_get_fold(node, MP_S("id"));
    return (mp_json_is(own, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(own), type)) ||
           (mp_json_is(id, MP_JSON_STRING) && mp_scope_of(mp_json_str(id), type).ptr);
}

bool mp_exemption_is(const mp_json *node)
{
    return mp_property(node, MP_S("exemptionCategory")) || mp_document_is_of(node, TYPE);
}

bool mp_expiry_parse(bool *has_expiry, mp_ticks *expires_on, mp_parsing *p, const mp_json *node)
{
    const mp_json *expiry = mp_property(node, MP_S("expiresOn"));
    *has_expiry = expiry && expiry->kind != MP_JSON_NULL;
    if (!*has_expiry)
        return true;
    mp_str text = expiry->kind == MP_JSON_STRING ? mp_json_str(expiry) : MP_S("");
    if (mp_clock_parse(expires_on, text))
        return true;
    MP_FAULT(p, expiry, MP_S(""), MP_COMPILE, "expiresOn wants a date and time, not \"%.*s\"", MP_FMT(text));
    return false;
}

static bool parse_head(mp_parsing *p, mp_exemption *out, const mp_json *node)
{
    mp_head_parse(&out->id, &out->name, node);
    out->display_name = mp_property_str(node, MP_S("displayName"));
    out->category = mp_property_str(node, MP_S("exemptionCategory"));
    out->assignment_id = mp_property_str(node, MP_S("policyAssignmentId"));
    out->scope = mp_scope_of(out->id, TYPE);
    if (!out->scope.ptr && mp_property_str(node, MP_S("scope")).len)
        out->scope = mp_property_str(node, MP_S("scope"));
    if (out->scope.ptr)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_COMPILE, "the exemption has no id and no scope to say what it holds for");
    return false;
}

/* One that is not given is forgiven: nothing depends on which of the two it is. */
static bool check_category(mp_parsing *p, const mp_json *node, mp_str category)
{
    static const mp_str categories[] = { MP_S_INIT("Waiver"), MP_S_INIT("Mitigated") };
    for (size_t i = 0; i < MP_COUNT(categories); i++)
        if (category.len == 0 || mp_str_eq_fold(category, categories[i]))
            return true;
    MP_FAULT(p, mp_property(node, MP_S("exemptionCategory")),
             mp_text_nearest(category, categories, MP_COUNT(categories)), MP_COMPILE,
             "exemptionCategory is Waiver or Mitigated, not \"%.*s\"", MP_FMT(category));
    return false;
}

mp_code mp_exemption_parse(mp_exemption **out, const mp_source_text *source, const mp_json *node,
                           mp_arena *arena, mp_diagnostics *diagnostics, mp_error *err)
{
    mp_parsing    p = { .arena = arena, .source = source, .diagnostics = diagnostics };
    mp_exemption *e = MP_ARENA_NEW(arena, mp_exemption);
    if (!e)
        return mp_no_memory(err);
    bool ok = parse_head(&p, e, node);
    ok = check_category(&p, node, e->category) && ok;
    ok = mp_texts_parse(&e->references, &e->reference_count, &p,
                        mp_property(node, MP_S("policyDefinitionReferenceIds")),
                        MP_S("policyDefinitionReferenceIds"), 0) && ok;
    ok = mp_selections_parse(&e->selections, &e->selection_count, &p,
                             mp_property(node, MP_S("resourceSelectors"))) && ok;
    ok = mp_expiry_parse(&e->has_expiry, &e->expires_on, &p, node) && ok;
    if (p.failed || diagnostics->failed)
        return mp_no_memory(err);
    *out = ok ? e : NULL;
    return MP_OK;
}
