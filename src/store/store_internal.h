/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal.h - what the files of the store share: the store itself and a transaction in hand. */
#ifndef MAPAE_STORE_INTERNAL_H
#define MAPAE_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "store_engine.h"
#include "map.h"
#include "records.h"

/* ---- a transaction in hand ---- */

struct mp_tx {
    mp_store    *store;
    mp_conn     *conn;
    mp_arena    *arena;
    mp_json_doc *doc; /* for bodies; of the connection's owner */
    mp_ticks     time;
    bool         is_write;
    bool         is_lost;   /* a failure of the store, not of a statement: all of the batch falls */
    mp_code      failure;   /* of the first statement that failed; what comes after fails as well */
    mp_error     why;
    mp_record_change *changes;
    size_t       change_count, change_cap;
};

/* Forget what a function left in it, before the next one. */
void mp_tx_reset(mp_tx *tx);

/* ---- a connection with what a function needs beside it ---- */

typedef struct mp_worker {
    mp_conn     *conn; /* NULL: not connected at present */
    mp_json_doc *doc;
    mp_arena     arena;
} mp_worker;

/* Connect `worker` when it is not, or no longer; checks that what answers is this installation's store. */
MP_MUST_CHECK mp_code mp_worker_connect(mp_worker *worker, mp_store *store, bool writes, mp_error *err);
void                  mp_worker_disconnect(mp_worker *worker);
void                  mp_worker_free(mp_worker *worker);

/* ---- the queue of writes ---- */

typedef struct mp_job {
    struct mp_job *next;
    mp_tx_fn       fn;
    void          *arg;
    mp_error      *err;
    mp_code        code;
    bool           is_done;
    pthread_cond_t wake;
} mp_job;

typedef struct mp_writer {
    pthread_t       thread;
    bool            is_running;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t  wake;
    mp_job         *first, **last;
    bool            is_stopping;
    uint64_t        queued;
    mp_code         health; /* MP_OK, or why the last attempt failed */
    mp_error        why;
    mp_commit_hook  hook;
    void           *hook_ctx;
    /* Of the writer's thread alone. */
    mp_worker       worker;
    mp_ticks        unsettled; /* time of a batch whose commit was not answered; 0: none */
} mp_writer;

struct mp_store {
    const mp_engine *engine;
    mp_place         place;
    char             folder[4096];
    char            *url;
    char             installation[37];
    bool             read_only;
    bool             made_folder; /* by this opening */
    bool             is_claimed;  /* the database may name this installation */
    int              lock_fd;
    mp_writer        writer;
    _Atomic mp_ticks last_time; /* of the last transaction that was begun */

    pthread_mutex_t  readers_lock;
    pthread_cond_t   readers_wake;
    mp_worker       *readers;
    bool            *reader_is_used;
    unsigned         reader_count;

    pthread_rwlock_t kinds_lock;
    mp_map           kinds; /* name to mp_kind_ids */
    mp_arena         kinds_arena;

    _Atomic uint64_t writes, commits, failed, reads;
};

/* ---- store.c ---- */

/* A store that is not open yet. `*out` is to be closed also when this fails, unless it is NULL. */
MP_MUST_CHECK mp_code mp_store_new(mp_store **out, const mp_store_options *options, mp_error *err);

/* ---- writer.c ---- */

MP_MUST_CHECK mp_code mp_writer_start(mp_store *store, mp_error *err);
void                  mp_writer_stop(mp_store *store);
/* Something failed for the store as a whole: the writer looks after it until it is well again. */
void mp_writer_blame(mp_store *store, mp_code code, const mp_error *why);
/* Is it one of the failures that are the store's, and not a statement's? */
bool mp_is_store_failure(mp_code code);
/* `fn` in a transaction of its own, on `worker`, here and now: before the writer runs. */
MP_MUST_CHECK mp_code mp_write_now(mp_store *store, mp_worker *worker, mp_tx_fn fn, void *arg, mp_error *err);

/* ---- installation.c ---- */

/* The folder: there, ours alone to write, locked against a second writer. */
MP_MUST_CHECK mp_code mp_folder_prepare(mp_store *store, bool create, mp_error *err);
void                  mp_folder_release(mp_store *store);
/* An opening that failed made the folder: it goes again, with what the store itself put there and nothing else. */
void mp_folder_undo(mp_store *store);
/* The id in FOLDER/installation.json into store->installation; with `create`, of a new one. */
MP_MUST_CHECK mp_code mp_installation_read(mp_store *store, bool create, mp_error *err);
/* FOLDER/installation.json names the store: its URL, or with NULL none, which is SQLite. What else it says stays. */
MP_MUST_CHECK mp_code mp_installation_set_store(const char *folder, const char *url, mp_error *err);

/* ---- migrate.c ---- */

extern const mp_schema mp_store_schema; /* records, and what the store keeps of itself */

typedef struct mp_schema_number {
    mp_str   name;
    unsigned number;
} mp_schema_number;

/* Run what did not run yet. `upto` (may be NULL) stops earlier: the numbers of a backup. */
MP_MUST_CHECK mp_code mp_migrate(mp_store *store, mp_worker *worker, const mp_schema *const *schemas, size_t count,
                                 const mp_schema_number *upto, size_t upto_count, mp_error *err);
/* Only look: nothing newer, nothing changed, nothing missing. */
MP_MUST_CHECK mp_code mp_migrations_check(mp_store *store, mp_worker *worker, const mp_schema *const *schemas,
                                          size_t count, mp_error *err);
/* A value that the store keeps of itself. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_store_fact(mp_str *out, mp_tx *tx, const char *name, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_store_set_fact(mp_tx *tx, const char *name, mp_str value, mp_error *err);

#endif
