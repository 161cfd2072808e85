/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON as what a Kubernetes cluster asks about. An object that is read has a document that says its id and type,
 * and a place that is an id here; the same object as one that is recorded has the same place, so that policy is asked
 * where it would stand. */
#include <stdlib.h>

#include "buf.h"
#include "cloud_place.h"
#include "estate.h"
#include "fuzz.h"
#include "kubernetes.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool says(const mp_json *document, const char *member, mp_str text)
{
    const mp_json *v = mp_json_get(document, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) && mp_str_eq(mp_json_str(v), text);
}

static void check_place(const mp_resource *read, const mp_json *document, mp_arena *arena)
{
    mp_cloud_resource of = { .id = read->id, .type = read->type, .document = document, .source = MP_S("collect:x") };
    mp_cloud_place    where, again;
    mp_place          place;
    if (mp_cloud_place_of(&where, &of, arena, NULL) != MP_OK)
        return;
    must(mp_place_of(&place, where.id, arena, NULL) == MP_OK && place.kind == MP_PLACE_RESOURCE);
    of.document = NULL; /* as it is told by others than the cluster */
    must(mp_cloud_place_of(&again, &of, arena, NULL) == MP_OK && mp_str_eq(where.id, again.id));
}

static void check(const mp_json *review, mp_arena *arena)
{
    mp_resource read, again;
    mp_error    err = { .code = MP_OK };
    mp_code     code = mp_admission_read(&read, review, arena, &err);
    must(code == MP_OK || (code == MP_FORMAT && err.message[0]));
    if (code != MP_OK)
        return;
    const mp_json *document = mp_cloud_document(&read, arena);
    must(document && says(document, "id", read.id) && says(document, "type", read.type));
    must(mp_admission_read(&again, review, arena, NULL) == MP_OK && mp_str_eq(again.id, read.id));
    check_place(&read, document, arena);
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, document);
    must(!text.failed);
    mp_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    must(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, mp_str_of((const char *)data, size), &(mp_json_options){ .reject_duplicates = true },
                     NULL, NULL) == MP_OK)
        check(root, &arena);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return 0;
}
