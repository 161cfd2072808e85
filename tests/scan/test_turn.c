/* SPDX-License-Identifier: Apache-2.0 */
/* Worth most under ThreadSanitizer. */
#include "turn.h"

#include <stdatomic.h>

#include "test.h"

enum { THREADS = 6, TURNS = 6000, END_AT = 2500 };

struct line {
    mp_turn  turn;
    uint64_t end_at;
    /* What only the one whose turn it is touches. */
    uint64_t next, out_of_order;
    /* Taken by anybody, as batches are. */
    _Atomic(uint64_t) numbers;
    _Atomic(uint64_t) refused;
};

static void *wait_and_pass(void *arg)
{
    struct line *l = arg;
    for (;;) {
        uint64_t number = atomic_fetch_add(&l->numbers, 1);
        if (number >= TURNS)
            return NULL;
        if (!mp_turn_wait(&l->turn, number)) {
            atomic_fetch_add(&l->refused, 1);
            continue;
        }
        l->out_of_order += l->next != number;
        l->next = number + 1;
        if (number == l->end_at)
            mp_turn_end(&l->turn);
        else
            mp_turn_pass(&l->turn);
    }
}

static void run(struct line *l, uint64_t end_at)
{
    pthread_t threads[THREADS];
    l->end_at = end_at;
    mp_turn_init(&l->turn);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, wait_and_pass, l), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
}

TEST(turns_come_in_order)
{
    struct line l = { 0 };
    run(&l, TURNS);
    CHECK_INT(l.next, TURNS);
    CHECK_INT(l.out_of_order, 0);
    CHECK_INT(l.refused, 0);
    mp_turn_done(&l.turn);
}

/* Those who wait then, and those who come later. */
TEST(after_the_end_nobody_waits)
{
    struct line l = { 0 };
    run(&l, END_AT);
    CHECK_INT(l.next, END_AT + 1);
    CHECK_INT(l.out_of_order, 0);
    CHECK_INT(l.refused, TURNS - (END_AT + 1));
    CHECK(!mp_turn_wait(&l.turn, END_AT));
    mp_turn_done(&l.turn);
}

TEST(an_end_before_the_first_turn_lets_nobody_in)
{
    mp_turn t;
    mp_turn_init(&t);
    mp_turn_end(&t);
    CHECK(!mp_turn_wait(&t, 0));
    CHECK(!mp_turn_wait(&t, 1));
    mp_turn_end(&t); /* and again: harmless */
    mp_turn_done(&t);
}

int main(void)
{
    return MAIN(RUN(turns_come_in_order), RUN(after_the_end_nobody_waits),
                RUN(an_end_before_the_first_turn_lets_nobody_in));
}
