/* SPDX-License-Identifier: Apache-2.0 */
/* asset.h - one asset of the register. Kind "asset", key: a GUID. The body:
 *
 *   {"id", "name", "class", "origin": "estate"|"hand", "resource": id in the estate, "scope": where rights to it are
 *    given, "number", "purpose", "model", "quantity", "location", "owner", "keeper", "confidentiality", "integrity",
 *    "availability": 1 to 3, "laws": [...], "sum", "grade", "labels": ["name=value", ...], "createdAt"}
 *
 * What nobody said is absent: an asset without three ratings has neither sum nor grade. */
#ifndef MAPAE_ASSET_H
#define MAPAE_ASSET_H

#include "asset_rules.h"
#include "records.h"

extern const mp_kind mp_asset_kind;

#define MP_ASSET_TEXT_MAX 400
#define MP_ASSET_LISTS_MAX 50 /* labels, laws */
#define MP_ASSET_QUANTITY_MAX 1000000

/* The body of an asset from what somebody sent, an object with the members above; what follows from them (origin, sum,
 * grade, the scope of a resource) is worked out. In the arena; texts are borrowed from `sent`. Fails with MP_PARAMETER
 * (what is wrong), MP_NOMEM. */
typedef struct mp_asset_making {
    const mp_asset_rules *rules;
    mp_str                id;
    mp_ticks              created_at;
} mp_asset_making;
MP_MUST_CHECK mp_code mp_asset_make(const mp_json **body, const mp_asset_making *as, const mp_json *sent,
                                    mp_arena *arena, mp_error *err);

/* An asset as it is read; texts are borrowed from the body. */
typedef struct mp_asset {
    mp_str         id, name, class, resource, scope, owner, keeper, grade;
    int64_t        ratings[3]; /* 0: none */
    int64_t        version;
    const mp_json *body;
} mp_asset;
mp_asset mp_asset_of(const mp_record *record);
/* A resource as it is compared: its key in the estate. {NULL,0}: it is no id, or memory is short. */
mp_str mp_asset_resource_key(mp_str resource, mp_arena *arena);

extern const char *const mp_asset_ratings[3]; /* "confidentiality", ... */

#endif
