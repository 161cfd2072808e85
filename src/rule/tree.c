/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "jsonw.h"

#include <stdio.h>

void mp_tree_builder_init(mp_tree_builder *b, mp_arena *arena, bool keep_all)
{
    *b = (mp_tree_builder){ .arena = arena, .keep_all = keep_all };
}

/* ---- hashing: equal trees must have equal hashes, so names are folded ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 29);
}

static uint64_t hash_json(const mp_json *v)
{
    if (!v)
        return 1;
    uint64_t h = 2;
    for (size_t i = 0, n = mp_json_nodes(v); i < n; i++) {
        h = mix(h, v[i].kind);
        if (v[i].kind == MP_JSON_STRING || v[i].kind == MP_JSON_REAL)
            h = mix(h, mp_hash(mp_json_str(&v[i])));
        else
            h = mix(h, v[i].kind >= MP_JSON_ARRAY ? v[i].count : (uint64_t)v[i].u.integer);
    }
    return h;
}

static uint64_t hash_path(mp_path path)
{
    uint64_t h = path.count;
    for (uint32_t i = 0; i < path.count; i++)
        h = mix(h, mp_step_is_each(&path.steps[i]) ? 7 : mp_hash_fold(path.steps[i].key));
    return h;
}

static uint64_t hash_tree(const mp_tree *t)
{
    uint64_t h = mix(t->kind, (uint64_t)t->op << 24 | (uint64_t)t->frame << 16 | t->scope);
    h = mix(h, (uint64_t)t->slot << 8 | t->loops);
    h = mix(h, hash_json(t->value));
    h = mix(h, hash_path(t->path));
    h = mix(h, t->function ? mp_hash_fold(t->function->name) : 0);
    for (uint32_t i = 0; i < t->count; i++)
        h = mix(h, t->kids[i]->hash);
    return h;
}

static bool json_same(const mp_json *a, const mp_json *b)
{
    if (!a || !b)
        return a == b;
    size_t n = mp_json_nodes(a);
    if (n != mp_json_nodes(b))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (a[i].kind != b[i].kind || a[i].count != b[i].count)
            return false;
        bool is_text = a[i].kind == MP_JSON_STRING || a[i].kind == MP_JSON_REAL;
        if (is_text ? !mp_str_eq(mp_json_str(&a[i]), mp_json_str(&b[i]))
                    : a[i].kind != MP_JSON_NULL && a[i].u.integer != b[i].u.integer)
            return false;
    }
    return true;
}

bool mp_tree_equal(const mp_tree *a, const mp_tree *b)
{
    if (a->hash != b->hash || a->kind != b->kind || a->op != b->op || a->frame != b->frame ||
        a->scope != b->scope || a->loops != b->loops || a->was_each != b->was_each ||
        a->has_where != b->has_where || a->slot != b->slot || a->count != b->count ||
        a->function != b->function || a->code != b->code)
        return false;
    if (!mp_path_eq(a->path, b->path) || !json_same(a->value, b->value) ||
        !mp_str_eq(a->message, b->message))
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!mp_tree_equal(a->kids[i], b->kids[i]))
            return false;
    return true;
}

/* ---- nodes ---- */

/* Finish a node: what it can know from its children. */
static mp_tree *seal(mp_tree *t)
{
    t->weight = 1;
    for (uint32_t i = 0; i < t->count; i++) {
        t->may_fail = t->may_fail || t->kids[i]->may_fail;
        t->is_scoped = t->is_scoped || t->kids[i]->is_scoped;
        t->weight += t->kids[i]->weight;
    }
    t->hash = hash_tree(t);
    return t;
}

static mp_tree *node(mp_tree_builder *b, mp_tree_kind kind, uint32_t origin)
{
    mp_tree *t = MP_ARENA_NEW(b->arena, mp_tree);
    if (t) {
        t->kind = (uint8_t)kind;
        t->origin = origin;
        t->scope = MP_NO_SCOPE;
    }
    return t;
}

/* A node with copies of `count` child pointers; NULL if a child is missing. */
static mp_tree *parent(mp_tree_builder *b, mp_tree_kind kind, mp_tree **kids, uint32_t count,
                       uint32_t origin)
{
    for (uint32_t i = 0; i < count; i++)
        if (!kids[i])
            return NULL;
    mp_tree *t = node(b, kind, origin);
    if (!t)
        return NULL;
    t->kids = MP_ARENA_ARRAY(b->arena, mp_tree *, count ? count : 1);
    if (!t->kids)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        t->kids[i] = kids[i];
    t->count = count;
    return t;
}

static bool all_values(const mp_tree *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->kids[i]->kind != MP_TREE_VALUE)
            return false;
    return true;
}

mp_tree *mp_tree_bool(mp_tree_builder *b, bool value, uint32_t origin)
{
    mp_tree *t = node(b, MP_TREE_BOOL, origin);
    if (!t)
        return NULL;
    t->op = value;
    return seal(t);
}

mp_tree *mp_tree_fail(mp_tree_builder *b, mp_code code, mp_str message, uint32_t origin)
{
    mp_tree *t = node(b, MP_TREE_FAIL, origin);
    if (!t)
        return NULL;
    t->code = code;
    t->message = mp_arena_dup(b->arena, message);
    if (!t->message.ptr)
        return NULL;
    t->may_fail = true;
    return seal(t);
}

static mp_tree *fail_from(mp_tree_builder *b, const mp_error *err, uint32_t origin)
{
    if (err->code == MP_NOMEM)
        return NULL;
    return mp_tree_fail(b, err->code, mp_str_from(err->message), origin);
}

/* ---- all, any, not ----
 * `absorbing` is the outcome that decides: false for all, true for any. A known child of the other kind
 * says nothing and goes. A deciding child decides at once if nothing before it can fail; else it stays,
 * since the failure would come first, and what follows it goes. */

static uint32_t fold_kids(mp_tree **out, mp_tree_kind kind, mp_tree *const *kids, uint32_t count,
                          bool *may_fail, bool *decided)
{
    bool     absorbing = kind == MP_TREE_ANY;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count && !*decided; i++) {
        mp_tree *kid = kids[i];
        if (kid->kind == kind) {
            n += fold_kids(out + n, kind, kid->kids, kid->count, may_fail, decided);
            continue;
        }
        if (mp_tree_is_bool(kid, !absorbing))
            continue;
        out[n++] = kid;
        if (kid->kind == MP_TREE_FAIL || mp_tree_is_bool(kid, absorbing)) {
            *decided = true;
            if (kid->kind == MP_TREE_BOOL && !*may_fail) {
                out[0] = kid; /* nothing before it can fail or matter */
                return 1;
            }
        }
        *may_fail = *may_fail || kid->may_fail;
    }
    return n;
}

static uint32_t flat_count(mp_tree_kind kind, mp_tree *const *kids, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += kids[i]->kind == kind ? flat_count(kind, kids[i]->kids, kids[i]->count) : 1;
    return n;
}

static mp_tree *all_or_any(mp_tree_builder *b, mp_tree_kind kind, mp_tree **kids, uint32_t count,
                           uint32_t origin)
{
    mp_tree *t = parent(b, kind, kids, count, origin);
    if (!t || b->keep_all)
        return t ? seal(t) : NULL;
    mp_tree **flat = MP_ARENA_ARRAY(b->arena, mp_tree *, flat_count(kind, kids, count) + 1);
    if (!flat)
        return NULL;
    bool may_fail = false, decided = false;
    t->count = fold_kids(flat, kind, kids, count, &may_fail, &decided);
    t->kids = flat;
    if (t->count == 0)
        return mp_tree_bool(b, kind == MP_TREE_ALL, origin);
    /* A nested fold may have put a deciding child first without knowing of those before it. */
    for (uint32_t i = 0; i < t->count; i++) {
        if (flat[i]->may_fail)
            break;
        if (mp_tree_is_bool(flat[i], kind == MP_TREE_ANY))
            return flat[i];
    }
    return t->count == 1 ? flat[0] : seal(t);
}

mp_tree *mp_tree_all(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin)
{
    return all_or_any(b, MP_TREE_ALL, kids, count, origin);
}

mp_tree *mp_tree_any(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin)
{
    return all_or_any(b, MP_TREE_ANY, kids, count, origin);
}

mp_tree *mp_tree_not(mp_tree_builder *b, mp_tree *kid, uint32_t origin)
{
    if (!kid)
        return NULL;
    if (!b->keep_all) {
        if (kid->kind == MP_TREE_BOOL)
            return mp_tree_bool(b, !kid->op, origin);
        if (kid->kind == MP_TREE_FAIL)
            return kid;
        if (kid->kind == MP_TREE_NOT)
            return kid->kids[0];
    }
    mp_tree *t = parent(b, MP_TREE_NOT, &kid, 1, origin);
    return t ? seal(t) : NULL;
}

/* ---- tests ---- */

static mp_tree *fold_test(mp_tree_builder *b, const mp_tree *t)
{
    mp_operand operand;
    mp_error   err = { 0 };
    mp_operator op = (mp_operator)t->op;
    if (mp_operand_init(&operand, op, t->kids[1]->value, b->arena, &err) != MP_OK) {
        mp_operand_done(&operand);
        return fail_from(b, &err, t->origin);
    }
    mp_truth truth = mp_operator_test(op, t->kids[0]->value, &operand, &err);
    mp_operand_done(&operand);
    if (truth == MP_FAILED)
        return fail_from(b, &err, t->origin);
    return mp_tree_bool(b, truth == MP_TRUE, t->origin);
}

mp_tree *mp_tree_test(mp_tree_builder *b, mp_operator op, mp_tree *left, mp_tree *right,
                      uint32_t origin)
{
    mp_tree *kids[2] = { left, right };
    mp_tree *t = parent(b, MP_TREE_TEST, kids, 2, origin);
    if (!t)
        return NULL;
    t->op = (uint8_t)op;
    if (!b->keep_all) {
        if (left->kind == MP_TREE_FAIL)
            return left;
        if (right->kind == MP_TREE_FAIL)
            return right;
        if (all_values(t))
            return fold_test(b, t);
    }
    t->may_fail = mp_operator_may_fail(op) || right->kind != MP_TREE_VALUE;
    if (right->kind == MP_TREE_VALUE) { /* a right side that can never be one fails when reached */
        mp_operand operand;
        mp_error   err = { 0 };
        mp_code    code = mp_operand_init(&operand, op, right->value, b->arena, &err);
        mp_operand_done(&operand);
        if (code == MP_NOMEM)
            return NULL;
        if (code != MP_OK)
            return fail_from(b, &err, origin);
    }
    return seal(t);
}

/* ---- values ---- */

mp_tree *mp_tree_value(mp_tree_builder *b, const mp_json *value, uint32_t origin)
{
    mp_tree *t = node(b, MP_TREE_VALUE, origin);
    if (!t)
        return NULL;
    t->value = value;
    return seal(t);
}

mp_tree *mp_tree_input(mp_tree_builder *b, uint8_t frame, uint32_t slot, mp_path path,
                       mp_path_use use, uint32_t origin)
{
    mp_tree *t = node(b, MP_TREE_INPUT, origin);
    if (!t)
        return NULL;
    t->frame = frame;
    t->slot = slot;
    t->path = path;
    t->op = (uint8_t)use;
    return seal(t);
}

/* The innermost open loop of `frame` that runs over the beginning of `path`, or MP_NO_SCOPE. */
static uint8_t scope_of(const mp_tree_builder *b, uint8_t frame, mp_path path)
{
    for (uint8_t i = b->depth; i-- > 0;) {
        const mp_tree_scope *scope = &b->scopes[i];
        if (scope->path.count && scope->frame == frame && mp_path_starts(path, scope->path))
            return i;
    }
    return MP_NO_SCOPE;
}

static mp_path path_after(mp_path path, mp_path prefix)
{
    return (mp_path){ path.steps + prefix.count, path.count - prefix.count };
}

mp_tree *mp_tree_path(mp_tree_builder *b, uint8_t frame, mp_path path, mp_path_use use,
                      uint32_t origin)
{
    mp_tree *t = node(b, MP_TREE_PATH, origin);
    if (!t)
        return NULL;
    t->frame = frame;
    t->op = (uint8_t)use;
    t->scope = scope_of(b, frame, path);
    t->path = path;
    if (t->scope != MP_NO_SCOPE) {
        t->path = path_after(path, b->scopes[t->scope].path);
        t->was_each = true;
        t->is_scoped = true;
    }
    return seal(t);
}

mp_tree *mp_tree_element(mp_tree_builder *b, mp_str name, bool *found, uint32_t origin)
{
    *found = false;
    for (uint8_t i = b->depth; i-- > 0;) {
        if (name.ptr && !(b->scopes[i].path.count == 0 && mp_str_eq_fold(b->scopes[i].name, name)))
            continue;
        *found = true;
        mp_tree *t = node(b, MP_TREE_PATH, origin);
        if (!t)
            return NULL;
        t->op = MP_PATH_ELEMENT;
        t->scope = i;
        t->is_scoped = true;
        return seal(t);
    }
    return NULL;
}

static mp_tree *first_failure(mp_tree *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->kids[i]->kind == MP_TREE_FAIL)
            return t->kids[i];
        if (t->kids[i]->may_fail)
            return NULL;
    }
    return NULL;
}

static mp_tree *fold_call(mp_tree_builder *b, const mp_tree *t)
{
    const mp_json **args = MP_ARENA_ARRAY(b->arena, const mp_json *, t->count + 1);
    if (!args)
        return NULL;
    for (uint32_t i = 0; i < t->count; i++)
        args[i] = t->kids[i]->value ? t->kids[i]->value : mp_json_make_null();
    mp_call        call = { args, t->count, b->arena, t->function };
    const mp_json *result = NULL;
    mp_error       err = { 0 };
    if (t->function->impl(&result, &call, &err) != MP_OK)
        return fail_from(b, &err, t->origin);
    return mp_tree_value(b, result, t->origin);
}

mp_tree *mp_tree_call(mp_tree_builder *b, const mp_function *function, mp_tree **args,
                      uint32_t count, uint32_t origin)
{
    mp_tree *t = parent(b, MP_TREE_CALL, args, count, origin);
    if (!t)
        return NULL;
    t->function = function;
    t->may_fail = true;
    mp_tree *failure = first_failure(t);
    if (failure)
        return failure;
    return all_values(t) ? fold_call(b, t) : seal(t);
}

mp_tree *mp_tree_if(mp_tree_builder *b, mp_tree *condition, mp_tree *then, mp_tree *otherwise,
                    uint32_t origin)
{
    mp_tree *kids[3] = { condition, then, otherwise };
    mp_tree *t = parent(b, MP_TREE_IF, kids, 3, origin);
    if (!t || condition->kind == MP_TREE_FAIL)
        return t ? condition : NULL;
    if (condition->kind == MP_TREE_VALUE) {
        if (!mp_json_is(condition->value, MP_JSON_BOOL))
            return mp_tree_fail(b, MP_EVALUATION, MP_S("if() wants true or false as its condition"),
                                origin);
        return condition->value->u.integer ? then : otherwise;
    }
    t->may_fail = true;
    return seal(t);
}

mp_code mp_member_of(const mp_json **out, const mp_json *container, const mp_json *name,
                     mp_error *err)
{
    const mp_json *found = NULL;
    const char    *kind = container ? mp_json_kind_name((mp_json_kind)container->kind)
                                    : "a missing value";
    if (mp_json_is(name, MP_JSON_INT)) {
        if (!mp_json_is(container, MP_JSON_ARRAY))
            return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "an index wants an array, not %s", kind);
        if (name->u.integer >= 0)
            found = mp_json_at(container, (size_t)name->u.integer);
        if (!found)
            return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                           "index %lld is outside an array of %u elements",
                           (long long)name->u.integer, container->count);
    } else {
        if (!mp_json_is(name, MP_JSON_STRING))
            return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "an index wants a number or a name");
        if (!mp_json_is(container, MP_JSON_OBJECT))
            return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                           "property \"%.*s\" wants an object, not %s", MP_FMT(mp_json_str(name)),
                           kind);
        found = mp_json_get_fold(container, mp_json_str(name));
        if (!found)
            return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "property \"%.*s\" does not exist",
                           MP_FMT(mp_json_str(name)));
    }
    *out = found;
    return MP_OK;
}

mp_tree *mp_tree_member(mp_tree_builder *b, mp_tree *container, mp_tree *name, uint32_t origin)
{
    mp_tree *kids[2] = { container, name };
    mp_tree *t = parent(b, MP_TREE_MEMBER, kids, 2, origin);
    if (!t)
        return NULL;
    t->may_fail = true;
    mp_tree *failure = first_failure(t);
    if (failure)
        return failure;
    if (!all_values(t))
        return seal(t);
    const mp_json *value;
    mp_error       err = { 0 };
    if (mp_member_of(&value, container->value, name->value, &err) != MP_OK)
        return fail_from(b, &err, origin);
    return mp_tree_value(b, value, origin);
}

/* Objects and arrays of constants are constants. */
static mp_tree *container(mp_tree_builder *b, mp_tree_kind kind, mp_tree **kids, uint32_t count,
                          uint32_t origin)
{
    mp_tree *t = parent(b, kind, kids, count, origin);
    if (!t)
        return NULL;
    mp_tree *failure = first_failure(t);
    if (failure)
        return failure;
    if (!all_values(t))
        return seal(t);
    mp_jsonw w;
    mp_jsonw_init(&w, b->arena);
    if (kind == MP_TREE_ARRAY)
        mp_jsonw_array(&w);
    else
        mp_jsonw_object(&w);
    for (uint32_t i = 0; i < count; i++) {
        if (kind == MP_TREE_OBJECT && i % 2 == 0)
            mp_jsonw_key(&w, mp_json_str(kids[i]->value));
        else
            mp_jsonw_value(&w, kids[i]->value);
    }
    mp_jsonw_end(&w);
    const mp_json *value = mp_jsonw_done(&w);
    return value ? mp_tree_value(b, value, origin) : NULL;
}

mp_tree *mp_tree_object(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin)
{
    return container(b, MP_TREE_OBJECT, kids, count, origin);
}

mp_tree *mp_tree_array(mp_tree_builder *b, mp_tree **kids, uint32_t count, uint32_t origin)
{
    return container(b, MP_TREE_ARRAY, kids, count, origin);
}

/* ---- counting ----
 * A count over A[*].B[*] opens one scope for each [*] that no loop around it stands on already: so
 * conditions may refer to the current A as well as to the current B. Where every [*] is taken by the
 * loops around it, the count is over the one element they stand on. */

static void open_scope(mp_tree_builder *b, mp_tree_scope scope)
{
    if (b->depth == MP_TREE_SCOPES) {
        b->too_deep = true;
        return;
    }
    b->scopes[b->depth++] = scope;
}

static uint32_t eaches_or_one(mp_path rest)
{
    uint32_t n = mp_path_eaches(rest);
    return n ? n : 1;
}

void mp_tree_count_open_path(mp_tree_builder *b, uint8_t frame, mp_path path)
{
    uint8_t base = scope_of(b, frame, path);
    mp_path rest = base == MP_NO_SCOPE ? path : path_after(path, b->scopes[base].path);
    uint8_t before = b->depth;
    if (mp_path_eaches(rest) == 0) {
        open_scope(b, (mp_tree_scope){ .path = path, .counted = path, .frame = frame, .opened_at = before });
        return;
    }
    for (uint32_t i = path.count - rest.count; i < path.count; i++)
        if (mp_step_is_each(&path.steps[i]))
            open_scope(b, (mp_tree_scope){ .path = { path.steps, i + 1 }, .counted = path,
                                           .frame = frame, .opened_at = before });
}

mp_tree *mp_tree_count_close_path(mp_tree_builder *b, mp_tree *where, uint32_t origin)
{
    if (b->too_deep || b->depth == 0)
        return NULL;
    mp_tree_scope inner = b->scopes[b->depth - 1];
    b->depth = inner.opened_at;
    uint8_t  base = scope_of(b, inner.frame, inner.counted);
    mp_tree *t = parent(b, MP_TREE_COUNT, &where, where ? 1 : 0, origin);
    if (!t)
        return NULL;
    t->frame = inner.frame;
    t->scope = b->depth;
    t->path = base == MP_NO_SCOPE ? inner.counted : path_after(inner.counted, b->scopes[base].path);
    t->loops = (uint8_t)eaches_or_one(t->path);
    t->slot = base; /* the loop the path starts from */
    t->has_where = where != NULL;
    seal(t);
    /* Conditions of `where` depend on this loop; the count itself only on loops further out. */
    t->is_scoped = b->depth > 0;
    return t;
}

void mp_tree_count_open_value(mp_tree_builder *b, mp_str name)
{
    open_scope(b, (mp_tree_scope){ .name = name, .opened_at = b->depth });
}

mp_tree *mp_tree_count_close_value(mp_tree_builder *b, mp_tree *value, mp_tree *where,
                                   uint32_t origin)
{
    if (b->too_deep || b->depth == 0)
        return NULL;
    b->depth = b->scopes[b->depth - 1].opened_at;
    mp_tree *kids[2] = { value, where };
    mp_tree *t = parent(b, MP_TREE_COUNT, kids, where ? 2 : 1, origin);
    if (!t)
        return NULL;
    if (value->kind == MP_TREE_FAIL)
        return value;
    t->scope = b->depth;
    t->slot = MP_NO_SCOPE;
    t->loops = 1;
    t->has_where = where != NULL;
    t->may_fail = value->kind != MP_TREE_VALUE || !mp_json_is(value->value, MP_JSON_ARRAY);
    seal(t);
    t->is_scoped = b->depth > 0;
    return t;
}
