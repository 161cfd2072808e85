/* SPDX-License-Identifier: Apache-2.0 */
/* An id is a list of segments. Those before the last provider name a scope; behind it types and
 * names take turns:
 *
 *   /subscriptions/S/resourceGroups/G/providers/Microsoft.Sql/servers/s1/databases/d1
 *
 * The type is read from the id because the document's own is often absent (subscriptions, old
 * resource groups, subnets) or wrong (a parent's type, a size such as "D8", a whole path). All
 * comparisons ignore case: services disagree with themselves about it. */
#include "resource_id.h"

#include "buf.h"
#include "cloud_type.h"
#include "simd.h"

#define MAX_SEGMENTS 96 /* the deepest real id has about 20 */
#define NO_ROOT SIZE_MAX

typedef struct id_parts {
    mp_str text;  /* clean: one leading slash, no empty segment, no trailing slash */
    size_t count; /* segments */
    size_t root;  /* of the last "providers" that starts a resource, or NO_ROOT */
    mp_str seg[MAX_SEGMENTS];
} id_parts;

static const mp_str subscription_type = MP_S_INIT("Microsoft.Resources/subscriptions");
static const mp_str group_type = MP_S_INIT("Microsoft.Resources/subscriptions/resourceGroups");

static inline bool same(mp_str a, mp_str b)
{
    return a.len == b.len && (memcmp(a.ptr, b.ptr, a.len) == 0 || mp_str_eq_fold(a, b));
}

bool mp_id_is_arm(mp_str id)
{
    if (mp_str_starts(id, MP_S("/subscriptions/"))) /* nearly always */
        return true;
    while (id.len && id.ptr[0] == '/')
        id = mp_str_skip(id, 1);
    return mp_str_starts_fold(id, MP_S("subscriptions/")) ||
           mp_str_starts_fold(id, MP_S("providers/"));
}

/* The segment that ends at `stop`, a slash or the end, and begins behind the last one. */
static inline bool add_segment(id_parts *id, bool *clean, const char **start, const char *stop)
{
    if (id->count == MAX_SEGMENTS)
        return false;
    *clean = *clean && stop > *start;
    id->seg[id->count++] = mp_str_of(*start, (size_t)(stop - *start));
    *start = stop + 1;
    return true;
}

/* Bit i: a slash at p[i], of the sixteen bytes there, or as many as are left. Where they are fewer,
 * a block that ends with the text is read, and what lies before `p` is shifted out. */
static inline uint32_t slashes_at(const char *p, mp_str text)
{
    size_t   left = (size_t)(text.ptr + text.len - p), short_of = MP_BLOCK - left;
    uint32_t slashes = 0;
    if (left >= MP_BLOCK)
        return mp_block_eq(mp_block_load(p), '/');
    if (text.len >= MP_BLOCK)
        return mp_block_eq(mp_block_load(p - short_of), '/') >> short_of;
    for (size_t i = 0; i < left; i++)
        slashes |= (uint32_t)(p[i] == '/') << i;
    return slashes;
}

/* Cut `text` at its slashes; *clean is false when it is not in clean form. Returns false when there
 * are too many segments for an id. */
static bool cut_segments(id_parts *id, bool *clean, mp_str text)
{
    const char *end = text.ptr + text.len, *p = text.ptr, *start;
    id->text = text;
    id->count = 0;
    *clean = *p == '/' && end[-1] != '/';
    p += *p == '/';
    start = p;
    for (; p < end; p += end - p < MP_BLOCK ? end - p : MP_BLOCK)
        for (uint32_t slashes = slashes_at(p, text); slashes; slashes &= slashes - 1)
            if (!add_segment(id, clean, &start, p + __builtin_ctz(slashes)))
                return false;
    return start >= end || add_segment(id, clean, &start, end);
}

/* Some services answer ids with an empty name: /subscriptions/S/resourceGroups//providers/...
 * Without its name the pair says nothing, and left alone it would make "providers" the group's
 * name. */
static bool is_nameless_scope(const id_parts *id, size_t i)
{
    return i % 2 == 0 && i + 2 < id->count && id->seg[i + 1].len == 0 && id->seg[i + 2].len > 0 &&
           ((i == 0 && same(id->seg[0], MP_S("subscriptions"))) ||
            (i <= 2 && same(id->seg[i], MP_S("resourceGroups"))));
}

static mp_code clean_id(id_parts *id, mp_arena *arena, mp_error *err)
{
    char *text = mp_arena_alloc(arena, id->text.len + 1);
    if (!text)
        return mp_no_memory(err);
    size_t len = 0, kept = 0;
    for (size_t i = 0; i < id->count; i++) {
        if (id->seg[i].len == 0 || is_nameless_scope(id, i))
            continue;
        text[len++] = '/';
        memcpy(text + len, id->seg[i].ptr, id->seg[i].len);
        id->seg[kept++] = mp_str_of(text + len, id->seg[i].len);
        len += id->seg[i].len;
    }
    id->count = kept;
    id->text = mp_str_of(text, len);
    return MP_OK;
}

/* "providers" starts a resource where a type may stand. Right behind a provider nothing is there
 * yet for an extension to stand on: Microsoft.Features/providers/... has a type of that name. Where
 * a name stands it is one, unless a provider's dotted name follows. */
static void find_root(id_parts *id)
{
    size_t start = 0;
    id->root = NO_ROOT;
    for (size_t i = 0; i + 1 < id->count; i++) {
        if (id->seg[i].len != 9 || !same(id->seg[i], MP_S("providers")))
            continue;
        bool type_here = i >= start && (i - start) % 2 == 0;
        if (type_here ? id->root == NO_ROOT || i > start
                      : mp_str_find(id->seg[i + 1], '.') != SIZE_MAX && i > start) {
            id->root = i;
            start = i + 2;
        }
    }
}

/* The text of the id before segment `i`; absent when nothing is left. */
static mp_str before(const id_parts *id, size_t i)
{
    if (i == 0 || id->count == 0)
        return mp_str_of(NULL, 0);
    size_t len = i < id->count ? (size_t)(id->seg[i].ptr - 1 - id->text.ptr) : id->text.len;
    return mp_str_of(id->text.ptr, len);
}

/* `type` is `lead` and then every second segment from `first` on. */
static bool type_says(const id_parts *id, mp_str type, mp_str lead, size_t first)
{
    if (type.len < lead.len || !same(mp_str_of(type.ptr, lead.len), lead))
        return false;
    const char *p = type.ptr + lead.len, *end = type.ptr + type.len;
    for (size_t i = first; i < id->count; i += 2) {
        size_t len = id->seg[i].len;
        if ((size_t)(end - p) < len + 1 || *p != '/' || !same(mp_str_of(p + 1, len), id->seg[i]))
            return false;
        p += len + 1;
    }
    return p == end;
}

/* `lead` (may be empty) and every second segment from `first` on, with slashes between. */
static mp_code join(mp_str *out, const id_parts *id, mp_str lead, size_t first, mp_arena *arena,
                    mp_error *err)
{
    if (lead.len == 0 && first + 2 >= id->count) {
        *out = id->seg[first];
        return MP_OK;
    }
    char *text = mp_arena_alloc(arena, lead.len + id->text.len + 1);
    if (!text)
        return mp_no_memory(err);
    size_t len = lead.len;
    if (len)
        memcpy(text, lead.ptr, len);
    for (size_t i = first; i < id->count; i += 2) {
        if (len)
            text[len++] = '/';
        memcpy(text + len, id->seg[i].ptr, id->seg[i].len);
        len += id->seg[i].len;
    }
    *out = mp_str_of(text, len);
    return MP_OK;
}

/* Of another cloud, as the estate has it: the last type is the whole one. */
static mp_code read_cloud_type(mp_str *out, const id_parts *id, mp_str type, mp_arena *arena, mp_error *err)
{
    mp_str whole = mp_cloud_type_of(arena, id->seg[id->count - 2]);
    if (!whole.ptr)
        return mp_no_memory(err);
    *out = same(type, whole) ? type : whole;
    return MP_OK;
}

/* The resource behind the last provider: its first type stands at segment `first`. */
static mp_code read_resource(mp_resource *out, const id_parts *id, mp_str type, mp_arena *arena,
                             mp_error *err)
{
    mp_str lead = id->seg[id->root + 1];
    size_t first = id->root + 2, parts = id->count - first;

    if (parts % 2 == 0 && same(lead, MP_CLOUDS))
        MP_TRY(read_cloud_type(&out->type, id, type, arena, err));
    else if (type_says(id, type, lead, first))
        out->type = type;
    else
        MP_TRY(join(&out->type, id, lead, first, arena, err));
    out->name = id->seg[id->count - 1];
    if (parts > 1)
        MP_TRY(join(&out->full_name, id, mp_str_of(NULL, 0), first + 1, arena, err));
    else
        out->full_name = out->name;
    /* An odd number of parts ends in a type without a name, a thing there is one of. */
    size_t own = parts % 2 ? 1 : 2;
    out->scope = before(id, parts > 2 ? id->count - own : id->root);
    return MP_OK;
}

/* A provider as such: /subscriptions/S/providers/Microsoft.Compute. */
static void read_provider(mp_resource *out, const id_parts *id)
{
    out->type = id->root == 0 ? MP_S("Microsoft.Resources/providers")
                              : MP_S("Microsoft.Resources/subscriptions/providers");
    out->name = out->full_name = id->seg[id->count - 1];
    out->scope = before(id, id->root);
}

static bool is_whole_type(mp_str type)
{
    size_t slash = mp_str_find(type, '/');
    return slash != SIZE_MAX && slash > 0 && slash + 1 < type.len &&
           type.ptr[type.len - 1] != '/' &&
           mp_str_find(mp_str_of(type.ptr, slash), '.') != SIZE_MAX;
}

/* Under a subscription without a provider: the subscription, a resource group, and what the oldest
 * APIs put straight below them (deployments). All of it is Microsoft.Resources. */
static mp_code read_scope(mp_resource *out, const id_parts *id, mp_str type, mp_arena *arena,
                          mp_error *err)
{
    bool in_group = id->count >= 4 && same(id->seg[2], MP_S("resourceGroups"));
    out->name = out->full_name = id->seg[id->count - 1];
    out->scope = before(id, id->count - (id->count % 2 ? 1 : 2));
    if (id->count == 2) {
        out->type = same(type, subscription_type) ? type : subscription_type;
        out->scope = mp_str_of(NULL, 0);
    } else if (id->count == 4 && in_group) {
        out->type = same(type, group_type) ? type : group_type;
    } else if (is_whole_type(type)) {
        out->type = type;
    } else if (in_group && id->count == 6 && same(id->seg[4], MP_S("deployments"))) {
        out->type = MP_S("Microsoft.Resources/deployments");
    } else {
        MP_TRY(join(&out->type, id, MP_S("Microsoft.Resources"), 0, arena, err));
    }
    return MP_OK;
}

static void read_subscription(mp_resource *out, const id_parts *id)
{
    if (!same(id->seg[0], MP_S("subscriptions")) || id->root == 1)
        return;
    out->subscription_id = id->seg[1];
    if (id->count >= 4 && id->root != 3 && same(id->seg[2], MP_S("resourceGroups")))
        out->resource_group = id->seg[3];
}

static void keep_as_is(mp_resource *out, mp_str raw, mp_str type)
{
    out->id = raw;
    out->type = type;
}

mp_code mp_id_read(mp_resource *out, mp_str raw, mp_str type, mp_arena *arena, mp_error *err)
{
    id_parts id;
    bool     clean;
    if (!mp_id_is_arm(raw) || !cut_segments(&id, &clean, raw)) {
        keep_as_is(out, raw, type);
        return MP_OK;
    }
    if (!clean)
        MP_TRY(clean_id(&id, arena, err));
    bool in_subscription = id.count && same(id.seg[0], MP_S("subscriptions"));
    if (id.count < 2 || (!in_subscription && !same(id.seg[0], MP_S("providers")))) {
        keep_as_is(out, raw, type);
        return MP_OK;
    }
    out->id = id.text;
    find_root(&id);
    if (in_subscription)
        read_subscription(out, &id);
    if (id.root == NO_ROOT)
        return read_scope(out, &id, type, arena, err);
    if (id.root + 2 == id.count) {
        read_provider(out, &id);
        return MP_OK;
    }
    return read_resource(out, &id, type, arena, err);
}

/* ---- making an id ---- */

/* The next part of `names`: up to a slash that does not stand inside an [expression]. */
static mp_str next_name(mp_str *names)
{
    size_t depth = 0, i = 0;
    for (; i < names->len; i++) {
        char c = names->ptr[i];
        if (c == '[')
            depth++;
        else if (c == ']' && depth)
            depth--;
        else if (c == '/' && depth == 0)
            break;
    }
    mp_str name = mp_str_of(names->ptr, i);
    *names = mp_str_skip(*names, i + 1);
    return name;
}

static size_t count_names(mp_str names)
{
    size_t count = 0;
    while (names.len) {
        next_name(&names);
        count++;
    }
    return count;
}

static void add_escaped(mp_buf *b, mp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/')
            mp_buf_add(b, MP_S("%2F"));
        else
            mp_buf_add_c(b, name.ptr[i]);
    }
}

/* Parents that the name leaves out are "_"; more names than types stay together in the last one. */
static void weave(mp_buf *b, mp_str prefix, mp_str type, mp_str names)
{
    size_t types = 0, have = count_names(names);
    for (size_t i = 0; i < type.len; i++)
        types += type.ptr[i] == '/';

    mp_buf_add(b, prefix);
    mp_str provider = next_name(&type);
    mp_buf_add_c(b, '/');
    mp_buf_add(b, provider);
    for (; types > 0; types--) {
        mp_buf_add_c(b, '/');
        mp_buf_add(b, next_name(&type));
        mp_buf_add_c(b, '/');
        if (have < types) {
            mp_buf_add_c(b, '_');
        } else if (types == 1) {
            add_escaped(b, names);
        } else {
            add_escaped(b, next_name(&names));
            have--;
        }
    }
}

mp_str mp_id_weave(mp_str prefix, mp_str type, mp_str names, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    weave(&b, prefix, type, names);
    mp_str id = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return id;
}
