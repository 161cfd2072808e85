/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence, stamps and packages over a real log in a real store: what goes out must hold for somebody who has nothing
 * but the file. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "evidence.h"
#include "opened.h"
#include "package.h"
#include "secret.h"
#include "stamp.h"

static const mp_record_index user_indexes[] = { { .name = "mail", .path = "mail" } };
static const mp_kind         user_kind = { .name = "user", .indexes = user_indexes, .index_count = 1 };

static opened     o;
static mp_ledger *ledger;
static mp_arena   arena;

static int begin(void **state)
{
    static const mp_schema *const schemas[] = { &mp_ledger_schema, &mp_stamp_schema };
    static const mp_kind *const   kinds[] = { &mp_evidence_kind, &user_kind };
    (void)state;
    opened_begin(&o, schemas, 2);
    MUST_OK(mp_records_declare(o.store, kinds, 2, err));
    MUST_OK(mp_ledger_open(&ledger, o.store, NULL, err));
    return 0;
}

static int end(void **state)
{
    (void)state;
    mp_ledger_close(ledger);
    opened_end(&o);
    mp_arena_free(&arena);
    return 0;
}

/* ---- evidence ---- */

static mp_str upload(const char *text)
{
    mp_evidence_sink *sink;
    char              sha256[65];
    uint64_t          size;
    MUST_OK(mp_evidence_begin(&sink, o.store, err));
    MUST_OK(mp_evidence_write(sink, mp_str_from(text), err));
    MUST_OK(mp_evidence_end(sha256, &size, sink, err));
    return mp_arena_dup(&arena, mp_str_of(sha256, 64));
}

struct change {
    const mp_kind *kind;
    mp_str         key;
    const char    *body; /* NULL: delete */
    mp_record      after;
    const char    *stored; /* its canonical text */
};

static mp_code change_in(mp_tx *tx, void *arg, mp_error *err)
{
    struct change *c = arg;
    const mp_leaf leaf = { .actor_kind = MP_S("user"),
                           .actor = MP_S("5f0c1f5e-0000-4000-8000-0000000000aa"),
                           .from = MP_S("192.0.2.7"),
                           .action = MP_S("Mapae.Evidence/evidence/write"),
                           .on = MP_S("/api/v1/evidence"),
                           .status = 201 };
    if (!c->body)
        MP_TRY(mp_evidence_delete(tx, c->key, MP_ANY_VERSION, err));
    else if (c->kind == &mp_evidence_kind)
        MP_TRY(mp_evidence_put(&c->after, tx, c->key, opened_json(mp_tx_arena(tx), c->body), err));
    else
        MP_TRY(mp_record_put(&c->after, tx, c->kind, c->key, opened_json(mp_tx_arena(tx), c->body), MP_ANY_VERSION, err));
    if (c->body) {
        mp_buf text = MP_BUF_INIT;
        mp_buf_add_json(&text, c->after.body);
        c->stored = mp_arena_dup(&arena, mp_buf_str(&text)).ptr;
        mp_buf_free(&text);
    }
    return mp_ledger_add(ledger, tx, &leaf, err);
}

static mp_code change(struct change *c, mp_error *err)
{
    return mp_store_write(o.store, change_in, c, err);
}

#define KEY "5f0c1f5e-0000-4000-8000-000000000001"

static mp_code put_as(mp_str key, const char *format, mp_str sha256, const char **stored, mp_error *err)
{
    struct change c = { .kind = &mp_evidence_kind,
                        .key = key,
                        .body = mp_arena_printf(&arena, format, MP_FMT(sha256)).ptr };
    mp_code       code = change(&c, err);
    if (code == MP_OK && stored)
        *stored = c.stored;
    return code;
}

static mp_code put(const char *format, mp_str sha256, const char **stored, mp_error *err)
{
    return put_as(MP_S(KEY), format, sha256, stored, err);
}

TEST(a_record_of_evidence)
{
    mp_str      sha256 = upload("evidence");
    const char *stored;
    mp_evidence_checked checked;
    MUST_OK(put(
        "{\"title\":\"Scan\",\"mediaType\":\"text/plain\",\"sha256\":\"%.*s\",\"links\":[\"/a\",\"/b\"],\"keepUntil\":\"2031-01-01\","
        "\"collectedAt\":\"2030-01-01T00:00:00.5Z\"}",
        sha256, &stored, err));
    CHECK(strstr(stored, "\"sizeBytes\":8") && strstr(stored, "\"keepUntil\":\"2031-01-01T00:00:00Z\""));
    CHECK(strstr(stored, "\"takenAt\":\"20") && !strstr(stored, "\"takenAt\":\"2030"));
    CHECK(strstr(stored, "\"collectedAt\":\"2030-01-01T00:00:00Z\"") && strstr(stored, "\"source\":\"upload\""));
    MUST_OK(mp_evidence_verify(&checked, o.store, NULL, NULL, err));
    CHECK(checked.records == 1 && checked.files == 1 && checked.bytes == 8 && checked.wrong == 0);
}

TEST(what_a_record_may_not_say)
{
    static const struct {
        const char *body;
        mp_code     code;
    } cases[] = {
        { "{\"mediaType\":\"text/plain\",\"sha256\":\"%.*s\"}", MP_PARAMETER },
        { "{\"title\":\"\",\"mediaType\":\"text/plain\",\"sha256\":\"%.*s\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"text\",\"sha256\":\"%.*s\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"surprise\":1}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"links\":\"/a\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"links\":[7]}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"keepUntil\":\"soon\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"source\":\"access\",\"keepUntil\":\"2020-01-01\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s0\"}", MP_PARAMETER },
        { "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"source\":\"%.*s\"}", MP_MISSING },
        { "[\"%.*s\"]", MP_PARAMETER },
    };
    mp_str sha256 = upload("evidence");
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_INT(put(cases[i].body, sha256, NULL, NULL), cases[i].code);
}

TEST(retention_and_hold)
{
    mp_str        sha256 = upload("evidence");
    struct change gone = { .kind = &mp_evidence_kind, .key = MP_S(KEY) };
    mp_error      why;
    MUST_OK(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\"}", sha256, NULL, err));
    CHECK_INT(change(&gone, &why), MP_CONFLICT);
    CHECK(strstr(why.message, "must be kept until"));
    CHECK_INT(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"keepUntil\":\"2020-01-01\"}", sha256,
                  NULL, &why),
              MP_CONFLICT);
    mp_str other = upload("other");
    CHECK_INT(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\"}", other, NULL, &why), MP_CONFLICT);
}

/* What somebody says about the time of collection shortens nothing. */
TEST(retention_counts_from_our_own_clock)
{
    mp_str        sha256 = upload("evidence");
    struct change gone = { .kind = &mp_evidence_kind, .key = MP_S(KEY) };
    mp_error      why = { 0 };
    CHECK_INT(
        put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"source\":\"access\",\"collectedAt\":\"2020-01-01\","
            "\"keepUntil\":\"2021-06-01\"}",
            sha256, NULL, &why),
        MP_PARAMETER);
    CHECK(strstr(why.message, "366 days"));
    MUST_OK(put(
        "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"source\":\"access\",\"collectedAt\":\"2020-01-01\"}",
        sha256, NULL, err));
    CHECK_INT(change(&gone, &why), MP_CONFLICT);
    CHECK(strstr(why.message, "must be kept until"));
    MUST_OK(put("{\"title\":\"u\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"takenAt\":\"2020-01-01\",\"hold\":[]}",
                sha256, NULL, err));
    CHECK_INT(change(&gone, &why), MP_CONFLICT);
}

static mp_code hold_in(mp_tx *tx, void *reason, mp_error *e)
{
    const mp_leaf leaf = { .actor_kind = MP_S("user"), .action = MP_S("Mapae.Evidence/evidence/hold") };
    mp_record     record;
    MP_TRY(reason ? mp_evidence_hold(&record, tx, MP_S(KEY), MP_S("case-7"), MP_S("who"), mp_str_from(reason), e)
                  : mp_evidence_release(&record, tx, MP_S(KEY), MP_S("case-7"), e));
    return mp_ledger_add(ledger, tx, &leaf, e);
}

static mp_code hold(const char *reason, mp_error *e)
{
    return mp_store_write(o.store, hold_in, (void *)(uintptr_t)reason, e);
}

TEST(past_its_time_it_may_go_but_not_under_hold)
{
    mp_str        sha256 = upload("evidence");
    struct change gone = { .kind = &mp_evidence_kind, .key = MP_S(KEY) };
    const char   *stored;
    mp_error      why;
    int64_t       removed = -1;
    mp_evidence_checked checked;
    CHECK_INT(hold("r", NULL), MP_MISSING);
    MUST_OK(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"keepUntil\":\"2020-01-01\"}", sha256,
                NULL, err));
    CHECK_INT(hold("", NULL), MP_PARAMETER);
    CHECK_INT(hold(NULL, NULL), MP_MISSING);
    MUST_OK(hold("first", err));
    MUST_OK(hold("second", err));
    CHECK_INT(change(&gone, &why), MP_CONFLICT);
    CHECK(strstr(why.message, "case-7"));
    MUST_OK(mp_evidence_prune(&removed, o.store, mp_clock_now() + 2 * MP_TICKS_PER_DAY, err));
    CHECK_INT(removed, 0);
    /* A record that is replaced keeps its holds, whatever its body says. */
    MUST_OK(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\",\"hold\":[]}", sha256, &stored, err));
    CHECK(strstr(stored, "\"id\":\"case-7\"") && strstr(stored, "\"by\":\"who\"") &&
          strstr(stored, "\"reason\":\"second\"") && !strstr(stored, "first"));
    CHECK_INT(change(&gone, &why), MP_CONFLICT);
    MUST_OK(hold(NULL, err));
    MUST_OK(change(&gone, err));
    MUST_OK(mp_evidence_prune(&removed, o.store, mp_clock_now(), err));
    CHECK_INT(removed, 0); /* young */
    MUST_OK(mp_evidence_prune(&removed, o.store, mp_clock_now() + 2 * MP_TICKS_PER_DAY, err));
    CHECK_INT(removed, 1);
    MUST_OK(mp_evidence_verify(&checked, o.store, NULL, NULL, err));
    CHECK(checked.records == 0 && checked.files == 0);
}

struct wrong {
    size_t   count;
    mp_code  code;
    mp_error why;
};

static mp_code note_wrong(void *ctx, const mp_record *record, const mp_error *why, mp_error *err)
{
    struct wrong *w = ctx;
    (void)err;
    CHECK(record->key.len > 0);
    w->count++;
    w->code = why->code;
    w->why = *why;
    return MP_OK;
}

static struct wrong verified(uint64_t records, uint64_t files)
{
    struct wrong        wrong = { .count = 0 };
    mp_evidence_checked checked;
    MUST_OK(mp_evidence_verify(&checked, o.store, note_wrong, &wrong, err));
    CHECK_INT(checked.records, records);
    CHECK_INT(checked.files, files);
    CHECK_INT(checked.wrong, wrong.count);
    return wrong;
}

/* Each record whose file it is, and the others hold. */
TEST(a_file_that_was_touched_is_found)
{
    mp_str       sha256 = upload("evidence"), other = upload("other");
    struct wrong wrong;
    char         path[300];
    static const char paper[] = "{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\"}";
    MUST_OK(put(paper, sha256, NULL, err));
    MUST_OK(put_as(MP_S("00000000-0000-4000-8000-000000000001"), paper, sha256, NULL, err));
    MUST_OK(put_as(MP_S("00000000-0000-4000-8000-000000000002"), paper, other, NULL, err));
    CHECK_INT(verified(3, 2).count, 0);
    snprintf(path, sizeof path, "%s/evidence/%.2s/%.*s.zst", o.folder, sha256.ptr, MP_FMT(sha256));
    FILE *file = fopen(path, "r+b");
    CHECK(file && fseek(file, 12, SEEK_SET) == 0 && fputc('~', file) == '~' && fclose(file) == 0);
    wrong = verified(3, 2);
    CHECK(wrong.count == 2 && wrong.code == MP_DAMAGED && strstr(wrong.why.message, sha256.ptr));
    CHECK(unlink(path) == 0);
    wrong = verified(3, 2);
    CHECK(wrong.count == 2 && wrong.code == MP_MISSING);
}

/* ---- stamps ---- */

TEST(stamps_are_kept)
{
    static const mp_stamp_options local = { .url = NULL };
    mp_stamp                      one, again, *list;
    size_t                        count;
    uint64_t                      held = 0;
    MUST_OK(mp_stamp_take(&one, o.store, ledger, &local, &arena, err));
    MUST_OK(mp_stamp_take(&again, o.store, ledger, &local, &arena, err));
    CHECK(one.size == again.size && one.at == again.at && mp_str_eq(one.answer, again.answer));
    MUST_OK(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\"}", upload("x"), NULL, err));
    MUST_OK(mp_stamp_take(&again, o.store, ledger, &local, &arena, err));
    CHECK(again.size > one.size);
    MUST_OK(mp_stamp_list(&list, &count, o.store, 0, 0, &arena, err));
    CHECK_INT(count, 2);
    MUST_OK(mp_stamp_list(&list, &count, o.store, one.size + 1, 0, &arena, err));
    CHECK_INT(count, 1);
    CHECK_STR(list[0].authority, "local");
    MUST_OK(mp_stamp_check_all(&held, o.store, err));
    CHECK_INT(held, 2);
}

static mp_code damage(mp_tx *tx, void *arg, mp_error *err)
{
    return mp_sql(tx, NULL, arg, NULL, 0, err);
}

TEST(a_stamp_that_was_touched_is_found)
{
    static const mp_stamp_options local = { .url = NULL };
    mp_stamp                      stamp;
    uint64_t                      held;
    mp_error                      why;
    MUST_OK(mp_stamp_take(&stamp, o.store, ledger, &local, &arena, err));
    MUST_OK(mp_store_write(o.store, damage, "UPDATE ledger_stamps SET at = at + 10000000", err));
    CHECK_INT(mp_stamp_check_all(&held, o.store, &why), MP_DAMAGED);
    MUST_OK(mp_store_write(o.store, damage, "UPDATE ledger_stamps SET at = at - 10000000, checkpoint = ca", err));
    CHECK_INT(mp_stamp_check_all(&held, o.store, &why), MP_DAMAGED);
}

TEST(an_authority_without_trust_is_not_asked)
{
    const mp_stamp_options options = { .url = "http://127.0.0.1:1/" };
    mp_stamp               stamp;
    CHECK_INT(mp_stamp_take(&stamp, o.store, ledger, &options, &arena, NULL), MP_PARAMETER);
}

/* ---- packages ---- */

static char path[160];

static mp_str present_head(void)
{
    mp_buf note = MP_BUF_INIT;
    MUST_OK(mp_ledger_checkpoint(&note, ledger, err));
    mp_str out = mp_arena_dup(&arena, mp_buf_str(&note));
    mp_buf_free(&note);
    return out;
}

static mp_str first_key(void)
{
    mp_buf keys = MP_BUF_INIT;
    MUST_OK(mp_ledger_keys(&keys, ledger, err));
    mp_str out = mp_arena_dup(&arena, mp_buf_str(&keys));
    mp_buf_free(&keys);
    return out;
}

static void write_package(const mp_package_request *request, mp_package_written *written)
{
    snprintf(path, sizeof path, "%s/package.tar", o.folder);
    MUST_OK(mp_package_write(written, o.store, ledger, request, path, err));
}

/* Everything at once: evidence, a user, a stamp, two rotations, an older head. */
TEST(a_package_for_an_outsider)
{
    static const mp_stamp_options local = { .url = NULL };
    static const mp_leaf          who = { .actor_kind = MP_S_INIT("local"), .action = MP_S_INIT("x") };
    mp_package_written            written;
    mp_package_report             report;
    mp_stamp                      stamp;
    mp_str                        key = first_key(), since = present_head();
    struct change user = { .kind = &user_kind,
                           .key = MP_S("5f0c1f5e-0000-4000-8000-000000000002"),
                           .body = "{\"mail\":\"kim@example.org\",\"n\":1.5}" };
    MUST_OK(change(&user, err));
    uint64_t user_leaf = mp_ledger_now(ledger).size - 1;
    MUST_OK(put("{\"title\":\"t\",\"mediaType\":\"a/b\",\"sha256\":\"%.*s\"}", upload("evidence for an outsider"),
                NULL, err));
    MUST_OK(mp_stamp_take(&stamp, o.store, ledger, &local, &arena, err));
    MUST_OK(mp_ledger_rotate(ledger, &who, err));
    MUST_OK(mp_ledger_rotate(ledger, &who, err));
    MUST_OK(mp_ledger_note(ledger, &who, err));
    const mp_str             evidence[] = { MP_S(KEY) }, all[] = { MP_S("*") };
    const mp_package_request request = { .leaves = (const uint64_t[]){ user_leaf, 0, user_leaf },
                                         .leaf_count = 3,
                                         .evidence = evidence,
                                         .evidence_count = 1,
                                         .opens = all,
                                         .open_count = 1,
                                         .kinds = all,
                                         .kind_count = 1,
                                         .since = since,
                                         .stamps = true };
    write_package(&request, &written);
    CHECK_INT(written.leaves, 5); /* two that were asked for, that of the evidence, and the rotations */
    CHECK_INT(written.records, 2);
    CHECK_INT(written.evidence, 1);
    CHECK_INT(written.stamps, 1);
    const mp_package_trust trust = { .keys = key, .since = since, .stamp_ca = stamp.ca };
    MUST_OK(mp_package_verify(&report, path, &trust, &arena, err));
    CHECK(report.is_pinned && report.is_since && report.stamp_count == 1 && report.stamps[0].is_pinned);
    CHECK_INT(report.leaves, 5);
    CHECK_INT(report.records, 2);
    CHECK_INT(report.opened, written.opened);
    CHECK(written.opened >= 2); /* where from */
    CHECK_INT(report.size, mp_ledger_now(ledger).size);
    CHECK_STR(report.installation, mp_store_installation(o.store));
    char command[400];
    snprintf(command, sizeof command, "python3 -B '%s' '%s' >&2", getenv("VERIFIER"), path);
    CHECK_INT(system(command), 0);
}

TEST(the_same_request_gives_the_same_bytes)
{
    const mp_package_request request = { .leaves = (const uint64_t[]){ 0 }, .leaf_count = 1 };
    mp_package_written       one, two;
    write_package(&request, &one);
    write_package(&request, &two);
    CHECK(one.bytes == two.bytes && memcmp(one.digest, two.digest, 32) == 0);
}

TEST(what_cannot_be_packed)
{
    mp_package_written written;
    mp_error           why;
    mp_str other = MP_S(
        "example.org/other\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xE2\x80\x94 example.org/other AAAAAAAA\n");
    const struct {
        mp_package_request request;
        mp_code            code;
    } cases[] = {
        { { .leaves = (const uint64_t[]){ 99 }, .leaf_count = 1 }, MP_MISSING },
        { { .evidence = (const mp_str[]){ MP_S("nothing") }, .evidence_count = 1 }, MP_MISSING },
        { { .since = other }, MP_PARAMETER },
    };
    snprintf(path, sizeof path, "%s/none.tar", o.folder);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(mp_package_write(&written, o.store, ledger, &cases[i].request, path, &why), cases[i].code);
        CHECK(access(path, F_OK) != 0);
    }
    CHECK_INT(mp_package_write(&written, o.store, ledger, &(mp_package_request){ .leaf_count = 0 },
                               "/nowhere/at/all.tar", &why),
              MP_OUTPUT);
}

/* More changes than a leaf has room for: the list is sealed, and opened for the records that stand in it. */
static mp_code change_many(mp_tx *tx, void *arg, mp_error *err)
{
    const mp_leaf leaf = { .actor_kind = MP_S("system"), .action = MP_S("Mapae.Access/users/write") };
    const mp_json *body = opened_json(mp_tx_arena(tx), "{\"mail\":\"kim@example.org\"}");
    (void)arg;
    for (int i = 0; i < 600; i++)
        MP_TRY(mp_record_put(NULL, tx, &user_kind,
                             mp_arena_printf(mp_tx_arena(tx), "5f0c1f5e-0000-4000-8000-%012d", i), body,
                             MP_ANY_VERSION, err));
    return mp_ledger_add(ledger, tx, &leaf, err);
}

TEST(a_leaf_of_many_changes)
{
    static const mp_package_trust none;
    mp_package_written            written;
    mp_package_report             report;
    const mp_str                  kinds[] = { MP_S("user") };
    MUST_OK(mp_store_write(o.store, change_many, NULL, err));
    const mp_package_request request = { .leaves = (const uint64_t[]){ mp_ledger_now(ledger).size - 1 },
                                         .leaf_count = 1,
                                         .kinds = kinds,
                                         .kind_count = 1 };
    write_package(&request, &written);
    CHECK_INT(written.records, 600);
    MUST_OK(mp_package_verify(&report, path, &none, &arena, err));
    CHECK_INT(report.records, 600);
    CHECK_INT(report.opened, 1);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    return MAIN(EACH(a_record_of_evidence), EACH(what_a_record_may_not_say), EACH(retention_and_hold),
                EACH(retention_counts_from_our_own_clock), EACH(past_its_time_it_may_go_but_not_under_hold),
                EACH(a_file_that_was_touched_is_found), EACH(stamps_are_kept),
                EACH(a_stamp_that_was_touched_is_found), EACH(an_authority_without_trust_is_not_asked),
                EACH(a_package_for_an_outsider), EACH(the_same_request_gives_the_same_bytes),
                EACH(what_cannot_be_packed), EACH(a_leaf_of_many_changes));
}
