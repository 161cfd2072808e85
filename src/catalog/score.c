/* SPDX-License-Identifier: Apache-2.0 */
/* All whole numbers: parts add up to their control to the last one, in what they give, in what they could give and
 * in what is lost. */
#include "score.h"

#include <assert.h>

static const char *const state_names[] = { "nonCompliant", "partial", "unknown", "compliant", "notApplicable" };
static const char *const part_names[] = { "violated", "partly", "unknown", "met", "silent" };
static const char *const kind_names[] = { "policy", "question", "evidence", "finding", "inherited" };
static const char *const source_names[] = { "automatic", "manual", "inherited" };
static const char *const counted_names[] = { "compliant", "nonCompliant", "exempt", "error", "notEvaluated" };

static const struct {
    const char *text;
    mp_part_state state;
} whys[] = {
#define MP_WHY(name, text, state) [MP_WHY_##name] = { text, state },
#include "part_why.def"
#undef MP_WHY
};
static_assert(MP_COUNT(state_names) == MP_CONTROL_STATES, "every state has a name");
static_assert(MP_COUNT(kind_names) == MP_PART_KINDS, "every kind of part has a name");
static_assert(MP_COUNT(source_names) == MP_PART_SOURCES, "every source of parts has a name");
static_assert(MP_COUNT(counted_names) == MP_COUNTED, "everything counted has a name");

const char *mp_control_state_name(mp_control_state state) { return state_names[state]; }
const char *mp_part_state_name(mp_part_state state) { return part_names[state]; }
const char *mp_part_kind_name(mp_part_kind kind) { return kind_names[kind]; }
const char *mp_part_source_name(mp_part_source source) { return source_names[source]; }
const char *mp_counted_name(mp_counted what) { return counted_names[what]; }
const char *mp_part_why_name(mp_part_why why) { return whys[why].text; }

mp_part_source mp_part_source_of(mp_part_kind kind)
{
    return kind == MP_PART_POLICY ? MP_BY_POLICIES : kind == MP_PART_INHERITED ? MP_BY_PROVIDER : MP_BY_PEOPLE;
}

/* ---- parts ---- */

__extension__ typedef unsigned __int128 wide;

/* Rounded up, since the sum of shares is rounded down; but all only when it is all. */
static uint64_t share(uint64_t part, uint64_t whole)
{
    uint64_t up = (uint64_t)(((wide)part * MP_MET_ALL + whole - 1) / whole);
    return part < whole && up == MP_MET_ALL ? up - 1 : up;
}

void mp_part_of_policy(mp_part *part, bool is_assigned)
{
    uint64_t met = part->counts[MP_COUNT_COMPLIANT] + part->counts[MP_COUNT_EXEMPT], all = 0;
    for (unsigned i = 0; i < MP_COUNTED; i++)
        all += part->counts[i];
    part->met = all ? share(met, all) : 0;
    if (all == 0)
        part->why = is_assigned ? MP_WHY_NOTHING_TO_JUDGE : MP_WHY_NOT_ASSIGNED;
    else if (part->counts[MP_COUNT_NON_COMPLIANT])
        part->why = met ? MP_WHY_SOME_VIOLATE : MP_WHY_ALL_VIOLATE;
    else
        part->why = met == all ? MP_WHY_ALL_COMPLY : MP_WHY_NOT_ALL_JUDGED;
}

void mp_part_of_provider(mp_part *part, mp_control_state state, int64_t points, int64_t most)
{
    part->why = MP_WHY_INHERITED;
    part->inherited = state;
    part->met = most > 0 ? share((uint64_t)points, (uint64_t)most) : 0;
}

static mp_part_state state_of_part(const mp_part *part)
{
    static const mp_part_state inherited[] = { [MP_CONTROL_NON_COMPLIANT] = MP_PART_VIOLATED,
                                               [MP_CONTROL_PARTIAL] = MP_PART_PARTLY,
                                               [MP_CONTROL_UNKNOWN] = MP_PART_UNKNOWN,
                                               [MP_CONTROL_COMPLIANT] = MP_PART_MET,
                                               [MP_CONTROL_NOT_APPLICABLE] = MP_PART_SILENT };
    return part->why == MP_WHY_INHERITED ? inherited[part->inherited] : whys[part->why].state;
}

/* What is met by people is met wholly; policies and providers count. */
static uint64_t met_of(const mp_part *part)
{
    if (part->kind == MP_PART_POLICY || part->kind == MP_PART_INHERITED)
        return part->met;
    return part->state == MP_PART_MET ? MP_MET_ALL : 0;
}

/* ---- a control ---- */

/* Of a silent part: that the control does not apply. */
static bool says_so(const mp_part *part)
{
    return part->why != MP_WHY_NOTHING_TO_JUDGE && part->why != MP_WHY_NOT_MAPPED &&
           part->why != MP_WHY_OVERLAPS;
}

static mp_control_state state_of(const mp_scored *c, size_t speaking)
{
    bool is_violated = false, is_met = false, is_unknown = false, is_nothing_here = c->part_count > 0;
    for (size_t i = 0; i < c->part_count; i++) {
        mp_part_state state = c->parts[i].state;
        is_violated = is_violated || state == MP_PART_VIOLATED || state == MP_PART_PARTLY;
        is_met = is_met || state == MP_PART_MET || state == MP_PART_PARTLY;
        is_unknown = is_unknown || state == MP_PART_UNKNOWN;
        is_nothing_here = is_nothing_here && state == MP_PART_SILENT && says_so(&c->parts[i]);
    }
    if (speaking == 0) /* that there is nothing to judge does not say that the control does not apply */
        return is_nothing_here ? MP_CONTROL_NOT_APPLICABLE : MP_CONTROL_UNKNOWN;
    if (is_violated)
        return is_met ? MP_CONTROL_PARTIAL : MP_CONTROL_NON_COMPLIANT;
    return is_unknown ? MP_CONTROL_UNKNOWN : MP_CONTROL_COMPLIANT;
}

static bool speaks(const mp_part *part) { return part->state != MP_PART_SILENT; }

/* Is it met wholly (0), in part (1), not at all (2)? */
static unsigned rank_of(const mp_part *part)
{
    uint64_t met = met_of(part);
    return met == MP_MET_ALL ? 0 : met ? 1 : 2;
}

/* The weight, cut into as many as speak: what does not divide goes to those that are met best, so that what is
 * met wholly has all it could have, and everything that is lost is lost where something is missing. */
static void cut_most(mp_scored *c, int64_t weight, int64_t speaking)
{
    int64_t n = 0;
    for (unsigned rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < c->part_count; i++) {
            mp_part *part = &c->parts[i];
            if (!speaks(part) || rank_of(part) != rank)
                continue;
            part->most = weight * (n + 1) / speaking - weight * n / speaking;
            n++;
        }
}

/* By how much a part that is met in part has too little, and twice a point, so that too much is above nothing; 0: it
 * takes no more. */
static wide lacks(const mp_part *part, uint64_t weight, uint64_t speaking)
{
    if (!speaks(part) || rank_of(part) != 1 || part->points == part->most)
        return 0;
    return (wide)weight * met_of(part) + (wide)speaking * MP_MET_ALL * 2 -
           (wide)part->points * speaking * MP_MET_ALL;
}

#define KNOWN 512 /* parts of which is kept what they lack: hardly any control has more */

/* One point more for whoever lacks most, the first of them, until all are given. */
static void give_rest(mp_scored *c, uint64_t weight, uint64_t speaking, int64_t points)
{
    wide known[KNOWN];
    if (points == 0)
        return;
    for (size_t i = 0; i < c->part_count && i < KNOWN; i++)
        known[i] = lacks(&c->parts[i], weight, speaking);
    for (; points > 0; points--) {
        size_t next = SIZE_MAX;
        wide largest = 0;
        for (size_t i = 0; i < c->part_count; i++) {
            wide left = i < KNOWN ? known[i] : lacks(&c->parts[i], weight, speaking);
            if (left <= largest)
                continue;
            next = i;
            largest = left;
        }
        assert(next != SIZE_MAX);
        c->parts[next].points++;
        if (next < KNOWN)
            known[next] = lacks(&c->parts[next], weight, speaking);
    }
}

/* What parts that are met in part give, by the largest remainder: their share rounded down, and one more for
 * those that lost most by rounding, until they add up to `points`. */
static void cut_points(mp_scored *c, uint64_t weight, uint64_t speaking, int64_t points)
{
    for (size_t i = 0; i < c->part_count; i++) {
        mp_part *part = &c->parts[i];
        if (!speaks(part) || rank_of(part) == 2)
            continue;
        int64_t exact = (int64_t)((wide)weight * met_of(part) / ((wide)speaking * MP_MET_ALL));
        part->points = rank_of(part) == 0 || exact > part->most ? part->most : exact;
        points -= part->points;
    }
    give_rest(c, weight, speaking, points);
}

static void work_control(mp_scored *c)
{
    uint64_t speaking = 0;
    wide met = 0;
    int64_t weight = (int64_t)mp_answer_weight(c->answer) * MP_POINT;
    for (size_t i = 0; i < c->part_count; i++) {
        c->parts[i].state = state_of_part(&c->parts[i]);
        c->parts[i].points = c->parts[i].most = 0;
        speaking += speaks(&c->parts[i]);
        met += speaks(&c->parts[i]) ? met_of(&c->parts[i]) : 0;
    }
    c->state = c->is_excluded ? MP_CONTROL_NOT_APPLICABLE : state_of(c, speaking);
    c->most = c->state == MP_CONTROL_NOT_APPLICABLE ? 0 : weight;
    c->points = c->most && speaking ? (int64_t)((wide)weight * met / ((wide)speaking * MP_MET_ALL)) : 0;
    if (!c->most || !speaking)
        return;
    cut_most(c, weight, (int64_t)speaking);
    cut_points(c, (uint64_t)weight, speaking, c->points);
}

/* ---- all ---- */

static void tally(mp_tally_of *t, const mp_scored *c)
{
    t->controls++;
    t->states[c->state]++;
    t->points += c->points;
    t->most += c->most;
    for (size_t i = 0; i < c->part_count; i++) {
        mp_part_source by = mp_part_source_of(c->parts[i].kind);
        t->points_by[by] += c->parts[i].points;
        t->most_by[by] += c->parts[i].most;
        t->parts_by[by] += c->parts[i].most > 0;
    }
}

static void cover(mp_coverage *v, const mp_scored *c)
{
    bool is_judged = false, is_inherited = false;
    if (c->state == MP_CONTROL_NOT_APPLICABLE)
        return;
    for (size_t i = 0; i < c->part_count; i++) {
        is_inherited = is_inherited || c->parts[i].kind == MP_PART_INHERITED;
        for (unsigned k = 0; k < MP_COUNTED; k++)
            is_judged = is_judged || c->parts[i].counts[k];
    }
    v->applicable++;
    v->by[c->answer->checked_by]++;
    v->gaps += c->answer->is_gap && !c->part_count;
    v->judged += is_judged;
    v->inherited += is_inherited;
}

void mp_score_work(mp_score *score)
{
    score->total = (mp_tally_of){ .controls = 0 };
    score->coverage = (mp_coverage){ .applicable = 0 };
    for (size_t i = 0; i < score->count; i++) {
        work_control(&score->controls[i]);
        tally(&score->total, &score->controls[i]);
        cover(&score->coverage, &score->controls[i]);
    }
}

int mp_score_percent(int64_t points, int64_t most) { return most > 0 ? (int)(points * 10000 / most) : -1; }

void mp_score_tally_group(mp_tally_of *out, const mp_score *score, size_t group)
{
    *out = (mp_tally_of){ .controls = 0 };
    for (size_t i = 0; i < score->count; i++)
        if (score->controls[i].group == group)
            tally(out, &score->controls[i]);
}
