/* SPDX-License-Identifier: Apache-2.0 */
/* bench_verdicts.h - a world of many verdicts under an initiative, made for resources that need not exist: 100 of
 * each, in 200 resource groups; with every question of all frameworks answered, and evidence for every control that
 * asks for some. It takes some minutes, so it is kept in the folder that the
 * variable WORLD names: whoever starts with the same folder finds it as it was left. */
#ifndef MAPAE_BENCH_VERDICTS_H
#define MAPAE_BENCH_VERDICTS_H

#include "bench_world.h"

#define EACH 100 /* verdicts of one resource */

typedef struct verdict_world {
    world        w;
    mp_rulebook *book;
    int64_t     *numbers; /* of its checks */
    mp_str       subscription;
    size_t       resources;
} verdict_world;

/* PROGRAM INITIATIVE LIBRARY [VERDICTS [STORE]]: 10,000,000 verdicts, SQLite. */
void verdicts_start(verdict_world *v, int argc, char **argv);
/* A resource is judged once more, otherwise than before; a question of CSAP is answered; a piece of evidence comes. */
void verdicts_judge(verdict_world *v, size_t resource);
void verdicts_answer(verdict_world *v);
void verdicts_prove(verdict_world *v);
/* As if the program had been started anew. */
void     verdicts_reopen(verdict_world *v);
void     verdicts_stop(verdict_world *v);
uint32_t below(uint32_t n); /* at random; the same world each time, but other changes */

#endif
