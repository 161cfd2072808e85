/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"
#include "sheet_parts.h"
#include "text.h"

typedef struct reading {
    mp_sheet_filling filling;
    mp_str           rest;
    size_t           line, column;
    char             apart;
} reading;

/* What the first line has most of. */
static char sign_of(mp_str text)
{
    static const char signs[] = { ',', ';', '\t' };
    size_t            counts[sizeof signs] = { 0 }, best = 0;
    bool              is_quoted = false;
    for (size_t i = 0; i < text.len && (is_quoted || (text.ptr[i] != '\n' && text.ptr[i] != '\r')); i++) {
        is_quoted = is_quoted != (text.ptr[i] == '"');
        for (size_t k = 0; !is_quoted && k < sizeof signs; k++)
            counts[k] += text.ptr[i] == signs[k];
    }
    for (size_t k = 1; k < sizeof signs; k++)
        best = counts[k] > counts[best] ? k : best;
    return signs[best];
}

/* Where the closing quotation mark stands; rest.len when there is none. */
static size_t closing(const reading *r)
{
    size_t at = 1;
    for (; at < r->rest.len; at++) {
        bool is_mark = r->rest.ptr[at] == '"';
        if (is_mark && (at + 1 == r->rest.len || r->rest.ptr[at + 1] != '"'))
            break;
        at += is_mark;
    }
    return at < r->rest.len ? at : r->rest.len;
}

/* Between quotation marks, which stand for one where they stand twice. */
static mp_code read_quoted(mp_str *out, reading *r, mp_error *err)
{
    size_t from = r->line, end = closing(r), len = 0;
    if (end == r->rest.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the quotation mark of line %zu is never closed", from);
    char *text = mp_arena_alloc(r->filling.arena, end);
    if (!text)
        return mp_no_memory(err);
    for (size_t at = 1; at < end; at++) {
        char c = r->rest.ptr[at];
        at += c == '"';
        r->line += c == '\n';
        text[len++] = c;
    }
    r->rest = mp_str_skip(r->rest, end + 1);
    if (r->rest.len && r->rest.ptr[0] != r->apart && r->rest.ptr[0] != '\n' && r->rest.ptr[0] != '\r')
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "something stands behind a closing quotation mark in line %zu", r->line);
    *out = mp_str_of(text, len);
    return MP_OK;
}

static void read_plain(mp_str *out, reading *r)
{
    size_t len = 0;
    while (len < r->rest.len && r->rest.ptr[len] != r->apart && r->rest.ptr[len] != '\n' && r->rest.ptr[len] != '\r')
        len++;
    *out = mp_str_of(r->rest.ptr, len);
    r->rest = mp_str_skip(r->rest, len);
}

static mp_code read_cell(reading *r, mp_error *err)
{
    mp_str text;
    if (r->rest.len && r->rest.ptr[0] == '"') {
        MP_TRY(read_quoted(&text, r, err));
    } else {
        read_plain(&text, r);
    }
    if (mp_str_starts(text, MP_S("'")) && mp_escape_is_formula(text))
        text = mp_str_skip(text, 1);
    return mp_sheet_fill(&r->filling, r->column++, text, err);
}

/* The end of a line, or a sign between two cells: it is passed. */
static mp_code end_cell(reading *r, mp_error *err)
{
    if (r->rest.len && r->rest.ptr[0] == r->apart) {
        r->rest = mp_str_skip(r->rest, 1);
        return r->rest.len ? MP_OK : mp_sheet_fill_row(&r->filling, err);
    }
    MP_TRY(mp_sheet_fill_row(&r->filling, err));
    r->rest = mp_str_skip(r->rest, mp_str_starts(r->rest, MP_S("\r\n")) ? 2 : r->rest.len > 0);
    r->filling.number = ++r->line;
    r->column = 0;
    return MP_OK;
}

mp_code mp_sheet_read_csv(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err)
{
    mp_sheet_total  total = { .cells = 0 };
    mp_sheet_table *table = MP_ARENA_NEW(arena, mp_sheet_table);
    if (!table)
        return mp_no_memory(err);
    if (!mp_utf8_valid(bytes) || memchr(bytes.len ? bytes.ptr : "", 0, bytes.len))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is neither a workbook (XLSX) nor CSV in UTF-8; Excel writes that as 'CSV UTF-8'");
    if (mp_str_starts(bytes, MP_S("\xEF\xBB\xBF")))
        bytes = mp_str_skip(bytes, 3);
    reading r = { .filling = { .limits = limits, .arena = arena, .total = &total, .number = 1 }, .rest = bytes, .line = 1, .apart = sign_of(bytes) };
    while (r.rest.len) {
        MP_TRY(read_cell(&r, err));
        MP_TRY(end_cell(&r, err));
    }
    *table = (mp_sheet_table){ .name = MP_S(""), .rows = r.filling.rows, .count = r.filling.row_count };
    *out = (mp_sheet_tables){ .of = table, .count = 1, .is_csv = true };
    return MP_OK;
}
