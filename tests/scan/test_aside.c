/* SPDX-License-Identifier: Apache-2.0 */
#include "aside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fault.h"
#include "test.h"

/* ---- where the file would stand ---- */

static char *folder_before;

static void use_folder(const char *folder)
{
    const char *before = getenv("TMPDIR");
    folder_before = before ? strdup(before) : NULL;
    setenv("TMPDIR", folder, 1);
}

static void leave_folder(void)
{
    if (folder_before)
        setenv("TMPDIR", folder_before, 1);
    else
        unsetenv("TMPDIR");
    free(folder_before);
}

static int next_fd(void)
{
    int fd = dup(STDIN_FILENO);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

/* ---- blocks ---- */

/* Of all sizes, some empty; what is in block i says so. */
static void make_block(mp_buf *out, uint32_t i)
{
    size_t size = i % 5 == 0 ? 0 : i % 97 == 1 ? 70000 : i % 613;
    mp_buf_clear(out);
    for (size_t k = 0; k < size; k++)
        mp_buf_add_c(out, (char)((i * 31 + k * 7) & 255));
    CHECK(!out->failed);
}

static void write_blocks(mp_aside *a, uint32_t count)
{
    mp_buf   block = MP_BUF_INIT;
    mp_error err = { 0 };
    for (uint32_t i = 0; i < count; i++) {
        make_block(&block, i);
        if (mp_aside_write(a, mp_buf_str(&block), &err) != MP_OK)
            fail_msg("%s", err.message);
    }
    mp_buf_free(&block);
}

static void check_blocks(mp_aside *a, uint32_t count)
{
    mp_buf   found = MP_BUF_INIT, wanted = MP_BUF_INIT;
    mp_error err = { 0 };
    bool     more;
    for (uint32_t i = 0; i < count; i++) {
        make_block(&wanted, i);
        if (mp_aside_read(a, &found, &more, &err) != MP_OK)
            fail_msg("%s", err.message);
        CHECK(more);
        if (!mp_str_eq(mp_buf_str(&found), mp_buf_str(&wanted)))
            fail_msg("block %u has %zu bytes, wanted %zu, or others", i, found.len, wanted.len);
    }
    for (int i = 0; i < 3; i++) { /* the end, and still the end */
        mp_buf_add_z(&found, "to be cleared");
        CHECK_INT(mp_aside_read(a, &found, &more, &err), MP_OK);
        CHECK(!more && found.len == 0);
    }
    mp_buf_free(&found);
    mp_buf_free(&wanted);
}

TEST(blocks_come_back_in_order_and_byte_for_byte)
{
    static const size_t limits[] = { 0, 1, 8, 9, 1000, 65536, (size_t)1 << 20, SIZE_MAX };
    for (size_t i = 0; i < MP_COUNT(limits); i++) {
        mp_aside *a;
        int       fd = next_fd();
        CHECK_INT(mp_aside_new(&a, limits[i], NULL), MP_OK);
        write_blocks(a, 1500);
        check_blocks(a, 1500);
        mp_aside_free(a);
        CHECK_INT(next_fd(), fd); /* the file is closed */
    }
}

TEST(a_block_larger_than_memory_goes_to_the_file)
{
    enum { BIG = 20 << 20 };
    mp_aside *a;
    mp_buf    block = MP_BUF_INIT;
    bool      more;
    char     *big = calloc(1, BIG);
    CHECK(big != NULL && BIG > MP_ASIDE_MEMORY);
    big[0] = 'a';
    big[BIG - 1] = 'z';
    CHECK_INT(mp_aside_new(&a, MP_ASIDE_MEMORY, NULL), MP_OK);
    CHECK_INT(mp_aside_write(a, MP_S("before"), NULL), MP_OK);
    CHECK_INT(mp_aside_write(a, mp_str_of(big, BIG), NULL), MP_OK);
    CHECK_INT(mp_aside_write(a, MP_S("after"), NULL), MP_OK);
    CHECK_INT(mp_aside_read(a, &block, &more, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&block), "before");
    CHECK_INT(mp_aside_read(a, &block, &more, NULL), MP_OK);
    CHECK(more && mp_str_eq(mp_buf_str(&block), mp_str_of(big, BIG)));
    CHECK_INT(mp_aside_read(a, &block, &more, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&block), "after");
    mp_buf_free(&block);
    mp_aside_free(a);
    free(big);
}

TEST(without_blocks_there_is_nothing_to_read)
{
    mp_aside *a;
    CHECK_INT(mp_aside_new(&a, 0, NULL), MP_OK);
    check_blocks(a, 0);
    mp_aside_free(a);
    mp_aside_free(NULL);
}

TEST(an_empty_block_is_a_block)
{
    for (size_t limit = 0; limit <= 100; limit += 100) {
        mp_aside *a;
        mp_buf    out = MP_BUF_INIT;
        bool      more;
        CHECK_INT(mp_aside_new(&a, limit, NULL), MP_OK);
        CHECK_INT(mp_aside_write(a, MP_S(""), NULL), MP_OK);
        CHECK_INT(mp_aside_write(a, mp_str_of(NULL, 0), NULL), MP_OK);
        for (int i = 0; i < 2; i++) {
            CHECK_INT(mp_aside_read(a, &out, &more, NULL), MP_OK);
            CHECK(more && out.len == 0);
        }
        CHECK_INT(mp_aside_read(a, &out, &more, NULL), MP_OK);
        CHECK(!more);
        mp_buf_free(&out);
        mp_aside_free(a);
    }
}

/* ---- memory, and then the file ---- */

static const char forty[] = "0123456789012345678901234567890123456789";

TEST(what_fits_in_memory_makes_no_file)
{
    mp_aside *a;
    mp_error  err = { 0 };
    use_folder("/nowhere/at/all");
    CHECK_INT(mp_aside_new(&a, 480, NULL), MP_OK);
    for (int i = 0; i < 10; i++) /* 48 bytes each */
        CHECK_INT(mp_aside_write(a, mp_str_from(forty), &err), MP_OK);
    CHECK_INT(mp_aside_write(a, MP_S(""), &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot make a temporary file in /nowhere/at/all: No such file or directory");
    mp_aside_free(a);
    leave_folder();
}

TEST(the_file_has_no_name)
{
    char      folder[] = "/tmp/mapae-aside-XXXXXX";
    mp_aside *a;
    CHECK(mkdtemp(folder) != NULL);
    use_folder(folder);
    CHECK_INT(mp_aside_new(&a, 0, NULL), MP_OK);
    write_blocks(a, 20);
    CHECK_INT(rmdir(folder), 0); /* it is empty */
    check_blocks(a, 20);
    mp_aside_free(a);
    leave_folder();
}

/* The system refuses to let a file grow, as on a full disk. */
TEST(a_file_that_cannot_grow_is_an_error)
{
    struct rlimit before, small = { 100000, RLIM_INFINITY };
    mp_aside     *a;
    mp_buf        block = MP_BUF_INIT;
    mp_error      err = { 0 };
    mp_code       code = MP_OK;
    uint32_t      written = 0;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    use_folder("/tmp");
    for (uint32_t i = 0; i < 1000; i++)
        mp_buf_add_c(&block, 'x');
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_INT(mp_aside_new(&a, 5000, NULL), MP_OK);
    while (code == MP_OK && written < 1000)
        code = mp_aside_write(a, mp_buf_str(&block), &err), written += code == MP_OK;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0); /* before anything is printed */
    signal(SIGXFSZ, handler);
    CHECK_INT(code, MP_OUTPUT);
    CHECK_INT(err.code, MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot write the temporary file in /tmp: File too large");
    CHECK_INT(written, 100000 / 1008);
    mp_aside_free(a);
    mp_buf_free(&block);
    leave_folder();
}

/* ---- memory ---- */

static bool write_and_read(void *context)
{
    mp_aside *a = NULL;
    mp_buf    out = MP_BUF_INIT;
    mp_error  err = { 0 };
    bool      more = true;
    uint32_t  blocks = 0;
    mp_code   code = mp_aside_new(&a, *(const size_t *)context, &err);
    for (int i = 0; i < 40 && code == MP_OK; i++)
        code = mp_aside_write(a, mp_str_from(forty), &err);
    while (code == MP_OK && more) {
        code = mp_aside_read(a, &out, &more, &err);
        if (code == MP_OK && more) {
            CHECK_STR(mp_buf_str(&out), forty);
            blocks++;
        }
    }
    CHECK(code == MP_OK ? blocks == 40 : code == MP_NOMEM && err.code == MP_NOMEM);
    mp_aside_free(a);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    size_t limit = SIZE_MAX;
    CHECK(fault_loop(write_and_read, &limit) >= 4);
    limit = 1000;
    CHECK(fault_loop(write_and_read, &limit) >= 3);
}

int main(void)
{
    return MAIN(RUN(blocks_come_back_in_order_and_byte_for_byte),
                RUN(a_block_larger_than_memory_goes_to_the_file), RUN(without_blocks_there_is_nothing_to_read),
                RUN(an_empty_block_is_a_block), RUN(what_fits_in_memory_makes_no_file), RUN(the_file_has_no_name),
                RUN(a_file_that_cannot_grow_is_an_error), RUN(memory_may_run_out));
}
