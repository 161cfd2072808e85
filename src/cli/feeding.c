/* SPDX-License-Identifier: Apache-2.0 */
#include "feeding.h"

#include "cloud_place.h"
#include "skipped.h"

const char *const mp_feeding_sums[] = { "added", "changed", "unchanged", "closed", "made", NULL };
const mp_column   mp_feeding_columns[] = {
    { "added", "column.added", NULL },   { "changed", "column.changed", NULL }, { "unchanged", "column.unchanged", NULL },
    { "closed", "column.closed", NULL }, { "made", "column.made", NULL },       { "faulty", "column.faulty", NULL },
};

mp_code mp_feeding_begin(mp_feeding *out, mp_client *client, const char *source, mp_error *err)
{
    *out = (mp_feeding){
        .seen = MP_MAP_INIT,
        .sending = { .client = client, .path = "/api/v1/inventory", .source = source, .sums = mp_feeding_sums }
    };
    if (!source)
        return mp_no_memory(err);
    MP_TRY(mp_json_doc_new(&out->doc, err));
    return mp_inventory_batch_new(&out->batch, err);
}

void mp_feeding_done(mp_feeding *f)
{
    mp_sending_done(&f->sending);
    mp_inventory_batch_free(f->batch);
    mp_json_doc_free(f->doc);
    mp_map_free(&f->seen);
    mp_arena_free(&f->arena);
    mp_arena_free(&f->keys);
}

mp_str mp_feeding_key(mp_arena *arena, mp_str id)
{
    return mp_id_is_azure(id) ? mp_arena_lower(arena, id) : mp_arena_dup(arena, id);
}

mp_str mp_feeding_source(mp_arena *arena, const char *given, const char *path)
{
    mp_str name = mp_str_from(given ? given : path);
    if (!given) {
        while (name.len > 1 && name.ptr[name.len - 1] == '/')
            name.len--;
        size_t slash = mp_str_rfind(name, '/');
        name = name.len > 1 && slash != SIZE_MAX ? mp_str_skip(name, slash + 1) : name;
        name = mp_str_eq(name, MP_S("-")) ? MP_S("stdin") : name;
    }
    return mp_arena_printf(arena, "file:%.*s", MP_FMT(name));
}

/* How something is known: by its own document, or because it holds another one. */
static char by_document, by_content;

/* *key is `id` as it is compared; *is_new: its document was not met before. */
static mp_code see(mp_str *key, bool *is_new, mp_feeding *f, mp_str id, mp_error *err)
{
    *key = mp_feeding_key(&f->keys, id);
    if (!key->ptr)
        return mp_no_memory(err);
    *is_new = mp_map_get(&f->seen, *key) != &by_document;
    return *is_new ? mp_map_put(&f->seen, *key, &by_document, err) : MP_OK;
}

/* Its document may still come, behind those of what it holds. */
static mp_code see_group(mp_feeding *f, const mp_resource *r, mp_error *err)
{
    mp_str id, key;
    if (!r->resource_group.len || !r->subscription_id.len)
        return MP_OK;
    id = mp_arena_printf(&f->arena, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(r->subscription_id),
                         MP_FMT(r->resource_group));
    key = id.ptr ? mp_feeding_key(&f->keys, id) : id;
    if (!key.ptr)
        return mp_no_memory(err);
    return mp_map_get(&f->seen, key) ? MP_OK : mp_map_put(&f->seen, key, &by_content, err);
}

/* ---- one document ---- */

/* With the id as the reader understood it. */
static const mp_json *with_id(const mp_resource *r, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", r->id.ptr ? r->id : MP_S(""));
    for (MP_JSON_MEMBERS(key, r->doc)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("id")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code send_one(mp_feeding *f, const mp_resource *r, const mp_origin *origin, size_t bytes, mp_error *err)
{
    bool           is_other = !mp_id_is_azure(r->id) && r->type.len;
    const mp_json *document = is_other ? mp_cloud_document(r, &f->arena) : with_id(r, &f->arena);
    return document ? mp_sending_add(&f->sending, document, origin->file, origin->line, bytes, err)
                    : mp_no_memory(err);
}

static mp_code take(mp_feeding *f, const mp_resource *r, const mp_origin *origin, size_t bytes, mp_error *err)
{
    bool   is_new;
    mp_str key;
    f->documents++;
    if (r->presence != MP_PRESENT || !mp_json_is(r->doc, MP_JSON_OBJECT))
        return MP_OK;
    MP_TRY(see(&key, &is_new, f, r->id, err));
    MP_TRY(see_group(f, r, err));
    return is_new && !(f->is_others && f->is_others(f->ctx, key)) ? send_one(f, r, origin, bytes, err) : MP_OK;
}

mp_code mp_feeding_add(mp_feeding *f, const mp_json *document, const char *origin, mp_error *err)
{
    mp_resource r;
    mp_arena_reset(&f->arena);
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_resource_from_arm(&r, document, &f->arena, &why);
    if (code == MP_OK && (!r.id.len || !r.type.len))
        code = mp_fail(&why, MP_FORMAT, MP_NOWHERE, "the document has no id");
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK) {
        mp_cli_error(f->sending.client->cli, origin, &why);
        f->sending.faulty++;
        return MP_OK;
    }
    return take(f, &r, &(mp_origin){ .file = origin }, mp_json_nodes(document) * 32, err);
}

/* ---- files ---- */

static mp_code take_record(mp_feeding *f, size_t i, mp_error *err)
{
    mp_resource r;
    mp_origin   origin;
    mp_error    why = { .code = MP_OK };
    mp_arena_reset(&f->arena);
    mp_code code = mp_record_read(&r, &origin, f->batch, i, f->doc, &f->arena, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code == MP_OK)
        return take(f, &r, &origin, mp_record_text(f->batch, i).len, err);
    mp_cli_error(f->sending.client->cli, origin.file, &why);
    f->sending.faulty++;
    return MP_OK;
}

static mp_code take_all(mp_feeding *f, mp_inventory *inventory, mp_error *err)
{
    for (bool more;;) {
        MP_TRY(mp_inventory_next(inventory, f->batch, &more, err));
        if (!more)
            break;
        for (size_t i = 0; i < mp_inventory_batch_count(f->batch); i++)
            MP_TRY(take_record(f, i, err));
    }
    f->lists += mp_inventory_list_count(inventory);
    return mp_sending_flush(&f->sending, err); /* before the names of its files go */
}

mp_code mp_feeding_files(mp_feeding *f, const char *const *paths, size_t count, const mp_mapping *mapping, mp_error *err)
{
    mp_inventory_options reading = { .mapping = mapping };
    mp_inventory        *inventory = NULL;
    MP_TRY(mp_inventory_open(&inventory, paths, count, &reading, err));
    mp_cli_skipped(f->sending.client->cli, mp_inventory_skipped(inventory));
    mp_code code = take_all(f, inventory, err);
    mp_inventory_close(inventory);
    return code;
}

/* ---- what is there no more ---- */

static mp_code close_some(mp_feeding *f, const mp_str *ids, size_t count, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &f->sending.client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "source", f->sending.source);
    mp_jsonw_key(&w, MP_S("closed"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++)
        mp_jsonw_str(&w, ids[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_sending_ask(&f->sending, mp_jsonw_done(&w), err);
}

#define CLOSED_AT_ONCE 500

mp_code mp_feeding_close(mp_feeding *f, const mp_str *ids, size_t count, mp_error *err)
{
    for (size_t at = 0; at < count; at += CLOSED_AT_ONCE)
        MP_TRY(close_some(f, ids + at, count - at < CLOSED_AT_ONCE ? count - at : CLOSED_AT_ONCE, err));
    return MP_OK;
}

typedef struct id_list {
    mp_str *ids;
    size_t  count, cap;
} id_list;

static mp_code add_id(id_list *list, mp_arena *arena, mp_str id, mp_error *err)
{
    if (list->count == list->cap) {
        mp_str *grown = MP_ARENA_ARRAY(arena, mp_str, list->cap * 2 + 64);
        if (!grown)
            return mp_no_memory(err);
        if (list->cap)
            memcpy(grown, list->ids, list->cap * sizeof *grown);
        list->ids = grown;
        list->cap = list->cap * 2 + 64;
    }
    list->ids[list->count++] = id;
    return MP_OK;
}

static bool is_own(void *ctx, mp_str key)
{
    const mp_feeding *f = ctx;
    return mp_map_get(&f->seen, key) != NULL;
}

/* The ids first, then the closing: a page is not read while what is on it goes. */
mp_code mp_feeding_close_gone(mp_feeding *f, bool (*is_seen)(void *ctx, mp_str key), void *ctx, mp_error *err)
{
    mp_client  *client = f->sending.client;
    const char *next = "";
    id_list     gone = { .count = 0 };
    if (!is_seen) {
        is_seen = is_own;
        ctx = f;
    }
    do {
        mp_str path =
            mp_client_path(client, "/api/v1/inventory?top=1000&source=%s%s%s",
                           mp_client_quote(client, mp_str_from(f->sending.source)), *next ? "&after=" : "", next);
        MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
        const mp_json *list = mp_json_get(client->answer.json, MP_S("value")),
                      *more = mp_json_get(client->answer.json, MP_S("next"));
        for (MP_JSON_EACH(one, list)) {
            const mp_json *native = mp_json_get(one, MP_S("nativeId")), *id = native ? native : mp_json_get(one, MP_S("id"));
            mp_str         key = mp_feeding_key(&client->arena, mp_json_str(id));
            if (!key.ptr)
                return mp_no_memory(err);
            if (!is_seen(ctx, key))
                MP_TRY(add_id(&gone, &client->arena, mp_json_str(id), err));
        }
        next = mp_json_is(more, MP_JSON_STRING) ? mp_client_quote(client, mp_json_str(more)) : "";
    } while (*next);
    return mp_feeding_close(f, gone.ids, gone.count, err);
}
