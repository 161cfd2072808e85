/* SPDX-License-Identifier: Apache-2.0 */
/* data_places.h - where data is kept, how it is classified, and whose it is: what a customer may ask a provider (CSAP 12.1.1,
 * 12.1.2, 12.1.5). Over the recorded resources of types that keep data (content/assets, "dataTypes"), registered or not.
 *
 *   {"sums": {"resources", "labelled", "owned", "placed"},
 *    "places": [{"country"?, "name"?: {"ko","en"}, "location", "resources", "labelled", "owned"}],
 *    "value": [{"resource", "name", "type", "location", "country"?, "labels", "owner"?, "registered"}], "hasMore"?: true}
 *
 * Labels and owners are those of the register; of what is not registered, those of the tags that the settings name. Where
 * a location is of no country that is known, that is said, and not guessed. */
#ifndef MAPAE_DATA_PLACES_H
#define MAPAE_DATA_PLACES_H

#include "asset_register.h"
#include "jsonw.h"

typedef struct mp_data_query {
    const mp_asset_rules *rules;
    const mp_asset_eyes *eyes;
    mp_str scope; /* key; empty: all */
    mp_ticks as_of;
    const char *label_tags, *owner_tags; /* names apart by commas; NULL: none */
    size_t top;                          /* rows; the sums are over all */
} mp_data_query;

enum { MP_DATA_PLACES = 500 }; /* locations told apart; what comes after stands together, without a location */

/* The whole object. Within a reading transaction. Fails as the store does; with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_data_places(mp_jsonw *w, mp_register *r, mp_tx *tx, const mp_data_query *q, mp_error *err);

#endif
