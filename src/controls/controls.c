/* SPDX-License-Identifier: Apache-2.0 */
#include "controls.h"

#include <stdlib.h>

#include "controls_routes.h"
#include "evidence_world.h"
#include "measure.h"
#include "said.h"

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    mp_controls *c = calloc(1, sizeof *c);
    if (!c)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the frameworks");
    c->app = app;
    *state = c;
    mp_evidence_know(app, &mp_controls_evidence_world);
    return mp_holding_new(&c->holding, app->store, err);
}

static void close_system(void *state)
{
    mp_controls *c = state;
    if (!c)
        return;
    mp_holding_free(c->holding);
    free(c);
}

static const mp_kind *const kinds[] = { &mp_measure_kind, &mp_control_answer_kind, &mp_control_exclusion_kind,
                                        &mp_control_finding_kind, NULL };

const mp_system mp_controls_system = {
    .name = "controls",
    .kinds = kinds,
    .routes = mp_controls_routes,
    .open = open_system,
    .close = close_system,
};
