/* SPDX-License-Identifier: Apache-2.0 */
#include "edition_move.h"

#include "framework_show.h"
#include "item.h"

/* What people said that stays behind. */
typedef enum behind { ANSWERS, EXCLUSIONS, FINDINGS, DECISIONS, BEHIND } behind;
static const char *const behind_names[BEHIND] = { "answers", "exclusions", "findings", "decisions" };

typedef struct moving {
    const mp_edition_move *move;
    mp_difference difference;
    int64_t totals[BEHIND];
    mp_jsonw *w;
} moving;

static mp_str measure_of(const moving *m) { return m->move->from.of->measure->name; }

/* In this measure, and not only in another one. */
static int64_t count_of(const moving *m, const mp_record *list, size_t count, mp_str control, bool is_open_only)
{
    int64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        mp_str its = mp_json_get_text(list[i].body, "measure");
        bool is_here = !its.len || mp_str_eq(its, measure_of(m));
        bool is_open = !is_open_only || mp_str_eq(mp_json_get_text(list[i].body, "status"), MP_S("open"));
        found += is_here && is_open && mp_str_eq(mp_json_get_text(list[i].body, "control"), control);
    }
    return found;
}

static void count_behind(int64_t out[BEHIND], const moving *m, const mp_control *control)
{
    const mp_said *said = m->move->said;
    out[ANSWERS] = count_of(m, said->answers, said->answer_count, control->id, false);
    out[EXCLUSIONS] = count_of(m, said->exclusions, said->exclusion_count, control->id, false);
    out[FINDINGS] = count_of(m, said->findings, said->finding_count, control->id, true);
    for (size_t i = 0; i < m->move->decided_count; i++)
        out[DECISIONS] += mp_str_eq(m->move->decided[i].control, control->id);
}

static const mp_scored *scored(const mp_compared *side, mp_str control)
{
    for (size_t i = 0; i < side->score->count; i++)
        if (mp_str_eq(side->score->controls[i].control->id, control))
            return &side->score->controls[i];
    return NULL;
}

static void put_side(mp_jsonw *w, const char *name, const mp_compared *side, const mp_control *control)
{
    if (!control)
        return;
    const mp_scored *how = scored(side, control->id);
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
    int64_t counts[BEHIND] = { 0 };
    if (!is_told)
        count_behind(counts, m, row->from);
    mp_jsonw_object(m->w);
    mp_difference_row_put(m->w, row);
    put_side(m->w, "from", &m->move->from, row->from);
    put_side(m->w, "to", &m->move->to, row->to);
    for (unsigned i = 0; i < BEHIND; i++) {
        mp_jsonw_put_int(m->w, behind_names[i], counts[i]);
        m->totals[i] += counts[i];
    }
    mp_jsonw_end(m->w);
}

mp_code mp_edition_move_show(mp_jsonw *w, const mp_edition_move *move, mp_error *err)
{
    moving m = { .move = move, .w = w };
    const mp_side from = { move->from.of->framework, move->from.of->scheme },
                  to = { move->to.of->framework, move->to.of->scheme };
    MP_TRY(mp_difference_make(&m.difference, move->from.of->all, &from, &to, w->arena, err));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", MP_S("edition-move"));
    mp_jsonw_put_str(w, "measure", measure_of(&m));
    mp_jsonw_key(w, MP_S("from"));
    mp_score_show_brief(w, move->from.of, move->from.score, move->from.at);
    mp_jsonw_key(w, MP_S("to"));
    mp_score_show_brief(w, move->to.of, move->to.score, move->to.at);
    if (m.difference.mapping)
        mp_words_put(w, "basis", m.difference.mapping->basis);
    mp_time_put(w, "asOf", move->from.at);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < m.difference.count; i++)
        put_row(&m, i);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_DIFFERS_COUNT; i++)
        mp_jsonw_put_int(w, mp_differs_name((mp_differs)i), (int64_t)m.difference.sums[i]);
    for (unsigned i = 0; i < BEHIND; i++)
        mp_jsonw_put_int(w, behind_names[i], m.totals[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return w->failed ? mp_no_memory(err) : MP_OK;
}
