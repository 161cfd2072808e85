/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - what is to be judged: every policy as some assignment applies it.
 *
 * A check is one definition with its parameters' values, its effect, and the terms on which it holds
 * (scope, exclusions, selectors, exemptions). Initiatives are unfolded: one check for each reference.
 * Checks never change once made. */
#ifndef MAPAE_POLICY_CHECK_H
#define MAPAE_POLICY_CHECK_H

#include "clock.h"
#include "lower.h"

/* ---- selectors (Microsoft Learn, "Azure Policy assignment structure", Resource selectors) ---- */

typedef enum mp_selector_kind {
    MP_SELECT_LOCATION,         /* resourceLocation */
    MP_SELECT_TYPE,             /* resourceType */
    MP_SELECT_WITHOUT_LOCATION, /* resourceWithoutLocation */
    MP_SELECT_REFERENCE,        /* policyDefinitionReferenceId: of overrides */
} mp_selector_kind;

typedef struct mp_selector {
    mp_selector_kind kind;
    const mp_str    *in;     /* one of these two is given */
    const mp_str    *not_in;
    uint32_t         in_count, not_in_count;
} mp_selector;

/* All of its selectors must hold. */
typedef struct mp_selection {
    mp_str             name;
    const mp_selector *selectors;
    uint32_t           count;
} mp_selection;

/* An override of the effect or of the version, for the resources that its selectors name (none: for all). */
typedef struct mp_override {
    mp_str       effect;  /* one of these two is given */
    mp_str       version; /* pattern */
    mp_selection selection;
} mp_override;

/* ---- exemptions and attestations ---- */

typedef struct mp_exemption {
    mp_str   id, name, display_name;
    mp_str   category;      /* "Waiver", "Mitigated" */
    mp_str   scope;         /* the id it holds for, and all below */
    mp_str   assignment_id; /* empty: any assignment */
    const mp_str *references; /* of an initiative; none: all of it */
    uint32_t reference_count;
    bool     has_expiry;
    mp_ticks expires_on; /* not honoured from then on */
    const mp_selection *selections;
    uint32_t selection_count;
} mp_exemption;

typedef struct mp_attestation {
    mp_str   id, name;
    mp_str   scope;         /* the resource (its id without the attestation's own part) */
    mp_str   assignment_id; /* empty: any */
    mp_str   reference_id;  /* empty: any */
    mp_str   state;         /* "Compliant", "NonCompliant", "Unknown" */
    bool     has_expiry;
    mp_ticks expires_on;
} mp_attestation;

/* ---- assignments, initiatives ---- */

typedef struct mp_group {
    mp_str name, display_name, description, category, additional_metadata_id;
} mp_group;

typedef struct mp_initiative {
    mp_source_text source;
    mp_str         id, name, display_name, description, category, version;
    const mp_json *metadata;
    const mp_group *groups;
    uint32_t       group_count;
    uint32_t       number; /* among the initiatives that are judged */
} mp_initiative;

typedef struct mp_assignment {
    mp_source_text source;
    mp_str         id, name, display_name;
    mp_str         scope;          /* "" : everywhere */
    const mp_str  *not_scopes;
    uint32_t       not_scope_count;
    bool           enforced;       /* enforcementMode Default; DoNotEnforce is judged all the same */
    mp_str         enforcement_mode;
    const mp_selection *selections; /* none: all resources; else one of them must hold */
    uint32_t       selection_count;
} mp_assignment;

/* Which subscriptions are below which management group stands in no id. */
typedef struct mp_hierarchy {
    /* `group` is a management group's scope, `id` what is below a subscription, or another management group. */
    bool (*holds)(const void *context, mp_str group, mp_str id);
    const void *context;
} mp_hierarchy;

/* ---- checks ---- */

/* Where overrides give some resources another version than others there is a check for each of these versions. */
typedef struct mp_gate {
    mp_selection selection;
    bool         holds; /* the check is of resources for which the selection holds; else of the others */
} mp_gate;

typedef struct mp_check {
    const mp_definition *definition;
    const mp_initiative *initiative; /* or NULL */
    const mp_assignment *assignment; /* or NULL: judged everywhere, with default parameters */
    mp_str               reference_id;
    const uint32_t      *groups; /* indexes into the initiative's groups */
    uint32_t             group_count;
    mp_bound             bound;
    mp_effect            effect;
    mp_str               effect_text; /* as the policy, the parameter or the override spells it */
    const mp_override   *overrides;   /* those with selectors on resources, in order */
    uint32_t             override_count;
    const mp_gate       *gates;   /* all must let a resource through */
    uint32_t             gate_count;
    mp_str               variant; /* empty: the check of what no such override holds for; else it tells them apart */
    const mp_exemption *const *exemptions; /* those that may concern this check */
    uint32_t             exemption_count;
    const mp_attestation *const *attestations;
    uint32_t             attestation_count;
    const mp_hierarchy  *hierarchy; /* NULL: unknown; a management group then holds all, and excludes nothing */
} mp_check;

/* ---- asking ---- */

/* `id` is `scope` or below it, segment by segment, without case. An empty scope holds everything. */
bool mp_scope_holds(mp_str scope, mp_str id);
/* One of `count` selections holds for a resource of this type and location (location empty: none). */
bool mp_selections_hold(const mp_selection *selections, uint32_t count, mp_str type, mp_str location);
/* Its assignment concerns this resource: scope, notScopes, resourceSelectors. */
bool mp_check_concerns(const mp_check *check, mp_str id, mp_str type, mp_str location);
/* The resource is one that is judged with this version: all gates let it through. */
bool mp_check_is_open(const mp_check *check, mp_str type, mp_str location);
/* The effect for this resource, overrides applied; *text as it is spelled. */
mp_effect mp_check_effect(const mp_check *check, mp_str type, mp_str location, mp_str *text);
/* The check has an effect that `is_such`, for every resource or for some. */
bool mp_check_may(const mp_check *check, bool (*is_such)(mp_effect effect));
/* The exemption that holds for the resource at `now`, or NULL. */
const mp_exemption *mp_check_exemption(const mp_check *check, mp_str id, mp_str type, mp_str location,
                                       mp_ticks now);
/* The attestation of a manual policy that holds for the resource at `now`, or NULL. */
const mp_attestation *mp_check_attestation(const mp_check *check, mp_str id, mp_ticks now);

#endif
