/* SPDX-License-Identifier: Apache-2.0 */
/* A rulebook from the store's records: the assignments, and of the rest what they refer to. */
#include "rulebook_internal.h"

#include "buf.h"
#include "keys.h"
#include "objects.h"
#include "rbac.h"
#include "versions.h"

typedef struct reading {
    mp_rulebook *book;
    mp_tx       *tx;
    const mp_rulebook_asked *asked;
    mp_map       seen; /* keys of what was read, so that it is read once */
    bool         has_versions; /* some definition has earlier ones */
    mp_buf       text;
} reading;

static mp_str string_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- what was asked for ---- */

static const mp_rule_change *change_of(const reading *r, const mp_kind *kind, mp_str key)
{
    for (size_t i = 0; i < r->asked->change_count; i++)
        if (r->asked->changes[i].kind == kind && mp_str_eq(r->asked->changes[i].key, key))
            return &r->asked->changes[i];
    return NULL;
}

static bool is_asked(const reading *r, mp_str assignment)
{
    bool is_one = r->asked->assignments == NULL;
    for (size_t i = 0; i < r->asked->assignment_count && !is_one; i++)
        is_one = mp_str_eq_fold(r->asked->assignments[i], assignment);
    return is_one;
}

/* ---- every record of a kind ---- */

typedef mp_code visit(reading *r, const mp_record *record, mp_error *err);

static mp_code each_stored(reading *r, mp_record_query query, visit *fn, mp_error *err)
{
    /* the continuation of one page lives until the next was read */
    mp_arena       pages[2] = { MP_ARENA_INIT, MP_ARENA_INIT };
    mp_record_page page = { .count = 0 };
    mp_code        code = MP_OK;
    query.limit = 1000;
    query.as_of = r->asked->as_of;
    for (unsigned n = 0; code == MP_OK && (n == 0 || page.next.len); n++) {
        mp_arena *arena = &pages[n % 2];
        query.after = n ? page.next : MP_S("");
        mp_arena_reset(arena);
        code = mp_record_list(&page, r->tx, &query, arena, err);
        for (size_t i = 0; i < page.count && code == MP_OK; i++)
            if (!change_of(r, query.kind, page.records[i].key))
                code = fn(r, &page.records[i], err);
    }
    mp_arena_free(&pages[0]);
    mp_arena_free(&pages[1]);
    return code;
}

static mp_code each_changed(reading *r, const mp_kind *kind, visit *fn, mp_error *err)
{
    for (size_t i = 0; i < r->asked->change_count; i++) {
        const mp_rule_change *change = &r->asked->changes[i];
        if (change->kind == kind && change->body)
            MP_TRY(fn(r, &(mp_record){ .key = change->key, .body = change->body }, err));
    }
    return MP_OK;
}

static mp_code each(reading *r, const mp_kind *kind, visit *fn, mp_error *err)
{
    MP_TRY(each_stored(r, (mp_record_query){ .kind = kind }, fn, err));
    return each_changed(r, kind, fn, err);
}

/* Exemptions and attestations: of some assignments only those that are found by them. */
static mp_code each_term(reading *r, const mp_kind *kind, visit *fn, mp_error *err)
{
    if (!r->asked->assignments)
        return each(r, kind, fn, err);
    for (size_t i = 0; i < r->asked->assignment_count; i++) {
        mp_record_filter filter = { .index = "policyAssignmentId", .op = MP_FILTER_EQ, .value = r->asked->assignments[i] };
        MP_TRY(each_stored(r, (mp_record_query){ .kind = kind, .filters = &filter, .filter_count = 1 }, fn, err));
    }
    return each_changed(r, kind, fn, err);
}

/* ---- into the library ---- */

static mp_code read_members(reading *r, const mp_json *set, mp_arena *arena, mp_error *err);

static mp_code read_text(reading *r, mp_str key, const mp_json *body, mp_role role, mp_error *err)
{
    mp_buf_clear(&r->text);
    mp_buf_add_json(&r->text, body);
    MP_TRY(mp_buf_check(&r->text, err));
    return mp_library_read(r->book->library, key, mp_buf_str(&r->text), role, err);
}

/* Whoever asks for one of them finds it beside the current one. Of an initiative the members too. */
static mp_code read_earlier(reading *r, mp_object_kind kind, const mp_record *record, mp_arena *arena, mp_error *err)
{
    mp_policy_versions all;
    mp_versions_asked asked = { .kind = kind,
                                .key = record->key,
                                .as_of = r->asked->as_of,
                                .changes = r->asked->changes,
                                .change_count = r->asked->change_count };
    if (!r->has_versions && !r->asked->change_count)
        return MP_OK;
    MP_TRY(mp_versions_beside(&all, r->tx, &asked, record->body, arena, err));
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].is_current)
            continue;
        MP_TRY(read_text(r, record->key, all.list[i].body, MP_ROLE_EARLIER, err));
        if (kind == MP_OBJECT_SET)
            MP_TRY(read_members(r, all.list[i].body, arena, err));
    }
    return MP_OK;
}

/* *is_there false: it was read before, or there is none of this key. */
static mp_code read_referenced(bool *is_there, mp_record *out, reading *r, mp_object_kind kind, mp_str id,
                               mp_arena *arena, mp_error *err)
{
    mp_str key;
    *is_there = false;
    MP_TRY(mp_key_of(&key, id, &r->book->arena, err));
    if (mp_map_get(&r->seen, key))
        return MP_OK;
    const mp_rule_change *change = change_of(r, mp_object_kinds[kind], key);
    if (change && !change->body)
        return MP_OK;
    *out = (mp_record){ .key = key, .body = change ? change->body : NULL };
    mp_code code = change ? MP_OK : mp_record_get(out, r->tx, mp_object_kinds[kind], key, r->asked->as_of, arena, err);
    if (code == MP_MISSING)
        return MP_OK; /* the library says which reference leads nowhere */
    MP_TRY(code);
    MP_TRY(mp_map_put(&r->seen, key, r, err));
    MP_TRY(read_text(r, key, out->body, MP_ROLE_REFERENCED, err));
    *is_there = true;
    return read_earlier(r, kind, out, arena, err);
}

static mp_code read_members(reading *r, const mp_json *set, mp_arena *arena, mp_error *err)
{
    const mp_json *references = mp_json_get_fold(mp_json_get(set, MP_S("properties")), MP_S("policyDefinitions"));
    if (!mp_json_is(references, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(reference, references)) {
        bool          is_there;
        mp_record     record;
        mp_arena_mark mark = mp_arena_save(arena);
        MP_TRY(read_referenced(&is_there, &record, r, MP_OBJECT_DEFINITION,
                               string_of(reference, "policyDefinitionId"), arena, err));
        mp_arena_restore(arena, mark);
    }
    return MP_OK;
}

static mp_code read_assigned(reading *r, mp_str id, mp_arena *arena, mp_error *err)
{
    bool      is_there;
    mp_record record;
    MP_TRY(read_referenced(&is_there, &record, r, MP_OBJECT_SET, id, arena, err));
    if (is_there)
        return read_members(r, record.body, arena, err);
    return read_referenced(&is_there, &record, r, MP_OBJECT_DEFINITION, id, arena, err);
}

static mp_code read_assignment(reading *r, const mp_record *record, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    if (!is_asked(r, record->key))
        return MP_OK;
    mp_code code = read_text(r, record->key, record->body, MP_ROLE_JUDGED, err);
    if (code == MP_OK)
        code = read_assigned(r, string_of(mp_json_get(record->body, MP_S("properties")), "policyDefinitionId"), &arena, err);
    mp_arena_free(&arena);
    return code;
}

static mp_code read_other(reading *r, const mp_record *record, mp_error *err)
{
    if (!is_asked(r, string_of(mp_json_get(record->body, MP_S("properties")), "policyAssignmentId")))
        return MP_OK;
    return read_text(r, record->key, record->body, MP_ROLE_REFERENCED, err);
}

/* ---- what is below which management group ---- */

#define LEVELS 32 /* Azure has six; a circle must end */

static mp_code note_parent(reading *r, mp_str name, mp_str parent, mp_error *err)
{
    mp_str key = mp_arena_dup(&r->book->arena, name), *kept = MP_ARENA_NEW(&r->book->arena, mp_str);
    if (!key.ptr || !kept)
        return mp_no_memory(err);
    *kept = mp_arena_dup(&r->book->arena, parent);
    return kept->ptr ? mp_map_put(&r->book->above, key, kept, err) : mp_no_memory(err);
}

static mp_code read_subscription(reading *r, const mp_record *record, mp_error *err)
{
    return note_parent(r, record->key, string_of(record->body, "parent"), err);
}

/* Is `name`, a subscription's GUID or a group's name, that group or below it? */
static bool is_below(const mp_rulebook *book, mp_str name, mp_str group)
{
    for (unsigned level = 0; level < LEVELS && name.len; level++) {
        if (mp_str_eq_fold(name, group))
            return true;
        const mp_str *parent = mp_map_get(&book->above, name);
        name = parent ? *parent : mp_str_of(NULL, 0);
    }
    return false;
}

static mp_str segment_behind(mp_str id, mp_str prefix)
{
    while (id.len && id.ptr[0] == '/')
        id = mp_str_skip(id, 1);
    if (!mp_str_starts_fold(id, prefix))
        return mp_str_of(NULL, 0);
    id = mp_str_skip(id, prefix.len);
    size_t slash = mp_str_find(id, '/');
    return mp_str_of(id.ptr, slash == SIZE_MAX ? id.len : slash);
}

#define GROUPS MP_S("providers/Microsoft.Management/managementGroups/")

static bool holds(const void *context, mp_str group, mp_str id)
{
    const mp_rulebook *book = context;
    mp_str name = segment_behind(group, GROUPS), subscription = segment_behind(id, MP_S("subscriptions/"));
    if (mp_str_eq_fold(name, book->root))
        return true;
    return is_below(book, subscription.len ? subscription : segment_behind(id, GROUPS), name);
}

/* ---- together ---- */

static mp_code read_all(reading *r, mp_error *err)
{
    mp_rulebook *book = r->book;
    book->root = mp_arena_dup(&book->arena, mp_str_from(mp_store_installation(book->store)));
    if (!book->root.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_rules_changed_at(&book->rules_at, r->tx, err));
    MP_TRY(each(r, &mp_subscription_kind, read_subscription, err));
    MP_TRY(each(r, &mp_management_group_kind, read_subscription, err));
    book->hierarchy = (mp_hierarchy){ holds, book };
    MP_TRY(mp_library_new(&book->library, err));
    mp_library_set_hierarchy(book->library, &book->hierarchy);
    mp_library_set_now(book->library, r->asked->as_of ? r->asked->as_of : mp_tx_time(r->tx));
    if (r->asked->keeps_disabled)
        mp_library_keep_disabled(book->library);
    MP_TRY(mp_versions_are_kept(&r->has_versions, r->tx, r->asked->as_of, err));
    MP_TRY(each(r, mp_object_kinds[MP_OBJECT_ASSIGNMENT], read_assignment, err));
    MP_TRY(each_term(r, mp_object_kinds[MP_OBJECT_EXEMPTION], read_other, err));
    MP_TRY(each_term(r, mp_object_kinds[MP_OBJECT_ATTESTATION], read_other, err));
    MP_TRY(mp_library_checks(book->library, &book->checks, &book->count, err));
    MP_TRY(mp_alias_table_read(&book->table, r->tx, r->asked->as_of, book->known, err));
    if (book->table)
        book->aliases = mp_alias_table_aliases(book->table);
    return mp_plan_new(&book->plan, book->checks, book->count,
                       &(mp_plan_options){ .aliases = book->aliases, .details = true }, err);
}

mp_code mp_rulebook_read(mp_rulebook *book, mp_tx *tx, const mp_rulebook_asked *asked, mp_error *err)
{
    static const mp_rulebook_asked present = { .as_of = 0 };
    reading r = { .book = book, .tx = tx, .asked = asked ? asked : &present, .seen = MP_MAP_INIT, .text = MP_BUF_INIT };
    mp_code code = read_all(&r, err);
    mp_map_free(&r.seen);
    mp_buf_free(&r.text);
    return code;
}
