/* SPDX-License-Identifier: Apache-2.0 */
/* A spreadsheet of whatever form, within narrow limits: what is read is within them, and in order. What comes from CSV, written as CSV again, is the same.
 *
 * A zip has sums of what is in it, which no change by chance keeps right: what begins with "Z" is the parts of a workbook
 * themselves, apart by zero bytes, and is packed here. */
#include "fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include "escape.h"
#include "sheet_read.h"

static const mp_sheet_limits limits = { .bytes = 1 << 20, .part = 1 << 20, .parts = 2 << 20, .ratio = 100, .entries = 20, .tables = 4, .rows = 1000, .columns = 40, .cells = 5000, .text = 4096 };

static void check(const mp_sheet_tables *tables)
{
    if (tables->count > limits.tables)
        abort();
    for (size_t i = 0; i < tables->count; i++)
        for (size_t k = 0, last = 0; k < tables->of[i].count; k++) {
            const mp_sheet_row *row = &tables->of[i].rows[k];
            if (row->number > limits.rows || (k && row->number <= last) || row->count == 0 || row->count > limits.columns || !row->cells[row->count - 1].len)
                abort();
            last = row->number;
        }
}

static void write_again(const mp_sheet_tables *tables)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables again;
    mp_buf          out = MP_BUF_INIT;
    mp_buf_add_z(&out, "\xEF\xBB\xBF");
    for (size_t k = 0; k < tables->of[0].count; k++) {
        for (size_t c = 0; c < 41; c++) { /* commas are most there, whatever the texts hold */
            mp_escape_csv(&out, mp_sheet_cell(&tables->of[0].rows[k], c));
            mp_buf_add_c(&out, ',');
        }
        mp_buf_add_z(&out, "\r\n");
    }
    if (mp_sheet_read(&again, mp_buf_str(&out), &mp_sheet_usual, &arena, NULL) != MP_OK || again.of[0].count != tables->of[0].count)
        abort();
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

static const char *const parts[] = { "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml",
                                     "xl/styles.xml", "xl/worksheets/s.xml", "xl/worksheets/s2.xml" };

static void add_part(struct archive *zip, const char *name, mp_str text)
{
    struct archive_entry *entry = archive_entry_new();
    if (!entry)
        abort();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)text.len);
    archive_entry_set_filetype(entry, AE_IFREG);
    if (archive_write_header(zip, entry) != ARCHIVE_OK || archive_write_data(zip, text.ptr, text.len) < 0)
        abort();
    archive_entry_free(entry);
}

static mp_str packed(mp_str rest, mp_arena *arena)
{
    size_t          len = 0, room = rest.len + 4096;
    char           *bytes = mp_arena_alloc(arena, room);
    struct archive *zip = archive_write_new();
    if (!bytes || !zip || archive_write_set_format_zip(zip) != ARCHIVE_OK || archive_write_zip_set_compression_store(zip) != ARCHIVE_OK ||
        archive_write_open_memory(zip, bytes, room, &len) != ARCHIVE_OK)
        abort();
    for (size_t i = 0; i < MP_COUNT(parts) && rest.len; i++) {
        size_t end = mp_str_find(rest, '\0');
        add_part(zip, parts[i], mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end));
        rest = mp_str_skip(rest, end == SIZE_MAX ? rest.len : end + 1);
    }
    if (archive_write_close(zip) != ARCHIVE_OK)
        abort();
    archive_write_free(zip);
    return mp_str_of(bytes, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    mp_str          bytes = mp_str_of((const char *)data, size);
    if (mp_str_starts(bytes, MP_S("Z")))
        bytes = packed(mp_str_skip(bytes, 1), &arena);
    if (mp_sheet_read(&tables, bytes, &limits, &arena, NULL) == MP_OK) {
        check(&tables);
        if (tables.is_csv)
            write_again(&tables);
    }
    mp_arena_free(&arena);
    return 0;
}
