/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet of answers, held against a framework that is always the same. What is taken prints as JSON that reads again, no question is
 * answered twice, and each answer says which one it replaces; what is refused is refused with a reason and a cell. */
#include "fuzz.h"

#include <stdlib.h>

#include "answer_rows.h"
#include "buf.h"

static const char standing_text[] =
    "{\"framework\":\"f\",\"controls\":["
    "{\"id\":\"f-1\",\"label\":\"1.1\",\"parts\":["
    "{\"kind\":\"question\",\"name\":\"1\",\"text\":{\"ko\":\"\xEC\x98\x88?\",\"en\":\"one?\"},\"why\":\"unanswered\"},"
    "{\"kind\":\"question\",\"name\":\"2\",\"text\":{\"ko\":\"\",\"en\":\"two?\"},\"why\":\"answeredYes\",\"answer\":\"yes\",\"note\":\"n\","
    "\"at\":\"2026-01-01T00:00:00Z\",\"by\":\"p1\",\"validUntil\":\"2099-01-01T00:00:00Z\",\"evidence\":[\"e1\",\"e2\"]}]},"
    "{\"id\":\"f-2\",\"label\":\"1.2\",\"parts\":[]}]}";

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void told(void *ctx, const char *cell, const mp_error *why)
{
    size_t *count = ctx;
    must(cell[0] >= 'A' && cell[0] <= 'Z' && why->message[0]);
    (*count)++;
}

static bool is_same(const mp_json *a, const mp_json *b)
{
    return mp_str_eq_fold(mp_json_get_text(a, "control"), mp_json_get_text(b, "control")) &&
           mp_json_get(a, MP_S("question"))->u.integer == mp_json_get(b, MP_S("question"))->u.integer;
}

static void check(const mp_answer_rows *rows)
{
    const mp_json *value = mp_json_get(rows->body, MP_S("value")), *again;
    mp_json_doc *doc = NULL;
    mp_buf printed = MP_BUF_INIT;
    must(value && value->count == rows->count);
    for (size_t i = 0; i < value->count; i++) {
        must(mp_json_is(mp_json_get(mp_json_at(value, i), MP_S("seen")), MP_JSON_STRING));
        for (size_t k = 0; k < i; k++)
            must(!is_same(mp_json_at(value, i), mp_json_at(value, k)));
    }
    must(mp_json_doc_new(&doc, NULL) == MP_OK);
    mp_buf_add_json(&printed, rows->body);
    must(mp_json_read(doc, &again, mp_buf_str(&printed), NULL, NULL, NULL) == MP_OK && again->count == rows->body->count);
    mp_json_doc_free(doc);
    mp_buf_free(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    const mp_json *standing;
    mp_sheet_tables tables;
    mp_answer_rows rows;
    mp_error err = { .code = MP_OK };
    size_t faults = 0;
    must(mp_json_doc_new(&doc, NULL) == MP_OK &&
         mp_json_read(doc, &standing, mp_str_from(standing_text), NULL, NULL, NULL) == MP_OK);
    mp_code code = mp_sheet_read(&tables, mp_str_of((const char *)data, size), &mp_sheet_usual, &arena, &err);
    if (code == MP_OK && tables.count) {
        const mp_answer_rows_of of = { .table = &tables.of[0],
                                       .standing = standing,
                                       .measure = size % 2 ? "m" : NULL,
                                       .lang = size % 3 ? MP_LANG_EN : MP_LANG_KO,
                                       .me = size % 5 ? MP_S("") : MP_S("p1"),
                                       .is_over = size % 7 == 0,
                                       .fault = told,
                                       .ctx = &faults };
        code = mp_answer_rows_check(of.table, of.lang, NULL);
        must(mp_answer_rows_read(&rows, &of, &arena, &err) == code);
        must(code != MP_OK || rows.faults + rows.conflicts == faults);
        must(code != MP_OK || !of.is_over || !rows.conflicts);
        if (code == MP_OK && !faults)
            check(&rows);
    }
    must(code == MP_OK || err.message[0]);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return 0;
}
