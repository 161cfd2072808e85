/* SPDX-License-Identifier: Apache-2.0 */
/* unix_time.h - ticks and the seconds since 1970 that file systems, archives and certificates count in. */
#ifndef MAPAE_LEDGER_UNIX_TIME_H
#define MAPAE_LEDGER_UNIX_TIME_H

#include "clock.h"

#define MP_TICKS_1970 INT64_C(621355968000000000)

static inline mp_ticks mp_ticks_since_1970(int64_t seconds) { return MP_TICKS_1970 + seconds * MP_TICKS_PER_SECOND; }
static inline int64_t  mp_seconds_since_1970(mp_ticks t) { return (t - MP_TICKS_1970) / MP_TICKS_PER_SECOND; }

#endif
