/* SPDX-License-Identifier: Apache-2.0 */
#include "alias_table.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "alias.h"
#include "buf.h"
#include "jsonw.h"
#include "map.h"
#include "object_internal.h"
#include "secret.h"

const mp_kind mp_alias_kind = { .name = "policy-aliases" };

#define HEAD MP_S(".")
enum { PAGE = 50, DIGEST_TEXT = 64 };

struct mp_alias_table {
    atomic_uint refs;
    mp_aliases *aliases;
    char        digest[DIGEST_TEXT + 1];
};

const mp_aliases *mp_alias_table_aliases(const mp_alias_table *table) { return table->aliases; }
mp_str            mp_alias_table_digest(const mp_alias_table *table) { return mp_str_of(table->digest, DIGEST_TEXT); }

void mp_alias_table_unref(mp_alias_table *table)
{
    if (!table || atomic_fetch_sub(&table->refs, 1) != 1)
        return;
    mp_aliases_free(table->aliases);
    free(table);
}

/* ---- reading ---- */

/* Members of an object, or elements of an array, behind those that are there. */
static void add_document(mp_buf *text, const mp_json *document, bool is_compact)
{
    if (!is_compact) {
        mp_buf_add_c(text, text->len > 1 ? ',' : ' ');
        mp_buf_add_json(text, document);
        return;
    }
    for (MP_JSON_MEMBERS(key, document)) {
        mp_buf_add_c(text, text->len > 1 ? ',' : ' ');
        mp_buf_add_json_str(text, mp_json_str(key));
        mp_buf_add_c(text, ':');
        mp_buf_add_json(text, key + 1);
    }
}

static void add_record(mp_buf *text, const mp_record *record, bool is_compact)
{
    const mp_json *documents = mp_json_get(record->body, MP_S("documents"));
    if (mp_json_is(documents, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, documents))
            if (mp_json_is(one, MP_JSON_OBJECT))
                add_document(text, one, is_compact);
}

static mp_code write_table(mp_buf *text, mp_tx *tx, mp_ticks as_of, bool is_compact, mp_error *err)
{
    mp_record_query query = { .kind = &mp_alias_kind, .limit = PAGE, .as_of = as_of };
    mp_arena        arena = MP_ARENA_INIT, kept = MP_ARENA_INIT;
    mp_record_page  page;
    mp_code         code;
    mp_buf_add_c(text, is_compact ? '{' : '[');
    do {
        code = mp_record_list(&page, tx, &query, &arena, err);
        for (size_t i = 0; code == MP_OK && i < page.count; i++)
            if (!mp_str_eq(page.records[i].key, HEAD))
                add_record(text, &page.records[i], is_compact);
        if (code == MP_OK) {
            mp_arena_reset(&kept);
            query.after = mp_arena_dup(&kept, page.next);
            code = query.after.ptr ? MP_OK : mp_no_memory(err);
        }
        mp_arena_reset(&arena);
    } while (code == MP_OK && query.after.len);
    mp_arena_free(&arena);
    mp_arena_free(&kept);
    mp_buf_add_c(text, is_compact ? '}' : ']');
    return code == MP_OK ? mp_buf_check(text, err) : code;
}

/* The text is read as any other of its form. */
static mp_code read_text(mp_aliases **out, mp_buf *text, mp_code fault, mp_error *err)
{
    mp_error why;
    char    *padding = mp_buf_reserve(text, MP_JSON_PADDING);
    if (!padding)
        return mp_no_memory(err);
    memset(padding, 0, MP_JSON_PADDING);
    mp_code code = mp_aliases_read_padded(out, mp_buf_str(text), &why);
    if (code == MP_OK || code == MP_NOMEM)
        return code == MP_OK ? MP_OK : mp_no_memory(err);
    return mp_fail(err, fault, MP_NOWHERE, "a table of aliases is damaged: %s", why.message);
}

static mp_code make_table(mp_alias_table **out, mp_tx *tx, mp_ticks as_of, const mp_json *head, mp_error *err)
{
    mp_alias_table *table = calloc(1, sizeof *table);
    mp_buf          text = MP_BUF_INIT;
    mp_str          digest = mp_object_text(head, "digest");
    if (!table)
        return mp_no_memory(err);
    atomic_init(&table->refs, 1);
    mp_code code = digest.len == DIGEST_TEXT ? MP_OK
                                             : mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                                                       "the table of aliases in the store does not say which it is");
    if (code == MP_OK) {
        memcpy(table->digest, digest.ptr, DIGEST_TEXT);
        code = write_table(&text, tx, as_of, mp_str_eq(mp_object_text(head, "form"), MP_S("types")), err);
    }
    if (code == MP_OK)
        code = read_text(&table->aliases, &text, MP_DAMAGED, err);
    mp_buf_free(&text);
    if (code == MP_OK)
        *out = table;
    else
        mp_alias_table_unref(table);
    return code;
}

mp_code mp_alias_table_read(mp_alias_table **out, mp_tx *tx, mp_ticks as_of, mp_alias_table *known, mp_error *err)
{
    mp_arena  arena = MP_ARENA_INIT;
    mp_record head;
    mp_code   code = mp_record_get(&head, tx, &mp_alias_kind, HEAD, as_of, &arena, err);
    *out = NULL;
    if (code == MP_MISSING) {
        code = MP_OK;
    } else if (code == MP_OK && known && mp_str_eq(mp_object_text(head.body, "digest"), mp_alias_table_digest(known))) {
        atomic_fetch_add(&known->refs, 1);
        *out = known;
    } else if (code == MP_OK) {
        code = make_table(out, tx, as_of, head.body, err);
    }
    mp_arena_free(&arena);
    return code;
}

/* ---- importing ---- */

typedef struct packing {
    mp_alias_pack *out;
    mp_arena      *arena;
    mp_map         groups; /* namespace in lower case to its number, plus one */
} packing;

/* The record that a provider, or a type of the compact form, belongs to. */
static mp_code group_of(size_t *out, packing *p, mp_str space, mp_error *err)
{
    mp_str key = mp_arena_lower(p->arena, space);
    if (!key.ptr)
        return mp_no_memory(err);
    if (!key.len || key.len > 200 || mp_str_eq(key, HEAD))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a table of aliases names no namespace of a provider");
    const void *found = mp_map_get(&p->groups, key);
    if (!found) {
        p->out->keys[p->out->count] = key;
        MP_TRY(mp_map_put(&p->groups, key, &p->out->keys[p->out->count], err));
        found = &p->out->keys[p->out->count++];
    }
    *out = (size_t)((const mp_str *)found - p->out->keys);
    return MP_OK;
}

static mp_str space_of(mp_str type)
{
    size_t slash = mp_str_find(type, '/');
    return mp_str_of(type.ptr, slash == SIZE_MAX ? type.len : slash);
}

static mp_code sort_out(packing *p, uint32_t *group, const mp_json *providers, const mp_json *types, mp_error *err)
{
    size_t n = 0, found;
    if (providers)
        for (MP_JSON_EACH(one, providers)) {
            MP_TRY(group_of(&found, p, mp_object_text(one, "namespace"), err));
            group[n++] = (uint32_t)found;
        }
    else
        for (MP_JSON_MEMBERS(key, types)) {
            MP_TRY(group_of(&found, p, space_of(mp_json_str(key)), err));
            group[n++] = (uint32_t)found;
        }
    return MP_OK;
}

static mp_code write_body(const mp_json **out, mp_arena *arena, const uint32_t *group, size_t wanted,
                          const mp_json *providers, const mp_json *types, mp_error *err)
{
    mp_jsonw w;
    size_t   n = 0;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("documents"));
    mp_jsonw_array(&w);
    if (providers) {
        for (MP_JSON_EACH(one, providers))
            if (group[n++] == wanted)
                mp_jsonw_value(&w, one);
    } else {
        mp_jsonw_object(&w);
        for (MP_JSON_MEMBERS(key, types))
            if (group[n++] == wanted) {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_value(&w, key + 1);
            }
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* It is whole, and has something in it. */
static mp_code check_table(mp_alias_pack *out, const mp_json *table, mp_arena *arena, size_t *types, size_t *count,
                           mp_error *err)
{
    uint8_t     digest[32];
    char        hex[DIGEST_TEXT + 1];
    mp_buf      text = MP_BUF_INIT;
    mp_aliases *aliases = NULL;
    mp_buf_add_json(&text, table);
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&text), err);
    if (code == MP_OK)
        code = read_text(&aliases, &text, MP_FORMAT, err);
    mp_buf_free(&text);
    MP_TRY(code);
    *types = mp_aliases_type_count(aliases);
    *count = mp_aliases_count(aliases);
    mp_aliases_free(aliases);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    out->digest = mp_arena_dup(arena, mp_str_of(hex, DIGEST_TEXT));
    if (!out->digest.ptr)
        return mp_no_memory(err);
    return *count ? MP_OK : mp_fail(err, MP_FORMAT, MP_NOWHERE, "the table has no alias; nothing was changed");
}

mp_code mp_alias_pack_make(mp_alias_pack *out, const mp_json *providers, const mp_json *types, mp_arena *arena,
                           mp_error *err)
{
    mp_alias_pack made = { .count = 0 };
    packing       p = { .out = &made, .arena = arena, .groups = MP_MAP_INIT };
    size_t        type_count, alias_count, items = providers ? providers->count : types->count;
    mp_jsonw      w;
    uint32_t     *group = MP_ARENA_ARRAY(arena, uint32_t, items + 1);
    made.keys = MP_ARENA_ARRAY(arena, mp_str, items + 1);
    made.bodies = MP_ARENA_ARRAY(arena, const mp_json *, items + 1);
    if (!group || !made.keys || !made.bodies)
        return mp_no_memory(err);
    MP_TRY(check_table(&made, providers ? providers : types, arena, &type_count, &alias_count, err));
    mp_code code = sort_out(&p, group, providers, types, err);
    mp_map_free(&p.groups);
    for (size_t i = 0; code == MP_OK && i < made.count; i++)
        code = write_body(&made.bodies[i], arena, group, i, providers, types, err);
    MP_TRY(code);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "form", providers ? MP_S("providers") : MP_S("types"));
    mp_jsonw_put_str(&w, "digest", made.digest);
    mp_jsonw_put_int(&w, "namespaces", (int64_t)made.count);
    mp_jsonw_put_int(&w, "types", (int64_t)type_count);
    mp_jsonw_put_int(&w, "aliases", (int64_t)alias_count);
    mp_jsonw_end(&w);
    made.head = mp_jsonw_done(&w);
    if (!made.head)
        return mp_no_memory(err);
    *out = made;
    return MP_OK;
}

static bool has_key(const mp_alias_pack *pack, mp_str key)
{
    bool has = pack && mp_str_eq(key, HEAD);
    for (size_t i = 0; pack && i < pack->count && !has; i++)
        has = mp_str_eq(pack->keys[i], key);
    return has;
}

/* Which are there and not in the pack; of large bodies the keys alone are kept. */
static mp_code drop_others(uint64_t *changed, mp_tx *tx, const mp_alias_pack *pack, mp_error *err)
{
    mp_record_query query = { .kind = &mp_alias_kind, .limit = PAGE };
    mp_arena        arena = MP_ARENA_INIT, kept = MP_ARENA_INIT;
    mp_record_page  page;
    mp_code         code;
    do {
        code = mp_record_list(&page, tx, &query, &arena, err);
        for (size_t i = 0; code == MP_OK && i < page.count; i++) {
            if (has_key(pack, page.records[i].key))
                continue;
            code = mp_record_delete(tx, &mp_alias_kind, page.records[i].key, MP_ANY_VERSION, err);
            *changed += code == MP_OK;
        }
        if (code == MP_OK) {
            query.after = mp_arena_dup(&kept, page.next);
            code = query.after.ptr ? MP_OK : mp_no_memory(err);
        }
        mp_arena_reset(&arena);
    } while (code == MP_OK && query.after.len);
    mp_arena_free(&arena);
    mp_arena_free(&kept);
    return code;
}

static mp_code put_one(uint64_t *changed, mp_tx *tx, mp_str key, const mp_json *body, mp_error *err)
{
    mp_arena  arena = MP_ARENA_INIT;
    mp_record before = { .version = 0 }, now;
    mp_code   code = mp_record_get(&before, tx, &mp_alias_kind, key, 0, &arena, err);
    if (code == MP_OK || code == MP_MISSING)
        code = mp_record_put(&now, tx, &mp_alias_kind, key, body, MP_ANY_VERSION, err);
    *changed += code == MP_OK && now.version != before.version;
    mp_arena_free(&arena);
    return code;
}

mp_code mp_alias_pack_put(uint64_t *changed, mp_tx *tx, const mp_alias_pack *pack, mp_error *err)
{
    *changed = 0;
    MP_TRY(drop_others(changed, tx, pack, err));
    for (size_t i = 0; pack && i < pack->count; i++)
        MP_TRY(put_one(changed, tx, pack->keys[i], pack->bodies[i], err));
    return pack ? put_one(changed, tx, HEAD, pack->head, err) : MP_OK;
}
