/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - run a piece of code while memory runs out, at every place where it could.
 *
 * A test that uses it is linked with `faults` of tests/meson.build, which puts these allocations in
 * front of the C library's for all code that is linked in, but not for shared libraries. */
#ifndef MAPAE_TESTS_FAULT_H
#define MAPAE_TESTS_FAULT_H

#include <stdbool.h>

/* Does the work once, frees all it made, and returns whether it succeeded. When an allocation
 * failed it may succeed all the same; what it must not do is crash, leak or leave half a thing. */
typedef bool fault_body(void *context);

/* Call `body` with allocation 1, 2, 3... failing, first each alone and then each and all after it,
 * until it is through without meeting the failure; then it must have succeeded. Returns how many
 * allocations it makes. One thread at a time. */
unsigned fault_loop(fault_body *body, void *context);
/* The same at so many places of them, spread evenly: for work that is too long to be done at each. */
unsigned fault_sample(fault_body *body, void *context, unsigned places);

#endif
