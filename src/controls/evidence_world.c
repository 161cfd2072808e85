/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_world.h"

#include <assert.h>

#include "controls.h"

static_assert(offsetof(mp_held, all) == 0, "a snapshot is found by its frameworks");

static mp_code take(const mp_frameworks **out, mp_app *app, mp_error *err)
{
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    *out = &held->all;
    return MP_OK;
}

static void drop(const mp_frameworks *frameworks) { mp_held_drop((const mp_held *)frameworks); }

const mp_evidence_world mp_controls_evidence_world = { .take = take, .drop = drop };
