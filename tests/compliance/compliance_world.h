/* SPDX-License-Identifier: Apache-2.0 */
/* compliance_world.h - an installation with a subscription, in a folder of its own: policies are put, resources go
 * through the gate, verdicts are asked for. Where the environment names a PostgreSQL database (tests/support/postgres.py), it
 * is the store, of one world at a time. */
#ifndef MAPAE_TESTS_COMPLIANCE_WORLD_H
#define MAPAE_TESTS_COMPLIANCE_WORLD_H

#include "test.h"

#include "gate.h"
#include "init.h"
#include "judging.h"
#include "objects.h"
#include "verdicts.h"

typedef struct world {
    char           folder[64];
    mp_config     *config;
    mp_app        *app;
    mp_compliance *c;
    mp_arena       arena;
    mp_init_result init;
    mp_error       err; /* of the last call that failed */
    mp_object_fault fault;
    bool           has_jobs; /* when it is opened the next time: threads of its own judge and remedy */
} world;

void world_start(world *w);
void world_reopen(world *w);
void world_stop(world *w); /* checks the log, and that verdicts equal a fresh judgement */

/* "S" at the beginning of an id stands for /subscriptions/GUID. */
mp_str  world_id(world *w, const char *id);
/* Single quotes stand for double ones, a grave accent for a single one, "$S" for the subscription. */
const mp_json *world_json(world *w, const char *text);
/* A policy object; "S" in its id, and "$S" in the text. Single quotes stand for double ones. */
mp_code world_object(world *w, mp_object_kind kind, const char *id, const char *json);
mp_code world_forget(world *w, mp_object_kind kind, const char *id);
/* A resource through the gate. `out` may be NULL. */
mp_code world_write(world *w, mp_gate_act act, const char *id, const char *json, mp_gate_result *out);
/* Everything that is to be judged is judged. */
void world_settle(world *w);
/* "NonCompliant", or "" when nothing is said. `reference` "" where the assignment has none. */
const char *world_state(world *w, const char *resource, const char *assignment, const char *reference);
/* Of a place ("S" or a group): how many resources are in this state, over all ("" and "") or within an assignment or
 * one of its controls. */
int64_t world_sum(world *w, const char *place, const char *assignment, const char *control, mp_state state);

#endif
