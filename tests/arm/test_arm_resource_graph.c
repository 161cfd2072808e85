/* SPDX-License-Identifier: Apache-2.0 */
/* Queries over the estate: what they give, to whom, and in pages. */
#include "arm_world.h"

#include <stdio.h>

static arm_world w;
static const api_client local = { .is_local = true };

#define GRAPH "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"

/* ' is written for " in bodies here, and ` for '. */
static char *quoted(const char *text)
{
    char *copy = api_printf(&w.api, "%s", text);
    for (char *c = copy; *c; c++)
        *c = (char)(*c == '\'' ? '"' : *c == '`' ? '\'' : *c);
    return copy;
}

static api_answer ask_as(const api_client *client, const char *body)
{
    return arm_send(&w, client, MP_POST, quoted(body), GRAPH);
}

/* The first column of each row, with blanks between. */
static mp_str column_of(const api_answer *a)
{
    const mp_json *data = mp_json_get(a->json, MP_S("data"));
    mp_str         all = MP_S("");
    CHECK(mp_json_is(data, MP_JSON_ARRAY));
    for (MP_JSON_EACH(one, data)) {
        const mp_json *v = one + 2;
        char           number[24] = "";
        if (mp_json_is(v, MP_JSON_INT))
            snprintf(number, sizeof number, "%lld", (long long)v->u.integer);
        mp_str text = mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_from(*number ? number : "-");
        all = mp_str_from(api_printf(&w.api, "%.*s%s%.*s", MP_FMT(all), all.len ? " " : "", MP_FMT(text)));
    }
    return all;
}

static mp_str rows_of(const api_client *client, const char *query)
{
    api_answer a = ask_as(client, api_printf(&w.api, "{'query':'%s'}", query));
    WANT(a, 200);
    return column_of(&a);
}

static void disk(const char *group, const char *name, int size, const char *more)
{
    api_answer a = arm_put(
        &w, &w.owner,
        quoted(api_printf(&w.api, "{'location':'Korea Central','properties':{'diskSizeGB':%d}%s}", size, more)),
        "S/resourceGroups/%s/providers/Microsoft.Compute/disks/%s", group, name);
    CHECK(a.status == 200 || a.status == 201);
}

static void begin(void)
{
    arm_start(&w);
    arm_group(&w, "Web");
    arm_group(&w, "db");
    disk("Web", "D1", 32, ",'tags':{'env':'prod'},'sku':{'name':'Premium_LRS'},'zones':['1']");
    disk("db", "d2", 64, "");
    disk("db", "d3", 64, ",'tags':{'env':'dev'},'kind':'x','managedBy':'/y'");
}

TEST(a_row_has_the_columns_of_resource_graph)
{
    begin();
    api_answer a = ask_as(&w.owner, "{'query':'Resources | where name == `D1`'}");
    WANT(a, 200);
    const mp_json *row = mp_json_at(mp_json_get(a.json, MP_S("data")), 0);
    static const struct { const char *name, *value; } columns[] = {
        { "id", NULL }, { "name", "D1" }, { "type", "microsoft.compute/disks" }, { "tenantId", NULL }, { "kind", "" }, { "location", "koreacentral" }, { "resourceGroup", "web" },
        { "subscriptionId", NULL }, { "managedBy", "" }, { "sku", NULL }, { "plan", NULL }, { "properties", NULL }, { "tags", NULL }, { "identity", NULL }, { "zones", NULL },
        { "extendedLocation", NULL },
    };
    CHECK_INT(row->count, MP_COUNT(columns));
    const mp_json *key = mp_json_first(row);
    for (size_t i = 0; i < MP_COUNT(columns); i++, key = mp_json_next(key + 1)) {
        CHECK_STR(mp_json_str(key), columns[i].name);
        if (columns[i].value)
            CHECK_STR(mp_json_str(key + 1), columns[i].value);
    }
    CHECK_STR(arm_at(&a, "data/0/id"),
              api_printf(&w.api, "/subscriptions/%s/resourceGroups/Web/providers/Microsoft.Compute/disks/D1",
                         w.subscription));
    CHECK_STR(arm_at(&a, "data/0/subscriptionId"), w.subscription);
    CHECK(mp_str_eq(arm_at(&a, "data/0/tenantId"), w.api.init.tenant_id));
    CHECK_STR(arm_at(&a, "data/0/sku/name"), "Premium_LRS");
    CHECK_STR(arm_at(&a, "data/0/zones/0"), "1");
    CHECK(mp_json_is(mp_json_get(row, MP_S("plan")), MP_JSON_NULL) &&
          mp_json_is(mp_json_get(row, MP_S("identity")), MP_JSON_NULL));
    CHECK_INT(mp_json_get(mp_json_get(row, MP_S("properties")), MP_S("diskSizeGB"))->u.integer, 32);
    CHECK_INT(api_number(&a, "totalRecords"), 1);
    CHECK_INT(api_number(&a, "count"), 1);
    CHECK_STR(api_text(&a, "resultTruncated"), "false");
    CHECK(!mp_json_get(a.json, MP_S("$skipToken")) && mp_json_is(mp_json_get(a.json, MP_S("facets")), MP_JSON_ARRAY));
    arm_stop(&w);
}

TEST(queries)
{
    begin();
    CHECK_STR(rows_of(&w.owner, "resources | project name"), "d2 d3 D1"); /* by id: the group db stands before Web */
    CHECK_STR(rows_of(&w.owner,
                      "resources | where type =~ `Microsoft.Compute/disks` and tags.env =~ `PROD` | project name"),
              "D1");
    CHECK_STR(rows_of(&w.owner, "resources | where properties.diskSizeGB > 32 | summarize count() by resourceGroup"), "db");
    CHECK_STR(rows_of(&w.owner, "resources | order by name desc | project name"), "d3 d2 D1");
    CHECK_STR(rows_of(&w.owner, "resources | count"), "3");
    CHECK_STR(
        rows_of(
            &w.owner,
            "ResourceContainers | where type == `microsoft.resources/subscriptions/resourcegroups` | project name, location"),
        "db Web");
    CHECK_STR(
        rows_of(&w.owner,
                "resourcecontainers | where type == `microsoft.resources/subscriptions` | project subscriptionId"),
        w.subscription);
    api_answer first =
        ask_as(&w.owner, "{'query':'resourcecontainers | where type =~ `microsoft.management/managementgroups`'}");
    CHECK_STR(arm_at(&first, "data/0/properties/displayName"), "Tenant Root Group");
    /* what lists over all types leave out, is left out here */
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}",
                 "S/resourceGroups/db/providers/Microsoft.Network/virtualNetworks/v"),
         201);
    WANT(arm_put(&w, &w.owner, "{\"properties\":{}}",
                 "S/resourceGroups/db/providers/Microsoft.Network/virtualNetworks/v/subnets/s"),
         201);
    CHECK_STR(rows_of(&w.owner, "resources | where id contains `virtualNetworks` | project name"), "v");
    api_answer table = ask_as(
        &w.owner,
        "{'query':'resources | where kind == `x` | project name, n = toint(properties.diskSizeGB), tags','options':{'resultFormat':'table'}}");
    CHECK_STR(arm_at(&table, "data/columns/1/name"), "n");
    CHECK_STR(arm_at(&table, "data/columns/1/type"), "integer");
    CHECK_STR(arm_at(&table, "data/columns/2/type"), "object");
    CHECK_STR(arm_at(&table, "data/rows/0/0"), "d3");
    CHECK_STR(arm_at(&table, "data/rows/0/2/env"), "dev");
    api_answer old = arm_send(&w, &w.owner, MP_POST, quoted("{'query':'resources | project name'}"),
                              "/providers/Microsoft.ResourceGraph/resources?api-version=2019-04-01");
    CHECK_STR(arm_at(&old, "data/columns/0/type"), "string");
    arm_stop(&w);
}

TEST(management_groups_and_subscriptions_narrow)
{
    begin();
    api_answer made = api_send(&w.api, &local, MP_POST, "/api/v1/subscriptions", "{\"displayName\":\"other\"}");
    WANT(made, 201);
    mp_str other = api_text(&made, "id");
    WANT(arm_put(&w, &w.owner, "{\"properties\":{\"displayName\":\"Team\"}}",
                 "/providers/Microsoft.Management/managementGroups/Team"),
         200);
    WANT(arm_put(&w, &w.owner, NULL, "/providers/Microsoft.Management/managementGroups/Team/subscriptions/%.*s",
                 MP_FMT(other)),
         200);
    WANT(arm_put(&w, &w.owner, "{\"location\":\"koreacentral\"}", "/subscriptions/%.*s/resourceGroups/far",
                 MP_FMT(other)),
         201);
    static const char query[] =
        "'query':'resourcecontainers | where type endswith `resourcegroups` | order by name asc | project name'";
    api_answer all = ask_as(&w.owner, api_printf(&w.api, "{%s}", query));
    CHECK_STR(column_of(&all), "db far Web");
    api_answer one = ask_as(&w.owner, api_printf(&w.api, "{%s,'subscriptions':['%s']}", query, w.subscription));
    CHECK_STR(column_of(&one), "db Web");
    api_answer below = ask_as(&w.owner, api_printf(&w.api, "{%s,'managementGroups':['team']}", query));
    CHECK_STR(column_of(&below), "far");
    api_answer root =
        ask_as(&w.owner, api_printf(&w.api, "{%s,'managementGroups':['%.*s']}", query, MP_FMT(w.api.init.tenant_id)));
    CHECK_STR(column_of(&root), "db far Web");
    api_answer chain = ask_as(
        &w.owner,
        api_printf(
            &w.api,
            "{'query':'resourcecontainers | where subscriptionId == `%.*s` and type == `microsoft.resources/subscriptions`'}",
            MP_FMT(other)));
    CHECK_STR(arm_at(&chain, "data/0/properties/managementGroupAncestorsChain/0/displayName"), "Team");
    CHECK(mp_str_eq(arm_at(&chain, "data/0/properties/managementGroupAncestorsChain/1/name"), w.api.init.tenant_id));
    api_answer none =
        ask_as(&w.owner, api_printf(&w.api, "{%s,'subscriptions':['00000000-0000-4000-8000-000000000000']}", query));
    ARM_REFUSED(none, 400, "BadRequest");
    CHECK_STR(arm_at(&none, "error/details/0/code"), "NoValidSubscriptionsInQueryRequest");
    arm_stop(&w);
}

TEST(each_sees_what_he_may_read)
{
    api_client reader, inside, nobody;
    begin();
    arm_program(&w, &reader, "reader", "Reader", "S");
    arm_program(&w, &inside, "inside", "Reader", "S/resourceGroups/db");
    arm_program(&w, &nobody, "nobody", NULL, NULL);
    CHECK_STR(rows_of(&reader, "resources | project name"), "d2 d3 D1");
    CHECK_STR(rows_of(&inside, "resources | project name"), "d2 d3");
    CHECK_STR(rows_of(&inside, "resourcecontainers | where type endswith `resourcegroups` | project name"), "db");
    CHECK_STR(rows_of(&inside, "resources | count"), "2");
    CHECK_STR(rows_of(&nobody, "resources | project name"), "");
    CHECK_STR(rows_of(&nobody, "resourcecontainers | project name"), "");
    api_answer hidden = ask_as(&nobody, api_printf(&w.api, "{'query':'resources','subscriptions':['%s']}", w.subscription));
    ARM_REFUSED(hidden, 400, "BadRequest"); /* as if it were not there */
    api_answer a = arm_send(&w, &(api_client){ .token = MP_S("") }, MP_POST, "{\"query\":\"resources\"}", GRAPH);
    WANT(a, 401);
    arm_stop(&w);
}

/* ---- pages ---- */

static mp_str pages(const char *query, const char *first, unsigned top, unsigned *count, void (*meanwhile)(unsigned page))
{
    mp_str all = MP_S(""), token = MP_S("");
    for (*count = 0;; ) {
        api_answer a = ask_as(
            &w.owner, token.len ? api_printf(&w.api, "{'query':'%s','options':{'$top':%u,'$skipToken':'%.*s'}}",
                                             query, top, MP_FMT(token))
                                : api_printf(&w.api, "{'query':'%s','options':{'$top':%u%s}}", query, top, first));
        WANT(a, 200);
        mp_str more = column_of(&a);
        all = mp_str_from(api_printf(&w.api, "%.*s%s%.*s", MP_FMT(all), all.len && more.len ? " " : "", MP_FMT(more)));
        CHECK_STR(api_text(&a, "resultTruncated"), "false");
        CHECK(api_number(&a, "count") <= top);
        token = api_text(&a, "$skipToken");
        ++*count;
        if (!token.len)
            return all;
        if (meanwhile)
            meanwhile(*count);
    }
}

/* Behind and before what was given already, and in between. */
static void write_meanwhile(unsigned page)
{
    disk("db", api_printf(&w.api, "a%u", page), 1, "");
    disk("db", api_printf(&w.api, "z%u", page), 1, "");
    if (page == 1)
        WANT(arm_delete(&w, &w.owner, "S/resourceGroups/db/providers/Microsoft.Compute/disks/d3"), 200);
}

TEST(pages_neither_lose_nor_repeat)
{
    unsigned count;
    begin();
    for (int i = 0; i < 6; i++)
        disk("db", api_printf(&w.api, "m%d", i), i, "");
    CHECK_STR(pages("resources | project name", "", 2, &count, NULL), "d2 d3 m0 m1 m2 m3 m4 m5 D1");
    CHECK_INT(count, 5);
    CHECK_STR(pages("resources | order by name desc | project name", "", 4, &count, NULL), "m5 m4 m3 m2 m1 m0 d3 d2 D1");
    CHECK_INT(count, 3);
    CHECK_STR(pages("resources | where name startswith `m` | project name", ",'$skip':1", 2, &count, NULL),
              "m1 m2 m3 m4 m5");
    CHECK_STR(pages("resources | order by name asc | take 5 | project name", ",'$skip':1", 3, &count, NULL), "d2 d3 m0 m1");
    CHECK_STR(pages("resourcecontainers | where type endswith `resourcegroups` | project name", "", 1, &count, NULL),
              "db Web");
    CHECK_STR(pages("resources | summarize count() by name | order by name asc", "", 5, &count, NULL),
              "D1 d2 d3 m0 m1 m2 m3 m4 m5");
    CHECK_STR(pages("resources | project name", ",'$skip':100", 2, &count, NULL), "");
    /* a continuation is of one query, and of this size or another */
    api_answer a = ask_as(&w.owner, "{'query':'resources | project name','options':{'$top':2}}");
    CHECK_INT(api_number(&a, "totalRecords"), 9);
    mp_str     token = api_text(&a, "$skipToken");
    api_answer b =
        ask_as(&w.owner, api_printf(&w.api, "{'query':'Resources|project name','options':{'$skipToken':'%.*s'}}",
                                    MP_FMT(token)));
    CHECK_STR(column_of(&b), "m0 m1 m2 m3 m4 m5 D1");
    CHECK_INT(api_number(&b, "totalRecords"), 9);
    ARM_REFUSED(
        ask_as(&w.owner, api_printf(&w.api, "{'query':'resources | project id','options':{'$skipToken':'%.*s'}}",
                                    MP_FMT(token))),
        400, "BadRequest");
    ARM_REFUSED(ask_as(&w.owner, "{'query':'resources','options':{'$skipToken':'x!'}}"), 400, "BadRequest");
    /* ordered otherwise: as of the first page, whatever is written meanwhile */
    CHECK_STR(pages("resources | order by name asc | project name", "", 3, &count, write_meanwhile),
              "D1 d2 d3 m0 m1 m2 m3 m4 m5");
    /* by id: what stays is there once; what comes behind may be there too */
    disk("db", "d3", 64, "");
    CHECK_STR(pages("resources | where name !startswith `a` and name !startswith `z` | project name", "", 3, &count,
                    write_meanwhile),
              "d2 d3 m0 m1 m2 m3 m4 m5 D1");
    arm_stop(&w);
}

TEST(facets)
{
    begin();
    api_answer a = ask_as(
        &w.owner,
        "{'query':'resources | project name, resourceGroup, tags','options':{'$top':1},'facets':[{'expression':'resourceGroup'},"
        "{'expression':'tags.env','options':{'sortBy':'tags_env','sortOrder':'asc','$top':1,'filter':'count < 2'}},{'expression':'nothing'}]}");
    WANT(a, 200);
    CHECK_STR(arm_at(&a, "facets/0/resultType"), "FacetResult");
    CHECK_STR(arm_at(&a, "facets/0/data/0/resourceGroup"), "db");
    const mp_json *first = mp_json_at(mp_json_get(a.json, MP_S("facets")), 0),
                  *second = mp_json_at(mp_json_get(a.json, MP_S("facets")), 1);
    CHECK_INT(mp_json_get(mp_json_at(mp_json_get(first, MP_S("data")), 0), MP_S("count"))->u.integer, 2);
    CHECK_INT(mp_json_get(first, MP_S("totalRecords"))->u.integer, 2);
    CHECK_INT(mp_json_get(second, MP_S("totalRecords"))->u.integer, 3);
    CHECK_INT(mp_json_get(second, MP_S("count"))->u.integer, 1);
    CHECK_STR(arm_at(&a, "facets/2/resultType"), "FacetError");
    CHECK(arm_at(&a, "facets/2/errors/0/message").len > 0);
    arm_stop(&w);
}

TEST(what_is_wrong)
{
    static const char *const bodies[] = {
        "{'query':5}", "{}", "{'query':'resources','subscriptions':'x'}", "{'query':'resources','subscriptions':[1]}", "{'query':'resources','options':5}",
        "{'query':'resources','options':{'$top':0}}", "{'query':'resources','options':{'$top':1001}}", "{'query':'resources','options':{'$skip':-1}}",
        "{'query':'resources','options':{'resultFormat':'xml'}}", "{'query':'resources','options':{'authorizationScopeFilter':'x'}}", "{'query':'resources','facets':5}",
        "{'query':'resources','facets':[{}]}",
    };
    arm_start(&w);
    for (size_t i = 0; i < MP_COUNT(bodies); i++) {
        api_answer a = ask_as(&w.owner, bodies[i]);
        WANT(a, 400);
        CHECK(arm_at(&a, "error/message").len > 0);
    }
    api_answer a = ask_as(&w.owner, "{'query':'resources\\n| where nam == `x`'}");
    ARM_REFUSED(a, 400, "BadRequest");
    CHECK_STR(arm_at(&a, "error/message"), "2:9: there is no column \"nam\" here; did you mean \"name\"?");
    CHECK_STR(arm_at(&a, "error/details/0/code"), "InvalidQuery");
    CHECK_STR(arm_at(&a, "error/details/1/code"), "InvalidQueryLanguage");
    CHECK_STR(arm_at(&a, "error/details/1/token"), "nam");
    const mp_json *detail = mp_json_at(mp_json_get(mp_json_get(a.json, MP_S("error")), MP_S("details")), 1);
    CHECK_INT(mp_json_get(detail, MP_S("line"))->u.integer, 2);
    CHECK_INT(mp_json_get(detail, MP_S("characterPositionInLine"))->u.integer, 8);
    a = ask_as(&w.owner, "{'query':'resources | where ('}");
    CHECK_STR(arm_at(&a, "error/details/1/code"), "ParserFailure");
    a = ask_as(&w.owner, "{'query':'PolicyResources | count'}");
    CHECK_STR(arm_at(&a, "error/details/0/code"), "DisallowedLogicalTableName");
    CHECK_STR(arm_at(&a, "error/details/0/message"), "Table PolicyResources is invalid, unsupported or disallowed.");
    ARM_REFUSED(arm_send(&w, &w.owner, MP_POST, NULL, GRAPH), 400, "InvalidRequestContent");
    WANT(arm_get(&w, &w.owner, GRAPH), 405);
    arm_stop(&w);
}

int main(void)
{
    return MAIN(RUN(a_row_has_the_columns_of_resource_graph), RUN(queries),
                RUN(management_groups_and_subscriptions_narrow), RUN(each_sees_what_he_may_read),
                RUN(pages_neither_lose_nor_repeat), RUN(facets), RUN(what_is_wrong));
}
