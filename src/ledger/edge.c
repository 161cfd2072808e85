/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"

#include <assert.h>

void mp_edge_copy(mp_edge *to, const mp_edge *from)
{
    to->tree.size = from->tree.size;
    to->tree.peak_count = from->tree.peak_count;
    memcpy(to->tree.peaks, from->tree.peaks, from->tree.peak_count * sizeof from->tree.peaks[0]);
    for (unsigned level = 0; level < MP_TILE_LEVELS; level++)
        memcpy(to->tiles[level], from->tiles[level], mp_edge_width(from->tree.size, level) * (size_t)MP_MERKLE_HASH);
}

struct growth {
    mp_edge     *edge;
    mp_tile_full full;
    void        *ctx;
};

static mp_code put_node(void *ctx, unsigned level, uint64_t index, const uint8_t hash[MP_MERKLE_HASH], mp_error *err)
{
    const struct growth *g = ctx;
    unsigned             tile_level = level / MP_TILE_BITS;
    uint64_t             at = index % MP_TILE_WIDTH;
    if (level % MP_TILE_BITS)
        return MP_OK;
    memcpy(g->edge->tiles[tile_level][at], hash, MP_MERKLE_HASH);
    if (at != MP_TILE_WIDTH - 1)
        return MP_OK;
    return g->full(g->ctx, tile_level, index / MP_TILE_WIDTH, (const mp_tile *)&g->edge->tiles[tile_level], err);
}

mp_code mp_edge_append(mp_edge *edge, mp_merkle_hasher *hasher, const uint8_t leaf[MP_MERKLE_HASH], mp_tile_full full,
                       void *ctx, mp_error *err)
{
    struct growth g = { edge, full, ctx };
    return mp_merkle_append(&edge->tree, hasher, leaf, put_node, &g, err);
}

mp_code mp_tile_root(uint8_t out[MP_MERKLE_HASH], const uint8_t (*hashes)[MP_MERKLE_HASH], unsigned count,
                     mp_merkle_hasher *hasher, mp_error *err)
{
    uint8_t half[MP_TILE_WIDTH / 2][MP_MERKLE_HASH];
    assert(count && count <= MP_TILE_WIDTH && (count & (count - 1)) == 0);
    if (count == 1) {
        memcpy(out, hashes[0], MP_MERKLE_HASH);
        return MP_OK;
    }
    for (unsigned i = 0; i < count / 2; i++)
        MP_TRY(mp_merkle_node(half[i], hasher, hashes[2 * i], hashes[2 * i + 1], err));
    for (count /= 2; count > 1; count /= 2)
        for (unsigned i = 0; i < count / 2; i++)
            MP_TRY(mp_merkle_node(half[i], hasher, half[2 * i], half[2 * i + 1], err));
    memcpy(out, half[0], MP_MERKLE_HASH);
    return MP_OK;
}

/* ---- from the store ---- */

mp_code mp_tile_read(mp_tile *out, mp_tx *tx, unsigned level, uint64_t n, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT hashes FROM ledger_tile WHERE level = ?1 AND n = ?2",
                      MP_VALUES(mp_int(level), mp_int((int64_t)n)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        mp_str bytes = mp_rows_bytes(rows, 0);
        if (bytes.len == MP_TILE_BYTES)
            memcpy(out, bytes.ptr, MP_TILE_BYTES);
        else
            code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "tile %llu of level %u is %zu bytes; wanted %d",
                           (unsigned long long)n, level, bytes.len, MP_TILE_BYTES);
    } else if (code == MP_OK) {
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "tile %llu of level %u is not there", (unsigned long long)n, level);
    }
    mp_rows_close(rows);
    return code;
}

/* Of a level above 0: each hash is the root of a full tile below. */
static mp_code load_level(mp_edge *edge, mp_tx *tx, unsigned level, uint64_t size, mp_merkle_hasher *hasher,
                          mp_error *err)
{
    mp_tile  below;
    uint64_t first = mp_tiles_full(size, level) * MP_TILE_WIDTH;
    for (unsigned i = 0; i < mp_edge_width(size, level); i++) {
        MP_TRY(mp_tile_read(&below, tx, level - 1, first + i, err));
        MP_TRY(
            mp_tile_root(edge->tiles[level][i], (const uint8_t(*)[MP_MERKLE_HASH])below, MP_TILE_WIDTH, hasher, err));
    }
    return MP_OK;
}

/* The perfect subtrees that the tile of a level stands for, the largest first. */
static mp_code add_peaks(mp_edge *edge, unsigned width, unsigned level, mp_merkle_hasher *hasher, mp_error *err)
{
    unsigned at = 0;
    for (unsigned count = MP_TILE_WIDTH / 2; count; count /= 2) {
        if (!(width & count))
            continue;
        MP_TRY(mp_tile_root(edge->tree.peaks[edge->tree.peak_count++],
                            (const uint8_t (*)[MP_MERKLE_HASH])edge->tiles[level] + at, count, hasher, err));
        at += count;
    }
    return MP_OK;
}

mp_code mp_edge_load(mp_edge *edge, mp_tx *tx, uint64_t size, mp_merkle_hasher *hasher, mp_error *err)
{
    edge->tree.size = size;
    edge->tree.peak_count = 0;
    for (unsigned level = MP_TILE_LEVELS; level-- > 0;) {
        if (level)
            MP_TRY(load_level(edge, tx, level, size, hasher, err));
        MP_TRY(add_peaks(edge, mp_edge_width(size, level), level, hasher, err));
    }
    return MP_OK;
}

/* ---- nodes ---- */

static mp_code get_node(uint8_t out[MP_MERKLE_HASH], void *ctx, unsigned level, uint64_t index, mp_error *err)
{
    mp_nodes *nodes = ctx;
    unsigned  tile_level = level / MP_TILE_BITS, count = 1u << level % MP_TILE_BITS;
    uint64_t  first = index * count, n = first / MP_TILE_WIDTH;
    const uint8_t (*hashes)[MP_MERKLE_HASH] = nodes->edge->tiles[tile_level];
    assert(n <= mp_tiles_full(nodes->edge->tree.size, tile_level));
    if (n < mp_tiles_full(nodes->edge->tree.size, tile_level)) {
        if (nodes->kept[tile_level] != n + 1) {
            nodes->kept[tile_level] = 0;
            MP_TRY(mp_tile_read(&nodes->tiles[tile_level], nodes->tx, tile_level, n, err));
            nodes->kept[tile_level] = n + 1;
        }
        hashes = (const uint8_t (*)[MP_MERKLE_HASH])nodes->tiles[tile_level];
    }
    return mp_tile_root(out, hashes + first % MP_TILE_WIDTH, count, nodes->source.hasher, err);
}

void mp_nodes_init(mp_nodes *nodes, mp_tx *tx, const mp_edge *edge, mp_merkle_hasher *hasher)
{
    nodes->source = (mp_merkle_source){ .get = get_node, .ctx = nodes, .hasher = hasher };
    nodes->tx = tx;
    nodes->edge = edge;
    memset(nodes->kept, 0, sizeof nodes->kept);
}
