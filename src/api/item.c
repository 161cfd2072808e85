/* SPDX-License-Identifier: Apache-2.0 */
#include "item.h"

#include "listing.h"
#include "secret.h"

void mp_item_write(mp_jsonw *w, const mp_record *record, const mp_json *body)
{
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, body)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
    mp_jsonw_put_int(w, "version", record->version);
    mp_jsonw_end(w);
}

mp_code mp_item_respond(mp_http_request *request, mp_http_response *response, unsigned status,
                        const mp_record *record, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_item_write(&w, record, record->body);
    (void)mp_respond_etag(request, response, record->version); /* of a change: only the header */
    return mp_respond_json(request, response, status, mp_jsonw_done(&w), err);
}

typedef struct reading {
    const mp_kind *kind;
    mp_str         key;
    mp_ticks       as_of;
    mp_arena      *arena;
    mp_record      record;
} reading;

static mp_code read_one(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return mp_record_get(&r->record, tx, r->kind, r->key, r->as_of, r->arena, err);
}

mp_code mp_item_read(mp_record *out, mp_app *app, mp_http_request *request, const mp_kind *kind, mp_str key,
                     mp_ticks as_of, mp_error *err)
{
    reading r = { .kind = kind, .key = key, .as_of = as_of, .arena = request->arena };
    MP_TRY(mp_store_read(app->store, read_one, &r, err));
    *out = r.record;
    return MP_OK;
}

mp_code mp_item_get_named(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kind *kind,
                          mp_str key, mp_named_fn named, mp_error *err)
{
    mp_ticks  as_of;
    mp_record record;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_item_read(&record, app, request, kind, key, as_of, err));
    if (mp_respond_etag(request, response, record.version))
        return MP_OK;
    if (named)
        MP_TRY(named(app, request, &record, 1, err));
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_item_write(&w, &record, record.body);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

mp_code mp_item_get(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kind *kind, mp_str key,
                    mp_error *err)
{
    return mp_item_get_named(app, request, response, kind, key, NULL, err);
}

/* ---- versions ---- */

mp_code mp_item_expect(int64_t *expected, mp_tx *tx, mp_http_request *request, const mp_kind *kind, mp_str key,
                       mp_error *err)
{
    request->is_as_expected = false;
    MP_TRY(mp_http_expected(expected, request, err));
    if (*expected == MP_ANY_VERSION)
        return MP_OK;
    mp_record record = { .version = 0 };
    mp_code   code = key.len ? mp_record_get(&record, tx, kind, key, 0, request->arena, err) : MP_MISSING;
    if (code != MP_OK && code != MP_MISSING)
        return code;
    if (*expected == MP_NO_VERSION && code == MP_OK)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "it is there already, in version %lld; wanted none (If-None-Match)",
                       (long long)record.version);
    if (*expected != MP_NO_VERSION && code == MP_MISSING)
        return key.len ? code
                       : mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing is there yet; wanted version %lld (If-Match)",
                                 (long long)*expected);
    if (*expected != MP_NO_VERSION && record.version != *expected)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "somebody changed it: found version %lld, wanted %lld (If-Match)",
                       (long long)record.version, (long long)*expected);
    request->is_as_expected = true;
    return MP_OK;
}

/* ---- changes ---- */

/* A record made within a transaction lives no longer than its function: into the request's arena with it. */
static mp_code keep(mp_change *change, const mp_record *made, mp_error *err)
{
    mp_arena *arena = change->request->arena;
    change->out = *made;
    change->out.key = mp_arena_dup(arena, made->key);
    change->out.body = made->body ? mp_arena_dup_json(arena, made->body) : NULL;
    if (!change->out.key.ptr || (made->body && !change->out.body))
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_item_keep(mp_change *change, mp_tx *tx, const mp_kind *kind, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, kind, change->id, 0, mp_tx_arena(tx), err));
    return keep(change, &record, err);
}

static mp_code put(mp_change *change, mp_tx *tx, int64_t expected, mp_error *err)
{
    const mp_kept_as *as = change->as;
    mp_access        *access = change->app->access;
    const mp_json    *body = change->request->json;
    mp_record         made;
    if (as->put_by)
        MP_TRY(as->put_by(&made, access, tx, change->id, body, expected, mp_app_who(change->request), err));
    else
        MP_TRY(as->put(&made, access, tx, change->id, body, expected, err));
    return keep(change, &made, err);
}

static mp_code create(mp_tx *tx, void *arg, mp_error *err)
{
    return put(arg, tx, MP_NO_VERSION, err);
}

static mp_code replace(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change        *change = arg;
    const mp_kept_as *as = change->as;
    int64_t           expected;
    mp_record         old;
    MP_TRY(mp_item_expect(&expected, tx, change->request, as->kind, change->id, err));
    change->is_new = expected == MP_NO_VERSION;
    if (expected == MP_ANY_VERSION) /* to replace something it must be there */
        MP_TRY(mp_record_get(&old, tx, as->kind, change->id, 0, mp_tx_arena(tx), err));
    if (change->out.version && !change->is_new)
        expected = change->out.version;
    return put(change, tx, expected, err);
}

/* What was changed stays so, whether names are found or not. */
static void name_changed(mp_app *app, mp_http_request *request, mp_named_fn named, mp_record *record)
{
    mp_code code = named ? named(app, request, record, 1, NULL) : MP_OK;
    (void)code;
}

mp_code mp_respond_location(mp_http_request *request, mp_http_response *response, const char *path, mp_str key,
                            mp_error *err)
{
    mp_str location = mp_arena_printf(request->arena, "%s/%.*s", path, MP_FMT(key));
    if (!location.ptr)
        return mp_no_memory(err);
    mp_respond_header(response, MP_S("location"), location);
    return MP_OK;
}

mp_code mp_item_create(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kept_as *as,
                       mp_error *err)
{
    mp_change change = { .app = app, .request = request, .as = as, .is_new = true };
    response->status = 201;
    MP_TRY(mp_app_write(app, request, response, create, &change, err));
    MP_TRY(mp_respond_location(request, response, as->path, change.out.key, err));
    name_changed(app, request, as->named, &change.out);
    return mp_item_respond(request, response, 201, &change.out, err);
}

mp_code mp_item_replace(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kept_as *as,
                        mp_str key, mp_error *err)
{
    return mp_item_replace_seen(app, request, response, as, key, &(mp_record){ .version = 0 }, err);
}

mp_code mp_item_replace_seen(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kept_as *as,
                             mp_str key, const mp_record *seen, mp_error *err)
{
    mp_change change = { .app = app, .request = request, .as = as, .id = key, .out = *seen };
    MP_TRY(mp_app_write(app, request, response, replace, &change, err));
    if (change.is_new)
        MP_TRY(mp_respond_location(request, response, as->path, change.out.key, err));
    name_changed(app, request, as->named, &change.out);
    return mp_item_respond(request, response, change.is_new ? 201 : 200, &change.out, err);
}

mp_code mp_item_change(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn,
                       mp_change *change, mp_error *err)
{
    change->app = app;
    change->request = request;
    MP_TRY(mp_app_write(app, request, response, fn, change, err));
    if (change->out.body)
        name_changed(app, request, change->named, &change->out);
    if (change->out.body)
        return mp_item_respond(request, response, response->status, &change->out, err);
    return MP_OK;
}

mp_code mp_respond_texts(mp_http_request *request, mp_http_response *response, unsigned status, const mp_pair *members,
                         size_t count, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_key(&w, members[i].name);
        mp_jsonw_str(&w, members[i].value);
    }
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, status, mp_jsonw_done(&w), err);
}

/* ---- keys ---- */

mp_code mp_item_name(mp_str *out, const mp_http_request *request, const char *name, mp_error *err)
{
    *out = mp_arena_lower(request->arena, mp_http_param(request, name));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_item_guid(mp_str *out, const mp_http_request *request, const char *name, mp_error *err)
{
    if (!mp_is_guid(mp_http_param(request, name)))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing has this id: wanted a GUID");
    return mp_item_name(out, request, name, err);
}
