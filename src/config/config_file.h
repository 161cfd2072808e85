/* SPDX-License-Identifier: Apache-2.0 */
/* config_file.h - the form of mapae.conf, without knowing what the names mean.
 *
 *   file    = { line }
 *   line    = [ blanks ] [ "#" text | "[" section "]" | name "=" value ]
 *   value   = text up to the end of the line, or to a blank and "#"; or '"' text '"', in which \" and \\
 *           stand for " and \
 *
 * Before the first section a name is a whole one ("server.listen"); below [server], "listen" is. */
#ifndef MAPAE_CONFIG_FILE_H
#define MAPAE_CONFIG_FILE_H

#include "arena.h"

typedef struct mp_config_lines {
    void *ctx;
    void (*section)(void *ctx, mp_str name, mp_pos at);
    /* `name` with its section; both texts are the arena's or the file's. */
    void (*value)(void *ctx, mp_str name, mp_pos name_at, mp_str value, mp_pos value_at);
    void (*fault)(void *ctx, const mp_error *fault); /* MP_SYNTAX; reading goes on with the next line */
} mp_config_lines;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_config_lines_read(mp_str text, const mp_config_lines *lines, mp_arena *arena, mp_error *err);

#endif
