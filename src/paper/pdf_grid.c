/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of cells. A row that fits on a page is not torn; one that does not is drawn line by line, page by
 * page. */
#include "pdf.h"

#define PAD_X 3.5
#define PAD_Y 3.2
#define THIN 0.4
#define THICK 1.1
/* As much stands below the head of a table on its page. */
#define LEAST_BELOW 70

static double page_room(const mp_pdf *p)
{
    return p->bottom - p->top - p->grid.head_height;
}

/* ---- rows ---- */

/* The lines between cells of the rows since the last time, in one stroke: each stroke is a piece of the file and of
 * the time. They lie above the grounds of all these rows. */
static void draw_run(mp_pdf *p)
{
    mp_pdf_grid *g = &p->grid;
    double x = g->left, bottom = g->run_count ? g->run[g->run_count - 1] : g->run_top;
    if (p->is_drawing && g->run_count) {
        mp_pdf_ink(p, MP_PDF_LINE);
        cairo_set_line_width(p->cr, THIN);
        for (size_t i = 0; i <= g->count; i++) {
            cairo_move_to(p->cr, x, g->run_top);
            cairo_line_to(p->cr, x, bottom);
            x += i < g->count ? g->widths[i] : 0;
        }
        for (size_t i = 0; i < g->run_count; i++) {
            cairo_move_to(p->cr, g->left, g->run[i]);
            cairo_line_to(p->cr, x, g->run[i]);
        }
        cairo_stroke(p->cr);
    }
    g->run_top = bottom;
    g->run_count = 0;
}

static void end_row(mp_pdf *p)
{
    mp_pdf_grid *g = &p->grid;
    if (g->run_count == MP_PDF_RUN)
        draw_run(p);
    g->run[g->run_count++] = p->y;
    p->is_fresh = false;
}

static void draw_fills(mp_pdf *p, const mp_pdf_cells *cells, double y, double height)
{
    double x = p->grid.left;
    for (size_t i = 0; i < p->grid.count; i++) {
        mp_pdf_box(p, x, y, p->grid.widths[i], height, mp_pdf_fill_of(cells->looks[i]));
        x += p->grid.widths[i];
    }
}

/* The cells' lines from where each stands, as many as `room` holds; returns the height that they take. In
 * this walk only when `draw`, so that a height is known before anything is drawn. */
static double lines_of_row(mp_pdf *p, mp_pdf_cells *cells, double room, bool draw, const char *tag)
{
    mp_pdf_grid *g = &p->grid;
    double x = g->left, tallest = 0;
    bool drawing = p->is_drawing;
    p->is_drawing = drawing && draw;
    for (size_t i = 0; i < g->count; i++) {
        double height;
        mp_pdf_tag(p, tag);
        if (p->is_drawing)
            mp_pdf_ink(p, mp_pdf_ink_of(cells->looks[i]));
        int behind = mp_pdf_lines(p, cells->layouts[i], x + PAD_X, p->y + PAD_Y, cells->lines[i],
                                  room - 2 * PAD_Y, true, &height);
        if (draw && cells->from && i < cells->from_count)
            mp_pdf_refer(p, cells->layouts[i], &cells->from[i], x + PAD_X, p->y + PAD_Y, cells->lines[i], behind);
        mp_pdf_untag(p, tag);
        if (draw)
            cells->lines[i] = behind;
        if (height > tallest)
            tallest = height;
        x += g->widths[i];
    }
    p->is_drawing = drawing;
    return tallest + 2 * PAD_Y;
}

static bool is_drawn(const mp_pdf *p, const mp_pdf_cells *cells)
{
    for (size_t i = 0; i < p->grid.count; i++)
        if (cells->lines[i] < pango_layout_get_line_count(cells->layouts[i]))
            return false;
    return true;
}

/* What is set in the cells, or as much of it as `room` holds. `whole`: the height of all of it; 0: not known. */
static void draw_row(mp_pdf *p, mp_pdf_cells *cells, double room, double least, double whole, const char *tag)
{
    double height = whole > 0 && whole <= room ? whole : lines_of_row(p, cells, room, false, tag);
    if (height < least)
        height = least;
    if (!p->is_drawing && whole > 0 && whole <= room) { /* all of it is done with */
        for (size_t i = 0; i < p->grid.count; i++)
            cells->lines[i] = pango_layout_get_line_count(cells->layouts[i]);
        p->y += height;
        end_row(p);
        return;
    }
    draw_fills(p, cells, p->y, height);
    mp_pdf_tag(p, "TR");
    lines_of_row(p, cells, room, true, tag);
    mp_pdf_untag(p, "TR");
    p->y += height;
    end_row(p);
}

/* ---- the head ---- */

static void draw_head(mp_pdf *p)
{
    mp_pdf_grid *g = &p->grid;
    double top = p->y, right = g->left;
    for (size_t i = 0; i < g->count; i++) {
        right += g->widths[i];
        g->head.lines[i] = 0;
    }
    g->run_top = top;
    g->run_count = 0;
    if (g->has_head)
        draw_row(p, &g->head, g->head_height + 1, 0, 0, "TH");
    mp_pdf_rule(p, g->left, top, right, top, g->has_head ? THICK : THIN,
                g->has_head ? MP_PDF_INK : MP_PDF_LINE);
}

static double set_head(mp_pdf *p)
{
    mp_pdf_grid *g = &p->grid;
    double tallest = 0;
    for (size_t i = 0; i < g->count && g->has_head; i++) {
        g->head.layouts[i] = mp_pdf_kept(p, &g->head.own[i], MP_PDF_CELL_BOLD, g->heads[i],
                                         g->widths[i] - 2 * PAD_X, MP_ALIGN_CENTER);
        g->head.looks[i] = MP_LOOK_HEAD;
        double height = mp_pdf_height(g->head.layouts[i]) + 2 * PAD_Y;
        tallest = height > tallest ? height : tallest;
    }
    /* Heads that are half a page leave no room for rows: what is too long of them is cut. */
    double most = (p->bottom - p->top) / 3;
    return tallest < most ? tallest : most;
}

static void close_rules(mp_pdf *p)
{
    double right = p->grid.left;
    draw_run(p);
    for (size_t i = 0; i < p->grid.count; i++)
        right += p->grid.widths[i];
    if (p->grid.has_head)
        mp_pdf_rule(p, p->grid.left, p->y, right, p->y, THICK, MP_PDF_INK);
}

static mp_code next_page(mp_pdf *p, mp_error *err)
{
    close_rules(p);
    MP_TRY(mp_pdf_next(p, err));
    draw_head(p);
    return MP_OK;
}

/* ---- grids ---- */

/* The longest word of a text, which is not to be torn. */
static double least_width(mp_pdf *p, mp_pdf_font font, mp_str text)
{
    if (!text.len)
        return 0;
    mp_pdf_set(p, p->layout, font, text, 400, MP_ALIGN_LEFT);
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD);
    pango_layout_set_width(p->layout, PANGO_SCALE);
    return mp_pdf_width(p->layout) + 2 * PAD_X + 0.5;
}

/* Columns that are too narrow for their heads and for the words that are known of them take from those that have room,
 * as much as each has of it; when there is too little, each gets a part. */
static void widen(mp_pdf *p, const mp_book_column *columns)
{
    mp_pdf_grid *g = &p->grid;
    double least[MP_PDF_COLUMNS], lacking = 0, spare = 0;
    for (size_t i = 0; i < g->count; i++) {
        double cells = least_width(p, MP_PDF_CELL, columns[i].sample);
        least[i] = least_width(p, MP_PDF_CELL_BOLD, g->heads[i]);
        least[i] = least[i] > cells ? least[i] : cells;
        if (least[i] > g->widths[i])
            lacking += least[i] - g->widths[i];
        else
            spare += g->widths[i] - least[i];
    }
    if (lacking <= 0 || spare <= 0)
        return;
    double moved = lacking < spare * 0.9 ? lacking : spare * 0.9;
    for (size_t i = 0; i < g->count; i++) {
        double over = g->widths[i] - least[i];
        g->widths[i] -= over < 0 ? over * moved / lacking : over * moved / spare;
    }
}

mp_code mp_pdf_grid_begin(mp_pdf *p, const mp_book_column *columns, size_t count, double least_height,
                          mp_error *err)
{
    mp_pdf_grid *g = &p->grid;
    double all = 0, wide = p->right - p->left;
    if (count == 0 || count > MP_PDF_COLUMNS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "found %zu columns of a table; the most is %d", count,
                       MP_PDF_COLUMNS);
    g->count = count;
    g->left = p->left;
    g->least_height = least_height;
    g->has_head = false;
    g->waiting = MP_S("");
    for (size_t i = 0; i < count; i++)
        all += columns[i].width > 0 ? columns[i].width : 14;
    for (size_t i = 0; i < count; i++) {
        g->widths[i] = (columns[i].width > 0 ? columns[i].width : 14) * wide / all;
        g->aligns[i] = columns[i].align;
        g->has_head |= columns[i].head.len > 0;
        g->heads[i] = mp_arena_dup(&p->arena, columns[i].head);
    }
    widen(p, columns);
    g->head_height = set_head(p);
    g->is_begun = false;
    return MP_OK;
}

/* The row's texts into its cells. Returns the height of all of it. */
static double set_cells(mp_pdf *p, const mp_book_cell *cells, size_t count)
{
    mp_pdf_grid *g = &p->grid;
    double tallest = g->least_height;
    for (size_t i = 0; i < g->count; i++) {
        mp_cell_look look = i < count ? cells[i].look : MP_LOOK_PLAIN;
        bool bold = look == MP_LOOK_LABEL || look == MP_LOOK_HEAD || look == MP_LOOK_TOTAL;
        g->row.layouts[i] = mp_pdf_kept(p, &g->row.own[i], bold ? MP_PDF_CELL_BOLD : MP_PDF_CELL,
                                        i < count ? cells[i].text : mp_str_of("", 0),
                                        g->widths[i] - 2 * PAD_X, g->aligns[i]);
        g->row.looks[i] = look;
        g->row.lines[i] = 0;
        double height = mp_pdf_height(g->row.layouts[i]) + 2 * PAD_Y;
        tallest = height > tallest ? height : tallest;
    }
    return tallest;
}

static double set_span(mp_pdf *p, mp_str text)
{
    mp_pdf_set(p, p->layout, MP_PDF_CELL_BOLD, text, p->right - p->left - 2 * PAD_X, MP_ALIGN_LEFT);
    double tall = mp_pdf_height(p->layout) + 2 * PAD_Y;
    return tall > page_room(p) / 2 ? page_room(p) / 2 : tall;
}

static void draw_span(mp_pdf *p, double tall)
{
    double wide = p->right - p->left, used;
    draw_run(p);
    mp_pdf_box(p, p->left, p->y, wide, tall, MP_PDF_LABEL);
    mp_pdf_tag(p, "TR");
    mp_pdf_tag(p, "TH");
    if (p->is_drawing)
        mp_pdf_ink(p, MP_PDF_INK);
    mp_pdf_lines(p, p->layout, p->left + PAD_X, p->y + PAD_Y, 0, tall - 2 * PAD_Y, true, &used);
    mp_pdf_untag(p, "TH");
    mp_pdf_untag(p, "TR");
    mp_pdf_rule(p, p->left, p->y, p->left, p->y + tall, THIN, MP_PDF_LINE);
    mp_pdf_rule(p, p->left + wide, p->y, p->left + wide, p->y + tall, THIN, MP_PDF_LINE);
    mp_pdf_rule(p, p->left, p->y + tall, p->left + wide, p->y + tall, THIN, MP_PDF_LINE);
    p->y += tall;
    p->grid.run_top = p->y;
    p->is_fresh = false;
}

/* The head, and the headings that wait above it, where there is room for what stands below: alone at the bottom of a page they say nothing. */
static mp_code begin(mp_pdf *p, double below, mp_error *err)
{
    double above = mp_pdf_leads_height(p) + p->grid.head_height, room = p->bottom - p->top;
    double wanted = below > LEAST_BELOW && above + below <= room ? above + below : above + LEAST_BELOW;
    if (p->y + wanted > p->bottom && !p->is_fresh)
        MP_TRY(mp_pdf_next(p, err));
    MP_TRY(mp_pdf_need(p, 0, err));
    mp_pdf_tag(p, "Table");
    draw_head(p);
    p->grid.is_begun = true;
    return MP_OK;
}

/* The next page, and on it the head of the group that waits, where this one has no room for it and `tall` below it: what fits there whole
 * goes there, and what would begin with less than a few lines. */
static mp_code make_room(mp_pdf *p, double tall, mp_error *err)
{
    mp_pdf_grid *g = &p->grid;
    double span = g->waiting.len ? set_span(p, g->waiting) : 0;
    if (!g->is_begun)
        MP_TRY(begin(p, span + tall, err));
    else if (p->y + span + tall > p->bottom && (span + tall <= page_room(p) || p->bottom - p->y - span < 48))
        MP_TRY(next_page(p, err));
    if (span > 0) {
        span = set_span(p, g->waiting); /* other texts were set in between */
        draw_span(p, span);
    }
    g->waiting = MP_S("");
    return MP_OK;
}

mp_code mp_pdf_grid_row(mp_pdf *p, const mp_book_cell *cells, size_t count, mp_error *err)
{
    double tall = set_cells(p, cells, count);
    bool is_first = true;
    p->grid.row.from = cells;
    p->grid.row.from_count = count;
    MP_TRY(make_room(p, tall, err));
    for (;;) {
        draw_row(p, &p->grid.row, p->bottom - p->y, p->grid.least_height, is_first ? tall : 0, "TD");
        if (is_drawn(p, &p->grid.row))
            return MP_OK;
        is_first = false;
        MP_TRY(next_page(p, err));
    }
}

/* It waits for the row below it, so that both stand on one page. */
mp_code mp_pdf_grid_span(mp_pdf *p, mp_str text, mp_error *err)
{
    if (p->grid.waiting.len)
        MP_TRY(make_room(p, 0, err)); /* one that has no rows */
    p->grid.waiting = mp_arena_dup(&p->arena, text);
    return p->grid.waiting.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_pdf_grid_end(mp_pdf *p, mp_error *err)
{
    if (!p->grid.is_begun || p->grid.waiting.len)
        MP_TRY(make_room(p, 0, err));
    close_rules(p);
    mp_pdf_untag(p, "Table");
    p->y += 12;
    return MP_OK;
}

/* ---- notes ---- */

static const uint32_t bar_of_look[MP_LOOK_COUNT] = {
    [MP_LOOK_GOOD] = 0x1D7A53,
    [MP_LOOK_PARTLY] = 0xB97700,
    [MP_LOOK_BAD] = 0xB3261E,
};

/* As much of the layout as the page holds, with its ground behind. */
static void draw_note_part(mp_pdf *p, int *line, bool is_title, mp_cell_look look)
{
    double room = p->bottom - p->y - 6, height, wide = p->right - p->left;
    bool drawing = p->is_drawing;
    uint32_t fill = mp_pdf_fill_of(look), bar = bar_of_look[look];
    p->is_drawing = false;
    (void)mp_pdf_lines(p, p->layout, 0, 0, *line, room, true, &height);
    p->is_drawing = drawing;
    double above = is_title ? 7 : 2, below = is_title ? 2 : 7;
    mp_pdf_box(p, p->left, p->y, wide, height + above + below, fill ? fill : MP_PDF_LABEL);
    mp_pdf_box(p, p->left, p->y, 3, height + above + below, bar ? bar : MP_PDF_SOFT);
    if (p->is_drawing)
        mp_pdf_ink(p, MP_PDF_INK);
    *line = mp_pdf_lines(p, p->layout, p->left + 12, p->y + above, *line, room, true, &height);
    p->y += height + above + below;
    p->is_fresh = false;
}

static mp_code draw_note_text(mp_pdf *p, mp_str text, mp_pdf_font font, bool is_title, mp_cell_look look,
                              mp_error *err)
{
    int line = 0;
    double wide = p->right - p->left - 24;
    mp_pdf_set(p, p->layout, font, text, wide, MP_ALIGN_LEFT);
    int count = pango_layout_get_line_count(p->layout);
    while (line < count) {
        if (p->bottom - p->y < 30)
            MP_TRY(mp_pdf_next(p, err));
        mp_pdf_tag(p, "P");
        draw_note_part(p, &line, is_title, look);
        mp_pdf_untag(p, "P");
    }
    return MP_OK;
}

mp_code mp_pdf_note(mp_pdf *p, mp_str title, mp_str text, mp_cell_look look, mp_error *err)
{
    mp_pdf_set(p, p->layout, MP_PDF_BODY, text, p->right - p->left - 24, MP_ALIGN_LEFT);
    double tall = mp_pdf_height(p->layout) + 40;
    MP_TRY(mp_pdf_need(p, tall < (p->bottom - p->top) / 2 ? tall : 60, err));
    p->y += 4;
    if (title.len)
        MP_TRY(draw_note_text(p, title, MP_PDF_H3, true, look, err));
    MP_TRY(draw_note_text(p, text, MP_PDF_BODY, false, look, err));
    p->y += 10;
    return MP_OK;
}
