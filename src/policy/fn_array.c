/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of arrays and objects, and those of texts that count them like arrays. Microsoft Learn,
 * "Array functions for ARM templates" and "Object functions for ARM templates"; where they are
 * silent, the function library of azure-policy-linter. mp_value_equal() says what is equal. */
#include "fn.h"

#include <inttypes.h>
#include <stdlib.h>

#include "map.h"
#include "text.h"

static bool is_container(const mp_json *v)
{
    return v->kind == MP_JSON_ARRAY || v->kind == MP_JSON_OBJECT;
}

/* ---- making ---- */

mp_code fn_array(const mp_json **out, const mp_call *call, mp_error *err)
{
    return fn_is(call, 0, MP_JSON_ARRAY) ? fn_give(out, call->args[0], err)
                                         : fn_create_array(out, call, err);
}

mp_code fn_create_array(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < call->count; i++)
        mp_jsonw_value(&w, call->args[i]);
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

static mp_code check_pairs(const mp_call *call, mp_error *err)
{
    if (call->count % 2)
        return fn_fail(call, err, "wants a value for every key: %u arguments are no pairs",
                       call->count);
    for (uint32_t i = 0; i < call->count; i += 2) {
        if (!fn_is_text(call->args[i]))
            return fn_fail(call, err, "wants a string as key, not %s", fn_kind(call->args[i]));
        mp_str name = fn_text_of(call->args[i]);
        for (uint32_t j = 0; j < i; j += 2) /* 64 pairs at most */
            if (mp_str_eq(name, fn_text_of(call->args[j])))
                return fn_fail(call, err, "is given the key \"%.*s\" twice", MP_FMT(fn_clip(name)));
    }
    return MP_OK;
}

mp_code fn_create_object(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_jsonw w;
    MP_TRY(check_pairs(call, err));
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_object(&w);
    for (uint32_t i = 0; i < call->count; i += 2) {
        mp_jsonw_key(&w, fn_text_of(call->args[i]));
        mp_jsonw_value(&w, call->args[i + 1]);
    }
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

mp_code fn_range(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t start, count;
    MP_TRY(fn_integer(&start, call, 0, err));
    MP_TRY(fn_integer(&count, call, 1, err));
    if (count < 0 || count > MP_FUNCTION_RANGE_MAX)
        return fn_fail(call, err, "wants a count from 0 to %d, not %" PRId64, MP_FUNCTION_RANGE_MAX,
                       count);
    if (start < INT32_MIN || start > INT32_MAX || start + count - 1 > INT32_MAX)
        return fn_fail(call, err, "wants integers of 32 bits, not %" PRId64 " and %" PRId64 " more",
                       start, count);
    mp_jsonw w;
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (int64_t i = 0; i < count; i++)
        mp_jsonw_int(&w, start + i);
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

/* ---- asking ---- */

mp_code fn_coalesce(const mp_json **out, const mp_call *call, mp_error *err)
{
    uint32_t i = 0;
    while (i + 1 < call->count && fn_is(call, i, MP_JSON_NULL))
        i++;
    return fn_give(out, call->args[i], err);
}

mp_code fn_length(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    if (fn_is_text(v))
        return fn_give_int(out, call, (int64_t)fn_units(fn_text_of(v)), err);
    if (!is_container(v))
        return fn_wrong(call, 0, "a string, an array or an object", err);
    return fn_give_int(out, call, v->count, err);
}

mp_code fn_empty(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    if (!fn_is_text(v) && !is_container(v))
        return fn_wrong(call, 0, "a string, an array, an object or null", err);
    return fn_give_bool(out, v->kind == MP_JSON_NULL || v->count == 0, err);
}

/* Index of the first or the last element equal to `item`, or -1. */
static mp_code index_in_array(int64_t *index, const mp_call *call, const mp_json *item, bool last,
                              mp_error *err)
{
    int64_t i = 0;
    *index = -1;
    for (MP_JSON_EACH(element, call->args[0])) {
        bool equal;
        MP_TRY(mp_value_equal(&equal, element, item, call->arena, err));
        if (equal) {
            *index = i;
            if (!last)
                break;
        }
        i++;
    }
    return MP_OK;
}

/* A text in a text and a key in an object without case, in an array by equality. The Learn page
 * calls the first case-sensitive; the library is not, nor is the operator contains. */
mp_code fn_contains(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json *container = call->args[0], *item = call->args[1];
    mp_str         part;
    int64_t        index;
    switch ((mp_json_kind)container->kind) {
    case MP_JSON_ARRAY:
        MP_TRY(index_in_array(&index, call, item, false, err));
        return fn_give_bool(out, index >= 0, err);
    case MP_JSON_OBJECT:
        MP_TRY(fn_text(&part, call, 1, err));
        return fn_give_bool(out, item->kind == MP_JSON_STRING && fn_member(container, part), err);
    case MP_JSON_STRING:
        MP_TRY(fn_text(&part, call, 1, err));
        return fn_give_bool(out, mp_text_contains_fold(mp_json_str(container), part), err);
    default:
        return fn_wrong(call, 0, "a string, an array or an object", err);
    }
}

/* UTF-16 units before the first or the last `part` in a text, without case; or -1. */
static mp_code index_in_text(int64_t *index, const mp_call *call, bool last, mp_error *err)
{
    mp_str text, part;
    size_t at;
    MP_TRY(fn_text(&part, call, 1, err));
    MP_TRY(fn_fold(&text, call->arena, mp_json_str(call->args[0]), err));
    MP_TRY(fn_fold(&part, call->arena, part, err));
    if (last)
        MP_TRY(fn_find_last(&at, call->arena, text, part, err));
    else
        at = fn_find(text, part);
    /* Folding maps one code point to one of the same number of units. */
    *index = at == SIZE_MAX ? -1 : (int64_t)fn_units(mp_str_of(text.ptr, at));
    return MP_OK;
}

static mp_code give_index(const mp_json **out, const mp_call *call, bool last, mp_error *err)
{
    int64_t index = -1;
    if (fn_is(call, 0, MP_JSON_ARRAY))
        MP_TRY(index_in_array(&index, call, call->args[1], last, err));
    else if (fn_is(call, 0, MP_JSON_STRING))
        MP_TRY(index_in_text(&index, call, last, err));
    else if (!fn_is(call, 0, MP_JSON_NULL)) /* nothing is in null */
        return fn_wrong(call, 0, "a string or an array", err);
    return fn_give_int(out, call, index, err);
}

mp_code fn_index_of(const mp_json **out, const mp_call *call, mp_error *err)
{
    return give_index(out, call, false, err);
}

mp_code fn_last_index_of(const mp_json **out, const mp_call *call, mp_error *err)
{
    return give_index(out, call, true, err);
}

/* ---- parts by position ---- */

/* Elements or characters [from, to) of an array or a text; both within it. */
static mp_code give_part(const mp_json **out, const mp_call *call, size_t from, size_t to,
                         mp_error *err)
{
    const mp_json *v = call->args[0];
    if (v->kind == MP_JSON_STRING) {
        mp_str part;
        MP_TRY(fn_slice(&part, call, mp_json_str(v), from, to, err));
        return fn_give_str(out, call, part, err);
    }
    mp_jsonw w;
    size_t   i = 0;
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(item, v)) {
        if (i >= from && i < to)
            mp_jsonw_value(&w, item);
        i++;
    }
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

/* The length of the text or array that is the first argument; SIZE_MAX when it is null. */
static mp_code sequence_length(size_t *length, const mp_call *call, mp_error *err)
{
    const mp_json *v = call->args[0];
    if (!fn_is_text(v) && v->kind != MP_JSON_ARRAY)
        return fn_wrong(call, 0, "a string or an array", err);
    *length = v->kind == MP_JSON_NULL     ? SIZE_MAX
              : v->kind == MP_JSON_STRING ? fn_units(mp_json_str(v))
                                          : v->count;
    return MP_OK;
}

/* The second argument as a number of elements, within [0, length]. */
static mp_code clamped_count(size_t *count, const mp_call *call, size_t length, mp_error *err)
{
    int64_t wanted;
    MP_TRY(fn_integer(&wanted, call, 1, err));
    *count = wanted < 0 ? 0 : (uint64_t)wanted > length ? length : (size_t)wanted;
    return MP_OK;
}

mp_code fn_take(const mp_json **out, const mp_call *call, mp_error *err)
{
    size_t length = 0, count = 0;
    MP_TRY(sequence_length(&length, call, err));
    MP_TRY(clamped_count(&count, call, length, err));
    return length == SIZE_MAX ? fn_give_null(out, err) : give_part(out, call, 0, count, err);
}

mp_code fn_skip(const mp_json **out, const mp_call *call, mp_error *err)
{
    size_t length = 0, count = 0;
    MP_TRY(sequence_length(&length, call, err));
    MP_TRY(clamped_count(&count, call, length, err));
    return length == SIZE_MAX ? fn_give_null(out, err) : give_part(out, call, count, length, err);
}

/* The first of an empty array is null, of an empty text the empty text. */
static mp_code give_end(const mp_json **out, const mp_call *call, bool last, mp_error *err)
{
    size_t length = 0;
    MP_TRY(sequence_length(&length, call, err));
    if (fn_is(call, 0, MP_JSON_NULL) || (fn_is(call, 0, MP_JSON_ARRAY) && length == 0))
        return fn_give_null(out, err);
    size_t at = last && length ? length - 1 : 0;
    if (fn_is(call, 0, MP_JSON_ARRAY))
        return fn_give(out, mp_json_at(call->args[0], at), err);
    return give_part(out, call, at, length ? at + 1 : 0, err);
}

mp_code fn_first(const mp_json **out, const mp_call *call, mp_error *err)
{
    return give_end(out, call, false, err);
}

mp_code fn_last(const mp_json **out, const mp_call *call, mp_error *err)
{
    return give_end(out, call, true, err);
}

/* ---- parts by key or index ---- */

/* What `step` selects in `v`, or NULL when there is no such thing. */
static const mp_json *selected(const mp_json *v, const mp_json *step)
{
    if (v->kind == MP_JSON_OBJECT && step->kind == MP_JSON_STRING)
        return fn_member(v, mp_json_str(step));
    if (v->kind == MP_JSON_ARRAY && step->kind == MP_JSON_INT && step->u.integer >= 0)
        return mp_json_at(v, (size_t)step->u.integer);
    return NULL;
}

static mp_code check_steps(const mp_call *call, uint32_t from, mp_error *err)
{
    for (uint32_t i = from; i < call->count; i++)
        if (!fn_is(call, i, MP_JSON_STRING) && !fn_is(call, i, MP_JSON_INT))
            return fn_wrong(call, i, "a string or an integer", err);
    return MP_OK;
}

/* Only the first step may miss; `v` is what it selected. Once there is something, the rest is
 * plain access and must be there too (remarks on TryGet in the library). */
static mp_code give_selected(const mp_json **out, const mp_call *call, const mp_json *v,
                             mp_error *err)
{
    if (!v || v->kind == MP_JSON_NULL)
        return fn_give_null(out, err);
    for (uint32_t i = 2; i < call->count; i++) {
        const mp_json *step = call->args[i];
        v = selected(v, step);
        if (v)
            continue;
        if (step->kind == MP_JSON_INT)
            return fn_fail(call, err, "finds nothing at index %" PRId64, step->u.integer);
        return fn_fail(call, err, "finds no member \"%.*s\"", MP_FMT(fn_clip(mp_json_str(step))));
    }
    return fn_give(out, v, err);
}

mp_code fn_try_get(const mp_json **out, const mp_call *call, mp_error *err)
{
    MP_TRY(check_steps(call, 1, err));
    return give_selected(out, call, selected(call->args[0], call->args[1]), err);
}

/* Counted from the end, the last element being 1; NULL when there is none. */
static const mp_json *from_end(const mp_json *v, int64_t index)
{
    if (v->kind != MP_JSON_ARRAY || index < 1 || index > (int64_t)v->count)
        return NULL;
    return mp_json_at(v, v->count - (size_t)index);
}

mp_code fn_index_from_end(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t index;
    if (!fn_is(call, 0, MP_JSON_ARRAY))
        return fn_wrong(call, 0, "an array", err);
    MP_TRY(fn_integer(&index, call, 1, err));
    const mp_json *v = from_end(call->args[0], index);
    if (!v)
        return fn_fail(call, err, "wants an index from 1 to %u, the length, not %" PRId64,
                       call->args[0]->count, index);
    return fn_give(out, v, err);
}

mp_code fn_try_index_from_end(const mp_json **out, const mp_call *call, mp_error *err)
{
    int64_t index;
    MP_TRY(fn_integer(&index, call, 1, err));
    MP_TRY(check_steps(call, 2, err));
    return give_selected(out, call, from_end(call->args[0], index), err);
}

/* ---- objects to arrays ---- */

static int compare_names(const void *a, const void *b)
{
    const mp_json *x = *(const mp_json *const *)a, *y = *(const mp_json *const *)b;
    int            order = fn_compare_ordinal_fold(mp_json_str(x), mp_json_str(y));
    return order ? order : (x > y) - (x < y); /* qsort alone would not keep equal ones in order */
}

/* The keys of the object that is the only argument, in the order of OrdinalIgnoreCase. */
static mp_code ordered_keys(const mp_json ***keys, const mp_call *call, mp_error *err)
{
    const mp_json *object = call->args[0];
    size_t         n = 0;
    if (object->kind != MP_JSON_OBJECT)
        return fn_wrong(call, 0, "an object", err);
    *keys = mp_arena_alloc(call->arena, (object->count + 1u) * sizeof **keys);
    if (!*keys)
        return fn_nomem(err);
    for (MP_JSON_MEMBERS(key, object))
        (*keys)[n++] = key;
    qsort(*keys, n, sizeof **keys, compare_names);
    return MP_OK;
}

mp_code fn_items(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json **keys;
    mp_jsonw        w;
    MP_TRY(ordered_keys(&keys, call, err));
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < call->args[0]->count; i++) {
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "key", mp_json_str(keys[i]));
        mp_jsonw_put_value(&w, "value", keys[i] + 1);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

mp_code fn_object_keys(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json **keys;
    mp_jsonw        w;
    MP_TRY(ordered_keys(&keys, call, err));
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < call->args[0]->count; i++)
        mp_jsonw_str(&w, mp_json_str(keys[i]));
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

mp_code fn_flatten(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_jsonw w;
    if (!fn_is(call, 0, MP_JSON_ARRAY))
        return fn_wrong(call, 0, "an array of arrays", err);
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(inner, call->args[0])) {
        if (inner->kind != MP_JSON_ARRAY)
            return fn_fail(call, err, "wants only arrays in its array, not %s",
                           fn_kind(inner));
        for (MP_JSON_EACH(item, inner))
            mp_jsonw_value(&w, item);
    }
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

/* ---- union and intersection of arrays ---- */

static mp_code check_one_kind(const mp_call *call, mp_error *err)
{
    uint32_t kind = call->args[0]->kind;
    if (!is_container(call->args[0]))
        return fn_wrong(call, 0, "arrays or objects", err);
    for (uint32_t i = 1; i < call->count; i++)
        if (call->args[i]->kind != kind)
            return fn_wrong(call, i,
                            kind == MP_JSON_ARRAY ? "only arrays, as the first one,"
                                                  : "only objects, as the first one,",
                            err);
    return MP_OK;
}

static mp_code give_marked(const mp_json **out, const mp_call *call, const fn_set *set,
                           uint32_t mark, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->arena);
    if (set->members)
        mp_jsonw_object(&w);
    else
        mp_jsonw_array(&w);
    for (size_t i = 0; i < set->len; i++) {
        if (set->marks[i] != mark)
            continue;
        if (set->members)
            mp_jsonw_key(&w, mp_json_str(set->items[i]));
        mp_jsonw_value(&w, set->items[i] + (set->members ? 1 : 0));
    }
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

static mp_code union_arrays(const mp_json **out, const mp_call *call, mp_error *err)
{
    size_t total = 0, index;
    fn_set set;
    for (uint32_t i = 0; i < call->count; i++)
        total += call->args[i]->count;
    MP_TRY(fn_set_init(&set, total, false, call->arena, err));
    for (uint32_t i = 0; i < call->count; i++)
        for (MP_JSON_EACH(item, call->args[i]))
            MP_TRY(fn_set_find(&index, &set, item, true, err));
    return give_marked(out, call, &set, 0, err);
}

/* An item's mark is how many of the arguments, from the first on, hold it; the mark of one that
 * was missed stays behind. Members count with their value: "Object functions", intersection. */
mp_code fn_intersection(const mp_json **out, const mp_call *call, mp_error *err)
{
    fn_set set;
    MP_TRY(check_one_kind(call, err));
    bool members = fn_is(call, 0, MP_JSON_OBJECT);
    MP_TRY(fn_set_init(&set, call->args[0]->count, members, call->arena, err));
    for (uint32_t i = 0; i < call->count; i++) {
        const mp_json *end = mp_json_next(call->args[i]);
        for (const mp_json *v = mp_json_first(call->args[i]); v < end;
             v = mp_json_next(members ? v + 1 : v)) {
            size_t index;
            MP_TRY(fn_set_find(&index, &set, v, i == 0, err));
            if (index != SIZE_MAX && set.marks[index] == i)
                set.marks[index] = i + 1;
        }
    }
    return give_marked(out, call, &set, call->count, err);
}

/* ---- merging objects ---- */

/* Every member of the objects to merge, in order; those of one name (ASCII case aside) are chained
 * from the first to the last. */
typedef struct entry {
    const mp_json *key;
    uint32_t       next; /* the later entry of the same name, index + 1 */
    uint32_t       last; /* of the first entry: index of the last one */
    bool           is_first;
} entry;

typedef struct merger {
    mp_jsonw      w;
    const mp_call *call;
    mp_error      *err;
    bool           deep;
} merger;

static mp_code merge(merger *m, const mp_json *const *objects, size_t count, int depth);

static mp_code chain_entries(entry **out, size_t *len, merger *m, const mp_json *const *objects,
                             size_t count)
{
    size_t total = 0, slots = 8, n = 0;
    for (size_t i = 0; i < count; i++)
        total += objects[i]->count;
    while (slots < total * 2)
        slots *= 2;
    entry    *entries = MP_ARENA_ARRAY(m->call->arena, entry, total + 1);
    uint32_t *table = MP_ARENA_ARRAY(m->call->arena, uint32_t, slots);
    if (!entries || !table)
        return fn_nomem(m->err);
    for (size_t i = 0; i < count; i++) {
        for (MP_JSON_MEMBERS(key, objects[i])) {
            mp_str name = mp_json_str(key);
            size_t slot = mp_hash_fold(name) & (slots - 1);
            while (table[slot] && !mp_str_eq_fold(mp_json_str(entries[table[slot] - 1].key), name))
                slot = (slot + 1) & (slots - 1);
            bool is_first = table[slot] == 0;
            entries[n] = (entry){ key, 0, (uint32_t)n, is_first };
            if (is_first)
                table[slot] = (uint32_t)n + 1;
            entry *first = &entries[table[slot] - 1];
            if (!is_first)
                entries[first->last].next = (uint32_t)n + 1;
            first->last = (uint32_t)n++;
        }
    }
    *out = entries;
    *len = n;
    return MP_OK;
}

/* The value of one name: the last one, but objects that follow each other are merged ("recursively
 * merging": "Object functions for ARM templates", union; nested arrays are replaced). */
static mp_code merge_values(merger *m, const entry *entries, const entry *first, int depth)
{
    const mp_json *last = entries[first->last].key + 1;
    size_t         count = 0;
    if (!m->deep || last->kind != MP_JSON_OBJECT) {
        mp_jsonw_value(&m->w, last);
        return MP_OK;
    }
    for (const entry *e = first;; e = &entries[e->next - 1]) {
        count++;
        if (!e->next)
            break;
    }
    const mp_json **objects = mp_arena_alloc(m->call->arena, count * sizeof *objects);
    if (!objects)
        return fn_nomem(m->err);
    count = 0;
    for (const entry *e = first;; e = &entries[e->next - 1]) {
        if (e->key[1].kind == MP_JSON_OBJECT)
            objects[count++] = e->key + 1;
        else
            count = 0; /* what came before is overwritten */
        if (!e->next)
            break;
    }
    if (count > 1)
        return merge(m, objects, count, depth + 1);
    mp_jsonw_value(&m->w, last);
    return MP_OK;
}

static mp_code merge(merger *m, const mp_json *const *objects, size_t count, int depth)
{
    entry *entries = NULL;
    size_t len = 0;
    if (depth > MP_FUNCTION_DEPTH_MAX)
        return fn_limit(m->call, m->err, "is given objects more than %d deep",
                        MP_FUNCTION_DEPTH_MAX);
    MP_TRY(chain_entries(&entries, &len, m, objects, count));
    mp_jsonw_object(&m->w);
    for (size_t i = 0; i < len; i++) {
        if (!entries[i].is_first)
            continue;
        mp_jsonw_key(&m->w, mp_json_str(entries[i].key)); /* spelled as where it came first */
        MP_TRY(merge_values(m, entries, &entries[i], depth));
    }
    mp_jsonw_end(&m->w);
    return MP_OK;
}

static mp_code give_merged(const mp_json **out, const mp_call *call, const mp_json *const *objects,
                           size_t count, bool deep, mp_error *err)
{
    merger m = { .call = call, .err = err, .deep = deep };
    mp_jsonw_init(&m.w, call->arena);
    MP_TRY(merge(&m, objects, count, 1));
    return fn_give_built(out, call, &m.w, err);
}

mp_code fn_union(const mp_json **out, const mp_call *call, mp_error *err)
{
    MP_TRY(check_one_kind(call, err));
    if (fn_is(call, 0, MP_JSON_ARRAY))
        return union_arrays(out, call, err);
    return give_merged(out, call, call->args, call->count, true, err);
}

mp_code fn_shallow_merge(const mp_json **out, const mp_call *call, mp_error *err)
{
    const mp_json  *array = call->args[0];
    size_t          count = 0;
    const mp_json **objects;
    if (array->kind != MP_JSON_ARRAY)
        return fn_wrong(call, 0, "an array of objects", err);
    objects = mp_arena_alloc(call->arena, (array->count + 1u) * sizeof *objects);
    if (!objects)
        return fn_nomem(err);
    for (MP_JSON_EACH(item, array)) {
        if (item->kind != MP_JSON_OBJECT)
            return fn_fail(call, err, "wants only objects in its array, not %s",
                           fn_kind(item));
        objects[count++] = item;
    }
    return give_merged(out, call, objects, count, false, err);
}
