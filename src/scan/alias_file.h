/* SPDX-License-Identifier: Apache-2.0 */
/* alias_file.h - tables of aliases that requests name.
 *
 * Who writes a request may choose the name of a file, and is answered: so no answer says anything of what
 * the file holds, and only regular files are opened. */
#ifndef MAPAE_SCAN_ALIAS_FILE_H
#define MAPAE_SCAN_ALIAS_FILE_H

#include <mapae/aliases.h>

#include "arena.h"
#include "map.h"

#define MP_ALIAS_FILE_BYTES ((size_t)64 << 20) /* of one file, decompressed; Azure's whole table has 13 MB */
#define MP_ALIAS_FILES 64                      /* that are kept */

typedef struct mp_alias_files {
    mp_str   folder;         /* that names are relative to; empty: the current one */
    bool     only_in_folder; /* a name that leads elsewhere is refused */
    mp_map   tables;
    mp_arena arena;
} mp_alias_files;

/* The table in the file of that name; it is kept. Fails with MP_USAGE (a name that is refused), MP_IO,
 * MP_SYNTAX, MP_FORMAT (not a table), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_alias_file(const mp_aliases **out, mp_alias_files *files, mp_str name,
                                    mp_error *err);
void mp_alias_files_free(mp_alias_files *files);

#endif
