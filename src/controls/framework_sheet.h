/* SPDX-License-Identifier: Apache-2.0 */
/* framework_sheet.h - a framework as a spreadsheet: the layout that docs/guide/own-framework.md describes.
 *
 * A workbook has the tables framework, groups, controls, schemes, variants, sources, mappings and certification; CSV has the same one after the other, each
 * behind a line "[NAME]". Only framework and controls are wanted. What is written is read as the same framework; of an OSCAL
 * catalogue that says more than the layout can (parameters, further parts), what it cannot say is left out. */
#ifndef MAPAE_CONTROLS_FRAMEWORK_SHEET_H
#define MAPAE_CONTROLS_FRAMEWORK_SHEET_H

#include "buf.h"
#include "own_frameworks.h"

/* What stands in the bytes of a workbook or of CSV. `id` empty: as the table `framework` says. `all` (may be NULL) are those that mappings name by id, and their controls by label. Fails with MP_FORMAT (table, row and column, and what is wanted), MP_EXISTS (something twice),
 * MP_REFERENCE (a group, scheme or control that is not there), and as mp_sheet_read(). */
MP_MUST_CHECK mp_code mp_framework_sheet_read(mp_own_framework *out, mp_str bytes, mp_str id, const mp_frameworks *all, mp_arena *arena, mp_error *err);

typedef enum mp_framework_form { MP_FRAMEWORK_XLSX, MP_FRAMEWORK_CSV } mp_framework_form;
/* Behind what is in `out`. Fails with MP_OUTPUT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_framework_sheet_write(mp_buf *out, const mp_own_framework *own, const mp_frameworks *all, mp_framework_form form, mp_arena *arena,
                                               mp_error *err);

#endif
