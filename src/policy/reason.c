/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_internal.h"

#include "buf.h"
#include "definition.h"

#include <stdlib.h>

/* Reasons: the verdict's condition is evaluated once more, recorded, and of the record those conditions
 * are kept that made the outcome what it is: all members of an allOf that holds, the one that failed of
 * an allOf that does not, and the other way round for anyOf. */

mp_str mp_condition_subject(const mp_condition *c, mp_arena *arena)
{
    const mp_template *t = c->left;
    if (c->left_kind == MP_LEFT_COUNT)
        t = c->counted->field ? c->counted->field : c->counted->value;
    mp_buf text = MP_BUF_INIT;
    if (t->node->kind == MP_JSON_STRING)
        mp_buf_add(&text, mp_json_str(t->node));
    else
        mp_buf_add_json(&text, t->node);
    mp_str subject = text.failed ? mp_str_of(NULL, 0) : mp_buf_str(&text);
    subject = c->left_kind == MP_LEFT_COUNT ? mp_arena_printf(arena, "count(%.*s)", MP_FMT(subject))
                                            : mp_arena_dup(arena, subject);
    mp_buf_free(&text);
    return subject;
}

const mp_condition *mp_judge_condition(const mp_judge *j, uint32_t i, uint32_t origin)
{
    const mp_definition *d = j->items[i]->check->definition;
    return origin && origin <= d->origin_count ? d->origins[origin - 1] : NULL;
}

/* Where the tested (or counted) field stands in the document. */
static mp_str path_of(mp_judge *j, const mp_item *item, const mp_condition *c, bool in_existence)
{
    const mp_template *t = c->left_kind == MP_LEFT_FIELD   ? c->left
                           : c->left_kind == MP_LEFT_COUNT ? c->counted->field
                                                           : NULL;
    mp_arena       *arena = mp_run_arena(j->run);
    const mp_json  *name;
    if (!t || mp_template_constant(&name, t, &item->check->bound, arena, NULL) != MP_OK ||
        !mp_json_is(name, MP_JSON_STRING))
        return MP_S("");
    const mp_plan_options *options = mp_plan_options_of(j->plan);
    mp_alias_match match;
    mp_alias       alias;
    mp_str type = in_existence && item->related ? item->related->type : j->program->type;
    if (mp_str_find(mp_json_str(name), '/') == SIZE_MAX)
        return mp_json_str(name);
    if (mp_alias_find(&match, &alias, options->aliases, type, mp_json_str(name),
                      options->api_version, arena, NULL) != MP_OK ||
        match != MP_ALIAS_FOUND)
        return MP_S("");
    return mp_path_text(alias.path, arena);
}

mp_str mp_judge_path(mp_judge *j, uint32_t i, const mp_condition *c, bool of_related)
{
    return path_of(j, j->items[i], c, of_related);
}

/* ---- collecting ---- */

struct collecting {
    mp_judge      *j;
    const mp_item *item;
    mp_decided    *list;
    uint32_t       len, cap;
    bool           in_existence;
    mp_str         resource;
    bool           failed;
};

static mp_decided *push(struct collecting *c)
{
    if (c->len == c->cap) {
        uint32_t    cap = c->cap ? 2 * c->cap : 8;
        mp_decided *list = MP_ARENA_ARRAY(mp_run_arena(c->j->run), mp_decided, cap);
        if (!list) {
            c->failed = true;
            return NULL;
        }
        if (c->len)
            memcpy(list, c->list, c->len * sizeof(*list));
        c->list = list;
        c->cap = cap;
    }
    return &c->list[c->len++];
}

static void add_test(struct collecting *c, const mp_trace *t)
{
    const mp_definition *d = c->item->check->definition;
    const mp_condition  *condition = t->origin && t->origin <= d->origin_count
                                         ? d->origins[t->origin - 1]
                                         : NULL;
    mp_decided *out = condition && condition->kind == MP_CONDITION_TEST ? push(c) : NULL;
    if (!out)
        return;
    mp_arena *arena = mp_run_arena(c->j->run);
    *out = (mp_decided){
        .pointer = mp_definition_pointer(d, condition->node, arena),
        .subject = mp_condition_subject(condition, arena),
        .path = path_of(c->j, c->item, condition, c->in_existence),
        .op = mp_operators[condition->op].text,
        .actual = t->actual,
        .wanted = t->wanted,
        .outcome = t->outcome == MP_TRACE_TRUE,
        .message = t->message,
        .resource = c->resource,
    };
    for (const mp_trace *kid = t->first; kid; kid = kid->next) {
        if (kid->kind != MP_TRACE_VALUE || kid->outcome == MP_TRACE_TRUE)
            continue;
        out->actual = kid->actual; /* of a collection: the value that did not pass */
        break;
    }
    c->failed = c->failed || !out->pointer.ptr || !out->subject.ptr;
}

static void collect(struct collecting *c, const mp_trace *t)
{
    bool decided_by_one = (t->kind == MP_TRACE_ALL && t->outcome != MP_TRACE_TRUE) ||
                          (t->kind == MP_TRACE_ANY && t->outcome != MP_TRACE_FALSE);
    switch (t->kind) {
    case MP_TRACE_ALL:
    case MP_TRACE_ANY:
    case MP_TRACE_NOT:
        for (const mp_trace *kid = t->first; kid; kid = kid->next)
            if (kid->outcome != MP_TRACE_SKIPPED && (!decided_by_one || kid->outcome == t->outcome))
                collect(c, kid);
        break;
    default:
        add_test(c, t);
    }
}

static bool collect_existence(void *arg, const mp_pack *pack)
{
    struct collecting *c = arg;
    (void)pack;
    mp_truth        truth;
    const mp_trace *t = mp_run_explain(c->j->run, c->item->existence, &truth);
    const mp_json  *id = c->j->second[MP_INPUT_ID];
    if (!t) {
        c->failed = true;
        return false;
    }
    c->resource = mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : MP_S("");
    collect(c, t);
    return truth != MP_TRUE; /* one that satisfies it is reason enough */
}

mp_code mp_judge_decided(mp_judge *j, const mp_related *related, uint32_t i, const mp_decided **out,
                         uint32_t *count, mp_error *err)
{
    const mp_verdict *v = &j->verdicts[i];
    struct collecting c = { .j = j, .item = j->items[i], .resource = MP_S("") };
    bool has_conditions = v->reason == MP_REASON_CONDITION_TRUE || v->reason == MP_REASON_CONDITION_FALSE ||
                          v->reason == MP_REASON_FAILED || v->reason == MP_REASON_RELATED_MISSING ||
                          v->reason == MP_REASON_RELATED_UNMET || v->reason == MP_REASON_RELATED_MET ||
                          v->reason == MP_REASON_PROTECTED || v->reason == MP_REASON_CONFLICT;
    if (has_conditions) {
        mp_truth        truth;
        const mp_trace *t = mp_run_explain(j->run, c.item->condition, &truth);
        if (!t)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a reason");
        collect(&c, t);
    }
    if ((v->reason == MP_REASON_RELATED_UNMET || v->reason == MP_REASON_RELATED_MET) &&
        c.item->existence != MP_NO_ENTRY) {
        c.in_existence = true;
        MP_TRY(mp_judge_for_related(j, c.item, related, collect_existence, &c, err));
    }
    if (c.failed)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a reason");
    *out = c.list;
    *count = c.len;
    return MP_OK;
}

const mp_trace *mp_judge_trace(mp_judge *j, uint32_t i, mp_truth *truth)
{
    return mp_run_explain(j->run, j->items[i]->condition, truth);
}

struct tracing {
    mp_judge             *j;
    const mp_item        *item;
    mp_judge_visit_trace *visit;
    void                 *arg;
    bool                  failed;
};

static bool trace_one(void *arg, const mp_pack *pack)
{
    struct tracing *t = arg;
    (void)pack;
    mp_truth        truth = MP_TRUE;
    const mp_trace *trace = NULL;
    if (t->item->existence != MP_NO_ENTRY) {
        trace = mp_run_explain(t->j->run, t->item->existence, &truth);
        t->failed = !trace;
    }
    const mp_json *id = t->j->second[MP_INPUT_ID];
    return !t->failed &&
           t->visit(t->arg, mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : MP_S(""), trace, truth);
}

mp_code mp_judge_trace_related(mp_judge *j, const mp_related *related, uint32_t i,
                               mp_judge_visit_trace *visit, void *arg, mp_error *err)
{
    struct tracing t = { .j = j, .item = j->items[i], .visit = visit, .arg = arg };
    MP_TRY(mp_judge_for_related(j, t.item, related, trace_one, &t, err));
    return t.failed ? mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a reason") : MP_OK;
}
