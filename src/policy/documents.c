/* SPDX-License-Identifier: Apache-2.0 */
#include "documents.h"

#include "functions.h"
#include "initiative.h"
#include "selector.h"

/* Entries never move, so what was found stays valid when a later document replaces it. */

void mp_index_free(mp_index *index)
{
    mp_map_free(&index->by_id);
    mp_map_free(&index->by_name);
}

/* "/providers/.../policyDefinitions/x/versions/1.2.0" is a version of x. */
static mp_str without_version(mp_str id)
{
    mp_str above = id;
    size_t slash = mp_str_rfind(above, '/');
    if (slash == SIZE_MAX)
        return id;
    above.len = slash;
    if (!mp_str_ends_fold(above, MP_S("/versions")))
        return id;
    above.len -= MP_S("/versions").len;
    return above;
}

mp_entry *mp_index_find(const mp_index *index, mp_str id_or_name)
{
    mp_str key = without_version(mp_scope_trim(id_or_name));
    if (key.len == 0)
        return NULL;
    mp_entry *entry = mp_map_get(&index->by_id, key);
    return entry ? entry : mp_map_get(&index->by_name, mp_id_name(key));
}

mp_entry *mp_entry_suiting(mp_entry *entry, mp_str pattern)
{
    mp_entry *newest = NULL;
    if (pattern.len == 0)
        return entry;
    for (mp_entry *e = entry; e; e = e->other)
        if (mp_version_suits(e->version, pattern) && (!newest || mp_version_order(e->version, newest->version) > 0))
            newest = e;
    return newest ? newest : entry;
}

/* ---- resting ---- */

void mp_documents_settle(mp_documents *docs)
{
    mp_arena_free(&docs->scratch);
    mp_json_doc_free(docs->again);
    docs->again = NULL;
}

static mp_code read_again(const mp_source_text **source, mp_documents *docs, const mp_entry *entry,
                          mp_arena *arena, mp_error *err)
{
    if (!docs->again)
        MP_TRY(mp_json_doc_new(&docs->again, err));
    return mp_rest_read(source, &entry->rest, docs->again, arena, err);
}

typedef mp_code parse_document(void **out, const mp_source_text *source, mp_arena *arena, mp_diagnostics *d,
                               mp_error *err);

static mp_code parse_definition(void **out, const mp_source_text *source, mp_arena *arena, mp_diagnostics *d,
                                mp_error *err)
{
    mp_definition *definition;
    MP_TRY(mp_definition_parse(&definition, source, source->root, arena, d, err));
    *out = definition;
    return MP_OK;
}

static mp_code parse_initiative(void **out, const mp_source_text *source, mp_arena *arena, mp_diagnostics *d,
                                mp_error *err)
{
    mp_initiative_document *initiative;
    MP_TRY(mp_initiative_parse(&initiative, source, source->root, arena, d, err));
    *out = initiative;
    return MP_OK;
}

static mp_code wake(mp_documents *docs, mp_entry *entry, parse_document *parse, mp_error *err)
{
    if (!entry || entry->document)
        return MP_OK;
    const mp_source_text *source;
    void                 *document;
    mp_diagnostics        said_already;
    MP_TRY(read_again(&source, docs, entry, docs->arena, err));
    mp_diagnostics_init(&said_already, &docs->scratch);
    MP_TRY(parse(&document, source, docs->arena, &said_already, err));
    mp_arena_reset(&docs->scratch);
    entry->source = source;
    entry->node = source->root;
    entry->document = document;
    return MP_OK;
}

mp_code mp_wake_definition(mp_documents *docs, mp_entry *entry, mp_error *err)
{
    return wake(docs, entry, parse_definition, err);
}

mp_code mp_wake_initiative(mp_documents *docs, mp_entry *entry, mp_error *err)
{
    return wake(docs, entry, parse_initiative, err);
}

/* Its version was copied already. */
static void lay_down(mp_entry *entry)
{
    if (!entry->rest.text)
        return;
    entry->source = &entry->rest.text->source;
    entry->node = NULL;
    entry->document = NULL;
}

/* ---- adding ---- */

static mp_code is_same(bool *same, mp_documents *docs, const mp_entry *old, const mp_entry *entry,
                       mp_error *err)
{
    const mp_json        *node = old->node;
    const mp_source_text *source;
    mp_arena_mark         mark = mp_arena_save(&docs->scratch);
    mp_code               code = MP_OK;
    if (!node) {
        code = read_again(&source, docs, old, &docs->scratch, err);
        node = code == MP_OK ? source->root : NULL;
    }
    if (code == MP_OK)
        code = mp_value_equal(same, node, entry->node, &docs->scratch, err);
    mp_arena_restore(&docs->scratch, mark);
    return code;
}

static mp_code replace(mp_entry *old, const mp_entry *entry, mp_str id, mp_documents *docs, mp_error *err)
{
    bool same = false, stays = old->role == MP_ROLE_JUDGED && entry->role == MP_ROLE_REFERENCED;
    MP_TRY(is_same(&same, docs, old, entry, err));
    if (!same && stays)
        mp_diagnose(&docs->diagnostics, entry->source, MP_SEVERITY_WARNING, entry->node, 0, MP_S(""),
                    MP_REFERENCE, "\"%.*s\" was read already, from %.*s; this one is left out", MP_FMT(id),
                    MP_FMT(old->source->file));
    else if (!same)
        mp_diagnose(&docs->diagnostics, entry->source, MP_SEVERITY_WARNING, entry->node, 0, MP_S(""),
                    MP_REFERENCE, "\"%.*s\" was read already, from %.*s; this one takes its place",
                    MP_FMT(id), MP_FMT(old->source->file));
    if (stays)
        return MP_OK;
    mp_entry *other = old->other;
    *old = *entry;
    old->other = other;
    lay_down(old);
    return MP_OK;
}

static mp_code add_version(mp_entry *known, const mp_entry *entry, mp_documents *docs, mp_error *err)
{
    mp_entry *copy = MP_ARENA_NEW(docs->arena, mp_entry);
    if (!copy)
        return mp_no_memory(err);
    *copy = *entry;
    copy->other = known->other;
    known->other = copy;
    return MP_OK;
}

/* By name, too, the later of several is found, or the one that is judged. */
static mp_code note_name(mp_index *index, mp_str name, mp_entry *entry, mp_error *err)
{
    const mp_entry *old = mp_map_get(&index->by_name, name);
    if (name.len == 0 || (old && old->role < entry->role))
        return MP_OK;
    return mp_map_put(&index->by_name, name, entry, err);
}

static mp_code note_read(mp_index *index, void *document, mp_arena *arena, mp_error *err)
{
    if (index->read_count == index->read_cap) {
        size_t cap = index->read_cap ? 2 * index->read_cap : 64;
        void **read = MP_ARENA_ARRAY(arena, void *, cap);
        if (!read)
            return mp_no_memory(err);
        if (index->read_count)
            memcpy(read, index->read, index->read_count * sizeof(*read));
        index->read = read;
        index->read_cap = cap;
    }
    index->read[index->read_count++] = document;
    return MP_OK;
}

/* Most names are the last segment of the id, and share its copy. */
static mp_code keep_names(mp_str *id, mp_str *name, mp_arena *arena, mp_error *err)
{
    bool   is_within = mp_str_eq(*name, mp_id_name(*id));
    mp_str own_id = mp_arena_dup(arena, *id);
    if (!own_id.ptr)
        return mp_no_memory(err);
    *id = own_id;
    *name = is_within ? mp_id_name(own_id) : mp_arena_dup(arena, *name);
    return name->ptr ? MP_OK : mp_no_memory(err);
}

/* What an entry is found by. No trimmed id is such as is made up here. */
static mp_str key_of(mp_str id, mp_str name, size_t number, mp_arena *arena)
{
    mp_str key = mp_scope_trim(id.len ? id : name);
    return key.len ? key : mp_arena_printf(arena, "//%zu", number);
}

mp_code mp_index_add(mp_index *index, mp_str id, mp_str name, const mp_entry *entry, mp_documents *docs,
                     mp_error *err)
{
    bool rests = entry->rest.text != NULL;
    MP_TRY(note_read(index, rests ? NULL : entry->document, docs->arena, err));
    mp_entry *old = mp_map_get(&index->by_id, mp_scope_trim(id.len ? id : name));
    if (old && entry->role == MP_ROLE_EARLIER)
        return add_version(old, entry, docs, err);
    if (old)
        return replace(old, entry, id.len ? id : name, docs, err);
    if (rests)
        MP_TRY(keep_names(&id, &name, docs->arena, err));
    mp_str    key = key_of(id, name, mp_index_count(index), docs->arena);
    mp_entry *copy = key.ptr ? MP_ARENA_NEW(docs->arena, mp_entry) : NULL;
    if (!copy)
        return mp_no_memory(err);
    *copy = *entry;
    lay_down(copy);
    MP_TRY(mp_map_put(&index->by_id, key, copy, err));
    MP_TRY(note_name(index, name, copy, err));
    return id.len ? note_name(index, mp_id_name(id), copy, err) : MP_OK;
}
