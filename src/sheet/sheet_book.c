/* SPDX-License-Identifier: Apache-2.0 */
/* A workbook: which tables it has, under which names, and their cells. Source: ECMA-376, part 1, 18. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "sheet_parts.h"

/* ---- what it has ---- */

typedef struct listed {
    mp_str name, relation; /* of a table */
    mp_str id, target;     /* of a relation */
    bool   is_strings;
} listed;

typedef struct listing {
    listed   *of;
    size_t    count, cap, most;
    bool      is_1904; /* from when its days are counted */
    mp_arena *arena;
} listing;

static mp_code add_listed(listing *l, listed one, mp_error *err)
{
    if (l->count == l->most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the workbook has more than %zu tables", l->most);
    if (l->count == l->cap) {
        size_t  cap = l->cap ? 2 * l->cap : 16;
        listed *more = MP_ARENA_ARRAY(l->arena, listed, cap);
        if (!more)
            return mp_no_memory(err);
        if (l->count)
            memcpy(more, l->of, l->count * sizeof *more);
        l->of = more;
        l->cap = cap;
    }
    l->of[l->count++] = one;
    return MP_OK;
}

static mp_str kept(mp_arena *arena, const char *text) { return mp_arena_dup(arena, mp_str_from(text ? text : "")); }

static mp_code begin_table(void *ctx, const char *name, const char *const *attributes, mp_error *err)
{
    listing *l = ctx;
    if (strcmp(name, "workbookPr") == 0) {
        const char *is_1904 = mp_sheet_attribute(attributes, "date1904");
        l->is_1904 = is_1904 && (strcmp(is_1904, "1") == 0 || strcmp(is_1904, "true") == 0);
    }
    if (strcmp(name, "sheet") != 0)
        return MP_OK;
    listed one = { .name = kept(l->arena, mp_sheet_attribute(attributes, "name")), .relation = kept(l->arena, mp_sheet_attribute(attributes, "id")) };
    return one.name.ptr && one.relation.ptr ? add_listed(l, one, err) : mp_no_memory(err);
}

static mp_code begin_relation(void *ctx, const char *name, const char *const *attributes, mp_error *err)
{
    listing    *l = ctx;
    const char *type = mp_sheet_attribute(attributes, "Type"), *mode = mp_sheet_attribute(attributes, "TargetMode");
    if (strcmp(name, "Relationship") != 0 || (mode && strcmp(mode, "External") == 0))
        return MP_OK;
    listed one = { .id = kept(l->arena, mp_sheet_attribute(attributes, "Id")), .target = kept(l->arena, mp_sheet_attribute(attributes, "Target")),
                   .is_strings = type && mp_str_ends(mp_str_from(type), MP_S("/sharedStrings")) };
    return one.id.ptr && one.target.ptr ? add_listed(l, one, err) : mp_no_memory(err);
}

static mp_code end_nothing(void *ctx, const char *name, mp_error *err)
{
    (void)ctx;
    (void)name;
    (void)err;
    return MP_OK;
}

static mp_code no_text(void *ctx, mp_str piece, mp_error *err)
{
    (void)ctx;
    (void)piece;
    (void)err;
    return MP_OK;
}

/* What a relation of the workbook leads to: "worksheets/sheet1.xml", or from the top with a slash. */
static const mp_sheet_part *follow(const mp_sheet_parts *parts, mp_str target, mp_arena *arena)
{
    mp_str name = mp_str_starts(target, MP_S("/")) ? mp_str_skip(target, 1) : mp_arena_printf(arena, "xl/%.*s", MP_FMT(target));
    return name.ptr ? mp_sheet_part_find(parts, name) : NULL;
}

/* ---- texts ---- */

/* "_x000D_" is a character that XML has no place for; "_x005F_" the line before such a thing that is meant as it stands. */
static void add_text(mp_buf *out, mp_str text)
{
    while (text.len) {
        unsigned code = 0;
        bool     is_code = text.len >= 7 && text.ptr[0] == '_' && text.ptr[1] == 'x' && text.ptr[6] == '_';
        for (size_t i = 2; is_code && i < 6; i++) {
            char c = text.ptr[i];
            is_code = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
            code = 16 * code + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        if (is_code && code < 0x80 && code != 0) {
            mp_buf_add_c(out, (char)code);
            text = mp_str_skip(text, 7);
        } else {
            mp_buf_add_c(out, text.ptr[0]);
            text = mp_str_skip(text, 1);
        }
    }
}

typedef struct strings {
    const mp_sheet_limits *limits;
    mp_arena              *arena;
    mp_str                *of;
    size_t                 count, cap;
    mp_buf                 text;
    bool                   is_in_text;  /* in a `t` that counts */
    unsigned               in_phonetic; /* how a text is spoken is not part of it */
} strings;

static mp_code begin_string(void *ctx, const char *name, const char *const *attributes, mp_error *err)
{
    strings *s = ctx;
    (void)attributes;
    (void)err;
    s->in_phonetic += strcmp(name, "rPh") == 0;
    s->is_in_text = strcmp(name, "t") == 0 && !s->in_phonetic;
    if (strcmp(name, "si") == 0)
        mp_buf_clear(&s->text);
    return MP_OK;
}

static mp_code keep_string(strings *s, mp_error *err)
{
    mp_buf plain = MP_BUF_INIT;
    if (s->count == s->limits->cells)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the spreadsheet has more than %zu cells", s->limits->cells);
    if (s->count == s->cap) {
        size_t  cap = s->cap ? 2 * s->cap : 256;
        mp_str *more = MP_ARENA_ARRAY(s->arena, mp_str, cap);
        if (!more)
            return mp_no_memory(err);
        if (s->count)
            memcpy(more, s->of, s->count * sizeof *more);
        s->of = more;
        s->cap = cap;
    }
    add_text(&plain, mp_buf_str(&s->text));
    mp_code code = mp_buf_check(&s->text, err);
    if (code == MP_OK)
        code = mp_buf_check(&plain, err);
    if (code == MP_OK) {
        mp_str text = mp_arena_dup(s->arena, mp_buf_str(&plain));
        s->of[s->count++] = text;
        code = text.ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&plain);
    return code;
}

static mp_code end_string(void *ctx, const char *name, mp_error *err)
{
    strings *s = ctx;
    s->is_in_text = false;
    if (strcmp(name, "rPh") == 0 && s->in_phonetic)
        s->in_phonetic--;
    return strcmp(name, "si") == 0 ? keep_string(s, err) : MP_OK;
}

static mp_code text_of_string(void *ctx, mp_str piece, mp_error *err)
{
    strings *s = ctx;
    (void)err;
    if (s->is_in_text)
        mp_buf_add(&s->text, piece);
    return MP_OK;
}

/* ---- cells ---- */

typedef struct cells {
    mp_sheet_filling filling;
    const strings   *strings;
    const mp_sheet_styles *styles;
    bool             is_1904;
    mp_str           table;
    size_t           column, next_column;
    char             type[12]; /* of the cell at hand: "s", "inlineStr", ... */
    mp_buf           value;
    bool             is_in_value, has_formula, has_value, is_in_cell, is_date;
    unsigned         in_phonetic;
} cells;

/* "B7" */
static bool read_place(size_t *column, size_t *row, const char *text)
{
    size_t i = 0;
    *column = *row = 0;
    for (; text[i] >= 'A' && text[i] <= 'Z' && i < 4; i++)
        *column = 26 * *column + (size_t)(text[i] - 'A' + 1);
    size_t digits = i;
    for (; text[i] >= '0' && text[i] <= '9' && i < digits + 8; i++)
        *row = 10 * *row + (size_t)(text[i] - '0');
    if (!digits || digits == i || text[i] || !*column || !*row)
        return false;
    --*column;
    return true;
}

/* The same error, with the table in front. */
static mp_code at_cell(cells *c, mp_code code, const mp_error *why, mp_error *err)
{
    return code == MP_OK || code == MP_NOMEM ? (code == MP_OK ? MP_OK : mp_no_memory(err))
                                             : mp_fail(err, code, MP_NOWHERE, "%.*s: %s", MP_FMT(c->table), why->message);
}

static mp_code begin_row(cells *c, const char *const *attributes, mp_error *err)
{
    const char *number = mp_sheet_attribute(attributes, "r");
    char       *end;
    size_t      row = c->filling.number + 1;
    errno = 0;
    if (number && number[0] >= '0' && number[0] <= '9') {
        unsigned long long said = strtoull(number, &end, 10);
        row = errno || *end ? 0 : (size_t)said;
    }
    if (row <= c->filling.number)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s: the row '%s' is out of order", MP_FMT(c->table), number ? number : "");
    c->filling.number = row;
    c->next_column = 0;
    return MP_OK;
}

static bool is_date_style(const mp_sheet_styles *styles, const char *style)
{
    char         *end;
    unsigned long at = style && style[0] >= '0' && style[0] <= '9' ? strtoul(style, &end, 10) : ULONG_MAX;
    return at < styles->count && !*end && styles->is_date[at];
}

static mp_code begin_one(cells *c, const char *const *attributes, mp_error *err)
{
    const char *place = mp_sheet_attribute(attributes, "r"), *type = mp_sheet_attribute(attributes, "t");
    size_t      row = c->filling.number;
    c->column = c->next_column;
    if (place && (!read_place(&c->column, &row, place) || row != c->filling.number))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s: a cell of row %zu is called '%.20s'", MP_FMT(c->table), c->filling.number, place);
    c->next_column = c->column + 1;
    snprintf(c->type, sizeof c->type, "%s", type ? type : "n");
    c->is_date = is_date_style(c->styles, mp_sheet_attribute(attributes, "s"));
    mp_buf_clear(&c->value);
    c->has_formula = c->has_value = false;
    c->is_in_cell = true;
    return MP_OK;
}

static mp_code begin_cells(void *ctx, const char *name, const char *const *attributes, mp_error *err)
{
    cells *c = ctx;
    c->is_in_value = false;
    if (strcmp(name, "row") == 0)
        return begin_row(c, attributes, err);
    if (strcmp(name, "c") == 0)
        return begin_one(c, attributes, err);
    c->in_phonetic += strcmp(name, "rPh") == 0;
    c->has_formula = c->has_formula || strcmp(name, "f") == 0;
    c->is_in_value = c->is_in_cell && !c->in_phonetic && (strcmp(name, "v") == 0 || strcmp(name, "t") == 0);
    c->has_value = c->has_value || c->is_in_value;
    return MP_OK;
}

static mp_code text_of_cell(void *ctx, mp_str piece, mp_error *err)
{
    cells *c = ctx;
    (void)err;
    if (c->is_in_value)
        mp_buf_add(&c->value, piece);
    return MP_OK;
}

/* As people see it: 15 digits, as spreadsheets have them; a day. */
static mp_str number_text(const cells *c, mp_str value, mp_arena *arena)
{
    char   text[64], date[MP_SHEET_DATE], *end;
    double number;
    if (value.len >= sizeof text)
        return value;
    memcpy(text, value.ptr, value.len);
    text[value.len] = 0;
    number = strtod(text, &end);
    if (*end || end == text || !isfinite(number))
        return value;
    if (c->is_date && mp_sheet_date(date, number, c->is_1904))
        return mp_arena_dup(arena, mp_str_from(date));
    return mp_arena_printf(arena, "%.15g", number);
}

static mp_code value_of(mp_str *out, cells *c, mp_error *err)
{
    mp_str        value = mp_buf_str(&c->value);
    unsigned long at;
    char         *end;
    MP_TRY(mp_buf_check(&c->value, err));
    if (strcmp(c->type, "s") == 0) {
        mp_str number = mp_arena_dup(c->filling.arena, mp_str_trim(value));
        if (!number.ptr)
            return mp_no_memory(err);
        errno = 0;
        at = number.len && number.ptr[0] >= '0' && number.ptr[0] <= '9' ? strtoul(number.ptr, &end, 10) : ULONG_MAX;
        if (at == ULONG_MAX || *end || at >= c->strings->count)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "it refers to the text '%.*s', which the workbook does not have", MP_FMT(number));
        *out = c->strings->of[at];
        return MP_OK;
    }
    if (strcmp(c->type, "b") == 0) {
        *out = mp_str_eq(value, MP_S("1")) ? MP_S("TRUE") : MP_S("FALSE");
        return MP_OK;
    }
    if (strcmp(c->type, "e") == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "it holds the error %.*s", MP_FMT(value));
    if (strcmp(c->type, "n") == 0) {
        mp_str number = number_text(c, value, c->filling.arena);
        *out = number.ptr ? mp_arena_dup(c->filling.arena, number) : number;
        return out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf plain = MP_BUF_INIT;
    add_text(&plain, value);
    mp_code code = mp_buf_check(&plain, err);
    *out = code == MP_OK ? mp_arena_dup(c->filling.arena, mp_buf_str(&plain)) : MP_S("");
    mp_buf_free(&plain);
    return code == MP_OK && !out->ptr ? mp_no_memory(err) : code;
}

static mp_code end_one(cells *c, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_str   text = MP_S("");
    char     place[MP_SHEET_PLACE];
    mp_sheet_place(place, c->column, c->filling.number);
    c->is_in_cell = false;
    if (c->has_formula && !c->has_value)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s!%s: it is a formula without a value; nothing is computed here: save the workbook in a spreadsheet program first",
                       MP_FMT(c->table), place);
    if (!c->has_value)
        return MP_OK;
    mp_code code = value_of(&text, c, &why);
    if (code != MP_OK && code != MP_NOMEM)
        return mp_fail(err, code, MP_NOWHERE, "%.*s!%s: %s", MP_FMT(c->table), place, why.message);
    if (code == MP_OK)
        code = mp_sheet_fill(&c->filling, c->column, text, &why);
    return at_cell(c, code, &why, err);
}

static mp_code end_cells(void *ctx, const char *name, mp_error *err)
{
    cells *c = ctx;
    c->is_in_value = false;
    if (strcmp(name, "rPh") == 0 && c->in_phonetic)
        c->in_phonetic--;
    if (strcmp(name, "c") == 0 && c->is_in_cell)
        return end_one(c, err);
    return strcmp(name, "row") == 0 ? mp_sheet_fill_row(&c->filling, err) : MP_OK;
}

/* ---- together ---- */

typedef struct book {
    mp_sheet_parts         parts;
    listing                tables, relations;
    strings                strings;
    mp_sheet_styles        styles;
    const mp_sheet_limits *limits;
    mp_arena              *arena;
    mp_sheet_total         total;
} book;

static mp_code read_contents(book *b, mp_error *err)
{
    static const mp_sheet_xml table_reader = { begin_table, end_nothing, no_text }, relation_reader = { begin_relation, end_nothing, no_text };
    const mp_sheet_part      *workbook = mp_sheet_part_find(&b->parts, MP_S("xl/workbook.xml"));
    const mp_sheet_part      *relations = mp_sheet_part_find(&b->parts, MP_S("xl/_rels/workbook.xml.rels"));
    if (!workbook || !relations)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is a zip, but no workbook (XLSX): it has no xl/workbook.xml");
    MP_TRY(mp_sheet_xml_read(workbook, &table_reader, &b->tables, err));
    return mp_sheet_xml_read(relations, &relation_reader, &b->relations, err);
}

static mp_code read_strings(book *b, mp_error *err)
{
    static const mp_sheet_xml reader = { begin_string, end_string, text_of_string };
    for (size_t i = 0; i < b->relations.count; i++) {
        const mp_sheet_part *part = b->relations.of[i].is_strings ? follow(&b->parts, b->relations.of[i].target, b->arena) : NULL;
        if (part)
            return mp_sheet_xml_read(part, &reader, &b->strings, err);
    }
    return MP_OK;
}

static mp_code read_styles(book *b, mp_error *err)
{
    const mp_sheet_part *part = mp_sheet_part_find(&b->parts, MP_S("xl/styles.xml"));
    return part ? mp_sheet_styles_read(&b->styles, part, b->arena, err) : MP_OK;
}

static const mp_sheet_part *part_of(const book *b, const listed *table)
{
    for (size_t i = 0; i < b->relations.count; i++)
        if (mp_str_eq(b->relations.of[i].id, table->relation))
            return follow(&b->parts, b->relations.of[i].target, b->arena);
    return NULL;
}

/* Tables of one part would be read again for each name of it. */
static mp_code check_part(const book *b, const listed *table, const mp_sheet_part *part, mp_error *err)
{
    if (!part)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the workbook names the table '%.*s' and does not have it", MP_FMT(table->name));
    for (const listed *other = b->tables.of; other < table; other++)
        if (part_of(b, other) == part)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the tables '%.*s' and '%.*s' of the workbook are the same one", MP_FMT(other->name), MP_FMT(table->name));
    return MP_OK;
}

static mp_code read_table(book *b, mp_sheet_table *out, const listed *table, mp_error *err)
{
    static const mp_sheet_xml reader = { begin_cells, end_cells, text_of_cell };
    const mp_sheet_part      *part = part_of(b, table);
    cells                     c = { .filling = { .limits = b->limits, .arena = b->arena, .total = &b->total },
                                        .strings = &b->strings, .styles = &b->styles, .is_1904 = b->tables.is_1904, .table = table->name };
    MP_TRY(check_part(b, table, part, err));
    mp_code code = mp_sheet_xml_read(part, &reader, &c, err);
    mp_buf_free(&c.value);
    *out = (mp_sheet_table){ .name = table->name, .rows = c.filling.rows, .count = c.filling.row_count };
    return code;
}

static mp_code read_all(book *b, mp_sheet_tables *out, mp_error *err)
{
    MP_TRY(read_contents(b, err));
    MP_TRY(read_strings(b, err));
    MP_TRY(read_styles(b, err));
    mp_sheet_table *tables = MP_ARENA_ARRAY(b->arena, mp_sheet_table, b->tables.count + 1);
    if (!tables)
        return mp_no_memory(err);
    for (size_t i = 0; i < b->tables.count; i++)
        MP_TRY(read_table(b, &tables[i], &b->tables.of[i], err));
    *out = (mp_sheet_tables){ .of = tables, .count = b->tables.count };
    return MP_OK;
}

mp_code mp_sheet_read_book(mp_sheet_tables *out, mp_str bytes, const mp_sheet_limits *limits, mp_arena *arena, mp_error *err)
{
    book b = { .limits = limits, .arena = arena, .tables = { .most = limits->tables, .arena = arena },
               .relations = { .most = 4 * limits->tables, .arena = arena }, .strings = { .limits = limits, .arena = arena } };
    MP_TRY(mp_sheet_unpack(&b.parts, bytes, limits, arena, err));
    mp_code code = read_all(&b, out, err);
    mp_buf_free(&b.strings.text);
    return code;
}
