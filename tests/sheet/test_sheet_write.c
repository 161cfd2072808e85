/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <math.h>
#include <stdio.h>

#include "sheet_name.h"
#include "sheet_write.h"

/* Where check_sheet.py finds what was written. */
static const char *folder;

static void save(const char *name, mp_str bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK_INT(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    CHECK_INT(fclose(file), 0);
}

static const mp_book_column columns[] = {
    { .head = MP_S_INIT("통제항목"), .width = 12 },
    { .head = MP_S_INIT("Evidence"), .width = 40 },
    { .head = MP_S_INIT("수량"), .align = MP_ALIGN_RIGHT },
    { .head = MP_S_INIT("점수") },
    { .head = MP_S_INIT("일자") },
    { .head = MP_S_INIT("링크") },
};

static mp_ticks at(const char *text)
{
    mp_ticks time = 0;
    CHECK(mp_clock_parse(&time, mp_str_from(text)));
    return time;
}

static const mp_str hostile[] = {
    MP_S_INIT("=HYPERLINK(\"http://x\",\"y\")"),
    MP_S_INIT("+82-2-1234"),
    MP_S_INIT("-1+1"),
    MP_S_INIT("@SUM(A1)"),
    MP_S_INIT("\t=1"),
    MP_S_INIT("=cmd|' /C calc'!A0"),
    MP_S_INIT("a\x01"
              "b\x1B[31m"),
    MP_S_INIT("_x0041_ _x000D_"),
    MP_S_INIT("<a>&\"'</a>"),
    MP_S_INIT("two\r\nlines"),
    MP_S_INIT("bad \xFF byte"),
    MP_S_INIT("a\xE2\x80\xAE"
              "gnp"),
    MP_S_INIT("nul\0x"),
    MP_S_INIT("  blanks  "),
    MP_S_INIT("12345678901234567890"),
    MP_S_INIT(""),
};

static void write_book(mp_buf *out)
{
    mp_book *book = NULL;
    mp_book_sheet *first = NULL, *second = NULL, *third = NULL;
    mp_error err = { 0 };
    CHECK_INT(mp_book_new(&book,
                          &(mp_book_options){ .title = MP_S("적용성 명세서 <1>"),
                                              .author = MP_S("Mapae"),
                                              .made_at = at("2026-01-31T09:00:00Z") },
                          &err),
              MP_OK);
    CHECK_INT(mp_book_add(book, &first,
                          &(mp_book_sheet_options){ .name = MP_S("통제/항목"),
                                                    .columns = columns,
                                                    .count = MP_COUNT(columns),
                                                    .frozen_columns = 1 },
                          &err),
              MP_OK);
    CHECK_INT(mp_book_add(book, &second,
                          &(mp_book_sheet_options){ .name = MP_S("통제 항목"), .is_form = true }, &err),
              MP_OK);
    CHECK_INT(mp_book_add(book, &third, &(mp_book_sheet_options){ .name = MP_S("history") }, &err), MP_OK);
    for (size_t i = 0; i < MP_COUNT(hostile); i++) {
        mp_book_cell cells[] = {
            { .kind = MP_CELL_TEXT, .text = MP_S("1.1.1"), .look = (mp_cell_look)(i % MP_LOOK_COUNT) },
            { .kind = MP_CELL_TEXT, .text = hostile[i] },
            { .kind = MP_CELL_COUNT, .number = (double)i - 3 },
            { .kind = MP_CELL_PERCENT, .number = i == 3 ? (double)NAN : 0.618 },
            { .kind = i % 2 ? MP_CELL_DAY : MP_CELL_TIME, .time = at("2026-02-28T23:59:59Z") },
            { .kind = MP_CELL_LINK,
              .text = MP_S("기록"),
              .link = i == 5 ? MP_S("javascript:alert(1)") : MP_S("https://example.org/a?b=1&c=2") },
        };
        CHECK_INT(mp_book_row(first, cells, MP_COUNT(cells), &err), MP_OK);
        CHECK_INT(mp_book_row(second, cells + 1, 1, &err), MP_OK); /* two sheets at once */
    }
    CHECK_INT(mp_book_row(third, &(mp_book_cell){ .kind = MP_CELL_DAY, .time = at("1899-12-31T00:00:00Z") },
                          1, &err),
              MP_OK);
    CHECK_INT(mp_book_done(book, out, &err), MP_OK);
    mp_book_free(book);
}

TEST(the_same_rows_are_the_same_bytes)
{
    mp_buf one = MP_BUF_INIT, other = MP_BUF_INIT;
    write_book(&one);
    write_book(&other);
    CHECK(one.len > 1000 && mp_str_eq(mp_buf_str(&one), mp_buf_str(&other)));
    save("book.xlsx", mp_buf_str(&one));
    mp_buf_free(&one);
    mp_buf_free(&other);
}

TEST(a_long_text_is_cut_and_says_so)
{
    mp_book *book = NULL;
    mp_book_sheet *sheet = NULL;
    mp_buf out = MP_BUF_INIT, text = MP_BUF_INIT;
    for (int i = 0; i < 40000; i++)
        mp_buf_add(&text, MP_S("가"));
    CHECK_INT(mp_book_new(&book, &(mp_book_options){ .title = MP_S("") }, NULL), MP_OK);
    CHECK_INT(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = MP_S("") }, NULL), MP_OK);
    mp_book_cell cell = mp_cell_text(mp_buf_str(&text));
    CHECK_INT(mp_book_row(sheet, &cell, 1, NULL), MP_OK);
    CHECK_INT(mp_book_done(book, &out, NULL), MP_OK);
    save("long.xlsx", mp_buf_str(&out));
    mp_book_free(book);
    mp_buf_free(&out);
    mp_buf_free(&text);
}

TEST(limits_are_named)
{
    mp_book *book = NULL;
    mp_book_sheet *sheet = NULL;
    mp_buf out = MP_BUF_INIT;
    mp_error err = { 0 };
    CHECK_INT(mp_book_new(&book, &(mp_book_options){ .limit = 100 }, NULL), MP_OK);
    for (int i = 0; i < 255; i++)
        CHECK_INT(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = MP_S("같은 이름") }, NULL),
                  MP_OK);
    CHECK_INT(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = MP_S("x") }, &err), MP_LIMIT);
    CHECK_INT(mp_book_done(book, &out, &err), MP_LIMIT);
    CHECK_INT(out.len, 0);
    mp_book_free(book);
    mp_buf_free(&out);
    CHECK_INT(mp_book_new(&book, &(mp_book_options){ .limit = 100 }, NULL), MP_OK); /* given up */
    CHECK_INT(mp_book_add(book, &sheet, &(mp_book_sheet_options){ .name = MP_S("x") }, NULL), MP_OK);
    mp_book_free(book);
    mp_book_free(NULL);
}

TEST(names_of_sheets_are_made_legal)
{
    static const struct {
        mp_str wanted;
        const char *name;
    } cases[] = {
        { MP_S_INIT("a[b]:*?/\\c"), "a b c" },
        { MP_S_INIT("''quoted''"), "quoted" },
        { MP_S_INIT(""), "Sheet" },
        { MP_S_INIT("\xFF\x01"), "Sheet" },
        { MP_S_INIT("가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사"),
          "가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_sheet_name(&out, cases[i].wanted, MP_SHEET_NAME_UNITS);
        CHECK_STR(mp_buf_str(&out), cases[i].name);
        mp_buf_free(&out);
    }
}

TEST(csv_computes_nothing)
{
    mp_buf out = MP_BUF_INIT;
    mp_csv_begin(&out);
    mp_csv_head(&out, columns, 3);
    mp_book_cell cells[] = {
        mp_cell_text(MP_S("=1+1")),
        mp_cell_text(MP_S("a,\"b\"")),
        mp_cell_count(-12),
        { .kind = MP_CELL_NUMBER, .number = 1234.5 },
        { .kind = MP_CELL_NUMBER, .number = -0.001 },
        { .kind = MP_CELL_PERCENT, .number = 0.618 },
        { .kind = MP_CELL_NUMBER, .number = INFINITY },
        { .kind = MP_CELL_DAY, .time = at("2026-02-28T23:59:59Z") },
        { .kind = MP_CELL_TIME, .time = at("2026-02-28T23:59:59Z") },
        { .kind = MP_CELL_EMPTY },
    };
    mp_csv_row(&out, cells, MP_COUNT(cells));
    CHECK_STR(mp_buf_str(&out),
              "\xEF\xBB\xBF통제항목,Evidence,수량\r\n"
              "\"'=1+1\",\"a,\"\"b\"\"\",-12,1234.5,0,0.618,,2026-02-28,2026-02-28T23:59:59Z,\r\n");
    mp_buf_free(&out);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : "/tmp";
    return MAIN(RUN(the_same_rows_are_the_same_bytes), RUN(a_long_text_is_cut_and_says_so),
                RUN(limits_are_named), RUN(names_of_sheets_are_made_legal), RUN(csv_computes_nothing));
}
