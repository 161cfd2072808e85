/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose.h"

#include <stdio.h>

#include "text.h"

#define MARGIN 4
#define LEAST_CONTEXT 20 /* characters before the caret that are shown of a long line */

static size_t character_len(mp_str s)
{
    size_t len = 1;
    while (len < s.len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* Bytes of the first `count` characters. */
static size_t bytes_of(mp_str s, size_t count)
{
    size_t at = 0;
    while (count-- && at < s.len)
        at += character_len(mp_str_skip(s, at));
    return at;
}

/* Control characters, tabs among them, take one column. */
static void add_plain(mp_buf *out, mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        mp_buf_add_c(out, (unsigned char)s.ptr[i] < 0x20 ? ' ' : s.ptr[i]);
}

static size_t columns_of(mp_str s)
{
    size_t controls = 0;
    for (size_t i = 0; i < s.len; i++)
        controls += (unsigned char)s.ptr[i] < 0x20;
    return mp_text_width(s) + controls;
}

/* As much of `s` as fits into `columns`. */
static mp_str fitting(mp_str s, size_t columns)
{
    size_t len = 0, taken = 0;
    while (len < s.len) {
        mp_str c = mp_str_of(s.ptr + len, character_len(mp_str_skip(s, len)));
        taken += columns_of(c);
        if (taken > columns)
            break;
        len += c.len;
    }
    return mp_str_of(s.ptr, len);
}

/* The source line and a caret below the character at `col`. Of a line too long for the terminal, such
 * as minified JSON, what stands around the caret. */
static void add_source(mp_buf *out, const mp_cli *cli, mp_str line, uint32_t col)
{
    size_t room = cli->columns - 2 * MARGIN, caret = bytes_of(line, col - 1), start = 0;
    mp_str indent = mp_str_trim(line);
    if (columns_of(line) > room) {
        start = (size_t)(indent.ptr - line.ptr);
        start = start < caret ? start : caret;
    }
    if (columns_of(mp_str_of(line.ptr + start, caret - start)) + LEAST_CONTEXT > room)
        start = bytes_of(line, col - 1 > LEAST_CONTEXT ? col - 1 - LEAST_CONTEXT : 0);
    mp_str shown = fitting(mp_str_skip(line, start), room);
    size_t before = columns_of(mp_str_of(line.ptr + start, caret - start));
    mp_buf_printf(out, "%*s", MARGIN, "");
    add_plain(out, shown);
    mp_buf_printf(out, "\n%*s^\n", (int)(MARGIN + before), "");
}

void mp_cli_diagnostic(mp_buf *out, const mp_cli *cli, bool color, const mp_diagnostic *d)
{
    bool        is_error = d->severity == MP_SEVERITY_ERROR;
    const char *shade = !color ? "" : is_error ? "\033[31m" : "\033[33m";
    if (d->file.len)
        mp_buf_printf(out, "%.*s:", MP_FMT(d->file));
    if (d->error.pos.line)
        mp_buf_printf(out, "%u:%u:", d->error.pos.line, d->error.pos.col);
    mp_buf_printf(out, "%s%s%s: %s", d->file.len || d->error.pos.line ? " " : "", shade,
                  is_error ? "error" : "warning", color ? "\033[0m" : "");
    mp_say_error(out, cli->lang, &d->error);
    mp_buf_add_c(out, '\n');
    if (d->line.len && d->error.pos.line && d->error.pos.col)
        add_source(out, cli, d->line, d->error.pos.col);
    if (d->nearest.len) {
        mp_buf_printf(out, "%*s", MARGIN, "");
        mp_say(out, cli->lang, "diagnose.nearest", &d->nearest, 1);
        mp_buf_add_c(out, '\n');
    }
}

void mp_cli_diagnostics(mp_buf *out, const mp_cli *cli, bool color, const mp_diagnostics *all)
{
    uint32_t shown = 0;
    for (const mp_diagnostic *d = all->first; d; d = d->next, shown++)
        mp_cli_diagnostic(out, cli, color, d);
    if (shown < all->count) {
        char more[16];
        snprintf(more, sizeof more, "%u", all->count - shown);
        mp_say_z(out, cli->lang, "diagnose.more", more, NULL);
        mp_buf_add_c(out, '\n');
    }
}
