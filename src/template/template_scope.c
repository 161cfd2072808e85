/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that tell where the deployment goes and what it is. Microsoft Learn, "Scope functions for ARM templates"
 * and "Deployment functions for ARM templates". */
#include "template_internal.h"

#include <stdio.h>

#include "digest.h"

static mp_code wrong_scope(const mp_expr *call, const char *what, mp_error *err)
{
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() needs a %s, and the deployment is not to one: %s",
                   MP_FMT(call->function->name), what, call->function->signature);
}

/* The document of a scope: what the context gave when it is the root's, else what lookup() says; NULL when nobody
 * knows. */
static mp_code scope_document(const mp_json **out, eval *e, mp_str id, mp_str root_id, const mp_json *given, mp_error *err)
{
    const mp_deployment_context *c = &e->d->context;
    *out = given && tpl_same_id(id, root_id) ? given : NULL;
    return *out || !c->lookup ? MP_OK : c->lookup(out, c->user, id, MP_S(""), e->arena, err);
}

/* What is made up for a scope that nobody knows; in a preview what is missing in it is unknown. */
static mp_code give_made_up(value *out, eval *e, mp_jsonw *w, mp_error *err)
{
    mp_jsonw_end(w);
    MP_TRY(tpl_give(out, e, mp_jsonw_done(w), err));
    out->is_tentative = e->d->context.is_preview;
    return MP_OK;
}

mp_code tpl_eval_resource_group(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    const scope   *s = e->frame->scope;
    const mp_json *found;
    if (s->kind != SCOPE_GROUP)
        return wrong_scope(call, "resource group", err);
    MP_TRY(scope_document(&found, e, s->id, e->d->scope.id, e->d->context.resource_group, err));
    if (found)
        return tpl_give(out, e, found, err);
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", s->id);
    mp_jsonw_put_str(&w, "name", s->group);
    mp_jsonw_put_str(&w, "type", MP_S("Microsoft.Resources/resourceGroups"));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "provisioningState", MP_S("Succeeded"));
    mp_jsonw_end(&w);
    return give_made_up(out, e, &w, err);
}

mp_code tpl_eval_subscription(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    const scope   *s = e->frame->scope;
    const mp_json *found;
    if (!s->subscription.len)
        return wrong_scope(call, "subscription", err);
    mp_str id = mp_arena_printf(e->arena, "/subscriptions/%.*s", MP_FMT(s->subscription));
    mp_str root = mp_arena_printf(e->arena, "/subscriptions/%.*s", MP_FMT(e->d->scope.subscription));
    if (!id.ptr || !root.ptr)
        return tpl_out_of_memory(e->d, err);
    MP_TRY(scope_document(&found, e, id, root, e->d->context.subscription, err));
    if (found)
        return tpl_give(out, e, found, err);
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", id);
    mp_jsonw_put_str(&w, "subscriptionId", s->subscription);
    mp_jsonw_put_str(&w, "displayName", s->subscription);
    const mp_json *tenant = mp_json_get_fold(e->d->context.tenant, MP_S("tenantId"));
    if (tenant) {
        mp_jsonw_put_value(&w, "tenantId", tenant);
    }
    return give_made_up(out, e, &w, err);
}

mp_code tpl_eval_management_group(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    const scope   *s = e->frame->scope;
    const mp_json *found;
    if (s->kind != SCOPE_MANAGEMENT_GROUP)
        return wrong_scope(call, "management group", err);
    MP_TRY(scope_document(&found, e, s->id, e->d->scope.id, e->d->context.management_group, err));
    if (found)
        return tpl_give(out, e, found, err);
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", s->id);
    mp_jsonw_put_str(&w, "name", s->management_group);
    mp_jsonw_put_str(&w, "type", MP_S("/providers/Microsoft.Management/managementGroups"));
    return give_made_up(out, e, &w, err);
}

static mp_code give_known(value *out, eval *e, const mp_expr *call, const mp_json *v, mp_error *err)
{
    return v ? tpl_give(out, e, v, err)
             : mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%.*s() is not known here", MP_FMT(call->function->name));
}

mp_code tpl_eval_tenant(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    return give_known(out, e, call, e->d->context.tenant, err);
}

mp_code tpl_eval_deployer(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    return give_known(out, e, call, e->d->context.deployer, err);
}

/* The public cloud, as the page on deployment functions shows it. */
static const mp_json *public_cloud(mp_arena *arena)
{
    static const char *const members[][2] = {
        { "name", "AzureCloud" },
        { "gallery", "https://gallery.azure.com/" },
        { "graph", "https://graph.windows.net/" },
        { "portal", "https://portal.azure.com" },
        { "graphAudience", "https://graph.windows.net/" },
        { "activeDirectoryDataLake", "https://datalake.azure.net/" },
        { "batch", "https://batch.core.windows.net/" },
        { "media", "https://rest.media.azure.net" },
        { "sqlManagement", "https://management.core.windows.net:8443/" },
        { "resourceManager", "https://management.azure.com/" },
    };
    static const char *const suffixes[][2] = {
        { "acrLoginServer", ".azurecr.io" },
        { "azureDatalakeAnalyticsCatalogAndJob", "azuredatalakeanalytics.net" },
        { "azureDatalakeStoreFileSystem", "azuredatalakestore.net" },
        { "keyvaultDns", ".vault.azure.net" },
        { "sqlServerHostname", ".database.windows.net" },
        { "storage", "core.windows.net" },
    };
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++)
        mp_jsonw_put_str(&w, members[i][0], mp_str_from(members[i][1]));
    mp_jsonw_key(&w, MP_S("authentication"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "loginEndpoint", MP_S("https://login.microsoftonline.com/"));
    mp_jsonw_key(&w, MP_S("audiences"));
    mp_jsonw_array(&w);
    mp_jsonw_str(&w, MP_S("https://management.core.windows.net/"));
    mp_jsonw_str(&w, MP_S("https://management.azure.com/"));
    mp_jsonw_end(&w);
    mp_jsonw_put_str(&w, "tenant", MP_S("common"));
    mp_jsonw_put_str(&w, "identityProvider", MP_S("AAD"));
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("suffixes"));
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(suffixes); i++)
        mp_jsonw_put_str(&w, suffixes[i][0], mp_str_from(suffixes[i][1]));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code tpl_eval_environment(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    (void)call;
    const mp_json *given = e->d->context.environment;
    return tpl_give(out, e, given ? given : public_cloud(e->arena), err);
}

static bool all_bound(const frame *f)
{
    for (uint32_t i = 0; i < f->parameter_count; i++)
        if (f->parameters[i].state != DONE)
            return false;
    return true;
}

static const mp_json *describe(mp_deployment *d, const unit *u)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &d->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "name", u->name);
    mp_jsonw_put_str(&w, "id", u->id);
    mp_jsonw_put_str(&w, "type", MP_S("Microsoft.Resources/deployments"));
    mp_jsonw_put_filled(&w, "location", u->location);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "template", u->template_json);
    mp_jsonw_put_str(&w, "templateHash", u->hash);
    mp_jsonw_put_value(&w, "parameters", tpl_parameters_shown(&d->arena, u->frame));
    mp_jsonw_put_str(&w, "mode", u->mode);
    mp_jsonw_put_str(&w, "provisioningState", MP_S("Accepted"));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code tpl_eval_deployment(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    unit *u = e->frame->unit;
    if (!u)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() cannot be called in a user function",
                       MP_FMT(call->function->name));
    if (u->deployment)
        return tpl_give(out, e, u->deployment, err);
    MP_TRY(tpl_take_steps(e->d, mp_json_nodes(u->template_json) / 16, err));
    const mp_json *made = describe(e->d, u);
    u->deployment = all_bound(u->frame) ? made : NULL; /* the default of a parameter may ask before all are known */
    return tpl_give(out, e, made, err);
}

mp_code tpl_eval_new_guid(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    static const uint8_t space[16] = { 0x6d, 0x61, 0x70, 0x61, 0x65, 0x2d, 0x67, 0x75,
                                       0x69, 0x64, 0x2d, 0x73, 0x65, 0x65, 0x64, 0x31 };
    (void)call;
    char   guid[37];
    mp_str name = mp_arena_printf(e->arena, "%u %.*s", ++e->d->guids, MP_FMT(e->d->context.seed));
    if (!name.ptr)
        return tpl_out_of_memory(e->d, err);
    MP_TRY(mp_uuid5(guid, space, name, err));
    return tpl_give_str(out, e, mp_arena_dup(e->arena, mp_str_from(guid)), err);
}
