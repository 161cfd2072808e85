/* SPDX-License-Identifier: Apache-2.0 */
/* From a table through its steps: query = [ table ] { "|" step }. What each step gives is known when the next one is
 * parsed, so a column that is not there is found there. */
#include "kusto_parse.h"

#include "text.h"

typedef struct building {
    parsing          p;
    step             steps[MP_KUSTO_STEPS_MAX];
    uint32_t         count;
    mp_kusto_column *columns; /* that the step at hand gives: room for MP_KUSTO_COLUMNS_MAX */
    item            *items;
    uint32_t         made;
} building;

static mp_str clipped(mp_str s) { return mp_str_of(s.ptr, s.len < 60 ? s.len : 60); }

/* ---- columns that a step makes ---- */

static mp_code begin_columns(building *b)
{
    b->columns = MP_ARENA_ARRAY(b->p.arena, mp_kusto_column, MP_KUSTO_COLUMNS_MAX);
    b->items = MP_ARENA_ARRAY(b->p.arena, item, MP_KUSTO_COLUMNS_MAX);
    b->made = 0;
    return b->columns && b->items ? MP_OK : kusto_nomem(b->p.err);
}

static uint32_t find_column(const building *b, mp_str name)
{
    uint32_t i = 0;
    while (i < b->made && !mp_str_eq(b->columns[i].name, name))
        i++;
    return i;
}

/* A name that no column has yet: the second "id" is "id1". */
static mp_code free_name(mp_str *name, const building *b)
{
    mp_str first = name->len ? *name : MP_S("Column");
    *name = first;
    for (unsigned n = 1; find_column(b, *name) < b->made; n++) {
        *name = mp_arena_printf(b->p.arena, "%.*s%u", MP_FMT(first), n);
        if (!name->ptr)
            return kusto_nomem(b->p.err);
    }
    return MP_OK;
}

static mp_code put_column(building *b, uint32_t at, mp_str name, mp_kusto_type type, item made)
{
    if (at == MP_KUSTO_COLUMNS_MAX)
        return kusto_fail(&b->p, MP_LIMIT, SYNTAX, "more than %d columns", MP_KUSTO_COLUMNS_MAX);
    b->columns[at] = (mp_kusto_column){ .name = name, .type = type };
    b->items[at] = made;
    b->made += at == b->made;
    return MP_OK;
}

static mp_code keep_column(building *b, uint32_t from)
{
    node *n = MP_ARENA_NEW(b->p.arena, node);
    if (!n)
        return kusto_nomem(b->p.err);
    *n = (node){ .kind = NODE_COLUMN, .type = b->p.columns[from].type, .column = from, .text = b->p.columns[from].name };
    return put_column(b, b->made, n->text, n->type, (item){ .value = n });
}

/* "name =", when it stands there; else *name is empty and nothing is passed. */
static mp_code take_given_name(mp_str *name, parsing *p)
{
    mp_kusto_fault ignored;
    parsing        ahead = *p;
    *name = mp_str_of(NULL, 0);
    ahead.fault = &ignored;
    ahead.err = NULL;
    if (p->token.kind != TOKEN_WORD && !kusto_at_mark(p, "["))
        return MP_OK;
    mp_code code = kusto_take_name(name, &ahead);
    if (code == MP_NOMEM)
        return kusto_nomem(p->err);
    if (code != MP_OK || !kusto_at_mark(&ahead, "=")) {
        *name = mp_str_of(NULL, 0);
        return MP_OK;
    }
    p->token = ahead.token;
    p->tokens = ahead.tokens;
    return kusto_next(p);
}

/* [ name "=" ] expr */
static mp_code take_item(mp_str *name, bool *is_named, node **value, parsing *p)
{
    MP_TRY(take_given_name(name, p));
    *is_named = name->ptr != NULL;
    MP_TRY(kusto_expression(value, p));
    return *is_named ? MP_OK : kusto_name_of(name, p, *value);
}

static mp_code end_columns(building *b, step *s)
{
    uint32_t ordered = UINT32_MAX;
    for (uint32_t i = 0; i < b->made && s->kind == STEP_SHAPE && b->p.ordered != UINT32_MAX; i++)
        if (b->items[i].value->kind == NODE_COLUMN && b->items[i].value->column == b->p.ordered)
            ordered = i;
    s->items = b->items;
    s->columns = b->columns;
    s->count = b->made;
    b->p.columns = b->columns;
    b->p.count = b->made;
    b->p.ordered = ordered;
    return MP_OK;
}

/* ---- steps ---- */

static mp_code where(building *b, step *s)
{
    node *n;
    s->kind = STEP_WHERE;
    MP_TRY(kusto_condition(&n, &b->p));
    s->condition = n;
    return MP_OK;
}

static bool has_more(building *b, mp_code *code)
{
    if (!kusto_at_mark(&b->p, ","))
        return false;
    *code = kusto_next(&b->p);
    return *code == MP_OK;
}

static mp_code project(building *b, step *s)
{
    mp_code code = MP_OK;
    s->kind = STEP_SHAPE;
    MP_TRY(begin_columns(b));
    do {
        mp_str name;
        bool   is_named;
        node  *value;
        token  at = b->p.token;
        MP_TRY(take_item(&name, &is_named, &value, &b->p));
        if (is_named && find_column(b, name) < b->made)
            return kusto_fail_of(&b->p, MP_COMPILE, LANGUAGE, &at, "the column \"%.*s\" is made twice",
                                 MP_FMT(clipped(name)));
        MP_TRY(free_name(&name, b));
        MP_TRY(put_column(b, b->made, name, value->type, (item){ .value = value }));
    } while (has_more(b, &code));
    MP_TRY(code);
    return end_columns(b, s);
}

static mp_code extend(building *b, step *s)
{
    mp_code code = MP_OK;
    s->kind = STEP_SHAPE;
    MP_TRY(begin_columns(b));
    for (uint32_t i = 0; i < b->p.count; i++)
        MP_TRY(keep_column(b, i));
    do {
        mp_str name;
        bool   is_named;
        node  *value;
        MP_TRY(take_item(&name, &is_named, &value, &b->p));
        if (!is_named)
            MP_TRY(free_name(&name, b));
        MP_TRY(put_column(b, find_column(b, name), name, value->type, (item){ .value = value }));
    } while (has_more(b, &code));
    MP_TRY(code);
    return end_columns(b, s);
}

/* Names, each perhaps with * at its end. */
static mp_code project_away(building *b, step *s)
{
    bool    gone[MP_KUSTO_COLUMNS_MAX] = { false };
    mp_code code = MP_OK;
    s->kind = STEP_SHAPE;
    do {
        token  at = b->p.token;
        mp_str name = MP_S("");
        bool   is_found = false;
        if (!kusto_at_mark(&b->p, "*"))
            MP_TRY(kusto_take_name(&name, &b->p));
        bool is_start = kusto_at_mark(&b->p, "*");
        if (is_start)
            MP_TRY(kusto_next(&b->p));
        for (uint32_t i = 0; i < b->p.count; i++)
            if (is_start ? mp_str_starts(b->p.columns[i].name, name) : mp_str_eq(b->p.columns[i].name, name))
                is_found = gone[i] = true;
        if (!is_found && !is_start)
            return kusto_fail_of(&b->p, MP_COMPILE, LANGUAGE, &at, "there is no column \"%.*s\" to leave out",
                                 MP_FMT(clipped(name)));
    } while (has_more(b, &code));
    MP_TRY(code);
    MP_TRY(begin_columns(b));
    for (uint32_t i = 0; i < b->p.count; i++)
        if (!gone[i])
            MP_TRY(keep_column(b, i));
    if (b->made == 0)
        return kusto_fail(&b->p, MP_COMPILE, LANGUAGE, "no column is left");
    return end_columns(b, s);
}

static mp_code take_count(uint64_t *out, parsing *p)
{
    if (p->token.kind != TOKEN_NUMBER || !mp_json_is(p->token.value, MP_JSON_INT) || p->token.value->u.integer < 0)
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a number of rows", MP_FMT(kusto_shown(p)));
    *out = (uint64_t)p->token.value->u.integer;
    return kusto_next(p);
}

static mp_code take(building *b, step *s)
{
    s->kind = STEP_TAKE;
    return take_count(&s->limit, &b->p);
}

/* "asc" or "desc", "nulls first" or "nulls last"; without them the greatest first, and null where it sorts. */
static mp_code direction(sort_key *key, parsing *p)
{
    key->descending = !kusto_at_word(p, "asc");
    if (kusto_at_word(p, "asc") || kusto_at_word(p, "desc"))
        MP_TRY(kusto_next(p));
    key->nulls_last = key->descending;
    if (!kusto_at_word(p, "nulls"))
        return MP_OK;
    MP_TRY(kusto_next(p));
    key->nulls_last = kusto_at_word(p, "last");
    return key->nulls_last ? kusto_next(p) : kusto_take_word(p, "first");
}

static mp_code keys(building *b, step *s)
{
    mp_code   code = MP_OK;
    sort_key *made = MP_ARENA_ARRAY(b->p.arena, sort_key, MP_KUSTO_COLUMNS_MAX);
    if (!made)
        return kusto_nomem(b->p.err);
    s->kind = STEP_ORDER;
    MP_TRY(kusto_take_word(&b->p, "by"));
    do {
        node *value;
        if (s->key_count == MP_KUSTO_COLUMNS_MAX)
            return kusto_fail(&b->p, MP_LIMIT, SYNTAX, "more than %d columns", MP_KUSTO_COLUMNS_MAX);
        MP_TRY(kusto_expression(&value, &b->p));
        made[s->key_count].value = value;
        MP_TRY(direction(&made[s->key_count++], &b->p));
    } while (has_more(b, &code));
    s->keys = made;
    s->is_given = made[0].value->kind == NODE_COLUMN && made[0].value->column == b->p.ordered && !made[0].descending;
    if (!s->is_given)
        b->p.ordered = UINT32_MAX;
    return code;
}

static mp_code top(building *b, step *s)
{
    MP_TRY(take_count(&s->limit, &b->p));
    MP_TRY(keys(b, s));
    if (s->limit == 0 || s->is_given) /* then it is no more than take */
        s->kind = STEP_TAKE;
    return MP_OK;
}

static mp_code count(building *b, step *s)
{
    MP_TRY(begin_columns(b));
    MP_TRY(put_column(b, 0, MP_S("Count"), MP_KUSTO_INTEGER, (item){ .is_aggregate = true }));
    s->kind = STEP_COUNT;
    return end_columns(b, s);
}

static mp_code distinct(building *b, step *s)
{
    mp_code code = MP_OK;
    s->kind = STEP_DISTINCT;
    MP_TRY(begin_columns(b));
    if (kusto_at_mark(&b->p, "*")) {
        for (uint32_t i = 0; i < b->p.count; i++)
            MP_TRY(keep_column(b, i));
        MP_TRY(kusto_next(&b->p));
        return end_columns(b, s);
    }
    do {
        mp_str name;
        node  *value;
        MP_TRY(kusto_expression(&value, &b->p));
        MP_TRY(kusto_name_of(&name, &b->p, value));
        MP_TRY(free_name(&name, b));
        MP_TRY(put_column(b, b->made, name, value->type, (item){ .value = value }));
    } while (has_more(b, &code));
    MP_TRY(code);
    return end_columns(b, s);
}

/* ---- summarize ---- */

const char *const kusto_aggregates[AGG_KINDS] = {
    [AGG_COUNT] = "count", [AGG_COUNTIF] = "countif", [AGG_DCOUNT] = "dcount", [AGG_SUM] = "sum",
    [AGG_MIN] = "min",     [AGG_MAX] = "max",         [AGG_AVG] = "avg",
};

static mp_code no_aggregate(parsing *p)
{
    return kusto_fail(p, MP_COMPILE, LANGUAGE,
                      "found \"%.*s\"; wanted count(), countif(), dcount(), sum(), min(), max() or avg()",
                      MP_FMT(kusto_shown(p)));
}

static mp_code take_aggregate(building *b, uint32_t at)
{
    parsing  *p = &b->p;
    mp_str    name, inner = MP_S("");
    node     *value = NULL;
    unsigned  method = 0;
    MP_TRY(take_given_name(&name, p));
    while (method < AGG_KINDS && !kusto_at_word(p, kusto_aggregates[method]))
        method++;
    if (method == AGG_KINDS)
        return no_aggregate(p);
    MP_TRY(kusto_next(p));
    MP_TRY(kusto_take_mark(p, "("));
    if (method == AGG_COUNTIF)
        MP_TRY(kusto_condition(&value, p));
    else if (method != AGG_COUNT)
        MP_TRY(kusto_expression(&value, p));
    MP_TRY(kusto_take_mark(p, ")"));
    if (value)
        MP_TRY(kusto_name_of(&inner, p, value));
    if (!name.ptr)
        name = mp_arena_printf(p->arena, "%s_%.*s", kusto_aggregates[method],
                               MP_FMT(method == AGG_COUNTIF || !inner.ptr ? MP_S("") : inner));
    if (!name.ptr)
        return kusto_nomem(p->err);
    MP_TRY(free_name(&name, b));
    mp_kusto_type type = method <= AGG_DCOUNT                     ? MP_KUSTO_INTEGER
                         : method == AGG_AVG || method == AGG_SUM ? MP_KUSTO_NUMBER
                                                                  : value->type;
    type = method == AGG_SUM && value->type == MP_KUSTO_INTEGER ? MP_KUSTO_INTEGER : type;
    return put_column(b, at, name, type, (item){ .value = value, .method = method, .is_aggregate = true });
}

/* Columns come as Kusto has them: what is grouped by, then what is worked out. */
static void by_first(building *b, uint32_t aggregates)
{
    mp_kusto_column columns[MP_KUSTO_COLUMNS_MAX];
    item            items[MP_KUSTO_COLUMNS_MAX];
    memcpy(columns, b->columns, sizeof columns);
    memcpy(items, b->items, sizeof items);
    for (uint32_t i = 0; i < b->made; i++) {
        uint32_t to = i < aggregates ? b->made - aggregates + i : i - aggregates;
        b->columns[to] = columns[i];
        b->items[to] = items[i];
    }
}

static mp_code summarize(building *b, step *s)
{
    mp_code  code = MP_OK;
    s->kind = STEP_SUMMARIZE;
    MP_TRY(begin_columns(b));
    if (!kusto_at_word(&b->p, "by"))
        do
            MP_TRY(take_aggregate(b, b->made));
        while (has_more(b, &code));
    MP_TRY(code);
    uint32_t aggregates = b->made;
    if (kusto_at_word(&b->p, "by")) {
        MP_TRY(kusto_next(&b->p));
        do {
            mp_str name;
            bool   is_named;
            node  *value;
            MP_TRY(take_item(&name, &is_named, &value, &b->p));
            MP_TRY(free_name(&name, b));
            MP_TRY(put_column(b, b->made, name, value->type, (item){ .value = value }));
        } while (has_more(b, &code));
        MP_TRY(code);
    }
    by_first(b, aggregates);
    return end_columns(b, s);
}

/* ---- the query ---- */

static const struct {
    const char *word, *printed;
    mp_code   (*parse)(building *b, step *s);
} operators[] = {
    { "where", "where", where },     { "filter", "where", where },    { "project", "project", project }, { "project-away", "project", project_away },
    { "extend", "project", extend }, { "take", "take", take },        { "limit", "take", take },         { "order", "order", keys },
    { "sort", "order", keys },      { "top", "order", top },         { "count", "count", count },       { "summarize", "summarize", summarize },
    { "distinct", "distinct", distinct },
};

/* The word that is looked at; "project-away" is one. */
static size_t operator_at(parsing *p)
{
    mp_str rest = mp_str_skip(p->text, p->token.at);
    size_t len = p->token.text.len, i = 0;
    if (p->token.kind != TOKEN_WORD)
        return MP_COUNT(operators);
    while (len + 1 < rest.len && rest.ptr[len] == '-' && kusto_is_name(mp_str_of(rest.ptr + len + 1, 1))) {
        len += 2;
        while (len < rest.len && kusto_is_name(mp_str_of(rest.ptr + len, 1)))
            len++;
    }
    mp_str word = mp_str_of(rest.ptr, len);
    while (i < MP_COUNT(operators) && !mp_str_eq(word, mp_str_from(operators[i].word)))
        i++;
    if (i < MP_COUNT(operators) || kusto_is_name(p->token.text))
        p->token.text = word;
    return i;
}

static mp_code take_step(building *b)
{
    size_t op = operator_at(&b->p);
    step  *s = &b->steps[b->count];
    if (op == MP_COUNT(operators))
        return kusto_fail(
            &b->p, b->p.token.kind == TOKEN_WORD ? MP_COMPILE : MP_SYNTAX,
            b->p.token.kind == TOKEN_WORD ? LANGUAGE : SYNTAX,
            "found \"%.*s\"; wanted where, project, project-away, extend, order by, take, top, count, summarize or distinct",
            MP_FMT(kusto_shown(&b->p)));
    if (b->count == MP_KUSTO_STEPS_MAX)
        return kusto_fail(&b->p, MP_LIMIT, SYNTAX, "more than %d steps", MP_KUSTO_STEPS_MAX);
    *s = (step){ .word = operators[op].printed, .columns = b->p.columns, .count = b->p.count };
    b->count++;
    MP_TRY(kusto_next(&b->p));
    return operators[op].parse(b, s);
}

static mp_code take_source(const mp_kusto_table **out, bool *is_named, building *b, const mp_kusto_table *tables,
                           size_t table_count)
{
    parsing *p = &b->p;
    mp_str   names[16], nearest;
    *out = &tables[0];
    *is_named = true;
    if (operator_at(p) < MP_COUNT(operators)) {
        *is_named = false;
        return MP_OK;
    }
    if (p->token.kind != TOKEN_WORD)
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a table", MP_FMT(kusto_shown(p)));
    for (size_t i = 0; i < table_count; i++) {
        names[i % MP_COUNT(names)] = mp_str_from(tables[i].name);
        *out = &tables[i];
        if (mp_str_eq_fold(p->token.text, mp_str_from(tables[i].name)))
            return kusto_next(p);
    }
    nearest = mp_text_nearest(p->token.text, names, table_count < MP_COUNT(names) ? table_count : MP_COUNT(names));
    return kusto_fail(p, MP_COMPILE, "DisallowedLogicalTableName", "there is no table \"%.*s\" here; wanted %.*s",
                      MP_FMT(kusto_shown(p)), MP_FMT(nearest.ptr ? nearest : names[0]));
}

static mp_code take_steps(building *b, bool has_table)
{
    bool is_first = !has_table;
    while (b->p.token.kind != TOKEN_END) {
        if (!is_first && !kusto_at_mark(&b->p, "|"))
            return kusto_fail(&b->p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted \"|\" and an operator, or the end",
                              MP_FMT(kusto_shown(&b->p)));
        if (!is_first)
            MP_TRY(kusto_next(&b->p));
        is_first = false;
        MP_TRY(take_step(b));
    }
    return MP_OK;
}

static mp_code finish(const mp_kusto **out, building *b, const mp_kusto_table *table)
{
    mp_kusto *q = MP_ARENA_NEW(b->p.arena, mp_kusto);
    step     *steps = MP_ARENA_ARRAY(b->p.arena, step, b->count + 1);
    if (!q || !steps)
        return kusto_nomem(b->p.err);
    memcpy(steps, b->steps, b->count * sizeof *steps);
    for (uint32_t i = 0; i + 1 < b->count; i++) /* what take lets fall need not be kept */
        if (steps[i].kind == STEP_ORDER && !steps[i].is_given && steps[i + 1].kind == STEP_TAKE && !steps[i].limit)
            steps[i].limit = steps[i + 1].limit;
    *q = (mp_kusto){ .table = table, .steps = steps, .count = b->count };
    *out = q;
    return MP_OK;
}

mp_code mp_kusto_parse(const mp_kusto **out, mp_kusto_fault *fault, mp_arena *arena, const mp_kusto_table *tables,
                       size_t count_of, mp_str text, mp_error *err)
{
    mp_kusto_fault        ignored = { .kind = NULL };
    const mp_kusto_table *table;
    bool                  has_table;
    building             *b = MP_ARENA_NEW(arena, building);
    if (!b)
        return kusto_nomem(err);
    b->p = (parsing){ .arena = arena, .text = text.ptr ? text : MP_S(""), .fault = fault ? fault : &ignored, .err = err };
    MP_TRY(kusto_begin(&b->p));
    MP_TRY(take_source(&table, &has_table, b, tables, count_of));
    b->p.columns = table->columns;
    b->p.count = table->count;
    b->p.ordered = table->ordered;
    MP_TRY(take_steps(b, has_table));
    return finish(out, b, table);
}

const char *mp_kusto_type_name(mp_kusto_type type)
{
    static const char *const names[] = { [MP_KUSTO_STRING] = "string",
                                         [MP_KUSTO_INTEGER] = "integer",
                                         [MP_KUSTO_NUMBER] = "number",
                                         [MP_KUSTO_BOOLEAN] = "boolean",
                                         [MP_KUSTO_OBJECT] = "object" };
    return names[type];
}

const mp_kusto_table *mp_kusto_source(const mp_kusto *q) { return q->table; }

const mp_kusto_column *mp_kusto_columns(const mp_kusto *q, uint32_t *count_of)
{
    *count_of = q->count ? q->steps[q->count - 1].count : q->table->count;
    return q->count ? q->steps[q->count - 1].columns : q->table->columns;
}

bool mp_kusto_is_stream(const mp_kusto *q)
{
    for (uint32_t i = 0; i < q->count; i++) {
        const step *s = &q->steps[i];
        if (s->kind != STEP_WHERE && s->kind != STEP_SHAPE && !(s->kind == STEP_ORDER && s->is_given))
            return false;
    }
    return true;
}
