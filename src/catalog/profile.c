/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <stdlib.h>

#include "alter.h"
#include "map.h"
#include "oscal.h"

enum { PATTERNS = 1000, PATTERN_MOST = 200, STEPS_OF_OFFER = 64 };

/* Of one import: what there is, and which of it is wanted. */
typedef struct offered {
    mp_selected *controls;
    bool        *is_wanted;
    size_t       count;
    mp_map       by_id;
    mp_effort   *effort;
} offered;

/* ---- what an import offers ---- */

static mp_str followed(const mp_json *profile, mp_str href)
{
    const mp_json *resources = mp_json_get(mp_json_get(profile, MP_S("back-matter")), MP_S("resources"));
    if (!mp_str_starts(href, MP_S("#")) || !mp_json_is(resources, MP_JSON_ARRAY))
        return href;
    for (MP_JSON_EACH(resource, resources)) {
        const mp_json *link = mp_json_get(resource, MP_S("rlinks"));
        if (mp_str_eq(mp_json_get_text(resource, "uuid"), mp_str_skip(href, 1)) && mp_json_is(link, MP_JSON_ARRAY) &&
            link->count > 0)
            return mp_json_get_text(mp_json_first(link), "href");
    }
    return href;
}

static mp_code offer(offered *out, const mp_imported *from, mp_error *err)
{
    size_t count = from->catalog ? from->catalog->control_count : from->profile->count;
    MP_TRY(mp_effort_add(out->effort, count * STEPS_OF_OFFER, err));
    out->controls = calloc(count + 1, sizeof *out->controls);
    out->is_wanted = calloc(count + 1, sizeof *out->is_wanted);
    if (!out->controls || !out->is_wanted)
        return mp_no_memory(err);
    for (; out->count < count; out->count++) {
        mp_selected *s = &out->controls[out->count];
        if (from->catalog)
            *s = (mp_selected){ .catalog = from->catalog, .base = &from->catalog->controls[out->count], .control = from->catalog->controls[out->count] };
        else
            *s = from->profile->controls[out->count];
        MP_TRY(mp_map_put(&out->by_id, s->control.id, s, err));
    }
    return MP_OK;
}

/* ---- which of it ---- */

/* '*' any run, '?' one character. */
static bool is_like(mp_str s, mp_str pattern, size_t *steps)
{
    size_t at = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (at < s.len) {
        ++*steps;
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = at;
        } else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == s.ptr[at])) {
            p++;
            at++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            at = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* A control that belongs to one that is chosen. */
static bool is_below(const mp_selected *s, const mp_control *above)
{
    for (size_t parent = s->base->parent; parent != MP_NO_GROUP; parent = s->catalog->controls[parent].parent)
        if (&s->catalog->controls[parent] == above)
            return true;
    return false;
}

/* Those that belong to it stand right behind it. */
static mp_code choose(offered *o, size_t at, bool with_children, bool is_wanted, mp_error *err)
{
    size_t i = at + 1;
    o->is_wanted[at] = is_wanted;
    for (; with_children && i < o->count; i++) {
        if (o->controls[i].catalog != o->controls[at].catalog || !is_below(&o->controls[i], o->controls[at].base))
            break;
        o->is_wanted[i] = is_wanted;
    }
    return mp_effort_add(o->effort, i - at, err);
}

static mp_code choose_ids(offered *o, const mp_json *ids, bool with_children, bool is_wanted, mp_error *err)
{
    for (MP_JSON_EACH(id, ids)) {
        mp_str             name = mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : MP_S("");
        const mp_selected *found = mp_map_get(&o->by_id, name);
        if (!found)
            return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the profile names the control '%.*s', which is not in what it imports", MP_FMT(name));
        MP_TRY(choose(o, (size_t)(found - o->controls), with_children, is_wanted, err));
    }
    return MP_OK;
}

static mp_code choose_like(offered *o, const mp_json *patterns, bool with_children, bool is_wanted, mp_error *err)
{
    if (patterns->count > PATTERNS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a profile has at most %d patterns in one list", PATTERNS);
    for (MP_JSON_EACH(one, patterns)) {
        mp_str pattern = mp_json_get_text(one, "pattern");
        if (!pattern.len)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"matching\" of a profile wants objects with a \"pattern\"");
        if (pattern.len > PATTERN_MOST)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a pattern of a profile has %zu characters; the most is %d", pattern.len, PATTERN_MOST);
        for (size_t i = 0; i < o->count; i++) {
            size_t steps = 1;
            if (is_like(o->controls[i].control.id, pattern, &steps))
                MP_TRY(choose(o, i, with_children, is_wanted, err));
            MP_TRY(mp_effort_add(o->effort, steps, err));
        }
    }
    return MP_OK;
}

static mp_code choose_by(offered *o, const mp_json *import, const char *member, bool is_wanted, mp_error *err)
{
    const mp_json *rules, *list;
    MP_TRY(mp_oscal_array(&rules, import, member, err));
    if (!rules)
        return MP_OK;
    for (MP_JSON_EACH(rule, rules)) {
        bool with_children = mp_str_eq(mp_json_get_text(rule, "with-child-controls"), MP_S("yes"));
        MP_TRY(mp_oscal_array(&list, rule, "with-ids", err));
        if (list)
            MP_TRY(choose_ids(o, list, with_children, is_wanted, err));
        MP_TRY(mp_oscal_array(&list, rule, "matching", err));
        if (list)
            MP_TRY(choose_like(o, list, with_children, is_wanted, err));
    }
    return MP_OK;
}

static mp_code choose_all(offered *o, const mp_json *import, mp_error *err)
{
    bool all = mp_json_get(import, MP_S("include-all")) != NULL, some = mp_json_get(import, MP_S("include-controls")) != NULL;
    if (all == some)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an import of a profile has either \"include-all\" or \"include-controls\"");
    for (size_t i = 0; i < o->count; i++)
        o->is_wanted[i] = all;
    MP_TRY(choose_by(o, import, "include-controls", true, err));
    return choose_by(o, import, "exclude-controls", false, err);
}

/* ---- together ---- */

typedef struct reading {
    mp_profile               *out;
    const mp_json            *root;
    const mp_profile_sources *sources;
    mp_arena                 *arena;
    mp_selected              *taken; /* of each import, one run after the other */
    size_t                    taken_count, taken_cap;
    mp_map                    ids;
    mp_effort                 effort;
} reading;

static mp_code take_one(reading *r, const mp_selected *s, mp_error *err)
{
    if (r->taken_count == MP_CATALOG_CONTROLS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a catalogue has at most %d controls", MP_CATALOG_CONTROLS);
    if (r->taken_count == r->taken_cap) {
        size_t       cap = r->taken_cap ? 2 * r->taken_cap : 64;
        mp_selected *more = realloc(r->taken, cap * sizeof *more);
        if (!more)
            return mp_no_memory(err);
        r->taken = more;
        r->taken_cap = cap;
    }
    r->taken[r->taken_count++] = *s;
    return mp_map_put(&r->ids, s->control.id, (void *)(uintptr_t)s->control.json, err);
}

static mp_code take(reading *r, const offered *o, mp_error *err)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->is_wanted[i] && !mp_map_get(&r->ids, o->controls[i].control.id))
            MP_TRY(take_one(r, &o->controls[i], err));
    return MP_OK;
}

static mp_code read_import(reading *r, const mp_json *import, mp_error *err)
{
    offered     o = { .by_id = MP_MAP_INIT, .effort = &r->effort };
    mp_imported from = { .catalog = NULL };
    mp_str      href = mp_json_get_text(import, "href");
    if (!href.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an import of a profile does not say what is imported (\"href\")");
    const mp_json *resources = mp_json_get(mp_json_get(r->root, MP_S("back-matter")), MP_S("resources"));
    MP_TRY(mp_effort_add(&r->effort, mp_json_is(resources, MP_JSON_ARRAY) ? resources->count : 0, err));
    MP_TRY(r->sources->find(r->sources->ctx, &from, followed(r->root, href), err));
    mp_code code = offer(&o, &from, err);
    if (code == MP_OK)
        code = choose_all(&o, import, err);
    if (code == MP_OK)
        code = take(r, &o, err);
    mp_map_free(&o.by_id);
    free(o.controls);
    free(o.is_wanted);
    return code;
}

static mp_code alter_selected(mp_selected *s, const mp_alteration *alteration, mp_arena *arena, mp_error *err)
{
    const mp_json *json;
    MP_TRY(mp_oscal_alter(&json, s->control.json, alteration, err));
    if (json == s->control.json)
        return MP_OK;
    MP_TRY(mp_control_read(&s->control, json, arena, err));
    s->control.group = s->base->group;
    s->control.parent = s->base->parent;
    s->is_altered = true;
    return MP_OK;
}

static mp_code alter_all(reading *r, mp_error *err)
{
    mp_alteration alteration;
    r->out->controls = MP_ARENA_ARRAY(r->arena, mp_selected, r->taken_count + 1);
    if (!r->out->controls)
        return mp_no_memory(err);
    if (r->taken_count)
        memcpy(r->out->controls, r->taken, r->taken_count * sizeof *r->taken);
    mp_code code = mp_alteration_read(&alteration, mp_json_get(r->root, MP_S("modify")), &r->effort, r->arena, err);
    for (size_t i = 0; code == MP_OK && i < r->taken_count; i++)
        code = alter_selected(&r->out->controls[i], &alteration, r->arena, err);
    mp_alteration_free(&alteration);
    r->out->count = r->taken_count;
    return code;
}

/* What is altered is there. */
static mp_code check_alters(reading *r, mp_error *err)
{
    const mp_json *alters;
    MP_TRY(mp_oscal_array(&alters, mp_json_get(r->root, MP_S("modify")), "alters", err));
    if (alters)
        for (MP_JSON_EACH(alter, alters)) {
            mp_str id = mp_json_get_text(alter, "control-id");
            if (!mp_map_get(&r->ids, id))
                return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the profile alters the control '%.*s', which it does not have", MP_FMT(id));
        }
    return MP_OK;
}

static mp_code read_all(reading *r, mp_error *err)
{
    const mp_json *imports;
    MP_TRY(mp_oscal_array(&imports, r->root, "imports", err));
    if (!imports || !imports->count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a profile imports at least one catalogue");
    for (MP_JSON_EACH(import, imports))
        MP_TRY(read_import(r, import, err));
    MP_TRY(check_alters(r, err));
    return alter_all(r, err);
}

mp_code mp_profile_read(mp_profile *out, const mp_json *document, const mp_profile_sources *sources, mp_arena *arena, mp_error *err)
{
    reading r = { .out = out, .sources = sources, .arena = arena, .ids = MP_MAP_INIT };
    MP_TRY(mp_oscal_root(&r.root, document, "profile", err));
    const mp_json *metadata = mp_json_get(r.root, MP_S("metadata"));
    *out = (mp_profile){ .uuid = mp_json_get_text(r.root, "uuid"),
                         .version = mp_json_get_text(metadata, "version"),
                         .title = mp_oscal_title(metadata),
                         .json = r.root };
    mp_code code = read_all(&r, err);
    mp_map_free(&r.ids);
    free(r.taken);
    return code;
}

const mp_selected *mp_profile_find(const mp_profile *profile, mp_str id)
{
    for (size_t i = 0; i < profile->count; i++)
        if (mp_str_eq(profile->controls[i].control.id, id))
            return &profile->controls[i];
    return NULL;
}
