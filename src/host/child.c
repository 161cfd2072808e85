/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"

static bool find_program(char *path, size_t size, const char *name)
{
    static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
    for (size_t i = 0; i < MP_COUNT(folders); i++) {
        int len = snprintf(path, size, "%s/%s", folders[i], name);
        if (len > 0 && (size_t)len < size && access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool start(pid_t *pid, int *from, const char *path, const char *const *argv)
{
    static char                path_of[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C";
    static char *const         environment[] = { path_of, language, NULL };
    posix_spawn_file_actions_t actions;
    int                        ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    bool is_ready = posix_spawn_file_actions_init(&actions) == 0;
    bool is_made = is_ready && posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                   posix_spawn_file_actions_adddup2(&actions, ends[1], 1) == 0 &&
                   posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0 &&
                   posix_spawn(pid, path, &actions, NULL, (char *const *)(uintptr_t)argv, environment) == 0;
    if (is_ready)
        posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (!is_made)
        close(ends[0]);
    *from = ends[0];
    return is_made;
}

static mp_reach read_output(mp_buf *into, int from, int64_t until)
{
    for (;;) {
        struct pollfd ready = { .fd = from, .events = POLLIN };
        int64_t       left = until - now_ms();
        int           n = left > 0 ? poll(&ready, 1, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return MP_REACH_FAILED;
        char   *to = mp_buf_reserve(into, 65536);
        ssize_t got = to ? read(from, to, 65536) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return MP_REACH_FAILED;
        if (got == 0)
            return MP_REACH_OK;
        into->len += (size_t)got;
        if (into->len > MP_CHILD_OUTPUT)
            return MP_REACH_TOO_LONG;
    }
}

/* What it has left open may go on without us; who does not end is ended. */
static mp_reach finish(pid_t pid, mp_reach how, int64_t until)
{
    int status = 0;
    for (;;) {
        if (how != MP_REACH_OK)
            kill(pid, SIGKILL);
        pid_t ended = waitpid(pid, &status, how == MP_REACH_OK ? WNOHANG : 0);
        if (ended == pid)
            break;
        if (ended < 0 && errno != EINTR)
            return MP_REACH_FAILED;
        if (ended == 0 && now_ms() >= until)
            how = MP_REACH_FAILED;
        else if (ended == 0)
            nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    }
    if (how == MP_REACH_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        how = MP_REACH_FAILED;
    return how;
}

mp_code mp_child_ask(mp_str *out, mp_reach *how, const char *const *argv, unsigned seconds, mp_arena *arena, mp_error *err)
{
    char    path[256];
    pid_t   pid;
    int     from;
    mp_buf  text = MP_BUF_INIT;
    int64_t until = now_ms() + (int64_t)seconds * 1000;
    mp_code code = MP_OK;
    *out = MP_S("");
    *how = MP_REACH_MISSING;
    if (!find_program(path, sizeof path, argv[0]))
        return MP_OK;
    *how = MP_REACH_FAILED;
    if (!start(&pid, &from, path, argv))
        return MP_OK;
    mp_reach got = read_output(&text, from, until);
    close(from);
    *how = finish(pid, got, until);
    if (text.failed) {
        code = mp_no_memory(err);
    } else if (*how == MP_REACH_OK) {
        *out = mp_arena_dup(arena, mp_buf_str(&text));
        code = out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}
