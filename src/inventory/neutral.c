/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of other clouds are brought into the form that Azure's have: id, type, name, location and tags at
 * the top, what the resource is under "properties". What its own tool says about it besides stands in members
 * of its own, never among the properties. docs/inventory.md lists them. */
#include "internal.h"

#define EMBEDDED_DEPTH 128

void mp_neutral_begin(mp_jsonw *w, const mp_resource *r, const mp_json *tags, mp_arena *arena)
{
    mp_jsonw_init(w, arena);
    mp_jsonw_object(w);
    mp_neutral_add_text(w, MP_S("id"), r->id);
    mp_neutral_add_text(w, MP_S("type"), r->type);
    mp_neutral_add_text(w, MP_S("name"), r->name);
    mp_neutral_add_text(w, MP_S("location"), r->location);
    mp_neutral_add(w, MP_S("tags"), mp_json_is(tags, MP_JSON_OBJECT) ? tags : NULL);
}

void mp_neutral_add(mp_jsonw *w, mp_str name, const mp_json *v)
{
    if (!v)
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_value(w, v);
}

void mp_neutral_add_text(mp_jsonw *w, mp_str name, mp_str text)
{
    if (!text.ptr)
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, text);
}

mp_code mp_neutral_end(mp_resource *out, mp_jsonw *w, const mp_resource *r, mp_error *err)
{
    mp_resource made = *r;
    MP_TRY(mp_build_end(&made.doc, w, err));
    made.tags = mp_json_get(made.doc, MP_S("tags"));
    *out = made;
    return MP_OK;
}

mp_code mp_neutral_parse(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    mp_json_options options = { .max_depth = EMBEDDED_DEPTH };
    mp_json_doc    *doc = NULL;
    const mp_json  *root;
    *out = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, err);
    if (code == MP_OK) {
        *out = mp_arena_dup_json(arena, root);
        code = *out ? MP_OK : mp_no_memory(err);
    } else if (code != MP_NOMEM) {
        code = MP_OK; /* a text that is no JSON stays a text */
    }
    mp_json_doc_free(doc);
    return code;
}

mp_str mp_neutral_leaf(mp_str text)
{
    mp_str rest = text;
    while (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    size_t slash = mp_str_rfind(rest, '/');
    return !rest.len ? text : slash == SIZE_MAX ? rest : mp_str_skip(rest, slash + 1);
}
