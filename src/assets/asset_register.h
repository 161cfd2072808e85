/* SPDX-License-Identifier: Apache-2.0 */
/* asset_register.h - the whole register at a time, and what is missing in it against the recorded estate. Within a
 * reading transaction; everything is the arena's. Both pass over all there is: memory grows with the register, not with
 * the estate. */
#ifndef MAPAE_ASSET_REGISTER_H
#define MAPAE_ASSET_REGISTER_H

#include "asset.h"
#include "asset_lacks.h"
#include "estate.h"
#include "map.h"

/* Whose eyes it is seen with: assets and resources that he may not see are not there. */
typedef struct mp_asset_eyes {
    bool (*sees)(void *ctx, mp_str scope);
    void *ctx;
    bool  sees_all;
} mp_asset_eyes;

typedef struct mp_register {
    mp_asset *assets; /* by their ids */
    bool     *is_there; /* of each: its resource was met; see mp_register_survey() */
    size_t    count;
    mp_map    by_resource; /* key in the estate to the asset */
    mp_map    by_id;       /* without ASCII case, as spreadsheets have ids */
} mp_register;

/* `scope`: key; only what stands there or below, empty: all. To be given to mp_register_done() in any case. */
MP_MUST_CHECK mp_code mp_register_read(mp_register *out, mp_tx *tx, mp_str scope, const mp_asset_eyes *eyes, mp_ticks as_of,
                                       mp_arena *arena, mp_error *err);
void mp_register_done(mp_register *r);

/* ---- what is missing ---- */

typedef struct mp_asset_finding {
    mp_asset_lack   lack;
    const mp_asset *asset;    /* NULL: a resource that is not registered */
    mp_str          resource, type, name, class, location;
} mp_asset_finding;

typedef struct mp_asset_survey_query {
    const mp_asset_rules *rules;
    const mp_asset_eyes  *eyes;
    mp_str                scope; /* key; empty: all */
    mp_ticks              as_of;
    int                   only;  /* one lack; -1: all */
    size_t                skip, top; /* of the findings, in their order */
} mp_asset_survey_query;

typedef struct mp_asset_survey {
    uint64_t          sums[MP_LACK_COUNT];
    uint64_t          resources;  /* in the estate that are assets by rule, or of no rule */
    uint64_t          registered; /* of them */
    mp_asset_finding *findings;
    size_t            count;
    bool              has_more;
} mp_asset_survey;

MP_MUST_CHECK mp_code mp_register_survey(mp_asset_survey *out, mp_register *r, mp_tx *tx, const mp_asset_survey_query *q,
                                         mp_arena *arena, mp_error *err);

#endif
