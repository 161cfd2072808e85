/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

struct comparing {
    mp_arena      *arena;
    mp_difference *first, **at;
    bool           failed;
};

static void differ(struct comparing *c, mp_str path, const mp_json *expected, const mp_json *found)
{
    mp_difference *d = MP_ARENA_NEW(c->arena, mp_difference);
    if (!d) {
        c->failed = true;
        return;
    }
    *d = (mp_difference){ .path = path, .expected = expected, .found = found };
    *c->at = d;
    c->at = &d->next;
}

static mp_str member_path(struct comparing *c, mp_str path, mp_str name)
{
    bool   is_plain = mp_str_find(name, '.') == SIZE_MAX && mp_str_find(name, '[') == SIZE_MAX;
    mp_str out = !is_plain   ? mp_arena_printf(c->arena, "%.*s['%.*s']", MP_FMT(path), MP_FMT(name))
                 : path.len ? mp_arena_printf(c->arena, "%.*s.%.*s", MP_FMT(path), MP_FMT(name))
                            : mp_arena_dup(c->arena, name);
    c->failed = c->failed || !out.ptr;
    return out;
}

static bool is_number(const mp_json *v) { return v->kind == MP_JSON_INT || v->kind == MP_JSON_REAL; }

static bool same_scalar(const mp_json *a, const mp_json *b)
{
    if (is_number(a) && is_number(b))
        return a->kind == MP_JSON_INT && b->kind == MP_JSON_INT ? a->u.integer == b->u.integer
                                                                : mp_json_double(a) == mp_json_double(b);
    if (a->kind != b->kind)
        return false;
    return a->kind == MP_JSON_STRING ? mp_str_eq(mp_json_str(a), mp_json_str(b)) : a->u.integer == b->u.integer;
}

static void compare(struct comparing *c, mp_str path, const mp_json *expected, const mp_json *found);

static void compare_arrays(struct comparing *c, mp_str path, const mp_json *expected, const mp_json *found)
{
    uint32_t most = expected->count > found->count ? expected->count : found->count;
    for (uint32_t i = 0; i < most; i++) {
        const mp_json *a = mp_json_at(expected, i), *b = mp_json_at(found, i);
        mp_str         below = mp_arena_printf(c->arena, "%.*s[%u]", MP_FMT(path), i);
        c->failed = c->failed || !below.ptr;
        if (a && b)
            compare(c, below, a, b);
        else
            differ(c, below, a, b);
    }
}

static void compare(struct comparing *c, mp_str path, const mp_json *expected, const mp_json *found)
{
    if (expected->kind == MP_JSON_NULL) {
        if (found && found->kind != MP_JSON_NULL)
            differ(c, path, expected, found);
    } else if (!found) {
        differ(c, path, expected, found);
    } else if (expected->kind == MP_JSON_OBJECT && found->kind == MP_JSON_OBJECT) {
        for (MP_JSON_MEMBERS(key, expected))
            compare(c, member_path(c, path, mp_json_str(key)), key + 1,
                    mp_json_get_fold(found, mp_json_str(key)));
    } else if (expected->kind == MP_JSON_ARRAY && found->kind == MP_JSON_ARRAY) {
        compare_arrays(c, path, expected, found);
    } else if (expected->kind >= MP_JSON_ARRAY || found->kind >= MP_JSON_ARRAY ||
               !same_scalar(expected, found)) {
        differ(c, path, expected, found);
    }
}

const mp_difference *mp_unit_compare(const mp_json *expected, const mp_json *found, mp_arena *arena,
                                     bool *failed)
{
    struct comparing c = { .arena = arena };
    c.at = &c.first;
    compare(&c, MP_S(""), expected, found);
    *failed = c.failed;
    return c.first;
}
