/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include "jsonw.h"

#include <stdio.h>
#include <stdlib.h>

/* The evaluator. Conditions give an mp_truth, values a node (NULL: absent); both report a failure in
 * run->error and stop. In tracing mode (run->trace set) the same code runs and notes what it does; it
 * then neither uses remembered outcomes nor stops counting early, so that the record is complete. Elements
 * for which the record has no room are evaluated as usual.
 *
 * Work that grows with the document is taken off run->steps; below 0 the evaluation fails. What an element of
 * a loop makes in the arena is gone when the next one's turn comes.
 *
 * Invariant: run->elements[i] is the element that open loop i stands on. */

struct mp_run {
    const mp_rules      *rules;
    const mp_json      **values;  /* slots of frame 0 */
    const mp_json *const *second; /* slots of frame 1 */
    uint8_t             *memo;    /* per shared condition: 0 unknown, else its truth + 1 */
    uint32_t             values_cap, memo_cap;
    const mp_json       *elements[MP_TREE_SCOPES];
    mp_arena             arena;
    mp_trace            *trace; /* the node at hand; NULL: not tracing */
    bool                 trace_failed;
    size_t               trace_end; /* the record is full when so much of the arena is used */
    int64_t              steps;     /* that are left */
    mp_error             error;
};

static const mp_json empty_text = { .kind = MP_JSON_STRING, .count = 0, .u = { .text = "" } };

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

static mp_truth test(mp_run *run, uint32_t at);
static bool     value(const mp_json **out, mp_run *run, uint32_t at);

/* ---- tracing ---- */

static mp_trace *add_trace(mp_run *run, mp_trace_kind kind, uint32_t origin)
{
    mp_trace *t = MP_ARENA_NEW(&run->arena, mp_trace);
    if (!t) {
        run->trace_failed = !run->arena.is_over; /* at the limit the evaluation fails, and the record ends */
        return run->trace;
    }
    t->kind = (uint8_t)kind;
    t->origin = origin;
    t->outcome = MP_TRACE_SKIPPED;
    if (run->trace->last)
        run->trace->last->next = t;
    else
        run->trace->first = t;
    run->trace->last = t;
    return t;
}

static mp_trace_kind trace_kind(const op *o)
{
    switch (o->code) {
    case OP_ALL:
        return MP_TRACE_ALL;
    case OP_ANY:
        return MP_TRACE_ANY;
    case OP_NOT:
        return MP_TRACE_NOT;
    case OP_BOOL:
        return MP_TRACE_BOOL;
    case OP_FAIL:
        return MP_TRACE_FAIL;
    default:
        return MP_TRACE_TEST;
    }
}

static const op *body_of(const mp_run *run, uint32_t at)
{
    const op *o = &run->rules->code[at];
    return o->code == OP_SHARED ? o + 1 : o;
}

static void trace_skipped(mp_run *run, uint32_t at, uint32_t end)
{
    for (; at < end; at = run->rules->code[at].end) {
        const op *o = body_of(run, at);
        mp_trace *t = add_trace(run, trace_kind(o), o->origin);
        t->op = o->cmp;
        if (o->b != NONE && (o->code == OP_TEST || o->code == OP_TEST_SLOT || o->code == OP_TEST_EACH))
            t->wanted = run->rules->operands[o->b].value;
    }
}

static void trace_test(mp_run *run, const mp_json *actual, const mp_json *wanted)
{
    run->trace->actual = actual;
    run->trace->wanted = wanted;
}

static mp_truth set_outcome(mp_run *run, mp_trace *t, mp_truth truth)
{
    t->outcome = (uint8_t)truth;
    if (truth == MP_FAILED && !t->first)
        t->message = mp_arena_dup(&run->arena, mp_str_from(run->error.message));
    return truth;
}

/* The trace that one of many elements or values adds to; NULL when none does, or the record is full. */
static mp_trace *trace_with_room(const mp_run *run)
{
    return run->trace && run->arena.used < run->trace_end ? run->trace : NULL;
}

/* ---- limits ---- */

static bool out_of_steps(mp_run *run)
{
    mp_out_of_steps(&run->error);
    return false;
}

static inline bool spend(mp_run *run, int64_t steps)
{
    run->steps -= steps;
    return LIKELY(run->steps >= 0) || out_of_steps(run);
}

/* What it costs a function to read or make `v`. */
static int64_t size_in_steps(const mp_json *v)
{
    if (!v || v->kind == MP_JSON_INT || v->kind == MP_JSON_BOOL || v->kind == MP_JSON_NULL)
        return 0;
    return v->kind >= MP_JSON_ARRAY ? (int64_t)v->u.span / MP_STEP_NODES : v->count / MP_STEP_TEXT;
}

static void forget_values(mp_run *run, mp_arena_mark mark)
{
    if (run->arena.used != mark.used)
        mp_arena_restore(&run->arena, mark);
}

/* ---- paths ---- */

/* Without slots, a member is found by looking at each key: elements of arrays are small. */
static const mp_json *member(mp_run *run, const mp_json *v, mp_str key)
{
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return NULL;
    run->steps -= v->count / MP_STEP_NODES;
    return mp_json_get_fold(v, key);
}

static const mp_json *start_of(const mp_run *run, const op *o, uint8_t scope)
{
    if (scope != MP_NO_SCOPE)
        return run->elements[scope];
    if (UNLIKELY(o->a == NONE)) /* a path that no document was asked for */
        return NULL;
    return o->frame == 0 ? run->values[o->a] : run->second ? run->second[o->a] : NULL;
}

typedef bool visit(mp_run *run, const mp_json *v, void *context); /* false: stop */

/* Call `fn` for every value that `steps` select from `v`; absent members too, as NULL. */
static bool each_value(mp_run *run, const mp_json *v, const mp_step *steps, uint32_t count, visit *fn,
                       void *context)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!mp_step_is_each(&steps[i])) {
            v = member(run, v, steps[i].key);
            continue;
        }
        if (!mp_json_is(v, MP_JSON_ARRAY))
            return true;
        for (MP_JSON_EACH(item, v))
            if (!spend(run, 1) || !each_value(run, item, steps + i + 1, count - i - 1, fn, context))
                return false;
        return true;
    }
    return fn(run, v, context);
}

static bool add_to_array(mp_run *run, const mp_json *v, void *context)
{
    mp_jsonw *w = context;
    if (!v)
        return true;
    run->steps -= size_in_steps(v);
    mp_jsonw_value(w, v);
    return !w->failed;
}

static bool no_memory(mp_run *run)
{
    mp_no_memory(&run->error);
    return false;
}

static mp_path path_of(const mp_run *run, const op *o)
{
    return o->b == NONE ? (mp_path){ NULL, 0 } : run->rules->paths[o->b];
}

/* The value of a path, as its use wants it (see mp_path_use). */
static bool path_value(const mp_json **out, mp_run *run, const op *o)
{
    mp_path        path = path_of(run, o);
    const mp_json *v = start_of(run, o, o->scope);
    uint32_t       eaches = mp_path_eaches(path);
    bool in_array = eaches > 0 || (o->cmp == MP_PATH_FUNCTION && (o->flags & FLAG_WAS_EACH));
    if (in_array) {
        mp_jsonw w;
        mp_jsonw_init(&w, &run->arena);
        mp_jsonw_array(&w);
        bool complete = each_value(run, v, path.steps, path.count, add_to_array, &w);
        mp_jsonw_end(&w);
        *out = mp_jsonw_done(&w);
        return !*out ? no_memory(run) : complete;
    }
    for (uint32_t i = 0; i < path.count; i++)
        v = member(run, v, path.steps[i].key);
    if ((!v || v->kind == MP_JSON_NULL) && o->cmp == MP_PATH_FUNCTION)
        v = &empty_text;
    *out = v;
    return true;
}

static bool slot_value(const mp_json **out, mp_run *run, const op *o)
{
    const mp_json *v = start_of(run, o, MP_NO_SCOPE);
    if ((!v || v->kind == MP_JSON_NULL) && o->cmp == MP_PATH_FUNCTION)
        v = &empty_text;
    *out = v;
    return true;
}

/* ---- values ---- */

static bool call(const mp_json **out, mp_run *run, const op *o, uint32_t at)
{
    const mp_json *few[8], **args = few;
    if (o->b > MP_COUNT(few))
        args = MP_ARENA_ARRAY(&run->arena, const mp_json *, o->b);
    if (!args)
        return no_memory(run);
    uint32_t kid = at + 1;
    int64_t  cost = 1;
    for (uint32_t i = 0; i < o->b; i++, kid = run->rules->code[kid].end) {
        if (!value(&args[i], run, kid))
            return false;
        if (!args[i])
            args[i] = mp_json_make_null();
        cost += size_in_steps(args[i]);
    }
    const mp_function *function = run->rules->functions[o->a];
    mp_call            request = { args, o->b, &run->arena, function };
    return spend(run, cost) && function->impl(out, &request, &run->error) == MP_OK &&
           spend(run, size_in_steps(*out));
}

static bool choose(const mp_json **out, mp_run *run, uint32_t at)
{
    const op      *code = run->rules->code;
    uint32_t       condition = at + 1, then = code[condition].end;
    const mp_json *v;
    if (!value(&v, run, condition))
        return false;
    if (!mp_json_is(v, MP_JSON_BOOL)) {
        mp_fail(&run->error, MP_EVALUATION, MP_NOWHERE, "if() wants true or false as its condition");
        return false;
    }
    return value(out, run, v->u.integer ? then : code[then].end);
}

/* An input that the caller did not set is asked for its members again and again, by every document:
 * the sentence is made once. */
static const mp_error no_input = {
    .code = MP_EVALUATION, .src_file = __FILE__, .src_line = __LINE__,
    .message = "a property wants an object, not a missing value",
    .format = "a property wants an object, not a missing value",
};

static bool member_value(const mp_json **out, mp_run *run, uint32_t at)
{
    const mp_json *container, *name;
    if (!value(&container, run, at + 1))
        return false;
    if (!container) {
        run->error = no_input;
        return false;
    }
    int64_t cost = container->kind >= MP_JSON_ARRAY ? container->count / MP_STEP_NODES : 0;
    return value(&name, run, run->rules->code[at + 1].end) && spend(run, cost) &&
           mp_member_of(out, container, name, &run->error) == MP_OK;
}

static bool container_value(const mp_json **out, mp_run *run, const op *o, uint32_t at)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &run->arena);
    bool is_array = o->code == OP_ARRAY;
    if (is_array)
        mp_jsonw_array(&w);
    else
        mp_jsonw_object(&w);
    const mp_json **kids = MP_ARENA_ARRAY(&run->arena, const mp_json *, o->b + 1);
    if (!kids)
        return no_memory(run);
    uint32_t kid = at + 1;
    for (uint32_t i = 0; i < o->b; i++, kid = run->rules->code[kid].end)
        if (!value(&kids[i], run, kid))
            return false;
    /* Evaluated first, written then: a child may itself write to the arena. */
    for (uint32_t i = 0; i < o->b; i++) {
        run->steps -= size_in_steps(kids[i]);
        if (is_array || i % 2 == 1)
            mp_jsonw_value(&w, kids[i]);
        else
            mp_jsonw_key(&w, mp_json_str(kids[i]));
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? true : no_memory(run);
}

/* ---- counting ---- */

struct counting {
    const op *o;
    uint32_t  where; /* its instruction, or NONE */
    uint32_t  cost;  /* steps of one element, beside that of the loop: so much for so many instructions */
    uint32_t  found;
    uint32_t  index; /* elements seen, for the record */
    uint32_t  stop;  /* enough matches, 0: count all */
};

static mp_truth test_where(mp_run *run, const struct counting *c)
{
    return c->where == NONE ? MP_TRUE : test(run, c->where);
}

static mp_truth test_recorded(mp_run *run, const mp_json *element, const struct counting *c)
{
    mp_trace *outer = run->trace;
    run->trace = add_trace(run, MP_TRACE_ELEMENT, c->o->origin);
    run->trace->actual = element;
    run->trace->index = c->index;
    mp_truth truth = set_outcome(run, run->trace, test_where(run, c));
    run->trace = outer;
    return truth;
}

static mp_truth test_unrecorded(mp_run *run, const struct counting *c)
{
    mp_trace     *outer = run->trace;
    mp_arena_mark mark = mp_arena_save(&run->arena);
    run->trace = NULL;
    mp_truth truth = test_where(run, c);
    run->trace = outer;
    forget_values(run, mark);
    return truth;
}

/* One element: does it count? False stops the loop: a failure, or enough found. */
static bool count_element(mp_run *run, const mp_json *element, struct counting *c)
{
    if (!spend(run, c->cost))
        return false;
    mp_truth truth =
        UNLIKELY(trace_with_room(run) != NULL) ? test_recorded(run, element, c) : test_unrecorded(run, c);
    c->index++;
    if (truth == MP_FAILED)
        return false;
    c->found += truth == MP_TRUE;
    return run->trace || !c->stop || c->found < c->stop;
}

static bool has_each(const mp_step *steps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_step_is_each(&steps[i]))
            return true;
    return false;
}

/* Run loop number `loop` over what `steps` say; each [*] binds the next loop's element. */
static bool count_path(mp_run *run, const mp_json *v, const mp_step *steps, uint32_t count,
                       uint8_t loop, struct counting *c)
{
    uint32_t i = 0;
    for (; i < count && !mp_step_is_each(&steps[i]); i++)
        v = member(run, v, steps[i].key);
    if (i == count) /* all [*] are behind: what remains must be there to count */
        return v ? count_element(run, v, c) : true;
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return true;
    for (MP_JSON_EACH(item, v)) {
        run->elements[loop] = item;
        if (!spend(run, 1) || !count_path(run, item, steps + i + 1, count - i - 1, (uint8_t)(loop + 1), c))
            return false;
    }
    return true;
}

static bool count_values(mp_run *run, const mp_json *array, struct counting *c)
{
    if (!mp_json_is(array, MP_JSON_ARRAY)) {
        mp_fail(&run->error, MP_EVALUATION, MP_NOWHERE, "a count over a value wants an array, not %s",
                array ? mp_json_kind_name((mp_json_kind)array->kind) : "a missing value");
        return false;
    }
    for (MP_JSON_EACH(item, array)) {
        run->elements[c->o->scope] = item;
        if (!spend(run, 1) || !count_element(run, item, c))
            return false;
    }
    return true;
}

static bool count_over_path(mp_run *run, const op *o, struct counting *c)
{
    mp_path        path = path_of(run, o);
    const mp_json *start = start_of(run, o, o->from);
    if (has_each(path.steps, path.count))
        return count_path(run, start, path.steps, path.count, o->scope, c);
    /* The loops around stand on the element already. */
    for (uint32_t i = 0; i < path.count; i++)
        start = member(run, start, path.steps[i].key);
    run->elements[o->scope] = start;
    return start ? count_element(run, start, c) : true;
}

static bool count(const mp_json **out, mp_run *run, const op *o, uint32_t at)
{
    mp_trace       *outer = run->trace;
    const mp_json  *values = NULL;
    uint32_t        first = at + 1;
    bool            over_value = (o->flags & FLAG_OVER_VALUE) != 0;
    struct counting c = { .o = o, .where = NONE, .stop = o->cmp };
    if (over_value && !value(&values, run, first))
        return false;
    if (o->flags & FLAG_WHERE)
        c.where = over_value ? run->rules->code[first].end : first;
    if (c.where != NONE)
        c.cost = (run->rules->code[c.where].end - c.where) / MP_STEP_NODES;
    if (UNLIKELY(outer != NULL))
        run->trace = add_trace(run, MP_TRACE_COUNT, o->origin);
    mp_code before = run->error.code;
    run->error.code = MP_OK;
    if (over_value)
        count_values(run, values, &c);
    else
        count_over_path(run, o, &c);
    bool ok = run->error.code == MP_OK; /* a loop that stopped early has not failed */
    if (ok)
        run->error.code = before;
    *out = mp_json_make_int(&run->arena, c.found);
    if (UNLIKELY(outer != NULL)) {
        run->trace->actual = ok ? *out : NULL;
        set_outcome(run, run->trace, ok ? MP_TRUE : MP_FAILED);
        run->trace = outer;
    }
    if (!ok)
        return false;
    return *out ? true : no_memory(run);
}

static bool value(const mp_json **out, mp_run *run, uint32_t at)
{
    const op *o = &run->rules->code[at];
    switch (o->code) {
    case OP_VALUE:
        *out = run->rules->values[o->a];
        return true;
    case OP_SLOT:
        return slot_value(out, run, o);
    case OP_PATH:
        return path_value(out, run, o);
    case OP_CALL:
        return call(out, run, o, at);
    case OP_IF:
        return choose(out, run, at);
    case OP_MEMBER:
        return member_value(out, run, at);
    case OP_OBJECT:
    case OP_ARRAY:
        return container_value(out, run, o, at);
    case OP_COUNT:
        return count(out, run, o, at);
    case OP_FAIL: {
        const failure *f = &run->rules->failures[o->a];
        mp_fail(&run->error, f->code, MP_NOWHERE, "%.*s", MP_FMT(f->message));
        return false;
    }
    default: { /* a condition where a value is wanted */
        mp_truth truth = test(run, at);
        *out = mp_json_make_bool(truth == MP_TRUE);
        return truth != MP_FAILED;
    }
    }
}

/* ---- conditions ---- */

static mp_truth compare(mp_run *run, mp_operator cmp, const mp_json *left, const mp_operand *right)
{
    if (UNLIKELY(run->trace != NULL))
        trace_test(run, left, right->value);
    return mp_operator_test_within(cmp, left, right, &run->steps, &run->error);
}

/* Of a list each element is looked at, and of a text each letter. */
static int64_t cost_of_preparing(const mp_json *v)
{
    return mp_json_is(v, MP_JSON_ARRAY) ? v->count : mp_json_is(v, MP_JSON_STRING) ? size_in_steps(v) : 0;
}

/* The right side: prepared when compiled, or computed now into `fresh`. */
static const mp_operand *right_side(mp_run *run, const op *o, uint32_t left, mp_operand *fresh)
{
    if (LIKELY(o->b != NONE))
        return &run->rules->operands[o->b];
    const mp_json *v;
    if (!value(&v, run, run->rules->code[left].end) || !spend(run, cost_of_preparing(v)))
        return NULL;
    if (mp_operand_init(fresh, (mp_operator)o->cmp, v, &run->arena, &run->error) != MP_OK) {
        mp_operand_done(fresh);
        return NULL;
    }
    return fresh;
}

static mp_truth test_values(mp_run *run, const op *o, uint32_t at)
{
    const mp_json *left;
    mp_operand     fresh = { 0 };
    if (!value(&left, run, at + 1))
        return MP_FAILED;
    if (UNLIKELY(run->trace != NULL))
        trace_test(run, left, NULL);
    const mp_operand *right = right_side(run, o, at + 1, &fresh);
    if (!right)
        return MP_FAILED;
    mp_truth truth = compare(run, (mp_operator)o->cmp, left, right);
    if (right == &fresh)
        mp_operand_done(&fresh);
    return truth;
}

struct each_test {
    mp_operator       cmp;
    const mp_operand *right;
    mp_truth          truth;
    uint32_t          index;
    uint32_t          origin;
};

/* An alias with [*] stands for the values that it selects (Microsoft Learn, "Author policies for
 * arrays": Referencing array fields). An element without the member therefore has no say, except in
 * `exists`, which asks for just that. */
static bool test_selected(mp_run *run, const mp_json *v, void *context)
{
    struct each_test *each = context;
    uint32_t          index = each->index++;
    if (!v && each->cmp != MP_OP_EXISTS)
        return true;
    mp_trace *outer = run->trace;
    mp_truth  truth;
    run->trace = trace_with_room(run);
    if (UNLIKELY(run->trace != NULL)) {
        run->trace = add_trace(run, MP_TRACE_VALUE, each->origin);
        run->trace->index = index;
        run->trace->op = (uint8_t)each->cmp;
        truth = set_outcome(run, run->trace, compare(run, each->cmp, v, each->right));
    } else {
        truth = compare(run, each->cmp, v, each->right);
    }
    run->trace = outer;
    if (truth != MP_TRUE && each->truth == MP_TRUE)
        each->truth = truth;
    return truth == MP_TRUE || (truth == MP_FALSE && run->trace);
}

/* True when every selected value passes; so also when there are none, and when the array itself is
 * missing, which Microsoft's text calls an empty collection. */
static mp_truth test_each(mp_run *run, const op *o, uint32_t at)
{
    const op         *left = &run->rules->code[at + 1];
    mp_operand        fresh = { 0 };
    const mp_operand *right = right_side(run, o, at + 1, &fresh);
    if (!right)
        return MP_FAILED;
    if (UNLIKELY(run->trace != NULL))
        run->trace->wanted = right->value;
    struct each_test each = { (mp_operator)o->cmp, right, MP_TRUE, 0, o->origin };
    mp_path          path = path_of(run, left);
    each_value(run, start_of(run, left, left->scope), path.steps, path.count, test_selected, &each);
    if (right == &fresh)
        mp_operand_done(&fresh);
    return run->steps < 0 ? MP_FAILED : each.truth;
}

/* ALL stops at the first false, ANY at the first true; both at a failure. */
static mp_truth test_group(mp_run *run, const op *o, uint32_t at, mp_truth neutral)
{
    for (uint32_t kid = at + 1; kid < o->end; kid = run->rules->code[kid].end) {
        mp_truth truth = test(run, kid);
        if (truth == neutral)
            continue;
        if (UNLIKELY(run->trace != NULL))
            trace_skipped(run, run->rules->code[kid].end, o->end);
        return truth;
    }
    return neutral;
}

static mp_truth test_shared(mp_run *run, const op *o, uint32_t at)
{
    if (UNLIKELY(run->trace != NULL))
        return test(run, at + 1);
    uint8_t *memo = &run->memo[o->a];
    if (*memo)
        return (mp_truth)(*memo - 1);
    mp_truth truth = test(run, at + 1);
    if (truth != MP_FAILED) /* a failure is found again, with its reason */
        *memo = (uint8_t)(truth + 1);
    return truth;
}

static mp_truth test_value(mp_run *run, uint32_t at)
{
    const mp_json *v;
    if (!value(&v, run, at))
        return MP_FAILED;
    if (mp_json_is(v, MP_JSON_BOOL))
        return v->u.integer ? MP_TRUE : MP_FALSE;
    mp_fail(&run->error, MP_EVALUATION, MP_NOWHERE, "a condition wants true or false");
    return MP_FAILED;
}

static inline mp_truth test_op(mp_run *run, const op *o, uint32_t at)
{
    mp_truth truth;
    switch (o->code) {
    case OP_TEST_SLOT:
        return compare(run, (mp_operator)o->cmp, start_of(run, o, MP_NO_SCOPE),
                       &run->rules->operands[o->b]);
    case OP_ALL:
        return test_group(run, o, at, MP_TRUE);
    case OP_ANY:
        return test_group(run, o, at, MP_FALSE);
    case OP_NOT:
        truth = test(run, at + 1);
        return truth == MP_FAILED ? truth : truth == MP_TRUE ? MP_FALSE : MP_TRUE;
    case OP_SHARED:
        return test_shared(run, o, at);
    case OP_TEST:
        return test_values(run, o, at);
    case OP_TEST_EACH:
        return test_each(run, o, at);
    case OP_BOOL:
        return o->a ? MP_TRUE : MP_FALSE;
    default:
        return test_value(run, at);
    }
}

static mp_truth test_traced(mp_run *run, const op *o, uint32_t at)
{
    if (o->code == OP_SHARED)
        return test_op(run, o, at);
    mp_trace *outer = run->trace, *mine = add_trace(run, trace_kind(o), o->origin);
    mine->op = o->cmp;
    run->trace = mine;
    mp_truth truth = set_outcome(run, mine, test_op(run, o, at));
    run->trace = outer;
    return truth;
}

static mp_truth test(mp_run *run, uint32_t at)
{
    const op *o = &run->rules->code[at];
    if (UNLIKELY(run->trace != NULL))
        return test_traced(run, o, at);
    return test_op(run, o, at);
}

/* ---- runs ---- */

mp_code mp_run_new(mp_run **out, mp_error *err)
{
    *out = calloc(1, sizeof(**out));
    return *out ? MP_OK : mp_no_memory(err);
}

void mp_run_free(mp_run *run)
{
    if (!run)
        return;
    free(run->values);
    free(run->memo);
    mp_arena_free(&run->arena);
    free(run);
}

static bool grow(void **items, uint32_t *cap, uint32_t need, size_t item_size)
{
    if (need <= *cap)
        return true;
    void *more = realloc(*items, (need + 64) * item_size);
    if (!more)
        return false;
    *items = more;
    *cap = need + 64;
    return true;
}

static mp_code begin(mp_run *run, const mp_rules *rules, mp_error *err)
{
    mp_arena_reset(&run->arena);
    run->rules = rules;
    run->second = NULL;
    run->error.code = MP_OK;
    uint32_t slots = mp_slots_count(rules->slots);
    if (!grow((void **)&run->values, &run->values_cap, slots + 1, sizeof(*run->values)) ||
        !grow((void **)&run->memo, &run->memo_cap, rules->shared_count, 1))
        return mp_no_memory(err);
    if (rules->shared_count)
        memset(run->memo, 0, rules->shared_count);
    return MP_OK;
}

mp_code mp_run_begin(mp_run *run, const mp_rules *rules, const mp_json *doc, mp_error *err)
{
    MP_TRY(begin(run, rules, err));
    for (uint32_t i = 0, n = mp_slots_inputs(rules->slots); i < n; i++)
        run->values[i] = NULL;
    mp_slots_fill(rules->slots, doc, run->values);
    return MP_OK;
}

mp_code mp_run_begin_pack(mp_run *run, const mp_rules *rules, const mp_pack *pack, mp_error *err)
{
    MP_TRY(begin(run, rules, err));
    mp_pack_open(pack, run->values);
    return MP_OK;
}

void mp_run_set_input(mp_run *run, uint32_t slot, const mp_json *v) { run->values[slot] = v; }

const mp_json *mp_run_input(const mp_run *run, uint32_t slot) { return run->values[slot]; }

const mp_json *const *mp_run_values(const mp_run *run) { return run->values; }

void mp_run_set_second(mp_run *run, const mp_json *const *values) { run->second = values; }

#define MIB ((size_t)1 << 20)

static void begin_entry(mp_run *run, int64_t steps, size_t bytes)
{
    run->steps = steps;
    run->arena.limit = run->arena.used + bytes;
    run->arena.is_over = false;
}

static void end_entry(mp_run *run, bool failed)
{
    run->arena.limit = 0;
    if (UNLIKELY(failed) && run->error.code == MP_NOMEM && run->arena.is_over)
        mp_fail(&run->error, MP_LIMIT, MP_NOWHERE,
                "an evaluation on one resource makes values of more than %d MiB", MP_RUN_MIB);
}

mp_truth mp_run_test(mp_run *run, uint32_t entry)
{
    mp_arena_mark mark = mp_arena_save(&run->arena);
    begin_entry(run, MP_RUN_STEPS, MP_RUN_MIB * MIB);
    mp_truth truth = test(run, run->rules->entries[entry]);
    end_entry(run, truth == MP_FAILED);
    forget_values(run, mark);
    return truth;
}

mp_code mp_run_value(const mp_json **out, mp_run *run, uint32_t entry, mp_error *err)
{
    mp_arena_mark mark = mp_arena_save(&run->arena);
    begin_entry(run, MP_RUN_STEPS, MP_RUN_MIB * MIB);
    bool ok = value(out, run, run->rules->entries[entry]);
    end_entry(run, !ok);
    if (ok)
        return MP_OK;
    forget_values(run, mark);
    if (err)
        *err = run->error;
    return run->error.code;
}

const mp_error *mp_run_error(const mp_run *run) { return &run->error; }

mp_arena *mp_run_arena(mp_run *run) { return &run->arena; }

static const mp_trace *record(mp_run *run, uint32_t entry, int64_t steps, mp_truth *truth)
{
    mp_trace root = { 0 };
    begin_entry(run, steps, (MP_TRACE_MIB + MP_RUN_MIB) * MIB);
    run->trace_end = run->arena.used + MP_TRACE_MIB * MIB;
    run->trace = &root;
    run->trace_failed = false;
    *truth = test(run, run->rules->entries[entry]);
    run->trace = NULL;
    end_entry(run, *truth == MP_FAILED);
    return run->trace_failed ? NULL : root.first;
}

/* What took more steps than an evaluation has may have failed when it was evaluated: then the record fails
 * there too. */
const mp_trace *mp_run_explain(mp_run *run, uint32_t entry, mp_truth *truth)
{
    mp_arena_mark   mark = mp_arena_save(&run->arena);
    const mp_trace *t = record(run, entry, MP_TRACE_STEPS, truth);
    if (LIKELY(MP_TRACE_STEPS - run->steps <= MP_RUN_STEPS))
        return t;
    if (mp_run_test(run, entry) != MP_FAILED || run->error.code != MP_LIMIT)
        return t;
    forget_values(run, mark);
    return record(run, entry, MP_RUN_STEPS, truth);
}
