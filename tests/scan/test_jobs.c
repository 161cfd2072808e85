/* SPDX-License-Identifier: Apache-2.0 */
/* One scan by one to eight threads, with next to no memory for what is put aside, so that the second pass reads a
 * file: the same bytes each time. Worth most under ThreadSanitizer. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "generate.h"
#include "policies.h"
#include "test.h"

#define NOW (INT64_C(639000000) * 1000000000) /* 2025 */

static char folder[] = "/tmp/mapae-jobs-XXXXXX";
static char inventory[64];

static mp_code scan(world_run *run, unsigned jobs, bool keep_duplicates, mp_error *err)
{
    world       w;
    const char *path = inventory;
    mp_code     code = world_open(&w, err);
    if (code == MP_OK)
        code = world_read(&w, "policies.json", policies, err);
    if (code == MP_OK)
        code = world_plan(&w, err);
    *run = (world_run)WORLD_RUN_INIT;
    run->options = (mp_scan_options){ .jobs = jobs, .now = NOW, .reasons = true, .keep_duplicates = keep_duplicates };
    run->batch_bytes = 3000; /* so that there are many to wait for each other */
    if (code == MP_OK)
        code = world_scan(&w, run, &path, 1, err);
    world_close(&w);
    return code;
}

static void check_jobs(bool keep_duplicates)
{
    world_run first;
    mp_error  err = { 0 };
    if (scan(&first, 1, keep_duplicates, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK(first.records.len > 100000);
    for (unsigned jobs = 2; jobs <= 8; jobs++) {
        world_run run;
        char      what[32];
        snprintf(what, sizeof what, "%u jobs", jobs);
        if (scan(&run, jobs, keep_duplicates, &err) != MP_OK)
            fail_msg("%s: %s", what, err.message);
        world_check_same(&run.records, &first.records, what);
        world_check_same(&run.summary, &first.summary, what);
        world_run_free(&run);
    }
    world_run_free(&first);
}

TEST(any_number_of_jobs_says_the_same) { check_jobs(false); }
TEST(so_it_does_of_duplicates) { check_jobs(true); }

/* Whoever it is that cannot write ends the scan for all, with the one sentence. */
TEST(without_a_place_for_the_file_the_scan_ends)
{
    setenv("TMPDIR", "/nowhere/at/all", 1);
    for (unsigned jobs = 1; jobs <= 8; jobs += jobs == 1 ? 1 : 3) {
        world_run run;
        mp_error  err = { 0 };
        CHECK_INT(scan(&run, jobs, false, &err), MP_OUTPUT);
        CHECK_STR(mp_str_from(err.message),
                  "cannot make a temporary file in /nowhere/at/all: No such file or directory");
        world_run_free(&run);
    }
    setenv("TMPDIR", folder, 1);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    setenv("TMPDIR", folder, 1);
    snprintf(inventory, sizeof inventory, "%s/inventory.ndjson", folder);
    generate_documents(inventory, 700);
    int failed = MAIN(RUN(any_number_of_jobs_says_the_same), RUN(so_it_does_of_duplicates),
                      RUN(without_a_place_for_the_file_the_scan_ends));
    remove(inventory);
    return rmdir(folder) == 0 ? failed : 1; /* no file was left */
}
