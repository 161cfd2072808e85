/* SPDX-License-Identifier: Apache-2.0 */
#include "asides.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { FREE, BUSY, NOTED };

/* Of their own: what the handler reads is never freed. */
static struct {
    atomic_int state;
    char       path[PATH_MAX];
} asides[8];
#define MOST (sizeof asides / sizeof *asides)

static atomic_flag is_watching = ATOMIC_FLAG_INIT;

static void remove_all(int number)
{
    for (size_t i = 0; i < MOST; i++)
        if (atomic_load(&asides[i].state) == NOTED)
            unlink(asides[i].path);
    raise(number); /* what it does without us, when this is over (SA_RESETHAND) */
}

/* What is ignored (nohup) or has a handler stays so. */
static void watch(int number)
{
    struct sigaction now, then = { .sa_handler = remove_all, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&then.sa_mask);
    if (sigaction(number, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
        sigaction(number, &then, NULL);
}

void mp_aside_note(const char *path)
{
    size_t size = strlen(path) + 1;
    if (!atomic_flag_test_and_set(&is_watching)) {
        watch(SIGINT);
        watch(SIGTERM);
        watch(SIGHUP);
    }
    for (size_t i = 0; i < MOST && size <= PATH_MAX; i++) {
        int state = FREE;
        if (atomic_compare_exchange_strong(&asides[i].state, &state, BUSY)) {
            memcpy(asides[i].path, path, size);
            atomic_store(&asides[i].state, NOTED);
            return;
        }
    }
}

void mp_aside_forget(const char *path)
{
    for (size_t i = 0; i < MOST; i++)
        if (atomic_load(&asides[i].state) == NOTED && strcmp(asides[i].path, path) == 0) {
            atomic_store(&asides[i].state, FREE);
            return;
        }
}
