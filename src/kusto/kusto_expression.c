/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions and values:
 *
 *   expr    = and { "or" and }
 *   and     = compare { "and" compare }
 *   compare = value [ operator value | in "(" expr { "," expr } ")" ]
 *   value   = primary { "." name | "[" number | text "]" }
 *   primary = literal | column | function "(" [ expr { "," expr } ] ")" | "(" expr ")" */
#include "kusto_parse.h"

#include "text.h"

const char *const kusto_comparisons[OP_COUNT] = {
    [OP_EQ] = "==",
    [OP_NE] = "!=",
    [OP_EQ_FOLD] = "=~",
    [OP_NE_FOLD] = "!~",
    [OP_LT] = "<",
    [OP_LE] = "<=",
    [OP_GT] = ">",
    [OP_GE] = ">=",
    [OP_CONTAINS] = "contains",
    [OP_NOT_CONTAINS] = "!contains",
    [OP_HAS] = "has",
    [OP_NOT_HAS] = "!has",
    [OP_STARTS] = "startswith",
    [OP_NOT_STARTS] = "!startswith",
    [OP_ENDS] = "endswith",
    [OP_NOT_ENDS] = "!endswith",
    [OP_IN] = "in",
    [OP_NOT_IN] = "!in",
    [OP_IN_FOLD] = "in~",
    [OP_NOT_IN_FOLD] = "!in~",
};

const char *const kusto_functions[FN_COUNT] = {
    [FN_TOSTRING] = "tostring", [FN_TOLOWER] = "tolower",
    [FN_TOUPPER] = "toupper",   [FN_TOINT] = "toint",
    [FN_TOLONG] = "tolong",     [FN_TODOUBLE] = "todouble",
    [FN_TOREAL] = "toreal",     [FN_TOBOOL] = "tobool",
    [FN_STRLEN] = "strlen",     [FN_ARRAY_LENGTH] = "array_length",
    [FN_STRCAT] = "strcat",     [FN_SPLIT] = "split",
    [FN_COALESCE] = "coalesce", [FN_IFF] = "iff",
    [FN_IIF] = "iif",           [FN_NOT] = "not",
    [FN_ISNULL] = "isnull",     [FN_ISNOTNULL] = "isnotnull",
    [FN_ISEMPTY] = "isempty",   [FN_ISNOTEMPTY] = "isnotempty",
};

/* Arguments, and what comes out. */
static const struct {
    uint8_t       least, most;
    mp_kusto_type type;
} shapes[FN_COUNT] = {
    [FN_TOSTRING] = { 1, 1, MP_KUSTO_STRING },  [FN_TOLOWER] = { 1, 1, MP_KUSTO_STRING },
    [FN_TOUPPER] = { 1, 1, MP_KUSTO_STRING },   [FN_TOINT] = { 1, 1, MP_KUSTO_INTEGER },
    [FN_TOLONG] = { 1, 1, MP_KUSTO_INTEGER },   [FN_TODOUBLE] = { 1, 1, MP_KUSTO_NUMBER },
    [FN_TOREAL] = { 1, 1, MP_KUSTO_NUMBER },    [FN_TOBOOL] = { 1, 1, MP_KUSTO_BOOLEAN },
    [FN_STRLEN] = { 1, 1, MP_KUSTO_INTEGER },   [FN_ARRAY_LENGTH] = { 1, 1, MP_KUSTO_INTEGER },
    [FN_STRCAT] = { 1, 64, MP_KUSTO_STRING },   [FN_SPLIT] = { 2, 2, MP_KUSTO_OBJECT },
    [FN_COALESCE] = { 2, 64, MP_KUSTO_OBJECT }, [FN_IFF] = { 3, 3, MP_KUSTO_OBJECT },
    [FN_IIF] = { 3, 3, MP_KUSTO_OBJECT },       [FN_NOT] = { 1, 1, MP_KUSTO_BOOLEAN },
    [FN_ISNULL] = { 1, 1, MP_KUSTO_BOOLEAN },   [FN_ISNOTNULL] = { 1, 1, MP_KUSTO_BOOLEAN },
    [FN_ISEMPTY] = { 1, 1, MP_KUSTO_BOOLEAN },  [FN_ISNOTEMPTY] = { 1, 1, MP_KUSTO_BOOLEAN },
};

static mp_code make(node **out, const parsing *p, node_kind kind, mp_kusto_type type)
{
    *out = MP_ARENA_NEW(p->arena, node);
    if (!*out)
        return kusto_nomem(p->err);
    (*out)->kind = kind;
    (*out)->type = type;
    return MP_OK;
}

static mp_code deeper(parsing *p)
{
    if (++p->depth > MP_KUSTO_DEPTH_MAX)
        return kusto_fail(p, MP_LIMIT, SYNTAX, "more than %d levels within each other", MP_KUSTO_DEPTH_MAX);
    return MP_OK;
}

/* ---- columns ---- */

static mp_code no_column(const parsing *p, const token *at, mp_str name)
{
    mp_str names[MP_KUSTO_COLUMNS_MAX];
    for (uint32_t i = 0; i < p->count; i++)
        names[i] = p->columns[i].name;
    mp_str nearest = mp_text_nearest(name, names, p->count), shown = mp_str_of(name.ptr, name.len < 60 ? name.len : 60);
    if (nearest.ptr)
        return kusto_fail_of(p, MP_COMPILE, LANGUAGE, at, "there is no column \"%.*s\" here; did you mean \"%.*s\"?",
                             MP_FMT(shown), MP_FMT(nearest));
    return kusto_fail_of(p, MP_COMPILE, LANGUAGE, at, "there is no column \"%.*s\" here; the first one is \"%.*s\"",
                         MP_FMT(shown), MP_FMT(p->count ? p->columns[0].name : MP_S("")));
}

static mp_code column(node **out, parsing *p)
{
    token  at = p->token;
    mp_str name;
    node  *n;
    MP_TRY(kusto_take_name(&name, p));
    for (uint32_t i = 0; i < p->count; i++)
        if (mp_str_eq(p->columns[i].name, name)) {
            MP_TRY(make(&n, p, NODE_COLUMN, p->columns[i].type));
            n->column = i;
            n->text = p->columns[i].name;
            *out = n;
            return MP_OK;
        }
    return no_column(p, &at, name);
}

/* ---- functions ---- */

static mp_code no_function(const parsing *p, const token *at)
{
    mp_str names[FN_COUNT], shown = mp_str_of(at->text.ptr, at->text.len < 60 ? at->text.len : 60);
    for (size_t i = 0; i < FN_COUNT; i++)
        names[i] = mp_str_from(kusto_functions[i]);
    mp_str nearest = mp_text_nearest(at->text, names, FN_COUNT);
    if (nearest.ptr)
        return kusto_fail_of(p, MP_COMPILE, LANGUAGE, at,
                             "there is no function \"%.*s\" here; did you mean \"%.*s\"?", MP_FMT(shown),
                             MP_FMT(nearest));
    return kusto_fail_of(
        p, MP_COMPILE, LANGUAGE, at,
        "there is no function \"%.*s\" here; those there are turn values into others: tostring, tolower, toint, split, ...",
        MP_FMT(shown));
}

static mp_code must_be_condition(const parsing *p, const token *at, const node *n)
{
    if (n->type == MP_KUSTO_BOOLEAN)
        return MP_OK;
    return kusto_fail_of(p, MP_COMPILE, LANGUAGE, at,
                         "what begins at \"%.*s\" is neither true nor false; wanted a comparison, or tobool(...)",
                         MP_FMT(mp_str_of(at->text.ptr, at->text.len < 60 ? at->text.len : 60)));
}

static mp_code arguments(node *call, unsigned *count, parsing *p)
{
    node **last = &call->first;
    *count = 0;
    MP_TRY(kusto_take_mark(p, "("));
    while (!kusto_at_mark(p, ")")) {
        token at = p->token;
        if (*count)
            MP_TRY(kusto_take_mark(p, ","));
        at = *count ? p->token : at;
        MP_TRY(kusto_expression(last, p));
        bool is_condition = call->op == FN_NOT || ((call->op == FN_IFF || call->op == FN_IIF) && *count == 0);
        if (is_condition)
            MP_TRY(must_be_condition(p, &at, *last));
        last = &(*last)->next;
        ++*count;
    }
    return kusto_next(p);
}

/* Of coalesce and iff: what all of them are, else any. */
static mp_kusto_type common_type(const node *first)
{
    mp_kusto_type type = first ? first->type : MP_KUSTO_OBJECT;
    for (const node *n = first; n; n = n->next)
        type = n->type == type ? type : MP_KUSTO_OBJECT;
    return type;
}

static mp_code call_function(node **out, parsing *p, const token *name)
{
    node    *n;
    unsigned f = 0, count;
    while (f < FN_COUNT && !mp_str_eq(name->text, mp_str_from(kusto_functions[f])))
        f++;
    if (f == FN_COUNT)
        return no_function(p, name);
    MP_TRY(make(&n, p, NODE_CALL, shapes[f].type));
    n->op = f;
    MP_TRY(arguments(n, &count, p));
    if (count < shapes[f].least || count > shapes[f].most)
        return kusto_fail_of(p, MP_COMPILE, LANGUAGE, name, "%s() is given %u arguments; wanted %u to %u",
                             kusto_functions[f], count, shapes[f].least, shapes[f].most);
    if (f == FN_COALESCE)
        n->type = common_type(n->first);
    else if (f == FN_IFF || f == FN_IIF)
        n->type = common_type(n->first->next);
    *out = n;
    return MP_OK;
}

/* ---- values ---- */

static mp_code literal(node **out, parsing *p, const mp_json *value, mp_kusto_type type)
{
    node *n;
    MP_TRY(make(&n, p, NODE_LITERAL, type));
    n->literal = value;
    *out = n;
    return kusto_next(p);
}

static mp_code primary(node **out, parsing *p)
{
    token at = p->token;
    if (at.kind == TOKEN_TEXT)
        return literal(out, p, at.value, MP_KUSTO_STRING);
    if (at.kind == TOKEN_NUMBER)
        return literal(out, p, at.value, mp_json_is(at.value, MP_JSON_INT) ? MP_KUSTO_INTEGER : MP_KUSTO_NUMBER);
    if (kusto_at_word(p, "true") || kusto_at_word(p, "false"))
        return literal(out, p, mp_json_make_bool(kusto_at_word(p, "true")), MP_KUSTO_BOOLEAN);
    if (kusto_at_mark(p, "(")) {
        MP_TRY(kusto_next(p));
        MP_TRY(kusto_expression(out, p));
        return kusto_take_mark(p, ")");
    }
    if (at.kind == TOKEN_WORD && mp_str_starts(kusto_rest(p), MP_S("("))) {
        MP_TRY(kusto_next(p));
        return call_function(out, p, &at);
    }
    if (at.kind == TOKEN_WORD || kusto_at_mark(p, "["))
        return column(out, p);
    return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a column, a value or a function",
                      MP_FMT(kusto_shown(p)));
}

/* [ number ] or [ text ] */
static mp_code element(node *n, parsing *p)
{
    MP_TRY(kusto_next(p));
    if (p->token.kind == TOKEN_TEXT) {
        n->kind = NODE_MEMBER;
        n->text = mp_json_str(p->token.value);
    } else if (p->token.kind == TOKEN_NUMBER && mp_json_is(p->token.value, MP_JSON_INT)) {
        n->kind = NODE_ELEMENT;
        n->index = p->token.value->u.integer;
    } else {
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a whole number, or a name in quotes",
                          MP_FMT(kusto_shown(p)));
    }
    MP_TRY(kusto_next(p));
    return kusto_take_mark(p, "]");
}

static mp_code value(node **out, parsing *p)
{
    uint32_t depth = p->depth;
    token    at = p->token;
    MP_TRY(deeper(p));
    MP_TRY(primary(out, p));
    while (kusto_at_mark(p, ".") || kusto_at_mark(p, "[")) {
        node *n;
        MP_TRY(deeper(p));
        if ((*out)->type != MP_KUSTO_OBJECT)
            return kusto_fail(
                p, MP_COMPILE, LANGUAGE,
                "what begins at \"%.*s\" has no members; wanted properties, tags or another object before \"%.*s\"",
                MP_FMT(mp_str_of(at.text.ptr, at.text.len < 60 ? at.text.len : 60)), MP_FMT(p->token.text));
        MP_TRY(make(&n, p, NODE_MEMBER, MP_KUSTO_OBJECT));
        n->first = *out;
        if (kusto_at_mark(p, ".")) {
            MP_TRY(kusto_next(p));
            MP_TRY(kusto_take_name(&n->text, p));
        } else {
            MP_TRY(element(n, p));
        }
        *out = n;
    }
    p->depth = depth;
    return MP_OK;
}

/* ---- conditions ---- */

static unsigned operator_at(const parsing *p)
{
    unsigned op = 0;
    if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_MARK)
        return OP_COUNT;
    while (op < OP_COUNT && !mp_str_eq(p->token.text, mp_str_from(kusto_comparisons[op])))
        op++;
    return op;
}

static mp_code among(node *n, parsing *p)
{
    node **last = &n->first->next;
    MP_TRY(kusto_take_mark(p, "("));
    do {
        if (n->first->next)
            MP_TRY(kusto_next(p));
        MP_TRY(kusto_expression(last, p));
        last = &(*last)->next;
    } while (kusto_at_mark(p, ","));
    return kusto_take_mark(p, ")");
}

static mp_code compare(node **out, parsing *p)
{
    node *n;
    MP_TRY(value(out, p));
    unsigned op = operator_at(p);
    if (op == OP_COUNT)
        return MP_OK;
    MP_TRY(kusto_next(p));
    MP_TRY(make(&n, p, op >= OP_IN ? NODE_IN : NODE_COMPARE, MP_KUSTO_BOOLEAN));
    n->op = op;
    n->first = *out;
    *out = n;
    return op >= OP_IN ? among(n, p) : value(&n->first->next, p);
}

/* One joined by `word`, as one node of all. */
static mp_code joined(node **out, parsing *p, node_kind kind, const char *word, mp_code (*part)(node **, parsing *))
{
    token  at = p->token;
    node **last = NULL, *n = NULL;
    MP_TRY(part(out, p));
    while (kusto_at_word(p, word)) {
        if (!n) {
            MP_TRY(must_be_condition(p, &at, *out));
            MP_TRY(make(&n, p, kind, MP_KUSTO_BOOLEAN));
            n->first = *out;
            *out = n;
            last = &n->first->next;
        }
        MP_TRY(kusto_next(p));
        at = p->token;
        MP_TRY(part(last, p));
        MP_TRY(must_be_condition(p, &at, *last));
        last = &(*last)->next;
    }
    return MP_OK;
}

static mp_code all(node **out, parsing *p) { return joined(out, p, NODE_AND, "and", compare); }

mp_code kusto_expression(node **out, parsing *p)
{
    uint32_t depth = p->depth;
    MP_TRY(deeper(p));
    MP_TRY(joined(out, p, NODE_OR, "or", all));
    p->depth = depth;
    return MP_OK;
}

mp_code kusto_condition(node **out, parsing *p)
{
    token at = p->token;
    MP_TRY(kusto_expression(out, p));
    return must_be_condition(p, &at, *out);
}

/* ---- names ---- */

/* properties.a[0]['b'] is properties_a_0_b. */
mp_code kusto_name_of(mp_str *out, const parsing *p, const node *n)
{
    mp_str inner;
    *out = mp_str_of(NULL, 0);
    if (n->kind == NODE_COLUMN) {
        *out = n->text;
        return MP_OK;
    }
    if (n->kind == NODE_CALL && n->first && !n->first->next)
        return kusto_name_of(out, p, n->first);
    if (n->kind != NODE_MEMBER && n->kind != NODE_ELEMENT)
        return MP_OK;
    MP_TRY(kusto_name_of(&inner, p, n->first));
    if (inner.ptr && n->kind == NODE_MEMBER)
        *out = mp_arena_printf(p->arena, "%.*s_%.*s", MP_FMT(inner), MP_FMT(n->text));
    else if (inner.ptr)
        *out = mp_arena_printf(p->arena, "%.*s_%lld", MP_FMT(inner), (long long)n->index);
    return inner.ptr && !out->ptr ? kusto_nomem(p->err) : MP_OK;
}
