/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - compiled conditions and values, and the machine that evaluates them.
 *
 * mp_rules is a set of entries (a condition, or a value) that share one table of slots and, where two
 * entries hold the same part, the work of evaluating that part. It never changes once finished: any
 * number of threads may use it, each with an mp_run of its own.
 *
 *   mp_run_begin(run, rules, doc);              one walk of the document fills the slots
 *   mp_run_test(run, entry)                     a condition
 *   mp_run_value(&value, run, entry)            a value
 */
#ifndef MAPAE_RULE_RULES_H
#define MAPAE_RULE_RULES_H

#include "run_limits.h"
#include "slots.h"
#include "trace.h"
#include "tree.h"

#define MP_RUN_FRAMES 2 /* the document, and a second one that conditions may read */

typedef struct mp_rules         mp_rules;
typedef struct mp_rules_builder mp_rules_builder;

/* `inputs` slots of frame 0 are set by the caller of each run. */
MP_MUST_CHECK mp_code mp_rules_builder_new(mp_rules_builder **out, uint32_t inputs, mp_error *err);
void                  mp_rules_builder_free(mp_rules_builder *b);

/* Add a condition or a value; `tree` must live until mp_rules_finish(). `second` is the table of frame
 * 1 when the tree reads it (it must already hold those paths, see mp_slots_collect(), and outlive the
 * rules), else NULL. Entries are numbered from 0 in order. Fails with MP_NOMEM; also for a NULL tree. */
MP_MUST_CHECK mp_code mp_rules_add(uint32_t *entry, mp_rules_builder *b, const mp_tree *tree,
                                   const mp_slots *second, mp_error *err);
/* Evaluate what is found several times each time: in traces every condition then has its own origin. */
void mp_rules_keep_apart(mp_rules_builder *b);
/* Compile. What is found in several entries is evaluated once per document. */
MP_MUST_CHECK mp_code mp_rules_finish(mp_rules **out, mp_rules_builder *b, mp_error *err);
void                  mp_rules_free(mp_rules *rules);

const mp_slots *mp_rules_slots(const mp_rules *rules);
/* How many conditions are shared by several entries. */
size_t mp_rules_shared(const mp_rules *rules);

/* Add every path that `tree` reads from `frame` to `slots`. */
MP_MUST_CHECK mp_code mp_slots_collect(mp_slots *slots, const mp_tree *tree, uint8_t frame,
                                       mp_error *err);

/* Set wanted[slot] for every slot of `slots` that `tree` reads from `frame`, inputs too. */
void mp_slots_mark(const mp_slots *slots, const mp_tree *tree, uint8_t frame, bool *wanted);

/* ---- running: one per thread ---- */

typedef struct mp_run mp_run;

MP_MUST_CHECK mp_code mp_run_new(mp_run **out, mp_error *err);
void                  mp_run_free(mp_run *run);

/* Start on a document: fills the slots of frame 0 (inputs become absent), forgets the last document
 * and everything the run's arena held. `doc` and `rules` must stay until the next begin. */
MP_MUST_CHECK mp_code mp_run_begin(mp_run *run, const mp_rules *rules, const mp_json *doc,
                                   mp_error *err);
/* The same from a pack of this rules' slots, inputs included. */
MP_MUST_CHECK mp_code mp_run_begin_pack(mp_run *run, const mp_rules *rules, const mp_pack *pack,
                                        mp_error *err);
void           mp_run_set_input(mp_run *run, uint32_t slot, const mp_json *value);
const mp_json *mp_run_input(const mp_run *run, uint32_t slot);
/* The slot values of frame 0, for mp_pack_make(). */
const mp_json *const *mp_run_values(const mp_run *run);
/* Set frame 1: `values` as a pack of `second` opened it; borrowed until set again. */
void mp_run_set_second(mp_run *run, const mp_json *const *values);

/* Evaluate an entry, within MP_RUN_STEPS and MP_RUN_MIB. MP_FAILED: mp_run_error() says why. */
mp_truth mp_run_test(mp_run *run, uint32_t entry);
/* *out is NULL when the value is absent; it lives until the next begin. Fails with MP_EVALUATION,
 * MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_run_value(const mp_json **out, mp_run *run, uint32_t entry, mp_error *err);
const mp_error *mp_run_error(const mp_run *run);
mp_arena       *mp_run_arena(mp_run *run); /* for what shall live until the next begin */

/* As mp_run_test(), and a record of every step. The rules should be built from a tree that keeps all.
 * The record lives until the next begin. NULL when memory is short. Of a very long evaluation only the
 * beginning is recorded, MP_TRACE_MIB of it. */
const mp_trace *mp_run_explain(mp_run *run, uint32_t entry, mp_truth *truth);

#endif
