/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as JSON that is read leniently.
 *
 * Properties: strict JSON passes byte for byte; what comes out has as many lines as went in, and passes a second
 * time as it is; a fault stands within the text. */
#include <stdlib.h>

#include "fuzz.h"
#include "lenient.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static size_t lines_of(mp_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static bool is_strict(mp_str text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    bool ok = mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK;
    mp_json_doc_free(doc);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str   text = mp_str_of((const char *)data, size);
    mp_buf   once = MP_BUF_INIT, twice = MP_BUF_INIT;
    mp_error err = { .code = MP_OK };
    mp_code  code = mp_json_lenient(&once, text, &err);
    if (code == MP_OK) {
        require(lines_of(mp_buf_str(&once)) == lines_of(text));
        require(!is_strict(text) || mp_str_eq(mp_buf_str(&once), text));
        require(mp_json_lenient(&twice, mp_buf_str(&once), NULL) == MP_OK);
        require(mp_str_eq(mp_buf_str(&once), mp_buf_str(&twice)));
    } else {
        mp_pos end = mp_pos_of_offset(text, text.len);
        require(code == MP_SYNTAX && err.pos.line >= 1 && err.pos.line <= end.line && !is_strict(text));
    }
    mp_buf_free(&once);
    mp_buf_free(&twice);
    return 0;
}
