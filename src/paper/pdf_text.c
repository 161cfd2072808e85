/* SPDX-License-Identifier: Apache-2.0 */
/* Texts by pango. Its metrics are the unhinted ones of the font, so the two walks and all machines agree on
 * every line.
 *
 * Korean is written with blanks between words, and a word is not torn apart as long as it fits: pango would
 * break between any two syllables, so breaks within words are forbidden, by attribute, where the word surely
 * fits. So are those behind the hyphens of ids. */
#include "pdf.h"

#include "escape.h"
#include "utf8.h"

/* fontconfig keeps what it read of the machine's fonts for the life of the program, and some of that where no
 * pointer leads: no leak of ours. The sanitizer asks for this when it is there. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}
__attribute__((visibility("default"))) const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

/* Words of one text that are kept whole: what pango does with them grows with the square of their number. */
#define MOST_KEPT 500

#define GOTHIC "NanumGothic"
#define GOTHIC_KO "나눔고딕"
#define MYEONGJO "NanumMyeongjo"
#define MYEONGJO_KO "나눔명조"

static const struct {
    const char *family;
    double size; /* 0: that of tables */
    bool bold;
} faces[MP_PDF_FONT_COUNT] = {
    [MP_PDF_BODY] = { GOTHIC, 10, false },        [MP_PDF_SMALL] = { GOTHIC, 7.5, false },
    [MP_PDF_CELL] = { GOTHIC, 0, false },         [MP_PDF_CELL_BOLD] = { GOTHIC, 0, true },
    [MP_PDF_H1] = { GOTHIC, 15, true },           [MP_PDF_H2] = { GOTHIC, 12, true },
    [MP_PDF_H3] = { GOTHIC, 10.5, true },         [MP_PDF_FIGURE] = { GOTHIC, 17, true },
    [MP_PDF_FIGURE_SMALL] = { GOTHIC, 11, true }, [MP_PDF_COVER_TITLE] = { MYEONGJO, 27, true },
    [MP_PDF_COVER_LINE] = { GOTHIC, 13, false },  [MP_PDF_ENTRY] = { GOTHIC, 9.5, false },
    [MP_PDF_ENTRY_BOLD] = { GOTHIC, 10.5, true },
};

/* ---- fonts ---- */

/* fontconfig names a family in the language of the environment: where that is Korean, by its Korean name. */
static bool has_family(PangoFontMap *map, const char *name, const char *korean)
{
    PangoFontFamily **families = NULL;
    int count = 0;
    bool found = false;
    pango_font_map_list_families(map, &families, &count);
    for (int i = 0; i < count && !found; i++) {
        const char *family = pango_font_family_get_name(families[i]);
        found = strcmp(family, name) == 0 || strcmp(family, korean) == 0;
    }
    g_free(families);
    return found;
}

static void open_context(mp_pdf *p)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    p->context = pango_font_map_create_context(p->map);
    pango_cairo_context_set_font_options(p->context, options);
    pango_cairo_context_set_resolution(p->context, 72);
    pango_context_set_round_glyph_positions(p->context, FALSE);
    pango_context_set_language(p->context, pango_language_from_string(p->lang == MP_LANG_KO ? "ko" : "en"));
    cairo_font_options_destroy(options);
}

mp_code mp_pdf_fonts_open(mp_pdf *p, double type_size, mp_error *err)
{
    p->map = pango_cairo_font_map_new();
    if (!p->map || !has_family(p->map, GOTHIC, GOTHIC_KO) || !has_family(p->map, MYEONGJO, MYEONGJO_KO))
        return mp_fail(
            err, MP_MISSING, MP_NOWHERE,
            "the fonts %s and %s are not installed (package fonts-nanum): a PDF cannot be made without them",
            GOTHIC, MYEONGJO);
    open_context(p);
    for (int i = 0; i < MP_PDF_FONT_COUNT; i++) {
        p->fonts[i] = pango_font_description_new();
        pango_font_description_set_family_static(p->fonts[i], faces[i].family);
        pango_font_description_set_weight(p->fonts[i],
                                          faces[i].bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_font_description_set_absolute_size(
            p->fonts[i], (faces[i].size > 0 ? faces[i].size : type_size) * PANGO_SCALE);
    }
    p->layout = pango_layout_new(p->context);
    p->line = pango_layout_new(p->context);
    return MP_OK;
}

void mp_pdf_fonts_close(mp_pdf *p)
{
    for (size_t i = 0; i < MP_PDF_COLUMNS; i++)
        for (int k = 0; k < 2; k++) {
            PangoLayout *layout = k ? p->grid.head.own[i] : p->grid.row.own[i];
            if (layout)
                g_object_unref(layout);
        }
    if (p->layout)
        g_object_unref(p->layout);
    if (p->line)
        g_object_unref(p->line);
    for (int i = 0; i < MP_PDF_FONT_COUNT; i++)
        if (p->fonts[i])
            pango_font_description_free(p->fonts[i]);
    if (p->context)
        g_object_unref(p->context);
    if (p->map)
        g_object_unref(p->map);
    mp_pdf_kept_free(p);
    mp_buf_free(&p->clean);
}

/* ---- words ---- */

static bool is_hangul(uint32_t cp)
{
    return (cp >= 0xAC00 && cp <= 0xD7A3) || (cp >= 0x1100 && cp <= 0x11FF) || (cp >= 0x3130 && cp <= 0x318F);
}

/* At most so wide, of its size. */
static double widest(uint32_t cp)
{
    if (is_hangul(cp))
        return 1;
    if (cp < 0x21 || cp > 0x7E) /* anything may stand there: it ends a word */
        return 0;
    if (strchr("mwMW@%&", (int)cp))
        return 1;
    return cp >= 'A' && cp <= 'Z' ? 0.8 : 0.65;
}

/* Forbid breaks within words that surely fit on a line: runs of Hangul, ids with their hyphens and points. Beyond a
 * comma a line may break, in "a,b" too. */
static void keep_words(PangoAttrList *attributes, mp_str text, double width, double size)
{
    size_t at = 0, from = 0, kept = 0;
    double run = 0;
    bool may_break = false; /* where it may not, nothing need be forbidden */
    while (at <= text.len && kept < MOST_KEPT) {
        uint32_t cp = 0;
        size_t len = at < text.len ? mp_utf8_decode(&cp, text.ptr + at, text.len - at) : 0;
        double wide = len ? widest(cp) * size : 0;
        run += wide;
        may_break |= is_hangul(cp) || (wide > 0 && strchr("-/?|!", (int)cp));
        if (wide > 0 && cp != ',') {
            at += len;
            continue;
        }
        size_t end = wide > 0 ? at + len : at;
        if (may_break && run > size && run < width) {
            PangoAttribute *keep = pango_attr_allow_breaks_new(FALSE);
            keep->start_index = (guint)from;
            keep->end_index = (guint)end;
            pango_attr_list_insert(attributes, keep);
            kept++;
        }
        run = 0;
        may_break = false;
        at += len ? len : 1;
        from = at;
    }
}

void mp_pdf_told(char out[MP_PDF_TOLD], mp_pdf *p, mp_str before, mp_str text)
{
    mp_buf_clear(&p->clean);
    mp_escape_lines(&p->clean, before);
    if (before.len)
        mp_buf_add_c(&p->clean, ' ');
    mp_escape_lines(&p->clean, text);
    size_t len = p->clean.len < MP_PDF_TOLD - 1 ? p->clean.len : MP_PDF_TOLD - 1;
    while (len && len < p->clean.len && ((uint8_t)p->clean.ptr[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)p->clean.ptr[i] < 0x20 ? ' ' : p->clean.ptr[i];
    out[len] = '\0';
}

void mp_pdf_set(mp_pdf *p, PangoLayout *layout, mp_pdf_font font, mp_str text, double width,
                mp_cell_align align)
{
    static const PangoAlignment aligns[MP_ALIGN_COUNT] = { PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                                           PANGO_ALIGN_RIGHT };
    double size = pango_font_description_get_size(p->fonts[font]) / (double)PANGO_SCALE;
    mp_buf_clear(&p->clean);
    mp_escape_lines(&p->clean, text);
    mp_str clean = p->clean.failed ? mp_str_of("", 0) : mp_buf_str(&p->clean);
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE)); /* an id is an id */
    keep_words(attributes, clean, width, size);
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_NONE);
    pango_layout_set_height(layout, -1);
    pango_layout_set_font_description(layout, p->fonts[font]);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_alignment(layout, aligns[align]);
    pango_layout_set_line_spacing(layout, 1.2F);
    pango_layout_set_text(layout, clean.len ? clean.ptr : "", (int)clean.len);
}

double mp_pdf_height(PangoLayout *layout)
{
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    return box.height / (double)PANGO_SCALE;
}

double mp_pdf_width(PangoLayout *layout)
{
    PangoRectangle box;
    pango_layout_get_extents(layout, NULL, &box);
    return box.width / (double)PANGO_SCALE;
}

void mp_pdf_ink(mp_pdf *p, uint32_t rgb)
{
    cairo_set_source_rgb(p->cr, (rgb >> 16 & 0xFF) / 255.0, (rgb >> 8 & 0xFF) / 255.0, (rgb & 0xFF) / 255.0);
}

int mp_pdf_lines(mp_pdf *p, PangoLayout *layout, double x, double y, int from, double room, bool must,
                 double *height)
{
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    int line = 0, top = 0, bottom = 0, begin = 0;
    *height = 0;
    do {
        PangoRectangle box;
        if (line < from) {
            line++;
            continue;
        }
        pango_layout_iter_get_line_yrange(iter, &top, &bottom);
        if (line == from)
            begin = top;
        double tall = (bottom - begin) / (double)PANGO_SCALE;
        if (tall > room && !(must && line == from))
            break;
        if (p->is_drawing) {
            pango_layout_iter_get_line_extents(iter, NULL, &box);
            cairo_move_to(p->cr, x + box.x / (double)PANGO_SCALE,
                          y + (pango_layout_iter_get_baseline(iter) - begin) / (double)PANGO_SCALE);
            pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(iter));
        }
        *height = tall;
        line++;
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    return line;
}

double mp_pdf_line(mp_pdf *p, mp_pdf_font font, uint32_t rgb, mp_str text, double x, double y, double width,
                   mp_cell_align align)
{
    double height;
    mp_pdf_set(p, p->line, font, text, width, align);
    pango_layout_set_height(p->line, 0); /* one line */
    pango_layout_set_ellipsize(p->line, PANGO_ELLIPSIZE_END);
    if (p->is_drawing)
        mp_pdf_ink(p, rgb);
    mp_pdf_lines(p, p->line, x, y, 0, 1000, true, &height);
    return mp_pdf_width(p->line);
}

void mp_pdf_tag(mp_pdf *p, const char *name)
{
    if (p->is_drawing)
        cairo_tag_begin(p->cr, name, NULL);
}

void mp_pdf_untag(mp_pdf *p, const char *name)
{
    if (p->is_drawing)
        cairo_tag_end(p->cr, name);
}
