/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - names, numbers and short texts as several formats print them. Private to report.
 *
 * Slices are borrowed from the scan or static; nothing is escaped. */
#ifndef MAPAE_REPORT_WORDS_H
#define MAPAE_REPORT_WORDS_H

#include "report.h"

/* Names in `lang` where the policy or initiative has them (metadata.localized), else as it is called;
 * never empty when there is an id. */
mp_str mp_words_check(mp_lang lang, const mp_scan_check *check);
mp_str mp_words_check_description(mp_lang lang, const mp_scan_check *check);
mp_str mp_words_initiative(mp_lang lang, const mp_scan_initiative *initiative);
mp_str mp_words_initiative_description(mp_lang lang, const mp_scan_initiative *initiative);
mp_str mp_words_group(mp_lang lang, const mp_scan_summary *s, const mp_scan_group *group);
/* Its name without the framework and edition that the names of all groups of its initiative begin with: "2.5.3" of
 * "K_ISMS_P_2023_2.5.3". */
mp_str mp_words_group_label(const mp_scan_summary *s, const mp_scan_group *group);
mp_str mp_words_group_category(mp_lang lang, const mp_scan_summary *s, const mp_scan_group *group);

/* What a resource is called: its name, else its id, else "-". */
mp_str mp_words_resource(const mp_resource *resource);
mp_str mp_words_worst(const mp_scan_worst *worst);
/* "Non-compliant"; "Fail": for the head of a narrow column. */
mp_str mp_words_state(mp_lang lang, mp_state state);
mp_str mp_words_state_short(mp_lang lang, mp_state state);

/* Why a condition failed, and on which line of the policy it stands. */
void mp_words_failure(mp_buf *out, mp_lang lang, const mp_scan_condition *condition);

#define MP_NUMBER_TEXT 28
/* "1,234,567". */
const char *mp_words_number(char out[MP_NUMBER_TEXT], uint64_t n);
/* "9,999", "12.3k", "4.5M": at most six characters up to a thousand million; cut, not rounded. */
const char *mp_words_short_number(char out[MP_NUMBER_TEXT], uint64_t n);
/* "61.8": cut, not rounded, so that only all is "100.0"; something is never "0.0". "-" when there is
 * nothing to judge. */
const char *mp_words_percent(char out[MP_NUMBER_TEXT], const mp_tally *tally);
/* Why there is no percentage: the id of a message. */
const char *mp_words_no_score(const mp_tally *resources);
/* "0.42 s", "3 min 5 s". */
void mp_words_duration(mp_buf *out, mp_lang lang, double seconds);
/* "2026-01-31 09:00 UTC". */
const char *mp_words_time(char out[MP_NUMBER_TEXT], mp_ticks t);

/* Bad news of a tally: what is to be fixed, and what could not be decided. */
static inline uint64_t mp_words_errors(const mp_tally *t)
{
    return t->by_state[MP_STATE_ERROR] + t->by_state[MP_STATE_CONFLICTING];
}

/* A check of the same policy stands before check `index`: the same one in two initiatives. */
bool mp_words_is_repeated(const mp_scan_summary *s, uint32_t index);
uint64_t mp_words_policy_count(const mp_scan_summary *s); /* policies, each once */
/* The same among the checks that are listed for a resource. */
bool mp_words_worst_is_repeated(const mp_scan_summary *s, const mp_scan_worst *w, uint32_t index);

/* Indexes of the checks, those with most non-compliant resources first, then most errors, then as
 * given. NULL when memory is short; free() it. */
uint32_t *mp_words_checks_worst_first(const mp_scan_summary *s);

#endif
