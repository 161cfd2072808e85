/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions are trees in the form's arena; one function for each rule of the grammar. Values point into the
 * document. */
#include "form_text.h"

#include <math.h>
#include <stdlib.h>

typedef enum expr_op {
    OP_LITERAL,
    OP_PATH,
    OP_ROUND,
    OP_COUNT,
    OP_EMPTY,
    OP_NOT,
    OP_AND,
    OP_OR,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN
} expr_op;

typedef struct step {
    mp_str name; /* empty: "[]" */
} step;

struct mp_form_expr {
    expr_op op;
    mp_pos pos;
    const mp_form_expr *a, *b;
    mp_form_value literal;
    mp_str text; /* of a path, as it was written */
    step *steps;
    size_t count;
    bool is_optional;
};

#define MOST_STEPS 32

typedef struct parser {
    const mp_form_place *place;
    mp_str text;
    size_t at;
    unsigned depth;
    mp_error *err;
} parser;

/* ---- reading ---- */

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c) || c == '-';
}

static char peek(parser *p)
{
    while (p->at < p->text.len && strchr(" \t\n\r", p->text.ptr[p->at]) && p->text.ptr[p->at])
        p->at++;
    return p->at < p->text.len ? p->text.ptr[p->at] : '\0';
}

static bool take(parser *p, const char *word)
{
    mp_str wanted = mp_str_from(word);
    peek(p);
    mp_str left = mp_str_skip(p->text, p->at);
    if (!mp_str_starts(left, wanted))
        return false;
    /* "order" is no "or". */
    if (is_name(word[wanted.len - 1]) && wanted.len < left.len && is_name(left.ptr[wanted.len]))
        return false;
    p->at += wanted.len;
    return true;
}

static mp_code unexpected(parser *p, const char *wanted)
{
    mp_str left = mp_str_skip(p->text, p->at);
    if (left.len > 20)
        left.len = 20;
    if (left.len == 0)
        return mp_fail(p->err, MP_COMPILE, p->place->pos, "the form '%.*s': '%.*s' ends where %s is wanted",
                       MP_FMT(p->place->form), MP_FMT(p->text), wanted);
    return mp_fail(p->err, MP_COMPILE, p->place->pos, "the form '%.*s': found '%.*s' in '%.*s', wanted %s",
                   MP_FMT(p->place->form), MP_FMT(left), MP_FMT(p->text), wanted);
}

static mp_code make(mp_form_expr **out, parser *p, expr_op op)
{
    mp_form_expr *e = MP_ARENA_NEW(p->place->arena, mp_form_expr);
    if (!e)
        return mp_no_memory(p->err);
    e->op = op;
    e->pos = p->place->pos;
    *out = e;
    return MP_OK;
}

static mp_str take_name(parser *p, bool may_be_number)
{
    size_t from = p->at;
    if (p->at < p->text.len &&
        (is_name_start(p->text.ptr[p->at]) || (may_be_number && is_digit(p->text.ptr[p->at]))))
        while (p->at < p->text.len && is_name(p->text.ptr[p->at]))
            p->at++;
    return mp_str_of(p->text.ptr + from, p->at - from);
}

/* path = name { "." name | "." number | "[]" } [ "?" ] */
static mp_code read_path(const mp_form_expr **out, parser *p)
{
    mp_form_expr *e = NULL;
    step steps[MOST_STEPS];
    size_t from = p->at, count = 0;
    MP_TRY(make(&e, p, OP_PATH));
    steps[count++].name = take_name(p, false);
    while (p->at < p->text.len) {
        bool each = mp_str_starts(mp_str_skip(p->text, p->at), MP_S("[]"));
        if (!each && p->text.ptr[p->at] != '.')
            break;
        if (count == MOST_STEPS)
            return mp_fail(p->err, MP_LIMIT, p->place->pos, "the form '%.*s': a path has at most %d steps",
                           MP_FMT(p->place->form), MOST_STEPS);
        p->at += each ? 2 : 1;
        mp_str name = each ? mp_str_of("", 0) : take_name(p, true);
        if (!each && name.len == 0)
            return unexpected(p, "a name");
        steps[count++].name = name;
    }
    e->text = mp_arena_dup(p->place->arena, mp_str_of(p->text.ptr + from, p->at - from));
    e->steps = MP_ARENA_ARRAY(p->place->arena, step, count);
    if (!e->steps || !e->text.ptr)
        return mp_no_memory(p->err);
    for (size_t i = 0; i < count; i++) /* slices of the copy */
        e->steps[i].name =
            mp_str_of(e->text.ptr + (steps[i].name.len ? steps[i].name.ptr - (p->text.ptr + from) : 0),
                      steps[i].name.len);
    e->count = count;
    if (p->at < p->text.len && p->text.ptr[p->at] == '?') {
        e->is_optional = true;
        p->at++;
    }
    *out = e;
    return MP_OK;
}

static mp_code read_string(const mp_form_expr **out, parser *p)
{
    mp_form_expr *e = NULL;
    size_t from = ++p->at;
    while (p->at < p->text.len && p->text.ptr[p->at] != '\'')
        p->at++;
    if (p->at == p->text.len)
        return unexpected(p, "'");
    MP_TRY(make(&e, p, OP_LITERAL));
    e->literal.kind = MP_FORM_STRING;
    e->literal.string = mp_arena_dup(p->place->arena, mp_str_of(p->text.ptr + from, p->at - from));
    p->at++;
    if (!e->literal.string.ptr)
        return mp_no_memory(p->err);
    *out = e;
    return MP_OK;
}

static mp_code read_number(const mp_form_expr **out, parser *p)
{
    mp_form_expr *e = NULL;
    double value = 0, part = 0.1;
    bool negative = p->text.ptr[p->at] == '-';
    p->at += negative;
    if (p->at == p->text.len || !is_digit(p->text.ptr[p->at]))
        return unexpected(p, "a number");
    for (; p->at < p->text.len && is_digit(p->text.ptr[p->at]); p->at++)
        value = value * 10 + (p->text.ptr[p->at] - '0');
    if (p->at + 1 < p->text.len && p->text.ptr[p->at] == '.' && is_digit(p->text.ptr[p->at + 1]))
        for (p->at++; p->at < p->text.len && is_digit(p->text.ptr[p->at]); p->at++, part /= 10)
            value += part * (p->text.ptr[p->at] - '0');
    MP_TRY(make(&e, p, OP_LITERAL));
    e->literal.kind = MP_FORM_NUMBER;
    e->literal.number = negative ? -value : value;
    *out = e;
    return MP_OK;
}

static mp_code read_or(const mp_form_expr **out, parser *p);

static mp_code read_within(const mp_form_expr **out, parser *p)
{
    if (++p->depth > MP_FORM_DEPTH)
        return mp_fail(p->err, MP_LIMIT, p->place->pos, "the form '%.*s': an expression is at most %d deep",
                       MP_FMT(p->place->form), MP_FORM_DEPTH);
    MP_TRY(read_or(out, p));
    p->depth--;
    return take(p, ")") ? MP_OK : unexpected(p, "')'");
}

static mp_code read_call(const mp_form_expr **out, parser *p, expr_op op)
{
    mp_form_expr *e = NULL;
    MP_TRY(make(&e, p, op));
    MP_TRY(read_within(&e->a, p));
    *out = e;
    return MP_OK;
}

static mp_code read_word(const mp_form_expr **out, parser *p, mp_form_value value)
{
    mp_form_expr *e = NULL;
    MP_TRY(make(&e, p, OP_LITERAL));
    e->literal = value;
    *out = e;
    return MP_OK;
}

static mp_code read_term(const mp_form_expr **out, parser *p)
{
    char c = peek(p);
    if (c == '\'')
        return read_string(out, p);
    if (is_digit(c) || c == '-')
        return read_number(out, p);
    if (take(p, "("))
        return read_within(out, p);
    if (take(p, "count("))
        return read_call(out, p, OP_COUNT);
    if (take(p, "empty("))
        return read_call(out, p, OP_EMPTY);
    if (take(p, "@")) {
        mp_form_expr *e = NULL;
        MP_TRY(make(&e, p, OP_ROUND));
        *out = e;
        return MP_OK;
    }
    if (take(p, "true"))
        return read_word(out, p, (mp_form_value){ .kind = MP_FORM_TRUTH, .truth = true });
    if (take(p, "false"))
        return read_word(out, p, (mp_form_value){ .kind = MP_FORM_TRUTH });
    if (take(p, "null"))
        return read_word(out, p, (mp_form_value){ .kind = MP_FORM_NOTHING });
    if (is_name_start(c))
        return read_path(out, p);
    return unexpected(p, "a path, a text in quotes, a number or '('");
}

static mp_code read_compare(const mp_form_expr **out, parser *p)
{
    static const struct {
        const char *sign;
        expr_op op;
    } signs[] = { { "==", OP_EQ }, { "!=", OP_NE }, { "<=", OP_LE },
                  { ">=", OP_GE }, { "<", OP_LT },  { ">", OP_GT }, { "in", OP_IN } };
    const mp_form_expr *a = NULL;
    MP_TRY(read_term(&a, p));
    *out = a;
    for (size_t i = 0; i < MP_COUNT(signs); i++) {
        mp_form_expr *e = NULL;
        if (!take(p, signs[i].sign))
            continue;
        MP_TRY(make(&e, p, signs[i].op));
        e->a = a;
        MP_TRY(read_term(&e->b, p));
        *out = e;
        break;
    }
    return MP_OK;
}

static mp_code read_not(const mp_form_expr **out, parser *p)
{
    mp_form_expr *e = NULL;
    if (!take(p, "not"))
        return read_compare(out, p);
    MP_TRY(make(&e, p, OP_NOT));
    MP_TRY(read_compare(&e->a, p));
    *out = e;
    return MP_OK;
}

typedef mp_code reader(const mp_form_expr **out, parser *p);

/* part { WORD part } */
static mp_code read_chain(const mp_form_expr **out, parser *p, const char *word, expr_op op, reader *part)
{
    const mp_form_expr *left = NULL;
    MP_TRY(part(&left, p));
    for (unsigned n = 0; take(p, word); n++) {
        mp_form_expr *e = NULL;
        if (n == MP_FORM_DEPTH)
            return mp_fail(p->err, MP_LIMIT, p->place->pos,
                           "the form '%.*s': an expression is at most %d deep", MP_FMT(p->place->form),
                           MP_FORM_DEPTH);
        MP_TRY(make(&e, p, op));
        e->a = left;
        MP_TRY(part(&e->b, p));
        left = e;
    }
    *out = left;
    return MP_OK;
}

static mp_code read_and(const mp_form_expr **out, parser *p)
{
    return read_chain(out, p, "and", OP_AND, read_not);
}
static mp_code read_or(const mp_form_expr **out, parser *p)
{
    return read_chain(out, p, "or", OP_OR, read_and);
}

mp_code mp_form_expr_read(const mp_form_expr **out, const mp_form_place *place, mp_str text, mp_error *err)
{
    parser p = { .place = place, .text = text, .err = err };
    MP_TRY(read_or(out, &p));
    return peek(&p) == '\0' && p.at == text.len ? MP_OK : unexpected(&p, "its end");
}

mp_pos mp_form_expr_pos(const mp_form_expr *expr)
{
    return expr->pos;
}

/* ---- values ---- */

mp_code mp_form_value_of(mp_form_value *out, const mp_json *v, mp_arena *arena, mp_error *err)
{
    *out = (mp_form_value){ .kind = MP_FORM_NOTHING };
    switch (v ? (mp_json_kind)v->kind : MP_JSON_NULL) {
    case MP_JSON_NULL:
        return MP_OK;
    case MP_JSON_BOOL:
        *out = (mp_form_value){ .kind = MP_FORM_TRUTH, .truth = v->u.integer != 0 };
        return MP_OK;
    case MP_JSON_INT:
    case MP_JSON_REAL:
        *out = (mp_form_value){ .kind = MP_FORM_NUMBER, .number = mp_json_double(v), .json = v };
        return MP_OK;
    case MP_JSON_STRING:
        *out = (mp_form_value){ .kind = MP_FORM_STRING, .string = mp_json_str(v), .json = v };
        return MP_OK;
    case MP_JSON_OBJECT:
        *out = (mp_form_value){ .kind = MP_FORM_JSON, .json = v };
        return MP_OK;
    case MP_JSON_ARRAY:
        break;
    }
    const mp_json **items = mp_arena_zero(arena, (size_t)v->count + 1, sizeof *items);
    if (!items)
        return mp_no_memory(err);
    size_t count = 0;
    for (MP_JSON_EACH(item, v))
        items[count++] = item;
    *out = (mp_form_value){ .kind = MP_FORM_LIST, .items = items, .count = count };
    return MP_OK;
}

/* ---- paths ---- */

static mp_code not_there(const mp_form_expr *e, mp_str name, const mp_form_env *env, mp_error *err)
{
    return mp_fail(err, MP_REFERENCE, e->pos,
                   "the form '%.*s' asks for '%.*s', and there is no '%.*s' in the document (write '%.*s?' "
                   "if that may be)",
                   MP_FMT(env->form), MP_FMT(e->text), MP_FMT(name), MP_FMT(e->text));
}

static const mp_json *member(const mp_json *v, mp_str name)
{
    if (mp_json_is(v, MP_JSON_OBJECT))
        return mp_json_get(v, name);
    size_t index = 0;
    if (!mp_json_is(v, MP_JSON_ARRAY) || name.len == 0 || name.len > 9)
        return NULL;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_digit(name.ptr[i]))
            return NULL;
        index = index * 10 + (size_t)(name.ptr[i] - '0');
    }
    return mp_json_at(v, index);
}

static const mp_json *root_of(const mp_form_expr *e, const mp_form_env *env)
{
    for (const mp_form_round *round = env->round; round; round = round->outer)
        if (mp_str_eq(round->name, e->steps[0].name))
            return round->item;
    return member(env->data, e->steps[0].name);
}

typedef struct gather {
    const mp_form_expr *e;
    const mp_form_env *env;
    const mp_json **items;
    size_t count, cap;
    bool is_list;
} gather;

static mp_code keep(gather *g, const mp_json *v, mp_error *err)
{
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 16;
        const mp_json **more = mp_arena_zero(g->env->arena, cap, sizeof *more);
        if (!more)
            return mp_no_memory(err);
        if (g->count)
            memcpy(more, g->items, g->count * sizeof *more);
        g->items = more;
        g->cap = cap;
    }
    g->items[g->count++] = v;
    return MP_OK;
}

/* On from `v` at step `at`; every "[]" makes one call for each element, so it is as deep as there are of
 * them. */
static mp_code follow(gather *g, const mp_json *v, size_t at, mp_error *err)
{
    for (; at < g->e->count; at++) {
        mp_str name = g->e->steps[at].name;
        if (name.len == 0) {
            g->is_list = true;
            if (mp_json_is(v, MP_JSON_NULL))
                return MP_OK;
            if (!mp_json_is(v, MP_JSON_ARRAY))
                return mp_fail(err, MP_EVALUATION, g->e->pos,
                               "the form '%.*s' goes through '%.*s', and what stands there is a %s, no array",
                               MP_FMT(g->env->form), MP_FMT(g->e->text),
                               mp_json_kind_name((mp_json_kind)v->kind));
            for (MP_JSON_EACH(item, v))
                MP_TRY(follow(g, item, at + 1, err));
            return MP_OK;
        }
        const mp_json *next = member(v, name);
        if (!next)
            return g->e->is_optional ? MP_OK : not_there(g->e, name, g->env, err);
        v = next;
    }
    return keep(g, v, err);
}

static mp_code eval_path(mp_form_value *out, const mp_form_expr *e, const mp_form_env *env, mp_error *err)
{
    gather g = { .e = e, .env = env };
    const mp_json *root = root_of(e, env);
    *out = (mp_form_value){ .kind = MP_FORM_NOTHING };
    if (!root)
        return e->is_optional ? MP_OK : not_there(e, e->steps[0].name, env, err);
    MP_TRY(follow(&g, root, 1, err));
    if (g.is_list)
        *out = (mp_form_value){ .kind = MP_FORM_LIST, .items = g.items, .count = g.count };
    else if (g.count)
        return mp_form_value_of(out, g.items[0], env->arena, err);
    return MP_OK;
}

/* ---- operators ---- */

static bool is_true(const mp_form_value *v)
{
    switch (v->kind) {
    case MP_FORM_NOTHING:
        return false;
    case MP_FORM_TRUTH:
        return v->truth;
    case MP_FORM_NUMBER:
        return v->number != 0;
    case MP_FORM_STRING:
        return v->string.len > 0;
    case MP_FORM_LIST:
        return v->count > 0;
    case MP_FORM_JSON:
        break;
    }
    return true;
}

static bool is_empty(const mp_form_value *v)
{
    return v->kind == MP_FORM_NOTHING || (v->kind == MP_FORM_STRING && v->string.len == 0) ||
           (v->kind == MP_FORM_LIST && v->count == 0) || (v->kind == MP_FORM_JSON && v->json->count == 0);
}

static double count_of(const mp_form_value *v)
{
    switch (v->kind) {
    case MP_FORM_LIST:
        return (double)v->count;
    case MP_FORM_JSON:
        return v->json->count;
    case MP_FORM_NOTHING:
        return 0;
    default:
        return 1;
    }
}

static bool equal(const mp_form_value *a, const mp_form_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case MP_FORM_NOTHING:
        return true;
    case MP_FORM_TRUTH:
        return a->truth == b->truth;
    case MP_FORM_NUMBER:
        return a->number == b->number;
    case MP_FORM_STRING:
        return mp_str_eq(a->string, b->string);
    default:
        return false;
    }
}

/* Numbers by size, texts bytewise; whatever else has no order, and no comparison of it holds. */
static bool ordered(const mp_form_value *a, const mp_form_value *b, expr_op op)
{
    int order;
    if (a->kind == MP_FORM_NUMBER && b->kind == MP_FORM_NUMBER)
        order = (a->number > b->number) - (a->number < b->number);
    else if (a->kind == MP_FORM_STRING && b->kind == MP_FORM_STRING)
        order = mp_str_cmp(a->string, b->string);
    else
        return false;
    switch (op) {
    case OP_LT:
        return order < 0;
    case OP_LE:
        return order <= 0;
    case OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* Whether a list has it; of one value: whether it is that one. */
static mp_code is_in(bool *out, const mp_form_value *a, const mp_form_value *list, const mp_form_env *env,
                     mp_error *err)
{
    *out = list->kind != MP_FORM_LIST && equal(a, list);
    for (size_t i = 0; list->kind == MP_FORM_LIST && i < list->count && !*out; i++) {
        mp_form_value item;
        MP_TRY(mp_form_value_of(&item, list->items[i], env->arena, err));
        *out = equal(a, &item);
    }
    return MP_OK;
}

static mp_code eval_compare(mp_form_value *out, const mp_form_expr *e, const mp_form_env *env, mp_error *err)
{
    mp_form_value a, b;
    MP_TRY(mp_form_eval(&a, e->a, env, err));
    MP_TRY(mp_form_eval(&b, e->b, env, err));
    if (e->op == OP_IN) {
        *out = (mp_form_value){ .kind = MP_FORM_TRUTH };
        return is_in(&out->truth, &a, &b, env, err);
    }
    bool holds = e->op == OP_EQ ? equal(&a, &b) : e->op == OP_NE ? !equal(&a, &b) : ordered(&a, &b, e->op);
    *out = (mp_form_value){ .kind = MP_FORM_TRUTH, .truth = holds };
    return MP_OK;
}

static mp_code eval_logic(mp_form_value *out, const mp_form_expr *e, const mp_form_env *env, mp_error *err)
{
    mp_form_value a;
    MP_TRY(mp_form_eval(&a, e->a, env, err));
    bool holds = is_true(&a);
    if (e->op == OP_NOT) {
        holds = !holds;
    } else if (holds == (e->op == OP_AND)) { /* the first one has not decided */
        MP_TRY(mp_form_eval(&a, e->b, env, err));
        holds = is_true(&a);
    }
    *out = (mp_form_value){ .kind = MP_FORM_TRUTH, .truth = holds };
    return MP_OK;
}

mp_code mp_form_eval(mp_form_value *out, const mp_form_expr *e, const mp_form_env *env, mp_error *err)
{
    mp_form_value a;
    switch (e->op) {
    case OP_LITERAL:
        *out = e->literal;
        return MP_OK;
    case OP_PATH:
        return eval_path(out, e, env, err);
    case OP_ROUND:
        *out =
            (mp_form_value){ .kind = MP_FORM_NUMBER, .number = env->round ? (double)env->round->number : 0 };
        return MP_OK;
    case OP_COUNT:
        MP_TRY(mp_form_eval(&a, e->a, env, err));
        *out = (mp_form_value){ .kind = MP_FORM_NUMBER, .number = count_of(&a) };
        return MP_OK;
    case OP_EMPTY:
        MP_TRY(mp_form_eval(&a, e->a, env, err));
        *out = (mp_form_value){ .kind = MP_FORM_TRUTH, .truth = is_empty(&a) };
        return MP_OK;
    case OP_NOT:
    case OP_AND:
    case OP_OR:
        return eval_logic(out, e, env, err);
    default:
        return eval_compare(out, e, env, err);
    }
}

mp_code mp_form_test(bool *out, const mp_form_expr *expr, const mp_form_env *env, mp_error *err)
{
    mp_form_value v;
    MP_TRY(mp_form_eval(&v, expr, env, err));
    *out = is_true(&v);
    return MP_OK;
}
