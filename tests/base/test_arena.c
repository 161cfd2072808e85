/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>

#include "fault.h"
#include "jsonw.h"
#include "test.h"

TEST(memory_is_aligned_and_separate)
{
    mp_arena arena = MP_ARENA_INIT;
    char    *last = NULL;
    for (size_t size = 0; size < 3000; size = size * 3 / 2 + 1) {
        char *p = mp_arena_alloc(&arena, size);
        CHECK(p && (uintptr_t)p % alignof(max_align_t) == 0);
        memset(p, 0xAA, size);
        mp_str s = mp_arena_dup(&arena, MP_S("odd"));
        CHECK_STR(s, "odd");
        CHECK(p != last && s.ptr[3] == '\0');
        last = p;
    }
    mp_arena_free(&arena);
    CHECK(arena.bytes == 0 && arena.block == NULL && arena.next == NULL);
}

TEST(zeroed_arrays_check_their_size)
{
    mp_arena arena = MP_ARENA_INIT;
    memset(mp_arena_alloc(&arena, 1000), 0xFF, 1000);
    mp_arena_reset(&arena);
    const int *numbers = MP_ARENA_ARRAY(&arena, int, 100);
    for (int i = 0; i < 100; i++)
        CHECK(numbers[i] == 0);
    CHECK(mp_arena_zero(&arena, SIZE_MAX / 2, 3) == NULL);
    CHECK(mp_arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(mp_arena_alloc(&arena, SIZE_MAX - 64) == NULL);
    CHECK(mp_arena_dup(&arena, mp_str_of(NULL, 0)).ptr != NULL);
    mp_arena_free(&arena);
}

TEST(printf_takes_what_it_needs)
{
    mp_arena arena = MP_ARENA_INIT;
    for (int width = 1; width < 20000; width = width * 5 / 4 + 1) {
        mp_str s = mp_arena_printf(&arena, "%*d", width, 7);
        CHECK(s.len == (size_t)width && s.ptr[width - 1] == '7' && s.ptr[width] == '\0');
    }
    CHECK_STR(mp_arena_printf(&arena, "%s", ""), "");
    mp_arena_free(&arena);
}

TEST(reset_keeps_the_largest_block)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_arena_reset(&arena);
    CHECK(mp_arena_alloc(&arena, 100000));
    CHECK(mp_arena_alloc(&arena, 300000));
    CHECK(mp_arena_alloc(&arena, 5000));
    mp_arena_reset(&arena);
    size_t kept = arena.bytes;
    CHECK(kept >= 300000);
    CHECK(mp_arena_alloc(&arena, 300000));
    CHECK(arena.bytes == kept);
    mp_arena_free(&arena);
}

TEST(restore_returns_to_the_mark)
{
    mp_arena      arena = MP_ARENA_INIT;
    mp_arena_mark empty = mp_arena_save(&arena);
    mp_str        kept = mp_arena_dup(&arena, MP_S("kept"));
    mp_arena_mark mark = mp_arena_save(&arena);
    size_t        used = arena.used;
    char         *p = mp_arena_alloc(&arena, 10);
    for (int i = 0; i < 50; i++)
        CHECK(mp_arena_alloc(&arena, 5000));
    mp_arena_restore(&arena, mark);
    CHECK(arena.used == used);
    CHECK(mp_arena_alloc(&arena, 10) == p);
    CHECK_STR(kept, "kept");
    mp_arena_restore(&arena, empty);
    CHECK(mp_arena_alloc(&arena, 10));
    mp_arena_free(&arena);
}

TEST(returning_again_and_again_takes_nothing_more)
{
    mp_arena arena = MP_ARENA_INIT;
    CHECK(mp_arena_alloc(&arena, 4000));
    mp_arena_mark mark = mp_arena_save(&arena);
    CHECK(mp_arena_alloc(&arena, 5000));
    mp_arena_restore(&arena, mark);
    size_t bytes = arena.bytes;
    for (int i = 0; i < 100; i++) {
        CHECK(mp_arena_alloc(&arena, 5000));
        mp_arena_restore(&arena, mark);
    }
    CHECK(arena.bytes == bytes);
    mp_arena_free(&arena);
    CHECK(arena.bytes == 0 && arena.spare == NULL);
}

/* Whatever stood in the arena before, and whatever blocks it has. */
TEST(a_limit_counts_what_is_asked_for)
{
    for (size_t before = 1; before < 100000; before *= 7) {
        mp_arena arena = MP_ARENA_INIT;
        CHECK(mp_arena_alloc(&arena, before));
        mp_arena_reset(&arena);
        CHECK(mp_arena_alloc(&arena, 100));
        arena.limit = arena.used + 10000;
        CHECK(mp_arena_alloc(&arena, 6000));
        CHECK(!mp_arena_alloc(&arena, 4001) && arena.is_over);
        mp_arena_mark mark = mp_arena_save(&arena);
        CHECK(mp_arena_alloc(&arena, 4000));
        CHECK(!mp_arena_dup(&arena, MP_S("")).ptr);
        mp_arena_restore(&arena, mark);
        CHECK(mp_arena_alloc(&arena, 4000));
        arena.limit = 0;
        CHECK(mp_arena_alloc(&arena, 100000));
        mp_arena_free(&arena);
    }
}

TEST(values_are_copied_with_their_strings)
{
    static const char text[] = "{\"a\\n\":[1,2.50,\"x\",\"\"],\"b\":{}}";
    mp_arena          arena = MP_ARENA_INIT;
    mp_json_doc      *doc;
    const mp_json    *root;
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    const mp_json *copy = mp_arena_dup_json(&arena, root);
    const mp_json *part = mp_arena_dup_json(&arena, mp_json_at(root + 2, 1));
    CHECK(mp_json_read(doc, &root, MP_S("[\"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\"]"), NULL, NULL,
                       NULL) == MP_OK);
    mp_json_doc_free(doc);
    CHECK(copy->count == 2 && mp_json_nodes(copy) == 9);
    CHECK_STR(mp_json_str(copy + 1), "a\n");
    CHECK_STR(mp_json_str(copy + 4), "2.50");
    CHECK_STR(mp_json_str(copy + 5), "x");
    CHECK_STR(mp_json_str(part), "2.50");
    mp_arena_free(&arena);
}

TEST(values_keep_the_strings_of_their_text)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    char           text[] = "[\"plain\",\"a\\n\",2.50,{\"\":1}]";
    char           padded[sizeof text + MP_JSON_PADDING] = "";
    memcpy(padded, text, sizeof text);
    mp_str all = mp_str_of(padded, sizeof text - 1);
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read_padded(doc, &root, all, NULL, NULL, NULL) == MP_OK);
    const mp_json *kept = mp_arena_keep_json(&arena, root, all);
    mp_json_doc_free(doc);
    CHECK_INT(mp_json_nodes(kept), 7);
    CHECK(mp_json_str(kept + 1).ptr == padded + 2 && mp_json_str(kept + 3).ptr == padded + 15);
    CHECK_STR(mp_json_str(kept + 2), "a\n");
    CHECK_STR(mp_json_str(kept + 5), "");
    CHECK_INT(kept[6].u.integer, 1);
    mp_arena_free(&arena);
}

static bool fill(void *context)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_jsonw    w;
    const char *text = context;
    mp_str      s = mp_arena_dup(&arena, mp_str_from(text));
    mp_str      t = mp_arena_printf(&arena, "%5000s", text);
    void       *p = mp_arena_alloc(&arena, 20000);
    mp_jsonw_init(&w, &arena);
    mp_jsonw_array(&w);
    for (int i = 0; i < 3000; i++)
        mp_jsonw_str(&w, s);
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    const mp_json *copy = v ? mp_arena_dup_json(&arena, v) : NULL;
    const mp_json *kept = v ? mp_arena_keep_json(&arena, v, MP_S("another text")) : NULL;
    CHECK((s.ptr != NULL) == (s.len > 0) && (t.ptr != NULL) == (t.len > 0));
    mp_arena_free(&arena);
    return s.ptr && t.ptr && p && v && copy && kept;
}

TEST(memory_may_run_out)
{
    CHECK(fault_loop(fill, (void *)"text") >= 4);
}

int main(void)
{
    return MAIN(RUN(memory_is_aligned_and_separate), RUN(zeroed_arrays_check_their_size),
                RUN(printf_takes_what_it_needs), RUN(reset_keeps_the_largest_block),
                RUN(restore_returns_to_the_mark), RUN(returning_again_and_again_takes_nothing_more),
                RUN(a_limit_counts_what_is_asked_for), RUN(values_are_copied_with_their_strings),
                RUN(values_keep_the_strings_of_their_text),
                RUN(memory_may_run_out));
}
