/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_titles.h"

#include "item.h"
#include "objects.h"
#include "shipped.h"

typedef struct titling {
    mp_tx *tx;
    mp_ticks as_of;
    mp_arena *arena;
    mp_map seen; /* by name: mp_words */
} titling;

static mp_str localized(const mp_json *properties, const char *lang)
{
    const mp_json *table = mp_json_get_fold(mp_json_get_fold(properties, MP_S("metadata")), MP_S("localized"));
    const mp_json *title = mp_json_get_fold(mp_json_get_fold(table, mp_str_from(lang)), MP_S("displayName"));
    return mp_json_is(title, MP_JSON_STRING) ? mp_str_trim(mp_json_str(title)) : MP_S("");
}

/* Copies: the document goes. */
static mp_code take_words(mp_words *out, const mp_json *definition, mp_arena *arena, mp_error *err)
{
    const mp_json *properties = mp_json_get_fold(definition, MP_S("properties"));
    const mp_json *title = mp_json_get_fold(properties, MP_S("displayName"));
    mp_words words = { .ko = localized(properties, "ko"), .en = localized(properties, "en") };
    if (!words.en.len && mp_json_is(title, MP_JSON_STRING))
        words.en = mp_str_trim(mp_json_str(title));
    *out = (mp_words){ .ko = mp_arena_dup(arena, words.ko), .en = mp_arena_dup(arena, words.en) };
    return out->ko.ptr && out->en.ptr ? MP_OK : mp_no_memory(err);
}

/* The file of "mapae-FOLDER-NAME" is "policies/FOLDER/NAME.json"; NULL: it does not come with Mapae. */
static const mp_embedded *shipped_file(mp_str name, mp_arena *arena)
{
    static const mp_str prefix = MP_S_INIT("mapae-");
    size_t count;
    const mp_embedded *files = mp_shipped_files(&count);
    mp_str rest = mp_str_starts_fold(name, prefix) ? mp_str_skip(name, prefix.len) : MP_S("");
    size_t dash = mp_str_find(rest, '-');
    if (dash == SIZE_MAX)
        return NULL;
    mp_str below = mp_arena_lower(arena, rest), path = { NULL, 0 };
    if (below.ptr)
        path = mp_arena_printf(arena, "policies/%.*s/%.*s.json", MP_FMT(mp_str_of(below.ptr, dash)),
                               MP_FMT(mp_str_skip(below, dash + 1)));
    return path.ptr ? mp_embedded_find(files, count, path) : NULL;
}

static mp_code read_shipped(mp_words *out, const mp_embedded *file, mp_arena *arena, mp_error *err)
{
    mp_json_doc *doc = NULL;
    const mp_json *definition = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read_padded(doc, &definition, file->bytes, NULL, NULL, err);
    if (code == MP_OK)
        code = take_words(out, definition, arena, err);
    mp_json_doc_free(doc);
    return code;
}

/* Where it would be, for what nobody assigned: what comes with Mapae and what was imported stand there. */
static mp_str key_of(const mp_part *part, mp_arena *arena)
{
    const mp_ground_policy *policy = part->more;
    if (policy)
        return policy->definition;
    mp_str key = mp_arena_printf(arena, "/providers/microsoft.authorization/policydefinitions/%.*s",
                                 MP_FMT(part->name));
    return key.ptr ? mp_arena_lower(arena, key) : key;
}

static mp_code read_words(mp_words *out, const titling *t, const mp_part *part, mp_error *err)
{
    mp_record record;
    mp_arena scratch = MP_ARENA_INIT; /* a rule may be long, and its title is all that is kept */
    mp_error why = { .code = MP_OK };
    mp_str key = key_of(part, t->arena);
    if (!key.ptr)
        return mp_no_memory(err);
    mp_code code = mp_record_get(&record, t->tx, &mp_policy_definition_kind, key, t->as_of, &scratch, &why);
    if (code == MP_OK)
        code = take_words(out, record.body, t->arena, &why);
    mp_arena_free(&scratch);
    if (code != MP_MISSING)
        return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_embedded *file = shipped_file(part->name, t->arena);
    return file ? read_shipped(out, file, t->arena, err) : MP_OK;
}

static mp_code add_title(titling *t, mp_part *part, mp_error *err)
{
    mp_words *words = mp_map_get(&t->seen, part->name);
    if (!words) {
        if (!(words = MP_ARENA_NEW(t->arena, mp_words)))
            return mp_no_memory(err);
        *words = (mp_words){ .ko = MP_S("") };
        MP_TRY(read_words(words, t, part, err));
        MP_TRY(mp_map_put(&t->seen, part->name, words, err));
    }
    part->text = *words;
    return MP_OK;
}

mp_code mp_policy_titles(mp_score *score, mp_tx *tx, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    titling t = { .tx = tx, .as_of = as_of, .arena = arena, .seen = MP_MAP_INIT_FOLD };
    mp_code code = MP_OK;
    for (size_t i = 0; code == MP_OK && i < score->count; i++)
        for (size_t k = 0; code == MP_OK && k < score->controls[i].part_count; k++)
            if (score->controls[i].parts[k].kind == MP_PART_POLICY)
                code = add_title(&t, &score->controls[i].parts[k], err);
    mp_map_free(&t.seen);
    return code;
}
