/* SPDX-License-Identifier: Apache-2.0 */
/* No token counts that our key did not sign. An input is a token of the attacker's; and, as pairs of place and byte,
 * a list of changes to one of ours. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "jose.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static const mp_json claims[] = {
    { .kind = MP_JSON_OBJECT, .count = 1, .u.span = 3 },
    { .kind = MP_JSON_STRING, .count = 3, .u.text = "sub" },
    { .kind = MP_JSON_STRING, .count = 3, .u.text = "kim" },
};

static void try_token(mp_str token, const mp_jwk *key)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jws   jws;
    if (mp_jws_read(&jws, token, &arena, NULL) == MP_OK) {
        MUST(mp_json_is(jws.header, MP_JSON_OBJECT) && mp_json_is(jws.claims, MP_JSON_OBJECT));
        MUST(jws.alg == MP_JWS_RS256 || jws.alg == MP_JWS_PS256 || jws.alg == MP_JWS_ES256 || jws.alg == MP_JWS_EDDSA);
        MUST(!mp_jws_verify(&jws, key));
    }
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static mp_jwk  *key; /* of this process: nobody can have signed an input with it */
    static mp_str   ours;
    static mp_arena arena;
    if (!key) {
        MUST(mp_jwk_make(&key, MP_S("k"), NULL) == MP_OK);
        MUST(mp_jws_sign(&ours, claims, key, &arena, NULL) == MP_OK);
        mp_jws jws;
        MUST(mp_jws_read(&jws, ours, &arena, NULL) == MP_OK && mp_jws_verify(&jws, key));
    }
    try_token(mp_str_of((const char *)data, size), key);

    char *changed = malloc(ours.len);
    MUST(changed);
    memcpy(changed, ours.ptr, ours.len);
    for (size_t i = 0; i + 2 < size && i < 48; i += 3)
        changed[((size_t)data[i] << 8 | data[i + 1]) % ours.len] = (char)data[i + 2];
    if (memcmp(changed, ours.ptr, ours.len) != 0)
        try_token(mp_str_of(changed, ours.len), key);
    free(changed);
    return 0;
}
