/* SPDX-License-Identifier: Apache-2.0 */
/* form.h - a form as it was compiled: a tree of blocks. Private to paper.
 *
 *   forms.c      finding: those that come with Mapae, those of a folder
 *   form_read.c  compiling
 *   form_run.c   a form and a document become events of a sink (paper_sink.h); its parts: form_runner.h */
#ifndef MAPAE_PAPER_FORM_H
#define MAPAE_PAPER_FORM_H

#include "form_text.h"
#include "paper.h"
#include "paper_sink.h"

typedef enum mp_block_kind {
    MP_BLOCK_HEADING,
    MP_BLOCK_TEXT,
    MP_BLOCK_NOTE,
    MP_BLOCK_FACTS,
    MP_BLOCK_FIGURES,
    MP_BLOCK_BARS,
    MP_BLOCK_TABLE,
    MP_BLOCK_EACH,
    MP_BLOCK_IF,
    MP_BLOCK_PAGE,
    MP_BLOCK_SIGNATURES
} mp_block_kind;

/* A look that is fixed, or that the value of `of` has in a table of looks. */
typedef struct mp_form_look {
    mp_cell_look fixed;
    const mp_form_expr *of;
    const mp_json *looks;
} mp_form_look;

/* "each", "as" and "where". */
typedef struct mp_form_loop {
    const mp_form_expr *over; /* NULL: none */
    mp_str as;
    const mp_form_expr *where;
} mp_form_loop;

/* A column of a table, or one of several facts, figures, bars. */
typedef struct mp_form_item {
    const mp_form_text *label, *text;
    const mp_form_expr *records;    /* ids behind a figure: of the whole, or of each round of `behind` */
    mp_form_loop behind;
    const mp_form_expr *value, *of; /* of a bar */
    mp_form_loop each;              /* its text once for each, line by line; or, with `cells`: */
    const mp_form_expr *cells;      /* a column for each, of which a row has these */
    mp_form_look look;
    double width;
    mp_cell_align align;
} mp_form_item;

typedef struct mp_block mp_block;

typedef struct mp_blocks {
    const mp_block *first;
    size_t count;
} mp_blocks;

struct mp_block {
    mp_block_kind kind;
    mp_pos pos;
    unsigned level;  /* of a heading; columns of facts */
    bool has_number; /* of a heading */
    mp_form_look look;
    const mp_form_text *title,
        *text; /* note: both; table: its name, and what stands there when it has no rows */
    mp_form_item *items;
    size_t item_count;
    mp_form_loop loop, groups; /* groups: of a table */
    const mp_form_text *group_head, *group_text, *group_by;
    const mp_form_expr *test;
    mp_blocks body, otherwise;
    bool in_loop; /* stands within an "each" */
};

struct mp_form {
    mp_arena arena;
    mp_json_doc *doc;
    mp_str name, text, of;
    mp_form_words words;
    const mp_form_text *title, *about, *id;
    const mp_form_text *over, *under; /* the cover's lines above and below the title */
    const mp_form_expr *made_at;
    mp_blocks facts;      /* one block of facts, or none: on the cover */
    mp_form_text **boxes; /* for signatures on the cover */
    size_t box_count;
    bool is_landscape, has_cover, has_contents;
    bool names_records; /* rows of it do: the appendix is wanted */
    double type_size; /* points, in tables */
    mp_blocks body;
};

/* Places within a form are kept as the index of their node, {0, index + 1}: turn that of an error into line
 * and column. Returns `code`. */
mp_code mp_form_locate(const mp_form *form, mp_code code, mp_error *err);

#endif
