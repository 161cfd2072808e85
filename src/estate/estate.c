/* SPDX-License-Identifier: Apache-2.0 */
#include "estate.h"

#include "canonical.h"
#include "jsonw.h"
#include "text.h"
#include "time_put.h"

/* Lists stand on two facts: the index "id" has the keys in their order, so that what is below a scope is one run of
 * it; and an entry of "in" is one type in one place, so that it costs what it finds. */
static const mp_record_index indexes[] = {
    { .name = "id", .path = "id", .folds = true },
    { .name = "type", .path = "type", .folds = true },
    { .name = "in", .path = "in" },
    { .name = "tags", .path = "tags" },
    { .name = "native", .path = "document/nativeId" },
};
const mp_kind mp_estate_kind = { .name = "resource", .indexes = indexes, .index_count = MP_COUNT(indexes) };

#define SUBSCRIPTIONS MP_S("Microsoft.Resources/subscriptions")

enum { PAGE = 1000, EACH_PAGE = 200, TAGS_INDEXED = 500, STARTS_MAX = 512 };

static mp_str shown(mp_str s) { return mp_str_of(s.ptr, s.len < 200 ? s.len : 200); }

static mp_ticks time_of(const mp_json *object, const char *member)
{
    mp_ticks t;
    return mp_clock_parse(&t, mp_json_get_text(object, member)) ? t : 0;
}

/* ---- one resource ---- */

static void take(mp_estate_item *out, const mp_record *record)
{
    *out = (mp_estate_item){
        .id = mp_json_get_text(record->body, "id"),
        .key = record->key,
        .type = mp_json_get_text(record->body, "type"),
        .document = mp_json_get(record->body, MP_S("document")),
        .native_id = mp_json_get_text(mp_json_get(record->body, MP_S("document")), "nativeId"),
        .source = mp_json_get_text(record->body, "source"),
        .seen_at = time_of(record->body, "seenAt"),
        .closed_at = time_of(record->body, "closedAt"),
        .is_presumed = mp_json_is_true(mp_json_get(record->body, MP_S("presumed"))),
        .version = record->version,
        .since = record->since,
        .until = record->until,
    };
}

static mp_code is_missing(mp_str key, mp_error *err)
{
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource '%.*s'", MP_FMT(shown(key)));
}

/* Also a closed one; *is_there false: none. */
static mp_code find(mp_record *out, bool *is_there, mp_tx *tx, mp_str key, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    mp_code code = mp_record_get(out, tx, &mp_estate_kind, key, as_of, arena, err);
    *is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

mp_code mp_estate_get(mp_estate_item *out, mp_tx *tx, mp_str key, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    mp_record      record;
    mp_estate_item item;
    bool           is_there;
    MP_TRY(find(&record, &is_there, tx, key, as_of, arena, err));
    if (is_there)
        take(&item, &record);
    if (!is_there || item.closed_at)
        return is_missing(key, err);
    *out = item;
    return MP_OK;
}

/* ---- what is stored ---- */

typedef struct making {
    mp_tx                 *tx;
    const mp_estate_write *what;
    mp_arena              *arena;
    mp_estate_item         old;
    bool                   has_old; /* also a closed one */
    mp_str                 id, type;
    mp_jsonw               w;
    bool                   failed;
} making;

static void put(making *m, const char *name, mp_str value)
{
    m->failed = m->failed || !value.ptr;
    mp_jsonw_key(&m->w, mp_str_from(name));
    mp_jsonw_str(&m->w, value);
}

static bool was_there(const making *m) { return m->has_old && !m->old.closed_at; }

static void put_system_data(making *m)
{
    const mp_json *before = was_there(m) ? mp_json_get(m->old.document, MP_S("systemData")) : NULL;
    mp_str         now = mp_time_text(m->arena, mp_tx_time(m->tx));
    mp_str         by = m->what->by.ptr ? m->what->by : MP_S(""), kind = m->what->by_kind.ptr ? m->what->by_kind : MP_S("");
    static const char *const names[] = { "createdBy", "createdByType", "createdAt" };
    const mp_str created[] = { by, kind, now };
    mp_jsonw_key(&m->w, MP_S("systemData"));
    mp_jsonw_object(&m->w);
    for (size_t i = 0; i < MP_COUNT(names); i++)
        put(m, names[i], mp_json_get_text(before, names[i]).ptr ? mp_json_get_text(before, names[i]) : created[i]);
    put(m, "lastModifiedBy", by);
    put(m, "lastModifiedByType", kind);
    put(m, "lastModifiedAt", now);
    mp_jsonw_end(&m->w);
}

/* What a resource of another cloud is called, its reader knows. */
static bool keeps_name(const making *m)
{
    const mp_json *name = mp_json_get(m->what->document, MP_S("name"));
    return mp_json_get_text(m->what->document, "nativeId").len && mp_json_is(name, MP_JSON_STRING);
}

/* Members that are ours to say; the rest stays as it was given. */
static bool is_ours(const making *m, mp_str name)
{
    if (keeps_name(m) && mp_str_eq(name, MP_S("name")))
        return false;
    return mp_str_eq_fold(name, MP_S("id")) || mp_str_eq_fold(name, MP_S("name")) || mp_str_eq_fold(name, MP_S("type")) ||
           (!m->what->keeps_system_data && mp_str_eq_fold(name, MP_S("systemData")));
}

static void put_document(making *m)
{
    size_t slash = mp_str_rfind(m->id, '/');
    mp_jsonw_key(&m->w, MP_S("document"));
    mp_jsonw_object(&m->w);
    put(m, "id", m->id);
    if (!keeps_name(m))
        put(m, "name", mp_str_skip(m->id, slash == SIZE_MAX ? 0 : slash + 1));
    put(m, "type", m->type);
    if (mp_json_is(m->what->document, MP_JSON_OBJECT)) {
        for (MP_JSON_MEMBERS(key, m->what->document)) {
            if (is_ours(m, mp_json_str(key)))
                continue;
            mp_jsonw_key(&m->w, mp_json_str(key));
            mp_jsonw_value(&m->w, key + 1);
        }
    }
    if (!m->what->keeps_system_data)
        put_system_data(m);
    mp_jsonw_end(&m->w);
}

/* The type alone, then in each place that holds the resource. */
static mp_code put_in(making *m, mp_error *err)
{
    mp_str   type = mp_arena_lower(m->arena, m->type), entry;
    mp_place holder = *m->what->place;
    if (!type.ptr)
        return mp_no_memory(err);
    mp_jsonw_key(&m->w, MP_S("in"));
    mp_jsonw_array(&m->w);
    mp_jsonw_str(&m->w, type);
    while (holder.parent.len > 1) {
        MP_TRY(mp_place_of(&holder, holder.parent, m->arena, err));
        entry = mp_arena_printf(m->arena, "%.*s|%.*s", MP_FMT(type), MP_FMT(holder.key));
        if (!entry.ptr)
            return mp_no_memory(err);
        mp_jsonw_str(&m->w, entry);
    }
    mp_jsonw_end(&m->w);
    return MP_OK;
}

/* Names without case, values as they are. */
static mp_str tag_entry(mp_arena *arena, mp_str name, mp_str value)
{
    mp_str low = mp_arena_lower(arena, name);
    return low.ptr ? mp_arena_printf(arena, "%.*s=%.*s", MP_FMT(low), MP_FMT(value)) : low;
}

static mp_code put_tags(making *m, mp_error *err)
{
    const mp_json *tags = mp_json_get_fold(m->what->document, MP_S("tags"));
    size_t         count = 0;
    mp_jsonw_key(&m->w, MP_S("tags"));
    mp_jsonw_array(&m->w);
    if (mp_json_is(tags, MP_JSON_OBJECT)) {
        for (MP_JSON_MEMBERS(key, tags)) {
            if (count++ == TAGS_INDEXED)
                break;
            mp_str entry = tag_entry(m->arena, mp_json_str(key),
                                     mp_json_is(key + 1, MP_JSON_STRING) ? mp_json_str(key + 1) : MP_S(""));
            if (!entry.ptr)
                return mp_no_memory(err);
            mp_jsonw_str(&m->w, entry);
        }
    }
    mp_jsonw_end(&m->w);
    return MP_OK;
}

/* When a reader finds what is there already, nothing has happened: it keeps the time at which it was found so first. */
static mp_str seen_text(making *m, const mp_json *document)
{
    mp_str now = mp_time_text(m->arena, mp_tx_time(m->tx));
    size_t nodes = mp_json_nodes(document);
    if (!was_there(m) || !m->what->keeps_system_data || mp_json_nodes(m->old.document) != nodes ||
        !mp_str_eq(m->old.source, m->what->source))
        return now;
    mp_buf before = MP_BUF_INIT, after = MP_BUF_INIT;
    bool is_same = mp_canonical(&before, m->old.document, NULL) == MP_OK &&
                   mp_canonical(&after, document, NULL) == MP_OK &&
                   mp_str_eq(mp_buf_str(&before), mp_buf_str(&after));
    mp_buf_free(&before);
    mp_buf_free(&after);
    return is_same ? mp_time_text(m->arena, m->old.seen_at) : now;
}

static mp_code make_body(const mp_json **out, making *m, mp_error *err)
{
    mp_jsonw_init(&m->w, m->arena);
    mp_jsonw_object(&m->w);
    put(m, "id", m->id);
    put(m, "type", m->type);
    MP_TRY(put_in(m, err));
    MP_TRY(put_tags(m, err));
    put(m, "source", m->what->source.ptr ? m->what->source : MP_S(""));
    if (m->what->is_presumed)
        mp_jsonw_put_bool(&m->w, "presumed", true);
    put_document(m);
    mp_jsonw_end(&m->w);
    const mp_json *head = mp_jsonw_done(&m->w);
    if (!head || m->failed)
        return mp_no_memory(err);
    mp_str seen = seen_text(m, mp_json_get(head, MP_S("document")));
    mp_jsonw_object(&m->w);
    for (MP_JSON_MEMBERS(key, head)) {
        mp_jsonw_key(&m->w, mp_json_str(key));
        mp_jsonw_value(&m->w, key + 1);
    }
    put(m, "seenAt", seen);
    mp_jsonw_end(&m->w);
    *out = mp_jsonw_done(&m->w);
    return *out && !m->failed ? MP_OK : mp_no_memory(err);
}

/* ---- writing ---- */

static mp_code check_holders(mp_tx *tx, const mp_estate_write *what, mp_arena *arena, mp_error *err)
{
    const mp_place *place = what->place;
    mp_estate_item  holder;
    mp_place        parent;
    if (place->kind != MP_PLACE_RESOURCE)
        return MP_OK;
    if (place->group_key.len) {
        mp_code code = mp_estate_get(&holder, tx, place->group_key, 0, arena, err);
        if (code == MP_MISSING)
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource group '%.*s'", MP_FMT(place->group));
        MP_TRY(code);
        if (what->group_version && holder.version != what->group_version)
            return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "somebody else was writing there");
    }
    if (!mp_str_eq(what->source, MP_S("api")) || mp_str_eq(place->parent, place->group_key))
        return MP_OK;
    MP_TRY(mp_place_of(&parent, place->parent, arena, err));
    return parent.kind == MP_PLACE_RESOURCE ? mp_estate_get(&holder, tx, place->parent, 0, arena, err) : MP_OK;
}

mp_code mp_estate_put(mp_estate_item *out, bool *is_new, mp_tx *tx, const mp_estate_write *what, mp_arena *arena,
                      mp_error *err)
{
    making         m = { .tx = tx, .what = what, .arena = arena, .id = what->place->id, .type = what->place->type };
    mp_record      record;
    const mp_json *body = NULL;
    int64_t        expected = what->expected;
    bool is_subscription = what->place->kind == MP_PLACE_SUBSCRIPTION; /* readers tell of them; clients make them elsewhere */
    if (what->place->kind < MP_PLACE_SUBSCRIPTION || (is_subscription && mp_str_eq(what->source, MP_S("api"))))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is neither a resource group nor a resource",
                       MP_FMT(shown(what->place->id)));
    if (is_subscription)
        m.type = SUBSCRIPTIONS;
    MP_TRY(check_holders(tx, what, arena, err));
    MP_TRY(find(&record, &m.has_old, tx, what->place->key, 0, arena, err));
    if (m.has_old) {
        take(&m.old, &record);
        m.id = m.old.id;
        m.type = m.old.type;
    }
    if (m.has_old && m.old.closed_at && expected != MP_ANY_VERSION) { /* for whoever expects something it is not there */
        if (expected != MP_NO_VERSION)
            return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "'%.*s' is not there any more", MP_FMT(shown(m.id)));
        expected = m.old.version;
    }
    MP_TRY(make_body(&body, &m, err));
    MP_TRY(mp_record_put(&record, tx, &mp_estate_kind, what->place->key, body, expected, err));
    take(out, &record);
    if (is_new)
        *is_new = !was_there(&m);
    return MP_OK;
}

mp_code mp_estate_find_native(mp_estate_item *out, mp_tx *tx, mp_str native_id, mp_str source, mp_arena *arena,
                              mp_error *err)
{
    mp_record_filter filter = { .index = "native", .op = MP_FILTER_EQ, .value = native_id };
    mp_record_query  query = { .kind = &mp_estate_kind, .filters = &filter, .filter_count = 1, .limit = EACH_PAGE };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            take(out, &page.records[i]);
            if (!out->closed_at && mp_str_eq(out->native_id, native_id) && mp_str_eq(out->source, source))
                return MP_OK;
        }
        query.after = page.next;
    } while (page.next.len);
    return is_missing(native_id, err);
}

/* Entries of "id" begin like this for what is below; of a very long one the beginning only. */
static mp_str below(mp_arena *arena, mp_str key)
{
    mp_str start = mp_arena_printf(arena, "%.*s/", MP_FMT(key));
    while (start.len > STARTS_MAX || !mp_utf8_valid(start))
        start.len--;
    return start;
}

mp_code mp_estate_delete(uint64_t *removed, mp_tx *tx, mp_str key, int64_t expected, mp_error *err)
{
    mp_arena        *arena = mp_tx_arena(tx);
    mp_estate_item   item;
    mp_record_filter filter = { .index = "id", .op = MP_FILTER_STARTS, .value = below(arena, key) };
    mp_record_query query = {
        .kind = &mp_estate_kind, .filters = &filter, .filter_count = 1, .order = "id", .limit = EACH_PAGE
    };
    mp_record_page   page;
    uint64_t         count = 1;
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_estate_get(&item, tx, key, 0, arena, err));
    MP_TRY(mp_record_delete(tx, &mp_estate_kind, key, expected, err));
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            if (!mp_place_holds(key, page.records[i].key))
                continue;
            MP_TRY(mp_record_delete(tx, &mp_estate_kind, page.records[i].key, MP_ANY_VERSION, err));
            count++;
        }
        query.after = page.next;
    } while (page.next.len);
    *removed = count;
    return MP_OK;
}

mp_code mp_estate_close(mp_tx *tx, mp_str key, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    mp_record      record;
    mp_jsonw       w;
    mp_estate_item item;
    bool           is_there;
    MP_TRY(find(&record, &is_there, tx, key, 0, arena, err));
    if (is_there)
        take(&item, &record);
    if (!is_there || item.closed_at)
        return is_missing(key, err);
    mp_str now = mp_time_text(arena, mp_tx_time(tx));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(name, record.body)) {
        mp_jsonw_key(&w, mp_json_str(name));
        mp_jsonw_value(&w, name + 1);
    }
    mp_jsonw_put_str(&w, "closedAt", now);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body || !now.ptr)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_estate_kind, key, body, record.version, err);
}

/* ---- many ---- */

/* Room for a query while it is used. */
typedef struct listing {
    mp_record_filter filters[3];
    mp_record_query  query;
} listing;

static mp_code plan(listing *l, const mp_estate_query *q, mp_arena *arena, mp_error *err)
{
    bool   is_all = q->scope.len == 0 || mp_str_eq(q->scope, MP_S("/"));
    mp_str type = mp_arena_lower(arena, q->type), value;
    *l = (listing){ .query = { .kind = &mp_estate_kind,
                               .filters = l->filters,
                               .after = q->after,
                               .as_of = q->as_of,
                               .order = "id",
                               .limit = q->limit == 0 || q->limit > PAGE ? PAGE : q->limit } };
    size_t n = 0;
    if (type.len) {
        value = is_all ? type : mp_arena_printf(arena, "%.*s|%.*s", MP_FMT(type), MP_FMT(q->scope));
        l->filters[n++] = (mp_record_filter){ .index = "in", .op = MP_FILTER_EQ, .value = value };
        l->query.order = NULL; /* keys of one entry come in order */
    } else if (q->after_key.len) { /* where the scope ends, mp_estate_list() says */
        l->filters[n++] = (mp_record_filter){ .index = "id", .op = MP_FILTER_GE, .value = q->after_key };
    } else if (!is_all) {
        l->filters[n++] = (mp_record_filter){ .index = "id", .op = MP_FILTER_STARTS, .value = below(arena, q->scope) };
    }
    if (q->tag.len) {
        size_t equals = mp_str_find(q->tag, '=');
        mp_str name = mp_str_of(q->tag.ptr, equals == SIZE_MAX ? q->tag.len : equals);
        value = tag_entry(arena, name, q->tag_any ? MP_S("") : mp_str_skip(q->tag, name.len + 1));
        l->filters[n++] =
            (mp_record_filter){ .index = "tags", .op = q->tag_any ? MP_FILTER_STARTS : MP_FILTER_EQ, .value = value };
    }
    l->query.filter_count = n;
    for (size_t i = 0; i < n; i++)
        if (!l->filters[i].value.ptr)
            return mp_no_memory(err);
    return type.ptr ? MP_OK : mp_no_memory(err);
}

static bool has_tag(const mp_estate_item *item, const mp_estate_query *q)
{
    const mp_json *tags = mp_json_get_fold(item->document, MP_S("tags"));
    size_t         equals = mp_str_find(q->tag, '=');
    mp_str         name = mp_str_of(q->tag.ptr, equals == SIZE_MAX ? q->tag.len : equals);
    const mp_json *value = mp_json_get_fold(tags, name);
    return value && (q->tag_any || (mp_json_is(value, MP_JSON_STRING) &&
                                    mp_str_eq(mp_json_str(value), mp_str_skip(q->tag, name.len + 1))));
}

static bool is_container(mp_str type)
{
    return mp_str_eq_fold(type, MP_S("Microsoft.Resources/resourceGroups")) || mp_str_eq_fold(type, SUBSCRIPTIONS);
}

/* What the indexes leave open: closed ones, what holds others, keys that only begin alike. */
static bool is_wanted(const mp_estate_item *item, const mp_estate_query *q)
{
    if (item->closed_at && !q->with_closed)
        return false;
    if (q->type.len ? !mp_str_eq_fold(item->type, q->type) : !q->with_groups && is_container(item->type))
        return false;
    if (q->tag.len && !has_tag(item, q))
        return false;
    if (q->after_key.len && mp_str_cmp(item->key, q->after_key) <= 0)
        return false;
    return q->scope.len == 0 || mp_place_holds(q->scope, item->key);
}

mp_code mp_estate_list(mp_estate_page *out, mp_tx *tx, const mp_estate_query *query, mp_arena *arena, mp_error *err)
{
    listing        l;
    mp_record_page page;
    mp_record      self;
    mp_estate_page made = { .count = 0 };
    bool           has_self = false;
    MP_TRY(plan(&l, query, arena, err));
    if (query->scope.len > 1 && query->after.len == 0 &&
        query->after_key.len == 0) /* the scope itself stands before all that is below it */
        MP_TRY(find(&self, &has_self, tx, query->scope, query->as_of, arena, err));
    MP_TRY(mp_record_list(&page, tx, &l.query, arena, err));
    made.items = MP_ARENA_ARRAY(arena, mp_estate_item, page.count + 1);
    if (!made.items)
        return mp_no_memory(err);
    if (has_self)
        take(&made.items[0], &self);
    made.count = has_self && is_wanted(&made.items[0], query);
    for (size_t i = 0; i < page.count; i++) {
        take(&made.items[made.count], &page.records[i]);
        made.count += is_wanted(&made.items[made.count], query);
    }
    bool is_past = query->after_key.len && query->scope.len && page.count &&
                   !mp_place_holds(query->scope, page.records[page.count - 1].key);
    made.next = is_past && l.query.order ? MP_S("") : page.next;
    *out = made;
    return MP_OK;
}

/* Every key begins with a slash, and '0' is the byte behind it. The scope itself is a piece of its own: between it
 * and what is below stand its neighbours whose names are longer. */
mp_code mp_estate_ends(mp_str *from, mp_str *last, const mp_estate_run *run, mp_arena *arena, mp_error *err)
{
    bool   is_all = run->scope.len <= 1, is_self = !is_all && run->from.len == 0;
    mp_str below = is_all ? MP_S("") : mp_arena_printf(arena, "%.*s/", MP_FMT(run->scope)),
           end = is_all ? MP_S("0") : mp_arena_printf(arena, "%.*s0", MP_FMT(run->scope));
    *from = is_self ? run->scope : mp_str_cmp(run->from, below) < 0 ? below : run->from;
    *last = is_self ? run->scope : run->last.len ? run->last : end;
    return below.ptr && end.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_estate_range(mp_estate_page *out, mp_tx *tx, const mp_estate_run *run, uint32_t limit, mp_arena *arena,
                        mp_error *err)
{
    mp_record_run   records = { .kind = &mp_estate_kind, .as_of = run->as_of };
    mp_record_page  page;
    mp_estate_page  made = { .count = 0 };
    mp_estate_query wanted = { .scope = run->scope, .with_groups = true };
    MP_TRY(mp_estate_ends(&records.from, &records.last, run, arena, err));
    MP_TRY(mp_record_range(&page, tx, &records, limit, arena, err));
    made.items = MP_ARENA_ARRAY(arena, mp_estate_item, page.count + 1);
    if (!made.items)
        return mp_no_memory(err);
    for (size_t i = 0; i < page.count; i++) {
        take(&made.items[made.count], &page.records[i]);
        made.count += is_wanted(&made.items[made.count], &wanted);
    }
    bool is_self = run->scope.len > 1 && run->from.len == 0;
    made.next = is_self && !mp_str_eq(run->last, run->scope) ? run->scope : page.next;
    *out = made;
    return MP_OK;
}

mp_code mp_estate_cuts(mp_str *keys, size_t *count, mp_tx *tx, const mp_estate_run *run, uint32_t each,
                       mp_arena *arena, mp_error *err)
{
    mp_record_run records = { .kind = &mp_estate_kind };
    size_t        most = *count;
    bool          is_self = run->scope.len > 1 && run->from.len == 0;
    mp_estate_run rest = *run;
    if (is_self) {
        keys[0] = run->scope;
        rest.from = mp_record_behind(run->scope, arena);
    }
    if (is_self && !rest.from.ptr)
        return mp_no_memory(err);
    *count = most - is_self;
    MP_TRY(mp_estate_ends(&records.from, &records.last, &rest, arena, err));
    MP_TRY(mp_record_cuts(keys + is_self, count, tx, &records, each, arena, err));
    *count += is_self;
    return MP_OK;
}

mp_code mp_estate_each(mp_tx *tx, const mp_estate_query *query, mp_estate_visit *visit, void *ctx, mp_error *err)
{
    mp_estate_query q = *query;
    mp_estate_page  page = { .count = 0 };
    mp_arena        arena = MP_ARENA_INIT, kept = MP_ARENA_INIT;
    mp_code         code = MP_OK;
    q.limit = EACH_PAGE;
    do {
        code = mp_estate_list(&page, tx, &q, &arena, err);
        for (size_t i = 0; code == MP_OK && i < page.count; i++)
            code = visit(ctx, &page.items[i], err);
        if (code == MP_OK && page.next.len) {
            mp_arena_reset(&kept);
            q.after = mp_arena_dup(&kept, page.next);
            code = q.after.ptr ? MP_OK : mp_no_memory(err);
        }
        mp_arena_reset(&arena);
    } while (code == MP_OK && page.next.len);
    mp_arena_free(&arena);
    mp_arena_free(&kept);
    return code;
}
