/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "alias.h"
#include "jsonw.h"
#include "source.h"

mp_code mp_given_aliases(mp_aliases **out, mp_cli *cli, const char *path, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    if (!path)
        return MP_OK;
    cli->file = path;
    mp_code code = mp_source_slurp(&text, path, 0, &arena, err);
    if (code == MP_OK)
        code = mp_aliases_read_padded(out, text, err);
    mp_arena_free(&arena);
    if (code == MP_OK)
        cli->file = NULL;
    return code;
}

mp_code mp_given_policies(mp_library *lib, mp_cli *cli, const mp_list *paths, mp_role role, mp_error *err)
{
    for (size_t i = 0; i < paths->count; i++) {
        cli->file = paths->items[i];
        MP_TRY(mp_library_read_path(lib, paths->items[i], role, err));
    }
    cli->file = NULL;
    return MP_OK;
}

static mp_code read_parameter(mp_library *lib, mp_cli *cli, const char *given, mp_arena *arena,
                              mp_json_doc *doc, mp_error *err)
{
    mp_str all = mp_str_from(given), text;
    size_t equals = mp_str_find(all, '=');
    if (equals == SIZE_MAX) {
        cli->file = given;
        MP_TRY(mp_source_slurp(&text, given, 0, arena, err));
        MP_TRY(mp_library_read_parameters(lib, all, text, err));
        cli->file = NULL;
        return MP_OK;
    }
    mp_str         name = mp_str_of(given, equals), value = mp_str_skip(all, equals + 1);
    const mp_json *node;
    if (mp_json_read(doc, &node, value, NULL, NULL, NULL) != MP_OK)
        node = mp_json_make_str(arena, value);
    if (!node)
        return mp_no_memory(err);
    return mp_library_set_parameter(lib, name, node, err);
}

mp_code mp_given_parameters(mp_library *lib, mp_cli *cli, const mp_list *given, mp_error *err)
{
    mp_arena     arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    mp_code      code = mp_json_doc_new(&doc, err);
    for (size_t i = 0; code == MP_OK && i < given->count; i++)
        code = read_parameter(lib, cli, given->items[i], &arena, doc, err);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return code;
}
