/* SPDX-License-Identifier: Apache-2.0 */
#include "estate.h"

#include <stdio.h>

#include "opened.h"

#define S "/subscriptions/11111111-2222-4333-8444-555555555555"
#define G S "/resourceGroups/Group"
#define NET "/providers/Microsoft.Network/virtualNetworks"

static opened   o;
static mp_arena arena;

static void begin(void)
{
    const mp_kind *kinds[] = { &mp_estate_kind, &mp_lock_kind };
    opened_begin(&o, NULL, 0);
    MUST_OK(mp_records_declare(o.store, kinds, 2, err));
}

static void end(void)
{
    opened_end(&o);
    mp_arena_free(&arena);
}

/* ---- one step, as a function of a transaction ---- */

typedef struct step {
    const char     *id, *json, *source;
    int64_t         expected;
    bool            by_reader;
    mp_ticks        as_of, at;
    mp_code         code;
    mp_error        err;
    bool            is_new;
    uint64_t        removed;
    mp_estate_item  item;
    mp_estate_query query;
    mp_estate_page  page;
} step;

static mp_str key_of(const char *id)
{
    mp_place place;
    MUST_OK(mp_place_of(&place, mp_str_from(id), &arena, err));
    return place.key;
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    step    *s = arg;
    mp_place place;
    MP_TRY(mp_place_of(&place, mp_str_from(s->id), &arena, err));
    mp_estate_write what = { .place = &place,
                             .document = opened_json(&arena, s->json ? s->json : "{}"),
                             .source = mp_str_from(s->source ? s->source : "api"),
                             .by = MP_S("somebody"),
                             .by_kind = MP_S("User"),
                             .expected = s->expected,
                             .keeps_system_data = s->by_reader };
    s->at = mp_tx_time(tx);
    return mp_estate_put(&s->item, &s->is_new, tx, &what, &arena, err);
}

static step put_as(step s)
{
    s.code = mp_store_write(o.store, do_put, &s, &s.err);
    return s;
}

static step put(const char *id, const char *json)
{
    return put_as((step){ .id = id, .json = json, .expected = MP_ANY_VERSION });
}

static void must_put(const char *id, const char *json)
{
    step s = put(id, json);
    if (s.code != MP_OK)
        fail_msg("%s: %s", id, s.err.message);
}

static mp_code do_get(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    return mp_estate_get(&s->item, tx, key_of(s->id), s->as_of, &arena, err);
}

static step get_at(const char *id, mp_ticks as_of)
{
    step s = { .id = id, .as_of = as_of };
    s.code = mp_store_read(o.store, do_get, &s, &s.err);
    return s;
}

static step get(const char *id) { return get_at(id, 0); }

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    return mp_estate_delete(&s->removed, tx, key_of(s->id), s->expected, err);
}

static step delete_of(const char *id, int64_t expected)
{
    step s = { .id = id, .expected = expected };
    s.code = mp_store_write(o.store, do_delete, &s, &s.err);
    return s;
}

static mp_code do_close(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    s->at = mp_tx_time(tx);
    return mp_estate_close(tx, key_of(s->id), err);
}

static step close_of(const char *id)
{
    step s = { .id = id };
    s.code = mp_store_write(o.store, do_close, &s, &s.err);
    return s;
}

static mp_code do_list(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    return mp_estate_list(&s->page, tx, &s->query, &arena, err);
}

static mp_estate_page list(mp_estate_query query)
{
    step s = { .query = query };
    opened_read(&o, do_list, &s);
    return s.page;
}

/* The names that a query finds, with blanks between, over all pages. */
static mp_str names(mp_estate_query query)
{
    mp_str all = MP_S("");
    for (;;) {
        mp_estate_page page = list(query);
        for (size_t i = 0; i < page.count; i++) {
            mp_str name = mp_json_str(mp_json_get(page.items[i].document, MP_S("name")));
            all = mp_arena_printf(&arena, "%.*s%s%.*s", MP_FMT(all), all.len ? " " : "", MP_FMT(name));
        }
        query.after = page.next;
        if (page.next.len == 0)
            return all;
    }
}

/* ---- tests ---- */

TEST(what_is_put_comes_back_and_its_first_spelling_stays)
{
    begin();
    step made = put(
        G,
        "{\"location\":\"koreacentral\",\"id\":\"wrong\",\"Name\":\"wrong\",\"systemData\":{\"createdBy\":\"forged\"}}");
    CHECK_INT(made.code, MP_OK);
    CHECK(made.is_new);
    step again = put("/SUBSCRIPTIONS/11111111-2222-4333-8444-555555555555/RESOURCEGROUPS/GROUP/",
                     "{\"location\":\"koreasouth\",\"tags\":{\"Team\":\"A\"}}");
    CHECK_INT(again.code, MP_OK);
    CHECK(!again.is_new);
    step found = get(G);
    CHECK_INT(found.code, MP_OK);
    CHECK_STR(found.item.id, G);
    CHECK_STR(mp_json_get_text(found.item.document, "id"), G);
    CHECK_STR(mp_json_get_text(found.item.document, "name"), "Group");
    CHECK_STR(mp_json_get_text(found.item.document, "type"), "Microsoft.Resources/resourceGroups");
    CHECK_STR(mp_json_get_text(found.item.document, "location"), "koreasouth");
    CHECK(mp_json_get(found.item.document, MP_S("Name")) == NULL);
    CHECK_STR(found.item.source, "api");
    CHECK_INT(found.item.version, 2);
    const mp_json *system = mp_json_get(found.item.document, MP_S("systemData"));
    CHECK_STR(mp_json_get_text(system, "createdBy"), "somebody");
    CHECK_STR(mp_json_get_text(system, "createdByType"), "User");
    CHECK(mp_str_cmp(mp_json_get_text(system, "createdAt"), mp_json_get_text(system, "lastModifiedAt")) < 0);
    /* As it was. */
    step before = get_at(G, made.at);
    CHECK_INT(before.code, MP_OK);
    CHECK_STR(mp_json_get_text(before.item.document, "location"), "koreacentral");
    CHECK(before.item.until > before.item.since);
    CHECK_INT(get_at(G, made.at - 1).code, MP_MISSING);
    end();
}

TEST(what_must_be_there)
{
    begin();
    CHECK_INT(put(G NET "/v", NULL).code, MP_MISSING);
    must_put(G, NULL);
    must_put(G NET "/v", NULL);
    CHECK_INT(put(G NET "/w/subnets/s", NULL).code, MP_MISSING);
    must_put(G NET "/v/subnets/s", NULL);
    CHECK_INT(put(G NET "/w/providers/Microsoft.Security/assessments/a", NULL).code, MP_MISSING);
    must_put(G NET "/v/providers/Microsoft.Security/assessments/a", NULL);
    must_put(S "/providers/Microsoft.Security/assessments/a", NULL);
    /* readers come in any order */
    CHECK_INT(put_as((step){ .id = G NET "/w/subnets/s", .source = "collect:one", .expected = MP_ANY_VERSION }).code, MP_OK);
    CHECK_INT(
        put_as((step){ .id = S "/resourceGroups/none" NET "/v", .source = "collect:one", .expected = MP_ANY_VERSION })
            .code,
        MP_MISSING);
    CHECK_INT(put(S, NULL).code, MP_PARAMETER);
    CHECK_INT(put_as((step){ .id = S, .source = "collect:one", .expected = MP_ANY_VERSION }).code, MP_OK);
    CHECK_INT(put("/providers/Microsoft.Management/managementGroups/m", NULL).code, MP_PARAMETER);
    end();
}

TEST(versions_that_are_expected)
{
    begin();
    CHECK_INT(put_as((step){ .id = G, .expected = 3 }).code, MP_CONFLICT);
    CHECK_INT(put_as((step){ .id = G, .expected = MP_NO_VERSION }).code, MP_OK);
    CHECK_INT(put_as((step){ .id = G, .expected = MP_NO_VERSION }).code, MP_EXISTS);
    CHECK_INT(put_as((step){ .id = G, .expected = 1 }).code, MP_OK);
    CHECK_INT(put_as((step){ .id = G, .expected = 1 }).code, MP_CONFLICT);
    CHECK_INT(delete_of(G, 1).code, MP_CONFLICT);
    CHECK_INT(delete_of(G, 2).code, MP_OK);
    CHECK_INT(delete_of(G, MP_ANY_VERSION).code, MP_MISSING);
    end();
}

TEST(a_group_goes_with_all_that_is_in_it)
{
    begin();
    must_put(G, NULL);
    must_put(S "/resourceGroups/Group2", NULL);
    must_put(S "/resourceGroups/Group2" NET "/other", NULL);
    must_put(S "/resourceGroups/group.x", NULL);
    for (int i = 0; i < 450; i++) {
        char id[200];
        snprintf(id, sizeof id, G NET "/v%d", i);
        must_put(id, NULL);
    }
    must_put(G NET "/v7/subnets/s", NULL);
    must_put(G NET "/v7/subnets/s/providers/Microsoft.Security/assessments/a", NULL);
    mp_ticks before = get(G NET "/v9").item.since;
    step     gone = delete_of(G, MP_ANY_VERSION);
    CHECK_INT(gone.code, MP_OK);
    CHECK_INT(gone.removed, 453);
    CHECK_INT(get(G).code, MP_MISSING);
    CHECK_INT(get(G NET "/v449").code, MP_MISSING);
    CHECK_INT(get(G NET "/v7/subnets/s").code, MP_MISSING);
    CHECK_INT(get_at(G NET "/v9", before).code, MP_OK);
    CHECK_STR(names((mp_estate_query){ .scope = MP_S(S), .with_groups = true }), "group.x Group2 other");
    CHECK_INT(delete_of(S "/resourceGroups/Group2" NET "/other", MP_ANY_VERSION).removed, 1);
    end();
}

TEST(what_is_closed_stands_in_the_history)
{
    begin();
    must_put(G, NULL);
    must_put(G NET "/v", "{\"n\":1}");
    step closed = close_of(G NET "/v");
    CHECK_INT(closed.code, MP_OK);
    CHECK_INT(close_of(G NET "/v").code, MP_MISSING);
    CHECK_INT(get(G NET "/v").code, MP_MISSING);
    CHECK_INT(get_at(G NET "/v", closed.at).code, MP_MISSING);
    CHECK_INT(get_at(G NET "/v", closed.at - 1).code, MP_OK);
    CHECK_INT(delete_of(G NET "/v", MP_ANY_VERSION).code, MP_MISSING);
    CHECK_STR(names((mp_estate_query){ .scope = MP_S(S) }), "");
    mp_estate_page page = list((mp_estate_query){ .scope = MP_S(S), .with_closed = true });
    CHECK_INT(page.count, 1);
    CHECK_INT(page.items[0].closed_at, closed.at);
    CHECK_STR(names((mp_estate_query){ .scope = MP_S(S), .as_of = closed.at - 1 }), "v");
    CHECK_INT(put_as((step){ .id = G NET "/v", .expected = 2 }).code, MP_CONFLICT);
    step anew = put_as((step){ .id = G NET "/V", .expected = MP_NO_VERSION, .json = "{\"n\":2}" });
    CHECK_INT(anew.code, MP_OK);
    CHECK(anew.is_new);
    const mp_json *system = mp_json_get(anew.item.document, MP_S("systemData"));
    CHECK(mp_str_eq(mp_json_get_text(system, "createdAt"), mp_json_get_text(system, "lastModifiedAt")));
    CHECK_STR(names((mp_estate_query){ .scope = MP_S(S) }), "v");
    end();
}

TEST(a_reader_that_finds_nothing_new_makes_no_version)
{
    begin();
    step one = { .id = G,
                 .json = "{\"a\":1,\"systemData\":{\"createdBy\":\"them\"}}",
                 .source = "collect:one",
                 .by_reader = true,
                 .expected = MP_ANY_VERSION };
    step first = put_as(one), second = put_as(one);
    CHECK_INT(second.item.version, 1);
    CHECK_INT(second.item.seen_at, first.at);
    CHECK_STR(mp_json_get_text(mp_json_get(second.item.document, MP_S("systemData")), "createdBy"), "them");
    one.json = "{\"a\":2}";
    step third = put_as(one);
    CHECK_INT(third.item.version, 2);
    CHECK_INT(third.item.seen_at, third.at);
    end();
}

TEST(lists)
{
    begin();
    must_put(G, "{\"tags\":{\"Team\":\"A\"}}");
    must_put(S "/resourceGroups/Group-2", NULL);
    must_put(G NET "/v", "{\"tags\":{\"team\":\"A\",\"x\":\"1\"}}");
    must_put(G NET "/v/subnets/s", NULL);
    must_put(G "/providers/Microsoft.Compute/disks/d", "{\"tags\":{\"TEAM\":\"a\"}}");
    must_put(S "/resourceGroups/Group-2" NET "/w", "{\"tags\":{\"team\":\"\"}}");
    mp_str s = MP_S(S), g = key_of(G);
    CHECK_STR(names((mp_estate_query){ .scope = s }), "w d v s");
    CHECK_STR(names((mp_estate_query){ .scope = MP_S("/") }), "w d v s");
    CHECK_STR(names((mp_estate_query){ .limit = 1 }), "w d v s");
    CHECK_STR(names((mp_estate_query){ .scope = s, .with_groups = true, .limit = 2 }), "Group Group-2 w d v s");
    CHECK_STR(names((mp_estate_query){ .scope = g }), "d v s");
    CHECK_STR(names((mp_estate_query){ .scope = g, .with_groups = true }), "Group d v s");
    CHECK_STR(names((mp_estate_query){ .scope = s, .type = MP_S("microsoft.network/VirtualNetworks") }), "w v");
    CHECK_STR(names((mp_estate_query){ .scope = g, .type = MP_S("microsoft.network/VirtualNetworks"), .limit = 1 }), "v");
    CHECK_STR(names((mp_estate_query){ .scope = key_of(G NET "/v"),
                                       .type = MP_S("Microsoft.Network/virtualNetworks/subnets") }),
              "s");
    CHECK_STR(
        names((mp_estate_query){ .scope = key_of(G NET "/v"), .type = MP_S("Microsoft.Network/virtualNetworks") }),
        "v");
    CHECK_STR(names((mp_estate_query){ .scope = s, .type = MP_S("Microsoft.Resources/resourceGroups") }), "Group Group-2");
    CHECK_STR(names((mp_estate_query){ .scope = s, .tag = MP_S("TEAM=A") }), "v");
    CHECK_STR(names((mp_estate_query){ .scope = s, .tag = MP_S("team="), .tag_any = true }), "w d v");
    CHECK_STR(names((mp_estate_query){ .scope = s, .tag = MP_S("team=") }), "w");
    CHECK_STR(names((mp_estate_query){ .scope = g, .tag = MP_S("team=A"), .with_groups = true }), "Group v");
    CHECK_STR(
        names((mp_estate_query){
            .scope = g, .type = MP_S("Microsoft.Network/virtualNetworks"), .tag = MP_S("x="), .tag_any = true }),
        "v");
    CHECK_STR(names((mp_estate_query){ .scope = MP_S("/subscriptions/99999999-2222-4333-8444-555555555555") }), "");
    end();
}

/* ---- many at once ---- */

typedef struct counting {
    size_t   count;
    mp_arena arena;
    mp_str   last;
    size_t   stop_at;
} counting;

static mp_code count_one(void *ctx, const mp_estate_item *item, mp_error *err)
{
    counting *c = ctx;
    CHECK(mp_str_cmp(c->last, item->key) < 0);
    mp_arena_reset(&c->arena);
    c->last = mp_arena_dup(&c->arena, item->key);
    c->count++;
    return c->count == c->stop_at ? mp_fail(err, MP_BUSY, MP_NOWHERE, "enough") : MP_OK;
}

static mp_code count_all(mp_tx *tx, void *arg, mp_error *err)
{
    return mp_estate_each(tx, &(mp_estate_query){ .scope = MP_S(S) }, count_one, arg, err);
}

TEST(each_of_many)
{
    begin();
    must_put(G, NULL);
    for (int i = 0; i < 505; i++) {
        char id[200];
        snprintf(id, sizeof id, G NET "/v%d", i);
        must_put(id, NULL);
    }
    counting all = { .count = 0 }, some = { .stop_at = 207 };
    opened_read(&o, count_all, &all);
    CHECK_INT(all.count, 505);
    CHECK_INT(mp_store_read(o.store, count_all, &some, NULL), MP_BUSY);
    CHECK_INT(some.count, 207);
    mp_arena_free(&all.arena);
    mp_arena_free(&some.arena);
    end();
}

/* Between two pages others make, change and delete: what was there all the while comes once. */
TEST(pages_while_others_write)
{
    begin();
    must_put(G, NULL);
    for (int i = 0; i < 40; i++) {
        char id[200];
        snprintf(id, sizeof id, G NET "/stays%02d", i);
        must_put(id, NULL);
        snprintf(id, sizeof id, G NET "/goes%02d", i);
        must_put(id, NULL);
    }
    mp_estate_query query = { .scope = key_of(G), .type = MP_S("Microsoft.Network/virtualNetworks"), .limit = 7 };
    size_t          seen[40] = { 0 };
    for (int round = 0;; round++) {
        mp_estate_page page = list(query);
        for (size_t i = 0; i < page.count; i++) {
            mp_str name = mp_json_str(mp_json_get(page.items[i].document, MP_S("name")));
            if (mp_str_starts(name, MP_S("stays")))
                seen[(name.ptr[5] - '0') * 10 + name.ptr[6] - '0']++;
        }
        char id[200];
        snprintf(id, sizeof id, G NET "/goes%02d", (round * 17) % 40);
        delete_of(id, MP_ANY_VERSION);
        snprintf(id, sizeof id, G NET "/a-new%02d", round);
        must_put(id, NULL);
        snprintf(id, sizeof id, G NET "/stays%02d", (round * 7) % 40);
        must_put(id, "{\"changed\":true}");
        query.after = page.next;
        if (page.next.len == 0)
            break;
    }
    for (size_t i = 0; i < MP_COUNT(seen); i++)
        CHECK_INT(seen[i], 1);
    end();
}

/* ---- ranges ---- */

typedef struct ranging {
    mp_estate_run run;
    uint32_t      limit;
    char          text[1000]; /* last segments, apart by blanks; pages by "|" */
    mp_str        cuts[8];
    size_t        cut_count;
} ranging;

static void add_name(ranging *r, mp_str key)
{
    size_t len = strlen(r->text), slash = mp_str_rfind(key, '/');
    snprintf(r->text + len, sizeof r->text - len, "%s%.*s", len && r->text[len - 1] != '|' ? " " : "",
             MP_FMT(mp_str_skip(key, slash + 1)));
}

static mp_code do_range(mp_tx *tx, void *arg, mp_error *err)
{
    ranging      *r = arg;
    mp_estate_run run = r->run;
    for (;;) {
        mp_estate_page page;
        MP_TRY(mp_estate_range(&page, tx, &run, r->limit, &arena, err));
        for (size_t i = 0; i < page.count; i++)
            add_name(r, page.items[i].key);
        if (!page.next.len)
            return MP_OK;
        strncat(r->text, "|", sizeof r->text - strlen(r->text) - 1);
        run.from = mp_record_behind(page.next, &arena);
    }
}

static mp_code do_cut(mp_tx *tx, void *arg, mp_error *err)
{
    ranging *r = arg;
    MP_TRY(mp_estate_cuts(r->cuts, &r->cut_count, tx, &r->run, r->limit, &arena, err));
    for (size_t i = 0; i < r->cut_count; i++)
        add_name(r, r->cuts[i]);
    return MP_OK;
}

static mp_str range(mp_str scope, mp_str from, mp_str last, uint32_t limit, mp_ticks as_of)
{
    static ranging r;
    r = (ranging){ .run = { .scope = scope, .from = from, .last = last, .as_of = as_of }, .limit = limit };
    opened_read(&o, do_range, &r);
    return mp_str_from(r.text);
}

static mp_str cuts(mp_str scope, uint32_t each, size_t most)
{
    static ranging r;
    r = (ranging){ .run = { .scope = scope }, .limit = each, .cut_count = most };
    opened_read(&o, do_cut, &r);
    return mp_str_from(r.text);
}

TEST(ranges_have_all_in_the_order_of_keys)
{
    begin();
    must_put(G, NULL);
    must_put(S "/resourceGroups/Group-2", NULL);
    must_put(S "/resourceGroups/Group0", NULL);
    must_put(S "/resourceGroups/Group0" NET "/x", NULL);
    must_put(S "/resourceGroups/Group-2" NET "/w", NULL);
    must_put(G NET "/v", NULL);
    must_put(G NET "/v/subnets/s", NULL);
    must_put(G NET "/v2", NULL);
    mp_ticks then = put(G "/providers/Microsoft.Compute/disks/d", NULL).at;
    mp_str   g = key_of(G), v = key_of(G NET "/v"), none = MP_S("");
    CHECK_STR(range(none, none, none, 100, 0), "group group-2 w d v s v2 group0 x");
    CHECK_STR(range(MP_S("/"), none, none, 4, 0), "group group-2 w d|v s v2 group0|x");
    CHECK_STR(range(g, none, none, 100, 0), "group|d v s v2");
    CHECK_STR(range(g, none, none, 3, 0), "group|d v s|v2");
    CHECK_STR(range(v, none, none, 100, 0), "v|s");
    CHECK_STR(range(v, none, v, 100, 0), "v");
    CHECK_STR(range(none, v, key_of(G NET "/v2"), 100, 0), "v s v2");
    CHECK_STR(cuts(none, 4, 8), "d group0");
    CHECK_STR(cuts(none, 2, 3), "group-2 d s");
    CHECK_STR(cuts(g, 2, 8), "group v v2");
    CHECK_STR(cuts(g, 2, 2), "group v");
    CHECK_STR(cuts(v, 100, 8), "v");
    /* as of a date: what was changed, taken away and made since */
    must_put(G NET "/v2", "{\"tags\":{\"a\":\"b\"}}");
    delete_of(G "/providers/Microsoft.Compute/disks/d", MP_ANY_VERSION);
    must_put(G NET "/v3", NULL);
    CHECK_STR(range(g, none, none, 100, 0), "group|v s v2 v3");
    CHECK_STR(range(g, none, none, 100, then), "group|d v s v2");
    CHECK_STR(range(g, none, none, 2, then), "group|d v|s v2|");
    end();
}

/* ---- locks ---- */

static mp_code do_lock(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    return mp_record_put(NULL, tx, &mp_lock_kind, key_of(s->id), opened_json(&arena, s->json), MP_ANY_VERSION, err);
}

static void lock(const char *id, const char *level)
{
    char json[400];
    snprintf(json, sizeof json, "{\"id\":\"%s\",\"level\":\"%s\"}", id, level);
    step s = { .id = id, .json = json };
    opened_write(&o, do_lock, &s);
}

static mp_code do_check(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    return mp_lock_check(tx, key_of(s->id), s->is_new, &arena, err);
}

static mp_code check(const char *id, bool is_delete)
{
    step s = { .id = id, .is_new = is_delete };
    s.code = mp_store_read(o.store, do_check, &s, &s.err);
    if (s.code == MP_CONFLICT)
        CHECK(strstr(s.err.message, "/locks/") != NULL);
    return s.code;
}

TEST(locks_above_and_below)
{
    begin();
    CHECK_INT(check(G, true), MP_OK);
    lock(G NET "/v/providers/Microsoft.Authorization/locks/one", "CanNotDelete");
    CHECK_INT(check(G NET "/v", false), MP_OK);
    CHECK_INT(check(G NET "/v", true), MP_CONFLICT);
    CHECK_INT(check(G NET "/v/subnets/s", true), MP_CONFLICT);
    CHECK_INT(check(G NET "/v2", true), MP_OK);
    CHECK_INT(check(G, true), MP_CONFLICT);
    CHECK_INT(check(S, true), MP_CONFLICT);
    CHECK_INT(check(S "/resourceGroups/Group2", true), MP_OK);
    lock(S "/resourceGroups/Group2/providers/Microsoft.Authorization/locks/two", "ReadOnly");
    CHECK_INT(check(S "/resourceGroups/group2" NET "/v", false), MP_CONFLICT);
    CHECK_INT(check(S "/resourceGroups/group2" NET "/v", true), MP_CONFLICT);
    CHECK_INT(check(S "/resourceGroups/group2", false), MP_CONFLICT);
    CHECK_INT(check(G, false), MP_OK);
    lock(S "/providers/Microsoft.Authorization/locks/three", "ReadOnly");
    CHECK_INT(check(G NET "/v2", false), MP_CONFLICT);
    CHECK_INT(check("/subscriptions/99999999-2222-4333-8444-555555555555", true), MP_OK);
    end();
}

int main(void)
{
    return MAIN(RUN(what_is_put_comes_back_and_its_first_spelling_stays), RUN(what_must_be_there),
                RUN(versions_that_are_expected), RUN(a_group_goes_with_all_that_is_in_it),
                RUN(what_is_closed_stands_in_the_history), RUN(a_reader_that_finds_nothing_new_makes_no_version),
                RUN(lists), RUN(each_of_many), RUN(pages_while_others_write),
                RUN(ranges_have_all_in_the_order_of_keys), RUN(locks_above_and_below));
}
