/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.h - which control of one framework answers which of another, and how far.
 *
 *   {"mapping": {"uuid", "from": CATALOG-UUID, "to": CATALOG-UUID, "basis": WORDS, "stated": true, "maps": [
 *     {"from": ID, "to": ID, "relation": "equal", "stated": false, "note": WORDS}]}}
 *
 * `stated`: a source says so; else it is inferred, and shown so. A map without the member is as its document.
 *
 * Relations are those of set theory, from the first to the second. Source: NIST IR 8278A (OLIR), 3.2.6; OSCAL control mapping model. */
#ifndef MAPAE_CATALOG_MAPPING_H
#define MAPAE_CATALOG_MAPPING_H

#include "catalog.h"

typedef enum mp_relation { MP_EQUAL, MP_SUBSET, MP_SUPERSET, MP_INTERSECTS, MP_RELATION_COUNT } mp_relation;
const char *mp_relation_name(mp_relation relation); /* "equal", "subset", "superset", "intersects" */
/* The same seen from the other side. */
mp_relation mp_relation_turned(mp_relation relation);

typedef struct mp_map_line {
    const mp_control *from, *to;
    mp_relation       relation;
    bool              is_stated;
    mp_words          note;
} mp_map_line;

typedef struct mp_mapping_of {
    mp_str             uuid;
    const mp_catalog  *from, *to;
    mp_words           basis; /* where it comes from */
    const mp_map_line *lines; /* in the order of `from`, then of `to` */
    const size_t      *by_to; /* the same lines in the order of `to`, then of `from` */
    size_t             count;
} mp_mapping_of;

/* The catalogue with this uuid, or NULL. */
typedef const mp_catalog *mp_catalog_by_uuid(void *ctx, mp_str uuid);

/* Fails with MP_FORMAT, MP_REFERENCE (a catalogue or control that is not there), MP_EXISTS (a pair twice), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_mapping_of_read(mp_mapping_of *out, const mp_json *document, mp_catalog_by_uuid *find, void *ctx, mp_arena *arena, mp_error *err);

/* The lines from this control: *count of them from the answer on. */
const mp_map_line *mp_mapping_from(const mp_mapping_of *mapping, const mp_control *control, size_t *count);
/* The next line whose `from` (or else whose `to`) is this control, in the order of lines; NULL: no more. *at is 0 at first. A mapping
 * has as many lines as fit in its document: nobody goes through all of them for each control. */
const mp_map_line *mp_mapping_next(const mp_mapping_of *mapping, const mp_control *control, bool is_from, size_t *at);

#endif
