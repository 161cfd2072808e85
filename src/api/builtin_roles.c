/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin_roles.h"

#include "item.h"

/* ---- one ---- */

static void put_list(mp_jsonw *w, mp_str name, const char *const *patterns)
{
    mp_jsonw_key(w, name);
    mp_jsonw_array(w);
    for (; patterns && *patterns; patterns++)
        mp_jsonw_str(w, mp_str_from(*patterns));
    mp_jsonw_end(w);
}

static void write_role(mp_jsonw *w, const mp_builtin_role *role, mp_lang lang)
{
    static const char *const everywhere[] = { "/", NULL };
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", mp_str_from(role->id));
    mp_jsonw_put_str(w, "roleName", mp_str_from(role->name));
    mp_jsonw_put_str(w, "description", mp_message(lang, role->doc));
    mp_jsonw_put_str(w, "type", MP_S("BuiltInRole"));
    put_list(w, MP_S("actions"), role->actions);
    put_list(w, MP_S("notActions"), role->not_actions);
    put_list(w, MP_S("dataActions"), role->data_actions);
    put_list(w, MP_S("notDataActions"), role->not_data_actions);
    put_list(w, MP_S("assignableScopes"), everywhere);
    mp_jsonw_put_bool(w, "isDated", role->is_dated);
    mp_jsonw_end(w);
}

const mp_json *mp_builtin_role_json(const mp_builtin_role *role, mp_lang lang, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    write_role(&w, role, lang);
    return mp_jsonw_done(&w);
}

/* ---- all ---- */

#define MARK MP_S("builtin.") /* a continuation within the built-in ones: the number of the next */

static bool matches(const mp_builtin_role *role, const mp_http_request *request)
{
    mp_str name = mp_http_query(request, MP_S("roleName")), type = mp_http_query(request, MP_S("type"));
    if (type.len && !mp_str_eq(type, MP_S("BuiltInRole")))
        return false;
    if (mp_str_ends(name, MP_S("*")))
        return mp_str_starts_fold(mp_str_from(role->name), mp_str_of(name.ptr, name.len - 1));
    return name.len == 0 || mp_str_eq_fold(mp_str_from(role->name), name);
}

/* Where the page begins: `*from` among the built-in ones, or behind them (then `after` is the store's). */
static bool begins_within(size_t *from, mp_str after)
{
    *from = 0;
    if (!mp_str_starts(after, MARK))
        return after.len == 0;
    mp_str digits = mp_str_skip(after, MARK.len);
    for (size_t i = 0; i < digits.len && i < 4; i++)
        *from = *from * 10 + (size_t)(digits.ptr[i] - '0') % 10;
    return true;
}

typedef struct reading {
    const mp_record_query *query;
    mp_arena              *arena;
    mp_record_page         page;
} reading;

static mp_code read_records(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return mp_record_list(&r->page, tx, r->query, r->arena, err);
}

static mp_code finish(mp_http_request *request, mp_http_response *response, mp_jsonw *w, mp_str next, int64_t total,
                      mp_error *err)
{
    mp_jsonw_end(w);
    mp_jsonw_put_filled(w, "next", next);
    if (total >= 0)
        mp_jsonw_put_int(w, "count", total);
    mp_jsonw_end(w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(w), err);
}

static int64_t count_builtin(const mp_http_request *request)
{
    int64_t n = 0;
    for (size_t i = 0; mp_builtin_role_at(i); i++)
        n += matches(mp_builtin_role_at(i), request);
    return n;
}

mp_code mp_list_roles(mp_app *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_list_query asked;
    mp_jsonw      w;
    size_t        at, shown = 0;
    MP_TRY(mp_list_read(&asked, request, &(mp_listing){ .kind = &mp_role_kind }, err));
    bool is_within = begins_within(&at, asked.query.after);
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (; is_within && mp_builtin_role_at(at) && shown < asked.query.limit; at++)
        if (matches(mp_builtin_role_at(at), request)) {
            write_role(&w, mp_builtin_role_at(at), request->lang);
            shown++;
        }
    if (is_within && shown == asked.query.limit) { /* full: go on where this stopped, be it behind the last */
        mp_str next = mp_arena_printf(request->arena, "%.*s%zu", MP_FMT(MARK), at);
        return finish(request, response, &w, next, -1, err);
    }
    asked.query.limit -= (uint32_t)shown;
    if (is_within)
        asked.query.after = mp_str_of(NULL, 0);
    reading r = { .query = &asked.query, .arena = request->arena };
    MP_TRY(mp_store_read(app->store, read_records, &r, err));
    for (size_t i = 0; i < r.page.count; i++)
        mp_item_write(&w, &r.page.records[i], r.page.records[i].body);
    int64_t total = r.page.total < 0 ? -1 : r.page.total + count_builtin(request);
    return finish(request, response, &w, r.page.next, total, err);
}
