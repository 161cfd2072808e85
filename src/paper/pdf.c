/* SPDX-License-Identifier: Apache-2.0 */
/* PDF by cairo: the form runs twice. The first walk sets every text and draws nothing; then it is known how
 * many pages there are and where the headings stand, and the second walk draws contents and body in the order
 * of the file. */
#include "pdf.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_PAGES 10000
#define MM 2.8346457 /* points */

/* ---- headings and texts ---- */

static mp_code heading(void *self, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    return mp_pdf_lead(self, level, number, text, err);
}

static mp_code paragraph(void *self, mp_str text, mp_cell_look look, mp_error *err)
{
    mp_pdf *p = self;
    /* What is said of a chapter right below its heading does not stand alone either. */
    MP_TRY(mp_pdf_need(p, p->lead_count && look == MP_LOOK_NOTE ? 110 : 30, err));
    MP_TRY(mp_pdf_flow(p, look == MP_LOOK_NOTE ? MP_PDF_CELL : MP_PDF_BODY, text, mp_pdf_ink_of(look), "P",
                       err));
    p->y += 7;
    return MP_OK;
}

static mp_code note(void *self, mp_str title, mp_str text, mp_cell_look look, mp_error *err)
{
    return mp_pdf_note(self, title, text, look, err);
}

/* ---- facts, figures, bars ---- */

/* The value, and in brackets the note that names its records. */
static mp_str with_note(mp_pdf *p, mp_buf *into, const mp_paper_item *item)
{
    (void)p;
    mp_buf_clear(into);
    mp_buf_add(into, item->value.text);
    if (item->note)
        mp_buf_printf(into, " [%u]", item->note);
    return mp_buf_str(into);
}

static mp_code facts(void *self, const mp_paper_item *items, size_t count, unsigned columns, mp_error *err)
{
    static const mp_book_column widths[] = { { .width = 22 }, { .width = 40 }, { .width = 22 },
                                             { .width = 40 }, { .width = 22 }, { .width = 40 } };
    static const mp_book_column single[] = { { .width = 26 }, { .width = 100 } };
    mp_pdf *p = self;
    mp_buf texts[3] = { MP_BUF_INIT, MP_BUF_INIT, MP_BUF_INIT };
    mp_code code = mp_pdf_grid_begin(p, columns == 1 ? single : widths, (size_t)columns * 2, 0, err);
    for (size_t i = 0; i < count && code == MP_OK; i += columns) {
        mp_book_cell cells[6] = { { .kind = MP_CELL_EMPTY } };
        for (size_t k = 0; k < columns && i + k < count; k++) {
            cells[2 * k] =
                (mp_book_cell){ .kind = MP_CELL_TEXT, .look = MP_LOOK_LABEL, .text = items[i + k].label };
            cells[2 * k + 1] = items[i + k].value;
            cells[2 * k + 1].text = with_note(p, &texts[k], &items[i + k]);
        }
        code = mp_pdf_grid_row(p, cells, (size_t)columns * 2, err);
    }
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        mp_buf_free(&texts[i]);
    return code == MP_OK ? mp_pdf_grid_end(p, err) : code;
}

static mp_code signatures(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    static const mp_book_column widths[] = { { .width = 26 }, { .width = 60 }, { .width = 40 } };
    mp_pdf *p = self;
    MP_TRY(mp_pdf_grid_begin(p, widths, MP_COUNT(widths), 30, err));
    for (size_t i = 0; i < count; i++) {
        mp_book_cell cells[3] = { { .kind = MP_CELL_TEXT, .look = MP_LOOK_LABEL, .text = items[i].label },
                                  items[i].value,
                                  { .kind = MP_CELL_EMPTY } };
        MP_TRY(mp_pdf_grid_row(p, cells, MP_COUNT(cells), err));
    }
    return mp_pdf_grid_end(p, err);
}

#define FIGURE_HEAD 26.0
#define FIGURE_BODY 34.0

static void draw_figure(mp_pdf *p, const mp_paper_item *item, double x, double wide)
{
    uint32_t ink = mp_pdf_ink_of(item->value.look);
    double used, y = p->y;
    char mark[16];
    mp_pdf_box(p, x, y, wide, FIGURE_HEAD, MP_PDF_HEAD);
    mp_pdf_rule(p, x, y + FIGURE_HEAD, x + wide, y + FIGURE_HEAD, 0.4, MP_PDF_LINE);
    mp_pdf_rule(p, x, y, x, y + FIGURE_HEAD + FIGURE_BODY, 0.4, MP_PDF_LINE);
    mp_pdf_tag(p, "P");
    mp_pdf_set(p, p->layout, MP_PDF_CELL, item->label, wide - 8, MP_ALIGN_CENTER);
    double tall = mp_pdf_height(p->layout);
    if (p->is_drawing)
        mp_pdf_ink(p, MP_PDF_INK);
    mp_pdf_lines(p, p->layout, x + 4, y + (tall < FIGURE_HEAD ? (FIGURE_HEAD - tall) / 2 : 1), 0, FIGURE_HEAD,
                 true, &used);
    mp_pdf_set(p, p->layout, MP_PDF_FIGURE, item->value.text, 10000, MP_ALIGN_LEFT);
    double value = mp_pdf_width(p->layout);
    mp_pdf_font font = value > wide - 26 ? MP_PDF_FIGURE_SMALL : MP_PDF_FIGURE;
    value = mp_pdf_line(p, font, ink, item->value.text, x + 4,
                        y + FIGURE_HEAD + (font == MP_PDF_FIGURE ? 6 : 10), wide - 8, MP_ALIGN_CENTER);
    if (item->note) {
        snprintf(mark, sizeof mark, "[%u]", item->note);
        mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, mp_str_from(mark), x + wide - 24, y + FIGURE_HEAD + 4, 20,
                    MP_ALIGN_RIGHT);
    }
    mp_pdf_untag(p, "P");
}

static mp_code figures(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    mp_pdf *p = self;
    size_t most = p->front.is_landscape ? 8 : 6, rows = (count + most - 1) / most;
    size_t of_row = (count + rows - 1) / rows;
    double wide = (p->right - p->left) / (double)(of_row < 4 ? 4 : of_row);
    for (size_t i = 0; i < count; i += of_row) {
        size_t here = count - i < of_row ? count - i : of_row;
        double right = p->left + wide * (double)here, tall = FIGURE_HEAD + FIGURE_BODY;
        MP_TRY(mp_pdf_need(p, tall + 12, err));
        for (size_t k = 0; k < here; k++)
            draw_figure(p, &items[i + k], p->left + wide * (double)k, wide);
        mp_pdf_rule(p, p->left, p->y, right, p->y, 1.1, MP_PDF_INK);
        mp_pdf_rule(p, p->left, p->y + tall, right, p->y + tall, 1.1, MP_PDF_INK);
        mp_pdf_rule(p, right, p->y, right, p->y + tall, 0.4, MP_PDF_LINE);
        p->y += tall + (i + of_row < count ? 0 : 12);
        p->is_fresh = false;
    }
    return MP_OK;
}

static uint32_t bar_colour(mp_cell_look look)
{
    switch (look) {
    case MP_LOOK_GOOD:
        return 0x1D7A53;
    case MP_LOOK_PARTLY:
        return 0xC98A10;
    case MP_LOOK_BAD:
        return 0xB3261E;
    case MP_LOOK_UNKNOWN:
        return 0x8B95A3;
    default:
        return 0x3F5F8A;
    }
}

static void draw_bar(mp_pdf *p, const mp_paper_item *item, mp_buf *text, double tall)
{
    double wide = p->right - p->left, label = wide * 0.32, value = wide * 0.2,
           bar = wide - label - value - 24, used;
    mp_pdf_tag(p, "P");
    if (p->is_drawing)
        mp_pdf_ink(p, MP_PDF_INK);
    mp_pdf_lines(p, p->layout, p->left + 4, p->y + 3, 0, tall - 4, true, &used);
    mp_pdf_line(p, MP_PDF_CELL_BOLD, mp_pdf_ink_of(item->value.look), with_note(p, text, item),
                p->right - value - 4, p->y + 3, value, MP_ALIGN_RIGHT);
    mp_pdf_untag(p, "P");
    mp_pdf_box(p, p->left + label + 12, p->y + 5, bar, 8, 0xE6E9EE);
    if (item->share > 0)
        mp_pdf_box(p, p->left + label + 12, p->y + 5, bar * item->share, 8, bar_colour(item->value.look));
    mp_pdf_rule(p, p->left, p->y + tall, p->right, p->y + tall, 0.4, MP_PDF_LINE);
}

static mp_code bars(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    mp_pdf *p = self;
    mp_buf text = MP_BUF_INIT;
    mp_code code = mp_pdf_need(p, 40, err);
    mp_pdf_rule(p, p->left, p->y, p->right, p->y, 0.4, MP_PDF_LINE);
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        double label = (p->right - p->left) * 0.32;
        mp_pdf_set(p, p->layout, MP_PDF_CELL, items[i].label, label, MP_ALIGN_LEFT);
        double tall = mp_pdf_height(p->layout) + 8;
        if (tall > 120)
            tall = 120;
        code = mp_pdf_need(p, tall, err);
        if (code == MP_OK)
            draw_bar(p, &items[i], &text, tall);
        p->y += tall;
        p->is_fresh = false;
    }
    p->y += 12;
    mp_buf_free(&text);
    return code;
}

/* ---- tables ---- */

/* A caption that says what the heading says, or the same again in a loop, is left out. */
static mp_code table(void *self, const mp_paper_table *t, mp_error *err)
{
    mp_pdf *p = self;
    if (t->name.len && !t->in_loop && !mp_str_eq(t->name, t->heading))
        MP_TRY(mp_pdf_lead(p, 0, mp_str_of("", 0), t->name, err));
    return mp_pdf_grid_begin(p, t->columns, t->count, 0, err);
}

static mp_code group(void *self, mp_str text, mp_error *err)
{
    return mp_pdf_grid_span(self, text, err);
}

static mp_code row(void *self, const mp_book_cell *cells, size_t count, mp_error *err)
{
    return mp_pdf_grid_row(self, cells, count, err);
}

static mp_code table_end(void *self, mp_error *err)
{
    return mp_pdf_grid_end(self, err);
}

static mp_code page(void *self, mp_error *err)
{
    mp_pdf *p = self;
    MP_TRY(mp_pdf_need(p, 0, err)); /* a heading that waits stays in front of the break */
    return p->is_fresh ? MP_OK : mp_pdf_next(p, err);
}

/* ---- the document ---- */

static mp_code keep_front(mp_pdf *p, const mp_paper_front *front, mp_error *err)
{
    mp_paper_item *items = MP_ARENA_ARRAY(&p->arena, mp_paper_item, front->fact_count + 1);
    mp_str *boxes = MP_ARENA_ARRAY(&p->arena, mp_str, front->box_count + 1);
    if (!items || !boxes)
        return mp_no_memory(err);
    p->front = *front;
    for (size_t i = 0; i < front->fact_count; i++) {
        items[i].label = mp_arena_dup(&p->arena, front->facts[i].label);
        items[i].value.text = mp_arena_dup(&p->arena, front->facts[i].value.text);
    }
    for (size_t i = 0; i < front->box_count; i++)
        boxes[i] = mp_arena_dup(&p->arena, front->boxes[i]);
    p->front.facts = items;
    p->front.boxes = boxes;
    p->front.title = mp_arena_dup(&p->arena, front->title);
    p->front.over = mp_arena_dup(&p->arena, front->over);
    p->front.under = mp_arena_dup(&p->arena, front->under);
    p->front.id = mp_arena_dup(&p->arena, front->id);
    return MP_OK;
}

static void lay_page(mp_pdf *p)
{
    double wide = 210 * MM, tall = 297 * MM, side = p->front.is_landscape ? 14 * MM : 18 * MM;
    p->width = p->front.is_landscape ? tall : wide;
    p->height = p->front.is_landscape ? wide : tall;
    p->left = side;
    p->right = p->width - side;
    p->top = 21 * MM;
    p->bottom = p->height - 19 * MM;
}

static void set_property(mp_pdf *p, cairo_pdf_metadata_t which, mp_str value)
{
    char text[MP_PDF_TOLD];
    mp_pdf_told(text, p, mp_str_of(NULL, 0), value);
    if (text[0])
        cairo_pdf_surface_set_metadata(p->surface, which, text);
}

static void begin_file(mp_pdf *p)
{
    char at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, p->front.made_at);
    cairo_pdf_surface_set_size(p->surface, p->width, p->height);
    set_property(p, CAIRO_PDF_METADATA_TITLE, p->front.title);
    set_property(p, CAIRO_PDF_METADATA_AUTHOR, p->front.over);
    set_property(p, CAIRO_PDF_METADATA_SUBJECT, p->front.id);
    set_property(p, CAIRO_PDF_METADATA_KEYWORDS, mp_str_from(p->front.digest));
    set_property(p, CAIRO_PDF_METADATA_CREATOR, p->front.producer.len ? p->front.producer : MP_S("Mapae"));
    set_property(p, CAIRO_PDF_METADATA_CREATE_DATE, mp_str_from(at));
    set_property(p, CAIRO_PDF_METADATA_MOD_DATE, mp_str_from(at));
}

static mp_code begin(void *self, const mp_paper_front *front, mp_error *err)
{
    mp_pdf *p = self;
    if (!p->is_drawing) { /* the first walk finds out what the second takes for granted */
        MP_TRY(keep_front(p, front, err));
        p->lang = front->lang;
        lay_page(p);
        MP_TRY(mp_pdf_fonts_open(p, front->type_size, err));
    } else {
        begin_file(p);
        mp_pdf_tag(p, "Document");
        if (front->has_cover)
            mp_pdf_cover(p);
        (void)mp_pdf_contents(p, true);
    }
    p->page = 0;
    return mp_pdf_next(p, err);
}

static mp_code end(void *self, mp_error *err)
{
    mp_pdf *p = self;
    MP_TRY(mp_pdf_need(p, 0, err));
    mp_pdf_untag(p, "Document");
    mp_pdf_show(p, p->before + p->page);
    return MP_OK;
}

static const mp_paper_sink sink = {
    .begin = begin,
    .heading = heading,
    .paragraph = paragraph,
    .note = note,
    .facts = facts,
    .figures = figures,
    .bars = bars,
    .signatures = signatures,
    .table = table,
    .group = group,
    .row = row,
    .table_end = table_end,
    .page = page,
    .end = end,
};

static cairo_status_t add_bytes(void *to, const unsigned char *bytes, unsigned len)
{
    mp_buf *out = to;
    mp_buf_add(out, mp_str_of((const char *)bytes, len));
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* The second walk, into `file`. */
static mp_code draw(mp_pdf *p, mp_buf *file, const mp_paper_job *job, mp_error *err)
{
    p->before = (p->front.has_cover ? 1u : 0u) + mp_pdf_contents(p, false);
    p->total = p->before + p->page;
    p->is_drawing = true;
    p->surface = cairo_pdf_surface_create_for_stream(add_bytes, file, p->width, p->height);
    p->cr = cairo_create(p->surface);
    mp_code code = mp_form_run(job, &sink, p, err);
    cairo_status_t drawn = cairo_status(p->cr);
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    cairo_status_t written = cairo_surface_status(p->surface);
    cairo_surface_destroy(p->surface);
    if (code != MP_OK)
        return code;
    MP_TRY(mp_buf_check(file, err));
    if (drawn != CAIRO_STATUS_SUCCESS || written != CAIRO_STATUS_SUCCESS)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the PDF could not be written: %s",
                       cairo_status_to_string(drawn != CAIRO_STATUS_SUCCESS ? drawn : written));
    return mp_pdf_end(file, p->lang, err);
}

mp_code mp_paper_as_pdf(mp_buf *out, const mp_paper_job *job, mp_error *err)
{
    mp_buf file = { .limit = job->options->max_bytes ? job->options->max_bytes : MP_PAPER_BYTES };
    mp_pdf *p = calloc(1, sizeof *p);
    if (!p)
        return mp_no_memory(err);
    p->most = job->options->max_pages ? (unsigned)job->options->max_pages : MOST_PAGES;
    mp_code code = mp_form_run(job, &sink, p, err);
    if (code == MP_OK)
        code = draw(p, &file, job, err);
    if (code == MP_OK) {
        mp_buf_add(out, mp_buf_str(&file));
        code = mp_buf_check(out, err);
    }
    mp_pdf_fonts_close(p);
    mp_arena_free(&p->arena);
    mp_buf_free(&file);
    free(p);
    return code;
}
