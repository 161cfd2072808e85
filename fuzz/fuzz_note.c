/* SPDX-License-Identifier: Apache-2.0 */
/* Notes, checkpoints and verifier keys: what is read is printed to the same bytes; nothing is accepted that a known
 * key did not sign, but for the text that it did sign. */
#include "checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The key and the one text that it signed: tests/ledger/test_checkpoint.c. Its private half is the well-known one of
 * RFC 8032, so a text that differs and is accepted was not made by luck. */
#define KEY "mapae.example/log+1f137560+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define SIGNED "mapae.example/log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"

static void must_print_the_same(mp_str text)
{
    mp_checkpoint head;
    mp_error      err = { 0 };
    mp_buf        again = MP_BUF_INIT;
    mp_code       code = mp_checkpoint_parse(&head, text, &err);
    if (code == MP_OK) {
        MUST(mp_checkpoint_text(&again, &head, NULL) == MP_OK);
        MUST(mp_str_starts(text, mp_buf_str(&again)) && head.size <= MP_TREE_MAX);
    } else {
        MUST(code == MP_SYNTAX && err.message[0] && err.pos.line >= 1);
    }
    mp_buf_free(&again);
}

static void try_key(mp_str text)
{
    mp_verifier key;
    mp_error    err = { 0 };
    mp_buf      again = MP_BUF_INIT;
    mp_code     code = mp_verifier_parse(&key, text, &err);
    if (code == MP_OK) {
        MUST(mp_verifier_text(&again, &key, NULL) == MP_OK);
        /* Digits of the key hash are read in both cases, and printed in one. */
        MUST(mp_str_eq_fold(text, mp_buf_str(&again)));
    } else {
        MUST(code == MP_SYNTAX || code == MP_UNSUPPORTED || code == MP_DAMAGED);
        MUST(err.message[0]);
    }
    mp_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str        note = mp_str_of((const char *)data, size), text, signatures, opened;
    mp_verifier   key;
    mp_checkpoint head;
    mp_error      err = { 0 };
    MUST(mp_verifier_parse(&key, MP_S(KEY), NULL) == MP_OK);
    try_key(note);
    must_print_the_same(note);
    mp_code split = mp_note_split(&text, &signatures, note, &err);
    MUST(split == MP_OK || split == MP_SYNTAX || split == MP_LIMIT);
    if (split == MP_OK) {
        MUST(text.len + 1 + signatures.len == note.len && text.ptr == note.ptr);
        must_print_the_same(text);
    }
    mp_code code = mp_note_open(&opened, NULL, note, &key, 1, &err);
    if (code == MP_OK) {
        MUST(split == MP_OK && mp_str_eq(opened, MP_S(SIGNED)));
        MUST(mp_checkpoint_open(&head, NULL, note, &key, 1, NULL) == MP_OK && head.size == 8);
    } else {
        MUST(mp_checkpoint_open(&head, NULL, note, &key, 1, NULL) == code);
    }
    return 0;
}
