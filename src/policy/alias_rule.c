/* SPDX-License-Identifier: Apache-2.0 */
#include "alias_rule.h"

/* An alias is "<type>/" and the names of members on the way to a value, but not all of them: Azure
 * leaves out "properties", of the resource itself and of every resource embedded in it, and puts in
 * the kind of a polymorphic object ("actions[*].LogicApp.uri"), which is not in the document. So
 * the names are walked from the left, kinds are left out, and "properties" is put in before what
 * stands there. Which names are which is in alias_rule.def. */

enum place { BARE, BODY, INNER };
enum part { MEMBER, KIND, LEAD };
enum { NO, YES };

struct entry {
    mp_str scope; /* the beginning of a type */
    mp_str name;
    int    value;
};

#define MP_ALIAS_ROOT(scope, name, value)
#define MP_ALIAS_OWN(scope, name, value)
#define MP_ALIAS_EMBED(scope, name, value)
#define MP_ALIAS_PART(scope, name, value)
#define MP_ALIAS_MOVED(type, from, to)
#define MP_ALIAS_ELSEWHERE(mark, how, member)

static const struct entry roots[] = {
#undef MP_ALIAS_ROOT
#define MP_ALIAS_ROOT(scope, name, value) { MP_S_INIT(scope), MP_S_INIT(name), value },
#include "alias_rule.def"
#undef MP_ALIAS_ROOT
#define MP_ALIAS_ROOT(scope, name, value)
};

static const struct entry owns[] = {
#undef MP_ALIAS_OWN
#define MP_ALIAS_OWN(scope, name, value) { MP_S_INIT(scope), MP_S_INIT(name), value },
#include "alias_rule.def"
#undef MP_ALIAS_OWN
#define MP_ALIAS_OWN(scope, name, value)
};

static const struct entry embeds[] = {
#undef MP_ALIAS_EMBED
#define MP_ALIAS_EMBED(scope, name, value) { MP_S_INIT(scope), MP_S_INIT(name), value },
#include "alias_rule.def"
#undef MP_ALIAS_EMBED
#define MP_ALIAS_EMBED(scope, name, value)
};

static const struct entry parts[] = {
#undef MP_ALIAS_PART
#define MP_ALIAS_PART(scope, name, value) { MP_S_INIT(scope), MP_S_INIT(name), value },
#include "alias_rule.def"
#undef MP_ALIAS_PART
#define MP_ALIAS_PART(scope, name, value)
};

static const struct moved {
    mp_str type, from, to;
} moves[] = {
#undef MP_ALIAS_MOVED
#define MP_ALIAS_MOVED(type, from, to) { MP_S_INIT(type), MP_S_INIT(from), MP_S_INIT(to) },
#include "alias_rule.def"
#undef MP_ALIAS_MOVED
#define MP_ALIAS_MOVED(type, from, to)
};

/* How the namespaces of another cloud are told: it is `mark`, ends in it, or has it in it. */
enum mark { WHOLE, END, INSIDE };

static const struct elsewhere {
    mp_str    mark;
    enum mark how;
    mp_str    member; /* that stands beside "properties" */
} elsewhere[] = {
#undef MP_ALIAS_ELSEWHERE
#define MP_ALIAS_ELSEWHERE(mark, how, member) { MP_S_INIT(mark), how, MP_S_INIT(member) },
#include "alias_rule.def"
#undef MP_ALIAS_ELSEWHERE
};

/* ---- the tables ---- */

/* `s` is `prefix`, or goes on behind it with one of `ends`. */
static bool is_within(mp_str s, mp_str prefix, const char *ends)
{
    return mp_str_starts_fold(s, prefix) &&
           (s.len == prefix.len || strchr(ends, s.ptr[prefix.len]) != NULL);
}

/* The value of `name` in the table for a resource of `type`: the longest scope counts. */
static int look_up(const struct entry *table, size_t count, mp_str type, mp_str name, int otherwise)
{
    size_t longest = 0;
    int    value = otherwise;
    for (const struct entry *e = table; e < table + count; e++) {
        if (e->scope.len < longest || !mp_str_eq_fold(e->name, name))
            continue;
        if (e->scope.len > 0 && !is_within(type, e->scope, "/"))
            continue;
        longest = e->scope.len;
        value = e->value;
    }
    return value;
}
#define LOOK_UP(table, type, name, otherwise) \
    look_up((table), MP_COUNT(table), (type), (name), (otherwise))

static const struct moved *find_move(mp_str type, mp_str rest)
{
    const struct moved *best = NULL;
    for (const struct moved *m = moves; m < moves + MP_COUNT(moves); m++)
        if (mp_str_eq_fold(m->type, type) && is_within(rest, m->from, ".[") &&
            (!best || m->from.len > best->from.len))
            best = m;
    return best;
}

/* ---- the walk ---- */

struct walk {
    mp_str   type;
    char    *out; /* long enough for the longest answer */
    size_t   len;
    bool     is_data;     /* a type of the data plane: documents without "properties" */
    bool     is_first;    /* no name of the alias was read yet */
    bool     in_resource; /* what was written last is a resource: its own members are few */
};

#define PROPERTIES MP_S("properties")
#define MOST_PER_NAME sizeof(".properties.properties.") /* what is put in before one name */

static void put(struct walk *w, mp_str s)
{
    if (w->len)
        w->out[w->len++] = '.';
    if (s.len)
        memcpy(w->out + w->len, s.ptr, s.len);
    w->len += s.len;
}

/* The name at the beginning of `rest`, with its brackets; dots within brackets belong to it. */
static mp_str first_step(mp_str rest)
{
    bool in_brackets = false;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] == '[')
            in_brackets = true;
        else if (rest.ptr[i] == ']')
            in_brackets = false;
        else if (rest.ptr[i] == '.' && !in_brackets)
            return mp_str_of(rest.ptr, i);
    }
    return rest;
}

static mp_str without_brackets(mp_str step)
{
    size_t at = mp_str_find(step, '[');
    return at == SIZE_MAX ? step : mp_str_of(step.ptr, at);
}

static bool is_left_out(const struct walk *w, mp_str name)
{
    bool looks_like_kind =
        name.len > 0 && (name.ptr[0] == '#' || (name.ptr[0] >= 'A' && name.ptr[0] <= 'Z'));
    int part = LOOK_UP(parts, w->type, name, looks_like_kind ? KIND : MEMBER);
    return part == KIND || (part == LEAD && w->is_first);
}

static int place_at_root(const struct walk *w, mp_str name)
{
    if (w->is_data)
        return BARE;
    int unnamed = LOOK_UP(roots, w->type, MP_S(""), BODY);
    return name.len ? LOOK_UP(roots, w->type, name, unnamed) : unnamed;
}

static void walk_step(struct walk *w, mp_str step)
{
    mp_str name = without_brackets(step);
    bool   left_out = is_left_out(w, name);
    w->is_first = false;
    if (left_out)
        return;
    if (w->len == 0) {
        for (int i = place_at_root(w, name); i > BARE; i--)
            put(w, PROPERTIES);
    } else if (w->in_resource && LOOK_UP(owns, w->type, name, NO) == NO) {
        put(w, PROPERTIES);
    }
    put(w, step);
    w->in_resource = LOOK_UP(embeds, w->type, name, NO) == YES;
}

/* Two runs of text that read as one: the alias with its beginning replaced. */
static mp_code path_of(mp_str *path, mp_str type, mp_str rest, mp_arena *arena, mp_error *err)
{
    const struct moved *move = find_move(type, rest);
    mp_str              head = move ? move->to : mp_str_of("", 0);
    mp_str              tail = mp_str_skip(rest, move ? move->from.len : 0);

    size_t names = 1;
    for (size_t i = 0; i < head.len; i++)
        names += head.ptr[i] == '.';
    for (size_t i = 0; i < tail.len; i++)
        names += tail.ptr[i] == '.';
    size_t size = head.len + tail.len;
    char  *text = mp_arena_alloc(arena, size + 1);
    char  *out = mp_arena_alloc(arena, size + names * MOST_PER_NAME);
    if (!text || !out)
        return mp_no_memory(err);
    memcpy(text, head.ptr, head.len);
    memcpy(text + head.len, tail.ptr, tail.len);

    size_t      slash = mp_str_find(type, '/');
    mp_str      provider = slash == SIZE_MAX ? type : mp_str_of(type.ptr, slash);
    struct walk w = { .type = type, .out = out, .is_first = true };
    w.is_data = mp_str_ends_fold(provider, MP_S(".Data"));
    mp_str left = mp_str_of(text, size);
    for (bool is_last = false; !is_last;) {
        mp_str step = first_step(left);
        is_last = step.len == left.len;
        walk_step(&w, step);
        left = mp_str_skip(left, step.len + 1);
    }
    if (w.len == 0) /* nothing but kinds: the object that they are kinds of */
        put(&w, PROPERTIES);
    *path = mp_str_of(w.out, w.len);
    return MP_OK;
}

/* An alias of the namespace, without a type: "Microsoft.Compute/imageId" (of the types that the
 * table of moves has it for), "Microsoft.Sql/auditingSettings.state" (the last part of the type). */
static bool namespace_alias(mp_str *rest, mp_str type, mp_str name)
{
    size_t slash = mp_str_find(name, '/');
    if (!is_within(type, mp_str_of(name.ptr, slash), "/"))
        return false;
    *rest = mp_str_skip(name, slash + 1);
    if (mp_str_find(*rest, '/') != SIZE_MAX)
        return false;
    if (find_move(type, *rest))
        return true;
    size_t last = mp_str_rfind(type, '/');
    mp_str leaf = last == SIZE_MAX ? type : mp_str_skip(type, last + 1);
    if (rest->len <= leaf.len + 1 || !is_within(*rest, leaf, "."))
        return false;
    *rest = mp_str_skip(*rest, leaf.len + 1);
    return true;
}

/* ---- other clouds ---- */

static bool is_marked(const struct elsewhere *e, mp_str space)
{
    switch (e->how) {
    case WHOLE:
        return mp_str_eq_fold(space, e->mark);
    case END:
        return mp_str_ends_fold(space, e->mark);
    default:
        return mp_str_find_str(space, e->mark) != SIZE_MAX;
    }
}

/* "v1", "v1beta1" */
static bool is_version(mp_str s)
{
    size_t i = 1, digits = 0;
    if (s.len < 2 || s.ptr[0] != 'v')
        return false;
    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
        digits++;
    mp_str rest = mp_str_skip(s, i);
    return digits && (!rest.len || mp_str_starts(rest, MP_S("alpha")) || mp_str_starts(rest, MP_S("beta")));
}

/* Objects of a cluster are called by version and kind: "v1/Pod", "apps/v1/Deployment". They have no "properties", and
 * what they have stands at the top. */
static bool is_object(mp_str name)
{
    size_t slash = mp_str_find(name, '/');
    if (slash == SIZE_MAX || mp_str_starts_fold(name, MP_S("Microsoft.")))
        return false;
    mp_str rest = mp_str_skip(name, slash + 1);
    size_t next = mp_str_find(rest, '/');
    return is_version(mp_str_of(name.ptr, slash)) || (next != SIZE_MAX && is_version(mp_str_of(rest.ptr, next)));
}

bool mp_alias_is_elsewhere(mp_str name)
{
    size_t slash = mp_str_find(name, '/');
    mp_str space = slash == SIZE_MAX ? name : mp_str_of(name.ptr, slash);
    if (is_object(name))
        return true;
    for (size_t i = 0; i < MP_COUNT(elsewhere); i++)
        if (is_marked(&elsewhere[i], space))
            return true;
    return false;
}

/* What the cloud says of the resource is written as the cloud writes it. */
static mp_code plain_path(mp_str *path, mp_str name, mp_str rest, mp_arena *arena, mp_error *err)
{
    mp_str space = mp_str_of(name.ptr, mp_str_find(name, '/'));
    mp_str first = without_brackets(first_step(rest));
    bool   is_beside = is_object(name);
    for (size_t i = 0; i < MP_COUNT(elsewhere); i++)
        is_beside = is_beside || (is_marked(&elsewhere[i], space) && mp_str_eq_fold(elsewhere[i].member, first));
    *path = mp_arena_printf(arena, is_beside ? "%s%.*s" : "%s.%.*s", is_beside ? "" : "properties", MP_FMT(rest));
    return path->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_alias_rule(mp_alias_match *match, mp_str *path, mp_str type, mp_str name,
                      mp_arena *arena, mp_error *err)
{
    size_t slash = mp_str_find(name, '/');
    mp_str provider = mp_str_of(name.ptr, slash == SIZE_MAX ? 0 : slash);
    bool   is_elsewhere = slash != SIZE_MAX && mp_alias_is_elsewhere(name);
    if (mp_str_find(provider, '.') == SIZE_MAX && !is_elsewhere) { /* every namespace of Azure has a dot */
        *match = MP_ALIAS_UNKNOWN;
        return MP_OK;
    }
    mp_str rest = mp_str_skip(name, type.len + 1);
    bool   is_of_type = type.len && rest.len && is_within(name, type, "/") &&
                      mp_str_find(rest, '/') == SIZE_MAX;
    if (!is_of_type && (is_elsewhere || !namespace_alias(&rest, type, name))) {
        *match = MP_ALIAS_OTHER_TYPE;
        return MP_OK;
    }
    MP_TRY(is_elsewhere ? plain_path(path, name, rest, arena, err) : path_of(path, type, rest, arena, err));
    *match = MP_ALIAS_FOUND;
    return MP_OK;
}

mp_str mp_alias_image_part(mp_str name)
{
    static const struct {
        mp_str alias, segment;
    } image_parts[] = {
        { MP_S_INIT("imagePublisher"), MP_S_INIT("Publishers") },
        { MP_S_INIT("imageOffer"), MP_S_INIT("Offers") },
        { MP_S_INIT("imageSku"), MP_S_INIT("Skus") },
        { MP_S_INIT("imageVersion"), MP_S_INIT("Versions") },
    };
    size_t slash = mp_str_rfind(name, '/');
    mp_str last = slash == SIZE_MAX ? name : mp_str_skip(name, slash + 1);
    for (size_t i = 0; i < MP_COUNT(image_parts); i++)
        if (mp_str_eq_fold(last, image_parts[i].alias))
            return image_parts[i].segment;
    return mp_str_of("", 0);
}

mp_str mp_alias_own_type(mp_str type)
{
    static const char marker[] = "/providers/";
    for (mp_str left = type;;) {
        size_t at = mp_str_find_fold(left, MP_S("/providers/"));
        if (at == SIZE_MAX)
            return type;
        left = mp_str_skip(left, at + sizeof marker - 1);
        if (mp_str_find(left, '/') != SIZE_MAX) /* a namespace and a type */
            type = left;
    }
}
