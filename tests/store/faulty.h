/* SPDX-License-Identifier: Apache-2.0 */
/* faulty.h - a disk under SQLite that fails when it is told to, and lies about nothing else. */
#ifndef MAPAE_TESTS_STORE_FAULTY_H
#define MAPAE_TESTS_STORE_FAULTY_H

#include <stdbool.h>

typedef enum faulty_kind {
    FAULTY_FULL,  /* a write fails: the disk is full */
    FAULTY_WRITE, /* a write fails, half of it done */
    FAULTY_SYNC,  /* fsync fails */
    FAULTY_READ,
    FAULTY_KINDS
} faulty_kind;

void faulty_install(void); /* from now on SQLite opens files through it */
/* The `at`-th call of the kind from now on fails (from 1; 0: none does), alone or with all after it. */
void faulty_set(faulty_kind kind, unsigned at, bool for_good);
bool faulty_was_met(void);

#endif
