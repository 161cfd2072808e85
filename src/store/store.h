/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - where state lives: one interface, SQLite or PostgreSQL behind it.
 *
 * Reading: mp_store_read() lends a snapshot to a function, on the calling thread; any number at once.
 *
 * Writing: one thread of the store does all of it. mp_store_write() queues a function, the writer runs
 * what is queued in one transaction, each function within a savepoint of its own, and commits once: that
 * is group commit. mp_store_write() returns when the transaction is on disk, or says why it is not; a
 * function that fails leaves nothing behind, and the others of its batch do not notice. When the commit
 * itself fails, every function of the batch is answered with that failure.
 *
 * A store has one writing process: a second one is refused (MP_BUSY). It belongs to one installation,
 * whose id stands in the data folder and in the store: a store of another one is refused (MP_FOREIGN). So
 * is one that a newer version wrote.
 *
 * The schema is numbered migrations, by room (mp_schema). Each runs once, in a transaction of its own;
 * what ran is recorded with its digest, so that a migration changed afterwards is noticed. */
#ifndef MAPAE_STORE_H
#define MAPAE_STORE_H

#include "arena.h"
#include "clock.h"

typedef struct mp_store mp_store;
typedef struct mp_tx    mp_tx; /* a transaction in hand, lent for the time of a function */

/* Statements are written in the SQL that both engines speak: parameters ?1, ?2..., types INTEGER (64 bits), REAL,
 * TEXT (compared bytewise), BLOB, `INSERT ... ON CONFLICT`, RETURNING. The engine translates the rest. */
typedef struct mp_migration {
    unsigned    number; /* from 1, without a gap */
    const char *sql;    /* statements, apart by ";" */
} mp_migration;

typedef struct mp_schema {
    const char         *name; /* "records", "ledger": never changes */
    const mp_migration *migrations;
    size_t              count;
} mp_schema;

typedef struct mp_store_options {
    const char             *folder; /* of the installation: keys, certificates, evidence, SQLite's file */
    const char             *url;    /* "postgres://..." or NULL: SQLite in `folder` */
    const mp_schema *const *schemas; /* beside the store's own */
    size_t                  schema_count;
    unsigned                readers;    /* connections for reading; 0: 4 */
    bool                    create;     /* make what is not there; else MP_MISSING */
    bool                    read_only;  /* no writer, no migration, no lock */
    bool check_all; /* the engine's whole check, and every record against its hash, however long it takes; else the
                       engine's quick one */
} mp_store_options;

/* Fails with MP_MISSING, MP_BUSY (second writer), MP_FOREIGN (other installation, newer schema), MP_DAMAGED,
 * MP_DENIED (others may write to the folder), MP_PARAMETER (a URL of another scheme), MP_FULL,
 * MP_UNAVAILABLE, MP_IO, MP_NOMEM. The folder is made, not what is above it, and is gone again when no store
 * came to be in it; schemas must be the ones that the store was made with, or more. */
MP_MUST_CHECK mp_code mp_store_open(mp_store **out, const mp_store_options *options, mp_error *err);
/* A store's URL as it may be shown and written down, in the arena: without the password in "user:password@"
 * and without one among the parameters. NULL stays NULL. */
MP_MUST_CHECK mp_code mp_store_url_plain(const char **out, const char *url, mp_arena *arena, mp_error *err);
/* Finishes what is queued, then closes. NULL is fine. */
void mp_store_close(mp_store *store);

const char *mp_store_installation(const mp_store *store); /* its id, a GUID */
const char *mp_store_folder(const mp_store *store);
const char *mp_store_engine(const mp_store *store); /* "sqlite", "postgres" */

/* May be called at any time and by any thread; cheap. What /readyz says: MP_OK, or why nothing can be written
 * (MP_FULL, MP_UNAVAILABLE, ...). The store tries again by itself. */
MP_MUST_CHECK mp_code mp_store_health(mp_store *store, mp_error *err);

typedef mp_code (*mp_tx_fn)(mp_tx *tx, void *arg, mp_error *err);

/* Any thread but the writer's. Fails with what `fn` gave, or MP_UNAVAILABLE, MP_DAMAGED, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_store_read(mp_store *store, mp_tx_fn fn, void *arg, mp_error *err);
/* Any thread but the writer's; never from within a read or a write. `fn` runs on the writer's thread, once
 * (twice only when the connection was lost before the commit): it should be short, and compute nothing that
 * could be computed before. */
MP_MUST_CHECK mp_code mp_store_write(mp_store *store, mp_tx_fn fn, void *arg, mp_error *err);

/* The time of the transaction: that of the clock, but always later than that of the transaction before, also when
 * the clock was set back. History is in this order. Of a read: when it began. */
mp_ticks mp_tx_time(const mp_tx *tx);
/* Of a read: the time of the last transaction whose changes it sees. As of then everything stays what it is now,
 * whatever is written meanwhile. Fails as a read does. */
MP_MUST_CHECK mp_code mp_tx_settled(mp_ticks *out, mp_tx *tx, mp_error *err);
/* Lives as long as the function that the transaction was lent to. */
mp_arena *mp_tx_arena(mp_tx *tx);
mp_store *mp_tx_store(mp_tx *tx);
bool      mp_tx_is_write(const mp_tx *tx);
/* Is this thread within a read of the store, so that it cannot begin another? */
bool      mp_store_reads_here(const mp_store *store);

/* Who stands at every commit: the ledger. One per store, set before the first write. */
typedef struct mp_commit_hook {
    /* Before a function runs: a mark; after it failed: back to it. */
    size_t (*mark)(void *ctx);
    void (*rewind)(void *ctx, size_t mark);
    /* A function ran well: may what it changed stand? Else it failed. May be NULL. */
    mp_code (*told)(void *ctx, mp_tx *tx, mp_error *err);
    /* All functions of the batch ran: write what belongs to the same transaction. */
    mp_code (*before)(void *ctx, mp_tx *tx, mp_error *err);
    /* On disk, or given up. */
    void (*after)(void *ctx, bool is_committed);
} mp_commit_hook;
void mp_store_set_hook(mp_store *store, const mp_commit_hook *hook, void *ctx);

/* What the writer did since the start: for metrics. */
typedef struct mp_store_counts {
    uint64_t writes, commits, failed, reads;
    uint64_t queued; /* at present */
} mp_store_counts;
mp_store_counts mp_store_counted(mp_store *store);

#endif
