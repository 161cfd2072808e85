/* SPDX-License-Identifier: Apache-2.0 */
/* bind.h - give parameters their values: what an assignment or an initiative gives, else the default. */
#ifndef MAPAE_POLICY_BIND_H
#define MAPAE_POLICY_BIND_H

#include "initiative.h"

/* A value that somebody gives for a parameter. */
typedef struct mp_given {
    mp_str                name;
    const mp_json        *value;
    const mp_source_text *source; /* where it stands, for diagnostics */
    const mp_json        *node;
    bool                  is_used; /* some parameter took it */
} mp_given;

typedef struct mp_binding {
    mp_arena       *arena;
    mp_diagnostics *diagnostics;
    /* Who gives too little, for diagnostics. NULL: the parameter itself is pointed at, in `declared`. */
    const mp_source_text *giver;
    const mp_json        *giver_node;
    const mp_source_text *declared;
} mp_binding;

/* Values of `count` parameters. `*ok` is false after a diagnostic: one has neither a value nor a default, or
 * does not suit; its value is then NULL. A given null counts as none. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_bind(mp_bound *out, bool *ok, const mp_parameter *parameters, uint32_t count,
                              mp_given *given, size_t given_count, const mp_binding *binding,
                              mp_error *err);

/* What a reference passes, evaluated with the values of the initiative's parameters: *given of
 * r->passed_count values, those that `d` does not declare left out. `*ok` is false when one cannot be
 * evaluated; a diagnostic says so, unless it wants a parameter that has no value (that was said when
 * `initiative` was bound). Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_bind_passed(mp_given **given, size_t *count, bool *ok, const mp_reference *r,
                                     const mp_definition *d, const mp_bound *initiative,
                                     const mp_binding *binding, mp_error *err);

/* What policy() returns; NULL when memory is short. Ids are borrowed. */
const mp_json *mp_bind_policy(mp_arena *arena, mp_str assignment_id, mp_str definition_id,
                              mp_str set_definition_id, mp_str reference_id);

#endif
