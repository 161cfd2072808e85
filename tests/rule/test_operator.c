/* SPDX-License-Identifier: Apache-2.0 */
/* What each operator says of two values stands in tests/policy/language/operators.txt; here stands what
 * must hold of them all. */
#include "fault.h"
#include "jsonw.h"
#include "make.h"

static const char *const values[] = { "null",  "true",  "false",    "0",          "5",         "5.0",
                                      "-1",    "1e3",   "\"\"",     "\"a\"",      "\"A*\"",    "\"5\"",
                                      "\"*\"", "\"é\"", "\"a#?.\"", "\"2026-01-31\"", "\"true\"", "[]",
                                      "[\"a\",5,null]", "{}",       "{\"A\":1}",  "[[\"a\"]]" };

/* MP_FAILED also when `right` cannot be a right side. */
static mp_truth test(mp_operator op, const mp_json *left, const mp_json *right, mp_arena *arena,
                     bool *is_operand)
{
    mp_operand operand;
    mp_error   err = { 0 };
    mp_code    code = mp_operand_init(&operand, op, right, arena, &err);
    CHECK(code == MP_OK || (code == MP_EVALUATION && err.code == code && err.message[0]));
    *is_operand = code == MP_OK;
    mp_truth truth = MP_FAILED;
    if (code == MP_OK)
        truth = mp_operator_test(op, left, &operand, &err);
    CHECK(truth != MP_FAILED || (err.code == MP_EVALUATION && err.message[0]));
    mp_operand_done(&operand);
    return truth;
}

static void check_pair(const mp_json *left, const mp_json *right, mp_arena *arena)
{
    mp_truth base[MP_OPERATOR_COUNT];
    bool     is_operand;
    for (mp_operator op = 0; op < MP_OPERATOR_COUNT; op++)
        if (!mp_operators[op].negated)
            base[op] = test(op, left, right, arena, &is_operand);
    for (mp_operator op = 0; op < MP_OPERATOR_COUNT; op++) {
        mp_truth truth = test(op, left, right, arena, &is_operand), of = base[mp_operators[op].base];
        /* a negation says the contrary, and fails where its base fails */
        CHECK(truth == (!mp_operators[op].negated || of == MP_FAILED ? of : of == MP_TRUE ? MP_FALSE : MP_TRUE));
        CHECK(truth != MP_FAILED || !is_operand || mp_operator_may_fail(op));
    }
    /* the four orders agree with each other */
    CHECK((base[MP_OP_LESS] == MP_FAILED) == (base[MP_OP_GREATER] == MP_FAILED));
    if (base[MP_OP_LESS] == MP_FAILED)
        return;
    CHECK(base[MP_OP_LESS] + base[MP_OP_GREATER_OR_EQUALS] == 1);
    CHECK(base[MP_OP_GREATER] + base[MP_OP_LESS_OR_EQUALS] == 1);
    CHECK(base[MP_OP_LESS] + base[MP_OP_GREATER] <= 1);
}

TEST(negations_and_orders_agree)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *all[MP_COUNT(values)];
    for (size_t i = 0; i < MP_COUNT(values); i++)
        all[i] = make_json(values[i], &arena);
    for (size_t k = 0; k < MP_COUNT(values); k++) {
        check_pair(NULL, all[k], &arena);
        for (size_t i = 0; i < MP_COUNT(values); i++)
            check_pair(all[i], all[k], &arena);
    }
    mp_arena_free(&arena);
}

TEST(null_and_absent_are_one)
{
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *null = make_json("null", &arena);
    bool           is_operand;
    for (size_t i = 0; i < MP_COUNT(values); i++) {
        const mp_json *right = make_json(values[i], &arena);
        for (mp_operator op = 0; op < MP_OPERATOR_COUNT; op++)
            CHECK(test(op, NULL, right, &arena, &is_operand) == test(op, null, right, &arena, &is_operand));
    }
    mp_arena_free(&arena);
}

/* A list long enough for a set says the same as its elements one by one. */
TEST(in_is_equals_of_some_element)
{
    static const char *const lists[] = {
        "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"TRUE\",\"5\",\"\"]",
        "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",5,null,\"É\"]",
        "[1,2,3,4,5,6,7,8,9,-1,1e3,true,null,\"a\",\"A*\"]", "[1,2,3,4,5,6,7,8,9,10,11,12,13,[\"a\"]]",
        "[\"2026-01-31\"]", "[]", "[[],{\"a\":\"1\"}]",
    };
    mp_arena arena = MP_ARENA_INIT;
    bool     is_operand;
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        const mp_json *list = make_json(lists[i], &arena);
        for (size_t k = 0; k < MP_COUNT(values); k++) {
            const mp_json *left = make_json(values[k], &arena);
            bool           wanted = false;
            for (MP_JSON_EACH(item, list)) {
                bool is_null = item->kind == MP_JSON_NULL; /* no right side of equals */
                wanted = wanted || test(MP_OP_EQUALS, left, is_null ? make_json("\"\"", &arena) : item, &arena,
                                        &is_operand) == MP_TRUE;
            }
            CHECK((test(MP_OP_IN, left, list, &arena, &is_operand) == MP_TRUE) == wanted);
        }
    }
    mp_arena_free(&arena);
}

TEST(operators_are_found_by_name)
{
    for (mp_operator op = 0; op < MP_OPERATOR_COUNT; op++) {
        CHECK(mp_operator_find(mp_operators[op].text) == op);
        CHECK(!mp_operators[mp_operators[op].base].negated);
    }
    CHECK(mp_operator_find(MP_S("NOTEQUALS")) == MP_OP_NOT_EQUALS);
    CHECK(mp_operator_find(MP_S("")) == MP_OPERATOR_COUNT);
    CHECK(mp_operator_find(MP_S("equal")) == MP_OPERATOR_COUNT);
}

TEST(scalars_have_a_text)
{
    static const struct {
        const char *json, *text;
    } cases[] = { { "null", "" },       { "true", "true" },
                  { "false", "false" }, { "-9223372036854775808", "-9223372036854775808" },
                  { "5.0", "5.0" },     { "1e400", "1e400" },
                  { "\"x\"", "x" } };
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    char     scratch[32];
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK(mp_json_scalar_text(&text, make_json(cases[i].json, &arena), scratch));
        CHECK_STR(text, cases[i].text);
    }
    CHECK(mp_json_scalar_text(&text, NULL, scratch) && text.len == 0);
    CHECK(!mp_json_scalar_text(&text, make_json("[]", &arena), scratch));
    mp_arena_free(&arena);
}

/* ---- numbers ---- */

TEST(numbers_compare_exactly)
{
    /* in order; of the same number several spellings */
    static const char *const rising[][3] = {
        { "-1e400" }, { "-9223372036854775809" }, { "-9223372036854775808" }, { "-1.5", "-1.50", "-15e-1" },
        { "-0.1" }, { "-1e-400" }, { "0", "-0.0", "0e99999999999999999999" }, { "1e-99999999999999999999" },
        { "1e-400" }, { "0.1", "0.10", "1e-1" }, { "0.10000000000000000001" }, { "1", "1.000", "10e-1" },
        { "1.00000000000000000000000000001" }, { "5", "5.0", "0.5E+1" }, { "9007199254740992" },
        { "9007199254740992.5" }, { "9007199254740993", "9007199254740993.0" }, { "9223372036854775807" },
        { "9223372036854775808", "9223372036854775808.0", "9.223372036854775808e18" }, { "9223372036854775809" },
        { "18446744073709551615" }, { "1e400", "10e399", "1000e397" }, { "1.1e400" },
        { "1e99999999999999999999" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(rising); i++)
        for (size_t k = 0; k < MP_COUNT(rising); k++)
            for (int a = 0; a < 3 && rising[i][a]; a++)
                for (int z = 0; z < 3 && rising[k][z]; z++) {
                    int order = mp_json_number_cmp(make_json(rising[i][a], &arena), make_json(rising[k][z], &arena));
                    if ((order > 0) - (order < 0) != (i > k) - (i < k))
                        fail_msg("%s and %s: %d", rising[i][a], rising[k][z], order);
                }
    mp_arena_free(&arena);
}

/* ---- large objects ---- */

#define MEMBERS 100 /* enough for an index */

enum change { AS_IS, UPPER_CASE, ONE_VALUE, ONE_NAME, TWIN };

/* {"n0":[0],"n7":[7],...}: the members in steps of `stride`, the one of the last number changed. */
static const mp_json *make_object(unsigned stride, enum change change, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (unsigned i = 0; i < MEMBERS; i++) {
        unsigned n = i * stride % MEMBERS;
        bool     is_last = n == MEMBERS - 1;
        unsigned named = change == ONE_NAME && is_last ? MEMBERS : change == TWIN && is_last ? 0 : n;
        mp_jsonw_key(&w, mp_arena_printf(arena, change == UPPER_CASE ? "N%u" : "n%u", named));
        mp_jsonw_array(&w);
        mp_jsonw_int(&w, change == ONE_VALUE && is_last ? -1 : (int64_t)n);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    const mp_json *object = mp_jsonw_done(&w);
    CHECK(object);
    return object;
}

struct pair {
    const mp_json *left, *right;
    mp_truth       wanted;
};

/* Without memory for an index the answer is the same. */
static bool compares(void *context)
{
    const struct pair *pair = context;
    mp_arena           arena = MP_ARENA_INIT;
    mp_operand         operand;
    bool               done = mp_operand_init(&operand, MP_OP_EQUALS, pair->right, &arena, NULL) == MP_OK;
    if (done)
        CHECK(mp_operator_test(MP_OP_EQUALS, pair->left, &operand, NULL) == pair->wanted);
    mp_arena_free(&arena);
    return done;
}

TEST(large_objects_compare_member_by_member)
{
    static const struct {
        enum change left, right;
        mp_truth    wanted;
    } cases[] = { { AS_IS, AS_IS, MP_TRUE },          { UPPER_CASE, AS_IS, MP_TRUE },
                  { AS_IS, UPPER_CASE, MP_TRUE },     { AS_IS, ONE_VALUE, MP_FALSE },
                  { ONE_VALUE, AS_IS, MP_FALSE },     { ONE_NAME, AS_IS, MP_FALSE },
                  { AS_IS, ONE_NAME, MP_FALSE },      { AS_IS, TWIN, MP_FALSE },
                  { ONE_NAME, ONE_NAME, MP_TRUE } };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        for (unsigned stride = 1; stride <= 7; stride += 6) {
            struct pair pair = { make_object(1, cases[i].left, &arena), make_object(stride, cases[i].right, &arena),
                                 cases[i].wanted };
            CHECK(fault_loop(compares, &pair) >= 1);
        }
    mp_arena_free(&arena);
}

/* What is compared is paid for, and no more. */
TEST(comparisons_take_steps)
{
    static const struct {
        mp_operator op;
        const char *left, *right;
        int64_t     steps;
    } cases[] = {
        { MP_OP_EQUALS, "\"a\"", "\"a\"", 0 },
        { MP_OP_LIKE, "\"a\"", "\"a*\"", 0 },
        { MP_OP_GREATER, "5", "7", 0 },
        { MP_OP_EXISTS, "[1,2,3]", "true", 0 },
        { MP_OP_CONTAINS, "[1,2,3]", "4", 3 },
        { MP_OP_CONTAINS, "[1,2,3]", "2", 2 },
        { MP_OP_EQUALS, "[1,2,3]", "[1,2,3]", 3 },
        { MP_OP_EQUALS, "[1,2,3]", "[1,9,3]", 2 },
        { MP_OP_EQUALS, "[1,2,3]", "[1,2]", 0 },
        { MP_OP_EQUALS, "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}", 2 },
        { MP_OP_IN, "\"x\"", "[\"a\",\"b\"]", 2 },
        { MP_OP_IN, "7", "[1,2,3,4,5,6,7,8,9,10,11,12]", 0 },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_operand     operand;
        mp_error       err = { 0 };
        const mp_json *left = make_json(cases[i].left, &arena);
        int64_t        steps = 1000;
        CHECK(mp_operand_init(&operand, cases[i].op, make_json(cases[i].right, &arena), &arena, &err) == MP_OK);
        mp_truth truth = mp_operator_test_within(cases[i].op, left, &operand, &steps, &err);
        CHECK(truth != MP_FAILED);
        CHECK_INT(1000 - steps, cases[i].steps);
        steps = cases[i].steps;
        CHECK(mp_operator_test_within(cases[i].op, left, &operand, &steps, &err) == truth);
        steps = cases[i].steps - 1;
        CHECK(cases[i].steps == 0 || mp_operator_test_within(cases[i].op, left, &operand, &steps, &err) == MP_FAILED);
        CHECK(cases[i].steps == 0 || err.code == MP_LIMIT);
        mp_operand_done(&operand);
    }
    mp_arena_free(&arena);
}

static bool prepares_a_set(void *context)
{
    mp_arena   arena = MP_ARENA_INIT;
    mp_operand operand;
    mp_code    code = mp_operand_init(&operand, MP_OP_IN, context, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_operand_done(&operand);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(lack_of_memory_is_said)
{
    mp_arena arena = MP_ARENA_INIT;
    fault_loop(prepares_a_set, (void *)make_json("[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\","
                                                 "\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\"]", &arena));
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(negations_and_orders_agree), RUN(null_and_absent_are_one),
                RUN(in_is_equals_of_some_element), RUN(operators_are_found_by_name),
                RUN(scalars_have_a_text), RUN(numbers_compare_exactly),
                RUN(large_objects_compare_member_by_member), RUN(comparisons_take_steps), RUN(lack_of_memory_is_said));
}
