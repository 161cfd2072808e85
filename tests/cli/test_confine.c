/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process can do no more, and what it still can: in a child, since there is no way back. */
#include "confine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void *run_thread(void *worked)
{
    *(bool *)worked = true;
    return NULL;
}

/* What a server goes on doing: threads, sockets, files. */
static bool still_serves(void)
{
    pthread_t thread;
    bool      worked = false;
    int       fd = socket(AF_UNIX, SOCK_STREAM, 0);
    FILE     *file = tmpfile();
    bool      is_good = fd >= 0 && file && fputs("x", file) >= 0 && fclose(file) == 0 && close(fd) == 0;
    return is_good && pthread_create(&thread, NULL, run_thread, &worked) == 0 && pthread_join(thread, NULL) == 0 && worked;
}

/* A bit for each thing that could still be done. */
static int try_all(void)
{
    char *const arguments[] = { (char *)(uintptr_t) "true", NULL };
    int         still = 0;
    still |= execve("/bin/true", arguments, arguments) == 0 || errno != EPERM;
    still |= (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 || errno != EPERM) << 1;
    still |= (mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || errno != EPERM) << 2;
    still |= (chroot("/") == 0 || errno != EPERM) << 3;
    still |= !still_serves() << 4;
    return still;
}

/* How the child ended: -1 when it could not be confined. */
static int in_child(bool before)
{
    int   status = 0;
    pid_t child = fork();
    if (child == 0) {
        mp_error err = { 0 };
        if (mp_confine(&err) != MP_OK)
            _exit(err.code == MP_UNSUPPORTED && err.message[0] ? 100 : 101);
        _exit(before ? 0 : try_all());
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(a_confined_process_serves_and_nothing_else)
{
    int first = in_child(true);
    CHECK(first == 0 || first == 100); /* 100: sanitizers, an old kernel, another machine */
    if (first == 0)
        CHECK_INT(in_child(false), 0);
}

int main(void)
{
    return MAIN(RUN(a_confined_process_serves_and_nothing_else));
}
