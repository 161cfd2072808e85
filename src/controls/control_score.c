/* SPDX-License-Identifier: Apache-2.0 */
#include "control_score.h"

#include "inherited.h"
#include "item.h"
#include "substituting.h"

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
    mp_provider provider;
    mp_score from;
    const mp_substituting *certificate; /* that stands in for a part; NULL: none */
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
        if (policy ? c->parts[i].more == policy
                   : c->parts[i].kind == MP_PART_POLICY && mp_str_eq_fold(c->parts[i].name, name))
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

/* Where another certificate stands in for what people would be asked, only what machines see counts beside it. */
static void drop_what_says_nothing(mp_scored *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->part_count; i++)
        if (c->parts[i].why != MP_WHY_NOT_ASSIGNED && c->parts[i].why != MP_WHY_NOTHING_TO_JUDGE)
            c->parts[count++] = c->parts[i];
    c->part_count = count;
}

static bool is_asked_so(const mp_record *record, mp_words question)
{
    const mp_json *asked = mp_json_get(record->body, MP_S("asked"));
    return mp_str_eq(mp_json_get_text(asked, "ko"), question.ko) &&
           mp_str_eq(mp_json_get_text(asked, "en"), question.en);
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
    mp_str answer = mp_json_get_text(record->body, "answer");
    for (unsigned i = 0; i < MP_SAID_ANSWERS && !is_expired; i++)
        if (mp_str_eq(answer, mp_str_from(mp_said_answers[i])))
            return whys[i];
    return MP_WHY_ANSWER_EXPIRED;
}

static mp_code add_id(mp_part *part, mp_str id, mp_arena *arena, mp_error *err)
{
    mp_str *ids = MP_ARENA_NEW(arena, mp_str);
    if (!ids)
        return mp_no_memory(err);
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
            return mp_no_memory(err);
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
        return mp_no_memory(err);
    part->ids = ids;
    for (size_t i = 0; i < rule->count; i++) {
        if (rule->pieces[i].freshness != rule->freshness)
            continue;
        ids[part->id_count] = mp_arena_dup(arena, rule->pieces[i].piece->id);
        if (!ids[part->id_count++].ptr)
            return mp_no_memory(err);
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
    return part->more ? MP_OK : mp_no_memory(err);
}

/* One part for each rule of the control. Evidence where no rule asks for any proves nothing that was asked. */
static mp_code add_evidence(mp_scored *c, const scoring *s, mp_error *err)
{
    static const mp_part_why whys[] = { [MP_EVIDENCE_NONE] = MP_WHY_NO_EVIDENCE,
                                        [MP_EVIDENCE_STALE] = MP_WHY_STALE,
                                        [MP_EVIDENCE_FRESH] = MP_WHY_FRESH };
    const mp_evidence_question question = { .frameworks = s->of->all,
                                            .framework = s->of->framework,
                                            .control = c->answer->control,
                                            .measure = s->measure,
                                            .hides_measures = s->of->seer && !s->measure.len && !mp_evidence_seen_of_all(s->of->seer),
                                            .at = s->at,
                                            .may_see = s->of->seer && !s->of->only_points ? mp_evidence_seen : NULL,
                                            .seer = s->of->seer };
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
        if (rule->count && !s->of->only_points)
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
        mp_str title = mp_json_get_text(f->body, "title");
        part->name = f->key;
        part->text = (mp_words){ .ko = title, .en = title };
        part->why = MP_WHY_FINDING_OPEN;
        part->more = f;
        MP_TRY(add_id(part, f->key, s->arena, err));
    }
    return MP_OK;
}

/* ---- a control ---- */

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
    if (s->inherits)
        most += mp_inherited_most(&s->provider, s->of->framework, a->control);
    for (size_t i = 0; i < a->group_count; i++) {
        const mp_ground_group *group = mp_map_get(&s->ground->groups, a->groups[i]);
        most += group ? group->count : 1;
    }
    return most;
}

static size_t outermost(const mp_catalog *catalog, size_t group)
{
    while (group != MP_NO_GROUP && catalog->groups[group].parent != MP_NO_GROUP)
        group = catalog->groups[group].parent;
    return group;
}

static mp_code add_all(mp_scored *c, const scoring *s, mp_error *err)
{
    const mp_framework *f = s->of->framework;
    const mp_control *control = c->answer->control;
    bool failed = false, is_his = s->inherits && c->answer->responsible == MP_OF_PROVIDER &&
                                  mp_inherited_is_whole(&s->provider, f, control);
    c->parts = MP_ARENA_ARRAY(s->arena, mp_part, most_parts(s, c->answer));
    if (!c->parts)
        return mp_no_memory(err);
    if (mp_is_substituted(s->certificate, f, control)) {
        add_policies(c, s);
        drop_what_says_nothing(c);
        *add_part(c, MP_PART_INHERITED) = mp_substituting_part(s->certificate, f);
        return add_findings(c, s, err);
    }
    if (!is_his) {
        add_policies(c, s);
        MP_TRY(add_questions(c, s, err));
        MP_TRY(add_evidence(c, s, err));
    }
    MP_TRY(add_findings(c, s, err));
    if (s->inherits && c->answer->responsible != MP_OF_CUSTOMER)
        c->part_count +=
            mp_inherited_parts(&c->parts[c->part_count], &s->provider, f, control, s->arena, &failed);
    return failed ? mp_no_memory(err) : MP_OK;
}

/* The same control in the whole, whose controls stand in the order of their answers. */
static const mp_scored *in_whole(const mp_score *whole, const mp_answer *answer)
{
    size_t low = 0, high = whole ? whole->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (whole->controls[middle].answer < answer)
            low = middle + 1;
        else
            high = middle;
    }
    return whole && low < whole->count && whole->controls[low].answer == answer ? &whole->controls[low] : NULL;
}

static mp_code add_control(mp_score *out, scoring *s, const mp_control *as_worded, const mp_answer *answer,
                           mp_error *err)
{
    mp_scored *c = &out->controls[out->count++];
    const mp_scored *known = in_whole(s->of->whole, answer);
    if (known) {
        *c = *known;
        c->control = as_worded;
        return MP_OK;
    }
    *c = (mp_scored){ .control = as_worded,
                      .answer = answer,
                      .group = outermost(&s->of->framework->catalog, answer->control->group) };
    const mp_record *exclusion = mp_said_exclusion(&s->said, answer->control->id, s->measure, s->at);
    if (exclusion) {
        mp_str why = mp_json_get_text(exclusion->body, "justification");
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
        return mp_no_memory(err);
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

/* What is inherited is asked of each control: by its place. */
static mp_code keep_scored(scoring *s, mp_error *err)
{
    const mp_catalog *catalog = &s->provider.framework->catalog;
    const mp_scored **scored = MP_ARENA_ARRAY(s->arena, const mp_scored *, catalog->control_count + 1);
    if (!scored)
        return mp_no_memory(err);
    for (size_t i = 0; i < s->from.count; i++)
        scored[s->from.controls[i].answer->control - catalog->controls] = &s->from.controls[i];
    s->provider.scored = scored;
    return MP_OK;
}

static mp_code score_provider(scoring *s, const mp_measure *his, mp_error *err)
{
    mp_standing_of of = *s->of;
    of.framework = s->provider.framework;
    of.measure = his;
    of.said = NULL; /* of ours */
    of.whole = NULL;
    of.scopes = his->scopes;
    of.scope_count = his->scope_count;
    of.scheme = his->scheme.len ? mp_scheme_find(of.framework, his->scheme) : NULL;
    mp_ground ground;
    scoring next = {
        .tx = s->tx, .of = &of, .ground = &ground, .at = s->at, .arena = s->arena, .level = s->level + 1
    };
    mp_code code = mp_ground_read(&ground, s->tx, of.scopes, of.scope_count, of.as_of, s->arena, err);
    if (code == MP_OK)
        code = work(&s->from, &next, err);
    mp_ground_done(&ground);
    return code == MP_OK ? keep_scored(s, err) : code;
}

static const mp_framework *framework_of(const mp_standing_of *of, mp_str id)
{
    if (mp_str_eq(id, of->framework->id))
        return of->framework;
    return of->all ? mp_framework_find(of->all, id) : NULL;
}

static mp_code read_provider(scoring *s, mp_error *err)
{
    const mp_measure *m = s->of->measure;
    mp_measure *his = MP_ARENA_NEW(s->arena, mp_measure);
    mp_error why = { .code = MP_OK };
    if (!his)
        return mp_no_memory(err);
    if (!m || !m->inherits.len)
        return MP_OK;
    s->inherits = true;
    s->provider = (mp_provider){ .measure = m->inherits, .all = s->of->all };
    mp_code code = mp_measure_get(his, s->tx, m->inherits, s->of->as_of, s->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    s->provider.measure = his->name;
    s->provider.is_closed = !his->is_shared && s->of->may_inherit && !s->of->may_inherit(s->of->ctx, his);
    if (s->provider.is_closed || s->level >= MP_MEASURE_LEVELS)
        return MP_OK;
    s->provider.framework = framework_of(s->of, his->framework);
    return s->provider.framework ? score_provider(s, his, err) : MP_OK;
}

static mp_code work(mp_score *out, scoring *s, mp_error *err)
{
    *out = (mp_score){ .count = 0 };
    s->measure = s->of->measure ? s->of->measure->name : MP_S("");
    if (s->of->said)
        s->said = *s->of->said;
    else if (s->of->said_now && !s->of->as_of)
        s->said = mp_said_part(s->of->said_now, s->of->framework->id);
    else
        MP_TRY(mp_said_read(&s->said, s->tx, s->of->framework->id, s->of->as_of, s->arena, err));
    MP_TRY(read_provider(s, err));
    MP_TRY(mp_substituting_read(&s->certificate, s->tx, s->of->framework, s->measure, s->of->as_of, s->at, s->arena,
                                err));
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
