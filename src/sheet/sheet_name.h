/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_name.h - names of sheets as Excel allows them. */
#ifndef MAPAE_SHEET_NAME_H
#define MAPAE_SHEET_NAME_H

#include "buf.h"

#define MP_SHEET_NAME_UNITS 31 /* UTF-16 units, as Excel counts */

/* Append `wanted` without what a name may not have ([]:*?/\, control characters, apostrophes at the ends), at
 * most `units` long; "Sheet" when nothing is left. */
void mp_sheet_name(mp_buf *out, mp_str wanted, size_t units);

#endif
