/* SPDX-License-Identifier: Apache-2.0 */
#include "asset_filling.h"

mp_code mp_asset_draft_add(mp_asset_drafts *d, mp_asset_draft draft, mp_arena *arena, mp_error *err)
{
    if (d->count == d->cap) {
        mp_asset_draft *grown = MP_ARENA_ARRAY(arena, mp_asset_draft, d->cap * 2 + 64);
        if (!grown)
            return mp_no_memory(err);
        if (d->count)
            memcpy(grown, d->items, d->count * sizeof *grown);
        d->items = grown;
        d->cap = d->cap * 2 + 64;
    }
    d->items[d->count++] = draft;
    return MP_OK;
}

typedef struct filling {
    mp_asset_drafts  *out;
    const mp_filling *f;
    mp_register      *r;
    mp_arena         *arena;
} filling;

/* ---- tags ---- */

/* The next of the names apart by commas; empty: that was all. */
static mp_str next_name(mp_str *names)
{
    while (names->len) {
        size_t comma = mp_str_find(*names, ',');
        mp_str name = mp_str_trim(mp_str_of(names->ptr, comma == SIZE_MAX ? names->len : comma));
        *names = comma == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(*names, comma + 1);
        if (name.len)
            return name;
    }
    return mp_str_of(NULL, 0);
}

static mp_str tag_of(const mp_json *tags, mp_str name)
{
    const mp_json *v = mp_json_is(tags, MP_JSON_OBJECT) ? mp_json_get_fold(tags, name) : NULL;
    return mp_json_is(v, MP_JSON_STRING) ? mp_str_trim(mp_json_str(v)) : MP_S("");
}

mp_str mp_asset_tag(const mp_json *tags, const char *wanted)
{
    mp_str names = mp_str_from(wanted), name;
    while ((name = next_name(&names)).len)
        if (tag_of(tags, name).len)
            return tag_of(tags, name);
    return MP_S("");
}

void mp_asset_put_labels(mp_jsonw *w, const mp_json *tags, const char *wanted, mp_arena *arena)
{
    mp_str names = mp_str_from(wanted), name;
    mp_jsonw_key(w, MP_S("labels"));
    mp_jsonw_array(w);
    while ((name = next_name(&names)).len) {
        mp_str value = tag_of(tags, name);
        mp_str label = mp_arena_printf(arena, "%.*s=%.*s", MP_FMT(name), MP_FMT(value));
        if (value.len && label.ptr && label.len <= MP_ASSET_TEXT_MAX)
            mp_jsonw_str(w, label);
    }
    mp_jsonw_end(w);
}

/* ---- one resource ---- */

static bool is_given(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return v && !mp_json_is(v, MP_JSON_NULL);
}

static void put_tag(mp_jsonw *w, const filling *l, const char *member, const mp_json *tags, const char *wanted)
{
    mp_str value = mp_asset_tag(tags, wanted);
    if (!is_given(l->f->given, member) && value.len && value.len <= MP_ASSET_TEXT_MAX)
        mp_jsonw_put_str(w, member, value);
}

/* All of `from` but what is written here. */
static void put_rest(mp_jsonw *w, const mp_json *from, const char *const *without, size_t count)
{
    if (!mp_json_is(from, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, from)) {
        bool is_left_out = false;
        for (size_t i = 0; i < count && !is_left_out; i++)
            is_left_out = mp_str_eq(mp_json_str(key), mp_str_from(without[i]));
        if (is_left_out)
            continue;
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
}

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static void put_facts(mp_jsonw *w, const filling *l, const mp_estate_item *item)
{
    const mp_json *tags = mp_json_get(item->document, MP_S("tags"));
    mp_str         name = text_of(item->document, "name");
    size_t         slash = mp_str_rfind(item->id, '/');
    mp_jsonw_put_str(w, "name", name.len ? name : mp_str_skip(item->id, slash + 1));
    mp_jsonw_put_str(w, "resource", item->id);
    if (text_of(item->document, "location").len)
        mp_jsonw_put_str(w, "location", text_of(item->document, "location"));
    mp_asset_put_labels(w, tags, l->f->label_tags, l->arena);
}

/* A new one: by rule, tags and what was given. */
static mp_code draft_new(filling *l, const mp_estate_item *item, const mp_asset_class *class, mp_error *err)
{
    static const char *const own[] = { "name", "resource", "location", "labels", "class", "scope", "id" };
    const mp_json           *tags = mp_json_get(item->document, MP_S("tags"));
    mp_jsonw                 w;
    mp_jsonw_init(&w, l->arena);
    mp_jsonw_object(&w);
    put_facts(&w, l, item);
    mp_jsonw_put_str(&w, "class", class->id);
    put_tag(&w, l, "owner", tags, l->f->owner_tags);
    put_tag(&w, l, "keeper", tags, l->f->keeper_tags);
    put_rest(&w, l->f->given, own, MP_COUNT(own));
    mp_jsonw_end(&w);
    const mp_json *built = mp_jsonw_done(&w), *sent = built ? mp_arena_dup_json(l->arena, built) : NULL;
    return sent ? mp_asset_draft_add(l->out, (mp_asset_draft){ .sent = sent }, l->arena, err) : mp_no_memory(err);
}

static bool has_text(const mp_json *list, mp_str text)
{
    if (mp_json_is(list, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, list))
            if (mp_json_is(one, MP_JSON_STRING) && mp_str_eq(mp_json_str(one), text))
                return true;
    return false;
}

static size_t count_of(const mp_json *list) { return mp_json_is(list, MP_JSON_ARRAY) ? list->count : 0; }

static bool says_the_same(const mp_json *a, const mp_json *b)
{
    const mp_json *labels = mp_json_get(a, MP_S("labels")), *others = mp_json_get(b, MP_S("labels"));
    if (!mp_str_eq(text_of(a, "name"), text_of(b, "name")) || !mp_str_eq(text_of(a, "location"), text_of(b, "location")) ||
        count_of(labels) != count_of(others))
        return false;
    if (count_of(labels))
        for (MP_JSON_EACH(one, labels))
            if (!has_text(others, mp_json_str(one)))
                return false;
    return true;
}

/* One that stands there: facts as they are now, what people said as they said it. */
static mp_code draft_again(filling *l, const mp_estate_item *item, const mp_asset *asset, mp_error *err)
{
    static const char *const own[] = { "name", "resource", "location", "labels" };
    mp_jsonw                 w;
    mp_jsonw_init(&w, l->arena);
    mp_jsonw_object(&w);
    put_facts(&w, l, item);
    put_rest(&w, asset->body, own, MP_COUNT(own));
    mp_jsonw_end(&w);
    const mp_json *built = mp_jsonw_done(&w);
    if (built && says_the_same(built, asset->body))
        return MP_OK;
    const mp_json *sent = built ? mp_arena_dup_json(l->arena, built) : NULL;
    return sent ? mp_asset_draft_add(l->out, (mp_asset_draft){ .sent = sent, .id = asset->id }, l->arena, err)
                : mp_no_memory(err);
}

static mp_code visit(void *ctx, const mp_estate_item *item, mp_error *err)
{
    filling              *l = ctx;
    const mp_asset       *asset = mp_map_get(&l->r->by_resource, item->key);
    bool                  is_known;
    const mp_asset_class *class = asset ? NULL : mp_asset_class_of(&is_known, l->f->rules, item->type);
    if ((!class && !(asset && l->f->refreshes)) ||
        !(l->f->eyes->sees_all || l->f->eyes->sees(l->f->eyes->ctx, item->key)))
        return MP_OK;
    if (l->out->count == MP_FILLING_MOST) {
        l->out->has_more = true;
        return MP_OK;
    }
    return asset ? draft_again(l, item, asset, err) : draft_new(l, item, class, err);
}

mp_code mp_asset_drafts_of_estate(mp_asset_drafts *out, mp_tx *tx, const mp_filling *f, mp_register *r, mp_arena *arena,
                                  mp_error *err)
{
    filling         l = { .out = out, .f = f, .r = r, .arena = arena };
    mp_estate_query query = { .scope = f->scope };
    return mp_estate_each(tx, &query, visit, &l, err);
}
