/* SPDX-License-Identifier: Apache-2.0 */
/* Roles of one's own. Who makes or changes one must have all that it allows, at every scope where it can be
 * assigned. */
#include "rbac_internal.h"

#include "directory_internal.h"

static const mp_record_index role_indexes[] = {
    { .name = "roleName", .path = "roleName", .is_unique = true, .folds = true },
    { .name = "type", .path = "type" },
    { .name = "createdAt", .path = "createdAt" },
};
const mp_kind mp_role_kind = { .name = "role", .indexes = role_indexes, .index_count = MP_COUNT(role_indexes) };

enum { ACTIONS_MAX = 1000, SCOPES_MAX = 100, DESCRIPTION_MAX = 2000 };

static const char *const lists[] = { "actions", "notActions", "dataActions", "notDataActions" };
static const char *const may_write[2] = { "Microsoft.Authorization/roleDefinitions/write", "Mapae.Access/roles/write" };

/* A path's last part, or the text itself. */
static mp_str last_part(mp_str text)
{
    size_t slash = mp_str_rfind(text, '/');
    return slash == SIZE_MAX ? text : mp_str_skip(text, slash + 1);
}

mp_code mp_role_find(mp_role_found *out, mp_tx *tx, mp_str wanted, mp_error *err)
{
    mp_record     record;
    mp_str        id = last_part(wanted);
    mp_role_found found = { .builtin = mp_builtin_role_find(id) };
    mp_code       code = MP_OK;
    if (found.builtin) {
        found.id = mp_str_from(found.builtin->id);
        *out = found;
        return MP_OK;
    }
    if (mp_is_guid(id)) {
        MP_TRY(mp_directory_id(&id, tx, id, err));
        code = mp_record_get(&record, tx, &mp_role_kind, id, 0, mp_tx_arena(tx), err);
    } else {
        code = mp_record_find(&record, tx, &mp_role_kind, "roleName", wanted, mp_tx_arena(tx), err);
    }
    if (code == MP_MISSING)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no role '%.*s'",
                       MP_FMT(mp_str_of(wanted.ptr, wanted.len < 200 ? wanted.len : 200)));
    MP_TRY(code);
    found.id = record.key;
    found.body = record.body;
    *out = found;
    return MP_OK;
}

static mp_code check_list(const mp_json *body, const char *name, bool *has_some, mp_error *err)
{
    const mp_json *list = mp_json_get(body, mp_str_from(name));
    if (!list)
        return MP_OK;
    if (!mp_json_is(list, MP_JSON_ARRAY) || list->count > ACTIONS_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is no array of at most %d actions", name, ACTIONS_MAX);
    for (MP_JSON_EACH(item, list)) {
        mp_str text = mp_json_text(item);
        if (!mp_action_is_pattern(text))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "'%.*s' in %s is no action; wanted one like Microsoft.Compute/*/read",
                           MP_FMT(mp_str_of(text.ptr, text.len < 100 ? text.len : 100)), name);
        *has_some = true;
    }
    return MP_OK;
}

/* The scopes where the role can be assigned, tidy; "/" when the body has none. */
static mp_code read_scopes(const mp_json **out, mp_tx *tx, const mp_json *body, mp_error *err)
{
    const mp_json *given = mp_json_get(body, MP_S("assignableScopes"));
    mp_jsonw       w;
    if (given && (!mp_json_is(given, MP_JSON_ARRAY) || given->count == 0 || given->count > SCOPES_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "assignableScopes is no array of 1 to %d scopes", SCOPES_MAX);
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_array(&w);
    if (!given)
        mp_jsonw_str(&w, MP_S("/"));
    else
        for (MP_JSON_EACH(item, given)) {
            mp_str text = mp_json_text(item);
            mp_str scope = mp_scope_tidy(mp_tx_arena(tx), text);
            if (!scope.ptr)
                return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no scope",
                               MP_FMT(mp_str_of(text.ptr, text.len < 200 ? text.len : 200)));
            mp_jsonw_str(&w, scope);
        }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static const mp_json *make_body(mp_tx *tx, mp_str id, mp_str name, mp_str description, const mp_json *body,
                                const mp_json *scopes, const mp_json *old, const mp_who *by)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "roleName", name);
    mp_directory_put_str(&w, "description", description);
    mp_directory_put_str(&w, "type", MP_S("CustomRole"));
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        const mp_json *list = mp_json_get(body, mp_str_from(lists[i]));
        mp_jsonw_key(&w, mp_str_from(lists[i]));
        if (list) {
            mp_jsonw_value(&w, list);
        } else {
            mp_jsonw_array(&w);
            mp_jsonw_end(&w);
        }
    }
    mp_jsonw_put_value(&w, "assignableScopes", scopes);
    mp_directory_put_str(&w, "createdBy",
                         old  ? mp_json_get_text(old, "createdBy")
                         : by ? by->id
                              : mp_str_of(NULL, 0));
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Where it is assigned already must stay among its scopes. */
static mp_code check_assigned(mp_access *access, mp_tx *tx, mp_str id, const mp_json *scopes, mp_error *err)
{
    mp_record_filter filter = { .index = "roleDefinitionId", .op = MP_FILTER_EQ, .value = id };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    mp_record_page   page;
    mp_scope         scope;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            mp_str text = mp_json_get_text(page.records[i].body, "scope");
            if (mp_scope_parse(&scope, text) && !mp_is_below_any(access, &scope, scopes))
                return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                               "the role is assigned at %.*s, which its assignableScopes would not have", MP_FMT(text));
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code check_given(mp_access *access, mp_tx *tx, const mp_who *by, const mp_role_found *role,
                           const mp_json *scopes, mp_error *err)
{
    mp_scope scope;
    for (MP_JSON_EACH(item, scopes))
        if (mp_scope_parse(&scope, mp_json_str(item)))
            MP_TRY(mp_may_give(access, by, role, &scope, may_write, mp_tx_time(tx), 0, err));
    return MP_OK;
}

mp_code mp_role_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                    const mp_who *by, mp_error *err)
{
    mp_str         name, description;
    bool           is_taken, has_some = false, has_not = false;
    const mp_json *scopes, *old;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    if (mp_builtin_role_find(id))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "a built-in role does not change");
    MP_TRY(mp_directory_name(&name, body, "roleName", mp_str_of(NULL, 0), err));
    if (mp_builtin_role_find(name))
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "'%.*s' is the name of a built-in role", MP_FMT(name));
    MP_TRY(mp_directory_text(&description, body, "description", DESCRIPTION_MAX, err));
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        MP_TRY(check_list(body, lists[i], i % 2 ? &has_not : &has_some, err));
    if (!has_some)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the role allows nothing; wanted actions or dataActions");
    MP_TRY(read_scopes(&scopes, tx, body, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_role_kind, id, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_role_kind, "roleName", name, id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is a role called '%.*s' already", MP_FMT(name));
    if (old)
        MP_TRY(check_assigned(access, tx, id, scopes, err));
    mp_role_found role = { .id = id, .body = make_body(tx, id, name, description, body, scopes, old, by) };
    if (!role.body)
        return mp_no_memory(err);
    MP_TRY(check_given(access, tx, by, &role, scopes, err));
    if (old) /* whoever holds it loses what it allowed */
        MP_TRY(check_given(access, tx, by, &(mp_role_found){ .id = id, .body = old },
                           mp_json_get(old, MP_S("assignableScopes")), err));
    MP_TRY(mp_record_put(out, tx, &mp_role_kind, id, role.body, expected, err));
    mp_rbac_note(access, tx, &mp_role_kind, id);
    return MP_OK;
}

mp_code mp_role_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err)
{
    MP_TRY(mp_directory_id(&id, tx, id, err));
    if (mp_builtin_role_find(id))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "a built-in role does not change");
    mp_record_filter filter = { .index = "roleDefinitionId", .op = MP_FILTER_EQ, .value = id };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    mp_record_page   page;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    if (page.count)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the role is assigned; take its assignments away first");
    MP_TRY(mp_record_delete(tx, &mp_role_kind, id, expected, err));
    mp_rbac_note(access, tx, &mp_role_kind, id);
    return MP_OK;
}
