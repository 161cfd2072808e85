/* SPDX-License-Identifier: Apache-2.0 */
/* sent_file.h - answers that are files, sent while they are read; and the place for files that are made to be
 * sent. Private to api. */
#ifndef MAPAE_API_SENT_FILE_H
#define MAPAE_API_SENT_FILE_H

#include "app.h"

/* The open file `fd` from its beginning as the body; it is closed after the last byte, or when the client
 * went, also when this fails. `name`: what a browser shall call it; NULL: none. Both texts as long as the
 * request. */
MP_MUST_CHECK mp_code mp_respond_file(mp_http_request *request, mp_http_response *response, int fd,
                                      const char *content_type, const char *name, mp_error *err);

/* A path in FOLDER/outgoing (made when needed, 0700) that nobody has: for what wants to write a file of its own. */
MP_MUST_CHECK mp_code mp_outgoing_path(char out[4096], const mp_app *app, const char *suffix, mp_error *err);
/* Open it and take its name away: it lives as long as somebody has it open. */
MP_MUST_CHECK mp_code mp_outgoing_open(int *fd, const char *path, mp_error *err);
/* What a process that was killed left there. */
void mp_outgoing_clear(const mp_app *app);

#endif
