/* SPDX-License-Identifier: Apache-2.0 */
#include "words_of.h"

bool mp_line_next(mp_str *line, mp_str *rest)
{
    if (!rest->len)
        return false;
    size_t end = mp_str_find(*rest, '\n');
    *line = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = end == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(*rest, end + 1);
    if (line->len && line->ptr[line->len - 1] == '\r')
        line->len--;
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

mp_str mp_word_next(mp_str *rest)
{
    size_t from = 0;
    while (from < rest->len && (is_blank(rest->ptr[from]) || rest->ptr[from] == '\n'))
        from++;
    size_t to = from;
    while (to < rest->len && !is_blank(rest->ptr[to]) && rest->ptr[to] != '\n')
        to++;
    mp_str word = from == to ? mp_str_of(NULL, 0) : mp_str_of(rest->ptr + from, to - from);
    *rest = mp_str_skip(*rest, to);
    return word;
}

mp_str mp_piece_next(mp_str *rest, char mark)
{
    size_t end = mp_str_find(*rest, mark);
    mp_str piece = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = end == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(*rest, end + 1);
    return piece;
}

mp_str mp_line_without(mp_str line, char mark)
{
    size_t at = mp_str_find(line, mark);
    return mp_str_trim(at == SIZE_MAX ? line : mp_str_of(line.ptr, at));
}

mp_str mp_unquoted(mp_str value)
{
    value = mp_str_trim(value);
    if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') && value.ptr[value.len - 1] == value.ptr[0])
        return mp_str_of(value.ptr + 1, value.len - 2);
    return value;
}

bool mp_setting_of(mp_str *name, mp_str *value, mp_str line)
{
    size_t at = 0;
    line = mp_str_trim(line);
    if (!line.len || line.ptr[0] == '#' || line.ptr[0] == ';')
        return false;
    while (at < line.len && !is_blank(line.ptr[at]) && line.ptr[at] != '=')
        at++;
    *name = mp_str_of(line.ptr, at);
    mp_str rest = mp_str_trim(mp_str_skip(line, at));
    if (rest.len && rest.ptr[0] == '=')
        rest = mp_str_skip(rest, 1);
    *value = mp_unquoted(rest);
    return name->len > 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

bool mp_number_of(int64_t *out, mp_str text, int base)
{
    int64_t n = 0;
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit >= base || n > (INT64_C(1) << 62) / base - 16)
            return false;
        n = n * base + digit;
    }
    *out = n;
    return true;
}
