/* SPDX-License-Identifier: Apache-2.0 */
/* Any function with any arguments: the first line names the function (or its first byte chooses
 * one), the rest is a JSON array of arguments.
 *
 * Properties: a call ends with a value or with a message that begins with the function's name;
 * called again it ends the same; a value keeps the limits of the language, equals itself, and
 * prints and reads back to one that prints the same. */
#include <stdlib.h>

#include "buf.h"
#include "fn_date.h"
#include "functions.h"
#include "fuzz.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static const mp_function *chosen(mp_str line)
{
    const mp_function *f = mp_function_find(mp_str_trim(line));
    (void)mp_function_unavailable(line);
    (void)mp_function_nearest(line);
    return f || line.len == 0 ? f : mp_function_at((uint8_t)line.ptr[0] % mp_function_count());
}

/* What the call ends with, as text. */
static mp_code outcome(mp_buf *b, const mp_call *call)
{
    const mp_json *v = NULL;
    mp_error       err = { .code = MP_OK };
    mp_code        code = call->function->impl(&v, call, &err);
    if (code == MP_OK) {
        bool equal = false;
        require(v != NULL && mp_json_nodes(v) <= MP_FUNCTION_NODES_MAX);
        require(mp_value_equal(&equal, v, v, call->arena, NULL) == MP_OK && equal);
        mp_buf_add_json(b, v);
        return code;
    }
    require(code == MP_EVALUATION || code == MP_LIMIT);
    require(err.code == code && v == NULL);
    mp_str message = mp_str_from(err.message);
    require(mp_str_starts(message, call->function->name) && mp_str_find(message, '\n') == SIZE_MAX);
    mp_buf_add(b, message);
    return code;
}

static void check_reads_back(mp_str json)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_buf         again = MP_BUF_INIT;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &root, json, NULL, NULL, NULL) == MP_OK);
    mp_buf_add_json(&again, root);
    require(mp_str_eq(json, mp_buf_str(&again)));
    mp_buf_free(&again);
    mp_json_doc_free(doc);
}

static void check_call(const mp_function *f, const mp_json *args)
{
    const mp_json *list[256];
    uint32_t       count = 0;
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         once = MP_BUF_INIT, twice = MP_BUF_INIT;
    for (MP_JSON_EACH(item, args))
        if (count < MP_COUNT(list))
            list[count++] = item;
    mp_call call = { list, count, &arena, f };
    mp_code code = outcome(&once, &call);
    require(outcome(&twice, &call) == code);
    require(mp_str_eq(mp_buf_str(&once), mp_buf_str(&twice)));
    if (code == MP_OK)
        check_reads_back(mp_buf_str(&once));
    mp_buf_free(&once);
    mp_buf_free(&twice);
    mp_arena_free(&arena);
}

static void check_date(mp_str format)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text = { NULL, 0 };
    mp_error err = { .code = MP_OK };
    mp_code  code = mp_date_format_net(&text, &arena, MP_TICKS_PER_DAY * 739000, format, &err);
    require(code == MP_OK ? text.ptr != NULL : code == MP_EVALUATION || code == MP_LIMIT);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str         text = mp_str_of((const char *)data, size);
    size_t         end = mp_str_find(text, '\n');
    mp_str         line = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
    mp_json_doc   *doc = NULL;
    const mp_json *args = NULL;
    const mp_function *f = chosen(line);
    check_date(line);
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (f && f->impl &&
        mp_json_read(doc, &args, mp_str_skip(text, line.len + 1), NULL, NULL, NULL) == MP_OK &&
        mp_json_is(args, MP_JSON_ARRAY))
        check_call(f, args);
    mp_json_doc_free(doc);
    return 0;
}
