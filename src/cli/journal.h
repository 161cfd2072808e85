/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - how far long work has come: one line of JSON for each step, on disk before the next one begins. A line
 * that was cut off counts for nothing. */
#ifndef MAPAE_CLI_JOURNAL_H
#define MAPAE_CLI_JOURNAL_H

#include "arena.h"
#include "buf.h"

typedef struct mp_journal {
    const char *path; /* NULL: none is kept */
    int         fd;   /* -1: not open */
} mp_journal;

/* `visit` gets each line that is there, in order; it may fail. Then lines are added behind them. `path` NULL: nothing
 * is read or kept. Fails with MP_OUTPUT, MP_IO, MP_NOMEM, MP_FORMAT (a line in the middle is no JSON), and as `visit`
 * does. */
typedef mp_code mp_journal_visit(void *ctx, const mp_json *line, mp_error *err);
MP_MUST_CHECK mp_code mp_journal_open(mp_journal *out, const char *path, mp_journal_visit *visit, void *ctx, mp_error *err);
MP_MUST_CHECK mp_code mp_journal_add(mp_journal *journal, const mp_json *line, mp_error *err);
/* What is there counts for nothing: it begins anew. */
MP_MUST_CHECK mp_code mp_journal_restart(mp_journal *journal, mp_error *err);
/* Close; `is_done`: and remove, for there is nothing to go on with. */
void mp_journal_close(mp_journal *journal, bool is_done);

#endif
