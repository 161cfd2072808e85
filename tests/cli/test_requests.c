/* SPDX-License-Identifier: Apache-2.0 */
/* Requests while memory runs out: either the answer is the right one, or there is none. */
#include "buf.h"
#include "fault.h"
#include "request.h"
#include "test.h"
#include "unit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *request, *answer;
} cases[] = {
    { "{\"id\": 1, \"aliases\": null, \"policyRule\": {\"if\": {\"field\": \"port\", \"equals\": 22}, "
      "\"then\": {\"effect\": \"audit\"}}, \"resource\": {\"port\": 22}}",
      "{\"id\":1,\"outcome\":\"effect\",\"effect\":\"audit\",\"state\":\"NonCompliant\","
      "\"reason\":\"condition-true\"}" },
    { "not json",
      "{\"id\":null,\"outcome\":\"error\",\"error\":{\"code\":\"syntax\",\"message\":\"expected a value, found "
      "'not'\",\"line\":1,\"column\":1}}" },
    { "{\"id\": \"a\", \"policyRule\": {\"if\": {\"field\": \"type\", \"equal\": \"x\"}, \"then\": {\"effect\": "
      "\"audit\"}}, \"resource\": {}}",
      "{\"id\":\"a\",\"outcome\":\"error\",\"error\":{\"code\":\"compile\",\"message\":\"a condition has no key "
      "\\\"equal\\\"; did you mean \\\"equals\\\"?\",\"line\":1,\"column\":53}}" },
    { "{\"id\": 2, \"aliases\": null, \"policyRule\": {\"if\": {\"field\": \"n\", \"less\": 22}, \"then\": "
      "{\"effect\": \"audit\"}}, \"resource\": {}}",
      "{\"id\":2,\"outcome\":\"error\",\"state\":\"Error\",\"error\":{\"code\":\"evaluation\",\"message\":\"'less' "
      "compares two numbers or two texts, not a missing value with integer\"}}" },
    { "{\"id\": 3, \"parameters\": {\"tag\": {\"value\": \"env\"}}, \"policyRule\": {\"if\": {\"allOf\": [{\"field\": "
      "\"type\", \"equals\": \"Microsoft.Storage/storageAccounts\"}, {\"field\": "
      "\"[concat('tags[', parameters('tag'), ']')]\", \"exists\": false}]}, \"then\": {\"effect\": \"modify\", "
      "\"details\": {\"roleDefinitionIds\": [\"r\"], \"operations\": [{\"operation\": \"add\", \"field\": "
      "\"[concat('tags[', parameters('tag'), ']')]\", \"value\": \"[concat('a', field('name'))]\"}]}}}, "
      "\"resource\": {\"type\": \"Microsoft.Storage/storageAccounts\", \"name\": \"s\", \"location\": \"x\", "
      "\"tags\": {}}}",
      "{\"id\":3,\"outcome\":\"effect\",\"effect\":\"modify\",\"details\":{\"roleDefinitionIds\":[\"r\"],"
      "\"operations\":[{\"operation\":\"add\",\"field\":\"tags[env]\",\"value\":\"as\"}],\"resource\":{\"type\":"
      "\"Microsoft.Storage/storageAccounts\",\"name\":\"s\",\"location\":\"x\",\"tags\":{\"env\":\"as\"}}},"
      "\"state\":\"NonCompliant\",\"reason\":\"condition-true\"}" },
    { "{\"id\": 4, \"policyRule\": {\"if\": {\"field\": \"type\", \"equals\": \"Microsoft.Sql/servers\"}, \"then\": "
      "{\"effect\": \"auditIfNotExists\", \"details\": {\"type\": \"Microsoft.Sql/servers/databases\", "
      "\"existenceCondition\": {\"count\": {\"field\": \"Microsoft.Sql/servers/databases/x[*]\", \"where\": "
      "{\"field\": \"Microsoft.Sql/servers/databases/x[*].y\", \"equals\": \"1\"}}, \"greater\": 0}}}}, "
      "\"resource\": {\"id\": \"/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a\", \"type\": "
      "\"Microsoft.Sql/servers\", \"name\": \"a\"}, \"relatedResources\": [{\"id\": "
      "\"/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a/databases/d\", \"type\": "
      "\"Microsoft.Sql/servers/databases\", \"name\": \"a/d\", \"properties\": {\"x\": [{\"y\": 1}]}}]}",
      "{\"id\":4,\"outcome\":\"none\",\"state\":\"Compliant\",\"reason\":\"related-met\"}" },
};

/* Where a request found no memory, the requester says so, and can be asked again. */
static void check_giving_up(mp_requester *r, mp_code code, size_t i)
{
    static const char *const ids[] = { "1", "null", "\"a\"", "2", "3", "4" };
    static_assert(MP_COUNT(ids) == MP_COUNT(cases), "every request has an id");
    const mp_json *answer;
    char           expected[200];
    mp_buf         text = MP_BUF_INIT;
    if (code != MP_NOMEM || mp_request_give_up(&answer, r, NULL) != MP_OK)
        return;
    mp_buf_add_json(&text, answer);
    const char *before_reading = "null"; /* the id is not known before the request was read */
    for (int read = 0; read < 2 && !text.failed; read++) {
        snprintf(expected, sizeof expected,
                 "{\"id\":%s,\"outcome\":\"error\",\"error\":{\"code\":\"memory\",\"message\":\"out of memory\"}}",
                 read ? ids[i] : before_reading);
        if (mp_str_eq(mp_buf_str(&text), mp_str_from(expected)))
            break;
        CHECK(read == 0);
    }
    mp_buf_free(&text);
}

/* All the requests by one requester; true when every one was answered. */
static bool answer_all(void *context)
{
    mp_requester_options options = { .now = 1, .keep_all = *(bool *)context };
    mp_requester        *r = NULL;
    mp_error             err = { 0 };
    bool                 done = true;
    if (mp_requester_new(&r, &options, &err) != MP_OK)
        return false;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_json *answer;
        mp_code        code = mp_request_answer(&answer, r, mp_str_from(cases[i].request), &err);
        CHECK(code == MP_OK || code == MP_NOMEM);
        mp_buf text = MP_BUF_INIT;
        check_giving_up(r, code, i);
        if (code == MP_OK)
            mp_buf_add_json(&text, answer);
        if (code == MP_OK && !text.failed)
            CHECK_STR(mp_buf_str(&text), cases[i].answer);
        done = done && code == MP_OK && !text.failed;
        mp_buf_free(&text);
    }
    mp_requester_free(r);
    return done;
}

TEST(requests_are_answered)
{
    bool keep_all = false;
    CHECK(answer_all(&keep_all));
    keep_all = true;
    CHECK(answer_all(&keep_all));
}

TEST(memory_runs_out)
{
    bool keep_all = false;
    CHECK(fault_loop(answer_all, &keep_all) > 10);
    keep_all = true;
    CHECK(fault_loop(answer_all, &keep_all) > 10);
}

/* ---- unit tests ---- */

static bool run_units(void *path)
{
    mp_units            units;
    mp_unit_options     options = { .because = true };
    const mp_unit_file *file;
    mp_error            err = { 0 };
    bool                done = mp_units_init(&units, &options, &err) == MP_OK;
    mp_code             code = done ? mp_units_run(&file, &units, path, &err) : MP_NOMEM;
    CHECK(code == MP_OK || code == MP_NOMEM);
    done = done && code == MP_OK && units.passed == 2 && units.failed == 1;
    mp_units_done(&units);
    return done;
}

TEST(units_run_out_of_memory)
{
    const char *path = getenv("MAPAE_UNITS");
    if (!path)
        skip();
    char *copy = strdup(path);
    CHECK(run_units(copy));
    fault_loop(run_units, copy);
    free(copy);
}

/* ---- comparing ---- */

TEST(answers_are_compared)
{
    static const struct {
        const char *expected, *found, *differences; /* "path path" */
    } table[] = {
        { "{}", "{\"a\": 1}", "" },
        { "{\"a\": 1}", "{\"a\": 1.0}", "" },
        { "{\"a\": 1}", "{\"a\": \"1\"}", "a " },
        { "{\"a\": \"x\"}", "{\"a\": \"X\"}", "a " },
        { "{\"a\": null}", "{}", "" },
        { "{\"a\": null}", "{\"a\": null}", "" },
        { "{\"a\": null}", "{\"a\": 0}", "a " },
        { "{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 2, \"c\": 3}}", "a.b " },
        { "{\"a\": [1, 2]}", "{\"a\": [1]}", "a[1] " },
        { "{\"a\": [1]}", "{\"a\": [1, 2]}", "a[1] " },
        { "{\"a\": [{\"b\": 1}]}", "{\"a\": [{\"b\": 1, \"c\": 2}]}", "" },
        { "{\"a.b\": {\"c\": 1}}", "{\"a.b\": {}}", "['a.b'].c " },
        { "{\"a\": true, \"b\": 1}", "{\"a\": false}", "a b " },
        { "{\"a\": []}", "{\"a\": {}}", "a " },
        { "{\"a\": 9007199254740993}", "{\"a\": 9007199254740992}", "a " },
    };
    for (size_t i = 0; i < MP_COUNT(table); i++) {
        mp_json_doc   *docs[2];
        const mp_json *roots[2];
        mp_arena       arena = MP_ARENA_INIT;
        mp_buf         paths = MP_BUF_INIT;
        bool           failed;
        for (int k = 0; k < 2; k++) {
            CHECK(mp_json_doc_new(&docs[k], NULL) == MP_OK);
            CHECK(mp_json_read(docs[k], &roots[k], mp_str_from(k ? table[i].found : table[i].expected), NULL,
                               NULL, NULL) == MP_OK);
        }
        const mp_difference *d = mp_unit_compare(roots[0], roots[1], &arena, &failed);
        CHECK(!failed);
        for (; d; d = d->next)
            mp_buf_printf(&paths, "%.*s ", MP_FMT(d->path));
        CHECK_STR(mp_buf_str(&paths), table[i].differences);
        mp_buf_free(&paths);
        mp_arena_free(&arena);
        mp_json_doc_free(docs[0]);
        mp_json_doc_free(docs[1]);
    }
}

int main(void)
{
    return MAIN(RUN(requests_are_answered), RUN(memory_runs_out), RUN(units_run_out_of_memory),
                RUN(answers_are_compared));
}
