/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_certification.h"

#include "oscal.h"

/* Parts of the document: what a row is called, which object it is in, and as which member. */
static const struct part {
    const char *name, *within, *member;
    bool is_list;
} parts[] = {
    { "certification", NULL, NULL, false },
    { "source", "certification", "sources", true },
    { "applicability", "certification", "applicability", false },
    { "fact", "certification", "facts", true },
    { "finder", "certification", "finder", false },
    { "scheme", "finder", "schemes", true },
    { "question", "finder", "questions", true },
    { "rule", "finder", "rules", true },
    { "substitution", "certification", "substitution", false },
    { "condition", "substitution", "conditions", true },
    { "effect", "substitution", "effects", true },
    { "cycle", "certification", "cycle", false },
    { "event", "cycle", "events", true },
    { "note", "cycle", "notes", true },
};

static bool is_named(const char *a, const char *b) { return a && b && mp_str_eq(mp_str_from(a), mp_str_from(b)); }

static const struct part *part_named(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(parts); i++)
        if (mp_str_eq_fold(name, mp_str_from(parts[i].name)))
            return &parts[i];
    return NULL;
}

/* ---- a document as rows ---- */

static const mp_json *find(const mp_json *root, const struct part *p)
{
    if (!p->within)
        return root;
    return mp_json_get(find(root, part_named(mp_str_from(p->within))), mp_str_from(p->member));
}

static bool are_words(const mp_json *v)
{
    bool are = mp_json_is(v, MP_JSON_OBJECT);
    if (are)
        for (MP_JSON_MEMBERS(key, v))
            are = are && (mp_str_eq(mp_json_str(key), MP_S("ko")) || mp_str_eq(mp_json_str(key), MP_S("en")));
    return are;
}

/* Whether a member of a row has columns; what the columns hold is read back as it was. */
static bool has_column(const struct part *p, mp_str name, const mp_json *v)
{
    for (size_t i = 0; i < MP_COUNT(parts); i++)
        if (is_named(parts[i].within, p->name) && mp_str_eq(name, mp_str_from(parts[i].member)))
            return true; /* rows of their own */
    if (mp_str_eq(name, MP_S("title")) || mp_str_eq(name, MP_S("text")) || mp_str_eq(name, MP_S("place")))
        return are_words(v);
    if (mp_str_eq(name, MP_S("id")) || mp_str_eq(name, MP_S("source")))
        return mp_json_is(v, MP_JSON_STRING);
    if (mp_str_eq(name, MP_S("inferred")))
        return mp_json_is(v, MP_JSON_BOOL);
    return !p->within && mp_str_eq(name, MP_S("catalog")); /* that of the framework */
}

static mp_str more_of(const struct part *p, const mp_json *json, mp_arena *arena, bool *failed)
{
    mp_jsonw w;
    mp_buf text = MP_BUF_INIT;
    size_t count = 0;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, json))
        if (!has_column(p, mp_json_str(key), key + 1)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
            count++;
        }
    mp_jsonw_end(&w);
    const mp_json *more = mp_jsonw_done(&w);
    if (more && count)
        mp_buf_add_json(&text, more);
    mp_str kept = mp_arena_dup(arena, mp_buf_str(&text));
    *failed = *failed || !more || text.failed || !kept.ptr;
    mp_buf_free(&text);
    return count ? kept : mp_str_of(NULL, 0);
}

/* An object that only holds rows of others needs none itself. */
static bool is_worth(const struct part *p, const mp_json *json, mp_str more)
{
    bool is_worth = more.len > 0;
    for (MP_JSON_MEMBERS(key, json)) {
        bool is_child = mp_json_is(key + 1, MP_JSON_ARRAY) || (mp_json_is(key + 1, MP_JSON_OBJECT) && !are_words(key + 1));
        is_worth = is_worth || (has_column(p, mp_json_str(key), key + 1) && !is_child &&
                                !mp_str_eq(mp_json_str(key), MP_S("catalog")));
    }
    return is_worth;
}

bool mp_certified_next(mp_certified *row, const mp_json *document, mp_arena *arena, bool *failed)
{
    const mp_json *root = mp_json_get(document, MP_S("certification"));
    for (; root && row->at < MP_COUNT(parts); row->at++, row->element = 0) {
        const struct part *p = &parts[row->at];
        const mp_json *v = find(root, p), *one = v;
        if (!v || (p->is_list ? !mp_json_is(v, MP_JSON_ARRAY) || row->element == v->count : row->element > 0))
            continue;
        if (p->is_list)
            one = mp_json_at(v, row->element);
        row->element++;
        if (!mp_json_is(one, MP_JSON_OBJECT))
            continue;
        row->part = p->name;
        row->json = one;
        row->more = more_of(p, one, arena, failed);
        if (*failed)
            return false;
        if (p->is_list || is_worth(p, one, row->more))
            return true;
    }
    return false;
}

/* ---- rows as a document ---- */

typedef struct making {
    mp_sheet_framework *f;
    const mp_layout_rows *rows;
} making;

static mp_str cell(const making *m, const mp_sheet_row *row, mp_layout_column column)
{
    return mp_layout_name(&m->f->layout, row, column);
}

static mp_code put_more(making *m, const mp_sheet_row *row, mp_error *err)
{
    mp_str text = cell(m, row, MP_COLUMN_CERTIFICATION_MORE);
    mp_json_doc *doc;
    const mp_json *more = NULL;
    mp_error why = { .code = MP_OK };
    if (!text.len)
        return MP_OK;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &more, text, NULL, NULL, &why);
    bool is_object = code == MP_OK && mp_json_is(more, MP_JSON_OBJECT);
    more = is_object ? mp_arena_dup_json(m->f->arena, more) : NULL; /* the document goes */
    mp_json_doc_free(doc);
    if (code == MP_NOMEM || (is_object && !more))
        return mp_no_memory(err);
    if (!is_object)
        return mp_layout_fail(&m->f->layout, row, MP_COLUMN_CERTIFICATION_MORE, err, MP_FORMAT,
                              "wanted is an object of JSON, or nothing");
    for (MP_JSON_MEMBERS(key, more)) {
        mp_jsonw_key(&m->f->w, mp_json_str(key));
        mp_jsonw_value(&m->f->w, key + 1);
    }
    return MP_OK;
}

static mp_code put_members(making *m, const mp_sheet_row *row, mp_error *err)
{
    mp_jsonw *w = &m->f->w;
    mp_str id = cell(m, row, MP_COLUMN_CERTIFICATION_ID), source = cell(m, row, MP_COLUMN_CERTIFICATION_SOURCE);
    bool is_inferred;
    mp_jsonw_put_filled(w, "id", id);
    mp_sheet_put_words(w, "title", cell(m, row, MP_COLUMN_CERTIFICATION_TITLE), cell(m, row, MP_COLUMN_CERTIFICATION_TITLE_KO));
    mp_sheet_put_words(w, "text", cell(m, row, MP_COLUMN_CERTIFICATION_TEXT), cell(m, row, MP_COLUMN_CERTIFICATION_TEXT_KO));
    mp_jsonw_put_filled(w, "source", source);
    mp_sheet_put_words(w, "place", cell(m, row, MP_COLUMN_CERTIFICATION_PLACE), cell(m, row, MP_COLUMN_CERTIFICATION_PLACE_KO));
    MP_TRY(mp_sheet_flag(&is_inferred, m->f, row, MP_COLUMN_CERTIFICATION_INFERRED, false, err));
    if (cell(m, row, MP_COLUMN_CERTIFICATION_INFERRED).len)
        mp_jsonw_put_bool(w, "inferred", is_inferred);
    return put_more(m, row, err);
}

static bool is_of(const making *m, const mp_sheet_row *row, const struct part *p)
{
    return mp_str_eq_fold(cell(m, row, MP_COLUMN_CERTIFICATION_PART), mp_str_from(p->name));
}

static bool has_rows(const making *m, const struct part *p)
{
    for (size_t i = 0; i < m->rows->count; i++)
        if (is_of(m, &m->rows->rows[i], p))
            return true;
    return false;
}

/* Rows of it, or of what stands within it. */
static bool is_there(const making *m, const struct part *p)
{
    bool is_there = has_rows(m, p);
    for (size_t i = 0; i < MP_COUNT(parts) && !is_there; i++)
        is_there = is_named(parts[i].within, p->name) && has_rows(m, &parts[i]);
    return is_there;
}

static mp_code put_object(making *m, const struct part *p, mp_error *err);

static mp_code put_list(making *m, const struct part *p, mp_error *err)
{
    mp_jsonw_array(&m->f->w);
    for (size_t i = 0; i < m->rows->count; i++) {
        if (!is_of(m, &m->rows->rows[i], p))
            continue;
        mp_jsonw_object(&m->f->w);
        MP_TRY(put_members(m, &m->rows->rows[i], err));
        mp_jsonw_end(&m->f->w);
    }
    mp_jsonw_end(&m->f->w);
    return MP_OK;
}

static mp_code put_within(making *m, const struct part *p, mp_error *err)
{
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        if (!is_named(parts[i].within, p->name) || !is_there(m, &parts[i]))
            continue;
        mp_jsonw_key(&m->f->w, mp_str_from(parts[i].member));
        MP_TRY(parts[i].is_list ? put_list(m, &parts[i], err) : put_object(m, &parts[i], err));
    }
    return MP_OK;
}

static mp_code put_object(making *m, const struct part *p, mp_error *err)
{
    bool is_told = false;
    mp_jsonw_object(&m->f->w);
    if (!p->within)
        mp_jsonw_put_str(&m->f->w, "catalog", m->f->uuid);
    for (size_t i = 0; i < m->rows->count; i++) {
        if (!is_of(m, &m->rows->rows[i], p))
            continue;
        if (is_told)
            return mp_layout_fail(&m->f->layout, &m->rows->rows[i], MP_COLUMN_CERTIFICATION_PART, err, MP_EXISTS,
                                  "there are two rows '%s', and there can be one", p->name);
        is_told = true;
        MP_TRY(put_members(m, &m->rows->rows[i], err));
    }
    MP_TRY(put_within(m, p, err));
    mp_jsonw_end(&m->f->w);
    return MP_OK;
}

static mp_code check_parts(const making *m, mp_error *err)
{
    for (size_t i = 0; i < m->rows->count; i++) {
        mp_str name = cell(m, &m->rows->rows[i], MP_COLUMN_CERTIFICATION_PART);
        if (!part_named(name))
            return mp_layout_fail(&m->f->layout, &m->rows->rows[i], MP_COLUMN_CERTIFICATION_PART, err, MP_FORMAT,
                                  "there is no part '%.*s' of a certification", MP_FMT(name));
    }
    return MP_OK;
}

mp_code mp_sheet_write_certification(mp_sheet_framework *f, mp_error *err)
{
    making m = { f, &f->layout.of[MP_LAYOUT_CERTIFICATION] };
    if (!m.rows->count)
        return MP_OK;
    MP_TRY(check_parts(&m, err));
    mp_jsonw_key(&f->w, MP_S("certification.json"));
    mp_jsonw_object(&f->w);
    mp_jsonw_key(&f->w, MP_S("certification"));
    MP_TRY(put_object(&m, &parts[0], err));
    mp_jsonw_end(&f->w);
    return MP_OK;
}
