/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are arrays of the state's own; their strings live in its arena. An id is kept as its 128 bits. */
#include "rights.h"

#include <stdio.h>
#include <stdlib.h>

#include "access_internal.h"

bool mp_guid_read(mp_guid_bits *out, mp_str text)
{
    char    hex[33], *to = hex;
    uint8_t b[16];
    if (!mp_is_guid(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '-')
            *to++ = text.ptr[i];
    if (!mp_unhex(b, sizeof b, mp_str_of(hex, 32)))
        return false;
    *out = (mp_guid_bits){ 0, 0 };
    for (int i = 0; i < 8; i++) {
        out->high = out->high << 8 | b[i];
        out->low = out->low << 8 | b[8 + i];
    }
    return true;
}

void mp_guid_write(char out[37], mp_guid_bits id)
{
    snprintf(out, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(id.high >> 32), (unsigned)(id.high >> 16 & 0xffff),
             (unsigned)(id.high & 0xffff), (unsigned)(id.low >> 48),
             (unsigned long long)(id.low & UINT64_C(0xffffffffffff)));
}

/* ---- arrays ---- */

static bool room_for_one(void **array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return true;
    size_t wanted = *cap ? *cap * 2 : 16;
    if (wanted >= UINT32_MAX / 4 || wanted > SIZE_MAX / size)
        return false;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *cap = wanted;
    return true;
}

/* `array`, `count` and `cap` are members of `rights`: the place of a new, zeroed row, or NULL. */
#define NEW_ROW(rights, array, count, cap)                                                            \
    (room_for_one((void **)&(rights)->array, (rights)->count, &(rights)->cap, sizeof *(rights)->array) \
         ? memset(&(rights)->array[(rights)->count++], 0, sizeof *(rights)->array)                     \
         : NULL)

static bool own(mp_rights *rights, mp_str *s)
{
    if (s->len == 0) {
        *s = mp_str_of("", 0);
        return true;
    }
    *s = mp_arena_dup(&rights->arena, *s);
    return s->ptr != NULL;
}

/* ---- roles ---- */

static bool own_pattern(mp_rights *rights, mp_action_pattern *out, mp_str text)
{
    char   folded[MP_ACTION_MAX];
    mp_str kept;
    if (!mp_action_fold(&kept, folded, text) || !own(rights, &kept))
        return false;
    *out = mp_action_compile(kept);
    return true;
}

static bool list_of_names(mp_rights *rights, mp_right_list *out, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    out->patterns = count ? MP_ARENA_ARRAY(&rights->arena, mp_action_pattern, count) : NULL;
    if (count && !out->patterns)
        return false;
    for (; out->count < count; out->count++)
        if (!own_pattern(rights, &out->patterns[out->count], mp_str_from(names[out->count])))
            return false;
    return true;
}

static bool list_of_json(mp_rights *rights, mp_right_list *out, const mp_json *array)
{
    if (!mp_json_is(array, MP_JSON_ARRAY) || array->count == 0)
        return true;
    out->patterns = MP_ARENA_ARRAY(&rights->arena, mp_action_pattern, array->count);
    if (!out->patterns)
        return false;
    for (MP_JSON_EACH(item, array))
        if (mp_json_is(item, MP_JSON_STRING) && mp_json_str(item).len <= MP_ACTION_MAX &&
            !own_pattern(rights, &out->patterns[out->count++], mp_json_str(item)))
            return false;
    return true;
}

static bool list_of_list(mp_rights *rights, mp_right_list *out, const mp_right_list *from)
{
    out->patterns = from->count ? MP_ARENA_ARRAY(&rights->arena, mp_action_pattern, from->count) : NULL;
    if (from->count && !out->patterns)
        return false;
    for (; out->count < from->count; out->count++)
        if (!own_pattern(rights, &out->patterns[out->count], from->patterns[out->count].text))
            return false;
    return true;
}

static bool add_builtin(mp_rights *rights, const mp_builtin_role *role)
{
    mp_right_role *row = NEW_ROW(rights, roles, role_count, role_cap);
    if (!row || !mp_guid_read(&row->id, mp_str_from(role->id)))
        return false;
    row->name = mp_str_from(role->name);
    row->is_builtin = true;
    return list_of_names(rights, &row->actions, role->actions) &&
           list_of_names(rights, &row->not_actions, role->not_actions) &&
           list_of_names(rights, &row->data_actions, role->data_actions) &&
           list_of_names(rights, &row->not_data_actions, role->not_data_actions);
}

static bool add_role(mp_rights *rights, mp_guid_bits id, const mp_json *body)
{
    mp_right_role *row = NEW_ROW(rights, roles, role_count, role_cap);
    if (!row)
        return false;
    row->id = id;
    row->name = mp_json_get_text(body, "roleName");
    return own(rights, &row->name) && list_of_json(rights, &row->actions, mp_json_get(body, MP_S("actions"))) &&
           list_of_json(rights, &row->not_actions, mp_json_get(body, MP_S("notActions"))) &&
           list_of_json(rights, &row->data_actions, mp_json_get(body, MP_S("dataActions"))) &&
           list_of_json(rights, &row->not_data_actions, mp_json_get(body, MP_S("notDataActions")));
}

/* ---- the other rows ---- */

static bool add_principal(mp_rights *rights, char kind, mp_guid_bits id, const mp_json *body)
{
    mp_right_principal *row = NEW_ROW(rights, principals, principal_count, principal_cap);
    if (!row)
        return false;
    row->id = id;
    row->kind = (uint8_t)kind;
    row->is_active = kind == 'g' || mp_str_eq(mp_json_get_text(body, "state"), MP_S("active"));
    row->name = mp_json_get_text(body, "displayName");
    row->app_id = mp_json_get_text(body, "appId");
    row->valid_after = mp_body_time(body, MP_S("tokensValidAfter"));
    return own(rights, &row->name) && own(rights, &row->app_id);
}

static bool add_members(mp_rights *rights, mp_guid_bits group, const mp_json *members)
{
    mp_guid_bits member;
    if (!mp_json_is(members, MP_JSON_ARRAY))
        return true;
    for (MP_JSON_EACH(item, members)) {
        if (!mp_json_is(item, MP_JSON_STRING) || !mp_guid_read(&member, mp_json_str(item)))
            continue;
        mp_right_member *row = NEW_ROW(rights, members, member_count, member_cap);
        if (!row)
            return false;
        *row = (mp_right_member){ group, member };
    }
    return true;
}

static bool add_assignment(mp_rights *rights, mp_guid_bits id, const mp_json *body)
{
    mp_scope            scope;
    mp_right_assignment a = { .id = id };
    mp_str              role = mp_json_get_text(body, "roleDefinitionId");
    size_t              slash = mp_str_rfind(role, '/');
    if (!mp_guid_read(&a.principal, mp_json_get_text(body, "principalId")) ||
        !mp_guid_read(&a.role, slash == SIZE_MAX ? role : mp_str_skip(role, slash + 1)) ||
        !mp_scope_parse(&scope, mp_json_get_text(body, "scope")))
        return true;
    a.scope = mp_scope_str(&scope);
    a.starts = mp_body_time(body, MP_S("startsAt"));
    a.ends = mp_body_time(body, MP_S("endsAt"));
    mp_right_assignment *row = NEW_ROW(rights, assignments, assignment_count, assignment_cap);
    if (!row || !own(rights, &a.scope))
        return false;
    *row = a;
    return true;
}

/* Folded scope of a management group; empty when its name is none. */
static bool group_scope(mp_rights *rights, mp_str *out, mp_str name)
{
    char     text[MP_SCOPE_MAX];
    mp_scope scope;
    *out = mp_str_of("", 0);
    int len = snprintf(text, sizeof text, MP_SCOPE_GROUPS "%.*s", MP_FMT(name));
    if (name.len == 0 || len < 0 || (size_t)len >= sizeof text ||
        !mp_scope_parse(&scope, mp_str_of(text, (size_t)len)) || scope.kind != MP_SCOPE_MANAGEMENT_GROUP)
        return true;
    *out = mp_scope_str(&scope);
    return own(rights, out);
}

static bool add_place(mp_rights *rights, mp_right_kind kind, mp_str key, const mp_json *body)
{
    mp_right_place place = { { "", 0 }, { "", 0 } };
    mp_scope       scope;
    char           text[64];
    if (kind == MP_RIGHT_MANAGEMENT_GROUP) {
        if (!group_scope(rights, &place.scope, key))
            return false;
    } else if (mp_is_guid(key)) {
        snprintf(text, sizeof text, "/subscriptions/%.*s", MP_FMT(key));
        if (mp_scope_parse(&scope, mp_str_from(text)))
            place.scope = mp_scope_str(&scope);
        if (!own(rights, &place.scope))
            return false;
    }
    if (place.scope.len == 0)
        return true;
    if (!group_scope(rights, &place.parent, mp_json_get_text(body, "parent")))
        return false;
    mp_right_place *row = NEW_ROW(rights, places, place_count, place_cap);
    if (row)
        *row = place;
    return row != NULL;
}

static bool add_row(mp_rights *rights, mp_right_kind kind, mp_str key, const mp_json *body)
{
    mp_guid_bits id;
    if (kind == MP_RIGHT_SUBSCRIPTION || kind == MP_RIGHT_MANAGEMENT_GROUP)
        return add_place(rights, kind, key, body);
    if (!mp_guid_read(&id, key))
        return true;
    switch (kind) {
    case MP_RIGHT_USER:
        return add_principal(rights, 'u', id, body);
    case MP_RIGHT_PROGRAM:
        return add_principal(rights, 'p', id, body);
    case MP_RIGHT_GROUP:
        return add_principal(rights, 'g', id, body) && add_members(rights, id, mp_json_get(body, MP_S("members")));
    case MP_RIGHT_ROLE:
        return add_role(rights, id, body);
    default:
        return add_assignment(rights, id, body);
    }
}

mp_code mp_rights_add(mp_rights *rights, mp_right_kind kind, mp_str key, const mp_json *body, mp_error *err)
{
    return add_row(rights, kind, key, body) ? MP_OK : mp_no_memory(err);
}

/* ---- keeping ---- */

static bool is_changed(const mp_map *changed, mp_guid_bits id)
{
    char text[37];
    if (changed->len == 0)
        return false;
    mp_guid_write(text, id);
    return mp_map_get(changed, mp_str_of(text, 36)) != NULL;
}

static bool keep_principals(mp_rights *rights, const mp_rights *from, const mp_map *changed)
{
    for (size_t i = 0; i < from->principal_count; i++) {
        const mp_right_principal *p = &from->principals[i];
        mp_right_kind kind = p->kind == 'u' ? MP_RIGHT_USER : p->kind == 'p' ? MP_RIGHT_PROGRAM : MP_RIGHT_GROUP;
        if (is_changed(&changed[kind], p->id))
            continue;
        mp_right_principal *row = NEW_ROW(rights, principals, principal_count, principal_cap);
        if (!row)
            return false;
        *row = *p;
        if (!own(rights, &row->name) || !own(rights, &row->app_id))
            return false;
    }
    for (size_t i = 0; i < from->member_count; i++) {
        if (is_changed(&changed[MP_RIGHT_GROUP], from->members[i].group))
            continue;
        mp_right_member *row = NEW_ROW(rights, members, member_count, member_cap);
        if (!row)
            return false;
        *row = from->members[i];
    }
    return true;
}

static bool keep_roles(mp_rights *rights, const mp_rights *from, const mp_map *changed)
{
    for (size_t i = 0; i < from->role_count; i++) {
        const mp_right_role *r = &from->roles[i];
        if (r->is_builtin || is_changed(changed, r->id))
            continue;
        mp_right_role *row = NEW_ROW(rights, roles, role_count, role_cap);
        if (!row)
            return false;
        row->id = r->id;
        row->name = r->name;
        if (!own(rights, &row->name) || !list_of_list(rights, &row->actions, &r->actions) ||
            !list_of_list(rights, &row->not_actions, &r->not_actions) ||
            !list_of_list(rights, &row->data_actions, &r->data_actions) ||
            !list_of_list(rights, &row->not_data_actions, &r->not_data_actions))
            return false;
    }
    return true;
}

static bool keep_assignments(mp_rights *rights, const mp_rights *from, const mp_map *changed)
{
    /* Scopes are shared among assignments once they are finished: copy each once. */
    mp_str *copies = from->scope_count ? calloc(from->scope_count, sizeof *copies) : NULL;
    bool    ok = copies || from->scope_count == 0;
    for (size_t i = 0; ok && i < from->assignment_count; i++) {
        const mp_right_assignment *a = &from->assignments[i];
        if (is_changed(changed, a->id))
            continue;
        mp_str *copy = &copies[a->scope_at];
        if (!copy->ptr) {
            *copy = from->scopes[a->scope_at].text;
            ok = own(rights, copy);
        }
        mp_right_assignment *row = ok ? NEW_ROW(rights, assignments, assignment_count, assignment_cap) : NULL;
        ok = row != NULL;
        if (ok) {
            *row = *a;
            row->scope = *copy;
        }
    }
    free(copies);
    return ok;
}

static bool is_changed_place(const mp_map changed[MP_RIGHT_KINDS], mp_str scope)
{
    mp_str name = mp_str_skip(scope, mp_str_rfind(scope, '/') + 1);
    bool   is_group = !mp_str_starts(scope, MP_S("/subscriptions/"));
    return mp_map_get(&changed[is_group ? MP_RIGHT_MANAGEMENT_GROUP : MP_RIGHT_SUBSCRIPTION], name) != NULL;
}

static bool keep_places(mp_rights *rights, const mp_rights *from, const mp_map changed[MP_RIGHT_KINDS])
{
    for (size_t i = 0; i < from->place_count; i++) {
        if (is_changed_place(changed, from->places[i].scope))
            continue;
        mp_right_place *row = NEW_ROW(rights, places, place_count, place_cap);
        if (!row)
            return false;
        *row = from->places[i];
        if (!own(rights, &row->scope) || !own(rights, &row->parent))
            return false;
    }
    return true;
}

/* Room for all of the old rows at once, and some. */
static bool reserve(void **array, size_t *cap, size_t wanted, size_t size)
{
    if (wanted < *cap)
        return true;
    wanted += wanted / 64 + 16;
    void *grown = wanted < UINT32_MAX / 4 && wanted <= SIZE_MAX / size ? realloc(*array, wanted * size) : NULL;
    if (!grown)
        return false;
    *array = grown;
    *cap = wanted;
    return true;
}
#define RESERVE(rights, from, array, count, cap) \
    reserve((void **)&(rights)->array, &(rights)->cap, (rights)->count + (from)->count, sizeof *(rights)->array)

mp_code mp_rights_keep(mp_rights *rights, const mp_rights *from, const mp_map changed[MP_RIGHT_KINDS], mp_error *err)
{
    if (!RESERVE(rights, from, principals, principal_count, principal_cap) ||
        !RESERVE(rights, from, members, member_count, member_cap) ||
        !RESERVE(rights, from, assignments, assignment_count, assignment_cap))
        return mp_no_memory(err);
    if (!keep_principals(rights, from, changed) || !keep_roles(rights, from, &changed[MP_RIGHT_ROLE]) ||
        !keep_assignments(rights, from, &changed[MP_RIGHT_ASSIGNMENT]) || !keep_places(rights, from, changed))
        return mp_no_memory(err);
    return MP_OK;
}

/* ---- life ---- */

mp_code mp_rights_new(mp_rights **out, mp_str tenant, mp_error *err)
{
    mp_rights *rights = calloc(1, sizeof *rights);
    bool       ok = rights && group_scope(rights, &rights->tenant_group, tenant);
    for (size_t i = 0; ok && mp_builtin_role_at(i); i++)
        ok = add_builtin(rights, mp_builtin_role_at(i));
    if (!ok) {
        mp_rights_free(rights);
        return mp_no_memory(err);
    }
    *out = rights;
    return MP_OK;
}

void mp_rights_free(mp_rights *rights)
{
    if (!rights)
        return;
    void *const parts[] = { rights->principals, rights->members, rights->places, rights->roles, rights->assignments,
                            rights->scopes, rights->principal_table, rights->role_table, rights->scope_table,
                            rights->pair_table, rights->assignment_table };
    for (size_t i = 0; i < MP_COUNT(parts); i++)
        free(parts[i]);
    mp_arena_free(&rights->arena);
    free(rights);
}
