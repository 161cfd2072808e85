/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a form: pieces, and how values are shown. */
#include "form_text.h"

#include <math.h>
#include <stdio.h>

#include "text.h"
#include "utf8.h"

typedef enum form_format {
#define MP_FORM_FORMAT(id, name, cell, argument) FORMAT_##id,
#include "form_format.def"
#undef MP_FORM_FORMAT
    FORMAT_TOTAL
} form_format;

static const struct {
    mp_str name;
    mp_cell_kind cell;
    int argument;
} formats[FORMAT_TOTAL] = {
#define MP_FORM_FORMAT(id, name, cell, argument)                                                             \
    [FORMAT_##id] = { MP_S_INIT(name), MP_CELL_##cell, argument },
#include "form_format.def"
#undef MP_FORM_FORMAT
};

#define CUT " [...]"
#define DAY_LENGTH 10 /* of "2026-01-31" */
#define WORDS_COUNTED 1000 /* elements of a list */
#define LOOK_BACK 64 /* elements of a list, for one that says the same */

/* ---- reading ---- */

static mp_code read_format(mp_form_piece *piece, const mp_form_place *place, mp_str text, mp_error *err)
{
    mp_str names[FORMAT_TOTAL];
    size_t colon = mp_str_find(text, ':');
    mp_str name = mp_str_trim(mp_str_of(text.ptr, colon < text.len ? colon : text.len));
    mp_str argument = colon < text.len ? mp_str_skip(text, colon + 1) : mp_str_of(NULL, 0);
    uint32_t format = 0;
    for (size_t i = 0; i < FORMAT_TOTAL; i++)
        names[i] = formats[i].name;
    while (format < FORMAT_TOTAL && !mp_str_eq(formats[format].name, name))
        format++;
    if (format == FORMAT_TOTAL) {
        mp_str near = mp_text_nearest(name, names, FORMAT_TOTAL);
        if (near.len)
            return mp_fail(err, MP_COMPILE, place->pos,
                           "the form '%.*s': no format is called '%.*s'; did you mean '%.*s'?",
                           MP_FMT(place->form), MP_FMT(name), MP_FMT(near));
        return mp_fail(err, MP_COMPILE, place->pos, "the form '%.*s': no format is called '%.*s'",
                       MP_FMT(place->form), MP_FMT(name));
    }
    if ((argument.len > 0) > formats[format].argument || (formats[format].argument == 2 && argument.len == 0))
        return mp_fail(err, MP_COMPILE, place->pos,
                       formats[format].argument
                           ? "the form '%.*s': the format '%.*s' wants the name of a table of words"
                           : "the form '%.*s': the format '%.*s' takes no argument",
                       MP_FMT(place->form), MP_FMT(name));
    if (format == FORMAT_WORD && !mp_json_get(place->words.words, argument))
        return mp_fail(err, MP_COMPILE, place->pos, "the form '%.*s' has no words '%.*s'",
                       MP_FMT(place->form), MP_FMT(argument));
    if (format == FORMAT_RECORDS && place->names_records)
        *place->names_records = true;
    piece->format = format;
    piece->argument = mp_arena_dup(place->arena, argument);
    return piece->argument.ptr || !argument.len ? MP_OK : mp_no_memory(err);
}

/* The end of an expression: '|' or '}' outside quotes. */
static size_t end_of_expr(mp_str text, char stop)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        quoted ^= text.ptr[i] == '\'';
        if (!quoted && (text.ptr[i] == stop || text.ptr[i] == '}'))
            return i;
    }
    return SIZE_MAX;
}

static mp_code read_braces(mp_form_piece *piece, const mp_form_place *place, mp_str *text, mp_error *err)
{
    mp_str rest = mp_str_skip(*text, 1);
    size_t bar = end_of_expr(rest, '|');
    size_t end = bar == SIZE_MAX || rest.ptr[bar] == '}' ? bar : mp_str_find(mp_str_skip(rest, bar), '}');
    if (bar == SIZE_MAX || end == SIZE_MAX)
        return mp_fail(err, MP_COMPILE, place->pos, "the form '%.*s': '{' without '}' in '%.*s'",
                       MP_FMT(place->form), MP_FMT(*text));
    if (rest.ptr[bar] == '|') {
        end += bar;
        MP_TRY(read_format(piece, place, mp_str_of(rest.ptr + bar + 1, end - bar - 1), err));
    }
    MP_TRY(mp_form_expr_read(&piece->expr, place, mp_str_of(rest.ptr, bar), err));
    *text = mp_str_skip(rest, end + 1);
    return MP_OK;
}

static mp_code read_literal(mp_form_piece *piece, const mp_form_place *place, mp_str *text, mp_error *err)
{
    size_t len = 0;
    if (mp_str_starts(*text, MP_S("{{"))) {
        piece->literal = MP_S("{");
        *text = mp_str_skip(*text, 2);
        return MP_OK;
    }
    while (len < text->len && text->ptr[len] != '{')
        len++;
    piece->literal = mp_arena_dup(place->arena, mp_str_of(text->ptr, len));
    *text = mp_str_skip(*text, len);
    return piece->literal.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code read_pieces(mp_form_text *out, mp_lang lang, const mp_form_place *place, mp_str text,
                           mp_error *err)
{
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '{' ? 2 : 0;
    mp_form_piece *pieces = MP_ARENA_ARRAY(place->arena, mp_form_piece, most);
    if (!pieces)
        return mp_no_memory(err);
    size_t count = 0;
    while (text.len) {
        bool braces = text.ptr[0] == '{' && !mp_str_starts(text, MP_S("{{"));
        MP_TRY(braces ? read_braces(&pieces[count], place, &text, err)
                      : read_literal(&pieces[count], place, &text, err));
        count++;
    }
    out->in[lang].pieces = pieces;
    out->in[lang].count = count;
    return MP_OK;
}

mp_code mp_form_text_read(const mp_form_text **out, const mp_form_place *place, const mp_json *v,
                          mp_error *err)
{
    mp_form_text *text = MP_ARENA_NEW(place->arena, mp_form_text);
    if (!text)
        return mp_no_memory(err);
    text->pos = place->pos;
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        const mp_json *said =
            mp_json_is(v, MP_JSON_OBJECT) ? mp_json_get(v, mp_str_from(mp_lang_name((mp_lang)lang))) : v;
        if (!mp_json_is(said, MP_JSON_STRING))
            return mp_fail(err, MP_COMPILE, place->pos,
                           "the form '%.*s': wanted is a text, or an object with the texts \"en\" and \"ko\"",
                           MP_FMT(place->form));
        MP_TRY(read_pieces(text, (mp_lang)lang, place, mp_json_str(said), err));
    }
    *out = text;
    return MP_OK;
}

/* ---- showing ---- */

static void add_grouped(mp_buf *out, double number, int decimals)
{
    char text[340], *dot;
    int len = snprintf(text, sizeof text, "%.*f", decimals, number);
    if (len <= 0 || (size_t)len >= sizeof text)
        return;
    if (decimals) { /* no zeros behind */
        while (len && text[len - 1] == '0')
            len--;
        if (len && text[len - 1] == '.')
            len--;
        text[len] = '\0';
    }
    dot = strchr(text, '.');
    int whole = dot ? (int)(dot - text) : len;
    for (int i = 0; i < len; i++) {
        mp_buf_add_c(out, text[i]);
        if (i + 1 < whole && text[i] != '-' && (whole - i - 1) % 3 == 0)
            mp_buf_add_c(out, ',');
    }
}

static void add_size(mp_buf *out, double bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < MP_COUNT(units))
        bytes /= 1024, unit++;
    add_grouped(out, bytes, unit ? 1 : 0);
    mp_buf_printf(out, " %s", units[unit]);
}

static void add_date(mp_buf *out, mp_lang lang, mp_ticks time)
{
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    char at[MP_CLOCK_SHORT];
    unsigned year = 0, month = 1, day = 1;
    mp_clock_format_short(at, time);
    (void)sscanf(at, "%4u-%2u-%2u", &year, &month, &day);
    if (lang == MP_LANG_KO)
        mp_buf_printf(out, "%u년 %u월 %u일", year, month, day);
    else
        mp_buf_printf(out, "%u %s %u", day, months[(month + 11) % 12], year);
}

static void add_day(mp_buf *out, mp_ticks time)
{
    char at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, time);
    mp_buf_add(out, mp_str_of(at, 10));
}

/* Whether the element says what one shortly before it says: the parts of a control name the same records. */
static bool is_said_before(const mp_form_value *v, size_t i)
{
    if (!mp_json_is(v->items[i], MP_JSON_STRING))
        return false;
    for (size_t k = i > LOOK_BACK ? i - LOOK_BACK : 0; k < i; k++)
        if (mp_json_is(v->items[k], MP_JSON_STRING) &&
            mp_str_eq(mp_json_str(v->items[k]), mp_json_str(v->items[i])))
            return true;
    return false;
}

static mp_code add_list(mp_buf *out, const mp_form_value *v, const mp_form_env *env, mp_str between,
                        bool once, mp_pos pos, mp_error *err)
{
    const size_t from = out->len;
    size_t shown = out->len; /* the end of what says something: what says nothing has no line of its own */
    for (size_t i = 0; i < v->count && out->len <= MP_FORM_TEXT_MOST; i++) {
        mp_form_value item;
        if (once && is_said_before(v, i))
            continue;
        MP_TRY(mp_form_value_of(&item, v->items[i], env->arena, err));
        if (item.kind == MP_FORM_LIST)
            return mp_fail(err, MP_EVALUATION, pos,
                           "the form '%.*s' shows a list of lists; wanted is a list of texts",
                           MP_FMT(env->form));
        if (shown > from)
            mp_buf_add(out, between);
        size_t behind = out->len;
        MP_TRY(mp_form_show(out, &item, env, pos, err));
        if (out->len > behind)
            shown = out->len;
        else if (!out->failed)
            out->len = shown;
    }
    return MP_OK;
}

mp_code mp_form_show(mp_buf *out, const mp_form_value *v, const mp_form_env *env, mp_pos pos, mp_error *err)
{
    const mp_json *said;
    switch (v->kind) {
    case MP_FORM_NOTHING:
        return MP_OK;
    case MP_FORM_TRUTH:
        mp_buf_add(out, mp_message(env->lang, v->truth ? "paper.yes" : "paper.no"));
        return MP_OK;
    case MP_FORM_STRING:
        mp_buf_add(out, v->string);
        return MP_OK;
    case MP_FORM_NUMBER:
        if (v->json)
            mp_buf_add_json(out, v->json);
        else
            mp_buf_printf(out, "%.15g", v->number);
        return MP_OK;
    case MP_FORM_LIST:
        return add_list(out, v, env, MP_S(", "), false, pos, err);
    case MP_FORM_JSON:
        break;
    }
    said = mp_json_get(v->json, mp_str_from(mp_lang_name(env->lang)));
    if (!said) /* of what has one language, that one */
        said = mp_json_get(v->json,
                           mp_str_from(mp_lang_name(env->lang == MP_LANG_KO ? MP_LANG_EN : MP_LANG_KO)));
    if (!mp_json_is(said, MP_JSON_STRING))
        return mp_fail(err, MP_EVALUATION, pos,
                       "the form '%.*s' shows an object; wanted is a text, a number or a list",
                       MP_FMT(env->form));
    mp_buf_add(out, mp_json_str(said));
    return MP_OK;
}

/* A word of the form for the value; what it has no word for is shown as it is. */
static mp_code show_one_word(mp_buf *out, const mp_form_piece *piece, const mp_form_value *v,
                             const mp_form_env *env, mp_pos pos, mp_error *err)
{
    mp_buf key = MP_BUF_INIT;
    mp_code code = MP_OK;
    if (v->kind == MP_FORM_TRUTH)
        mp_buf_add(&key, v->truth ? MP_S("true") : MP_S("false"));
    else
        code = mp_form_show(&key, v, env, pos, err);
    if (code == MP_OK) {
        const mp_json *word = mp_json_get(mp_json_get(env->words.words, piece->argument), mp_buf_str(&key));
        mp_form_value said = { .kind = MP_FORM_JSON, .json = word };
        if (mp_json_is(word, MP_JSON_OBJECT))
            code = mp_form_show(out, &said, env, pos, err);
        else
            mp_buf_add(out, mp_json_is(word, MP_JSON_STRING) ? mp_json_str(word) : mp_buf_str(&key));
    }
    out->failed |= key.failed;
    mp_buf_free(&key);
    return code;
}

/* How often the list says what is at `i`; 0: an element before it has said so. A list that is longer than anybody reads is not looked
 * through. */
static size_t times_said(const mp_form_value *v, size_t i)
{
    size_t times = 1;
    if (v->count > WORDS_COUNTED || !mp_json_is(v->items[i], MP_JSON_STRING))
        return 1;
    for (size_t k = 0; k < v->count; k++)
        if (k != i && mp_json_is(v->items[k], MP_JSON_STRING) &&
            mp_str_eq(mp_json_str(v->items[k]), mp_json_str(v->items[i]))) {
            if (k < i)
                return 0;
            times++;
        }
    return times;
}

/* Of a list that of each, with commas between; what is said repeatedly once, with how often: "answered (2)". */
static mp_code show_word(mp_buf *out, const mp_form_piece *piece, const mp_form_value *v,
                         const mp_form_env *env, mp_pos pos, mp_error *err)
{
    if (v->kind != MP_FORM_LIST)
        return show_one_word(out, piece, v, env, pos, err);
    for (size_t i = 0; i < v->count && out->len <= MP_FORM_TEXT_MOST; i++) {
        mp_form_value item;
        size_t times = times_said(v, i);
        if (!times)
            continue;
        MP_TRY(mp_form_value_of(&item, v->items[i], env->arena, err));
        if (i)
            mp_buf_add(out, MP_S(", "));
        MP_TRY(show_one_word(out, piece, &item, env, pos, err));
        if (times > 1)
            mp_buf_printf(out, " (%zu)", times);
    }
    return MP_OK;
}

static mp_code wrong_kind(const char *wanted, const mp_form_env *env, mp_pos pos, mp_error *err)
{
    return mp_fail(err, MP_EVALUATION, pos, "the form '%.*s' shows as %s what is none", MP_FMT(env->form),
                   wanted);
}

static mp_code show_number(mp_buf *out, mp_book_cell *cell, form_format format, const mp_form_value *v,
                           const mp_form_env *env, mp_pos pos, mp_error *err)
{
    if (v->kind != MP_FORM_NUMBER || !isfinite(v->number))
        return wrong_kind("a number", env, pos, err);
    cell->kind = formats[format].cell;
    cell->number = v->number;
    switch (format) {
    case FORMAT_COUNT:
        add_grouped(out, v->number, 0);
        break;
    case FORMAT_NUMBER:
        add_grouped(out, v->number, 3);
        break;
    case FORMAT_SIZE:
        add_size(out, v->number);
        break;
    default: /* cut, not rounded, so that only all is 100%; the half of a millionth is for what no double
                holds */
        cell->number = floor(v->number * 1000 + 0.0000005) / 1000;
        mp_buf_printf(out, "%.1f%%", cell->number * 100);
    }
    return MP_OK;
}

static mp_code show_time(mp_buf *out, mp_book_cell *cell, form_format format, const mp_form_value *v,
                         const mp_form_env *env, mp_pos pos, mp_error *err)
{
    if (v->kind != MP_FORM_STRING || !mp_clock_parse(&cell->time, v->string))
        return wrong_kind("a time", env, pos, err);
    cell->kind = formats[format].cell;
    if (format == FORMAT_TIME)
        mp_paper_time_say(out, cell->time, env->zone, env->lang);
    if (v->string.len > DAY_LENGTH) /* a day alone is the same day everywhere */
        cell->time = mp_paper_zone_shift(env->zone, cell->time);
    if (format == FORMAT_DATE)
        add_date(out, env->lang, cell->time);
    else if (format == FORMAT_DAY)
        add_day(out, cell->time);
    return MP_OK;
}

/* A list of ids, or one: as references into the appendix. The first run only hears of them. */
static mp_code show_records(mp_buf *out, mp_book_cell *cell, const mp_form_value *v, const mp_form_env *env,
                            mp_pos pos, mp_error *err)
{
    size_t count = v->kind == MP_FORM_LIST ? v->count : 1;
    mp_str *ids = MP_ARENA_ARRAY(env->arena, mp_str, count + 1);
    if (!ids)
        return mp_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        bool is_text = v->kind == MP_FORM_LIST ? mp_json_is(v->items[i], MP_JSON_STRING) : v->kind == MP_FORM_STRING;
        if (!is_text)
            return mp_fail(err, MP_EVALUATION, pos,
                           "the form '%.*s' names records by what is no text; wanted are their ids",
                           MP_FMT(env->form));
        ids[i] = v->kind == MP_FORM_LIST ? mp_json_str(v->items[i]) : v->string;
        if (!env->records->is_numbered)
            MP_TRY(mp_form_records_add(env->records, ids[i], err));
    }
    if (!env->records->is_numbered)
        return MP_OK;
    return mp_form_records_show(out, &cell->refs, &cell->ref_count, env->records, ids, count, env->arena, err);
}

static mp_code show_piece(mp_buf *out, mp_book_cell *cell, const mp_form_piece *piece, const mp_form_env *env,
                          mp_pos pos, mp_error *err)
{
    mp_form_value v;
    form_format format = (form_format)piece->format;
    if (!piece->expr) {
        mp_buf_add(out, piece->literal);
        return MP_OK;
    }
    MP_TRY(mp_form_eval(&v, piece->expr, env, err));
    bool is_blank = v.kind == MP_FORM_STRING && v.string.len == 0;
    if (v.kind == MP_FORM_NOTHING ||
        (is_blank && format != FORMAT_WORD)) /* there may be a word for nothing */
        return MP_OK;
    switch (format) {
    case FORMAT_COUNT:
    case FORMAT_NUMBER:
    case FORMAT_PERCENT:
    case FORMAT_SIZE:
        return show_number(out, cell, format, &v, env, pos, err);
    case FORMAT_DAY:
    case FORMAT_TIME:
    case FORMAT_DATE:
        return show_time(out, cell, format, &v, env, pos, err);
    case FORMAT_WORD:
        return show_word(out, piece, &v, env, pos, err);
    case FORMAT_JOIN:
    case FORMAT_LINES:
        if (v.kind != MP_FORM_LIST)
            return mp_form_show(out, &v, env, pos, err);
        return add_list(out, &v, env,
                        format == FORMAT_LINES ? MP_S("\n")
                        : piece->argument.len  ? piece->argument
                                               : MP_S(", "),
                        format == FORMAT_LINES, pos, err);
    case FORMAT_RECORDS:
        return show_records(out, cell, &v, env, pos, err);
    case FORMAT_LINK:
        cell->kind = MP_CELL_LINK;
        return mp_form_show(out, &v, env, pos, err);
    case FORMAT_PLAIN:
    case FORMAT_TOTAL:
        break;
    }
    return mp_form_show(out, &v, env, pos, err);
}

/* At a character's end, and said. */
static void cut(mp_buf *out)
{
    size_t len = MP_FORM_TEXT_MOST;
    while (len && ((uint8_t)out->ptr[len] & 0xC0) == 0x80)
        len--;
    out->len = len;
    mp_buf_add(out, MP_S(CUT));
}

mp_code mp_form_fill(mp_book_cell *out, const mp_form_text *text, const mp_form_env *env, mp_error *err)
{
    const mp_form_piece *pieces = text->in[env->lang].pieces;
    size_t count = text->in[env->lang].count;
    mp_book_cell cell = { .kind = MP_CELL_TEXT }, part = { .kind = MP_CELL_TEXT };
    mp_buf shown = MP_BUF_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK && shown.len <= MP_FORM_TEXT_MOST; i++)
        code = show_piece(&shown, &part, &pieces[i], env, text->pos, err);
    if (code == MP_OK && shown.len > MP_FORM_TEXT_MOST)
        cut(&shown);
    while (shown.len && strchr(" \t\n", shown.ptr[shown.len - 1])) /* what an absent member left behind */
        shown.len--;
    if (count == 1 && shown.len)
        cell = part;
    while (cell.ref_count && cell.refs[cell.ref_count - 1].from + cell.refs[cell.ref_count - 1].len > shown.len)
        cell.ref_count--; /* cut off */
    cell.text = mp_arena_dup(env->arena, mp_buf_str(&shown));
    if (cell.kind == MP_CELL_LINK)
        cell.link = cell.text;
    bool failed = shown.failed || !cell.text.ptr;
    mp_buf_free(&shown);
    if (code == MP_OK && failed)
        code = mp_no_memory(err);
    if (code == MP_OK)
        *out = cell;
    return code;
}

mp_code mp_form_say(mp_str *out, const mp_form_text *text, const mp_form_env *env, mp_error *err)
{
    mp_book_cell cell;
    MP_TRY(mp_form_fill(&cell, text, env, err));
    *out = cell.text;
    return MP_OK;
}

/* ---- what a column holds ---- */

static void add_words(mp_buf *out, const mp_json *table, const mp_form_env *env)
{
    if (!mp_json_is(table, MP_JSON_OBJECT) || table->count > LOOK_BACK)
        return;
    for (MP_JSON_MEMBERS(key, table)) {
        const mp_json *word = key + 1, *said = mp_json_get(word, mp_str_from(mp_lang_name(env->lang)));
        mp_buf_add(out, mp_json_is(word, MP_JSON_STRING) ? mp_json_str(word)
                        : mp_json_is(said, MP_JSON_STRING) ? mp_json_str(said) : mp_str_of("", 0));
        mp_buf_add_c(out, '\n');
    }
}

mp_str mp_form_samples(const mp_form_text *text, const mp_form_env *env)
{
    const mp_form_piece *piece = text->in[env->lang].pieces;
    mp_buf samples = MP_BUF_INIT;
    if (text->in[env->lang].count == 1 && piece->expr && piece->format == FORMAT_DAY)
        mp_buf_add(&samples, MP_S("2026-12-30"));
    if (text->in[env->lang].count == 1 && piece->expr && piece->format == FORMAT_WORD)
        add_words(&samples, mp_json_get(env->words.words, piece->argument), env);
    mp_str kept = samples.failed || !samples.len ? mp_str_of("", 0) : mp_arena_dup(env->arena, mp_buf_str(&samples));
    mp_buf_free(&samples);
    return kept.ptr ? kept : mp_str_of("", 0);
}
