/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in definitions of the public corpus, where it is at hand (MAPAE_CORPUS): each is read without
 * a fault, and each is judged against resources of many kinds. What fails to evaluate is listed by its
 * message; none of it may be of the compiler's making. */
#include <stdio.h>
#include <stdlib.h>

#include <mapae/inventory.h>

#include "bind.h"
#include "definition.h"
#include "judge.h"
#include "source.h"
#include "test.h"

#define RESOURCES 200
#define SHOWN 12 /* messages */

static struct {
    mp_arena        arena;
    mp_diagnostics  diagnostics;
    mp_check       *checks;
    uint32_t        check_count, files;
    mp_aliases     *aliases;
    mp_str          resources; /* NDJSON */
} corpus;

static bool find(char path[1024], const char *name)
{
    const char *folder = getenv("MAPAE_CORPUS");
    FILE       *f = NULL;
    if (folder && snprintf(path, 1024, "%s/%s", folder, name) < 1024)
        f = fopen(path, "r");
    if (f)
        fclose(f);
    return f != NULL;
}

static mp_str slurp(const char *path)
{
    mp_str   text = { NULL, 0 };
    mp_error err = { 0 };
    if (mp_source_slurp(&text, path, 0, &corpus.arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    return text;
}

/* ---- reading ---- */

static const mp_json *read_kept(mp_str text)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, text, NULL, NULL, &err) != MP_OK)
        fail_msg("%s", err.message);
    root = mp_arena_dup_json(&corpus.arena, root);
    mp_json_doc_free(doc);
    return root;
}

/* A value for a parameter that has no default: the first that is allowed, or any of its type. */
static const mp_json *made_up(const mp_parameter *p)
{
    static const char *const texts[MP_PARAMETER_TYPES] = {
        [MP_PARAMETER_STRING] = "\"eastus\"",  [MP_PARAMETER_ARRAY] = "[\"eastus\"]",
        [MP_PARAMETER_OBJECT] = "{}",          [MP_PARAMETER_BOOLEAN] = "true",
        [MP_PARAMETER_INTEGER] = "1",          [MP_PARAMETER_FLOAT] = "1.5",
        [MP_PARAMETER_DATETIME] = "\"2026-01-31T09:00:00Z\"",
    };
    bool has_allowed = p->allowed && p->allowed->count && p->type != MP_PARAMETER_ARRAY;
    return has_allowed ? mp_json_first(p->allowed) : read_kept(mp_str_from(texts[p->type]));
}

/* An effect that is not "disabled", so that there is something to judge. */
static const mp_json *working_effect(const mp_parameter *p, const mp_json *value)
{
    if (!p->allowed || !mp_json_is(value, MP_JSON_STRING) ||
        mp_effect_find(mp_json_str(value)) != MP_EFFECT_DISABLED)
        return value;
    for (MP_JSON_EACH(item, p->allowed))
        if (mp_json_is(item, MP_JSON_STRING) && mp_effect_find(mp_json_str(item)) != MP_EFFECT_DISABLED)
            return item;
    return value;
}

static void add_check(const mp_definition *d)
{
    mp_check       *check = &corpus.checks[corpus.check_count++];
    const mp_json **values = MP_ARENA_ARRAY(&corpus.arena, const mp_json *, d->parameter_count + 1);
    const mp_json  *effect = NULL;
    mp_error        err = { 0 };
    CHECK(values);
    for (uint32_t i = 0; i < d->parameter_count; i++) {
        const mp_parameter *p = &d->parameters[i];
        values[i] = working_effect(p, p->default_value ? p->default_value : made_up(p));
    }
    *check = (mp_check){ .definition = d };
    check->bound = (mp_bound){ .parameters = d->parameters, .values = values, .count = d->parameter_count };
    check->bound.policy = mp_bind_policy(&corpus.arena, MP_S("/a"), d->id, MP_S(""), MP_S(""));
    if (mp_template_constant(&effect, d->effect, &check->bound, &corpus.arena, &err) != MP_OK)
        fail_msg("%.*s: %s", MP_FMT(d->source.file), err.message);
    check->effect_text = mp_json_str(effect);
    check->effect = mp_effect_find(check->effect_text);
    CHECK(check->effect != MP_EFFECT_COUNT);
}

static void read_definition(const char *path)
{
    mp_source_text *source = MP_ARENA_NEW(&corpus.arena, mp_source_text);
    mp_definition  *d = NULL;
    CHECK(source);
    source->file = mp_arena_dup(&corpus.arena, mp_str_from(path));
    source->text = slurp(path);
    source->root = read_kept(source->text);
    corpus.diagnostics.of_file = 0;
    CHECK(mp_definition_parse(&d, source, source->root, &corpus.arena, &corpus.diagnostics, NULL) == MP_OK);
    corpus.files++;
    if (d->is_valid && !mp_str_eq_fold(d->policy_type, MP_S("Static")))
        add_check(d);
}

static int set_up(void **state)
{
    (void)state;
    char         path[1024];
    const char **names;
    size_t       count;
    mp_diagnostics_init(&corpus.diagnostics, &corpus.arena);
    if (!find(path, "azure-policy/aliases.json"))
        return 0;
    CHECK(mp_aliases_read(&corpus.aliases, slurp(path), NULL) == MP_OK);
    CHECK(find(path, "resources/azure.ndjson"));
    corpus.resources = slurp(path);
    CHECK(find(path, "azure-policy/README.md"));
    snprintf(strrchr(path, '/'), 32, "/policyDefinitions");
    CHECK(mp_source_list(&names, &count, path, NULL, NULL, &corpus.arena, NULL) == MP_OK);
    corpus.checks = MP_ARENA_ARRAY(&corpus.arena, mp_check, count + 1);
    CHECK(corpus.checks);
    for (size_t i = 0; i < count; i++)
        read_definition(names[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mp_aliases_free(corpus.aliases);
    mp_arena_free(&corpus.arena);
    return 0;
}

static void skip_without_corpus(void)
{
    if (!corpus.files) {
        print_message("SKIP: no corpus\n");
        skip();
    }
}

TEST(every_definition_is_read)
{
    skip_without_corpus();
    print_message("%u files, %u with rules of their own\n", corpus.files, corpus.check_count);
    for (const mp_diagnostic *d = corpus.diagnostics.first; d; d = d->next)
        if (d->severity == MP_SEVERITY_ERROR)
            print_error("%.*s:%u:%u: %s\n", MP_FMT(d->file), d->error.pos.line, d->error.pos.col,
                        d->error.message);
    CHECK_INT(corpus.diagnostics.errors, 0);
    CHECK(corpus.files > 5000 && corpus.check_count > 3000);
}

/* ---- judging ---- */

typedef struct failure {
    mp_str   message;
    mp_code  code;
    mp_str   example; /* a definition's file */
    uint32_t count;
} failure;

static struct {
    failure  items[4096];
    size_t   len;
    uint32_t verdicts[MP_STATE_COUNT];
} found;

static void note(const mp_verdict *v)
{
    found.verdicts[v->state]++;
    if (v->state != MP_STATE_ERROR)
        return;
    for (size_t i = 0; i < found.len; i++)
        if (mp_str_eq(found.items[i].message, v->detail)) {
            found.items[i].count++;
            return;
        }
    if (found.len < MP_COUNT(found.items))
        found.items[found.len++] = (failure){ mp_arena_dup(&corpus.arena, v->detail), v->code,
                                              corpus.checks[v->check].definition->source.file, 1 };
}

/* ---- reasons ---- */

static const mp_decided *decided_at(const mp_decided *list, uint32_t count, mp_str pointer)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].resource.len == 0 && mp_str_eq(list[i].pointer, pointer))
            return &list[i];
    return NULL;
}

/* What follows for a condition from those that are given as the reason, and from nothing else. */
static mp_trace_outcome follows(const mp_definition *d, const mp_condition *c, const mp_decided *list,
                                uint32_t count, mp_arena *arena)
{
    if (c->kind == MP_CONDITION_TEST) {
        const mp_decided *one = decided_at(list, count, mp_definition_pointer(d, c->node, arena));
        return !one ? MP_TRACE_SKIPPED : one->outcome ? MP_TRACE_TRUE : MP_TRACE_FALSE;
    }
    if (c->kind == MP_CONDITION_NOT) {
        mp_trace_outcome inner = follows(d, c->kids[0], list, count, arena);
        return inner == MP_TRACE_SKIPPED ? inner : inner == MP_TRACE_TRUE ? MP_TRACE_FALSE : MP_TRACE_TRUE;
    }
    mp_trace_outcome decisive = c->kind == MP_CONDITION_ALL ? MP_TRACE_FALSE : MP_TRACE_TRUE;
    bool             is_open = false;
    for (uint32_t i = 0; i < c->count; i++) {
        mp_trace_outcome one = follows(d, c->kids[i], list, count, arena);
        if (one == decisive)
            return one;
        is_open = is_open || one == MP_TRACE_SKIPPED;
    }
    return is_open ? MP_TRACE_SKIPPED : decisive == MP_TRACE_TRUE ? MP_TRACE_FALSE : MP_TRACE_TRUE;
}

static uint32_t reasons, unfounded;

/* The conditions that are given as the reason are enough to see why. */
static void check_reason(mp_judge *j, const mp_verdict *v, uint32_t i)
{
    const mp_definition *d = corpus.checks[v->check].definition;
    const mp_decided    *list;
    uint32_t             count;
    bool                 holds = v->reason == MP_REASON_CONDITION_TRUE;
    if (!holds && v->reason != MP_REASON_CONDITION_FALSE)
        return;
    CHECK(mp_judge_decided(j, NULL, i, &list, &count, NULL) == MP_OK);
    reasons++;
    if (follows(d, d->condition, list, count, mp_judge_arena(j)) == (holds ? MP_TRACE_TRUE : MP_TRACE_FALSE))
        return;
    if (unfounded++ < SHOWN)
        print_error("no reason for %.*s: %.*s\n", MP_FMT(mp_states[v->state].text), MP_FMT(d->source.file));
}

static mp_str next_line(mp_str *text)
{
    size_t end = mp_str_find(*text, '\n');
    mp_str line = mp_str_of(text->ptr, end == SIZE_MAX ? text->len : end);
    *text = mp_str_skip(*text, line.len + 1);
    return line;
}

static void judge(mp_plan *plan, mp_judge *j, mp_str line)
{
    mp_json_doc      *doc = NULL;
    const mp_json    *root = NULL;
    mp_resource       resource;
    mp_arena          arena = MP_ARENA_INIT;
    const mp_program *program;
    const mp_verdict *verdicts;
    uint32_t          count;
    mp_surroundings   around = { .now = MP_TICKS_PER_DAY * 739000 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, line, NULL, NULL, NULL) == MP_OK);
    CHECK(mp_resource_from_arm(&resource, root, &arena, NULL) == MP_OK);
    CHECK(mp_plan_program(&program, plan, resource.type.ptr ? resource.type : MP_S(""), NULL) == MP_OK);
    CHECK(mp_judge_begin(j, program, &resource, &around, NULL) == MP_OK);
    CHECK(mp_judge_run(j, NULL, &verdicts, &count, NULL) == MP_OK);
    for (uint32_t i = 0; i < count; i++) {
        note(&verdicts[i]);
        check_reason(j, &verdicts[i], i);
    }
    mp_arena_free(&arena);
    mp_json_doc_free(doc);
}

static int by_count(const void *a, const void *b)
{
    const failure *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

static void report(void)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        print_message("%8u %.*s\n", found.verdicts[i], MP_FMT(mp_states[i].text));
    qsort(found.items, found.len, sizeof(failure), by_count);
    for (size_t i = 0; i < found.len && i < SHOWN; i++)
        print_message("%8u %s: %.*s (%.*s)\n", found.items[i].count, mp_code_name(found.items[i].code),
                      MP_FMT(found.items[i].message), MP_FMT(found.items[i].example));
}

TEST(every_definition_is_judged)
{
    skip_without_corpus();
    mp_plan        *plan = NULL;
    mp_judge       *j = NULL;
    mp_plan_options options = { .aliases = corpus.aliases };
    CHECK(mp_plan_new(&plan, corpus.checks, corpus.check_count, &options, NULL) == MP_OK);
    CHECK(mp_judge_new(&j, plan, NULL) == MP_OK);
    size_t lines = 0;
    for (size_t i = 0; i < corpus.resources.len; i++)
        lines += corpus.resources.ptr[i] == '\n';
    mp_str rest = corpus.resources;
    for (size_t i = 0; rest.len; i++) {
        mp_str line = next_line(&rest);
        if (i % (lines / RESOURCES) == 0)
            judge(plan, j, line);
    }
    report();
    for (size_t i = 0; i < found.len; i++)
        CHECK(found.items[i].code == MP_EVALUATION);
    CHECK(found.verdicts[MP_STATE_COMPLIANT] && found.verdicts[MP_STATE_NON_COMPLIANT]);
    print_message("%u reasons, %u of them not enough\n", reasons, unfounded);
    CHECK(reasons > 0);
    CHECK_INT(unfounded, 0);
    mp_judge_free(j);
    mp_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = { RUN(every_definition_is_read), RUN(every_definition_is_judged) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
