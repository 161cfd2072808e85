/* SPDX-License-Identifier: Apache-2.0 */
#include "edit.h"

#include "functions.h"
#include "jsonw.h"

/* What stands in Microsoft Learn, "Author policies for arrays", Modifying arrays, is decided in leaf() and
 * elements(). They are asked twice, by two walks of one form: first for what would come of it, and only
 * when something changes is the document written anew, with everything beside the path copied.
 *
 * A choice of ours: an element that equals one of the array is not added a second time. Else every request
 * that sends back what it read would make the array longer. */

typedef struct walk {
    const mp_edit *edit;
    mp_jsonw      *w;      /* NULL: only look */
    mp_arena      *arena;
    bool           has[MP_EDITED_SAME + 1];
    bool           failed; /* memory was short */
} walk;

static void value(walk *k, const mp_json *v, uint32_t step);

static bool is_missing(const mp_json *v) { return !v || v->kind == MP_JSON_NULL; }

static bool is_each(const walk *k, uint32_t step) { return mp_step_is_each(&k->edit->path.steps[step]); }

static bool is_equal(walk *k, const mp_json *a, const mp_json *b)
{
    bool equal = false;
    if (is_missing(a) || is_missing(b))
        return is_missing(a) && is_missing(b);
    if (mp_value_equal(&equal, a, b, k->arena, NULL) != MP_OK)
        k->failed = true;
    return equal;
}

static void note(walk *k, mp_edited what) { k->has[what] = true; }

static void write(walk *k, const mp_json *v)
{
    if (k->w)
        mp_jsonw_value(k->w, v);
}

static void leaf(walk *k, const mp_json *old)
{
    bool same = is_equal(k, old, k->edit->value);
    bool stays = k->edit->keeps && !is_missing(old);
    note(k, same ? MP_EDITED_SAME : stays ? MP_EDITED_KEPT : MP_EDITED_CHANGED);
    write(k, stays ? old : k->edit->value);
}

/* May what the path names from `step` on be made where nothing is? An array is made for an element of its
 * own; a member on the way only where that was asked for. */
static bool may_make(const walk *k, uint32_t step)
{
    uint32_t end = k->edit->path.count;
    end -= is_each(k, end - 1);
    for (uint32_t i = step; i < end; i++)
        if (is_each(k, i))
            return false;
    return !is_missing(k->edit->value) && step < end && (k->edit->makes_parents || step + 1 == end);
}

static void make(walk *k, uint32_t step)
{
    if (step == k->edit->path.count) {
        leaf(k, NULL);
        return;
    }
    if (!k->w) { /* an empty array or object is something, too */
        note(k, MP_EDITED_CHANGED);
        return;
    }
    if (is_each(k, step)) {
        mp_jsonw_array(k->w);
    } else {
        mp_jsonw_object(k->w);
        mp_jsonw_key(k->w, k->edit->path.steps[step].key);
    }
    make(k, step + 1);
    mp_jsonw_end(k->w);
}

static void member(walk *k, const mp_json *key, uint32_t step)
{
    if (k->w)
        mp_jsonw_key(k->w, mp_json_str(key));
    if (key[1].kind == MP_JSON_NULL && may_make(k, step))
        make(k, step + 1);
    else
        value(k, key + 1, step + 1);
}

static void members(walk *k, const mp_json *object, uint32_t step)
{
    mp_str         name = k->edit->path.steps[step].key;
    const mp_json *chosen = mp_json_get_fold(object, name);
    bool           removes = !k->edit->value && step + 1 == k->edit->path.count;
    if (k->w)
        mp_jsonw_object(k->w);
    for (MP_JSON_MEMBERS(key, object)) {
        if (key + 1 == chosen && removes) {
            note(k, MP_EDITED_CHANGED);
        } else if (key + 1 == chosen) {
            member(k, key, step);
        } else if (k->w) {
            mp_jsonw_key(k->w, mp_json_str(key));
            mp_jsonw_value(k->w, key + 1);
        }
    }
    if (!chosen && may_make(k, step)) {
        if (k->w)
            mp_jsonw_key(k->w, name);
        make(k, step + 1);
    } else if (!chosen) {
        note(k, is_missing(k->edit->value) ? MP_EDITED_SAME : MP_EDITED_NOWHERE);
    }
    if (k->w)
        mp_jsonw_end(k->w);
}

static bool is_among(walk *k, const mp_json *array)
{
    for (MP_JSON_EACH(item, array))
        if (is_equal(k, item, k->edit->value))
            return true;
    return false;
}

/* At the end of the path [*] is one element more, or instead of all. */
static void last_elements(walk *k, const mp_json *array)
{
    bool is_there = is_among(k, array), keeps = k->edit->keeps;
    note(k, is_there && (keeps || array->count == 1) ? MP_EDITED_SAME : MP_EDITED_CHANGED);
    if (!k->w)
        return;
    for (MP_JSON_EACH(item, array))
        if (keeps)
            mp_jsonw_value(k->w, item);
    if (!keeps || !is_there)
        mp_jsonw_value(k->w, k->edit->value);
}

static void elements(walk *k, const mp_json *array, uint32_t step)
{
    if (k->w)
        mp_jsonw_array(k->w);
    if (step + 1 == k->edit->path.count)
        last_elements(k, array);
    else
        for (MP_JSON_EACH(item, array))
            value(k, item, step + 1);
    if (k->w)
        mp_jsonw_end(k->w);
}

static void value(walk *k, const mp_json *v, uint32_t step)
{
    if (step == k->edit->path.count) {
        leaf(k, v);
    } else if (is_each(k, step) && v->kind == MP_JSON_ARRAY && k->edit->value) {
        elements(k, v, step);
    } else if (!is_each(k, step) && v->kind == MP_JSON_OBJECT) {
        members(k, v, step);
    } else { /* nothing here that the path could change */
        note(k, is_missing(k->edit->value) ? MP_EDITED_SAME : MP_EDITED_NOWHERE);
        write(k, v);
    }
}

mp_code mp_edit_document(const mp_json **out, mp_edited *how, const mp_json *doc, const mp_edit *edit,
                         mp_arena *arena, mp_error *err)
{
    walk k = { .edit = edit, .arena = arena };
    value(&k, doc, 0);
    if (k.failed)
        return mp_no_memory(err);
    *how = MP_EDITED_KEPT;
    while (!k.has[*how])
        ++*how;
    *out = doc;
    if (!k.has[MP_EDITED_CHANGED])
        return MP_OK;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    k.w = &w;
    value(&k, doc, 0);
    *out = mp_jsonw_done(&w);
    return *out && !k.failed ? MP_OK : mp_no_memory(err);
}

const mp_json *mp_edit_value_at(const mp_json *doc, mp_path path)
{
    for (uint32_t i = 0; i < path.count && !mp_step_is_each(&path.steps[i]); i++)
        doc = mp_json_get_fold(doc, path.steps[i].key);
    return doc;
}

void mp_edit_resource(mp_resource *r, const mp_json *doc)
{
    const mp_json *tags = mp_json_get_fold(doc, MP_S("tags"));
    const mp_json *identity = mp_json_get_fold(doc, MP_S("identity"));
    r->doc = doc;
    r->tags = mp_json_is(tags, MP_JSON_OBJECT) ? tags : NULL;
    r->identity = mp_json_is(identity, MP_JSON_OBJECT) ? identity : NULL;
    r->location = mp_json_text(mp_json_get_fold(doc, MP_S("location")));
    r->kind = mp_json_text(mp_json_get_fold(doc, MP_S("kind")));
}

bool mp_edit_paths_meet(mp_path a, mp_path b)
{
    return a.count < b.count ? mp_path_starts(b, a) : mp_path_starts(a, b);
}
