/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions (records of access/rbac.h), tenants, locations. */
#include "arm_internal.h"

#include "item.h"
#include "rbac.h"

#define READ "Microsoft.Resources/subscriptions/read"

static void put_empty(mp_jsonw *w, const char *name, bool is_array)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (is_array)
        mp_jsonw_array(w);
    else
        mp_jsonw_object(w);
    mp_jsonw_end(w);
}

/* ---- one ---- */

static void put_policies(mp_jsonw *w)
{
    mp_jsonw_key(w, MP_S("subscriptionPolicies"));
    mp_jsonw_object(w);
    mp_arm_put(w, "locationPlacementId", MP_S("Public_2014-09-01"));
    mp_arm_put(w, "quotaId", MP_S("EnterpriseAgreement_2014-09-01"));
    mp_arm_put(w, "spendingLimit", MP_S("Off"));
    mp_jsonw_end(w);
}

static void write_subscription(mp_jsonw *w, const mp_arm_call *call, const mp_record *record)
{
    mp_jsonw_object(w);
    mp_arm_put(w, "id", mp_arena_printf(call->request->arena, "/subscriptions/%.*s", MP_FMT(record->key)));
    mp_arm_put(w, "authorizationSource", MP_S("RoleBased"));
    put_empty(w, "managedByTenants", true);
    mp_arm_put(w, "subscriptionId", record->key);
    mp_arm_put(w, "tenantId", mp_arm_tenant(call));
    mp_arm_put(w, "displayName", mp_json_get_text(record->body, "displayName"));
    mp_arm_put(w, "state", mp_json_get_text(record->body, "state"));
    put_policies(w);
    mp_jsonw_end(w);
}

static bool has_id(const mp_str *ids, size_t count, mp_str id)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(ids[i], id))
            return true;
    return false;
}

static bool may_read(const mp_arm_call *call, mp_str id)
{
    mp_str scope = mp_arena_printf(call->request->arena, "/subscriptions/%.*s", MP_FMT(id));
    return scope.ptr && mp_arm_may(call, READ, scope);
}

/* Whoever holds a role anywhere below may know of it. */
static mp_code check_seen(mp_arm_call *call, mp_error *err)
{
    const mp_str *seen;
    size_t        count;
    if (mp_arm_may(call, READ, call->place.key))
        return MP_OK;
    MP_TRY(mp_arm_subscriptions_seen(&seen, &count, call, err));
    return has_id(seen, count, call->place.subscription) ? MP_OK : mp_arm_require(call, READ, call->place.key, err);
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    mp_jsonw  w;
    MP_TRY(check_seen(call, err));
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_subscription_kind, call->place.subscription, err));
    if (!is_there)
        return MP_ARM_FAIL(call, 404, "SubscriptionNotFound", err, "The subscription '%.*s' could not be found.",
                           MP_FMT(call->place.subscription));
    mp_jsonw_init(&w, call->request->arena);
    write_subscription(&w, call, &record);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

/* ---- many ---- */

typedef struct listing {
    mp_arm_call  *call;
    const mp_str *seen;
    size_t        seen_count;
    uint32_t      top;
    mp_jsonw      w;
    mp_str        next;
} listing;

static mp_code list_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing        *l = arg;
    mp_record_page  page;
    mp_record_query query = { .kind = &mp_subscription_kind, .after = mp_arm_skiptoken(l->call), .limit = l->top };
    mp_jsonw_init(&l->w, l->call->request->arena);
    mp_jsonw_array(&l->w);
    do { /* until there is something to show */
        MP_TRY(mp_record_list(&page, tx, &query, l->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (has_id(l->seen, l->seen_count, page.records[i].key) || may_read(l->call, page.records[i].key))
                write_subscription(&l->w, l->call, &page.records[i]);
        l->next = query.after = page.next;
    } while (page.next.len && l->w.len == 1);
    mp_jsonw_end(&l->w);
    return MP_OK;
}

mp_code mp_arm_bad_token(mp_arm_call *call, mp_code code, mp_error *why, mp_error *err)
{
    if (code == MP_PARAMETER && mp_arm_skiptoken(call).len)
        return mp_arm_fault_as(call, 400, "InvalidSkipToken", why, err);
    if (code != MP_OK && err)
        *err = *why;
    return code;
}

static mp_code get_all(mp_arm_call *call, mp_error *err)
{
    listing  l = { .call = call };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_top(&l.top, call, 200, err));
    MP_TRY(mp_arm_subscriptions_seen(&l.seen, &l.seen_count, call, err));
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, list_page, &l, &why), &why, err));
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.next, err);
}

/* ---- tenants ---- */

static mp_code get_tenants(mp_arm_call *call, mp_error *err)
{
    mp_str   tenant = mp_arm_tenant(call), host = mp_str_from(call->app->host ? call->app->host : "localhost");
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", mp_arena_printf(call->request->arena, "/tenants/%.*s", MP_FMT(tenant)));
    mp_arm_put(&w, "tenantId", tenant);
    mp_arm_put(&w, "countryCode", MP_S("KR"));
    mp_arm_put(&w, "displayName", host);
    mp_arm_put(&w, "defaultDomain", host);
    mp_jsonw_key(&w, MP_S("domains"));
    mp_jsonw_array(&w);
    mp_jsonw_str(&w, host);
    mp_jsonw_end(&w);
    mp_arm_put(&w, "tenantCategory", MP_S("Home"));
    mp_arm_put(&w, "tenantType", MP_S("AAD"));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), mp_str_of(NULL, 0), err);
}

/* ---- locations ---- */

static void write_region(mp_jsonw *w, const mp_arm_call *call, const mp_arm_region *r)
{
    mp_arena *arena = call->request->arena;
    mp_jsonw_object(w);
    mp_arm_put(w, "id", mp_arena_printf(arena, "%.*s/locations/%s", MP_FMT(call->scope.id), r->name));
    mp_arm_put(w, "name", mp_str_from(r->name));
    mp_arm_put(w, "type", MP_S("Region"));
    mp_arm_put(w, "displayName", mp_str_from(r->display));
    mp_arm_put(w, "regionalDisplayName", mp_arena_printf(arena, "(%s) %s", r->group, r->display));
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_arm_put(w, "regionType", MP_S("Physical"));
    mp_arm_put(w, "regionCategory", MP_S("Recommended"));
    mp_arm_put(w, "geographyGroup", mp_str_from(r->group));
    put_empty(w, "pairedRegion", true);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code get_locations(mp_arm_call *call, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; mp_arm_region_at(i); i++)
        write_region(&w, call, mp_arm_region_at(i));
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), mp_str_of(NULL, 0), err);
}

const mp_arm_route mp_arm_subscriptions[] = {
    { MP_GET, "Microsoft.Resources/subscriptions", MP_ARM_LIST, NULL, MP_ON_TENANT, get_all, .action = MP_SIGNED_IN },
    { MP_GET, "Microsoft.Resources/subscriptions", MP_ARM_ITEM, NULL, MP_ON_TENANT, get_one, .action = MP_SIGNED_IN },
    { MP_GET, "Microsoft.Resources/subscriptions/locations", MP_ARM_LIST, NULL, MP_ON_SUBSCRIPTION, get_locations, .action = MP_SIGNED_IN },
    { MP_GET, "Microsoft.Resources/tenants", MP_ARM_LIST, NULL, MP_ON_TENANT, get_tenants, .action = MP_SIGNED_IN },
    { .type = NULL },
};
