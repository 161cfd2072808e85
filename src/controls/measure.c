/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "estate.h"
#include "guard.h"
#include "item.h"
#include "text.h"

static const mp_record_index indexes[] = {
    { .name = "framework", .path = "framework" },
    { .name = "service", .path = "service" },
    { .name = "environment", .path = "environment" },
    { .name = "inheritsFrom", .path = "inheritsFrom" },
};
const mp_kind mp_measure_kind = { .name = "measure", .indexes = indexes, .index_count = MP_COUNT(indexes) };

#define READ "Mapae.Controls/measures/read"

mp_code mp_measure_of(mp_measure *out, const mp_record *record, mp_arena *arena, mp_error *err)
{
    const mp_json *body = record->body, *scopes = mp_json_get(body, MP_S("scopes")),
                  *shared = mp_json_get(body, MP_S("shared"));
    size_t count = mp_json_is(scopes, MP_JSON_ARRAY) ? scopes->count : 0;
    mp_str *keys = MP_ARENA_ARRAY(arena, mp_str, count + 1);
    if (!keys)
        return mp_no_memory(err);
    *out = (mp_measure){ .name = record->key,
                         .title = mp_json_get_text(body, "title"),
                         .framework = mp_json_get_text(body, "framework"),
                         .scheme = mp_json_get_text(body, "scheme"),
                         .service = mp_json_get_text(body, "service"),
                         .environment = mp_json_get_text(body, "environment"),
                         .owner = mp_json_get_text(body, "owner"),
                         .inherits = mp_json_get_text(body, "inheritsFrom"),
                         .is_shared = mp_json_is_true(shared),
                         .version = record->version,
                         .scopes = keys };
    if (count)
        for (MP_JSON_EACH(scope, scopes)) {
            mp_place place;
            MP_TRY(mp_place_of(&place, mp_json_str(scope), arena, err));
            keys[out->scope_count++] = place.key;
        }
    return MP_OK;
}

mp_code mp_measure_get(mp_measure *out, mp_tx *tx, mp_str name, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_measure_kind, name, as_of, arena, err));
    return mp_measure_of(out, &record, arena, err);
}

mp_code mp_framework_asked(const mp_framework **framework, const mp_scheme **scheme, const mp_frameworks *all,
                           mp_str name, mp_str scheme_name, mp_error *err)
{
    if (!mp_framework_named(framework, scheme, all, name))
        return mp_framework_none(all, MP_MISSING, name, err);
    if (!scheme_name.len)
        return MP_OK;
    *scheme = mp_scheme_find(*framework, scheme_name);
    return *scheme ? MP_OK
                   : mp_fail(err, MP_MISSING, MP_NOWHERE, "the framework '%.*s' has no scheme '%.*s'",
                             MP_FMT((*framework)->id), MP_FMT(scheme_name));
}

/* ---- rights ---- */

bool mp_measure_may(mp_app *app, const mp_http_request *request, const char *action, const mp_measure *measure)
{
    bool may = measure->scope_count > 0;
    for (size_t i = 0; may && i < measure->scope_count; i++)
        may = mp_app_may(app, request, action, measure->scopes[i]);
    return may;
}

typedef struct finding {
    mp_measure *out;
    mp_str name;
    mp_ticks as_of;
    mp_arena *arena;
} finding;

enum { NAMES = 200 }; /* of measures that are looked at for one that is meant */

typedef struct missing {
    mp_app *app;
    mp_http_request *request;
    mp_str name, meant;
    bool is_there_now; /* so it was not at the time that was asked about */
} missing;

static mp_code find(mp_tx *tx, void *arg, mp_error *err)
{
    finding *f = arg;
    return mp_measure_get(f->out, tx, f->name, f->as_of, f->arena, err);
}

static mp_code none_within(mp_tx *tx, void *arg, mp_error *err)
{
    missing *m = arg;
    const mp_record_query query = { .kind = &mp_measure_kind, .limit = NAMES };
    mp_record_page page;
    mp_str names[NAMES];
    size_t count = 0;
    mp_measure measure;
    mp_error why;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    for (size_t i = 0; i < page.count; i++)
        if (mp_measure_of(&measure, &page.records[i], m->request->arena, &why) == MP_OK &&
            mp_measure_may(m->app, m->request, READ, &measure)) {
            names[count++] = measure.name;
            m->is_there_now |= mp_str_eq(measure.name, m->name);
        }
    m->meant = mp_text_meant(m->request->arena, m->name, names, count);
    return MP_OK;
}

mp_code mp_measure_none(mp_app *app, mp_http_request *request, mp_tx *tx, mp_str name, mp_error *err)
{
    missing m = { .app = app, .request = request, .name = name, .meant = MP_S("") };
    mp_error why = { .code = MP_OK };
    bool is_read = (tx ? none_within(tx, &m, &why) : mp_store_read(app->store, none_within, &m, &why)) == MP_OK;
    if (is_read && m.is_there_now)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there was no measure '%.*s' at that time", MP_FMT(name));
    if (is_read && m.meant.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no measure '%.*s'; there are: %.*s", MP_FMT(name), MP_FMT(m.meant));
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no measure '%.*s'", MP_FMT(name));
}

mp_code mp_measure_require(mp_measure *out, mp_app *app, mp_http_request *request, mp_str name, mp_ticks as_of,
                           mp_error *err)
{
    finding f = { out, { NULL, 0 }, as_of, request->arena };
    mp_error why = { .code = MP_OK };
    *out = (mp_measure){ .scope_count = 0 };
    if (!name.len)
        return mp_app_require(app, request, NULL, MP_S("/"), err);
    f.name = mp_arena_dup(request->arena, name);
    if (!f.name.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; i < f.name.len; i++) {
        char c = f.name.ptr[i];
        ((char *)f.name.ptr)[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    mp_code code = mp_store_read(app->store, find, &f, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (code == MP_MISSING || !mp_measure_may(app, request, READ, out))
        return mp_measure_none(app, request, NULL, name, err);
    for (size_t i = 0; i < out->scope_count; i++)
        MP_TRY(mp_app_require(app, request, NULL, out->scopes[i], err));
    return MP_OK;
}

mp_code mp_measure_changed(mp_str name, mp_error *err)
{
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                   "the measure '%.*s' was changed or deleted just now; look at it, and ask again", MP_FMT(name));
}

mp_code mp_measure_as_seen(mp_tx *tx, const mp_measure *seen, mp_error *err)
{
    mp_record now;
    mp_error why = { .code = MP_OK };
    if (!seen->scope_count)
        return MP_OK;
    mp_code code = mp_record_get(&now, tx, &mp_measure_kind, seen->name, 0, mp_tx_arena(tx), &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    return code == MP_OK && now.version == seen->version ? MP_OK : mp_measure_changed(seen->name, err);
}
