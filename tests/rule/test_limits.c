/* SPDX-License-Identifier: Apache-2.0 */
/* What one evaluation may cost. Built with limits that are met soon: see meson.build. */
#include "fault.h"
#include "jsonw.h"
#include "make.h"

#include <stdio.h>

#define MIB ((size_t)1 << 20)

/* ---- documents ---- */

static void add_list(mp_jsonw *w, mp_str name, int64_t length)
{
    mp_jsonw_key(w, name);
    mp_jsonw_array(w);
    for (int64_t i = 0; i < length; i++)
        mp_jsonw_int(w, i);
    mp_jsonw_end(w);
}

static void add_object(mp_jsonw *w, mp_str name, int64_t length, mp_arena *arena)
{
    mp_jsonw_key(w, name);
    mp_jsonw_object(w);
    for (int64_t i = 0; i < length; i++) {
        mp_jsonw_key(w, mp_arena_printf(arena, "name%d", (int)i));
        mp_jsonw_int(w, i);
    }
    mp_jsonw_end(w);
}

/* {"l": [0, 1, ...], "m": the same, "o": {"name0": 0, ...}, "t": "xxx..."}, each `length` long. */
static const mp_json *make_large(int64_t length, mp_arena *arena)
{
    mp_jsonw w;
    char    *text = mp_arena_alloc(arena, (size_t)length);
    memset(text, 'x', (size_t)length);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    add_list(&w, MP_S("l"), length);
    add_list(&w, MP_S("m"), length);
    add_object(&w, MP_S("o"), length, arena);
    mp_jsonw_put_str(&w, "t", mp_str_of(text, (size_t)length));
    mp_jsonw_end(&w);
    const mp_json *doc = mp_jsonw_done(&w);
    CHECK(doc);
    return doc;
}

/* ---- conditions ---- */

static mp_tree *constant(mp_tree_builder *b, const char *json) { return mp_tree_value(b, make_json(json, b->arena), 0); }

static mp_tree *path(mp_tree_builder *b, const char *text, mp_path_use use)
{
    return mp_tree_path(b, 0, make_path(text, b->arena), use, 0);
}

static mp_tree *field(mp_tree_builder *b, const char *text, mp_operator op, const char *wanted)
{
    return mp_tree_test(b, op, path(b, text, MP_PATH_FIELD), constant(b, wanted), 0);
}

/* textOf(n): a text of n bytes. */
static mp_code give_text(const mp_json **out, const mp_call *call, mp_error *err)
{
    size_t size = (size_t)call->args[0]->u.integer;
    char  *text = mp_arena_alloc(call->arena, size);
    if (text)
        memset(text, 'y', size);
    *out = text ? mp_json_make_str(call->arena, mp_str_of(text, size)) : NULL;
    return *out ? MP_OK : mp_no_memory(err);
}

static const mp_function text_of = { MP_S_INIT("textOf"), 1, 1, give_text, "textOf(n)" };

static mp_tree *call_text_of(mp_tree_builder *b, mp_tree *size) { return mp_tree_call(b, &text_of, &size, 1, 0); }

/* length(value): of an array. */
static mp_code give_length(const mp_json **out, const mp_call *call, mp_error *err)
{
    *out = mp_json_make_int(call->arena, call->args[0]->count);
    return *out ? MP_OK : mp_no_memory(err);
}

static const mp_function length = { MP_S_INIT("length"), 1, 1, give_length, "length(value)" };

typedef mp_tree *make_where(mp_tree_builder *b);

static mp_tree *every_value(mp_tree_builder *b) { return field(b, "m[*]", MP_OP_NOT_EQUALS, "\"x\""); }
static mp_tree *contains_value(mp_tree_builder *b) { return field(b, "m", MP_OP_CONTAINS, "\"x\""); }
static mp_tree *has_key(mp_tree_builder *b) { return field(b, "o", MP_OP_CONTAINS_KEY, "\"x\""); }
static mp_tree *equals_itself(mp_tree_builder *b)
{
    return mp_tree_test(b, MP_OP_EQUALS, path(b, "m", MP_PATH_FUNCTION), path(b, "m", MP_PATH_FUNCTION), 0);
}
static mp_tree *object_equals_itself(mp_tree_builder *b)
{
    return mp_tree_test(b, MP_OP_EQUALS, path(b, "o", MP_PATH_FUNCTION), path(b, "o", MP_PATH_FUNCTION), 0);
}
static mp_tree *in_values(mp_tree_builder *b)
{
    return mp_tree_test(b, MP_OP_IN, constant(b, "[]"), path(b, "m", MP_PATH_FUNCTION), 0);
}
static mp_tree *reads_array(mp_tree_builder *b)
{
    mp_tree *values = path(b, "m[*]", MP_PATH_FUNCTION);
    return mp_tree_test(b, MP_OP_GREATER, mp_tree_call(b, &length, &values, 1, 0), constant(b, "1"), 0);
}
static mp_tree *counts_again(mp_tree_builder *b)
{
    mp_tree_count_open_path(b, 0, make_path("m[*]", b->arena));
    mp_tree *where = field(b, "m[*]", MP_OP_EQUALS, "-1");
    return mp_tree_test(b, MP_OP_EQUALS, mp_tree_count_close_path(b, where, 0), constant(b, "0"), 0);
}
/* Elements that do not come so far as to be counted are visited all the same. */
static mp_tree *counts_nothing(mp_tree_builder *b)
{
    mp_tree_count_open_path(b, 0, make_path("m[*].none[*]", b->arena));
    return mp_tree_test(b, MP_OP_EQUALS, mp_tree_count_close_path(b, NULL, 0), constant(b, "0"), 0);
}
static mp_tree *looks_at_text(mp_tree_builder *b) { return field(b, "t", MP_OP_CONTAINS, "\"q\""); }
static mp_tree *matches_text(mp_tree_builder *b) { return field(b, "t", MP_OP_LIKE, "\"*q\""); }
static mp_tree *orders_text(mp_tree_builder *b) { return field(b, "t", MP_OP_GREATER, "\"xxx\""); }
static mp_tree *makes_text(mp_tree_builder *b)
{
    mp_tree *size = mp_tree_call(b, &length, (mp_tree *[]){ path(b, "m", MP_PATH_FUNCTION) }, 1, 0);
    return mp_tree_test(b, MP_OP_NOT_EQUALS, call_text_of(b, size), constant(b, "\"\""), 0);
}
static mp_tree *copies_object(mp_tree_builder *b)
{
    mp_tree *copy = mp_tree_array(b, (mp_tree *[]){ path(b, "o", MP_PATH_FUNCTION) }, 1, 0);
    return mp_tree_test(b, MP_OP_NOT_EQUALS, copy, constant(b, "1"), 0);
}
static mp_tree *reads_member(mp_tree_builder *b)
{
    mp_tree *read = mp_tree_member(b, path(b, "o", MP_PATH_FUNCTION), constant(b, "\"name0\""), 0);
    return mp_tree_test(b, MP_OP_EQUALS, read, constant(b, "0"), 0);
}
static mp_tree *many_conditions(mp_tree_builder *b)
{
    mp_tree *kids[400];
    for (size_t i = 0; i < MP_COUNT(kids); i++) {
        char text[16];
        snprintf(text, sizeof text, "%zu", i);
        kids[i] = field(b, "none", MP_OP_NOT_EQUALS, text);
    }
    return mp_tree_all(b, kids, MP_COUNT(kids), 0);
}

/* Conditions that look at `length` things for each of `length` elements. */
static const struct {
    const char *name;
    make_where *where;
    int64_t     within, beyond; /* lengths of the document; the squares of what is cheap must be larger */
} works[] = {
    { "every value", every_value, 100, 300 },
    { "contains", contains_value, 100, 300 },
    { "containsKey", has_key, 400, 1000 },
    { "equal arrays", equals_itself, 100, 300 },
    { "equal objects", object_equals_itself, 100, 300 },
    { "in", in_values, 100, 300 },
    { "an array of values", reads_array, 100, 300 },
    { "a count", counts_again, 90, 300 },
    { "a count of nothing", counts_nothing, 100, 300 },
    { "a long text", looks_at_text, 500, 1200 },
    { "like", matches_text, 500, 1200 },
    { "greater", orders_text, 500, 1200 },
    { "a text that is made", makes_text, 500, 1200 },
    { "an object that is copied", copies_object, 200, 1000 },
    { "a member", reads_member, 400, 900 },
    { "many conditions", many_conditions, 200, 2000 },
};

/* count l[*] where ... >= 0: all elements are looked at */
static mp_rules *count_where(make_where *where, mp_tree_builder *b)
{
    mp_tree_count_open_path(b, 0, make_path("l[*]", b->arena));
    mp_tree *count = mp_tree_count_close_path(b, where(b), 0);
    return make_rules(mp_tree_test(b, MP_OP_NOT_EQUALS, count, constant(b, "-1"), 0), true);
}

static mp_truth evaluate(mp_run *run, const mp_rules *rules, const mp_json *doc)
{
    CHECK(mp_run_begin(run, rules, doc, NULL) == MP_OK);
    return mp_run_test(run, 0);
}

TEST(everything_that_grows_is_counted)
{
    mp_run *run = NULL;
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (size_t i = 0; i < MP_COUNT(works); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree_builder_init(&b, &arena, false);
        mp_rules *rules = count_where(works[i].where, &b);
        mp_truth  truth = evaluate(run, rules, make_large(works[i].within, &arena));
        if (truth != MP_TRUE)
            fail_msg("%s: %s", works[i].name, mp_run_error(run)->message);
        CHECK(mp_run_arena(run)->bytes < 2 * MIB);
        truth = evaluate(run, rules, make_large(works[i].beyond, &arena));
        if (truth != MP_FAILED)
            fail_msg("%s is not counted", works[i].name);
        CHECK(mp_run_error(run)->code == MP_LIMIT);
        CHECK_STR(mp_str_from(mp_run_error(run)->message),
                  "an evaluation on one resource takes more than 40000 steps");
        mp_rules_free(rules);
        mp_arena_free(&arena);
    }
    mp_run_free(run);
}

TEST(every_evaluation_begins_anew)
{
    mp_run         *run = NULL;
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, false);
    mp_rules      *rules = count_where(every_value, &b);
    const mp_json *small = make_large(100, &arena), *large = make_large(300, &arena);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    for (int i = 0; i < 3; i++) {
        CHECK(evaluate(run, rules, small) == MP_TRUE);
        CHECK(mp_run_test(run, 0) == MP_TRUE);
        CHECK(evaluate(run, rules, large) == MP_FAILED);
    }
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

TEST(a_long_array_with_a_plain_condition_is_no_trouble)
{
    mp_run         *run = NULL;
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, false);
    mp_tree_count_open_path(&b, 0, make_path("l[*]", &arena));
    mp_tree  *count = mp_tree_count_close_path(&b, field(&b, "l[*]", MP_OP_GREATER_OR_EQUALS, "0"), 0);
    mp_rules *rules = make_rules(mp_tree_test(&b, MP_OP_EQUALS, count, constant(&b, "39999"), 0), false);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(evaluate(run, rules, make_large(39999, &arena)) == MP_TRUE);
    CHECK(evaluate(run, rules, make_large(40001, &arena)) == MP_FAILED);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

/* ---- memory ---- */

/* textOf(n) exists */
static mp_rules *makes_n(mp_tree_builder *b)
{
    mp_tree *made = call_text_of(b, path(b, "n", MP_PATH_FUNCTION));
    return make_rules(mp_tree_test(b, MP_OP_EXISTS, made, constant(b, "true"), 0), true);
}

/* The least size that is refused is the same in an arena that was never used and in one that was. */
TEST(memory_has_a_limit_that_history_does_not_move)
{
    static const struct {
        const char *document;
        mp_truth    truth;
    } cases[] = { { "{\"n\":100}", MP_TRUE },
                  { "{\"n\":1048000}", MP_TRUE },
                  { "{\"n\":1048577}", MP_FAILED },
                  { "{\"n\":99999999}", MP_FAILED } };
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, true);
    mp_rules *rules = makes_n(&b);
    mp_run   *used = NULL;
    CHECK(mp_run_new(&used, NULL) == MP_OK);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_json *doc = make_json(cases[i].document, &arena);
        mp_run        *fresh = NULL;
        CHECK(mp_run_new(&fresh, NULL) == MP_OK);
        CHECK(mp_run_begin(used, rules, doc, NULL) == MP_OK);
        for (int n = 0; n < 5; n++)
            CHECK(mp_arena_alloc(mp_run_arena(used), 300000));
        CHECK(mp_run_test(used, 0) == cases[i].truth);
        CHECK(evaluate(fresh, rules, doc) == cases[i].truth);
        if (cases[i].truth == MP_FAILED) {
            CHECK(mp_run_error(used)->code == MP_LIMIT && mp_run_error(fresh)->code == MP_LIMIT);
            CHECK_STR(mp_str_from(mp_run_error(used)->message),
                      "an evaluation on one resource makes values of more than 1 MiB");
        }
        const mp_json *v;
        mp_error       err;
        CHECK(mp_run_value(&v, used, 0, &err) == (cases[i].truth == MP_FAILED ? MP_LIMIT : MP_OK));
        mp_run_free(fresh);
    }
    mp_run_free(used);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

TEST(an_evaluation_leaves_nothing_behind)
{
    mp_run         *run = NULL;
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_tree_builder_init(&b, &arena, true);
    mp_rules *rules = makes_n(&b);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(evaluate(run, rules, make_json("{\"n\":200000}", &arena)) == MP_TRUE);
    size_t used = mp_run_arena(run)->used, bytes = mp_run_arena(run)->bytes;
    for (int i = 0; i < 100; i++)
        CHECK(mp_run_test(run, 0) == MP_TRUE);
    CHECK(mp_run_arena(run)->used == used && mp_run_arena(run)->bytes == bytes);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

/* ---- records ---- */

static size_t count_trace(const mp_trace *t)
{
    size_t n = 0;
    for (; t; t = t->next)
        n += 1 + count_trace(t->first);
    return n;
}

/* 19,000 elements do not fit into the record: the outcome is right, and the number that was counted. */
TEST(a_record_ends_where_its_memory_does)
{
    mp_run         *run = NULL;
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_truth        truth;
    mp_tree_builder_init(&b, &arena, true);
    mp_tree_count_open_path(&b, 0, make_path("l[*]", &arena));
    mp_tree  *count = mp_tree_count_close_path(&b, field(&b, "l[*]", MP_OP_LESS, "18000"), 0);
    mp_rules *rules = make_rules(mp_tree_test(&b, MP_OP_EQUALS, count, constant(&b, "18000"), 0), true);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(mp_run_begin(run, rules, make_large(19000, &arena), NULL) == MP_OK);
    const mp_trace *t = mp_run_explain(run, 0, &truth);
    CHECK(t && truth == MP_TRUE && t->outcome == MP_TRACE_TRUE);
    CHECK(t->first->kind == MP_TRACE_COUNT && t->first->actual->u.integer == 18000);
    CHECK(count_trace(t) > 1000 && count_trace(t) < 19000);
    CHECK(mp_run_arena(run)->used < 2 * MIB);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

TEST(a_record_of_every_value_ends_too)
{
    mp_run         *run = NULL;
    mp_arena        arena = MP_ARENA_INIT;
    mp_tree_builder b;
    mp_truth        truth;
    mp_tree_builder_init(&b, &arena, true);
    mp_rules *rules = make_rules(field(&b, "l[*]", MP_OP_LESS, "18999"), true);
    CHECK(mp_run_new(&run, NULL) == MP_OK);
    CHECK(mp_run_begin(run, rules, make_large(19000, &arena), NULL) == MP_OK);
    const mp_trace *t = mp_run_explain(run, 0, &truth);
    CHECK(t && truth == MP_FALSE && t->outcome == MP_TRACE_FALSE);
    CHECK(count_trace(t) > 1000 && count_trace(t) < 19000);
    CHECK(mp_run_arena(run)->used < 2 * MIB);
    mp_run_free(run);
    mp_rules_free(rules);
    mp_arena_free(&arena);
}

/* What failed at the limit fails in its record, though a record may take more steps; and what stopped early
 * succeeds in it, though it looks at everything. */
TEST(a_record_comes_to_the_same)
{
    static const struct {
        mp_operator op;
        const char *number;
        mp_truth    wanted;
    } cases[] = { { MP_OP_GREATER, "0", MP_TRUE }, { MP_OP_EQUALS, "300", MP_FAILED } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_run         *run = NULL;
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_truth        truth;
        mp_tree_builder_init(&b, &arena, false);
        mp_tree_count_open_path(&b, 0, make_path("l[*]", &arena));
        mp_tree  *count = mp_tree_count_close_path(&b, every_value(&b), 0);
        mp_rules *rules = make_rules(mp_tree_test(&b, cases[i].op, count, constant(&b, cases[i].number), 0), false);
        CHECK(mp_run_new(&run, NULL) == MP_OK);
        CHECK(evaluate(run, rules, make_large(300, &arena)) == cases[i].wanted);
        const mp_trace *t = mp_run_explain(run, 0, &truth);
        CHECK(t && truth == cases[i].wanted && t->outcome == (uint8_t)truth);
        mp_run_free(run);
        mp_rules_free(rules);
        mp_arena_free(&arena);
    }
}

/* ---- lack of memory is no limit ---- */

struct work {
    const mp_rules *rules;
    const mp_json  *doc;
};

static bool runs(void *context)
{
    const struct work *w = context;
    mp_run            *run = NULL;
    bool               done = mp_run_new(&run, NULL) == MP_OK && mp_run_begin(run, w->rules, w->doc, NULL) == MP_OK;
    if (done) {
        done = mp_run_test(run, 0) != MP_FAILED;
        CHECK(done || mp_run_error(run)->code == MP_NOMEM);
    }
    mp_run_free(run);
    return done;
}

TEST(lack_of_memory_is_told_from_a_limit)
{
    static make_where *const wheres[] = { reads_array, makes_text, copies_object, object_equals_itself };
    for (size_t i = 0; i < MP_COUNT(wheres); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_tree_builder b;
        mp_tree_builder_init(&b, &arena, false);
        struct work w = { .rules = count_where(wheres[i], &b), .doc = make_large(34, &arena) };
        fault_loop(runs, &w);
        mp_rules_free((mp_rules *)w.rules);
        mp_arena_free(&arena);
    }
}

int main(void)
{
    return MAIN(RUN(everything_that_grows_is_counted), RUN(every_evaluation_begins_anew),
                RUN(a_long_array_with_a_plain_condition_is_no_trouble),
                RUN(memory_has_a_limit_that_history_does_not_move), RUN(an_evaluation_leaves_nothing_behind),
                RUN(a_record_ends_where_its_memory_does), RUN(a_record_of_every_value_ends_too),
                RUN(a_record_comes_to_the_same),
                RUN(lack_of_memory_is_told_from_a_limit));
}
