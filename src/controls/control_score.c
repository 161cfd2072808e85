/* SPDX-License-Identifier: Apache-2.0 */
#include "control_score.h"

#include "item.h"

static mp_code no_memory(mp_error *err)
{
    return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the states of controls");
}

typedef struct scoring {
    mp_tx *tx;
    const mp_standing_of *of;
    const mp_ground *ground;
    mp_said said;
    const mp_evidence_view *evidence;
    mp_str measure; /* name; empty: none */
    mp_ticks at;
    mp_arena *arena;
    unsigned level; /* of measures that inherit */
    bool inherits;  /* from what stands in: */
    bool is_closed; /* and who asks may not see it */
    mp_measure provider;
    mp_score from;
} scoring;

/* ---- parts, one kind after the other ---- */

static mp_part *add_part(mp_scored *c, mp_part_kind kind)
{
    mp_part *part = &c->parts[c->part_count++];
    *part = (mp_part){ .kind = kind };
    return part;
}

static void add_policy(mp_scored *c, mp_str name, const mp_ground_policy *policy)
{
    for (size_t i = 0; i < c->part_count; i++)
        if (c->parts[i].kind == MP_PART_POLICY && mp_str_eq_fold(c->parts[i].name, name))
            return; /* answers it by itself and in a group */
    mp_part *part = add_part(c, MP_PART_POLICY);
    part->name = name;
    part->more = policy;
    if (policy) {
        memcpy(part->counts, policy->counts, sizeof part->counts);
        part->ids = policy->assignments;
        part->id_count = policy->assignment_count;
    }
    mp_part_of_policy(part, policy && policy->is_assigned);
}

static void add_policies(mp_scored *c, const scoring *s)
{
    const mp_answer *a = c->answer;
    for (size_t i = 0; i < a->policy_count; i++)
        add_policy(c, a->policies[i], mp_map_get(&s->ground->policies, a->policies[i]));
    for (size_t i = 0; i < a->group_count; i++) {
        const mp_ground_group *group = mp_map_get(&s->ground->groups, a->groups[i]);
        for (size_t k = 0; group && k < group->count; k++)
            add_policy(c, group->policies[k]->name, group->policies[k]);
        /* Nobody assigned the initiative that would answer it; what persons check needs none. */
        if (!group && a->policy_count == 0 && a->checked_by != MP_BY_PERSON)
            add_policy(c, a->groups[i], NULL);
    }
}

static bool is_asked_so(const mp_record *record, mp_words question)
{
    const mp_json *asked = mp_json_get(record->body, MP_S("asked"));
    return mp_str_eq(mp_text_of(asked, MP_S("ko")), question.ko) &&
           mp_str_eq(mp_text_of(asked, MP_S("en")), question.en);
}

static mp_part_why why_answered(const mp_record *record, bool is_expired, mp_words question)
{
    static const mp_part_why whys[] = { [MP_SAID_YES] = MP_WHY_ANSWERED_YES,
                                        [MP_SAID_NO] = MP_WHY_ANSWERED_NO,
                                        [MP_SAID_NOT_APPLICABLE] = MP_WHY_ANSWERED_NOT_APPLICABLE };
    if (!record)
        return MP_WHY_UNANSWERED;
    if (!is_asked_so(record, question))
        return MP_WHY_OTHER_QUESTION;
    mp_str answer = mp_text_of(record->body, MP_S("answer"));
    for (unsigned i = 0; i < MP_SAID_ANSWERS && !is_expired; i++)
        if (mp_str_eq(answer, mp_str_from(mp_said_answers[i])))
            return whys[i];
    return MP_WHY_ANSWER_EXPIRED;
}

static mp_code add_id(mp_part *part, mp_str id, mp_arena *arena, mp_error *err)
{
    mp_str *ids = MP_ARENA_NEW(arena, mp_str);
    if (!ids)
        return no_memory(err);
    *ids = id;
    part->ids = ids;
    part->id_count = 1;
    return MP_OK;
}

static mp_code add_questions(mp_scored *c, const scoring *s, mp_error *err)
{
    for (size_t i = 0; i < c->answer->question_count; i++) {
        bool is_expired;
        const mp_record *record =
            mp_said_answer_to(&is_expired, &s->said, c->answer->control->id, i + 1, s->measure, s->at);
        mp_part *part = add_part(c, MP_PART_QUESTION);
        part->text = c->answer->questions[i];
        part->name = mp_arena_printf(s->arena, "%zu", i + 1);
        part->why = why_answered(record, is_expired, part->text);
        part->more = record;
        if (!part->name.ptr)
            return no_memory(err);
        if (record)
            MP_TRY(add_id(part, record->key, s->arena, err));
    }
    return MP_OK;
}

/* The pieces that make it so; of stale evidence those that are too old. */
static mp_code add_pieces(mp_part *part, const mp_evidence_rule_standing *rule, mp_arena *arena, mp_error *err)
{
    mp_str *ids = MP_ARENA_ARRAY(arena, mp_str, rule->count + 1);
    if (!ids)
        return no_memory(err);
    part->ids = ids;
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->pieces[i].freshness != rule->freshness)
            continue;
        ids[part->id_count] = mp_arena_dup(arena, rule->pieces[i].piece->id);
        if (!ids[part->id_count++].ptr)
            return no_memory(err);
    }
    return MP_OK;
}

/* What is told of them, a copy: the view goes before the answer does. */
static mp_code show_pieces(mp_part *part, const mp_evidence_standing *standing, size_t at, mp_arena *arena,
                           mp_error *err)
{
    const mp_evidence_standing one = { .of = &standing->of[at],
                                       .count = 1,
                                       .freshness = standing->of[at].freshness };
    const mp_json *shown = mp_evidence_standing_json(&one, arena);
    part->more = shown ? mp_arena_dup_json(arena, shown) : NULL;
    return part->more ? MP_OK : no_memory(err);
}

/* One part for each rule of the control. Evidence where no rule asks for any proves nothing that was asked. */
static mp_code add_evidence(mp_scored *c, const scoring *s, mp_error *err)
{
    static const mp_part_why whys[] = { [MP_EVIDENCE_NONE] = MP_WHY_NO_EVIDENCE,
                                        [MP_EVIDENCE_STALE] = MP_WHY_STALE,
                                        [MP_EVIDENCE_FRESH] = MP_WHY_FRESH };
    const mp_evidence_question question = { s->of->all, s->of->framework, c->answer->control, s->measure,
                                            s->at };
    mp_evidence_standing standing = { .count = 0 };
    if (!c->answer->evidence_count)
        return MP_OK;
    MP_TRY(mp_evidence_standing_of(&standing, s->evidence, &question, s->arena, err));
    for (size_t i = 0; i < standing.count; i++) {
        const mp_evidence_rule_standing *rule = &standing.of[i];
        if (!rule->rule)
            continue;
        mp_part *part = add_part(c, MP_PART_EVIDENCE);
        part->name = rule->rule->kind;
        part->text = rule->rule->name;
        part->why = whys[rule->freshness];
        if (rule->count)
            MP_TRY(show_pieces(part, &standing, i, s->arena, err));
        MP_TRY(add_pieces(part, rule, s->arena, err));
    }
    return MP_OK;
}

static mp_code add_findings(mp_scored *c, const scoring *s, mp_error *err)
{
    size_t at = 0;
    for (const mp_record *f; (f = mp_said_finding(&at, &s->said, c->answer->control->id, s->measure));) {
        mp_part *part = add_part(c, MP_PART_FINDING);
        mp_str title = mp_text_of(f->body, MP_S("title"));
        part->name = f->key;
        part->text = (mp_words){ .ko = title, .en = title };
        part->why = MP_WHY_FINDING_OPEN;
        part->more = f;
        MP_TRY(add_id(part, f->key, s->arena, err));
    }
    return MP_OK;
}

/* ---- what a provider answers for ---- */

static const mp_scored *provided(const scoring *s, const mp_control *control)
{
    for (size_t i = 0; i < s->from.count; i++)
        if (mp_str_eq(s->from.controls[i].control->id, control->id))
            return &s->from.controls[i];
    return NULL;
}

/* Alone, where the control is the provider's; beside the own parts, where it is of both. What he does not
 * measure is not known. */
static void add_inherited(mp_scored *c, const scoring *s)
{
    const mp_scored *from = s->is_closed ? NULL : provided(s, c->control);
    mp_part *part = add_part(c, MP_PART_INHERITED);
    part->name = s->provider.name;
    part->more = from;
    part->why = s->is_closed ? MP_WHY_NOT_SHARED : MP_WHY_NOT_MEASURED;
    if (from)
        mp_part_of_provider(part, from->state, from->points, from->most);
}

static size_t findings_of(const scoring *s, mp_str control)
{
    size_t at = 0, count = 0;
    while (mp_said_finding(&at, &s->said, control, s->measure))
        count++;
    return count;
}

static size_t most_parts(const scoring *s, const mp_answer *a)
{
    size_t most = a->policy_count + a->question_count + a->evidence_count + findings_of(s, a->control->id) + 1;
    for (size_t i = 0; i < a->group_count; i++) {
        const mp_ground_group *group = mp_map_get(&s->ground->groups, a->groups[i]);
        most += group ? group->count : 1;
    }
    return most;
}

/* ---- a control ---- */

static size_t outermost(const mp_catalog *catalog, size_t group)
{
    while (group != MP_NO_GROUP && catalog->groups[group].parent != MP_NO_GROUP)
        group = catalog->groups[group].parent;
    return group;
}

static mp_code add_all(mp_scored *c, const scoring *s, mp_error *err)
{
    bool is_his = s->inherits && c->answer->responsible == MP_OF_PROVIDER;
    c->parts = MP_ARENA_ARRAY(s->arena, mp_part, most_parts(s, c->answer));
    if (!c->parts)
        return no_memory(err);
    if (!is_his) {
        add_policies(c, s);
        MP_TRY(add_questions(c, s, err));
        MP_TRY(add_evidence(c, s, err));
    }
    MP_TRY(add_findings(c, s, err));
    if (s->inherits && c->answer->responsible != MP_OF_CUSTOMER)
        add_inherited(c, s);
    return MP_OK;
}

static mp_code add_control(mp_score *out, scoring *s, const mp_control *as_worded, const mp_answer *answer,
                           mp_error *err)
{
    mp_scored *c = &out->controls[out->count++];
    *c = (mp_scored){ .control = as_worded,
                      .answer = answer,
                      .group = outermost(&s->of->framework->catalog, answer->control->group) };
    const mp_record *exclusion = mp_said_exclusion(&s->said, answer->control->id, s->measure, s->at);
    if (exclusion) {
        mp_str why = mp_text_of(exclusion->body, MP_S("justification"));
        c->is_excluded = true;
        c->justification = (mp_words){ .ko = why, .en = why };
        c->exclusion = exclusion->key;
    }
    return add_all(c, s, err);
}

static const mp_answer *answer_of(const mp_framework *f, const mp_control *control)
{
    size_t i = (size_t)(control - f->catalog.controls);
    return &f->answers.of[i];
}

static mp_code add_controls(mp_score *out, scoring *s, mp_error *err)
{
    const mp_framework *f = s->of->framework;
    size_t count = s->of->scheme ? s->of->scheme->profile.count : f->catalog.control_count;
    out->controls = MP_ARENA_ARRAY(s->arena, mp_scored, count + 1);
    if (!out->controls)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const mp_selected *selected = s->of->scheme ? &s->of->scheme->profile.controls[i] : NULL;
        const mp_control *base = selected ? selected->base : &f->catalog.controls[i];
        if ((selected && selected->catalog != &f->catalog) || base->is_withdrawn)
            continue;
        MP_TRY(add_control(out, s, selected ? &selected->control : base, answer_of(f, base), err));
    }
    mp_score_work(out);
    return MP_OK;
}

/* ---- together ---- */

static mp_code work(mp_score *out, scoring *s, mp_error *err);

static mp_code read_provider(scoring *s, mp_error *err)
{
    const mp_measure *m = s->of->measure;
    mp_error why = { .code = MP_OK };
    if (!m || !m->inherits.len)
        return MP_OK;
    mp_code code = mp_measure_get(&s->provider, s->tx, m->inherits, s->of->as_of, s->arena, &why);
    s->inherits = true;
    if (code == MP_MISSING) {
        s->provider.name = m->inherits;
        return MP_OK;
    }
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    s->is_closed =
        !s->provider.is_shared && s->of->may_inherit && !s->of->may_inherit(s->of->ctx, &s->provider);
    if (s->is_closed || s->level >= MP_MEASURE_LEVELS ||
        !mp_str_eq(s->provider.framework, s->of->framework->id))
        return MP_OK;
    mp_standing_of of = *s->of;
    of.measure = &s->provider;
    of.scopes = s->provider.scopes;
    of.scope_count = s->provider.scope_count;
    of.scheme = s->provider.scheme.len ? mp_scheme_find(of.framework, s->provider.scheme) : NULL;
    mp_ground ground;
    scoring his = {
        .tx = s->tx, .of = &of, .ground = &ground, .at = s->at, .arena = s->arena, .level = s->level + 1
    };
    code = mp_ground_read(&ground, s->tx, of.scopes, of.scope_count, of.as_of, s->arena, err);
    if (code == MP_OK)
        code = work(&s->from, &his, err);
    mp_ground_done(&ground);
    return code;
}

static mp_code work(mp_score *out, scoring *s, mp_error *err)
{
    *out = (mp_score){ .count = 0 };
    s->measure = s->of->measure ? s->of->measure->name : MP_S("");
    MP_TRY(mp_said_read(&s->said, s->tx, s->of->framework->id, s->of->as_of, s->arena, err));
    MP_TRY(read_provider(s, err));
    s->evidence = s->of->evidence;
    if (!s->evidence)
        MP_TRY(mp_evidence_view_read(&s->evidence, s->tx, s->of->as_of, err));
    mp_code code = add_controls(out, s, err);
    if (!s->of->evidence)
        mp_evidence_view_drop(s->evidence);
    return code;
}

mp_code mp_control_score(mp_score *out, mp_tx *tx, const mp_standing_of *of, const mp_ground *ground,
                         mp_arena *arena, mp_error *err)
{
    mp_ground own;
    scoring s = { .tx = tx,
                  .of = of,
                  .ground = ground ? ground : &own,
                  .at = of->as_of ? of->as_of : mp_tx_time(tx),
                  .arena = arena };
    mp_code code =
        ground ? MP_OK : mp_ground_read(&own, tx, of->scopes, of->scope_count, of->as_of, arena, err);
    if (code == MP_OK)
        code = work(out, &s, err);
    if (!ground)
        mp_ground_done(&own);
    return code;
}
