/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <assert.h>
#include <stdlib.h>

/* From trees to code, in two passes. The first walks all entries and finds the conditions that occur
 * more than once (by hash, then by comparison); the second writes the code, where each of those has a
 * number under which its outcome is remembered. What depends on a loop is never shared, since its
 * outcome changes with the element. */

#define SHARE_WEIGHT 4 /* a smaller condition costs less to evaluate than to look up */

/* A growing array in plain memory; copied into the rules' arena at the end. */
struct list {
    void    *items;
    uint32_t len, cap;
};

static void *push(struct list *list, size_t item_size)
{
    if (list->len == list->cap) {
        uint32_t cap = list->cap ? 2 * list->cap : 64;
        void    *items = realloc(list->items, cap * item_size);
        if (!items)
            return NULL;
        list->items = items;
        list->cap = cap;
    }
    return (char *)list->items + item_size * list->len++;
}

struct entry {
    const mp_tree  *tree;
    const mp_slots *second;
};

/* A condition seen in the first pass. Open addressing by hash. */
struct seen {
    const mp_tree  *tree;
    const mp_slots *second;
    uint32_t        times;
    uint32_t        shared; /* number, or NONE */
};

struct mp_rules_builder {
    mp_slots    *slots;
    struct list  entries;   /* struct entry */
    struct seen *seen;
    uint32_t     seen_mask, seen_len;
    uint32_t     shared_count; /* conditions whose outcome is remembered */
    struct list  code;      /* op */
    struct list  starts;    /* uint32_t: of entries */
    struct list  operands;  /* mp_operand */
    struct list  values;    /* const mp_json * */
    struct list  paths;     /* mp_path */
    struct list  functions; /* const mp_function * */
    struct list  failures;  /* failure */
    mp_arena     arena;     /* becomes the rules' */
    const mp_slots *second; /* of the entry at hand */
    op           scrap;     /* what is written to when memory is short */
    bool         is_apart;  /* nothing is shared */
    bool         failed;    /* memory was short */
    mp_error     error;     /* anything else */
};

mp_code mp_rules_builder_new(mp_rules_builder **out, uint32_t inputs, mp_error *err)
{
    mp_rules_builder *b = calloc(1, sizeof(*b));
    if (!b)
        return mp_no_memory(err);
    mp_code code = mp_slots_new(&b->slots, inputs, err);
    if (code != MP_OK) {
        free(b);
        return code;
    }
    *out = b;
    return MP_OK;
}

void mp_rules_builder_free(mp_rules_builder *b)
{
    if (!b)
        return;
    mp_slots_free(b->slots);
    for (uint32_t i = 0; i < b->operands.len; i++)
        mp_operand_done((mp_operand *)b->operands.items + i);
    struct list *lists[] = { &b->entries, &b->code,  &b->starts,    &b->operands,
                             &b->values,  &b->paths, &b->functions, &b->failures };
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        free(lists[i]->items);
    free(b->seen);
    mp_arena_free(&b->arena);
    free(b);
}

void mp_rules_keep_apart(mp_rules_builder *b) { b->is_apart = true; }

/* ---- collecting paths ---- */

/* The steps before the first [*]: what a slot can hold. */
static mp_path slot_part(mp_path path)
{
    uint32_t n = 0;
    while (n < path.count && !mp_step_is_each(&path.steps[n]))
        n++;
    return (mp_path){ path.steps, n };
}

static bool reads_slot(const mp_tree *t)
{
    if (t->kind == MP_TREE_PATH)
        return t->scope == MP_NO_SCOPE;
    return t->kind == MP_TREE_COUNT && t->path.count > 0 && t->slot == MP_NO_SCOPE;
}

mp_code mp_slots_collect(mp_slots *slots, const mp_tree *t, uint8_t frame, mp_error *err)
{
    uint32_t slot;
    if (reads_slot(t) && t->frame == frame)
        MP_TRY(mp_slots_add(&slot, slots, slot_part(t->path), err));
    for (uint32_t i = 0; i < t->count; i++)
        MP_TRY(mp_slots_collect(slots, t->kids[i], frame, err));
    return MP_OK;
}

void mp_slots_mark(const mp_slots *slots, const mp_tree *t, uint8_t frame, bool *wanted)
{
    uint32_t slot = NONE;
    if (t->kind == MP_TREE_INPUT && t->frame == frame)
        slot = t->slot;
    else if (reads_slot(t) && t->frame == frame)
        slot = mp_slots_find(slots, slot_part(t->path));
    if (slot != NONE)
        wanted[slot] = true;
    for (uint32_t i = 0; i < t->count; i++)
        mp_slots_mark(slots, t->kids[i], frame, wanted);
}

/* ---- first pass: what occurs more than once ---- */

static bool may_share(const mp_tree *t)
{
    return (t->kind == MP_TREE_ALL || t->kind == MP_TREE_ANY || t->kind == MP_TREE_NOT ||
            t->kind == MP_TREE_TEST) &&
           !t->is_scoped && t->weight >= SHARE_WEIGHT;
}

static struct seen *find_seen(const mp_rules_builder *b, const mp_tree *t, const mp_slots *second)
{
    for (uint64_t i = t->hash;; i++) {
        struct seen *s = &b->seen[i & b->seen_mask];
        if (!s->tree || (s->second == second && mp_tree_equal(s->tree, t)))
            return s;
    }
}

static bool grow_seen(mp_rules_builder *b)
{
    if (b->seen && 2 * b->seen_len <= b->seen_mask)
        return true;
    struct seen *old = b->seen;
    uint32_t     old_size = old ? b->seen_mask + 1 : 0, size = old ? 2 * old_size : 256;
    b->seen = calloc(size, sizeof(*b->seen));
    if (!b->seen) {
        b->seen = old;
        return false;
    }
    b->seen_mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].tree)
            *find_seen(b, old[i].tree, old[i].second) = old[i];
    free(old);
    return true;
}

/* Equal conditions below an equal condition need not be seen again. */
static void look(mp_rules_builder *b, const mp_tree *t, const mp_slots *second)
{
    if (may_share(t)) {
        if (!grow_seen(b)) {
            b->failed = true;
            return;
        }
        struct seen *s = find_seen(b, t, second);
        if (s->tree) {
            s->times++;
            return;
        }
        *s = (struct seen){ t, second, 1, NONE };
        b->seen_len++;
    }
    for (uint32_t i = 0; i < t->count; i++)
        look(b, t->kids[i], second);
}

mp_code mp_rules_add(uint32_t *entry, mp_rules_builder *b, const mp_tree *tree,
                     const mp_slots *second, mp_error *err)
{
    struct entry *e = tree ? push(&b->entries, sizeof(*e)) : NULL;
    if (!e)
        return mp_no_memory(err);
    *e = (struct entry){ tree, second };
    *entry = b->entries.len - 1;
    MP_TRY(mp_slots_collect(b->slots, tree, 0, err));
    /* Outcomes that depend on the second document change with it: such entries share nothing. */
    if (!second)
        look(b, tree, second);
    if (b->failed)
        return mp_no_memory(err);
    return MP_OK;
}

/* ---- second pass: writing ---- */

static void emit(mp_rules_builder *b, const mp_tree *t);

static op *new_op(mp_rules_builder *b, opcode code, const mp_tree *t)
{
    op *o = push(&b->code, sizeof(*o));
    if (!o) {
        b->failed = true;
        o = &b->scrap;
    }
    *o = (op){ .code = (uint8_t)code, .cmp = t->op, .frame = t->frame, .scope = t->scope,
               .from = MP_NO_SCOPE, .a = NONE, .b = NONE, .origin = t->origin };
    return o;
}

#define PUSH(list, type, item)                                        \
    do {                                                              \
        type *pushed_ = push(&b->list, sizeof(type));                 \
        if (pushed_)                                                  \
            *pushed_ = (item);                                        \
        else                                                          \
            b->failed = true;                                         \
    } while (0)

static uint32_t add_value(mp_rules_builder *b, const mp_json *value)
{
    const mp_json *copy = value ? mp_arena_dup_json(&b->arena, value) : NULL;
    b->failed = b->failed || (value && !copy);
    PUSH(values, const mp_json *, copy);
    return b->values.len - 1;
}

/* The number of a constant right side; the value was tried when the tree was built. */
static uint32_t add_operand(mp_rules_builder *b, mp_operator cmp, const mp_json *value)
{
    mp_operand     operand;
    const mp_json *copy = mp_arena_dup_json(&b->arena, value);
    if (!copy) {
        b->failed = true;
        return 0;
    }
    if (mp_operand_init(&operand, cmp, copy, &b->arena, &b->error) != MP_OK)
        b->failed = true;
    uint32_t before = b->operands.len;
    PUSH(operands, mp_operand, operand);
    if (b->operands.len == before)
        mp_operand_done(&operand);
    return before;
}

static mp_path copy_path(mp_rules_builder *b, mp_path path)
{
    mp_step *steps = MP_ARENA_ARRAY(&b->arena, mp_step, path.count ? path.count : 1);
    if (!steps) {
        b->failed = true;
        return (mp_path){ NULL, 0 };
    }
    for (uint32_t i = 0; i < path.count; i++) {
        if (mp_step_is_each(&path.steps[i]))
            continue;
        steps[i].key = mp_arena_dup(&b->arena, path.steps[i].key);
        b->failed = b->failed || !steps[i].key.ptr;
    }
    return (mp_path){ steps, path.count };
}

/* Slot of the beginning and number of the rest of a path that starts at a document's root. */
static void split_path(mp_rules_builder *b, const mp_tree *t, uint32_t *slot, uint32_t *rest)
{
    mp_path start = slot_part(t->path);
    mp_path after = { start.count ? t->path.steps + start.count : t->path.steps,
                      t->path.count - start.count };
    *slot = NONE;
    if (reads_slot(t)) {
        *slot = mp_slots_find(t->frame == 0 ? b->slots : b->second, start);
        assert(*slot != NONE);
    } else {
        after = t->path;
    }
    *rest = NONE;
    if (after.count) {
        PUSH(paths, mp_path, copy_path(b, after));
        *rest = b->paths.len - 1;
    }
}

static void emit_path(mp_rules_builder *b, const mp_tree *t)
{
    uint32_t slot, rest;
    split_path(b, t, &slot, &rest);
    bool is_slot = slot != NONE && rest == NONE;
    op  *o = new_op(b, is_slot ? OP_SLOT : OP_PATH, t);
    o->a = slot;
    o->b = rest;
    o->flags = t->was_each ? FLAG_WAS_EACH : 0;
    o->end = b->code.len;
}

static void set_end(mp_rules_builder *b, uint32_t at)
{
    if (!b->failed)
        ((op *)b->code.items)[at].end = b->code.len;
}

static void emit_parent(mp_rules_builder *b, opcode code, const mp_tree *t, uint32_t a, uint32_t bb)
{
    uint32_t at = b->code.len;
    op      *o = new_op(b, code, t);
    o->a = a;
    o->b = bb;
    for (uint32_t i = 0; i < t->count; i++)
        emit(b, t->kids[i]);
    set_end(b, at);
}

static void emit_count(mp_rules_builder *b, const mp_tree *t, uint32_t stop)
{
    uint32_t slot = NONE, rest = NONE, at = b->code.len;
    bool     over_value = t->path.count == 0 && t->slot == MP_NO_SCOPE;
    if (!over_value)
        split_path(b, t, &slot, &rest);
    op *o = new_op(b, OP_COUNT, t);
    o->from = (uint8_t)t->slot;
    o->a = slot;
    o->b = rest;
    o->cmp = 0;
    o->flags = (uint8_t)((t->has_where ? FLAG_WHERE : 0) | (over_value ? FLAG_OVER_VALUE : 0));
    o->origin = t->origin;
    for (uint32_t i = 0; i < t->count; i++)
        emit(b, t->kids[i]);
    set_end(b, at);
    if (stop != NONE && stop < 255 && !b->failed)
        ((op *)b->code.items)[at].cmp = (uint8_t)stop;
}

/* How many matches decide `count op k`, or NONE: counting may stop there when nothing can fail. */
static uint32_t stop_of(const mp_tree *test)
{
    const mp_tree *count = test->kids[0], *right = test->kids[1];
    if (count->kind != MP_TREE_COUNT || right->kind != MP_TREE_VALUE ||
        !mp_json_is(right->value, MP_JSON_INT) || right->value->u.integer < 0 ||
        right->value->u.integer > 200)
        return NONE;
    for (uint32_t i = 0; i < count->count; i++)
        if (count->kids[i]->may_fail)
            return NONE;
    uint32_t k = (uint32_t)right->value->u.integer;
    switch (test->op) {
    case MP_OP_GREATER:
    case MP_OP_LESS_OR_EQUALS:
    case MP_OP_EQUALS:
    case MP_OP_NOT_EQUALS:
        return k + 1;
    case MP_OP_GREATER_OR_EQUALS:
    case MP_OP_LESS:
        return k ? k : NONE;
    default:
        return NONE;
    }
}

static bool selects_many(const mp_tree *t)
{
    return (t->kind == MP_TREE_PATH || t->kind == MP_TREE_INPUT) && t->op == MP_PATH_FIELD &&
           mp_path_eaches(t->path) > 0;
}

static void emit_test(mp_rules_builder *b, const mp_tree *t)
{
    const mp_tree *left = t->kids[0], *right = t->kids[1];
    uint32_t       operand = NONE, at = b->code.len;
    if (right->kind == MP_TREE_VALUE)
        operand = add_operand(b, (mp_operator)t->op, right->value);
    op *o = new_op(b, selects_many(left) ? OP_TEST_EACH : OP_TEST, t);
    o->b = operand;
    if (left->kind == MP_TREE_COUNT)
        emit_count(b, left, stop_of(t));
    else
        emit(b, left);
    if (operand == NONE)
        emit(b, right);
    set_end(b, at);
    if (b->failed)
        return;
    op *test = (op *)b->code.items + at, *first = test + 1;
    if (operand != NONE && first->code == OP_SLOT && first->cmp == MP_PATH_FIELD) {
        test->code = OP_TEST_SLOT; /* the common case: no operand instructions at all */
        test->frame = first->frame;
        test->a = first->a;
        b->code.len = at + 1;
        test->end = at + 1;
    }
}

static void emit_input(mp_rules_builder *b, const mp_tree *t)
{
    uint32_t rest = NONE;
    if (t->path.count) {
        PUSH(paths, mp_path, copy_path(b, t->path));
        rest = b->paths.len - 1;
    }
    op *o = new_op(b, rest == NONE ? OP_SLOT : OP_PATH, t);
    o->a = t->slot;
    o->b = rest;
    o->end = b->code.len;
}

static void emit_leaf(mp_rules_builder *b, opcode code, const mp_tree *t, uint32_t a)
{
    op *o = new_op(b, code, t);
    o->a = a;
    o->end = b->code.len;
}

static void emit_fail(mp_rules_builder *b, const mp_tree *t)
{
    failure f = { t->code, mp_arena_dup(&b->arena, t->message) };
    b->failed = b->failed || !f.message.ptr;
    PUSH(failures, failure, f);
    emit_leaf(b, OP_FAIL, t, b->failures.len - 1);
}

/* The body of a tree, whether it is shared or not. */
static void emit_body(mp_rules_builder *b, const mp_tree *t)
{
    switch ((mp_tree_kind)t->kind) {
    case MP_TREE_BOOL:
        emit_leaf(b, OP_BOOL, t, t->op);
        break;
    case MP_TREE_FAIL:
        emit_fail(b, t);
        break;
    case MP_TREE_ALL:
        emit_parent(b, OP_ALL, t, NONE, NONE);
        break;
    case MP_TREE_ANY:
        emit_parent(b, OP_ANY, t, NONE, NONE);
        break;
    case MP_TREE_NOT:
        emit_parent(b, OP_NOT, t, NONE, NONE);
        break;
    case MP_TREE_TEST:
        emit_test(b, t);
        break;
    case MP_TREE_VALUE:
        emit_leaf(b, OP_VALUE, t, add_value(b, t->value));
        break;
    case MP_TREE_INPUT:
        emit_input(b, t);
        break;
    case MP_TREE_PATH:
        emit_path(b, t);
        break;
    case MP_TREE_CALL:
        PUSH(functions, const mp_function *, t->function);
        emit_parent(b, OP_CALL, t, b->functions.len - 1, t->count);
        break;
    case MP_TREE_IF:
        emit_parent(b, OP_IF, t, NONE, NONE);
        break;
    case MP_TREE_MEMBER:
        emit_parent(b, OP_MEMBER, t, NONE, NONE);
        break;
    case MP_TREE_OBJECT:
        emit_parent(b, OP_OBJECT, t, NONE, t->count);
        break;
    case MP_TREE_ARRAY:
        emit_parent(b, OP_ARRAY, t, NONE, t->count);
        break;
    case MP_TREE_COUNT:
        emit_count(b, t, NONE);
        break;
    }
}

/* What is shared is the outcome, not the code: each place has its own, whose origins traces name. */
static void emit(mp_rules_builder *b, const mp_tree *t)
{
    bool         shares = may_share(t) && b->seen && !b->second && !b->is_apart;
    struct seen *s = shares ? find_seen(b, t, NULL) : NULL;
    if (!s || !s->tree || s->times < 2) {
        emit_body(b, t);
        return;
    }
    if (s->shared == NONE)
        s->shared = b->shared_count++;
    uint32_t at = b->code.len;
    new_op(b, OP_SHARED, t)->a = s->shared;
    emit_body(b, t);
    set_end(b, at);
}

static void *keep(mp_rules_builder *b, const struct list *list, size_t item_size)
{
    void *copy = mp_arena_zero(&b->arena, list->len ? list->len : 1, item_size);
    if (!copy)
        b->failed = true;
    else if (list->len)
        memcpy(copy, list->items, list->len * item_size);
    return copy;
}

static mp_code out_of_memory(const mp_rules_builder *b, mp_error *err)
{
    if (b->error.code != MP_OK && b->error.code != MP_NOMEM && err)
        *err = b->error;
    else
        return mp_no_memory(err);
    return b->error.code;
}

mp_code mp_rules_finish(mp_rules **out, mp_rules_builder *b, mp_error *err)
{
    for (uint32_t i = 0; i < b->entries.len && !b->failed; i++) {
        const struct entry *e = (struct entry *)b->entries.items + i;
        b->second = e->second;
        PUSH(starts, uint32_t, b->code.len);
        emit(b, e->tree);
    }
    b->second = NULL;
    mp_rules *rules = calloc(1, sizeof(*rules));
    if (!rules || b->failed) {
        free(rules);
        return out_of_memory(b, err);
    }
    *rules = (mp_rules){
        .code = keep(b, &b->code, sizeof(op)),
        .code_len = b->code.len,
        .entries = keep(b, &b->starts, sizeof(uint32_t)),
        .entry_count = b->starts.len,
        .shared_count = b->shared_count,
        .operands = keep(b, &b->operands, sizeof(mp_operand)),
        .operand_count = b->operands.len,
        .values = keep(b, &b->values, sizeof(mp_json *)),
        .paths = keep(b, &b->paths, sizeof(mp_path)),
        .functions = keep(b, &b->functions, sizeof(mp_function *)),
        .failures = keep(b, &b->failures, sizeof(failure)),
    };
    if (b->failed) {
        free(rules);
        return out_of_memory(b, err);
    }
    rules->slots = b->slots;
    rules->arena = b->arena;
    b->slots = NULL;
    b->arena = (mp_arena)MP_ARENA_INIT;
    b->operands.len = 0; /* their sets are the rules' now */
    *out = rules;
    return MP_OK;
}

void mp_rules_free(mp_rules *rules)
{
    if (!rules)
        return;
    for (uint32_t i = 0; i < rules->operand_count; i++)
        mp_operand_done(&rules->operands[i]);
    mp_slots_free(rules->slots);
    mp_arena_free(&rules->arena);
    free(rules);
}

const mp_slots *mp_rules_slots(const mp_rules *rules) { return rules->slots; }
size_t          mp_rules_shared(const mp_rules *rules) { return rules->shared_count; }
