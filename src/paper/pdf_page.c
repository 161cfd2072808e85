/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: the frame around every one of the body, the cover, the contents. */
#include "pdf.h"

#include <stdio.h>

/* ---- drawing ---- */

void mp_pdf_rule(mp_pdf *p, double x1, double y1, double x2, double y2, double thickness, uint32_t rgb)
{
    if (!p->is_drawing)
        return;
    mp_pdf_ink(p, rgb);
    cairo_set_line_width(p->cr, thickness);
    cairo_move_to(p->cr, x1, y1);
    cairo_line_to(p->cr, x2, y2);
    cairo_stroke(p->cr);
}

void mp_pdf_box(mp_pdf *p, double x, double y, double width, double height, uint32_t rgb)
{
    if (!p->is_drawing || !rgb)
        return;
    mp_pdf_ink(p, rgb);
    cairo_rectangle(p->cr, x, y, width, height);
    cairo_fill(p->cr);
}

static void frame(mp_pdf *p, double x, double y, double width, double height)
{
    mp_pdf_rule(p, x, y, x + width, y, 0.4, MP_PDF_LINE);
    mp_pdf_rule(p, x, y + height, x + width, y + height, 0.4, MP_PDF_LINE);
    mp_pdf_rule(p, x, y, x, y + height, 0.4, MP_PDF_LINE);
    mp_pdf_rule(p, x + width, y, x + width, y + height, 0.4, MP_PDF_LINE);
}

static const struct {
    uint32_t fill, ink;
} colours[MP_LOOK_COUNT] = {
    [MP_LOOK_PLAIN] = { 0, MP_PDF_INK },     [MP_LOOK_HEAD] = { MP_PDF_HEAD, MP_PDF_INK },
    [MP_LOOK_TITLE] = { 0, MP_PDF_INK },     [MP_LOOK_LABEL] = { MP_PDF_LABEL, MP_PDF_INK },
    [MP_LOOK_NOTE] = { 0, MP_PDF_SOFT },     [MP_LOOK_TOTAL] = { MP_PDF_LABEL, MP_PDF_INK },
    [MP_LOOK_GOOD] = { 0xE8F5EE, 0x14573C }, [MP_LOOK_PARTLY] = { 0xFDF3DC, 0x7A4D00 },
    [MP_LOOK_BAD] = { 0xFBE8E6, 0x96201A },  [MP_LOOK_UNKNOWN] = { 0xEEF0F3, 0x4A5563 },
};

uint32_t mp_pdf_fill_of(mp_cell_look look)
{
    return colours[look].fill;
}
uint32_t mp_pdf_ink_of(mp_cell_look look)
{
    return colours[look].ink;
}

/* ---- pages of the body ---- */

static void say(mp_buf *out, mp_lang lang, const char *id, mp_str argument)
{
    mp_say(out, lang, id, &argument, 1);
}

/* Head and foot. They are furniture, no content: outside all tags. */
static void draw_frame(mp_pdf *p, unsigned number)
{
    mp_buf line = MP_BUF_INIT;
    char from[16], to[16];
    double half = (p->right - p->left) / 2, foot = p->bottom + 14;
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, p->front.title, p->left, p->top - 24, half * 1.3,
                MP_ALIGN_LEFT);
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, p->front.over, p->left + half * 1.3, p->top - 24, half * 0.7,
                MP_ALIGN_RIGHT);
    mp_pdf_rule(p, p->left, p->top - 11, p->right, p->top - 11, 0.5, MP_PDF_LINE);
    mp_pdf_rule(p, p->left, foot - 4, p->right, foot - 4, 0.5, MP_PDF_LINE);
    say(&line, p->lang, "paper.document", p->front.id);
    mp_buf_add(&line, MP_S("   "));
    say(&line, p->lang, "paper.data", mp_str_of(p->front.digest, 16));
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, mp_buf_str(&line), p->left, foot, half * 1.6, MP_ALIGN_LEFT);
    mp_buf_clear(&line);
    snprintf(from, sizeof from, "%u", number);
    snprintf(to, sizeof to, "%u", p->total);
    mp_say_z(&line, p->lang, "paper.page", from, to, NULL);
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_INK, mp_buf_str(&line), p->right - half * 0.4, foot, half * 0.4,
                MP_ALIGN_RIGHT);
    mp_buf_free(&line);
}

void mp_pdf_show(mp_pdf *p, unsigned number)
{
    if (!p->is_drawing)
        return;
    if (number > 1 || !p->front.has_cover)
        draw_frame(p, number);
    cairo_show_page(p->cr);
}

mp_code mp_pdf_next(mp_pdf *p, mp_error *err)
{
    if (p->page)
        mp_pdf_show(p, p->before + p->page);
    if (++p->page > p->most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the document has more than %u pages", p->most);
    p->y = p->top;
    p->is_fresh = true;
    return MP_OK;
}

mp_code mp_pdf_need(mp_pdf *p, double height, mp_error *err)
{
    double leads = mp_pdf_leads_height(p), most = (p->bottom - p->top) * 0.8;
    double wanted = leads + height < most ? leads + height : leads;
    if (p->y + wanted > p->bottom && !p->is_fresh)
        MP_TRY(mp_pdf_next(p, err));
    return mp_pdf_leads_draw(p, err);
}

/* ---- the cover ---- */

/* For the signatures of those who made, checked and approved it, as Korean documents have them: right above.
 */
static void draw_boxes(mp_pdf *p)
{
    double wide = 58, x = p->right - wide * (double)p->front.box_count, y = p->top - 10;
    for (size_t i = 0; i < p->front.box_count; i++, x += wide) {
        mp_pdf_box(p, x, y, wide, 17, MP_PDF_HEAD);
        frame(p, x, y, wide, 17);
        frame(p, x, y + 17, wide, 46);
        mp_pdf_line(p, MP_PDF_CELL, MP_PDF_INK, p->front.boxes[i], x, y + 3, wide, MP_ALIGN_CENTER);
    }
}

static double draw_fact(mp_pdf *p, const mp_paper_item *item, double x, double y, double label, double value)
{
    double height, used, least = 24;
    mp_pdf_set(p, p->layout, MP_PDF_BODY, item->value.text, value - 16, MP_ALIGN_LEFT);
    height = mp_pdf_height(p->layout) + 12;
    height = height < least ? least : height > 90 ? 90 : height;
    mp_pdf_box(p, x, y, label, height, MP_PDF_LABEL);
    frame(p, x, y, label, height);
    frame(p, x + label, y, value, height);
    mp_pdf_line(p, MP_PDF_BODY, MP_PDF_INK, item->label, x + 8, y + 6, label - 16, MP_ALIGN_LEFT);
    mp_pdf_set(p, p->layout, MP_PDF_BODY, item->value.text, value - 16, MP_ALIGN_LEFT);
    mp_pdf_lines(p, p->layout, x + label + 8, y + 6, 0, height - 8, true, &used);
    return height;
}

static void draw_facts(mp_pdf *p)
{
    double label = 120, value = (p->right - p->left) * 0.78 - label;
    double x = (p->width - label - value) / 2, y = p->front.is_landscape ? p->height * 0.5 : p->height * 0.52;
    for (size_t i = 0; i < p->front.fact_count && y < p->bottom - 70; i++)
        y += draw_fact(p, &p->front.facts[i], x, y, label, value);
}

static void draw_proof(mp_pdf *p)
{
    mp_buf line = MP_BUF_INIT;
    double wide = p->right - p->left;
    say(&line, p->lang, "paper.document", p->front.id);
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, mp_buf_str(&line), p->left, p->bottom - 22, wide,
                MP_ALIGN_CENTER);
    mp_buf_clear(&line);
    mp_buf_add(&line, mp_message(p->lang, "paper.madeAt"));
    mp_buf_add_c(&line, ' ');
    mp_paper_time_say(&line, p->front.made_at, p->front.zone, p->lang);
    mp_buf_add(&line, MP_S("   "));
    say(&line, p->lang, "paper.data", mp_str_from(p->front.digest));
    mp_pdf_line(p, MP_PDF_SMALL, MP_PDF_SOFT, mp_buf_str(&line), p->left, p->bottom - 10, wide,
                MP_ALIGN_CENTER);
    mp_buf_free(&line);
}

void mp_pdf_cover(mp_pdf *p)
{
    double wide = p->right - p->left, y = p->height * (p->front.is_landscape ? 0.22 : 0.25), used;
    if (!p->is_drawing)
        return;
    mp_pdf_tag(p, "P");
    draw_boxes(p);
    mp_pdf_line(p, MP_PDF_COVER_LINE, MP_PDF_SOFT, p->front.over, p->left, y - 30, wide, MP_ALIGN_CENTER);
    mp_pdf_rule(p, p->left, y, p->right, y, 1.6, MP_PDF_INK);
    mp_pdf_rule(p, p->left, y + 3, p->right, y + 3, 0.5, MP_PDF_INK);
    mp_pdf_set(p, p->layout, MP_PDF_COVER_TITLE, p->front.title, wide - 20, MP_ALIGN_CENTER);
    mp_pdf_ink(p, MP_PDF_INK);
    mp_pdf_lines(p, p->layout, p->left + 10, y + 22, 0, 120, true, &used);
    y += 22 + used + 20;
    mp_pdf_rule(p, p->left, y, p->right, y, 0.5, MP_PDF_INK);
    mp_pdf_rule(p, p->left, y + 3, p->right, y + 3, 1.6, MP_PDF_INK);
    mp_pdf_set(p, p->layout, MP_PDF_COVER_LINE, p->front.under, wide, MP_ALIGN_CENTER);
    mp_pdf_ink(p, MP_PDF_SOFT);
    mp_pdf_lines(p, p->layout, p->left, y + 16, 0, 60, true, &used);
    draw_facts(p);
    draw_proof(p);
    mp_pdf_untag(p, "P");
    mp_pdf_show(p, 1);
}

/* ---- contents ---- */

static void draw_leader(mp_pdf *p, double from, double to, double y)
{
    static const double dots[] = { 0.7, 3.3 };
    if (to - from < 8)
        return;
    cairo_save(p->cr);
    cairo_set_dash(p->cr, dots, 2, 0);
    mp_pdf_rule(p, from, y, to, y, 0.7, MP_PDF_LINE);
    cairo_restore(p->cr);
}

static void draw_entry(mp_pdf *p, const mp_pdf_heading *h, size_t index, double y)
{
    char attributes[48], number[16];
    mp_buf text = MP_BUF_INIT;
    mp_pdf_font font = h->level == 1 ? MP_PDF_ENTRY_BOLD : MP_PDF_ENTRY;
    double x = p->left + (h->level == 1 ? 0 : 18), wide = p->right - 40 - x;
    mp_buf_add(&text, h->number);
    if (h->number.len)
        mp_buf_add(&text, h->level == 1 ? MP_S(".  ") : MP_S("  "));
    mp_buf_add(&text, h->text);
    snprintf(attributes, sizeof attributes, "dest='h%zu'", index);
    snprintf(number, sizeof number, "%u", p->before + h->page);
    cairo_tag_begin(p->cr, CAIRO_TAG_LINK, attributes);
    double used = mp_pdf_line(p, font, MP_PDF_INK, mp_buf_str(&text), x, y, wide, MP_ALIGN_LEFT);
    mp_pdf_line(p, font, MP_PDF_INK, mp_str_from(number), p->right - 36, y, 36, MP_ALIGN_RIGHT);
    cairo_tag_end(p->cr, CAIRO_TAG_LINK);
    draw_leader(p, x + (used < wide ? used : wide) + 6, p->right - 24, y + 9);
    mp_buf_free(&text);
}

unsigned mp_pdf_contents(mp_pdf *p, bool draw)
{
    unsigned pages = 1;
    double y = p->top + 52;
    if (!p->front.has_contents || p->heading_count == 0)
        return 0;
    if (draw) {
        mp_pdf_tag(p, "P");
        mp_pdf_line(p, MP_PDF_H1, MP_PDF_INK, mp_message(p->lang, "paper.contents"), p->left, p->top + 6,
                    p->right - p->left, MP_ALIGN_CENTER);
        mp_pdf_untag(p, "P");
        mp_pdf_rule(p, p->left, p->top + 34, p->right, p->top + 34, 1.2, MP_PDF_INK);
    }
    for (size_t i = 0; i < p->heading_count; i++) {
        double tall = p->headings[i].level == 1 ? 23 : 17;
        if (p->headings[i].level > 2)
            continue;
        if (y + tall > p->bottom) {
            if (draw)
                mp_pdf_show(p, (p->front.has_cover ? 1u : 0u) + pages);
            pages++;
            y = p->top + 6;
        }
        if (draw)
            draw_entry(p, &p->headings[i], i, y + (p->headings[i].level == 1 ? 6 : 2));
        y += tall;
    }
    if (draw)
        mp_pdf_show(p, (p->front.has_cover ? 1u : 0u) + pages);
    return pages;
}
