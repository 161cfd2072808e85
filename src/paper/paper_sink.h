/* SPDX-License-Identifier: Apache-2.0 */
/* paper_sink.h - what a form makes of a document: events, in the order of reading. Each format is a sink.
 * Private to paper.
 *
 * Texts are borrowed for the call. They come from documents as they are: a sink makes them harmless. */
#ifndef MAPAE_PAPER_SINK_H
#define MAPAE_PAPER_SINK_H

#include "form_records.h"
#include "paper.h"
#include "sheet_write.h"

typedef struct mp_paper_item {
    mp_str label;
    mp_book_cell value;
    unsigned note; /* number of the note that names its records; 0: none */
    double share;  /* of a bar: 0 to 1; below 0: none */
} mp_paper_item;

typedef struct mp_paper_front {
    mp_str title, over, under, id;
    const char *digest; /* hex: SHA-256 of the data's canonical text */
    const mp_paper_item *facts;
    size_t fact_count;
    const mp_str *boxes;
    size_t box_count;
    mp_ticks made_at;
    mp_lang lang;
    mp_paper_zone zone;
    bool is_landscape, has_cover, has_contents;
    double type_size;
    mp_str producer;
} mp_paper_front;

typedef struct mp_paper_table {
    const void *key; /* the same for all tables of one block of the form */
    mp_str name;
    const mp_book_column *columns;
    size_t count;
    mp_str group_head; /* what groups are, "Domain"; empty: there are none */
    bool in_loop;      /* there may be more of the same key */
    mp_str heading;    /* that it stands under */
} mp_paper_table;

typedef struct mp_paper_sink {
    mp_code (*begin)(void *self, const mp_paper_front *front, mp_error *err);
    /* `number` is "1.2", or empty. */
    mp_code (*heading)(void *self, unsigned level, mp_str number, mp_str text, mp_error *err);
    mp_code (*paragraph)(void *self, mp_str text, mp_cell_look look, mp_error *err);
    mp_code (*note)(void *self, mp_str title, mp_str text, mp_cell_look look, mp_error *err);
    mp_code (*facts)(void *self, const mp_paper_item *items, size_t count, unsigned columns, mp_error *err);
    mp_code (*figures)(void *self, const mp_paper_item *items, size_t count, mp_error *err);
    mp_code (*bars)(void *self, const mp_paper_item *items, size_t count, mp_error *err);
    mp_code (*signatures)(void *self, const mp_paper_item *items, size_t count, mp_error *err);
    mp_code (*table)(void *self, const mp_paper_table *table, mp_error *err);
    mp_code (*group)(void *self, mp_str text, mp_error *err);
    mp_code (*row)(void *self, const mp_book_cell *cells, size_t count, mp_error *err);
    mp_code (*table_end)(void *self, mp_error *err);
    mp_code (*page)(void *self, mp_error *err);
    mp_code (*end)(void *self, mp_error *err);
} mp_paper_sink;

#define MP_PAPER_BYTES                                                                                       \
    ((size_t)128 << 20) /* the most that a document has, unless the options say otherwise */

/* What is to be made of what. */
typedef struct mp_paper_job {
    const mp_form *form;
    const mp_json *data;
    const mp_paper_options *options;
    const char *digest;       /* of the data, hex */
    mp_form_records *records; /* those that rows name; the first run hears of them, later ones number them */
} mp_paper_job;

/* The events of one run. */
MP_MUST_CHECK mp_code mp_form_run(const mp_paper_job *job, const mp_paper_sink *sink, void *self, mp_error *err);

/* One for each format: the whole document, behind what is in `out`. */
MP_MUST_CHECK mp_code mp_paper_as_pdf(mp_buf *out, const mp_paper_job *job, mp_error *err);
MP_MUST_CHECK mp_code mp_paper_as_book(mp_buf *out, const mp_paper_job *job, mp_error *err);
MP_MUST_CHECK mp_code mp_paper_as_page(mp_buf *out, const mp_paper_job *job, mp_error *err);

#endif
