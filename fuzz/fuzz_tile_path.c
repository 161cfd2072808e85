/* SPDX-License-Identifier: Apache-2.0 */
/* A path of a tile that is read is printed to the same bytes: a tile has one path. */
#include "tile_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str       text = mp_str_of((const char *)data, size);
    mp_tile_path path = mp_tile_path_parse(text);
    mp_buf       again = MP_BUF_INIT;
    if (path.kind != MP_TILE_NONE) {
        mp_tile_path_print(&again, &path);
        MUST(!again.failed && mp_str_eq(mp_buf_str(&again), text));
        MUST(path.kind == MP_TILE_CHECKPOINT || (path.width >= 1 && path.width <= 256 && path.level <= 63));
        MUST(path.n < UINT64_C(1000000000000000000));
    }
    mp_buf_free(&again);
    return 0;
}
