/* SPDX-License-Identifier: Apache-2.0 */
/* How frameworks stand: what comes out of the company of score_world.h is counted by hand, and then asked of
 * everything at random. */
#include "score_world.h"

#include "document_answer.h"
#include "states.h"

static uint32_t seed = 20261122;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* ---- by hand ---- */

TEST(counted_by_hand)
{
    asking a = { .scope = MP_S("") };
    (void)ask_of(&a, at(""), 0);
    want(&a, "1.1", MP_CONTROL_PARTIAL,
         9000); /* size 3 of 4, small 1 of 4, one question open: 27 x (3/4 + 1/4 + 0) / 3 */
    want(&a, "1.2", MP_CONTROL_PARTIAL, 1125); /* size 3 of 4, no evidence: 3 x 3/4 / 2 */
    want(&a, "1.3", MP_CONTROL_UNKNOWN, 0);    /* two questions open */
    want(&a, "2.1", MP_CONTROL_UNKNOWN, 0);    /* nothing to judge */
    want(&a, "2.2", MP_CONTROL_UNKNOWN, 0);    /* a gap */
    CHECK_INT(a.score.total.points, 10125);
    CHECK_INT(a.score.total.most, 67000);
    CHECK_INT(mp_score_percent(a.score.total.points, a.score.total.most), 1511);
    const mp_part *small = &control(&a, "1.1")->parts[1];
    CHECK_INT(small->counts[MP_COUNT_COMPLIANT], 1);
    CHECK_INT(small->counts[MP_COUNT_NON_COMPLIANT], 3);
    CHECK_INT(small->id_count, 1);
    CHECK_INT(control(&a, "2.1")->parts[0].why, MP_WHY_NOTHING_TO_JUDGE);
    CHECK_INT(a.score.coverage.applicable, 5);
    CHECK_INT(a.score.coverage.by[MP_BY_MACHINE] + a.score.coverage.by[MP_BY_PART], 3);
    CHECK_INT(a.score.coverage.judged, 2);
    CHECK_INT(a.score.coverage.gaps, 1);
    mp_action list[MP_ACTIONS];
    size_t count;
    int64_t together;
    CHECK_INT(mp_score_actions(list, &count, &together, &a.score, &w.arena, NULL), MP_OK);
    CHECK_INT(count, 5);
    CHECK_INT(list[0].points, 9000); /* of three that are worth 9: the question of 1.1, the two of 1.3 */
    CHECK_INT(list[1].points, 9000);
    CHECK_STR(list[2].name, "small"); /* 27 x 3/4 / 3 */
    CHECK_INT(list[2].points, 6750);
    CHECK_INT(list[2].resources, 3);
    CHECK_STR(list[3].name, "size"); /* 27 x 1/4 / 3 + 3 x 1/4 / 2 */
    CHECK_INT(list[3].points, 2625);
    CHECK_INT(list[3].controls, 2);
    CHECK_INT(list[4].points, 1500); /* the evidence of 1.2 */
    CHECK_INT(together, 39000);
}

/* A group where nothing stands: the same policies, and nothing to judge. */
TEST(nothing_to_judge_is_no_pass)
{
    asking a = { .scope = MP_S("") };
    (void)ask_of(&a, at("/resourceGroups/other"), 0);
    CHECK_INT(control(&a, "1.1")->parts[0].why, MP_WHY_NOTHING_TO_JUDGE);
    want(&a, "1.1", MP_CONTROL_UNKNOWN, 0);
    CHECK_INT(a.score.total.states[MP_CONTROL_COMPLIANT], 0);
    a.of.scope_count = 0;
    (void)ask_of(&a, "/subscriptions/00000000-0000-4000-8000-000000000000", 0); /* where nobody judges */
    CHECK_INT(control(&a, "1.1")->parts[0].why, MP_WHY_NOT_ASSIGNED);
}

TEST(what_people_say)
{
    asking a = { .scope = MP_S("") };
    mp_ticks before = mp_clock_now();
    answer("d-1.1", 1, "is it so?", "yes", "");
    answer("d-1.3", 1, "one?", "no", "");
    answer("d-1.3", 2, "another question", "yes", "");
    say(&mp_control_exclusion_kind, "demo~d-2.2",
        "{'framework':'demo','control':'d-2.2','measure':'','justification':'bought'}");
    say(&mp_control_finding_kind, "f1",
        "{'framework':'demo','control':'d-1.2','measure':'','title':'open','severity':'high','status':'open'}");
    const mp_json *shown = ask_of(&a, at(""), 0);
    want(&a, "1.1", MP_CONTROL_PARTIAL, 18000);
    want(&a, "1.2", MP_CONTROL_PARTIAL, 750); /* 3 x 3/4 / 3: the finding is a part of it */
    want(&a, "1.3", MP_CONTROL_NON_COMPLIANT, 0);
    want(&a, "2.2", MP_CONTROL_NOT_APPLICABLE, 0);
    CHECK_INT(control(&a, "1.3")->parts[1].why, MP_WHY_OTHER_QUESTION);
    CHECK_INT(a.score.total.most, 40000);
    const mp_json *controls = mp_json_get(shown, MP_S("controls")), *last = mp_json_at(controls, 4);
    CHECK_STR(mp_json_str(mp_json_get(mp_json_get(last, MP_S("justification")), MP_S("en"))), "bought");
    (void)ask_of(&a, at(""), before); /* nobody had said it then */
    want(&a, "1.1", MP_CONTROL_PARTIAL, 9000);
    want(&a, "2.2", MP_CONTROL_UNKNOWN, 0);
    say(&mp_control_exclusion_kind, "demo~d-2.2",
        "{'framework':'demo','control':'d-2.2','measure':'','justification':'bought','validUntil':'2020-01-"
        "01T00:00:00Z'}");
    answer("d-1.3", 1, "one?", "notApplicable", "");
    answer("d-1.3", 2, "two?", "notApplicable", "");
    (void)ask_of(&a, at(""), 0);
    want(&a, "2.2", MP_CONTROL_UNKNOWN, 0); /* its time is over */
    want(&a, "1.3", MP_CONTROL_NOT_APPLICABLE, 0);
}

TEST(a_measure_says_it_more_exactly)
{
    asking a = { .measure = { .name = MP_S("shop"), .framework = MP_S("demo") } };
    a.of.measure = &a.measure;
    answer("d-1.1", 1, "is it so?", "no", "shop");
    (void)ask_of(&a, at(""), 0);
    CHECK_INT(control(&a, "1.1")->parts[2].why, MP_WHY_ANSWERED_NO);
    a.measure.name = MP_S("other");
    (void)ask_of(&a, at(""), 0);
    CHECK_INT(control(&a, "1.1")->parts[2].why, MP_WHY_ANSWERED_YES);
}

TEST(what_a_provider_answers_for)
{
    asking a = { .measure = {
                     .name = MP_S("tenant"), .framework = MP_S("demo"), .inherits = MP_S("platform") } };
    a.of.measure = &a.measure;
    say(&mp_measure_kind, "platform",
        api_printf(&w, "{'name':'platform','framework':'demo','scopes':['%s']}", at("/resourceGroups/demo")));
    (void)ask_of(&a, at("/resourceGroups/other"), 0);
    const mp_scored *provider = control(&a, "1.2"), *both = control(&a, "1.1"), *customer = control(&a, "1.3");
    CHECK_INT(provider->parts[0].kind, MP_PART_FINDING); /* his own, beside what is inherited */
    CHECK_INT(provider->parts[1].kind, MP_PART_INHERITED);
    CHECK_STR(provider->parts[1].name, "platform");
    CHECK_INT(provider->parts[1].inherited, MP_CONTROL_PARTIAL);
    CHECK_INT(both->part_count, 4);
    CHECK_INT(both->parts[3].why, MP_WHY_INHERITED);
    for (size_t i = 0; i < customer->part_count; i++)
        CHECK(customer->parts[i].kind != MP_PART_INHERITED);
    a.measure.inherits = MP_S("nobody");
    (void)ask_of(&a, at("/resourceGroups/other"), 0);
    CHECK_INT(control(&a, "1.2")->parts[1].why, MP_WHY_NOT_MEASURED);
}

/* The provider stands by another edition, whose controls are mapped to ours in four ways:
 *
 *   1.1 (of both)         p-1 demands a part of it: a part more, beside our own
 *   1.2 (of the provider) p-2 demands the same: it stands for ours
 *   2.1 (of the provider) p-1 overlaps: shown, and our own policy stays
 *   2.2 (of the provider) nothing is mapped to it: a gap still, and not "does not apply" */
TEST(a_provider_of_another_edition)
{
    static const char text[] =
        "{'catalog':{'uuid':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c02','metadata':{'title':'Other','version':'2','oscal-"
        "version':'1.1.2','last-modified':'2026-01-01T00:00:00Z'},'controls':[{'id':'p-1','title':'A'},{'id':'p-2',"
        "'title':'B'}]}}";
    static const char said[] =
        "{'answers':{'catalog':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c02','controls':[{'control':'p-1','checkedBy':"
        "'machine','responsibility':'provider','required':true,'nature':'preventive','policies':['size']},{'control':"
        "'p-2','checkedBy':'machine','responsibility':'provider','required':true,'nature':'preventive','policies':"
        "['size']}]}}";
    static const char maps[] =
        "{'mapping':{'uuid':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c03','from':'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c02','to':"
        "'5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01','stated':false,'basis':{'en':'b'},'maps':["
        "{'from':'p-1','to':'d-1.1','relation':'subset','stated':true},{'from':'p-2','to':'d-1.2','relation':'equal'},"
        "{'from':'p-1','to':'d-2.1','relation':'intersects'}]}}";
    const mp_catalog_document documents[] = { { MP_S("demo/catalog.json"), json(company_catalog) },
                                              { MP_S("demo/answers.json"), json(company_answers) },
                                              { MP_S("other/catalog.json"), json(text) },
                                              { MP_S("other/answers.json"), json(said) },
                                              { MP_S("mappings/m.json"), json(maps) } };
    mp_frameworks both;
    mp_error err;
    if (mp_frameworks_read(&both, documents, MP_COUNT(documents), &w.arena, &err) != MP_OK)
        fail_msg("%s", err.message);
    asking a = { .measure = {
                     .name = MP_S("tenant"), .framework = MP_S("demo"), .inherits = MP_S("platform") } };
    a.of.measure = &a.measure;
    a.all = &both;
    say(&mp_measure_kind, "platform",
        api_printf(&w, "{'name':'platform','framework':'other','scopes':['%s']}", at("/resourceGroups/demo")));
    const mp_json *shown = ask_of(&a, at("/resourceGroups/other"), 0);
    const mp_scored *part = control(&a, "1.1"), *whole = control(&a, "1.2"), *overlap = control(&a, "2.1"),
                    *none = control(&a, "2.2");
    CHECK_INT(part->part_count, 4); /* two policies, a question, and his */
    CHECK_INT(part->parts[3].why, MP_WHY_INHERITED);
    CHECK_INT(part->parts[3].inherited, MP_CONTROL_PARTIAL);
    CHECK_STR(part->parts[3].text.en, "platform: other p-1, which demands a part of it");
    CHECK_INT(whole->parts[whole->part_count - 1].why, MP_WHY_INHERITED);
    CHECK_STR(whole->parts[whole->part_count - 1].text.en, "platform: other p-2, which demands the same (inferred)");
    for (size_t i = 0; i < whole->part_count; i++)
        CHECK(whole->parts[i].kind == MP_PART_INHERITED || whole->parts[i].kind == MP_PART_FINDING);
    CHECK_INT(overlap->part_count, 2);
    CHECK_INT(overlap->parts[0].kind, MP_PART_POLICY);
    CHECK_INT(overlap->parts[1].why, MP_WHY_OVERLAPS);
    CHECK_INT(overlap->parts[1].most, 0);
    CHECK_INT(none->parts[0].why, MP_WHY_NOT_MAPPED);
    CHECK_INT(none->state, MP_CONTROL_UNKNOWN);
    const mp_json *first = mp_json_at(mp_json_get(shown, MP_S("controls")), 0),
                  *last = mp_json_at(mp_json_get(first, MP_S("parts")), 3),
                  *from = mp_json_get(last, MP_S("from"));
    CHECK_STR(mp_json_str(mp_json_get(from, MP_S("framework"))), "other");
    CHECK_STR(mp_json_str(mp_json_get(from, MP_S("control"))), "p-1");
    CHECK_STR(mp_json_str(mp_json_get(from, MP_S("relation"))), "subset");
    CHECK(mp_json_get(from, MP_S("stated"))->u.integer);
}

/* ---- at random ---- */

static int64_t thousandths(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    CHECK(v != NULL);
    double d = mp_json_double(v) * 1000.0;
    return (int64_t)(d + 0.5);
}

static int64_t number(const mp_json *object, const char *member)
{
    return mp_json_get(object, mp_str_from(member))->u.integer;
}

/* Every total of the document is that of what stands below it. */
static void adds_up(const mp_json *shown)
{
    const mp_json *controls = mp_json_get(shown, MP_S("controls")), *score = mp_json_get(shown, MP_S("score"));
    int64_t points = 0, most = 0, states[MP_CONTROL_STATES] = { 0 }, grouped = 0, group_count = 0;
    for (MP_JSON_EACH(c, controls)) {
        int64_t of_parts = 0;
        const mp_json *parts = mp_json_get(c, MP_S("parts"));
        if (parts->count)
            for (MP_JSON_EACH(part, parts))
                of_parts += thousandths(part, "points");
        CHECK_INT(of_parts, thousandths(c, "points"));
        points += of_parts;
        most += thousandths(c, "most");
        for (unsigned s = 0; s < MP_CONTROL_STATES; s++)
            states[s] += mp_str_eq(mp_json_str(mp_json_get(c, MP_S("state"))),
                                   mp_str_from(mp_control_state_name((mp_control_state)s)));
    }
    CHECK_INT(points, thousandths(score, "points"));
    CHECK_INT(most, thousandths(score, "most"));
    for (unsigned s = 0; s < MP_CONTROL_STATES; s++)
        CHECK_INT(states[s],
                  number(mp_json_get(shown, MP_S("states")), mp_control_state_name((mp_control_state)s)));
    for (MP_JSON_EACH(group, mp_json_get(shown, MP_S("groups")))) {
        grouped += thousandths(group, "points");
        group_count += number(group, "count");
    }
    CHECK_INT(grouped, points);
    CHECK_INT(group_count, number(shown, "count"));
    CHECK_INT(group_count, controls->count);
}

typedef struct counting {
    mp_states_query query;
    size_t found;
} counting;

static mp_code count_rows(mp_tx *tx, void *arg, mp_error *err)
{
    counting *c = arg;
    mp_states_page page;
    MP_TRY(mp_states_rows(&page, tx, &c->query, &w.arena, err));
    c->found = page.count;
    return MP_OK;
}

/* The verdicts of a part are the rows that one finds where it says. */
static void has_its_records(const mp_json *shown, mp_str scope, mp_ticks as_of)
{
    for (MP_JSON_EACH(c, mp_json_get(shown, MP_S("controls")))) {
        const mp_json *parts = mp_json_get(c, MP_S("parts"));
        if (!parts->count)
            continue;
        for (MP_JSON_EACH(part, parts)) {
            const mp_json *counts = mp_json_get(part, MP_S("counts")),
                          *definition = mp_json_get(part, MP_S("definition"));
            int64_t all = 0;
            counting n = { .query = { .scope = scope, .to = as_of, .page = 1000 } };
            if (!definition)
                continue;
            for (unsigned k = 0; k < MP_COUNTED; k++)
                all += number(counts, mp_counted_name((mp_counted)k));
            n.query.definition = mp_json_str(definition);
            CHECK_INT(mp_store_read(w.app->store, count_rows, &n, NULL), MP_OK);
            CHECK_INT(n.found, all);
        }
    }
}

static void change_something(void)
{
    static const char *const said[] = { "yes", "no", "notApplicable", NULL };
    switch (below(4)) {
    case 0:
        answer("d-1.3", (int)below(2) + 1, "two?", said[below(4)], "");
        break;
    case 1:
        say(&mp_control_exclusion_kind, "demo~d-1.2",
            below(2) ? "{'framework':'demo','control':'d-1.2','measure':'','justification':'x'}" : NULL);
        break;
    default:
        disk(below(2) ? "demo" : "other", api_printf(&w, "d%u", below(6)), below(130) + 1);
        SETTLE;
    }
}

TEST(numbers_add_up_anywhere_at_any_time)
{
    static const char *const places[] = { "", "/resourceGroups/demo", "/resourceGroups/other",
                                          "/resourceGroups/demo/providers/Microsoft.Compute/disks/d1" };
    enum { ROUNDS = 20 };
    mp_ticks times[ROUNDS];
    int64_t then[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        asking a = { .scope = MP_S("") };
        change_something();
        const char *place = at(places[below(MP_COUNT(places))]);
        const mp_json *shown = ask_of(&a, place, 0);
        adds_up(shown);
        has_its_records(shown, a.scope, 0);
        (void)ask_of(&a, at(""), 0);
        then[i] = a.score.total.points;
        times[i] = mp_clock_now();
    }
    for (size_t i = 0; i < ROUNDS; i++) { /* what was, is what it was */
        asking a = { .scope = MP_S("") };
        const mp_json *shown = ask_of(&a, at(""), times[i]);
        CHECK_INT(a.score.total.points, then[i]);
        adds_up(shown);
        shown = ask_of(&a, at(places[below(MP_COUNT(places))]), times[i]);
        adds_up(shown);
        has_its_records(shown, a.scope, times[i]);
    }
}

TEST(two_dates_beside_each_other)
{
    asking one = { .scope = MP_S("") }, two = { .scope = MP_S("") };
    mp_jsonw writer;
    mp_ticks before = mp_clock_now();
    say(&mp_control_exclusion_kind, "demo~d-1.2", NULL);
    disk("demo", "d1", 500);
    disk("demo", "d2", 500);
    disk("demo", "d3", 500);
    SETTLE;
    (void)ask_of(&one, at("/resourceGroups/demo"), before);
    (void)ask_of(&two, at("/resourceGroups/demo"), 0);
    mp_jsonw_init(&writer, &w.arena);
    const mp_compared a = { &one.of, &one.score, before }, b = { &two.of, &two.score, mp_clock_now() };
    CHECK_INT(mp_scores_compare(&writer, &a, &b, NULL), MP_OK);
    const mp_json *v = mp_jsonw_done(&writer), *sums = mp_json_get(v, MP_S("sums"));
    CHECK_INT(number(sums, "better") + number(sums, "worse") + number(sums, "same") + number(sums, "only"), 5);
    CHECK(number(sums, "worse") >= 1);
    CHECK_INT(number(sums, "only"), 0);
    CHECK(mp_json_double(mp_json_get(v, MP_S("percent"))) <= 0);
}

/* ---- rights ---- */

#define STATES "/api/v1/control-states?framework=csap-iaas"

TEST(who_may_not_read_learns_nothing)
{
    api_client nobody = { .is_local = false };
    (void)api_user(&w, &nobody, "nobody");
    api_answer made = api_send(&w, &local, MP_POST, "/api/v1/measures",
                               api_printf(&w,
                                          "{\"name\":\"portal\",\"framework\":\"csap-iaas\",\"scopes\":[\"%s\"]"
                                          ",\"environment\":\"production\"}",
                                          at("/resourceGroups/demo")));
    WANT(made, 201);
    CHECK_STR(api_text(&made, "framework"), "csap-2025-02");
    CHECK_STR(api_text(&made, "scheme"), "iaas");
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"portal\",\"framework\":\"csap\",\"scopes\":[\"/\"]}"),
         409);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"No Name\",\"framework\":\"csap\",\"scopes\":[\"/\"]}"),
         400);
    WANT(api_get(&w, &nobody, STATES), 403);
    WANT(api_get(&w, &nobody, "/api/v1/scores"), 403);
    WANT(api_get(&w, &nobody, "/api/v1/control-states?measure=portal"), 404); /* as any other name */
    WANT(api_get(&w, &nobody, "/api/v1/control-states?measure=none"), 404);
    WANT(api_get(&w, &nobody, "/api/v1/measures/portal"), 404);
    WANT(api_send(&w, &nobody, MP_DELETE, "/api/v1/measures/portal", NULL), 404);
    WANT(api_get(&w, &nobody, "/api/v1/control-answers?measure=portal"), 404);
    api_answer seen = api_get(&w, &nobody, "/api/v1/measures");
    WANT(seen, 200);
    CHECK_INT(mp_json_get(seen.json, MP_S("value"))->count, 0);
    seen = api_get(&w, &nobody, "/api/v1/measure-scores");
    WANT(seen, 200);
    CHECK_INT(mp_json_get(seen.json, MP_S("value"))->count, 0);
    seen = api_get(&w, &local, "/api/v1/control-states?measure=portal");
    WANT(seen, 200);
    adds_up(seen.json);
    CHECK_INT(number(seen.json, "count"), 116);
    WANT(api_get(&w, &local, "/api/v1/control-states?measure=portal&framework=csap"), 400);
    WANT(api_get(&w, &local, "/api/v1/control-states"), 400);
    WANT(api_get(&w, &local, "/api/v1/control-states?framework=nothing"), 404);
}

TEST(what_is_said_through_the_api)
{
    const char *one = "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\","
                      "\"measure\":\"portal\"}";
    api_answer a = api_send(&w, &local, MP_POST, "/api/v1/control-answers", one);
    WANT(a, 201);
    CHECK_STR(api_text(&a, "control"), "csap-2025-02-1.1.1");
    CHECK(mp_json_str(mp_json_get(mp_json_get(a.json, MP_S("asked")), MP_S("ko"))).len > 0);
    char *id = api_printf(&w, "%.*s", MP_FMT(api_text(&a, "id")));
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers",
                  "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"question\":99,\"answer\":\"yes\"}"),
         400);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers",
                  "{\"framework\":\"isms-p\",\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\","
                  "\"measure\":\"portal\"}"),
         400);
    a = api_get(&w, &local, "/api/v1/control-answers?measure=portal");
    WANT(a, 200);
    CHECK_INT(mp_json_get(a.json, MP_S("value"))->count, 1);
    WANT(api_send(&w, &local, MP_DELETE, api_printf(&w, "/api/v1/control-answers/%s", id), NULL), 204);
    a = api_get(&w, &local, "/api/v1/control-answers?measure=portal");
    CHECK_INT(mp_json_get(a.json, MP_S("value"))->count, 0);
    a = api_send(
        &w, &local, MP_POST, "/api/v1/control-findings",
        "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"title\":\"no policy\",\"severity\":\"high\"}");
    WANT(a, 201);
    id = api_printf(&w, "%.*s", MP_FMT(api_text(&a, "id")));
    WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/control-findings/%s/close", id),
                  "{\"resolution\":\"written\"}"),
         200);
    WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/control-findings/%s/close", id),
                  "{\"resolution\":\"again\"}"),
         409);
    a = api_send(&w, &local, MP_POST, "/api/v1/control-exclusions",
                 "{\"framework\":\"csap\",\"control\":\"8.1.1\",\"justification\":\"no premises of our own\"}");
    WANT(a, 201);
    a = api_get(&w, &local, STATES);
    WANT(a, 200);
    adds_up(a.json);
    CHECK_INT(number(mp_json_get(a.json, MP_S("states")), "notApplicable"), 1);
}

TEST(measures_keep_their_edition_and_inherit_in_no_circle)
{
    const char *body = "{\"framework\":\"%s\",\"scopes\":[\"/\"],\"inheritsFrom\":\"%s\"}";
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"old\",\"framework\":\"isms-p-2018\",\"scopes\":[\"/\"],\"shared\":true}"),
         201);
    api_answer a =
        api_send(&w, &local, MP_PUT, "/api/v1/measures/old", "{\"framework\":\"isms-p\",\"scopes\":[\"/\"]}");
    WANT(a, 200);
    CHECK_STR(api_text(&a, "framework"), "isms-p-2018"); /* never silently moved */
    a = api_send(&w, &local, MP_PUT, "/api/v1/measures/old",
                 "{\"framework\":\"isms-p-2023\",\"scopes\":[\"/\"]}");
    CHECK_STR(api_text(&a, "framework"), "isms-p-2023");
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"young\",\"framework\":\"isms-p\",\"scopes\":[\"/\"],\"inheritsFrom\":\"old\"}"),
         201);
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/old", api_printf(&w, body, "isms-p", "young")), 400);
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/young", api_printf(&w, body, "csap-iaas", "old")),
         400); /* nothing maps the one to the other */
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/young", api_printf(&w, body, "isms-p-2018", "old")), 200);
    WANT(api_send(&w, &local, MP_PUT, "/api/v1/measures/young", api_printf(&w, body, "isms-p", "none")), 404);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/old", NULL), 409);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/young", NULL), 204);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/old", NULL), 204);
}

/* What is said of 2018 stays with 2018: 3.4.3 goes, 3.1.1 becomes two controls and is counted once. */
TEST(moving_a_measure_says_what_changes_and_changes_nothing)
{
    static const char *const said[] = { "control-answers", "{\"control\":\"3.4.3\",\"question\":1,\"answer\":\"yes\"",
                                        "control-answers", "{\"control\":\"3.1.1\",\"question\":1,\"answer\":\"yes\"",
                                        "control-findings", "{\"control\":\"3.1.1\",\"title\":\"t\",\"severity\":\"low\"",
                                        "control-exclusions", "{\"control\":\"2.4.1\",\"justification\":\"j\"" };
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  "{\"name\":\"moves\",\"framework\":\"isms-p-2018\",\"scheme\":\"isms-p\",\"scopes\":[\"/\"]}"),
         201);
    for (size_t i = 0; i < MP_COUNT(said); i += 2) {
        api_answer a = api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/%s", said[i]),
                                api_printf(&w, "%s,\"framework\":\"isms-p-2018\",\"measure\":\"moves\"}", said[i + 1]));
        CHECK(a.status == 200 || a.status == 201);
    }
    api_answer a = api_get(&w, &local, "/api/v1/measures/moves/move?framework=isms-p");
    WANT(a, 200);
    const mp_json *totals = mp_json_get(a.json, MP_S("totals")), *rows = mp_json_get(a.json, MP_S("rows")),
                  *to = mp_json_get(a.json, MP_S("to"));
    CHECK_INT(number(totals, "removed"), 1);
    CHECK_INT(number(totals, "added"), 1);
    CHECK_INT(number(totals, "answers"), 2);
    CHECK_INT(number(totals, "findings"), 1);
    CHECK_INT(number(totals, "exclusions"), 1);
    CHECK_STR(mp_json_str(mp_json_get(to, MP_S("framework"))), "isms-p-2023");
    CHECK_STR(mp_json_str(mp_json_get(to, MP_S("scheme"))), "isms-p"); /* of the same id */
    int64_t answers = 0, findings = 0;
    for (MP_JSON_EACH(row, rows)) {
        answers += number(row, "answers");
        findings += number(row, "findings");
    }
    CHECK_INT(answers, 2);
    CHECK_INT(findings, 1);
    a = api_get(&w, &local, "/api/v1/measures/moves");
    CHECK_STR(api_text(&a, "framework"), "isms-p-2018");
    WANT(api_get(&w, &local, "/api/v1/measures/moves/move?framework=none"), 404);
    WANT(api_get(&w, &local, "/api/v1/measures/nobody/move?framework=isms-p"), 404);
    WANT(api_get(&w, &local, "/api/v1/measures/moves/move"), 400);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/moves", NULL), 204);
}

/* ---- a name that is taken up again; a scope that changes ---- */

static void may(mp_str user, const char *actions, const char *scope)
{
    static unsigned roles;
    api_answer role = api_send(&w, &local, MP_POST, "/api/v1/roles",
                               api_printf(&w,
                                          "{\"roleName\":\"r%u\",\"actions\":[%s],\"assignableScopes\":[\"/\"]}",
                                          ++roles, actions));
    WANT(role, 201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&w,
                             "{\"principalId\":\"%.*s\",\"principalType\":\"User\",\"roleDefinitionId\":\"%.*s\","
                             "\"scope\":\"%s\"}",
                             MP_FMT(user), MP_FMT(api_text(&role, "id")), scope)),
         201);
}

#define EVERYTHING "\"Mapae.Controls/*\",\"Mapae.Evidence/*\",\"Mapae.Ledger/*\""

TEST(names_and_times_open_no_other_scope)
{
    api_client kim = { .is_local = false }, han = { .is_local = false };
    const char *body = "{\"name\":\"secret\",\"framework\":\"csap-iaas\",\"scopes\":[\"%s\"]}";
    char then[MP_CLOCK_TEXT];
    mp_str id = api_user(&w, &kim, "kim");
    may(id, EVERYTHING, at("/resourceGroups/other"));
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", api_printf(&w, body, at("/resourceGroups/demo"))), 201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers",
                  "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"question\":1,\"answer\":\"no\",\"note\":\"ours\","
                  "\"measure\":\"secret\"}"),
         201);
    mp_clock_format(then, mp_clock_now());

    /* Who may not read it cannot tell it from one that is not there. */
    static const char *const names[] = { "secret", "none" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        WANT(api_get(&w, &kim,
                     api_printf(&w, "/api/v1/evidence-standing?framework=csap&measure=%s", names[i])),
             404);
        WANT(api_get(&w, &kim, api_printf(&w, "/api/v1/evidence-due?measure=%s", names[i])), 404);
        WANT(api_send(&w, &kim, MP_POST, "/api/v1/evidence-packages",
                      api_printf(&w, "{\"framework\":\"csap\",\"measure\":\"%s\"}", names[i])),
             404);
    }

    /* Nor does he hear of its name, also when it is gone: he is told what who may not do so at his own scopes is told. */
    for (size_t gone = 0; gone < 2; gone++) {
        api_answer refused =
            api_send(&w, &kim, MP_POST, "/api/v1/measures", api_printf(&w, body, at("/resourceGroups/other")));
        WANT(refused, 403);
        CHECK(mp_str_find_str(refused.body, MP_S("may not do Mapae.Controls/measures/write on")) != SIZE_MAX);
        CHECK(mp_str_find_str(refused.body, MP_S("/resourcegroups/other")) != SIZE_MAX);
        CHECK(mp_str_find_str(refused.body, MP_S("demo")) == SIZE_MAX);
        if (!gone)
            WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/secret", NULL), 204);
    }
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", api_printf(&w, body, at("/resourceGroups/other"))), 201);

    /* What was said where it was before is read by who may read there. */
    WANT(api_get(&w, &kim, "/api/v1/control-answers?measure=secret"), 200);
    static const char *const lists[] = { "control-answers", "control-exclusions", "control-findings",
                                         "control-decisions" };
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        WANT(api_get(&w, &kim, api_printf(&w, "/api/v1/%s?measure=secret&asOf=%s", lists[i], then)), 404);
    WANT(api_get(&w, &kim,
                 api_printf(&w, "/api/v1/evidence-standing?framework=csap&measure=secret&asOf=%s", then)),
         404);
    WANT(api_send(&w, &kim, MP_POST, "/api/v1/evidence-packages",
                  api_printf(&w, "{\"framework\":\"csap-iaas\",\"measure\":\"secret\",\"asOf\":\"%s\"}", then)),
         404);

    /* Pages tell nothing of what lies between them. */
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  api_printf(&w, "{\"name\":\"zz\",\"framework\":\"csap\",\"scopes\":[\"%s\"]}",
                             at("/resourceGroups/other"))),
         201);
    api_answer page = api_get(&w, &kim, "/api/v1/measures?top=1"); /* before it: "portal", which is not his */
    CHECK_STR(mp_json_str(mp_json_get(mp_json_at(mp_json_get(page.json, MP_S("value")), 0), MP_S("name"))), "secret");
    page = api_get(&w, &kim, api_printf(&w, "/api/v1/measures?top=1&after=%.*s", MP_FMT(api_text(&page, "next"))));
    CHECK_STR(mp_json_str(mp_json_get(mp_json_at(mp_json_get(page.json, MP_S("value")), 0), MP_S("name"))), "zz");
    CHECK(mp_json_get(page.json, MP_S("next")) == NULL);
    page = api_get(&w, &kim, "/api/v1/measures?top=1&environment=production");
    CHECK_INT(mp_json_get(page.json, MP_S("value"))->count, 0);
    CHECK(mp_json_get(page.json, MP_S("next")) == NULL);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/zz", NULL), 204);

    /* Measures are one right, how they stand another. */
    id = api_user(&w, &han, "han");
    may(id, "\"Mapae.Controls/measures/read\"", "/");
    api_answer seen = api_get(&w, &han, "/api/v1/measures");
    CHECK(mp_json_get(seen.json, MP_S("value"))->count > 0);
    seen = api_get(&w, &han, "/api/v1/measure-scores");
    CHECK_INT(mp_json_get(seen.json, MP_S("value"))->count, 0);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/secret", NULL), 204);
}

/* Evidence counts wherever it is linked, and is read where it belongs. */
TEST(evidence_of_another_scope_counts_and_is_not_read)
{
    api_client lee = { .is_local = false };
    mp_str id = api_user(&w, &lee, "lee");
    may(id, EVERYTHING, at("/resourceGroups/other"));
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  api_printf(&w, "{\"name\":\"mine\",\"framework\":\"csap-iaas\",\"scopes\":[\"%s\"]}",
                             at("/resourceGroups/other"))),
         201);
    static const char *const scopes[] = { "", "/resourceGroups/demo", "/resourceGroups/other" };
    const char *pieces[MP_COUNT(scopes)];
    for (size_t i = 0; i < MP_COUNT(scopes); i++) {
        const char *scope = *scopes[i] ? api_printf(&w, "&scope=%s", at(scopes[i])) : "";
        api_answer made = api_ask(&w, &local,
                                  &(api_request){ .method = MP_POST,
                                                  .path = api_printf(&w,
                                                                     "/api/v1/evidence?title=Title-%zu&owner=Owner-%zu"
                                                                     "&kind=document&every=P1D%s",
                                                                     i, i, scope),
                                                  .body = MP_S("secret"),
                                                  .type = "text/plain" });
        WANT(made, 201);
        pieces[i] = api_printf(&w, "%.*s", MP_FMT(api_text(&made, "id")));
        WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", pieces[i]),
                      "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"note\":\"hush\"}"),
             200);
    }
    static const char *const asked[] = {
        "/api/v1/evidence-standing?framework=csap&control=1.1.1&measure=mine",
        "/api/v1/control-states?measure=mine",
        "/api/v1/control-states?measure=mine&format=html",
        "/api/v1/statements/applicability?measure=mine",
        "/api/v1/statements/assessment-results?measure=mine",
        "/api/v1/evidence-due?measure=mine&within=P1Y",
        "/api/v1/evidence-due?measure=mine&within=P1Y&framework=csap&owner=Owner-1",
        "/api/v1/evidence-due/calendar?measure=mine&within=P1Y",
        "/api/v1/evidence-links",
        "/api/v1/evidence-links?target=csap-2025-02%2Fcsap-2025-02-1.1.1",
        "/api/v1/evidence-links?count=true&top=1",
    };
    for (size_t i = 0; i < MP_COUNT(asked); i++) {
        api_answer got = api_get(&w, &lee, asked[i]);
        WANT(got, 200);
        for (size_t k = 0; k < 2; k++)
            if (mp_str_find_str(got.body, mp_str_from(api_printf(&w, "Title-%zu", k))) != SIZE_MAX ||
                mp_str_find_str(got.body, mp_str_from(api_printf(&w, "Owner-%zu", k))) != SIZE_MAX)
                fail_msg("%s tells of piece %zu: %.*s", asked[i], k, MP_FMT(got.body));
    }
    /* Where no measure is asked about, those of others count, and their names are told to nobody else. */
    WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", pieces[1]),
                  "{\"framework\":\"csap\",\"control\":\"1.1.2\",\"measure\":\"portal\"}"),
         200);
    const char *of_scope = api_printf(&w, "/api/v1/control-states?framework=csap&scope=%s", at("/resourceGroups/other"));
    CHECK(mp_str_find_str(api_get(&w, &local, of_scope).body, MP_S("\"measure\":\"portal\"")) != SIZE_MAX);
    api_answer without = api_get(&w, &lee, of_scope);
    WANT(without, 200);
    CHECK(mp_str_find_str(without.body, mp_str_from(pieces[1])) != SIZE_MAX);
    CHECK(mp_str_find_str(without.body, MP_S("\"measure\":\"portal\"")) == SIZE_MAX);
    WANT(api_send(&w, &local, MP_DELETE,
                  api_printf(&w, "/api/v1/evidence/%s/controls?framework=csap&control=1.1.2&measure=portal", pieces[1]), NULL),
         204);
    /* It counts all the same, and his own is told. */
    api_answer mine = api_get(&w, &lee, asked[0]), all = api_get(&w, &local, asked[0]);
    const mp_json *rule = mp_json_at(mp_json_get(mp_json_at(mp_json_get(mine.json, MP_S("value")), 0), MP_S("rules")), 0);
    CHECK_INT(mp_json_get(rule, MP_S("pieces"))->count, 3);
    CHECK(mp_str_find_str(mine.body, MP_S("\"Title-2\"")) != SIZE_MAX);
    CHECK(mp_str_find_str(mine.body, MP_S("\"hidden\":true")) != SIZE_MAX);
    CHECK(mp_str_find_str(all.body, MP_S("\"Title-0\"")) != SIZE_MAX);
    CHECK(mp_str_find_str(all.body, MP_S("hidden")) == SIZE_MAX);
    api_answer links = api_get(&w, &lee, "/api/v1/evidence-links");
    CHECK_INT(mp_json_get(links.json, MP_S("value"))->count, 1);
    CHECK_INT(mp_json_get(api_get(&w, &local, "/api/v1/evidence-links").json, MP_S("value"))->count, 3);
    /* Nor may he take it along, take it off, or ask what it is linked to. */
    WANT(api_send(&w, &lee, MP_POST, "/api/v1/evidence-packages", "{\"framework\":\"csap-iaas\",\"measure\":\"mine\"}"), 403);
    for (size_t i = 0; i < 2; i++) {
        api_answer closed = api_get(&w, &lee, api_printf(&w, "/api/v1/evidence/%s/controls", pieces[i]));
        WANT(closed, 403);
        CHECK(mp_str_find_str(closed.body, MP_S("resourcegroups")) == SIZE_MAX); /* nor where it belongs */
        WANT(api_get(&w, &lee, api_printf(&w, "/api/v1/evidence/%s/reuse", pieces[i])), 403);
        WANT(api_send(&w, &lee, MP_DELETE,
                      api_printf(&w, "/api/v1/evidence/%s/controls?framework=csap&control=1.1.1", pieces[i]), NULL),
             403);
    }
    for (size_t i = 0; i < MP_COUNT(scopes); i++)
        WANT(api_send(&w, &local, MP_DELETE,
                      api_printf(&w, "/api/v1/evidence/%s/controls?framework=csap&control=1.1.1", pieces[i]), NULL),
             204);
    WANT(api_send(&w, &local, MP_DELETE, "/api/v1/measures/mine", NULL), 204);
}

/* A report may take long: few are made at once, and the rest of the server answers meanwhile. */
TEST(what_makes_reports_is_heavy)
{
    size_t count = 0;
    for (const mp_routes *table = mp_controls_routes; table->routes; table++)
        for (size_t i = 0; i < table->count; i++)
            for (size_t k = 0; k < table->routes[i].param_count; k++)
                if (table->routes[i].params[k].values == mp_document_formats) {
                    CHECK_INT(table->routes[i].rate, MP_RATE_HEAVY);
                    count++;
                }
    CHECK(count >= 2);
}

/* What is worked out for all frameworks together is what each scheme gives when it alone is asked for. */
static void check_each_alone(const mp_json *all)
{
    const mp_str members[] = { MP_S("score"), MP_S("states"), MP_S("sources"), MP_S("title") };
    size_t schemes = 0;
    for (MP_JSON_EACH(one, all)) {
        mp_str framework = mp_json_str(mp_json_get(one, MP_S("framework")));
        const mp_json *scheme = mp_json_get(one, MP_S("scheme"));
        if (scheme == NULL || schemes++ % 3)
            continue;
        api_answer a = api_get(&w, &local, api_printf(&w, "/api/v1/control-states?framework=%.*s-%.*s",
                                                      MP_FMT(framework), MP_FMT(mp_json_str(scheme))));
        WANT(a, 200);
        for (size_t i = 0; i < MP_COUNT(members); i++) {
            mp_buf together = MP_BUF_INIT, alone = MP_BUF_INIT;
            mp_buf_add_json(&together, mp_json_get(one, members[i]));
            mp_buf_add_json(&alone, mp_json_get(a.json, members[i]));
            CHECK(together.len > 10 && mp_str_eq(mp_buf_str(&together), mp_buf_str(&alone)));
            mp_buf_free(&together);
            mp_buf_free(&alone);
        }
    }
    CHECK(schemes > 6);
}

TEST(trends_and_comparisons_through_the_api)
{
    api_answer a = api_get(&w, &local, "/api/v1/control-states/trend?framework=csap-iaas&points=3");
    WANT(a, 200);
    CHECK_INT(mp_json_get(a.json, MP_S("value"))->count, 3);
    WANT(api_get(&w, &local, "/api/v1/control-states/trend?framework=csap-iaas&points=1"), 400);
    WANT(api_get(
             &w, &local,
             "/api/v1/control-states/trend?framework=csap&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z"),
         400);
    a = api_get(&w, &local,
                "/api/v1/control-states/compare?framework=iso-27001-2013&withFramework=iso-27001-2022");
    WANT(a, 200);
    CHECK_STR(api_text(&a, "by"), "mapping");
    a = api_get(&w, &local, "/api/v1/control-states/compare?framework=csap-iaas&withFramework=isms-p");
    WANT(a, 200); /* nothing connects their controls: each stands by itself */
    CHECK_STR(api_text(&a, "by"), "none");
    CHECK(mp_json_get(a.json, MP_S("points")) == NULL);
    CHECK_INT(number(mp_json_get(a.json, MP_S("sums")), "only"), mp_json_get(a.json, MP_S("controls"))->count);
    a = api_get(&w, &local,
                api_printf(&w, "/api/v1/control-states/compare?framework=csap-iaas&withScope=%s",
                           at("/resourceGroups/other")));
    WANT(a, 200);
    CHECK_STR(api_text(&a, "by"), "control");
    CHECK_INT(number(mp_json_get(a.json, MP_S("sums")), "only"), 0);
    a = api_get(&w, &local, "/api/v1/control-states/compare?measure=portal&withAsOf=2026-11-22T23:59:59Z");
    WANT(a, 200);
    a = api_get(&w, &local, "/api/v1/scores");
    WANT(a, 200);
    check_each_alone(mp_json_get(a.json, MP_S("value")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(counted_by_hand),
        RUN(nothing_to_judge_is_no_pass),
        RUN(what_people_say),
        RUN(a_measure_says_it_more_exactly),
        RUN(what_a_provider_answers_for),
        RUN(a_provider_of_another_edition),
        RUN(numbers_add_up_anywhere_at_any_time),
        RUN(two_dates_beside_each_other),
        RUN(who_may_not_read_learns_nothing),
        RUN(what_is_said_through_the_api),
        RUN(measures_keep_their_edition_and_inherit_in_no_circle),
        RUN(moving_a_measure_says_what_changes_and_changes_nothing),
        RUN(names_and_times_open_no_other_scope),
        RUN(evidence_of_another_scope_counts_and_is_not_read),
        RUN(what_makes_reports_is_heavy),
        RUN(trends_and_comparisons_through_the_api),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
