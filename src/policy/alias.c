/* SPDX-License-Identifier: Apache-2.0 */
#include "alias.h"

#include <assert.h>
#include <stdlib.h>

#include "alias_rule.h"
#include "map.h"
#include "text.h"

/* A table is an array of entries, chained into buckets by the folded hash of the alias's name. The
 * type is compared, not hashed: so one chain also answers whether the alias exists for any other
 * type. Names and paths are kept as text and parsed when asked for: a policy needs a handful of
 * some eighty thousand. Half of the paths are "properties." and the rest of the alias behind its
 * type; those have no text at all. */

enum source { FROM_TABLE, FROM_RULE, FROM_FIELD };

#define NO_ENTRY UINT32_MAX
#define MOST_ENTRIES (UINT32_MAX / 2)
#define POOL_BYTES (256u * 1024)

/* Where a value stands and how to read it, for one or more API versions. */
struct place {
    mp_str        path;
    mp_str        extract;
    mp_str        token_type;
    mp_modifiable modifiable;
};

struct version {
    struct place  place;
    const mp_str *api_versions;
    uint32_t      count;
};

/* What few aliases have. */
struct more {
    mp_str          extract;
    mp_str          token_type;
    mp_modifiable   modifiable;
    uint32_t        version_count;
    struct version *versions; /* those that differ from the default */
};

struct entry {
    const char        *name;
    const char        *path; /* NULL: "properties." and the name behind the type and its slash */
    uint32_t           name_len, path_len;
    uint32_t           type; /* index into types */
    uint32_t           next; /* in the bucket */
    const struct more *more; /* NULL: nothing is known but the path */
};

struct mp_aliases {
    enum source   source;
    mp_arena      arena; /* of all below */
    mp_str       *types;
    struct entry *entries;
    uint32_t     *buckets;
    size_t        type_count, type_cap;
    size_t        entry_count, entry_cap;
    size_t        bucket_count; /* a power of two */
};

static mp_str name_of(const struct entry *e)
{
    return mp_str_of(e->name, e->name_len);
}

/* ---- reading: what both forms share ---- */

struct reader {
    mp_aliases    *table;
    const mp_json *root;
    mp_str         text;
    char          *pool, *pool_end; /* room for strings, which need no alignment */
    mp_str         token_type;      /* the last one: they repeat */
    mp_error      *err;
};

#define REFUSE(r, node, ...)       \
    mp_fail((r)->err, MP_FORMAT,   \
            mp_json_locate((r)->text, (size_t)((node) - (r)->root)), __VA_ARGS__)

static mp_code keep(mp_str *out, struct reader *r, mp_str s)
{
    if (s.len == 0) {
        *out = mp_str_of("", 0);
        return MP_OK;
    }
    if ((size_t)(r->pool_end - r->pool) < s.len) {
        size_t usual = r->text.len < POOL_BYTES ? r->text.len : POOL_BYTES;
        size_t size = s.len > usual ? s.len : usual;
        char  *pool = mp_arena_alloc(&r->table->arena, size);
        if (!pool)
            return mp_no_memory(r->err);
        r->pool = pool;
        r->pool_end = pool + size;
    }
    memcpy(r->pool, s.ptr, s.len);
    *out = mp_str_of(r->pool, s.len);
    r->pool += s.len;
    return MP_OK;
}

static mp_str join(mp_arena *arena, mp_str a, mp_str b)
{
    char *out = mp_arena_alloc(arena, a.len + b.len + 1);
    if (!out)
        return mp_str_of(NULL, 0);
    if (a.len)
        memcpy(out, a.ptr, a.len);
    if (b.len)
        memcpy(out + a.len, b.ptr, b.len);
    return mp_str_of(out, a.len + b.len);
}

static mp_code keep_token_type(mp_str *out, struct reader *r, mp_str s)
{
    if (!mp_str_eq(r->token_type, s))
        MP_TRY(keep(&r->token_type, r, s));
    *out = r->token_type;
    return MP_OK;
}

static mp_code want(const struct reader *r, const mp_json *v, mp_json_kind kind, const char *what)
{
    if (mp_json_is(v, kind))
        return MP_OK;
    return REFUSE(r, v, "%s should be of kind %s, not %s", what, mp_json_kind_name(kind),
                  mp_json_kind_name((mp_json_kind)v->kind));
}

/* A member that may be absent or null: then `*out` is NULL. */
static mp_code member(const mp_json **out, const struct reader *r, const mp_json *object,
                      mp_str name, mp_json_kind kind)
{
    const mp_json *v = mp_json_get_fold(object, name);
    if (mp_json_is(v, MP_JSON_NULL))
        v = NULL;
    if (v && v->kind != (uint32_t)kind)
        return REFUSE(r, v, "\"%.*s\" should be of kind %s, not %s", MP_FMT(name),
                      mp_json_kind_name(kind), mp_json_kind_name((mp_json_kind)v->kind));
    *out = v;
    return MP_OK;
}

static mp_code needed(const mp_json **out, const struct reader *r, const mp_json *object,
                      mp_str name, mp_json_kind kind)
{
    MP_TRY(member(out, r, object, name, kind));
    if (!*out)
        return REFUSE(r, object, "\"%.*s\" is missing here", MP_FMT(name));
    return MP_OK;
}

static mp_code make_room(struct reader *r, size_t types, size_t entries)
{
    mp_aliases *t = r->table;
    if (types > MOST_ENTRIES || entries > MOST_ENTRIES)
        return mp_fail(r->err, MP_FORMAT, MP_NOWHERE, "a table of more than %u aliases",
                       MOST_ENTRIES);
    size_t buckets = 64;
    while (buckets < entries)
        buckets *= 2;
    t->types = MP_ARENA_ARRAY(&t->arena, mp_str, types + 1);
    t->entries = MP_ARENA_ARRAY(&t->arena, struct entry, entries + 1);
    t->buckets = mp_arena_alloc(&t->arena, buckets * sizeof *t->buckets);
    if (!t->types || !t->entries || !t->buckets)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < buckets; i++)
        t->buckets[i] = NO_ENTRY;
    t->type_cap = types;
    t->entry_cap = entries;
    t->bucket_count = buckets;
    return MP_OK;
}

static bool is_plain_path(mp_str path, mp_str type, mp_str name)
{
    static const char head[] = "properties.";
    return name.len > type.len + 1 && name.ptr[type.len] == '/' && mp_str_starts_fold(name, type) &&
           mp_str_starts(path, MP_S("properties.")) &&
           mp_str_eq(mp_str_skip(path, sizeof head - 1), mp_str_skip(name, type.len + 1));
}

/* Add an alias of the type added last. Of two of one name and type the later one is found. */
static mp_code add_alias(struct reader *r, const mp_json *where, mp_str name, mp_str path,
                         const struct more *more)
{
    mp_aliases *t = r->table;
    if (name.len == 0)
        return REFUSE(r, where, "an alias has no name");
    if (path.len == 0)
        return REFUSE(r, where, "the path of \"%.*s\" is empty", MP_FMT(name));
    assert(t->entry_count < t->entry_cap && t->type_count > 0);
    uint32_t      index = (uint32_t)t->entry_count;
    struct entry *e = &t->entries[index];
    mp_str        kept_name = { NULL, 0 }, kept_path = { NULL, 0 };
    MP_TRY(keep(&kept_name, r, name));
    if (!is_plain_path(path, t->types[t->type_count - 1], name))
        MP_TRY(keep(&kept_path, r, path));
    uint32_t *bucket = &t->buckets[mp_hash_fold(name) & (t->bucket_count - 1)];
    *e = (struct entry){ .name = kept_name.ptr,
                         .path = kept_path.ptr,
                         .name_len = (uint32_t)kept_name.len,
                         .path_len = (uint32_t)kept_path.len,
                         .type = (uint32_t)t->type_count - 1,
                         .next = *bucket,
                         .more = more };
    *bucket = index;
    t->entry_count++;
    return MP_OK;
}

/* Keep `more` if it says anything. */
static mp_code keep_more(const struct more **out, struct reader *r, struct more more)
{
    *out = NULL;
    if (!more.extract.len && !more.token_type.len && !more.version_count &&
        more.modifiable == MP_MODIFIABLE_UNKNOWN)
        return MP_OK;
    struct more *kept = MP_ARENA_NEW(&r->table->arena, struct more);
    if (!kept)
        return mp_no_memory(r->err);
    *kept = more;
    *out = kept;
    return MP_OK;
}

static mp_code keep_versions(struct version *v, struct reader *r, const mp_json *list)
{
    mp_str *kept = MP_ARENA_ARRAY(&r->table->arena, mp_str, list->count + 1u);
    if (!kept)
        return mp_no_memory(r->err);
    v->api_versions = kept;
    for (MP_JSON_EACH(item, list)) {
        MP_TRY(want(r, item, MP_JSON_STRING, "an API version"));
        MP_TRY(keep(&kept[v->count++], r, mp_json_str(item)));
    }
    return MP_OK;
}

/* ---- the compact form: {"<type>": {"<alias>": "<path>" | {...}}} ---- */

static mp_code compact_versions(struct more *more, struct reader *r, const mp_json *object)
{
    struct version *kept = MP_ARENA_ARRAY(&r->table->arena, struct version, object->count + 1u);
    if (!kept)
        return mp_no_memory(r->err);
    more->versions = kept;
    for (MP_JSON_MEMBERS(key, object)) {
        MP_TRY(want(r, key + 1, MP_JSON_ARRAY, "the API versions of a path"));
        struct version *v = &kept[more->version_count++];
        v->place = (struct place){ { NULL, 0 }, more->extract, more->token_type, more->modifiable };
        MP_TRY(keep(&v->place.path, r, mp_json_str(key)));
        MP_TRY(keep_versions(v, r, key + 1));
    }
    return MP_OK;
}

/* {"p": path, "v": {path: [versions]}, "t": token type, "m": and "mi": modifiable, "x": extract} */
static mp_code compact_object(const mp_json **path, const struct more **out, struct reader *r,
                              mp_str name, const mp_json *object)
{
    const mp_json *versions, *token_type, *marked, *inferred, *extracted;
    struct more    more = { .modifiable = MP_MODIFIABLE_UNKNOWN };
    MP_TRY(needed(path, r, object, MP_S("p"), MP_JSON_STRING));
    MP_TRY(member(&versions, r, object, MP_S("v"), MP_JSON_OBJECT));
    MP_TRY(member(&token_type, r, object, MP_S("t"), MP_JSON_STRING));
    MP_TRY(member(&marked, r, object, MP_S("m"), MP_JSON_BOOL));
    MP_TRY(member(&inferred, r, object, MP_S("mi"), MP_JSON_BOOL));
    MP_TRY(member(&extracted, r, object, MP_S("x"), MP_JSON_BOOL));
    if (marked)
        more.modifiable = marked->u.integer ? MP_MODIFIABLE_YES : MP_MODIFIABLE_NO;
    if (inferred && inferred->u.integer)
        more.modifiable = MP_MODIFIABLE_YES;
    if (token_type)
        MP_TRY(keep_token_type(&more.token_type, r, mp_json_str(token_type)));
    if (extracted && extracted->u.integer) {
        more.extract = mp_alias_image_part(name);
        if (!more.extract.len)
            return REFUSE(r, extracted, "which part of the value \"%.*s\" means is not known",
                          MP_FMT(name));
    }
    if (versions)
        MP_TRY(compact_versions(&more, r, versions));
    return keep_more(out, r, more);
}

static mp_code read_compact(struct reader *r)
{
    mp_aliases *t = r->table;
    size_t      aliases = 0;
    for (MP_JSON_MEMBERS(type, r->root)) {
        MP_TRY(want(r, type + 1, MP_JSON_OBJECT, "the aliases of a resource type"));
        aliases += type[1].count;
    }
    MP_TRY(make_room(r, r->root->count, aliases));
    for (MP_JSON_MEMBERS(type, r->root)) {
        MP_TRY(keep(&t->types[t->type_count++], r, mp_json_str(type)));
        for (MP_JSON_MEMBERS(key, type + 1)) {
            const mp_json     *path = key + 1;
            const struct more *more = NULL;
            if (mp_json_is(path, MP_JSON_OBJECT))
                MP_TRY(compact_object(&path, &more, r, mp_json_str(key), path));
            MP_TRY(want(r, path, MP_JSON_STRING, "the path of an alias"));
            MP_TRY(add_alias(r, key, mp_json_str(key), mp_json_str(path), more));
        }
    }
    return MP_OK;
}

/* ---- the providers' form: [{"namespace", "resourceTypes": [{"resourceType", "aliases"}]}] ---- */

/* {"type", "attributes"} */
static mp_code read_metadata(struct place *p, struct reader *r, const mp_json *object)
{
    const mp_json *type, *attributes;
    if (!object)
        return MP_OK;
    MP_TRY(member(&type, r, object, MP_S("type"), MP_JSON_STRING));
    MP_TRY(member(&attributes, r, object, MP_S("attributes"), MP_JSON_STRING));
    if (type && !mp_str_eq_fold(mp_json_str(type), MP_S("NotSpecified")))
        MP_TRY(keep_token_type(&p->token_type, r, mp_json_str(type)));
    if (attributes) /* a list of flags: "Modifiable", "None", perhaps others to come */
        p->modifiable = mp_str_find_fold(mp_json_str(attributes), MP_S("Modifiable")) != SIZE_MAX
                            ? MP_MODIFIABLE_YES
                            : MP_MODIFIABLE_NO;
    return MP_OK;
}

/* The segment of the pattern's phrase before its variable: ".../Offers/{offer}/..." -> "Offers". */
static mp_str segment_before(mp_str phrase, mp_str variable)
{
    mp_str before = { "", 0 };
    for (mp_str left = phrase; left.len;) {
        size_t slash = mp_str_find(left, '/');
        mp_str segment = slash == SIZE_MAX ? left : mp_str_of(left.ptr, slash);
        left = slash == SIZE_MAX ? mp_str_of("", 0) : mp_str_skip(left, slash + 1);
        if (segment.len == variable.len + 2 && segment.ptr[0] == '{' &&
            mp_str_eq_fold(mp_str_of(segment.ptr + 1, variable.len), variable))
            return before;
        before = segment;
    }
    return mp_str_of("", 0);
}

/* {"phrase", "variable", "type": "Extract" | "NotSpecified"} */
static mp_code read_pattern(struct place *p, struct reader *r, mp_str name, const mp_json *object)
{
    const mp_json *phrase, *variable, *type;
    if (!object)
        return MP_OK;
    MP_TRY(member(&phrase, r, object, MP_S("phrase"), MP_JSON_STRING));
    MP_TRY(member(&variable, r, object, MP_S("variable"), MP_JSON_STRING));
    MP_TRY(member(&type, r, object, MP_S("type"), MP_JSON_STRING));
    if (!type || !mp_str_eq_fold(mp_json_str(type), MP_S("Extract")))
        return MP_OK;
    mp_str segment = { "", 0 };
    if (phrase && variable)
        segment = segment_before(mp_json_str(phrase), mp_json_str(variable));
    if (segment.len == 0)
        segment = mp_alias_image_part(name);
    if (segment.len == 0)
        return REFUSE(r, object, "the pattern of \"%.*s\" does not say what to extract",
                      MP_FMT(name));
    return keep(&p->extract, r, segment);
}

static bool place_eq(const struct place *a, const struct place *b)
{
    return mp_str_eq(a->path, b->path) && mp_str_eq(a->extract, b->extract) &&
           mp_str_eq(a->token_type, b->token_type) && a->modifiable == b->modifiable;
}

/* "paths": those that differ from the default are kept, with the versions that they hold for. What
 * a path leaves unsaid is as in the default. */
static mp_code read_paths(struct more *more, struct reader *r, mp_str name,
                          const struct place *usual, const mp_json *list)
{
    if (!list || list->count == 0)
        return MP_OK;
    for (MP_JSON_EACH(item, list)) {
        const mp_json *path, *api_versions, *metadata, *pattern;
        struct place   place = *usual;
        MP_TRY(want(r, item, MP_JSON_OBJECT, "a path of an alias"));
        MP_TRY(needed(&path, r, item, MP_S("path"), MP_JSON_STRING));
        MP_TRY(member(&api_versions, r, item, MP_S("apiVersions"), MP_JSON_ARRAY));
        MP_TRY(member(&metadata, r, item, MP_S("metadata"), MP_JSON_OBJECT));
        MP_TRY(member(&pattern, r, item, MP_S("pattern"), MP_JSON_OBJECT));
        MP_TRY(read_metadata(&place, r, metadata));
        MP_TRY(read_pattern(&place, r, name, pattern));
        place.path = mp_json_str(path);
        if (place.path.len == 0)
            return REFUSE(r, path, "a path of \"%.*s\" is empty", MP_FMT(name));
        if (!api_versions || place_eq(&place, usual))
            continue;
        if (!more->versions)
            more->versions = MP_ARENA_ARRAY(&r->table->arena, struct version, list->count);
        if (!more->versions)
            return mp_no_memory(r->err);
        struct version *v = &more->versions[more->version_count++];
        v->place = place;
        MP_TRY(keep(&v->place.path, r, place.path));
        MP_TRY(keep_versions(v, r, api_versions));
    }
    return MP_OK;
}

/* Old answers have no default path: then the path of the newest API version stands for it. */
static const mp_json *newest_path(const mp_json *paths)
{
    const mp_json *best = NULL;
    mp_str         newest = { "", 0 };
    if (!paths)
        return NULL;
    for (MP_JSON_EACH(item, paths)) {
        const mp_json *path = mp_json_get_fold(item, MP_S("path"));
        const mp_json *versions = mp_json_get_fold(item, MP_S("apiVersions"));
        if (!mp_json_is(path, MP_JSON_STRING))
            continue;
        if (!best)
            best = path;
        if (!mp_json_is(versions, MP_JSON_ARRAY))
            continue;
        for (MP_JSON_EACH(version, versions))
            if (mp_json_is(version, MP_JSON_STRING) &&
                mp_str_cmp_fold(mp_json_str(version), newest) > 0) {
                newest = mp_json_str(version);
                best = path;
            }
    }
    return best;
}

static mp_code read_alias(struct reader *r, const mp_json *object)
{
    const mp_json *name, *path, *paths, *metadata, *pattern;
    MP_TRY(want(r, object, MP_JSON_OBJECT, "an alias"));
    MP_TRY(needed(&name, r, object, MP_S("name"), MP_JSON_STRING));
    MP_TRY(member(&path, r, object, MP_S("defaultPath"), MP_JSON_STRING));
    MP_TRY(member(&paths, r, object, MP_S("paths"), MP_JSON_ARRAY));
    MP_TRY(member(&metadata, r, object, MP_S("defaultMetadata"), MP_JSON_OBJECT));
    MP_TRY(member(&pattern, r, object, MP_S("defaultPattern"), MP_JSON_OBJECT));
    if (!path)
        path = newest_path(paths);
    if (!path)
        return MP_OK; /* Azure lists some that lead nowhere: unknown here */
    struct place usual = { .path = mp_json_str(path) };
    MP_TRY(read_metadata(&usual, r, metadata));
    MP_TRY(read_pattern(&usual, r, mp_json_str(name), pattern));
    struct more more = { .extract = usual.extract,
                         .token_type = usual.token_type,
                         .modifiable = usual.modifiable };
    MP_TRY(read_paths(&more, r, mp_json_str(name), &usual, paths));
    const struct more *kept;
    MP_TRY(keep_more(&kept, r, more));
    return add_alias(r, object, mp_json_str(name), usual.path, kept);
}

static mp_code read_type(struct reader *r, mp_str provider, const mp_json *object)
{
    mp_aliases    *t = r->table;
    const mp_json *name, *aliases;
    MP_TRY(needed(&name, r, object, MP_S("resourceType"), MP_JSON_STRING));
    MP_TRY(member(&aliases, r, object, MP_S("aliases"), MP_JSON_ARRAY));
    if (!aliases || aliases->count == 0)
        return MP_OK;
    mp_str type = join(&t->arena, provider, MP_S("/"));
    if (type.ptr)
        type = join(&t->arena, type, mp_json_str(name));
    if (!type.ptr)
        return mp_no_memory(r->err);
    t->types[t->type_count++] = type;
    for (MP_JSON_EACH(item, aliases))
        MP_TRY(read_alias(r, item));
    return MP_OK;
}

/* Count what there is room to make for; checks what it has to look into. */
static mp_code count_provider(size_t *types, size_t *aliases, struct reader *r,
                              const mp_json *provider)
{
    const mp_json *list;
    MP_TRY(want(r, provider, MP_JSON_OBJECT, "a provider"));
    MP_TRY(member(&list, r, provider, MP_S("resourceTypes"), MP_JSON_ARRAY));
    if (!list)
        return MP_OK;
    for (MP_JSON_EACH(type, list)) {
        const mp_json *of_type;
        MP_TRY(want(r, type, MP_JSON_OBJECT, "a resource type"));
        MP_TRY(member(&of_type, r, type, MP_S("aliases"), MP_JSON_ARRAY));
        *types += 1;
        *aliases += of_type ? of_type->count : 0;
    }
    return MP_OK;
}

static mp_code read_provider(struct reader *r, const mp_json *provider)
{
    const mp_json *name, *list;
    MP_TRY(needed(&name, r, provider, MP_S("namespace"), MP_JSON_STRING));
    MP_TRY(member(&list, r, provider, MP_S("resourceTypes"), MP_JSON_ARRAY));
    if (!list)
        return MP_OK;
    for (MP_JSON_EACH(type, list))
        MP_TRY(read_type(r, mp_json_str(name), type));
    return MP_OK;
}

static mp_code read_providers(struct reader *r, const mp_json *list)
{
    size_t types = 0, aliases = 0;
    for (MP_JSON_EACH(provider, list))
        MP_TRY(count_provider(&types, &aliases, r, provider));
    MP_TRY(make_room(r, types, aliases));
    for (MP_JSON_EACH(provider, list))
        MP_TRY(read_provider(r, provider));
    return MP_OK;
}

/* One provider alone, as `az provider show` gives it. */
static mp_code read_one_provider(struct reader *r)
{
    size_t types = 0, aliases = 0;
    MP_TRY(count_provider(&types, &aliases, r, r->root));
    MP_TRY(make_room(r, types, aliases));
    return read_provider(r, r->root);
}

static mp_code read_root(struct reader *r)
{
    if (mp_json_is(r->root, MP_JSON_ARRAY))
        return read_providers(r, r->root);
    if (!mp_json_is(r->root, MP_JSON_OBJECT))
        return REFUSE(r, r->root, "a table of aliases is an object or an array, not %s",
                      mp_json_kind_name((mp_json_kind)r->root->kind));
    const mp_json *list = mp_json_get_fold(r->root, MP_S("value"));
    if (mp_json_is(list, MP_JSON_ARRAY))
        return read_providers(r, list);
    if (mp_json_is(mp_json_get_fold(r->root, MP_S("resourceTypes")), MP_JSON_ARRAY))
        return read_one_provider(r);
    return read_compact(r);
}

/* ---- looking up ---- */

static const struct entry *find_entry(bool *is_known, const mp_aliases *t, mp_str type, mp_str name)
{
    uint32_t i = t->buckets[mp_hash_fold(name) & (t->bucket_count - 1)];
    for (; i != NO_ENTRY; i = t->entries[i].next) {
        const struct entry *e = &t->entries[i];
        if (!mp_str_eq_fold(name_of(e), name))
            continue;
        *is_known = true;
        if (mp_str_eq_fold(t->types[e->type], type))
            return e;
    }
    return NULL;
}

static struct place usual_place(const struct entry *e)
{
    struct place p = { .path = mp_str_of(e->path, e->path_len) };
    if (e->more) {
        p.extract = e->more->extract;
        p.token_type = e->more->token_type;
        p.modifiable = e->more->modifiable;
    }
    return p;
}

static struct place place_for(const struct entry *e, mp_str api_version)
{
    uint32_t count = e->more && api_version.len ? e->more->version_count : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct version *v = &e->more->versions[i];
        for (uint32_t k = 0; k < v->count; k++)
            if (mp_str_eq_fold(v->api_versions[k], api_version))
                return v->place;
    }
    return usual_place(e);
}

/* What is handed out lives in the caller's arena, so that a policy may outlive the table. */
static mp_code hand_out(mp_str *s, mp_arena *arena, mp_error *err)
{
    if (s->len == 0) {
        *s = mp_str_of("", 0);
        return MP_OK;
    }
    *s = mp_arena_dup(arena, *s);
    return s->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code parse_place(mp_alias *out, const mp_aliases *t, const struct entry *e,
                           struct place place, mp_arena *arena, mp_error *err)
{
    mp_alias found = { .modifiable = place.modifiable };
    if (!place.path.ptr)
        place.path = join(arena, MP_S("properties."),
                          mp_str_skip(name_of(e), t->types[e->type].len + 1));
    else
        place.path = mp_arena_dup(arena, place.path);
    if (!place.path.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_path_parse(&found.path, place.path, arena, err));
    MP_TRY(hand_out(&place.extract, arena, err));
    MP_TRY(hand_out(&place.token_type, arena, err));
    found.extract = place.extract;
    found.token_type = place.token_type;
    *out = found;
    return MP_OK;
}

/* "X" for "X[*]" and the other way round. */
static mp_code twin_of(mp_str *twin, mp_str name, mp_arena *arena, mp_error *err)
{
    if (mp_str_ends(name, MP_S("[*]"))) {
        *twin = mp_str_of(name.ptr, name.len - 3);
        return MP_OK;
    }
    *twin = join(arena, name, MP_S("[*]"));
    return twin->ptr ? MP_OK : mp_no_memory(err);
}

/* Make the path of the twin that of the alias itself: with or without the last [*]. */
static mp_code adapt_path(mp_path *path, bool wants_each, mp_arena *arena, mp_error *err)
{
    bool has_each = path->count > 0 && mp_step_is_each(&path->steps[path->count - 1]);
    if (has_each == wants_each)
        return MP_OK;
    if (has_each) {
        path->count -= path->count > 1;
        return MP_OK;
    }
    if (path->count == MP_PATH_STEPS)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the path of an alias has more than %d steps",
                       MP_PATH_STEPS);
    mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, path->count + 1u);
    if (!steps)
        return mp_no_memory(err);
    memcpy(steps, path->steps, path->count * sizeof *steps);
    path->steps = steps;
    path->count++; /* a zeroed step is [*] */
    return MP_OK;
}

static mp_code find_in_table(mp_alias_match *match, mp_alias *out, const mp_aliases *t, mp_str type,
                             mp_str name, mp_str api_version, mp_arena *arena, mp_error *err)
{
    bool                is_known = false;
    const struct entry *e = find_entry(&is_known, t, type, name);
    if (e) {
        MP_TRY(parse_place(out, t, e, place_for(e, api_version), arena, err));
        *match = MP_ALIAS_FOUND;
        return MP_OK;
    }
    mp_str   twin;
    mp_alias found;
    MP_TRY(twin_of(&twin, name, arena, err));
    e = find_entry(&is_known, t, type, twin);
    if (!e) {
        *match = is_known ? MP_ALIAS_OTHER_TYPE : MP_ALIAS_UNKNOWN;
        return MP_OK;
    }
    MP_TRY(parse_place(&found, t, e, place_for(e, api_version), arena, err));
    MP_TRY(adapt_path(&found.path, twin.len < name.len, arena, err));
    found.token_type = mp_str_of("", 0); /* the twin's is that of the array, or of its elements */
    *out = found;
    *match = MP_ALIAS_FOUND;
    return MP_OK;
}

static mp_code find_by_rule(mp_alias_match *match, mp_alias *out, mp_str type, mp_str name,
                            mp_arena *arena, mp_error *err)
{
    mp_str         path;
    mp_alias_match found;
    mp_alias       alias = { .extract = { "", 0 }, .token_type = { "", 0 } };
    MP_TRY(mp_alias_rule(&found, &path, type, name, arena, err));
    if (found == MP_ALIAS_FOUND) {
        MP_TRY(mp_path_parse(&alias.path, path, arena, err));
        if (mp_str_ends_fold(path, MP_S("imageReference.id")))
            alias.extract = mp_alias_image_part(name);
        *out = alias;
    }
    *match = found;
    return MP_OK;
}

static mp_code find_field(mp_alias_match *match, mp_alias *out, mp_str name, mp_arena *arena,
                          mp_error *err)
{
    mp_alias alias = { .extract = { "", 0 }, .token_type = { "", 0 } };
    mp_str   text = mp_arena_dup(arena, name);
    if (!text.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_path_parse(&alias.path, text, arena, err));
    *out = alias;
    *match = MP_ALIAS_FOUND;
    return MP_OK;
}

mp_code mp_alias_find(mp_alias_match *match, mp_alias *out, const mp_aliases *aliases, mp_str type,
                      mp_str name, mp_str api_version, mp_arena *arena, mp_error *err)
{
    switch (aliases->source) {
    case FROM_FIELD:
        return find_field(match, out, name, arena, err);
    case FROM_RULE:
        return find_by_rule(match, out, mp_alias_own_type(type), name, arena, err);
    case FROM_TABLE:
        break;
    }
    if (mp_alias_is_elsewhere(name))
        return find_by_rule(match, out, type, name, arena, err);
    return find_in_table(match, out, aliases, mp_alias_own_type(type), name, api_version, arena,
                         err);
}

/* ---- the nearest name ---- */

/* The beginning of an alias up to its last slash: its type, if it is spelled right. */
static mp_str type_part(mp_str name)
{
    size_t slash = mp_str_rfind(name, '/');
    return slash == SIZE_MAX ? mp_str_of(name.ptr, 0) : mp_str_of(name.ptr, slash);
}

mp_str mp_alias_nearest(const mp_aliases *aliases, mp_str name)
{
    mp_str nothing = { "", 0 };
    if (aliases->source != FROM_TABLE || aliases->entry_count == 0)
        return nothing;
    mp_str *names = calloc(aliases->entry_count, sizeof *names);
    if (!names)
        return nothing; /* a suggestion is a courtesy */
    /* Comparing with every alias would take long: first the type, then its aliases. */
    mp_str type = mp_text_nearest(type_part(name), aliases->types, aliases->type_count);
    size_t count = 0;
    for (size_t i = 0; i < aliases->entry_count; i++)
        if (mp_str_eq_fold(aliases->types[aliases->entries[i].type], type))
            names[count++] = name_of(&aliases->entries[i]);
    mp_str nearest = count ? mp_text_nearest(name, names, count) : nothing;
    free(names);
    return nearest;
}

/* ---- the table itself ---- */

typedef mp_code read_json(mp_json_doc *doc, const mp_json **root, mp_str text,
                          const mp_json_options *options, size_t *used, mp_error *err);

static mp_code read_table(mp_aliases **out, mp_str text, read_json *read, mp_error *err)
{
    mp_json_doc *doc = NULL;
    mp_aliases  *table = calloc(1, sizeof *table);
    if (!table)
        return mp_no_memory(err);
    struct reader r = { .table = table, .text = text, .err = err };
    mp_code       code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = read(doc, &r.root, text, NULL, NULL, err);
    if (code == MP_OK)
        code = read_root(&r);
    mp_json_doc_free(doc);
    if (code != MP_OK) {
        mp_aliases_free(table);
        return code;
    }
    *out = table;
    return MP_OK;
}

mp_code mp_aliases_read(mp_aliases **out, mp_str text, mp_error *err)
{
    return read_table(out, text, mp_json_read, err);
}

mp_code mp_aliases_read_padded(mp_aliases **out, mp_str text, mp_error *err)
{
    return read_table(out, text, mp_json_read_padded, err);
}

static const mp_aliases by_rule = { .source = FROM_RULE };
static const mp_aliases plain = { .source = FROM_FIELD };

void mp_aliases_free(mp_aliases *aliases)
{
    if (!aliases || aliases->source != FROM_TABLE)
        return;
    mp_arena_free(&aliases->arena);
    free(aliases);
}

const mp_aliases *mp_aliases_by_rule(void)
{
    return &by_rule;
}

const mp_aliases *mp_aliases_plain(void)
{
    return &plain;
}

size_t mp_aliases_type_count(const mp_aliases *aliases)
{
    return aliases->type_count;
}

size_t mp_aliases_count(const mp_aliases *aliases)
{
    return aliases->entry_count;
}
