/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several places counts, what contradicts itself, and that every fault is told with its place. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "test.h"

static char path[64];

/* A file with these contents; its name in `path`. */
static void write_file(const char *text)
{
    snprintf(path, sizeof path, "/tmp/mapae-config-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* "where line:col sentence" of each fault. */
static void note(void *ctx, const char *where, const mp_error *e)
{
    bool is_file = where && strcmp(where, path) == 0;
    mp_buf_printf(ctx, "%s %u:%u %s\n", is_file ? "FILE" : where ? where : "-", e->pos.line, e->pos.col, e->message);
}

static mp_config *read_all(const char *file, const char *const *environment, const char *const *sets, const char *faults)
{
    static const char *const nothing[] = { NULL };
    mp_config       *config = NULL;
    mp_error         err = { 0 };
    mp_buf           found = MP_BUF_INIT;
    size_t           count = 0;
    write_file(file);
    while (sets && sets[count])
        count++;
    mp_config_source source = {
        .file = path, .environ_ = environment ? environment : nothing, .sets = sets, .set_count = count
    };
    mp_code          code = mp_config_read(&config, &source, note, &found, &err);
    unlink(path);
    CHECK_STR(mp_buf_str(&found), faults);
    CHECK((code == MP_OK) == (faults[0] == '\0'));
    CHECK((code == MP_OK) == (config != NULL));
    if (code != MP_OK)
        CHECK(err.code == code && strstr(faults, err.message));
    mp_buf_free(&found);
    return config;
}

static void refuse(const char *file, const char *const *environment, const char *const *sets, const char *faults)
{
    CHECK(read_all(file, environment, sets, faults) == NULL);
}

TEST(defaults_stand_without_a_word)
{
    mp_config *c = read_all("", NULL, NULL, "");
    CHECK_STR(mp_str_from(mp_config_text(c, MP_SET_SERVER_LISTEN)), "127.0.0.1:8443");
    CHECK(mp_config_text(c, MP_SET_STORE_URL) == NULL);
    CHECK_INT(mp_config_number(c, MP_SET_PASSWORD_HASH_MEMORY), 64 << 20);
    CHECK_INT(mp_config_number(c, MP_SET_SESSION_IDLE), 900);
    CHECK(mp_config_flag(c, MP_SET_SERVER_CONFINE));
    CHECK(!mp_config_flag(c, MP_SET_METRICS_PUBLIC));
    CHECK_INT(mp_config_from(c, MP_SET_SERVER_LISTEN), MP_FROM_DEFAULT);
    mp_config_free(c);
    mp_config_free(NULL);
}

TEST(the_nearer_place_counts)
{
    static const char *const environment[] = { "MAPAE_SERVER_WORKERS=3", "MAPAE_RATE_CLIENT=30", "PATH=/bin",
                                               "MAPAE_LOG_TO=", NULL };
    static const char *const sets[] = { "rate.client=4", "rate.client = 40", "session.idle=20m", NULL };
    mp_config *c = read_all("[server]\nworkers = 2\nlisten = :1\n[rate]\nclient = 20\n[log]\nto = stdout\n",
                            environment, sets, "");
    CHECK_STR(mp_str_from(mp_config_text(c, MP_SET_SERVER_LISTEN)), ":1");
    CHECK_INT(mp_config_from(c, MP_SET_SERVER_LISTEN), MP_FROM_FILE);
    CHECK_INT(mp_config_number(c, MP_SET_SERVER_WORKERS), 3);
    CHECK_INT(mp_config_from(c, MP_SET_SERVER_WORKERS), MP_FROM_ENVIRONMENT);
    CHECK_INT(mp_config_number(c, MP_SET_RATE_CLIENT), 40);
    CHECK_INT(mp_config_from(c, MP_SET_RATE_CLIENT), MP_FROM_COMMAND_LINE);
    CHECK_INT(mp_config_number(c, MP_SET_SESSION_IDLE), 1200);
    CHECK_STR(mp_str_from(mp_config_text(c, MP_SET_LOG_TO)), "stdout"); /* an empty variable is none */
    CHECK_STR(mp_str_from(mp_config_file_name(c)), path);
    mp_config_free(c);
}

TEST(every_fault_is_told_with_its_place)
{
    static const char *const environment[] = { "MAPAE_RATE_CLIENT=many", "MAPAE_SERVER_LISTN=:1", NULL };
    static const char *const sets[] = { "rate.sign-in", "nothing.such=1", "server.workers=0", NULL };
    refuse("[server]\nlisten = :1\nlisten = :2\nworker = 4\nport 8443\n[nowhere]\nx = 1\n[log]\nlevel = loud\n",
           environment, sets,
           "FILE 3:1 server.listen stands in line 2 already\n"
           "FILE 4:1 there is no setting server.worker; did you mean server.workers?\n"
           "FILE 5:1 a line wants the form NAME = VALUE, or [SECTION]\n"
           "FILE 6:2 there is no section nowhere\n"
           "FILE 9:9 log.level wants one of error|warning|notice|info|debug, not \"loud\"\n"
           "MAPAE_RATE_CLIENT 0:0 rate.client wants a whole number from 1 to 1000000, not \"many\"\n"
           "MAPAE_SERVER_LISTN 0:0 there is no setting server.listn; did you mean server.listen?\n"
           "--set 0:0 a setting wants the form NAME=VALUE, not \"rate.sign-in\"\n"
           "--set 0:0 there is no setting nothing.such\n"
           "--set 0:0 server.workers wants a whole number from 1 to 1024, not \"0\"\n");
}

TEST(the_nearest_section_is_named)
{
    refuse("[sesion]\nidle = 5m\n", NULL, NULL, "FILE 1:2 there is no section sesion; did you mean session?\n");
}

TEST(strangers_of_the_environment_are_none_of_ours)
{
    static const char *const environment[] = { "MAPAE_PORT=tcp://10.0.0.1:8443",
                                               "MAPAE_SERVICE_HOST=10.0.0.1",
                                               "MAPAE_SERVER_SERVICE_HOST=10.0.0.1",
                                               "MAPAE_DATA=/srv",
                                               "MAPAE_",
                                               "MAPAE_=x",
                                               NULL };
    mp_config_free(read_all("", environment, NULL, ""));
}

TEST(contradictions_are_found)
{
    refuse("[session]\nlength = 10m\nidle = 15m\n", NULL, NULL,
           "FILE 3:1 session.idle (15m) may not be more than session.length (10m)\n");
    refuse("[server]\ncert-file = a.pem\n", NULL, NULL,
           "FILE 2:1 server.cert-file and server.key-file belong together: give both or none\n");
    refuse("[server]\nbase-url = https://a.example/mapae\n", NULL, NULL,
           "FILE 2:1 server.base-url wants https://HOST or https://HOST:PORT, without a path\n");
    static const char *const sets[] = { "sign-in.lock-after=2", NULL };
    refuse("", NULL, sets, "FILE 0:0 sign-in.slow-after (3) may not be more than sign-in.lock-after (2)\n");
    mp_config_free(read_all("[server]\nbase-url = https://a.example:8443\n", NULL, NULL, ""));
}

TEST(a_file_that_was_named_must_be_there)
{
    mp_config       *config = NULL;
    mp_error         err = { 0 };
    mp_config_source source = { .file = "/nonexistent/mapae.conf" };
    CHECK_INT(mp_config_read(&config, &source, NULL, NULL, &err), MP_IO);
    CHECK(config == NULL);
}

TEST(a_file_has_a_largest)
{
    mp_config *config = NULL;
    mp_error   err = { 0 };
    char      *text = malloc(MP_CONFIG_MAX + 2);
    CHECK(text != NULL);
    memset(text, '\n', MP_CONFIG_MAX + 1);
    text[MP_CONFIG_MAX + 1] = '\0';
    write_file(text);
    mp_config_source source = { .file = path };
    CHECK_INT(mp_config_read(&config, &source, NULL, NULL, &err), MP_LIMIT);
    unlink(path);
    free(text);
}

static void check_shown(const char *url, const char *wanted)
{
    char              set[200];
    const char *const sets[] = { set, NULL };
    mp_buf            out = MP_BUF_INIT;
    snprintf(set, sizeof set, "store.url=%s", url);
    mp_config *c = read_all("", NULL, sets, "");
    mp_config_show(&out, c, MP_SET_STORE_URL);
    CHECK_STR(mp_buf_str(&out), wanted);
    mp_buf_free(&out);
    mp_config_free(c);
}

TEST(passwords_are_not_shown)
{
    check_shown("postgres://db/mapae", "postgres://db/mapae");
    check_shown("postgres://me@db:5432/mapae", "postgres://me@db:5432/mapae");
    check_shown("postgres://me:secret@db:5432/mapae", "postgres://me:***@db:5432/mapae");
    check_shown("postgres://me:se@cret@db/mapae", "postgres://me:***@db/mapae");
    check_shown("postgres://db/mapae?password=secret&sslmode=require", "postgres://db/mapae?password=***&sslmode=require");
    check_shown("postgres://me:a@db/x?Password=b", "postgres://me:***@db/x?Password=***");
}

static bool read_it(void *ctx)
{
    static const char *const environment[] = { "MAPAE_RATE_CLIENT=30", NULL };
    static const char *const sets[] = { "session.idle=20m" };
    mp_config       *config = NULL;
    mp_error         err = { 0 };
    mp_config_source source = { .file = ctx, .environ_ = environment, .sets = sets, .set_count = 1 };
    mp_code          code = mp_config_read(&config, &source, NULL, NULL, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_config_free(config);
    return code == MP_OK;
}

TEST(memory_may_be_short)
{
    write_file("[server]\nlisten = \":1\"\n");
    CHECK(fault_loop(read_it, path) >= 2);
    unlink(path);
}

int main(void)
{
    return MAIN(RUN(defaults_stand_without_a_word), RUN(the_nearer_place_counts),
                RUN(every_fault_is_told_with_its_place), RUN(the_nearest_section_is_named),
                RUN(strangers_of_the_environment_are_none_of_ours), RUN(contradictions_are_found),
                RUN(a_file_that_was_named_must_be_there), RUN(a_file_has_a_largest), RUN(passwords_are_not_shown),
                RUN(memory_may_be_short));
}
