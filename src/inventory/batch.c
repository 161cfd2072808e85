/* SPDX-License-Identifier: Apache-2.0 */
/* A batch owns the bytes its records lie in, or references to containers that do. Its memory is
 * kept from one filling to the next, so that in the steady state nothing is allocated. */
#include "internal.h"

#include <stdlib.h>

/* A buffer that one huge record made larger than this is not kept. */
#define KEEP ((size_t)64 << 20)

mp_code mp_inventory_batch_new(mp_inventory_batch **out, mp_error *err)
{
    mp_inventory_batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return mp_no_memory(err);
    *out = batch;
    return MP_OK;
}

void mp_batch_clear(mp_inventory_batch *batch)
{
    for (size_t i = 0; i < batch->container_count; i++)
        mp_container_unref(batch->containers[i]);
    batch->container_count = batch->failure_count = batch->count = 0;
    batch->pos = batch->len = batch->held_bytes = 0;
    if (batch->cap > KEEP) {
        free(batch->buf);
        batch->buf = NULL;
        batch->cap = 0;
    }
}

void mp_inventory_batch_free(mp_inventory_batch *batch)
{
    if (!batch)
        return;
    mp_batch_clear(batch);
    free(batch->buf);
    free(batch->records);
    free(batch->failures);
    free(batch->containers);
    free(batch);
}

size_t mp_inventory_batch_count(const mp_inventory_batch *batch) { return batch->count; }
uint64_t mp_inventory_batch_sequence(const mp_inventory_batch *batch) { return batch->sequence; }

mp_code mp_batch_reserve(mp_inventory_batch *batch, size_t more, mp_error *err)
{
    size_t needed = batch->len + more;
    if (needed > batch->cap || !batch->buf) {
        size_t cap = batch->cap * 2 > needed ? batch->cap * 2 : needed;
        char  *buf = realloc(batch->buf, cap + MP_JSON_PADDING);
        if (!buf)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for %zu bytes of records",
                           cap);
        batch->buf = buf;
        batch->cap = cap;
    }
    memset(batch->buf + batch->len, 0, MP_JSON_PADDING);
    return MP_OK;
}

/* Room for one more item in an array that doubles. */
static mp_code grow(void **items, size_t count, size_t *cap, size_t size, mp_error *err)
{
    if (count < *cap)
        return MP_OK;
    size_t more = *cap ? *cap * 2 : 16;
    size_t bytes;
    void  *grown = __builtin_mul_overflow(more, size, &bytes) ? NULL : realloc(*items, bytes);
    if (!grown)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for %zu records", more);
    *items = grown;
    *cap = more;
    return MP_OK;
}

mp_code mp_batch_grow_records(mp_inventory_batch *batch, mp_error *err)
{
    void   *items = batch->records;
    mp_code code = grow(&items, batch->count, &batch->record_cap, sizeof *batch->records, err);
    batch->records = items;
    return code;
}

mp_code mp_batch_hold(mp_inventory_batch *batch, mp_container *container, mp_error *err)
{
    if (batch->container_count && batch->containers[batch->container_count - 1] == container)
        return MP_OK;
    void   *items = batch->containers;
    mp_code code = grow(&items, batch->container_count, &batch->container_cap,
                        sizeof *batch->containers, err);
    batch->containers = items;
    MP_TRY(code);
    mp_container_ref(container);
    batch->containers[batch->container_count++] = container;
    return MP_OK;
}

mp_code mp_batch_fail(mp_inventory_batch *batch, mp_raw_record record, const mp_error *failure,
                      mp_error *err)
{
    void   *items = batch->failures;
    mp_code code = grow(&items, batch->failure_count, &batch->failure_cap, sizeof *batch->failures,
                        err);
    batch->failures = items;
    MP_TRY(code);
    batch->failures[batch->failure_count++] = *failure;
    record.failure = (uint32_t)batch->failure_count;
    return mp_batch_add(batch, &record, err);
}
