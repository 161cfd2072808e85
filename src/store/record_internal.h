/* SPDX-License-Identifier: Apache-2.0 */
/* record_internal.h - what the files of records share: kinds by their numbers, entries of indexes.
 *
 * A record stands once in `record` (present) and once in `record_past` for every version that ended; a
 * deletion is a row there with no body, until 0 while it lasts. What indexes say of it stands in
 * `record_entry`: index, value, key, and which of its values it is (`nth`, from 0 in bytewise order; -1 with
 * an empty value when there is none, so that ordering by an index loses nobody). record_index.has_many says
 * whether a record ever had several values. Entries that ended stand in `record_entry_past`: so lists as of a
 * date cost what lists cost. */
#ifndef MAPAE_RECORD_INTERNAL_H
#define MAPAE_RECORD_INTERNAL_H

#include "store_internal.h"

#define MP_ENTRY_MAX 1024    /* bytes of a value in an index; longer ones end in their digest */
#define MP_ENTRIES_MAX 1000  /* values of one index of one record */

typedef struct mp_kind_ids {
    const mp_kind *kind;
    int64_t        id;
    int64_t       *indexes; /* in the order of kind->indexes */
} mp_kind_ids;

/* NULL, and MP_INTERNAL, when the kind was not declared. */
MP_MUST_CHECK mp_code mp_kind_find(const mp_kind_ids **out, mp_store *store, const mp_kind *kind, mp_error *err);
/* Which of the kind's indexes `name` is; SIZE_MAX: none. */
size_t mp_kind_index(const mp_kind *kind, const char *name);

/* ---- record_entry.c ---- */

typedef struct mp_entries {
    mp_str *values; /* in bytewise order, each once */
    size_t  count;
} mp_entries;

/* How a value stands in an index: folded, and cut when it is too long. {NULL,0} when memory is short. */
mp_str mp_entry_value(mp_arena *arena, const mp_record_index *index, mp_str raw);
/* All values of an index; `body` NULL: none. */
MP_MUST_CHECK mp_code mp_entry_values(mp_entries *out, const mp_record_index *index, const mp_json *body,
                                      mp_arena *arena, mp_error *err);
/* From what stood in index `i` before to what stands there now, as of `at`. */
MP_MUST_CHECK mp_code mp_entries_change(mp_tx *tx, const mp_kind_ids *ids, size_t i, mp_str key, const mp_json *before,
                                        const mp_json *after, mp_ticks at, mp_error *err);

/* ---- records.c ---- */

/* A record out of columns `at`...: version, since, until, hash, body. */
MP_MUST_CHECK mp_code mp_record_from(mp_record *out, mp_tx *tx, mp_rows *rows, unsigned at, mp_arena *arena, mp_error *err);
/* `text` into nodes of the arena that live as long as it does. */
MP_MUST_CHECK mp_code mp_record_body(const mp_json **out, mp_tx *tx, mp_str text, mp_arena *arena, mp_error *err);

/* ---- record_page.c ---- */

/* Where a page ended: good for the query that `binding` stands for and no other. */
typedef struct mp_place_in_list {
    mp_str key, value;
} mp_place_in_list;

/* The text of it, URL-safe. {NULL,0} when memory is short. */
mp_str mp_continuation(mp_arena *arena, mp_str binding, const mp_place_in_list *place);
/* Fails with MP_PARAMETER when `text` is none of this query. */
MP_MUST_CHECK mp_code mp_continuation_read(mp_place_in_list *out, mp_arena *arena, mp_str text, mp_str binding,
                                           mp_error *err);

#endif
