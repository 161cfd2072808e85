/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a framework, as they are read again. Rows are made once, whatever the form is. */
#include "answers.h"
#include "escape.h"
#include "framework_sheet.h"
#include "mapping.h"
#include "oscal.h"
#include "profile.h"
#include "sheet_certification.h"
#include "sheet_layout.h"
#include "sheet_write.h"
#include "text.h"

enum { CELL_MOST = 32767 }; /* characters, as Excel says */
enum { SCHEMES = MP_FRAMEWORK_DOCUMENTS, CELLS = MP_LAYOUT_COLUMNS + SCHEMES };

typedef struct writing {
    mp_buf              *out; /* of CSV */
    mp_book             *book;
    mp_book_sheet       *sheet;
    mp_framework_form    form;
    const mp_own_framework *own;
    const mp_frameworks *all;
    mp_catalog           catalog;
    mp_scheme            schemes[SCHEMES]; /* in the order of their documents */
    size_t               scheme_count;
    mp_layout_table      table;
    mp_book_cell         cells[CELLS];
    mp_book_column       heads[CELLS];
    size_t               width; /* of the table at hand */
    mp_arena            *arena;
} writing;

static mp_str text_of(const mp_json *object, const char *member) { return mp_json_get_text(object, member); }

/* ---- tables and rows ---- */

static size_t first_of(mp_layout_table table)
{
    size_t at = 0;
    while (mp_layout_heads[at].table != table)
        at++;
    return at;
}

static mp_code begin_table(writing *w, mp_layout_table table, mp_error *err)
{
    size_t first = first_of(table);
    mp_str name = mp_str_from(mp_layout_names[table]);
    w->table = table;
    w->width = 0;
    for (size_t i = first; i < MP_LAYOUT_COLUMNS && mp_layout_heads[i].table == table; i++)
        w->heads[w->width++] = (mp_book_column){ .head = mp_str_from(mp_layout_heads[i].head), .width = 24 };
    for (size_t i = 0; table == MP_LAYOUT_CONTROLS && i < w->scheme_count; i++) {
        mp_str head = mp_arena_printf(w->arena, "scheme: %.*s", MP_FMT(w->schemes[i].id));
        if (!head.ptr)
            return mp_no_memory(err);
        w->heads[w->width++] = (mp_book_column){ .head = head, .width = 14 };
    }
    memset(w->cells, 0, sizeof w->cells);
    if (w->form == MP_FRAMEWORK_XLSX)
        return mp_book_add(w->book, &w->sheet, &(mp_book_sheet_options){ .name = name, .columns = w->heads, .count = w->width, .frozen_columns = 0 }, err);
    mp_str       line = mp_arena_printf(w->arena, "[%.*s]", MP_FMT(name));
    mp_book_cell cell = mp_cell_text(line);
    if (!line.ptr)
        return mp_no_memory(err);
    mp_csv_row(w->out, &cell, 1);
    mp_csv_head(w->out, w->heads, w->width);
    return MP_OK;
}

static void put(writing *w, mp_layout_column column, mp_str text)
{
    w->cells[column - first_of(w->table)] = text.len ? mp_cell_text(text) : (mp_book_cell){ .kind = MP_CELL_EMPTY };
}

static void put_words(writing *w, mp_layout_column en, mp_layout_column ko, mp_words words)
{
    put(w, en, mp_str_eq(words.en, words.ko) ? mp_str_of(NULL, 0) : words.en); /* OSCAL wants an English title also where there is none */
    put(w, ko, words.ko);
}

static void put_flag(writing *w, mp_layout_column column, const mp_json *flag)
{
    put(w, column, mp_json_is(flag, MP_JSON_BOOL) ? (flag->u.integer ? MP_S("yes") : MP_S("no")) : mp_str_of(NULL, 0));
}

static mp_code put_cell(writing *w, mp_layout_column column, mp_buf *text, mp_error *err)
{
    mp_code code = mp_buf_check(text, err);
    if (code == MP_OK) {
        mp_str kept = mp_arena_dup(w->arena, mp_buf_str(text));
        put(w, column, kept);
        code = kept.ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(text);
    return code;
}

/* Workbooks and CSV show signs that are invisible, or turn the direction of writing, as <U+202E>. */
static mp_code check_signs(mp_str text, mp_error *err)
{
    mp_buf shown = MP_BUF_INIT;
    mp_escape_lines(&shown, text);
    mp_code code = mp_buf_check(&shown, err);
    bool    is_same = mp_str_eq(mp_buf_str(&shown), text);
    mp_buf_free(&shown);
    if (code != MP_OK || is_same)
        return code;
    return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "a text of the framework has invisible signs, which a spreadsheet does not keep; export it as OSCAL");
}

/* What a cell does not hold would be cut: nothing is lost silently. */
static mp_code check_row(const writing *w, mp_error *err)
{
    for (size_t i = 0; i < w->width; i++) {
        mp_str text = w->cells[i].text;
        if (text.len > mp_sheet_usual.text || (w->form == MP_FRAMEWORK_XLSX && mp_utf8_length(text) > CELL_MOST))
            return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "a text of the framework is longer than a cell holds; export it as OSCAL");
        if (text.len)
            MP_TRY(check_signs(text, err));
    }
    return MP_OK;
}

static mp_code end_row(writing *w, mp_error *err)
{
    MP_TRY(check_row(w, err));
    if (w->form == MP_FRAMEWORK_CSV)
        mp_csv_row(w->out, w->cells, w->width);
    else
        MP_TRY(mp_book_row(w->sheet, w->cells, w->width, err));
    memset(w->cells, 0, sizeof w->cells);
    return MP_OK;
}

static bool is_array(const mp_json *v) { return mp_json_is(v, MP_JSON_ARRAY); }

/* Our own properties without a class, as lines "name=value". */
static mp_code put_properties(writing *w, mp_layout_column column, const mp_json *object, mp_error *err)
{
    const mp_json *props = mp_json_get(object, MP_S("props"));
    mp_buf         lines = MP_BUF_INIT;
    if (is_array(props))
        for (MP_JSON_EACH(prop, props)) {
            mp_str line = mp_arena_printf(w->arena, "%.*s=%.*s", MP_FMT(text_of(prop, "name")), MP_FMT(text_of(prop, "value")));
            if (mp_str_eq(text_of(prop, "ns"), MP_S(MP_OSCAL_NS)) && !text_of(prop, "class").len)
                mp_layout_add(&lines, line, '\n', !lines.len);
        }
    return put_cell(w, column, &lines, err);
}

/* ---- framework, groups, sources ---- */

static mp_code write_field(writing *w, const char *name, mp_str value, mp_str ko, mp_error *err)
{
    put(w, MP_COLUMN_FRAMEWORK_FIELD, mp_str_from(name));
    put(w, MP_COLUMN_FRAMEWORK_VALUE, value);
    put(w, MP_COLUMN_FRAMEWORK_VALUE_KO, ko);
    return end_row(w, err);
}

static mp_code write_framework(writing *w, mp_error *err)
{
    mp_str         none = mp_str_of(NULL, 0);
    mp_words       title = w->catalog.title;
    const mp_json *metadata = mp_json_get(w->catalog.json, MP_S("metadata"));
    mp_str         note = mp_oscal_property(metadata, "note", MP_OSCAL_NS, "en"), note_ko = mp_oscal_property(metadata, "note", MP_OSCAL_NS, "ko");
    MP_TRY(begin_table(w, MP_LAYOUT_FRAMEWORK, err));
    MP_TRY(write_field(w, "id", w->own->id, none, err));
    MP_TRY(write_field(w, "title", mp_str_eq(title.en, title.ko) ? none : title.en, title.ko, err));
    MP_TRY(write_field(w, "version", w->catalog.version, none, err));
    MP_TRY(write_field(w, "uuid", w->catalog.uuid, none, err));
    MP_TRY(write_field(w, "modified", text_of(metadata, "last-modified"), none, err));
    return note.len || note_ko.len ? write_field(w, "note", note, note_ko, err) : MP_OK;
}

static mp_code write_groups(writing *w, mp_error *err)
{
    MP_TRY(begin_table(w, MP_LAYOUT_GROUPS, err));
    for (size_t i = 0; i < w->catalog.group_count; i++) {
        const mp_control_group *g = &w->catalog.groups[i];
        put(w, MP_COLUMN_GROUPS_ID, g->id);
        put(w, MP_COLUMN_GROUPS_LABEL, g->label);
        put(w, MP_COLUMN_GROUPS_PARENT, g->parent == MP_NO_GROUP ? mp_str_of(NULL, 0) : w->catalog.groups[g->parent].id);
        put(w, MP_COLUMN_GROUPS_CLASS, text_of(g->json, "class"));
        put_words(w, MP_COLUMN_GROUPS_TITLE, MP_COLUMN_GROUPS_TITLE_KO, g->title);
        MP_TRY(end_row(w, err));
    }
    return MP_OK;
}

static mp_code write_sources(writing *w, mp_error *err)
{
    const mp_json *resources = mp_json_get(mp_json_get(w->catalog.json, MP_S("back-matter")), MP_S("resources"));
    if (!is_array(resources) || !resources->count)
        return MP_OK;
    MP_TRY(begin_table(w, MP_LAYOUT_SOURCES, err));
    for (MP_JSON_EACH(one, resources)) {
        put(w, MP_COLUMN_SOURCES_UUID, text_of(one, "uuid"));
        put(w, MP_COLUMN_SOURCES_TITLE, text_of(one, "title"));
        put(w, MP_COLUMN_SOURCES_DESCRIPTION, text_of(one, "description"));
        MP_TRY(end_row(w, err));
    }
    return MP_OK;
}

/* ---- controls ---- */

static mp_code put_links(writing *w, const mp_json *control, mp_error *err)
{
    const mp_json *links = mp_json_get(control, MP_S("links"));
    mp_buf         lines = MP_BUF_INIT;
    if (is_array(links))
        for (MP_JSON_EACH(link, links)) {
            mp_str href = text_of(link, "href"), text = text_of(link, "text");
            if (href.len != 37 || href.ptr[0] != '#')
                continue;
            mp_str line = mp_arena_printf(w->arena, "%.*s%s%.*s", MP_FMT(mp_str_skip(href, 1)), text.len ? " " : "", MP_FMT(text));
            mp_layout_add(&lines, line, '\n', !lines.len);
        }
    return put_cell(w, MP_COLUMN_CONTROLS_SOURCES, &lines, err);
}

static mp_code put_names(writing *w, mp_layout_column column, const mp_json *names, mp_error *err)
{
    mp_buf lines = MP_BUF_INIT;
    if (is_array(names))
        for (MP_JSON_EACH(name, names)) {
            if (lines.len)
                mp_buf_add_c(&lines, '\n');
            mp_layout_add(&lines, mp_json_is(name, MP_JSON_STRING) ? mp_json_str(name) : MP_S(""), ',', true);
        }
    return put_cell(w, column, &lines, err);
}

static mp_code put_questions(writing *w, mp_layout_column column, const mp_json *questions, const char *language, mp_error *err)
{
    mp_buf lines = MP_BUF_INIT;
    bool   is_first = true, has_any = false;
    if (is_array(questions))
        for (MP_JSON_EACH(question, questions)) {
            mp_str text = text_of(question, language);
            mp_layout_add(&lines, text, '\n', is_first);
            has_any = has_any || text.len;
            is_first = false;
        }
    if (!has_any)
        mp_buf_clear(&lines);
    return put_cell(w, column, &lines, err);
}

static mp_code put_evidence(writing *w, const mp_json *rules, mp_error *err)
{
    mp_buf lines = MP_BUF_INIT;
    if (is_array(rules))
        for (MP_JSON_EACH(rule, rules)) {
            const mp_json *name = mp_json_get(rule, MP_S("name"));
            const mp_str   parts[] = { text_of(rule, "kind"), text_of(rule, "every"), text_of(name, "en"), text_of(name, "ko") };
            if (lines.len)
                mp_buf_add_c(&lines, '\n');
            for (size_t i = 0; i < MP_COUNT(parts); i++) {
                mp_buf_add_z(&lines, i ? " | " : "");
                mp_layout_add(&lines, parts[i], '|', true);
            }
        }
    return put_cell(w, MP_COLUMN_CONTROLS_EVIDENCE, &lines, err);
}

static mp_code put_answer(writing *w, const mp_json *a, mp_error *err)
{
    mp_words why = mp_oscal_words(mp_json_get(a, MP_S("why")));
    put(w, MP_COLUMN_CONTROLS_CHECKED_BY, text_of(a, "checkedBy"));
    put(w, MP_COLUMN_CONTROLS_WHY, why.en);
    put(w, MP_COLUMN_CONTROLS_WHY_KO, why.ko);
    put(w, MP_COLUMN_CONTROLS_RESPONSIBILITY, text_of(a, "responsibility"));
    put_flag(w, MP_COLUMN_CONTROLS_STATED, mp_json_get(a, MP_S("statedBySource")));
    put(w, MP_COLUMN_CONTROLS_TEAM, text_of(a, "team"));
    put(w, MP_COLUMN_CONTROLS_SERVICE, text_of(a, "service"));
    put_flag(w, MP_COLUMN_CONTROLS_REQUIRED, mp_json_get(a, MP_S("required")));
    put(w, MP_COLUMN_CONTROLS_NATURE, text_of(a, "nature"));
    MP_TRY(put_names(w, MP_COLUMN_CONTROLS_POLICIES, mp_json_get(a, MP_S("policies")), err));
    MP_TRY(put_names(w, MP_COLUMN_CONTROLS_POLICY_GROUPS, mp_json_get(a, MP_S("groups")), err));
    MP_TRY(put_questions(w, MP_COLUMN_CONTROLS_QUESTIONS, mp_json_get(a, MP_S("questions")), "en", err));
    MP_TRY(put_questions(w, MP_COLUMN_CONTROLS_QUESTIONS_KO, mp_json_get(a, MP_S("questions")), "ko", err));
    return put_evidence(w, mp_json_get(a, MP_S("evidence")), err);
}

static mp_code put_control(writing *w, const mp_control *c, mp_error *err)
{
    put(w, MP_COLUMN_CONTROLS_GROUP, c->group == MP_NO_GROUP ? mp_str_of(NULL, 0) : w->catalog.groups[c->group].id);
    put(w, MP_COLUMN_CONTROLS_ID, c->id);
    put(w, MP_COLUMN_CONTROLS_LABEL, c->label);
    put(w, MP_COLUMN_CONTROLS_PARENT, c->parent == MP_NO_GROUP ? mp_str_of(NULL, 0) : w->catalog.controls[c->parent].id);
    put(w, MP_COLUMN_CONTROLS_CLASS, text_of(c->json, "class"));
    put_words(w, MP_COLUMN_CONTROLS_TITLE, MP_COLUMN_CONTROLS_TITLE_KO, c->title);
    put(w, MP_COLUMN_CONTROLS_STATEMENT, c->statement.en);
    put(w, MP_COLUMN_CONTROLS_STATEMENT_KO, c->statement.ko);
    MP_TRY(put_properties(w, MP_COLUMN_CONTROLS_PROPERTIES, c->json, err));
    MP_TRY(put_links(w, c->json, err));
    size_t column = MP_COLUMN_CONTROLS_NATURE - first_of(MP_LAYOUT_CONTROLS);
    for (size_t i = 0; i < w->scheme_count; i++)
        if (mp_profile_find(&w->schemes[i].profile, c->id))
            w->cells[column + 1 + i] = mp_cell_text(MP_S("x"));
    return MP_OK;
}

/* Of each control the entry that answers it, or NULL. */
static mp_code index_answers(const mp_json ***out, const writing *w, mp_error *err)
{
    const mp_json **of = MP_ARENA_ARRAY(w->arena, const mp_json *, w->catalog.control_count + 1);
    const mp_json  *list = mp_json_get(mp_json_get(mp_json_get(w->own->documents, MP_S("answers.json")), MP_S("answers")), MP_S("controls"));
    if (!of)
        return mp_no_memory(err);
    if (is_array(list))
        for (MP_JSON_EACH(entry, list)) {
            const mp_control *control = mp_catalog_find(&w->catalog, text_of(entry, "control"));
            if (control)
                of[control - w->catalog.controls] = entry;
        }
    *out = of;
    return MP_OK;
}

static mp_code write_controls(writing *w, mp_error *err)
{
    const mp_json **answers = NULL;
    MP_TRY(index_answers(&answers, w, err));
    MP_TRY(begin_table(w, MP_LAYOUT_CONTROLS, err));
    for (size_t i = 0; i < w->catalog.control_count; i++) {
        MP_TRY(put_control(w, &w->catalog.controls[i], err));
        if (answers[i])
            MP_TRY(put_answer(w, answers[i], err));
        MP_TRY(end_row(w, err));
    }
    return MP_OK;
}

/* ---- schemes ---- */

static mp_code write_scheme(writing *w, const mp_scheme *s, mp_error *err)
{
    const mp_json *metadata = mp_json_get(s->profile.json, MP_S("metadata"));
    put(w, MP_COLUMN_SCHEMES_ID, s->id);
    put_words(w, MP_COLUMN_SCHEMES_TITLE, MP_COLUMN_SCHEMES_TITLE_KO, s->profile.title);
    put(w, MP_COLUMN_SCHEMES_UUID, s->profile.uuid);
    put(w, MP_COLUMN_SCHEMES_VERSION, s->profile.version);
    put(w, MP_COLUMN_SCHEMES_MODIFIED, text_of(metadata, "last-modified"));
    put(w, MP_COLUMN_SCHEMES_NOTE, mp_oscal_property(metadata, "note", MP_OSCAL_NS, "en"));
    put(w, MP_COLUMN_SCHEMES_NOTE_KO, mp_oscal_property(metadata, "note", MP_OSCAL_NS, "ko"));
    MP_TRY(put_properties(w, MP_COLUMN_SCHEMES_PROPERTIES, metadata, err));
    return end_row(w, err);
}

static mp_code write_variants(writing *w, mp_error *err)
{
    bool is_open = false;
    for (size_t i = 0; i < w->scheme_count; i++)
        for (size_t k = 0; k < w->schemes[i].profile.count; k++) {
            const mp_selected *s = &w->schemes[i].profile.controls[k];
            if (!s->is_altered)
                continue;
            if (!is_open)
                MP_TRY(begin_table(w, MP_LAYOUT_VARIANTS, err));
            is_open = true;
            put(w, MP_COLUMN_VARIANTS_SCHEME, w->schemes[i].id);
            put(w, MP_COLUMN_VARIANTS_CONTROL, s->control.id);
            put(w, MP_COLUMN_VARIANTS_STATEMENT, s->control.statement.en);
            put(w, MP_COLUMN_VARIANTS_STATEMENT_KO, s->control.statement.ko);
            MP_TRY(end_row(w, err));
        }
    return MP_OK;
}

static mp_code write_schemes(writing *w, mp_error *err)
{
    if (!w->scheme_count)
        return MP_OK;
    MP_TRY(begin_table(w, MP_LAYOUT_SCHEMES, err));
    for (size_t i = 0; i < w->scheme_count; i++)
        MP_TRY(write_scheme(w, &w->schemes[i], err));
    return write_variants(w, err);
}

/* ---- mappings ---- */

static mp_str name_of_other(const writing *w, mp_str uuid)
{
    for (size_t i = 0; w->all && i < w->all->count; i++)
        if (mp_str_eq(w->all->of[i].catalog.uuid, uuid))
            return w->all->of[i].id;
    return uuid;
}

static mp_code write_mapping(writing *w, mp_str name, const mp_json *mapping, mp_error *err)
{
    const mp_json *maps = mp_json_get(mapping, MP_S("maps")), *stated = mp_json_get(mapping, MP_S("stated"));
    mp_words       basis = mp_oscal_words(mp_json_get(mapping, MP_S("basis")));
    mp_str         with = name_of_other(w, text_of(mapping, "to"));
    bool           is_first = true;
    if (is_array(maps))
        for (MP_JSON_EACH(line, maps)) {
            const mp_json *own = mp_json_get(line, MP_S("stated"));
            mp_words       note = mp_oscal_words(mp_json_get(line, MP_S("note")));
            put(w, MP_COLUMN_MAPPINGS_NAME, name);
            put(w, MP_COLUMN_MAPPINGS_WITH, with);
            put(w, MP_COLUMN_MAPPINGS_CONTROL, text_of(line, "from"));
            put(w, MP_COLUMN_MAPPINGS_RELATION, text_of(line, "relation"));
            put(w, MP_COLUMN_MAPPINGS_OTHER, text_of(line, "to"));
            put_flag(w, MP_COLUMN_MAPPINGS_STATED, own ? own : stated);
            put(w, MP_COLUMN_MAPPINGS_NOTE, note.en);
            put(w, MP_COLUMN_MAPPINGS_NOTE_KO, note.ko);
            put(w, MP_COLUMN_MAPPINGS_BASIS, is_first ? basis.en : mp_str_of(NULL, 0));
            put(w, MP_COLUMN_MAPPINGS_BASIS_KO, is_first ? basis.ko : mp_str_of(NULL, 0));
            put(w, MP_COLUMN_MAPPINGS_UUID, is_first ? text_of(mapping, "uuid") : mp_str_of(NULL, 0));
            is_first = false;
            MP_TRY(end_row(w, err));
        }
    return MP_OK;
}

static mp_code write_mappings(writing *w, mp_error *err)
{
    mp_str before = MP_S("mappings/"), behind = MP_S(".json");
    bool   is_open = false;
    for (MP_JSON_MEMBERS(key, w->own->documents)) {
        mp_str         name = mp_json_str(key);
        const mp_json *mapping = mp_json_get(key + 1, MP_S("mapping"));
        if (!mp_str_starts(name, before) || !mp_str_eq(text_of(mapping, "from"), w->catalog.uuid))
            continue;
        if (!is_open)
            MP_TRY(begin_table(w, MP_LAYOUT_MAPPINGS, err));
        is_open = true;
        MP_TRY(write_mapping(w, mp_str_of(name.ptr + before.len, name.len - before.len - behind.len), mapping, err));
    }
    return MP_OK;
}

/* ---- certification ---- */

static mp_code write_certification(writing *w, mp_error *err)
{
    const mp_json *document = mp_json_get(w->own->documents, MP_S("certification.json"));
    mp_certified   row = { .part = NULL };
    bool           failed = false, is_open = false;
    while (mp_certified_next(&row, document, w->arena, &failed)) {
        if (!is_open)
            MP_TRY(begin_table(w, MP_LAYOUT_CERTIFICATION, err));
        is_open = true;
        mp_words title = mp_oscal_words(mp_json_get(row.json, MP_S("title"))), text = mp_oscal_words(mp_json_get(row.json, MP_S("text"))),
                 place = mp_oscal_words(mp_json_get(row.json, MP_S("place")));
        put(w, MP_COLUMN_CERTIFICATION_PART, mp_str_from(row.part));
        put(w, MP_COLUMN_CERTIFICATION_ID, text_of(row.json, "id"));
        put(w, MP_COLUMN_CERTIFICATION_TITLE, title.en);
        put(w, MP_COLUMN_CERTIFICATION_TITLE_KO, title.ko);
        put(w, MP_COLUMN_CERTIFICATION_TEXT, text.en);
        put(w, MP_COLUMN_CERTIFICATION_TEXT_KO, text.ko);
        put(w, MP_COLUMN_CERTIFICATION_SOURCE, text_of(row.json, "source"));
        put(w, MP_COLUMN_CERTIFICATION_PLACE, place.en);
        put(w, MP_COLUMN_CERTIFICATION_PLACE_KO, place.ko);
        put_flag(w, MP_COLUMN_CERTIFICATION_INFERRED, mp_json_get(row.json, MP_S("inferred")));
        put(w, MP_COLUMN_CERTIFICATION_MORE, row.more);
        MP_TRY(end_row(w, err));
    }
    return failed ? mp_no_memory(err) : MP_OK;
}

/* ---- together ---- */

static mp_code find_own(void *ctx, mp_imported *out, mp_str href, mp_error *err)
{
    (void)href;
    (void)err;
    out->catalog = ctx;
    return MP_OK;
}

static mp_code read_all(writing *w, mp_error *err)
{
    mp_str             behind = MP_S(".profile.json");
    mp_profile_sources sources = { .find = find_own, .ctx = &w->catalog };
    MP_TRY(mp_catalog_read(&w->catalog, mp_json_get(w->own->documents, MP_S("catalog.json")), w->arena, err));
    for (MP_JSON_MEMBERS(key, w->own->documents)) {
        mp_str name = mp_json_str(key);
        if (!mp_str_ends(name, behind) || w->scheme_count == SCHEMES)
            continue;
        mp_scheme *s = &w->schemes[w->scheme_count++];
        s->id = mp_str_of(name.ptr, name.len - behind.len);
        MP_TRY(mp_profile_read(&s->profile, key + 1, &sources, w->arena, err));
    }
    return MP_OK;
}

static mp_code write_all(writing *w, mp_error *err)
{
    MP_TRY(write_framework(w, err));
    MP_TRY(write_groups(w, err));
    MP_TRY(write_controls(w, err));
    MP_TRY(write_schemes(w, err));
    MP_TRY(write_sources(w, err));
    MP_TRY(write_mappings(w, err));
    return write_certification(w, err);
}

static mp_code write_book(writing *w, mp_error *err)
{
    mp_book_options options = { .title = w->catalog.title.en, .subject = w->own->id };
    (void)mp_clock_parse(&options.made_at, text_of(mp_json_get(w->catalog.json, MP_S("metadata")), "last-modified"));
    MP_TRY(mp_book_new(&w->book, &options, err));
    mp_code code = write_all(w, err);
    if (code == MP_OK)
        code = mp_book_done(w->book, w->out, err);
    mp_book_free(w->book);
    return code;
}

mp_code mp_framework_sheet_write(mp_buf *out, const mp_own_framework *own, const mp_frameworks *all, mp_framework_form form, mp_arena *arena, mp_error *err)
{
    writing *w = MP_ARENA_NEW(arena, writing);
    if (!w)
        return mp_no_memory(err);
    w->out = out;
    w->form = form;
    w->own = own;
    w->all = all;
    w->arena = arena;
    MP_TRY(read_all(w, err));
    if (form == MP_FRAMEWORK_XLSX)
        return write_book(w, err);
    mp_csv_begin(out);
    return write_all(w, err);
}
