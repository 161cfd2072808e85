/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog.h"

#include <stdlib.h>

#include "oscal.h"

/* ---- how many ---- */

typedef struct counting {
    size_t controls, groups;
} counting;

static mp_code count_below(counting *c, const mp_json *v, unsigned depth, mp_error *err)
{
    const mp_json *groups, *controls;
    if (depth > MP_CATALOG_DEPTH)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "groups and controls stand within each other more than %d deep", MP_CATALOG_DEPTH);
    MP_TRY(mp_oscal_array(&groups, v, "groups", err));
    MP_TRY(mp_oscal_array(&controls, v, "controls", err));
    if (groups)
        for (MP_JSON_EACH(group, groups)) {
            c->groups++;
            MP_TRY(count_below(c, group, depth + 1, err));
        }
    if (controls)
        for (MP_JSON_EACH(control, controls)) {
            c->controls++;
            MP_TRY(count_below(c, control, depth + 1, err));
        }
    return c->controls <= MP_CATALOG_CONTROLS ? MP_OK
                                              : mp_fail(err, MP_LIMIT, MP_NOWHERE, "a catalogue has at most %d controls", MP_CATALOG_CONTROLS);
}

/* ---- one control, one group ---- */

static mp_str label_of(const mp_json *v, mp_str id)
{
    mp_str label = mp_oscal_property(v, "label", NULL, NULL);
    return label.len ? label : id;
}

enum { ID_MOST = 200 }; /* what is said of a control is kept under its id */

mp_code mp_control_read(mp_control *out, const mp_json *json, mp_arena *arena, mp_error *err)
{
    mp_str id = mp_json_get_text(json, "id");
    if (id.len > ID_MOST)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the id of a control has %zu characters; the most is %d", id.len, ID_MOST);
    if (!mp_oscal_is_token(id))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the id of a control is '%.*s'; wanted are letters, digits, '.', '-' and '_' behind a letter", MP_FMT(id));
    *out = (mp_control){ .id = id,
                         .label = label_of(json, id),
                         .title = mp_oscal_title(json),
                         .group = MP_NO_GROUP,
                         .parent = MP_NO_GROUP,
                         .is_withdrawn = mp_str_eq_fold(mp_oscal_property(json, "status", NULL, NULL), MP_S("withdrawn")),
                         .json = json };
    if (!out->title.en.len && !out->title.ko.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the control '%.*s' has no title", MP_FMT(id));
    return mp_oscal_statement(&out->statement, json, arena, err);
}

mp_str mp_control_property(const mp_control *control, const char *name)
{
    return mp_oscal_property(control->json, name, MP_OSCAL_NS, NULL);
}

/* ---- all of them ---- */

typedef struct reading {
    mp_arena         *arena;
    mp_control       *controls;
    mp_control_group *groups;
    size_t            control_count, group_count;
} reading;

static mp_code read_controls(reading *r, const mp_json *v, size_t group, size_t parent, mp_error *err)
{
    const mp_json *controls;
    MP_TRY(mp_oscal_array(&controls, v, "controls", err));
    if (!controls)
        return MP_OK;
    for (MP_JSON_EACH(control, controls)) {
        size_t at = r->control_count++;
        MP_TRY(mp_control_read(&r->controls[at], control, r->arena, err));
        r->controls[at].group = group;
        r->controls[at].parent = parent;
        MP_TRY(read_controls(r, control, group, at, err));
    }
    return MP_OK;
}

static mp_code read_groups(reading *r, const mp_json *v, size_t parent, mp_error *err)
{
    const mp_json *groups;
    MP_TRY(mp_oscal_array(&groups, v, "groups", err));
    if (!groups)
        return MP_OK;
    for (MP_JSON_EACH(group, groups)) {
        mp_control_group *out = &r->groups[r->group_count];
        size_t            at = r->group_count++;
        mp_str            id = mp_json_get_text(group, "id");
        *out = (mp_control_group){ .id = id, .label = label_of(group, id), .title = mp_oscal_title(group), .parent = parent, .first = r->control_count, .json = group };
        if (!out->title.en.len && !out->title.ko.len)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the group '%.*s' has no title", MP_FMT(id));
        MP_TRY(read_groups(r, group, at, err));
        MP_TRY(read_controls(r, group, at, MP_NO_GROUP, err));
        out->count = r->control_count - out->first;
    }
    return MP_OK;
}

/* ---- by id ---- */

static int by_id(const void *a, const void *b) { return mp_str_cmp((*(const mp_control *const *)a)->id, (*(const mp_control *const *)b)->id); }

static mp_code sort(mp_catalog *out, mp_arena *arena, mp_error *err)
{
    const mp_control **sorted = MP_ARENA_ARRAY(arena, const mp_control *, out->control_count + 1);
    if (!sorted)
        return mp_no_memory(err);
    for (size_t i = 0; i < out->control_count; i++)
        sorted[i] = &out->controls[i];
    qsort(sorted, out->control_count, sizeof *sorted, by_id);
    for (size_t i = 1; i < out->control_count; i++)
        if (mp_str_eq(sorted[i]->id, sorted[i - 1]->id))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "there are two controls with the id '%.*s'", MP_FMT(sorted[i]->id));
    out->by_id = sorted;
    return MP_OK;
}

const mp_control *mp_catalog_find(const mp_catalog *catalog, mp_str id)
{
    const mp_control        key = { .id = id }, *wanted = &key;
    const mp_control *const *found =
        catalog->control_count ? bsearch(&wanted, catalog->by_id, catalog->control_count, sizeof *catalog->by_id, by_id) : NULL;
    return found ? *found : NULL;
}

mp_code mp_catalog_read(mp_catalog *out, const mp_json *document, mp_arena *arena, mp_error *err)
{
    const mp_json *root;
    counting       count = { .controls = 0 };
    MP_TRY(mp_oscal_root(&root, document, "catalog", err));
    MP_TRY(count_below(&count, root, 0, err));
    reading r = { .arena = arena,
                  .controls = MP_ARENA_ARRAY(arena, mp_control, count.controls + 1),
                  .groups = MP_ARENA_ARRAY(arena, mp_control_group, count.groups + 1) };
    if (!r.controls || !r.groups)
        return mp_no_memory(err);
    MP_TRY(read_groups(&r, root, MP_NO_GROUP, err));
    MP_TRY(read_controls(&r, root, MP_NO_GROUP, MP_NO_GROUP, err));
    const mp_json *metadata = mp_json_get(root, MP_S("metadata"));
    *out = (mp_catalog){ .uuid = mp_json_get_text(root, "uuid"),
                         .version = mp_json_get_text(metadata, "version"),
                         .title = mp_oscal_title(metadata),
                         .controls = r.controls,
                         .control_count = r.control_count,
                         .groups = r.groups,
                         .group_count = r.group_count,
                         .json = root };
    return sort(out, arena, err);
}
