/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "buf.h"
#include "fault.h"
#include "jsonw.h"
#include "make.h"

static mp_truth outcome(mp_run *run, const mp_rules *rules, const mp_json *doc)
{
    CHECK(mp_run_begin(run, rules, doc, NULL) == MP_OK);
    return mp_run_test(run, 0);
}

/* count(l[*] equals "x") OP wanted */
static mp_tree *make_count_test(mp_tree_builder *b, mp_operator op, int wanted)
{
    mp_path path = make_path("l[*]", b->arena);
    mp_str  text = mp_arena_printf(b->arena, "%d", wanted);
    mp_tree_count_open_path(b, 0, path);
    mp_tree *where = mp_tree_test(b, MP_OP_EQUALS, mp_tree_path(b, 0, path, MP_PATH_FIELD, 0),
                                  mp_tree_value(b, make_json("\"x\"", b->arena), 0), 0);
    mp_tree *count = mp_tree_count_close_path(b, where, 0);
    return mp_tree_test(b, op, count, mp_tree_value(b, make_json(text.ptr, b->arena), 0), 0);
}

/* {"l": [...]} of so many "x" and others, taking turns. */
static const mp_json *make_list(int matches, int others, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("l"));
    mp_jsonw_array(&w);
    for (int i = 0; i < matches || i < others; i++) {
        if (i < others)
            mp_jsonw_str(&w, MP_S("y"));
        if (i < matches)
            mp_jsonw_str(&w, MP_S("x"));
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static bool holds(mp_operator op, int a, int b)
{
    switch (op) {
    case MP_OP_EQUALS:
        return a == b;
    case MP_OP_NOT_EQUALS:
        return a != b;
    case MP_OP_LESS:
        return a < b;
    case MP_OP_LESS_OR_EQUALS:
        return a <= b;
    case MP_OP_GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

/* Counting may stop when the outcome is known; it must not change it. */
TEST(counts_that_stop_early_are_right)
{
    static const mp_operator ops[] = { MP_OP_EQUALS,  MP_OP_NOT_EQUALS, MP_OP_LESS, MP_OP_LESS_OR_EQUALS,
                                       MP_OP_GREATER, MP_OP_GREATER_OR_EQUALS };
    mp_run *run = NULL;
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (size_t o = 0; o < MP_COUNT(ops); o++)
        for (int wanted = -1; wanted <= 5; wanted++) {
            mp_arena        arena = MP_ARENA_INIT;
            mp_tree_builder b;
            mp_tree_builder_init(&b, &arena, false);
            mp_rules *rules = make_rules(make_count_test(&b, ops[o], wanted), false);
            for (int n = 0; n <= 6; n++)
                for (int others = 0; others <= 3; others++)
                    CHECK(outcome(run, rules, make_list(n, others, &arena)) ==
                          (holds(ops[o], n, wanted) ? MP_TRUE : MP_FALSE));
            mp_rules_free(rules);
            mp_arena_free(&arena);
        }
    mp_run_free(run);
}

/* Traces neither stop early nor remember, and still say the same. */
TEST(traces_come_to_the_same)
{
    mp_run *run = NULL;
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        make_random     r = { seed };
        mp_truth        traced;
        mp_tree_builder_init(&b, &arena, true);
        mp_rules      *rules = make_rules(make_condition(&b, &r, 4), false);
        const mp_json *doc = make_document(&r, &arena);
        mp_truth       truth = outcome(run, rules, doc);
        CHECK(mp_run_begin(run, rules, doc, NULL) == MP_OK);
        const mp_trace *t = mp_run_explain(run, 0, &traced);
        CHECK(t && truth == traced && t->outcome == (uint8_t)truth && !t->next);
        CHECK(mp_run_test(run, 0) == truth);
        mp_rules_free(rules);
        mp_arena_free(&arena);
    }
    mp_run_free(run);
}

TEST(packs_give_the_same_outcome)
{
    mp_run *run = NULL;
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        make_random     r = { seed };
        mp_tree_builder_init(&b, &arena, false);
        mp_rules *rules = make_rules(make_condition(&b, &r, 4), false);
        mp_truth  truth = outcome(run, rules, make_document(&r, &arena));
        mp_pack  *pack = mp_pack_make(mp_rules_slots(rules), mp_run_values(run), &arena);
        CHECK(pack);
        CHECK(mp_run_begin_pack(run, rules, pack, NULL) == MP_OK);
        CHECK(mp_run_test(run, 0) == truth);
        mp_rules_free(rules);
        mp_arena_free(&arena);
    }
    mp_run_free(run);
}

TEST(loops_have_a_limit)
{
    /* l within l within l within l: 60 to the fourth is more than MP_RUN_STEPS */
    enum { LENGTH = 60, LEVELS = 4 };
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_run         *run = NULL;
    mp_jsonw        w;
    static_assert(LENGTH * LENGTH * LENGTH * LENGTH > MP_RUN_STEPS, "enough steps");
    mp_jsonw_init(&w, &arena);
    mp_jsonw_array(&w);
    for (int i = 0; i < LENGTH; i++)
        mp_jsonw_int(&w, 0);
    mp_jsonw_end(&w);
    const mp_json *list = mp_jsonw_done(&w);
    mp_tree_builder_init(&b, &arena, false);
    mp_tree *where = NULL;
    for (int i = 0; i < LEVELS; i++)
        mp_tree_count_open_value(&b, MP_S("n"));
    for (int i = 0; i < LEVELS; i++) {
        mp_tree *value = mp_tree_value(&b, list, 0);
        mp_tree *count = mp_tree_count_close_value(&b, value, where, 0);
        where = mp_tree_test(&b, MP_OP_LESS, count, mp_tree_value(&b, make_json("1000000", &arena), 0), 0);
    }
    mp_rules *rules = make_rules(where, false);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(outcome(run, rules, make_json("{}", &arena)) == MP_FAILED);
    CHECK(mp_run_error(run)->code == MP_LIMIT);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

TEST(loops_within_loops_have_a_limit)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, false);
    for (int i = 0; i < MP_TREE_SCOPES; i++)
        mp_tree_count_open_value(&b, MP_S("n"));
    CHECK(!b.too_deep);
    mp_tree_count_open_value(&b, MP_S("n"));
    CHECK(b.too_deep);
    CHECK(mp_tree_count_close_value(&b, mp_tree_value(&b, make_json("[]", &arena), 0), NULL, 0) == NULL);
    mp_arena_free(&arena);
}

static void check_value(mp_run *run, uint32_t entry, const char *wanted)
{
    const mp_json *v = NULL;
    mp_buf         text = MP_BUF_INIT;
    CHECK(mp_run_value(&v, run, entry, NULL) == MP_OK);
    if (v)
        mp_buf_add_json(&text, v);
    CHECK_STR(mp_buf_str(&text), wanted);
    mp_buf_free(&text);
}

TEST(a_path_gives_what_its_use_wants)
{
    static const struct {
        const char *path, *as_field, *as_function;
    } cases[] = {
        { "a", "1", "1" },          { "none", "", "\"\"" },   { "null", "null", "\"\"" },
        { "l", "[1,2]", "[1,2]" },  { "l[*]", "[1,2]", "[1,2]" }, { "none[*]", "[]", "[]" },
        { "o[*].x", "[1]", "[1]" }, { "o[*].y[*]", "[2,3]", "[2,3]" },
    };
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_run         *run = NULL;
    const mp_json  *doc = make_json("{\"a\":1,\"null\":null,\"l\":[1,2],\"o\":[{\"x\":1},{\"y\":[2,3]}]}", &arena);
    mp_tree_builder_init(&b, &arena, false);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_path path = make_path(cases[i].path, &arena);
        for (int use = MP_PATH_FIELD; use <= MP_PATH_FUNCTION; use++) {
            mp_rules *rules = make_rules(mp_tree_path(&b, 0, path, (mp_path_use)use, 0), false);
            CHECK(mp_run_begin(run, rules, doc, NULL) == MP_OK);
            check_value(run, 0, use == MP_PATH_FIELD ? cases[i].as_field : cases[i].as_function);
            mp_rules_free(rules);
        }
    }
    mp_run_free(run);
    mp_arena_free(&arena);
}

TEST(inputs_are_set_by_the_caller)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_tree_builder   b;
    mp_rules_builder *builder = NULL;
    mp_rules         *rules = NULL;
    mp_run           *run = NULL;
    uint32_t          whole, below;
    mp_tree_builder_init(&b, &arena, false);
    CHECK(mp_rules_builder_new(&builder, 2, NULL) == MP_OK);
    mp_path none = { NULL, 0 }, path = make_path("T[*].v", &arena);
    CHECK(mp_rules_add(&whole, builder, mp_tree_input(&b, 0, 1, none, MP_PATH_FIELD, 0), NULL, NULL) == MP_OK);
    CHECK(mp_rules_add(&below, builder, mp_tree_input(&b, 0, 1, path, MP_PATH_FUNCTION, 0), NULL, NULL) == MP_OK);
    CHECK(mp_rules_finish(&rules, builder, NULL) == MP_OK);
    mp_rules_builder_free(builder);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(mp_run_begin(run, rules, make_json("{}", &arena), NULL) == MP_OK);
    CHECK(mp_run_input(run, 1) == NULL);
    check_value(run, whole, "");
    check_value(run, below, "[]");
    mp_run_set_input(run, 1, make_json("{\"t\":[{\"v\":1},{}]}", &arena));
    check_value(run, whole, "{\"t\":[{\"v\":1},{}]}");
    check_value(run, below, "[1]");
    CHECK(mp_run_begin(run, rules, make_json("{}", &arena), NULL) == MP_OK);
    check_value(run, whole, "");
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

/* ---- lack of memory ---- */

struct work {
    const mp_rules *rules;
    const mp_json  *doc;
    mp_truth        wanted;
};

static bool runs(void *context)
{
    const struct work *w = context;
    mp_run            *run = NULL;
    mp_truth           truth = MP_FAILED, traced;
    if (mp_run_new(&run, NULL) != MP_OK)
        return false;
    bool done = mp_run_begin(run, w->rules, w->doc, NULL) == MP_OK;
    if (done) {
        truth = mp_run_test(run, 0);
        done = truth != MP_FAILED || mp_run_error(run)->code != MP_NOMEM;
        CHECK(!done || truth == w->wanted);
        done = mp_run_explain(run, 0, &traced) && done;
    }
    mp_run_free(run);
    return done;
}

TEST(lack_of_memory_is_said)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        make_random     r = { seed };
        mp_run         *run = NULL;
        mp_tree_builder_init(&b, &arena, false);
        struct work w = { .rules = make_rules(make_condition(&b, &r, 4), false), .doc = make_document(&r, &arena) };
        CHECK(mp_run_new(&run, NULL) == MP_OK);
        w.wanted = outcome(run, w.rules, w.doc);
        mp_run_free(run);
        fault_loop(runs, &w);
        mp_rules_free((mp_rules *)w.rules);
        mp_arena_free(&arena);
    }
}

int main(void)
{
    return MAIN(RUN(counts_that_stop_early_are_right), RUN(traces_come_to_the_same),
                RUN(packs_give_the_same_outcome), RUN(loops_have_a_limit),
                RUN(loops_within_loops_have_a_limit), RUN(a_path_gives_what_its_use_wants),
                RUN(inputs_are_set_by_the_caller), RUN(lack_of_memory_is_said));
}
