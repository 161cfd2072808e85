/* SPDX-License-Identifier: Apache-2.0 */
/* The types of parameters and outputs. Microsoft Learn, "Data types in ARM templates" and "Type definitions in ARM
 * templates" (languageVersion 2.0). Values of secure types do not show in messages. */
#include <inttypes.h>

#include "template_internal.h"

#include "functions.h"
#include "text.h"

#define SCHEMA_DEPTH 64
#define REFERENCES 16 /* definitions that are definitions */
#define SHOWN 60      /* bytes of a value in a message */

typedef struct check {
    mp_deployment *d;
    const frame   *frame;
    bool           is_secure;
    uint32_t       depth;
    mp_error      *err;
} check;

/* "#/definitions/name" followed; NULL when it leads nowhere. */
static const mp_json *resolved(const frame *f, const mp_json *schema)
{
    const mp_json *all = mp_json_get_fold(f->template_json, MP_S("definitions"));
    for (int i = 0; i < REFERENCES; i++) {
        const mp_json *to = mp_json_get_fold(schema, MP_S("$ref"));
        mp_str         prefix = MP_S("#/definitions/");
        if (!to)
            return schema;
        if (to->kind != MP_JSON_STRING || !mp_str_starts(mp_json_str(to), prefix))
            return NULL;
        schema = mp_json_get_fold(all, mp_str_skip(mp_json_str(to), prefix.len));
        if (!schema)
            return NULL;
    }
    return NULL;
}

static mp_str text_member(const mp_json *v, mp_str name)
{
    const mp_json *found = mp_json_get_fold(v, name);
    return mp_json_is(found, MP_JSON_STRING) ? mp_json_str(found) : MP_S("");
}

mp_str tpl_schema_type(const frame *f, const mp_json *schema)
{
    const mp_json *s = resolved(f, schema);
    return s ? text_member(s, MP_S("type")) : MP_S("");
}

bool tpl_schema_is_secure(const frame *f, const mp_json *schema)
{
    return mp_str_starts_fold(tpl_schema_type(f, schema), MP_S("secure"));
}

bool tpl_schema_is_nullable(const frame *f, const mp_json *schema)
{
    return mp_json_is_true(mp_json_get_fold(schema, MP_S("nullable"))) ||
           mp_json_is_true(mp_json_get_fold(resolved(f, schema), MP_S("nullable")));
}

/* ---- types ---- */

static const struct {
    mp_str       name;
    mp_json_kind kind;
} types[] = {
    { MP_S_INIT("string"), MP_JSON_STRING }, { MP_S_INIT("secureString"), MP_JSON_STRING },
    { MP_S_INIT("int"), MP_JSON_INT },       { MP_S_INIT("bool"), MP_JSON_BOOL },
    { MP_S_INIT("array"), MP_JSON_ARRAY },   { MP_S_INIT("object"), MP_JSON_OBJECT },
    { MP_S_INIT("secureObject"), MP_JSON_OBJECT },
};

static mp_code check_type(const check *c, const mp_json *schema, const mp_json *v)
{
    mp_str type = text_member(schema, MP_S("type"));
    if (type.len == 0)
        return mp_json_get_fold(schema, MP_S("type"))
                   ? mp_fail(c->err, MP_COMPILE, MP_NOWHERE, "a type is a string") : MP_OK; /* any */
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (mp_str_eq_fold(types[i].name, type))
            return v->kind == (uint32_t)types[i].kind
                       ? MP_OK
                       : mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "the value should be of type %.*s, not %s",
                                 MP_FMT(types[i].name), mp_json_kind_name((mp_json_kind)v->kind));
    return mp_fail(c->err, MP_COMPILE, MP_NOWHERE,
                   "there is no type \"%.*s\"; there are string, secureString, int, bool, array, object, secureObject",
                   MP_FMT(type));
}

/* ---- constraints ---- */

static mp_str shown(const check *c, const mp_json *v)
{
    mp_buf b = { .limit = 4096 };
    if (c->is_secure)
        return MP_S("(secure)");
    mp_buf_add_json(&b, v);
    if (b.len > SHOWN) {
        b.len = SHOWN;
        while (b.len && !mp_utf8_valid(mp_buf_str(&b)))
            b.len--;
        b.failed = false;
        mp_buf_add(&b, MP_S("..."));
    }
    mp_str text = mp_arena_dup(&c->d->step, mp_buf_str(&b));
    mp_buf_free(&b);
    return text.ptr ? text : MP_S("");
}

/* Texts compare without case. */
static mp_code is_one_of(bool *out, const check *c, const mp_json *allowed, const mp_json *v)
{
    *out = false;
    for (MP_JSON_EACH(one, allowed)) {
        if (one->kind == MP_JSON_STRING && v->kind == MP_JSON_STRING)
            *out = mp_text_eq_fold(mp_json_str(one), mp_json_str(v));
        else if (mp_value_equal(out, one, v, &c->d->step, c->err) != MP_OK)
            return tpl_out_of_memory(c->d, c->err);
        if (*out)
            break;
    }
    return MP_OK;
}

/* An array is allowed when each of its elements is. */
static mp_code check_allowed(const check *c, const mp_json *schema, const mp_json *v)
{
    const mp_json *allowed = mp_json_get_fold(schema, MP_S("allowedValues"));
    bool           is_in;
    if (!mp_json_is(allowed, MP_JSON_ARRAY))
        return MP_OK;
    MP_TRY(is_one_of(&is_in, c, allowed, v));
    const mp_json *outside = v;
    if (!is_in && v->kind == MP_JSON_ARRAY) {
        is_in = true;
        for (MP_JSON_EACH(part, v)) {
            if (is_in)
                outside = part;
            if (is_in)
                MP_TRY(is_one_of(&is_in, c, allowed, part));
        }
    }
    if (is_in)
        return MP_OK;
    check open = *c;
    open.is_secure = false;
    return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is not among the allowed values %.*s",
                   MP_FMT(shown(c, outside)), MP_FMT(shown(&open, allowed)));
}

static const mp_json *bound(const mp_json *schema, mp_str name)
{
    const mp_json *v = mp_json_get_fold(schema, name);
    return mp_json_is(v, MP_JSON_INT) ? v : NULL;
}

static mp_code check_range(const check *c, const mp_json *schema, const mp_json *v)
{
    const mp_json *least = bound(schema, MP_S("minValue")), *most = bound(schema, MP_S("maxValue"));
    if (v->kind == MP_JSON_INT && least && v->u.integer < least->u.integer)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is less than the least, %" PRId64, MP_FMT(shown(c, v)),
                       least->u.integer);
    if (v->kind == MP_JSON_INT && most && v->u.integer > most->u.integer)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "%.*s is more than the most, %" PRId64, MP_FMT(shown(c, v)),
                       most->u.integer);
    if (v->kind != MP_JSON_STRING && v->kind != MP_JSON_ARRAY)
        return MP_OK;
    int64_t length = v->kind == MP_JSON_ARRAY ? v->count : (int64_t)mp_utf8_length(mp_json_str(v));
    least = bound(schema, MP_S("minLength"));
    most = bound(schema, MP_S("maxLength"));
    if (least && length < least->u.integer)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "a length of %" PRId64 " is less than the least, %" PRId64,
                       length, least->u.integer);
    if (most && length > most->u.integer)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "a length of %" PRId64 " is more than the most, %" PRId64,
                       length, most->u.integer);
    return MP_OK;
}

/* ---- what is within ---- */

static mp_code check_value(check *c, const mp_json *schema, const mp_json *v);

static mp_code check_properties(check *c, const mp_json *schema, const mp_json *v)
{
    const mp_json *all = mp_json_get_fold(schema, MP_S("properties"));
    const mp_json *others = mp_json_get_fold(schema, MP_S("additionalProperties"));
    bool           is_sealed = mp_json_is_true(mp_json_get_fold(schema, MP_S("sealed"))) ||
                     (mp_json_is(others, MP_JSON_BOOL) && !others->u.integer);
    if (mp_json_is(all, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, all)) {
            const mp_json *found = mp_json_get_fold(v, mp_json_str(key));
            if (!found && !tpl_schema_is_nullable(c->frame, key + 1))
                return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "the property \"%.*s\" is missing in the value",
                               MP_FMT(mp_json_str(key)));
            if (found)
                MP_TRY(check_value(c, key + 1, found));
        }
    for (MP_JSON_MEMBERS(key, v)) {
        if (mp_json_get_fold(all, mp_json_str(key)))
            continue;
        if (is_sealed)
            return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "the property \"%.*s\" is not among those of the type",
                           MP_FMT(mp_json_str(key)));
        if (mp_json_is(others, MP_JSON_OBJECT))
            MP_TRY(check_value(c, others, key + 1));
    }
    return MP_OK;
}

/* {"discriminator": {"propertyName", "mapping": {value: schema}}} */
static mp_code check_variant(check *c, const mp_json *schema, const mp_json *v)
{
    const mp_json *by = mp_json_get_fold(schema, MP_S("discriminator"));
    if (!mp_json_is(by, MP_JSON_OBJECT))
        return MP_OK;
    const mp_json *tag = mp_json_get_fold(v, text_member(by, MP_S("propertyName")));
    const mp_json *variant = mp_json_is(tag, MP_JSON_STRING)
                                 ? mp_json_get(mp_json_get_fold(by, MP_S("mapping")), mp_json_str(tag)) : NULL;
    if (tag && tag->kind == MP_JSON_STRING && tpl_is_marker(mp_json_str(tag)))
        return MP_OK;
    if (!variant)
        return mp_fail(c->err, MP_PARAMETER, MP_NOWHERE, "the property \"%.*s\" does not say which type the value is of",
                       MP_FMT(text_member(by, MP_S("propertyName"))));
    return check_value(c, variant, v);
}

static mp_code check_elements(check *c, const mp_json *schema, const mp_json *v)
{
    const mp_json *first = mp_json_get_fold(schema, MP_S("prefixItems")), *items = mp_json_get_fold(schema, MP_S("items"));
    size_t         index = 0;
    for (MP_JSON_EACH(part, v)) {
        const mp_json *own = mp_json_is(first, MP_JSON_ARRAY) ? mp_json_at(first, index) : NULL;
        index++;
        if (own || mp_json_is(items, MP_JSON_OBJECT))
            MP_TRY(check_value(c, own ? own : items, part));
    }
    return MP_OK;
}

static mp_code check_value(check *c, const mp_json *schema, const mp_json *v)
{
    bool is_unknown = v->kind == MP_JSON_STRING && tpl_is_marker(mp_json_str(v));
    if (is_unknown || (v->kind == MP_JSON_NULL && tpl_schema_is_nullable(c->frame, schema)))
        return MP_OK;
    MP_TRY(tpl_take_steps(c->d, 1, c->err));
    schema = resolved(c->frame, schema);
    if (!schema)
        return mp_fail(c->err, MP_COMPILE, MP_NOWHERE, "\"$ref\" leads to no definition of the template");
    if (c->depth == SCHEMA_DEPTH)
        return mp_fail(c->err, MP_LIMIT, MP_NOWHERE, "types nest at most %d deep", SCHEMA_DEPTH);
    bool was_secure = c->is_secure;
    c->depth++;
    c->is_secure = was_secure || tpl_schema_is_secure(c->frame, schema);
    mp_code code = check_type(c, schema, v);
    if (code == MP_OK)
        code = check_allowed(c, schema, v);
    if (code == MP_OK)
        code = check_range(c, schema, v);
    if (code == MP_OK && v->kind == MP_JSON_OBJECT)
        code = check_properties(c, schema, v);
    if (code == MP_OK && v->kind == MP_JSON_OBJECT)
        code = check_variant(c, schema, v);
    if (code == MP_OK && v->kind == MP_JSON_ARRAY)
        code = check_elements(c, schema, v);
    c->depth--;
    c->is_secure = was_secure;
    return code;
}

mp_code tpl_schema_check(mp_deployment *d, const frame *f, const mp_json *schema, const value *v, mp_error *err)
{
    check c = { .d = d, .frame = f, .is_secure = v->is_secure, .err = err };
    return check_value(&c, schema, v->json);
}
