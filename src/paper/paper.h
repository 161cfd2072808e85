/* SPDX-License-Identifier: Apache-2.0 */
/* paper.h - documents for people: a form (content/forms/NAME.json) over a JSON document, as PDF, XLSX or
 * HTML.
 *
 *   mp_form *form;
 *   MP_TRY(mp_form_open(&form, MP_S("gap-report"), NULL, err));
 *   MP_TRY(mp_paper_render(&out, form, data, MP_PAPER_PDF, &(mp_paper_options){ .lang = MP_LANG_KO }, err));
 *   mp_form_free(form);
 *
 * A form is declarative: what it can say stands in docs/forms.md. The three formats are made of the same run
 * of the form, so they say the same. The same form, data and options give the same bytes.
 *
 * Compiled forms never change: any number of threads may render with the same one at once. What a PDF needs
 * of fonts is made for each rendering. Where memory runs short within pango or cairo, they end the program as
 * they do everywhere. */
#ifndef MAPAE_PAPER_H
#define MAPAE_PAPER_H

#include "buf.h"
#include "clock.h"
#include "messages.h"
#include "paper_zone.h"

typedef struct mp_form mp_form;

typedef enum mp_paper_format {
    MP_PAPER_PDF,
    MP_PAPER_XLSX,
    MP_PAPER_HTML,
    MP_PAPER_FORMAT_COUNT
} mp_paper_format;

/* By name ("pdf"); MP_PAPER_FORMAT_COUNT when it is none. */
mp_paper_format mp_paper_format_find(mp_str name);
const char *mp_paper_format_name(mp_paper_format format); /* also what a file's name ends with */
const char *mp_paper_media_type(mp_paper_format format);

/* ---- forms ---- */

/* The form of that name: NAME.json of `folder` (NULL: none), else the one that comes with Mapae. Fails with
 * MP_MISSING, and names the nearest; MP_IO, MP_LIMIT, and as mp_form_compile() does. */
MP_MUST_CHECK mp_code mp_form_open(mp_form **out, mp_str name, const char *folder, mp_error *err);
/* Compile `text`, which is not kept. Fails with MP_SYNTAX, MP_COMPILE (err->pos in `text`), MP_LIMIT,
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_form_compile(mp_form **out, mp_str name, mp_str text, mp_error *err);
void mp_form_free(mp_form *form); /* NULL is fine */
mp_str mp_form_name(const mp_form *form);
mp_str mp_form_source(const mp_form *form); /* its text, as it was read */
/* Which document of Mapae it is of ("gaps", "states"); empty: it does not say. */
mp_str mp_form_of(const mp_form *form);
mp_str mp_form_title(const mp_form *form, mp_lang lang);
mp_str mp_form_about(const mp_form *form, mp_lang lang);
/* The forms that come with Mapae, sorted; an empty slice from the end on. */
mp_str mp_form_builtin_at(size_t index);

/* ---- documents ---- */

typedef struct mp_paper_options {
    mp_lang lang;
    mp_ticks made_at; /* that the file says; 0: the time that the form takes from the data, else 1980-01-01 */
    mp_str producer;  /* "Mapae 0.1.0": for the file's properties */
    mp_paper_zone zone; /* of all times: not given, that of the language */
    /* 0 is the usual limit: 200,000 rows, 10,000 pages, 128 MiB, 120 seconds. */
    size_t max_rows, max_pages, max_bytes;
    unsigned max_seconds;
} mp_paper_options;

/* The document, behind what is in `out`. Fails with MP_REFERENCE (the form asks for what `data` does not
 * have: err->pos in the form, and the sentence names form and path), MP_EVALUATION (what it has is of another
 * type), MP_LIMIT, MP_MISSING (the fonts of the PDF), MP_OUTPUT (no room for temporary files), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_paper_render(mp_buf *out, const mp_form *form, const mp_json *data,
                                      mp_paper_format format, const mp_paper_options *options, mp_error *err);

#endif
