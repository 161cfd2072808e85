/* SPDX-License-Identifier: Apache-2.0 */
/* api_world.h - an installation in a folder of its own, asked without sockets: what the tests of the API stand on. Its
 * store is SQLite, or where the environment names a PostgreSQL database (support/postgres.py), that: then one world at a time. */
#ifndef MAPAE_TESTS_API_WORLD_H
#define MAPAE_TESTS_API_WORLD_H

#include "test.h"

#include "app.h"
#include "init.h"

typedef struct api_world {
    char           folder[64];
    mp_config     *config;
    mp_app        *app;
    mp_arena       arena; /* of everything that answers hold */
    mp_init_result init;
    const mp_system *const *systems; /* that stand on it; NULL: none */
} api_world;

/* Prepare and open; cheap hashes, a program "robot" with the role Owner. `sets`: further settings, ends with NULL;
 * may be NULL. */
void api_start(api_world *world, const char *const *sets);
void api_start_with(api_world *world, const char *const *sets, const mp_system *const *systems);
void api_reopen(api_world *world);
void api_stop(api_world *world);

/* Who asks. */
typedef struct api_client {
    bool   is_local;
    mp_str token;
    mp_str cookie, csrf; /* a session's */
    mp_str client;       /* address; empty: 192.0.2.1 */
} api_client;

typedef struct api_request {
    mp_method   method;
    const char *path;
    const char *json; /* body; or */
    mp_str      body;
    const char *type; /* of `body` */
    /* what is sent bit by bit is left to the test: response.more, and response.done at the end */
    bool        listens;
    const char *headers[8][2]; /* further ones; the first without a name ends them */
} api_request;

typedef struct api_answer {
    unsigned         status;
    mp_str           body;
    const mp_json   *json; /* NULL: it is none */
    mp_http_response response;
    char             id[37];
} api_answer;

api_answer api_ask(api_world *world, const api_client *client, const api_request *request);
/* The shortest forms. */
api_answer api_get(api_world *world, const api_client *client, const char *path);
api_answer api_send(api_world *world, const api_client *client, mp_method method, const char *path, const char *json);

mp_str api_header(const api_answer *answer, const char *name);
mp_str api_text(const api_answer *answer, const char *member);
int64_t api_number(const api_answer *answer, const char *member);
/* Fails the test, showing the answer, unless it has this status. */
#define WANT(answer, wanted) api_want((answer), (wanted), __FILE__, __LINE__)
void api_want(api_answer answer, unsigned status, const char *file, int line);

/* A formatted text in the world's arena. */
char *api_printf(api_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A token of the program, through the token endpoint. */
mp_str api_token(api_world *world, mp_str client_id, mp_str client_secret);
/* A new active user with a password, signed in without a second factor; his id. */
mp_str api_user(api_world *world, api_client *out, const char *user_name);
/* Leaves that name this request. */
size_t api_leaves_of(api_world *world, const char *request, mp_str *text);

#endif
