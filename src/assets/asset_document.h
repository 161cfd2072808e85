/* SPDX-License-Identifier: Apache-2.0 */
/* asset_document.h - the register as one document: by class, with totals that are the counts of what stands below
 * them, in words of both languages; and as one table of a spreadsheet. Docs: docs/assets.md. */
#ifndef MAPAE_ASSET_DOCUMENT_H
#define MAPAE_ASSET_DOCUMENT_H

#include "asset_register.h"
#include "buf.h"
#include "jsonw.h"

#define MP_ASSET_DOCUMENT_FINDINGS 1000

typedef struct mp_asset_telling {
    const mp_asset_rules  *rules;
    const mp_register     *r;
    const mp_asset_survey *survey;
    mp_str                 scope;
    mp_ticks               at;
} mp_asset_telling;

/* NULL: memory was short. */
const mp_json *mp_asset_document(const mp_asset_telling *t, mp_arena *arena);
/* CSV with a head row, in a language. */
void mp_asset_csv(mp_buf *out, const mp_asset_rules *rules, const mp_register *r, bool is_korean);
/* A finding as the API shows it. */
void mp_asset_finding_write(mp_jsonw *w, const mp_asset_finding *f);
/* "registered", "unregistered", ... as members of an open object. */
void mp_asset_sums_write(mp_jsonw *w, const mp_asset_survey *s);

#endif
