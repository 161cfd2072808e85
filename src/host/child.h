/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - a program of the system that is asked something: `nft list ruleset`. It gets no input and nothing of our
 * environment, it may not take long, and of what it prints not more than a limit is read. */
#ifndef MAPAE_HOST_CHILD_H
#define MAPAE_HOST_CHILD_H

#include "root.h"

#define MP_CHILD_OUTPUT ((size_t)16 << 20)
#define MP_CHILD_SECONDS 20u

/* argv[0] is a name, looked for in the system's folders; argv ends with NULL. *out is what it printed, when *how is
 * MP_REACH_OK: it ended well (MP_REACH_FAILED otherwise). Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_child_ask(mp_str *out, mp_reach *how, const char *const *argv, unsigned seconds,
                                   mp_arena *arena, mp_error *err);

#endif
