/* SPDX-License-Identifier: Apache-2.0 */
#include "data_places.h"

#include <stdlib.h>

#include "asset_filling.h"

typedef struct place {
    mp_str location;        /* small letters, without blanks; empty: none is said */
    const mp_json *country; /* of content/assets; NULL: not known */
    int64_t resources, labelled, owned;
} place;

typedef struct placing {
    const mp_data_query *q;
    mp_register *r;
    mp_jsonw *w; /* within the array of rows */
    place places[MP_DATA_PLACES];
    size_t count, rows;
    place sums;
    int64_t placed;
} placing;

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- what keeps data, and where ---- */

static bool keeps_data(const placing *p, mp_str type)
{
    const mp_json *types = mp_json_get(p->q->rules->document, MP_S("dataTypes"));
    if (mp_json_is(types, MP_JSON_ARRAY))
        for (MP_JSON_EACH(pattern, types))
            if (mp_json_is(pattern, MP_JSON_STRING) && mp_asset_pattern_fits(mp_json_str(pattern), type))
                return true;
    return false;
}

/* "Korea Central" is koreacentral. */
static mp_str location_of(const mp_json *document, mp_arena *arena)
{
    mp_str said = text_of(document, "location");
    char *text = mp_arena_alloc(arena, said.len + 1);
    size_t len = 0;
    for (size_t i = 0; text && i < said.len; i++) {
        char c = said.ptr[i];
        if (c != ' ')
            text[len++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return mp_str_of(text, len);
}

static const mp_json *country_of(const placing *p, mp_str location)
{
    const mp_json *countries = mp_json_get(p->q->rules->document, MP_S("countries"));
    if (mp_json_is(countries, MP_JSON_ARRAY))
        for (MP_JSON_EACH(country, countries)) {
            const mp_json *locations = mp_json_get(country, MP_S("locations"));
            if (mp_json_is(locations, MP_JSON_ARRAY))
                for (MP_JSON_EACH(one, locations))
                    if (mp_json_is(one, MP_JSON_STRING) && mp_str_eq(mp_json_str(one), location))
                        return country;
        }
    return NULL;
}

static place *place_of(placing *p, mp_str location)
{
    for (size_t i = 0; i < p->count; i++)
        if (mp_str_eq(p->places[i].location, location))
            return &p->places[i];
    if (p->count == MP_DATA_PLACES)
        return &p->places[MP_DATA_PLACES - 1];
    place *made = &p->places[p->count++];
    if (p->count == MP_DATA_PLACES)
        location = MP_S("");
    *made = (place){ .location = location, .country = country_of(p, location) };
    return made;
}

/* ---- one resource ---- */

/* It is read into an arena that is emptied after it. */
static void put_copy(mp_jsonw *w, const char *name, mp_str text)
{
    mp_str kept = mp_arena_dup(w->arena, text);
    w->failed = w->failed || !kept.ptr;
    if (text.len)
        mp_jsonw_put_str(w, name, kept);
}

static void put_labels(mp_jsonw *w, const mp_json *labels)
{
    mp_jsonw_key(w, MP_S("labels"));
    mp_jsonw_array(w);
    if (mp_json_is(labels, MP_JSON_ARRAY))
        for (MP_JSON_EACH(label, labels)) {
            mp_str kept = mp_arena_dup(w->arena, mp_json_is(label, MP_JSON_STRING) ? mp_json_str(label) : MP_S(""));
            w->failed = w->failed || !kept.ptr;
            mp_jsonw_str(w, kept);
        }
    mp_jsonw_end(w);
}

/* Labels of the register, or of tags. */
static const mp_json *labels_of(const placing *p, const mp_asset *asset, const mp_json *document)
{
    mp_jsonw w;
    if (asset)
        return mp_json_get(asset->body, MP_S("labels"));
    mp_jsonw_init(&w, p->w->arena);
    mp_jsonw_object(&w);
    mp_asset_put_labels(&w, mp_json_get(document, MP_S("tags")), p->q->label_tags ? p->q->label_tags : "",
                        p->w->arena);
    mp_jsonw_end(&w);
    return mp_json_get(mp_jsonw_done(&w), MP_S("labels"));
}

static void put_row(placing *p, const mp_estate_item *item, const place *where, const mp_json *labels, mp_str owner,
                    bool is_registered)
{
    mp_jsonw *w = p->w;
    mp_jsonw_object(w);
    put_copy(w, "resource", item->id);
    put_copy(w, "name", text_of(item->document, "name"));
    put_copy(w, "type", item->type);
    put_copy(w, "location", where->location);
    if (where->country)
        mp_jsonw_put_str(w, "country", text_of(where->country, "id"));
    put_labels(w, labels);
    put_copy(w, "owner", owner);
    mp_jsonw_put_bool(w, "registered", is_registered);
    mp_jsonw_end(w);
}

static mp_code visit(void *ctx, const mp_estate_item *item, mp_error *err)
{
    placing *p = ctx;
    const mp_asset *asset = mp_map_get(&p->r->by_resource, item->key);
    const mp_asset_eyes *eyes = p->q->eyes;
    if (!keeps_data(p, item->type) || !(eyes->sees_all || eyes->sees(eyes->ctx, item->key)))
        return MP_OK;
    mp_str location = location_of(item->document, p->w->arena);
    if (!location.ptr)
        return mp_no_memory(err);
    place *where = place_of(p, location);
    const mp_json *labels = labels_of(p, asset, item->document), *tags = mp_json_get(item->document, MP_S("tags"));
    mp_str owner = asset ? asset->owner : mp_asset_tag(tags, p->q->owner_tags ? p->q->owner_tags : "");
    bool is_labelled = mp_json_is(labels, MP_JSON_ARRAY) && labels->count > 0;
    where->resources++;
    where->labelled += is_labelled;
    where->owned += owner.len > 0;
    p->sums.resources++;
    p->sums.labelled += is_labelled;
    p->sums.owned += owner.len > 0;
    p->placed += where->country != NULL;
    if (p->rows++ < p->q->top)
        put_row(p, item, where, labels, owner, asset != NULL);
    return p->w->failed ? mp_no_memory(err) : MP_OK;
}

/* ---- the object ---- */

static void put_counts(mp_jsonw *w, const place *of)
{
    mp_jsonw_put_int(w, "resources", of->resources);
    mp_jsonw_put_int(w, "labelled", of->labelled);
    mp_jsonw_put_int(w, "owned", of->owned);
}

/* By country, those without one behind; then by location. */
static int by_country(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (!x->country != !y->country)
        return x->country ? -1 : 1;
    int order = x->country ? mp_str_cmp(text_of(x->country, "id"), text_of(y->country, "id")) : 0;
    return order ? order : mp_str_cmp(x->location, y->location);
}

static void put_places(placing *p)
{
    mp_jsonw *w = p->w;
    if (p->count)
        qsort(p->places, p->count, sizeof *p->places, by_country);
    mp_jsonw_key(w, MP_S("places"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < p->count; i++) {
        const place *one = &p->places[i];
        mp_jsonw_object(w);
        if (one->country) {
            mp_jsonw_put_str(w, "country", text_of(one->country, "id"));
            mp_jsonw_put_value(w, "name", mp_json_get(one->country, MP_S("name")));
        }
        mp_jsonw_put_str(w, "location", one->location);
        put_counts(w, one);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

mp_code mp_data_places(mp_jsonw *w, mp_register *r, mp_tx *tx, const mp_data_query *q, mp_error *err)
{
    mp_estate_query query = { .scope = q->scope, .as_of = q->as_of };
    placing *p = MP_ARENA_NEW(w->arena, placing);
    if (!p)
        return mp_no_memory(err);
    p->q = q;
    p->r = r;
    p->w = w;
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
    MP_TRY(mp_estate_each(tx, &query, visit, p, err));
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("sums"));
    mp_jsonw_object(w);
    put_counts(w, &p->sums);
    mp_jsonw_put_int(w, "placed", p->placed);
    mp_jsonw_end(w);
    put_places(p);
    if (p->rows > q->top)
        mp_jsonw_put_bool(w, "hasMore", true);
    mp_jsonw_end(w);
    return w->failed ? mp_no_memory(err) : MP_OK;
}
