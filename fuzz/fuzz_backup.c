/* SPDX-License-Identifier: Apache-2.0 */
/* A file that somebody gives as a backup: it is taken whole or refused with a reason; and its manifest, written
 * again, says the same. The first byte chooses: a whole archive, or the manifest alone. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backup_format.h"
#include "fuzz.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void must_be_refused(mp_code code, const mp_error *err)
{
    MUST(code == MP_DAMAGED || code == MP_FORMAT || code == MP_FOREIGN);
    MUST(err->message[0] != '\0');
}

static void try_archive(mp_str bytes)
{
    char             path[40];
    mp_backup_report report;
    mp_error         err = { 0 };
    int              fd = memfd_create("backup", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    mp_code code = mp_backup_verify(&report, path, &err);
    if (code != MP_OK)
        must_be_refused(code, &err);
    else
        MUST(report.bytes == bytes.len);
    close(fd);
}

static void try_manifest(mp_str text)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_manifest m, again;
    mp_error    err = { 0 };
    mp_buf      written = MP_BUF_INIT, twice = MP_BUF_INIT;
    mp_code     code = mp_manifest_read(&m, text, &arena, &err);
    if (code != MP_OK) {
        must_be_refused(code, &err);
    } else {
        MUST(mp_manifest_write(&written, &m, &err) == MP_OK);
        MUST(mp_manifest_read(&again, mp_buf_str(&written), &arena, &err) == MP_OK);
        MUST(again.member_count == m.member_count && again.table_count == m.table_count &&
             again.taken_at == m.taken_at);
        MUST(mp_manifest_write(&twice, &again, &err) == MP_OK);
        MUST(mp_str_eq(mp_buf_str(&written), mp_buf_str(&twice)));
    }
    mp_buf_free(&written);
    mp_buf_free(&twice);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    mp_str bytes = mp_str_of((const char *)data + 1, size - 1);
    if (data[0] & 1)
        try_archive(bytes);
    else
        try_manifest(bytes);
    return 0;
}
