/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a resource group and is not named by a template: ignored in mode Incremental, taken away in mode
 * Complete. A preview shows what its reader may see. */
#include "arm_deploying.h"

#include "what_if.h"

typedef struct gathering {
    mp_arm_call    *call;
    const mp_map   *named;
    mp_estate_item *items;
    size_t          count, cap;
} gathering;

/* Named itself, or what is below something that is: children are changed by themselves. */
static bool is_named(const gathering *g, const mp_estate_item *item)
{
    for (size_t i = 0; i < g->named->len; i++)
        if (mp_place_holds(g->named->entries[i].key, item->key))
            return true;
    return false;
}

static mp_code keep(void *ctx, const mp_estate_item *item, mp_error *err)
{
    gathering *g = ctx;
    mp_arena  *arena = g->call->request->arena;
    if (is_named(g, item))
        return MP_OK;
    if (g->count == g->cap) {
        size_t          cap = g->cap ? g->cap * 2 : 64;
        mp_estate_item *grown = MP_ARENA_ARRAY(arena, mp_estate_item, cap);
        if (!grown)
            return mp_arm_nomem(err);
        if (g->count)
            memcpy(grown, g->items, g->count * sizeof *grown);
        g->items = grown;
        g->cap = cap;
    }
    mp_estate_item *kept = &g->items[g->count];
    *kept = (mp_estate_item){ .id = mp_arena_dup(arena, item->id),
                              .key = mp_arena_dup(arena, item->key),
                              .document = mp_arena_dup_json(arena, item->document) };
    if (!kept->id.ptr || !kept->key.ptr || !kept->document)
        return mp_arm_nomem(err);
    g->count++;
    return MP_OK;
}

static mp_code gather(mp_tx *tx, void *arg, mp_error *err)
{
    gathering *g = arg;
    return mp_estate_each(tx, &(mp_estate_query){ .scope = g->call->scope.key }, keep, g, err);
}

mp_code mp_arm_each_unnamed(mp_arm_deploying *d, mp_error *err)
{
    mp_arm_call *call = d->call;
    gathering    g = { .call = call, .named = &d->named };
    MP_TRY(mp_arm_read(call, gather, &g, err));
    for (size_t i = 0; i < g.count; i++) {
        const mp_json *change;
        mp_place       place;
        MP_TRY(mp_place_of(&place, g.items[i].id, call->request->arena, err));
        mp_str action = mp_arena_printf(call->request->arena, "%.*s/read",
                                        MP_FMT(mp_arm_spelling(place.type, call->request->arena)));
        if (!action.ptr)
            return mp_arm_nomem(err);
        if (!mp_arm_may(call, action.ptr, place.key))
            continue;
        MP_TRY(mp_what_if(&change, NULL, g.items[i].id, g.items[i].document, NULL, d->is_complete,
                          call->request->arena, err));
        mp_jsonw_value(&d->list, change);
    }
    return MP_OK;
}

static mp_code delete_one(mp_arm_deploying *d, const mp_place *place, mp_error *err)
{
    mp_arm_call *inner = NULL;
    mp_error     why = { .code = MP_OK };
    mp_arm_done  done = { .operation = "Delete", .deployment = d->call->place.id, .place = place, .began = mp_clock_now() };
    mp_code      code = mp_arm_within(&inner, d->call, &(mp_arm_inner){ .method = MP_DELETE, .id = place->id }, &why);
    if (!inner)
        return mp_arm_nomem(err);
    if (code == MP_MISSING)
        return MP_OK; /* another took it away meanwhile */
    done.inner = inner;
    done.why = code == MP_OK ? NULL : &why;
    return mp_arm_end_step(d, &done, code, err);
}

mp_code mp_arm_delete_unnamed(mp_arm_deploying *d, mp_error *err)
{
    gathering g = { .call = d->call, .named = &d->named };
    MP_TRY(mp_arm_read(d->call, gather, &g, err));
    for (size_t i = 0; i < g.count; i++) {
        mp_place       place;
        mp_estate_item item;
        if (mp_arm_item(&item, d->call, g.items[i].key, NULL) != MP_OK)
            continue; /* gone with what it stood on */
        MP_TRY(mp_place_of(&place, g.items[i].id, d->call->request->arena, err));
        MP_TRY(delete_one(d, &place, err));
    }
    return MP_OK;
}
