/* SPDX-License-Identifier: Apache-2.0 */
/* Restoring: into a folder beside the wanted one (and, with PostgreSQL, a schema beside the store's), which takes its
 * place in one step when everything is there and counted. Until then nothing is where it was not before.
 *
 * The schema is first made as old as the backup is, filled, and then brought up to date by the migrations
 * that follow. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_format.h"
#include "durable.h"
#include "secret.h"

#define ROWS_AT_ONCE 500
#define ROWS_PER_COMMIT 20000
#define BLOCK ((size_t)64 << 10)

typedef struct restore {
    const mp_store_options *into;
    mp_arena                arena, row_arena;
    mp_manifest             manifest;
    mp_store               *store; /* never opened: it has no writer's thread */
    mp_archive             *archive;
    char                    folder[4200];
    mp_table               *tables; /* as the migrations made them */
    size_t                  table_count;
    uint64_t               *loaded; /* rows, of each table of the manifest */
    mp_backup_report        report;
    mp_backup_progress      progress;
    void                   *ctx;
    char                    block[BLOCK];
} restore;

static mp_code cannot(const char *path, int cause, mp_error *err)
{
    if (cause == ENOSPC || cause == EDQUOT)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "the disk is full: the backup was not restored");
    return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "%s cannot be read or written: %s", path, strerror(cause));
}

static void tell(const restore *r)
{
    if (r->progress)
        r->progress(r->ctx, r->report.rows, r->report.files);
}

/* ---- files ---- */

/* Below the folder, and nothing but letters that our own files have. */
static bool is_safe(mp_str name)
{
    if (name.len == 0 || name.len > 4000 || name.ptr[0] == '/' || name.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c < 0x21 || c > 0x7e || c == '\\')
            return false;
        if (c == '/' && (i + 1 == name.len || name.ptr[i + 1] == '.' || name.ptr[i + 1] == '/'))
            return false;
    }
    return true;
}

static mp_code make_folders(char *path, size_t from, mp_error *err)
{
    for (size_t i = from; path[i]; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        mp_code code = mp_durable_folder(path, err);
        path[i] = '/';
        MP_TRY(code);
    }
    return MP_OK;
}

static mp_code write_out(restore *r, int fd, const char *path, mp_error *err)
{
    size_t got = 0;
    for (;;) {
        MP_TRY(mp_archive_read_bytes(&got, r->block, sizeof r->block, r->archive, err));
        if (got == 0)
            return mp_durable_sync(fd, path, err);
        MP_TRY(mp_durable_write(fd, path, mp_str_of(r->block, got), err));
    }
}

static mp_code restore_file(restore *r, mp_str name, mp_error *err)
{
    char path[8400];
    if (!is_safe(name))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup holds a file with the name %.*s", MP_FMT(name));
    int len = snprintf(path, sizeof path, "%s/", r->folder);
    snprintf(path + len, sizeof path - (size_t)len, "%.*s", MP_FMT(name));
    MP_TRY(make_folders(path, (size_t)len, err));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cannot(path, errno, err);
    mp_code code = write_out(r, fd, path, err);
    close(fd);
    r->report.files++;
    tell(r);
    return code;
}

/* ---- rows ---- */

typedef struct loading {
    restore               *r;
    const mp_table        *table;
    const mp_backup_table *says;
    char                  *sql;
    mp_str                 text; /* lines */
    mp_value              *values;
    mp_json_doc           *doc;
} loading;

static mp_code wrong_row(const loading *l, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a row of table %.*s in the backup is none", MP_FMT(l->table->name));
}

static mp_value_kind kind_of_column(const loading *l, size_t i)
{
    for (size_t k = 0; k < l->table->column_count; k++)
        if (mp_str_eq(l->table->columns[k].name, l->says->columns[i]))
            return l->table->columns[k].kind;
    return MP_VALUE_NULL; /* plan() refused it */
}

static mp_code value_of(mp_value *out, const loading *l, size_t column, const mp_json *v, mp_error *err)
{
    mp_value_kind kind = kind_of_column(l, column);
    if (v->kind == MP_JSON_NULL) {
        *out = MP_NULL;
    } else if (kind == MP_VALUE_INT && v->kind == MP_JSON_INT) {
        *out = mp_int(v->u.integer);
    } else if (kind == MP_VALUE_REAL && (v->kind == MP_JSON_REAL || v->kind == MP_JSON_INT)) {
        *out = mp_real(mp_json_double(v));
    } else if (kind == MP_VALUE_TEXT && v->kind == MP_JSON_STRING) {
        mp_str copy = mp_arena_dup(&l->r->row_arena, mp_json_str(v));
        *out = mp_text(copy);
        if (!copy.ptr)
            return mp_no_memory(err);
    } else if (kind == MP_VALUE_BLOB && mp_json_is(mp_json_get(v, MP_S("b")), MP_JSON_STRING)) {
        mp_str text = mp_json_str(mp_json_get(v, MP_S("b"))), bytes = mp_unbase64(&l->r->row_arena, text);
        if (!bytes.ptr && text.len)
            return wrong_row(l, err);
        *out = mp_blob(bytes);
    } else {
        return wrong_row(l, err);
    }
    return MP_OK;
}

static mp_code read_row(mp_value *out, loading *l, mp_str line, mp_error *err)
{
    const mp_json *root = NULL;
    size_t         i = 0;
    mp_code        code = mp_json_read(l->doc, &root, line, NULL, NULL, NULL);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || root->kind != MP_JSON_ARRAY || root->count != l->says->column_count)
        return wrong_row(l, err);
    for (MP_JSON_EACH(item, root)) {
        MP_TRY(value_of(&out[i], l, i, item, err));
        i++;
    }
    return MP_OK;
}

static mp_code load_some(mp_tx *tx, void *arg, mp_error *err)
{
    loading *l = arg;
    size_t   width = l->says->column_count;
    for (size_t done = 0; done < ROWS_PER_COMMIT && l->text.len;) {
        size_t n = 0;
        mp_arena_reset(&l->r->row_arena);
        for (; n < ROWS_AT_ONCE && l->text.len; n++) {
            size_t end = mp_str_find(l->text, '\n');
            mp_str line = end == SIZE_MAX ? l->text : mp_str_of(l->text.ptr, end);
            MP_TRY(read_row(l->values + n * width, l, line, err));
            l->text = mp_str_skip(l->text, line.len + 1);
        }
        MP_TRY(mp_sql_many(tx, l->sql, l->values, width, n, err));
        done += n;
        l->r->report.rows += n;
        l->r->loaded[l->says - l->r->manifest.tables] += n;
    }
    return MP_OK;
}

/* The statement that fills the table; every column of the backup must be one of it. */
static mp_code plan(loading *l, mp_error *err)
{
    mp_buf sql = MP_BUF_INIT;
    mp_buf_printf(&sql, "INSERT INTO %.*s (", MP_FMT(l->table->name));
    for (size_t i = 0; i < l->says->column_count; i++) {
        if (kind_of_column(l, i) == MP_VALUE_NULL) {
            mp_buf_free(&sql);
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "table %.*s of the backup has a column that is not known",
                           MP_FMT(l->table->name));
        }
        mp_buf_printf(&sql, "%s%.*s", i ? ", " : "", MP_FMT(l->says->columns[i]));
    }
    mp_buf_add_z(&sql, ") VALUES (");
    for (size_t i = 0; i < l->says->column_count; i++)
        mp_buf_printf(&sql, "%s?%zu", i ? ", " : "", i + 1);
    mp_buf_add_c(&sql, ')');
    mp_buf_add_c(&sql, '\0');
    mp_code code = mp_buf_check(&sql, err);
    if (code != MP_OK) {
        mp_buf_free(&sql);
        return code;
    }
    l->sql = sql.ptr;
    return MP_OK;
}

static bool find_tables(loading *l, mp_str member)
{
    mp_str name = mp_str_skip(member, strlen(MP_BACKUP_ROWS));
    size_t slash = mp_str_find(name, '/');
    if (slash == SIZE_MAX)
        return false;
    name.len = slash;
    for (size_t i = 0; i < l->r->table_count; i++)
        if (mp_str_eq(l->r->tables[i].name, name))
            l->table = &l->r->tables[i];
    for (size_t i = 0; i < l->r->manifest.table_count; i++)
        if (mp_str_eq(l->r->manifest.tables[i].name, name))
            l->says = &l->r->manifest.tables[i];
    return l->table && l->says;
}

static mp_code slurp(mp_buf *out, restore *r, mp_error *err)
{
    size_t got = 0;
    do {
        MP_TRY(mp_archive_read_bytes(&got, r->block, sizeof r->block, r->archive, err));
        mp_buf_add(out, mp_str_of(r->block, got));
    } while (got);
    return mp_buf_check(out, err);
}

static mp_code restore_rows(restore *r, mp_str member, mp_error *err)
{
    loading    l = { .r = r };
    mp_buf     text = MP_BUF_INIT;
    mp_worker *worker = &r->store->writer.worker;
    if (!find_tables(&l, member))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup has a table that is not known: %.*s", MP_FMT(member));
    mp_code code = plan(&l, err);
    if (code == MP_OK)
        code = mp_json_doc_new(&l.doc, err);
    if (code == MP_OK) {
        l.values = calloc(ROWS_AT_ONCE * l.says->column_count + 1, sizeof *l.values);
        code = l.values ? slurp(&text, r, err) : mp_no_memory(err);
    }
    l.text = mp_buf_str(&text);
    while (code == MP_OK && l.text.len) {
        code = mp_write_now(r->store, worker, load_some, &l, err);
        tell(r);
    }
    mp_buf_free(&text);
    mp_json_doc_free(l.doc);
    free(l.values);
    free(l.sql);
    return code;
}

static mp_code restore_members(restore *r, const char *path, mp_error *err)
{
    bool more = true;
    r->loaded = MP_ARENA_ARRAY(&r->arena, uint64_t, r->manifest.table_count + 1);
    if (!r->loaded)
        return mp_no_memory(err);
    MP_TRY(mp_archive_read(&r->archive, path, err));
    for (;;) {
        mp_str   name;
        uint64_t size;
        MP_TRY(mp_archive_next(&more, &name, &size, r->archive, err));
        if (!more)
            return MP_OK;
        if (mp_str_starts(name, MP_S(MP_BACKUP_FILES)))
            MP_TRY(restore_file(r, mp_str_skip(name, strlen(MP_BACKUP_FILES)), err));
        else if (mp_str_starts(name, MP_S(MP_BACKUP_ROWS)))
            MP_TRY(restore_rows(r, name, err));
    }
}

/* ---- the database ---- */

static mp_code check_schemas(const restore *r, mp_error *err)
{
    for (size_t i = 0; i < r->manifest.schema_count; i++) {
        const mp_schema_number *s = &r->manifest.schemas[i];
        const mp_schema        *known = mp_str_eq(s->name, mp_str_from(mp_store_schema.name)) ? &mp_store_schema : NULL;
        for (size_t k = 0; k < r->into->schema_count; k++)
            if (mp_str_eq(s->name, mp_str_from(r->into->schemas[k]->name)))
                known = r->into->schemas[k];
        if (!known || s->number > known->count)
            return mp_fail(err, MP_FOREIGN, MP_NOWHERE,
                           "the backup was written by a newer version of Mapae (\"%.*s\" %u is not known here)",
                           MP_FMT(s->name), s->number);
    }
    return MP_OK;
}

static mp_code make_database(restore *r, mp_error *err)
{
    mp_store_options options = { .folder = r->folder, .url = r->into->url, .create = true };
    MP_TRY(mp_store_new(&r->store, &options, err));
    mp_store  *s = r->store;
    mp_worker *worker = &s->writer.worker;
    s->place.schema = MP_SCHEMA_RESTORING;
    MP_TRY(mp_json_doc_new(&worker->doc, err));
    MP_TRY(s->engine->connect(&worker->conn, &s->place, true, err));
    MP_TRY(s->engine->patience(worker->conn, true, err));
    MP_TRY(s->engine->restore_begin(worker->conn, err));
    MP_TRY(mp_migrate(s, worker, r->into->schemas, r->into->schema_count, r->manifest.schemas, r->manifest.schema_count,
                      err));
    return s->engine->tables(&r->tables, &r->table_count, worker->conn, &r->arena, err);
}

static mp_code count_rows(mp_tx *tx, void *arg, mp_error *err)
{
    restore *r = arg;
    for (size_t i = 0; i < r->manifest.table_count; i++) {
        const mp_backup_table *t = &r->manifest.tables[i];
        char                   sql[200];
        int64_t                count = 0;
        if (t->rows == 0)
            continue; /* its name was compared with nothing */
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %.*s", MP_FMT(t->name));
        if (r->loaded[i] == t->rows) /* else nobody knows whether it is a table at all */
            MP_TRY(mp_sql_int(&count, tx, sql, NULL, 0, err));
        if ((uint64_t)count != t->rows || r->loaded[i] != t->rows)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "table %.*s has %lld rows; the backup says %llu",
                           MP_FMT(t->name), (long long)count, (unsigned long long)t->rows);
    }
    return MP_OK;
}

static mp_code check_installation(mp_tx *tx, void *arg, mp_error *err)
{
    restore *r = arg;
    mp_str   id;
    MP_TRY(mp_store_fact(&id, tx, "installation", tx->arena, err));
    if (!mp_str_eq(id, r->manifest.installation) || !mp_str_eq(id, mp_str_from(r->store->installation)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "rows, files and manifest of the backup are not of one installation");
    return MP_OK;
}

static mp_code complete(restore *r, mp_error *err)
{
    mp_worker *worker = &r->store->writer.worker;
    MP_TRY(mp_write_now(r->store, worker, count_rows, r, err));
    MP_TRY(mp_migrate(r->store, worker, r->into->schemas, r->into->schema_count, NULL, 0, err));
    MP_TRY(mp_installation_read(r->store, false, err));
    return mp_write_now(r->store, worker, check_installation, r, err);
}

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static mp_code check_target(const char *folder, mp_error *err)
{
    DIR *dir = opendir(folder);
    bool is_empty = true;
    if (!dir)
        return errno == ENOENT ? MP_OK : cannot(folder, errno, err);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_empty = false;
    closedir(dir);
    return is_empty ? MP_OK : mp_fail(err, MP_EXISTS, MP_NOWHERE, "the folder %s is not empty", folder);
}

static mp_code make_folder(restore *r, mp_error *err)
{
    char   random[17];
    char   wanted[4096];
    size_t len = strlen(r->into->folder);
    MP_TRY(check_target(r->into->folder, err));
    while (len > 1 && r->into->folder[len - 1] == '/')
        len--;
    if (len >= sizeof wanted)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is over %zu bytes", sizeof wanted - 1);
    uint8_t bytes[8];
    MP_TRY(mp_random(bytes, sizeof bytes, err));
    mp_hex(random, bytes, sizeof bytes);
    snprintf(r->folder, sizeof r->folder, "%.*s.restoring-%s", (int)len, r->into->folder, random);
    return mkdir(r->folder, 0700) == 0 ? MP_OK : cannot(r->folder, errno, err);
}

static mp_code take_place(restore *r, mp_error *err)
{
    mp_conn *conn = r->store->writer.worker.conn;
    char     parent[4200];
    bool     is_postgres = r->store->engine != &mp_engine_sqlite;
    if (!is_postgres) { /* closed before it moves */
        MP_TRY(conn->engine->restore_end(conn, true, err));
        mp_worker_disconnect(&r->store->writer.worker);
    }
    /* What was backed up may have stood elsewhere: whoever opens the folder must find what was restored here. */
    MP_TRY(mp_installation_set_store(r->folder, r->into->url, err));
    if (rename(r->folder, r->into->folder) != 0)
        return errno == ENOTEMPTY || errno == EEXIST
                   ? mp_fail(err, MP_EXISTS, MP_NOWHERE, "the folder %s is not empty", r->into->folder)
                   : cannot(r->into->folder, errno, err);
    snprintf(r->folder, sizeof r->folder, "%s", r->into->folder); /* what is to be removed if the rest fails */
    snprintf(parent, sizeof parent, "%s", r->into->folder);
    MP_TRY(mp_durable_sync_folder(dirname(parent), err));
    return is_postgres ? conn->engine->restore_end(conn, true, err) : MP_OK;
}

static void give_up(restore *r)
{
    mp_conn *conn = r->store ? r->store->writer.worker.conn : NULL;
    if (conn && conn->engine->restore_end(conn, false, NULL) != MP_OK) {
        /* The server is gone: what is left there is dropped by the next attempt. */
        mp_worker_disconnect(&r->store->writer.worker);
    }
    mp_store_close(r->store);
    r->store = NULL;
    if (r->folder[0])
        nftw(r->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static mp_code run(restore *r, const char *path, mp_error *err)
{
    mp_backup_report says;
    MP_TRY(mp_backup_read_manifest(&r->manifest, &says, path, &r->arena, err));
    r->report = (mp_backup_report){ .tables = says.tables, .bytes = says.bytes, .taken_at = says.taken_at };
    memcpy(r->report.digest, says.digest, sizeof says.digest);
    MP_TRY(check_schemas(r, err));
    mp_code code = make_folder(r, err);
    if (code != MP_OK) {
        r->folder[0] = '\0';
        return code;
    }
    MP_TRY(make_database(r, err));
    MP_TRY(restore_members(r, path, err));
    MP_TRY(complete(r, err));
    return take_place(r, err);
}

mp_code mp_backup_restore(mp_backup_report *out, const char *path, const mp_store_options *into,
                          mp_backup_progress progress, void *ctx, mp_error *err)
{
    restore *r = calloc(1, sizeof *r);
    if (!r)
        return mp_no_memory(err);
    r->into = into;
    r->progress = progress;
    r->ctx = ctx;
    mp_code code = run(r, path, err);
    mp_archive_free(r->archive);
    if (code == MP_OK) {
        mp_store_close(r->store);
        *out = r->report;
    } else {
        give_up(r);
    }
    mp_arena_free(&r->arena);
    mp_arena_free(&r->row_arena);
    free(r);
    return code;
}
