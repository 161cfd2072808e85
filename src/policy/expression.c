/* SPDX-License-Identifier: Apache-2.0 */
#include "expression.h"

#include "fn.h"
#include "functions.h"
#include "jsonw.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>

/* Recursive descent over the text of one string; one function per rule of the grammar:
 *
 *   expression = "[" term "]"
 *   term       = primary { "." name | "[" term "]" }
 *   primary    = string | number | name [ "(" [ term { "," term } ] ")" ]
 *   string     = "'" { any character | "''" } "'"
 *
 * A name without parentheses is true, false or null. The first fault ends the parse of the string. */

struct lexer {
    mp_parsing    *p;
    mp_str         text;
    size_t         at;
    const mp_json *node;
    uint32_t       depth;
    bool           failed;
};

static mp_expr *term(struct lexer *l);

#define COMPLAIN(l, offset, nearest, code, ...)                                                   \
    do {                                                                                          \
        if (!(l)->failed)                                                                         \
            mp_diagnose((l)->p->diagnostics, (l)->p->source, MP_SEVERITY_ERROR, (l)->node,        \
                        (offset), (nearest), (code), __VA_ARGS__);                                \
        (l)->failed = true;                                                                       \
    } while (0)

static mp_expr *fail_memory(struct lexer *l)
{
    l->failed = l->p->failed = true;
    return NULL;
}

/* White space as .NET has it: a definition of the public corpus has U+202F between two arguments. */
static void skip_blanks(struct lexer *l)
{
    for (size_t size; l->at < l->text.len && (size = fn_space_size(mp_str_skip(l->text, l->at))) > 0;)
        l->at += size;
}

static char peek(struct lexer *l)
{
    skip_blanks(l);
    return l->at < l->text.len ? l->text.ptr[l->at] : '\0';
}

static mp_str rest(const struct lexer *l)
{
    mp_str s = mp_str_skip(l->text, l->at);
    if (s.len > 20)
        s.len = 20;
    return s;
}

static bool expect(struct lexer *l, char wanted)
{
    if (peek(l) == wanted) {
        l->at++;
        return true;
    }
    COMPLAIN(l, l->at, MP_S(""), MP_SYNTAX, "the expression wants '%c' here, found \"%.*s\"", wanted,
             MP_FMT(rest(l)));
    return false;
}

static mp_expr *new_expr(struct lexer *l, mp_expr_kind kind, size_t at)
{
    mp_expr *e = MP_ARENA_NEW(l->p->arena, mp_expr);
    if (!e)
        return fail_memory(l);
    e->kind = kind;
    e->at = (uint32_t)at;
    return e;
}

static mp_expr *literal(struct lexer *l, const mp_json *value, size_t at)
{
    mp_expr *e = value ? new_expr(l, MP_EXPR_LITERAL, at) : fail_memory(l);
    if (e)
        e->literal = value;
    return e;
}

static mp_expr *string(struct lexer *l)
{
    size_t start = ++l->at, len = 0;
    char  *out = mp_arena_alloc(l->p->arena, l->text.len - start + 1);
    if (!out)
        return fail_memory(l);
    for (;; l->at++) {
        if (l->at >= l->text.len) {
            COMPLAIN(l, start - 1, MP_S(""), MP_SYNTAX, "a string in the expression does not end");
            return NULL;
        }
        char c = l->text.ptr[l->at];
        if (c == '\'') {
            if (l->at + 1 >= l->text.len || l->text.ptr[l->at + 1] != '\'')
                break;
            l->at++;
        }
        out[len++] = c;
    }
    l->at++;
    return literal(l, mp_json_make_str(l->p->arena, mp_str_of(out, len)), start - 1);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_name_start(char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'; }
static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '$' || c == '-'; }

/* number = [ "-" | "+" ] digits [ "." digits ] ; as in JSON, an integer too large for 64 bits is a real */
static mp_expr *number(struct lexer *l)
{
    size_t start = l->at;
    size_t dots = 0, len;
    char   text[64];
    if (l->text.ptr[l->at] == '-' || l->text.ptr[l->at] == '+')
        l->at++;
    size_t digits = l->at;
    for (; l->at < l->text.len && (is_digit(l->text.ptr[l->at]) || l->text.ptr[l->at] == '.'); l->at++)
        dots += l->text.ptr[l->at] == '.';
    len = l->at - start;
    if (len >= sizeof(text) || dots > 1 || l->at == digits || !is_digit(l->text.ptr[digits]) ||
        !is_digit(l->text.ptr[l->at - 1])) {
        COMPLAIN(l, start, MP_S(""), MP_SYNTAX, "this is no number: \"%.*s\"", (int)len,
                 l->text.ptr + start);
        return NULL;
    }
    memcpy(text, l->text.ptr + start, len);
    text[len] = '\0';
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    return literal(l, dots || errno ? mp_json_make_real(l->p->arena, strtod(text, NULL))
                                    : mp_json_make_int(l->p->arena, value), start);
}

static mp_str name(struct lexer *l)
{
    size_t start = l->at;
    while (l->at < l->text.len && is_name(l->text.ptr[l->at]))
        l->at++;
    return mp_str_of(l->text.ptr + start, l->at - start);
}

static const struct {
    mp_str              name;
    mp_context_function context;
} contexts[] = {
    { MP_S_INIT("parameters"), MP_CONTEXT_PARAMETERS },
    { MP_S_INIT("field"), MP_CONTEXT_FIELD },
    { MP_S_INIT("current"), MP_CONTEXT_CURRENT },
    { MP_S_INIT("if"), MP_CONTEXT_IF },
    { MP_S_INIT("requestContext"), MP_CONTEXT_REQUEST },
    { MP_S_INIT("resourceGroup"), MP_CONTEXT_RESOURCE_GROUP },
    { MP_S_INIT("subscription"), MP_CONTEXT_SUBSCRIPTION },
    { MP_S_INIT("policy"), MP_CONTEXT_POLICY },
    { MP_S_INIT("utcNow"), MP_CONTEXT_UTC_NOW },
};

static mp_context_function context_of(const mp_function *function)
{
    for (size_t i = 0; i < MP_COUNT(contexts); i++)
        if (!function->impl && mp_str_eq_fold(contexts[i].name, function->name))
            return contexts[i].context;
    return MP_CONTEXT_NONE;
}

static const mp_function *function_called(struct lexer *l, mp_str called, size_t at)
{
    const mp_dialect  *dialect = l->p->dialect;
    const mp_function *f = dialect ? dialect->find(dialect, l->p, called) : mp_function_find(called);
    if (f)
        return f;
    if (l->p->failed) {
        l->failed = true;
        return NULL;
    }
    const char *why = dialect ? NULL : mp_function_unavailable(called);
    if (why)
        COMPLAIN(l, at, MP_S(""), MP_COMPILE, "%.*s() is not available in policy rules: %s",
                 MP_FMT(called), why);
    else
        COMPLAIN(l, at, mp_function_nearest(called), MP_COMPILE, "there is no function \"%.*s\"",
                 MP_FMT(called));
    return NULL;
}

/* arguments = [ term { "," term } ] ")" ; the opening parenthesis is passed already */
static bool arguments(struct lexer *l, mp_expr *e)
{
    mp_expr *list[MP_POLICY_ARGUMENTS];
    uint32_t count = 0;
    while (peek(l) != ')') {
        if (count && !expect(l, ','))
            return false;
        if (count == MP_POLICY_ARGUMENTS) {
            COMPLAIN(l, l->at, MP_S(""), MP_LIMIT, "a function takes at most %d arguments",
                     MP_POLICY_ARGUMENTS);
            return false;
        }
        list[count] = term(l);
        if (!list[count++])
            return false;
    }
    l->at++;
    e->args = MP_ARENA_ARRAY(l->p->arena, mp_expr *, count ? count : 1);
    if (!e->args)
        return fail_memory(l) != NULL;
    memcpy(e->args, list, count * sizeof(*list));
    e->count = count;
    return true;
}

static bool note_parameter(struct lexer *l, const mp_expr *e)
{
    if (e->context != MP_CONTEXT_PARAMETERS || e->args[0]->kind != MP_EXPR_LITERAL ||
        e->args[0]->literal->kind != MP_JSON_STRING)
        return true;
    mp_parameter_use *use = MP_ARENA_NEW(l->p->arena, mp_parameter_use);
    if (!use)
        return fail_memory(l) != NULL;
    *use = (mp_parameter_use){ mp_json_str(e->args[0]->literal), l->node, e->args[0]->at,
                               l->p->uses };
    l->p->uses = use;
    return true;
}

static mp_expr *call(struct lexer *l, mp_str called, size_t at)
{
    l->at++;
    const mp_function *function = function_called(l, called, at);
    if (!function)
        return NULL;
    if (++l->p->functions > MP_POLICY_FUNCTIONS) {
        COMPLAIN(l, at, MP_S(""), MP_LIMIT,
                 l->p->dialect ? "an expression calls at most %d functions" : "a policy rule calls at most %d functions",
                 MP_POLICY_FUNCTIONS);
        return NULL;
    }
    mp_expr *e = new_expr(l, MP_EXPR_CALL, at);
    if (!e || !arguments(l, e))
        return NULL;
    e->function = function;
    e->context = context_of(function);
    if (e->count < function->min_args || e->count > function->max_args) {
        COMPLAIN(l, at, MP_S(""), MP_COMPILE, "%.*s() was given %u arguments; it is called as %s",
                 MP_FMT(function->name), e->count, function->signature);
        return NULL;
    }
    return note_parameter(l, e) ? e : NULL;
}

/* "space.name" where a parenthesis follows: one name. */
static void take_namespaced(struct lexer *l, mp_str *found)
{
    size_t end = l->at;
    if (!l->p->dialect || !l->p->dialect->has_namespaces || end >= l->text.len || l->text.ptr[end] != '.')
        return;
    l->at++;
    mp_str member = name(l);
    if (member.len && peek(l) == '(')
        found->len += 1 + member.len;
    else
        l->at = end;
}

static mp_expr *named(struct lexer *l)
{
    size_t at = l->at;
    mp_str found = name(l);
    take_namespaced(l, &found);
    if (peek(l) == '(')
        return call(l, found, at);
    if (mp_str_eq_fold(found, MP_S("true")) || mp_str_eq_fold(found, MP_S("false")))
        return literal(l, mp_json_make_bool(found.len == 4), at);
    if (mp_str_eq_fold(found, MP_S("null")))
        return literal(l, mp_json_make_null(), at);
    COMPLAIN(l, at, MP_S(""), MP_SYNTAX,
             "\"%.*s\" is neither called as a function nor a string in single quotes", MP_FMT(found));
    return NULL;
}

static mp_expr *primary(struct lexer *l)
{
    char c = peek(l);
    if (c == '\'')
        return string(l);
    if (is_digit(c) || c == '-' || c == '+')
        return number(l);
    if (is_name_start(c))
        return named(l);
    COMPLAIN(l, l->at, MP_S(""), MP_SYNTAX,
             "the expression wants a function, a string or a number here, found \"%.*s\"",
             MP_FMT(rest(l)));
    return NULL;
}

static mp_expr *member(struct lexer *l, mp_expr *container, mp_expr *key)
{
    mp_expr *e = key ? new_expr(l, MP_EXPR_MEMBER, key->at) : NULL;
    if (!e)
        return NULL;
    e->args = MP_ARENA_ARRAY(l->p->arena, mp_expr *, 2);
    if (!e->args)
        return fail_memory(l);
    e->args[0] = container;
    e->args[1] = key;
    e->count = 2;
    return e;
}

static mp_expr *dotted(struct lexer *l, mp_expr *container)
{
    l->at++;
    skip_blanks(l);
    size_t at = l->at;
    mp_str key = name(l);
    if (key.len == 0 || !is_name_start(key.ptr[0])) {
        COMPLAIN(l, at, MP_S(""), MP_SYNTAX, "the expression wants a property's name after '.'");
        return NULL;
    }
    return member(l, container, literal(l, mp_json_make_str(l->p->arena, key), at));
}

static mp_expr *indexed(struct lexer *l, mp_expr *container)
{
    l->at++;
    mp_expr *key = term(l);
    return key && expect(l, ']') ? member(l, container, key) : NULL;
}

static mp_expr *term(struct lexer *l)
{
    if (++l->depth > MP_POLICY_NESTING) {
        COMPLAIN(l, l->at, MP_S(""), MP_LIMIT, "expressions nest at most %d deep", MP_POLICY_NESTING);
        return NULL;
    }
    mp_expr *e = primary(l);
    while (e) {
        char c = peek(l);
        if (c == '.')
            e = dotted(l, e);
        else if (c == '[')
            e = indexed(l, e);
        else
            break;
    }
    l->depth--;
    return e;
}

bool mp_is_expression(mp_str text)
{
    return text.len >= 2 && text.ptr[0] == '[' && text.ptr[1] != '[' &&
           text.ptr[text.len - 1] == ']';
}

mp_expr *mp_expression_parse(mp_parsing *p, mp_str text, const mp_json *node)
{
    struct lexer l = { .p = p, .text = text, .node = node, .at = 1 };
    size_t      length = text.len > MP_POLICY_EXPRESSION ? mp_utf8_length(text) : text.len;
    if (length > MP_POLICY_EXPRESSION) {
        COMPLAIN(&l, 0, MP_S(""), MP_LIMIT, "an expression has at most %d characters, this has %zu",
                 MP_POLICY_EXPRESSION, length);
        return NULL;
    }
    l.text.len--; /* the closing bracket */
    mp_expr *e = term(&l);
    if (e && (peek(&l) != '\0' || l.at < l.text.len)) {
        COMPLAIN(&l, l.at, MP_S(""), MP_SYNTAX, "the expression should end here, found \"%.*s\"",
                 MP_FMT(rest(&l)));
        return NULL;
    }
    return e;
}

/* ---- templates ---- */

static mp_template *new_template(mp_parsing *p, mp_template_kind kind, const mp_json *node)
{
    mp_template *t = MP_ARENA_NEW(p->arena, mp_template);
    if (!t) {
        p->failed = true;
        return NULL;
    }
    t->kind = kind;
    t->node = t->value = node;
    return t;
}

mp_template *mp_template_opaque(mp_parsing *p, const mp_json *node)
{
    return new_template(p, MP_TEMPLATE_CONST, node);
}

static mp_template *text_template(mp_parsing *p, const mp_json *node)
{
    mp_str text = mp_json_str(node);
    if (mp_is_expression(text)) {
        mp_template *t = new_template(p, MP_TEMPLATE_EXPR, node);
        if (!t)
            return NULL;
        t->expr = mp_expression_parse(p, text, node);
        return t->expr ? t : NULL;
    }
    mp_template *t = new_template(p, MP_TEMPLATE_CONST, node);
    /* "[[" stands for one bracket where one alone would begin an expression, and only there. */
    if (t && mp_str_starts(text, MP_S("[[")) && mp_str_ends(text, MP_S("]"))) {
        t->value = mp_json_make_str(p->arena, mp_str_skip(text, 1));
        if (!t->value) {
            p->failed = true;
            return NULL;
        }
    }
    return t;
}

/* A container without any expression is a constant and needs no kids. */
static bool holds_bracket(const mp_json *node)
{
    for (size_t i = 1, n = mp_json_nodes(node); i < n; i++)
        if (node[i].kind == MP_JSON_STRING && node[i].count && node[i].u.text[0] == '[')
            return true;
    return false;
}

static mp_template *container_template(mp_parsing *p, const mp_json *node)
{
    if (!holds_bracket(node))
        return new_template(p, MP_TEMPLATE_CONST, node);
    bool         is_object = node->kind == MP_JSON_OBJECT;
    mp_template *t = new_template(p, is_object ? MP_TEMPLATE_OBJECT : MP_TEMPLATE_ARRAY, node);
    if (!t)
        return NULL;
    t->kids = MP_ARENA_ARRAY(p->arena, mp_template *, node->count);
    if (!t->kids) {
        p->failed = true;
        return NULL;
    }
    bool           ok = true;
    const mp_json *item = mp_json_first(node);
    for (uint32_t i = 0; i < node->count; i++) {
        const mp_json *value = is_object ? item + 1 : item;
        bool           is_opaque = is_object && p->opaque_key.len &&
                         mp_str_eq_fold(mp_json_str(item), p->opaque_key);
        t->kids[t->count] = is_opaque ? mp_template_opaque(p, value) : mp_template_parse(p, value);
        ok = ok && t->kids[t->count];
        t->count++;
        item = mp_json_next(value);
    }
    return ok ? t : NULL;
}

mp_template *mp_template_parse(mp_parsing *p, const mp_json *node)
{
    if (node->kind == MP_JSON_STRING)
        return text_template(p, node);
    if (node->kind >= MP_JSON_ARRAY)
        return container_template(p, node);
    return new_template(p, MP_TEMPLATE_CONST, node);
}
