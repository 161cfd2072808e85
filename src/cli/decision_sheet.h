/* SPDX-License-Identifier: Apache-2.0 */
/* decision_sheet.h - decisions about controls that somebody filled into a spreadsheet: the first table, whose first row names the
 * members of a decision (docs/statements.md) in any order. */
#ifndef MAPAE_DECISION_SHEET_H
#define MAPAE_DECISION_SHEET_H

#include "jsonw.h"

#define MP_DECISIONS_AT_ONCE 2000

/* Writes the array of decisions; empty rows and cells are left out. Texts are of the arena or of `bytes`. Fails with MP_FORMAT (which cell, what
 * was found and what was wanted), MP_LIMIT, and as mp_sheet_read() does. */
MP_MUST_CHECK mp_code mp_decisions_of_sheet(mp_jsonw *w, mp_str bytes, mp_arena *arena, mp_error *err);

#endif
