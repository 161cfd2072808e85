/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads write and read at once, while one asks how the store is: for ThreadSanitizer, and for the sums. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "opened.h"

enum { WRITERS = 6, READERS = 4, EACH = 60 };

static const mp_record_index indexes[] = { { .name = "by", .path = "by" } };
static const mp_kind         thing = { .name = "thing", .indexes = indexes, .index_count = 1 };

static opened      o;
static atomic_bool is_over;

typedef struct work {
    int by, number;
} work;

static mp_code put(mp_tx *tx, void *arg, mp_error *err)
{
    const work *w = arg;
    mp_arena   *arena = mp_tx_arena(tx);
    mp_str      key = mp_arena_printf(arena, "%d-%d", w->by, w->number);
    mp_str      body = mp_arena_printf(arena, "{\"by\":\"%d\"}", w->by);
    MP_TRY(mp_record_put(NULL, tx, &thing, key, opened_json(arena, body.ptr), MP_NO_VERSION, err));
    return w->number % 5 == 4 ? mp_fail(err, MP_CONFLICT, MP_NOWHERE, "one of five fails") : MP_OK;
}

static void *write_on(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        work w = { *(int *)arg, i };
        CHECK_INT(mp_store_write(o.store, put, &w, NULL), i % 5 == 4 ? MP_CONFLICT : MP_OK);
    }
    return NULL;
}

static mp_code list(mp_tx *tx, void *arg, mp_error *err)
{
    mp_record_filter filter = { "by", MP_FILTER_EQ, MP_S("3") };
    mp_record_query  q = { .kind = &thing, .filters = &filter, .filter_count = 1, .counts = true, .limit = 1000 };
    mp_record_page   page;
    int64_t          all = 0;
    MP_TRY(mp_record_list(&page, tx, &q, mp_tx_arena(tx), err));
    CHECK_INT(page.total, page.count); /* of one snapshot */
    MP_TRY(mp_sql_int(&all, tx, "SELECT count(*) FROM record", NULL, 0, err));
    *(int64_t *)arg = all;
    return MP_OK;
}

static void *read_on(void *arg)
{
    int64_t before = 0, now = 0;
    (void)arg;
    while (!atomic_load(&is_over)) {
        MUST_OK(mp_store_read(o.store, list, &now, err));
        CHECK(now >= before);
        before = now;
        MUST_OK(mp_store_health(o.store, err));
        CHECK(mp_store_counted(o.store).failed <= WRITERS * EACH / 5);
    }
    return NULL;
}

TEST(many_threads_at_once)
{
    pthread_t writers[WRITERS], readers[READERS];
    int       numbers[WRITERS];
    int64_t   all = 0;
    opened_begin(&o, NULL, 0);
    opened_declare(&o, &thing);
    atomic_store(&is_over, false);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(pthread_create(&readers[i], NULL, read_on, NULL), 0);
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        CHECK_INT(pthread_create(&writers[i], NULL, write_on, &numbers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_join(writers[i], NULL), 0);
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(pthread_join(readers[i], NULL), 0);
    opened_read(&o, list, &all);
    CHECK_INT(all, WRITERS * EACH * 4 / 5);
    mp_store_counts counts = mp_store_counted(o.store);
    CHECK(counts.failed == WRITERS * EACH / 5 && counts.commits <= counts.writes && counts.queued == 0);
    opened_end(&o);
}

int main(void)
{
    return MAIN(RUN(many_threads_at_once));
}
