/* SPDX-License-Identifier: Apache-2.0 */
/* Search against a plain pass over all leaves. */
#include <pthread.h>
#include <stdio.h>

#include "jsonw.h"
#include "logbook.h"
#include "terms.h"

#define LEAVES 13000 /* three full blocks and a part of one */

/* What a query must find, told from the numbers that logbook_leaf makes leaves of. Index = number + 1; leaf 0 is the
 * log's own. */
static bool is_wanted(const mp_ledger_query *q, unsigned i, mp_arena *arena)
{
    static const mp_outcome outcomes[] = { MP_OUTCOME_DONE, MP_OUTCOME_REFUSED, MP_OUTCOME_FAILED };
    mp_leaf leaf = logbook_leaf(arena, i);
    mp_str  start = mp_str_of(q->action.ptr, q->action.len ? q->action.len - 1 : 0);
    if (q->actor.len && !mp_str_eq(q->actor, leaf.actor))
        return false;
    if (q->request.len && !mp_str_eq(q->request, leaf.request))
        return false;
    if (q->action.len &&
        (mp_str_ends(q->action, MP_S("*")) ? !mp_str_starts(leaf.action, start) : !mp_str_eq(q->action, leaf.action)))
        return false;
    if (q->on.len && !mp_str_eq(q->on, leaf.on) &&
        !(mp_str_starts(leaf.on, q->on) && leaf.on.ptr[q->on.len] == '/'))
        return false;
    return q->outcome < 0 || leaf.outcome == outcomes[q->outcome];
}

/* All pages of a query are, together, what a pass over the numbers from .. to finds. */
static void must_find(logbook *b, mp_ledger_query q, unsigned from, unsigned to)
{
    mp_arena arena = MP_ARENA_INIT, leaves = MP_ARENA_INIT;
    unsigned i = to;
    for (;;) {
        mp_ledger_entry *found;
        size_t           count;
        uint64_t         next;
        MUST_OK(mp_ledger_search(&found, &count, &next, b->ledger, &q, &arena, err));
        CHECK(count <= (q.limit ? q.limit : 100));
        for (size_t n = 0; n < count; n++) {
            while (i > from && !is_wanted(&q, i - 1, &leaves)) {
                i--;
                mp_arena_reset(&leaves);
            }
            CHECK(i > from && found[n].index == i);
            i--;
            mp_str request = logbook_leaf(&leaves, i).request;
            CHECK(mp_str_find_str(found[n].text, request) != SIZE_MAX);
        }
        mp_arena_reset(&arena);
        if (!next)
            break;
        CHECK(!q.before || next < q.before);
        q.before = next;
    }
    while (i > from) {
        CHECK(!is_wanted(&q, i - 1, &leaves));
        i--;
        mp_arena_reset(&leaves);
    }
    mp_arena_free(&arena);
    mp_arena_free(&leaves);
}

static void must_find_all_kinds(logbook *b, unsigned to)
{
    static const mp_str actor = MP_S_INIT("00000000-0000-4000-8000-000000000003");
    static const mp_str on = MP_S_INIT("/api/v1/users/11111111-0000-4000-8000-000000000031");
    static const mp_str requests[] = {
        MP_S_INIT("22222222-0000-4000-8000-000000000000"), MP_S_INIT("22222222-0000-4000-8000-000000004094"),
        MP_S_INIT("22222222-0000-4000-8000-000000004095"), MP_S_INIT("22222222-0000-4000-8000-000000012999"),
        MP_S_INIT("22222222-0000-4000-8000-000000099999"),
    };
    static const char *const actions[] = {
        "Mapae.Access/users/write", "Mapae.Access/users/*", "Mapae.Access/*", "Mapae.Acc*", "Mapae.Access/us*", "Mapae.Access/users/writ",
        "Mapae.Access", "Nothing/*",
    };
    for (size_t i = 0; i < MP_COUNT(requests); i++)
        must_find(b, (mp_ledger_query){ .request = requests[i], .outcome = -1 }, 0, to);
    for (size_t i = 0; i < MP_COUNT(actions); i++)
        must_find(b, (mp_ledger_query){ .action = mp_str_from(actions[i]), .outcome = -1, .limit = 1000 }, 0, to);
    must_find(b, (mp_ledger_query){ .actor = actor, .outcome = -1, .limit = 333 }, 0, to);
    must_find(b, (mp_ledger_query){ .on = on, .outcome = -1 }, 0, to);
    must_find(b, (mp_ledger_query){ .on = MP_S("/api/v1/users"), .outcome = -1, .limit = 1000 }, 0, to);
    must_find(b, (mp_ledger_query){ .on = MP_S("/api/v1/user"), .outcome = -1, .limit = 1000 }, 0, to);
    for (int outcome = MP_OUTCOME_REFUSED; outcome <= MP_OUTCOME_FAILED; outcome++)
        must_find(b, (mp_ledger_query){ .outcome = outcome, .limit = 500 }, 0, to);
    must_find(
        b,
        (mp_ledger_query){
            .actor = actor, .on = on, .action = MP_S("Mapae.Access/*"), .outcome = MP_OUTCOME_DONE, .limit = 3 },
        0, to);
    must_find(b, (mp_ledger_query){ .actor = actor, .outcome = MP_OUTCOME_REFUSED, .limit = 1 }, 0, to);
}

TEST(search_finds_what_a_pass_over_all_finds)
{
    logbook b;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 500, 99);
    must_find_all_kinds(&b, 500);
    logbook_fill(&b, 500, LEAVES, 5000);
    must_find_all_kinds(&b, LEAVES);
    logbook_close(&b);
    logbook_open(&b); /* the words of the last leaves are made again */
    must_find_all_kinds(&b, LEAVES);
    logbook_end(&b);
}

TEST(times_cut_the_search)
{
    logbook          b;
    mp_arena         arena = MP_ARENA_INIT;
    mp_ledger_entry *found;
    size_t           count;
    uint64_t         next;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 100, 100);
    mp_ticks middle = mp_ledger_now(b.ledger).at + 1; /* a write has one time, and the next a later one */
    logbook_fill(&b, 100, 300, 100);
    must_find(&b, (mp_ledger_query){ .outcome = -1, .from = middle, .limit = 30 }, 100, 300);
    must_find(
        &b, (mp_ledger_query){ .actor = MP_S("00000000-0000-4000-8000-000000000003"), .outcome = -1, .from = middle },
        100, 300);
    must_find(&b, (mp_ledger_query){ .outcome = MP_OUTCOME_REFUSED, .to = middle, .limit = 3 }, 0, 100);
    mp_ledger_query nothing = { .outcome = -1, .from = middle, .to = middle };
    MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &nothing, &arena, err));
    CHECK(count == 0 && next == 0);
    mp_ledger_query later = { .outcome = -1, .from = mp_clock_now() + MP_TICKS_PER_DAY };
    MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &later, &arena, err));
    CHECK(count == 0 && next == 0);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(a_search_without_words_gives_the_newest)
{
    logbook          b;
    mp_arena         arena = MP_ARENA_INIT;
    mp_ledger_entry *found;
    size_t           count;
    uint64_t         next;
    mp_ledger_query  q = { .outcome = -1, .limit = 4 };
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 9, 9);
    for (uint64_t newest = 9;; newest -= 4) {
        MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, err));
        for (size_t i = 0; i < count; i++)
            CHECK(found[i].index == newest - i);
        CHECK(count == (newest < 4 ? newest + 1 : 4));
        if (!next)
            break;
        CHECK(next == newest - 3);
        q.before = next;
    }
    q = (mp_ledger_query){ .outcome = -1, .limit = 1001 };
    CHECK_INT(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, NULL), MP_PARAMETER);
    q = (mp_ledger_query){ .outcome = 3 };
    CHECK_INT(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, NULL), MP_PARAMETER);
    mp_arena_free(&arena);
    logbook_end(&b);
}

static void *write_many(void *arg)
{
    logbook_fill(arg, 0, 9000, 90);
    return NULL;
}

/* Readers meet a log of some size, whole, whenever they look. */
TEST(readers_and_a_writer_do_not_disturb_each_other)
{
    logbook          b;
    pthread_t        writer;
    uint64_t         seen = 0;
    mp_ledger_entry *found;
    size_t           count;
    uint64_t         next;
    mp_ledger_query  q = { .actor = MP_S("00000000-0000-4000-8000-000000000003"), .outcome = -1, .limit = 50 };
    logbook_begin(&b, NULL);
    CHECK_INT(pthread_create(&writer, NULL, write_many, &b), 0);
    while (seen < 9001) {
        mp_arena       arena = MP_ARENA_INIT;
        mp_proof       proof;
        uint8_t        hash[32], older[32];
        mp_str         text;
        mp_ledger_head head = mp_ledger_now(b.ledger);
        CHECK(head.size >= seen);
        MUST_OK(mp_ledger_root(older, b.ledger, seen, err));
        MUST_OK(mp_ledger_consistency(&proof, b.ledger, seen, head.size, err));
        MUST_OK(mp_merkle_check_consistency(seen, older, head.size, head.root, &proof, err));
        MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, head.size / 2, &arena, err));
        MUST_OK(mp_ledger_inclusion(&proof, b.ledger, head.size / 2, head.size, err));
        MUST_OK(mp_merkle_check_inclusion(head.root, hash, head.size / 2, head.size, &proof, err));
        MUST_OK(mp_ledger_search(&found, &count, &next, b.ledger, &q, &arena, err));
        for (size_t i = 1; i < count; i++)
            CHECK(found[i - 1].index == found[i].index + LOGBOOK_ACTORS);
        CHECK(head.size < 400 || count == 50);
        seen = head.size;
        mp_arena_free(&arena);
    }
    pthread_join(writer, NULL);
    logbook_end(&b);
}

/* ---- words ---- */

TEST(a_path_has_the_words_of_what_is_above)
{
    mp_terms      terms;
    mp_leaf_words words = { .on = MP_S("/a/b/c/"),
                            .action = MP_S("M.A/x"),
                            .outcome = MP_S("done"),
                            .actor = MP_S(""),
                            .request = MP_S("") };
    mp_terms_of(&terms, &words);
    CHECK_INT(terms.count, 5);
    CHECK(terms.hashes[0] == mp_term_hash(MP_TERM_ACTION, MP_S("M.A")));
    CHECK(terms.hashes[1] == mp_term_hash(MP_TERM_ACTION, MP_S("M.A/x")));
    CHECK(terms.hashes[2] == mp_term_hash(MP_TERM_ON, MP_S("/a")));
    CHECK(terms.hashes[4] == mp_term_hash(MP_TERM_ON, MP_S("/a/b/c")));
    CHECK(terms.hashes[4] != mp_term_hash(MP_TERM_ACTION, MP_S("/a/b/c")));
    /* However deep it is, there is room. */
    char deep[600];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? 'x' : '/';
    words = (mp_leaf_words){ .on = mp_str_of(deep, sizeof deep),
                             .action = mp_str_of(deep, sizeof deep),
                             .outcome = MP_S("failed"),
                             .actor = MP_S("a"),
                             .request = MP_S("r") };
    mp_terms_of(&terms, &words);
    CHECK_INT(terms.count, MP_TERMS_MAX);
    CHECK_STR(mp_term_path(mp_str_of(deep, sizeof deep)), "/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x");
    CHECK_STR(mp_term_path(MP_S("/")), "");
    CHECK_STR(mp_term_path(MP_S("///")), "");
    CHECK_STR(mp_term_path(MP_S("")), "");
}

TEST(a_row_gives_the_leaves_of_a_word)
{
    uint64_t    postings[4096];
    uint8_t     row[4096 * MP_POSTING_BYTES];
    uint64_t    hash = mp_term_hash(MP_TERM_ACTOR, MP_S("a"));
    mp_leaf_set set = { .bits = { 0 } };
    for (uint64_t i = 0; i < 4096; i++)
        postings[i] = mp_posting(i % 3 ? (hash & ~(uint64_t)0xFFFF) | i : hash, i);
    mp_postings_sort(postings, 4096);
    CHECK_INT(mp_postings_part(postings, 4096, (unsigned)(hash >> 28)), 0);
    CHECK_INT(mp_postings_part(postings, 4096, (unsigned)(hash >> 28) + 1), 4096);
    for (size_t i = 0; i < 4096; i++)
        mp_posting_put(row + i * MP_POSTING_BYTES, postings[i]);
    CHECK(mp_leaf_set_read(&set, hash, mp_str_of((const char *)row, sizeof row)));
    for (uint64_t i = 0; i < 4096; i++)
        CHECK(mp_leaf_set_has(&set, i) == (i % 3 == 0 || ((hash & ~(uint64_t)0xFFFF) | i) == hash));
    CHECK(mp_leaf_set_read(&set, hash, mp_str_of(NULL, 0)));
    CHECK(!mp_leaf_set_read(&set, hash, mp_str_of((const char *)row, 7)));
}

int main(void)
{
    return MAIN(RUN(search_finds_what_a_pass_over_all_finds), RUN(times_cut_the_search),
                RUN(a_search_without_words_gives_the_newest), RUN(readers_and_a_writer_do_not_disturb_each_other),
                RUN(a_path_has_the_words_of_what_is_above), RUN(a_row_gives_the_leaves_of_a_word));
}
