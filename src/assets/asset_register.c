/* SPDX-License-Identifier: Apache-2.0 */
#include "asset_register.h"

const char *const mp_asset_lack_names[MP_LACK_COUNT + 1] = {
#define MP_ASSET_LACK(name, text) text,
#include "asset_lacks.def"
#undef MP_ASSET_LACK
    NULL
};

static bool sees(const mp_asset_eyes *eyes, mp_str scope) { return eyes->sees_all || eyes->sees(eyes->ctx, scope); }

/* ---- all of them ---- */

#define PAGE 1000u

static mp_code add(mp_register *r, size_t *cap, const mp_asset *a, mp_arena *arena, mp_error *err)
{
    if (r->count == *cap) {
        size_t    more = *cap * 2 + 256;
        mp_asset *grown = MP_ARENA_ARRAY(arena, mp_asset, more);
        if (!grown)
            return mp_no_memory(err);
        if (r->count)
            memcpy(grown, r->assets, r->count * sizeof *grown);
        r->assets = grown;
        *cap = more;
    }
    r->assets[r->count++] = *a;
    return MP_OK;
}

/* Entries stand where they are from now on. */
static mp_code index_them(mp_register *r, mp_arena *arena, mp_error *err)
{
    r->is_there = MP_ARENA_ARRAY(arena, bool, r->count + 1);
    if (!r->is_there)
        return mp_no_memory(err);
    for (size_t i = 0; i < r->count; i++) {
        MP_TRY(mp_map_put(&r->by_id, r->assets[i].id, &r->assets[i], err));
        if (r->assets[i].resource.len) /* its scope is its key in the estate */
            MP_TRY(mp_map_put(&r->by_resource, r->assets[i].scope, &r->assets[i], err));
    }
    return MP_OK;
}

mp_code mp_register_read(mp_register *out, mp_tx *tx, mp_str scope, const mp_asset_eyes *eyes, mp_ticks as_of, mp_arena *arena,
                         mp_error *err)
{
    mp_record_run run = { .kind = &mp_asset_kind, .from = MP_S("0"), .last = MP_S("g"), .as_of = as_of };
    size_t        cap = 0;
    *out = (mp_register){ .by_resource = MP_MAP_INIT, .by_id = MP_MAP_INIT_FOLD };
    for (;;) {
        mp_record_page page;
        MP_TRY(mp_record_range(&page, tx, &run, PAGE, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            mp_asset a = mp_asset_of(&page.records[i]);
            if ((!scope.len || mp_place_holds(scope, a.scope)) && sees(eyes, a.scope))
                MP_TRY(add(out, &cap, &a, arena, err));
        }
        if (!page.next.len)
            return index_them(out, arena, err);
        run.from = mp_record_behind(page.next, arena);
        if (!run.from.ptr)
            return mp_no_memory(err);
    }
}

void mp_register_done(mp_register *r)
{
    mp_map_free(&r->by_resource);
    mp_map_free(&r->by_id);
}

/* ---- what is missing ---- */

typedef struct surveying {
    mp_asset_survey             *out;
    mp_register                 *r;
    const mp_asset_survey_query *q;
    mp_arena                    *arena;
    size_t                       met; /* findings that were asked for, so far */
    /* of the last type */
    mp_arena                     type_arena;
    mp_str                       type;
    const mp_asset_class        *class;
    bool                         is_known;
} surveying;

static mp_code find(surveying *s, const mp_asset_finding *finding, mp_error *err)
{
    s->out->sums[finding->lack]++;
    if (s->q->only >= 0 && s->q->only != (int)finding->lack)
        return MP_OK;
    if (s->met++ < s->q->skip)
        return MP_OK;
    if (s->out->count == s->q->top) {
        s->out->has_more = true;
        return MP_OK;
    }
    mp_asset_finding *f = &s->out->findings[s->out->count++];
    *f = *finding;
    if (f->asset)
        return MP_OK;
    /* of a resource: it is read into an arena that is emptied after it */
    f->resource = mp_arena_dup(s->arena, f->resource);
    f->type = mp_arena_dup(s->arena, f->type);
    f->name = mp_arena_dup(s->arena, f->name);
    f->location = mp_arena_dup(s->arena, f->location);
    return f->resource.ptr && f->type.ptr && f->name.ptr && f->location.ptr ? MP_OK : mp_no_memory(err);
}

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static mp_code know_type(surveying *s, mp_str type, mp_error *err)
{
    if (mp_str_eq(s->type, type) && type.len)
        return MP_OK;
    mp_arena_reset(&s->type_arena);
    s->type = mp_arena_dup(&s->type_arena, type);
    s->class = mp_asset_class_of(&s->is_known, s->q->rules, type);
    return s->type.ptr ? MP_OK : mp_no_memory(err);
}

/* Both kinds of findings of resources stand together, in the order of their keys; a finding of the first kind and one
 * of the second are told apart by `lack`. */
static mp_code visit(void *ctx, const mp_estate_item *item, mp_error *err)
{
    surveying *s = ctx;
    mp_asset  *asset = mp_map_get(&s->r->by_resource, item->key);
    if (asset)
        s->r->is_there[asset - s->r->assets] = true;
    MP_TRY(know_type(s, item->type, err));
    if ((s->is_known && !s->class && !asset) || !sees(s->q->eyes, item->key))
        return MP_OK;
    s->out->resources++;
    s->out->registered += asset != NULL;
    if (asset)
        return MP_OK;
    mp_asset_finding f = { .lack = s->is_known ? MP_LACK_UNREGISTERED : MP_LACK_UNCLASSIFIED,
                           .resource = item->id,
                           .type = item->type,
                           .name = text_of(item->document, "name"),
                           .class = s->class ? s->class->id : MP_S(""),
                           .location = text_of(item->document, "location") };
    return find(s, &f, err);
}

static mp_code lack_of_assets(surveying *s, mp_asset_lack lack, mp_error *err)
{
    for (size_t i = 0; i < s->r->count; i++) {
        const mp_asset *a = &s->r->assets[i];
        bool            is_rated = a->ratings[0] && a->ratings[1] && a->ratings[2];
        bool            lacks = lack == MP_LACK_GONE      ? a->resource.len && !s->r->is_there[i]
                                : lack == MP_LACK_UNOWNED ? !a->owner.len
                                : lack == MP_LACK_UNKEPT  ? !a->keeper.len
                                                          : !is_rated;
        if (lacks)
            MP_TRY(find(s, &(mp_asset_finding){ .lack = lack, .asset = a }, err));
    }
    return MP_OK;
}

mp_code mp_register_survey(mp_asset_survey *out, mp_register *r, mp_tx *tx, const mp_asset_survey_query *q, mp_arena *arena,
                           mp_error *err)
{
    surveying       s = { .out = out, .r = r, .q = q, .arena = arena };
    mp_estate_query query = { .scope = q->scope, .as_of = q->as_of };
    *out = (mp_asset_survey){ .findings = MP_ARENA_ARRAY(arena, mp_asset_finding, q->top + 1) };
    if (!out->findings)
        return mp_no_memory(err);
    mp_code code = mp_estate_each(tx, &query, visit, &s, err);
    for (int lack = MP_LACK_GONE; lack < MP_LACK_COUNT && code == MP_OK; lack++)
        code = lack_of_assets(&s, (mp_asset_lack)lack, err);
    mp_arena_free(&s.type_arena);
    return code;
}
