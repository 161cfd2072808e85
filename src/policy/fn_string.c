/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of text. Microsoft Learn, "String functions for ARM templates"; where it is silent,
 * the function library of azure-policy-linter. null is taken for the empty text, as there. */
#include "fn.h"

#include <inttypes.h>
#include <stdio.h>

#include "digest.h"
#include "text.h"

#define INTEGER_TEXT 24

/* ---- to text ---- */

/* What concat and string make of a scalar: "True" and "False" as .NET writes booleans. False for a
 * real number, an array or an object. */
static bool scalar_text(mp_str *out, char room[INTEGER_TEXT], const mp_json *v)
{
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
    case MP_JSON_STRING:
        *out = fn_text_of(v);
        return true;
    case MP_JSON_BOOL:
        *out = v->u.integer ? MP_S("True") : MP_S("False");
        return true;
    case MP_JSON_INT:
        *out = mp_str_of(room, (size_t)snprintf(room, INTEGER_TEXT, "%" PRId64, v->u.integer));
        return true;
    default:
        return false;
    }
}

static mp_code give_concatenated_arrays(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < call->count; i++)
        for (MP_JSON_EACH(item, call->args[i]))
            mp_jsonw_value(&w, item);
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

static mp_code give_concatenated_text(const mp_json **out, const mp_call *call, mp_error *err)
{
    char   room[INTEGER_TEXT];
    mp_str piece;
    size_t size = 0, len = 0;
    for (uint32_t i = 0; i < call->count; i++) {
        if (!scalar_text(&piece, room, call->args[i]))
            return fn_wrong(call, i, "strings, integers and booleans, or arrays only,", err);
        size += piece.len; /* 128 texts of 4 GiB: no overflow */
    }
    char *text = mp_arena_alloc(call->arena, size + 1);
    if (!text)
        return fn_nomem(err);
    for (uint32_t i = 0; i < call->count; i++) {
        scalar_text(&piece, room, call->args[i]);
        if (piece.len)
            memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
    return fn_give_str(out, call, mp_str_of(text, len), err);
}

mp_code fn_concat(const mp_json **out, const mp_call *call, mp_error *err)
{
    bool all_arrays = true;
    for (uint32_t i = 0; i < call->count; i++)
        all_arrays = all_arrays && fn_is(call, i, MP_JSON_ARRAY);
    return all_arrays ? give_concatenated_arrays(out, call, err)
                      : give_concatenated_text(out, call, err);
}

/* A real number is refused, as in the linter's library; arrays and objects become JSON. */
mp_code fn_string(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    char           room[INTEGER_TEXT];
    mp_str         text;
    if (v->kind == MP_JSON_ARRAY || v->kind == MP_JSON_OBJECT) {
        mp_buf b = fn_buf();
        mp_buf_add_json(&b, v);
        return fn_give_buf(out, call, &b, err);
    }
    if (!scalar_text(&text, room, v))
        return fn_wrong(call, 0, "a string, an integer, a boolean, an array or an object", err);
    if (v->kind == MP_JSON_INT) {
        text = mp_arena_dup(call->arena, text);
        if (!text.ptr)
            return fn_nomem(err);
    }
    return fn_give_str(out, call, text, err);
}

mp_code fn_json(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    MP_TRY(fn_text(&text, call, 0, err));
    /* "or an empty value when null is specified": "Object functions for ARM templates", json. */
    if (fn_is(call, 0, MP_JSON_NULL))
        text = MP_S("{}");
    return fn_give_parsed(out, call, text, err);
}

/* ---- case, blanks, padding ---- */

mp_code fn_to_lower(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    MP_TRY(fn_text(&text, call, 0, err));
    mp_str lower = text.len ? mp_text_lower(call->arena, text) : MP_S("");
    return lower.ptr ? fn_give_str(out, call, lower, err) : fn_nomem(err);
}

mp_code fn_to_upper(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    MP_TRY(fn_text(&text, call, 0, err));
    mp_str upper = text.len ? mp_text_upper(call->arena, text) : MP_S("");
    return upper.ptr ? fn_give_str(out, call, upper, err) : fn_nomem(err);
}

/* Bytes of the white space that `s` ends with, or 0: no white space takes more than three. */
static size_t last_space_size(mp_str s)
{
    for (size_t size = 1; size <= 3 && size <= s.len; size++)
        if (fn_space_size(mp_str_skip(s, s.len - size)) == size)
            return size;
    return 0;
}

mp_code fn_trim(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text;
    size_t size;
    MP_TRY(fn_text(&text, call, 0, err));
    while ((size = fn_space_size(text)) != 0)
        text = mp_str_skip(text, size);
    while ((size = last_space_size(text)) != 0)
        text.len -= size;
    return fn_give_str(out, call, text, err);
}

#define PAD_WIDTH_MAX 16

static mp_code pad_character(mp_str *pad, const mp_call *call, mp_error *err)
{
    *pad = MP_S(" ");
    if (call->count < 3 || fn_is(call, 2, MP_JSON_NULL))
        return MP_OK;
    MP_TRY(fn_text(pad, call, 2, err));
    if (fn_units(*pad) != 1)
        return fn_fail(call, err, "wants one character to fill with, not \"%.*s\"",
                       MP_FMT(fn_clip(*pad)));
    return MP_OK;
}

mp_code fn_pad_left(const mp_json **out, const mp_call *call, mp_error *err)
{
    char    room[INTEGER_TEXT];
    mp_str  text, pad;
    int64_t width;
    if (fn_is(call, 0, MP_JSON_BOOL) || !scalar_text(&text, room, call->args[0]))
        return fn_wrong(call, 0, "a string or an integer", err);
    MP_TRY(fn_integer(&width, call, 1, err));
    if (width < 1 || width > PAD_WIDTH_MAX)
        return fn_fail(call, err, "wants a width from 1 to %d, not %" PRId64, PAD_WIDTH_MAX, width);
    MP_TRY(pad_character(&pad, call, err));

    mp_buf b = fn_buf();
    for (size_t units = fn_units(text); units < (size_t)width; units++)
        mp_buf_add(&b, pad);
    mp_buf_add(&b, text);
    return fn_give_buf(out, call, &b, err);
}

/* ---- parts ---- */

mp_code fn_substring(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str  text;
    int64_t start, length;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(fn_integer(&start, call, 1, err));
    int64_t units = (int64_t)fn_units(text);
    if (start < 0 || start > units)
        return fn_fail(call, err, "wants a start from 0 to %" PRId64 ", the length, not %" PRId64,
                       units, start);
    length = units - start;
    if (call->count == 3)
        MP_TRY(fn_integer(&length, call, 2, err));
    if (length < 0 || length > units - start)
        return fn_fail(call, err,
                       "wants a length from 0 to %" PRId64 ", what is left after %" PRId64
                       ", not %" PRId64,
                       units - start, start, length);
    mp_str part;
    MP_TRY(fn_slice(&part, call, text, (size_t)start, (size_t)(start + length), err));
    return fn_give_str(out, call, part, err);
}

/* As String.Split of .NET: of several delimiters the first in the list that fits counts; empty
 * ones count for nothing; with none left, white space delimits. */
typedef struct delimiters {
    const mp_str *list;
    size_t        count;
    bool          begins[256]; /* bytes that one of them begins with */
} delimiters;

static size_t delimiter_size(const delimiters *d, mp_str rest)
{
    if (d->count == 0)
        return fn_space_size(rest);
    if (!d->begins[(uint8_t)rest.ptr[0]])
        return 0;
    for (size_t i = 0; i < d->count; i++)
        if (mp_str_starts(rest, d->list[i]))
            return d->list[i].len;
    return 0;
}

static mp_code read_delimiters(delimiters *d, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[1];
    bool           is_array = v->kind == MP_JSON_ARRAY;
    mp_str        *list = MP_ARENA_ARRAY(call->arena, mp_str, is_array ? v->count + 1u : 1u);
    memset(d, 0, sizeof *d);
    if (!list)
        return fn_nomem(err);
    d->list = list;
    const mp_json *item = is_array ? mp_json_first(v) : v;
    for (uint32_t i = 0; i < (is_array ? v->count : 1u); i++, item = mp_json_next(item)) {
        if (!fn_is_text(item))
            return is_array ? fn_fail(call, err, "wants only strings in its array of delimiters")
                            : fn_wrong(call, 1, "a string or an array of strings", err);
        mp_str text = fn_text_of(item);
        if (text.len == 0)
            continue;
        list[d->count++] = text;
        d->begins[(uint8_t)text.ptr[0]] = true;
    }
    return MP_OK;
}

mp_code fn_split(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str     text;
    delimiters d;
    mp_jsonw   w;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(read_delimiters(&d, call, err));
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    size_t start = 0, i = 0;
    while (i < text.len && !fn_is(call, 1, MP_JSON_NULL)) { /* null: the text as one piece */
        size_t size = delimiter_size(&d, mp_str_skip(text, i));
        if (size) {
            mp_jsonw_str(&w, mp_str_of(text.ptr + start, i - start));
            start = i + size;
        }
        i += size ? size : 1;
    }
    if (!fn_is(call, 0, MP_JSON_NULL)) /* null has no pieces, the empty text has one */
        mp_jsonw_str(&w, mp_str_skip(text, start));
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

mp_code fn_join(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str delimiter;
    if (!fn_is(call, 0, MP_JSON_ARRAY))
        return fn_wrong(call, 0, "an array of strings", err);
    MP_TRY(fn_text(&delimiter, call, 1, err));
    for (MP_JSON_EACH(checked, call->args[0]))
        if (!fn_is_text(checked))
            return fn_fail(call, err, "wants only strings in its array");

    mp_buf b = fn_buf();
    bool   is_first = true;
    for (MP_JSON_EACH(item, call->args[0])) {
        if (!is_first)
            mp_buf_add(&b, delimiter);
        is_first = false;
        mp_buf_add(&b, fn_text_of(item));
    }
    return fn_give_buf(out, call, &b, err);
}

/* Without case: the library calls String.Replace with InvariantCultureIgnoreCase. The match is
 * found in the folded text; the original is walked beside it, character by character. */
mp_code fn_replace(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text, old, new, folded;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(fn_text(&old, call, 1, err));
    MP_TRY(fn_text(&new, call, 2, err));
    if (old.len == 0)
        return fn_fail(call, err, "wants something to replace, not the empty string");
    MP_TRY(fn_fold(&folded, call->arena, text, err));
    MP_TRY(fn_fold(&old, call->arena, old, err));

    mp_buf b = fn_buf();
    size_t at, i = 0, j = 0; /* i in `text`, j in `folded` */
    while ((at = fn_find(mp_str_skip(folded, j), old)) != SIZE_MAX && !b.failed) {
        size_t match = j + at, start = i;
        for (; j < match; j += fn_char_size(mp_str_skip(folded, j)))
            i += fn_char_size(mp_str_skip(text, i));
        mp_buf_add(&b, mp_str_of(text.ptr + start, i - start));
        mp_buf_add(&b, new);
        for (; j < match + old.len; j += fn_char_size(mp_str_skip(folded, j)))
            i += fn_char_size(mp_str_skip(text, i));
    }
    mp_buf_add(&b, mp_str_skip(text, i));
    return fn_give_buf(out, call, &b, err);
}

/* ---- beginnings and endings: without case, character by character ---- */

static mp_code two_folded(mp_str *a, mp_str *b, const mp_call *call, mp_error *err)
{
    MP_TRY(fn_text(a, call, 0, err));
    MP_TRY(fn_text(b, call, 1, err));
    if (fn_is_ascii(*b)) /* the comparison of bytes that follows ignores ASCII case */
        return MP_OK;
    MP_TRY(fn_fold(a, call->arena, *a, err));
    return fn_fold(b, call->arena, *b, err);
}

mp_code fn_starts_with(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text, part;
    MP_TRY(two_folded(&text, &part, call, err));
    return fn_give_bool(out, mp_str_starts_fold(text, part), err);
}

mp_code fn_ends_with(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str text, part;
    MP_TRY(two_folded(&text, &part, call, err));
    return fn_give_bool(out, mp_str_ends_fold(text, part), err);
}

/* ---- digests ---- */

/* "a", "b" -> "a-b" */
static mp_code joined_arguments(mp_buf *b, const mp_call *call, mp_error *err)
{
    for (uint32_t i = 0; i < call->count; i++)
        if (!fn_is_text(call->args[i]))
            return fn_wrong(call, i, "a string", err);
    for (uint32_t i = 0; i < call->count; i++) {
        if (i > 0)
            mp_buf_add_c(b, '-');
        mp_buf_add(b, fn_text_of(call->args[i]));
    }
    return MP_OK;
}

#define UNIQUE_CHARACTERS 13 /* of 5 bits each: 64 bits and one of padding */

mp_code fn_unique_string(const mp_json **out, const mp_call *call, mp_error *err)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648, 6 */
    mp_buf            joined = fn_buf();
    MP_TRY(joined_arguments(&joined, call, err));
    uint64_t hash = mp_murmur64(mp_buf_str(&joined), 0);
    mp_code  code = mp_buf_check(&joined, NULL);
    mp_buf_free(&joined);
    if (code == MP_LIMIT)
        return fn_limit(call, err, "is given more than %d characters", MP_FUNCTION_STRING_MAX);
    char *text = code == MP_OK ? mp_arena_alloc(call->arena, UNIQUE_CHARACTERS) : NULL;
    if (!text)
        return fn_nomem(err);
    for (int i = 0; i < UNIQUE_CHARACTERS; i++, hash <<= 5)
        text[i] = alphabet[hash >> 59];
    return fn_give_str(out, call, mp_str_of(text, UNIQUE_CHARACTERS), err);
}

mp_code fn_guid(const mp_json **out, const mp_call *call, mp_error *err)
{
    /* 11fb06fb-712d-4ddd-98c7-e71bbd588830: ARMNamespaceGuid of the library */
    static const uint8_t space[16] = { 0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd,
                                       0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30 };
    char                 text[37];
    mp_buf               joined = fn_buf();
    MP_TRY(joined_arguments(&joined, call, err));
    mp_code code = mp_buf_check(&joined, NULL);
    mp_str  name = joined.len ? mp_buf_str(&joined) : MP_S("");
    if (code == MP_OK)
        code = mp_uuid5(text, space, name, err);
    mp_buf_free(&joined);
    if (code == MP_LIMIT)
        return fn_limit(call, err, "is given more than %d characters", MP_FUNCTION_STRING_MAX);
    if (code != MP_OK)
        return code == MP_NOMEM ? fn_nomem(err) : code;
    mp_str kept = mp_arena_dup(call->arena, mp_str_from(text));
    return kept.ptr ? fn_give_str(out, call, kept, err) : fn_nomem(err);
}
