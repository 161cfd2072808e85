/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while a machine is read. */
#include "fault.h"
#include "made_root.h"
#include "test.h"

static bool read_it(void *context)
{
    const made_root   *root = context;
    mp_arena           arena = MP_ARENA_INIT;
    mp_machine_report  report = { .document = NULL };
    mp_machine_options options = { .root = root->path };
    mp_code            code = mp_machine_read(&report, &options, &arena, NULL);
    CHECK(code == MP_OK ? report.document != NULL : report.document == NULL);
    if (code != MP_OK)
        CHECK_INT(code, MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out)
{
    made_root root;
    made_root_new(&root);
    made_root_debian(&root);
    made_root_file(&root, "proc/1/net/tcp", "  sl\n   0: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 0 0 4711 1\n");
    CHECK(fault_loop(read_it, &root) > 20);
    made_root_free(&root);
}

int main(void) { return MAIN(RUN(memory_that_runs_out)); }
