/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON as a table of aliases that is taken in: {"value": [...]} or {"types": {...}}, as the route has it. What is
 * taken is cut into records; put together again they are a table with as many types and aliases, and no record is
 * deeper than what the store reads. */
#include <stdlib.h>

#include <mapae/aliases.h>

#include "alias.h"
#include "alias_table.h"
#include "buf.h"
#include "fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int64_t number(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    must(mp_json_is(v, MP_JSON_INT));
    return v->u.integer;
}

/* As the store gives it back. */
static const mp_json *read_back(mp_json_doc *doc, mp_buf *text, const mp_json *body)
{
    const mp_json *root = NULL;
    mp_buf_clear(text);
    mp_buf_add_json(text, body);
    must(!text->failed && mp_json_read(doc, &root, mp_buf_str(text), NULL, NULL, NULL) == MP_OK);
    return root;
}

static void add(mp_buf *text, const mp_json *document, bool is_compact)
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

static void check(const mp_alias_pack *pack, bool is_compact)
{
    mp_json_doc *doc = NULL;
    mp_aliases  *table = NULL;
    mp_buf       text = MP_BUF_INIT, stored = MP_BUF_INIT;
    must(mp_json_doc_new(&doc, NULL) == MP_OK);
    mp_buf_add_c(&text, is_compact ? '{' : '[');
    for (size_t i = 0; i < pack->count; i++) {
        must(pack->keys[i].len > 0 && !mp_str_eq(pack->keys[i], MP_S(".")));
        const mp_json *documents = mp_json_get(read_back(doc, &stored, pack->bodies[i]), MP_S("documents"));
        must(mp_json_is(documents, MP_JSON_ARRAY) && documents->count > 0);
        for (MP_JSON_EACH(one, documents))
            add(&text, one, is_compact);
    }
    mp_buf_add_c(&text, is_compact ? '}' : ']');
    must(mp_aliases_read(&table, mp_buf_str(&text), NULL) == MP_OK);
    must((int64_t)mp_aliases_type_count(table) == number(pack->head, "types") &&
         (int64_t)mp_aliases_count(table) == number(pack->head, "aliases"));
    mp_aliases_free(table);
    mp_buf_free(&text);
    mp_buf_free(&stored);
    mp_json_doc_free(doc);
}

/* What the route's shape lets through. */
static bool is_shaped(const mp_json *providers, const mp_json *types)
{
    if (!providers == !types)
        return false;
    if (types)
        return mp_json_is(types, MP_JSON_OBJECT);
    bool is_all = mp_json_is(providers, MP_JSON_ARRAY);
    if (is_all)
        for (MP_JSON_EACH(one, providers))
            is_all = is_all && mp_json_is(one, MP_JSON_OBJECT);
    return is_all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_alias_pack  pack;
    must(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, mp_str_of((const char *)data, size), &(mp_json_options){ .reject_duplicates = true },
                     NULL, NULL) == MP_OK) {
        const mp_json *providers = mp_json_get(root, MP_S("value")), *types = mp_json_get(root, MP_S("types"));
        if (is_shaped(providers, types) && mp_alias_pack_make(&pack, providers, types, &arena, NULL) == MP_OK)
            check(&pack, types != NULL);
    }
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return 0;
}
