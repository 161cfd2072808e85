/* SPDX-License-Identifier: Apache-2.0 */
/* A range of leaves that begins at a multiple of its size's next power of two has one shape, whatever stands
 * to the right of it: perfect subtrees from large to small, joined from the right. Roots, proofs and the
 * growing tree all lean on that. */
#include "merkle.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

/* ---- hashing ---- */

struct mp_merkle_hasher {
    EVP_MD_CTX *digest;
};

mp_code mp_merkle_hasher_new(mp_merkle_hasher **out, mp_error *err)
{
    mp_merkle_hasher *hasher = calloc(1, sizeof *hasher);
    if (hasher)
        hasher->digest = EVP_MD_CTX_new();
    /* The type once: later beginnings without it look nothing up. */
    if (!hasher || !hasher->digest || EVP_DigestInit_ex(hasher->digest, EVP_sha256(), NULL) != 1) {
        mp_merkle_hasher_free(hasher);
        return mp_no_memory(err);
    }
    *out = hasher;
    return MP_OK;
}

void mp_merkle_hasher_free(mp_merkle_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->digest);
    free(hasher);
}

static mp_code hash(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, mp_str a, mp_str b, mp_error *err)
{
    if (EVP_DigestInit_ex(hasher->digest, NULL, NULL) != 1 ||
        (a.len && EVP_DigestUpdate(hasher->digest, a.ptr, a.len) != 1) ||
        (b.len && EVP_DigestUpdate(hasher->digest, b.ptr, b.len) != 1) ||
        EVP_DigestFinal_ex(hasher->digest, out, NULL) != 1)
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_merkle_leaf(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, mp_str entry, mp_error *err)
{
    return hash(out, hasher, mp_str_of("\0", 1), entry, err);
}

mp_code mp_merkle_node(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, const uint8_t left[MP_MERKLE_HASH],
                       const uint8_t right[MP_MERKLE_HASH], mp_error *err)
{
    char bytes[1 + 2 * MP_MERKLE_HASH] = { 1 };
    memcpy(bytes + 1, left, MP_MERKLE_HASH);
    memcpy(bytes + 1 + MP_MERKLE_HASH, right, MP_MERKLE_HASH);
    return hash(out, hasher, mp_str_of(bytes, sizeof bytes), mp_str_of(NULL, 0), err);
}

mp_code mp_merkle_plain(uint8_t out[MP_MERKLE_HASH], mp_merkle_hasher *hasher, mp_str a, mp_str b, mp_error *err)
{
    return hash(out, hasher, a, b, err);
}

static bool same(const uint8_t a[MP_MERKLE_HASH], const uint8_t b[MP_MERKLE_HASH])
{
    return memcmp(a, b, MP_MERKLE_HASH) == 0;
}

/* ---- checking proofs ---- */

/* RFC 9162, 2.1.3.2 */
static mp_code climb(uint8_t root[MP_MERKLE_HASH], uint64_t index, uint64_t size, const mp_proof *proof,
                     mp_merkle_hasher *hasher, mp_error *err)
{
    uint64_t at = index, last = size - 1;
    for (unsigned i = 0; i < proof->count; i++) {
        if (last == 0)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes, more than the tree is high",
                           proof->count);
        if (at % 2 == 1 || at == last) {
            MP_TRY(mp_merkle_node(root, hasher, proof->hashes[i], root, err));
            while (at % 2 == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            MP_TRY(mp_merkle_node(root, hasher, root, proof->hashes[i], err));
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes, fewer than the tree is high",
                       proof->count);
    return MP_OK;
}

static mp_code check_count(const mp_proof *proof, mp_error *err)
{
    if (proof->count <= MP_PROOF_MAX)
        return MP_OK;
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes; the most is %d", proof->count, MP_PROOF_MAX);
}

mp_code mp_merkle_root_from(uint8_t root[MP_MERKLE_HASH], const uint8_t leaf[MP_MERKLE_HASH], uint64_t index,
                            uint64_t size, const mp_proof *proof, mp_error *err)
{
    mp_merkle_hasher *hasher;
    uint8_t           found[MP_MERKLE_HASH];
    if (index >= size)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not within a tree of %llu leaves",
                       (unsigned long long)index, (unsigned long long)size);
    MP_TRY(check_count(proof, err));
    MP_TRY(mp_merkle_hasher_new(&hasher, err));
    memcpy(found, leaf, sizeof found);
    mp_code code = climb(found, index, size, proof, hasher, err);
    mp_merkle_hasher_free(hasher);
    if (code == MP_OK)
        memcpy(root, found, sizeof found);
    return code;
}

mp_code mp_merkle_check_inclusion(const uint8_t root[MP_MERKLE_HASH], const uint8_t leaf[MP_MERKLE_HASH],
                                  uint64_t index, uint64_t size, const mp_proof *proof, mp_error *err)
{
    uint8_t found[MP_MERKLE_HASH];
    MP_TRY(mp_merkle_root_from(found, leaf, index, size, proof, err));
    if (!same(found, root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof does not lead from leaf %llu to the root of %llu leaves",
                       (unsigned long long)index, (unsigned long long)size);
    return MP_OK;
}

/* RFC 9162, 2.1.4.2: `older` becomes the root of `from` leaves, `newer` that of `to`; 0 < from < to. */
static mp_code climb_both(uint8_t older[MP_MERKLE_HASH], uint8_t newer[MP_MERKLE_HASH], uint64_t from, uint64_t to,
                          const uint8_t from_root[MP_MERKLE_HASH], const mp_proof *proof, mp_merkle_hasher *hasher,
                          mp_error *err)
{
    bool           is_whole = (from & (from - 1)) == 0; /* then its root is the first hash, and not sent */
    const uint8_t *first = is_whole ? from_root : proof->hashes[0];
    unsigned       i = is_whole ? 0 : 1;
    uint64_t       at = from - 1, last = to - 1;
    if (proof->count == 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof is empty");
    while (at % 2 == 1) {
        at >>= 1;
        last >>= 1;
    }
    memcpy(older, first, MP_MERKLE_HASH);
    memcpy(newer, first, MP_MERKLE_HASH);
    for (; i < proof->count; i++) {
        const uint8_t *next = proof->hashes[i];
        if (last == 0)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes, more than the tree is high",
                           proof->count);
        if (at % 2 == 1 || at == last) {
            MP_TRY(mp_merkle_node(older, hasher, next, older, err));
            MP_TRY(mp_merkle_node(newer, hasher, next, newer, err));
            while (at % 2 == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            MP_TRY(mp_merkle_node(newer, hasher, newer, next, err));
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes, fewer than the tree is high",
                       proof->count);
    return MP_OK;
}

mp_code mp_merkle_check_consistency(uint64_t from, const uint8_t from_root[MP_MERKLE_HASH], uint64_t to,
                                    const uint8_t to_root[MP_MERKLE_HASH], const mp_proof *proof, mp_error *err)
{
    mp_merkle_hasher *hasher;
    uint8_t           older[MP_MERKLE_HASH], newer[MP_MERKLE_HASH];
    if (from > to)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a tree of %llu leaves does not begin one of %llu",
                       (unsigned long long)from, (unsigned long long)to);
    MP_TRY(check_count(proof, err));
    if ((from == to || from == 0) && proof->count)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the proof has %u hashes where none is needed", proof->count);
    if (from == to && !same(from_root, to_root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "two roots for a tree of %llu leaves", (unsigned long long)to);
    MP_TRY(mp_merkle_hasher_new(&hasher, err));
    mp_code code = MP_OK;
    if (from == 0) { /* the one root of no leaves */
        code = hash(older, hasher, mp_str_of(NULL, 0), mp_str_of(NULL, 0), err);
        memcpy(newer, to_root, sizeof newer);
    } else if (from < to) {
        code = climb_both(older, newer, from, to, from_root, proof, hasher, err);
    } else {
        memcpy(older, from_root, sizeof older);
        memcpy(newer, to_root, sizeof newer);
    }
    mp_merkle_hasher_free(hasher);
    MP_TRY(code);
    if (!same(older, from_root) || !same(newer, to_root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the proof does not lead from the root of %llu leaves to that of %llu", (unsigned long long)from,
                       (unsigned long long)to);
    return MP_OK;
}

/* ---- a tree that grows ---- */

mp_code mp_merkle_append(mp_merkle_tree *tree, mp_merkle_hasher *hasher, const uint8_t leaf[MP_MERKLE_HASH],
                         mp_merkle_made made, void *ctx, mp_error *err)
{
    uint8_t  top[MP_MERKLE_HASH];
    unsigned level = 0;
    assert(tree->size < MP_TREE_MAX);
    memcpy(top, leaf, sizeof top);
    for (uint64_t index = tree->size;; index >>= 1, level++) {
        if (made)
            MP_TRY(made(ctx, level, index, top, err));
        if (index % 2 == 0)
            break;
        MP_TRY(mp_merkle_node(top, hasher, tree->peaks[--tree->peak_count], top, err));
    }
    memcpy(tree->peaks[tree->peak_count++], top, sizeof top);
    tree->size++;
    return MP_OK;
}

mp_code mp_merkle_root(uint8_t out[MP_MERKLE_HASH], const mp_merkle_tree *tree, mp_merkle_hasher *hasher, mp_error *err)
{
    uint8_t root[MP_MERKLE_HASH];
    if (tree->peak_count == 0)
        return hash(out, hasher, mp_str_of(NULL, 0), mp_str_of(NULL, 0), err);
    memcpy(root, tree->peaks[tree->peak_count - 1], sizeof root);
    for (unsigned i = tree->peak_count - 1; i-- > 0;)
        MP_TRY(mp_merkle_node(root, hasher, tree->peaks[i], root, err));
    memcpy(out, root, sizeof root);
    return MP_OK;
}

/* ---- making proofs ---- */

static unsigned floor_log2(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n);
}

/* The root of the leaves begin .. end, where `begin` is a multiple of the least power of two that holds them. */
static mp_code range(uint8_t out[MP_MERKLE_HASH], uint64_t begin, uint64_t end, const mp_merkle_source *source,
                     mp_error *err)
{
    uint8_t  peaks[64][MP_MERKLE_HASH];
    unsigned count = 0;
    while (begin < end) {
        unsigned level = floor_log2(end - begin);
        MP_TRY(source->get(peaks[count++], source->ctx, level, begin >> level, err));
        begin += (uint64_t)1 << level;
    }
    while (count > 1) {
        MP_TRY(mp_merkle_node(peaks[count - 2], source->hasher, peaks[count - 2], peaks[count - 1], err));
        count--;
    }
    memcpy(out, peaks[0], MP_MERKLE_HASH);
    return MP_OK;
}

mp_code mp_merkle_root_of(uint8_t out[MP_MERKLE_HASH], uint64_t size, const mp_merkle_source *source, mp_error *err)
{
    if (size == 0)
        return hash(out, source->hasher, mp_str_of(NULL, 0), mp_str_of(NULL, 0), err);
    return range(out, 0, size, source, err);
}

/* The largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    return (uint64_t)1 << floor_log2(n - 1);
}

/* Proofs are told from the leaves up, and found from the root down. */
static void turn_round(mp_proof *proof)
{
    for (unsigned i = 0, k = proof->count; i + 1 < k; i++) {
        uint8_t kept[MP_MERKLE_HASH];
        k--;
        memcpy(kept, proof->hashes[i], sizeof kept);
        memcpy(proof->hashes[i], proof->hashes[k], sizeof kept);
        memcpy(proof->hashes[k], kept, sizeof kept);
    }
}

/* RFC 6962, 2.1.1: PATH(m, D[n]) */
mp_code mp_merkle_prove_inclusion(mp_proof *out, uint64_t index, uint64_t size, const mp_merkle_source *source,
                                  mp_error *err)
{
    uint64_t begin = 0, end = size;
    if (index >= size || size > MP_TREE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there is no leaf %llu in a tree of %llu leaves",
                       (unsigned long long)index, (unsigned long long)size);
    out->count = 0;
    while (end - begin > 1) {
        uint64_t middle = begin + split_of(end - begin);
        uint8_t *sibling = out->hashes[out->count++];
        if (index < middle) {
            MP_TRY(range(sibling, middle, end, source, err));
            end = middle;
        } else {
            MP_TRY(range(sibling, begin, middle, source, err));
            begin = middle;
        }
    }
    turn_round(out);
    return MP_OK;
}

/* RFC 6962, 2.1.2: PROOF(m, D[n]) as SUBPROOF(m, D[n], true) */
mp_code mp_merkle_prove_consistency(mp_proof *out, uint64_t from, uint64_t to, const mp_merkle_source *source,
                                    mp_error *err)
{
    uint64_t begin = 0, end = to;
    if (from > to || to > MP_TREE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a tree of %llu leaves does not begin one of %llu",
                       (unsigned long long)from, (unsigned long long)to);
    out->count = 0;
    if (from == 0)
        return MP_OK;
    while (from != end) {
        uint64_t middle = begin + split_of(end - begin);
        uint8_t *sibling = out->hashes[out->count++];
        if (from <= middle) {
            MP_TRY(range(sibling, middle, end, source, err));
            end = middle;
        } else {
            MP_TRY(range(sibling, begin, middle, source, err));
            begin = middle;
        }
    }
    if (begin != 0) /* else it is the older tree itself, whose root the other side has */
        MP_TRY(range(out->hashes[out->count++], begin, end, source, err));
    turn_round(out);
    return MP_OK;
}
