/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "spool.h"

enum { QUEUES = 5, ITEMS = 3000 };

/* Items of all sizes, some larger than a block; what is in them says where they belong. */
static void make_item(mp_buf *out, size_t queue, size_t i)
{
    mp_buf_printf(out, "%zu/%zu:", queue, i);
    size_t size = i % 97 == 0 ? 9000 : i % 61;
    for (size_t k = 0; k < size; k++)
        mp_buf_add_c(out, (char)('a' + (queue + i + k) % 26));
}

static void check_queue(mp_spool *spool, size_t queue, size_t items)
{
    mp_spool_reader reader = mp_spool_read(spool, queue);
    for (size_t i = 0; i <= items; i++) {
        mp_buf found = MP_BUF_INIT, wanted = MP_BUF_INIT;
        bool   more;
        CHECK(mp_spool_next(&reader, &found, &more, NULL) == MP_OK);
        CHECK(more == (i < items));
        if (more)
            make_item(&wanted, queue, i);
        CHECK(mp_str_eq(mp_buf_str(&found), mp_buf_str(&wanted)));
        mp_buf_free(&found);
        mp_buf_free(&wanted);
    }
    mp_spool_read_done(&reader);
}

TEST(items_come_back_in_order)
{
    mp_spool *spool;
    CHECK(mp_spool_new(&spool, QUEUES, NULL) == MP_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        for (size_t queue = 0; queue + 1 < QUEUES; queue++) { /* the last one stays empty */
            mp_buf item = MP_BUF_INIT;
            make_item(&item, queue, i);
            CHECK(mp_spool_add(spool, queue, mp_buf_str(&item), NULL) == MP_OK);
            mp_buf_free(&item);
        }
    }
    for (size_t queue = 0; queue < QUEUES; queue++) {
        size_t items = queue + 1 < QUEUES ? ITEMS : 0;
        CHECK_INT(mp_spool_count(spool, queue), items);
        check_queue(spool, queue, items);
        check_queue(spool, queue, items); /* and again */
    }
    mp_spool_free(spool);
}

TEST(a_folder_that_is_not_there_is_an_error)
{
    mp_spool *spool;
    mp_error  err = { 0 };
    char     *before = getenv("TMPDIR");
    before = before ? strdup(before) : NULL;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    CHECK(mp_spool_new(&spool, 1, NULL) == MP_OK);
    mp_buf big = MP_BUF_INIT;
    for (size_t i = 0; i < 5000; i++)
        mp_buf_add_c(&big, 'x');
    CHECK(mp_spool_add(spool, 0, mp_buf_str(&big), &err) == MP_OUTPUT);
    CHECK(strstr(err.message, "/nowhere/at/all") != NULL);
    mp_buf_free(&big);
    mp_spool_free(spool);
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    free(before);
}

static bool add_and_read(void *context)
{
    (void)context;
    mp_spool *spool = NULL;
    mp_buf    out = MP_BUF_INIT;
    bool      more = true;
    if (mp_spool_new(&spool, 2, NULL) != MP_OK)
        return false;
    mp_code code = MP_OK;
    char    item[3000];
    memset(item, 'x', sizeof item);
    for (size_t i = 0; i < 4 && code == MP_OK; i++)
        code = mp_spool_add(spool, i % 2, mp_str_of(item, sizeof item), NULL);
    mp_spool_reader reader = mp_spool_read(spool, 0);
    while (code == MP_OK && more)
        code = mp_spool_next(&reader, &out, &more, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_spool_read_done(&reader);
    mp_spool_free(spool);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    CHECK(fault_loop(add_and_read, NULL) >= 4);
}

int main(void)
{
    return MAIN(RUN(items_come_back_in_order), RUN(a_folder_that_is_not_there_is_an_error),
                RUN(memory_may_run_out));
}
