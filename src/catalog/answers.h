/* SPDX-License-Identifier: Apache-2.0 */
/* answers.h - what answers a control: policies, evidence, questions to people; who is responsible, and what it weighs.
 *
 * A catalogue says what is demanded, this says how Mapae finds out. One document for each catalogue:
 *
 *   {"answers": {"catalog": UUID, "controls": [
 *     {"control": ID, "policies": [NAME], "groups": [NAME], "questions": [WORDS],
 *      "evidence": [{"kind", "name": WORDS, "every"}], "checkedBy", "why": WORDS,
 *      "responsibility", "team", "service", "required", "nature", "statedBySource"}]}}
 *
 * WORDS is {"ko", "en"}. `policies` are names of definitions; `groups` are names of groups of initiatives whose policies answer it
 * too. A control that stands in no entry, or in one without policies, evidence and questions, is answered by nobody: a gap. */
#ifndef MAPAE_CATALOG_ANSWERS_H
#define MAPAE_CATALOG_ANSWERS_H

#include "catalog.h"
#include "clock.h"

typedef enum mp_checked_by { MP_BY_PERSON, MP_BY_PART, MP_BY_MACHINE, MP_CHECKED_BY_COUNT } mp_checked_by;
typedef enum mp_responsible { MP_OF_CUSTOMER, MP_OF_PROVIDER, MP_OF_BOTH, MP_RESPONSIBLE_COUNT } mp_responsible;
typedef enum mp_nature { MP_PREVENTIVE, MP_DETECTIVE, MP_CORRECTIVE, MP_NATURE_COUNT } mp_nature;

/* "person", "part", "machine"; "customer", "provider", "shared"; "preventive", "detective", "corrective". */
const char *mp_checked_by_name(mp_checked_by by);
const char *mp_responsible_name(mp_responsible who);
const char *mp_nature_name(mp_nature nature);

typedef struct mp_evidence_rule {
    mp_str   kind;   /* "document", "record", "log", ... */
    mp_words name;
    mp_str   every;  /* as it was written; the three below say what it means */
    unsigned months; /* fresh for so long; with days 0: once, or at a change */
    unsigned days;
    bool     at_change; /* to be made anew when what it tells of changes */
} mp_evidence_rule;

typedef struct mp_answer {
    const mp_control *control;
    mp_checked_by     checked_by;
    mp_responsible    responsible;
    mp_nature         nature;
    bool              is_required;
    bool              is_stated;   /* who is responsible: by a source; else by judgement */
    bool              is_gap;      /* nothing answers it */
    mp_str            team;
    mp_str            service;     /* the part of the cloud that implements it; empty: not said */
    mp_words          why;         /* what a machine sees of it, and what it does not */
    const mp_str     *policies, *groups;
    size_t            policy_count, group_count;
    const mp_words   *questions;
    size_t            question_count;
    const mp_evidence_rule *evidence;
    size_t                  evidence_count;
} mp_answer;

typedef struct mp_answers {
    const mp_answer *of; /* one for each control of the catalogue, in its order */
    size_t           count;
} mp_answers;

/* `document`, catalogue and arena outlive `out`. Fails with MP_FORMAT (what is wrong, and of which control), MP_REFERENCE (another catalogue; a control that it does not
 * have), MP_EXISTS (one twice), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_answers_read(mp_answers *out, const mp_json *document, const mp_catalog *catalog, mp_arena *arena, mp_error *err);

/* What a control weighs in the score: required 27 when it prevents and 3 otherwise, not required 9 and 1. Source: the public description of the score of Microsoft Purview
 * Compliance Manager. */
unsigned mp_answer_weight(const mp_answer *answer);

#endif
