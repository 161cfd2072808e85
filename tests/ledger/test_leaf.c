/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a leaf: canonical, within its limit, without what should not be in it, and made without half measures. */
#include "leaf.h"

#include <stdio.h>
#include <stdlib.h>

#include "canonical.h"
#include "fault.h"
#include "jsonw.h"
#include "test.h"

static const mp_kind thing = { .name = "thing" };

static mp_record_change *changes_of(mp_arena *arena, size_t count, const char *key)
{
    mp_record_change *changes = MP_ARENA_ARRAY(arena, mp_record_change, count);
    for (size_t i = 0; i < count; i++) {
        changes[i] = (mp_record_change){
            .kind = &thing, .key = mp_arena_printf(arena, key, (unsigned)i), .had = i % 2, .has = true
        };
        memset(changes[i].after, (int)i, sizeof changes[i].after);
        memset(changes[i].before, (int)i + 1, sizeof changes[i].before);
    }
    return changes;
}

/* Prepare, set a time, and read it again: the text is its own canonical form. */
static const mp_json *prepare(mp_prepared *p, const mp_leaf *leaf, const mp_record_change *changes, size_t count,
                              mp_json_doc *doc)
{
    const mp_json    *v;
    mp_merkle_hasher *hasher;
    mp_buf            again = MP_BUF_INIT;
    mp_error          err = { 0 };
    CHECK_INT(mp_merkle_hasher_new(&hasher, NULL), MP_OK);
    if (mp_leaf_prepare(p, leaf, changes, count, hasher, &err) != MP_OK)
        fail_msg("%s", err.message);
    mp_merkle_hasher_free(hasher);
    CHECK(p->text.len <= MP_LEAF_MAX);
    mp_leaf_set_time(p->text.ptr, p->at_offset, MP_TICKS_PER_DAY);
    CHECK_INT(
        mp_json_read(doc, &v, mp_buf_str(&p->text), &(mp_json_options){ .reject_duplicates = true }, NULL, NULL),
        MP_OK);
    CHECK_INT(mp_canonical(&again, v, NULL), MP_OK);
    CHECK(mp_str_eq(mp_buf_str(&again), mp_buf_str(&p->text)));
    mp_buf_free(&again);
    return v;
}

/* Every opening is of a commitment in the leaf, and holds. */
static unsigned check_openings(const mp_prepared *p, const mp_json *leaf)
{
    mp_json_doc      *doc;
    const mp_json    *openings;
    mp_merkle_hasher *hasher;
    if (!p->openings.len)
        return 0;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_merkle_hasher_new(&hasher, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &openings, mp_buf_str(&p->openings), NULL, NULL, NULL), MP_OK);
    for (MP_JSON_MEMBERS(key, openings)) {
        mp_str         commitment = mp_commitment_of(leaf, mp_json_str(key));
        mp_str         salt = mp_json_str(mp_json_get(key + 1, MP_S("salt")));
        const mp_json *value = mp_json_get(key + 1, MP_S("value"));
        CHECK_INT(commitment.len, MP_COMMITMENT);
        CHECK_INT(mp_commitment_check(commitment, salt, value, hasher, NULL), MP_OK);
        CHECK_INT(mp_commitment_check(commitment, salt, mp_json_make_null(), hasher, NULL), MP_DAMAGED);
        CHECK_INT(mp_commitment_check(commitment, MP_S("00112233445566778899aabbccddeeff"), value, hasher, NULL),
                  MP_DAMAGED);
        CHECK_INT(mp_commitment_check(commitment, MP_S("00"), value, hasher, NULL), MP_DAMAGED);
    }
    unsigned count = openings->count;
    mp_merkle_hasher_free(hasher);
    mp_json_doc_free(doc);
    return count;
}

TEST(a_small_leaf_has_the_known_text)
{
    mp_prepared  p = MP_PREPARED_INIT;
    mp_json_doc *doc;
    mp_leaf leaf = {
        .actor_kind = MP_S("user"),
        .actor = MP_S("u-1"),
        .session = MP_S("s-1"),
        .action = MP_S("A/b"),
        .on = MP_S("/x\"\n"),
        .request = MP_S("r-1"),
        .outcome = MP_OUTCOME_REFUSED,
        .status = 403,
        .reason = MP_S("denied"),
    };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    prepare(&p, &leaf, NULL, 0, doc);
    CHECK_STR(mp_buf_str(&p.text),
              "{\"action\":\"A/b\",\"at\":\"0001-01-02T00:00:00.0000000Z\",\"on\":\"/x\\\"\\n\",\"outcome\":\"refused\",\"reason\":\"denied\","
              "\"request\":\"r-1\",\"status\":403,\"v\":1,\"who\":{\"id\":\"u-1\",\"kind\":\"user\",\"session\":\"s-1\"}}");
    CHECK_INT(p.openings.len, 0);
    leaf = (mp_leaf){ .actor_kind = MP_S("nobody"), .action = MP_S("A") };
    prepare(&p, &leaf, NULL, 0, doc);
    CHECK_STR(mp_buf_str(&p.text),
              "{\"action\":\"A\",\"at\":\"0001-01-02T00:00:00.0000000Z\",\"outcome\":\"done\",\"v\":1,\"who\":{\"kind\":\"nobody\"}}");
    mp_prepared_done(&p);
    mp_json_doc_free(doc);
}

TEST(keys_that_could_name_somebody_are_committed)
{
    static const struct { const char *key; bool is_plain; } keys[] = {
        { "33333333-0000-4000-8000-000000000000", true },
        { "/subscriptions/33333333-0000-4000-8000-000000000000/resourceGroups/a-b_c.(1)", true },
        { "/providers/Microsoft.Management/managementGroups/Top", true },
        { "hong@example.kr", false },
        { "/users/hong", false },
        { "/subscriptions/hong@example.kr", false },
        { "/subscriptions/\xED\x99\x8D", false },
        { "", false },
    };
    mp_json_doc *doc;
    mp_prepared  p = MP_PREPARED_INIT;
    mp_leaf      leaf = { .actor_kind = MP_S("nobody"), .action = MP_S("A") };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(keys); i++) {
        mp_record_change change = { .kind = &thing, .key = mp_str_from(keys[i].key), .has = true };
        const mp_json   *v = prepare(&p, &leaf, &change, 1, doc);
        mp_str           shown = mp_json_str(mp_json_get(mp_json_at(mp_json_get(v, MP_S("changes")), 0), MP_S("key")));
        CHECK(mp_str_eq(shown, change.key) == keys[i].is_plain);
        CHECK_INT(check_openings(&p, v), !keys[i].is_plain);
    }
    mp_prepared_done(&p);
    mp_json_doc_free(doc);
}

TEST(what_does_not_fit_is_summed_up_and_sealed)
{
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc;
    mp_prepared  p = MP_PREPARED_INIT;
    mp_jsonw     w;
    mp_leaf      leaf = { .actor_kind = MP_S("nobody"), .action = MP_S("A"), .from = MP_S("192.0.2.1") };
    char        *large = mp_arena_alloc(&arena, 70000);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    memset(large, 'x', 70000);
    /* A few hundred changes fit, a thousand do not. */
    const mp_json *v = prepare(&p, &leaf, changes_of(&arena, 250, "33333333-0000-4000-8000-%012u"), 250, doc);
    CHECK_INT(mp_json_get(v, MP_S("changes"))->count, 250);
    CHECK_INT(check_openings(&p, v), 1);
    v = prepare(&p, &leaf, changes_of(&arena, 1000, "user-%u"), 1000, doc);
    CHECK_INT(mp_json_get(mp_json_get(v, MP_S("changes")), MP_S("count"))->u.integer, 1000);
    CHECK_INT(check_openings(&p, v), 2);
    CHECK(mp_str_find_str(mp_buf_str(&p.openings), MP_S("\"user-999\"")) != SIZE_MAX);
    CHECK(p.text.len < 1000);
    /* The same with a detail; and both. */
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "large", mp_str_of(large, 70000));
    mp_jsonw_end(&w);
    leaf.detail = mp_jsonw_done(&w);
    v = prepare(&p, &leaf, NULL, 0, doc);
    CHECK(mp_json_is(mp_json_get(mp_json_get(v, MP_S("detail")), MP_S("digest")), MP_JSON_STRING));
    CHECK_INT(check_openings(&p, v), 2);
    v = prepare(&p, &leaf, changes_of(&arena, 1000, "user-%u"), 1000, doc);
    CHECK_INT(check_openings(&p, v), 3);
    /* Long strings. */
    leaf = (mp_leaf){ .actor_kind = MP_S("nobody"),
                      .action = MP_S("A"),
                      .on = mp_str_of(large, 60000),
                      .reason = mp_str_of(large, 513),
                      .session = mp_str_of(large, 513),
                      .actor = mp_str_of(large, 513),
                      .request = mp_str_of(large, 512) };
    v = prepare(&p, &leaf, NULL, 0, doc);
    CHECK_INT(check_openings(&p, v), 4);
    CHECK_INT(mp_json_str(mp_json_get(v, MP_S("request"))).len, 512);
    mp_prepared_done(&p);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

TEST(the_worst_leaf_fits)
{
    char         control[MP_LEAF_STRING_MAX];
    mp_arena     arena = MP_ARENA_INIT;
    mp_prepared  p = MP_PREPARED_INIT;
    mp_json_doc *doc;
    mp_jsonw     w;
    memset(control, 1, sizeof control); /* six characters each */
    mp_str  worst = mp_str_of(control, sizeof control);
    mp_leaf leaf = { .actor_kind = worst,
                     .actor = worst,
                     .session = worst,
                     .action = worst,
                     .on = worst,
                     .request = worst,
                     .reason = worst,
                     .from = worst,
                     .status = -2147483647,
                     .outcome = MP_OUTCOME_REFUSED };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    for (unsigned i = 0; i < MP_SEALED_MAX; i++) {
        char *name = mp_arena_alloc(&arena, MP_SEALED_NAME_MAX);
        memset(name, 1, MP_SEALED_NAME_MAX);
        name[0] = (char)('0' + i);
        mp_jsonw_key(&w, mp_str_of(name, MP_SEALED_NAME_MAX));
        mp_jsonw_int(&w, i);
    }
    mp_jsonw_end(&w);
    leaf.sealed = mp_jsonw_done(&w);
    leaf.detail = leaf.sealed;
    const mp_json *v = prepare(&p, &leaf, changes_of(&arena, 2000, "%u"), 2000, doc);
    CHECK_INT(check_openings(&p, v), MP_SEALED_MAX + 3);
    mp_prepared_done(&p);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

TEST(texts_that_are_no_utf8_are_made_so)
{
    mp_prepared   p = MP_PREPARED_INIT;
    mp_json_doc  *doc;
    mp_leaf leaf = { .actor_kind = MP_S("nobody"),
                     .action = MP_S("A"),
                     .on = MP_S("/a/\xFF\xC3\xA9\xED\xA0\x80/b"),
                     .from = MP_S("\xFE") };
    mp_terms      terms;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    const mp_json *v = prepare(&p, &leaf, NULL, 0, doc);
    CHECK_STR(mp_json_str(mp_json_get(v, MP_S("on"))), "/a/\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD/b");
    CHECK_INT(check_openings(&p, v), 1);
    /* The words of search are those of the text. */
    mp_leaf_words words = mp_leaf_words_of(v);
    mp_terms_of(&terms, &words);
    CHECK_INT(terms.count, p.terms.count);
    assert_memory_equal(terms.hashes, p.terms.hashes, terms.count * sizeof terms.hashes[0]);
    mp_prepared_done(&p);
    mp_json_doc_free(doc);
}

TEST(leaves_that_make_no_sense_are_refused)
{
    mp_prepared       p = MP_PREPARED_INIT;
    mp_arena          arena = MP_ARENA_INIT;
    mp_json_doc      *doc;
    mp_merkle_hasher *hasher;
    const mp_leaf     good = { .actor_kind = MP_S("user"), .action = MP_S("A") };
    static const struct { const char *sealed; mp_code code; } sealed[] = {
        { "[]", MP_PARAMETER }, { "{\"from\":1}", MP_PARAMETER }, { "{\"\":1}", MP_PARAMETER }, { "{\"a/b\":1}", MP_PARAMETER },
        { "{\"changes\":1}", MP_PARAMETER }, { "{\"a\":1,\"a\":2}", MP_SYNTAX }, { "{\"a\":1e400}", MP_SYNTAX }, { "{}", MP_OK },
    };
    CHECK_INT(mp_merkle_hasher_new(&hasher, NULL), MP_OK);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    mp_leaf leaf = good;
    leaf.action = MP_S("");
    CHECK_INT(mp_leaf_prepare(&p, &leaf, NULL, 0, hasher, NULL), MP_PARAMETER);
    leaf = good;
    leaf.actor_kind = MP_S("");
    CHECK_INT(mp_leaf_prepare(&p, &leaf, NULL, 0, hasher, NULL), MP_PARAMETER);
    leaf = good;
    leaf.outcome = (mp_outcome)3;
    CHECK_INT(mp_leaf_prepare(&p, &leaf, NULL, 0, hasher, NULL), MP_PARAMETER);
    leaf = good;
    leaf.detail = mp_json_make_null();
    CHECK_INT(mp_leaf_prepare(&p, &leaf, NULL, 0, hasher, NULL), MP_PARAMETER);
    for (size_t i = 0; i < MP_COUNT(sealed); i++) {
        leaf = good;
        CHECK_INT(mp_json_read(doc, &leaf.sealed, mp_str_from(sealed[i].sealed), NULL, NULL, NULL), MP_OK);
        CHECK_INT(mp_leaf_prepare(&p, &leaf, NULL, 0, hasher, NULL), sealed[i].code);
    }
    mp_prepared_done(&p);
    mp_merkle_hasher_free(hasher);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

TEST(commitments_are_found_by_name_only_where_they_are)
{
    static const char text[] =
        "{\"from\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\",\"on\":\"/x\","
        "\"changes\":[{\"key\":\"plain\"}],\"who\":{\"id\":\"u\"}}";
    static const char *const none[] = { "on",
                                        "nothing",
                                        "",
                                        "changes",
                                        "changes/",
                                        "changes/0/key",
                                        "changes/1/key",
                                        "changes/x/key",
                                        "changes/9999999999999999999/key",
                                        "changes/0",
                                        "who/id",
                                        "who/session",
                                        "who",
                                        "detail" };
    mp_json_doc   *doc;
    const mp_json *v;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &v, mp_str_from(text), NULL, NULL, NULL), MP_OK);
    CHECK_INT(mp_commitment_of(v, MP_S("from")).len, MP_COMMITMENT);
    for (size_t i = 0; i < MP_COUNT(none); i++)
        CHECK_INT(mp_commitment_of(v, mp_str_from(none[i])).len, 0);
    mp_json_doc_free(doc);
}

/* ---- memory ---- */

struct world {
    mp_leaf           leaf;
    mp_record_change *changes;
    mp_merkle_hasher *hasher;
};

static bool prepare_once(void *ctx)
{
    struct world *w = ctx;
    mp_prepared   p = MP_PREPARED_INIT;
    mp_error      err = { 0 };
    mp_code       code = mp_leaf_prepare(&p, &w->leaf, w->changes, 700, w->hasher, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_prepared_done(&p);
    return code == MP_OK;
}

TEST(memory_that_runs_out_is_an_error)
{
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc;
    struct world w = {
        .leaf = { .actor_kind = MP_S("user"), .action = MP_S("A"), .on = MP_S("\xFF"), .from = MP_S("192.0.2.1") }
    };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &w.leaf.sealed, MP_S("{\"b\":[1.5,\"x\"],\"a\":\"y\"}"), NULL, NULL, NULL), MP_OK);
    w.leaf.detail = w.leaf.sealed;
    w.changes = changes_of(&arena, 700, "user-%u");
    CHECK_INT(mp_merkle_hasher_new(&w.hasher, NULL), MP_OK);
    CHECK(fault_loop(prepare_once, &w) > 10);
    mp_merkle_hasher_free(w.hasher);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(a_small_leaf_has_the_known_text), RUN(keys_that_could_name_somebody_are_committed),
                RUN(what_does_not_fit_is_summed_up_and_sealed), RUN(the_worst_leaf_fits),
                RUN(texts_that_are_no_utf8_are_made_so), RUN(leaves_that_make_no_sense_are_refused),
                RUN(commitments_are_found_by_name_only_where_they_are), RUN(memory_that_runs_out_is_an_error));
}
