/* SPDX-License-Identifier: Apache-2.0 */
#include "book_text.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include "test.h"

#define ROOM ((size_t)8 << 20)

static void add_part(struct archive *zip, const book_part *part)
{
    struct archive_entry *entry = archive_entry_new();
    size_t                repeat = part->repeat ? part->repeat : 1, len = strlen(part->text);
    CHECK(entry != NULL);
    archive_entry_set_pathname(entry, part->name);
    archive_entry_set_size(entry, (la_int64_t)(repeat * len));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    CHECK_INT(archive_write_header(zip, entry), ARCHIVE_OK);
    for (size_t i = 0; i < repeat; i++)
        CHECK(archive_write_data(zip, part->text, len) == (la_ssize_t)len);
    archive_entry_free(entry);
}

mp_str book_zip(mp_arena *arena, const book_part *parts, size_t count)
{
    struct archive *zip = archive_write_new();
    char           *room = malloc(ROOM);
    size_t          used = 0;
    CHECK(zip != NULL && room != NULL);
    CHECK_INT(archive_write_set_format_zip(zip), ARCHIVE_OK);
    CHECK_INT(archive_write_open_memory(zip, room, ROOM, &used), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        add_part(zip, &parts[i]);
    CHECK_INT(archive_write_close(zip), ARCHIVE_OK);
    archive_write_free(zip);
    mp_str bytes = mp_arena_dup(arena, mp_str_of(room, used));
    free(room);
    CHECK(bytes.ptr != NULL);
    return bytes;
}

#define RELATION "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

mp_str book_of(mp_arena *arena, const char *rows, const char *strings)
{
    mp_str    sheet = mp_arena_printf(arena, "<worksheet><sheetData>%s</sheetData></worksheet>", rows);
    mp_str    texts = mp_arena_printf(arena, "<sst>%s</sst>", strings ? strings : "");
    book_part parts[] = {
        { "xl/workbook.xml", "<workbook xmlns:r='" RELATION "'><sheets><sheet name='t' sheetId='1' r:id='rId1'/></sheets></workbook>", 0 },
        { "xl/_rels/workbook.xml.rels",
          "<Relationships><Relationship Id='rId1' Type='" RELATION "/worksheet' Target='worksheets/sheet1.xml'/>"
          "<Relationship Id='rId2' Type='" RELATION "/sharedStrings' Target='sharedStrings.xml'/></Relationships>",
          0 },
        { "xl/worksheets/sheet1.xml", sheet.ptr, 0 },
        { "xl/sharedStrings.xml", texts.ptr, 0 },
    };
    return book_zip(arena, parts, strings ? 4 : 3);
}
