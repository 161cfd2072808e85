/* SPDX-License-Identifier: Apache-2.0 */
/* The store's SQL in the words of PostgreSQL: what stands in quotes comes out as it went in, nothing is left of "?1",
 * and a script falls into statements that together are the script. And a continuation: whatever text it is, it is
 * refused or gives a place. */
#include <stdio.h>
#include <stdlib.h>

#include "store_engine.h"
#include "fuzz.h"
#include "record_internal.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void try_statements(mp_str script)
{
    const char *end = script.ptr + script.len, *at = script.ptr;
    mp_str      statement;
    while (mp_next_statement(&statement, &script)) {
        mp_buf out = MP_BUF_INIT;
        MUST(statement.len > 0 && statement.ptr >= at && statement.ptr + statement.len <= end);
        at = statement.ptr + statement.len;
        for (int defines = 0; defines < 2; defines++) {
            mp_buf_clear(&out);
            MUST(mp_translate_postgres(&out, statement, defines, NULL) == MP_OK);
            MUST(out.len > 0 && out.ptr[out.len - 1] == '\0');
        }
        mp_buf_clear(&out);
        MUST(mp_translate_sqlite(&out, statement, NULL) == MP_OK && out.ptr[out.len - 1] == '\0');
        mp_buf_free(&out);
    }
    MUST(script.len == 0);
}

static void try_continuation(mp_str text)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_place_in_list place, again;
    mp_error         err = { 0 };
    mp_str           binding = MP_S("list user");
    mp_code          code = mp_continuation_read(&place, &arena, text, binding, &err);
    MUST(code == MP_OK || (code == MP_PARAMETER && err.message[0]));
    if (code == MP_OK) {
        mp_str written = mp_continuation(&arena, binding, &place);
        MUST(mp_continuation_read(&again, &arena, written, binding, &err) == MP_OK);
        MUST(mp_str_eq(place.key, again.key) && mp_str_eq(place.value, again.value));
        MUST(mp_continuation_read(&again, &arena, written, MP_S("list role"), NULL) == MP_PARAMETER);
    }
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str text = mp_str_of((const char *)data, size);
    try_statements(text);
    try_continuation(text);
    return 0;
}
