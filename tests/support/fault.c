/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

#define MOST_ALLOCATIONS 100000 /* a body that makes more never ends */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *s);

static struct {
    unsigned count;   /* allocations since the round began */
    unsigned fail_at; /* the one that fails; 0: none does */
    bool     for_good;
} fault;

static bool fails(void)
{
    fault.count++;
    return fault.fail_at && (fault.for_good ? fault.count >= fault.fail_at
                                            : fault.count == fault.fail_at);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(align, size);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

/* Fails at the n-th allocation; whether there were as many. */
static bool run_round(fault_body *body, void *context, unsigned n, bool for_good)
{
    fault.count = 0;
    fault.for_good = for_good;
    fault.fail_at = n;
    bool done = body(context);
    bool was_met = n && fault.count >= n;
    fault.fail_at = 0;
    if (!was_met)
        CHECK(done);
    return was_met;
}

static unsigned run_rounds(fault_body *body, void *context, bool for_good)
{
    for (unsigned n = 1; n < MOST_ALLOCATIONS; n++)
        if (!run_round(body, context, n, for_good))
            return n - 1;
    fail_msg("more than %d allocations", MOST_ALLOCATIONS);
    return 0;
}

unsigned fault_loop(fault_body *body, void *context)
{
    unsigned allocations = run_rounds(body, context, false);
    run_rounds(body, context, true);
    return allocations;
}

unsigned fault_sample(fault_body *body, void *context, unsigned places)
{
    run_round(body, context, 0, false);
    unsigned allocations = fault.count, step = allocations / places + 1;
    for (unsigned n = 1; n <= allocations; n += step) {
        run_round(body, context, n, false);
        run_round(body, context, n, true);
    }
    return allocations;
}
