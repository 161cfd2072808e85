/* SPDX-License-Identifier: Apache-2.0 */
/* demo_routes.h - a table of routes that has one of everything, and a guard that writes down what it was asked: for
 * tests of the router, for the server under test, for fuzzing. */
#ifndef MAPAE_TESTS_HTTP_DEMO_ROUTES_H
#define MAPAE_TESTS_HTTP_DEMO_ROUTES_H

#include <stdatomic.h>

#include "events.h"
#include "http.h"

struct demo {
    mp_events      *events;
    atomic_uint     admitted, refused, settled, handled, streams_open, stream_bytes, done_calls;
    atomic_bool     is_settle_broken;
    atomic_int      gate_waiting; /* handlers of /wait that stand before the gate */
    atomic_bool     is_gate_open;
    _Atomic mp_code last_ended;
};

extern const mp_routes demo_routes[];
extern const mp_guard  demo_guard;

#endif
