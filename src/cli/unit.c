/* SPDX-License-Identifier: Apache-2.0 */
/* One file after the other: its text is read, each test in it becomes a question, the answer is compared, and
 * the trace behind the answer tells which conditions were true or false. A requester keeps everything when it
 * compiles, so that the trace has every condition. */
#include "unit.h"

#include <time.h>

#include "definition.h"
#include "source.h"
#include "text.h"
#include "trace_text.h"

/* ---- coverage ---- */

static void see(mp_unit_policy *p, const mp_trace *t)
{
    if (t->origin && t->origin <= p->count) {
        p->conditions[t->origin - 1].was_true |= t->outcome == MP_TRACE_TRUE;
        p->conditions[t->origin - 1].was_false |= t->outcome == MP_TRACE_FALSE;
    }
}

static void see_all(mp_unit_policy *p, const mp_trace *t)
{
    bool is_condition = t->kind == MP_TRACE_TEST || t->kind == MP_TRACE_BOOL || t->kind == MP_TRACE_FAIL;
    if (is_condition)
        see(p, t);
    for (const mp_trace *kid = t->first; kid; kid = kid->next)
        see_all(p, kid);
}

static bool fill_policy(mp_unit_policy *p, const mp_definition *d, mp_arena *arena)
{
    p->file = mp_arena_dup(arena, d->source.file);
    p->name = mp_arena_dup(arena, d->name.len ? d->name : d->display_name);
    p->conditions = MP_ARENA_ARRAY(arena, mp_covered, d->origin_count + 1);
    p->count = d->origin_count;
    if (!p->conditions)
        return false;
    for (uint32_t i = 0; i < p->count; i++) {
        const mp_condition *c = d->origins[i];
        mp_covered         *to = &p->conditions[i];
        to->is_test = c->kind == MP_CONDITION_TEST;
        if (!to->is_test)
            continue;
        to->line = mp_trace_line(d, c);
        to->text = mp_trace_condition(c, arena);
        to->pointer = mp_definition_pointer(d, c->node, arena);
        if (!to->text.ptr || !to->pointer.ptr)
            return false;
    }
    return p->file.ptr && p->name.ptr;
}

/* The same rule in the same file is one policy, however often it is written there. */
static mp_unit_policy *policy_of(mp_units *u, const mp_definition *d)
{
    mp_buf key = MP_BUF_INIT;
    mp_buf_add(&key, d->source.file);
    mp_buf_add_c(&key, '\n');
    mp_buf_add_json(&key, d->rule);
    mp_unit_policy *p = key.failed ? NULL : mp_map_get(&u->policies, mp_buf_str(&key));
    if (!p && !key.failed) {
        mp_str kept = mp_arena_dup(&u->arena, mp_buf_str(&key));
        p = kept.ptr ? MP_ARENA_NEW(&u->arena, mp_unit_policy) : NULL;
        if (p && (!fill_policy(p, d, &u->arena) || mp_map_put(&u->policies, kept, p, NULL) != MP_OK))
            p = NULL;
    }
    mp_buf_free(&key);
    return p;
}

struct seeing {
    mp_unit_policy *policy;
    mp_trace_view  *view; /* NULL: no text is wanted */
    mp_buf         *text;
};

static bool see_related(void *arg, mp_str id, const mp_trace *trace, mp_truth truth)
{
    struct seeing *s = arg;
    (void)truth;
    if (!trace)
        return true;
    see_all(s->policy, trace);
    if (s->view) {
        mp_say(s->text, s->view->lang, "explain.existence", &id, 1);
        mp_buf_add_c(s->text, '\n');
        mp_trace_text(s->text, s->view, trace);
    }
    return true;
}

static bool asks_related(const mp_verdict *v)
{
    return v->reason == MP_REASON_RELATED_MET || v->reason == MP_REASON_RELATED_UNMET ||
           v->reason == MP_REASON_FAILED;
}

/* What the last answer went through; with `text` also what decided it. */
static mp_code trace_answer(mp_units *u, mp_requester *r, mp_buf *text, mp_error *err)
{
    const mp_verdict    *verdict;
    const mp_definition *d = mp_requester_definition(r);
    mp_judge            *judge = mp_requester_judge(r, &verdict);
    mp_truth             truth;
    if (!d || !d->is_valid)
        return MP_OK;
    mp_unit_policy *policy = policy_of(u, d);
    if (!policy)
        return mp_no_memory(err);
    if (!judge)
        return MP_OK;
    const mp_trace *trace = mp_judge_trace(judge, 0, &truth);
    if (!trace)
        return mp_no_memory(err);
    see_all(policy, trace);
    mp_trace_view view = { .lang = u->options.lang, .color = u->options.color,
                           .columns = u->options.columns ? u->options.columns - 6 : 0, .judge = judge,
                           .definition = d, .only_deciding = true };
    if (text)
        mp_trace_text(text, &view, trace);
    if (truth != MP_TRUE || !asks_related(verdict))
        return MP_OK;
    view.of_related = true;
    struct seeing seeing = { policy, text ? &view : NULL, text };
    mp_code       code = mp_judge_trace_related(judge, mp_requester_related(r), 0, see_related, &seeing, err);
    return code == MP_NOMEM ? code : MP_OK; /* a name that cannot be evaluated is part of the answer */
}

/* ---- where policies stand ---- */

static mp_str folder_of(mp_str path)
{
    size_t slash = mp_str_rfind(path, '/');
    return slash == SIZE_MAX ? MP_S("") : mp_str_of(path.ptr, slash ? slash : 1);
}

static mp_code read_source(const mp_source_text **out, mp_units *u, mp_str path, mp_error *err)
{
    *out = mp_map_get(&u->sources, path);
    if (*out)
        return MP_OK;
    mp_source_text *s = MP_ARENA_NEW(&u->arena, mp_source_text);
    const mp_json  *root;
    if (!s)
        return mp_no_memory(err);
    MP_TRY(mp_source_slurp(&s->text, path.ptr, 0, &u->arena, err));
    MP_TRY(mp_json_read_padded(u->reader, &root, s->text, NULL, NULL, err));
    s->file = path;
    s->root = mp_arena_dup_json(&u->arena, root);
    if (!s->root)
        return mp_no_memory(err);
    MP_TRY(mp_map_put(&u->sources, path, s, err));
    *out = s;
    return MP_OK;
}

static bool is_file(const char *path)
{
    mp_source *s = NULL;
    bool       ok = mp_source_open(&s, path, NULL) == MP_OK;
    mp_source_close(s);
    return ok;
}

/* A policy by its file, as seen from the test's, or by its id or name in the library. */
static mp_code find_named(mp_question *q, mp_units *u, mp_str folder, mp_str name, mp_error *err)
{
    bool   is_relative = folder.len && name.len && name.ptr[0] != '/';
    mp_str path = is_relative ? mp_arena_printf(&u->arena, "%.*s/%.*s", MP_FMT(folder), MP_FMT(name))
                              : mp_arena_dup(&u->arena, name);
    if (!path.ptr)
        return mp_no_memory(err);
    const mp_definition *d = NULL;
    if (!is_file(path.ptr) && u->options.library)
        MP_TRY(mp_library_find(&d, u->options.library, name, err));
    if (d) {
        q->definition_source = &d->source;
        q->definition = d->source.root;
        return MP_OK;
    }
    mp_error inner = { 0 };
    mp_code  code = read_source(&q->definition_source, u, path, &inner);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "the policy %.*s cannot be read: %s", MP_FMT(path), inner.message);
    q->definition = q->definition_source->root;
    return MP_OK;
}

/* The policy that stands beside NAME.test.json: NAME.json. */
static mp_str beside(mp_str path, mp_arena *arena)
{
    static const mp_str ends[] = { MP_S_INIT(".test.json"), MP_S_INIT(".tests.json"),
                                   MP_S_INIT(".test.ndjson"), MP_S_INIT(".tests.ndjson") };
    size_t slash = mp_str_rfind(path, '/');
    mp_str name = slash == SIZE_MAX ? path : mp_str_skip(path, slash + 1);
    for (size_t i = 0; i < MP_COUNT(ends); i++)
        if (mp_str_ends_fold(name, ends[i]) && name.len > ends[i].len)
            return mp_arena_printf(arena, "%.*s.json", (int)(name.len - ends[i].len), name.ptr);
    return mp_str_of(NULL, 0);
}

static mp_code find_policy(mp_question *q, mp_units *u, mp_str path, mp_error *err)
{
    const mp_json *own = mp_json_get_fold(q->request, MP_S("policyDefinition"));
    const mp_json *common = mp_json_get_fold(q->defaults, MP_S("policyDefinition"));
    if (!own && mp_json_get_fold(q->request, MP_S("policyRule")))
        return MP_OK;
    const mp_json *named = own ? own : common;
    if (mp_json_is(named, MP_JSON_STRING))
        return find_named(q, u, folder_of(path), mp_json_str(named), err);
    if (named || mp_json_get_fold(q->defaults, MP_S("policyRule")))
        return MP_OK;
    mp_str name = beside(path, &u->arena);
    return name.ptr ? find_named(q, u, folder_of(path), name, err) : MP_OK; /* the answer says what is missing */
}

/* ---- one test ---- */

struct running {
    mp_units     *units;
    mp_requester *requester;
    mp_unit_file *file;
    mp_str        path;
    mp_arena      arena; /* of the comparison at hand */
};

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static mp_unit_test *new_test(mp_units *u, mp_unit_file *file, mp_str name, uint32_t line)
{
    mp_unit_test *t = MP_ARENA_NEW(&u->arena, mp_unit_test);
    if (!t)
        return NULL;
    t->name = mp_arena_dup(&u->arena, name);
    t->line = line;
    if (!t->name.ptr)
        return NULL;
    if (file->last)
        file->last->next = t;
    else
        file->first = t;
    file->last = t;
    return t;
}

static mp_code keep_differences(mp_unit_test *t, const mp_difference *list, mp_arena *arena, mp_error *err)
{
    const mp_difference **at = &t->differences;
    for (; list; list = list->next) {
        mp_difference *d = MP_ARENA_NEW(arena, mp_difference);
        if (!d)
            return mp_no_memory(err);
        d->path = mp_arena_dup(arena, list->path);
        d->expected = list->expected ? mp_arena_dup_json(arena, list->expected) : NULL;
        d->found = list->found ? mp_arena_dup_json(arena, list->found) : NULL;
        if (!d->path.ptr || (list->expected && !d->expected) || (list->found && !d->found))
            return mp_no_memory(err);
        *at = d;
        at = (const mp_difference **)&d->next;
    }
    return MP_OK;
}

static mp_code count_test(mp_units *u, mp_unit_file *file, mp_unit_test *t, bool passed)
{
    t->passed = passed;
    *(passed ? &file->passed : &file->failed) += 1;
    *(passed ? &u->passed : &u->failed) += 1;
    return MP_OK;
}

static mp_code fail_test(struct running *r, mp_unit_test *t, const mp_error *error, mp_error *err)
{
    t->error = mp_arena_dup(&r->units->arena, mp_str_from(error->message));
    return t->error.ptr ? count_test(r->units, r->file, t, false) : mp_no_memory(err);
}

static mp_code judge_answer(struct running *r, mp_unit_test *t, const mp_question *q, const mp_json *answer,
                            mp_error *err)
{
    mp_units      *u = r->units;
    const mp_json *expected = mp_json_get_fold(q->request, MP_S("expected"));
    bool           failed;
    mp_arena_reset(&r->arena);
    const mp_difference *list = mp_unit_compare(expected, answer, &r->arena, &failed);
    if (failed)
        return mp_no_memory(err);
    bool   wants_text = list && u->options.because;
    mp_buf text = MP_BUF_INIT;
    MP_TRY(count_test(u, r->file, t, !list));
    if (list) { /* before the trace, which may use the memory that the answer is in */
        MP_TRY(keep_differences(t, list, &u->arena, err));
        t->answer = mp_arena_dup_json(&u->arena, answer);
        const mp_json *message = mp_json_get(mp_json_get(answer, MP_S("error")), MP_S("message"));
        if (mp_json_is(message, MP_JSON_STRING))
            t->error = mp_arena_dup(&u->arena, mp_json_str(message));
        if (!t->answer)
            return mp_no_memory(err);
    }
    mp_code code = trace_answer(u, r->requester, wants_text ? &text : NULL, err);
    if (code == MP_OK && wants_text) {
        t->because = mp_arena_dup(&u->arena, mp_buf_str(&text));
        code = mp_buf_check(&text, err);
    }
    mp_buf_free(&text);
    return code;
}

static mp_str name_of(const mp_json *test, mp_units *u, size_t number)
{
    const mp_json *name = mp_json_get_fold(test, MP_S("name")), *id = mp_json_get_fold(test, MP_S("id"));
    const mp_json *given = name ? name : id;
    if (mp_json_is(given, MP_JSON_STRING))
        return mp_json_str(given);
    if (mp_json_is(given, MP_JSON_INT))
        return mp_arena_printf(&u->arena, "%lld", (long long)given->u.integer);
    return mp_arena_printf(&u->arena, "#%zu", number);
}

static bool is_wanted(const struct running *r, const mp_question *q, mp_str name)
{
    mp_str         filter = r->units->options.filter;
    const mp_json *policy = q->definition ? q->definition : NULL;
    if (!filter.len || mp_text_contains_fold(name, filter) || mp_text_contains_fold(r->path, filter))
        return true;
    return policy && (mp_text_contains_fold(mp_property_str(policy, MP_S("name")), filter) ||
                      mp_text_contains_fold(mp_property_str(policy, MP_S("displayName")), filter));
}

static mp_code run_test(struct running *r, mp_question *q, size_t number, uint32_t line, mp_error *err)
{
    mp_units *u = r->units;
    mp_str    name = name_of(q->request, u, number);
    mp_error  inner = { 0 };
    if (!name.ptr)
        return mp_no_memory(err);
    mp_code found = find_policy(q, u, r->path, &inner);
    if (found == MP_NOMEM)
        return mp_no_memory(err);
    if (!is_wanted(r, q, name)) {
        u->left_out++;
        return MP_OK;
    }
    mp_unit_test *t = new_test(u, r->file, name, line);
    if (!t)
        return mp_no_memory(err);
    if (found != MP_OK)
        return fail_test(r, t, &inner, err);
    if (!mp_json_is(mp_json_get_fold(q->request, MP_S("expected")), MP_JSON_OBJECT)) {
        mp_fail(&inner, MP_FORMAT, MP_NOWHERE, "a test wants \"expected\", an object");
        return fail_test(r, t, &inner, err);
    }
    double         start = now_seconds();
    const mp_json *answer;
    MP_TRY(mp_request_answer_node(&answer, r->requester, q, err));
    t->seconds = now_seconds() - start;
    const mp_definition *d = mp_requester_definition(r->requester);
    if (d)
        t->policy = mp_arena_dup(&u->arena, d->name.len ? d->name : d->source.file);
    return judge_answer(r, t, q, answer, err);
}

/* ---- one file ---- */

static uint32_t line_of(const mp_source_text *s, const mp_json *node)
{
    return mp_source_locate(s, node).line;
}

/* {"tests": [...]} with what the tests have in common, or one test alone. */
static mp_code run_document(struct running *r, mp_error *wrong, mp_error *err)
{
    const mp_source_text *s;
    mp_code               code = read_source(&s, r->units, r->path, wrong);
    if (code != MP_OK)
        return code;
    const mp_json *tests = mp_json_get_fold(s->root, MP_S("tests"));
    size_t         number = 1;
    if (!tests && mp_json_get_fold(s->root, MP_S("expected"))) {
        mp_question q = { .source = s, .request = s->root };
        return run_test(r, &q, number, 1, err);
    }
    if (!mp_json_is(tests, MP_JSON_ARRAY))
        return mp_fail(wrong, MP_FORMAT, MP_NOWHERE, "a test file wants \"tests\", an array");
    for (MP_JSON_EACH(test, tests)) {
        mp_question q = { .source = s, .request = test, .defaults = s->root };
        MP_TRY(run_test(r, &q, number++, line_of(s, test), err));
    }
    return MP_OK;
}

/* One request on each line. */
static mp_code run_lines(struct running *r, mp_error *wrong, mp_error *err)
{
    mp_units *u = r->units;
    mp_str    text;
    uint32_t  line = 0;
    MP_TRY(mp_source_slurp(&text, r->path.ptr, 0, &u->arena, wrong));
    while (text.len) {
        size_t end = mp_str_find(text, '\n');
        mp_str one = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
        text = mp_str_skip(text, one.len + 1);
        line++;
        if (mp_str_trim(one).len == 0)
            continue;
        const mp_json *root;
        mp_code        code = mp_json_read(u->reader, &root, one, NULL, NULL, wrong);
        if (code != MP_OK) {
            wrong->pos.line = line;
            return code;
        }
        mp_source_text s = { .file = r->path, .text = one, .root = mp_arena_dup_json(&u->arena, root) };
        if (!s.root)
            return mp_no_memory(err);
        mp_question q = { .source = &s, .request = s.root };
        MP_TRY(run_test(r, &q, line, line, err));
    }
    return MP_OK;
}

static bool is_of_lines(mp_str path)
{
    return mp_str_ends_fold(path, MP_S(".ndjson")) || mp_str_ends_fold(path, MP_S(".jsonl"));
}

/* A file that cannot be used is a failed test that says why. */
static mp_code note_unusable(struct running *r, const mp_error *wrong, mp_error *err)
{
    mp_unit_test *t = new_test(r->units, r->file, mp_message(r->units->options.lang, "test.unusable"),
                               wrong->pos.line);
    r->file->is_unusable = true;
    r->file->pos = wrong->pos;
    return t ? fail_test(r, t, wrong, err) : mp_no_memory(err);
}

static mp_code run_file(struct running *r, mp_error *err)
{
    mp_error wrong = { 0 };
    mp_error hard = { 0 };
    mp_code  code = is_of_lines(r->path) ? run_lines(r, &wrong, &hard) : run_document(r, &wrong, &hard);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    return code == MP_OK ? MP_OK : note_unusable(r, &wrong, err);
}

mp_code mp_units_run(const mp_unit_file **out, mp_units *u, const char *path, mp_error *err)
{
    struct running r = { .units = u, .path = mp_arena_dup(&u->arena, mp_str_from(path)) };
    mp_unit_file  *file = MP_ARENA_NEW(&u->arena, mp_unit_file);
    if (!r.path.ptr || !file)
        return mp_no_memory(err);
    file->path = r.path;
    r.file = file;
    mp_requester_options options = { .aliases = u->options.aliases, .folder = folder_of(r.path),
                                     .keep_all = true };
    MP_TRY(mp_requester_new(&r.requester, &options, err));
    mp_code code = run_file(&r, err);
    mp_requester_free(r.requester);
    mp_arena_free(&r.arena);
    MP_TRY(code);
    *out = NULL;
    if (!file->first && u->options.filter.len)
        return MP_OK;
    if (u->last)
        u->last->next = file;
    else
        u->first = file;
    u->last = file;
    *out = file;
    return MP_OK;
}

/* ---- all ---- */

mp_code mp_units_init(mp_units *u, const mp_unit_options *options, mp_error *err)
{
    *u = (mp_units){ .options = *options, .sources = MP_MAP_INIT, .policies = MP_MAP_INIT };
    return mp_json_doc_new(&u->reader, err);
}

void mp_units_done(mp_units *u)
{
    mp_map_free(&u->sources);
    mp_map_free(&u->policies);
    mp_json_doc_free(u->reader);
    mp_arena_free(&u->arena);
}

void mp_units_coverage(const mp_units *u, uint32_t *both, uint32_t *all)
{
    *both = *all = 0;
    for (size_t i = 0; i < u->policies.len; i++) {
        const mp_unit_policy *p = u->policies.entries[i].value;
        for (uint32_t k = 0; k < p->count; k++) {
            *all += p->conditions[k].is_test;
            *both += p->conditions[k].is_test && p->conditions[k].was_true && p->conditions[k].was_false;
        }
    }
}

unsigned mp_units_percent(uint32_t both, uint32_t all)
{
    return all ? (unsigned)((uint64_t)both * 100 / all) : 100;
}
