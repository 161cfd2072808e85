/* SPDX-License-Identifier: Apache-2.0 */
/* lower.h - from a definition as it was written to trees of the rule core.
 *
 * Lowering happens once for each applied policy and resource type: then parameters are constants, the
 * type is known, and an alias is a path. What depends on neither is left in the tree. */
#ifndef MAPAE_POLICY_LOWER_H
#define MAPAE_POLICY_LOWER_H

#include "alias.h"
#include "ast.h"
#include "tree.h"

/* Parameters with the values that hold for one application. */
typedef struct mp_bound {
    const mp_parameter   *parameters;
    const mp_json *const *values; /* [i] for parameters[i]; NULL: none was given */
    uint32_t              count;
    const mp_json        *policy; /* what policy() returns; NULL: an error */
} mp_bound;

/* Input slots of both frames: what conditions read besides the document's own members. */
typedef enum mp_input {
    MP_INPUT_ID,
    MP_INPUT_NAME,
    MP_INPUT_FULL_NAME,
    MP_INPUT_TYPE,
    MP_INPUT_LOCATION,      /* as written */
    MP_INPUT_LOCATION_NAME, /* as locations compare: lower case, no blanks */
    MP_INPUT_TAGS,
    MP_INPUT_API_VERSION,
    MP_INPUT_REQUEST,        /* requestContext() */
    MP_INPUT_SUBSCRIPTION,   /* subscription(): its document, where it is known */
    MP_INPUT_RESOURCE_GROUP, /* resourceGroup(), the same */
    MP_INPUT_SUBSCRIPTION_NAMES, /* at least what the resource's id says of them */
    MP_INPUT_GROUP_NAMES,
    MP_INPUT_NOW,            /* utcNow() */
    MP_INPUT_SUBSCRIPTION_ID, /* of the resource; for looking up what is related to it */
    MP_INPUT_GROUP_NAME,
    MP_INPUTS,
} mp_input;

/* What lowering found out about the rule on the way. */
typedef struct mp_lowered {
    bool reads_identity; /* requestContext(), beyond its apiVersion: enforcement only */
    bool names_context;  /* ids and names of resourceGroup() or subscription() */
    bool reads_group;    /* more of resourceGroup() */
    bool reads_subscription; /* more of subscription() */
    bool unknown_alias;  /* in the `if` */
    bool names_type;     /* a condition on the type held for this type */
    bool tests_location;
    bool reads_tags;     /* whole or one of them */
} mp_lowered;

/* The rule reads a document of a group or subscription, beside the judged one. */
static inline bool mp_reads_context(const mp_lowered *l)
{
    return l->reads_group || l->reads_subscription;
}

typedef struct mp_lowering {
    mp_tree_builder   builder;
    const mp_bound   *bound;
    const mp_aliases *aliases;
    mp_str            type;         /* of the document, as ids spell it */
    mp_str            related_type; /* of the second document, in an existenceCondition; else empty */
    mp_str            api_version;  /* empty: the latest */
    bool              in_existence; /* fields read the second document */
    bool              in_name;      /* of a field */
    uint32_t          iterations;   /* of counts over values around; 0: none */
    bool              applicability; /* only conditions on type, kind and name count */
    bool              keep_kind, keep_name; /* with applicability: those count too */
    mp_lowered        found;
    bool              failed;       /* memory was short */
} mp_lowering;

void mp_lowering_init(mp_lowering *l, mp_arena *arena, const mp_bound *bound,
                      const mp_aliases *aliases, mp_str type, bool keep_all);

/* NULL when memory is short (l->failed). */
mp_tree *mp_lower_condition(mp_lowering *l, const mp_condition *c);
mp_tree *mp_lower_template(mp_lowering *l, const mp_template *t);
/* The whole details of an effect as one object, evaluated. */
mp_tree *mp_lower_details(mp_lowering *l, const mp_details *details);

/* The value of a template that depends on parameters only. Fails with MP_EVALUATION (also when it needs a
 * document), MP_PARAMETER (a parameter without a value), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_template_constant(const mp_json **out, const mp_template *t,
                                           const mp_bound *bound, mp_arena *arena, mp_error *err);

/* Which fields the conditions of an `if` test, for the special cases of applicability. */
typedef struct mp_condition_fields {
    bool type, kind, name, location, other;
} mp_condition_fields;
mp_condition_fields mp_condition_fields_of(const mp_condition *c);

/* `field` names one tag, in any of the spellings: *key is the tag's name, from `field` or the arena (ptr NULL
 * when memory is short). */
bool mp_tag_name(mp_str *key, mp_str field, mp_arena *arena);

/* "East US 2" as "eastus2". */
mp_str mp_location_name(mp_str location, mp_arena *arena);

#endif
