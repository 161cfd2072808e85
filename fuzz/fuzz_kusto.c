/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a query of Resource Graph. What is read is printed and read to the same text, and both give the same of
 * the same rows; what is refused is refused at a place of the text. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "kusto.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define COLUMNS 5
static const mp_kusto_column columns[COLUMNS] = {
    { MP_S_INIT("id"), MP_KUSTO_STRING },   { MP_S_INIT("name"), MP_KUSTO_STRING },       { MP_S_INIT("size"), MP_KUSTO_INTEGER },
    { MP_S_INIT("tags"), MP_KUSTO_OBJECT }, { MP_S_INIT("properties"), MP_KUSTO_OBJECT },
};
static const mp_kusto_table tables[] = { { "Resources", columns, COLUMNS, 0 },
                                         { "ResourceContainers", columns, 2, UINT32_MAX } };

static const char rows_text[] =
    "[[\"/a\",\"Web-01\",4,{\"env\":\"prod\",\"on\":true},{\"sku\":{\"tier\":\"Standard\"},\"zones\":[\"1\",\"2\"],\"n\":2.5}],"
    "[\"/b\",\"\",-9223372036854775808,null,{\"n\":\"1e400\",\"https\":\"false\",\"a\":[[]]}],"
    "[\"/c\",\"\\uc6f9 a's\",9223372036854775807,{\"env\":\"\"},[1,2,{\"x\":null}]],"
    "[\"/d\",\"web\",null,{},null]]";

static mp_json_doc   *doc;
static const mp_json *rows;

static mp_code take(void *ctx, const mp_json *const *cells, mp_error *err)
{
    mp_buf *out = ((mp_buf **)ctx)[0];
    for (uint32_t i = 0, count = *((uint32_t **)ctx)[1]; i < count; i++) {
        if (cells[i])
            mp_buf_add_json(out, cells[i]);
        mp_buf_add_c(out, i + 1 < count ? ',' : '\n');
    }
    return mp_buf_check(out, err);
}

/* What comes out, as text; small limits, so that they are met. */
static mp_code run(mp_buf *out, const mp_kusto *query)
{
    uint32_t        count;
    void           *ctx[] = { out, &count };
    mp_kusto_run   *made;
    mp_kusto_limits limits = { .rows = 3, .bytes = 20000 };
    mp_error        err = { 0 };
    mp_kusto_columns(query, &count);
    MUST(count > 0 && count <= MP_KUSTO_COLUMNS_MAX);
    MUST(mp_kusto_run_new(&made, query, &limits, take, ctx, &err) == MP_OK);
    mp_code code = MP_OK;
    for (MP_JSON_EACH(one, rows)) {
        const mp_json *cells[COLUMNS];
        for (uint32_t i = 0; i < COLUMNS; i++)
            cells[i] = mp_json_is(mp_json_at(one, i), MP_JSON_NULL) ? NULL : mp_json_at(one, i);
        if (code == MP_OK)
            code = mp_kusto_feed(made, cells, &err);
    }
    if (code == MP_OK)
        code = mp_kusto_finish(made, &err);
    MUST(code == MP_OK || code == MP_LIMIT);
    MUST(code != MP_OK || mp_kusto_unseen(made) == 0);
    mp_kusto_run_free(made);
    return code;
}

static void check_again(const mp_kusto *query)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_buf          printed = MP_BUF_INIT, twice = MP_BUF_INIT, one = MP_BUF_INIT, two = MP_BUF_INIT;
    mp_error        err = { 0 };
    const mp_kusto *again;
    mp_kusto_print(&printed, query);
    mp_code code = mp_kusto_parse(&again, NULL, &arena, tables, MP_COUNT(tables), mp_buf_str(&printed), &err);
    if (code != MP_OK && code != MP_LIMIT) /* printed it is longer and deeper */
        fprintf(stderr, "%.*s\n%s\n", (int)printed.len, printed.ptr, err.message);
    MUST(code == MP_OK || code == MP_LIMIT);
    mp_code first = run(&one, query);
    if (code == MP_OK) {
        mp_kusto_print(&twice, again);
        MUST(mp_str_eq(mp_buf_str(&printed), mp_buf_str(&twice)));
        MUST(mp_kusto_is_stream(query) == mp_kusto_is_stream(again));
        MUST(run(&two, again) == first && (first != MP_OK || mp_str_eq(mp_buf_str(&one), mp_buf_str(&two))));
    }
    mp_buf_free(&printed);
    mp_buf_free(&twice);
    mp_buf_free(&one);
    mp_buf_free(&two);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str          text = mp_str_of((const char *)data, size);
    mp_arena        arena = MP_ARENA_INIT;
    mp_error        err = { 0 };
    mp_kusto_fault  fault = { .kind = NULL };
    const mp_kusto *query;
    if (!doc)
        MUST(mp_json_doc_new(&doc, NULL) == MP_OK &&
             mp_json_read(doc, &rows, mp_str_from(rows_text), NULL, NULL, NULL) == MP_OK);
    mp_code code = mp_kusto_parse(&query, &fault, &arena, tables, MP_COUNT(tables), text, &err);
    if (code == MP_OK) {
        check_again(query);
    } else {
        mp_pos end = mp_pos_of_offset(text, text.len);
        MUST(code == MP_SYNTAX || code == MP_COMPILE || code == MP_LIMIT);
        MUST(err.code == code && err.message[0] && fault.kind && err.pos.line >= 1 && err.pos.col >= 1);
        MUST(err.pos.line < end.line || (err.pos.line == end.line && err.pos.col <= end.col));
        MUST(fault.token.len == 0 ||
             (fault.token.ptr >= text.ptr && fault.token.ptr + fault.token.len <= text.ptr + text.len));
    }
    mp_arena_free(&arena);
    return 0;
}
