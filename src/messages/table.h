/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - what tools/embed.py makes of content/messages. Private to messages. */
#ifndef MAPAE_MESSAGES_TABLE_H
#define MAPAE_MESSAGES_TABLE_H

#include "messages.h"

/* Sorted by key, bytewise. */
typedef struct mp_message_entry {
    mp_str key;                 /* a message's id; an error's format, as the source has it, or "=word" */
    mp_str text[MP_LANG_COUNT]; /* of an error, English is a pattern: MP_ANYTHING for each conversion */
} mp_message_entry;

#define MP_ANYTHING '\1'

extern const mp_message_entry mp_message_table[];
extern const size_t           mp_message_table_len;
extern const mp_message_entry mp_error_table[];
extern const size_t           mp_error_table_len;

#endif
