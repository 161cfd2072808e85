/* SPDX-License-Identifier: Apache-2.0 */
/* kusto_group.h - within the room: rows that are alike, and what is worked out of them. */
#ifndef MAPAE_KUSTO_KUSTO_GROUP_H
#define MAPAE_KUSTO_KUSTO_GROUP_H

#include "kusto_parse.h"
#include "map.h"

typedef struct grouping {
    const step     *s; /* summarize, distinct or count */
    mp_arena        arena;
    mp_map          groups; /* by the text of their keys; struct group */
    mp_map          values; /* that dcount() has seen */
    uint32_t        most;
} grouping;

void grouping_init(grouping *g, const step *s, const mp_kusto_limits *limits);
void grouping_done(grouping *g);
/* `scratch` is for what is needed meanwhile. Fails with MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code grouping_add(grouping *g, bool *is_new, const mp_json *const *cells, mp_arena *scratch, mp_error *err);
/* Rows come out in the order in which the first of each came in. A summary by nothing has one row always. */
MP_MUST_CHECK mp_code grouping_end(grouping *g, mp_arena *scratch, mp_error *err);
size_t grouping_count(const grouping *g);
/* The columns of row `i`; NULL when memory is short. In `arena`, or borrowed. */
const mp_json **grouping_row(const grouping *g, size_t i, mp_arena *arena);

/* What stands in the way: memory, or the most that `arena` may hold. */
mp_code kusto_full(const mp_arena *arena, mp_error *err);

#endif
