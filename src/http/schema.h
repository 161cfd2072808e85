/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - the shape of a JSON body as a const table: it checks requests and writes the OpenAPI document.
 *
 *   static const mp_property user_members[] = {
 *       { "displayName", MP_TYPE_STRING, .is_required = true, .max = 200, .doc = "api.user.displayName" },
 *       { "groups", MP_TYPE_ARRAY, .items = &guid, .max = 100, .doc = "api.user.groups" },
 *   };
 *   static const mp_json_shape user_shape = { .name = "User", .type = MP_TYPE_OBJECT, MP_PROPERTIES(user_members) }; */
#ifndef MAPAE_HTTP_SCHEMA_H
#define MAPAE_HTTP_SCHEMA_H

#include "jsonw.h"

typedef enum mp_type {
    MP_TYPE_ANY,
    MP_TYPE_STRING,
    MP_TYPE_INTEGER,
    MP_TYPE_NUMBER,
    MP_TYPE_BOOLEAN,
    MP_TYPE_ARRAY,
    MP_TYPE_OBJECT,
    MP_TYPE_GUID,     /* strings of a form */
    MP_TYPE_TIME,     /* RFC 3339, UTC */
    MP_TYPE_URI,
    MP_TYPE_EMAIL,
    MP_TYPE_BASE64URL,
    MP_TYPE_SHA256,   /* 64 hex digits */
} mp_type;

typedef struct mp_json_shape  mp_json_shape;
typedef struct mp_property mp_property;

struct mp_json_shape {
    const char        *name;   /* of the component in OpenAPI; NULL: written in place */
    const char        *doc;    /* id of a message; may be NULL in place */
    const mp_property   *members;
    size_t             member_count;
    const mp_json_shape    *items;  /* of an array */
    const char *const *values; /* enum, ends with NULL */
    /* string: bytes; array: elements; integer: the value. Both 0: the defaults (strings 1,024, arrays
     * 1,000) */
    int64_t            min, max;
    mp_type            type;
    bool               is_open;     /* an object that may have other members, kept as they are */
    bool               may_be_null;
};

struct mp_property {
    const char        *name;
    mp_type            type;
    bool               is_required;
    bool               is_read_only;  /* in answers; in a request it is refused */
    bool               is_write_only; /* a secret: in requests only */
    bool               may_be_null;
    int64_t            min, max;
    const char *const *values;
    const mp_json_shape    *shape;   /* of an object, or of the items of an array */
    const char        *doc;     /* id of a message */
};

#define MP_PROPERTIES(array) .members = (array), .member_count = MP_COUNT(array)

/* Does `v` have this shape, as a request? Fails with MP_PARAMETER; *pointer (may be NULL) is the JSON Pointer
 * (RFC 6901) of the first value that does not, in the arena. The sentence says what was found and what was
 * wanted. */
MP_MUST_CHECK mp_code mp_json_shape_check(mp_str *pointer, const mp_json_shape *shape, const mp_json *v,
                                          mp_arena *arena, mp_error *err);
/* Write it as a JSON Schema of OpenAPI 3.1; named shapes as references to #/components/schemas/. `say` gives
 * a message's text. */
void mp_json_shape_write(mp_jsonw *w, const mp_json_shape *shape, mp_str (*say)(void *ctx, const char *id), void *ctx);
/* The same for the place where a named shape is defined: its schema itself, with named shapes within it as
 * references. */
void mp_json_shape_define(mp_jsonw *w, const mp_json_shape *shape, mp_str (*say)(void *ctx, const char *id), void *ctx);

#endif
