/* SPDX-License-Identifier: Apache-2.0 */
/* How a score is told: titles of policies beside their names, actions that give what they promise. */
#include "score_world.h"

#include "item.h"
#include "policy_titles.h"

/* ---- titles of policies ---- */

typedef struct titling {
    mp_score score;
    mp_ticks as_of;
} titling;

static mp_code read_titles(mp_tx *tx, void *arg, mp_error *err)
{
    titling *t = arg;
    return mp_policy_titles(&t->score, tx, t->as_of, &w.arena, err);
}

static void titles(mp_part *parts, size_t count, mp_ticks as_of)
{
    mp_scored scored = { .parts = parts, .part_count = count };
    titling t = { .score = { .controls = &scored, .count = 1 }, .as_of = as_of };
    CHECK_INT(mp_store_read(w.app->store, read_titles, &t, NULL), MP_OK);
}

static void define(const char *name, const char *properties)
{
    put(at(api_printf(&w, AUTH "policyDefinitions/%s", name)), "2021-06-01",
        api_printf(&w,
                   "{'properties':{%s'mode':'All','policyRule':{'if':{'field':'type','equals':'a/b'},'then':{'"
                   "effect':'audit'}}}}",
                   properties));
}

TEST(policies_have_their_titles)
{
    mp_ticks before = mp_clock_now();
    define("own", "'displayName':'Own title','metadata':{'localized':{'ko':{'displayName':'우리 제목'}}},");
    define("english", "'displayName':'Only English',");
    define("nameless", "");
    mp_ground_policy own = { .definition = mp_arena_lower(&w.arena, mp_str_from(at(AUTH "policyDefinitions/own"))) },
                     english = { .definition = mp_arena_lower(
                                     &w.arena, mp_str_from(at(AUTH "policyDefinitions/english"))) },
                     nameless = { .definition = mp_arena_lower(
                                      &w.arena, mp_str_from(at(AUTH "policyDefinitions/nameless"))) };
    mp_part parts[] = {
        { .kind = MP_PART_POLICY, .name = MP_S("own"), .more = &own },
        { .kind = MP_PART_POLICY, .name = MP_S("english"), .more = &english },
        { .kind = MP_PART_POLICY, .name = MP_S("nameless"), .more = &nameless },
        { .kind = MP_PART_POLICY, .name = MP_S("MAPAE-storage-Https-Only") }, /* shipped, and not taken in here */
        { .kind = MP_PART_POLICY, .name = MP_S("mapae-storage") },
        { .kind = MP_PART_POLICY, .name = MP_S("mapae-storage-../../x") },
        { .kind = MP_PART_POLICY, .name = MP_S("Group_Of_An_Initiative") },
        { .kind = MP_PART_QUESTION, .name = MP_S("1"), .text = { .en = MP_S("is it?") } },
    };
    titles(parts, MP_COUNT(parts), 0);
    CHECK_STR(parts[0].text.ko, "우리 제목");
    CHECK_STR(parts[0].text.en, "Own title");
    CHECK_STR(parts[1].text.en, "Only English");
    CHECK_STR(mp_words_in(parts[1].text, true), "Only English");
    CHECK(parts[3].text.ko.len > 0 && parts[3].text.en.len > 0);
    for (size_t i = 2; i < 7; i++)
        CHECK(i == 3 || (!parts[i].text.ko.len && !parts[i].text.en.len));
    CHECK_STR(parts[7].text.en, "is it?");
    titles(parts, 1, before); /* nobody called it so then */
    CHECK(!parts[0].text.ko.len && !parts[0].text.en.len);
}

/* ---- actions: done, they give what they promise ---- */

#define STATES "/api/v1/control-states?framework=csap-low-saas"

static int64_t thousandths(const mp_json *object, const char *member)
{
    return (int64_t)(mp_json_double(mp_json_get(object, mp_str_from(member))) * 1000.0 + 0.5);
}

static const char *text_of(const mp_json *object, const char *member)
{
    return api_printf(&w, "%.*s", MP_FMT(mp_json_str(mp_json_get(object, mp_str_from(member)))));
}

/* The first action of this kind, or NULL. */
static const mp_json *action_of(const mp_json *shown, const char *kind)
{
    for (MP_JSON_EACH(action, mp_json_get(shown, MP_S("actions"))))
        if (mp_str_eq(mp_json_str(mp_json_get(action, MP_S("kind"))), mp_str_from(kind)))
            return action;
    return NULL;
}

static const mp_json *control_of(const mp_json *shown, const char *id)
{
    for (MP_JSON_EACH(c, mp_json_get(shown, MP_S("controls"))))
        if (mp_str_eq(mp_json_str(mp_json_get(c, MP_S("id"))), mp_str_from(id)))
            return c;
    fail_msg("no control %s", id);
    return NULL;
}

static const mp_json *standing(void)
{
    api_answer a = api_get(&w, &local, STATES);
    WANT(a, 200);
    return mp_arena_dup_json(&w.arena, a.json);
}

static int64_t score_of(const mp_json *shown)
{
    return thousandths(mp_json_get(shown, MP_S("score")), "points");
}

static void answer_all(const mp_json *c, const char *id)
{
    for (MP_JSON_EACH(part, mp_json_get(c, MP_S("parts"))))
        if (mp_str_eq(mp_json_str(mp_json_get(part, MP_S("kind"))), MP_S("question")))
            WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers",
                          api_printf(&w,
                                     "{\"framework\":\"csap\",\"control\":\"%s\",\"question\":%s,\"answer\":"
                                     "\"yes\"}",
                                     id, text_of(part, "name"))),
                 201);
}

static void bring_all(const mp_json *c, const char *id)
{
    for (MP_JSON_EACH(part, mp_json_get(c, MP_S("parts")))) {
        if (!mp_str_eq(mp_json_str(mp_json_get(part, MP_S("kind"))), MP_S("evidence")))
            continue;
        api_answer made = api_ask(
            &w, &local,
            &(api_request){ .method = MP_POST,
                            .path = api_printf(&w, "/api/v1/evidence?title=t&kind=%s", text_of(part, "name")),
                            .body = MP_S("paper"),
                            .type = "text/plain" });
        WANT(made, 201);
        WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", text_of(made.json, "id")),
                      api_printf(&w, "{\"framework\":\"csap\",\"control\":\"%s\"}", id)),
             200);
    }
}

static void gives(const char *kind, void (*act)(const mp_json *c, const char *id))
{
    const mp_json *before = standing(), *action = action_of(before, kind);
    CHECK(action != NULL);
    const char *id = text_of(action, "control");
    act(control_of(before, id), id);
    const mp_json *after = standing();
    CHECK_INT(score_of(after) - score_of(before), thousandths(action, "gain"));
    CHECK_INT(thousandths(mp_json_get(after, MP_S("score")), "percent"), thousandths(action, "percent"));
}

/* What people can do best. */
static void gives_something(void)
{
    const mp_json *shown = standing();
    if (action_of(shown, "answer"))
        gives("answer", answer_all);
    else
        gives("evidence", bring_all);
}

TEST(actions_give_what_they_promise)
{
    asking a = { .scope = MP_S("") };
    const mp_json *before = ask_of(&a, at(""), 0), *size = NULL;
    int64_t points = a.score.total.points;
    for (MP_JSON_EACH(action, mp_json_get(before, MP_S("actions"))))
        if (mp_str_eq(mp_json_get_text(action, "name"), MP_S("size")))
            size = action;
    CHECK(size != NULL);
    disk("demo", "d4", 90); /* complies with `size`, and violates `small` as before */
    SETTLE;
    (void)ask_of(&a, at(""), 0);
    CHECK_INT(a.score.total.points - points, thousandths(size, "gain"));
    gives("answer", answer_all);
    gives("evidence", bring_all);
    gives("answer", answer_all);
}

/* ---- trends ---- */

static api_answer trend(mp_ticks from, mp_ticks to, unsigned points)
{
    char first[MP_CLOCK_TEXT], last[MP_CLOCK_TEXT];
    mp_clock_format(first, from);
    mp_clock_format(last, to);
    api_answer a = api_get(&w, &local,
                           api_printf(&w,
                                      "/api/v1/control-states/trend?framework=csap-low-saas&from=%s&to=%s&points=%u",
                                      first, last, points));
    WANT(a, 200);
    CHECK_INT(mp_json_get(a.json, MP_S("value"))->count, points);
    return a;
}

/* Every day of a year; and a time in which much was said, each moment as it was. */
TEST(trends_are_what_it_was)
{
    mp_ticks begin_at = mp_clock_now(), year = 365 * MP_TICKS_PER_DAY;
    int64_t before = score_of(standing());
    for (unsigned i = 0; i < 3; i++)
        gives_something();
    mp_ticks now = mp_clock_now();
    api_answer days = trend(now - year, now, 366);
    const mp_json *list = mp_json_get(days.json, MP_S("value"));
    mp_ticks last = now - year - MP_TICKS_PER_DAY;
    for (MP_JSON_EACH(day, list)) {
        mp_ticks at_time;
        CHECK(mp_clock_parse(&at_time, mp_json_str(mp_json_get(day, MP_S("at")))));
        CHECK_INT(at_time - last, MP_TICKS_PER_DAY);
        last = at_time;
        CHECK_INT(thousandths(day, "points"), at_time == now ? score_of(standing()) : 0);
    }
    api_answer moments = trend(begin_at, now, 7);
    int64_t lowest = INT64_MAX;
    for (MP_JSON_EACH(moment, mp_json_get(moments.json, MP_S("value")))) {
        api_answer then = api_get(&w, &local, api_printf(&w, STATES "&asOf=%s", text_of(moment, "at")));
        WANT(then, 200);
        CHECK_INT(thousandths(moment, "points"), score_of(then.json));
        lowest = thousandths(moment, "points") < lowest ? thousandths(moment, "points") : lowest;
    }
    CHECK_INT(lowest, before);
}

/* Two frameworks, two scopes, two dates: the difference of the totals is that of the two scores. */
TEST(comparisons_of_all_three)
{
    char then[MP_CLOCK_TEXT];
    mp_clock_format(then, mp_clock_now() - MP_TICKS_PER_DAY);
    const char *const all[] = {
        api_printf(&w, "framework=csap-low-saas&asOf=%s", then),
        api_printf(&w, "framework=csap-low-saas&withScope=%s", at("/resourceGroups/other")),
        "framework=csap-low-saas&withFramework=fsi",
        "framework=csap-low-saas&withFramework=csap-low",
    };
    for (size_t i = 0; i < MP_COUNT(all); i++) {
        api_answer a = api_get(&w, &local, api_printf(&w, "/api/v1/control-states/compare?%s", all[i]));
        WANT(a, 200);
        const mp_json *from = mp_json_get(a.json, MP_S("from")), *to = mp_json_get(a.json, MP_S("to")),
                      *sums = mp_json_get(a.json, MP_S("sums"));
        size_t changes = 0;
        for (MP_JSON_MEMBERS(name, sums))
            changes += (size_t)name[1].u.integer;
        CHECK_INT(changes, mp_json_get(a.json, MP_S("controls"))->count);
        if (mp_json_get(a.json, MP_S("points")))
            CHECK_INT((int64_t)(mp_json_double(mp_json_get(a.json, MP_S("points"))) * 1000.0 + 1e9 + 0.5) - 1000000000,
                      score_of(to) - score_of(from));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(policies_have_their_titles),
        RUN(actions_give_what_they_promise),
        RUN(trends_are_what_it_was),
        RUN(comparisons_of_all_three),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
