/* SPDX-License-Identifier: Apache-2.0 */
#include "what_if.h"

#include "buf.h"
#include "deployment.h"
#include "fault.h"
#include "test.h"

static struct {
    mp_json_doc *doc;
    mp_arena     arena;
} all;

static int set_up(void **state)
{
    (void)state;
    CHECK(mp_json_doc_new(&all.doc, NULL) == MP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mp_json_doc_free(all.doc);
    mp_arena_free(&all.arena);
    return 0;
}

static const mp_json *json(const char *text)
{
    const mp_json *v = NULL;
    mp_json_doc_keep(all.doc);
    CHECK(mp_json_read(all.doc, &v, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    return mp_arena_dup_json(&all.arena, v);
}

static mp_str text_of(const mp_json *v)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_json(&b, v);
    mp_str text = mp_arena_dup(&all.arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

/* [before, after, the changes: "KIND path" with children in brackets] */
static const char *const deltas[][3] = {
    { "{\"a\":1}", "{\"a\":1}", "" },
    { "{\"a\":1}", "{\"a\":2}", "Modify a;" },
    { "{\"a\":1}", "{\"A\":1}", "" },
    { "{}", "{\"a\":{\"b\":1}}", "Create a;" },
    { "{\"a\":{\"b\":1}}", "{}", "Delete a;" },
    { "{\"a\":null}", "{}", "" },
    { "{}", "{\"a\":null}", "" },
    { "{\"p\":{\"a\":1,\"b\":{\"c\":1}}}", "{\"p\":{\"a\":1,\"b\":{\"c\":2}}}", "Modify p.b.c;" },
    { "{\"location\":\"East US 2\"}", "{\"location\":\"eastus2\"}", "" },
    { "{\"location\":\"eastus\"}", "{\"location\":\"westus\"}", "Modify location;" },
    { "{\"id\":\"x\",\"etag\":\"y\",\"properties\":{\"provisioningState\":\"Succeeded\"}}", "{}", "Delete properties;" },
    { "{\"id\":\"x\",\"properties\":{\"provisioningState\":\"Succeeded\"}}", "{\"properties\":{}}", "" },
    { "{\"properties\":{\"provisioningState\":\"Succeeded\"}}", "{\"properties\":{\"provisioningState\":\"X\"}}",
      "NoEffect properties.provisioningState;" },
    { "{\"a\":[1,2]}", "{\"a\":[2,3]}", "Array a[Delete 0;Create 1;];" },
    { "{\"a\":[1,2]}", "{\"a\":[2,1]}", "Array a[Modify 0;Modify 1;];" },
    { "{\"a\":[1,2]}", "{\"a\":[1,2]}", "" },
    { "{\"a\":[{\"name\":\"x\",\"v\":1},{\"name\":\"y\"}]}", "{\"a\":[{\"name\":\"y\"},{\"name\":\"x\",\"v\":2}]}",
      "Array a[Modify 1[Modify v;];];" },
    { "{\"a\":[{\"name\":\"x\"},{\"name\":\"y\"}]}", "{\"a\":[{\"name\":\"y\"}]}", "Array a[Delete 0;];" },
    { "{\"a\":[{\"id\":\"x\"}]}", "{\"a\":[{\"id\":\"y\"},{\"id\":\"z\"}]}", "Array a[Modify 0[Modify id;];Create 1;];" },
    { "{\"a\":[[1]]}", "{\"a\":[[2]]}", "Array a[Array 0[Delete 0;Create 0;];];" },
    { "{\"a\":[1]}", "{\"a\":{\"b\":1}}", "Modify a;" },
    { "{\"a\":\"x\"}", "{\"a\":\"X\"}", "Modify a;" },
    { "{\"a\":[]}", "{\"a\":[]}", "" },
    { "{\"a\":1,\"a\":2}", "{\"a\":3,\"a\":2}", "" },
};

static void summarize(mp_buf *b, const mp_json *changes)
{
    for (MP_JSON_EACH(one, changes)) {
        const mp_json *children = mp_json_get(one, MP_S("children"));
        mp_buf_printf(b, "%.*s %.*s", MP_FMT(mp_json_str(mp_json_get(one, MP_S("propertyChangeType")))),
                      MP_FMT(mp_json_str(mp_json_get(one, MP_S("path")))));
        if (mp_json_is(children, MP_JSON_ARRAY)) {
            mp_buf_add_c(b, '[');
            summarize(b, children);
            mp_buf_add_c(b, ']');
        }
        mp_buf_add_c(b, ';');
    }
}

TEST(changes_are_those_of_what_if)
{
    for (size_t i = 0; i < MP_COUNT(deltas); i++) {
        const mp_json *found = NULL;
        mp_buf         b = MP_BUF_INIT;
        CHECK(mp_deployment_delta(&found, json(deltas[i][0]), json(deltas[i][1]), &all.arena, NULL) == MP_OK);
        summarize(&b, found);
        if (!mp_str_eq(mp_buf_str(&b), mp_str_from(deltas[i][2])))
            fail_msg("%s to %s: found %.*s, wanted %s", deltas[i][0], deltas[i][1], MP_FMT(mp_buf_str(&b)), deltas[i][2]);
        mp_buf_free(&b);
    }
}

TEST(a_change_holds_both_values)
{
    const mp_json *found = NULL;
    CHECK(mp_deployment_delta(&found, json("{\"a\":1}"), json("{\"a\":[1]}"), &all.arena, NULL) == MP_OK);
    CHECK_STR(text_of(found), "[{\"path\":\"a\",\"propertyChangeType\":\"Modify\",\"before\":1,\"after\":[1],"
                              "\"children\":null}]");
}

TEST(kinds_of_changes)
{
    const mp_json    *found = NULL, *a = json("{\"a\":1}"), *b = json("{\"a\":2}");
    mp_what_if_change change;
    static const struct {
        bool before, after, same, complete;
        const char *wanted;
    } cases[] = {
        { false, true, false, false, "Create" },  { true, true, false, false, "Modify" },
        { true, true, true, true, "NoChange" },   { true, false, false, false, "Ignore" },
        { true, false, false, true, "Delete" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_json *after = cases[i].same ? a : b;
        CHECK(mp_what_if(&found, &change, MP_S("/x"), cases[i].before ? a : NULL, cases[i].after ? after : NULL,
                         cases[i].complete, &all.arena, NULL) == MP_OK);
        CHECK_STR(mp_what_if_name(change), cases[i].wanted);
        CHECK_STR(mp_json_str(mp_json_get(found, MP_S("changeType"))), cases[i].wanted);
        CHECK_STR(mp_json_str(mp_json_get(found, MP_S("resourceId"))), "/x");
        CHECK((mp_json_get(found, MP_S("delta")) != NULL) == (cases[i].before && cases[i].after));
    }
}

TEST(depth_is_bounded)
{
    mp_buf b = MP_BUF_INIT;
    for (int i = 0; i <= MP_DEPLOYMENT_DEPTH; i++)
        mp_buf_add_z(&b, "{\"a\":");
    mp_buf_add_c(&b, '1');
    for (int i = 0; i <= MP_DEPLOYMENT_DEPTH; i++)
        mp_buf_add_c(&b, '}');
    mp_buf_add_c(&b, '\0');
    const mp_json *found = NULL, *v = json(b.ptr);
    CHECK_INT(mp_deployment_delta(&found, v, v, &all.arena, NULL), MP_LIMIT);
    mp_buf_free(&b);
}

static bool compares(void *context)
{
    const mp_json *const *pair = context, *found = NULL;
    mp_arena              arena = MP_ARENA_INIT;
    mp_code code = mp_what_if(&found, NULL, MP_S("/x"), pair[0], pair[1], false, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(every_allocation_may_fail)
{
    const mp_json *pair[] = { json("{\"a\":[{\"name\":\"x\",\"v\":1}],\"b\":[1,2],\"location\":\"a b\"}"),
                              json("{\"a\":[{\"name\":\"x\",\"v\":2}],\"b\":[2,3],\"location\":\"c\"}") };
    fault_loop(compares, (void *)pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(changes_are_those_of_what_if), RUN(a_change_holds_both_values),
                                        RUN(kinds_of_changes), RUN(depth_is_bounded), RUN(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
