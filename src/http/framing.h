/* SPDX-License-Identifier: Apache-2.0 */
/* framing.h - is it certain where a request ends? Whatever two servers could read differently is refused (RFC
 * 9112, 6.3 and 11.2). */
#ifndef MAPAE_HTTP_FRAMING_H
#define MAPAE_HTTP_FRAMING_H

#include "http.h"

typedef struct mp_framing {
    int64_t length;     /* of the body; -1: chunked */
    bool    expects_100;
} mp_framing;

/* Fails with MP_SYNTAX; *status is 400, 417, 501 or 505. The connection is to be closed then. */
MP_MUST_CHECK mp_code mp_framing_check(mp_framing *out, unsigned *status, const mp_http_request *request,
                                       mp_str version, mp_error *err);

/* Where libmicrohttpd has left the parts of the head in its buffer. */
typedef struct mp_head_layout {
    const char *method, *target, *version;
    size_t      target_len, head_len;
} mp_head_layout;

/* Does the head consist of the lines that were reported, each spelled as RFC 9112 wants it, and of nothing
 * else? Version 0.9.75 joins a folded line to the *name* of the header before it, takes a line that begins
 * with ':' for the end of the head, cuts what stands behind a NUL, and says nothing of it; but then the parts
 * do not lie one behind the other. `headers` are as they were reported, in order. */
bool mp_framing_is_plain(const mp_head_layout *layout, const mp_pair *headers, size_t count);

#endif
