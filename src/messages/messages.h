/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - what is said to people, in Korean and in English.
 *
 * Code knows ids; the sentences stand in content/messages/NAME.en.json and NAME.ko.json (one object,
 * id to text) and are built into the program. A text may hold {0}, {1}... for arguments; in Korean a
 * particle that depends on the word before it is written {0:이/가}, {0:을/를}, {0:은/는}, {0:으로/로}, {0:과/와}. */
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
/* Append the text with its arguments filled in. */
void mp_say(mp_buf *out, mp_lang lang, const char *id, const mp_str *args, size_t count);
/* The same with C strings: mp_say_z(out, lang, "scan.read", "12", "inventory.json", NULL). */
void mp_say_z(mp_buf *out, mp_lang lang, const char *id, ...) __attribute__((sentinel));
/* An error's sentence in `lang`; English when it has no translation. */
void mp_say_error(mp_buf *out, mp_lang lang, const mp_error *err);

#endif
