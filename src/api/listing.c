/* SPDX-License-Identifier: Apache-2.0 */
#include "listing.h"

#include "routes.h"
#include "seal.h"

/* ---- numbers and times of a query ---- */

mp_code mp_query_number(uint64_t *out, const mp_http_request *request, mp_str name, mp_error *err)
{
    if (!mp_http_has_query(request, name))
        return MP_OK;
    mp_str   text = mp_http_query(request, name);
    uint64_t n = 0;
    bool     is_number = text.len > 0 && text.len <= 18;
    for (size_t i = 0; is_number && i < text.len; i++) {
        is_number = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (!is_number)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "found \"%.*s\" in \"%.*s\", wanted a whole number", MP_FMT(text),
                       MP_FMT(name));
    *out = n;
    return MP_OK;
}

mp_code mp_query_time(mp_ticks *out, const mp_http_request *request, mp_str name, mp_error *err)
{
    *out = 0;
    if (!mp_http_has_query(request, name))
        return MP_OK;
    mp_str text = mp_http_query(request, name);
    if (!mp_clock_parse(out, text) || *out <= 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "found \"%.*s\" in \"%.*s\", wanted a time as 2026-01-31T09:00:00Z", MP_FMT(text), MP_FMT(name));
    return MP_OK;
}

mp_code mp_list_top(uint32_t *out, const mp_http_request *request, uint32_t fallback, mp_error *err)
{
    uint64_t top = fallback;
    MP_TRY(mp_query_number(&top, request, MP_S("top"), err));
    if (top < 1 || top > 1000)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"top\" is %llu; wanted 1 to 1000", (unsigned long long)top);
    *out = (uint32_t)top;
    return MP_OK;
}

/* ---- the query ---- */

static const char *index_of(const mp_kind *kind, mp_str name)
{
    for (size_t i = 0; i < kind->index_count; i++)
        if (mp_str_eq(mp_str_from(kind->indexes[i].name), name))
            return kind->indexes[i].name;
    return NULL;
}

/* The route's parameter of that name, written as the table has it. */
static const mp_param *param_of(const mp_route *route, mp_str name)
{
    for (size_t i = 0; i < route->param_count; i++)
        if (mp_str_eq_fold(mp_str_from(route->params[i].name), name))
            return &route->params[i];
    return NULL;
}

static bool is_of_every_list(const mp_param *param)
{
    static const char *const names[] = { "top", "after", "orderBy", "asOf", "count", "lang" };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strcmp(param->name, names[i]) == 0)
            return true;
    return false;
}

static mp_code add_filter(mp_list_query *q, const char *index, mp_str value, mp_error *err)
{
    if (q->query.filter_count == MP_FILTERS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a list takes at most %d filters", MP_FILTERS_MAX);
    bool is_front = mp_str_ends(value, MP_S("*"));
    q->filters[q->query.filter_count++] = (mp_record_filter){
        .index = index,
        .op = is_front ? MP_FILTER_STARTS : MP_FILTER_EQ,
        .value = is_front ? mp_str_of(value.ptr, value.len - 1) : value,
    };
    return MP_OK;
}

static mp_code read_filters(mp_list_query *q, const mp_http_request *request, const mp_kind *kind, mp_error *err)
{
    for (size_t i = 0; i < request->query_count; i++) {
        mp_pair         asked = request->query[i];
        const mp_param *param = param_of(request->route, asked.name);
        if (!param)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no parameter of this list", MP_FMT(asked.name));
        const char *index = is_of_every_list(param) ? NULL : index_of(kind, mp_str_from(param->name));
        if (index && asked.value.len)
            MP_TRY(add_filter(q, index, asked.value, err));
    }
    return MP_OK;
}

/* "NAME" or "NAME desc" (or "NAME asc"). */
static mp_code read_order(mp_list_query *q, const mp_http_request *request, const mp_kind *kind, mp_error *err)
{
    mp_str order = mp_str_trim(mp_http_query(request, MP_S("orderBy")));
    if (order.len == 0)
        return MP_OK;
    size_t blank = mp_str_find(order, ' ');
    mp_str name = blank == SIZE_MAX ? order : mp_str_of(order.ptr, blank);
    mp_str way = blank == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_trim(mp_str_skip(order, blank));
    q->query.order = index_of(kind, name);
    q->query.descending = mp_str_eq(way, MP_S("desc"));
    if (!q->query.order || (way.len && !q->query.descending && !mp_str_eq(way, MP_S("asc"))))
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "found orderBy \"%.*s\", wanted a name that this list can be ordered by, and \"desc\" or nothing",
            MP_FMT(order));
    return MP_OK;
}

mp_code mp_list_read(mp_list_query *out, const mp_http_request *request, const mp_listing *listing, mp_error *err)
{
    *out = (mp_list_query){ .query = { .kind = listing->kind, .after = mp_http_query(request, MP_S("after")) } };
    for (size_t i = 0; i < listing->fixed_count; i++)
        out->filters[out->query.filter_count++] = listing->fixed[i];
    MP_TRY(read_filters(out, request, listing->kind, err));
    MP_TRY(read_order(out, request, listing->kind, err));
    MP_TRY(mp_list_top(&out->query.limit, request, 100, err));
    MP_TRY(mp_query_time(&out->query.as_of, request, MP_S("asOf"), err));
    out->query.counts = mp_str_eq(mp_http_query(request, MP_S("count")), MP_S("true"));
    out->query.filters = out->filters;
    return MP_OK;
}

/* ---- the answer ---- */

typedef struct reading {
    const mp_record_query *query; /* of a list; or */
    const mp_kind         *kind;  /* the history of */
    mp_str                 key, after;
    uint32_t               limit;
    mp_arena              *arena;
    mp_record_page         page;
} reading;

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    if (r->query)
        return mp_record_list(&r->page, tx, r->query, r->arena, err);
    return mp_record_history(&r->page, tx, r->kind, r->key, r->after, r->limit, r->arena, err);
}

static mp_code respond(mp_http_request *request, mp_http_response *response, mp_jsonw *w, const mp_record_page *page,
                       mp_error *err)
{
    mp_jsonw_end(w);
    mp_jsonw_put_filled(w, "next", page->next);
    if (page->total >= 0)
        mp_jsonw_put_int(w, "count", page->total);
    mp_jsonw_end(w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(w), err);
}

static void begin(mp_jsonw *w, const mp_http_request *request)
{
    mp_jsonw_init(w, request->arena);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
}

/* ---- what may be seen of a list ---- */

/* Where a page ends is told by the key of its last record, so a page ends with one that may be seen; and there is a
 * next page only when something on it may be seen. Else a filter and an empty page would tell what there is. */
typedef struct looking {
    mp_app                *app;
    const mp_http_request *request;
    const mp_listing      *listing;
    mp_record_query        query;
    mp_record_page         page;      /* what is seen */
    mp_buf                 after;     /* continuation: of the page that is read, */
    mp_buf                 last_page; /* and of the one with the last record that is seen, */
    uint32_t               last;      /* which is its so-manieth */
    bool                   has_more;
    mp_arena               scratch; /* of one page */
} looking;

static mp_code keep_seen(looking *l, const mp_record *record, mp_error *err)
{
    mp_arena  *arena = l->request->arena;
    mp_record *kept = &l->page.records[l->page.count++];
    *kept = *record;
    kept->key = mp_arena_dup(arena, record->key);
    kept->body = mp_arena_dup_json(arena, record->body);
    return kept->key.ptr && kept->body ? MP_OK : mp_no_memory(err);
}

static mp_code look_at_page(looking *l, bool *is_last, mp_tx *tx, mp_error *err)
{
    mp_record_page  page;
    mp_record_query query = l->query;
    bool            is_noted = false;
    query.after = mp_buf_str(&l->after);
    mp_arena_reset(&l->scratch);
    MP_TRY(mp_record_list(&page, tx, &query, &l->scratch, err));
    for (size_t i = 0; i < page.count && !l->has_more; i++) {
        if (!l->listing->is_seen(l->app, l->request, &page.records[i]))
            continue;
        l->has_more = l->page.count == query.limit;
        if (l->has_more)
            break;
        MP_TRY(keep_seen(l, &page.records[i], err));
        l->last = (uint32_t)i + 1;
        if (!is_noted) {
            mp_buf_clear(&l->last_page);
            mp_buf_add(&l->last_page, query.after);
            is_noted = true;
        }
    }
    *is_last = l->has_more || !page.next.len;
    mp_buf_clear(&l->after);
    mp_buf_add(&l->after, page.next);
    MP_TRY(mp_buf_check(&l->last_page, err));
    return mp_buf_check(&l->after, err);
}

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking *l = arg;
    bool     is_last = false;
    l->page = (mp_record_page){ .total = -1, .records = MP_ARENA_ARRAY(l->request->arena, mp_record, l->query.limit) };
    l->has_more = false;
    mp_buf_clear(&l->after);
    mp_buf_add(&l->after, l->query.after);
    if (!l->page.records)
        return mp_no_memory(err);
    while (!is_last)
        MP_TRY(look_at_page(l, &is_last, tx, err));
    if (!l->has_more)
        return MP_OK;
    mp_record_page  page;
    mp_record_query query = l->query;
    query.after = mp_buf_str(&l->last_page);
    query.limit = l->last;
    MP_TRY(mp_record_list(&page, tx, &query, l->request->arena, err));
    l->page.next = page.next;
    return MP_OK;
}

static mp_code read_seen(mp_record_page *out, mp_app *app, const mp_http_request *request, const mp_listing *listing,
                         const mp_record_query *query, mp_error *err)
{
    looking l = { .app = app, .request = request, .listing = listing, .query = *query };
    l.query.counts = false; /* what may not be seen is not counted either */
    mp_code code = mp_store_read(app->store, look, &l, err);
    mp_buf_free(&l.after);
    mp_buf_free(&l.last_page);
    mp_arena_free(&l.scratch);
    *out = l.page;
    return code;
}

/* ---- where the next page goes on ---- */

/* A place in a list is told by a key, in which there may be a name that is not for everybody who sees the record: it is sealed. */
#define PLACE_ABOUT MP_S("place in a list")

mp_code mp_list_open_place(mp_str *after, const mp_app *app, const mp_http_request *request, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    if (!after->len)
        return MP_OK;
    mp_code code = mp_unsealed(after, mp_access_seal(app->access), PLACE_ABOUT, *after, request->arena, &why);
    return code == MP_OK       ? MP_OK
           : code == MP_NOMEM ? mp_no_memory(err)
                              : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the continuation is none of this query");
}

mp_code mp_list_seal_place(mp_str *next, const mp_app *app, const mp_http_request *request, mp_error *err)
{
    return next->len ? mp_sealed(next, mp_access_seal(app->access), PLACE_ABOUT, *next, request->arena, err) : MP_OK;
}

mp_code mp_list_answer(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_listing *listing,
                       mp_error *err)
{
    mp_list_query asked;
    MP_TRY(mp_list_read(&asked, request, listing, err));
    MP_TRY(mp_list_open_place(&asked.query.after, app, request, err));
    reading r = { .query = &asked.query, .arena = request->arena };
    if (listing->is_seen)
        MP_TRY(read_seen(&r.page, app, request, listing, &asked.query, err));
    else
        MP_TRY(mp_store_read(app->store, read_page, &r, err));
    if (listing->named)
        MP_TRY(listing->named(app, request, r.page.records, r.page.count, err));
    MP_TRY(mp_list_seal_place(&r.page.next, app, request, err));
    mp_jsonw w;
    begin(&w, request);
    for (size_t i = 0; i < r.page.count; i++) {
        const mp_record *record = &r.page.records[i];
        const mp_json *body = listing->show ? listing->show(request, record) : record->body;
        if (!body)
            return mp_no_memory(err);
        mp_item_write(&w, record, body);
    }
    return respond(request, response, &w, &r.page, err);
}

/* A version is shown as it was; its kind has the shape of the body. */
static const mp_json_shape version_body_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .may_be_null = true,
                                                  .doc = "api.history.body" };
static const mp_property version_members[] = {
    { "version", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.member.version" },
    { "since", MP_TYPE_TIME, .is_required = true, .doc = "api.history.since" },
    { "until", MP_TYPE_TIME, .doc = "api.history.until" },
    { "body", MP_TYPE_OBJECT, .is_required = true, .may_be_null = true, .shape = &version_body_shape,
      .doc = "api.history.body" },
};
static const mp_json_shape version_shape = { .name = "RecordVersion", .type = MP_TYPE_OBJECT,
                                             .doc = "api.history.version", MP_PROPERTIES(version_members) };
static const mp_property history_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &version_shape, .max = 1000, .doc = "api.list.value" },
    { "next", MP_TYPE_STRING, .max = 4096, .doc = "api.list.next" },
};
const mp_json_shape mp_shape_history = { .name = "History", .type = MP_TYPE_OBJECT, .doc = "api.history",
                                         MP_PROPERTIES(history_members) };

static void add_time(mp_jsonw *w, mp_arena *arena, mp_str name, mp_ticks t)
{
    char *text = t ? mp_arena_alloc(arena, MP_CLOCK_TEXT) : NULL;
    if (!text)
        return;
    mp_clock_format(text, t);
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_str_from(text));
}

mp_code mp_list_last(mp_record *out, mp_app *app, mp_http_request *request, const mp_kind *kind, mp_str key,
                     mp_error *err)
{
    /* a deletion is a version, and never two in a row */
    reading r = { .kind = kind, .key = key, .limit = 2, .arena = request->arena };
    MP_TRY(mp_store_read(app->store, read_page, &r, err));
    for (size_t i = 0; i < r.page.count; i++)
        if (r.page.records[i].body) {
            *out = r.page.records[i];
            return MP_OK;
        }
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing is kept of what it was");
}

mp_code mp_list_history(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_listing *listing,
                        mp_str key, mp_error *err)
{
    reading r = { .kind = listing->kind, .key = key, .after = mp_http_query(request, MP_S("after")),
                  .arena = request->arena };
    MP_TRY(mp_list_top(&r.limit, request, 100, err));
    MP_TRY(mp_store_read(app->store, read_page, &r, err));
    mp_jsonw w;
    begin(&w, request);
    for (size_t i = 0; i < r.page.count; i++) {
        const mp_record *record = &r.page.records[i];
        if (listing->is_seen && record->body && !listing->is_seen(app, request, record))
            continue;
        mp_jsonw_object(&w);
        mp_jsonw_put_int(&w, "version", record->version);
        add_time(&w, request->arena, MP_S("since"), record->since);
        add_time(&w, request->arena, MP_S("until"), record->until);
        mp_jsonw_put_value(&w, "body", record->body);
        mp_jsonw_end(&w);
    }
    r.page.total = -1;
    return respond(request, response, &w, &r.page, err);
}
