/* SPDX-License-Identifier: Apache-2.0 */
/* Two documents compared as ARM's what-if does: objects down to the members that differ, arrays element by element.
 * Elements that have a name are the same where their names are; plain values are a set; others go by their place. */
#include "what_if.h"


#include "deployment.h"
#include "functions.h"
#include "lower.h"

static const mp_str names[MP_WHAT_IF_CHANGES] = {
    [MP_WHAT_IF_CREATE] = MP_S_INIT("Create"), [MP_WHAT_IF_MODIFY] = MP_S_INIT("Modify"),
    [MP_WHAT_IF_NO_CHANGE] = MP_S_INIT("NoChange"), [MP_WHAT_IF_IGNORE] = MP_S_INIT("Ignore"),
    [MP_WHAT_IF_DELETE] = MP_S_INIT("Delete"),
};

mp_str mp_what_if_name(mp_what_if_change change)
{
    return names[change];
}

typedef struct comparison {
    mp_jsonw *w;
    mp_arena *arena;
    mp_error *err;
    uint32_t  depth, arrays; /* that we are in */
    bool      differs; /* something was written that is a change */
} comparison;

static mp_code compare(comparison *c, mp_str path, const mp_json *before, const mp_json *after);

static mp_code no_memory(comparison *c)
{
    return mp_no_memory(c->err);
}

/* ---- entries ---- */

static void member(mp_jsonw *w, const char *name, const mp_json *v)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_value(w, v); /* NULL writes null */
}

static void open_entry(comparison *c, mp_str path, const char *kind, const mp_json *before, const mp_json *after)
{
    mp_jsonw_object(c->w);
    mp_jsonw_put_str(c->w, "path", path);
    mp_jsonw_put_str(c->w, "propertyChangeType", mp_str_from(kind));
    member(c->w, "before", before);
    member(c->w, "after", after);
    mp_jsonw_key(c->w, MP_S("children"));
}

static mp_code entry(comparison *c, mp_str path, const char *kind, const mp_json *before, const mp_json *after)
{
    bool is_change = strcmp(kind, "NoEffect") != 0;
    open_entry(c, path, kind, before, after);
    mp_jsonw_null(c->w);
    mp_jsonw_end(c->w);
    c->differs = c->differs || is_change;
    return c->w->failed ? no_memory(c) : MP_OK;
}

/* ---- what only the server writes ---- */

static bool is_servers(mp_str path)
{
    static const mp_str paths[] = {
        MP_S_INIT("id"), MP_S_INIT("name"), MP_S_INIT("type"), MP_S_INIT("etag"), MP_S_INIT("systemData"),
        MP_S_INIT("managedBy"), MP_S_INIT("createdTime"), MP_S_INIT("changedTime"), MP_S_INIT("provisioningState"),
        MP_S_INIT("apiVersion"), MP_S_INIT("properties.provisioningState"), MP_S_INIT("properties.etag"),
        MP_S_INIT("properties.resourceGuid"), MP_S_INIT("identity.principalId"), MP_S_INIT("identity.tenantId"),
    };
    for (size_t i = 0; i < MP_COUNT(paths); i++)
        if (mp_str_eq_fold(paths[i], path))
            return true;
    return false;
}

/* The ids and names of elements are the author's: they point at other resources. */
static bool has_effect(const comparison *c, mp_str path) { return c->arrays || !is_servers(path); }

/* "East US 2" is eastus2. */
static bool same_location(comparison *c, mp_str a, mp_str b)
{
    a = mp_location_name(a, c->arena);
    b = mp_location_name(b, c->arena);
    return a.ptr && b.ptr && mp_str_eq(a, b);
}

/* ---- objects ---- */

static mp_str joined(comparison *c, mp_str path, mp_str name)
{
    return path.len ? mp_arena_printf(c->arena, "%.*s.%.*s", MP_FMT(path), MP_FMT(name)) : name;
}

/* Of equal names the last one counts. */
static bool is_last(const mp_json *object, const mp_json *key)
{
    return mp_json_get(object, mp_json_str(key)) == key + 1;
}

static mp_code compare_members(comparison *c, mp_str path, const mp_json *before, const mp_json *after)
{
    for (MP_JSON_MEMBERS(key, before)) {
        if (!is_last(before, key))
            continue;
        mp_str         at = joined(c, path, mp_json_str(key));
        const mp_json *now = mp_json_get_fold(after, mp_json_str(key));
        if (at.len && !at.ptr)
            return no_memory(c);
        if (now)
            MP_TRY(compare(c, at, key + 1, now));
        else if (!is_servers(at) && key[1].kind != MP_JSON_NULL)
            MP_TRY(entry(c, at, "Delete", key + 1, NULL));
    }
    for (MP_JSON_MEMBERS(key, after)) {
        mp_str at = joined(c, path, mp_json_str(key));
        if (at.len && !at.ptr)
            return no_memory(c);
        if (mp_json_get_fold(before, mp_json_str(key)) || key[1].kind == MP_JSON_NULL || !is_last(after, key))
            continue;
        MP_TRY(entry(c, at, has_effect(c, at) ? "Create" : "NoEffect", NULL, key + 1));
    }
    return MP_OK;
}

/* ---- arrays ---- */

static const mp_json *name_of(const mp_json *v)
{
    const mp_json *name = mp_json_get_fold(v, MP_S("name"));
    return mp_json_is(name, MP_JSON_STRING) ? name : NULL;
}

static bool all_named(const mp_json *array)
{
    for (MP_JSON_EACH(part, array))
        if (!name_of(part))
            return false;
    return true;
}

static bool all_plain(const mp_json *array)
{
    for (MP_JSON_EACH(part, array))
        if (part->kind >= MP_JSON_ARRAY)
            return false;
    return true;
}

static mp_str number(comparison *c, size_t i)
{
    return mp_arena_printf(c->arena, "%zu", i);
}

/* An element of `array` that no other one was matched with: by name, or equal. `used` marks them. */
static mp_code match(size_t *out, comparison *c, const mp_json *array, const mp_json *wanted, bool by_name, bool *used)
{
    size_t i = 0;
    *out = SIZE_MAX;
    for (MP_JSON_EACH(part, array)) {
        bool same = false;
        if (!used[i] && by_name)
            same = mp_str_eq_fold(mp_json_str(name_of(part)), mp_json_str(name_of(wanted)));
        else if (!used[i] && mp_value_equal(&same, part, wanted, c->arena, c->err) != MP_OK)
            return no_memory(c);
        if (same) {
            used[i] = true;
            *out = i;
            return MP_OK;
        }
        i++;
    }
    return MP_OK;
}

static mp_code compare_element(comparison *c, size_t index, const mp_json *before, const mp_json *after)
{
    mp_str at = number(c, index);
    if (!at.ptr)
        return no_memory(c);
    if (!before || !after)
        return entry(c, at, before ? "Delete" : "Create", before, after);
    bool inner = c->differs;
    c->differs = false;
    if (before->kind != MP_JSON_OBJECT || after->kind != MP_JSON_OBJECT) {
        mp_code code = compare(c, at, before, after);
        c->differs = c->differs || inner;
        return code;
    }
    /* The members of an element stand below it, with paths of their own. */
    mp_jsonw  aside, *outer = c->w;
    mp_jsonw_init(&aside, c->arena);
    mp_jsonw_array(&aside);
    c->w = &aside;
    mp_code code = compare_members(c, MP_S(""), before, after);
    c->w = outer;
    mp_jsonw_end(&aside);
    const mp_json *children = mp_jsonw_done(&aside);
    bool           differs = c->differs;
    c->differs = c->differs || inner;
    MP_TRY(code);
    if (!children)
        return no_memory(c);
    if (!differs)
        return MP_OK;
    open_entry(c, at, "Modify", NULL, NULL);
    mp_jsonw_value(c->w, children);
    mp_jsonw_end(c->w);
    return MP_OK;
}

/* By name or as a set: what is left over on either side went or came. */
static mp_code compare_matched(comparison *c, const mp_json *before, const mp_json *after, bool by_name)
{
    bool  *used = MP_ARENA_ARRAY(c->arena, bool, (size_t)after->count + 1);
    size_t at = 0, i = 0;
    if (!used)
        return no_memory(c);
    for (MP_JSON_EACH(part, before)) {
        MP_TRY(match(&at, c, after, part, by_name, used));
        MP_TRY(at == SIZE_MAX ? compare_element(c, i, part, NULL)
                              : by_name ? compare_element(c, at, part, mp_json_at(after, at)) : MP_OK);
        i++;
    }
    i = 0;
    for (MP_JSON_EACH(part, after)) {
        if (!used[i])
            MP_TRY(compare_element(c, i, NULL, part));
        i++;
    }
    return MP_OK;
}

static mp_code compare_elements(comparison *c, const mp_json *before, const mp_json *after)
{
    size_t most = before->count > after->count ? before->count : after->count;
    if (all_named(before) && all_named(after))
        return compare_matched(c, before, after, true);
    if (all_plain(before) && all_plain(after)) {
        bool inner = c->differs;
        c->differs = false;
        MP_TRY(compare_matched(c, before, after, false));
        bool same_set = !c->differs;
        c->differs = c->differs || inner;
        if (!same_set)
            return MP_OK;
    }
    const mp_json *b = mp_json_first(before), *a = mp_json_first(after);
    for (size_t i = 0; i < most; i++) {
        MP_TRY(compare_element(c, i, i < before->count ? b : NULL, i < after->count ? a : NULL));
        b = i < before->count ? mp_json_next(b) : b;
        a = i < after->count ? mp_json_next(a) : a;
    }
    return MP_OK;
}

static mp_code compare_arrays(comparison *c, mp_str path, const mp_json *before, const mp_json *after)
{
    mp_jsonw  aside, *outer = c->w;
    bool      inner = c->differs;
    mp_jsonw_init(&aside, c->arena);
    mp_jsonw_array(&aside);
    c->w = &aside;
    c->differs = false;
    c->arrays++;
    mp_code code = compare_elements(c, before, after);
    bool    differs = c->differs;
    c->arrays--;
    c->w = outer;
    c->differs = differs || inner;
    MP_TRY(code);
    mp_jsonw_end(&aside);
    const mp_json *children = mp_jsonw_done(&aside);
    if (!children)
        return no_memory(c);
    if (!differs)
        return MP_OK;
    open_entry(c, path, "Array", NULL, NULL);
    mp_jsonw_value(c->w, children);
    mp_jsonw_end(c->w);
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code compare_unlike(comparison *c, mp_str path, const mp_json *before, const mp_json *after)
{
    bool same;
    if (mp_value_equal(&same, before, after, c->arena, c->err) != MP_OK)
        return no_memory(c);
    if (!same && mp_str_eq_fold(path, MP_S("location")) && before->kind == MP_JSON_STRING &&
        after->kind == MP_JSON_STRING)
        same = same_location(c, mp_json_str(before), mp_json_str(after));
    return same ? MP_OK : entry(c, path, has_effect(c, path) ? "Modify" : "NoEffect", before, after);
}

static mp_code compare(comparison *c, mp_str path, const mp_json *before, const mp_json *after)
{
    mp_code code;
    if (c->depth == MP_DEPLOYMENT_DEPTH)
        return mp_fail(c->err, MP_LIMIT, MP_NOWHERE, "objects and arrays nest at most %d deep", MP_DEPLOYMENT_DEPTH);
    c->depth++;
    if (before->kind == MP_JSON_OBJECT && after->kind == MP_JSON_OBJECT)
        code = compare_members(c, path, before, after);
    else if (before->kind == MP_JSON_ARRAY && after->kind == MP_JSON_ARRAY)
        code = compare_arrays(c, path, before, after);
    else
        code = compare_unlike(c, path, before, after);
    c->depth--;
    return code;
}

static mp_code delta(const mp_json **out, bool *differs, const mp_json *before, const mp_json *after, mp_arena *arena,
                     mp_error *err)
{
    mp_jsonw   w;
    comparison c = { .w = &w, .arena = arena, .err = err };
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    MP_TRY(compare(&c, MP_S(""), before, after));
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    *differs = c.differs;
    return *out ? MP_OK : no_memory(&c);
}

mp_code mp_deployment_delta(const mp_json **out, const mp_json *before, const mp_json *after, mp_arena *arena,
                            mp_error *err)
{
    bool differs;
    return delta(out, &differs, before, after, arena, err);
}

mp_code mp_what_if(const mp_json **out, mp_what_if_change *change, mp_str id, const mp_json *before,
                   const mp_json *after, bool is_complete, mp_arena *arena, mp_error *err)
{
    const mp_json    *list = NULL;
    bool              differs = false;
    mp_what_if_change is = !before ? MP_WHAT_IF_CREATE : is_complete ? MP_WHAT_IF_DELETE : MP_WHAT_IF_IGNORE;
    if (before && after) {
        MP_TRY(delta(&list, &differs, before, after, arena, err));
        is = differs ? MP_WHAT_IF_MODIFY : MP_WHAT_IF_NO_CHANGE;
    }
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "resourceId", id);
    mp_jsonw_put_str(&w, "changeType", mp_what_if_name(is));
    member(&w, "before", before);
    member(&w, "after", after);
    if (list)
        member(&w, "delta", list);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    if (change)
        *change = is;
    return *out ? MP_OK : mp_no_memory(err);
}
