/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose.h"

#include "escape.h"
#include "text.h"

#define LINE_COLUMNS 100 /* of a source line that are shown */

/* A part of a source line as it is shown: a tab is a blank, what a terminal would obey is written out. */
static void add_shown(mp_buf *out, mp_str s)
{
    while (s.len) {
        size_t tab = mp_str_find(s, '\t');
        mp_escape_plain(out, mp_str_of(s.ptr, tab < s.len ? tab : s.len));
        if (tab >= s.len)
            return;
        mp_buf_add_c(out, ' ');
        s = mp_str_skip(s, tab + 1);
    }
}

/* The part of a long line around the place, and where the place stands in it. */
static mp_str window(mp_str line, uint32_t col, mp_str *before)
{
    size_t at = 0;
    for (uint32_t c = 1; c < col && at < line.len; c++)
        do
            at++;
        while (at < line.len && ((unsigned char)line.ptr[at] & 0xC0) == 0x80);
    size_t from = at > LINE_COLUMNS / 2 ? at - LINE_COLUMNS / 2 : 0;
    if (line.len <= LINE_COLUMNS)
        from = 0;
    while (from && ((unsigned char)line.ptr[from] & 0xC0) == 0x80)
        from--;
    mp_str shown = mp_str_skip(line, from);
    if (shown.len > LINE_COLUMNS) {
        shown.len = LINE_COLUMNS;
        while (shown.len && ((unsigned char)shown.ptr[shown.len] & 0xC0) == 0x80)
            shown.len--;
    }
    *before = mp_str_of(line.ptr + from, at - from);
    return shown;
}

static void add_line(mp_buf *out, const mp_diagnostic *d)
{
    mp_str before, line = window(d->line, d->error.pos.col, &before);
    mp_buf shown = MP_BUF_INIT;
    add_shown(&shown, before);
    mp_buf_printf(out, "  %5u | ", d->error.pos.line);
    add_shown(out, line);
    mp_buf_printf(out, "\n        | %*s^\n", (int)mp_text_width(mp_buf_str(&shown)), "");
    mp_buf_free(&shown);
}

void mp_diagnostic_text(mp_buf *out, mp_lang lang, bool color, const mp_diagnostic *d)
{
    bool is_error = d->severity == MP_SEVERITY_ERROR;
    mp_buf sentence = MP_BUF_INIT;
    mp_escape_plain(out, d->file);
    if (d->error.pos.line)
        mp_buf_printf(out, ":%u:%u", d->error.pos.line, d->error.pos.col);
    mp_buf_printf(out, ": %s", color ? (is_error ? "\033[1;31m" : "\033[1;33m") : "");
    mp_say(out, lang, is_error ? "diagnostic.error" : "diagnostic.warning", NULL, 0);
    mp_buf_printf(out, "%s: ", color ? "\033[0m" : "");
    mp_say_error(&sentence, lang, &d->error);
    if (d->nearest.len) {
        mp_buf_add(&sentence, MP_S(". "));
        mp_say(&sentence, lang, "diagnostic.nearest", &d->nearest, 1);
    }
    mp_escape_plain(out, mp_buf_str(&sentence));
    mp_buf_free(&sentence);
    mp_buf_add_c(out, '\n');
    if (d->error.pos.line && d->line.len)
        add_line(out, d);
}

void mp_cli_diagnostics(const mp_cli *cli, const mp_diagnostics *d)
{
    mp_buf text = MP_BUF_INIT;
    for (const mp_diagnostic *one = d->first; one; one = one->next)
        if (one->severity == MP_SEVERITY_ERROR || !cli->is_quiet)
            mp_diagnostic_text(&text, cli->lang, cli->err_color, one);
    if (text.len)
        fwrite(text.ptr, 1, text.len, cli->err);
    mp_buf_free(&text);
}
