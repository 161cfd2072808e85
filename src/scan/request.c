/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <mapae/inventory.h>

#include "alias_file.h"
#include "bind.h"
#include "buf.h"
#include "context.h"
#include "definition.h"
#include "jsonw.h"

#include <stdlib.h>

/* A request is answered in steps, each of which may end it with an error in the answer: read, find the
 * alias table, parse the policy, bind its parameters, plan, judge. */

struct related_doc {
    mp_resource         resource;
    struct related_doc *next;
};

struct mp_requester {
    mp_requester_options options;
    mp_alias_files       alias_files;
    mp_json_doc         *json;
    /* of the request at hand */
    mp_source_text       text;
    mp_arena             arena;
    mp_diagnostics       diagnostics;
    mp_aliases          *inline_aliases;
    mp_definition       *definition;
    mp_check             check;
    mp_plan             *plan;
    mp_judge            *judge;
    const mp_verdict    *verdict; /* NULL: the policy does not apply */
    bool                 is_short; /* of memory, noted where it could not be told */
    bool                 is_malformed;
    mp_error             malformed; /* what is wrong with it */
    struct related_doc  *related_docs;
    mp_related           related;
    mp_surroundings      around;
};

/* A member of what is asked: the request's own, else the default. */
static const mp_json *asked(const mp_question *q, mp_str name)
{
    const mp_json *v = mp_json_get_fold(q->request, name);
    return v ? v : mp_json_get_fold(q->defaults, name);
}

/* ---- related resources: a list, asked one by one ---- */

static bool is_below(mp_str id, mp_str scope)
{
    return id.len > scope.len && id.ptr[scope.len] == '/' && mp_str_starts_fold(id, scope);
}

/* A document without an id stands where the question wants it: tests need not spell it out. */
static bool is_same(mp_str a, mp_str b) { return !a.ptr || !b.ptr || mp_str_eq_fold(a, b); }

static bool stands_there(const mp_resource *r, const mp_related_query *q)
{
    if (!r->id.ptr)
        return true;
    switch (q->where) {
    case MP_RELATED_BELOW:
        return !q->id.ptr || is_below(r->id, q->id);
    case MP_RELATED_ON:
        return !q->id.ptr || mp_str_eq_fold(r->scope, q->id);
    case MP_RELATED_GROUP:
        return is_same(r->subscription_id, q->subscription_id) && is_same(r->resource_group, q->group);
    default:
        return is_same(r->subscription_id, q->subscription_id);
    }
}

static void each_related(void *context, const mp_related_query *q, mp_related_visit *visit, void *arg)
{
    mp_requester *r = context;
    for (const struct related_doc *doc = r->related_docs; doc; doc = doc->next) {
        if (doc->resource.type.ptr && !mp_str_eq_fold(doc->resource.type, q->type->type))
            continue;
        if (!stands_there(&doc->resource, q))
            continue;
        mp_pack *pack = mp_related_pack(q->type, &doc->resource, &r->arena);
        r->is_short = r->is_short || !pack;
        if (!pack || !visit(arg, pack))
            return;
    }
}

static const mp_json *container(void *context, mp_str id)
{
    mp_requester *r = context;
    for (const struct related_doc *doc = r->related_docs; doc; doc = doc->next)
        if (doc->resource.id.ptr && mp_str_eq_fold(doc->resource.id, id))
            return mp_context_document(doc->resource.doc, id, mp_context_id(id, true).ptr != NULL, &r->arena);
    return NULL;
}

static mp_code add_related(mp_requester *r, const mp_json *node, mp_error *err)
{
    struct related_doc *doc = MP_ARENA_NEW(&r->arena, struct related_doc), **at = &r->related_docs;
    if (!doc)
        return mp_no_memory(err);
    MP_TRY(mp_resource_from_arm(&doc->resource, node, &r->arena, err));
    while (*at)
        at = &(*at)->next;
    *at = doc;
    return MP_OK;
}

static mp_code read_related(mp_requester *r, const mp_question *q, const mp_json *resource, mp_error *err)
{
    const mp_json *list = asked(q, MP_S("relatedResources"));
    if (list && list->kind != MP_JSON_NULL && list->kind != MP_JSON_ARRAY)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"relatedResources\" wants an array");
    if (mp_json_is(list, MP_JSON_ARRAY))
        for (MP_JSON_EACH(item, list))
            MP_TRY(add_related(r, item, err));
    /* The resource itself is part of the inventory too. */
    return add_related(r, resource, err);
}

/* ---- aliases ---- */

static mp_code inline_table(const mp_aliases **out, mp_requester *r, const mp_json *node, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, node);
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_aliases_read(&r->inline_aliases, mp_buf_str(&text), err);
    mp_buf_free(&text);
    *out = r->inline_aliases;
    return code;
}

static mp_code find_aliases(const mp_aliases **out, mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json *node = asked(q, MP_S("aliases"));
    *out = r->options.aliases ? r->options.aliases : mp_aliases_by_rule();
    if (!node)
        return MP_OK;
    switch (node->kind) {
    case MP_JSON_NULL:
        *out = mp_aliases_plain();
        return MP_OK;
    case MP_JSON_STRING:
        return mp_alias_file(out, &r->alias_files, mp_json_str(node), err);
    case MP_JSON_OBJECT:
    case MP_JSON_ARRAY:
        return inline_table(out, r, node, err);
    default:
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "\"aliases\" is null, a file's name, or a table, not %s",
                       mp_json_kind_name((mp_json_kind)node->kind));
    }
}

/* ---- the policy ---- */

/* Values of parameters that `node` gives. Fails with MP_USAGE. */
static mp_code values_of(const mp_json **out, const mp_json *node, mp_error *err)
{
    const mp_json *values = mp_json_get_fold(node, MP_S("parameters"));
    *out = mp_json_is(values, MP_JSON_OBJECT) ? values : NULL;
    if (*out || !values || values->kind == MP_JSON_NULL)
        return MP_OK;
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"parameters\" wants an object");
}

static mp_code first_diagnostic(const mp_requester *r, mp_error *err)
{
    if (r->diagnostics.failed)
        return mp_no_memory(err);
    for (const mp_diagnostic *d = r->diagnostics.first; d; d = d->next)
        if (d->severity == MP_SEVERITY_ERROR) {
            if (d->nearest.len)
                return mp_fail(err, d->error.code, d->error.pos, "%s; did you mean \"%.*s\"?", d->error.message,
                               MP_FMT(d->nearest));
            if (err)
                *err = d->error;
            return d->error.code;
        }
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the policy cannot be compiled");
}

/* The document that holds the policy; *is_rule: it is the rule alone. */
static mp_code find_policy(const mp_source_text **source, const mp_json **policy, bool *is_rule,
                           const mp_question *q, mp_error *err)
{
    const mp_json *definition = mp_json_get_fold(q->request, MP_S("policyDefinition"));
    const mp_json *rule = mp_json_get_fold(q->request, MP_S("policyRule"));
    *source = q->source;
    if (q->definition) {
        definition = q->definition;
        *source = q->definition_source;
    } else if (!definition && !rule) {
        definition = mp_json_get_fold(q->defaults, MP_S("policyDefinition"));
        rule = mp_json_get_fold(q->defaults, MP_S("policyRule"));
    }
    *policy = definition ? definition : rule;
    *is_rule = !definition;
    if (!*policy)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "a request wants a \"policyRule\" or a \"policyDefinition\"");
    if ((*policy)->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"%s\" wants an object, not %s",
                       *is_rule ? "policyRule" : "policyDefinition",
                       mp_json_kind_name((mp_json_kind)(*policy)->kind));
    return MP_OK;
}

static mp_code parse_policy(mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_source_text *source;
    const mp_json        *policy, *values = NULL;
    bool                  is_rule;
    MP_TRY(find_policy(&source, &policy, &is_rule, q, err));
    if (is_rule)
        MP_TRY(values_of(&values, q->request, err));
    MP_TRY(mp_definition_parse_with(&r->definition, source, policy, values, &r->arena, &r->diagnostics, err));
    if (!r->definition->is_valid)
        return first_diagnostic(r, err);
    if (is_rule) /* a bare rule has no mode: it is asked of whatever comes */
        r->definition->mode = MP_MODE_ALL;
    return MP_OK;
}

static bool is_given(const mp_given *given, uint32_t count, mp_str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_str_eq_fold(given[i].name, name))
            return true;
    return false;
}

static mp_code bind_policy(mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json *both[2];
    uint32_t       n = 0;
    MP_TRY(values_of(&both[0], q->request, err));
    MP_TRY(values_of(&both[1], q->defaults, err));
    uint32_t  most = (both[0] ? both[0]->count : 0) + (both[1] ? both[1]->count : 0);
    mp_given *given = MP_ARENA_ARRAY(&r->arena, mp_given, most + 1);
    if (!given)
        return mp_no_memory(err);
    for (size_t i = 0; i < MP_COUNT(both); i++) {
        if (!both[i])
            continue;
        uint32_t own = i == 0 ? 0 : n; /* of one object, the last of several equal names counts */
        for (MP_JSON_MEMBERS(key, both[i]))
            if (!is_given(given, own, mp_json_str(key)))
                given[n++] = (mp_given){ .name = mp_json_str(key), .value = mp_parameter_unwrapped(key + 1),
                                         .source = q->source, .node = key + 1 };
    }
    bool       ok;
    mp_binding binding = { .arena = &r->arena, .diagnostics = &r->diagnostics, .giver = q->source,
                           .giver_node = both[0] ? both[0] : q->request,
                           .declared = &r->definition->source };
    MP_TRY(mp_bind(&r->check.bound, &ok, r->definition->parameters, r->definition->parameter_count, given,
                   n, &binding, err));
    return ok ? MP_OK : first_diagnostic(r, err);
}

static mp_code find_effect(mp_requester *r, mp_error *err)
{
    const mp_json *effect;
    MP_TRY(mp_template_constant(&effect, r->definition->effect, &r->check.bound, &r->arena, err));
    r->check.effect_text = mp_json_is(effect, MP_JSON_STRING) ? mp_json_str(effect) : MP_S("");
    r->check.effect = mp_effect_find(r->check.effect_text);
    if (r->check.effect != MP_EFFECT_COUNT)
        return MP_OK;
    mp_str nearest = mp_effect_nearest(r->check.effect_text);
    if (nearest.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no effect; did you mean \"%.*s\"?",
                       MP_FMT(r->check.effect_text), MP_FMT(nearest));
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no effect", MP_FMT(r->check.effect_text));
}

/* ---- judging ---- */

static mp_code read_context(mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json *context = asked(q, MP_S("context"));
    const mp_json *now = mp_json_get_fold(context, MP_S("utcNow"));
    r->around = (mp_surroundings){
        .request = mp_json_get_fold(context, MP_S("requestContext")),
        .subscription = mp_json_get_fold(context, MP_S("subscription")),
        .resource_group = mp_json_get_fold(context, MP_S("resourceGroup")),
        .now = r->options.now ? r->options.now : mp_clock_now(),
    };
    r->check.bound.policy = mp_json_get_fold(context, MP_S("policy"));
    if (!r->check.bound.policy)
        r->check.bound.policy = mp_bind_policy(&r->arena, MP_S(""), r->definition->id, MP_S(""), MP_S(""));
    if (now && (now->kind != MP_JSON_STRING || !mp_clock_parse(&r->around.now, mp_json_str(now))))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "context.utcNow wants an ISO 8601 time");
    const mp_json *version = asked(q, MP_S("apiVersion"));
    if (!mp_json_is(version, MP_JSON_STRING) || mp_json_get_fold(r->around.request, MP_S("apiVersion")))
        return MP_OK;
    mp_jsonw w; /* the request's version is what requestContext().apiVersion says */
    mp_jsonw_init(&w, &r->arena);
    mp_jsonw_object(&w);
    if (mp_json_is(r->around.request, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, r->around.request)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_put_value(&w, "apiVersion", version);
    mp_jsonw_end(&w);
    r->around.request = mp_jsonw_done(&w);
    return r->around.request ? MP_OK : mp_no_memory(err);
}

static mp_code make_plan(mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json  *version = asked(q, MP_S("apiVersion"));
    mp_plan_options options = { .details = true, .any_location = true, .keep_all = r->options.keep_all };
    MP_TRY(find_aliases(&options.aliases, r, q, err));
    if (mp_json_is(version, MP_JSON_STRING))
        options.api_version = mp_json_str(version);
    MP_TRY(mp_plan_new(&r->plan, &r->check, 1, &options, err));
    return mp_judge_new(&r->judge, r->plan, err);
}

static mp_code judge(mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json *node = asked(q, MP_S("resource"));
    mp_resource    resource;
    if (!node)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "a request wants a \"resource\"");
    if (node->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"resource\" wants an object, not %s",
                       mp_json_kind_name((mp_json_kind)node->kind));
    MP_TRY(mp_resource_from_arm(&resource, node, &r->arena, err));
    MP_TRY(read_related(r, q, node, err));
    MP_TRY(make_plan(r, q, err));
    const mp_program *program;
    const mp_verdict *verdict;
    MP_TRY(mp_plan_program(&program, r->plan, resource.type.ptr ? resource.type : MP_S(""), err));
    MP_TRY(mp_judge_begin(r->judge, program, &resource, &r->around, err));
    r->related = (mp_related){ r, each_related, container };
    if (program->item_count == 0)
        return MP_OK;
    MP_TRY(mp_judge_one(r->judge, &r->related, 0, &verdict, err));
    if (r->is_short)
        return mp_no_memory(err);
    r->verdict = verdict;
    return MP_OK;
}

/* ---- answers ---- */

static void begin_answer(mp_jsonw *w, mp_requester *r, const mp_json *id)
{
    mp_jsonw_init(w, &r->arena);
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "id", id);
    mp_jsonw_key(w, MP_S("outcome"));
}

static mp_code end_answer(mp_jsonw *w, const mp_json **answer, mp_error *err)
{
    mp_jsonw_end(w);
    *answer = mp_jsonw_done(w);
    return *answer ? MP_OK : mp_no_memory(err);
}

static mp_code answer_error(mp_requester *r, const mp_json *id, const mp_error *error, bool evaluated,
                            const mp_json **answer, mp_error *err)
{
    mp_jsonw w;
    mp_str   message = mp_arena_dup(&r->arena, mp_str_from(error->message));
    if (!message.ptr)
        return mp_no_memory(err);
    begin_answer(&w, r, id);
    mp_jsonw_str(&w, MP_S("error"));
    if (evaluated)
        mp_jsonw_put_str(&w, "state", mp_states[MP_STATE_ERROR].text);
    mp_jsonw_key(&w, MP_S("error"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "code", mp_str_from(mp_code_name(error->code)));
    mp_jsonw_put_str(&w, "message", message);
    if (error->pos.line) {
        mp_jsonw_put_int(&w, "line", error->pos.line);
        mp_jsonw_put_int(&w, "column", error->pos.col);
    }
    mp_jsonw_end(&w);
    return end_answer(&w, answer, err);
}

static bool is_effect(const mp_verdict *v)
{
    return (v->state == MP_STATE_NON_COMPLIANT || v->state == MP_STATE_PROTECTED ||
            v->state == MP_STATE_CONFLICTING || v->reason == MP_REASON_NOT_ATTESTED ||
            v->reason == MP_REASON_ATTESTED);
}

static mp_code answer_verdict(mp_requester *r, const mp_json *id, const mp_verdict *v,
                              const mp_json **answer, mp_error *err)
{
    mp_jsonw       w;
    const mp_json *details = NULL;
    bool           is_applicable = v && v->state != MP_STATE_NOT_APPLICABLE;
    bool           applies = is_applicable && is_effect(v);
    if (applies)
        MP_TRY(mp_judge_details(&details, r->judge, 0, err));
    begin_answer(&w, r, id);
    mp_jsonw_str(&w, applies ? MP_S("effect") : MP_S("none"));
    if (applies) {
        mp_jsonw_put_str(&w, "effect", v->effect);
        if (details->count)
            mp_jsonw_put_value(&w, "details", details);
    }
    mp_jsonw_put_str(&w, "state", mp_states[v ? v->state : MP_STATE_NOT_APPLICABLE].text);
    if (is_applicable)
        mp_jsonw_put_str(&w, "reason", mp_reasons[v->reason]);
    return end_answer(&w, answer, err);
}

static mp_code run_steps(mp_requester *r, const mp_question *q, mp_error *err)
{
    if (q->request->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "a request is an object, not %s",
                       mp_json_kind_name((mp_json_kind)q->request->kind));
    MP_TRY(parse_policy(r, q, err));
    r->check.definition = r->definition;
    MP_TRY(bind_policy(r, q, err));
    MP_TRY(find_effect(r, err));
    MP_TRY(read_context(r, q, err));
    return judge(r, q, err);
}

static void forget(mp_requester *r)
{
    mp_judge_free(r->judge);
    mp_plan_free(r->plan);
    mp_aliases_free(r->inline_aliases);
    r->judge = NULL;
    r->plan = NULL;
    r->inline_aliases = NULL;
    r->definition = NULL;
    r->related_docs = NULL;
    r->check = (mp_check){ .reference_id = MP_S("") };
    r->verdict = NULL;
    r->is_short = r->is_malformed = false;
    mp_arena_reset(&r->arena);
    mp_diagnostics_init(&r->diagnostics, &r->arena);
}

static void note_malformed(mp_requester *r, const mp_error *error)
{
    r->is_malformed = true;
    r->malformed = *error;
}

static mp_code answer(const mp_json **out, mp_requester *r, const mp_question *q, mp_error *err)
{
    const mp_json *id = mp_json_get_fold(q->request, MP_S("id"));
    mp_error       inner = { 0 };
    mp_code        code = run_steps(r, q, &inner);
    const mp_verdict *v = r->verdict;
    if (code == MP_USAGE)
        note_malformed(r, &inner);
    if (code == MP_OK && v && v->state == MP_STATE_ERROR) {
        mp_fail(&inner, v->code, MP_NOWHERE, "%.*s", MP_FMT(v->detail));
        return v->code == MP_NOMEM ? mp_no_memory(err) : answer_error(r, id, &inner, true, out, err);
    }
    if (code == MP_OK && v && v->reason == MP_REASON_CONTEXT_MISSING) {
        if (v->detail.len)
            mp_fail(&inner, MP_EVALUATION, MP_NOWHERE,
                    "the policy reads %.*s, which \"context\" does not give", MP_FMT(v->detail));
        else
            mp_fail(&inner, MP_EVALUATION, MP_NOWHERE,
                    "the policy reads the group or subscription of a resource that is in none");
        return answer_error(r, id, &inner, true, out, err);
    }
    if (code == MP_OK) {
        code = answer_verdict(r, id, v, out, &inner);
        if (code == MP_OK)
            return MP_OK;
    }
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    return answer_error(r, id, &inner, code == MP_EVALUATION, out, err);
}

mp_code mp_request_answer_node(const mp_json **out, mp_requester *r, const mp_question *question,
                               mp_error *err)
{
    forget(r);
    return answer(out, r, question, err);
}

mp_code mp_request_answer(const mp_json **out, mp_requester *r, mp_str text, mp_error *err)
{
    forget(r);
    r->text = (mp_source_text){ .file = MP_S("request"), .text = text };
    mp_error inner = { 0 };
    mp_code  code = mp_json_read(r->json, &r->text.root, text, NULL, NULL, &inner);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK) {
        note_malformed(r, &inner);
        return answer_error(r, NULL, &inner, false, out, err);
    }
    mp_question q = { .source = &r->text, .request = r->text.root };
    return answer(out, r, &q, err);
}

mp_code mp_request_give_up(const mp_json **answer, mp_requester *r, mp_error *err)
{
    const mp_json *id = mp_json_get_fold(r->text.root, MP_S("id"));
    mp_error       inner = { 0 };
    forget(r);
    mp_arena_free(&r->arena);
    mp_no_memory(&inner);
    return answer_error(r, id, &inner, false, answer, err);
}

bool mp_requester_was_malformed(const mp_requester *r, mp_error *error)
{
    if (r->is_malformed && error)
        *error = r->malformed;
    return r->is_malformed;
}

mp_judge *mp_requester_judge(mp_requester *r, const mp_verdict **verdict)
{
    *verdict = r->verdict;
    return r->verdict ? r->judge : NULL;
}

const mp_definition  *mp_requester_definition(const mp_requester *r) { return r->definition; }
const mp_diagnostics *mp_requester_diagnostics(const mp_requester *r) { return &r->diagnostics; }
const mp_related     *mp_requester_related(const mp_requester *r) { return &r->related; }

mp_code mp_requester_new(mp_requester **out, const mp_requester_options *options, mp_error *err)
{
    mp_requester *r = calloc(1, sizeof(*r));
    if (!r)
        return mp_no_memory(err);
    r->alias_files = (mp_alias_files){ .folder = options->folder, .only_in_folder = options->only_in_folder };
    mp_code code = mp_json_doc_new(&r->json, err);
    if (code != MP_OK) {
        free(r);
        return code;
    }
    r->options = *options;
    forget(r);
    *out = r;
    return MP_OK;
}

void mp_requester_free(mp_requester *r)
{
    if (!r)
        return;
    forget(r);
    mp_alias_files_free(&r->alias_files);
    mp_json_doc_free(r->json);
    mp_arena_free(&r->arena);
    free(r);
}
