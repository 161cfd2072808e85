/* SPDX-License-Identifier: Apache-2.0 */
/* A template is worked out, and each thing that it asks for is asked of this face. */
#include "arm_deploying.h"

#include "secret.h"

/* ---- the body ---- */

mp_code mp_arm_deploying_read(mp_arm_deploying *d, mp_error *err)
{
    mp_arm_call *call = d->call;
    d->began = mp_clock_now();
    d->properties = mp_arm_member(call->body, "properties");
    if (!mp_json_is(d->properties, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "properties", err);
    d->template_json = mp_arm_member(d->properties, "template");
    d->parameters = mp_arm_member(d->properties, "parameters");
    if (mp_arm_member(d->properties, "templateLink"))
        return MP_ARM_FAIL(call, 400, "InvalidTemplate", err, "A templateLink is not followed here; send the template itself.");
    if (!mp_json_is(d->template_json, MP_JSON_OBJECT))
        return mp_arm_lacks(call, "template", err);
    mp_str mode = mp_arm_text(d->properties, "mode");
    d->is_complete = mp_str_eq_fold(mode, MP_S("Complete"));
    if (mode.len && !d->is_complete && !mp_str_eq_fold(mode, MP_S("Incremental")))
        return MP_ARM_FAIL(call, 400, "InvalidDeploymentMode", err, "The mode is '%.*s'; wanted is Incremental or Complete.", MP_FMT(mode));
    if (d->is_complete && call->scope.kind != MP_PLACE_GROUP)
        return MP_ARM_FAIL(call, 400, "InvalidDeploymentMode", err, "The mode Complete is for resource groups.");
    return mp_guid(d->seed, err);
}

/* ---- what expressions ask for ---- */

/* What he may not see is not there for him. */
static mp_code look_up(const mp_json **out, void *user, mp_str id, mp_str api_version, mp_arena *arena, mp_error *err)
{
    mp_arm_deploying *d = user;
    mp_arm_call      *inner = NULL;
    mp_place          place;
    mp_error          why = { .code = MP_OK };
    *out = NULL;
    mp_code code = mp_place_of(&place, id, d->call->request->arena, &why);
    if (code == MP_OK)
        code = mp_arm_within(&inner, d->call, &(mp_arm_inner){ .method = MP_GET, .id = place.id, .api_version = api_version }, &why);
    if (code != MP_OK && mp_http_status_of(code) < 500)
        return MP_OK;
    if (code != MP_OK) {
        if (err)
            *err = why;
        return code;
    }
    *out = inner->answer ? mp_arena_dup_json(arena, inner->answer) : NULL;
    return *out || !inner->answer ? MP_OK : mp_arm_nomem(err);
}

/* tenant() and deployer(). */
static const mp_json *named_ids(mp_arm_call *call, const char *first, mp_str value, const char *second)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, first, value);
    mp_arm_put(&w, second, mp_arm_tenant(call));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code begin(mp_arm_deploying *d, mp_error *err)
{
    mp_arm_call           *call = d->call;
    mp_arena              *arena = call->request->arena;
    mp_deployment_context *context = MP_ARENA_NEW(arena, mp_deployment_context);
    mp_str                 tenant = mp_arena_printf(arena, "/tenants/%.*s", MP_FMT(mp_arm_tenant(call))), by, kind;
    mp_error               why = { .code = MP_OK };
    if (!context || !tenant.ptr)
        return mp_arm_nomem(err);
    mp_arm_by(&by, &kind, call);
    *context = (mp_deployment_context){
        .scope = call->scope.kind == MP_PLACE_TENANT ? MP_S("") : call->scope.id,
        .name = call->name,
        .location = mp_arm_text(call->body, "location"),
        .mode = d->is_complete ? MP_S("Complete") : MP_S("Incremental"),
        .tenant = named_ids(call, "id", tenant, "tenantId"),
        .deployer = named_ids(call, "objectId", by, "tenantId"),
        .now = d->began,
        .seed = mp_str_of(d->seed, 36),
        .is_preview = d->is_preview,
        .lookup = look_up,
        .user = d,
    };
    if (!context->tenant || !context->deployer)
        return mp_arm_nomem(err);
    if (mp_deployment_new(&d->deployment, d->template_json, d->parameters, context, &why) == MP_OK)
        return MP_OK;
    return mp_arm_fault_as(call, 400, "InvalidTemplate", &why, err);
}

void mp_arm_deploying_end(mp_arm_deploying *d)
{
    mp_deployment_free(d->deployment);
    d->deployment = NULL;
    mp_map_free(&d->named);
}

mp_code mp_arm_deploying_each(mp_arm_deploying *d, bool is_preview, mp_arm_each_fn *fn, mp_error *err)
{
    mp_arena *arena = d->call->request->arena;
    d->is_preview = is_preview;
    d->named = (mp_map)MP_MAP_INIT;
    MP_TRY(begin(d, err));
    for (;;) {
        const mp_deployment_resource *r;
        mp_place                      place;
        mp_error                      why = { .code = MP_OK };
        if (mp_deployment_next(&r, d->deployment, &why) != MP_OK)
            return mp_arm_fault_as(d->call, 400, "InvalidTemplate", &why, err);
        if (!r)
            return MP_OK;
        mp_str id = mp_arena_dup(arena, r->id);
        if (!id.ptr)
            return mp_arm_nomem(err);
        if (mp_place_of(&place, id, arena, &why) != MP_OK)
            return mp_arm_fault_as(d->call, 400, "InvalidTemplate", &why, err);
        MP_TRY(fn(d, r, &place, err));
        MP_TRY(mp_map_put(&d->named, place.key, d, err));
    }
}

/* ---- before it is done ---- */

static bool is_named(const mp_arm_deploying *d, mp_str key) { return key.len > 1 && mp_map_find(&d->named, key); }

/* A text within it names what the template asks for. */
static bool names_one(const mp_arm_deploying *d, const mp_json *v)
{
    mp_place place;
    if (mp_json_is(v, MP_JSON_STRING))
        return mp_str_starts(mp_json_str(v), MP_S("/")) && mp_place_of(&place, mp_json_str(v), d->call->request->arena, NULL) == MP_OK && is_named(d, place.key);
    if (mp_json_is(v, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, v))
            if (names_one(d, key + 1))
                return true;
    if (mp_json_is(v, MP_JSON_ARRAY))
        for (MP_JSON_EACH(item, v))
            if (names_one(d, item))
                return true;
    return false;
}

/* It stands on what the template asks for before it, or refers to it: nothing of that is there yet. */
static bool waits_for_another(const mp_arm_deploying *d, const mp_arm_call *inner, const mp_place *place, const mp_json *body, mp_code code)
{
    static const char *const of_reference[] = { "RoleDefinitionDoesNotExist", "PrincipalNotFound" };
    bool is_missing = code == MP_MISSING;
    for (size_t i = 0; i < MP_COUNT(of_reference); i++)
        is_missing = is_missing || (inner->fault.code && strcmp(inner->fault.code, of_reference[i]) == 0);
    if (!is_missing)
        return false;
    return is_named(d, place->group_key) || is_named(d, place->parent) || is_named(d, inner->scope.key) || names_one(d, body);
}

/* Ours, whatever was asked: nothing is to be said of the template then. */
static bool is_final(const mp_arm_call *inner, mp_code code) { return !inner || mp_http_status_of(code) >= 500 || mp_arm_is_lacking(inner, code); }

mp_code mp_arm_try(mp_arm_verdict *verdict, mp_arm_call **inner, mp_error *why, mp_arm_deploying *d, const mp_deployment_resource *r, const mp_place *place, mp_error *err)
{
    const mp_json *body = mp_arena_dup_json(d->call->request->arena, r->body); /* the template's goes with the next resource */
    if (!body)
        return mp_arm_nomem(err);
    mp_arm_inner asked = { .method = MP_PUT, .id = place->id, .api_version = mp_arena_dup(d->call->request->arena, r->api_version), .body = body, .is_trial = true,
                           .drafts = &d->drafts, .only_asks = r->is_deployment };
    *verdict = MP_ARM_UNKNOWN;
    mp_code code = mp_arm_within(inner, d->call, &asked, why);
    if (code != MP_OK && is_final(*inner, code))
        return mp_arm_pass_on(d->call, *inner, why, err);
    if (code == MP_OK)
        *verdict = r->is_deployment && r->is_unknown ? MP_ARM_UNKNOWN : MP_ARM_GOES;
    else if (!waits_for_another(d, *inner, place, body, code) && !(r->has_unknown && (code == MP_PARAMETER || code == MP_MISSING)))
        *verdict = MP_ARM_REFUSED;
    return MP_OK;
}
