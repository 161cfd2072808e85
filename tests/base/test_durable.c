/* SPDX-License-Identifier: Apache-2.0 */
/* Files beside their place, over a system that does half of what it is asked, is interrupted, or refuses. */
#include "durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* The calls of durable.c come here first (meson.build). */
static struct {
    int  write_error, sync_error, rename_error;
    int  after;   /* calls of that kind that go well before that */
    bool is_slow; /* a few bytes at a time, every other call interrupted */
    int  writes, syncs;
} broken;

ssize_t __real_write(int fd, const void *bytes, size_t len);
int     __real_fsync(int fd);
int     __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int     __wrap_fsync(int fd);
int     __wrap_rename(const char *from, const char *to);

static int refuse(int error)
{
    errno = error;
    return -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    int call = broken.writes++;
    if (broken.write_error && call >= broken.after)
        return refuse(broken.write_error);
    if (!broken.is_slow)
        return __real_write(fd, bytes, len);
    return call % 2 ? refuse(EINTR) : __real_write(fd, bytes, len < 3 ? len : 3);
}

int __wrap_fsync(int fd)
{
    return broken.syncs++ >= broken.after && broken.sync_error ? refuse(broken.sync_error) : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return broken.rename_error ? refuse(broken.rename_error) : __real_rename(from, to);
}

static char folder[] = "/tmp/mapae-durable-XXXXXX", path[60];

static int heal(void **state __attribute__((unused)))
{
    memset(&broken, 0, sizeof broken);
    return 0;
}

static void check_file(const char *file, const char *wanted, mode_t mode)
{
    char        found[100];
    struct stat st;
    int         fd = open(file, O_RDONLY);
    CHECK(fd >= 0 && fstat(fd, &st) == 0);
    ssize_t len = read(fd, found, sizeof found);
    close(fd);
    CHECK_STR(mp_str_of(found, (size_t)len), wanted);
    CHECK_INT(st.st_mode & 0777, mode);
}

/* Also hidden ones. */
static int count_files(void)
{
    DIR *dir = opendir(folder);
    int  count = -2; /* . and .. */
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

TEST(what_is_there_is_replaced)
{
    mode_t before = umask(0);
    CHECK_INT(mp_durable_replace(path, MP_S("the first"), 0600, NULL), MP_OK);
    check_file(path, "the first", 0600);
    broken.is_slow = true;
    CHECK_INT(mp_durable_replace(path, MP_S("the second, longer"), 0644, NULL), MP_OK);
    check_file(path, "the second, longer", 0644);
    CHECK(broken.writes > 10);
    CHECK_INT(broken.syncs, 4); /* each time the file and its folder */
    CHECK_INT(mp_durable_replace(path, MP_S(""), 0600, NULL), MP_OK);
    check_file(path, "", 0600);
    CHECK_INT(count_files(), 1);
    umask(before);
}

TEST(a_draft_is_hidden_until_it_ends)
{
    mp_draft draft;
    CHECK_INT(mp_durable_replace(path, MP_S("old"), 0600, NULL), MP_OK);
    CHECK_INT(mp_draft_open(&draft, path, 0600, NULL), MP_OK);
    CHECK(fcntl(draft.fd, F_GETFD) & FD_CLOEXEC);
    CHECK_INT(mp_durable_write(draft.fd, path, MP_S("new"), NULL), MP_OK);
    check_file(path, "old", 0600);
    CHECK(strncmp(draft.aside + strlen(folder), "/.file.", 7) == 0);
    CHECK_INT(mp_draft_end(&draft, MP_OK, NULL), MP_OK);
    check_file(path, "new", 0600);
    CHECK_INT(count_files(), 1);
}

TEST(a_draft_that_went_wrong_is_gone)
{
    mp_draft draft;
    CHECK_INT(mp_durable_replace(path, MP_S("old"), 0600, NULL), MP_OK);
    CHECK_INT(mp_draft_open(&draft, path, 0600, NULL), MP_OK);
    CHECK_INT(mp_draft_end(&draft, MP_DAMAGED, NULL), MP_DAMAGED);
    check_file(path, "old", 0600);
    CHECK_INT(count_files(), 1);
}

TEST(a_name_without_a_folder_is_of_this_one)
{
    char before[4096];
    CHECK(getcwd(before, sizeof before) != NULL);
    CHECK_INT(chdir(folder), 0);
    CHECK_INT(mp_durable_replace("file", MP_S("here"), 0600, NULL), MP_OK);
    CHECK_INT(chdir(before), 0);
    check_file(path, "here", 0600);
}

TEST(what_fails_leaves_what_was_there)
{
    static const struct {
        int     write_error, sync_error, rename_error, after;
        mp_code code;
    } cases[] = {
        { ENOSPC, 0, 0, 1, MP_FULL }, { EDQUOT, 0, 0, 0, MP_FULL }, { EIO, 0, 0, 1, MP_OUTPUT },    { 0, EIO, 0, 0, MP_OUTPUT },
        { 0, ENOSPC, 0, 0, MP_FULL }, { 0, 0, EIO, 0, MP_OUTPUT },  { 0, 0, ENOSPC, 0, MP_FULL },
    };
    CHECK_INT(mp_durable_replace(path, MP_S("old"), 0600, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { 0 };
        heal(NULL);
        broken.is_slow = true;
        broken.write_error = cases[i].write_error;
        broken.sync_error = cases[i].sync_error;
        broken.rename_error = cases[i].rename_error;
        broken.after = cases[i].after;
        CHECK_INT(mp_durable_replace(path, MP_S("new, longer"), 0600, &err), cases[i].code);
        CHECK_INT(err.code, cases[i].code);
        CHECK(strstr(err.message, path) != NULL);
        check_file(path, "old", 0600);
        CHECK_INT(count_files(), 1);
    }
}

/* The name stands already; whether it will after a crash, nobody knows. */
TEST(a_folder_that_is_not_on_disk_is_said)
{
    broken.sync_error = EIO;
    broken.after = 1; /* the file itself is */
    CHECK_INT(mp_durable_replace(path, MP_S("new"), 0600, NULL), MP_OUTPUT);
    check_file(path, "new", 0600);
    CHECK_INT(count_files(), 1);
}

TEST(no_place_to_put_it_is_said)
{
    static char longer[5000];
    mp_error    err = { 0 };
    CHECK_INT(mp_durable_replace("/nowhere/at/all", MP_S("x"), 0600, &err), MP_OUTPUT);
    CHECK_STR(mp_str_from(err.message), "cannot write /nowhere/at/all: No such file or directory");
    memset(longer, 'x', sizeof longer - 1);
    CHECK_INT(mp_durable_replace(longer, MP_S("x"), 0600, &err), MP_OUTPUT);
    CHECK_INT(mp_durable_sync_folder("/nowhere", &err), MP_OUTPUT);
}

TEST(a_folder_may_be_there)
{
    char        below[80];
    struct stat st;
    snprintf(below, sizeof below, "%s/below", folder);
    CHECK_INT(mp_durable_folder(below, NULL), MP_OK);
    CHECK_INT(mp_durable_folder(below, NULL), MP_OK);
    CHECK(stat(below, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
    CHECK_INT(rmdir(below), 0);
    CHECK_INT(mp_durable_folder("/nowhere/at/all", NULL), MP_OUTPUT);
}

#define RUN_HEALED(name) cmocka_unit_test_setup(name, heal)

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    int failed = MAIN(RUN_HEALED(what_is_there_is_replaced), RUN_HEALED(a_draft_is_hidden_until_it_ends),
                      RUN_HEALED(a_draft_that_went_wrong_is_gone), RUN_HEALED(a_name_without_a_folder_is_of_this_one),
                      RUN_HEALED(what_fails_leaves_what_was_there), RUN_HEALED(a_folder_that_is_not_on_disk_is_said),
                      RUN_HEALED(no_place_to_put_it_is_said), RUN_HEALED(a_folder_may_be_there));
    unlink(path);
    rmdir(folder);
    return failed;
}
