/* SPDX-License-Identifier: Apache-2.0 */
/* dump.h - read an inventory to its end and write down what came out, one line per record. */
#ifndef MAPAE_TESTS_INVENTORY_DUMP_H
#define MAPAE_TESTS_INVENTORY_DUMP_H

#include <mapae/inventory.h>

#include "arena.h"
#include "buf.h"

/* What was counted on the way. */
typedef struct dump_counts {
    size_t   records, ok, by_format[MP_FORMAT_COUNT], by_code[MP_CODE_COUNT];
    uint64_t batches;
} dump_counts;

/* Called for every record that was read well; may be NULL. */
typedef void dump_each(const mp_resource *r, const mp_origin *origin, void *context);

typedef struct dump {
    mp_buf      text; /* "format id | type | name | ..." or "code LINE:COL message" */
    dump_counts counts;
    dump_each  *each;
    void       *context;
    bool        is_quiet; /* count only */
    mp_code     code;     /* of mp_inventory_next(); also MP_NOMEM of a record */
} dump;

/* Takes `inventory` and closes it. */
void dump_inventory(dump *d, mp_inventory *inventory);
/* The same for a text in memory and for paths. */
void dump_memory(dump *d, const char *text, size_t len, const mp_inventory_options *options);
void dump_paths(dump *d, const char *const *paths, size_t count,
                const mp_inventory_options *options);
void dump_done(dump *d);

#endif
