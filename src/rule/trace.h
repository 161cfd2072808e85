/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - the record of one evaluation: every condition, what it found, what it wanted, what it said.
 *
 * A trace is a tree in the shape of the conditions. It is complete: where evaluation stopped early the
 * conditions that were not reached are there, marked so. */
#ifndef MAPAE_RULE_TRACE_H
#define MAPAE_RULE_TRACE_H

#include "operator.h"

typedef enum mp_trace_kind {
    MP_TRACE_BOOL,
    MP_TRACE_ALL,
    MP_TRACE_ANY,
    MP_TRACE_NOT,
    MP_TRACE_TEST,    /* actual, wanted; its kids are the counts within its left side */
    MP_TRACE_COUNT,   /* actual: the number; kids: elements */
    MP_TRACE_ELEMENT, /* actual: the element; index; kids: where */
    MP_TRACE_VALUE,   /* one of the values a path selected: actual */
    MP_TRACE_FAIL,
} mp_trace_kind;

typedef enum mp_trace_outcome {
    MP_TRACE_FALSE = MP_FALSE,
    MP_TRACE_TRUE = MP_TRUE,
    MP_TRACE_FAILED = MP_FAILED,
    MP_TRACE_SKIPPED, /* not reached: the outcome was known before */
} mp_trace_outcome;

typedef struct mp_trace {
    uint8_t          kind;
    uint8_t          outcome;
    uint8_t          op;      /* TEST: mp_operator */
    uint32_t         origin;  /* the front end's number */
    uint64_t         index;   /* ELEMENT, VALUE: from 0 */
    const mp_json   *actual;  /* NULL: absent */
    const mp_json   *wanted;
    mp_str           message; /* of a failure */
    struct mp_trace *first, *last; /* kids */
    struct mp_trace *next;
} mp_trace;

#endif
