/* SPDX-License-Identifier: Apache-2.0 */
#include "related.h"

#include "context.h"
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

/* A resource is found under every id that it stands below: "/subscriptions/S", "/subscriptions/S/
 * resourceGroups/G", its parents. Each of those is one link in a hash table from (type, id) to
 * resources. Links of equal hash form a chain in the order in which the resources were added. */

struct entry {
    const mp_related_type *type;
    mp_str                 id, scope;
    const mp_pack         *pack;
};

struct link {
    uint64_t hash;
    uint32_t entry;
    uint32_t next; /* number + 1 of the next link of the chain */
};

struct mp_related_store {
    mp_arena      arena;
    struct entry *entries;
    uint32_t      len, cap;
    struct link  *links;
    uint32_t      link_count;
    uint32_t     *heads; /* number + 1 of each chain's first link */
    uint32_t      mask;
    mp_map        containers; /* id to document */
};

mp_code mp_related_store_new(mp_related_store **out, mp_error *err)
{
    mp_related_store *s = calloc(1, sizeof(*s));
    if (!s)
        return mp_no_memory(err);
    s->containers = (mp_map)MP_MAP_INIT_FOLD;
    *out = s;
    return MP_OK;
}

void mp_related_store_free(mp_related_store *s)
{
    if (!s)
        return;
    free(s->entries);
    free(s->links);
    free(s->heads);
    mp_map_free(&s->containers);
    mp_arena_free(&s->arena);
    free(s);
}

size_t mp_related_store_bytes(const mp_related_store *s)
{
    return s->arena.bytes + s->cap * sizeof(*s->entries) + s->link_count * sizeof(*s->links) +
           (s->heads ? (s->mask + 1) * sizeof(*s->heads) : 0);
}

mp_code mp_related_store_add(mp_related_store *s, const mp_related_type *type, mp_str id, mp_str scope,
                             const mp_pack *pack, mp_error *err)
{
    if (s->len == s->cap) {
        uint32_t      cap = s->cap ? 2 * s->cap : 256;
        struct entry *entries = realloc(s->entries, cap * sizeof(*entries));
        if (!entries)
            return mp_no_memory(err);
        s->entries = entries;
        s->cap = cap;
    }
    mp_pack *copy = mp_arena_alloc(&s->arena, pack->bytes);
    struct entry e = { type, mp_arena_dup(&s->arena, id), mp_arena_dup(&s->arena, scope), copy };
    if (!copy || !e.id.ptr || !e.scope.ptr)
        return mp_no_memory(err);
    memcpy(copy, pack, pack->bytes);
    mp_pack_attach(copy);
    s->entries[s->len++] = e;
    return MP_OK;
}

mp_code mp_related_store_add_container(mp_related_store *s, mp_str id, const mp_json *doc, mp_error *err)
{
    if (mp_map_get(&s->containers, id))
        return MP_OK; /* the first document of an id is the one that counts */
    mp_str         key = mp_arena_dup(&s->arena, id);
    bool           is_group = mp_context_id(key, true).ptr != NULL;
    const mp_json *made = key.ptr ? mp_context_document(doc, key, is_group, &s->arena) : NULL;
    const mp_json *copy = made ? mp_arena_dup_json(&s->arena, made) : NULL;
    if (!copy)
        return mp_no_memory(err);
    return mp_map_put(&s->containers, key, (void *)copy, err);
}

static uint64_t hash_of(const mp_related_type *type, mp_str id)
{
    return mp_hash_fold(id) ^ (uint64_t)(uintptr_t)type * UINT64_C(0x9E3779B97F4A7C15);
}

/* The ids above `id`: it is cut at every second '/', since names follow types in pairs. */
static mp_str above(mp_str id)
{
    size_t slashes = 0;
    for (size_t i = id.len; i-- > 1;)
        if (id.ptr[i] == '/' && ++slashes == 2)
            return mp_str_of(id.ptr, i);
    return mp_str_of(id.ptr, 0);
}

static void link_entry(mp_related_store *s, uint32_t i)
{
    for (mp_str id = above(s->entries[i].id); id.len; id = above(id)) {
        uint64_t  hash = hash_of(s->entries[i].type, id);
        uint32_t *head = &s->heads[(hash >> 20) & s->mask];
        s->links[s->link_count] = (struct link){ hash, i, *head };
        *head = ++s->link_count;
    }
}

mp_code mp_related_store_close(mp_related_store *s, mp_error *err)
{
    size_t links = 0, size = 64;
    for (uint32_t i = 0; i < s->len; i++)
        for (mp_str id = above(s->entries[i].id); id.len; id = above(id))
            links++;
    while (size < 2 * links)
        size *= 2;
    s->links = calloc(links + 1, sizeof(*s->links));
    s->heads = calloc(size, sizeof(*s->heads));
    if (!s->links || !s->heads || links >= UINT32_MAX)
        return mp_no_memory(err);
    s->mask = (uint32_t)(size - 1);
    for (uint32_t i = s->len; i-- > 0;) /* from the last on, so that chains begin with the first */
        link_entry(s, i);
    return MP_OK;
}

/* ---- asking ---- */

static bool is_below(mp_str id, mp_str ancestor)
{
    return id.len > ancestor.len && id.ptr[ancestor.len] == '/' && mp_str_starts_fold(id, ancestor);
}

/* The id below which the related resource stands. That of the resource's own group is the beginning of the
 * resource's id; another group's is written into `text`. */
static mp_str place_of(const mp_related_query *q, char *text, size_t size)
{
    if (q->where == MP_RELATED_BELOW || q->where == MP_RELATED_ON)
        return q->id;
    mp_str own = mp_context_id(q->id, q->where == MP_RELATED_GROUP);
    if (q->where == MP_RELATED_SUBSCRIPTION || !q->group.ptr ||
        mp_str_eq_fold(mp_str_skip(own, mp_str_rfind(own, '/') + 1), q->group))
        return own;
    int n = snprintf(text, size, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(q->subscription_id),
                     MP_FMT(q->group));
    return n > 0 && (size_t)n < size && q->subscription_id.ptr ? mp_str_of(text, (size_t)n) : MP_S("");
}

static void each(void *context, const mp_related_query *q, mp_related_visit *visit, void *arg)
{
    const mp_related_store *s = context;
    char                    text[1024];
    mp_str                  place = place_of(q, text, sizeof(text));
    if (place.len == 0 || s->len == 0)
        return;
    uint64_t hash = hash_of(q->type, place);
    for (uint32_t i = s->heads[(hash >> 20) & s->mask]; i; i = s->links[i - 1].next) {
        const struct link  *l = &s->links[i - 1];
        const struct entry *e = &s->entries[l->entry];
        if (l->hash != hash || e->type != q->type || !is_below(e->id, place))
            continue;
        if (q->where == MP_RELATED_ON && !mp_str_eq_fold(e->scope, place))
            continue;
        if (!visit(arg, e->pack))
            return;
    }
}

static const mp_json *container(void *context, mp_str id)
{
    return mp_map_get(&((const mp_related_store *)context)->containers, id);
}

mp_related mp_related_store_ask(const mp_related_store *s)
{
    return (mp_related){ (void *)s, each, container };
}
