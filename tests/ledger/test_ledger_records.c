/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are changed, removed or put in behind the log's back are found, and named. */
#include "logbook.h"

#include "ledger_internal.h"

#include <stdio.h>

static const mp_kind counter = { .name = "counter", .forgets = true };

typedef struct step {
    logbook    *book;
    const char *key, *body; /* body NULL: deleted */
    unsigned    many;       /* over 0: so many others, in one leaf */
    bool        is_silent;  /* without a leaf */
} step;

static mp_code put_all(mp_tx *tx, const step *s, mp_error *err)
{
    const mp_json *body = opened_json(mp_tx_arena(tx), s->body);
    for (unsigned i = 0; i < s->many; i++)
        MP_TRY(mp_record_put(NULL, tx, &logbook_kind, mp_arena_printf(mp_tx_arena(tx), "%s-%u", s->key, i), body,
                             MP_ANY_VERSION, err));
    return s->many ? MP_OK : mp_record_put(NULL, tx, &logbook_kind, mp_str_from(s->key), body, MP_ANY_VERSION, err);
}

static mp_code run(mp_tx *tx, void *arg, mp_error *err)
{
    const step *s = arg;
    mp_leaf     leaf = logbook_leaf(mp_tx_arena(tx), 1);
    MP_TRY(s->body ? put_all(tx, s, err) : mp_record_delete(tx, &logbook_kind, mp_str_from(s->key), MP_ANY_VERSION, err));
    return s->is_silent ? MP_OK : mp_ledger_add(s->book->ledger, tx, &leaf, err);
}

static void take(logbook *b, step s)
{
    s.book = b;
    opened_write(&b->o, run, &s);
}

#define PLAIN "11111111-0000-4000-8000-000000000001"
#define OTHER "11111111-0000-4000-8000-000000000002"

static mp_code count_up(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_record_put(NULL, tx, &counter, MP_S("c"), opened_json(mp_tx_arena(tx), "{\"n\":1}"), MP_ANY_VERSION, err);
}

/* A life: versions, a deletion, one who came back, keys that could name somebody, and a list too long for a leaf. */
static void begin(logbook *b, const mp_ledger_options *options)
{
    logbook_begin(b, options);
    opened_declare(&b->o, &counter);
    take(b, (step){ .key = PLAIN, .body = "{\"n\":1}" });
    take(b, (step){ .key = PLAIN, .body = "{\"n\":2}" });
    take(b, (step){ .key = PLAIN, .body = "{\"n\":3}" });
    take(b, (step){ .key = "kim", .body = "{\"n\":1}" });
    take(b, (step){ .key = OTHER, .body = "{\"n\":1}" });
    take(b, (step){ .key = OTHER });
    take(b, (step){ .key = "lee", .body = "{}" });
    take(b, (step){ .key = "lee" });
    take(b, (step){ .key = "lee", .body = "{\"back\":true}" });
    take(b, (step){ .key = "many", .body = "{}", .many = 400 });
    opened_write(&b->o, count_up, NULL); /* what keeps no history needs no leaf */
}
#define VERSIONS (3 + 1 + 1 + 2 + 400)

static mp_code verified(logbook *b, uint64_t *records, mp_error *err)
{
    mp_ledger_report report = { .records = 0 };
    mp_code          code = mp_ledger_verify(&report, b->ledger, NULL, NULL, err);
    *records = report.records;
    return code;
}

static void must_hold(logbook *b, uint64_t wanted)
{
    uint64_t records = 0;
    MUST_OK(verified(b, &records, err));
    CHECK_INT(records, wanted);
}

static void must_be_damaged(logbook *b, const char *says)
{
    uint64_t records;
    mp_error err = { 0 };
    mp_code  code = verified(b, &records, &err);
    if (code != MP_DAMAGED || !strstr(err.message, says))
        fail_msg("found  %s: %s\nwanted %s", mp_code_name(code), err.message, says);
}

TEST(records_are_what_the_log_tells)
{
    logbook b;
    begin(&b, NULL);
    must_hold(&b, VERSIONS);
    logbook_close(&b);
    logbook_open(&b);
    must_hold(&b, VERSIONS);
    logbook_end(&b);
}

TEST(what_was_changed_behind_the_log_is_named)
{
    static const struct {
        const char *sql, *says;
    } damages[] = {
        { "UPDATE record SET body = '{\"n\":4}' WHERE key = '" PLAIN "'", "version 3 of the record " PLAIN ", of kind \"thing\", is not what its hash" },
        { "UPDATE record_past SET body = '{\"n\":4}' WHERE key = '" PLAIN "' AND version = 1", "version 1 of the record " PLAIN },
        { "DELETE FROM record WHERE key = '" PLAIN "'", "leaf 3 tells of a record that is not there: " PLAIN },
        { "DELETE FROM record WHERE key = 'kim'", "leaf 4 tells of a record that is not there: kim" },
        { "DELETE FROM record WHERE key = 'many-77'", "leaf 10 tells of a record that is not there: many-77" },
        { "DELETE FROM record_past WHERE key = '" PLAIN "' AND version = 1", "leaf 1 tells of a past version that is not there" },
        { "DELETE FROM record_past WHERE key = '" OTHER "'", "leaf 5 tells of a past version that is not there, of the record " OTHER },
        /* An old version put back in the place of the present one, whole, with its salt and hash. */
        { "UPDATE record SET version = 2, salt = (SELECT salt FROM record_past WHERE key = '" PLAIN "' AND version = 2), "
          "hash = (SELECT hash FROM record_past WHERE key = '" PLAIN "' AND version = 2), "
          "body = (SELECT body FROM record_past WHERE key = '" PLAIN "' AND version = 2) WHERE key = '" PLAIN "'",
          "of the record " PLAIN ", of kind \"thing\", is not in its place" },
        /* Bodies that changed their records. */
        { "UPDATE record SET key = 'park' WHERE key = 'kim'", "leaf 4 tells of another record than park" },
        { "UPDATE record SET key = 'park' WHERE key = 'many-5'", "leaf 10 tells of another record than park" },
        /* Times: what was there since when. */
        { "UPDATE record SET since = since - 10 WHERE key = '" PLAIN "'", "version 3 of the record " PLAIN ", of kind \"thing\", is not of the time that leaf 3 tells" },
        { "UPDATE record_past SET since = since - 10 WHERE key = '" PLAIN "' AND version = 1", "version 1 of the record " PLAIN },
        { "UPDATE record_past SET until = until + 10 WHERE key = '" PLAIN "' AND version = 2", "version 2 of the record " PLAIN },
    };
    for (size_t i = 0; i < MP_COUNT(damages); i++) {
        logbook b;
        begin(&b, NULL);
        opened_aside(&b.o, damages[i].sql);
        must_be_damaged(&b, damages[i].says);
        logbook_end(&b);
    }
}

/* As somebody would who has the store's file, but not the log's key. */
static void put_ghost(logbook *b)
{
    mp_store_set_hook(b->o.store, &(mp_commit_hook){ .mark = NULL }, NULL);
    take(b, (step){ .key = "ghost", .body = "{}", .is_silent = true });
    mp_store_set_hook(b->o.store, &mp_ledger_hook, b->ledger);
}

TEST(no_record_is_changed_without_a_leaf)
{
    logbook b;
    begin(&b, NULL);
    step ghost = { .book = &b, .key = "ghost", .body = "{}", .is_silent = true },
         gone = { .book = &b, .key = "kim", .is_silent = true };
    CHECK_INT(mp_store_write(b.o.store, run, &ghost, NULL), MP_INTERNAL);
    CHECK_INT(mp_store_write(b.o.store, run, &gone, NULL), MP_INTERNAL);
    must_hold(&b, VERSIONS);
    take(&b, (step){ .key = "ghost", .body = "{}" });
    must_hold(&b, VERSIONS + 1);
    logbook_end(&b);
}

TEST(a_record_that_no_leaf_tells_of_is_named)
{
    logbook b;
    begin(&b, NULL);
    put_ghost(&b);
    must_be_damaged(&b, "no leaf has the hash of version 1 of the record ghost");
    logbook_end(&b);
}

static mp_code prune_history(mp_tx *tx, void *arg, mp_error *err)
{
    logbook *b = arg;
    int64_t  removed = 0;
    char     before[MP_CLOCK_SHORT], detail[200];
    mp_clock_format_short(before, mp_tx_time(tx));
    MP_TRY(mp_record_prune(&removed, tx, &logbook_kind, mp_tx_time(tx), err));
    CHECK(removed > 0);
    snprintf(detail, sizeof detail, "{\"before\":\"%s\",\"kind\":\"thing\",\"versions\":%lld}", before, (long long)removed);
    return mp_ledger_add(b->ledger, tx,
                         &(mp_leaf){ .actor_kind = MP_S("system"),
                                     .action = MP_S("Mapae.Store/history/prune"),
                                     .on = MP_S("/"),
                                     .detail = opened_json(mp_tx_arena(tx), detail) },
                         err);
}

/* What retention removed is none the worse for it; what stays is still looked at. */
TEST(retention_is_no_damage)
{
    logbook b;
    int64_t removed;
    begin(&b, &(mp_ledger_options){ .keep_sealed_days = 30 });
    opened_write(&b.o, prune_history, &b);
    must_hold(&b, VERSIONS - 4);
    /* Keys and lists are sealed for as long as openings are kept; then hashes are all there is, and of a list nothing. */
    MUST_OK(mp_ledger_prune(&removed, b.ledger, mp_ledger_now(b.ledger).at + 31 * MP_TICKS_PER_DAY, err));
    CHECK(removed > 0);
    must_hold(&b, VERSIONS - 4 - 400);
    take(&b, (step){ .key = PLAIN, .body = "{\"n\":5}" });
    must_hold(&b, VERSIONS - 4 - 400 + 1);
    /* A record that is younger than the last leaf that does not tell is known, or none. */
    put_ghost(&b);
    must_be_damaged(&b, "no leaf has the hash of version 1 of the record ghost");
    opened_aside(&b.o, "DELETE FROM record WHERE key = 'ghost'");
    opened_aside(&b.o, "UPDATE record SET body = '{\"n\":4}' WHERE key = 'many-77'");
    must_be_damaged(&b, "version 1 of the record many-77");
    opened_aside(&b.o, "UPDATE record SET body = '{}' WHERE key = 'many-77'");
    opened_aside(&b.o, "DELETE FROM record WHERE key = '" PLAIN "'");
    must_be_damaged(&b, "tells of a record that is not there: " PLAIN);
    logbook_end(&b);
}

int main(void)
{
    return MAIN(RUN(records_are_what_the_log_tells), RUN(what_was_changed_behind_the_log_is_named),
                RUN(no_record_is_changed_without_a_leaf), RUN(a_record_that_no_leaf_tells_of_is_named),
                RUN(retention_is_no_damage));
}
