/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is changed behind the log's back is found, and named.
 *
 * The log is filled once and copied beside; after each damage the tables that it names become what they were. */
#include "logbook.h"

#include <stdio.h>

#define LEAVES 4500 /* a full block of words, 17 full tiles and a part of one */
#define LAST "4501" /* after the first key's leaf comes 4500 others, then the second key's */

static const struct damage {
    const char *sql;
    mp_code     opening;
    const char *opening_says;
    const char *verifying_says; /* NULL: cannot be opened, or is not damaged */
} damages[] = {
    /* leaves */
    { "UPDATE ledger_leaf SET entry = replace(entry, 'done', 'Done') WHERE idx = 17", MP_OK, "", "leaf 17 does not have the hash" },
    { "UPDATE ledger_leaf SET entry = 'nothing' WHERE idx = 17", MP_OK, "", "leaf 17 does not have the hash" },
    { "UPDATE ledger_leaf SET entry = replace(entry, 'system', 'System') WHERE idx = " LAST, MP_DAMAGED, "root that was signed", NULL },
    { "UPDATE ledger_leaf SET entry = 'nothing' WHERE idx = " LAST, MP_DAMAGED, "leaf " LAST " is no JSON", NULL },
    { "UPDATE ledger_leaf SET entry = NULL WHERE idx = " LAST, MP_DAMAGED, "leaf " LAST " is not there", NULL },
    { "UPDATE ledger_leaf SET entry = NULL WHERE idx = 60", MP_OK, "", "leaf 60 has no text" },
    { "UPDATE ledger_leaf SET at = at + 1 WHERE idx = 17", MP_OK, "", "leaf 17 does not have the time" },
    { "DELETE FROM ledger_leaf WHERE idx = 50", MP_OK, "", "leaf 50 is not there" },
    { "DELETE FROM ledger_leaf WHERE idx = 4200", MP_DAMAGED, "leaf 4200 is not there", NULL },
    { "DELETE FROM ledger_leaf WHERE idx = " LAST, MP_DAMAGED, "leaf " LAST " is not there", NULL },
    { "DELETE FROM ledger_leaf", MP_DAMAGED, "leaf " LAST " is not there", NULL },
    { "INSERT INTO ledger_leaf(idx, at, entry) SELECT 4502, at, entry FROM ledger_leaf WHERE idx = " LAST, MP_DAMAGED,
      "behind the last one", NULL },
    { "INSERT INTO ledger_leaf(idx, at, entry) SELECT -1, at, entry FROM ledger_leaf WHERE idx = 0", MP_OK, "", "4503 leaves" },
    { "UPDATE ledger_leaf SET entry = CASE idx WHEN 100 THEN (SELECT entry FROM ledger_leaf WHERE idx = 101) "
      "ELSE (SELECT entry FROM ledger_leaf WHERE idx = 100) END WHERE idx IN (100, 101)", MP_OK, "", "leaf 100 does not have the hash" },
    { "UPDATE ledger_leaf SET entry = CASE idx WHEN 4490 THEN (SELECT entry FROM ledger_leaf WHERE idx = 4491) "
      "ELSE (SELECT entry FROM ledger_leaf WHERE idx = 4490) END WHERE idx IN (4490, 4491)", MP_DAMAGED, "root that was signed", NULL },
    /* tiles */
    { "UPDATE ledger_tile SET hashes = (SELECT hashes FROM ledger_tile WHERE level = 0 AND n = 4) WHERE level = 0 AND n = 3", MP_DAMAGED,
      "root that was signed", NULL },
    { "DELETE FROM ledger_tile WHERE level = 0 AND n = 3", MP_DAMAGED, "tile 3 of level 0 is not there", NULL },
    { "UPDATE ledger_tile SET hashes = CAST('short' AS BLOB) WHERE level = 0 AND n = 3", MP_DAMAGED, "tile 3 of level 0 is 5 bytes", NULL },
    { "INSERT INTO ledger_tile(level, n, hashes) SELECT 1, 0, hashes FROM ledger_tile WHERE level = 0 AND n = 0", MP_OK, "", "18 tiles" },
    /* the head */
    { "UPDATE ledger_head SET checkpoint = (SELECT checkpoint FROM ledger_key WHERE n = 1)", MP_DAMAGED, "behind the last one", NULL },
    { "UPDATE ledger_head SET checkpoint = replace(checkpoint, '4502', '4501')", MP_DAMAGED, "head of the log does not hold", NULL },
    { "UPDATE ledger_head SET checkpoint = 'nothing'", MP_DAMAGED, "head of the log does not hold", NULL },
    { "DELETE FROM ledger_head", MP_DAMAGED, "no head", NULL },
    /* keys */
    { "DELETE FROM ledger_key WHERE n = 1", MP_DAMAGED, "key 1 of the log is not there", NULL },
    { "DELETE FROM ledger_key WHERE n = 2", MP_OK, "", "leaf " LAST " names a key that is not kept" },
    { "DELETE FROM ledger_key", MP_DAMAGED, "no key of the log", NULL },
    { "UPDATE ledger_key SET verifier = 'nothing' WHERE n = 1", MP_DAMAGED, "key 1 of the log cannot be read", NULL },
    { "UPDATE ledger_key SET verifier = (SELECT verifier FROM ledger_key WHERE n = 2) WHERE n = 1", MP_OK, "",
      "names key 1 is not signed" },
    { "UPDATE ledger_key SET leaf = 5 WHERE n = 2", MP_OK, "", "leaf 5 does not name the key" },
    { "UPDATE ledger_key SET checkpoint = (SELECT checkpoint FROM ledger_key WHERE n = 1) WHERE n = 2", MP_OK, "",
      "names key 2 is not signed" },
    /* what is beside */
    { "UPDATE ledger_sealed SET openings = replace(openings, '192.0.2', '198.51.100') WHERE idx = 2", MP_OK, "",
      "leaf 2 has a sealed value that is not the one" },
    { "UPDATE ledger_sealed SET openings = 'nothing' WHERE idx = 2", MP_OK, "", "leaf 2 has sealed values that are no JSON" },
    { "INSERT INTO ledger_sealed(idx, openings) SELECT 1, openings FROM ledger_sealed WHERE idx = 2", MP_OK, "",
      "leaf 1 has a sealed value that it does not commit to" },
    { "INSERT INTO ledger_sealed(idx, openings) SELECT 4502, openings FROM ledger_sealed WHERE idx = 2", MP_OK, "", "1 sealed values are of no leaf" },
    { "DELETE FROM ledger_term WHERE part = (SELECT MIN(part) FROM ledger_term)", MP_OK, "", "block 0 of the search index" },
    { "UPDATE ledger_term SET postings = (SELECT postings FROM ledger_term WHERE part = (SELECT MIN(part) FROM ledger_term)) "
      "WHERE part = (SELECT MAX(part) FROM ledger_term)", MP_OK, "", "block 0 of the search index" },
    { "INSERT INTO ledger_term(part, block, postings) SELECT part, 7, postings FROM ledger_term "
      "WHERE part = (SELECT MIN(part) FROM ledger_term)", MP_OK, "", "the search index has" },
};

/* BLOB and the cast to it are SQLite's words. */
static const char *in_this_engine(const char *sql)
{
    return opened_url() && strstr(sql, "AS BLOB")
               ? "UPDATE ledger_tile SET hashes = 'short' WHERE level = 0 AND n = 3"
               : sql;
}

static void must_say(const mp_error *err, const char *wanted, const char *sql)
{
    if (!strstr(err->message, wanted))
        fail_msg("%s\nfound  %s\nwanted %s", sql, err->message, wanted);
}

static const char *const tables[] = { "ledger_leaf", "ledger_tile",   "ledger_head",
                                      "ledger_key",  "ledger_sealed", "ledger_term" };
static logbook           filled;

static void fill_and_copy(void)
{
    mp_leaf who = { .actor_kind = MP_S("system") };
    char    sql[200];
    logbook_begin(&filled, NULL);
    logbook_fill(&filled, 0, LEAVES, LEAVES);
    MUST_OK(mp_ledger_rotate(filled.ledger, &who, err));
    logbook_close(&filled);
    for (size_t i = 0; i < MP_COUNT(tables); i++) {
        snprintf(sql, sizeof sql, "CREATE TABLE kept_%s AS SELECT * FROM %s", tables[i], tables[i]);
        opened_aside(&filled.o, sql);
    }
}

static void put_back(const char *damaged)
{
    char sql[200];
    for (size_t i = 0; i < MP_COUNT(tables); i++) {
        if (!strstr(damaged, tables[i]))
            continue;
        snprintf(sql, sizeof sql, "DELETE FROM %s; INSERT INTO %s SELECT * FROM kept_%s", tables[i], tables[i], tables[i]);
        opened_aside(&filled.o, sql);
    }
}

static void try_damage(const struct damage *d)
{
    mp_error         why = { 0 };
    mp_ledger_report report;
    opened_aside(&filled.o, in_this_engine(d->sql));
    mp_code code = logbook_try(&filled, &why);
    if (code != d->opening)
        fail_msg("%s\nopening: %s: %s", d->sql, mp_code_name(code), why.message);
    if (d->opening != MP_OK)
        must_say(&why, d->opening_says, d->sql);
    if (code == MP_OK && !d->verifying_says)
        logbook_verify(&filled);
    if (d->verifying_says) {
        code = mp_ledger_verify(&report, filled.ledger, NULL, NULL, &why);
        if (code != MP_DAMAGED)
            fail_msg("%s\nverifying: %s", d->sql, mp_code_name(code));
        must_say(&why, d->verifying_says, d->sql);
    }
    logbook_close(&filled);
    put_back(d->sql);
}

/* At first and at last what is not damaged holds: the copies are as good as what was filled. */
TEST(damage_is_found_and_named)
{
    static const struct damage none = { "UPDATE ledger_head SET texts_from = 0", MP_OK, "", NULL };
    fill_and_copy();
    try_damage(&none);
    for (size_t i = 0; i < MP_COUNT(damages); i++)
        try_damage(&damages[i]);
    try_damage(&none);
    logbook_end(&filled);
}

/* A leaf that is gone is seen by whoever asks for it, before anybody verifies. */
TEST(what_reads_notices_too)
{
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    uint8_t  hash[32];
    mp_proof proof;
    mp_buf   out = MP_BUF_INIT;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 1000, 1000);
    opened_aside(&b.o, "DELETE FROM ledger_leaf WHERE idx = 5");
    opened_aside(&b.o, "DELETE FROM ledger_tile WHERE n = 1");
    CHECK_INT(mp_ledger_leaf(&text, hash, NULL, b.ledger, 5, &arena, NULL), MP_DAMAGED);
    CHECK_INT(mp_ledger_leaf(&text, hash, NULL, b.ledger, 300, &arena, NULL), MP_DAMAGED);
    CHECK_INT(mp_ledger_inclusion(&proof, b.ledger, 300, 1001, NULL), MP_DAMAGED);
    CHECK_INT(mp_ledger_file(&out, b.ledger, MP_S("tile/entries/000"), NULL), MP_DAMAGED);
    CHECK_INT(mp_ledger_file(&out, b.ledger, MP_S("tile/0/001"), NULL), MP_DAMAGED);
    CHECK_INT(out.len, 0);
    mp_buf_free(&out);
    mp_arena_free(&arena);
    logbook_end(&b);
}

/* A text that was changed goes to nobody, neither by itself nor with its neighbours, from a full tile or from the
 * last one. */
TEST(a_forged_leaf_is_not_given_out)
{
    static const unsigned indexes[] = { 5, 999 };
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    uint8_t  hash[32];
    mp_buf   out = MP_BUF_INIT;
    mp_error why = { 0 };
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 1000, 1000);
    opened_aside(&b.o, "UPDATE ledger_leaf SET entry = replace(entry, 'done', 'Done') WHERE idx IN (5, 999)");
    for (size_t i = 0; i < MP_COUNT(indexes); i++) {
        CHECK_INT(mp_ledger_leaf(&text, hash, NULL, b.ledger, indexes[i], &arena, &why), MP_DAMAGED);
        CHECK(strstr(why.message, indexes[i] == 5 ? "leaf 5 " : "leaf 999 "));
    }
    MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 6, &arena, err));
    CHECK_INT(mp_ledger_file(&out, b.ledger, MP_S("tile/entries/000"), &why), MP_DAMAGED);
    CHECK(strstr(why.message, "leaf 5 "));
    CHECK_INT(mp_ledger_file(&out, b.ledger, MP_S("tile/entries/003.p/232"), NULL), MP_DAMAGED);
    CHECK_INT(out.len, 0);
    MUST_OK(mp_ledger_file(&out, b.ledger, MP_S("tile/entries/001"), err));
    mp_buf_free(&out);
    mp_arena_free(&arena);
    logbook_end(&b);
}

int main(void)
{
    return MAIN(RUN(damage_is_found_and_named), RUN(what_reads_notices_too), RUN(a_forged_leaf_is_not_given_out));
}
