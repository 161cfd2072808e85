/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growing byte buffer that remembers its first failure: write many, check once. */
#ifndef MAPAE_BASE_BUF_H
#define MAPAE_BASE_BUF_H

#include <mapae/error.h>
#include <mapae/json.h>
#include <mapae/str.h>

typedef struct mp_buf {
    char  *ptr;
    size_t len;
    size_t cap;
    size_t limit;  /* bytes it may hold; 0: no limit */
    bool   failed; /* memory was short, or the limit was met: contents are incomplete */
    bool   over_limit; /* ... and it was the limit */
} mp_buf;

#define MP_BUF_INIT { NULL, 0, 0, 0, false, false }

void mp_buf_add(mp_buf *b, mp_str s);
void mp_buf_add_c(mp_buf *b, char c);
void mp_buf_add_z(mp_buf *b, const char *c_string);
void mp_buf_printf(mp_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `n` more bytes, or NULL; the caller fills them and adds to `len`. */
char *mp_buf_reserve(mp_buf *b, size_t n);

/* JSON text: a quoted and escaped string; a value on one line; a value indented by two blanks.
 * `s` must be UTF-8; anything else becomes U+FFFD. `indent` counts the levels that the value stands
 * in already (0 at the top): its first line is not indented, the others are. */
void mp_buf_add_json_str(mp_buf *b, mp_str s);
void mp_buf_add_json(mp_buf *b, const mp_json *v);
void mp_buf_add_json_pretty(mp_buf *b, const mp_json *v, int indent);

static inline mp_str mp_buf_str(const mp_buf *b) { return mp_str_of(b->ptr, b->len); }
void mp_buf_clear(mp_buf *b); /* keep the memory, forget the contents and the failure */
void mp_buf_free(mp_buf *b);  /* then as MP_BUF_INIT */
/* MP_OK, or MP_NOMEM/MP_LIMIT if a write failed. */
MP_MUST_CHECK mp_code mp_buf_check(const mp_buf *b, mp_error *err);

#endif
