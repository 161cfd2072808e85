/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - what messages and errors share. Private to messages. */
#ifndef MAPAE_MESSAGES_FILL_H
#define MAPAE_MESSAGES_FILL_H

#include "table.h"

/* The entry whose key is `front` and `back` together, or NULL. */
const mp_message_entry *mp_entry_find(const mp_message_entry *table, size_t len, mp_str front,
                                      mp_str back);
/* Append `text` with its {0}, {1}... and particles filled in. */
void mp_fill_in(mp_buf *out, mp_str text, const mp_str *args, size_t count);

#endif
