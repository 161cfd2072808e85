/* SPDX-License-Identifier: Apache-2.0 */
/* run_limits.h - what the evaluation of one condition or value on one document may cost.
 *
 * The budget is counted in steps, where work grows with what the document holds: an element that a loop or
 * a [*] visits, a value compared within an array or an object. What takes long in one go takes several:
 * see MP_STEP_TEXT and MP_STEP_NODES. A test of a plain value takes none.
 *
 * Both limits count what is asked for, not what it happened to take, so that the same document gives the
 * same verdict whatever was evaluated before it. */
#ifndef MAPAE_RULE_RUN_LIMITS_H
#define MAPAE_RULE_RUN_LIMITS_H

#include <mapae/error.h>

#ifndef MP_RUN_STEPS /* tests have smaller ones */
#define MP_RUN_STEPS 10000000 /* steps of one evaluation */
#define MP_RUN_MIB 64         /* MiB of values that one evaluation makes and wants at one time */
#define MP_TRACE_MIB 64       /* MiB of a record (mp_run_explain()); what does not fit is evaluated only */
#endif

/* For a record every element is looked at, those too that an evaluation can do without. */
#define MP_TRACE_STEPS ((int64_t)4 * MP_RUN_STEPS)

#define MP_STEP_TEXT 32  /* bytes of a long text that are one step */
#define MP_STEP_NODES 16 /* nodes that are copied, names that are looked through: one step */
#define MP_LONG_TEXT 64  /* bytes from which a text counts */

/* `err` says that the steps are used up. Returns MP_LIMIT. */
mp_code mp_out_of_steps(mp_error *err);

#endif
