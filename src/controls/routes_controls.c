/* SPDX-License-Identifier: Apache-2.0 */
/* All tables of this room. */
#include "controls_routes.h"

const mp_routes mp_controls_routes[] = {
    { mp_routes_frameworks, MP_ROUTES_FRAMEWORKS },
    { mp_routes_own_frameworks, MP_ROUTES_OWN_FRAMEWORKS },
    { mp_routes_certification, MP_ROUTES_CERTIFICATION },
    { mp_routes_measures, MP_ROUTES_MEASURES },
    { mp_routes_edition_move, MP_ROUTES_EDITION_MOVE },
    { mp_routes_said, MP_ROUTES_SAID },
    { mp_routes_scores, MP_ROUTES_SCORES },
    { mp_routes_decisions, MP_ROUTES_DECISIONS },
    { mp_routes_substituting, MP_ROUTES_SUBSTITUTING },
    { mp_routes_statements, MP_ROUTES_STATEMENTS },
    { NULL, 0 },
};
