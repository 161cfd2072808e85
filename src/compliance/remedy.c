/* SPDX-License-Identifier: Apache-2.0 */
#include "remedy.h"

#include <mapae/inventory.h>

#include "deployment.h"
#include "enforce.h"
#include "keys.h"
#include "rulebook_internal.h"
#include "secret.h"
#include "surroundings.h"

typedef struct working {
    const mp_remedy *what;
    mp_remedied     *out;
    mp_arena        *arena;
    mp_enforcer     *enforcer;
    mp_place         place;
    mp_estate_item   item;
    const mp_json   *changed; /* of modify */
    const mp_json   *details; /* of deployIfNotExists */
    mp_str           key;     /* of a lookup */
    mp_estate_item   found;
} working;

static bool is_remedied(mp_effect effect) { return effect == MP_EFFECT_MODIFY || effect == MP_EFFECT_DEPLOY_IF_NOT_EXISTS; }

bool mp_is_remediable(const mp_rulebook *book, uint32_t check) { return mp_check_may(&book->checks[check], is_remedied); }

/* ---- what the policy says ---- */

static mp_str text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* What the enforcer said goes with its next call: what is needed of it is copied. */
static mp_code take(working *w, const mp_enforcement *done, mp_error *err)
{
    const mp_act *act = done->act_count ? &done->acts[0] : NULL;
    if (!act || !is_remedied(act->effect))
        return MP_OK;
    w->out->effect = mp_arena_dup(w->arena, mp_effects[act->effect].text);
    if (!w->out->effect.ptr)
        return mp_no_memory(err);
    if (act->kind == MP_ACT_DEPLOYS) {
        const mp_json *details;
        MP_TRY(mp_enforce_details(&details, w->enforcer, act, err));
        w->details = mp_arena_dup_json(w->arena, details);
        w->out->is_due = true;
        return w->details ? MP_OK : mp_no_memory(err);
    }
    if (act->kind == MP_ACT_CHANGED && done->is_changed) {
        w->changed = mp_arena_dup_json(w->arena, done->resource->doc);
        w->out->is_due = true;
        return w->changed ? MP_OK : mp_no_memory(err);
    }
    if (act->kind == MP_ACT_CHANGED || act->kind == MP_ACT_EXEMPT)
        return MP_OK;
    w->out->is_due = true;
    return mp_fail(err, act->kind == MP_ACT_FAILED ? MP_EVALUATION : MP_CONFLICT, MP_NOWHERE,
                   "the policy cannot remedy it: %.*s", MP_FMT(act->message));
}

static mp_code ask(mp_tx *tx, void *arg, mp_error *err)
{
    working           *w = arg;
    mp_around          around;
    mp_resource        resource;
    mp_enforcement     done;
    mp_enforce_request asked = { .resource = &resource };
    mp_error           why = { .code = MP_OK };
    mp_code            code = mp_estate_get(&w->item, tx, w->place.key, 0, w->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    mp_around_init(&around, tx, w->arena, 0);
    MP_TRY(mp_around_fill(&asked.around, &around, &w->place, NULL, mp_tx_time(tx), err));
    if (w->place.kind == MP_PLACE_GROUP)
        asked.around.resource_group = w->item.document;
    MP_TRY(mp_resource_from_arm(&resource, w->item.document, w->arena, err));
    asked.related = &around.related;
    MP_TRY(mp_enforce_remedy(&done, w->enforcer, &asked, w->what->check, err));
    MP_TRY(mp_around_check(&around, err));
    w->out->resource = w->item.id;
    w->out->location = text(w->item.document, "location");
    return take(w, &done, err);
}

static mp_code decide(working *w, mp_error *err)
{
    MP_TRY(mp_rulebook_enforcer(&w->enforcer, w->what->book, err));
    mp_code code = mp_store_read(w->what->compliance->app->store, ask, w, err);
    mp_rulebook_enforcer_back(w->what->book, w->enforcer);
    w->enforcer = NULL;
    return code;
}

/* ---- what a template asks for ---- */

static mp_code read_found(mp_tx *tx, void *arg, mp_error *err)
{
    working *w = arg;
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_estate_get(&w->found, tx, w->key, 0, w->arena, &why);
    if (code == MP_MISSING)
        w->found = (mp_estate_item){ .version = 0 };
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code find(working *w, mp_str key, mp_error *err)
{
    w->key = key;
    return mp_store_read(w->what->compliance->app->store, read_found, w, err);
}

static mp_code look_up(const mp_json **out, void *user, mp_str id, mp_str api_version, mp_arena *arena, mp_error *err)
{
    working *w = user;
    mp_str   key;
    (void)api_version;
    *out = NULL;
    MP_TRY(mp_key_of(&key, id, w->arena, err));
    if (!w->what->may_read(w->what->ctx, key))
        return MP_OK; /* what he may not see is not there for him */
    MP_TRY(find(w, key, err));
    if (!w->found.version)
        return MP_OK;
    *out = mp_arena_dup_json(arena, w->found.document);
    return *out ? MP_OK : mp_no_memory(err);
}

/* The resource's group unless the policy names another, or its subscription (Microsoft Learn, "Azure Policy
 * definitions deployIfNotExists effect"). */
static mp_code scope_of(mp_str *out, const working *w, mp_error *err)
{
    mp_str group = text(w->details, "resourceGroupName");
    bool   is_wide = mp_str_eq_fold(text(w->details, "deploymentScope"), MP_S("subscription"));
    if (!group.len)
        group = w->place.group;
    *out = is_wide || !group.len ? mp_arena_printf(w->arena, "/subscriptions/%.*s", MP_FMT(w->place.subscription))
                                 : mp_arena_printf(w->arena, "/subscriptions/%.*s/resourceGroups/%.*s",
                                                   MP_FMT(w->place.subscription), MP_FMT(group));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* Objects of policy and roles have ways of their own, which a template does not take. */
static mp_code check_plain(const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    static const char *const other[] = { "Microsoft.Authorization/", "Microsoft.Management/",
                                         "Microsoft.PolicyInsights/", "Microsoft.Security/" };
    bool is_plain = place->subscription.len > 0;
    if (r->is_unknown)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                       "what the nested deployment '%.*s' asks for is known only once the others are there: %.*s",
                       MP_FMT(r->name), MP_FMT(r->why));
    for (size_t i = 0; i < MP_COUNT(other) && is_plain; i++)
        is_plain = !mp_str_starts_fold(place->type, mp_str_from(other[i]));
    return is_plain
               ? MP_OK
               : mp_fail(
                     err, MP_UNSUPPORTED, MP_NOWHERE,
                     "the policy's template asks for a resource of type '%.*s', which a deployment cannot make here",
                     MP_FMT(place->type));
}

static mp_code step_deployed(working *w, const mp_deployment_resource *r, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, mp_arena_dup(w->arena, r->id), w->arena, err));
    MP_TRY(check_plain(r, &place, err));
    MP_TRY(find(w, place.key, err));
    /* the template's goes with the next resource */
    const mp_json *body = mp_arena_dup_json(w->arena, w->what->is_preview ? r->shown : r->body);
    mp_remedy_step step = { .place = &place,
                            .before = w->found.version ? w->found.document : NULL,
                            .body = body,
                            .expected = MP_ANY_VERSION };
    step.api_version = mp_arena_dup(w->arena, r->api_version);
    return body && step.api_version.ptr ? w->what->step(w->what->ctx, &step, err) : mp_no_memory(err);
}

static mp_code step_all(working *w, mp_deployment *d, mp_error *err)
{
    for (;;) {
        const mp_deployment_resource *r;
        MP_TRY(mp_deployment_next(&r, d, err));
        if (!r)
            return MP_OK;
        if (!r->is_deployment || r->is_unknown)
            MP_TRY(step_deployed(w, r, err));
    }
}

static mp_code keep_parameters(working *w, mp_deployment *d, mp_error *err)
{
    const mp_json *parameters;
    MP_TRY(mp_deployment_parameters(&parameters, d, err));
    w->out->parameters = mp_arena_dup_json(w->arena, parameters);
    return w->out->parameters ? MP_OK : mp_no_memory(err);
}

static mp_code deploy(working *w, mp_error *err)
{
    char                  seed[37];
    const mp_json *deployment = mp_json_get_fold(w->details, MP_S("deployment")),
                  *properties = mp_json_get_fold(deployment, MP_S("properties"));
    mp_deployment        *d = NULL;
    mp_deployment_context context = { .name = w->what->deployment,
                                      .location = text(deployment, "location"),
                                      .now = mp_clock_now(),
                                      .is_preview = w->what->is_preview,
                                      .lookup = look_up,
                                      .user = w };
    MP_TRY(mp_guid(seed, err));
    context.seed = mp_str_of(seed, 36);
    MP_TRY(scope_of(&context.scope, w, err));
    w->out->deployment = mp_arena_printf(w->arena, "%.*s/providers/Microsoft.Resources/deployments/%.*s",
                                         MP_FMT(context.scope), MP_FMT(w->what->deployment));
    if (!w->out->deployment.ptr)
        return mp_no_memory(err);
    if (!w->what->step)
        return MP_OK;
    w->out->deployed_at = context.location;
    if (w->what->may_deploy) {
        mp_place place;
        MP_TRY(mp_place_of(&place, w->out->deployment, w->arena, err));
        MP_TRY(w->what->may_deploy(w->what->ctx, &place, err));
    }
    const mp_json *template_json = mp_json_get_fold(properties, MP_S("template"));
    if (!mp_json_is(template_json, MP_JSON_OBJECT))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the policy gives no template to deploy");
    MP_TRY(mp_deployment_new(&d, template_json, mp_json_get_fold(properties, MP_S("parameters")), &context, err));
    mp_code code = keep_parameters(w, d, err);
    if (code == MP_OK)
        code = step_all(w, d, err);
    mp_deployment_free(d);
    return code;
}

/* ---- together ---- */

static mp_code change(working *w, mp_error *err)
{
    mp_remedy_step step = { .place = &w->place,
                            .before = w->item.document,
                            .body = w->changed,
                            .expected = w->item.version,
                            .api_version = MP_S("") };
    return w->what->step ? w->what->step(w->what->ctx, &step, err) : MP_OK;
}

mp_code mp_remedy_work(mp_remedied *out, const mp_remedy *what, mp_arena *arena, mp_error *err)
{
    working w = { .what = what, .out = out, .arena = arena };
    *out = (mp_remedied){ .resource = what->resource,
                          .location = MP_S(""),
                          .effect = MP_S(""),
                          .deployment = MP_S(""),
                          .deployed_at = MP_S("") };
    MP_TRY(mp_place_of(&w.place, what->resource, arena, err));
    MP_TRY(decide(&w, err));
    if (!out->is_due)
        return MP_OK;
    return w.details ? deploy(&w, err) : change(&w, err);
}
