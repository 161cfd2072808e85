/* SPDX-License-Identifier: Apache-2.0 */
/* The gap report: controls that apply and at which something is missing, what it is, and what to do about it.
 */
#include "framework_show.h"
#include "part_reason.h"
#include "statement.h"

/* name, part that it is about. Texts: statement.gap.NAME says what is missing, statement.todo.NAME what to do.
 */
#define GAPS(GAP)                                                                                              \
    GAP(NOBODY, "nobody")            /* nothing answers the control */                                         \
    GAP(NOTHING_SEEN, "nothingSeen") /* what answers it found nothing to judge here */                         \
    GAP(NOT_ASSIGNED, "notAssigned") /* no policy that answers it is assigned here */                          \
    GAP(FAILING, "failing")          /* resources violate a policy */                                          \
    GAP(NOT_JUDGED, "notJudged")     /* errors, or what was not evaluated */                                   \
    GAP(ANSWERED_NO, "answeredNo")                                                                             \
    GAP(UNANSWERED, "unanswered")                                                                              \
    GAP(ANSWER_EXPIRED, "answerExpired")                                                                       \
    GAP(STALE_EVIDENCE, "staleEvidence")                                                                       \
    GAP(NO_EVIDENCE, "noEvidence")                                                                             \
    GAP(FINDING, "finding")                                                                                    \
    GAP(INHERITED, "inherited") /* what the provider answers for is not met, or not known */                   \
    GAP(NOT_JUSTIFIED, "notJustified")                                                                         \
    GAP(DIFFERS, "differs") /* people say more than what is recorded shows */                                  \
    GAP(OVERDUE, "overdue") /* its target date is over */

typedef enum gap {
#define GAP(name, text) GAP_##name,
    GAPS(GAP)
#undef GAP
        GAP_COUNT
} gap;
static const char *const gap_names[] = {
#define GAP(name, text) text,
    GAPS(GAP)
#undef GAP
};
static const char *const gap_texts[] = {
#define GAP(name, text) "statement.gap." text,
    GAPS(GAP)
#undef GAP
};
static const char *const todo_texts[] = {
#define GAP(name, text) "statement.todo." text,
    GAPS(GAP)
#undef GAP
};

/* ---- what a part lacks ---- */

static gap of_policy(const mp_part *p)
{
    switch (p->why) {
    case MP_WHY_SOME_VIOLATE:
    case MP_WHY_ALL_VIOLATE:
        return GAP_FAILING;
    case MP_WHY_NOT_ASSIGNED:
        return GAP_NOT_ASSIGNED;
    default:
        return GAP_NOT_JUDGED;
    }
}

static gap of_question(const mp_part *p)
{
    return p->why == MP_WHY_ANSWERED_NO  ? GAP_ANSWERED_NO
           : p->why == MP_WHY_UNANSWERED ? GAP_UNANSWERED
                                         : GAP_ANSWER_EXPIRED;
}

/* GAP_COUNT: nothing. */
static gap of_part(const mp_part *p)
{
    if (p->state == MP_PART_MET || p->state == MP_PART_SILENT)
        return GAP_COUNT;
    switch (p->kind) {
    case MP_PART_POLICY:
        return of_policy(p);
    case MP_PART_QUESTION:
        return of_question(p);
    case MP_PART_EVIDENCE:
        return p->why == MP_WHY_STALE ? GAP_STALE_EVIDENCE : GAP_NO_EVIDENCE;
    case MP_PART_FINDING:
        return GAP_FINDING;
    default:
        return GAP_INHERITED;
    }
}

/* ---- what a control lacks ---- */

typedef struct lacking {
    const mp_statement *s;
    const mp_scored *scored;
    const mp_control_decision *decided;
    mp_justified justified;
    bool has[GAP_COUNT]; /* of those that are of no part */
    size_t count, parts; /* of all; of parts */
} lacking;

static lacking lacks(const mp_statement *s, const mp_scored *scored)
{
    const mp_control *control = scored->answer->control;
    lacking l = { .s = s,
                  .scored = scored,
                  .decided = mp_statement_decided(s, control),
                  .justified = mp_statement_justified(s, control) };
    if (!l.justified.is_applicable)
        return l;
    for (size_t i = 0; i < scored->part_count; i++)
        l.parts += of_part(&scored->parts[i]) != GAP_COUNT;
    l.has[GAP_NOBODY] = scored->part_count == 0;
    l.has[GAP_NOTHING_SEEN] = scored->part_count > 0 && l.parts == 0 && scored->state != MP_CONTROL_COMPLIANT;
    l.has[GAP_NOT_JUSTIFIED] = mp_str_eq(mp_str_from(l.justified.from), MP_S("none"));
    l.has[GAP_DIFFERS] = mp_statement_implemented(s, control).differs;
    l.has[GAP_OVERDUE] = l.decided && l.decided->target_at && l.decided->target_at <= s->as_of &&
                         scored->state != MP_CONTROL_COMPLIANT;
    l.count = l.parts;
    for (unsigned i = 0; i < GAP_COUNT; i++)
        l.count += l.has[i];
    return l;
}

/* ---- totals ---- */

typedef struct counts {
    int64_t controls, lacking, gaps, of[GAP_COUNT], lost; /* controls that apply; thousandths of points */
} counts;

static void add(counts *c, const lacking *l)
{
    c->controls += l->justified.is_applicable;
    if (!l->count)
        return;
    c->lacking++;
    c->gaps += (int64_t)l->count;
    c->lost += l->scored->most - l->scored->points;
    for (unsigned i = 0; i < GAP_COUNT; i++)
        c->of[i] += l->has[i];
    for (size_t i = 0; i < l->scored->part_count; i++)
        if (of_part(&l->scored->parts[i]) != GAP_COUNT)
            c->of[of_part(&l->scored->parts[i])]++;
}

static void put_counts(mp_jsonw *w, const counts *c)
{
    mp_jsonw_put_int(w, "controls", c->controls);
    mp_jsonw_put_int(w, "lacking", c->lacking);
    mp_jsonw_put_int(w, "gaps", c->gaps);
    mp_jsonw_put_int(w, "lostThousandths", c->lost);
    mp_jsonw_key(w, MP_S("byKind"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < GAP_COUNT; i++)
        mp_jsonw_put_int(w, gap_names[i], c->of[i]);
    mp_jsonw_end(w);
}

/* ---- rows ---- */

/* What no part loses is lost by what the control as a whole lacks. */
static void put_gap(mp_jsonw *w, gap kind, const mp_scored *c, const mp_part *part)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", mp_str_from(gap_names[kind]));
    mp_put_message(w, "text", gap_texts[kind], NULL, 0);
    mp_put_message(w, "todo", todo_texts[kind], NULL, 0);
    if (kind == GAP_NOBODY || kind == GAP_NOTHING_SEEN)
        mp_jsonw_put_int(w, "lostThousandths", c->most - c->points);
    if (part) {
        mp_jsonw_put_str(w, "part", mp_str_from(mp_part_kind_name(part->kind)));
        mp_jsonw_put_filled(w, "name", part->name);
        mp_words_put(w, "about", part->text);
        mp_jsonw_put_str(w, "why", mp_str_from(mp_part_why_name(part->why)));
        mp_words reason = mp_part_reason(part, w->arena);
        w->failed = w->failed || !reason.en.ptr;
        mp_words_put(w, "reason", reason);
        if (part->kind == MP_PART_POLICY && kind != GAP_NOT_ASSIGNED)
            mp_jsonw_put_int(w, "resources",
                             (int64_t)(kind == GAP_FAILING ? part->counts[MP_COUNT_NON_COMPLIANT]
                                                           : part->counts[MP_COUNT_ERROR] + part->counts[MP_COUNT_NOT_EVALUATED]));
        mp_jsonw_put_int(w, "lostThousandths", part->most - part->points);
        mp_jsonw_key(w, MP_S("records"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < part->id_count; i++)
            mp_jsonw_str(w, part->ids[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* Each kind once, with how often it is there: what one line of a table can hold. */
static void put_kinds(mp_jsonw *w, const lacking *l)
{
    counts c = { .controls = 0 };
    add(&c, l);
    mp_jsonw_key(w, MP_S("kinds"));
    mp_jsonw_array(w);
    for (unsigned i = 0; i < GAP_COUNT; i++) {
        if (!c.of[i])
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "kind", mp_str_from(gap_names[i]));
        mp_jsonw_put_int(w, "count", c.of[i]);
        mp_put_message(w, "text", gap_texts[i], NULL, 0);
        mp_put_message(w, "todo", todo_texts[i], NULL, 0);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_row(mp_jsonw *w, const lacking *l)
{
    const mp_scored *c = l->scored;
    mp_responsibility who = mp_statement_responsible(l->s, c->answer->control);
    mp_jsonw_object(w);
    mp_put_control(w, l->s, c->answer->control);
    mp_jsonw_put_str(w, "state", mp_str_from(mp_control_state_name(c->state)));
    mp_jsonw_put_int(w, "weight", mp_answer_weight(c->answer));
    mp_jsonw_put_int(w, "lostThousandths", c->most - c->points);
    mp_jsonw_put_str(w, "responsibility", mp_str_from(mp_responsible_name(who.who)));
    mp_jsonw_put_filled(w, "team", l->decided && l->decided->team.len ? l->decided->team : c->answer->team);
    if (l->decided) {
        mp_jsonw_put_filled(w, "owner", l->decided->owner);
        mp_jsonw_put_filled(w, "targetDate", l->decided->target);
        mp_jsonw_put_filled(w, "note", l->decided->note);
    }
    mp_jsonw_put_int(w, "count", (int64_t)l->count);
    put_kinds(w, l);
    mp_jsonw_key(w, MP_S("gaps"));
    mp_jsonw_array(w);
    for (unsigned i = 0; i < GAP_COUNT; i++)
        if (l->has[i])
            put_gap(w, (gap)i, c, NULL);
    for (size_t i = 0; i < c->part_count; i++)
        if (of_part(&c->parts[i]) != GAP_COUNT)
            put_gap(w, of_part(&c->parts[i]), c, &c->parts[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_statement_gaps(mp_jsonw *w, const mp_statement *s)
{
    counts all = { .controls = 0 };
    for (size_t i = 0; i < s->score->count; i++) {
        lacking l = lacks(s, &s->score->controls[i]);
        add(&all, &l);
    }
    mp_jsonw_object(w);
    mp_statement_head(w, "gaps", s);
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    put_counts(w, &all);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++) {
        lacking l = lacks(s, &s->score->controls[i]);
        if (l.count)
            put_row(w, &l);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
