/* SPDX-License-Identifier: Apache-2.0 */
/* One resource under several policies: what of one bears on another. Policies, assignments and documents are
 * text where ` stands for "; verdicts are text too, a line each: policy, effect, state, and what conflicts. */
#include "judge.h"

#include <stdio.h>

#include <mapae/inventory.h>

#include "buf.h"
#include "fault.h"
#include "library.h"
#include "test.h"

#define DEFINITION(name, effect, condition, details)                                                  \
    "{`name`: `" name "`, `properties`: {`mode`: `All`, `policyRule`: {`if`: " condition              \
    ", `then`: {`effect`: `" effect "`, `details`: {" details "}}}}}"
#define SET(field, value) "{`operation`: `addOrReplace`, `field`: `" field "`, `value`: `" value "`}"
#define OPERATIONS(list)                                                                               \
    "`roleDefinitionIds`: [`/providers/Microsoft.Authorization/roleDefinitions/r`], "                 \
    "`operations`: [" list "]"
#define VM "{`field`: `type`, `equals`: `Microsoft.Compute/virtualMachines`}"
#define EXTENSION "`type`: `Microsoft.Compute/virtualMachines/extensions`"
#define OVERRIDE(effect, location)                                                                    \
    "{`kind`: `policyEffect`, `value`: `" effect "`, `selectors`: [{`kind`: `resourceLocation`, "     \
    "`in`: [`" location "`]}]}"
#define ASSIGNED(policy, overrides)                                                                   \
    "{`name`: `a-" policy "`, `properties`: {`policyDefinitionId`: `" policy "`, `scope`: `/subscriptions/s`, " \
    "`overrides`: [" overrides "]}}"

static const char machine[] =
    "{`id`: `/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v`, `name`: `v`, "
    "`type`: `Microsoft.Compute/virtualMachines`, `kind`: `big`, `location`: `%s`, `tags`: {}, `zones`: [`1`, `2`]}";

/* ---- a world ---- */

typedef struct world {
    mp_library    *library;
    mp_plan       *plan;
    mp_judge      *judge;
    mp_json_doc   *doc;
    const mp_json *root;
    mp_arena       arena;
    mp_resource    resource;
    const mp_check *checks;
} world;

static mp_str quoted(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    CHECK(len < size);
    for (size_t i = 0; i <= len; i++)
        out[i] = (char)(text[i] == '`' ? '"' : text[i]);
    return mp_str_of(out, len);
}

static void open_world(world *w, const char *policies, const char *location)
{
    static char document[512], text[16384], filled[512];
    mp_error    err = { 0 };
    uint32_t    count;
    *w = (world){ .arena = MP_ARENA_INIT };
    CHECK_INT(mp_library_new(&w->library, &err), MP_OK);
    CHECK_INT(mp_library_read(w->library, MP_S("p.json"), quoted(text, sizeof(text), policies), MP_ROLE_JUDGED,
                              &err), MP_OK);
    CHECK_INT(mp_library_checks(w->library, &w->checks, &count, &err), MP_OK);
    for (const mp_diagnostic *d = mp_library_diagnostics(w->library)->first; d; d = d->next)
        fail_msg("%s", d->error.message);
    CHECK_INT(mp_plan_new(&w->plan, w->checks, count, NULL, &err), MP_OK);
    CHECK_INT(mp_judge_new(&w->judge, w->plan, &err), MP_OK);
    snprintf(filled, sizeof(filled), machine, location);
    CHECK_INT(mp_json_doc_new(&w->doc, &err), MP_OK);
    CHECK_INT(mp_json_read(w->doc, &w->root, quoted(document, sizeof(document), filled), NULL, NULL, &err), MP_OK);
    CHECK_INT(mp_resource_from_arm(&w->resource, w->root, &w->arena, &err), MP_OK);
}

static void close_world(world *w)
{
    mp_judge_free(w->judge);
    mp_plan_free(w->plan);
    mp_library_free(w->library);
    mp_json_doc_free(w->doc);
    mp_arena_free(&w->arena);
}

static const mp_program *begin(world *w)
{
    static const mp_surroundings around = { .now = MP_TICKS_PER_DAY * 739000 };
    const mp_program *program;
    CHECK_INT(mp_plan_program(&program, w->plan, w->resource.type, NULL), MP_OK);
    CHECK_INT(mp_judge_begin(w->judge, program, &w->resource, &around, NULL), MP_OK);
    return program;
}

static void write_verdicts(mp_buf *out, const world *w, const mp_verdict *verdicts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const mp_verdict *v = &verdicts[i];
        mp_buf_printf(out, "%.*s %.*s %.*s%s%.*s\n", MP_FMT(w->checks[v->check].definition->name),
                      MP_FMT(v->effect), MP_FMT(mp_states[v->state].text),
                      v->reason == MP_REASON_CONFLICT ? " " : "",
                      MP_FMT(v->reason == MP_REASON_CONFLICT ? v->detail : MP_S("")));
    }
}

/* What a machine in that place gets. */
static void check_verdicts(const char *policies, const char *location, const char *wanted)
{
    world             w;
    const mp_verdict *verdicts;
    uint32_t          count;
    mp_buf            said = MP_BUF_INIT;
    open_world(&w, policies, location);
    begin(&w);
    CHECK_INT(mp_judge_run(w.judge, NULL, &verdicts, &count, NULL), MP_OK);
    write_verdicts(&said, &w, verdicts, count);
    CHECK_STR(mp_buf_str(&said), wanted);
    mp_buf_free(&said);
    close_world(&w);
}

/* ---- conflicts follow the effect that applied ---- */

#define OWNER(name, effect, value) DEFINITION(name, effect, VM, OPERATIONS(SET("tags['owner']", value)))

TEST(changes_of_one_property_conflict)
{
    check_verdicts("[" OWNER("one", "modify", "a") ", " OWNER("two", "Modify", "b") "]", "west",
                   "one modify Conflicting two\ntwo Modify Conflicting one\n");
}

TEST(a_change_that_is_overridden_conflicts_with_nothing)
{
    static const char policies[] =
        "[" OWNER("one", "modify", "a") ", " OWNER("two", "modify", "b") ", "
        ASSIGNED("one", OVERRIDE("audit", "West US") ", " OVERRIDE("disabled", "East US")) ", "
        ASSIGNED("two", "") "]";
    check_verdicts(policies, "westus", "one audit NonCompliant\ntwo modify NonCompliant\n");
    check_verdicts(policies, "eastus", "two modify NonCompliant\n");
    check_verdicts(policies, "northeurope", "one modify Conflicting two\ntwo modify Conflicting one\n");
}

TEST(a_change_by_an_override_conflicts)
{
    static const char policies[] =
        "[" OWNER("one", "audit", "a") ", " OWNER("two", "modify", "b") ", "
        ASSIGNED("one", OVERRIDE("modify", "West US")) ", " ASSIGNED("two", "") "]";
    check_verdicts(policies, "westus", "one modify Conflicting two\ntwo modify Conflicting one\n");
    check_verdicts(policies, "eastus", "one audit NonCompliant\ntwo modify NonCompliant\n");
}

/* The one in the middle conflicts with both, though they do not with each other. */
TEST(one_change_may_conflict_with_two)
{
    check_verdicts("[" DEFINITION("one", "modify", VM, OPERATIONS(SET("tags['a']", "1"))) ", "
                   DEFINITION("two", "modify", VM, OPERATIONS(SET("tags['a']", "2") ", " SET("tags['b']", "2"))) ", "
                   DEFINITION("three", "modify", VM, OPERATIONS(SET("tags['b']", "3"))) "]", "west",
                   "one modify Conflicting two\ntwo modify Conflicting three\nthree modify Conflicting two\n");
}

/* Parameters and spellings apart, it is the same tag. */
TEST(a_change_is_known_by_the_property_it_means)
{
#define TAGGED                                                                                        \
    "{`name`: `three`, `properties`: {`mode`: `All`, `parameters`: {`tag`: {`type`: `String`}}, `policyRule`: " \
    "{`if`: " VM ", `then`: {`effect`: `modify`, `details`: {" OPERATIONS(                                \
        "{`operation`: `add`, `field`: `[concat('tags[', parameters('tag'), ']')]`, `value`: `x`}") "}}}}}"
#define TAGGED_WITH(tag)                                                                              \
    "{`name`: `a-three`, `properties`: {`policyDefinitionId`: `three`, `scope`: `/subscriptions/s`, "  \
    "`parameters`: {`tag`: {`value`: `" tag "`}}}}"
    check_verdicts("[" OWNER("one", "modify", "a") ", " TAGGED ", " TAGGED_WITH("Owner") "]", "west",
                   "three modify Conflicting one\none modify Conflicting three\n");
    check_verdicts("[" OWNER("one", "modify", "a") ", " TAGGED ", " TAGGED_WITH("cost") "]", "west",
                   "three modify NonCompliant\none modify NonCompliant\n");
}

TEST(a_conflict_may_be_for_audit_only)
{
#define LENIENT(name, effect) \
    DEFINITION(name, "modify", VM, "`conflictEffect`: `" effect "`, " OPERATIONS(SET("tags.owner", "x")))
    check_verdicts("[" OWNER("one", "modify", "a") ", " LENIENT("two", "audit") "]", "west",
                   "one modify NonCompliant\ntwo modify NonCompliant\n");
    check_verdicts("[" OWNER("one", "modify", "a") ", " LENIENT("two", "Deny") "]", "west",
                   "one modify Conflicting two\ntwo modify Conflicting one\n");
}

/* ---- and what waits ---- */

/* Of two changes of one property, one whose effect is another elsewhere waits for related resources, and so
 * the other waits for it. */
TEST(changes_wait_for_one_that_waits)
{
    static const char policies[] =
        "[" DEFINITION("one", "modify", VM, EXTENSION ", " OPERATIONS(SET("tags['owner']", "a"))) ", "
        OWNER("two", "audit", "b") ", " ASSIGNED("one", OVERRIDE("auditIfNotExists", "East US")) ", "
        ASSIGNED("two", OVERRIDE("modify", "West US")) "]";
    world             w;
    mp_alone          alone;
    const mp_verdict *verdicts;
    uint32_t          count, pended[2];
    mp_buf            said = MP_BUF_INIT;
    open_world(&w, policies, "westus");
    begin(&w);
    CHECK_INT(mp_judge_run_alone(w.judge, &alone, NULL), MP_OK);
    CHECK_INT(alone.count, 0);
    CHECK_INT(alone.pended_count, 2);
    memcpy(pended, alone.pended, sizeof(pended));
    CHECK_INT(mp_judge_run_pended(w.judge, NULL, pended, 2, &verdicts, &count, NULL), MP_OK);
    write_verdicts(&said, &w, verdicts, count);
    CHECK_STR(mp_buf_str(&said), "one modify Conflicting two\ntwo modify Conflicting one\n");
    mp_buf_free(&said);
    close_world(&w);
}

/* ---- whether a check applies follows it too ---- */

TEST(applicability_follows_the_effect)
{
    static const char small[] =
        "[" DEFINITION("one", "audit", "{`allOf`: [" VM ", {`field`: `kind`, `equals`: `small`}, "
                       "{`field`: `tags.x`, `exists`: false}]}", EXTENSION) ", "
        ASSIGNED("one", OVERRIDE("auditIfNotExists", "West US")) "]";
    check_verdicts(small, "westus", "");
    check_verdicts(small, "eastus", ""); /* not of the kind that an audit is about */

    static const char never[] =
        "[" DEFINITION("one", "audit", "{`allOf`: [" VM ", {`value`: `a`, `equals`: `b`}]}", EXTENSION) ", "
        ASSIGNED("one", OVERRIDE("auditIfNotExists", "West US")) "]";
    check_verdicts(never, "westus", "");
    check_verdicts(never, "eastus", "one audit Compliant\n");

    static const char always[] =
        "[" DEFINITION("one", "auditIfNotExists", VM, EXTENSION) ", "
        ASSIGNED("one", OVERRIDE("audit", "West US")) "]";
    check_verdicts(always, "westus", "one audit NonCompliant\n");
    check_verdicts(always, "eastus", "one auditIfNotExists NonCompliant\n");
}

/* ---- reasons: every condition that decided, also those that only a type or a parameter decides ---- */

static void write_value(mp_buf *out, const char *name, const mp_json *v)
{
    mp_buf_printf(out, " %s ", name);
    if (v)
        mp_buf_add_json(out, v);
    else
        mp_buf_add_z(out, "absent");
}

static void check_reasons(const char *condition, const char *parameters, mp_state state, const char *wanted)
{
    world             w;
    const mp_verdict *verdicts;
    const mp_decided *decided;
    uint32_t          count, n;
    char              policies[4096];
    mp_buf            said = MP_BUF_INIT;
    snprintf(policies, sizeof(policies),
             "{`name`: `one`, `properties`: {`mode`: `All`, `parameters`: {%s}, `policyRule`: {\n"
             "`if`: %s, `then`: {`effect`: `audit`}}}}", parameters, condition);
    open_world(&w, policies, "Korea Central");
    begin(&w);
    CHECK_INT(mp_judge_run(w.judge, NULL, &verdicts, &count, NULL), MP_OK);
    CHECK_INT(count, 1);
    CHECK_STR(mp_states[verdicts[0].state].text, mp_states[state].text.ptr);
    CHECK_INT(mp_judge_decided(w.judge, NULL, 0, &decided, &n, NULL), MP_OK);
    for (uint32_t i = 0; i < n; i++) {
        const mp_decided *d = &decided[i];
        mp_buf_printf(&said, "%.*s %.*s at '%.*s' %.*s", MP_FMT(mp_str_skip(d->pointer, 11)), MP_FMT(d->subject),
                      MP_FMT(d->path), MP_FMT(d->op));
        write_value(&said, "found", d->actual);
        write_value(&said, "wanted", d->wanted);
        if (d->message.len)
            mp_buf_printf(&said, " failed on line %u: %.*s\n", d->line, MP_FMT(d->message));
        else
            mp_buf_printf(&said, " %s\n", d->outcome ? "true" : "false");
    }
    CHECK_STR(mp_buf_str(&said), wanted);
    mp_buf_free(&said);
    close_world(&w);
}

#define TYPE "\"Microsoft.Compute/virtualMachines\""

TEST(what_the_type_decides_is_a_reason)
{
    check_reasons(VM, "", MP_STATE_NON_COMPLIANT,
                  "/if type at 'type' equals found " TYPE " wanted " TYPE " true\n");
    check_reasons("{`not`: {`field`: `type`, `notLike`: `Microsoft.*`}}", "", MP_STATE_NON_COMPLIANT,
                  "/if/not type at 'type' notLike found " TYPE " wanted \"Microsoft.*\" false\n");
    check_reasons("{`allOf`: [" VM ", {`field`: `tags.x`, `exists`: false}]}", "", MP_STATE_NON_COMPLIANT,
                  "/if/allOf/0 type at 'type' equals found " TYPE " wanted " TYPE " true\n"
                  "/if/allOf/1 tags.x at 'tags.x' exists found absent wanted false true\n");
    check_reasons("{`allOf`: [" VM ", {`field`: `tags.x`, `exists`: true}]}", "", MP_STATE_COMPLIANT,
                  "/if/allOf/1 tags.x at 'tags.x' exists found absent wanted true false\n");
}

TEST(what_decided_alone_is_named_alone)
{
    /* none of them holds: all are the reason */
    check_reasons("{`anyOf`: [{`value`: `a`, `equals`: `b`}, {`allOf`: [{`field`: `kind`, `equals`: `big`}, "
                  "{`value`: 1, `greater`: 2}]}, {`field`: `tags.x`, `exists`: true}]}", "", MP_STATE_COMPLIANT,
                  "/if/anyOf/0 a at '' equals found \"a\" wanted \"b\" false\n"
                  "/if/anyOf/1/allOf/1 1 at '' greater found 1 wanted 2 false\n"
                  "/if/anyOf/2 tags.x at 'tags.x' exists found absent wanted true false\n");
    /* the first that holds is */
    check_reasons("{`anyOf`: [{`field`: `tags.x`, `exists`: true}, {`value`: `a`, `equals`: `A`}, " VM "]}", "",
                  MP_STATE_NON_COMPLIANT, "/if/anyOf/1 a at '' equals found \"a\" wanted \"A\" true\n");
    /* one that was evaluated first, though one that is known follows */
    check_reasons("{`anyOf`: [{`field`: `name`, `less`: `w`}, " VM "]}", "", MP_STATE_NON_COMPLIANT,
                  "/if/anyOf/0 name at 'name' less found \"v\" wanted \"w\" true\n");
    check_reasons("{`anyOf`: [{`field`: `name`, `less`: `a`}, " VM "]}", "", MP_STATE_NON_COMPLIANT,
                  "/if/anyOf/1 type at 'type' equals found " TYPE " wanted " TYPE " true\n");
}

TEST(parameters_and_places_are_reasons)
{
    check_reasons("{`allOf`: [{`value`: `[parameters('on')]`, `equals`: true}, {`field`: `location`, `in`: "
                  "[`koreacentral`, `East US`]}, {`field`: `kind`, `notEquals`: `[parameters('kind')]`}]}",
                  "`on`: {`type`: `Boolean`, `defaultValue`: true}, `kind`: {`type`: `String`, `defaultValue`: `s`}",
                  MP_STATE_NON_COMPLIANT,
                  "/if/allOf/0 [parameters('on')] at '' equals found true wanted true true\n"
                  "/if/allOf/1 location at 'location' in found \"koreacentral\" wanted "
                  "[\"koreacentral\",\"eastus\"] true\n"
                  "/if/allOf/2 kind at 'kind' notEquals found \"big\" wanted \"s\" true\n");
}

/* An array that resources of the type do not have selects nothing, and so does an empty one. */
TEST(collections_tell_their_values)
{
    check_reasons("{`field`: `Microsoft.Sql/servers/x[*].y`, `equals`: `a`}", "", MP_STATE_NON_COMPLIANT,
                  "/if Microsoft.Sql/servers/x[*].y at '' equals found absent wanted \"a\" true\n");
    check_reasons("{`field`: `Microsoft.Compute/virtualMachines/zones[*]`, `in`: [`1`, `2`]}", "",
                  MP_STATE_NON_COMPLIANT,
                  "/if Microsoft.Compute/virtualMachines/zones[*] at 'zones[*]' in found [\"1\",\"2\"] wanted "
                  "[\"1\",\"2\"] true\n");
    check_reasons("{`field`: `Microsoft.Compute/virtualMachines/zones[*]`, `equals`: `1`}", "", MP_STATE_COMPLIANT,
                  "/if Microsoft.Compute/virtualMachines/zones[*] at 'zones[*]' equals found \"2\" wanted \"1\" "
                  "false\n");
}

TEST(failures_tell_where_and_what)
{
    check_reasons("{`allOf`: [" VM ",\n{`field`: `Microsoft.Compute/virtualMachines/priority`, `greater`: 3}]}", "",
                  MP_STATE_ERROR,
                  "/if/allOf/1 Microsoft.Compute/virtualMachines/priority at 'properties.priority' greater found "
                  "absent wanted 3 failed on line 3: 'greater' compares two numbers or two texts, not a missing "
                  "value with integer\n");
    check_reasons("{`field`: `type`, `less`: 3}", "", MP_STATE_ERROR,
                  "/if type at 'type' less found " TYPE " wanted 3 failed on line 2: 'less' compares two numbers "
                  "or two texts, not string with integer\n");
}

static bool explain(void *context)
{
    world            *w = context;
    const mp_verdict *verdicts;
    const mp_decided *decided;
    uint32_t          count, n;
    mp_error          err = { 0 };
    const mp_program *program;
    if (mp_plan_program(&program, w->plan, w->resource.type, &err) != MP_OK ||
        mp_judge_begin(w->judge, program, &w->resource, &(mp_surroundings){ 0 }, &err) != MP_OK ||
        mp_judge_run(w->judge, NULL, &verdicts, &count, &err) != MP_OK ||
        mp_judge_decided(w->judge, NULL, 0, &decided, &n, &err) != MP_OK) {
        CHECK_INT(err.code, MP_NOMEM);
        return false;
    }
    CHECK_INT(n, 4);
    return true;
}

TEST(reasons_report_short_memory)
{
    world w;
    open_world(&w, "{`name`: `one`, `properties`: {`mode`: `All`, `policyRule`: {`if`: {`allOf`: [" VM ", "
               "{`field`: `location`, `equals`: `west`}, {`field`: `Microsoft.Compute/virtualMachines/zones[*]`, "
               "`notEquals`: `9`}, {`field`: `Microsoft.Sql/servers/x[*]`, `equals`: `1`}]}, `then`: {`effect`: "
               "`audit`}}}}", "west");
    CHECK(fault_loop(explain, &w) > 0);
    close_world(&w);
}

int main(void)
{
    return MAIN(RUN(changes_of_one_property_conflict), RUN(a_change_that_is_overridden_conflicts_with_nothing),
                RUN(a_change_by_an_override_conflicts), RUN(one_change_may_conflict_with_two),
                RUN(a_change_is_known_by_the_property_it_means), RUN(a_conflict_may_be_for_audit_only),
                RUN(changes_wait_for_one_that_waits), RUN(applicability_follows_the_effect),
                RUN(what_the_type_decides_is_a_reason), RUN(what_decided_alone_is_named_alone),
                RUN(parameters_and_places_are_reasons), RUN(collections_tell_their_values),
                RUN(failures_tell_where_and_what), RUN(reasons_report_short_memory));
}
