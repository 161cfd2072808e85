/* SPDX-License-Identifier: Apache-2.0 */
/* Groups, resources of any type, tags, locks: sections 4, 6, 7, 8. */
#include "arm_world.h"

#include <stdio.h>

#include "arm.h"
#include "jsonw.h"

static arm_world w;

#define NET "providers/Microsoft.Network/virtualNetworks"

TEST(groups)
{
    arm_start(&w);
    api_answer made =
        arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"tags\":{\"Team\":\"A\"}}", "S/resourcegroups/One");
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "properties/provisioningState"), "Succeeded");
    CHECK_STR(arm_at(&made, "type"), "Microsoft.Resources/resourceGroups");
    CHECK_STR(arm_at(&made, "id"), api_printf(&w.api, "/subscriptions/%s/resourcegroups/One", w.subscription));
    CHECK(arm_at(&made, "systemData/createdBy").len == 36);
    CHECK_STR(arm_at(&made, "systemData/createdByType"), "Application");
    WANT(arm_put(&w, &w.owner, "{\"location\":\"Korea Central\",\"tags\":{\"Team\":\"B\"}}", "S/resourceGroups/one"), 200);
    WANT(arm_send(&w, &w.owner, MP_HEAD, NULL, "S/resourceGroups/ONE"), 204);
    WANT(arm_send(&w, &w.owner, MP_HEAD, NULL, "S/resourceGroups/two"), 404);
    api_answer patched = arm_send(&w, &w.owner, MP_PATCH, "{\"tags\":{\"x\":\"1\"}}", "S/resourceGroups/one");
    WANT(patched, 200);
    CHECK_STR(arm_at(&patched, "tags/x"), "1");
    CHECK_STR(arm_at(&patched, "tags/Team"), "B");
    arm_group(&w, "two");
    CHECK_STR(arm_names(&w, &w.owner, "S/resourcegroups", NULL), "One two");
    size_t pages;
    CHECK_STR(arm_names(&w, &w.owner, "S/resourcegroups?$top=1", &pages), "One two");
    CHECK(pages >= 2);
    CHECK_STR(
        arm_names(&w, &w.owner, "S/resourcegroups?$filter=tagName%20eq%20'TEAM'%20and%20tagValue%20eq%20'B'", NULL),
        "One");
    WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/one/" NET "/v"), 201);
    api_answer gone = arm_delete(&w, &w.owner, "S/resourceGroups/one");
    WANT(gone, 202);
    CHECK_STR(api_header(&gone, "retry-after"), "1");
    mp_str location = api_header(&gone, "location"), base = MP_S("https://arm.example:8443");
    CHECK(mp_str_starts(location, base));
    char *poll = api_printf(&w.api, "%.*s", MP_FMT(mp_str_skip(location, base.len)));
    WANT(api_get(&w.api, &w.owner, poll), 204);
    WANT(api_get(&w.api, &w.owner, poll), 204); /* it can be asked again */
    WANT(api_get(&w.api, NULL, poll), 401);
    api_client other;
    arm_program(&w, &other, "other", "Owner", "S");
    ARM_REFUSED(api_get(&w.api, &other, poll), 404, "OperationNotFound");
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/one/" NET "/v"), 404, "ResourceGroupNotFound");
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourceGroups/one"), 404, "ResourceGroupNotFound");
    arm_stop(&w);
}

TEST(resources)
{
    arm_start(&w);
    arm_group(&w, "g");
    api_answer made = arm_put(
        &w, &w.owner,
        "{\"location\":\"koreacentral\",\"tags\":{\"a\":\"1\"},\"properties\":{\"addressSpace\":{\"addressPrefixes\":[\"10.0.0.0/8\"]},\"Odd\":1.50}}",
        "S/resourceGroups/g/" NET "/v");
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "properties/addressSpace/addressPrefixes/0"), "10.0.0.0/8");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"addressPrefix\":\"10.1.0.0/16\"}}",
                 "S/resourceGroups/g/" NET "/v/subnets/s"),
         201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"x\":1}}",
                 "S/resourceGroups/g/" NET "/v/providers/Contoso.Things/Widgets/w"),
         201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"x\":1}}", "S/providers/Contoso.Things/widgets/top"), 201);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\",\"properties\":{}}", "S/resourceGroups/g/" NET "/v"), 200);
    api_answer patched = arm_send(&w, &w.owner, MP_PATCH, "{\"tags\":{\"b\":\"2\"},\"properties\":{\"y\":{\"z\":1}}}",
                                  "S/resourceGroups/g/" NET "/v");
    WANT(patched, 200);
    CHECK_STR(arm_at(&patched, "tags/b"), "2");
    CHECK_STR(arm_at(&patched, "location"), "koreacentral");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, "{}", "S/resourceGroups/g/" NET "/none"), 404, "ResourceNotFound");
    WANT(arm_send(&w, &w.owner, MP_HEAD, NULL, "S/resourceGroups/g/" NET "/v"), 204);
    WANT(arm_send(&w, &w.owner, MP_HEAD, NULL, "S/resourceGroups/g/" NET "/none"), 404);
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g/" NET, NULL), "v");
    CHECK_STR(arm_names(&w, &w.owner, "S/" NET, NULL), "v");
    CHECK_STR(arm_names(&w, &w.owner, "S/resourceGroups/g/" NET "/v/subnets", NULL), "s");
    CHECK_STR(arm_names(&w, &w.owner, "S/providers/contoso.things/WIDGETS", NULL), "top w");
    api_answer all = arm_get(&w, &w.owner, "S/resourceGroups/g/resources?$expand=createdTime,changedTime,provisioningState");
    WANT(all, 200);
    CHECK_INT(arm_count(&all), 2); /* not the subnet */
    CHECK(mp_json_get(mp_json_at(mp_json_get(all.json, MP_S("value")), 0), MP_S("properties")) == NULL);
    CHECK(arm_at(&all, "value/0/createdTime").len > 0 && arm_at(&all, "value/0/changedTime").len > 0);
    CHECK_STR(arm_at(&all, "value/0/provisioningState"), "Succeeded");
    CHECK_STR(
        arm_names(&w, &w.owner, "S/resources?$filter=resourceType%20eq%20'microsoft.network/VIRTUALnetworks'", NULL),
        "v");
    CHECK_STR(arm_names(&w, &w.owner, "S/resources?$filter=resourceGroup%20eq%20'G'%20and%20name%20eq%20'W'", NULL), "w");
    CHECK_STR(arm_names(&w, &w.owner, "S/resources?$filter=substringof('o',%20name)", NULL), "top");
    CHECK_STR(arm_names(&w, &w.owner, "S/resources?$filter=tagName%20eq%20'B'%20and%20tagValue%20eq%20'2'", NULL), "v");
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/" NET "/v"), 200);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/" NET "/v"), 204);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/g/" NET "/v/subnets/s"), 404, "ResourceNotFound");
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourceGroups/none/" NET "/v"), 404, "ResourceGroupNotFound");
    api_answer provider = arm_get(&w, &w.owner, "S/providers/Contoso.Things");
    WANT(provider, 200);
    CHECK_STR(arm_at(&provider, "namespace"), "Contoso.Things");
    CHECK_STR(arm_at(&provider, "resourceTypes/0/resourceType"), "widgets");
    CHECK(arm_at(&provider, "resourceTypes/0/apiVersions/0").len > 0);
    arm_stop(&w);
}

/* Two of these come between two pages. */
TEST(pages_while_others_write)
{
    arm_start(&w);
    arm_group(&w, "g");
    for (int i = 0; i < 30; i++)
        WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/stays%02d", i), 201);
    char  *next = arm_path(&w, "S/resources?$top=4");
    size_t seen[30] = { 0 };
    for (int round = 0; next; round++) {
        api_answer a = api_get(&w.api, &w.owner, next);
        WANT(a, 200);
        for (size_t i = 0; i < arm_count(&a); i++) {
            mp_str name = arm_at(&a, api_printf(&w.api, "value/%zu/name", i));
            if (mp_str_starts(name, MP_S("stays")))
                seen[(name.ptr[5] - '0') * 10 + name.ptr[6] - '0']++;
        }
        WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/a-new%02d", round), 201);
        WANT(arm_put(&w, &w.owner, "{\"tags\":{\"n\":\"1\"}}", "S/resourceGroups/g/" NET "/stays%02d",
                     (round * 11) % 30),
             200);
        mp_str link = arm_at(&a, "nextLink");
        size_t path = mp_str_find_str(link, MP_S("/subscriptions/"));
        next = path == SIZE_MAX ? NULL : api_printf(&w.api, "%.*s", MP_FMT(mp_str_skip(link, path)));
    }
    for (size_t i = 0; i < MP_COUNT(seen); i++)
        CHECK_INT(seen[i], 1);
    arm_stop(&w);
}

TEST(tags)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{\"tags\":{\"a\":\"1\",\"b\":\"2\"}}", "S/resourceGroups/g/" NET "/v"), 201);
    static const char *const on[] = { "S", "S/resourceGroups/g", "S/resourceGroups/g/" NET "/v" };
    for (size_t i = 0; i < MP_COUNT(on); i++) {
        char *path = api_printf(&w.api, "%s/providers/Microsoft.Resources/tags/default", on[i]);
        api_answer put = arm_put(&w, &w.owner, "{\"properties\":{\"tags\":{\"x\":\"1\",\"y\":\"2\"}}}", "%s", path);
        WANT(put, 200);
        CHECK_STR(arm_at(&put, "properties/tags/x"), "1");
        CHECK_STR(arm_at(&put, "name"), "default");
        api_answer merged =
            arm_send(&w, &w.owner, MP_PATCH,
                     "{\"operation\":\"Merge\",\"properties\":{\"tags\":{\"X\":\"3\",\"z\":\"4\"}}}", "%s", path);
        WANT(merged, 200);
        CHECK_STR(arm_at(&merged, "properties/tags/y"), "2");
        CHECK_INT(mp_json_get(mp_json_get(merged.json, MP_S("properties")), MP_S("tags"))->count, 3);
        api_answer removed = arm_send(
            &w, &w.owner, MP_PATCH,
            "{\"operation\":\"Delete\",\"properties\":{\"tags\":{\"y\":\"2\",\"z\":\"other\"}}}", "%s", path);
        WANT(removed, 200);
        CHECK_INT(mp_json_get(mp_json_get(removed.json, MP_S("properties")), MP_S("tags"))->count, 2);
        api_answer replaced =
            arm_send(&w, &w.owner, MP_PATCH, "{\"operation\":\"Replace\",\"properties\":{\"tags\":{\"only\":\"1\"}}}",
                     "%s", path);
        WANT(replaced, 200);
        api_answer got = arm_get(&w, &w.owner, "%s", path);
        CHECK_STR(arm_at(&got, "properties/tags/only"), "1");
        CHECK_INT(mp_json_get(mp_json_get(got.json, MP_S("properties")), MP_S("tags"))->count, 1);
        ARM_REFUSED(
            arm_send(&w, &w.owner, MP_PATCH, "{\"operation\":\"Turn\",\"properties\":{\"tags\":{}}}", "%s", path),
            400, "InvalidRequestContent");
        ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{}}", "%s", path), 400, "InvalidRequestContent");
        ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{\"tags\":{\"a\":1}}}", "%s", path), 400, "InvalidTagValue");
        WANT(arm_delete(&w, &w.owner, "%s", path), 200);
        got = arm_get(&w, &w.owner, "%s", path);
        CHECK_INT(mp_json_get(mp_json_get(got.json, MP_S("properties")), MP_S("tags"))->count, 0);
    }
    ARM_REFUSED(arm_get(&w, &w.owner, "S/resourceGroups/none/providers/Microsoft.Resources/tags/default"), 404,
                "ResourceGroupNotFound");
    arm_stop(&w);
}

TEST(locks)
{
    arm_start(&w);
    arm_group(&w, "g");
    WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/v"), 201);
    api_answer made = arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"cannotdelete\",\"notes\":\"keep\"}}",
                              "S/resourceGroups/g/" NET "/v/providers/Microsoft.Authorization/locks/One");
    WANT(made, 201);
    CHECK_STR(arm_at(&made, "properties/level"), "CanNotDelete");
    CHECK_STR(arm_at(&made, "properties/notes"), "keep");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"CanNotDelete\"}}",
                 "S/resourceGroups/g/" NET "/v/providers/Microsoft.Authorization/locks/one"),
         200);
    ARM_REFUSED(
        arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"Soft\"}}", "S/providers/Microsoft.Authorization/locks/x"),
        400, "InvalidLockLevel");
    WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/v"), 200);
    api_answer locked = arm_delete(&w, &w.owner, "S/resourceGroups/g");
    ARM_REFUSED(locked, 409, "ScopeLocked");
    CHECK(mp_str_find_str(arm_at(&locked, "error/message"), MP_S("cannot perform delete operation")) != SIZE_MAX);
    ARM_REFUSED(arm_delete(&w, &w.owner, "S/resourceGroups/g/" NET "/v"), 409, "ScopeLocked");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"level\":\"ReadOnly\"}}",
                 "S/resourceGroups/g/providers/Microsoft.Authorization/locks/two"),
         201);
    ARM_REFUSED(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/v"), 409, "ScopeLocked");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_PATCH, "{\"tags\":{}}", "S/resourceGroups/g"), 409, "ScopeLocked");
    ARM_REFUSED(arm_put(&w, &w.owner, "{\"properties\":{\"tags\":{}}}",
                        "S/resourceGroups/g/providers/Microsoft.Resources/tags/default"),
                409, "ScopeLocked");
    CHECK_STR(arm_names(&w, &w.owner, "S/providers/Microsoft.Authorization/locks", NULL), "two One");
    CHECK_STR(arm_names(&w, &w.owner, "S/providers/Microsoft.Authorization/locks?$filter=atScope()", NULL), "");
    CHECK_STR(
        arm_names(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Authorization/locks?$filter=atScope()", NULL),
        "two");
    WANT(arm_get(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Authorization/locks/TWO"), 200);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Authorization/locks/two"), 200);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/providers/Microsoft.Authorization/locks/two"), 204);
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g/" NET "/v/providers/Microsoft.Authorization/locks/one"), 200);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/providers/Microsoft.Authorization/locks/two"), 404, "LockNotFound");
    WANT(arm_delete(&w, &w.owner, "S/resourceGroups/g"), 202);
    arm_stop(&w);
}

TEST(rights)
{
    api_client reader, writer, inside, stranger;
    arm_start(&w);
    arm_group(&w, "g");
    arm_group(&w, "h");
    WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/g/" NET "/v"), 201);
    WANT(arm_put(&w, &w.owner, "{}", "S/resourceGroups/h/" NET "/w"), 201);
    arm_program(&w, &reader, "reader", "Reader", "S");
    arm_program(&w, &writer, "writer", "Contributor", "S/resourceGroups/h");
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/g");
    arm_program(&w, &stranger, "stranger", NULL, NULL);
    WANT(arm_get(&w, &reader, "S/resourceGroups/g/" NET "/v"), 200);
    api_answer refused = arm_put(&w, &reader, "{}", "S/resourceGroups/g/" NET "/v");
    ARM_REFUSED(refused, 403, "AuthorizationFailed");
    CHECK(
        mp_str_find_str(
            arm_at(&refused, "error/message"),
            MP_S(
                "does not have authorization to perform action 'Microsoft.Network/virtualNetworks/write' over scope '/subscriptions/")) !=
        SIZE_MAX);
    ARM_REFUSED(arm_delete(&w, &reader, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &reader, "{\"location\":\"koreacentral\"}", "S/resourceGroups/new"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &reader, "{\"properties\":{\"level\":\"ReadOnly\"}}",
                        "S/providers/Microsoft.Authorization/locks/x"),
                403, "AuthorizationFailed");
    ARM_REFUSED(
        arm_put(&w, &reader, "{\"properties\":{\"tags\":{}}}", "S/providers/Microsoft.Resources/tags/default"), 403,
        "AuthorizationFailed");
    WANT(arm_put(&w, &writer, "{}", "S/resourceGroups/h/" NET "/x"), 201);
    ARM_REFUSED(arm_put(&w, &writer, "{}", "S/resourceGroups/g/" NET "/x"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_put(&w, &writer, "{\"properties\":{\"level\":\"ReadOnly\"}}",
                        "S/resourceGroups/h/providers/Microsoft.Authorization/locks/x"),
                403, "AuthorizationFailed");
    CHECK_STR(arm_names(&w, &inside, "S/resources", NULL), "v");
    CHECK_STR(arm_names(&w, &inside, "S/resourcegroups", NULL), "g");
    CHECK_STR(arm_names(&w, &inside, "S/" NET, NULL), "v");
    CHECK_STR(arm_names(&w, &reader, "S/resources", NULL), "v w x");
    CHECK_STR(arm_names(&w, &stranger, "S/resources", NULL), "");
    /* like one that is there */
    CHECK_STR(arm_names(&w, &stranger, "/subscriptions/99999999-2222-4333-8444-555555555555/resources", NULL), "");
    ARM_REFUSED(arm_get(&w, &stranger, "S/resourceGroups/g"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &stranger, "S/resourceGroups/none"), 403, "AuthorizationFailed");
    ARM_REFUSED(arm_get(&w, &stranger, "S"), 403, "AuthorizationFailed");
    api_answer seen = arm_get(&w, &inside, "/subscriptions"), none = arm_get(&w, &stranger, "/subscriptions");
    CHECK_INT(arm_count(&seen), 1);
    CHECK_INT(arm_count(&none), 0);
    WANT(arm_get(&w, &inside, "S"), 200);
    arm_stop(&w);
}

/* ---- what is not done yet ---- */

typedef struct step {
    mp_str         id, by;
    const mp_json *result;
    bool           is_end;
} step;

static mp_code do_step(mp_tx *tx, void *arg, mp_error *err)
{
    const step *s = arg;
    mp_jsonw    j;
    if (s->is_end)
        return mp_arm_operation_end(tx, s->id, "Succeeded", s->result, NULL, err);
    mp_jsonw_init(&j, mp_tx_arena(tx));
    mp_jsonw_object(&j);
    const mp_pair members[] = { { MP_S("id"), s->id },
                                { MP_S("scope"), mp_str_from(w.subscription) },
                                { MP_S("by"), s->by },
                                { MP_S("status"), MP_S("InProgress") },
                                { MP_S("startTime"), MP_S("2026-01-31T09:00:00Z") } };
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        mp_jsonw_key(&j, members[i].name);
        mp_jsonw_str(&j, members[i].value);
    }
    mp_jsonw_end(&j);
    return mp_record_put(NULL, tx, &mp_arm_operation_kind, s->id, mp_jsonw_done(&j), MP_NO_VERSION, err);
}

TEST(polling)
{
    arm_start(&w);
    api_answer group = arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "S/resourceGroups/g");
    step       s = { .id = MP_S("11111111-2222-4333-8444-000000000009"), .by = arm_at(&group, "systemData/createdBy") };
    mp_error   err = { .code = MP_OK };
    CHECK_INT(mp_store_write(w.api.app->store, do_step, &s, &err), MP_OK);
    api_answer waits = arm_get(&w, &w.owner, "S/operationresults/%.*s", MP_FMT(s.id));
    WANT(waits, 202);
    CHECK_STR(api_header(&waits, "location"),
              api_printf(&w.api,
                         "https://arm.example:8443/subscriptions/%s/operationresults/%.*s?api-version=2021-04-01",
                         w.subscription, MP_FMT(s.id)));
    CHECK_STR(api_header(&waits, "retry-after"), "1");
    api_answer status = arm_get(&w, &w.owner, "S/operationstatuses/%.*s", MP_FMT(s.id));
    WANT(status, 200);
    CHECK_STR(arm_at(&status, "status"), "InProgress");
    CHECK_STR(arm_at(&status, "startTime"), "2026-01-31T09:00:00Z");
    s.is_end = true;
    s.result = group.json;
    CHECK_INT(mp_store_write(w.api.app->store, do_step, &s, &err), MP_OK);
    api_answer done = arm_get(&w, &w.owner, "S/operationresults/%.*s", MP_FMT(s.id));
    WANT(done, 200);
    CHECK_STR(arm_at(&done, "name"), "g");
    status = arm_get(&w, &w.owner, "S/operationstatuses/%.*s", MP_FMT(s.id));
    CHECK_STR(arm_at(&status, "status"), "Succeeded");
    CHECK(arm_at(&status, "endTime").len > 0);
    CHECK_INT(mp_app_tick(w.api.app, mp_clock_now() + MP_TICKS_PER_DAY / 2, &err), MP_OK);
    WANT(arm_get(&w, &w.owner, "S/operationresults/%.*s", MP_FMT(s.id)), 200);
    CHECK_INT(mp_app_tick(w.api.app, mp_clock_now() + 2 * MP_TICKS_PER_DAY, &err), MP_OK);
    ARM_REFUSED(arm_get(&w, &w.owner, "S/operationresults/%.*s", MP_FMT(s.id)), 404, "OperationNotFound");
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(polling), RUN(groups), RUN(resources), RUN(pages_while_others_write), RUN(tags), RUN(locks),
                RUN(rights));
}
