/* SPDX-License-Identifier: Apache-2.0 */
/* terms.h - the index of search: which leaves of a block have which word.
 *
 * A word is what a query can ask for: an actor, an action and its prefixes at '/', a path and the paths above
 * it, a request, an outcome other than "done". It is kept as 36 bits of a hash. Leaves are taken together in
 * blocks of MP_TERM_BLOCK; a posting is hash << 12 | leaf within its block. A block that is full is written
 * once, sorted, as 256 rows by the first 8 bits of the hash: so a rare word is found by reading one short row
 * per block, in the order of the key, and adding a leaf writes nothing. The block that is not full yet is in
 * memory. Postings can be wrong in one way, two words of one hash: whoever reads them looks at the leaf
 * itself. */
#ifndef MAPAE_LEDGER_TERMS_H
#define MAPAE_LEDGER_TERMS_H

#include <mapae/error.h>
#include <mapae/json.h>

#define MP_TERM_BITS 12
#define MP_TERM_BLOCK ((uint64_t)1 << MP_TERM_BITS) /* leaves */
#define MP_TERM_PARTS 256
#define MP_TERM_DEPTH 16 /* of a path or action: what is deeper is found by its first 16 segments */
#define MP_TERMS_MAX (3 + 2 * MP_TERM_DEPTH)
#define MP_POSTING_BYTES 5 /* of a row: 28 bits of hash, 12 of the leaf */

typedef enum mp_term_kind {
    MP_TERM_ACTOR = 1,
    MP_TERM_ACTION,
    MP_TERM_ON,
    MP_TERM_REQUEST,
    MP_TERM_OUTCOME,
} mp_term_kind; /* numbers are stored: they never change */

typedef struct mp_terms {
    uint64_t hashes[MP_TERMS_MAX];
    unsigned count;
} mp_terms;

/* What a leaf says, as strings that stand in its text. */
typedef struct mp_leaf_words {
    mp_str actor, action, on, request, outcome;
} mp_leaf_words;

void     mp_terms_of(mp_terms *out, const mp_leaf_words *words);
uint64_t mp_term_hash(mp_term_kind kind, mp_str word);
/* `path` cut to what has a word of its own: without a '/' at its end, at most MP_TERM_DEPTH segments. */
mp_str   mp_term_path(mp_str path);
/* Borrowed from the JSON; what is not there is empty. */
mp_leaf_words mp_leaf_words_of(const mp_json *leaf);

/* ---- postings of one block ---- */

typedef struct mp_postings {
    uint64_t *at;
    size_t    count, cap;
} mp_postings;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_postings_reserve(mp_postings *postings, size_t count, mp_error *err);
static inline uint64_t mp_posting(uint64_t hash, uint64_t index)
{
    return hash << MP_TERM_BITS | (index & (MP_TERM_BLOCK - 1));
}
void mp_postings_sort(uint64_t *at, size_t count);
/* Of sorted postings the first that is of a hash whose first 8 bits are `part` or more. */
size_t mp_postings_part(const uint64_t *at, size_t count, unsigned part);
/* As a row has it: `out` holds MP_POSTING_BYTES. */
static inline void mp_posting_put(uint8_t *out, uint64_t posting)
{
    for (unsigned i = 0; i < MP_POSTING_BYTES; i++)
        out[i] = (uint8_t)(posting >> (8 * (MP_POSTING_BYTES - 1 - i)));
}

/* ---- which leaves of a block ---- */

typedef struct mp_leaf_set {
    uint64_t bits[MP_TERM_BLOCK / 64];
} mp_leaf_set;

static inline void mp_leaf_set_add(mp_leaf_set *set, uint64_t leaf)
{
    set->bits[leaf / 64] |= (uint64_t)1 << leaf % 64;
}
static inline bool mp_leaf_set_has(const mp_leaf_set *set, uint64_t leaf)
{
    return set->bits[leaf / 64] >> leaf % 64 & 1;
}
/* Those of a row that have this hash. False: this is no row. */
bool mp_leaf_set_read(mp_leaf_set *set, uint64_t hash, mp_str row);

#endif
