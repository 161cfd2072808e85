/* SPDX-License-Identifier: Apache-2.0 */
#include "oscal.h"

#include "buf.h"
#include "map.h"

enum { STATEMENT_MOST = 1 << 20, INSERTION_MOST = 300 };

/* ---- members ---- */

mp_code mp_oscal_array(const mp_json **out, const mp_json *object, const char *member, mp_error *err)
{
    *out = mp_json_get(object, mp_str_from(member));
    if (*out && !mp_json_is(*out, MP_JSON_ARRAY))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"%s\" is %s, wanted is an array", member, mp_json_kind_name((mp_json_kind)(*out)->kind));
    return MP_OK;
}

mp_code mp_oscal_root(const mp_json **out, const mp_json *document, const char *name, mp_error *err)
{
    *out = mp_json_get(document, mp_str_from(name));
    if (!mp_json_is(*out, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is no OSCAL document of the model \"%s\": it has no such member", name);
    const mp_json *metadata = mp_json_get(*out, MP_S("metadata"));
    mp_str         version = mp_json_get_text(metadata, "oscal-version");
    if (!mp_json_get_text(*out, "uuid").len || !mp_json_get_text(metadata, "title").len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an OSCAL document has a uuid, and a title in its metadata; one of them is missing");
    if (!mp_str_starts(version, MP_S("1.")))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "the document is of OSCAL version '%.*s'; read are those that begin with 1", MP_FMT(version));
    return MP_OK;
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

bool mp_oscal_is_token(mp_str s)
{
    if (!s.len || !is_letter((unsigned char)s.ptr[0]))
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!is_letter((unsigned char)s.ptr[i]) && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '.' && s.ptr[i] != '-')
            return false;
    return true;
}

/* ---- properties ---- */

static bool is_of(const mp_json *object, const char *member, const char *wanted)
{
    mp_str found = mp_json_get_text(object, member);
    return wanted ? mp_str_eq(found, mp_str_from(wanted)) : found.len == 0;
}

mp_str mp_oscal_property(const mp_json *object, const char *name, const char *ns, const char *class_)
{
    const mp_json *props = mp_json_get(object, MP_S("props"));
    if (mp_json_is(props, MP_JSON_ARRAY))
        for (MP_JSON_EACH(prop, props))
            if (is_of(prop, "name", name) && is_of(prop, "ns", ns) && is_of(prop, "class", class_))
                return mp_json_get_text(prop, "value");
    return mp_str_of(NULL, 0);
}

mp_words mp_oscal_words(const mp_json *object)
{
    return (mp_words){ .ko = mp_json_get_text(object, "ko"), .en = mp_json_get_text(object, "en") };
}

mp_words mp_oscal_title(const mp_json *object)
{
    return (mp_words){ .ko = mp_oscal_property(object, "title", MP_OSCAL_NS, "ko"),
                       .en = mp_json_get_text(object, "title") };
}

/* ---- texts ---- */

typedef struct telling {
    mp_map   params; /* by id */
    mp_buf   text;
    unsigned depth;
} telling;

static mp_code read_params(mp_map *out, const mp_json *control, mp_error *err)
{
    const mp_json *params = mp_json_get(control, MP_S("params"));
    if (mp_json_is(params, MP_JSON_ARRAY))
        for (MP_JSON_EACH(param, params))
            if (!mp_map_get(out, mp_json_get_text(param, "id"))) /* the first one counts */
                MP_TRY(mp_map_put(out, mp_json_get_text(param, "id"), (void *)(uintptr_t)param, err));
    return MP_OK;
}

/* Its values; else what it is called. */
static void put_param(telling *t, mp_str id)
{
    const mp_json *param = mp_map_get(&t->params, id), *values = mp_json_get(param, MP_S("values"));
    size_t         count = 0;
    if (mp_json_is(values, MP_JSON_ARRAY))
        for (MP_JSON_EACH(value, values))
            if (mp_json_is(value, MP_JSON_STRING)) {
                mp_buf_add(&t->text, count++ ? MP_S(", ") : MP_S(""));
                mp_buf_add(&t->text, mp_json_str(value));
            }
    if (count)
        return;
    mp_str label = mp_json_get_text(param, "label");
    mp_buf_add_c(&t->text, '[');
    mp_buf_add(&t->text, label.len ? label : id);
    mp_buf_add_c(&t->text, ']');
}

/* {{ insert: param, ID }}: its end stands near, or it is none. */
static bool read_insertion(mp_str *id, size_t *len, mp_str text)
{
    size_t end = mp_str_find_str(mp_str_of(text.ptr, text.len < INSERTION_MOST ? text.len : INSERTION_MOST), MP_S("}}"));
    if (!mp_str_starts(text, MP_S("{{")) || end == SIZE_MAX)
        return false;
    mp_str inside = mp_str_trim(mp_str_of(text.ptr + 2, end - 2));
    if (!mp_str_starts(inside, MP_S("insert:")))
        return false;
    inside = mp_str_trim(mp_str_skip(inside, 7));
    size_t comma = mp_str_find(inside, ',');
    if (comma == SIZE_MAX || !mp_str_eq(mp_str_trim(mp_str_of(inside.ptr, comma)), MP_S("param")))
        return false;
    *id = mp_str_trim(mp_str_skip(inside, comma + 1));
    *len = end + 2;
    return true;
}

static void put_prose(telling *t, mp_str prose)
{
    while (prose.len && !t->text.failed) {
        mp_str id;
        size_t at = mp_str_find_str(prose, MP_S("{{")), len;
        if (at == SIZE_MAX) {
            mp_buf_add(&t->text, prose);
            return;
        }
        mp_buf_add(&t->text, mp_str_of(prose.ptr, at));
        prose = mp_str_skip(prose, at);
        if (read_insertion(&id, &len, prose)) {
            put_param(t, id);
        } else {
            len = 2;
            mp_buf_add(&t->text, mp_str_of(prose.ptr, len));
        }
        prose = mp_str_skip(prose, len);
    }
}

/* A part, and its items each on a line of its own. */
static mp_code put_part(telling *t, const mp_json *part, mp_error *err)
{
    const mp_json *items;
    mp_str         label = mp_oscal_property(part, "label", NULL, NULL), prose = mp_json_get_text(part, "prose");
    if (++t->depth > MP_CATALOG_DEPTH)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "parts stand within parts more than %d deep", MP_CATALOG_DEPTH);
    if (t->text.len && (label.len || prose.len))
        mp_buf_add_c(&t->text, '\n');
    mp_buf_add(&t->text, label);
    mp_buf_add(&t->text, label.len && prose.len ? MP_S(" ") : MP_S(""));
    put_prose(t, prose);
    MP_TRY(mp_oscal_array(&items, part, "parts", err));
    if (items)
        for (MP_JSON_EACH(item, items))
            MP_TRY(put_part(t, item, err));
    t->depth--;
    return MP_OK;
}

static mp_code check_text(const telling *t, const mp_json *control, mp_error *err)
{
    if (t->text.over_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the statement of '%.*s' has more than %d KiB once its parameters are filled in", MP_FMT(mp_json_get_text(control, "id")),
                       STATEMENT_MOST >> 10);
    return mp_buf_check(&t->text, err);
}

static mp_code tell(mp_str *out, telling *t, const mp_json *control, const mp_json *parts, const char *ns, const char *class_, mp_arena *arena, mp_error *err)
{
    t->depth = 0;
    mp_buf_clear(&t->text);
    for (MP_JSON_EACH(part, parts))
        if (is_of(part, "name", "statement") && is_of(part, "ns", ns) && is_of(part, "class", class_))
            MP_TRY(put_part(t, part, err));
    MP_TRY(check_text(t, control, err));
    *out = mp_arena_dup(arena, mp_buf_str(&t->text));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_oscal_statement(mp_words *out, const mp_json *control, mp_arena *arena, mp_error *err)
{
    telling        t = { .params = MP_MAP_INIT, .text = { .limit = STATEMENT_MOST } };
    const mp_json *parts;
    *out = (mp_words){ .ko = { NULL, 0 } };
    MP_TRY(mp_oscal_array(&parts, control, "parts", err));
    if (!parts)
        return MP_OK;
    mp_code code = read_params(&t.params, control, err);
    if (code == MP_OK)
        code = tell(&out->en, &t, control, parts, NULL, NULL, arena, err);
    if (code == MP_OK)
        code = tell(&out->ko, &t, control, parts, MP_OSCAL_NS, "ko", arena, err);
    mp_map_free(&t.params);
    mp_buf_free(&t.text);
    return code;
}
