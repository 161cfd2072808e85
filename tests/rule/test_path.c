/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "make.h"

TEST(paths_are_parsed)
{
    static const struct {
        const char *text, *printed;
        uint32_t    steps, eaches;
    } cases[] = {
        { "a", "a", 1, 0 },
        { "a.b.c", "a.b.c", 3, 0 },
        { "a[*]", "a[*]", 2, 1 },
        { "a[*].b[*].c", "a[*].b[*].c", 5, 2 },
        { "a[*][*]", "a[*][*]", 3, 2 },
        { "[*].a", "[*].a", 2, 1 },
        { "a['b']", "a.b", 2, 0 },
        { "a['b.c'].d", "a['b.c'].d", 3, 0 },
        { "a[b.c]", "a['b.c']", 2, 0 },
        { "a['it''s']", "a['it''s']", 2, 0 },
        { "a['']", "a['']", 2, 0 },
        { "a[b]c].d", "a['b]c'].d", 3, 0 },
        { "a b", "['a b']", 1, 0 },
        { "tags[x]", "tags.x", 2, 0 },
        { "['*']", "*", 1, 0 },
        { "한.국", "한.국", 2, 0 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_path  path = make_path(cases[i].text, &arena);
        CHECK_INT(path.count, cases[i].steps);
        CHECK_INT(mp_path_eaches(path), cases[i].eaches);
        CHECK_STR(mp_path_text(path, &arena), cases[i].printed);
        CHECK(mp_path_eq(path, make_path(cases[i].printed, &arena)));
        mp_arena_free(&arena);
    }
}

TEST(a_fault_names_the_column)
{
    static const struct {
        const char *text;
        uint32_t    col;
    } cases[] = { { ".a", 1 }, { "a.", 3 },  { "a..b", 3 },  { "a[", 3 },    { "a[]", 3 },
                  { "a['b", 5 }, { "a['b'", 6 }, { "a['b'x]", 6 }, { "a[b", 3 } };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_path  path = { NULL, 0 };
        mp_error err = { 0 };
        CHECK(mp_path_parse(&path, mp_str_from(cases[i].text), &arena, &err) == MP_SYNTAX);
        CHECK(path.steps == NULL);
        CHECK_INT(err.pos.line, 1);
        CHECK_INT(err.pos.col, cases[i].col);
        mp_arena_free(&arena);
    }
    mp_arena arena = MP_ARENA_INIT;
    mp_path  path;
    CHECK(mp_path_parse(&path, MP_S(""), &arena, NULL) == MP_SYNTAX);
    mp_arena_free(&arena);
}

TEST(a_path_has_at_most_so_many_steps)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_path  path;
    mp_str   text = MP_S("a");
    for (int i = 1; i < MP_PATH_STEPS; i++)
        text = mp_arena_printf(&arena, "%.*s.a", MP_FMT(text));
    CHECK_INT(make_path(text.ptr, &arena).count, MP_PATH_STEPS);
    text = mp_arena_printf(&arena, "%.*s.a", MP_FMT(text));
    CHECK(mp_path_parse(&path, text, &arena, NULL) == MP_LIMIT);
    mp_arena_free(&arena);
}

TEST(paths_compare_without_case)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_path  path = make_path("Properties.List[*].x", &arena);
    CHECK(mp_path_eq(path, make_path("properties.list[*].X", &arena)));
    CHECK(!mp_path_eq(path, make_path("properties.list[*]", &arena)));
    CHECK(!mp_path_eq(path, make_path("properties.list['*'].x", &arena)));
    CHECK(mp_path_starts(path, make_path("PROPERTIES.list[*]", &arena)));
    CHECK(mp_path_starts(path, path));
    CHECK(!mp_path_starts(make_path("properties", &arena), path));
    CHECK(!mp_path_starts(path, make_path("properties.lis", &arena)));
    mp_arena_free(&arena);
}

static bool parses(void *context)
{
    (void)context;
    mp_arena arena = MP_ARENA_INIT;
    mp_path  path;
    mp_code  code = mp_path_parse(&path, MP_S("a['it''s'][*].b"), &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    bool done = code == MP_OK && mp_path_text(path, &arena).ptr;
    mp_arena_free(&arena);
    return done;
}

TEST(lack_of_memory_is_said) { fault_loop(parses, NULL); }

int main(void)
{
    return MAIN(RUN(paths_are_parsed), RUN(a_fault_names_the_column),
                RUN(a_path_has_at_most_so_many_steps), RUN(paths_compare_without_case),
                RUN(lack_of_memory_is_said));
}
