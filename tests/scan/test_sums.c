/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of verdicts that are made up: what is counted, in which state, once; and that nothing of it depends on
 * how the resources were shared out. */
#include "sums.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "test.h"
#include "world.h"

/* Twelve checks. Initiative A has three policies in two groups and one in none, B two in a group of the same
 * name, and six stand alone. */
#define POLICY(name)                                                                                   \
    "{`id`: `/d/" name "`, `name`: `" name "`, `properties`: {`mode`: `All`, `policyRule`: {"           \
    "`if`: {`field`: `tags.x`, `exists`: true}, `then`: {`effect`: `audit`}}}}"
#define REFERENCE(id, name, groups)                                                                    \
    "{`policyDefinitionReferenceId`: `" id "`, `policyDefinitionId`: `/d/" name "`, `groupNames`: " groups "}"

static const char given[] =
    "[" POLICY("p0") "," POLICY("p1") "," POLICY("p2") "," POLICY("p3") "," POLICY("p4") ","
    POLICY("q0") "," POLICY("q1") "," POLICY("q2") "," POLICY("q3") "," POLICY("q4") "," POLICY("q5") ","
    "{`id`: `/s/a`, `name`: `a`, `properties`: {`policyDefinitionGroups`: [{`name`: `g1`}, {`name`: `g2`}],"
    " `policyDefinitions`: ["
    REFERENCE("a0", "p0", "[`g1`]") "," REFERENCE("a1", "p1", "[`g1`, `g2`]") ","
    REFERENCE("a2", "p2", "[`g2`, `G2`, `g2`]") "," REFERENCE("a3", "p3", "[]") "]}},"
    "{`id`: `/s/b`, `name`: `b`, `properties`: {`policyDefinitionGroups`: [{`name`: `g1`}],"
    " `policyDefinitions`: [" REFERENCE("b0", "p0", "[`g1`]") "," REFERENCE("b4", "p4", "[`g1`]") "]}}]";

/* As Microsoft's list of compliance states has them, from the one that outweighs all others down. */
static const mp_state order[] = {
    MP_STATE_NON_COMPLIANT, MP_STATE_COMPLIANT, MP_STATE_ERROR, MP_STATE_CONFLICTING,
    MP_STATE_PROTECTED, MP_STATE_EXEMPT, MP_STATE_UNKNOWN, MP_STATE_NOT_EVALUATED,
};

enum { STATES = MP_COUNT(order), MOST_SUMS = 8, CHECKS = 12 };

struct fixture {
    world             world;
    mp_facts          facts;
    const mp_program *program;
    mp_sums          *sums[MOST_SUMS];
    uint32_t          count;
    mp_scan_summary   summary;
    mp_arena          arena;
};

static void make_sums(struct fixture *f, uint32_t count)
{
    CHECK_INT(mp_facts_init(&f->facts, f->world.plan, NULL), MP_OK);
    for (f->count = 0; f->count < count; f->count++)
        CHECK_INT(mp_sums_new(&f->sums[f->count], &f->facts, NULL), MP_OK);
}

static void setup(struct fixture *f, const char *policies, uint32_t count)
{
    mp_error err = { 0 };
    *f = (struct fixture){ 0 };
    CHECK_INT(world_open(&f->world, &err), MP_OK);
    if (policies)
        CHECK_INT(world_read(&f->world, "given.json", policies, &err), MP_OK);
    if (world_plan(&f->world, &err) != MP_OK)
        fail_msg("%s", err.message);
    CHECK_INT(mp_plan_program(&f->program, f->world.plan, MP_S("Some.Thing/things"), &err), MP_OK);
    make_sums(f, count);
}

static void teardown(struct fixture *f)
{
    for (uint32_t i = 0; i < f->count; i++)
        mp_sums_free(f->sums[i]);
    mp_facts_done(&f->facts);
    mp_arena_free(&f->arena);
    world_close(&f->world);
}

/* The check with that reference; of a policy on its own, "". */
static uint32_t check_of(const struct fixture *f, const char *reference, const char *policy)
{
    for (uint32_t i = 0; i < f->facts.check_count; i++)
        if (mp_str_eq(f->facts.checks[i].reference_id, mp_str_from(reference)) &&
            mp_str_eq(f->facts.checks[i].policy_name, mp_str_from(policy)))
            return i;
    fail_msg("no check \"%s\" of %s", reference, policy);
    return 0;
}

static mp_resource thing(mp_str id)
{
    return (mp_resource){ .id = id, .type = MP_S("Some.Thing/things"), .name = MP_S("thing") };
}

static void add(struct fixture *f, uint32_t to, const char *id, const mp_verdict *verdicts, uint32_t count)
{
    mp_resource r = thing(mp_str_from(id));
    CHECK_INT(mp_sums_document(f->sums[to], f->program, NULL), MP_OK);
    CHECK_INT(mp_sums_add(f->sums[to], f->program, &r, verdicts, count, NULL), MP_OK);
}

static void merge(struct fixture *f)
{
    CHECK_INT(mp_sums_merge(&f->summary, &f->facts, f->sums, f->count, &f->arena, NULL), MP_OK);
}

static void check_tally(const mp_tally *found, const mp_tally *wanted, const char *what)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        if (found->by_state[i] != wanted->by_state[i])
            fail_msg("%s, %s: %llu, wanted %llu", what, mp_states[i].text.ptr,
                     (unsigned long long)found->by_state[i], (unsigned long long)wanted->by_state[i]);
}

static mp_tally one(mp_state state)
{
    mp_tally t = { { 0 } };
    t.by_state[state] = 1;
    return t;
}

/* ---- states ---- */

TEST(the_state_that_outweighs_is_that_of_the_whole)
{
    for (size_t a = 0; a < STATES; a++)
        for (size_t b = 0; b < STATES; b++)
            for (size_t c = 0; c < STATES; c++) {
                struct fixture f;
                setup(&f, given, 1);
                size_t     first = a < b ? a : b;
                mp_state   whole = order[first < c ? first : c];
                mp_tally   wanted = one(whole);
                mp_verdict verdicts[] = {
                    { .check = check_of(&f, "a0", "p0"), .state = order[a] },
                    { .check = check_of(&f, "a1", "p1"), .state = order[b] },
                    { .check = check_of(&f, "a2", "p2"), .state = order[c] },
                };
                add(&f, 0, "/r", verdicts, 3);
                merge(&f);
                check_tally(&f.summary.resources, &wanted, "overall");
                check_tally(&f.facts.initiatives[0].resources, &wanted, "the initiative");
                check_tally(&f.summary.types[0].resources, &wanted, "the type");
                wanted = one(order[first]); /* a0 and a1 */
                check_tally(&f.facts.groups[0].resources, &wanted, "group 1");
                wanted = one(order[b < c ? b : c]); /* a1 and a2 */
                check_tally(&f.facts.groups[1].resources, &wanted, "group 2");
                CHECK_INT(mp_tally_total(&f.summary.pairs), 3);
                teardown(&f);
            }
}

/* (compliant + exempt + unknown) / (those + non-compliant + conflicting + error). */
TEST(the_percentage_counts_each_state_in_its_part)
{
    static const struct {
        uint64_t non_compliant, compliant, error, conflicting, protected, exempt, unknown, not_evaluated;
        double   percent;
    } cases[] = {
        { .percent = -1 },
        { .compliant = 3, .percent = 100 },
        { .non_compliant = 3, .percent = 0 },
        { .compliant = 1, .non_compliant = 1, .percent = 50 },
        { .compliant = 1, .error = 1, .percent = 50 },
        { .compliant = 1, .conflicting = 1, .percent = 50 },
        { .exempt = 1, .non_compliant = 3, .percent = 25 },
        { .unknown = 1, .non_compliant = 3, .percent = 25 },
        { .compliant = 1, .protected = 9, .non_compliant = 1, .percent = 50 },
        { .protected = 5, .percent = -1 },
        { .not_evaluated = 5, .percent = -1 },
        { .compliant = 3, .exempt = 2, .unknown = 1, .non_compliant = 1, .conflicting = 2, .error = 3,
          .protected = 100, .not_evaluated = 100, .percent = 50 },
        { .compliant = UINT64_C(10000000000), .percent = 100 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_tally t = { { 0 } };
        t.by_state[MP_STATE_NON_COMPLIANT] = cases[i].non_compliant;
        t.by_state[MP_STATE_COMPLIANT] = cases[i].compliant;
        t.by_state[MP_STATE_ERROR] = cases[i].error;
        t.by_state[MP_STATE_CONFLICTING] = cases[i].conflicting;
        t.by_state[MP_STATE_PROTECTED] = cases[i].protected;
        t.by_state[MP_STATE_EXEMPT] = cases[i].exempt;
        t.by_state[MP_STATE_UNKNOWN] = cases[i].unknown;
        t.by_state[MP_STATE_NOT_EVALUATED] = cases[i].not_evaluated;
        double percent = mp_tally_percent(&t);
        if (percent != cases[i].percent) /* all are exact in binary */
            fail_msg("case %zu: %f, wanted %f", i, percent, cases[i].percent);
    }
}

/* ---- counting ---- */

TEST(checks_stand_in_the_groups_that_their_initiative_names)
{
    struct fixture f;
    setup(&f, given, 0);
    CHECK_INT(f.facts.check_count, CHECKS);
    CHECK_INT(f.facts.initiative_count, 2);
    CHECK_INT(f.facts.group_count, 3);
    CHECK_STR(f.facts.groups[0].name, "g1");
    CHECK_STR(f.facts.groups[1].name, "g2");
    CHECK_STR(f.facts.groups[2].name, "g1");
    CHECK(f.facts.groups[1].initiative == 0 && f.facts.groups[2].initiative == 1);
    const mp_scan_check *a1 = &f.facts.checks[check_of(&f, "a1", "p1")];
    const mp_scan_check *b4 = &f.facts.checks[check_of(&f, "b4", "p4")];
    CHECK(a1->group_count == 2 && a1->groups[0] == 0 && a1->groups[1] == 1);
    CHECK(b4->group_count == 1 && b4->groups[0] == 2);
    CHECK_INT(f.facts.checks[check_of(&f, "a3", "p3")].group_count, 0);
    CHECK_INT(f.facts.checks[check_of(&f, "a2", "p2")].group_count, 1); /* though named three times */
    CHECK_INT(f.facts.initiative_of[check_of(&f, "b0", "p0")], 1);
    teardown(&f);
}

TEST(a_resource_counts_once_wherever_it_is_counted)
{
    struct fixture f;
    setup(&f, given, 1);
    mp_verdict first[] = {
        { .check = check_of(&f, "a0", "p0"), .state = MP_STATE_COMPLIANT },
        { .check = check_of(&f, "a1", "p1"), .state = MP_STATE_NON_COMPLIANT },
        { .check = check_of(&f, "a3", "p3"), .state = MP_STATE_ERROR },
        { .check = check_of(&f, "b0", "p0"), .state = MP_STATE_EXEMPT },
        { .check = check_of(&f, "b4", "p4"), .state = MP_STATE_UNKNOWN },
    };
    mp_verdict second[] = { { .check = check_of(&f, "b4", "p4"), .state = MP_STATE_COMPLIANT } };
    add(&f, 0, "/one", first, 5);
    add(&f, 0, "/two", second, 1);
    add(&f, 0, "/three", NULL, 0);
    mp_sums_duplicate(f.sums[0]);
    merge(&f);
    CHECK_INT(f.summary.documents, 3);
    CHECK_INT(f.summary.duplicates, 1);
    CHECK_INT(f.summary.without_policy, 1);
    CHECK_INT(mp_tally_total(&f.summary.pairs), 6);
    mp_tally both = { { [MP_STATE_NON_COMPLIANT] = 1, [MP_STATE_COMPLIANT] = 1 } };
    check_tally(&f.summary.resources, &both, "overall");
    mp_tally bad = one(MP_STATE_NON_COMPLIANT);
    check_tally(&f.facts.initiatives[0].resources, &bad, "a");
    check_tally(&f.facts.groups[0].resources, &bad, "a/g1");
    check_tally(&f.facts.groups[1].resources, &bad, "a/g2");
    mp_tally other = { { [MP_STATE_EXEMPT] = 1, [MP_STATE_COMPLIANT] = 1 } };
    check_tally(&f.facts.initiatives[1].resources, &other, "b");
    check_tally(&f.facts.groups[2].resources, &other, "b/g1");
    other = (mp_tally){ { [MP_STATE_UNKNOWN] = 1, [MP_STATE_COMPLIANT] = 1 } };
    check_tally(&f.facts.checks[check_of(&f, "b4", "p4")].resources, &other, "b4");
    teardown(&f);
}

/* A policy's own state is the rollup of its resources'; one without resources is in none. */
TEST(groups_count_their_policies)
{
    struct fixture f;
    setup(&f, given, 2);
    mp_verdict good[] = { { .check = check_of(&f, "a0", "p0"), .state = MP_STATE_COMPLIANT },
                          { .check = check_of(&f, "b0", "p0"), .state = MP_STATE_PROTECTED } };
    mp_verdict bad[] = { { .check = check_of(&f, "a0", "p0"), .state = MP_STATE_NON_COMPLIANT },
                         { .check = check_of(&f, "a2", "p2"), .state = MP_STATE_CONFLICTING },
                         { .check = check_of(&f, "b0", "p0"), .state = MP_STATE_EXEMPT } };
    add(&f, 0, "/one", good, 2);
    add(&f, 1, "/two", bad, 3);
    merge(&f);
    mp_tally g1 = { { [MP_STATE_NON_COMPLIANT] = 1, [MP_STATE_NOT_APPLICABLE] = 1 } };
    check_tally(&f.facts.groups[0].policies, &g1, "a/g1");
    mp_tally g2 = { { [MP_STATE_CONFLICTING] = 1, [MP_STATE_NOT_APPLICABLE] = 1 } };
    check_tally(&f.facts.groups[1].policies, &g2, "a/g2");
    mp_tally g3 = { { [MP_STATE_PROTECTED] = 1, [MP_STATE_NOT_APPLICABLE] = 1 } };
    check_tally(&f.facts.groups[2].policies, &g3, "b/g1");
    teardown(&f);
}

TEST(types_are_summed_by_name)
{
    enum { TYPES = 300 };
    struct fixture f;
    setup(&f, given, 3);
    mp_verdict v = { .check = check_of(&f, "", "q1"), .state = MP_STATE_COMPLIANT };
    for (uint32_t i = 0; i < 3 * TYPES; i++) {
        const mp_program *program;
        char              type[64];
        int               len = snprintf(type, sizeof type, "Some.Thing/t%03u", i * 7 % TYPES);
        CHECK_INT(mp_plan_program(&program, f.world.plan, mp_str_of(type, (size_t)len), NULL), MP_OK);
        mp_resource r = thing(MP_S("/r"));
        CHECK_INT(mp_sums_document(f.sums[i % 3], program, NULL), MP_OK);
        if (i < 2 * TYPES)
            CHECK_INT(mp_sums_add(f.sums[i % 3], program, &r, &v, 1, NULL), MP_OK);
    }
    merge(&f);
    CHECK_INT(f.summary.type_count, TYPES);
    CHECK_INT(f.summary.documents, 3 * TYPES);
    for (uint32_t i = 0; i < TYPES; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "Some.Thing/t%03u", i);
        CHECK_STR(f.summary.types[i].type, wanted);
        CHECK_INT(f.summary.types[i].documents, 3);
        CHECK_INT(f.summary.types[i].resources.by_state[MP_STATE_COMPLIANT], 2);
    }
    teardown(&f);
}

TEST(nothing_sums_to_nothing)
{
    static const mp_tally nothing;
    for (uint32_t count = 0; count < 3; count++) {
        struct fixture f;
        setup(&f, NULL, count);
        CHECK(f.facts.check_count == 0 && f.facts.group_count == 0 && f.facts.initiative_count == 0);
        if (count)
            add(&f, 0, "/r", NULL, 0);
        merge(&f);
        check_tally(&f.summary.resources, &nothing, "overall");
        check_tally(&f.summary.pairs, &nothing, "pairs");
        CHECK_INT(f.summary.without_policy, count ? 1 : 0);
        CHECK_INT(f.summary.type_count, count ? 1 : 0);
        CHECK_INT(f.summary.worst_count, 0);
        teardown(&f);
    }
    mp_sums_free(NULL);
}

/* ---- any division ---- */

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

struct judged {
    char       id[64];
    mp_verdict verdicts[CHECKS];
    uint32_t   count;
};

static void make_judged(struct judged *r, uint32_t i)
{
    snprintf(r->id, sizeof r->id, "/things/%u", i * 7919 % 100003);
    r->count = 0;
    for (uint32_t c = 0; c < CHECKS; c++)
        if (any(3))
            r->verdicts[r->count++] = (mp_verdict){ .check = c, .state = order[any(STATES)] };
    if (i % 11 == 0)
        r->count = 0;
}

typedef bool is_part(const mp_facts *facts, uint32_t check, uint32_t of);

/* Counted the long way round: for each whole, every resource and every verdict. */
static mp_tally tally_of(const struct judged *all, uint32_t n, is_part *is_in, const mp_facts *facts,
                         uint32_t of)
{
    mp_tally t = { { 0 } };
    for (uint32_t i = 0; i < n; i++) {
        size_t first = STATES;
        for (uint32_t k = 0; k < all[i].count; k++) {
            size_t place = 0;
            while (order[place] != all[i].verdicts[k].state)
                place++;
            if (is_in(facts, all[i].verdicts[k].check, of) && place < first)
                first = place;
        }
        if (first < STATES)
            t.by_state[order[first]]++;
    }
    return t;
}

static bool in_all(const mp_facts *f, uint32_t check, uint32_t of)
{
    return check < f->check_count && of == 0;
}

static bool in_check(const mp_facts *f, uint32_t check, uint32_t of)
{
    return check < f->check_count && check == of;
}

static bool in_initiative(const mp_facts *f, uint32_t check, uint32_t of)
{
    return f->initiative_of[check] == of;
}

static bool in_group(const mp_facts *f, uint32_t check, uint32_t of)
{
    for (uint32_t g = 0; g < f->checks[check].group_count; g++)
        if (f->checks[check].groups[g] == of)
            return true;
    return false;
}

static void check_against(const struct fixture *f, const struct judged *all, uint32_t n)
{
    mp_tally wanted = tally_of(all, n, in_all, &f->facts, 0);
    check_tally(&f->summary.resources, &wanted, "overall");
    check_tally(&f->summary.types[0].resources, &wanted, "the type");
    for (uint32_t i = 0; i < f->facts.check_count; i++) {
        wanted = tally_of(all, n, in_check, &f->facts, i);
        check_tally(&f->facts.checks[i].resources, &wanted, "a check");
    }
    for (uint32_t i = 0; i < f->facts.group_count; i++) {
        wanted = tally_of(all, n, in_group, &f->facts, i);
        check_tally(&f->facts.groups[i].resources, &wanted, "a group");
    }
    for (uint32_t i = 0; i < f->facts.initiative_count; i++) {
        wanted = tally_of(all, n, in_initiative, &f->facts, i);
        check_tally(&f->facts.initiatives[i].resources, &wanted, "an initiative");
    }
}

TEST(any_number_of_sums_count_what_is_counted_by_hand)
{
    enum { THINGS = 2000 };
    static struct judged all[THINGS];
    for (uint32_t count = 1; count <= MOST_SUMS; count++) {
        struct fixture f;
        setup(&f, given, count);
        seed = 42;
        uint64_t without = 0, pairs = 0;
        for (uint32_t i = 0; i < THINGS; i++) {
            make_judged(&all[i], i);
            without += all[i].count == 0;
            pairs += all[i].count;
        }
        for (uint32_t i = 0; i < THINGS; i++)
            add(&f, any(count), all[i].id, all[i].verdicts, all[i].count);
        merge(&f);
        check_against(&f, all, THINGS);
        CHECK_INT(f.summary.without_policy, without);
        CHECK_INT(mp_tally_total(&f.summary.pairs), pairs);
        CHECK_INT(f.summary.documents, THINGS);
        CHECK_INT(f.summary.types[0].documents, THINGS);
        teardown(&f);
    }
}

/* ---- the worst ---- */

static void print_worst(mp_buf *out, const mp_scan_summary *s)
{
    for (uint32_t i = 0; i < s->worst_count; i++) {
        const mp_scan_worst *w = &s->worst[i];
        mp_buf_printf(out, "%.*s %.*s %.*s %u/%u", MP_FMT(w->id), MP_FMT(w->type), MP_FMT(w->name),
                      w->non_compliant, w->total);
        for (uint32_t c = 0; c < w->check_count; c++)
            mp_buf_printf(out, " %u", w->checks[c]);
        mp_buf_add_c(out, '\n');
    }
    CHECK_INT(mp_buf_check(out, NULL), MP_OK);
}

/* A resource as duplicates may differ, and its verdicts. */
struct doc {
    mp_resource resource;
    mp_verdict  verdicts[CHECKS];
    uint32_t    count;
};

static void shuffle(struct doc *docs, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t   k = any(i);
        struct doc swap = docs[i - 1];
        docs[i - 1] = docs[k];
        docs[k] = swap;
    }
}

/* Shuffled and shared out in many ways, the list is one and the same. */
static void check_worst(struct doc *docs, uint32_t n, mp_buf *list)
{
    for (uint32_t round = 0; round < 60; round++) {
        struct fixture f;
        mp_buf         found = MP_BUF_INIT;
        setup(&f, given, 1 + round % MOST_SUMS);
        shuffle(docs, n);
        for (uint32_t i = 0; i < n; i++)
            CHECK_INT(mp_sums_add(f.sums[any(f.count)], f.program, &docs[i].resource, docs[i].verdicts,
                                  docs[i].count, NULL), MP_OK);
        merge(&f);
        print_worst(&found, &f.summary);
        if (round == 0) {
            *list = found;
        } else if (!mp_str_eq(mp_buf_str(&found), mp_buf_str(list))) {
            fail_msg("round %u:\n%.*swanted\n%.*s", round, MP_FMT(mp_buf_str(&found)), MP_FMT(mp_buf_str(list)));
        } else {
            mp_buf_free(&found);
        }
        teardown(&f);
    }
}

static void fill_verdicts(struct doc *d, uint32_t bad, uint32_t total, uint32_t first)
{
    d->count = total;
    for (uint32_t i = 0; i < total; i++)
        d->verdicts[i] = (mp_verdict){ .check = (first + i) % CHECKS,
                                       .state = i < bad ? MP_STATE_NON_COMPLIANT : MP_STATE_COMPLIANT };
}

TEST(ties_go_by_id)
{
    enum { THINGS = 200 };
    static struct doc docs[THINGS];
    static char       ids[THINGS][64];
    mp_buf            list = MP_BUF_INIT, wanted = MP_BUF_INIT;
    for (uint32_t i = 0; i < THINGS; i++) {
        snprintf(ids[i], sizeof ids[i], "/things/%s%03u", i % 2 ? "a" : "A", i);
        docs[i] = (struct doc){ .resource = thing(mp_str_from(ids[i])) };
        fill_verdicts(&docs[i], i % 50 == 0 ? 3 : 2, 4, 0);
    }
    for (uint32_t i = 0; i < 200; i += 50) /* the worst ones */
        mp_buf_printf(&wanted, "/things/A%03u Some.Thing/things thing 3/4 0 1 2\n", i);
    for (uint32_t i = 2; i < 34; i += 2) /* byte by byte: 'A' before 'a' */
        mp_buf_printf(&wanted, "/things/A%03u Some.Thing/things thing 2/4 0 1\n", i);
    check_worst(docs, THINGS, &list);
    mp_buf_add_c(&wanted, '\0');
    CHECK_STR(mp_buf_str(&list), wanted.ptr);
    mp_buf_free(&list);
    mp_buf_free(&wanted);
}

/* Documents of one id, all as bad, that differ in what the list shows: often in one thing only. */
TEST(duplicates_do_not_depend_on_who_added_them)
{
    enum { DOCS = 160 };
    static struct doc docs[DOCS];
    mp_buf            list = MP_BUF_INIT;
    for (uint32_t i = 0; i < DOCS; i++) {
        docs[i].resource = (mp_resource){ .id = any(2) ? MP_S("/same") : MP_S("/SAME"),
                                          .type = any(2) ? MP_S("Type") : MP_S("type"),
                                          .name = any(2) ? MP_S("Name") : MP_S("name") };
        fill_verdicts(&docs[i], 2, 3 + any(2), any(2));
    }
    check_worst(docs, DOCS, &list);
    CHECK(mp_str_starts(mp_buf_str(&list), MP_S("/SAME Type Name 2/3 0 1\n")));
    mp_buf_free(&list);
}

TEST(the_list_holds_what_there_is_and_no_more)
{
    static struct doc docs[MP_SCAN_WORST + 30];
    static char       ids[MP_COUNT(docs)][2048];
    for (uint32_t n = 0; n <= MP_COUNT(docs); n += n < 3 ? 1 : 12) {
        struct fixture f;
        setup(&f, given, 2);
        for (uint32_t i = 0; i < n; i++) { /* from short to long ids, so that memory is taken anew */
            size_t len = 10 + i * 37;
            memset(ids[i], 'a' + (int)(i % 26), len);
            docs[i].resource = thing(mp_str_of(ids[i], len));
            fill_verdicts(&docs[i], 1 + i % 11, 11, 0);
            CHECK_INT(mp_sums_add(f.sums[i % 2], f.program, &docs[i].resource, docs[i].verdicts, 11, NULL), MP_OK);
        }
        merge(&f);
        CHECK_INT(f.summary.worst_count, n < MP_SCAN_WORST ? n : MP_SCAN_WORST);
        for (uint32_t i = 0; i < f.summary.worst_count; i++) {
            const mp_scan_worst *w = &f.summary.worst[i];
            CHECK(i == 0 || w->non_compliant <= f.summary.worst[i - 1].non_compliant);
            CHECK(w->check_count == w->non_compliant || w->non_compliant > MP_SCAN_WORST_CHECKS);
            CHECK(w->check_count == MP_SCAN_WORST_CHECKS || w->non_compliant < MP_SCAN_WORST_CHECKS);
            for (uint32_t c = 0; c < w->check_count; c++)
                CHECK_INT(w->checks[c], c);
            CHECK_STR(w->name, "thing");
            for (size_t k = 1; k < w->id.len; k++)
                CHECK(w->id.ptr[k] == w->id.ptr[0]);
        }
        teardown(&f);
    }
}

TEST(what_complies_is_not_on_the_list)
{
    struct fixture f;
    setup(&f, given, 1);
    for (size_t i = 0; i < STATES; i++) {
        mp_verdict v = { .check = 0, .state = order[i] };
        add(&f, 0, "/r", &v, 1);
    }
    merge(&f);
    CHECK_INT(f.summary.worst_count, 1);
    teardown(&f);
}

/* ---- memory ---- */

struct attempt {
    mp_facts        facts;
    mp_sums        *sums[2];
    mp_scan_summary summary;
    mp_arena        arena;
};

static mp_code try_all(struct attempt *a, const struct fixture *f, mp_error *err)
{
    MP_TRY(mp_facts_init(&a->facts, f->world.plan, err));
    for (uint32_t i = 0; i < 2; i++)
        MP_TRY(mp_sums_new(&a->sums[i], &a->facts, err));
    for (uint32_t i = 0; i < 60; i++) {
        char       id[64];
        mp_verdict v = { .check = 0, .state = MP_STATE_NON_COMPLIANT };
        snprintf(id, sizeof id, "/things/%u%.*s", i, (int)(i % 40), "........................................");
        mp_resource r = thing(mp_str_from(id));
        MP_TRY(mp_sums_document(a->sums[i % 2], f->program, err));
        MP_TRY(mp_sums_add(a->sums[i % 2], f->program, &r, &v, 1, err));
    }
    return mp_sums_merge(&a->summary, &a->facts, a->sums, 2, &a->arena, err);
}

static bool sum_all(void *context)
{
    struct attempt a = { 0 };
    mp_error       err = { 0 };
    mp_code        code = try_all(&a, context, &err);
    CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM));
    if (code == MP_OK)
        CHECK_INT(a.summary.resources.by_state[MP_STATE_NON_COMPLIANT], 60);
    mp_sums_free(a.sums[0]);
    mp_sums_free(a.sums[1]);
    mp_facts_done(&a.facts);
    mp_arena_free(&a.arena);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    struct fixture f;
    setup(&f, given, 0);
    CHECK(fault_loop(sum_all, &f) > 40);
    teardown(&f);
}

int main(void)
{
    return MAIN(RUN(the_state_that_outweighs_is_that_of_the_whole),
                RUN(the_percentage_counts_each_state_in_its_part),
                RUN(checks_stand_in_the_groups_that_their_initiative_names),
                RUN(a_resource_counts_once_wherever_it_is_counted), RUN(groups_count_their_policies),
                RUN(types_are_summed_by_name), RUN(nothing_sums_to_nothing),
                RUN(any_number_of_sums_count_what_is_counted_by_hand), RUN(ties_go_by_id),
                RUN(duplicates_do_not_depend_on_who_added_them),
                RUN(the_list_holds_what_there_is_and_no_more), RUN(what_complies_is_not_on_the_list),
                RUN(memory_may_run_out));
}
