/* SPDX-License-Identifier: Apache-2.0 */
/* fn.h - what the template functions share: arguments, results, messages. Private to fn_*.c.
 *
 * Characters are counted as .NET counts them, in UTF-16 units: a code point over U+FFFF counts
 * twice. Where a result would begin or end between its halves, the half becomes U+FFFD, as it
 * would when .NET writes it as UTF-8. */
#ifndef MAPAE_POLICY_FN_H
#define MAPAE_POLICY_FN_H

#include "buf.h"
#include "functions.h"
#include "jsonw.h"

#define MP_FUNCTION(name, min, max, impl, signature) mp_function_impl impl;
#include "functions.def"

/* ---- messages: "NAME ..." ---- */
mp_code fn_fail_at(const mp_call *call, mp_error *err, mp_code code, const char *file, int line,
                   const char *format, ...) __attribute__((format(printf, 6, 7)));
#define fn_fail(call, err, ...) \
    fn_fail_at((call), (err), MP_EVALUATION, __FILE__, __LINE__, __VA_ARGS__)
#define fn_limit(call, err, ...) \
    fn_fail_at((call), (err), MP_LIMIT, __FILE__, __LINE__, __VA_ARGS__)
mp_code fn_nomem(mp_error *err);
/* "NAME wants `wanted` as ARGUMENT, not KIND". */
mp_code fn_wrong(const mp_call *call, uint32_t i, const char *wanted, mp_error *err);
const char *fn_kind(const mp_json *v); /* "an integer", "null", ... */
/* Enough of the user's text to recognise it, whole characters only. */
mp_str fn_clip(mp_str s);

/* ---- arguments ---- */
/* A string; null counts as the empty one, as .NET reads it. */
MP_MUST_CHECK mp_code fn_text(mp_str *out, const mp_call *call, uint32_t i, mp_error *err);
MP_MUST_CHECK mp_code fn_integer(int64_t *out, const mp_call *call, uint32_t i, mp_error *err);
static inline bool fn_is(const mp_call *call, uint32_t i, mp_json_kind kind)
{
    return call->args[i]->kind == (uint32_t)kind;
}
static inline bool fn_is_text(const mp_json *v)
{
    return v->kind == MP_JSON_STRING || v->kind == MP_JSON_NULL;
}
static inline mp_str fn_text_of(const mp_json *v) /* of what fn_is_text() */
{
    return v->kind == MP_JSON_STRING ? mp_json_str(v) : MP_S("");
}

/* ---- results ---- */
/* `v`; MP_NOMEM when it is NULL. */
MP_MUST_CHECK mp_code fn_give(const mp_json **out, const mp_json *v, mp_error *err);
MP_MUST_CHECK mp_code fn_give_str(const mp_json **out, const mp_call *call, mp_str s,
                                  mp_error *err);
MP_MUST_CHECK mp_code fn_give_int(const mp_json **out, const mp_call *call, int64_t i,
                                  mp_error *err);
MP_MUST_CHECK mp_code fn_give_bool(const mp_json **out, bool b, mp_error *err);
MP_MUST_CHECK mp_code fn_give_null(const mp_json **out, mp_error *err);
/* The finished array or object; checks its depth. */
MP_MUST_CHECK mp_code fn_give_built(const mp_json **out, const mp_call *call, mp_jsonw *w,
                                    mp_error *err);
/* A buffer that fails when its text cannot be within MP_FUNCTION_STRING_MAX any more, and its
 * contents as the result; frees it in any case. */
mp_buf                fn_buf(void);
MP_MUST_CHECK mp_code fn_give_buf(const mp_json **out, const mp_call *call, mp_buf *b,
                                  mp_error *err);
/* The value that a JSON text stands for, in the call's arena. */
MP_MUST_CHECK mp_code fn_give_parsed(const mp_json **out, const mp_call *call, mp_str text,
                                     mp_error *err);

/* ---- text ---- */
#define FN_REPLACEMENT MP_S("\xEF\xBF\xBD") /* U+FFFD */

size_t fn_units(mp_str s); /* UTF-16 units */
/* Units [from, to) of `s`; both within it. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code fn_slice(mp_str *out, const mp_call *call, mp_str s, size_t from, size_t to,
                               mp_error *err);
/* Bytes of the first character (at least 1 of a text that is not empty). */
size_t fn_char_size(mp_str s);
/* Bytes of the white space (char.IsWhiteSpace of .NET) that `s` begins with, or 0. */
size_t fn_space_size(mp_str s);
/* Without the case of letters, character by character. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code fn_fold(mp_str *out, mp_arena *arena, mp_str s, mp_error *err);
bool fn_is_ascii(mp_str s);
/* Byte offset of the first / the last `part`, or SIZE_MAX; in linear time. The empty one is at the
 * beginning / at the end. The last one is looked for in a copy and can fail with MP_NOMEM. */
size_t fn_find(mp_str s, mp_str part);
MP_MUST_CHECK mp_code fn_find_last(size_t *at, mp_arena *arena, mp_str s, mp_str part,
                                   mp_error *err);

/* Value of member `name` without case, or NULL. */
const mp_json *fn_member(const mp_json *object, mp_str name);
/* Order of names as .NET's OrdinalIgnoreCase has it. */
int fn_compare_ordinal_fold(mp_str a, mp_str b);

/* ---- a set of values (or of members, name and value), in order of insertion ---- */
typedef struct fn_set {
    const mp_json **items; /* values, or keys of members */
    uint32_t       *marks; /* for the user of the set */
    uint64_t       *hashes;
    uint32_t       *table; /* open addressing, index + 1 */
    size_t          len, mask;
    bool            members;
    mp_arena       *arena;
} fn_set;

/* Room for `capacity` items, which is the most that may be put in. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code fn_set_init(fn_set *set, size_t capacity, bool members, mp_arena *arena,
                                  mp_error *err);
/* `*index` of the item equal to `v`; when there is none it is added if `add`, else SIZE_MAX. */
MP_MUST_CHECK mp_code fn_set_find(size_t *index, fn_set *set, const mp_json *v, bool add,
                                  mp_error *err);

/* ---- numbers as .NET writes them ---- */
/* "1.5", "3", "1E+20": the shortest that reads back. */
void fn_add_real(mp_buf *b, double value);
/* `v` (integer or real) by a .NET numeric format, appended to `b`. */
MP_MUST_CHECK mp_code fn_format_number(mp_buf *b, const mp_call *call, const mp_json *v,
                                       mp_str format, mp_error *err);

#endif
