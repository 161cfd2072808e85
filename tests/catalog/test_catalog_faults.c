/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while a catalogue and a profile of it are read. */
#include "frameworks.h"

#include "fault.h"
#include "oscal_text.h"
#include "test.h"

static mp_arena       setup = MP_ARENA_INIT;
static const mp_json *catalog_json, *profile_json, *certification_json;

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

static bool read_certification(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_frameworks all;
    size_t answers[2] = { 0, MP_NO_CHOICE };
    mp_found found;
    mp_error err = { .code = MP_OK };
    mp_catalog_document documents[] = { { MP_S("s/catalog.json"), catalog_json },
                                        { MP_S("s/certification.json"), certification_json } };
    (void)context;
    mp_code code = mp_frameworks_read(&all, documents, 2, &arena, &err);
    if (code == MP_OK)
        code = mp_finder_decide(&found, all.of[0].certification.finder, answers, &arena, &err);
    if (code == MP_OK)
        CHECK_INT(found.finding, MP_FOUND_SCHEME);
    else
        CHECK_INT(code, MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out_over_a_certification)
{
    catalog_json = oscal_json(&setup, oscal_small);
    certification_json = oscal_json(
        &setup, "{'certification':{'catalog':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01','sources':[{'id':'g','title':{'en':'G'}}],"
                "'facts':[{'text':{'en':'t'},'source':'g'}],'substitution':{'certificate':{'en':'c'},'property':'p','basis':"
                "{'text':{'en':'t'},'source':'g'}},'cycle':{'events':[{'id':'e','title':{'en':'E'},'from':'issued','text':"
                "{'en':'t'},'source':'g'}]},'finder':{'schemes':[{'id':'s','published':false}],'questions':[{'id':'q','text':"
                "{'en':'?'},'choices':[{'id':'a'}]}],'rules':[{'text':{'en':'t'},'source':'g','when':{'q':['a']},'supports':['s']}]}}}");
    CHECK(fault_loop(read_certification, NULL) > 3);
    mp_arena_free(&setup);
}

int main(void) { return MAIN(RUN(memory_that_runs_out), RUN(memory_that_runs_out_over_a_certification)); }
