/* SPDX-License-Identifier: Apache-2.0 */
#include "backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opened.h"
#include "source.h"

static const mp_migration first[] = {
    { 1, "CREATE TABLE thing (k INTEGER NOT NULL PRIMARY KEY, r REAL, t TEXT, b BLOB);" },
    { 2, "CREATE TABLE later (k TEXT NOT NULL PRIMARY KEY);\nINSERT INTO later (k) VALUES ('made by the migration');" },
};
static const mp_schema things1 = { "things", first, 1 }, things2 = { "things", first, 2 };
static const mp_schema *const old_schemas[] = { &things1 }, *const new_schemas[] = { &things2 };

static const mp_record_index indexes[] = { { .name = "n", .path = "n" } };
static const mp_kind         item = { .name = "item", .indexes = indexes, .index_count = 1 };

static opened o;
static char   archive[200], installation[37];

static mp_code fill(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    for (int i = 0; i < 300; i++) {
        char key[20], body[60];
        snprintf(key, sizeof key, "item-%03d", i);
        snprintf(body, sizeof body, "{\"n\":%d,\"s\":\"가 \\u0000 %d\"}", i % 7, i);
        MP_TRY(mp_record_put(NULL, tx, &item, mp_str_from(key), opened_json(mp_tx_arena(tx), body), -1, err));
    }
    MP_TRY(mp_sql(
        tx, NULL, "INSERT INTO thing (k, r, t, b) VALUES (?1, ?2, ?3, ?4)",
        MP_VALUES(mp_int(INT64_MIN), mp_real(0.1), mp_text(MP_S("\"\n\\ 한글 \x7f")), mp_blob(MP_S("\0\xff\n"))),
        err));
    MP_TRY(mp_sql(tx, NULL, "INSERT INTO thing (k, r, t, b) VALUES (?1, ?2, ?3, ?4)",
                  MP_VALUES(mp_int(INT64_MAX), MP_NULL, mp_text(MP_S("")), mp_blob(MP_S(""))), err));
    return mp_sql(tx, NULL, "INSERT INTO thing (k) VALUES (?1)", MP_VALUES(mp_int(0)), err);
}

static mp_code change(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    MP_TRY(mp_record_put(NULL, tx, &item, MP_S("item-000"), opened_json(mp_tx_arena(tx), "{\"n\":99}"), 1, err));
    return mp_record_delete(tx, &item, MP_S("item-001"), -1, err);
}

static void put_file(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", o.folder, name);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fputs(text, f);
    fclose(f);
}

static void put_folder(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", o.folder, name);
    CHECK_INT(mkdir(path, 0700), 0);
}

static void begin(void)
{
    opened_begin(&o, old_schemas, 1);
    opened_declare(&o, &item);
    opened_write(&o, fill, NULL);
    opened_write(&o, change, NULL);
    snprintf(installation, sizeof installation, "%s", mp_store_installation(o.store));
    put_folder("keys");
    put_folder("evidence");
    put_folder("evidence/ab");
    put_folder("other");
    put_file("keys/seal.key", "secret");
    put_file("evidence/ab/abcd", "a file of evidence");
    put_file("evidence/.half", "being written");
    put_file("other/file", "none of ours");
    snprintf(archive, sizeof archive, "%s.backup", o.folder);
    unlink(archive);
}

static void end(void)
{
    unlink(archive);
    opened_end(&o);
}

/* ---- comparing ---- */

typedef struct found {
    int64_t items, past, entries, things, later;
    bool    is_same;
} found;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    found    *f = arg;
    mp_rows  *rows = NULL;
    bool      more;
    mp_record r;
    MP_TRY(mp_sql_int(&f->items, tx, "SELECT count(*) FROM record", NULL, 0, err));
    MP_TRY(mp_sql_int(&f->past, tx, "SELECT count(*) FROM record_past", NULL, 0, err));
    MP_TRY(mp_sql_int(&f->entries, tx, "SELECT count(*) FROM record_entry WHERE value = '3'", NULL, 0, err));
    MP_TRY(mp_sql_int(&f->things, tx, "SELECT count(*) FROM thing", NULL, 0, err));
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT k, r, t, b FROM thing ORDER BY k", NULL, 0, err));
    MP_TRY(mp_rows_next(&more, rows, err));
    f->is_same = more && mp_rows_int(rows, 0) == INT64_MIN && mp_rows_real(rows, 1) > 0.0999999 &&
                 mp_str_eq(mp_rows_bytes(rows, 2), MP_S("\"\n\\ 한글 \x7f")) &&
                 mp_str_eq(mp_rows_bytes(rows, 3), MP_S("\0\xff\n"));
    MP_TRY(mp_rows_next(&more, rows, err));
    f->is_same = f->is_same && more && mp_rows_is_null(rows, 1) && mp_rows_is_null(rows, 2) && mp_rows_is_null(rows, 3);
    MP_TRY(mp_rows_next(&more, rows, err));
    f->is_same = f->is_same && more && mp_rows_int(rows, 0) == INT64_MAX && !mp_rows_is_null(rows, 2) &&
                 !mp_rows_is_null(rows, 3) && mp_rows_bytes(rows, 3).len == 0;
    mp_rows_close(rows);
    MP_TRY(mp_record_get(&r, tx, &item, MP_S("item-007"), 0, mp_tx_arena(tx), err));
    f->is_same = f->is_same && mp_json_str(mp_json_get(r.body, MP_S("s"))).len == strlen("가  7") + 1;
    return MP_OK;
}

static mp_code look_later(mp_tx *tx, void *arg, mp_error *err)
{
    found *f = arg;
    return mp_sql_int(&f->later, tx, "SELECT count(*) FROM later", NULL, 0, err);
}

static void check_restored(const char *folder, const char *url)
{
    char             path[300];
    found            f = { 0 };
    const mp_kind   *kinds[] = { &item };
    mp_store        *store = NULL;
    mp_store_options options = {
        .folder = folder, .url = url, .schemas = new_schemas, .schema_count = 1, .check_all = true
    };
    MUST_OK(mp_store_open(&store, &options, err));
    CHECK_STR(mp_str_from(mp_store_installation(store)), installation);
    MUST_OK(mp_records_declare(store, kinds, 1, err));
    MUST_OK(mp_store_read(store, look, &f, err));
    MUST_OK(mp_store_read(store, look_later, &f, err));
    CHECK_INT(f.items, 299);
    CHECK_INT(f.past, 3);
    CHECK_INT(f.entries, 43);
    CHECK_INT(f.things, 3);
    CHECK_INT(f.later, 1); /* the migration that the backup did not know ran */
    CHECK(f.is_same);
    mp_store_close(store);
    snprintf(path, sizeof path, "%s/keys/seal.key", folder);
    struct stat st;
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/evidence/ab/abcd", folder);
    CHECK_INT(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/evidence/.half", folder);
    CHECK(access(path, F_OK) != 0);
    snprintf(path, sizeof path, "%s/other", folder);
    CHECK(access(path, F_OK) != 0);
}

static void remove_folder(const char *folder)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CHECK_INT(system(command), 0);
}

static bool leaves_nothing(const char *folder)
{
    char command[300];
    snprintf(command, sizeof command, "ls -d '%s'* >/dev/null 2>&1", folder);
    return system(command) != 0;
}

/* What FOLDER/installation.json says of the store: commands without --store go there. */
static void check_named_store(const char *folder, const char *wanted)
{
    char     path[300];
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    snprintf(path, sizeof path, "%s/installation.json", folder);
    MUST_OK(mp_source_slurp(&text, path, 65536, &arena, err));
    const mp_json *said = opened_json(&arena, mp_arena_dup(&arena, text).ptr);
    const mp_json *store = mp_json_get(said, MP_S("store"));
    CHECK_STR(mp_json_str(mp_json_get(said, MP_S("id"))), installation);
    CHECK_STR(mp_json_str(mp_json_get(said, MP_S("host"))), "mapae.example");
    if (wanted)
        CHECK_STR(mp_json_str(store), wanted);
    else
        CHECK(store == NULL);
    mp_arena_free(&arena);
}

/* As `mapae init` writes it down, with another store than the ones that tests restore into. */
static void name_live_store(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/installation.json", o.folder);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fprintf(f, "{\"id\": \"%s\", \"host\": \"mapae.example\", \"store\": \"postgres://live/mapae\"}", installation);
    CHECK_INT(fclose(f), 0);
}

/* ---- tests ---- */

TEST(what_was_backed_up_is_restored)
{
    mp_backup_report wrote, verified, restored;
    char             target[200];
    begin();
    name_live_store();
    MUST_OK(mp_backup_write(&wrote, o.store, archive, NULL, NULL, err));
    struct stat st;
    CHECK_INT(stat(archive, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT((uint64_t)st.st_size, wrote.bytes);
    CHECK_INT(wrote.files, 3); /* installation.json, the key, the evidence */
    CHECK_INT(mp_backup_write(&wrote, o.store, archive, NULL, NULL, NULL), MP_EXISTS);
    MUST_OK(mp_backup_verify(&verified, archive, err));
    CHECK(verified.rows == wrote.rows && verified.files == wrote.files && verified.bytes == wrote.bytes);
    CHECK(memcmp(verified.digest, wrote.digest, 32) == 0 && verified.taken_at == wrote.taken_at);

    /* Always into SQLite, whatever was backed up. */
    snprintf(target, sizeof target, "%s.target", o.folder);
    mp_store_options into = { .folder = target, .schemas = new_schemas, .schema_count = 1 };
    MUST_OK(mp_backup_restore(&restored, archive, &into, NULL, NULL, err));
    CHECK(restored.rows == wrote.rows && restored.files == wrote.files);
    check_restored(target, NULL);
    check_named_store(target, NULL); /* and not the one that was backed up, which lives on */
    CHECK_INT(mp_backup_restore(&restored, archive, &into, NULL, NULL, NULL), MP_EXISTS);
    remove_folder(target);

    if (opened_url()) { /* and into PostgreSQL, once its store is gone */
        into.url = opened_url();
        CHECK_INT(mp_backup_restore(&restored, archive, &into, NULL, NULL, NULL), MP_EXISTS);
        CHECK(leaves_nothing(target));
        mp_store_close(o.store);
        o.store = NULL;
        opened_aside(&o, "ALTER SCHEMA mapae RENAME TO aside");
        MUST_OK(mp_backup_restore(&restored, archive, &into, NULL, NULL, err));
        check_restored(target, opened_url());
        check_named_store(target, opened_url());
        remove_folder(target);
        opened_aside(&o, "DROP SCHEMA mapae CASCADE; ALTER SCHEMA aside RENAME TO mapae");
    }
    end();
}

static void write_over(off_t at, const void *bytes, size_t len)
{
    int fd = open(archive, O_WRONLY);
    CHECK(fd >= 0);
    CHECK_INT(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

TEST(a_damaged_backup_is_refused_and_leaves_nothing)
{
    mp_backup_report report;
    char             target[200];
    begin();
    MUST_OK(mp_backup_write(&report, o.store, archive, NULL, NULL, err));
    snprintf(target, sizeof target, "%s.target", o.folder);
    mp_store_options into = { .folder = target, .schemas = new_schemas, .schema_count = 1 };
    off_t            size = (off_t)report.bytes;
    for (off_t at = 0; at < size; at += 1 + size / 97) {
        uint8_t before = 0, after;
        int     fd = open(archive, O_RDONLY);
        CHECK_INT(pread(fd, &before, 1, at), 1);
        close(fd);
        after = before ^ 0x10;
        write_over(at, &after, 1);
        mp_backup_report other;
        mp_code          code = mp_backup_verify(&other, archive, NULL);
        if (code == MP_OK) /* a byte that means nothing to zstd: what it holds is the same, and the file's digest tells */
            CHECK(memcmp(other.digest, report.digest, 32) != 0);
        else
            CHECK(code == MP_DAMAGED || code == MP_FORMAT);
        if (code != MP_OK) {
            CHECK_INT(mp_backup_restore(&other, archive, &into, NULL, NULL, NULL), code);
            CHECK(leaves_nothing(target));
        }
        write_over(at, &before, 1);
    }
    MUST_OK(mp_backup_verify(&report, archive, err));
    for (off_t cut = size - 1; cut >= 0; cut -= 1 + size / 31) {
        CHECK_INT(truncate(archive, cut), 0);
        mp_code code = mp_backup_verify(&report, archive, NULL);
        CHECK(code == MP_DAMAGED || code == MP_FORMAT);
    }
    CHECK_INT(mp_backup_verify(&report, "/nonexistent/file", NULL), MP_MISSING);
    end();
}

TEST(a_backup_of_a_newer_version_is_refused)
{
    mp_backup_report report;
    char             target[200];
    opened_begin(&o, new_schemas, 1);
    snprintf(archive, sizeof archive, "%s.backup", o.folder);
    snprintf(target, sizeof target, "%s.target", o.folder);
    MUST_OK(mp_backup_write(&report, o.store, archive, NULL, NULL, err));
    mp_store_options into = { .folder = target, .schemas = old_schemas, .schema_count = 1 };
    CHECK_INT(mp_backup_restore(&report, archive, &into, NULL, NULL, NULL), MP_FOREIGN);
    into.schema_count = 0;
    CHECK_INT(mp_backup_restore(&report, archive, &into, NULL, NULL, NULL), MP_FOREIGN);
    CHECK(leaves_nothing(target));
    end();
}

static bool is_enough(int64_t *left)
{
    return --*left <= 0;
}

static mp_code write_on(mp_tx *tx, void *arg, mp_error *err)
{
    char key[40];
    (void)arg;
    snprintf(key, sizeof key, "more-%lld", (long long)mp_tx_time(tx));
    return mp_record_put(NULL, tx, &item, mp_str_from(key), opened_json(mp_tx_arena(tx), "{}"), 0, err);
}

static void write_meanwhile(void *ctx, uint64_t rows, uint64_t files)
{
    (void)rows;
    (void)files;
    if (!is_enough(ctx))
        MUST_OK(mp_store_write(o.store, write_on, NULL, err));
}

TEST(a_backup_is_of_one_moment_while_others_write)
{
    mp_backup_report report;
    int64_t          writes = 3;
    begin();
    MUST_OK(mp_backup_write(&report, o.store, archive, write_meanwhile, &writes, err));
    CHECK(writes < 3);
    uint64_t rows = report.rows;
    unlink(archive);
    MUST_OK(mp_backup_write(&report, o.store, archive, NULL, NULL, err));
    CHECK(report.rows > rows);
    MUST_OK(mp_backup_verify(&report, archive, err));
    CHECK_INT(mp_backup_write(&report, o.store, "/nonexistent/backup", NULL, NULL, NULL), MP_OUTPUT);
    end();
}

int main(void)
{
    return MAIN(RUN(what_was_backed_up_is_restored), RUN(a_damaged_backup_is_refused_and_leaves_nothing),
                RUN(a_backup_of_a_newer_version_is_refused), RUN(a_backup_is_of_one_moment_while_others_write));
}
