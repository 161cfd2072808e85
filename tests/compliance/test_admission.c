/* SPDX-License-Identifier: Apache-2.0 */
/* What a Kubernetes cluster asks is decided by what is assigned where its objects are recorded; nothing is stored. */
#include "admission.h"

#include <stdio.h>

#include "cloud_place.h"
#include "compliance_world.h"
#include "ingest.h"

static world w;

#define AUTH "/providers/Microsoft.Authorization/"
#define SOURCE "collect:production"

#define POD(name_, image_, more_) \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" name_ "','namespace':'shop'" more_ "},'spec':{'containers':[{'name':'c','image':'" image_ "'}]}}"
#define REVIEW(operation_, object_) \
    "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u-1','operation':'" operation_ "','object':" object_ "}}"

static mp_code ask(const mp_json **response, bool *is_refused, const char *review)
{
    mp_admission asked = { .review = world_json(&w, review),
                           .source = MP_S(SOURCE),
                           .by = MP_S("cluster"),
                           .by_kind = MP_S("Application") };
    const mp_json *answer = NULL;
    w.err = (mp_error){ .code = MP_OK };
    mp_code code = mp_admission_decide(&answer, is_refused, w.c, &asked, &w.arena, &w.err);
    *response = code == MP_OK ? mp_json_get(answer, MP_S("response")) : NULL;
    if (code == MP_OK) {
        CHECK_STR(mp_json_str(mp_json_get(answer, MP_S("apiVersion"))), "admission.k8s.io/v1");
        CHECK_STR(mp_json_str(mp_json_get(answer, MP_S("kind"))), "AdmissionReview");
        CHECK_STR(mp_json_str(mp_json_get(*response, MP_S("uid"))), "u-1");
        CHECK_INT(mp_json_get(*response, MP_S("allowed"))->u.integer, !*is_refused);
    }
    return code;
}

static mp_code ingest_one(mp_tx *tx, void *arg, mp_error *err)
{
    mp_ingest_counts counts;
    mp_ingest        what = { .source = MP_S(SOURCE), .resources = arg };
    return mp_ingest_put(&counts, w.app, tx, &what, &w.arena, err);
}

/* A policy over pods, with one effect, assigned to the subscription of the cluster. */
static void assign(const char *name, const char *condition, const char *then)
{
    static const mp_leaf leaf = { .actor_kind = { "system", 6 },
                                  .action = { "Mapae.Test/write", 16 },
                                  .on = { "/", 1 },
                                  .outcome = MP_OUTCOME_DONE };
    char                 id[300], body[2000];
    mp_cloud_resource one = { .id = MP_S("/kubernetes/v1/Namespace/_/shop"),
                              .type = MP_S("v1/Namespace"),
                              .source = MP_S(SOURCE) };
    mp_cloud_place       place;
    const mp_json *space = world_json(
        &w,
        "[{'id':'/kubernetes/v1/Namespace/_/shop','type':'v1/Namespace','apiVersion':'v1','kind':'Namespace','metadata':{'name':'shop'}}]");
    CHECK_INT(mp_app_write_alone(w.app, &leaf, ingest_one, (void *)(uintptr_t)space, &w.err), MP_OK);
    CHECK_INT(mp_cloud_place_of(&place, &one, &w.arena, &w.err), MP_OK);
    snprintf(id, sizeof id, "/subscriptions/%.*s" AUTH "policyDefinitions/%s", MP_FMT(place.guid), name);
    snprintf(
        body, sizeof body,
        "{'properties':{'displayName':'About %s','mode':'All','policyRule':{'if':{'allOf':[{'field':'type','equals':'v1/Pod'},%s]},'then':%s}}}",
        name, condition, then);
    if (world_object(&w, MP_OBJECT_DEFINITION, id, body) != MP_OK)
        fail_msg("%s", w.err.message);
    snprintf(id, sizeof id, "/subscriptions/%.*s" AUTH "policyAssignments/%s", MP_FMT(place.guid), name);
    snprintf(body, sizeof body,
             "{'properties':{'policyDefinitionId':'/subscriptions/%.*s" AUTH "policyDefinitions/%s'}}",
             MP_FMT(place.guid), name);
    if (world_object(&w, MP_OBJECT_ASSIGNMENT, id, body) != MP_OK)
        fail_msg("%s", w.err.message);
}

static int start(void **state)
{
    (void)state;
    world_start(&w);
    assign(
        "registry",
        "{'count':{'field':'spec.containers[*]','where':{'field':'spec.containers[*].image','notLike':'registry.example/*'}},'greater':0}",
        "{'effect':'deny'}");
    assign("labels", "{'field':'tags[`team`]','exists':false}", "{'effect':'audit'}");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop(&w);
    return 0;
}

TEST(deny_refuses_with_its_reason)
{
    const mp_json *response;
    bool           is_refused;
    CHECK_INT(ask(&response, &is_refused, REVIEW("CREATE", POD("web", "docker.io/nginx", ",'labels':{'team':'a'}"))), MP_OK);
    CHECK(is_refused);
    const mp_json *status = mp_json_get(response, MP_S("status"));
    CHECK_INT(mp_json_get(status, MP_S("code"))->u.integer, 403);
    CHECK(mp_str_find_str(mp_json_str(mp_json_get(status, MP_S("message"))), MP_S("About registry")) != SIZE_MAX);
    CHECK_INT(
        ask(&response, &is_refused, REVIEW("UPDATE", POD("web", "registry.example/nginx", ",'labels':{'team':'a'}"))),
        MP_OK);
    CHECK(!is_refused && !mp_json_get(response, MP_S("status")) && !mp_json_get(response, MP_S("warnings")));
    /* two labels in Kubernetes */
    CHECK_INT(ask(&response, &is_refused,
                  REVIEW("CREATE", POD("web", "registry.example/nginx", ",'labels':{'team':'a','Team':'b'}"))),
              MP_OK);
    CHECK(!is_refused);
}

TEST(audit_warns)
{
    const mp_json *response;
    bool           is_refused;
    CHECK_INT(ask(&response, &is_refused, REVIEW("CREATE", POD("web", "registry.example/nginx", ""))), MP_OK);
    CHECK(!is_refused);
    const mp_json *warnings = mp_json_get(response, MP_S("warnings"));
    CHECK_INT(warnings->count, 1);
    CHECK_STR(mp_json_str(mp_json_at(warnings, 0)), "Mapae: against policy 'About labels' (assignment 'labels')");
}

TEST(nothing_is_stored)
{
    const mp_json *response;
    bool           is_refused;
    mp_ticks       before = (mp_ticks)mp_store_counted(w.app->store).commits;
    CHECK_INT(ask(&response, &is_refused, REVIEW("CREATE", POD("web", "registry.example/nginx", ""))), MP_OK);
    CHECK_INT(ask(&response, &is_refused, REVIEW("CREATE", POD("web", "docker.io/nginx", ""))), MP_OK);
    CHECK_INT((mp_ticks)mp_store_counted(w.app->store).commits, before);
}

TEST(what_has_no_object_is_let_through_and_what_is_no_review_is_refused)
{
    static const char *const wrong[] = {
        "{}",
        "{'apiVersion':'admission.k8s.io/v1beta1','kind':'AdmissionReview','request':{'uid':'u-1','operation':'CREATE'}}",
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'operation':'CREATE'}}",
        "{'apiVersion':'admission.k8s.io/v1','kind':'AdmissionReview','request':{'uid':'u-1','operation':'CREATE'}}",
        REVIEW("CREATE", "[]"),
        REVIEW("CREATE", "{'apiVersion':'v1','kind':'Pod'}"),
    };
    const mp_json *response;
    bool           is_refused;
    CHECK_INT(ask(&response, &is_refused, REVIEW("DELETE", "null")), MP_OK);
    CHECK(!is_refused);
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        CHECK_INT(ask(&response, &is_refused, wrong[i]), MP_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(deny_refuses_with_its_reason), cmocka_unit_test(audit_warns),
                                        cmocka_unit_test(nothing_is_stored),
                                        cmocka_unit_test(
                                            what_has_no_object_is_let_through_and_what_is_no_review_is_refused) };
    return cmocka_run_group_tests(tests, start, stop);
}
