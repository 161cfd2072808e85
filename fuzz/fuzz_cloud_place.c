/* SPDX-License-Identifier: Apache-2.0 */
/* Three lines as a resource of another cloud: its id, its type, its source. What has a place has one that is an id
 * here, with that type, also for the readers of inventories; and the same once more. */
#include "cloud_place.h"
#include "estate.h"
#include "fuzz.h"
#include "resource_id.h"
#include "text.h"

#include <stdlib.h>

static void must(bool holds)
{
    if (!holds)
        abort();
}

static mp_str next_line(mp_str *rest)
{
    size_t end = mp_str_find(*rest, '\n');
    mp_str line = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = end == SIZE_MAX ? mp_str_of(rest->ptr + rest->len, 0) : mp_str_skip(*rest, end + 1);
    return line;
}

static void check(const mp_cloud_resource *r, mp_arena *arena)
{
    mp_cloud_place made, again;
    mp_place       place;
    mp_resource    read = { .doc = NULL };
    if (mp_cloud_place_of(&made, r, arena, NULL) != MP_OK)
        return;
    must(mp_place_of(&place, made.id, arena, NULL) == MP_OK && place.kind == MP_PLACE_RESOURCE);
    must(mp_str_eq(place.id, made.id) && mp_str_eq(place.subscription, made.guid));
    must(mp_id_read(&read, made.id, mp_str_of(NULL, 0), arena, NULL) == MP_OK && mp_str_eq(read.type, place.type));
    must(mp_cloud_place_of(&again, r, arena, NULL) == MP_OK && mp_str_eq(again.id, made.id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_str            rest = mp_str_of((const char *)data, size);
    mp_cloud_resource r = { .document = NULL };
    r.id = next_line(&rest);
    r.type = next_line(&rest);
    r.source = next_line(&rest);
    if (mp_utf8_valid(mp_str_of((const char *)data, size)))
        check(&r, &arena);
    mp_arena_free(&arena);
    return 0;
}
