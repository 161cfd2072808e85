/* SPDX-License-Identifier: Apache-2.0 */
/* How a control stands: the links of it and of what is mapped to it, sorted to its evidence rules.
 */
#include "evidence_view.h"

#include <stdlib.h>

#include "jsonw.h"
#include "time_put.h"

const char *const mp_freshness_names[MP_FRESHNESS_COUNT + 1] = {
    [MP_EVIDENCE_NONE] = "none",
    [MP_EVIDENCE_STALE] = "stale",
    [MP_EVIDENCE_FRESH] = "fresh",
    NULL,
};

/* ---- which links ---- */

typedef struct gathering {
    const mp_evidence_view *view;
    const mp_evidence_question *q;
    mp_arena *arena;
    struct found {
        const mp_evidence_target *link;
        const mp_framework *via_framework;
        const mp_control *via;
        bool is_stated;
    } * found;
    size_t count, cap;
} gathering;

static size_t first_of(const mp_evidence_view *view, mp_str target)
{
    size_t low = 0, high = view->link_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mp_str_cmp(view->links[middle].target, target) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool counts(const gathering *g, const mp_evidence_target *link)
{
    return g->q->measure.len == 0 || link->measure.len == 0 ||
           mp_str_eq(link->measure, g->q->measure);
}

/* One piece stands once, by its nearest way: direct links are gathered first. */
static bool has_piece(const gathering *g, const mp_evidence_target *link, bool is_mapped)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->found[i].link->piece == link->piece &&
            (is_mapped || mp_str_eq(g->found[i].link->rule, link->rule)))
            return true;
    return false;
}

static mp_code keep(gathering *g, struct found found, mp_error *err)
{
    if (g->count == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 16;
        struct found *more = MP_ARENA_ARRAY(g->arena, struct found, cap);
        if (!more)
            return mp_no_memory(err);
        if (g->count)
            memcpy(more, g->found, g->count * sizeof *more);
        g->found = more;
        g->cap = cap;
    }
    g->found[g->count++] = found;
    return MP_OK;
}

static mp_code gather(gathering *g, const mp_framework *framework, const mp_control *control,
                      bool is_mapped, bool is_stated, mp_error *err)
{
    mp_arena_mark mark = mp_arena_save(g->arena);
    mp_str target =
        mp_arena_printf(g->arena, "%.*s/%.*s", MP_FMT(framework->id), MP_FMT(control->id));
    if (!target.ptr)
        return mp_no_memory(err);
    size_t at = first_of(g->view, target), end = at;
    while (end < g->view->link_count && mp_str_eq(g->view->links[end].target, target))
        end++;
    mp_arena_restore(g->arena, mark);
    for (; at < end; at++) {
        const mp_evidence_target *link = &g->view->links[at];
        if (counts(g, link) && !has_piece(g, link, is_mapped))
            MP_TRY(keep(g,
                        (struct found){ link, is_mapped ? framework : NULL,
                                        is_mapped ? control : NULL, is_stated },
                        err));
    }
    return MP_OK;
}

static const mp_framework *framework_of(const mp_frameworks *all, const mp_catalog *catalog)
{
    for (size_t i = 0; i < all->count; i++)
        if (&all->of[i].catalog == catalog)
            return &all->of[i];
    return NULL;
}

/* Of the lines whose one side is our control. */
static mp_code gather_lines(gathering *g, const mp_mapping_of *mapping, const mp_framework *other, bool is_from,
                            mp_error *err)
{
    const mp_map_line *line;
    for (size_t at = 0; (line = mp_mapping_next(mapping, g->q->control, is_from, &at));) {
        mp_relation relation = is_from ? line->relation : mp_relation_turned(line->relation);
        if (relation == MP_EQUAL || relation == MP_SUBSET)
            MP_TRY(gather(g, other, is_from ? line->to : line->from, true, line->is_stated, err));
    }
    return MP_OK;
}

/* Whatever demands all that our control demands, or more: its evidence is ours too. */
static mp_code gather_mapped(gathering *g, mp_error *err)
{
    const mp_frameworks *all = g->q->frameworks;
    const mp_catalog *ours = &g->q->framework->catalog;
    for (size_t m = 0; all && m < all->mapping_count; m++) {
        const mp_mapping_of *mapping = &all->mappings[m];
        const mp_framework *other =
            framework_of(all, mapping->from == ours ? mapping->to : mapping->from);
        if ((mapping->from != ours && mapping->to != ours) || !other || g->view->link_count == 0)
            continue;
        for (unsigned is_from = 0; is_from < 2; is_from++)
            if ((is_from ? mapping->from : mapping->to) == ours)
                MP_TRY(gather_lines(g, mapping, other, is_from != 0, err));
    }
    return MP_OK;
}

/* ---- how fresh ---- */

/* The end of a piece's freshness under a rule; 0: it does not end by itself. */
static mp_ticks end_of(const mp_evidence_piece *piece, const mp_evidence_rule *rule)
{
    unsigned months = piece->months, days = piece->days;
    mp_ticks until = 0;
    if (!piece->has_period && rule) {
        months = rule->months;
        days = rule->days;
    }
    if (months || days)
        until = mp_clock_after(piece->from, months, days);
    if (piece->valid_until && (until == 0 || piece->valid_until < until))
        until = piece->valid_until;
    return until;
}

static mp_evidence_use use_of(const struct found *found, const mp_evidence_rule *rule, const mp_evidence_question *q)
{
    const mp_evidence_piece *piece = found->link->piece;
    mp_ticks until = end_of(piece, rule);
    bool is_fresh = (until == 0 || q->at < until) && piece->valid_from <= q->at;
    return (mp_evidence_use){ .piece = piece,
                              .measure = q->hides_measures ? mp_str_of(NULL, 0) : found->link->measure,
                              .freshness = is_fresh ? MP_EVIDENCE_FRESH : MP_EVIDENCE_STALE,
                              .until = until,
                              .via_framework = found->via_framework,
                              .via = found->via,
                              .is_stated = found->is_stated,
                              .is_hidden = q->may_see && !q->may_see(q->seer, piece) };
}

static int by_freshness(const void *a, const void *b)
{
    const mp_evidence_use *x = a, *y = b;
    mp_ticks ends = x->until ? x->until : INT64_MAX, other = y->until ? y->until : INT64_MAX;
    if (x->freshness != y->freshness)
        return (x->freshness < y->freshness) - (x->freshness > y->freshness);
    if (ends != other)
        return (ends < other) - (ends > other);
    if (!x->via != !y->via)
        return x->via ? 1 : -1;
    return mp_str_cmp(x->piece->id, y->piece->id);
}

static bool fits(const mp_answer *answer, size_t rule, const struct found *found)
{
    mp_str named = found->via ? mp_str_of(NULL, 0) : found->link->rule;
    return answer->evidence_count == 0 ||
           mp_evidence_rule_fits(answer, rule, found->link->piece->kind, named);
}

static mp_code stand(mp_evidence_rule_standing *out, const gathering *g, const mp_answer *answer,
                     size_t rule, mp_error *err)
{
    mp_evidence_use *uses = MP_ARENA_ARRAY(g->arena, mp_evidence_use, g->count ? g->count : 1);
    if (!uses)
        return mp_no_memory(err);
    *out = (mp_evidence_rule_standing){ .rule =
                                            answer->evidence_count ? &answer->evidence[rule] : NULL,
                                        .pieces = uses };
    for (size_t i = 0; i < g->count; i++)
        if (fits(answer, rule, &g->found[i]))
            uses[out->count++] = use_of(&g->found[i], out->rule, g->q);
    if (out->count) {
        qsort(uses, out->count, sizeof *uses, by_freshness);
        out->freshness = uses[0].freshness;
        out->until = out->freshness == MP_EVIDENCE_FRESH ? uses[0].until : 0;
    }
    return MP_OK;
}

mp_code mp_evidence_standing_of(mp_evidence_standing *out, const mp_evidence_view *view,
                                const mp_evidence_question *question, mp_arena *arena,
                                mp_error *err)
{
    gathering g = { .view = view, .q = question, .arena = arena };
    const mp_answer *answer = mp_answer_of(question->framework, question->control);
    MP_TRY(gather(&g, question->framework, question->control, false, false, err));
    MP_TRY(gather_mapped(&g, err));
    size_t count = answer->evidence_count ? answer->evidence_count : g.count != 0;
    mp_evidence_rule_standing *of =
        MP_ARENA_ARRAY(arena, mp_evidence_rule_standing, count ? count : 1);
    if (!of)
        return mp_no_memory(err);
    mp_freshness worst = count ? MP_EVIDENCE_FRESH : MP_EVIDENCE_NONE;
    for (size_t i = 0; i < count; i++) {
        MP_TRY(stand(&of[i], &g, answer, i, err));
        worst = of[i].freshness < worst ? of[i].freshness : worst;
    }
    *out = (mp_evidence_standing){ .of = of, .count = count, .freshness = worst };
    return MP_OK;
}

/* ---- as JSON ---- */

mp_str mp_evidence_every(const mp_evidence_rule *rule, mp_arena *arena)
{
    if (rule->at_change)
        return MP_S("change");
    if (rule->months)
        return rule->months % 12 ? mp_arena_printf(arena, "P%uM", rule->months)
                                 : mp_arena_printf(arena, "P%uY", rule->months / 12);
    return rule->days ? mp_arena_printf(arena, "P%uD", rule->days) : MP_S("once");
}

static void put_end(mp_jsonw *w, mp_ticks until)
{
    if (until)
        mp_time_put_short(w, "until", until);
}

static void write_use(mp_jsonw *w, const mp_evidence_use *use)
{
    mp_jsonw_object(w);
    mp_jsonw_put_filled(w, "id", use->piece->id);
    if (use->is_hidden)
        mp_jsonw_put_bool(w, "hidden", true);
    else {
        mp_jsonw_put_filled(w, "title", use->piece->title);
        mp_jsonw_put_filled(w, "kind", use->piece->kind);
        mp_jsonw_put_filled(w, "owner", use->piece->owner);
        mp_jsonw_put_filled(w, "sha256", use->piece->sha256);
        mp_jsonw_put_filled(w, "measure", use->measure); /* of any scope, where none is asked about */
    }
    mp_jsonw_put_filled(w, "freshness", mp_str_from(mp_freshness_names[use->freshness]));
    put_end(w, use->until);
    if (use->via) {
        mp_jsonw_key(w, MP_S("via"));
        mp_jsonw_object(w);
        mp_jsonw_put_filled(w, "framework", use->via_framework->id);
        mp_jsonw_put_filled(w, "control", use->via->id);
        mp_jsonw_put_bool(w, "stated", use->is_stated);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void write_rule(mp_jsonw *w, const mp_evidence_rule_standing *s)
{
    mp_jsonw_object(w);
    if (s->rule) {
        mp_jsonw_put_filled(w, "kind", s->rule->kind);
        mp_jsonw_key(w, MP_S("name"));
        mp_jsonw_object(w);
        mp_jsonw_put_filled(w, "ko", s->rule->name.ko);
        mp_jsonw_put_filled(w, "en", s->rule->name.en);
        mp_jsonw_end(w);
        mp_jsonw_put_filled(w, "every", mp_evidence_every(s->rule, w->arena));
    }
    mp_jsonw_put_filled(w, "freshness", mp_str_from(mp_freshness_names[s->freshness]));
    put_end(w, s->until);
    mp_jsonw_key(w, MP_S("pieces"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->count; i++)
        write_use(w, &s->pieces[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

const mp_json *mp_evidence_standing_json(const mp_evidence_standing *standing, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_filled(&w, "freshness", mp_str_from(mp_freshness_names[standing->freshness]));
    mp_jsonw_key(&w, MP_S("rules"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < standing->count; i++)
        write_rule(&w, &standing->of[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
