/* SPDX-License-Identifier: Apache-2.0 */
#include "score_show.h"

#include "framework_show.h"
#include "inherited.h"
#include "part_reason.h"
#include "statement.h"

/* ---- members ---- */

void mp_points_put(mp_jsonw *w, const char *name, int64_t thousandths)
{
    mp_jsonw_key(w, mp_str_from(name));
    if (thousandths % MP_POINT)
        mp_jsonw_real(w, (double)thousandths / (double)MP_POINT);
    else
        mp_jsonw_int(w, thousandths / MP_POINT);
}

void mp_percent_put(mp_jsonw *w, const char *name, int hundredths)
{
    if (hundredths < 0)
        return;
    mp_jsonw_key(w, mp_str_from(name));
    if (hundredths % 100)
        mp_jsonw_real(w, (double)hundredths / 100.0);
    else
        mp_jsonw_int(w, hundredths / 100);
}

void mp_states_put(mp_jsonw *w, const mp_tally_of *tally)
{
    mp_jsonw_key(w, MP_S("states"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_CONTROL_STATES; i++)
        mp_jsonw_put_int(w, mp_control_state_name((mp_control_state)i), (int64_t)tally->states[i]);
    mp_jsonw_end(w);
}

static mp_words number_in(mp_jsonw *w, size_t n)
{
    mp_str text = mp_arena_printf(w->arena, "%zu", n);
    w->failed = w->failed || !text.ptr;
    return (mp_words){ .ko = text, .en = text };
}

/* ---- the head ---- */

static void put_measure(mp_jsonw *w, const mp_measure *m)
{
    mp_jsonw_key(w, MP_S("measure"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", m->name);
    mp_jsonw_put_filled(w, "title", m->title);
    mp_jsonw_put_filled(w, "service", m->service);
    mp_jsonw_put_filled(w, "environment", m->environment);
    mp_jsonw_put_filled(w, "owner", m->owner);
    mp_jsonw_put_filled(w, "inheritsFrom", m->inherits);
    mp_jsonw_end(w);
}

static void put_coverage(mp_jsonw *w, const mp_coverage *v)
{
    mp_words text = mp_coverage_told(v, w->arena);
    w->failed = w->failed || !text.en.ptr;
    mp_jsonw_key(w, MP_S("coverage"));
    mp_jsonw_object(w);
    mp_jsonw_put_int(w, "applicable", (int64_t)v->applicable);
    for (unsigned i = 0; i < MP_CHECKED_BY_COUNT; i++)
        mp_jsonw_put_int(w, mp_checked_by_name((mp_checked_by)i), (int64_t)v->by[i]);
    mp_jsonw_put_int(w, "gaps", (int64_t)v->gaps);
    mp_jsonw_put_int(w, "judged", (int64_t)v->judged);
    mp_jsonw_put_int(w, "inherited", (int64_t)v->inherited);
    mp_words_put(w, "text", text);
    mp_jsonw_end(w);
}

static void put_points(mp_jsonw *w, const mp_tally_of *t)
{
    mp_percent_put(w, "percent", mp_score_percent(t->points, t->most));
    mp_points_put(w, "points", t->points);
    mp_points_put(w, "most", t->most);
}

static void put_head(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_ticks at)
{
    mp_jsonw_put_str(w, "framework", of->framework->id);
    mp_jsonw_put_filled(w, "edition", of->framework->catalog.version);
    mp_words_put(w, "title", of->framework->catalog.title);
    if (of->scheme) {
        mp_jsonw_put_str(w, "scheme", of->scheme->id);
        mp_words_put(w, "schemeTitle", of->scheme->profile.title);
        mp_words_put(w, "schemeNote", mp_scheme_note(of->scheme));
    }
    if (of->measure)
        put_measure(w, of->measure);
    mp_jsonw_key(w, MP_S("scopes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < of->scope_count; i++)
        mp_jsonw_str(w, of->scopes[i]);
    mp_jsonw_end(w);
    mp_time_put(w, "asOf", at);
    mp_jsonw_key(w, MP_S("score"));
    mp_jsonw_object(w);
    put_points(w, &score->total);
    mp_jsonw_end(w);
    mp_jsonw_put_int(w, "count", (int64_t)score->count);
    mp_states_put(w, &score->total);
    mp_jsonw_key(w, MP_S("sources"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_PART_SOURCES; i++) {
        mp_jsonw_key(w, mp_str_from(mp_part_source_name((mp_part_source)i)));
        mp_jsonw_object(w);
        mp_jsonw_put_int(w, "parts", (int64_t)score->total.parts_by[i]);
        mp_points_put(w, "points", score->total.points_by[i]);
        mp_points_put(w, "most", score->total.most_by[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    put_coverage(w, &score->coverage);
}

void mp_score_show_brief(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_ticks at)
{
    mp_jsonw_object(w);
    put_head(w, of, score, at);
    mp_jsonw_end(w);
}

/* ---- groups and controls ---- */

static void put_group(mp_jsonw *w, const mp_score *score, const mp_control_group *group, size_t at)
{
    mp_tally_of t;
    mp_score_tally_group(&t, score, at);
    if (t.controls == 0)
        return;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", group ? group->id : MP_S(""));
    mp_jsonw_put_str(w, "label", group ? group->label : MP_S(""));
    if (group)
        mp_words_put(w, "title", group->title);
    mp_jsonw_put_int(w, "count", (int64_t)t.controls);
    mp_states_put(w, &t);
    put_points(w, &t);
    mp_jsonw_end(w);
}

static void put_groups(mp_jsonw *w, const mp_standing_of *of, const mp_score *score)
{
    const mp_catalog *catalog = &of->framework->catalog;
    mp_jsonw_key(w, MP_S("groups"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->group_count; i++)
        if (catalog->groups[i].parent == MP_NO_GROUP)
            put_group(w, score, &catalog->groups[i], i);
    put_group(w, score, NULL, MP_NO_GROUP);
    mp_jsonw_end(w);
}

static void put_policy(mp_jsonw *w, const mp_part *part)
{
    const mp_ground_policy *policy = part->more;
    mp_jsonw_key(w, MP_S("counts"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_COUNTED; i++)
        mp_jsonw_put_int(w, mp_counted_name((mp_counted)i), (int64_t)part->counts[i]);
    mp_jsonw_end(w);
    if (policy)
        mp_jsonw_put_str(w, "definition", policy->definition);
}

static void put_finding(mp_jsonw *w, const mp_part *part)
{
    static const char *const shown[] = { "severity", "due" };
    const mp_record *finding = part->more;
    for (size_t i = 0; i < MP_COUNT(shown); i++) {
        const mp_json *v = mp_json_get(finding->body, mp_str_from(shown[i]));
        if (v)
            mp_jsonw_put_value(w, shown[i], v);
    }
}

static void put_answer(mp_jsonw *w, const mp_part *part)
{
    static const char *const shown[] = { "answer", "note", "validUntil", "by", "at", "evidence" };
    const mp_record *record = part->more;
    for (size_t i = 0; record && i < MP_COUNT(shown); i++) {
        const mp_json *v = mp_json_get(record->body, mp_str_from(shown[i]));
        if (v)
            mp_jsonw_put_value(w, shown[i], v);
    }
}

/* Of a mapped control's evidence each piece says by which control it counts here. */
static void put_evidence(mp_jsonw *w, const mp_part *part)
{
    const mp_json *rules = part->more ? mp_json_get(part->more, MP_S("rules")) : NULL;
    const mp_json *rule = mp_json_is(rules, MP_JSON_ARRAY) ? mp_json_at(rules, 0) : NULL;
    const mp_json *pieces = mp_json_get(rule, MP_S("pieces"));
    if (pieces)
        mp_jsonw_put_value(w, "pieces", pieces);
}

/* Of another edition or framework: which control of his it is, and how it stands to ours. */
static void put_inherited(mp_jsonw *w, const mp_part *part)
{
    const mp_inherited *from = part->more;
    if (part->why == MP_WHY_INHERITED)
        mp_jsonw_put_str(w, "inherited", mp_str_from(mp_control_state_name(part->inherited)));
    if (!from)
        return;
    mp_jsonw_key(w, MP_S("from"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", from->framework->id);
    if (from->control) {
        mp_jsonw_put_str(w, "control", from->control->id);
        mp_jsonw_put_str(w, "label", from->control->label);
        mp_words_put(w, "title", from->control->title);
        mp_jsonw_put_str(w, "relation", mp_str_from(mp_relation_name(from->relation)));
        mp_jsonw_put_bool(w, "stated", from->is_stated);
        mp_words_put(w, "note", from->note);
    }
    mp_jsonw_end(w);
}

static void put_part(mp_jsonw *w, const mp_part *part)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", mp_str_from(mp_part_kind_name(part->kind)));
    mp_jsonw_put_str(w, "source", mp_str_from(mp_part_source_name(mp_part_source_of(part->kind))));
    mp_jsonw_put_str(w, "state", mp_str_from(mp_part_state_name(part->state)));
    mp_jsonw_put_str(w, "why", mp_str_from(mp_part_why_name(part->why)));
    mp_words reason = mp_part_reason(part, w->arena);
    w->failed = w->failed || !reason.en.ptr;
    mp_words_put(w, "reason", reason);
    mp_points_put(w, "points", part->points);
    mp_points_put(w, "most", part->most);
    mp_jsonw_put_str(w, "name", part->name);
    mp_words_put(w, "text", part->text);
    if (part->kind == MP_PART_POLICY)
        put_policy(w, part);
    if (part->kind == MP_PART_QUESTION)
        put_answer(w, part);
    if (part->kind == MP_PART_FINDING)
        put_finding(w, part);
    if (part->kind == MP_PART_EVIDENCE)
        put_evidence(w, part);
    if (part->kind == MP_PART_INHERITED)
        put_inherited(w, part);
    mp_jsonw_key(w, MP_S("ids"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < part->id_count; i++)
        mp_jsonw_str(w, part->ids[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_control(mp_jsonw *w, const mp_standing_of *of, const mp_scored *c)
{
    const mp_answer *a = c->answer;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", c->control->id);
    mp_jsonw_put_str(w, "label", c->control->label);
    mp_words_put(w, "title", c->control->title);
    mp_jsonw_put_str(w, "group",
                     c->group == MP_NO_GROUP ? MP_S("") : of->framework->catalog.groups[c->group].id);
    mp_jsonw_put_str(w, "state", mp_str_from(mp_control_state_name(c->state)));
    mp_jsonw_put_int(w, "weight", mp_answer_weight(a));
    mp_points_put(w, "points", c->points);
    mp_points_put(w, "most", c->most);
    mp_jsonw_put_str(w, "checkedBy", mp_str_from(mp_checked_by_name(a->checked_by)));
    mp_jsonw_put_str(w, "responsibility", mp_str_from(mp_responsible_name(a->responsible)));
    mp_jsonw_put_bool(w, "required", a->is_required);
    mp_jsonw_put_str(w, "nature", mp_str_from(mp_nature_name(a->nature)));
    mp_words_put(w, "why", a->why);
    if (a->is_gap && !c->part_count)
        mp_jsonw_put_bool(w, "gap", true);
    if (c->is_excluded) {
        mp_words_put(w, "justification", c->justification);
        mp_jsonw_put_str(w, "exclusion", c->exclusion);
    }
    mp_jsonw_key(w, MP_S("parts"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < c->part_count; i++)
        put_part(w, &c->parts[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- what to do first ---- */

static mp_str subject_in(mp_jsonw *w, const mp_action *a, bool korean)
{
    mp_str title = mp_words_in(a->control ? a->control->title : a->text, korean);
    if (!title.len)
        return a->name;
    mp_str text = a->control ? mp_arena_printf(w->arena, "%.*s %.*s", MP_FMT(a->name), MP_FMT(title))
                             : mp_arena_printf(w->arena, "%.*s (%.*s)", MP_FMT(title), MP_FMT(a->name));
    w->failed = w->failed || !text.ptr;
    return text;
}

static void put_action(mp_jsonw *w, const mp_action *a)
{
    mp_str id = mp_arena_printf(w->arena, "controls.action.%s", mp_action_kind_name(a->kind));
    const mp_words args[] = { { .ko = subject_in(w, a, true), .en = subject_in(w, a, false) },
                              number_in(w, a->controls),
                              number_in(w, a->parts),
                              number_in(w, (size_t)a->resources) };
    w->failed = w->failed || !id.ptr;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", mp_str_from(mp_action_kind_name(a->kind)));
    mp_jsonw_put_filled(w, "name", a->control ? MP_S("") : a->name);
    mp_words_put(w, "title", a->control ? a->control->title : a->text);
    if (a->control)
        mp_jsonw_put_str(w, "control", a->control->id);
    mp_jsonw_put_int(w, "controls", (int64_t)a->controls);
    mp_jsonw_put_int(w, "parts", (int64_t)a->parts);
    if (a->kind == MP_ACTION_COMPLY)
        mp_jsonw_put_int(w, "verdicts", (int64_t)a->resources);
    mp_points_put(w, "gain", a->points);
    mp_percent_put(w, "percent", a->percent);
    if (id.ptr)
        mp_put_message(w, "text", id.ptr, args, MP_COUNT(args));
    mp_jsonw_end(w);
}

static mp_code put_actions(mp_jsonw *w, const mp_score *score, mp_error *err)
{
    mp_action list[MP_ACTIONS];
    size_t count;
    int64_t together;
    MP_TRY(mp_score_actions(list, &count, &together, score, w->arena, err));
    mp_jsonw_key(w, MP_S("actions"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++)
        put_action(w, &list[i]);
    mp_jsonw_end(w);
    if (count) {
        mp_jsonw_key(w, MP_S("together"));
        mp_jsonw_object(w);
        mp_points_put(w, "points", together);
        mp_percent_put(w, "percent", mp_score_percent(together, score->total.most));
        mp_jsonw_end(w);
    }
    return MP_OK;
}

/* ---- one verdict, many controls ---- */

static bool is_answered_by(const mp_answer *a, mp_str policy)
{
    for (size_t i = 0; i < a->policy_count; i++)
        if (mp_str_eq_fold(a->policies[i], policy))
            return true;
    return false;
}

static size_t count_answered(const mp_frameworks *all, mp_str policy)
{
    size_t count = 0;
    for (size_t f = 0; f < all->count; f++)
        for (size_t i = 0; i < all->of[f].answers.count; i++)
            count += is_answered_by(&all->of[f].answers.of[i], policy);
    return count;
}

static void put_reused(mp_jsonw *w, const mp_frameworks *all, const mp_part *part)
{
    mp_str policy = part->name;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "policy", policy);
    mp_words_put(w, "title", part->text);
    mp_jsonw_key(w, MP_S("controls"));
    mp_jsonw_array(w);
    for (size_t f = 0; f < all->count; f++)
        for (size_t i = 0; i < all->of[f].answers.count; i++)
            if (is_answered_by(&all->of[f].answers.of[i], policy))
                mp_control_name(w, &all->of[f], all->of[f].answers.of[i].control);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code put_reuse(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_error *err)
{
    mp_map seen = MP_MAP_INIT_FOLD;
    mp_code code = MP_OK;
    mp_jsonw_key(w, MP_S("reuse"));
    mp_jsonw_array(w);
    for (size_t i = 0; code == MP_OK && i < score->count; i++)
        for (size_t k = 0; code == MP_OK && k < score->controls[i].part_count; k++) {
            const mp_part *part = &score->controls[i].parts[k];
            bool says = part->kind == MP_PART_POLICY && part->why != MP_WHY_NOT_ASSIGNED &&
                        part->why != MP_WHY_NOTHING_TO_JUDGE;
            if (!says || mp_map_get(&seen, part->name))
                continue;
            code = mp_map_put(&seen, part->name, &seen, err);
            if (code == MP_OK && count_answered(of->all, part->name) > 1)
                put_reused(w, of->all, part);
        }
    mp_jsonw_end(w);
    mp_map_free(&seen);
    return code;
}

mp_code mp_score_show(mp_jsonw *w, const mp_standing_of *of, const mp_score *score, mp_ticks at, mp_error *err)
{
    mp_jsonw_object(w);
    put_head(w, of, score, at);
    put_groups(w, of, score);
    mp_jsonw_key(w, MP_S("controls"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < score->count; i++)
        put_control(w, of, &score->controls[i]);
    mp_jsonw_end(w);
    MP_TRY(put_actions(w, score, err));
    MP_TRY(put_reuse(w, of, score, err));
    mp_jsonw_end(w);
    return w->failed ? mp_no_memory(err) : MP_OK;
}
