/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h - the arithmetic of the log's tree: RFC 6962, section 2.1; proofs as RFC 9162, section 2.1, checks them.
 *
 * Nothing here knows where hashes are kept: who verifies offline has only these functions and a proof. All
 * are pure; a hasher is for one thread at a time. A proof that does not hold is MP_DAMAGED, and the sentence
 * says what is wrong with it. */
#ifndef MAPAE_LEDGER_MERKLE_H
#define MAPAE_LEDGER_MERKLE_H

#include <mapae/error.h>
#include <mapae/str.h>

#define MP_MERKLE_HASH 32
#define MP_PROOF_MAX 64 /* a tree has fewer than 2^63 leaves: an inclusion needs at most 63 hashes, a consistency 64 */
#define MP_TREE_MAX ((uint64_t)INT64_MAX)

typedef struct mp_proof {
    uint8_t  hashes[MP_PROOF_MAX][MP_MERKLE_HASH];
    unsigned count;
} mp_proof;

/* ---- hashing ---- */

/* a digest that is ready, kept because making one costs more than a hash */
typedef struct mp_merkle_hasher mp_merkle_hasher;
/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_merkle_hasher_new(mp_merkle_hasher **out, mp_error *err);
void                  mp_merkle_hasher_free(mp_merkle_hasher *hasher); /* NULL is fine */
static inline void    mp_merkle_hasher_freep(mp_merkle_hasher **hasher) { mp_merkle_hasher_free(*hasher); }

/* SHA-256 of 0x00 and the entry; of 0x01, left and right; of `a` and `b` as they are. `out` may be one of the
 * inputs. */
MP_MUST_CHECK mp_code mp_merkle_leaf(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, mp_str entry,
                                     mp_error *err);
MP_MUST_CHECK mp_code mp_merkle_node(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher,
                                     const uint8_t left[MP_MERKLE_HASH], const uint8_t right[MP_MERKLE_HASH],
                                     mp_error *err);
MP_MUST_CHECK mp_code mp_merkle_plain(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, mp_str a, mp_str b,
                                      mp_error *err);

/* ---- checking proofs ---- */

/* The root that a tree of `size` leaves must have if `leaf` (a leaf's hash) stands at `index` in it. */
MP_MUST_CHECK mp_code mp_merkle_root_from(uint8_t root[MP_MERKLE_HASH], const uint8_t leaf[MP_MERKLE_HASH],
                                          uint64_t index, uint64_t size, const mp_proof *proof, mp_error *err);
/* `leaf` stands at `index` of the tree of `size` leaves with this root. */
MP_MUST_CHECK mp_code mp_merkle_check_inclusion(const uint8_t root[MP_MERKLE_HASH], const uint8_t leaf[MP_MERKLE_HASH],
                                                uint64_t index, uint64_t size, const mp_proof *proof, mp_error *err);
/* The tree of `from` leaves is the beginning of the tree of `to` leaves. Every tree begins with the empty
 * one; a tree with itself needs equal roots and no proof. */
MP_MUST_CHECK mp_code mp_merkle_check_consistency(uint64_t from, const uint8_t from_root[MP_MERKLE_HASH], uint64_t to,
                                                  const uint8_t to_root[MP_MERKLE_HASH], const mp_proof *proof,
                                                  mp_error *err);

/* ---- a tree that grows ---- */

/* The roots of the perfect subtrees that it consists of, the largest first: all it takes to add a leaf and to
 * know the root. */
typedef struct mp_merkle_tree {
    uint64_t size;
    unsigned peak_count;
    uint8_t  peaks[64][MP_MERKLE_HASH];
} mp_merkle_tree;

/* Called for every node that becomes final, leaves (level 0) first: the root of the leaves index << level ..
 * (index + 1) << level. */
typedef mp_code (*mp_merkle_made)(void *ctx, unsigned level, uint64_t index, const uint8_t hash[MP_MERKLE_HASH],
                                  mp_error *err);

/* `made` may be NULL. After a failure the tree is not to be used. */
MP_MUST_CHECK mp_code mp_merkle_append(mp_merkle_tree *tree, mp_merkle_hasher *hasher,
                                       const uint8_t leaf[MP_MERKLE_HASH], mp_merkle_made made, void *ctx,
                                       mp_error *err);
/* Of no leaves: SHA-256 of nothing. */
MP_MUST_CHECK mp_code mp_merkle_root(uint8_t out[MP_MERKLE_HASH], const mp_merkle_tree *tree, mp_merkle_hasher *hasher,
                                     mp_error *err);

/* ---- making proofs ---- */

/* Where hashes come from: gives the root of the perfect subtree over the leaves index << level .. (index + 1)
 * << level. */
typedef struct mp_merkle_source {
    mp_code (*get)(uint8_t out[MP_MERKLE_HASH], void *ctx, unsigned level, uint64_t index, mp_error *err);
    void             *ctx;
    mp_merkle_hasher *hasher;
} mp_merkle_source;

/* Fail with MP_PARAMETER (index not below size, from above to) and what `get` gives. Each asks for at most 2
 * log2(size) subtrees. */
MP_MUST_CHECK mp_code mp_merkle_prove_inclusion(mp_proof *out, uint64_t index, uint64_t size,
                                                const mp_merkle_source *source, mp_error *err);
MP_MUST_CHECK mp_code mp_merkle_prove_consistency(mp_proof *out, uint64_t from, uint64_t to,
                                                  const mp_merkle_source *source, mp_error *err);
/* The root of the first `size` leaves. */
MP_MUST_CHECK mp_code mp_merkle_root_of(uint8_t out[MP_MERKLE_HASH], uint64_t size, const mp_merkle_source *source,
                                        mp_error *err);

#endif
