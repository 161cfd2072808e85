/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h - unit tests of policies: read, run, compared, and which conditions they went through.
 *
 * A test is a request as src/scan/request.h takes it, with "expected": the part of the answer that must hold.
 * Files and what is in them are described in docs/eval.md. */
#ifndef MAPAE_CLI_UNIT_H
#define MAPAE_CLI_UNIT_H

#include "library.h"
#include "map.h"
#include "messages.h"
#include "request.h"

/* ---- comparing ---- */

/* Where an answer is not what was expected. */
typedef struct mp_difference {
    mp_str         path;     /* within the answer: "details.operations[0].value"; empty: the whole */
    const mp_json *expected; /* NULL: nothing more (an array that is too long) */
    const mp_json *found;    /* NULL: nothing */
    struct mp_difference *next;
} mp_difference;

/* Every difference: objects may have members beside those expected, arrays have as many elements, numbers
 * are equal by value, texts exactly; null is also what is not there. NULL when there is none. `*failed` becomes
 * true when memory is short. Values are borrowed. */
const mp_difference *mp_unit_compare(const mp_json *expected, const mp_json *found, mp_arena *arena,
                                     bool *failed);

/* ---- coverage ---- */

typedef struct mp_covered {
    uint32_t line;    /* of the condition in the policy's file; 0: not known */
    mp_str   text;    /* "field equals wanted" */
    mp_str   pointer; /* "/policyRule/if/allOf/1" */
    bool     is_test; /* a condition, not a group of them */
    bool     was_true, was_false;
} mp_covered;

typedef struct mp_unit_policy {
    mp_str      file;
    mp_str      name;
    mp_covered *conditions; /* by origin - 1 */
    uint32_t    count;
} mp_unit_policy;

/* ---- results: everything lives in units->arena ---- */

typedef struct mp_unit_test {
    mp_str   name, policy; /* the policy's name, or the file that it stands in */
    uint32_t line;
    bool     passed;
    double   seconds;
    const mp_difference *differences; /* values copied */
    mp_str   error;        /* the sentence of an answer that is an error; may be empty */
    const mp_json *answer; /* of a failed test */
    mp_str   because;      /* with options.because: the conditions that decided, as text */
    struct mp_unit_test *next;
} mp_unit_test;

typedef struct mp_unit_file {
    mp_str        path;
    mp_unit_test *first, *last;
    uint32_t      passed, failed;
    bool          is_unusable; /* could not be read: one failed test says why */
    mp_pos        pos;         /* of what is wrong with it */
    struct mp_unit_file *next;
} mp_unit_file;

typedef struct mp_unit_options {
    const mp_aliases *aliases;
    mp_library       *library; /* that policyDefinition may name a definition of; or NULL */
    mp_str            filter;  /* only tests whose name or policy holds it; empty: all */
    bool              because;
    mp_lang           lang;    /* of texts */
    bool              color;
    unsigned          columns;
} mp_unit_options;

typedef struct mp_units {
    mp_unit_options options;
    mp_arena        arena;
    mp_map          sources;  /* path to mp_source_text: files of policies */
    mp_map          policies; /* to mp_unit_policy */
    mp_json_doc    *reader;
    mp_unit_file   *first, *last;
    uint32_t        passed, failed, left_out; /* by the filter */
} mp_units;

MP_MUST_CHECK mp_code mp_units_init(mp_units *units, const mp_unit_options *options, mp_error *err);
void                  mp_units_done(mp_units *units);

/* Run the tests of one file. What is wrong with the file is a failed test; *out is NULL when the filter left
 * nothing of it. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_units_run(const mp_unit_file **out, mp_units *units, const char *path,
                                   mp_error *err);

/* Conditions that the tests found both true and false, of how many. */
void mp_units_coverage(const mp_units *units, uint32_t *both, uint32_t *all);
/* The part in percent, rounded down; 100 when there is nothing to cover. */
unsigned mp_units_percent(uint32_t both, uint32_t all);

#endif
