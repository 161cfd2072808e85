/* SPDX-License-Identifier: Apache-2.0 */
#include "enforce.h"

#include "enforce_internal.h"
#include "functions.h"

#include <stdlib.h>

const mp_str mp_act_names[MP_ACT_COUNT] = {
#define MP_ACT(name, text) MP_S_INIT(text),
#include "acts.def"
#undef MP_ACT
};

/* ---- acts ---- */

mp_act *mp_enforcer_add(mp_enforcer *e, mp_act_kind kind, const mp_judge *judge, uint32_t number)
{
    if (e->act_count == e->act_cap) {
        uint32_t cap = e->act_cap ? 2 * e->act_cap : 8;
        mp_act  *more = MP_ARENA_ARRAY(&e->arena, mp_act, cap);
        if (!more)
            return NULL;
        if (e->act_count)
            memcpy(more, e->acts, e->act_count * sizeof(*more));
        e->acts = more;
        e->act_cap = cap;
    }
    const mp_verdict *v = &judge->verdicts[number];
    mp_act           *act = &e->acts[e->act_count++];
    *act = (mp_act){ .kind = kind, .effect = mp_effect_find(v->effect), .check = judge->items[number]->check,
                     .verdict = *v, .message = MP_S(""), .of_changed = judge == e->changed, .number = number };
    return act;
}

/* Microsoft Learn, "Azure Policy definition structure policy rule", Avoiding template failures: "A failed
 * evaluation is an implicit deny", whatever the effect; the example there is one of audit. For effects that
 * are considered once the resource is written it comes too late. A document that the caller did not give,
 * though the resource has such a group or subscription, is a failure too: nothing is let pass by guessing. */
bool mp_verdict_failed(const mp_verdict *v)
{
    return v->state == MP_STATE_ERROR || (v->reason == MP_REASON_CONTEXT_MISSING && v->detail.len);
}

mp_code mp_enforcer_act(mp_enforcer *e, mp_act_kind kind, const mp_judge *j, uint32_t number, bool refuses,
                        mp_error *err)
{
    bool    enforced = mp_check_is_enforced(j->items[number]->check);
    mp_act *act = mp_enforcer_add(e, enforced ? kind : MP_ACT_NOT_ENFORCED, j, number);
    if (!act)
        return mp_no_memory(err);
    act->refuses = refuses && enforced;
    if (kind == MP_ACT_FAILED)
        act->message = act->verdict.detail;
    return MP_OK;
}

static bool is_refused(const mp_enforcer *e)
{
    for (uint32_t i = 0; i < e->act_count; i++)
        if (e->acts[i].refuses)
            return true;
    return false;
}

/* ---- judging those that are asked ---- */

static mp_code begin(mp_enforcer *e, const mp_enforce_request *request, mp_error *err)
{
    mp_arena_reset(&e->arena);
    e->request = *request;
    e->acts = NULL;
    e->act_count = e->act_cap = 0;
    e->picks = NULL;
    mp_str type = request->resource->type.ptr ? request->resource->type : MP_S("");
    return mp_plan_program(&e->program, e->plan, type, err);
}

typedef bool is_asked(mp_effect effect);

static bool is_before(mp_effect effect) { return !mp_effects[effect].needs_related; }
static bool is_after(mp_effect effect) { return mp_effects[effect].needs_related; }
static bool is_on_action(mp_effect effect)
{
    return effect == MP_EFFECT_DENY_ACTION || effect == MP_EFFECT_AUDIT_ACTION;
}

/* Microsoft Learn, "Azure Policy definitions modify effect": a PATCH of tags is judged only by policies whose
 * conditions inspect tags. */
static mp_code pick(mp_enforcer *e, const mp_resource *resource, is_asked *asked, mp_error *err)
{
    const mp_program *p = e->program;
    if (!e->picks)
        e->picks = mp_arena_alloc(&e->arena, (p->item_count + (size_t)1) * sizeof(*e->picks));
    if (!e->picks)
        return mp_no_memory(err);
    e->pick_count = 0;
    for (uint32_t i = 0; i < p->item_count; i++) {
        const mp_check *check = p->items[i].check;
        mp_effect       effect = check->effect;
        mp_str          text;
        if (e->request.is_tags_only && !p->items[i].lowered.reads_tags)
            continue;
        if (check->override_count)
            effect = mp_check_effect(check, p->type, resource->location, &text);
        if (asked(effect))
            e->picks[e->pick_count++] = i;
    }
    return MP_OK;
}

static mp_code judge(mp_enforcer *e, mp_judge *j, const mp_resource *resource, is_asked *asked, mp_error *err)
{
    const mp_verdict *verdicts;
    uint32_t          count;
    MP_TRY(pick(e, resource, asked, err));
    MP_TRY(mp_judge_begin(j, e->program, resource, &e->request.around, err));
    MP_TRY(mp_judge_run_pended(j, e->request.related, e->picks, e->pick_count, &verdicts, &count, err));
    for (uint32_t i = 0; i < count; i++)
        if (verdicts[i].state == MP_STATE_ERROR && verdicts[i].code == MP_NOMEM)
            return mp_no_memory(err);
    return MP_OK;
}

static void finish(mp_enforcement *out, const mp_enforcer *e, const mp_judge *judged)
{
    out->is_allowed = !is_refused(e);
    out->is_changed = out->is_allowed && out->resource == &e->resource;
    if (!out->is_changed)
        out->resource = e->request.resource;
    out->acts = e->acts;
    out->act_count = e->act_count;
    out->verdicts = judged->verdicts;
    out->verdict_count = judged->verdict_count;
}

/* ---- what verdicts lead to ---- */

/* An exempted check was not asked for its condition. */
static mp_code act_if_true(mp_enforcer *e, mp_judge *j, uint32_t number, mp_error *err)
{
    mp_truth truth = mp_run_test(j->run, j->items[number]->condition);
    if (truth == MP_FALSE)
        return MP_OK;
    if (truth == MP_FAILED && mp_run_error(j->run)->code == MP_NOMEM)
        return mp_no_memory(err);
    return mp_enforcer_add(e, MP_ACT_EXEMPT, j, number) ? MP_OK : mp_no_memory(err);
}

static mp_code act_on_write(mp_enforcer *e, mp_judge *j, uint32_t i, mp_effect effect, mp_error *err)
{
    const mp_verdict *v = &j->verdicts[i];
    bool changes = effect == MP_EFFECT_APPEND || effect == MP_EFFECT_MODIFY;
    if (mp_verdict_failed(v))
        return changes ? MP_OK /* if it failed on the request, that was noted */
                       : mp_enforcer_act(e, MP_ACT_FAILED, j, i, true, err);
    if (v->state == MP_STATE_EXEMPT)
        return act_if_true(e, j, i, err);
    if (v->state != MP_STATE_NON_COMPLIANT && v->state != MP_STATE_CONFLICTING)
        return MP_OK;
    if (effect == MP_EFFECT_DENY)
        return mp_enforcer_act(e, MP_ACT_DENIED, j, i, true, err);
    if (effect == MP_EFFECT_AUDIT)
        return mp_enforcer_act(e, MP_ACT_AUDITED, j, i, false, err);
    if (!mp_check_is_enforced(j->items[i]->check))
        return mp_enforcer_act(e, MP_ACT_NOT_ENFORCED, j, i, false, err);
    return MP_OK; /* append and modify have acted already */
}

/* Denying comes before auditing, so that what was refused is not noted twice (Order of evaluation). */
static void drop_audits(mp_enforcer *e)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < e->act_count; i++)
        if (e->acts[i].kind != MP_ACT_AUDITED)
            e->acts[kept++] = e->acts[i];
    e->act_count = kept;
}

static mp_code act_on_all(mp_enforcer *e, mp_judge *j, mp_error *err)
{
    for (uint32_t i = 0; i < j->verdict_count; i++) {
        const mp_verdict *v = &j->verdicts[i];
        if (v->state == MP_STATE_COMPLIANT)
            continue;
        mp_effect effect = mp_effect_find(v->effect);
        if (effect == MP_EFFECT_APPEND || effect == MP_EFFECT_MODIFY || effect == MP_EFFECT_DENY ||
            effect == MP_EFFECT_AUDIT)
            MP_TRY(act_on_write(e, j, i, effect, err));
    }
    if (is_refused(e))
        drop_audits(e);
    return MP_OK;
}

/* ---- writing ---- */

/* Is `doc` another document than the request's? One operation may undo what another did. */
static mp_code take_changed(mp_enforcer *e, const mp_json *doc, const mp_resource **out, mp_error *err)
{
    const mp_json *before = e->request.resource->doc;
    bool           same = doc == before;
    if (!same)
        MP_TRY(mp_value_equal(&same, before, doc, &e->arena, err));
    *out = e->request.resource;
    if (same)
        return MP_OK;
    e->resource = *e->request.resource;
    mp_edit_resource(&e->resource, doc);
    *out = &e->resource;
    return MP_OK;
}

mp_code mp_enforce_write(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request, mp_error *err)
{
    const mp_json *doc = request->resource->doc;
    mp_judge      *judged = e->asked;
    bool           refused = false;
    mp_enforcement done = { .resource = request->resource };
    MP_TRY(begin(e, request, err));
    MP_TRY(judge(e, judged, request->resource, is_before, err));
    MP_TRY(mp_enforcer_change(e, &doc, &refused, err));
    if (!refused)
        MP_TRY(take_changed(e, doc, &done.resource, err));
    if (done.resource == &e->resource) {
        judged = e->changed;
        MP_TRY(judge(e, judged, &e->resource, is_before, err));
    }
    MP_TRY(act_on_all(e, judged, err));
    finish(&done, e, judged);
    *out = done;
    return MP_OK;
}

/* ---- after a write ---- */

static mp_code act_after(mp_enforcer *e, mp_judge *j, uint32_t i, mp_error *err)
{
    const mp_verdict *v = &j->verdicts[i];
    bool deploys = mp_effect_find(v->effect) == MP_EFFECT_DEPLOY_IF_NOT_EXISTS;
    if (v->state == MP_STATE_NON_COMPLIANT)
        return mp_enforcer_act(e, deploys ? MP_ACT_DEPLOYS : MP_ACT_AUDITED, j, i, false, err);
    if (mp_verdict_failed(v))
        return mp_enforcer_act(e, MP_ACT_FAILED, j, i, false, err);
    if (v->state != MP_STATE_EXEMPT)
        return MP_OK;
    return mp_enforcer_add(e, MP_ACT_EXEMPT, j, i) ? MP_OK : mp_no_memory(err);
}

mp_code mp_enforce_after(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request, mp_error *err)
{
    mp_enforcement done = { .resource = request->resource };
    MP_TRY(begin(e, request, err));
    MP_TRY(judge(e, e->asked, request->resource, is_after, err));
    for (uint32_t i = 0; i < e->asked->verdict_count; i++)
        MP_TRY(act_after(e, e->asked, i, err));
    finish(&done, e, e->asked);
    *out = done;
    return MP_OK;
}

/* ---- deleting: Microsoft Learn, "Azure Policy definitions denyAction effect" ---- */

/* What the details say of `name`, where it depends on nothing but parameters; else *out is NULL. */
static mp_code detail(const mp_json **out, mp_enforcer *e, const mp_check *check, mp_str name, mp_error *err)
{
    const mp_details *details = &check->definition->details;
    *out = NULL;
    for (uint32_t i = 0; i < details->member_count; i++) {
        if (!mp_str_eq_fold(details->members[i].name, name))
            continue;
        mp_code code = mp_template_constant(out, details->members[i].value, &check->bound, &e->arena, NULL);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        *out = code == MP_OK ? *out : NULL;
    }
    return MP_OK;
}

static bool names_deletion(const mp_json *actions)
{
    if (!mp_json_is(actions, MP_JSON_ARRAY)) /* there is no other action */
        return true;
    for (MP_JSON_EACH(item, actions))
        if (mp_json_is(item, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(item), MP_S("delete")))
            return true;
    return false;
}

/* A group's deletion is kept from by resources with location and tags only, under mode Indexed, unless the
 * policy allows it. */
static bool holds_group(const mp_check *check, const mp_resource *r, const mp_json *behaviors)
{
    const mp_json *v = mp_json_get_fold(behaviors, MP_S("resourceGroup"));
    return check->definition->mode == MP_MODE_INDEXED && r->location.len &&
           !(mp_json_is(v, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(v), MP_S("allow")));
}

static mp_code concerns_deletion(mp_enforcer *e, const mp_check *check, bool *concerns, mp_error *err)
{
    const mp_json *actions, *behaviors;
    MP_TRY(detail(&actions, e, check, MP_S("actionNames"), err));
    MP_TRY(detail(&behaviors, e, check, MP_S("cascadeBehaviors"), err));
    *concerns = names_deletion(actions) &&
                (!e->request.with_group || holds_group(check, e->request.resource, behaviors));
    return MP_OK;
}

static mp_code act_on_deletion(mp_enforcer *e, mp_judge *j, uint32_t i, mp_error *err)
{
    const mp_verdict *v = &j->verdicts[i];
    bool              concerns;
    MP_TRY(concerns_deletion(e, j->items[i]->check, &concerns, err));
    if (!concerns)
        return MP_OK;
    if (mp_verdict_failed(v))
        return mp_enforcer_act(e, MP_ACT_FAILED, j, i, true, err);
    if (v->state == MP_STATE_PROTECTED)
        return mp_enforcer_act(e, MP_ACT_DENIED, j, i, true, err);
    if (v->state == MP_STATE_NON_COMPLIANT) /* auditAction */
        return mp_enforcer_act(e, MP_ACT_AUDITED, j, i, false, err);
    return v->state == MP_STATE_EXEMPT ? act_if_true(e, j, i, err) : MP_OK;
}

/* Nobody shall lock himself out. */
static bool is_never_kept(mp_str type)
{
    static const mp_str types[] = {
        MP_S_INIT("Microsoft.Authorization/policyAssignments"),
        MP_S_INIT("Microsoft.Authorization/denyAssignments"),
        MP_S_INIT("Microsoft.Authorization/locks"),
        MP_S_INIT("Microsoft.Blueprint/blueprintAssignments"),
        MP_S_INIT("Microsoft.Resources/deploymentStacks"),
        MP_S_INIT("Microsoft.Resources/subscriptions"),
    };
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (mp_str_eq_fold(types[i], type))
            return true;
    return false;
}

mp_code mp_enforce_delete(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request, mp_error *err)
{
    mp_enforcement done = { .resource = request->resource };
    MP_TRY(begin(e, request, err));
    e->request.is_tags_only = false;
    MP_TRY(judge(e, e->asked, request->resource, is_on_action, err));
    bool is_kept = !is_never_kept(e->program->type);
    for (uint32_t i = 0; i < e->asked->verdict_count && is_kept; i++)
        MP_TRY(act_on_deletion(e, e->asked, i, err));
    if (is_refused(e))
        drop_audits(e);
    finish(&done, e, e->asked);
    *out = done;
    return MP_OK;
}

/* ---- remedying ---- */

static mp_code remedy(mp_enforcement *done, mp_enforcer *e, uint32_t item, mp_error *err)
{
    const mp_verdict *v;
    const mp_json    *doc = e->request.resource->doc;
    bool              refused = false;
    MP_TRY(mp_judge_begin(e->asked, e->program, e->request.resource, &e->request.around, err));
    MP_TRY(mp_judge_one(e->asked, e->request.related, item, &v, err));
    if (v->state == MP_STATE_ERROR && v->code == MP_NOMEM)
        return mp_no_memory(err);
    mp_effect effect = mp_effect_find(v->effect);
    mp_act_kind kind = MP_ACT_COUNT;
    if (mp_verdict_failed(v))
        kind = MP_ACT_FAILED;
    else if (v->state == MP_STATE_NON_COMPLIANT && effect == MP_EFFECT_DEPLOY_IF_NOT_EXISTS)
        kind = MP_ACT_DEPLOYS;
    else if (v->state != MP_STATE_NON_COMPLIANT || (effect != MP_EFFECT_MODIFY && effect != MP_EFFECT_APPEND))
        return MP_OK;
    if (kind == MP_ACT_COUNT) {
        MP_TRY(mp_enforcer_change_by(e, 0, &doc, &refused, err));
        return refused ? MP_OK : take_changed(e, doc, &done->resource, err);
    }
    mp_act *act = mp_enforcer_add(e, kind, e->asked, 0);
    if (!act)
        return mp_no_memory(err);
    act->refuses = kind == MP_ACT_FAILED;
    act->message = act->refuses ? v->detail : act->message;
    return MP_OK;
}

mp_code mp_enforce_remedy(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request,
                          uint32_t check, mp_error *err)
{
    mp_enforcement done = { .resource = request->resource };
    MP_TRY(begin(e, request, err));
    e->asked->verdict_count = 0;
    for (uint32_t i = 0; i < e->program->item_count; i++)
        if (e->program->items[i].check_index == check) {
            MP_TRY(remedy(&done, e, i, err));
            break;
        }
    finish(&done, e, e->asked);
    *out = done;
    return MP_OK;
}

/* ---- more about an act ---- */

mp_code mp_enforce_decided(const mp_decided **out, uint32_t *count, mp_enforcer *e, const mp_act *act,
                           mp_error *err)
{
    mp_judge *j = act->of_changed ? e->changed : e->asked;
    *out = NULL;
    *count = 0;
    return mp_judge_decided(j, e->request.related, act->number, out, count, err);
}

mp_code mp_enforce_details(const mp_json **out, mp_enforcer *e, const mp_act *act, mp_error *err)
{
    return mp_judge_details(out, act->of_changed ? e->changed : e->asked, act->number, err);
}

/* ---- making and freeing ---- */

mp_code mp_enforcer_new(mp_enforcer **out, mp_plan *plan, mp_error *err)
{
    if (!mp_plan_options_of(plan)->details)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "an enforcer wants a plan that was made with details");
    mp_enforcer *e = calloc(1, sizeof(*e));
    if (!e)
        return mp_no_memory(err);
    e->plan = plan;
    mp_code code = mp_judge_new(&e->asked, plan, err);
    if (code == MP_OK)
        code = mp_judge_new(&e->changed, plan, err);
    if (code != MP_OK) {
        mp_enforcer_free(e);
        return code;
    }
    *out = e;
    return MP_OK;
}

void mp_enforcer_free(mp_enforcer *e)
{
    if (!e)
        return;
    mp_judge_free(e->asked);
    mp_judge_free(e->changed);
    mp_arena_free(&e->arena);
    free(e);
}
