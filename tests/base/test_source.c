/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "fault.h"
#include "test.h"

static char folder[64];

static int make_folder(void **state __attribute__((unused)))
{
    snprintf(folder, sizeof folder, "/tmp/mapae-source-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state __attribute__((unused)))
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[8][160];
    static int  next;
    char       *p = path[next++ % 8];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static const char *write_file(const char *name, mp_str bytes)
{
    const char *path = path_of(name);
    FILE       *f = fopen(path, "wb");
    CHECK(f != NULL);
    CHECK(fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
    CHECK(fclose(f) == 0);
    return path;
}

static mp_str gzip(mp_arena *arena, mp_str text)
{
    z_stream z = { 0 };
    size_t   room = text.len + 1000;
    char    *out = mp_arena_alloc(arena, room);
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_in = (Bytef *)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    size_t len = room - z.avail_out;
    deflateEnd(&z);
    return mp_str_of(out, len);
}

static mp_str zstd(mp_arena *arena, mp_str text)
{
    size_t     room = ZSTD_compressBound(text.len);
    char      *out = mp_arena_alloc(arena, room);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1); /* else damage may go unseen */
    size_t len = ZSTD_compress2(z, out, room, text.ptr, text.len);
    ZSTD_freeCCtx(z);
    CHECK(!ZSTD_isError(len));
    return mp_str_of(out, len);
}

static mp_str join(mp_arena *arena, mp_str a, mp_str b)
{
    char *out = mp_arena_alloc(arena, a.len + b.len + 1);
    memcpy(out, a.ptr, a.len);
    memcpy(out + a.len, b.ptr, b.len);
    return mp_str_of(out, a.len + b.len);
}

/* Text that neither compresses to nothing nor fits one buffer. */
static mp_str long_text(mp_arena *arena, size_t len)
{
    char    *text = mp_arena_alloc(arena, len);
    uint32_t x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        text[i] = (char)('a' + (x >> 28));
    }
    return mp_str_of(text, len);
}

/* Through mp_source_read(), `step` bytes at most at a time. */
static mp_code read_in_steps(mp_buf *out, const char *path, size_t step, mp_error *err)
{
    mp_source *s;
    MP_TRY(mp_source_open(&s, path, err));
    mp_code code = MP_OK;
    for (;;) {
        size_t got = 0;
        char  *into = mp_buf_reserve(out, step);
        CHECK(into != NULL);
        code = mp_source_read(s, into, step, &got, err);
        if (code != MP_OK || got == 0)
            break;
        out->len += got;
    }
    mp_source_close(s);
    return code;
}

static void check_content(const char *path, mp_str wanted)
{
    static const size_t steps[] = { 1000000, 4096, 7 };
    mp_arena            arena = MP_ARENA_INIT;
    mp_str              text;
    mp_error            err = { 0 };
    if (mp_source_slurp(&text, path, 0, &arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK(mp_str_eq(text, wanted));
    for (size_t i = 0; i < MP_JSON_PADDING; i++)
        CHECK(text.ptr[text.len + i] == 0);
    for (size_t i = 0; i < MP_COUNT(steps); i++) {
        mp_buf b = MP_BUF_INIT;
        CHECK(read_in_steps(&b, path, steps[i], &err) == MP_OK);
        CHECK(mp_str_eq(mp_buf_str(&b), wanted));
        mp_buf_free(&b);
    }
    mp_arena_free(&arena);
}

static void check_refused(const char *path, const char *part_of_message)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    mp_error err = { 0 };
    CHECK(mp_source_slurp(&text, path, 0, &arena, &err) == MP_IO && err.code == MP_IO);
    if (!strstr(err.message, part_of_message) || !strstr(err.message, path))
        fail_msg("%s", err.message);
    mp_arena_free(&arena);
}

TEST(formats_are_recognised_by_content)
{
    mp_arena arena = MP_ARENA_INIT;
    for (size_t len = 0; len < 2000000; len = len * 31 + 1) {
        mp_str text = long_text(&arena, len);
        mp_str gz = gzip(&arena, text), zst = zstd(&arena, text);
        mp_str skippable = MP_S("\x5A\x2A\x4D\x18\x03\0\0\0abc");
        check_content(write_file("plain", text), text);
        check_content(write_file("gz", gz), text);
        check_content(write_file("zst", zst), text);
        check_content(write_file("gz2", join(&arena, gz, gz)), join(&arena, text, text));
        check_content(write_file("zst2", join(&arena, zst, zst)), join(&arena, text, text));
        check_content(write_file("zst3", join(&arena, skippable, zst)), text);
        check_content(write_file("zst4", join(&arena, zst, skippable)), text);
    }
    check_content(write_file("short1", MP_S("\x1F")), MP_S("\x1F"));
    check_content(write_file("short2", MP_S("\x28\xB5\x2F")), MP_S("\x28\xB5\x2F"));
    mp_arena_free(&arena);
}

TEST(damaged_streams_are_refused)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = long_text(&arena, 300000);
    mp_str   streams[] = { gzip(&arena, text), zstd(&arena, text) };
    for (size_t i = 0; i < 2; i++) {
        mp_str s = streams[i];
        for (size_t cut = 5; cut < s.len; cut += cut < 40 ? 1 : s.len / 7)
            check_refused(write_file("cut", mp_str_of(s.ptr, cut)), "cut off");
        for (size_t cut = 1; cut < 12; cut++)
            check_refused(write_file("cut", mp_str_of(s.ptr, s.len - cut)), "cut off");
        check_refused(write_file("tail", join(&arena, s, MP_S("x"))), "other bytes");
        check_refused(write_file("tail", join(&arena, s, mp_str_of(s.ptr, 3))), "");
        mp_str bad = join(&arena, s, MP_S(""));
        ((char *)bad.ptr)[bad.len / 2] ^= 0x55;
        ((char *)bad.ptr)[bad.len / 2 + 1] ^= 0x55;
        check_refused(write_file("bad", bad), i ? "zstd" : "damaged gzip");
    }
    mp_arena_free(&arena);
}

TEST(errors_name_the_path)
{
    check_refused(path_of("no such file"), "No such file or directory");
    check_refused(folder, "Is a directory");
}

TEST(progress_is_counted)
{
    mp_arena   arena = MP_ARENA_INIT;
    mp_str     text = long_text(&arena, 500000), gz = gzip(&arena, text);
    mp_source *s;
    char       some[1000];
    size_t     got;
    CHECK(mp_source_open(&s, write_file("gz", gz), NULL) == MP_OK);
    CHECK(mp_source_size_bytes(s) == gz.len);
    CHECK(mp_source_read(s, some, sizeof some, &got, NULL) == MP_OK && got > 0);
    CHECK(mp_source_read_bytes(s) > 0 && mp_source_read_bytes(s) <= gz.len);
    while (got > 0)
        CHECK(mp_source_read(s, some, sizeof some, &got, NULL) == MP_OK);
    CHECK(mp_source_read(s, some, sizeof some, &got, NULL) == MP_OK && got == 0);
    CHECK(mp_source_read_bytes(s) == gz.len);
    mp_source_close(s);
    mp_source_close(NULL);
    mp_arena_free(&arena);
}

TEST(a_limit_is_kept)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_str      text = long_text(&arena, 100000), out;
    const char *paths[] = { write_file("plain", text), write_file("gz", gzip(&arena, text)) };
    for (size_t i = 0; i < 2; i++) {
        CHECK(mp_source_slurp(&out, paths[i], 99999, &arena, NULL) == MP_LIMIT);
        CHECK(mp_source_slurp(&out, paths[i], 100000, &arena, NULL) == MP_OK);
    }
    mp_arena_free(&arena);
}

TEST(only_files_have_a_size)
{
    CHECK_INT(mp_source_file_size(write_file("five", MP_S("12345"))), 5);
    CHECK_INT(mp_source_file_size(write_file("nothing", MP_S(""))), 0);
    CHECK_INT(mp_source_file_size(path_of("missing")), 0);
    CHECK_INT(mp_source_file_size(folder), 0);
    CHECK_INT(mp_source_file_size("/dev/null"), 0);
    CHECK_INT(mp_source_file_size("-"), 0);
}

TEST(standard_input_is_a_source)
{
    int kept = dup(STDIN_FILENO), ends[2];
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], "piped", 5) == 5);
    CHECK(close(ends[1]) == 0);
    CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    CHECK(mp_source_slurp(&text, "-", 0, &arena, NULL) == MP_OK);
    CHECK_STR(text, "piped");
    CHECK(dup2(kept, STDIN_FILENO) == STDIN_FILENO);
    close(kept);
    close(ends[0]);
    mp_arena_free(&arena);
}

/* ---- lists ---- */

static void make_tree(void)
{
    static const char *const folders[] = { "tree", "tree/b", "tree/b/c", "tree/.hidden", "tree/e" };
    static const char *const files[] = { "tree/z.json", "tree/a.ndjson", "tree/b.json",
                                         "tree/b/x.json", "tree/b/c/y.json", "tree/b/note.txt",
                                         "tree/.hidden/h.json", "tree/.h.json", "tree/B.json" };
    for (size_t i = 0; i < MP_COUNT(folders); i++)
        CHECK(mkdir(path_of(folders[i]), 0700) == 0);
    for (size_t i = 0; i < MP_COUNT(files); i++)
        write_file(files[i], MP_S("{}"));
    CHECK(symlink("..", path_of("tree/e/loop")) == 0);
    CHECK(symlink("../z.json", path_of("tree/e/link.json")) == 0);
    CHECK(symlink("nowhere", path_of("tree/e/dangling.json")) == 0);
    CHECK(mkfifo(path_of("tree/e/pipe.json"), 0600) == 0);
}

static void check_list(const char *path, const char *const *suffixes, const char *const *wanted)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **names;
    size_t       count, i = 0;
    CHECK(mp_source_list(&names, &count, path, suffixes, NULL, &arena, NULL) == MP_OK);
    for (; wanted[i]; i++) {
        CHECK(i < count);
        CHECK_STR(mp_str_from(names[i]), path_of(wanted[i]));
    }
    CHECK(i == count);
    mp_arena_free(&arena);
}

TEST(folders_are_listed)
{
    static const char *const json[] = { ".json", ".ndjson", NULL };
    static const char *const found[] = { "tree/B.json", "tree/a.ndjson", "tree/b.json",
                                         "tree/b/c/y.json", "tree/b/x.json", "tree/e/link.json",
                                         "tree/z.json", NULL };
    static const char *const all_of_b[] = { "tree/b/c/y.json", "tree/b/note.txt", "tree/b/x.json",
                                            NULL };
    static const char *const note[] = { "tree/b/note.txt", NULL };
    static const char *const none[] = { NULL };
    make_tree();
    check_list(path_of("tree"), json, found);
    check_list(path_of("tree/"), json, found);
    check_list(path_of("tree/b"), NULL, all_of_b);
    check_list(path_of("tree/b/note.txt"), json, note);
    check_list(path_of("tree/.hidden"), (const char *const[]){ ".x", NULL }, none);
}

TEST(what_is_passed_over_is_counted)
{
    static const char *const json[] = { ".json", ".ndjson", NULL };
    mp_arena     arena = MP_ARENA_INIT;
    mp_skips     skips = { 0 };
    const char **names;
    size_t       count;
    CHECK(mp_source_list(&names, &count, path_of("tree"), json, &skips, &arena, NULL) == MP_OK);
    CHECK(skips.by[MP_SKIP_SUFFIX] == 1 && skips.by[MP_SKIP_HIDDEN] == 2);
    CHECK(skips.by[MP_SKIP_LINK] == 2 && skips.by[MP_SKIP_SPECIAL] == 1 && skips.count == 6);
    for (size_t i = 0; i < MP_SKIPS_NAMED; i++)
        CHECK(mp_str_starts(mp_str_from(skips.paths[i]), mp_str_from(path_of("tree/"))));
    /* The next folder adds to it. */
    CHECK(mp_source_list(&names, &count, path_of("tree/b"), json, &skips, &arena, NULL) == MP_OK);
    CHECK(skips.count == 7 && skips.by[MP_SKIP_SUFFIX] == 2);
    skips = (mp_skips){ 0 };
    CHECK(mp_source_list(&names, &count, path_of("tree/b"), json, &skips, &arena, NULL) == MP_OK);
    CHECK_STR(mp_str_from(skips.paths[0]), path_of("tree/b/note.txt"));
    CHECK(skips.count == 1 && skips.why[0] == MP_SKIP_SUFFIX && !skips.paths[1]);
    /* A file that is named is not passed over. */
    skips = (mp_skips){ 0 };
    CHECK(mp_source_list(&names, &count, path_of("tree/b/note.txt"), json, &skips, &arena, NULL) == MP_OK);
    CHECK(skips.count == 0 && count == 1);
    mp_arena_free(&arena);
}

/* Nothing but a regular file is opened; a pipe or a device would be waited for, or have no end. */
TEST(only_regular_files_are_read_for_others)
{
    static const struct {
        const char *name;
        size_t      len; /* 0: all of it */
    } refused[] = { { "", 0 }, { "tree", 0 }, { "none", 0 }, { "tree/e/pipe.json", 0 }, { "tree/z.json\0x", 13 } };
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    mp_str   text;
    char     path[200];
    for (size_t i = 0; i < MP_COUNT(refused); i++) {
        snprintf(path, sizeof path, "%s", refused[i].name[0] ? path_of(refused[i].name) : "");
        size_t len = strlen(path) + (refused[i].len ? 2 : 0);
        memcpy(path + strlen(path) + 1, "x", 2);
        CHECK(mp_source_slurp_regular(&text, mp_str_of(path, len), 100, &arena, &err) == MP_IO);
        CHECK_STR(mp_str_from(err.message), "there is no such file that can be read");
    }
    CHECK(mp_source_slurp_regular(&text, MP_S("/dev/zero"), 100, &arena, &err) == MP_IO);
    CHECK(mp_source_slurp_regular(&text, MP_S("-"), 100, &arena, &err) == MP_IO);
    snprintf(path, sizeof path, "%s", path_of("tree/e/link.json"));
    CHECK(mp_source_slurp_regular(&text, mp_str_from(path), 2, &arena, &err) == MP_OK);
    CHECK_STR(text, "{}");
    CHECK(mp_source_slurp_regular(&text, mp_str_from(path), 1, &arena, &err) == MP_LIMIT);
    mp_arena_free(&arena);
}

TEST(standard_input_is_listed_as_it_is)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **names;
    size_t       count;
    mp_error     err;
    CHECK(mp_source_list(&names, &count, "-", NULL, NULL, &arena, NULL) == MP_OK && count == 1);
    CHECK_STR(mp_str_from(names[0]), "-");
    CHECK(mp_source_list(&names, &count, path_of("none"), NULL, NULL, &arena, &err) == MP_IO);
    CHECK(strstr(err.message, "No such file"));
    mp_arena_free(&arena);
}

/* ---- memory ---- */

static bool slurp(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = { NULL, 0 };
    mp_error err = { 0 };
    mp_code  code = mp_source_slurp(&text, context, 0, &arena, &err);
    CHECK(code == MP_OK ? text.len == 300000 : code == MP_NOMEM && err.code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

static bool list(void *context)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **names;
    size_t       count;
    mp_code      code = mp_source_list(&names, &count, context, NULL, NULL, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = long_text(&arena, 300000);
    char     path[160];
    snprintf(path, sizeof path, "%s", write_file("fault", text));
    CHECK(fault_loop(slurp, path) >= 3);
    write_file("fault", gzip(&arena, text));
    CHECK(fault_loop(slurp, path) >= 3);
    write_file("fault", zstd(&arena, text));
    CHECK(fault_loop(slurp, path) >= 3);
    CHECK(fault_loop(list, folder) >= 3);
    mp_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(formats_are_recognised_by_content), RUN(damaged_streams_are_refused),
        RUN(errors_name_the_path), RUN(progress_is_counted), RUN(a_limit_is_kept),
        RUN(only_files_have_a_size), RUN(standard_input_is_a_source), RUN(folders_are_listed),
        RUN(what_is_passed_over_is_counted),
        RUN(only_regular_files_are_read_for_others), RUN(standard_input_is_listed_as_it_is), RUN(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
