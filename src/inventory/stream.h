/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - what the four files share that turn an open file into records: window.c (bytes),
 * stream.c (values), lines.c (values on lines), lists.c (values that hold many).
 *
 * A step moves on until it has a record, or more bytes are wanted, or a container is to be handed
 * out. Steps fail with MP_NOMEM only: what is wrong with a file becomes a failed record. */
#ifndef MAPAE_INVENTORY_STREAM_H
#define MAPAE_INVENTORY_STREAM_H

#include "internal.h"

typedef struct mp_reading {
    mp_inventory       *inv;
    mp_inventory_batch *batch;
    bool                wants_more; /* the bytes ended inside a record */
} mp_reading;

/* ---- window.c ---- */

static inline const char *mp_window_here(const mp_reading *r)
{
    return r->batch->buf + r->batch->pos;
}
static inline const char *mp_window_end(const mp_reading *r)
{
    return r->batch->buf + r->batch->len;
}
static inline size_t mp_window_unread(const mp_reading *r)
{
    return r->batch->len - r->batch->pos;
}

/* `to` becomes the next unread byte; lines and columns (in bytes) are kept. */
void   mp_window_advance(mp_reading *r, const char *to);
mp_pos mp_window_place(const mp_inventory *inv);
/* The next record, whose text is in the window and begins here. */
mp_raw_record mp_window_record(mp_reading *r, mp_str text, bool in_list);
/* Past blanks. */
void mp_window_pass_blanks(mp_reading *r);
/* Read on. `limit`, of the value that begins here, is not less than what is unread. */
mp_code mp_window_fill(mp_reading *r, size_t limit, mp_error *err);

/* A failed record without a text. */
mp_code mp_window_fail(mp_reading *r, mp_format format, mp_error *failure, mp_error *err);

typedef enum mp_inside { MP_IN_OBJECT, MP_IN_LIST } mp_inside;

/* The structure breaks at `at`: nothing behind it can be told apart any more. `since` is the line
 * where what it is inside of begins. */
mp_code mp_window_break_off(mp_reading *r, const char *at, mp_inside what, uint64_t since,
                            mp_error *err);
/* The bytes ended inside: more are wanted, or the file is cut off. */
mp_code mp_window_ask(mp_reading *r, mp_inside what, uint64_t since, mp_error *err);

/* ---- lines.c ---- */

typedef enum mp_next_line {
    MP_NEXT_UNSEEN,
    MP_NEXT_NONE,
    MP_NEXT_OBJECT, /* it begins with '{' */
    MP_NEXT_OTHER
} mp_next_line;

/* The line behind the one that ends at `line_end` (NULL: its end is not seen). */
mp_next_line mp_look_at_next_line(const mp_reading *r, const char *line_end);
mp_str       mp_trim_line(const char *p, const char *end);
/* A value may go on in the next line when this is the last byte of one. */
bool    mp_line_may_go_on(char last);
mp_code mp_step_lines(mp_reading *r, mp_error *err);
mp_code mp_step_skip_line(mp_reading *r);

/* ---- lists.c ---- */

/* Names with which Azure resources begin and containers do not: such a value need not be looked
 * into. */
static inline bool mp_is_plain(const char *p)
{
    if (p[0] != '{' || p[1] != '"')
        return false;
    switch (p[2]) {
    case 'i': /* Google's lists begin with an id too, without a slash */
        return memcmp(p + 2, "id\":\"/", 6) == 0;
    case 'n':
        return memcmp(p + 2, "name\":", 6) == 0;
    case 'l':
        return memcmp(p + 2, "location\":", 10) == 0;
    case 'p':
        return memcmp(p + 2, "properties\":", 12) == 0;
    case 's':
        return memcmp(p + 2, "sku\":", 5) == 0;
    case 't':
        return memcmp(p + 2, "type\":", 6) == 0 || memcmp(p + 2, "tags\":", 6) == 0;
    case 'e':
        return memcmp(p + 2, "etag\":", 6) == 0;
    default:
        return false;
    }
}

/* The value `text`, which starts here and has this shape, is a record or a container of records. */
mp_code mp_take_value(mp_reading *r, mp_str text, const mp_shape *shape, bool in_list,
                      mp_error *err);
/* Its elements come next; it is a member of an object, or stands for itself. */
void    mp_begin_list(mp_reading *r, bool is_object, mp_format format);
mp_code mp_step_element(mp_reading *r, mp_error *err);
mp_code mp_step_tail(mp_reading *r, mp_error *err);
mp_code mp_step_held(mp_reading *r, mp_error *err);

/* ---- stream.c ---- */

/* Behind a value, which took no more than its line, or did. */
void mp_after_value(mp_reading *r, bool one_line);

#endif
