/* SPDX-License-Identifier: Apache-2.0 */
#include "score_compare.h"

#include "framework_show.h"

typedef enum change { BETTER, WORSE, SAME, ONLY, CHANGES } change;
static const char *const change_names[CHANGES] = { "better", "worse", "same", "only" };

typedef struct side {
    const mp_compared *of;
    mp_map by_id;  /* mp_scored_by_id() */
    bool *is_told; /* of each control of the score */
} side;

typedef struct comparing {
    mp_jsonw *w;
    side from, to;
    int64_t sums[CHANGES];
} comparing;

mp_code mp_scored_by_id(mp_map *out, const mp_score *score, mp_error *err)
{
    for (size_t i = score->count; i-- > 0;) /* the first of an id stays */
        MP_TRY(mp_map_put(out, score->controls[i].control->id, &score->controls[i], err));
    return MP_OK;
}

static const mp_scored *tell(side *s, mp_str id)
{
    const mp_scored *found = mp_map_get(&s->by_id, id);
    if (found)
        s->is_told[found - s->of->score->controls] = true;
    return found;
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

/* What was told of by itself. */
static void put_others(comparing *c, side *s)
{
    for (size_t i = 0; i < s->of->score->count; i++)
        if (!s->is_told[i])
            put_pair(c, s == &c->from ? &s->of->score->controls[i] : NULL,
                     s == &c->from ? NULL : &s->of->score->controls[i], NULL, false);
}

static void put_same_controls(comparing *c)
{
    for (size_t i = 0; i < c->from.of->score->count; i++) {
        const mp_scored *from = &c->from.of->score->controls[i];
        put_pair(c, from, tell(&c->to, from->control->id), NULL, false);
    }
    put_others(c, &c->to);
}

/* In the order of the mapping; what is in no line stands behind it, by itself. */
static void put_mapped(comparing *c, const mp_mapping_of *mapping, bool is_turned)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const mp_map_line *line = &mapping->lines[i];
        const mp_scored *from = tell(&c->from, (is_turned ? line->to : line->from)->id),
                        *to = tell(&c->to, (is_turned ? line->from : line->to)->id);
        if (from || to)
            put_pair(c, from, to, line, is_turned);
    }
    put_others(c, &c->from);
    put_others(c, &c->to);
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

static void write(comparing *c)
{
    mp_jsonw *w = c->w;
    const mp_compared *from = c->from.of, *to = c->to.of;
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
        put_mapped(c, mapping, is_turned);
    else
        put_same_controls(c);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("sums"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < CHANGES; i++)
        mp_jsonw_put_int(w, change_names[i], c->sums[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static mp_code read_side(side *s, const mp_compared *of, mp_arena *arena, mp_error *err)
{
    s->of = of;
    s->is_told = MP_ARENA_ARRAY(arena, bool, of->score->count + 1);
    return s->is_told ? mp_scored_by_id(&s->by_id, of->score, err) : mp_no_memory(err);
}

mp_code mp_scores_compare(mp_jsonw *w, const mp_compared *from, const mp_compared *to, mp_error *err)
{
    comparing c = { .w = w, .from.by_id = MP_MAP_INIT, .to.by_id = MP_MAP_INIT };
    mp_code code = read_side(&c.from, from, w->arena, err);
    if (code == MP_OK)
        code = read_side(&c.to, to, w->arena, err);
    if (code == MP_OK)
        write(&c);
    mp_map_free(&c.from.by_id);
    mp_map_free(&c.to.by_id);
    return code == MP_OK && w->failed ? mp_no_memory(err) : code;
}
