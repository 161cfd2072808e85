/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the conditions of a rule as a tree: what a language's front end builds and emit.h compiles.
 *
 * Trees live in the builder's arena and are built bottom up, children in order. Unless told to keep
 * everything, the builder folds as it builds: what depends on constants only is computed at once,
 * exactly as the evaluator would (a failure included, which stays where it would have happened).
 *
 * Every function returns NULL when memory is short and takes NULL children for it, so a front end
 * checks once, at the end. `origin` is the front end's own number for the place in its text. */
#ifndef MAPAE_RULE_TREE_H
#define MAPAE_RULE_TREE_H

#include "function.h"
#include "operator.h"
#include "path.h"

typedef enum mp_tree_kind {
    MP_TREE_BOOL,    /* a condition that is known */
    MP_TREE_ALL,
    MP_TREE_ANY,
    MP_TREE_NOT,
    MP_TREE_TEST,    /* kids: left, right */
    MP_TREE_FAIL,    /* reached, it fails; a condition or a value */
    MP_TREE_VALUE,   /* a constant value */
    MP_TREE_INPUT,   /* an input slot of a frame, or a value within it */
    MP_TREE_PATH,    /* a value of the document, of an element, or the collection of all that match */
    MP_TREE_CALL,    /* kids: arguments */
    MP_TREE_IF,      /* kids: condition value, then, else; only one branch is evaluated */
    MP_TREE_MEMBER,  /* kids: container, name or index */
    MP_TREE_OBJECT,  /* kids: name, value, name, value... */
    MP_TREE_ARRAY,   /* kids: elements */
    MP_TREE_COUNT,   /* kids: [values of a count over a value,] [where]; an integer */
} mp_tree_kind;

/* What a path gives when it passes [*] or finds nothing. */
typedef enum mp_path_use {
    MP_PATH_FIELD,    /* a field condition: each value is tested, absent ones left out */
    MP_PATH_FUNCTION, /* field(): with [*] an array, also of one within a loop; absent gives "" */
    MP_PATH_ELEMENT,  /* current(): as field(), but a [*] that a loop stands on gives its element */
} mp_path_use;

#define MP_NO_SCOPE 255

typedef struct mp_tree {
    uint8_t         kind;      /* mp_tree_kind */
    uint8_t         op;        /* TEST: mp_operator; PATH: mp_path_use; BOOL: 0 or 1 */
    uint8_t         frame;     /* INPUT, PATH: which document */
    uint8_t         scope;     /* PATH: of the loop it starts from; COUNT: of its first loop */
    uint8_t         loops;     /* COUNT: scopes it binds */
    bool            may_fail;
    bool            is_scoped; /* depends on a loop around it */
    bool            was_each;  /* PATH: passed [*] on the way to its scope */
    bool            has_where; /* COUNT */
    uint32_t        slot;      /* INPUT */
    uint32_t        origin;
    uint32_t        count;     /* children */
    uint32_t        weight;    /* nodes of the subtree */
    struct mp_tree **kids;
    mp_path         path;      /* PATH: relative to its scope; COUNT: the array's */
    const mp_json  *value;     /* VALUE */
    const mp_function *function;
    mp_str          message;   /* FAIL */
    mp_code         code;      /* FAIL */
    uint64_t        hash;      /* equal trees have equal hashes */
} mp_tree;

#define MP_TREE_SCOPES 16 /* loops within loops */

/* An open loop: conditions built while it is open may refer to its element. */
typedef struct mp_tree_scope {
    mp_path path;   /* of the array with its [*], from the root of the frame; count 0: over a value */
    mp_path counted; /* the whole path of its count, which may go on behind the last [*] */
    mp_str  name;   /* of a loop over a value; empty for one over a field */
    uint8_t frame;
    uint8_t opened_at; /* loops that were open before its count */
} mp_tree_scope;

typedef struct mp_tree_builder {
    mp_arena     *arena;
    bool          keep_all; /* do not fold: for traces that show every condition */
    mp_tree_scope scopes[MP_TREE_SCOPES];
    uint8_t       depth;
    bool          too_deep; /* a loop was opened beyond MP_TREE_SCOPES */
} mp_tree_builder;

void mp_tree_builder_init(mp_tree_builder *b, mp_arena *arena, bool keep_all);

/* ---- conditions ---- */
mp_tree *mp_tree_bool(mp_tree_builder *b, bool value, uint32_t origin);
mp_tree *mp_tree_all(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin);
mp_tree *mp_tree_any(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin);
mp_tree *mp_tree_not(mp_tree_builder *b, mp_tree *kid, uint32_t origin);
mp_tree *mp_tree_test(mp_tree_builder *b, mp_operator op, mp_tree *left, mp_tree *right,
                      uint32_t origin);
mp_tree *mp_tree_fail(mp_tree_builder *b, mp_code code, mp_str message, uint32_t origin);

/* ---- values ---- */
mp_tree *mp_tree_value(mp_tree_builder *b, const mp_json *value, uint32_t origin); /* NULL: absent */
/* An input, or what stands below it at `path` (no steps: the input itself). */
mp_tree *mp_tree_input(mp_tree_builder *b, uint8_t frame, uint32_t slot, mp_path path,
                       mp_path_use use, uint32_t origin);
/* A path from the root of `frame`'s document; starts from the innermost open loop that runs over its
 * beginning, if there is one. */
mp_tree *mp_tree_path(mp_tree_builder *b, uint8_t frame, mp_path path, mp_path_use use,
                      uint32_t origin);
/* The element of the innermost loop, or of the one called `name` (ptr NULL: any); NULL also when there
 * is none such (*found false). */
mp_tree *mp_tree_element(mp_tree_builder *b, mp_str name, bool *found, uint32_t origin);
mp_tree *mp_tree_call(mp_tree_builder *b, const mp_function *function, mp_tree **args,
                      uint32_t count, uint32_t origin);
mp_tree *mp_tree_if(mp_tree_builder *b, mp_tree *condition, mp_tree *then, mp_tree *otherwise,
                    uint32_t origin);
mp_tree *mp_tree_member(mp_tree_builder *b, mp_tree *container, mp_tree *name, uint32_t origin);
mp_tree *mp_tree_object(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin);
mp_tree *mp_tree_array(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin);

/* ---- counting: open, build `where`, close ---- */
/* Over the elements of an array of the document: `path` holds at least one [*]. */
void     mp_tree_count_open_path(mp_tree_builder *b, uint8_t frame, mp_path path);
mp_tree *mp_tree_count_close_path(mp_tree_builder *b, mp_tree *where, uint32_t origin);
/* Over the elements of a value. `name` is that of current(name). */
void     mp_tree_count_open_value(mp_tree_builder *b, mp_str name);
mp_tree *mp_tree_count_close_value(mp_tree_builder *b, mp_tree *value, mp_tree *where,
                                   uint32_t origin);

bool mp_tree_equal(const mp_tree *a, const mp_tree *b); /* same meaning; origins apart */
static inline bool mp_tree_is_bool(const mp_tree *t, bool value)
{
    return t && t->kind == MP_TREE_BOOL && (t->op != 0) == value;
}

/* The member or element of `container` that `name` names; a failure is a sentence in `err`. Shared with
 * the evaluator. */
MP_MUST_CHECK mp_code mp_member_of(const mp_json **out, const mp_json *container,
                                   const mp_json *name, mp_error *err);

#endif
