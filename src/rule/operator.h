/* SPDX-License-Identifier: Apache-2.0 */
/* operator.h - the comparisons of conditions, and what each of them says of two values.
 *
 * The left value may be absent (NULL). Null and absent are one for every operator: where an operator
 * compares text they read as "" (so absent notEquals "x" holds), for exists they are not there, and
 * for the four ordering operators they are a failure. Text compares without case, except in match. */
#ifndef MAPAE_RULE_OPERATOR_H
#define MAPAE_RULE_OPERATOR_H

#include "arena.h"
#include "map.h"

typedef enum mp_operator {
#define MP_OPERATOR(name, text, base, negated) MP_OP_##name,
#include "operators.def"
#undef MP_OPERATOR
    MP_OPERATOR_COUNT
} mp_operator;

/* A condition's outcome. A failure is its own outcome, never true and never false. */
typedef enum mp_truth {
    MP_FALSE,
    MP_TRUE,
    MP_FAILED,
} mp_truth;

typedef struct mp_operator_info {
    mp_str      text; /* as users spell it */
    mp_operator base; /* the operator that it is, or that it negates */
    bool        negated;
} mp_operator_info;

extern const mp_operator_info mp_operators[MP_OPERATOR_COUNT];

/* The operator of that name (any case), or MP_OPERATOR_COUNT. */
mp_operator mp_operator_find(mp_str name);

/* The right side, prepared once for many comparisons. Borrowed from `value` and the arena. */
typedef struct mp_operand {
    const mp_json *value;
    mp_str         text;       /* the value as comparisons read it, when it is no container */
    mp_str         before;     /* like: what stands before the '*', */
    mp_str         after;      /* and behind it */
    bool           has_star;   /* like */
    bool           is_ascii;   /* of `text` */
    bool           want;       /* exists: the answer that is wanted */
    const mp_map  *set;        /* in: the texts of a long list of scalars; NULL for a short one */
} mp_operand;

/* Prepare `value` as the right side of `op`. Fails with MP_EVALUATION when it cannot be one (null; no
 * true or false for exists; two '*' for like), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_operand_init(mp_operand *out, mp_operator op, const mp_json *value,
                                      mp_arena *arena, mp_error *err);
void mp_operand_done(mp_operand *operand); /* frees the set of a long list */

/* `left` op `right`. MP_FAILED fills `err` (MP_EVALUATION). Allocates nothing for ASCII, but for an index of
 * large objects, without which it is slower. */
mp_truth mp_operator_test(mp_operator op, const mp_json *left, const mp_operand *right,
                          mp_error *err);
/* The same, taken off `*steps` (see run_limits.h). MP_FAILED with MP_LIMIT when they fall below 0. */
mp_truth mp_operator_test_within(mp_operator op, const mp_json *left, const mp_operand *right, int64_t *steps,
                                 mp_error *err);
/* Two numbers: <0, 0, >0. Exact, of whatever size and with whatever fraction. */
bool mp_json_is_number(const mp_json *v);
int  mp_json_number_cmp(const mp_json *a, const mp_json *b);
/* It can fail on some left value. */
bool mp_operator_may_fail(mp_operator op);

/* A scalar as comparisons read it: "true", "5", "1.50", the string itself; "" for null and absent.
 * `scratch` (32 bytes) may hold the result. Returns false for a container. */
bool mp_json_scalar_text(mp_str *out, const mp_json *v, char scratch[32]);

#endif
