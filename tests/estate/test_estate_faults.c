/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out, anywhere: nothing is by half, and what is said is that memory was short. */
#include "estate.h"

#include "fault.h"
#include "opened.h"

#define S "/subscriptions/11111111-2222-4333-8444-555555555555"
#define G S "/resourceGroups/Group"
#define V G "/providers/Microsoft.Network/virtualNetworks/v"

static opened         o;
static const mp_json *document;
static mp_arena       setup;

static mp_code put_one(mp_tx *tx, mp_str id, mp_arena *arena, mp_error *err)
{
    mp_place       place;
    mp_estate_item item;
    MP_TRY(mp_place_of(&place, id, arena, err));
    mp_estate_write what = { .place = &place,
                             .document = document,
                             .source = MP_S("api"),
                             .by = MP_S("x"),
                             .by_kind = MP_S("User"),
                             .expected = MP_ANY_VERSION };
    return mp_estate_put(&item, NULL, tx, &what, arena, err);
}

static mp_code life(mp_tx *tx, void *arg, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    mp_estate_page page;
    mp_place       place;
    uint64_t       removed;
    (void)arg;
    MP_TRY(put_one(tx, MP_S(G), arena, err));
    MP_TRY(put_one(tx, MP_S(V), arena, err));
    MP_TRY(put_one(tx, MP_S(V "/subnets/s"), arena, err));
    MP_TRY(mp_place_of(&place, MP_S(V "/subnets/s"), arena, err));
    MP_TRY(mp_estate_close(tx, place.key, err));
    MP_TRY(mp_place_of(&place, MP_S(G), arena, err));
    MP_TRY(mp_lock_check(tx, place.key, true, arena, err));
    MP_TRY(mp_estate_list(&page, tx,
                          &(mp_estate_query){ .scope = place.key,
                                              .type = MP_S("Microsoft.Network/virtualNetworks"),
                                              .tag = MP_S("a=b") },
                          arena, err));
    if (page.count != 1)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "found %zu", page.count);
    return mp_estate_delete(&removed, tx, place.key, MP_ANY_VERSION, err);
}

static mp_code find_any(mp_tx *tx, void *arg, mp_error *err)
{
    mp_estate_page *page = arg;
    return mp_estate_list(page, tx, &(mp_estate_query){ .with_groups = true, .with_closed = true }, mp_tx_arena(tx), err);
}

static bool lives_or_not(void *context)
{
    mp_error err = { .code = MP_OK };
    (void)context;
    mp_code code = mp_store_write(o.store, life, NULL, &err);
    if (code != MP_OK && code != MP_NOMEM)
        fail_msg("%s: %s (%s:%d)", mp_code_name(code), err.message, err.src_file, err.src_line);
    mp_estate_page page = { .count = 99 };
    mp_code        read = mp_store_read(o.store, find_any, &page, &err);
    CHECK(read == MP_NOMEM || (read == MP_OK && page.count == 0));
    return code == MP_OK && read == MP_OK;
}

TEST(memory_that_runs_out)
{
    const mp_kind *kinds[] = { &mp_estate_kind, &mp_lock_kind };
    opened_begin(&o, NULL, 0);
    MUST_OK(mp_records_declare(o.store, kinds, 2, err));
    document = opened_json(&setup, "{\"tags\":{\"a\":\"b\"},\"properties\":{\"x\":[1,2,3]}}");
    CHECK(fault_loop(lives_or_not, NULL) > 10);
    opened_end(&o);
    mp_arena_free(&setup);
}

static bool cuts(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_place place;
    (void)context;
    mp_code code = mp_place_of(&place, MP_S(V "/subnets/s/providers/Microsoft.Security/assessments/a"), &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(ids_without_memory)
{
    CHECK(fault_loop(cuts, NULL) >= 1);
}

int main(void)
{
    return MAIN(RUN(memory_that_runs_out), RUN(ids_without_memory));
}
