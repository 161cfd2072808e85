/* SPDX-License-Identifier: Apache-2.0 */
#include "alter.h"

#include "jsonw.h"
#include "oscal.h"

enum { STEPS = 100 * 1000 * 1000, STEPS_OF_MEMBER = 8 /* finding one, against comparing a letter */ };

mp_code mp_effort_add(mp_effort *effort, size_t steps, mp_error *err)
{
    effort->spent += steps;
    if (effort->spent <= STEPS)
        return MP_OK;
    return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                   "to find what the profile selects and changes takes more than %d comparisons; it wants fewer imports, patterns or removals", STEPS);
}

/* ---- what is taken away ---- */

static bool says(const mp_json *remove, const char *criterion, const mp_json *item, const char *member)
{
    const mp_json *wanted = mp_json_get(remove, mp_str_from(criterion));
    return !mp_json_is(wanted, MP_JSON_STRING) || mp_str_eq(mp_json_str(wanted), mp_json_get_text(item, member));
}

/* All criteria that are given hold. One without any takes nothing. */
static bool is_removed(const mp_json *removes, const mp_json *item, const char *kind)
{
    if (!mp_json_is(removes, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(remove, removes))
        if (mp_json_is(remove, MP_JSON_OBJECT) && remove->count > 0 && says(remove, "by-name", item, "name") && says(remove, "by-class", item, "class") &&
            says(remove, "by-id", item, "id") && says(remove, "by-ns", item, "ns")) {
            mp_str of = mp_json_get_text(remove, "by-item-name");
            if (!of.len || mp_str_eq(of, mp_str_from(kind)))
                return true;
        }
    return false;
}

/* ---- what comes to it ---- */

static mp_code check_add(const mp_json *add, mp_error *err)
{
    mp_str position = mp_json_get_text(add, "position");
    if (position.len && !mp_str_eq(position, MP_S("starting")) && !mp_str_eq(position, MP_S("ending")))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "an addition at the position '%.*s' is not read here; wanted is starting or ending", MP_FMT(position));
    if (mp_json_get_text(add, "by-id").len)
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "an addition within a part (\"by-id\") is not read here");
    return MP_OK;
}

static mp_code put_added(mp_jsonw *w, const mp_json *alter, const char *list, bool at_start, mp_error *err)
{
    const mp_json *adds, *items;
    MP_TRY(mp_oscal_array(&adds, alter, "adds", err));
    if (!adds)
        return MP_OK;
    for (MP_JSON_EACH(add, adds)) {
        MP_TRY(check_add(add, err));
        if (mp_str_eq(mp_json_get_text(add, "position"), MP_S("starting")) != at_start)
            continue;
        MP_TRY(mp_oscal_array(&items, add, list, err));
        if (items)
            for (MP_JSON_EACH(item, items))
                mp_jsonw_value(w, item);
    }
    return MP_OK;
}

/* A list of the control: what is added at the start, what stays, what is added at the end. */
static mp_code put_list(mp_jsonw *w, const mp_json *control, const mp_json *alter, const char *list, const char *kind, mp_effort *effort, mp_error *err)
{
    const mp_json *items, *removes = mp_json_get(alter, MP_S("removes"));
    MP_TRY(mp_oscal_array(&items, control, list, err));
    if (items && removes)
        MP_TRY(mp_effort_add(effort, (size_t)items->count * removes->count * STEPS_OF_MEMBER, err));
    mp_jsonw_key(w, mp_str_from(list));
    mp_jsonw_array(w);
    MP_TRY(put_added(w, alter, list, true, err));
    if (items)
        for (MP_JSON_EACH(item, items))
            if (!is_removed(removes, item, kind))
                mp_jsonw_value(w, item);
    MP_TRY(put_added(w, alter, list, false, err));
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_str added_title(const mp_json *alter)
{
    const mp_json *adds = mp_json_get(alter, MP_S("adds"));
    if (mp_json_is(adds, MP_JSON_ARRAY))
        for (MP_JSON_EACH(add, adds))
            if (mp_json_get_text(add, "title").len)
                return mp_json_get_text(add, "title");
    return mp_str_of(NULL, 0);
}

static const struct {
    const char *list, *kind;
} lists[] = { { "params", "param" }, { "props", "prop" }, { "links", "link" }, { "parts", "part" } };

static bool is_list(mp_str key)
{
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        if (mp_str_eq(key, mp_str_from(lists[i].list)))
            return true;
    return false;
}

static mp_code alter_one(const mp_json **out, const mp_json *control, const mp_json *alter, const mp_alteration *a, mp_error *err)
{
    mp_jsonw w;
    mp_str   title = added_title(alter);
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, control)) {
        if (is_list(mp_json_str(key)))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        if (title.len && mp_str_eq(mp_json_str(key), MP_S("title")))
            mp_jsonw_str(&w, title);
        else
            mp_jsonw_value(&w, key + 1);
    }
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        MP_TRY(put_list(&w, control, alter, lists[i].list, lists[i].kind, a->effort, err));
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- parameters ---- */

static const mp_json *setting_of(const mp_alteration *a, const mp_json *param) { return mp_map_get(&a->settings, mp_json_get_text(param, "id")); }

/* What the setting gives replaces what the catalogue gives; the rest stays. */
static void put_param(mp_jsonw *w, const mp_json *param, const mp_json *setting)
{
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, param))
        if (!mp_json_get(setting, mp_json_str(key))) {
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
    for (MP_JSON_MEMBERS(key, setting))
        if (!mp_str_eq(mp_json_str(key), MP_S("param-id"))) {
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
    mp_jsonw_end(w);
}

static mp_code set_params(const mp_json **out, const mp_json *control, const mp_alteration *a, mp_error *err)
{
    const mp_json *params;
    bool           is_meant = false;
    mp_jsonw       w;
    MP_TRY(mp_oscal_array(&params, control, "params", err));
    if (params)
        for (MP_JSON_EACH(param, params)) {
            const mp_json *setting = setting_of(a, param);
            is_meant |= setting != NULL;
            if (setting)
                MP_TRY(mp_effort_add(a->effort, (size_t)param->count * setting->count, err));
        }
    if (!is_meant)
        return MP_OK;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, control)) {
        mp_jsonw_key(&w, mp_json_str(key));
        if (key + 1 != params) {
            mp_jsonw_value(&w, key + 1);
            continue;
        }
        mp_jsonw_array(&w);
        for (MP_JSON_EACH(param, params)) {
            const mp_json *setting = setting_of(a, param);
            if (setting)
                put_param(&w, param, setting);
            else
                mp_jsonw_value(&w, param);
        }
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- together ---- */

/* Alters of one control, in their order. */
typedef struct altering {
    const mp_json   *alter;
    struct altering *next, *last;
} altering;

static mp_code read_alter(mp_alteration *out, const mp_json *alter, mp_error *err)
{
    mp_str    id = mp_json_get_text(alter, "control-id");
    altering *one = MP_ARENA_NEW(out->arena, altering), *first = mp_map_get(&out->alters, id);
    if (!one)
        return mp_no_memory(err);
    *one = (altering){ .alter = alter, .last = one };
    if (!first)
        return mp_map_put(&out->alters, id, one, err);
    first->last->next = one;
    first->last = one;
    return MP_OK;
}

mp_code mp_alteration_read(mp_alteration *out, const mp_json *modify, mp_effort *effort, mp_arena *arena, mp_error *err)
{
    const mp_json *alters, *settings;
    *out = (mp_alteration){ .settings = MP_MAP_INIT, .alters = MP_MAP_INIT, .effort = effort, .arena = arena };
    MP_TRY(mp_oscal_array(&settings, modify, "set-parameters", err));
    MP_TRY(mp_oscal_array(&alters, modify, "alters", err));
    if (settings)
        for (MP_JSON_EACH(setting, settings))
            if (!mp_map_get(&out->settings, mp_json_get_text(setting, "param-id"))) /* the first one counts */
                MP_TRY(mp_map_put(&out->settings, mp_json_get_text(setting, "param-id"), (void *)(uintptr_t)setting, err));
    if (alters)
        for (MP_JSON_EACH(alter, alters))
            MP_TRY(read_alter(out, alter, err));
    return MP_OK;
}

void mp_alteration_free(mp_alteration *alteration)
{
    mp_map_free(&alteration->settings);
    mp_map_free(&alteration->alters);
}

mp_code mp_oscal_alter(const mp_json **out, const mp_json *control, const mp_alteration *alteration, mp_error *err)
{
    *out = control;
    if (alteration->settings.len)
        MP_TRY(set_params(out, control, alteration, err));
    for (const altering *one = mp_map_get(&alteration->alters, mp_json_get_text(control, "id")); one; one = one->next)
        MP_TRY(alter_one(out, *out, one->alter, alteration, err));
    return MP_OK;
}
