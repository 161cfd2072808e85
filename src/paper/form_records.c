/* SPDX-License-Identifier: Apache-2.0 */
#include "form_records.h"

#include <stdlib.h>

#include "escape.h"
#include "utf8.h"

#define FEW 6        /* records of a cell, one below the other */
#define NAME_MOST 40 /* code points */
#define GUID_SHORT 8

/* ---- names ---- */

/* "6d617061-652e-436c-8f75-64731da4520b" */
static bool is_guid(mp_str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = (char)(s.ptr[i] | 0x20);
        if (dash ? s.ptr[i] != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static mp_str last_segment(mp_str id)
{
    while (id.len && id.ptr[id.len - 1] == '/')
        id.len--;
    size_t slash = mp_str_rfind(id, '/');
    return slash == SIZE_MAX ? id : mp_str_skip(id, slash + 1);
}

/* What people call it: the last segment of a path, the beginning of a GUID. */
static mp_str name_of(mp_str id, mp_arena *arena)
{
    mp_buf clean = MP_BUF_INIT;
    mp_str name = last_segment(id);
    if (is_guid(name))
        name.len = GUID_SHORT;
    mp_escape_plain(&clean, name);
    size_t at = 0;
    for (size_t count = 0; at < clean.len && count < NAME_MOST; count++) {
        uint32_t cp;
        size_t len = mp_utf8_decode(&cp, clean.ptr + at, clean.len - at);
        at += len ? len : 1;
    }
    if (at < clean.len) {
        clean.len = at;
        mp_buf_add(&clean, MP_S("\xE2\x80\xA6"));
    }
    mp_str kept = clean.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&clean));
    mp_buf_free(&clean);
    return kept;
}

/* ---- the list ---- */

static mp_code append(mp_form_records *records, mp_form_record *record, mp_error *err)
{
    if (records->count == records->cap) {
        size_t cap = records->cap ? 2 * records->cap : 64;
        mp_form_record **more = MP_ARENA_ARRAY(&records->arena, mp_form_record *, cap);
        if (!more)
            return mp_no_memory(err);
        if (records->count)
            memcpy(more, records->all, records->count * sizeof(mp_form_record *));
        records->all = more;
        records->cap = cap;
    }
    records->all[records->count++] = record;
    return MP_OK;
}

mp_code mp_form_records_add(mp_form_records *records, mp_str id, mp_error *err)
{
    if (!id.len || mp_map_find(&records->by_id, id))
        return MP_OK;
    mp_form_record *record = MP_ARENA_NEW(&records->arena, mp_form_record);
    if (!record)
        return mp_no_memory(err);
    record->id = mp_arena_dup(&records->arena, id);
    record->name = name_of(id, &records->arena);
    if (!record->id.ptr || !record->name.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_map_put(&records->by_id, record->id, record, err));
    return append(records, record, err);
}

static int by_id(const void *a, const void *b)
{
    const mp_form_record *const *left = a, *const *right = b;
    return mp_str_cmp((*left)->id, (*right)->id);
}

void mp_form_records_number(mp_form_records *records)
{
    if (records->count)
        qsort(records->all, records->count, sizeof(mp_form_record *), by_id);
    for (size_t i = 0; i < records->count; i++)
        records->all[i]->number = (unsigned)i + 1;
    records->is_numbered = true;
}

void mp_form_records_free(mp_form_records *records)
{
    mp_map_free(&records->by_id);
    mp_arena_free(&records->arena);
}

/* ---- a cell ---- */

static int by_number(const void *a, const void *b)
{
    const mp_form_record *const *left = a, *const *right = b;
    return ((*left)->number > (*right)->number) - ((*left)->number < (*right)->number);
}

static size_t gather(mp_form_record **out, mp_form_records *records, const mp_str *ids, size_t count)
{
    size_t found = 0;
    records->cell++;
    for (size_t i = 0; i < count; i++) {
        mp_form_record *record = mp_map_get(&records->by_id, ids[i]);
        if (!record || record->seen == records->cell)
            continue;
        record->seen = records->cell;
        out[found++] = record;
    }
    if (found > 1)
        qsort(out, found, sizeof(mp_form_record *), by_number);
    return found;
}

mp_code mp_form_records_show(mp_buf *out, const mp_cell_ref **refs, size_t *ref_count, mp_form_records *records,
                             const mp_str *ids, size_t count, mp_arena *arena, mp_error *err)
{
    mp_form_record **found = MP_ARENA_ARRAY(arena, mp_form_record *, count + 1);
    mp_cell_ref *places = MP_ARENA_ARRAY(arena, mp_cell_ref, count + 1);
    if (!found || !places)
        return mp_no_memory(err);
    size_t kept = gather(found, records, ids, count);
    for (size_t i = 0; i < kept; i++) {
        if (i)
            mp_buf_add(out, kept <= FEW ? MP_S("\n") : MP_S(", "));
        places[i].from = out->len;
        places[i].number = found[i]->number;
        mp_buf_printf(out, "R%u", found[i]->number);
        places[i].len = out->len - places[i].from;
        mp_buf_add_c(out, ' ');
        mp_buf_add(out, found[i]->name);
    }
    *refs = places;
    *ref_count = kept;
    return MP_OK;
}
