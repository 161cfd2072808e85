/* SPDX-License-Identifier: Apache-2.0 */
/* The log as others use it: adding, reading, proving, opening again, changing keys. */
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint.h"
#include "jsonw.h"
#include "logbook.h"
#include "secret.h"

/* ---- what comes out ---- */

static const mp_json *leaf_at(logbook *b, uint64_t index, const mp_json **clear, mp_arena *arena)
{
    mp_str  text;
    uint8_t hash[32], again[32];
    mp_merkle_hasher *hasher;
    MUST_OK(mp_ledger_leaf(&text, hash, clear, b->ledger, index, arena, err));
    MUST_OK(mp_merkle_hasher_new(&hasher, err));
    MUST_OK(mp_merkle_leaf(again, hasher, text, err));
    mp_merkle_hasher_free(hasher);
    assert_memory_equal(hash, again, 32);
    const mp_json *leaf = opened_json(arena, mp_arena_dup(arena, text).ptr);
    CHECK(mp_json_is(leaf, MP_JSON_OBJECT));
    return leaf;
}

static mp_str string(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("(none)");
}

/* The verifier keys of the log, newest first. */
static size_t keys_of(logbook *b, mp_verifier *out, size_t most, mp_arena *arena)
{
    mp_buf text = MP_BUF_INIT;
    size_t count = 0;
    MUST_OK(mp_ledger_keys(&text, b->ledger, err));
    mp_str left = mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    while (left.len) {
        size_t end = mp_str_find(left, '\n');
        CHECK(end != SIZE_MAX && count < most);
        MUST_OK(mp_verifier_parse(&out[count++], mp_str_of(left.ptr, end), err));
        left = mp_str_skip(left, end + 1);
    }
    return count;
}

/* The checkpoint is signed by the newest key, and says what mp_ledger_now says. */
static mp_checkpoint checkpoint_of(logbook *b, mp_arena *arena)
{
    mp_buf        note = MP_BUF_INIT;
    mp_verifier   keys[16];
    mp_checkpoint head;
    size_t        count = keys_of(b, keys, 16, arena);
    CHECK(count >= 1);
    MUST_OK(mp_ledger_checkpoint(&note, b->ledger, err));
    mp_str text = mp_arena_dup(arena, mp_buf_str(&note));
    mp_buf_free(&note);
    MUST_OK(mp_checkpoint_open(&head, NULL, text, keys, 1, err));
    CHECK(head.size == mp_ledger_now(b->ledger).size);
    assert_memory_equal(head.root, mp_ledger_now(b->ledger).root, 32);
    return head;
}

TEST(the_first_leaf_names_the_key)
{
    logbook     b;
    mp_arena    arena = MP_ARENA_INIT;
    mp_verifier key;
    struct stat st;
    mp_buf      text = MP_BUF_INIT;
    logbook_begin(&b, NULL);
    CHECK(mp_ledger_now(b.ledger).size == 1);
    const mp_json *leaf = leaf_at(&b, 0, NULL, &arena);
    CHECK_STR(string(leaf, "action"), "Mapae.Ledger/key/create");
    CHECK(keys_of(&b, &key, 1, &arena) == 1);
    MUST_OK(mp_verifier_text(&text, &key, err));
    CHECK(mp_str_eq(string(mp_json_get(leaf, MP_S("detail")), "key"), mp_buf_str(&text)));
    CHECK(mp_str_starts(key.name, MP_S("mapae.local/")) &&
          mp_str_ends(key.name, mp_str_from(mp_store_installation(b.o.store))));
    CHECK_INT(checkpoint_of(&b, &arena).size, 1);
    CHECK_INT(stat(mp_arena_printf(&arena, "%s/keys/ledger-1.pem", b.o.folder).ptr, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(stat(mp_arena_printf(&arena, "%s/keys", b.o.folder).ptr, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    logbook_verify(&b);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(the_origin_is_chosen_once)
{
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    logbook_begin(&b, &(mp_ledger_options){ .origin = "cloud.example/mapae" });
    CHECK_STR(checkpoint_of(&b, &arena).origin, "cloud.example/mapae");
    logbook_close(&b);
    b.options.origin = "other.example/mapae";
    logbook_open(&b);
    logbook_fill(&b, 0, 1, 1);
    CHECK_STR(checkpoint_of(&b, &arena).origin, "cloud.example/mapae");
    mp_arena_free(&arena);
    logbook_end(&b);
}

static mp_code change_things(mp_tx *tx, void *arg, mp_error *err)
{
    logbook       *b = arg;
    mp_arena      *arena = mp_tx_arena(tx);
    const mp_json *sealed = opened_json(arena, "{\"userName\":\"hong@example.kr\",\"b\":[1,{\"c\":null}]}");
    mp_leaf        leaf = logbook_leaf(arena, 1);
    MP_TRY(mp_record_put(NULL, tx, &logbook_kind, MP_S("33333333-0000-4000-8000-000000000000"),
                         opened_json(arena, "{\"a\":1}"), MP_ANY_VERSION, err));
    MP_TRY(mp_record_put(NULL, tx, &logbook_kind, MP_S("hong@example.kr"), opened_json(arena, "{\"a\":2}"),
                         MP_ANY_VERSION, err));
    leaf.sealed = sealed;
    leaf.detail = opened_json(arena, "{\"z\":1.50,\"a\":\"\\u0041\"}");
    MP_TRY(mp_ledger_add(b->ledger, tx, &leaf, err));
    MP_TRY(mp_record_delete(tx, &logbook_kind, MP_S("33333333-0000-4000-8000-000000000000"), MP_ANY_VERSION, err));
    return mp_ledger_add(b->ledger, tx, &leaf, err);
}

TEST(a_leaf_says_who_did_what_and_nothing_personal)
{
    logbook        b;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *clear = NULL;
    mp_str         text;
    uint8_t        hash[32];
    logbook_begin(&b, NULL);
    opened_write(&b.o, change_things, &b);
    CHECK(mp_ledger_now(b.ledger).size == 3);
    const mp_json *leaf = leaf_at(&b, 1, &clear, &arena);
    CHECK_STR(string(leaf, "action"), "Mapae.Access/users/read");
    CHECK_STR(string(leaf, "outcome"), "done");
    CHECK_STR(string(mp_json_get(leaf, MP_S("who")), "kind"), "user");
    CHECK(mp_str_starts(string(leaf, "from"), MP_S("sha256:")));
    const mp_json *changes = mp_json_get(leaf, MP_S("changes"));
    CHECK_INT(changes->count, 2);
    CHECK_STR(string(mp_json_at(changes, 0), "key"), "33333333-0000-4000-8000-000000000000");
    CHECK(!mp_json_get(mp_json_at(changes, 0), MP_S("before")) && string(mp_json_at(changes, 0), "after").len == 64);
    CHECK(mp_str_starts(string(mp_json_at(changes, 1), "key"), MP_S("sha256:")));
    MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, 1, &arena, err));
    CHECK(mp_str_find_str(text, MP_S("hong")) == SIZE_MAX && mp_str_find_str(text, MP_S("192.0.2")) == SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S("\"detail\":{\"a\":\"A\",\"z\":1.5}")) != SIZE_MAX);
    /* What was sealed is at hand, and what the second leaf tells begins where the first ended. */
    CHECK_STR(string(clear, "from"), "192.0.2.1");
    CHECK_STR(string(clear, "userName"), "hong@example.kr");
    CHECK_STR(string(clear, "changes/1/key"), "hong@example.kr");
    leaf = leaf_at(&b, 2, NULL, &arena);
    changes = mp_json_get(leaf, MP_S("changes"));
    CHECK_INT(changes->count, 1);
    CHECK(mp_json_get(mp_json_at(changes, 0), MP_S("before")) && !mp_json_get(mp_json_at(changes, 0), MP_S("after")));
    mp_ledger_report report;
    MUST_OK(mp_ledger_verify(&report, b.ledger, NULL, NULL, err));
    CHECK_INT(report.sealed, 4 + 3);
    CHECK_INT(mp_ledger_leaf(&text, hash, NULL, b.ledger, 3, &arena, NULL), MP_MISSING);
    CHECK_INT(mp_ledger_leaf(&text, hash, NULL, b.ledger, UINT64_MAX, &arena, NULL), MP_MISSING);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(openings_prove_what_was_sealed)
{
    logbook        b;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *openings;
    uint8_t        salt[16], digest[32];
    char           commitment[72] = "sha256:";
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 2, 2);
    MUST_OK(mp_ledger_openings(&openings, b.ledger, 1, &arena, err));
    CHECK(openings == NULL);
    MUST_OK(mp_ledger_openings(&openings, b.ledger, 2, &arena, err));
    const mp_json *from = mp_json_get(openings, MP_S("from"));
    CHECK_STR(string(from, "value"), "192.0.2.1");
    CHECK(mp_unhex(salt, sizeof salt, string(from, "salt")));
    mp_str bytes = mp_arena_printf(&arena, "%16s\"192.0.2.1\"", "");
    memcpy((char *)(uintptr_t)bytes.ptr, salt, sizeof salt);
    MUST_OK(mp_sha256(digest, bytes, err));
    mp_hex(commitment + 7, digest, 32);
    CHECK_STR(string(leaf_at(&b, 2, NULL, &arena), "from"), commitment);
    mp_arena_free(&arena);
    logbook_end(&b);
}

/* ---- failed functions ---- */

static mp_code add_and_fail(mp_tx *tx, void *arg, mp_error *err)
{
    mp_leaf leaf = logbook_leaf(mp_tx_arena(tx), 5);
    MP_TRY(mp_ledger_add(arg, tx, &leaf, err));
    MP_TRY(mp_ledger_add(arg, tx, &leaf, err));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "not today");
}

static void *note_many(void *arg)
{
    logbook *b = arg;
    mp_arena arena = MP_ARENA_INIT;
    for (unsigned i = 0; i < 50; i++) {
        mp_leaf leaf = logbook_leaf(&arena, i);
        MUST_OK(mp_ledger_note(b->ledger, &leaf, err));
    }
    mp_arena_free(&arena);
    return NULL;
}

static void *fail_many(void *arg)
{
    logbook *b = arg;
    for (unsigned i = 0; i < 50; i++)
        CHECK_INT(mp_store_write(b->o.store, add_and_fail, b->ledger, NULL), MP_CONFLICT);
    return NULL;
}

TEST(leaves_of_failed_functions_are_not_there)
{
    logbook   b;
    pthread_t threads[6];
    logbook_begin(&b, NULL);
    CHECK_INT(mp_store_write(b.o.store, add_and_fail, b.ledger, NULL), MP_CONFLICT);
    CHECK(mp_ledger_now(b.ledger).size == 1);
    for (unsigned i = 0; i < 6; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, i % 2 ? fail_many : note_many, &b), 0);
    for (unsigned i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    CHECK(mp_ledger_now(b.ledger).size == 1 + 3 * 50);
    logbook_verify(&b);
    logbook_end(&b);
}

TEST(only_the_log_speaks_of_its_keys)
{
    logbook b;
    mp_leaf leaf = { .actor_kind = MP_S("user"), .action = MP_S("Mapae.Ledger/key/rotate") };
    logbook_begin(&b, NULL);
    CHECK_INT(mp_ledger_note(b.ledger, &leaf, NULL), MP_PARAMETER);
    leaf.action = MP_S("Mapae.Ledger/leaves/prune");
    CHECK_INT(mp_ledger_note(b.ledger, &leaf, NULL), MP_PARAMETER);
    leaf.action = MP_S("");
    CHECK_INT(mp_ledger_note(b.ledger, &leaf, NULL), MP_PARAMETER);
    CHECK(mp_ledger_now(b.ledger).size == 1);
    logbook_end(&b);
}

/* ---- proofs ---- */

TEST(every_leaf_is_proved_and_every_size_goes_on)
{
    static const uint64_t sizes[] = { 1, 2, 255, 256, 257, 511, 512, 700, 1000 };
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    mp_proof proof;
    uint8_t  hash[32], root[32], older[32];
    mp_str   text;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 999, 37);
    for (size_t s = 0; s < MP_COUNT(sizes); s++) {
        MUST_OK(mp_ledger_root(root, b.ledger, sizes[s], err));
        for (uint64_t index = 0; index < sizes[s]; index += 1 + sizes[s] / 40) {
            MUST_OK(mp_ledger_leaf(&text, hash, NULL, b.ledger, index, &arena, err));
            MUST_OK(mp_ledger_inclusion(&proof, b.ledger, index, sizes[s], err));
            MUST_OK(mp_merkle_check_inclusion(root, hash, index, sizes[s], &proof, err));
        }
        for (size_t from = 0; from <= s; from++) {
            MUST_OK(mp_ledger_root(older, b.ledger, sizes[from], err));
            MUST_OK(mp_ledger_consistency(&proof, b.ledger, sizes[from], sizes[s], err));
            MUST_OK(mp_merkle_check_consistency(sizes[from], older, sizes[s], root, &proof, err));
        }
    }
    assert_memory_equal(root, checkpoint_of(&b, &arena).root, 32);
    CHECK_INT(mp_ledger_inclusion(&proof, b.ledger, 5, 1001, NULL), MP_PARAMETER);
    CHECK_INT(mp_ledger_inclusion(&proof, b.ledger, 5, 5, NULL), MP_PARAMETER);
    CHECK_INT(mp_ledger_consistency(&proof, b.ledger, 7, 6, NULL), MP_PARAMETER);
    CHECK_INT(mp_ledger_consistency(&proof, b.ledger, 7, 1001, NULL), MP_PARAMETER);
    CHECK_INT(mp_ledger_root(root, b.ledger, 1001, NULL), MP_PARAMETER);
    mp_arena_free(&arena);
    logbook_end(&b);
}

/* ---- opening again ---- */

TEST(the_log_goes_on_where_it_was)
{
    static const unsigned ends[] = { 1, 254, 255, 256, 300, 4094, 4095, 4096, 4200, 9000 };
    logbook        b;
    mp_ledger_head before;
    unsigned       from = 0;
    logbook_begin(&b, NULL);
    for (size_t i = 0; i < MP_COUNT(ends); i++) {
        logbook_fill(&b, from, ends[i], 1000);
        from = ends[i];
        before = mp_ledger_now(b.ledger);
        CHECK(before.size == ends[i] + 1);
        logbook_close(&b);
        logbook_open(&b);
        CHECK(mp_ledger_now(b.ledger).size == before.size && mp_ledger_now(b.ledger).at == before.at);
        assert_memory_equal(mp_ledger_now(b.ledger).root, before.root, 32);
    }
    logbook_verify(&b);
    logbook_end(&b);
}

TEST(reading_only_changes_nothing)
{
    logbook    b;
    mp_ledger *reader;
    mp_arena   arena = MP_ARENA_INIT;
    mp_proof   proof;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 10, 10);
    mp_leaf leaf = logbook_leaf(&arena, 0);
    int64_t removed = 1;
    MUST_OK(mp_ledger_open(&reader, b.o.store, &(mp_ledger_options){ .read_only = true }, err));
    MUST_OK(mp_ledger_inclusion(&proof, reader, 3, 11, err));
    CHECK_INT(mp_ledger_note(reader, &leaf, NULL), MP_CONFLICT);
    CHECK_INT(mp_ledger_rotate(reader, &leaf, NULL), MP_CONFLICT);
    MUST_OK(mp_ledger_prune(&removed, reader, mp_clock_now() + 1000 * MP_TICKS_PER_DAY, err));
    CHECK_INT(removed, 0);
    mp_ledger_close(reader);
    logbook_fill(&b, 10, 11, 1); /* the log's own place at the store is as it was */
    CHECK(mp_ledger_now(b.ledger).size == 12);
    mp_arena_free(&arena);
    logbook_end(&b);
}

/* ---- keys ---- */

TEST(a_new_key_is_named_by_the_old_one)
{
    logbook     b;
    mp_arena    arena = MP_ARENA_INIT;
    mp_verifier keys[4];
    mp_buf      note = MP_BUF_INIT;
    bool        signed_by[4];
    mp_checkpoint head;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 3, 1);
    mp_leaf who = logbook_leaf(&arena, 2);
    MUST_OK(mp_ledger_rotate(b.ledger, &who, err));
    CHECK(mp_ledger_now(b.ledger).size == 5);
    CHECK_INT(keys_of(&b, keys, 4, &arena), 2);
    /* The commit that names it has both signatures... */
    MUST_OK(mp_ledger_checkpoint(&note, b.ledger, err));
    MUST_OK(mp_checkpoint_open(&head, signed_by, mp_buf_str(&note), keys, 2, err));
    CHECK(signed_by[0] && signed_by[1]);
    const mp_json *leaf = leaf_at(&b, 4, NULL, &arena);
    CHECK_STR(string(leaf, "action"), "Mapae.Ledger/key/rotate");
    CHECK(mp_str_eq(string(mp_json_get(leaf, MP_S("who")), "id"), who.actor));
    /* ...and later ones the new one's alone, also after opening again. */
    for (int round = 0; round < 2; round++) {
        logbook_fill(&b, 3, 4, 1);
        mp_buf_clear(&note);
        MUST_OK(mp_ledger_checkpoint(&note, b.ledger, err));
        MUST_OK(mp_checkpoint_open(&head, signed_by, mp_buf_str(&note), keys, 2, err));
        CHECK(signed_by[0] && !signed_by[1]);
        logbook_close(&b);
        logbook_open(&b);
    }
    MUST_OK(mp_ledger_rotate(b.ledger, &who, err));
    CHECK_INT(keys_of(&b, keys, 4, &arena), 3);
    mp_ledger_report report;
    MUST_OK(mp_ledger_verify(&report, b.ledger, NULL, NULL, err));
    CHECK_INT(report.keys, 3);
    mp_buf_free(&note);
    mp_arena_free(&arena);
    logbook_end(&b);
}

static void *rotate_some(void *arg)
{
    logbook *b = arg;
    mp_leaf  who = { .actor_kind = MP_S("system") };
    for (int i = 0; i < 3; i++)
        MUST_OK(mp_ledger_rotate(b->ledger, &who, err));
    return NULL;
}

TEST(keys_change_while_others_write)
{
    logbook     b;
    pthread_t   threads[4];
    mp_verifier keys[8];
    mp_arena    arena = MP_ARENA_INIT;
    logbook_begin(&b, NULL);
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, i % 2 ? rotate_some : note_many, &b), 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(keys_of(&b, keys, 8, &arena), 7);
    logbook_verify(&b);
    logbook_close(&b);
    logbook_open(&b);
    logbook_verify(&b);
    mp_arena_free(&arena);
    logbook_end(&b);
}

TEST(another_key_in_the_folder_is_refused)
{
    logbook  b;
    mp_arena arena = MP_ARENA_INIT;
    logbook_begin(&b, NULL);
    logbook_fill(&b, 0, 1, 1);
    logbook_close(&b);
    const char *path = mp_arena_printf(&arena, "%s/keys/ledger-1.pem", b.o.folder).ptr;
    const char *kept = mp_arena_printf(&arena, "%s/keys/kept", b.o.folder).ptr;
    CHECK_INT(rename(path, kept), 0);
    CHECK_INT(logbook_try(&b, NULL), MP_MISSING);
    mp_signer *other;
    mp_buf     pem = MP_BUF_INIT;
    MUST_OK(mp_signer_make(&other, MP_S("a"), NULL));
    MUST_OK(mp_signer_pem(&pem, other, NULL));
    FILE *f = fopen(path, "w");
    CHECK(f && fwrite(pem.ptr, 1, pem.len, f) == pem.len && fclose(f) == 0);
    CHECK_INT(logbook_try(&b, NULL), MP_FOREIGN);
    f = fopen(path, "w");
    CHECK(f && fputs("nothing\n", f) >= 0 && fclose(f) == 0);
    CHECK_INT(logbook_try(&b, NULL), MP_FORMAT);
    CHECK_INT(rename(kept, path), 0);
    logbook_open(&b);
    mp_buf_free(&pem);
    mp_signer_free(other);
    mp_arena_free(&arena);
    logbook_end(&b);
}

/* The commit did not come after the key was made: it is used, not written over. */
TEST(a_key_that_no_leaf_names_is_taken_later)
{
    logbook     b;
    mp_arena    arena = MP_ARENA_INIT;
    mp_signer  *signer;
    mp_buf      pem = MP_BUF_INIT;
    mp_verifier keys[2];
    mp_leaf     who = { .actor_kind = MP_S("local") };
    logbook_begin(&b, NULL);
    MUST_OK(mp_signer_make(&signer, MP_S("a"), NULL));
    MUST_OK(mp_signer_pem(&pem, signer, NULL));
    FILE *f = fopen(mp_arena_printf(&arena, "%s/keys/ledger-2.pem", b.o.folder).ptr, "w");
    CHECK(f && fwrite(pem.ptr, 1, pem.len, f) == pem.len && fclose(f) == 0);
    MUST_OK(mp_ledger_rotate(b.ledger, &who, err));
    CHECK_INT(keys_of(&b, keys, 2, &arena), 2);
    assert_memory_equal(keys[0].key, mp_signer_verifier(signer)->key, 32);
    mp_buf_free(&pem);
    mp_signer_free(signer);
    mp_arena_free(&arena);
    logbook_end(&b);
}

int main(void)
{
    return MAIN(RUN(the_first_leaf_names_the_key), RUN(the_origin_is_chosen_once),
                RUN(a_leaf_says_who_did_what_and_nothing_personal), RUN(openings_prove_what_was_sealed),
                RUN(leaves_of_failed_functions_are_not_there), RUN(only_the_log_speaks_of_its_keys),
                RUN(every_leaf_is_proved_and_every_size_goes_on), RUN(the_log_goes_on_where_it_was),
                RUN(reading_only_changes_nothing), RUN(a_new_key_is_named_by_the_old_one),
                RUN(keys_change_while_others_write), RUN(another_key_in_the_folder_is_refused),
                RUN(a_key_that_no_leaf_names_is_taken_later));
}
