/* SPDX-License-Identifier: Apache-2.0 */
/* A date in a workbook is a number of days, and only the format of its cell says that it is one. Source: ECMA-376, part 1,
 * 18.8.30 (numFmt), 18.17.4.1 (date systems). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "sheet_parts.h"

enum { STYLES = 65536, FORMATS = 65536 };

typedef struct styles {
    mp_sheet_styles *out;
    bool *formats; /* by number: of those that the workbook describes */
    size_t cap;
    bool is_in_cells; /* in `cellXfs` */
    mp_arena *arena;
} styles;

/* "yyyy-mm-dd" is a date, "0.00" and "hh:mm" are none: letters of years and days, outside of what is quoted; a month alone
 * is one too, unless it is minutes. */
static bool is_date_format(const char *code)
{
    bool has_day = false, has_month = false, has_time = false;
    for (const char *c = code; *c && *c != ';'; c++) {
        if ((*c == '\\' || *c == '_' || *c == '*') && c[1]) {
            c++;
        } else if (*c == '"' || *c == '[') {
            const char *end = strchr(c + 1, *c == '"' ? '"' : ']');
            if (!end)
                break;
            c = end;
        } else {
            char letter = (char)(*c | 0x20);
            has_day = has_day || letter == 'y' || letter == 'd';
            has_month = has_month || letter == 'm';
            has_time = has_time || letter == 'h' || letter == 's';
        }
    }
    return has_day || (has_month && !has_time);
}

/* Those that every program knows, the ones of East Asia among them (18.8.30). */
static bool is_known_date(size_t format)
{
    return (format >= 14 && format <= 17) || format == 22 || (format >= 27 && format <= 31) || format == 36 ||
           (format >= 50 && format <= 58);
}

static size_t number_of(const char *text)
{
    char *end;
    unsigned long n = text && text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : FORMATS;
    return n < FORMATS && !*end ? n : FORMATS;
}

static mp_code add_style(styles *s, size_t format, mp_error *err)
{
    mp_sheet_styles *out = s->out;
    if (out->count == STYLES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook has more than %d styles of cells", STYLES);
    if (out->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        bool *more = MP_ARENA_ARRAY(s->arena, bool, cap);
        if (!more)
            return mp_no_memory(err);
        if (out->count)
            memcpy(more, out->is_date, out->count * sizeof *more);
        out->is_date = more;
        s->cap = cap;
    }
    out->is_date[out->count++] = format < FORMATS && (s->formats[format] || is_known_date(format));
    return MP_OK;
}

static mp_code begin(void *ctx, const char *name, const char *const *attributes, mp_error *err)
{
    styles *s = ctx;
    size_t format = number_of(mp_sheet_attribute(attributes, "numFmtId"));
    const char *code = mp_sheet_attribute(attributes, "formatCode");
    if (strcmp(name, "numFmt") == 0 && format < FORMATS && code)
        s->formats[format] = is_date_format(code);
    s->is_in_cells = s->is_in_cells || strcmp(name, "cellXfs") == 0;
    return s->is_in_cells && strcmp(name, "xf") == 0 ? add_style(s, format, err) : MP_OK;
}

static mp_code end(void *ctx, const char *name, mp_error *err)
{
    styles *s = ctx;
    (void)err;
    s->is_in_cells = s->is_in_cells && strcmp(name, "cellXfs") != 0;
    return MP_OK;
}

static mp_code text(void *ctx, mp_str piece, mp_error *err)
{
    (void)ctx;
    (void)piece;
    (void)err;
    return MP_OK;
}

mp_code mp_sheet_styles_read(mp_sheet_styles *out, const mp_sheet_part *part, mp_arena *arena, mp_error *err)
{
    static const mp_sheet_xml reader = { begin, end, text };
    styles s = { .out = out, .arena = arena, .formats = MP_ARENA_ARRAY(arena, bool, FORMATS) };
    *out = (mp_sheet_styles){ .count = 0 };
    return s.formats ? mp_sheet_xml_read(part, &reader, &s, err) : mp_no_memory(err);
}

/* Where a day of the year 1900 is meant the first 59 are one lower: the programs count a 29 February that was none. */
static bool day_zero(mp_ticks *out, double number, bool is_1904)
{
    if (is_1904)
        return mp_clock_parse(out, MP_S("1904-01-01"));
    if (number < 1 || (number >= 60 && number < 61))
        return false;
    return mp_clock_parse(out, number < 60 ? MP_S("1899-12-31") : MP_S("1899-12-30"));
}

bool mp_sheet_date(char out[MP_SHEET_DATE], double number, bool is_1904)
{
    mp_ticks zero, last;
    char time[MP_CLOCK_TEXT];
    if (!(number >= 0) || number > 3e6 || !day_zero(&zero, number, is_1904) ||
        !mp_clock_parse(&last, MP_S("9999-12-31T23:59:59Z")))
        return false;
    int64_t seconds = llround(number * 86400);
    mp_ticks at = zero + (seconds / 86400) * MP_TICKS_PER_DAY;
    if (at > last)
        return false;
    mp_clock_format(time, at);
    if (seconds % 86400 == 0)
        snprintf(out, MP_SHEET_DATE, "%.10s", time);
    else
        snprintf(out, MP_SHEET_DATE, "%.10s %02d:%02d:%02d", time, (int)(seconds / 3600 % 24),
                 (int)(seconds / 60 % 60), (int)(seconds % 60));
    return true;
}
