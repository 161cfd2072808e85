/* SPDX-License-Identifier: Apache-2.0 */
#include "fn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicase.h>

#include "map.h"
#include "utf8.h"

/* ---- messages ---- */

#define CLIP_BYTES 80

mp_str fn_clip(mp_str s)
{
    if (s.len <= CLIP_BYTES)
        return s.len ? s : MP_S(""); /* "%.0s" of what no NUL ends confuses AddressSanitizer */
    size_t len = CLIP_BYTES;
    while (len > CLIP_BYTES - 4 && mp_utf8_continues((uint8_t)s.ptr[len]))
        len--;
    return mp_str_of(s.ptr, len);
}

mp_code fn_fail_at(const mp_call *call, mp_error *err, mp_code code, const char *file, int line,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mp_fail_about(err, code, MP_NOWHERE, file, line, call->function->name, format, args);
    va_end(args);
    return code;
}

mp_code fn_nomem(mp_error *err)
{
    return mp_no_memory(err);
}

/* The name of argument `i`: the i-th name of the signature; "..." repeats the name before it. */
static mp_str argument_name(const mp_function *f, uint32_t i)
{
    mp_str rest = mp_str_from(f->signature);
    rest = mp_str_skip(rest, mp_str_find(rest, '(') + 1);
    mp_str name = rest;
    for (uint32_t n = 0; n <= i; n++) {
        size_t end = 0;
        while (end < rest.len && !memchr(",)]", rest.ptr[end], 3))
            end++;
        mp_str item = mp_str_trim(mp_str_of(rest.ptr, end));
        if (mp_str_starts(item, MP_S("[")))
            item = mp_str_skip(item, 1);
        if (item.len == 0 || mp_str_eq(item, MP_S("...")))
            break;
        name = item;
        while (end < rest.len && memchr(",)] ", rest.ptr[end], 4))
            end++;
        rest = mp_str_skip(rest, end);
    }
    return name;
}

const char *fn_kind(const mp_json *v)
{
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        return "null";
    case MP_JSON_BOOL:
        return "a boolean";
    case MP_JSON_INT:
        return "an integer";
    case MP_JSON_REAL:
        return "a number";
    case MP_JSON_STRING:
        return "a string";
    case MP_JSON_ARRAY:
        return "an array";
    case MP_JSON_OBJECT:
        return "an object";
    }
    return "a value";
}

mp_code fn_wrong(const mp_call *call, uint32_t i, const char *wanted, mp_error *err)
{
    return fn_fail(call, err, "wants %s as %.*s, not %s", wanted,
                   MP_FMT(argument_name(call->function, i)), fn_kind(call->args[i]));
}

/* ---- arguments ---- */

mp_code fn_text(mp_str *out, const mp_call *call, uint32_t i, mp_error *err)
{
    if (!fn_is_text(call->args[i]))
        return fn_wrong(call, i, "a string", err);
    *out = fn_text_of(call->args[i]);
    return MP_OK;
}

mp_code fn_integer(int64_t *out, const mp_call *call, uint32_t i, mp_error *err)
{
    if (!fn_is(call, i, MP_JSON_INT))
        return fn_wrong(call, i, "an integer", err);
    *out = call->args[i]->u.integer;
    return MP_OK;
}

/* ---- results ---- */

mp_code fn_give(const mp_json **out, const mp_json *v, mp_error *err)
{
    if (!v)
        return fn_nomem(err);
    *out = v;
    return MP_OK;
}

mp_code fn_give_str(const mp_json **out, const mp_call *call, mp_str s, mp_error *err)
{
    return fn_give(out, mp_json_make_str(call->arena, s), err);
}

mp_code fn_give_int(const mp_json **out, const mp_call *call, int64_t i, mp_error *err)
{
    return fn_give(out, mp_json_make_int(call->arena, i), err);
}

mp_code fn_give_bool(const mp_json **out, bool b, mp_error *err)
{
    return fn_give(out, mp_json_make_bool(b), err);
}

mp_code fn_give_null(const mp_json **out, mp_error *err)
{
    return fn_give(out, mp_json_make_null(), err);
}

/* Containers within containers are at most `most` deep. */
static bool depth_within(const mp_json *v, int most)
{
    if (v->kind == MP_JSON_ARRAY) {
        if (most == 0)
            return false;
        for (MP_JSON_EACH(item, v))
            if (!depth_within(item, most - 1))
                return false;
    } else if (v->kind == MP_JSON_OBJECT) {
        if (most == 0)
            return false;
        for (MP_JSON_MEMBERS(key, v))
            if (!depth_within(key + 1, most - 1))
                return false;
    }
    return true;
}

mp_code fn_give_built(const mp_json **out, const mp_call *call, mp_jsonw *w, mp_error *err)
{
    const mp_json *v = mp_jsonw_done(w);
    if (v && !depth_within(v, MP_FUNCTION_DEPTH_MAX))
        return fn_limit(call, err, "gives a value more than %d containers deep",
                        MP_FUNCTION_DEPTH_MAX);
    return fn_give(out, v, err);
}

mp_buf fn_buf(void)
{
    /* No UTF-16 unit takes more than three bytes of UTF-8. */
    return (mp_buf){ .limit = (size_t)3 * MP_FUNCTION_STRING_MAX };
}

mp_code fn_give_buf(const mp_json **out, const mp_call *call, mp_buf *b, mp_error *err)
{
    mp_code code = mp_buf_check(b, NULL);
    mp_str  kept = { "", 0 };
    if (code == MP_OK && b->len > 0) {
        kept = mp_arena_dup(call->arena, mp_buf_str(b));
        if (!kept.ptr)
            code = MP_NOMEM;
    }
    mp_buf_free(b);
    if (code == MP_LIMIT)
        return fn_limit(call, err, "gives a string of more than %d characters",
                        MP_FUNCTION_STRING_MAX);
    if (code != MP_OK)
        return fn_nomem(err);
    return fn_give_str(out, call, kept, err);
}

mp_code fn_give_parsed(const mp_json **out, const mp_call *call, mp_str text, mp_error *err)
{
    static const mp_json_options options = { .max_depth = MP_FUNCTION_DEPTH_MAX };
    mp_json_doc                 *doc = NULL;
    const mp_json               *root = NULL, *copy = NULL;
    mp_error                     reading = { .code = MP_OK };
    mp_code                      code = mp_json_doc_new(&doc, &reading);
    if (code == MP_OK)
        code = mp_json_read(doc, &root, text, &options, NULL, &reading);
    if (code == MP_OK)
        copy = mp_arena_dup_json(call->arena, root);
    mp_json_doc_free(doc);
    if (code == MP_SYNTAX)
        return fn_fail(call, err, "wants JSON, not \"%.*s\": %s", MP_FMT(fn_clip(text)),
                       reading.message);
    if (code == MP_LIMIT)
        return fn_limit(call, err, "cannot read its text: %s", reading.message);
    return fn_give(out, copy, err);
}

/* ---- text ---- */

size_t fn_units(mp_str s)
{
    size_t units = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t byte = (uint8_t)s.ptr[i];
        units += !mp_utf8_continues(byte); /* one for each code point, */
        units += byte >= 0xF0;             /* and one more for those over U+FFFF */
    }
    return units;
}

/* Bytes before unit `units`. `*half` when it is the second half of a code point, which then begins
 * at the offset returned. */
static size_t offset_of_unit(mp_str s, size_t units, bool *half)
{
    size_t i = 0, passed = 0;
    *half = false;
    while (i < s.len && passed < units) {
        size_t size = fn_char_size(mp_str_skip(s, i));
        if (size == 4 && passed + 1 == units) {
            *half = true;
            break;
        }
        passed += size == 4 ? 2 : 1;
        i += size;
    }
    return i;
}

mp_code fn_slice(mp_str *out, const mp_call *call, mp_str s, size_t from, size_t to, mp_error *err)
{
    bool   half_first, half_last;
    size_t begin = offset_of_unit(s, from, &half_first);
    size_t end = offset_of_unit(s, to, &half_last);
    if (from >= to) {
        *out = MP_S("");
        return MP_OK;
    }
    size_t whole = begin + (half_first ? 4u : 0u);
    *out = mp_str_of(s.ptr + whole, end > whole ? end - whole : 0);
    if (!half_first && !half_last)
        return MP_OK;
    *out = mp_arena_printf(call->arena, "%s%.*s%s", half_first ? FN_REPLACEMENT.ptr : "",
                           MP_FMT(*out), half_last ? FN_REPLACEMENT.ptr : "");
    return out->ptr ? MP_OK : fn_nomem(err);
}

size_t fn_char_size(mp_str s)
{
    uint32_t cp;
    size_t   size = mp_utf8_decode(&cp, s.ptr, s.len);
    return size ? size : 1;
}

size_t fn_space_size(mp_str s)
{
    uint32_t cp;
    size_t   size = mp_utf8_decode(&cp, s.ptr, s.len);
    bool     is_space = size && ((cp >= 9 && cp <= 13) || cp == ' ' || cp == 0x85 || cp == 0xA0 ||
                             cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
                             cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000);
    return is_space ? size : 0;
}

/* Simple mappings, one code point to one, so that a match in folded text can be found back in the
 * original. Through upper case first, so that both small sigmas are one letter. Nothing becomes
 * ASCII: the dotless i, the long s and the Kelvin sign keep apart from i, s and k, as in .NET. */
static uint32_t fold_char(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    uint32_t folded = uc_tolower(uc_toupper(cp));
    return folded < 0x80 ? cp : folded;
}

mp_code fn_fold(mp_str *out, mp_arena *arena, mp_str s, mp_error *err)
{
    /* A simple mapping makes at most three bytes of two. */
    size_t cap = s.len + s.len / 2 + 4;
    char  *text = mp_arena_alloc(arena, cap);
    if (!text)
        return fn_nomem(err);
    size_t len = 0;
    for (size_t i = 0; i < s.len;) {
        uint32_t cp;
        size_t   size = mp_utf8_decode(&cp, s.ptr + i, s.len - i);
        if (size == 0) { /* not UTF-8: kept as it is */
            text[len++] = s.ptr[i++];
            continue;
        }
        len += mp_utf8_encode(text + len, fold_char(cp));
        i += size;
    }
    *out = mp_str_of(text, len);
    return MP_OK;
}

bool fn_is_ascii(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] >= 0x80)
            return false;
    return true;
}

size_t fn_find(mp_str s, mp_str part)
{
    if (part.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.ptr, s.len, part.ptr, part.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

static char *reversed(mp_arena *arena, mp_str s)
{
    char *text = mp_arena_alloc(arena, s.len + 1);
    for (size_t i = 0; text && i < s.len; i++)
        text[i] = s.ptr[s.len - 1 - i];
    return text;
}

/* The first match of what is read backwards: memmem is linear, looking for match after match is
 * not when they overlap. */
mp_code fn_find_last(size_t *at, mp_arena *arena, mp_str s, mp_str part, mp_error *err)
{
    char *text = reversed(arena, s), *wanted = reversed(arena, part);
    if (!text || !wanted)
        return fn_nomem(err);
    size_t found = fn_find(mp_str_of(text, s.len), mp_str_of(wanted, part.len));
    *at = found == SIZE_MAX ? SIZE_MAX : s.len - found - part.len;
    return MP_OK;
}

const mp_json *fn_member(const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get_fold(object, name);
    if (v || fn_is_ascii(name))
        return v;
    for (MP_JSON_MEMBERS(key, object)) {
        mp_str   k = mp_json_str(key);
        size_t   i = 0, j = 0, m, n;
        uint32_t a = 0, b = 0;
        while ((m = mp_utf8_decode(&a, k.ptr + i, k.len - i)) != 0 &&
               (n = mp_utf8_decode(&b, name.ptr + j, name.len - j)) != 0 &&
               fold_char(a) == fold_char(b)) {
            i += m;
            j += n;
        }
        if (i == k.len && j == name.len)
            v = key + 1;
    }
    return v;
}

static uint8_t upper_ascii(char c)
{
    return (uint8_t)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

int fn_compare_ordinal_fold(mp_str a, mp_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++) {
        uint8_t x = upper_ascii(a.ptr[i]), y = upper_ascii(b.ptr[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* ---- collation ---- */

/* Place of an ASCII character in the Unicode root collation (CLDR, "root collation order"); the
 * control characters but white space are ignorable there, and come first here. */
static uint32_t ascii_weight(uint32_t cp)
{
    static const char order[] = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
                                "0123456789abcdefghijklmnopqrstuvwxyz";
    const char       *at = cp ? strchr(order, (int)cp) : NULL;
    return at ? 0x80 + (uint32_t)(at - order) : cp;
}

static uint32_t weight(uint32_t cp)
{
    uint32_t folded = fold_char(cp);
    return folded < 0x80 ? ascii_weight(folded) : 0x100 + folded;
}

int mp_text_collate(mp_str a, mp_str b)
{
    int    case_order = 0;
    size_t i = 0, j = 0;
    while (i < a.len && j < b.len) {
        uint32_t x = (uint8_t)a.ptr[i], y = (uint8_t)b.ptr[j];
        size_t   m = mp_utf8_decode(&x, a.ptr + i, a.len - i);
        size_t   n = mp_utf8_decode(&y, b.ptr + j, b.len - j);
        uint32_t v = weight(x), w = weight(y);
        if (v != w)
            return v < w ? -1 : 1;
        if (x != y && case_order == 0) /* lower case has the greater code, but comes first */
            case_order = x > y ? -1 : 1;
        i += m ? m : 1;
        j += n ? n : 1;
    }
    if (i < a.len || j < b.len)
        return i < a.len ? 1 : -1;
    return case_order;
}

/* ---- equality of values ---- */

#define FEW_MEMBERS 16

static int compare_keys(const void *a, const void *b)
{
    const mp_json *x = *(const mp_json *const *)a, *y = *(const mp_json *const *)b;
    int            order = mp_str_cmp(mp_json_str(x), mp_json_str(y));
    return order ? order : (x > y) - (x < y);
}

static const mp_json **sorted_keys(const mp_json *object, mp_arena *arena)
{
    const mp_json **keys = mp_arena_alloc(arena, (object->count + 1) * sizeof *keys);
    size_t          n = 0;
    if (!keys)
        return NULL;
    for (MP_JSON_MEMBERS(key, object))
        keys[n++] = key;
    qsort(keys, n, sizeof *keys, compare_keys);
    return keys;
}

/* Sorting both keeps large objects from costing the square of their size. */
static mp_code equal_large(bool *equal, const mp_json *a, const mp_json *b, mp_arena *arena,
                           mp_error *err)
{
    const mp_json **x = sorted_keys(a, arena), **y = sorted_keys(b, arena);
    if (!x || !y)
        return fn_nomem(err);
    *equal = true;
    for (uint32_t i = 0; i < a->count && *equal; i++) {
        *equal = mp_str_eq(mp_json_str(x[i]), mp_json_str(y[i]));
        if (*equal)
            MP_TRY(mp_value_equal(equal, x[i] + 1, y[i] + 1, arena, err));
    }
    return MP_OK;
}

static mp_code equal_objects(bool *equal, const mp_json *a, const mp_json *b, mp_arena *arena,
                             mp_error *err)
{
    if (a->count > FEW_MEMBERS)
        return equal_large(equal, a, b, arena, err);
    *equal = true;
    for (MP_JSON_MEMBERS(key, a)) {
        const mp_json *other = mp_json_get(b, mp_json_str(key));
        *equal = other != NULL;
        if (other)
            MP_TRY(mp_value_equal(equal, key + 1, other, arena, err));
        if (!*equal)
            break;
    }
    return MP_OK;
}

static mp_code equal_arrays(bool *equal, const mp_json *a, const mp_json *b, mp_arena *arena,
                            mp_error *err)
{
    const mp_json *other = mp_json_first(b);
    *equal = true;
    for (MP_JSON_EACH(item, a)) {
        MP_TRY(mp_value_equal(equal, item, other, arena, err));
        if (!*equal)
            break;
        other = mp_json_next(other);
    }
    return MP_OK;
}

/* As JToken.DeepEquals of Newtonsoft.Json: kinds must agree, integer and real too. */
mp_code mp_value_equal(bool *equal, const mp_json *a, const mp_json *b, mp_arena *arena,
                       mp_error *err)
{
    *equal = false;
    if (a->kind != b->kind)
        return MP_OK;
    switch ((mp_json_kind)a->kind) {
    case MP_JSON_NULL:
        *equal = true;
        return MP_OK;
    case MP_JSON_BOOL:
    case MP_JSON_INT:
        *equal = a->u.integer == b->u.integer;
        return MP_OK;
    case MP_JSON_REAL: {
        double x = mp_json_double(a), y = mp_json_double(b);
        *equal = x >= y && x <= y;
        return MP_OK;
    }
    case MP_JSON_STRING:
        *equal = mp_str_eq(mp_json_str(a), mp_json_str(b));
        return MP_OK;
    case MP_JSON_ARRAY:
        return a->count == b->count ? equal_arrays(equal, a, b, arena, err) : MP_OK;
    case MP_JSON_OBJECT:
        return a->count == b->count ? equal_objects(equal, a, b, arena, err) : MP_OK;
    }
    return MP_OK;
}

/* ---- the set ---- */

static uint64_t mix(uint64_t h, uint64_t with)
{
    h = (h ^ with) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

static uint64_t hash_value(const mp_json *v)
{
    uint64_t h = mix(v->kind + 1u, v->count);
    double   d;
    switch ((mp_json_kind)v->kind) {
    case MP_JSON_NULL:
        return h;
    case MP_JSON_BOOL:
    case MP_JSON_INT:
        return mix(h, (uint64_t)v->u.integer);
    case MP_JSON_REAL: /* by value, not by spelling; -0.0 + 0.0 is 0.0 */
        d = mp_json_double(v) + 0.0;
        memcpy(&h, &d, sizeof h);
        return mix(h, MP_JSON_REAL);
    case MP_JSON_STRING:
        return mix(h, mp_hash(mp_json_str(v)));
    case MP_JSON_ARRAY:
        for (MP_JSON_EACH(item, v))
            h = mix(h, hash_value(item));
        return h;
    case MP_JSON_OBJECT: { /* a sum, since the order of members does not count */
        uint64_t sum = 0;
        for (MP_JSON_MEMBERS(key, v))
            sum += mix(mp_hash(mp_json_str(key)), hash_value(key + 1));
        return mix(h, sum);
    }
    }
    return h;
}

mp_code fn_set_init(fn_set *set, size_t capacity, bool members, mp_arena *arena, mp_error *err)
{
    size_t slots = 8;
    while (slots < capacity * 2)
        slots *= 2;
    set->len = 0;
    set->mask = slots - 1;
    set->members = members;
    set->arena = arena;
    set->items = mp_arena_zero(arena, capacity + 1, sizeof *set->items);
    set->marks = mp_arena_zero(arena, capacity + 1, sizeof *set->marks);
    set->hashes = mp_arena_zero(arena, capacity + 1, sizeof *set->hashes);
    set->table = mp_arena_zero(arena, slots, sizeof *set->table);
    return set->items && set->marks && set->hashes && set->table ? MP_OK : fn_nomem(err);
}

static mp_code equal_items(bool *equal, const fn_set *set, const mp_json *a, const mp_json *b,
                           mp_error *err)
{
    MP_TRY(mp_value_equal(equal, a, b, set->arena, err));
    if (*equal && set->members)
        MP_TRY(mp_value_equal(equal, a + 1, b + 1, set->arena, err));
    return MP_OK;
}

mp_code fn_set_find(size_t *index, fn_set *set, const mp_json *v, bool add, mp_error *err)
{
    uint64_t hash = hash_value(v);
    if (set->members)
        hash = mix(hash, hash_value(v + 1));
    size_t slot = hash & set->mask;
    for (; set->table[slot]; slot = (slot + 1) & set->mask) {
        size_t i = set->table[slot] - 1;
        bool   equal = false;
        if (set->hashes[i] == hash)
            MP_TRY(equal_items(&equal, set, set->items[i], v, err));
        if (equal) {
            *index = i;
            return MP_OK;
        }
    }
    *index = SIZE_MAX;
    if (!add)
        return MP_OK;
    *index = set->len++;
    set->items[*index] = v;
    set->hashes[*index] = hash;
    set->table[slot] = (uint32_t)set->len;
    return MP_OK;
}
