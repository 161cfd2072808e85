/* SPDX-License-Identifier: Apache-2.0 */
/* Most tests are documents, the checks that come of them and what is said about them, all as text. In
 * documents ` stands for ". A check is a line
 *
 *   ASSIGNMENT > INITIATIVE > REFERENCE: DEFINITION EFFECT NAME=VALUE ...
 *
 * and a diagnostic "E CODE FILE:LINE:COL MESSAGE (NEAREST)". */
#include "library.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assignment.h"
#include "buf.h"
#include "fault.h"
#include "initiative.h"
#include "source.h"
#include "test.h"

#define DOCUMENTS 6

struct document {
    const char *file; /* with '@' before it: only referenced; with '+': an earlier version */
    const char *text;
};

#define RULE "`if`: {`field`: `type`, `equals`: `a/b`}"
#define AUDIT "`policyRule`: {" RULE ", `then`: {`effect`: `audit`}}"
#define BY_PARAMETER "`policyRule`: {" RULE ", `then`: {`effect`: `[parameters('effect')]`}}"
#define EFFECT "`effect`: {`type`: `String`, `allowedValues`: [`Audit`, `Deny`, `Disabled`]"
#define DEFINITION(name, more) \
    "{`id`: `/providers/Microsoft.Authorization/policyDefinitions/" name "`, `name`: `" name \
    "`, `properties`: {" more "}}"
#define SET(name, more) \
    "{`id`: `/providers/Microsoft.Authorization/policySetDefinitions/" name "`, `name`: `" name \
    "`, `properties`: {" more "}}"
#define ASSIGN(name, what, more)                                                                \
    "{`id`: `/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/" name        \
    "`, `properties`: {`policyDefinitionId`: `/providers/Microsoft.Authorization/" what "`" more \
    "}}"
#define REFER(name, more) \
    "{`policyDefinitionId`: `/providers/Microsoft.Authorization/policyDefinitions/" name "`" more "}"

static mp_str quoted(const char *text, mp_arena *arena)
{
    mp_str s = mp_arena_dup(arena, mp_str_from(text));
    CHECK(s.ptr != NULL);
    char *at = mp_arena_alloc(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        at[i] = (char)(s.ptr[i] == '`' ? '"' : s.ptr[i]);
    return mp_str_of(at, s.len);
}

static void write_file(const char *path, const char *text)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   bytes = quoted(text, &arena);
    FILE    *f = fopen(path, "w");
    CHECK(f != NULL);
    CHECK_INT(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
    CHECK_INT(fclose(f), 0);
    mp_arena_free(&arena);
}

/* Go into a new folder; what was before is to be gone back to. */
static int enter_folder(char folder[static 32])
{
    snprintf(folder, 32, "/tmp/mapae-library-XXXXXX");
    int before = open(".", O_RDONLY | O_DIRECTORY);
    CHECK(before >= 0 && mkdtemp(folder) != NULL && chdir(folder) == 0);
    return before;
}

static void leave_folder(const char *folder, int before)
{
    CHECK(fchdir(before) == 0 && close(before) == 0);
    CHECK_INT(rmdir(folder), 0);
}

/* Where what is only referenced is kept: nothing must come of it that can be told. */
enum where { AT_REST, IN_FILES, HELD, PLACES };

static mp_code read_document(mp_library *lib, const struct document *document, enum where where,
                             mp_arena *arena, mp_error *err)
{
    bool        referenced = document->file[0] == '@';
    bool        earlier = document->file[0] == '+';
    mp_role     role = earlier ? MP_ROLE_EARLIER : referenced ? MP_ROLE_REFERENCED : MP_ROLE_JUDGED;
    const char *file = document->file + (referenced || earlier);
    if (!referenced || where != IN_FILES)
        return mp_library_read(lib, mp_str_from(file), quoted(document->text, arena), role, err);
    write_file(file, document->text);
    return mp_library_read_path(lib, file, role, err);
}

static mp_code read_documents(mp_library *lib, const struct document *documents, enum where where,
                              mp_arena *arena, mp_error *err)
{
    if (where == HELD)
        mp_library_hold(lib);
    for (size_t i = 0; i < DOCUMENTS && documents[i].file; i++)
        MP_TRY(read_document(lib, &documents[i], where, arena, err));
    return MP_OK;
}

static void remove_files(const struct document *documents)
{
    for (size_t i = 0; i < DOCUMENTS && documents[i].file; i++)
        if (documents[i].file[0] == '@')
            CHECK_INT(unlink(documents[i].file + 1), 0);
}

static void print_check(mp_buf *b, const mp_check *c)
{
    if (c->assignment)
        mp_buf_printf(b, "%.*s > ", MP_FMT(c->assignment->name));
    if (c->initiative)
        mp_buf_printf(b, "%.*s > %.*s: ", MP_FMT(c->initiative->name), MP_FMT(c->reference_id));
    mp_buf_printf(b, "%.*s %.*s", MP_FMT(c->definition->name), MP_FMT(c->effect_text));
    for (uint32_t i = 0; i < c->bound.count; i++) {
        if (mp_str_eq_fold(c->bound.parameters[i].name, MP_S("effect")))
            continue;
        mp_buf_printf(b, " %.*s=", MP_FMT(c->bound.parameters[i].name));
        mp_buf_add_json(b, c->bound.values[i]);
    }
    for (uint32_t i = 0; i < c->group_count; i++)
        mp_buf_printf(b, " in %.*s", MP_FMT(c->initiative->groups[c->groups[i]].name));
    mp_buf_add_c(b, '\n');
}

static void print_diagnostics(mp_buf *b, const mp_diagnostics *d)
{
    for (const mp_diagnostic *i = d->first; i; i = i->next) {
        mp_buf_printf(b, "%s %s %.*s:%u:%u %s", i->severity == MP_SEVERITY_ERROR ? "E" : "W",
                      mp_code_name(i->error.code), MP_FMT(i->file), i->error.pos.line,
                      i->error.pos.col, i->error.message);
        if (i->nearest.len)
            mp_buf_printf(b, " (%.*s)", MP_FMT(i->nearest));
        mp_buf_add_c(b, '\n');
    }
}

static void expect_where(const char *name, const struct document *documents, enum where where,
                         const char *checks, const char *diagnostics)
{
    static const char *const places[PLACES] = { "at rest", "in files", "held" };
    mp_arena        arena = MP_ARENA_INIT;
    mp_buf          found = MP_BUF_INIT, said = MP_BUF_INIT;
    mp_library     *lib = NULL;
    const mp_check *list = NULL;
    uint32_t        count = 0;
    char            folder[32];
    int             before = where == IN_FILES ? enter_folder(folder) : -1;
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(read_documents(lib, documents, where, &arena, NULL) == MP_OK);
    CHECK(mp_library_checks(lib, &list, &count, NULL) == MP_OK);
    if (where == IN_FILES) {
        remove_files(documents); /* nobody reads them from now on */
        leave_folder(folder, before);
    }
    for (uint32_t i = 0; i < count; i++)
        print_check(&found, &list[i]);
    print_diagnostics(&said, mp_library_diagnostics(lib));
    if (!mp_str_eq(mp_buf_str(&found), mp_str_from(checks)) ||
        !mp_str_eq(mp_buf_str(&said), mp_str_from(diagnostics)))
        print_error("-- %s, %s\n", name, places[where]);
    CHECK_STR(mp_buf_str(&found), checks);
    CHECK_STR(mp_buf_str(&said), diagnostics);
    mp_buf_free(&found);
    mp_buf_free(&said);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

static void expect(const char *name, const struct document *documents, const char *checks,
                   const char *diagnostics)
{
    for (enum where where = AT_REST; where < PLACES; where++)
        expect_where(name, documents, where, checks, diagnostics);
}

/* ---- recognising ---- */

TEST(documents_are_recognised_by_content)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "as ARM answers it", { { "a.json", DEFINITION("one", AUDIT) } }, "one audit\n", "" },
        { "flattened", { { "a.json", "{`id`: `/x/one`, `name`: `one`, " AUDIT "}" } }, "one audit\n", "" },
        { "bare rule", { { "a.json", "{" RULE ", `then`: {`effect`: `audit`}}" } }, " audit\n", "" },
        { "two bare rules are two",
          { { "a.json", "{" RULE ", `then`: {`effect`: `audit`}}" },
            { "b.json", "{" RULE ", `then`: {`effect`: `deny`}}" } },
          " audit\n deny\n", "" },
        { "array", { { "a.json", "[" DEFINITION("one", AUDIT) "," DEFINITION("two", AUDIT) "]" } },
          "one audit\ntwo audit\n", "" },
        { "value", { { "a.json", "{`value`: [" DEFINITION("one", AUDIT) "], `nextLink`: null}" } },
          "one audit\n", "" },
        { "escapes in names", { { "a.json", DEFINITION("\\u006fne", AUDIT) } }, "one audit\n", "" },
        { "byte order mark", { { "a.json", "\xEF\xBB\xBF" DEFINITION("one", AUDIT) } }, "one audit\n", "" },
        { "no JSON: the next file is read",
          { { "a.json", "{\n  `id`: ]" }, { "b.json", DEFINITION("one", AUDIT) } }, "one audit\n",
          "E syntax a.json:2:9 expected a value, found ']'\n" },
        { "something else",
          { { "a.json", "{`$schema`: 1, `contentVersion`: 2}" } }, "",
          "E format a.json:1:1 this is no policy document: its members are \"$schema\", "
          "\"contentVersion\"\n" },
        { "many members",
          { { "a.json", "{`a`: 1, `b`: 2, `c`: 3, `d`: 4, `e`: 5, `f`: 6, `g`: 7}" } }, "",
          "E format a.json:1:1 this is no policy document: its members are \"a\", \"b\", \"c\", \"d\", "
          "\"e\", \"f\", ...\n" },
        { "no members", { { "a.json", "{}" } }, "",
          "E format a.json:1:1 this is no policy document: it has no members\n" },
        { "scalars", { { "a.json", "[5, " DEFINITION("one", AUDIT) "]" } }, "one audit\n",
          "E format a.json:1:2 no policy document is of type integer\n" },
        { "record of a scan is no attestation",
          { { "a.json", "{`complianceState`: `Compliant`, `policyAssignmentId`: `x`, `resourceId`: `y`}" } },
          "",
          "E format a.json:1:1 this is no policy document: its members are \"complianceState\", "
          "\"policyAssignmentId\", \"resourceId\"\n" },
        { "referenced only", { { "@a.json", DEFINITION("one", AUDIT) } }, "", "" },
        { "an error in a definition",
          { { "a.json", "{`policyRule`: {`if`: {`field`: `type`, `equal`: 1},\n`then`: {`effect`: `audit`}}}" } },
          "", "E compile a.json:1:42 a condition has no key \"equal\" (equals)\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

TEST(the_later_of_two_wins_and_the_judged_one_beats)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "later wins",
          { { "a.json", DEFINITION("one", "`displayName`: `x`, " AUDIT) },
            { "b.json", DEFINITION("ONE", AUDIT) } },
          "ONE audit\n",
          "W reference b.json:1:1 \"/providers/Microsoft.Authorization/policyDefinitions/ONE\" was read "
          "already, from a.json; this one takes its place\n" },
        { "the same twice",
          { { "a.json", DEFINITION("one", AUDIT) }, { "b.json", DEFINITION("one", AUDIT) } },
          "one audit\n", "" },
        { "judged, then referenced",
          { { "a.json", DEFINITION("one", AUDIT) }, { "@b.json", DEFINITION("One", AUDIT) } },
          "one audit\n",
          "W reference b.json:1:1 \"/providers/Microsoft.Authorization/policyDefinitions/One\" was read "
          "already, from a.json; this one is left out\n" },
        { "referenced, then judged",
          { { "@a.json", DEFINITION("one", AUDIT) }, { "b.json", DEFINITION("one", AUDIT) } },
          "one audit\n", "" },
        { "by name the judged one is found",
          { { "a.json", "{`id`: `/subscriptions/s/policyDefinitions/one`, `name`: `one`, " AUDIT "}" },
            { "@b.json", "{`id`: `/subscriptions/t/policyDefinitions/one`, `name`: `one`, " BY_PARAMETER
                         ", `parameters`: {" EFFECT ", `defaultValue`: `Deny`}}}" },
            { "c.json", SET("set", "`policyDefinitions`: [" REFER("one", "") "]") } },
          "set > one: one audit\n", "" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

TEST(definitions_are_found_by_id_and_name)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_library *lib = NULL;
    static const struct document documents[DOCUMENTS] = {
        { "a.json", "[" DEFINITION("one", AUDIT) ", {`name`: `two`, " AUDIT "}]" },
        { "b.json", SET("set", "`policyDefinitions`: [" REFER("ONE", "") "]") },
        { "c.json", SET("half", "`policyDefinitions`: [" REFER("two", "") "," REFER("none", "") "]") },
    };
    static const struct {
        const char *wanted, *name;
    } cases[] = {
        { "/providers/Microsoft.Authorization/policyDefinitions/one", "one" },
        { "/PROVIDERS/microsoft.authorization/POLICYDEFINITIONS/ONE/", "one" },
        { "/providers/Microsoft.Authorization/policyDefinitions/one/versions/1.0.0", "one" },
        { "/subscriptions/x/providers/Microsoft.Authorization/policyDefinitions/one", "one" },
        { "One", "one" },
        { "two", "two" },
        { "/providers/Microsoft.Authorization/policyDefinitions/two", "two" },
        { "/providers/Microsoft.Authorization/policySetDefinitions/two", NULL },
        { "three", NULL },
        { "", NULL },
        { "/", NULL },
    };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(read_documents(lib, documents, AT_REST, &arena, NULL) == MP_OK);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_definition *d;
        CHECK_INT(mp_library_find(&d, lib, mp_str_from(cases[i].wanted), NULL), MP_OK);
        CHECK((d != NULL) == (cases[i].name != NULL));
        if (d)
            CHECK_STR(d->name, cases[i].name);
    }
    CHECK_INT(mp_library_definition_count(lib), 2);
    CHECK_STR(mp_library_definition(lib, 1)->name, "two");
    CHECK_INT(mp_library_initiative_count(lib), 2);
    CHECK_STR(mp_library_initiative(lib, 0)->name, "set");
    CHECK_INT(mp_library_initiatives_resolved(lib), 1);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

/* ---- unfolding ---- */

#define TWO DEFINITION("one", AUDIT) "," DEFINITION("two", AUDIT)

TEST(what_is_judged_comes_in_order_and_once)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "an initiative covers its definitions",
          { { "a.json", "[" TWO "," DEFINITION("three", AUDIT) "]" },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("two", "") "," REFER("one", "") "]") } },
          "set > two: two audit\nset > one: one audit\nthree audit\n", "" },
        { "an assignment comes first, and once",
          { { "a.json", "[" TWO "]" },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("two", "") "]") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", "") },
            { "d.json", ASSIGN("y", "policySetDefinitions/SET", "") } },
          "x > set > two: two audit\ny > set > two: two audit\none audit\n", "" },
        { "of a definition",
          { { "@a.json", "[" TWO "]" }, { "c.json", ASSIGN("x", "policyDefinitions/one", "") } },
          "x > one audit\n", "" },
        { "an assignment that is only referenced",
          { { "@c.json", ASSIGN("x", "policyDefinitions/one", "") }, { "a.json", DEFINITION("one", AUDIT) } },
          "one audit\n", "" },
        { "of nothing",
          { { "a.json", "[" TWO "]" }, { "c.json", ASSIGN("x", "policyDefinitions/twu", "") } },
          "one audit\ntwo audit\n",
          "E reference c.json:1:120 there is no definition or initiative "
          "\"/providers/Microsoft.Authorization/policyDefinitions/twu\" (two)\n" },
        { "a reference to nothing",
          { { "a.json", "[" TWO "]" },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("two", "") ",\n" REFER("tree", "") "]") } },
          "set > two: two audit\none audit\n",
          "E reference b.json:2:25 there is no definition "
          "\"/providers/Microsoft.Authorization/policyDefinitions/tree\"; reference \"tree\" is left out\n" },
        { "references have ids",
          { { "@a.json", "[" TWO "]" },
            { "b.json",
              SET("set", "`policyDefinitions`: [" REFER("two", "") "," REFER("two", "") "," REFER(
                  "one", ", `policyDefinitionReferenceId`: `TWO-2`") "]") } },
          "set > two: two audit\nset > two-3: two audit\nset > TWO-2: one audit\n", "" },
        { "an id twice",
          { { "@a.json", "[" TWO "]" },
            { "b.json",
              SET("set", "`policyDefinitions`: [" REFER("two", ", `policyDefinitionReferenceId`: `r`") ",\n"
                  REFER("one", ", `policyDefinitionReferenceId`: `R`") "]") } },
          "set > r: two audit\n",
          "E compile b.json:2:1 there is a reference \"R\" already; this one is left out\n" },
        { "groups",
          { { "@a.json", DEFINITION("one", AUDIT) },
            { "b.json", SET("set", "`policyDefinitionGroups`: [{`name`: `2.1`}, {`name`: `2.2`}, {}],\n"
                            "`policyDefinitions`: [" REFER("one", ", `groupNames`: [`2.2`, `2.1`, `2.3`]")
                            "]") } },
          "set > one: one audit in 2.2 in 2.1\n",
          "E compile b.json:1:162 a group has no name\n"
          "W reference b.json:2:136 the initiative has no group \"2.3\"\n" },
        { "an initiative's wrong member",
          { { "b.json", SET("set", "`policyDefinitions`: [{}, 5]") } }, "",
          "E compile b.json:1:123 a reference wants a policyDefinitionId\n"
          "E compile b.json:1:127 a reference wants a policyDefinitionId\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

#define TUNED                                                                                    \
    DEFINITION("tuned", "`parameters`: {" EFFECT ", `defaultValue`: `Audit`}, `days`: {`type`: " \
                        "`Integer`, `allowedValues`: [30, 90]}, `tags`: {`type`: `Array`, "      \
                        "`defaultValue`: [`a`]}}, " BY_PARAMETER)
#define TUNED_SET(passed)                                                                        \
    SET("set", "`parameters`: {`n`: {`type`: `Integer`, `defaultValue`: 30}, `m`: {`type`: "     \
               "`Integer`}, `mode`: {`type`: `String`, `defaultValue`: `Deny`}}, "               \
               "`policyDefinitions`: [\n" REFER("tuned", ", `parameters`: {" passed "}") "]")

TEST(parameters_are_bound)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "assigned, else default",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned",
                               ", `parameters`: {`DAYS`: {`value`: 90}, `effect`: {`value`: `deny`}}") } },
          "x > tuned deny days=90 tags=[\"a\"]\n", "" },
        { "missing",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned", ",\n`parameters`: {`tags`: {`value`: []}}") } },
          "", "E parameter b.json:2:15 parameter \"days\" has no value and no default\n" },
        { "missing without an assignment: the declaration",
          { { "a.json", TUNED } }, "",
          "E parameter a.json:1:228 parameter \"days\" has no value and no default\n" },
        { "null is none",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned",
                               ", `parameters`: {`days`: {`value`: 30}, `tags`: {`value`: null}}") } },
          "x > tuned Audit days=30 tags=[\"a\"]\n", "" },
        { "unsuitable",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned", ",\n`parameters`: {`days`: {`value`: 31}}") } },
          "", "E parameter b.json:2:34 parameter \"days\" does not allow \"31\"\n" },
        { "unknown",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned",
                               ",\n`parameters`: {`days`: {`value`: 30}, `tag`: {`value`: 1}}") } },
          "x > tuned Audit days=30 tags=[\"a\"]\n",
          "W parameter b.json:2:56 no policy has a parameter \"tag\" (tags)\n" },
        { "without a value",
          { { "a.json", TUNED },
            { "b.json", ASSIGN("x", "policyDefinitions/tuned", ",\n`parameters`: {`days`: 30}") } },
          "", "E parameter b.json:2:24 parameter \"days\" wants an object with a \"value\"\n" },
        { "passed by an initiative",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: `[parameters('N')]`}, `tags`: {`value`: "
                                  "[`[[x]`, `[concat('b', parameters('mode'))]`]}, `effect`: {`value`: "
                                  "`[if(equals(parameters('mode'), 'Deny'), 'deny', 'audit')]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}, `n`: "
                                                                "{`value`: 90}}") } },
          "x > set > tuned: tuned deny days=90 tags=[\"[x]\",\"bDeny\"]\n", "" },
        { "of an initiative and not given: what does not use it holds",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: `[parameters('n')]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", "") } },
          "x > set > tuned: tuned Audit days=30 tags=[\"a\"]\n",
          "E parameter c.json:1:1 parameter \"m\" has no value and no default\n" },
        { "of an initiative and not given: what uses it does not",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: `[parameters('m')]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", "") } },
          "", "E parameter c.json:1:1 parameter \"m\" has no value and no default\n" },
        { "not passed",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}, `days`: "
                                                                "{`value`: 90}}") } },
          "",
          "W parameter c.json:1:234 no policy has a parameter \"days\"\n"
          "E parameter b.json:2:1 parameter \"days\" has no value and no default\n" },
        { "passed, unsuitable",
          { { "a.json", TUNED }, { "b.json", TUNED_SET("`days`: {`value`: `[add(parameters('n'), 1)]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}}") } },
          "", "E parameter b.json:2:120 parameter \"days\" does not allow \"31\"\n" },
        { "passed, but unknown",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: 30}, `host`: {`value`: 1}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}}") } },
          "x > set > tuned: tuned Audit days=30 tags=[\"a\"]\n",
          "W parameter b.json:2:142 the definition of reference \"tuned\" has no parameter \"host\"\n" },
        { "passed from a parameter that is not there",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: `[parameters('mod')]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}}") } },
          "", "E parameter b.json:2:132 the initiative has no parameter \"mod\" (mode)\n" },
        { "passed from a resource",
          { { "a.json", TUNED },
            { "b.json", TUNED_SET("`days`: {`value`: `[field('name')]`}") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", ", `parameters`: {`m`: {`value`: 1}}") } },
          "", "E evaluation b.json:2:120 the expression depends on a resource, where there is none\n" },
        { "a value that its own definition does not allow, but defaults to",
          { { "a.json", DEFINITION("one", "`parameters`: {`m`: {`type`: `String`, `allowedValues`: [`a`], "
                                          "`defaultValue`: `b`}}, " AUDIT) },
            { "b.json", ASSIGN("x", "policyDefinitions/one", ", `parameters`: {`m`: {`value`: `b`}}") } },
          "x > one audit m=\"b\"\n",
          "W parameter a.json:1:178 default value: parameter \"m\" does not allow \"b\"\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

TEST(effects_are_resolved)
{
#define PLAIN DEFINITION("tuned", "`parameters`: {" EFFECT "}}, " BY_PARAMETER)
#define WITH(effect, more) \
    ASSIGN("x", "policyDefinitions/tuned", ", `parameters`: {`effect`: {`value`: `" effect "`}}" more)
#define OVERRIDE(kind, value, selectors) \
    ",\n`overrides`: [{`kind`: `" kind "`, `value`: `" value "`, `selectors`: [" selectors "]}]"
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "as it is spelled", { { "a.json", PLAIN }, { "b.json", WITH("dENY", "") } }, "x > tuned dENY\n", "" },
        { "disabled", { { "a.json", PLAIN }, { "b.json", WITH("disabled", "") } }, "", "" },
        { "disabled and overridden",
          { { "a.json", PLAIN }, { "b.json", WITH("Disabled", OVERRIDE("policyEffect", "audit", "")) } },
          "x > tuned audit\n", "" },
        { "overridden for some resources",
          { { "a.json", PLAIN },
            { "b.json", WITH("Disabled", OVERRIDE("policyEffect", "audit",
                                                  "{`kind`: `resourceLocation`, `in`: [`x`]}")) } },
          "x > tuned Disabled\n", "" },
        { "disabled by an override",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("policyEffect", "Disabled", "")) } }, "", "" },
        { "a reference that is not this one",
          { { "a.json", PLAIN },
            { "b.json", WITH("Deny", OVERRIDE("policyEffect", "Audit",
                                              "{`kind`: `policyDefinitionReferenceId`, `in`: [`r`]}")) } },
          "x > tuned Deny\n", "" },
        { "an override of the version",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("policyVersion", "1.*.*", "")) } },
          "x > tuned Deny\n", "" },
        { "no version",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("policyVersion", "newest", "")) } }, "",
          "E compile b.json:2:51 \"newest\" is no version such as 1.*.*\n" },
        { "no effect",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("policyEffect", "Audits", "")) } }, "",
          "E compile b.json:2:50 \"Audits\" is no effect (audit)\n" },
        { "no kind",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("effect", "Audit", "")) } }, "",
          "E compile b.json:2:25 \"effect\" is no kind of override\n" },
        { "an effect that the definition has no details for",
          { { "a.json", PLAIN }, { "b.json", WITH("Deny", OVERRIDE("policyEffect", "modify", "")) } }, "",
          "E compile a.json:1:273 the details of effect modify want operations\n" },
        { "in an initiative, of some references",
          { { "a.json", "[" TWO "]" },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("two", "") "," REFER("one", "") "]") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set",
                               OVERRIDE("policyEffect", "Deny",
                                        "{`kind`: `policyDefinitionReferenceId`, `notIn`: [`ONE`, `on`]}")) } },
          "x > set > two: two Deny\nx > set > one: one audit\n",
          "W reference c.json:2:14 initiative \"set\" has no reference \"on\" (one)\n" },
        { "first match wins",
          { { "a.json", PLAIN },
            { "b.json", WITH("Audit", ", `overrides`: [{`kind`: `policyEffect`, `value`: `Deny`}, "
                                      "{`kind`: `policyEffect`, `value`: `Disabled`}]") } },
          "x > tuned Deny\n", "" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

TEST(assignments_are_checked)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "enforcement",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "b.json", ASSIGN("x", "policyDefinitions/one", ",\n`enforcementMode`: `doNotEnforce`") } },
          "x > one audit\n", "" },
        { "no enforcement",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "b.json", ASSIGN("x", "policyDefinitions/one", ",\n`enforcementMode`: `DoNotEnforced`") } },
          "", "E compile b.json:2:21 \"DoNotEnforced\" is no enforcementMode (DoNotEnforce)\n" },
        { "version",
          { { "a.json", DEFINITION("one", "`version`: `2.1.0`, " AUDIT) },
            { "b.json", ASSIGN("x", "policyDefinitions/one", ", `definitionVersion`: `1.*.*`") } },
          "x > one audit\n",
          "W reference b.json:1:1 version 2.1.0 was given, where 1.*.* is wanted; it is judged all the "
          "same\n" },
        { "version of a reference",
          { { "@a.json", DEFINITION("one", "`version`: `2.1.0`, " AUDIT) },
            { "b.json", SET("set", "`policyDefinitions`: [\n" REFER("one", ", `definitionVersion`: `3.*.*`")
                            "]") } },
          "set > one: one audit\n",
          "W reference b.json:2:1 version 2.1.0 was given, where 3.*.* is wanted; it is judged all the "
          "same\n" },
        { "management group, once",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "b.json", "[{`name`: `x`, `policyDefinitionId`: `one`, `scope`: "
                        "`/providers/Microsoft.Management/managementGroups/g`},\n {`name`: `y`, "
                        "`policyDefinitionId`: `one`, `scope`: "
                        "`/providers/Microsoft.Management/managementGroups/h`,\n`notScopes`: "
                        "[`/providers/Microsoft.Management/managementGroups/i`]}]" } },
          "x > one audit\ny > one audit\n",
          "W unsupported b.json:1:2 which resources are below a management group is not known; "
          "assignment \"x\" holds for all\n"
          "W unsupported b.json:3:14 which resources are below "
          "\"/providers/Microsoft.Management/managementGroups/i\" is not known; it excludes none\n" },
        { "expired, unknown",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "b.json", ASSIGN("x", "policyDefinitions/one", "") },
            { "c.json", "{`id`: `/subscriptions/s/providers/Microsoft.Authorization/policyExemptions/e`,\n"
                        "`exemptionCategory`: `Waiver`, `policyAssignmentId`: `/y`,\n`expiresOn`: "
                        "`2020-01-01`}" } },
          "x > one audit\n",
          "W reference c.json:3:15 \"e\" expired on 2020-01-01T00:00:00Z and is not honoured\n"
          "W reference c.json:2:55 assignment \"/y\" was not given\n" },
        { "unknown reference",
          { { "@a.json", DEFINITION("one", AUDIT) },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("one", "") "]") },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", "") },
            { "d.json", "{`id`: `/subscriptions/s/providers/Microsoft.PolicyInsights/attestations/t`,\n"
                        "`policyAssignmentId`: "
                        "`/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/X`,\n"
                        "`policyDefinitionReferenceId`: `onne`, `complianceState`: `compliant`}" } },
          "x > set > one: one audit\n",
          "W reference d.json:1:1 initiative \"set\" has no reference \"onne\" (one)\n" },
        { "bad exemption",
          { { "a.json", "[{`exemptionCategory`: `Waiver`, `id`: `x`},\n {`exemptionCategory`: `Waiver`, "
                        "`scope`: `/x`, `expiresOn`: `soon`}]" } },
          "",
          "E compile a.json:1:2 the exemption has no id and no scope to say what it holds for\n"
          "E compile a.json:2:63 expiresOn wants a date and time, not \"soon\"\n" },
        { "bad attestation",
          { { "a.json", "[{`complianceState`: `Compliant`, `policyAssignmentId`: `x`},\n {`id`: `/x/providers/"
                        "Microsoft.PolicyInsights/attestations/t`, `complianceState`: `Complient`}]" } },
          "",
          "E compile a.json:1:2 the attestation has no id to say of which resource it speaks\n"
          "E compile a.json:2:85 \"Complient\" is no state to attest (Compliant)\n" },
        { "selectors",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "b.json", "{`policyDefinitionId`: `one`, `resourceSelectors`: [\n{`selectors`: [{`kind`: "
                        "`resourceTyp`, `in`: []}]},\n{`selectors`: [{`kind`: `resourceType`}]},\n"
                        "{`selectors`: [{`kind`: `resourceType`, `in`: [5]}]},\n"
                        "{`selectors`: [{`kind`: `policyDefinitionReferenceId`, `in`: []}]},\n"
                        "{`selectors`: [{`kind`: `resourceType`, `in`: [`a`], `notIn`: [`b`]}]},\n7]}" } },
          "",
          "E compile b.json:2:26 \"resourceTyp\" is no kind of selector here (resourceType)\n"
          "E compile b.json:3:16 a selector wants either \"in\" or \"notIn\"\n"
          "E compile b.json:4:48 an element of \"in\" is a string, not integer\n"
          "E compile b.json:5:26 \"policyDefinitionReferenceId\" is no kind of selector here\n"
          "E compile b.json:6:16 a selector wants either \"in\" or \"notIn\"\n"
          "E compile b.json:7:1 an element of \"resourceSelectors\" is an object, not integer\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

TEST(limits_are_kept)
{
    static const struct {
        const char *member, *before, *item, *after, *said;
        unsigned    most;
    } cases[] = {
        { "overrides", "[", "{`kind`: `policyEffect`, `value`: `deny`}", "]",
          "\"overrides\" holds at most 10, this has 11", 10 },
        { "resourceSelectors", "[", "{}", "]", "\"resourceSelectors\" holds at most 10, this has 11", 10 },
        { "resourceSelectors", "[{`selectors`: [", "{`kind`: `resourceType`, `in`: []}", "]}]",
          "\"selectors\" holds at most 10, this has 11", 10 },
        { "resourceSelectors", "[{`selectors`: [{`kind`: `resourceType`, `in`: [", "`a`", "]}]}]",
          "\"in\" holds at most 50, this has 51", 50 },
        { "notScopes", "[", "`/x`", "]", "\"notScopes\" holds at most 400, this has 401", 400 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        for (unsigned over = 0; over < 2; over++) {
            mp_arena        arena = MP_ARENA_INIT;
            mp_buf          b = MP_BUF_INIT;
            mp_library     *lib = NULL;
            const mp_check *checks;
            uint32_t        count;
            mp_buf_printf(&b, "[%s, {`policyDefinitionId`: `one`, `%s`: %s", DEFINITION("one", AUDIT),
                          cases[i].member, cases[i].before);
            for (unsigned n = 0; n < cases[i].most + over; n++)
                mp_buf_printf(&b, "%s%s", n ? "," : "", cases[i].item);
            mp_buf_printf(&b, "%s}]", cases[i].after);
            mp_buf_add_c(&b, '\0');
            CHECK(mp_library_new(&lib, NULL) == MP_OK);
            CHECK(mp_library_read(lib, MP_S("a.json"), quoted(b.ptr, &arena), MP_ROLE_JUDGED, NULL) == MP_OK);
            CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
            CHECK_INT(count, 1 - over);
            CHECK_INT(mp_library_diagnostics(lib)->errors, over);
            if (over) {
                CHECK_INT(mp_library_diagnostics(lib)->first->error.code, MP_LIMIT);
                CHECK_STR(mp_str_from(mp_library_diagnostics(lib)->first->error.message), cases[i].said);
            }
            mp_library_free(lib);
            mp_buf_free(&b);
            mp_arena_free(&arena);
        }
}

TEST(policy_says_who_applies_it)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    mp_buf          b = MP_BUF_INIT;
    static const struct document documents[DOCUMENTS] = {
        { "a.json", "[{`name`: `two`, " AUDIT "}," DEFINITION("one", AUDIT) "]" },
        { "b.json", SET("set", "`policyDefinitions`: [" REFER("two", ", `policyDefinitionReferenceId`: `r`")
                        "]") },
        { "c.json",
          ASSIGN("x", "policySetDefinitions/set",
                 ", `nonComplianceMessages`: [{`message`: `all`}, {`message`: `only r`, "
                 "`policyDefinitionReferenceId`: `R`}]") },
    };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(read_documents(lib, documents, AT_REST, &arena, NULL) == MP_OK);
    CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
    CHECK_INT(count, 2);
    mp_buf_add_json(&b, checks[0].bound.policy);
    CHECK_STR(mp_buf_str(&b),
              "{\"assignmentId\":\"/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/x\","
              "\"definitionId\":\"/providers/Microsoft.Authorization/policyDefinitions/two\","
              "\"setDefinitionId\":\"/providers/Microsoft.Authorization/policySetDefinitions/set\","
              "\"definitionReferenceId\":\"r\"}");
    mp_buf_clear(&b);
    mp_buf_add_json(&b, checks[1].bound.policy);
    CHECK_STR(mp_buf_str(&b),
              "{\"assignmentId\":\"\","
              "\"definitionId\":\"/providers/Microsoft.Authorization/policyDefinitions/one\","
              "\"setDefinitionId\":\"\",\"definitionReferenceId\":\"\"}");
    CHECK_STR(mp_assignment_message(checks[0].assignment, MP_S("r")), "only r");
    CHECK_STR(mp_assignment_message(checks[0].assignment, MP_S("s")), "all");
    mp_buf_free(&b);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

TEST(versions_suit_patterns)
{
    static const struct {
        const char *version, *pattern;
        bool        suits;
    } cases[] = {
        { "1.2.3", "1.*.*", true },          { "2.0.0", "1.*.*", false },
        { "7.0.1", "#.*.*", true },          { "1.2.3", "1.2.*", true },
        { "1.3.3", "1.2.*", false },         { "1.2.3", "1.2.3", true },
        { "1.0.0-preview", "1.*.*", false }, { "1.0.0-preview", "1.*.*-preview", true },
        { "1.0.0", "1.*.*-preview", true },  { "1.0.0-preview", "#.*.*-preview", true },
        { "", "1.*.*", true },               { "1.0.0", "", true },
        { "10.0.0", "1.*.*", false },        { "1.0", "1.*.*", true },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK(mp_version_suits(mp_str_from(cases[i].version), mp_str_from(cases[i].pattern)) ==
              cases[i].suits);
}

/* "x@1.0.0", and behind it the number of the override that gives it to some resources only. */
static void expect_versions(const struct document *documents, const char *checks)
{
    for (enum where where = AT_REST; where < PLACES; where += HELD) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_buf          found = MP_BUF_INIT;
        mp_library     *lib = NULL;
        const mp_check *list = NULL;
        uint32_t        count = 0;
        CHECK(mp_library_new(&lib, NULL) == MP_OK);
        CHECK(read_documents(lib, documents, where, &arena, NULL) == MP_OK);
        CHECK(mp_library_checks(lib, &list, &count, NULL) == MP_OK);
        for (uint32_t i = 0; i < count; i++) {
            mp_buf_printf(&found, "%s%.*s@%.*s", i ? " " : "", MP_FMT(list[i].definition->name), MP_FMT(list[i].definition->version));
            if (list[i].initiative)
                mp_buf_printf(&found, "<%.*s", MP_FMT(list[i].initiative->version));
            if (list[i].variant.len)
                mp_buf_printf(&found, "#%.*s", MP_FMT(list[i].variant));
            static const char *const locations[] = { "k", "j", "u" };
            mp_buf_add_c(&found, ':');
            for (size_t k = 0; k < MP_COUNT(locations); k++)
                if (mp_check_is_open(&list[i], MP_S("a/b"), mp_str_from(locations[k])))
                    mp_buf_add(&found, mp_str_from(locations[k]));
        }
        CHECK_STR(mp_buf_str(&found), checks);
        mp_buf_free(&found);
        mp_library_free(lib);
        mp_arena_free(&arena);
    }
}

TEST(a_version_is_chosen)
{
#define AT(version_) DEFINITION("one", "`version`: `" version_ "`, " AUDIT)
#define SET_AT(version_, wanted_) SET("set", "`version`: `" version_ "`, `policyDefinitions`: [" REFER("one", wanted_) "]")
#define WANTED(version_) ", `definitionVersion`: `" version_ "`"
#define VERSIONS { "@a.json", AT("2.0.0") }, { "+b.json", AT("1.2.0") }, { "+c.json", AT("1.10.0") }, { "+d.json", AT("2.1.0-preview") }
#define IN(location_) "{`kind`: `resourceLocation`, `in`: [`" location_ "`]}"
    static const struct {
        struct document documents[DOCUMENTS];
        const char *checks;
    } cases[] = {
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", "") } }, "one@2.0.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("1.*.*")) } }, "one@1.10.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("1.2.*")) } }, "one@1.2.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("2.*.*")) } }, "one@2.0.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("2.*.*-preview")) } }, "one@2.1.0-preview:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("3.*.*")) } }, "one@2.0.0:kju" },
        { { VERSIONS, { "e.json", SET_AT("1.0.0", WANTED("1.*.*")) } }, "one@1.10.0<1.0.0:kju" },
        { { { "@a.json", AT("2.0.0") }, { "+b.json", AT("1.0.0") }, { "@c.json", SET_AT("2.0.0", WANTED("2.*.*")) }, { "+d.json", SET_AT("1.0.0", WANTED("1.*.*")) },
            { "e.json", ASSIGN("x", "policySetDefinitions/set", WANTED("1.*.*")) } },
          "one@1.0.0<1.0.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("1.*.*") OVERRIDE("policyVersion", "2.0.*", "")) } }, "one@2.0.0:kju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", WANTED("1.*.*") OVERRIDE("definitionVersion", "2.0.*", IN("k"))) } }, "one@2.0.0#1:k one@1.10.0:ju" },
        { { VERSIONS, { "e.json", ASSIGN("x", "policyDefinitions/one", ", `overrides`: [{`kind`: `policyVersion`, `value`: `1.2.*`, `selectors`: [" IN("k") "]}, {`kind`: "
                                         "`policyVersion`, `value`: `1.*.*`, `selectors`: [{`kind`: `resourceLocation`, `in`: [`k`, `j`]}]}]") } },
          "one@1.2.0#1:k one@1.10.0#2:j one@2.0.0:u" },
        { { { "@a.json", AT("2.0.0") }, { "+b.json", AT("1.0.0") }, { "@c.json", SET_AT("2.0.0", "") }, { "+d.json", SET_AT("1.0.0", WANTED("1.*.*")) },
            { "e.json", ASSIGN("x", "policySetDefinitions/set", OVERRIDE("policyVersion", "1.*.*", IN("k"))) } },
          "one@1.0.0<1.0.0#1:k one@2.0.0<2.0.0:ju" },
        { { VERSIONS, { "e.json", SET_AT("1.0.0", "") },
            { "f.json", ASSIGN("x", "policySetDefinitions/set", OVERRIDE("policyVersion", "1.2.*", "{`kind`: `policyDefinitionReferenceId`, `in`: [`one`]}," IN("j"))) } },
          "one@1.2.0<1.0.0#1:j one@2.0.0<1.0.0:ku" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect_versions(cases[i].documents, cases[i].checks);
}

TEST(versions_have_an_order)
{
    static const char *const in_order[] = { "", "0.9.9", "1.0.0-preview", "1.0.0", "1.0.1", "1.2.0-alpha", "1.2.0-preview", "1.2.0", "1.10.0", "10.0.0" };
    for (size_t i = 0; i < MP_COUNT(in_order); i++)
        for (size_t k = 0; k < MP_COUNT(in_order); k++) {
            int order = mp_version_order(mp_str_from(in_order[i]), mp_str_from(in_order[k]));
            CHECK_INT((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

TEST(what_is_a_version)
{
    static const struct {
        const char *text;
        bool        is_version, is_pattern;
    } cases[] = {
        { "1.2.3", true, true },       { "1.0.0-preview", true, true }, { "1.*.*", false, true },      { "1.*.*-preview", false, true },
        { "*.*.*", false, true },      { "", false, false },            { "1.2", false, false },       { "1.2.3.4", false, false },
        { "1.2.3-", false, false },    { "1.2.", false, false },        { ".2.3", false, false },      { "1..3", false, false },
        { "1.2.x", false, false },     { "1.2.3-a b", false, false },   { "1.2.3/..", false, false },  { "-preview", false, false },
        { "1.2.1234567890", false, false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK(mp_version_is(mp_str_from(cases[i].text), false) == cases[i].is_version);
        CHECK(mp_version_is(mp_str_from(cases[i].text), true) == cases[i].is_pattern);
    }
}

/* ---- parameters for what has no assignment ---- */

TEST(parameters_may_be_given_for_all)
{
    static const struct {
        const char *text;
        mp_code     code;
        const char *checks, *diagnostics;
    } cases[] = {
        { "{`days`: 90, `tags`: {`value`: [`z`]}}", MP_OK, "tuned Audit days=90 tags=[\"z\"]\n", "" },
        { "{`$schema`: `x`, `parameters`: {`Days`: {`value`: 90}}}", MP_OK,
          "tuned Audit days=90 tags=[\"a\"]\n", "" },
        { "{`days`: 30, `effect`: `Deny`, `other`: 1}", MP_OK, "tuned Deny days=30 tags=[\"a\"]\n",
          "W parameter p.json:1:41 no policy has a parameter \"other\"\n" },
        { "{`days`: 90, `tags`: 5}", MP_OK, "",
          "E parameter p.json:1:22 parameter \"tags\" wants a value of type Array, not integer\n" },
        { "[]", MP_FORMAT, NULL, NULL },
        { "{", MP_SYNTAX, NULL, NULL },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_library     *lib = NULL;
        const mp_check *checks;
        uint32_t        count;
        mp_buf          b = MP_BUF_INIT;
        CHECK(mp_library_new(&lib, NULL) == MP_OK);
        CHECK(mp_library_read(lib, MP_S("a.json"), quoted(TUNED, &arena), MP_ROLE_JUDGED, NULL) == MP_OK);
        CHECK_INT(mp_library_read_parameters(lib, MP_S("p.json"), quoted(cases[i].text, &arena), NULL),
                  cases[i].code);
        if (cases[i].checks) {
            CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
            for (uint32_t n = 0; n < count; n++)
                print_check(&b, &checks[n]);
            CHECK_STR(mp_buf_str(&b), cases[i].checks);
            mp_buf_clear(&b);
            print_diagnostics(&b, mp_library_diagnostics(lib));
            CHECK_STR(mp_buf_str(&b), cases[i].diagnostics);
        }
        mp_buf_free(&b);
        mp_library_free(lib);
        mp_arena_free(&arena);
    }
}

TEST(a_parameter_may_be_set)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    mp_json value = { MP_JSON_INT, 0, { .integer = 30 } };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(mp_library_read(lib, MP_S("a.json"), quoted(TUNED, &arena), MP_ROLE_JUDGED, NULL) == MP_OK);
    CHECK(mp_library_set_parameter(lib, MP_S("days"), &value, NULL) == MP_OK);
    value.u.integer = 90; /* the later one counts, and a copy was taken */
    CHECK(mp_library_set_parameter(lib, MP_S("DAYS"), &value, NULL) == MP_OK);
    value.u.integer = 31;
    CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
    CHECK_INT(count, 1);
    CHECK_INT(checks[0].bound.values[1]->u.integer, 90);
    CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK); /* asked again: the same */
    CHECK_INT(count, 1);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

TEST(a_value_that_was_read_already_is_taken)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    mp_json_doc    *doc = NULL;
    const mp_json  *root;
    const mp_check *checks;
    uint32_t        count;
    mp_str text = quoted("{`policies`: [{`x`: 1}, " DEFINITION("one", AUDIT) "]}", &arena);
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, text, NULL, NULL, NULL) == MP_OK);
    mp_source_text source = { .file = MP_S("request"), .text = text, .root = root };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(mp_library_read_node(lib, &source, mp_json_get(root, MP_S("policies")), MP_ROLE_JUDGED, NULL) ==
          MP_OK);
    CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
    CHECK_INT(count, 1);
    CHECK_INT(mp_library_diagnostics(lib)->first->error.pos.col, 15);
    mp_library_free(lib);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

/* ---- what rests ---- */

#define OTHER DEFINITION("other", AUDIT)
#define BROKEN "{`name`: `broken`,\n  " \
               "`policyRule`: {`if`: {`field`: `type`, `equal`: 1}, `then`: {`effect`: `audit`}}}"
#define IN_SET(name) SET("set", "`policyDefinitions`: [" REFER(name, "") "]")
/* Their effect is wanted of the one that assigns them. */
#define UNGIVEN(name) "{`name`: `" name "`,\n`parameters`: {\n  " EFFECT "}},\n" BY_PARAMETER "}"
#define GIVE(effect) ", `parameters`: {`effect`: {`value`: `" effect "`}}"
#define ANY_EFFECT(name) "{`name`: `" name "`,\n`parameters`: {`effect`: {`type`: `String`}}, " BY_PARAMETER "}"

TEST(what_rests_is_as_if_it_were_held)
{
    static const struct {
        const char *name;
        struct document documents[DOCUMENTS];
        const char *checks, *diagnostics;
    } cases[] = {
        { "broken and not referenced", { { "@a.json", BROKEN }, { "b.json", OTHER } }, "other audit\n",
          "E compile a.json:2:43 a condition has no key \"equal\" (equals)\n" },
        { "broken and referenced twice: said once",
          { { "@a.json", "[" BROKEN ",\n" OTHER "]" }, { "b.json", IN_SET("broken") },
            { "c.json", SET("both", "`policyDefinitions`: [" REFER("broken", "") "," REFER("other", "")
                            "]") } },
          "both > other: other audit\n", "E compile a.json:2:43 a condition has no key \"equal\" (equals)\n" },
        { "no JSON", { { "@a.json", "[{},\n}" }, { "b.json", IN_SET("one") } }, "",
          "E syntax a.json:2:1 expected a value, found '}'\n"
          "E reference b.json:1:147 there is no definition "
          "\"/providers/Microsoft.Authorization/policyDefinitions/one\"; reference \"one\" is left out\n" },
        { "no policy documents among others",
          { { "@a.json", "[5, {`x`: 1},\n" OTHER "]" }, { "b.json", IN_SET("other") } },
          "set > other: other audit\n",
          "E format a.json:1:2 no policy document is of type integer\n"
          "E format a.json:1:5 this is no policy document: its members are \"x\"\n" },
        { "an initiative at rest refers to definitions at rest",
          { { "@a.json", "{`nextLink`: [1, {`value`: 2}], `value`: [" OTHER ",\n " TUNED "]}" },
            { "@b.json", "[" TUNED_SET("`days`: {`value`: 90}") "," IN_SET("other") "]" },
            { "c.json", ASSIGN("x", "policySetDefinitions/set", "") } },
          "x > set > other: other audit\n",
          "W reference b.json:2:128 \"/providers/Microsoft.Authorization/policySetDefinitions/set\" was read "
          "already, from b.json; this one takes its place\n" },
        { "bound wrongly",
          { { "@a.json", "[\n" OTHER ", {`\\u0078`: [true, 1.5, null, `]`]},\n" UNGIVEN("free") "]" },
            { "@b.json", "\xEF\xBB\xBF{`value`: [" UNGIVEN("bound") "]}" },
            { "c.json", SET("set", "`policyDefinitions`: [" REFER("free", ", `parameters`: {`effect`: {`value`: "
                                   "`disable`}}") "]") },
            { "d.json", ASSIGN("x", "policyDefinitions/bound", "") } },
          "",
          "E format a.json:2:191 this is no policy document: its members are \"x\"\n"
          "E parameter d.json:1:1 parameter \"effect\" has no value and no default\n"
          "E parameter c.json:1:243 parameter \"effect\" does not allow \"disable\"\n" },
        { "its effect is none: the place is within what rests",
          { { "@a.json", "\xEF\xBB\xBF[" OTHER ",\n{`\\u0078`: [true, 1.5, null, `]`]},\n" ANY_EFFECT("odd")
                         "]" },
            { "@b.json", "{`value`:\n[" ANY_EFFECT("last") "], `nextLink`: [1, {`value`: 2}]}" },
            { "@c.json", ANY_EFFECT("alone") },
            { "d.json", "[" ASSIGN("x", "policyDefinitions/odd", GIVE("audi")) ","
                        ASSIGN("y", "policyDefinitions/last", GIVE("modify")) ","
                        ASSIGN("z", "policyDefinitions/alone", GIVE("no")) "]" } },
          "",
          "E format a.json:2:1 this is no policy document: its members are \"x\"\n"
          "E compile a.json:4:124 \"audi\" is no effect (audit)\n"
          "E compile b.json:3:124 the details of effect modify want operations\n"
          "E compile c.json:2:124 \"no\" is no effect\n" },
        { "the nearest word is one of its own",
          { { "@a.json", "{`name`: `one`, `parameters`: {`\\u0065fect`: {`type`: `String`}},\n" BY_PARAMETER
                         "}" } }, "",
          "E parameter a.json:2:90 there is no parameter \"effect\" (efect)\n" },
        { "two at rest: the later one",
          { { "@a.json", DEFINITION("one", "`displayName`: `x`, " AUDIT) },
            { "@b.json", "[" OTHER "," DEFINITION("ONE", AUDIT) "]" },
            { "c.json", IN_SET("one") } },
          "set > one: ONE audit\n",
          "W reference b.json:1:191 \"/providers/Microsoft.Authorization/policyDefinitions/ONE\" was read "
          "already, from a.json; this one takes its place\n" },
        { "two at rest that say the same",
          { { "@a.json", DEFINITION("one", "`version`: 1.50, " AUDIT) },
            { "@b.json", DEFINITION("one", AUDIT ",\n`version`: 1.5") }, { "c.json", IN_SET("one") } },
          "set > one: one audit\n", "" },
        { "at rest, then judged",
          { { "@a.json", DEFINITION("one", "`displayName`: `x`, " AUDIT) },
            { "b.json", DEFINITION("one", AUDIT) } },
          "one audit\n",
          "W reference b.json:1:1 \"/providers/Microsoft.Authorization/policyDefinitions/one\" was read "
          "already, from a.json; this one takes its place\n" },
        { "judged, then at rest",
          { { "a.json", DEFINITION("one", AUDIT) },
            { "@b.json", "\n[" DEFINITION("one", "`displayName`: `x`, " AUDIT) "]" } },
          "one audit\n",
          "W reference b.json:2:2 \"/providers/Microsoft.Authorization/policyDefinitions/one\" was read "
          "already, from a.json; this one is left out\n" },
        { "found by name, by escaped name and by a version",
          { { "@a.json", "[{`name`: `plain`, " AUDIT "}, {`id`: `/x/policyDefinitions/\\u006fne`, " AUDIT "}]" },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("PLAIN", "") ","
                                   REFER("one/versions/2.1.0", "") "]") } },
          "set > PLAIN: plain audit\nset > 2.1.0: one audit\n", "" },
        { "of another version, and without a parameter",
          { { "@a.json", DEFINITION("one", "`version`: `2.0.0`, " AUDIT) },
            { "b.json", SET("set", "`policyDefinitions`: [" REFER("one", ", `definitionVersion`: `1.*.*`,\n"
                                   "`parameters`: {`days`: {`value`: 1}}") "]") } },
          "set > one: one audit\n",
          "W reference b.json:1:123 version 2.0.0 was given, where 1.*.* is wanted; it is judged all the same\n"
          "W parameter b.json:2:34 the definition of reference \"one\" has no parameter \"days\"\n" },
        { "beside an assignment, which is not judged either",
          { { "@a.json", "[" OTHER "," ASSIGN("x", "policyDefinitions/other", "") "]" },
            { "b.json", IN_SET("other") } },
          "set > other: other audit\n", "" },
        { "an exemption of an initiative at rest",
          { { "@a.json", "[" OTHER "," IN_SET("other") "]" },
            { "@b.json", ASSIGN("x", "policySetDefinitions/set", "") },
            { "c.json", "{`id`: `/subscriptions/s/providers/Microsoft.Authorization/policyExemptions/e`, "
                        "`properties`: {`policyAssignmentId`: "
                        "`/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/x`,"
                        "\n`exemptionCategory`: `Waiver`, `policyDefinitionReferenceIds`: [`othr`]}}" } },
          "", "W reference c.json:1:1 initiative \"set\" has no reference \"othr\" (other)\n" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        expect(cases[i].name, cases[i].documents, cases[i].checks, cases[i].diagnostics);
}

/* ---- files ---- */

TEST(folders_are_read)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { "a.json", DEFINITION("one", AUDIT) },
        { "a.test.json", "{`tests`: []}" },
        { "a.tests.json", "{`tests`: []}" },
        { "b.json", "{`other`: 1}" },
        { "c.json", "{" },
        { "d.txt", "{" },
        { "e.json", DEFINITION("two", AUDIT) },
    };
    char folder[] = "/tmp/mapae-library-XXXXXX", path[300];
    CHECK(mkdtemp(folder) != NULL);
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        write_file(path, files[i].text);
    }
    mp_library *lib = NULL;
    mp_error    err = { 0 };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(mp_library_read_path(lib, folder, MP_ROLE_JUDGED, &err) == MP_OK);
    CHECK_INT(mp_library_definition_count(lib), 2);
    CHECK_INT(mp_library_diagnostics(lib)->warnings, 1); /* b.json */
    CHECK_INT(mp_library_diagnostics(lib)->errors, 1);   /* c.json */
    snprintf(path, sizeof path, "%s/%s", folder, "b.json"); /* named, it is meant to be one */
    CHECK(mp_library_read_path(lib, path, MP_ROLE_JUDGED, &err) == MP_OK);
    snprintf(path, sizeof path, "%s/%s", folder, "a.test.json");
    CHECK(mp_library_read_path(lib, path, MP_ROLE_JUDGED, &err) == MP_OK);
    CHECK_INT(mp_library_diagnostics(lib)->errors, 3);
    snprintf(path, sizeof path, "%s/%s", folder, "none.json");
    CHECK_INT(mp_library_read_path(lib, path, MP_ROLE_JUDGED, &err), MP_IO);
    mp_library_free(lib);
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        unlink(path);
    }
    rmdir(folder);
}

static mp_library *library_of_files(const struct document *documents, mp_arena *arena)
{
    mp_library *lib = NULL;
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(read_documents(lib, documents, IN_FILES, arena, NULL) == MP_OK);
    return lib;
}

/* What happens to a file between its reading and the checks. */
static void change(const char *file, const char *text)
{
    if (text)
        write_file(file, text);
    else
        CHECK_INT(unlink(file), 0);
}

static mp_str assigning(mp_arena *arena, const char *id)
{
    return mp_arena_printf(arena, "{\"id\": \"/x/policyAssignments/y\", \"policyDefinitionId\": \"/x/%s\"}",
                           id);
}

TEST(files_of_what_rests_must_stay_as_they_are)
{
    static const struct document documents[DOCUMENTS] = {
        { "@a.json", DEFINITION("one", AUDIT) },
        { "@b.json", DEFINITION("two", AUDIT) },
        { "@c.json", "[" DEFINITION("three", AUDIT) "]" },
        { "@d.json", "[" DEFINITION("four", AUDIT) "," OTHER "]" },
        { "e.json", IN_SET("one") },
    };
#define CHANGED "a.json: changed since it was read first"
    static const struct {
        const char *file, *text; /* NULL: it is gone */
        const char *assigned;
        mp_code     code;
        const char *said;
    } cases[] = {
        { "a.json", DEFINITION("one", AUDIT), "policyDefinitions/one", MP_OK, "" },
        { "a.json", DEFINITION("One", AUDIT), "policyDefinitions/one", MP_IO, CHANGED },
        { "a.json", DEFINITION("one", AUDIT) " ", "policyDefinitions/one", MP_IO, CHANGED },
        { "a.json", "", "policySetDefinitions/set", MP_IO, CHANGED },
        { "a.json", NULL, "policySetDefinitions/set", MP_IO, "a.json: No such file or directory" },
        { "b.json", NULL, "policyDefinitions/one", MP_OK, "" }, /* nothing refers to it */
        { "c.json", NULL, "policyDefinitions/three", MP_IO, "c.json: No such file or directory" },
        { "d.json", NULL, "policyDefinitions/four", MP_OK, "" }, /* of several: their text is kept */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_error        err = { 0 };
        const mp_check *checks;
        uint32_t        count;
        char            folder[32];
        int             before = enter_folder(folder);
        mp_library     *lib = library_of_files(documents, &arena);
        mp_str          assignment = assigning(&arena, cases[i].assigned);
        CHECK(mp_library_read(lib, MP_S("f.json"), assignment, MP_ROLE_JUDGED, NULL) == MP_OK);
        change(cases[i].file, cases[i].text);
        CHECK_INT(mp_library_checks(lib, &checks, &count, &err), cases[i].code);
        CHECK_STR(mp_str_from(err.message), cases[i].said);
        if (cases[i].code == MP_OK)
            CHECK_INT(mp_library_diagnostics(lib)->count, 0);
        write_file(cases[i].file, "");
        remove_files(documents);
        leave_folder(folder, before);
        mp_library_free(lib);
        mp_arena_free(&arena);
    }
}

TEST(a_changed_file_is_noticed_when_its_id_is_read_again)
{
    static const struct document documents[DOCUMENTS] = { { "@a.json", DEFINITION("one", AUDIT) } };
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { 0 };
    char     folder[32];
    int      before = enter_folder(folder);
    mp_library *lib = library_of_files(documents, &arena);
    write_file("a.json", DEFINITION("one", BY_PARAMETER));
    CHECK(mp_library_read(lib, MP_S("b.json"), quoted(OTHER, &arena), MP_ROLE_REFERENCED, &err) == MP_OK);
    CHECK_INT(mp_library_read(lib, MP_S("c.json"), quoted(DEFINITION("one", AUDIT), &arena), MP_ROLE_REFERENCED,
                              &err), MP_IO);
    CHECK_STR(mp_str_from(err.message), "a.json: changed since it was read first");
    remove_files(documents);
    leave_folder(folder, before);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

TEST(what_rests_is_found_and_not_listed)
{
    static const struct document documents[DOCUMENTS] = {
        { "@a.json", DEFINITION("one", AUDIT) }, { "@b.json", IN_SET("one") }, { "c.json", IN_SET("none") },
        { "d.json", OTHER },
    };
    for (int holds = 0; holds < 2; holds++) {
        mp_arena             arena = MP_ARENA_INIT;
        mp_library          *lib = NULL;
        const mp_definition *d = NULL, *again = NULL;
        const mp_check      *checks;
        uint32_t             count;
        CHECK(mp_library_new(&lib, NULL) == MP_OK);
        CHECK(read_documents(lib, documents, holds ? HELD : AT_REST, &arena, NULL) == MP_OK);
        CHECK_INT(mp_library_definition_count(lib), 2);
        CHECK((mp_library_definition(lib, 0) != NULL) == holds);
        CHECK_STR(mp_library_definition(lib, 1)->name, "other");
        CHECK_INT(mp_library_initiative_count(lib), 2);
        CHECK((mp_library_initiative(lib, 0) != NULL) == holds);
        CHECK_STR(mp_library_initiative(lib, 1)->name, "set");
        CHECK_INT(mp_library_initiatives_resolved(lib), holds);
        CHECK_INT(mp_library_find(&d, lib, MP_S("one"), NULL), MP_OK);
        CHECK_STR(d->name, "one");
        CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
        CHECK_INT(mp_library_find(&again, lib, MP_S("ONE"), NULL), MP_OK); /* after that, too */
        CHECK(d == again && mp_source_locate(&d->source, d->rule).line == 1);
        CHECK_INT(mp_library_find(&again, lib, MP_S("two"), NULL), MP_OK);
        CHECK(again == NULL);
        mp_library_free(lib);
        mp_arena_free(&arena);
    }
}

/* What can be read once only is kept. */
TEST(a_pipe_may_be_a_library)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    char            folder[32];
    int             before = enter_folder(folder);
    CHECK_INT(mkfifo("pipe.json", 0600), 0);
    pid_t writer = fork();
    if (writer == 0) {
        FILE  *f = fopen("pipe.json", "w");
        mp_str text = quoted(DEFINITION("one", AUDIT), &arena);
        _exit(f && fwrite(text.ptr, 1, text.len, f) == text.len && fclose(f) == 0 ? 0 : 1);
    }
    int status = -1;
    CHECK(writer > 0 && mp_library_new(&lib, NULL) == MP_OK);
    CHECK_INT(mp_library_read_path(lib, "pipe.json", MP_ROLE_REFERENCED, NULL), MP_OK);
    CHECK(waitpid(writer, &status, 0) == writer && status == 0);
    CHECK(mp_library_read(lib, MP_S("b.json"), quoted(IN_SET("one"), &arena), MP_ROLE_JUDGED, NULL) == MP_OK);
    CHECK(mp_library_checks(lib, &checks, &count, NULL) == MP_OK);
    CHECK_INT(count, 1);
    CHECK_INT(unlink("pipe.json"), 0);
    leave_folder(folder, before);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

TEST(one_copy_of_a_long_line_is_kept)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_library *lib = NULL;
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    CHECK(mp_library_read(lib, MP_S("a.json"), MP_S("[1, 2,\n3]"), MP_ROLE_REFERENCED, NULL) == MP_OK);
    CHECK(mp_library_read(lib, MP_S("a.json"), MP_S("[4, 5\n]"), MP_ROLE_REFERENCED, NULL) == MP_OK);
    const mp_diagnostic *first = mp_library_diagnostics(lib)->first, *second = first->next;
    CHECK_STR(first->line, "[1, 2,");
    CHECK(second->line.ptr == first->line.ptr);
    CHECK_STR(second->next->line, "3]");
    CHECK_STR(second->next->next->line, "[4, 5"); /* of the same name, and not the same text */
    mp_library_free(lib);
    mp_arena_free(&arena);
}

/* ---- memory ---- */

static bool build(void *context)
{
    (void)context;
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    mp_error        err = { 0 };
    static const struct document documents[DOCUMENTS] = {
        { "a.json", "[" TUNED "," DEFINITION("\\u006fne", AUDIT) "]" },
        { "@b.json", TUNED_SET("`days`: {`value`: `[parameters('n')]`}, `tags`: {`value`: [`[[x]`]}") },
        { "c.json", "[" ASSIGN("x", "policySetDefinitions/set",
                               ", `parameters`: {`m`: {`value`: 1}, `q`: {`value`: 2}}, `overrides`: "
                               "[{`kind`: `policyEffect`, `value`: `deny`, `selectors`: [{`kind`: "
                               "`resourceType`, `in`: [`a`]}]}]") "," ASSIGN("y", "policyDefinitions/one", "")
                    ", {`id`: `/x/providers/Microsoft.Authorization/policyExemptions/e`}, {`id`: "
                    "`/x/providers/Microsoft.PolicyInsights/attestations/t`}]" },
        { "d.json", "{`a`: 1}" },
        { "e.json", "{" },
    };
    mp_code code = mp_library_new(&lib, &err);
    for (size_t i = 0; code == MP_OK && i < DOCUMENTS && documents[i].file; i++) {
        bool   referenced = documents[i].file[0] == '@';
        char   text[2048];
        size_t len = strlen(documents[i].text);
        CHECK(len < sizeof text);
        for (size_t n = 0; n < len; n++)
            text[n] = (char)(documents[i].text[n] == '`' ? '"' : documents[i].text[n]);
        code = mp_library_read(lib, mp_str_from(documents[i].file), mp_str_of(text, len),
                               referenced ? MP_ROLE_REFERENCED : MP_ROLE_JUDGED, &err);
    }
    if (code == MP_OK)
        code = mp_library_read_parameters(lib, MP_S("p"), MP_S("{\"days\": 30}"), &err);
    if (code == MP_OK)
        code = mp_library_checks(lib, &checks, &count, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK_INT(err.code, code);
    if (code == MP_OK) {
        CHECK_INT(count, 2);
        CHECK_INT(checks[0].override_count, 1);
    }
    mp_library_free(lib);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(short_memory_is_reported)
{
    fault_loop(build, NULL);
}

/* The same with files, which were written before. */
static const struct document resting[DOCUMENTS] = {
    { "@a.json", DEFINITION("one", "`displayName`: `x`, " AUDIT) },
    { "@b.json", "[" DEFINITION("\\u006fne", AUDIT) "," OTHER ",{`x`: 1}]" },
    { "@c.json", TUNED },
    { "@d.json", "[" TUNED_SET("`days`: {`value`: `[parameters('n')]`}") "]" },
    { "@e.json", "[" BROKEN "," ASSIGN("y", "policyDefinitions/one", "") "]" },
};

static bool build_from_files(void *context)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    mp_error        err = { 0 };
    mp_code         code = mp_library_new(&lib, &err);
    if (code == MP_OK)
        code = mp_library_read_path(lib, ".", MP_ROLE_REFERENCED, &err);
    if (code == MP_OK)
        code = mp_library_read(lib, MP_S("f.json"), *(const mp_str *)context, MP_ROLE_JUDGED, &err);
    if (code == MP_OK)
        code = mp_library_checks(lib, &checks, &count, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK_INT(err.code, code);
    if (code == MP_OK) {
        CHECK_INT(count, 2);
        CHECK_STR(checks[0].definition->name, "tuned");
        CHECK_STR(checks[1].definition->name, "one");
        CHECK_INT(mp_library_diagnostics(lib)->errors, 1);
        CHECK_INT(mp_library_diagnostics(lib)->warnings, 2);
    }
    mp_library_free(lib);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(short_memory_is_reported_for_what_rests)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   judged = quoted("[" ASSIGN("x", "policySetDefinitions/set",
                                        ", `parameters`: {`m`: {`value`: 1}}") ","
                             ASSIGN("z", "policyDefinitions/one", "") "]", &arena);
    char     folder[32];
    int      before = enter_folder(folder);
    for (size_t i = 0; i < DOCUMENTS && resting[i].file; i++)
        write_file(resting[i].file + 1, resting[i].text);
    fault_loop(build_from_files, &judged);
    remove_files(resting);
    leave_folder(folder, before);
    mp_arena_free(&arena);
}

/* ---- the public corpus ---- */

static void read_corpus(const char *root, bool government, size_t definitions, size_t initiatives)
{
    static const char *const kinds[] = { "policyDefinitions", "policySetDefinitions" };
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    mp_error        err = { 0 };
    CHECK(mp_library_new(&lib, NULL) == MP_OK);
    for (size_t k = 0; k < MP_COUNT(kinds); k++) {
        static const char *const suffixes[] = { ".json", NULL };
        mp_str       folder = mp_arena_printf(&arena, "%s/%s", root, kinds[k]);
        const char **files;
        size_t       file_count;
        CHECK(mp_source_list(&files, &file_count, folder.ptr, suffixes, NULL, &arena, &err) == MP_OK);
        for (size_t i = 0; i < file_count; i++) {
            if (government != (strstr(files[i], "/Azure Government/") != NULL))
                continue;
            if (mp_library_read_path(lib, files[i], MP_ROLE_JUDGED, &err) != MP_OK)
                fail_msg("%s", err.message);
        }
    }
    CHECK_INT(mp_library_diagnostics(lib)->errors, 0);
    CHECK_INT(mp_library_definition_count(lib), definitions);
    CHECK_INT(mp_library_initiative_count(lib), initiatives);
    size_t resolved = mp_library_initiatives_resolved(lib);
    if (!government)
        CHECK_INT(resolved, initiatives);
    for (size_t i = 0; i < definitions; i++)
        CHECK(mp_library_definition(lib, i)->is_valid);
    if (!government) { /* what is wrong then is only that values are wanted or unsuitable */
        CHECK(mp_library_checks(lib, &checks, &count, &err) == MP_OK);
        CHECK(count > 15000);
        for (const mp_diagnostic *d = mp_library_diagnostics(lib)->first; d; d = d->next)
            CHECK(d->severity == MP_SEVERITY_WARNING || d->error.code == MP_PARAMETER);
        print_message("# %u checks\n", count);
    }
    print_message("# %s: %zu definitions, %zu initiatives, %zu resolved\n",
                  government ? "government" : "public", mp_library_definition_count(lib),
                  mp_library_initiative_count(lib), resolved);
    mp_library_free(lib);
    mp_arena_free(&arena);
}

/* A little of it is judged and the rest referenced, as a scan has it. */
static mp_code compare_corpus(mp_buf *out, const char *root, bool holds, mp_error *err)
{
    static const char *const folders[] = { "policyDefinitions", "policySetDefinitions" };
    static const char initiative[] = "policySetDefinitions/e0782c37-30da-4a78-9f92-50bfe7aa2553"; /* K-ISMS-P */
    mp_arena        arena = MP_ARENA_INIT;
    mp_library     *lib = NULL;
    const mp_check *checks;
    uint32_t        count;
    MP_TRY(mp_library_new(&lib, err));
    if (holds)
        mp_library_hold(lib);
    for (size_t i = 0; i < MP_COUNT(folders); i++)
        MP_TRY(mp_library_read_path(lib, mp_arena_printf(&arena, "%s/%s", root, folders[i]).ptr,
                                    MP_ROLE_REFERENCED, err));
    MP_TRY(mp_library_read(lib, MP_S("assignment"), assigning(&arena, initiative), MP_ROLE_JUDGED, err));
    MP_TRY(mp_library_checks(lib, &checks, &count, err));
    CHECK(count > 100);
    for (uint32_t i = 0; i < count; i++)
        print_check(out, &checks[i]);
    print_diagnostics(out, mp_library_diagnostics(lib));
    mp_library_free(lib);
    mp_arena_free(&arena);
    return MP_OK;
}

static void check_corpus_rests(const char *root)
{
    mp_buf   held = MP_BUF_INIT, rested = MP_BUF_INIT;
    mp_error err = { 0 };
    if (compare_corpus(&held, root, true, &err) != MP_OK || compare_corpus(&rested, root, false, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK(held.len > 10000 && mp_str_eq(mp_buf_str(&held), mp_buf_str(&rested)));
    mp_buf_free(&held);
    mp_buf_free(&rested);
}

TEST(the_public_corpus_loads)
{
    char   beside[1024]; /* the repository, unless the environment says where */
    mp_str here = mp_str_from(__FILE__);
    size_t slash = mp_str_rfind(here, '/');
    snprintf(beside, sizeof beside, "%.*s/../../../shared/corpus/azure-policy",
             slash == SIZE_MAX ? 1 : (int)slash, slash == SIZE_MAX ? "." : here.ptr);
    const char *named = getenv("MAPAE_AZURE_POLICY"), *root = named ? named : beside;
    if (access(root, R_OK) != 0) {
        print_message("# the corpus is not at hand\n");
        skip();
    }
    read_corpus(root, false, 3594, 181);
    read_corpus(root, true, 1415, 76);
    check_corpus_rests(root);
}

int main(void)
{
    return MAIN(RUN(documents_are_recognised_by_content),
                RUN(the_later_of_two_wins_and_the_judged_one_beats),
                RUN(definitions_are_found_by_id_and_name), RUN(what_is_judged_comes_in_order_and_once),
                RUN(parameters_are_bound), RUN(effects_are_resolved), RUN(assignments_are_checked),
                RUN(limits_are_kept), RUN(policy_says_who_applies_it), RUN(versions_suit_patterns), RUN(a_version_is_chosen), RUN(versions_have_an_order), RUN(what_is_a_version),
                RUN(parameters_may_be_given_for_all), RUN(a_parameter_may_be_set),
                RUN(a_value_that_was_read_already_is_taken), RUN(what_rests_is_as_if_it_were_held),
                RUN(folders_are_read), RUN(files_of_what_rests_must_stay_as_they_are),
                RUN(a_changed_file_is_noticed_when_its_id_is_read_again),
                RUN(what_rests_is_found_and_not_listed), RUN(a_pipe_may_be_a_library),
                RUN(one_copy_of_a_long_line_is_kept), RUN(short_memory_is_reported),
                RUN(short_memory_is_reported_for_what_rests), RUN(the_public_corpus_loads));
}
