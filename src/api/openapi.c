/* SPDX-License-Identifier: Apache-2.0 */
#include "openapi.h"

#include "map.h"
#include "openapi_operation.h"

#include <pthread.h>
#include <stdlib.h>

/* From top to bottom: what it is, tags, paths with their operations (openapi_operation.c), components.
 * Nothing is written that the tables do not say, but for the errors, which are the same everywhere. */

struct mp_openapi {
    pthread_mutex_t lock;
    mp_buf          texts[MP_LANG_COUNT]; /* empty: not made yet */
};

static mp_str say(void *ctx, const char *id)
{
    return mp_message(*(const mp_lang *)ctx, id);
}

static void put_message(mp_jsonw *w, const char *name, mp_lang lang, const char *id)
{
    mp_jsonw_put_str(w, name, mp_message(lang, id));
}

/* ---- what it is ---- */

static void write_info(mp_jsonw *w, mp_lang lang, const char *base)
{
    mp_jsonw_put_str(w, "openapi", MP_S("3.1.0"));
    mp_jsonw_key(w, MP_S("info"));
    mp_jsonw_object(w);
    put_message(w, "title", lang, "api.title");
    mp_jsonw_put_str(w, "version", MP_S("1"));
    put_message(w, "description", lang, "api.text");
    mp_jsonw_key(w, MP_S("license"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", MP_S("Apache-2.0"));
    mp_jsonw_put_str(w, "identifier", MP_S("Apache-2.0"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("servers"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "url", mp_str_from(base));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code write_tags(mp_jsonw *w, const mp_router *router, mp_lang lang, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT;
    mp_code code = MP_OK;
    mp_jsonw_key(w, MP_S("tags"));
    mp_jsonw_array(w);
    for (size_t i = 0; mp_router_at(router, i) && code == MP_OK; i++) {
        mp_str tag = mp_str_from(mp_router_at(router, i)->tag);
        if (!tag.len || mp_map_get(&seen, tag))
            continue;
        code = mp_map_put(&seen, tag, &seen, err);
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", tag);
        mp_jsonw_put_str(w, "description", mp_message_of(lang, "api.tag.", tag));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_map_free(&seen);
    return code;
}

/* ---- paths: all methods of one path together, in the order of the tables ---- */

static mp_code write_paths(mp_jsonw *w, const mp_router *router, mp_lang lang, mp_arena *arena, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT;
    mp_code code = MP_OK;
    mp_jsonw_key(w, MP_S("paths"));
    mp_jsonw_object(w);
    for (size_t i = 0; mp_router_at(router, i) && code == MP_OK; i++) {
        mp_str path = mp_str_from(mp_router_at(router, i)->path);
        if (!mp_router_at(router, i)->summary ||
            mp_map_get(&seen,
                       path)) /* what says nothing of itself is another face's, with a description of its own */
            continue;
        code = mp_map_put(&seen, path, &seen, err);
        mp_jsonw_key(w, mp_openapi_path(arena, path));
        mp_jsonw_object(w);
        for (size_t k = i; mp_router_at(router, k); k++)
            if (mp_str_eq(path, mp_str_from(mp_router_at(router, k)->path)))
                mp_openapi_operation(w, router, mp_router_at(router, k), lang, arena);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_map_free(&seen);
    return code;
}

/* ---- components ---- */

/* Every named shape at or below `shape`, once. */
static mp_code gather(mp_map *found, const mp_json_shape *shape, mp_error *err)
{
    if (!shape)
        return MP_OK;
    if (shape->name) {
        mp_str name = mp_str_from(shape->name);
        if (mp_map_get(found, name))
            return MP_OK;
        MP_TRY(mp_map_put(found, name, (void *)shape, err));
    }
    MP_TRY(gather(found, shape->items, err));
    for (size_t i = 0; i < shape->member_count; i++)
        MP_TRY(gather(found, shape->members[i].shape, err));
    return MP_OK;
}

static mp_code write_schemas(mp_jsonw *w, const mp_router *router, mp_lang lang, mp_error *err)
{
    mp_map  found = MP_MAP_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; mp_router_at(router, i) && code == MP_OK; i++) {
        code = gather(&found, mp_router_at(router, i)->body, err);
        if (code == MP_OK)
            code = gather(&found, mp_router_at(router, i)->answer, err);
    }
    for (size_t i = 0; i < MP_OPENAPI_ERRORS && code == MP_OK; i++)
        code = gather(&found, mp_openapi_errors[i], err);
    mp_jsonw_key(w, MP_S("schemas"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < found.len; i++) {
        mp_jsonw_key(w, found.entries[i].key);
        mp_json_shape_define(w, found.entries[i].value, say, &lang);
    }
    mp_jsonw_end(w);
    mp_map_free(&found);
    return code;
}

static void write_security(mp_jsonw *w, mp_lang lang)
{
    mp_jsonw_key(w, MP_S("securitySchemes"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("bearer"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", MP_S("http"));
    mp_jsonw_put_str(w, "scheme", MP_S("bearer"));
    mp_jsonw_put_str(w, "bearerFormat", MP_S("JWT"));
    put_message(w, "description", lang, "api.security.bearer");
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("cookie"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", MP_S("apiKey"));
    mp_jsonw_put_str(w, "in", MP_S("cookie"));
    mp_jsonw_put_str(w, "name", MP_S("__Host-mapae"));
    put_message(w, "description", lang, "api.security.cookie");
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

mp_code mp_openapi_write(const mp_json **out, const mp_router *router, mp_lang lang, const char *base, mp_arena *arena,
                         mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    write_info(&w, lang, base);
    MP_TRY(write_tags(&w, router, lang, err));
    MP_TRY(write_paths(&w, router, lang, arena, err));
    mp_jsonw_key(&w, MP_S("components"));
    mp_jsonw_object(&w);
    MP_TRY(write_schemas(&w, router, lang, err));
    mp_openapi_responses(&w, lang, arena);
    write_security(&w, lang);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- kept ---- */

mp_code mp_openapi_new(mp_openapi **out, mp_error *err)
{
    mp_openapi *o = calloc(1, sizeof *o);
    if (!o)
        return mp_no_memory(err);
    pthread_mutex_init(&o->lock, NULL);
    *out = o;
    return MP_OK;
}

void mp_openapi_free(mp_openapi *openapi)
{
    if (!openapi)
        return;
    for (size_t i = 0; i < MP_LANG_COUNT; i++)
        mp_buf_free(&openapi->texts[i]);
    pthread_mutex_destroy(&openapi->lock);
    free(openapi);
}

static mp_code make(mp_buf *text, const mp_router *router, mp_lang lang, const char *base, mp_error *err)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *document;
    mp_code        code = mp_openapi_write(&document, router, lang, base, &arena, err);
    if (code == MP_OK) {
        mp_buf_add_json(text, document);
        code = mp_buf_check(text, err);
    }
    if (code != MP_OK)
        mp_buf_free(text);
    mp_arena_free(&arena);
    return code;
}

mp_code mp_openapi_text(mp_str *out, mp_openapi *openapi, const mp_router *router, mp_lang lang, const char *base,
                        mp_error *err)
{
    mp_code code = MP_OK;
    pthread_mutex_lock(&openapi->lock);
    if (openapi->texts[lang].len == 0)
        code = make(&openapi->texts[lang], router, lang, base, err);
    if (code == MP_OK)
        *out = mp_buf_str(&openapi->texts[lang]);
    pthread_mutex_unlock(&openapi->lock);
    return code;
}
