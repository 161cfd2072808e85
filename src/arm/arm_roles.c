/* SPDX-License-Identifier: Apache-2.0 */
/* Role definitions: ids are paths here and GUIDs in access. A built-in one may be asked for on any scope. */
#include "arm_internal.h"

#include "item.h"
#include "rbac.h"
#include "scope.h"
#include "secret.h"

#define ROLES "Microsoft.Authorization/roleDefinitions"

static const char *const lists[] = { "actions", "notActions", "dataActions", "notDataActions" };

/* ---- as ARM shows it ---- */

static void put_strings(mp_jsonw *w, const char *name, const char *const *all)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (; *all; all++)
        mp_jsonw_str(w, mp_str_from(*all));
    mp_jsonw_end(w);
}

static mp_str role_id(const mp_arm_call *call, mp_str scope, mp_str id)
{
    return mp_arena_printf(call->request->arena, "%.*s/providers/" ROLES "/%.*s",
                           MP_FMT(scope.len > 1 ? scope : MP_S("")), MP_FMT(id));
}

static void begin(mp_jsonw *w, const mp_arm_call *call, mp_str id, mp_str name, mp_str type, mp_str description)
{
    mp_jsonw_object(w);
    mp_arm_put(w, "id", role_id(call, call->scope.kind == MP_PLACE_SUBSCRIPTION ? call->scope.id : MP_S(""), id));
    mp_arm_put(w, "type", MP_S(ROLES));
    mp_arm_put(w, "name", id);
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    mp_arm_put(w, "roleName", name);
    mp_arm_put(w, "type", type);
    mp_arm_put(w, "description", description);
}

static void write_builtin(mp_jsonw *w, const mp_arm_call *call, const mp_builtin_role *role)
{
    static const char *const everywhere[] = { "/", NULL };
    begin(w, call, mp_str_from(role->id), mp_str_from(role->name), MP_S("BuiltInRole"),
          mp_message(call->request->lang, role->doc));
    put_strings(w, "assignableScopes", everywhere);
    mp_jsonw_key(w, MP_S("permissions"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    put_strings(w, lists[0], role->actions);
    put_strings(w, lists[1], role->not_actions);
    put_strings(w, lists[2], role->data_actions);
    put_strings(w, lists[3], role->not_data_actions);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void write_custom(mp_jsonw *w, const mp_arm_call *call, const mp_record *record)
{
    const mp_json *body = record->body;
    begin(w, call, record->key, mp_arm_text(body, "roleName"), MP_S("CustomRole"), mp_arm_text(body, "description"));
    mp_jsonw_put_value(w, "assignableScopes", mp_arm_member(body, "assignableScopes"));
    mp_jsonw_key(w, MP_S("permissions"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        mp_jsonw_key(w, mp_str_from(lists[i]));
        mp_jsonw_value(w, mp_arm_member(body, lists[i]));
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_arm_put(w, "createdOn", mp_arm_text(body, "createdAt"));
    mp_arm_put(w, "updatedOn",
               record->since ? mp_time_text(call->request->arena, record->since) : mp_arm_text(body, "createdAt"));
    mp_arm_put(w, "createdBy", mp_arm_text(body, "createdBy"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- one ---- */

static mp_code not_found(mp_arm_call *call, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "RoleDefinitionDoesNotExist", err,
                       "The specified role definition with ID '%.*s' does not exist.",
                       MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
}

static mp_code answer(mp_arm_call *call, unsigned status, const mp_builtin_role *builtin, const mp_record *record,
                      mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    if (builtin)
        write_builtin(&w, call, builtin);
    else
        write_custom(&w, call, record);
    return mp_arm_answer(call, status, mp_jsonw_done(&w), err);
}

static mp_code find(mp_record *out, const mp_builtin_role **builtin, bool *is_there, mp_arm_call *call, mp_error *err)
{
    mp_str id = mp_arena_lower(call->request->arena, call->name);
    if (!id.ptr)
        return mp_arm_nomem(err);
    *is_there = false;
    *builtin = mp_is_guid(id) ? mp_builtin_role_find(id) : NULL;
    return *builtin || !mp_is_guid(id) ? MP_OK : mp_arm_record(out, is_there, call, &mp_role_kind, id, err);
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    const mp_builtin_role *builtin = NULL;
    mp_record              record;
    bool                   is_there;
    MP_TRY(find(&record, &builtin, &is_there, call, err));
    return builtin || is_there ? answer(call, 200, builtin, &record, err) : not_found(call, err);
}

/* ---- writing ---- */

typedef struct change {
    mp_arm_call   *call;
    mp_str         id;
    const mp_json *body;
    mp_record      out;
} change;

/* The flat body of access. One set of permissions: of several the notActions of one would not take from the other,
 * and that cannot be said there. */
static mp_code body_of(const mp_json **out, mp_arm_call *call, mp_error *err)
{
    const mp_json *properties = mp_arm_member(call->body, "properties"),
                  *permissions = mp_arm_member(properties, "permissions"),
                  *scopes = mp_arm_member(properties, "assignableScopes"),
                  *first = mp_json_is(permissions, MP_JSON_ARRAY) ? mp_json_at(permissions, 0) : NULL;
    mp_str         name = mp_arm_text(properties, "roleName");
    mp_jsonw       w;
    if (name.len == 0)
        return mp_arm_lacks(call, "properties.roleName", err);
    if (!mp_json_is(first, MP_JSON_OBJECT) || permissions->count != 1)
        return MP_ARM_FAIL(call, 400, "InvalidRoleDefinition", err, "a role definition has one object in permissions");
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "roleName", name);
    mp_arm_put(&w, "description", mp_arm_text(properties, "description"));
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        if (mp_json_is(mp_arm_member(first, lists[i]), MP_JSON_ARRAY)) {
            mp_jsonw_key(&w, mp_str_from(lists[i]));
            mp_jsonw_value(&w, mp_arm_member(first, lists[i]));
        }
    mp_jsonw_key(&w, MP_S("assignableScopes"));
    if (mp_json_is(scopes, MP_JSON_ARRAY) && scopes->count) {
        mp_jsonw_value(&w, scopes);
    } else {
        mp_jsonw_array(&w);
        mp_jsonw_str(&w, call->scope.id);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_arm_nomem(err);
}

static mp_code tell(mp_arm_call *call, mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_PARAMETER || code == MP_LIMIT || code == MP_SYNTAX || code == MP_REFERENCE)
        return mp_arm_fault_as(call, 400, "InvalidRoleDefinition", why, err);
    if (code == MP_EXISTS)
        return mp_arm_fault_as(call, 409, "RoleDefinitionWithSameNameExists", why, err);
    if (code == MP_CONFLICT)
        return mp_arm_fault_as(
            call, mp_builtin_role_find(call->name) ? 400 : 409,
            mp_builtin_role_find(call->name) ? "CannotModifyBuiltInRole" : "RoleDefinitionHasAssignments", why, err);
    if (code != MP_OK && err)
        *err = *why;
    return code;
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    change   *c = arg;
    mp_record made;
    MP_TRY(mp_role_put(&made, c->call->app->access, tx, c->id, c->body, MP_ANY_VERSION, mp_app_who(c->call->request), err));
    return mp_record_get(&c->out, tx, &mp_role_kind, c->id, 0, c->call->request->arena, err);
}

/* What is changed is changed wherever it can be assigned. */
static mp_code check_everywhere(mp_arm_call *call, const mp_record *record, const char *action, mp_error *err)
{
    const mp_json *scopes = mp_arm_member(record->body, "assignableScopes");
    if (!mp_json_is(scopes, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(scope, scopes))
        MP_TRY(mp_arm_require(call, action, mp_json_str(scope), err));
    return MP_OK;
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    change                 c = { .call = call, .id = mp_arena_lower(call->request->arena, call->name) };
    const mp_builtin_role *builtin = NULL;
    mp_record              old;
    bool                   is_there;
    mp_error               why = { .code = MP_OK };
    if (!mp_is_guid(call->name))
        return MP_ARM_FAIL(call, 400, "InvalidRoleDefinitionId", err,
                           "The role definition ID '%.*s' is not valid. The role definition ID must be a GUID.",
                           MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
    MP_TRY(body_of(&c.body, call, err));
    MP_TRY(find(&old, &builtin, &is_there, call, err));
    if (is_there)
        MP_TRY(check_everywhere(call, &old, ROLES "/write", err));
    MP_TRY(tell(call, mp_arm_write(call, do_put, &c, &why), &why, err));
    return answer(call, 201, NULL, &c.out, err);
}

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    change *c = arg;
    return mp_role_delete(c->call->app->access, tx, c->id, c->out.version, err);
}

static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    change                 c = { .call = call, .id = mp_arena_lower(call->request->arena, call->name) };
    const mp_builtin_role *builtin = NULL;
    bool                   is_there;
    mp_error               why = { .code = MP_OK };
    MP_TRY(find(&c.out, &builtin, &is_there, call, err));
    if (builtin)
        return MP_ARM_FAIL(call, 400, "CannotModifyBuiltInRole", err, "a built-in role does not change");
    if (!is_there)
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(check_everywhere(call, &c.out, ROLES "/delete", err));
    mp_code code = mp_arm_write(call, do_delete, &c, &why);
    if (code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(tell(call, code, &why, err));
    return answer(call, 200, NULL, &c.out, err);
}

/* ---- lists ---- */

enum { FIELD_NAME, FIELD_TYPE };
enum { AT_SCOPE_AND_BELOW, AT_SCOPE };
static const mp_odata_field fields[] = { { .name = MP_S_INIT("roleName"), .type = MP_ODATA_STRING },
                                         { .name = MP_S_INIT("type"), .type = MP_ODATA_STRING } };
static const mp_odata_function functions[] = { { .name = MP_S_INIT("atScopeAndBelow") }, { .name = MP_S_INIT("atScope") } };
static const mp_odata_table table = {
    .fields = fields, .field_count = MP_COUNT(fields), .functions = functions, .function_count = MP_COUNT(functions)
};

typedef struct row {
    const mp_builtin_role *builtin;
    const mp_record       *record;
} row;

typedef struct listing {
    mp_arm_call     *call;
    const mp_filter *filter;
    const mp_str    *above;
    size_t           above_count;
    mp_jsonw         w;
} listing;

static mp_cell get_field(void *context, const void *one, uint32_t field)
{
    const row *r = one;
    (void)context;
    if (field == FIELD_TYPE)
        return mp_cell_text(r->builtin ? MP_S("BuiltInRole") : MP_S("CustomRole"));
    return mp_cell_text(r->builtin ? mp_str_from(r->builtin->name) : mp_arm_text(r->record->body, "roleName"));
}

static bool call_function(void *context, const void *one, uint32_t function, const mp_str *arguments, uint32_t count)
{
    (void)context;
    (void)one;
    (void)function;
    (void)arguments;
    (void)count;
    return true; /* both ask for what the list shows anyway */
}

/* It can be assigned at the scope of the list, or somewhere below it. */
static bool concerns(const listing *l, const mp_record *record)
{
    const mp_json *scopes = mp_arm_member(record->body, "assignableScopes");
    mp_place       place;
    if (!mp_json_is(scopes, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(scope, scopes)) {
        if (mp_place_of(&place, mp_json_str(scope), l->call->request->arena, NULL) != MP_OK)
            continue;
        if (mp_place_holds(l->call->scope.key, place.key))
            return true;
        for (size_t i = 0; i < l->above_count; i++)
            if (mp_str_eq(l->above[i], place.key))
                return true;
    }
    return false;
}

static mp_code list_customs(mp_tx *tx, void *arg, mp_error *err)
{
    listing        *l = arg;
    mp_odata_reader reader = { .get = get_field, .call = call_function };
    mp_record_query query = { .kind = &mp_role_kind, .limit = 1000 };
    mp_record_page  page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, l->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (concerns(l, &page.records[i]) && mp_filter_test(l->filter, &reader, &(row){ .record = &page.records[i] }))
                write_custom(&l->w, l->call, &page.records[i]);
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    listing         l = { .call = call };
    mp_odata_reader reader = { .get = get_field, .call = call_function };
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    MP_TRY(mp_arm_above(&l.above, &l.above_count, call, &call->scope, err));
    mp_jsonw_init(&l.w, call->request->arena);
    mp_jsonw_array(&l.w);
    for (size_t i = 0; mp_builtin_role_at(i); i++)
        if (mp_filter_test(l.filter, &reader, &(row){ .builtin = mp_builtin_role_at(i) }))
            write_builtin(&l.w, call, mp_builtin_role_at(i));
    MP_TRY(mp_arm_read(call, list_customs, &l, err));
    mp_jsonw_end(&l.w);
    return mp_arm_list(call, mp_jsonw_done(&l.w), mp_str_of(NULL, 0), err);
}

const mp_arm_route mp_arm_roles[] = {
    { MP_GET, ROLES, MP_ARM_LIST, NULL, MP_ON_ANY, list_all, .action = NULL },
    { MP_GET, ROLES, MP_ARM_ITEM, NULL, MP_ON_ANY, get_one, .action = NULL },
    { MP_PUT, ROLES, MP_ARM_ITEM, NULL, MP_ON_ANY, put_one, .action = NULL, .wants_body = true },
    { MP_DELETE, ROLES, MP_ARM_ITEM, NULL, MP_ON_ANY, delete_one, .action = NULL },
    { .type = NULL },
};
