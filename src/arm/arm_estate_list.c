/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what the estate has: filters, pages, and only what the caller may see. */
#include "arm_internal.h"

enum { FIELD_TYPE, FIELD_GROUP, FIELD_TAG_NAME, FIELD_TAG_VALUE, FIELD_NAME, FIELD_LOCATION, FIELD_KIND, FIELD_ID };

static const mp_odata_field fields[] = {
    [FIELD_TYPE] = { .name = MP_S_INIT("resourceType"), .type = MP_ODATA_STRING },
    [FIELD_GROUP] = { .name = MP_S_INIT("resourceGroup"), .type = MP_ODATA_STRING },
    [FIELD_TAG_NAME] = { .name = MP_S_INIT("tagName"), .type = MP_ODATA_STRING },
    [FIELD_TAG_VALUE] = { .name = MP_S_INIT("tagValue"), .type = MP_ODATA_STRING },
    [FIELD_NAME] = { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING },
    [FIELD_LOCATION] = { .name = MP_S_INIT("location"), .type = MP_ODATA_STRING },
    [FIELD_KIND] = { .name = MP_S_INIT("kind"), .type = MP_ODATA_STRING },
    [FIELD_ID] = { .name = MP_S_INIT("id"), .type = MP_ODATA_ID },
};
static const mp_odata_table table = { .fields = fields, .field_count = MP_COUNT(fields) };

/* At most so many resources are looked at for one answer; what is left comes with the next page. */
enum { LOOKED_AT_MAX = 5000 };

typedef struct listing {
    mp_arm_call              *call;
    const mp_arm_estate_list *what;
    const mp_filter          *filter;
    mp_str                    tag_name; /* that the filter asks for; empty: none */
    mp_estate_query           query;
    /* of is_seen(): the last one, what is asked for it, and whether all of it may be seen */
    mp_str                    seen_type;
    const char               *seen_action;
    bool                      sees_type;
    bool                      with_times, with_state; /* $expand */
    uint32_t                  top, shown;
    mp_str                    last_type; /* of is_listed() */
    bool                      last_listed;
    mp_jsonw                  w;
} listing;

/* ---- the filter ---- */

static mp_str group_of(mp_str id)
{
    mp_str part = MP_S("/resourceGroups/");
    size_t at = mp_str_find_fold(id, part);
    if (at == SIZE_MAX)
        return MP_S("");
    mp_str name = mp_str_skip(id, at + part.len);
    size_t slash = mp_str_find(name, '/');
    return mp_str_of(name.ptr, slash == SIZE_MAX ? name.len : slash);
}

static mp_cell text_cell(mp_str s) { return s.ptr ? mp_cell_text(s) : MP_CELL_OF_NULL; }

static mp_cell get_field(void *context, const void *row, uint32_t field)
{
    const listing        *l = context;
    const mp_estate_item *item = row;
    mp_str                found = { NULL, 0 };
    if (field == FIELD_TAG_NAME || field == FIELD_TAG_VALUE) {
        const mp_json *value = l->tag_name.len ? mp_json_get_fold(mp_arm_member(item->document, "tags"), l->tag_name) : NULL;
        found = !value                              ? found
                : field == FIELD_TAG_NAME           ? l->tag_name
                : mp_json_is(value, MP_JSON_STRING) ? mp_json_str(value)
                                                    : MP_S("");
        return text_cell(found);
    }
    static const char *const members[] = { [FIELD_NAME] = "name", [FIELD_LOCATION] = "location", [FIELD_KIND] = "kind" };
    switch (field) {
    case FIELD_TYPE: return mp_cell_text(item->type);
    case FIELD_GROUP: return mp_cell_text(group_of(item->id));
    case FIELD_ID: return mp_cell_text(item->id);
    default: return text_cell(mp_arm_text(item->document, members[field]));
    }
}

/* What indexes can find is looked for by them. A tag's name must be said outright: one resource has many. */
static mp_code push_down(listing *l, mp_error *err)
{
    mp_arena *arena = l->call->request->arena;
    mp_cell   cell, value;
    if (mp_filter_wants(&cell, l->filter, FIELD_TYPE) && l->query.type.len == 0)
        l->query.type = cell.u.text;
    if (mp_filter_wants(&cell, l->filter, FIELD_TAG_NAME)) {
        l->tag_name = cell.u.text;
        l->query.tag_any = !mp_filter_wants(&value, l->filter, FIELD_TAG_VALUE);
        l->query.tag = mp_arena_printf(arena, "%.*s=%.*s", MP_FMT(cell.u.text),
                                       MP_FMT(l->query.tag_any ? MP_S("") : value.u.text));
        return l->query.tag.ptr ? MP_OK : mp_arm_nomem(err);
    }
    if (mp_filter_reads(l->filter, FIELD_TAG_NAME) || mp_filter_reads(l->filter, FIELD_TAG_VALUE))
        return MP_ARM_FAIL(l->call, 400, "InvalidFilterInQueryString", err,
                           "Invalid $filter: a tag is asked for as tagName eq 'name' and tagValue eq 'value', joined to the rest by 'and'");
    if (mp_filter_wants(&cell, l->filter, FIELD_GROUP) && l->call->scope.kind == MP_PLACE_SUBSCRIPTION) {
        mp_str scope = mp_arena_printf(arena, "%.*s/resourceGroups/%.*s", MP_FMT(l->call->scope.key), MP_FMT(cell.u.text));
        l->query.scope = mp_arena_lower(arena, scope);
        return l->query.scope.ptr ? MP_OK : mp_arm_nomem(err);
    }
    return MP_OK;
}

/* ---- items ---- */

static void put_times(listing *l, const mp_estate_item *item)
{
    const mp_json *system = mp_arm_member(item->document, "systemData");
    mp_str         created = mp_arm_text(system, "createdAt");
    mp_arm_put(&l->w, "createdTime", created.len ? created : mp_time_text(l->call->request->arena, item->since));
    mp_arm_put(&l->w, "changedTime", mp_time_text(l->call->request->arena, item->since));
}

static void show(listing *l, const mp_estate_item *item)
{
    if (l->what->is_whole) {
        mp_jsonw_value(&l->w, item->document);
        return;
    }
    mp_jsonw_object(&l->w);
    for (MP_JSON_MEMBERS(key, item->document)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("properties")))
            continue;
        mp_jsonw_key(&l->w, mp_json_str(key));
        mp_jsonw_value(&l->w, key + 1);
    }
    mp_str state = mp_arm_text(mp_arm_member(item->document, "properties"), "provisioningState");
    if (l->with_times)
        put_times(l, item);
    if (l->with_state)
        mp_arm_put(&l->w, "provisioningState", state.len ? state : MP_S("Succeeded"));
    mp_jsonw_end(&l->w);
}

/* The right to read all of a type at the scope is asked for once for a run of them; who has it not there may have it
 * on some. */
static bool is_seen(listing *l, const mp_estate_item *item)
{
    if (!mp_str_eq(l->seen_type, item->type)) {
        mp_str action = l->what->action ? mp_str_from(l->what->action)
                                        : mp_arena_printf(l->call->request->arena, "%.*s/read", MP_FMT(item->type));
        l->seen_type = item->type;
        l->seen_action = action.ptr;
        l->sees_type = action.ptr && mp_arm_may(l->call, action.ptr, l->what->scope);
    }
    return l->sees_type || (l->seen_action && mp_arm_may(l->call, l->seen_action, item->key));
}

static bool is_listed(listing *l, const mp_estate_item *item)
{
    if (l->query.type.len)
        return true;
    if (!mp_str_eq(l->last_type, item->type)) {
        l->last_type = item->type;
        l->last_listed = mp_arm_is_listed(item->type);
    }
    return l->last_listed;
}

static mp_code list_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing        *l = arg;
    mp_odata_reader reader = { .get = get_field, .context = l };
    size_t          looked_at = 0;
    mp_jsonw_init(&l->w, l->call->request->arena);
    mp_jsonw_array(&l->w);
    do { /* pages of what is still wanted, so that the last one ends where the answer does */
        mp_estate_page page;
        l->query.limit = l->top - l->shown;
        MP_TRY(mp_estate_list(&page, tx, &l->query, l->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (is_listed(l, &page.items[i]) && mp_filter_test(l->filter, &reader, &page.items[i]) &&
                is_seen(l, &page.items[i])) {
                show(l, &page.items[i]);
                l->shown++;
            }
        looked_at += l->query.limit;
        l->query.after = page.next;
    } while (l->query.after.len && l->shown < l->top && looked_at < LOOKED_AT_MAX);
    mp_jsonw_end(&l->w);
    return MP_OK;
}

static bool expands(const mp_arm_call *call, const char *name)
{
    return mp_str_find_fold(mp_http_query(call->request, MP_S("$expand")), mp_str_from(name)) != SIZE_MAX;
}

mp_code mp_arm_list_estate(mp_arm_call *call, const mp_arm_estate_list *what, mp_error *err)
{
    listing l = { .call = call,
                  .what = what,
                  .query = { .scope = what->scope, .type = what->type, .after = mp_arm_skiptoken(call) } };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_top(&l.top, call, 1000, err));
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    if (l.filter)
        MP_TRY(push_down(&l, err));
    l.with_times = expands(call, "createdTime") || expands(call, "changedTime");
    l.with_state = expands(call, "provisioningState");
    mp_code code = mp_arm_read(call, list_page, &l, &why);
    MP_TRY(mp_arm_bad_token(call, code, &why, err));
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.query.after, err);
}

/* Of what one may not read, one does not learn whether it is there: nothing of it is shown. */
mp_code mp_arm_check_readable(mp_arm_call *call, mp_error *err)
{
    return mp_arm_may(call, "Microsoft.Resources/subscriptions/read", call->holder.key)
               ? mp_arm_check_scope(call, &call->holder, false, err)
               : MP_OK;
}
