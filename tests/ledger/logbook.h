/* SPDX-License-Identifier: Apache-2.0 */
/* logbook.h - a store with a log in it, to test with; SQLite, or PostgreSQL where MAPAE_TEST_POSTGRES names a server. */
#ifndef MAPAE_TESTS_LEDGER_LOGBOOK_H
#define MAPAE_TESTS_LEDGER_LOGBOOK_H

#include "ledger.h"
#include "opened.h"

typedef struct logbook {
    opened            o;
    mp_ledger        *ledger;
    mp_ledger_options options;
} logbook;

extern const mp_kind logbook_kind; /* records to change */

void logbook_begin(logbook *b, const mp_ledger_options *options);
void logbook_close(logbook *b); /* both, keeping the folder */
void logbook_open(logbook *b);
/* What opening says; on MP_OK it is open. */
mp_code logbook_try(logbook *b, mp_error *err);
void    logbook_end(logbook *b);

/* Leaf number `i`: actor, action, path, request and outcome follow from the number. Texts live in the arena. */
mp_leaf logbook_leaf(mp_arena *arena, unsigned i);
#define LOGBOOK_ACTORS 7
#define LOGBOOK_ACTIONS 5
/* Leaves from .. to, `at_once` in each write. */
void logbook_fill(logbook *b, unsigned from, unsigned to, unsigned at_once);
void logbook_verify(logbook *b); /* must hold */

#endif
