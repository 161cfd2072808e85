/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an id. What is one has a key that is its own key, stands in what holds it, and its parent is one too,
 * up to the tenant. */
#include "estate.h"
#include "fuzz.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_place place, again;
    if (mp_place_of(&place, mp_str_of((const char *)data, size), &arena, NULL) == MP_OK) {
        must(mp_place_of(&again, place.key, &arena, NULL) == MP_OK);
        must(mp_str_eq(again.key, place.key) && mp_str_eq(again.parent, place.parent) && again.kind == place.kind);
        must(mp_str_eq_fold(again.type, place.type) && mp_str_eq_fold(place.id, place.key));
        unsigned levels = 0;
        while (place.kind != MP_PLACE_TENANT) {
            must(mp_place_holds(place.parent, place.key) && place.parent.len < place.key.len && ++levels < 64);
            must(mp_place_of(&place, place.parent, &arena, NULL) == MP_OK);
        }
    }
    mp_arena_free(&arena);
    return 0;
}
