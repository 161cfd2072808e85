/* SPDX-License-Identifier: Apache-2.0 */
/* Each candidate is done on a copy of all parts, the whole is worked out, and the parts are put back. */
#include <assert.h>
#include <string.h>

#include "map.h"
#include "score.h"

static const char *const kind_names[] = { "comply", "assign", "answer", "evidence", "close" };
static_assert(MP_COUNT(kind_names) == MP_ACTION_KINDS, "every kind of action has a name");

const char *mp_action_kind_name(mp_action_kind kind) { return kind_names[kind]; }

typedef struct trial {
    mp_score copy; /* its controls and parts are ours */
    const mp_score *as_is;
    mp_arena *arena;
    mp_map seen; /* candidates: kind and name */
    mp_action *list;
    size_t count, cap;
} trial;

static bool is_done(const mp_part *part) { return part->state == MP_PART_MET || part->state == MP_PART_SILENT; }

/* Is this part changed by the action? */
static bool is_about(const mp_action *a, const mp_scored *c, const mp_part *part)
{
    if (is_done(part) || c->state == MP_CONTROL_NOT_APPLICABLE || (a->control && a->control != c->control))
        return false;
    switch (a->kind) {
    case MP_ACTION_COMPLY:
        return part->kind == MP_PART_POLICY && part->why != MP_WHY_NOT_ASSIGNED &&
               mp_str_eq(part->name, a->name);
    case MP_ACTION_ASSIGN:
        return part->why == MP_WHY_NOT_ASSIGNED;
    case MP_ACTION_ANSWER:
        return part->kind == MP_PART_QUESTION;
    case MP_ACTION_EVIDENCE:
        return part->kind == MP_PART_EVIDENCE;
    default:
        return part->kind == MP_PART_FINDING && mp_str_eq(part->name, a->name);
    }
}

static void do_it(mp_part *part)
{
    static const mp_part_why done[] = { [MP_PART_POLICY] = MP_WHY_ALL_COMPLY,
                                        [MP_PART_QUESTION] = MP_WHY_ANSWERED_YES,
                                        [MP_PART_EVIDENCE] = MP_WHY_FRESH,
                                        [MP_PART_FINDING] = MP_WHY_FINDING_CLOSED,
                                        [MP_PART_INHERITED] = MP_WHY_INHERITED };
    part->why = done[part->kind];
    part->met = MP_MET_ALL;
}

static uint64_t turning(const mp_part *part)
{
    return part->counts[MP_COUNT_NON_COMPLIANT] + part->counts[MP_COUNT_ERROR] +
           part->counts[MP_COUNT_NOT_EVALUATED];
}

static void reset(trial *t)
{
    for (size_t i = 0; i < t->copy.count; i++)
        if (t->copy.controls[i].part_count)
            memcpy(t->copy.controls[i].parts, t->as_is->controls[i].parts,
                   t->copy.controls[i].part_count * sizeof(mp_part));
}

static void do_all(trial *t, mp_action *a)
{
    for (size_t i = 0; i < t->copy.count; i++) {
        const mp_scored *was = &t->as_is->controls[i];
        size_t before = a->parts;
        for (size_t k = 0; k < was->part_count; k++)
            if (is_about(a, was, &was->parts[k])) {
                do_it(&t->copy.controls[i].parts[k]);
                a->parts++;
                if (a->kind == MP_ACTION_COMPLY && turning(&was->parts[k]) > a->resources)
                    a->resources = turning(&was->parts[k]); /* the same verdicts in each control */
            }
        a->controls += a->parts > before;
    }
}

static void try_it(trial *t, mp_action *a)
{
    a->parts = a->controls = 0;
    a->resources = 0;
    reset(t);
    do_all(t, a);
    mp_score_work(&t->copy);
    a->points = t->copy.total.points - t->as_is->total.points;
    a->percent = mp_score_percent(t->copy.total.points, t->copy.total.most);
}

/* ---- candidates ---- */

static mp_code add(trial *t, mp_action one, mp_error *err)
{
    mp_str about = one.control ? one.control->id : one.name;
    mp_str key = mp_arena_printf(t->arena, "%d\n%.*s", (int)one.kind, MP_FMT(about));
    if (!key.ptr)
        return mp_no_memory(err);
    if (mp_map_find(&t->seen, key))
        return MP_OK;
    if (t->count == t->cap) {
        size_t wanted = t->cap ? t->cap * 2 : 64;
        mp_action *grown = MP_ARENA_ARRAY(t->arena, mp_action, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (t->count)
            memcpy(grown, t->list, t->count * sizeof *grown);
        t->list = grown;
        t->cap = wanted;
    }
    t->list[t->count++] = one;
    return mp_map_put(&t->seen, key, t, err);
}

static mp_code add_for(trial *t, const mp_scored *c, const mp_part *part, mp_error *err)
{
    if (is_done(part) || c->state == MP_CONTROL_NOT_APPLICABLE)
        return MP_OK;
    if (part->why == MP_WHY_NOT_ASSIGNED)
        return add(t, (mp_action){ .kind = MP_ACTION_ASSIGN }, err);
    mp_action one = { .name = c->control->label, .control = c->control };
    switch (part->kind) {
    case MP_PART_POLICY:
    case MP_PART_FINDING:
        one = (mp_action){ .name = part->name, .text = part->text };
        one.kind = part->kind == MP_PART_POLICY ? MP_ACTION_COMPLY : MP_ACTION_CLOSE;
        break;
    case MP_PART_QUESTION:
        one.kind = MP_ACTION_ANSWER;
        break;
    case MP_PART_EVIDENCE:
        one.kind = MP_ACTION_EVIDENCE;
        break;
    default:
        return MP_OK; /* what a provider has to do is not ours to do */
    }
    return add(t, one, err);
}

static mp_code copy_all(trial *t, mp_error *err)
{
    t->copy = *t->as_is;
    t->copy.controls = MP_ARENA_ARRAY(t->arena, mp_scored, t->copy.count + 1);
    if (!t->copy.controls)
        return mp_no_memory(err);
    for (size_t i = 0; i < t->copy.count; i++) {
        t->copy.controls[i] = t->as_is->controls[i];
        t->copy.controls[i].parts = MP_ARENA_ARRAY(t->arena, mp_part, t->copy.controls[i].part_count + 1);
        if (!t->copy.controls[i].parts)
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code find_candidates(trial *t, mp_error *err)
{
    for (size_t i = 0; i < t->as_is->count; i++)
        for (size_t k = 0; k < t->as_is->controls[i].part_count; k++)
            MP_TRY(add_for(t, &t->as_is->controls[i], &t->as_is->controls[i].parts[k], err));
    return MP_OK;
}

/* Put in its place among the best; of two that gain the same the one that was found first. */
static void keep_best(mp_action out[MP_ACTIONS], size_t *count, const mp_action *a)
{
    size_t at = *count;
    while (at > 0 && out[at - 1].points < a->points)
        at--;
    if (at >= MP_ACTIONS || a->points <= 0)
        return;
    size_t end = *count < MP_ACTIONS ? (*count)++ : MP_ACTIONS - 1;
    memmove(&out[at + 1], &out[at], (end - at) * sizeof *out);
    out[at] = *a;
}

mp_code mp_score_actions(mp_action out[MP_ACTIONS], size_t *count, int64_t *together, const mp_score *score,
                         mp_arena *arena, mp_error *err)
{
    trial t = { .as_is = score, .arena = arena, .seen = MP_MAP_INIT };
    *count = 0;
    mp_code code = copy_all(&t, err);
    if (code == MP_OK)
        code = find_candidates(&t, err);
    mp_map_free(&t.seen);
    MP_TRY(code);
    for (size_t i = 0; i < t.count; i++) {
        try_it(&t, &t.list[i]);
        keep_best(out, count, &t.list[i]);
    }
    reset(&t);
    for (size_t i = 0; i < *count; i++) {
        mp_action again = out[i];
        do_all(&t, &again);
    }
    mp_score_work(&t.copy);
    *together = t.copy.total.points;
    return MP_OK;
}
