/* SPDX-License-Identifier: Apache-2.0 */
/* The log as files: what a client of C2SP tlog-tiles asks for. */
#include "ledger_internal.h"

#include "tile_path.h"

typedef struct request {
    mp_buf                *out;
    mp_tile_path           path;
    const mp_ledger_state *state;
    mp_merkle_hasher      *hasher;
    mp_tile                tile; /* read */
} request;

static mp_code no_file(mp_error *err)
{
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "the log has no such file");
}

/* Of the tile of `level`, borrowed from the request. */
static mp_code read_hashes(const uint8_t **out, request *r, unsigned level, mp_tx *tx, mp_error *err)
{
    *out = (const uint8_t *)r->state->edge.tiles[level];
    if (r->path.n < mp_tiles_full(r->state->edge.tree.size, level)) {
        MP_TRY(mp_tile_read(&r->tile, tx, level, r->path.n, err));
        *out = (const uint8_t *)r->tile;
    }
    return MP_OK;
}

static mp_code add_hashes(request *r, mp_tx *tx, mp_error *err)
{
    const uint8_t *hashes;
    MP_TRY(read_hashes(&hashes, r, r->path.level, tx, err));
    mp_buf_add(r->out, mp_str_of((const char *)hashes, r->path.width * (size_t)MP_MERKLE_HASH));
    return mp_buf_check(r->out, err);
}

/* A text that does not give the hash of its place is given to nobody. */
static mp_code check_entry(const request *r, const uint8_t *hashes, uint64_t index, mp_str entry, mp_error *err)
{
    uint8_t hash[MP_MERKLE_HASH];
    MP_TRY(mp_merkle_leaf(hash, r->hasher, entry, err));
    bool is_same = memcmp(hash, hashes + index % MP_TILE_WIDTH * MP_MERKLE_HASH, sizeof hash) == 0;
    return is_same ? MP_OK : mp_ledger_wrong_leaf(index, err);
}

/* Each with its length in front, 16 bits, the high ones first. */
static mp_code add_entries(request *r, mp_tx *tx, mp_error *err)
{
    mp_rows       *rows;
    const uint8_t *hashes;
    bool           more = false;
    uint64_t       index = r->path.n * MP_TILE_WIDTH, end = index + r->path.width;
    MP_TRY(read_hashes(&hashes, r, 0, tx, err));
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT idx, entry FROM ledger_leaf WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
                      MP_VALUES(mp_int((int64_t)index), mp_int((int64_t)end)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    for (; code == MP_OK && more && index < end; index++) {
        mp_str entry = mp_rows_bytes(rows, 1);
        if (mp_rows_is_null(rows, 1))
            code = mp_fail(err, MP_MISSING, MP_NOWHERE, "retention removed the text of leaf %llu",
                           (unsigned long long)index);
        else if (mp_rows_int(rows, 0) != (int64_t)index || entry.len > MP_LEAF_MAX)
            break;
        else
            code = check_entry(r, hashes, index, entry, err);
        mp_buf_add_c(r->out, (char)(entry.len >> 8));
        mp_buf_add_c(r->out, (char)(entry.len & 255));
        mp_buf_add(r->out, entry);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    if (index < end)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there", (unsigned long long)index);
    return mp_buf_check(r->out, err);
}

static mp_code read_file(mp_tx *tx, void *arg, mp_error *err)
{
    request *r = arg;
    return r->path.kind == MP_TILE_ENTRIES ? add_entries(r, tx, err) : add_hashes(r, tx, err);
}

/* Does the tree have as much of this tile? */
static bool is_there(const mp_tile_path *path, uint64_t size)
{
    unsigned level = path->kind == MP_TILE_ENTRIES ? 0 : path->level;
    if (level >= MP_TILE_LEVELS)
        return false;
    uint64_t full = mp_tiles_full(size, level);
    return path->n < full || (path->n == full && path->width <= mp_edge_width(size, level));
}

mp_code mp_ledger_file(mp_buf *out, mp_ledger *l, mp_str path, mp_error *err)
{
    request  r = { .out = out, .path = mp_tile_path_parse(path) };
    mp_arena arena = MP_ARENA_INIT;
    size_t   begin = out->len;
    if (r.path.kind == MP_TILE_NONE)
        return no_file(err);
    if (r.path.kind == MP_TILE_CHECKPOINT)
        return mp_ledger_checkpoint(out, l, err);
    r.state = mp_ledger_look(l, &arena);
    mp_code code = MP_OK;
    if (!r.state)
        code = mp_no_memory(err);
    else if (!is_there(&r.path, r.state->edge.tree.size))
        code = no_file(err);
    if (code == MP_OK)
        code = mp_merkle_hasher_new(&r.hasher, err);
    if (code == MP_OK)
        code = mp_store_read(l->store, read_file, &r, err);
    mp_merkle_hasher_free(r.hasher);
    if (code != MP_OK && !out->failed)
        out->len = begin;
    mp_arena_free(&arena);
    return code;
}
