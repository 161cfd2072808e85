/* SPDX-License-Identifier: Apache-2.0 */
/* opened.h - a store to test with, in a folder of its own: SQLite, or PostgreSQL where MAPAE_TEST_POSTGRES names a server
 * (tests/support/postgres.py). Each begins empty. */
#ifndef MAPAE_TESTS_STORE_OPENED_H
#define MAPAE_TESTS_STORE_OPENED_H

#include "records.h"
#include "sql.h"
#include "test.h"

typedef struct opened {
    char             folder[64];
    mp_store        *store;
    mp_store_options options;
} opened;

/* The server's address; NULL: SQLite is what is tested. */
const char *opened_url(void);

/* A new folder and an empty database, and `o->options` for them; nothing is opened. */
void opened_prepare(opened *o);
/* ... and opened, with `schemas` beside the store's own. */
void opened_begin(opened *o, const mp_schema *const *schemas, size_t count);
void opened_again(opened *o); /* close and open */
void opened_end(opened *o);   /* close and remove */

/* Must succeed. */
void opened_write(opened *o, mp_tx_fn fn, void *arg);
void opened_read(opened *o, mp_tx_fn fn, void *arg);
void opened_declare(opened *o, const mp_kind *kind);
/* A statement outside of the store, as another program would run it. */
void opened_aside(opened *o, const char *sql);
/* A store that failed looks by itself, a second later (LOOK_AGAIN_S of writer.c), whether it is well again, and a test may be held up
 * so long: true when it may have looked since `began`, which opened_seconds() gave before what failed. */
double opened_seconds(void);
bool opened_may_have_looked(double began);
/* Stop and start the server. */
void opened_server(const char *what);

/* JSON of a text, in the arena. */
const mp_json *opened_json(mp_arena *arena, const char *text);

#define MUST_OK(call)                                                                        \
    do {                                                                                     \
        mp_error err_ = { 0 };                                                               \
        mp_error *err = &err_;                                                               \
        mp_code  code_ = (call);                                                             \
        if (code_ != MP_OK)                                                                  \
            fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, mp_code_name(code_), err->message); \
    } while (0)

#endif
