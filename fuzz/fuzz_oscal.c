/* SPDX-License-Identifier: Apache-2.0 */
/* A catalogue and a profile, which is read over that catalogue: apart by a zero byte. Whatever the texts are, what is found is of the catalogue. */
#include "fuzz.h"

#include <stdlib.h>

#include "profile.h"

static mp_code find(void *ctx, mp_imported *out, mp_str href, mp_error *err)
{
    (void)href;
    (void)err;
    *out = (mp_imported){ .catalog = ctx };
    return MP_OK;
}

static void read_profile(const mp_catalog *catalog, mp_str text, mp_json_doc *doc, mp_arena *arena)
{
    const mp_json     *root;
    mp_profile         profile;
    mp_catalog         copy = *catalog;
    mp_profile_sources sources = { .find = find, .ctx = &copy };
    if (mp_json_read(doc, &root, text, NULL, NULL, NULL) != MP_OK || mp_profile_read(&profile, root, &sources, arena, NULL) != MP_OK)
        return;
    for (size_t i = 0; i < profile.count; i++)
        if (mp_catalog_find(catalog, profile.controls[i].control.id) != profile.controls[i].base)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str         text = mp_str_of((const char *)data, size), second;
    size_t         end = mp_str_find(text, '\0');
    mp_json_doc   *docs[2] = { NULL, NULL };
    mp_arena       arena = MP_ARENA_INIT;
    const mp_json *root;
    mp_catalog     catalog;
    second = end == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_skip(text, end + 1);
    text.len = end == SIZE_MAX ? text.len : end;
    if (mp_json_doc_new(&docs[0], NULL) == MP_OK && mp_json_doc_new(&docs[1], NULL) == MP_OK &&
        mp_json_read(docs[0], &root, text, NULL, NULL, NULL) == MP_OK && mp_catalog_read(&catalog, root, &arena, NULL) == MP_OK)
        read_profile(&catalog, second, docs[1], &arena);
    mp_arena_free(&arena);
    mp_json_doc_free(docs[0]);
    mp_json_doc_free(docs[1]);
    return 0;
}
