/* SPDX-License-Identifier: Apache-2.0 */
/* A query of a link that shares evidence: name, value, name, value... apart by line breaks. What is
 * read is written and read again to the same; a signature holds for it and for nothing else. */
#include "fuzz.h"

#include "secret.h"
#include "share_link.h"

#include <stdlib.h>

static mp_str take(mp_str *rest)
{
    size_t end = mp_str_find(*rest, '\n');
    mp_str one = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = mp_str_skip(*rest, end == SIZE_MAX ? rest->len : end + 1);
    return one;
}

static void allow(const mp_share_link *link)
{
    mp_share_terms terms = { link->permissions, link->from, link->until, link->addresses,
                             link->protocols };
    mp_share_use use = { .permission = 'r',
                         .now = mp_clock_from_unix(1800000000),
                         .client = MP_S("192.0.2.1") };
    mp_code unsafe = mp_share_allows(&terms, &use, NULL);
    use.is_secure = true;
    mp_code safe = mp_share_allows(&terms, &use, NULL);
    if (unsafe == MP_OK && safe != MP_OK)
        abort(); /* https never opens less */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[MP_SHARE_KEY] = { 7 };
    mp_str rest = mp_str_of((const char *)data, size);
    mp_pair query[16];
    size_t count = 0;
    mp_share_link link;
    char signature[MP_SHARE_SIGNATURE + 1];
    mp_arena arena = MP_ARENA_INIT;
    while (rest.len && count < 16) {
        query[count].name = take(&rest);
        query[count++].value = take(&rest);
    }
    if (mp_share_link_read(&link, query, count, NULL) == MP_OK) {
        bool was_signed = mp_share_is_signed(&link, key);
        if (mp_share_sign(signature, &link, key, NULL) != MP_OK ||
            was_signed != mp_str_eq(mp_str_from(signature), link.signature))
            abort();
        link.signature = mp_str_from(signature);
        if (!mp_share_is_signed(&link, key) || !mp_share_link_write(&link, &arena).ptr)
            abort();
        allow(&link);
    }
    mp_arena_free(&arena);
    return 0;
}
