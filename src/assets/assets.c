/* SPDX-License-Identifier: Apache-2.0 */
#include "assets.h"

#include <stdlib.h>

#include "asset.h"

static void close_system(void *state)
{
    mp_assets *assets = state;
    if (assets)
        mp_arena_free(&assets->arena);
    free(assets);
}

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    mp_assets *assets = calloc(1, sizeof *assets);
    if (!assets)
        return mp_no_memory(err);
    assets->app = app;
    mp_code code = mp_asset_rules_builtin(&assets->rules, &assets->arena, err);
    if (code != MP_OK)
        close_system(assets);
    else
        *state = assets;
    return code;
}

static const mp_kind *const kinds[] = { &mp_asset_kind, NULL };
static const mp_routes      routes[] = {
    { mp_routes_assets, MP_ROUTES_ASSETS },
    { mp_routes_asset_work, MP_ROUTES_ASSET_WORK },
    { NULL, 0 },
};

const mp_system mp_assets_system = {
    .name = "assets", .kinds = kinds, .routes = routes, .open = open_system, .close = close_system
};
