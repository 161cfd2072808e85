/* SPDX-License-Identifier: Apache-2.0 */
/* A rulebook from the store's records: the assignments, and of the rest what they refer to. */
#include "rulebook_internal.h"

#include "buf.h"
#include "keys.h"
#include "objects.h"
#include "rbac.h"

typedef struct reading {
    mp_rulebook *book;
    mp_tx       *tx;
    mp_map       seen; /* keys of what was read, so that it is read once */
    mp_buf       text;
} reading;

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the policies that are assigned"); }

static mp_str string_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- every record of a kind ---- */

typedef mp_code visit(reading *r, const mp_record *record, mp_error *err);

static mp_code each(reading *r, const mp_kind *kind, visit *fn, mp_error *err)
{
    mp_arena        pages[2] = { MP_ARENA_INIT, MP_ARENA_INIT }; /* the continuation of one page lives until the next was read */
    mp_record_query query = { .kind = kind, .limit = 1000 };
    mp_record_page  page = { .count = 0 };
    mp_code         code = MP_OK;
    for (unsigned n = 0; code == MP_OK && (n == 0 || page.next.len); n++) {
        mp_arena *arena = &pages[n % 2];
        query.after = n ? page.next : MP_S("");
        mp_arena_reset(arena);
        code = mp_record_list(&page, r->tx, &query, arena, err);
        for (size_t i = 0; i < page.count && code == MP_OK; i++)
            code = fn(r, &page.records[i], err);
    }
    mp_arena_free(&pages[0]);
    mp_arena_free(&pages[1]);
    return code;
}

/* ---- into the library ---- */

static mp_code read_text(reading *r, mp_str key, const mp_json *body, mp_role role, mp_error *err)
{
    mp_buf_clear(&r->text);
    mp_buf_add_json(&r->text, body);
    MP_TRY(mp_buf_check(&r->text, err));
    return mp_library_read(r->book->library, key, mp_buf_str(&r->text), role, err);
}

/* *is_there false: it was read before, or there is none of this key. */
static mp_code read_referenced(bool *is_there, mp_record *out, reading *r, mp_object_kind kind, mp_str id, mp_arena *arena, mp_error *err)
{
    mp_str key;
    *is_there = false;
    MP_TRY(mp_key_of(&key, id, &r->book->arena, err));
    if (mp_map_get(&r->seen, key))
        return MP_OK;
    mp_code code = mp_record_get(out, r->tx, mp_object_kinds[kind], key, 0, arena, err);
    if (code == MP_MISSING)
        return MP_OK; /* the library says which reference leads nowhere */
    MP_TRY(code);
    MP_TRY(mp_map_put(&r->seen, key, r, err));
    MP_TRY(read_text(r, key, out->body, MP_ROLE_REFERENCED, err));
    *is_there = true;
    return MP_OK;
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
        MP_TRY(read_referenced(&is_there, &record, r, MP_OBJECT_DEFINITION, string_of(reference, "policyDefinitionId"), arena, err));
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
    mp_code  code = read_text(r, record->key, record->body, MP_ROLE_JUDGED, err);
    if (code == MP_OK)
        code = read_assigned(r, string_of(mp_json_get(record->body, MP_S("properties")), "policyDefinitionId"), &arena, err);
    mp_arena_free(&arena);
    return code;
}

static mp_code read_other(reading *r, const mp_record *record, mp_error *err)
{
    return read_text(r, record->key, record->body, MP_ROLE_REFERENCED, err);
}

/* ---- what is below which management group ---- */

#define LEVELS 32 /* Azure has six; a circle must end */

static mp_code note_parent(reading *r, mp_str name, mp_str parent, mp_error *err)
{
    mp_str key = mp_arena_dup(&r->book->arena, name), *kept = MP_ARENA_NEW(&r->book->arena, mp_str);
    if (!key.ptr || !kept)
        return no_memory(err);
    *kept = mp_arena_dup(&r->book->arena, parent);
    return kept->ptr ? mp_map_put(&r->book->above, key, kept, err) : no_memory(err);
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
        return no_memory(err);
    MP_TRY(each(r, &mp_subscription_kind, read_subscription, err));
    MP_TRY(each(r, &mp_management_group_kind, read_subscription, err));
    book->hierarchy = (mp_hierarchy){ holds, book };
    MP_TRY(mp_library_new(&book->library, err));
    mp_library_set_hierarchy(book->library, &book->hierarchy);
    mp_library_set_now(book->library, mp_tx_time(r->tx));
    MP_TRY(each(r, mp_object_kinds[MP_OBJECT_ASSIGNMENT], read_assignment, err));
    MP_TRY(each(r, mp_object_kinds[MP_OBJECT_EXEMPTION], read_other, err));
    MP_TRY(each(r, mp_object_kinds[MP_OBJECT_ATTESTATION], read_other, err));
    MP_TRY(mp_library_checks(book->library, &book->checks, &book->count, err));
    return mp_plan_new(&book->plan, book->checks, book->count, &(mp_plan_options){ .aliases = book->aliases, .details = true }, err);
}

mp_code mp_rulebook_read(mp_rulebook *book, mp_tx *tx, mp_error *err)
{
    reading r = { .book = book, .tx = tx, .seen = MP_MAP_INIT, .text = MP_BUF_INIT };
    mp_code code = read_all(&r, err);
    mp_map_free(&r.seen);
    mp_buf_free(&r.text);
    return code;
}
