/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a form. What compiles runs over a document, and gives the same page twice or the same refusal;
 * what is refused is refused at a place of the text. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "paper.h"

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static const char data_text[] = "{\"name\": {\"ko\": \"이름\", \"en\": \"<Name>\"}, \"n\": 1234567, \"r\": "
                                "0.5, \"t\": \"2026-01-31T09:30:00Z\", "
                                "\"none\": null, \"yes\": true, \"list\": [\"a\", \"=b\", 3], \"state\": "
                                "\"ok\", \"rows\": [{\"id\": \"x\", \"v\": 1, "
                                "\"more\": [{\"k\": \"1\"}]}, {\"id\": \"y\", \"v\": 2, \"more\": []}]}";

static mp_json_doc *doc;
static const mp_json *document;

static mp_code render(mp_buf *out, const mp_form *form, mp_lang lang, mp_error *err)
{
    mp_paper_options options = {
        .lang = lang, .max_rows = 200, .max_bytes = (size_t)1 << 20, .max_seconds = 20
    };
    return mp_paper_render(out, form, document, MP_PAPER_HTML, &options, err);
}

static void run(const mp_form *form, mp_str text)
{
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        mp_buf one = MP_BUF_INIT, two = MP_BUF_INIT;
        mp_error err = { .code = MP_OK };
        mp_code code = render(&one, form, (mp_lang)lang, &err);
        MUST(code == MP_OK || code == MP_REFERENCE || code == MP_EVALUATION || code == MP_LIMIT);
        MUST(render(&two, form, (mp_lang)lang, NULL) == code);
        MUST(mp_str_eq(mp_buf_str(&one), mp_buf_str(&two)));
        MUST((code == MP_OK) == (one.len > 0));
        mp_pos end = mp_pos_of_offset(text, text.len);
        MUST(code == MP_OK || err.pos.line <= end.line);
        MUST(code != MP_REFERENCE || err.pos.line >= 1);
        mp_buf_free(&one);
        mp_buf_free(&two);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str text = mp_str_of((const char *)data, size);
    mp_error err = { .code = MP_OK };
    mp_form *form;
    if (!doc)
        MUST(mp_json_doc_new(&doc, NULL) == MP_OK &&
             mp_json_read(doc, &document, mp_str_from(data_text), NULL, NULL, NULL) == MP_OK);
    mp_code code = mp_form_compile(&form, MP_S("fuzz"), text, &err);
    if (code == MP_OK) {
        MUST(mp_str_eq(mp_form_source(form), text));
        run(form, text);
        mp_form_free(form);
    } else {
        mp_pos end = mp_pos_of_offset(text, text.len);
        MUST(code == MP_SYNTAX || code == MP_COMPILE || code == MP_LIMIT);
        MUST(err.code == code && err.message[0] && err.pos.line <= end.line);
        MUST(code == MP_LIMIT || err.pos.line >= 1);
    }
    return 0;
}
