/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of policy definitions and sets; and which of them assignments and members are judged with. */
#include "arm_policy.h"

#include "policy_version.h"
#include "rbac.h"
#include "versions.h"

static bool is_set(const mp_arm_call *call)
{
    return mp_str_find_fold(call->type, MP_S("/policySetDefinitions")) != SIZE_MAX;
}

static mp_object_kind kind_of(const mp_arm_call *call) { return is_set(call) ? MP_OBJECT_SET : MP_OBJECT_DEFINITION; }

static const char *read_of(const mp_arm_call *call)
{
    return is_set(call) ? "Microsoft.Authorization/policySetDefinitions/read"
                        : "Microsoft.Authorization/policyDefinitions/read";
}

static mp_code no_definition(mp_arm_call *call, mp_str key, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, is_set(call) ? "PolicySetDefinitionNotFound" : "PolicyDefinitionNotFound", err,
                       "The definition '%.*s' could not be found.", MP_FMT(key));
}

/* ---- as JSON ---- */

/* The members of `object` without `but`; open, for more. */
static void begin_without(mp_jsonw *w, const mp_json *object, const char *const *but)
{
    mp_jsonw_object(w);
    if (!mp_json_is(object, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, object)) {
        bool is_left = false;
        for (size_t i = 0; but[i]; i++)
            is_left = is_left || mp_str_eq_fold(mp_json_str(key), mp_str_from(but[i]));
        if (is_left)
            continue;
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
}

mp_code mp_arm_version_write(mp_jsonw *w, mp_arm_call *call, const mp_json *body, mp_error *err)
{
    mp_arena *arena = call->request->arena;
    mp_str    version = mp_arm_text(mp_json_get(body, MP_S("properties")), "version");
    mp_str    id = mp_arena_printf(arena, "%.*s/versions/%.*s", MP_FMT(mp_arm_text(body, "id")), MP_FMT(version)),
           type = mp_arena_printf(arena, "%.*s/versions", MP_FMT(mp_arm_text(body, "type")));
    if (!id.ptr || !type.ptr)
        return mp_arm_nomem(err);
    begin_without(w, body, (const char *const[]){ "id", "name", "type", "properties", "refersTo", NULL });
    mp_arm_put(w, "id", id);
    mp_arm_put(w, "name", version);
    mp_arm_put(w, "type", type);
    mp_jsonw_key(w, MP_S("properties"));
    begin_without(w, mp_json_get(body, MP_S("properties")), (const char *const[]){ "versions", NULL });
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

mp_code mp_arm_version_write_all(mp_jsonw *w, uint32_t *count, mp_tx *tx, mp_arm_call *call, mp_object_kind kind,
                                 const mp_record *record, mp_error *err)
{
    mp_policy_versions all;
    MP_TRY(mp_versions_beside(&all, tx, &(mp_versions_asked){ .kind = kind, .key = record->key }, record->body,
                              call->request->arena, err));
    for (size_t i = 0; i < all.count; i++)
        MP_TRY(mp_arm_version_write(w, call, all.list[i].body, err));
    *count += (uint32_t)all.count;
    return MP_OK;
}

/* ---- $expand ---- */

typedef struct expanding {
    mp_tx       *tx;
    mp_arm_call *call;
    bool         latest, effective;
} expanding;

/* A preview is the latest only of what there is nothing else of. */
static mp_str latest_of(const mp_policy_versions *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (mp_str_find(all->list[i].version, '-') == SIZE_MAX)
            return all->list[i].version;
    return all->list[0].version;
}

/* The version that is asked for, of all resources alike. */
static mp_str asked_of(const mp_json *properties)
{
    const mp_json *overrides = mp_arm_member(properties, "overrides");
    if (mp_json_is(overrides, MP_JSON_ARRAY))
        for (MP_JSON_EACH(o, overrides)) {
            const mp_json *selectors = mp_arm_member(o, "selectors");
            if (!mp_str_eq_fold(mp_arm_text(o, "kind"), MP_S("policyEffect")) &&
                !(mp_json_is(selectors, MP_JSON_ARRAY) && selectors->count))
                return mp_arm_text(o, "value");
        }
    return mp_arm_text(properties, "definitionVersion");
}

/* Members of the object that is open. Nothing of a definition that is gone. */
static mp_code put_versions(mp_jsonw *w, expanding *e, mp_str id, mp_str pattern, mp_error *err)
{
    mp_policy_versions all;
    mp_error           why = { .code = MP_OK };
    mp_versions_asked asked = { .kind = mp_str_find_fold(id, MP_S("/policySetDefinitions/")) != SIZE_MAX
                                            ? MP_OBJECT_SET
                                            : MP_OBJECT_DEFINITION,
                                .key = mp_arena_lower(e->call->request->arena, id) };
    if (!asked.key.ptr)
        return mp_arm_nomem(err);
    mp_code code = mp_versions_read(&all, e->tx, &asked, e->call->request->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_policy_version *chosen = mp_version_chosen(&all, pattern);
    if (e->latest)
        mp_arm_put(w, "latestDefinitionVersion", latest_of(&all));
    if (e->effective)
        mp_arm_put(w, "effectiveDefinitionVersion", (chosen ? chosen : mp_version_current(&all))->version);
    return MP_OK;
}

static const char *const ours[] = { "latestDefinitionVersion", "effectiveDefinitionVersion", NULL };

static mp_code put_members(mp_jsonw *w, expanding *e, const mp_json *members, mp_error *err)
{
    mp_jsonw_key(w, MP_S("policyDefinitions"));
    mp_jsonw_array(w);
    for (MP_JSON_EACH(member, members)) {
        begin_without(w, member, ours);
        MP_TRY(put_versions(w, e, mp_arm_text(member, "policyDefinitionId"), mp_arm_text(member, "definitionVersion"), err));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static bool wants(const mp_arm_call *call, const char *what)
{
    return mp_str_find_fold(mp_http_query(call->request, MP_S("$expand")), mp_str_from(what)) != SIZE_MAX;
}

mp_code mp_arm_version_expand(const mp_json **out, mp_tx *tx, mp_arm_call *call, mp_object_kind kind,
                              const mp_json *body, mp_error *err)
{
    expanding      e = { .tx = tx, .call = call, .latest = wants(call, ours[0]), .effective = wants(call, ours[1]) };
    const mp_json *properties = mp_json_get(body, MP_S("properties")),
                  *members = mp_arm_member(properties, "policyDefinitions");
    mp_jsonw       w;
    *out = body;
    if ((!e.latest && !e.effective) || (kind != MP_OBJECT_ASSIGNMENT && kind != MP_OBJECT_SET))
        return MP_OK;
    mp_jsonw_init(&w, call->request->arena);
    begin_without(&w, body, (const char *const[]){ "properties", NULL });
    mp_jsonw_key(&w, MP_S("properties"));
    if (kind == MP_OBJECT_ASSIGNMENT) {
        begin_without(&w, properties, ours);
        MP_TRY(put_versions(&w, &e, mp_arm_text(properties, "policyDefinitionId"), asked_of(properties), err));
    } else {
        begin_without(&w, properties, (const char *const[]){ "policyDefinitions", NULL });
        if (mp_json_is(members, MP_JSON_ARRAY))
            MP_TRY(put_members(&w, &e, members, err));
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_arm_nomem(err);
}

/* ---- GET ---- */

typedef struct reading {
    mp_arm_call       *call;
    mp_str             key; /* of the definition */
    mp_policy_versions all;
    mp_jsonw           w;
} reading;

static mp_code read_all(mp_tx *tx, void *arg, mp_error *err)
{
    reading       *r = arg;
    mp_object_kind kind = kind_of(r->call);
    MP_TRY(mp_versions_read(&r->all, tx, &(mp_versions_asked){ .kind = kind, .key = r->key }, r->call->request->arena, err));
    for (size_t i = 0; i < r->all.count; i++)
        MP_TRY(mp_arm_version_expand(&r->all.list[i].body, tx, r->call, kind, r->all.list[i].body, err));
    return MP_OK;
}

static mp_code find_all(reading *r, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_arm_read(r->call, read_all, r, &why);
    if (code == MP_MISSING)
        return no_definition(r->call, r->key, err);
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code list_versions(mp_arm_call *call, mp_error *err)
{
    reading r = { .call = call, .key = call->holder.key };
    MP_TRY(mp_arm_policy_readable(call, read_of(call), err));
    MP_TRY(find_all(&r, err));
    mp_jsonw_init(&r.w, call->request->arena);
    mp_jsonw_array(&r.w);
    for (size_t i = 0; i < r.all.count; i++)
        MP_TRY(mp_arm_version_write(&r.w, call, r.all.list[i].body, err));
    mp_jsonw_end(&r.w);
    return mp_arm_list(call, mp_jsonw_done(&r.w), MP_S(""), err);
}

static mp_code answer_version(mp_arm_call *call, unsigned status, const mp_json *body, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    MP_TRY(mp_arm_version_write(&w, call, body, err));
    return mp_arm_answer(call, status, mp_jsonw_done(&w), err);
}

static mp_code get_version(mp_arm_call *call, mp_error *err)
{
    reading r = { .call = call, .key = call->place.parent };
    MP_TRY(mp_arm_policy_readable(call, read_of(call), err));
    MP_TRY(find_all(&r, err));
    const mp_policy_version *version = mp_version_find(&r.all, call->name);
    if (!version)
        return MP_ARM_FAIL(call, 404, "PolicyDefinitionVersionNotFound", err,
                           "There is no version '%.*s'; the newest is '%.*s'.", MP_FMT(call->name),
                           MP_FMT(r.all.list[0].version));
    return answer_version(call, 200, version->body, err);
}

/* ---- PUT, DELETE ---- */

typedef struct writing {
    mp_arm_call      *call;
    mp_place          place; /* of the definition */
    mp_object_write   what;
    mp_object_fault   fault;
    mp_policy_version out;
    bool              is_new, is_locked;
} writing;

static mp_code check_locks(writing *w, mp_tx *tx, bool is_delete, mp_error *err)
{
    mp_code code = mp_lock_check(tx, w->place.key, is_delete, w->call->request->arena, err);
    w->is_locked = code == MP_CONFLICT;
    return code;
}

static mp_code put_one(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(check_locks(w, tx, false, err));
    return mp_version_put(&w->out, &w->is_new, &w->fault, tx, &w->what, w->call->name, w->call->request->arena, err);
}

static mp_code delete_one(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(check_locks(w, tx, true, err));
    return mp_version_delete(&w->fault, tx, w->what.kind, w->place.key, w->call->name, w->call->request->arena, err);
}

/* The definition's own id, in the spelling of the request. */
static mp_code begin(writing *w, mp_arm_call *call, mp_error *err)
{
    mp_str id = call->place.id;
    *w = (writing){ .call = call };
    for (unsigned i = 0; i < 2; i++) {
        size_t slash = mp_str_rfind(id, '/');
        id.len = slash == SIZE_MAX ? 0 : slash;
    }
    MP_TRY(mp_place_of(&w->place, id, call->request->arena, err));
    w->what = (mp_object_write){ .kind = kind_of(call),
                                 .place = &w->place,
                                 .body = call->body,
                                 .tenant = mp_arm_tenant(call),
                                 .expected = MP_ANY_VERSION };
    mp_arm_by(&w->what.by, &w->what.by_kind, call);
    return mp_arm_check_scope(call, &call->scope, true, err);
}

static mp_code put_version(mp_arm_call *call, mp_error *err)
{
    writing  w;
    mp_error why = { 0 };
    MP_TRY(begin(&w, call, err));
    MP_TRY(mp_arm_policy_referred(call, w.what.kind, err));
    mp_code code = mp_arm_write(call, put_one, &w, &why);
    if (code != MP_OK)
        return mp_arm_policy_told(w.call, w.is_locked, w.fault.code, code, &why, err);
    return answer_version(call, w.is_new ? 201 : 200, w.out.body, err);
}

static mp_code delete_version(mp_arm_call *call, mp_error *err)
{
    writing  w;
    mp_error why = { 0 };
    MP_TRY(begin(&w, call, err));
    mp_code code = mp_arm_write(call, delete_one, &w, &why);
    if (code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    return code == MP_OK ? mp_arm_answer_empty(call, 200, err)
                         : mp_arm_policy_told(w.call, w.is_locked, w.fault.code, code, &why, err);
}

/* ---- the table ---- */

#define ABOVE_GROUPS (MP_ON_SUBSCRIPTION | MP_ON_MANAGEMENT_GROUP)
#define VERSIONS(type_)                                                                                                                                \
    { .method = MP_GET, .type = type_ "/versions", .at = MP_ARM_LIST, .scopes = ABOVE_GROUPS | MP_ON_TENANT, .handler = list_versions, .action = MP_SIGNED_IN }, \
    { .method = MP_GET, .type = type_ "/versions", .at = MP_ARM_ITEM, .scopes = ABOVE_GROUPS | MP_ON_TENANT, .handler = get_version, .action = MP_SIGNED_IN },   \
    { .method = MP_PUT, .type = type_ "/versions", .at = MP_ARM_ITEM, .scopes = ABOVE_GROUPS, .handler = put_version, .action = type_ "/write", .wants_body = true }, \
    { .method = MP_DELETE, .type = type_ "/versions", .at = MP_ARM_ITEM, .scopes = ABOVE_GROUPS, .handler = delete_version, .action = type_ "/delete" }

const mp_arm_route mp_arm_policy_versions[] = {
    VERSIONS("Microsoft.Authorization/policyDefinitions"),
    VERSIONS("Microsoft.Authorization/policySetDefinitions"),
    { .type = NULL },
};
