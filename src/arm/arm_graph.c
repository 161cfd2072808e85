/* SPDX-License-Identifier: Apache-2.0 */
/* As much of a directory as it takes to turn names into ids and ids into names. Whoever is signed in may ask for one
 * that he can name; lists of all are not here. */
#include "arm_internal.h"

#include "directory.h"
#include "item.h"
#include "secret.h"

typedef struct entry {
    const char    *type; /* "#microsoft.graph.user" */
    const mp_kind *kind;
    mp_record      record;
    bool           is_there;
} entry;

static const entry people[] = {
    { .type = "#microsoft.graph.user", .kind = &mp_user_kind },
    { .type = "#microsoft.graph.servicePrincipal", .kind = &mp_program_kind },
    { .type = "#microsoft.graph.group", .kind = &mp_group_kind },
};
enum { USER, PROGRAM, GROUP };

static void write_entry(mp_jsonw *w, const entry *e)
{
    mp_jsonw_object(w);
    mp_arm_put(w, "@odata.type", mp_str_from(e->type));
    mp_arm_put(w, "id", e->record.key);
    mp_arm_put(w, "displayName", mp_arm_text(e->record.body, "displayName"));
    if (e->kind == &mp_user_kind)
        mp_arm_put(w, "userPrincipalName", mp_arm_text(e->record.body, "userName"));
    if (e->kind == &mp_program_kind) {
        mp_str app = mp_arm_text(e->record.body, "appId");
        mp_arm_put(w, "appId", app);
        mp_arm_put(w, "servicePrincipalType", MP_S("Application"));
        mp_jsonw_key(w, MP_S("servicePrincipalNames"));
        mp_jsonw_array(w);
        mp_jsonw_str(w, app);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* By id, or by the name that is its own. */
typedef struct looking {
    mp_arm_call *call;
    entry        e;
    mp_str       wanted;
} looking;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking *l = arg;
    mp_code  code = MP_MISSING;
    mp_arena *arena = l->call->request->arena;
    mp_str   id = mp_arena_lower(arena, l->wanted);
    if (!id.ptr)
        return mp_arm_nomem(err);
    if (mp_is_guid(id))
        code = mp_record_get(&l->e.record, tx, l->e.kind, id, 0, arena, err);
    if (code == MP_MISSING && l->e.kind == &mp_program_kind && mp_is_guid(id))
        code = mp_record_find(&l->e.record, tx, &mp_program_kind, "appId", id, arena, err);
    if (code == MP_MISSING && l->e.kind == &mp_user_kind)
        code = mp_record_find(&l->e.record, tx, &mp_user_kind, "userName", l->wanted, arena, err);
    l->e.is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code find(entry *out, mp_arm_call *call, size_t which, mp_str wanted, mp_error *err)
{
    looking l = { .call = call, .e = people[which], .wanted = wanted };
    MP_TRY(mp_arm_read(call, look, &l, err));
    *out = l.e;
    return MP_OK;
}

static mp_code get_as(mp_arm_call *call, size_t which, mp_error *err)
{
    entry    e;
    mp_jsonw w;
    MP_TRY(find(&e, call, which, call->name, err));
    if (!e.is_there)
        return MP_ARM_FAIL(call, 404, "Request_ResourceNotFound", err, "Resource '%.*s' does not exist.",
                           MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
    mp_jsonw_init(&w, call->request->arena);
    write_entry(&w, &e);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

static mp_code get_user(mp_arm_call *call, mp_error *err) { return get_as(call, USER, err); }
static mp_code get_program(mp_arm_call *call, mp_error *err) { return get_as(call, PROGRAM, err); }
static mp_code get_group(mp_arm_call *call, mp_error *err) { return get_as(call, GROUP, err); }

static mp_code get_me(mp_arm_call *call, mp_error *err)
{
    const mp_who *who = mp_app_who(call->request);
    if (who->kind != MP_WHO_USER)
        return MP_ARM_FAIL(call, 400, "BadRequest", err, "/me request is only valid with delegated authentication flow.");
    call->name = who->id;
    return get_as(call, USER, err);
}

/* ---- filters that name one ---- */

enum { FIELD_NAMES, FIELD_APP, FIELD_ID, FIELD_UPN, FIELD_MAIL };
static const mp_odata_field fields[] = {
    [FIELD_NAMES] = { .name = MP_S_INIT("servicePrincipalNames"), .type = MP_ODATA_LIST },
    [FIELD_APP] = { .name = MP_S_INIT("appId"), .type = MP_ODATA_STRING },
    [FIELD_ID] = { .name = MP_S_INIT("id"), .type = MP_ODATA_STRING },
    [FIELD_UPN] = { .name = MP_S_INIT("userPrincipalName"), .type = MP_ODATA_STRING },
    [FIELD_MAIL] = { .name = MP_S_INIT("mail"), .type = MP_ODATA_STRING },
};
static const mp_odata_table table = { .fields = fields, .field_count = MP_COUNT(fields) };

/* The text in "servicePrincipalNames/any(c:c eq 'TEXT')", which is the one filter on a list that is asked with. */
static mp_str any_of(mp_str filter)
{
    size_t open = mp_str_find(filter, '\''), close = mp_str_rfind(filter, '\'');
    return mp_str_starts_fold(mp_str_trim(filter), MP_S("servicePrincipalNames/any(")) && open != SIZE_MAX && close > open
               ? mp_str_of(filter.ptr + open + 1, close - open - 1)
               : mp_str_of(NULL, 0);
}

static mp_code list_as(mp_arm_call *call, size_t which, mp_error *err)
{
    const mp_filter *filter;
    mp_cell          cell;
    entry            e = { .is_there = false };
    mp_jsonw         w;
    MP_TRY(mp_arm_filter(&filter, call, &table, err));
    mp_str wanted = any_of(mp_http_query(call->request, MP_S("$filter")));
    for (uint32_t i = FIELD_APP; filter && !wanted.ptr && i < MP_COUNT(fields); i++)
        if (mp_filter_wants(&cell, filter, i))
            wanted = cell.u.text;
    if (!wanted.ptr)
        return MP_ARM_FAIL(
            call, 400, "Request_UnsupportedQuery", err,
            "Unsupported query: wanted is a $filter that names one, by id, appId or userPrincipalName");
    MP_TRY(find(&e, call, which, wanted, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    if (e.is_there)
        write_entry(&w, &e);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), mp_str_of(NULL, 0), err);
}

static mp_code list_users(mp_arm_call *call, mp_error *err) { return list_as(call, USER, err); }
static mp_code list_programs(mp_arm_call *call, mp_error *err) { return list_as(call, PROGRAM, err); }

/* ---- many ids ---- */

enum { IDS_MAX = 1000 };

static mp_code get_by_ids(mp_arm_call *call, mp_error *err)
{
    const mp_json *ids = mp_arm_member(call->body, "ids");
    mp_jsonw       w;
    if (!mp_json_is(ids, MP_JSON_ARRAY))
        return mp_arm_lacks(call, "ids", err);
    if (ids->count > IDS_MAX)
        return MP_ARM_FAIL(call, 400, "Request_BadRequest", err, "more than %d ids", IDS_MAX);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(id, ids))
        for (size_t i = 0; mp_json_is(id, MP_JSON_STRING) && mp_is_guid(mp_json_str(id)) && i < MP_COUNT(people); i++) {
            entry e;
            MP_TRY(find(&e, call, i, mp_json_str(id), err));
            if (e.is_there)
                write_entry(&w, &e);
        }
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), mp_str_of(NULL, 0), err);
}

#define GRAPH(method_, type_, at_, handler_, ...) { method_, "Microsoft.Graph/" type_, at_, NULL, MP_ON_TENANT, handler_, MP_SIGNED_IN, .is_unversioned = true, __VA_ARGS__ }

const mp_arm_route mp_arm_graph[] = {
    GRAPH(MP_GET, "me", MP_ARM_LIST, get_me),
    GRAPH(MP_GET, "users", MP_ARM_ITEM, get_user),
    GRAPH(MP_GET, "users", MP_ARM_LIST, list_users),
    GRAPH(MP_GET, "servicePrincipals", MP_ARM_ITEM, get_program),
    GRAPH(MP_GET, "servicePrincipals", MP_ARM_LIST, list_programs),
    GRAPH(MP_GET, "groups", MP_ARM_ITEM, get_group),
    /* "getByIds" stands where a name would. */
    GRAPH(MP_POST, "directoryObjects", MP_ARM_ITEM, get_by_ids, .wants_body = true),
    { .type = NULL },
};
