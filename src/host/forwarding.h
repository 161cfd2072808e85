/* SPDX-License-Identifier: Apache-2.0 */
/* forwarding.h - where a system's logs go, from the files of those that send them: "SCHEME://HOST:PORT". */
#ifndef MAPAE_HOST_FORWARDING_H
#define MAPAE_HOST_FORWARDING_H

#include "arena.h"
#include "jsonw.h"

/* Each adds what it finds to the array that is open in `w`; texts are the arena's. What they cannot read they leave.
 * A failure of memory is remembered by `w`. */
void mp_forwarding_of_rsyslog(mp_jsonw *w, mp_arena *arena, mp_str text);
void mp_forwarding_of_syslog_ng(mp_jsonw *w, mp_arena *arena, mp_str text);
void mp_forwarding_of_journal(mp_jsonw *w, mp_arena *arena, mp_str text); /* journal-upload.conf */

#endif
