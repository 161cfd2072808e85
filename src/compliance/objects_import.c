/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in definitions and initiatives from outside: each is checked as any other object is, and keeps the type,
 * version and metadata that it came with. */
#include "objects.h"

#include "canonical.h"
#include "object_internal.h"

typedef struct importing {
    mp_object_import       *out;
    mp_tx                  *tx;
    const mp_object_source *from;
    mp_arena               *arena;
} importing;

static const mp_json *properties_of(const mp_json *object) { return mp_json_get_fold(object, MP_S("properties")); }

/* The document says it, or its id does; else it is one by what it has. */
static bool is_set(const mp_json *document)
{
    mp_str type = mp_object_text(document, "type"), id = mp_object_text(document, "id");
    if (type.len)
        return mp_str_eq_fold(type, mp_str_from(mp_object_type(MP_OBJECT_SET)));
    if (id.len)
        return mp_str_find_fold(id, MP_S("/policySetDefinitions/")) != SIZE_MAX;
    return mp_json_get_fold(properties_of(document), MP_S("policyDefinitions")) != NULL;
}

static mp_str name_of(const mp_json *document)
{
    mp_str name = mp_object_text(document, "name"), id = mp_object_text(document, "id");
    return name.len ? name : mp_str_skip(id, mp_str_rfind(id, '/') + 1);
}

static mp_code read_place(mp_place *out, importing *im, const mp_json *document, mp_object_kind kind, mp_error *err)
{
    mp_str name = name_of(document), type = mp_object_text(properties_of(document), "policyType");
    if (!mp_json_is(properties_of(document), MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "this is no policy definition and no initiative: it has no \"properties\"");
    if (!name.len || mp_str_find(name, '/') != SIZE_MAX)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a built-in policy has a name of its own, or an id that ends in one; there is neither");
    if (!mp_str_eq_fold(type, MP_S("BuiltIn")) && !mp_str_eq_fold(type, MP_S("Static")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "its policyType is '%.*s'; that of what is built in is BuiltIn or Static", MP_FMT(type));
    mp_str id = mp_arena_printf(im->arena, "/providers/%s/%.*s", mp_object_type(kind), MP_FMT(name));
    return id.ptr ? mp_place_of(out, id, im->arena, err) : mp_no_memory(err);
}

/* *is_same: what would be stored has the properties that are stored. Dates of systemData would differ each time. */
static mp_code compare(bool *is_same, importing *im, const mp_object_write *what, mp_error *err)
{
    mp_record      old;
    const mp_json *body = NULL;
    mp_buf         before = MP_BUF_INIT, after = MP_BUF_INIT;
    mp_code        code = mp_record_get(&old, im->tx, mp_object_kinds[what->kind], what->place->key, 0, im->arena, err);
    *is_same = false;
    if (code != MP_OK)
        return code == MP_MISSING ? MP_OK : code;
    MP_TRY(mp_object_complete(&body, im->tx, what, old.body, im->arena, err));
    code = mp_canonical(&before, properties_of(old.body), err);
    if (code == MP_OK)
        code = mp_canonical(&after, properties_of(body), err);
    *is_same = code == MP_OK && mp_str_eq(mp_buf_str(&before), mp_buf_str(&after));
    mp_buf_free(&before);
    mp_buf_free(&after);
    return code;
}

static mp_code import_one(importing *im, const mp_json *document, mp_object_kind kind, mp_error *err)
{
    mp_place        place;
    mp_object_fault fault;
    bool            is_same;
    MP_TRY(read_place(&place, im, document, kind, err));
    mp_object_write what = { .kind = kind,
                             .place = &place,
                             .body = document,
                             .by = im->from->by,
                             .by_kind = im->from->by_kind,
                             .expected = MP_ANY_VERSION,
                             .is_builtin = true };
    MP_TRY(compare(&is_same, im, &what, err));
    if (is_same) {
        im->out->unchanged++;
        return MP_OK;
    }
    MP_TRY(mp_object_put(NULL, NULL, &fault, im->tx, &what, im->arena, err));
    *(kind == MP_OBJECT_SET ? &im->out->sets : &im->out->definitions) += 1;
    return MP_OK;
}

/* The document's own fault, and not the store's. */
static bool is_about_document(mp_code code)
{
    return code == MP_SYNTAX || code == MP_COMPILE || code == MP_PARAMETER || code == MP_REFERENCE ||
           code == MP_FORMAT || code == MP_LIMIT || code == MP_UNSUPPORTED;
}

static mp_code import_kind(importing *im, mp_object_kind kind, mp_error *err)
{
    size_t index = 0;
    for (MP_JSON_EACH(document, im->from->documents)) {
        mp_arena_mark mark = mp_arena_save(im->arena);
        mp_error      why = { .code = MP_OK };
        size_t        at = index++;
        if (is_set(document) != (kind == MP_OBJECT_SET))
            continue;
        mp_code code = import_one(im, document, kind, &why);
        if (is_about_document(code)) {
            im->out->faulty++;
            MP_TRY(im->from->say(im->from->ctx, at, &why, err));
        } else if (code != MP_OK) {
            if (err)
                *err = why;
            return code;
        }
        mp_arena_restore(im->arena, mark);
    }
    return MP_OK;
}

mp_code mp_objects_import(mp_object_import *out, mp_tx *tx, const mp_object_source *from, mp_arena *arena, mp_error *err)
{
    importing im = { .out = out, .tx = tx, .from = from, .arena = arena };
    *out = (mp_object_import){ .faulty = 0 };
    MP_TRY(import_kind(&im, MP_OBJECT_DEFINITION, err));
    return import_kind(&im, MP_OBJECT_SET, err);
}
