/* SPDX-License-Identifier: Apache-2.0 */
/* The deployments of all deployIfNotExists definitions of the public corpus, where it is at hand (MAPAE_CORPUS): each
 * is worked out in a preview, with parameters made up from their names and types, into resources that have ids.
 * Those that are not, and why, are listed in `refused`; nothing else may fail. */
#include "deployment.h"

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "source.h"
#include "test.h"

#define MOST_PARTS 5 /* of a resource's name */
#define SUBSCRIPTION "/subscriptions/11111111-2222-3333-4444-555555555555"
#define GROUP SUBSCRIPTION "/resourceGroups/group1"

/* What Resource Manager refuses too. */
static const struct {
    const char *file, *why;
} refused[] = {
    { "FlexibleServers_LogRetentionDays_DINE.json", "there is no type \"Integer\"" },
    { "VirtualNetwork_Flowlog_TrafficAnalytics_Centralized_DINE.json", "there is no function \"field\"" },
};

static struct {
    mp_arena     arena;
    const char **names;
    size_t       count;
} corpus;

static int set_up(void **state)
{
    (void)state;
    char        path[1024];
    const char *folder = getenv("MAPAE_CORPUS");
    snprintf(path, sizeof path, "%s/azure-policy/README.md", folder ? folder : ".");
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    fclose(f);
    snprintf(path, sizeof path, "%s/azure-policy/policyDefinitions", folder ? folder : ".");
    CHECK(mp_source_list(&corpus.names, &corpus.count, path, NULL, NULL, &corpus.arena, NULL) == MP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mp_arena_free(&corpus.arena);
    return 0;
}

/* ---- parameters ---- */

static mp_str text_of(const mp_json *v, const char *name)
{
    const mp_json *found = mp_json_get_fold(v, mp_str_from(name));
    return mp_json_is(found, MP_JSON_STRING) ? mp_json_str(found) : MP_S("");
}

static bool contains(mp_str name, const char *part) { return mp_str_find_fold(name, mp_str_from(part)) != SIZE_MAX; }

/* How parameters are made up; what does not fit is tried in another way. */
typedef struct manner {
    unsigned parts;   /* of a name: "name1/name2" */
    bool     all_names; /* no ids but where the name says so */
} manner;

static void add_text(mp_buf *b, mp_str name, manner how)
{
    bool is_id = contains(name, "resourceId") || contains(name, "subnetId") || contains(name, "serverId") ||
                 contains(name, "scope") || contains(name, "fullResourceName") || contains(name, "AccountId");
    bool may_be_id = mp_str_ends_fold(name, MP_S("id")) || contains(name, "workspace") || contains(name, "analytics") ||
                     contains(name, "rule") || contains(name, "storage") || contains(name, "resource");
    bool is_group = contains(name, "resourceGroup") && !mp_str_ends_fold(name, MP_S("id"));
    bool is_count = contains(name, "days") || (mp_str_ends_fold(name, MP_S("count")) && !contains(name, "account"));
    bool is_name = mp_str_ends_fold(name, MP_S("name")) && !is_id;
    if (is_group) {
        mp_buf_add_z(b, "\"group2\"");
    } else if (contains(name, "subscription") && mp_str_ends_fold(name, MP_S("id"))) {
        mp_buf_add_z(b, "\"11111111-2222-3333-4444-555555555555\"");
    } else if (contains(name, "eventHub")) {
        mp_buf_add_z(b, "\"" GROUP "/providers/Microsoft.EventHub/namespaces/n/eventhubs/e/authorizationRules/r\"");
    } else if (contains(name, "location") || contains(name, "region")) {
        mp_buf_add_z(b, "\"eastus\"");
    } else if (is_count) {
        mp_buf_add_z(b, "\"7\"");
    } else if (contains(name, "date") || contains(name, "time")) {
        mp_buf_add_z(b, "\"2026-01-31T09:00:00Z\"");
    } else if (contains(name, "TypesToAssociate")) {
        mp_buf_add_z(b, "\"Microsoft.Compute/virtualMachines\"");
    } else if (!is_name && (is_id || (may_be_id && !how.all_names))) {
        mp_buf_add_z(b, "\"" GROUP "/providers/Microsoft.Network/virtualNetworks/net1/subnets/default\"");
    } else {
        mp_buf_add_c(b, '"');
        for (unsigned i = 0; i < how.parts; i++)
            mp_buf_printf(b, "%sname%u", i ? "/" : "", i + 1);
        mp_buf_add_c(b, '"');
    }
}

static void add_made_up(mp_buf *b, mp_str name, const mp_json *declaration, manner how)
{
    mp_str         type = text_of(declaration, "type");
    const mp_json *allowed = mp_json_get_fold(declaration, MP_S("allowedValues"));
    if (mp_json_is(allowed, MP_JSON_ARRAY) && allowed->count)
        mp_buf_add_json(b, mp_json_first(allowed));
    else if (mp_str_eq_fold(type, MP_S("int")))
        mp_buf_add_z(b, "1");
    else if (mp_str_eq_fold(type, MP_S("bool")))
        mp_buf_add_z(b, "true");
    else if (mp_str_eq_fold(type, MP_S("array")))
        mp_buf_add_z(b, "[\"eastus\"]");
    else if (mp_str_eq_fold(type, MP_S("object")) || mp_str_eq_fold(type, MP_S("secureObject")))
        mp_buf_add_z(b, "{\"properties\":{}}");
    else
        add_text(b, name, how);
}

/* What the policy itself would pass where it passes on one of its parameters: the default, or the first that is
 * allowed. */
static bool add_policys(mp_buf *b, mp_str given, const mp_json *policy_parameters, mp_str type)
{
    mp_str prefix = MP_S("[parameters('");
    if (!mp_str_starts(given, prefix) || !mp_str_ends(given, MP_S("')]")))
        return false;
    mp_str         name = mp_str_of(given.ptr + prefix.len, given.len - prefix.len - 3);
    const mp_json *declared = mp_json_get_fold(policy_parameters, name);
    const mp_json *v = mp_json_get_fold(declared, MP_S("defaultValue"));
    const mp_json *allowed = mp_json_get_fold(declared, MP_S("allowedValues"));
    bool           wants_array = mp_str_eq_fold(type, MP_S("array"));
    bool           is_first = !v || (v->kind == MP_JSON_STRING && v->count == 0);
    if (is_first)
        v = mp_json_is(allowed, MP_JSON_ARRAY) && allowed->count ? mp_json_first(allowed) : NULL;
    if (!v)
        return false;
    bool wraps = wants_array && v->kind != MP_JSON_ARRAY;
    mp_buf_add_z(b, wraps ? "[" : "");
    mp_buf_add_json(b, v);
    mp_buf_add_z(b, wraps ? "]" : "");
    return true;
}

static void make_parameters(mp_buf *b, const mp_json *deployment, const mp_json *policy_parameters, manner how)
{
    const mp_json *all = mp_json_get_fold(mp_json_get_fold(deployment, MP_S("template")), MP_S("parameters"));
    const mp_json *passed = mp_json_get_fold(deployment, MP_S("parameters"));
    mp_buf_add_c(b, '{');
    if (mp_json_is(all, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, all)) {
            const mp_json *given = mp_json_get_fold(passed, mp_json_str(key));
            if (!given && mp_json_get_fold(key + 1, MP_S("defaultValue")))
                continue;
            mp_buf_add_z(b, b->len > 1 ? "," : "");
            mp_buf_add_json_str(b, mp_json_str(key));
            mp_buf_add_z(b, ":{\"value\":");
            if (!add_policys(b, text_of(given, "value"), policy_parameters, text_of(key + 1, "type")))
                add_made_up(b, mp_json_str(key), key + 1, how);
            mp_buf_add_c(b, '}');
        }
    mp_buf_add_c(b, '}');
}

/* ---- working out ---- */

static struct {
    unsigned templates, whole, unknown, resources, refused, deployed, asking;
} seen;

static const mp_json *group_document(void)
{
    static const mp_json nodes[] = {
        { MP_JSON_OBJECT, 3, { .span = 7 } },
        { MP_JSON_STRING, 2, { .text = "id" } }, { MP_JSON_STRING, sizeof(GROUP) - 1, { .text = GROUP } },
        { MP_JSON_STRING, 4, { .text = "name" } }, { MP_JSON_STRING, 6, { .text = "group1" } },
        { MP_JSON_STRING, 8, { .text = "location" } }, { MP_JSON_STRING, 6, { .text = "eastus" } },
    };
    return nodes;
}

/* How many resources came of it, and whether some of them cannot be worked out in a preview. */
typedef struct outcome {
    unsigned resources, unknown;
} outcome;

static mp_code run(outcome *out, const mp_json *template_json, const mp_json *parameters, bool is_subscription,
                   bool is_preview, mp_error *err)
{
    mp_deployment                *d = NULL;
    const mp_deployment_resource *r;
    const mp_json                *outputs;
    mp_deployment_context context = { .scope = is_subscription ? MP_S(SUBSCRIPTION) : MP_S(GROUP),
                                      .name = MP_S("PolicyDeployment_1"), .now = MP_TICKS_PER_DAY * 739000,
                                      .seed = MP_S("1"), .is_preview = is_preview,
                                      .resource_group = group_document(), .tenant = group_document() };
    context.location = is_subscription ? MP_S("eastus") : MP_S("");
    MP_TRY(mp_deployment_new(&d, template_json, parameters, &context, err));
    mp_code code;
    while ((code = mp_deployment_next(&r, d, err)) == MP_OK && r) {
        CHECK(mp_str_starts(r->id, MP_S("/")) && r->body && r->type.len && r->name.len);
        out->resources++;
        out->unknown += r->is_unknown;
        if (r->is_unknown && getenv("MAPAE_VERBOSE"))
            print_message("%.*s: %.*s\n", MP_FMT(r->pointer), MP_FMT(r->why));
    }
    CHECK(code != MP_OK || mp_deployment_outputs(&outputs, d, NULL) == MP_OK);
    mp_deployment_free(d);
    return code;
}

/* For real nothing else exists here: what asks for something that does is answered so. */
static void deploy(const mp_json *template_json, const mp_json *parameters, bool is_subscription, unsigned resources)
{
    outcome  found = { 0 };
    mp_error err = { 0 };
    mp_code  code = run(&found, template_json, parameters, is_subscription, false, &err);
    mp_str   why = mp_str_from(err.message);
    if (code == MP_OK) {
        CHECK_INT(found.resources, resources);
        seen.deployed++;
    } else if (mp_str_find_str(why, MP_S("does not exist")) != SIZE_MAX ||
               mp_str_find_str(why, MP_S("cannot be answered")) != SIZE_MAX ||
               mp_str_find_str(why, MP_S("\"tenantId\"")) != SIZE_MAX) {
        seen.asking++;
    } else {
        print_error("deployed: %s\n", err.message);
    }
}

static mp_code work_out(const mp_json *template_json, const mp_json *parameters, bool is_subscription, mp_error *err)
{
    outcome found = { 0 };
    MP_TRY(run(&found, template_json, parameters, is_subscription, true, err));
    seen.resources += found.resources;
    seen.unknown += found.unknown > 0;
    seen.whole += found.unknown == 0;
    deploy(template_json, parameters, is_subscription, found.resources);
    return MP_OK;
}

static void check_refused(const char *path, const mp_error *err)
{
    for (size_t i = 0; i < MP_COUNT(refused); i++)
        if (mp_str_ends(mp_str_from(path), mp_str_from(refused[i].file)) &&
            mp_str_find_str(mp_str_from(err->message), mp_str_from(refused[i].why)) != SIZE_MAX) {
            seen.refused++;
            return;
        }
    print_error("%s: %s: %s\n", path, mp_code_name(err->code), err->message);
}

/* Until one manner of making parameters up fits. */
static mp_code work_out_somehow(const mp_json *details, const mp_json *policy_parameters, mp_error *err)
{
    const mp_json *deployment = mp_json_get_fold(mp_json_get_fold(details, MP_S("deployment")), MP_S("properties"));
    bool    is_subscription = mp_str_eq_fold(text_of(details, "deploymentScope"), MP_S("subscription"));
    mp_code code = MP_COMPILE;
    for (unsigned i = 0; i < 2 * MOST_PARTS && code != MP_OK; i++) {
        mp_json_doc   *made = NULL;
        const mp_json *parameters;
        mp_buf         b = MP_BUF_INIT;
        mp_error       mine = { 0 };
        CHECK(mp_json_doc_new(&made, NULL) == MP_OK);
        make_parameters(&b, deployment, policy_parameters, (manner){ i / 2 + 1, i % 2 });
        CHECK(mp_json_read(made, &parameters, mp_buf_str(&b), NULL, NULL, NULL) == MP_OK);
        code = work_out(mp_json_get_fold(deployment, MP_S("template")), parameters, is_subscription, &mine);
        *err = code != MP_OK && i <= 1 ? mine : *err; /* the most likely manner but for ids */
        mp_buf_free(&b);
        mp_json_doc_free(made);
    }
    return code;
}

static void work_out_file(const char *path)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_str         text;
    mp_arena       arena = MP_ARENA_INIT;
    mp_error       err = { 0 };
    CHECK(mp_source_slurp(&text, path, 0, &arena, &err) == MP_OK);
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, text, NULL, NULL, &err) == MP_OK);
    const mp_json *properties = mp_json_get_fold(root, MP_S("properties"));
    properties = properties ? properties : root;
    const mp_json *rule = mp_json_get_fold(properties, MP_S("policyRule"));
    const mp_json *details = mp_json_get_fold(mp_json_get_fold(rule, MP_S("then")), MP_S("details"));
    if (mp_json_get_fold(details, MP_S("deployment"))) {
        seen.templates++;
        if (work_out_somehow(details, mp_json_get_fold(properties, MP_S("parameters")), &err) != MP_OK)
            check_refused(path, &err);
    }
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

TEST(every_deployment_is_worked_out)
{
    if (!corpus.count) {
        print_message("SKIP: no corpus\n");
        skip();
    }
    for (size_t i = 0; i < corpus.count; i++)
        work_out_file(corpus.names[i]);
    print_message("%u templates: %u worked out whole, %u with nested ones that cannot be known yet, %u refused; "
                  "%u resources\n", seen.templates, seen.whole, seen.unknown, seen.refused, seen.resources);
    print_message("deployed: %u whole, %u ask for what is not there\n", seen.deployed, seen.asking);
    CHECK(seen.templates > 1000);
    CHECK_INT(seen.refused, MP_COUNT(refused));
    CHECK_INT(seen.whole + seen.unknown + seen.refused, seen.templates);
    CHECK_INT(seen.deployed + seen.asking, seen.whole + seen.unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(every_deployment_is_worked_out) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
