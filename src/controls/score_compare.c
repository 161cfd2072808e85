/* SPDX-License-Identifier: Apache-2.0 */
#include "score_compare.h"

#include "framework_show.h"

typedef enum change { BETTER, WORSE, SAME, ONLY, CHANGES } change;
static const char *const change_names[CHANGES] = { "better", "worse", "same", "only" };

typedef struct comparing {
    mp_jsonw *w;
    const mp_compared *from, *to;
    int64_t sums[CHANGES];
} comparing;

static const mp_scored *find(const mp_compared *side, mp_str id)
{
    for (size_t i = 0; i < side->score->count; i++)
        if (mp_str_eq(side->score->controls[i].control->id, id))
            return &side->score->controls[i];
    return NULL;
}

/* Points as shares of what each could have: the weights of two frameworks differ. */
static int by_points(const mp_scored *a, const mp_scored *b)
{
    int64_t left = a->points * (b->most ? b->most : 1), right = b->points * (a->most ? a->most : 1);
    return left < right ? -1 : left > right;
}

static change change_of(const mp_scored *from, const mp_scored *to)
{
    if (!from || !to)
        return ONLY;
    if (from->state != to->state && from->state != MP_CONTROL_NOT_APPLICABLE &&
        to->state != MP_CONTROL_NOT_APPLICABLE)
        return to->state > from->state ? BETTER : WORSE;
    int order = from->state == to->state ? by_points(from, to) : 0;
    return order < 0 ? BETTER : order > 0 ? WORSE : SAME;
}

static void put_side(mp_jsonw *w, const char *name, const mp_scored *c)
{
    if (!c)
        return;
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", c->control->id);
    mp_jsonw_put_str(w, "label", c->control->label);
    mp_words_put(w, "title", c->control->title);
    mp_jsonw_put_str(w, "state", mp_str_from(mp_control_state_name(c->state)));
    mp_points_put(w, "points", c->points);
    mp_points_put(w, "most", c->most);
    mp_jsonw_end(w);
}

static void put_pair(comparing *c, const mp_scored *from, const mp_scored *to, const mp_map_line *line,
                     bool is_turned)
{
    change what = change_of(from, to);
    mp_jsonw_object(c->w);
    put_side(c->w, "from", from);
    put_side(c->w, "to", to);
    if (line) {
        mp_relation relation = is_turned ? mp_relation_turned(line->relation) : line->relation;
        mp_jsonw_put_str(c->w, "relation", mp_str_from(mp_relation_name(relation)));
        mp_jsonw_put_bool(c->w, "stated", line->is_stated);
    }
    mp_jsonw_put_str(c->w, "change", mp_str_from(change_names[what]));
    mp_jsonw_end(c->w);
    c->sums[what]++;
}

static void put_same_controls(comparing *c)
{
    for (size_t i = 0; i < c->from->score->count; i++) {
        const mp_scored *from = &c->from->score->controls[i];
        put_pair(c, from, find(c->to, from->control->id), NULL, false);
    }
    for (size_t i = 0; i < c->to->score->count; i++)
        if (!find(c->from, c->to->score->controls[i].control->id))
            put_pair(c, NULL, &c->to->score->controls[i], NULL, false);
}

/* In the order of the mapping; what is in no line stands behind it, by itself. */
static void put_mapped(comparing *c, const mp_mapping_of *mapping, bool is_turned)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const mp_map_line *line = &mapping->lines[i];
        const mp_scored *from = find(c->from, (is_turned ? line->to : line->from)->id),
                        *to = find(c->to, (is_turned ? line->from : line->to)->id);
        if (from || to)
            put_pair(c, from, to, line, is_turned);
    }
    for (unsigned side = 0; side < 2; side++) {
        const mp_compared *of = side ? c->to : c->from;
        for (size_t i = 0; i < of->score->count; i++) {
            const mp_scored *control = &of->score->controls[i];
            bool is_mapped = false;
            for (size_t k = 0; k < mapping->count && !is_mapped; k++)
                is_mapped =
                    mp_str_eq(((side != 0) != is_turned ? mapping->lines[k].to : mapping->lines[k].from)->id,
                              control->control->id);
            if (!is_mapped)
                put_pair(c, side ? NULL : control, side ? control : NULL, NULL, false);
        }
    }
}

static const mp_mapping_of *mapping_of(bool *is_turned, const mp_frameworks *all, const mp_framework *from,
                                       const mp_framework *to)
{
    for (unsigned turned = 0; turned < 2; turned++)
        for (size_t i = 0; i < all->mapping_count; i++) {
            const mp_mapping_of *m = &all->mappings[i];
            *is_turned = turned != 0;
            if (m->from == (turned ? &to->catalog : &from->catalog) &&
                m->to == (turned ? &from->catalog : &to->catalog))
                return m;
        }
    return NULL;
}

static void put_difference(mp_jsonw *w, const mp_tally_of *from, const mp_tally_of *to, bool has_points)
{
    int a = mp_score_percent(from->points, from->most), b = mp_score_percent(to->points, to->most);
    if (has_points)
        mp_points_put(w, "points", to->points - from->points);
    if (a >= 0 && b >= 0) {
        mp_jsonw_key(w, MP_S("percent"));
        mp_jsonw_real(w, (double)(b - a) / 100.0);
    }
}

mp_code mp_scores_compare(mp_jsonw *w, const mp_compared *from, const mp_compared *to, mp_error *err)
{
    comparing c = { .w = w, .from = from, .to = to };
    const mp_framework *f = from->of->framework, *t = to->of->framework;
    bool is_turned = false;
    const mp_mapping_of *mapping = f == t ? NULL : mapping_of(&is_turned, from->of->all, f, t);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("from"));
    mp_score_show_brief(w, from->of, from->score, from->at);
    mp_jsonw_key(w, MP_S("to"));
    mp_score_show_brief(w, to->of, to->score, to->at);
    put_difference(w, &from->score->total, &to->score->total, f == t);
    mp_jsonw_put_str(w, "by", mapping ? MP_S("mapping") : f == t ? MP_S("control") : MP_S("none"));
    if (mapping)
        mp_words_put(w, "basis", mapping->basis);
    mp_jsonw_key(w, MP_S("controls"));
    mp_jsonw_array(w);
    if (mapping)
        put_mapped(&c, mapping, is_turned);
    else
        put_same_controls(&c);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("sums"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < CHANGES; i++)
        mp_jsonw_put_int(w, change_names[i], c.sums[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return w->failed ? mp_no_memory(err) : MP_OK;
}
