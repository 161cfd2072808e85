/* SPDX-License-Identifier: Apache-2.0 */
/* ast.h - a policy definition as it was written: what the parsers build and lower.h compiles.
 *
 * Nothing here depends on parameters, aliases or resources. Everything lives in the definition's
 * arena and never changes once parsed: any number of threads may read it. */
#ifndef MAPAE_POLICY_AST_H
#define MAPAE_POLICY_AST_H

#include "diagnostics.h"
#include "function.h"
#include "operator.h"

/* Microsoft Learn, "Azure Policy definition structure policy rule", "Limits enforced during authoring". */
#define MP_POLICY_CONDITIONS_IF 4096
#define MP_POLICY_CONDITIONS_THEN 128
#define MP_POLICY_FUNCTIONS 2048
#define MP_POLICY_ARGUMENTS 128
#define MP_POLICY_NESTING 64
#define MP_POLICY_EXPRESSION 81920 /* characters */
#define MP_POLICY_FIELD_COUNTS 5   /* per array */
#define MP_POLICY_VALUE_COUNTS 10
#define MP_POLICY_VALUE_ITERATIONS 100

/* ---- expressions: what stands between [ and ] ---- */

typedef enum mp_context_function {
    MP_CONTEXT_NONE, /* an ordinary function, or none */
    MP_CONTEXT_PARAMETERS,
    MP_CONTEXT_FIELD,
    MP_CONTEXT_CURRENT,
    MP_CONTEXT_IF,
    MP_CONTEXT_REQUEST,
    MP_CONTEXT_RESOURCE_GROUP,
    MP_CONTEXT_SUBSCRIPTION,
    MP_CONTEXT_POLICY,
    MP_CONTEXT_UTC_NOW,
} mp_context_function;

typedef enum mp_expr_kind {
    MP_EXPR_LITERAL,
    MP_EXPR_CALL,
    MP_EXPR_MEMBER, /* args: container, name or index */
} mp_expr_kind;

typedef struct mp_expr {
    mp_expr_kind        kind;
    mp_context_function context;
    uint32_t            at; /* byte in the text it was parsed from */
    uint32_t            count;
    const mp_json      *literal;
    const mp_function  *function;
    struct mp_expr    **args;
} mp_expr;

/* ---- templates: a JSON value whose strings may be expressions, at any depth ---- */

typedef enum mp_template_kind {
    MP_TEMPLATE_CONST,  /* no expression within */
    MP_TEMPLATE_EXPR,
    MP_TEMPLATE_OBJECT, /* kids: of each member, in order; names are in the node */
    MP_TEMPLATE_ARRAY,
} mp_template_kind;

typedef struct mp_template {
    mp_template_kind     kind;
    const mp_json       *node;  /* in the definition's text */
    const mp_json       *value; /* CONST: the value, [[ unescaped */
    mp_expr             *expr;
    struct mp_template **kids;
    uint32_t             count;
} mp_template;

/* ---- conditions ---- */

typedef enum mp_condition_kind {
    MP_CONDITION_ALL,
    MP_CONDITION_ANY,
    MP_CONDITION_NOT,
    MP_CONDITION_TEST,
} mp_condition_kind;

typedef enum mp_left_kind {
    MP_LEFT_FIELD,
    MP_LEFT_VALUE,
    MP_LEFT_COUNT,
} mp_left_kind;

typedef struct mp_condition mp_condition;

typedef struct mp_count {
    mp_template  *field; /* or NULL */
    mp_template  *value; /* or NULL */
    mp_str        name;  /* of a value count: "default" unless given */
    mp_condition *where; /* or NULL */
} mp_count;

struct mp_condition {
    mp_condition_kind kind;
    const mp_json    *node;
    uint32_t          origin; /* number within the definition, from 1 */
    mp_condition    **kids;
    uint32_t          count;
    mp_left_kind      left_kind;
    mp_template      *left; /* FIELD, VALUE */
    mp_count         *counted;
    mp_operator       op;
    mp_template      *right;
};

/* ---- effects ---- */

typedef enum mp_effect {
#define MP_EFFECT(name, text, order, related, provider) MP_EFFECT_##name,
#include "effects.def"
#undef MP_EFFECT
    MP_EFFECT_COUNT
} mp_effect;

typedef struct mp_effect_info {
    mp_str  text;
    uint8_t order;       /* in which effects are considered at request time, from 0 */
    bool    needs_related; /* details name a related resource */
    bool    is_provider; /* only resource providers evaluate it */
} mp_effect_info;

extern const mp_effect_info mp_effects[MP_EFFECT_COUNT];
mp_effect mp_effect_find(mp_str name); /* any case; MP_EFFECT_COUNT when there is none */
mp_str    mp_effect_nearest(mp_str name);

/* ---- modes ---- */

typedef enum mp_mode {
    MP_MODE_INDEXED, /* only types that have tags and a location; also when none is given */
    MP_MODE_ALL,
    MP_MODE_PROVIDER, /* "*.Data": evaluated by a resource provider */
} mp_mode;

/* ---- parameters ---- */

typedef enum mp_parameter_type {
    MP_PARAMETER_STRING,
    MP_PARAMETER_ARRAY,
    MP_PARAMETER_OBJECT,
    MP_PARAMETER_BOOLEAN,
    MP_PARAMETER_INTEGER,
    MP_PARAMETER_FLOAT,
    MP_PARAMETER_DATETIME,
    MP_PARAMETER_TYPES,
} mp_parameter_type;

typedef struct mp_parameter {
    mp_str            name;
    mp_parameter_type type;
    const mp_json    *default_value; /* or NULL */
    const mp_json    *allowed;       /* array, or NULL */
    const mp_json    *schema;        /* or NULL */
    const mp_json    *metadata;      /* or NULL */
    const mp_json    *node;
} mp_parameter;

/* ---- definitions ---- */

/* One operation of modify or one field of append. */
typedef struct mp_operation {
    mp_str       operation; /* "add", "addOrReplace", "remove"; append: "append" */
    mp_template *field;
    mp_template *value;     /* or NULL */
    mp_template *condition; /* or NULL */
} mp_operation;

typedef struct mp_member {
    mp_str       name;
    mp_template *value;
} mp_member;

typedef struct mp_details {
    const mp_json *node;   /* then.details, or NULL */
    mp_member     *members; /* every member with what it evaluates to, but for conditions and operations */
    uint32_t       member_count;
    mp_template   *type;   /* IfNotExists */
    mp_template   *name;
    mp_template   *resource_group;
    mp_template   *scope;  /* existenceScope */
    mp_condition  *existence;
    mp_operation  *operations; /* modify, append */
    uint32_t       operation_count;
    mp_template   *conflict_effect;
    mp_template   *default_state; /* manual */
} mp_details;

typedef struct mp_definition {
    mp_source_text source;
    mp_str         id, name, display_name, description, category, version, policy_type, mode_text;
    mp_mode        mode;
    const mp_json *metadata; /* or NULL */
    mp_parameter  *parameters;
    uint32_t       parameter_count;
    const mp_json *rule; /* the policyRule node */
    mp_condition  *condition;
    mp_template   *effect; /* a constant or an expression of parameters */
    mp_details     details;
    const mp_condition **origins; /* [origin - 1] */
    uint32_t       origin_count;
    bool           is_valid; /* compiled without errors */
} mp_definition;

/* The parameter of that name (any case), or NULL. */
const mp_parameter *mp_definition_parameter(const mp_definition *d, mp_str name);
/* JSON pointer of a condition within the definition's properties: "/policyRule/if/allOf/1". */
mp_str mp_definition_pointer(const mp_definition *d, const mp_json *node, mp_arena *arena);

#endif
