/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as roff with the macros of man(7), which both groff and mandoc read, in UTF-8. */
#include "page.h"

#define LINE 79 /* bytes of a line of the source */

/* Characters that roff would take as its own. A hyphen of code must not become a typographic one. */
static void put(mp_page *p, char c, bool in_code)
{
    if (c == '\\')
        mp_buf_add(&p->out, MP_S("\\e"));
    else if (c == '-' && in_code)
        mp_buf_add(&p->out, MP_S("\\-"));
    else
        mp_buf_add_c(&p->out, c);
}

static void put_code(mp_page *p, mp_str code)
{
    for (size_t i = 0; i < code.len; i++)
        put(p, code.ptr[i], true);
}

/* `code` is set bold. A line that grew too long is broken at its last blank. A word that begins with
 * a dot or an apostrophe is guarded: at the start of a line it would be a request. */
static void put_text(mp_page *p, mp_str text)
{
    bool   in_code = false, is_start = true;
    size_t line = p->out.len, blank = 0; /* where the line begins; its last blank */
    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.ptr[i] : ' ';
        if (c == '`') {
            in_code = !in_code;
            mp_buf_add_z(&p->out, in_code ? "\\fB" : "\\fR");
            continue;
        }
        if (c != ' ' && c != '\n') {
            if (is_start && (c == '.' || c == '\''))
                mp_buf_add(&p->out, MP_S("\\&"));
            put(p, c, in_code);
            is_start = false;
            continue;
        }
        if (!p->out.failed && p->out.len - line > LINE && blank > line) {
            p->out.ptr[blank] = '\n';
            line = blank + 1;
        }
        blank = p->out.len;
        is_start = true;
        mp_buf_add_c(&p->out, i < text.len ? ' ' : '\n');
    }
}

static void section(mp_page *p, const char *id)
{
    mp_str title = mp_message_of(p->lang, "man.", mp_str_from(id));
    mp_buf_printf(&p->out, ".SH %.*s\n", MP_FMT(title.len ? title : mp_message(p->lang, id)));
}

/* "mapae scan" is the page mapae-scan. */
static void put_page_name(mp_page *p, mp_str name)
{
    for (size_t i = 0; i < name.len; i++)
        put(p, name.ptr[i] == ' ' ? '-' : name.ptr[i], true);
}

static void begin(mp_page *p, mp_str name, mp_str summary)
{
    mp_buf_add(&p->out, MP_S(".\\\" Made by mapae man: change src/cli and content/messages instead.\n.TH "));
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        put(p, c == ' ' ? '-' : c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c, true);
    }
    mp_buf_printf(&p->out, " 1 %s \"Mapae %s\"\n", MAPAE_RELEASED, MAPAE_VERSION);
    section(p, "help.name");
    put_page_name(p, name);
    mp_buf_add(&p->out, MP_S(" \\- "));
    put_text(p, summary);
}

static void heading(mp_page *p, mp_str title)
{
    mp_buf_printf(&p->out, ".SS %.*s\n", MP_FMT(title));
}

static void synopsis(mp_page *p, mp_str line)
{
    mp_buf_add(&p->out, MP_S("\\fB"));
    put_code(p, line);
    mp_buf_add(&p->out, MP_S("\\fR\n"));
}

/* The macro .PP is wrong right behind a heading and right before one. */
static void paragraph(mp_page *p, mp_str text)
{
    mp_str so_far = mp_buf_str(&p->out);
    size_t line = so_far.len ? mp_str_rfind(mp_str_of(so_far.ptr, so_far.len - 1), '\n') : SIZE_MAX;
    if (line == SIZE_MAX || !mp_str_starts(mp_str_skip(so_far, line + 1), MP_S(".S")))
        mp_buf_add(&p->out, MP_S(".PP\n"));
    put_text(p, text);
}

static void item(mp_page *p, mp_str term, mp_str text)
{
    mp_buf_add(&p->out, MP_S(".TP\n\\fB"));
    put_code(p, term);
    mp_buf_add(&p->out, MP_S("\\fR\n"));
    put_text(p, text);
}

static void example(mp_page *p, mp_str line, mp_str text)
{
    item(p, line, text);
}

static void see_also(mp_page *p, const mp_command *except)
{
    section(p, "help.see-also");
    const char *comma = "";
    if (except) {
        mp_buf_add(&p->out, MP_S("\\fBmapae\\fR(1)"));
        comma = ",\n";
    }
    for (size_t i = 0; mp_command_at(i); i++) {
        const mp_command *command = mp_command_at(i);
        if (command == except || command->is_hidden)
            continue;
        mp_buf_printf(&p->out, "%s\\fBmapae\\-%s\\fR(1)", comma, command->name);
        comma = ",\n";
    }
    mp_buf_add_c(&p->out, '\n');
}

const mp_page_style mp_style_man = {
    begin, section, heading, synopsis, paragraph, item, example, see_also, true,
};
