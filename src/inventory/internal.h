/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of the inventory room share.
 *
 * The way of a record: stream.c cuts it out of a file (or container.c out of a container that is
 * held whole) and puts it into a batch; record.c recognises it and hands it to the reader of its
 * format. */
#ifndef MAPAE_INVENTORY_INTERNAL_H
#define MAPAE_INVENTORY_INTERNAL_H

#include <mapae/inventory.h>

#include "arena.h"
#include "buf.h"
#include "jsonw.h"
#include "recognise.h"
#include "source.h"
#include "splitter.h"

/* The text of one document at most (Azure's own limit for a template is 4 MiB), and how many times that a
 * container may take that cannot stream. Blanks between documents are never held. */
#define MP_INVENTORY_DOCUMENT ((size_t)16 << 20)
#define MP_INVENTORY_CONTAINER 16
#define MP_INVENTORY_BATCH ((size_t)1 << 20)

/* ---- mapped.c ---- */

/* Where a mapping takes one member from: a path of member names, or a constant. */
typedef struct mp_mapped_value {
    const mp_str *path; /* names, outermost first */
    size_t        count;
    mp_str        constant;
    bool          is_set;
} mp_mapped_value;

struct mp_mapping {
    mp_arena        arena;
    mp_mapped_value records, id, type, name, location, tags;
};

/* ---- container.c: a container that is held whole ---- */

/* One record of a container whose records do not stand in one array, with what its text does not tell. */
typedef struct mp_held_item {
    mp_str                     text;
    const mp_json             *node;   /* of a template */
    const struct mp_held_item *parent; /* of a template: the resource that it stands within, or NULL */
    const mp_json             *head;   /* of a raw Terraform state: the resource without its instances */
    mp_str                     place;  /* of a Google list: "zones/x", "regions/x", "global" */
} mp_held_item;

/* Made by the thread that reads, and from then on only read, but for `at`, which only that thread
 * uses. Batches hold references, for their records point into it. */
typedef struct mp_container {
    unsigned          refs; /* atomic */
    mp_format         format;
    const char       *file;
    uint64_t          line; /* in the file: see `placed` */
    uint32_t          column;
    mp_str            text; /* padded */
    mp_arena          arena;
    mp_json_doc      *doc; /* what records need to be read: table columns, a template, heads */
    const mp_json    *columns, *parameters;
    mp_str            api_version, kind; /* that the items of a typed list inherit */
    mp_held_item *items;
    size_t        item_count, item_cap, next_item;
    const struct mp_openstack_kind *thing; /* that an OpenStack collection holds */
    /* The array whose elements are still to be handed out; at.p is NULL when there is none. */
    mp_cursor   at;
    bool        first;
    const char *placed; /* `line` and `column` are of this byte while records are handed out */
    mp_str    more;    /* the member that says that more pages exist; ptr NULL: none */
    bool      is_errored; /* a plan that could not be made to its end */
} mp_container;

/* Hold a copy of `text`, a container of `format` (MP_FORMAT_MAPPED: its records are where `mapping`
 * says). Fails with MP_NOMEM, and as the format's own preparation does. */
MP_MUST_CHECK mp_code mp_container_new(mp_container **out, mp_str text, mp_format format,
                                       const mp_mapping *mapping, mp_error *err);
void mp_container_ref(mp_container *c);
void mp_container_unref(mp_container *c); /* NULL is fine */

/* ---- batch.c ---- */

typedef struct mp_raw_record {
    const char             *file;
    const char             *text; /* NULL: `offset` bytes into the batch's buffer */
    size_t                  offset;
    size_t                  len;
    uint64_t                index;
    uint64_t                line;
    mp_container           *container; /* NULL: the text says all; borrowed from the batch */
    const mp_held_item *item;
    uint32_t                column;
    uint32_t                failure; /* 1 + its number; 0: none */
    uint8_t                 format;  /* of a failed record */
    bool                    in_list; /* an element of a list */
} mp_raw_record;

struct mp_inventory_batch {
    char             *buf; /* cap + MP_JSON_PADDING bytes */
    size_t            pos; /* read up to here; records lie before it */
    size_t            len;
    size_t            cap;
    size_t            held_bytes; /* of records that lie in containers */
    mp_raw_record        *records;
    size_t            count, record_cap;
    mp_error         *failures;
    size_t            failure_count, failure_cap;
    mp_container    **containers;
    size_t            container_count, container_cap;
    const mp_mapping *mapping;
    size_t            document_limit;
    uint64_t          sequence;
};

void mp_batch_clear(mp_inventory_batch *batch);
/* Room for `more` bytes behind `len`; the padding is there and zero. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_batch_reserve(mp_inventory_batch *batch, size_t more, mp_error *err);
MP_MUST_CHECK mp_code mp_batch_grow_records(mp_inventory_batch *batch, mp_error *err);
/* Keep `container` alive as long as the batch. */
MP_MUST_CHECK mp_code mp_batch_hold(mp_inventory_batch *batch, mp_container *container,
                                    mp_error *err);
MP_MUST_CHECK mp_code mp_batch_fail(mp_inventory_batch *batch, mp_raw_record record,
                                    const mp_error *failure, mp_error *err);

static inline mp_code mp_batch_add(mp_inventory_batch *batch, const mp_raw_record *record,
                                   mp_error *err)
{
    if (batch->count == batch->record_cap)
        MP_TRY(mp_batch_grow_records(batch, err));
    batch->records[batch->count++] = *record;
    return MP_OK;
}

/* ---- inventory.c and stream.c ---- */

typedef enum mp_stream_state {
    MP_STREAM_START, /* of a file */
    MP_STREAM_VALUE, /* a value, or the end, comes next */
    MP_STREAM_AFTER, /* behind a value that stands on one line */
    MP_STREAM_LINES, /* at the start of a line that holds one value */
    MP_STREAM_SKIP_LINE,
    MP_STREAM_ELEMENT, /* inside an array whose elements are handed out */
    MP_STREAM_TAIL,    /* behind that array, inside the object that holds it */
    MP_STREAM_END,
} mp_stream_state;

struct mp_inventory {
    mp_arena     arena;
    const char **files;
    size_t       file_count, next_file;
    uint64_t     total_bytes, done_bytes;

    const mp_mapping *mapping;
    size_t            batch_bytes;
    size_t            document_limit;
    mp_str            memory; /* read instead of a file when ptr is not NULL */
    size_t            memory_pos;

    /* The open file. */
    const char     *file;
    mp_source      *source;
    bool            is_open, at_end; /* at_end: nothing is left to read of it */
    mp_stream_state state;
    uint64_t        index, line; /* of the last record; of the next unread byte */
    uint32_t        column;
    char           *rest; /* unread bytes, between two batches */
    size_t          rest_len, rest_cap;
    mp_container   *held;
    /* The list that is being handed out. */
    bool     first, is_object, is_skipped;
    bool     is_past_comma; /* blanks behind it were passed: an element comes */
    uint64_t list_line; /* where it starts */
    bool     has_more;
    mp_format list_format;

    bool     has_failed; /* reading the file broke off: `failure` is its last record */
    mp_error failure;

    uint64_t list_count; /* lists and other containers seen */
    uint64_t sequence;

    mp_skips skipped;
};

/* Begin with the open file. */
void mp_stream_start(mp_inventory *inventory);
/* A failed record of the open file; err->pos {0,0} becomes the place that is being read. */
MP_MUST_CHECK mp_code mp_stream_fail(mp_inventory *inventory, mp_inventory_batch *batch,
                                     mp_str text, mp_format format, mp_error *failure,
                                     mp_error *err);
/* The batch holds enough. */
bool mp_stream_is_full(const mp_inventory *inventory, const mp_inventory_batch *batch);
/* Move on in the open file until the batch is full or the file is at its end (*done). */
MP_MUST_CHECK mp_code mp_stream_run(mp_inventory *inventory, mp_inventory_batch *batch, bool *done,
                                    mp_error *err);

/* An inventory of one file that stands in memory: for tests and fuzzing. `text` is borrowed. */
MP_MUST_CHECK mp_code mp_inventory_open_memory(mp_inventory **out, const char *name, mp_str text,
                                               const mp_inventory_options *options, mp_error *err);

/* ---- the readers, one file each ---- */

/* The top-level members of an object that matter of an Azure document, found in one pass. */
typedef struct mp_azure_members {
    const mp_json *id, *type, *name, *location, *kind, *tags, *identity;
    bool           has_group, has_subscription; /* beside the id: az, Resource Graph */
    bool           is_odd; /* no `id`, or a member that other formats have too: look closer */
} mp_azure_members;

void mp_azure_take(mp_azure_members *m, const mp_json *doc);

/* Each fills `out` from a document that `mp_shape` recognised, or fails with MP_FORMAT or
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_azure_make(mp_resource *out, const mp_azure_members *m, const mp_json *doc,
                                  mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_graph_row_read(mp_resource *out, const mp_json *row,
                                        const mp_json *columns, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_powershell_read(mp_resource *out, const mp_json *doc, mp_arena *arena,
                                         mp_error *err);
MP_MUST_CHECK mp_code mp_template_read(mp_resource *out, const mp_held_item *item,
                                       const mp_json *parameters, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_kubernetes_read(mp_resource *out, const mp_json *doc, mp_str api_version,
                                         mp_str kind, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_mapped_read(mp_resource *out, const mp_json *doc,
                                     const mp_mapping *mapping, const mp_origin *origin,
                                     mp_arena *arena, mp_error *err);

/* `head` is that of an instance of a raw state, else NULL. */
MP_MUST_CHECK mp_code mp_terraform_read(mp_resource *out, const mp_json *doc, const mp_json *head,
                                        mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_aws_config_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_cloud_asset_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err);
/* `kind` is that of the list without "List", or empty; `place` as in mp_held_item. */
MP_MUST_CHECK mp_code mp_gcp_read(mp_resource *out, const mp_json *doc, mp_str kind, mp_str place,
                                  mp_arena *arena, mp_error *err);
/* `thing` is NULL when the document says itself what it is. */
MP_MUST_CHECK mp_code mp_openstack_read(mp_resource *out, const mp_json *doc,
                                        const struct mp_openstack_kind *thing, mp_arena *arena,
                                        mp_error *err);
MP_MUST_CHECK mp_code mp_host_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err);

/* What the formats do to a container before its records can be read; container->text is there. */
MP_MUST_CHECK mp_code mp_graph_prepare(mp_container *c, const mp_shape *shape, mp_error *err);
MP_MUST_CHECK mp_code mp_template_prepare(mp_container *c, mp_error *err);
void mp_kubernetes_prepare(mp_container *c, const mp_shape *shape);
MP_MUST_CHECK mp_code mp_terraform_prepare(mp_container *c, const mp_shape *shape, mp_error *err);
void mp_aws_config_prepare(mp_container *c, const mp_shape *shape);
void mp_cloud_asset_prepare(mp_container *c, const mp_shape *shape);
MP_MUST_CHECK mp_code mp_gcp_prepare(mp_container *c, const mp_shape *shape, mp_error *err);
void mp_openstack_prepare(mp_container *c, const mp_shape *shape);

/* Start handing out the elements of the array whose text is `array` (a slice of c->text). */
void mp_container_start(mp_container *c, mp_str array);
/* The records of `text` as a mapping finds them; {NULL,0}: they are not there. */
mp_str mp_mapped_records(mp_str text, const mp_mapping *mapping);

/* One more record; elements are added in the order of their text. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_container_add(mp_container *c, mp_held_item item, mp_error *err);

/* The common ending of a reader: what an inventory needs of a resource. */
MP_MUST_CHECK mp_code mp_resource_check(const mp_resource *r, mp_error *err);
/* Read `doc`, which has the form of ARM, and check it. */
MP_MUST_CHECK mp_code mp_azure_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err);
/* End the document that is built. Fails with MP_NOMEM, MP_LIMIT; as mp_build_failed() says of one given up. */
MP_MUST_CHECK mp_code mp_build_end(const mp_json **out, mp_jsonw *w, mp_error *err);
mp_code mp_build_failed(const mp_jsonw *w, mp_error *err);

/* ---- neutral.c: documents of other clouds in the form of ARM ---- */

/* Begin the document of `r`: id, type, name, location, and `tags` when they are an object. More members may
 * follow, then mp_neutral_end(). */
void mp_neutral_begin(mp_jsonw *w, const mp_resource *r, const mp_json *tags, mp_arena *arena);
/* One more member, unless `v` is NULL; likewise of a text. */
void mp_neutral_add(mp_jsonw *w, mp_str name, const mp_json *v);
void mp_neutral_add_text(mp_jsonw *w, mp_str name, mp_str text);
/* End it; `r` becomes *out with the document in it. */
MP_MUST_CHECK mp_code mp_neutral_end(mp_resource *out, mp_jsonw *w, const mp_resource *r, mp_error *err);
/* The JSON that stands in a text; *out is NULL when it is none. In `arena`. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_neutral_parse(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err);
/* Behind the last slash that something follows; all of it when there is none. */
mp_str mp_neutral_leaf(mp_str text);
/* The first of two members that is a text. */
static inline mp_str mp_neutral_either(const mp_json *doc, mp_str a, mp_str b)
{
    const mp_json *v = mp_json_get(doc, a);
    v = mp_json_is(v, MP_JSON_STRING) ? v : mp_json_get(doc, b);
    return mp_json_text(v);
}

#endif
