/* SPDX-License-Identifier: Apache-2.0 */
/* arm_rows.h - within the room: the estate as the tables that Resource Graph asks. Rows come in the order of their
 * ids, in lower case. */
#ifndef MAPAE_ARM_ARM_ROWS_H
#define MAPAE_ARM_ARM_ROWS_H

#include "arm_internal.h"
#include "kusto.h"

enum { MP_ARM_TABLE_RESOURCES, MP_ARM_TABLE_CONTAINERS, MP_ARM_TABLE_COUNT };
extern const mp_kusto_table mp_arm_graph_tables[MP_ARM_TABLE_COUNT];

/* `key` is the row's id in lower case. `cells` are the callee's until it returns. */
typedef mp_code mp_arm_row_fn(void *ctx, mp_str key, const mp_json *const *cells, mp_error *err);

typedef struct mp_arm_rows {
    mp_arm_call   *call;
    size_t         table;
    /* arrays of texts: what is asked of; NULL or empty: all that the caller may see */
    const mp_json *subscriptions, *groups;
    const mp_str  *seen;      /* of mp_arm_subscriptions_seen() */
    size_t         seen_count;
    mp_ticks       as_of;     /* 0: now */
    mp_str         after_key; /* rows behind it; empty: all */
    mp_arm_row_fn *visit;
    void          *ctx;
    const bool    *stops;     /* looked at behind each row: no more of them */
} mp_arm_rows;

/* Each row that the caller may read, within a read. Fails with what `visit` fails with; 400 when nothing that is
 * asked of is to be seen. */
MP_MUST_CHECK mp_code mp_arm_each_row(const mp_arm_rows *rows, mp_tx *tx, mp_error *err);

#endif
