/* SPDX-License-Identifier: Apache-2.0 */
/* The schemes and mappings of a framework that comes as a spreadsheet. */
#include "mapping.h"
#include "oscal.h"
#include "sheet_json.h"

static const mp_layout_rows *rows_of(const mp_sheet_framework *f, mp_layout_table table) { return &f->layout.of[table]; }

/* ---- schemes ---- */

static const mp_sheet_row *row_of_scheme(const mp_sheet_framework *f, mp_str id)
{
    const mp_layout_rows *rows = rows_of(f, MP_LAYOUT_SCHEMES);
    for (size_t i = 0; i < rows->count; i++)
        if (mp_str_eq(mp_layout_name(&f->layout, &rows->rows[i], MP_COLUMN_SCHEMES_ID), id))
            return &rows->rows[i];
    return NULL;
}

static mp_str field(const mp_sheet_framework *f, const mp_sheet_row *row, mp_layout_column column, mp_str fallback)
{
    mp_str text = row ? mp_layout_name(&f->layout, row, column) : mp_str_of(NULL, 0);
    return text.len ? text : fallback;
}

static mp_code put_metadata(mp_sheet_framework *f, const mp_sheet_row *row, mp_str id, mp_error *err)
{
    mp_jsonw *w = &f->w;
    mp_str    empty = mp_str_of(NULL, 0), ko = field(f, row, MP_COLUMN_SCHEMES_TITLE_KO, empty), en = field(f, row, MP_COLUMN_SCHEMES_TITLE, ko.len ? ko : id);
    mp_str    note = field(f, row, MP_COLUMN_SCHEMES_NOTE, empty), note_ko = field(f, row, MP_COLUMN_SCHEMES_NOTE_KO, empty);
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", en);
    mp_jsonw_put_str(w, "last-modified", field(f, row, MP_COLUMN_SCHEMES_MODIFIED, f->modified));
    mp_jsonw_put_str(w, "version", field(f, row, MP_COLUMN_SCHEMES_VERSION, f->version));
    mp_jsonw_put_str(w, "oscal-version", MP_S("1.1.2"));
    if (ko.len || note.len || note_ko.len || field(f, row, MP_COLUMN_SCHEMES_PROPERTIES, empty).len) {
        mp_jsonw_key(w, MP_S("props"));
        mp_jsonw_array(w);
        mp_sheet_put_title_ko(f, ko);
        if (row)
            MP_TRY(mp_sheet_put_properties(f, row, MP_COLUMN_SCHEMES_PROPERTIES, err));
        mp_sheet_put_notes(f, note, note_ko);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

/* Those with a sign in its column that does not say no. */
static mp_code put_selection(mp_sheet_framework *f, const mp_layout_scheme *scheme, mp_error *err)
{
    size_t count = 0;
    mp_jsonw_key(&f->w, MP_S("imports"));
    mp_jsonw_array(&f->w);
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "href", mp_arena_printf(f->arena, "#%.*s", MP_FMT(f->uuid)));
    mp_jsonw_key(&f->w, MP_S("include-controls"));
    mp_jsonw_array(&f->w);
    mp_jsonw_object(&f->w);
    mp_jsonw_key(&f->w, MP_S("with-ids"));
    mp_jsonw_array(&f->w);
    for (size_t i = 0; i < f->control_count; i++) {
        mp_str sign = mp_str_trim(mp_sheet_cell(f->controls[i].row, scheme->column));
        if (!sign.len || mp_str_eq_fold(sign, MP_S("no")) || mp_str_eq_fold(sign, MP_S("n")) || mp_str_eq(sign, MP_S("-")) || mp_str_eq_fold(sign, MP_S("false")) || mp_str_eq(sign, MP_S("0")))
            continue;
        mp_jsonw_str(&f->w, f->controls[i].id);
        count++;
    }
    for (unsigned i = 0; i < 5; i++)
        mp_jsonw_end(&f->w);
    return count ? MP_OK : mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s: no control counts in the scheme '%.*s'", MP_FMT(rows_of(f, MP_LAYOUT_CONTROLS)->name), MP_FMT(scheme->id));
}

static void put_alter(mp_sheet_framework *f, const mp_sheet_row *row, mp_str control, mp_str scheme)
{
    mp_jsonw *w = &f->w;
    mp_str    suffix = mp_arena_printf(f->arena, "_%.*s", MP_FMT(scheme));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "control-id", control);
    mp_jsonw_key(w, MP_S("removes"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "by-name", MP_S("statement"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("adds"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "position", MP_S("ending"));
    mp_sheet_put_statements(f, control, suffix.ptr ? suffix.ptr : "", mp_layout_text(&f->layout, row, MP_COLUMN_VARIANTS_STATEMENT), mp_layout_text(&f->layout, row, MP_COLUMN_VARIANTS_STATEMENT_KO));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code put_variants(mp_sheet_framework *f, mp_str scheme, mp_error *err)
{
    const mp_layout_rows *rows = rows_of(f, MP_LAYOUT_VARIANTS);
    bool                  is_open = false;
    for (size_t i = 0; i < rows->count; i++) {
        const mp_sheet_row *row = &rows->rows[i];
        if (!mp_str_eq(mp_layout_name(&f->layout, row, MP_COLUMN_VARIANTS_SCHEME), scheme))
            continue;
        size_t control = mp_sheet_control(f, mp_layout_name(&f->layout, row, MP_COLUMN_VARIANTS_CONTROL));
        if (control == SIZE_MAX)
            return mp_layout_fail(&f->layout, row, MP_COLUMN_VARIANTS_CONTROL, err, MP_REFERENCE, "there is no control '%.*s'",
                                  MP_FMT(mp_layout_name(&f->layout, row, MP_COLUMN_VARIANTS_CONTROL)));
        if (!is_open) {
            mp_jsonw_key(&f->w, MP_S("modify"));
            mp_jsonw_object(&f->w);
            mp_jsonw_key(&f->w, MP_S("alters"));
            mp_jsonw_array(&f->w);
            is_open = true;
        }
        put_alter(f, row, f->controls[control].id, scheme);
    }
    if (is_open) {
        mp_jsonw_end(&f->w);
        mp_jsonw_end(&f->w);
    }
    return MP_OK;
}

static mp_code put_scheme(mp_sheet_framework *f, const mp_layout_scheme *scheme, mp_error *err)
{
    mp_jsonw           *w = &f->w;
    const mp_sheet_row *row = row_of_scheme(f, scheme->id);
    mp_str              uuid = field(f, row, MP_COLUMN_SCHEMES_UUID, mp_sheet_uuid(f, "scheme", scheme->id));
    mp_str              name = mp_arena_printf(f->arena, "%.*s.profile.json", MP_FMT(scheme->id));
    if (!uuid.ptr || !name.ptr)
        return mp_no_memory(err);
    mp_jsonw_key(w, name);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("profile"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", uuid);
    MP_TRY(put_metadata(f, row, scheme->id, err));
    MP_TRY(put_selection(f, scheme, err));
    MP_TRY(put_variants(f, scheme->id, err));
    mp_jsonw_key(w, MP_S("merge"));
    mp_jsonw_object(w);
    mp_jsonw_put_bool(w, "as-is", true);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("back-matter")); /* what the import leads to, for other tools */
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("resources"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", f->uuid);
    mp_jsonw_key(w, MP_S("rlinks"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "href", MP_S("catalog.json"));
    for (unsigned i = 0; i < 5; i++)
        mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

static bool has_column(const mp_layout_rows *controls, mp_str id)
{
    for (size_t i = 0; i < controls->scheme_count; i++)
        if (mp_str_eq(controls->schemes[i].id, id))
            return true;
    return false;
}

/* What is said of a scheme is said of one that the controls know. */
static mp_code check_schemes(const mp_sheet_framework *f, mp_layout_table table, mp_layout_column column, mp_error *err)
{
    const mp_layout_rows *rows = rows_of(f, table), *controls = rows_of(f, MP_LAYOUT_CONTROLS);
    for (size_t i = 0; i < rows->count; i++) {
        mp_str id = mp_layout_name(&f->layout, &rows->rows[i], column);
        if (!has_column(controls, id))
            return mp_layout_fail(&f->layout, &rows->rows[i], column, err, MP_REFERENCE, "there is no scheme '%.*s': a column 'scheme: %.*s' of the controls", MP_FMT(id), MP_FMT(id));
    }
    return MP_OK;
}

mp_code mp_sheet_write_schemes(mp_sheet_framework *f, mp_error *err)
{
    const mp_layout_rows *controls = rows_of(f, MP_LAYOUT_CONTROLS);
    MP_TRY(check_schemes(f, MP_LAYOUT_SCHEMES, MP_COLUMN_SCHEMES_ID, err));
    MP_TRY(check_schemes(f, MP_LAYOUT_VARIANTS, MP_COLUMN_VARIANTS_SCHEME, err));
    for (size_t i = 0; i < controls->scheme_count; i++) {
        for (size_t k = 0; k < i; k++)
            if (mp_str_eq(controls->schemes[i].id, controls->schemes[k].id))
                return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%.*s: there are two columns 'scheme: %.*s'", MP_FMT(controls->name), MP_FMT(controls->schemes[i].id));
        MP_TRY(put_scheme(f, &controls->schemes[i], err));
    }
    return MP_OK;
}

/* ---- mappings ---- */

static mp_str name_of(const mp_sheet_framework *f, const mp_sheet_row *row)
{
    mp_str name = mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_NAME);
    return name.len ? name : mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_WITH);
}

/* By id, by the shorter names that people use, or by its uuid, also of one that is not there yet. */
static mp_code find_other(const mp_framework **out, mp_str *uuid, const mp_sheet_framework *f, const mp_sheet_row *row, mp_error *err)
{
    mp_str           with = mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_WITH);
    const mp_scheme *scheme;
    *out = NULL;
    *uuid = with;
    for (size_t i = 0; f->all && i < f->all->count; i++)
        if (mp_str_eq(f->all->of[i].catalog.uuid, with))
            *out = &f->all->of[i];
    if (*out || (f->all && mp_framework_named(out, &scheme, f->all, with))) {
        *uuid = (*out)->catalog.uuid;
        return MP_OK;
    }
    return with.len == 36 ? MP_OK : mp_layout_fail(&f->layout, row, MP_COLUMN_MAPPINGS_WITH, err, MP_REFERENCE, "there is no framework '%.*s'", MP_FMT(with));
}

static mp_code put_line(mp_sheet_framework *f, const mp_sheet_row *row, const mp_framework *other, mp_error *err)
{
    mp_jsonw         *w = &f->w;
    mp_str            name = mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_OTHER), relation = mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_RELATION);
    size_t            control = mp_sheet_control(f, mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_CONTROL));
    const mp_control *to = other ? mp_framework_control(other, name) : NULL;
    bool              is_stated;
    if (control == SIZE_MAX)
        return mp_layout_fail(&f->layout, row, MP_COLUMN_MAPPINGS_CONTROL, err, MP_REFERENCE, "there is no control '%.*s'",
                              MP_FMT(mp_layout_name(&f->layout, row, MP_COLUMN_MAPPINGS_CONTROL)));
    if (other && !to)
        return mp_layout_fail(&f->layout, row, MP_COLUMN_MAPPINGS_OTHER, err, MP_REFERENCE, "the framework '%.*s' has no control '%.*s'", MP_FMT(other->id), MP_FMT(name));
    unsigned known = 0;
    while (known < MP_RELATION_COUNT && !mp_str_eq_fold(relation, mp_str_from(mp_relation_name((mp_relation)known))))
        known++;
    if (known == MP_RELATION_COUNT)
        return mp_layout_fail(&f->layout, row, MP_COLUMN_MAPPINGS_RELATION, err, MP_FORMAT, "'%.*s' is no relation; wanted is equal, subset, superset or intersects", MP_FMT(relation));
    MP_TRY(mp_sheet_flag(&is_stated, f, row, MP_COLUMN_MAPPINGS_STATED, false, err));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "from", f->controls[control].id);
    mp_jsonw_put_str(w, "to", to ? mp_arena_dup(f->arena, to->id) : name);
    mp_jsonw_put_str(w, "relation", mp_str_from(mp_relation_name((mp_relation)known)));
    if (is_stated)
        mp_jsonw_put_bool(w, "stated", true);
    mp_sheet_put_words(w, "note", mp_layout_text(&f->layout, row, MP_COLUMN_MAPPINGS_NOTE), mp_layout_text(&f->layout, row, MP_COLUMN_MAPPINGS_NOTE_KO));
    mp_jsonw_end(w);
    return MP_OK;
}

/* All rows of the mapping that the row at `first` begins; basis and uuid stand in that row. */
static mp_code put_mapping(mp_sheet_framework *f, size_t first, bool *is_done, mp_error *err)
{
    const mp_layout_rows *rows = rows_of(f, MP_LAYOUT_MAPPINGS);
    const mp_sheet_row   *head = &rows->rows[first];
    mp_jsonw             *w = &f->w;
    const mp_framework   *other;
    mp_str                with, name = name_of(f, head);
    MP_TRY(find_other(&other, &with, f, head, err));
    with = mp_arena_dup(f->arena, with);
    mp_str document = mp_arena_printf(f->arena, "mappings/%.*s.json", MP_FMT(name)), uuid = field(f, head, MP_COLUMN_MAPPINGS_UUID, mp_sheet_uuid(f, "mapping", name));
    if (!document.ptr || !uuid.ptr || !with.ptr)
        return mp_no_memory(err);
    mp_jsonw_key(w, document);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("mapping"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", uuid);
    mp_jsonw_put_str(w, "from", f->uuid);
    mp_jsonw_put_str(w, "to", with);
    mp_sheet_put_words(w, "basis", mp_layout_text(&f->layout, head, MP_COLUMN_MAPPINGS_BASIS), mp_layout_text(&f->layout, head, MP_COLUMN_MAPPINGS_BASIS_KO));
    mp_jsonw_put_bool(w, "stated", false);
    mp_jsonw_key(w, MP_S("maps"));
    mp_jsonw_array(w);
    for (size_t i = first; i < rows->count; i++) {
        if (is_done[i] || !mp_str_eq(name_of(f, &rows->rows[i]), name))
            continue;
        is_done[i] = true;
        MP_TRY(put_line(f, &rows->rows[i], other, err));
    }
    for (unsigned i = 0; i < 3; i++)
        mp_jsonw_end(w);
    return MP_OK;
}

mp_code mp_sheet_write_mappings(mp_sheet_framework *f, mp_error *err)
{
    size_t count = rows_of(f, MP_LAYOUT_MAPPINGS)->count, mappings = 0;
    bool  *is_done = MP_ARENA_ARRAY(f->arena, bool, count + 1);
    if (!is_done)
        return mp_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (is_done[i])
            continue;
        if (++mappings > MP_FRAMEWORK_DOCUMENTS)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a framework has at most %d documents", MP_FRAMEWORK_DOCUMENTS);
        MP_TRY(put_mapping(f, i, is_done, err));
    }
    return MP_OK;
}
