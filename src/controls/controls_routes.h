/* SPDX-License-Identifier: Apache-2.0 */
/* controls_routes.h - what our own API answers about frameworks and how they stand. Private to controls. */
#ifndef MAPAE_CONTROLS_ROUTES_H
#define MAPAE_CONTROLS_ROUTES_H

#include "app.h"

#define MP_ROUTES_FRAMEWORKS 4
extern const mp_route mp_routes_frameworks[MP_ROUTES_FRAMEWORKS];
#define MP_ROUTES_CERTIFICATION 2
extern const mp_route mp_routes_certification[MP_ROUTES_CERTIFICATION];
#define MP_ROUTES_MEASURES 5
extern const mp_route mp_routes_measures[MP_ROUTES_MEASURES];
#define MP_ROUTES_SAID 10
extern const mp_route mp_routes_said[MP_ROUTES_SAID];
#define MP_ROUTES_SCORES 5
extern const mp_route mp_routes_scores[MP_ROUTES_SCORES];
#define MP_ROUTES_OWN_FRAMEWORKS 4
extern const mp_route mp_routes_own_frameworks[MP_ROUTES_OWN_FRAMEWORKS];
#define MP_ROUTES_DECISIONS 7
extern const mp_route mp_routes_decisions[MP_ROUTES_DECISIONS];
#define MP_ROUTES_STATEMENTS 2
extern const mp_route mp_routes_statements[MP_ROUTES_STATEMENTS];
#define MP_ROUTES_EDITION_MOVE 1
extern const mp_route mp_routes_edition_move[MP_ROUTES_EDITION_MOVE];
#define MP_ROUTES_SUBSTITUTING 3
extern const mp_route mp_routes_substituting[MP_ROUTES_SUBSTITUTING];
extern const mp_routes mp_controls_routes[]; /* ends with {NULL,0} */

#endif
