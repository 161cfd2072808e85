/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - dates and times as text and as numbers (UTC, proleptic Gregorian). */
#ifndef MAPAE_BASE_CLOCK_H
#define MAPAE_BASE_CLOCK_H

#include "arena.h"

/* Time in ticks of 100 ns since 0001-01-01T00:00:00Z, as .NET counts it. */
typedef int64_t mp_ticks;
#define MP_TICKS_PER_SECOND INT64_C(10000000)
#define MP_TICKS_PER_DAY (INT64_C(86400) * MP_TICKS_PER_SECOND)

mp_ticks mp_clock_now(void);

/* From and to seconds since 1970, as file systems, certificates and tokens count. What no tick can say
 * becomes 0 or INT64_MAX; parts of a second are cut. */
mp_ticks mp_clock_from_unix(int64_t seconds);
int64_t  mp_clock_to_unix(mp_ticks t);

/* ISO 8601 / RFC 3339 as real documents spell it: date alone; 'T', 't' or one blank; seconds
 * optional; 0 to 9 fraction digits (beyond seven cut); 'Z', an offset, or nothing (taken as UTC).
 * Returns false when `s` is no such time. */
bool mp_clock_parse(mp_ticks *out, mp_str s);

/* "2026-01-31T09:00:00.0000000Z": what utcNow() and addDays() give. `out` holds 29 bytes. */
#define MP_CLOCK_TEXT 29
void mp_clock_format(char out[MP_CLOCK_TEXT], mp_ticks t);
/* "2026-01-31T09:00:00Z". `out` holds 21 bytes. */
#define MP_CLOCK_SHORT 21
void mp_clock_format_short(char out[MP_CLOCK_SHORT], mp_ticks t);

/* ISO 8601 durations of whole years, months, weeks or days: "P1Y", "P3M", "P1W", "P1D". False: it is none. */
bool mp_period_read(unsigned *months, unsigned *days, mp_str text);
/* So many months later by the calendar (31 January and one month: the last of February), then so many days. The last
 * moment that can be said when it would be later. */
mp_ticks mp_clock_after(mp_ticks t, unsigned months, unsigned days);
/* So many days, then so many months earlier (31 August and six months: the last of February); 0 when that is before the first moment. */
mp_ticks mp_clock_before(mp_ticks t, unsigned months, unsigned days);

#endif
