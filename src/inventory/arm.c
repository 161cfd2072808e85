/* SPDX-License-Identifier: Apache-2.0 */
/* Azure Resource Manager documents: the form that all cloud resources are brought into. One pass over the
 * top-level members, one over the id; nothing is copied when the id is clean and the type right. */
#include "internal.h"
#include "resource_id.h"

typedef struct arm_members {
    const mp_json *id, *type, *name, *location, *kind, *tags, *identity;
    unsigned       exact; /* bit of each member that was written exactly so */
} arm_members;

enum { ID, TYPE, NAME, LOCATION, KIND, TAGS, IDENTITY };

static inline void take(const mp_json **member, unsigned *exact, unsigned bit, const mp_json *key,
                        mp_str name)
{
    mp_str found = mp_json_str(key);
    if (memcmp(found.ptr, name.ptr, name.len) == 0)
        *exact |= 1u << bit;
    else if (*exact >> bit & 1 || !mp_str_eq_fold(found, name))
        return;
    *member = key + 1;
}

/* Names are compared without case, as Azure does; an exact one wins. Of the keys that are common in
 * documents few have these lengths, so most are passed by their length alone. */
static void take_members(arm_members *m, const mp_json *doc)
{
    for (MP_JSON_MEMBERS(key, doc)) {
        if (key->count == 2) {
            take(&m->id, &m->exact, ID, key, MP_S("id"));
        } else if (key->count == 4) {
            take(&m->type, &m->exact, TYPE, key, MP_S("type"));
            take(&m->name, &m->exact, NAME, key, MP_S("name"));
            take(&m->kind, &m->exact, KIND, key, MP_S("kind"));
            take(&m->tags, &m->exact, TAGS, key, MP_S("tags"));
        } else if (key->count == 8) {
            take(&m->location, &m->exact, LOCATION, key, MP_S("location"));
            take(&m->identity, &m->exact, IDENTITY, key, MP_S("identity"));
        }
    }
}

/* A child's name is written as the leaf or as parent/child; the id knows where the leaf begins. */
static mp_str leaf(mp_str name, mp_str id_leaf)
{
    size_t slash = mp_str_rfind(name, '/');
    if (slash == SIZE_MAX)
        return name;
    if (id_leaf.ptr && !mp_str_ends_fold(name, id_leaf))
        return id_leaf;
    size_t from = id_leaf.ptr && name.len > id_leaf.len ? name.len - id_leaf.len : slash + 1;
    return mp_str_skip(name, from);
}

mp_code mp_arm_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    arm_members m = { .id = NULL };
    take_members(&m, doc);

    mp_str type = mp_text_of(m.type), name = mp_text_of(m.name), id = mp_text_of(m.id);
    *out = (mp_resource){ .doc = doc };
    out->location = mp_text_of(m.location);
    out->kind = mp_text_of(m.kind);
    out->tags = mp_json_is(m.tags, MP_JSON_OBJECT) ? m.tags : NULL;
    out->identity = mp_json_is(m.identity, MP_JSON_OBJECT) ? m.identity : NULL;
    if (id.len)
        MP_TRY(mp_id_read(out, id, type, arena, err));
    else
        out->type = type;
    if (name.len) {
        out->name = leaf(name, out->name);
        if (!out->full_name.ptr)
            out->full_name = name;
    }
    return MP_OK;
}

mp_code mp_resource_from_arm(mp_resource *out, const mp_json *doc, struct mp_arena *arena,
                             mp_error *err)
{
    if (!mp_json_is(doc, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "found %s; wanted an object, a resource as Azure Resource Manager has it",
                       doc ? mp_json_kind_name((mp_json_kind)doc->kind) : "nothing");
    mp_resource made;
    MP_TRY(mp_arm_read(&made, doc, arena, err));
    *out = made;
    return MP_OK;
}

mp_code mp_resource_check(const mp_resource *r, mp_error *err)
{
    if (r->id.len == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the document has no id; wanted a string such as "
                                                   "/subscriptions/.../providers/...");
    if (r->type.len == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the document has no type, and its id \"%.*s\" does not tell one",
                       r->id.len > 200 ? 200 : MP_FMT(r->id));
    return MP_OK;
}

mp_code mp_build_failed(const mp_jsonw *w, mp_error *err)
{
    if (w->depth >= MP_JSONW_DEPTH)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the document nests deeper than %d containers",
                       MP_JSONW_DEPTH);
    return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for a resource document");
}
