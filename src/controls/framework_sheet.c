/* SPDX-License-Identifier: Apache-2.0 */
/* A framework made of the tables of a spreadsheet: rows find their place first, then the documents are written. What they mean is checked by their own readers, as
 * that of any other import; here is said what is wrong with a cell. */
#include "framework_sheet.h"

#include "catalog.h"
#include "digest.h"
#include "map.h"
#include "oscal.h"
#include "sheet_certification.h"
#include "sheet_json.h"

/* ---- pieces ---- */

mp_str mp_sheet_uuid(mp_sheet_framework *f, const char *what, mp_str name)
{
    static const uint8_t space[16] = { 0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 }; /* of URLs, RFC 4122 */
    char   uuid[37];
    mp_str text = mp_arena_printf(f->arena, MP_OSCAL_NS ":%.*s:%s:%.*s", MP_FMT(f->id), what, MP_FMT(name));
    if (!text.ptr || mp_uuid5(uuid, space, text, NULL) != MP_OK)
        return mp_str_of(NULL, 0);
    return mp_arena_dup(f->arena, mp_str_of(uuid, 36));
}

size_t mp_sheet_control(const mp_sheet_framework *f, mp_str name) { return (size_t)(uintptr_t)mp_map_get(f->controls_by_name, name) - 1; }

mp_code mp_sheet_flag(bool *out, const mp_sheet_framework *f, const mp_sheet_row *row, mp_layout_column column, bool fallback, mp_error *err)
{
    static const char *const yes[] = { "yes", "y", "o", "x", "true", "1", "예" }, *const no[] = { "no", "n", "false", "0", "-", "아니요" };
    mp_str text = mp_layout_name(&f->layout, row, column);
    *out = fallback;
    if (!text.len)
        return MP_OK;
    for (size_t i = 0; i < MP_COUNT(yes); i++)
        if (mp_str_eq_fold(text, mp_str_from(yes[i]))) {
            *out = true;
            return MP_OK;
        }
    *out = false;
    for (size_t i = 0; i < MP_COUNT(no); i++)
        if (mp_str_eq_fold(text, mp_str_from(no[i])))
            return MP_OK;
    return mp_layout_fail(&f->layout, row, column, err, MP_FORMAT, "'%.*s' is neither yes nor no", MP_FMT(text));
}

static void put_prop(mp_jsonw *w, mp_str name, bool is_ours, const char *class_, mp_str value)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", name);
    if (is_ours)
        mp_jsonw_put_str(w, "ns", MP_S(MP_OSCAL_NS));
    if (class_)
        mp_jsonw_put_str(w, "class", mp_str_from(class_));
    mp_jsonw_put_str(w, "value", value);
    mp_jsonw_end(w);
}

void mp_sheet_put_title_ko(mp_sheet_framework *f, mp_str title_ko)
{
    if (title_ko.len)
        put_prop(&f->w, MP_S("title"), true, "ko", title_ko);
}

void mp_sheet_put_notes(mp_sheet_framework *f, mp_str en, mp_str ko)
{
    if (en.len)
        put_prop(&f->w, MP_S("note"), true, "en", en);
    if (ko.len)
        put_prop(&f->w, MP_S("note"), true, "ko", ko);
}

mp_code mp_sheet_put_properties(mp_sheet_framework *f, const mp_sheet_row *row, mp_layout_column column, mp_error *err)
{
    mp_str rest = mp_layout_text(&f->layout, row, column), line;
    while (mp_layout_next(&line, &rest, '\n', f->arena)) {
        size_t sign = mp_str_find(line, '=');
        mp_str name = sign == SIZE_MAX ? line : mp_str_trim(mp_str_of(line.ptr, sign)), value = sign == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_trim(mp_str_skip(line, sign + 1));
        if (!line.ptr)
            return mp_no_memory(err);
        if (!line.len)
            continue;
        if (!mp_oscal_is_token(name) || !value.len)
            return mp_layout_fail(&f->layout, row, column, err, MP_FORMAT, "'%.*s' is no property; wanted is name=value, a line for each", MP_FMT(line));
        put_prop(&f->w, name, true, NULL, value);
    }
    return MP_OK;
}

static void put_statement(mp_sheet_framework *f, mp_str id, const char *suffix, const char *class_, mp_str prose)
{
    if (!prose.len)
        return;
    mp_jsonw_object(&f->w);
    mp_jsonw_put_str(&f->w, "id", mp_arena_printf(f->arena, "%.*s_smt%s%s", MP_FMT(id), suffix, class_ ? "_ko" : ""));
    mp_jsonw_put_str(&f->w, "name", MP_S("statement"));
    if (class_) {
        mp_jsonw_put_str(&f->w, "ns", MP_S(MP_OSCAL_NS));
        mp_jsonw_put_str(&f->w, "class", mp_str_from(class_));
    }
    mp_jsonw_put_str(&f->w, "prose", prose);
    mp_jsonw_end(&f->w);
}

void mp_sheet_put_statements(mp_sheet_framework *f, mp_str id, const char *suffix, mp_str en, mp_str ko)
{
    if (!en.len && !ko.len)
        return;
    mp_jsonw_key(&f->w, MP_S("parts"));
    mp_jsonw_array(&f->w);
    put_statement(f, id, suffix, NULL, en);
    put_statement(f, id, suffix, "ko", ko);
    mp_jsonw_end(&f->w);
}

void mp_sheet_put_words(mp_jsonw *w, const char *name, mp_str en, mp_str ko)
{
    if (!en.len && !ko.len)
        return;
    if (name)
        mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_filled(w, "ko", ko);
    mp_jsonw_put_filled(w, "en", en);
    mp_jsonw_end(w);
}

/* ---- the table `framework` ---- */

static mp_code read_field(mp_sheet_framework *f, const mp_sheet_row *row, mp_error *err)
{
    const struct {
        const char *name;
        mp_str     *out, *korean;
    } fields[] = { { "id", &f->id, NULL },           { "title", &f->title, &f->title_ko },   { "version", &f->version, NULL },
                   { "uuid", &f->uuid, NULL },       { "modified", &f->modified, NULL },     { "note", &f->note, &f->note_ko } };
    mp_str name = mp_layout_name(&f->layout, row, MP_COLUMN_FRAMEWORK_FIELD);
    for (size_t i = 0; i < MP_COUNT(fields); i++) {
        if (!mp_str_eq_fold(name, mp_str_from(fields[i].name)))
            continue;
        if (!(mp_str_eq(name, MP_S("id")) && f->id.len))
            *fields[i].out = mp_layout_name(&f->layout, row, MP_COLUMN_FRAMEWORK_VALUE);
        if (fields[i].korean)
            *fields[i].korean = mp_layout_name(&f->layout, row, MP_COLUMN_FRAMEWORK_VALUE_KO);
        return MP_OK;
    }
    return name.len ? mp_layout_fail(&f->layout, row, MP_COLUMN_FRAMEWORK_FIELD, err, MP_FORMAT, "there is no field '%.*s'; wanted are id, title, version, uuid, modified, note", MP_FMT(name))
                    : MP_OK;
}

static mp_code read_fields(mp_sheet_framework *f, mp_str id, mp_error *err)
{
    const mp_layout_rows *rows = &f->layout.of[MP_LAYOUT_FRAMEWORK];
    f->id = id;
    for (size_t i = 0; i < rows->count; i++)
        MP_TRY(read_field(f, &rows->rows[i], err));
    if (!f->id.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the spreadsheet does not say what the framework is called: a row 'id' in the table 'framework'");
    f->title = f->title.len || f->title_ko.len ? f->title : f->id;
    f->version = f->version.len ? f->version : MP_S("1");
    f->modified = f->modified.len ? f->modified : MP_S("1970-01-01T00:00:00Z");
    if (!f->uuid.len)
        f->uuid = mp_sheet_uuid(f, "catalog", f->version);
    return f->uuid.ptr ? MP_OK : mp_no_memory(err);
}

/* ---- rows in their places ---- */

typedef struct placing {
    mp_sheet_framework *f;
    mp_layout_item     *items;
    size_t              count;
    mp_map              by_name; /* id and number, index + 1 */
    mp_layout_column    id, label, parent;
} placing;

/* Of "A.5.1 (b)" in "acme" the id "acme-a.5.1--b-". */
static mp_str id_of(mp_sheet_framework *f, mp_str label)
{
    mp_str id = mp_arena_printf(f->arena, "%.*s-%.*s", MP_FMT(f->id), MP_FMT(label));
    for (size_t i = 0; id.ptr && i < id.len; i++) {
        char *c = (char *)(uintptr_t)&id.ptr[i];
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '-' || *c == '_' || (unsigned char)*c >= 0x80))
            *c = '-';
    }
    return id;
}

static mp_code place_one(placing *p, const mp_sheet_row *row, mp_error *err)
{
    mp_layout_item *item = &p->items[p->count];
    const mp_layout *layout = &p->f->layout;
    *item = (mp_layout_item){ .row = row, .id = mp_layout_name(layout, row, p->id), .label = mp_layout_name(layout, row, p->label), .group = SIZE_MAX, .parent = SIZE_MAX };
    if (!item->id.len && !item->label.len)
        return mp_layout_fail(layout, row, p->label, err, MP_FORMAT, "the row has neither a number nor an id");
    if (!item->id.len)
        item->id = id_of(p->f, item->label);
    if (!item->id.ptr)
        return mp_no_memory(err);
    if (!mp_oscal_is_token(item->id))
        return mp_layout_fail(layout, row, p->id, err, MP_FORMAT, "'%.*s' is no id; wanted are letters, digits, '.', '-' and '_', a letter first", MP_FMT(item->id));
    if (mp_map_get(&p->by_name, item->id))
        return mp_layout_fail(layout, row, p->id, err, MP_EXISTS, "there are two rows '%.*s'", MP_FMT(item->id));
    MP_TRY(mp_map_put(&p->by_name, item->id, (void *)(uintptr_t)(p->count + 1), err));
    if (item->label.len && !mp_map_get(&p->by_name, item->label))
        MP_TRY(mp_map_put(&p->by_name, item->label, (void *)(uintptr_t)(p->count + 1), err));
    p->count++;
    return MP_OK;
}

static mp_code find_named(size_t *out, const placing *in, const mp_layout *layout, const mp_sheet_row *row, mp_layout_column column, mp_error *err)
{
    mp_str name = mp_layout_name(layout, row, column);
    *out = SIZE_MAX;
    if (!name.len)
        return MP_OK;
    *out = (size_t)(uintptr_t)mp_map_get(&in->by_name, name) - 1;
    return *out != SIZE_MAX ? MP_OK : mp_layout_fail(layout, row, column, err, MP_REFERENCE, "there is no '%.*s'", MP_FMT(name));
}

/* None stands within itself, however far up. */
static mp_code check_depth(placing *p, size_t at, mp_error *err)
{
    unsigned depth = 0;
    for (size_t up = p->items[at].parent; up != SIZE_MAX; up = p->items[up].parent)
        if (++depth >= MP_CATALOG_DEPTH)
            return mp_layout_fail(&p->f->layout, p->items[at].row, p->parent, err, MP_LIMIT, "it stands within others more than %d deep, or within itself", MP_CATALOG_DEPTH - 1);
    p->items[at].depth = depth;
    return MP_OK;
}

static mp_code place_all(placing *p, mp_layout_table table, mp_error *err)
{
    const mp_layout_rows *rows = &p->f->layout.of[table];
    if (rows->count > MP_CATALOG_CONTROLS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a catalogue has at most %d controls", MP_CATALOG_CONTROLS);
    p->items = MP_ARENA_ARRAY(p->f->arena, mp_layout_item, rows->count + 1);
    if (!p->items)
        return mp_no_memory(err);
    for (size_t i = 0; i < rows->count; i++)
        MP_TRY(place_one(p, &rows->rows[i], err));
    for (size_t i = 0; i < p->count; i++)
        MP_TRY(find_named(&p->items[i].parent, p, &p->f->layout, p->items[i].row, p->parent, err));
    for (size_t i = 0; i < p->count; i++)
        MP_TRY(check_depth(p, i, err));
    return MP_OK;
}

static mp_code place(mp_sheet_framework *f, placing *groups, placing *controls, mp_error *err)
{
    MP_TRY(place_all(groups, MP_LAYOUT_GROUPS, err));
    MP_TRY(place_all(controls, MP_LAYOUT_CONTROLS, err));
    for (size_t i = 0; i < controls->count; i++)
        MP_TRY(find_named(&controls->items[i].group, groups, &f->layout, controls->items[i].row, MP_COLUMN_CONTROLS_GROUP, err));
    f->groups = groups->items;
    f->group_count = groups->count;
    f->controls = controls->items;
    f->control_count = controls->count;
    return MP_OK;
}

/* ---- together ---- */

static mp_code write_documents(mp_sheet_framework *f, mp_error *err)
{
    mp_jsonw_init(&f->w, f->arena);
    mp_jsonw_object(&f->w);
    MP_TRY(mp_sheet_write_catalog(f, err));
    MP_TRY(mp_sheet_write_answers(f, err));
    MP_TRY(mp_sheet_write_schemes(f, err));
    MP_TRY(mp_sheet_write_mappings(f, err));
    MP_TRY(mp_sheet_write_certification(f, err));
    mp_jsonw_end(&f->w);
    return MP_OK;
}

static mp_code make(mp_own_framework *out, mp_sheet_framework *f, mp_error *err)
{
    mp_jsonw w;
    MP_TRY(write_documents(f, err));
    const mp_json *documents = mp_jsonw_done(&f->w);
    mp_jsonw_init(&w, f->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", f->id);
    mp_jsonw_put_value(&w, "documents", documents);
    mp_jsonw_end(&w);
    const mp_json *body = documents ? mp_jsonw_done(&w) : NULL;
    return body ? mp_own_framework_of(out, body, err) : mp_no_memory(err);
}

mp_code mp_framework_sheet_read(mp_own_framework *out, mp_str bytes, mp_str id, const mp_frameworks *all, mp_arena *arena, mp_error *err)
{
    mp_sheet_tables    tables;
    mp_sheet_framework f = { .all = all, .arena = arena };
    placing groups = { .f = &f, .by_name = MP_MAP_INIT_FOLD, .id = MP_COLUMN_GROUPS_ID, .label = MP_COLUMN_GROUPS_LABEL, .parent = MP_COLUMN_GROUPS_PARENT };
    placing controls = { .f = &f, .by_name = MP_MAP_INIT_FOLD, .id = MP_COLUMN_CONTROLS_ID, .label = MP_COLUMN_CONTROLS_LABEL, .parent = MP_COLUMN_CONTROLS_PARENT };
    MP_TRY(mp_sheet_read(&tables, bytes, &mp_sheet_usual, arena, err));
    MP_TRY(mp_layout_read(&f.layout, &tables, arena, err));
    MP_TRY(read_fields(&f, id, err));
    mp_code code = place(&f, &groups, &controls, err);
    f.controls_by_name = &controls.by_name;
    if (code == MP_OK)
        code = make(out, &f, err);
    mp_map_free(&groups.by_name);
    mp_map_free(&controls.by_name);
    return code;
}
