/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - what is said to people, in Korean and in English.
 *
 * Code knows ids; the sentences stand in content/messages/NAME.en.json and NAME.ko.json (one object,
 * id to text; any NAME) and are built into the program: an id that stands twice, or in one language
 * only, fails the build. A text may hold {0}, {1}... for arguments (other braces are braces; {{ is always
 * one). In Korean the particle behind an argument is written {0:이/가}, {0:을/를}, {0:은/는}, {0:으로/로}, {0:과/와},
 * {0:이/} and stands for the particle alone: "{0}{0:을/를} 읽지 못했습니다", "'{0}'{0:이/가} 아닙니다".
 *
 * Errors have no ids: errors.ko.json (and errors.ROOM.ko.json, for the rooms of the platform) maps the
 * English format of the source to the Korean sentence: {"policy text is %zu bytes; the most is %d": "정책이
 * {0}바이트입니다. 최대 {1}바이트입니다"}. A key "=an array" is a word that errors have as arguments, translated where it
 * does not stand in quotes.
 *
 * No state: any number of threads may use it. */
#ifndef MAPAE_MESSAGES_H
#define MAPAE_MESSAGES_H

#include "buf.h"

typedef enum mp_lang {
    MP_LANG_EN,
    MP_LANG_KO,
    MP_LANG_COUNT
} mp_lang;

/* "en", "ko"; MP_LANG_COUNT when `name` is neither. */
mp_lang mp_lang_find(mp_str name);
/* From LC_ALL, LC_MESSAGES, LANG: Korean when the first that is set begins with "ko". */
mp_lang mp_lang_of_environment(void);
const char *mp_lang_name(mp_lang lang);

/* The text of `id`, unfilled; the id itself when there is none (a test makes sure there is). Static. */
mp_str mp_message(mp_lang lang, const char *id);
bool   mp_message_exists(mp_lang lang, const char *id);
/* The same for an id made of two parts: mp_message_of(lang, "state.", state_text). Empty when there is
 * none. Static. */
mp_str mp_message_of(mp_lang lang, const char *prefix, mp_str name);
/* Every id, sorted, one by one; NULL from the end on. For tests and the reference. */
const char *mp_message_id_at(size_t index);
/* Append the text with its arguments filled in; an argument that was not given stays as {n}. */
void mp_say(mp_buf *out, mp_lang lang, const char *id, const mp_str *args, size_t count);
/* The same with C strings, nine at most: mp_say_z(out, lang, "scan.read", "12", "inventory.json", NULL). */
void mp_say_z(mp_buf *out, mp_lang lang, const char *id, ...) __attribute__((sentinel));
void mp_say_va(mp_buf *out, mp_lang lang, const char *id, va_list list);
/* An error's sentence in `lang`; English when it has no translation. */
void mp_say_error(mp_buf *out, mp_lang lang, const mp_error *err);
/* The same for a sentence of which only the English text was kept (mp_error.message), by itself or behind
 * the name of what failed. */
void mp_say_sentence(mp_buf *out, mp_lang lang, mp_str english);
/* There is a translation of the error whose format is `format`. */
bool mp_error_is_translated(mp_lang lang, const char *format);

/* What stands between the braces of {0:은/는}: append the form that follows `word`. */
void mp_say_particle(mp_buf *out, mp_str word, mp_str forms);

#endif
