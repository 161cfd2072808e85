/* SPDX-License-Identifier: Apache-2.0 */
#include "versions.h"

#include <stdlib.h>

#include "jsonw.h"
#include "keys.h"
#include "object_internal.h"
#include "policy_version.h"

enum { PAGE = 200 };

static const mp_record_index definition_indexes[] = { { .name = "id", .path = "id", .folds = true } };
static const mp_record_index set_indexes[] = {
    { .name = "id", .path = "id", .folds = true },
    { .name = "policyDefinitionId", .path = "refersTo", .folds = true },
};
const mp_kind mp_policy_definition_version_kind = { "policy-definition-version", definition_indexes,
                                                    MP_COUNT(definition_indexes), false };
const mp_kind mp_policy_set_version_kind = { "policy-set-definition-version", set_indexes, MP_COUNT(set_indexes), false };

const mp_kind *mp_versions_kind(mp_object_kind kind)
{
    return kind == MP_OBJECT_DEFINITION ? &mp_policy_definition_version_kind
           : kind == MP_OBJECT_SET      ? &mp_policy_set_version_kind
                                        : NULL;
}

static const mp_json *properties_of(const mp_json *body) { return mp_json_get(body, MP_S("properties")); }

static mp_str version_of(const mp_json *body)
{
    mp_str version = mp_object_text(properties_of(body), "version");
    return version.ptr ? version : MP_S("");
}

/* Versions are compared without case, as ids are. */
static mp_code key_of(mp_str *out, mp_str definition, mp_str version, mp_arena *arena, mp_error *err)
{
    mp_str key = mp_arena_printf(arena, "%.*s/versions/%.*s", MP_FMT(definition), MP_FMT(version));
    return key.ptr ? mp_key_of(out, key, arena, err) : mp_no_memory(err);
}

/* ---- reading ---- */

static mp_code add(mp_policy_versions *all, size_t *cap, const mp_json *body, bool is_current, mp_arena *arena,
                   mp_error *err)
{
    if (all->count == *cap) {
        size_t             grown = *cap ? *cap * 2 : 8;
        mp_policy_version *list = MP_ARENA_ARRAY(arena, mp_policy_version, grown);
        if (!list)
            return mp_no_memory(err);
        if (all->count)
            memcpy(list, all->list, all->count * sizeof *list);
        all->list = list;
        *cap = grown;
    }
    all->list[all->count++] = (mp_policy_version){ version_of(body), body, is_current };
    return MP_OK;
}

static int newest_first(const void *a, const void *b)
{
    return mp_version_order(((const mp_policy_version *)b)->version, ((const mp_policy_version *)a)->version);
}

static const mp_rule_change *change_of(const mp_versions_asked *asked)
{
    for (size_t i = 0; i < asked->change_count; i++)
        if (asked->changes[i].kind == mp_object_kinds[asked->kind] && mp_str_eq(asked->changes[i].key, asked->key))
            return &asked->changes[i];
    return NULL;
}

/* What is stored would be an earlier version once the change is made. */
static mp_code add_replaced(mp_policy_versions *all, size_t *cap, mp_tx *tx, const mp_versions_asked *asked,
                            mp_arena *arena, mp_error *err)
{
    mp_record record;
    mp_error  why = { .code = MP_OK };
    if (!change_of(asked))
        return MP_OK;
    mp_code code = mp_record_get(&record, tx, mp_object_kinds[asked->kind], asked->key, asked->as_of, arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    return mp_version_find(all, version_of(record.body)) ? MP_OK : add(all, cap, record.body, false, arena, err);
}

mp_code mp_versions_beside(mp_policy_versions *out, mp_tx *tx, const mp_versions_asked *asked, const mp_json *current,
                           mp_arena *arena, mp_error *err)
{
    mp_policy_versions all = { .count = 0 };
    size_t             cap = 0;
    mp_record_page     page;
    mp_record_filter   filter = { .index = "id", .op = MP_FILTER_EQ, .value = asked->key };
    mp_record_query query = { .kind = mp_versions_kind(asked->kind),
                              .filters = &filter,
                              .filter_count = 1,
                              .as_of = asked->as_of,
                              .limit = PAGE };
    MP_TRY(add(&all, &cap, current, true, arena, err));
    MP_TRY(add_replaced(&all, &cap, tx, asked, arena, err));
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (!mp_version_find(&all, version_of(page.records[i].body))) /* what is foreseen may take the place of one */
                MP_TRY(add(&all, &cap, page.records[i].body, false, arena, err));
        query.after = page.next;
    } while (page.next.len);
    qsort(all.list, all.count, sizeof *all.list, newest_first);
    *out = all;
    return MP_OK;
}

mp_code mp_versions_read(mp_policy_versions *out, mp_tx *tx, const mp_versions_asked *asked, mp_arena *arena, mp_error *err)
{
    const mp_rule_change *change = change_of(asked);
    mp_record             record = { .body = change ? change->body : NULL };
    if (change && !change->body)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no policy object '%.*s'", MP_FMT(asked->key));
    if (!change)
        MP_TRY(mp_record_get(&record, tx, mp_object_kinds[asked->kind], asked->key, asked->as_of, arena, err));
    return mp_versions_beside(out, tx, asked, record.body, arena, err);
}

mp_code mp_versions_are_kept(bool *any, mp_tx *tx, mp_ticks as_of, mp_error *err)
{
    static const mp_kind *const kinds[] = { &mp_policy_definition_version_kind, &mp_policy_set_version_kind };
    mp_arena arena = MP_ARENA_INIT;
    mp_code  code = MP_OK;
    *any = false;
    for (size_t i = 0; i < MP_COUNT(kinds) && code == MP_OK && !*any; i++) {
        mp_record_page  page;
        mp_record_query query = { .kind = kinds[i], .as_of = as_of, .limit = 1 };
        code = mp_record_list(&page, tx, &query, &arena, err);
        *any = code == MP_OK && page.count > 0;
    }
    mp_arena_free(&arena);
    return code;
}

const mp_policy_version *mp_version_current(const mp_policy_versions *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].is_current)
            return &all->list[i];
    return NULL;
}

const mp_policy_version *mp_version_find(const mp_policy_versions *all, mp_str version)
{
    for (size_t i = 0; i < all->count; i++)
        if (mp_str_eq_fold(all->list[i].version, version))
            return &all->list[i];
    return NULL;
}

const mp_policy_version *mp_version_chosen(const mp_policy_versions *all, mp_str pattern)
{
    if (pattern.len == 0)
        return mp_version_current(all);
    for (size_t i = 0; i < all->count; i++)
        if (mp_version_suits(all->list[i].version, pattern))
            return &all->list[i];
    return NULL;
}

/* ---- writing ---- */

static mp_code delete_if_there(mp_tx *tx, const mp_kind *kind, mp_str key, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_record_delete(tx, kind, key, MP_ANY_VERSION, &why);
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

mp_code mp_versions_keep(mp_tx *tx, mp_object_kind kind, mp_str key, const mp_json *old, const mp_json *body, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_str    was, is;
    if (!mp_versions_kind(kind) || !old || mp_str_eq_fold(version_of(old), version_of(body)))
        return MP_OK;
    MP_TRY(key_of(&was, key, version_of(old), arena, err));
    MP_TRY(key_of(&is, key, version_of(body), arena, err));
    MP_TRY(delete_if_there(tx, mp_versions_kind(kind), is, err));
    return mp_record_put(NULL, tx, mp_versions_kind(kind), was, old, MP_ANY_VERSION, err);
}

mp_code mp_versions_forget(mp_tx *tx, mp_object_kind kind, mp_str key, mp_arena *arena, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { .index = "id", .op = MP_FILTER_EQ, .value = key };
    mp_record_query  query = { .kind = mp_versions_kind(kind), .filters = &filter, .filter_count = 1, .limit = PAGE };
    if (!query.kind)
        return MP_OK;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(mp_record_delete(tx, query.kind, page.records[i].key, MP_ANY_VERSION, err));
    } while (page.count == PAGE); /* those that were found are gone */
    return MP_OK;
}

/* The members of `object`, with `value` as `name`. */
static const mp_json *with_member(const mp_json *object, const char *name, const mp_json *value, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (mp_json_is(object, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, object)) {
            if (mp_str_eq_fold(mp_json_str(key), mp_str_from(name)))
                continue;
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_put_value(&w, name, value);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* "versions" of the definition: with one more, or without it. */
static mp_code list_version(mp_tx *tx, mp_object_kind kind, mp_str key, const mp_json *current, mp_str version,
                            bool is_there, mp_arena *arena, mp_error *err)
{
    const mp_json *versions = mp_object_versions(properties_of(current), is_there ? version : MP_S(""),
                                                 is_there ? MP_S("") : version, arena);
    const mp_json *properties = versions ? with_member(properties_of(current), "versions", versions, arena) : NULL;
    const mp_json *body = properties ? with_member(current, "properties", properties, arena) : NULL;
    return body ? mp_record_put(NULL, tx, mp_object_kinds[kind], key, body, MP_ANY_VERSION, err) : mp_no_memory(err);
}

/* The body with the version that the address says. */
static mp_code say_version(const mp_json **out, mp_object_fault *fault, const mp_json *body, mp_str version,
                           mp_arena *arena, mp_error *err)
{
    const mp_json *properties = mp_json_get_fold(body, MP_S("properties")), *text = mp_json_make_str(arena, version);
    mp_str         said = mp_object_text(properties, "version");
    *fault = (mp_object_fault){ .code = "InvalidPolicyDefinitionVersion", .pointer = MP_S("/properties/version") };
    if (said.len && !mp_str_eq_fold(said, version))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the body says version '%.*s', its address '%.*s'",
                       MP_FMT(said), MP_FMT(version));
    properties = text ? with_member(properties, "version", text, arena) : NULL;
    *out = properties ? with_member(body, "properties", properties, arena) : NULL;
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code put_earlier(mp_policy_version *out, bool *is_new, mp_object_fault *fault, mp_tx *tx,
                           const mp_object_write *what, mp_str version, const mp_policy_versions *all,
                           mp_arena *arena, mp_error *err)
{
    const mp_policy_version *old = mp_version_find(all, version);
    const mp_json           *body;
    mp_str                   key;
    *fault = (mp_object_fault){ .code = "InvalidRequestContent" };
    MP_TRY(mp_object_complete(&body, tx, what, old ? old->body : NULL, arena, err));
    MP_TRY(mp_object_check(fault, tx, what, body, arena, err));
    MP_TRY(key_of(&key, what->place->key, version, arena, err));
    MP_TRY(mp_record_put(NULL, tx, mp_versions_kind(what->kind), key, body, MP_ANY_VERSION, err));
    *is_new = old == NULL;
    *out = (mp_policy_version){ version_of(body), body, false };
    return list_version(tx, what->kind, what->place->key, mp_version_current(all)->body, version, true, arena, err);
}

mp_code mp_version_put(mp_policy_version *out, bool *is_new, mp_object_fault *fault, mp_tx *tx,
                       const mp_object_write *what, mp_str version, mp_arena *arena, mp_error *err)
{
    mp_object_write    said = *what;
    mp_policy_versions all = { .count = 0 };
    mp_error           why = { .code = MP_OK };
    MP_TRY(say_version(&said.body, fault, what->body, version, arena, err));
    mp_code code =
        mp_versions_read(&all, tx, &(mp_versions_asked){ .kind = what->kind, .key = what->place->key }, arena, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_policy_version *current = mp_version_current(&all);
    if (current && mp_version_order(version, current->version) < 0)
        return put_earlier(out, is_new, fault, tx, &said, version, &all, arena, err);
    mp_record record;
    bool      is_new_definition;
    MP_TRY(mp_object_put(&record, &is_new_definition, fault, tx, &said, arena, err));
    *is_new = mp_version_find(&all, version) == NULL;
    *out = (mp_policy_version){ version_of(record.body), record.body, true };
    return MP_OK;
}

/* ---- deleting ---- */

typedef struct using {
    mp_tx                    *tx;
    const mp_policy_versions *all;
    const mp_policy_version  *version;
    mp_str                    key; /* of the definition */
    mp_arena                 *arena;
    mp_str                    user; /* what is judged with it */
} using;

static bool is_chosen(const using *u, mp_str pattern)
{
    return pattern.len && mp_version_chosen(u->all, pattern) == u->version;
}

/* Overrides of an assignment that is of another thing name a version of a member; those are counted too. */
static bool overrides_use(const using *u, const mp_json *properties)
{
    const mp_json *overrides = mp_json_get_fold(properties, MP_S("overrides"));
    if (mp_json_is(overrides, MP_JSON_ARRAY))
        for (MP_JSON_EACH(o, overrides))
            if (mp_str_find_fold(mp_object_text(o, "kind"), MP_S("Version")) != SIZE_MAX &&
                is_chosen(u, mp_object_text(o, "value")))
                return true;
    return false;
}

static bool members_use(const using *u, const mp_json *properties)
{
    const mp_json *members = mp_json_get_fold(properties, MP_S("policyDefinitions"));
    if (mp_json_is(members, MP_JSON_ARRAY))
        for (MP_JSON_EACH(member, members))
            if (mp_str_eq_fold(mp_object_text(member, "policyDefinitionId"), u->key) &&
                is_chosen(u, mp_object_text(member, "definitionVersion")))
                return true;
    return false;
}

static mp_code look_at(using *u, const mp_kind *kind, mp_str definition, mp_error *err);

static mp_code look_at_one(using *u, const mp_kind *kind, const mp_record *record, mp_error *err)
{
    const mp_json *properties = properties_of(record->body);
    bool uses = overrides_use(u, properties) || members_use(u, properties) ||
                (mp_str_eq_fold(mp_object_text(properties, "policyDefinitionId"), u->key) &&
                 is_chosen(u, mp_object_text(properties, "definitionVersion")));
    if (uses)
        u->user = record->key;
    if (uses || kind == &mp_policy_assignment_kind)
        return MP_OK;
    mp_str set;
    MP_TRY(mp_key_of(&set, mp_object_text(record->body, "id"), u->arena, err));
    return look_at(u, &mp_policy_assignment_kind, set, err);
}

static mp_code look_at(using *u, const mp_kind *kind, mp_str definition, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { .index = "policyDefinitionId", .op = MP_FILTER_EQ, .value = definition };
    mp_record_query  query = { .kind = kind, .filters = &filter, .filter_count = 1, .limit = PAGE };
    do {
        MP_TRY(mp_record_list(&page, u->tx, &query, u->arena, err));
        for (size_t i = 0; i < page.count && !u->user.len; i++)
            MP_TRY(look_at_one(u, kind, &page.records[i], err));
        query.after = page.next;
    } while (page.next.len && !u->user.len);
    return MP_OK;
}

static mp_code check_unused(using *u, mp_object_kind kind, mp_error *err)
{
    MP_TRY(look_at(u, &mp_policy_assignment_kind, u->key, err));
    if (kind == MP_OBJECT_DEFINITION && !u->user.len)
        MP_TRY(look_at(u, &mp_policy_set_kind, u->key, err));
    if (kind == MP_OBJECT_DEFINITION && !u->user.len)
        MP_TRY(look_at(u, &mp_policy_set_version_kind, u->key, err));
    return u->user.len
               ? mp_fail(err, MP_CONFLICT, MP_NOWHERE, "version '%.*s' is in use by '%.*s'; change that first",
                         MP_FMT(u->version->version), MP_FMT(u->user))
               : MP_OK;
}

mp_code mp_version_delete(mp_object_fault *fault, mp_tx *tx, mp_object_kind kind, mp_str key, mp_str version,
                          mp_arena *arena, mp_error *err)
{
    mp_policy_versions all;
    mp_str             of;
    *fault = (mp_object_fault){ .code = "PolicyDefinitionVersionInUse" };
    MP_TRY(mp_versions_read(&all, tx, &(mp_versions_asked){ .kind = kind, .key = key }, arena, err));
    using u = { .tx = tx, .all = &all, .version = mp_version_find(&all, version), .key = key, .arena = arena };
    if (!u.version)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no version '%.*s' of '%.*s'", MP_FMT(version), MP_FMT(key));
    if (u.version->is_current)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "version '%.*s' is the current one; store another first, or delete the definition",
                       MP_FMT(version));
    MP_TRY(check_unused(&u, kind, err));
    MP_TRY(key_of(&of, key, version, arena, err));
    MP_TRY(mp_record_delete(tx, mp_versions_kind(kind), of, MP_ANY_VERSION, err));
    return list_version(tx, kind, key, mp_version_current(&all)->body, version, false, arena, err);
}
