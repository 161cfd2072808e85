/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.ResourceGraph/resources: a query of the caller's, over what the caller may read (kusto.h,
 * docs/resource-graph.md).
 *
 * Pages. A query that gives rows in the order of their ids, each by itself, goes on behind the last row that was
 * given, so its pages neither lose nor repeat what stays. Any other one is answered again as of the moment of its
 * first page, and goes on behind as many rows as were given. The continuation says which; it is of one query only. */
#include "arm_rows.h"

#include <stdio.h>

#include "digest.h"
#include "secret.h"
#include "text.h"

enum {
    TOP_MAX = 1000,
    FACETS_MAX = 16,
    FACET_TOP = 10,
    SECONDS_MAX = 30,      /* that a query takes */
    TOKEN_SECONDS = 3600,  /* that a moment can be gone on with */
    LOOKS_EVERY = 256,     /* rows between two looks at the clock */
};
#define PAGE_BYTES ((size_t)8 << 20) /* of one answer, more or less: then there is another page */
#define NUMBERS_MAX INT64_C(1000000000)

typedef struct facet {
    mp_str          expression;
    mp_kusto_table  table; /* what the query gives */
    const mp_kusto *query; /* NULL: it is wrong, see `why` */
    mp_kusto_run   *run;
    mp_error        why;
    int64_t         total, count, top;
    mp_jsonw        w;
} facet;

typedef struct asking {
    mp_arm_call    *call;
    mp_arm_rows     rows;
    const mp_kusto *query;
    mp_kusto_run   *run;
    const mp_kusto_column *columns;
    uint32_t        column_count;
    bool            is_stream, is_table, is_first; /* answered as a table; the first page */
    uint64_t        binding; /* what the query and its scope are, for the continuation */
    int64_t         top, skip, total; /* total: of the first page, when this is another */
    mp_ticks        moment; /* of the first page, when rows are answered again */
    mp_ticks        started;
    facet           facets[FACETS_MAX];
    size_t          facet_count;
    /* while rows come */
    mp_str          key;  /* of the row that is looked at */
    uint64_t        fed, came;
    size_t          shown, bytes_before;
    bool            has_more, stops;
    mp_str          last; /* key of the last row shown */
    mp_jsonw        w;
} asking;

/* ---- the request ---- */

static mp_code wrong(asking *a, const char *member, const char *wanted, mp_error *err)
{
    return MP_ARM_FAIL(a->call, 400, "BadRequest", err, "'%s' is not what it should be; wanted %s", member, wanted);
}

static mp_code take_texts(const mp_json **out, asking *a, const char *member, mp_error *err)
{
    const mp_json *list = mp_arm_member(a->call->body, member);
    *out = mp_json_is(list, MP_JSON_NULL) ? NULL : list;
    if (!*out)
        return MP_OK;
    if (!mp_json_is(list, MP_JSON_ARRAY) || list->count > 10000)
        return wrong(a, member, "a list of at most 10,000 texts", err);
    for (MP_JSON_EACH(one, list))
        if (!mp_json_is(one, MP_JSON_STRING))
            return wrong(a, member, "a list of at most 10,000 texts", err);
    return MP_OK;
}

static mp_code take_number(int64_t *out, asking *a, const mp_json *options, const char *member, int64_t least,
                           int64_t most, mp_error *err)
{
    const mp_json *v = mp_arm_member(options, member);
    if (!v || v->kind == MP_JSON_NULL)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < least || v->u.integer > most)
        return MP_ARM_FAIL(a->call, 400, "BadRequest", err,
                           "'%s' is not what it should be; wanted a whole number from %lld to %lld", member,
                           (long long)least, (long long)most);
    *out = v->u.integer;
    return MP_OK;
}

static bool is_one_of(mp_str s, const char *const *words)
{
    while (*words && !mp_str_eq_fold(s, mp_str_from(*words)))
        words++;
    return *words != NULL;
}

static mp_code take_options(asking *a, mp_error *err)
{
    static const char *const formats[] = { "table", "objectArray", NULL }, *const filters[] = {
        "AtScopeAndBelow", "AtScopeAndAbove", "AtScopeExact", "AtScopeAboveAndBelow", NULL
    };
    const mp_json *options = mp_arm_member(a->call->body, "options");
    mp_str         format = mp_arm_text(options, "resultFormat"), filter = mp_arm_text(options, "authorizationScopeFilter");
    a->top = TOP_MAX;
    a->is_table = format.ptr ? mp_str_eq_fold(format, MP_S("table")) : mp_str_cmp(a->call->api_version, MP_S("2020")) < 0;
    if (options && options->kind != MP_JSON_NULL && !mp_json_is(options, MP_JSON_OBJECT))
        return wrong(a, "options", "an object", err);
    if (format.ptr && !is_one_of(format, formats))
        return wrong(a, "resultFormat", "table or objectArray", err);
    if (filter.ptr && !is_one_of(filter, filters)) /* of tables that are not here */
        return wrong(a, "authorizationScopeFilter",
                     "AtScopeAndBelow, AtScopeAndAbove, AtScopeExact or AtScopeAboveAndBelow", err);
    MP_TRY(take_number(&a->top, a, options, "$top", 1, TOP_MAX, err));
    return take_number(&a->skip, a, options, "$skip", 0, NUMBERS_MAX, err);
}

/* ---- what is wrong with a query ---- */

static void put_detail(mp_jsonw *w, asking *a, mp_str message, const mp_kusto_fault *fault, const mp_error *why)
{
    bool is_table = strcmp(fault->kind, "DisallowedLogicalTableName") == 0;
    mp_jsonw_object(w);
    mp_arm_put(w, "code", is_table ? mp_str_from(fault->kind) : MP_S("InvalidQuery"));
    mp_arm_put(w, "message",
               is_table ? mp_arena_printf(a->call->request->arena,
                                          "Table %.*s is invalid, unsupported or disallowed.", MP_FMT(fault->token))
                        : message);
    if (!is_table) {
        mp_jsonw_end(w);
        mp_jsonw_object(w);
        mp_arm_put(w, "code", mp_str_from(fault->kind));
        mp_arm_put(w, "message", mp_str_from(fault->kind));
        mp_jsonw_put_int(w, "line", why->pos.line);
        mp_jsonw_put_int(w, "characterPositionInLine", (int64_t)why->pos.col - 1);
        mp_arm_put(w, "token", fault->token);
    }
    mp_jsonw_end(w);
}

static mp_str say(asking *a, const mp_error *why)
{
    mp_buf b = MP_BUF_INIT;
    if (why->pos.line)
        mp_buf_printf(&b, "%u:%u: ", why->pos.line, why->pos.col);
    mp_say_error(&b, a->call->request->lang, why);
    mp_str text = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(a->call->request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

static mp_code bad_query(asking *a, const mp_kusto_fault *fault, const mp_error *why, mp_error *err)
{
    mp_jsonw w;
    mp_str   message = say(a, why);
    mp_code  code = mp_arm_fault_as(a->call, 400, "BadRequest", why, err);
    if (!a->call->fault.code) /* memory */
        return code;
    mp_jsonw_init(&w, a->call->request->arena);
    mp_jsonw_array(&w);
    put_detail(&w, a, message, fault, why);
    mp_jsonw_end(&w);
    a->call->fault.message = message;
    a->call->fault.details = mp_jsonw_done(&w);
    return code;
}

/* ---- facets: each is a query over what comes out ---- */

static mp_code take_facet(facet *f, asking *a, const mp_json *given, mp_error *err)
{
    static const char *const orders[] = { "asc", "desc", NULL };
    const mp_json *options = mp_arm_member(given, "options");
    mp_arena      *arena = a->call->request->arena;
    mp_str filter = mp_arm_text(options, "filter"), by = mp_arm_text(options, "sortBy"),
           order = mp_arm_text(options, "sortOrder");
    f->top = FACET_TOP;
    f->expression = mp_arm_text(given, "expression");
    if (f->expression.len == 0 || mp_str_find(f->expression, '|') != SIZE_MAX)
        return wrong(a, "facets.expression", "a column or a path", err);
    if (order.ptr && !is_one_of(order, orders))
        return wrong(a, "facets.options.sortOrder", "asc or desc", err);
    MP_TRY(take_number(&f->top, a, options, "$top", 1, TOP_MAX, err));
    mp_str text =
        mp_arena_printf(arena, "facet | summarize ['count'] = count() by %.*s %s%.*s | order by %.*s %s",
                        MP_FMT(f->expression), filter.len ? "| where " : "", MP_FMT(filter.len ? filter : MP_S("")),
                        MP_FMT(by.len ? by : MP_S("count")), mp_str_eq_fold(order, MP_S("asc")) ? "asc" : "desc");
    if (!text.ptr)
        return mp_arm_nomem(err);
    f->table = (mp_kusto_table){ .name = "facet", .columns = a->columns, .count = a->column_count, .ordered = UINT32_MAX };
    mp_code code = mp_kusto_parse(&f->query, NULL, arena, &f->table, 1, text, &f->why);
    if (code == MP_NOMEM)
        return mp_arm_nomem(err);
    f->why.pos = MP_NOWHERE; /* of a text that the caller did not write */
    f->query = code == MP_OK ? f->query : NULL;
    return MP_OK;
}

static mp_code take_facets(asking *a, mp_error *err)
{
    const mp_json *list = mp_arm_member(a->call->body, "facets");
    if (!list || list->kind == MP_JSON_NULL)
        return MP_OK;
    if (!mp_json_is(list, MP_JSON_ARRAY) || list->count > FACETS_MAX)
        return wrong(a, "facets", "a list of at most 16", err);
    for (MP_JSON_EACH(one, list))
        MP_TRY(take_facet(&a->facets[a->facet_count++], a, one, err));
    return MP_OK;
}

static mp_code show_facet(void *ctx, const mp_json *const *cells, mp_error *err)
{
    facet                 *f = ctx;
    uint32_t               count;
    const mp_kusto_column *columns = mp_kusto_columns(f->query, &count);
    f->total++;
    if (f->count == f->top)
        return MP_OK;
    mp_jsonw_object(&f->w);
    for (uint32_t i = 0; i < count; i++) {
        mp_jsonw_key(&f->w, columns[i].name);
        mp_jsonw_value(&f->w, cells[i] ? mp_arena_dup_json(f->w.arena, cells[i]) : NULL);
    }
    mp_jsonw_end(&f->w);
    f->count++;
    return f->w.failed ? mp_arm_nomem(err) : MP_OK;
}

static mp_code begin_facets(asking *a, mp_error *err)
{
    for (size_t i = 0; i < a->facet_count; i++) {
        facet *f = &a->facets[i];
        mp_jsonw_init(&f->w, a->call->request->arena);
        mp_jsonw_array(&f->w);
        if (f->query)
            MP_TRY(mp_kusto_run_new(&f->run, f->query, &(mp_kusto_limits){ .wanted = (uint64_t)f->top }, show_facet,
                                    f, err));
    }
    return MP_OK;
}

static void put_facet(mp_jsonw *w, asking *a, facet *f)
{
    mp_jsonw_end(&f->w);
    mp_jsonw_object(w);
    mp_arm_put(w, "expression", f->expression);
    mp_arm_put(w, "resultType", f->query ? MP_S("FacetResult") : MP_S("FacetError"));
    if (f->query) {
        mp_jsonw_put_int(w, "totalRecords", f->total);
        mp_jsonw_put_int(w, "count", f->count);
        mp_jsonw_put_value(w, "data", mp_jsonw_done(&f->w));
    } else {
        mp_jsonw_key(w, MP_S("errors"));
        mp_jsonw_array(w);
        mp_jsonw_object(w);
        mp_arm_put(w, "code", MP_S("InvalidQuery"));
        mp_arm_put(w, "message", say(a, &f->why));
        mp_jsonw_end(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* ---- the continuation: "1.STREAM.BINDING.MOMENT.TOTAL.GIVEN.KEY" ---- */

static mp_code bind(asking *a, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    mp_kusto_print(&b, a->query);
    mp_buf_add_c(&b, '\n');
    if (a->rows.subscriptions)
        mp_buf_add_json(&b, a->rows.subscriptions);
    mp_buf_add_c(&b, '\n');
    if (a->rows.groups)
        mp_buf_add_json(&b, a->rows.groups);
    a->binding = mp_murmur64(mp_buf_str(&b), 1);
    mp_code code = mp_buf_check(&b, err);
    mp_buf_free(&b);
    return code;
}

static mp_str make_token(const asking *a, int64_t total)
{
    mp_arena *arena = a->call->request->arena;
    mp_str text = mp_arena_printf(
        arena, "1.%d.%llx.%lld.%lld.%lld.%.*s", a->is_stream, (unsigned long long)a->binding, (long long)a->moment,
        (long long)total, (long long)(a->skip + (int64_t)a->shown), MP_FMT(a->is_stream ? a->last : MP_S("")));
    return text.ptr ? mp_base64url(arena, text) : text;
}

static bool next_number(uint64_t *out, mp_str *text, unsigned base)
{
    size_t i = 0;
    for (*out = 0; i < text->len && i < 19; i++) {
        char     c = text->ptr[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
        if (digit >= base)
            break;
        *out = *out * base + digit;
    }
    bool is_right = i > 0 && i < text->len && text->ptr[i] == '.';
    *text = mp_str_skip(*text, i + 1);
    return is_right;
}

static mp_code take_token(asking *a, mp_error *err)
{
    mp_str   token = mp_arm_text(mp_arm_member(a->call->body, "options"), "$skipToken"), text;
    uint64_t version, is_stream, binding, moment, total, given;
    a->is_first = token.len == 0;
    if (a->is_first)
        return MP_OK;
    text = mp_unbase64url(a->call->request->arena, token);
    if (!text.ptr || !next_number(&version, &text, 10) || !next_number(&is_stream, &text, 10) ||
        !next_number(&binding, &text, 16) || !next_number(&moment, &text, 10) || !next_number(&total, &text, 10) ||
        !next_number(&given, &text, 10) || version != 1 || (is_stream != 0) != a->is_stream ||
        binding != a->binding || total > INT64_MAX / 2 || given > INT64_MAX / 2 || !mp_utf8_valid(text))
        return MP_ARM_FAIL(a->call, 400, "BadRequest", err, "'$skipToken' is not one that this query gave");
    a->total = (int64_t)total;
    a->moment = (mp_ticks)moment;
    a->skip = (int64_t)given;
    a->rows.after_key = a->is_stream ? text : mp_str_of(NULL, 0);
    mp_ticks now = mp_clock_now();
    if (!a->is_stream && (a->moment > now + TOKEN_SECONDS * MP_TICKS_PER_SECOND ||
                          a->moment < now - TOKEN_SECONDS * MP_TICKS_PER_SECOND))
        return MP_ARM_FAIL(a->call, 400, "BadRequest", err,
                           "'$skipToken' is of a first page over an hour ago; ask for that one again");
    return MP_OK;
}

/* ---- rows ---- */

static void put_row(asking *a, const mp_json *const *cells)
{
    mp_arena *arena = a->call->request->arena;
    if (a->is_table)
        mp_jsonw_array(&a->w);
    else
        mp_jsonw_object(&a->w);
    for (uint32_t i = 0; i < a->column_count; i++) {
        const mp_json *v = cells[i] ? mp_arena_dup_json(arena, cells[i]) : NULL;
        a->w.failed |= cells[i] && !v;
        if (!a->is_table)
            mp_jsonw_key(&a->w, a->columns[i].name);
        mp_jsonw_value(&a->w, v);
    }
    mp_jsonw_end(&a->w);
}

/* Does the page that is asked for begin behind this row? Of a stream that goes on, what was given before does not
 * come again. */
static uint64_t skipped(const asking *a) { return a->is_stream && !a->is_first ? 0 : (uint64_t)a->skip; }

static mp_code take_row(void *ctx, const mp_json *const *cells, mp_error *err)
{
    asking *a = ctx;
    a->came++;
    for (size_t i = 0; i < a->facet_count; i++)
        if (a->facets[i].run)
            MP_TRY(mp_kusto_feed(a->facets[i].run, cells, err));
    if (a->came <= skipped(a))
        return MP_OK;
    if (a->shown == (size_t)a->top || a->call->request->arena->used - a->bytes_before > PAGE_BYTES) {
        a->has_more = true;
        a->stops = a->is_stream && !a->is_first && a->facet_count == 0; /* nothing is left to be counted */
        return MP_OK;
    }
    put_row(a, cells);
    a->shown++;
    if (a->is_stream) {
        a->last = mp_arena_dup(a->call->request->arena, a->key);
        a->w.failed |= !a->last.ptr;
    }
    return a->w.failed ? mp_arm_nomem(err) : MP_OK;
}

static mp_code feed_row(void *ctx, mp_str key, const mp_json *const *cells, mp_error *err)
{
    asking *a = ctx;
    if (++a->fed % LOOKS_EVERY == 0 && mp_clock_now() - a->started > SECONDS_MAX * MP_TICKS_PER_SECOND)
        return MP_ARM_FAIL(a->call, 400, "BadRequest", err,
                           "the query takes more than %d seconds; ask fewer subscriptions at once", SECONDS_MAX);
    a->key = key;
    MP_TRY(mp_kusto_feed(a->run, cells, err));
    a->stops |= mp_kusto_has_enough(a->run);
    return MP_OK;
}

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    if (!a->is_stream && a->is_first)
        MP_TRY(mp_tx_settled(&a->moment, tx, err));
    a->rows.as_of = a->is_stream || a->is_first ? 0 : a->moment;
    MP_TRY(mp_arm_each_row(&a->rows, tx, err));
    MP_TRY(mp_kusto_finish(a->run, err));
    for (size_t i = 0; i < a->facet_count; i++)
        if (a->facets[i].run) {
            MP_TRY(mp_kusto_finish(a->facets[i].run, err));
            a->facets[i].total += (int64_t)mp_kusto_unseen(a->facets[i].run);
        }
    return MP_OK;
}

/* ---- the answer ---- */

static void put_columns(mp_jsonw *w, const asking *a)
{
    mp_jsonw_key(w, MP_S("columns"));
    mp_jsonw_array(w);
    for (uint32_t i = 0; i < a->column_count; i++) {
        mp_jsonw_object(w);
        mp_arm_put(w, "name", a->columns[i].name);
        mp_arm_put(w, "type", mp_str_from(mp_kusto_type_name(a->columns[i].type)));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code answer(asking *a, mp_error *err)
{
    mp_jsonw w;
    int64_t  all = (int64_t)(a->came + mp_kusto_unseen(a->run)), total = a->is_stream && !a->is_first ? a->total : all;
    bool     has_more = a->has_more || all > (int64_t)(skipped(a) + a->shown);
    mp_jsonw_end(&a->w);
    mp_jsonw_init(&w, a->call->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "totalRecords", total);
    mp_jsonw_put_int(&w, "count", (int64_t)a->shown);
    mp_jsonw_key(&w, MP_S("data"));
    if (a->is_table) {
        mp_jsonw_object(&w);
        put_columns(&w, a);
        mp_jsonw_put_value(&w, "rows", mp_jsonw_done(&a->w));
        mp_jsonw_end(&w);
    } else {
        mp_jsonw_value(&w, mp_jsonw_done(&a->w));
    }
    mp_jsonw_key(&w, MP_S("facets"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < a->facet_count; i++)
        put_facet(&w, a, &a->facets[i]);
    mp_jsonw_end(&w);
    mp_arm_put(&w, "resultTruncated", MP_S("false")); /* what is left comes with the next page */
    if (has_more) {
        mp_str token = make_token(a, total);
        w.failed |= !token.ptr;
        mp_arm_put(&w, "$skipToken", token);
    }
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_arm_answer(a->call, 200, body, err) : mp_arm_nomem(err);
}

static mp_code prepare(asking *a, mp_error *err)
{
    mp_arm_call   *call = a->call;
    mp_kusto_fault fault = { .kind = "ParserFailure" };
    mp_error       why = { .code = MP_OK };
    mp_str         text = mp_arm_text(call->body, "query");
    if (!text.ptr)
        return mp_arm_lacks(call, "query", err);
    MP_TRY(take_texts(&a->rows.subscriptions, a, "subscriptions", err));
    MP_TRY(take_texts(&a->rows.groups, a, "managementGroups", err));
    MP_TRY(take_options(a, err));
    if (mp_kusto_parse(&a->query, &fault, call->request->arena, mp_arm_graph_tables, MP_ARM_TABLE_COUNT, text,
                       &why) != MP_OK)
        return bad_query(a, &fault, &why, err);
    a->columns = mp_kusto_columns(a->query, &a->column_count);
    a->is_stream = mp_kusto_is_stream(a->query);
    a->rows.table = (size_t)(mp_kusto_source(a->query) - mp_arm_graph_tables);
    MP_TRY(bind(a, err));
    MP_TRY(take_token(a, err));
    MP_TRY(take_facets(a, err));
    return mp_arm_subscriptions_seen(&a->rows.seen, &a->rows.seen_count, call, err);
}

static mp_code run(asking *a, mp_error *err)
{
    mp_error        why = { .code = MP_OK };
    mp_kusto_limits limits = { .wanted = a->facet_count ? 0 : (uint64_t)(a->skip + a->top) };
    mp_jsonw_init(&a->w, a->call->request->arena);
    mp_jsonw_array(&a->w);
    MP_TRY(begin_facets(a, err));
    MP_TRY(mp_kusto_run_new(&a->run, a->query, &limits, take_row, a, err));
    a->bytes_before = a->call->request->arena->used;
    mp_code code = mp_arm_read(a->call, read_rows, a, &why);
    if (code == MP_LIMIT)
        return mp_arm_fault_as(a->call, 400, "BadRequest", &why, err);
    if (code != MP_OK && err)
        *err = why;
    return code != MP_OK ? code : answer(a, err);
}

static mp_code ask(mp_arm_call *call, mp_error *err)
{
    asking *a = MP_ARENA_NEW(call->request->arena, asking);
    if (!a)
        return mp_arm_nomem(err);
    a->call = call;
    a->started = mp_clock_now();
    a->rows = (mp_arm_rows){ .call = call, .visit = feed_row, .ctx = a, .stops = &a->stops };
    mp_code code = prepare(a, err);
    if (code == MP_OK)
        code = run(a, err);
    for (size_t i = 0; i < a->facet_count; i++)
        mp_kusto_run_free(a->facets[i].run);
    mp_kusto_run_free(a->run);
    return code;
}

/* Each row is asked for by itself: who may read nothing sees nothing. */
const mp_arm_route mp_arm_resource_graph[] = {
    { MP_POST, "Microsoft.ResourceGraph/resources", MP_ARM_LIST, NULL, MP_ON_TENANT, ask, .action = MP_SIGNED_IN, .wants_body = true },
    { .type = NULL },
};
