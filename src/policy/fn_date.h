/* SPDX-License-Identifier: Apache-2.0 */
/* fn_date.h - dates by .NET's format strings: for addDays, and for the compiler's utcNow. */
#ifndef MAPAE_POLICY_FN_DATE_H
#define MAPAE_POLICY_FN_DATE_H

#include "clock.h"

/* `t` (UTC) by a .NET format string in the invariant culture: a standard one (d D f F g G m o r s t
 * T u U y) or a custom one (d f F g h H K m M s t y z : / 'text' "text" \c %c). `*out` lives in
 * `arena`. Fails with MP_EVALUATION (a format that .NET refuses too; the message begins with
 * "the date format"), MP_LIMIT or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_date_format_net(mp_str *out, mp_arena *arena, mp_ticks t, mp_str format,
                                         mp_error *err);

#endif
