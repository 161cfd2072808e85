/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: filters, order, pages. Every query is made of a source of keys and of tests that each key must pass.
 *
 * The source is one of three: all records by key; an index in its order; or the entries that one filter allows. The
 * last is taken when the filter is selective (a few thousand entries at most, counted with that bound), or
 * when it gives the keys in order anyway (equality, ordered by key). Then the answer costs what the filter
 * lets through; else the tests let enough through that walking in order meets a page soon. As of a date each
 * source and each test stands twice, over what is and over what was. */
#include "record_internal.h"

#include <stdio.h>

#include "secret.h"
#include "text.h"

#define PAGE 100
#define PAGE_MOST 1000
#define PROBE 5000 /* entries that are rather sorted than walked past */
#define VALUES_MOST 64

typedef enum source { BY_KEY, BY_INDEX, BY_FILTER } source;

typedef struct list {
    mp_tx                 *tx;
    const mp_record_query *q;
    const mp_kind_ids     *ids;
    size_t                 filter_index[MP_FILTERS_MAX]; /* which index of the kind */
    mp_str                 filter_value[MP_FILTERS_MAX]; /* as it stands in entries */
    /* of MP_FILTER_STARTS: the first text behind; empty: none is */
    mp_str                 filter_end[MP_FILTERS_MAX];
    size_t                 order;  /* index of the kind; SIZE_MAX: by key */
    source                 source;
    /* filter, with BY_FILTER; or the one that narrows the walk, with BY_INDEX; SIZE_MAX: none */
    size_t                 driver;
    uint32_t               limit;
    bool                   has_place;
    mp_place_in_list       place;
    /* The statement in the making. */
    mp_buf   sql;
    mp_value values[VALUES_MOST];
    size_t   value_count;
} list;

/* ---- pieces of statements ---- */

static void add(list *l, const char *text)
{
    mp_buf_add_z(&l->sql, text);
}

static void add_value(list *l, mp_value v)
{
    l->values[l->value_count++] = v; /* VALUES_MOST is more than any statement below has */
    mp_buf_printf(&l->sql, "?%zu", l->value_count);
}

static void add_time(list *l, const char *alias, bool is_past)
{
    mp_buf_printf(&l->sql, " AND %s.since <= ", alias);
    add_value(l, mp_int(l->q->as_of));
    if (!is_past)
        return;
    mp_buf_printf(&l->sql, " AND %s.until > ", alias);
    add_value(l, mp_int(l->q->as_of));
}

/* What a filter wants of `alias`.value. */
static void add_range(list *l, const char *alias, size_t f)
{
    static const char *const signs[] = {
        [MP_FILTER_EQ] = "=", [MP_FILTER_NE] = "=",  [MP_FILTER_LT] = "<",     [MP_FILTER_LE] = "<=",
        [MP_FILTER_GT] = ">", [MP_FILTER_GE] = ">=", [MP_FILTER_STARTS] = ">=",
    };
    mp_filter_op op = l->q->filters[f].op;
    mp_buf_printf(&l->sql, " AND %s.value %s ", alias, signs[op]);
    add_value(l, mp_text(l->filter_value[f]));
    if (op == MP_FILTER_STARTS && l->filter_end[f].len) {
        mp_buf_printf(&l->sql, " AND %s.value < ", alias);
        add_value(l, mp_text(l->filter_end[f]));
    }
}

static void add_exists_in(list *l, size_t f, bool is_past, bool any_value)
{
    mp_buf_printf(&l->sql, "EXISTS (SELECT 1 FROM %s e WHERE e.key = d.key AND e.idx = ",
                  is_past ? "record_entry_past" : "record_entry");
    add_value(l, mp_int(l->ids->indexes[l->filter_index[f]]));
    add(l, " AND e.nth >= 0");
    if (!any_value)
        add_range(l, "e", f);
    if (l->q->as_of)
        add_time(l, "e", is_past);
    add(l, ")");
}

/* `any_value`: that the record has a value at all. */
static void add_exists(list *l, size_t f, bool any_value)
{
    add(l, "(");
    add_exists_in(l, f, false, any_value);
    if (l->q->as_of) {
        add(l, " OR ");
        add_exists_in(l, f, true, any_value);
    }
    add(l, ")");
}

static void add_tests(list *l)
{
    for (size_t f = 0; f < l->q->filter_count; f++) {
        if (f == l->driver)
            continue;
        if (l->q->filters[f].op == MP_FILTER_NE) {
            add(l, " AND ");
            add_exists(l, f, true);
            add(l, " AND NOT ");
        } else {
            add(l, " AND ");
        }
        add_exists(l, f, false);
    }
}

/* The value by which d.key is ordered, where the source is not that index. */
static void add_order_value(list *l)
{
    add(l, l->q->as_of ? "COALESCE((" : "(");
    add(l, "SELECT o.value FROM record_entry o WHERE o.key = d.key AND o.nth <= 0 AND o.idx = ");
    add_value(l, mp_int(l->ids->indexes[l->order]));
    if (l->q->as_of) {
        add_time(l, "o", false);
        add(l, "), (SELECT o.value FROM record_entry_past o WHERE o.key = d.key AND o.nth <= 0 AND o.idx = ");
        add_value(l, mp_int(l->ids->indexes[l->order]));
        add_time(l, "o", true);
        add(l, ")");
    }
    add(l, ")");
}

static bool comes_sorted(const list *l)
{
    return l->source != BY_FILTER || (l->order == SIZE_MAX && l->q->filters[l->driver].op == MP_FILTER_EQ);
}

/* Behind the last one of the page before. */
static void add_place(list *l, const char *alias)
{
    const char *sign = l->q->descending ? "<" : ">";
    if (!l->has_place)
        return;
    if (l->order == SIZE_MAX) {
        mp_buf_printf(&l->sql, " AND %s.key %s ", alias, sign);
        add_value(l, mp_text(l->place.key));
        return;
    }
    mp_buf_printf(&l->sql, " AND (%s.value, %s.key) %s (", alias, alias, sign);
    add_value(l, mp_text(l->place.value));
    add(l, ", ");
    add_value(l, mp_text(l->place.key));
    add(l, ")");
}

/* One SELECT of value and key, over what is or over what was. */
static void add_arm(list *l, bool is_past, bool with_value, bool with_place)
{
    const char *table = l->source == BY_KEY ? (is_past ? "record_past" : "record")
                                            : (is_past ? "record_entry_past" : "record_entry");
    add(l, "SELECT ");
    if (with_value && l->order != SIZE_MAX) {
        if (l->source == BY_INDEX)
            add(l, "d.value");
        else
            add_order_value(l);
        add(l, " AS value, ");
    }
    mp_buf_printf(&l->sql, "d.key AS key FROM %s d WHERE ", table);
    if (l->source == BY_KEY) {
        add(l, "d.kind = ");
        add_value(l, mp_int(l->ids->id));
        if (is_past)
            add(l, " AND d.body IS NOT NULL");
    } else {
        size_t index = l->source == BY_INDEX ? l->order : l->filter_index[l->driver];
        add(l, "d.idx = ");
        add_value(l, mp_int(l->ids->indexes[index]));
        add(l, l->driver != SIZE_MAX ? " AND d.nth >= 0" : " AND d.nth <= 0");
    }
    if (l->driver != SIZE_MAX)
        add_range(l, "d", l->driver);
    if (l->q->as_of)
        add_time(l, "d", is_past);
    if (with_place)
        add_place(l, "d");
    add_tests(l);
}

static void add_order(list *l, const char *alias)
{
    const char *way = l->q->descending ? " DESC" : "";
    add(l, " ORDER BY ");
    if (l->order != SIZE_MAX)
        mp_buf_printf(&l->sql, "%svalue%s, ", alias, way);
    mp_buf_printf(&l->sql, "%skey%s", alias, way);
}

/* The keys of a page, and one more. */
static void add_keys(list *l)
{
    bool is_sorted = comes_sorted(l);
    if (!is_sorted)
        mp_buf_printf(&l->sql, "SELECT DISTINCT %ss.key FROM (", l->order != SIZE_MAX ? "s.value, " : "");
    add_arm(l, false, true, is_sorted);
    if (l->q->as_of) {
        add(l, " UNION ALL ");
        add_arm(l, true, true, is_sorted);
    }
    if (!is_sorted) {
        add(l, ") s WHERE 1 = 1");
        add_place(l, "s");
    }
    add_order(l, is_sorted ? "" : "s.");
    add(l, " LIMIT ");
    add_value(l, mp_int((int64_t)l->limit + 1));
}

static void add_page(list *l)
{
    const char *value = l->order != SIZE_MAX ? ", x.value" : "";
    if (l->q->as_of) {
        mp_buf_printf(&l->sql,
                      "SELECT x.key, COALESCE(r.version, p.version), COALESCE(r.since, p.since), CASE WHEN r.key IS "
                      "NULL THEN p.until ELSE 0 END, COALESCE(r.hash, p.hash), COALESCE(r.body, p.body)%s FROM (",
                      value);
        add_keys(l);
        add(l, ") x LEFT JOIN record r ON r.key = x.key AND r.kind = ");
        add_value(l, mp_int(l->ids->id));
        add_time(l, "r", false);
        add(l, " LEFT JOIN record_past p ON p.key = x.key AND p.kind = ");
        add_value(l, mp_int(l->ids->id));
        add_time(l, "p", true);
    } else {
        /* CROSS JOIN: SQLite keeps the order of the tables. */
        mp_buf_printf(&l->sql, "SELECT x.key, r.version, r.since, 0, r.hash, r.body%s FROM (", value);
        add_keys(l);
        add(l, ") x CROSS JOIN record r WHERE r.key = x.key AND r.kind = ");
        add_value(l, mp_int(l->ids->id));
    }
    add_order(l, "x.");
}

static mp_code finish_statement(list *l, mp_error *err)
{
    mp_buf_add_c(&l->sql, '\0');
    return mp_buf_check(&l->sql, err);
}

static void start_statement(list *l)
{
    mp_buf_clear(&l->sql);
    l->value_count = 0;
}

/* ---- choosing the source ---- */

static mp_code probe(int64_t *out, list *l, size_t f, mp_error *err)
{
    start_statement(l);
    add(l, "SELECT count(*) FROM (SELECT 1 FROM record_entry d WHERE d.nth >= 0 AND d.idx = ");
    add_value(l, mp_int(l->ids->indexes[l->filter_index[f]]));
    add_range(l, "d", f);
    add(l, " LIMIT ");
    add_value(l, mp_int(PROBE + 1));
    add(l, ") s");
    MP_TRY(finish_statement(l, err));
    return mp_sql_int(out, l->tx, l->sql.ptr, l->values, l->value_count, err);
}

/* The filter that lets the fewest through, as far as it was counted. */
static mp_code most_selective(size_t *filter, int64_t *entries, list *l, mp_error *err)
{
    *filter = SIZE_MAX;
    *entries = PROBE + 1;
    for (size_t f = 0; f < l->q->filter_count; f++) {
        int64_t found = 0;
        bool    is_eq = l->q->filters[f].op == MP_FILTER_EQ;
        if (l->q->filters[f].op == MP_FILTER_NE)
            continue;
        if (is_eq && l->ids->kind->indexes[l->filter_index[f]].is_unique) {
            *filter = f;
            *entries = 1;
            return MP_OK;
        }
        MP_TRY(probe(&found, l, f, err));
        bool is_better =
            found < *entries || (is_eq && (*filter == SIZE_MAX || l->q->filters[*filter].op != MP_FILTER_EQ));
        if (*filter == SIZE_MAX || is_better) {
            *filter = f;
            *entries = found;
        }
    }
    return MP_OK;
}

/* A filter on the index of the order, where a record has one value at most: then it says where the walk is. */
static mp_code narrowing(size_t *filter, list *l, mp_error *err)
{
    int64_t has_many = 0;
    *filter = SIZE_MAX;
    for (size_t f = 0; f < l->q->filter_count && *filter == SIZE_MAX; f++)
        if (l->filter_index[f] == l->order && l->q->filters[f].op != MP_FILTER_NE)
            *filter = f;
    if (*filter == SIZE_MAX)
        return MP_OK;
    mp_code code = mp_sql_int(&has_many, l->tx, "SELECT has_many FROM record_index WHERE id = ?1",
                              MP_VALUES(mp_int(l->ids->indexes[l->order])), err);
    if (code == MP_OK && has_many)
        *filter = SIZE_MAX;
    return code == MP_MISSING ? MP_OK : code;
}

static bool is_one_equality(const list *l)
{
    return l->q->filter_count == 1 && l->q->filters[0].op == MP_FILTER_EQ;
}

static mp_code choose(list *l, mp_error *err)
{
    size_t  filter = SIZE_MAX;
    int64_t entries = 0;
    l->driver = SIZE_MAX;
    l->source = l->order == SIZE_MAX ? BY_KEY : BY_INDEX;
    if (l->q->filter_count == 0)
        return MP_OK;
    if (l->order == SIZE_MAX && is_one_equality(l)) {
        filter = 0;
        entries = 1;
    } else {
        MP_TRY(most_selective(&filter, &entries, l, err));
    }
    if (filter == SIZE_MAX)
        return MP_OK;
    bool gives_order = l->order == SIZE_MAX && l->q->filters[filter].op == MP_FILTER_EQ;
    if (entries <= PROBE || gives_order) {
        l->source = BY_FILTER;
        l->driver = filter;
        return MP_OK;
    }
    return l->source == BY_INDEX ? narrowing(&l->driver, l, err) : MP_OK;
}

/* ---- the query as it was given ---- */

/* The first text behind all that begin with `prefix`: its last character that can be one more, one more. */
static mp_str behind_prefix(mp_arena *arena, mp_str prefix)
{
    while (prefix.len) {
        size_t   start = prefix.len - 1;
        uint32_t cp;
        while (start > 0 && ((uint8_t)prefix.ptr[start] & 0xC0) == 0x80)
            start--;
        uint8_t lead = (uint8_t)prefix.ptr[start];
        if (lead < 0x80)
            cp = lead;
        else
            cp = lead < 0xE0 ? lead & 0x1Fu : lead < 0xF0 ? lead & 0x0Fu : lead & 0x07u;
        for (size_t i = start + 1; i < prefix.len; i++)
            cp = cp << 6 | ((uint8_t)prefix.ptr[i] & 0x3Fu);
        if (cp < 0x10FFFF) {
            char   next[4];
            size_t len;
            cp = cp + 1 == 0xD800 ? 0xE000 : cp + 1;
            if (cp < 0x80) {
                next[0] = (char)cp;
                len = 1;
            } else if (cp < 0x800) {
                next[0] = (char)(0xC0 | cp >> 6);
                next[1] = (char)(0x80 | (cp & 0x3F));
                len = 2;
            } else if (cp < 0x10000) {
                next[0] = (char)(0xE0 | cp >> 12);
                next[1] = (char)(0x80 | (cp >> 6 & 0x3F));
                next[2] = (char)(0x80 | (cp & 0x3F));
                len = 3;
            } else {
                next[0] = (char)(0xF0 | cp >> 18);
                next[1] = (char)(0x80 | (cp >> 12 & 0x3F));
                next[2] = (char)(0x80 | (cp >> 6 & 0x3F));
                next[3] = (char)(0x80 | (cp & 0x3F));
                len = 4;
            }
            return mp_arena_printf(arena, "%.*s%.*s", (int)start, prefix.ptr, (int)len, next);
        }
        prefix.len = start;
    }
    return mp_str_of("", 0);
}

static mp_code take_filter(list *l, size_t f, mp_error *err)
{
    const mp_record_filter *filter = &l->q->filters[f];
    size_t                  index = mp_kind_index(l->ids->kind, filter->index);
    if (index == SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "records of kind \"%s\" have no index \"%s\"", l->ids->kind->name,
                       filter->index);
    if (!mp_utf8_valid(filter->value))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the value for \"%s\" is not UTF-8", filter->index);
    if (filter->op == MP_FILTER_STARTS &&
        (filter->value.len > MP_ENTRY_MAX / 2 || mp_str_find(filter->value, '\0') != SIZE_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the beginning wanted of \"%s\" is over %d bytes or holds a NUL",
                       filter->index, MP_ENTRY_MAX / 2);
    l->filter_index[f] = index;
    l->filter_value[f] = mp_entry_value(l->tx->arena, &l->ids->kind->indexes[index], filter->value);
    if (l->filter_value[f].ptr && filter->op == MP_FILTER_STARTS)
        l->filter_end[f] = behind_prefix(l->tx->arena, l->filter_value[f]);
    if (!l->filter_value[f].ptr || (filter->op == MP_FILTER_STARTS && !l->filter_end[f].ptr))
        return mp_no_memory(err);
    return MP_OK;
}

/* A text that another query does not have. */
static mp_code binding_of(mp_str *out, const list *l, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_printf(&b, "list %s %s %d %lld", l->ids->kind->name, l->q->order ? l->q->order : "", l->q->descending,
                  (long long)l->q->as_of);
    for (size_t f = 0; f < l->q->filter_count; f++) {
        mp_buf_printf(&b, " %s %d %zu ", l->q->filters[f].index, (int)l->q->filters[f].op, l->filter_value[f].len);
        mp_buf_add(&b, l->filter_value[f]);
    }
    mp_code code = mp_buf_check(&b, err);
    if (code == MP_OK) {
        *out = mp_arena_dup(l->tx->arena, mp_buf_str(&b));
        if (!out->ptr)
            code = mp_no_memory(err);
    }
    mp_buf_free(&b);
    return code;
}

static mp_code take_query(list *l, mp_str *binding, mp_error *err)
{
    const mp_record_query *q = l->q;
    MP_TRY(mp_kind_find(&l->ids, l->tx->store, q->kind, err));
    l->limit = q->limit == 0 ? PAGE : q->limit > PAGE_MOST ? PAGE_MOST : q->limit;
    l->order = mp_kind_index(q->kind, q->order);
    if (q->order && l->order == SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "records of kind \"%s\" have no index \"%s\"", q->kind->name,
                       q->order);
    if (q->filter_count > MP_FILTERS_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%zu filters; at most %d", q->filter_count, MP_FILTERS_MAX);
    for (size_t f = 0; f < q->filter_count; f++)
        MP_TRY(take_filter(l, f, err));
    MP_TRY(binding_of(binding, l, err));
    l->has_place = q->after.len > 0;
    return l->has_place ? mp_continuation_read(&l->place, l->tx->arena, q->after, *binding, err) : MP_OK;
}

/* ---- answering ---- */

static mp_code read_page(mp_record_page *page, mp_str *last_value, bool *has_more, list *l, mp_arena *arena,
                         mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    mp_code  code;
    start_statement(l);
    add_page(l);
    MP_TRY(finish_statement(l, err));
    MP_TRY(mp_sql_ask(&rows, l->tx, l->sql.ptr, l->values, l->value_count, err));
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        if (page->count == l->limit) {
            *has_more = true;
            break;
        }
        mp_record *r = &page->records[page->count++];
        r->key = mp_arena_dup(arena, mp_rows_bytes(rows, 0));
        code = r->key.ptr ? mp_record_from(r, l->tx, rows, 1, arena, err)
                          : mp_no_memory(err);
        if (code == MP_OK && page->count == l->limit && l->order != SIZE_MAX) {
            *last_value = mp_arena_dup(l->tx->arena, mp_rows_bytes(rows, 6));
            if (!last_value->ptr)
                code = mp_no_memory(err);
        }
        if (code != MP_OK)
            break;
    }
    mp_rows_close(rows);
    return code;
}

static mp_code count_all(int64_t *out, list *l, mp_error *err)
{
    size_t  order = l->order;
    int64_t entries = 0;
    /* No order is needed: the best filter drives, whatever it lets through. */
    l->order = SIZE_MAX;
    l->driver = SIZE_MAX;
    if (is_one_equality(l))
        l->driver = 0;
    else if (l->q->filter_count)
        MP_TRY(most_selective(&l->driver, &entries, l, err));
    l->source = l->driver == SIZE_MAX ? BY_KEY : BY_FILTER;
    start_statement(l);
    add(l, "SELECT count(*) FROM (");
    if (!comes_sorted(l))
        add(l, "SELECT DISTINCT s.key FROM (");
    add_arm(l, false, false, false);
    if (l->q->as_of) {
        add(l, " UNION ALL ");
        add_arm(l, true, false, false);
    }
    add(l, comes_sorted(l) ? ") x" : ") s) x");
    l->order = order;
    MP_TRY(finish_statement(l, err));
    return mp_sql_int(out, l->tx, l->sql.ptr, l->values, l->value_count, err);
}

static mp_code answer(mp_record_page *out, list *l, mp_str binding, mp_arena *arena, mp_error *err)
{
    mp_record_page page = { .total = -1 };
    mp_str         last_value = MP_S("");
    bool           has_more = false;
    page.records = MP_ARENA_ARRAY(arena, mp_record, l->limit);
    if (!page.records)
        return mp_no_memory(err);
    MP_TRY(choose(l, err));
    MP_TRY(read_page(&page, &last_value, &has_more, l, arena, err));
    if (has_more) {
        mp_place_in_list place = { page.records[page.count - 1].key, last_value };
        page.next = mp_continuation(arena, binding, &place);
        if (!page.next.ptr)
            return mp_no_memory(err);
    }
    if (l->q->counts)
        MP_TRY(count_all(&page.total, l, err));
    *out = page;
    return MP_OK;
}

mp_code mp_record_list(mp_record_page *out, mp_tx *tx, const mp_record_query *query, mp_arena *arena, mp_error *err)
{
    list    l = { .tx = tx, .q = query };
    mp_str  binding;
    mp_code code = take_query(&l, &binding, err);
    if (code == MP_OK)
        code = answer(out, &l, binding, arena, err);
    mp_buf_free(&l.sql);
    return code;
}
