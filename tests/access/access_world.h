/* SPDX-License-Identifier: Apache-2.0 */
/* access_world.h - an installation of its own for a test: a folder, a store, a ledger, people and rights; and
 * a clock that the test moves.
 *
 * Passwords are hashed with the least memory that there is: tests hash many. */
#ifndef MAPAE_TESTS_ACCESS_WORLD_H
#define MAPAE_TESTS_ACCESS_WORLD_H

#include "access.h"
#include "directory.h"
#include "rbac.h"
#include "sign_in.h"
#include "sign_in_limits.h"

typedef struct mp_world {
    char              folder[64];
    mp_store         *store;
    mp_ledger        *ledger;
    mp_access        *access;
    mp_sign_in_limits rules;
    mp_arena          arena;
    mp_ticks          now;
    unsigned          alerts;
    char              last_alert[32];
    mp_error          err;
    unsigned          retry;
    mp_asked          asked;
} mp_world;

#define SECONDS(n) ((mp_ticks)(n)*MP_TICKS_PER_SECOND)
#define PASSWORD "Tiger-Gate-7788" /* obeys the rules */

void world_open(mp_world *world); /* limits are the defaults, with a cheap hash and no factor_required; change
                                     world->rules and reopen */
void world_reopen(mp_world *world); /* close all and open it again, as after a restart */
void world_close(mp_world *world);  /* and remove the folder */

/* A write of one call each; fail the test when they do. */
mp_str         world_user(mp_world *world, const char *name); /* invited; its id */
mp_str         world_member(mp_world *world, const char *name,
                            const char *password); /* with a password of his own, and signed out */
mp_str         world_program(mp_world *world, const char *name);
mp_str         world_setup_token(mp_world *world, mp_str user); /* what stands behind the '#' */
const mp_json *world_json(mp_world *world, const char *text);
const mp_json *world_body(mp_world *world, const mp_kind *kind, mp_str id);       /* NULL: there is none */
void           world_assign(mp_world *world, mp_str principal, const char *role); /* at "/" */

/* Any function with a transaction: WRITE(world, mp_user_leave(&n, world->access, tx, id, err)). Gives its
 * code. */
typedef struct world_call {
    mp_world *world;
    mp_code (*run)(mp_world *world, mp_tx *tx, void *arg, mp_error *err);
    void *arg;
} world_call;
mp_code world_write(mp_world *world, mp_code (*run)(mp_world *world, mp_tx *tx, void *arg, mp_error *err),
                    void     *arg);

mp_code  world_sign_in(mp_signed_in *out, mp_world *world, const char *name, const char *password);
mp_code  world_who(mp_who *out, mp_world *world, mp_str cookie);
uint64_t world_leaves(mp_world *world, const char *action,
                      int outcome); /* how many there are; -1: any outcome */

#endif
