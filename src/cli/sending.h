/* SPDX-License-Identifier: Apache-2.0 */
/* sending.h - many documents on their way to the API, some hundred in a request. What the server does not take is
 * said with its place, and the others go on. */
#ifndef MAPAE_CLI_SENDING_H
#define MAPAE_CLI_SENDING_H

#include "client.h"

#define MP_SENDING_COUNT 200
#define MP_SENDING_SUMS 6

typedef struct mp_sending {
    mp_client         *client;
    const char        *path;   /* that takes {"value": [...]} */
    const char        *source; /* a member of the body; NULL: none */
    const char *const *sums;   /* members of the answer that are added up; ends with NULL */
    uint64_t           totals[MP_SENDING_SUMS];
    uint64_t           faulty; /* also what the caller found */
    mp_arena           arena;  /* of what waits */
    struct {
        const mp_json *document;
        const char    *file; /* lives as long as the sending */
        uint64_t       line; /* 0: unknown */
    } items[MP_SENDING_COUNT];
    size_t count, bytes;
} mp_sending;

/* `bytes` is about how long its text is. Fails as mp_client_ask(). */
MP_MUST_CHECK mp_code mp_sending_add(mp_sending *s, const mp_json *document, const char *file, uint64_t line,
                                     size_t bytes, mp_error *err);
/* What waits is sent. */
MP_MUST_CHECK mp_code mp_sending_flush(mp_sending *s, mp_error *err);
/* A request of its own: the sums of its answer count too. */
MP_MUST_CHECK mp_code mp_sending_ask(mp_sending *s, const mp_json *body, mp_error *err);
/* The sums, as the command shows answers. */
MP_MUST_CHECK mp_code mp_sending_show(mp_sending *s, const mp_column *columns, size_t count, mp_error *err);
void mp_sending_done(mp_sending *s);

#endif
