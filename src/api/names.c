/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "directory.h"
#include "item.h"
#include "listing.h"
#include "rbac.h"

#define READ_ASSIGNMENTS "Mapae.Access/assignments/read"

static const struct {
    const char    *type; /* as assignments say it */
    const mp_kind *kind;
    const char    *action; /* that shows it anyway */
} principals[] = {
    { "User", &mp_user_kind, "Mapae.Access/users/read" },
    { "ServicePrincipal", &mp_program_kind, "Mapae.Access/programs/read" },
    { "Group", &mp_group_kind, "Mapae.Access/groups/read" },
};

typedef struct naming {
    mp_http_request *request;
    mp_record       *records;
    size_t           count;
    mp_ticks         as_of;
    bool             may_name[MP_COUNT(principals)]; /* by the action above, at "/" */
    bool             reads_assignments;              /* at "/" */
    bool            *may_see;                        /* assignments: each where it stands */
    const mp_json  **bodies;                         /* with names; NULL: as they were */
    mp_arena         scratch;                        /* of one look */
} naming;

/* Rights are asked for before: not from within a reading (rbac.h). */
static mp_code begin(naming *n, mp_app *app, mp_http_request *request, mp_record *records, size_t count, mp_error *err)
{
    *n = (naming){ .request = request, .records = records, .count = count };
    n->may_see = MP_ARENA_ARRAY(request->arena, bool, count + 1);
    n->bodies = MP_ARENA_ARRAY(request->arena, const mp_json *, count + 1);
    if (!n->may_see || !n->bodies)
        return mp_no_memory(err);
    MP_TRY(mp_query_time(&n->as_of, request, MP_S("asOf"), err));
    for (size_t i = 0; i < MP_COUNT(principals); i++)
        n->may_name[i] = mp_app_may(app, request, principals[i].action, MP_S("/"));
    n->reads_assignments = mp_app_may(app, request, READ_ASSIGNMENTS, MP_S("/"));
    return MP_OK;
}

/* Look, then put the bodies in their places: all or none. */
static mp_code look(naming *n, mp_app *app, mp_tx_fn fn, mp_error *err)
{
    mp_code code = mp_store_read(app->store, fn, n, err);
    mp_arena_free(&n->scratch);
    for (size_t i = 0; code == MP_OK && i < n->count; i++)
        if (n->bodies[i])
            n->records[i].body = n->bodies[i];
    return code;
}

/* A member of the record of this kind and id, in the request's arena; empty: there is none. */
static mp_code look_up(mp_str *out, naming *n, mp_tx *tx, const mp_kind *kind, mp_str id, mp_str member, mp_error *err)
{
    mp_record record;
    *out = mp_str_of(NULL, 0);
    mp_arena_reset(&n->scratch);
    mp_code code = mp_record_get(&record, tx, kind, id, n->as_of, &n->scratch, err);
    if (code == MP_MISSING)
        return MP_OK;
    MP_TRY(code);
    mp_str text = mp_json_text(mp_json_get(record.body, member));
    if (!text.len)
        return MP_OK;
    *out = mp_arena_dup(n->request->arena, text);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* The body as it is, still open. */
static void open_copy(mp_jsonw *w, const mp_json *body, mp_arena *arena)
{
    mp_jsonw_init(w, arena);
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, body)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
}

static mp_code close_copy(const mp_json **out, mp_jsonw *w, mp_error *err)
{
    mp_jsonw_end(w);
    *out = mp_jsonw_done(w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* Empty: there is none of this sort, or its name is not to be told. */
static mp_code name_principal(mp_str *name, naming *n, mp_tx *tx, size_t which, mp_str id, mp_error *err)
{
    MP_TRY(look_up(name, n, tx, principals[which].kind, id, MP_S("displayName"), err));
    bool is_address = principals[which].kind == &mp_user_kind && mp_str_find(*name, '@') != SIZE_MAX;
    if (is_address && !n->may_name[which])
        *name = mp_str_of(NULL, 0);
    return MP_OK;
}

/* ---- assignments ---- */

static mp_code role_name(mp_str *name, naming *n, mp_tx *tx, mp_str id, mp_error *err)
{
    const mp_builtin_role *builtin = mp_builtin_role_find(id);
    *name = builtin ? mp_str_from(builtin->name) : mp_str_of(NULL, 0);
    return builtin ? MP_OK : look_up(name, n, tx, &mp_role_kind, id, MP_S("roleName"), err);
}

static mp_code name_assignment(const mp_json **out, naming *n, mp_tx *tx, const mp_record *record, mp_error *err)
{
    mp_str   type = mp_json_get_text(record->body, "principalType"), who = mp_str_of(NULL, 0), role;
    mp_jsonw w;
    for (size_t i = 0; i < MP_COUNT(principals); i++)
        if (mp_str_eq(type, mp_str_from(principals[i].type)))
            MP_TRY(name_principal(&who, n, tx, i, mp_json_get_text(record->body, "principalId"), err));
    MP_TRY(role_name(&role, n, tx, mp_json_get_text(record->body, "roleDefinitionId"), err));
    open_copy(&w, record->body, n->request->arena);
    mp_jsonw_put_filled(&w, "principalName", who);
    mp_jsonw_put_filled(&w, "roleName", role);
    return close_copy(out, &w, err);
}

static mp_code name_all_assignments(mp_tx *tx, void *arg, mp_error *err)
{
    naming *n = arg;
    for (size_t i = 0; i < n->count; i++)
        if (n->may_see[i])
            MP_TRY(name_assignment(&n->bodies[i], n, tx, &n->records[i], err));
    return MP_OK;
}

mp_code mp_name_assignments(mp_app *app, mp_http_request *request, mp_record *records, size_t count, mp_error *err)
{
    naming n;
    MP_TRY(begin(&n, app, request, records, count, err));
    for (size_t i = 0; i < count; i++)
        n.may_see[i] = n.reads_assignments ||
                       mp_app_may(app, request, READ_ASSIGNMENTS, mp_json_get_text(records[i].body, "scope"));
    return look(&n, app, name_all_assignments, err);
}

/* ---- members of groups ---- */

static mp_code name_member(naming *n, mp_tx *tx, mp_jsonw *w, mp_str id, mp_error *err)
{
    mp_str name = mp_str_of(NULL, 0);
    size_t which = 0;
    for (; which < MP_COUNT(principals); which++) {
        MP_TRY(name_principal(&name, n, tx, which, id, err));
        if (name.len)
            break;
    }
    mp_jsonw_object(w);
    mp_jsonw_put_filled(w, "principalId", id);
    if (which < MP_COUNT(principals) && (n->reads_assignments || n->may_name[which])) {
        mp_jsonw_put_filled(w, "principalType", mp_str_from(principals[which].type));
        mp_jsonw_put_filled(w, "principalName", name);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code name_all_members(mp_tx *tx, void *arg, mp_error *err)
{
    naming *n = arg;
    for (size_t i = 0; i < n->count; i++) {
        const mp_json *members = mp_json_get(n->records[i].body, MP_S("members"));
        mp_jsonw       w;
        open_copy(&w, n->records[i].body, n->request->arena);
        mp_jsonw_key(&w, MP_S("memberNames"));
        mp_jsonw_array(&w);
        if (mp_json_is(members, MP_JSON_ARRAY))
            for (MP_JSON_EACH(member, members))
                MP_TRY(name_member(n, tx, &w, mp_json_str(member), err));
        mp_jsonw_end(&w);
        MP_TRY(close_copy(&n->bodies[i], &w, err));
    }
    return MP_OK;
}

mp_code mp_name_members(mp_app *app, mp_http_request *request, mp_record *records, size_t count, mp_error *err)
{
    naming n;
    MP_TRY(begin(&n, app, request, records, count, err));
    return look(&n, app, name_all_members, err);
}
