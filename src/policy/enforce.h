/* SPDX-License-Identifier: Apache-2.0 */
/* enforce.h - what policies do about a request: they change it, refuse it, or let it pass and note
 * something.
 *
 *   mp_enforce_write(&done, enforcer, &request)    before a resource is created or updated
 *   mp_enforce_after(&done, enforcer, &request)    once it is: what IfNotExists policies ask for
 *   mp_enforce_delete(&done, enforcer, &request)   before it is deleted
 *   mp_enforce_remedy(&done, enforcer, &request, check)  what one policy would make of a resource that exists
 *   mp_enforce_decided(...)                        the conditions behind one act
 *
 * Microsoft Learn, "Azure Policy definitions effect basics", Order of evaluation: what is disabled is left
 * out, append and modify change the document, and what came of it is judged for deny, audit and the others.
 * Exemptions, notScopes, resourceSelectors and overrides hold as they do in a scan.
 *
 * An enforcer belongs to one thread; what it returns, and what the request points to, must stay until its
 * next call. */
#ifndef MAPAE_POLICY_ENFORCE_H
#define MAPAE_POLICY_ENFORCE_H

#include "apply.h"

typedef struct mp_enforcer mp_enforcer;

/* `plan` must have been made with details, and outlive the enforcer. Fails with MP_USAGE, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforcer_new(mp_enforcer **out, mp_plan *plan, mp_error *err);
void                  mp_enforcer_free(mp_enforcer *e);

typedef struct mp_enforce_request {
    const mp_resource *resource; /* with its document as it would be stored, or is */
    mp_surroundings    around;   /* who asks, with which API version; its containers */
    const mp_related  *related;  /* NULL: no related resource exists */
    bool is_tags_only; /* of a write: only tags are patched, so only policies that inspect tags are asked */
    bool with_group;   /* of a deletion: because its resource group is deleted */
} mp_enforce_request;

/* What a check did; see acts.def. */
typedef enum mp_act_kind {
#define MP_ACT(name, text) MP_ACT_##name,
#include "acts.def"
#undef MP_ACT
    MP_ACT_COUNT
} mp_act_kind;

extern const mp_str mp_act_names[MP_ACT_COUNT]; /* "changed", ... */

typedef struct mp_act {
    mp_act_kind       kind;
    bool              refuses; /* the request fails */
    mp_effect         effect;
    const mp_check   *check;
    mp_verdict        verdict;
    const mp_applied *operations; /* of append and modify, as far as it came to them */
    uint32_t          operation_count;
    const mp_check   *other;   /* whose changes it conflicts with, or NULL */
    mp_str            message; /* of a failure, or of what cannot be changed: a sentence; else empty */
    /* Where the reason is found: see mp_enforce_decided(). */
    bool              of_changed;
    uint32_t          number;
} mp_act;

typedef struct mp_enforcement {
    bool               is_allowed;
    bool               is_changed;
    const mp_resource *resource; /* as policies changed it; as it was given when they did not, or refused it */
    const mp_act      *acts; /* changes as they were made (when it is refused: would have been), then the
                              * others in the order of checks */
    uint32_t           act_count;
    const mp_verdict  *verdicts; /* of the checks that were asked, on the document as it came to be judged */
    uint32_t           verdict_count;
} mp_enforcement;

/* Fails with MP_NOMEM, MP_LIMIT (see mp_plan_program()). A policy that cannot be evaluated is an act, not a
 * failure. */
MP_MUST_CHECK mp_code mp_enforce_write(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request,
                                       mp_error *err);
MP_MUST_CHECK mp_code mp_enforce_after(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request,
                                       mp_error *err);
MP_MUST_CHECK mp_code mp_enforce_delete(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request,
                                        mp_error *err);
/* `check` by its number in the plan. Whether its assignment is enforced does not matter, and other policies
 * are not asked. No act: there is nothing to remedy. Fails as the others. */
MP_MUST_CHECK mp_code mp_enforce_remedy(mp_enforcement *out, mp_enforcer *e, const mp_enforce_request *request,
                                        uint32_t check, mp_error *err);

/* The conditions that decided `act` of the last call, all of them. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforce_decided(const mp_decided **out, uint32_t *count, mp_enforcer *e,
                                         const mp_act *act, mp_error *err);
/* Its effect's details with every expression evaluated; of deployIfNotExists {"deployment",
 * "roleDefinitionIds", ...}. Fails with MP_EVALUATION, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_enforce_details(const mp_json **out, mp_enforcer *e, const mp_act *act, mp_error *err);

/* A policy that nobody assigned holds as one whose assignment is enforced. */
static inline bool mp_check_is_enforced(const mp_check *check)
{
    return !check->assignment || check->assignment->enforced;
}

#endif
