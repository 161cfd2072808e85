/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while a catalogue and a profile of it are read. */
#include "profile.h"

#include "fault.h"
#include "oscal_text.h"
#include "test.h"

static mp_arena       setup = MP_ARENA_INIT;
static const mp_json *catalog_json, *profile_json;

static mp_code find(void *ctx, mp_imported *out, mp_str href, mp_error *err)
{
    (void)href;
    (void)err;
    *out = (mp_imported){ .catalog = ctx };
    return MP_OK;
}

static bool read_both(void *context)
{
    mp_arena   arena = MP_ARENA_INIT;
    mp_catalog catalog;
    mp_profile profile;
    mp_error   err = { .code = MP_OK };
    (void)context;
    mp_code code = mp_catalog_read(&catalog, catalog_json, &arena, &err);
    if (code == MP_OK)
        code = mp_profile_read(&profile, profile_json, &(mp_profile_sources){ .find = find, .ctx = &catalog }, &arena, &err);
    if (code == MP_OK)
        CHECK_INT(profile.count, 2);
    else
        CHECK_INT(code, MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out)
{
    catalog_json = oscal_json(&setup, oscal_small);
    profile_json = oscal_json(&setup, "{'profile':{'uuid':'u','metadata':{'title':'t','oscal-version':'1.1.2'},'imports':[{'href':'x','include-controls':[{'matching':[{'pattern':'s-1*'}]}]}],"
                                      "'modify':{'set-parameters':[{'param-id':'p1','values':['yearly']}],'alters':[{'control-id':'s-1.1.1','adds':[{'props':[{'name':'a','value':'b'}]}]}]}}}");
    CHECK(fault_loop(read_both, NULL) > 3);
    mp_arena_free(&setup);
}

int main(void) { return MAIN(RUN(memory_that_runs_out)); }
