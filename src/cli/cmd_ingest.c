/* SPDX-License-Identifier: Apache-2.0 */
#include "sending.h"

#include <stdio.h>

#include <mapae/inventory.h>

#include "map.h"
#include "skipped.h"
#include "source.h"

struct ingest_args {
    mp_place    place;
    int         format;
    mp_list     inventory;
    const char *source, *mapping;
    bool        replace;
};

static const mp_option operand = { .value = "INVENTORY", .help = "operand.inventory", .min = 1, MP_FIELD(struct ingest_args, inventory) };

static const mp_option options[] = {
    { .name = "source", .value = "NAME", .help = "option.ingest.source", MP_FIELD(struct ingest_args, source) },
    { .name = "replace", .help = "option.ingest.replace", MP_FIELD(struct ingest_args, replace) },
    { .name = "mapping", .value = "FILE", .help = "option.mapping", MP_FIELD(struct ingest_args, mapping) },
    MP_ANSWER_OPTIONS(struct ingest_args),
};

static const mp_column columns[] = {
    { "added", "column.added", NULL },   { "changed", "column.changed", NULL }, { "unchanged", "column.unchanged", NULL },
    { "closed", "column.closed", NULL }, { "made", "column.made", NULL },       { "faulty", "column.faulty", NULL },
};
static const char *const sums[] = { "added", "changed", "unchanged", "closed", "made", NULL };

static const mp_example examples[] = {
    { "mapae ingest --source weekly --replace inventory", "example.ingest" },
};

typedef struct ingesting {
    const struct ingest_args *args;
    mp_exit                  *exit;
    mp_sending                sending;
    mp_inventory             *inventory;
    mp_inventory_batch       *batch;
    mp_mapping               *mapping;
    mp_json_doc              *doc;
    mp_arena                  arena; /* of one document */
    mp_arena                  keys;
    mp_map                    seen;  /* ids in lower case, and the groups that hold them */
    uint64_t                  documents;
} ingesting;

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "out of memory"); }

/* *is_new: it was not met before. */
static mp_code see(bool *is_new, ingesting *in, mp_str id, mp_error *err)
{
    mp_str copy = mp_arena_dup(&in->keys, id);
    char  *p = (char *)copy.ptr;
    if (!copy.ptr)
        return no_memory(err);
    for (size_t i = 0; i < copy.len; i++)
        p[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
    *is_new = mp_map_get(&in->seen, copy) == NULL;
    return *is_new ? mp_map_put(&in->seen, copy, in, err) : MP_OK;
}

static mp_code see_group(ingesting *in, const mp_resource *r, mp_error *err)
{
    bool   is_new;
    mp_str id;
    if (!r->resource_group.len || !r->subscription_id.len)
        return MP_OK;
    id = mp_arena_printf(&in->arena, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(r->subscription_id), MP_FMT(r->resource_group));
    return id.ptr ? see(&is_new, in, id, err) : no_memory(err);
}

/* With the id as the reader understood it. */
static mp_code send_one(ingesting *in, const mp_resource *r, const mp_origin *origin, size_t bytes, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &in->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", r->id.ptr ? r->id : MP_S(""));
    for (MP_JSON_MEMBERS(key, r->doc)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("id")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    const mp_json *document = mp_jsonw_done(&w);
    return document ? mp_sending_add(&in->sending, document, origin->file, origin->line, bytes, err) : no_memory(err);
}

static mp_code take(ingesting *in, size_t i, mp_error *err)
{
    mp_resource r;
    mp_origin   origin;
    mp_error    why = { .code = MP_OK };
    bool        is_new;
    mp_arena_reset(&in->arena);
    mp_code code = mp_record_read(&r, &origin, in->batch, i, in->doc, &in->arena, &why);
    if (code == MP_NOMEM)
        return no_memory(err);
    if (code != MP_OK) {
        mp_cli_error(in->sending.client->cli, origin.file, &why);
        in->sending.faulty++;
        return MP_OK;
    }
    in->documents++;
    if (r.presence != MP_PRESENT || !mp_json_is(r.doc, MP_JSON_OBJECT))
        return MP_OK;
    MP_TRY(see(&is_new, in, r.id, err));
    MP_TRY(see_group(in, &r, err));
    return is_new ? send_one(in, &r, &origin, mp_record_text(in->batch, i).len, err) : MP_OK;
}

static mp_code take_all(ingesting *in, mp_error *err)
{
    for (bool more;;) {
        MP_TRY(mp_inventory_next(in->inventory, in->batch, &more, err));
        if (!more)
            break;
        for (size_t i = 0; i < mp_inventory_batch_count(in->batch); i++)
            MP_TRY(take(in, i, err));
    }
    MP_TRY(mp_sending_flush(&in->sending, err));
    if (in->documents + in->sending.faulty == 0 && mp_inventory_list_count(in->inventory) == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the inventory holds no documents, not even an empty list: nothing was recorded");
    return MP_OK;
}

/* ---- what is there no more ---- */

static mp_code close_some(ingesting *in, mp_str *ids, size_t count, mp_error *err)
{
    mp_jsonw w;
    if (count == 0)
        return MP_OK;
    mp_jsonw_init(&w, &in->sending.client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "source", in->sending.source);
    mp_jsonw_key(&w, MP_S("closed"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++)
        mp_jsonw_str(&w, ids[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_sending_ask(&in->sending, mp_jsonw_done(&w), err);
}

#define CLOSED_AT_ONCE 500

/* The ids first, then the closing: a page is not read while what is on it goes. */
static mp_code gather_gone(ingesting *in, mp_str **ids, size_t *count, mp_error *err)
{
    size_t      cap = 0;
    mp_client  *client = in->sending.client;
    const char *next = "";
    *ids = NULL;
    *count = 0;
    do {
        mp_str path = mp_client_path(client, "/api/v1/inventory?top=1000&source=%s%s%s", mp_client_quote(client, mp_str_from(in->sending.source)), *next ? "&after=" : "", next);
        MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
        const mp_json *list = mp_json_get(client->answer.json, MP_S("value")), *more = mp_json_get(client->answer.json, MP_S("next"));
        for (MP_JSON_EACH(one, list)) {
            bool           is_gone;
            const mp_json *id = mp_json_get(one, MP_S("id"));
            MP_TRY(see(&is_gone, in, mp_json_str(id), err));
            if (!is_gone)
                continue;
            if (*count == cap) {
                mp_str *grown = MP_ARENA_ARRAY(&client->arena, mp_str, cap * 2 + 64);
                if (!grown)
                    return no_memory(err);
                if (cap)
                    memcpy(grown, *ids, cap * sizeof *grown);
                *ids = grown;
                cap = cap * 2 + 64;
            }
            (*ids)[(*count)++] = mp_json_str(id);
        }
        next = mp_json_is(more, MP_JSON_STRING) ? mp_client_quote(client, mp_json_str(more)) : "";
    } while (*next);
    return MP_OK;
}

static mp_code close_gone(ingesting *in, mp_error *err)
{
    mp_str *ids;
    size_t  count;
    if (in->sending.faulty) { /* what could not be read may be there still */
        mp_cli_warn(in->sending.client->cli, "ingest.not-closed", NULL);
        return MP_OK;
    }
    MP_TRY(gather_gone(in, &ids, &count, err));
    for (size_t at = 0; at < count; at += CLOSED_AT_ONCE)
        MP_TRY(close_some(in, ids + at, count - at < CLOSED_AT_ONCE ? count - at : CLOSED_AT_ONCE, err));
    return MP_OK;
}

/* ---- all of it ---- */

static mp_code prepare(ingesting *in, mp_error *err)
{
    mp_cli     *cli = in->sending.client->cli;
    const char *name = in->args->source;
    mp_str      text;
    if (!name) {
        mp_str first = mp_str_from(in->args->inventory.items[0]);
        while (first.len > 1 && first.ptr[first.len - 1] == '/')
            first.len--;
        size_t slash = mp_str_rfind(first, '/');
        first = first.len > 1 && slash != SIZE_MAX ? mp_str_skip(first, slash + 1) : first;
        name = mp_arena_dup(&in->keys, mp_str_eq(first, MP_S("-")) ? MP_S("stdin") : first).ptr;
    }
    in->sending.source = name ? mp_arena_printf(&in->keys, "file:%s", name).ptr : NULL;
    if (!in->sending.source)
        return no_memory(err);
    if (in->args->mapping) {
        cli->file = in->args->mapping;
        MP_TRY(mp_source_slurp(&text, in->args->mapping, 0, &in->keys, err));
        MP_TRY(mp_mapping_read(&in->mapping, text, err));
        cli->file = NULL;
    }
    mp_inventory_options reading = { .mapping = in->mapping };
    MP_TRY(mp_json_doc_new(&in->doc, err));
    MP_TRY(mp_inventory_batch_new(&in->batch, err));
    MP_TRY(mp_inventory_open(&in->inventory, in->args->inventory.items, in->args->inventory.count, &reading, err));
    mp_cli_skipped(cli, mp_inventory_skipped(in->inventory));
    return MP_OK;
}

static mp_code work(ingesting *in, mp_error *err)
{
    MP_TRY(prepare(in, err));
    MP_TRY(take_all(in, err));
    if (in->args->replace)
        MP_TRY(close_gone(in, err));
    MP_TRY(mp_sending_show(&in->sending, columns, MP_COUNT(columns), err));
    if (in->sending.faulty)
        *in->exit = MP_EXIT_PARTIAL;
    return MP_OK;
}

static mp_code ingest(mp_client *client, const void *args, mp_error *err)
{
    const ingesting *given = args;
    ingesting        in = { .args = given->args, .exit = given->exit, .seen = MP_MAP_INIT, .sending = { .client = client, .path = "/api/v1/inventory", .sums = sums } };
    mp_code          code = work(&in, err);
    mp_sending_done(&in.sending);
    mp_inventory_batch_free(in.batch);
    mp_inventory_close(in.inventory);
    mp_mapping_free(in.mapping);
    mp_json_doc_free(in.doc);
    mp_map_free(&in.seen);
    mp_arena_free(&in.arena);
    mp_arena_free(&in.keys);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    ingesting in = { .args = args, .exit = exit };
    return mp_client_do(cli, args, &in, ingest, err);
}

const mp_command mp_command_ingest = {
    .name = "ingest",
    .summary = "command.ingest.summary",
    .text = "command.ingest.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct ingest_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL,
    .run = run,
};
