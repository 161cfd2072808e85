/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - the few words all unit tests use, over cmocka. */
#ifndef MAPAE_TESTS_TEST_H
#define MAPAE_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants the four above first. */
#include <cmocka.h>

#include <mapae/str.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define RUN(name) cmocka_unit_test(name)
#define CHECK(condition) assert_true(condition)
#define CHECK_INT(actual, wanted) assert_int_equal((actual), (wanted))
#define CHECK_STR(actual, wanted) check_str((actual), (wanted), __FILE__, __LINE__)

/* How far a long loop goes at once: 1 looks at everything, as a build without sanitizers does, which is ten times as
 * fast; with MAPAE_SAMPLED (tests/meson.build) it is `step`, a prime, so that the sample meets every bit and column. */
static inline size_t test_step(size_t step)
{
    return getenv("MAPAE_SAMPLED") ? step : 1;
}

/* "/tmp/NAME-XXXXXX" for mkdtemp(), or in the folder that TMPDIR says: run.sh has one where no commit waits for a disk. */
static inline void test_folder(char *out, size_t size, const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(out, size, "%s/%s-XXXXXX", folder && strlen(folder) < 32 ? folder : "/tmp", name);
}

static inline void check_str(mp_str actual, const char *wanted, const char *file, int line)
{
    if (mp_str_eq(actual, mp_str_from(wanted)))
        return;
    print_error("found  \"%.*s\"\nwanted \"%s\"\n", MP_FMT(actual), wanted);
    _fail(file, line);
}

/* int main(void) { return MAIN(RUN(a), RUN(b)); } */
#define MAIN(...)                                                       \
    cmocka_run_group_tests(((const struct CMUnitTest[]){ __VA_ARGS__ }), NULL, NULL)

#endif
