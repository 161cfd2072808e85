/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void mp_service_say(const char *state)
{
    const char        *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t             len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') /* a name without a file */
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t   sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
    (void)sent;
    close(fd);
}

/* A variable that holds digits and nothing else; 0 otherwise. */
static uint64_t number_of(const char *variable)
{
    uint64_t    number = 0;
    const char *text = getenv(variable);
    for (; text && *text; text++)
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
            return 0;
    return number;
}

uint64_t mp_service_beat_ms(void)
{
    uint64_t pid = number_of("WATCHDOG_PID");
    return pid && pid != (uint64_t)getpid() ? 0 : number_of("WATCHDOG_USEC") / 2000;
}
