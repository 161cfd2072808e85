/* SPDX-License-Identifier: Apache-2.0 */
/* score_world.h - a company whose scores are counted by hand.
 *
 * It has a group `demo` with four disks of 32, 64, 96 and 128 GB, and a
 * framework of five controls of its own:
 *
 *   1.1  required, preventive (27)       policies size (at most 100 GB) and small (at most 50 GB), one question
 *   1.2  required, detective (3)         policy size, evidence every year
 *   1.3  not required, preventive (9)    two questions
 *   2.1  not required, corrective (1)    policy storage: there is no storage account
 *   2.2  required, preventive (27)       nothing answers it */
#ifndef MAPAE_TESTS_SCORE_WORLD_H
#define MAPAE_TESTS_SCORE_WORLD_H

#include "api_world.h"

#include "control_score.h"
#include "controls_routes.h"
#include "judging.h"
#include "records.h"
#include "score_compare.h"

extern const api_client local;
extern api_world w;
extern const char company_catalog[], company_answers[]; /* with ' for " */

#define AUTH "/providers/Microsoft.Authorization/"
#define SETTLE CHECK_INT(mp_judging_settle(mp_compliance_of(w.app)->judging, 60, NULL), MP_OK)

int begin(void **state);
int end(void **state);

const mp_json *json(const char *text); /* with ' for " */
const char *at(const char *path);      /* in the subscription */
void put(const char *path, const char *version, const char *body);
void disk(const char *group, const char *name, unsigned size);
/* A definition, and an assignment of it to the subscription. */
void policy(const char *name, const char *type, const char *field, int limit);

/* A record as it is; `body` NULL: take it back. */
void say(const mp_kind *kind, const char *key, const char *body);
void answer(const char *control, int question, const char *asked, const char *yes, const char *measure);

typedef struct asking {
    mp_standing_of of;
    mp_score score;
    mp_measure measure;
    mp_str scope;
    mp_jsonw w;
    const mp_frameworks *all; /* NULL: those of the company */
} asking;

/* How the framework stands in this place, as JSON; a->score has it too. */
const mp_json *ask_of(asking *a, const char *place, mp_ticks as_of);
const mp_scored *control(const asking *a, const char *label);
void want(const asking *a, const char *label, mp_control_state state, int64_t points);

#endif
