/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as Markdown (CommonMark), for docs/reference. */
#include "page.h"

/* Messages quote code as Markdown does; only what would be HTML is guarded, outside of code. In a table a bar ends
 * the cell, also within code. */
static void put(mp_page *p, mp_str text, bool in_table)
{
    bool in_code = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        in_code ^= c == '`';
        if ((!in_code && (c == '<' || c == '*' || c == '_')) || (in_table && c == '|'))
            mp_buf_add_c(&p->out, '\\');
        mp_buf_add_c(&p->out, c);
    }
}

static void put_text(mp_page *p, mp_str text)
{
    put(p, text, false);
    mp_buf_add_c(&p->out, '\n');
}

/* A list is followed by an empty line before what is no item of it. */
static void part(mp_page *p)
{
    if (p->out.len >= 2 && !mp_str_ends(mp_buf_str(&p->out), MP_S("\n\n")))
        mp_buf_add_c(&p->out, '\n');
}

static void title(mp_page *p, unsigned depth, mp_str text)
{
    part(p);
    for (unsigned i = 0; i < p->level + depth; i++)
        mp_buf_add_c(&p->out, '#');
    mp_buf_printf(&p->out, " %.*s\n\n", MP_FMT(text));
}

static void begin(mp_page *p, mp_str name, mp_str summary)
{
    title(p, 0, name);
    put_text(p, summary);
}

static void section(mp_page *p, const char *id)
{
    title(p, 1, mp_message(p->lang, id));
}

static void heading(mp_page *p, mp_str text)
{
    title(p, 2, text);
}

static void synopsis(mp_page *p, mp_str line)
{
    part(p);
    mp_buf_printf(&p->out, "    %.*s\n", MP_FMT(line));
}

static void paragraph(mp_page *p, mp_str text)
{
    part(p);
    put_text(p, text);
}

static void item(mp_page *p, mp_str term, mp_str text)
{
    mp_buf_printf(&p->out, "- `%.*s`: ", MP_FMT(term));
    put_text(p, text);
}

static void example(mp_page *p, mp_str line, mp_str text)
{
    paragraph(p, text);
    synopsis(p, line);
}

static void see_also(mp_page *p, const mp_command *except)
{
    (void)p, (void)except; /* all commands stand on one page */
}

const mp_page_style mp_style_markdown = {
    begin, section, heading, synopsis, paragraph, item, example, see_also, true,
};

/* ---- for the reference ---- */

void mp_page_row(mp_page *p, const mp_str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mp_buf_add_z(&p->out, cells[i].len ? "| " : "|");
        put(p, cells[i], true);
        mp_buf_add_c(&p->out, ' ');
    }
    mp_buf_add_z(&p->out, "|\n");
}

void mp_page_table(mp_page *p, const char *const *ids, size_t count)
{
    part(p);
    for (size_t i = 0; i < count; i++)
        mp_buf_printf(&p->out, "| %.*s ", MP_FMT(mp_message(p->lang, ids[i])));
    mp_buf_add_z(&p->out, "|\n|");
    for (size_t i = 0; i < count; i++)
        mp_buf_add_z(&p->out, "---|");
    mp_buf_add_c(&p->out, '\n');
}

void mp_page_anchor(mp_page *p, const char *kind, mp_str name)
{
    part(p);
    mp_buf_printf(&p->out, "<a id=\"%s-%.*s\"></a>\n", kind, MP_FMT(name));
}

void mp_page_lines(mp_page *p, const char *language, mp_str lines)
{
    part(p);
    mp_buf_printf(&p->out, "```%s\n%.*s```\n", language, MP_FMT(lines));
}
