/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - all checks compiled for each type of resource that turns up.
 *
 * A program holds what can apply to one type, over one table of slots. It is made when the first resource
 * of that type comes (a lock is taken only then) and never changes after; asking for one that exists
 * takes no lock. Any number of threads may use a plan. */
#ifndef MAPAE_POLICY_PLAN_H
#define MAPAE_POLICY_PLAN_H

#include <mapae/resource.h>

#include "change.h"
#include "rules.h"

#define MP_NO_ENTRY UINT32_MAX
#define MP_PLAN_TYPES 16384 /* programs of one plan; Azure has some 5,000 types of resources */

typedef struct mp_plan mp_plan;

typedef struct mp_plan_options {
    const mp_aliases *aliases;    /* NULL: by rule */
    mp_str            api_version; /* of the documents, for versioned aliases; empty: the latest */
    bool              details;    /* compile details of effects too, for answers that show them */
    bool              keep_all;   /* do not fold: for traces that show every condition */
    bool              any_location; /* mode Indexed takes a document without location too */
} mp_plan_options;

/* Where the related resources of a check are looked for. */
typedef enum mp_related_where {
    MP_RELATED_BELOW,        /* children of the resource, at any depth */
    MP_RELATED_ON,           /* extensions that stand on the resource itself */
    MP_RELATED_GROUP,        /* its resource group, or the one that resourceGroupName names */
    MP_RELATED_SUBSCRIPTION,
} mp_related_where;

/* What a scan must have met before it can judge an item. */
typedef enum mp_waits {
    MP_WAITS_NOT,
    MP_WAITS_CONTEXT,   /* the document of its resource group or subscription, if the rule comes to it */
    MP_WAITS_INVENTORY, /* all of it: related resources; changes that may conflict with one that waits */
} mp_waits;

/* A type of related resource that some check looks for. */
typedef struct mp_related_type {
    mp_str    type;
    mp_slots *slots; /* what existence conditions read of it */
    mp_slot_set all;
} mp_related_type;

/* One check as it applies to one type. Entries are those of the program's rules. */
typedef struct mp_item {
    const mp_check *check;
    uint32_t        check_index;
    uint32_t        applies;   /* condition, or MP_NO_ENTRY: always */
    uint32_t        condition; /* the `if` */
    mp_lowered      lowered;
    mp_waits        waits;
    const mp_changes *changes;
    /* IfNotExists */
    const mp_related_type *related;
    mp_related_where where;
    uint32_t        related_name, related_group; /* values, or MP_NO_ENTRY */
    uint32_t        existence; /* condition, or MP_NO_ENTRY: any will do */
    /* with options.details */
    uint32_t        details;
    uint32_t        first_operation; /* of each operation: condition, field, value */
    bool            needs_location; /* mode Indexed, and the rule does not name the type */
    mp_str          never; /* with options.keep_all: why it applies to no resource of the type, as
                            * mp_verdict.detail says it; ptr NULL: it may apply */
} mp_item;

typedef struct mp_program {
    mp_str    type;
    mp_rules *rules;
    mp_item  *items;
    uint32_t  item_count;
    uint32_t  pending_count; /* of items that wait; they come first */
    bool      names_context; /* some item reads what an id says of resourceGroup() or subscription(), */
    bool      reads_group;   /* or more of them */
    bool      reads_subscription;
    /* What items that wait read, and what tells the resource. */
    mp_slot_set waiting_slots; /* of all of them */
    mp_slot_set context_slots; /* of those that wait for context only */
    const mp_related_type *as_related; /* resources of this type are looked for; or NULL */
} mp_program;

MP_MUST_CHECK mp_code mp_plan_new(mp_plan **out, const mp_check *checks, uint32_t count,
                                  const mp_plan_options *options, mp_error *err);
void                  mp_plan_free(mp_plan *plan);

/* The program of a type (any case); never NULL on success. Fails with MP_NOMEM, or MP_LIMIT when it would be one
 * more than MP_PLAN_TYPES: each is kept, and anybody may invent types. */
MP_MUST_CHECK mp_code mp_plan_program(const mp_program **out, mp_plan *plan, mp_str type, mp_error *err);

/* The same, or NULL when it was not asked for yet. */
const mp_program *mp_plan_find(mp_plan *plan, mp_str type);

const mp_check *mp_plan_checks(const mp_plan *plan, uint32_t *count);
const mp_plan_options *mp_plan_options_of(const mp_plan *plan);
/* Some check reads documents of resource groups or subscriptions beside the judged one. */
bool mp_plan_reads_context(const mp_plan *plan);

#endif
