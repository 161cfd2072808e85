/* SPDX-License-Identifier: Apache-2.0 */
#include "mapping.h"

#include <stdlib.h>

#include "oscal.h"

static const char *const relation_names[] = { [MP_EQUAL] = "equal", [MP_SUBSET] = "subset", [MP_SUPERSET] = "superset", [MP_INTERSECTS] = "intersects" };

const char *mp_relation_name(mp_relation relation) { return relation_names[relation]; }

mp_relation mp_relation_turned(mp_relation relation)
{
    return relation == MP_SUBSET ? MP_SUPERSET : relation == MP_SUPERSET ? MP_SUBSET : relation;
}

/* ---- one line ---- */

static bool is_stated(const mp_json *v, bool fallback)
{
    const mp_json *stated = mp_json_get(v, MP_S("stated"));
    return mp_json_is(stated, MP_JSON_BOOL) ? stated->u.integer != 0 : fallback;
}

static mp_code read_relation(mp_relation *out, const mp_json *v, mp_error *err)
{
    mp_str text = mp_json_get_text(v, "relation");
    for (unsigned i = 0; i < MP_RELATION_COUNT; i++)
        if (mp_str_eq(text, mp_str_from(relation_names[i]))) {
            *out = (mp_relation)i;
            return MP_OK;
        }
    return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                   "the relation of '%.*s' to '%.*s' is '%.*s'; wanted is equal, subset, superset or intersects",
                   MP_FMT(mp_json_get_text(v, "from")), MP_FMT(mp_json_get_text(v, "to")), MP_FMT(text));
}

static mp_code read_control(const mp_control **out, const mp_json *v, const char *member, const mp_catalog *catalog, mp_error *err)
{
    mp_str id = mp_json_get_text(v, member);
    *out = mp_catalog_find(catalog, id);
    return *out ? MP_OK : mp_fail(err, MP_REFERENCE, MP_NOWHERE, "a mapping names the control '%.*s', which its catalogue does not have", MP_FMT(id));
}

static mp_code read_line(mp_map_line *out, const mp_json *v, const mp_mapping_of *m, bool stated, mp_error *err)
{
    *out = (mp_map_line){ .is_stated = is_stated(v, stated), .note = mp_oscal_words(mp_json_get(v, MP_S("note"))) };
    MP_TRY(read_control(&out->from, v, "from", m->from, err));
    MP_TRY(read_control(&out->to, v, "to", m->to, err));
    return read_relation(&out->relation, v, err);
}

/* ---- all of them ---- */

static int in_order(const void *a, const void *b)
{
    const mp_map_line *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

typedef struct placed {
    const mp_control *to;
    size_t            line;
} placed;

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static mp_code sort_by_to(mp_mapping_of *m, mp_arena *arena, mp_error *err)
{
    size_t *by_to = MP_ARENA_ARRAY(arena, size_t, m->count + 1);
    placed *all = malloc((m->count + 1) * sizeof *all);
    if (!by_to || !all) {
        free(all);
        return mp_no_memory(err);
    }
    for (size_t i = 0; i < m->count; i++)
        all[i] = (placed){ m->lines[i].to, i };
    qsort(all, m->count, sizeof *all, by_place);
    for (size_t i = 0; i < m->count; i++)
        by_to[i] = all[i].line;
    free(all);
    m->by_to = by_to;
    return MP_OK;
}

static mp_code read_lines(mp_mapping_of *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *maps;
    MP_TRY(mp_oscal_array(&maps, root, "maps", err));
    mp_map_line *lines = MP_ARENA_ARRAY(arena, mp_map_line, (maps ? maps->count : 0) + (size_t)1);
    if (!lines)
        return mp_no_memory(err);
    if (maps)
        for (MP_JSON_EACH(one, maps))
            MP_TRY(read_line(&lines[out->count++], one, out, is_stated(root, false), err));
    qsort(lines, out->count, sizeof *lines, in_order);
    for (size_t i = 1; i < out->count; i++)
        if (in_order(&lines[i - 1], &lines[i]) == 0)
            return mp_fail(err, MP_EXISTS, MP_NOWHERE, "a mapping says twice how '%.*s' stands to '%.*s'", MP_FMT(lines[i].from->id), MP_FMT(lines[i].to->id));
    out->lines = lines;
    return sort_by_to(out, arena, err);
}

mp_code mp_mapping_of_read(mp_mapping_of *out, const mp_json *document, mp_catalog_by_uuid *find, void *ctx, mp_arena *arena, mp_error *err)
{
    const mp_json *root = mp_json_get(document, MP_S("mapping"));
    mp_str         from = mp_json_get_text(root, "from"), to = mp_json_get_text(root, "to");
    *out = (mp_mapping_of){ .uuid = mp_json_get_text(root, "uuid"),
                            .from = find(ctx, from),
                            .to = find(ctx, to),
                            .basis = mp_oscal_words(mp_json_get(root, MP_S("basis"))) };
    if (!out->from || !out->to)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "a mapping is about the catalogue '%.*s', which is not there", MP_FMT(out->from ? to : from));
    return read_lines(out, root, arena, err);
}

const mp_map_line *mp_mapping_from(const mp_mapping_of *mapping, const mp_control *control, size_t *count)
{
    size_t low = 0, high = mapping->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mapping->lines[middle].from < control)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < mapping->count && mapping->lines[low + *count].from == control;)
        (*count)++;
    return mapping->lines + low;
}

static const mp_map_line *line_at(const mp_mapping_of *m, bool is_from, size_t i)
{
    return &m->lines[is_from ? i : m->by_to[i]];
}

const mp_map_line *mp_mapping_next(const mp_mapping_of *mapping, const mp_control *control, bool is_from, size_t *at)
{
    size_t low = *at, high = *at ? *at : mapping->count;
    while (low < high) {
        size_t             middle = low + (high - low) / 2;
        const mp_map_line *line = line_at(mapping, is_from, middle);
        if ((is_from ? line->from : line->to) < control)
            low = middle + 1;
        else
            high = middle;
    }
    const mp_map_line *found = low < mapping->count ? line_at(mapping, is_from, low) : NULL;
    if (!found || (is_from ? found->from : found->to) != control)
        return NULL;
    *at = low + 1;
    return found;
}
