/* SPDX-License-Identifier: Apache-2.0 */
/* What log.h promises: whole lines that nobody can forge, in a file, to a collector, and counted when lost. */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fault.h"
#include "log.h"
#include "log_sink.h"
#include "source.h"
#include "test.h"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static mp_log *open_log(const char *to, bool as_syslog, mp_log_level least)
{
    mp_log        *log = NULL;
    mp_error       err;
    mp_log_options options = { .to = to, .as_syslog = as_syslog, .least = least, .host = "host one" };
    if (mp_log_open(&log, &options, &err) != MP_OK)
        fail_msg("%s", err.message);
    return log;
}

static mp_str read_file(mp_arena *arena, const char *name)
{
    mp_str text = MP_S("");
    assert_int_equal(mp_source_slurp(&text, path_of(name), 0, arena, NULL), MP_OK);
    return text;
}

static void write_one(mp_log *log, mp_str text)
{
    mp_log_write(log, MP_LOG_WARNING, "sample-event",
                 (mp_log_field[]){ MP_LOG_TEXT("who", text), MP_LOG_NUMBER("n", -7) }, 2);
}

/* Every line of the file as JSON; its member `who`. */
static mp_str who_of(mp_arena *arena, mp_str line)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    assert_int_equal(mp_json_doc_new(&doc, NULL), MP_OK);
    assert_int_equal(mp_json_read(doc, &root, line, NULL, NULL, NULL), MP_OK);
    const mp_json *who = mp_json_get(root, MP_S("who"));
    mp_str         text = who ? mp_arena_dup(arena, mp_json_str(who)) : MP_S("(none)");
    assert_int_equal(mp_json_get(root, MP_S("n"))->u.integer, -7);
    mp_json_doc_free(doc);
    return text;
}

TEST(lines_are_json)
{
    static const struct { const char *text, *wanted; } cases[] = {
        { "plain", "plain" },
        { "", "" },
        { "마패 \"quoted\" \\", "마패 \"quoted\" \\" },
        { "a\nb\r\tc\x01\x7f", "a\nb\r\tc\x01\x7f" },
        { "\xff\xc0\xaf", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xC2\x9B" "31m \xE2\x80\xAE turned", "\xC2\x9B" "31m \xE2\x80\xAE turned" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        unlink(path_of("json.log"));
        mp_log *log = open_log(path_of("json.log"), false, MP_LOG_INFO);
        write_one(log, mp_str_from(cases[i].text));
        mp_log_write(log, MP_LOG_DEBUG, "server-message", NULL, 0); /* not asked for */
        mp_log_close(log);
        mp_str text = read_file(&arena, "json.log");
        CHECK(mp_str_find(text, '\n') == text.len - 1); /* one line */
        for (size_t k = 0; k + 1 < text.len; k++)
            CHECK((unsigned char)text.ptr[k] >= 0x20 && text.ptr[k] != 0x7F &&
                  !mp_str_starts(mp_str_skip(text, k), MP_S("\xC2\x9B")));
        CHECK_STR(who_of(&arena, text), cases[i].wanted);
        CHECK(mp_str_find_str(text, MP_S("\"level\":\"warning\",\"event\":\"sample-event\"")) != SIZE_MAX);
    }
    mp_log_write(NULL, MP_LOG_ERROR, "nothing", NULL, 0);
    CHECK_INT(mp_log_lost(NULL), 0);
    mp_log_close(NULL);
    mp_log_reopen(NULL);
    mp_arena_free(&arena);
}

TEST(lines_have_a_length)
{
    mp_arena arena = MP_ARENA_INIT;
    char     big[20000];
    memset(big, '\n', sizeof big); /* each takes six bytes */
    unlink(path_of("long.log"));
    mp_log      *log = open_log(path_of("long.log"), false, MP_LOG_INFO);
    mp_log_field fields[20];
    for (size_t i = 0; i < MP_COUNT(fields); i++)
        fields[i] = (mp_log_field)MP_LOG_TEXT("text", mp_str_of(big, 500));
    mp_log_write(log, MP_LOG_INFO, "request", fields, MP_COUNT(fields));
    memset(big, 'x', sizeof big);
    write_one(log, mp_str_of(big, sizeof big));
    memcpy(big + 2047, "마", 3); /* the cut goes through it */
    write_one(log, mp_str_of(big, sizeof big));
    mp_log_close(log);
    mp_str text = read_file(&arena, "long.log");
    size_t first = mp_str_find(text, '\n');
    CHECK(first < MP_LOG_LINE);
    CHECK(mp_str_ends(mp_str_of(text.ptr, first), MP_S(",\"cut\":true}")));
    mp_str second = mp_str_skip(text, first + 1), third = mp_str_skip(second, mp_str_find(second, '\n') + 1);
    CHECK(mp_str_ends(who_of(&arena, mp_str_of(second.ptr, mp_str_find(second, '\n'))), MP_S("x…")));
    CHECK(mp_str_ends(who_of(&arena, third), MP_S("x…")));
    mp_arena_free(&arena);
}

TEST(syslog_has_its_form)
{
    mp_arena arena = MP_ARENA_INIT;
    unlink(path_of("sys.log"));
    mp_log *log = open_log(path_of("sys.log"), true, MP_LOG_INFO);
    write_one(log, MP_S("a\"b]c\\d\ne"));
    mp_log_close(log);
    mp_str text = read_file(&arena, "sys.log");
    CHECK(mp_str_starts(text, MP_S("<28>1 20"))); /* daemon 3 * 8 + warning 4 */
    CHECK_INT(text.ptr[6 + 26], 'Z');             /* six decimals */
    CHECK(mp_str_find_str(text, MP_S("Z host?one mapae ")) != SIZE_MAX);
    CHECK(mp_str_ends(text, MP_S(" sample-event [mapae@32473 who=\"a\\\"b\\]c\\\\d\\u000ae\" n=\"-7\"] sample-event\n")));
    mp_arena_free(&arena);
}

TEST(a_file_that_was_moved_away_is_opened_again)
{
    mp_arena arena = MP_ARENA_INIT;
    char     old[128];
    snprintf(old, sizeof old, "%s", path_of("moved.log.1"));
    mp_log *log = open_log(path_of("moved.log"), false, MP_LOG_INFO);
    write_one(log, MP_S("one"));
    CHECK_INT(rename(path_of("moved.log"), old), 0);
    write_one(log, MP_S("two"));
    mp_log_reopen(log);
    write_one(log, MP_S("three"));
    mp_log_close(log);
    CHECK(mp_str_find_str(read_file(&arena, "moved.log.1"), MP_S("two")) != SIZE_MAX);
    CHECK_STR(who_of(&arena, read_file(&arena, "moved.log")), "three");
    mp_arena_free(&arena);
}

static int bound(int type, struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int       fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &size), 0);
    return fd;
}

TEST(a_collector_gets_datagrams)
{
    struct sockaddr_in at;
    char               to[64], line[9000];
    int                fd = bound(SOCK_DGRAM, &at);
    snprintf(to, sizeof to, "syslog://127.0.0.1:%u", ntohs(at.sin_port));
    mp_log *log = open_log(to, false, MP_LOG_INFO);
    write_one(log, MP_S("hello"));
    ssize_t n = recv(fd, line, sizeof line, 0);
    CHECK(n > 0 && line[n - 1] != '\n');
    CHECK(mp_str_starts(mp_str_of(line, (size_t)n), MP_S("<28>1 ")));
    CHECK_INT(mp_log_lost(log), 0);
    mp_log_close(log);
    close(fd);
}

TEST(a_collector_gets_frames)
{
    struct sockaddr_in at;
    char               to[64], line[9000];
    int                fd = bound(SOCK_STREAM, &at);
    snprintf(to, sizeof to, "syslog+tcp://127.0.0.1:%u", ntohs(at.sin_port));
    mp_log *early = open_log(to, false, MP_LOG_INFO); /* nobody listens yet */
    write_one(early, MP_S("lost"));
    CHECK_INT(mp_log_lost(early), 1);
    mp_log_close(early);
    CHECK_INT(listen(fd, 5), 0);
    mp_log *log = open_log(to, false, MP_LOG_INFO);
    int     peer = accept(fd, NULL, NULL);
    write_one(log, MP_S("one"));
    write_one(log, MP_S("two"));
    mp_log_close(log);
    size_t len = 0;
    for (ssize_t n; (n = recv(peer, line + len, sizeof line - len, 0)) > 0;)
        len += (size_t)n;
    for (size_t i = 0, at_byte = 0; i < 2; i++) {
        char  *end;
        size_t size = strtoul(line + at_byte, &end, 10);
        CHECK(*end == ' ');
        CHECK(mp_str_starts(mp_str_of(end + 1, size), MP_S("<28>1 ")));
        CHECK_INT(end[size], 't'); /* "... sample-event", no newline behind */
        at_byte = (size_t)(end + 1 - line) + size;
        CHECK(at_byte <= len && (i == 0 || at_byte == len));
    }
    close(peer);
    close(fd);
}

TEST(a_reader_that_sleeps_stops_nobody)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char               to[160];
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path_of("sock"));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    snprintf(to, sizeof to, "syslog:%s", at.sun_path);
    mp_log *log = open_log(to, false, MP_LOG_INFO);
    for (unsigned i = 0; i < 5000 && mp_log_lost(log) == 0; i++)
        write_one(log, MP_S("nobody reads"));
    CHECK(mp_log_lost(log) > 0);
    mp_log_close(log);
    close(fd);
}

TEST(wrong_places_are_refused)
{
    static const char *const wrong[] = { "syslog://nowhere", "syslog://:514", "/nonexistent/folder/log",
                                         "syslog+tcp://127.0.0.1:no-port" };
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        mp_log        *log = NULL;
        mp_error       err;
        mp_log_options options = { .to = wrong[i] };
        mp_code        code = mp_log_open(&log, &options, &err);
        if (code != MP_PARAMETER && code != MP_IO)
            fail_msg("%s: %s", wrong[i], mp_code_name(code));
        CHECK(log == NULL);
    }
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        write_one(arg, MP_S("a line of some length, so that two of them would show"));
    return NULL;
}

TEST(lines_of_many_threads_are_whole)
{
    mp_arena  arena = MP_ARENA_INIT;
    pthread_t threads[4];
    size_t    lines = 0;
    unlink(path_of("many.log"));
    mp_log *log = open_log(path_of("many.log"), false, MP_LOG_INFO);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, write_many, log), 0);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    mp_log_close(log);
    for (mp_str text = read_file(&arena, "many.log"); text.len; lines++) {
        size_t end = mp_str_find(text, '\n');
        CHECK(end != SIZE_MAX);
        who_of(&arena, mp_str_of(text.ptr, end));
        text = mp_str_skip(text, end + 1);
    }
    CHECK_INT(lines, 2000);
    mp_arena_free(&arena);
}

static bool open_and_write(void *context)
{
    mp_log        *log = NULL;
    mp_log_options options = { .to = context };
    bool           done = mp_log_open(&log, &options, NULL) == MP_OK;
    write_one(log, MP_S("x"));
    mp_log_close(log);
    return done;
}

TEST(no_memory_is_said)
{
    CHECK(fault_loop(open_and_write, (void *)(uintptr_t)path_of("fault.log")) > 1);
}

TEST(the_table_is_complete)
{
    for (size_t i = 0; i < mp_log_event_count; i++) {
        CHECK(mp_log_events[i].name[0] && strlen(mp_log_events[i].name) <= 32); /* MSGID, RFC 5424 */
        CHECK(mp_str_starts(mp_str_from(mp_log_events[i].doc), MP_S("log.")));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(mp_log_events[i].name, mp_log_events[k].name) != 0);
    }
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/mapae-test-log-XXXXXX");
    if (!mkdtemp(folder))
        return 2;
    int failed =
        MAIN(RUN(lines_are_json), RUN(lines_have_a_length), RUN(syslog_has_its_form),
             RUN(a_file_that_was_moved_away_is_opened_again), RUN(a_collector_gets_datagrams),
             RUN(a_collector_gets_frames), RUN(a_reader_that_sleeps_stops_nobody), RUN(wrong_places_are_refused),
             RUN(lines_of_many_threads_are_whole), RUN(no_memory_is_said), RUN(the_table_is_complete));
    static const char *const made[] = { "json.log",    "long.log", "sys.log",   "moved.log",
                                        "moved.log.1", "many.log", "fault.log", "sock" };
    for (size_t i = 0; i < MP_COUNT(made); i++)
        unlink(path_of(made[i]));
    rmdir(folder);
    return failed;
}
