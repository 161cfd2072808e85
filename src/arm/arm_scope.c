/* SPDX-License-Identifier: Apache-2.0 */
/* What holds what: is a scope there, what stands above it, and which subscriptions somebody sees something of. */
#include "arm_internal.h"

#include "item.h"
#include "rbac.h"
#include "secret.h"

/* ---- is it there ---- */

typedef struct looking {
    mp_arm_call    *call;
    const mp_place *scope;
    mp_record       subscription;
    mp_estate_item  item;
    bool            has_subscription, has_group, has_resource, has_management_group;
} looking;

static mp_code ignore_missing(bool *is_there, mp_code code)
{
    *is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking        *l = arg;
    const mp_place *s = l->scope;
    mp_arena       *arena = l->call->request->arena;
    mp_record       group;
    if (s->kind == MP_PLACE_MANAGEMENT_GROUP) {
        mp_str name = mp_str_skip(s->key, mp_str_rfind(s->key, '/') + 1);
        l->has_management_group = mp_str_eq(name, mp_arm_tenant(l->call));
        return l->has_management_group
                   ? MP_OK
                   : ignore_missing(&l->has_management_group,
                                    mp_record_get(&group, tx, &mp_management_group_kind, name, 0, arena, err));
    }
    if (s->subscription.len)
        MP_TRY(ignore_missing(&l->has_subscription, mp_record_get(&l->subscription, tx, &mp_subscription_kind,
                                                                  s->subscription, 0, arena, err)));
    if (l->has_subscription && s->group_key.len)
        MP_TRY(ignore_missing(&l->has_group, mp_estate_get(&l->item, tx, s->group_key, 0, arena, err)));
    if (s->kind == MP_PLACE_RESOURCE)
        MP_TRY(ignore_missing(&l->has_resource, mp_estate_get(&l->item, tx, s->key, 0, arena, err)));
    return MP_OK;
}

static mp_code resource_missing(mp_arm_call *call, const mp_place *place, mp_error *err)
{
    if (place->group.len)
        return MP_ARM_FAIL(call, 404, "ResourceNotFound", err,
                           "The Resource '%.*s/%.*s' under resource group '%.*s' was not found.", MP_FMT(place->type),
                           MP_FMT(place->name), MP_FMT(place->group));
    return MP_ARM_FAIL(call, 404, "ResourceNotFound", err, "The Resource '%.*s/%.*s' was not found.",
                       MP_FMT(place->type), MP_FMT(place->name));
}

mp_code mp_arm_check_scope(mp_arm_call *call, const mp_place *scope, bool is_write, mp_error *err)
{
    looking l = { .call = call, .scope = scope };
    MP_TRY(mp_arm_read(call, look, &l, err));
    if (scope->kind == MP_PLACE_MANAGEMENT_GROUP && !l.has_management_group)
        return MP_ARM_FAIL(call, 404, "ManagementGroupNotFound", err,
                           "The management group '%.*s' could not be found.", MP_FMT(scope->name));
    if (scope->subscription.len && !l.has_subscription)
        return MP_ARM_FAIL(call, 404, "SubscriptionNotFound", err, "The subscription '%.*s' could not be found.",
                           MP_FMT(scope->subscription));
    if (is_write && l.has_subscription && !mp_str_eq(mp_json_get_text(l.subscription.body, "state"), MP_S("Enabled")))
        return MP_ARM_FAIL(call, 409, "ReadOnlyDisabledSubscription", err,
                           "The subscription '%.*s' is disabled and therefore marked as read only.",
                           MP_FMT(scope->subscription));
    if (scope->group_key.len && !l.has_group)
        return MP_ARM_FAIL(call, 404, "ResourceGroupNotFound", err, "Resource group '%.*s' could not be found.",
                           MP_FMT(scope->group));
    if (scope->kind == MP_PLACE_RESOURCE && !l.has_resource)
        return resource_missing(call, scope, err);
    return MP_OK;
}

/* ---- what stands above ---- */

enum { ABOVE_MAX = 64 };

typedef struct climbing {
    mp_arm_call    *call;
    const mp_place *scope;
    mp_str         *keys;
    size_t          count;
} climbing;

static mp_code add(climbing *c, mp_str key, mp_error *err)
{
    if (!key.ptr)
        return mp_arm_nomem(err);
    if (c->count < ABOVE_MAX)
        c->keys[c->count++] = key;
    return MP_OK;
}

/* From the name of a management group up to the tenant's root. */
static mp_code climb_groups(climbing *c, mp_tx *tx, mp_str name, mp_error *err)
{
    mp_arena *arena = c->call->request->arena;
    mp_record record;
    bool      is_there = true;
    for (unsigned level = 0; name.len && is_there && level < 16; level++) {
        mp_str key = mp_arena_lower(arena, name);
        if (!key.ptr || mp_str_eq(key, mp_arm_tenant(c->call)))
            break;
        MP_TRY(add(c, mp_arena_printf(arena, "/providers/microsoft.management/managementgroups/%.*s", MP_FMT(key)), err));
        MP_TRY(ignore_missing(&is_there, mp_record_get(&record, tx, &mp_management_group_kind, key, 0, arena, err)));
        name = is_there ? mp_json_get_text(record.body, "parent") : mp_str_of(NULL, 0);
    }
    mp_str tenant = mp_arm_tenant(c->call);
    MP_TRY(add(c, mp_arena_printf(arena, "/providers/microsoft.management/managementgroups/%.*s", MP_FMT(tenant)), err));
    return add(c, MP_S("/"), err);
}

static mp_code climb(mp_tx *tx, void *arg, mp_error *err)
{
    climbing *c = arg;
    mp_arena *arena = c->call->request->arena;
    mp_place  at = *c->scope;
    mp_record record;
    bool      is_there;
    while (at.kind >= MP_PLACE_GROUP && at.parent.len > 1) {
        MP_TRY(add(c, at.key, err));
        MP_TRY(mp_place_of(&at, at.parent, arena, err));
    }
    if (at.kind == MP_PLACE_MANAGEMENT_GROUP)
        return climb_groups(c, tx, at.name, err);
    if (at.kind != MP_PLACE_TENANT)
        MP_TRY(add(c, at.key, err));
    if (at.kind != MP_PLACE_SUBSCRIPTION)
        return climb_groups(c, tx, mp_str_of(NULL, 0), err);
    MP_TRY(ignore_missing(&is_there, mp_record_get(&record, tx, &mp_subscription_kind, at.subscription, 0, arena, err)));
    return climb_groups(c, tx, is_there ? mp_json_get_text(record.body, "parent") : mp_str_of(NULL, 0), err);
}

mp_code mp_arm_above(const mp_str **out, size_t *count, mp_arm_call *call, const mp_place *scope, mp_error *err)
{
    climbing c = { .call = call, .scope = scope, .keys = MP_ARENA_ARRAY(call->request->arena, mp_str, ABOVE_MAX) };
    if (!c.keys)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_read(call, climb, &c, err));
    *out = c.keys;
    *count = c.count;
    return MP_OK;
}

/* ---- subscriptions of which one sees something ---- */

enum { SEEN_MAX = 1000 };

typedef struct gathering {
    mp_arm_call *call;
    mp_str      *ids;
    size_t       count;
} gathering;

static mp_code gather_of(gathering *g, mp_tx *tx, mp_str principal, mp_error *err)
{
    mp_record_filter filter = { .index = "principalId", .op = MP_FILTER_EQ, .value = principal };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, g->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++) {
            mp_str scope = mp_json_get_text(page.records[i].body, "scope"), start = MP_S("/subscriptions/");
            if (!mp_str_starts_fold(scope, start) || scope.len < start.len + 36 || g->count == SEEN_MAX)
                continue;
            mp_str id = mp_arena_lower(g->call->request->arena, mp_str_of(scope.ptr + start.len, 36));
            bool   is_known = !id.ptr || !mp_is_guid(id);
            for (size_t k = 0; k < g->count && !is_known; k++)
                is_known = mp_str_eq(g->ids[k], id);
            if (!is_known)
                g->ids[g->count++] = id;
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code gather(mp_tx *tx, void *arg, mp_error *err)
{
    gathering    *g = arg;
    const mp_who *who = mp_app_who(g->call->request);
    if (who->kind != MP_WHO_USER && who->kind != MP_WHO_PROGRAM)
        return MP_OK;
    MP_TRY(gather_of(g, tx, who->id, err));
    for (size_t i = 0; i < who->group_count; i++)
        MP_TRY(gather_of(g, tx, who->groups[i], err));
    return MP_OK;
}

mp_code mp_arm_subscriptions_seen(const mp_str **out, size_t *count, mp_arm_call *call, mp_error *err)
{
    gathering g = { .call = call, .ids = MP_ARENA_ARRAY(call->request->arena, mp_str, SEEN_MAX) };
    if (!g.ids)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_read(call, gather, &g, err));
    *out = g.ids;
    *count = g.count;
    return MP_OK;
}
