/* SPDX-License-Identifier: Apache-2.0 */
/* Errors are made in English and translated when they are said. An error remembers its format and where
 * the arguments stand, so its translation is looked up and filled. Where an error was passed on as text
 * ("default value: %s", or a verdict that keeps the sentence only), the format is found again: the one
 * whose literal parts stand in the text, in order, and are the longest in all. */
#include "fill.h"

#define DEEPEST 3      /* sentences within sentences */
#define LEAST_LITERAL 5 /* letters that a format must have to be recognised by */

typedef struct match {
    const mp_message_entry *entry;
    mp_str                  args[MP_ERROR_ARGS];
    size_t                  count;
    size_t                  literal; /* bytes of the format's literal parts */
} match;

static void say(mp_buf *out, mp_lang lang, mp_str english, int depth);

static const mp_message_entry *find_format(const char *format)
{
    return format ? mp_entry_find(mp_error_table, mp_error_table_len, mp_str_from(format), MP_S(""))
                  : NULL;
}

/* ---- recognising ---- */

static size_t count_letters(mp_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += (unsigned char)((s.ptr[i] | 0x20) - 'a') < 26;
    return count;
}

/* pattern = literal {anything literal}. What "anything" stands for becomes an argument: as little as
 * will do, and the last one all that is left before the last literal. */
static bool fits(match *m, mp_str pattern, mp_str text)
{
    size_t first = mp_str_find(pattern, MP_ANYTHING);
    if (first == SIZE_MAX)
        return mp_str_eq(pattern, text);
    if (!mp_str_starts(text, mp_str_of(pattern.ptr, first)))
        return false;
    text = mp_str_skip(text, first);
    pattern = mp_str_skip(pattern, first);
    while (pattern.len) { /* at an "anything" */
        pattern = mp_str_skip(pattern, 1);
        size_t next = mp_str_find(pattern, MP_ANYTHING);
        bool   is_last = next == SIZE_MAX;
        mp_str literal = is_last ? pattern : mp_str_of(pattern.ptr, next);
        size_t at = is_last ? text.len - literal.len : mp_str_find_str(text, literal);
        if (m->count == MP_ERROR_ARGS || (is_last && !mp_str_ends(text, literal)) || at == SIZE_MAX)
            return false;
        m->args[m->count++] = mp_str_of(text.ptr, at);
        text = mp_str_skip(text, at + literal.len);
        pattern = mp_str_skip(pattern, literal.len);
    }
    return true;
}

static bool recognise(match *best, mp_str text)
{
    best->entry = NULL;
    best->literal = 0;
    for (size_t i = 0; i < mp_error_table_len; i++) {
        const mp_message_entry *entry = &mp_error_table[i];
        mp_str                  pattern = entry->text[MP_LANG_EN];
        match                   m = { .entry = entry };
        if (mp_str_starts(entry->key, MP_S("=")) || count_letters(pattern) < LEAST_LITERAL ||
            !fits(&m, pattern, text))
            continue;
        m.literal = pattern.len - m.count;
        if (m.literal > best->literal)
            *best = m;
    }
    return best->entry != NULL;
}

/* ---- saying ---- */

/* An argument in its own language: a word that errors use, or a sentence. What stands in quotes is
 * somebody's own text. */
static mp_str translate(mp_buf *scratch, mp_lang lang, mp_str arg, bool is_quoted, int depth)
{
    if (is_quoted)
        return arg;
    const mp_message_entry *word =
        mp_entry_find(mp_error_table, mp_error_table_len, MP_S("="), arg);
    if (word)
        return word->text[lang];
    if (depth == DEEPEST || mp_str_find(arg, ' ') == SIZE_MAX)
        return arg;
    say(scratch, lang, arg, depth + 1);
    return scratch->failed ? arg : mp_buf_str(scratch);
}

static void fill(mp_buf *out, mp_lang lang, const match *m, mp_str whole, int depth)
{
    mp_buf scratch[MP_ERROR_ARGS];
    mp_str args[MP_ERROR_ARGS];
    for (size_t i = 0; i < m->count; i++) {
        char before = m->args[i].ptr > whole.ptr ? m->args[i].ptr[-1] : ' ';
        scratch[i] = (mp_buf)MP_BUF_INIT;
        args[i] = translate(&scratch[i], lang, m->args[i], before == '"' || before == '\'', depth);
    }
    mp_fill_in(out, m->entry->text[lang], args, m->count);
    for (size_t i = 0; i < m->count; i++)
        mp_buf_free(&scratch[i]);
}

/* What a sentence is about, in front of it; as the name of a document it has its colon already. */
static void add_subject(mp_buf *out, mp_str subject)
{
    mp_buf_add(out, subject);
    mp_buf_add(out, mp_str_ends(subject, MP_S(":")) ? MP_S(" ") : MP_S(": "));
}

/* A subject or a place may stand in front: "concat wants ...", "controls!C6: 'robot' is ...". Behind a place the sentence is the one
 * that is recognised by more than the whole: a format that begins with anything takes the place for a part of it. */
static void say(mp_buf *out, mp_lang lang, mp_str english, int depth)
{
    match  whole, behind = { .entry = NULL };
    size_t blank = mp_str_find(english, ' ');
    bool   is_place = blank != SIZE_MAX && blank > 0 && english.ptr[blank - 1] == ':';
    bool   is_whole = recognise(&whole, english);
    if (is_place || (!is_whole && blank != SIZE_MAX))
        recognise(&behind, mp_str_skip(english, blank + 1));
    if (behind.entry && (!is_whole || behind.literal > whole.literal)) {
        add_subject(out, mp_str_of(english.ptr, blank));
        fill(out, lang, &behind, english, depth);
    } else if (is_whole) {
        fill(out, lang, &whole, english, depth);
    } else {
        mp_buf_add(out, english);
    }
}

void mp_say_sentence(mp_buf *out, mp_lang lang, mp_str english)
{
    if (lang == MP_LANG_EN)
        mp_buf_add(out, english);
    else
        say(out, lang, english, 0);
}

void mp_say_error(mp_buf *out, mp_lang lang, const mp_error *err)
{
    match m = { .entry = lang == MP_LANG_EN ? NULL : find_format(err->format), .count = err->arg_count };
    if (!m.entry) {
        mp_say_sentence(out, lang, mp_str_from(err->message));
        return;
    }
    if (err->subject_len) /* "SUBJECT " */
        add_subject(out, mp_str_of(err->message, err->subject_len - 1u));
    for (size_t i = 0; i < m.count; i++)
        m.args[i] = mp_str_of(err->message + err->args[i].at, err->args[i].len);
    fill(out, lang, &m, mp_str_from(err->message), 0);
}

bool mp_error_is_translated(mp_lang lang, const char *format)
{
    return lang == MP_LANG_EN || find_format(format) != NULL;
}
