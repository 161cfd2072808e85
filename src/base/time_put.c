/* SPDX-License-Identifier: Apache-2.0 */
#include "time_put.h"

mp_str mp_time_text(mp_arena *arena, mp_ticks t)
{
    char text[MP_CLOCK_TEXT];
    mp_clock_format(text, t);
    return mp_arena_dup(arena, mp_str_from(text));
}

static void put(mp_jsonw *w, const char *name, mp_str text)
{
    w->failed = w->failed || !text.ptr;
    mp_jsonw_put_str(w, name, text);
}

void mp_time_put(mp_jsonw *w, const char *name, mp_ticks t) { put(w, name, mp_time_text(w->arena, t)); }

void mp_time_put_short(mp_jsonw *w, const char *name, mp_ticks t)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, t);
    put(w, name, mp_arena_dup(w->arena, mp_str_from(text)));
}
