/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions are gone through one after another, each with what is below it; management groups stand before all of
 * them, as their ids do. */
#include "arm_rows.h"

#include "rbac.h"

#define GROUP_READ "Microsoft.Management/managementGroups/read"
#define GROUP_PREFIX "/providers/Microsoft.Management/managementGroups/"
#define RESOURCE_GROUPS "Microsoft.Resources/resourceGroups"

enum {
    ID,
    NAME,
    TYPE,
    TENANT,
    KIND,
    LOCATION,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    MANAGED_BY,
    SKU,
    PLAN,
    PROPERTIES,
    TAGS,
    IDENTITY,
    ZONES,
    EXTENDED_LOCATION,
    COLUMN_COUNT
};

static const mp_kusto_column columns[COLUMN_COUNT] = {
    [ID] = { MP_S_INIT("id"), MP_KUSTO_STRING },
    [NAME] = { MP_S_INIT("name"), MP_KUSTO_STRING },
    [TYPE] = { MP_S_INIT("type"), MP_KUSTO_STRING },
    [TENANT] = { MP_S_INIT("tenantId"), MP_KUSTO_STRING },
    [KIND] = { MP_S_INIT("kind"), MP_KUSTO_STRING },
    [LOCATION] = { MP_S_INIT("location"), MP_KUSTO_STRING },
    [RESOURCE_GROUP] = { MP_S_INIT("resourceGroup"), MP_KUSTO_STRING },
    [SUBSCRIPTION] = { MP_S_INIT("subscriptionId"), MP_KUSTO_STRING },
    [MANAGED_BY] = { MP_S_INIT("managedBy"), MP_KUSTO_STRING },
    [SKU] = { MP_S_INIT("sku"), MP_KUSTO_OBJECT },
    [PLAN] = { MP_S_INIT("plan"), MP_KUSTO_OBJECT },
    [PROPERTIES] = { MP_S_INIT("properties"), MP_KUSTO_OBJECT },
    [TAGS] = { MP_S_INIT("tags"), MP_KUSTO_OBJECT },
    [IDENTITY] = { MP_S_INIT("identity"), MP_KUSTO_OBJECT },
    [ZONES] = { MP_S_INIT("zones"), MP_KUSTO_OBJECT },
    [EXTENDED_LOCATION] = { MP_S_INIT("extendedLocation"), MP_KUSTO_OBJECT },
};

const mp_kusto_table mp_arm_graph_tables[MP_ARM_TABLE_COUNT] = {
    [MP_ARM_TABLE_RESOURCES] = { .name = "Resources", .columns = columns, .count = COLUMN_COUNT, .ordered = ID },
    [MP_ARM_TABLE_CONTAINERS] = { .name = "ResourceContainers", .columns = columns, .count = COLUMN_COUNT, .ordered = ID },
};

typedef struct type_seen {
    const char *action;
    mp_str      subscription; /* that was asked for last, and may all of the type be seen in it? */
    bool        is_seen, is_listed;
} type_seen;

typedef struct giving {
    const mp_arm_rows *rows;
    mp_tx             *tx;
    mp_arena           arena; /* of one row */
    mp_map             groups; /* management groups, by key: mp_record */
    mp_map             types;  /* type_seen */
    mp_str             scope;  /* key of the subscription at hand */
    mp_str             tenant;
} giving;

static mp_arena *request_arena(const giving *g) { return g->rows->call->request->arena; }

/* ---- one row ---- */

typedef struct row {
    const mp_json *cells[COLUMN_COUNT];
    bool           failed;
} row;

static void set(row *r, giving *g, unsigned column, mp_str text)
{
    r->cells[column] = text.ptr ? mp_json_make_str(&g->arena, text) : NULL;
    r->failed |= !r->cells[column];
}

static void begin_row(row *r, giving *g)
{
    mp_arena_reset(&g->arena);
    *r = (row){ .failed = false };
    set(r, g, TENANT, g->tenant);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (columns[i].type == MP_KUSTO_STRING && i != TENANT)
            r->cells[i] = mp_json_make_str(&g->arena, MP_S(""));
}

static mp_code give(giving *g, mp_str key, row *r, mp_error *err)
{
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        r->failed |= columns[i].type == MP_KUSTO_STRING && !r->cells[i];
    return r->failed ? mp_arm_nomem(err) : g->rows->visit(g->rows->ctx, key, r->cells, err);
}

static bool is_behind(const giving *g, mp_str key)
{
    return g->rows->after_key.len == 0 || mp_str_cmp(key, g->rows->after_key) > 0;
}

/* "Korea Central" is koreacentral. */
static mp_str plain_location(mp_arena *arena, mp_str location)
{
    mp_str copy = mp_arena_lower(arena, location);
    char  *p = (char *)copy.ptr;
    size_t len = 0;
    for (size_t i = 0; p && i < copy.len; i++)
        if (p[i] != ' ')
            p[len++] = p[i];
    copy.len = len;
    return copy;
}

/* ---- resources and groups ---- */

static mp_code seen_of(type_seen **out, giving *g, mp_str type, mp_error *err)
{
    *out = mp_map_get(&g->types, type);
    if (*out)
        return MP_OK;
    mp_str kept = mp_arena_dup(request_arena(g), type),
           action = mp_arena_printf(request_arena(g), "%.*s/read", MP_FMT(type));
    type_seen *made = MP_ARENA_NEW(request_arena(g), type_seen);
    if (!kept.ptr || !action.ptr || !made)
        return mp_arm_nomem(err);
    if (mp_str_eq_fold(type, MP_S(RESOURCE_GROUPS))) /* as their list asks */
        action = MP_S("Microsoft.Resources/subscriptions/resourceGroups/read");
    *made = (type_seen){ .action = action.ptr, .is_listed = mp_arm_is_listed(kept) };
    *out = made;
    return mp_map_put(&g->types, kept, made, err);
}

static bool may_see(giving *g, type_seen *t, mp_str key)
{
    if (!mp_str_eq(t->subscription, g->scope)) {
        t->subscription = g->scope;
        t->is_seen = mp_arm_may(g->rows->call, t->action, g->scope);
    }
    return t->is_seen || mp_arm_may(g->rows->call, t->action, key);
}

/* Every key here is "/subscriptions/GUID/...". */
#define GUID_AT 15
#define GUID_LENGTH 36

static mp_str group_in(mp_str key)
{
    mp_str rest = mp_str_skip(key, GUID_AT + GUID_LENGTH), word = MP_S("/resourcegroups/");
    if (!mp_str_starts(rest, word))
        return MP_S("");
    rest = mp_str_skip(rest, word.len);
    size_t slash = mp_str_find(rest, '/');
    return mp_str_of(rest.ptr, slash == SIZE_MAX ? rest.len : slash);
}

static void fill_resource(row *r, giving *g, const mp_estate_item *item)
{
    static const struct {
        unsigned    column;
        const char *member;
    } members[] = { { SKU, "sku" },
                    { PLAN, "plan" },
                    { PROPERTIES, "properties" },
                    { TAGS, "tags" },
                    { IDENTITY, "identity" },
                    { ZONES, "zones" },
                    { EXTENDED_LOCATION, "extendedLocation" } },
      texts[] = { { NAME, "name" }, { KIND, "kind" }, { MANAGED_BY, "managedBy" } };
    bool is_group = mp_str_eq_fold(item->type, MP_S(RESOURCE_GROUPS));
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        const mp_json *v = mp_arm_member(item->document, members[i].member);
        r->cells[members[i].column] = mp_json_is(v, MP_JSON_NULL) ? NULL : v;
    }
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        mp_str text = mp_arm_text(item->document, texts[i].member);
        if (text.ptr)
            set(r, g, texts[i].column, text);
    }
    set(r, g, ID, item->id);
    set(r, g, TYPE,
        is_group ? MP_S("microsoft.resources/subscriptions/resourcegroups") : mp_arena_lower(&g->arena, item->type));
    set(r, g, LOCATION,
        plain_location(&g->arena, mp_arm_text(item->document, "location").ptr
                                      ? mp_arm_text(item->document, "location")
                                      : MP_S("")));
    set(r, g, RESOURCE_GROUP, group_in(item->key));
    set(r, g, SUBSCRIPTION, mp_str_of(item->key.ptr + GUID_AT, GUID_LENGTH));
}

static mp_code visit_item(void *ctx, const mp_estate_item *item, mp_error *err)
{
    giving    *g = ctx;
    type_seen *t;
    row        r;
    MP_TRY(seen_of(&t, g, item->type, err));
    if ((t->is_listed || g->rows->table == MP_ARM_TABLE_CONTAINERS) && may_see(g, t, item->key)) {
        begin_row(&r, g);
        fill_resource(&r, g, item);
        MP_TRY(give(g, item->key, &r, err));
    }
    return *g->rows->stops ? MP_BUSY : MP_OK; /* no failure: each_below() knows */
}

static mp_code each_below(giving *g, mp_error *err)
{
    const mp_arm_rows *rows = g->rows;
    mp_estate_query    query = { .scope = g->scope, .as_of = rows->as_of };
    if (rows->table == MP_ARM_TABLE_CONTAINERS)
        query.type = MP_S(RESOURCE_GROUPS);
    if (mp_place_holds(g->scope, rows->after_key))
        query.after_key = rows->after_key;
    mp_code code = mp_estate_each(g->tx, &query, visit_item, g, err);
    return code == MP_BUSY && *rows->stops ? MP_OK : code;
}

/* ---- what is above ---- */

static mp_str parent_of(giving *g, const mp_json *body)
{
    return mp_arena_lower(&g->arena, mp_arm_text(body, "parent").ptr ? mp_arm_text(body, "parent") : MP_S(""));
}

static mp_str name_of(const giving *g, mp_str key, bool of_display)
{
    const mp_record *record = mp_map_get(&g->groups, key);
    mp_str           text = record ? mp_arm_text(record->body, of_display ? "displayName" : "name") : mp_str_of(NULL, 0);
    return text.len ? text : of_display && mp_str_eq(key, g->tenant) ? MP_S("Tenant Root Group") : key;
}

enum { LEVELS_MAX = 16 };

/* Keys of the management groups above, nearest first, the tenant's last. */
static size_t above(mp_str out[LEVELS_MAX], giving *g, const mp_json *body)
{
    size_t count = 0;
    for (mp_str key = parent_of(g, body); key.len && !mp_str_eq(key, g->tenant) && count + 1 < LEVELS_MAX;) {
        const mp_record *record = mp_map_get(&g->groups, key);
        out[count++] = key;
        key = record ? parent_of(g, record->body) : MP_S("");
    }
    out[count++] = g->tenant;
    return count;
}

static void put_chain(mp_jsonw *w, giving *g, const mp_json *body)
{
    mp_str keys[LEVELS_MAX];
    size_t count = above(keys, g, body);
    mp_jsonw_key(w, MP_S("managementGroupAncestorsChain"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_object(w);
        mp_arm_put(w, "name", name_of(g, keys[i], false));
        mp_arm_put(w, "displayName", name_of(g, keys[i], true));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code give_subscription(giving *g, const mp_record *record, mp_error *err)
{
    row       r;
    mp_jsonw  w;
    mp_record tags;
    begin_row(&r, g);
    mp_code code = mp_record_get(&tags, g->tx, &mp_arm_subscription_tags_kind, record->key, g->rows->as_of, &g->arena, err);
    if (code != MP_OK && code != MP_MISSING)
        return code;
    mp_jsonw_init(&w, &g->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "state", mp_arm_text(record->body, "state"));
    put_chain(&w, g, record->body);
    mp_jsonw_end(&w);
    set(&r, g, ID, g->scope);
    set(&r, g, NAME, mp_arm_text(record->body, "displayName"));
    set(&r, g, TYPE, MP_S("microsoft.resources/subscriptions"));
    set(&r, g, SUBSCRIPTION, record->key);
    r.cells[PROPERTIES] = mp_jsonw_done(&w);
    r.cells[TAGS] = code == MP_OK ? mp_arm_member(tags.body, "tags") : NULL;
    r.failed |= !r.cells[PROPERTIES];
    return give(g, g->scope, &r, err);
}

/* `body` NULL: the tenant's own, of which there is no record. */
static mp_code give_management_group(giving *g, mp_str key, const mp_json *body, mp_error *err)
{
    row      r;
    mp_jsonw w;
    begin_row(&r, g);
    mp_str id = mp_arena_printf(&g->arena, GROUP_PREFIX "%.*s", MP_FMT(name_of(g, key, false))),
           folded = mp_arena_lower(&g->arena, id);
    if (!id.ptr || !folded.ptr)
        return mp_arm_nomem(err);
    if (!is_behind(g, folded) || !mp_arm_may(g->rows->call, GROUP_READ, folded))
        return MP_OK;
    mp_jsonw_init(&w, &g->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "tenantId", g->tenant);
    mp_arm_put(&w, "displayName", name_of(g, key, true));
    if (!mp_str_eq(key, g->tenant)) {
        mp_str keys[LEVELS_MAX];
        above(keys, g, body);
        mp_jsonw_key(&w, MP_S("details"));
        mp_jsonw_object(&w);
        mp_jsonw_key(&w, MP_S("parent"));
        mp_jsonw_object(&w);
        mp_arm_put(&w, "id", mp_arena_printf(&g->arena, GROUP_PREFIX "%.*s", MP_FMT(name_of(g, keys[0], false))));
        mp_arm_put(&w, "name", name_of(g, keys[0], false));
        mp_arm_put(&w, "displayName", name_of(g, keys[0], true));
        mp_jsonw_end(&w);
        put_chain(&w, g, body);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    set(&r, g, ID, id);
    set(&r, g, NAME, name_of(g, key, false));
    set(&r, g, TYPE, MP_S("microsoft.management/managementgroups"));
    r.cells[PROPERTIES] = mp_jsonw_done(&w);
    r.failed |= !r.cells[PROPERTIES];
    return give(g, folded, &r, err);
}

static mp_code each_management_group(giving *g, mp_error *err)
{
    bool has_root = false; /* it has its place among the others, record or not */
    for (size_t i = 0; i <= g->groups.len && !*g->rows->stops; i++) {
        const mp_record *record = i < g->groups.len ? g->groups.entries[i].value : NULL;
        if (!has_root && (!record || mp_str_cmp(record->key, g->tenant) >= 0)) {
            has_root = true;
            MP_TRY(give_management_group(g, g->tenant, NULL, err));
        }
        if (record && !mp_str_eq(record->key, g->tenant) && !*g->rows->stops)
            MP_TRY(give_management_group(g, record->key, record->body, err));
    }
    return MP_OK;
}

/* ---- subscriptions ---- */

static bool is_named(const mp_json *list, mp_str text)
{
    if (list)
        for (MP_JSON_EACH(one, list))
            if (mp_str_eq_fold(mp_json_str(one), text))
                return true;
    return false;
}

static bool is_empty(const mp_json *list) { return !list || list->count == 0; }

static bool is_asked(giving *g, const mp_record *record)
{
    const mp_arm_rows *rows = g->rows;
    mp_str             keys[LEVELS_MAX];
    if (!is_empty(rows->subscriptions) && !is_named(rows->subscriptions, record->key))
        return false;
    if (is_empty(rows->groups))
        return true;
    for (size_t i = above(keys, g, record->body); i-- > 0;)
        if (is_named(rows->groups, keys[i]))
            return true;
    return false;
}

static bool is_visible(giving *g, mp_str key)
{
    for (size_t i = 0; i < g->rows->seen_count; i++)
        if (mp_str_eq(g->rows->seen[i], key))
            return true;
    return mp_arm_may(g->rows->call, "Microsoft.Resources/subscriptions/read", g->scope);
}

/* A subscription, if its rows are wanted, and what is below it. */
static mp_code give_all_of(giving *g, const mp_record *record, bool *is_any, mp_error *err)
{
    mp_arena_reset(&g->arena);
    g->scope = mp_arena_printf(request_arena(g), "/subscriptions/%.*s", MP_FMT(record->key));
    if (!g->scope.ptr)
        return mp_arm_nomem(err);
    if (!is_asked(g, record) || !is_visible(g, record->key))
        return MP_OK;
    *is_any = true;
    if (!is_behind(g, g->scope) && !mp_place_holds(g->scope, g->rows->after_key)) /* all of it was given before */
        return MP_OK;
    if (g->rows->table == MP_ARM_TABLE_CONTAINERS && is_behind(g, g->scope))
        MP_TRY(give_subscription(g, record, err));
    return *g->rows->stops ? MP_OK : each_below(g, err);
}

static mp_code none_eligible(giving *g, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request_arena(g));
    mp_jsonw_array(&w);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "code", MP_S("NoValidSubscriptionsInQueryRequest"));
    mp_arm_put(&w, "message", MP_S("There must be at least one subscription that is eligible to contain resources."));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_fail(
        g->rows->call, &(mp_arm_fault){ .status = 400, .code = "BadRequest", .details = mp_jsonw_done(&w) }, err,
        "none of the subscriptions and management groups that are named is there, or none of them may be seen");
}

typedef mp_code record_fn(giving *g, const mp_record *record, bool *is_any, mp_error *err);

static mp_code each_record(giving *g, const mp_kind *kind, record_fn *fn, bool *is_any, mp_error *err)
{
    mp_record_query query = { .kind = kind, .limit = 1000, .as_of = g->rows->as_of };
    mp_record_page  page;
    do {
        MP_TRY(mp_record_list(&page, g->tx, &query, request_arena(g), err));
        for (size_t i = 0; i < page.count && !*g->rows->stops; i++)
            MP_TRY(fn(g, &page.records[i], is_any, err));
        query.after = page.next;
    } while (page.next.len && !*g->rows->stops);
    return MP_OK;
}

static mp_code keep_group(giving *g, const mp_record *record, bool *is_any, mp_error *err)
{
    (void)is_any;
    return mp_map_put(&g->groups, record->key, (void *)(uintptr_t)record, err);
}

static mp_code give_rows(giving *g, mp_error *err)
{
    const mp_arm_rows *rows = g->rows;
    bool               is_any = false, is_narrowed = !is_empty(rows->subscriptions) || !is_empty(rows->groups);
    MP_TRY(each_record(g, &mp_management_group_kind, keep_group, &is_any, err));
    if (rows->table == MP_ARM_TABLE_CONTAINERS && !is_narrowed)
        MP_TRY(each_management_group(g, err));
    if (*rows->stops)
        return MP_OK;
    MP_TRY(each_record(g, &mp_subscription_kind, give_all_of, &is_any, err));
    return is_narrowed && !is_any ? none_eligible(g, err) : MP_OK;
}

mp_code mp_arm_each_row(const mp_arm_rows *rows, mp_tx *tx, mp_error *err)
{
    giving  g = { .rows = rows, .tx = tx, .tenant = mp_arm_tenant(rows->call) };
    mp_code code = give_rows(&g, err);
    mp_arena_free(&g.arena);
    mp_map_free(&g.groups);
    mp_map_free(&g.types);
    return code;
}
