/* SPDX-License-Identifier: Apache-2.0 */
/* An id is pairs of segments: what contains, then "providers" and a namespace, then types and names by turns; and
 * again "providers" for what stands on something. The readers of inventories forgive what services get wrong
 * (inventory/resource_id.h); what is stored here has to be right, so this reads strictly. Where both read an id, they
 * say the same of it. */
#include "estate.h"

#include "buf.h"
#include "cloud_type.h"
#include "secret.h"
#include "text.h"

enum { PAIRS_MAX = 24, SEGMENT_MAX = 260 };

#define GROUP_TYPE MP_S("Microsoft.Resources/resourceGroups")

typedef struct walk {
    mp_str    text; /* clean */
    mp_str    key;  /* the same in lower case */
    mp_str    seg[2 * PAIRS_MAX];
    size_t    count;
    size_t    root; /* the last "providers"; SIZE_MAX: none */
    mp_arena *arena;
    mp_error *err;
} walk;

static mp_str shown(mp_str s) { return mp_str_of(s.ptr, s.len < 120 ? s.len : 120); }

/* No character that could end a segment elsewhere, and none that a log or a page would take amiss. */
static bool is_segment(mp_str s)
{
    static const bool ends[256] = { ['%'] = true, ['?'] = true, ['#'] = true, ['\\'] = true,
                                    ['<'] = true, ['>'] = true, ['|'] = true, [0x7f] = true };
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || ends[(unsigned char)s.ptr[i]])
            return false;
    return s.len > 0 && s.len <= SEGMENT_MAX && !mp_str_eq(s, MP_S(".")) && !mp_str_eq(s, MP_S(".."));
}

/* One slash before each segment, none at the end. */
static mp_code cut(walk *w, mp_str id)
{
    char *text = mp_arena_alloc(w->arena, id.len + 2);
    if (!text)
        return mp_no_memory(w->err);
    size_t len = 0;
    while (id.len) {
        size_t slash = mp_str_find(id, '/');
        mp_str segment = mp_str_of(id.ptr, slash == SIZE_MAX ? id.len : slash);
        id = mp_str_skip(id, segment.len + 1);
        if (segment.len == 0)
            continue;
        if (w->count == MP_COUNT(w->seg))
            return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "an id has more than %zu segments", MP_COUNT(w->seg));
        if (!is_segment(segment))
            return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "'%.*s' cannot stand in an id", MP_FMT(shown(segment)));
        text[len++] = '/';
        memcpy(text + len, segment.ptr, segment.len);
        w->seg[w->count++] = mp_str_of(text + len, segment.len);
        len += segment.len;
    }
    if (len == 0)
        text[len++] = '/';
    text[len] = '\0';
    w->text = mp_str_of(text, len);
    w->key = mp_arena_lower(w->arena, w->text);
    return w->key.ptr ? MP_OK : mp_no_memory(w->err);
}

/* What cut() gave once. False: it is something else. */
static bool cut_again(walk *w)
{
    mp_str rest = w->text;
    if (w->key.len != rest.len || !mp_str_starts(rest, MP_S("/")))
        return false;
    while (rest.len > 1) {
        size_t slash = mp_str_find(rest = mp_str_skip(rest, 1), '/');
        mp_str segment = mp_str_of(rest.ptr, slash == SIZE_MAX ? rest.len : slash);
        if (segment.len == 0 || w->count == MP_COUNT(w->seg))
            return false;
        w->seg[w->count++] = segment;
        rest = mp_str_skip(rest, segment.len);
    }
    return w->count > 0 && rest.len == 0;
}

static bool is(const walk *w, size_t i, const char *name)
{
    return i < w->count && mp_str_eq_fold(w->seg[i], mp_str_from(name));
}

/* The text before segment `i`. */
static mp_str before(const walk *w, size_t i)
{
    return i >= w->count ? w->text : mp_str_of(w->text.ptr, (size_t)(w->seg[i].ptr - 1 - w->text.ptr));
}

/* A part of the text in lower case. */
static mp_str low(const walk *w, mp_str part)
{
    return mp_str_of(w->key.ptr + (part.ptr - w->text.ptr), part.len);
}

/* How many segments the subscription and the group take. */
static mp_code read_container(mp_place *out, size_t *taken, walk *w)
{
    *taken = 0;
    if (!is(w, 0, "subscriptions"))
        return MP_OK;
    if (w->count < 2 || !mp_is_guid(w->seg[1]))
        return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "'%.*s' names no subscription; wanted is its GUID",
                       MP_FMT(w->count < 2 ? MP_S("") : shown(w->seg[1])));
    *taken = 2;
    out->kind = MP_PLACE_SUBSCRIPTION;
    out->name = w->seg[1];
    out->subscription = low(w, w->seg[1]);
    if (!is(w, 2, "resourceGroups"))
        return MP_OK;
    if (w->count < 4)
        return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "an id ends in 'resourceGroups' without a name");
    if (w->seg[3].len > 90 || w->seg[3].ptr[w->seg[3].len - 1] == '.')
        return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' names no resource group; wanted are at most 90 bytes, and no '.' at the end",
                       MP_FMT(shown(w->seg[3])));
    *taken = 4;
    out->kind = MP_PLACE_GROUP;
    out->name = out->group = w->seg[3];
    out->type = GROUP_TYPE;
    out->group_key = low(w, before(w, 4));
    return MP_OK;
}

/* A pair of type and name each, until "providers" stands where a type would. */
static mp_code walk_providers(walk *w, size_t from)
{
    w->root = SIZE_MAX;
    for (size_t i = from; i < w->count;) {
        if (!is(w, i, "providers") && i == 0)
            return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE,
                           "'%.*s' begins no id; wanted is \"/\", or /subscriptions/GUID and what is below it, or /providers/...",
                           MP_FMT(shown(w->seg[i])));
        if (!is(w, i, "providers"))
            return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "'%.*s' stands in an id where 'providers' was wanted",
                           MP_FMT(shown(w->seg[i])));
        w->root = i;
        if (i + 4 > w->count)
            return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE,
                           "an id ends within a resource: wanted are provider, type and name");
        for (i += 2; i < w->count && (i == w->root + 2 || !is(w, i, "providers")); i += 2)
            if (i + 1 == w->count)
                return mp_fail(w->err, MP_PARAMETER, MP_NOWHERE, "an id ends in the type '%.*s' without a name",
                               MP_FMT(shown(w->seg[i])));
    }
    return MP_OK;
}

/* Namespace and types, as in "Microsoft.Network/virtualNetworks/subnets". */
static mp_str type_of(const walk *w, size_t first)
{
    size_t len = w->seg[w->root + 1].len;
    for (size_t i = first; i < w->count; i += 2)
        len += 1 + w->seg[i].len;
    char *text = mp_arena_alloc(w->arena, len + 1), *at = text;
    if (!text)
        return mp_str_of(NULL, 0);
    for (size_t i = w->root + 1; i < w->count; i += i < first ? 1 : 2) {
        if (at > text)
            *at++ = '/';
        memcpy(at, w->seg[i].ptr, w->seg[i].len);
        at += w->seg[i].len;
    }
    *at = '\0';
    return mp_str_of(text, len);
}

static mp_code read_resource(mp_place *out, walk *w)
{
    size_t first = w->root + 2;
    out->type = mp_str_eq_fold(w->seg[w->root + 1], MP_CLOUDS) ? mp_cloud_type_of(w->arena, w->seg[w->count - 2])
                                                               : type_of(w, first);
    if (!out->type.ptr)
        return mp_no_memory(w->err);
    out->kind = MP_PLACE_RESOURCE;
    out->name = w->seg[w->count - 1];
    out->parent = before(w, w->count - first > 2 ? w->count - 2 : w->root);
    if (w->root == 0 && w->count == 4 && mp_str_eq_fold(out->type, MP_S("Microsoft.Management/managementGroups"))) {
        out->kind = MP_PLACE_MANAGEMENT_GROUP;
        out->type = mp_str_of(NULL, 0);
        out->parent = mp_str_of(NULL, 0);
    }
    return MP_OK;
}

static mp_code take_apart(mp_place *out, walk *w)
{
    mp_place made = { .kind = MP_PLACE_TENANT, .id = w->text, .key = w->key };
    size_t   taken;
    MP_TRY(read_container(&made, &taken, w));
    MP_TRY(walk_providers(w, taken));
    made.parent = made.kind == MP_PLACE_GROUP ? before(w, 2) : mp_str_of(NULL, 0);
    if (w->root != SIZE_MAX)
        MP_TRY(read_resource(&made, w));
    if (made.parent.len)
        made.parent = low(w, made.parent);
    else if (made.kind != MP_PLACE_TENANT)
        made.parent = MP_S("/");
    *out = made;
    return MP_OK;
}

mp_code mp_place_of(mp_place *out, mp_str id, mp_arena *arena, mp_error *err)
{
    walk w = { .arena = arena, .err = err };
    if (id.len > MP_RECORD_KEY_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an id is %zu bytes; the most is %d", id.len, MP_RECORD_KEY_MAX);
    if (!mp_utf8_valid(id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an id is not UTF-8");
    MP_TRY(cut(&w, id));
    return take_apart(out, &w);
}

mp_code mp_place_of_item(mp_place *out, const mp_estate_item *item, mp_arena *arena, mp_error *err)
{
    walk w = { .text = item->id, .key = item->key, .arena = arena, .err = err };
    MP_TRY(cut_again(&w) ? take_apart(out, &w) : mp_place_of(out, item->id, arena, err));
    if (out->kind == MP_PLACE_SUBSCRIPTION)
        out->type = item->type; /* as a document that is judged it has one */
    return MP_OK;
}

bool mp_place_holds(mp_str scope, mp_str key)
{
    if (mp_str_eq(scope, MP_S("/")))
        return true;
    return mp_str_starts(key, scope) && (key.len == scope.len || key.ptr[scope.len] == '/');
}

mp_str mp_place_action(const mp_place *place, const char *verb, mp_arena *arena)
{
    mp_str type = place->type;
    if (place->kind == MP_PLACE_GROUP)
        type = MP_S("Microsoft.Resources/subscriptions/resourceGroups");
    else if (place->kind == MP_PLACE_SUBSCRIPTION)
        type = MP_S("Microsoft.Resources/subscriptions");
    else if (place->kind == MP_PLACE_MANAGEMENT_GROUP)
        type = MP_S("Microsoft.Management/managementGroups");
    return mp_arena_printf(arena, "%.*s/%s", MP_FMT(type), verb);
}

bool mp_location_same(mp_str a, mp_str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && a.ptr[i] == ' ')
            i++;
        while (k < b.len && b.ptr[k] == ' ')
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (!mp_str_eq_fold(mp_str_of(a.ptr + i++, 1), mp_str_of(b.ptr + k++, 1)))
            return false;
    }
}
