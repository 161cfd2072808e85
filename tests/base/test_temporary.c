/* SPDX-License-Identifier: Apache-2.0 */
/* Files without a name, over a system that does half of what it is asked, is interrupted, or refuses. */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* The calls of temporary.c come here first (meson.build). */
static struct {
    int  open_error;    /* of files without a name */
    int  write_error, read_error;
    int  after;         /* calls that go well before that */
    bool is_slow;       /* a few bytes at a time, every other call interrupted */
    int  calls;
} broken;

int     __real_open64(const char *path, int flags, ...);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __real_pread64(int fd, void *into, size_t len, off_t offset);
int     __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset);
ssize_t __wrap_pread64(int fd, void *into, size_t len, off_t offset);

int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = va_arg(args, int); /* all calls of temporary.c give one */
    va_end(args);
    if (broken.open_error && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = broken.open_error;
        return -1;
    }
    return __real_open64(path, flags, mode);
}

/* How many of `len` bytes this call may take; -1: it fails. */
static ssize_t allowance(size_t len, int error)
{
    int call = broken.calls++;
    if (error && call >= broken.after) {
        errno = error;
        return -1;
    }
    if (!broken.is_slow)
        return (ssize_t)len;
    if (call % 2) {
        errno = EINTR;
        return -1;
    }
    return (ssize_t)(len < 7 ? len : 7);
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    ssize_t some = allowance(len, broken.write_error);
    return some < 0 ? some : __real_pwrite64(fd, bytes, (size_t)some, offset);
}

ssize_t __wrap_pread64(int fd, void *into, size_t len, off_t offset)
{
    ssize_t some = allowance(len, broken.read_error);
    return some < 0 ? some : __real_pread64(fd, into, (size_t)some, offset);
}

static char folder[] = "/tmp/mapae-temporary-XXXXXX";

static int heal(void **state __attribute__((unused)))
{
    memset(&broken, 0, sizeof broken);
    setenv("TMPDIR", folder, 1);
    return 0;
}

/* Of text longer than a slow call takes. */
static const char text[] = "somewhat longer than what one call takes, and not a multiple of it";

static void check_round_trip(void)
{
    int      fd;
    mp_error err = { 0 };
    char     found[sizeof text] = "";
    if (mp_temporary_open(&fd, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK_INT(mp_temporary_write(fd, 0, mp_str_from(text), &err), MP_OK);
    CHECK_INT(mp_temporary_write(fd, 5, MP_S("HAT"), &err), MP_OK);
    CHECK_INT(mp_temporary_read(found, sizeof text - 1, fd, 0, &err), MP_OK);
    CHECK_STR(mp_str_of(found, 15), "somewHAT longer");
    CHECK_STR(mp_str_of(found + 15, sizeof text - 16), text + 15);
    CHECK_INT(mp_temporary_read(found, 6, fd, 9, &err), MP_OK);
    CHECK_STR(mp_str_of(found, 6), "longer");
    close(fd);
}

TEST(what_is_written_is_read) { check_round_trip(); }

TEST(calls_that_do_half_are_repeated)
{
    broken.is_slow = true;
    check_round_trip();
    CHECK(broken.calls > 30);
}

static void check_nameless(void)
{
    struct stat found;
    int         fd;
    CHECK_INT(mp_temporary_open(&fd, NULL), MP_OK);
    CHECK_INT(mp_temporary_write(fd, 0, MP_S("secret"), NULL), MP_OK);
    CHECK_INT(fstat(fd, &found), 0);
    CHECK_INT(found.st_nlink, 0);
    CHECK_INT(found.st_mode & 0777, 0600);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK_INT(rmdir(folder), 0); /* nothing is in it */
    CHECK_INT(mkdir(folder, 0700), 0);
    close(fd);
}

TEST(it_has_no_name_and_is_nobody_elses) { check_nameless(); }

/* On a file system that does not know such files, one with a name is made and loses it at once. */
TEST(nor_has_it_where_files_must_have_one)
{
    broken.open_error = EOPNOTSUPP;
    check_nameless();
    check_round_trip();
}

TEST(a_folder_that_is_not_there_is_an_error)
{
    mp_error err = { 0 };
    int      fd = -5;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    CHECK_INT(mp_temporary_open(&fd, &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot make a temporary file in /nowhere/at/all: No such file or directory");
    CHECK_INT(fd, -5);
    static char longer[5000];
    memset(longer, '/', sizeof longer - 1);
    setenv("TMPDIR", longer, 1);
    CHECK_INT(mp_temporary_open(&fd, &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "TMPDIR is too long");
}

TEST(without_a_folder_it_is_tmp)
{
    int fd;
    unsetenv("TMPDIR");
    CHECK_INT(mp_temporary_open(&fd, NULL), MP_OK);
    close(fd);
    setenv("TMPDIR", "", 1);
    CHECK_INT(mp_temporary_open(&fd, NULL), MP_OK);
    close(fd);
}

TEST(a_full_disk_is_an_error)
{
    mp_error err = { 0 };
    int      fd;
    setenv("TMPDIR", "/tmp", 1);
    CHECK_INT(mp_temporary_open(&fd, &err), MP_OK);
    broken.is_slow = true;
    broken.write_error = ENOSPC;
    broken.after = 5; /* some of it goes in */
    CHECK_INT(mp_temporary_write(fd, 0, mp_str_from(text), &err), MP_OUTPUT);
    CHECK_INT(err.code, MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot write the temporary file in /tmp: No space left on device");
    close(fd);
}

TEST(what_cannot_be_read_is_an_error)
{
    mp_error err = { 0 };
    char     found[100];
    int      fd;
    CHECK_INT(mp_temporary_open(&fd, &err), MP_OK);
    CHECK_INT(mp_temporary_write(fd, 0, mp_str_from(text), &err), MP_OK);
    CHECK_INT(mp_temporary_read(found, sizeof found, fd, 0, &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot read the temporary file: it is too short");
    broken.read_error = EIO;
    CHECK_INT(mp_temporary_read(found, 4, fd, 0, &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot read the temporary file: Input/output error");
    close(fd);
}

TEST(nothing_takes_no_call)
{
    broken.write_error = broken.read_error = EIO;
    CHECK_INT(mp_temporary_write(-1, 0, mp_str_of(NULL, 0), NULL), MP_OK);
    CHECK_INT(mp_temporary_read(NULL, 0, -1, 0, NULL), MP_OK);
}

#define RUN_HEALED(name) cmocka_unit_test_setup(name, heal)

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    int failed = MAIN(RUN_HEALED(what_is_written_is_read), RUN_HEALED(calls_that_do_half_are_repeated),
                      RUN_HEALED(it_has_no_name_and_is_nobody_elses),
                      RUN_HEALED(nor_has_it_where_files_must_have_one),
                      RUN_HEALED(a_folder_that_is_not_there_is_an_error), RUN_HEALED(without_a_folder_it_is_tmp),
                      RUN_HEALED(a_full_disk_is_an_error), RUN_HEALED(what_cannot_be_read_is_an_error),
                      RUN_HEALED(nothing_takes_no_call));
    rmdir(folder);
    return failed;
}
