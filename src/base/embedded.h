/* SPDX-License-Identifier: Apache-2.0 */
/* embedded.h - files that tools/embed.py built into the program. */
#ifndef MAPAE_BASE_EMBEDDED_H
#define MAPAE_BASE_EMBEDDED_H

#include <mapae/str.h>

/* An array of these is sorted by name, bytewise. */
typedef struct mp_embedded {
    mp_str name; /* path below the folder that was embedded: "policies/storage/https-only.json" */
    mp_str bytes; /* followed by 64 readable bytes (MP_JSON_PADDING) */
} mp_embedded;

/* The file of that name, or NULL. */
static inline const mp_embedded *mp_embedded_find(const mp_embedded *files, size_t count, mp_str name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int    order = mp_str_cmp(files[middle].name, name);
        if (order == 0)
            return &files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

#endif
