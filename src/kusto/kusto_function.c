/* SPDX-License-Identifier: Apache-2.0 */
/* The functions. What one cannot make of its argument is null. */
#include "kusto_parse.h"

#include "jsonw.h"
#include "text.h"

typedef struct calling {
    const node           *n;
    const mp_json *const *cells;
    mp_arena             *arena;
    bool                 *failed;
} calling;

static const mp_json *made(const calling *c, const mp_json *v)
{
    *c->failed |= !v;
    return v;
}

static const mp_json *value_of(const calling *c, const node *n) { return kusto_value(n, c->cells, c->arena, c->failed); }
static mp_str         text_of(const calling *c, const node *n) { return kusto_text(value_of(c, n), c->arena, c->failed); }

static const mp_json *make_text(const calling *c, mp_str s)
{
    if (!s.ptr && s.len == 0)
        *c->failed = true;
    return s.ptr ? made(c, mp_json_make_str(c->arena, s)) : NULL;
}

/* ---- numbers ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits_of(mp_str s)
{
    size_t n = 0;
    while (n < s.len && is_digit(s.ptr[n]))
        n++;
    return n;
}

/* As JSON writes a number; *is_real: with a point or an exponent. */
static bool is_number(mp_str s, bool *is_real)
{
    *is_real = false;
    s = mp_str_starts(s, MP_S("-")) ? mp_str_skip(s, 1) : s;
    size_t n = digits_of(s);
    if (n == 0 || (n > 1 && s.ptr[0] == '0'))
        return false;
    s = mp_str_skip(s, n);
    if (mp_str_starts(s, MP_S("."))) {
        n = digits_of(mp_str_skip(s, 1));
        s = mp_str_skip(s, n + 1);
        *is_real = true;
        if (n == 0)
            return false;
    }
    if (mp_str_starts_fold(s, MP_S("e"))) {
        s = mp_str_skip(s, 1);
        s = mp_str_starts(s, MP_S("+")) || mp_str_starts(s, MP_S("-")) ? mp_str_skip(s, 1) : s;
        n = digits_of(s);
        s = mp_str_skip(s, n);
        *is_real = true;
        if (n == 0)
            return false;
    }
    return s.len == 0;
}

static bool whole_of(int64_t *out, mp_str s)
{
    bool is_less = mp_str_starts(s, MP_S("-")), is_over = false;
    *out = 0;
    for (size_t i = is_less; i < s.len; i++)
        is_over |= __builtin_mul_overflow(*out, 10, out) || __builtin_sub_overflow(*out, s.ptr[i] - '0', out);
    return !is_over && (is_less || !__builtin_sub_overflow(0, *out, out));
}

static const mp_json *real_of(const calling *c, mp_str s)
{
    mp_json *v = MP_ARENA_NEW(c->arena, mp_json);
    if (v)
        *v = (mp_json){ .kind = MP_JSON_REAL, .count = (uint32_t)s.len, .u.text = s.ptr };
    return made(c, v);
}

static const mp_json *to_number(const calling *c, const mp_json *v)
{
    int64_t whole;
    bool    is_real;
    if (mp_json_is(v, MP_JSON_BOOL))
        return made(c, mp_json_make_int(c->arena, v->u.integer));
    if (!mp_json_is(v, MP_JSON_STRING))
        return kusto_is_number(v) ? v : NULL;
    mp_str s = mp_str_trim(mp_json_str(v));
    if (!is_number(s, &is_real))
        return NULL;
    return !is_real && whole_of(&whole, s) ? made(c, mp_json_make_int(c->arena, whole)) : real_of(c, s);
}

/* Parts of one are cut off. */
static const mp_json *to_whole(const calling *c, const mp_json *v)
{
    v = to_number(c, v);
    if (!mp_json_is(v, MP_JSON_REAL))
        return v;
    double d = mp_json_double(v);
    return d > -9.2e18 && d < 9.2e18 ? made(c, mp_json_make_int(c->arena, (int64_t)d)) : NULL;
}

static const mp_json *to_bool(const mp_json *v)
{
    if (mp_json_is(v, MP_JSON_BOOL))
        return v;
    if (kusto_is_number(v))
        return mp_json_make_bool(mp_json_double(v) != 0);
    if (!mp_json_is(v, MP_JSON_STRING))
        return NULL;
    mp_str s = mp_json_str(v);
    bool   is_yes = mp_str_eq_fold(s, MP_S("true")) || mp_str_eq(s, MP_S("1"));
    return is_yes || mp_str_eq_fold(s, MP_S("false")) || mp_str_eq(s, MP_S("0")) ? mp_json_make_bool(is_yes) : NULL;
}

/* ---- texts ---- */

static const mp_json *concat(const calling *c)
{
    mp_buf b = MP_BUF_INIT;
    for (const node *n = c->n->first; n; n = n->next)
        mp_buf_add(&b, text_of(c, n));
    mp_str text = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(c->arena, b.ptr ? mp_buf_str(&b) : MP_S(""));
    mp_buf_free(&b);
    return make_text(c, text);
}

static const mp_json *split(const calling *c)
{
    mp_str   s = text_of(c, c->n->first), at = text_of(c, c->n->first->next);
    mp_jsonw w;
    mp_jsonw_init(&w, c->arena);
    mp_jsonw_array(&w);
    for (size_t end = 0; end != SIZE_MAX;) {
        end = at.len ? mp_str_find_str(s, at) : SIZE_MAX;
        mp_jsonw_str(&w, mp_str_of(s.ptr, end == SIZE_MAX ? s.len : end));
        s = end == SIZE_MAX ? s : mp_str_skip(s, end + at.len);
    }
    mp_jsonw_end(&w);
    return made(c, mp_jsonw_done(&w));
}

static bool is_empty(const mp_json *v) { return !v || (v->kind == MP_JSON_STRING && v->count == 0); }

static const mp_json *coalesce(const calling *c)
{
    const mp_json *v = NULL;
    for (const node *n = c->n->first; n && is_empty(v); n = n->next)
        v = value_of(c, n);
    return v;
}

static const mp_json *invert(const mp_json *v)
{
    return mp_json_is(v, MP_JSON_BOOL) ? mp_json_make_bool(!v->u.integer) : NULL;
}

const mp_json *kusto_call(const node *n, const mp_json *const *cells, mp_arena *arena, bool *failed)
{
    calling        c = { .n = n, .cells = cells, .arena = arena, .failed = failed };
    const mp_json *v;
    switch ((function)n->op) { /* those that do not begin with the value of their first argument */
    case FN_STRCAT: return concat(&c);
    case FN_SPLIT: return split(&c);
    case FN_COALESCE: return coalesce(&c);
    case FN_TOSTRING: return make_text(&c, text_of(&c, n->first));
    case FN_TOLOWER: return make_text(&c, mp_text_lower(arena, text_of(&c, n->first)));
    case FN_TOUPPER: return make_text(&c, mp_text_upper(arena, text_of(&c, n->first)));
    case FN_STRLEN: return made(&c, mp_json_make_int(arena, (int64_t)mp_utf8_length(text_of(&c, n->first))));
    default: break;
    }
    v = value_of(&c, n->first);
    switch ((function)n->op) {
    case FN_TOINT:
    case FN_TOLONG: return to_whole(&c, v);
    case FN_TODOUBLE:
    case FN_TOREAL: return to_number(&c, v);
    case FN_TOBOOL: return to_bool(v);
    case FN_ARRAY_LENGTH: return mp_json_is(v, MP_JSON_ARRAY) ? made(&c, mp_json_make_int(arena, v->count)) : NULL;
    case FN_IFF:
    case FN_IIF: return value_of(&c, mp_json_is_true(v) ? n->first->next : n->first->next->next);
    case FN_NOT: return invert(v);
    case FN_ISNULL: return mp_json_make_bool(!v);
    case FN_ISNOTNULL: return mp_json_make_bool(v != NULL);
    case FN_ISEMPTY: return mp_json_make_bool(is_empty(v));
    default: return mp_json_make_bool(!is_empty(v)); /* isnotempty */
    }
}
