/* SPDX-License-Identifier: Apache-2.0 */
/* rulebook.h - all policies that are assigned, compiled: an immutable state in memory, replaced as a whole.
 *
 * Made from the records of the store (objects.h): the assignments, what they assign, exemptions, attestations. Readers hold a reference while they use it and take no
 * lock that waits for a writer. A commit that changed a policy object makes the next one necessary (mp_rulebook_changed, from the write); it is made by the first who
 * asks. The number of a rulebook rises with each. Built-in definitions that nobody assigns are not read. */
#ifndef MAPAE_COMPLIANCE_RULEBOOK_H
#define MAPAE_COMPLIANCE_RULEBOOK_H

#include "plan.h"
#include "records.h"

typedef struct mp_rulebook  mp_rulebook;
typedef struct mp_rulebooks mp_rulebooks; /* the present one, and how it is replaced */

/* An exemption or attestation as it concerns one check. */
typedef struct mp_rule_term {
    uint32_t check;
    mp_str   scope;  /* key: what it holds for, with what is below */
    mp_ticks expires_on; /* 0: never */
} mp_rule_term;

/* What stands beside each check: what rows and refusals say of it. Texts live as long as the rulebook. */
typedef struct mp_rule_facts {
    /* Assignment id and reference, in lower case, and the number of the override that gives some resources another version: the same check in every rulebook. */
    mp_str key;
    mp_str assignment_id, assignment_name, assignment_display_name, assignment_scope; /* ids as stored */
    mp_str set_id, set_name, set_display_name, set_category, set_version;             /* empty: no initiative */
    mp_str definition_id, definition_name, definition_display_name, definition_category, definition_version;
    mp_str reference_id, effect;
    const mp_str *groups;
    size_t group_count;
    const mp_json *parameters; /* of the assignment */
    mp_str related_type; /* of IfNotExists: what is looked for, empty: nothing; "*": only the resource tells */
    bool   related_anywhere; /* in the whole subscription, or the resource tells where; else in the resource's group */
    uint8_t digest[32]; /* over all that its verdicts depend on: equal digest, equal verdicts */
} mp_rule_facts;

MP_MUST_CHECK mp_code mp_rulebooks_new(mp_rulebooks **out, mp_store *store, const mp_aliases *aliases, mp_error *err);
void                  mp_rulebooks_free(mp_rulebooks *books); /* NULL is fine */

/* The present one, made anew when it is old; to be let go with mp_rulebook_unref(). Not within a read or a write of the store. Fails with MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_rulebook_ref(mp_rulebook **out, mp_rulebooks *books, mp_error *err);
void                  mp_rulebook_unref(mp_rulebook *book); /* NULL is fine */

uint64_t             mp_rulebook_number(const mp_rulebook *book);
mp_plan             *mp_rulebook_plan(const mp_rulebook *book); /* of all checks; details are compiled */
uint32_t             mp_rulebook_count(const mp_rulebook *book); /* of checks */
const mp_rule_facts *mp_rulebook_facts(const mp_rulebook *book, uint32_t check);
/* Exemptions and attestations, one for each check that they may concern. */
const mp_rule_term *mp_rulebook_terms(const mp_rulebook *book, size_t *count);
/* Of the check with this key, or MP_NO_CHECK. */
#define MP_NO_CHECK UINT32_MAX
uint32_t mp_rulebook_find(const mp_rulebook *book, mp_str key);
/* When the next exemption or attestation expires, after `now`; 0: none does. */
mp_ticks mp_rulebook_next_expiry(const mp_rulebook *book, mp_ticks now);
/* An enforcer of its plan, from a pool; to be given back before the rulebook is let go. Giving back NULL is fine. Fails with MP_NOMEM. */
struct mp_enforcer;
MP_MUST_CHECK mp_code mp_rulebook_enforcer(struct mp_enforcer **out, mp_rulebook *book, mp_error *err);
void                  mp_rulebook_enforcer_back(mp_rulebook *book, struct mp_enforcer *enforcer);
/* What is wrong with objects, as sentences: a reference that is gone, a definition that does not compile. */
const mp_diagnostics *mp_rulebook_diagnostics(const mp_rulebook *book);

/* Within a write that changed a policy object, or what is below which management group: whoever asks after the commit gets a new one. When the write fails in the end the
 * present one still is current. Fails when the store does. */
MP_MUST_CHECK mp_code mp_rulebook_changed(mp_rulebooks *books, mp_tx *tx, mp_error *err);
/* Within a write: *is_current: nothing that it was made of was changed since, by whatever was committed or stands in this batch. What was decided by it still holds.
 * Fails when the store does. */
MP_MUST_CHECK mp_code mp_rulebook_is_current(bool *is_current, const mp_rulebooks *books, const mp_rulebook *book, mp_tx *tx, mp_error *err);

/* ---- another than the present one ---- */

/* A policy object as it would be; `body` as it would be stored, NULL: deleted. */
typedef struct mp_rule_change {
    const mp_kind *kind;
    mp_str         key;
    const mp_json *body;
} mp_rule_change;

typedef struct mp_rulebook_asked {
    mp_ticks              as_of;       /* 0: now */
    const mp_str         *assignments; /* keys; NULL: all */
    size_t                assignment_count;
    const mp_rule_change *changes;     /* in place of what is stored; each object once */
    size_t                change_count;
    bool                  keeps_disabled; /* checks of disabled policies too: for explanations */
} mp_rulebook_asked;
/* Of the store as the transaction sees it, as it was at a date, or as it would be. Nobody else gets it, and it has no number. What is wrong with the objects is among its
 * diagnostics. To be let go with mp_rulebook_unref(). Fails with MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_rulebook_make(mp_rulebook **out, mp_tx *tx, const mp_rulebook_asked *asked, mp_error *err);

#endif
