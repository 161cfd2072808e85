/* SPDX-License-Identifier: Apache-2.0 */
#include "finder.h"

static const char *const finding_names[] = {
    [MP_FOUND_OPEN] = "open",
    [MP_FOUND_SCHEME] = "scheme",
    [MP_FOUND_CHOICE] = "choice",
    [MP_FOUND_NONE] = "none",
    [MP_FOUND_NOT_SUBJECT] = "notSubject",
    [MP_FOUND_NOT_NEEDED] = "notNeeded",
    [MP_FOUND_SCOPE_ADDITION] = "scopeAddition",
    [MP_FOUND_NOT_PUBLISHED] = "notPublished",
    [MP_FOUND_NOT_READY] = "notReady",
};
const char *mp_finding_name(mp_finding finding)
{
    return finding_names[finding];
}

/* Of tests: they hold, they cannot, or an answer is wanted first. */
typedef enum truth { FAILS, OPEN, HOLDS } truth;

typedef struct deciding {
    const mp_finder *finder;
    const size_t *answers;
    uint64_t asked, later; /* bits of questions: asked; or perhaps, once others are answered */
} deciding;

static truth test(const deciding *d, const mp_finder_test *t)
{
    uint64_t bit = UINT64_C(1) << t->question;
    size_t answer = d->answers[t->question];
    if (d->later & bit)
        return OPEN;
    if (!(d->asked & bit))
        return FAILS;
    if (answer == MP_NO_CHOICE)
        return OPEN;
    return t->choices >> answer & 1 ? HOLDS : FAILS;
}

static truth test_all(const deciding *d, const mp_finder_test *tests, size_t count)
{
    truth all = HOLDS;
    for (size_t i = 0; i < count; i++) {
        truth one = test(d, &tests[i]);
        all = one < all ? one : all;
    }
    return all;
}

/* In order: a question tests only those before it. */
static void ask(deciding *d)
{
    for (size_t i = 0; i < d->finder->question_count; i++) {
        const mp_finder_question *q = &d->finder->questions[i];
        truth is_asked = test_all(d, q->tests, q->test_count);
        d->asked |= (uint64_t)(is_asked == HOLDS) << i;
        d->later |= (uint64_t)(is_asked == OPEN) << i;
    }
}

static uint64_t tested(const mp_finder_test *tests, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= UINT64_C(1) << tests[i].question;
    return bits;
}

/* Questions whose answer may still make a rule speak, or another question be asked. */
static uint64_t that_matter(const deciding *d)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < d->finder->rule_count; i++) {
        const mp_finder_rule *r = &d->finder->rules[i];
        if (test_all(d, r->tests, r->test_count) == OPEN)
            bits |= tested(r->tests, r->test_count);
    }
    for (size_t i = 0; i < d->finder->question_count; i++)
        if (d->later >> i & 1)
            bits |= tested(d->finder->questions[i].tests, d->finder->questions[i].test_count);
    return bits;
}

static size_t next_question(const deciding *d)
{
    uint64_t matter = that_matter(d) & d->asked;
    for (size_t i = 0; i < d->finder->question_count; i++)
        if (matter >> i & 1 && d->answers[i] == MP_NO_CHOICE)
            return i;
    return MP_NO_CHOICE;
}

static mp_finding of_candidates(uint64_t candidates)
{
    int count = __builtin_popcountll(candidates);
    return count == 0 ? MP_FOUND_NONE : count == 1 ? MP_FOUND_SCHEME : MP_FOUND_CHOICE;
}

mp_code mp_finder_decide(mp_found *out, const mp_finder *finder, const size_t *answers, mp_arena *arena,
                         mp_error *err)
{
    deciding d = { .finder = finder, .answers = answers };
    mp_finding settled = MP_FOUND_OPEN;
    *out = (mp_found){ .next = MP_NO_CHOICE, .fired = MP_ARENA_ARRAY(arena, bool, finder->rule_count + 1) };
    if (!out->fired)
        return mp_no_memory(err);
    ask(&d);
    out->asked = d.asked;
    out->candidates =
        finder->scheme_count == MP_FINDER_MAX ? UINT64_MAX : (UINT64_C(1) << finder->scheme_count) - 1;
    for (size_t i = 0; i < finder->rule_count; i++) {
        const mp_finder_rule *r = &finder->rules[i];
        out->fired[i] = test_all(&d, r->tests, r->test_count) == HOLDS;
        out->candidates &= out->fired[i] ? ~r->excludes : UINT64_MAX;
        if (out->fired[i] && settled == MP_FOUND_OPEN)
            settled = r->outcome;
    }
    if (settled == MP_FOUND_NOT_SUBJECT || settled == MP_FOUND_NOT_NEEDED || settled == MP_FOUND_SCOPE_ADDITION)
        out->candidates = 0; /* there is nothing to apply for */
    if (settled == MP_FOUND_OPEN || settled == MP_FOUND_NOT_READY)
        out->next = next_question(&d);
    out->finding = settled != MP_FOUND_OPEN    ? settled
                   : out->next != MP_NO_CHOICE ? MP_FOUND_OPEN
                                               : of_candidates(out->candidates);
    return MP_OK;
}

/* "yes, no" */
static mp_code no_choice(const mp_finder_question *q, mp_str choice, mp_error *err)
{
    char names[120];
    size_t len = 0;
    for (size_t i = 0; i < q->choice_count && len + q->choices[i].id.len + 3 < sizeof names; i++) {
        if (i) {
            memcpy(names + len, ", ", 2);
            len += 2;
        }
        memcpy(names + len, q->choices[i].id.ptr, q->choices[i].id.len);
        len += q->choices[i].id.len;
    }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                   "'%.*s' is no answer to the question '%.*s'; answers are %.*s", MP_FMT(choice),
                   MP_FMT(q->id), (int)len, names);
}

mp_code mp_finder_answer(const mp_finder *finder, size_t *answers, mp_str question, mp_str choice,
                         mp_error *err)
{
    for (size_t i = 0; i < finder->question_count; i++) {
        const mp_finder_question *q = &finder->questions[i];
        if (!mp_str_eq(q->id, question))
            continue;
        for (size_t k = 0; k < q->choice_count; k++)
            if (mp_str_eq(q->choices[k].id, choice)) {
                answers[i] = k;
                return MP_OK;
            }
        return no_choice(q, choice, err);
    }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there is no question '%.*s'", MP_FMT(question));
}
