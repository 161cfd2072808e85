/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a path says, and however little memory there is: an answer in ARM's shape, or none that could be one. Requests without rights and without bodies: what is asked before anything else. */
#include "arm_world.h"

#include "arm.h"
#include "fault.h"

static arm_world w;

static const char *const paths[] = {
    "S", "S/resourcegroups/g", "S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s/providers/Microsoft.Authorization/locks/l", "S/providers/Microsoft.Compute",
    "/providers/Microsoft.Management/managementGroups/m/subscriptions/x", "/v1.0/users/x", "S/resources?$filter=name%20eq%20'x'&$top=3", "/subscriptions/none/x",
};

static bool asks(void *context)
{
    const char     *path = context;
    mp_arena        arena = MP_ARENA_INIT;
    mp_http_request request = { .method = MP_GET, .target = mp_str_from(path), .client = MP_S("192.0.2.1"), .is_local = true, .arena = &arena };
    mp_http_response response;
    mp_router_answer(w.api.app->router, &request, &response);
    bool is_whole = response.status < 500;
    CHECK(response.status >= 200 && response.status < 600);
    CHECK(response.status < 400 || mp_str_starts(response.body, MP_S("{\"error\":{\"code\":\"")));
    mp_arena_free(&arena);
    return is_whole;
}

TEST(memory_that_runs_out)
{
    arm_start(&w);
    arm_group(&w, "g");
    for (size_t i = 0; i < MP_COUNT(paths); i++)
        CHECK(fault_loop(asks, arm_path(&w, paths[i])) >= 2);
    arm_stop(&w);
}

/* ---- changes ---- */

#define AUTH "/providers/Microsoft.Authorization/"

static const char rule[] = "{\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"allOf\":[{\"field\":\"type\",\"equals\":\"Microsoft.Compute/disks\"},"
                           "{\"field\":\"tags['a']\",\"exists\":false}]},\"then\":{\"effect\":\"modify\",\"details\":{\"roleDefinitionIds\":[\"/providers/x\"],"
                           "\"operations\":[{\"operation\":\"add\",\"field\":\"tags['a']\",\"value\":\"[resourceGroup().location]\"}]}}}}}";
static const char deployment[] = "{\"properties\":{\"mode\":\"Incremental\",\"template\":{\"$schema\":\"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\","
                                 "\"contentVersion\":\"1.0.0.0\",\"resources\":[{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"t\"}]}}}";

/* Objects of policy, an assignment of what is made before it, a group, and what goes into it. */
static const char objects[] = "{\"location\":\"koreacentral\",\"properties\":{\"mode\":\"Incremental\",\"template\":{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":["
                              "{\"type\":\"Microsoft.Authorization/policyDefinitions\",\"apiVersion\":\"2021-06-01\",\"name\":\"o\",\"properties\":{\"mode\":\"All\",\"policyRule\":{\"if\":{\"field\":"
                              "\"type\",\"equals\":\"x\"},\"then\":{\"effect\":\"audit\"}}}},{\"type\":\"Microsoft.Authorization/policyAssignments\",\"apiVersion\":\"2022-06-01\",\"name\":\"o\","
                              "\"properties\":{\"policyDefinitionId\":\"[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','o')]\"}},"
                              "{\"type\":\"Microsoft.Resources/deployments\",\"apiVersion\":\"2021-04-01\",\"name\":\"n\",\"resourceGroup\":\"g\",\"properties\":{\"mode\":\"Incremental\",\"template\":"
                              "{\"$schema\":\"x\",\"contentVersion\":\"1.0.0.0\",\"resources\":[{\"type\":\"Microsoft.Compute/disks\",\"apiVersion\":\"2023-01-01\",\"name\":\"n\"}]}}}],"
                              "\"outputs\":{\"o\":{\"type\":\"string\",\"value\":\"[reference(subscriptionResourceId('Microsoft.Authorization/policyDefinitions','o'),'2021-06-01').mode]\"}}}}}";

typedef struct sent {
    mp_method   method;
    const char *path, *json;
    unsigned    good;
} sent;

static const sent changes[] = {
    { MP_PUT, "S/resourceGroups/g/providers/Microsoft.Compute/disks/d", "{\"location\":\"koreacentral\",\"properties\":{\"diskSizeGB\":5}}", 200 },
    { MP_PUT, "S" AUTH "policyDefinitions/p", rule, 201 },
    { MP_PUT, "S/resourceGroups/g/providers/Microsoft.Resources/deployments/x", deployment, 200 },
    { MP_POST, "S/resourceGroups/g/providers/Microsoft.Resources/deployments/x/whatIf", deployment, 200 },
    { MP_PUT, "S/providers/Microsoft.Resources/deployments/x", objects, 200 },
    { MP_PUT, "S/resourceGroups/g", "{\"location\":\"koreacentral\",\"tags\":{\"x\":\"y\"}}", 200 },
    { MP_PUT, "S/resourceGroups/g" AUTH "locks/l", "{\"properties\":{\"level\":\"CanNotDelete\"}}", 200 },
    { MP_PATCH, "S/resourceGroups/g/providers/Microsoft.Compute/disks/d/providers/Microsoft.Resources/tags/default", "{\"operation\":\"Merge\",\"properties\":{\"tags\":{\"b\":\"1\"}}}", 200 },
};

/* Once, with memory that fails. A deployment that was begun is told in its record, so its answer is good also where it ended badly. */
static bool changes_something(void *context)
{
    const sent     *s = context;
    mp_arena        arena = MP_ARENA_INIT;
    mp_pair         headers[] = { { MP_S("Content-Type"), MP_S("application/json") } };
    mp_http_request request = { .method = s->method, .target = mp_str_from(s->path), .headers = headers, .header_count = 1, .body = mp_str_from(s->json), .client = MP_S("192.0.2.1"),
                                .is_local = true, .arena = &arena };
    mp_http_response response;
    mp_router_answer(w.api.app->router, &request, &response);
    bool is_done = response.status == s->good;
    if (!is_done && response.status != 503)
        fail_msg("%s: %u %.*s", s->path, response.status, MP_FMT(response.body));
    CHECK(response.status < 400 || mp_str_starts(response.body, MP_S("{\"error\":{\"code\":\"")));
    mp_arena_free(&arena);
    return is_done;
}

TEST(memory_that_runs_out_while_something_changes)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, rule, "S" AUTH "policyDefinitions/p"), 201);
    WANT(arm_put(&w, &w.owner, api_printf(&w.api, "{\"location\":\"koreacentral\",\"identity\":{\"type\":\"SystemAssigned\"},\"properties\":{\"policyDefinitionId\":\"/subscriptions/%s" AUTH "policyDefinitions/p\"}}",
                                          w.subscription), "S" AUTH "policyAssignments/a"), 201);
    for (size_t i = 0; i < MP_COUNT(changes); i++) {
        sent s = changes[i];
        s.path = arm_path(&w, s.path);
        api_answer first = arm_send(&w, &w.owner, s.method, s.json, "%s", changes[i].path);
        CHECK(first.status == 200 || first.status == 201);
        CHECK(fault_loop(changes_something, &s) >= 10);
    }
    api_answer a = arm_get(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Compute/disks/d");
    CHECK_STR(arm_at(&a, "tags/a"), "koreacentral"); /* whatever failed: no policy was passed by */
    arm_stop(&w); /* the log verifies, and records are what it tells */
}

int main(void)
{
    return MAIN(RUN(memory_that_runs_out), RUN(memory_that_runs_out_while_something_changes));
}
