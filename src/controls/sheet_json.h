/* SPDX-License-Identifier: Apache-2.0 */
/* sheet_json.h - a framework that is being made of tables. Private to controls. */
#ifndef MAPAE_CONTROLS_SHEET_JSON_H
#define MAPAE_CONTROLS_SHEET_JSON_H

#include "jsonw.h"
#include "map.h"
#include "own_frameworks.h"
#include "sheet_tables.h"

/* A row of groups or controls, and where it stands. */
typedef struct mp_layout_item {
    const mp_sheet_row *row;
    mp_str              id, label;
    size_t              group, parent; /* of groups: only parent; SIZE_MAX: none */
    unsigned            depth;
} mp_layout_item;

typedef struct mp_sheet_framework {
    mp_layout            layout;
    mp_str               id, uuid, version, modified, title, title_ko, note, note_ko;
    mp_layout_item      *groups, *controls;
    size_t               group_count, control_count;
    const mp_map        *controls_by_name; /* ids and numbers: index + 1 */
    const mp_frameworks *all;
    mp_jsonw             w; /* the object of documents, open */
    mp_arena            *arena;
} mp_sheet_framework;

/* A uuid that this framework always has for `what`; empty when memory is short. */
mp_str mp_sheet_uuid(mp_sheet_framework *f, const char *what, mp_str name);
/* The control of this id or number; SIZE_MAX: there is none. */
size_t mp_sheet_control(const mp_sheet_framework *f, mp_str name);
/* yes, no, and what people write for them; `fallback` when the cell is empty. Fails with MP_FORMAT. */
MP_MUST_CHECK mp_code mp_sheet_flag(bool *out, const mp_sheet_framework *f, const mp_sheet_row *row, mp_layout_column column, bool fallback, mp_error *err);

/* Pieces of OSCAL into f->w. */
void mp_sheet_put_title_ko(mp_sheet_framework *f, mp_str title_ko); /* an element of "props" */
void mp_sheet_put_notes(mp_sheet_framework *f, mp_str en, mp_str ko); /* the same, one for each language that there is */
void mp_sheet_put_statements(mp_sheet_framework *f, mp_str id, const char *suffix, mp_str en, mp_str ko); /* "parts"; nothing without text */
/* Elements of "props": lines "name=value". Fails with MP_FORMAT. */
MP_MUST_CHECK mp_code mp_sheet_put_properties(mp_sheet_framework *f, const mp_sheet_row *row, mp_layout_column column, mp_error *err);
void mp_sheet_put_words(mp_jsonw *w, const char *name, mp_str en, mp_str ko);

/* The documents, each a member of f->w. Fail with MP_FORMAT, MP_REFERENCE, MP_EXISTS, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_sheet_write_catalog(mp_sheet_framework *f, mp_error *err);  /* sheet_catalog.c */
MP_MUST_CHECK mp_code mp_sheet_write_answers(mp_sheet_framework *f, mp_error *err);  /* sheet_answers.c */
MP_MUST_CHECK mp_code mp_sheet_write_schemes(mp_sheet_framework *f, mp_error *err);  /* sheet_schemes.c */
MP_MUST_CHECK mp_code mp_sheet_write_mappings(mp_sheet_framework *f, mp_error *err); /* sheet_schemes.c */

#endif
