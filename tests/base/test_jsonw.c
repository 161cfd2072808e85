/* SPDX-License-Identifier: Apache-2.0 */
#include "jsonw.h"

#include <float.h>
#include <locale.h>
#include <math.h>

#include "buf.h"
#include "fault.h"
#include "test.h"

static void check_prints(const mp_json *v, const char *wanted)
{
    mp_buf b = MP_BUF_INIT;
    CHECK(v != NULL);
    mp_buf_add_json(&b, v);
    CHECK_STR(mp_buf_str(&b), wanted);
    mp_buf_free(&b);
}

static void write_sample(mp_jsonw *w, const mp_json *part)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", MP_S("x"));
    mp_jsonw_key(w, MP_S("list"));
    mp_jsonw_array(w);
    for (int i = 0; i < 30; i++)
        mp_jsonw_int(w, i);
    mp_jsonw_array(w);
    mp_jsonw_end(w);
    mp_jsonw_object(w);
    mp_jsonw_end(w);
    mp_jsonw_real(w, 1.5);
    mp_jsonw_end(w);
    mp_jsonw_put_value(w, "part", part);
    mp_jsonw_put_value(w, "none", NULL);
    mp_jsonw_put_bool(w, "yes", true);
    mp_jsonw_key(w, MP_S(""));
    mp_jsonw_null(w);
    mp_jsonw_end(w);
}

static const char sample[] =
    "{\"id\":\"x\",\"list\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
    "26,27,28,29,[],{},1.5],\"part\":[true,\"s\"],\"none\":null,\"yes\":true,\"\":null}";

TEST(values_are_built)
{
    static const mp_json part[] = { { MP_JSON_ARRAY, 2, { .span = 3 } },
                                    { MP_JSON_BOOL, 0, { .integer = 1 } },
                                    { MP_JSON_STRING, 1, { .text = "s" } } };
    mp_arena             arena = MP_ARENA_INIT;
    mp_jsonw             w;
    mp_jsonw_init(&w, &arena);
    write_sample(&w, part);
    const mp_json *first = mp_jsonw_done(&w);
    mp_jsonw_str(&w, MP_S("second"));
    const mp_json *second = mp_jsonw_done(&w);
    write_sample(&w, part);
    const mp_json *third = mp_jsonw_done(&w);
    check_prints(first, sample);
    check_prints(second, "\"second\"");
    check_prints(third, sample);
    CHECK(mp_json_nodes(first) == 1 + 2 + 1 + 1 + 33 + 1 + 3 + 2 + 2 + 2);
    CHECK(mp_json_get(first, MP_S("list"))->count == 33);
    mp_arena_free(&arena);
}

TEST(single_values_are_made)
{
    mp_arena arena = MP_ARENA_INIT;
    check_prints(mp_json_make_str(&arena, MP_S("a")), "\"a\"");
    check_prints(mp_json_make_str(&arena, mp_str_of(NULL, 0)), "\"\"");
    check_prints(mp_json_make_int(&arena, INT64_MIN), "-9223372036854775808");
    check_prints(mp_json_make_real(&arena, 0.1), "0.1");
    check_prints(mp_json_make_bool(true), "true");
    check_prints(mp_json_make_bool(false), "false");
    check_prints(mp_json_make_null(), "null");
    mp_arena_free(&arena);
}

TEST(too_deep_a_value_fails_and_is_forgotten)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    for (int i = 0; i < MP_JSONW_DEPTH + 5; i++)
        mp_jsonw_array(&w);
    for (int i = 0; i < MP_JSONW_DEPTH + 5; i++)
        mp_jsonw_end(&w);
    CHECK(mp_jsonw_done(&w) == NULL);
    for (int i = 0; i < MP_JSONW_DEPTH; i++)
        mp_jsonw_array(&w);
    for (int i = 0; i < MP_JSONW_DEPTH; i++)
        mp_jsonw_end(&w);
    CHECK(mp_json_nodes(mp_jsonw_done(&w)) == MP_JSONW_DEPTH);
    mp_arena_free(&arena);
}

static void check_reals(void)
{
    static const struct {
        double      value;
        const char *text;
    } cases[] = {
        { 0, "0.0" },          { -0.0, "-0.0" },       { 1, "1.0" },          { -3, "-3.0" },
        { 100, "100.0" },      { 0.1, "0.1" },         { 1.0 / 3, "0.3333333333333333" },
        { 0.0001, "0.0001" },  { 0.00001, "1e-05" },   { 1e14, "100000000000000.0" },
        { 1e15, "1e+15" },     { 1e22, "1e+22" },      { 1.5e300, "1.5e+300" },
        { 5e-324, "4.94065645841247e-324" },           { DBL_MAX, "1.7976931348623157e+308" },
        { 0.1 + 0.2, "0.30000000000000004" },          { 123456.789, "123456.789" },
        { 9007199254740993.0, "9007199254740992.0" },  { 12.5, "12.5" },
        { INFINITY, "1e+999" },                        { -INFINITY, "-1e+999" },
        { 0.012, "0.012" },    { 123456789012345680.0, "1.2345678901234568e+17" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        check_prints(mp_json_make_real(&arena, cases[i].value), cases[i].text);
    check_prints(mp_json_make_real(&arena, NAN), "null");
    mp_arena_free(&arena);
}

TEST(reals_are_short)
{
    check_reals();
}

TEST(reals_do_not_depend_on_the_locale)
{
    static const char *const with_comma[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8" };
    for (size_t i = 0; i < MP_COUNT(with_comma); i++)
        if (setlocale(LC_NUMERIC, with_comma[i]))
            break;
    check_reals();
    setlocale(LC_NUMERIC, "C");
}

TEST(reals_read_back)
{
    mp_arena arena = MP_ARENA_INIT;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 50000; i++) {
        double d;
        bits ^= bits << 13; /* xorshift: any pattern of bits but NaN and infinity */
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&d, &bits, sizeof d);
        if (!isfinite(d))
            continue;
        double back = mp_json_double(mp_json_make_real(&arena, d));
        CHECK(memcmp(&back, &d, sizeof d) == 0);
        mp_arena_reset(&arena);
    }
    mp_arena_free(&arena);
}

static bool build(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_array(&w);
    for (int i = 0; i < 200; i++) {
        write_sample(&w, context);
        mp_jsonw_real(&w, i);
    }
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    CHECK(w.depth == 0 && !w.failed && w.len == 0);
    const mp_json *s = mp_json_make_str(&arena, MP_S("a"));
    const mp_json *r = mp_json_make_real(&arena, 2.5);
    if (v)
        CHECK(v->count == 400);
    mp_arena_free(&arena);
    return v && s && r;
}

TEST(memory_may_run_out)
{
    CHECK(fault_loop(build, NULL) >= 3);
}

int main(void)
{
    return MAIN(RUN(values_are_built), RUN(single_values_are_made),
                RUN(too_deep_a_value_fails_and_is_forgotten), RUN(reals_are_short),
                RUN(reals_do_not_depend_on_the_locale), RUN(reals_read_back),
                RUN(memory_may_run_out));
}
