/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the query options, and what all their parsers say when something else stands there.
 *
 * A path ("properties/state") is one word: a slash belongs to it when a letter follows directly. Dates and GUIDs without
 * quotes begin as numbers or words do, so they are looked for first. */
#include "odata_parse.h"

#include <stdio.h>

#include "secret.h"
#include "text.h"

#define SHOWN_MAX 60
#define GUID_LENGTH 36

/* ---- failing ---- */

mp_code odata_nomem(mp_error *err)
{
    return mp_no_memory(err);
}

mp_code odata_fail_at(const parsing *p, mp_code code, size_t offset, const char *file, int line, const char *format, ...)
{
    char    subject[64];
    mp_pos  pos = mp_pos_of_offset(p->text, offset);
    int     len = pos.line > 1 ? snprintf(subject, sizeof subject, "%s:%u:%u:", p->option, pos.line, pos.col)
                               : snprintf(subject, sizeof subject, "%s:%u:", p->option, pos.col);
    va_list args;
    va_start(args, format);
    mp_fail_about(p->err, code, pos, file, line, mp_str_of(subject, (size_t)len), format, args);
    va_end(args);
    return code;
}

mp_str odata_clip(mp_str s)
{
    if (s.len <= SHOWN_MAX)
        return s;
    s.len = SHOWN_MAX;
    while (s.len && ((uint8_t)s.ptr[s.len] & 0xC0) == 0x80) /* not within a character */
        s.len--;
    return s;
}

mp_str odata_shown(const parsing *p)
{
    return odata_clip(p->token.text);
}

/* ---- reading ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool starts_word(char c)
{
    char small = (char)(c | 0x20);
    return (small >= 'a' && small <= 'z') || c == '_' || c == '@' || c == '$' || (uint8_t)c >= 0x80;
}

static bool is_word(char c)
{
    return starts_word(c) || is_digit(c) || c == '.';
}

static mp_str rest_of(const parsing *p, size_t at)
{
    return mp_str_skip(p->text, at);
}

/* The bytes of a name or path at the front of `s`. */
static size_t word_length(mp_str s)
{
    size_t n = 0;
    for (; n < s.len; n++)
        if (!is_word(s.ptr[n]) && !(s.ptr[n] == '/' && n + 1 < s.len && starts_word(s.ptr[n + 1])))
            break;
    return n;
}

/* What a number, a date or a GUID without quotes may be made of. */
static size_t run_length(mp_str s)
{
    size_t n = 0;
    while (n < s.len && (is_word(s.ptr[n]) || s.ptr[n] == '-' || s.ptr[n] == '+' || s.ptr[n] == ':'))
        n++;
    return n;
}

static size_t digits(mp_str s, size_t from)
{
    size_t n = from;
    while (n < s.len && is_digit(s.ptr[n]))
        n++;
    return n - from;
}

/* [-] digits [. digits] [e [+-] digits] */
static bool is_number(mp_str s, bool *is_whole)
{
    size_t at = s.len && s.ptr[0] == '-' ? 1 : 0, n = digits(s, at);
    *is_whole = true;
    if (n == 0)
        return false;
    at += n;
    if (at < s.len && s.ptr[at] == '.') {
        *is_whole = false;
        n = digits(s, at + 1);
        if (n == 0)
            return false;
        at += 1 + n;
    }
    if (at < s.len && (s.ptr[at] | 0x20) == 'e') {
        *is_whole = false;
        at += at + 1 < s.len && (s.ptr[at + 1] == '-' || s.ptr[at + 1] == '+') ? 2 : 1;
        n = digits(s, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == s.len;
}

static bool take_int(int64_t *out, mp_str s)
{
    bool    is_negative = s.ptr[0] == '-';
    int64_t value = 0;
    for (size_t i = is_negative; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

/* 0: no number; beyond what a double holds counts as none. */
static bool take_number(mp_cell *out, mp_str s)
{
    bool    is_whole;
    int64_t integer;
    if (!is_number(s, &is_whole))
        return false;
    if (is_whole && take_int(&integer, s)) {
        *out = mp_cell_int(integer);
        return true;
    }
    mp_json v = { MP_JSON_REAL, (uint32_t)s.len, { .text = s.ptr } };
    double  real = mp_json_double(&v);
    *out = mp_cell_real(real == 0 ? 0.0 : real); /* no -0 */
    return !__builtin_isinf(real);
}

/* 'It''s': `from` is the place of the first quote. */
static mp_code take_quoted(mp_str *out, size_t *end, parsing *p, size_t from)
{
    mp_str s = p->text;
    size_t len = 0, at = from + 1;
    for (; at < s.len; at++, len++) {
        if (s.ptr[at] != '\'')
            continue;
        if (at + 1 == s.len || s.ptr[at + 1] != '\'')
            break;
        at++;
    }
    if (at >= s.len)
        return odata_fail(p, MP_SYNTAX, from, "the text that begins here has no end; wanted '");
    char *copy = mp_arena_alloc(p->arena, len + 1);
    if (!copy)
        return odata_nomem(p->err);
    for (size_t i = from + 1, n = 0; n < len; i++, n++) {
        copy[n] = s.ptr[i];
        i += s.ptr[i] == '\'';
    }
    copy[len] = '\0';
    *out = mp_str_of(copy, len);
    *end = at + 1;
    return MP_OK;
}

/* datetime'2026-01-31T09:00:00', guid'...': the prefixes of OData v3. */
static mp_code take_prefixed(parsing *p, size_t at, mp_str prefix)
{
    mp_str   text;
    size_t   end;
    mp_ticks ticks;
    bool     is_date = mp_str_eq_fold(prefix, MP_S("datetime")) || mp_str_eq_fold(prefix, MP_S("datetimeoffset")) ||
                   mp_str_eq_fold(prefix, MP_S("date"));
    if (!is_date && !mp_str_eq_fold(prefix, MP_S("guid")))
        return odata_fail(p, MP_SYNTAX, at, "found %.*s'...', wanted datetime'...' or guid'...'",
                          MP_FMT(odata_clip(prefix)));
    MP_TRY(take_quoted(&text, &end, p, at + prefix.len));
    if (is_date && !mp_clock_parse(&ticks, text))
        return odata_fail(p, MP_SYNTAX, at, "found \"%.*s\", wanted a date like 2026-01-31T09:00:00Z",
                          MP_FMT(odata_clip(text)));
    if (!is_date && !mp_is_guid(text))
        return odata_fail(p, MP_SYNTAX, at, "found \"%.*s\", wanted a GUID", MP_FMT(odata_clip(text)));
    p->token = (token){ TOKEN_LITERAL, at, mp_str_of(p->text.ptr + at, end - at),
                        is_date ? mp_cell_date(ticks) : mp_cell_text(text) };
    return MP_OK;
}

static mp_code take_literal(parsing *p, size_t at)
{
    mp_str   run = mp_str_of(p->text.ptr + at, run_length(rest_of(p, at)));
    mp_cell  value;
    mp_ticks ticks;
    if (mp_clock_parse(&ticks, run))
        value = mp_cell_date(ticks);
    else if (!take_number(&value, run))
        return odata_fail(p, MP_SYNTAX, at, "found \"%.*s\", wanted a number, a date, or a text in quotes",
                          MP_FMT(odata_clip(run)));
    p->token = (token){ TOKEN_LITERAL, at, run, value };
    return MP_OK;
}

static bool is_guid_at(mp_str s)
{
    return s.len >= GUID_LENGTH && mp_is_guid(mp_str_of(s.ptr, GUID_LENGTH)) && run_length(s) == GUID_LENGTH;
}

static mp_code take_guid(parsing *p, size_t at)
{
    mp_str text = mp_arena_dup(p->arena, mp_str_of(p->text.ptr + at, GUID_LENGTH));
    p->token = (token){ TOKEN_LITERAL, at, mp_str_of(p->text.ptr + at, GUID_LENGTH), mp_cell_text(text) };
    return text.ptr ? MP_OK : odata_nomem(p->err);
}

static mp_code take_text(parsing *p, size_t at)
{
    mp_str text;
    size_t end;
    MP_TRY(take_quoted(&text, &end, p, at));
    p->token = (token){ TOKEN_LITERAL, at, mp_str_of(p->text.ptr + at, end - at), mp_cell_text(text) };
    return MP_OK;
}

mp_code odata_next(parsing *p)
{
    size_t at = p->token.at + p->token.text.len;
    while (at < p->text.len && is_blank(p->text.ptr[at]))
        at++;
    mp_str s = rest_of(p, at);
    if (s.len == 0) {
        p->token = (token){ .kind = TOKEN_END, .at = at, .text = s };
        return MP_OK;
    }
    char c = s.ptr[0];
    if (is_guid_at(s))
        return take_guid(p, at);
    if (c == '\'')
        return take_text(p, at);
    if (is_digit(c) || (c == '-' && s.len > 1 && is_digit(s.ptr[1])))
        return take_literal(p, at);
    if (!starts_word(c)) {
        p->token = (token){ .kind = TOKEN_MARK, .at = at, .text = mp_str_of(s.ptr, 1) };
        return MP_OK;
    }
    mp_str word = mp_str_of(s.ptr, word_length(s));
    if (word.len < s.len && s.ptr[word.len] == '\'')
        return take_prefixed(p, at, word);
    p->token = (token){ .kind = TOKEN_WORD, .at = at, .text = word };
    return MP_OK;
}

mp_code odata_begin(parsing *p, const char *option, mp_arena *arena, const mp_odata_table *table, mp_str text, mp_error *err)
{
    *p = (parsing){ .option = option, .arena = arena, .table = table, .text = text.ptr ? text : MP_S(""), .err = err };
    text = p->text;
    if (text.len > MP_ODATA_TEXT_MAX)
        return odata_fail(p, MP_LIMIT, 0, "the text has %zu bytes; the most is %d", text.len, MP_ODATA_TEXT_MAX);
    size_t nul = mp_str_find(text, '\0');
    if (nul != SIZE_MAX)
        return odata_fail(p, MP_SYNTAX, nul, "a NUL character stands here; wanted text");
    if (!mp_utf8_valid(text))
        return odata_fail(p, MP_SYNTAX, 0, "the text is no UTF-8");
    p->token = (token){ .kind = TOKEN_MARK, .text = mp_str_of(text.ptr, 0) };
    return odata_next(p);
}

/* ---- what the parsers ask ---- */

bool odata_at_word(const parsing *p, const char *word)
{
    return p->token.kind == TOKEN_WORD && mp_str_eq_fold(p->token.text, mp_str_from(word));
}

bool odata_at_mark(const parsing *p, char mark)
{
    return p->token.kind == TOKEN_MARK && p->token.text.ptr[0] == mark;
}

mp_code odata_take_mark(parsing *p, char mark)
{
    if (!odata_at_mark(p, mark))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted \"%c\"", MP_FMT(odata_shown(p)), mark);
    return odata_next(p);
}

mp_code odata_take_end(parsing *p)
{
    if (p->token.kind != TOKEN_END)
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted the end", MP_FMT(odata_shown(p)));
    return MP_OK;
}

/* A path whose last name is `word`, or what is spelled nearly so. */
static mp_str nearest_field(const mp_odata_table *table, mp_str word, const mp_str *names)
{
    for (uint32_t i = 0; i < table->field_count; i++)
        if (mp_str_ends_fold(names[i], word) && names[i].len > word.len && names[i].ptr[names[i].len - word.len - 1] == '/')
            return names[i];
    return mp_text_nearest(word, names, table->field_count);
}

static mp_code unknown_field(const parsing *p, const token *word)
{
    uint32_t count = p->table->field_count;
    mp_str  *names = MP_ARENA_ARRAY(p->arena, mp_str, count + 1);
    if (!names)
        return odata_nomem(p->err);
    for (uint32_t i = 0; i < count; i++)
        names[i] = p->table->fields[i].name;
    mp_str nearest = nearest_field(p->table, word->text, names), shown = odata_clip(word->text);
    if (nearest.ptr)
        return odata_fail(p, MP_COMPILE, word->at, "there is no field \"%.*s\"; did you mean \"%.*s\"?", MP_FMT(shown),
                          MP_FMT(nearest));
    return odata_fail(p, MP_COMPILE, word->at, "there is no field \"%.*s\"", MP_FMT(shown));
}

mp_code odata_find_field(uint32_t *out, const parsing *p, const token *word)
{
    uint32_t field = mp_odata_find(p->table, word->text);
    if (field == UINT32_MAX)
        return unknown_field(p, word);
    *out = field;
    return MP_OK;
}

mp_code odata_take_field(uint32_t *out, parsing *p)
{
    if (p->token.kind != TOKEN_WORD)
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted the name of a field", MP_FMT(odata_shown(p)));
    MP_TRY(odata_find_field(out, p, &p->token));
    return odata_next(p);
}
