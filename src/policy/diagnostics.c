/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnostics.h"

#include <stdlib.h>

void mp_diagnostics_init(mp_diagnostics *d, mp_arena *arena)
{
    *d = (mp_diagnostics){ .arena = arena };
}

static const char *line_start(mp_str text, uint32_t line)
{
    for (uint32_t n = 1; n < line; n++) {
        size_t end = mp_str_find(text, '\n');
        text = mp_str_skip(text, end == SIZE_MAX ? text.len : end + 1);
    }
    return text.ptr;
}

/* Bytes of the first character of `s`, which is not empty. */
static size_t utf8_step(mp_str s)
{
    size_t n = 1;
    while (n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Line number `line` of `text`, without its end. */
static mp_str line_of(mp_str text, uint32_t line)
{
    const char *start = line_start(text, line);
    text = mp_str_skip(text, (size_t)(start - text.ptr));
    size_t end = mp_str_find(text, '\n');
    if (end != SIZE_MAX)
        text.len = end;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    return text;
}

mp_pos mp_source_locate(const mp_source_text *source, const mp_json *node)
{
    if (!source->root || !source->text.ptr)
        return MP_NOWHERE;
    mp_str below = mp_str_skip(source->text, source->at);
    return mp_pos_of_offset(source->text, source->at + mp_json_offset(below, (size_t)(node - source->root)));
}

/* A copy, since what it was found in may be let go. */
static mp_str copy(mp_diagnostics *d, mp_str s)
{
    if (s.len == 0)
        return MP_S("");
    s = mp_arena_dup(d->arena, s);
    d->failed |= !s.ptr;
    return s;
}

/* A document may be all on one line, and long: of several findings the first has the copy. */
static mp_str copy_line(mp_diagnostics *d, const mp_source_text *source, uint32_t line)
{
    const mp_diagnostic *last = d->last;
    if (last && last->file.ptr == source->file.ptr && last->error.pos.line == line)
        return last->line;
    return copy(d, line_of(source->text, line));
}

static void add(mp_diagnostics *d, const mp_source_text *source, mp_severity severity, mp_str nearest,
                const mp_error *error)
{
    d->count++;
    if (severity == MP_SEVERITY_ERROR)
        d->errors++;
    else
        d->warnings++;
    if (++d->of_file > MP_DIAGNOSTICS)
        return;
    mp_diagnostic *item = MP_ARENA_NEW(d->arena, mp_diagnostic);
    if (!item) {
        d->failed = true;
        return;
    }
    item->severity = severity;
    item->error = *error;
    item->nearest = copy(d, nearest);
    item->file = source->file;
    if (error->pos.line)
        item->line = copy_line(d, source, error->pos.line);
    if (d->last)
        d->last->next = item;
    else
        d->first = item;
    d->last = item;
}

/* Where line `pos.line` column `pos.col` of `text` stands. */
static size_t offset_of(mp_str text, mp_pos pos)
{
    size_t at = (size_t)(line_start(text, pos.line) - text.ptr);
    at += at == 0 && mp_str_starts(text, MP_S("\xEF\xBB\xBF")) ? 3 : 0;
    for (uint32_t col = 1; col < pos.col && at < text.len; col++)
        at += utf8_step(mp_str_skip(text, at));
    return at;
}

/* One character of a JSON string as it is written: its length there, and the bytes that it stands for. */
static size_t written_step(mp_str text, size_t *stands_for)
{
    *stands_for = 1;
    if (text.len < 2 || text.ptr[0] != '\\') {
        *stands_for = utf8_step(text);
        return *stands_for;
    }
    if (text.ptr[1] != 'u' || text.len < 6)
        return 2;
    char          digits[5] = { text.ptr[2], text.ptr[3], text.ptr[4], text.ptr[5], '\0' };
    unsigned long cp = strtoul(digits, NULL, 16);
    bool          is_pair = cp >= 0xD800 && cp < 0xDC00;
    *stands_for = is_pair ? 4 : cp < 0x80 ? 1 : cp < 0x800 ? 2 : 3;
    return is_pair ? 12 : 6;
}

/* The place `offset` bytes into the string whose quote is at `pos`. It has no line end within. */
static mp_pos within_string(mp_str text, mp_pos pos, size_t offset)
{
    size_t at = offset_of(text, pos) + 1;
    pos.col++;
    while (offset > 0 && at < text.len) {
        size_t stands_for, length = written_step(mp_str_skip(text, at), &stands_for);
        if (stands_for > offset)
            break;
        offset -= stands_for;
        pos.col += text.ptr[at] == '\\' ? (uint32_t)length : 1;
        at += length;
    }
    return pos;
}

void mp_diagnose_at(mp_diagnostics *d, const mp_source_text *source, mp_severity severity,
                    const mp_json *node, size_t offset, mp_str nearest, const mp_error *error)
{
    mp_error placed = *error;
    if (d->of_file < MP_DIAGNOSTICS && node && source->root && source->text.ptr) { /* it takes time */
        placed.pos = mp_source_locate(source, node);
        if (node->kind == MP_JSON_STRING && placed.pos.line)
            placed.pos = within_string(source->text, placed.pos, offset);
    }
    add(d, source, severity, nearest, &placed);
}

void mp_diagnose_error(mp_diagnostics *d, const mp_source_text *source, const mp_error *error)
{
    add(d, source, MP_SEVERITY_ERROR, MP_S(""), error);
}
