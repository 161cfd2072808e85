/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.PolicyInsights/policyMetadata (arm-api, section 9): what the groups of initiatives say about controls. A
 * group's additionalMetadataId names one; a group without is known as "INITIATIVE_GROUP". Built-in initiatives are
 * anybody's; of others those that the caller may read. */
#include "arm_internal.h"

#include <stdlib.h>

#include "objects.h"

#define TYPE "Microsoft.PolicyInsights/policyMetadata"
#define PATH MP_S("/providers/Microsoft.PolicyInsights/policyMetadata/")

typedef struct told {
    mp_str         name;
    const mp_json *group;
} told;

typedef struct gathering {
    mp_arm_call    *call;
    mp_record_page  page;
    mp_record_query query;
    mp_map          seen; /* names in lower case */
    told           *list;
    size_t          count, cap;
} gathering;

static mp_code add(gathering *g, const told *one, mp_error *err)
{
    mp_arena *arena = g->call->request->arena;
    mp_str    key = mp_arena_lower(arena, one->name);
    if (!key.ptr)
        return mp_arm_nomem(err);
    if (mp_map_find(&g->seen, key))
        return MP_OK;
    MP_TRY(mp_map_put(&g->seen, key, g, err));
    if (g->count == g->cap) {
        told *grown = MP_ARENA_ARRAY(arena, told, g->cap * 2 + 64);
        if (!grown)
            return mp_arm_nomem(err);
        if (g->count)
            memcpy(grown, g->list, g->count * sizeof *grown);
        g->list = grown;
        g->cap = g->cap * 2 + 64;
    }
    g->list[g->count++] = *one;
    return MP_OK;
}

static mp_code add_set(gathering *g, const mp_record *set, mp_error *err)
{
    mp_arena      *arena = g->call->request->arena;
    const mp_json *groups = mp_arm_member(mp_arm_member(set->body, "properties"), "policyDefinitionGroups");
    if (!mp_json_is(groups, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(group, groups)) {
        mp_str id = mp_arm_text(group, "additionalMetadataId"), name = mp_arm_text(group, "name");
        told   one = { .group = group };
        one.name = mp_str_starts_fold(id, PATH)
                       ? mp_str_skip(id, PATH.len)
                       : mp_arena_printf(arena, "%.*s_%.*s", MP_FMT(mp_arm_text(set->body, "name")), MP_FMT(name));
        if (!one.name.ptr)
            return mp_arm_nomem(err);
        if (one.name.len && mp_str_find(one.name, '/') == SIZE_MAX)
            MP_TRY(add(g, &one, err));
    }
    return MP_OK;
}

static mp_code read_sets(mp_tx *tx, void *arg, mp_error *err)
{
    gathering *g = arg;
    return mp_record_list(&g->page, tx, &g->query, g->call->request->arena, err);
}

static bool may_see(mp_arm_call *call, mp_str key)
{
    return mp_str_starts(key, MP_S("/providers/microsoft.authorization/")) ||
           mp_arm_may(call, "Microsoft.Authorization/policySetDefinitions/read", key);
}

static int by_name(const void *a, const void *b)
{
    const told *x = a, *y = b;
    return mp_str_cmp(x->name, y->name);
}

static mp_code gather(gathering *g, mp_error *err)
{
    mp_code code;
    g->query = (mp_record_query){ .kind = mp_object_kinds[MP_OBJECT_SET], .limit = 100 };
    do {
        code = mp_arm_read(g->call, read_sets, g, err);
        for (size_t i = 0; i < g->page.count && code == MP_OK; i++)
            if (may_see(g->call, g->page.records[i].key))
                code = add_set(g, &g->page.records[i], err);
        g->query.after = g->page.next;
    } while (code == MP_OK && g->page.next.len);
    mp_map_free(&g->seen);
    if (code == MP_OK && g->count)
        qsort(g->list, g->count, sizeof *g->list, by_name);
    return code;
}

static void show(mp_jsonw *w, const told *one, bool is_whole)
{
    mp_str title = mp_arm_text(one->group, "displayName"), description = mp_arm_text(one->group, "description");
    mp_jsonw_object(w);
    mp_arm_put(w, "id", mp_arena_printf(w->arena, "%.*s%.*s", MP_FMT(PATH), MP_FMT(one->name)));
    mp_arm_put(w, "type", MP_S(TYPE));
    mp_arm_put(w, "name", one->name);
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    mp_arm_put(w, "metadataId", mp_arm_text(one->group, "name"));
    mp_arm_put(w, "category", mp_arm_text(one->group, "category").len ? mp_arm_text(one->group, "category") : MP_S(""));
    mp_arm_put(w, "title", title.len ? title : mp_arm_text(one->group, "name"));
    mp_arm_put(w, "owner", MP_S(""));
    mp_arm_put(w, "additionalContentUrl", MP_S(""));
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_jsonw_end(w);
    if (is_whole) {
        mp_arm_put(w, "description", description.len ? description : MP_S(""));
        mp_arm_put(w, "requirements", MP_S(""));
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code get(mp_arm_call *call, mp_error *err)
{
    gathering g = { .call = call, .seen = MP_MAP_INIT };
    mp_jsonw  w;
    MP_TRY(gather(&g, err));
    for (size_t i = 0; i < g.count; i++) {
        if (!mp_str_eq_fold(g.list[i].name, call->name))
            continue;
        mp_jsonw_init(&w, call->request->arena);
        show(&w, &g.list[i], true);
        return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
    }
    return MP_ARM_FAIL(call, 404, "PolicyMetadataNotFound", err, "The policy metadata '%.*s' could not be found.",
                       MP_FMT(call->name));
}

/* In the order of names; a page goes on behind a name. */
static mp_code list(mp_arm_call *call, mp_error *err)
{
    gathering g = { .call = call, .seen = MP_MAP_INIT };
    mp_str    after = mp_arm_skiptoken(call), next = MP_S("");
    uint32_t  top, shown = 0;
    mp_jsonw  w;
    MP_TRY(mp_arm_top(&top, call, 1000, err));
    MP_TRY(gather(&g, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < g.count; i++) {
        if (after.len && mp_str_cmp(g.list[i].name, after) <= 0)
            continue;
        if (shown == top)
            break;
        show(&w, &g.list[i], false);
        if (++shown == top && i + 1 < g.count)
            next = g.list[i].name;
    }
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), next, err);
}

const mp_arm_route mp_arm_policy_metadata[] = {
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_ITEM, .scopes = MP_ON_TENANT, .handler = get, .action = MP_SIGNED_IN },
    { .method = MP_GET, .type = TYPE, .at = MP_ARM_LIST, .scopes = MP_ON_TENANT, .handler = list, .action = MP_SIGNED_IN },
    { .type = NULL },
};
