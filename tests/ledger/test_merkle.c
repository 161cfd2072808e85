/* SPDX-License-Identifier: Apache-2.0 */
/* Every size up to 300 (under a sanitizer: up to 66, then some) against a tree built as RFC 6962, 2.1 defines it:
 * recursion over slices, nothing shared with merkle.c. */
#include "merkle.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "secret.h"
#include "test.h"

#define MOST 300

static uint8_t leaves[MOST][MP_MERKLE_HASH];

/* ---- the definition ---- */

static void plain_sha256(uint8_t out[32], const void *bytes, size_t len)
{
    CHECK_INT(EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL), 1);
}

static void defined_root(uint8_t out[32], size_t begin, size_t end)
{
    uint8_t node[65] = { 1 };
    size_t  half = 1;
    if (begin == end) {
        plain_sha256(out, "", 0);
        return;
    }
    if (end - begin == 1) {
        memcpy(out, leaves[begin], 32);
        return;
    }
    while (half * 2 < end - begin)
        half *= 2;
    defined_root(node + 1, begin, begin + half);
    defined_root(node + 33, begin + half, end);
    plain_sha256(out, node, sizeof node);
}

static uint8_t perfect[9][MOST][MP_MERKLE_HASH]; /* by level and index, so that no proof has to hash them again */

static void make_leaves(void)
{
    for (size_t i = 0; i < MOST; i++) {
        uint8_t bytes[3] = { 0, (uint8_t)(i >> 8), (uint8_t)i };
        plain_sha256(leaves[i], bytes, sizeof bytes);
    }
    for (unsigned level = 0; level < MP_COUNT(perfect); level++)
        for (size_t i = 0; (i + 1) << level <= MOST; i++)
            defined_root(perfect[level][i], i << level, (i + 1) << level);
}

static mp_code get_defined(uint8_t out[32], void *ctx, unsigned level, uint64_t index, mp_error *err)
{
    (void)err;
    unsigned *asked = ctx;
    if (asked)
        (*asked)++;
    CHECK(level < MP_COUNT(perfect) && (index + 1) << level <= MOST);
    memcpy(out, perfect[level][index], MP_MERKLE_HASH);
    return MP_OK;
}

/* The sizes whose proofs are tried with every single bit flipped end here. */
static size_t all_bits_up_to(void)
{
    return test_step(2) == 1 ? 28 : 11;
}

/* The sizes that proofs are tried for; around powers of two all of them. */
static size_t next_size(size_t size)
{
    size_t step = size < 66 || (size >= 254 && size <= 257) ? 1 : test_step(47);
    return size < 254 && size + step > 254 ? 254 : size + step;
}

static mp_merkle_hasher *hasher_of_test(void)
{
    mp_merkle_hasher *hasher;
    CHECK_INT(mp_merkle_hasher_new(&hasher, NULL), MP_OK);
    return hasher;
}

/* ---- known answers ---- */

/* The entries and roots that implementations of RFC 6962 have tested with since Certificate Transparency began. */
TEST(known_trees_have_known_roots)
{
    static const struct { const char *entry; const char *root; } known[] = {
        { "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
        { "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
        { "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
        { "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
        { "40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
        { "5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
        { "606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
    };
    mp_merkle_hasher *hasher = hasher_of_test();
    mp_merkle_tree    tree = { .size = 0 };
    uint8_t           root[32];
    char              hex[65];
    CHECK_INT(mp_merkle_root(root, &tree, hasher, NULL), MP_OK);
    mp_hex(hex, root, 32);
    CHECK_STR(mp_str_from(hex), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < MP_COUNT(known); i++) {
        uint8_t bytes[16], leaf[32];
        size_t  len = strlen(known[i].entry) / 2;
        CHECK(mp_unhex(bytes, len, mp_str_from(known[i].entry)));
        CHECK_INT(mp_merkle_leaf(leaf, hasher, mp_str_of((const char *)bytes, len), NULL), MP_OK);
        CHECK_INT(mp_merkle_append(&tree, hasher, leaf, NULL, NULL, NULL), MP_OK);
        CHECK_INT(mp_merkle_root(root, &tree, hasher, NULL), MP_OK);
        mp_hex(hex, root, 32);
        CHECK_STR(mp_str_from(hex), known[i].root);
    }
    mp_merkle_hasher_free(hasher);
}

TEST(two_texts_are_hashed_as_one)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    uint8_t           found[32], wanted[32];
    CHECK_INT(mp_merkle_plain(found, hasher, MP_S("ab"), MP_S("c"), NULL), MP_OK);
    plain_sha256(wanted, "abc", 3);
    assert_memory_equal(found, wanted, 32);
    mp_merkle_hasher_free(hasher);
}

/* ---- against the definition ---- */

struct made {
    unsigned count;
};

static mp_code check_made(void *ctx, unsigned level, uint64_t index, const uint8_t hash[32], mp_error *err)
{
    uint8_t wanted[32];
    (void)err;
    ((struct made *)ctx)->count++;
    defined_root(wanted, (size_t)index << level, (size_t)(index + 1) << level);
    assert_memory_equal(hash, wanted, 32);
    return MP_OK;
}

TEST(a_growing_tree_has_the_defined_root_at_every_size)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    mp_merkle_tree    tree = { .size = 0 };
    mp_merkle_source  source = { .get = get_defined, .hasher = hasher };
    struct made       made = { 0 };
    for (size_t size = 0; size <= MOST; size++) {
        uint8_t found[32], wanted[32];
        defined_root(wanted, 0, size);
        CHECK_INT(mp_merkle_root(found, &tree, hasher, NULL), MP_OK);
        assert_memory_equal(found, wanted, 32);
        CHECK_INT(mp_merkle_root_of(found, size, &source, NULL), MP_OK);
        assert_memory_equal(found, wanted, 32);
        CHECK(tree.size == size && tree.peak_count == (unsigned)__builtin_popcountll(size));
        if (size < MOST)
            CHECK_INT(mp_merkle_append(&tree, hasher, leaves[size], check_made, &made, NULL), MP_OK);
    }
    /* Each leaf once, and of each higher level every whole subtree once. */
    unsigned wanted = 0;
    for (unsigned level = 0; MOST >> level; level++)
        wanted += (unsigned)(MOST >> level);
    CHECK_INT(made.count, wanted);
    mp_merkle_hasher_free(hasher);
}

static void refuse_inclusion(const uint8_t root[32], uint64_t index, uint64_t size, const mp_proof *proof)
{
    mp_error err = { 0 };
    CHECK_INT(mp_merkle_check_inclusion(root, leaves[index], index, size, proof, &err), MP_DAMAGED);
    CHECK(err.message[0]);
}

/* One bit of every hash, another one each time; of small trees every bit. */
static void refuse_flipped_inclusion(const uint8_t root[32], uint64_t index, uint64_t size, mp_proof *proof)
{
    bool is_small = size <= all_bits_up_to();
    for (unsigned i = 0; i < proof->count; i++) {
        unsigned only = (unsigned)(size * 31 + index * 7 + i) % 256;
        for (unsigned bit = 0; bit < 256; bit++) {
            if (!is_small && bit != only)
                continue;
            proof->hashes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
            refuse_inclusion(root, index, size, proof);
            proof->hashes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

TEST(inclusion_holds_for_every_leaf_of_every_size_and_for_nothing_else)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    for (size_t size = 1; size <= MOST; size = next_size(size)) {
        uint8_t root[32], other[32];
        defined_root(root, 0, size);
        for (size_t index = 0; index < size; index++) {
            mp_proof         proof;
            unsigned         asked = 0;
            mp_merkle_source source = { .get = get_defined, .ctx = &asked, .hasher = hasher };
            CHECK_INT(mp_merkle_prove_inclusion(&proof, index, size, &source, NULL), MP_OK);
            CHECK(proof.count <= 9 && asked <= 2 * 9);
            CHECK_INT(mp_merkle_check_inclusion(root, leaves[index], index, size, &proof, NULL), MP_OK);
            refuse_flipped_inclusion(root, index, size, &proof);
            if (size > 1)
                CHECK_INT(mp_merkle_check_inclusion(root, leaves[(index + 1) % size], index, size, &proof, NULL),
                          MP_DAMAGED);
            for (size_t at = 0; size <= all_bits_up_to() && at < size; at++)
                if (at != index)
                    CHECK_INT(mp_merkle_check_inclusion(root, leaves[index], at, size, &proof, NULL), MP_DAMAGED);
            memcpy(other, root, 32);
            other[index % 32] ^= 1;
            refuse_inclusion(other, index, size, &proof);
            memset(proof.hashes[proof.count++], 7, 32);
            refuse_inclusion(root, index, size, &proof);
            if (proof.count > 1) {
                proof.count -= 2;
                refuse_inclusion(root, index, size, &proof);
            }
        }
    }
    mp_merkle_hasher_free(hasher);
}

static void refuse_consistency(uint64_t from, const uint8_t from_root[32], uint64_t to, const uint8_t to_root[32],
                               const mp_proof *proof)
{
    mp_error err = { 0 };
    CHECK_INT(mp_merkle_check_consistency(from, from_root, to, to_root, proof, &err), MP_DAMAGED);
    CHECK(err.message[0]);
}

static void refuse_broken_consistency(uint64_t from, const uint8_t from_root[32], uint64_t to,
                                      const uint8_t to_root[32], mp_proof *proof)
{
    uint8_t other[32];
    bool    is_small = to <= all_bits_up_to();
    for (unsigned i = 0; i < proof->count; i++) {
        unsigned only = (unsigned)(to * 31 + from * 7 + i) % 256;
        for (unsigned bit = 0; bit < 256; bit++) {
            if (!is_small && bit != only)
                continue;
            proof->hashes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
            refuse_consistency(from, from_root, to, to_root, proof);
            proof->hashes[i][bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    if (from > 0) {
        memcpy(other, to_root, 32);
        other[to % 32] ^= 0x80;
        refuse_consistency(from, from_root, to, other, proof);
    }
    memcpy(other, from_root, 32);
    other[from % 32] ^= 1;
    refuse_consistency(from, other, to, to_root, proof);
    memset(proof->hashes[proof->count++], 7, 32);
    refuse_consistency(from, from_root, to, to_root, proof);
    proof->count--;
    if (proof->count) {
        proof->count--;
        refuse_consistency(from, from_root, to, to_root, proof);
        proof->count++;
    }
}

TEST(consistency_holds_between_all_sizes_and_for_nothing_else)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    mp_merkle_source  source = { .get = get_defined, .hasher = hasher };
    static uint8_t    roots[MOST + 1][32];
    for (size_t size = 0; size <= MOST; size++)
        defined_root(roots[size], 0, size);
    for (size_t to = 0; to <= MOST; to = next_size(to)) {
        for (size_t from = 0; from <= to; from++) {
            mp_proof proof;
            CHECK_INT(mp_merkle_prove_consistency(&proof, from, to, &source, NULL), MP_OK);
            CHECK_INT(mp_merkle_check_consistency(from, roots[from], to, roots[to], &proof, NULL), MP_OK);
            CHECK((proof.count == 0) == (from == 0 || from == to));
            refuse_broken_consistency(from, roots[from], to, roots[to], &proof);
            if (to < MOST && from > 0 && from < to)
                refuse_consistency(from, roots[from], to, roots[to + 1], &proof);
        }
    }
    mp_merkle_hasher_free(hasher);
}

/* ---- what is not of this world ---- */

TEST(impossible_questions_are_refused)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    mp_merkle_source  source = { .get = get_defined, .hasher = hasher };
    mp_proof          proof = { .count = 0 };
    uint8_t           root[32] = { 0 };
    mp_error          err = { 0 };
    CHECK_INT(mp_merkle_prove_inclusion(&proof, 5, 5, &source, &err), MP_PARAMETER);
    CHECK_INT(mp_merkle_prove_inclusion(&proof, 0, 0, &source, &err), MP_PARAMETER);
    CHECK_INT(mp_merkle_prove_inclusion(&proof, 0, UINT64_MAX, &source, &err), MP_PARAMETER);
    CHECK_INT(mp_merkle_prove_consistency(&proof, 6, 5, &source, &err), MP_PARAMETER);
    CHECK_INT(mp_merkle_prove_consistency(&proof, 6, UINT64_MAX, &source, &err), MP_PARAMETER);
    CHECK_INT(mp_merkle_check_inclusion(root, leaves[0], 0, 0, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_inclusion(root, leaves[0], 7, 7, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_inclusion(root, leaves[0], UINT64_MAX - 1, UINT64_MAX, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_consistency(7, root, 6, root, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_consistency(1, root, UINT64_MAX, root, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_consistency(UINT64_MAX - 1, root, UINT64_MAX, root, &proof, &err), MP_DAMAGED);
    proof.count = MP_PROOF_MAX + 1;
    CHECK_INT(mp_merkle_check_inclusion(root, leaves[0], 0, 2, &proof, &err), MP_DAMAGED);
    CHECK_INT(mp_merkle_check_consistency(1, root, 2, root, &proof, &err), MP_DAMAGED);
    mp_merkle_hasher_free(hasher);
}

static mp_code get_nothing(uint8_t out[32], void *ctx, unsigned level, uint64_t index, mp_error *err)
{
    (void)out, (void)ctx, (void)level, (void)index;
    return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "gone");
}

TEST(a_source_that_fails_fails_the_proof)
{
    mp_merkle_hasher *hasher = hasher_of_test();
    mp_merkle_source  source = { .get = get_nothing, .hasher = hasher };
    mp_proof          proof;
    uint8_t           root[32];
    CHECK_INT(mp_merkle_prove_inclusion(&proof, 1, 5, &source, NULL), MP_UNAVAILABLE);
    CHECK_INT(mp_merkle_prove_consistency(&proof, 3, 5, &source, NULL), MP_UNAVAILABLE);
    CHECK_INT(mp_merkle_root_of(root, 5, &source, NULL), MP_UNAVAILABLE);
    mp_merkle_hasher_free(hasher);
}

int main(void)
{
    make_leaves();
    return MAIN(RUN(known_trees_have_known_roots), RUN(two_texts_are_hashed_as_one),
                RUN(a_growing_tree_has_the_defined_root_at_every_size),
                RUN(inclusion_holds_for_every_leaf_of_every_size_and_for_nothing_else),
                RUN(consistency_holds_between_all_sizes_and_for_nothing_else), RUN(impossible_questions_are_refused),
                RUN(a_source_that_fails_fails_the_proof));
}
