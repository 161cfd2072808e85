/* SPDX-License-Identifier: Apache-2.0 */
#include "cited.h"

#include "framework_show.h"
#include "oscal.h"

mp_code mp_citing_read(mp_citing *out, const mp_json *sources, mp_arena *arena, mp_error *err)
{
    *out = (mp_citing){ .sources = MP_MAP_INIT, .arena = arena };
    if (sources)
        for (MP_JSON_EACH(one, sources)) {
            mp_str id = mp_json_get_text(one, "id");
            if (id.len && !mp_map_get(&out->sources, id)) /* the first one counts */
                MP_TRY(mp_map_put(&out->sources, id, (void *)(uintptr_t)one, err));
        }
    return MP_OK;
}

void mp_citing_free(mp_citing *citing) { mp_map_free(&citing->sources); }

static bool find_source(mp_words *out, const mp_citing *citing, mp_str id)
{
    const mp_json *one = mp_map_get(&citing->sources, id);
    *out = mp_oscal_words(mp_json_get(one, MP_S("title")));
    return out->ko.len || out->en.len;
}

mp_code mp_cited_read(mp_cited *out, const mp_json *json, const mp_citing *citing, mp_error *err)
{
    mp_str source = mp_json_get_text(json, "source");
    const mp_json *inferred = mp_json_get(json, MP_S("inferred"));
    *out = (mp_cited){ .id = mp_json_get_text(json, "id"),
                       .text = mp_oscal_words(mp_json_get(json, MP_S("text"))),
                       .place = mp_oscal_words(mp_json_get(json, MP_S("place"))),
                       .is_inferred = mp_json_is_true(inferred) };
    if (!out->text.ko.len && !out->text.en.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the statement '%.*s' has no \"text\": wanted is {\"ko\", \"en\"}", MP_FMT(out->id));
    if (!find_source(&out->source, citing, source))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the statement '%.*s' comes from '%.*s', which \"sources\" does not name",
                       MP_FMT(out->id), MP_FMT(source));
    return MP_OK;
}

mp_code mp_cited_list(const mp_cited **out, size_t *count, const mp_json *object, const char *member,
                      const mp_citing *citing, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, object, member, err));
    if (!list)
        return MP_OK;
    mp_cited *all = MP_ARENA_ARRAY(citing->arena, mp_cited, list->count + 1);
    if (!all)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list))
        MP_TRY(mp_cited_read(&all[(*count)++], one, citing, err));
    *out = all;
    return MP_OK;
}

mp_code mp_names_read(const mp_str **out, size_t *count, const mp_json *object, const char *member,
                      const mp_citing *citing, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, object, member, err));
    if (!list)
        return MP_OK;
    mp_str *names = MP_ARENA_ARRAY(citing->arena, mp_str, list->count + 1);
    if (!names)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list)) {
        if (!mp_json_is(one, MP_JSON_STRING) || !one->count)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"%s\" wants names", member);
        names[(*count)++] = mp_json_str(one);
    }
    *out = names;
    return MP_OK;
}

void mp_cited_put(mp_jsonw *w, const mp_cited *cited)
{
    mp_jsonw_put_filled(w, "id", cited->id);
    mp_words_put(w, "text", cited->text);
    mp_words_put(w, "source", cited->source);
    mp_words_put(w, "place", cited->place);
    mp_jsonw_put_bool(w, "inferred", cited->is_inferred);
}

void mp_cited_put_list(mp_jsonw *w, const char *name, const mp_cited *list, size_t count)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_object(w);
        mp_cited_put(w, &list[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}
