/* SPDX-License-Identifier: Apache-2.0 */
#include "asset_rules.h"

#include "embedded.h"

extern const mp_embedded mp_assets_content[]; /* made by tools/embed.py */
extern const size_t      mp_assets_content_len;

mp_str mp_asset_word(const mp_json *words, bool is_korean)
{
    return mp_json_get_text(words, is_korean ? "ko" : "en");
}

/* ---- patterns ---- */

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }

bool mp_asset_pattern_fits(mp_str pattern, mp_str type)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_end = 0, from = 0;
    bool   crosses = false; /* the last star takes slashes too */
    while (t < type.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            crosses = p + 1 < pattern.len && pattern.ptr[p + 1] == '*';
            star = p;
            star_end = p + 1 + crosses;
            from = t;
            p = star_end;
        } else if (p < pattern.len && lower(pattern.ptr[p]) == lower(type.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX && (crosses || type.ptr[from] != '/')) {
            t = ++from; /* the star takes one letter more */
            p = star_end;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

const mp_asset_class *mp_asset_class_of(bool *is_known, const mp_asset_rules *rules, mp_str type)
{
    const mp_asset_rule *best = NULL;
    for (size_t i = 0; i < rules->rule_count; i++)
        if ((!best || rules->rules[i].weight > best->weight) && mp_asset_pattern_fits(rules->rules[i].pattern, type))
            best = &rules->rules[i];
    *is_known = best != NULL;
    return best ? best->class : NULL;
}

const mp_asset_class *mp_asset_class_named(const mp_asset_rules *rules, mp_str id)
{
    for (size_t i = 0; i < rules->class_count; i++)
        if (mp_str_eq(rules->classes[i].id, id))
            return &rules->classes[i];
    return NULL;
}

const mp_asset_law *mp_asset_law_named(const mp_asset_rules *rules, mp_str id)
{
    for (size_t i = 0; i < rules->law_count; i++)
        if (mp_str_eq(rules->laws[i].id, id))
            return &rules->laws[i];
    return NULL;
}

const mp_asset_grade *mp_asset_grade_of(const mp_asset_rules *rules, int64_t sum, const mp_json *laws)
{
    size_t grade = 0;
    while (grade + 1 < rules->grade_count && sum < rules->grades[grade].from)
        grade++;
    if (mp_json_is(laws, MP_JSON_ARRAY))
        for (MP_JSON_EACH(id, laws)) {
            const mp_asset_law *law = mp_json_is(id, MP_JSON_STRING) ? mp_asset_law_named(rules, mp_json_str(id)) : NULL;
            grade = law && law->grade < grade ? law->grade : grade;
        }
    return &rules->grades[grade];
}

/* ---- reading ---- */

/* The members of `list`, each an object with an id and a name. */
static mp_code begin_list(const mp_json **list, void **items, size_t each, const mp_json *root, const char *member,
                          mp_arena *arena, mp_error *err)
{
    *list = mp_json_get(root, mp_str_from(member));
    if (!mp_json_is(*list, MP_JSON_ARRAY) || !(*list)->count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the register of assets has no list \"%s\"", member);
    *items = mp_arena_zero(arena, (*list)->count, each);
    return *items ? MP_OK : mp_no_memory(err);
}

static mp_code wrong(mp_str what, const char *list, mp_error *err)
{
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' in \"%s\" of the register of assets is not as it should be",
                   (int)(what.len < 100 ? what.len : 100), what.len ? what.ptr : "", list);
}

static mp_code read_classes(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    void          *items;
    MP_TRY(begin_list(&list, &items, sizeof(mp_asset_class), root, "classes", arena, err));
    mp_asset_class *classes = items;
    for (MP_JSON_EACH(one, list)) {
        mp_asset_class *c = &classes[out->class_count++];
        *c = (mp_asset_class){ .id = mp_json_get_text(one, "id"), .name = mp_json_get(one, MP_S("name")) };
        if (!c->id.len || !mp_asset_word(c->name, true).len || !mp_asset_word(c->name, false).len)
            return wrong(c->id, "classes", err);
    }
    out->classes = classes;
    return MP_OK;
}

static mp_code read_grades(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    void          *items;
    MP_TRY(begin_list(&list, &items, sizeof(mp_asset_grade), root, "grades", arena, err));
    mp_asset_grade *grades = items;
    for (MP_JSON_EACH(one, list)) {
        const mp_json  *from = mp_json_get(one, MP_S("from"));
        mp_asset_grade *g = &grades[out->grade_count++];
        *g = (mp_asset_grade){ .id = mp_json_get_text(one, "id"), .name = mp_json_get(one, MP_S("name")) };
        if (!g->id.len || !mp_json_is(from, MP_JSON_INT) || (out->grade_count > 1 && from->u.integer >= g[-1].from))
            return wrong(g->id, "grades", err);
        g->from = from->u.integer;
    }
    out->grades = grades;
    return MP_OK;
}

static mp_code read_laws(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    void          *items;
    MP_TRY(begin_list(&list, &items, sizeof(mp_asset_law), root, "laws", arena, err));
    mp_asset_law *laws = items;
    for (MP_JSON_EACH(one, list)) {
        mp_asset_law *l = &laws[out->law_count++];
        *l = (mp_asset_law){ .id = mp_json_get_text(one, "id"), .name = mp_json_get(one, MP_S("name")) };
        while (l->grade < out->grade_count && !mp_str_eq(out->grades[l->grade].id, mp_json_get_text(one, "grade")))
            l->grade++;
        if (!l->id.len || l->grade == out->grade_count)
            return wrong(l->id, "laws", err);
    }
    out->laws = laws;
    return MP_OK;
}

static mp_code read_types(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    void          *items;
    MP_TRY(begin_list(&list, &items, sizeof(mp_asset_rule), root, "rules", arena, err));
    mp_asset_rule *rules = items;
    for (MP_JSON_EACH(one, list)) {
        mp_asset_rule *r = &rules[out->rule_count++];
        mp_str         class = mp_json_get_text(one, "class");
        *r = (mp_asset_rule){ .pattern = mp_json_get_text(one, "type"), .class = mp_asset_class_named(out, class) };
        for (size_t i = 0; i < r->pattern.len; i++)
            r->weight += r->pattern.ptr[i] != '*';
        if (!r->pattern.len || (class.len && !r->class))
            return wrong(r->pattern, "rules", err);
    }
    out->rules = rules;
    return MP_OK;
}

mp_code mp_asset_rules_read(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err)
{
    mp_asset_rules made = { .document = root, .columns = mp_json_get(root, MP_S("columns")) };
    MP_TRY(read_classes(&made, root, arena, err));
    MP_TRY(read_grades(&made, root, arena, err));
    MP_TRY(read_laws(&made, root, arena, err));
    MP_TRY(read_types(&made, root, arena, err));
    if (!mp_json_is(made.columns, MP_JSON_ARRAY))
        return wrong(MP_S("columns"), "columns", err);
    *out = made;
    return MP_OK;
}

mp_code mp_asset_rules_builtin(mp_asset_rules *out, mp_arena *arena, mp_error *err)
{
    mp_json_doc   *doc;
    const mp_json *root = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read_padded(doc, &root, mp_assets_content[0].bytes, NULL, NULL, err);
    root = code == MP_OK ? mp_arena_keep_json(arena, root, mp_assets_content[0].bytes) : NULL;
    mp_json_doc_free(doc);
    MP_TRY(code);
    return root ? mp_asset_rules_read(out, root, arena, err) : mp_no_memory(err);
}
