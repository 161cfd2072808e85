/* SPDX-License-Identifier: Apache-2.0 */
/* api_short.h - one request while memory is short, for fault_loop(). */
#ifndef MAPAE_TESTS_API_SHORT_H
#define MAPAE_TESTS_API_SHORT_H

#include "api_world.h"

typedef struct api_sent {
    mp_method method;
    const char *path, *body;
    unsigned good; /* the status of success */
} api_sent;

/* From this machine, while allocations fail: at each of them, or at so many `places` spread over them where each is too
 * long. Every answer is the good one or 503. */
void api_short_of_memory(api_world *world, const api_sent *what, unsigned places);

#endif
