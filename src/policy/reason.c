/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_internal.h"

#include "buf.h"
#include "definition.h"
#include "jsonw.h"
#include "known.h"

#include <stdlib.h>

/* Reasons: the verdict's condition is evaluated once more, recorded, and those of the policy's conditions are
 * kept that made the outcome what it is: all members of an allOf that holds, the one that failed of an allOf
 * that does not, and the other way round for anyOf. What the record does not hold was decided when the policy
 * was compiled for the type, and is decided again. */

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
    mp_str subject = mp_str_of(NULL, 0);
    if (!text.failed)
        subject = c->left_kind == MP_LEFT_COUNT ? mp_arena_printf(arena, "count(%.*s)", MP_FMT(mp_buf_str(&text)))
                                                : mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    return subject;
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
    mp_judge        *j;
    const mp_item   *item;
    mp_decided      *list;
    uint32_t         len, cap;
    const mp_trace **facts; /* [origin - 1]: what is known of the definition's tests */
    bool             in_existence;
    mp_str           resource;
    bool             failed;
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

/* Of a collection that passed, all its values (NULL: there are none); else the one that did not pass. */
static const mp_json *collected(struct collecting *c, const mp_trace *t)
{
    mp_jsonw w;
    bool     any = false;
    mp_jsonw_init(&w, mp_run_arena(c->j->run));
    mp_jsonw_array(&w);
    for (const mp_trace *kid = t->first; kid; kid = kid->next) {
        if (kid->outcome != MP_TRACE_TRUE)
            return kid->actual;
        if (!kid->actual)
            continue;
        mp_jsonw_value(&w, kid->actual);
        any = true;
    }
    mp_jsonw_end(&w);
    const mp_json *values = mp_jsonw_done(&w);
    c->failed = c->failed || !values;
    return any ? values : NULL;
}

/* Of a failure within, in a count's elements or a collection's values, the sentence is there. */
static mp_str message_of(const mp_trace *t)
{
    while (t->outcome == MP_TRACE_FAILED && !t->message.len && t->last)
        t = t->last; /* evaluation stopped at it */
    return t->message;
}

static uint32_t line_of(mp_judge *j, const mp_source_text *source, const mp_condition *c)
{
    struct mp_line *l = &j->lines[c->origin % MP_COUNT(j->lines)];
    if (!source->root || !source->text.ptr)
        return 0;
    if (l->node != c->node)
        *l = (struct mp_line){ c->node, mp_json_locate(source->text, (size_t)(c->node - source->root)).line };
    return l->line;
}

static mp_str kind_of(const mp_condition *c)
{
    return c->left_kind == MP_LEFT_FIELD ? MP_S("Field") : c->left_kind == MP_LEFT_VALUE ? MP_S("Value") : MP_S("Count");
}

static void add_test(struct collecting *c, const mp_condition *condition, const mp_trace *t)
{
    mp_decided *out = push(c);
    if (!out)
        return;
    mp_arena *arena = mp_run_arena(c->j->run);
    bool      has_values = t->first && t->first->kind == MP_TRACE_VALUE;
    *out = (mp_decided){
        .pointer = mp_definition_pointer(c->item->check->definition, condition->node, arena),
        .kind = kind_of(condition),
        .subject = mp_condition_subject(condition, arena),
        .path = path_of(c->j, c->item, condition, c->in_existence),
        .op = mp_operators[condition->op].text,
        .actual = has_values ? collected(c, t) : t->actual,
        .wanted = t->wanted,
        .outcome = t->outcome == MP_TRACE_TRUE,
        .message = message_of(t),
        .resource = c->resource,
    };
    if (out->message.len)
        out->line = line_of(c->j, &c->item->check->definition->source, condition);
    c->failed = c->failed || !out->pointer.ptr || !out->subject.ptr;
}

/* ---- what is known of each test ---- */

/* Every test that the record holds; not those within counts, which decide about elements. */
static void note_facts(struct collecting *c, const mp_trace *t)
{
    const mp_definition *d = c->item->check->definition;
    bool is_group = t->kind == MP_TRACE_ALL || t->kind == MP_TRACE_ANY || t->kind == MP_TRACE_NOT;
    for (const mp_trace *kid = is_group ? t->first : NULL; kid; kid = kid->next)
        note_facts(c, kid);
    if (!is_group && t->origin && t->origin <= d->origin_count)
        c->facts[t->origin - 1] = t;
}

static const mp_trace *known_fact(struct collecting *c, const mp_condition *condition)
{
    const mp_resource     *resource = &c->j->resource;
    const mp_plan_options *options = mp_plan_options_of(c->j->plan);
    mp_known_at at = { .bound = &c->item->check->bound, .aliases = options->aliases,
                       .api_version = options->api_version,
                       .type = resource->type.ptr ? resource->type : MP_S("") };
    if (c->in_existence)
        at.related_type = c->item->related->type;
    const mp_trace *t = mp_known_trace(condition, &at, mp_run_arena(c->j->run));
    c->failed = c->failed || !t;
    c->facts[condition->origin - 1] = t;
    return t;
}

/* The outcome; skipped where nothing is known. `all` false: as far as the record says. */
static uint8_t outcome_of(struct collecting *c, const mp_condition *condition, bool all);

/* The member that alone made the group's outcome what it is, or NULL: all of them did. What was evaluated comes
 * first: evaluation stopped there. */
static const mp_condition *deciding(struct collecting *c, const mp_condition *group, bool all)
{
    uint8_t decisive = group->kind == MP_CONDITION_ALL ? MP_TRACE_FALSE : MP_TRACE_TRUE;
    for (int pass = 0; pass <= all; pass++)
        for (uint32_t i = 0; i < group->count; i++) {
            uint8_t outcome = outcome_of(c, group->kids[i], pass == 1);
            if (outcome == decisive || outcome == MP_TRACE_FAILED)
                return group->kids[i];
        }
    return NULL;
}

static uint8_t outcome_of(struct collecting *c, const mp_condition *condition, bool all)
{
    if (condition->kind == MP_CONDITION_TEST) {
        const mp_trace *t = c->facts[condition->origin - 1];
        if (!t && all)
            t = known_fact(c, condition);
        return t ? t->outcome : MP_TRACE_SKIPPED;
    }
    if (condition->kind == MP_CONDITION_NOT) {
        uint8_t inner = outcome_of(c, condition->kids[0], all);
        return inner == MP_TRACE_TRUE ? MP_TRACE_FALSE : inner == MP_TRACE_FALSE ? MP_TRACE_TRUE : inner;
    }
    const mp_condition *one = deciding(c, condition, all);
    if (one)
        return outcome_of(c, one, all);
    for (uint32_t i = 0; i < condition->count; i++)
        if (outcome_of(c, condition->kids[i], all) == MP_TRACE_SKIPPED)
            return MP_TRACE_SKIPPED;
    return condition->kind == MP_CONDITION_ALL ? MP_TRACE_TRUE : MP_TRACE_FALSE;
}

static void collect(struct collecting *c, const mp_condition *condition)
{
    if (condition->kind == MP_CONDITION_TEST) {
        uint8_t         outcome = outcome_of(c, condition, true);
        const mp_trace *t = c->facts[condition->origin - 1];
        bool is_folded = t && (t->kind == MP_TRACE_BOOL || t->kind == MP_TRACE_FAIL); /* but it kept its place */
        const mp_trace *known = is_folded ? known_fact(c, condition) : NULL;
        if (known && known->outcome == outcome)
            t = known;
        if (t && outcome != MP_TRACE_SKIPPED)
            add_test(c, condition, t);
        return;
    }
    bool                is_group = condition->kind != MP_CONDITION_NOT;
    const mp_condition *one = is_group ? deciding(c, condition, true) : NULL;
    if (one) {
        collect(c, one);
        return;
    }
    for (uint32_t i = 0; i < condition->count; i++)
        collect(c, condition->kids[i]);
}

static void collect_entry(struct collecting *c, const mp_condition *root, uint32_t entry, mp_truth *truth)
{
    const mp_trace *t = mp_run_explain(c->j->run, entry, truth);
    c->facts = MP_ARENA_ARRAY(mp_run_arena(c->j->run), const mp_trace *,
                              (size_t)c->item->check->definition->origin_count + 1);
    c->failed = c->failed || !t || !c->facts;
    if (c->failed)
        return;
    note_facts(c, t);
    collect(c, root);
}

static bool collect_existence(void *arg, const mp_pack *pack)
{
    struct collecting *c = arg;
    (void)pack;
    mp_truth       truth;
    const mp_json *id = c->j->second[MP_INPUT_ID];
    c->resource = mp_json_is(id, MP_JSON_STRING) ? mp_json_str(id) : MP_S("");
    collect_entry(c, c->item->check->definition->details.existence, c->item->existence, &truth);
    return !c->failed && truth != MP_TRUE; /* one that satisfies it is reason enough */
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
        mp_truth truth;
        collect_entry(&c, c.item->check->definition->condition, c.item->condition, &truth);
    }
    if ((v->reason == MP_REASON_RELATED_UNMET || v->reason == MP_REASON_RELATED_MET) &&
        c.item->existence != MP_NO_ENTRY) {
        c.in_existence = true;
        MP_TRY(mp_judge_for_related(j, c.item, related, collect_existence, &c, err));
    }
    if (c.failed)
        return mp_no_memory(err);
    *out = c.list;
    *count = c.len;
    return MP_OK;
}

mp_code mp_judge_decided_by(mp_judge *j, const mp_item *item, const mp_trace **facts, const mp_decided **out,
                            uint32_t *count, mp_error *err)
{
    struct collecting c = { .j = j, .item = item, .facts = facts, .resource = MP_S("") };
    collect(&c, item->check->definition->condition);
    if (c.failed)
        return mp_no_memory(err);
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
    return t.failed ? mp_no_memory(err) : MP_OK;
}
