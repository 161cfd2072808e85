/* SPDX-License-Identifier: Apache-2.0 */
/* A result is there when it is complete, and nothing of it before: also when who waits for it gives up. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "test.h"

static char folder[] = "/tmp/mapae-output-XXXXXX";
static char result[sizeof folder + 8];

static bool is_empty(void) { return rmdir(folder) == 0 && mkdir(folder, 0700) == 0; }

/* A child that has written half of it is sent `number`; what it ends with. */
static int interrupted(int number, void (*before)(int))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        mp_cli cli = { .out = stdout };
        mp_output out;
        signal(number, before);
        if (mp_output_open(&out, &cli, result, NULL) != MP_OK || mp_output_write(&out, MP_S("half"), NULL) != MP_OK ||
            mp_output_flush(&out, NULL) != MP_OK || is_empty())
            _exit(3);
        raise(number);
        _exit(mp_output_close(&out, NULL) == MP_OK ? 0 : 4);
    }
    CHECK(child > 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    return status;
}

TEST(nothing_is_left_of_what_was_interrupted)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    CHECK(mkdtemp(folder) != NULL);
    snprintf(result, sizeof result, "%s/result", folder);
    for (size_t i = 0; i < MP_COUNT(numbers); i++) {
        int status = interrupted(numbers[i], SIG_DFL);
        CHECK(WIFSIGNALED(status));
        CHECK_INT(WTERMSIG(status), numbers[i]);
        CHECK(is_empty());
    }
}

TEST(what_is_ignored_stays_ignored)
{
    int status = interrupted(SIGHUP, SIG_IGN);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
    CHECK_INT(unlink(result), 0);
    CHECK_INT(rmdir(folder), 0);
}

int main(void)
{
    return MAIN(RUN(nothing_is_left_of_what_was_interrupted), RUN(what_is_ignored_stays_ignored));
}
