/* SPDX-License-Identifier: Apache-2.0 */
/* inventory.h - read resource documents in whatever container they come.
 *
 * Reading has two halves, so that it can use every core. mp_inventory_batch() takes the next run of
 * raw records from the inputs: cheap, in order, one thread at a time. mp_record_read() turns one
 * raw record into a normalised resource: the larger half, any number of threads at once, each with
 * its own batch, reader memory and arena.
 *
 * A container is recognised by its content, never by its name. Line-delimited JSON, arrays, and
 * {"value": [...]} stream: memory does not grow with them. Other containers are held whole, one file
 * at a time, up to 16 times the length of a document. A document that is too long fails with MP_LIMIT; what
 * follows is read where lines or the list it stands in tell where that begins, else not. */
#ifndef MAPAE_INVENTORY_H
#define MAPAE_INVENTORY_H

#include <mapae/resource.h>

MP_API_BEGIN

struct mp_arena;
struct mp_skips;

/* Formats, with the sentence that --help and the reference print. See format.def. */
typedef enum mp_format {
#define MP_FORMAT(name, text, state, doc) MP_FORMAT_##name,
#include <mapae/format.def>
#undef MP_FORMAT
    MP_FORMAT_COUNT
} mp_format;

const char *mp_format_name(mp_format format); /* "arm-resource", ... */
const char *mp_format_doc(mp_format format);  /* one English sentence */
bool        mp_format_is_read(mp_format format); /* false: recognised, named and refused */

typedef struct mp_inventory       mp_inventory;
typedef struct mp_inventory_batch mp_inventory_batch;
typedef struct mp_mapping         mp_mapping;

/* Where a record came from. */
typedef struct mp_origin {
    const char *file;   /* as opened; "-" is standard input; lives as long as the inventory */
    uint64_t    index;  /* 1 for the first record of the file */
    uint64_t    line;   /* of the record's first byte, from 1; 0 when unknown */
    mp_format   format;
} mp_origin;

/* How to find a resource in JSON that is of no known format; read from a small JSON file:
 *   {"records": "path.to.array", "id": "path", "type": "path" or {"const": "My/type"},
 *    "name": "path", "location": "path", "tags": "path"}
 * Paths are dotted; a member with a dot is written ['a.b']. `id` may be absent: then the record's
 * place (file and number) is its id. Free with mp_mapping_free(). Fails with MP_SYNTAX, MP_FORMAT
 * (what is wrong and where in err->pos), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_mapping_read(mp_mapping **out, mp_str text, mp_error *err);
void                  mp_mapping_free(mp_mapping *mapping);

typedef struct mp_inventory_options {
    const mp_mapping *mapping;     /* for documents of no known format; borrowed; may be NULL */
    size_t            batch_bytes; /* 0: 1 MiB */
    size_t            document_bytes; /* the longest text of one document; 0: 16 MiB, at most 256 MiB */
} mp_inventory_options;

/* Open `paths` (files, folders, "-"): a folder is every file under it that ends in .json, .ndjson,
 * .jsonl or those with .gz or .zst behind. Files are opened one by one, when their turn comes.
 * Fails with MP_IO when a path does not exist, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_inventory_open(mp_inventory **out, const char *const *paths, size_t count,
                                        const mp_inventory_options *options, mp_error *err);
void mp_inventory_close(mp_inventory *inventory);

/* The endings by which files of a folder are told; ends with NULL. */
const char *const *mp_inventory_suffixes(void);

/* Progress: bytes read of the files so far, and in all (0 when standard input is among them). */
uint64_t mp_inventory_read_bytes(const mp_inventory *inventory);
uint64_t mp_inventory_total_bytes(const mp_inventory *inventory);

/* Lists and other containers that were met so far: when there was one and no record, it was empty. */
uint64_t mp_inventory_list_count(const mp_inventory *inventory);
/* What was passed over in folders (base/source.h); lives as long as the inventory. */
const struct mp_skips *mp_inventory_skipped(const mp_inventory *inventory);

MP_MUST_CHECK mp_code mp_inventory_batch_new(mp_inventory_batch **out, mp_error *err);
void mp_inventory_batch_free(mp_inventory_batch *batch);

/* Fill `batch` with the next records; what it held is gone. *more is false when nothing was left
 * (the batch is then empty). One thread at a time (the caller locks). A file that cannot be read,
 * or a container that is refused, becomes a failed record in the batch: reading goes on with the
 * next file. Fails only with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_inventory_next(mp_inventory *inventory, mp_inventory_batch *batch, bool *more,
                                        mp_error *err);
size_t   mp_inventory_batch_count(const mp_inventory_batch *batch);
uint64_t mp_inventory_batch_sequence(const mp_inventory_batch *batch); /* 0, 1, 2, ... in input order */

/* Record `i` of the batch as a resource. `doc` is the caller's reader memory, `arena` his arena:
 * `out` is valid until either is used again, or the batch. *origin is set also on failure. Fails with
 * MP_SYNTAX (bad JSON; err->pos in the file), MP_FORMAT (no resource: what is missing), MP_UNSUPPORTED
 * (recognised, not read: which format), MP_IO, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_record_read(mp_resource *out, mp_origin *origin,
                                     const mp_inventory_batch *batch, size_t i, mp_json_doc *doc,
                                     struct mp_arena *arena, mp_error *err);
/* The record's own text, for evidence and messages. */
mp_str mp_record_text(const mp_inventory_batch *batch, size_t i);

/* Normalise one ARM-shaped document that did not come through an inventory (a request, a test).
 * `doc` and what it points to must outlive `out`. Never fails for a document without id: what cannot
 * be known stays absent. Fails with MP_FORMAT when `doc` is no object, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_resource_from_arm(mp_resource *out, const mp_json *doc,
                                           struct mp_arena *arena, mp_error *err);

MP_API_END
#endif
