/* SPDX-License-Identifier: Apache-2.0 */
/* The face on the platform: its few routes of http, its tables, and what it does by itself. */
#include "arm_internal.h"

#define BODY_MAX ((size_t)8 << 20) /* a template is at most 4 MiB, and may be written with many blanks */

#define ROUTE(method_, path_, action_)                                                                               \
    MP_ROUTE(method_, path_, action_, mp_arm_handle, .face = &mp_face_arm, .ask = mp_arm_ask, .is_raw = true,        \
             .is_open_query = true, .body_max = BODY_MAX)
/* The action of a row here names what the tables ask for. */
#define ALL(path_)                                                                                                           \
    ROUTE(MP_GET, path_, "*/read"), ROUTE(MP_PUT, path_, "*/write"), ROUTE(MP_PATCH, path_, "*/write"), ROUTE(MP_POST, path_, "*/action"), \
        ROUTE(MP_DELETE, path_, "*/delete")

static const mp_route http_routes[] = {
    ROUTE(MP_GET, "/subscriptions", "*/read"), ROUTE(MP_GET, "/tenants", "*/read"), ROUTE(MP_GET, "/providers", "*/read"),
    ALL("/subscriptions/{rest...}"), ALL("/providers/{rest...}"), ALL("/v1.0/{rest...}"),
};
static const mp_routes routes[] = { { http_routes, MP_COUNT(http_routes) }, { NULL, 0 } };

const mp_arm_route *const mp_arm_tables[] = {
    mp_arm_resource_graph,
    mp_arm_subscriptions,
    mp_arm_providers,
    mp_arm_groups,
    mp_arm_resource_lists,
    mp_arm_tags,
    mp_arm_management_groups,
    mp_arm_locks,
    mp_arm_roles,
    mp_arm_role_assignments,
    mp_arm_graph,
    mp_arm_operations,
    mp_arm_policy,
    mp_arm_policy_versions,
    mp_arm_insights,
    mp_arm_tracked,
    mp_arm_policy_metadata,
    mp_arm_remediations,
    mp_arm_restrictions,
    mp_arm_security,
    mp_arm_deployments,
    NULL,
};

static const mp_kind *const kinds[] = { &mp_arm_operation_kind, &mp_arm_subscription_tags_kind,
                                        &mp_arm_deployment_operations_kind, NULL };

/* ---- what happens by itself ---- */

enum { FORGOTTEN_AT_ONCE = 500 };

typedef struct forgetting {
    mp_ticks before;
    size_t   count;
} forgetting;

static mp_code list_ended(mp_record_page *page, mp_tx *tx, mp_ticks before, mp_error *err)
{
    mp_str           time = mp_time_text(mp_tx_arena(tx), before);
    mp_record_filter filter = { .index = "endTime", .op = MP_FILTER_LT, .value = time };
    mp_record_query query = {
        .kind = &mp_arm_operation_kind, .filters = &filter, .filter_count = 1, .limit = FORGOTTEN_AT_ONCE
    };
    return time.ptr ? mp_record_list(page, tx, &query, mp_tx_arena(tx), err) : mp_arm_nomem(err);
}

static mp_code count_ended(mp_tx *tx, void *arg, mp_error *err)
{
    forgetting    *f = arg;
    mp_record_page page;
    MP_TRY(list_ended(&page, tx, f->before, err));
    f->count = page.count;
    return MP_OK;
}

static mp_code forget_ended(mp_tx *tx, void *arg, mp_error *err)
{
    const forgetting *f = arg;
    mp_record_page    page;
    MP_TRY(list_ended(&page, tx, f->before, err));
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(mp_record_delete(tx, &mp_arm_operation_kind, page.records[i].key, MP_ANY_VERSION, err));
    return MP_OK;
}

/* Operations that ended a day ago. */
static mp_code tick(void *state, mp_ticks now, mp_error *err)
{
    mp_app    *app = state;
    forgetting f = { .before = now - MP_TICKS_PER_DAY };
    MP_TRY(mp_store_read(app->store, count_ended, &f, err));
    return f.count ? mp_app_write_alone(app, NULL, forget_ended, &f, err) : MP_OK;
}

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    (void)err;
    *state = app;
    return MP_OK;
}

const mp_system mp_arm_system = { .name = "arm", .kinds = kinds, .routes = routes, .open = open_system, .tick = tick };
