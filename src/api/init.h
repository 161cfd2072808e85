/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - preparing a data folder: what `mapae init` does, and `mapae serve` before its first start.
 *
 * Afterwards there is an installation with its id, an authority and a certificate for the host, a first
 * subscription, a first administrator who is invited (no password exists anywhere: his set-up link is shown
 * once), and, when asked for, a program with a secret and a role at the root. */
#ifndef MAPAE_API_INIT_H
#define MAPAE_API_INIT_H

#include "app.h"

typedef struct mp_init_options {
    const mp_config *config;
    const char      *folder;        /* made when it is not there, mode 0700 */
    const char      *store;         /* "postgres://..." or NULL: SQLite in the folder */
    const char      *host;          /* of the certificate and of BASE; NULL: "localhost" */
    unsigned         port;          /* of BASE; 0: that of the configuration */
    const char      *program;       /* display name of a program to make; NULL: none */
    const char      *role;          /* its role at "/", by name or id; NULL: "Owner" */
    const char      *subscription;  /* display name of the first; NULL: "First subscription" */
    const char      *administrator; /* user name of the first; NULL: "admin" */
    mp_log          *log;           /* may be NULL */
    const mp_system *const *systems; /* as in mp_app_options */
} mp_init_options;

/* All in the caller's arena. */
typedef struct mp_init_result {
    mp_str tenant_id, subscription_id;
    mp_str ca_file;                  /* absolute path */
    mp_str base_url;                 /* "https://localhost:8443" */
    mp_str client_id, client_secret; /* empty without a program; the secret is shown once */
    mp_str administrator, setup_link; /* his name; BASE/setup#TOKEN, shown once */
} mp_init_result;

/* Fails with MP_EXISTS when the folder is prepared already (then nothing was changed), MP_PARAMETER (a host
 * that is none, a role that is not there), and as the store, the ledger and the certificate do. What a failed
 * one left is used by the next. */
MP_MUST_CHECK mp_code mp_app_init(mp_init_result *out, const mp_init_options *options, mp_arena *arena, mp_error *err);
/* Was mp_app_init() done with this folder to its end? */
bool mp_app_is_prepared(const char *folder);

#endif
