/* SPDX-License-Identifier: Apache-2.0 */
#include "edition_move.h"

#include "framework_show.h"
#include "item.h"

/* What people said that stays behind. */
typedef enum behind { ANSWERS, EXCLUSIONS, FINDINGS, DECISIONS, BEHIND } behind;
static const char *const behind_names[BEHIND] = { "answers", "exclusions", "findings", "decisions" };

typedef struct left {
    int64_t of[BEHIND];
} left;

typedef struct moving {
    const mp_edition_move *move;
    mp_difference difference;
    mp_map from, to; /* mp_scored_by_id() */
    mp_map behind;   /* of each control of which something is said: left */
    int64_t totals[BEHIND];
    mp_jsonw *w;
} moving;

static mp_str measure_of(const moving *m) { return m->move->from.of->measure->name; }

static mp_code count_one(moving *m, behind what, mp_str control, mp_error *err)
{
    left *l = mp_map_get(&m->behind, control);
    if (!l) {
        if (!(l = MP_ARENA_NEW(m->w->arena, left)))
            return mp_no_memory(err);
        MP_TRY(mp_map_put(&m->behind, control, l, err));
    }
    l->of[what]++;
    return MP_OK;
}

/* In this measure, and not only in another one; of findings those that are open. */
static mp_code count_said(moving *m, behind what, const mp_record *list, size_t count, mp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        mp_str its = mp_json_get_text(list[i].body, "measure");
        bool is_here = !its.len || mp_str_eq(its, measure_of(m));
        bool is_open = what != FINDINGS || mp_str_eq(mp_json_get_text(list[i].body, "status"), MP_S("open"));
        if (is_here && is_open)
            MP_TRY(count_one(m, what, mp_json_get_text(list[i].body, "control"), err));
    }
    return MP_OK;
}

static mp_code count_behind(moving *m, mp_error *err)
{
    const mp_said *said = m->move->said;
    MP_TRY(count_said(m, ANSWERS, said->answers, said->answer_count, err));
    MP_TRY(count_said(m, EXCLUSIONS, said->exclusions, said->exclusion_count, err));
    MP_TRY(count_said(m, FINDINGS, said->findings, said->finding_count, err));
    for (size_t i = 0; i < m->move->decided_count; i++)
        MP_TRY(count_one(m, DECISIONS, m->move->decided[i].control, err));
    return MP_OK;
}

static void put_side(mp_jsonw *w, const char *name, const mp_map *scored, const mp_control *control)
{
    if (!control)
        return;
    const mp_scored *how = mp_map_get(scored, control->id);
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", control->id);
    mp_jsonw_put_str(w, "label", control->label);
    mp_words_put(w, "title", control->title);
    if (how)
        mp_jsonw_put_str(w, "state", mp_str_from(mp_control_state_name(how->state)));
    mp_jsonw_end(w);
}

static void put_row(moving *m, size_t at)
{
    const mp_difference_row *row = &m->difference.rows[at];
    bool is_told = !row->from || (at && m->difference.rows[at - 1].from == row->from);
    const left *counts = is_told ? NULL : mp_map_get(&m->behind, row->from->id);
    mp_jsonw_object(m->w);
    mp_difference_row_put(m->w, row);
    put_side(m->w, "from", &m->from, row->from);
    put_side(m->w, "to", &m->to, row->to);
    for (unsigned i = 0; i < BEHIND; i++) {
        mp_jsonw_put_int(m->w, behind_names[i], counts ? counts->of[i] : 0);
        m->totals[i] += counts ? counts->of[i] : 0;
    }
    mp_jsonw_end(m->w);
}

static void write(moving *m)
{
    const mp_edition_move *move = m->move;
    mp_jsonw *w = m->w;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", MP_S("edition-move"));
    mp_jsonw_put_str(w, "measure", measure_of(m));
    mp_jsonw_key(w, MP_S("from"));
    mp_score_show_brief(w, move->from.of, move->from.score, move->from.at);
    mp_jsonw_key(w, MP_S("to"));
    mp_score_show_brief(w, move->to.of, move->to.score, move->to.at);
    if (m->difference.mapping)
        mp_words_put(w, "basis", m->difference.mapping->basis);
    mp_time_put(w, "asOf", move->from.at);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < m->difference.count; i++)
        put_row(m, i);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_DIFFERS_COUNT; i++)
        mp_jsonw_put_int(w, mp_differs_name((mp_differs)i), (int64_t)m->difference.sums[i]);
    for (unsigned i = 0; i < BEHIND; i++)
        mp_jsonw_put_int(w, behind_names[i], m->totals[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code prepare(moving *m, mp_error *err)
{
    const mp_edition_move *move = m->move;
    const mp_side from = { move->from.of->framework, move->from.of->scheme },
                  to = { move->to.of->framework, move->to.of->scheme };
    MP_TRY(mp_difference_make(&m->difference, move->from.of->all, &from, &to, m->w->arena, err));
    MP_TRY(mp_scored_by_id(&m->from, move->from.score, err));
    MP_TRY(mp_scored_by_id(&m->to, move->to.score, err));
    return count_behind(m, err);
}

mp_code mp_edition_move_show(mp_jsonw *w, const mp_edition_move *move, mp_error *err)
{
    moving m = { .move = move, .w = w, .from = MP_MAP_INIT, .to = MP_MAP_INIT, .behind = MP_MAP_INIT };
    mp_code code = prepare(&m, err);
    if (code == MP_OK)
        write(&m);
    mp_map_free(&m.from);
    mp_map_free(&m.to);
    mp_map_free(&m.behind);
    return code == MP_OK && w->failed ? mp_no_memory(err) : code;
}
