/* SPDX-License-Identifier: Apache-2.0 */
/* Spreadsheets of others, the friendly and the hostile ones. */
#include "sheet_read.h"

#include "book_text.h"
#include "fault.h"
#include "sheet_write.h"
#include "test.h"

static mp_str shown(mp_arena *arena, const mp_sheet_tables *tables)
{
    mp_buf out = MP_BUF_INIT;
    for (size_t i = 0; i < tables->count; i++)
        for (size_t k = 0; k < tables->of[i].count; k++) {
            const mp_sheet_row *row = &tables->of[i].rows[k];
            mp_buf_printf(&out, "%s%zu:", out.len ? "/" : "", row->number);
            for (size_t c = 0; c < row->count; c++)
                mp_buf_printf(&out, "%s%.*s", c ? "|" : "", MP_FMT(row->cells[c]));
        }
    mp_str text = mp_arena_dup(arena, mp_buf_str(&out));
    mp_buf_free(&out);
    return text;
}

static void check_read(mp_str bytes, const char *wanted)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    mp_error        err = { .code = MP_OK };
    if (mp_sheet_read(&tables, bytes, &mp_sheet_usual, &arena, &err) != MP_OK)
        fail_msg("%s (wanted: %s)", err.message, wanted);
    CHECK_STR(shown(&arena, &tables), wanted);
    mp_arena_free(&arena);
}

static void check_refused_by(mp_str bytes, const mp_sheet_limits *limits, mp_code code, const char *said)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    mp_error        err = { .code = MP_OK };
    CHECK_INT(mp_sheet_read(&tables, bytes, limits, &arena, &err), code);
    if (mp_str_find_str(mp_str_from(err.message), mp_str_from(said)) == SIZE_MAX)
        fail_msg("said: %s; wanted: %s", err.message, said);
    mp_arena_free(&arena);
}

static void check_refused(mp_str bytes, mp_code code, const char *said) { check_refused_by(bytes, &mp_sheet_usual, code, said); }

/* ---- CSV ---- */

TEST(csv)
{
    check_read(MP_S(""), "");
    check_read(MP_S("\xEF\xBB\xBF" "a,b\r\n,\r\nc,,\"d,\"\"e\"\"\nf\"\r\n"), "1:a|b/3:c||d,\"e\"\nf");
    check_read(MP_S("a;b;c,d\n1;2"), "1:a|b|c,d/2:1|2");
    check_read(MP_S("a\tb\rc\t\td\r"), "1:a|b/2:c||d");
    check_read(MP_S("\"x\ny\",1\nz"), "1:x\ny|1/3:z");
    check_read(MP_S("번호,이름\n1.1,정책"), "1:번호|이름/2:1.1|정책");
    check_read(MP_S("'=1+1,''-x,'text,=now"), "1:=1+1|'-x|'text|=now");
    check_refused(MP_S("a,\"b"), MP_FORMAT, "line 1 is never closed");
    check_refused(MP_S("a\n\"b\"c"), MP_FORMAT, "behind a closing quotation mark in line 2");
    check_refused(MP_S("\xB0\xA1,b"), MP_FORMAT, "CSV in UTF-8");
    check_refused(mp_str_of("a\0b", 3), MP_FORMAT, "neither a workbook");
    check_refused(MP_S("\xFF\xFE" "a\0"), MP_UNSUPPORTED, "text in UTF-16; wanted is UTF-8");
    check_refused(MP_S(" <HTML><table>"), MP_UNSUPPORTED, "this is XML or HTML, whatever it is called");
    check_refused(MP_S("<?xml version='1.0'?><catalog/>"), MP_UNSUPPORTED, "this is XML or HTML");
    check_read(MP_S("\"<table\",b"), "1:<table|b");
    check_refused(MP_S("\xD0\xCF\x11\xE0old"), MP_UNSUPPORTED, "save it as XLSX");
}

/* What mp_escape_csv writes is read as it was. */
TEST(csv_comes_back)
{
    static const char *const texts[] = { "a", "=1", "'=1", "''@x", "'", "'a", " +1", "-", "a\nb", "\"", "a,b;c\td", " x ", "한글" };
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    mp_buf          out = MP_BUF_INIT;
    mp_book_cell    cells[MP_COUNT(texts)];
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        cells[i] = mp_cell_text(mp_str_from(texts[i]));
    mp_csv_begin(&out);
    mp_csv_row(&out, cells, MP_COUNT(texts));
    CHECK_INT(mp_sheet_read(&tables, mp_buf_str(&out), &mp_sheet_usual, &arena, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        CHECK_STR(mp_sheet_cell(&tables.of[0].rows[0], i), texts[i]);
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

/* ---- workbooks ---- */

TEST(cells_of_every_kind)
{
    mp_arena arena = MP_ARENA_INIT;
    check_read(book_of(&arena,
                       "<row r='2'><c r='A2' t='s'><v>1</v></c><c r='C2'><v>1.1000000000000001</v></c><c t='b'><v>1</v></c></row>"
                       "<row><c t='inlineStr'><is><r><t>in</t></r><r><t xml:space='preserve'> two</t></r></is></c><c t='str'><f>A1&amp;\"x\"</f><v>last</v></c></row>"
                       "<row r='9'><c r='B9'/></row>",
                       "<si><t>zero</t></si><si><r><t>o</t></r><r><t>ne_x000A_&amp;_x005F_x000A_</t></r><rPh><t>spoken</t></rPh></si>"),
               "2:one\n&_x000A_||1.1|TRUE/3:in two|last");
    mp_arena_free(&arena);
}

TEST(what_our_writer_writes)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_book        *book;
    mp_book_sheet  *sheet;
    mp_sheet_tables tables;
    mp_buf          out = MP_BUF_INIT;
    mp_book_column  columns[] = { { .head = MP_S("이름") }, { .head = MP_S("b") } };
    mp_book_cell    cells[] = { mp_cell_text(MP_S("=1+1\n둘 <&> _x0041_ ")), mp_cell_count(42) };
    CHECK_INT(mp_book_new(&book, &(mp_book_options){ .title = MP_S("t") }, NULL), MP_OK);
    CHECK_INT(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = MP_S("통제"), .columns = columns, .count = 2 }, NULL), MP_OK);
    CHECK_INT(mp_book_row(sheet, cells, 2, NULL), MP_OK);
    CHECK_INT(mp_book_done(book, &out, NULL), MP_OK);
    CHECK_INT(mp_sheet_read(&tables, mp_buf_str(&out), &mp_sheet_usual, &arena, NULL), MP_OK);
    CHECK_INT(tables.count, 1);
    CHECK_STR(tables.of[0].name, "통제");
    CHECK_STR(shown(&arena, &tables), "1:이름|b/2:=1+1\n둘 <&> _x0041_ |42");
    mp_book_free(book);
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(wrong_cells)
{
    static const struct {
        const char *rows, *said;
    } cases[] = {
        { "<row r='1'><c r='B1'><f>NOW()</f></c></row>", "t!B1: it is a formula without a value" },
        { "<row r='1'><c r='A1' t='e'><v>#REF!</v></c></row>", "t!A1: it holds the error #REF!" },
        { "<row r='1'><c r='A1' t='s'><v>7</v></c></row>", "t!A1: it refers to the text '7'" },
        { "<row r='1'><c r='A1' t='s'><v>-1</v></c></row>", "t!A1: it refers to the text '-1'" },
        { "<row r='1'><c r='A2'><v>1</v></c></row>", "a cell of row 1 is called 'A2'" },
        { "<row r='1'><c r='A'><v>1</v></c></row>", "a cell of row 1 is called 'A'" },
        { "<row r='2'/><row r='2'/>", "the row '2' is out of order" },
        { "<row r='99999999999999999999'/>", "is out of order" },
        { "<row r='1'><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>", "the cell A1 comes after another one" },
        { "<row r='1'><c r='A1'><v>1</v></row>", "is no XML: line 1" },
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        check_refused(book_of(&arena, cases[i].rows, NULL), MP_FORMAT, cases[i].said);
    check_refused(book_of(&arena, "<row r='1'><c r='XFD1'><v>1</v></c></row>", NULL), MP_LIMIT, "the cell XFD1 is beyond");
    check_refused(book_of(&arena, "<row r='1048576'><c r='A1048576'><v>1</v></c></row>", NULL), MP_LIMIT, "the cell A1048576 is beyond");
    mp_arena_free(&arena);
}

/* ---- days, which only their formats tell from numbers ---- */

#define RELATIONS "<Relationships><Relationship Id='a' Target='worksheets/s.xml'/></Relationships>"

static void check_days(const char *properties, const char *styles, const char *rows, const char *wanted)
{
    mp_arena  arena = MP_ARENA_INIT;
    book_part parts[] = {
        { "xl/workbook.xml", mp_arena_printf(&arena, "<workbook>%s<sheets><sheet name='t' id='a'/></sheets></workbook>", properties).ptr, 0 },
        { "xl/_rels/workbook.xml.rels", RELATIONS, 0 },
        { "xl/styles.xml", styles, 0 },
        { "xl/worksheets/s.xml", mp_arena_printf(&arena, "<worksheet><sheetData>%s</sheetData></worksheet>", rows).ptr, 0 },
    };
    check_read(book_zip(&arena, parts, MP_COUNT(parts)), wanted);
    mp_arena_free(&arena);
}

static const char day_styles[] =
    "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy&quot;년&quot; m&quot;월&quot; d&quot;일&quot;'/>"
    "<numFmt numFmtId='165' formatCode='[$-412]AM/PM h:mm;@'/><numFmt numFmtId='166' formatCode='[Red]0.0&quot;days&quot;'/>"
    "<numFmt numFmtId='167' formatCode='mmm'/><numFmt numFmtId='168' formatCode='mm:ss'/><numFmt numFmtId='169' formatCode='\\d0'/>"
    "<numFmt numFmtId='99999999999' formatCode='yyyy'/></numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
    "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='164'/><xf numFmtId='165'/><xf numFmtId='166'/>"
    "<xf numFmtId='167'/><xf numFmtId='168'/><xf numFmtId='169'/><xf numFmtId='99999999999'/><xf/><xf numFmtId='31'/></cellXfs></styleSheet>";

TEST(days_and_times)
{
    check_days("", day_styles,
               "<row><c s='0'><v>46387</v></c><c s='1'><v>46387</v></c><c s='2'><v>46387.395833333336</v></c><c s='3'><v>46387</v></c><c s='11'><v>1</v></c></row>",
               "1:46387|2026-12-31|2026-12-31 09:30:00|2026-12-31|1900-01-01");
    check_days("", day_styles, /* times, amounts, quoted letters, styles that are not there */
               "<row><c s='4'><v>0.5</v></c><c s='5'><v>3</v></c><c s='6'><v>45000</v></c><c s='7'><v>2</v></c><c s='8'><v>4</v></c><c s='9'><v>5</v></c>"
               "<c s='10'><v>6</v></c><c s='12'><v>7</v></c><c s='x'><v>8</v></c><c s='1' t='str'><v>9</v></c></row>",
               "1:0.5|3|2023-03-15|2|4|5|6|7|8|9");
    check_days("<workbookPr date1904='1'/>", day_styles, "<row><c s='1'><v>0</v></c><c s='1'><v>44925</v></c></row>", "1:1904-01-01|2026-12-31");
    check_days("", day_styles, /* around the day that was none, at both ends, and what is no day */
               "<row><c s='1'><v>59</v></c><c s='1'><v>60</v></c><c s='1'><v>61</v></c><c s='1'><v>0</v></c><c s='1'><v>-1</v></c><c s='1'><v>2958465</v></c>"
               "<c s='1'><v>2958466</v></c><c s='1'><v>1e300</v></c><c s='1'><v>x</v></c><c s='1'><v>46386.9999999</v></c></row>",
               "1:1900-02-28|60|1900-03-01|0|-1|9999-12-31|2958466|1e+300|x|2026-12-31");
}

TEST(styles_that_are_none)
{
    mp_arena  arena = MP_ARENA_INIT;
    book_part parts[] = { { "xl/workbook.xml", "<workbook><sheets/></workbook>", 0 }, { "xl/_rels/workbook.xml.rels", RELATIONS, 0 },
                          { "xl/styles.xml", "<styleSheet><cellXfs>", 0 } };
    check_refused(book_zip(&arena, parts, 3), MP_FORMAT, "the part 'xl/styles.xml' of the workbook is no XML");
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_z(&text, "<styleSheet><cellXfs>");
    for (size_t i = 0; i <= 65536; i++)
        mp_buf_add_z(&text, "<xf/>");
    mp_buf_add_z(&text, "</cellXfs></styleSheet>");
    mp_buf_add_c(&text, '\0');
    parts[2].text = text.ptr;
    check_refused(book_zip(&arena, parts, 3), MP_LIMIT, "more than 65536 styles");
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

/* ---- hostile ones ---- */

/* A zip says of each member whether a password locks it. */
TEST(a_locked_workbook)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   book = book_of(&arena, "<row><c><v>1</v></c></row>", NULL);
    char    *bytes = (char *)(uintptr_t)book.ptr;
    for (size_t i = 0; i + 10 < book.len; i++) {
        if (memcmp(bytes + i, "PK\3\4", 4) == 0)
            bytes[i + 6] |= 1;
        else if (memcmp(bytes + i, "PK\1\2", 4) == 0)
            bytes[i + 8] |= 1;
    }
    check_refused(book, MP_UNSUPPORTED, "locked with a password");
    mp_arena_free(&arena);
}

/* Formulas count by their last values; cells that are merged leave those behind the first one empty. */
TEST(formulas_and_merged_cells)
{
    mp_arena arena = MP_ARENA_INIT;
    check_read(book_of(&arena,
                       "<row r='1'><c r='A1'><f>HYPERLINK(\"http://192.0.2.1\",\"x\")</f><v>3</v></c><c r='B1'/><c r='C1' t='str'><v>c</v></c></row>"
                       "<mergeCells><mergeCell ref='A1:B9'/></mergeCells><dimension ref='A1:A1'/>",
                       NULL),
               "1:3||c");
    mp_arena_free(&arena);
}

static const book_part relations = { "xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id='a' Target='worksheets/s.xml'/><Relationship Id='b' Target='../../etc/passwd'/>"
                                     "<Relationship Id='c' Target='http://192.0.2.1/s.xml' TargetMode='External'/></Relationships>", 0 };
static const book_part workbook = { "xl/workbook.xml", "<workbook><sheets><sheet name='t' id='a'/></sheets></workbook>", 0 };
#define EMPTY "<worksheet/>"

TEST(document_types_and_entities)
{
    static const char *const texts[] = {
        "<!DOCTYPE worksheet [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><worksheet>&b;</worksheet>",
        "<!DOCTYPE worksheet SYSTEM 'file:///etc/passwd'><worksheet/>",
        "<!DOCTYPE worksheet [<!ENTITY % x SYSTEM 'http://192.0.2.1/x'>%x;]><worksheet/>",
    };
    mp_arena arena = MP_ARENA_INIT;
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        book_part parts[] = { workbook, relations, { "xl/worksheets/s.xml", texts[i], 0 } };
        check_refused(book_zip(&arena, parts, 3), MP_FORMAT, "has a document type");
    }
    book_part parts[] = { workbook, relations, { "xl/worksheets/s.xml", "<worksheet>&undefined;</worksheet>", 0 } };
    check_refused(book_zip(&arena, parts, 3), MP_FORMAT, "is no XML");
    mp_arena_free(&arena);
}

TEST(zips_that_are_not_what_they_say)
{
    mp_arena  arena = MP_ARENA_INIT;
    book_part outside[] = { { "xl/workbook.xml", "<workbook><sheets><sheet name='t' id='b'/></sheets></workbook>", 0 }, relations };
    check_refused(book_zip(&arena, outside, 2), MP_FORMAT, "names the table 't' and does not have it");
    book_part elsewhere[] = { { "xl/workbook.xml", "<workbook><sheets><sheet name='t' id='c'/></sheets></workbook>", 0 }, relations };
    check_refused(book_zip(&arena, elsewhere, 2), MP_FORMAT, "does not have it");
    book_part named_twice[] = { { "xl/workbook.xml", "<workbook><sheets><sheet name='t' id='a'/><sheet name='u' id='a'/></sheets></workbook>", 0 }, relations, { "xl/worksheets/s.xml", EMPTY, 0 } };
    check_refused(book_zip(&arena, named_twice, 3), MP_FORMAT, "the tables 't' and 'u' of the workbook are the same one");
    book_part twice[] = { workbook, relations, { "xl/worksheets/s.xml", EMPTY, 0 }, { "xl/worksheets/S.xml", EMPTY, 0 } };
    check_refused(book_zip(&arena, twice, 4), MP_FORMAT, "has two parts");
    book_part climbing[] = { workbook, relations, { "xl/worksheets/s.xml", EMPTY, 0 }, { "../../xl/worksheets/evil.xml", "no XML", 0 }, { "/xl/workbook.xml", "no XML", 0 } };
    check_read(book_zip(&arena, climbing, 5), "");
    book_part other[] = { { "word/document.xml", "<document/>", 0 } };
    check_refused(book_zip(&arena, other, 1), MP_FORMAT, "no workbook (XLSX)");
    check_refused(MP_S("PK\3\4 and no more"), MP_FORMAT, "the workbook is");
    mp_str whole = book_of(&arena, "<row r='1'><c r='A1'><v>1</v></c></row>", NULL);
    for (size_t len = 2; len < whole.len; len += test_step(37)) {
        mp_sheet_tables tables;
        mp_arena        own = MP_ARENA_INIT;
        CHECK(mp_sheet_read(&tables, mp_str_of(whole.ptr, len), &mp_sheet_usual, &own, NULL) != MP_OK);
        mp_arena_free(&own);
    }
    mp_arena_free(&arena);
}

TEST(what_grows)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_limits limits = mp_sheet_usual;
    book_part       bomb[] = { workbook, relations, { "xl/worksheets/s.xml", "<!-- a comment that is nothing and is packed to nothing ------- ->", 100000 } };
    mp_str          bytes = book_zip(&arena, bomb, 3);
    check_refused(bytes, MP_LIMIT, "to more than 100 times its size");
    limits.ratio = SIZE_MAX;
    limits.part = 1 << 20;
    check_refused_by(bytes, &limits, MP_LIMIT, "to more than 1 MiB");
    limits = mp_sheet_usual;
    limits.entries = 2;
    check_refused_by(bytes, &limits, MP_LIMIT, "more than 2 parts");
    limits = mp_sheet_usual;
    limits.cells = 3;
    check_refused_by(MP_S("a,b\nc,d"), &limits, MP_LIMIT, "more than 3 cells");
    limits.cells = 4;
    limits.text = 3;
    check_refused_by(MP_S("a,bbbb"), &limits, MP_LIMIT, "the cell B1 has 4 bytes");
    limits.text = 4;
    limits.parts = 5;
    check_refused_by(MP_S("a,bbbb,c"), &limits, MP_LIMIT, "the cells of the spreadsheet hold more");
    limits.bytes = 4;
    check_refused_by(MP_S("a,bbbb"), &limits, MP_LIMIT, "has 6 bytes");
    limits = mp_sheet_usual;
    limits.tables = 0;
    check_refused_by(book_of(&arena, "", NULL), &limits, MP_LIMIT, "more than 0 tables");
    mp_arena_free(&arena);
}

TEST(deep_elements)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   text = MP_BUF_INIT;
    for (size_t i = 0; i < 100; i++)
        mp_buf_add_z(&text, "<a>");
    mp_buf_add_c(&text, '\0');
    book_part parts[] = { workbook, relations, { "xl/worksheets/s.xml", text.ptr, 0 } };
    check_refused(book_zip(&arena, parts, 3), MP_LIMIT, "more than 64 deep");
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

/* ---- short memory ---- */

static bool read_it(void *context)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_sheet_tables tables;
    mp_code         code = mp_sheet_read(&tables, *(mp_str *)context, &mp_sheet_usual, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out)
{
    mp_arena arena = MP_ARENA_INIT;
    book_part parts[] = { { "xl/workbook.xml", "<workbook><sheets><sheet name='t' id='a'/></sheets></workbook>", 0 }, { "xl/_rels/workbook.xml.rels", RELATIONS, 0 },
                          { "xl/styles.xml", day_styles, 0 }, { "xl/worksheets/s.xml", "<worksheet><row><c s='1'><v>46387</v></c></row></worksheet>", 0 } };
    mp_str   dated = book_zip(&arena, parts, MP_COUNT(parts));
    fault_loop(read_it, &dated);
    mp_str   book = book_of(&arena, "<row r='1'><c r='A1' t='s'><v>0</v></c><c t='inlineStr'><is><t>x</t></is></c><c><v>1.5</v></c></row>", "<si><t>a</t></si>");
    mp_str   csv = MP_S("a,\"b\"\nc");
    fault_loop(read_it, &book);
    fault_loop(read_it, &csv);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(csv), RUN(csv_comes_back), RUN(cells_of_every_kind), RUN(what_our_writer_writes), RUN(wrong_cells), RUN(days_and_times), RUN(styles_that_are_none), RUN(a_locked_workbook),
                RUN(formulas_and_merged_cells), RUN(document_types_and_entities),
                RUN(zips_that_are_not_what_they_say), RUN(what_grows), RUN(deep_elements), RUN(memory_that_runs_out));
}
