/* SPDX-License-Identifier: Apache-2.0 */
/* What a remediation would change, shown before anybody orders it: every write is tried at the gate, and none is stored. */
#include "remediation_internal.h"

#include "acting.h"
#include "jsonw.h"
#include "keys.h"
#include "map.h"
#include "remedy.h"
#include "what_if.h"

typedef struct planning {
    mp_compliance        *c;
    mp_rulebook          *book;
    uint32_t              check;
    const mp_remediation *what;
    mp_acting             acting;  /* by whom it would be done */
    mp_arena             *arena;
    mp_jsonw              list;    /* of resources */
    mp_jsonw              changes; /* of the resource at hand */
    mp_map                named;   /* keys of what its template makes */
    mp_str                refusal;
    uint32_t              resources, counts[MP_WHAT_IF_CHANGES], failures;
} planning;

/* An identity may read more than who looks at the plan. */
static bool is_seen(planning *p, mp_str key)
{
    mp_acting viewer = mp_acting_as(&p->what->actor);
    return mp_acting_may_read(p->c, &viewer, key, p->arena);
}

static bool may_read(void *ctx, mp_str key)
{
    planning *p = ctx;
    return mp_acting_may_read(p->c, &p->acting, key, p->arena) && (!p->acting.is_identity || is_seen(p, key));
}

/* What this very template makes is not there to be asked about. */
static bool is_made_before(const planning *p, const mp_place *place)
{
    return (place->group_key.len && mp_map_find(&p->named, place->group_key)) || mp_map_find(&p->named, place->parent);
}

static mp_code try_step(void *ctx, const mp_remedy_step *step, mp_error *err)
{
    planning         *p = ctx;
    mp_gate_result    result = { .refusal = { NULL, 0 } };
    const mp_json    *change;
    mp_what_if_change kind;
    mp_gate_request request = { .act = MP_GATE_TRY,
                                .place = step->place,
                                .body = step->body,
                                .api_version = step->api_version,
                                .expected = MP_ANY_VERSION,
                                .by = p->acting.actor.id,
                                .by_kind = p->acting.actor.by_kind,
                                .source = MP_S("api") };
    MP_TRY(mp_acting_may(p->c, &p->acting, step->place, "write", p->arena, err));
    if (!is_seen(p, step->place->key))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "it would change '%.*s', which you may not read",
                       MP_FMT(step->place->id));
    mp_code code = mp_gate_write(&result, p->c, &request, p->arena, err);
    if (code == MP_DENIED && result.violations)
        p->refusal = result.refusal;
    if (code != MP_OK && !(code == MP_MISSING && is_made_before(p, step->place)))
        return code;
    MP_TRY(mp_map_put(&p->named, step->place->key, p, err));
    MP_TRY(mp_what_if(&change, &kind, step->place->id, step->before,
                      code == MP_OK ? result.item.document : step->body, false, p->arena, err));
    p->counts[kind]++;
    mp_jsonw_value(&p->changes, change);
    return MP_OK;
}

static mp_code may_deploy(void *ctx, const mp_place *deployment, mp_error *err)
{
    planning *p = ctx;
    return p->acting.is_identity ? mp_acting_may(p->c, &p->acting, deployment, "write", p->arena, err) : MP_OK;
}

static mp_code show_resource(planning *p, mp_str resource, mp_str location, const mp_remedied *said,
                             const mp_json *error, mp_error *err)
{
    mp_jsonw      *w = &p->list;
    mp_jsonw_end(&p->changes);
    const mp_json *changes = mp_jsonw_done(&p->changes);
    if (!changes)
        return mp_no_memory(err);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "resourceId", said->resource.len ? said->resource : resource);
    mp_jsonw_put_str(w, "resourceLocation", location);
    mp_jsonw_put_str(w, "effect", said->effect);
    mp_jsonw_put_filled(w, "deploymentId", said->deployment);
    mp_jsonw_put_value(w, "changes", changes);
    if (error)
        mp_jsonw_put_value(w, "error", error);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code plan_one(void *ctx, mp_str resource, mp_str location, mp_error *err)
{
    planning      *p = ctx;
    mp_remedied    said;
    mp_error       why = { .code = MP_OK };
    mp_remedy what = { .compliance = p->c,
                       .book = p->book,
                       .check = p->check,
                       .resource = resource,
                       .deployment = MP_S("PolicyDeployment"),
                       .is_preview = true,
                       .step = try_step,
                       .may_read = may_read,
                       .may_deploy = may_deploy,
                       .ctx = p };
    const mp_json *error = NULL;
    p->refusal = MP_S("");
    p->named = (mp_map)MP_MAP_INIT;
    mp_jsonw_init(&p->changes, p->arena);
    mp_jsonw_array(&p->changes);
    mp_code code = mp_remedy_work(&said, &what, p->arena, &why);
    mp_map_free(&p->named);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code == MP_OK && !said.is_due)
        return MP_OK; /* it is as the policy asks by now */
    p->resources++;
    if (code != MP_OK) {
        p->failures++;
        error = mp_remediation_error(p->arena, &why, p->refusal, false);
        if (!error)
            return mp_no_memory(err);
    }
    return show_resource(p, resource, location, &said, error, err);
}

static mp_code plan_all(planning *p, const mp_json **out, mp_error *err)
{
    mp_remediation bounded = *p->what;
    mp_jsonw       w;
    if (bounded.count > MP_REMEDIATION_SHOWN)
        bounded.count = MP_REMEDIATION_SHOWN;
    MP_TRY(mp_remediation_check_of(&p->check, p->book, p->what, p->arena, err));
    mp_jsonw_init(&p->list, p->arena);
    mp_jsonw_array(&p->list);
    if (p->check != MP_NO_CHECK)
        MP_TRY(mp_acting_of(&p->acting, p->c, p->book, p->check, &p->what->actor, p->arena, err));
    if (p->check != MP_NO_CHECK)
        MP_TRY(mp_remediation_each(p->c, p->book, p->check, &bounded, plan_one, p, p->arena, err));
    mp_jsonw_end(&p->list);
    const mp_json *list = mp_jsonw_done(&p->list);
    if (!list)
        return mp_no_memory(err);
    mp_jsonw_init(&w, p->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "resources", p->resources);
    mp_jsonw_put_int(&w, "creates", p->counts[MP_WHAT_IF_CREATE]);
    mp_jsonw_put_int(&w, "modifies", p->counts[MP_WHAT_IF_MODIFY]);
    mp_jsonw_put_int(&w, "failures", p->failures);
    mp_jsonw_put_value(&w, "value", list);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

mp_code mp_remediation_plan(const mp_json **out, mp_compliance *compliance, const mp_remediation *what,
                            mp_arena *arena, mp_error *err)
{
    planning p = { .c = compliance, .what = what, .arena = arena };
    MP_TRY(mp_rulebook_ref(&p.book, compliance->books, err));
    mp_code code = plan_all(&p, out, err);
    mp_rulebook_unref(p.book);
    return code;
}
