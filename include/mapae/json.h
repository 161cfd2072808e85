/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - read a JSON text (RFC 8259) into nodes, walk them, print them.
 *
 * A document is one array of nodes in text order: a container is followed by its members (an
 * object by key, value, key, value...), and `span` says how many nodes to skip to pass it. So
 * walking is adding, and a subtree can be copied by copying nodes.
 *
 * Strings without escapes point into the text that was read; the text must outlive the nodes.
 * Numbers: an integer that fits in int64 is MP_JSON_INT, exact; every other number is MP_JSON_REAL
 * and keeps its text, so 1.0 stays 1.0 and 1e400 is not lost. An absent value is a NULL pointer.
 * Nodes never change once made: any number of threads may read them. */
#ifndef MAPAE_JSON_H
#define MAPAE_JSON_H

#include <mapae/error.h>
#include <mapae/str.h>

MP_API_BEGIN

typedef enum mp_json_kind {
    MP_JSON_NULL,
    MP_JSON_BOOL,
    MP_JSON_INT,
    MP_JSON_REAL,
    MP_JSON_STRING,
    MP_JSON_ARRAY,
    MP_JSON_OBJECT,
} mp_json_kind;

typedef struct mp_json {
    uint32_t kind;  /* mp_json_kind */
    uint32_t count; /* string, real: bytes of text; array: elements; object: members (pairs) */
    union {
        int64_t     integer; /* INT; BOOL: 0 or 1 */
        const char *text;    /* STRING (unescaped UTF-8, may hold NUL), REAL (as written) */
        uint64_t    span;    /* ARRAY, OBJECT: nodes of the whole subtree, itself included */
    } u;
} mp_json;

/* Bytes that must be readable after the text given to mp_json_read_padded() (any contents). */
#define MP_JSON_PADDING 64
/* Containers within containers that are read by default. */
#define MP_JSON_DEPTH 512

typedef struct mp_json_options {
    uint32_t max_depth;         /* 0: MP_JSON_DEPTH */
    bool     reject_duplicates; /* MP_SYNTAX when one object holds a key twice (same bytes) */
    bool     allow_trailing;    /* stop after the first value; `used` says where */
} mp_json_options;

typedef struct mp_json_doc mp_json_doc; /* owns nodes and unescaped strings; reusable */

/* A reader's memory: grows to the largest text seen and is reused. One thread at a time. */
MP_MUST_CHECK mp_code mp_json_doc_new(mp_json_doc **out, mp_error *err);
void                  mp_json_doc_free(mp_json_doc *doc); /* NULL is fine */

/* Read `text` into `doc`; what it held before is gone. `*root` is borrowed from `doc` and, for
 * strings, from `text`. The first byte of a UTF-8 byte order mark is accepted and skipped.
 * Fails with MP_SYNTAX (err->pos in `text`), MP_LIMIT (depth, or a text over 4 GiB) or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_json_read(mp_json_doc *doc, const mp_json **root, mp_str text,
                                   const mp_json_options *options, size_t *used, mp_error *err);
/* The same without a copy, for a text followed by MP_JSON_PADDING readable bytes. */
MP_MUST_CHECK mp_code mp_json_read_padded(mp_json_doc *doc, const mp_json **root, mp_str text,
                                          const mp_json_options *options, size_t *used,
                                          mp_error *err);

/* Keep what the last read gave: later reads go behind it, until mp_json_doc_forget() gives all of it up. For
 * many documents that are wanted together. */
void mp_json_doc_keep(mp_json_doc *doc);
void mp_json_doc_forget(mp_json_doc *doc);

/* Where in `text` the node stands that is `index` nodes after the root (keys count). */
mp_pos mp_json_locate(mp_str text, size_t index);
/* The same as a byte offset; text.len when there is no such node. */
size_t mp_json_offset(mp_str text, size_t index);
/* Where byte `offset` of `text` stands. */
mp_pos mp_pos_of_offset(mp_str text, size_t offset);

/* ---- walking ---- */
static inline bool mp_json_is(const mp_json *v, mp_json_kind kind)
{
    return v && v->kind == (uint32_t)kind;
}
static inline mp_str mp_json_str(const mp_json *v) /* of a STRING or REAL */
{
    return mp_str_of(v->u.text, v->count);
}
static inline const mp_json *mp_json_next(const mp_json *v) /* the node after the subtree */
{
    return v + (v->kind >= MP_JSON_ARRAY ? v->u.span : 1);
}
static inline const mp_json *mp_json_first(const mp_json *v) /* first element, or first key */
{
    return v + 1;
}
/* for (MP_JSON_EACH(item, array)) ... ; for (MP_JSON_MEMBERS(key, object)) value = key + 1; */
#define MP_JSON_EACH(item, array)                                                         \
    const mp_json *item = mp_json_first(array), *item##_end_ = mp_json_next(array);       \
    item < item##_end_;                                                                   \
    item = mp_json_next(item)
#define MP_JSON_MEMBERS(key, object)                                                      \
    const mp_json *key = mp_json_first(object), *key##_end_ = mp_json_next(object);       \
    key < key##_end_;                                                                     \
    key = mp_json_next(key + 1)

/* Member of an object by exact name / by name without ASCII case (an exact match wins), or NULL
 * (also when `v` is NULL or no object). Of several equal names the last one counts. */
const mp_json *mp_json_get(const mp_json *v, mp_str name);
const mp_json *mp_json_get_fold(const mp_json *v, mp_str name);
const mp_json *mp_json_at(const mp_json *v, size_t index); /* element of an array, or NULL */
static inline bool mp_json_is_true(const mp_json *v) /* false for whatever is not a BOOL, also NULL */
{
    return mp_json_is(v, MP_JSON_BOOL) && v->u.integer;
}
/* The text of a string, and of a string that is a member; { NULL, 0 } for whatever else, also NULL. */
static inline mp_str mp_json_text(const mp_json *v)
{
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of(NULL, 0);
}
static inline mp_str mp_json_get_text(const mp_json *object, const char *member)
{
    return mp_json_text(mp_json_get(object, mp_str_from(member)));
}
double         mp_json_double(const mp_json *v);           /* of INT or REAL; locale-free */
size_t         mp_json_nodes(const mp_json *v);            /* nodes of the subtree */
const char    *mp_json_kind_name(mp_json_kind kind);       /* "null", "boolean", "integer", ... */

MP_API_END
#endif
