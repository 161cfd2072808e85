/* SPDX-License-Identifier: Apache-2.0 */
/* form_runner.h - a form on its way to a sink. Private to paper.
 *
 *   form_run.c       the whole, its blocks, rounds and limits
 *   form_item.c      texts, looks, cells, facts and figures
 *   form_table.c     tables
 *   form_appendix.c  the records behind figures, and those that rows name */
#ifndef MAPAE_PAPER_FORM_RUNNER_H
#define MAPAE_PAPER_FORM_RUNNER_H

#include "form.h"

#define MP_FORM_MOST_IDS 10000 /* that are listed for one figure */

/* A figure whose records the appendix names. */
typedef struct mp_form_figure {
    mp_str label, value;
    const mp_json *const *ids;
    size_t count;
    mp_str said; /* instead of ids: a text */
    struct mp_form_figure *next;
} mp_form_figure;

typedef struct mp_form_runner {
    const mp_form *form;
    const mp_paper_options *options;
    mp_form_records *records;
    const mp_paper_sink *sink;
    void *self;
    mp_form_env env;
    mp_arena keep; /* to the end; env.arena is of the block or row at hand */
    mp_error *err;
    unsigned numbers[3]; /* of headings */
    mp_buf group;        /* that the rows at hand are in, of groups by a text */
    mp_str heading;      /* the last one; in `keep` */
    mp_form_figure *sources, **sources_end;
    unsigned source_count, appendices;
    size_t rows, rounds;
    size_t *spread, columns; /* of the table at hand: columns of each item; all */
    int64_t until; /* seconds of the monotonic clock */
} mp_form_runner;

/* ---- limits: each block and round, each row is counted ---- */

MP_MUST_CHECK mp_code mp_form_count_round(mp_form_runner *r);
MP_MUST_CHECK mp_code mp_form_count_row(mp_form_runner *r);

/* ---- rounds ---- */

typedef mp_code mp_form_round_fn(mp_form_runner *r, const void *what, void *arg);

/* `body` for each element that `where` takes. What it makes is forgotten; what `over` gives is not. */
MP_MUST_CHECK mp_code mp_form_go_round(mp_form_runner *r, const mp_form_loop *loop, mp_form_round_fn *body,
                                       const void *what, void *arg);
/* The same with what `over` gave. */
MP_MUST_CHECK mp_code mp_form_go_through(mp_form_runner *r, const mp_form_value *over, const mp_form_loop *loop,
                                         mp_form_round_fn *body, const void *what, void *arg);

/* ---- pieces: in env.arena ---- */

MP_MUST_CHECK mp_code mp_form_text_of(mp_str *out, mp_form_runner *r, const mp_form_text *text); /* NULL: "" */
MP_MUST_CHECK mp_code mp_form_look_of(mp_cell_look *out, mp_form_runner *r, const mp_form_look *look);
MP_MUST_CHECK mp_code mp_form_cell(mp_book_cell *out, mp_form_runner *r, const mp_form_item *item);
/* What is behind it is kept for the appendix. */
MP_MUST_CHECK mp_code mp_form_make_item(mp_paper_item *out, mp_form_runner *r, const mp_form_item *item);
MP_MUST_CHECK mp_code mp_form_make_items(mp_paper_item **out, mp_form_runner *r, const mp_block *b);
/* The same for facts, without those that say nothing. */
MP_MUST_CHECK mp_code mp_form_make_facts(mp_paper_item **out, size_t *count, mp_form_runner *r, const mp_block *b);

MP_MUST_CHECK mp_code mp_form_run_table(mp_form_runner *r, const mp_block *b);
MP_MUST_CHECK mp_code mp_form_run_appendices(mp_form_runner *r);

#endif
