/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/engine.h>

#include "fault.h"
#include "test.h"

#define STORAGE "Microsoft.Storage/storageAccounts"
#define GROUP "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-web"
#define ACCOUNT GROUP "/providers/" STORAGE "/stweb01"

static const char policy[] =
    "{ \"name\": \"https-only\", \"properties\": { \"mode\": \"Indexed\",\n"
    "  \"parameters\": { \"effect\": { \"type\": \"String\", \"defaultValue\": \"deny\" } },\n"
    "  \"policyRule\": { \"if\": { \"allOf\": [\n"
    "    { \"field\": \"type\", \"equals\": \"" STORAGE "\" },\n"
    "    { \"field\": \"" STORAGE "/supportsHttpsTrafficOnly\", \"notEquals\": true } ] },\n"
    "  \"then\": { \"effect\": \"[parameters('effect')]\" } } } }";

static const char related_policy[] =
    "{ \"name\": \"has-settings\", \"properties\": { \"mode\": \"Indexed\", \"policyRule\": {\n"
    "  \"if\": { \"field\": \"type\", \"equals\": \"" STORAGE "\" },\n"
    "  \"then\": { \"effect\": \"auditIfNotExists\", \"details\": {\n"
    "    \"type\": \"Microsoft.Insights/diagnosticSettings\" } } } } }";

static const char modify_policy[] =
    "{ \"name\": \"owner\", \"properties\": { \"mode\": \"Indexed\", \"policyRule\": {\n"
    "  \"if\": { \"field\": \"tags['owner']\", \"exists\": false },\n"
    "  \"then\": { \"effect\": \"modify\", \"details\": { \"roleDefinitionIds\": [\"/r\"], \"operations\": [\n"
    "    { \"operation\": \"add\", \"field\": \"tags['owner']\", \"value\": \"nobody\" } ] } } } } }";

static const char initiative[] =
    "{ \"name\": \"first\", \"properties\": { \"policyDefinitionGroups\": [ { \"name\": \"2.7.1\" } ],\n"
    "  \"policyDefinitions\": [ { \"policyDefinitionReferenceId\": \"https\", \"groupNames\": [\"2.7.1\"],\n"
    "    \"policyDefinitionId\": \"/providers/Microsoft.Authorization/policyDefinitions/https-only\" } ] } }";

static const char open_account[] =
    "{ \"id\": \"" ACCOUNT "\", \"name\": \"stweb01\", \"type\": \"" STORAGE "\",\n"
    "  \"location\": \"koreacentral\", \"properties\": { \"supportsHttpsTrafficOnly\": false } }";
static const char shut_account[] =
    "{ \"id\": \"" ACCOUNT "\", \"name\": \"stweb01\", \"type\": \"" STORAGE "\", \"tags\": { \"owner\": \"web\" },\n"
    "  \"location\": \"koreacentral\", \"properties\": { \"supportsHttpsTrafficOnly\": true } }";
static const char settings[] =
    "{ \"id\": \"" ACCOUNT "/providers/Microsoft.Insights/diagnosticSettings/all\", \"name\": \"all\",\n"
    "  \"type\": \"Microsoft.Insights/diagnosticSettings\", \"properties\": {} }";

/* An engine with its worker, of one text that is judged and perhaps one that it refers to. */
struct made {
    mp_engine *engine;
    mp_worker *worker;
};

static mp_code make(struct made *m, const char *judged, const char *referenced,
                    const mp_engine_options *options, mp_error *err)
{
    *m = (struct made){ NULL, NULL };
    MP_TRY(mp_engine_new(&m->engine, err));
    MP_TRY(mp_engine_add(m->engine, MP_S("judged.json"), mp_str_from(judged), MP_ENGINE_JUDGED, err));
    if (referenced)
        MP_TRY(mp_engine_add(m->engine, MP_S("other.json"), mp_str_from(referenced), MP_ENGINE_REFERENCED,
                             err));
    MP_TRY(mp_engine_compile(m->engine, options, err));
    return mp_worker_new(&m->worker, m->engine, err);
}

static void unmake(struct made *m)
{
    mp_worker_free(m->worker);
    mp_engine_free(m->engine);
}

static const mp_engine_verdict *only_verdict(struct made *m, const mp_request *request)
{
    const mp_engine_verdict *verdicts;
    size_t                   count;
    mp_error                 err;
    CHECK_INT(mp_worker_decide(&verdicts, &count, m->worker, request, &err), MP_OK);
    CHECK_INT(count, 1);
    return verdicts;
}

TEST(a_policy_says_yes_or_no_and_why)
{
    struct made m;
    mp_str      sentence;
    CHECK_INT(make(&m, policy, NULL, NULL, NULL), MP_OK);
    mp_request request = { .resource = mp_str_from(open_account) };

    const mp_engine_verdict *v = only_verdict(&m, &request);
    CHECK_STR(v->state, "NonCompliant");
    CHECK_STR(v->reason, "condition-true");
    CHECK_STR(v->effect, "deny");
    CHECK_STR(v->policy->name, "https-only");
    CHECK(v->is_bad && !v->is_good);
    CHECK_INT(mp_worker_sentence(&sentence, m.worker, 0, "en", NULL), MP_OK);
    CHECK(mp_str_find_str(sentence, MP_S("supportsHttpsTrafficOnly")) != SIZE_MAX);
    CHECK_INT(mp_worker_sentence(&sentence, m.worker, 0, "ko", NULL), MP_OK);
    CHECK(sentence.len > 0 && mp_str_find_str(sentence, MP_S("supportsHttpsTrafficOnly")) != SIZE_MAX);

    request.resource = mp_str_from(shut_account);
    v = only_verdict(&m, &request);
    CHECK_STR(v->state, "Compliant");
    CHECK(v->is_good && !v->is_bad);
    unmake(&m);
}

TEST(conditions_tell_place_and_values)
{
    struct made                m;
    const mp_engine_condition *conditions;
    size_t                     count;
    mp_str                     text;
    CHECK_INT(make(&m, policy, NULL, NULL, NULL), MP_OK);
    mp_request request = { .resource = mp_str_from(open_account) };
    only_verdict(&m, &request);
    CHECK_INT(mp_worker_conditions(&conditions, &count, m.worker, 0, NULL), MP_OK);
    CHECK_INT(count, 2); /* also the one on the type, which is decided when the policy is compiled for it */
    CHECK_STR(conditions[0].pointer, "/policyRule/if/allOf/0");
    CHECK_STR(conditions[0].path, "type");
    CHECK(conditions[0].outcome);
    CHECK_INT(mp_worker_json_text(&text, m.worker, conditions[0].actual, NULL), MP_OK);
    CHECK_STR(text, "\"" STORAGE "\"");
    CHECK_STR(conditions[1].pointer, "/policyRule/if/allOf/1");
    CHECK_STR(conditions[1].subject, STORAGE "/supportsHttpsTrafficOnly");
    CHECK_STR(conditions[1].path, "properties.supportsHttpsTrafficOnly");
    CHECK_STR(conditions[1].op, "notEquals");
    CHECK(conditions[1].outcome);
    CHECK_INT(mp_worker_json_text(&text, m.worker, conditions[1].actual, NULL), MP_OK);
    CHECK_STR(text, "false");
    CHECK_INT(mp_worker_json_text(&text, m.worker, conditions[1].wanted, NULL), MP_OK);
    CHECK_STR(text, "true");
    unmake(&m);
}

TEST(an_initiative_brings_groups)
{
    struct made m;
    CHECK_INT(make(&m, initiative, policy, NULL, NULL), MP_OK);
    CHECK_INT(mp_engine_policy_count(m.engine), 1);
    const mp_engine_policy *p = mp_engine_policy_at(m.engine, 0);
    CHECK_STR(p->reference_id, "https");
    CHECK_INT(p->group_count, 1);
    CHECK_STR(p->groups[0], "2.7.1");
    mp_request request = { .resource = mp_str_from(open_account) };
    CHECK(only_verdict(&m, &request)->policy == p);
    unmake(&m);
}

TEST(parameters_come_from_outside)
{
    mp_engine *engine;
    mp_worker *worker;
    mp_error   err;
    CHECK_INT(mp_engine_new(&engine, NULL), MP_OK);
    CHECK_INT(mp_engine_add(engine, MP_S("p.json"), mp_str_from(policy), MP_ENGINE_JUDGED, NULL), MP_OK);
    CHECK_INT(mp_engine_add_parameters(engine, MP_S("values.json"), MP_S("{\n\"effect\" \"audit\"}"), &err),
              MP_SYNTAX);
    CHECK_INT(err.pos.line, 2);
    CHECK_INT(mp_engine_add_parameters(engine, MP_S("values.json"),
                                       MP_S("{\"effect\": {\"value\": \"audit\"}}"), &err), MP_OK);
    CHECK_INT(mp_engine_compile(engine, NULL, NULL), MP_OK);
    CHECK_STR(mp_engine_policy_at(engine, 0)->effect, "audit");
    CHECK_INT(mp_worker_new(&worker, engine, NULL), MP_OK);
    struct made m = { engine, worker };
    mp_request  request = { .resource = mp_str_from(open_account) };
    CHECK_STR(only_verdict(&m, &request)->effect, "audit");
    unmake(&m);
}

TEST(what_stands_around_is_never_guessed)
{
    struct made m;
    mp_str      sentence;
    CHECK_INT(make(&m, related_policy, NULL, NULL, NULL), MP_OK);
    mp_request request = { .resource = mp_str_from(open_account) };

    const mp_engine_verdict *v = only_verdict(&m, &request);
    CHECK_STR(v->state, "NotEvaluated");
    CHECK_STR(v->reason, "related-unknown");
    CHECK(!v->is_good && !v->is_bad);
    CHECK_INT(mp_worker_sentence(&sentence, m.worker, 0, "en", NULL), MP_OK);
    CHECK(mp_str_find_str(sentence, MP_S("diagnosticSettings")) != SIZE_MAX);

    request.knows_related = true;
    v = only_verdict(&m, &request);
    CHECK_STR(v->state, "NonCompliant");
    CHECK_STR(v->reason, "related-missing");

    mp_str around[] = { mp_str_from(settings) };
    request.related = around;
    request.related_count = 1;
    v = only_verdict(&m, &request);
    CHECK_STR(v->state, "Compliant");
    CHECK_STR(v->reason, "related-met");
    unmake(&m);
}

TEST(details_show_what_an_effect_would_do)
{
    struct made    m;
    const mp_json *details;
    mp_str         text;
    mp_engine_options options = { .with_details = true };
    CHECK_INT(make(&m, modify_policy, NULL, &options, NULL), MP_OK);
    mp_request request = { .resource = mp_str_from(open_account) };
    only_verdict(&m, &request);
    CHECK_INT(mp_worker_details(&details, m.worker, 0, NULL), MP_OK);
    const mp_json *changed = mp_json_get(details, MP_S("resource"));
    CHECK_INT(mp_worker_json_text(&text, m.worker, mp_json_get(changed, MP_S("tags")), NULL), MP_OK);
    CHECK_STR(text, "{\"owner\":\"nobody\"}");

    request.resource = mp_str_from(shut_account); /* has an owner */
    CHECK_STR(only_verdict(&m, &request)->state, "Compliant");
    CHECK_INT(mp_worker_details(&details, m.worker, 0, NULL), MP_OK);
    CHECK_INT(details->count, 0);
    unmake(&m);

    CHECK_INT(make(&m, modify_policy, NULL, NULL, NULL), MP_OK);
    only_verdict(&m, &(mp_request){ .resource = mp_str_from(open_account) });
    CHECK_INT(mp_worker_details(&details, m.worker, 0, NULL), MP_USAGE);
    unmake(&m);
}

TEST(findings_name_the_place)
{
    static const char bad[] = "{ \"name\": \"p\", \"policyRule\": {\n"
                              "  \"if\": { \"field\": \"type\", \"equal\": \"x\" },\n"
                              "  \"then\": { \"effect\": \"audit\" } } }";
    struct made m;
    mp_error    err;
    CHECK_INT(make(&m, bad, NULL, NULL, &err), MP_COMPILE);
    CHECK_INT(err.pos.line, 2);
    CHECK(mp_engine_finding_count(m.engine) >= 1);
    mp_engine_finding f = mp_engine_finding_at(m.engine, 0);
    CHECK(f.is_error);
    CHECK_STR(f.name, "judged.json");
    CHECK_INT(f.pos.line, 2);
    CHECK_STR(f.nearest, "equals");
    CHECK_STR(f.line, "  \"if\": { \"field\": \"type\", \"equal\": \"x\" },");
    unmake(&m);

    mp_engine_options options = { .despite_errors = true };
    CHECK_INT(make(&m, bad, NULL, &options, &err), MP_OK);
    CHECK_INT(mp_engine_policy_count(m.engine), 0);
    unmake(&m);
}

TEST(bad_resources_are_refused_with_their_place)
{
    struct made              m;
    mp_error                 err;
    const mp_engine_verdict *verdicts;
    size_t                   count;
    CHECK_INT(make(&m, policy, NULL, NULL, NULL), MP_OK);
    mp_request request = { .resource = MP_S("{\n \"id\": }") };
    CHECK_INT(mp_worker_decide(&verdicts, &count, m.worker, &request, &err), MP_SYNTAX);
    CHECK_INT(err.pos.line, 2);
    request.resource = MP_S("[]");
    CHECK_INT(mp_worker_decide(&verdicts, &count, m.worker, &request, &err), MP_FORMAT);
    request.resource = MP_S("");
    CHECK_INT(mp_worker_decide(&verdicts, &count, m.worker, &request, &err), MP_SYNTAX);
    request.resource = MP_S("{}"); /* of no type: nothing applies */
    CHECK_INT(mp_worker_decide(&verdicts, &count, m.worker, &request, &err), MP_OK);
    CHECK_INT(count, 0);
    mp_str sentence;
    CHECK_INT(mp_worker_sentence(&sentence, m.worker, 0, "en", &err), MP_USAGE);
    unmake(&m);
}

TEST(the_order_of_calls_is_kept)
{
    mp_engine *engine;
    mp_worker *worker;
    CHECK_INT(mp_engine_new(&engine, NULL), MP_OK);
    CHECK_INT(mp_worker_new(&worker, engine, NULL), MP_USAGE);
    CHECK_INT(mp_engine_compile(engine, NULL, NULL), MP_OK);
    CHECK_INT(mp_engine_compile(engine, NULL, NULL), MP_USAGE);
    CHECK_INT(mp_engine_add(engine, MP_S("x"), MP_S("{}"), MP_ENGINE_JUDGED, NULL), MP_USAGE);
    CHECK_INT(mp_worker_new(&worker, engine, NULL), MP_OK);
    mp_worker_free(worker);
    mp_engine_free(engine);
    mp_worker_free(NULL);
    mp_engine_free(NULL);
}

/* ---- short of memory ---- */

static mp_code whole_life(struct made *m, mp_error *err)
{
    const mp_engine_verdict   *verdicts;
    const mp_engine_condition *conditions;
    const mp_json             *details;
    size_t                     count, condition_count;
    mp_str                     text;
    mp_str                     around[] = { mp_str_from(settings) };
    mp_engine_options          options = { .with_details = true };
    MP_TRY(make(m, modify_policy, policy, &options, err));
    mp_request request = { .resource = mp_str_from(open_account), .related = around, .related_count = 1 };
    MP_TRY(mp_worker_decide(&verdicts, &count, m->worker, &request, err));
    CHECK_INT(count, 1);
    MP_TRY(mp_worker_conditions(&conditions, &condition_count, m->worker, 0, err));
    MP_TRY(mp_worker_sentence(&text, m->worker, 0, "en", err));
    MP_TRY(mp_worker_details(&details, m->worker, 0, err));
    return mp_worker_json_text(&text, m->worker, details, err);
}

static bool live(void *context)
{
    struct made m;
    mp_error    err = { .code = MP_OK };
    mp_code     code = whole_life(&m, &err);
    (void)context;
    unmake(&m);
    CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM));
    return code == MP_OK;
}

TEST(a_shortage_of_memory_is_survived_everywhere)
{
    fault_loop(live, NULL);
}

int main(void)
{
    return MAIN(RUN(a_policy_says_yes_or_no_and_why), RUN(conditions_tell_place_and_values),
                RUN(an_initiative_brings_groups), RUN(parameters_come_from_outside),
                RUN(what_stands_around_is_never_guessed), RUN(details_show_what_an_effect_would_do),
                RUN(findings_name_the_place), RUN(bad_resources_are_refused_with_their_place),
                RUN(the_order_of_calls_is_kept),
                RUN(a_shortage_of_memory_is_survived_everywhere));
}
