/* SPDX-License-Identifier: Apache-2.0 */
/* Setting a text is what a PDF costs most, and tables set the same ones again and again: in the second walk all of
 * them, within each walk states, names and dates. So layouts of cells stay, until there are so many that they would
 * weigh more than they save; from then on each is set where it is wanted. */
#include <stdio.h>

#include "pdf.h"

#define MOST_BYTES ((size_t)3 << 20) /* of texts: a layout weighs some thirty times its text, at least LEAST */
#define LEAST 60
#define MOST_LINKS 50000 /* each is an object of the file */

/* ---- layouts ---- */

static mp_str make_key(mp_pdf *p, mp_pdf_font font, mp_str text, double width, mp_cell_align align)
{
    mp_buf_clear(&p->key);
    mp_buf_printf(&p->key, "%d %d %d ", (int)font, (int)align, (int)(width * PANGO_SCALE));
    mp_buf_add(&p->key, text);
    return p->key.failed ? mp_str_of(NULL, 0) : mp_buf_str(&p->key);
}

static PangoLayout *keep(mp_pdf *p, mp_str key)
{
    PangoLayout *layout;
    mp_str own = mp_arena_dup(&p->arena, key);
    if (!own.ptr)
        return NULL;
    layout = pango_layout_new(p->context);
    if (mp_map_put(&p->kept, own, layout, NULL) != MP_OK) {
        g_object_unref(layout);
        return NULL;
    }
    p->kept_bytes += key.len < LEAST ? LEAST : key.len;
    return layout;
}

PangoLayout *mp_pdf_kept(mp_pdf *p, PangoLayout **own, mp_pdf_font font, mp_str text, double width,
                         mp_cell_align align)
{
    mp_str key = make_key(p, font, text, width, align);
    PangoLayout *layout = key.ptr ? mp_map_get(&p->kept, key) : NULL;
    if (layout)
        return layout;
    if (key.ptr && p->kept_bytes < MOST_BYTES)
        layout = keep(p, key);
    if (!layout && !*own)
        *own = pango_layout_new(p->context);
    if (!layout)
        layout = *own;
    mp_pdf_set(p, layout, font, text, width, align);
    return layout;
}

void mp_pdf_kept_free(mp_pdf *p)
{
    for (size_t i = 0; i < p->kept.len; i++)
        g_object_unref(p->kept.entries[i].value);
    mp_map_free(&p->kept);
    mp_buf_free(&p->key);
}

/* ---- links ---- */

/* What of the line is of the reference, from the line's left end; false: nothing. */
static bool part_of(PangoLayoutLine *line, const mp_cell_ref *ref, double *from, double *to)
{
    size_t begin = (size_t)line->start_index, end = begin + (size_t)line->length;
    size_t first = ref->from > begin ? ref->from : begin, behind = ref->from + ref->len;
    int left, right;
    if (behind > end)
        behind = end;
    if (first >= behind)
        return false;
    pango_layout_line_index_to_x(line, (int)first, 0, &left);
    pango_layout_line_index_to_x(line, (int)behind, 0, &right);
    *from = (left < right ? left : right) / (double)PANGO_SCALE;
    *to = (left < right ? right : left) / (double)PANGO_SCALE;
    return true;
}

static void link_line(mp_pdf *p, PangoLayoutIter *iter, const mp_book_cell *cell, double x, double y)
{
    PangoLayoutLine *line = pango_layout_iter_get_line_readonly(iter);
    PangoRectangle box;
    char attributes[120];
    double from, to;
    pango_layout_iter_get_line_extents(iter, NULL, &box);
    for (size_t i = 0; i < cell->ref_count; i++) {
        if (p->links >= MOST_LINKS || !part_of(line, &cell->refs[i], &from, &to))
            continue;
        snprintf(attributes, sizeof attributes, "dest='r%u' rect=[%d %d %d %d]", cell->refs[i].number,
                 (int)(x + box.x / (double)PANGO_SCALE + from), (int)(y + box.y / (double)PANGO_SCALE),
                 (int)(to - from) + 1, (int)(box.height / (double)PANGO_SCALE) + 1);
        cairo_tag_begin(p->cr, CAIRO_TAG_LINK, attributes);
        cairo_tag_end(p->cr, CAIRO_TAG_LINK);
        p->links++;
    }
}

void mp_pdf_refer(mp_pdf *p, PangoLayout *layout, const mp_book_cell *cell, double x, double y, int from, int behind)
{
    char attributes[64];
    if (!p->is_drawing)
        return;
    if (cell->anchor && from == 0) {
        snprintf(attributes, sizeof attributes, "name='r%u' x=%d y=%d internal", cell->anchor, (int)x, (int)y);
        cairo_tag_begin(p->cr, CAIRO_TAG_DEST, attributes);
        cairo_tag_end(p->cr, CAIRO_TAG_DEST);
    }
    if (!cell->ref_count)
        return;
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    int line = 0, top = 0;
    do {
        int begin, end;
        pango_layout_iter_get_line_yrange(iter, &begin, &end);
        if (line == from)
            top = begin;
        if (line >= from && line < behind)
            link_line(p, iter, cell, x, y - top / (double)PANGO_SCALE);
        line++;
    } while (line < behind && pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
}
