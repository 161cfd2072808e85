/* SPDX-License-Identifier: Apache-2.0 */
#include "rest.h"

#include "map.h"
#include "source.h"

mp_rest_text *mp_rest_text_new(mp_arena *arena, mp_str file, mp_str text, mp_str kept)
{
    mp_rest_text *t = MP_ARENA_NEW(arena, mp_rest_text);
    if (t)
        *t = (mp_rest_text){ .source = { .file = file, .text = kept }, .len = text.len, .hash = mp_hash(text) };
    return t;
}

static mp_code changed(const mp_rest_text *t, mp_error *err)
{
    return mp_fail(err, MP_IO, MP_NOWHERE, "%.*s: changed since it was read first", MP_FMT(t->source.file));
}

/* The text again. The name of a file ends with a NUL, as mp_source_list() gives it. */
static mp_code find_text(mp_str *text, const mp_rest_text *t, mp_arena *arena, mp_error *err)
{
    *text = t->source.text;
    if (text->ptr)
        return MP_OK;
    mp_code code = mp_source_slurp(text, t->source.file.ptr, t->len, arena, err);
    if (code == MP_LIMIT || (code == MP_OK && (text->len != t->len || mp_hash(*text) != t->hash)))
        return changed(t, err);
    return code;
}

mp_code mp_rest_read(const mp_source_text **source, const mp_rest *rest, mp_json_doc *reader,
                     mp_arena *arena, mp_error *err)
{
    static const mp_json_options one = { .allow_trailing = true };
    mp_source_text              *out = MP_ARENA_NEW(arena, mp_source_text);
    mp_str                       text;
    const mp_json               *root;
    if (!out)
        return mp_no_memory(err);
    MP_TRY(find_text(&text, rest->text, arena, err));
    mp_str  own = mp_str_of(text.ptr + rest->at, rest->len);
    mp_code code = mp_json_read_padded(reader, &root, own, &one, NULL, NULL);
    if (code != MP_OK)
        return code == MP_NOMEM ? mp_no_memory(err) : changed(rest->text, err);
    root = mp_arena_keep_json(arena, root, text);
    if (!root)
        return mp_no_memory(err);
    *out = (mp_source_text){ .file = rest->text->source.file, .text = text, .root = root, .at = rest->at };
    *source = out;
    return MP_OK;
}
