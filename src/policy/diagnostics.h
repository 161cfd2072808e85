/* SPDX-License-Identifier: Apache-2.0 */
/* diagnostics.h - what a compiler has to say about a text: several findings, each with its place. */
#ifndef MAPAE_POLICY_DIAGNOSTICS_H
#define MAPAE_POLICY_DIAGNOSTICS_H

#include "arena.h"

typedef enum mp_severity {
    MP_SEVERITY_ERROR,   /* the text cannot be used */
    MP_SEVERITY_WARNING, /* it can, but surely means something else than its author thinks */
} mp_severity;

typedef struct mp_diagnostic {
    mp_severity severity;
    mp_error    error; /* code, sentence, place */
    mp_str      file;
    mp_str      line;   /* the source line, without its end */
    mp_str      nearest; /* "did you mean": may be empty */
    struct mp_diagnostic *next;
} mp_diagnostic;

#define MP_DIAGNOSTICS 100 /* of one file; what comes after is counted only */

/* A JSON text under compilation, so that a node can be found in it. */
typedef struct mp_source_text {
    mp_str         file;
    mp_str         text;
    const mp_json *root; /* of the text, or of one document in it; or NULL */
    size_t         at;   /* bytes of the text before that document */
} mp_source_text;

/* Where a node below the root stands; nowhere when there is no root or text. */
mp_pos mp_source_locate(const mp_source_text *source, const mp_json *node);

typedef struct mp_diagnostics {
    mp_arena      *arena;
    mp_diagnostic *first, *last;
    uint32_t       count, errors, warnings;
    uint32_t       of_file; /* in the file at hand */
    bool           failed;  /* memory was short */
} mp_diagnostics;

void mp_diagnostics_init(mp_diagnostics *d, mp_arena *arena);

/* Note a finding at `node` (NULL: nowhere), `offset` bytes into its text when it is a string. Of what is passed
 * only source->file must stay, and one such name is of one text. */
void mp_diagnose_at(mp_diagnostics *d, const mp_source_text *source, mp_severity severity,
                    const mp_json *node, size_t offset, mp_str nearest, const mp_error *error);

#define mp_diagnose(d, source, severity, node, offset, nearest, code, ...)                    \
    do {                                                                                      \
        mp_error diagnosed_ = { 0 };                                                          \
        mp_fail(&diagnosed_, (code), MP_NOWHERE, __VA_ARGS__);                                \
        mp_diagnose_at((d), (source), (severity), (node), (offset), (nearest), &diagnosed_);  \
    } while (0)

/* Note a finding whose place in the text is known already (a JSON syntax error). */
void mp_diagnose_error(mp_diagnostics *d, const mp_source_text *source, const mp_error *error);

#endif
