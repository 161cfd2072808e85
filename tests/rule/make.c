/* SPDX-License-Identifier: Apache-2.0 */
#include "make.h"

#include "jsonw.h"

const mp_json *make_json(const char *text, mp_arena *arena)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_error       err = { 0 };
    CHECK(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, &err) != MP_OK)
        fail_msg("%s: %s", text, err.message);
    root = mp_arena_dup_json(arena, root);
    mp_json_doc_free(doc);
    CHECK(root);
    return root;
}

mp_path make_path(const char *text, mp_arena *arena)
{
    mp_path  path = { NULL, 0 };
    mp_error err = { 0 };
    if (mp_path_parse(&path, mp_arena_dup(arena, mp_str_from(text)), arena, &err) != MP_OK)
        fail_msg("%s: %s", text, err.message);
    return path;
}

uint32_t make_number(make_random *r, uint32_t below)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(r->state >> 33) % below;
}

static const char *const scalars[] = { "null", "true", "false", "0", "1", "2", "1.5", "\"\"", "\"a\"",
                                       "\"A\"", "\"1\"", "\"ab\"" };

static const char *some(make_random *r, const char *const *list, size_t count)
{
    return list[make_number(r, (uint32_t)count)];
}

/* ---- documents ---- */

static void write_value(mp_jsonw *w, make_random *r, int depth)
{
    static const char *const names[] = { "a", "b", "l", "m", "A" };
    uint32_t kind = make_number(r, depth > 0 ? 6 : 2);
    if (kind < 2) {
        mp_jsonw_value(w, make_json(some(r, scalars, MP_COUNT(scalars)), w->arena));
        return;
    }
    bool is_array = kind == 5;
    if (is_array)
        mp_jsonw_array(w);
    else
        mp_jsonw_object(w);
    for (uint32_t n = make_number(r, 4); n > 0; n--) {
        if (!is_array)
            mp_jsonw_key(w, mp_str_from(some(r, names, MP_COUNT(names))));
        write_value(w, r, depth - 1);
    }
    mp_jsonw_end(w);
}

const mp_json *make_document(make_random *r, mp_arena *arena)
{
    static const char *const names[] = { "a", "b", "l", "m" };
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        if (make_number(r, 4) == 0)
            continue;
        mp_jsonw_key(&w, mp_str_from(names[i]));
        if (names[i][0] < 'l') {
            write_value(&w, r, 2);
            continue;
        }
        mp_jsonw_array(&w);
        for (uint32_t n = make_number(r, 4); n > 0; n--)
            write_value(&w, r, 3);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- conditions ---- */

/* Its argument; a failure when that is an object. */
static mp_code same_impl(const mp_json **out, const mp_call *call, mp_error *err)
{
    if (call->args[0]->kind == MP_JSON_OBJECT)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "same() takes no object");
    *out = call->args[0];
    return MP_OK;
}

static const mp_function same = { MP_S_INIT("same"), 1, 1, same_impl, "same(value)" };

static mp_tree *make_value(mp_tree_builder *b, make_random *r, int depth);

static mp_tree *make_constant(mp_tree_builder *b, make_random *r)
{
    static const char *const containers[] = { "[1,\"a\"]", "[]", "{\"a\":1}", "{}" };
    const char *text = make_number(r, 4) ? some(r, scalars, MP_COUNT(scalars))
                                         : some(r, containers, MP_COUNT(containers));
    return mp_tree_value(b, make_json(text, b->arena), 0);
}

static mp_tree *make_field(mp_tree_builder *b, make_random *r)
{
    static const char *const paths[] = { "a", "b", "a.b", "a.b.a", "l[*]", "l[*].a", "l[*].m[*]", "m[*]",
                                         "l", "m[*].l[*].b", "none", "none[*].a" };
    mp_path_use use = (mp_path_use)make_number(r, 3);
    return mp_tree_path(b, 0, make_path(some(r, paths, MP_COUNT(paths)), b->arena), use, 0);
}

static mp_tree *make_element(mp_tree_builder *b, make_random *r)
{
    bool     found;
    mp_str   name = make_number(r, 2) ? MP_S("n") : mp_str_of(NULL, 0);
    mp_tree *t = mp_tree_element(b, name, &found, 0);
    return found ? t : make_constant(b, r);
}

static mp_tree *make_branches(mp_tree_builder *b, make_random *r, int depth)
{
    mp_tree *kids[3];
    kids[0] = make_number(r, 3) ? mp_tree_value(b, mp_json_make_bool(make_number(r, 2)), 0)
                                : make_value(b, r, depth - 1);
    kids[1] = make_value(b, r, depth - 1);
    kids[2] = make_value(b, r, depth - 1);
    return mp_tree_if(b, kids[0], kids[1], kids[2], 0);
}

static mp_tree *make_value(mp_tree_builder *b, make_random *r, int depth)
{
    mp_tree *kids[2];
    switch (make_number(r, depth > 0 ? 10 : 4)) {
    case 0:
    case 1:
        return make_constant(b, r);
    case 2:
        return make_field(b, r);
    case 3:
        return make_element(b, r);
    case 4:
    case 5:
        kids[0] = make_value(b, r, depth - 1);
        return mp_tree_call(b, &same, kids, 1, 0);
    case 6:
        return make_branches(b, r, depth);
    case 7:
        kids[0] = make_value(b, r, depth - 1);
        return mp_tree_member(b, kids[0], make_constant(b, r), 0);
    case 8:
        kids[0] = make_value(b, r, depth - 1);
        kids[1] = make_value(b, r, depth - 1);
        return mp_tree_array(b, kids, 2, 0);
    default:
        return mp_tree_fail(b, MP_EVALUATION, MP_S("a failure"), 0);
    }
}

static mp_tree *make_count(mp_tree_builder *b, make_random *r, int depth)
{
    static const char *const paths[] = { "l[*]", "m[*]", "l[*].m[*]", "m[*].l[*].b", "l[*].a" };
    if (make_number(r, 3)) {
        mp_tree_count_open_path(b, 0, make_path(some(r, paths, MP_COUNT(paths)), b->arena));
        mp_tree *where = make_number(r, 4) ? make_condition(b, r, depth - 1) : NULL;
        return mp_tree_count_close_path(b, where, 0);
    }
    mp_tree *value = make_value(b, r, depth - 1);
    mp_tree_count_open_value(b, MP_S("n"));
    mp_tree *where = make_number(r, 4) ? make_condition(b, r, depth - 1) : NULL;
    return mp_tree_count_close_value(b, value, where, 0);
}

static mp_tree *make_test(mp_tree_builder *b, make_random *r, int depth)
{
    mp_operator op = (mp_operator)make_number(r, MP_OPERATOR_COUNT);
    mp_tree    *left = depth > 0 && make_number(r, 4) == 0 ? make_count(b, r, depth)
                       : make_number(r, 3)                 ? make_field(b, r)
                                                           : make_value(b, r, depth);
    mp_tree *right = make_number(r, 3) ? make_constant(b, r) : make_value(b, r, depth - 1);
    return mp_tree_test(b, op, left, right, 0);
}

mp_tree *make_condition(mp_tree_builder *b, make_random *r, int depth)
{
    mp_tree *kids[4];
    uint32_t kind = make_number(r, depth > 0 ? 9 : 3), count = 0;
    switch (kind) {
    case 0:
        return mp_tree_bool(b, make_number(r, 2), 0);
    case 1:
    case 2:
        return make_test(b, r, depth);
    case 3:
        return make_number(r, 3) ? make_test(b, r, depth)
                                 : mp_tree_fail(b, MP_EVALUATION, MP_S("a failure"), 0);
    case 4:
        return mp_tree_not(b, make_condition(b, r, depth - 1), 0);
    default:
        for (uint32_t n = make_number(r, 4); count < n; count++)
            kids[count] = make_condition(b, r, depth - 1);
        return kind & 1 ? mp_tree_all(b, kids, count, 0) : mp_tree_any(b, kids, count, 0);
    }
}

mp_rules *make_rules(const mp_tree *tree, bool apart)
{
    mp_rules_builder *b = NULL;
    mp_rules         *rules = NULL;
    uint32_t          entry;
    CHECK(tree);
    CHECK(mp_rules_builder_new(&b, 0, NULL) == MP_OK);
    if (apart)
        mp_rules_keep_apart(b);
    CHECK(mp_rules_add(&entry, b, tree, NULL, NULL) == MP_OK && entry == 0);
    CHECK(mp_rules_finish(&rules, b, NULL) == MP_OK);
    mp_rules_builder_free(b);
    return rules;
}
