/* SPDX-License-Identifier: Apache-2.0 */
/* Checking and writing packages while memory runs out: a clean refusal, never a wrong verdict. */
#include <stdio.h>

#include "fault.h"
#include "made_package.h"
#include "test.h"

static made_package made;

static bool check(void *context)
{
    const mp_package_trust trust = { .keys = made.keys[0], .since = made.since, .stamp_ca = made.stamp_ca };
    mp_arena               arena = MP_ARENA_INIT;
    mp_package_report      report;
    mp_error               err = { .code = MP_OK };
    (void)context;
    mp_code code = mp_package_verify(&report, made.path, &trust, &arena, &err);
    if (code != MP_OK && code != MP_NOMEM)
        print_error("%s: %s\n", mp_code_name(code), err.message);
    CHECK(code == MP_NOMEM || (code == MP_OK && report.is_pinned && report.is_since && report.leaves == 3));
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(checking)
{
    made_write(&made, "good.tar", NULL, 0);
    CHECK(fault_loop(check, NULL) > 20);
}

static bool emit(void *context)
{
    mp_arena           arena = MP_ARENA_INIT;
    mp_package_content content = { .arena = &arena,
                                   .origin = MP_S("o"),
                                   .installation = MP_S("5f0c1f5e-0000-4000-8000-000000000000"),
                                   .created = INT64_C(639000000000000000) };
    mp_package_written written;
    char               path[160];
    (void)context;
    snprintf(path, sizeof path, "%s/emitted.tar.zst", made.folder);
    mp_code code = mp_package_add(&content, MP_PART_README, 0, mp_package_readme, NULL);
    if (code == MP_OK)
        code = mp_package_add(&content, MP_PART_LEAF, 7, MP_S("{}"), NULL);
    if (code == MP_OK)
        code = mp_package_emit(&written, &content, made.folder, path, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_package_content_done(&content);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(writing)
{
    CHECK(fault_loop(emit, NULL) > 5);
}

int main(void)
{
    made_begin(&made);
    int failed = MAIN(RUN(checking), RUN(writing));
    made_end(&made);
    return failed;
}
