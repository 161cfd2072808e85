/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, and what all parsers say when something else stands there. Text in quotes is read as JSON strings are kept:
 * without escapes, in the arena. */
#include "kusto_parse.h"

#include "text.h"
#include "utf8.h"

#define SHOWN_MAX 60

/* ---- failing ---- */

mp_code kusto_nomem(mp_error *err) { return mp_no_memory(err); }

mp_code kusto_fail_at(const parsing *p, mp_code code, const char *kind, size_t offset, mp_str shown, const char *file,
                      int line, const char *format, ...)
{
    va_list args;
    *p->fault = (mp_kusto_fault){ .kind = kind, .token = shown };
    va_start(args, format);
    mp_fail_about(p->err, code, mp_pos_of_offset(p->text, offset), file, line, mp_str_of(NULL, 0), format, args);
    va_end(args);
    return code;
}

static mp_str clip(mp_str s)
{
    if (s.len <= SHOWN_MAX)
        return s;
    s.len = SHOWN_MAX;
    while (s.len && mp_utf8_continues((uint8_t)s.ptr[s.len]))
        s.len--;
    return s;
}

mp_str kusto_shown(const parsing *p) { return p->token.kind == TOKEN_END ? MP_S("the end") : clip(p->token.text); }

/* ---- characters ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_word(char c) { return starts_word(c) || is_digit(c); }

bool kusto_is_name(mp_str s)
{
    bool is_name = s.len > 0 && starts_word(s.ptr[0]);
    for (size_t i = 1; i < s.len && is_name; i++)
        is_name = is_word(s.ptr[i]);
    return is_name;
}

/* Blanks, and comments to the end of their line. */
static size_t skip_blank(mp_str text, size_t at)
{
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '/' && at + 1 < text.len && text.ptr[at + 1] == '/')
            while (at + 1 < text.len && text.ptr[at + 1] != '\n')
                at++;
        else if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            break;
    }
    return at;
}

static mp_code set_token(parsing *p, token_kind kind, size_t at, size_t len, const mp_json *value)
{
    p->token = (token){ .kind = kind, .at = at, .text = mp_str_of(p->text.ptr + at, len), .value = value };
    return MP_OK;
}

/* ---- numbers ---- */

static size_t digits_at(mp_str s, size_t at)
{
    while (at < s.len && is_digit(s.ptr[at]))
        at++;
    return at;
}

/* digits [ "." digits ] [ "e" [ "+" | "-" ] digits ], with or without a minus in front. */
static mp_code take_number(parsing *p, size_t at)
{
    mp_str s = p->text;
    bool   is_less = s.ptr[at] == '-', is_real = false;
    size_t first = at + is_less, end = digits_at(s, first);
    if (end + 1 < s.len && s.ptr[end] == '.' && is_digit(s.ptr[end + 1])) {
        end = digits_at(s, end + 1);
        is_real = true;
    }
    if (end + 1 < s.len && (s.ptr[end] == 'e' || s.ptr[end] == 'E')) {
        size_t sign = s.ptr[end + 1] == '+' || s.ptr[end + 1] == '-';
        if (end + 1 + sign < s.len && is_digit(s.ptr[end + 1 + sign])) {
            end = digits_at(s, end + 1 + sign);
            is_real = true;
        }
    }
    MP_TRY(set_token(p, TOKEN_NUMBER, at, end - at, NULL));
    if (end < s.len && is_word(s.ptr[end]))
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "letters follow the number \"%.*s\"; wanted a blank or an operator",
                          MP_FMT(kusto_shown(p)));
    while (first + 1 < end && s.ptr[first] == '0' && is_digit(s.ptr[first + 1])) /* JSON has no zeros in front */
        first++;
    if (is_real) {
        mp_str text = mp_arena_printf(p->arena, "%s%.*s", is_less ? "-" : "", (int)(end - first), s.ptr + first);
        mp_json *real = MP_ARENA_NEW(p->arena, mp_json);
        if (!text.ptr || !real)
            return kusto_nomem(p->err);
        *real = (mp_json){ .kind = MP_JSON_REAL, .count = (uint32_t)text.len, .u.text = text.ptr };
        p->token.value = real;
        return MP_OK;
    }
    int64_t value = 0;
    bool    is_over = false;
    for (size_t i = first; i < end; i++)
        is_over |= __builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, s.ptr[i] - '0', &value);
    if (is_over || (!is_less && __builtin_sub_overflow(0, value, &value)))
        return kusto_fail(p, MP_LIMIT, SYNTAX, "the number \"%.*s\" is beyond 64 bits", MP_FMT(kusto_shown(p)));
    p->token.value = mp_json_make_int(p->arena, value);
    return p->token.value ? MP_OK : kusto_nomem(p->err);
}

/* ---- texts ---- */

static int hex_of(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What stands behind a backslash at `at`; *end is behind it. */
static mp_code add_escape(char **out, size_t *end, parsing *p, size_t at)
{
    static const char letters[] = "nrt\\'\"", meant[] = "\n\r\t\\'\"";
    mp_str            s = p->text;
    char              c = at < s.len ? s.ptr[at] : '\0';
    const char       *known = c ? strchr(letters, c) : NULL;
    if (known) {
        *(*out)++ = meant[known - letters];
        *end = at + 1;
        return MP_OK;
    }
    uint32_t code = 0;
    size_t   digits = c == 'u' ? 4 : c == 'x' ? 2 : 0, i = 0;
    for (; i < digits && at + 1 + i < s.len && hex_of(s.ptr[at + 1 + i]) >= 0; i++)
        code = code * 16 + (uint32_t)hex_of(s.ptr[at + 1 + i]);
    if (!digits || i < digits || code == 0 || (code >= 0xD800 && code < 0xE000))
        return kusto_fail(
            p, MP_SYNTAX, SYNTAX,
            "found an escape that is none; wanted \\n, \\r, \\t, \\\\, \\', \\\", \\xHH or \\uHHHH of a character, or @'...'");
    *out += mp_utf8_encode(*out, code);
    *end = at + 1 + digits;
    return MP_OK;
}

/* From the quote at `at`; with `is_plain` a backslash is a character like others, and a quote stands twice. */
static mp_code take_text(parsing *p, size_t start, size_t at, bool is_plain)
{
    mp_str s = p->text;
    char   quote = s.ptr[at];
    char  *text = mp_arena_alloc(p->arena, s.len - at + 1), *out = text;
    MP_TRY(set_token(p, TOKEN_TEXT, start, at + 1 - start, NULL));
    if (!text)
        return kusto_nomem(p->err);
    for (at++; at < s.len && s.ptr[at] != '\n'; ) {
        char c = s.ptr[at];
        if (c == quote && is_plain && at + 1 < s.len && s.ptr[at + 1] == quote) {
            *out++ = c;
            at += 2;
        } else if (c == quote) {
            p->token.text.len = at + 1 - start;
            p->token.value = mp_json_make_str(p->arena, mp_str_of(text, (size_t)(out - text)));
            return p->token.value ? MP_OK : kusto_nomem(p->err);
        } else if (c == '\\' && !is_plain) {
            MP_TRY(add_escape(&out, &at, p, at + 1));
        } else {
            *out++ = c;
            at++;
        }
    }
    return kusto_fail(p, MP_SYNTAX, SYNTAX, "the text that begins here does not end on its line; wanted %c", quote);
}

/* ---- the next one ---- */

static size_t word_length(mp_str s)
{
    size_t len = s.ptr[0] == '!' ? 1 : 0;
    while (len < s.len && is_word(s.ptr[len]))
        len++;
    return len + (len < s.len && s.ptr[len] == '~' &&
                  (mp_str_eq(mp_str_of(s.ptr, len), MP_S("in")) || mp_str_eq(mp_str_of(s.ptr, len), MP_S("!in"))));
}

static size_t mark_length(mp_str s)
{
    static const char *const pairs[] = { "==", "=~", "!=", "!~", "<=", ">=" };
    for (size_t i = 0; i < MP_COUNT(pairs); i++)
        if (mp_str_starts(s, mp_str_from(pairs[i])))
            return 2;
    mp_str   rest = s;
    uint32_t cp;
    size_t   len = mp_utf8_decode(&cp, rest.ptr, rest.len);
    return len ? len : 1;
}

mp_str kusto_rest(const parsing *p) { return mp_str_skip(p->text, skip_blank(p->text, p->token.at + p->token.text.len)); }

mp_code kusto_next(parsing *p)
{
    mp_str s = kusto_rest(p);
    size_t at = (size_t)(s.ptr - p->text.ptr);
    if (s.len == 0)
        return set_token(p, TOKEN_END, at, 0, NULL);
    char c = s.ptr[0], next = s.len > 1 ? s.ptr[1] : '\0';
    if (++p->tokens > MP_KUSTO_TOKENS_MAX) {
        MP_TRY(set_token(p, TOKEN_MARK, at, mark_length(s), NULL));
        return kusto_fail(p, MP_LIMIT, SYNTAX, "more than %d words and marks", MP_KUSTO_TOKENS_MAX);
    }
    if (c == '\'' || c == '"')
        return take_text(p, at, at, false);
    if (c == '@' && (next == '\'' || next == '"'))
        return take_text(p, at, at + 1, true);
    if (is_digit(c) || (c == '-' && is_digit(next)))
        return take_number(p, at);
    if (starts_word(c) || (c == '!' && starts_word(next)))
        return set_token(p, TOKEN_WORD, at, word_length(s), NULL);
    return set_token(p, TOKEN_MARK, at, mark_length(s), NULL);
}

mp_code kusto_begin(parsing *p)
{
    if (p->text.len > MP_KUSTO_TEXT_MAX)
        return kusto_fail(p, MP_LIMIT, SYNTAX, "the query has %zu bytes; the most is %u", p->text.len, MP_KUSTO_TEXT_MAX);
    if (!mp_utf8_valid(p->text) || mp_str_find(p->text, '\0') != SIZE_MAX)
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "the query is no text");
    p->token = (token){ .kind = TOKEN_MARK, .text = mp_str_of(p->text.ptr, 0) };
    return kusto_next(p);
}

/* ---- what the parsers ask ---- */

bool kusto_at_word(const parsing *p, const char *word)
{
    return p->token.kind == TOKEN_WORD && mp_str_eq(p->token.text, mp_str_from(word));
}
bool kusto_at_mark(const parsing *p, const char *mark)
{
    return p->token.kind == TOKEN_MARK && mp_str_eq(p->token.text, mp_str_from(mark));
}

mp_code kusto_take_mark(parsing *p, const char *mark)
{
    return kusto_at_mark(p, mark)
               ? kusto_next(p)
               : kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted \"%s\"", MP_FMT(kusto_shown(p)), mark);
}

mp_code kusto_take_word(parsing *p, const char *word)
{
    return kusto_at_word(p, word)
               ? kusto_next(p)
               : kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted \"%s\"", MP_FMT(kusto_shown(p)), word);
}

mp_code kusto_take_name(mp_str *out, parsing *p)
{
    if (p->token.kind == TOKEN_WORD && kusto_is_name(p->token.text)) {
        *out = p->token.text;
        return kusto_next(p);
    }
    if (!kusto_at_mark(p, "["))
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a name", MP_FMT(kusto_shown(p)));
    MP_TRY(kusto_next(p));
    if (p->token.kind != TOKEN_TEXT || mp_json_str(p->token.value).len == 0)
        return kusto_fail(p, MP_SYNTAX, SYNTAX, "found \"%.*s\"; wanted a name in quotes", MP_FMT(kusto_shown(p)));
    *out = mp_json_str(p->token.value);
    MP_TRY(kusto_next(p));
    return kusto_take_mark(p, "]");
}
