/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "secret.h"
#include "record_internal.h"

#define READERS 4
#define READERS_MOST 256

/* ---- workers ---- */

/* What answers must be the store that was opened: a file or a server may have been exchanged meanwhile. */
static mp_code greet(mp_worker *worker, mp_store *store, mp_error *err)
{
    mp_tx  tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc };
    mp_str id;
    MP_TRY(worker->conn->engine->begin(worker->conn, false, err));
    mp_code code = mp_store_fact(&id, &tx, "installation", &worker->arena, err);
    worker->conn->engine->rollback(worker->conn);
    if (code == MP_OK && !mp_str_eq(id, mp_str_from(store->installation)))
        code = mp_fail(err, MP_FOREIGN, MP_NOWHERE, "the store belongs to installation %.*s, the data folder to %s",
                       MP_FMT(id), store->installation);
    mp_arena_reset(&worker->arena);
    return code;
}

void mp_worker_disconnect(mp_worker *worker)
{
    if (worker->conn)
        worker->conn->engine->disconnect(worker->conn);
    worker->conn = NULL;
}

void mp_worker_free(mp_worker *worker)
{
    mp_worker_disconnect(worker);
    mp_json_doc_free(worker->doc);
    worker->doc = NULL;
    mp_arena_free(&worker->arena);
}

mp_code mp_worker_connect(mp_worker *worker, mp_store *store, bool writes, mp_error *err)
{
    if (worker->conn && worker->conn->engine->is_lost(worker->conn))
        mp_worker_disconnect(worker);
    if (worker->conn)
        return MP_OK;
    if (!worker->doc)
        MP_TRY(mp_json_doc_new(&worker->doc, err));
    mp_code code = store->engine->connect(&worker->conn, &store->place, writes, err);
    if (code == MP_MISSING) /* it was there when the store was opened */
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the store is gone");
    MP_TRY(code);
    code = greet(worker, store, err);
    if (code != MP_OK)
        mp_worker_disconnect(worker);
    return code;
}

/* ---- opening ---- */

static mp_code is_empty(bool *out, mp_worker *worker, mp_error *err)
{
    mp_table *tables = NULL;
    size_t    count = 0;
    MP_TRY(worker->conn->engine->tables(&tables, &count, worker->conn, &worker->arena, err));
    *out = true;
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(tables[i].name, MP_S("fact")))
            *out = false;
    mp_arena_reset(&worker->arena);
    return MP_OK;
}

static mp_code set_installation(mp_tx *tx, void *arg, mp_error *err)
{
    mp_store *store = arg;
    mp_str    id;
    mp_code   code = mp_store_fact(&id, tx, "installation", tx->arena, err);
    if (code != MP_MISSING)
        return code;
    MP_TRY(mp_store_set_fact(tx, "time", MP_S("0"), err));
    return mp_store_set_fact(tx, "installation", mp_str_from(store->installation), err);
}

mp_code mp_tx_settled(mp_ticks *out, mp_tx *tx, mp_error *err)
{
    mp_str text;
    MP_TRY(mp_store_fact(&text, tx, "time", tx->arena, err));
    *out = strtoll(text.ptr, NULL, 10);
    return MP_OK;
}

static mp_code load_time(mp_store *store, mp_worker *worker, mp_error *err)
{
    mp_tx  tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc };
    mp_str text;
    MP_TRY(worker->conn->engine->begin(worker->conn, false, err));
    mp_code code = mp_store_fact(&text, &tx, "time", &worker->arena, err);
    worker->conn->engine->rollback(worker->conn);
    mp_ticks last = code == MP_OK ? strtoll(text.ptr, NULL, 10) : 0;
    if (last > atomic_load(&store->last_time))
        atomic_store(&store->last_time, last);
    mp_arena_reset(&worker->arena);
    return code;
}

static mp_code check_records(mp_store *store, mp_worker *worker, mp_error *err)
{
    mp_tx tx = { .store = store, .conn = worker->conn, .arena = &worker->arena, .doc = worker->doc };
    MP_TRY(worker->conn->engine->begin(worker->conn, false, err));
    mp_code code = mp_records_each(&tx, NULL, NULL, err);
    worker->conn->engine->rollback(worker->conn);
    return code;
}

static mp_code bring_up(mp_store *store, const mp_store_options *o, mp_error *err)
{
    mp_worker *worker = &store->writer.worker;
    bool       is_new = false;
    MP_TRY(mp_json_doc_new(&worker->doc, err));
    MP_TRY(store->engine->connect(&worker->conn, &store->place, !o->read_only, err));
    MP_TRY(store->engine->patience(worker->conn, true, err));
    MP_TRY(store->engine->check(worker->conn, o->check_all, err));
    MP_TRY(is_empty(&is_new, worker, err));
    if (!is_new) {
        mp_code code = greet(worker, store, err);
        if (code != MP_OK && code != MP_MISSING)
            return code;
        is_new = code == MP_MISSING; /* somebody began to make it and did not come to the end */
    }
    if (is_new && (!o->create || o->read_only))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the store is empty");
    if (o->read_only)
        MP_TRY(mp_migrations_check(store, worker, o->schemas, o->schema_count, err));
    else
        MP_TRY(mp_migrate(store, worker, o->schemas, o->schema_count, NULL, 0, err));
    store->is_claimed = true;
    if (is_new)
        MP_TRY(mp_write_now(store, worker, set_installation, store, err));
    MP_TRY(load_time(store, worker, err));
    if (o->check_all)
        MP_TRY(check_records(store, worker, err));
    store->place.create = false;
    return store->engine->patience(worker->conn, false, err);
}

/* The scheme decides the engine, so that a URL of something else is not taken to PostgreSQL. */
static mp_code check_url(const char *url, mp_error *err)
{
    mp_str all = mp_str_from(url);
    size_t end = mp_str_find_str(all, MP_S("://"));
    if (mp_str_starts(all, MP_S("postgres://")) || mp_str_starts(all, MP_S("postgresql://")))
        return MP_OK;
    if (end == SIZE_MAX || end > 40)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the address of the store is no URL; wanted postgres://USER@HOST/DATABASE");
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                   "there is no store for \"%.*s://\"; wanted postgres://USER@HOST/DATABASE", (int)end, url);
}

/* "password", "sslpassword". */
static bool is_secret(mp_str pair)
{
    size_t equals = mp_str_find(pair, '=');
    return mp_str_ends_fold(mp_str_of(pair.ptr, equals == SIZE_MAX ? pair.len : equals), MP_S("password"));
}

/* "?NAME=VALUE&..." without those that are secret. */
static mp_str plain_query(mp_str query, mp_arena *arena)
{
    mp_str kept = MP_S("");
    query = mp_str_skip(query, 1);
    for (bool is_more = true; is_more && kept.ptr;) {
        size_t end = mp_str_find(query, '&');
        mp_str pair = mp_str_of(query.ptr, end == SIZE_MAX ? query.len : end);
        if (!is_secret(pair))
            kept = mp_arena_printf(arena, "%.*s%c%.*s", MP_FMT(kept), kept.len ? '&' : '?', MP_FMT(pair));
        is_more = end != SIZE_MAX;
        query = mp_str_skip(query, pair.len + 1);
    }
    return kept;
}

mp_code mp_store_url_plain(const char **out, const char *url, mp_arena *arena, mp_error *err)
{
    *out = NULL;
    if (!url)
        return MP_OK;
    mp_str all = mp_str_from(url);
    size_t scheme = mp_str_find_str(all, MP_S("://")), front = scheme == SIZE_MAX ? 0 : scheme + 3;
    mp_str rest = mp_str_skip(all, front);
    size_t slash = mp_str_find(rest, '/'),
           at = mp_str_rfind(mp_str_of(rest.ptr, slash == SIZE_MAX ? rest.len : slash), '@');
    size_t colon = at == SIZE_MAX ? SIZE_MAX : mp_str_find(mp_str_of(rest.ptr, at), ':');
    mp_str user = mp_str_of(rest.ptr, colon == SIZE_MAX ? 0 : colon);
    mp_str tail = mp_str_skip(rest, colon == SIZE_MAX ? 0 : at);
    size_t question = mp_str_find(tail, '?');
    mp_str before = mp_str_of(tail.ptr, question == SIZE_MAX ? tail.len : question);
    mp_str query = question == SIZE_MAX ? MP_S("") : plain_query(mp_str_skip(tail, question), arena);
    mp_str text = query.ptr ? mp_arena_printf(arena, "%.*s%.*s%.*s%.*s", (int)front, url, MP_FMT(user), MP_FMT(before),
                                              MP_FMT(query))
                            : query;
    *out = text.ptr;
    return text.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_store_new(mp_store **out, const mp_store_options *o, mp_error *err)
{
    unsigned           readers = o->readers == 0 ? READERS : o->readers > READERS_MOST ? READERS_MOST : o->readers;
    pthread_condattr_t monotonic;
    mp_store          *s = calloc(1, sizeof *s);
    if (!s)
        return mp_no_memory(err);
    s->lock_fd = -1;
    s->reader_count = readers;
    s->readers = calloc(readers, sizeof *s->readers);
    s->reader_is_used = calloc(readers, sizeof *s->reader_is_used);
    s->url = o->url ? strdup(o->url) : NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->writer.lock, NULL);
    pthread_cond_init(&s->writer.wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->readers_lock, NULL);
    pthread_cond_init(&s->readers_wake, NULL);
    pthread_rwlock_init(&s->kinds_lock, NULL);
    s->writer.last = &s->writer.first;
    s->read_only = o->read_only;
    s->engine = o->url ? &mp_engine_postgres : &mp_engine_sqlite;
    *out = s;
    if (!s->readers || !s->reader_is_used || (o->url && !s->url))
        return mp_no_memory(err);
    if (o->url)
        MP_TRY(check_url(o->url, err));
    if (snprintf(s->folder, sizeof s->folder, "%s", o->folder) >= (int)sizeof s->folder)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is over %zu bytes",
                       sizeof s->folder - 1);
    s->place = (mp_place){ .folder = s->folder, .url = s->url, .schema = MP_SCHEMA_NAME, .create = o->create };
    return MP_OK;
}

mp_code mp_store_open(mp_store **out, const mp_store_options *options, mp_error *err)
{
    mp_store *s = NULL;
    mp_code   code = mp_store_new(&s, options, err);
    if (code == MP_OK)
        code = mp_folder_prepare(s, options->create, err);
    if (code == MP_OK)
        code = mp_installation_read(s, options->create, err);
    if (code == MP_OK)
        code = bring_up(s, options, err);
    if (code == MP_OK && options->read_only)
        mp_worker_disconnect(&s->writer.worker);
    if (code == MP_OK && !options->read_only)
        code = mp_writer_start(s, err);
    if (code != MP_OK) {
        if (s) {
            mp_worker_disconnect(&s->writer.worker);
            mp_folder_undo(s);
        }
        mp_store_close(s);
        return code;
    }
    *out = s;
    return MP_OK;
}

void mp_store_close(mp_store *s)
{
    if (!s)
        return;
    mp_writer_stop(s);
    for (unsigned i = 0; s->readers && i < s->reader_count; i++)
        mp_worker_free(&s->readers[i]);
    mp_worker_free(&s->writer.worker); /* the last one out checkpoints */
    mp_folder_release(s);
    pthread_mutex_destroy(&s->writer.lock);
    pthread_cond_destroy(&s->writer.wake);
    pthread_mutex_destroy(&s->readers_lock);
    pthread_cond_destroy(&s->readers_wake);
    pthread_rwlock_destroy(&s->kinds_lock);
    mp_map_free(&s->kinds);
    mp_arena_free(&s->kinds_arena);
    if (s->url)
        mp_wipe(s->url, strlen(s->url)); /* it may hold a password */
    free(s->url);
    free(s->readers);
    free(s->reader_is_used);
    free(s);
}

const char *mp_store_installation(const mp_store *store)
{
    return store->installation;
}

const char *mp_store_folder(const mp_store *store)
{
    return store->folder;
}

const char *mp_store_engine(const mp_store *store)
{
    return store->engine->name;
}
