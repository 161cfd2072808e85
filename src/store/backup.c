/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a backup: rows first, all from one snapshot, then the files. What a record of the snapshot names is
 * on disk before the record is, so it is there when the files are read. */
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_format.h"
#include "durable.h"
#include "secret.h"

#define PIECE ((size_t)4 << 20) /* bytes of a member with rows, about */
#define BLOCK ((size_t)64 << 10)
#define TELL_EVERY 10000 /* rows */

typedef struct backup {
    mp_store          *store;
    mp_worker          worker;
    mp_archive        *archive;
    mp_arena           arena;
    mp_manifest        manifest;
    mp_backup_report   report;
    mp_backup_progress progress;
    void              *ctx;
    mp_buf             piece;
    char               block[BLOCK];
} backup;

static void tell(const backup *b)
{
    if (b->progress)
        b->progress(b->ctx, b->report.rows, b->report.files);
}

/* ---- rows ---- */

static mp_code add_member(backup *b, mp_str name, mp_str bytes, uint64_t rows, mp_error *err)
{
    mp_member member = { .name = mp_arena_dup(&b->arena, name), .bytes = bytes.len, .rows = rows };
    if (!member.name.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_archive_member(b->archive, name, bytes.len, err));
    MP_TRY(mp_archive_bytes(b->archive, bytes, err));
    MP_TRY(mp_archive_member_digest(member.digest, b->archive, err));
    return mp_manifest_add(&b->manifest, &member, &b->arena, err);
}

static mp_code add_blob(mp_buf *out, mp_str bytes, mp_arena *arena, mp_error *err)
{
    mp_str text = mp_base64(arena, bytes);
    if (!text.ptr && bytes.len)
        return mp_no_memory(err);
    mp_buf_add(out, MP_S("{\"b\":\""));
    mp_buf_add(out, text);
    mp_buf_add(out, MP_S("\"}"));
    return MP_OK;
}

static mp_code add_row(backup *b, const mp_table *table, mp_rows *rows, mp_error *err)
{
    mp_buf *out = &b->piece;
    for (size_t i = 0; i < table->column_count; i++) {
        unsigned column = (unsigned)i;
        mp_buf_add_c(out, i ? ',' : '[');
        if (mp_rows_is_null(rows, column))
            mp_buf_add(out, MP_S("null"));
        else if (table->columns[i].kind == MP_VALUE_INT)
            mp_buf_printf(out, "%lld", (long long)mp_rows_int(rows, column));
        else if (table->columns[i].kind == MP_VALUE_REAL)
            mp_buf_printf(out, "%.17g", mp_rows_real(rows, column));
        else if (table->columns[i].kind == MP_VALUE_TEXT)
            mp_buf_add_json_str(out, mp_rows_bytes(rows, column));
        else
            MP_TRY(add_blob(out, mp_rows_bytes(rows, column), &b->worker.arena, err));
    }
    mp_buf_add(out, MP_S("]\n"));
    mp_arena_reset(&b->worker.arena);
    return mp_buf_check(out, err);
}

static mp_code end_piece(backup *b, const mp_table *table, unsigned *number, uint64_t rows, mp_error *err)
{
    char name[300];
    int  len = snprintf(name, sizeof name, MP_BACKUP_ROWS "%.*s/%06u.ndjson", MP_FMT(table->name), (*number)++);
    mp_code code = add_member(b, mp_str_of(name, (size_t)len), mp_buf_str(&b->piece), rows, err);
    mp_buf_clear(&b->piece);
    return code;
}

static mp_code read_rows(backup *b, mp_backup_table *out, const mp_table *table, mp_rows *rows, mp_error *err)
{
    bool     more = true;
    unsigned number = 0;
    uint64_t in_piece = 0;
    for (;;) {
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            break;
        MP_TRY(add_row(b, table, rows, err));
        out->rows++;
        in_piece++;
        if (++b->report.rows % TELL_EVERY == 0)
            tell(b);
        if (b->piece.len >= PIECE) {
            MP_TRY(end_piece(b, table, &number, in_piece, err));
            in_piece = 0;
        }
    }
    return in_piece ? end_piece(b, table, &number, in_piece, err) : MP_OK;
}

static mp_code add_table(backup *b, mp_tx *tx, const mp_table *table, mp_error *err)
{
    mp_backup_table *out = &b->manifest.tables[b->manifest.table_count++];
    mp_rows         *rows = NULL;
    mp_buf           sql = MP_BUF_INIT;
    out->name = table->name;
    out->columns = MP_ARENA_ARRAY(&b->arena, mp_str, table->column_count + 1);
    if (!out->columns)
        return mp_no_memory(err);
    mp_buf_add_z(&sql, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        out->columns[out->column_count++] = table->columns[i].name;
        mp_buf_printf(&sql, "%s%.*s", i ? ", " : "", MP_FMT(table->columns[i].name));
    }
    mp_buf_printf(&sql, " FROM %.*s ORDER BY %.*s", MP_FMT(table->name),
                  MP_FMT(table->key.len ? table->key : MP_S("1")));
    mp_buf_add_c(&sql, '\0');
    mp_code code = mp_buf_check(&sql, err);
    if (code == MP_OK)
        code = mp_sql_ask(&rows, tx, sql.ptr, NULL, 0, err);
    if (code == MP_OK)
        code = read_rows(b, out, table, rows, err);
    mp_rows_close(rows);
    mp_buf_free(&sql);
    return code;
}

static mp_code add_schemas(backup *b, mp_tx *tx, mp_error *err)
{
    enum { MOST = 64 };
    mp_rows *rows = NULL;
    bool     more = true;
    mp_code  code;
    b->manifest.schemas = MP_ARENA_ARRAY(&b->arena, mp_schema_number, MOST);
    if (!b->manifest.schemas)
        return mp_no_memory(err);
    MP_TRY(mp_sql_ask(&rows, tx,
                      "SELECT schema_name, MAX(number) FROM migration GROUP BY schema_name ORDER BY schema_name", NULL,
                      0, err));
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more && b->manifest.schema_count < MOST) {
        mp_schema_number *s = &b->manifest.schemas[b->manifest.schema_count++];
        *s = (mp_schema_number){ mp_arena_dup(&b->arena, mp_rows_bytes(rows, 0)), (unsigned)mp_rows_int(rows, 1) };
        if (!s->name.ptr) {
            code = mp_no_memory(err);
            break;
        }
    }
    mp_rows_close(rows);
    return code;
}

static mp_code add_database(backup *b, mp_error *err)
{
    mp_conn  *conn = b->worker.conn;
    mp_table *tables = NULL;
    size_t    count = 0;
    mp_tx     tx = { .store = b->store, .conn = conn, .arena = &b->worker.arena, .doc = b->worker.doc };
    MP_TRY(conn->engine->tables(&tables, &count, conn, &b->arena, err));
    b->manifest.tables = MP_ARENA_ARRAY(&b->arena, mp_backup_table, count + 1);
    if (!b->manifest.tables)
        return mp_no_memory(err);
    MP_TRY(add_schemas(b, &tx, err));
    for (size_t i = 0; i < count; i++)
        if (!mp_str_eq(tables[i].name, MP_S("migration"))) /* the numbers stand in the manifest */
            MP_TRY(add_table(b, &tx, &tables[i], err));
    b->report.tables = b->manifest.table_count;
    return MP_OK;
}

/* ---- files ---- */

static mp_code cannot_read(const char *path, int cause, mp_error *err)
{
    return mp_fail(err, MP_IO, MP_NOWHERE, "%s cannot be read: %s", path, strerror(cause));
}

static mp_code copy_file(backup *b, int fd, const char *path, uint64_t size, mp_error *err)
{
    while (size) {
        ssize_t got = read(fd, b->block, size < sizeof b->block ? (size_t)size : sizeof b->block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cannot_read(path, errno, err);
        if (got == 0)
            return mp_fail(err, MP_IO, MP_NOWHERE, "%s became shorter while it was read", path);
        MP_TRY(mp_archive_bytes(b->archive, mp_str_of(b->block, (size_t)got), err));
        size -= (uint64_t)got;
    }
    return MP_OK;
}

static mp_code add_file(backup *b, const char *name, mp_error *err)
{
    char        path[8300], member_name[4200];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", b->store->folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return MP_OK; /* removed meanwhile, or a link: none of ours */
    if (fd < 0)
        return cannot_read(path, errno, err);
    mp_code code = fstat(fd, &st) == 0 ? MP_OK : cannot_read(path, errno, err);
    int     len = snprintf(member_name, sizeof member_name, MP_BACKUP_FILES "%s", name);
    if (code == MP_OK && S_ISREG(st.st_mode)) {
        mp_member member = { .name = mp_arena_dup(&b->arena, mp_str_of(member_name, (size_t)len)),
                             .bytes = (uint64_t)st.st_size };
        if (!member.name.ptr)
            code = mp_no_memory(err);
        if (code == MP_OK)
            code = mp_archive_member(b->archive, member.name, member.bytes, err);
        if (code == MP_OK)
            code = copy_file(b, fd, path, member.bytes, err);
        if (code == MP_OK)
            code = mp_archive_member_digest(member.digest, b->archive, err);
        if (code == MP_OK)
            code = mp_manifest_add(&b->manifest, &member, &b->arena, err);
        b->report.files++;
        tell(b);
    }
    close(fd);
    return code;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_no_secret_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.'; /* hidden ones are being written */
}

static mp_code add_folder(backup *b, const char *name, unsigned depth, mp_error *err)
{
    char            path[8300];
    struct dirent **entries = NULL;
    mp_code         code = MP_OK;
    snprintf(path, sizeof path, "%s/%s", b->store->folder, name);
    int count = scandir(path, &entries, is_no_secret_name, by_name);
    if (count < 0)
        return errno == ENOENT || errno == ENOTDIR ? MP_OK : cannot_read(path, errno, err);
    for (int i = 0; i < count; i++) {
        char        below[4100];
        struct stat st;
        bool        fits = snprintf(below, sizeof below, "%s/%s", name, entries[i]->d_name) < (int)sizeof below;
        snprintf(path, sizeof path, "%s/%s", b->store->folder, below);
        if (code == MP_OK && !fits)
            code = mp_fail(err, MP_LIMIT, MP_NOWHERE, "a file's path is over %zu bytes", sizeof below - 1);
        if (code == MP_OK && lstat(path, &st) == 0)
            code = S_ISDIR(st.st_mode) && depth < 8 ? add_folder(b, below, depth + 1, err) : add_file(b, below, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static mp_code add_files(backup *b, mp_error *err)
{
    static const char *const folders[] = { "keys", "tls", "evidence" };
    MP_TRY(add_file(b, "installation.json", err));
    for (size_t i = 0; i < MP_COUNT(folders); i++)
        MP_TRY(add_folder(b, folders[i], 0, err));
    return MP_OK;
}

static mp_code add_manifest(backup *b, mp_error *err)
{
    uint8_t  digest[32];
    char     hex[65];
    uint64_t size;
    mp_buf   text = MP_BUF_INIT;
    mp_code  code = mp_manifest_write(&text, &b->manifest, err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&text), err);
    if (code == MP_OK)
        code = add_member(b, MP_S(MP_BACKUP_MANIFEST), mp_buf_str(&text), 0, err);
    mp_buf_free(&text);
    MP_TRY(code);
    mp_hex(hex, digest, sizeof digest);
    MP_TRY(add_member(b, MP_S(MP_BACKUP_SEAL), mp_str_of(hex, 64), 0, err));
    MP_TRY(mp_archive_end(&size, b->report.digest, b->archive, err));
    b->report.bytes = size;
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code write_archive(backup *b, int fd, mp_error *err)
{
    mp_conn *conn = NULL;
    MP_TRY(mp_archive_write(&b->archive, fd, err));
    MP_TRY(mp_worker_connect(&b->worker, b->store, false, err));
    conn = b->worker.conn;
    MP_TRY(conn->engine->patience(conn, true, err));
    b->manifest.installation = mp_str_from(b->store->installation);
    b->manifest.taken_at = b->report.taken_at = mp_clock_now();
    MP_TRY(conn->engine->begin(conn, false, err));
    mp_code code = add_database(b, err);
    conn->engine->rollback(conn);
    MP_TRY(code);
    mp_worker_disconnect(&b->worker);
    MP_TRY(add_files(b, err));
    MP_TRY(add_manifest(b, err));
    if (fsync(fd) != 0)
        return errno == ENOSPC || errno == EDQUOT
                   ? mp_fail(err, MP_FULL, MP_NOWHERE, "the disk is full: the backup was not written")
                   : mp_fail(err, MP_OUTPUT, MP_NOWHERE, "the backup cannot be written: %s", strerror(errno));
    return MP_OK;
}

static mp_code cannot_write(const char *path, int cause, mp_error *err)
{
    if (cause == EEXIST)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%s is there already", path);
    if (cause == ENOSPC || cause == EDQUOT)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "the disk is full: the backup was not written");
    return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "%s cannot be written: %s", path, strerror(cause));
}

/* Into place, unless something is there. Not every file system can say that in one step. */
static int put_in_place(const char *fresh, const char *path)
{
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (access(path, F_OK) == 0)
        return EEXIST;
    return rename(fresh, path) == 0 ? 0 : errno;
}

mp_code mp_backup_write(mp_backup_report *out, mp_store *store, const char *path, mp_backup_progress progress,
                        void *ctx, mp_error *err)
{
    char fresh[4200], folder[4200];
    if (snprintf(fresh, sizeof fresh, "%s.part", path) >= (int)sizeof fresh)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a file's path is over %zu bytes", sizeof fresh - 6);
    if (access(path, F_OK) == 0)
        return cannot_write(path, EEXIST, err);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600); /* keys are in it */
    if (fd < 0)
        return cannot_write(path, errno, err);
    backup *b = calloc(1, sizeof *b);
    mp_code code = b ? MP_OK : mp_no_memory(err);
    if (code == MP_OK) {
        b->store = store;
        b->progress = progress;
        b->ctx = ctx;
        code = write_archive(b, fd, err);
        mp_archive_free(b->archive);
        mp_worker_free(&b->worker);
        mp_buf_free(&b->piece);
        mp_arena_free(&b->arena);
    }
    close(fd);
    int cause = code == MP_OK ? put_in_place(fresh, path) : 0;
    if (cause)
        code = cannot_write(path, cause, err);
    snprintf(folder, sizeof folder, "%s", path);
    if (code == MP_OK)
        code = mp_durable_sync_folder(dirname(folder), err);
    if (code != MP_OK)
        unlink(fresh);
    else
        *out = b->report;
    free(b);
    return code;
}
