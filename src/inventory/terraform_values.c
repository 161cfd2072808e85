/* SPDX-License-Identifier: Apache-2.0 */
#include "terraform_values.h"

#include "internal.h"

#define MAX_STEPS 20000000 /* comparisons of names for one resource */
#define MAX_TRAIL (MP_JSONW_DEPTH + 1)

static const mp_str sensitive_text = MP_S_INIT(MP_TERRAFORM_SENSITIVE);
static const mp_str unknown_text = MP_S_INIT(MP_TERRAFORM_UNKNOWN);

static mp_code too_many(mp_error *err)
{
    return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the marks on the values of a Terraform resource take over %d steps",
                   MAX_STEPS);
}

/* ---- trees of marks ---- */

typedef struct marking {
    mp_jsonw w;
    uint64_t steps;
} marking;

static bool is_over(const marking *m) { return m->steps > MAX_STEPS || m->w.failed; }

/* Something in the tree is marked. */
static bool marks(marking *m, const mp_json *tree)
{
    size_t count = tree ? mp_json_nodes(tree) : 0;
    m->steps += count;
    for (size_t i = 0; i < count && !is_over(m); i++)
        if (mp_json_is_true(tree + i))
            return true;
    return false;
}

static const mp_json *member(marking *m, const mp_json *tree, mp_str name)
{
    if (!mp_json_is(tree, MP_JSON_OBJECT))
        return NULL;
    m->steps += tree->count;
    return is_over(m) ? NULL : mp_json_get(tree, name);
}

static void put(marking *m, const mp_json *v, const mp_json *unknown, const mp_json *sensitive);

static void put_object(marking *m, const mp_json *v, const mp_json *unknown, const mp_json *sensitive)
{
    mp_jsonw_object(&m->w);
    if (mp_json_is(v, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, v)) {
            mp_str name = mp_json_str(key);
            if (is_over(m))
                break;
            mp_jsonw_key(&m->w, name);
            put(m, key + 1, member(m, unknown, name), member(m, sensitive, name));
        }
    if (mp_json_is(unknown, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, unknown)) { /* what is not known is left out of the values */
            mp_str name = mp_json_str(key);
            if (is_over(m))
                break;
            if (member(m, v, name) || !marks(m, key + 1))
                continue;
            mp_jsonw_key(&m->w, name);
            put(m, NULL, key + 1, member(m, sensitive, name));
        }
    mp_jsonw_end(&m->w);
}

/* The element behind `at` of `array`, or NULL when there is none. */
static const mp_json *next_of(const mp_json *array, const mp_json *at)
{
    const mp_json *next = at ? mp_json_next(at) : NULL;
    return next && next < mp_json_next(array) ? next : NULL;
}

static const mp_json *first_of(const mp_json *array)
{
    return mp_json_is(array, MP_JSON_ARRAY) && array->count ? mp_json_first(array) : NULL;
}

static void put_array(marking *m, const mp_json *v, const mp_json *unknown, const mp_json *sensitive)
{
    const mp_json *item = first_of(v), *u = first_of(unknown), *s = first_of(sensitive);
    mp_jsonw_array(&m->w);
    while ((item || u) && !is_over(m)) {
        if (item || marks(m, u))
            put(m, item, u, s);
        item = next_of(v, item);
        u = next_of(unknown, u);
        s = next_of(sensitive, s);
    }
    mp_jsonw_end(&m->w);
}

static bool has_kind(const mp_json *unknown, const mp_json *sensitive, mp_json_kind kind)
{
    return mp_json_is(unknown, kind) || mp_json_is(sensitive, kind);
}

static bool is_misplaced(const mp_json *marks, const mp_json *v)
{
    return marks && marks->kind >= MP_JSON_ARRAY && marks->kind != v->kind;
}

static void put(marking *m, const mp_json *v, const mp_json *unknown, const mp_json *sensitive)
{
    bool is_absent = !v || v->kind == MP_JSON_NULL;
    m->steps++;
    if (mp_json_is_true(sensitive))
        mp_jsonw_str(&m->w, sensitive_text);
    else if (mp_json_is_true(unknown))
        mp_jsonw_str(&m->w, unknown_text);
    else if (!is_absent && is_misplaced(sensitive, v) && marks(m, sensitive))
        mp_jsonw_str(&m->w, sensitive_text); /* marks of another form: nothing is shown */
    else if (mp_json_is(v, MP_JSON_OBJECT) && has_kind(unknown, sensitive, MP_JSON_OBJECT))
        put_object(m, v, unknown, sensitive);
    else if (mp_json_is(v, MP_JSON_ARRAY) && has_kind(unknown, sensitive, MP_JSON_ARRAY))
        put_array(m, v, unknown, sensitive);
    else if (is_absent && mp_json_is(unknown, MP_JSON_OBJECT) && marks(m, unknown))
        put_object(m, NULL, unknown, sensitive);
    else if (is_absent && mp_json_is(unknown, MP_JSON_ARRAY) && marks(m, unknown))
        put_array(m, NULL, unknown, sensitive);
    else
        mp_jsonw_value(&m->w, v);
}

mp_code mp_terraform_marked(const mp_json **out, const mp_json *values, const mp_json *unknown,
                            const mp_json *sensitive, mp_arena *arena, mp_error *err)
{
    marking m = { .steps = 0 };
    mp_jsonw_init(&m.w, arena);
    put(&m, values, unknown, sensitive);
    if (m.steps > MAX_STEPS)
        return too_many(err);
    if (m.w.failed)
        return mp_build_failed(&m.w, err);
    *out = mp_jsonw_done(&m.w);
    return MP_OK;
}

/* ---- paths ---- */

typedef struct hiding {
    mp_jsonw       w;
    const mp_json *paths;
    uint64_t       steps;
    struct {
        mp_str name; /* ptr NULL: an element */
        size_t index;
    } trail[MAX_TRAIL];
    size_t depth;
} hiding;

typedef enum fit { APART, LEADS, HIDES } fit;

/* One step of a path against one of the trail: HIDES when the step is not understood. */
static fit fit_step(const hiding *h, const mp_json *step, size_t i)
{
    const mp_json *value = mp_json_get(step, MP_S("value"));
    if (mp_json_is(value, MP_JSON_OBJECT)) /* {"value": 0, "type": "number"} */
        value = mp_json_get(value, MP_S("value"));
    if (mp_json_is(value, MP_JSON_STRING))
        return h->trail[i].name.ptr && mp_str_eq(mp_json_str(value), h->trail[i].name) ? LEADS : APART;
    if (mp_json_is(value, MP_JSON_INT))
        return !h->trail[i].name.ptr && value->u.integer == (int64_t)h->trail[i].index ? LEADS : APART;
    return HIDES;
}

static fit fit_path(hiding *h, const mp_json *path)
{
    size_t i = 0;
    if (!mp_json_is(path, MP_JSON_ARRAY))
        return HIDES;
    for (MP_JSON_EACH(step, path)) {
        h->steps++;
        if (i == h->depth)
            return LEADS;
        fit one = fit_step(h, step, i++);
        if (one != LEADS)
            return one;
    }
    return HIDES;
}

static fit fit_paths(hiding *h)
{
    fit best = APART;
    for (MP_JSON_EACH(path, h->paths)) {
        fit one = fit_path(h, path);
        best = one > best ? one : best;
        if (best == HIDES || h->steps > MAX_STEPS)
            break;
    }
    return best;
}

static void put_hidden(hiding *h, const mp_json *v)
{
    fit how = fit_paths(h);
    if (how == APART || (how == LEADS && v->kind == MP_JSON_NULL)) {
        mp_jsonw_value(&h->w, v);
    } else if (how == HIDES || v->kind < MP_JSON_ARRAY || h->depth + 1 == MAX_TRAIL) {
        mp_jsonw_str(&h->w, sensitive_text);
    } else if (v->kind == MP_JSON_ARRAY) {
        size_t index = 0;
        mp_jsonw_array(&h->w);
        for (MP_JSON_EACH(item, v)) {
            if (h->w.failed || h->steps > MAX_STEPS)
                break;
            h->trail[h->depth].name = mp_str_of(NULL, 0);
            h->trail[h->depth++].index = index++;
            put_hidden(h, item);
            h->depth--;
        }
        mp_jsonw_end(&h->w);
    } else {
        mp_jsonw_object(&h->w);
        for (MP_JSON_MEMBERS(key, v)) {
            if (h->w.failed || h->steps > MAX_STEPS)
                break;
            mp_jsonw_key(&h->w, mp_json_str(key));
            h->trail[h->depth].name = mp_json_str(key);
            h->trail[h->depth++].index = 0;
            put_hidden(h, key + 1);
            h->depth--;
        }
        mp_jsonw_end(&h->w);
    }
}

mp_code mp_terraform_hidden(const mp_json **out, const mp_json *values, const mp_json *paths, mp_arena *arena,
                            mp_error *err)
{
    *out = values;
    if (!mp_json_is(paths, MP_JSON_ARRAY) || !paths->count || !values)
        return MP_OK;
    hiding *h = MP_ARENA_NEW(arena, hiding);
    if (!h)
        return mp_no_memory(err);
    mp_jsonw_init(&h->w, arena);
    h->paths = paths;
    put_hidden(h, values);
    if (h->steps > MAX_STEPS)
        return too_many(err);
    if (h->w.failed)
        return mp_build_failed(&h->w, err);
    *out = mp_jsonw_done(&h->w);
    return MP_OK;
}
