/* SPDX-License-Identifier: Apache-2.0 */
#include "columns.h"

#include <assert.h>

#include "clock.h"
#include "escape.h"
#include "sheet_write.h"
#include "text.h"

#define GAP 2

/* The member at `path`; of an array on the way the array itself, and `*path` is what remains for each of its
 * elements. */
static const mp_json *member_of(const mp_json *object, mp_str *path)
{
    while (object && path->len && !mp_json_is(object, MP_JSON_ARRAY)) {
        size_t slash = mp_str_find(*path, '/');
        object = mp_json_get(object, mp_str_of(path->ptr, slash == SIZE_MAX ? path->len : slash));
        *path = mp_str_skip(*path, slash == SIZE_MAX ? path->len : slash + 1);
    }
    return object;
}

static bool has_member(const mp_json *object, const char *path)
{
    mp_str rest = mp_str_from(path);
    return member_of(object, &rest) != NULL;
}

/* Times without their fraction: "2026-01-31T09:00:00Z"; where a day is meant, midnight without its time. */
static mp_str shorter_time(mp_str text, bool may_be_day, mp_arena *arena)
{
    mp_ticks at;
    char     out[MP_CLOCK_SHORT];
    if (text.len < 20 || text.ptr[4] != '-' || text.ptr[10] != 'T' || text.ptr[text.len - 1] != 'Z' ||
        !mp_clock_parse(&at, text))
        return text;
    mp_clock_format_short(out, at);
    mp_str shorter = mp_str_from(out);
    if (may_be_day && mp_str_eq(mp_str_skip(shorter, 10), MP_S("T00:00:00Z")))
        shorter.len = 10;
    return mp_arena_dup(arena, shorter);
}

/* A text in both languages, {"ko", "en"}: that of the reader, else the other one. */
static bool add_words(mp_buf *out, mp_lang lang, const mp_json *v)
{
    const mp_json *ko = mp_json_get(v, MP_S("ko")), *en = mp_json_get(v, MP_S("en"));
    size_t         count = (size_t)mp_json_is(ko, MP_JSON_STRING) + mp_json_is(en, MP_JSON_STRING);
    if (!count || v->count != count)
        return false;
    const mp_json *wanted = lang == MP_LANG_KO ? ko : en;
    mp_escape_plain(out, mp_json_str(wanted ? wanted : lang == MP_LANG_KO ? en : ko));
    return true;
}

/* "P45D" by what is said of days. False: it is no such duration, or nothing is said of them. */
static bool add_duration(mp_buf *out, mp_lang lang, const char *words, mp_str text, mp_arena *arena)
{
    unsigned months, days;
    if (!mp_period_read(&months, &days, text))
        return false;
    mp_str count = mp_str_of(text.ptr + 1, text.len - 2), unit = mp_str_skip(text, text.len - 1);
    mp_str id = mp_arena_printf(arena, "%s%.*s", words, MP_FMT(unit));
    if (!id.ptr || !mp_message_of(lang, words, unit).len)
        return false;
    mp_say(out, lang, id.ptr, &count, 1);
    return true;
}

static void add_value(mp_buf *out, mp_lang lang, const mp_column *c, const mp_json *v, mp_arena *arena)
{
    switch (v ? (mp_json_kind)v->kind : MP_JSON_NULL) {
    case MP_JSON_NULL:
        break;
    case MP_JSON_BOOL:
        mp_buf_add(out, mp_message(lang, v->u.integer ? "word.yes" : "word.no"));
        break;
    case MP_JSON_STRING: {
        bool   may_be_day = c->words && strcmp(c->words, MP_COLUMN_DAY) == 0;
        bool   has_words = c->words && !may_be_day;
        mp_str said = has_words ? mp_message_of(lang, c->words, mp_json_str(v)) : MP_S("");
        if (said.len || !has_words || !add_duration(out, lang, c->words, mp_json_str(v), arena))
            mp_escape_plain(out, said.len ? said : shorter_time(mp_json_str(v), may_be_day, arena));
        break;
    }
    case MP_JSON_ARRAY: {
        const char *comma = "";
        for (MP_JSON_EACH(one, v)) {
            mp_buf_add_z(out, comma);
            add_value(out, lang, c, one, arena);
            comma = ", ";
        }
        break;
    }
    case MP_JSON_OBJECT:
        if (!add_words(out, lang, v))
            mp_buf_add_json(out, v);
        break;
    case MP_JSON_INT:
    case MP_JSON_REAL:
        mp_buf_add_json(out, v);
    }
}

static void add_member(mp_buf *out, mp_lang lang, const mp_column *c, const mp_json *object, mp_str path,
                       mp_arena *arena)
{
    const mp_json *v = member_of(object, &path);
    const char    *comma = "";
    if (!path.len) {
        add_value(out, lang, c, v, arena);
        return;
    }
    if (!v)
        return;
    for (MP_JSON_EACH(one, v)) {
        size_t before = out->len;
        mp_buf_add_z(out, comma);
        size_t begin = out->len;
        add_member(out, lang, c, one, path, arena);
        if (out->len == begin && !out->failed)
            out->len = before; /* it has none */
        else
            comma = ", ";
    }
}

mp_str mp_columns_value(mp_lang lang, const mp_column *c, const mp_json *object, mp_arena *arena)
{
    mp_buf text = MP_BUF_INIT;
    add_member(&text, lang, c, object, mp_str_from(c->member), arena);
    mp_str kept = mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    return kept;
}

static void add_padded(mp_buf *out, mp_str text, size_t width)
{
    mp_buf_add(out, text);
    for (size_t i = mp_text_width(text); i < width + GAP; i++)
        mp_buf_add_c(out, ' ');
}

/* Nothing behind the last word of a line. */
static void end_line(mp_buf *out)
{
    while (!out->failed && out->len && out->ptr[out->len - 1] == ' ')
        out->len--;
    mp_buf_add_c(out, '\n');
}

static void add_head(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const size_t *widths)
{
    mp_buf_add_z(out, cli->out_color ? "\033[1m" : "");
    for (size_t i = 0; i < count; i++)
        if (widths[i])
            add_padded(out, mp_message(cli->lang, columns[i].title), widths[i]);
    end_line(out);
    mp_buf_add_z(out, cli->out_color ? "\033[0m" : "");
}

/* The texts of all rows, and how wide each column is to be. NULL when memory is short. */
static const mp_str *make_cells(const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *array,
                                size_t *widths, mp_arena *arena)
{
    mp_str *cells = MP_ARENA_ARRAY(arena, mp_str, array->count * count + 1), *cell = cells;
    if (!cells)
        return NULL;
    for (MP_JSON_EACH(object, array))
        for (size_t i = 0; i < count; i++, cell++) {
            *cell = mp_columns_value(cli->lang, &columns[i], object, arena);
            size_t width = mp_text_width(*cell), title = mp_text_width(mp_message(cli->lang, columns[i].title));
            if (width && widths[i] < (width < title ? title : width))
                widths[i] = width < title ? title : width;
        }
    return cells;
}

void mp_columns_list(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *array,
                     mp_columns_state *state, mp_arena *arena)
{
    assert(count <= MP_COLUMNS_MAX);
    if (!mp_json_is(array, MP_JSON_ARRAY) || !array->count)
        return;
    const mp_str *cells = make_cells(cli, columns, count, array, state->widths, arena);
    if (!cells) {
        out->failed = true;
        return;
    }
    if (!state->has_head)
        add_head(out, cli, columns, count, state->widths);
    state->has_head = true;
    for (size_t row = 0; row < array->count; row++) {
        for (size_t i = 0; i < count; i++)
            if (state->widths[i])
                add_padded(out, cells[row * count + i], state->widths[i]);
        end_line(out);
    }
}

void mp_columns_below(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *array,
                      mp_arena *arena)
{
    mp_columns_state state = { .has_head = false };
    if (!mp_json_is(array, MP_JSON_ARRAY) || !array->count)
        return;
    mp_buf_add_c(out, '\n');
    mp_columns_list(out, cli, columns, count, array, &state, arena);
}

void mp_columns_object(mp_buf *out, const mp_cli *cli, const mp_column *columns, size_t count, const mp_json *object,
                       mp_arena *arena)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        size_t title = mp_text_width(mp_message(cli->lang, columns[i].title));
        if (has_member(object, columns[i].member) && title > width)
            width = title;
    }
    for (size_t i = 0; i < count; i++) {
        if (!has_member(object, columns[i].member))
            continue;
        add_padded(out, mp_message(cli->lang, columns[i].title), width);
        mp_buf_add(out, mp_columns_value(cli->lang, &columns[i], object, arena));
        end_line(out);
    }
}

mp_code mp_columns_csv(mp_buf *out, mp_lang lang, const mp_column *columns, size_t count, const mp_json *array,
                       mp_arena *arena, mp_error *err)
{
    mp_book_cell cells[MP_COLUMNS_MAX];
    assert(count <= MP_COLUMNS_MAX);
    mp_csv_begin(out);
    for (size_t i = 0; i < count; i++)
        cells[i] = mp_cell_text(mp_message(lang, columns[i].title));
    mp_csv_row(out, cells, count);
    for (MP_JSON_EACH(row, array)) {
        mp_arena_mark mark = mp_arena_save(arena);
        for (size_t i = 0; i < count; i++) {
            mp_str text = mp_columns_value(lang, &columns[i], row, arena);
            if (!text.ptr)
                return mp_no_memory(err);
            cells[i] = mp_cell_text(text);
        }
        mp_csv_row(out, cells, count);
        mp_arena_restore(arena, mark);
    }
    return MP_OK;
}
