/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions that come as a spreadsheet: what is taken prints as JSON that reads again, within the limit; what is refused is refused with a reason. */
#include "fuzz.h"

#include <stdlib.h>

#include "buf.h"
#include "decision_sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { .code = MP_OK };
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_code code = mp_decisions_of_sheet(&w, mp_str_of((const char *)data, size), &arena, &err);
    if (code == MP_OK) {
        mp_buf printed = MP_BUF_INIT;
        mp_json_doc *doc = NULL;
        const mp_json *again, *made = mp_jsonw_done(&w);
        if (!made || made->count > MP_DECISIONS_AT_ONCE || mp_json_doc_new(&doc, NULL) != MP_OK)
            abort();
        mp_buf_add_json(&printed, made);
        if (mp_json_read(doc, &again, mp_buf_str(&printed), NULL, NULL, NULL) != MP_OK || again->count != made->count)
            abort();
        mp_json_doc_free(doc);
        mp_buf_free(&printed);
    } else if (!err.message[0]) {
        abort();
    }
    mp_arena_free(&arena);
    return 0;
}
