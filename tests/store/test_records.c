/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include <stdio.h>
#include <stdlib.h>

#include "canonical.h"
#include "opened.h"
#include "secret.h"

static const mp_record_index user_indexes[] = {
    { .name = "userName", .path = "userName", .is_unique = true, .folds = true },
    { .name = "state", .path = "state" },
    { .name = "tag", .path = "tags" },
    { .name = "city", .path = "home/city" },
    { .name = "link", .path = "links/id" },
};
static const mp_kind user = { .name = "user", .indexes = user_indexes, .index_count = MP_COUNT(user_indexes) };
static const mp_kind session = { .name = "session", .indexes = user_indexes, .index_count = 2, .forgets = true };

static opened o;

static void begin(void)
{
    opened_begin(&o, NULL, 0);
    opened_declare(&o, &user);
    opened_declare(&o, &session);
}

/* ---- one step of a test, as a function of a transaction ---- */

typedef struct step {
    const mp_kind *kind;
    const char    *key, *body, *index;
    int64_t        expected;
    mp_ticks       as_of;
    /* what came of it */
    mp_code   code;
    int64_t   version;
    mp_ticks  since, at;
    char      text[1000];
    uint8_t   hash[32];
    size_t    changes;
} step;

static void take(step *s, const mp_record *r)
{
    mp_buf b = MP_BUF_INIT;
    s->version = r->version;
    s->since = r->since;
    memcpy(s->hash, r->hash, sizeof s->hash);
    if (r->body) {
        CHECK_INT(mp_canonical(&b, r->body, NULL), MP_OK);
        snprintf(s->text, sizeof s->text, "%.*s", (int)b.len, b.ptr);
    }
    mp_buf_free(&b);
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    step     *s = arg;
    mp_record r = { .version = -7 };
    s->at = mp_tx_time(tx);
    s->code = mp_record_put(&r, tx, s->kind, mp_str_from(s->key), opened_json(mp_tx_arena(tx), s->body), s->expected, err);
    mp_tx_changes(tx, &s->changes);
    if (s->code == MP_OK)
        take(s, &r);
    return s->code;
}

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    step *s = arg;
    s->at = mp_tx_time(tx);
    return s->code = mp_record_delete(tx, s->kind, mp_str_from(s->key), s->expected, err);
}

static mp_code do_get(mp_tx *tx, void *arg, mp_error *err)
{
    step     *s = arg;
    mp_record r;
    s->code = s->index ? mp_record_find(&r, tx, s->kind, s->index, mp_str_from(s->key), mp_tx_arena(tx), err)
                       : mp_record_get(&r, tx, s->kind, mp_str_from(s->key), s->as_of, mp_tx_arena(tx), err);
    if (s->code == MP_OK)
        take(s, &r);
    return s->code;
}

static step put(const char *key, const char *body, int64_t expected)
{
    step     s = { .kind = &user, .key = key, .body = body, .expected = expected };
    mp_error err = { 0 };
    mp_code  code = mp_store_write(o.store, do_put, &s, &err);
    CHECK_INT(code, s.code);
    return s;
}

static step delete(const char *key, int64_t expected)
{
    step    s = { .kind = &user, .key = key, .expected = expected };
    mp_code code = mp_store_write(o.store, do_delete, &s, NULL);
    CHECK_INT(code, s.code);
    return s;
}

static step get(const char *key, mp_ticks as_of)
{
    step    s = { .kind = &user, .key = key, .as_of = as_of };
    mp_code code = mp_store_read(o.store, do_get, &s, NULL);
    CHECK_INT(code, s.code);
    return s;
}

static step find(const char *index, const char *value)
{
    step    s = { .kind = &user, .key = value, .index = index };
    mp_code code = mp_store_read(o.store, do_get, &s, NULL);
    CHECK_INT(code, s.code);
    return s;
}

/* ---- lists ---- */

typedef struct listing {
    mp_record_query query;
    mp_code         code;
    char            keys[4000]; /* apart by blanks */
    char            next[4000];
    int64_t         total;
    size_t          count;
} listing;

static mp_code do_list(mp_tx *tx, void *arg, mp_error *err)
{
    listing       *l = arg;
    mp_record_page page;
    size_t         n = 0;
    l->code = mp_record_list(&page, tx, &l->query, mp_tx_arena(tx), err);
    if (l->code != MP_OK)
        return l->code;
    l->keys[0] = '\0';
    for (size_t i = 0; i < page.count; i++)
        n += (size_t)snprintf(l->keys + n, sizeof l->keys - n, "%s%.*s", i ? " " : "", MP_FMT(page.records[i].key));
    snprintf(l->next, sizeof l->next, "%.*s", MP_FMT(page.next));
    l->total = page.total;
    l->count = page.count;
    return MP_OK;
}

static listing list(mp_record_query query)
{
    listing l = { .query = query };
    if (!l.query.kind)
        l.query.kind = &user;
    mp_error err = { 0 };
    mp_code  code = mp_store_read(o.store, do_list, &l, &err);
    if (code != l.code || code == MP_INTERNAL)
        fail_msg("%s", err.message);
    return l;
}

#define FILTERS(...) (const mp_record_filter[]){ __VA_ARGS__ }, MP_COUNT(((const mp_record_filter[]){ __VA_ARGS__ }))

#define WHERE(...) \
    .filters = (const mp_record_filter[]){ __VA_ARGS__ }, \
    .filter_count = MP_COUNT(((const mp_record_filter[]){ __VA_ARGS__ }))

static listing list_where(const mp_record_filter *filters, size_t count)
{
    return list((mp_record_query){ .filters = filters, .filter_count = count, .counts = true });
}

/* ---- tests ---- */

TEST(what_is_put_can_be_read)
{
    begin();
    step s = put("a", "{\"userName\":\"Kim\",\"age\":3}", MP_NO_VERSION);
    CHECK_INT(s.code, MP_OK);
    CHECK(s.version == 1 && s.since == s.at && s.changes == 1);
    step r = get("a", 0);
    CHECK_STR(mp_str_from(r.text), "{\"age\":3,\"userName\":\"Kim\"}");
    CHECK(r.version == 1 && r.since == s.since && memcmp(r.hash, s.hash, 32) == 0);
    CHECK_INT(get("b", 0).code, MP_MISSING);
    CHECK_INT(get("", 0).code, MP_MISSING);
    CHECK_INT(find("userName", "kIM").code, MP_OK);
    CHECK_INT(find("userName", "Lee").code, MP_MISSING);
    CHECK_INT(find("nickname", "Lee").code, MP_PARAMETER);
    opened_again(&o);
    opened_declare(&o, &user);
    CHECK_STR(mp_str_from(get("a", 0).text), "{\"age\":3,\"userName\":\"Kim\"}");
    opened_end(&o);
}

TEST(versions_count_and_are_expected)
{
    begin();
    CHECK_INT(put("a", "{\"n\":1}", 1).code, MP_CONFLICT);
    CHECK_INT(put("a", "{\"n\":1}", MP_ANY_VERSION).version, 1);
    CHECK_INT(put("a", "{\"n\":2}", MP_NO_VERSION).code, MP_EXISTS);
    CHECK_INT(put("a", "{\"n\":2}", 2).code, MP_CONFLICT);
    CHECK_INT(put("a", "{\"n\":2}", 1).version, 2);
    step same = put("a", "{ \"n\": 2 }", 2);
    CHECK(same.code == MP_OK && same.version == 2 && same.changes == 0 && same.since < same.at);
    CHECK_INT(delete("a", 1).code, MP_CONFLICT);
    CHECK_INT(delete("a", 2).code, MP_OK);
    CHECK_INT(delete("a", MP_ANY_VERSION).code, MP_MISSING);
    CHECK_INT(get("a", 0).code, MP_MISSING);
    CHECK_INT(put("a", "{\"n\":5}", MP_NO_VERSION).version, 4); /* 3 was the deletion */
    opened_end(&o);
}

TEST(what_is_no_record_is_refused)
{
    begin();
    char long_key[MP_RECORD_KEY_MAX + 2];
    memset(long_key, 'k', sizeof long_key);
    long_key[sizeof long_key - 1] = '\0';
    CHECK_INT(put(long_key, "{}", MP_ANY_VERSION).code, MP_PARAMETER);
    CHECK_INT(put(long_key + 1, "{}", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("", "{}", MP_ANY_VERSION).code, MP_PARAMETER);
    CHECK_INT(put("\xff", "{}", MP_ANY_VERSION).code, MP_PARAMETER);
    CHECK_INT(put("a", "[]", MP_ANY_VERSION).code, MP_PARAMETER);
    CHECK_INT(put("a", "{\"a\":1,\"a\":2}", MP_ANY_VERSION).code, MP_SYNTAX);
    CHECK_INT(put("a", "{\"a\":9007199254740993}", MP_ANY_VERSION).code, MP_SYNTAX);
    static const mp_kind stranger = { .name = "stranger" };
    step                 s = { .kind = &stranger, .key = "a", .body = "{}" };
    CHECK_INT(mp_store_write(o.store, do_put, &s, NULL), MP_INTERNAL);
    opened_end(&o);
}

TEST(a_unique_value_belongs_to_one)
{
    begin();
    CHECK_INT(put("a", "{\"userName\":\"kim\"}", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("b", "{\"userName\":\"KIM\"}", MP_ANY_VERSION).code, MP_EXISTS);
    CHECK_INT(put("b", "{\"userName\":\"lee\"}", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("a", "{\"userName\":\"Kim\"}", MP_ANY_VERSION).code, MP_OK); /* its own */
    CHECK_INT(put("c", "{}", MP_ANY_VERSION).code, MP_OK);                     /* none, as often as wanted */
    CHECK_INT(put("d", "{\"userName\":null}", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("a", "{\"userName\":\"park\"}", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("b", "{\"userName\":\"kim\"}", MP_ANY_VERSION).code, MP_OK); /* free again */
    CHECK_INT(delete("b", MP_ANY_VERSION).code, MP_OK);
    CHECK_INT(put("c", "{\"userName\":\"kim\"}", MP_ANY_VERSION).code, MP_OK);
    opened_end(&o);
}

TEST(a_record_is_as_it_was)
{
    begin();
    step one = put("a", "{\"n\":1}", MP_ANY_VERSION), two = put("a", "{\"n\":2}", MP_ANY_VERSION);
    step gone = delete("a", MP_ANY_VERSION), back = put("a", "{\"n\":4}", MP_ANY_VERSION);
    CHECK(one.at < two.at && two.at < gone.at && gone.at < back.at);
    CHECK_INT(get("a", one.at - 1).code, MP_MISSING);
    CHECK_STR(mp_str_from(get("a", one.at).text), "{\"n\":1}");
    CHECK_STR(mp_str_from(get("a", two.at - 1).text), "{\"n\":1}");
    CHECK_STR(mp_str_from(get("a", two.at).text), "{\"n\":2}");
    CHECK_INT(get("a", gone.at).code, MP_MISSING);
    CHECK_INT(get("a", back.at - 1).code, MP_MISSING);
    CHECK_STR(mp_str_from(get("a", back.at).text), "{\"n\":4}");
    CHECK_STR(mp_str_from(get("a", back.at + MP_TICKS_PER_DAY).text), "{\"n\":4}");
    opened_end(&o);
}

typedef struct past {
    mp_ticks until[8], since[8];
    int64_t  versions[8];
    bool     has_body[8];
    size_t   count;
    uint32_t limit;
    bool     wrong_next;
} past;

static mp_code do_history(mp_tx *tx, void *arg, mp_error *err)
{
    past  *p = arg;
    mp_str after = MP_S("");
    do {
        mp_record_page page;
        MP_TRY(mp_record_history(&page, tx, &user, MP_S("a"), after, p->limit, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            p->versions[p->count] = page.records[i].version;
            p->since[p->count] = page.records[i].since;
            p->until[p->count] = page.records[i].until;
            p->has_body[p->count++] = page.records[i].body != NULL;
        }
        after = page.next;
    } while (after.len);
    mp_record_page page;
    p->wrong_next = mp_record_history(&page, tx, &user, MP_S("a"), MP_S("AAAA"), 1, mp_tx_arena(tx), NULL) == MP_PARAMETER;
    return MP_OK;
}

TEST(history_has_every_version)
{
    begin();
    step one = put("a", "{\"n\":1}", MP_ANY_VERSION), two = put("a", "{\"n\":2}", MP_ANY_VERSION);
    step gone = delete("a", MP_ANY_VERSION), back = put("a", "{\"n\":4}", MP_ANY_VERSION);
    for (uint32_t limit = 1; limit <= 5; limit++) {
        past p = { .limit = limit };
        opened_read(&o, do_history, &p);
        CHECK_INT(p.count, 4);
        CHECK(p.wrong_next);
        CHECK(p.versions[0] == 4 && p.since[0] == back.at && p.until[0] == 0 && p.has_body[0]);
        CHECK(p.versions[1] == 3 && p.since[1] == gone.at && p.until[1] == back.at && !p.has_body[1]);
        CHECK(p.versions[2] == 2 && p.since[2] == two.at && p.until[2] == gone.at && p.has_body[2]);
        CHECK(p.versions[3] == 1 && p.since[3] == one.at && p.until[3] == two.at && p.has_body[3]);
    }
    opened_end(&o);
}

static mp_code do_prune(mp_tx *tx, void *arg, mp_error *err)
{
    int64_t *bounds = arg; /* in: before; out: removed */
    return mp_record_prune(bounds, tx, &user, *bounds, err);
}

TEST(old_versions_can_be_forgotten)
{
    begin();
    put("a", "{\"n\":1,\"state\":\"x\"}", MP_ANY_VERSION);
    step two = put("a", "{\"n\":2,\"state\":\"y\"}", MP_ANY_VERSION);
    step gone = delete("a", MP_ANY_VERSION);
    step kept = put("b", "{\"n\":1}", MP_ANY_VERSION);
    int64_t n = two.at - 1;
    opened_write(&o, do_prune, &n);
    CHECK_INT(n, 0);
    n = two.at;
    opened_write(&o, do_prune, &n);
    CHECK_INT(n, 1);
    CHECK_INT(get("a", two.at - 1).code, MP_MISSING);
    CHECK_STR(mp_str_from(get("a", two.at).text), "{\"n\":2,\"state\":\"y\"}");
    n = kept.at + MP_TICKS_PER_DAY;
    opened_write(&o, do_prune, &n);
    CHECK_INT(n, 2); /* version 2 and the deletion */
    CHECK_INT(get("a", gone.at - 1).code, MP_MISSING);
    CHECK_INT(get("b", kept.at).code, MP_OK);
    CHECK_INT(put("a", "{}", MP_NO_VERSION).version, 1); /* nobody remembers */
    opened_end(&o);
}

TEST(what_forgets_keeps_no_history)
{
    begin();
    step s = { .kind = &session, .key = "s", .body = "{\"state\":\"a\"}", .expected = MP_ANY_VERSION };
    opened_write(&o, do_put, &s);
    mp_ticks first = s.at;
    s.body = "{\"state\":\"b\"}";
    opened_write(&o, do_put, &s);
    CHECK_INT(s.version, 2);
    step old = { .kind = &session, .key = "s", .as_of = first };
    CHECK_INT(mp_store_read(o.store, do_get, &old, NULL), MP_MISSING);
    opened_write(&o, do_delete, &s);
    opened_write(&o, do_put, &s);
    CHECK_INT(s.version, 1);
    opened_end(&o);
}

static mp_code several(mp_tx *tx, void *arg, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    size_t    count;
    (void)arg;
    MP_TRY(mp_record_put(NULL, tx, &user, MP_S("new"), opened_json(arena, "{\"n\":1}"), MP_NO_VERSION, err));
    MP_TRY(mp_record_put(NULL, tx, &user, MP_S("old"), opened_json(arena, "{\"n\":2}"), 1, err));
    MP_TRY(mp_record_delete(tx, &user, MP_S("gone"), MP_ANY_VERSION, err));
    const mp_record_change *c = mp_tx_changes(tx, &count);
    CHECK_INT(count, 3);
    CHECK(!c[0].had && c[0].has && c[1].had && c[1].has && c[2].had && !c[2].has);
    CHECK_STR(c[0].key, "new");
    CHECK_STR(c[2].key, "gone");
    CHECK(c[1].kind == &user && memcmp(c[1].before, c[1].after, 32) != 0);
    return MP_OK;
}

TEST(changes_are_told_with_their_hashes)
{
    begin();
    put("old", "{\"n\":1}", MP_ANY_VERSION);
    put("gone", "{}", MP_ANY_VERSION);
    opened_write(&o, several, NULL);
    opened_end(&o);
}

/* The present version and one of the past; no other key, kind or hash. */
static mp_code hashes_hold(mp_tx *tx, void *arg, mp_error *err)
{
    static const char *const texts[] = { "{\"n\":1}", "{\"n\":2}" };
    const step              *versions = arg;
    mp_preimage              found = { .text = { NULL, 0 } };
    for (size_t i = 0; i < 2; i++) {
        uint8_t hash[MP_RECORD_HASH];
        char    both[MP_RECORD_SALT + 20];
        MP_TRY(mp_record_preimage(&found, tx, MP_S("user"), MP_S("old"), versions[i].hash, mp_tx_arena(tx), err));
        CHECK_STR(found.text, texts[i]);
        memcpy(both, found.salt, MP_RECORD_SALT);
        memcpy(both + MP_RECORD_SALT, found.text.ptr, found.text.len);
        MP_TRY(mp_sha256(hash, mp_str_of(both, MP_RECORD_SALT + found.text.len), err));
        CHECK(memcmp(hash, versions[i].hash, sizeof hash) == 0);
    }
    CHECK_INT(mp_record_preimage(&found, tx, MP_S("user"), MP_S("older"), versions[1].hash, mp_tx_arena(tx), NULL),
              MP_MISSING);
    CHECK_INT(mp_record_preimage(&found, tx, MP_S("session"), MP_S("old"), versions[1].hash, mp_tx_arena(tx), NULL),
              MP_MISSING);
    CHECK_INT(mp_record_preimage(&found, tx, MP_S("user"), MP_S("old"), (uint8_t[MP_RECORD_HASH]){ 1 },
                                 mp_tx_arena(tx), NULL),
              MP_MISSING);
    CHECK_STR(found.text, texts[1]);
    return MP_OK;
}

TEST(what_a_hash_was_made_of_is_found)
{
    step versions[2];
    begin();
    versions[0] = put("old", "{\"n\":1}", MP_ANY_VERSION);
    versions[1] = put("old", "{\"n\":2}", MP_ANY_VERSION);
    opened_read(&o, hashes_hold, versions);
    opened_end(&o);
}

TEST(a_record_that_somebody_changed_is_noticed)
{
    mp_error err = { 0 };
    begin();
    put("a", "{\"n\":1}", -1);
    put("a", "{\"n\":2}", -1);
    opened_aside(&o, "UPDATE record_past SET body = '{\"n\":7}'");
    opened_again(&o); /* the quick check does not read every record */
    mp_store_close(o.store);
    o.store = NULL;
    o.options.check_all = true;
    CHECK_INT(mp_store_open(&o.store, &o.options, &err), MP_DAMAGED);
    CHECK_STR(mp_str_from(err.message), "version 1 of the record a, of kind \"user\", is not what its hash says");
    opened_end(&o);
}

static void put_some(void)
{
    put("1", "{\"userName\":\"kim\",\"state\":\"active\",\"tags\":[\"b\",\"a\"],\"home\":{\"city\":\"Seoul\"}}", -1);
    put("2", "{\"userName\":\"lee\",\"state\":\"active\",\"tags\":[\"c\"],\"home\":{\"city\":\"Busan\"}}", -1);
    put("3", "{\"userName\":\"Park\",\"state\":\"left\",\"tags\":[],\"links\":[{\"id\":7},{\"id\":\"8\"},{}]}", -1);
    put("4", "{\"userName\":\"choi\",\"state\":true,\"tags\":[\"a\",\"c\",\"a\"],\"home\":{\"city\":\"서울\"}}", -1);
}

TEST(lists_filter_and_order)
{
    begin();
    put_some();
    CHECK_STR(mp_str_from(list((mp_record_query){ .counts = true }).keys), "1 2 3 4");
    CHECK_STR(mp_str_from(list((mp_record_query){ .descending = true }).keys), "4 3 2 1");
    CHECK_STR(mp_str_from(list((mp_record_query){ .order = "userName" }).keys), "4 1 2 3");
    CHECK_STR(mp_str_from(list((mp_record_query){ .order = "userName", .descending = true }).keys), "3 2 1 4");
    CHECK_STR(mp_str_from(list((mp_record_query){ .order = "tag" }).keys), "3 1 4 2");
    CHECK_STR(mp_str_from(list((mp_record_query){ .order = "city" }).keys), "3 2 1 4");
    CHECK_STR(mp_str_from(list((mp_record_query){ .order = "city", .descending = true }).keys), "4 1 2 3");
    static const struct { mp_record_filter filter; const char *keys; } cases[] = {
        { { "state", MP_FILTER_EQ, MP_S_INIT("active") }, "1 2" },
        { { "state", MP_FILTER_EQ, MP_S_INIT("true") }, "4" },
        { { "state", MP_FILTER_NE, MP_S_INIT("active") }, "3 4" },
        { { "tag", MP_FILTER_EQ, MP_S_INIT("a") }, "1 4" },
        { { "tag", MP_FILTER_NE, MP_S_INIT("a") }, "2" },
        { { "tag", MP_FILTER_GT, MP_S_INIT("a") }, "1 2 4" },
        { { "tag", MP_FILTER_GE, MP_S_INIT("c") }, "2 4" },
        { { "tag", MP_FILTER_LT, MP_S_INIT("b") }, "1 4" },
        { { "tag", MP_FILTER_LE, MP_S_INIT("b") }, "1 4" },
        { { "userName", MP_FILTER_STARTS, MP_S_INIT("PA") }, "3" },
        { { "userName", MP_FILTER_STARTS, MP_S_INIT("") }, "1 2 3 4" },
        { { "city", MP_FILTER_STARTS, MP_S_INIT("서") }, "4" },
        { { "city", MP_FILTER_EQ, MP_S_INIT("") }, "" },
        { { "link", MP_FILTER_EQ, MP_S_INIT("7") }, "3" },
        { { "link", MP_FILTER_EQ, MP_S_INIT("8") }, "3" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        listing l = list_where(&cases[i].filter, 1);
        CHECK_STR(mp_str_from(l.keys), cases[i].keys);
        CHECK_INT(l.total, l.count);
        listing sorted = list((mp_record_query){ .filters = &cases[i].filter, .filter_count = 1, .order = "userName" });
        CHECK_INT(sorted.count, l.count);
    }
    CHECK_STR(mp_str_from(list_where(FILTERS({ "tag", MP_FILTER_EQ, MP_S("a") }, { "tag", MP_FILTER_EQ, MP_S("c") })).keys),
              "4");
    CHECK_INT(list((mp_record_query){ WHERE({ "nope", MP_FILTER_EQ, MP_S("a") }) }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "nope" }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ WHERE({ "tag", MP_FILTER_EQ, MP_S("\xff") }) }).code, MP_PARAMETER);
    opened_end(&o);
}

TEST(a_continuation_is_of_its_query)
{
    begin();
    put_some();
    char     next[4000];
    listing  l = list((mp_record_query){ .limit = 2, .order = "userName" });
    CHECK_STR(mp_str_from(l.keys), "4 1");
    memcpy(next, l.next, sizeof next);
    CHECK(next[0] && strspn(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(next));
    l = list((mp_record_query){ .limit = 2, .order = "userName", .after = mp_str_from(next) });
    CHECK_STR(mp_str_from(l.keys), "2 3");
    CHECK_STR(mp_str_from(l.next), "");
    CHECK_INT(list((mp_record_query){ .order = "city", .after = mp_str_from(next) }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .after = mp_str_from(next) }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "userName", .descending = true, .after = mp_str_from(next) }).code,
              MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "userName", .as_of = 1, .after = mp_str_from(next) }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "userName", .kind = &session, .after = mp_str_from(next) }).code,
              MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "userName", .after = MP_S("x") }).code, MP_PARAMETER);
    CHECK_INT(list((mp_record_query){ .order = "userName", .after = MP_S("' OR 1=1") }).code, MP_PARAMETER);
    opened_end(&o);
}

TEST(values_that_no_index_can_hold)
{
    begin();
    mp_buf body = MP_BUF_INIT, value = MP_BUF_INIT;
    for (int i = 0; i < 3000; i++)
        mp_buf_add_z(&value, "가");
    mp_buf_printf(&body, "{\"state\":\"%.*s\",\"tags\":[\"a\\u0000b\",\"a\\u0000c\"]}", (int)value.len, value.ptr);
    mp_buf_add_c(&body, '\0');
    CHECK_INT(put("long", body.ptr, -1).code, MP_OK);
    body.ptr[value.len / 2] ^= 1; /* another text with the same beginning */
    CHECK_STR(mp_str_from(list_where(FILTERS({ "state", MP_FILTER_EQ, mp_buf_str(&value) })).keys), "long");
    value.ptr[value.len - 1] ^= 1;
    CHECK_STR(mp_str_from(list_where(FILTERS({ "state", MP_FILTER_EQ, mp_buf_str(&value) })).keys), "");
    CHECK_STR(mp_str_from(list_where(FILTERS({ "tag", MP_FILTER_EQ, MP_S("a\0b") })).keys), "long");
    CHECK_STR(mp_str_from(list_where(FILTERS({ "tag", MP_FILTER_EQ, MP_S("a\0d") })).keys), "");
    CHECK_INT(list_where(FILTERS({ "tag", MP_FILTER_STARTS, MP_S("a\0d") })).code, MP_PARAMETER);
    mp_buf_free(&body);
    mp_buf_free(&value);
    opened_end(&o);
}

TEST(lists_are_as_they_were)
{
    begin();
    put_some();
    step     moved = put("1", "{\"userName\":\"kim\",\"state\":\"left\",\"tags\":[\"z\"]}", -1);
    step     gone = delete("2", -1);
    mp_ticks before = moved.at - 1;
    CHECK_STR(mp_str_from(list((mp_record_query){ .as_of = before, .counts = true }).keys), "1 2 3 4");
    CHECK_STR(mp_str_from(list((mp_record_query){ .as_of = gone.at }).keys), "1 3 4");
    mp_record_filter active = { "state", MP_FILTER_EQ, MP_S("active") };
    CHECK_STR(mp_str_from(list((mp_record_query){ .filters = &active, .filter_count = 1 }).keys), "");
    CHECK_STR(mp_str_from(list((mp_record_query){ .filters = &active, .filter_count = 1, .as_of = moved.at }).keys), "2");
    listing l = list((mp_record_query){ .filters = &active, .filter_count = 1, .as_of = before, .order = "city",
                                        .counts = true });
    CHECK_STR(mp_str_from(l.keys), "2 1");
    CHECK_INT(l.total, 2);
    CHECK_STR(mp_str_from(list((mp_record_query){ .as_of = before, .order = "tag" }).keys), "3 1 4 2");
    CHECK_STR(mp_str_from(list((mp_record_query){ .as_of = gone.at, .order = "tag" }).keys), "3 4 1");
    opened_end(&o);
}

static const mp_record_index other_indexes[] = {
    { .name = "userName", .path = "userName", .folds = true },
    { .name = "state", .path = "n" },
    { .name = "hometown", .path = "home/city" },
};
static const mp_kind other_user = { .name = "user", .indexes = other_indexes, .index_count = MP_COUNT(other_indexes) };

TEST(indexes_that_changed_are_made_anew)
{
    begin();
    put_some();
    step one = put("5", "{\"n\":1,\"home\":{\"city\":\"Jeju\"}}", -1);
    put("5", "{\"n\":2,\"home\":{\"city\":\"Ulsan\"}}", -1);
    opened_again(&o);
    opened_declare(&o, &other_user);
    mp_record_filter n1 = { "state", MP_FILTER_EQ, MP_S("1") }, n2 = { "state", MP_FILTER_EQ, MP_S("2") };
    mp_record_filter jeju = { "hometown", MP_FILTER_EQ, MP_S("Jeju") };
    mp_record_query  q = { .kind = &other_user, .filters = &n2, .filter_count = 1 };
    CHECK_STR(mp_str_from(list(q).keys), "5");
    q.filters = &n1;
    CHECK_STR(mp_str_from(list(q).keys), "");
    q.as_of = one.at;
    CHECK_STR(mp_str_from(list(q).keys), "5");
    q.filters = &jeju;
    CHECK_STR(mp_str_from(list(q).keys), "5");
    CHECK_STR(mp_str_from(list((mp_record_query){ .kind = &other_user, .order = "hometown" }).keys), "3 2 1 5 4");
    opened_end(&o);
}

TEST(a_unique_index_over_what_is_shared_is_refused)
{
    static const mp_record_index plain[] = { { .name = "n", .path = "n" } };
    static const mp_record_index strict[] = { { .name = "n", .path = "n", .is_unique = true } };
    static const mp_kind         before = { .name = "thing", .indexes = plain, .index_count = 1 };
    static const mp_kind         after = { .name = "thing", .indexes = strict, .index_count = 1 };
    const mp_kind               *kinds[] = { &after };
    begin();
    opened_declare(&o, &before);
    step s = { .kind = &before, .key = "a", .body = "{\"n\":1}", .expected = -1 };
    opened_write(&o, do_put, &s);
    s.key = "b";
    opened_write(&o, do_put, &s);
    opened_again(&o);
    CHECK_INT(mp_records_declare(o.store, kinds, 1, NULL), MP_EXISTS);
    opened_end(&o);
}

int main(void)
{
    return MAIN(RUN(what_is_put_can_be_read), RUN(versions_count_and_are_expected), RUN(what_is_no_record_is_refused),
                RUN(a_unique_value_belongs_to_one), RUN(a_record_is_as_it_was), RUN(history_has_every_version),
                RUN(old_versions_can_be_forgotten), RUN(what_forgets_keeps_no_history),
                RUN(changes_are_told_with_their_hashes), RUN(what_a_hash_was_made_of_is_found),
                RUN(a_record_that_somebody_changed_is_noticed), RUN(lists_filter_and_order),
                RUN(a_continuation_is_of_its_query), RUN(values_that_no_index_can_hold), RUN(lists_are_as_they_were),
                RUN(indexes_that_changed_are_made_anew), RUN(a_unique_index_over_what_is_shared_is_refused));
}
