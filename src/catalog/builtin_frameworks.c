/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin_frameworks.h"

#include "embedded.h"

extern const mp_embedded mp_catalog_content[]; /* made by tools/embed.py */
extern const size_t      mp_catalog_content_len;

static mp_code read_all(mp_catalog_document *out, mp_json_doc *doc, mp_arena *arena, mp_error *err)
{
    for (size_t i = 0; i < mp_catalog_content_len; i++) {
        const mp_json *root;
        MP_TRY(mp_json_read_padded(doc, &root, mp_catalog_content[i].bytes, NULL, NULL, err));
        out[i] = (mp_catalog_document){ .name = mp_catalog_content[i].name, .json = mp_arena_keep_json(arena, root, mp_catalog_content[i].bytes) };
        if (!out[i].json)
            return mp_no_memory(err);
    }
    return MP_OK;
}

mp_code mp_builtin_documents(const mp_catalog_document **out, size_t *count, mp_arena *arena, mp_error *err)
{
    mp_catalog_document *documents = MP_ARENA_ARRAY(arena, mp_catalog_document, mp_catalog_content_len + 1);
    mp_json_doc         *doc;
    if (!documents)
        return mp_no_memory(err);
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = read_all(documents, doc, arena, err);
    mp_json_doc_free(doc);
    *out = documents;
    *count = mp_catalog_content_len;
    return code;
}

mp_code mp_builtin_frameworks(mp_frameworks *out, mp_arena *arena, mp_error *err)
{
    const mp_catalog_document *documents;
    size_t                     count;
    MP_TRY(mp_builtin_documents(&documents, &count, arena, err));
    return mp_frameworks_read(out, documents, count, arena, err);
}
