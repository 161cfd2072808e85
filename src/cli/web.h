/* SPDX-License-Identifier: Apache-2.0 */
/* web.h - ask a server over HTTPS, one request after the other on one connection. No redirects are followed. */
#ifndef MAPAE_CLI_WEB_H
#define MAPAE_CLI_WEB_H

#include "buf.h"

typedef struct mp_web mp_web;

typedef struct mp_web_request {
    mp_str      url;
    mp_str      body; /* sent by POST; `ptr` NULL: GET */
    const char *content_type;
    mp_str      bearer; /* empty: none */
} mp_web_request;

typedef struct mp_web_answer {
    long    status;
    /* that the server asks for (Retry-After, or a quota that is used up); -1: it does not say */
    int64_t wait_seconds;
    mp_buf  body;         /* padded for mp_json_read_padded() */
} mp_web_answer;

#define MP_WEB_ANSWER_MAX ((size_t)64 << 20) /* bytes */

/* `ca_file` may be NULL: the system's. Fails with MP_NOMEM, MP_UNAVAILABLE. */
MP_MUST_CHECK mp_code mp_web_open(mp_web **out, const char *ca_file, mp_error *err);
void                  mp_web_close(mp_web *web); /* NULL is fine */

/* https, or http to this machine itself; no user in it. */
bool mp_web_may(mp_str url);
/* Of "https://host:port/path" what names the server: "https://host:port". */
mp_str mp_web_origin(mp_str url);
/* `out->body` is the caller's to free, in any case. Fails with MP_PARAMETER (a url that may not be asked),
 * MP_UNAVAILABLE (no answer), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_web_ask(mp_web_answer *out, mp_web *web, const mp_web_request *request, mp_error *err);

#endif
