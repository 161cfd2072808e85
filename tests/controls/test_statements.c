/* SPDX-License-Identifier: Apache-2.0 */
/* Statements over made-up scores and decisions: whatever they are, every total equals the rows below it. */
#include "statement.h"

#include <stdio.h>
#include <stdlib.h>

#include "builtin_frameworks.h"
#include "ical.h"
#include "map.h"
#include "statement_oscal.h"
#include "test.h"

static mp_arena builtin_arena = MP_ARENA_INIT, arena = MP_ARENA_INIT;
static mp_frameworks builtin;
static uint32_t seed;

static int begin(void **state)
{
    mp_error err = { .code = MP_OK };
    (void)state;
    if (mp_builtin_frameworks(&builtin, &builtin_arena, &err) == MP_OK)
        return 0;
    print_error("%s\n", err.message);
    return -1;
}

static int forget(void **state)
{
    (void)state;
    mp_arena_free(&builtin_arena);
    mp_arena_free(&arena);
    return 0;
}

static unsigned any(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static mp_ticks day(const char *text)
{
    mp_ticks t;
    CHECK(mp_clock_parse(&t, mp_str_from(text)));
    return t;
}

/* ---- a world of any state ---- */

static mp_part any_part(void)
{
    mp_control_state state;
    static const mp_part_why of_question[] = { MP_WHY_ANSWERED_YES,
                                               MP_WHY_ANSWERED_NO,
                                               MP_WHY_UNANSWERED,
                                               MP_WHY_ANSWER_EXPIRED,
                                               MP_WHY_ANSWERED_NOT_APPLICABLE,
                                               MP_WHY_OTHER_QUESTION };
    static const mp_part_why of_evidence[] = { MP_WHY_FRESH, MP_WHY_STALE, MP_WHY_NO_EVIDENCE };
    static const mp_str ids[] = { MP_S_INIT("id-1"), MP_S_INIT("id-2") };
    mp_part p = {
        .kind = (mp_part_kind)any(MP_PART_KINDS), .name = MP_S("part"), .ids = ids, .id_count = any(3)
    };
    switch (p.kind) {
    case MP_PART_POLICY:
        for (unsigned i = 0; i < MP_COUNTED; i++)
            p.counts[i] = any(3) ? 0 : any(1000);
        mp_part_of_policy(&p, any(2));
        break;
    case MP_PART_QUESTION:
        p.why = of_question[any(MP_COUNT(of_question))];
        break;
    case MP_PART_EVIDENCE:
        p.why = of_evidence[any(MP_COUNT(of_evidence))];
        break;
    case MP_PART_FINDING:
        p.why = MP_WHY_FINDING_OPEN;
        break;
    default:
        state = (mp_control_state)any(MP_CONTROL_STATES);
        mp_part_of_provider(&p, state, state == MP_CONTROL_COMPLIANT ? 27000 : any(27000), 27000);
        break;
    }
    return p;
}

static void any_scored(mp_scored *c, const mp_framework *f, const mp_control *base)
{
    *c = (mp_scored){ .control = base,
                      .answer = &f->answers.of[base - f->catalog.controls],
                      .part_count = any(5) };
    c->parts = MP_ARENA_ARRAY(&arena, mp_part, 5);
    for (size_t i = 0; i < c->part_count; i++)
        c->parts[i] = any_part();
    if (!any(8)) {
        c->is_excluded = true;
        c->justification.en = MP_S("no such thing here");
        c->exclusion = MP_S("x");
    }
}

static mp_control_decision any_decision(const mp_control *control)
{
    static const char *const how[] = { "", "implemented", "partial", "planned", "notImplemented" };
    static const char *const who[] = { "", "provider", "customer", "shared" };
    static const char *const teams[] = { "", "security", "network team", "ops" };
    mp_control_decision d = { .control = control->id,
                              .id = MP_S("d"),
                              .implementation = mp_str_from(how[any(5)]),
                              .responsibility = mp_str_from(who[any(4)]),
                              .team = mp_str_from(teams[any(4)]),
                              .service = mp_str_from(teams[any(4)]) };
    if (any(2))
        d.justification = MP_S("because");
    if (any(2)) {
        d.target = any(2) ? MP_S("2026-01-01") : MP_S("2027-01-01");
        d.target_at = day(d.target.ptr);
    }
    return d;
}

static int by_control(const void *a, const void *b)
{
    return mp_str_cmp(((const mp_control_decision *)a)->control, ((const mp_control_decision *)b)->control);
}

static mp_statement any_statement(uint32_t from)
{
    static mp_score score;
    static mp_held_certificate certificate;
    seed = from;
    const mp_framework *f = &builtin.of[any((unsigned)builtin.count)];
    const mp_scheme *scheme = f->scheme_count && any(3) ? &f->schemes[any((unsigned)f->scheme_count)] : NULL;
    size_t n = scheme ? scheme->profile.count : f->catalog.control_count;
    mp_control_decision *decided = MP_ARENA_ARRAY(&arena, mp_control_decision, f->catalog.control_count + 1);
    mp_statement s = {
        .framework = f, .scheme = scheme, .as_of = day("2026-11-22"), .score = &score, .decided = decided
    };
    score = (mp_score){ .controls = MP_ARENA_ARRAY(&arena, mp_scored, n + 1), .count = n };
    for (size_t i = 0; i < n; i++)
        any_scored(&score.controls[i], f, scheme ? scheme->profile.controls[i].base : &f->catalog.controls[i]);
    mp_score_work(&score);
    for (size_t i = 0; i < f->catalog.control_count; i++)
        if (any(2))
            decided[s.decided_count++] = any_decision(&f->catalog.controls[i]);
    qsort(decided, s.decided_count, sizeof *decided, by_control);
    if (any(2)) {
        s.measure = MP_S("cloud");
        s.service = MP_S("web");
        certificate =
            (mp_held_certificate){ .issued = day("2025-02-28"), .expires = any(2) ? day("2028-02-29") : 0 };
        s.certificate = any(2) ? &certificate : NULL;
    }
    mp_dated *dated = MP_ARENA_ARRAY(&arena, mp_dated, 20);
    static const char *const kinds[] = { "target", "finding", "answer", "exclusion", "evidence" };
    for (s.dated = dated; s.dated_count < any(20); s.dated_count++)
        dated[s.dated_count] =
            (mp_dated){ .kind = kinds[any(5)],
                        .at = day("2026-06-01") + any(500) * MP_TICKS_PER_DAY,
                        .control = &f->catalog.controls[any((unsigned)f->catalog.control_count)],
                        .id = MP_S("r") };
    return s;
}

/* ---- reading what is written ---- */

static const mp_json *done(mp_jsonw *w)
{
    const mp_json *out = mp_jsonw_done(w);
    CHECK(out != NULL);
    return out;
}

static const mp_json *at(const mp_json *v, const char *name)
{
    const mp_json *out = mp_json_get(v, mp_str_from(name));
    if (!out)
        fail_msg("there is no %s", name);
    return out;
}

static int64_t number(const mp_json *v, const char *name)
{
    return at(v, name)->u.integer;
}
static bool is(const mp_json *v, const char *name, const char *value)
{
    return mp_str_eq(mp_json_str(at(v, name)), mp_str_from(value));
}

static int64_t count_where(const mp_json *rows, const char *name, const char *value)
{
    int64_t n = 0;
    for (MP_JSON_EACH(row, rows))
        n += is(row, name, value);
    return n;
}

static int64_t count_true(const mp_json *rows, const char *name)
{
    int64_t n = 0;
    for (MP_JSON_EACH(row, rows))
        n += number(row, name) != 0;
    return n;
}

/* Every number of `totals`, also of objects within, is the sum of the same of `parts`. */
static void check_sums(const mp_json *totals, const mp_json *parts, const char *const *path)
{
    for (MP_JSON_MEMBERS(key, totals)) {
        if (key[1].kind == MP_JSON_OBJECT) {
            const char *within[] = { mp_json_str(key).ptr, NULL };
            mp_str name = mp_arena_dup(&arena, mp_json_str(key));
            within[0] = name.ptr;
            check_sums(key + 1, parts, within);
            continue;
        }
        int64_t sum = 0;
        for (MP_JSON_EACH(part, parts)) {
            const mp_json *of = path ? at(part, path[0]) : part;
            sum += mp_json_get(of, mp_json_str(key))->u.integer;
        }
        if (sum != key[1].u.integer)
            fail_msg("%.*s: %lld in the total, %lld in its parts", MP_FMT(mp_json_str(key)),
                     (long long)key[1].u.integer, (long long)sum);
    }
}

/* ---- each of them ---- */

static void check_applicability(const mp_statement *s)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_statement_applicability(&w, s);
    const mp_json *out = done(&w), *totals = at(out, "totals"), *rows = at(out, "rows");
    CHECK_INT(number(totals, "controls"), rows->count);
    CHECK_INT(number(totals, "demanded"), count_true(rows, "demanded"));
    CHECK_INT(number(totals, "demanded"), s->score->count);
    CHECK_INT(number(totals, "applicable"), count_true(rows, "applicable"));
    CHECK_INT(number(totals, "excluded"), number(totals, "demanded") - number(totals, "applicable"));
    CHECK_INT(number(totals, "withoutJustification"), count_where(rows, "justifiedBy", "none"));
    CHECK_INT(number(totals, "differing"), count_true(rows, "differs"));
    const mp_json *how = at(totals, "implementation");
    int64_t sum = 0;
    for (MP_JSON_MEMBERS(key, how)) {
        CHECK_INT(key[1].u.integer,
                  count_where(rows, "implementation", mp_arena_dup(&arena, mp_json_str(key)).ptr));
        sum += key[1].u.integer;
    }
    CHECK_INT(sum, rows->count);
    CHECK_INT(number(how, "notApplicable"), number(totals, "controls") - number(totals, "applicable"));
    for (MP_JSON_EACH(row, rows)) /* what applies not has a reason, unless nobody was asked for one */
        CHECK(number(row, "applicable") || mp_json_get(row, MP_S("justification")) != NULL);
    check_sums(totals, at(out, "groups"), NULL);
}

static void check_responsibility(const mp_statement *s)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_statement_responsibility(&w, s);
    const mp_json *out = done(&w), *totals = at(out, "totals"), *rows = at(out, "rows");
    CHECK_INT(number(totals, "controls"), rows->count);
    CHECK_INT(rows->count, s->score->count);
    CHECK_INT(number(totals, "applicable"), count_true(rows, "applicable"));
    CHECK_INT(number(totals, "provider"), count_where(rows, "responsibility", "provider"));
    CHECK_INT(number(totals, "customer"), count_where(rows, "responsibility", "customer"));
    CHECK_INT(number(totals, "shared"), count_where(rows, "responsibility", "shared"));
    CHECK_INT(number(totals, "bySource"), count_where(rows, "saidBy", "source"));
    CHECK_INT(number(totals, "byJudgement"), count_where(rows, "saidBy", "judgement"));
    CHECK_INT(number(totals, "byDecision"), count_where(rows, "saidBy", "decision"));
    CHECK_INT(number(totals, "controls"),
              number(totals, "bySource") + number(totals, "byJudgement") + number(totals, "byDecision"));
    CHECK_INT(count_true(rows, "provider"), number(totals, "provider") + number(totals, "shared"));
    check_sums(totals, at(out, "teams"), NULL);
    check_sums(totals, at(out, "services"), NULL);
}

static void check_gaps(const mp_statement *s)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_statement_gaps(&w, s);
    const mp_json *out = done(&w), *totals = at(out, "totals"), *rows = at(out, "rows"),
                  *by_kind = at(totals, "byKind");
    int64_t gaps = 0, lost = 0, kinds = 0, applicable = 0;
    CHECK_INT(number(totals, "lacking"), rows->count);
    for (MP_JSON_EACH(row, rows)) {
        int64_t of_parts = 0;
        const mp_json *list = at(row, "gaps");
        CHECK(list->count > 0);
        CHECK_INT(number(row, "count"), list->count);
        int64_t by_kinds = 0;
        const mp_json *row_kinds = at(row, "kinds");
        for (MP_JSON_EACH(kind, row_kinds))
            by_kinds += number(kind, "count");
        CHECK_INT(by_kinds, list->count);
        gaps += list->count;
        lost += number(row, "lostThousandths");
        for (MP_JSON_EACH(one, list)) {
            CHECK(at(at(one, "text"), "ko")->count > 0 && at(at(one, "todo"), "en")->count > 0);
            of_parts += mp_json_get(one, MP_S("lostThousandths")) ? number(one, "lostThousandths") : 0;
        }
        CHECK_INT(of_parts, number(row, "lostThousandths")); /* to the last one */
    }
    for (MP_JSON_MEMBERS(key, by_kind)) {
        int64_t n = 0;
        for (MP_JSON_EACH(row, rows))
            n += count_where(at(row, "gaps"), "kind", mp_arena_dup(&arena, mp_json_str(key)).ptr);
        CHECK_INT(key[1].u.integer, n);
        kinds += n;
    }
    for (size_t i = 0; i < s->score->count; i++)
        applicable += s->score->controls[i].state != MP_CONTROL_NOT_APPLICABLE;
    CHECK_INT(number(totals, "gaps"), gaps);
    CHECK_INT(kinds, gaps);
    CHECK_INT(number(totals, "controls"), applicable);
    CHECK_INT(number(totals, "lostThousandths"), lost);
    CHECK_INT(lost, s->score->total.most - s->score->total.points); /* what the score lacks is all here */
}

static void check_calendar(const mp_statement *s)
{
    mp_jsonw w;
    mp_buf text = MP_BUF_INIT;
    mp_jsonw_init(&w, &arena);
    mp_statement_calendar(&w, s, day("2026-11-22"), day("2027-11-22"));
    const mp_json *out = done(&w), *totals = at(out, "totals"), *rows = at(out, "rows"),
                  *by_kind = at(totals, "byKind");
    mp_str before = MP_S("");
    CHECK_INT(number(totals, "due"), rows->count);
    CHECK_INT(number(totals, "overdue"), count_true(rows, "overdue"));
    int64_t sum = 0;
    for (MP_JSON_MEMBERS(key, by_kind)) {
        CHECK_INT(key[1].u.integer, count_where(rows, "what", mp_arena_dup(&arena, mp_json_str(key)).ptr));
        sum += key[1].u.integer;
    }
    CHECK_INT(sum, rows->count);
    for (MP_JSON_EACH(row, rows)) {
        mp_str date = mp_json_str(at(row, "date"));
        CHECK(mp_str_cmp(before, date) <= 0 && mp_str_cmp(date, MP_S("2027-11-22")) < 0);
        before = date;
    }
    mp_ical_write(&text, out, MP_LANG_KO);
    CHECK_INT(mp_buf_check(&text, NULL), MP_OK);
    int64_t events = 0;
    size_t column = 0;
    for (size_t i = 0; i < text.len; i++) {
        column = text.ptr[i] == '\n' ? 0 : column + 1;
        CHECK(column <= 76); /* with the CR */
        events += i + 12 < text.len && memcmp(text.ptr + i, "BEGIN:VEVENT", 12) == 0;
    }
    CHECK_INT(events, rows->count);
    mp_buf_free(&text);
}

/* Members "uuid" of all objects within: none twice. */
static size_t count_uuids(const mp_json *v, mp_map *seen)
{
    size_t n = 0;
    if (mp_json_is(v, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, v))
            n += count_uuids(one, seen);
    if (mp_json_is(v, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, v)) {
            n += count_uuids(key + 1, seen);
            if (!mp_str_eq(mp_json_str(key), MP_S("uuid")))
                continue;
            CHECK_INT(key[1].count, 36);
            if (mp_map_get(seen, mp_json_str(key + 1)))
                fail_msg("%.*s stands twice", MP_FMT(mp_json_str(key + 1)));
            CHECK_INT(mp_map_put(seen, mp_json_str(key + 1), seen, NULL), MP_OK);
            n++;
        }
    return n;
}

static const mp_json *oscal(const mp_statement *s, void (*write)(mp_jsonw *w, const mp_statement *s),
                            const char *root)
{
    mp_jsonw w;
    mp_map seen = MP_MAP_INIT;
    mp_jsonw_init(&w, &arena);
    write(&w, s);
    const mp_json *out = done(&w);
    CHECK(count_uuids(out, &seen) > 1);
    mp_map_free(&seen);
    return at(out, root);
}

/* The sum of a property, in thousandths, over all objects of the list. */
static int64_t sum_of(const mp_json *list, const char *name)
{
    int64_t sum = 0;
    for (MP_JSON_EACH(one, list))
        for (MP_JSON_EACH(prop, at(one, "props")))
            if (mp_str_eq(mp_json_str(at(prop, "name")), mp_str_from(name))) {
                mp_str v = mp_json_str(at(prop, "value"));
                sum += (int64_t)(strtod(mp_arena_dup(&arena, v).ptr, NULL) * 1000.0 + 0.5);
            }
    return sum;
}

/* Points of observations add up to those of findings, and they to the score. */
static void check_results(const mp_statement *s)
{
    const mp_json *results = at(oscal(s, mp_oscal_results, "assessment-results"), "results"),
                  *result = mp_json_first(results);
    CHECK_INT(sum_of(results, "points"), s->score->total.points);
    CHECK_INT(sum_of(results, "points-possible"), s->score->total.most);
    CHECK_INT(sum_of(at(result, "findings"), "points"), s->score->total.points);
    CHECK_INT(sum_of(at(result, "findings"), "points-possible"), s->score->total.most);
    if (mp_json_get(result, MP_S("observations")) && at(result, "observations")->count)
        CHECK_INT(sum_of(at(result, "observations"), "points"), s->score->total.points);
    CHECK(mp_json_str(at(result, "remarks")).len > 0);
    for (MP_JSON_EACH(finding, at(result, "findings"))) {
        const mp_json *status = at(at(finding, "target"), "status");
        bool is_met = mp_str_eq(mp_json_str(at(status, "state")), MP_S("satisfied"));
        CHECK(is_met == mp_str_eq(mp_json_str(at(status, "reason")), MP_S("pass")));
    }
}

static void check_oscal(const mp_statement *s)
{
    size_t requirements = 0, lacking = 0;
    const mp_json *components = at(oscal(s, mp_oscal_components, "component-definition"), "components");
    for (MP_JSON_EACH(c, components))
        requirements += at(mp_json_first(at(c, "control-implementations")), "implemented-requirements")->count;
    CHECK_INT(requirements, s->score->count);
    const mp_json *plan = oscal(s, mp_oscal_plan, "system-security-plan");
    CHECK_INT(at(at(plan, "control-implementation"), "implemented-requirements")->count, s->score->count);
    for (size_t i = 0; i < s->score->count; i++)
        lacking += s->score->controls[i].state != MP_CONTROL_COMPLIANT &&
                   s->score->controls[i].state != MP_CONTROL_NOT_APPLICABLE;
    CHECK_INT(at(oscal(s, mp_oscal_milestones, "plan-of-action-and-milestones"), "poam-items")->count,
              lacking ? lacking : 1);
    if (s->score->total.states[MP_CONTROL_NOT_APPLICABLE] < s->score->count)
        check_results(s);
}

TEST(totals_equal_their_rows)
{
    for (uint32_t i = 1; i <= 40; i++) {
        mp_statement s = any_statement(i);
        check_applicability(&s);
        check_responsibility(&s);
        check_gaps(&s);
        check_calendar(&s);
        check_oscal(&s);
        mp_arena_free(&arena);
    }
}

/* ---- worked out by hand ---- */

static mp_statement of_csap(const char *scheme, mp_score *score, const mp_held_certificate *certificate)
{
    const mp_framework *f = mp_framework_find(&builtin, MP_S("csap-2025-02"));
    const mp_scheme *its = mp_scheme_find(f, mp_str_from(scheme));
    *score = (mp_score){ .controls = MP_ARENA_ARRAY(&arena, mp_scored, its->profile.count + 1),
                         .count = its->profile.count };
    for (size_t i = 0; i < score->count; i++) {
        const mp_control *base = its->profile.controls[i].base;
        score->controls[i] =
            (mp_scored){ .control = base, .answer = &f->answers.of[base - f->catalog.controls] };
    }
    mp_score_work(score);
    return (mp_statement){
        .framework = f, .scheme = its, .as_of = day("2026-11-22"), .score = score, .certificate = certificate
    };
}

/* Issued on 28 February 2025 for five years: surveillance each year, application six months before the end,
 * renewal at the end. */
TEST(the_cycle_of_a_certificate)
{
    static const char *const wanted[] = { "2026-02-28 surveillance",        "2027-02-28 surveillance",
                                          "2028-02-28 surveillance",        "2029-02-28 surveillance",
                                          "2029-08-28 renewal-application", "2030-02-28 renewal" };
    mp_score score;
    mp_held_certificate certificate = { .issued = day("2025-02-28") };
    mp_statement s = of_csap("saas-standard", &score, &certificate);
    mp_jsonw w;
    size_t i = 0;
    mp_jsonw_init(&w, &arena);
    mp_statement_calendar(&w, &s, day("2025-03-01"), day("2031-01-01"));
    const mp_json *out = done(&w), *rows = at(out, "rows");
    CHECK_STR(mp_json_str(at(at(out, "certificate"), "expires")), "2030-02-28");
    CHECK(number(at(out, "certificate"), "expiryReckoned") && number(at(out, "certificate"), "valid"));
    CHECK_INT(rows->count, MP_COUNT(wanted));
    for (MP_JSON_EACH(row, rows)) {
        mp_str is_there = mp_arena_printf(&arena, "%.*s %.*s", MP_FMT(mp_json_str(at(row, "date"))),
                                          MP_FMT(mp_json_str(at(row, "id"))));
        CHECK_STR(is_there, wanted[i++]);
        CHECK(at(row, "source") != NULL);
    }
    CHECK_STR(mp_json_str(at(at(mp_json_first(rows), "title"), "ko")), "사후평가 1차");
    mp_arena_free(&arena);
}

TEST(a_calendar_as_text)
{
    static const char wanted[] =
        "BEGIN:VEVENT\r\nUID:csap-2025-02//certification/renewal/20300228@mapae\r\nDTSTAMP:20261122T000000Z\r\n"
        "DTSTART;VALUE=DATE:20300228\r\nSUMMARY:Renewal completed\r\n"
        "DESCRIPTION:Complete the renewal before the certificate expires\\; otherwise\r\n"
        "  it lapses.\\nMSIT and KISA\\, Guide to the security certification of cloud \r\n"
        " computing services\\, 5.3 (February 2025)\\, III.2 1 (2) Renewal\r\n"
        "CATEGORIES:certification\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n";
    mp_score score;
    mp_held_certificate certificate = { .issued = day("2025-02-28") };
    mp_statement s = of_csap("iaas", &score, &certificate);
    mp_jsonw w;
    mp_buf text = MP_BUF_INIT;
    mp_jsonw_init(&w, &arena);
    mp_statement_calendar(&w, &s, day("2030-01-01"), day("2031-01-01"));
    mp_ical_write(&text, done(&w), MP_LANG_EN);
    mp_buf_add_c(&text, '\0');
    if (!strstr(text.ptr, wanted))
        fail_msg("%s\nnot\n%s", text.ptr, wanted);
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

/* What people wrote stays within its line, whatever it has in it. */
TEST(texts_do_not_leave_their_line)
{
    mp_score score;
    mp_statement s = of_csap("iaas", &score, NULL);
    mp_dated dated = { .kind = "finding",
                       .at = s.as_of,
                       .text = { .en = MP_S("a\r\nEND:VEVENT\r\nBEGIN:VALARM; b, c\\ \xE2\x80\xAE" "fdp.exe\xE2\x80\xA8z") } };
    mp_jsonw w;
    mp_buf text = MP_BUF_INIT;
    s.dated = &dated;
    s.dated_count = 1;
    mp_jsonw_init(&w, &arena);
    mp_statement_calendar(&w, &s, s.as_of, s.as_of + MP_TICKS_PER_DAY);
    mp_ical_write(&text, done(&w), MP_LANG_EN);
    mp_buf_add_c(&text, '\0');
    CHECK(strstr(text.ptr, "\nBEGIN:VALARM") == NULL);
    CHECK(strstr(text.ptr, "a\\nEND:VEVENT\\nBEGIN:VALARM\\; b\\, c") != NULL);
    CHECK(strstr(text.ptr, "<U+202E>") != NULL && strstr(text.ptr, "\xE2\x80") == NULL); /* nor what is obeyed and not shown */
    mp_buf_free(&text);
    mp_arena_free(&arena);
}

/* A scheme that demands and people who decide: the text of a decision cannot leave its line or its field. */
TEST(decisions_are_shown_with_what_they_say)
{
    mp_score score;
    mp_statement s = of_csap("low-saas", &score, NULL);
    mp_control_decision decided = { .control = MP_S("csap-2025-02-12.3.1"),
                                    .id = MP_S("d"),
                                    .justification = MP_S("risk 7"),
                                    .implementation = MP_S("implemented"),
                                    .responsibility = MP_S("shared"),
                                    .team = MP_S("crypto"),
                                    .service = MP_S("vault"),
                                    .target = MP_S("2026-12-31"),
                                    .target_at = day("2026-12-31") };
    mp_jsonw w;
    size_t found = 0;
    s.decided = &decided;
    s.decided_count = 1;
    mp_jsonw_init(&w, &arena);
    mp_statement_applicability(&w, &s);
    const mp_json *out = done(&w), *rows = at(out, "rows");
    CHECK_INT(rows->count, 117);
    CHECK_INT(number(at(out, "totals"), "demanded"), 30);
    CHECK_INT(number(at(out, "totals"), "withoutJustification"), 0);
    for (MP_JSON_EACH(row, rows)) {
        if (is(at(row, "control"), "label", "12.3.1")) {
            CHECK(is(row, "justifiedBy", "decision") && is(row, "implementation", "implemented") &&
                  is(row, "implementationFrom", "people"));
            CHECK(is(row, "team", "crypto") && is(row, "service", "vault") &&
                  is(row, "responsibility", "shared") && is(row, "targetDate", "2026-12-31"));
            CHECK_STR(mp_json_str(at(at(row, "justification"), "ko")), "risk 7");
            found++;
        } else if (is(at(row, "control"), "label", "1.1.1")) {
            CHECK(!number(row, "demanded") && is(row, "justifiedBy", "scheme"));
            CHECK_STR(mp_json_str(at(at(row, "justification"), "ko")),
                      "CSAP 하등급 SaaS에서 요구하지 않는 항목이다.");
            found++;
        }
    }
    CHECK_INT(found, 2);
    mp_arena_free(&arena);
}

/* ISO/IEC 27001 wants a reason for every control, from people. */
TEST(without_a_reason_of_people_iso_is_not_justified)
{
    mp_score score;
    const mp_framework *f = mp_framework_find(&builtin, MP_S("iso-27001-2022"));
    mp_statement s = of_csap("iaas", &score, NULL);
    mp_jsonw w;
    s.framework = f;
    s.scheme = NULL;
    score = (mp_score){ .controls = MP_ARENA_ARRAY(&arena, mp_scored, 93), .count = 93 };
    for (size_t i = 0; i < 93; i++)
        score.controls[i] = (mp_scored){ .control = &f->catalog.controls[i], .answer = &f->answers.of[i] };
    mp_score_work(&score);
    mp_jsonw_init(&w, &arena);
    mp_statement_applicability(&w, &s);
    const mp_json *out = done(&w);
    CHECK_INT(number(at(out, "totals"), "withoutJustification"), 93);
    CHECK(at(out, "basis") != NULL);
    mp_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(totals_equal_their_rows),
        RUN(the_cycle_of_a_certificate),
        RUN(a_calendar_as_text),
        RUN(texts_do_not_leave_their_line),
        RUN(decisions_are_shown_with_what_they_say),
        RUN(without_a_reason_of_people_iso_is_not_justified),
    };
    return cmocka_run_group_tests(tests, begin, forget);
}
