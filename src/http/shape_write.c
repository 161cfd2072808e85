/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include "form_of.h"

/* JSON Schema 2020-12, as OpenAPI 3.1 has it. Where shape and property say the same thing they are written by
 * the same lines. */

struct writer {
    mp_jsonw *w;
    mp_str (*say)(void *ctx, const char *id);
    void *ctx;
};

/* What shape and property have in common. */
struct common {
    mp_type              type;
    int64_t              min, max;
    const char *const   *values;
    const char          *doc;
    const mp_json_shape *shape; /* of the object, of the items */
    bool                 may_be_null, is_read_only, is_write_only;
};

static void write_shape(const struct writer *x, const mp_json_shape *shape, bool in_place);

static void put_z(mp_jsonw *w, const char *name, const char *value)
{
    mp_jsonw_put_str(w, name, mp_str_from(value));
}

static void put_true(mp_jsonw *w, const char *name)
{
    mp_jsonw_put_bool(w, name, true);
}

static const char *json_type(mp_type type)
{
    static const char *const names[] = {
        [MP_TYPE_INTEGER] = "integer", [MP_TYPE_NUMBER] = "number", [MP_TYPE_BOOLEAN] = "boolean",
        [MP_TYPE_ARRAY] = "array",     [MP_TYPE_OBJECT] = "object",
    };
    const char *name = (size_t)type < MP_COUNT(names) ? names[type] : NULL;
    return name ? name : "string";
}

static void write_type(mp_jsonw *w, const struct common *c)
{
    if (c->type == MP_TYPE_ANY)
        return;
    mp_jsonw_key(w, MP_S("type"));
    if (!c->may_be_null) {
        mp_jsonw_str(w, mp_str_from(json_type(c->type)));
        return;
    }
    mp_jsonw_array(w);
    mp_jsonw_str(w, mp_str_from(json_type(c->type)));
    mp_jsonw_str(w, MP_S("null"));
    mp_jsonw_end(w);
}

/* A limit in bytes is written as one in characters, which are no more. */
static void write_string_rules(mp_jsonw *w, const struct common *c)
{
    switch (c->type) {
    case MP_TYPE_GUID:
        put_z(w, "format", "uuid");
        break;
    case MP_TYPE_TIME:
        put_z(w, "format", "date-time");
        put_z(w, "pattern", "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,7})?Z$");
        break;
    case MP_TYPE_URI:
        put_z(w, "format", "uri");
        break;
    case MP_TYPE_EMAIL:
        put_z(w, "format", "email");
        break;
    case MP_TYPE_BASE64URL:
        put_z(w, "contentEncoding", "base64url");
        put_z(w, "pattern", "^[A-Za-z0-9_-]*$");
        break;
    case MP_TYPE_SHA256:
        put_z(w, "pattern", "^[0-9A-Fa-f]{64}$");
        break;
    default:
        if (c->min > 0)
            mp_jsonw_put_int(w, "minLength", 1);
        if (!c->values)
            mp_jsonw_put_int(w, "maxLength", c->max ? c->max : MP_STRING_BYTES);
        break;
    }
}

static void write_values(mp_jsonw *w, const struct common *c)
{
    if (!c->values)
        return;
    mp_jsonw_key(w, MP_S("enum"));
    mp_jsonw_array(w);
    for (const char *const *v = c->values; *v; v++)
        mp_jsonw_str(w, mp_str_from(*v));
    if (c->may_be_null)
        mp_jsonw_null(w);
    mp_jsonw_end(w);
}

static void write_property(const struct writer *x, const mp_property *p);

static void write_members(const struct writer *x, const mp_json_shape *shape)
{
    mp_jsonw *w = x->w;
    bool      any_required = false;
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < shape->member_count; i++) {
        mp_jsonw_key(w, mp_str_from(shape->members[i].name));
        write_property(x, &shape->members[i]);
        any_required = any_required || shape->members[i].is_required;
    }
    mp_jsonw_end(w);
    if (any_required) {
        mp_jsonw_key(w, MP_S("required"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < shape->member_count; i++)
            if (shape->members[i].is_required)
                mp_jsonw_str(w, mp_str_from(shape->members[i].name));
        mp_jsonw_end(w);
    }
    mp_jsonw_put_bool(w, "additionalProperties", shape->is_open);
}

static void write_rules(const struct writer *x, const struct common *c)
{
    mp_jsonw *w = x->w;
    write_type(w, c);
    switch (c->type) {
    case MP_TYPE_ANY:
    case MP_TYPE_BOOLEAN:
        break;
    case MP_TYPE_INTEGER:
    case MP_TYPE_NUMBER:
        if (c->min || c->max) {
            mp_jsonw_put_int(w, "minimum", c->min);
            mp_jsonw_put_int(w, "maximum", c->max);
        }
        if (c->type == MP_TYPE_INTEGER)
            put_z(w, "format", "int64");
        break;
    case MP_TYPE_ARRAY:
        if (c->min > 0)
            mp_jsonw_put_int(w, "minItems", c->min);
        mp_jsonw_put_int(w, "maxItems", c->max ? c->max : MP_ARRAY_COUNT);
        if (c->shape) {
            mp_jsonw_key(w, MP_S("items"));
            write_shape(x, c->shape, false);
        }
        break;
    case MP_TYPE_OBJECT:
        if (c->shape)
            write_members(x, c->shape);
        break;
    default:
        write_string_rules(w, c);
        break;
    }
    write_values(w, c);
    if (c->doc)
        mp_jsonw_put_str(w, "description", x->say(x->ctx, c->doc));
    if (c->is_read_only)
        put_true(w, "readOnly");
    if (c->is_write_only)
        put_true(w, "writeOnly");
}

static void write_reference(mp_jsonw *w, const mp_json_shape *shape)
{
    mp_jsonw_put_str(w, "$ref", mp_arena_printf(w->arena, "#/components/schemas/%s", shape->name));
}

/* An object with a named shape is a reference, and what else is said of it stands beside it (allowed since
 * JSON Schema 2019-09). */
static void write_property(const struct writer *x, const mp_property *p)
{
    struct common c = { p->type, p->min, p->max, p->values, p->doc, p->shape, p->may_be_null, p->is_read_only,
                        p->is_write_only };
    bool          is_reference = p->type == MP_TYPE_OBJECT && p->shape && p->shape->name;
    mp_jsonw_object(x->w);
    if (is_reference && p->may_be_null) {
        mp_jsonw_key(x->w, MP_S("anyOf"));
        mp_jsonw_array(x->w);
        mp_jsonw_object(x->w);
        write_reference(x->w, p->shape);
        mp_jsonw_end(x->w);
        mp_jsonw_object(x->w);
        put_z(x->w, "type", "null");
        mp_jsonw_end(x->w);
        mp_jsonw_end(x->w);
    } else if (is_reference) {
        write_reference(x->w, p->shape);
    }
    if (is_reference)
        c.type = MP_TYPE_ANY;
    write_rules(x, &c);
    mp_jsonw_end(x->w);
}

static void write_shape(const struct writer *x, const mp_json_shape *shape, bool in_place)
{
    struct common c = { shape->type, shape->min, shape->max, shape->values, shape->doc,
                        shape->type == MP_TYPE_ARRAY ? shape->items : shape, shape->may_be_null, false, false };
    mp_jsonw_object(x->w);
    if (shape->name && !in_place)
        write_reference(x->w, shape);
    else
        write_rules(x, &c);
    mp_jsonw_end(x->w);
}

void mp_json_shape_write(mp_jsonw *w, const mp_json_shape *shape, mp_str (*say)(void *ctx, const char *id), void *ctx)
{
    struct writer x = { w, say, ctx };
    write_shape(&x, shape, false);
}

void mp_json_shape_define(mp_jsonw *w, const mp_json_shape *shape, mp_str (*say)(void *ctx, const char *id), void *ctx)
{
    struct writer x = { w, say, ctx };
    write_shape(&x, shape, true);
}
