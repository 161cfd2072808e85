/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <inttypes.h>

#include "buf.h"
#include "form_of.h"

/* A walk of value and table side by side. The way to the value at hand is a list on the stack; it becomes a
 * JSON Pointer only when something is wrong. */

struct way {
    const struct way *up;
    mp_str            name;
    size_t            index; /* when `name` is empty */
    bool              is_index;
};

struct check {
    mp_arena *arena;
    mp_str   *pointer;
    mp_error *err;
};

/* What a value is to have, from a shape or from a property. */
struct want {
    mp_type              type;
    int64_t              min, max;
    const char *const   *values;
    const mp_json_shape *shape; /* members of an object, items of an array; may be NULL */
    bool                 may_be_null;
};

/* RFC 6901: '~' is ~0 and '/' is ~1. */
static void add_way(mp_buf *b, const struct way *way)
{
    if (!way)
        return;
    add_way(b, way->up);
    if (way->is_index) {
        mp_buf_printf(b, "/%zu", way->index);
        return;
    }
    mp_buf_add_c(b, '/');
    for (size_t i = 0; i < way->name.len; i++) {
        if (way->name.ptr[i] == '~' || way->name.ptr[i] == '/')
            mp_buf_add_z(b, way->name.ptr[i] == '~' ? "~0" : "~1");
        else
            mp_buf_add_c(b, way->name.ptr[i]);
    }
}

/* Keep the pointer; returns what sentences call the value: "'/a/0'", or "the body". */
static mp_str place(struct check *c, const struct way *way)
{
    mp_buf b = MP_BUF_INIT;
    add_way(&b, way);
    mp_str text = b.failed ? MP_S("") : mp_arena_dup(c->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    if (!text.ptr)
        text = MP_S("");
    if (c->pointer)
        *c->pointer = text;
    mp_str quoted = text.len ? mp_arena_printf(c->arena, "'%.*s'", MP_FMT(text)) : MP_S("the body");
    return quoted.ptr ? quoted : MP_S("the body");
}

static mp_code check_value(struct check *c, const struct want *want, const mp_json *v, const struct way *way);

static const char *found_words(const mp_json *v)
{
    static const char *const words[] = {
        [MP_JSON_NULL] = "null",       [MP_JSON_BOOL] = "a boolean", [MP_JSON_INT] = "an integer",
        [MP_JSON_REAL] = "a number",
        [MP_JSON_STRING] = "a string", [MP_JSON_ARRAY] = "an array", [MP_JSON_OBJECT] = "an object",
    };
    return words[v->kind];
}

static bool has_kind(mp_type type, const mp_json *v)
{
    switch (type) {
    case MP_TYPE_ANY:
        return true;
    case MP_TYPE_INTEGER:
        return mp_json_is(v, MP_JSON_INT);
    case MP_TYPE_NUMBER:
        return mp_json_is(v, MP_JSON_INT) || mp_json_is(v, MP_JSON_REAL);
    case MP_TYPE_BOOLEAN:
        return mp_json_is(v, MP_JSON_BOOL);
    case MP_TYPE_ARRAY:
        return mp_json_is(v, MP_JSON_ARRAY);
    case MP_TYPE_OBJECT:
        return mp_json_is(v, MP_JSON_OBJECT);
    default:
        return mp_json_is(v, MP_JSON_STRING);
    }
}

static struct want want_of_shape(const mp_json_shape *shape)
{
    return (struct want){ shape->type, shape->min, shape->max, shape->values,
            shape->type == MP_TYPE_ARRAY ? shape->items : shape,
                          shape->may_be_null };
}

static struct want want_of_property(const mp_property *p)
{
    return (struct want){ p->type, p->min, p->max, p->values, p->shape, p->may_be_null };
}

static mp_code check_string(struct check *c, const struct want *want, mp_str s, const struct way *way)
{
    int64_t max = want->max ? want->max : MP_STRING_BYTES;
    if ((int64_t)s.len < want->min || (int64_t)s.len > max)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s has %zu bytes; wanted are %" PRId64 " to %" PRId64,
                       MP_FMT(place(c, way)), s.len, want->min, max);
    if (memchr(s.len ? s.ptr : "", '\0', s.len))
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s holds a NUL", MP_FMT(place(c, way)));
    if (!mp_has_form(want->type, s))
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is no such string; wanted is %s", MP_FMT(place(c, way)),
                       mp_type_words(want->type));
    if (!mp_is_among(want->values, s))
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is none of the values that are known: %.*s",
                       MP_FMT(place(c, way)), MP_FMT(mp_values_text(want->values, c->arena)));
    return MP_OK;
}

static mp_code check_number(struct check *c, const struct want *want, const mp_json *v, const struct way *way)
{
    double d = mp_json_double(v);
    if ((want->min || want->max) && (d < (double)want->min || d > (double)want->max))
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE,
                       "%.*s is out of range; wanted is a number from %" PRId64 " to %" PRId64, MP_FMT(place(c, way)),
                       want->min, want->max);
    return MP_OK;
}

static mp_code check_array(struct check *c, const struct want *want, const mp_json *v, const struct way *way)
{
    int64_t max = want->max ? want->max : MP_ARRAY_COUNT;
    if ((int64_t)v->count < want->min || (int64_t)v->count > max)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s has %u elements; wanted are %" PRId64 " to %" PRId64,
                       MP_FMT(place(c, way)), v->count, want->min, max);
    if (!want->shape)
        return MP_OK;
    struct want item_want = want_of_shape(want->shape);
    struct way  here = { .up = way, .is_index = true };
    for (MP_JSON_EACH(item, v)) {
        MP_TRY(check_value(c, &item_want, item, &here));
        here.index++;
    }
    return MP_OK;
}

static const mp_property *find_member(const mp_json_shape *shape, mp_str name)
{
    for (size_t i = 0; i < shape->member_count; i++)
        if (mp_str_eq(mp_str_from(shape->members[i].name), name))
            return &shape->members[i];
    return NULL;
}

static mp_code check_member(struct check *c, const mp_json_shape *shape, const mp_json *key, const struct way *up)
{
    struct way         way = { .up = up, .name = mp_json_str(key) };
    const mp_property *p = find_member(shape, way.name);
    if (!p && shape->is_open)
        return MP_OK;
    if (!p)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is not known here", MP_FMT(place(c, &way)));
    if (p->is_read_only)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s can be read only; leave it out", MP_FMT(place(c, &way)));
    struct want want = want_of_property(p);
    return check_value(c, &want, key + 1, &way);
}

static mp_code check_object(struct check *c, const struct want *want, const mp_json *v, const struct way *way)
{
    const mp_json_shape *shape = want->shape;
    if (!shape)
        return MP_OK;
    for (MP_JSON_MEMBERS(key, v))
        MP_TRY(check_member(c, shape, key, way));
    for (size_t i = 0; i < shape->member_count; i++) {
        const mp_property *p = &shape->members[i];
        if (!p->is_required || p->is_read_only || mp_json_get(v, mp_str_from(p->name)))
            continue;
        struct way missing = { .up = way, .name = mp_str_from(p->name) };
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is missing", MP_FMT(place(c, &missing)));
    }
    return MP_OK;
}

static mp_code check_value(struct check *c, const struct want *want, const mp_json *v, const struct way *way)
{
    if (want->may_be_null && mp_json_is(v, MP_JSON_NULL))
        return MP_OK;
    if (!has_kind(want->type, v))
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is %s; wanted is %s", MP_FMT(place(c, way)),
                       found_words(v), mp_type_words(want->type));
    switch (want->type) {
    case MP_TYPE_ANY:
    case MP_TYPE_BOOLEAN:
        return MP_OK;
    case MP_TYPE_INTEGER:
    case MP_TYPE_NUMBER:
        return check_number(c, want, v, way);
    case MP_TYPE_ARRAY:
        return check_array(c, want, v, way);
    case MP_TYPE_OBJECT:
        return check_object(c, want, v, way);
    default:
        return check_string(c, want, mp_json_str(v), way);
    }
}

mp_code mp_json_shape_check(mp_str *pointer, const mp_json_shape *shape, const mp_json *v, mp_arena *arena,
                            mp_error *err)
{
    struct check c = { arena, pointer, err };
    struct want  want = want_of_shape(shape);
    return check_value(&c, &want, v, NULL);
}
