/* SPDX-License-Identifier: Apache-2.0 */
/* documents.h - documents that were read, found by id and by name.
 *
 * An id is compared without case and slashes at its ends. One that is not there is looked for by its last
 * segment, which is a definition's name, since the same built-in may be given with an id of its own. */
#ifndef MAPAE_POLICY_DOCUMENTS_H
#define MAPAE_POLICY_DOCUMENTS_H

#include "library.h"
#include "map.h"

typedef struct mp_entry {
    mp_role               role;
    const mp_source_text *source;
    const mp_json        *node;
    void                 *document; /* of the kind that the index holds */
    bool is_covered; /* an assignment assigns it, or an initiative that is judged refers to it */
} mp_entry;

typedef struct mp_index {
    mp_map by_id;   /* entries in order of reading; those without an id have a made-up key */
    mp_map by_name;
    void **read; /* every document, also those whose place another one of the same id took */
    size_t read_count, read_cap;
} mp_index;

#define MP_INDEX_INIT { MP_MAP_INIT_FOLD, MP_MAP_INIT_FOLD, NULL, 0, 0 }

void mp_index_free(mp_index *index);
static inline size_t mp_index_count(const mp_index *index) { return index->by_id.len; }
static inline mp_entry *mp_index_at(const mp_index *index, size_t i) { return index->by_id.entries[i].value; }

/* Put `entry` in. When its id is there already the later one stays, or the one that is judged; unless both
 * say the same a warning notes it. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_index_add(mp_index *index, mp_str id, mp_str name, const mp_entry *entry,
                                   mp_arena *arena, mp_diagnostics *d, mp_error *err);
/* The entry of that id or name, or NULL. */
mp_entry *mp_index_find(const mp_index *index, mp_str id_or_name);

/* All that the library holds. */
typedef struct mp_documents {
    mp_arena      *arena;
    mp_diagnostics diagnostics;
    mp_index       definitions;  /* mp_definition */
    mp_index       initiatives;  /* mp_initiative_document */
    mp_index       assignments;  /* mp_assignment_document */
    mp_index       exemptions;   /* mp_exemption */
    mp_index       attestations; /* mp_attestation */
    struct mp_given *given;      /* parameters for what is judged without an assignment */
    size_t         given_count, given_cap;
} mp_documents;

#endif
