/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of no known format, read by a mapping that its owner wrote: a few paths. */
#include "internal.h"

#include <stdlib.h>

#define MAX_NAMES 16 /* in one path */

/* ---- reading the mapping ---- */

typedef struct mapping_reader {
    mp_mapping    *mapping;
    mp_str         text;
    const mp_json *root;
} mapping_reader;

static mp_pos place_of(const mapping_reader *r, const mp_json *v)
{
    return mp_json_locate(r->text, (size_t)(v - r->root));
}

/* name = { any but "." and "[" } | "['" { any but "'" } "']" */
static bool take_name(mp_str *name, mp_str *path, bool first)
{
    if (mp_str_starts(*path, MP_S("['"))) {
        size_t end = mp_str_find_str(*path, MP_S("']"));
        if (end == SIZE_MAX)
            return false;
        *name = mp_str_of(path->ptr + 2, end - 2);
        *path = mp_str_skip(*path, end + 2);
        return true;
    }
    if (!first) {
        if (path->ptr[0] != '.')
            return false;
        *path = mp_str_skip(*path, 1);
    }
    size_t end = 0;
    while (end < path->len && path->ptr[end] != '.' && path->ptr[end] != '[')
        end++;
    *name = mp_str_of(path->ptr, end);
    *path = mp_str_skip(*path, end);
    return end > 0;
}

static mp_code read_path(mp_mapped_value *out, const mapping_reader *r, const mp_json *v,
                         mp_error *err)
{
    mp_str names[MAX_NAMES], path = mp_json_str(v);
    size_t count = 0;
    while (path.len > 0) {
        if (count == MAX_NAMES)
            return mp_fail(err, MP_FORMAT, place_of(r, v), "a path has over %d names", MAX_NAMES);
        if (!take_name(&names[count], &path, count == 0))
            return mp_fail(err, MP_FORMAT, place_of(r, v),
                           "\"%.*s\" is no path; wanted names with dots between, as in "
                           "a.b['c.d']",
                           (int)(v->count > 100 ? 100 : v->count), v->u.text);
        count++;
    }
    mp_arena *arena = &r->mapping->arena;
    mp_str   *kept = MP_ARENA_ARRAY(arena, mp_str, count + 1);
    bool      copied = kept != NULL;
    for (size_t i = 0; copied && i < count; i++) {
        kept[i] = mp_arena_dup(arena, names[i]);
        copied = kept[i].ptr != NULL;
    }
    if (!copied)
        return mp_no_memory(err);
    *out = (mp_mapped_value){ .path = kept, .count = count, .is_set = count > 0 };
    return MP_OK;
}

static mp_code read_constant(mp_mapped_value *out, const mapping_reader *r, const mp_json *v,
                             mp_error *err)
{
    const mp_json *constant = mp_json_get(v, MP_S("const"));
    if (v->count != 1 || !mp_json_is(constant, MP_JSON_STRING))
        return mp_fail(err, MP_FORMAT, place_of(r, v),
                       "found an object; wanted a path, or {\"const\": \"text\"}");
    out->constant = mp_arena_dup(&r->mapping->arena, mp_json_str(constant));
    out->is_set = true;
    return out->constant.ptr ? MP_OK
                             : mp_no_memory(err);
}

static mp_code read_member(const mapping_reader *r, const mp_json *key, mp_error *err)
{
    mp_mapping *m = r->mapping;
    const struct {
        mp_str           name;
        mp_mapped_value *value;
        bool             may_be_constant;
    } members[] = {
        { MP_S("records"), &m->records, false },   { MP_S("id"), &m->id, false },
        { MP_S("type"), &m->type, true },          { MP_S("name"), &m->name, false },
        { MP_S("location"), &m->location, true }, { MP_S("tags"), &m->tags, false },
    };
    const mp_json *v = key + 1;
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        if (!mp_str_eq(mp_json_str(key), members[i].name))
            continue;
        if (mp_json_is(v, MP_JSON_STRING))
            return read_path(members[i].value, r, v, err);
        if (mp_json_is(v, MP_JSON_OBJECT) && members[i].may_be_constant)
            return read_constant(members[i].value, r, v, err);
        return mp_fail(err, MP_FORMAT, place_of(r, v), "found %s for \"%.*s\"; wanted a path%s",
                       mp_json_kind_name((mp_json_kind)v->kind), MP_FMT(members[i].name),
                       members[i].may_be_constant ? ", or {\"const\": \"text\"}" : "");
    }
    return mp_fail(err, MP_FORMAT, place_of(r, key),
                   "\"%.*s\" is no member of a mapping; these are: records, id, type, name, "
                   "location, tags",
                   (int)(key->count > 60 ? 60 : key->count), key->u.text);
}

static mp_code read_members(const mapping_reader *r, mp_error *err)
{
    if (!mp_json_is(r->root, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, ((mp_pos){ 1, 1 }), "found %s; a mapping is an object",
                       mp_json_kind_name((mp_json_kind)r->root->kind));
    for (MP_JSON_MEMBERS(key, r->root))
        MP_TRY(read_member(r, key, err));
    if (!r->mapping->type.is_set)
        return mp_fail(err, MP_FORMAT, ((mp_pos){ 1, 1 }),
                       "the mapping has no \"type\"; without one no policy can match");
    return MP_OK;
}

mp_code mp_mapping_read(mp_mapping **out, mp_str text, mp_error *err)
{
    mp_mapping    *mapping = calloc(1, sizeof *mapping);
    mp_json_doc   *doc = NULL;
    mapping_reader r = { mapping, text, NULL };
    if (!mapping)
        return mp_no_memory(err);
    mp_code code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = mp_json_read(doc, &r.root, text, NULL, NULL, err);
    if (code == MP_OK)
        code = read_members(&r, err);
    mp_json_doc_free(doc);
    if (code != MP_OK) {
        mp_mapping_free(mapping);
        return code;
    }
    *out = mapping;
    return MP_OK;
}

void mp_mapping_free(mp_mapping *mapping)
{
    if (!mapping)
        return;
    mp_arena_free(&mapping->arena);
    free(mapping);
}

/* ---- reading with it ---- */

mp_str mp_mapped_records(mp_str text, const mp_mapping *mapping)
{
    if (!mapping->records.is_set)
        return mp_str_of(NULL, 0);
    for (size_t i = 0; i < mapping->records.count; i++)
        text = mp_cut_member(text, mapping->records.path[i]);
    return text.len && text.ptr[0] == '[' ? text : mp_str_of(NULL, 0);
}

static const mp_json *follow(const mp_json *doc, const mp_mapped_value *value)
{
    if (!value->is_set || !value->path)
        return NULL;
    for (size_t i = 0; doc && i < value->count; i++)
        doc = mp_json_get(doc, value->path[i]);
    return doc;
}

/* Ids and names are often numbers. */
static mp_code take_text(mp_str *out, const mp_json *doc, const mp_mapped_value *value,
                         mp_arena *arena, mp_error *err)
{
    const mp_json *v = follow(doc, value);
    *out = value->constant;
    if (mp_json_is(v, MP_JSON_STRING) || mp_json_is(v, MP_JSON_REAL))
        *out = mp_json_str(v);
    else if (mp_json_is(v, MP_JSON_INT))
        *out = mp_arena_printf(arena, "%lld", (long long)v->u.integer);
    else
        return MP_OK;
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_mapped_read(mp_resource *out, const mp_json *doc, const mp_mapping *mapping,
                       const mp_origin *origin, mp_arena *arena, mp_error *err)
{
    mp_resource    made = { .doc = doc };
    const mp_json *tags = follow(doc, &mapping->tags);
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; a mapping reads objects",
                       mp_json_kind_name((mp_json_kind)doc->kind));
    MP_TRY(take_text(&made.id, doc, &mapping->id, arena, err));
    MP_TRY(take_text(&made.type, doc, &mapping->type, arena, err));
    MP_TRY(take_text(&made.name, doc, &mapping->name, arena, err));
    MP_TRY(take_text(&made.location, doc, &mapping->location, arena, err));
    made.tags = mp_json_is(tags, MP_JSON_OBJECT) ? tags : NULL;
    made.full_name = made.name;
    if (made.type.len == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the mapping finds no text for the type in this record");
    if (mapping->id.is_set && made.id.len == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the mapping finds no text for the id in this record");
    if (!mapping->id.is_set) {
        made.id = mp_arena_printf(arena, "%s#%llu", origin->file,
                                  (unsigned long long)origin->index);
        if (!made.id.ptr)
            return mp_no_memory(err);
    }
    *out = made;
    return MP_OK;
}
