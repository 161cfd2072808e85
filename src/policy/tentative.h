/* SPDX-License-Identifier: Apache-2.0 */
/* tentative.h - the conditions of policies on a resource of which some fields are not decided yet.
 *
 *   mp_tentative_init(&t, plan, resource, around, fields, count)
 *   mp_tentative_try(t, field, value)      one field gets a value, or is left out; the others stay open
 *   mp_tentative_test(&truth, t, subject)  true, false, failed - or open: it depends on what is not decided
 *
 * Each test of each policy is compiled by itself, so that what is known and what is open can be told apart. */
#ifndef MAPAE_POLICY_TENTATIVE_H
#define MAPAE_POLICY_TENTATIVE_H

#include "edit.h"
#include "judge_internal.h"

#define MP_TENTATIVE_FIELDS 64

typedef enum mp_tentative_truth {
    MP_SURELY_NOT = MP_FALSE,
    MP_SURELY = MP_TRUE,
    MP_SURELY_FAILS = MP_FAILED,
    MP_OPEN,
} mp_tentative_truth;

typedef struct mp_open_field {
    mp_str         name;   /* as it was asked for */
    const mp_json *values; /* an array of what it may be, or NULL: anything */
    mp_path        path;   /* count 0: nothing of this type */
    bool           is_fixed; /* it cannot be given a value by itself */
} mp_open_field;

/* A test of a policy, or a part of an operation. */
typedef struct mp_tentative_part {
    uint32_t entry; /* or MP_NO_ENTRY: there is none */
    uint64_t reads; /* bits of open fields */
} mp_tentative_part;

/* A policy that may have to do with the resource. */
typedef struct mp_tentative_subject {
    const mp_item     *item;
    mp_tentative_part *tests; /* [origin - 1] */
    mp_tentative_part *operations; /* of each: condition, value */
    mp_path           *places;     /* of each operation's field; count 0: only a resource can tell */
} mp_tentative_subject;

typedef struct mp_tentative {
    mp_plan              *plan;
    mp_arena             *arena;
    mp_judge             *judge;
    mp_rules             *rules;
    mp_program            program; /* of the tests */
    mp_resource           given, resource;
    mp_surroundings       around;
    mp_open_field         fields[MP_TENTATIVE_FIELDS];
    uint32_t              field_count;
    uint64_t              open; /* bits of fields that are open at the moment */
    bool                  lacks_memory; /* some answer since the last try is none */
    mp_tentative_subject *subjects;
    uint32_t              subject_count;
} mp_tentative;

/* What is pending, by name; "tags" without values stands for each tag that some policy names. Free with
 * mp_tentative_done(), also when it fails: with MP_LIMIT (too many fields or types), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tentative_init(mp_tentative *t, mp_plan *plan, const mp_resource *resource,
                                        const mp_surroundings *around, const mp_open_field *fields,
                                        uint32_t count, mp_arena *arena, mp_error *err);
void                  mp_tentative_done(mp_tentative *t);

#define MP_NO_FIELD UINT32_MAX

/* `field` is MP_NO_FIELD: all are open. `value` NULL: it is left out. */
MP_MUST_CHECK mp_code mp_tentative_try(mp_tentative *t, uint32_t field, const mp_json *value, mp_error *err);

/* Its `if`, on what was tried last. Where scope, selectors or an exemption leave it out: MP_SURELY_NOT. A
 * location that is missing may still come, so mode Indexed leaves out nothing. *effect is the one that it
 * has here. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tentative_test(mp_tentative_truth *out, mp_tentative *t, const mp_tentative_subject *s,
                                        mp_str *effect, mp_error *err);
/* Some test of it reads the field. */
bool mp_tentative_reads(const mp_tentative_subject *s, uint32_t field);
/* A part's value; *out is NULL when it is absent, fails or is open. It is in the arena. Fails with
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tentative_value(const mp_json **out, mp_tentative *t, const mp_tentative_part *part,
                                         mp_error *err);
/* The conditions that decided it. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tentative_decided(const mp_decided **out, uint32_t *count, mp_tentative *t,
                                           const mp_tentative_subject *s, mp_error *err);
/* Does a condition test just this field? Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_tentative_is_of(bool *out, mp_tentative *t, const mp_tentative_subject *s,
                                         const mp_condition *c, uint32_t field, mp_error *err);

#endif
