/* SPDX-License-Identifier: Apache-2.0 */
/* A zip names its members twice, at each of them and in the directory at its end; a member may lie about its size, be there twice, or grow a
 * thousandfold. So sizes are counted while it is unpacked, names are only compared with those that are wanted, and what is there
 * twice is refused: another program might take the other one. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "buf.h"
#include "sheet_parts.h"

#define FREE_BYTES ((size_t)4 << 20) /* that are not asked how much they grew */

typedef struct unpacking {
    mp_sheet_parts        *out;
    const mp_sheet_limits *limits;
    mp_arena              *arena;
    struct archive        *archive;
    size_t                 cap, total, given;
} unpacking;

static mp_code damaged(const unpacking *u, mp_error *err)
{
    if (archive_errno(u->archive) == ENOMEM)
        return mp_no_memory(err);
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the workbook is damaged: it is a zip that cannot be unpacked");
}

static bool is_wanted(mp_str name)
{
    return mp_str_eq_fold(name, MP_S("xl/workbook.xml")) || mp_str_eq_fold(name, MP_S("xl/_rels/workbook.xml.rels")) ||
           mp_str_eq_fold(name, MP_S("xl/sharedStrings.xml")) || mp_str_eq_fold(name, MP_S("xl/styles.xml")) || (mp_str_starts_fold(name, MP_S("xl/worksheets/")) && mp_str_ends_fold(name, MP_S(".xml")));
}

const mp_sheet_part *mp_sheet_part_find(const mp_sheet_parts *parts, mp_str name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (mp_str_eq_fold(parts->of[i].name, name))
            return &parts->of[i];
    return NULL;
}

static mp_code check_growth(unpacking *u, size_t more, size_t part, mp_error *err)
{
    size_t most;
    u->total += more;
    if (part > u->limits->part || u->total > u->limits->parts)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook unpacks to more than %zu MiB", (part > u->limits->part ? u->limits->part : u->limits->parts) >> 20);
    if (u->total > FREE_BYTES && !__builtin_mul_overflow(u->given, u->limits->ratio, &most) && u->total > most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook unpacks to more than %zu times its size", u->limits->ratio);
    return MP_OK;
}

static mp_code unpack_bytes(unpacking *u, mp_buf *text, mp_error *err)
{
    char       block[16384];
    la_ssize_t got;
    while ((got = archive_read_data(u->archive, block, sizeof block)) > 0) {
        MP_TRY(check_growth(u, (size_t)got, text->len + (size_t)got, err));
        mp_buf_add(text, mp_str_of(block, (size_t)got));
        MP_TRY(mp_buf_check(text, err));
    }
    return got < 0 ? damaged(u, err) : MP_OK;
}

static mp_code unpack_one(unpacking *u, struct archive_entry *entry, mp_str name, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    if (archive_entry_is_data_encrypted(entry))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "the workbook is locked with a password");
    if (mp_sheet_part_find(u->out, name))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the workbook has two parts '%.*s'", MP_FMT(name));
    if (u->out->count == u->cap) {
        size_t         cap = u->cap ? 2 * u->cap : 16;
        mp_sheet_part *more = MP_ARENA_ARRAY(u->arena, mp_sheet_part, cap);
        if (!more)
            return mp_no_memory(err);
        if (u->out->count)
            memcpy(more, u->out->of, u->out->count * sizeof *more);
        u->out->of = more;
        u->cap = cap;
    }
    mp_code code = unpack_bytes(u, &text, err);
    if (code == MP_OK) {
        mp_sheet_part part = { .name = mp_arena_dup(u->arena, name), .text = mp_arena_dup(u->arena, mp_buf_str(&text)) };
        u->out->of[u->out->count++] = part;
        code = part.name.ptr && part.text.ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}

static mp_code unpack_all(unpacking *u, mp_error *err)
{
    struct archive_entry *entry;
    size_t                entries = 0;
    int                   result;
    while ((result = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
        const char *path = archive_entry_pathname(entry);
        if (++entries > u->limits->entries)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook has more than %zu parts", u->limits->entries);
        if (path && is_wanted(mp_str_from(path)))
            MP_TRY(unpack_one(u, entry, mp_str_from(path), err));
    }
    return result == ARCHIVE_EOF ? MP_OK : damaged(u, err);
}

mp_code mp_sheet_unpack(mp_sheet_parts *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err)
{
    unpacking u = { .out = out, .limits = limits, .arena = arena, .given = bytes.len, .archive = archive_read_new() };
    *out = (mp_sheet_parts){ .count = 0 };
    if (!u.archive)
        return mp_no_memory(err);
    mp_code code = MP_OK;
    if (archive_read_support_format_zip_seekable(u.archive) != ARCHIVE_OK || archive_read_open_memory(u.archive, bytes.ptr, bytes.len) != ARCHIVE_OK)
        code = damaged(&u, err);
    if (code == MP_OK)
        code = unpack_all(&u, err);
    archive_read_free(u.archive);
    return code;
}
