/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the pages about mapae, written once and set in three ways: terminal, roff, Markdown.
 *
 * Texts come from messages. In them `code` stands between backticks, and an empty line parts
 * paragraphs. The three styles are const tables of functions that append to page->out. */
#ifndef MAPAE_CLI_PAGE_H
#define MAPAE_CLI_PAGE_H

#include "cli.h"

typedef struct mp_page mp_page;

typedef struct mp_page_style {
    void (*begin)(mp_page *p, mp_str name, mp_str summary); /* name: "mapae scan" */
    void (*section)(mp_page *p, const char *id); /* of its title */
    void (*heading)(mp_page *p, mp_str title); /* within a section */
    void (*synopsis)(mp_page *p, mp_str line);
    void (*paragraph)(mp_page *p, mp_str text); /* one, without empty lines */
    void (*item)(mp_page *p, mp_str term, mp_str text);
    void (*example)(mp_page *p, mp_str line, mp_str text);
    void (*see_also)(mp_page *p, const mp_command *except); /* NULL: the page of mapae itself */
    bool is_whole; /* the page of a group has its commands in full, not only their names */
} mp_page_style;

extern const mp_page_style mp_style_terminal, mp_style_man, mp_style_markdown;

struct mp_page {
    mp_buf               out;
    const mp_page_style *style;
    mp_lang              lang;
    unsigned             columns;     /* terminal only */
    unsigned             item_column; /* terminal only: where the texts of items begin */
    bool                 color;       /* terminal only */
    unsigned             level;       /* Markdown only: of the page's own title, from 1 */
};

#define MP_PAGE(style_, lang_)                                                                  \
    { .out = MP_BUF_INIT, .style = &(style_), .lang = (lang_), .columns = 80,                   \
      .item_column = 28, .level = 1 }

/* The page of mapae as a whole, and of one command. */
void mp_page_main(mp_page *p);
void mp_page_command(mp_page *p, const mp_command *command);
/* One of them (`command` NULL: the first) on the terminal. Fails with MP_IO, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_page_print(const mp_cli *cli, const mp_command *command, mp_error *err);
/* A finished page to cli->out; it is freed. Fails as above. */
MP_MUST_CHECK mp_code mp_page_send(mp_page *p, const mp_cli *cli, mp_error *err);
/* The same in a few lines, for those who made a mistake: usage, and where help is. */
void mp_page_usage(mp_buf *out, mp_lang lang, const mp_command *command);

/* Parts, also for pages of their own (cmd_language.c, cmd_reference.c). Ids of messages. */
void mp_page_section(mp_page *p, const char *id);
void mp_page_paragraphs(mp_page *p, mp_str text);
void mp_page_exits(mp_page *p, unsigned exits, const mp_command *command);

/* A piece that a page was made with: freed. When it failed (memory), so has the page. */
static inline void mp_page_free_part(mp_page *p, mp_buf *part)
{
    p->out.failed = p->out.failed || part->failed;
    mp_buf_free(part);
}

/* Markdown alone, which has tables and links: for the reference. Texts are as in messages; a cell may be empty. */
void mp_page_table(mp_page *p, const char *const *ids, size_t count); /* its head: ids of messages */
void mp_page_row(mp_page *p, const mp_str *cells, size_t count);
void mp_page_anchor(mp_page *p, const char *kind, mp_str name); /* what [...](#KIND-NAME) leads to */
void mp_page_lines(mp_page *p, const char *language, mp_str lines); /* as they are, each with its newline */

/* The next paragraph of `*text`, taken off; empty at the end. */
mp_str mp_page_next_paragraph(mp_str *text);

#endif
