/* SPDX-License-Identifier: Apache-2.0 */
#include "enabled.h"

bool mp_is_off(const mp_check *check)
{
    bool off = check->effect == MP_EFFECT_DISABLED;
    for (uint32_t i = 0; i < check->override_count; i++)
        off = off && mp_effect_find(check->overrides[i].effect) == MP_EFFECT_DISABLED;
    return off;
}

static bool suits(const mp_definition *d, mp_effect effect)
{
    if (effect == MP_EFFECT_COUNT || effect == MP_EFFECT_DISABLED)
        return false;
    if (d->mode == MP_MODE_PROVIDER)
        return true;
    if (mp_effects[effect].needs_related)
        return d->details.type != NULL;
    return d->details.operations || (effect != MP_EFFECT_MODIFY && effect != MP_EFFECT_APPEND);
}

static bool take(mp_effect *effect, mp_str *text, const mp_definition *d, const mp_json *value)
{
    if (!mp_json_is(value, MP_JSON_STRING) || !suits(d, mp_effect_find(mp_json_str(value))))
        return false;
    *text = mp_json_str(value);
    *effect = mp_effect_find(*text);
    return true;
}

/* The parameter that the effect comes from, or NULL. */
static const mp_parameter *effect_parameter(const mp_definition *d)
{
    const mp_expr *e = d->effect ? d->effect->expr : NULL;
    if (!e || e->context != MP_CONTEXT_PARAMETERS || !mp_json_is(e->args[0]->literal, MP_JSON_STRING))
        return NULL;
    return mp_definition_parameter(d, mp_json_str(e->args[0]->literal));
}

mp_effect mp_enabled_effect(const mp_definition *d, mp_str *text)
{
    const mp_parameter *p = effect_parameter(d);
    mp_effect           effect = d->details.type ? MP_EFFECT_AUDIT_IF_NOT_EXISTS : MP_EFFECT_AUDIT;
    *text = mp_effects[effect].text;
    if (d->effect && d->effect->kind == MP_TEMPLATE_CONST)
        take(&effect, text, d, d->effect->value);
    if (!p || take(&effect, text, d, p->default_value) || !mp_json_is(p->allowed, MP_JSON_ARRAY))
        return effect;
    for (MP_JSON_EACH(value, p->allowed))
        if (take(&effect, text, d, value))
            break;
    return effect;
}
