/* SPDX-License-Identifier: Apache-2.0 */
/* Sharing: what several entries hold is evaluated once for a document, and says the same as if not. */
#include "fault.h"
#include "make.h"

#define ENTRIES 4

/* Conditions that are equal in part, as policies are: one of two random ones in each. */
static void make_entries(mp_tree **trees, mp_tree_builder *b, uint64_t seed)
{
    for (uint64_t i = 0; i < ENTRIES; i++) {
        make_random part = { seed + i % 2 }, own = { seed * 7 + i };
        mp_tree    *kids[2] = { make_condition(b, &part, 4), make_condition(b, &own, 2) };
        trees[i] = i < 2 ? mp_tree_all(b, kids, 2, 0) : mp_tree_any(b, kids, 2, 0);
        CHECK(trees[i]);
    }
}

static mp_rules *compile(mp_tree *const *trees, uint32_t count, bool apart)
{
    mp_rules_builder *b = NULL;
    mp_rules         *rules = NULL;
    uint32_t          entry;
    CHECK(mp_rules_builder_new(&b, 0, NULL) == MP_OK);
    if (apart)
        mp_rules_keep_apart(b);
    for (uint32_t i = 0; i < count; i++)
        CHECK(mp_rules_add(&entry, b, trees[i], NULL, NULL) == MP_OK && entry == i);
    CHECK(mp_rules_finish(&rules, b, NULL) == MP_OK);
    mp_rules_builder_free(b);
    return rules;
}

TEST(shared_conditions_say_the_same)
{
    size_t shared = 0;
    for (uint64_t seed = 0; seed < 1500; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree        *trees[ENTRIES];
        mp_run         *one = NULL, *other = NULL;
        make_random     r = { seed };
        mp_tree_builder_init(&b, &arena, false);
        make_entries(trees, &b, seed);
        mp_rules *rules = compile(trees, ENTRIES, false), *apart = compile(trees, ENTRIES, true);
        shared += mp_rules_shared(rules);
        CHECK_INT(mp_rules_shared(apart), 0);
        CHECK(mp_run_new(&one, NULL) == MP_OK && mp_run_new(&other, NULL) == MP_OK);
        for (int n = 0; n < 3; n++) { /* what was remembered of one document is forgotten for the next */
            const mp_json *doc = make_document(&r, &arena);
            CHECK(mp_run_begin(one, rules, doc, NULL) == MP_OK && mp_run_begin(other, apart, doc, NULL) == MP_OK);
            for (uint32_t i = 0; i < 2 * ENTRIES; i++)
                CHECK(mp_run_test(one, i % ENTRIES) == mp_run_test(other, i % ENTRIES));
        }
        mp_run_free(one);
        mp_run_free(other);
        mp_rules_free(rules);
        mp_rules_free(apart);
        mp_arena_free(&arena);
    }
    CHECK(shared > 100);
}

/* allOf [a equals 1, b equals 2], with origins from `origin` on. */
static mp_tree *make_pair(mp_tree_builder *b, uint32_t origin)
{
    mp_tree *kids[2];
    for (uint32_t i = 0; i < 2; i++) {
        mp_tree *left = mp_tree_path(b, 0, make_path(i ? "b" : "a", b->arena), MP_PATH_FIELD, origin + i + 1);
        mp_tree *right = mp_tree_value(b, make_json(i ? "2" : "1", b->arena), origin + i + 1);
        kids[i] = mp_tree_test(b, MP_OP_EQUALS, left, right, origin + i + 1);
    }
    return mp_tree_all(b, kids, 2, origin);
}

TEST(traces_name_the_origins_of_their_own_entry)
{
    static const char *const docs[] = { "{\"a\":1,\"b\":2}", "{\"a\":1}", "{}" };
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_run         *run = NULL;
    mp_tree_builder_init(&b, &arena, false);
    mp_tree  *trees[3] = { make_pair(&b, 10), make_pair(&b, 20), make_pair(&b, 30) };
    mp_rules *rules = compile(trees, 3, false);
    CHECK_INT(mp_rules_shared(rules), 1);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (size_t d = 0; d < MP_COUNT(docs); d++) {
        CHECK(mp_run_begin(run, rules, make_json(docs[d], &arena), NULL) == MP_OK);
        for (uint32_t i = 0; i < 3; i++) {
            mp_truth        truth;
            const mp_trace *t = mp_run_explain(run, i, &truth);
            CHECK(t && t->kind == MP_TRACE_ALL && truth == (d == 0 ? MP_TRUE : MP_FALSE));
            CHECK_INT(t->origin, 10 * (i + 1));
            CHECK_INT(t->first->origin, 10 * (i + 1) + 1);
            CHECK_INT(t->first->next->origin, 10 * (i + 1) + 2);
            CHECK_INT(t->first->next->outcome, d == 0 ? MP_TRACE_TRUE : d == 1 ? MP_TRACE_FALSE : MP_TRACE_SKIPPED);
        }
    }
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

TEST(small_conditions_are_not_worth_it)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree        *trees[2];
    mp_tree_builder_init(&b, &arena, false);
    for (int i = 0; i < 2; i++)
        trees[i] = make_pair(&b, 0)->kids[0];
    mp_rules *rules = compile(trees, 2, false);
    CHECK_INT(mp_rules_shared(rules), 0);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

/* What depends on the second document changes with it. */
TEST(the_second_document_is_not_remembered)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_slots       *second = NULL;
    mp_rules       *rules = NULL;
    mp_run         *run = NULL;
    uint32_t        entries[2];
    mp_rules_builder *builder = NULL;
    mp_tree_builder_init(&b, &arena, false);
    CHECK(mp_slots_new(&second, 0, NULL) == MP_OK);
    CHECK(mp_rules_builder_new(&builder, 0, NULL) == MP_OK);
    for (int i = 0; i < 2; i++) {
        mp_tree *kids[2] = { make_pair(&b, 0), NULL };
        kids[1] = mp_tree_test(&b, MP_OP_EQUALS, mp_tree_path(&b, 1, make_path("x", &arena), MP_PATH_FIELD, 0),
                               mp_tree_value(&b, make_json("1", &arena), 0), 0);
        mp_tree *t = mp_tree_all(&b, kids, 2, 0);
        CHECK(mp_slots_collect(second, t, 1, NULL) == MP_OK);
        CHECK(mp_rules_add(&entries[i], builder, t, second, NULL) == MP_OK);
    }
    CHECK(mp_rules_finish(&rules, builder, NULL) == MP_OK);
    mp_rules_builder_free(builder);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(mp_run_begin(run, rules, make_json("{\"a\":1,\"b\":2}", &arena), NULL) == MP_OK);
    static const char *const docs[] = { "{\"x\":1}", "{\"x\":2}", "{\"x\":1}", "{}" };
    for (size_t i = 0; i < MP_COUNT(docs); i++) {
        const mp_json *values[4];
        mp_slots_fill(second, make_json(docs[i], &arena), values);
        mp_run_set_second(run, values);
        for (int k = 0; k < 2; k++)
            CHECK(mp_run_test(run, entries[k]) == (i % 2 ? MP_FALSE : MP_TRUE));
    }
    mp_run_set_second(run, NULL);
    CHECK(mp_run_test(run, entries[0]) == MP_FALSE);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_slots_free(second);
    mp_arena_free(&arena);
}

static bool compiles(void *context)
{
    mp_tree *const   *trees = context;
    mp_rules_builder *b = NULL;
    mp_rules         *rules = NULL;
    uint32_t          entry;
    bool              done = mp_rules_builder_new(&b, 0, NULL) == MP_OK;
    for (uint32_t i = 0; done && i < ENTRIES; i++)
        done = mp_rules_add(&entry, b, trees[i], NULL, NULL) == MP_OK;
    mp_error err = { 0 };
    if (done && mp_rules_finish(&rules, b, &err) != MP_OK) {
        CHECK(err.code == MP_NOMEM);
        done = false;
    }
    CHECK(done == (rules != NULL));
    mp_rules_builder_free(b);
    mp_rules_free(rules);
    return done;
}

TEST(lack_of_memory_is_said)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree        *trees[ENTRIES];
        mp_tree_builder_init(&b, &arena, false);
        make_entries(trees, &b, seed);
        fault_loop(compiles, trees);
        mp_arena_free(&arena);
    }
    mp_rules_builder *b = NULL;
    uint32_t          entry;
    CHECK(mp_rules_builder_new(&b, 0, NULL) == MP_OK);
    CHECK(mp_rules_add(&entry, b, NULL, NULL, NULL) == MP_NOMEM);
    mp_rules_builder_free(b);
}

int main(void)
{
    return MAIN(RUN(shared_conditions_say_the_same), RUN(traces_name_the_origins_of_their_own_entry),
                RUN(small_conditions_are_not_worth_it), RUN(the_second_document_is_not_remembered),
                RUN(lack_of_memory_is_said));
}
