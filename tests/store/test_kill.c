/* SPDX-License-Identifier: Apache-2.0 */
/* A process that writes with several threads is killed at a random moment, or the database server under it is: what it had
 * been told is stored is there, and nothing is there by half. MAPAE_TEST_KILL_ROUNDS says how often (20). */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "opened.h"

enum { THREADS = 6, MOST = 200000 };

static const mp_record_index indexes[] = { { .name = "round", .path = "round" } };
static const mp_kind         pair = { .name = "pair", .indexes = indexes, .index_count = 1 };

static opened     o;
static atomic_int next_number;
static int        answers; /* the pipe's end to write to */

/* Both halves, and a counter that every write reads and adds to. */
static mp_code put_pair(mp_tx *tx, void *arg, mp_error *err)
{
    int       number = *(int *)arg;
    mp_arena *arena = mp_tx_arena(tx);
    for (int half = 0; half < 2; half++) {
        mp_str key = mp_arena_printf(arena, "%d-%d", number, half);
        mp_str body = mp_arena_printf(arena, "{\"round\":\"%d\"}", number % 7);
        MP_TRY(mp_record_put(NULL, tx, &pair, key, opened_json(arena, body.ptr), MP_NO_VERSION, err));
    }
    return mp_sql(tx, NULL, "UPDATE fact SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'pairs'", NULL, 0,
                  err);
}

static void *write_on(void *arg)
{
    (void)arg;
    for (;;) {
        int number = atomic_fetch_add(&next_number, 1);
        while (number >= MOST) /* all are written: what is left is to be killed */
            pause();
        if (mp_store_write(o.store, put_pair, &number, NULL) != MP_OK) {
            usleep(1000); /* the server is gone */
            continue;
        }
        if (write(answers, &number, sizeof number) != sizeof number)
            _exit(3);
    }
}

static void child(void)
{
    pthread_t threads[THREADS];
    opened_again(&o);
    opened_declare(&o, &pair);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, write_on, NULL) != 0)
            _exit(4);
    pthread_join(threads[0], NULL);
    _exit(5);
}

/* ---- afterwards ---- */

typedef struct sums {
    int64_t pairs, halves, counted, entries;
    char   *is_there; /* two bits of each number */
} sums;

static mp_code add_up(mp_tx *tx, void *arg, mp_error *err)
{
    sums    *s = arg;
    mp_rows *rows = NULL;
    bool     more = true;
    MP_TRY(mp_sql_int(&s->counted, tx, "SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'pairs'", NULL, 0, err));
    MP_TRY(mp_sql_int(&s->entries, tx, "SELECT count(*) FROM record_entry", NULL, 0, err));
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT key FROM record", NULL, 0, err));
    for (;;) {
        char text[40];
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            break;
        snprintf(text, sizeof text, "%.*s", MP_FMT(mp_rows_bytes(rows, 0)));
        int number = (int)strtol(text, NULL, 10);
        CHECK(number >= 0 && number < MOST);
        s->is_there[number] |= text[strlen(text) - 1] == '1' ? 2 : 1;
        s->halves++;
    }
    mp_rows_close(rows);
    return MP_OK;
}

static mp_code begin_count(mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_sql(tx, NULL, "INSERT INTO fact (name, value) VALUES ('pairs', '0')", NULL, 0, err);
}

static void check_after(const char *is_acknowledged, int64_t acknowledged)
{
    sums s = { .is_there = calloc(MOST, 1) };
    CHECK(s.is_there != NULL);
    opened_again(&o); /* with its check */
    opened_read(&o, add_up, &s);
    for (int i = 0; i < MOST; i++) {
        CHECK(s.is_there[i] == 0 || s.is_there[i] == 3);
        s.pairs += s.is_there[i] == 3;
        if (is_acknowledged[i] && !s.is_there[i])
            fail_msg("%d was acknowledged and is lost", i);
    }
    CHECK(s.pairs >= acknowledged);
    CHECK_INT(s.counted, s.pairs);
    CHECK_INT(s.entries, s.halves);
    free(s.is_there);
    mp_store_close(o.store);
    o.store = NULL;
}

static int64_t read_answers(int from, char *is_acknowledged)
{
    int     number;
    int64_t count = 0;
    while (read(from, &number, sizeof number) == sizeof number) {
        CHECK(number >= 0 && number < MOST && !is_acknowledged[number]);
        is_acknowledged[number] = 1;
        count++;
    }
    close(from);
    return count;
}

/* Wait for the first answer, so that there is something to lose, and then as long as chance wants. */
static int64_t one_round(int round, char *is_acknowledged)
{
    int ends[2], status, number;
    CHECK_INT(pipe(ends), 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        answers = ends[1];
        child();
    }
    close(ends[1]);
    CHECK_INT(read(ends[0], &number, sizeof number), sizeof number);
    is_acknowledged[number] = 1;
    usleep((useconds_t)(rand() % 150000));
    bool kills_server = opened_url() && round % 2;
    if (kills_server)
        opened_server("kill");
    CHECK_INT(kill(pid, SIGKILL), 0);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status));
    int64_t count = 1 + read_answers(ends[0], is_acknowledged);
    if (kills_server)
        opened_server("start");
    return count;
}

TEST(what_was_acknowledged_survives_a_kill)
{
    const char *wanted = getenv("MAPAE_TEST_KILL_ROUNDS");
    int         rounds = wanted ? (int)strtol(wanted, NULL, 10) : 20;
    char       *is_acknowledged = calloc(MOST, 1);
    int64_t     acknowledged = 0;
    CHECK(is_acknowledged != NULL);
    srand((unsigned)getpid());
    opened_begin(&o, NULL, 0);
    opened_write(&o, begin_count, NULL);
    mp_store_close(o.store);
    o.store = NULL;
    for (int round = 0; round < rounds; round++) {
        atomic_store(&next_number, (int)(MOST / rounds) * round);
        acknowledged += one_round(round, is_acknowledged);
        check_after(is_acknowledged, acknowledged);
    }
    print_message("%d rounds, %lld pairs acknowledged\n", rounds, (long long)acknowledged);
    free(is_acknowledged);
    opened_end(&o);
}

int main(void)
{
    return MAIN(RUN(what_was_acknowledged_survives_a_kill));
}
