/* SPDX-License-Identifier: Apache-2.0 */
/* Resource providers: what types there are, and which versions of them. The table of types, and what the estate has
 * beside it. */
#include "arm_internal.h"

enum { FOUND_MAX = 2000 };

typedef struct known {
    mp_str      space, type, versions;
    bool        is_located;
    mp_str      folded; /* "microsoft.network/virtualnetworks" */
} known;

typedef struct gathering {
    mp_arm_call *call;
    mp_str       wanted; /* a namespace; empty: all */
    known       *all;
    size_t       count;
} gathering;

static bool has(const gathering *g, mp_str folded)
{
    for (size_t i = 0; i < g->count; i++)
        if (mp_str_eq(g->all[i].folded, folded))
            return true;
    return false;
}

static mp_code add(gathering *g, mp_str space, mp_str type, mp_str versions, bool is_located, mp_error *err)
{
    mp_str whole = mp_arena_printf(g->call->request->arena, "%.*s/%.*s", MP_FMT(space), MP_FMT(type)),
           folded = mp_arena_lower(g->call->request->arena, whole);
    if (!whole.ptr || !folded.ptr)
        return mp_arm_nomem(err);
    if ((g->wanted.len && !mp_str_eq_fold(g->wanted, space)) || g->count == FOUND_MAX || has(g, folded))
        return MP_OK;
    g->all[g->count++] = (known){ space, type, versions, is_located, folded };
    return MP_OK;
}

/* From one type to the next by the index: what the estate has costs one step for each type, however many resources
 * there are. */
static mp_code add_of_estate(mp_tx *tx, void *arg, mp_error *err)
{
    gathering       *g = arg;
    mp_arena        *arena = g->call->request->arena;
    mp_record_filter filters[2] = { { .index = "type", .op = MP_FILTER_GT, .value = MP_S("") } };
    mp_record_query  query = { .kind = &mp_estate_kind, .filters = filters, .filter_count = 1, .order = "type", .limit = 1 };
    mp_record_page   page;
    if (g->wanted.len) {
        filters[1] = (mp_record_filter){ .index = "type",
                                         .op = MP_FILTER_STARTS,
                                         .value = mp_arena_printf(arena, "%.*s/", MP_FMT(g->wanted)) };
        query.filter_count = 2;
        if (!filters[1].value.ptr)
            return mp_arm_nomem(err);
    }
    for (size_t steps = 0; steps < FOUND_MAX; steps++) {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        if (page.count == 0)
            break;
        mp_str type = mp_arm_text(page.records[0].body, "type");
        size_t slash = mp_str_find(type, '/');
        if (slash != SIZE_MAX)
            MP_TRY(add(g, mp_str_of(type.ptr, slash), mp_str_skip(type, slash + 1), mp_str_from(mp_arm_versions),
                       true, err));
        filters[0].value = mp_arena_lower(arena, type);
        if (!filters[0].value.ptr)
            return mp_arm_nomem(err);
    }
    return MP_OK;
}

static mp_code gather(gathering *g, mp_arm_call *call, mp_str wanted, mp_error *err)
{
    *g = (gathering){ .call = call, .wanted = wanted, .all = MP_ARENA_ARRAY(call->request->arena, known, FOUND_MAX) };
    if (!g->all)
        return mp_arm_nomem(err);
    for (size_t i = 0; mp_arm_type_at(i); i++) {
        const mp_arm_type *t = mp_arm_type_at(i);
        MP_TRY(add(g, mp_str_from(t->space), mp_str_from(t->type), mp_str_from(t->versions), t->is_located, err));
    }
    return mp_arm_may(call, "Microsoft.Resources/subscriptions/resources/read", call->scope.key)
               ? mp_arm_read(call, add_of_estate, g, err)
               : MP_OK;
}

/* ---- writing ---- */

static void write_versions(mp_jsonw *w, mp_str versions)
{
    mp_jsonw_key(w, MP_S("apiVersions"));
    mp_jsonw_array(w);
    while (versions.len) {
        size_t blank = mp_str_find(versions, ' ');
        mp_str one = mp_str_of(versions.ptr, blank == SIZE_MAX ? versions.len : blank);
        mp_jsonw_str(w, one);
        versions = mp_str_skip(versions, one.len + 1);
    }
    mp_jsonw_end(w);
}

static void write_type(mp_jsonw *w, const known *t)
{
    mp_jsonw_object(w);
    mp_arm_put(w, "resourceType", t->type);
    mp_jsonw_key(w, MP_S("locations"));
    mp_jsonw_array(w);
    for (size_t i = 0; t->is_located && mp_arm_region_at(i); i++)
        mp_jsonw_str(w, mp_str_from(mp_arm_region_at(i)->display));
    mp_jsonw_end(w);
    write_versions(w, t->versions);
    mp_arm_put(
        w, "capabilities",
        t->is_located
            ? MP_S("CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation")
            : MP_S("None"));
    mp_jsonw_end(w);
}

static void write_provider(mp_jsonw *w, const gathering *g, mp_str space)
{
    mp_arena *arena = g->call->request->arena;
    bool      is_tenant = g->call->scope.kind == MP_PLACE_TENANT;
    mp_jsonw_object(w);
    if (!is_tenant)
        mp_arm_put(w, "id", mp_arena_printf(arena, "%.*s/providers/%.*s", MP_FMT(g->call->scope.id), MP_FMT(space)));
    mp_arm_put(w, "namespace", space);
    mp_arm_put(w, "registrationPolicy", MP_S("RegistrationRequired"));
    mp_arm_put(w, "registrationState", MP_S("Registered"));
    mp_jsonw_key(w, MP_S("resourceTypes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < g->count; i++)
        if (mp_str_eq_fold(g->all[i].space, space))
            write_type(w, &g->all[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static bool is_first_of_space(const gathering *g, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (mp_str_eq_fold(g->all[i].space, g->all[index].space))
            return false;
    return true;
}

/* ---- handlers ---- */

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    gathering g;
    mp_jsonw  w;
    MP_TRY(gather(&g, call, mp_str_of(NULL, 0), err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < g.count; i++)
        if (is_first_of_space(&g, i))
            write_provider(&w, &g, g.all[i].space);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), mp_str_of(NULL, 0), err);
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    gathering g;
    mp_jsonw  w;
    MP_TRY(gather(&g, call, call->name, err));
    if (g.count == 0)
        return MP_ARM_FAIL(call, 404, "InvalidResourceNamespace", err, "The resource namespace '%.*s' is invalid.",
                           MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
    mp_jsonw_init(&w, call->request->arena);
    write_provider(&w, &g, g.all[0].space);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

const mp_arm_route mp_arm_providers[] = {
    { MP_GET, "Microsoft.Resources/providers", MP_ARM_LIST, NULL, MP_ON_TENANT | MP_ON_SUBSCRIPTION, list_all, .action = MP_SIGNED_IN },
    { MP_GET, "Microsoft.Resources/providers", MP_ARM_ITEM, NULL, MP_ON_TENANT | MP_ON_SUBSCRIPTION, get_one, .action = MP_SIGNED_IN },
    /* All are registered always. */
    { MP_POST, "Microsoft.Resources/providers", MP_ARM_VERB, "register", MP_ON_SUBSCRIPTION, get_one, .action = "Microsoft.Resources/subscriptions/providers/register/action" },
    { .type = NULL },
};
