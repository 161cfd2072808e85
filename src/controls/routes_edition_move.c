/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for what changes when a measure goes to another edition. Going there is PUT of the measure. */
#include "controls_routes.h"
#include "decisions.h"
#include "edition_move.h"
#include "evidence_seen.h"
#include "guard.h"
#include "routes.h"

#define READ "Mapae.Controls/states/read"

static const mp_json_shape shape = {
    .name = "EditionMove", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.measures.moveShape"
};
static const mp_param params[] = {
    { .name = "framework", .type = MP_TYPE_STRING, .is_required = true, .max = 200, .doc = "api.measures.param.framework" },
    { .name = "scheme", .type = MP_TYPE_STRING, .max = 100, .doc = "api.measures.param.scheme" },
};

typedef struct asking {
    mp_app *app;
    mp_http_request *request;
    const mp_held *held;
    const mp_evidence_view *evidence;
    mp_evidence_seer seer;
    mp_measure measure;
    mp_standing_of from, to;
    mp_jsonw w;
} asking;

static bool may_inherit(void *ctx, const mp_measure *measure)
{
    asking *a = ctx;
    return mp_measure_may(a->app, a->request, READ, measure);
}

static mp_standing_of standing(asking *a, const mp_framework *framework, const mp_scheme *scheme)
{
    return (mp_standing_of){ .all = &a->held->all,
                             .framework = framework,
                             .scheme = scheme,
                             .measure = &a->measure,
                             .scopes = a->measure.scopes,
                             .scope_count = a->measure.scope_count,
                             .evidence = a->evidence,
                             .may_inherit = may_inherit,
                             .ctx = a,
                             .seer = &a->seer };
}

/* Without a scheme in the query that of the same id, where the other edition has one. */
static mp_code find_sides(asking *a, mp_error *err)
{
    const mp_frameworks *all = &a->held->all;
    mp_str name = mp_http_query(a->request, MP_S("framework")), scheme = mp_http_query(a->request, MP_S("scheme"));
    const mp_framework *from, *to;
    const mp_scheme *from_scheme, *to_scheme;
    MP_TRY(mp_framework_asked(&from, &from_scheme, all, a->measure.framework, a->measure.scheme, err));
    MP_TRY(mp_framework_asked(&to, &to_scheme, all, name, scheme, err));
    if (!to_scheme && from_scheme)
        to_scheme = mp_scheme_find(to, from_scheme->id);
    a->from = standing(a, from, from_scheme);
    a->to = standing(a, to, to_scheme);
    return MP_OK;
}

static mp_code write_move(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_arena *arena = a->request->arena;
    mp_score before, after;
    mp_said said;
    mp_ground ground;
    mp_ticks now = mp_tx_time(tx);
    mp_edition_move move = { .from = { &a->from, &before, now }, .to = { &a->to, &after, now }, .said = &said };
    mp_code code = mp_ground_read(&ground, tx, a->from.scopes, a->from.scope_count, 0, arena, err);
    if (code == MP_OK)
        code = mp_control_score(&before, tx, &a->from, &ground, arena, err);
    if (code == MP_OK)
        code = mp_control_score(&after, tx, &a->to, &ground, arena, err);
    if (code == MP_OK)
        code = mp_said_read(&said, tx, a->measure.framework, 0, arena, err);
    if (code == MP_OK)
        code = mp_decisions_read(&move.decided, &move.decided_count, tx, a->measure.framework, a->measure.name, 0,
                                 arena, err);
    if (code == MP_OK)
        code = mp_edition_move_show(&a->w, &move, err);
    mp_ground_done(&ground);
    return code;
}

static mp_code answer(asking *a, mp_http_response *response, mp_error *err)
{
    MP_TRY(find_sides(a, err));
    MP_TRY(mp_store_read(a->app->store, write_move, a, err));
    return mp_respond_json(a->request, response, 200, mp_jsonw_done(&a->w), err);
}

static mp_code get_move(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    asking a = { .app = app, .request = request, .seer = { .app = app, .request = request } };
    mp_str name;
    MP_TRY(mp_item_name(&name, request, "name", err));
    MP_TRY(mp_measure_require(&a.measure, app, request, name, 0, err));
    mp_jsonw_init(&a.w, request->arena);
    MP_TRY(mp_held_take(&a.held, mp_controls_of(app)->holding, err));
    mp_code code = mp_evidence_view_take(&a.evidence, app, 0, err);
    if (code == MP_OK) {
        code = answer(&a, response, err);
        mp_evidence_view_drop(a.evidence);
    }
    mp_held_drop(a.held);
    return code;
}

const mp_route mp_routes_edition_move[MP_ROUTES_EDITION_MOVE] = {
    API(MP_GET, "/measures/{name}/move", READ, get_move, .tag = "controls", .summary = "api.measures.move",
        .scope = "{measure.scopes}", PARAMS(params), .answer = &shape, .rate = MP_RATE_HEAVY),
};
