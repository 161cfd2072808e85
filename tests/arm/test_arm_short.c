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

int main(void)
{
    return MAIN(RUN(memory_that_runs_out));
}
