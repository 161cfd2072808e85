/* SPDX-License-Identifier: Apache-2.0 */
/* documents.h - documents that were read, found by id and by name.
 *
 * An id is compared without case and slashes at its ends. One that is not there is looked for by its last
 * segment, which is a definition's name, since the same built-in may be given with an id of its own. */
#ifndef MAPAE_POLICY_DOCUMENTS_H
#define MAPAE_POLICY_DOCUMENTS_H

#include "library.h"
#include "map.h"
#include "rest.h"

typedef struct mp_entry {
    mp_role               role;
    const mp_source_text *source;
    const mp_json        *node;     /* NULL: at rest */
    void                 *document; /* of the kind that the index holds; NULL: at rest */
    mp_rest               rest;     /* where it is read again, when it may rest */
    mp_str                version;  /* of definitions and initiatives; empty: it says none */
    struct mp_entry      *other;    /* another version of the same, and so on */
    bool is_covered; /* an assignment assigns it, or an initiative that is judged refers to it */
} mp_entry;

typedef struct mp_index {
    mp_map by_id;   /* entries in order of reading; those without an id have a made-up key */
    mp_map by_name;
    void **read; /* every document, also those whose place another one of the same id took; NULL: it may rest */
    size_t read_count, read_cap;
} mp_index;

#define MP_INDEX_INIT { MP_MAP_INIT_FOLD, MP_MAP_INIT_FOLD, NULL, 0, 0 }

void mp_index_free(mp_index *index);
static inline size_t mp_index_count(const mp_index *index) { return index->by_id.len; }
static inline mp_entry *mp_index_at(const mp_index *index, size_t i) { return index->by_id.entries[i].value; }

/* The entry of that id or name, or NULL. */
mp_entry *mp_index_find(const mp_index *index, mp_str id_or_name);
/* Of the versions of what was found (NULL is fine) the newest that suits the pattern; `entry` itself when there is no
 * pattern, or none suits. */
mp_entry *mp_entry_suiting(mp_entry *entry, mp_str pattern);

/* All that the library holds. */
typedef struct mp_documents {
    mp_arena      *arena;
    mp_arena       scratch; /* of the text at hand, when its documents may rest */
    mp_json_doc   *again;   /* the reader of those that are read again, once there was one */
    mp_diagnostics diagnostics;
    mp_index       definitions;  /* mp_definition */
    mp_index       initiatives;  /* mp_initiative_document */
    mp_index       assignments;  /* mp_assignment_document */
    mp_index       exemptions;   /* mp_exemption */
    mp_index       attestations; /* mp_attestation */
    struct mp_given *given;      /* parameters for what is judged without an assignment */
    size_t         given_count, given_cap;
    bool           keeps_disabled; /* checks are made of what is disabled, too */
    mp_ticks       now;            /* 0: the clock */
    const mp_hierarchy *hierarchy; /* or NULL */
} mp_documents;

/* Put `entry` in. When its id is there already the later one stays, or the one that is judged; unless both
 * say the same a warning notes it. One of MP_ROLE_EARLIER comes beside the one that is there. One that may rest does so from then on: what it was read into may go, and
 * `id` and `name` too. Fails with MP_NOMEM, MP_IO (the one that is there rests, and its file is gone). */
MP_MUST_CHECK mp_code mp_index_add(mp_index *index, mp_str id, mp_str name, const mp_entry *entry,
                                   mp_documents *docs, mp_error *err);

/* Make sure that the document is there: one at rest is read again. What is wrong with it was said when it
 * was read first. NULL is fine. Fails with MP_NOMEM, MP_IO. */
MP_MUST_CHECK mp_code mp_wake_definition(mp_documents *docs, mp_entry *entry, mp_error *err);
MP_MUST_CHECK mp_code mp_wake_initiative(mp_documents *docs, mp_entry *entry, mp_error *err);
/* Give up the memory that only reading needs. */
void mp_documents_settle(mp_documents *docs);

#endif
