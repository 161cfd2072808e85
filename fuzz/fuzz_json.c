/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON reader accepts it prints, compact and indented, and reads again to equal nodes;
 * what it refuses it places inside the text. */
#include <mapae/json.h>

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "fuzz.h"

/* An assert that stays in release builds: it is what the fuzzer looks for. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static bool same_nodes(const mp_json *a, const mp_json *b)
{
    size_t count = mp_json_nodes(a);
    if (mp_json_nodes(b) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (a[i].kind != b[i].kind || a[i].count != b[i].count)
            return false;
        bool has_text = a[i].kind == MP_JSON_STRING || a[i].kind == MP_JSON_REAL;
        if (has_text ? !mp_str_eq(mp_json_str(&a[i]), mp_json_str(&b[i]))
                     : a[i].u.integer != b[i].u.integer)
            return false;
    }
    return true;
}

static void must_survive_printing(const mp_json *v)
{
    mp_json_doc   *again;
    const mp_json *w;
    mp_buf         b = MP_BUF_INIT;
    MUST(mp_json_doc_new(&again, NULL) == MP_OK);
    mp_buf_add_json(&b, v);
    MUST(!b.failed);
    MUST(mp_json_read(again, &w, mp_buf_str(&b), NULL, NULL, NULL) == MP_OK && same_nodes(v, w));
    mp_buf_clear(&b);
    mp_buf_add_json_pretty(&b, v, 0);
    MUST(!b.failed);
    MUST(mp_json_read(again, &w, mp_buf_str(&b), NULL, NULL, NULL) == MP_OK && same_nodes(v, w));
    mp_buf_free(&b);
    mp_json_doc_free(again);
}

/* Numbers have a value, and every node has its own place, one after the other. */
static void must_make_sense(const mp_json *v, mp_str text)
{
    size_t count = mp_json_nodes(v);
    mp_pos last = { 0, 0 };
    for (size_t i = 0; i < count; i++) {
        if (v[i].kind == MP_JSON_INT || v[i].kind == MP_JSON_REAL) {
            double d = mp_json_double(&v[i]);
            MUST(d <= 0 || d >= 0);
        }
        if (i >= 100) /* locating is linear */
            continue;
        mp_pos pos = mp_json_locate(text, i);
        MUST(pos.line > last.line || (pos.line == last.line && pos.col > last.col));
        last = pos;
    }
}

static void must_be_refused_inside(const mp_error *err, mp_str text)
{
    mp_pos end = mp_pos_of_offset(text, text.len);
    MUST(err->code == MP_SYNTAX || err->code == MP_LIMIT);
    MUST(err->pos.line >= 1 && err->pos.col >= 1 && err->pos.line <= end.line);
    MUST(err->pos.line < end.line || err->pos.col <= end.col);
    MUST(err->message[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str                text = mp_str_of((const char *)data, size);
    const mp_json_options strict = { .reject_duplicates = true };
    mp_json_doc          *doc;
    const mp_json        *root;
    mp_error              err = { 0 };
    MUST(mp_json_doc_new(&doc, &err) == MP_OK);
    mp_code plain = mp_json_read(doc, &root, text, NULL, NULL, &err);
    if (plain == MP_OK) {
        must_make_sense(root, text);
        must_survive_printing(root);
    } else {
        must_be_refused_inside(&err, text);
    }
    mp_code checked = mp_json_read(doc, &root, text, &strict, NULL, &err);
    MUST(plain == MP_OK || checked != MP_OK);
    if (checked != MP_OK)
        must_be_refused_inside(&err, text);
    mp_json_doc_free(doc);
    return 0;
}
