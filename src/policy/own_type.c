/* SPDX-License-Identifier: Apache-2.0 */
#include "own_type.h"

/* The condition holds for resources of this type: it says so, alone or in an allOf or anyOf. */
static bool selects(const mp_condition *c, mp_str type)
{
    for (uint32_t i = 0; i < c->count && c->kind != MP_CONDITION_NOT; i++)
        if (selects(c->kids[i], type))
            return true;
    if (c->kind != MP_CONDITION_TEST || c->left_kind != MP_LEFT_FIELD || !c->right ||
        !mp_json_is(c->left->value, MP_JSON_STRING) ||
        !mp_str_eq_fold(mp_json_str(c->left->value), MP_S("type")))
        return false;
    const mp_json *right = c->right->value;
    if (c->op == MP_OP_EQUALS)
        return mp_json_is(right, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(right), type);
    if (c->op != MP_OP_IN || !mp_json_is(right, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(one, right))
        if (mp_json_is(one, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(one), type))
            return true;
    return false;
}

void mp_own_type_check(mp_parsing *p, const mp_definition *d)
{
    const mp_template *type = d->details.type;
    if (!d->condition || !type || d->details.name || !mp_json_is(type->value, MP_JSON_STRING))
        return;
    if (d->effect && d->effect->kind == MP_TEMPLATE_CONST) {
        mp_effect effect = mp_effect_find(mp_json_str(d->effect->value));
        if (effect == MP_EFFECT_COUNT || !mp_effects[effect].needs_related)
            return;
    }
    if (selects(d->condition, mp_json_str(type->value)))
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_WARNING, type->node, 0, MP_S(""), MP_COMPILE,
                    "the related resource is of the type that \"if\" selects, so details want a \"name\": "
                    "[field('name')] or [field('fullName')]");
}
