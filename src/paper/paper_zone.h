/* SPDX-License-Identifier: Apache-2.0 */
/* paper_zone.h - the zone that times of a document are told in: a fixed offset, said in words behind each. */
#ifndef MAPAE_PAPER_ZONE_H
#define MAPAE_PAPER_ZONE_H

#include "buf.h"
#include "clock.h"
#include "messages.h"

typedef struct mp_paper_zone {
    bool is_given; /* false: that of the language, Korean in Korea's, English in UTC */
    int minutes;   /* east of UTC */
} mp_paper_zone;

/* "UTC", "Z", "KST", "Asia/Seoul", or an offset: "+09:00", "-03:30" (to 14 hours). False: it is none of these. */
bool mp_paper_zone_read(mp_paper_zone *out, mp_str text);
/* With what the language has where nothing is given. */
mp_paper_zone mp_paper_zone_of(mp_paper_zone zone, mp_lang lang);
mp_ticks mp_paper_zone_shift(mp_paper_zone zone, mp_ticks time);
/* "한국 표준시", "Korea Standard Time", "UTC", "UTC+05:30". */
void mp_paper_zone_say(mp_buf *out, mp_paper_zone zone, mp_lang lang);
/* "2026-11-20 18:00 (Korea Standard Time)" */
void mp_paper_time_say(mp_buf *out, mp_ticks time, mp_paper_zone zone, mp_lang lang);

#endif
