/* SPDX-License-Identifier: Apache-2.0 */
/* The register with the n-th allocation failing: an answer that says so or one that is right, and rows that came together
 * are there together. */
#include "api_short.h"

#include "assets.h"
#include "compliance.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_assets_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };

#define VM "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/"
#define ROWS                                                                                                         \
    "name,class,resource,confidentiality,integrity,availability\n"                                                   \
    "one,server," VM "vm1,3,2,1\n"                                                                                   \
    "two,server," VM "vm2,1,1,1\n"

static int64_t version_of(const mp_json *record)
{
    const mp_json *version = mp_json_get(record, MP_S("version"));
    return mp_json_is(version, MP_JSON_INT) ? version->u.integer : -1;
}

TEST(an_answer_or_a_refusal)
{
    static const api_sent all[] = {
        { MP_POST, "/api/v1/asset-register/import?dryRun=true", ROWS, 200 },
        { MP_POST, "/api/v1/asset-register/import", ROWS, 200 },
        { MP_POST, "/api/v1/asset-register/fill", "{\"dryRun\":true}", 200 },
        { MP_GET, "/api/v1/asset-findings", NULL, 200 },
        { MP_GET, "/api/v1/asset-register", NULL, 200 },
        { MP_GET, "/api/v1/asset-register?format=csv", NULL, 200 },
        { MP_GET, "/api/v1/assets", NULL, 200 },
    };
    api_world w;
    api_start_with(&w, sets, systems);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/inventory",
                  "{\"source\":\"file:test\",\"value\":[{\"id\":\"" VM "vm1\",\"name\":\"vm1\",\"type\":\"Microsoft.Compute/"
                  "virtualMachines\",\"location\":\"koreacentral\"}]}"),
         200);
    for (size_t i = 0; i < MP_COUNT(all); i++)
        api_short_of_memory(&w, &all[i], 40);
    api_answer list = api_get(&w, &local, "/api/v1/assets");
    WANT(list, 200);
    const mp_json *value = mp_json_get(list.json, MP_S("value"));
    CHECK_INT(value->count, 2);
    CHECK_INT(version_of(mp_json_at(value, 0)), version_of(mp_json_at(value, 1)));
    api_stop(&w);
}

int main(void)
{
    return MAIN(RUN(an_answer_or_a_refusal));
}
