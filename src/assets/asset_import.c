/* SPDX-License-Identifier: Apache-2.0 */
/* A spreadsheet that somebody filled in: columns are known by their ids or by their names in either language, in any
 * order. What follows from others (sum, grade) is passed over: it is worked out, not believed. */
#include "asset_filling.h"

enum { TEXT, NUMBER, LIST, CLASS, LAWS, WORKED_OUT };

static const struct column {
    const char *id;
    int         kind;
} columns[] = {
    { "id", TEXT },          { "number", TEXT },         { "class", CLASS },    { "name", TEXT },     { "purpose", TEXT },
    { "model", TEXT },       { "quantity", NUMBER },     { "location", TEXT },  { "owner", TEXT },    { "keeper", TEXT },
    { "confidentiality", NUMBER }, { "integrity", NUMBER }, { "availability", NUMBER }, { "laws", LAWS }, { "sum", WORKED_OUT },
    { "grade", WORKED_OUT }, { "labels", LIST },         { "resource", TEXT },  { "scope", TEXT },
};

typedef struct importing {
    mp_asset_drafts        *out;
    const mp_asset_rules   *rules;
    const mp_register      *r;
    mp_arena               *arena;
    const struct column   **at; /* of each column of the table; NULL: none */
    size_t                  width;
} importing;

static bool is_called(const mp_json *words, mp_str text)
{
    return mp_str_eq(text, mp_asset_word(words, true)) || mp_str_eq_fold(text, mp_asset_word(words, false));
}

static mp_str id_of(const mp_json *object)
{
    const mp_json *id = mp_json_get(object, MP_S("id"));
    return mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : MP_S("");
}

static const struct column *column_called(const mp_asset_rules *rules, mp_str head)
{
    mp_str id = head;
    for (MP_JSON_EACH(one, rules->columns))
        if (is_called(mp_json_get(one, MP_S("name")), head))
            id = id_of(one);
    for (size_t i = 0; i < MP_COUNT(columns); i++)
        if (mp_str_eq_fold(id, mp_str_from(columns[i].id)))
            return &columns[i];
    return NULL;
}

static mp_code read_head(importing *m, const mp_sheet_row *head, mp_error *err)
{
    m->width = head->count;
    m->at = MP_ARENA_ARRAY(m->arena, const struct column *, head->count);
    if (!m->at)
        return mp_no_memory(err);
    bool has_name = false;
    for (size_t i = 0; i < head->count; i++) {
        mp_str text = mp_str_trim(head->cells[i]);
        if (!text.len)
            continue;
        m->at[i] = column_called(m->rules, text);
        if (!m->at[i])
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' is no column of the register of assets", (int)(text.len < 100 ? text.len : 100),
                           text.ptr);
        for (size_t j = 0; j < i; j++)
            if (m->at[j] == m->at[i])
                return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the column \"%s\" stands twice", m->at[i]->id);
        has_name = has_name || mp_str_eq(mp_str_from(m->at[i]->id), MP_S("name"));
    }
    return has_name ? MP_OK : mp_fail(err, MP_FORMAT, MP_NOWHERE, "the first row names no column \"name\"; wanted the names of columns");
}

/* ---- cells ---- */

static bool number_of(int64_t *out, mp_str text)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i == 9)
            return false;
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return text.len > 0;
}

static mp_str class_called(const mp_asset_rules *rules, mp_str text)
{
    for (size_t i = 0; i < rules->class_count; i++)
        if (is_called(rules->classes[i].name, text))
            return rules->classes[i].id;
    return text;
}

static mp_str law_called(const mp_asset_rules *rules, mp_str text)
{
    for (size_t i = 0; i < rules->law_count; i++)
        if (is_called(rules->laws[i].name, text))
            return rules->laws[i].id;
    return text;
}

/* Texts apart by semicolons or line ends. */
static void put_list(mp_jsonw *w, const importing *m, const struct column *c, mp_str text)
{
    mp_jsonw_key(w, mp_str_from(c->id));
    mp_jsonw_array(w);
    while (text.len) {
        size_t end = 0;
        while (end < text.len && text.ptr[end] != ';' && text.ptr[end] != '\n')
            end++;
        mp_str one = mp_str_trim(mp_str_of(text.ptr, end));
        text = mp_str_skip(text, end + 1);
        if (one.len)
            mp_jsonw_str(w, c->kind == LAWS ? law_called(m->rules, one) : one);
    }
    mp_jsonw_end(w);
}

static mp_code put_cell(mp_jsonw *w, const importing *m, const struct column *c, mp_str text, mp_error *err)
{
    int64_t n;
    switch (c->kind) {
    case NUMBER:
        if (!number_of(&n, text))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' in the column \"%s\" is no whole number", (int)(text.len < 60 ? text.len : 60),
                           text.ptr, c->id);
        mp_jsonw_put_int(w, c->id, n);
        break;
    case LIST:
    case LAWS:
        put_list(w, m, c, text);
        break;
    case CLASS:
        mp_jsonw_put_str(w, c->id, class_called(m->rules, text));
        break;
    case TEXT:
        mp_jsonw_put_str(w, c->id, text);
        break;
    default:
        break;
    }
    return MP_OK;
}

/* Whom a row is about: its id, or the asset of its resource. */
static mp_code find_asset(mp_str *id, const importing *m, mp_str said, mp_str resource, mp_error *err)
{
    mp_str          key = !said.len && resource.len ? mp_asset_resource_key(resource, m->arena) : MP_S("");
    const mp_asset *asset = said.len  ? mp_map_get(&m->r->by_id, said)
                            : key.len ? mp_map_get(&m->r->by_resource, key)
                                      : NULL;
    if (said.len && !asset)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "no asset has the id '%.*s'", (int)(said.len < 60 ? said.len : 60), said.ptr);
    *id = asset ? asset->id : mp_str_of(NULL, 0);
    return MP_OK;
}

static mp_code read_row(mp_asset_draft *out, const importing *m, const mp_sheet_row *row, mp_error *err)
{
    mp_jsonw w;
    mp_str   id = MP_S(""), resource = MP_S("");
    mp_jsonw_init(&w, m->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < m->width; i++) {
        mp_str text = mp_str_trim(mp_sheet_cell(row, i));
        if (!m->at[i] || !text.len)
            continue;
        if (mp_str_eq(mp_str_from(m->at[i]->id), MP_S("id")))
            id = text;
        if (mp_str_eq(mp_str_from(m->at[i]->id), MP_S("resource")))
            resource = text;
        MP_TRY(put_cell(&w, m, m->at[i], text, err));
    }
    mp_jsonw_end(&w);
    *out = (mp_asset_draft){ .sent = mp_jsonw_done(&w), .row = row->number };
    return out->sent ? find_asset(&out->id, m, id, resource, err) : mp_no_memory(err);
}

mp_code mp_asset_drafts_of_sheet(mp_asset_drafts *out, mp_asset_fault *faults, size_t *fault_count, size_t most,
                                 const mp_sheet_tables *tables, const mp_asset_rules *rules, const mp_register *r,
                                 mp_arena *arena, mp_error *err)
{
    importing m = { .out = out, .rules = rules, .r = r, .arena = arena };
    if (!tables->count || !tables->of[0].count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the spreadsheet is empty; wanted a first row that names columns");
    const mp_sheet_table *table = &tables->of[0];
    if (table->count - 1 > MP_FILLING_MOST)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the spreadsheet has %zu assets; the most at once is %d", table->count - 1, MP_FILLING_MOST);
    MP_TRY(read_head(&m, &table->rows[0], err));
    for (size_t i = 1; i < table->count; i++) {
        mp_asset_draft draft;
        mp_error       why = { .code = MP_OK };
        mp_code        code = read_row(&draft, &m, &table->rows[i], &why);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code == MP_OK)
            MP_TRY(mp_asset_draft_add(out, draft, arena, err));
        else if (*fault_count < most)
            faults[(*fault_count)++] = (mp_asset_fault){ .row = table->rows[i].number, .why = why };
    }
    return MP_OK;
}
