/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - strings as slices: a pointer and a length, borrowed, not NUL-terminated.
 *
 * A slice never owns its bytes: the header of whoever returns one says where they live.
 * The empty slice may have a NULL `ptr`. */
#ifndef MAPAE_STR_H
#define MAPAE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <mapae/api.h>

MP_API_BEGIN

typedef struct mp_str {
    const char *ptr;
    size_t      len; /* bytes */
} mp_str;

#ifdef __cplusplus
#define MP_S(lit) (mp_str{ "" lit, sizeof(lit) - 1 })
#else
#define MP_S(lit) ((mp_str){ "" lit, sizeof(lit) - 1 })
#endif
/* The same, for the initialisers of static tables. */
#define MP_S_INIT(lit) { "" lit, sizeof(lit) - 1 }
#define MP_FMT(s) (int)(s).len, (s).ptr /* printf("%.*s", MP_FMT(s)) */
#define MP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline mp_str mp_str_from(const char *c_string)
{
    mp_str s = { c_string, c_string ? strlen(c_string) : 0 };
    return s;
}

static inline mp_str mp_str_of(const char *ptr, size_t len)
{
    mp_str s = { ptr, len };
    return s;
}

/* `s` from byte `from` on; from > s.len gives the empty slice at its end. */
static inline mp_str mp_str_skip(mp_str s, size_t from)
{
    return from >= s.len ? mp_str_of(s.ptr + s.len, 0) : mp_str_of(s.ptr + from, s.len - from);
}

static inline bool mp_str_eq(mp_str a, mp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Equality and order without regard to the case of ASCII letters; other bytes as they are. */
bool mp_str_eq_fold(mp_str a, mp_str b);
int  mp_str_cmp_fold(mp_str a, mp_str b);
int  mp_str_cmp(mp_str a, mp_str b); /* byte order */
bool mp_str_starts(mp_str s, mp_str prefix);
bool mp_str_starts_fold(mp_str s, mp_str prefix);
bool mp_str_ends(mp_str s, mp_str suffix);
bool mp_str_ends_fold(mp_str s, mp_str suffix);

/* Byte offset of the first `c` / the last `c` / the first `part`, or SIZE_MAX. */
size_t mp_str_find(mp_str s, char c);
size_t mp_str_rfind(mp_str s, char c);
size_t mp_str_find_str(mp_str s, mp_str part);
size_t mp_str_find_fold(mp_str s, mp_str part);

mp_str mp_str_trim(mp_str s); /* without ASCII white space at both ends */

MP_API_END
#endif
