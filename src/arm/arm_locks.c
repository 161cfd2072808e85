/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: what they forbid is estate/lock.c's and the gate's. */
#include "arm_internal.h"

#include "item.h"

#define LOCKS "Microsoft.Authorization/locks"

/* {"id","name","type","properties":{"level","notes","owners"},"systemData"} */
static void write_lock(mp_jsonw *w, const mp_json *body)
{
    static const char *const inner[] = { "level", "notes", "owners" };
    mp_jsonw_object(w);
    mp_arm_put(w, "id", mp_arm_text(body, "id"));
    mp_arm_put(w, "name", mp_arm_text(body, "name"));
    mp_arm_put(w, "type", MP_S(LOCKS));
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < MP_COUNT(inner); i++)
        if (mp_arm_member(body, inner[i])) {
            mp_jsonw_key(w, mp_str_from(inner[i]));
            mp_jsonw_value(w, mp_arm_member(body, inner[i]));
        }
    mp_jsonw_end(w);
    mp_jsonw_put_value(w, "systemData", mp_arm_member(body, "systemData"));
    mp_jsonw_end(w);
}

static mp_code answer(mp_arm_call *call, unsigned status, const mp_json *body, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    write_lock(&w, body);
    return mp_arm_answer(call, status, mp_jsonw_done(&w), err);
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(mp_arm_record(&record, &is_there, call, &mp_lock_kind, call->place.key, err));
    if (!is_there) {
        MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
        return MP_ARM_FAIL(call, 404, "LockNotFound", err, "The lock '%.*s' could not be found.", MP_FMT(call->name));
    }
    return answer(call, 200, record.body, err);
}

/* ---- writing ---- */

typedef struct change {
    mp_arm_call *call;
    mp_str       level;
    bool         is_new;
    mp_record    out;
} change;

void mp_arm_put_system_data(mp_jsonw *w, const mp_arm_call *call, const mp_json *old, mp_ticks now)
{
    const mp_json *before = mp_arm_member(old, "systemData");
    mp_str         by, kind, time = mp_time_text(call->request->arena, now);
    mp_arm_by(&by, &kind, call);
    mp_jsonw_key(w, MP_S("systemData"));
    mp_jsonw_object(w);
    mp_arm_put(w, "createdBy", before ? mp_arm_text(before, "createdBy") : by);
    mp_arm_put(w, "createdByType", before ? mp_arm_text(before, "createdByType") : kind);
    mp_arm_put(w, "createdAt", before ? mp_arm_text(before, "createdAt") : time);
    mp_arm_put(w, "lastModifiedBy", by);
    mp_arm_put(w, "lastModifiedByType", kind);
    mp_arm_put(w, "lastModifiedAt", time);
    mp_jsonw_end(w);
}

static const mp_json *make_body(change *c, const mp_json *old, mp_ticks now)
{
    const mp_json *properties = mp_arm_member(c->call->body, "properties"), *owners = mp_arm_member(properties, "owners");
    mp_jsonw       w;
    mp_jsonw_init(&w, c->call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", old ? mp_arm_text(old, "id") : c->call->place.id);
    mp_arm_put(&w, "name", old ? mp_arm_text(old, "name") : c->call->name);
    mp_arm_put(&w, "level", c->level);
    if (mp_arm_text(properties, "notes").len)
        mp_arm_put(&w, "notes", mp_arm_text(properties, "notes"));
    if (mp_json_is(owners, MP_JSON_ARRAY)) {
        mp_jsonw_put_value(&w, "owners", owners);
    }
    mp_arm_put_system_data(&w, c->call, old, now);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    change   *c = arg;
    mp_record old;
    mp_code   code = mp_record_get(&old, tx, &mp_lock_kind, c->call->place.key, 0, c->call->request->arena, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    c->is_new = code == MP_MISSING;
    const mp_json *body = make_body(c, c->is_new ? NULL : old.body, mp_tx_time(tx));
    return body ? mp_record_put(&c->out, tx, &mp_lock_kind, c->call->place.key, body, MP_ANY_VERSION, err)
                : mp_arm_nomem(err);
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    static const char *const levels[] = { "CanNotDelete", "ReadOnly" };
    change c = { .call = call };
    mp_str level = mp_arm_text(mp_arm_member(call->body, "properties"), "level");
    for (size_t i = 0; i < MP_COUNT(levels); i++)
        if (mp_str_eq_fold(level, mp_str_from(levels[i])))
            c.level = mp_str_from(levels[i]);
    if (!c.level.len)
        return MP_ARM_FAIL(call, 400, "InvalidLockLevel", err,
                           "The lock level '%.*s' is none; wanted is CanNotDelete or ReadOnly",
                           MP_FMT(mp_str_of(level.ptr, level.len < 60 ? level.len : 60)));
    MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
    MP_TRY(mp_arm_write(call, do_put, &c, err));
    return answer(call, c.is_new ? 201 : 200, c.out.body, err);
}

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    change *c = arg;
    mp_code code = mp_record_get(&c->out, tx, &mp_lock_kind, c->call->place.key, 0, c->call->request->arena, err);
    c->is_new = code == MP_MISSING; /* nothing to take away */
    if (code != MP_OK)
        return c->is_new ? MP_OK : code;
    return mp_record_delete(tx, &mp_lock_kind, c->call->place.key, MP_ANY_VERSION, err);
}

static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    change c = { .call = call };
    MP_TRY(mp_arm_write(call, do_delete, &c, err));
    return mp_arm_answer_empty(call, c.is_new ? 204 : 200, err);
}

/* ---- lists: at the scope and below it ---- */

enum { AT_SCOPE, AT_EXACT_SCOPE };
static const mp_odata_function functions[] = {
    [AT_SCOPE] = { .name = MP_S_INIT("atScope") }, [AT_EXACT_SCOPE] = { .name = MP_S_INIT("atExactScope") }
};
static const mp_odata_field fields[] = { { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING },
                                         { .name = MP_S_INIT("level"), .type = MP_ODATA_STRING } };
static const mp_odata_table table = {
    .fields = fields, .field_count = MP_COUNT(fields), .functions = functions, .function_count = MP_COUNT(functions)
};

typedef struct listing {
    mp_arm_call     *call;
    const mp_filter *filter;
    uint32_t         top;
    mp_jsonw         w;
    mp_str           next;
} listing;

static mp_cell get_field(void *context, const void *row, uint32_t field)
{
    const mp_record *record = row;
    (void)context;
    return mp_cell_text(mp_arm_text(record->body, field == 0 ? "name" : "level"));
}

/* Both: the lock stands right on the scope. */
static bool call_function(void *context, const void *row, uint32_t function, const mp_str *arguments, uint32_t count)
{
    const listing   *l = context;
    const mp_record *record = row;
    mp_place         place;
    (void)function;
    (void)arguments;
    (void)count;
    return mp_place_of(&place, record->key, l->call->request->arena, NULL) == MP_OK &&
           mp_str_eq(place.parent, l->call->scope.key);
}

static mp_code list_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing         *l = arg;
    mp_arena        *arena = l->call->request->arena;
    mp_odata_reader  reader = { .get = get_field, .call = call_function, .context = l };
    mp_str           start = mp_arena_printf(arena, "%.*s/", MP_FMT(l->call->scope.key));
    mp_record_filter filter = { .index = "id",
                                .op = MP_FILTER_STARTS,
                                .value = mp_str_of(start.ptr, start.len > 512 ? 512 : start.len) };
    mp_record_query query = { .kind = &mp_lock_kind,
                              .filters = &filter,
                              .filter_count = 1,
                              .order = "id",
                              .after = mp_arm_skiptoken(l->call),
                              .limit = l->top };
    mp_record_page   page;
    if (!start.ptr)
        return mp_arm_nomem(err);
    mp_jsonw_init(&l->w, arena);
    mp_jsonw_array(&l->w);
    MP_TRY(mp_record_list(&page, tx, &query, arena, err));
    for (size_t i = 0; i < page.count; i++)
        if (mp_str_starts(page.records[i].key, start) && mp_filter_test(l->filter, &reader, &page.records[i]))
            write_lock(&l->w, page.records[i].body);
    mp_jsonw_end(&l->w);
    l->next = page.next;
    return MP_OK;
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    listing  l = { .call = call };
    mp_error why = { .code = MP_OK };
    MP_TRY(mp_arm_top(&l.top, call, 1000, err));
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, list_page, &l, &why), &why, err));
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.next, err);
}

#define ON (MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)

const mp_arm_route mp_arm_locks[] = {
    { MP_GET, LOCKS, MP_ARM_ITEM, NULL, ON, get_one, .action = NULL },
    { MP_PUT, LOCKS, MP_ARM_ITEM, NULL, ON, put_one, .action = NULL, .wants_body = true },
    { MP_DELETE, LOCKS, MP_ARM_ITEM, NULL, ON, delete_one, .action = NULL },
    { MP_GET, LOCKS, MP_ARM_LIST, NULL, ON, list_all, .action = NULL },
    { .type = NULL },
};
