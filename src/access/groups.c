/* SPDX-License-Identifier: Apache-2.0 */
#include "access_internal.h"
#include "directory_internal.h"
#include "map.h"

static const mp_record_index group_indexes[] = {
    { .name = "displayName", .path = "displayName", .is_unique = true, .folds = true },
    { .name = "members", .path = "members" },
    { .name = "createdAt", .path = "createdAt" },
};
const mp_kind mp_group_kind = { .name = "group",
                                .indexes = group_indexes,
                                .index_count = MP_COUNT(group_indexes) };

enum { MEMBERS_MAX = 10000, DESCRIPTION_MAX = 2000 };

/* A user or program that has not left, or a group. */
static mp_code must_be_there(bool *is_group, mp_tx *tx, mp_str id, mp_error *err)
{
    static const mp_kind *const kinds[] = { &mp_user_kind, &mp_program_kind, &mp_group_kind };
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        mp_record record;
        mp_code   code = mp_record_get(&record, tx, kinds[i], id, 0, mp_tx_arena(tx), err);
        if (code == MP_OK && !mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("left"))) {
            *is_group = kinds[i] == &mp_group_kind;
            return MP_OK;
        }
        if (code != MP_OK && code != MP_MISSING)
            return code;
    }
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no user, group or program %.*s", MP_FMT(id));
}

/* Groups that stand below those in `ids` (order of finding; ids grows): `wanted` must not be among them. */
static mp_code check_no_circle(mp_tx *tx, mp_map *seen, mp_str wanted, mp_error *err)
{
    for (size_t i = 0; i < seen->len; i++) {
        mp_record record;
        mp_str    id = seen->entries[i].key;
        if (mp_str_eq(id, wanted))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "group %.*s would be a member of itself",
                           MP_FMT(wanted));
        mp_code code = mp_record_get(&record, tx, &mp_group_kind, id, 0, mp_tx_arena(tx), err);
        if (code == MP_MISSING)
            continue; /* a user or a program */
        if (code != MP_OK)
            return code;
        const mp_json *members = mp_json_get(record.body, MP_S("members"));
        if (!mp_json_is(members, MP_JSON_ARRAY))
            continue;
        for (MP_JSON_EACH(member, members))
            if (mp_json_is(member, MP_JSON_STRING))
                MP_TRY(mp_map_put(seen, mp_json_str(member), seen, err));
    }
    return MP_OK;
}

/* Members as they will stand: ids in lower case, each once, each there. */
static mp_code read_members(mp_jsonw *w, mp_tx *tx, mp_map *seen, mp_map *groups, const mp_json *members,
                            mp_error *err)
{
    if (!members)
        return MP_OK;
    if (!mp_json_is(members, MP_JSON_ARRAY) || members->count > MEMBERS_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "members is no array of at most %d ids", MEMBERS_MAX);
    for (MP_JSON_EACH(member, members)) {
        mp_str id;
        bool   is_group = false;
        if (!mp_json_is(member, MP_JSON_STRING) || member->count == 0)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a member is no id; wanted a GUID");
        MP_TRY(mp_directory_id(&id, tx, mp_json_str(member), err));
        if (mp_map_get(seen, id))
            continue;
        MP_TRY(must_be_there(&is_group, tx, id, err));
        MP_TRY(mp_map_put(seen, id, seen, err));
        if (is_group)
            MP_TRY(mp_map_put(groups, id, groups, err));
        mp_jsonw_str(w, id);
    }
    return MP_OK;
}

static mp_code write_members(mp_jsonw *w, mp_tx *tx, mp_str group, const mp_json *members, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT, groups = MP_MAP_INIT;
    mp_code code = read_members(w, tx, &seen, &groups, members, err);
    if (code == MP_OK)
        code = check_no_circle(tx, &groups, group, err);
    mp_map_free(&seen);
    mp_map_free(&groups);
    return code;
}

/* After a change of a group: where there was an administrator, one must be left. */
static mp_code somebody_administers(bool did, mp_tx *tx, mp_error *err)
{
    bool does = true;
    if (did)
        MP_TRY(mp_rbac_has_administrator(&does, tx, err));
    return does ? MP_OK
                : mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this is the last administrator; make another one first");
}

static mp_code put_group(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                         mp_error *err)
{
    bool did;
    MP_TRY(mp_rbac_has_administrator(&did, tx, err));
    MP_TRY(mp_directory_put(out, access, tx, &mp_group_kind, id, body, expected, err));
    return somebody_administers(did, tx, err);
}

mp_code mp_group_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                     int64_t expected, mp_error *err)
{
    const mp_json *old;
    bool           is_taken;
    mp_str         name, description;
    mp_jsonw       w;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_directory_name(&name, body, "displayName", mp_str_of(NULL, 0), err));
    MP_TRY(mp_directory_text(&description, body, "description", DESCRIPTION_MAX, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_group_kind, id, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_group_kind, "displayName", name, id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is a group called '%.*s' already", MP_FMT(name));
    const mp_json *members = mp_json_get(body, MP_S("members"));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "displayName", name);
    mp_directory_put_str(&w, "description", description);
    mp_jsonw_key(&w, MP_S("members"));
    mp_jsonw_array(&w);
    MP_TRY(write_members(&w, tx, id, members ? members : mp_json_get(old, MP_S("members")), err));
    mp_jsonw_end(&w);
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    return put_group(out, access, tx, id, mp_jsonw_done(&w), expected, err);
}

/* The group's members without `member`, and with it at the end when it is to be in. */
static const mp_json *changed_members(mp_arena *arena, const mp_json *body, mp_str member, bool is_in,
                                      bool *was_in)
{
    const mp_json *old = mp_json_get(body, MP_S("members"));
    mp_jsonw       w;
    *was_in = false;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("members"));
    mp_jsonw_array(&w);
    if (mp_json_is(old, MP_JSON_ARRAY))
        for (MP_JSON_EACH(v, old)) {
            if (mp_json_is(v, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(v), member))
                *was_in = true;
            else
                mp_jsonw_value(&w, v);
        }
    if (is_in)
        mp_jsonw_str(&w, member);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_body_with(arena, body, mp_jsonw_done(&w));
}

mp_code mp_group_member(mp_access *access, mp_tx *tx, mp_str group, mp_str member, bool is_in, mp_error *err)
{
    mp_record record;
    bool      was_in;
    MP_TRY(mp_record_get(&record, tx, &mp_group_kind, group, 0, mp_tx_arena(tx), err));
    MP_TRY(mp_directory_id(&member, tx, member, err));
    const mp_json *body = changed_members(mp_tx_arena(tx), record.body, member, is_in, &was_in);
    if (body && was_in == is_in)
        return is_in ? MP_OK
                     : mp_fail(err, MP_MISSING, MP_NOWHERE, "%.*s is no member of group %.*s", MP_FMT(member),
                               MP_FMT(group));
    if (is_in)
        return body ? mp_group_put(NULL, access, tx, group, body, record.version, err)
                    : mp_no_memory(err);
    return put_group(NULL, access, tx, group, body, record.version, err);
}

mp_code mp_groups_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err)
{
    const mp_record_filter filter = { .index = "members", .op = MP_FILTER_EQ, .value = principal };
    const mp_record_query  query = {
         .kind = &mp_group_kind, .filters = &filter, .filter_count = 1, .limit = 100
    };
    for (;;) {
        mp_record_page page;
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        if (page.count == 0)
            return MP_OK;
        for (size_t i = 0; i < page.count; i++) {
            bool           was_in;
            const mp_json *body =
                changed_members(mp_tx_arena(tx), page.records[i].body, principal, false, &was_in);
            if (body && !was_in)
                return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the index of members does not fit group %.*s",
                               MP_FMT(page.records[i].key));
            MP_TRY(mp_directory_put(NULL, access, tx, &mp_group_kind, page.records[i].key, body,
                                    MP_ANY_VERSION, err));
            ++*removed;
        }
    }
}

mp_code mp_group_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err)
{
    uint64_t removed = 0;
    bool     did;
    MP_TRY(mp_rbac_has_administrator(&did, tx, err));
    MP_TRY(mp_record_delete(tx, &mp_group_kind, id, expected, err));
    MP_TRY(mp_groups_leave(&removed, access, tx, id, err));
    MP_TRY(mp_rbac_unassign_all(&removed, access, tx, id, err));
    mp_access_touch(access, tx);
    return somebody_administers(did, tx, err);
}
