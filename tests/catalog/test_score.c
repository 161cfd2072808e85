/* SPDX-License-Identifier: Apache-2.0 */
#include "score.h"

#include "test.h"

#include <string.h>

enum { CONTROLS = 12, PARTS = 7 };

static mp_arena arena = MP_ARENA_INIT;
static mp_control controls[CONTROLS];
static mp_answer answers[CONTROLS];
static mp_scored scored[CONTROLS];
static mp_part parts[CONTROLS][PARTS];
static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&arena);
    return 0;
}

static mp_part policy(const char *name, uint64_t good, uint64_t bad, uint64_t exempt, uint64_t error,
                      bool is_assigned)
{
    mp_part p = { .kind = MP_PART_POLICY, .name = mp_str_from(name) };
    p.counts[MP_COUNT_COMPLIANT] = good;
    p.counts[MP_COUNT_NON_COMPLIANT] = bad;
    p.counts[MP_COUNT_EXEMPT] = exempt;
    p.counts[MP_COUNT_ERROR] = error;
    mp_part_of_policy(&p, is_assigned);
    return p;
}

static mp_part said(mp_part_kind kind, mp_part_why why)
{
    return (mp_part){ .kind = kind, .why = why, .name = MP_S("x") };
}

/* Control 0 with these parts, required and preventive: 27 points. */
static mp_score one(const mp_part *of, size_t count)
{
    memset(scored, 0, sizeof scored);
    answers[0] = (mp_answer){ .control = &controls[0], .is_required = true, .nature = MP_PREVENTIVE };
    if (count)
        memcpy(parts[0], of, count * sizeof *of);
    scored[0] = (mp_scored){ .control = &controls[0],
                             .answer = &answers[0],
                             .group = MP_NO_GROUP,
                             .parts = parts[0],
                             .part_count = count };
    mp_score s = { .controls = scored, .count = 1 };
    mp_score_work(&s);
    return s;
}

TEST(what_a_policy_says)
{
    static const struct {
        uint64_t good, bad, exempt, error;
        bool is_assigned;
        mp_part_why why;
        uint64_t met;
    } cases[] = {
        { 10, 0, 0, 0, true, MP_WHY_ALL_COMPLY, MP_MET_ALL },
        { 0, 0, 3, 0, true, MP_WHY_ALL_COMPLY, MP_MET_ALL },
        { 1, 2, 0, 0, true, MP_WHY_SOME_VIOLATE, MP_MET_ALL / 3 + 1 },
        { 0, 5, 0, 0, true, MP_WHY_ALL_VIOLATE, 0 },
        { 0, 5, 0, 5, true, MP_WHY_ALL_VIOLATE, 0 },
        { 3, 0, 0, 1, true, MP_WHY_NOT_ALL_JUDGED, MP_MET_ALL / 4 * 3 },
        { 0, 0, 0, 0, true, MP_WHY_NOTHING_TO_JUDGE, 0 },
        { 0, 0, 0, 0, false, MP_WHY_NOT_ASSIGNED, 0 },
        { 1, 0, 0, 0, false, MP_WHY_ALL_COMPLY, MP_MET_ALL },
        { 9999999, 1, 0, 0, true, MP_WHY_SOME_VIOLATE, MP_MET_ALL / 10000000 * 9999999 },
        { UINT64_C(1) << 60, 1, 0, 0, true, MP_WHY_SOME_VIOLATE, MP_MET_ALL - 1 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_part p =
            policy("p", cases[i].good, cases[i].bad, cases[i].exempt, cases[i].error, cases[i].is_assigned);
        CHECK_INT(p.why, cases[i].why);
        CHECK_INT(p.met, cases[i].met);
    }
}

/* As whoever works it out with fractions finds it. */
TEST(points_are_those_of_fractions)
{
    const mp_part third = policy("a", 1, 2, 0, 0, true), thirds = policy("b", 2, 1, 0, 0, true), sixth = policy("c", 1, 5, 0, 0, true),
                  sevenths = policy("d", 3, 4, 0, 0, true), most = policy("e", 4, 3, 0, 0, true),
                  open = said(MP_PART_QUESTION, MP_WHY_UNANSWERED);
    const struct {
        mp_part parts[4];
        size_t count;
        int64_t points; /* of 27,000 */
    } cases[] = {
        { { thirds }, 1, 18000 },
        { { third, thirds }, 2, 13500 },
        { { third, sixth }, 2, 6750 },
        { { sevenths, most, open }, 3, 9000 },
        { { third, third, third, open }, 4, 6750 },
        { { sevenths }, 1, 11571 }, /* 11,571.43 */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK_INT(one(cases[i].parts, cases[i].count).total.points, cases[i].points);
}

TEST(the_state_of_a_control)
{
    const mp_part good = policy("a", 4, 0, 0, 0, true), half = policy("b", 1, 1, 0, 0, true),
                  bad = policy("c", 0, 2, 0, 0, true), nothing = policy("d", 0, 0, 0, 0, true),
                  nobody = policy("e", 0, 0, 0, 0, false), yes = said(MP_PART_QUESTION, MP_WHY_ANSWERED_YES),
                  open = said(MP_PART_QUESTION, MP_WHY_UNANSWERED),
                  never = said(MP_PART_QUESTION, MP_WHY_ANSWERED_NOT_APPLICABLE),
                  stale = said(MP_PART_EVIDENCE, MP_WHY_STALE),
                  finding = said(MP_PART_FINDING, MP_WHY_FINDING_OPEN);
    const struct {
        mp_part of[3];
        size_t count;
        mp_control_state state;
        int64_t points;
    } cases[] = {
        { { good, yes }, 2, MP_CONTROL_COMPLIANT, 27000 },
        { { good, half }, 2, MP_CONTROL_PARTIAL, 20250 },
        { { half }, 1, MP_CONTROL_PARTIAL, 13500 },
        { { bad, stale }, 2, MP_CONTROL_NON_COMPLIANT, 0 },
        { { bad, open }, 2, MP_CONTROL_NON_COMPLIANT, 0 },
        { { bad, yes }, 2, MP_CONTROL_PARTIAL, 13500 },
        { { good, open }, 2, MP_CONTROL_UNKNOWN, 13500 },
        { { good, nobody, yes }, 3, MP_CONTROL_UNKNOWN, 18000 },
        { { good, nothing }, 2, MP_CONTROL_COMPLIANT, 27000 }, /* what has nothing to say is in no mean */
        { { nothing }, 1, MP_CONTROL_UNKNOWN, 0 },
        { { nothing, never }, 2, MP_CONTROL_UNKNOWN, 0 },
        { { never }, 1, MP_CONTROL_NOT_APPLICABLE, 0 },
        { { never, yes }, 2, MP_CONTROL_COMPLIANT, 27000 },
        { { good, finding }, 2, MP_CONTROL_PARTIAL, 13500 },
        { { good }, 0, MP_CONTROL_UNKNOWN, 0 }, /* a gap */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_score s = one(cases[i].of, cases[i].count);
        CHECK_INT(s.controls[0].state, cases[i].state);
        CHECK_INT(s.controls[0].points, cases[i].points);
        CHECK_INT(s.controls[0].most, cases[i].state == MP_CONTROL_NOT_APPLICABLE ? 0 : 27000);
    }
    mp_score s = one((mp_part[]){ bad }, 1);
    s.controls[0].is_excluded = true;
    mp_score_work(&s);
    CHECK_INT(s.controls[0].state, MP_CONTROL_NOT_APPLICABLE);
    CHECK_INT(s.total.most, 0);
    CHECK_INT(mp_score_percent(s.total.points, s.total.most), -1);
}

TEST(what_a_provider_does_counts_as_he_does_it)
{
    mp_part p = { .kind = MP_PART_INHERITED };
    mp_part_of_provider(&p, MP_CONTROL_PARTIAL, 9000, 27000);
    mp_score s = one(&p, 1);
    CHECK_INT(s.controls[0].state, MP_CONTROL_PARTIAL);
    CHECK_INT(s.total.points, 9000);
    CHECK_INT(s.total.points_by[MP_BY_PROVIDER], 9000);
    mp_part_of_provider(&p, MP_CONTROL_NOT_APPLICABLE, 0, 0);
    s = one(&p, 1);
    CHECK_INT(s.controls[0].state, MP_CONTROL_NOT_APPLICABLE);
    mp_part_of_provider(&p, MP_CONTROL_COMPLIANT, 3000, 3000);
    s = one(&p, 1);
    CHECK_INT(s.total.points, 27000);
    CHECK_INT(s.coverage.inherited, 1);
}

/* ---- whatever is found ---- */

static const char *const names[] = { "p0", "p1", "p2", "p3", "p4" };

static mp_part any_part(void)
{
    mp_part p;
    switch (below(6)) {
    case 0:
    case 1:
        return policy(names[below(5)], below(3) ? below(1000) : 0, below(2) ? below(9) : 0, below(3),
                      below(4) ? 0 : below(5), below(2));
    case 2:
        p = said(MP_PART_QUESTION, (mp_part_why)(MP_WHY_ANSWERED_YES + below(6)));
        break;
    case 3:
        p = said(MP_PART_EVIDENCE, (mp_part_why)(MP_WHY_FRESH + below(3)));
        break;
    case 4:
        p = said(MP_PART_FINDING, MP_WHY_FINDING_OPEN);
        p.name = mp_str_from(names[below(5)]);
        break;
    default:
        p = (mp_part){ .kind = MP_PART_INHERITED, .name = MP_S("x") };
        mp_part_of_provider(&p, (mp_control_state)below(MP_CONTROL_STATES), below(27001), 27000);
    }
    return p;
}

static mp_score any(void)
{
    for (size_t i = 0; i < CONTROLS; i++) {
        size_t count = below(PARTS + 1);
        controls[i] =
            (mp_control){ .id = mp_str_of(&"abcdefghijkl"[i], 1), .label = mp_str_of(&"abcdefghijkl"[i], 1) };
        answers[i] = (mp_answer){ .control = &controls[i],
                                  .is_required = below(2),
                                  .nature = (mp_nature)below(MP_NATURE_COUNT),
                                  .checked_by = (mp_checked_by)below(MP_CHECKED_BY_COUNT),
                                  .is_gap = count == 0 };
        scored[i] = (mp_scored){ .control = &controls[i],
                                 .answer = &answers[i],
                                 .group = below(4) ? i % 3 : MP_NO_GROUP,
                                 .is_excluded = below(8) == 0,
                                 .parts = parts[i],
                                 .part_count = count };
        for (size_t k = 0; k < count; k++)
            parts[i][k] = any_part();
    }
    mp_score s = { .controls = scored, .count = CONTROLS };
    mp_score_work(&s);
    return s;
}

static int64_t speaking(const mp_scored *c)
{
    int64_t count = 0;
    for (size_t i = 0; i < c->part_count; i++)
        count += c->parts[i].state != MP_PART_SILENT;
    return count;
}

/* Met wholly it has all, met by nothing it has nothing, and nothing is further from its exact share than what
 * rounding takes. */
static void is_its_share(const mp_scored *c, const mp_part *p)
{
    bool counts = p->kind == MP_PART_POLICY || p->kind == MP_PART_INHERITED;
    int64_t met = counts ? (int64_t)p->met : p->state == MP_PART_MET ? (int64_t)MP_MET_ALL : 0, n = speaking(c);
    CHECK(p->points >= 0 && p->points <= p->most);
    if (!c->most || p->state == MP_PART_SILENT) {
        CHECK_INT(p->most, 0);
        return;
    }
    CHECK(p->most == c->most / n || p->most == c->most / n + 1);
    CHECK(met != (int64_t)MP_MET_ALL || p->points == p->most);
    CHECK(met || p->points == 0);
    double exact = (double)c->most * (double)met / (double)MP_MET_ALL / (double)n;
    CHECK((double)p->points > exact - 2.0 && (double)p->points < exact + 2.0);
}

static void add_up(const mp_score *s)
{
    int64_t points = 0, most = 0, by[MP_PART_SOURCES] = { 0 };
    size_t states[MP_CONTROL_STATES] = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        const mp_scored *c = &s->controls[i];
        int64_t of_parts = 0, most_of_parts = 0;
        bool is_all = true;
        for (size_t k = 0; k < c->part_count; k++) {
            is_its_share(c, &c->parts[k]);
            of_parts += c->parts[k].points;
            most_of_parts += c->parts[k].most;
            by[mp_part_source_of(c->parts[k].kind)] += c->parts[k].points;
            is_all = is_all && (c->parts[k].state == MP_PART_SILENT || c->parts[k].state == MP_PART_MET);
        }
        CHECK_INT(of_parts, c->points);
        CHECK(most_of_parts == c->most || (most_of_parts == 0 && !speaking(c)));
        CHECK(c->points <= c->most);
        if (c->points == c->most && c->most)
            CHECK(is_all);
        if (c->state == MP_CONTROL_COMPLIANT)
            CHECK(is_all);
        CHECK_INT(c->most,
                  c->state == MP_CONTROL_NOT_APPLICABLE ? 0 : (int64_t)mp_answer_weight(c->answer) * MP_POINT);
        points += c->points;
        most += c->most;
        states[c->state]++;
    }
    CHECK_INT(points, s->total.points);
    CHECK_INT(most, s->total.most);
    CHECK_INT(by[0] + by[1] + by[2], s->total.points);
    for (size_t i = 0; i < MP_CONTROL_STATES; i++)
        CHECK_INT(states[i], s->total.states[i]);
    for (size_t i = 0; i < MP_PART_SOURCES; i++)
        CHECK_INT(by[i], s->total.points_by[i]);
    CHECK_INT(s->coverage.applicable, s->count - states[MP_CONTROL_NOT_APPLICABLE]);
    CHECK_INT(s->coverage.by[0] + s->coverage.by[1] + s->coverage.by[2], s->coverage.applicable);
}

static void groups_add_up(const mp_score *s)
{
    static const size_t all[] = { 0, 1, 2, MP_NO_GROUP };
    int64_t points = 0, most = 0;
    size_t count = 0;
    for (size_t i = 0; i < MP_COUNT(all); i++) {
        mp_tally_of t;
        mp_score_tally_group(&t, s, all[i]);
        points += t.points;
        most += t.most;
        count += t.controls;
    }
    CHECK_INT(points, s->total.points);
    CHECK_INT(most, s->total.most);
    CHECK_INT(count, s->count);
}

TEST(numbers_add_up)
{
    for (size_t i = 0; i < 3000; i += test_step(7)) {
        mp_score s = any();
        add_up(&s);
        groups_add_up(&s);
    }
}

/* What is met more never gives less. */
TEST(what_is_done_never_costs)
{
    for (size_t i = 0; i < 2000; i += test_step(7)) {
        mp_score s = any();
        int64_t before = s.total.points;
        size_t at = below(CONTROLS);
        if (!scored[at].part_count)
            continue;
        mp_part *p = &parts[at][below((uint32_t)scored[at].part_count)];
        if (p->state == MP_PART_SILENT)
            continue;
        p->why = p->kind == MP_PART_POLICY      ? MP_WHY_ALL_COMPLY
                 : p->kind == MP_PART_INHERITED ? MP_WHY_INHERITED
                                                : MP_WHY_FRESH;
        p->inherited = MP_CONTROL_COMPLIANT;
        p->met = MP_MET_ALL;
        mp_score_work(&s);
        CHECK(s.total.points >= before);
        add_up(&s);
    }
}

TEST(actions_are_worth_what_they_say)
{
    for (size_t i = 0; i < 300; i += test_step(7)) {
        mp_action a[MP_ACTIONS];
        size_t count;
        int64_t together;
        mp_score s = any();
        CHECK_INT(mp_score_actions(a, &count, &together, &s, &arena, NULL), MP_OK);
        int64_t before = s.total.points, best = 0;
        CHECK(count <= MP_ACTIONS && together >= before);
        add_up(&s); /* it is as it was */
        for (size_t k = 0; k < count; k++) {
            CHECK(a[k].points > 0 && (k == 0 || a[k].points <= a[k - 1].points));
            best = a[k].points > best ? a[k].points : best;
        }
        if (count == 0 || a[0].kind != MP_ACTION_COMPLY)
            continue;
        for (size_t c = 0; c < CONTROLS; c++) /* done by hand */
            for (size_t k = 0; k < scored[c].part_count; k++)
                if (parts[c][k].kind == MP_PART_POLICY && parts[c][k].why != MP_WHY_NOT_ASSIGNED &&
                    parts[c][k].why != MP_WHY_NOTHING_TO_JUDGE && mp_str_eq(parts[c][k].name, a[0].name)) {
                    parts[c][k].why = MP_WHY_ALL_COMPLY;
                    parts[c][k].met = MP_MET_ALL;
                }
        mp_score_work(&s);
        CHECK_INT(s.total.points - before, best);
        CHECK_INT(mp_score_percent(s.total.points, s.total.most), a[0].percent);
        mp_arena_reset(&arena);
    }
}

TEST(one_policy_in_two_controls_is_one_action)
{
    memset(scored, 0, sizeof scored);
    for (size_t i = 0; i < 3; i++) {
        controls[i] = (mp_control){ .id = mp_str_of(&"abc"[i], 1), .label = mp_str_of(&"abc"[i], 1) };
        answers[i] = (mp_answer){ .control = &controls[i], .is_required = i < 2, .nature = MP_PREVENTIVE };
        parts[i][0] = i < 2 ? policy("shared", 3, 1, 0, 0, true) : said(MP_PART_QUESTION, MP_WHY_UNANSWERED);
        scored[i] = (mp_scored){ .control = &controls[i],
                                 .answer = &answers[i],
                                 .group = MP_NO_GROUP,
                                 .parts = parts[i],
                                 .part_count = 1 };
    }
    mp_score s = { .controls = scored, .count = 3 };
    mp_action a[MP_ACTIONS];
    size_t count;
    int64_t together;
    mp_score_work(&s);
    CHECK_INT(mp_score_actions(a, &count, &together, &s, &arena, NULL), MP_OK);
    CHECK_INT(count, 2);
    CHECK_INT(a[0].kind, MP_ACTION_COMPLY);
    CHECK_STR(a[0].name, "shared");
    CHECK_INT(a[0].controls, 2);
    CHECK_INT(a[0].resources, 1);
    CHECK_INT(a[0].points, 13500);
    CHECK_INT(a[1].kind, MP_ACTION_ANSWER);
    CHECK_INT(a[1].points, 9000);
    CHECK(a[1].control == &controls[2]);
    CHECK_INT(together, 63000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(what_a_policy_says), RUN(points_are_those_of_fractions),
        RUN(the_state_of_a_control),
        RUN(what_a_provider_does_counts_as_he_does_it),
        RUN(numbers_add_up),
        RUN(what_is_done_never_costs),
        RUN(actions_are_worth_what_they_say),
        RUN(one_policy_in_two_controls_is_one_action),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
