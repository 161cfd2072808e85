/* SPDX-License-Identifier: Apache-2.0 */
/* arm_world.h - an installation with its systems, asked as clients of Azure ask. */
#ifndef MAPAE_TESTS_ARM_WORLD_H
#define MAPAE_TESTS_ARM_WORLD_H

#include "api_world.h"

typedef struct arm_world {
    api_world  api;
    api_client owner; /* a program that is Owner of all */
    char       subscription[37];
    const char *version; /* of requests that name none */
} arm_world;

void arm_start(arm_world *w);
void arm_start_with(arm_world *w, const char *const *sets); /* settings, the last NULL */
void arm_stop(arm_world *w);

/* A path that begins with "S/" or is "S" is one of the subscription; without api-version it is given w->version.
 * `path` is a format. */
api_answer arm_send(arm_world *w, const api_client *client, mp_method method, const char *json, const char *path, ...)
    __attribute__((format(printf, 5, 6)));
#define arm_get(w_, client_, ...) arm_send((w_), (client_), MP_GET, NULL, __VA_ARGS__)
#define arm_put(w_, client_, json_, ...) arm_send((w_), (client_), MP_PUT, (json_), __VA_ARGS__)
#define arm_delete(w_, client_, ...) arm_send((w_), (client_), MP_DELETE, NULL, __VA_ARGS__)
char *arm_path(arm_world *w, const char *path); /* as it is sent */

/* A value within an answer: "error/code", "value/0/name"; as text. Empty when there is none. */
mp_str arm_at(const api_answer *answer, const char *path);
size_t arm_count(const api_answer *answer); /* of "value" */
/* Status and code of an error. */
#define ARM_REFUSED(answer_, status_, code_)                      \
    do {                                                          \
        api_answer refused_ = (answer_);                          \
        WANT(refused_, (status_));                                \
        CHECK_STR(arm_at(&refused_, "error/code"), (code_));      \
        CHECK(arm_at(&refused_, "error/message").len > 0);        \
    } while (0)
/* The names of a list, with blanks between; follows nextLink. `*pages` (may be NULL) counts. */
mp_str arm_names(arm_world *w, const api_client *client, const char *path, size_t *pages);

/* A new program with a role at a scope ("S/..."; role by name; NULL: none), and its object id. */
mp_str arm_program(arm_world *w, api_client *out, const char *name, const char *role, const char *scope);
/* A group with this name in koreacentral. */
void arm_group(arm_world *w, const char *name);

#endif
