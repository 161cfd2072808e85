/* SPDX-License-Identifier: Apache-2.0 */
#include "escape.h"

#include "utf8.h"

/* Characters that act instead of showing: C0, C1, directional marks (Unicode Bidirectional Algorithm,
 * section 2), zero-width ones but for the two joiners that scripts and emoji need, line and paragraph
 * separators, interlinear marks, tags, noncharacters. */
static bool is_hidden(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x0000, 0x001F }, { 0x007F, 0x009F },   { 0x00AD, 0x00AD }, { 0x061C, 0x061C },
        { 0x180E, 0x180E }, { 0x200B, 0x200B },   { 0x200E, 0x200F }, { 0x2028, 0x202E },
        { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF },   { 0xFFF9, 0xFFFB }, { 0xFDD0, 0xFDEF },
        { 0xE0000, 0xE007F },
    };
    if (cp >= 0x20 && cp < 0x7F)
        return false;
    for (size_t i = 0; i < MP_COUNT(ranges); i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return (cp & 0xFFFE) == 0xFFFE; /* the last two of every plane */
}

/* The next character of `*s`, taken off it: its bytes; *cp is UINT32_MAX for a byte that is none. */
static mp_str next_char(mp_str *s, uint32_t *cp)
{
    size_t size = mp_utf8_decode(cp, s->ptr, s->len);
    if (size == 0) {
        *cp = UINT32_MAX;
        size = 1;
    }
    mp_str bytes = mp_str_of(s->ptr, size);
    *s = mp_str_skip(*s, size);
    return bytes;
}

static void add_shown(mp_buf *out, mp_str bytes, uint32_t cp, bool xml)
{
    if (cp == UINT32_MAX)
        mp_buf_add(out, MP_S("\xEF\xBF\xBD"));
    else if (is_hidden(cp))
        mp_buf_printf(out, xml ? "&lt;U+%04X&gt;" : "<U+%04X>", cp);
    else
        mp_buf_add(out, bytes);
}

void mp_escape_plain(mp_buf *out, mp_str s)
{
    while (s.len) {
        uint32_t cp;
        mp_str bytes = next_char(&s, &cp);
        if (cp == '\n')
            mp_buf_add(out, MP_S("\\n"));
        else if (cp == '\t')
            mp_buf_add(out, MP_S("\\t"));
        else
            add_shown(out, bytes, cp, false);
    }
}

void mp_escape_lines(mp_buf *out, mp_str s)
{
    while (s.len) {
        uint32_t cp;
        mp_str bytes = next_char(&s, &cp);
        if (cp == '\r') {
            mp_buf_add_c(out, '\n');
            if (s.len && s.ptr[0] == '\n')
                s = mp_str_skip(s, 1);
        } else if (cp == '\n' || cp == '\t')
            mp_buf_add(out, bytes);
        else
            add_shown(out, bytes, cp, false);
    }
}

void mp_escape_xml(mp_buf *out, mp_str s)
{
    while (s.len) {
        uint32_t cp;
        mp_str bytes = next_char(&s, &cp);
        switch (cp) {
        case '&': mp_buf_add(out, MP_S("&amp;")); break;
        case '<': mp_buf_add(out, MP_S("&lt;")); break;
        case '>': mp_buf_add(out, MP_S("&gt;")); break;
        case '"': mp_buf_add(out, MP_S("&quot;")); break;
        case '\'': mp_buf_add(out, MP_S("&#39;")); break;
        /* Written as references, or attribute normalisation would make blanks of them. */
        case '\t': mp_buf_add(out, MP_S("&#9;")); break;
        case '\n': mp_buf_add(out, MP_S("&#10;")); break;
        case '\r': mp_buf_add(out, MP_S("&#13;")); break;
        default: add_shown(out, bytes, cp, true);
        }
    }
}

/* OWASP, "CSV Injection": what makes spreadsheets compute, in its plain and in its full-width form. */
bool mp_escape_is_formula(mp_str s)
{
    static const mp_str starts[] = {
        MP_S_INIT("="),  MP_S_INIT("+"),  MP_S_INIT("-"), MP_S_INIT("@"),
        MP_S_INIT("\t"), MP_S_INIT("\r"), MP_S_INIT("\n"),
        MP_S_INIT("\xEF\xBC\x9D"), MP_S_INIT("\xEF\xBC\x8B"), /* fullwidth = and + */
        MP_S_INIT("\xEF\xBC\x8D"), MP_S_INIT("\xEF\xBC\xA0"), /* fullwidth - and @ */
    };
    while (s.len && s.ptr[0] == '\'')
        s = mp_str_skip(s, 1);
    /* A blank in front is dropped by some programs before they look. */
    while (s.len && s.ptr[0] == ' ')
        s = mp_str_skip(s, 1);
    for (size_t i = 0; i < MP_COUNT(starts); i++)
        if (mp_str_starts(s, starts[i]))
            return true;
    return false;
}

static bool needs_quotes(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (memchr("\",\r\n;\t", s.ptr[i], 6))
            return true;
    return s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

void mp_escape_csv(mp_buf *out, mp_str s)
{
    bool formula = mp_escape_is_formula(s);
    bool quoted = formula || needs_quotes(s);
    if (quoted)
        mp_buf_add_c(out, '"');
    if (formula)
        mp_buf_add_c(out, '\'');
    while (s.len) {
        uint32_t cp;
        mp_str bytes = next_char(&s, &cp);
        if (cp == '"')
            mp_buf_add(out, MP_S("\"\""));
        else if (cp == '\n' || cp == '\t')
            mp_buf_add(out, bytes);
        else
            add_shown(out, bytes, cp, false);
    }
    if (quoted)
        mp_buf_add_c(out, '"');
}

void mp_escape_uri(mp_buf *out, const char *path)
{
    if (path[0] == '/')
        mp_buf_add(out, MP_S("file://"));
    for (const char *p = path; *p; p++) {
        uint8_t c = (uint8_t)*p;
        bool letter = (uint8_t)((c | 0x20) - 'a') < 26;
        if (letter || (uint8_t)(c - '0') < 10 || memchr("-._~/", c, 5))
            mp_buf_add_c(out, (char)c);
        else
            mp_buf_printf(out, "%%%02X", c);
    }
}
