/* SPDX-License-Identifier: Apache-2.0 */
#include "alias_file.h"

#include "source.h"

/* Nothing but names downwards. Links within the folder are those of whoever keeps it. */
static bool stays_below(mp_str name)
{
    if (name.ptr[0] == '/')
        return false;
    while (name.len) {
        size_t slash = mp_str_find(name, '/');
        mp_str part = slash == SIZE_MAX ? name : mp_str_of(name.ptr, slash);
        if (mp_str_eq(part, MP_S("..")))
            return false;
        name = mp_str_skip(name, slash == SIZE_MAX ? name.len : slash + 1);
    }
    return true;
}

static mp_code check_name(const mp_alias_files *files, mp_str name, mp_error *err)
{
    if (name.len == 0 || mp_str_eq(name, MP_S("-")) || mp_str_find(name, '\0') != SIZE_MAX)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"aliases\" wants the name of a file here");
    if (files->only_in_folder && !stays_below(name))
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "\"aliases\" names a file that is not in the folder for such files");
    return MP_OK;
}

/* What the reader says quotes the file. */
static mp_code without_content(const mp_error *why, mp_error *err)
{
    switch (why->code) {
    case MP_NOMEM:
        return mp_no_memory(err);
    case MP_LIMIT:
        return mp_fail(err, MP_LIMIT, why->pos, "the file that \"aliases\" names is too large, or too deep");
    case MP_IO:
        return mp_fail(err, MP_IO, MP_NOWHERE, "the file that \"aliases\" names cannot be read");
    case MP_SYNTAX:
        return mp_fail(err, MP_SYNTAX, why->pos, "the file that \"aliases\" names is no JSON");
    default:
        return mp_fail(err, MP_FORMAT, why->pos, "the file that \"aliases\" names holds no table of aliases");
    }
}

static mp_code read_table(mp_aliases **out, mp_str path, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    mp_error why;
    mp_code  code = mp_source_slurp_regular(&text, path, MP_ALIAS_FILE_BYTES, &arena, &why);
    if (code == MP_OK)
        code = mp_aliases_read(out, text, &why);
    mp_arena_free(&arena);
    return code == MP_OK ? MP_OK : without_content(&why, err);
}

/* A path is kept with its table only: names that lead nowhere cost nothing. */
static mp_code keep(const mp_aliases **out, mp_alias_files *files, mp_str path, mp_error *err)
{
    mp_aliases *table = NULL;
    if (files->tables.len == MP_ALIAS_FILES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "requests have named %d tables of aliases, the most that are kept",
                       MP_ALIAS_FILES);
    MP_TRY(read_table(&table, path, err));
    mp_str  key = mp_arena_dup(&files->arena, path);
    mp_code code = key.ptr ? mp_map_put(&files->tables, key, table, err)
                           : mp_no_memory(err);
    if (code != MP_OK)
        mp_aliases_free(table);
    else
        *out = table;
    return code;
}

mp_code mp_alias_file(const mp_aliases **out, mp_alias_files *files, mp_str name, mp_error *err)
{
    MP_TRY(check_name(files, name, err));
    mp_arena arena = MP_ARENA_INIT;
    bool     is_relative = files->folder.len && name.ptr[0] != '/';
    mp_str   path = name;
    if (is_relative)
        path = mp_arena_printf(&arena, "%.*s/%.*s", MP_FMT(files->folder), MP_FMT(name));
    mp_code code = path.ptr ? MP_OK : mp_no_memory(err);
    if (code == MP_OK) {
        const mp_aliases *found = mp_map_get(&files->tables, path);
        if (found)
            *out = found;
        else
            code = keep(out, files, path, err);
    }
    mp_arena_free(&arena);
    return code;
}

void mp_alias_files_free(mp_alias_files *files)
{
    for (size_t i = 0; i < files->tables.len; i++)
        mp_aliases_free(files->tables.entries[i].value);
    mp_map_free(&files->tables);
    mp_arena_free(&files->arena);
}
