/* SPDX-License-Identifier: Apache-2.0 */
/* ical.h - an audit calendar (statement.h) as iCalendar: RFC 5545. */
#ifndef MAPAE_CONTROLS_ICAL_H
#define MAPAE_CONTROLS_ICAL_H

#include "buf.h"
#include "messages.h"

/* One event of a whole day for each row. The same calendar gives the same bytes: what was due and is still
 * there keeps its UID. Whoever reads the buffer checks it (mp_buf_check). */
void mp_ical_write(mp_buf *out, const mp_json *calendar, mp_lang lang);

#endif
