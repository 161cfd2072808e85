/* SPDX-License-Identifier: Apache-2.0 */
/* edge.h - the log's tree as tiles, and its right edge: the tiles that are not full yet.
 *
 * A tile holds 256 hashes of one level (C2SP tlog-tiles): those of tile level L are the roots of 256^L
 * leaves. Full tiles never change and are rows of the store. What is right of them is kept in memory, and
 * made again from the leaves when the log is opened. */
#ifndef MAPAE_LEDGER_EDGE_H
#define MAPAE_LEDGER_EDGE_H

#include "merkle.h"
#include "sql.h"

#define MP_TILE_BITS 8
#define MP_TILE_WIDTH 256
#define MP_TILE_LEVELS 8 /* of a tree of fewer than 2^63 leaves */
#define MP_TILE_BYTES (MP_TILE_WIDTH * MP_MERKLE_HASH)

typedef uint8_t mp_tile[MP_TILE_WIDTH][MP_MERKLE_HASH];

typedef struct mp_edge {
    mp_merkle_tree tree;
    mp_tile        tiles[MP_TILE_LEVELS]; /* of each level the one that is not full; mp_edge_width of it counts */
} mp_edge;

/* Full tiles of a level in a tree of `size` leaves, and the width of the one behind them. */
static inline uint64_t mp_tiles_full(uint64_t size, unsigned level)
{
    return size >> (MP_TILE_BITS * level) >> MP_TILE_BITS;
}
static inline unsigned mp_edge_width(uint64_t size, unsigned level)
{
    return (unsigned)(size >> (MP_TILE_BITS * level) & (MP_TILE_WIDTH - 1));
}

/* Without what does not count: an edge is 64 KiB, and mostly empty. */
void mp_edge_copy(mp_edge *to, const mp_edge *from);

/* Called with each tile that is full now. */
typedef mp_code (*mp_tile_full)(void *ctx, unsigned level, uint64_t n, const mp_tile *tile, mp_error *err);
MP_MUST_CHECK mp_code mp_edge_append(mp_edge *edge, mp_merkle_hasher *hasher, const uint8_t leaf[MP_MERKLE_HASH],
                                     mp_tile_full full, void *ctx, mp_error *err);

/* The root of the perfect tree over `count` hashes, a power of two up to 256. */
MP_MUST_CHECK mp_code mp_tile_root(uint8_t out[MP_MERKLE_HASH], const uint8_t (*hashes)[MP_MERKLE_HASH], unsigned count,
                                   mp_merkle_hasher *hasher, mp_error *err);

/* ---- from the store ---- */

/* Fails with MP_DAMAGED when it is not there or is no tile. */
MP_MUST_CHECK mp_code mp_tile_read(mp_tile *out, mp_tx *tx, unsigned level, uint64_t n, mp_error *err);
/* The edge of the tree of `size` leaves, but for level 0, which the caller filled with the hashes of the last
 * leaves. */
MP_MUST_CHECK mp_code mp_edge_load(mp_edge *edge, mp_tx *tx, uint64_t size, mp_merkle_hasher *hasher, mp_error *err);

/* Nodes of the tree, out of tiles and edge, for proofs: get it ready, then use `source`. Of each level the
 * tile that was asked for last is kept. */
typedef struct mp_nodes {
    mp_merkle_source source;
    mp_tx           *tx;
    const mp_edge   *edge;
    uint64_t         kept[MP_TILE_LEVELS]; /* n + 1; 0: none */
    mp_tile          tiles[MP_TILE_LEVELS];
} mp_nodes;
void mp_nodes_init(mp_nodes *nodes, mp_tx *tx, const mp_edge *edge, mp_merkle_hasher *hasher);

#endif
