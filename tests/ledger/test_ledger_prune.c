/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: what is old goes, proofs stay, and what goes otherwise is damage. */
#include "jsonw.h"
#include "logbook.h"

#define DAYS(n) ((n) * MP_TICKS_PER_DAY)

static int64_t prune(logbook *b, mp_ticks now)
{
    int64_t removed = -1;
    MUST_OK(mp_ledger_prune(&removed, b->ledger, now, err));
    return removed;
}

static const mp_json *clear_of(logbook *b, uint64_t index, mp_arena *arena)
{
    mp_str         text;
    uint8_t        hash[32];
    const mp_json *clear;
    MUST_OK(mp_ledger_leaf(&text, hash, &clear, b->ledger, index, arena, err));
    return clear;
}

TEST(sealed_values_go_and_commitments_stay)
{
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    uint8_t  hash[32];
    logbook_begin(&b, &(mp_ledger_options){ .keep_sealed_days = 30 });
    logbook_fill(&b, 0, 100, 100);
    mp_ticks then = mp_ledger_now(b.ledger).at;
    CHECK(clear_of(&b, 2, &arena) != NULL);
    CHECK_INT(prune(&b, then + DAYS(29)), 0);
    CHECK(mp_ledger_now(b.ledger).size == 101);
    CHECK_INT(prune(&b, then + DAYS(30) + 1), 75); /* every fourth leaf has no address */
    CHECK(mp_ledger_now(b.ledger).size == 102);
    CHECK(clear_of(&b, 2, &arena) == NULL);
    MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 2, &arena, err));
    CHECK(mp_str_find_str(text, MP_S("\"from\":\"sha256:")) != SIZE_MAX);
    MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 101, &arena, err));
    CHECK(mp_str_find_str(text, MP_S("\"detail\":{\"sealedBefore\":101,\"textsBefore\":0}")) != SIZE_MAX);
    CHECK_INT(prune(&b, then + DAYS(30) + 1), 0); /* and says nothing when there is nothing */
    CHECK(mp_ledger_now(b.ledger).size == 102);
    logbook_verify(&b);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(texts_go_and_proofs_stay)
{
    logbook          b;
    mp_arena         arena = MP_ARENA_INIT;
    mp_ledger_report report;
    mp_proof         proof;
    mp_str           text;
    uint8_t          hash[32], before[32];
    mp_buf           out = MP_BUF_INIT;
    mp_ledger_entry *found;
    size_t           count;
    uint64_t         next;
    mp_ledger_query  q = { .request = MP_S("22222222-0000-4000-8000-000000000009"), .outcome = -1 };
    mp_leaf          who = { .actor_kind = MP_S("system") };
    logbook_begin(&b, &(mp_ledger_options){ .keep_text_days = 10, .keep_sealed_days = 10 });
    logbook_fill(&b, 0, 3000, 3000);
    MUST_OK(mp_ledger_rotate(b.ledger, &who, err));
    logbook_fill(&b, 3000, 9000, 3000);
    MUST_OK(mp_ledger_leaf(&text, before, NULL, b.ledger, 10, &arena, err));
    MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, err));
    CHECK_INT(count, 1);
    mp_ticks later = mp_ledger_now(b.ledger).at + DAYS(11);
    /* Of 9,002 leaves the last 810 keep their texts, and two name keys; three in four had an address. */
    CHECK_INT(prune(&b, later), 8192 - 2 + 6750);
    for (int round = 0; round < 2; round++) {
        MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 10, &arena, err));
        CHECK(text.len == 0);
        assert_memory_equal(hash, before, 32);
        MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 3001, &arena, err));
        CHECK(mp_str_find_str(text, MP_S("Mapae.Ledger/key/rotate")) != SIZE_MAX);
        MUST_OK(mp_ledger_inclusion(&proof, b.ledger, 10, 9002, err));
        MUST_OK(mp_ledger_root(hash, b.ledger, 9002, err));
        MUST_OK(mp_merkle_check_inclusion(hash, before, 10, 9002, &proof, err));
        CHECK_INT(mp_ledger_file(&out, b.ledger, MP_S("tile/entries/000"), NULL), MP_MISSING);
        MUST_OK(mp_ledger_file(&out, b.ledger, MP_S("tile/0/000"), err));
        mp_buf_clear(&out);
        MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, err));
        CHECK_INT(count, 0);
        MUST_OK(mp_ledger_verify(&report, b.ledger, NULL, NULL, err));
        CHECK(report.size == 9003 && report.pruned == 8190 && report.checked == 9003 - 8190 && report.keys == 2);
        logbook_close(&b);
        logbook_open(&b);
    }
    CHECK_INT(prune(&b, later), 0);
    /* What no leaf announced is damage. */
    opened_aside(&b.o, "UPDATE ledger_leaf SET entry = NULL WHERE idx = 8192");
    CHECK_INT(mp_ledger_verify(&report, b.ledger, NULL, NULL, NULL), MP_DAMAGED);
    mp_buf_free(&out);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(a_legal_hold_keeps_all)
{
    logbook b;
    logbook_begin(&b, &(mp_ledger_options){ .keep_text_days = 10, .keep_sealed_days = 10, .is_held = true });
    logbook_fill(&b, 0, 5000, 5000);
    CHECK_INT(prune(&b, mp_ledger_now(b.ledger).at + DAYS(1000)), 0);
    CHECK(mp_ledger_now(b.ledger).size == 5001);
    logbook_end(&b);
}

int main(void)
{
    return MAIN(RUN(sealed_values_go_and_commitments_stay), RUN(texts_go_and_proofs_stay), RUN(a_legal_hold_keeps_all));
}
