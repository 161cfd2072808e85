/* SPDX-License-Identifier: Apache-2.0 */
/* Pages for the terminal: wrapped at its width, East Asian wide characters counted as two columns. */
#include "page.h"
#include "text.h"

#define MARGIN 2
#define WIDEST 100 /* columns: longer lines are hard to read */

static unsigned width(const mp_page *p)
{
    return p->columns < WIDEST ? p->columns : WIDEST;
}

static void blanks(mp_page *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mp_buf_add_c(&p->out, ' ');
}

static void bold(mp_page *p, mp_str text)
{
    mp_buf_add_z(&p->out, p->color ? "\033[1m" : "");
    mp_buf_add(&p->out, text);
    mp_buf_add_z(&p->out, p->color ? "\033[0m" : "");
}

/* A word with its `code`, which shines where colours are wanted and keeps its quotes elsewhere. */
static void put_word(mp_page *p, mp_str word, bool *in_code)
{
    for (size_t i = 0; i < word.len; i++) {
        bool is_tick = word.ptr[i] == '`';
        *in_code ^= is_tick;
        if (!is_tick)
            mp_buf_add_c(&p->out, word.ptr[i]);
        else
            mp_buf_add_z(&p->out, !p->color ? "`" : *in_code ? "\033[1m" : "\033[0m");
    }
}

static mp_str next_word(mp_str *text)
{
    size_t start = 0;
    while (start < text->len && (text->ptr[start] == ' ' || text->ptr[start] == '\n'))
        start++;
    size_t end = start;
    while (end < text->len && text->ptr[end] != ' ' && text->ptr[end] != '\n')
        end++;
    mp_str word = mp_str_of(text->ptr + start, end - start);
    *text = mp_str_skip(*text, end);
    return word;
}

/* Fill lines with the words of `text`, the cursor being at `column`; ends the last line. */
static void wrap(mp_page *p, mp_str text, size_t indent, size_t column)
{
    bool in_code = false, is_first = true;
    for (mp_str word; (word = next_word(&text)).len; is_first = false) {
        size_t columns = mp_text_width(word);
        if (!is_first && column + 1 + columns > width(p)) {
            mp_buf_add_c(&p->out, '\n');
            blanks(p, indent);
            column = indent;
        } else if (!is_first) {
            mp_buf_add_c(&p->out, ' ');
            column++;
        }
        put_word(p, word, &in_code);
        column += columns;
    }
    mp_buf_add_c(&p->out, '\n');
}

static void begin(mp_page *p, mp_str name, mp_str summary)
{
    bold(p, name);
    mp_buf_add(&p->out, MP_S(" - "));
    wrap(p, summary, MARGIN, mp_text_width(name) + 3);
}

static void section(mp_page *p, const char *id)
{
    mp_buf_add_c(&p->out, '\n');
    bold(p, mp_message(p->lang, id));
    mp_buf_add_c(&p->out, '\n');
}

static void heading(mp_page *p, mp_str title)
{
    mp_buf_add_c(&p->out, '\n');
    blanks(p, MARGIN);
    mp_buf_add(&p->out, title);
    mp_buf_add_c(&p->out, '\n');
}

static void synopsis(mp_page *p, mp_str line)
{
    blanks(p, MARGIN);
    mp_buf_add(&p->out, line);
    mp_buf_add_c(&p->out, '\n');
}

/* Paragraphs of one section stand apart by an empty line, and behind a list too. */
static void paragraph(mp_page *p, mp_str text)
{
    mp_str so_far = mp_buf_str(&p->out);
    size_t line = so_far.len ? mp_str_rfind(mp_str_of(so_far.ptr, so_far.len - 1), '\n') : SIZE_MAX;
    bool   is_behind_text = line != SIZE_MAX && so_far.ptr[line + 1] == ' ';
    if (is_behind_text)
        mp_buf_add_c(&p->out, '\n');
    blanks(p, MARGIN);
    wrap(p, text, MARGIN, MARGIN);
}

/* Long options stand below each other, whether they have a short form ("-o, ") or not. */
static void item(mp_page *p, mp_str term, mp_str text)
{
    size_t margin = MARGIN + (mp_str_starts(term, MP_S("--")) ? 4 : 0);
    size_t column = margin + mp_text_width(term);
    blanks(p, margin);
    bold(p, term);
    if (column + 2 > p->item_column) {
        mp_buf_add_c(&p->out, '\n');
        column = 0;
    }
    blanks(p, p->item_column - column);
    wrap(p, text, p->item_column, p->item_column);
}

static void example(mp_page *p, mp_str line, mp_str text)
{
    blanks(p, MARGIN);
    bold(p, line);
    mp_buf_add_c(&p->out, '\n');
    blanks(p, 3 * MARGIN);
    wrap(p, text, 3 * MARGIN, 3 * MARGIN);
}

static void see_also(mp_page *p, const mp_command *except)
{
    (void)p, (void)except; /* the page of mapae lists the commands; the others name it already */
}

const mp_page_style mp_style_terminal = {
    begin, section, heading, synopsis, paragraph, item, example, see_also, false,
};

mp_code mp_page_send(mp_page *p, const mp_cli *cli, mp_error *err)
{
    mp_output out;
    mp_code   code = mp_output_open(&out, cli, NULL, err);
    if (code == MP_OK)
        code = mp_output_buf(&out, &p->out, err);
    mp_buf_free(&p->out);
    return code == MP_OK ? mp_output_close(&out, err) : code;
}

mp_code mp_page_print(const mp_cli *cli, const mp_command *command, mp_error *err)
{
    mp_page page = MP_PAGE(mp_style_terminal, cli->lang);
    page.columns = cli->columns;
    page.color = cli->out_color;
    if (command)
        mp_page_command(&page, command);
    else
        mp_page_main(&page);
    return mp_page_send(&page, cli, err);
}
