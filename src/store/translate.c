/* SPDX-License-Identifier: Apache-2.0 */
/* The store's SQL in the words of an engine. It is read as words, numbers, quoted runs, comments and single
 * characters; what stands in quotes or comments is never touched. */
#include "store_engine.h"

#include <ctype.h>

typedef struct lexer {
    mp_str rest;
    mp_str token; /* just read, with the blanks before it in `gap` */
    mp_str gap;
} lexer;

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Bytes of a run that ends with `quote` (twice stands for itself). */
static size_t quoted(mp_str s, char quote)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] != quote)
            continue;
        if (i + 1 < s.len && s.ptr[i + 1] == quote)
            i++;
        else
            return i + 1;
    }
    return s.len;
}

static size_t gap_length(mp_str s)
{
    size_t i = 0;
    while (i < s.len) {
        mp_str left = mp_str_skip(s, i);
        if (isspace((unsigned char)left.ptr[0])) {
            i++;
        } else if (mp_str_starts(left, MP_S("--"))) {
            size_t end = mp_str_find(left, '\n');
            i += end == SIZE_MAX ? left.len : end + 1;
        } else {
            break;
        }
    }
    return i;
}

static size_t token_length(mp_str s)
{
    size_t n = 1;
    if (s.ptr[0] == '\'' || s.ptr[0] == '"')
        return quoted(s, s.ptr[0]);
    if ((s.ptr[0] == 'x' || s.ptr[0] == 'X') && s.len > 1 && s.ptr[1] == '\'')
        return 1 + quoted(mp_str_skip(s, 1), '\'');
    if (s.ptr[0] == '?') {
        while (n < s.len && isdigit((unsigned char)s.ptr[n]))
            n++;
    } else if (is_word(s.ptr[0])) {
        while (n < s.len && is_word(s.ptr[n]))
            n++;
    }
    return n;
}

/* False at the end; then `gap` is what stood there. */
static bool next_token(lexer *l)
{
    size_t gap = gap_length(l->rest);
    l->gap = mp_str_of(l->rest.ptr, gap);
    l->rest = mp_str_skip(l->rest, gap);
    if (l->rest.len == 0)
        return false;
    size_t len = token_length(l->rest);
    l->token = mp_str_of(l->rest.ptr, len);
    l->rest = mp_str_skip(l->rest, len);
    return true;
}

static bool is(mp_str token, const char *word)
{
    return mp_str_eq_fold(token, mp_str_from(word));
}

/* Is `l` before WITHOUT, with ROWID behind it? Then the latter is passed. */
static bool passes_without_rowid(lexer *l)
{
    lexer ahead = *l;
    if (!is(l->token, "WITHOUT") || !next_token(&ahead) || !is(ahead.token, "ROWID"))
        return false;
    *l = ahead;
    return true;
}

static void add_for_postgres(mp_buf *out, mp_str token, bool defines)
{
    if (token.ptr[0] == '?') {
        mp_buf_add_c(out, '$');
        mp_buf_add(out, mp_str_skip(token, 1));
    } else if (token.len > 2 && (token.ptr[0] == 'x' || token.ptr[0] == 'X') && token.ptr[1] == '\'') {
        mp_buf_add(out, MP_S("'\\x"));
        mp_buf_add(out, mp_str_skip(token, 2));
        mp_buf_add(out, MP_S("::bytea"));
    } else if (is(token, "INTEGER")) {
        mp_buf_add(out, MP_S("BIGINT"));
    } else if (is(token, "REAL")) {
        mp_buf_add(out, MP_S("DOUBLE PRECISION"));
    } else if (is(token, "BLOB")) {
        mp_buf_add(out, MP_S("BYTEA"));
    } else if (defines && is(token, "TEXT")) {
        mp_buf_add(out, MP_S("TEXT COLLATE \"C\""));
    } else {
        mp_buf_add(out, token);
    }
}

mp_code mp_translate_postgres(mp_buf *out, mp_str sql, bool defines, mp_error *err)
{
    lexer l = { .rest = sql };
    while (next_token(&l)) {
        if (defines && passes_without_rowid(&l))
            continue;
        mp_buf_add(out, l.gap);
        add_for_postgres(out, l.token, defines);
    }
    mp_buf_add_c(out, '\0');
    return mp_buf_check(out, err);
}

mp_code mp_translate_sqlite(mp_buf *out, mp_str sql, mp_error *err)
{
    lexer l = { .rest = sql };
    bool  is_first = next_token(&l) && is(l.token, "CREATE");
    lexer second = l;
    bool  makes_table = is_first && next_token(&second) && is(second.token, "TABLE");
    bool  has_options = false;
    while (makes_table && next_token(&l))
        has_options = has_options || is(l.token, "WITHOUT");
    mp_buf_add(out, mp_str_trim(sql));
    if (makes_table)
        mp_buf_add(out, has_options ? MP_S(", STRICT") : MP_S(" STRICT"));
    mp_buf_add_c(out, '\0');
    return mp_buf_check(out, err);
}

bool mp_next_statement(mp_str *out, mp_str *script)
{
    lexer       l = { .rest = *script };
    const char *start = NULL;
    while (next_token(&l)) {
        bool is_end = mp_str_eq(l.token, MP_S(";"));
        if (!is_end && !start)
            start = l.token.ptr;
        if (is_end && start) {
            *out = mp_str_of(start, (size_t)(l.token.ptr - start));
            *script = l.rest;
            return true;
        }
    }
    if (start)
        *out = mp_str_trim(mp_str_of(start, (size_t)(script->ptr + script->len - start)));
    *script = MP_S("");
    return start != NULL;
}
