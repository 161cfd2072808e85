/* SPDX-License-Identifier: Apache-2.0 */
#include "controls.h"

#include <stdlib.h>

#include "controls_routes.h"
#include "decisions.h"
#include "evidence_world.h"
#include "measure.h"
#include "own_frameworks.h"
#include "said.h"
#include "substituting.h"

static void close_system(void *state)
{
    mp_controls *c = state;
    if (!c)
        return;
    mp_holding_free(c->holding);
    mp_said_holding_free(c->said);
    free(c);
}

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    mp_controls *c = calloc(1, sizeof *c);
    if (!c)
        return mp_no_memory(err);
    c->app = app;
    mp_code code = mp_said_holding_new(&c->said, app->store, err);
    if (code == MP_OK)
        code = mp_holding_new(&c->holding, app->store, err);
    if (code != MP_OK) {
        close_system(c);
        return code;
    }
    *state = c;
    mp_evidence_know(app, &mp_controls_evidence_world);
    return MP_OK;
}

static mp_code changed(void *state, mp_tx *tx, mp_error *err)
{
    mp_controls            *c = state;
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    (void)err;
    for (size_t i = 0; i < count; i++)
        if (changes[i].kind == &mp_framework_kind)
            mp_held_changed(c->holding, tx);
    mp_said_changed(c->said, tx);
    return MP_OK;
}

static const mp_kind *const kinds[] = { &mp_framework_kind, &mp_measure_kind, &mp_control_answer_kind,
                                        &mp_control_exclusion_kind, &mp_control_finding_kind,
                                        &mp_control_decision_kind, &mp_measure_certificate_kind,
                                        &mp_measure_substitution_kind, NULL };

const mp_system mp_controls_system = {
    .name = "controls",
    .kinds = kinds,
    .changed = changed,
    .routes = mp_controls_routes,
    .open = open_system,
    .close = close_system,
};
