/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"

#include "internal.h"

static void add(mp_buf *b, const char *name, mp_str value)
{
    if (value.ptr)
        mp_buf_printf(b, "\n    %s: \"%.*s\"", name, MP_FMT(value));
}

static void add_json(mp_buf *b, const char *name, const mp_json *value)
{
    if (!value)
        return;
    mp_buf_printf(b, "\n    %s: ", name);
    mp_buf_add_json(b, value);
}

static void write_resource(mp_buf *b, const mp_resource *r, const mp_origin *o)
{
    mp_buf_printf(b, "%llu %llu %s", (unsigned long long)o->index, (unsigned long long)o->line,
                  mp_format_name(o->format));
    add(b, "id", r->id);
    add(b, "type", r->type);
    add(b, "name", r->name);
    add(b, "full", r->full_name);
    add(b, "location", r->location);
    add(b, "kind", r->kind);
    add(b, "subscription", r->subscription_id);
    add(b, "group", r->resource_group);
    add(b, "scope", r->scope);
    add_json(b, "tags", r->tags);
    add_json(b, "identity", r->identity);
    if (r->presence != MP_PRESENT)
        mp_buf_add_z(b, r->presence == MP_GONE ? "\n    gone" : "\n    past");
    if (o->format != MP_FORMAT_ARM_RESOURCE && o->format != MP_FORMAT_ARM_LIST)
        add_json(b, "doc", r->doc);
    mp_buf_add_c(b, '\n');
}

static void take(dump *d, const mp_inventory_batch *batch, size_t i, mp_json_doc *doc,
                 mp_arena *arena)
{
    mp_resource r;
    mp_origin   origin;
    mp_error    err;
    mp_code     code = mp_record_read(&r, &origin, batch, i, doc, arena, &err);
    d->counts.records++;
    d->counts.by_code[code]++;
    d->counts.by_format[origin.format]++;
    if (code == MP_NOMEM)
        d->code = code;
    if (code == MP_OK) {
        d->counts.ok++;
        if (d->each)
            d->each(&r, &origin, d->context);
    }
    if (d->is_quiet)
        return;
    if (code == MP_OK)
        write_resource(&d->text, &r, &origin);
    else
        mp_buf_printf(&d->text, "%llu %llu %s %u:%u %s: %s\n", (unsigned long long)origin.index,
                      (unsigned long long)origin.line, mp_format_name(origin.format), err.pos.line,
                      err.pos.col, mp_code_name(code), err.message);
}

static void take_all(dump *d, mp_inventory *inventory, mp_inventory_batch *batch, mp_json_doc *doc)
{
    mp_arena arena = MP_ARENA_INIT;
    bool     more = true;
    while (d->code == MP_OK) {
        d->code = mp_inventory_next(inventory, batch, &more, NULL);
        if (d->code != MP_OK || !more)
            break;
        d->counts.batches = mp_inventory_batch_sequence(batch) + 1;
        for (size_t i = 0; i < mp_inventory_batch_count(batch); i++) {
            mp_arena_reset(&arena);
            take(d, batch, i, doc, &arena);
        }
    }
    mp_arena_free(&arena);
}

void dump_inventory(dump *d, mp_inventory *inventory)
{
    mp_inventory_batch *batch = NULL;
    mp_json_doc        *doc = NULL;
    d->code = mp_inventory_batch_new(&batch, NULL);
    if (d->code == MP_OK)
        d->code = mp_json_doc_new(&doc, NULL);
    if (d->code == MP_OK)
        take_all(d, inventory, batch, doc);
    mp_inventory_batch_free(batch);
    mp_json_doc_free(doc);
    mp_inventory_close(inventory);
}

void dump_memory(dump *d, const char *text, size_t len, const mp_inventory_options *options)
{
    mp_inventory *inventory = NULL;
    d->code = mp_inventory_open_memory(&inventory, "memory", mp_str_of(text, len), options, NULL);
    if (d->code == MP_OK)
        dump_inventory(d, inventory);
}

void dump_paths(dump *d, const char *const *paths, size_t count,
                const mp_inventory_options *options)
{
    mp_inventory *inventory = NULL;
    d->code = mp_inventory_open(&inventory, paths, count, options, NULL);
    if (d->code == MP_OK)
        dump_inventory(d, inventory);
}

void dump_done(dump *d) { mp_buf_free(&d->text); }
