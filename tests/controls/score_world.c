/* SPDX-License-Identifier: Apache-2.0 */
#include "score_world.h"

#include <string.h>

#include "arm.h"
#include "evidence_system.h"
#include "objects.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system,
                                            &mp_arm_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
const api_client local = { .is_local = true };
api_world w;
static mp_frameworks frameworks;

/* ---- the company ---- */

const char company_catalog[] = "{'catalog':{'uuid':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01','metadata':{'title':'"
    "Demo','version':'1','oscal-version':'1.1.2',"
    "'last-modified':'2026-01-01T00:00:00Z'},'groups':["
    "{'id':'d-1','title':'First','controls':[{'id':'d-1.1','title':'Sizes','props':[{"
    "'name':'label','value':'1.1'}]},"
    "{'id':'d-1.2','title':'Size','props':[{'name':'label','value':'1.2'}]},{'id':'d-"
    "1.3','title':'Asked','props':[{'name':'label','value':'1.3'}]}]},"
    "{'id':'d-2','title':'Second','controls':[{'id':'d-2.1','title':'Storage','props'"
    ":[{'name':'label','value':'2.1'}]},"
    "{'id':'d-2.2','title':'Gap','props':[{'name':'label','value':'2.2'}]}]}]}}";
const char company_answers[] = "{'answers':{'catalog':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01','controls':["
    "{'control':'d-1.1','checkedBy':'part','responsibility':'shared','required':true,"
    "'nature':'preventive','policies':['size','small'],"
    "'questions':[{'en':'is it so?'}]},"
    "{'control':'d-1.2','checkedBy':'part','responsibility':'provider','required':"
    "true,'nature':'detective','policies':['size'],"
    "'evidence':[{'kind':'document','name':{'en':'paper'},'every':'P1Y'}]},"
    "{'control':'d-1.3','checkedBy':'person','responsibility':'customer','required':"
    "false,'nature':'preventive','groups':['Of_An_Initiative_2026_That_Is_Not_Assigned'],"
    "'questions':[{'en':'one?'},{'en':'two?'}]},"
    "{'control':'d-2.1','checkedBy':'machine','responsibility':'provider','required':"
    "false,'nature':'corrective','policies':['storage']},"
    "{'control':'d-2.2','checkedBy':'person','responsibility':'provider','required':"
    "true,'nature':'preventive'}]}}";

const mp_json *json(const char *text)
{
    mp_json_doc *doc;
    const mp_json *root;
    char *copy = api_printf(&w, "%s", text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, mp_str_from(copy), NULL, NULL, NULL), MP_OK);
    root = mp_arena_dup_json(&w.arena, root);
    mp_json_doc_free(doc);
    return root;
}

const char *at(const char *path)
{
    return api_printf(&w, "/subscriptions/%.*s%s", MP_FMT(w.init.subscription_id), path);
}

void put(const char *path, const char *version, const char *body)
{
    char *text = api_printf(&w, "%s", body);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    api_answer a = api_send(&w, &local, MP_PUT, api_printf(&w, "%s?api-version=%s", path, version), text);
    if (a.status != 200 && a.status != 201)
        fail_msg("%s: %u %.*s", path, a.status, MP_FMT(a.body));
}

void disk(const char *group, const char *name, unsigned size)
{
    put(at(api_printf(&w, "/resourceGroups/%s/providers/Microsoft.Compute/disks/%s", group, name)),
        "2022-07-02",
        api_printf(&w,
                   "{'location':'koreacentral','properties':{'diskSizeGB':%u,'creationData':{'createOption':'"
                   "Empty'}}}",
                   size));
}

void policy(const char *name, const char *type, const char *field, int limit)
{
    put(at(api_printf(&w, AUTH "policyDefinitions/%s", name)), "2021-06-01",
        api_printf(&w,
                   "{'properties':{'mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'%s'},{'"
                   "field':'%s','greater':%d}]},"
                   "'then':{'effect':'audit'}}}}",
                   type, field, limit));
    put(at(api_printf(&w, AUTH "policyAssignments/%s", name)), "2022-06-01",
        api_printf(&w, "{'properties':{'policyDefinitionId':'%s'}}",
                   at(api_printf(&w, AUTH "policyDefinitions/%s", name))));
}

int begin(void **state)
{
    (void)state;
    api_start_with(&w, sets, systems);
    mp_error err = { .code = MP_OK };
    const mp_catalog_document documents[] = { { MP_S("demo/catalog.json"), json(company_catalog) },
                                              { MP_S("demo/answers.json"), json(company_answers) } };
    if (mp_frameworks_read(&frameworks, documents, MP_COUNT(documents), &w.arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    put(at("/resourceGroups/demo"), "2021-04-01", "{'location':'koreacentral'}");
    put(at("/resourceGroups/other"), "2021-04-01", "{'location':'koreacentral'}");
    policy("size", "Microsoft.Compute/disks", "Microsoft.Compute/disks/diskSizeGB", 100);
    policy("small", "Microsoft.Compute/disks", "Microsoft.Compute/disks/diskSizeGB", 50);
    policy("storage", "Microsoft.Storage/storageAccounts", "name", 1);
    disk("demo", "d1", 32);
    disk("demo", "d2", 64);
    disk("demo", "d3", 96);
    disk("demo", "d4", 128);
    SETTLE;
    return 0;
}

int end(void **state)
{
    (void)state;
    api_stop(&w);
    return 0;
}

/* ---- saying, asking ---- */

typedef struct record {
    const mp_kind *kind;
    const char *key;
    const mp_json *body; /* NULL: take it back */
} record;

static mp_code write_record(mp_tx *tx, void *arg, mp_error *err)
{
    const record *r = arg;
    mp_code code = r->body ? mp_record_put(NULL, tx, r->kind, mp_str_from(r->key), r->body, MP_ANY_VERSION, err)
                           : mp_record_delete(tx, r->kind, mp_str_from(r->key), MP_ANY_VERSION, err);
    return code == MP_MISSING && !r->body ? MP_OK : code;
}

void say(const mp_kind *kind, const char *key, const char *body)
{
    record r = { kind, key, body ? json(body) : NULL };
    mp_error err = { .code = MP_OK };
    static const mp_leaf leaf = { .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 },
                                  .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE };
    if (mp_app_write_alone(w.app, &leaf, write_record, &r, &err) != MP_OK)
        fail_msg("%s", err.message);
}

void answer(const char *control, int question, const char *asked, const char *yes, const char *measure)
{
    say(&mp_control_answer_kind, api_printf(&w, "demo~%s~%d~%s", control, question, measure),
        yes ? api_printf(&w,
                         "{'framework':'demo','control':'%s','measure':'%s','question':%d,'asked':{'ko':'','en'"
                         ":'%s'},'answer':'%s'}",
                         control, measure, question, asked, yes)
            : NULL);
}

static mp_code work(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    MP_TRY(mp_control_score(&a->score, tx, &a->of, NULL, &w.arena, err));
    mp_jsonw_init(&a->w, &w.arena);
    return mp_score_show(&a->w, &a->of, &a->score, mp_tx_time(tx), err);
}

const mp_json *ask_of(asking *a, const char *place, mp_ticks as_of)
{
    mp_error err = { .code = MP_OK };
    mp_place found;
    CHECK_INT(mp_place_of(&found, mp_str_from(place), &w.arena, NULL), MP_OK);
    a->scope = found.key;
    a->of.all = a->all ? a->all : &frameworks;
    a->of.framework = &a->of.all->of[0];
    a->of.scopes = &a->scope;
    a->of.scope_count = 1;
    a->of.as_of = as_of;
    if (mp_store_read(w.app->store, work, a, &err) != MP_OK)
        fail_msg("%s", err.message);
    const mp_json *v = mp_jsonw_done(&a->w);
    CHECK(v != NULL);
    return v;
}

const mp_scored *control(const asking *a, const char *label)
{
    for (size_t i = 0; i < a->score.count; i++)
        if (mp_str_eq(a->score.controls[i].control->label, mp_str_from(label)))
            return &a->score.controls[i];
    fail_msg("no control %s", label);
    return NULL;
}

void want(const asking *a, const char *label, mp_control_state state, int64_t points)
{
    const mp_scored *c = control(a, label);
    if (c->state != state || c->points != points)
        fail_msg("%s: %s with %lld, wanted %s with %lld", label, mp_control_state_name(c->state),
                 (long long)c->points, mp_control_state_name(state), (long long)points);
}
