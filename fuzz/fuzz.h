/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what every fuzz target defines; libFuzzer or standalone.c calls it. */
#ifndef MAPAE_FUZZ_H
#define MAPAE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Try one input; abort() when the property does not hold. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target may define it: called after the last input, while all libraries stand. libFuzzer has no such moment. */
void fuzz_end(void) __attribute__((weak));

#endif
