/* SPDX-License-Identifier: Apache-2.0 */
/* What was found: the plan of action and milestones, and the assessment results. */
#include "oscal_write.h"

#include "time_put.h"

/* ---- plan of action and milestones ---- */

static void put_risk(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "risk", c->answer->control->id);
    mp_jsonw_put_str(w, "title", mp_oscal_titled(w, c));
    mp_oscal_description(w, mp_oscal_found(w, c));
    mp_oscal_props(w, s, c);
    mp_str statement = mp_words_in(c->control->statement, false);
    mp_jsonw_put_str(w, "statement", statement.len ? statement : mp_oscal_titled(w, c));
    mp_jsonw_put_str(w, "status", MP_S("open"));
    if (d && d->target_at)
        mp_time_put_short(w, "deadline", d->target_at);
    mp_jsonw_end(w);
}

/* Who has to do it, until when, and the records that show what is missing. */
static void put_item_props(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    mp_oscal_prop(w, "control", c->answer->control->id);
    mp_oscal_prop(w, "state", mp_str_from(mp_control_state_name(c->state)));
    mp_oscal_number(w, "points-lost", c->most - c->points);
    mp_oscal_prop(w, "team", d && d->team.len ? d->team : c->answer->team);
    if (d) {
        mp_oscal_prop(w, "owner", d->owner);
        mp_oscal_prop(w, "target-date", d->target);
        mp_oscal_prop(w, "record", d->id);
    }
    for (size_t i = 0; i < c->part_count; i++)
        for (size_t k = 0; c->parts[i].state < MP_PART_MET && k < c->parts[i].id_count; k++)
            mp_oscal_prop(w, "record", c->parts[i].ids[k]);
    mp_jsonw_end(w);
}

static void put_item(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "item", c->answer->control->id);
    mp_jsonw_put_str(w, "title", mp_oscal_titled(w, c));
    mp_oscal_description(w, mp_oscal_found(w, c));
    put_item_props(w, s, c);
    mp_jsonw_key(w, MP_S("related-risks"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "risk-uuid", mp_oscal_uuid(w, s, "risk", c->answer->control->id));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_nothing(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "item", MP_S(""));
    mp_jsonw_put_str(w, "title", MP_S("Nothing is lacking"));
    mp_oscal_description(w, MP_S("Every control that applies is met as of this date."));
    mp_jsonw_end(w);
}

void mp_oscal_milestones(mp_jsonw *w, const mp_statement *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->score->count; i++)
        count += mp_oscal_lacks(&s->score->controls[i]);
    mp_oscal_begin(w, s, "plan-of-action-and-milestones", "milestones", "Plan of action and milestones");
    mp_jsonw_key(w, MP_S("system-id"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->measure.len ? s->measure : s->framework->id);
    mp_jsonw_end(w);
    if (count) {
        mp_jsonw_key(w, MP_S("risks"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < s->score->count; i++)
            if (mp_oscal_lacks(&s->score->controls[i]))
                put_risk(w, s, &s->score->controls[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_key(w, MP_S("poam-items"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (mp_oscal_lacks(&s->score->controls[i]))
            put_item(w, s, &s->score->controls[i]);
    if (!count)
        put_nothing(w, s);
    mp_jsonw_end(w);
    mp_oscal_end(w, s);
}

/* ---- assessment results ---- */

/* How it was found out, as OSCAL calls it. */
static const char *method_of(mp_part_kind kind)
{
    static const char *const of[MP_PART_KINDS] = { [MP_PART_POLICY] = "TEST",
                                                   [MP_PART_QUESTION] = "INTERVIEW",
                                                   [MP_PART_EVIDENCE] = "EXAMINE",
                                                   [MP_PART_FINDING] = "EXAMINE",
                                                   [MP_PART_INHERITED] = "EXAMINE" };
    return of[kind];
}

static mp_str observed(mp_jsonw *w, const mp_part *p)
{
    mp_str text = mp_arena_printf(w->arena, "%.*s: %.*s", MP_FMT(mp_oscal_about(w, p)),
                                  MP_FMT(mp_part_reason(p, w->arena).en));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* Parts have no ids: their place among those of the control stands for one. */
static mp_str observation_uuid(mp_jsonw *w, const mp_statement *s, const mp_scored *c, size_t part)
{
    mp_str of = mp_arena_printf(w->arena, "%.*s|%zu", MP_FMT(c->answer->control->id), part);
    w->failed = w->failed || !of.ptr;
    return mp_oscal_uuid(w, s, "observation", of);
}

static void put_records(mp_jsonw *w, const mp_part *p)
{
    mp_jsonw_key(w, MP_S("relevant-evidence"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < p->id_count; i++) {
        mp_jsonw_object(w);
        mp_oscal_description(w, p->ids[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static const char *const counted[MP_COUNTED] = { [MP_COUNT_COMPLIANT] = "verdicts-compliant",
                                                 [MP_COUNT_NON_COMPLIANT] = "verdicts-non-compliant",
                                                 [MP_COUNT_EXEMPT] = "verdicts-exempt",
                                                 [MP_COUNT_ERROR] = "verdicts-error",
                                                 [MP_COUNT_NOT_EVALUATED] = "verdicts-not-evaluated" };

static void put_observation(mp_jsonw *w, const mp_statement *s, const mp_scored *c, size_t part)
{
    const mp_part *p = &c->parts[part];
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", observation_uuid(w, s, c, part));
    mp_oscal_description(w, observed(w, p));
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    mp_oscal_prop(w, "part", mp_str_from(mp_part_kind_name(p->kind)));
    mp_oscal_prop(w, "name", p->name);
    mp_oscal_prop(w, "state", mp_str_from(mp_part_state_name(p->state)));
    mp_oscal_prop(w, "why", mp_str_from(mp_part_why_name(p->why)));
    mp_oscal_prop(w, "source", mp_str_from(mp_part_source_name(mp_part_source_of(p->kind))));
    mp_oscal_number(w, "points", p->points);
    mp_oscal_number(w, "points-possible", p->most);
    for (unsigned i = 0; p->kind == MP_PART_POLICY && i < MP_COUNTED; i++)
        mp_oscal_number(w, counted[i], (int64_t)p->counts[i] * MP_POINT);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("methods"));
    mp_jsonw_array(w);
    mp_jsonw_str(w, mp_str_from(method_of(p->kind)));
    mp_jsonw_end(w);
    if (p->id_count)
        put_records(w, p);
    mp_time_put_short(w, "collected", s->as_of);
    mp_jsonw_end(w);
}

/* OSCAL knows "pass", "fail" and "other": what is not known has not failed. */
static const struct {
    mp_str reason, remarks;
} reasons[MP_CONTROL_STATES] = {
    [MP_CONTROL_COMPLIANT] = { MP_S_INIT("pass"), MP_S_INIT("Compliant: all that answers it is known and met.") },
    [MP_CONTROL_PARTIAL] = { MP_S_INIT("fail"), MP_S_INIT("Partial: something is violated, and something is met.") },
    [MP_CONTROL_NON_COMPLIANT] = { MP_S_INIT("fail"),
                                   MP_S_INIT("Non-compliant: something is violated, and nothing is met.") },
    [MP_CONTROL_UNKNOWN] = { MP_S_INIT("other"), MP_S_INIT("Unknown: nothing is violated, and not all is known.") },
    [MP_CONTROL_NOT_APPLICABLE] = { MP_S_INIT("other"), MP_S_INIT("It does not apply.") },
};

static void put_target(mp_jsonw *w, const mp_scored *c)
{
    mp_jsonw_key(w, MP_S("target"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", MP_S("objective-id"));
    mp_jsonw_put_str(w, "target-id", c->answer->control->id);
    mp_jsonw_key(w, MP_S("status"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "state", mp_oscal_lacks(c) ? MP_S("not-satisfied") : MP_S("satisfied"));
    mp_jsonw_put_str(w, "reason", reasons[c->state].reason);
    mp_jsonw_put_str(w, "remarks", reasons[c->state].remarks);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_finding(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "finding", c->answer->control->id);
    mp_jsonw_put_str(w, "title", mp_oscal_titled(w, c));
    mp_oscal_description(w, mp_oscal_lacks(c) ? mp_oscal_found(w, c)
                                              : MP_S("All that answers it says that it is met."));
    mp_oscal_props(w, s, c);
    put_target(w, c);
    if (c->part_count) {
        mp_jsonw_key(w, MP_S("related-observations"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < c->part_count; i++) {
            mp_jsonw_object(w);
            mp_jsonw_put_str(w, "observation-uuid", observation_uuid(w, s, c, i));
            mp_jsonw_end(w);
        }
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* What does not apply was not assessed. */
static bool is_assessed(const mp_scored *c) { return c->state != MP_CONTROL_NOT_APPLICABLE; }

static void put_reviewed(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("reviewed-controls"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("control-selections"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("include-controls"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (is_assessed(&s->score->controls[i])) {
            mp_jsonw_object(w);
            mp_jsonw_put_str(w, "control-id", s->score->controls[i].answer->control->id);
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* The score, in what it is made of. */
static void put_score(mp_jsonw *w, const mp_statement *s)
{
    static const char *const states[MP_CONTROL_STATES] = { [MP_CONTROL_COMPLIANT] = "controls-compliant",
                                                           [MP_CONTROL_PARTIAL] = "controls-partial",
                                                           [MP_CONTROL_NON_COMPLIANT] = "controls-non-compliant",
                                                           [MP_CONTROL_UNKNOWN] = "controls-unknown",
                                                           [MP_CONTROL_NOT_APPLICABLE] = "controls-not-applicable" };
    static const char *const sources[MP_PART_SOURCES] = { [MP_BY_POLICIES] = "points-automatic",
                                                          [MP_BY_PEOPLE] = "points-manual",
                                                          [MP_BY_PROVIDER] = "points-inherited" };
    const mp_tally_of *t = &s->score->total;
    int percent = mp_score_percent(t->points, t->most);
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    if (percent >= 0)
        mp_oscal_number(w, "score-percent", (int64_t)percent * (MP_POINT / 100));
    mp_oscal_number(w, "points", t->points);
    mp_oscal_number(w, "points-possible", t->most);
    for (unsigned i = 0; i < MP_CONTROL_STATES; i++)
        mp_oscal_number(w, states[i], (int64_t)t->states[i] * MP_POINT);
    for (unsigned i = 0; i < MP_PART_SOURCES; i++)
        mp_oscal_number(w, sources[i], t->points_by[i]);
    mp_jsonw_end(w);
}

static void put_result(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "result", MP_S(""));
    mp_jsonw_put_str(w, "title", mp_oscal_name(s));
    mp_oscal_description(w, MP_S("Worked out from verdicts, answers, evidence and findings as they were recorded."));
    mp_time_put_short(w, "start", s->as_of);
    put_score(w, s);
    put_reviewed(w, s);
    mp_jsonw_key(w, MP_S("observations"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        for (size_t k = 0; is_assessed(&s->score->controls[i]) && k < s->score->controls[i].part_count; k++)
            put_observation(w, s, &s->score->controls[i], k);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("findings"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (is_assessed(&s->score->controls[i]))
            put_finding(w, s, &s->score->controls[i]);
    mp_jsonw_end(w);
    mp_str coverage = mp_coverage_told(&s->score->coverage, w->arena).en;
    w->failed = w->failed || !coverage.ptr;
    mp_jsonw_put_str(w, "remarks", coverage);
    mp_jsonw_end(w);
}

void mp_oscal_results(mp_jsonw *w, const mp_statement *s)
{
    mp_oscal_begin(w, s, "assessment-results", "results", "Assessment results");
    mp_oscal_import(w, s, "import-ap");
    mp_jsonw_key(w, MP_S("results"));
    mp_jsonw_array(w);
    put_result(w, s);
    mp_jsonw_end(w);
    mp_oscal_end(w, s);
}
