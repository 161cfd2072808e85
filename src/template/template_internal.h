/* SPDX-License-Identifier: Apache-2.0 */
/* template_internal.h - how the files of src/template share a deployment. Private to the room.
 *
 *   source   one JSON document that holds templates, with the expressions parsed from it
 *   frame    what parameters(), variables() and user functions mean: one for each template whose expressions
 *            are evaluated within it; a nested template of outer scope has the frame of the one around it
 *   unit     one deployment: the template's resources at one scope, in order
 *   item     one resource of a unit, after loops and conditions
 *   eval     where an evaluation stands: frame, loops, what may be called there */
#ifndef MAPAE_TEMPLATE_INTERNAL_H
#define MAPAE_TEMPLATE_INTERNAL_H

#include "buf.h"
#include "deployment.h"
#include "expression.h"
#include "jsonw.h"

/* ---- values ---- */

typedef struct value {
    const mp_json *json; /* never NULL after MP_OK */
    bool           is_secure;    /* holds what a secure parameter holds */
    bool           is_unknown;   /* preview: cannot be known yet; json is a marker or holds one */
    bool           is_tentative; /* preview: of a resource that the deployment itself will change */
} value;

/* ---- documents with expressions ---- */

typedef struct source {
    const mp_json *root;
    size_t         nodes;
    mp_str         pointer; /* where the root stands */
    mp_expr      **parsed;  /* by node; NULL: not yet */
} source;

/* ---- what functions there are ---- */

struct eval;
typedef mp_code function_eval(value *out, struct eval *e, const mp_expr *call, mp_error *err);

typedef enum function_rule {
    ANYWHERE,
    IN_DEFAULTS, /* of parameters only */
    AT_RUN_TIME, /* not where the shape of the deployment depends on it: names, conditions, loops, variables */
} function_rule;

/* A function of templates that reads more than its arguments, or some of them only. */
typedef struct template_function {
    mp_function     base; /* first: what the parser keeps; base.impl is NULL */
    function_eval  *eval;
    function_rule   rule;
    const struct user_function *user;
} template_function;

typedef struct user_function {
    mp_str               name; /* "space.name" */
    const mp_json       *node;
    struct source       *source;
    struct user_function *next;
} user_function;

/* The functions a template may call: our table, those of policies, its own. */
typedef struct dialect {
    mp_dialect     base; /* first */
    user_function *users;
} dialect;

void tpl_dialect_init(dialect *d, user_function *users);
function_eval tpl_eval_user_function; /* frame.c */
#define MP_OWN(name, min, max, eval, rule, signature) function_eval eval;
#include "template_functions.def"

/* ---- scopes ---- */

typedef enum scope_kind { SCOPE_TENANT, SCOPE_MANAGEMENT_GROUP, SCOPE_SUBSCRIPTION, SCOPE_GROUP } scope_kind;

typedef struct scope {
    scope_kind kind;
    mp_str     id; /* empty: the tenant */
    mp_str     management_group, subscription, group; /* names */
} scope;

/* ---- frames ---- */

typedef enum state { NOT_YET, UNDER_WAY, DONE } state;

typedef struct named {
    mp_str         name;
    const mp_json *node;    /* the declaration */
    const mp_json *given;   /* parameters: the value, or NULL */
    mp_str         given_at; /* pointer */
    bool           given_secure, given_unknown;
    bool           is_secure_type, is_loop;
    state          state;
    value          value;
} named;

typedef struct frame {
    source      *source;
    const mp_json *template_json; /* the template, or a user function's declaration */
    dialect      dialect;
    named       *parameters, *variables;
    uint32_t     parameter_count, variable_count;
    struct unit *unit; /* whose resources reference() means; NULL within a user function */
    const scope *scope;
    bool         is_user_function;
} frame;

/* ---- deployments ---- */

typedef struct loop {
    mp_str       name; /* may be empty */
    int64_t      index;
    bool         is_resource;
    struct loop *outer;
} loop;

typedef struct item {
    struct unit   *unit;
    const mp_json *node;
    struct item   *parent; /* the resource it stands within */
    mp_str         symbolic, loop_name;
    loop          *loops;
    mp_str         type, name; /* as declared, whole */
    mp_str         id, api_version;
    scope          target; /* of a nested deployment */
    bool           is_dropped, is_existing, is_nested;
    uint32_t       number; /* in unit->items */
    uint32_t      *needs;  /* numbers */
    uint32_t       need_count, need_cap;
    const mp_json *record; /* of a nested deployment that is done: {"properties": ...} */
    bool           record_secure;
} item;

typedef struct unit {
    struct unit   *parent;
    item          *asked_by; /* item of the parent */
    frame         *frame;
    source        *source;
    const mp_json *template_json;
    mp_str         pointer;
    scope          scope;
    mp_str         name, id, location, mode, hash;
    loop          *loops; /* of the item, where expressions are evaluated in the parent's scope */
    item         **items;
    uint32_t       count, cap;
    uint32_t      *order;
    uint32_t       ordered, next;
    uint32_t       nesting;
    bool           is_symbolic;
    const mp_json *deployment; /* what deployment() gives; NULL: not yet */
    const mp_json *outputs, *shown_outputs; /* {name: {type, value}} */
    bool           outputs_secure;
} unit;

struct mp_deployment {
    mp_deployment_context context;
    mp_arena  arena; /* what lives as long as the deployment */
    mp_arena  step;  /* what lives until the next resource */
    scope     scope;
    unit     *root, *current;
    int64_t   steps;
    uint32_t  resources; /* of all units */
    uint32_t  guids;     /* made by newGuid() */
    bool      is_failed, is_over;
    bool      met_unknown; /* the last failure is that something cannot be known yet */
    mp_deployment_resource resource;
};

/* ---- evaluation: evaluate.c ---- */

typedef enum place {
    PLACE_SHAPE,    /* names, conditions, loops, dependsOn, variables: before the deployment */
    PLACE_DEFAULT,  /* of a parameter */
    PLACE_RUN_TIME, /* bodies and outputs */
    PLACE_FUNCTION, /* a user function's output */
} place;

typedef struct binding { /* a lambda's variable */
    mp_str          name;
    value           value;
    struct binding *outer;
} binding;

typedef struct eval {
    mp_deployment *d;
    frame         *frame;
    source        *source;
    mp_arena      *arena;
    loop          *loops;
    binding       *lambdas;
    place          place;
    unit          *unit; /* whose resources come first for reference(); may be the frame's */
    const mp_json *node; /* the string at hand */
    uint32_t       depth;
    bool           masks;        /* secure values become asterisks */
    bool           is_secure;    /* something secure was written */
    bool           touched;      /* a secure value was read: messages must not show */
} eval;

#define MASK MP_S("*******")

eval tpl_eval_begin(mp_deployment *d, unit *u, frame *f, source *s, place where);
mp_code tpl_out_of_memory(const mp_deployment *d, mp_error *err); /* MP_NOMEM, or MP_LIMIT when it is the arena's */
mp_code tpl_take_steps(mp_deployment *d, size_t count, mp_error *err);

/* Put where `node` of `s` stands in front of the error; `err` may be NULL. Returns `code`. */
mp_code tpl_placed(mp_deployment *d, const source *s, const mp_json *node, mp_code code, mp_error *err);
mp_code tpl_placed_at(mp_str pointer, mp_code code, mp_error *err);
mp_str  tpl_pointer_of(const source *s, const mp_json *node, mp_arena *arena);

/* Parse all expressions below `node`, and check what they call; `opaque` (or NULL) is left out. */
mp_code tpl_parse_all(mp_deployment *d, frame *f, source *s, const mp_json *node, const mp_json *opaque, place where,
                  mp_error *err);
/* Where a string's expression stands in parsed form: NULL when it is none. */
mp_code tpl_parsed_expression(mp_expr **out, eval *e, const mp_json *node, mp_error *err);

mp_code tpl_eval_expr(value *out, eval *e, const mp_expr *x, mp_error *err);
/* A JSON value with its expressions and loops evaluated. */
mp_code tpl_eval_node(value *out, eval *e, const mp_json *node, mp_error *err);
/* The same into a writer that stands in an object or array; secure and unknown ones are noted in `out`. */
mp_code tpl_write_node(value *out, eval *e, mp_jsonw *w, const mp_json *node, mp_error *err);
/* Members of an object but those that `skips` says, into an open object. */
mp_code tpl_write_members(value *out, eval *e, mp_jsonw *w, const mp_json *object, bool (*skips)(mp_str name),
                      mp_error *err);
/* The same as text, whole number, truth: what must be known. `what` is for messages: "a name". */
mp_code tpl_eval_text(mp_str *out, eval *e, const mp_json *node, const char *what, mp_error *err);
mp_code tpl_eval_count(uint32_t *out, eval *e, const mp_json *node, mp_error *err);
mp_code tpl_eval_truth(bool *out, eval *e, const mp_json *node, const char *what, mp_error *err);

/* ---- for functions ---- */
mp_code tpl_arg_value(value *out, eval *e, const mp_expr *call, uint32_t i, mp_error *err);
/* Text of argument `i`; `*known` false (and MP_OK) when it cannot be known yet. */
mp_code tpl_arg_text(mp_str *out, bool *known, eval *e, const mp_expr *call, uint32_t i, mp_error *err);
mp_code tpl_give(value *out, eval *e, const mp_json *json, mp_error *err); /* NULL: memory was short */
mp_code tpl_give_str(value *out, eval *e, mp_str s, mp_error *err);
/* What cannot be known yet: the expression's own text. */
mp_code tpl_give_unknown(value *out, eval *e, mp_error *err);
mp_code tpl_member_of(value *out, eval *e, value container, value key, mp_error *err);

/* ---- markers of what cannot be known ---- */
bool           tpl_is_marker(mp_str text);
bool           tpl_holds_marker(const mp_json *v);
const mp_json *tpl_make_marker(mp_arena *arena, mp_str text);
/* The same value with markers as the text they show. */
const mp_json *tpl_without_markers(mp_arena *arena, const mp_json *v);

/* ---- frames: frame.c ---- */
mp_code tpl_frame_new(frame **out, mp_deployment *d, source *s, const mp_json *template_json, mp_error *err);
/* Values of a root's parameters: {name: {value}}. */
mp_code tpl_frame_bind(mp_deployment *d, frame *f, const mp_json *parameters, mp_error *err);
/* Of a nested deployment's: expressions of `outer`. */
mp_code tpl_frame_bind_nested(eval *outer, frame *f, const mp_json *parameters, mp_error *err);
mp_code tpl_frame_resolve(mp_deployment *d, frame *f, mp_error *err); /* all parameters, checked */
mp_code tpl_parameter_value(value *out, eval *e, mp_str name, mp_error *err);
mp_code tpl_variable_value(value *out, eval *e, mp_str name, mp_error *err);
named  *tpl_find_named(named *list, uint32_t count, mp_str name);
/* {name: {type, value}}, without secure values. */
const mp_json *tpl_parameters_shown(mp_arena *arena, const frame *f);

/* ---- types and constraints of parameters and outputs: tpl_schema_check.c ---- */
bool    tpl_schema_is_secure(const frame *f, const mp_json *schema);
bool    tpl_schema_is_nullable(const frame *f, const mp_json *schema);
mp_str  tpl_schema_type(const frame *f, const mp_json *schema); /* as written, references followed; empty: any */
mp_code tpl_schema_check(mp_deployment *d, const frame *f, const mp_json *schema, const value *v, mp_error *err);

/* ---- ids: ids.c ---- */
mp_code tpl_scope_parse(scope *out, mp_deployment *d, mp_str id, mp_error *err);
/* "/providers/NS/t1/n1..." of a type and a name, below `base`. */
mp_code tpl_join_id(mp_str *out, mp_deployment *d, mp_str base, mp_str type, mp_str name, mp_error *err);
/* Type and name as an id, or its relative form "NS/t1/n1", has them at its end. False when it has none. */
bool tpl_split_id(mp_str *type, mp_str *name, mp_arena *arena, mp_str id);
/* Ids compare without case, and a group's may be spelled as a resource. */
bool tpl_same_id(mp_str a, mp_str b);

/* ---- resources: template_unit.c, order.c ---- */
mp_code tpl_unit_new(unit **out, mp_deployment *d, unit *parent, item *asked_by, frame *f, source *s,
                 const mp_json *template_json, const scope *where, mp_error *err);
mp_code tpl_unit_expand(mp_deployment *d, unit *u, mp_error *err);
mp_code tpl_unit_order(mp_deployment *d, unit *u, mp_error *err);
/* Check the template's shape and parse what it holds, nested templates too. `owns`: parameters and variables
 * are this template's, and not those of the one around it. */
mp_code tpl_check_template(mp_deployment *d, frame *f, source *s, const mp_json *template_json, bool owns,
                       uint32_t nesting, mp_error *err);
/* The template within a nested deployment's resource, or NULL (also when it is an expression). */
const mp_json *tpl_inline_template(const mp_json *resource);
bool    tpl_is_nested_type(const mp_json *resource);
/* The nested deployment that `it` asks for, ready to run. */
mp_code tpl_unit_enter(unit **out, mp_deployment *d, item *it, mp_error *err);
eval    tpl_item_eval(mp_deployment *d, const item *it, place where);
/* The items that a text (id, name, symbolic name) means; returns how many, the first in `*first`. */
uint32_t tpl_find_items(item **first, mp_deployment *d, unit *u, mp_str text, bool *by_id);
bool     tpl_is_runtime_call(const mp_expr *x);
mp_code  tpl_unit_outputs(mp_deployment *d, unit *u, mp_error *err);
bool     tpl_nested_is_inner(const mp_json *resource);
mp_code  tpl_source_new(source **out, mp_deployment *d, const mp_json *root, mp_str pointer, mp_error *err);

#endif
