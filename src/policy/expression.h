/* SPDX-License-Identifier: Apache-2.0 */
/* expression.h - parse template expressions, and JSON values that hold some.
 *
 * Microsoft Learn, "ARM template syntax and expressions". */
#ifndef MAPAE_POLICY_EXPRESSION_H
#define MAPAE_POLICY_EXPRESSION_H

#include "ast.h"

struct mp_parsing;

/* What another language that shares the grammar does in its own way. */
typedef struct mp_dialect {
    /* The function of that name, or NULL; sets p->failed when memory is short. */
    const mp_function *(*find)(const struct mp_dialect *self, struct mp_parsing *p, mp_str name);
    bool has_namespaces; /* a function may be called as "space.name(...)" */
} mp_dialect;

/* A call of parameters('name'), to be checked when all parameters are known. */
typedef struct mp_parameter_use {
    mp_str                   name;
    const mp_json           *node;
    uint32_t                 at;
    struct mp_parameter_use *next;
} mp_parameter_use;

/* The counts over one array so far. */
typedef struct mp_counted_array {
    mp_str                   name;
    uint32_t                 times;
    struct mp_counted_array *next;
} mp_counted_array;

/* What the parsers share while one definition is read. */
typedef struct mp_parsing {
    mp_arena             *arena;
    const mp_source_text *source;
    mp_diagnostics       *diagnostics;
    uint32_t              functions;  /* calls so far */
    uint32_t              conditions; /* in the part at hand */
    uint32_t              value_counts;
    mp_counted_array     *counted;
    struct mp_condition_list *origins;
    mp_parameter_use     *uses;
    const mp_dialect     *dialect; /* NULL: policy rules */
    mp_str                opaque_key; /* a member of this name is no template; may be empty */
    bool                  failed; /* memory was short */
} mp_parsing;

/* Note a fault at `node`; `nearest` may be empty. */
#define MP_FAULT(p, node, nearest, code, ...)                                                  \
    mp_diagnose((p)->diagnostics, (p)->source, MP_SEVERITY_ERROR, (node), 0, (nearest), (code), \
                __VA_ARGS__)

/* A string is an expression when it begins with '[', ends with ']' and does not begin with '[['. */
bool mp_is_expression(mp_str text);

/* Parse the expression in `text` ("[...]" with its brackets), which stands in the string `node`. NULL after
 * a diagnostic, or when memory is short (p->failed). */
mp_expr *mp_expression_parse(mp_parsing *p, mp_str text, const mp_json *node);

/* A JSON value with its expressions parsed. NULL as above. */
mp_template *mp_template_parse(mp_parsing *p, const mp_json *node);
/* The same without looking for expressions within. */
mp_template *mp_template_opaque(mp_parsing *p, const mp_json *node);

#endif
