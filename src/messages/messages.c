/* SPDX-License-Identifier: Apache-2.0 */
/* The texts are static tables sorted by key when the program is built, found by halving. */
#include "messages.h"

#include <stdarg.h>
#include <stdlib.h>

#include "fill.h"
#include "particle.h"
#include "table.h"

#define ARGS_MAX 10 /* {0} to {9} */

/* ---- languages ---- */

static const char *const lang_names[MP_LANG_COUNT] = { [MP_LANG_EN] = "en", [MP_LANG_KO] = "ko" };

mp_lang mp_lang_find(mp_str name)
{
    for (size_t i = 0; i < MP_LANG_COUNT; i++)
        if (mp_str_eq_fold(name, mp_str_from(lang_names[i])))
            return (mp_lang)i;
    return MP_LANG_COUNT;
}

mp_lang mp_lang_of_environment(void)
{
    /* In the order of POSIX (XBD 8.2); an empty one counts as not set. */
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < MP_COUNT(variables); i++) {
        mp_str value = mp_str_from(getenv(variables[i]));
        if (value.len)
            return mp_str_starts_fold(value, MP_S("ko")) ? MP_LANG_KO : MP_LANG_EN;
    }
    return MP_LANG_EN;
}

const char *mp_lang_name(mp_lang lang)
{
    return (unsigned)lang < MP_LANG_COUNT ? lang_names[lang] : "unknown";
}

/* ---- finding ---- */

/* The key is given in two halves, so that nobody has to join them. */
static int compare_key(mp_str key, mp_str front, mp_str back)
{
    mp_str key_front = mp_str_of(key.ptr, key.len < front.len ? key.len : front.len);
    int    order = mp_str_cmp(key_front, front);
    return order ? order : mp_str_cmp(mp_str_skip(key, front.len), back);
}

const mp_message_entry *mp_entry_find(const mp_message_entry *table, size_t len, mp_str front, mp_str back)
{
    size_t low = 0, high = len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int    order = compare_key(table[middle].key, front, back);
        if (order == 0)
            return &table[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const mp_message_entry *find_message(mp_str front, mp_str back)
{
    return mp_entry_find(mp_message_table, mp_message_table_len, front, back);
}

mp_str mp_message(mp_lang lang, const char *id)
{
    const mp_message_entry *entry = find_message(mp_str_from(id), MP_S(""));
    return entry ? entry->text[lang] : mp_str_from(id);
}

bool mp_message_exists(mp_lang lang, const char *id)
{
    const mp_message_entry *entry = find_message(mp_str_from(id), MP_S(""));
    return entry && entry->text[lang].len > 0;
}

mp_str mp_message_of(mp_lang lang, const char *prefix, mp_str name)
{
    const mp_message_entry *entry = find_message(mp_str_from(prefix), name);
    return entry ? entry->text[lang] : MP_S("");
}

const char *mp_message_id_at(size_t index)
{
    return index < mp_message_table_len ? mp_message_table[index].key.ptr : NULL;
}

/* ---- filling in ---- */

/* slot = "{" digit [":" forms] "}". Append it; its length, or 0 when this is none. */
static size_t add_slot(mp_buf *out, mp_str at, const mp_str *args, size_t count)
{
    size_t end = mp_str_find(at, '}');
    if (end == SIZE_MAX || end < 2 || at.ptr[1] < '0' || at.ptr[1] > '9')
        return 0;
    size_t number = (size_t)(at.ptr[1] - '0');
    if (number >= count)
        return 0;
    if (end == 2)
        mp_buf_add(out, args[number]);
    else if (at.ptr[2] == ':')
        mp_say_particle(out, args[number], mp_str_of(at.ptr + 3, end - 3));
    else
        return 0;
    return end + 1;
}

void mp_fill_in(mp_buf *out, mp_str text, const mp_str *args, size_t count)
{
    while (text.len) {
        char   c = text.ptr[0];
        size_t taken = 0;
        if ((c == '{' || c == '}') && text.len > 1 && text.ptr[1] == c) {
            mp_buf_add_c(out, c);
            taken = 2;
        } else if (c == '{') {
            taken = add_slot(out, text, args, count);
        }
        if (taken == 0) {
            taken = 1;
            while (taken < text.len && text.ptr[taken] != '{' && text.ptr[taken] != '}')
                taken++;
            mp_buf_add(out, mp_str_of(text.ptr, taken));
        }
        text = mp_str_skip(text, taken);
    }
}

void mp_say(mp_buf *out, mp_lang lang, const char *id, const mp_str *args, size_t count)
{
    mp_fill_in(out, mp_message(lang, id), args, count);
}

void mp_say_va(mp_buf *out, mp_lang lang, const char *id, va_list list)
{
    mp_str args[ARGS_MAX];
    size_t count = 0;
    for (const char *arg; count < ARGS_MAX && (arg = va_arg(list, const char *)) != NULL;)
        args[count++] = mp_str_from(arg);
    mp_say(out, lang, id, args, count);
}

void mp_say_z(mp_buf *out, mp_lang lang, const char *id, ...)
{
    va_list list;
    va_start(list, id);
    mp_say_va(out, lang, id, list);
    va_end(list);
}
