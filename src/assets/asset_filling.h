/* SPDX-License-Identifier: Apache-2.0 */
/* asset_filling.h - many assets at once: from the recorded estate by rule, and from the rows of a spreadsheet. */
#ifndef MAPAE_ASSET_FILLING_H
#define MAPAE_ASSET_FILLING_H

#include "asset_register.h"
#include "assets.h"
#include "sheet_read.h"

#define MP_FILLING_MOST 5000 /* assets of one request */

/* What is to be written: the body as somebody would send it. */
typedef struct mp_asset_draft {
    const mp_json *sent;
    mp_str         id; /* of the asset that is replaced; empty: a new one */
    size_t         row; /* of a spreadsheet; 0: none */
} mp_asset_draft;

typedef struct mp_asset_drafts {
    mp_asset_draft *items;
    size_t          count, cap;
    bool            has_more; /* than MP_FILLING_MOST */
} mp_asset_drafts;

typedef struct mp_asset_fault {
    size_t   row;
    mp_error why;
} mp_asset_fault;

/* What the settings say of tags, and what the request says of all that is made. */
typedef struct mp_filling {
    const mp_asset_rules *rules;
    const mp_asset_eyes  *eyes; /* who may write */
    const char           *label_tags, *owner_tags, *keeper_tags; /* names apart by commas; NULL: none */
    const mp_json        *given; /* members of every draft: owner, keeper, ratings, laws, ...; may be NULL */
    mp_str                scope;
    bool                  refreshes; /* also those that are registered: name, location and labels as they are now */
} mp_filling;

/* Of a resource's tags: the value of the first of these names (apart by commas) that has one; all of them, as the array
 * "labels". */
mp_str mp_asset_tag(const mp_json *tags, const char *names);
void   mp_asset_put_labels(mp_jsonw *w, const mp_json *tags, const char *names, mp_arena *arena);

/* What is an asset by rule and not registered. */
MP_MUST_CHECK mp_code mp_asset_drafts_of_estate(mp_asset_drafts *out, mp_tx *tx, const mp_filling *f, mp_register *r,
                                                mp_arena *arena, mp_error *err);
/* The first table, whose first row names columns by their ids or names (mp_asset_rules.columns). A row with an id, or
 * with the resource of an asset, replaces that one. Faults are those of rows, at most `most`. Fails with MP_FORMAT (no
 * table, a column that is none), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_asset_drafts_of_sheet(mp_asset_drafts *out, mp_asset_fault *faults, size_t *fault_count, size_t most,
                                               const mp_sheet_tables *tables, const mp_asset_rules *rules,
                                               const mp_register *r, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_asset_draft_add(mp_asset_drafts *drafts, mp_asset_draft draft, mp_arena *arena, mp_error *err);

#endif
