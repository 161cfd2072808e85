/* SPDX-License-Identifier: Apache-2.0 */
#include "ical.h"

#include "escape.h"
#include "item.h"

enum { LINE = 75 }; /* octets, without CRLF: RFC 5545 3.1 */

/* A content line, folded; never within a character of UTF-8. */
static void add_line(mp_buf *out, mp_str line)
{
    size_t room = LINE;
    while (line.len > room) {
        size_t cut = room;
        while (cut > 1 && ((unsigned char)line.ptr[cut] & 0xC0) == 0x80)
            cut--;
        mp_buf_add(out, mp_str_of(line.ptr, cut));
        mp_buf_add_z(out, "\r\n ");
        line = mp_str_skip(line, cut);
        room = LINE - 1; /* the blank counts */
    }
    mp_buf_add(out, line);
    mp_buf_add_z(out, "\r\n");
}

/* RFC 5545 3.3.11. */
static void add_special(mp_buf *out, mp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n')
            mp_buf_add_z(out, "\\n");
        else if (c == '\\' || c == ';' || c == ',') {
            mp_buf_add_c(out, '\\');
            mp_buf_add_c(out, c);
        } else
            mp_buf_add_c(out, c);
    }
}

/* What a calendar would obey and not show is made to be seen, as in every other output: what turns the direction of writing, ends a
 * line, or is invisible. */
static void add_escaped(mp_buf *out, mp_str text)
{
    mp_buf shown = MP_BUF_INIT;
    mp_escape_lines(&shown, text);
    add_special(out, mp_buf_str(&shown));
    out->failed = out->failed || shown.failed;
    mp_buf_free(&shown);
}

typedef struct writing {
    mp_buf *out;
    mp_buf line;
    mp_lang lang;
} writing;

static void end_line(writing *w)
{
    if (w->line.failed)
        w->out->failed = true;
    add_line(w->out, mp_buf_str(&w->line));
    mp_buf_clear(&w->line);
}

static void add(writing *w, const char *name, mp_str text)
{
    mp_buf_add_z(&w->line, name);
    mp_buf_add_c(&w->line, ':');
    add_escaped(&w->line, text);
    end_line(w);
}

static mp_str words_of(const writing *w, const mp_json *of, const char *name)
{
    const mp_json *v = mp_json_get(of, mp_str_from(name));
    mp_str ko = mp_json_get_text(v, "ko"), en = mp_json_get_text(v, "en");
    return (w->lang == MP_LANG_KO && ko.len) || !en.len ? ko : en;
}

/* "2026-11-22" as 20261122, with the time of a day as T...Z. */
static void add_digits(mp_buf *out, mp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '-' && text.ptr[i] != ':')
            mp_buf_add_c(out, text.ptr[i]);
}

/* Of what it is about, and of the round or, where there is none, the day: the same thing later is another
 * event. */
static void add_uid(writing *w, const mp_json *calendar, const mp_json *row)
{
    const mp_json *framework = mp_json_get(calendar, MP_S("framework")),
                  *measure = mp_json_get(calendar, MP_S("measure"));
    mp_str record = mp_json_get_text(row, "record");
    mp_buf_add_z(&w->line, "UID:");
    add_escaped(&w->line, mp_json_get_text(framework, "id"));
    mp_buf_add_c(&w->line, '/');
    add_escaped(&w->line, mp_json_get_text(measure, "name"));
    mp_buf_add_c(&w->line, '/');
    add_escaped(&w->line, mp_json_get_text(row, "what"));
    mp_buf_add_c(&w->line, '/');
    add_escaped(&w->line, record.len ? record : mp_json_get_text(row, "id"));
    mp_buf_add_c(&w->line, '/');
    add_digits(&w->line, mp_json_get_text(row, "date"));
    mp_buf_add_z(&w->line, "@mapae");
    end_line(w);
}

static void add_day(writing *w, const char *name, mp_str day)
{
    mp_buf_add_z(&w->line, name);
    add_digits(&w->line, day);
    end_line(w);
}

static void add_event(writing *w, const mp_json *calendar, const mp_json *row)
{
    mp_str text = words_of(w, row, "text"), source = words_of(w, row, "source"),
           place = words_of(w, row, "place");
    mp_buf description = MP_BUF_INIT;
    mp_buf_add(&description, text);
    if (source.len)
        mp_buf_printf(&description, "\n%.*s, %.*s", MP_FMT(source), MP_FMT(place));
    add_line(w->out, MP_S("BEGIN:VEVENT"));
    add_uid(w, calendar, row);
    add_day(w, "DTSTAMP:", mp_json_get_text(calendar, "asOf"));
    add_day(w, "DTSTART;VALUE=DATE:", mp_json_get_text(row, "date"));
    add(w, "SUMMARY", words_of(w, row, "title"));
    if (description.len)
        add(w, "DESCRIPTION", mp_buf_str(&description));
    w->out->failed = w->out->failed || description.failed;
    mp_buf_free(&description);
    add(w, "CATEGORIES", mp_json_get_text(row, "what"));
    add_line(w->out, MP_S("TRANSP:TRANSPARENT"));
    add_line(w->out, MP_S("END:VEVENT"));
}

void mp_ical_write(mp_buf *out, const mp_json *calendar, mp_lang lang)
{
    writing w = { .out = out, .line = MP_BUF_INIT, .lang = lang };
    const mp_json *rows = mp_json_get(calendar, MP_S("rows"));
    add_line(out, MP_S("BEGIN:VCALENDAR"));
    add_line(out, MP_S("VERSION:2.0"));
    add_line(out, MP_S("PRODID:-//Mapae//Audit calendar//EN"));
    add_line(out, MP_S("CALSCALE:GREGORIAN"));
    add(&w, "X-WR-CALNAME", words_of(&w, mp_json_get(calendar, MP_S("framework")), "title"));
    if (mp_json_is(rows, MP_JSON_ARRAY))
        for (MP_JSON_EACH(row, rows))
            add_event(&w, calendar, row);
    add_line(out, MP_S("END:VCALENDAR"));
    mp_buf_free(&w.line);
}
