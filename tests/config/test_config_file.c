/* SPDX-License-Identifier: Apache-2.0 */
/* The form of mapae.conf: what is a value, what is a fault, and where it stands. */
#include "config_file.h"

#include "buf.h"
#include "fault.h"
#include "test.h"

/* What was read, line by line: "2:3 server.listen 2:12 [0.0.0.0:8443]", "fault 4:1", "section 1:2 server". */
static void note_section(void *ctx, mp_str name, mp_pos at)
{
    mp_buf_printf(ctx, "section %u:%u %.*s\n", at.line, at.col, MP_FMT(name));
}

static void note_value(void *ctx, mp_str name, mp_pos name_at, mp_str value, mp_pos value_at)
{
    mp_buf_printf(ctx, "%u:%u %.*s %u:%u [%.*s]\n", name_at.line, name_at.col, MP_FMT(name), value_at.line,
                  value_at.col, MP_FMT(value));
}

static void note_fault(void *ctx, const mp_error *fault)
{
    CHECK_INT(fault->code, MP_SYNTAX);
    mp_buf_printf(ctx, "fault %u:%u\n", fault->pos.line, fault->pos.col);
}

static void check_lines(const char *text, const char *wanted)
{
    mp_buf          out = MP_BUF_INIT;
    mp_arena        arena = MP_ARENA_INIT;
    mp_error        err = { 0 };
    mp_config_lines lines = { &out, note_section, note_value, note_fault };
    CHECK_INT(mp_config_lines_read(mp_str_from(text), &lines, &arena, &err), MP_OK);
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_arena_free(&arena);
    mp_buf_free(&out);
}

TEST(values_have_their_section)
{
    check_lines("", "");
    check_lines("\n# nothing\n   \n\t# at all", "");
    check_lines("server.listen = :1\n", "1:1 server.listen 1:17 [:1]\n");
    check_lines("[server]\nlisten=:1\r\n  workers =  4  \n[log]\nto = stderr",
                "section 1:2 server\n2:1 server.listen 2:8 [:1]\n3:3 server.workers 3:14 [4]\nsection 4:2 log\n5:1 log.to 5:6 [stderr]\n");
    check_lines("\xef\xbb\xbf[log] # first\n", "section 1:2 log\n");
    check_lines("[ log ]\nto =\n", "section 1:3 log\n2:1 log.to 2:5 []\n");
}

TEST(comments_and_quotes)
{
    check_lines("a = b # c", "1:1 a 1:5 [b]\n");
    check_lines("a = b#c", "1:1 a 1:5 [b#c]\n");
    check_lines("a = # c", "1:1 a 1:5 []\n");
    check_lines("a = \"b # c\"", "1:1 a 1:5 [b # c]\n");
    check_lines("a = \" b \" # c", "1:1 a 1:5 [ b ]\n");
    check_lines("a = \"say \\\"no\\\" \\\\\"", "1:1 a 1:5 [say \"no\" \\]\n");
    check_lines("a = \"\"", "1:1 a 1:5 []\n");
    check_lines("a = b = c", "1:1 a 1:5 [b = c]\n");
}

TEST(faults_have_a_place_and_stop_nothing)
{
    check_lines("[server\na = b", "fault 1:1\n2:1 a 2:5 [b]\n");
    check_lines("[]\n", "fault 1:2\n");
    check_lines("[a b]\n", "fault 1:2\n");
    check_lines("[a] b\n", "fault 1:5\n");
    check_lines("listen\n", "fault 1:1\n");
    check_lines(" = b\n", "fault 1:2\n");
    check_lines("a b = c\n", "fault 1:1\n");
    check_lines("a = \"b\n", "fault 1:5\n");
    check_lines("a = \"b\" c\n", "fault 1:9\n");
    check_lines("a = \"b\\n\"\n", "fault 1:7\n");
    check_lines("a = \"b\\\n", "fault 1:7\n");
    check_lines("# \xea\xb0\x80\na = b\x01\n", "fault 2:6\n");
    check_lines("a = \xff\n", "fault 1:1\n");
    check_lines("가 = b\n", "fault 1:1\n");
    check_lines("a = \"가\" b\n", "fault 1:9\n");
}

static void nobody_section(void *ctx, mp_str name, mp_pos at) { (void)ctx, (void)name, (void)at; }
static void nobody_value(void *ctx, mp_str name, mp_pos a, mp_str v, mp_pos b)
{
    (void)ctx, (void)name, (void)a, (void)v, (void)b;
}
static void nobody_fault(void *ctx, const mp_error *e) { (void)ctx, (void)e; }

static bool read_it(void *ctx)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_error        err = { 0 };
    mp_config_lines lines = { ctx, nobody_section, nobody_value, nobody_fault };
    mp_code         code = mp_config_lines_read(MP_S("[server]\nlisten = \"a\"\nworkers = 4\n"), &lines, &arena, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_may_be_short)
{
    CHECK(fault_loop(read_it, NULL) >= 1);
}

int main(void)
{
    return MAIN(RUN(values_have_their_section), RUN(comments_and_quotes), RUN(faults_have_a_place_and_stop_nothing),
                RUN(memory_may_be_short));
}
