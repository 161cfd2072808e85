/* SPDX-License-Identifier: Apache-2.0 */
/* Role assignments. Who may give what is access's to say (rbac.h). */
#include "arm_internal.h"

#include "item.h"
#include "rbac.h"
#include "secret.h"

#define ASSIGNMENTS "Microsoft.Authorization/roleAssignments"
#define ROLES "Microsoft.Authorization/roleDefinitions"

/* ---- as ARM shows it ---- */

/* The role's id is a path of the assignment's subscription. */
static mp_str role_path(const mp_arm_call *call, mp_str scope, mp_str role)
{
    mp_place place;
    mp_str   at = MP_S("");
    if (mp_place_of(&place, scope, call->request->arena, NULL) == MP_OK && place.subscription.len)
        at = mp_arena_printf(call->request->arena, "/subscriptions/%.*s", MP_FMT(place.subscription));
    return mp_arena_printf(call->request->arena, "%.*s/providers/" ROLES "/%.*s", MP_FMT(at), MP_FMT(role));
}

static void write_assignment(mp_jsonw *w, const mp_arm_call *call, const mp_record *record)
{
    static const char *const kept[] = { "principalId", "principalType", "scope", "description" };
    mp_arena *arena = call->request->arena;
    mp_str scope = mp_arm_text(record->body, "scope"), by = mp_arm_text(record->body, "createdBy"),
           made = mp_arm_text(record->body, "createdAt");
    mp_jsonw_object(w);
    mp_arm_put(w, "id",
               mp_arena_printf(arena, "%.*s/providers/" ASSIGNMENTS "/%.*s", MP_FMT(scope.len > 1 ? scope : MP_S("")),
                               MP_FMT(record->key)));
    mp_arm_put(w, "type", MP_S(ASSIGNMENTS));
    mp_arm_put(w, "name", record->key);
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    mp_arm_put(w, "roleDefinitionId", role_path(call, scope, mp_arm_text(record->body, "roleDefinitionId")));
    for (size_t i = 0; i < MP_COUNT(kept); i++)
        if (mp_arm_text(record->body, kept[i]).len)
            mp_arm_put(w, kept[i], mp_arm_text(record->body, kept[i]));
    mp_arm_put(w, "createdOn", made);
    mp_arm_put(w, "updatedOn", record->since ? mp_time_text(arena, record->since) : made);
    mp_arm_put(w, "createdBy", by);
    mp_arm_put(w, "updatedBy", by);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code answer(mp_arm_call *call, unsigned status, const mp_record *record, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    write_assignment(&w, call, record);
    return mp_arm_answer(call, status, mp_jsonw_done(&w), err);
}

/* ---- one ---- */

/* One that stands on another scope is not this one. */
static mp_code find(mp_record *out, bool *is_there, mp_arm_call *call, mp_error *err)
{
    mp_place place;
    mp_str   id = mp_arena_lower(call->request->arena, call->name);
    *is_there = false;
    if (!id.ptr)
        return mp_arm_nomem(err);
    if (!mp_is_guid(id))
        return MP_OK;
    MP_TRY(mp_arm_record(out, is_there, call, &mp_assignment_kind, id, err));
    *is_there = *is_there &&
                mp_place_of(&place, mp_arm_text(out->body, "scope"), call->request->arena, NULL) == MP_OK &&
                mp_str_eq(place.key, call->scope.key);
    return MP_OK;
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    MP_TRY(find(&record, &is_there, call, err));
    if (!is_there)
        return MP_ARM_FAIL(call, 404, "RoleAssignmentNotFound", err, "The role assignment '%.*s' is not found.",
                           MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
    return answer(call, 200, &record, err);
}

/* ---- writing ---- */

typedef struct change {
    mp_arm_call   *call;
    mp_str         id;
    const mp_json *body;
    mp_record      out;
} change;

static mp_code body_of(const mp_json **out, mp_arm_call *call, mp_error *err)
{
    const mp_json *properties = mp_arm_member(call->body, "properties");
    mp_str principal = mp_arm_text(properties, "principalId"), role = mp_arm_text(properties, "roleDefinitionId"),
           type = mp_arm_text(properties, "principalType");
    mp_jsonw       w;
    if (!mp_is_guid(principal))
        return MP_ARM_FAIL(call, 400, "InvalidPrincipalId", err,
                           "A valid principal ID must be provided for role assignment.");
    size_t slash = mp_str_rfind(role, '/');
    if (!mp_is_guid(mp_str_skip(role, slash == SIZE_MAX ? 0 : slash + 1))) /* a name is none here */
        return MP_ARM_FAIL(call, 400, "InvalidRoleDefinitionId", err, "The role definition ID '%.*s' is not valid.",
                           MP_FMT(mp_str_of(role.ptr, role.len < 150 ? role.len : 150)));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "principalId", principal);
    mp_arm_put(&w, "roleDefinitionId", role);
    mp_arm_put(&w, "scope", call->scope.id);
    if (type.len)
        mp_arm_put(&w, "principalType", type);
    if (mp_arm_text(properties, "description").len)
        mp_arm_put(&w, "description", mp_arm_text(properties, "description"));
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_arm_nomem(err);
}

static bool is_known_role(mp_arm_call *call)
{
    mp_record record;
    bool      is_there = false;
    mp_str    role = mp_arm_text(mp_arm_member(call->body, "properties"), "roleDefinitionId");
    mp_str id =
        mp_arena_lower(call->request->arena,
                     mp_str_skip(role, mp_str_rfind(role, '/') == SIZE_MAX ? 0 : mp_str_rfind(role, '/') + 1));
    return mp_builtin_role_find(id) ||
           (mp_arm_record(&record, &is_there, call, &mp_role_kind, id, NULL) == MP_OK && is_there);
}

static mp_code tell(mp_arm_call *call, mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_REFERENCE)
        return is_known_role(call) ? mp_arm_fault_as(call, 400, "PrincipalNotFound", why, err)
                                   : mp_arm_fault_as(call, 400, "RoleDefinitionDoesNotExist", why, err);
    if (code == MP_EXISTS)
        return MP_ARM_FAIL(call, 409, "RoleAssignmentExists", err, "The role assignment already exists.");
    if (code == MP_CONFLICT)
        return mp_arm_fault_as(call, 409, "RoleAssignmentUpdateNotPermitted", why, err);
    if (code == MP_PARAMETER || code == MP_LIMIT)
        return mp_arm_fault_as(call, 400, "InvalidRoleAssignment", why, err);
    if (code == MP_DENIED)
        return mp_arm_fault_as(call, 403, "AuthorizationFailed", why, err);
    if (code != MP_OK && err)
        *err = *why;
    return code;
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    change   *c = arg;
    mp_record made;
    MP_TRY(mp_assign(&made, c->call->app->access, tx, c->id, c->body, MP_ANY_VERSION, mp_app_who(c->call->request), err));
    return mp_record_get(&c->out, tx, &mp_assignment_kind, c->id, 0, c->call->request->arena, err);
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    change   c = { .call = call, .id = mp_arena_lower(call->request->arena, call->name) };
    mp_error why = { .code = MP_OK };
    if (!mp_is_guid(call->name))
        return MP_ARM_FAIL(call, 400, "InvalidRoleAssignmentId", err,
                           "The role assignment ID '%.*s' is not valid. The role assignment ID must be a GUID.",
                           MP_FMT(mp_str_of(call->name.ptr, call->name.len < 100 ? call->name.len : 100)));
    MP_TRY(body_of(&c.body, call, err));
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(tell(call, mp_arm_write(call, do_put, &c, &why), &why, err));
    return answer(call, 201, &c.out, err);
}

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    change *c = arg;
    return mp_unassign(c->call->app->access, tx, c->id, c->out.version, mp_app_who(c->call->request), err);
}

static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    change   c = { .call = call, .id = mp_arena_lower(call->request->arena, call->name) };
    mp_error why = { .code = MP_OK };
    bool     is_there;
    MP_TRY(find(&c.out, &is_there, call, err));
    if (!is_there)
        return mp_arm_answer_empty(call, 204, err);
    mp_code code = mp_arm_write(call, do_delete, &c, &why);
    if (code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(tell(call, code, &why, err));
    return answer(call, 200, &c.out, err);
}

/* ---- lists: at the scope, above it and below it ---- */

enum { FIELD_PRINCIPAL, FIELD_ROLE };
enum { AT_SCOPE, ASSIGNED_TO, AT_EXACT_SCOPE };
static const mp_odata_field fields[] = {
    [FIELD_PRINCIPAL] = { .name = MP_S_INIT("principalId"), .type = MP_ODATA_STRING },
    [FIELD_ROLE] = { .name = MP_S_INIT("roleDefinitionId"), .type = MP_ODATA_ID }
};
static const mp_odata_function functions[] = { [AT_SCOPE] = { .name = MP_S_INIT("atScope") },
                                               [ASSIGNED_TO] = { .name = MP_S_INIT("assignedTo"), .least = 1, .most = 1 },
                                               [AT_EXACT_SCOPE] = { .name = MP_S_INIT("atExactScope") } };
static const mp_odata_table table = {
    .fields = fields, .field_count = MP_COUNT(fields), .functions = functions, .function_count = MP_COUNT(functions)
};

typedef struct listing {
    mp_arm_call     *call;
    const mp_filter *filter;
    const mp_str    *above;
    size_t           above_count;
    mp_who           assignee; /* of assignedTo('id'), with groups */
    bool             has_assignee;
    uint32_t         top, shown;
    mp_jsonw         w;
    mp_str           next;
} listing;

static mp_cell get_field(void *context, const void *one, uint32_t field)
{
    const listing   *l = context;
    const mp_record *record = one;
    if (field == FIELD_PRINCIPAL)
        return mp_cell_text(mp_arm_text(record->body, "principalId"));
    return mp_cell_text(
        role_path(l->call, mp_arm_text(record->body, "scope"), mp_arm_text(record->body, "roleDefinitionId")));
}

static bool is_at(const listing *l, const mp_record *record, size_t levels)
{
    mp_place place;
    if (mp_place_of(&place, mp_arm_text(record->body, "scope"), l->call->request->arena, NULL) != MP_OK)
        return false;
    for (size_t i = 0; i < l->above_count && i < levels; i++)
        if (mp_str_eq(l->above[i], place.key))
            return true;
    return false;
}

static bool call_function(void *context, const void *one, uint32_t function, const mp_str *arguments, uint32_t count)
{
    const listing   *l = context;
    const mp_record *record = one;
    mp_str           principal = mp_arm_text(record->body, "principalId");
    (void)count;
    if (function == AT_SCOPE)
        return is_at(l, record, SIZE_MAX);
    if (function == AT_EXACT_SCOPE)
        return is_at(l, record, 1);
    if (mp_str_eq_fold(arguments[0], principal))
        return true;
    for (size_t i = 0; l->has_assignee && i < l->assignee.group_count; i++)
        if (mp_str_eq_fold(l->assignee.groups[i], principal))
            return true;
    return false;
}

static bool concerns(const listing *l, const mp_record *record)
{
    mp_place place;
    if (mp_place_of(&place, mp_arm_text(record->body, "scope"), l->call->request->arena, NULL) != MP_OK)
        return false;
    return mp_place_holds(l->call->scope.key, place.key) || is_at(l, record, SIZE_MAX);
}

static mp_code list_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing         *l = arg;
    mp_odata_reader  reader = { .get = get_field, .call = call_function, .context = l };
    mp_cell          principal;
    mp_record_filter filter = { .index = "principalId", .op = MP_FILTER_EQ };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .after = mp_arm_skiptoken(l->call) };
    mp_record_page   page;
    if (l->filter && mp_filter_wants(&principal, l->filter, FIELD_PRINCIPAL)) {
        filter.value = mp_arena_lower(l->call->request->arena, principal.u.text);
        query.filter_count = 1;
    }
    mp_jsonw_init(&l->w, l->call->request->arena);
    mp_jsonw_array(&l->w);
    do {
        query.limit = l->top - l->shown;
        MP_TRY(mp_record_list(&page, tx, &query, l->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (concerns(l, &page.records[i]) && mp_filter_test(l->filter, &reader, &page.records[i])) {
                write_assignment(&l->w, l->call, &page.records[i]);
                l->shown++;
            }
        l->next = query.after = page.next;
    } while (page.next.len && l->shown < l->top);
    mp_jsonw_end(&l->w);
    return MP_OK;
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    listing       l = { .call = call };
    const mp_str *arguments;
    uint32_t      count;
    mp_error      why = { .code = MP_OK };
    MP_TRY(mp_arm_top(&l.top, call, 1000, err));
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    MP_TRY(mp_arm_above(&l.above, &l.above_count, call, &call->scope, err));
    if (l.filter && mp_filter_wants_call(&arguments, &count, l.filter, ASSIGNED_TO))
        l.has_assignee = mp_principal(&l.assignee, call->app->access, arguments[0], call->request->arena, NULL) == MP_OK;
    MP_TRY(mp_arm_bad_token(call, mp_arm_read(call, list_page, &l, &why), &why, err));
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.next, err);
}

const mp_arm_route mp_arm_role_assignments[] = {
    { MP_GET, ASSIGNMENTS, MP_ARM_LIST, NULL, MP_ON_ANY, list_all, .action = NULL },
    { MP_GET, ASSIGNMENTS, MP_ARM_ITEM, NULL, MP_ON_ANY, get_one, .action = NULL },
    { MP_PUT, ASSIGNMENTS, MP_ARM_ITEM, NULL, MP_ON_ANY, put_one, .action = NULL, .wants_body = true },
    { MP_DELETE, ASSIGNMENTS, MP_ARM_ITEM, NULL, MP_ON_ANY, delete_one, .action = NULL },
    { .type = NULL },
};
