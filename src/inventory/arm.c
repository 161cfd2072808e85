/* SPDX-License-Identifier: Apache-2.0 */
/* Azure Resource Manager documents: the form that all cloud resources are brought into. One pass
 * over the top-level members, one over the id; nothing is copied when the id is clean and the type
 * right. */
#include "internal.h"
#include "resource_id.h"

enum { ID, TYPE, NAME, LOCATION, KIND, TAGS, IDENTITY };

/* Eight or four letters at once, made small; the other side of the comparison is all letters, so
 * setting the bit that makes letters small makes no other character equal. */
#define SMALL4 0x20202020u
#define SMALL8 UINT64_C(0x2020202020202020)

static inline uint32_t four(const char *p)
{
    uint32_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint64_t eight(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Names are compared without case, as Azure does; of several, an exact one wins, then the last. */
static inline void keep(const mp_json **member, unsigned *exact, unsigned bit, bool is_exact,
                        const mp_json *key)
{
    if (is_exact)
        *exact |= 1u << bit;
    else if (*exact >> bit & 1)
        return;
    *member = key + 1;
}

static inline void take_four(mp_azure_members *m, unsigned *exact, const mp_json *key)
{
    uint32_t word = four(key->u.text), small = word | SMALL4;
    if (small == four("type"))
        keep(&m->type, exact, TYPE, word == small, key);
    else if (small == four("name"))
        keep(&m->name, exact, NAME, word == small, key);
    else if (small == four("kind"))
        keep(&m->kind, exact, KIND, word == small, key);
    else if (small == four("tags"))
        keep(&m->tags, exact, TAGS, word == small, key);
}

static inline void take_eight(mp_azure_members *m, unsigned *exact, const mp_json *key)
{
    uint64_t word = eight(key->u.text), small = word | SMALL8;
    if (small == eight("location"))
        keep(&m->location, exact, LOCATION, word == small, key);
    else if (small == eight("identity"))
        keep(&m->identity, exact, IDENTITY, word == small, key);
}

static inline bool is_id(const char *p) { return (p[0] | 0x20) == 'i' && (p[1] | 0x20) == 'd'; }

/* Most members are passed by the length of their name alone. */
void mp_azure_take(mp_azure_members *m, const mp_json *doc)
{
    unsigned exact = 0;
    *m = (mp_azure_members){ .id = NULL };
    for (MP_JSON_MEMBERS(key, doc)) {
        const char *name = key->u.text;
        switch (key->count) {
        case 2:
            if (is_id(name))
                keep(&m->id, &exact, ID, memcmp(name, "id", 2) == 0, key);
            break;
        case 4:
            take_four(m, &exact, key);
            break;
        case 5:
            m->is_odd |= memcmp(name, "value", 5) == 0 && key[1].kind == MP_JSON_ARRAY;
            break;
        case 8:
            take_eight(m, &exact, key);
            break;
        case 10:
            m->is_odd |= memcmp(name, "ResourceId", 10) == 0;
            break;
        case 13:
            m->has_group |= memcmp(name, "resourceGroup", 13) == 0;
            break;
        case 14:
            m->has_subscription |= memcmp(name, "subscriptionId", 14) == 0;
            break;
        default:
            break;
        }
    }
    m->is_odd |= !(exact >> ID & 1);
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

mp_code mp_azure_make(mp_resource *out, const mp_azure_members *m, const mp_json *doc, mp_arena *arena,
                    mp_error *err)
{
    mp_str type = mp_json_text(m->type), name = mp_json_text(m->name), id = mp_json_text(m->id);
    *out = (mp_resource){ .doc = doc };
    out->location = mp_json_text(m->location);
    out->kind = mp_json_text(m->kind);
    out->tags = mp_json_is(m->tags, MP_JSON_OBJECT) ? m->tags : NULL;
    out->identity = mp_json_is(m->identity, MP_JSON_OBJECT) ? m->identity : NULL;
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
    mp_resource    made;
    mp_azure_members members;
    mp_azure_take(&members, doc);
    MP_TRY(mp_azure_make(&made, &members, doc, arena, err));
    *out = made;
    return MP_OK;
}

mp_code mp_resource_check(const mp_resource *r, mp_error *err)
{
    if (r->id.len == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the document has no id; wanted a string such as "
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
    return mp_no_memory(err);
}

mp_code mp_build_end(const mp_json **out, mp_jsonw *w, mp_error *err)
{
    mp_jsonw_end(w);
    if (w->failed) /* to be said before the writer is ready for the next value and forgets how deep it was */
        return mp_build_failed(w, err);
    *out = mp_jsonw_done(w);
    return MP_OK;
}

mp_code mp_azure_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_resource_from_arm(out, doc, arena, err));
    return mp_resource_check(out, err);
}
