/* SPDX-License-Identifier: Apache-2.0 */
/* A framework of somebody's own, as JSON or as a spreadsheet. Whatever it is, what is taken can be read as a framework or is refused by its readers; and what they take is written as CSV
 * and read again with the same controls. */
#include "fuzz.h"

#include <stdlib.h>

#include "framework_sheet.h"

static bool read_documents(mp_frameworks *out, const mp_own_framework *own, mp_arena *arena)
{
    mp_catalog_document documents[MP_FRAMEWORK_DOCUMENTS];
    size_t              count = 0;
    for (MP_JSON_MEMBERS(key, own->documents)) {
        if (mp_str_starts(mp_json_str(key), MP_S("mappings/")))
            continue; /* to a framework that is not here */
        documents[count].name = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(own->id), MP_FMT(mp_json_str(key)));
        documents[count++].json = key + 1;
    }
    return mp_frameworks_read(out, documents, count, arena, NULL) == MP_OK;
}

static void write_again(const mp_own_framework *own, const mp_framework *framework, mp_arena *arena)
{
    mp_buf           out = MP_BUF_INIT;
    mp_own_framework back;
    mp_frameworks    all;
    if (mp_framework_sheet_write(&out, own, NULL, MP_FRAMEWORK_CSV, arena, NULL) == MP_OK &&
        mp_framework_sheet_read(&back, mp_buf_str(&out), MP_S(""), NULL, arena, NULL) == MP_OK && read_documents(&all, &back, arena) &&
        all.of[0].catalog.control_count != framework->catalog.control_count)
        abort();
    mp_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_str           text = mp_arena_dup(&arena, mp_str_of((const char *)data, size));
    mp_own_framework own;
    mp_frameworks    all;
    bool             is_json = size && data[0] == '{';
    mp_code          code = is_json ? mp_own_framework_sent(&own, text, MP_S("own"), &arena, NULL) : mp_framework_sheet_read(&own, text, MP_S("own"), NULL, &arena, NULL);
    if (code == MP_OK && read_documents(&all, &own, &arena))
        write_again(&own, &all.of[0], &arena);
    mp_arena_free(&arena);
    return 0;
}
