/* SPDX-License-Identifier: Apache-2.0 */
/* Token by token, without a stack: a bare word is a key when a colon follows, and a comma is one too many when
 * a closing bracket follows. What lies between tokens (blanks, comments) keeps its width and its lines. */
#include "lenient.h"

typedef struct scan {
    mp_buf *out;
    mp_str  text;
    size_t  at;
    char    last; /* of the token before; blanks and comments are none */
} scan;

static char char_at(const scan *s, size_t at)
{
    return at < s->text.len ? s->text.ptr[at] : '\0';
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Where the comment that begins at `at` ends; SIZE_MAX when it does not, `at` when there is none. A line's comment
 * ends before the line end. */
static size_t comment_end(const scan *s, size_t at)
{
    if (char_at(s, at) != '/')
        return at;
    mp_str rest = mp_str_skip(s->text, at + 2);
    if (char_at(s, at + 1) == '/') {
        size_t end = mp_str_find(rest, '\n');
        return end == SIZE_MAX ? s->text.len : at + 2 + end;
    }
    if (char_at(s, at + 1) != '*')
        return at;
    size_t end = mp_str_find_str(rest, MP_S("*/"));
    return end == SIZE_MAX ? SIZE_MAX : at + 2 + end + 2;
}

/* The next token from `at` on, behind blanks and comments. */
static size_t next_token(const scan *s, size_t at)
{
    for (;;) {
        while (at < s->text.len && is_blank(s->text.ptr[at]))
            at++;
        size_t end = comment_end(s, at);
        if (end == at || end == SIZE_MAX)
            return at;
        at = end;
    }
}

static mp_code blank_comment(scan *s, size_t end, mp_error *err)
{
    if (end == SIZE_MAX)
        return mp_fail(err, MP_SYNTAX, mp_pos_of_offset(s->text, s->at), "a comment does not end");
    for (; s->at < end; s->at++) {
        char c = s->text.ptr[s->at];
        mp_buf_add_c(s->out, c == '\n' || c == '\r' ? c : ' ');
    }
    return MP_OK;
}

static void add_escaped(mp_buf *out, char c)
{
    switch (c) {
    case '\n': mp_buf_add(out, MP_S("\\n")); break;
    case '\r': mp_buf_add(out, MP_S("\\r")); break;
    case '\t': mp_buf_add(out, MP_S("\\t")); break;
    default: mp_buf_printf(out, "\\u%04x", (unsigned)(unsigned char)c); break;
    }
}

static mp_code string(scan *s, mp_error *err)
{
    size_t start = s->at++, lines = 0;
    mp_buf_add_c(s->out, '"');
    for (;; s->at++) {
        if (s->at >= s->text.len)
            return mp_fail(err, MP_SYNTAX, mp_pos_of_offset(s->text, start), "a string does not end");
        char c = s->text.ptr[s->at];
        if (c == '"')
            break;
        if ((unsigned char)c < 0x20) {
            add_escaped(s->out, c);
            lines += c == '\n';
            continue;
        }
        mp_buf_add_c(s->out, c);
        if (c == '\\' && (unsigned char)char_at(s, s->at + 1) >= 0x20)
            mp_buf_add_c(s->out, s->text.ptr[++s->at]);
    }
    s->at++;
    mp_buf_add_c(s->out, '"');
    for (; lines; lines--)
        mp_buf_add_c(s->out, '\n');
    return MP_OK;
}

static bool is_word_start(char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '$'; }
static bool is_word(char c) { return is_word_start(c) || (c >= '0' && c <= '9') || c == '-'; }

static void word(scan *s)
{
    size_t end = s->at;
    while (end < s->text.len && is_word(s->text.ptr[end]))
        end++;
    mp_str found = mp_str_of(s->text.ptr + s->at, end - s->at);
    bool   is_key = char_at(s, next_token(s, end)) == ':';
    if (is_key)
        mp_buf_add_c(s->out, '"');
    mp_buf_add(s->out, found);
    if (is_key)
        mp_buf_add_c(s->out, '"');
    s->at = end;
}

/* One that nothing stands before is no comma too many, but a fault. */
static void comma(scan *s)
{
    char next = char_at(s, next_token(s, ++s->at));
    bool is_extra = (next == '}' || next == ']') && s->last && !strchr("[{,:", s->last);
    mp_buf_add_c(s->out, is_extra ? ' ' : ',');
}

static mp_code token(scan *s, mp_error *err)
{
    char   c = s->text.ptr[s->at];
    size_t end = comment_end(s, s->at);
    if (end != s->at)
        return blank_comment(s, end, err);
    if (c == '"') {
        MP_TRY(string(s, err));
    } else if (is_word_start(c)) {
        word(s);
    } else if (c >= '0' && c <= '9') { /* 1e5 is no number and a word */
        while (s->at < s->text.len && (is_word(s->text.ptr[s->at]) || strchr("+.", s->text.ptr[s->at])) &&
               s->text.ptr[s->at])
            mp_buf_add_c(s->out, s->text.ptr[s->at++]);
    } else if (c == ',') {
        comma(s);
    } else {
        mp_buf_add_c(s->out, c);
        s->at++;
    }
    s->last = is_blank(c) ? s->last : c;
    return MP_OK;
}

mp_code mp_json_lenient(mp_buf *strict, mp_str text, mp_error *err)
{
    scan s = { .out = strict, .text = text };
    while (s.at < text.len && !strict->failed)
        MP_TRY(token(&s, err));
    return mp_buf_check(strict, err);
}
