/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite over a disk that fails, and the store while memory runs out: at every place where it could. What was
 * acknowledged is there afterwards, nothing is by half, and once the fault is gone the store works again by itself.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backup.h"
#include "fault.h"
#include "faulty.h"
#include "opened.h"

enum { WRITES = 6 };

static const mp_record_index indexes[] = { { .name = "n", .path = "n" } };
static const mp_kind         pair = { .name = "pair", .indexes = indexes, .index_count = 1 };
static const mp_kind *const  kinds[] = { &pair };

static opened o;
static int    next_number;

static mp_code put_pair(mp_tx *tx, void *arg, mp_error *err)
{
    int       number = *(int *)arg;
    mp_arena *arena = mp_tx_arena(tx);
    for (int half = 0; half < 2; half++) {
        mp_str key = mp_arena_printf(arena, "%d-%d", number, half);
        mp_str text = mp_arena_printf(arena, "%04000d", number); /* a page each */
        mp_json body[3] = { { MP_JSON_OBJECT, 1, { .span = 3 } }, { MP_JSON_STRING, 1, { .text = "n" } },
                            { MP_JSON_STRING, (uint32_t)text.len, { .text = text.ptr } } };
        if (!key.ptr || !text.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_record_put(NULL, tx, &pair, key, body, MP_NO_VERSION, err));
    }
    return MP_OK;
}

typedef struct sums {
    int64_t records, whole, entries;
    int     wanted;
    bool    has_wanted;
} sums;

static mp_code add_up(mp_tx *tx, void *arg, mp_error *err)
{
    sums     *s = arg;
    mp_record r;
    char      key[40];
    MP_TRY(mp_sql_int(&s->records, tx, "SELECT count(*) FROM record", NULL, 0, err));
    MP_TRY(mp_sql_int(&s->whole, tx, "SELECT count(*) FROM record a JOIN record b ON b.kind = a.kind AND b.key = "
                      "substr(a.key, 1, length(a.key) - 1) || '1' WHERE a.key LIKE '%-0'", NULL, 0, err));
    MP_TRY(mp_sql_int(&s->entries, tx, "SELECT count(*) FROM record_entry", NULL, 0, err));
    snprintf(key, sizeof key, "%d-1", s->wanted);
    mp_code code = mp_record_get(&r, tx, &pair, mp_str_from(key), 0, mp_tx_arena(tx), err);
    s->has_wanted = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code open_it(mp_error *err)
{
    MP_TRY(mp_store_open(&o.store, &o.options, err));
    return mp_records_declare(o.store, kinds, 1, err);
}

static void close_it(void)
{
    mp_store_close(o.store);
    o.store = NULL;
}

static void make_it(void)
{
    opened_prepare(&o);
    o.options.url = NULL;
    MUST_OK(open_it(err));
    close_it();
}

static void check_sums(const bool *is_acknowledged, int first, int count)
{
    sums s = { .records = 0 };
    o.options.check_all = true;
    MUST_OK(open_it(err));
    o.options.check_all = false;
    for (int i = 0; i < count; i++) {
        s.wanted = first + i;
        opened_read(&o, add_up, &s);
        if (is_acknowledged[i] && !s.has_wanted)
            fail_msg("%d was acknowledged and is lost", first + i);
    }
    CHECK(s.records == 2 * s.whole && s.entries == s.records);
    close_it();
}

/* ---- the disk ---- */

/* Returns whether the fault was met. */
static bool one_fault(faulty_kind kind, unsigned at, bool for_good)
{
    bool is_acknowledged[WRITES + 1] = { false };
    int  first = next_number, failed = 0;
    next_number += WRITES + 1;
    faulty_set(kind, at, for_good);
    mp_error why = { 0 };
    mp_code  began = open_it(&why);
    CHECK(began == MP_OK || why.message[0]);
    for (int i = 0; i < WRITES && began == MP_OK; i++) {
        int     number = first + i;
        double  began_at = opened_seconds();
        mp_code code = mp_store_write(o.store, put_pair, &number, &why);
        CHECK(code == MP_OK || code == MP_FULL || code == MP_UNAVAILABLE);
        CHECK(code == MP_OK || kind != FAULTY_FULL || code == MP_FULL);
        is_acknowledged[i] = code == MP_OK;
        failed += code != MP_OK;
        mp_code health = mp_store_health(o.store, NULL);
        CHECK(health == code || (health == MP_OK && opened_may_have_looked(began_at)));
    }
    bool was_met = faulty_was_met();
    CHECK(for_good || failed <= 1);
    faulty_set(kind, 0, false);
    if (began == MP_OK) { /* the fault is gone, the store is what it was */
        int number = first + WRITES;
        MUST_OK(mp_store_write(o.store, put_pair, &number, err));
        MUST_OK(mp_store_health(o.store, err));
        is_acknowledged[WRITES] = true;
    }
    close_it();
    check_sums(is_acknowledged, first, WRITES + 1);
    return was_met;
}

static void every_fault(faulty_kind kind)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        unsigned at = 1, step = (unsigned)test_step(5);
        bool     was_met = true;
        for (; was_met && at < 10000; at += step) {
            make_it();
            was_met = one_fault(kind, at, for_good);
            opened_end(&o);
        }
        CHECK(at > 1 + step && !was_met);
    }
}

TEST(a_full_disk) { every_fault(FAULTY_FULL); }
TEST(a_write_that_fails_half_way) { every_fault(FAULTY_WRITE); }
TEST(a_sync_that_fails) { every_fault(FAULTY_SYNC); }
TEST(a_read_that_fails) { every_fault(FAULTY_READ); }

/* ---- memory ---- */

static mp_code list_all(mp_tx *tx, void *arg, mp_error *err)
{
    mp_record_filter filter = { "n", MP_FILTER_STARTS, MP_S("0") };
    mp_record_query  q = { .kind = &pair, .filters = &filter, .filter_count = 1, .order = "n", .limit = 3, .counts = true };
    mp_record_page   page;
    (void)arg;
    MP_TRY(mp_record_list(&page, tx, &q, mp_tx_arena(tx), err));
    q.after = page.next;
    MP_TRY(mp_record_list(&page, tx, &q, mp_tx_arena(tx), err));
    MP_TRY(mp_record_history(&page, tx, &pair, MP_S("0-0"), MP_S(""), 1, mp_tx_arena(tx), err));
    return MP_OK;
}

static mp_code change_some(mp_tx *tx, void *arg, mp_error *err)
{
    mp_json empty = { MP_JSON_OBJECT, 0, { .span = 1 } };
    int64_t removed;
    (void)arg;
    MP_TRY(mp_record_put(NULL, tx, &pair, MP_S("0-0"), &empty, MP_ANY_VERSION, err));
    MP_TRY(mp_record_delete(tx, &pair, MP_S("0-1"), MP_ANY_VERSION, err));
    MP_TRY(mp_record_prune(&removed, tx, &pair, 1, err));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "so that every round finds the same");
}

static bool work(void *context)
{
    mp_error err = { 0 };
    mp_code  code = open_it(&err);
    int      number = 0;
    (void)context;
    if (code == MP_OK)
        code = mp_store_read(o.store, list_all, NULL, &err);
    if (code == MP_OK && mp_store_write(o.store, change_some, NULL, &err) != MP_CONFLICT)
        code = err.code;
    if (code == MP_OK && mp_store_write(o.store, put_pair, &number, &err) != MP_EXISTS)
        code = err.code;
    close_it();
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK(code == MP_OK || err.message[0]);
    return code == MP_OK;
}

TEST(memory_runs_out)
{
    make_it();
    MUST_OK(open_it(err));
    for (int number = 0; number < 4; number++)
        opened_write(&o, put_pair, &number);
    close_it();
    CHECK(fault_loop(work, NULL) > 50);
    bool is_acknowledged[4] = { true, true, true, true };
    check_sums(is_acknowledged, 0, 4);
    opened_end(&o);
}

static char archive[200], target[200];

static bool back_up_and_restore(void *context)
{
    mp_backup_report report;
    mp_error         err = { 0 };
    mp_store_options into = { .folder = target };
    (void)context;
    mp_code code = mp_backup_write(&report, o.store, archive, NULL, NULL, &err);
    if (code == MP_OK)
        code = mp_backup_restore(&report, archive, &into, NULL, NULL, &err);
    CHECK(code == MP_OK || access(target, F_OK) != 0);
    unlink(archive);
    if (code == MP_OK) {
        char command[300];
        snprintf(command, sizeof command, "rm -rf '%s'", target);
        CHECK_INT(system(command), 0);
    }
    CHECK(code == MP_OK || code == MP_NOMEM);
    return code == MP_OK;
}

TEST(memory_runs_out_for_a_backup)
{
    make_it();
    MUST_OK(open_it(err));
    int number = 0;
    opened_write(&o, put_pair, &number);
    snprintf(archive, sizeof archive, "%s.backup", o.folder);
    snprintf(target, sizeof target, "%s.target", o.folder);
    CHECK(fault_loop(back_up_and_restore, NULL) > 50);
    opened_end(&o);
}

/* A backup that meets a full disk: a file may not grow beyond a limit here. */
TEST(a_full_disk_under_a_backup)
{
    struct rlimit    before, small = { 300, RLIM_INFINITY };
    mp_backup_report report;
    make_it();
    MUST_OK(open_it(err));
    for (int number = 0; number < 4; number++)
        opened_write(&o, put_pair, &number);
    snprintf(archive, sizeof archive, "%s.backup", o.folder);
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    mp_code code = mp_backup_write(&report, o.store, archive, NULL, NULL, NULL);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_INT(code, MP_OUTPUT);
    char part[210];
    snprintf(part, sizeof part, "%s.part", archive);
    CHECK(access(archive, F_OK) != 0 && access(part, F_OK) != 0);
    MUST_OK(mp_backup_write(&report, o.store, archive, NULL, NULL, err));
    unlink(archive);
    opened_end(&o);
}

int main(void)
{
    faulty_install();
    return MAIN(RUN(a_full_disk), RUN(a_write_that_fails_half_way), RUN(a_sync_that_fails), RUN(a_read_that_fails),
                RUN(memory_runs_out), RUN(memory_runs_out_for_a_backup), RUN(a_full_disk_under_a_backup));
}
