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

static mp_code replace(mp_entry *old, const mp_entry *entry, mp_str id, mp_arena *arena,
                       mp_diagnostics *d, mp_error *err)
{
    bool same = false, stays = old->role == MP_ROLE_JUDGED && entry->role == MP_ROLE_REFERENCED;
    MP_TRY(mp_value_equal(&same, old->node, entry->node, arena, err));
    if (!same && stays)
        mp_diagnose(d, entry->source, MP_SEVERITY_WARNING, entry->node, 0, MP_S(""), MP_REFERENCE,
                    "\"%.*s\" was read already, from %.*s; this one is left out", MP_FMT(id),
                    MP_FMT(old->source->file));
    else if (!same)
        mp_diagnose(d, entry->source, MP_SEVERITY_WARNING, entry->node, 0, MP_S(""), MP_REFERENCE,
                    "\"%.*s\" was read already, from %.*s; this one takes its place", MP_FMT(id),
                    MP_FMT(old->source->file));
    if (!stays)
        *old = *entry;
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
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a library");
        if (index->read_count)
            memcpy(read, index->read, index->read_count * sizeof(*read));
        index->read = read;
        index->read_cap = cap;
    }
    index->read[index->read_count++] = document;
    return MP_OK;
}

mp_code mp_index_add(mp_index *index, mp_str id, mp_str name, const mp_entry *entry, mp_arena *arena,
                     mp_diagnostics *d, mp_error *err)
{
    MP_TRY(note_read(index, entry->document, arena, err));
    mp_str key = mp_scope_trim(id.len ? id : name);
    if (key.len == 0)
        key = mp_arena_printf(arena, "//%zu", mp_index_count(index)); /* no trimmed id is such */
    mp_entry *old = mp_map_get(&index->by_id, key);
    if (key.ptr && old)
        return replace(old, entry, id.len ? id : name, arena, d, err);
    mp_entry *copy = key.ptr ? MP_ARENA_NEW(arena, mp_entry) : NULL;
    if (!copy)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the policies");
    *copy = *entry;
    MP_TRY(mp_map_put(&index->by_id, key, copy, err));
    MP_TRY(note_name(index, name, copy, err));
    return id.len ? note_name(index, mp_id_name(id), copy, err) : MP_OK;
}
