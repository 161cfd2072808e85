/* SPDX-License-Identifier: Apache-2.0 */
/* Transport, errors, headers: sections 1 to 3 of the contract. */
#include "arm_world.h"

static arm_world w;

TEST(who_asks)
{
    arm_start(&w);
    api_answer a = arm_get(&w, NULL, "S/resourcegroups");
    ARM_REFUSED(a, 401, "AuthenticationFailed");
    mp_str challenge = api_header(&a, "www-authenticate");
    char *wanted =
        api_printf(&w.api, "Bearer authorization_uri=\"https://arm.example:8443/%.*s\", error=\"invalid_token\"",
                   MP_FMT(w.api.init.tenant_id));
    CHECK(mp_str_starts(challenge, mp_str_from(wanted)));
    CHECK(mp_str_find_str(challenge, MP_S("claims")) == SIZE_MAX);
    api_client forged = { .token = MP_S("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.") };
    ARM_REFUSED(arm_get(&w, &forged, "S/resourcegroups"), 401, "InvalidAuthenticationToken");
    ARM_REFUSED(arm_get(&w, NULL, "/tenants"), 401, "AuthenticationFailed");
    WANT(arm_get(&w, &w.owner, "S/resourcegroups"), 200);
    arm_stop(&w);
}

TEST(api_versions)
{
    arm_start(&w);
    char *path = api_printf(&w.api, "/subscriptions/%s/resourcegroups", w.subscription);
    ARM_REFUSED(api_get(&w.api, &w.owner, path), 400, "MissingApiVersionParameter");
    static const char *const good[] = { "2019-11-01", "2030-01-01", "2021-04-01-preview" }, *const bad[] = {
        "latest", "2021-13-01", "2021-04-01x", ""
    };
    for (size_t i = 0; i < MP_COUNT(good); i++)
        WANT(api_get(&w.api, &w.owner, api_printf(&w.api, "%s?api-version=%s", path, good[i])), 200);
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        ARM_REFUSED(api_get(&w.api, &w.owner, api_printf(&w.api, "%s?api-version=%s", path, bad[i])), 400,
                    *bad[i] ? "InvalidApiVersionParameter" : "MissingApiVersionParameter");
    WANT(api_get(&w.api, &w.owner, api_printf(&w.api, "%s?API-Version=2021-04-01&unknown=1", path)), 200);
    arm_stop(&w);
}

TEST(headers_of_every_answer)
{
    static const char *const always[] = { "x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id",
                                          "cache-control" };
    arm_start(&w);
    const char *paths[] = { "S/resourcegroups", "S/resourcegroups/none", "S/nothing/here",
                            "/providers/Microsoft.None/x/y/z/a/b/c/d/e" };
    for (size_t i = 0; i < MP_COUNT(paths); i++) {
        api_answer a = arm_get(&w, &w.owner, "%s", paths[i]);
        for (size_t k = 0; k < MP_COUNT(always); k++)
            CHECK(api_header(&a, always[k]).len > 0);
        CHECK_STR(api_header(&a, "cache-control"), "no-cache");
    }
    api_answer a = api_ask(
        &w.api, &w.owner,
        &(api_request){ .method = MP_GET,
                        .path = arm_path(&w, "S/resourcegroups"),
                        .headers = { { "x-ms-correlation-request-id", "11111111-2222-4333-8444-555555555555" },
                                     { "x-ms-client-request-id", "mine" },
                                     { "x-ms-return-client-request-id", "true" } } });
    WANT(a, 200);
    CHECK_STR(api_header(&a, "x-ms-correlation-request-id"), "11111111-2222-4333-8444-555555555555");
    CHECK_STR(api_header(&a, "x-ms-client-request-id"), "mine");
    CHECK(api_header(&a, "x-ms-ratelimit-remaining-subscription-reads").len > 0);
    api_answer put = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourcegroups/g");
    WANT(put, 201);
    CHECK(api_header(&put, "x-ms-ratelimit-remaining-subscription-writes").len > 0);
    CHECK(!api_header(&put, "x-ms-client-request-id").len);
    arm_stop(&w);
}

TEST(paths_fold)
{
    arm_start(&w);
    arm_group(&w, "Group-One");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}",
                 "S/resourceGroups/GROUP-one/providers/microsoft.network//virtualNetworks/Net-1/"),
         201);
    static const char *const same[] = {
        "S/RESOURCEGROUPS/group-one/PROVIDERS/MICROSOFT.NETWORK/VIRTUALNETWORKS/net-1",
        "S//resourceGroups///Group-One/providers/Microsoft.Network/virtualNetworks/NET-1/",
        "S/resourceGroups/Group%%2DOne/providers/Microsoft.Network/virtualNetworks/Net-1"
    };
    for (size_t i = 0; i < MP_COUNT(same); i++) {
        api_answer a =
            i == 2 ? arm_get(&w, &w.owner,
                             "S/resourceGroups/Group%%2DOne/providers/Microsoft.Network/virtualNetworks/Net-1")
                   : arm_get(&w, &w.owner, "%s", same[i]);
        WANT(a, 200);
        CHECK_STR(arm_at(&a, "name"), "Net-1");
        CHECK_STR(arm_at(&a, "type"), "Microsoft.Network/virtualNetworks");
        CHECK(mp_str_ends(arm_at(&a, "id"),
                          MP_S("/resourceGroups/GROUP-one/providers/microsoft.network/virtualNetworks/Net-1")));
    }
    arm_stop(&w);
}

TEST(errors)
{
    arm_start(&w);
    arm_group(&w, "g");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":", "S/resourcegroups/h"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, "[]", "S/resourcegroups/h"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, NULL, "S/resourcegroups/h"), 400, "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, "{}", "S/resourcegroups/h"), 400, "LocationRequired");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"westus\",\"location\":\"x\"}", "S/resourcegroups/h"), 400,
                "InvalidRequestContent");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"westus\"}", "S/resourcegroups/g"), 409,
                "InvalidResourceGroupLocation");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resources?$filter=resourceType%%20eq"), 400, "InvalidFilterInQueryString");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resources?$filter=tagName%%20eq%%20'a'%%20or%%20name%%20eq%%20'b'"), 400,
                "InvalidFilterInQueryString");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resources?$skiptoken=nonsense"), 400, "InvalidSkipToken");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resources?$top=x"), 400, "InvalidTopInQueryString");
    ARM_REFUSED(arm_get(&w, &w.owner, "/subscriptions/none/resources"), 400, "InvalidSubscriptionId");
    ARM_REFUSED(arm_get(&w, &w.owner, "/subscriptions/99999999-2222-4333-8444-555555555555/resourcegroups"), 404,
                "SubscriptionNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "/subscriptions/99999999-2222-4333-8444-555555555555"), 404, "SubscriptionNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"location\":\"westus\"}",
                        "/subscriptions/99999999-2222-4333-8444-555555555555/resourcegroups/g"),
                404, "SubscriptionNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/none"), 404, "ResourceGroupNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/v"), 404,
                "ResourceGroupNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"), 404,
                "ResourceNotFound");
    ARM_REFUSED(arm_put(&w, &w.owner, "{}", "S/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/v"),
                404, "ResourceGroupNotFound");
    ARM_REFUSED(
        arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"),
        404, "ParentResourceNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/providers/Microsoft.Authorization/none/x"), 404, "InvalidResourceType");
    api_answer a = arm_send(&w, &w.owner, MP_PATCH, "{}", "S/providers/Microsoft.Authorization/locks/x");
    ARM_REFUSED(a, 405, "MethodNotAllowed");
    CHECK_STR(api_header(&a, "allow"), "GET, HEAD, PUT, DELETE");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_POST, "{}", "S/locations"), 405, "MethodNotAllowed");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PUT, "{}", "/subscriptions"), 405, "MethodNotAllowed");
    api_answer korean = api_ask(&w.api, &w.owner,
                                &(api_request){ .method = MP_GET,
                                                .path = arm_path(&w, "S/resourceGroups/none"),
                                                .headers = { { "Accept-Language", "ko" } } });
    WANT(korean, 404);
    CHECK_STR(arm_at(&korean, "error/message"), "리소스 그룹 'none'을 찾을 수 없습니다.");
    arm_stop(&w);
}

TEST(what_every_answer_leaves_in_the_log)
{
    arm_start(&w);
    mp_str     text;
    api_answer put = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourcegroups/Logged");
    WANT(put, 201);
    CHECK_INT(api_leaves_of(&w.api, put.id, &text), 1);
    CHECK(mp_str_find_str(text, MP_S("Microsoft.Resources/subscriptions/resourceGroups/write")) != SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S("/resourcegroups/logged")) != SIZE_MAX);
    api_answer read = arm_get(&w, &w.owner, "S/resourcegroups/Logged");
    WANT(read, 200);
    CHECK_INT(api_leaves_of(&w.api, read.id, &text), 0);
    arm_stop(&w);
}

/* The description of the own API is of that alone. */
TEST(the_description_of_the_own_api_stays)
{
    arm_start(&w);
    api_answer a = api_get(&w.api, NULL, "/api/v1/openapi.json");
    WANT(a, 200);
    CHECK(mp_str_find_str(a.body, MP_S("/api/v1/users")) != SIZE_MAX);
    CHECK(mp_str_find_str(a.body, MP_S("{rest")) == SIZE_MAX);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(the_description_of_the_own_api_stays), RUN(who_asks), RUN(api_versions),
                RUN(headers_of_every_answer), RUN(paths_fold), RUN(errors), RUN(what_every_answer_leaves_in_the_log));
}
