/* SPDX-License-Identifier: Apache-2.0 */
/* Assignments: who gets which role where, from when to when. What an assignment is about never changes; its
 * dates and its description may. */
#include "rbac_internal.h"

#include "directory_internal.h"
#include "text.h"

static const mp_record_index assignment_indexes[] = {
    { .name = "principalId", .path = "principalId" },
    { .name = "roleDefinitionId", .path = "roleDefinitionId" },
    { .name = "scope", .path = "scope", .folds = true },
    { .name = "endsAt", .path = "endsAt" },
    { .name = "createdAt", .path = "createdAt" },
    { .name = "identity", .path = "identity", .is_unique = true },
};
const mp_kind mp_assignment_kind = { .name = "role-assignment", .indexes = assignment_indexes,
                                     .index_count = MP_COUNT(assignment_indexes) };

enum { DESCRIPTION_MAX = 2000, ENDED_AT_ONCE = 1000, STARTS_MAX = 512 };

typedef struct wanted {
    mp_str        id, principal, scope_text, description;
    const char   *principal_type;
    mp_role_found role;
    mp_scope      scope;
    mp_ticks      starts, ends;
    char          identity[65];
} wanted;

static mp_code read_date(mp_ticks *out, const mp_json *body, const char *name, mp_error *err)
{
    const mp_json *v = mp_json_get(body, mp_str_from(name));
    *out = 0;
    if (!v || mp_json_is(v, MP_JSON_NULL))
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_STRING) || !mp_clock_parse(out, mp_json_str(v)) || *out <= 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is no time; wanted one like 2026-01-31T09:00:00Z", name);
    return MP_OK;
}

/* Which of the three it is, and that it has not left. */
static mp_code find_principal(wanted *a, mp_tx *tx, mp_error *err)
{
    static const struct {
        const mp_kind *kind;
        const char    *type;
    } all[] = { { &mp_user_kind, "User" }, { &mp_group_kind, "Group" }, { &mp_program_kind, "ServicePrincipal" } };
    mp_record record;
    for (size_t i = 0; i < MP_COUNT(all); i++) {
        mp_code code = mp_record_get(&record, tx, all[i].kind, a->principal, 0, mp_tx_arena(tx), err);
        if (code == MP_MISSING)
            continue;
        MP_TRY(code);
        if (mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("left")))
            return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "'%.*s' has left", MP_FMT(a->principal));
        a->principal_type = all[i].type;
        return MP_OK;
    }
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no user, group or program '%.*s'", MP_FMT(a->principal));
}

static mp_code check_place(const wanted *a, mp_access *access, mp_tx *tx, mp_error *err)
{
    mp_record      record;
    mp_str         outermost = a->scope.levels ? mp_str_of(a->scope.text, a->scope.ends[0]) : MP_S("/");
    mp_str         name = mp_str_skip(outermost, mp_str_rfind(outermost, '/') + 1);
    const mp_kind *kind = mp_str_starts(outermost, MP_S("/subscriptions/")) ? &mp_subscription_kind
                          : mp_str_starts_fold(outermost, MP_S(MP_SCOPE_GROUPS)) ? &mp_management_group_kind
                                                                                 : NULL;
    if (!kind || mp_str_eq_fold(name, mp_str_from(access->tenant)))
        return MP_OK;
    mp_code code = mp_record_get(&record, tx, kind, name, 0, mp_tx_arena(tx), err);
    if (code == MP_MISSING)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no '%.*s'", MP_FMT(outermost));
    return code;
}

static mp_code check_role(const wanted *a, mp_access *access, mp_error *err)
{
    if (a->role.builtin && a->role.builtin->is_dated && !a->ends)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an assignment of %s must end; wanted endsAt",
                       a->role.builtin->name);
    if (a->role.body && !mp_is_below_any(access, &a->scope, mp_json_get(a->role.body, MP_S("assignableScopes"))))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the role cannot be assigned at '%.*s': its assignableScopes do not have it",
                       MP_FMT(a->scope_text));
    return MP_OK;
}

static mp_code read_wanted(wanted *a, mp_access *access, mp_tx *tx, const mp_json *body, mp_error *err)
{
    mp_str  text = mp_json_get_text(body, "scope"), principal = mp_json_get_text(body, "principalId");
    uint8_t hash[32];
    if (!principal.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an assignment needs a principalId");
    MP_TRY(mp_directory_id(&a->principal, tx, principal, err));
    MP_TRY(mp_directory_text(&a->description, body, "description", DESCRIPTION_MAX, err));
    MP_TRY(read_date(&a->starts, body, "startsAt", err));
    MP_TRY(read_date(&a->ends, body, "endsAt", err));
    if (a->ends && (a->ends <= a->starts || a->ends <= mp_tx_time(tx)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the assignment would end before it begins, or has ended already");
    if (!mp_scope_parse(&a->scope, text))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no scope",
                       MP_FMT(mp_str_of(text.ptr, text.len < 200 ? text.len : 200)));
    a->scope_text = mp_scope_tidy(mp_tx_arena(tx), text);
    MP_TRY(mp_role_find(&a->role, tx, mp_json_get_text(body, "roleDefinitionId"), err));
    MP_TRY(find_principal(a, tx, err));
    MP_TRY(check_place(a, access, tx, err));
    MP_TRY(check_role(a, access, err));
    mp_str type = mp_json_get_text(body, "principalType");
    if (type.len && !mp_str_eq_fold(type, mp_str_from(a->principal_type)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "principalType is '%.*s'; this principal is a %s",
                       MP_FMT(mp_str_of(type.ptr, type.len < 40 ? type.len : 40)), a->principal_type);
    mp_str whole = mp_arena_printf(mp_tx_arena(tx), "%.*s|%.*s|%.*s", MP_FMT(a->principal), MP_FMT(a->role.id),
                                   MP_FMT(mp_scope_str(&a->scope)));
    if (!whole.ptr || !a->scope_text.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_sha256(hash, whole, err));
    mp_hex(a->identity, hash, sizeof hash);
    return MP_OK;
}

static const mp_json *make_body(const wanted *a, mp_tx *tx, const mp_json *old, const mp_who *by)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", a->id);
    mp_directory_put_str(&w, "principalId", a->principal);
    mp_directory_put_str(&w, "principalType", mp_str_from(a->principal_type));
    mp_directory_put_str(&w, "roleDefinitionId", a->role.id);
    mp_directory_put_str(&w, "scope", a->scope_text);
    mp_directory_put_str(&w, "description", a->description);
    if (a->starts)
        mp_directory_put_str(&w, "startsAt", mp_time_text(arena, a->starts));
    if (a->ends)
        mp_directory_put_str(&w, "endsAt", mp_time_text(arena, a->ends));
    mp_directory_put_str(&w, "createdBy",
                         old  ? mp_json_get_text(old, "createdBy")
                         : by ? by->id
                              : mp_str_of(NULL, 0));
    mp_directory_put_kept(&w, tx, old);
    mp_directory_put_str(&w, "identity", mp_arena_dup(arena, mp_str_of(a->identity, 64)));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Somebody must remain who can administer: asked before the change, about what it takes away. */
static mp_code check_administrator(mp_tx *tx, mp_str assignment, mp_error *err)
{
    unsigned others;
    bool     is_one;
    MP_TRY(mp_administrators(&others, &is_one, tx, assignment, mp_str_of(NULL, 0), err));
    if (is_one && !others)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this is the last administrator; make another one first");
    return MP_OK;
}

/* `old` ends earlier, or begins later, than it did: for whom it was, that is taken. What has ended is nobody's. */
static mp_code may_change(const mp_json *old, const wanted *a, mp_access *access, mp_tx *tx, const mp_who *by,
                          mp_error *err)
{
    mp_ticks ends = mp_body_time(old, MP_S("endsAt"));
    return ends && ends <= mp_tx_time(tx)
               ? MP_OK
               : mp_may_give(access, by, &a->role, &a->scope, mp_may_assign, mp_tx_time(tx), ends, err);
}

mp_code mp_assign(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                  const mp_who *by, mp_error *err)
{
    wanted         a = { .ends = 0 };
    const mp_json *old;
    bool           is_taken;
    MP_TRY(mp_directory_id(&a.id, tx, id, err));
    MP_TRY(read_wanted(&a, access, tx, body, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_assignment_kind, a.id, err));
    if (old && !mp_str_eq(mp_json_get_text(old, "identity"), mp_str_of(a.identity, 64)))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "principal, role and scope of an assignment do not change; make another one");
    MP_TRY(mp_may_give(access, by, &a.role, &a.scope, mp_may_assign, mp_tx_time(tx), a.ends, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_assignment_kind, "identity", mp_str_of(a.identity, 64), a.id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "the same role is assigned to '%.*s' at '%.*s' already",
                       MP_FMT(a.principal), MP_FMT(a.scope_text));
    if (old)
        MP_TRY(may_change(old, &a, access, tx, by, err));
    if (old && (a.ends || a.starts > mp_tx_time(tx)))
        MP_TRY(check_administrator(tx, a.id, err));
    const mp_json *made = make_body(&a, tx, old, by);
    if (!made)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(out, tx, &mp_assignment_kind, a.id, made, expected, err));
    mp_rbac_note(access, tx, &mp_assignment_kind, a.id);
    return MP_OK;
}

static mp_code take_away(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err)
{
    MP_TRY(mp_record_delete(tx, &mp_assignment_kind, id, expected, err));
    mp_rbac_note(access, tx, &mp_assignment_kind, id);
    return MP_OK;
}

/* Nobody takes from others what he could not give them. What allows nothing any more anybody may clear away. */
static mp_code may_take(const mp_json *old, mp_access *access, mp_tx *tx, const mp_who *by, mp_error *err)
{
    static const char *const actions[2] = { "Microsoft.Authorization/roleAssignments/delete",
                                            "Mapae.Access/assignments/delete" };
    mp_role_found role;
    mp_scope      scope;
    mp_ticks      ends = mp_body_time(old, MP_S("endsAt"));
    if (!by || mp_str_eq_fold(by->id, mp_json_get_text(old, "principalId")) || (ends && ends <= mp_tx_time(tx)) ||
        !mp_scope_parse(&scope, mp_json_get_text(old, "scope")))
        return MP_OK;
    mp_code code = mp_role_find(&role, tx, mp_json_get_text(old, "roleDefinitionId"), err);
    if (code != MP_OK)
        return code == MP_REFERENCE ? MP_OK : code;
    return mp_may_give(access, by, &role, &scope, actions, mp_tx_time(tx), ends, err);
}

mp_code mp_unassign(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, const mp_who *by, mp_error *err)
{
    mp_record old;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_record_get(&old, tx, &mp_assignment_kind, id, 0, mp_tx_arena(tx), err));
    MP_TRY(may_take(old.body, access, tx, by, err));
    MP_TRY(check_administrator(tx, id, err));
    return take_away(access, tx, id, expected, err);
}

mp_code mp_rbac_unassign_all(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err)
{
    mp_record_filter filter = { .index = "principalId", .op = MP_FILTER_EQ, .value = principal };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    mp_record_page   page;
    do { /* each page is the first of what is left */
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            MP_TRY(take_away(access, tx, page.records[i].key, MP_ANY_VERSION, err));
            ++*removed;
        }
    } while (page.count == query.limit);
    return MP_OK;
}

/* Is the assignment's scope this one, or below it? */
static bool stands_below(const mp_record *assignment, mp_str scope)
{
    mp_str at = mp_json_get_text(assignment->body, "scope");
    return mp_str_starts_fold(at, scope) && (at.len == scope.len || at.ptr[scope.len] == '/');
}

static mp_code unassign_found(mp_access *access, mp_tx *tx, mp_filter_op op, mp_str value, mp_str scope, mp_error *err)
{
    mp_record_filter filter = { .index = "scope", .op = op, .value = value };
    mp_record_query query = {
        .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .order = "scope", .limit = 1000
    };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            if (stands_below(&page.records[i], scope))
                MP_TRY(take_away(access, tx, page.records[i].key, MP_ANY_VERSION, err));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

mp_code mp_unassign_below(mp_access *access, mp_tx *tx, mp_str scope, mp_error *err)
{
    mp_str start = mp_arena_printf(mp_tx_arena(tx), "%.*s/", MP_FMT(scope));
    if (!start.ptr)
        return mp_no_memory(err);
    while (start.len > STARTS_MAX || !mp_utf8_valid(start))
        start.len--;
    MP_TRY(unassign_found(access, tx, MP_FILTER_EQ, scope, scope, err));
    return unassign_found(access, tx, MP_FILTER_STARTS, start, scope, err);
}

mp_code mp_rbac_is_last(bool *is_last, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err)
{
    unsigned others;
    bool     is_one;
    (void)access;
    MP_TRY(mp_administrators(&others, &is_one, tx, mp_str_of(NULL, 0), principal, err));
    *is_last = is_one && !others;
    return MP_OK;
}

mp_code mp_rbac_has_administrator(bool *has, mp_tx *tx, mp_error *err)
{
    unsigned others;
    bool     is_one;
    MP_TRY(mp_administrators(&others, &is_one, tx, mp_str_of(NULL, 0), mp_str_of(NULL, 0), err));
    *has = others > 0;
    return MP_OK;
}

/* ---- those whose date has come ---- */

typedef struct ended {
    mp_access *access;
    mp_ticks   now;
    uint64_t   count;
} ended;

static mp_code end_dated(mp_tx *tx, void *arg, mp_error *err)
{
    ended           *e = arg;
    mp_record_filter filter = { .index = "endsAt", .op = MP_FILTER_LE, .value = mp_time_text(mp_tx_arena(tx), e->now) };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1,
                               .limit = ENDED_AT_ONCE };
    mp_record_page   page;
    e->count = 0;
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    if (page.count == 0)
        return MP_OK;
    for (; e->count < page.count; e->count++)
        MP_TRY(take_away(e->access, tx, page.records[e->count].key, MP_ANY_VERSION, err));
    mp_leaf leaf = { .actor_kind = MP_S("system"), .action = MP_S("Mapae.Access/assignments/delete"),
                     .on = MP_S("/api/v1/assignments"),
                     .outcome = MP_OUTCOME_DONE };
    return mp_ledger_add(e->access->ledger, tx, &leaf, err);
}

static mp_code look_for_ended(mp_tx *tx, void *arg, mp_error *err)
{
    ended           *e = arg;
    mp_record_filter filter = { .index = "endsAt", .op = MP_FILTER_LE, .value = mp_time_text(mp_tx_arena(tx), e->now) };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    mp_record_page   page;
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    e->count = page.count;
    return MP_OK;
}

mp_code mp_rbac_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err)
{
    ended e = { .access = access, .now = now };
    MP_TRY(mp_store_read(access->store, look_for_ended, &e, err));
    if (e.count)
        MP_TRY(mp_store_write(access->store, end_dated, &e, err));
    *done += e.count;
    return MP_OK;
}
