/* SPDX-License-Identifier: Apache-2.0 */
/* The log as C2SP tlog-tiles: whoever has only the files comes to the same root. */
#include <stdio.h>

#include "checkpoint.h"
#include "logbook.h"

#define LEAVES 66000 /* with the first one: more than a tile of level 1 */

static mp_str file(logbook *b, mp_buf *out, const char *path)
{
    mp_buf_clear(out);
    MUST_OK(mp_ledger_file(out, b->ledger, mp_str_from(path), err));
    return mp_buf_str(out);
}

static void path_of(char out[64], const char *kind, uint64_t n, unsigned width)
{
    int len = n < 1000 ? snprintf(out, 64, "tile/%s/%03u", kind, (unsigned)n)
                       : snprintf(out, 64, "tile/%s/x%03u/%03u", kind, (unsigned)(n / 1000), (unsigned)(n % 1000));
    if (width < 256)
        snprintf(out + len, 64 - (size_t)len, ".p/%u", width);
}

/* The entries of one bundle are the leaves of one tile. */
static void check_tile(logbook *b, mp_merkle_hasher *hasher, mp_merkle_tree *tree, uint64_t n, unsigned width)
{
    mp_buf  hashes = MP_BUF_INIT, entries = MP_BUF_INIT;
    char    path[64];
    uint8_t hash[32];
    path_of(path, "0", n, width);
    mp_str tile = file(b, &hashes, path);
    CHECK_INT(tile.len, width * 32);
    path_of(path, "entries", n, width);
    mp_str bundle = file(b, &entries, path);
    for (unsigned i = 0; i < width; i++) {
        CHECK(bundle.len >= 2);
        size_t len = (size_t)(uint8_t)bundle.ptr[0] << 8 | (uint8_t)bundle.ptr[1];
        CHECK(bundle.len >= 2 + len);
        MUST_OK(mp_merkle_leaf(hash, hasher, mp_str_of(bundle.ptr + 2, len), err));
        assert_memory_equal(hash, tile.ptr + i * 32, 32);
        MUST_OK(mp_merkle_append(tree, hasher, hash, NULL, NULL, err));
        bundle = mp_str_skip(bundle, 2 + len);
    }
    CHECK_INT(bundle.len, 0);
    mp_buf_free(&hashes);
    mp_buf_free(&entries);
}

TEST(files_alone_lead_to_the_signed_root)
{
    logbook           b;
    mp_merkle_hasher *hasher;
    mp_merkle_tree    tree = { .size = 0 };
    mp_buf            out = MP_BUF_INIT;
    mp_checkpoint     head;
    uint8_t           root[32];
    mp_str            text, signatures;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, LEAVES, 11000);
    MUST_OK(mp_merkle_hasher_new(&hasher, err));
    MUST_OK(mp_note_split(&text, &signatures, file(&b, &out, "checkpoint"), err));
    MUST_OK(mp_checkpoint_parse(&head, text, err));
    CHECK(head.size == LEAVES + 1);
    for (uint64_t n = 0; n * 256 < head.size; n++)
        check_tile(&b, hasher, &tree, n, head.size - n * 256 < 256 ? (unsigned)(head.size - n * 256) : 256);
    MUST_OK(mp_merkle_root(root, &tree, hasher, err));
    assert_memory_equal(root, head.root, 32);
    /* Level 1 and 2 are roots of the tiles below. */
    mp_buf below = MP_BUF_INIT;
    MUST_OK(mp_ledger_root(root, b.ledger, 256, err));
    assert_memory_equal(file(&b, &below, "tile/1/000").ptr, root, 32);
    CHECK_INT(file(&b, &below, "tile/1/000").len, 256 * 32);
    MUST_OK(mp_ledger_root(root, b.ledger, 65536, err));
    assert_memory_equal(file(&b, &below, "tile/2/000.p/1").ptr, root, 32);
    CHECK_INT(file(&b, &below, "tile/1/001.p/1").len, 32);
    logbook_close(&b);
    logbook_open(&b);
    CHECK_INT(file(&b, &below, "tile/1/001.p/1").len, 32);
    assert_memory_equal(file(&b, &below, "tile/2/000.p/1").ptr, root, 32);
    mp_buf_free(&below);
    mp_buf_free(&out);
    mp_merkle_hasher_free(hasher);
    logbook_end(&b);
}

TEST(what_is_no_file_is_missing)
{
    static const char *const none[] = {
        "", "/", "checkpoint/", "Checkpoint", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/001x",
        "tile/00/000", "tile/-1/000", "tile/64/000", "tile/8/000", "tile/63/000", "tile/4294967296/000", "tile/0/x000/000", "tile/0/x001000",
        "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/99999999999999999999", "tile/0/000.p/1/", "tile/0/000.q/1", "tile/entries", "tile/entries/", "tile/entries/000.p/0",
        "tile/0/x999/x999/x999/x999/x999/x999/999", "../mapae.db", "tile/0/../000", "tile/0/ 00", "tile/0/+00",
        /* well formed, and not there */
        "tile/0/001", "tile/0/001.p/46", "tile/1/000", "tile/1/000.p/2", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/001.p/46",
        "tile/0/x999/x999/x999/x999/x999/999", "tile/entries/x999/x999/x999/x999/x999/999.p/255",
    };
    logbook b;
    mp_buf  out = MP_BUF_INIT;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 300, 300);
    for (size_t i = 0; i < MP_COUNT(none); i++)
        if (mp_ledger_file(&out, b.ledger, mp_str_from(none[i]), NULL) != MP_MISSING || out.len)
            fail_msg("%s is there", none[i]);
    /* 301 leaves: a full tile, and 45 of the next. */
    CHECK_INT(file(&b, &out, "tile/0/000").len, 256 * 32);
    CHECK_INT(file(&b, &out, "tile/0/000.p/7").len, 7 * 32); /* of a tree that was smaller once */
    CHECK_INT(file(&b, &out, "tile/0/001.p/45").len, 45 * 32);
    CHECK_INT(file(&b, &out, "tile/1/000.p/1").len, 32);
    mp_buf_free(&out);
    logbook_end(&b);
}

int main(void)
{
    return MAIN(RUN(files_alone_lead_to_the_signed_root), RUN(what_is_no_file_is_missing));
}
