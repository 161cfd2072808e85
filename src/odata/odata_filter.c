/* SPDX-License-Identifier: Apache-2.0 */
/* $filter as text: recursive descent, one function for each level of OData 4.01's precedence (URL Conventions 5.1.1.14):
 *
 *   or < and < eq ne < gt ge lt le in < not < names, literals, calls, parentheses
 *
 * So `not` binds tighter than `eq`. That suits conditions (`not contains(a,'x') eq true`) and makes `not a eq 'x'` a fault,
 * which is said. Types are checked here, and a literal takes the type of what it is compared with; so testing a row and
 * writing SQL meet only comparisons that mean something. What changes no answer is not kept: tolower(), toupper(), and
 * `eq true` behind a condition. */
#include "odata_parse.h"

#include "text.h"

static mp_code parse_or(node **out, parsing *p);
static mp_code parse_unary(node **out, parsing *p);
static mp_code parse_primary(node **out, parsing *p);

/* a op b is b flipped(op) a */
static const comparison flipped[CMP_COUNT] = { [CMP_EQ] = CMP_EQ, [CMP_NE] = CMP_NE, [CMP_GT] = CMP_LT,
                                               [CMP_GE] = CMP_LE, [CMP_LT] = CMP_GT, [CMP_LE] = CMP_GE };

const char *const odata_comparison_names[CMP_COUNT] = { [CMP_EQ] = "eq", [CMP_NE] = "ne", [CMP_GT] = "gt",
                                                        [CMP_GE] = "ge", [CMP_LT] = "lt", [CMP_LE] = "le" };

/* ---- nodes ---- */

static mp_code new_node(node **out, parsing *p, node_kind kind, mp_str source)
{
    node *n = MP_ARENA_NEW(p->arena, node);
    if (!n)
        return odata_nomem(p->err);
    n->kind = kind;
    n->source = source;
    *out = n;
    return MP_OK;
}

static size_t offset_of(const parsing *p, const node *n)
{
    return (size_t)(n->source.ptr - p->text.ptr);
}

/* From `from` to where the token before the present one ended, as far as that can be said cheaply: without blanks behind. */
static mp_str source_from(const parsing *p, const char *from)
{
    return mp_str_trim(mp_str_of(from, (size_t)(p->text.ptr + p->token.at - from)));
}

static bool is_literal(const node *n, mp_cell_kind kind)
{
    return n->kind == NODE_LITERAL && n->u.literal.kind == kind;
}

static mp_odata_type type_of(const parsing *p, const node *n)
{
    static const mp_odata_type of_cell[] = {
        [MP_CELL_NULL] = MP_ODATA_STRING, [MP_CELL_BOOL] = MP_ODATA_BOOL,   [MP_CELL_INT] = MP_ODATA_INT,
        [MP_CELL_REAL] = MP_ODATA_REAL,   [MP_CELL_TEXT] = MP_ODATA_STRING, [MP_CELL_DATE] = MP_ODATA_DATE,
    };
    switch (n->kind) {
    case NODE_FIELD:
        return p->table->fields[n->field].type;
    case NODE_VARIABLE:
        return MP_ODATA_STRING;
    case NODE_DAY:
        return MP_ODATA_DATE;
    case NODE_LITERAL:
        return of_cell[n->u.literal.kind];
    default:
        return MP_ODATA_BOOL;
    }
}

/* Types that can be compared with each other have one class. */
static mp_odata_type class_of(const parsing *p, const node *n)
{
    mp_odata_type type = type_of(p, n);
    return type == MP_ODATA_ID ? MP_ODATA_STRING : type == MP_ODATA_REAL ? MP_ODATA_INT : type;
}

static bool is_condition(const parsing *p, const node *n)
{
    return type_of(p, n) == MP_ODATA_BOOL;
}

static mp_code want_condition(const parsing *p, const node *n)
{
    if (is_condition(p, n))
        return MP_OK;
    mp_str shown = odata_clip(n->source);
    bool is_over =
        p->token.kind == TOKEN_END || odata_at_mark(p, ')') || odata_at_word(p, "and") || odata_at_word(p, "or");
    if (!is_over) /* name = 'x' */
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted a comparison: eq ne gt ge lt le in",
                          MP_FMT(odata_shown(p)));
    if (type_of(p, n) == MP_ODATA_LIST)
        return odata_fail(p, MP_COMPILE, offset_of(p, n), "%.*s is a list; wanted %.*s/any(x: x eq '...')",
                          MP_FMT(shown), MP_FMT(shown));
    return odata_fail(p, MP_COMPILE, offset_of(p, n),
                      "%.*s alone is neither true nor false; wanted a comparison like %.*s eq '...'", MP_FMT(shown),
                      MP_FMT(shown));
}

/* ---- types ---- */

/* `found` cannot be compared with `typed`. */
static mp_code wrong_type(const parsing *p, const node *typed, const node *found)
{
    mp_str name = odata_clip(typed->source), shown = odata_clip(found->source);
    size_t at = offset_of(p, found);
    switch (class_of(p, typed)) {
    case MP_ODATA_BOOL:
        return odata_fail(p, MP_COMPILE, at, "found %.*s, wanted true or false, as %.*s is", MP_FMT(shown), MP_FMT(name));
    case MP_ODATA_INT:
        return odata_fail(p, MP_COMPILE, at, "found %.*s, wanted a number without quotes, as %.*s is one",
                          MP_FMT(shown), MP_FMT(name));
    case MP_ODATA_DATE:
        return odata_fail(p, MP_COMPILE, at, "found %.*s, wanted a date like 2026-01-31T09:00:00Z, as %.*s is one",
                          MP_FMT(shown), MP_FMT(name));
    case MP_ODATA_LIST:
        return odata_fail(p, MP_COMPILE, offset_of(p, typed), "%.*s is a list; wanted %.*s/any(x: x eq '...')",
                          MP_FMT(name), MP_FMT(name));
    default:
        return odata_fail(p, MP_COMPILE, at, "found %.*s, wanted a text in quotes, as %.*s is one", MP_FMT(shown),
                          MP_FMT(name));
    }
}

/* The literal takes the type of what it is compared with. */
static mp_code fit_literal(const parsing *p, node *literal, const node *typed)
{
    mp_odata_type type = type_of(p, typed);
    if (type == MP_ODATA_LIST)
        return wrong_type(p, typed, literal);
    if (is_literal(literal, MP_CELL_NULL) || is_literal(typed, MP_CELL_NULL))
        return MP_OK;
    mp_cell as_typed = odata_as(type, &literal->u.literal);
    bool    is_fraction = type == MP_ODATA_INT && is_literal(literal, MP_CELL_REAL); /* n gt 1.5 means something */
    if (as_typed.kind == MP_CELL_NULL && is_fraction)
        return MP_OK;
    if (as_typed.kind == MP_CELL_NULL)
        return wrong_type(p, typed, literal);
    literal->u.literal = as_typed;
    if (type == MP_ODATA_ID)
        while (literal->u.literal.u.text.len > 1 && mp_str_ends(literal->u.literal.u.text, MP_S("/")))
            literal->u.literal.u.text.len--;
    return MP_OK;
}

/* ---- comparisons ---- */

static mp_code negate(node **out, parsing *p, node *n, mp_str source)
{
    MP_TRY(new_node(out, p, NODE_NOT, source));
    (*out)->first = n;
    return MP_OK;
}

static mp_code compare(node **out, parsing *p, comparison op, node *left, node *right, size_t at)
{
    const char *from = left->source.ptr;
    if (left->kind == NODE_LITERAL && right->kind != NODE_LITERAL) {
        node *swap = left;
        left = right;
        right = swap;
        op = flipped[op];
    }
    if (right->kind == NODE_LITERAL)
        MP_TRY(fit_literal(p, right, left));
    else if (class_of(p, left) != class_of(p, right) || class_of(p, left) == MP_ODATA_LIST)
        return class_of(p, right) == MP_ODATA_LIST ? wrong_type(p, right, left) : wrong_type(p, left, right);
    if (is_condition(p, left) && op > CMP_NE)
        return odata_fail(p, MP_COMPILE, at, "%.*s is true or false; wanted eq or ne", MP_FMT(odata_clip(left->source)));
    if (is_literal(right, MP_CELL_BOOL) && left->kind < NODE_FIELD) { /* contains(...) eq true */
        if ((op == CMP_EQ) == right->u.literal.u.yes) {
            *out = left;
            return MP_OK;
        }
        return negate(out, p, left, source_from(p, from));
    }
    MP_TRY(new_node(out, p, NODE_COMPARE, source_from(p, from)));
    (*out)->op = op;
    (*out)->first = left;
    left->next = right;
    return MP_OK;
}

static bool at_comparison(comparison *op, const parsing *p, comparison first, comparison last)
{
    for (int c = (int)first; c <= (int)last; c++)
        if (odata_at_word(p, odata_comparison_names[c])) {
            *op = (comparison)c;
            return true;
        }
    return false;
}

/* ---- lists of literals ---- */

static mp_code parse_literal(node **out, parsing *p)
{
    mp_cell value;
    if (p->token.kind == TOKEN_LITERAL)
        value = p->token.value;
    else if (odata_at_word(p, "true") || odata_at_word(p, "false"))
        value = mp_cell_bool(odata_at_word(p, "true"));
    else if (odata_at_word(p, "null"))
        value = MP_CELL_OF_NULL;
    else
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted a value", MP_FMT(odata_shown(p)));
    MP_TRY(new_node(out, p, NODE_LITERAL, p->token.text));
    (*out)->u.literal = value;
    return odata_next(p);
}

/* ( value, value ... ), each fitted to `typed`, as a list behind `*first`. */
static mp_code parse_values(node **first, uint32_t *count, parsing *p, const node *typed)
{
    node **last = first;
    *first = NULL;
    *count = 0;
    MP_TRY(odata_take_mark(p, '('));
    for (;;) {
        MP_TRY(parse_literal(last, p));
        MP_TRY(fit_literal(p, *last, typed));
        last = &(*last)->next;
        ++*count;
        if (!odata_at_mark(p, ','))
            break;
        MP_TRY(odata_next(p));
    }
    if (!odata_at_mark(p, ')'))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted \",\" or \")\"", MP_FMT(odata_shown(p)));
    return odata_next(p);
}

static mp_code parse_in(node **out, parsing *p, node *operand)
{
    node    *values;
    uint32_t count;
    if (operand->kind == NODE_LITERAL || operand->kind < NODE_FIELD)
        return odata_fail(p, MP_COMPILE, offset_of(p, operand), "found %.*s before in, wanted the name of a field",
                          MP_FMT(odata_clip(operand->source)));
    MP_TRY(odata_next(p));
    MP_TRY(parse_values(&values, &count, p, operand));
    mp_cell *cells = MP_ARENA_ARRAY(p->arena, mp_cell, count);
    if (!cells)
        return odata_nomem(p->err);
    MP_TRY(new_node(out, p, NODE_IN, source_from(p, operand->source.ptr)));
    (*out)->first = operand;
    (*out)->count = count;
    (*out)->u.values = cells;
    for (; values; values = values->next)
        *cells++ = values->u.literal;
    return MP_OK;
}

/* ---- calls ---- */

static mp_code want_text(const parsing *p, const node *n)
{
    if (class_of(p, n) == MP_ODATA_STRING && !is_literal(n, MP_CELL_NULL))
        return MP_OK;
    if (class_of(p, n) == MP_ODATA_LIST)
        return wrong_type(p, n, n);
    return odata_fail(p, MP_COMPILE, offset_of(p, n), "found %.*s, wanted a text: a field or a text in quotes",
                      MP_FMT(odata_clip(n->source)));
}

/* Two texts; `is_turned`: the needle comes first, as in substringof('x', field). */
static mp_code parse_search(node **out, parsing *p, node_kind kind, bool is_turned, const token *word)
{
    node *a, *b;
    MP_TRY(parse_primary(&a, p));
    MP_TRY(want_text(p, a));
    MP_TRY(odata_take_mark(p, ','));
    MP_TRY(parse_primary(&b, p));
    MP_TRY(want_text(p, b));
    MP_TRY(odata_take_mark(p, ')'));
    /* substringof(field, 'x') is written too, and can only mean the same. */
    bool swaps = is_turned && !(a->kind != NODE_LITERAL && b->kind == NODE_LITERAL);
    MP_TRY(new_node(out, p, kind, source_from(p, word->text.ptr)));
    (*out)->first = swaps ? b : a;
    (*out)->first->next = swaps ? a : b;
    return MP_OK;
}

/* tolower(x) is x: texts compare without case. */
static mp_code parse_case(node **out, parsing *p)
{
    MP_TRY(parse_primary(out, p));
    MP_TRY(want_text(p, *out));
    return odata_take_mark(p, ')');
}

static mp_code parse_day(node **out, parsing *p, const token *word)
{
    node *operand;
    MP_TRY(parse_primary(&operand, p));
    if (is_literal(operand, MP_CELL_TEXT))
        operand->u.literal = odata_as(MP_ODATA_DATE, &operand->u.literal);
    if (class_of(p, operand) != MP_ODATA_DATE || is_literal(operand, MP_CELL_NULL))
        return odata_fail(p, MP_COMPILE, offset_of(p, operand), "found %.*s, wanted a date: a field or 2026-01-31",
                          MP_FMT(odata_clip(operand->source)));
    MP_TRY(odata_take_mark(p, ')'));
    if (operand->kind == NODE_LITERAL) {
        operand->u.literal.u.date = odata_day(operand->u.literal.u.date);
        *out = operand;
        return MP_OK;
    }
    MP_TRY(new_node(out, p, NODE_DAY, source_from(p, word->text.ptr)));
    (*out)->first = operand;
    return MP_OK;
}

static const struct {
    const char *name;
    node_kind   kind; /* of parse_search; NODE_LITERAL: tolower, toupper */
    bool        is_turned;
} builtins[] = {
    { "contains", NODE_CONTAINS, false }, { "startswith", NODE_STARTS, false }, { "endswith", NODE_ENDS, false },
    { "substringof", NODE_CONTAINS, true }, { "tolower", NODE_LITERAL, false }, { "toupper", NODE_LITERAL, false },
    { "date", NODE_DAY, false },
};

static mp_code unknown_function(const parsing *p, const token *word)
{
    uint32_t own = p->table->function_count;
    mp_str  *names = MP_ARENA_ARRAY(p->arena, mp_str, MP_COUNT(builtins) + own);
    if (!names)
        return odata_nomem(p->err);
    for (size_t i = 0; i < MP_COUNT(builtins); i++)
        names[i] = mp_str_from(builtins[i].name);
    for (uint32_t i = 0; i < own; i++)
        names[MP_COUNT(builtins) + i] = p->table->functions[i].name;
    mp_str nearest = mp_text_nearest(word->text, names, MP_COUNT(builtins) + own), shown = odata_clip(word->text);
    if (nearest.ptr)
        return odata_fail(p, MP_COMPILE, word->at, "there is no function %.*s(); did you mean %.*s()?", MP_FMT(shown),
                          MP_FMT(nearest));
    return odata_fail(p, MP_COMPILE, word->at, "there is no function %.*s()", MP_FMT(shown));
}

/* A function of the caller's table: its arguments are texts. */
static mp_code parse_own_call(node **out, parsing *p, uint32_t function, const token *word)
{
    const mp_odata_function *f = &p->table->functions[function];
    mp_str                  *arguments = MP_ARENA_ARRAY(p->arena, mp_str, MP_ODATA_ARGUMENTS_MAX);
    uint32_t                 count = 0;
    if (!arguments)
        return odata_nomem(p->err);
    while (!odata_at_mark(p, ')')) {
        if (count)
            MP_TRY(odata_take_mark(p, ','));
        if (p->token.kind != TOKEN_LITERAL || p->token.value.kind != MP_CELL_TEXT)
            return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted a text in quotes", MP_FMT(odata_shown(p)));
        if (count == MP_ODATA_ARGUMENTS_MAX)
            break;
        arguments[count++] = p->token.value.u.text;
        MP_TRY(odata_next(p));
    }
    if (count < f->least || count > f->most)
        return odata_fail(p, MP_COMPILE, word->at, "%.*s() is given %u arguments, wanted %u to %u", MP_FMT(f->name),
                          count, f->least, f->most);
    MP_TRY(odata_take_mark(p, ')'));
    MP_TRY(new_node(out, p, NODE_CALL, source_from(p, word->text.ptr)));
    (*out)->field = function;
    (*out)->count = count;
    (*out)->u.arguments = arguments;
    return MP_OK;
}

/* list/any(x: condition) */
static mp_code parse_lambda(node **out, parsing *p, const token *word, bool is_all)
{
    token    list = *word;
    uint32_t field;
    node    *body = NULL;
    list.text.len -= MP_S("/any").len;
    MP_TRY(odata_find_field(&field, p, &list));
    if (p->table->fields[field].type != MP_ODATA_LIST)
        return odata_fail(p, MP_COMPILE, word->at, "%.*s is no list; any() and all() are of lists",
                          MP_FMT(odata_clip(list.text)));
    if (p->variable.ptr)
        return odata_fail(p, MP_COMPILE, word->at, "any() and all() do not stand within each other");
    if (is_all || !odata_at_mark(p, ')')) {
        if (p->token.kind != TOKEN_WORD || mp_str_find(p->token.text, '/') != SIZE_MAX)
            return odata_fail(p, MP_SYNTAX, p->token.at,
                              "found \"%.*s\", wanted a name for the element, as in any(x: x eq '...')",
                              MP_FMT(odata_shown(p)));
        p->variable = p->token.text;
        MP_TRY(odata_next(p));
        MP_TRY(odata_take_mark(p, ':'));
        MP_TRY(parse_or(&body, p));
        MP_TRY(want_condition(p, body));
        p->variable = mp_str_of(NULL, 0);
    }
    MP_TRY(odata_take_mark(p, ')'));
    MP_TRY(new_node(out, p, is_all ? NODE_ALL : NODE_ANY, source_from(p, word->text.ptr)));
    (*out)->field = field;
    (*out)->first = body;
    return MP_OK;
}

static bool ends_in(mp_str path, const char *last)
{
    return mp_str_ends_fold(path, mp_str_from(last)) && path.len > strlen(last);
}

/* NAME( was read. */
static mp_code parse_call(node **out, parsing *p, const token *word)
{
    if (ends_in(word->text, "/any") || ends_in(word->text, "/all"))
        return parse_lambda(out, p, word, ends_in(word->text, "/all"));
    for (uint32_t i = 0; i < p->table->function_count; i++)
        if (mp_str_eq_fold(word->text, p->table->functions[i].name))
            return parse_own_call(out, p, i, word);
    for (size_t i = 0; i < MP_COUNT(builtins); i++) {
        if (!mp_str_eq_fold(word->text, mp_str_from(builtins[i].name)))
            continue;
        switch (builtins[i].kind) {
        case NODE_LITERAL:
            return parse_case(out, p);
        case NODE_DAY:
            return parse_day(out, p, word);
        default:
            return parse_search(out, p, builtins[i].kind, builtins[i].is_turned, word);
        }
    }
    return unknown_function(p, word);
}

/* ---- the levels, from the innermost ---- */

static mp_code parse_name(node **out, parsing *p, const token *word)
{
    uint32_t field;
    if (p->variable.ptr && mp_str_eq_fold(word->text, p->variable))
        return new_node(out, p, NODE_VARIABLE, word->text);
    if (p->variable.ptr && word->text.len > p->variable.len && mp_str_starts_fold(word->text, p->variable) &&
        word->text.ptr[p->variable.len] == '/')
        return odata_fail(p, MP_COMPILE, word->at, "the elements of this list are texts; wanted %.*s alone",
                          MP_FMT(p->variable));
    MP_TRY(odata_find_field(&field, p, word));
    MP_TRY(new_node(out, p, NODE_FIELD, word->text));
    (*out)->field = field;
    return MP_OK;
}

static bool is_reserved(mp_str word)
{
    static const char *const words[] = { "and", "or", "not", "in", "eq", "ne", "gt", "ge", "lt", "le" };
    for (size_t i = 0; i < MP_COUNT(words); i++)
        if (mp_str_eq_fold(word, mp_str_from(words[i])))
            return true;
    return false;
}

static mp_code parse_word(node **out, parsing *p)
{
    token word = p->token;
    if (odata_at_word(p, "true") || odata_at_word(p, "false") || odata_at_word(p, "null"))
        return parse_literal(out, p);
    if (is_reserved(word.text))
        return odata_fail(p, MP_SYNTAX, word.at, "found \"%.*s\", wanted a field, a value or a function", MP_FMT(word.text));
    MP_TRY(odata_next(p));
    if (!odata_at_mark(p, '('))
        return parse_name(out, p, &word);
    MP_TRY(odata_next(p));
    return parse_call(out, p, &word);
}

static mp_code parse_parentheses(node **out, parsing *p)
{
    MP_TRY(odata_next(p));
    MP_TRY(parse_or(out, p));
    if (!odata_at_mark(p, ')'))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted \")\", and or or", MP_FMT(odata_shown(p)));
    return odata_next(p);
}

static mp_code enter(parsing *p)
{
    if (++p->depth > MP_ODATA_DEPTH_MAX)
        return odata_fail(p, MP_LIMIT, p->token.at,
                          "more than %d parentheses, calls and nots stand within each other", MP_ODATA_DEPTH_MAX);
    return MP_OK;
}

static mp_code parse_primary(node **out, parsing *p)
{
    mp_code code;
    MP_TRY(enter(p));
    if (odata_at_mark(p, '(')) {
        code = parse_parentheses(out, p);
    } else if (++p->terms > MP_ODATA_TERMS_MAX) {
        code = odata_fail(p, MP_LIMIT, p->token.at, "the filter has more than %d operands", MP_ODATA_TERMS_MAX);
    } else if (p->token.kind == TOKEN_WORD) {
        code = parse_word(out, p);
    } else if (p->token.kind == TOKEN_LITERAL) {
        code = parse_literal(out, p);
    } else {
        code = odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted a field, a value or a function",
                          MP_FMT(odata_shown(p)));
    }
    p->depth--;
    return code;
}

static mp_code parse_unary(node **out, parsing *p)
{
    const char *from = p->token.text.ptr;
    node       *operand;
    if (!odata_at_word(p, "not"))
        return parse_primary(out, p);
    MP_TRY(enter(p));
    MP_TRY(odata_next(p));
    MP_TRY(parse_unary(&operand, p));
    p->depth--;
    if (!is_condition(p, operand))
        return odata_fail(p, MP_COMPILE, offset_of(p, operand),
                          "not stands before %.*s alone; wanted parentheses: not (%.*s ...)",
                          MP_FMT(odata_clip(operand->source)), MP_FMT(odata_clip(operand->source)));
    return negate(out, p, operand, source_from(p, from));
}

static mp_code parse_relation(node **out, parsing *p)
{
    comparison op;
    node      *left, *right;
    MP_TRY(parse_unary(&left, p));
    for (;;) {
        size_t at = p->token.at;
        if (odata_at_word(p, "in")) {
            MP_TRY(parse_in(&left, p, left));
        } else if (at_comparison(&op, p, CMP_GT, CMP_LE)) {
            MP_TRY(odata_next(p));
            MP_TRY(parse_unary(&right, p));
            MP_TRY(compare(&left, p, op, left, right, at));
        } else {
            *out = left;
            return MP_OK;
        }
    }
}

static mp_code parse_equality(node **out, parsing *p)
{
    comparison op;
    node      *left, *right;
    MP_TRY(parse_relation(&left, p));
    for (size_t at = p->token.at; at_comparison(&op, p, CMP_EQ, CMP_NE); at = p->token.at) {
        MP_TRY(odata_next(p));
        MP_TRY(parse_relation(&right, p));
        MP_TRY(compare(&left, p, op, left, right, at));
    }
    *out = left;
    return MP_OK;
}

/* Behind `last`: the node, or what it joins in the same way, so that (a and b) and c is one list. Returns the new end. */
static node **append(node **last, node *part, node_kind kind)
{
    *last = part->kind == kind ? part->first : part;
    while (*last)
        last = &(*last)->next;
    return last;
}

/* One level of `word`: what stands between, made by `inner`, becomes one node when there are several. */
static mp_code parse_joined(node **out, parsing *p, const char *word, node_kind kind, mp_code (*inner)(node **, parsing *))
{
    node *joined = NULL, *part, **last;
    MP_TRY(inner(&part, p));
    *out = part;
    if (!odata_at_word(p, word))
        return MP_OK;
    MP_TRY(new_node(&joined, p, kind, part->source));
    last = append(&joined->first, part, kind);
    while (odata_at_word(p, word)) {
        MP_TRY(want_condition(p, part));
        MP_TRY(odata_next(p));
        MP_TRY(inner(&part, p));
        last = append(last, part, kind);
    }
    MP_TRY(want_condition(p, part));
    joined->source = source_from(p, joined->source.ptr);
    *out = joined;
    return MP_OK;
}

static mp_code parse_and(node **out, parsing *p)
{
    return parse_joined(out, p, "and", NODE_AND, parse_equality);
}

static mp_code parse_or(node **out, parsing *p)
{
    return parse_joined(out, p, "or", NODE_OR, parse_and);
}

mp_code odata_parse_condition(const mp_filter **out, parsing *p)
{
    node      *root;
    mp_filter *filter = MP_ARENA_NEW(p->arena, mp_filter);
    if (!filter)
        return odata_nomem(p->err);
    p->terms = p->depth = 0;
    MP_TRY(parse_or(&root, p));
    MP_TRY(want_condition(p, root));
    filter->table = p->table;
    filter->root = root;
    *out = filter;
    return MP_OK;
}

mp_code mp_filter_parse(const mp_filter **out, mp_arena *arena, const mp_odata_table *table, mp_str text, mp_error *err)
{
    parsing          p;
    const mp_filter *filter = NULL;
    MP_TRY(odata_begin(&p, "$filter", arena, table, text, err));
    MP_TRY(odata_parse_condition(&filter, &p));
    if (p.token.kind != TOKEN_END)
        return odata_fail(&p, MP_SYNTAX, p.token.at,
                          "found \"%.*s\", wanted and, or, a comparison (eq ne gt ge lt le in) or the end",
                          MP_FMT(odata_shown(&p)));
    *out = filter;
    return MP_OK;
}
