/* SPDX-License-Identifier: Apache-2.0 */
#include "operator.h"

#include "clock.h"
#include "run_limits.h"
#include "text.h"

#include <stdlib.h>

/* The semantics are Azure Policy's (Microsoft Learn, "Azure Policy definition structure policy rule",
 * Conditions). Two choices of it shape this file:
 *  - Scalars compare as text: true equals "true" and 5 equals "5", but 5.0, whose text differs, does not.
 *  - An operator and its negation are one comparison and a flag, so they can never both hold.
 *
 * `steps` is what is left of the evaluation's (run_limits.h). Once they are below 0 every answer is worthless,
 * and each loop ends soon; mp_operator_test_within() notices, in one place. */

#define SET_FROM 12     /* elements from which `in` uses a set instead of a loop */
#define MEMBERS_FROM 32 /* members from which two objects are compared by an index */

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

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

/* In decimal, at the end of `scratch`: printf takes longer than the comparison. */
static mp_str integer_text(int64_t i, char scratch[32])
{
    char    *end = scratch + 32, *p = end;
    uint64_t rest = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (i < 0)
        *--p = '-';
    return mp_str_of(p, (size_t)(end - p));
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
        *out = integer_text(v->u.integer, scratch);
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

/* ---- what it costs ---- */

mp_code mp_out_of_steps(mp_error *err)
{
    return mp_fail(err, MP_LIMIT, MP_NOWHERE, "an evaluation on one resource takes more than %d steps",
                   MP_RUN_STEPS);
}

static void spend_on_text(int64_t *steps, mp_str s)
{
    if (UNLIKELY(s.len >= MP_LONG_TEXT))
        *steps -= (int64_t)(s.len / MP_STEP_TEXT);
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

/* An integer's text stands in `scratch`, where it does not stay. */
static mp_code add_to_set(mp_map *set, const mp_json *item, mp_arena *arena, mp_error *err)
{
    char   scratch[32];
    mp_str text;
    mp_json_scalar_text(&text, item, scratch);
    if (item->kind == MP_JSON_INT)
        text = mp_arena_dup(arena, text);
    if (!text.ptr)
        return mp_no_memory(err);
    return mp_map_put(set, text, set, err);
}

/* A long list of scalars is looked up by hash. Only ASCII: a hash that folds Unicode the way comparisons
 * do would cost more than it saves. */
static mp_code prepare_set(mp_operand *out, mp_arena *arena, mp_error *err)
{
    char   scratch[32];
    mp_str text;
    if (out->value->kind != MP_JSON_ARRAY || out->value->count < SET_FROM)
        return MP_OK;
    for (MP_JSON_EACH(item, out->value))
        if (!mp_json_scalar_text(&text, item, scratch) || !all_ascii(text))
            return MP_OK;
    mp_map *set = MP_ARENA_NEW(arena, mp_map);
    if (!set)
        return mp_no_memory(err);
    *set = (mp_map)MP_MAP_INIT_FOLD;
    out->set = set;
    for (MP_JSON_EACH(item, out->value))
        MP_TRY(add_to_set(set, item, arena, err));
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
        return mp_no_memory(err);
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
static bool equal(const mp_json *a, const mp_json *b, int64_t *steps);

static bool equal_arrays(const mp_json *a, const mp_json *b, int64_t *steps)
{
    if (a->count != b->count)
        return false;
    const mp_json *other = mp_json_first(b);
    for (MP_JSON_EACH(item, a)) {
        if (--*steps < 0 || !equal(item, other, steps))
            return false;
        other = mp_json_next(other);
    }
    return true;
}

/* The members of an object, to be found by name as mp_json_get_fold() finds them: with an index where there
 * are many, if memory allows. */
struct members {
    const mp_json *object;
    mp_map         by_name; /* without case; of several the last */
    bool           is_indexed;
    bool           has_twins; /* names that differ in case only, or not at all */
};

static void index_members(struct members *m)
{
    m->is_indexed = m->object->count >= MEMBERS_FROM;
    if (!m->is_indexed)
        return;
    for (MP_JSON_MEMBERS(key, m->object))
        if (mp_map_put(&m->by_name, mp_json_str(key), (void *)(key + 1), NULL) != MP_OK) {
            m->is_indexed = false;
            return;
        }
    m->has_twins = m->by_name.len != m->object->count;
}

static const mp_json *find_member(const struct members *m, mp_str name, int64_t *steps)
{
    if (m->is_indexed) {
        const mp_json *found = mp_map_get(&m->by_name, name);
        if (!found || !m->has_twins)
            return found;
    }
    *steps -= m->object->count / MP_STEP_NODES;
    return mp_json_get_fold(m->object, name);
}

static bool equal_objects(const mp_json *a, const mp_json *b, int64_t *steps)
{
    if (a->count != b->count)
        return false;
    struct members others = { .object = b, .by_name = MP_MAP_INIT_FOLD };
    bool           same = true;
    index_members(&others);
    for (MP_JSON_MEMBERS(key, a)) {
        const mp_json *other = find_member(&others, mp_json_str(key), steps);
        same = other && --*steps >= 0 && equal(key + 1, other, steps);
        if (!same)
            break;
    }
    mp_map_free(&others.by_name);
    return same;
}

static bool equal(const mp_json *a, const mp_json *b, int64_t *steps)
{
    char   a_scratch[32], b_scratch[32];
    mp_str a_text, b_text;
    if (a && a->kind == MP_JSON_INT && b->kind == MP_JSON_INT)
        return a->u.integer == b->u.integer;
    bool a_scalar = mp_json_scalar_text(&a_text, a, a_scratch);
    bool b_scalar = mp_json_scalar_text(&b_text, b, b_scratch);
    if (a_scalar != b_scalar)
        return false;
    if (a_scalar) {
        spend_on_text(steps, a_text);
        spend_on_text(steps, b_text);
        return mp_text_eq_fold(a_text, b_text);
    }
    if (a->kind != b->kind)
        return false;
    return a->kind == MP_JSON_ARRAY ? equal_arrays(a, b, steps) : equal_objects(a, b, steps);
}

static bool test_equals(const mp_json *left, const mp_operand *right, int64_t *steps)
{
    if (left && left->kind == MP_JSON_STRING && right->text.ptr) {
        mp_str text = mp_json_str(left);
        spend_on_text(steps, text);
        if (right->is_ascii && text.len == right->text.len)
            return mp_str_eq_fold(text, right->text); /* not ASCII: bytes differ, equal or not */
        if (right->is_ascii && all_ascii(text))
            return false;
    }
    return equal(left, right->value, steps);
}

static bool test_in(const mp_json *left, const mp_operand *right, int64_t *steps)
{
    if (right->value->kind != MP_JSON_ARRAY) /* a scalar is a list of one */
        return equal(left, right->value, steps);
    char   scratch[32];
    mp_str text;
    if (right->set) {
        if (!mp_json_scalar_text(&text, left, scratch))
            return false;
        spend_on_text(steps, text);
        if (all_ascii(text))
            return mp_map_find(right->set, text) != NULL;
    }
    for (MP_JSON_EACH(item, right->value))
        if (--*steps < 0 || equal(left, item, steps))
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

static bool test_like(mp_str text, const mp_operand *right)
{
    if (!right->has_star)
        return mp_text_eq_fold(text, right->text);
    if (right->is_ascii && all_ascii(text))
        return text.len >= right->before.len + right->after.len && mp_str_starts_fold(text, right->before) &&
               mp_str_ends_fold(text, right->after);
    return mp_text_frames_fold(text, right->before, right->after);
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

static bool test_contains(const mp_json *left, const mp_operand *right, int64_t *steps)
{
    if (mp_json_is(left, MP_JSON_ARRAY)) {
        for (MP_JSON_EACH(item, left))
            if (--*steps < 0 || equal(item, right->value, steps))
                return true;
        return false;
    }
    char   scratch[32];
    mp_str text;
    if (right->value->kind >= MP_JSON_ARRAY || !mp_json_scalar_text(&text, left, scratch))
        return false;
    spend_on_text(steps, text);
    return mp_text_contains_fold(text, right->text);
}

static bool has_key(const mp_json *left, const mp_operand *right, int64_t *steps)
{
    if (!mp_json_is(left, MP_JSON_OBJECT))
        return false;
    *steps -= left->count / MP_STEP_NODES;
    return mp_json_get_fold(left, right->text) != NULL;
}

static bool test_text(mp_operator base, const mp_json *left, const mp_operand *right, int64_t *steps)
{
    char   scratch[32];
    mp_str text;
    if (!mp_json_scalar_text(&text, left, scratch))
        return false;
    spend_on_text(steps, text);
    if (base == MP_OP_LIKE)
        return test_like(text, right);
    return test_match(text, right->text, base == MP_OP_MATCH_INSENSITIVELY);
}

bool mp_json_is_number(const mp_json *v) { return v->kind == MP_JSON_INT || v->kind == MP_JSON_REAL; }

/* A number's digits and the power of ten of the first that is not 0: 0.025 is 0.25 times ten to the -1. */
typedef struct number {
    mp_str  digits; /* from that first one, with the point; empty: zero */
    int64_t power;
    int     sign; /* -1, 0, 1 */
} number;

#define POWER_MOST INT64_C(1000000000000000000) /* more is as much */

/* What stands behind 'e'. */
static int64_t read_power(mp_str s)
{
    int64_t power = 0;
    bool    down = s.len && s.ptr[0] == '-';
    for (size_t i = 0; i < s.len && power < POWER_MOST / 10; i++)
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            power = power * 10 + (s.ptr[i] - '0');
    return down ? -power : power;
}

static number read_number(const mp_json *v, char scratch[32])
{
    number n = { .digits = MP_S("") };
    mp_str text;
    mp_json_scalar_text(&text, v, scratch);
    bool is_negative = text.len && text.ptr[0] == '-';
    text = mp_str_skip(text, is_negative);
    size_t e = 0;
    while (e < text.len && (text.ptr[e] | 0x20) != 'e')
        e++;
    mp_str mantissa = mp_str_of(text.ptr, e);
    size_t point = mp_str_find(mantissa, '.'), first = 0;
    if (point == SIZE_MAX)
        point = mantissa.len;
    while (first < mantissa.len && (mantissa.ptr[first] == '0' || mantissa.ptr[first] == '.'))
        first++;
    if (first == mantissa.len)
        return n;
    n.digits = mp_str_skip(mantissa, first);
    n.power = first < point ? (int64_t)(point - first) : -(int64_t)(first - point - 1);
    if (e < text.len)
        n.power += read_power(mp_str_skip(text, e + 1));
    n.sign = is_negative ? -1 : 1;
    return n;
}

/* The next digit; 0 for ever behind the last. */
static char next_digit(mp_str *digits)
{
    if (digits->len && digits->ptr[0] == '.')
        *digits = mp_str_skip(*digits, 1);
    if (!digits->len)
        return '0';
    char digit = digits->ptr[0];
    *digits = mp_str_skip(*digits, 1);
    return digit;
}

static int compare_digits(mp_str a, mp_str b)
{
    while (a.len || b.len) {
        char x = next_digit(&a), y = next_digit(&b);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int compare_exactly(const mp_json *a, const mp_json *b)
{
    char   a_scratch[32], b_scratch[32];
    number x = read_number(a, a_scratch), y = read_number(b, b_scratch);
    if (x.sign != y.sign)
        return x.sign < y.sign ? -1 : 1;
    int order = x.power != y.power ? (x.power < y.power ? -1 : 1) : compare_digits(x.digits, y.digits);
    return x.sign * order;
}

/* Rounding to a double keeps the order: only where the doubles are one do the digits decide. */
int mp_json_number_cmp(const mp_json *a, const mp_json *b)
{
    if (a->kind == MP_JSON_INT && b->kind == MP_JSON_INT)
        return (a->u.integer > b->u.integer) - (a->u.integer < b->u.integer);
    double x = mp_json_double(a), y = mp_json_double(b);
    return x < y ? -1 : x > y ? 1 : compare_exactly(a, b);
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

static mp_truth test_order(mp_operator op, const mp_json *left, const mp_operand *right, int64_t *steps,
                           mp_error *err)
{
    const mp_json *wanted = right->value;
    bool           numbers = left && mp_json_is_number(left) && mp_json_is_number(wanted);
    if (!numbers && !(mp_json_is(left, MP_JSON_STRING) && wanted->kind == MP_JSON_STRING)) {
        mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                "'%.*s' compares two numbers or two texts, not %s with %s",
                MP_FMT(mp_operators[op].text),
                left ? mp_json_kind_name((mp_json_kind)left->kind) : "a missing value",
                mp_json_kind_name((mp_json_kind)wanted->kind));
        return MP_FAILED;
    }
    if (left->kind != MP_JSON_INT)
        spend_on_text(steps, mp_json_str(left));
    int order = numbers ? mp_json_number_cmp(left, wanted)
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
    int64_t steps = INT64_MAX;
    return mp_operator_test_within(op, left, right, &steps, err);
}

mp_truth mp_operator_test_within(mp_operator op, const mp_json *left, const mp_operand *right, int64_t *steps,
                                 mp_error *err)
{
    mp_operator base = mp_operators[op].base;
    bool        holds;
    switch (base) {
    case MP_OP_EQUALS:
        holds = test_equals(left, right, steps);
        break;
    case MP_OP_IN:
        holds = test_in(left, right, steps);
        break;
    case MP_OP_CONTAINS:
        holds = test_contains(left, right, steps);
        break;
    case MP_OP_CONTAINS_KEY:
        holds = has_key(left, right, steps);
        break;
    case MP_OP_EXISTS:
        holds = (left && left->kind != MP_JSON_NULL) == right->want;
        break;
    case MP_OP_LIKE:
    case MP_OP_MATCH:
    case MP_OP_MATCH_INSENSITIVELY:
        holds = test_text(base, left, right, steps);
        break;
    default:
        return test_order(base, left, right, steps, err);
    }
    if (UNLIKELY(*steps < 0)) {
        mp_out_of_steps(err);
        return MP_FAILED;
    }
    return holds != mp_operators[op].negated ? MP_TRUE : MP_FALSE;
}
