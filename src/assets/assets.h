/* SPDX-License-Identifier: Apache-2.0 */
/* assets.h - the register of assets: what an organisation has, of which class, how important, who answers for it.
 *
 *   asset_rules.h     classes, grades, laws, which type is of which class: data
 *   asset.h           one asset as a record
 *   asset_register.h  all of them, at a time; what is missing in it
 *   asset_filling.h   assets made of the recorded estate by rule, and of a spreadsheet
 *   asset_document.h  the register as a document: for forms, for spreadsheets
 *   data_places.h     in which country data is kept, how it is classified, and whose it is */
#ifndef MAPAE_ASSETS_H
#define MAPAE_ASSETS_H

#include "asset_rules.h"
#include "system.h"

typedef struct mp_assets {
    mp_app        *app;
    mp_arena       arena;
    mp_asset_rules rules;
} mp_assets;

extern const mp_system mp_assets_system;
static inline mp_assets *mp_assets_of(const mp_app *app) { return mp_app_state(app, &mp_assets_system); }

#define MP_ASSETS_READ "Mapae.Assets/assets/read"
#define MP_ASSETS_WRITE "Mapae.Assets/assets/write"
#define MP_ASSETS_DELETE "Mapae.Assets/assets/delete"

#define MP_ROUTES_ASSETS 7
extern const mp_route mp_routes_assets[MP_ROUTES_ASSETS];
#define MP_ROUTES_ASSET_WORK 5
extern const mp_route mp_routes_asset_work[MP_ROUTES_ASSET_WORK];

#endif
