/* SPDX-License-Identifier: Apache-2.0 */
/* What each operator says of two values stands in tests/policy/language/operators.txt; here stands what
 * must hold of them all. */
#include "fault.h"
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
    } cases[] = { { "null", "" }, { "true", "true" }, { "false", "false" }, { "-9223372036854775808", "-9223372036854775808" },
                  { "5.0", "5.0" }, { "1e400", "1e400" }, { "\"x\"", "x" } };
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
                RUN(scalars_have_a_text), RUN(lack_of_memory_is_said));
}
