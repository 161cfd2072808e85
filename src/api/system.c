/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include "systems_open.h"

static size_t count_of(const void *const *list)
{
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

static size_t routes_of(const mp_routes *routes)
{
    size_t count = 0;
    while (routes && routes[count].routes)
        count++;
    return count;
}

static void add(const void **to, size_t *count, const void *const *from)
{
    for (size_t i = 0; from && from[i]; i++)
        to[(*count)++] = from[i];
}

mp_code mp_app_parts_of(mp_app_parts *out, const mp_system *const *systems, mp_arena *arena, mp_error *err)
{
    size_t schemas = MP_APP_SCHEMAS, kinds = MP_APP_KINDS, routes = routes_of(mp_app_routes), at = routes;
    for (size_t i = 0; systems && systems[i]; i++) {
        schemas += count_of((const void *const *)systems[i]->schemas);
        kinds += count_of((const void *const *)systems[i]->kinds);
        routes += routes_of(systems[i]->routes);
    }
    mp_app_parts made = {
        .schemas = MP_ARENA_ARRAY(arena, const mp_schema *, schemas),
        .kinds = MP_ARENA_ARRAY(arena, const mp_kind *, kinds),
        .routes = MP_ARENA_ARRAY(arena, mp_routes, routes + 1),
        .schema_count = MP_APP_SCHEMAS,
        .kind_count = MP_APP_KINDS,
    };
    if (!made.schemas || !made.kinds || !made.routes)
        return mp_no_memory(err);
    memcpy(made.schemas, mp_app_schemas, sizeof mp_app_schemas);
    memcpy(made.kinds, mp_app_kinds, sizeof mp_app_kinds);
    memcpy(made.routes, mp_app_routes, at * sizeof *made.routes);
    for (size_t i = 0; systems && systems[i]; i++) {
        size_t more = routes_of(systems[i]->routes);
        add((const void **)made.schemas, &made.schema_count, (const void *const *)systems[i]->schemas);
        add((const void **)made.kinds, &made.kind_count, (const void *const *)systems[i]->kinds);
        if (more)
            memcpy(made.routes + at, systems[i]->routes, more * sizeof *made.routes);
        at += more;
    }
    made.routes[at] = (mp_routes){ NULL, 0 };
    *out = made;
    return MP_OK;
}

mp_code mp_systems_open(mp_app *app, mp_error *err)
{
    size_t count = count_of((const void *const *)app->systems);
    app->states = MP_ARENA_ARRAY(&app->arena, void *, count + 1);
    if (!app->states)
        return mp_no_memory(err);
    for (; app->open_count < count; app->open_count++) {
        const mp_system *system = app->systems[app->open_count];
        app->states[app->open_count] = NULL;
        if (system->open)
            MP_TRY(system->open(&app->states[app->open_count], app, err));
    }
    return MP_OK;
}

mp_code mp_systems_begin(mp_app *app, mp_error *err)
{
    for (size_t i = 0; i < app->open_count; i++)
        if (app->systems[i]->begin)
            MP_TRY(app->systems[i]->begin(app->states[i], err));
    return MP_OK;
}

void mp_systems_close(mp_app *app)
{
    while (app->open_count > 0) {
        const mp_system *system = app->systems[--app->open_count];
        if (system->close)
            system->close(app->states[app->open_count]);
    }
}

mp_code mp_systems_changed(mp_app *app, mp_tx *tx, mp_error *err)
{
    for (size_t i = 0; i < app->open_count; i++)
        if (app->systems[i]->changed)
            MP_TRY(app->systems[i]->changed(app->states[i], tx, err));
    return MP_OK;
}

void mp_systems_committed(mp_app *app)
{
    for (size_t i = 0; i < app->open_count; i++)
        if (app->systems[i]->committed)
            app->systems[i]->committed(app->states[i]);
}

void *mp_app_state(const mp_app *app, const mp_system *system)
{
    for (size_t i = 0; i < app->open_count; i++)
        if (app->systems[i] == system)
            return app->states[i];
    return NULL;
}
