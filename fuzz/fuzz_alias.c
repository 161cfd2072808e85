/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a table of aliases, then as fields.
 *
 * Properties: every alias of a table in the compact form is found under its type, in any case, with
 * the same path; the rule and the plain reader answer every name, and what they answer prints and
 * parses back to the same path. */
#include <stdlib.h>

#include <mapae/aliases.h>

#include "alias.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static mp_str upper(mp_str s, mp_arena *arena)
{
    char *out = mp_arena_alloc(arena, s.len + 1);
    require(out != NULL);
    for (size_t i = 0; i < s.len; i++)
        out[i] = (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 32 : s.ptr[i]);
    return mp_str_of(out, s.len);
}

static void check_prints(mp_path path, mp_arena *arena)
{
    mp_path again;
    mp_str  text = mp_path_text(path, arena);
    require(text.ptr != NULL);
    require(mp_path_parse(&again, text, arena, NULL) == MP_OK);
    require(mp_path_eq(path, again));
}

/* The table has the alias: found twice alike, or its path does not parse. */
static void check_alias(const mp_aliases *table, mp_str type, mp_str name)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN, folded = MP_ALIAS_UNKNOWN;
    mp_alias       a, b;
    mp_code code = mp_alias_find(&match, &a, table, type, name, MP_S(""), &arena, NULL);
    mp_code same = mp_alias_find(&folded, &b, table, upper(type, &arena), upper(name, &arena),
                                 MP_S("2024-01-01"), &arena, NULL);
    require(code == MP_OK || code == MP_SYNTAX || code == MP_LIMIT);
    require(same == MP_OK || same == MP_SYNTAX || same == MP_LIMIT);
    if (code == MP_OK && same == MP_OK)
        require(match == folded);
    if (code == MP_OK && match == MP_ALIAS_FOUND)
        check_prints(a.path, &arena);
    mp_arena_free(&arena);
}

static void check_table(const mp_aliases *table, mp_str text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK);
    if (mp_json_is(root, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(type, root))
            if (mp_json_is(type + 1, MP_JSON_OBJECT))
                for (MP_JSON_MEMBERS(name, type + 1))
                    check_alias(table, mp_json_str(type), mp_json_str(name));
    mp_json_doc_free(doc);
}

/* "<type>\n<name>", answered without a table. */
static void check_builtin(const mp_aliases *aliases, mp_str text)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_alias_match match = MP_ALIAS_UNKNOWN;
    mp_alias       found;
    size_t         line = mp_str_find(text, '\n');
    mp_str         type = mp_str_of(text.ptr, line == SIZE_MAX ? 0 : line);
    mp_str         name = mp_str_skip(text, line == SIZE_MAX ? 0 : line + 1);
    mp_code code = mp_alias_find(&match, &found, aliases, type, name, MP_S(""), &arena, NULL);
    require(code == MP_OK || code == MP_SYNTAX || code == MP_LIMIT);
    if (code == MP_OK && match == MP_ALIAS_FOUND)
        check_prints(found.path, &arena);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str      text = mp_str_of((const char *)data, size);
    mp_aliases *table = NULL;
    if (mp_aliases_read(&table, text, NULL) == MP_OK)
        check_table(table, text);
    mp_aliases_free(table);
    check_builtin(mp_aliases_by_rule(), text);
    check_builtin(mp_aliases_plain(), text);
    return 0;
}
