/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: where one ended, as a text that is good for the next; and the versions of one record. */
#include "record_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "secret.h"
#include "text.h"

#define PAGE 100
#define PAGE_MOST 1000
#define MARK 9 /* bytes: the format, and what the query was */
#define FORMAT 1

static mp_code mark_of(uint8_t out[MARK], mp_str binding, mp_error *err)
{
    uint8_t digest[32];
    MP_TRY(mp_sha256(digest, binding, err));
    out[0] = FORMAT;
    memcpy(out + 1, digest, MARK - 1);
    return MP_OK;
}

mp_str mp_continuation(mp_arena *arena, mp_str binding, const mp_place_in_list *place)
{
    size_t   size = MARK + 2 + place->key.len + place->value.len;
    uint8_t *bytes = mp_arena_alloc(arena, size);
    if (!bytes || mark_of(bytes, binding, NULL) != MP_OK)
        return mp_str_of(NULL, 0);
    bytes[MARK] = (uint8_t)(place->key.len >> 8);
    bytes[MARK + 1] = (uint8_t)place->key.len;
    if (place->key.len)
        memcpy(bytes + MARK + 2, place->key.ptr, place->key.len);
    if (place->value.len)
        memcpy(bytes + MARK + 2 + place->key.len, place->value.ptr, place->value.len);
    return mp_base64url(arena, mp_str_of((const char *)bytes, size));
}

static bool is_text(mp_str s)
{
    return mp_utf8_valid(s) && mp_str_find(s, '\0') == SIZE_MAX;
}

mp_code mp_continuation_read(mp_place_in_list *out, mp_arena *arena, mp_str text, mp_str binding, mp_error *err)
{
    uint8_t mark[MARK];
    MP_TRY(mark_of(mark, binding, err));
    mp_str bytes = mp_unbase64url(arena, text);
    if (bytes.ptr && bytes.len >= MARK + 2 && memcmp(bytes.ptr, mark, MARK) == 0) {
        size_t key = (size_t)(uint8_t)bytes.ptr[MARK] << 8 | (uint8_t)bytes.ptr[MARK + 1];
        mp_str rest = mp_str_skip(bytes, MARK + 2);
        if (key <= rest.len && is_text(rest)) {
            *out = (mp_place_in_list){ mp_str_of(rest.ptr, key), mp_str_skip(rest, key) };
            if (is_text(out->key))
                return MP_OK;
        }
    }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the continuation is none of this query");
}

/* ---- history ---- */

typedef struct history {
    const mp_kind_ids *ids;
    mp_str             key;
    int64_t            below; /* version */
    uint32_t           limit;
} history;

static mp_code read_versions(mp_record_page *page, bool *has_more, mp_tx *tx, const history *h, mp_arena *arena,
                             mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    mp_code  code;
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT version, since, 0 AS until, hash, body FROM record WHERE kind = ?1 AND key = ?2 AND "
        "version < ?3 UNION ALL SELECT version, since, until, hash, body FROM record_past WHERE kind = ?1 AND "
        "key = ?2 AND version < ?3 ORDER BY version DESC LIMIT ?4",
        MP_VALUES(mp_int(h->ids->id), mp_text(h->key), mp_int(h->below), mp_int((int64_t)h->limit + 1)), err));
    while ((code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        if (page->count == h->limit) {
            *has_more = true;
            break;
        }
        mp_record *r = &page->records[page->count++];
        r->key = h->key;
        code = mp_record_from(r, tx, rows, 0, arena, err);
        if (code != MP_OK)
            break;
    }
    mp_rows_close(rows);
    return code;
}

mp_code mp_record_history(mp_record_page *out, mp_tx *tx, const mp_kind *kind, mp_str key, mp_str after, uint32_t limit,
                          mp_arena *arena, mp_error *err)
{
    history          h = { .below = INT64_MAX, .limit = limit == 0 ? PAGE : limit > PAGE_MOST ? PAGE_MOST : limit };
    mp_place_in_list place = { .key = { NULL, 0 } };
    bool             has_more = false;
    mp_record_page   page = { .total = -1 };
    MP_TRY(mp_kind_find(&h.ids, tx->store, kind, err));
    if (key.len > MP_RECORD_KEY_MAX || !is_text(key))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no such record of kind \"%s\"", kind->name);
    mp_str binding = mp_arena_printf(tx->arena, "history %s %.*s", kind->name, MP_FMT(key));
    h.key = mp_arena_dup(arena, key);
    page.records = MP_ARENA_ARRAY(arena, mp_record, h.limit);
    if (!binding.ptr || !h.key.ptr || !page.records)
        return mp_no_memory(err);
    if (after.len) {
        MP_TRY(mp_continuation_read(&place, tx->arena, after, binding, err));
        char digits[24];
        snprintf(digits, sizeof digits, "%.*s", MP_FMT(place.value));
        h.below = strtoll(digits, NULL, 10);
    }
    MP_TRY(read_versions(&page, &has_more, tx, &h, arena, err));
    if (page.count == 0 && after.len == 0)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no such record of kind \"%s\"", kind->name);
    if (has_more) {
        place.key = mp_str_of(NULL, 0);
        place.value = mp_arena_printf(tx->arena, "%lld", (long long)page.records[page.count - 1].version);
        page.next = mp_continuation(arena, binding, &place);
        if (!page.next.ptr)
            return mp_no_memory(err);
    }
    *out = page;
    return MP_OK;
}
