/* SPDX-License-Identifier: Apache-2.0 */
/* jsonw.h - build a JSON value as nodes, in an arena, member by member.
 *
 *   mp_jsonw w; mp_jsonw_init(&w, arena);
 *   mp_jsonw_object(&w);
 *     mp_jsonw_put_str(&w, "id", id);
 *   mp_jsonw_end(&w);
 *   const mp_json *v = mp_jsonw_done(&w);     NULL if memory was short
 *
 * Strings are borrowed, not copied: they must live as long as the arena. */
#ifndef MAPAE_BASE_JSONW_H
#define MAPAE_BASE_JSONW_H

#include "arena.h"

#define MP_JSONW_DEPTH 256

typedef struct mp_jsonw {
    mp_arena *arena;
    mp_json  *nodes;
    size_t    len, cap;
    uint32_t  open[MP_JSONW_DEPTH]; /* node index of each open container */
    uint32_t  depth;
    bool      failed; /* memory was short, or too deep */
} mp_jsonw;

void mp_jsonw_init(mp_jsonw *w, mp_arena *arena);
void mp_jsonw_object(mp_jsonw *w);
void mp_jsonw_array(mp_jsonw *w);
void mp_jsonw_end(mp_jsonw *w); /* of the innermost open container */
void mp_jsonw_key(mp_jsonw *w, mp_str name);
void mp_jsonw_str(mp_jsonw *w, mp_str s);
void mp_jsonw_int(mp_jsonw *w, int64_t i);
void mp_jsonw_real(mp_jsonw *w, double d); /* shortest text that reads back; NaN writes null */
void mp_jsonw_bool(mp_jsonw *w, bool b);
void mp_jsonw_null(mp_jsonw *w);
void mp_jsonw_value(mp_jsonw *w, const mp_json *v); /* a copy of the nodes; NULL writes null */
/* A member at once. The name too must live as long as the arena: mostly it is a literal. */
static inline void mp_jsonw_put_str(mp_jsonw *w, const char *name, mp_str s)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_str(w, s);
}

/* The same, but an empty text is left out. */
static inline void mp_jsonw_put_filled(mp_jsonw *w, const char *name, mp_str s)
{
    if (s.len)
        mp_jsonw_put_str(w, name, s);
}

static inline void mp_jsonw_put_int(mp_jsonw *w, const char *name, int64_t i)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_int(w, i);
}

static inline void mp_jsonw_put_bool(mp_jsonw *w, const char *name, bool b)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_bool(w, b);
}

static inline void mp_jsonw_put_value(mp_jsonw *w, const char *name, const mp_json *v)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_value(w, v);
}

/* The finished value, borrowed from the arena; NULL if anything failed. Ready for the next. */
const mp_json *mp_jsonw_done(mp_jsonw *w);

/* Single values. */
const mp_json *mp_json_make_str(mp_arena *arena, mp_str s);
const mp_json *mp_json_make_int(mp_arena *arena, int64_t i);
const mp_json *mp_json_make_real(mp_arena *arena, double d);
const mp_json *mp_json_make_bool(bool b); /* static storage */
const mp_json *mp_json_make_null(void);   /* static storage */

#endif
