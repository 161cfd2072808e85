/* SPDX-License-Identifier: Apache-2.0 */
/* Headings and captions wait until it is known how much room begins what stands below them: none is the last
 * thing on its page. */
#include <stdio.h>

#include "pdf.h"

/* ---- where headings stand ---- */

static mp_code keep_heading(mp_pdf *p, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    if (p->heading_count == p->heading_cap) {
        size_t cap = p->heading_cap ? p->heading_cap * 2 : 64;
        mp_pdf_heading *more = MP_ARENA_ARRAY(&p->arena, mp_pdf_heading, cap);
        if (!more)
            return mp_no_memory(err);
        if (p->heading_count)
            memcpy(more, p->headings, p->heading_count * sizeof *more);
        p->headings = more;
        p->heading_cap = cap;
    }
    mp_pdf_heading *h = &p->headings[p->heading_count++];
    *h = (mp_pdf_heading){ .number = mp_arena_dup(&p->arena, number),
                           .text = mp_arena_dup(&p->arena, text),
                           .level = level,
                           .page = p->page };
    return h->number.ptr && h->text.ptr ? MP_OK : mp_no_memory(err);
}

/* Where the contents and the outline lead. Parents in the outline are the last heading of a lower level. */
static void mark_heading(mp_pdf *p)
{
    char attributes[64], title[MP_PDF_TOLD];
    size_t index = p->heading_next++;
    mp_pdf_heading *h = &p->headings[index];
    int parent = CAIRO_PDF_OUTLINE_ROOT;
    snprintf(attributes, sizeof attributes, "name='h%zu' x=%d y=%d internal", index, (int)p->left, (int)p->y);
    cairo_tag_begin(p->cr, CAIRO_TAG_DEST, attributes);
    cairo_tag_end(p->cr, CAIRO_TAG_DEST);
    for (size_t i = index; i-- > 0;)
        if (p->headings[i].level < h->level) {
            parent = p->headings[i].outline;
            break;
        }
    mp_pdf_told(title, p, h->number, h->text);
    snprintf(attributes, sizeof attributes, "dest='h%zu'", index);
    h->outline =
        cairo_pdf_surface_add_outline(p->surface, parent, title, attributes, CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

/* Lines of p->layout over as many pages as they take. */
mp_code mp_pdf_flow(mp_pdf *p, mp_pdf_font font, mp_str text, uint32_t ink, const char *tag, mp_error *err)
{
    double wide = p->right - p->left, height;
    int line = 0;
    mp_pdf_set(p, p->layout, font, text, wide, MP_ALIGN_LEFT);
    int count = pango_layout_get_line_count(p->layout);
    while (line < count) {
        if (p->is_drawing)
            mp_pdf_ink(p, ink);
        mp_pdf_tag(p, tag);
        line = mp_pdf_lines(p, p->layout, p->left, p->y, line, p->bottom - p->y, p->is_fresh, &height);
        mp_pdf_untag(p, tag);
        p->y += height;
        p->is_fresh = p->is_fresh && height == 0;
        if (line < count)
            MP_TRY(mp_pdf_next(p, err));
    }
    return MP_OK;
}

/* ---- what waits ---- */

static const struct {
    mp_pdf_font font;
    double above, below;
    const char *tag;
} kinds[] = {
    { MP_PDF_CELL_BOLD, 2, 3, "P" }, /* a caption */
    { MP_PDF_H1, 16, 13, "H1" },
    { MP_PDF_H2, 12, 6, "H2" },
    { MP_PDF_H3, 8, 4, "H3" },
};

mp_code mp_pdf_lead(mp_pdf *p, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    mp_buf whole = MP_BUF_INIT;
    if (p->lead_count == MP_COUNT(p->leads))
        MP_TRY(mp_pdf_need(p, 0, err));
    mp_pdf_waiting *lead = &p->leads[p->lead_count++];
    mp_buf_add(&whole, number);
    if (number.len)
        mp_buf_add(&whole, level == 1 ? MP_S(". ") : MP_S(" "));
    mp_buf_add(&whole, text);
    *lead = (mp_pdf_waiting){ .level = level,
                              .number = mp_arena_dup(&p->arena, number),
                              .text = mp_arena_dup(&p->arena, text),
                              .whole = mp_arena_dup(&p->arena, mp_buf_str(&whole)) };
    mp_code code = mp_buf_check(&whole, err);
    mp_buf_free(&whole);
    return code;
}

double mp_pdf_leads_height(mp_pdf *p)
{
    double height = 0;
    for (size_t i = 0; i < p->lead_count; i++) {
        unsigned level = p->leads[i].level;
        mp_pdf_set(p, p->layout, kinds[level].font, p->leads[i].whole, p->right - p->left, MP_ALIGN_LEFT);
        height += kinds[level].above + mp_pdf_height(p->layout) + kinds[level].below;
    }
    return height;
}

mp_code mp_pdf_leads_draw(mp_pdf *p, mp_error *err)
{
    size_t count = p->lead_count;
    p->lead_count = 0; /* what follows asks for room itself */
    for (size_t i = 0; i < count; i++) {
        const mp_pdf_waiting *lead = &p->leads[i];
        if (!p->is_fresh)
            p->y += kinds[lead->level].above;
        if (lead->level && p->is_drawing)
            mark_heading(p);
        else if (lead->level)
            MP_TRY(keep_heading(p, lead->level, lead->number, lead->text, err));
        MP_TRY(mp_pdf_flow(p, kinds[lead->level].font, lead->whole, MP_PDF_INK, kinds[lead->level].tag, err));
        if (lead->level == 1)
            mp_pdf_rule(p, p->left, p->y + 3, p->right, p->y + 3, 1.2, MP_PDF_INK);
        p->y += kinds[lead->level].below;
    }
    return MP_OK;
}
