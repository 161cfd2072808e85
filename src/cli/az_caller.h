/* SPDX-License-Identifier: Apache-2.0 */
/* az_caller.h - ask Azure Resource Manager, or what speaks as it does, as a program with a secret.
 *
 * Where tokens are to be had, the endpoint itself says (/metadata/endpoints): the public cloud, sovereign ones, Azure
 * Stack and Mapae alike. Who asks too much waits as long as he is told to. */
#ifndef MAPAE_CLI_AZ_CALLER_H
#define MAPAE_CLI_AZ_CALLER_H

#include "cli.h"
#include "web.h"

typedef struct mp_az_options {
    const char *endpoint;  /* "https://management.azure.com" */
    const char *authority; /* where tokens are had; NULL: the endpoint says */
    const char *tenant, *client_id;
    mp_str      secret;    /* lives as long */
    const char *ca_file;   /* NULL: the system's */
} mp_az_options;

typedef struct mp_az_caller {
    const mp_cli *cli;
    mp_az_options options;
    mp_web       *web;
    mp_str        endpoint;        /* without a slash at the end */
    mp_str        token_url, scope;
    mp_buf        token;
    uint64_t      token_ends;      /* seconds of the clock that only rises */
    mp_arena      arena;
} mp_az_caller;

/* A caller with a token. `out` is to be given to mp_az_done() in any case. Fails with MP_PARAMETER (an address),
 * MP_UNAVAILABLE, MP_CREDENTIALS, MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_az_begin(mp_az_caller *out, const mp_cli *cli, const mp_az_options *options, mp_error *err);
void                  mp_az_done(mp_az_caller *a);

/* `target` is a path with its query, or a whole address of the same server (anything else is refused: it would be
 * given the token). `body` `ptr` NULL: GET. *answer is read into `doc`, from `text`, which the caller frees in any
 * case; NULL where the status is 404. Fails with MP_UNAVAILABLE, MP_DENIED (403), MP_CREDENTIALS, MP_FORMAT (no JSON;
 * an address of another server; a refusal), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_az_ask(const mp_json **answer, mp_buf *text, mp_az_caller *a, mp_json_doc *doc,
                                mp_str target, mp_str body, mp_error *err);

#endif
