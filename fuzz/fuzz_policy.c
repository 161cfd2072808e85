/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request of `mapae eval`.
 *
 * Properties: the answer is an object with an id and an outcome that is one of three; asked again, the
 * answer is the same, word for word; and a plan that keeps every condition, as traces need it, comes to the
 * same outcome, effect and state as one that folds. */
#include <stdlib.h>

#include "buf.h"
#include "fuzz.h"
#include "jsonw.h"
#include "request.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static mp_requester *get_requester(bool keep_all)
{
    static mp_requester *requesters[2];
    if (!requesters[keep_all]) {
        mp_requester_options options = { .now = MP_TICKS_PER_DAY * 739000, .folder = MP_S("/nowhere"),
                                         .keep_all = keep_all };
        require(mp_requester_new(&requesters[keep_all], &options, NULL) == MP_OK);
    }
    return requesters[keep_all];
}

/* A request may name a file to read, which is no business of a fuzzer's. */
static bool names_a_file(mp_str text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    bool found = mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK &&
                 mp_json_is(mp_json_get_fold(root, MP_S("aliases")), MP_JSON_STRING);
    mp_json_doc_free(doc);
    return found;
}

static bool is_text(const mp_json *answer, mp_str name, mp_str wanted)
{
    const mp_json *v = mp_json_get(answer, name);
    return mp_json_is(v, MP_JSON_STRING) && mp_str_eq(mp_json_str(v), wanted);
}

static void check_shape(const mp_json *answer)
{
    require(mp_json_is(answer, MP_JSON_OBJECT) && mp_json_get(answer, MP_S("id")));
    bool is_error = is_text(answer, MP_S("outcome"), MP_S("error"));
    bool is_effect = is_text(answer, MP_S("outcome"), MP_S("effect"));
    require(is_error || is_effect || is_text(answer, MP_S("outcome"), MP_S("none")));
    require(is_error == (mp_json_get(answer, MP_S("error")) != NULL));
    require(is_effect == (mp_json_get(answer, MP_S("effect")) != NULL));
    require(is_error || mp_json_get(answer, MP_S("state")));
}

/* What the answer says, as text: the whole, or only what it comes to. */
static void answer(mp_buf *b, mp_str text, bool keep_all, bool whole)
{
    const mp_json *v = NULL;
    require(mp_request_answer(&v, get_requester(keep_all), text, NULL) == MP_OK);
    check_shape(v);
    if (whole) {
        mp_buf_add_json(b, v);
        return;
    }
    static const mp_str parts[] = { MP_S_INIT("id"), MP_S_INIT("outcome"), MP_S_INIT("effect"),
                                    MP_S_INIT("state") };
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        const mp_json *part = mp_json_get(v, parts[i]);
        mp_buf_add_json(b, part ? part : mp_json_make_null());
    }
}

static void must_agree(mp_str text, bool second_keeps_all, bool whole)
{
    mp_buf first = MP_BUF_INIT, second = MP_BUF_INIT;
    answer(&first, text, false, whole);
    answer(&second, text, second_keeps_all, whole);
    require(!first.failed && !second.failed);
    require(mp_str_eq(mp_buf_str(&first), mp_buf_str(&second)));
    mp_buf_free(&first);
    mp_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str text = mp_str_of((const char *)data, size);
    if (names_a_file(text))
        return 0;
    must_agree(text, false, true);
    must_agree(text, true, false);
    return 0;
}
