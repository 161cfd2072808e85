/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose.h"

#include "text.h"

#define LINE_COLUMNS 100 /* of a source line that are shown */

/* Control characters, tabs among them, are shown as blanks. */
static size_t columns_of(mp_str s)
{
    size_t columns = mp_text_width(s);
    for (size_t i = 0; i < s.len; i++)
        columns += (unsigned char)s.ptr[i] < 0x20;
    return columns;
}

/* The part of a long line around the place, and where the place stands in it. */
static mp_str window(mp_str line, uint32_t col, size_t *before)
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
    *before = columns_of(mp_str_of(line.ptr + from, at - from));
    return shown;
}

static void add_line(mp_buf *out, const mp_diagnostic *d)
{
    size_t before;
    mp_str line = window(d->line, d->error.pos.col, &before);
    mp_buf_printf(out, "  %5u | ", d->error.pos.line);
    for (size_t i = 0; i < line.len; i++) /* a tab would move the caret; control characters nothing good */
        mp_buf_add_c(out, (unsigned char)line.ptr[i] < 0x20 ? ' ' : line.ptr[i]);
    mp_buf_printf(out, "\n        | %*s^\n", (int)before, "");
}

void mp_diagnostic_text(mp_buf *out, mp_lang lang, bool color, const mp_diagnostic *d)
{
    bool is_error = d->severity == MP_SEVERITY_ERROR;
    mp_buf_add(out, d->file);
    if (d->error.pos.line)
        mp_buf_printf(out, ":%u:%u", d->error.pos.line, d->error.pos.col);
    mp_buf_printf(out, ": %s", color ? (is_error ? "\033[1;31m" : "\033[1;33m") : "");
    mp_say(out, lang, is_error ? "diagnostic.error" : "diagnostic.warning", NULL, 0);
    mp_buf_printf(out, "%s: ", color ? "\033[0m" : "");
    mp_say_error(out, lang, &d->error);
    if (d->nearest.len) {
        mp_buf_add(out, MP_S(". "));
        mp_say(out, lang, "diagnostic.nearest", &d->nearest, 1);
    }
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
