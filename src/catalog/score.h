/* SPDX-License-Identifier: Apache-2.0 */
/* score.h - from what was found out about each control to its state, and from all of them to a score.
 *
 * A control has parts: a policy, a question to people, a kind of evidence, an open finding, what is inherited
 * from a provider. Each part says one thing, with its reason; the state and the points of the control follow
 * from them by arithmetic alone:
 *
 *   points of a control = weight x mean of its parts         a weight is 27, 9, 3 or 1 (answers.h)
 *   score               = points of all / weights of all     of the controls that apply
 *
 * A part with nothing to say (no resource to judge, a question that does not apply) is in no mean. What is not
 * known is met by nothing: it costs score. Points are thousandths and whole numbers: those of the parts add up
 * to the control's, those of the controls to the total, to the last digit, and a control that is not wholly met
 * never has all of its points. */
#ifndef MAPAE_CATALOG_SCORE_H
#define MAPAE_CATALOG_SCORE_H

#include "answers.h"

/* So fine that thousandths of points are those of the fractions: a third and two thirds of two parts are a half. */
#define MP_MET_ALL UINT64_C(1000000000000000)
#define MP_POINT INT64_C(1000) /* thousandths in a point */

/* In the order in which they are worse, not applicable aside. */
typedef enum mp_control_state {
    MP_CONTROL_NON_COMPLIANT, /* something is violated and nothing is met */
    MP_CONTROL_PARTIAL,       /* something is violated, something is met */
    MP_CONTROL_UNKNOWN,       /* nothing is violated, and not all is known */
    MP_CONTROL_COMPLIANT,     /* all is known and met */
    MP_CONTROL_NOT_APPLICABLE,
    MP_CONTROL_STATES
} mp_control_state;
/* "compliant", "partial", "nonCompliant", "unknown", "notApplicable" */
const char *mp_control_state_name(mp_control_state state);

typedef enum mp_part_kind {
    MP_PART_POLICY,
    MP_PART_QUESTION,
    MP_PART_EVIDENCE,
    MP_PART_FINDING,
    MP_PART_INHERITED,
    MP_PART_KINDS
} mp_part_kind;
const char *mp_part_kind_name(mp_part_kind kind); /* "policy", "question", "evidence", "finding", "inherited" */

/* Who says it. */
typedef enum mp_part_source { MP_BY_POLICIES, MP_BY_PEOPLE, MP_BY_PROVIDER, MP_PART_SOURCES } mp_part_source;
mp_part_source mp_part_source_of(mp_part_kind kind);
const char *mp_part_source_name(mp_part_source source); /* "automatic", "manual", "inherited" */

typedef enum mp_part_state {
    MP_PART_VIOLATED,
    MP_PART_PARTLY,
    MP_PART_UNKNOWN,
    MP_PART_MET,
    MP_PART_SILENT /* says nothing: in no mean */
} mp_part_state;
const char *mp_part_state_name(mp_part_state state); /* "violated", "partly", "unknown", "met", "silent" */

/* Why a part is as it is. The state follows from it, of what is inherited from the provider's. */
typedef enum mp_part_why {
#define MP_WHY(name, text, state) MP_WHY_##name,
#include "part_why.def"
#undef MP_WHY
    MP_WHY_COUNT
} mp_part_why;
const char *mp_part_why_name(mp_part_why why); /* "notAssigned", ... */

/* Verdicts of a policy. */
typedef enum mp_counted {
    MP_COUNT_COMPLIANT,
    MP_COUNT_NON_COMPLIANT,
    MP_COUNT_EXEMPT,
    MP_COUNT_ERROR,
    MP_COUNT_NOT_EVALUATED,
    MP_COUNTED
} mp_counted;
const char *mp_counted_name(mp_counted what); /* "compliant", ... */

typedef struct mp_part {
    mp_part_kind kind;
    mp_part_why why;
    uint64_t met;  /* of MP_MET_ALL */
    mp_str name;   /* of the policy; of the finding; the kind of evidence; number of the question; the measure
                      inherited from */
    mp_words text; /* the question; the evidence's name; the finding's title; the policy's, where it is shown */
    uint64_t counts[MP_COUNTED]; /* of a policy */
    const mp_str *ids;           /* of its records */
    size_t id_count;
    mp_control_state inherited; /* MP_WHY_INHERITED */
    const void *more;           /* the caller's */
    /* worked out by mp_score_work() */
    mp_part_state state;
    int64_t points, most; /* thousandths: what it gives, what it could give */
} mp_part;

/* Sets why and met from the counts. `is_assigned`: somebody judges by it here. */
void mp_part_of_policy(mp_part *part, bool is_assigned);
/* Sets why and met from the provider's control. */
void mp_part_of_provider(mp_part *part, mp_control_state state, int64_t points, int64_t most);

typedef struct mp_scored {
    const mp_control *control; /* as it is worded where it counts */
    const mp_answer *answer;
    size_t group;           /* the outermost it is in; MP_NO_GROUP: none */
    bool is_excluded;       /* somebody said that it does not apply, and why */
    mp_words justification; /* of that */
    mp_str exclusion;       /* its id */
    mp_part *parts;
    size_t part_count;
    /* worked out */
    mp_control_state state;
    int64_t points, most; /* thousandths; both 0 when it does not apply */
} mp_scored;

/* What a total is over. */
typedef struct mp_tally_of {
    size_t controls, states[MP_CONTROL_STATES];
    int64_t points, most;
    int64_t points_by[MP_PART_SOURCES],
        most_by[MP_PART_SOURCES]; /* what no part stands for is in none of them */
    size_t parts_by[MP_PART_SOURCES];
} mp_tally_of;

/* How much of what applies a machine checks. */
typedef struct mp_coverage {
    size_t applicable;              /* controls */
    size_t by[MP_CHECKED_BY_COUNT]; /* as answers.h says who can: the gaps are among them */
    size_t gaps;                    /* nothing answers them */
    size_t judged;                  /* a policy has verdicts for them now */
    size_t inherited;               /* a provider answers for them, wholly or in part */
} mp_coverage;

typedef struct mp_score {
    mp_scored *controls;
    size_t count;
    /* worked out */
    mp_tally_of total;
    mp_coverage coverage;
} mp_score;

/* Everything that is worked out, anew. */
void mp_score_work(mp_score *score);
/* points / most in hundredths of a percent, rounded down: 0..10,000; -1 when nothing applies. */
int mp_score_percent(int64_t points, int64_t most);
/* The total over the controls of this outermost group; MP_NO_GROUP: those in none. */
void mp_score_tally_group(mp_tally_of *out, const mp_score *score, size_t group);

/* ---- what to do first ---- */

typedef enum mp_action_kind {
    MP_ACTION_COMPLY,   /* make what a policy finds comply: `name` */
    MP_ACTION_ASSIGN,   /* assign the policies that nobody assigned */
    MP_ACTION_ANSWER,   /* answer the questions of `control` */
    MP_ACTION_EVIDENCE, /* bring the evidence of `control` */
    MP_ACTION_CLOSE,    /* close the finding `name` */
    MP_ACTION_KINDS
} mp_action_kind;
const char *mp_action_kind_name(mp_action_kind kind); /* "comply", "assign", "answer", "evidence", "close" */

typedef struct mp_action {
    mp_action_kind kind;
    mp_str name;
    mp_words text; /* of the part that it is about */
    const mp_control *control; /* NULL: it is about several */
    size_t parts, controls;    /* that change */
    uint64_t resources;        /* verdicts that would turn, of MP_ACTION_COMPLY */
    int64_t points;            /* that the total gains: thousandths */
    int percent;               /* of the whole score then */
} mp_action;

#define MP_ACTIONS 5
/* The actions that raise the score most, the first most: each tried on the whole score and taken back.
 * *together: the points of the total when all of them are done. At most MP_ACTIONS, none that gains nothing.
 * Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_score_actions(mp_action out[MP_ACTIONS], size_t *count, int64_t *together,
                                       const mp_score *score, mp_arena *arena, mp_error *err);

#endif
