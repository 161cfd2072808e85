/* SPDX-License-Identifier: Apache-2.0 */
#include "mapping.h"

#include "oscal_text.h"
#include "test.h"

static mp_arena   arena = MP_ARENA_INIT;
static mp_catalog small, other;

static int begin(void **state)
{
    (void)state;
    return mp_catalog_read(&small, oscal_json(&arena, oscal_small), &arena, NULL) == MP_OK &&
                   mp_catalog_read(&other, oscal_json(&arena, "{'catalog':{'uuid':'other','metadata':{'title':'Other','oscal-version':'1.1.2'},"
                                                              "'controls':[{'id':'o-1','title':'One'},{'id':'o-2','title':'Two'}]}}"), &arena, NULL) == MP_OK
               ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static const mp_catalog *find(void *ctx, mp_str uuid)
{
    (void)ctx;
    return mp_str_eq(uuid, small.uuid) ? &small : mp_str_eq(uuid, other.uuid) ? &other : NULL;
}

static mp_code read(mp_mapping_of *out, const char *maps, mp_error *err)
{
    mp_str text = mp_arena_printf(&arena, "{'mapping':{'uuid':'m','from':'%.*s','to':'other','stated':true,'basis':{'en':'a table'},'maps':%s}}", MP_FMT(small.uuid), maps);
    return mp_mapping_of_read(out, oscal_json(&arena, text.ptr), find, NULL, &arena, err);
}

TEST(lines_of_a_control)
{
    mp_mapping_of m;
    size_t        count;
    CHECK_INT(read(&m, "[{'from':'s-2.1','to':'o-1','relation':'equal'},{'from':'s-1.1.1','to':'o-2','relation':'subset','stated':false,'note':{'en':'in part'}},"
                       "{'from':'s-1.1.1','to':'o-1','relation':'intersects'}]", NULL), MP_OK);
    CHECK_INT(m.count, 3);
    CHECK_STR(m.basis.en, "a table");
    const mp_map_line *line = mp_mapping_from(&m, &small.controls[0], &count);
    CHECK_INT(count, 2);
    CHECK(line[0].to == &other.controls[0] && line[1].to == &other.controls[1]);
    CHECK(line[0].is_stated && !line[1].is_stated);
    CHECK_INT(line[1].relation, MP_SUBSET);
    CHECK_STR(line[1].note.en, "in part");
    mp_mapping_from(&m, &small.controls[1], &count);
    CHECK_INT(count, 0);
    mp_mapping_from(&m, &small.controls[2], &count);
    CHECK_INT(count, 1);
}

TEST(relations_from_the_other_side)
{
    static const mp_relation turned[] = { [MP_EQUAL] = MP_EQUAL, [MP_SUBSET] = MP_SUPERSET, [MP_SUPERSET] = MP_SUBSET, [MP_INTERSECTS] = MP_INTERSECTS };
    for (mp_relation r = 0; r < MP_RELATION_COUNT; r++)
        CHECK_INT(mp_relation_turned(r), turned[r]);
}

TEST(wrong_mappings)
{
    mp_mapping_of m;
    CHECK_INT(read(&m, "[{'from':'s-9','to':'o-1','relation':'equal'}]", NULL), MP_REFERENCE);
    CHECK_INT(read(&m, "[{'from':'s-2.1','to':'s-2.1','relation':'equal'}]", NULL), MP_REFERENCE);
    CHECK_INT(read(&m, "[{'from':'s-2.1','to':'o-1','relation':'like'}]", NULL), MP_FORMAT);
    CHECK_INT(read(&m, "[{'from':'s-2.1','to':'o-1'}]", NULL), MP_FORMAT);
    CHECK_INT(read(&m, "[3]", NULL), MP_REFERENCE);
    CHECK_INT(read(&m, "{}", NULL), MP_FORMAT);
    CHECK_INT(read(&m, "[{'from':'s-2.1','to':'o-1','relation':'equal'},{'from':'s-2.1','to':'o-1','relation':'subset'}]", NULL), MP_EXISTS);
    CHECK_INT(mp_mapping_of_read(&m, oscal_json(&arena, "{'mapping':{'from':'other','to':'none'}}"), find, NULL, &arena, NULL), MP_REFERENCE);
    CHECK_INT(mp_mapping_of_read(&m, oscal_json(&arena, "[]"), find, NULL, &arena, NULL), MP_REFERENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(lines_of_a_control), RUN(relations_from_the_other_side), RUN(wrong_mappings) };
    return cmocka_run_group_tests(tests, begin, forget);
}
