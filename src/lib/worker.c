/* SPDX-License-Identifier: Apache-2.0 */
/* One decision: the texts are copied and read, the resource is judged, the verdicts are put in public
 * form. All of it lives in the worker's arena and its judge until the next decision; in the steady state
 * nothing is allocated. Reasons are made only when somebody asks. */
#include "engine_internal.h"

#include <mapae/inventory.h>

#include "judge.h"
#include "report.h"

#include <stdlib.h>

struct around {
    mp_resource    resource;
    struct around *next;
};

struct mp_worker {
    const mp_engine   *engine;
    mp_judge          *judge;
    mp_json_doc       *reader;      /* of the resource at hand */
    mp_json_doc       *side_reader; /* of the others: their nodes are copied */
    mp_arena           arena;
    mp_resource        resource;
    mp_surroundings    surroundings;
    struct around     *around; /* the resource itself, then those given as related */
    mp_related         related;
    bool               knows_related;
    const mp_verdict  *verdicts;
    mp_engine_verdict *public_verdicts;
    uint32_t           count;
};

/* ---- related resources: a list, asked one by one ---- */

static bool is_below(mp_str id, mp_str scope)
{
    return id.len > scope.len && id.ptr[scope.len] == '/' && mp_str_starts_fold(id, scope);
}

static bool stands_there(const mp_resource *r, const mp_related_query *q)
{
    switch (q->where) {
    case MP_RELATED_BELOW:
        return is_below(r->id, q->id);
    case MP_RELATED_ON:
        return mp_str_eq_fold(r->scope, q->id);
    case MP_RELATED_GROUP:
        return mp_str_eq_fold(r->resource_group, q->group) &&
               mp_str_eq_fold(r->subscription_id, q->subscription_id);
    default:
        return mp_str_eq_fold(r->subscription_id, q->subscription_id);
    }
}

static void each_related(void *context, const mp_related_query *q, mp_related_visit *visit, void *arg)
{
    mp_worker *w = context;
    for (const struct around *a = w->around; a; a = a->next) {
        if (!mp_str_eq_fold(a->resource.type, q->type->type) || !stands_there(&a->resource, q))
            continue;
        mp_pack *pack = mp_related_pack(q->type, &a->resource, &w->arena);
        if (pack && !visit(arg, pack))
            return;
    }
}

static const mp_json *container(void *context, mp_str id)
{
    const mp_worker *w = context;
    for (const struct around *a = w->around; a; a = a->next)
        if (mp_str_eq_fold(a->resource.id, id))
            return a->resource.doc;
    return NULL;
}

/* ---- reading ---- */

/* `text` and its nodes in the worker's own memory. */
static mp_code read_text(const mp_json **out, mp_worker *w, mp_json_doc *reader, mp_str text,
                         mp_error *err)
{
    char *copy = mp_arena_alloc(&w->arena, text.len + MP_JSON_PADDING);
    if (!copy)
        return mp_no_memory(err);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, MP_JSON_PADDING);
    MP_TRY(mp_json_read_padded(reader, out, mp_str_of(copy, text.len), NULL, NULL, err));
    if (!mp_json_is(*out, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a decision wants JSON objects, not %s",
                       mp_json_kind_name((mp_json_kind)(*out)->kind));
    return MP_OK;
}

/* The same for what stands around the resource; an empty text is NULL. */
static mp_code read_side(const mp_json **out, mp_worker *w, mp_str text, mp_error *err)
{
    const mp_json *root;
    *out = NULL;
    if (!text.len)
        return MP_OK;
    MP_TRY(read_text(&root, w, w->side_reader, text, err));
    *out = mp_arena_dup_json(&w->arena, root);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code add_around(mp_worker *w, struct around ***end, const mp_resource *resource, mp_error *err)
{
    struct around *a = MP_ARENA_NEW(&w->arena, struct around);
    if (!a)
        return mp_no_memory(err);
    a->resource = *resource;
    **end = a;
    *end = &a->next;
    return MP_OK;
}

static mp_code read_around(mp_worker *w, const mp_request *request, mp_error *err)
{
    struct around **end = &w->around;
    MP_TRY(add_around(w, &end, &w->resource, err));
    for (size_t i = 0; i < request->related_count; i++) {
        const mp_json *doc;
        mp_resource    resource;
        MP_TRY(read_side(&doc, w, request->related[i], err));
        if (!doc)
            return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "related resource %zu is an empty text", i + 1);
        MP_TRY(mp_resource_from_arm(&resource, doc, &w->arena, err));
        MP_TRY(add_around(w, &end, &resource, err));
    }
    return MP_OK;
}

static mp_ticks ticks_of(int64_t unix_seconds)
{
    return unix_seconds ? mp_clock_from_unix(unix_seconds) : mp_clock_now();
}

static mp_code read_request(mp_worker *w, const mp_request *request, mp_error *err)
{
    const mp_json *doc;
    MP_TRY(read_text(&doc, w, w->reader, request->resource, err));
    MP_TRY(mp_resource_from_arm(&w->resource, doc, &w->arena, err));
    MP_TRY(read_around(w, request, err));
    w->surroundings = (mp_surroundings){ .now = ticks_of(request->now) };
    MP_TRY(read_side(&w->surroundings.request, w, request->request_context, err));
    MP_TRY(read_side(&w->surroundings.subscription, w, request->subscription, err));
    return read_side(&w->surroundings.resource_group, w, request->resource_group, err);
}

/* ---- deciding ---- */

static bool is_unknown(const mp_worker *w, const mp_verdict *v)
{
    return !w->knows_related &&
           (v->reason == MP_REASON_RELATED_MISSING || v->reason == MP_REASON_RELATED_UNMET);
}

static mp_code publish(mp_worker *w, mp_error *err)
{
    mp_engine_verdict *out = MP_ARENA_ARRAY(&w->arena, mp_engine_verdict, w->count + 1);
    if (!out)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < w->count; i++) {
        const mp_verdict *v = &w->verdicts[i];
        bool              unknown = is_unknown(w, v);
        mp_state          state = unknown ? MP_STATE_NOT_EVALUATED : v->state;
        out[i] = (mp_engine_verdict){
            .policy = &w->engine->policies[v->check],
            .state = mp_states[state].text,
            .is_good = mp_states[state].is_good,
            .is_bad = mp_states[state].is_bad,
            .reason = mp_reasons[unknown ? MP_REASON_RELATED_UNKNOWN : v->reason],
            .effect = v->effect.ptr ? v->effect : MP_S(""),
            .detail = v->detail.ptr ? v->detail : MP_S(""),
        };
    }
    w->public_verdicts = out;
    return MP_OK;
}

static void forget(mp_worker *w)
{
    w->around = NULL;
    w->verdicts = NULL;
    w->public_verdicts = NULL;
    w->count = 0;
    mp_arena_reset(&w->arena);
}

static mp_code decide(mp_worker *w, const mp_request *request, mp_error *err)
{
    const mp_program *program;
    const mp_verdict *verdicts;
    uint32_t          count;
    MP_TRY(read_request(w, request, err));
    w->knows_related = request->knows_related;
    mp_str type = w->resource.type.ptr ? w->resource.type : MP_S("");
    MP_TRY(mp_plan_program(&program, w->engine->plan, type, err));
    MP_TRY(mp_judge_begin(w->judge, program, &w->resource, &w->surroundings, err));
    MP_TRY(mp_judge_run(w->judge, &w->related, &verdicts, &count, err));
    w->verdicts = verdicts;
    w->count = count;
    return publish(w, err);
}

mp_code mp_worker_decide(const mp_engine_verdict **out, size_t *count, mp_worker *w,
                         const mp_request *request, mp_error *err)
{
    forget(w);
    mp_code code = decide(w, request, err);
    if (code != MP_OK) {
        forget(w);
        return code;
    }
    *out = w->public_verdicts;
    *count = w->count;
    return MP_OK;
}

/* ---- more about a verdict ---- */

static mp_code check_number(const mp_worker *w, size_t i, mp_error *err)
{
    return i < w->count ? MP_OK
                        : mp_fail(err, MP_USAGE, MP_NOWHERE, "there is no verdict %zu: the last decision has %u",
                                  i, w->count);
}

static mp_code decided(const mp_decided **out, uint32_t *count, mp_worker *w, size_t i, mp_error *err)
{
    MP_TRY(check_number(w, i, err));
    *out = NULL;
    *count = 0;
    return mp_judge_decided(w->judge, &w->related, (uint32_t)i, out, count, err);
}

mp_code mp_worker_conditions(const mp_engine_condition **out, size_t *count, mp_worker *w, size_t i,
                             mp_error *err)
{
    const mp_decided *list;
    uint32_t          n;
    MP_TRY(decided(&list, &n, w, i, err));
    mp_engine_condition *conditions = MP_ARENA_ARRAY(&w->arena, mp_engine_condition, n + 1);
    if (!conditions)
        return mp_no_memory(err);
    for (uint32_t k = 0; k < n; k++)
        conditions[k] = (mp_engine_condition){
            .pointer = list[k].pointer, .subject = list[k].subject,
            .path = list[k].path.ptr ? list[k].path : MP_S(""), .op = list[k].op,
            .actual = list[k].actual, .wanted = list[k].wanted, .outcome = list[k].outcome,
            .message = list[k].message.ptr ? list[k].message : MP_S(""),
            .resource = list[k].resource.ptr ? list[k].resource : MP_S(""),
        };
    *out = conditions;
    *count = n;
    return MP_OK;
}

/* What a buffer holds, in the worker's arena; the buffer is free then. */
static mp_code keep(mp_str *out, mp_worker *w, mp_buf *text, mp_error *err)
{
    mp_code code = mp_buf_check(text, err);
    if (code == MP_OK) {
        *out = mp_arena_dup(&w->arena, mp_buf_str(text));
        code = out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(text);
    return code;
}

mp_code mp_worker_sentence(mp_str *out, mp_worker *w, size_t i, const char *language, mp_error *err)
{
    mp_lang           lang = mp_lang_find(mp_str_from(language));
    const mp_decided *list;
    uint32_t          n;
    if (lang == MP_LANG_COUNT)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "sentences are in \"en\" or \"ko\", not \"%s\"", language);
    MP_TRY(decided(&list, &n, w, i, err));
    const mp_verdict *v = &w->verdicts[i];
    bool              unknown = is_unknown(w, v);
    mp_buf            text = MP_BUF_INIT;
    mp_scan_record    record = { .resource = &w->resource, .check = v->check, .state = v->state,
                                 .reason = unknown ? MP_REASON_RELATED_UNKNOWN : v->reason,
                                 .detail = w->public_verdicts[i].detail,
                                 .conditions = list, .condition_count = unknown ? 0 : n,
                                 .time = w->surroundings.now };
    mp_report_reason(&text, lang, &record);
    return keep(out, w, &text, err);
}

mp_code mp_worker_details(const mp_json **out, mp_worker *w, size_t i, mp_error *err)
{
    static const mp_json nothing = { .kind = MP_JSON_OBJECT, .count = 0, .u = { .span = 1 } };
    if (!w->engine->with_details)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "the engine was compiled without details");
    MP_TRY(check_number(w, i, err));
    const mp_verdict *v = &w->verdicts[i];
    bool applies = v->state == MP_STATE_NON_COMPLIANT || v->state == MP_STATE_CONFLICTING ||
                   v->state == MP_STATE_PROTECTED;
    if (!applies || is_unknown(w, v)) {
        *out = &nothing;
        return MP_OK;
    }
    return mp_judge_details(out, w->judge, (uint32_t)i, err);
}

mp_code mp_worker_json_text(mp_str *out, mp_worker *w, const mp_json *v, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, v);
    return keep(out, w, &text, err);
}

/* ---- making and freeing ---- */

mp_code mp_worker_new(mp_worker **out, const mp_engine *engine, mp_error *err)
{
    if (!engine->plan)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "a worker wants an engine that is compiled");
    mp_worker *w = calloc(1, sizeof(*w));
    if (!w)
        return mp_no_memory(err);
    w->engine = engine;
    w->related = (mp_related){ w, each_related, container };
    mp_code code = mp_judge_new(&w->judge, engine->plan, err);
    if (code == MP_OK)
        code = mp_json_doc_new(&w->reader, err);
    if (code == MP_OK)
        code = mp_json_doc_new(&w->side_reader, err);
    if (code != MP_OK) {
        mp_worker_free(w);
        return code;
    }
    *out = w;
    return MP_OK;
}

void mp_worker_free(mp_worker *w)
{
    if (!w)
        return;
    mp_judge_free(w->judge);
    mp_json_doc_free(w->reader);
    mp_json_doc_free(w->side_reader);
    mp_arena_free(&w->arena);
    free(w);
}
