/* SPDX-License-Identifier: Apache-2.0 */
/* reads.h - which fields of the judged document a condition or a template reads. */
#ifndef MAPAE_POLICY_READS_H
#define MAPAE_POLICY_READS_H

#include "lower.h"

/* `name` as the policy has it, parameters applied; ptr NULL: one that only a resource can tell. */
typedef void mp_reads_visit(void *context, mp_str name);

/* Call `visit` for each, in the order of the text; one that is read twice comes twice. Names live in
 * `arena`. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_reads_of_condition(const mp_condition *c, const mp_bound *bound, mp_arena *arena,
                                            mp_reads_visit *visit, void *context, mp_error *err);
MP_MUST_CHECK mp_code mp_reads_of_template(const mp_template *t, const mp_bound *bound, mp_arena *arena,
                                           mp_reads_visit *visit, void *context, mp_error *err);

#endif
