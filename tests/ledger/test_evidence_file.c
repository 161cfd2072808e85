/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of evidence on a disk that is full, fails, or was tampered with. */
#include "evidence_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>
#include <zstd.h>

#include "buf.h"
#include "evidence.h"
#include "fault.h"
#include "secret.h"
#include "test.h"

/* ---- a disk that fails (meson.build puts these in front of the C library's) ---- */

static struct {
    int write_error, sync_error, rename_error;
    int after; /* writes that go well before */
} broken;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int     __real_fsync(int fd);
int     __wrap_fsync(int fd);
int     __real_rename(const char *from, const char *to);
int     __wrap_rename(const char *from, const char *to);

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (broken.write_error && broken.after-- <= 0) {
        errno = broken.write_error;
        return -1;
    }
    return __real_write(fd, bytes, len > 1000 ? len / 2 : len); /* also a slow one */
}

int __wrap_fsync(int fd)
{
    errno = broken.sync_error;
    return broken.sync_error ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    errno = broken.rename_error;
    return broken.rename_error ? -1 : __real_rename(from, to);
}

/* ---- a folder ---- */

static char folder[64];

static int begin(void **state)
{
    (void)state;
    /* In memory where that is possible: thousands of files are written, and what the disk may do is made up here. */
    test_folder(folder, sizeof folder, "mapae-evidence");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    memset(&broken, 0, sizeof broken);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Files below evidence/, all of them. */
static int count_files(void)
{
    char  command[160], line[32];
    snprintf(command, sizeof command, "find '%s/evidence' -type f | wc -l", folder);
    FILE *pipe = popen(command, "r");
    CHECK(pipe && fgets(line, sizeof line, pipe));
    pclose(pipe);
    return atoi(line);
}

static mp_code put(char sha256[65], mp_str bytes, mp_error *err)
{
    mp_evidence_sink *sink;
    uint64_t          size = 0;
    MP_TRY(mp_evidence_file_begin(&sink, folder, err));
    for (size_t at = 0; at < bytes.len || at == 0; at += 70000) { /* in pieces */
        mp_code code =
            mp_evidence_write(sink, mp_str_of(bytes.ptr + at, bytes.len - at < 70000 ? bytes.len - at : 70000), err);
        if (code != MP_OK) {
            mp_evidence_abandon(sink);
            return code;
        }
    }
    MP_TRY(mp_evidence_end(sha256, &size, sink, err));
    CHECK(size == bytes.len);
    return MP_OK;
}

static mp_code collect(void *ctx, mp_str bytes, mp_error *err)
{
    mp_buf_add(ctx, bytes);
    return mp_buf_check(ctx, err);
}

static void path_of(char out[256], const char *sha256)
{
    snprintf(out, 256, "%s/evidence/%.2s/%s.zst", folder, sha256, sha256);
}

static mp_str pattern(mp_buf *b, size_t len)
{
    for (uint32_t i = 0; b->len < len; i++)
        mp_buf_printf(b, "%u ", i * 2654435761u);
    b->len = len;
    return mp_buf_str(b);
}

/* ---- what is promised ---- */

TEST(what_goes_in_comes_out)
{
    static const size_t sizes[] = { 0, 1, 1000, 131072, 1000000 };
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        mp_buf   in = MP_BUF_INIT, out = MP_BUF_INIT;
        char     sha256[65], hex[65];
        uint8_t  digest[32];
        uint64_t size = 1, said = 1;
        mp_str   bytes = pattern(&in, sizes[i]);
        CHECK_INT(put(sha256, bytes, NULL), MP_OK);
        CHECK_INT(mp_sha256(digest, bytes, NULL), MP_OK);
        mp_hex(hex, digest, 32);
        CHECK_STR(mp_str_from(sha256), hex);
        CHECK_INT(mp_evidence_file_read(&size, folder, mp_str_from(sha256), collect, &out, NULL), MP_OK);
        CHECK(size == sizes[i] && mp_str_eq(mp_buf_str(&out), bytes));
        CHECK_INT(mp_evidence_file_size(&said, folder, mp_str_from(sha256), NULL), MP_OK);
        CHECK(said == sizes[i]);
        mp_buf_free(&in);
        mp_buf_free(&out);
    }
    CHECK_INT(count_files(), MP_COUNT(sizes));
}

TEST(the_same_bytes_are_one_file)
{
    char one[65], two[65], path[256];
    CHECK_INT(put(one, MP_S("evidence"), NULL), MP_OK);
    CHECK_INT(put(two, MP_S("evidence"), NULL), MP_OK);
    CHECK_STR(mp_str_from(one), two);
    CHECK_INT(count_files(), 1);
    struct stat about;
    path_of(path, one);
    CHECK(stat(path, &about) == 0);
    CHECK_INT(about.st_mode & 0777, 0600);
}

TEST(zstd_reads_it_too)
{
    char sha256[65], command[400], path[256];
    CHECK_INT(put(sha256, MP_S("evidence\n"), NULL), MP_OK);
    path_of(path, sha256);
    snprintf(command, sizeof command, "test \"$(zstd -dc '%s' | sha256sum | cut -c1-64)\" = %s", path, sha256);
    CHECK_INT(system(command), 0);
}

TEST(an_abandoned_upload_leaves_nothing)
{
    mp_evidence_sink *sink;
    CHECK_INT(mp_evidence_file_begin(&sink, folder, NULL), MP_OK);
    CHECK_INT(mp_evidence_write(sink, MP_S("half"), NULL), MP_OK);
    CHECK_INT(count_files(), 1);
    mp_evidence_abandon(sink);
    mp_evidence_abandon(NULL);
    CHECK_INT(count_files(), 0);
}

TEST(what_is_not_there_is_missing)
{
    mp_error err;
    uint64_t size;
    static const char name[] = "00000000000000000000000000000000000000000000000000000000000000aa";
    CHECK_INT(mp_evidence_file_read(NULL, folder, mp_str_from(name), NULL, NULL, &err), MP_MISSING);
    CHECK_INT(mp_evidence_file_size(&size, folder, mp_str_from(name), &err), MP_MISSING);
    CHECK_INT(mp_evidence_file_size(&size, folder, MP_S("../../../etc/passwd"), &err), MP_PARAMETER);
    CHECK_INT(mp_evidence_file_size(&size, folder,
                                    MP_S("00000000000000000000000000000000000000000000000000000000000000AA"), &err),
              MP_PARAMETER);
}

static mp_str load(mp_buf *b, const char *path)
{
    char  bytes[4096];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        mp_buf_add(b, mp_str_of(bytes, n));
    fclose(file);
    return mp_buf_str(b);
}

static void save(const char *path, mp_str bytes)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && fclose(file) == 0);
}

/* Whatever bit is changed: damaged, or what comes out is what went in (zstd has bits that say nothing). */
TEST(no_changed_byte_goes_by)
{
    char   sha256[65], path[256];
    mp_buf in = MP_BUF_INIT, file = MP_BUF_INIT;
    CHECK_INT(put(sha256, pattern(&in, 3000), NULL), MP_OK);
    path_of(path, sha256);
    load(&file, path);
    for (size_t n = 0; n < 8 * file.len;
         n += test_step(n < 8 * 20 || n > 8 * (file.len - 20) ? 1 : 11)) { /* its ends entirely */
        mp_buf out = MP_BUF_INIT;
        char  *byte = &file.ptr[n / 8];
        *byte = (char)(*byte ^ 1 << n % 8);
        save(path, mp_buf_str(&file));
        mp_code code = mp_evidence_file_read(NULL, folder, mp_str_from(sha256), collect, &out, NULL);
        CHECK(code == MP_DAMAGED || (code == MP_OK && mp_str_eq(mp_buf_str(&out), mp_buf_str(&in))));
        *byte = (char)(*byte ^ 1 << n % 8);
        mp_buf_free(&out);
    }
    for (size_t len = 0; len < file.len; len += test_step(len < 20 ? 1 : 3)) {
        save(path, mp_str_of(file.ptr, len));
        CHECK_INT(mp_evidence_file_read(NULL, folder, mp_str_from(sha256), NULL, NULL, NULL), MP_DAMAGED);
    }
    mp_buf_free(&in);
    mp_buf_free(&file);
}

/* 100 MB of zeros in 10 KB, under a name of somebody's choice. */
TEST(a_bomb_does_not_go_off)
{
    static char       zeros[1 << 20];
    static const char name[] = "00000000000000000000000000000000000000000000000000000000000000aa";
    char              path[256], out[1 << 16], sha256[65];
    uint8_t footers[2][16] = { { 0x5E, 0x2A, 0x4D, 0x18, 8, 0, 0, 0, 5 },
                               { 0x5E, 0x2A, 0x4D, 0x18, 8, 0, 0, 0, 0, 0, 0, 0, 0xFF } };
    uint64_t          seen = 0;
    mp_error          err;
    CHECK_INT(put(sha256, MP_S("makes the folder"), NULL), MP_OK);
    snprintf(path, sizeof path, "%s/evidence/00", folder);
    CHECK(mkdir(path, 0700) == 0);
    for (size_t k = 0; k < 2; k++) {
        mp_buf         bomb = MP_BUF_INIT;
        ZSTD_CCtx     *zstd = ZSTD_createCCtx();
        for (int i = 0; i < 100; i++) {
            ZSTD_inBuffer  from = { zeros, sizeof zeros, 0 };
            ZSTD_outBuffer to = { out, sizeof out, 0 };
            CHECK(!ZSTD_isError(ZSTD_compressStream2(zstd, &to, &from, i == 99 ? ZSTD_e_end : ZSTD_e_flush)));
            mp_buf_add(&bomb, mp_str_of(out, to.pos));
        }
        ZSTD_freeCCtx(zstd);
        mp_buf_add(&bomb, mp_str_of((const char *)footers[k], 16));
        path_of(path, name);
        save(path, mp_buf_str(&bomb));
        CHECK_INT(mp_evidence_file_read(&seen, folder, mp_str_from(name), NULL, NULL, &err), MP_DAMAGED);
        CHECK(strstr(err.message, k ? "longer than any" : "more than its end says"));
        mp_buf_free(&bomb);
    }
}

TEST(a_disk_that_fails)
{
    static const struct {
        int     write_error, sync_error, rename_error;
        mp_code code;
    } cases[] = {
        { ENOSPC, 0, 0, MP_FULL }, { EDQUOT, 0, 0, MP_FULL },  { EIO, 0, 0, MP_OUTPUT },
        { 0, EIO, 0, MP_OUTPUT },  { 0, ENOSPC, 0, MP_FULL }, { 0, 0, ENOSPC, MP_FULL }, { 0, 0, EIO, MP_OUTPUT },
    };
    mp_buf in = MP_BUF_INIT;
    pattern(&in, 600000);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char sha256[65] = "";
        broken.write_error = cases[i].write_error;
        broken.sync_error = cases[i].sync_error;
        broken.rename_error = cases[i].rename_error;
        broken.after = 2;
        CHECK_INT(put(sha256, mp_buf_str(&in), NULL), cases[i].code);
        CHECK_STR(mp_str_from(sha256), "");
        memset(&broken, 0, sizeof broken);
        CHECK_INT(count_files(), 0);
    }
    mp_buf_free(&in);
}

static void make_old(const char *path)
{
    struct utimbuf times = { 1000000000, 1000000000 };
    CHECK(utime(path, &times) == 0);
}

static mp_code is_orphan(bool *out, void *ctx, mp_str sha256, mp_error *err)
{
    (void)err;
    *out = !mp_str_eq(sha256, mp_str_from(ctx));
    return MP_OK;
}

static mp_code comes_again(bool *out, void *ctx, mp_str sha256, mp_error *err)
{
    char again[65];
    (void)ctx;
    (void)sha256;
    *out = true;
    return put(again, MP_S("old"), err);
}

TEST(sweeping)
{
    char    named[65], old[65], young[65], path[256];
    int64_t removed = -1;
    FILE   *file;
    CHECK_INT(mp_evidence_file_sweep(&removed, folder, mp_clock_now(), is_orphan, named, NULL), MP_OK);
    CHECK_INT(removed, 0); /* there is no folder yet */
    CHECK_INT(put(named, MP_S("named"), NULL), MP_OK);
    CHECK_INT(put(old, MP_S("old"), NULL), MP_OK);
    CHECK_INT(put(young, MP_S("young"), NULL), MP_OK);
    path_of(path, named);
    make_old(path);
    path_of(path, old);
    make_old(path);
    snprintf(path, sizeof path, "%s/evidence/upload-abcdef", folder);
    file = fopen(path, "w");
    CHECK(file && fclose(file) == 0);
    make_old(path);
    mp_ticks day_ago = mp_clock_now() - MP_TICKS_PER_DAY;
    CHECK_INT(mp_evidence_file_sweep(&removed, folder, day_ago, comes_again, NULL, NULL), MP_OK);
    CHECK_INT(removed, 2); /* the upload, and what nobody names; but not what came again meanwhile */
    uint64_t size;
    CHECK_INT(mp_evidence_file_size(&size, folder, mp_str_from(old), NULL), MP_OK);
    CHECK_INT(mp_evidence_file_size(&size, folder, mp_str_from(named), NULL), MP_MISSING);
    path_of(path, old);
    make_old(path);
    CHECK_INT(mp_evidence_file_sweep(&removed, folder, day_ago, is_orphan, old, NULL), MP_OK);
    CHECK_INT(removed, 0);
    CHECK_INT(mp_evidence_file_sweep(&removed, folder, day_ago, is_orphan, named, NULL), MP_OK);
    CHECK_INT(removed, 1);
    CHECK_INT(mp_evidence_file_size(&size, folder, mp_str_from(young), NULL), MP_OK);
}

static bool put_and_read(void *context)
{
    char   sha256[65];
    mp_buf out = MP_BUF_INIT;
    (void)context;
    mp_error err = { .code = MP_OK };
    mp_code  code = put(sha256, MP_S("some evidence"), &err);
    if (code == MP_OK)
        code = mp_evidence_file_read(NULL, folder, mp_str_from(sha256), collect, &out, &err);
    mp_buf_free(&out);
    CHECK(code == MP_OK || code == MP_NOMEM);
    return code == MP_OK;
}

TEST(memory_runs_out)
{
    CHECK(fault_loop(put_and_read, NULL) > 3);
    CHECK_INT(count_files(), 1);
}

int main(void)
{
    return MAIN(cmocka_unit_test_setup_teardown(what_goes_in_comes_out, begin, end),
                cmocka_unit_test_setup_teardown(the_same_bytes_are_one_file, begin, end),
                cmocka_unit_test_setup_teardown(zstd_reads_it_too, begin, end),
                cmocka_unit_test_setup_teardown(an_abandoned_upload_leaves_nothing, begin, end),
                cmocka_unit_test_setup_teardown(what_is_not_there_is_missing, begin, end),
                cmocka_unit_test_setup_teardown(no_changed_byte_goes_by, begin, end),
                cmocka_unit_test_setup_teardown(a_bomb_does_not_go_off, begin, end),
                cmocka_unit_test_setup_teardown(a_disk_that_fails, begin, end),
                cmocka_unit_test_setup_teardown(sweeping, begin, end),
                cmocka_unit_test_setup_teardown(memory_runs_out, begin, end));
}
