/* SPDX-License-Identifier: Apache-2.0 */
/* cases/NAME.json hold what templates come to: an array of
 *
 *   { "name", "template", "parameters", "context": { scope, name, location, now, preview, environment, ... },
 *     "exists": { id: document }, "lists": { "id/function": answer },
 *     "resources": [ { id, type, body, ... } ], "outputs": { }, "given": { }, "error": "code: sentence" }
 *
 * Of a resource the members that stand there must be as they stand; what is deployed exists for those that come later.
 * An error that ends in "*" is compared up to there. Each case also runs with every allocation failing. */
#include "deployment.h"

#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "fault.h"
#include "functions.h"
#include "jsonw.h"
#include "source.h"
#include "test.h"

#define GROUP "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group1"

typedef struct deployed {
    mp_str           id;
    const mp_json   *document;
    struct deployed *next;
} deployed;

typedef struct world {
    const mp_json *exists, *lists;
    deployed      *first;
    mp_arena       arena;
    bool           is_preview;
} world;

static const mp_json *get(const mp_json *v, const char *name) { return mp_json_get(v, mp_str_from(name)); }

static mp_str text_of(const mp_json *v, const char *name, mp_str otherwise)
{
    const mp_json *found = get(v, name);
    return mp_json_is(found, MP_JSON_STRING) ? mp_json_str(found) : otherwise;
}

static mp_code lookup(const mp_json **out, void *user, mp_str id, mp_str api_version, mp_arena *arena, mp_error *err)
{
    const world *w = user;
    (void)api_version, (void)arena, (void)err;
    *out = mp_json_get_fold(w->exists, id);
    for (const deployed *d = w->first; d; d = d->next)
        if (mp_str_eq_fold(d->id, id))
            *out = d->document;
    return MP_OK;
}

static mp_code list(const mp_json **out, void *user, mp_str id, mp_str function, mp_str api_version,
                    const mp_json *input, mp_arena *arena, mp_error *err)
{
    const world *w = user;
    (void)api_version, (void)input;
    mp_str key = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(id), MP_FMT(function));
    if (!key.ptr)
        return mp_no_memory(err);
    *out = mp_json_get_fold(w->lists, key);
    return MP_OK;
}

static bool deploy(world *w, const mp_deployment_resource *r)
{
    deployed *d = MP_ARENA_NEW(&w->arena, deployed);
    if (!d || r->is_deployment || w->is_preview)
        return d != NULL;
    *d = (deployed){ mp_arena_dup(&w->arena, r->id), mp_arena_dup_json(&w->arena, r->body), w->first };
    w->first = d;
    return d->id.ptr && d->document;
}

static mp_deployment_context context_of(const mp_json *one, world *w)
{
    const mp_json *c = get(one, "context");
    mp_deployment_context out = {
        .scope = text_of(c, "scope", MP_S(GROUP)), .name = text_of(c, "name", MP_S("deploy1")),
        .location = text_of(c, "location", MP_S("")), .mode = text_of(c, "mode", MP_S("")),
        .tenant = get(c, "tenant"), .management_group = get(c, "managementGroup"),
        .subscription = get(c, "subscription"), .resource_group = get(c, "resourceGroup"),
        .environment = get(c, "environment"), .deployer = get(c, "deployer"), .providers = get(c, "providers"),
        .seed = MP_S("seed"), .is_preview = get(c, "preview") != NULL, .lookup = lookup, .list = list, .user = w,
    };
    CHECK(mp_clock_parse(&out.now, text_of(c, "now", MP_S("2026-01-31T09:00:00Z"))));
    return out;
}

/* ---- what was found, as JSON ---- */

/* A copy of what lives until the next resource only. */
static mp_str kept(world *w, mp_str s) { return mp_arena_dup(&w->arena, s); }

static void write_resource(mp_jsonw *out, world *w, const mp_deployment_resource *r)
{
    const mp_json *body = mp_arena_dup_json(&w->arena, r->body), *shown = mp_arena_dup_json(&w->arena, r->shown);
    mp_jsonw_object(out);
    mp_jsonw_put_str(out, "id", kept(w, r->id));
    mp_jsonw_put_str(out, "type", kept(w, r->type));
    mp_jsonw_put_str(out, "name", kept(w, r->name));
    mp_jsonw_put_str(out, "apiVersion", kept(w, r->api_version));
    mp_jsonw_put_str(out, "pointer", kept(w, r->pointer));
    mp_jsonw_put_str(out, "deployment", kept(w, r->deployment));
    mp_jsonw_put_str(out, "why", kept(w, r->why));
    mp_jsonw_put_value(out, "body", body);
    mp_jsonw_put_value(out, "shown", shown);
    mp_jsonw_put_bool(out, "isDeployment", r->is_deployment);
    mp_jsonw_put_bool(out, "isUnknown", r->is_unknown);
    mp_jsonw_key(out, MP_S("dependsOn"));
    mp_jsonw_array(out);
    for (uint32_t i = 0; i < r->depends_on_count; i++)
        mp_jsonw_str(out, kept(w, r->depends_on[i]));
    mp_jsonw_end(out);
    mp_jsonw_end(out);
    out->failed = out->failed || !body || !shown;
}

typedef struct found {
    const mp_json *resources, *outputs, *given;
} found;

static mp_code run(found *out, const mp_json *one, world *w, mp_error *err)
{
    mp_deployment                *d = NULL;
    const mp_deployment_resource *r = NULL;
    mp_deployment_context         context = context_of(one, w);
    mp_jsonw                      resources;
    const mp_json                *v;
    w->is_preview = context.is_preview;
    MP_TRY(mp_deployment_new(&d, get(one, "template"), get(one, "parameters"), &context, err));
    mp_jsonw_init(&resources, &w->arena);
    mp_jsonw_array(&resources);
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_deployment_next(&r, d, err)) == MP_OK && r) {
        write_resource(&resources, w, r);
        if (!deploy(w, r))
            code = MP_NOMEM;
    }
    mp_jsonw_end(&resources);
    out->resources = mp_jsonw_done(&resources);
    if (code == MP_OK)
        code = mp_deployment_outputs(&v, d, err);
    if (code == MP_OK)
        out->outputs = mp_arena_dup_json(&w->arena, v);
    if (code == MP_OK)
        code = mp_deployment_parameters(&v, d, err);
    if (code == MP_OK)
        out->given = mp_arena_dup_json(&w->arena, v);
    bool is_whole = out->resources && out->outputs && out->given;
    mp_deployment_free(d);
    return code == MP_OK && !is_whole ? MP_NOMEM : code;
}

/* ---- comparing ---- */

static void show(mp_str title, const mp_json *v)
{
    mp_buf b = MP_BUF_INIT;
    if (v)
        mp_buf_add_json(&b, v);
    print_error("  %.*s %.*s\n", MP_FMT(title), MP_FMT(mp_buf_str(&b)));
    mp_buf_free(&b);
}

/* `wanted` NULL: not asked. */
static bool fits(mp_str title, const mp_json *is, const mp_json *wanted)
{
    mp_arena arena = MP_ARENA_INIT;
    bool     equal = !wanted;
    if (wanted && is)
        CHECK(mp_value_equal(&equal, is, wanted, &arena, NULL) == MP_OK);
    if (!equal) {
        show(title, is);
        show(MP_S("wanted"), wanted);
    }
    mp_arena_free(&arena);
    return equal;
}

static bool resources_fit(const mp_json *is, const mp_json *wanted)
{
    bool ok = true;
    if (!wanted)
        return true;
    if (is->count != wanted->count) {
        show(MP_S("resources"), is);
        print_error("  wanted %u\n", wanted->count);
        return false;
    }
    const mp_json *found_one = mp_json_first(is);
    for (MP_JSON_EACH(one, wanted)) {
        if (one->kind == MP_JSON_STRING)
            ok = fits(MP_S("id"), get(found_one, "id"), one) && ok;
        else
            for (MP_JSON_MEMBERS(key, one))
                ok = fits(mp_json_str(key), mp_json_get(found_one, mp_json_str(key)), key + 1) && ok;
        found_one = mp_json_next(found_one);
    }
    return ok;
}

static bool error_fits(mp_code code, const mp_error *err, mp_str wanted)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   is = mp_arena_printf(&arena, "%s: %s", mp_code_name(code), code == MP_OK ? "" : err->message);
    bool     is_open = mp_str_ends(wanted, MP_S("*"));
    bool     ok = is_open ? mp_str_starts(is, mp_str_of(wanted.ptr, wanted.len - 1)) : mp_str_eq(is, wanted);
    if (!ok)
        print_error("  found  %.*s\n  wanted %.*s\n", MP_FMT(is), MP_FMT(wanted));
    mp_arena_free(&arena);
    return ok;
}

static bool case_holds(const mp_json *one)
{
    world    w = { .exists = get(one, "exists"), .lists = get(one, "lists") };
    found    f = { 0 };
    mp_error err = { 0 };
    mp_code  code = run(&f, one, &w, &err);
    bool     ok = error_fits(code, &err, text_of(one, "error", MP_S("ok: ")));
    CHECK(code == MP_OK || err.code == code);
    if (code == MP_OK && ok) {
        ok = resources_fit(f.resources, get(one, "resources"));
        ok = fits(MP_S("outputs"), f.outputs, get(one, "outputs")) && ok;
        ok = fits(MP_S("given"), f.given, get(one, "given")) && ok;
    }
    if (!ok)
        print_error("^ %.*s\n", MP_FMT(text_of(one, "name", MP_S("?"))));
    mp_arena_free(&w.arena);
    return ok;
}

/* Out of memory, or what it always comes to. */
static bool holds_or_lacks_memory(void *context)
{
    const mp_json *one = context;
    world    w = { .exists = get(one, "exists"), .lists = get(one, "lists") };
    found    f = { 0 };
    mp_error err = { 0 };
    mp_code  code = run(&f, one, &w, &err);
    bool     has_error = get(one, "error") != NULL, lacks = code == MP_NOMEM;
    CHECK(lacks || (code != MP_OK) == has_error);
    mp_arena_free(&w.arena);
    return !lacks;
}

/* ---- files ---- */

typedef void each_case(const mp_json *one, unsigned *count, unsigned *failed);

static void for_each_case(each_case *work, unsigned *count, unsigned *failed)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **names;
    size_t       n;
    mp_error     err = { 0 };
    CHECK(getenv("MAPAE_CASES"));
    CHECK(mp_source_list(&names, &n, getenv("MAPAE_CASES"), NULL, NULL, &arena, NULL) == MP_OK && n > 0);
    for (size_t i = 0; i < n; i++) {
        mp_json_doc   *doc = NULL;
        const mp_json *root;
        mp_str         text;
        CHECK(mp_source_slurp(&text, names[i], 0, &arena, &err) == MP_OK);
        CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
        if (mp_json_read(doc, &root, text, &(mp_json_options){ .reject_duplicates = true }, NULL, &err) != MP_OK)
            fail_msg("%s:%u:%u: %s", names[i], err.pos.line, err.pos.col, err.message);
        for (MP_JSON_EACH(one, root))
            work(one, count, failed);
        mp_json_doc_free(doc);
    }
    mp_arena_free(&arena);
}

static void check_case(const mp_json *one, unsigned *count, unsigned *failed)
{
    (*count)++;
    *failed += !case_holds(one);
}

TEST(templates_come_to_what_the_cases_say)
{
    unsigned count = 0, failed = 0;
    for_each_case(check_case, &count, &failed);
    print_message("%u cases\n", count);
    CHECK(count > 100);
    CHECK_INT(failed, 0);
}

static void check_faults(const mp_json *one, unsigned *count, unsigned *failed)
{
    (void)failed;
    if (!get(one, "faults"))
        return;
    (*count)++;
    fault_loop(holds_or_lacks_memory, (void *)(uintptr_t)one);
}

TEST(every_allocation_may_fail)
{
    unsigned count = 0, failed = 0;
    for_each_case(check_faults, &count, &failed);
    CHECK(count > 3);
}

/* ---- limits, and order of calls ---- */

static mp_code run_text(const char *text, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_deployment *d = NULL;
    const mp_deployment_resource *r = NULL;
    mp_deployment_context context = { .scope = MP_S(GROUP), .name = MP_S("deploy1"), .is_preview = true, .steps = 100000 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    mp_code code = mp_deployment_new(&d, root, NULL, &context, err);
    while (code == MP_OK && (code = mp_deployment_next(&r, d, err)) == MP_OK && r)
        ;
    mp_deployment_free(d);
    mp_json_doc_free(doc);
    return code;
}

TEST(work_is_bounded)
{
    mp_error err = { 0 };
    CHECK_INT(run_text("{\"resources\": [], \"variables\": {\"a\": \"[range(0, 10000)]\", \"b\": "
                       "\"[map(variables('a'), lambda('x', reduce(variables('a'), 0, lambda('y', 'z', true()))))]\"},"
                       "\"outputs\": {\"o\": {\"type\": \"array\", \"value\": \"[variables('b')]\"}}}", &err), MP_LIMIT);
    if (mp_str_find_str(mp_str_from(err.message), MP_S("steps")) == SIZE_MAX)
        fail_msg("%s", err.message);
}

TEST(deployments_nest_to_a_limit)
{
    mp_buf   b = MP_BUF_INIT;
    mp_error err = { 0 };
    for (int i = 0; i <= MP_DEPLOYMENT_NESTING; i++)
        mp_buf_add_z(&b, "{\"resources\": [{\"type\": \"Microsoft.Resources/deployments\", \"apiVersion\": \"2021-04-01\", "
                         "\"name\": \"d\", \"properties\": {\"mode\": \"Incremental\", \"template\": ");
    mp_buf_add_z(&b, "{\"resources\": []}");
    for (int i = 0; i <= MP_DEPLOYMENT_NESTING; i++)
        mp_buf_add_z(&b, "}}]}");
    mp_buf_add_c(&b, '\0');
    CHECK_INT(run_text(b.ptr, &err), MP_LIMIT);
    mp_buf_free(&b);
}

TEST(a_long_chain_of_variables_is_refused)
{
    mp_buf   b = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_buf_add_z(&b, "{\"resources\": [], \"variables\": {\"v0\": \"x\"");
    for (int i = 1; i < 400; i++)
        mp_buf_printf(&b, ", \"v%d\": \"[variables('v%d')]\"", i, i - 1);
    mp_buf_add_z(&b, "}, \"outputs\": {\"o\": {\"type\": \"string\", \"value\": \"[variables('v399')]\"}}}");
    mp_buf_add_c(&b, '\0');
    CHECK_INT(run_text(b.ptr, &err), MP_LIMIT);
    mp_buf_free(&b);
}

/* JSON that holds a name twice cannot stand in a case. */
TEST(of_equal_names_the_last_counts)
{
    mp_error err = { 0 };
    CHECK_INT(run_text("{\"resources\": [{\"type\": \"My.Own/things\", \"apiVersion\": \"1\", \"name\": \"a\", "
                       "\"properties\": {\"x\": \"[fail('first')]\", \"x\": 2}}]}", &err), MP_OK);
}

TEST(calls_out_of_order_are_refused)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root, *outputs;
    mp_deployment *d = NULL;
    const mp_deployment_resource *r = NULL;
    mp_deployment_context context = { .scope = MP_S(GROUP), .name = MP_S("deploy1") };
    const char *text = "{\"resources\": [{\"type\": \"My.Own/things\", \"apiVersion\": \"1\", \"name\": \"a\", "
                       "\"properties\": {\"x\": \"[div(1, 0)]\"}}]}";
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    CHECK(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL) == MP_OK);
    CHECK(mp_deployment_new(&d, root, NULL, &context, NULL) == MP_OK);
    CHECK_STR(mp_deployment_id(d), GROUP "/providers/Microsoft.Resources/deployments/deploy1");
    CHECK(mp_deployment_hash(d).len > 0);
    CHECK_INT(mp_deployment_outputs(&outputs, d, NULL), MP_CONFLICT);
    CHECK_INT(mp_deployment_next(&r, d, NULL), MP_EVALUATION);
    CHECK_INT(mp_deployment_next(&r, d, NULL), MP_CONFLICT);
    mp_deployment_free(d);
    mp_deployment_free(NULL);
    mp_json_doc_free(doc);
}

int main(void)
{
    return MAIN(RUN(templates_come_to_what_the_cases_say), RUN(every_allocation_may_fail), RUN(work_is_bounded),
                RUN(deployments_nest_to_a_limit), RUN(a_long_chain_of_variables_is_refused),
                RUN(of_equal_names_the_last_counts),
                RUN(calls_out_of_order_are_refused));
}
