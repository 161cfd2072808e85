/* SPDX-License-Identifier: Apache-2.0 */
/* comply.h - how a framework stands, for people: what the API answers (score_show.h) as text. As a document: the form
 * assessment-report. */
#ifndef MAPAE_CLI_COMPLY_H
#define MAPAE_CLI_COMPLY_H

#include "client.h"

/* What a table shows of each control: {"label", "title", "state", "points", "most", "why"}. NULL when memory is
 * short. */
const mp_json *mp_comply_rows(const mp_json *answer, mp_lang lang, mp_arena *arena);
/* Why a control is as it is, in a few words: "some violate (2), unanswered". */
mp_str mp_comply_why(const mp_json *control, mp_lang lang, mp_arena *arena);
/* Sentences of the head: score, states, sources, coverage; where the source of the scheme contradicts itself. The last
 * may be empty. */
enum { MP_COMPLY_LINES = 5 };
void mp_comply_head(mp_str lines[MP_COMPLY_LINES], const mp_json *answer, mp_lang lang, mp_arena *arena);
/* "As of 2026-11-22 09:00:00 UTC, in SCOPES". */
mp_str mp_comply_as_of(const mp_json *answer, mp_lang lang, mp_arena *arena);
/* Title of framework and scheme. */
mp_str mp_comply_title(const mp_json *answer, mp_lang lang, mp_arena *arena);

/* Members of an object. */
mp_str mp_comply_text(const mp_json *object, const char *member); /* empty when it is none */
mp_str mp_comply_words(const mp_json *object, const char *member, mp_lang lang);
mp_str mp_comply_number(const mp_json *object, const char *member,
                        mp_arena *arena); /* as text, "0" when it is none */
double mp_comply_amount(const mp_json *object, const char *member);

#endif
