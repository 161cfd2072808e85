/* SPDX-License-Identifier: Apache-2.0 */
#include "outrank.h"

#include "directory.h"
#include "item.h"
#include "map.h"
#include "rbac.h"

#define ASSIGN "Mapae.Access/assignments/write"

/* A page of records of `kind` that have `value` in `index`. */
typedef struct asking {
    const mp_kind *kind;
    const char    *index;
    mp_arena      *arena;
    mp_str         value;
    mp_record_page page;
} asking;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    asking                *a = arg;
    const mp_record_filter filter = { .index = a->index, .op = MP_FILTER_EQ, .value = a->value };
    const mp_record_query  query = { .kind = a->kind, .filters = &filter, .filter_count = 1, .after = a->page.next, .limit = 1000 };
    return mp_record_list(&a->page, tx, &query, a->arena, err);
}

/* Every assignment of this one principal is one that who asks could have made. */
static mp_code check_one(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err)
{
    asking a = { .kind = &mp_assignment_kind, .index = "principalId", .arena = request->arena, .value = principal };
    do {
        MP_TRY(mp_store_read(app->store, read_page, &a, err));
        for (size_t i = 0; i < a.page.count; i++) {
            mp_str scope = mp_text_of(a.page.records[i].body, MP_S("scope"));
            if (!mp_app_may(app, request, ASSIGN, scope)) {
                mp_guarded_of(request)->is_lacking = true;
                return mp_fail(err, MP_DENIED, MP_NOWHERE, "this gives away rights that who asks could not assign: %s on %.*s", ASSIGN, MP_FMT(scope));
            }
        }
    } while (a.page.next.len);
    return MP_OK;
}

/* The groups that it is in, to the end of `all`. */
static mp_code add_groups(mp_map *all, mp_app *app, mp_http_request *request, mp_str member, mp_error *err)
{
    asking a = { .kind = &mp_group_kind, .index = "members", .arena = request->arena, .value = member };
    do {
        MP_TRY(mp_store_read(app->store, read_page, &a, err));
        for (size_t i = 0; i < a.page.count; i++)
            if (!mp_map_get(all, a.page.records[i].key))
                MP_TRY(mp_map_put(all, a.page.records[i].key, app, err));
    } while (a.page.next.len);
    return MP_OK;
}

static mp_code check_all(mp_map *all, mp_app *app, mp_http_request *request, mp_error *err)
{
    for (size_t i = 0; i < all->len; i++) { /* it grows while it is read */
        mp_str principal = all->entries[i].key;
        MP_TRY(check_one(app, request, principal, err));
        MP_TRY(add_groups(all, app, request, principal, err));
    }
    return MP_OK;
}

mp_code mp_outrank(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err)
{
    const mp_who *who = mp_app_who(request);
    mp_map        all = MP_MAP_INIT;
    if (who->kind == MP_WHO_LOCAL || mp_str_eq_fold(who->id, principal) || mp_app_may(app, request, ASSIGN, MP_S("/")))
        return MP_OK;
    mp_code code = mp_map_put(&all, principal, app, err);
    if (code == MP_OK)
        code = check_all(&all, app, request, err);
    mp_map_free(&all);
    return code;
}

mp_code mp_outrank_all(mp_app *app, mp_http_request *request, mp_error *err) { return mp_app_require(app, request, ASSIGN, MP_S("/"), err); }
