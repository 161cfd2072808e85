/* SPDX-License-Identifier: Apache-2.0 */
/* time_put.h - times as documents have them: UTC, as text in an arena, and as members of an object. */
#ifndef MAPAE_BASE_TIME_PUT_H
#define MAPAE_BASE_TIME_PUT_H

#include "clock.h"
#include "jsonw.h"

/* "2026-01-31T09:00:00.0000000Z"; with NULL as its ptr when memory was short. */
mp_str mp_time_text(mp_arena *arena, mp_ticks t);
/* Such a member, and one of whole seconds: "2026-01-31T09:00:00Z". */
void mp_time_put(mp_jsonw *w, const char *name, mp_ticks t);
void mp_time_put_short(mp_jsonw *w, const char *name, mp_ticks t);

#endif
