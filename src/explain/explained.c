/* SPDX-License-Identifier: Apache-2.0 */
#include "explained.h"

#include "enabled.h"

/* A policy that is disabled for this resource is judged as if it were not. */
static void enable(mp_explained *e, mp_str type)
{
    mp_str text;
    e->effect = mp_check_effect(&e->check, type, e->resource->location, &text);
    if (e->effect != MP_EFFECT_DISABLED)
        return;
    e->disabled = (mp_verdict){ .state = MP_STATE_NOT_APPLICABLE, .reason = MP_REASON_NOT_APPLICABLE,
                                .effect = text, .detail = MP_S("disabled") };
    e->effect = e->check.effect = mp_enabled_effect(e->check.definition, &e->check.effect_text);
    e->check.override_count = 0;
}

/* Whether the assignment concerns the resource at all is asked before the effect. */
static void tell_disabled(mp_explained *e)
{
    bool is_elsewhere = e->shown->state == MP_STATE_NOT_APPLICABLE && mp_str_eq(e->shown->detail, MP_S("scope"));
    e->verdict = e->disabled.effect.ptr && !is_elsewhere ? &e->disabled : e->shown;
}

mp_code mp_explained_plan(mp_explained *e, const mp_resource *resource, const mp_plan_options *options, mp_error *err)
{
    mp_plan_options all = *options;
    mp_str          type = resource->type.ptr ? resource->type : MP_S("");
    all.details = all.keep_all = true;
    e->resource = resource;
    enable(e, type);
    MP_TRY(mp_plan_new(&e->plan, &e->check, 1, &all, err));
    MP_TRY(mp_judge_new(&e->judge, e->plan, err));
    MP_TRY(mp_plan_program(&e->program, e->plan, type, err));
    if (e->program->item_count == 0)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the policy was not compiled for type %.*s", MP_FMT(type));
    return MP_OK;
}

mp_code mp_explained_judge(mp_explained *e, const mp_surroundings *around, const mp_related *related, mp_error *err)
{
    e->related = related;
    MP_TRY(mp_judge_begin(e->judge, e->program, e->resource, around, err));
    MP_TRY(mp_judge_one(e->judge, related, 0, &e->shown, err));
    tell_disabled(e);
    return MP_OK;
}

void mp_explained_done(mp_explained *e)
{
    mp_judge_free(e->judge);
    mp_plan_free(e->plan);
    e->judge = NULL;
    e->plan = NULL;
}
