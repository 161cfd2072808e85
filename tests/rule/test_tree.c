/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "make.h"

/* ---- what folds, and what stays ---- */

typedef enum part { YES, NO, FAIL, MAYBE, MAY_FAIL } part; /* MAYBE cannot fail */

static mp_tree *make_part(mp_tree_builder *b, part p)
{
    switch (p) {
    case YES:
    case NO:
        return mp_tree_bool(b, p == YES, 0);
    case FAIL:
        return mp_tree_fail(b, MP_EVALUATION, MP_S("a failure"), 0);
    default: {
        mp_tree *left = mp_tree_path(b, 0, make_path("a", b->arena), MP_PATH_FIELD, 0);
        mp_tree *right = mp_tree_value(b, make_json("1", b->arena), 0);
        return mp_tree_test(b, p == MAYBE ? MP_OP_EQUALS : MP_OP_LESS, left, right, 0);
    }
    }
}

static bool is_part(const mp_tree *t, part p)
{
    switch (p) {
    case YES:
    case NO:
        return mp_tree_is_bool(t, p == YES);
    case FAIL:
        return t->kind == MP_TREE_FAIL;
    default:
        return t->kind == MP_TREE_TEST && t->may_fail == (p == MAY_FAIL);
    }
}

TEST(groups_fold_what_is_known)
{
    /* For allOf; anyOf is the same with yes and no exchanged. */
    static const struct {
        part     kids[4];
        uint32_t count;
        part     folded[4];
        uint32_t left;
    } cases[] = {
        { { YES }, 0, { YES }, 1 },
        { { YES, YES }, 2, { YES }, 1 },
        { { NO }, 1, { NO }, 1 },
        { { MAYBE, YES }, 2, { MAYBE }, 1 },
        { { MAYBE, NO, MAYBE }, 3, { NO }, 1 },
        { { YES, MAYBE, MAY_FAIL }, 3, { MAYBE, MAY_FAIL }, 2 },
        { { MAY_FAIL, NO }, 2, { MAY_FAIL, NO }, 2 },         /* the failure would come first */
        { { MAY_FAIL, NO, MAYBE }, 3, { MAY_FAIL, NO }, 2 },  /* what follows goes */
        { { MAYBE, NO, MAY_FAIL }, 3, { NO }, 1 },
        { { FAIL, NO }, 2, { FAIL }, 1 },
        { { NO, FAIL }, 2, { NO }, 1 },
        { { MAYBE, FAIL, NO }, 3, { MAYBE, FAIL }, 2 },
        { { YES, FAIL }, 2, { FAIL }, 1 },
    };
    for (size_t i = 0; i < 2 * MP_COUNT(cases); i++) {
        bool            is_any = i >= MP_COUNT(cases);
        size_t          n = i % MP_COUNT(cases);
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree        *kids[4];
        mp_tree_builder_init(&b, &arena, false);
        for (uint32_t k = 0; k < cases[n].count; k++) {
            part p = cases[n].kids[k];
            kids[k] = make_part(&b, is_any && p <= NO ? (part)(NO - p) : p);
        }
        mp_tree *t = is_any ? mp_tree_any(&b, kids, cases[n].count, 0) : mp_tree_all(&b, kids, cases[n].count, 0);
        CHECK(t);
        for (uint32_t k = 0; k < cases[n].left; k++) {
            part p = cases[n].folded[k];
            CHECK(is_part(cases[n].left == 1 ? t : t->kids[k], is_any && p <= NO ? (part)(NO - p) : p));
        }
        CHECK(cases[n].left == 1 || t->count == cases[n].left);
        mp_arena_free(&arena);
    }
}

TEST(groups_within_groups_are_one)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, false);
    mp_tree *inner[2] = { make_part(&b, MAYBE), make_part(&b, MAY_FAIL) };
    mp_tree *outer[2] = { mp_tree_all(&b, inner, 2, 0), make_part(&b, MAYBE) };
    mp_tree *t = mp_tree_all(&b, outer, 2, 0);
    CHECK_INT(t->count, 3);
    t = mp_tree_any(&b, outer, 2, 0);
    CHECK_INT(t->count, 2);
    mp_tree *no = mp_tree_not(&b, t, 0);
    CHECK(no->kind == MP_TREE_NOT && mp_tree_not(&b, no, 0) == t);
    b.keep_all = true;
    CHECK_INT(mp_tree_all(&b, outer, 2, 0)->count, 2);
    CHECK(mp_tree_not(&b, no, 0)->kind == MP_TREE_NOT);
    mp_arena_free(&arena);
}

TEST(a_count_of_no_array_may_fail)
{
    static const struct {
        const char *value;
        bool        may_fail;
    } cases[] = { { "[1]", false }, { "[]", false }, { "5", true }, { "null", true }, { "{}", true } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree_builder_init(&b, &arena, false);
        mp_tree *value = mp_tree_value(&b, make_json(cases[i].value, &arena), 0);
        mp_tree_count_open_value(&b, MP_S("n"));
        CHECK(mp_tree_count_close_value(&b, value, NULL, 0)->may_fail == cases[i].may_fail);
        mp_arena_free(&arena);
    }
}

TEST(equal_trees_are_equal)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree_builder_init(&b, &arena, false);
        make_random one = { seed }, again = { seed }, other = { seed + 1000 };
        mp_tree    *t = make_condition(&b, &one, 4), *u = make_condition(&b, &again, 4);
        mp_tree    *v = make_condition(&b, &other, 4);
        CHECK(t && u && v);
        CHECK(mp_tree_equal(t, u) && t->hash == u->hash && t->weight == u->weight);
        CHECK(!mp_tree_equal(t, v) || t->hash == v->hash);
        CHECK(b.depth == 0 && !b.too_deep);
        mp_arena_free(&arena);
    }
}

/* ---- folding changes no outcome ---- */

static mp_truth outcome(const mp_tree *tree, const mp_json *doc)
{
    mp_rules *rules = make_rules(tree, true);
    mp_run   *run = NULL;
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(mp_run_begin(run, rules, doc, NULL) == MP_OK);
    mp_truth truth = mp_run_test(run, 0);
    CHECK(truth != MP_FAILED || mp_run_error(run)->code == MP_EVALUATION);
    mp_run_free(run);
    mp_rules_free(rules);
    return truth;
}

TEST(folded_trees_say_the_same)
{
    unsigned seen[3] = { 0 };
    for (uint64_t seed = 0; seed < 6000; seed++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder folds, keeps;
        make_random     one = { seed }, again = { seed }, r = { seed * 31 };
        mp_tree_builder_init(&folds, &arena, false);
        mp_tree_builder_init(&keeps, &arena, true);
        mp_tree *folded = make_condition(&folds, &one, 4), *whole = make_condition(&keeps, &again, 4);
        for (int i = 0; i < 3; i++) {
            const mp_json *doc = make_document(&r, &arena);
            mp_truth       truth = outcome(folded, doc);
            if (truth != outcome(whole, doc))
                fail_msg("seed %u", (unsigned)seed);
            CHECK(truth != MP_FAILED || folded->may_fail);
            seen[truth]++;
        }
        mp_arena_free(&arena);
    }
    CHECK(seen[MP_FALSE] > 1000 && seen[MP_TRUE] > 1000 && seen[MP_FAILED] > 1000);
}

static bool builds(void *context)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    const mp_json  *value = context;
    const mp_step   steps[] = { { MP_S("l") }, { { NULL, 0 } } };
    mp_tree_builder_init(&b, &arena, false);
    mp_tree_count_open_path(&b, 0, (mp_path){ steps, 2 });
    mp_tree *left = mp_tree_path(&b, 0, (mp_path){ steps, 2 }, MP_PATH_FIELD, 0);
    mp_tree *where = mp_tree_test(&b, MP_OP_EQUALS, left, mp_tree_value(&b, value, 0), 0);
    mp_tree *kids[2];
    kids[0] = mp_tree_test(&b, MP_OP_LESS, mp_tree_count_close_path(&b, where, 0), mp_tree_value(&b, value, 0), 0);
    kids[1] = mp_tree_fail(&b, MP_EVALUATION, MP_S("x"), 0);
    bool done = mp_tree_not(&b, mp_tree_any(&b, kids, 2, 0), 0) != NULL;
    mp_arena_free(&arena);
    return done;
}

TEST(lack_of_memory_is_said)
{
    mp_arena arena = MP_ARENA_INIT;
    fault_loop(builds, (void *)make_json("5", &arena));
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(groups_fold_what_is_known), RUN(groups_within_groups_are_one),
                RUN(a_count_of_no_array_may_fail), RUN(equal_trees_are_equal),
                RUN(folded_trees_say_the_same), RUN(lack_of_memory_is_said));
}
