/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "selector.h"

/* Whatever does not depend on the resource was settled when the check was made (unfold.c): here are
 * the questions that do. Nothing is allocated and nothing changes. */

static bool holds(const mp_check *check, mp_str scope, mp_str id)
{
    const mp_hierarchy *h = check->hierarchy;
    return h && mp_scope_is_group(scope) ? h->holds(h->context, scope, id) : mp_scope_holds(scope, id);
}

static bool is_excluded(const mp_check *check, mp_str id)
{
    const mp_assignment *a = check->assignment;
    for (uint32_t i = 0; i < a->not_scope_count; i++) /* unfold.c has warned of management groups */
        if ((check->hierarchy || !mp_scope_is_group(a->not_scopes[i])) && holds(check, a->not_scopes[i], id))
            return true;
    return false;
}

bool mp_check_concerns(const mp_check *check, mp_str id, mp_str type, mp_str location)
{
    const mp_assignment *a = check->assignment;
    if (!a)
        return true;
    return holds(check, a->scope, id) && !is_excluded(check, id) &&
           (a->selection_count == 0 ||
            mp_selections_hold(a->selections, a->selection_count, type, location));
}

bool mp_check_is_open(const mp_check *check, mp_str type, mp_str location)
{
    for (uint32_t i = 0; i < check->gate_count; i++)
        if (mp_selections_hold(&check->gates[i].selection, 1, type, location) != check->gates[i].holds)
            return false;
    return true;
}

mp_effect mp_check_effect(const mp_check *check, mp_str type, mp_str location, mp_str *text)
{
    for (uint32_t i = 0; i < check->override_count; i++) {
        const mp_override *o = &check->overrides[i];
        if (!mp_selections_hold(&o->selection, 1, type, location))
            continue;
        *text = o->effect;
        return mp_effect_find(o->effect);
    }
    *text = check->effect_text;
    return check->effect;
}

bool mp_check_may(const mp_check *check, bool (*is_such)(mp_effect effect))
{
    bool may = is_such(check->effect);
    for (uint32_t i = 0; i < check->override_count && !may; i++) {
        mp_effect effect = mp_effect_find(check->overrides[i].effect);
        may = effect != MP_EFFECT_COUNT && is_such(effect);
    }
    return may;
}

/* Not honoured from the moment that it names on. */
static bool is_over(bool has_expiry, mp_ticks expires_on, mp_ticks now)
{
    return has_expiry && now >= expires_on;
}

const mp_exemption *mp_check_exemption(const mp_check *check, mp_str id, mp_str type, mp_str location,
                                       mp_ticks now)
{
    for (uint32_t i = check->exemption_count; i-- > 0;) { /* of several, the one given last */
        const mp_exemption *e = check->exemptions[i];
        if (!is_over(e->has_expiry, e->expires_on, now) && holds(check, e->scope, id) &&
            (e->selection_count == 0 ||
             mp_selections_hold(e->selections, e->selection_count, type, location)))
            return e;
    }
    return NULL;
}

const mp_attestation *mp_check_attestation(const mp_check *check, mp_str id, mp_ticks now)
{
    for (uint32_t i = check->attestation_count; i-- > 0;) {
        const mp_attestation *a = check->attestations[i];
        /* It speaks of one resource: what is below it is attested by itself. */
        if (!is_over(a->has_expiry, a->expires_on, now) && mp_scope_equal(a->scope, id))
            return a;
    }
    return NULL;
}
