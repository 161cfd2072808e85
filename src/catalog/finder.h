/* SPDX-License-Identifier: Apache-2.0 */
/* finder.h - which scheme of a framework a service needs: questions, and rules over their answers.
 *
 *   "finder": {
 *     "schemes":   [{"id", "title": WORDS, "published": false}],
 *     "questions": [{"id", "text": WORDS, "help": WORDS, "when": TESTS, "choices": [{"id", "text": WORDS}]}],
 *     "rules":     [{CITED, "when": TESTS, "outcome": NAME, "supports": [SCHEME],
 *                    "excludes": [SCHEME], "condition": true}]}
 *
 * TESTS is {QUESTION: [CHOICE]}: all of these questions have one of these answers. A question is asked when its
 * own tests hold, and tests only questions before it. A rule whose tests hold says its text: it speaks for
 * schemes, rules schemes out, states a condition, or settles the outcome. Decisions of this form are those of
 * DMN, with the hit policy "collect". */
#ifndef MAPAE_CATALOG_FINDER_H
#define MAPAE_CATALOG_FINDER_H

#include "cited.h"
#include "jsonw.h"

struct mp_framework;
struct mp_scheme;

enum { MP_FINDER_MAX = 64 }; /* questions, choices of one, schemes: each a bit of 64 */

/* Of what is known so far. The first three come from the rules one has to heed most, and end the questions. */
typedef enum mp_finding {
    MP_FOUND_OPEN,        /* there are questions left */
    MP_FOUND_SCHEME,      /* one */
    MP_FOUND_CHOICE,      /* several, of which the sources do not decide */
    MP_FOUND_NONE,        /* the answers leave none */
    MP_FOUND_NOT_SUBJECT, /* the certification is not meant for it */
    MP_FOUND_NOT_NEEDED,
    MP_FOUND_SCOPE_ADDITION, /* to a certificate that there is */
    MP_FOUND_NOT_PUBLISHED,  /* what the scheme demands is not known yet */
    MP_FOUND_NOT_READY,      /* a condition comes first; questions go on */
    MP_FINDING_COUNT
} mp_finding;
const char *mp_finding_name(mp_finding finding); /* "open", "scheme", ..., "notSubject", ... */

typedef struct mp_finder_test {
    size_t question;
    uint64_t choices;
} mp_finder_test;

typedef struct mp_finder_choice {
    mp_str id;
    mp_words text;
} mp_finder_choice;

typedef struct mp_finder_question {
    mp_str id;
    mp_words text, help;
    const mp_finder_test *tests;
    size_t test_count;
    const mp_finder_choice *choices;
    size_t choice_count;
} mp_finder_question;

typedef struct mp_finder_scheme {
    mp_str id;
    mp_words title;
    const struct mp_scheme *scheme; /* NULL: not published */
} mp_finder_scheme;

typedef struct mp_finder_rule {
    mp_cited said;
    const mp_finder_test *tests;
    size_t test_count;
    uint64_t supports, excludes; /* bits of schemes */
    mp_finding outcome;          /* MP_FOUND_OPEN: it settles none */
    bool is_condition;
} mp_finder_rule;

typedef struct mp_finder {
    const mp_finder_question *questions;
    size_t question_count;
    const mp_finder_scheme *schemes;
    size_t scheme_count;
    const mp_finder_rule *rules;
    size_t rule_count;
} mp_finder;

/* Fails with MP_FORMAT, MP_REFERENCE (a question, choice or scheme that is not there), MP_EXISTS, MP_LIMIT,
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_finder_read(mp_finder *out, const mp_json *json, const struct mp_framework *framework,
                                     const mp_citing *citing, mp_error *err);

#define MP_NO_CHOICE SIZE_MAX

typedef struct mp_found {
    mp_finding finding;
    size_t next;         /* the question to ask now; MP_NO_CHOICE: none is left */
    uint64_t candidates; /* bits of schemes that no rule has ruled out; 0 when there is nothing to apply for */
    uint64_t asked;      /* bits of questions that are asked */
    bool *fired;         /* of each rule */
} mp_found;

/* `answers`: the choice of each question or MP_NO_CHOICE. Those of questions that are not asked count for
 * nothing. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_finder_decide(mp_found *out, const mp_finder *finder, const size_t *answers,
                                       mp_arena *arena, mp_error *err);

/* Note an answer by names. Fails with MP_PARAMETER: no such question, no such choice (it says which there are).
 */
MP_MUST_CHECK mp_code mp_finder_answer(const mp_finder *finder, size_t *answers, mp_str question, mp_str choice,
                                       mp_error *err);

#endif
