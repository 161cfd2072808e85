/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser sends for a passkey. A text of JSON is taken as the answer of create() and of get(); anything else
 * as an attestation object. What is taken apart lies within the input; what is accepted is as WebAuthn wants it. */
#include <stdio.h>
#include <stdlib.h>

#include "cbor.h"
#include "fuzz.h"
#include "secret.h"
#include "webauthn.h"

/* An assert that stays in release builds: it is what the fuzzer looks for. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static bool lies_in(mp_str part, mp_str whole)
{
    return part.len == 0 ||
           (part.ptr >= whole.ptr && part.len <= whole.len && part.ptr <= whole.ptr + (whole.len - part.len));
}

static void try_attestation(mp_str bytes)
{
    mp_attestation a;
    mp_cbor        c = mp_cbor_of(bytes);
    bool           is_item = mp_cbor_skip(&c);
    MUST(!is_item || (c.at > (const uint8_t *)bytes.ptr && c.at <= (const uint8_t *)bytes.ptr + bytes.len));
    if (!mp_attestation_read(&a, bytes))
        return;
    MUST(!is_item || mp_cbor_is_done(&c)); /* an attestation object is one item, if not too deep a one */
    MUST(lies_in(a.format, bytes) && lies_in(a.auth_data, bytes) && lies_in(a.signature, bytes));
}

static void try_answer(const mp_json *answer)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_made_passkey  made;
    mp_shown_passkey shown;
    mp_error         err = { 0 };
    const mp_str     host = MP_S("localhost"), origin = MP_S("https://localhost:8443");
    mp_code          code = mp_webauthn_made(&made, answer, host, origin, &arena, &err);
    MUST(code == MP_OK || code == MP_PARAMETER || code == MP_CREDENTIALS);
    MUST(code != MP_OK ||
         (made.id.len > 0 && made.id.len <= MP_PASSKEY_ID_MAX && made.key.len >= 32 && made.challenge.len > 0));
    code = mp_webauthn_shown(&shown, answer, host, origin, &arena, &err);
    MUST(code == MP_OK || code == MP_PARAMETER || code == MP_CREDENTIALS);
    if (code == MP_OK) {
        uint8_t hash[32];
        MUST(mp_sha256(hash, host, &err) == MP_OK);
        MUST(shown.auth_data.len >= 37 && memcmp(shown.auth_data.ptr, hash, 32) == 0 &&
             (shown.auth_data.ptr[32] & MP_AUTH_PRESENT));
        MUST(shown.signature.len > 0 && shown.user_handle.len <= 67);
        /* a key of a wrong length */
        (void)mp_webauthn_is_signed(&shown, host, -7, mp_str_of(shown.auth_data.ptr, 32));
    }
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str         text = mp_str_of((const char *)data, size);
    mp_json_doc   *doc;
    const mp_json *root;
    MUST(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK)
        try_answer(root);
    else
        try_attestation(text);
    mp_json_doc_free(doc);
    return 0;
}
