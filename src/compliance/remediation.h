/* SPDX-License-Identifier: Apache-2.0 */
/* remediation.h - resources that exist are brought to what a policy asks for: deployIfNotExists and modify, ordered,
 * shown beforehand, worked off, undone.
 *
 * An order (record "remediation") names an assignment and, of an initiative, one of its policies, and where. A thread
 * of its own works it off: first it finds the resources (each a record "remediation-change"), then it brings one
 * after the other through the gate, at most `parallel` at once, with the rights of whoever ordered it. Every write is
 * noted in the change's record in the same transaction, with the version that was there before; so nothing is
 * forgotten when the program ends in the middle, work goes on where it stopped, and all of it can be undone. Every
 * write has a leaf. */
#ifndef MAPAE_COMPLIANCE_REMEDIATION_H
#define MAPAE_COMPLIANCE_REMEDIATION_H

#include "compliance.h"
#include "estate.h"

#define MP_REMEDIATION_COUNT 500       /* resources, when the order does not say */
#define MP_REMEDIATION_COUNT_MAX 50000 /* as Azure has it */
#define MP_REMEDIATION_PARALLEL 10
#define MP_REMEDIATION_PARALLEL_MAX 30
#define MP_REMEDIATION_SHOWN 1000      /* resources that a plan shows at most */

/* remediation: key is the GUID of this run, its correlationId. indexes: place (the id in lower case, while it is
 * found by it), work ("do", "undo"; absent: none), assignment, scope (with a slash behind) */
extern const mp_kind mp_remediation_kind;
/* remediation-change: one resource of a run; key RUN/000001. indexes: run, status */
extern const mp_kind mp_remediation_change_kind;

typedef enum mp_remediation_state {
    MP_REMEDIATION_ACCEPTED,
    MP_REMEDIATION_EVALUATING, /* the resources are being found */
    MP_REMEDIATION_RUNNING,
    MP_REMEDIATION_SUCCEEDED,
    MP_REMEDIATION_FAILED, /* the threshold was exceeded, or some could not be changed */
    MP_REMEDIATION_CANCELED,
    MP_REMEDIATION_STATES
} mp_remediation_state;
extern const char *const mp_remediation_state_names[MP_REMEDIATION_STATES]; /* "Accepted", ... */

typedef struct mp_remediation_actor {
    mp_str kind, id;  /* as leaves have them: "user", "program", "local" */
    mp_str by_kind;   /* as systemData has it: "User", "Application" */
} mp_remediation_actor;

typedef struct mp_remediation {
    mp_str   run;       /* GUID */
    mp_str   id, name;  /* of ARM, as ordered */
    mp_str   place;     /* its key; empty: deleted there, or ordered anew; the run is still known by its GUID */
    mp_str   scope;     /* id of what it stands on */
    mp_str   assignment, reference; /* as ordered */
    bool     re_evaluates;          /* looks at every resource, not at those that are recorded as non-compliant */
    const mp_json *locations, *resources; /* arrays of texts: only these; NULL: all */
    uint32_t count, parallel;
    /* said; else it is what is usual, and not shown: clients compare what they sent with what there is */
    bool     has_count, has_parallel, has_threshold;
    double   threshold; /* 0 to 1: more failures than this part of the resources end it */
    mp_remediation_actor actor;
    mp_remediation_state state;
    mp_str   message;
    mp_ticks created_on, updated_on;
    uint32_t total, succeeded, failed;
    bool     is_undoing, was_undone;
    mp_remediation_actor undo_actor;
    uint32_t undone, undo_failed;
    int64_t  version; /* of the record */
} mp_remediation; /* in the arena */

/* ---- orders ---- */

/* What an order says, from the members of ARM's "properties" (or our own body): policyAssignmentId,
 * policyDefinitionReferenceId, resourceDiscoveryMode, filters, resourceCount, parallelDeployments, failureThreshold.
 * `place` is that of the remediation, `scope` of what it stands on. Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_remediation_read(mp_remediation *out, const mp_json *properties, const mp_place *place,
                                          const mp_place *scope, const mp_remediation_actor *actor, mp_arena *arena,
                                          mp_error *err);
/* Is it one that can be carried out? Fails with MP_REFERENCE (no such assignment), MP_PARAMETER (an initiative
 * without reference, one that it does not have, an effect that is not remedied). Not within a read or a write. */
MP_MUST_CHECK mp_code mp_remediation_check(mp_compliance *compliance, const mp_remediation *what, mp_error *err);
/* Within a write: it becomes a new run (`what` gets its GUID), in the place of the one that had this id. Fails with
 * MP_CONFLICT: that one is still at work. */
MP_MUST_CHECK mp_code mp_remediation_order(mp_remediation *what, bool *is_new, mp_tx *tx, mp_arena *arena, mp_error *err);
/* By the key of its id, or by the GUID of the run. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_remediation_find(mp_remediation *out, mp_tx *tx, mp_str place, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_get(mp_remediation *out, mp_tx *tx, mp_str run, mp_arena *arena, mp_error *err);
MP_MUST_CHECK mp_code mp_remediation_of(mp_remediation *out, const mp_record *record, mp_arena *arena, mp_error *err);
/* Within a write: nothing more is changed; what was, stays. Fails with MP_CONFLICT: it has ended. */
MP_MUST_CHECK mp_code mp_remediation_cancel(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err);
/* Within a write: it is no longer found by its id, and not carried on. The run stays as a record, to be undone. */
MP_MUST_CHECK mp_code mp_remediation_drop(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err);
/* Within a write: what it wrote is to be taken back, with the rights of this one. Fails with MP_CONFLICT: it is at work. */
MP_MUST_CHECK mp_code mp_remediation_undo(mp_remediation *what, mp_tx *tx, const mp_remediation_actor *actor,
                                          mp_arena *arena, mp_error *err);
/* As ARM shows it. NULL when memory is short. */
const mp_json *mp_remediation_show(const mp_remediation *what, mp_arena *arena);

/* ---- its resources ---- */

typedef struct mp_remediation_change {
    mp_str         key;       /* RUN/000001 */
    mp_str         resource, location, deployment, status; /* "Pending", "Succeeded", "Failed" */
    mp_ticks       created_on, updated_on;
    const mp_json *error;  /* {"code", "message"}; NULL: none */
    /* [{"id", "before" (time of the version that was there; absent: none), "after" (version)}] */
    const mp_json *writes;
    mp_str         undo;   /* "Succeeded", "Failed"; empty: not undone */
    const mp_json *undo_error;
} mp_remediation_change; /* in the arena */

typedef struct mp_remediation_changes {
    mp_remediation_change *list;
    size_t                 count;
    mp_str                 next; /* empty: that was all */
} mp_remediation_changes;
MP_MUST_CHECK mp_code mp_remediation_list_changes(mp_remediation_changes *out, mp_tx *tx, mp_str run, mp_str after,
                                                  uint32_t limit, mp_arena *arena, mp_error *err);
/* "Canceled" of what was not begun when it ended. */
mp_str mp_remediation_status(const mp_remediation *of, const mp_remediation_change *change);

/* ---- what it would do ---- */

/* Nothing is written: {"resources", "creates", "modifies", "failures", "value": [{"resourceId", "resourceLocation",
 * "effect", "deploymentId"?, "changes":
 * [{resourceId, changeType, before, after, delta}], "error"? {"code", "message"}}]}: of at most MP_REMEDIATION_SHOWN
 * resources. Not within a read or a write. */
MP_MUST_CHECK mp_code mp_remediation_plan(const mp_json **out, mp_compliance *compliance, const mp_remediation *what,
                                          mp_arena *arena, mp_error *err);

/* ---- the worker ---- */

MP_MUST_CHECK mp_code mp_remedying_new(mp_remedying **out, mp_compliance *compliance, mp_error *err);
void                  mp_remedying_free(mp_remedying *worker); /* waits for the changes at hand; NULL is fine */
/* There is something to do. Any thread, cheap. */
void mp_remedying_wake(mp_remedying *worker);
/* In a program without threads of its own: everything that was ordered is carried out, here and now. Else MP_OK at
 * once: the thread does it. */
MP_MUST_CHECK mp_code mp_remedying_finish(mp_remedying *worker, mp_error *err);

#endif
