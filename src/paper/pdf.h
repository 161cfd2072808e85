/* SPDX-License-Identifier: Apache-2.0 */
/* pdf.h - what the files of the PDF share: the document in the making, its pages, texts and grids. Private to
 * paper.
 *
 *   pdf.c        the document: two walks, the first to count pages and to find where headings stand
 *   pdf_page.c   pages: frame, cover, contents
 *   pdf_heading.c  headings, which wait for what stands below them
 *   pdf_text.c   fonts, texts and their lines
 *   pdf_kept.c   texts that are set once and drawn often; links within them
 *   pdf_grid.c   rows of cells that break across pages
 *   pdf_end.c    what cairo does not write: the language
 *
 * Lengths are points (1/72 inch) from the upper left corner. Both walks take the same decisions: whatever
 * asks is_drawing only leaves out the drawing. */
#ifndef MAPAE_PAPER_PDF_H
#define MAPAE_PAPER_PDF_H

#include "form.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#include "map.h"

typedef enum mp_pdf_font {
    MP_PDF_BODY,
    MP_PDF_SMALL,
    MP_PDF_CELL,
    MP_PDF_CELL_BOLD,
    MP_PDF_H1,
    MP_PDF_H2,
    MP_PDF_H3,
    MP_PDF_FIGURE,
    MP_PDF_FIGURE_SMALL,
    MP_PDF_COVER_TITLE,
    MP_PDF_COVER_LINE,
    MP_PDF_ENTRY,
    MP_PDF_ENTRY_BOLD,
    MP_PDF_FONT_COUNT
} mp_pdf_font;

typedef struct mp_pdf_heading {
    mp_str number, text;
    unsigned level, page; /* of the body, from 1 */
    int outline;
} mp_pdf_heading;

/* A heading, or (level 0) a caption, that waits for what stands below it. */
typedef struct mp_pdf_waiting {
    unsigned level;
    mp_str number, text, whole;
} mp_pdf_waiting;

#define MP_PDF_COLUMNS 256
#define MP_PDF_RUN 64

/* The cells of a row, set. */
typedef struct mp_pdf_cells {
    PangoLayout *layouts[MP_PDF_COLUMNS]; /* borrowed: kept ones, or these own */
    PangoLayout *own[MP_PDF_COLUMNS];     /* made when first wanted */
    mp_cell_look looks[MP_PDF_COLUMNS];
    int lines[MP_PDF_COLUMNS]; /* of each: the first that is not drawn yet */
    const mp_book_cell *from;  /* while the row is drawn: with refs and anchors. NULL: none has them */
    size_t from_count;
} mp_pdf_cells;

/* Rows of cells. Its head, when it has one, stands again on every page. */
typedef struct mp_pdf_grid {
    size_t count;
    double left, widths[MP_PDF_COLUMNS];
    mp_cell_align aligns[MP_PDF_COLUMNS];
    mp_str heads[MP_PDF_COLUMNS];
    mp_pdf_cells head, row;
    bool has_head;
    double head_height, least_height;
    double run_top, run[MP_PDF_RUN]; /* rows whose lines are not drawn yet: the top of the first, all bottoms */
    size_t run_count;
    mp_str waiting; /* the head of a group, for its first row; else empty */
    bool is_begun;  /* the head of the table is drawn: it waits for the first row */
} mp_pdf_grid;

typedef struct mp_pdf {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoFontMap *map;
    PangoContext *context;
    PangoFontDescription *fonts[MP_PDF_FONT_COUNT];
    PangoLayout *layout; /* for one text at a time */
    PangoLayout *line;   /* the same for mp_pdf_line() */
    mp_buf clean;        /* that text */
    mp_map kept;         /* layouts of cells, by what they are made of */
    mp_buf key;
    size_t kept_bytes;
    unsigned links;
    bool is_drawing;
    double width, height, left, right, top, bottom; /* the page, and where its text stands */
    double y;                                       /* what is free below */
    bool is_fresh;                                  /* nothing stands on the page yet */
    unsigned page, before, total, most;             /* of the body; pages in front of it; all; the most */
    mp_pdf_heading *headings;
    size_t heading_count, heading_cap, heading_next;
    mp_paper_front front; /* its texts are in the arena */
    mp_arena arena;
    mp_pdf_waiting leads[8];
    size_t lead_count;
    mp_pdf_grid grid;
    mp_lang lang;
} mp_pdf;

/* ---- texts ---- */

MP_MUST_CHECK mp_code mp_pdf_fonts_open(mp_pdf *p, double type_size, mp_error *err);
void mp_pdf_fonts_close(mp_pdf *p);
/* Give `layout` this text, made harmless: in lines of `width` at most, Korean broken between words. */
/* "BEFORE TEXT" as a line of what a PDF says of itself, cut between two characters. cairo refuses a whole document for one character that is none. */
#define MP_PDF_TOLD 512
void mp_pdf_told(char out[MP_PDF_TOLD], mp_pdf *p, mp_str before, mp_str text);
void mp_pdf_set(mp_pdf *p, PangoLayout *layout, mp_pdf_font font, mp_str text, double width,
                mp_cell_align align);
/* The layout of a cell, from the first walk when it is there; else, or when there are too many, `*own`, made if it is
 * NULL. Borrowed. */
PangoLayout *mp_pdf_kept(mp_pdf *p, PangoLayout **own, mp_pdf_font font, mp_str text, double width,
                         mp_cell_align align);
void mp_pdf_kept_free(mp_pdf *p);
/* Links over the references in lines from `from` on to before `behind`, the first line at y; the mark of the cell's
 * anchor. */
void mp_pdf_refer(mp_pdf *p, PangoLayout *layout, const mp_book_cell *cell, double x, double y, int from, int behind);
double mp_pdf_height(PangoLayout *layout);
double mp_pdf_width(PangoLayout *layout);
/* Draw lines from `from` on, as many as `room` holds (at least one when `must`), the first at y. Returns the
 * line behind them, and their height. */
int mp_pdf_lines(mp_pdf *p, PangoLayout *layout, double x, double y, int from, double room, bool must,
                 double *height);
void mp_pdf_ink(mp_pdf *p, uint32_t rgb);
/* A text of one line (cut with "..."); returns its width. */
double mp_pdf_line(mp_pdf *p, mp_pdf_font font, uint32_t rgb, mp_str text, double x, double y, double width,
                   mp_cell_align align);
void mp_pdf_tag(mp_pdf *p, const char *name);
void mp_pdf_untag(mp_pdf *p, const char *name);

/* ---- pages ---- */

/* The next page of the body. Fails with MP_LIMIT. */
MP_MUST_CHECK mp_code mp_pdf_next(mp_pdf *p, mp_error *err);
/* See that `height` is free, on the next page if need be, and draw what waits above it. */
MP_MUST_CHECK mp_code mp_pdf_need(mp_pdf *p, double height, mp_error *err);
void mp_pdf_cover(mp_pdf *p);
/* Draw the contents (or only count them): the pages they take. */
unsigned mp_pdf_contents(mp_pdf *p, bool draw);
void mp_pdf_rule(mp_pdf *p, double x1, double y1, double x2, double y2, double thickness, uint32_t rgb);
void mp_pdf_box(mp_pdf *p, double x, double y, double width, double height, uint32_t rgb);
/* The page at hand is done: its frame, and on to the next. `number` counts from the cover. */
void mp_pdf_show(mp_pdf *p, unsigned number);

#define MP_PDF_INK 0x1A2330u
#define MP_PDF_SOFT 0x5F6B7Bu
#define MP_PDF_LINE 0x98A2B0u
#define MP_PDF_HEAD 0xE4E9F0u
#define MP_PDF_LABEL 0xF3F5F8u
uint32_t mp_pdf_fill_of(mp_cell_look look); /* 0: none */
uint32_t mp_pdf_ink_of(mp_cell_look look);

/* ---- headings ---- */

/* It waits for the next mp_pdf_need(). Level 0: a caption. */
MP_MUST_CHECK mp_code mp_pdf_lead(mp_pdf *p, unsigned level, mp_str number, mp_str text, mp_error *err);
double mp_pdf_leads_height(mp_pdf *p);
MP_MUST_CHECK mp_code mp_pdf_leads_draw(mp_pdf *p, mp_error *err);
/* A text over as many pages as it takes. */
MP_MUST_CHECK mp_code mp_pdf_flow(mp_pdf *p, mp_pdf_font font, mp_str text, uint32_t ink, const char *tag,
                                  mp_error *err);

/* ---- grids ---- */

/* Columns of these relative widths over the whole width. `heads` empty: no head. */
MP_MUST_CHECK mp_code mp_pdf_grid_begin(mp_pdf *p, const mp_book_column *columns, size_t count,
                                        double least_height, mp_error *err);
MP_MUST_CHECK mp_code mp_pdf_grid_row(mp_pdf *p, const mp_book_cell *cells, size_t count, mp_error *err);
/* One cell over all columns. */
MP_MUST_CHECK mp_code mp_pdf_grid_span(mp_pdf *p, mp_str text, mp_error *err);
MP_MUST_CHECK mp_code mp_pdf_grid_end(mp_pdf *p, mp_error *err);
/* A box with a bar at its left, over as many pages as it takes. */
MP_MUST_CHECK mp_code mp_pdf_note(mp_pdf *p, mp_str title, mp_str text, mp_cell_look look, mp_error *err);

/* ---- the end ---- */

/* cairo 1.16 has no word for the language of a document, nor that it is tagged, nor for showing its title:
 * add them to the catalogue, as an update behind what is there (ISO 32000-1, 7.5.6). */
MP_MUST_CHECK mp_code mp_pdf_end(mp_buf *pdf, mp_lang lang, mp_error *err);

#endif
