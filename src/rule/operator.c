/* SPDX-License-Identifier: Apache-2.0 */
#include "operator.h"

#include "clock.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The semantics are Azure Policy's (Microsoft Learn, "Azure Policy definition structure policy rule",
 * Conditions). Two choices of it shape this file:
 *  - Scalars compare as text: true equals "true" and 5 equals "5", but 5.0, whose text differs, does not.
 *  - An operator and its negation are one comparison and a flag, so they can never both hold. */

#define SET_FROM 12 /* elements from which `in` uses a set instead of a loop */

const mp_operator_info mp_operators[MP_OPERATOR_COUNT] = {
#define MP_OPERATOR(name, text, base, negated) { MP_S_INIT(text), MP_OP_##base, negated },
#include "operators.def"
#undef MP_OPERATOR
};

mp_operator mp_operator_find(mp_str name)
{
    for (size_t i = 0; i < MP_OPERATOR_COUNT; i++)
        if (mp_str_eq_fold(mp_operators[i].text, name))
            return (mp_operator)i;
    return MP_OPERATOR_COUNT;
}

bool mp_operator_may_fail(mp_operator op)
{
    return op >= MP_OP_LESS && op <= MP_OP_GREATER_OR_EQUALS;
}

bool mp_json_scalar_text(mp_str *out, const mp_json *v, char scratch[32])
{
    if (!v || v->kind == MP_JSON_NULL) {
        *out = MP_S("");
        return true;
    }
    switch (v->kind) {
    case MP_JSON_STRING:
    case MP_JSON_REAL:
        *out = mp_json_str(v);
        return true;
    case MP_JSON_BOOL:
        *out = v->u.integer ? MP_S("true") : MP_S("false");
        return true;
    case MP_JSON_INT:
        *out = mp_str_of(scratch, (size_t)snprintf(scratch, 32, "%" PRId64, v->u.integer));
        return true;
    default:
        return false;
    }
}

static bool all_ascii(mp_str s)
{
    unsigned char high = 0;
    for (size_t i = 0; i < s.len; i++)
        high |= (unsigned char)s.ptr[i];
    return high < 0x80;
}

/* ---- the right side ---- */

static mp_code prepare_like(mp_operand *out, mp_error *err)
{
    size_t star = mp_str_find(out->text, '*');
    out->has_star = star != SIZE_MAX;
    if (!out->has_star)
        return MP_OK;
    out->before = mp_str_of(out->text.ptr, star);
    out->after = mp_str_skip(out->text, star + 1);
    if (mp_str_find(out->after, '*') != SIZE_MAX)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                       "a pattern of 'like' may hold one '*', \"%.*s\" holds more",
                       MP_FMT(out->text));
    return MP_OK;
}

static mp_code prepare_exists(mp_operand *out, mp_error *err)
{
    if (mp_str_eq_fold(out->text, MP_S("true")))
        out->want = true;
    else if (!mp_str_eq_fold(out->text, MP_S("false")))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "'exists' wants true or false, not \"%.*s\"",
                       MP_FMT(out->text));
    return MP_OK;
}

/* A long list of plain strings is looked up by hash. Only ASCII: a hash that folds Unicode the way
 * comparisons do would cost more than it saves. */
static mp_code prepare_set(mp_operand *out, mp_arena *arena, mp_error *err)
{
    if (out->value->kind != MP_JSON_ARRAY || out->value->count < SET_FROM)
        return MP_OK;
    for (MP_JSON_EACH(item, out->value))
        if (item->kind != MP_JSON_STRING || !all_ascii(mp_json_str(item)))
            return MP_OK;
    mp_map *set = MP_ARENA_NEW(arena, mp_map);
    if (!set)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a set of values");
    *set = (mp_map)MP_MAP_INIT_FOLD;
    out->set = set;
    for (MP_JSON_EACH(item, out->value))
        MP_TRY(mp_map_put(set, mp_json_str(item), set, err));
    return MP_OK;
}

mp_code mp_operand_init(mp_operand *out, mp_operator op, const mp_json *value, mp_arena *arena,
                        mp_error *err)
{
    *out = (mp_operand){ .value = value };
    if (!value || value->kind == MP_JSON_NULL)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the right side of '%.*s' is null",
                       MP_FMT(mp_operators[op].text));
    char *scratch = mp_arena_alloc(arena, 32);
    if (!scratch)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a condition");
    bool is_scalar = mp_json_scalar_text(&out->text, value, scratch);
    out->is_ascii = all_ascii(out->text);
    mp_operator base = mp_operators[op].base;
    if (base == MP_OP_IN)
        return prepare_set(out, arena, err);
    if (!is_scalar && base != MP_OP_EQUALS && base != MP_OP_CONTAINS)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                       "the right side of '%.*s' wants a text, a number or a boolean, not an %s",
                       MP_FMT(mp_operators[op].text), mp_json_kind_name((mp_json_kind)value->kind));
    if (base == MP_OP_LIKE)
        return prepare_like(out, err);
    if (base == MP_OP_EXISTS)
        return prepare_exists(out, err);
    return MP_OK;
}

void mp_operand_done(mp_operand *operand)
{
    if (operand->set)
        mp_map_free((mp_map *)operand->set);
    operand->set = NULL;
}

/* ---- comparing ---- */

/* Two values are equal: scalars by their text without case, containers member by member. */
static bool equal(const mp_json *a, const mp_json *b);

static bool equal_arrays(const mp_json *a, const mp_json *b)
{
    if (a->count != b->count)
        return false;
    const mp_json *other = mp_json_first(b);
    for (MP_JSON_EACH(item, a)) {
        if (!equal(item, other))
            return false;
        other = mp_json_next(other);
    }
    return true;
}

static bool equal_objects(const mp_json *a, const mp_json *b)
{
    if (a->count != b->count)
        return false;
    for (MP_JSON_MEMBERS(key, a)) {
        const mp_json *other = mp_json_get_fold(b, mp_json_str(key));
        if (!other || !equal(key + 1, other))
            return false;
    }
    return true;
}

static bool equal(const mp_json *a, const mp_json *b)
{
    char   a_scratch[32], b_scratch[32];
    mp_str a_text, b_text;
    bool   a_scalar = mp_json_scalar_text(&a_text, a, a_scratch);
    bool   b_scalar = mp_json_scalar_text(&b_text, b, b_scratch);
    if (a_scalar != b_scalar)
        return false;
    if (a_scalar)
        return mp_text_eq_fold(a_text, b_text);
    if (a->kind != b->kind)
        return false;
    return a->kind == MP_JSON_ARRAY ? equal_arrays(a, b) : equal_objects(a, b);
}

static bool test_equals(const mp_json *left, const mp_operand *right)
{
    if (left && left->kind == MP_JSON_STRING && right->text.ptr) {
        mp_str text = mp_json_str(left);
        if (right->is_ascii && text.len == right->text.len)
            return mp_str_eq_fold(text, right->text); /* not ASCII: bytes differ, equal or not */
        if (right->is_ascii && all_ascii(text))
            return false;
    }
    return equal(left, right->value);
}

static bool test_in(const mp_json *left, const mp_operand *right)
{
    if (right->value->kind != MP_JSON_ARRAY) /* a scalar is a list of one */
        return equal(left, right->value);
    char   scratch[32];
    mp_str text;
    if (right->set && mp_json_scalar_text(&text, left, scratch) && all_ascii(text))
        return mp_map_find(right->set, text) != NULL;
    for (MP_JSON_EACH(item, right->value))
        if (equal(left, item))
            return true;
    return false;
}

/* Bytes of the code point at `at`. */
static size_t step(mp_str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.len && ((unsigned char)s.ptr[at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* How many bytes at the beginning, or at the end, of `s` are `part` without case, or SIZE_MAX. Letters
 * that differ in case only may take a different number of bytes. */
static size_t found_at_edge(mp_str s, mp_str part, bool at_end)
{
    bool is_ascii = all_ascii(s) && all_ascii(part);
    if (is_ascii && s.len < part.len)
        return SIZE_MAX;
    for (size_t cut = is_ascii ? (at_end ? s.len - part.len : part.len) : 0; cut <= s.len;
         cut += cut < s.len ? step(s, cut) : 1) {
        mp_str edge = at_end ? mp_str_skip(s, cut) : mp_str_of(s.ptr, cut);
        if (mp_text_eq_fold(edge, part))
            return edge.len;
        if (is_ascii)
            break;
    }
    return SIZE_MAX;
}

static bool test_like(mp_str text, const mp_operand *right)
{
    if (!right->has_star)
        return mp_text_eq_fold(text, right->text);
    size_t before = found_at_edge(text, right->before, false);
    if (before == SIZE_MAX)
        return false;
    return found_at_edge(mp_str_skip(text, before), right->after, true) != SIZE_MAX;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* pattern = { '#' a digit | '?' a letter | '.' any character | itself } */
static bool test_match(mp_str text, mp_str pattern, bool folded)
{
    size_t t = 0, p = 0;
    while (t < text.len && p < pattern.len) {
        char   want = pattern.ptr[p];
        size_t text_step = step(text, t), pattern_step = step(pattern, p);
        mp_str a = mp_str_of(text.ptr + t, text_step);
        mp_str b = mp_str_of(pattern.ptr + p, pattern_step);
        bool   ok = want == '#'   ? is_digit(*a.ptr)
                    : want == '?' ? is_letter(*a.ptr)
                    : want == '.' ? true
                    : folded      ? mp_text_eq_fold(a, b)
                                  : mp_str_eq(a, b);
        if (!ok)
            return false;
        t += text_step;
        p += pattern_step;
    }
    return t == text.len && p == pattern.len;
}

static bool test_contains(const mp_json *left, const mp_operand *right)
{
    if (mp_json_is(left, MP_JSON_ARRAY)) {
        for (MP_JSON_EACH(item, left))
            if (equal(item, right->value))
                return true;
        return false;
    }
    char   scratch[32];
    mp_str text;
    if (right->value->kind >= MP_JSON_ARRAY || !mp_json_scalar_text(&text, left, scratch))
        return false;
    return mp_text_contains_fold(text, right->text);
}

static bool test_text(mp_operator base, const mp_json *left, const mp_operand *right)
{
    char   scratch[32];
    mp_str text;
    if (!mp_json_scalar_text(&text, left, scratch))
        return false;
    if (base == MP_OP_LIKE)
        return test_like(text, right);
    return test_match(text, right->text, base == MP_OP_MATCH_INSENSITIVELY);
}

static bool is_number(const mp_json *v)
{
    return v->kind == MP_JSON_INT || v->kind == MP_JSON_REAL;
}

static int compare_numbers(const mp_json *a, const mp_json *b)
{
    if (a->kind == MP_JSON_INT && b->kind == MP_JSON_INT)
        return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
    double x = mp_json_double(a), y = mp_json_double(b);
    return (x > y) - (x < y);
}

/* Two texts that are both dates compare as moments, others as texts without case; so
 * "2021-06-01-preview", which is no date, comes after "2021-06-01". */
static int compare_texts(mp_str a, mp_str b)
{
    mp_ticks x, y;
    if (mp_clock_parse(&x, a) && mp_clock_parse(&y, b))
        return (x > y) - (x < y);
    return mp_text_cmp_fold(a, b);
}

static mp_truth test_order(mp_operator op, const mp_json *left, const mp_operand *right,
                           mp_error *err)
{
    const mp_json *wanted = right->value;
    bool           numbers = left && is_number(left) && is_number(wanted);
    if (!numbers && !(mp_json_is(left, MP_JSON_STRING) && wanted->kind == MP_JSON_STRING)) {
        mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                "'%.*s' compares two numbers or two texts, not %s with %s",
                MP_FMT(mp_operators[op].text),
                left ? mp_json_kind_name((mp_json_kind)left->kind) : "a missing value",
                mp_json_kind_name((mp_json_kind)wanted->kind));
        return MP_FAILED;
    }
    int order = numbers ? compare_numbers(left, wanted)
                        : compare_texts(mp_json_str(left), mp_json_str(wanted));
    bool holds = op == MP_OP_LESS               ? order < 0
                 : op == MP_OP_LESS_OR_EQUALS   ? order <= 0
                 : op == MP_OP_GREATER          ? order > 0
                                                : order >= 0;
    return holds ? MP_TRUE : MP_FALSE;
}

mp_truth mp_operator_test(mp_operator op, const mp_json *left, const mp_operand *right,
                          mp_error *err)
{
    mp_operator base = mp_operators[op].base;
    bool        holds;
    switch (base) {
    case MP_OP_EQUALS:
        holds = test_equals(left, right);
        break;
    case MP_OP_IN:
        holds = test_in(left, right);
        break;
    case MP_OP_CONTAINS:
        holds = test_contains(left, right);
        break;
    case MP_OP_CONTAINS_KEY:
        holds = mp_json_is(left, MP_JSON_OBJECT) && mp_json_get_fold(left, right->text) != NULL;
        break;
    case MP_OP_EXISTS:
        holds = (left && left->kind != MP_JSON_NULL) == right->want;
        break;
    case MP_OP_LIKE:
    case MP_OP_MATCH:
    case MP_OP_MATCH_INSENSITIVELY:
        holds = test_text(base, left, right);
        break;
    default:
        return test_order(base, left, right, err);
    }
    return holds != mp_operators[op].negated ? MP_TRUE : MP_FALSE;
}
