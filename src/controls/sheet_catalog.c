/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of a framework that comes as a spreadsheet. */
#include "oscal.h"
#include "sheet_json.h"

static void put_label(mp_sheet_framework *f, mp_str label)
{
    if (!label.len)
        return;
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "name", MP_S("label"));
    mp_jsonw_put_str(&f->w, "value", label);
    mp_jsonw_end(&f->w);
}

static mp_str cell(const mp_sheet_framework *f, const mp_layout_item *item, mp_layout_column column) { return mp_layout_text(&f->layout, item->row, column); }

/* What groups and controls begin with. OSCAL wants a title: the Korean one where there is no other. */
static mp_code put_head(mp_sheet_framework *f, const mp_layout_item *item, mp_layout_column class_, mp_layout_column title, mp_layout_column title_ko, mp_error *err)
{
    mp_str en = mp_str_trim(cell(f, item, title)), ko = mp_str_trim(cell(f, item, title_ko)), kind = mp_str_trim(cell(f, item, class_));
    if (!en.len && !ko.len)
        return mp_layout_fail(&f->layout, item->row, title, err, MP_FORMAT, "'%.*s' has no title", MP_FMT(item->id));
    if (kind.len && !mp_oscal_is_token(kind))
        return mp_layout_fail(&f->layout, item->row, class_, err, MP_FORMAT, "'%.*s' is no class; wanted are letters, digits, '.', '-' and '_', a letter first", MP_FMT(kind));
    mp_jsonw_put_str(&f->w, "id", item->id);
    mp_jsonw_put_filled(&f->w, "class", kind);
    mp_jsonw_put_str(&f->w, "title", en.len ? en : ko);
    return MP_OK;
}

/* Lines "UUID text" that lead to the table of sources. */
static mp_code put_sources(mp_sheet_framework *f, const mp_layout_item *item, mp_error *err)
{
    mp_str rest = cell(f, item, MP_COLUMN_CONTROLS_SOURCES), line;
    if (!mp_str_trim(rest).len)
        return MP_OK;
    mp_jsonw_key(&f->w, MP_S("links"));
    mp_jsonw_array(&f->w);
    while (mp_layout_next(&line, &rest, '\n', f->arena)) {
        size_t blank = mp_str_find(line, ' ');
        mp_str uuid = mp_str_of(line.ptr, blank == SIZE_MAX ? line.len : blank), text = blank == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_trim(mp_str_skip(line, blank));
        if (!line.len)
            continue;
        if (uuid.len != 36)
            return mp_layout_fail(&f->layout, item->row, MP_COLUMN_CONTROLS_SOURCES, err, MP_FORMAT, "'%.*s' is no source; wanted is its uuid in the table 'sources', and a text behind it",
                                  MP_FMT(line));
        mp_jsonw_object(&f->w);
        mp_jsonw_put_str(&f->w, "href", mp_arena_printf(f->arena, "#%.*s", MP_FMT(uuid)));
        mp_jsonw_put_str(&f->w, "rel", MP_S("reference"));
        mp_jsonw_put_filled(&f->w, "text", text);
        mp_jsonw_end(&f->w);
    }
    mp_jsonw_end(&f->w);
    return MP_OK;
}

static mp_code put_controls(mp_sheet_framework *f, size_t group, size_t parent, mp_error *err);

static mp_code put_control(mp_sheet_framework *f, size_t at, mp_error *err)
{
    const mp_layout_item *item = &f->controls[at];
    mp_jsonw_object(&f->w);
    MP_TRY(put_head(f, item, MP_COLUMN_CONTROLS_CLASS, MP_COLUMN_CONTROLS_TITLE, MP_COLUMN_CONTROLS_TITLE_KO, err));
    mp_jsonw_key(&f->w, MP_S("props"));
    mp_jsonw_array(&f->w);
    put_label(f, item->label.len ? item->label : item->id);
    mp_sheet_put_title_ko(f, mp_str_trim(cell(f, item, MP_COLUMN_CONTROLS_TITLE_KO)));
    MP_TRY(mp_sheet_put_properties(f, item->row, MP_COLUMN_CONTROLS_PROPERTIES, err));
    mp_jsonw_end(&f->w);
    MP_TRY(put_sources(f, item, err));
    mp_sheet_put_statements(f, item->id, "", cell(f, item, MP_COLUMN_CONTROLS_STATEMENT), cell(f, item, MP_COLUMN_CONTROLS_STATEMENT_KO));
    MP_TRY(put_controls(f, SIZE_MAX, at, err));
    mp_jsonw_end(&f->w);
    return MP_OK;
}

/* Those of a group that stand in no other control; or those within a control. */
static mp_code put_controls(mp_sheet_framework *f, size_t group, size_t parent, mp_error *err)
{
    bool is_open = false;
    for (size_t i = 0; i < f->control_count; i++) {
        const mp_layout_item *item = &f->controls[i];
        if (item->parent != parent || (parent == SIZE_MAX && item->group != group))
            continue;
        if (!is_open) {
            mp_jsonw_key(&f->w, MP_S("controls"));
            mp_jsonw_array(&f->w);
            is_open = true;
        }
        MP_TRY(put_control(f, i, err));
    }
    if (is_open)
        mp_jsonw_end(&f->w);
    return MP_OK;
}

static mp_code put_groups(mp_sheet_framework *f, size_t parent, mp_error *err)
{
    bool is_open = false;
    for (size_t i = 0; i < f->group_count; i++) {
        const mp_layout_item *item = &f->groups[i];
        if (item->parent != parent)
            continue;
        if (!is_open) {
            mp_jsonw_key(&f->w, MP_S("groups"));
            mp_jsonw_array(&f->w);
            is_open = true;
        }
        mp_jsonw_object(&f->w);
        MP_TRY(put_head(f, item, MP_COLUMN_GROUPS_CLASS, MP_COLUMN_GROUPS_TITLE, MP_COLUMN_GROUPS_TITLE_KO, err));
        mp_jsonw_key(&f->w, MP_S("props"));
        mp_jsonw_array(&f->w);
        put_label(f, item->label.len ? item->label : item->id);
        mp_sheet_put_title_ko(f, mp_str_trim(cell(f, item, MP_COLUMN_GROUPS_TITLE_KO)));
        mp_jsonw_end(&f->w);
        MP_TRY(put_groups(f, i, err));
        MP_TRY(put_controls(f, i, SIZE_MAX, err));
        mp_jsonw_end(&f->w);
    }
    if (is_open)
        mp_jsonw_end(&f->w);
    return MP_OK;
}

static void put_resources(mp_sheet_framework *f)
{
    const mp_layout_rows *rows = &f->layout.of[MP_LAYOUT_SOURCES];
    if (!rows->count)
        return;
    mp_jsonw_key(&f->w, MP_S("back-matter"));
    mp_jsonw_object(&f->w);
    mp_jsonw_key(&f->w, MP_S("resources"));
    mp_jsonw_array(&f->w);
    for (size_t i = 0; i < rows->count; i++) {
        mp_str uuid = mp_layout_name(&f->layout, &rows->rows[i], MP_COLUMN_SOURCES_UUID), title = mp_layout_name(&f->layout, &rows->rows[i], MP_COLUMN_SOURCES_TITLE),
               description = mp_layout_name(&f->layout, &rows->rows[i], MP_COLUMN_SOURCES_DESCRIPTION);
        mp_jsonw_object(&f->w);
        mp_jsonw_put_str(&f->w, "uuid", uuid.len ? uuid : mp_sheet_uuid(f, "source", title));
        mp_jsonw_put_filled(&f->w, "title", title);
        mp_jsonw_put_filled(&f->w, "description", description);
        mp_jsonw_end(&f->w);
    }
    mp_jsonw_end(&f->w);
    mp_jsonw_end(&f->w);
}

mp_code mp_sheet_write_catalog(mp_sheet_framework *f, mp_error *err)
{
    mp_jsonw *w = &f->w;
    mp_jsonw_key(w, MP_S("catalog.json"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("catalog"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", f->uuid);
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", f->title.len ? f->title : f->title_ko);
    mp_jsonw_put_str(w, "last-modified", f->modified);
    mp_jsonw_put_str(w, "version", f->version);
    mp_jsonw_put_str(w, "oscal-version", MP_S("1.1.2"));
    if (f->title_ko.len || f->note.len || f->note_ko.len) {
        mp_jsonw_key(w, MP_S("props"));
        mp_jsonw_array(w);
        mp_sheet_put_title_ko(f, f->title_ko);
        mp_sheet_put_notes(f, f->note, f->note_ko);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    MP_TRY(put_groups(f, SIZE_MAX, err));
    MP_TRY(put_controls(f, SIZE_MAX, SIZE_MAX, err));
    put_resources(f);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}
