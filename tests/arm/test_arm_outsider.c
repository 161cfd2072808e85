/* SPDX-License-Identifier: Apache-2.0 */
/* Who may read one group, or less, on our own routes about policies, the estate and its verdicts: nothing of what is
 * elsewhere is told, and nothing is begun there. */
#include "arm_world.h"

#include <stdlib.h>

static arm_world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define DISK(group_, name_) "S/resourceGroups/" group_ "/providers/Microsoft.Compute/disks/" name_
#define ROLE "11111111-2222-4333-8444-0000000000"

/* A program that may just this, at a scope of the subscription. `number`: two digits. */
static void with_actions(api_client *out, const char *number, const char *scope, const char *actions,
                         const char *not_actions)
{
    char *json = api_printf(
        &w.api,
        "{\"properties\":{\"roleName\":\"R%s\",\"permissions\":[{\"actions\":[%s],\"notActions\":[%s]}],\"assignableScopes\":[\"/subscriptions/%s\"]}}",
        number, actions, not_actions, w.subscription);
    WANT(arm_put(&w, &w.owner, json, "S" AUTH "roleDefinitions/" ROLE "%s", number), 201);
    mp_str id = arm_program(&w, out, api_printf(&w.api, "p%s", number), NULL, NULL);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"roleDefinitionId\":\"/subscriptions/%s" AUTH "roleDefinitions/" ROLE
                            "%s\",\"principalId\":\"%.*s\"}}",
                            w.subscription, number, MP_FMT(id)),
                 "%s" AUTH "roleAssignments/" ROLE "%s", scope, number),
         201);
}

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

static api_answer own(const api_client *client, mp_method method, const char *path, const char *json)
{
    return api_send(&w.api, client, method, filled(path), json ? filled(json) : NULL);
}

static bool says(const api_answer *a, const char *text) { return mp_str_find_str(a->body, mp_str_from(text)) != SIZE_MAX; }

/* A policy that wants disks to have a disk "twin" in their subscription, one that refuses large ones, one that mends
 * a tag; two groups with disks. */
static void prepare(void)
{
    arm_start(&w);
    arm_group(&w, "g");
    arm_group(&w, "h");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"t\":\"mine\"}}", DISK("g", "here")), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"t\":\"hidden\"}}", DISK("h", "elsewhere")), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"t\":\"concealed\"}}",
                 "S/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/veiled"),
         201);
    WANT(
        arm_put(
            &w, &w.owner,
            filled(
                "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},\"then\":{\"effect\":\"auditIfNotExists\","
                "\"details\":{\"type\":\"Microsoft.Network/virtualNetworks\",\"existenceScope\":\"Subscription\",\"existenceCondition\":{\"field\":\"tags['t']\","
                "\"equals\":\"concealed\"}}}}}}"),
            "S" AUTH "policyDefinitions/twin"),
        201);
    WANT(arm_put(&w, &w.owner,
                 filled("{\"properties\":{\"policyDefinitionId\":\"$S" AUTH "policyDefinitions/twin\"}}"),
                 "S" AUTH "policyAssignments/twin"),
         201);
    WANT(
        arm_put(
            &w, &w.owner,
            filled(
                "{\"properties\":{\"mode\":\"Indexed\",\"policyRule\":{\"if\":{\"field\":\"tags['team']\",\"exists\":false},\"then\":{\"effect\":\"modify\",\"details\":{"
                "\"roleDefinitionIds\":[\"/providers/x\"],\"operations\":[{\"operation\":\"add\",\"field\":\"tags['team']\",\"value\":\"a\"}]}}}}}"),
            "S" AUTH "policyDefinitions/tag"),
        201);
    WANT(
        arm_put(
            &w, &w.owner,
            filled(
                "{\"location\":\"koreacentral\",\"properties\":{\"enforcementMode\":\"DoNotEnforce\",\"policyDefinitionId\":"
                "\"$S" AUTH "policyDefinitions/tag\"}}"),
            "S" AUTH "policyAssignments/tag"),
        201);
    WANT(arm_send(&w, &w.owner, MP_POST, NULL,
                  "S/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation"),
         200);
}

#define REVIEW "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\",\"operation\":\"CREATE\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\"," \
               "\"metadata\":{\"name\":\"p\"}}}}"
#define TAG "{\"policyAssignmentId\":\"$S" AUTH "policyAssignments/tag\"}"
#define ALIASES "{\"types\":{\"A.B/c\":{\"A.B/c/d\":\"properties.d\"}}}"

/* What a reader of group g may not: a row each. */
static const struct {
    mp_method   method;
    const char *path, *json;
} refused[] = {
    { MP_GET, "/api/v1/states", NULL },
    { MP_GET, "/api/v1/states?scope=$S", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/h", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g2", NULL },
    { MP_GET, "/api/v1/states?scope=/providers/Microsoft.Management/managementGroups/x", NULL },
    { MP_GET, "/api/v1/states/summary?scope=$S", NULL },
    { MP_GET, "/api/v1/states/compare?from=2026-01-01T00:00:00Z", NULL },
    { MP_GET, "/api/v1/states/exemptions?scope=$S", NULL },
    { MP_GET, "/api/v1/states/reason?resource=$S/resourceGroups/h/providers/Microsoft.Compute/disks/elsewhere", NULL },
    { MP_GET, "/api/v1/states/reason?resource=", NULL },
    { MP_POST, "/api/v1/states/what-if", "{}" },
    { MP_POST, "/api/v1/states/what-if?scope=$S/resourceGroups/h", "{}" },
    { MP_GET, "/api/v1/inventory", NULL },
    { MP_GET, "/api/v1/inventory?scope=$S/resourceGroups/h", NULL },
    { MP_GET, "/api/v1/inventory/resource?id=$S/resourceGroups/h/providers/Microsoft.Compute/disks/elsewhere", NULL },
    { MP_GET, "/api/v1/inventory/history?id=$S/resourceGroups/h/providers/Microsoft.Compute/disks/elsewhere", NULL },
    { MP_GET, "/api/v1/policy-objects?kind=assignment&scope=$S", NULL },
    { MP_GET, "/api/v1/policy-objects/history?id=$S" AUTH "policyAssignments/twin", NULL },
    { MP_POST, "/api/v1/inventory", "{\"source\":\"file:x\",\"closed\":[\"x\"]}" },
    { MP_POST, "/api/v1/built-in-policies", "{\"value\":[]}" },
    { MP_POST, "/api/v1/aliases", ALIASES },
    { MP_GET, "/api/v1/aliases", NULL },
    { MP_DELETE, "/api/v1/aliases", NULL },
    { MP_POST, "/api/v1/admission/collect:x", REVIEW },
    { MP_GET, "/api/v1/judging", NULL },
    { MP_POST, "/api/v1/judging", NULL },
    { MP_POST, "/api/v1/judging?scope=$S/resourceGroups/g", NULL },
    { MP_DELETE, "/api/v1/judging", NULL },
    { MP_POST, "/api/v1/remediations", TAG },
    { MP_POST, "/api/v1/remediations", "{\"scope\":\"$S/resourceGroups/g\",\"policyAssignmentId\":\"$S" AUTH "policyAssignments/tag\"}" },
    { MP_POST, "/api/v1/remediations/plan", TAG },
    { MP_GET, "/api/v1/remediations", NULL },
    { MP_GET, "/api/v1/remediations?scope=$S", NULL },
    /* One scope for the right and another one for the answer. */
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g/..", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g/../h", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g%2F..%2Fh", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g%252F..%252Fh", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g%00", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/g%3Fx", NULL },
    { MP_GET, "/api/v1/states?scope=$S/resourceGroups/h&scope=$S/resourceGroups/g", NULL },
    { MP_GET, "/api/v1/states?scope=//", NULL },
    { MP_GET, "/api/v1/states?scope=%20", NULL },
    { MP_GET, "/api/v1/inventory/resource?id=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here/../../../../../h/providers/Microsoft.Compute/disks/elsewhere", NULL },
    { MP_GET, "/api/v1/inventory/resource?id=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here&id=$S/resourceGroups/h/providers/Microsoft.Compute/disks/elsewhere&x=1", NULL },
};

TEST(a_reader_of_one_group_stays_in_it)
{
    api_client inside, nobody = { .token = MP_S("") };
    prepare();
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    for (size_t i = 0; i < MP_COUNT(refused); i++) {
        api_answer a = own(&inside, refused[i].method, refused[i].path, refused[i].json);
        if (a.status < 400 || a.status >= 500 || says(&a, "hidden"))
            fail_msg("%s: %u %.*s", refused[i].path, a.status, MP_FMT(a.body));
        a = own(&nobody, refused[i].method, refused[i].path, refused[i].json);
        CHECK(a.status == 401 || a.status == 400 || a.status == 404);
    }
    /* What he may. */
    WANT(own(&inside, MP_GET, "/api/v1/states?scope=$S/resourceGroups/g", NULL), 200);
    WANT(own(&inside, MP_GET, "/api/v1/states?scope=$S/RESOURCEGROUPS/G", NULL), 200);
    WANT(own(&inside, MP_GET,
             "/api/v1/inventory/resource?id=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here", NULL),
         200);
    WANT(own(&inside, MP_GET, "/api/v1/states/compare?from=2026-01-01T00:00:00Z&scope=$S/resourceGroups/g", NULL), 200);
    arm_stop(&w);
}

/* A page that goes on behind what he was never shown. */
TEST(continuations_stay_in_their_scope)
{
    static const char *const lists[] = {
        "states?",    "states/compare?from=2026-01-01T00:00:00Z&", "states/exemptions?",
        "inventory?", "policy-objects?kind=assignment&",           "remediations?"
    };
    api_client inside;
    prepare();
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        api_answer whole = own(&w.owner, MP_GET, api_printf(&w.api, "/api/v1/%sscope=/&top=1", lists[i]), NULL);
        WANT(whole, 200);
        mp_str next = api_text(&whole, "next");
        if (!next.len)
            continue;
        mp_buf quoted = MP_BUF_INIT;
        for (size_t k = 0; k < next.len; k++)
            mp_buf_printf(&quoted, "%%%02X", (unsigned char)next.ptr[k]);
        api_answer a = own(&inside, MP_GET,
                           api_printf(&w.api, "/api/v1/%sscope=$S/resourceGroups/g&after=%.*s", lists[i],
                                      MP_FMT(mp_buf_str(&quoted))),
                           NULL);
        mp_buf_free(&quoted);
        CHECK(a.status == 200 || a.status == 400);
        CHECK(!says(&a, "/resourcegroups/h") && !says(&a, "/resourceGroups/h"));
    }
    arm_stop(&w);
}

/* The verdict of a disk rests on a network in a group that he does not see: the verdict is told, and nothing of the
 * network. */
TEST(reasons_tell_nothing_of_what_is_elsewhere)
{
    static const char path[] =
        "/api/v1/states/reason?text=true&resource=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here&assignment=$S" AUTH
        "policyAssignments/twin";
    static const char details[] = DISK(
        "g",
        "here") "/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults?$expand=PolicyEvaluationDetails&api-version=2019-10-01";
    api_client inside;
    prepare();
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    api_answer a = own(&w.owner, MP_GET, path, NULL);
    WANT(a, 200);
    CHECK(says(&a, "veiled") && !says(&a, "hasHidden"));
    a = own(&inside, MP_GET, path, NULL);
    WANT(a, 200);
    CHECK(says(&a, "\"state\":\"Compliant\"") && says(&a, "\"agrees\":true"));
    CHECK(!says(&a, "veiled") && !says(&a, "/resourceGroups/h") && says(&a, "\"hasHidden\":true") &&
          says(&a, "that you may not read"));
    a = arm_send(&w, &inside, MP_POST, NULL, "%s", details);
    WANT(a, 200);
    CHECK(!says(&a, "veiled") && !says(&a, "/resourceGroups/h"));
    arm_stop(&w);
}

/* What a role takes out of what it gives is not read another way. */
TEST(what_is_taken_out_is_taken_out_everywhere)
{
    api_client one;
    prepare();
    with_actions(&one, "01", "S", "\"*\"", "\"Microsoft.Compute/*/read\"");
    ARM_REFUSED(arm_get(&w, &one, DISK("g", "here")), 403, "AuthorizationFailed");
    WANT(own(&one, MP_GET, "/api/v1/inventory/resource?id=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here",
             NULL),
         403);
    WANT(own(&one, MP_GET, "/api/v1/inventory/history?id=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here",
             NULL),
         403);
    WANT(own(&one, MP_GET,
             "/api/v1/states/reason?resource=$S/resourceGroups/g/providers/Microsoft.Compute/disks/here", NULL),
         403);
    WANT(own(&one, MP_POST, "/api/v1/states/what-if?scope=$S", "{}"), 403);
    WANT(own(&one, MP_POST, "/api/v1/remediations/plan", TAG), 403);
    api_answer a = own(&one, MP_GET, "/api/v1/inventory?scope=$S", NULL);
    WANT(a, 200);
    CHECK(says(&a, "veiled") && !says(&a, "elsewhere"));
    WANT(own(&one, MP_GET,
             "/api/v1/inventory/resource?id=$S/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/veiled",
             NULL),
         200);
    arm_stop(&w);
}

/* A run is somebody's: who may remediate in one group neither sees, stops nor takes back one of another. */
TEST(remediations_of_others)
{
    api_client inside;
    prepare();
    with_actions(&inside, "01", "S/resourceGroups/g", "\"*\"", "");
    api_answer run =
        own(&w.owner, MP_POST, "/api/v1/remediations",
            "{\"scope\":\"$S/resourceGroups/h\",\"policyAssignmentId\":\"$S" AUTH "policyAssignments/tag\"}");
    WANT(run, 201);
    char *path = api_printf(&w.api, "/api/v1/remediations/%.*s", MP_FMT(api_text(&run, "run")));
    static const char *const verbs[] = { "", "/changes", "/cancel", "/undo" };
    for (size_t i = 0; i < MP_COUNT(verbs); i++)
        WANT(own(&inside, i < 2 ? MP_GET : MP_POST, api_printf(&w.api, "%s%s", path, verbs[i]), NULL), 403);
    /* In his own group with resources of another: none of those. */
    run = own(&inside, MP_POST, "/api/v1/remediations",
              "{\"scope\":\"$S/resourceGroups/g\",\"policyAssignmentId\":\"$S" AUTH "policyAssignments/tag\",\"resourceDiscoveryMode\":\"ReEvaluateCompliance\",\"filters\":{\"resourceIds\":["
              "\"$S/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/veiled\",\"$S/resourceGroups/g/../h/providers/Microsoft.Network/virtualNetworks/veiled\"]}}");
    WANT(run, 201);
    /* A name that would be another place. */
    static const char *const names[] = { "..", ".", "a%2Fb", "a?b", "a#b", "a\\\\b", "a/../b" };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        WANT(own(&inside, MP_POST, "/api/v1/remediations",
                 api_printf(&w.api,
                            "{\"name\":\"%s\",\"scope\":\"$S/resourceGroups/g\",\"policyAssignmentId\":\"$S" AUTH
                            "policyAssignments/tag\"}",
                            names[i])),
             400);
    api_answer tags = arm_get(&w, &w.owner, "S/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/veiled");
    CHECK(says(&tags, "\"team\""));  /* the owner's run; */
    tags = arm_get(&w, &w.owner, DISK("g", "here"));
    CHECK(!says(&tags, "\"team\"")); /* his own had none of his */
    arm_stop(&w);
}

/* What an identity may read is not shown to who plans with it: neither through expressions of its template, nor as
 * what would be changed. */
TEST(plans_show_what_one_may_see)
{
    api_client inside;
    prepare();
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    char *peeks = filled(
        "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},\"then\":{\"effect\":\"deployIfNotExists\",\"details\":{"
        "\"type\":\"Microsoft.Web/sites\",\"roleDefinitionIds\":[\"/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c\"],\"deployment\":{"
        "\"properties\":{\"mode\":\"incremental\",\"template\":{\"$schema\":\"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\"contentVersion\":"
        "\"1.0.0.0\",\"resources\":[{\"type\":\"Microsoft.Web/sites\",\"apiVersion\":\"2022-09-01\",\"name\":\"s\",\"location\":\"koreacentral\",\"tags\":{\"peeked\":"
        "\"[reference('$S/resourceGroups/h/providers/Microsoft.Network/virtualNetworks/veiled','2023-01-01','Full').tags.t]\"}}]}}}}}}}}");
    WANT(arm_put(&w, &w.owner, peeks, "S" AUTH "policyDefinitions/peek"), 201);
    api_answer made = arm_put(
        &w, &w.owner,
        filled(
            "{\"location\":\"koreacentral\",\"identity\":{\"type\":\"SystemAssigned\"},\"properties\":{\"policyDefinitionId\":\"$S" AUTH
            "policyDefinitions/peek\"}}"),
        "S" AUTH "policyAssignments/peek");
    WANT(made, 201);
    WANT(arm_put(&w, &w.owner,
                 api_printf(&w.api,
                            "{\"properties\":{\"roleDefinitionId\":\"/subscriptions/%s" AUTH
                            "roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c\",\"principalId\":\"%.*s\"}}",
                            w.subscription, MP_FMT(arm_at(&made, "identity/principalId"))),
                 "S" AUTH "roleAssignments/" ROLE "99"),
         201);
    static const char order[] = "{\"scope\":\"$S/resourceGroups/g\",\"policyAssignmentId\":\"$S" AUTH
                                "policyAssignments/peek\",\"resourceDiscoveryMode\":\"ReEvaluateCompliance\"}";
    api_answer a = own(&w.owner, MP_POST, "/api/v1/remediations/plan", order);
    WANT(a, 200);
    CHECK(says(&a, "concealed"));
    a = own(&inside, MP_POST, "/api/v1/remediations/plan", order);
    WANT(a, 200);
    CHECK(says(&a, "/disks/here") && !says(&a, "concealed"));
    arm_stop(&w);
}

/* ---- bodies ---- */

static char *repeated(const char *before, const char *one, size_t count, const char *after)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_z(&b, before);
    for (size_t i = 0; i < count; i++)
        mp_buf_add_z(&b, one);
    mp_buf_add_z(&b, after);
    mp_str out = mp_arena_dup(&w.api.arena, mp_buf_str(&b));
    mp_buf_free(&b);
    CHECK(out.ptr != NULL);
    return (char *)(uintptr_t)out.ptr;
}

#define LONG(...) (char *)(uintptr_t)mp_arena_printf(&w.api.arena, __VA_ARGS__).ptr /* of any length */

static api_answer posted(const char *path, const char *json) { return api_send(&w.api, &w.owner, MP_POST, path, json); }

/* As deep as JSON is taken, and one deeper: an answer, and the installation can still be asked and opened. */
TEST(bodies_that_are_deep_or_many)
{
    prepare();
    for (size_t depth = 20; depth <= 66; depth += depth < 58 ? 19 : 1) {
        char *nested = repeated(repeated("", "[", depth, ""), "", 0, repeated("1", "]", depth, "}"));
        api_answer answers[] = {
            posted(
                "/api/v1/admission/collect:x",
                LONG(
                    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\",\"operation\":\"CREATE\",\"object\":"
                    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"x\":%s}}",
                    nested)),
            posted(
                "/api/v1/aliases",
                api_printf(&w.api, "{\"types\":{\"A.B/c\":{\"A.B/c/d\":{\"defaultPath\":\"p\",\"x\":%s}}}", nested)),
            posted(
                "/api/v1/aliases",
                api_printf(
                    &w.api,
                    "{\"value\":[{\"namespace\":\"A.B\",\"resourceTypes\":[{\"resourceType\":\"c\",\"aliases\":[{\"name\":\"A.B/c/d\",\"defaultPath\":\"p\",\"x\":%s]}]}]}",
                    nested)),
            posted(
                "/api/v1/inventory",
                api_printf(
                    &w.api,
                    "{\"source\":\"file:x\",\"value\":[{\"id\":\"arn:aws:s3:::b\",\"type\":\"AWS::S3::Bucket\",\"x\":%s]}",
                    nested)),
            posted(
                "/api/v1/built-in-policies",
                api_printf(
                    &w.api,
                    "{\"value\":[{\"name\":\"deep\",\"properties\":{\"policyType\":\"BuiltIn\",\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":\"type\","
                    "\"equals\":\"a/b\"},\"then\":{\"effect\":\"audit\"}},\"metadata\":{\"x\":%s}}]}",
                    nested)),
            posted("/api/v1/states/what-if", api_printf(&w.api,
                                                        "{\"parameters\":[{\"assignment\":\"/subscriptions/%s" AUTH
                                                        "policyAssignments/twin\",\"values\":{\"x\":%s}]}",
                                                        w.subscription, nested)),
        };
        for (size_t i = 0; i < MP_COUNT(answers); i++)
            if (answers[i].status >= 500)
                fail_msg("%zu deep, %zu: %u %.*s", depth, i, answers[i].status, MP_FMT(answers[i].body));
        WANT(arm_send(&w, &w.owner, MP_POST, NULL,
                      "S/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation"),
             200);
    }
    /* More than anybody asks for. */
    char *filters = repeated("complianceState%20eq%20'a'", "%20or%20a%20eq%20'b'", 180, ""),
         *brackets = repeated("", "(", 2000, "");
    CHECK_INT(api_get(&w.api, &w.owner, LONG("/api/v1/states?filter=%s", filters)).status / 100, 4);
    CHECK_INT(api_get(&w.api, &w.owner, LONG("/api/v1/states?filter=%s", brackets)).status / 100, 4);
    CHECK_INT(api_get(&w.api, &w.owner, repeated("/api/v1/states?filter=not", "%20not", 660, "%20true")).status / 100, 4);
    CHECK_INT(
        api_get(&w.api, &w.owner, repeated("/api/v1/states?apply=", "filter(a%20eq%201)/", 200, "filter(a%20eq%201)"))
                .status /
            100,
        4);
    CHECK_INT(api_get(&w.api, &w.owner,
                      repeated("/api/v1/states?apply=", "groupby((resourceId))/", 180, "groupby((resourceId))"))
                      .status /
                  100,
              4);
    api_answer names =
        posted("/api/v1/remediations/plan", LONG("{\"policyAssignmentId\":\"/subscriptions/%s" AUTH
                                                 "policyAssignments/tag\",\"filters\":{\"resourceIds\":[%s]}}",
                                                 w.subscription, repeated("\"a\"", ",\"a\"", 10000, "")));
    WANT(names, 400);
    api_reopen(&w.api);
    WANT(api_get(&w.api, &w.owner, "/api/v1/judging"), 200);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", DISK("g", "after")), 201);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(a_reader_of_one_group_stays_in_it), RUN(continuations_stay_in_their_scope),
                RUN(reasons_tell_nothing_of_what_is_elsewhere), RUN(what_is_taken_out_is_taken_out_everywhere),
                RUN(remediations_of_others), RUN(plans_show_what_one_may_see), RUN(bodies_that_are_deep_or_many));
}
