/* SPDX-License-Identifier: Apache-2.0 */
/* What policies do about requests, case by case: enforce/NAME.json holds
 *
 *   {"definitions": [...], "aliases": {...}, "cases": [{
 *     "name", "assign": [assignments, exemptions, ...], "do": "write" | "after" | "delete" | "remedy",
 *     "resource", "context", "resourceGroup", "subscription", "related": [...], "tagsOnly", "withGroup", "check",
 *     "pending", "scope", "audit", "expected": what the answer must say (support/fits.h)}]}
 *
 * The answer: {"allowed", "changed", "resource", "acts": [...]}, and "refusal" of what is refused. What a
 * write changes is written once more: it must not change again, unless the case says "unstable". With
 * "pending" fields it is asked for restrictions instead. Every case is run with short memory, too. */
#include "enforce.h"

#include <mapae/inventory.h>

#include <stdio.h>

#include "buf.h"
#include "fault.h"
#include "fits.h"
#include "library.h"
#include "restriction.h"
#include "source.h"
#include "test.h"
#include "violation.h"

typedef struct enforce_case {
    const char       *file;
    const mp_json    *root, *node;
    const mp_aliases *aliases;
} enforce_case;

/* ---- a world for one case ---- */

typedef struct world {
    const enforce_case *c;
    mp_library         *library;
    mp_plan            *plan;
    mp_enforcer        *enforcer;
    mp_arena            arena;
    mp_resource         resource;
    mp_related          related;
    bool                lacks_memory; /* for what is related */
} world;

static const mp_json *member(const enforce_case *c, const char *name)
{
    const mp_json *v = mp_json_get(c->node, mp_str_from(name));
    return v ? v : mp_json_get(c->root, mp_str_from(name));
}

static bool is_set(const enforce_case *c, const char *name)
{
    const mp_json *v = member(c, name);
    return mp_json_is_true(v);
}

static mp_code read_policies(mp_library *lib, const mp_json *list, mp_role role)
{
    mp_buf text = MP_BUF_INIT;
    if (!list)
        return MP_OK;
    mp_buf_add_json(&text, list);
    mp_code code = MP_NOMEM;
    if (!text.failed)
        code = mp_library_read(lib, MP_S("case.json"), mp_buf_str(&text), role, NULL);
    mp_buf_free(&text);
    return code;
}

/* Related resources are all those of the case, wherever they stand. */
static void each_related(void *context, const mp_related_query *q, mp_related_visit *visit, void *arg)
{
    world         *w = context;
    const mp_json *list = member(w->c, "related");
    if (!list)
        return;
    for (MP_JSON_EACH(doc, list)) {
        mp_resource r;
        mp_pack    *pack = NULL;
        bool        is_read = mp_resource_from_arm(&r, doc, &w->arena, NULL) == MP_OK;
        if (is_read && !mp_str_eq_fold(r.type, q->type->type))
            continue;
        if (is_read)
            pack = mp_related_pack(q->type, &r, &w->arena);
        w->lacks_memory = w->lacks_memory || !pack;
        if (!pack || !visit(arg, pack))
            return;
    }
}

static const mp_json *no_container(void *context, mp_str id)
{
    (void)context;
    (void)id;
    return NULL;
}

/* The management group "top" is above "mid", and both are above everything else. */
static bool is_above(const void *context, mp_str group, mp_str id)
{
    (void)context;
    return mp_str_ends(group, MP_S("/top")) || !mp_str_ends(id, MP_S("/top"));
}

static mp_code open_world(world *w, const enforce_case *c)
{
    const mp_check *checks;
    uint32_t        count;
    mp_plan_options options = { .details = true, .aliases = c->aliases };
    *w = (world){ .c = c, .related = { w, each_related, no_container } };
    MP_TRY(mp_library_new(&w->library, NULL));
    static const mp_hierarchy hierarchy = { is_above, NULL };
    mp_library_hold(w->library);
    mp_library_set_hierarchy(w->library, &hierarchy);
    MP_TRY(read_policies(w->library, mp_json_get(c->root, MP_S("definitions")), MP_ROLE_REFERENCED));
    MP_TRY(read_policies(w->library, mp_json_get(c->node, MP_S("assign")), MP_ROLE_JUDGED));
    MP_TRY(mp_library_checks(w->library, &checks, &count, NULL));
    for (const mp_diagnostic *d = mp_library_diagnostics(w->library)->first; d; d = d->next) {
        if (d->error.code == MP_NOMEM)
            return MP_NOMEM;
        if (d->severity == MP_SEVERITY_ERROR)
            fail_msg("%s: %s", c->file, d->error.message);
    }
    MP_TRY(mp_plan_new(&w->plan, checks, count, &options, NULL));
    MP_TRY(mp_enforcer_new(&w->enforcer, w->plan, NULL));
    return mp_resource_from_arm(&w->resource, member(c, "resource"), &w->arena, NULL);
}

static void close_world(world *w)
{
    mp_enforcer_free(w->enforcer);
    mp_plan_free(w->plan);
    mp_library_free(w->library);
    mp_arena_free(&w->arena);
}

/* ---- asking ---- */

static mp_enforce_request request_of(world *w)
{
    const enforce_case *c = w->c;
    mp_enforce_request  r = { .resource = &w->resource, .related = &w->related,
                              .is_tags_only = is_set(c, "tagsOnly"), .with_group = is_set(c, "withGroup") };
    const mp_json *context = member(c, "context");
    r.around = (mp_surroundings){ .request = mp_json_is(context, MP_JSON_OBJECT) ? context : NULL,
                                  .subscription = member(c, "subscription"),
                                  .resource_group = member(c, "resourceGroup"),
                                  .now = MP_TICKS_PER_DAY * 739000 };
    return r;
}

static mp_code ask(mp_enforcement *out, world *w, const mp_enforce_request *request)
{
    const mp_json *what = member(w->c, "do"), *check = member(w->c, "check");
    mp_str         verb = what ? mp_json_str(what) : MP_S("write");
    if (mp_str_eq(verb, MP_S("after")))
        return mp_enforce_after(out, w->enforcer, request, NULL);
    if (mp_str_eq(verb, MP_S("delete")))
        return mp_enforce_delete(out, w->enforcer, request, NULL);
    if (mp_str_eq(verb, MP_S("remedy")))
        return mp_enforce_remedy(out, w->enforcer, request, check ? (uint32_t)check->u.integer : 0, NULL);
    CHECK_STR(verb, "write");
    return mp_enforce_write(out, w->enforcer, request, NULL);
}

/* ---- the answer ---- */

static mp_code write_act(mp_jsonw *w, world *in, const mp_act *act)
{
    const mp_json *one, *details;
    MP_TRY(mp_act_json(&one, act, &in->arena, NULL));
    if (act->kind != MP_ACT_DEPLOYS) {
        mp_jsonw_value(w, one);
        return MP_OK;
    }
    MP_TRY(mp_enforce_details(&details, in->enforcer, act, NULL));
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, one)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
    mp_jsonw_put_value(w, "details", details);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code write_answer(const mp_json **out, world *in, const mp_enforcement *done)
{
    const mp_json *refusal = NULL;
    mp_jsonw       w;
    if (!done->is_allowed)
        MP_TRY(mp_enforcement_refusal(&refusal, in->enforcer, done, &in->arena, NULL));
    mp_jsonw_init(&w, &in->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "allowed", done->is_allowed);
    mp_jsonw_put_bool(&w, "changed", done->is_changed);
    mp_jsonw_put_value(&w, "resource", done->resource->doc);
    mp_jsonw_key(&w, MP_S("acts"));
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < done->act_count; i++)
        MP_TRY(write_act(&w, in, &done->acts[i]));
    mp_jsonw_end(&w);
    if (refusal) {
        mp_jsonw_put_value(&w, "refusal", refusal);
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : MP_NOMEM;
}

static mp_code restrictions(const mp_json **out, world *w)
{
    const enforce_case    *c = w->c;
    const mp_json         *pending = member(c, "pending"), *scope = member(c, "scope");
    mp_pending_field       fields[16];
    mp_restriction_request r = { .content = &w->resource, .around = request_of(w).around, .pending = fields,
                                 .scope = scope ? mp_json_str(scope) : MP_S(""),
                                 .with_audit = is_set(c, "audit") };
    CHECK(pending && pending->count <= MP_COUNT(fields));
    for (MP_JSON_EACH(one, pending))
        fields[r.pending_count++] = (mp_pending_field){ mp_json_str(mp_json_get(one, MP_S("field"))),
                                                        mp_json_get(one, MP_S("values")) };
    return mp_restrictions(out, w->plan, &r, &w->arena, NULL);
}

static mp_code answer(const mp_json **out, world *w)
{
    if (member(w->c, "pending"))
        return restrictions(out, w);

    mp_enforcement     done;
    mp_enforce_request request = request_of(w);
    MP_TRY(ask(&done, w, &request));
    if (w->lacks_memory)
        return MP_NOMEM;
    MP_TRY(write_answer(out, w, &done));
    *out = mp_arena_dup_json(&w->arena, *out);
    if (!*out)
        return MP_NOMEM;
    if (!done.is_changed || is_set(w->c, "unstable"))
        return MP_OK;
    request.resource = &w->resource;
    MP_TRY(mp_resource_from_arm(&w->resource, mp_json_get(*out, MP_S("resource")), &w->arena, NULL));
    MP_TRY(ask(&done, w, &request));
    if (done.is_changed)
        fail_msg("%s: what was changed is changed again", w->c->file);
    return MP_OK;
}

/* ---- comparing ---- */

static void show(const char *what, const mp_json *v)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, v);
    print_error("  %s %.*s\n", what, MP_FMT(mp_buf_str(&text)));
    mp_buf_free(&text);
}

static bool fits_case(const enforce_case *c, const mp_json *found)
{
    const mp_json *wanted = mp_json_get(c->node, MP_S("expected"));
    CHECK(wanted != NULL);
    if (json_fits(wanted, found))
        return true;
    print_error("%s: %.*s\n", c->file, MP_FMT(mp_json_str(mp_json_get(c->node, MP_S("name")))));
    show("found ", found);
    show("wanted", wanted);
    return false;
}

static bool check_case(enforce_case *c)
{
    world          w;
    const mp_json *found = NULL;
    CHECK_INT(open_world(&w, c), MP_OK);
    CHECK_INT(answer(&found, &w), MP_OK);
    bool fitting = fits_case(c, found);
    close_world(&w);
    return fitting;
}

/* With little memory the answer is the same or there is none. */
static bool answers_or_lacks_memory(void *context)
{
    world          w;
    const mp_json *found = NULL;
    mp_code        code = open_world(&w, context);
    if (code == MP_OK)
        code = answer(&found, &w);
    CHECK(code == MP_OK || code == MP_NOMEM);
    if (code == MP_OK && !fits_case(context, found))
        fail_msg("another answer when memory is short");
    close_world(&w);
    return code == MP_OK;
}

/* ---- files ---- */

static unsigned total;

static void read_file(const mp_json **root, mp_json_doc *doc, const char *file, mp_arena *arena)
{
    char     path[1024];
    mp_str   here = mp_str_from(__FILE__), text;
    size_t   slash = mp_str_rfind(here, '/');
    mp_error err = { 0 };
    snprintf(path, sizeof(path), "%.*s/enforce/%s.json", slash == SIZE_MAX ? 1 : (int)slash,
             slash == SIZE_MAX ? "." : here.ptr, file);
    if (mp_source_slurp(&text, path, 0, arena, &err) != MP_OK ||
        mp_json_read(doc, root, text, NULL, NULL, &err) != MP_OK)
        fail_msg("%s:%u: %s", path, err.pos.line, err.message);
}

static void read_aliases(mp_aliases **out, const mp_json *root)
{
    const mp_json *node = mp_json_get(root, MP_S("aliases"));
    mp_buf         text = MP_BUF_INIT;
    if (!node)
        return;
    mp_buf_add_json(&text, node);
    CHECK_INT(mp_aliases_read(out, mp_buf_str(&text), NULL), MP_OK);
    mp_buf_free(&text);
}

static void run_file(const char *file)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_aliases    *aliases = NULL;
    unsigned       failed = 0;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    read_file(&root, doc, file, &arena);
    read_aliases(&aliases, root);
    const mp_json *cases = mp_json_get(root, MP_S("cases"));
    CHECK(mp_json_is(cases, MP_JSON_ARRAY));
    for (MP_JSON_EACH(node, cases)) {
        enforce_case c = { file, root, node, aliases };
        bool         fitting = check_case(&c);
        total++;
        if (fitting && total % test_step(3) == 0)
            fault_loop(answers_or_lacks_memory, &c);
        failed += !fitting;
    }
    mp_aliases_free(aliases);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    CHECK_INT(failed, 0);
}

#define ENFORCE_FILES(FILE) \
    FILE(deny) FILE(change) FILE(conflict) FILE(terms) FILE(deletion) FILE(related) FILE(restrict)

#define FILE_TEST(name) TEST(enforce_##name) { run_file(#name); }
ENFORCE_FILES(FILE_TEST)

TEST(there_are_many_cases)
{
    print_message("%u cases\n", total);
    CHECK(total >= 60);
}

/* ---- what no case can say ---- */

TEST(an_enforcer_wants_details)
{
    mp_plan     *plan = NULL;
    mp_enforcer *e = NULL;
    mp_error     err = { 0 };
    CHECK_INT(mp_plan_new(&plan, NULL, 0, NULL, NULL), MP_OK);
    CHECK_INT(mp_enforcer_new(&e, plan, &err), MP_USAGE);
    CHECK(e == NULL);
    mp_plan_free(plan);
    mp_enforcer_free(NULL);
}

/* A write of the case, in a world that has seen it before. */
static bool writes(void *context)
{
    world             *w = context;
    mp_enforcement     done;
    mp_enforce_request request = request_of(w);
    return mp_enforce_write(&done, w->enforcer, &request, NULL) == MP_OK;
}

TEST(writing_allocates_nothing_once_it_is_warm)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    read_file(&root, doc, "change", &arena);
    for (MP_JSON_EACH(node, mp_json_get(root, MP_S("cases")))) {
        enforce_case c = { "change", root, node, NULL };
        world        w;
        CHECK_INT(open_world(&w, &c), MP_OK);
        CHECK(writes(&w) && writes(&w));
        CHECK_INT(fault_loop(writes, &w), 0);
        close_world(&w);
    }
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
}

#define FILE_RUN(name) RUN(enforce_##name),

int main(void)
{
    return MAIN(ENFORCE_FILES(FILE_RUN) RUN(there_are_many_cases), RUN(an_enforcer_wants_details),
                RUN(writing_allocates_nothing_once_it_is_warm));
}
