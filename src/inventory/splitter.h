/* SPDX-License-Identifier: Apache-2.0 */
/* splitter.h - cut records out of bytes by structure, without reading what is in them.
 *
 * Nothing here allocates or decides what a value means: it finds where a value ends, so that a
 * container of any size can be handed out piece by piece. What a value holds is checked later, by
 * the JSON reader, piece by piece. Every text must be followed by MP_JSON_PADDING readable
 * bytes. */
#ifndef MAPAE_INVENTORY_SPLITTER_H
#define MAPAE_INVENTORY_SPLITTER_H

#include <mapae/json.h>

typedef enum mp_cut {
    MP_CUT_DONE,
    MP_CUT_MORE,   /* the bytes ended first: ask again with more of them */
    MP_CUT_BROKEN, /* no JSON: the cursor stands where it broke */
} mp_cut;

/* A place in a text and its end; the functions below move `p`. */
typedef struct mp_cursor {
    const char *p;
    const char *end;
} mp_cursor;

/* Past JSON white space. */
void mp_cut_space(mp_cursor *at);
/* The value whose first byte is *at->p; the cursor is then behind it. A line break inside a string
 * is MP_CUT_BROKEN: a lost quote is noticed on its line and not at the end of the file. */
mp_cut mp_cut_value(mp_str *value, mp_cursor *at);
/* The next key of an object, quotes removed and escapes as they are: the cursor stands behind '{'
 * or behind a member's value, and is then on the first byte of this member's value. After the last
 * member key->ptr is NULL and the cursor is behind '}'. */
mp_cut mp_cut_key(mp_str *key, mp_cursor *at, bool first);
/* The next element of an array: likewise, value->ptr is NULL behind ']'. */
mp_cut mp_cut_element(mp_str *value, mp_cursor *at, bool first);

/* Member `name` of the object that `object` is; {NULL,0} when it has none or is no object. The last
 * one counts. Likewise the text inside a string without escapes, else {NULL,0}. */
mp_str mp_cut_member(mp_str object, mp_str name);
mp_str mp_cut_string(mp_str value);

/* Line ends in `text`. */
uint64_t mp_cut_lines(mp_str text);

#endif
