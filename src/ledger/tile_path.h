/* SPDX-License-Identifier: Apache-2.0 */
/* tile_path.h - paths of C2SP tlog-tiles: "checkpoint", "tile/L/N", "tile/L/N.p/W", "tile/entries/N",
 * "tile/entries/N.p/W".
 *
 * N is decimal in groups of three digits, all but the last with an 'x' in front: 1234067 is x001/x234/067. A
 * tile has one path. */
#ifndef MAPAE_LEDGER_TILE_PATH_H
#define MAPAE_LEDGER_TILE_PATH_H

#include "buf.h"

typedef enum mp_tile_file {
    MP_TILE_NONE,
    MP_TILE_CHECKPOINT,
    MP_TILE_HASHES,
    MP_TILE_ENTRIES,
} mp_tile_file;

typedef struct mp_tile_path {
    mp_tile_file kind;
    unsigned     level; /* of hashes: 0 to 63 */
    uint64_t     n;
    unsigned     width; /* 1 to 256; 256: the full one */
} mp_tile_path;

/* kind MP_TILE_NONE when it is none. */
mp_tile_path mp_tile_path_parse(mp_str path);
/* Append it. */
void mp_tile_path_print(mp_buf *out, const mp_tile_path *path);

#endif
