/* SPDX-License-Identifier: Apache-2.0 */
/* local.h - requests of the machine's own commands: over the socket of the server that holds the data folder,
 * or, when none runs, answered by the same routes within this process. The caller need not know which.
 *
 * Whoever may read the folder (mode 0700) is the installation's own user: he may everything, and stands in
 * the ledger like everybody.
 *
 *   mp_local *local = NULL;
 *   MP_TRY(mp_local_open(&local, &(mp_local_options){ .config = config, .folder = "/var/lib/mapae", .lang =
 *     lang }, err));
 *   mp_local_answer answer;
 *   MP_TRY(mp_local_ask(&answer, local, &(mp_local_request){ .method = MP_POST, .path =
 *     MP_S("/api/v1/users"), .json = body }, arena, err));
 *   MP_TRY(mp_local_check(&answer, err));
 *
 * One thread at a time. */
#ifndef MAPAE_API_LOCAL_H
#define MAPAE_API_LOCAL_H

#include <stdio.h>

#include "app.h"

typedef struct mp_local mp_local;

typedef struct mp_local_options {
    const mp_config *config;
    const char      *folder;
    const char      *store; /* as in mp_app_options */
    mp_log          *log;   /* of the app, when it is opened here; may be NULL */
    mp_lang          lang;  /* of what answers say */
    const mp_system *const *systems; /* as in mp_app_options */
} mp_local_options;

/* Fails with MP_MISSING (no prepared folder), MP_BUSY (somebody holds the folder and does not answer), and as
 * mp_app_open() does. */
MP_MUST_CHECK mp_code mp_local_open(mp_local **out, const mp_local_options *options, mp_error *err);
void                  mp_local_close(mp_local *local); /* NULL is fine */
static inline void    mp_local_closep(mp_local **local) { mp_local_close(*local); }
bool                  mp_local_has_server(const mp_local *local); /* a server answers, not this process */

/* Does a server hold this folder and answer? For commands that do without the routes when none does. */
bool                  mp_local_is_served(const char *folder);

typedef struct mp_local_request {
    mp_method      method;
    mp_str         path;         /* with its query, percent-encoded: "/api/v1/users?state=active" */
    const mp_json *json;         /* the body; or */
    FILE          *body;         /* bytes from here to its end, of any size */
    const char    *content_type; /* of `body`; NULL: application/octet-stream */
    int64_t        expected;     /* a version for If-Match; 0: none */
    bool           creates;      /* If-None-Match: * */
    FILE          *into;         /* where the body of a good answer goes; NULL: into the answer */
} mp_local_request;

typedef struct mp_local_answer {
    unsigned       status;
    mp_str         content_type; /* without parameters; empty without a body */
    const mp_json *json;         /* when it is JSON or problem+json; else NULL */
    mp_str         text;         /* the body's bytes unless they went to `into` */
    int64_t        version;      /* of the ETag; 0: none */
    uint64_t       bytes;        /* that went to `into` */
} mp_local_answer; /* in the arena */

/* Fails when there is no answer (MP_UNAVAILABLE, MP_IO, MP_OUTPUT from `into`, MP_NOMEM, MP_LIMIT: over 64
 * MiB without `into`); a refusal is an answer. */
MP_MUST_CHECK mp_code mp_local_ask(mp_local_answer *out, mp_local *local, const mp_local_request *request,
                                   mp_arena *arena, mp_error *err);
/* MP_OK for 2xx and 304; else the problem that the answer tells, as an error: its code and its sentence (in
 * the language of the options). */
MP_MUST_CHECK mp_code mp_local_check(const mp_local_answer *answer, mp_error *err);

#endif
