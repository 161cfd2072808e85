/* SPDX-License-Identifier: Apache-2.0 */
#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGERERS 256
#define LINGER_MS 4000
#define LINGER_BYTES ((size_t)16 << 20) /* of one that are thrown away */
#define AT_ONCE ((size_t)1 << 20)       /* of one in one tick, so that the others have their turn */

typedef struct lingerer {
    int      fd;
    uint64_t until_ms;
    size_t   left;
} lingerer;

struct mp_lingerers {
    pthread_mutex_t lock;
    lingerer        all[LINGERERS];
    unsigned        count;
};

mp_code mp_lingerers_new(mp_lingerers **out, mp_error *err)
{
    mp_lingerers *l = calloc(1, sizeof *l);
    if (!l)
        return mp_no_memory(err);
    pthread_mutex_init(&l->lock, NULL);
    *out = l;
    return MP_OK;
}

void mp_lingerers_free(mp_lingerers *l)
{
    if (!l)
        return;
    while (l->count)
        close(l->all[--l->count].fd);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void mp_lingerers_add(mp_lingerers *l, int fd, uint64_t now_ms)
{
    pthread_mutex_lock(&l->lock);
    int kept = l->count < LINGERERS ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
    if (kept >= 0) {
        shutdown(kept, SHUT_WR); /* the answer is all that comes */
        l->all[l->count++] = (lingerer){ kept, now_ms + LINGER_MS, LINGER_BYTES };
    }
    pthread_mutex_unlock(&l->lock);
}

/* Is there a reason to go on? */
static int read_some(lingerer *one, uint64_t now_ms)
{
    char   bytes[16384];
    size_t read_now = 0;
    while (read_now < AT_ONCE) {
        ssize_t n = recv(one->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0)
            return (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) && now_ms < one->until_ms;
        if (n == 0 || (size_t)n >= one->left)
            return 0; /* the client closed, or sends without end */
        one->left -= (size_t)n;
        read_now += (size_t)n;
    }
    return now_ms < one->until_ms;
}

void mp_lingerers_tick(mp_lingerers *l, uint64_t now_ms)
{
    pthread_mutex_lock(&l->lock);
    for (unsigned i = 0; i < l->count;) {
        if (read_some(&l->all[i], now_ms)) {
            i++;
            continue;
        }
        close(l->all[i].fd);
        l->all[i] = l->all[--l->count];
    }
    pthread_mutex_unlock(&l->lock);
}
