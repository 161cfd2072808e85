/* SPDX-License-Identifier: Apache-2.0 */
/* Every format while memory runs out. Apart from test_report.c: counting allocations is not for
 * several threads. */
#include "test.h"

#include "fault.h"
#include "fixture.h"

static fixture f;

static bool print_once(void *context)
{
    mp_report        *report = NULL;
    mp_buf            out = MP_BUF_INIT;
    mp_report_options options = { .lang = MP_LANG_KO };
    mp_report_sink    sink = { fixture_sink, &out };
    mp_code           code = mp_report_new(&report, context, &options, sink, NULL);
    if (code == MP_OK)
        code = fixture_print(&f, report, 1, 50, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_report_free(report);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    size_t records = f.record_count;
    f.record_count = 12; /* enough for every kind of allocation */
    for (size_t i = 0; i < mp_report_format_count(); i++)
        CHECK(fault_loop(print_once, (void *)(uintptr_t)mp_report_format_at(i)) > 2);
    f.record_count = records;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    fixture_load(&f, argv[1]);
    int failed = MAIN(RUN(memory_may_run_out));
    fixture_free(&f);
    return failed;
}
