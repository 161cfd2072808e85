/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_world.h"

#include <assert.h>

#include "control_score.h"
#include "score_show.h"

static_assert(offsetof(mp_held, all) == 0, "a snapshot is found by its frameworks");

static mp_code take(const mp_frameworks **out, mp_app *app, mp_error *err)
{
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    *out = &held->all;
    return MP_OK;
}

static void drop(const mp_frameworks *frameworks) { mp_held_drop((const mp_held *)frameworks); }

/* ---- measures ---- */

typedef struct finding {
    mp_measure measure;
    mp_str name;
    mp_ticks as_of;
    mp_arena *arena;
} finding;

static mp_code find(mp_tx *tx, void *arg, mp_error *err)
{
    finding *f = arg;
    return mp_measure_get(&f->measure, tx, f->name, f->as_of, f->arena, err);
}

static mp_code scopes(const mp_str **out, size_t *count, mp_app *app, mp_str measure, mp_ticks as_of,
                      mp_arena *arena, mp_error *err)
{
    finding f = { .name = measure, .as_of = as_of, .arena = arena };
    MP_TRY(mp_store_read(app->store, find, &f, err));
    *out = f.measure.scopes;
    *count = f.measure.scope_count;
    return MP_OK;
}

static mp_code none(mp_app *app, mp_http_request *request, mp_str measure, mp_error *err)
{
    return mp_measure_none(app, request, NULL, measure, err);
}

static mp_code still(mp_tx *tx, mp_str name, const mp_str *places, size_t count, mp_error *err)
{
    mp_measure now = { .scope_count = 0 };
    mp_error why = { .code = MP_OK };
    mp_code code = mp_measure_get(&now, tx, name, 0, mp_tx_arena(tx), &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    bool is_same = code == MP_OK && now.scope_count == count;
    for (size_t i = 0; is_same && i < count; i++)
        is_same = mp_str_eq(now.scopes[i], places[i]);
    return is_same ? MP_OK : mp_measure_changed(name, err);
}

/* ---- how controls stand ---- */

typedef struct stating {
    const mp_evidence_asked *asked;
    mp_standing_of of;
    finding measured;
    mp_place place;
    mp_arena *arena;
    mp_jsonw w;
} stating;

/* Whoever reads it, it says the same: what is not shared with all is not inherited. */
static bool is_shared_only(void *ctx, const mp_measure *measure)
{
    (void)ctx;
    return measure->is_shared;
}

static mp_code state(mp_tx *tx, void *arg, mp_error *err)
{
    stating *s = arg;
    mp_score score;
    if (s->asked->measure.len) {
        MP_TRY(find(tx, &s->measured, err));
        s->of.measure = &s->measured.measure;
        s->of.scopes = s->measured.measure.scopes;
        s->of.scope_count = s->measured.measure.scope_count;
    }
    mp_ticks at = s->of.as_of ? s->of.as_of : mp_tx_time(tx);
    MP_TRY(mp_control_score(&score, tx, &s->of, NULL, s->arena, err));
    return mp_score_show(&s->w, &s->of, &score, at, err);
}

static mp_code statement(const mp_json **out, mp_app *app, const mp_evidence_asked *asked, mp_arena *arena,
                         mp_error *err)
{
    stating s = { .asked = asked, .arena = arena };
    s.of = (mp_standing_of){ .all = asked->frameworks,
                             .framework = asked->framework,
                             .scheme = asked->scheme,
                             .as_of = asked->as_of,
                             .may_inherit = is_shared_only };
    s.measured = (finding){ .name = asked->measure, .as_of = asked->as_of, .arena = arena };
    MP_TRY(mp_place_of(&s.place, asked->scope.len ? asked->scope : MP_S("/"), arena, err));
    s.of.scopes = &s.place.key;
    s.of.scope_count = 1;
    mp_jsonw_init(&s.w, arena);
    MP_TRY(mp_store_read(app->store, state, &s, err));
    *out = mp_jsonw_done(&s.w);
    return *out ? MP_OK : mp_no_memory(err);
}

const mp_evidence_world mp_controls_evidence_world = {
    .take = take, .drop = drop, .scopes = scopes, .still = still, .statement = statement, .none = none
};
