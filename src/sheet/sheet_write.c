/* SPDX-License-Identifier: Apache-2.0 */
/* Over libxlsxwriter with constant_memory: each sheet's rows go to a temporary file as they come, strings
 * within the cells. The library writes a whole book to a path only, so it gets that of a temporary file
 * without a name. */
#include "sheet_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "escape.h"
#include "sheet_name.h"
#include "temporary.h"
#include "utf8.h"

#define MOST_SHEETS 255
#define MOST_CHARS 32767
#define MOST_LINKS 65530 /* of one sheet: Excel refuses to open more */
#define MOST_LINK 2079
#define CUT " [...]"

struct mp_book_sheet {
    mp_book *book;
    lxw_worksheet *sheet;
    mp_book_sheet *next;
    mp_cell_align *align;
    size_t count;  /* of columns */
    uint32_t row;  /* the next one */
    uint32_t head; /* row of the head, from 1; 0: none */
    uint32_t links;
    bool has_filter;
};

struct mp_book {
    lxw_workbook *book;
    int fd;
    size_t limit;
    bool is_done;
    mp_book_sheet *sheets; /* last first */
    uint32_t sheet_count;
    mp_buf text, link; /* of the cell at hand, with a NUL */
    mp_arena arena;
    lxw_format *formats[MP_LOOK_COUNT][MP_CELL_KIND_COUNT][MP_ALIGN_COUNT];
};

/* ---- how cells look ---- */

typedef struct look {
    uint32_t fill, ink; /* 0: none */
    bool bold, is_bare; /* no border */
    double size;
} look;

static const look looks[MP_LOOK_COUNT] = {
    [MP_LOOK_PLAIN] = { 0, 0, false, false, 10 },
    [MP_LOOK_HEAD] = { 0xDCE3EC, 0x1A2330, true, false, 10 },
    [MP_LOOK_TITLE] = { 0, 0x1A2330, true, true, 16 },
    [MP_LOOK_LABEL] = { 0xF1F4F8, 0x1A2330, true, false, 10 },
    [MP_LOOK_NOTE] = { 0, 0x5F6B7B, false, true, 9 },
    [MP_LOOK_TOTAL] = { 0xF1F4F8, 0x1A2330, true, false, 10 },
    [MP_LOOK_GOOD] = { 0xE3F2EA, 0x14573C, false, false, 10 },
    [MP_LOOK_PARTLY] = { 0xFDF1D6, 0x7A4D00, false, false, 10 },
    [MP_LOOK_BAD] = { 0xFBE3E1, 0x96201A, false, false, 10 },
    [MP_LOOK_UNKNOWN] = { 0xECEEF1, 0x4A5563, false, false, 10 },
};

static const char *const number_formats[MP_CELL_KIND_COUNT] = {
    [MP_CELL_TEXT] = "@",       [MP_CELL_COUNT] = "#,##0",    [MP_CELL_NUMBER] = "#,##0.##",
    [MP_CELL_PERCENT] = "0.0%", [MP_CELL_DAY] = "yyyy-mm-dd", [MP_CELL_TIME] = "yyyy-mm-dd hh:mm",
};

static void set_look(lxw_format *format, const look *as, mp_cell_look which)
{
    format_set_font_name(format, "Malgun Gothic");
    format_set_font_size(format, as->size);
    if (as->bold)
        format_set_bold(format);
    if (as->ink)
        format_set_font_color(format, as->ink);
    if (as->fill) {
        format_set_pattern(format, LXW_PATTERN_SOLID);
        format_set_bg_color(format, as->fill);
        format_set_fg_color(format, as->fill);
    }
    if (as->is_bare)
        return;
    format_set_border(format, LXW_BORDER_THIN);
    format_set_border_color(format, 0x98A2B0);
    if (which == MP_LOOK_TOTAL) {
        format_set_top(format, LXW_BORDER_MEDIUM);
        format_set_top_color(format, 0x1A2330);
    }
}

/* Made when first wanted; NULL when memory is short. */
static lxw_format *format_of(mp_book *book, mp_cell_look which, mp_cell_kind kind, mp_cell_align align)
{
    lxw_format **slot = &book->formats[which][kind][align];
    if (*slot)
        return *slot;
    lxw_format *format = workbook_add_format(book->book);
    if (!format)
        return NULL;
    set_look(format, &looks[which], which);
    format_set_align(format, which == MP_LOOK_HEAD ? LXW_ALIGN_VERTICAL_CENTER : LXW_ALIGN_VERTICAL_TOP);
    if (align == MP_ALIGN_CENTER || which == MP_LOOK_HEAD)
        format_set_align(format, LXW_ALIGN_CENTER);
    else if (align == MP_ALIGN_RIGHT)
        format_set_align(format, LXW_ALIGN_RIGHT);
    if (which != MP_LOOK_TITLE && which != MP_LOOK_NOTE)
        format_set_text_wrap(format);
    if (number_formats[kind])
        format_set_num_format(format, number_formats[kind]);
    if (kind == MP_CELL_LINK) {
        format_set_underline(format, LXW_UNDERLINE_SINGLE);
        format_set_font_color(format, 0x1F4E9E);
    }
    return *slot = format;
}

/* ---- a book ---- */

static char *c_string(mp_book *book, mp_str s)
{
    mp_buf clean = MP_BUF_INIT;
    mp_escape_plain(&clean, s);
    mp_str kept = clean.failed ? mp_str_of(NULL, 0) : mp_arena_dup(&book->arena, mp_buf_str(&clean));
    mp_buf_free(&clean);
    return (char *)(uintptr_t)kept.ptr;
}

static mp_code set_properties(mp_book *book, const mp_book_options *options, mp_error *err)
{
    lxw_doc_properties properties = {
        .title = c_string(book, options->title),
        .author = c_string(book, options->author),
        .subject = c_string(book, options->subject),
        .created = (time_t)mp_clock_to_unix(options->made_at),
    };
    /* Zero would be the time of the clock. */
    if (properties.created <= 0)
        properties.created = 1;
    if (!properties.title || !properties.author || !properties.subject ||
        workbook_set_properties(book->book, &properties) != LXW_NO_ERROR)
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_book_new(mp_book **out, const mp_book_options *options, mp_error *err)
{
    mp_book *book = calloc(1, sizeof *book);
    if (!book)
        return mp_no_memory(err);
    book->fd = -1;
    book->limit = options->limit;
    mp_code code = mp_temporary_open(&book->fd, err);
    if (code == MP_OK) {
        char path[32];
        char *folder = getenv("TMPDIR");
        snprintf(path, sizeof path, "/proc/self/fd/%d", book->fd);
        lxw_workbook_options settings = { .constant_memory = LXW_TRUE,
                                          .tmpdir = folder && folder[0] ? folder : NULL,
                                          .use_zip64 = LXW_FALSE };
        book->book = workbook_new_opt(path, &settings);
        code = book->book ? set_properties(book, options, err)
                          : mp_no_memory(err);
    }
    if (code != MP_OK) {
        mp_book_free(book);
        return code;
    }
    *out = book;
    return MP_OK;
}

/* The library ends a book only by writing it, so one that was given up is written too, to a file that nobody
 * sees. */
void mp_book_free(mp_book *book)
{
    if (!book)
        return;
    if (book->book && !book->is_done)
        (void)workbook_close(book->book);
    if (book->fd >= 0)
        close(book->fd);
    mp_buf_free(&book->text);
    mp_buf_free(&book->link);
    mp_arena_free(&book->arena);
    free(book);
}

/* ---- sheets ---- */

static bool is_taken(mp_book *book, const char *name)
{
    /* Excel keeps this one for itself. */
    return mp_str_eq_fold(mp_str_from(name), MP_S("History")) ||
           workbook_get_worksheet_by_name(book->book, name);
}

static mp_code add_worksheet(mp_book *book, lxw_worksheet **out, mp_str wanted, mp_error *err)
{
    mp_buf name = MP_BUF_INIT;
    for (unsigned n = 1; n <= MOST_SHEETS + 2; n++) {
        char tail[16] = "";
        int len = n > 1 ? snprintf(tail, sizeof tail, " (%u)", n) : 0;
        mp_buf_clear(&name);
        mp_sheet_name(&name, wanted, MP_SHEET_NAME_UNITS - (size_t)len);
        mp_buf_add_z(&name, tail);
        mp_buf_add_c(&name, '\0');
        if (name.failed || !is_taken(book, name.ptr))
            break;
    }
    *out = name.failed ? NULL : workbook_add_worksheet(book->book, name.ptr);
    mp_buf_free(&name);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code write_head(mp_book_sheet *sheet, const mp_book_sheet_options *options, mp_error *err)
{
    bool has_head = false;
    for (size_t i = 0; i < options->count; i++)
        has_head |= options->columns[i].head.len > 0;
    if (!has_head)
        return MP_OK;
    mp_book_cell *cells = MP_ARENA_ARRAY(&sheet->book->arena, mp_book_cell, options->count);
    if (!cells)
        return mp_no_memory(err);
    for (size_t i = 0; i < options->count; i++)
        cells[i] =
            (mp_book_cell){ .kind = MP_CELL_TEXT, .look = MP_LOOK_HEAD, .text = options->columns[i].head };
    sheet->head = sheet->row + 1;
    sheet->has_filter = !options->is_form;
    if (!options->is_form)
        worksheet_freeze_panes(sheet->sheet, sheet->head, (lxw_col_t)options->frozen_columns);
    worksheet_repeat_rows(sheet->sheet, sheet->head - 1, sheet->head - 1);
    return mp_book_row(sheet, cells, options->count, err);
}

static mp_code set_columns(mp_book_sheet *sheet, const mp_book_sheet_options *options, mp_error *err)
{
    for (size_t i = 0; i < options->count; i++) {
        double width = options->columns[i].width > 0 ? options->columns[i].width : 14;
        sheet->align[i] = options->columns[i].align;
        if (worksheet_set_column(sheet->sheet, (lxw_col_t)i, (lxw_col_t)i, width, NULL) != LXW_NO_ERROR)
            return mp_no_memory(err);
    }
    return MP_OK;
}

mp_code mp_book_add(mp_book *book, mp_book_sheet **out, const mp_book_sheet_options *options, mp_error *err)
{
    if (book->sheet_count == MOST_SHEETS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a workbook has at most %d sheets", MOST_SHEETS);
    if (options->count > LXW_COL_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "found %zu columns of a sheet; the most is %d",
                       options->count, LXW_COL_MAX);
    mp_book_sheet *sheet = MP_ARENA_NEW(&book->arena, mp_book_sheet);
    if (sheet)
        sheet->align = MP_ARENA_ARRAY(&book->arena, mp_cell_align, options->count + 1);
    if (!sheet || !sheet->align)
        return mp_no_memory(err);
    *sheet = (mp_book_sheet){ .book = book, .align = sheet->align, .count = options->count };
    MP_TRY(add_worksheet(book, &sheet->sheet, options->name, err));
    sheet->next = book->sheets;
    book->sheets = sheet;
    book->sheet_count++;
    worksheet_set_paper(sheet->sheet, 9); /* A4 */
    if (options->landscape)
        worksheet_set_landscape(sheet->sheet);
    worksheet_fit_to_pages(sheet->sheet, 1, 0);
    worksheet_set_footer(sheet->sheet, "&L&A&R&P / &N");
    MP_TRY(set_columns(sheet, options, err));
    MP_TRY(write_head(sheet, options, err));
    *out = sheet;
    return MP_OK;
}

/* ---- cells ---- */

/* Of a text with "_x0041_" Excel would show an "A": the underscore is written as such a reference itself
 * (ECMA-376 part 1, 22.4.2.4). */
static bool begins_reference(mp_str s)
{
    if (s.len < 7 || s.ptr[0] != '_' || s.ptr[1] != 'x' || s.ptr[6] != '_')
        return false;
    for (size_t i = 2; i < 6; i++) {
        char c = (char)(s.ptr[i] | 0x20);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static void add_referenced(mp_buf *out, mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (begins_reference(mp_str_skip(s, i)))
            mp_buf_add(out, MP_S("_x005F_"));
        else
            mp_buf_add_c(out, s.ptr[i]);
    }
}

/* The bytes of the first `count` code points. */
static size_t bytes_of(mp_str s, size_t count)
{
    size_t at = 0;
    while (at < s.len && count) {
        uint32_t cp;
        size_t size = mp_utf8_decode(&cp, s.ptr + at, s.len - at);
        at += size ? size : 1;
        count--;
    }
    return at;
}

/* `s` as a cell holds it, with a NUL; NULL when memory is short. */
static const char *cell_text(mp_book *book, mp_str s)
{
    mp_buf clean = MP_BUF_INIT;
    /* Every byte gives eight characters at most, so what is far beyond the cut need not be looked at. */
    mp_escape_lines(&clean, mp_str_of(s.ptr, s.len < 4 * MOST_CHARS ? s.len : bytes_of(s, MOST_CHARS + 1)));
    mp_buf_clear(&book->text);
    add_referenced(&book->text, mp_buf_str(&clean));
    if (!clean.failed && bytes_of(mp_buf_str(&book->text), MOST_CHARS) < book->text.len) {
        book->text.len = bytes_of(mp_buf_str(&book->text), MOST_CHARS - (sizeof CUT - 1));
        mp_buf_add(&book->text, MP_S(CUT));
    }
    mp_buf_add_c(&book->text, '\0');
    bool failed = clean.failed || book->text.failed;
    mp_buf_free(&clean);
    return failed ? NULL : book->text.ptr;
}

/* Printable ASCII behind a scheme that a person expects to open; what needs escaping is none of ours. */
static bool is_safe_link(mp_str link)
{
    if (link.len > MOST_LINK ||
        !(mp_str_starts_fold(link, MP_S("https://")) || mp_str_starts_fold(link, MP_S("http://")) ||
          mp_str_starts_fold(link, MP_S("mailto:"))))
        return false;
    for (size_t i = 0; i < link.len; i++)
        if (link.ptr[i] <= 0x20 || link.ptr[i] >= 0x7F || strchr("\"<>\\^`{|}", link.ptr[i]))
            return false;
    return true;
}

static lxw_error write_link(mp_book_sheet *sheet, lxw_col_t col, const mp_book_cell *cell, lxw_format *format)
{
    mp_book *book = sheet->book;
    mp_buf_clear(&book->link);
    mp_buf_add(&book->link, cell->link);
    mp_buf_add_c(&book->link, '\0');
    const char *text = cell_text(book, cell->text.len ? cell->text : cell->link);
    if (!text || book->link.failed)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    sheet->links++;
    return worksheet_write_url_opt(sheet->sheet, sheet->row, col, book->link.ptr, format, text, NULL);
}

static lxw_error write_text(mp_book_sheet *sheet, lxw_col_t col, mp_str s, lxw_format *format)
{
    if (s.len == 0)
        return worksheet_write_blank(sheet->sheet, sheet->row, col, format);
    const char *text = cell_text(sheet->book, s);
    return text ? worksheet_write_string(sheet->sheet, sheet->row, col, text, format)
                : LXW_ERROR_MEMORY_MALLOC_FAILED;
}

/* Days since 1899-12-30; that serial says the same day from 1 March 1900 on. */
static double serial_of(mp_ticks time)
{
    static const mp_ticks epoch = INT64_C(693593) * MP_TICKS_PER_DAY;
    return (double)(time - epoch) / (double)MP_TICKS_PER_DAY;
}

static lxw_error write_time(mp_book_sheet *sheet, lxw_col_t col, const mp_book_cell *cell, lxw_format *format)
{
    double serial = serial_of(cell->time);
    if (serial < 61 || serial >= 2958466) {
        char at[MP_CLOCK_SHORT];
        mp_clock_format_short(at, cell->time);
        return write_text(sheet, col, mp_str_of(at, cell->kind == MP_CELL_DAY ? 10 : sizeof at - 1), format);
    }
    /* Parts of a second would make two texts of one minute. */
    double shown = cell->kind == MP_CELL_DAY ? floor(serial) : round(serial * 86400) / 86400;
    return worksheet_write_number(sheet->sheet, sheet->row, col, shown, format);
}

static lxw_error write_cell(mp_book_sheet *sheet, lxw_col_t col, const mp_book_cell *cell)
{
    mp_cell_kind kind = cell->kind;
    if (kind == MP_CELL_LINK && (!is_safe_link(cell->link) || sheet->links >= MOST_LINKS))
        kind = MP_CELL_TEXT;
    mp_cell_align align = col < sheet->count ? sheet->align[col] : MP_ALIGN_LEFT;
    lxw_format *format = format_of(sheet->book, cell->look, kind, align);
    if (!format)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    switch (kind) {
    case MP_CELL_TEXT:
        return write_text(sheet, col, cell->text, format);
    case MP_CELL_LINK:
        return write_link(sheet, col, cell, format);
    case MP_CELL_COUNT:
    case MP_CELL_NUMBER:
    case MP_CELL_PERCENT:
        if (isfinite(cell->number))
            return worksheet_write_number(sheet->sheet, sheet->row, col, cell->number, format);
        break;
    case MP_CELL_DAY:
    case MP_CELL_TIME:
        return write_time(sheet, col, cell, format);
    case MP_CELL_EMPTY:
    case MP_CELL_KIND_COUNT:
        break;
    }
    return worksheet_write_blank(sheet->sheet, sheet->row, col, format);
}

mp_code mp_book_row(mp_book_sheet *sheet, const mp_book_cell *cells, size_t count, mp_error *err)
{
    if (sheet->row == LXW_ROW_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a sheet has at most %d rows", LXW_ROW_MAX);
    if (count > LXW_COL_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "found %zu columns of a sheet; the most is %d", count,
                       LXW_COL_MAX);
    for (size_t i = 0; i < count; i++) {
        lxw_error failed = write_cell(sheet, (lxw_col_t)i, &cells[i]);
        if (failed == LXW_ERROR_MEMORY_MALLOC_FAILED)
            return mp_no_memory(err);
        if (failed != LXW_NO_ERROR)
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a cell could not be written: %s",
                           lxw_strerror(failed));
    }
    sheet->row++;
    return MP_OK;
}

/* ---- the end ---- */

static mp_code read_back(mp_book *book, mp_buf *out, mp_error *err)
{
    struct stat file;
    if (fstat(book->fd, &file) != 0 || file.st_size <= 0)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE,
                       "the workbook could not be written: there is no room for it");
    size_t size = (size_t)file.st_size;
    if (book->limit && size > book->limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook has %zu bytes; the most is %zu", size,
                       book->limit);
    char *into = mp_buf_reserve(out, size);
    if (!into)
        return mp_buf_check(out, err);
    MP_TRY(mp_temporary_read(into, size, book->fd, 0, err));
    out->len += size;
    return MP_OK;
}

mp_code mp_book_done(mp_book *book, mp_buf *out, mp_error *err)
{
    for (mp_book_sheet *sheet = book->sheets; sheet; sheet = sheet->next)
        if (sheet->has_filter && sheet->count)
            worksheet_autofilter(sheet->sheet, sheet->head - 1, 0, sheet->row - 1,
                                 (lxw_col_t)(sheet->count - 1));
    book->is_done = true;
    lxw_error failed = workbook_close(book->book);
    if (failed == LXW_ERROR_MEMORY_MALLOC_FAILED)
        return mp_no_memory(err);
    if (failed != LXW_NO_ERROR)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "the workbook could not be written: %s",
                       lxw_strerror(failed));
    return read_back(book, out, err);
}
