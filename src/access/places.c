/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions and management groups: what stands in what. Without a parent, both stand in the tenant's root
 * group, which has the installation's id as its name and needs no record. */
#include "rbac_internal.h"

#include "directory_internal.h"

static const mp_record_index subscription_indexes[] = {
    { .name = "displayName", .path = "displayName", .folds = true },
    { .name = "state", .path = "state" },
    { .name = "parent", .path = "parent", .folds = true },
};
const mp_kind mp_subscription_kind = {
    .name = "subscription", .indexes = subscription_indexes, .index_count = MP_COUNT(subscription_indexes)
};

static const mp_record_index group_indexes[] = {
    { .name = "displayName", .path = "displayName", .folds = true },
    { .name = "parent", .path = "parent", .folds = true },
};
const mp_kind mp_management_group_kind = {
    .name = "management-group", .indexes = group_indexes, .index_count = MP_COUNT(group_indexes)
};

/* As Azure has it: six levels below the root group (learn.microsoft.com, "What are Azure management
 * groups?"), and names of 90 characters. */
enum { LEVELS_MAX = 6, GROUP_NAME_MAX = 90 };

static mp_code group_key(mp_str *out, mp_tx *tx, mp_str name, mp_error *err)
{
    bool  is_fine = name.len >= 1 && name.len <= GROUP_NAME_MAX && name.ptr[name.len - 1] != '.';
    char *key = mp_arena_alloc(mp_tx_arena(tx), name.len + 1);
    if (!key)
        return mp_no_memory(err);
    for (size_t i = 0; i < name.len && is_fine; i++) {
        char c = name.ptr[i];
        key[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        is_fine = (key[i] >= 'a' && key[i] <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-_.()", c));
    }
    if (!is_fine || mp_str_eq(name, MP_S("..")))
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "'%.*s' names no management group; wanted 1 to %d letters, digits, '-', '_', '.', '(' or ')', no '.' at the end",
            MP_FMT(mp_str_of(name.ptr, name.len < 100 ? name.len : 100)), GROUP_NAME_MAX);
    *out = mp_str_of(key, name.len);
    return MP_OK;
}

/* The record of a parent; the root group has none. */
static mp_code find_parent(mp_record *out, bool *is_root, mp_access *access, mp_tx *tx, mp_str name, mp_error *err)
{
    mp_str key;
    *is_root = name.len == 0 || mp_str_eq_fold(name, mp_str_from(access->tenant));
    if (*is_root)
        return MP_OK;
    MP_TRY(group_key(&key, tx, name, err));
    mp_code code = mp_record_get(out, tx, &mp_management_group_kind, key, 0, mp_tx_arena(tx), err);
    if (code == MP_MISSING)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no management group '%.*s'", MP_FMT(name));
    return code;
}

/* How many groups `name` and those above it are, and that none of them is `key`. */
static mp_code climb(unsigned *levels, mp_access *access, mp_tx *tx, mp_str name, mp_str key, mp_error *err)
{
    mp_record record;
    bool      is_root;
    *levels = 0;
    for (;;) {
        MP_TRY(find_parent(&record, &is_root, access, tx, name, err));
        if (is_root)
            return MP_OK;
        if (mp_str_eq(record.key, key))
            return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "'%.*s' would stand in itself", MP_FMT(key));
        if (++*levels > LEVELS_MAX)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %d management groups within each other", LEVELS_MAX);
        name = mp_json_get_text(record.body, "parent");
    }
}

/* The longest way down from `key`, itself counted. */
static mp_code descend(unsigned *levels, mp_tx *tx, mp_str key, unsigned depth, mp_error *err)
{
    mp_record_filter filter = { .index = "parent", .op = MP_FILTER_EQ, .value = key };
    mp_record_query  query = { .kind = &mp_management_group_kind, .filters = &filter, .filter_count = 1,
                               .limit = 1000 };
    mp_record_page   page;
    unsigned         below;
    *levels = 1;
    if (depth > LEVELS_MAX)
        return MP_OK;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            MP_TRY(descend(&below, tx, page.records[i].key, depth + 1, err));
            *levels = below + 1 > *levels ? below + 1 : *levels;
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code put_place(mp_record *out, mp_access *access, mp_tx *tx, const mp_kind *kind, mp_str key,
                         const mp_json *body, int64_t expected, mp_error *err)
{
    MP_TRY(mp_record_put(out, tx, kind, key, body, expected, err));
    mp_rbac_note(access, tx, kind, key);
    return MP_OK;
}

static mp_code read_parent(mp_str *out, mp_access *access, mp_tx *tx, const mp_json *body, mp_error *err)
{
    mp_record parent;
    bool      is_root;
    mp_str    text;
    MP_TRY(mp_directory_text(&text, body, "parent", MP_SCOPE_MAX, err));
    if (mp_str_starts_fold(text, MP_S(MP_SCOPE_GROUPS)))
        text = mp_str_skip(text, strlen(MP_SCOPE_GROUPS));
    MP_TRY(find_parent(&parent, &is_root, access, tx, text, err));
    *out = is_root ? mp_str_of(NULL, 0) : mp_json_get_text(parent.body, "name");
    return MP_OK;
}

static const mp_json *make_body(mp_tx *tx, const char *id_name, mp_str id, mp_str name, mp_str state, mp_str parent,
                                const mp_json *old)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, id_name, id);
    mp_directory_put_str(&w, "displayName", name);
    mp_directory_put_str(&w, "state", state);
    mp_directory_put_str(&w, "parent", parent);
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_subscription_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                            int64_t expected, mp_error *err)
{
    static const char *const states[] = { "Enabled", "Disabled", "Warned", "PastDue", "Deleted" };
    mp_str         name, state, parent;
    const mp_json *old;
    bool           is_known = false;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_directory_name(&name, body, "displayName", mp_str_of(NULL, 0), err));
    MP_TRY(mp_directory_text(&state, body, "state", 20, err));
    for (size_t i = 0; i < MP_COUNT(states); i++)
        is_known = is_known || mp_str_eq(state, mp_str_from(states[i]));
    if (state.len && !is_known)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no state of a subscription; wanted Enabled, Disabled, Warned, PastDue or Deleted",
                       MP_FMT(state));
    MP_TRY(read_parent(&parent, access, tx, body, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_subscription_kind, id, err));
    const mp_json *made = make_body(tx, "id", id, name, state.len ? state : MP_S("Enabled"), parent, old);
    if (!made)
        return mp_no_memory(err);
    return put_place(out, access, tx, &mp_subscription_kind, id, made, expected, err);
}

mp_code mp_management_group_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str name, const mp_json *body,
                                int64_t expected, mp_error *err)
{
    mp_str         key, display, parent;
    const mp_json *old;
    unsigned       above, below;
    MP_TRY(group_key(&key, tx, name, err));
    MP_TRY(mp_directory_name(&display, body, "displayName", name, err));
    MP_TRY(read_parent(&parent, access, tx, body, err));
    if (parent.len && mp_str_eq_fold(key, mp_str_from(access->tenant)))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the tenant's root group stands in no other");
    MP_TRY(climb(&above, access, tx, parent, key, err));
    MP_TRY(descend(&below, tx, key, 1, err));
    if (above + below > LEVELS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %d management groups within each other", LEVELS_MAX);
    MP_TRY(mp_directory_old(&old, tx, &mp_management_group_kind, key, err));
    if (old && expected == MP_NO_VERSION)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is a management group called '%.*s' already", MP_FMT(name));
    const mp_json *made =
        make_body(tx, "name", old ? mp_json_get_text(old, "name") : name, display, mp_str_of(NULL, 0), parent, old);
    if (!made)
        return mp_no_memory(err);
    return put_place(out, access, tx, &mp_management_group_kind, key, made, expected, err);
}

static mp_code check_is_empty(mp_tx *tx, const mp_kind *kind, mp_str key, mp_error *err)
{
    mp_record_filter filter = { .index = "parent", .op = MP_FILTER_EQ, .value = key };
    mp_record_query  query = { .kind = kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    mp_record_page   page;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    if (page.count)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "the management group '%.*s' is not empty; move what stands in it first", MP_FMT(key));
    return MP_OK;
}

/* Roles that were given there would be given again with the next group of this name. */
static mp_code take_roles(mp_access *access, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_str scope = mp_arena_printf(mp_tx_arena(tx), MP_SCOPE_GROUPS "%.*s", MP_FMT(key));
    return scope.ptr ? mp_unassign_below(access, tx, scope, err)
                     : mp_no_memory(err);
}

mp_code mp_management_group_delete(mp_access *access, mp_tx *tx, mp_str name, int64_t expected, mp_error *err)
{
    mp_str key;
    MP_TRY(group_key(&key, tx, name, err));
    if (mp_str_eq_fold(key, mp_str_from(access->tenant)))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the tenant's root group stays");
    MP_TRY(check_is_empty(tx, &mp_management_group_kind, key, err));
    MP_TRY(check_is_empty(tx, &mp_subscription_kind, key, err));
    MP_TRY(mp_record_delete(tx, &mp_management_group_kind, key, expected, err));
    MP_TRY(take_roles(access, tx, key, err));
    mp_rbac_note(access, tx, &mp_management_group_kind, key);
    return MP_OK;
}
