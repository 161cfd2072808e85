/* SPDX-License-Identifier: Apache-2.0 */
/* confine.h - what a server gives up once it has started: system calls that it never needs and an intruder would. */
#ifndef MAPAE_CLI_CONFINE_H
#define MAPAE_CLI_CONFINE_H

#include <mapae/error.h>

/* For every thread of the process, those that are there and those to come, for good. A call that was given up
 * fails with EPERM. Fails with MP_UNSUPPORTED (the kernel, or the machine's kind, has no such thing; a build
 * with sanitizers needs what would be given up); then nothing changed. */
MP_MUST_CHECK mp_code mp_confine(mp_error *err);

#endif
