/* SPDX-License-Identifier: Apache-2.0 */
/* Our own routes about policies, the estate and its verdicts, with the n-th allocation failing: an answer that says
 * so or one that is right, nothing half stored, nothing lost; and afterwards everything is as it would be without. */
#include "arm_world.h"

#include <stdlib.h>

#include "compliance.h"
#include "fault.h"
#include "judging.h"
#include "remediation.h"

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK "S/resourceGroups/g/providers/Microsoft.Compute/disks/d"

/* "$S" stands for the subscription. */
static char *filled(const char *text)
{
    mp_buf b = MP_BUF_INIT;
    for (; *text; text++)
        if (text[0] == '$' && text[1] == 'S') {
            mp_buf_printf(&b, "/subscriptions/%s", w.subscription);
            text++;
        } else {
            mp_buf_add_c(&b, *text);
        }
    char *out = api_printf(&w.api, "%.*s", MP_FMT(mp_buf_str(&b)));
    mp_buf_free(&b);
    return out;
}

typedef struct sent {
    mp_method   method;
    const char *path, *json;
    unsigned    good;
} sent;

static bool is_good(void *context)
{
    const sent      *s = context;
    mp_arena         arena = MP_ARENA_INIT;
    mp_pair          headers[] = { { MP_S("Content-Type"), MP_S("application/json") } };
    mp_http_request request = { .method = s->method,
                                .target = mp_str_from(s->path),
                                .headers = headers,
                                .header_count = 1,
                                .body = mp_str_from(s->json ? s->json : ""),
                                .client = MP_S("192.0.2.1"),
                                .is_local = true,
                                .arena = &arena };
    mp_http_response response;
    mp_router_answer(w.api.app->router, &request, &response);
    bool is_done = response.status == s->good;
    if (!is_done && response.status != 503)
        fail_msg("%s: %u %.*s", s->path, response.status, MP_FMT(response.body));
    if (response.status >= 400 && mp_str_find_str(response.body, MP_S("\"code\":\"")) == SIZE_MAX)
        fail_msg("%s: %u %.*s", s->path, response.status, MP_FMT(response.body));
    mp_arena_free(&arena);
    return is_done;
}

static unsigned short_of_memory(const sent *what)
{
    sent s = { what->method, filled(what->path), what->json ? filled(what->json) : NULL, what->good };
    if (!is_good(&s)) /* whatever is made once is made */
        fail_msg("%s", s.path);
    return fault_loop(is_good, &s);
}

#define RULE(condition_, then_) "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"}," condition_ "]},\"then\":" then_ "}}}"
#define LARGE(limit_) RULE("{\"field\":\"Microsoft.Compute/disks/diskSizeGB\",\"greater\":" limit_ "}", "{\"effect\":\"audit\"}")
#define TAGGED "{\"policyAssignmentId\":\"$S" AUTH "policyAssignments/tag\",\"name\":\"r\"}"

static void prepare(void)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, LARGE("100"), "S" AUTH "policyDefinitions/large"), 201);
    WANT(arm_put(&w, &w.owner,
                 filled("{\"properties\":{\"policyDefinitionId\":\"$S" AUTH "policyDefinitions/large\"}}"),
                 "S" AUTH "policyAssignments/large"),
         201);
    WANT(
        arm_put(
            &w, &w.owner,
            RULE(
                "{\"field\":\"tags['a']\",\"exists\":false}",
                "{\"effect\":\"modify\",\"details\":{\"roleDefinitionIds\":[\"/providers/x\"],\"operations\":[{\"operation\":\"add\","
                "\"field\":\"tags['a']\",\"value\":\"b\"}]}}"),
            "S" AUTH "policyDefinitions/tag"),
        201);
    WANT(
        arm_put(
            &w, &w.owner,
            filled(
                "{\"location\":\"koreacentral\",\"properties\":{\"enforcementMode\":\"DoNotEnforce\",\"policyDefinitionId\":\"$S" AUTH
                "policyDefinitions/tag\"}}"),
            "S" AUTH "policyAssignments/tag"),
        201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":200}}", DISK), 201);
    WANT(arm_put(&w, &w.owner,
                 filled("{\"properties\":{\"policyAssignmentId\":\"$S" AUTH
                        "policyAssignments/large\",\"exemptionCategory\":\"Waiver\"}}"),
                 "S/resourceGroups/g" AUTH "policyExemptions/e"),
         201);
    WANT(arm_send(&w, &w.owner, MP_POST, NULL,
                  "S/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation"),
         200);
}

static const sent questions[] = {
    { MP_GET, "/api/v1/states?scope=$S&orderBy=resourceId&select=resourceId&filter=complianceState%20eq%20'Exempt'", NULL, 200 },
    { MP_GET, "/api/v1/states?apply=groupby((complianceState),aggregate($count%20as%20n))", NULL, 200 },
    { MP_GET, "/api/v1/states/summary", NULL, 200 },
    { MP_GET, "/api/v1/states/compare?from=2026-01-01T00:00:00Z", NULL, 200 },
    { MP_GET, "/api/v1/states/reason?text=true&assignment=$S" AUTH "policyAssignments/large&resource=$S/resourceGroups/g/providers/Microsoft.Compute/disks/d", NULL, 200 },
    { MP_GET, "/api/v1/states/exemptions", NULL, 200 },
    { MP_POST, "/api/v1/states/what-if", "{\"deleted\":[\"$S/resourceGroups/g" AUTH "policyExemptions/e\"],\"value\":[{\"id\":\"$S" AUTH "policyDefinitions/large\",\"properties\":{\"mode\":\"All\","
      "\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},\"then\":{\"effect\":\"audit\"}}}}]}", 200 },
    { MP_POST, "/api/v1/remediations/plan", TAGGED, 200 },
    { MP_GET, "/api/v1/inventory", NULL, 200 },
    { MP_GET, "/api/v1/policy-objects?kind=exemption", NULL, 200 },
    { MP_GET, "/api/v1/judging", NULL, 200 },
    { MP_POST, "/api/v1/admission/collect:x", "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\",\"operation\":\"CREATE\",\"object\":{\"apiVersion\":\"v1\","
      "\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}}}", 200 },
};

TEST(questions_when_memory_runs_out)
{
    prepare();
    for (size_t i = 0; i < MP_COUNT(questions); i++)
        CHECK(short_of_memory(&questions[i]) >= 3);
    arm_stop(&w);
}

static const sent changes[] = {
    { MP_POST, "/api/v1/aliases", "{\"types\":{\"Microsoft.Compute/disks\":{\"Microsoft.Compute/disks/diskSizeGB\":\"properties.diskSizeGB\"}}}", 200 },
    { MP_DELETE, "/api/v1/aliases", NULL, 200 },
    { MP_POST, "/api/v1/built-in-policies", "{\"value\":[{\"name\":\"b\",\"properties\":{\"policyType\":\"BuiltIn\",\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"a/b\"},"
      "\"then\":{\"effect\":\"audit\"}}}}]}", 200 },
    { MP_POST, "/api/v1/inventory", "{\"source\":\"file:x\",\"value\":[{\"id\":\"arn:aws:s3:::b\",\"type\":\"AWS::S3::Bucket\",\"name\":\"b\",\"properties\":{}}]}", 200 },
    { MP_POST, "/api/v1/judging", NULL, 201 },
    { MP_POST, "/api/v1/remediations", TAGGED, 201 },
};

/* Whatever was left undone is done; what is recorded is what a full scan says. */
static void check_all_is_right(void)
{
    mp_error err;
    mp_compliance *c = mp_compliance_of(w.api.app);
    CHECK_INT(mp_remedying_finish(c->remedying, &err), MP_OK);
    CHECK_INT(mp_judging_settle(c->judging, 60, &err), MP_OK);
    api_answer scan = api_send(&w.api, &w.owner, MP_POST, "/api/v1/judging", NULL);
    WANT(scan, 201);
    CHECK_STR(api_text(&scan, "stage"), "done");
    CHECK_INT(api_number(&scan, "mended"), 0);
}

/* What the round before left undone stands in the way of this one, as a conflict: it is finished first, with memory
 * as short. */
static bool finishes(void *context)
{
    mp_error       err;
    mp_compliance *c = mp_compliance_of(w.api.app);
    mp_code        code = mp_remedying_finish(c->remedying, &err);
    if (code == MP_OK)
        code = mp_judging_settle(c->judging, 60, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    return code == MP_OK && is_good(context);
}

TEST(changes_when_memory_runs_out)
{
    prepare();
    for (size_t i = 0; i < MP_COUNT(changes); i++) {
        sent s = { changes[i].method, filled(changes[i].path), changes[i].json ? filled(changes[i].json) : NULL,
                   changes[i].good };
        CHECK(is_good(&s));
        CHECK(fault_loop(finishes, &s) >= 10);
        check_all_is_right();
    }
    api_answer a = arm_get(&w, &w.owner, DISK);
    CHECK_STR(arm_at(&a, "tags/a"), "b");
    arm_stop(&w); /* the log verifies, and records are what it tells */
}

int main(void)
{
    return MAIN(RUN(questions_when_memory_runs_out), RUN(changes_when_memory_runs_out));
}
