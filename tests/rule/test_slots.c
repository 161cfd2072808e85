/* SPDX-License-Identifier: Apache-2.0 */
#include "slots.h"

#include "buf.h"
#include "fault.h"
#include "make.h"

#define MOST 64

static mp_slots *make_slots(uint32_t inputs, const char *const *paths, size_t count, uint32_t *slots)
{
    mp_slots *s = NULL;
    mp_arena  arena = MP_ARENA_INIT; /* names are copied: the paths may go */
    CHECK(mp_slots_new(&s, inputs, NULL) == MP_OK);
    for (size_t i = 0; i < count; i++)
        CHECK(mp_slots_add(&slots[i], s, make_path(paths[i], &arena), NULL) == MP_OK);
    mp_arena_free(&arena);
    CHECK(mp_slots_count(s) <= MOST && mp_slots_inputs(s) == inputs);
    return s;
}

static void check_value(const mp_json *found, const char *wanted)
{
    mp_buf text = MP_BUF_INIT;
    if (found)
        mp_buf_add_json(&text, found);
    CHECK_STR(mp_buf_str(&text), wanted);
    mp_buf_free(&text);
}

TEST(one_walk_fills_them_all)
{
    static const char *const paths[] = { "a", "a.b", "a.b.c", "x", "a.d", "LONG.Name" };
    static const struct {
        const char *doc, *values[MP_COUNT(paths)];
    } cases[] = {
        { "{}", { "", "", "", "", "", "" } },
        { "{\"a\":1,\"x\":null}", { "1", "", "", "null", "", "" } },
        { "{\"a\":{\"b\":{\"c\":[1]},\"d\":2},\"long\":{\"NAME\":3}}",
          { "{\"b\":{\"c\":[1]},\"d\":2}", "{\"c\":[1]}", "[1]", "", "2", "3" } },
        { "[1]", { "", "", "", "", "", "" } },
        { "5", { "", "", "", "", "", "" } },
        { "{\"A\":{\"B\":1}}", { "{\"B\":1}", "1", "", "", "", "" } },
        /* of names that differ in case only the one spelled as the path counts, else the last */
        { "{\"a\":1,\"A\":2}", { "1", "", "", "", "", "" } },
        { "{\"A\":2,\"a\":1}", { "1", "", "", "", "", "" } },
        { "{\"X\":1,\"X\":2}", { "", "", "", "2", "", "" } },
        { "{\"A\":{\"b\":1,\"d\":5},\"a\":{\"b\":2}}", { "{\"b\":2}", "2", "", "", "", "" } },
        { "{\"a\":{\"d\":2},\"A\":{\"b\":1}}", { "{\"d\":2}", "", "", "", "2", "" } },
        { "{\"a\":{\"b\":{\"c\":1}},\"a\":{\"d\":2}}", { "{\"d\":2}", "", "", "", "2", "" } },
        { "{\"a\":{\"b\":{\"C\":1,\"c\":2,\"C\":3}}}", { "{\"b\":{\"C\":1,\"c\":2,\"C\":3}}", "{\"C\":1,\"c\":2,\"C\":3}", "2", "", "", "" } },
    };
    uint32_t  slots[MP_COUNT(paths)];
    mp_slots *s = make_slots(2, paths, MP_COUNT(paths), slots);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena       arena = MP_ARENA_INIT;
        const mp_json *values[MOST];
        mp_slots_fill(s, make_json(cases[i].doc, &arena), values);
        for (size_t k = 0; k < MP_COUNT(paths); k++)
            check_value(values[slots[k]], cases[i].values[k]);
        mp_arena_free(&arena);
    }
    mp_slots_free(s);
    mp_slots_free(NULL);
}

TEST(a_path_has_one_slot)
{
    static const char *const paths[] = { "a.b", "A.B", "a", "['a'].b", "c.d.e" };
    uint32_t  slots[MP_COUNT(paths)];
    mp_slots *s = make_slots(3, paths, MP_COUNT(paths), slots);
    mp_arena  arena = MP_ARENA_INIT;
    CHECK(slots[0] == slots[1] && slots[1] == slots[3] && slots[0] != slots[2]);
    for (size_t i = 0; i < MP_COUNT(paths); i++)
        CHECK(slots[i] >= 3 && mp_slots_find(s, make_path(paths[i], &arena)) == slots[i]);
    CHECK(mp_slots_find(s, make_path("c.d", &arena)) == UINT32_MAX); /* lies between: never added */
    CHECK(mp_slots_find(s, make_path("z", &arena)) == UINT32_MAX);
    mp_arena_free(&arena);
    mp_slots_free(s);
}

/* The same values as before, read from what the pack holds. */
static void check_pack(const mp_slots *s, const mp_json *const *before, const mp_pack *pack,
                       const uint32_t *slots, size_t count, uint32_t inputs)
{
    const mp_json *after[MOST];
    mp_arena       arena = MP_ARENA_INIT;
    CHECK(pack->bytes % 8 == 0);
    mp_pack_open(pack, after);
    for (size_t i = 0; i < count + inputs; i++) {
        uint32_t slot = i < inputs ? (uint32_t)i : slots[i - inputs];
        mp_buf   text = MP_BUF_INIT;
        CHECK((before[slot] == NULL) == (after[slot] == NULL));
        if (before[slot])
            mp_buf_add_json(&text, before[slot]);
        mp_buf_add(&text, MP_S(""));
        check_value(after[slot], mp_arena_printf(&arena, "%.*s", MP_FMT(mp_buf_str(&text))).ptr);
        const char *start = (const char *)pack, *at = (const char *)after[slot];
        CHECK(!at || (at > start && at < start + pack->bytes));
        mp_buf_free(&text);
    }
    (void)s;
    mp_arena_free(&arena);
}

TEST(packs_keep_the_values)
{
    static const char *const paths[] = { "a", "a.b", "a.b.c", "l", "x.y", "a.none" };
    static const char *const docs[] = {
        "{}", "{\"a\":{\"b\":{\"c\":\"deep\"}},\"l\":[1,\"two\",{\"k\":3.50}],\"x\":{\"y\":\"\",\"z\":\"left out\"}}",
        "{\"A\":{\"b\":1},\"a\":{\"B\":{\"C\":null,\"c\":true}}}", "{\"a\":\"\",\"l\":[],\"x\":{\"y\":{}}}",
        "{\"x\":{\"y\":1e400}}",
    };
    uint32_t  slots[MP_COUNT(paths)];
    mp_slots *s = make_slots(2, paths, MP_COUNT(paths), slots);
    for (size_t i = 0; i < MP_COUNT(docs); i++) {
        mp_arena       arena = MP_ARENA_INIT, kept = MP_ARENA_INIT, moved = MP_ARENA_INIT;
        const mp_json *values[MOST];
        values[0] = make_json("{\"input\":[\"text\"]}", &arena);
        values[1] = NULL;
        mp_slots_fill(s, make_json(docs[i], &arena), values);
        mp_pack *pack = mp_pack_make(s, values, &kept);
        CHECK(pack);
        check_pack(s, values, pack, slots, MP_COUNT(paths), 2);
        mp_pack_detach(pack);
        mp_pack *copy = mp_arena_alloc(&moved, pack->bytes); /* as if written and read back elsewhere */
        CHECK(copy);
        memcpy(copy, pack, pack->bytes);
        memset(pack, 0xAA, pack->bytes);
        mp_pack_attach(copy);
        check_pack(s, values, copy, slots, MP_COUNT(paths), 2);
        mp_arena_free(&arena);
        mp_arena_free(&kept);
        mp_arena_free(&moved);
    }
    mp_slots_free(s);
}

TEST(a_part_of_the_slots_is_packed)
{
    static const char *const paths[] = { "a", "a.b", "a.c", "x" };
    uint32_t       slots[MP_COUNT(paths)];
    bool           has[MOST] = { false };
    const mp_json *values[MOST] = { NULL }, *after[MOST];
    mp_arena       arena = MP_ARENA_INIT;
    mp_slots      *s = make_slots(1, paths, MP_COUNT(paths), slots);
    mp_slots_fill(s, make_json("{\"a\":{\"b\":1,\"c\":2},\"x\":\"y\"}", &arena), values);
    has[slots[1]] = has[slots[3]] = true;
    mp_slot_set wanted;
    CHECK(mp_slot_set_make(&wanted, s, has, &arena));
    mp_pack *pack = mp_pack_make_part(s, values, &wanted, &arena);
    CHECK(pack);
    mp_pack_open(pack, after);
    check_value(after[slots[1]], "1");
    check_value(after[slots[3]], "\"y\"");
    CHECK(!after[slots[0]] && !after[slots[2]] && !after[0]);
    mp_arena_free(&arena);
    mp_slots_free(s);
}

TEST(random_documents_are_packed)
{
    static const char *const paths[] = { "a", "a.b", "a.b.a", "b", "l", "m", "b.a" };
    uint32_t  slots[MP_COUNT(paths)];
    mp_slots *s = make_slots(1, paths, MP_COUNT(paths), slots);
    for (uint64_t seed = 0; seed < 500; seed++) {
        make_random    r = { seed };
        mp_arena       arena = MP_ARENA_INIT;
        const mp_json *values[MOST] = { NULL }, *doc = make_document(&r, &arena);
        mp_slots_fill(s, doc, values);
        /* What a slot holds is what a look at the members finds. */
        CHECK(values[slots[1]] == mp_json_get_fold(mp_json_get_fold(doc, MP_S("a")), MP_S("b")));
        mp_pack *pack = mp_pack_make(s, values, &arena);
        CHECK(pack);
        mp_pack_detach(pack);
        mp_pack_attach(pack);
        check_pack(s, values, pack, slots, MP_COUNT(paths), 1);
        mp_arena_free(&arena);
    }
    mp_slots_free(s);
}

static bool makes_a_pack(void *context)
{
    const mp_json *doc = context, *values[MOST];
    mp_slots      *s = NULL;
    mp_arena       arena = MP_ARENA_INIT;
    const mp_step  steps[] = { { MP_S("a") }, { MP_S("b") }, { MP_S("c") } };
    uint32_t       slot;
    bool           done = mp_slots_new(&s, 1, NULL) == MP_OK;
    for (uint32_t n = 1; done && n <= MP_COUNT(steps); n++)
        done = mp_slots_add(&slot, s, (mp_path){ steps, n }, NULL) == MP_OK;
    if (done) {
        values[0] = NULL;
        mp_slots_fill(s, doc, values);
        done = mp_pack_make(s, values, &arena) != NULL;
    }
    mp_slots_free(s);
    mp_arena_free(&arena);
    return done;
}

TEST(lack_of_memory_is_said)
{
    mp_arena arena = MP_ARENA_INIT;
    fault_loop(makes_a_pack, (void *)make_json("{\"a\":{\"b\":{\"c\":\"x\"}}}", &arena));
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(one_walk_fills_them_all), RUN(a_path_has_one_slot), RUN(packs_keep_the_values),
                RUN(a_part_of_the_slots_is_packed), RUN(random_documents_are_packed), RUN(lack_of_memory_is_said));
}
