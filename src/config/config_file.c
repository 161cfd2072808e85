/* SPDX-License-Identifier: Apache-2.0 */
#include "config_file.h"

#include "text.h"

typedef struct reader {
    const mp_config_lines *to;
    mp_arena              *arena;
    mp_error              *err;
    mp_str                 section; /* empty before the first */
    mp_str                 line;    /* at hand, without its end */
    uint32_t               number;  /* of the line */
} reader;

/* Columns are counted in code points, as everywhere. */
static mp_pos place(const reader *r, const char *at)
{
    mp_str before = mp_str_of(r->line.ptr, (size_t)(at - r->line.ptr));
    return (mp_pos){ r->number, (uint32_t)mp_utf8_length(before) + 1 };
}

static void fault(const reader *r, const mp_error *e)
{
    r->to->fault(r->to->ctx, e);
}

static bool is_name(mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
            c != '.')
            return false;
    }
    return s.len > 0;
}

/* "[" section "]", with nothing behind it but a comment. */
static void read_section(reader *r, mp_str line)
{
    mp_error e = { 0 };
    size_t   end = mp_str_find(line, ']');
    mp_str   name = mp_str_trim(mp_str_of(line.ptr + 1, end == SIZE_MAX ? 0 : end - 1));
    mp_str   rest = mp_str_trim(mp_str_skip(line, end == SIZE_MAX ? line.len : end + 1));
    mp_code  code = MP_OK;
    if (end == SIZE_MAX)
        code = mp_fail(&e, MP_SYNTAX, place(r, line.ptr), "a section wants a ] at its end, as in [server]");
    else if (!is_name(name))
        code = mp_fail(&e, MP_SYNTAX, place(r, line.ptr + 1),
                       "a section wants a name of letters, digits and dashes, as in [server]");
    else if (rest.len && rest.ptr[0] != '#')
        code = mp_fail(&e, MP_SYNTAX, place(r, rest.ptr), "nothing may stand behind a section on its line");
    if (code != MP_OK) {
        fault(r, &e);
        return;
    }
    r->section = name;
    r->to->section(r->to->ctx, name, place(r, name.ptr));
}

/* '"' text '"' */
static mp_code read_quoted(mp_str *out, bool *is_whole, const reader *r, mp_str text)
{
    mp_error e = { 0 };
    char    *copy = mp_arena_alloc(r->arena, text.len);
    size_t   n = 0, i = 1;
    if (!copy)
        return mp_no_memory(r->err);
    *is_whole = false;
    for (; i < text.len && text.ptr[i] != '"'; i++) {
        bool is_escape = text.ptr[i] == '\\';
        char next = is_escape && i + 1 < text.len ? text.ptr[i + 1] : '\0';
        if (is_escape && next != '"' && next != '\\') {
            (void)mp_fail(&e, MP_SYNTAX, place(r, text.ptr + i),
                          "within quotes a \\ wants a \" or another \\ behind it");
            fault(r, &e);
            return MP_OK;
        }
        i += is_escape;
        copy[n++] = text.ptr[i];
    }
    mp_str rest = mp_str_trim(mp_str_skip(text, i + 1));
    if (i >= text.len)
        (void)mp_fail(&e, MP_SYNTAX, place(r, text.ptr), "a value that begins with a \" wants one at its end");
    else if (rest.len && rest.ptr[0] != '#')
        (void)mp_fail(&e, MP_SYNTAX, place(r, rest.ptr), "nothing may stand behind the closing \" of a value");
    else
        *is_whole = true;
    if (!*is_whole)
        fault(r, &e);
    *out = mp_str_of(copy, n);
    return MP_OK;
}

/* Up to a blank and "#". */
static mp_str without_comment(mp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '#' && (i == 0 || text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\t'))
            text.len = i;
    return mp_str_trim(text);
}

static mp_code read_value(reader *r, mp_str line)
{
    mp_error e = { 0 };
    size_t   equals = mp_str_find(line, '=');
    mp_str   name = mp_str_trim(mp_str_of(line.ptr, equals == SIZE_MAX ? line.len : equals));
    if (equals == SIZE_MAX || !is_name(name)) {
        (void)mp_fail(&e, MP_SYNTAX, place(r, line.ptr), "a line wants the form NAME = VALUE, or [SECTION]");
        fault(r, &e);
        return MP_OK;
    }
    mp_str text = mp_str_trim(mp_str_skip(line, equals + 1)), value = without_comment(text);
    mp_str whole = r->section.len ? mp_arena_printf(r->arena, "%.*s.%.*s", MP_FMT(r->section), MP_FMT(name)) : name;
    bool   is_whole = true;
    if (!whole.ptr)
        return mp_no_memory(r->err);
    if (text.len && text.ptr[0] == '"')
        MP_TRY(read_quoted(&value, &is_whole, r, text));
    if (is_whole)
        r->to->value(r->to->ctx, whole, place(r, name.ptr), value, place(r, text.ptr));
    return MP_OK;
}

/* Control characters would hide what is really said. */
static bool is_clean(const reader *r)
{
    mp_error e = { 0 };
    for (size_t i = 0; i < r->line.len; i++) {
        unsigned char c = (unsigned char)r->line.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            (void)mp_fail(&e, MP_SYNTAX, place(r, r->line.ptr + i), "the control character %d may not stand here", c);
            fault(r, &e);
            return false;
        }
    }
    if (mp_utf8_valid(r->line))
        return true;
    (void)mp_fail(&e, MP_SYNTAX, place(r, r->line.ptr), "the line is not UTF-8");
    fault(r, &e);
    return false;
}

mp_code mp_config_lines_read(mp_str text, const mp_config_lines *lines, mp_arena *arena, mp_error *err)
{
    reader r = { .to = lines, .arena = arena, .err = err, .section = MP_S("") };
    if (mp_str_starts(text, MP_S("\xef\xbb\xbf")))
        text = mp_str_skip(text, 3);
    while (text.len) {
        size_t end = mp_str_find(text, '\n');
        r.line = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
        text = mp_str_skip(text, end == SIZE_MAX ? text.len : end + 1);
        r.number++;
        if (r.line.len && r.line.ptr[r.line.len - 1] == '\r')
            r.line.len--;
        mp_str line = mp_str_trim(r.line);
        if (!line.len || line.ptr[0] == '#' || !is_clean(&r))
            continue;
        if (line.ptr[0] == '[')
            read_section(&r, line);
        else
            MP_TRY(read_value(&r, line));
    }
    return MP_OK;
}
