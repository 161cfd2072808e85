/* SPDX-License-Identifier: Apache-2.0 */
#include "asset_document.h"

#include "sheet_write.h"

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- findings ---- */

void mp_asset_finding_write(mp_jsonw *w, const mp_asset_finding *f)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "lack", mp_str_from(mp_asset_lack_names[f->lack]));
    if (f->asset) {
        mp_jsonw_put_str(w, "asset", f->asset->id);
        mp_jsonw_put_str(w, "name", f->asset->name);
        mp_jsonw_put_str(w, "class", f->asset->class);
        mp_jsonw_put_filled(w, "resource", f->asset->resource);
    } else {
        mp_jsonw_put_str(w, "name", f->name);
        mp_jsonw_put_filled(w, "class", f->class);
        mp_jsonw_put_str(w, "resource", f->resource);
        mp_jsonw_put_str(w, "type", f->type);
        mp_jsonw_put_filled(w, "location", f->location);
    }
    mp_jsonw_end(w);
}

void mp_asset_sums_write(mp_jsonw *w, const mp_asset_survey *s)
{
    mp_jsonw_put_int(w, "resources", (int64_t)s->resources);
    mp_jsonw_put_int(w, "registered", (int64_t)s->registered);
    for (int lack = 0; lack < MP_LACK_COUNT; lack++)
        mp_jsonw_put_int(w, mp_asset_lack_names[lack], (int64_t)s->sums[lack]);
}

/* ---- the document ---- */

static const mp_json *grade_name(const mp_asset_rules *rules, mp_str id)
{
    for (size_t i = 0; i < rules->grade_count; i++)
        if (mp_str_eq(rules->grades[i].id, id))
            return rules->grades[i].name;
    return NULL;
}

/* "assets", "grade1", "grade2", ..., "ungraded": those of a class, or of all (empty). */
static void put_counts(mp_jsonw *w, const mp_asset_telling *t, mp_str class, mp_arena *arena)
{
    int64_t all = 0, ungraded = 0;
    for (size_t i = 0; i < t->r->count; i++) {
        bool counts = !class.len || mp_str_eq(t->r->assets[i].class, class);
        all += counts;
        ungraded += counts && !t->r->assets[i].grade.len;
    }
    mp_jsonw_put_int(w, "assets", all);
    for (size_t g = 0; g < t->rules->grade_count; g++) {
        int64_t count = 0;
        mp_str  name = mp_arena_printf(arena, "grade%.*s", MP_FMT(t->rules->grades[g].id));
        for (size_t i = 0; i < t->r->count; i++)
            count += (!class.len || mp_str_eq(t->r->assets[i].class, class)) &&
                     mp_str_eq(t->r->assets[i].grade, t->rules->grades[g].id);
        w->failed = w->failed || !name.ptr;
        mp_jsonw_key(w, name.ptr ? name : MP_S("grade"));
        mp_jsonw_int(w, count);
    }
    mp_jsonw_put_int(w, "ungraded", ungraded);
}

static void put_asset(mp_jsonw *w, const mp_register *r, size_t i)
{
    const mp_asset *a = &r->assets[i];
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, a->body)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
    mp_jsonw_put_bool(w, "isGone", a->resource.len && !r->is_there[i]);
    mp_jsonw_put_int(w, "version", a->version);
    mp_jsonw_end(w);
}

/* By class, in the order of the classes; within one as their ids follow. */
static void put_assets(mp_jsonw *w, const mp_asset_telling *t)
{
    mp_jsonw_key(w, MP_S("assets"));
    mp_jsonw_array(w);
    for (size_t c = 0; c < t->rules->class_count; c++)
        for (size_t i = 0; i < t->r->count; i++)
            if (mp_str_eq(t->r->assets[i].class, t->rules->classes[c].id))
                put_asset(w, t->r, i);
    mp_jsonw_end(w);
}

static void put_classes(mp_jsonw *w, const mp_asset_telling *t, mp_arena *arena)
{
    mp_jsonw_key(w, MP_S("classes"));
    mp_jsonw_array(w);
    for (size_t c = 0; c < t->rules->class_count; c++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "class", t->rules->classes[c].id);
        put_counts(w, t, t->rules->classes[c].id, arena);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

const mp_json *mp_asset_document(const mp_asset_telling *t, mp_arena *arena)
{
    mp_jsonw w;
    char     time[MP_CLOCK_SHORT];
    mp_clock_format_short(time, t->at);
    mp_str as_of = mp_arena_dup(arena, mp_str_from(time));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "kind", MP_S("assets"));
    mp_jsonw_put_str(&w, "asOf", as_of);
    mp_jsonw_put_str(&w, "scope", t->scope.len ? t->scope : MP_S("/"));
    mp_jsonw_key(&w, MP_S("totals"));
    mp_jsonw_object(&w);
    put_counts(&w, t, MP_S(""), arena);
    mp_asset_sums_write(&w, t->survey);
    mp_jsonw_end(&w);
    put_classes(&w, t, arena);
    put_assets(&w, t);
    mp_jsonw_key(&w, MP_S("findings"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < t->survey->count; i++)
        mp_asset_finding_write(&w, &t->survey->findings[i]);
    mp_jsonw_end(&w);
    mp_jsonw_put_bool(&w, "hasMoreFindings", t->survey->has_more);
    mp_jsonw_end(&w);
    return as_of.ptr ? mp_jsonw_done(&w) : NULL;
}

/* ---- a table ---- */

/* A cell of the register, as text; numbers as numbers. `scratch` holds what is put together. */
static mp_book_cell cell_of(mp_buf *scratch, const mp_asset_rules *rules, const mp_asset *a, mp_str column, bool is_korean)
{
    const mp_json *v = mp_json_get(a->body, column);
    if (mp_str_eq(column, MP_S("class"))) {
        const mp_asset_class *class = mp_asset_class_named(rules, a->class);
        return mp_cell_text(class ? mp_asset_word(class->name, is_korean) : a->class);
    }
    if (mp_str_eq(column, MP_S("grade")))
        return mp_cell_text(mp_asset_word(grade_name(rules, a->grade), is_korean));
    if (mp_json_is(v, MP_JSON_INT))
        return mp_cell_count(v->u.integer);
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return mp_cell_text(mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S(""));
    size_t from = scratch->len;
    for (MP_JSON_EACH(one, v)) {
        const mp_asset_law *law = mp_str_eq(column, MP_S("laws")) ? mp_asset_law_named(rules, mp_json_str(one)) : NULL;
        if (scratch->len > from)
            mp_buf_add(scratch, MP_S("; "));
        mp_buf_add(scratch, law ? mp_asset_word(law->name, is_korean) : mp_json_str(one));
    }
    return mp_cell_text(scratch->failed ? MP_S("") : mp_str_skip(mp_buf_str(scratch), from));
}

#define COLUMNS_MAX 32

/* What a cell borrows must not move while the row is written. */
#define SCRATCH_BYTES ((size_t)2 * MP_ASSET_LISTS_MAX * (MP_ASSET_TEXT_MAX + 8))

void mp_asset_csv(mp_buf *out, const mp_asset_rules *rules, const mp_register *r, bool is_korean)
{
    mp_book_column heads[COLUMNS_MAX] = { 0 };
    mp_str         ids[COLUMNS_MAX];
    mp_book_cell   cells[COLUMNS_MAX];
    mp_buf         scratch = MP_BUF_INIT;
    size_t         count = 0;
    for (MP_JSON_EACH(one, rules->columns)) {
        if (count == COLUMNS_MAX)
            break;
        ids[count] = text_of(one, "id");
        heads[count++].head = mp_asset_word(mp_json_get(one, MP_S("name")), is_korean);
    }
    mp_csv_begin(out);
    mp_csv_head(out, heads, count);
    if (!mp_buf_reserve(&scratch, SCRATCH_BYTES))
        out->failed = true;
    for (size_t i = 0; i < r->count && !out->failed; i++) {
        mp_buf_clear(&scratch);
        for (size_t c = 0; c < count; c++)
            cells[c] = cell_of(&scratch, rules, &r->assets[i], ids[c], is_korean);
        mp_csv_row(out, cells, count);
    }
    mp_buf_free(&scratch);
}
