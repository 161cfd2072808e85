/* SPDX-License-Identifier: Apache-2.0 */
#include "jsonw.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_NODES 16
#define DIGITS 17 /* enough to tell any two doubles apart */
#define REAL_TEXT 32

static const mp_json null_node = { MP_JSON_NULL, 0, { 0 } };
static const mp_json bool_nodes[2] = { { MP_JSON_BOOL, 0, { 0 } }, { MP_JSON_BOOL, 0, { 1 } } };

void mp_jsonw_init(mp_jsonw *w, mp_arena *arena)
{
    w->arena = arena;
    w->nodes = NULL;
    w->len = w->cap = 0;
    w->depth = 0;
    w->failed = false;
}

/* ---- nodes ---- */

static bool grow(mp_jsonw *w, size_t wanted)
{
    size_t cap = w->cap < FIRST_NODES ? FIRST_NODES : w->cap * 2;
    if (cap < wanted)
        cap = wanted;
    mp_json *nodes = cap < UINT32_MAX ? mp_arena_alloc(w->arena, cap * sizeof *nodes) : NULL;
    if (!nodes) {
        w->failed = true;
        return false;
    }
    if (w->len)
        memcpy(nodes, w->nodes, w->len * sizeof *nodes);
    w->nodes = nodes;
    w->cap = cap;
    return true;
}

/* Room for `count` nodes at the end, now part of the value; NULL after a failure. */
static mp_json *append(mp_jsonw *w, size_t count)
{
    if (w->failed || (count > w->cap - w->len && !grow(w, w->len + count)))
        return NULL;
    mp_json *v = w->nodes + w->len;
    w->len += count;
    return v;
}

static mp_json *innermost(mp_jsonw *w)
{
    return w->depth ? &w->nodes[w->open[w->depth - 1]] : NULL;
}

/* The same for a value: an array counts its elements; an object has counted the key. */
static mp_json *append_value(mp_jsonw *w, size_t count)
{
    mp_json *v = append(w, count);
    mp_json *in = innermost(w);
    if (v && in && in->kind == MP_JSON_ARRAY)
        in->count++;
    return v;
}

static void set_text(mp_jsonw *w, mp_json *v, mp_json_kind kind, mp_str s)
{
    if (s.len > UINT32_MAX) {
        w->failed = true;
        s.len = 0;
    }
    v->kind = (uint32_t)kind;
    v->count = (uint32_t)s.len;
    v->u.text = s.len ? s.ptr : "";
}

static void set_integer(mp_json *v, mp_json_kind kind, int64_t i)
{
    v->kind = (uint32_t)kind;
    v->count = 0;
    v->u.integer = i;
}

static void open_container(mp_jsonw *w, mp_json_kind kind)
{
    if (w->depth == MP_JSONW_DEPTH)
        w->failed = true;
    mp_json *v = append_value(w, 1);
    if (!v)
        return;
    v->kind = (uint32_t)kind;
    v->count = 0;
    v->u.span = 1;
    w->open[w->depth++] = (uint32_t)(v - w->nodes);
}

void mp_jsonw_object(mp_jsonw *w)
{
    open_container(w, MP_JSON_OBJECT);
}

void mp_jsonw_array(mp_jsonw *w)
{
    open_container(w, MP_JSON_ARRAY);
}

void mp_jsonw_end(mp_jsonw *w)
{
    if (w->failed)
        return;
    mp_json *in = innermost(w);
    assert(in && "mp_jsonw_end() without an open container");
    in->u.span = (uint64_t)(w->nodes + w->len - in);
    w->depth--;
}

void mp_jsonw_key(mp_jsonw *w, mp_str name)
{
    mp_json *v = append(w, 1);
    if (!v)
        return;
    mp_json *in = innermost(w);
    assert(in && in->kind == MP_JSON_OBJECT && "a key belongs into an object");
    in->count++;
    set_text(w, v, MP_JSON_STRING, name);
}

void mp_jsonw_str(mp_jsonw *w, mp_str s)
{
    mp_json *v = append_value(w, 1);
    if (v)
        set_text(w, v, MP_JSON_STRING, s);
}

void mp_jsonw_int(mp_jsonw *w, int64_t i)
{
    mp_json *v = append_value(w, 1);
    if (v)
        set_integer(v, MP_JSON_INT, i);
}

void mp_jsonw_bool(mp_jsonw *w, bool b)
{
    mp_json *v = append_value(w, 1);
    if (v)
        set_integer(v, MP_JSON_BOOL, b);
}

void mp_jsonw_null(mp_jsonw *w)
{
    mp_json *v = append_value(w, 1);
    if (v)
        set_integer(v, MP_JSON_NULL, 0);
}

void mp_jsonw_value(mp_jsonw *w, const mp_json *v)
{
    size_t   count = v ? mp_json_nodes(v) : 1;
    mp_json *copy = append_value(w, count);
    if (copy)
        memcpy(copy, v ? v : &null_node, count * sizeof *copy);
}

const mp_json *mp_jsonw_done(mp_jsonw *w)
{
    assert((w->failed || (w->depth == 0 && w->len > 0)) && "the value is not finished");
    const mp_json *done = w->failed || w->depth || w->len == 0 ? NULL : w->nodes;
    if (done) { /* what is left of the array begins the next value */
        w->nodes += w->len;
        w->cap -= w->len;
    }
    w->len = 0;
    w->depth = 0;
    w->failed = false;
    return done;
}

/* ---- numbers ----
 *
 * printf and strtod write and read the decimal point of the user's locale, so none is given to
 * them: a number goes through as its digits and a power of ten. */

typedef struct decimal {
    char digits[DIGITS];
    int  count;
    int  exponent; /* of the first digit: 1.5e3 has digits 15 and exponent 3 */
    bool negative;
} decimal;

static decimal round_to(double d, int count)
{
    char text[REAL_TEXT + 16]; /* the point of a locale may take several bytes */
    snprintf(text, sizeof text, "%.*e", count - 1, d);
    decimal     r = { .count = 0, .negative = text[0] == '-' };
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && r.count < DIGITS)
            r.digits[r.count++] = *p;
    r.exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    return r;
}

static bool reads_back(const decimal *r, double d)
{
    char text[REAL_TEXT + 16];
    snprintf(text, sizeof text, "%s%.*se%d", r->negative ? "-" : "", r->count, r->digits,
             r->exponent - (r->count - 1));
    double back = strtod(text, NULL);
    return back >= d && back <= d;
}

static char *put(char *out, const char *from, int count)
{
    memcpy(out, from, (size_t)count);
    return out + count;
}

static char *put_zeros(char *out, int count)
{
    memset(out, '0', (size_t)count);
    return out + count;
}

/* 12.5, 0.001, 3.0 */
static char *put_plain(char *out, const decimal *r)
{
    if (r->exponent < 0) {
        out = put(out, "0.", 2);
        out = put_zeros(out, -r->exponent - 1);
        return put(out, r->digits, r->count);
    }
    int whole = r->exponent + 1;
    if (r->count <= whole) {
        out = put(out, r->digits, r->count);
        out = put_zeros(out, whole - r->count);
        return put(out, ".0", 2);
    }
    out = put(out, r->digits, whole);
    *out++ = '.';
    return put(out, r->digits + whole, r->count - whole);
}

/* 1e+20, 1.5e-07: as printf's %g has it */
static char *put_scientific(char *out, const decimal *r)
{
    *out++ = r->digits[0];
    if (r->count > 1) {
        *out++ = '.';
        out = put(out, r->digits + 1, r->count - 1);
    }
    return out + snprintf(out, 8, "e%+03d", r->exponent);
}

static mp_str format_real(char out[REAL_TEXT], double d)
{
    if (isinf(d)) /* JSON has no word for it; this reads back as infinite */
        return d > 0 ? MP_S("1e+999") : MP_S("-1e+999");
    int     precision = 15;
    decimal r = round_to(d, precision);
    while (precision < DIGITS && !reads_back(&r, d))
        r = round_to(d, ++precision);
    while (r.count > 1 && r.digits[r.count - 1] == '0')
        r.count--;
    char *p = out;
    if (r.negative)
        *p++ = '-';
    bool plain = r.exponent >= -4 && r.exponent < precision;
    p = plain ? put_plain(p, &r) : put_scientific(p, &r);
    return mp_str_of(out, (size_t)(p - out));
}

void mp_jsonw_real(mp_jsonw *w, double d)
{
    if (isnan(d)) {
        mp_jsonw_null(w);
        return;
    }
    char    text[REAL_TEXT];
    mp_str  kept = w->failed ? mp_str_of(NULL, 0) : mp_arena_dup(w->arena, format_real(text, d));
    if (!kept.ptr)
        w->failed = true;
    mp_json *v = append_value(w, 1);
    if (v)
        set_text(w, v, MP_JSON_REAL, kept);
}

/* ---- single values ---- */

static mp_json *new_node(mp_arena *arena)
{
    return mp_arena_alloc(arena, sizeof(mp_json));
}

const mp_json *mp_json_make_str(mp_arena *arena, mp_str s)
{
    mp_json *v = s.len <= UINT32_MAX ? new_node(arena) : NULL;
    if (v)
        *v = (mp_json){ MP_JSON_STRING, (uint32_t)s.len, { .text = s.len ? s.ptr : "" } };
    return v;
}

const mp_json *mp_json_make_int(mp_arena *arena, int64_t i)
{
    mp_json *v = new_node(arena);
    if (v)
        set_integer(v, MP_JSON_INT, i);
    return v;
}

const mp_json *mp_json_make_real(mp_arena *arena, double d)
{
    if (isnan(d))
        return &null_node;
    char     text[REAL_TEXT];
    mp_str   kept = mp_arena_dup(arena, format_real(text, d));
    mp_json *v = kept.ptr ? new_node(arena) : NULL;
    if (v)
        *v = (mp_json){ MP_JSON_REAL, (uint32_t)kept.len, { .text = kept.ptr } };
    return v;
}

const mp_json *mp_json_make_bool(bool b)
{
    return &bool_nodes[b];
}

const mp_json *mp_json_make_null(void)
{
    return &null_node;
}
