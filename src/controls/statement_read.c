/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_read.h"

#include "item.h"
#include "policy_titles.h"

/* ---- what ends or is due ---- */

typedef struct dating {
    mp_statement *s;
    const mp_standing_of *of;
    mp_said said;
    const mp_evidence_view *evidence;
    mp_dated *list;
    size_t count, cap;
    mp_arena *arena;
} dating;

static mp_code add(dating *d, mp_dated one, mp_error *err)
{
    if (d->count == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 64;
        mp_dated *grown = MP_ARENA_ARRAY(d->arena, mp_dated, cap);
        if (!grown)
            return mp_no_memory(err);
        if (d->count)
            memcpy(grown, d->list, d->count * sizeof *grown);
        d->list = grown;
        d->cap = cap;
    }
    d->list[d->count++] = one;
    return MP_OK;
}

/* A time of a record; nothing without one. */
static mp_code add_time(dating *d, const char *kind, const mp_scored *c, const mp_record *record,
                        const char *member, mp_words text, mp_error *err)
{
    mp_ticks at;
    mp_str time = record ? mp_json_get_text(record->body, member) : MP_S("");
    if (!time.len || !mp_clock_parse(&at, time))
        return MP_OK;
    return add(
        d, (mp_dated){ .kind = kind, .at = at, .control = c->answer->control, .text = text, .id = record->key },
        err);
}

/* When evidence that is fresh goes stale, and when that which is stale went. */
static mp_code add_evidence(dating *d, const mp_scored *c, mp_error *err)
{
    mp_evidence_standing standing;
    const mp_evidence_question question = { .frameworks = d->of->all, /* nothing is told of a piece but its id */
                                            .framework = d->of->framework,
                                            .control = c->answer->control,
                                            .measure = d->s->measure,
                                            .at = d->s->as_of };
    if (!c->answer->evidence_count)
        return MP_OK;
    MP_TRY(mp_evidence_standing_of(&standing, d->evidence, &question, d->arena, err));
    for (size_t i = 0; i < standing.count; i++) {
        const mp_evidence_rule_standing *rule = &standing.of[i];
        const mp_evidence_use *use = rule->count ? &rule->pieces[0] : NULL;
        mp_ticks at = rule->freshness == MP_EVIDENCE_FRESH ? rule->until : use ? use->until : 0;
        if (!use || !at || !rule->rule)
            continue;
        MP_TRY(add(d,
                   (mp_dated){ .kind = "evidence",
                               .at = at,
                               .control = c->answer->control,
                               .text = rule->rule->name,
                               .id = use->piece->id },
                   err));
    }
    return MP_OK;
}

static mp_code add_control(dating *d, const mp_scored *c, mp_error *err)
{
    const mp_control_decision *decided = mp_statement_decided(d->s, c->answer->control);
    if (c->is_excluded)
        return add_time(d, "exclusion", c,
                        mp_said_exclusion(&d->said, c->answer->control->id, d->s->measure, d->s->as_of),
                        "validUntil", c->control->title, err);
    for (size_t i = 0; i < c->part_count; i++) {
        const mp_part *p = &c->parts[i];
        if (p->kind == MP_PART_QUESTION)
            MP_TRY(add_time(d, "answer", c, p->more, "validUntil", p->text, err));
        if (p->kind == MP_PART_FINDING)
            MP_TRY(add_time(d, "finding", c, p->more, "due", p->text, err));
    }
    if (decided && decided->target_at && c->state != MP_CONTROL_COMPLIANT)
        MP_TRY(add(d,
                   (mp_dated){ .kind = "target",
                               .at = decided->target_at,
                               .control = c->answer->control,
                               .text = c->control->title,
                               .id = decided->id },
                   err));
    return add_evidence(d, c, err);
}

/* ---- together ---- */

static mp_code add_dates(mp_statement *s, mp_tx *tx, const mp_standing_of *of, mp_arena *arena, mp_error *err)
{
    dating d = { .s = s, .of = of, .evidence = of->evidence, .arena = arena };
    mp_code code = mp_said_read(&d.said, tx, of->framework->id, of->as_of, arena, err);
    if (code == MP_OK && !d.evidence)
        code = mp_evidence_view_read(&d.evidence, tx, of->as_of, err);
    for (size_t i = 0; code == MP_OK && i < s->score->count; i++)
        code = add_control(&d, &s->score->controls[i], err);
    for (size_t i = 0; code == MP_OK && i < d.count; i++) { /* what is the view's own */
        d.list[i].id = mp_arena_dup(arena, d.list[i].id);
        code = d.list[i].id.ptr ? MP_OK : mp_no_memory(err);
    }
    if (!of->evidence)
        mp_evidence_view_drop(d.evidence);
    s->dated = d.list;
    s->dated_count = d.count;
    return code;
}

mp_code mp_statement_read(mp_statement *out, mp_tx *tx, const mp_standing_of *of, mp_ticks at, mp_arena *arena,
                          mp_error *err)
{
    mp_score *score = MP_ARENA_NEW(arena, mp_score);
    const mp_measure *m = of->measure;
    if (!score)
        return mp_no_memory(err);
    *out = (mp_statement){ .framework = of->framework,
                           .scheme = of->scheme,
                           .scopes = of->scopes,
                           .scope_count = of->scope_count,
                           .as_of = at,
                           .score = score };
    if (m) {
        out->measure = m->name;
        out->title = m->title;
        out->service = m->service;
        out->environment = m->environment;
        out->owner = m->owner;
        out->inherits = m->inherits;
    }
    MP_TRY(mp_control_score(score, tx, of, NULL, arena, err));
    MP_TRY(mp_policy_titles(score, tx, of->as_of, arena, err));
    MP_TRY(mp_decisions_read(&out->decided, &out->decided_count, tx, of->framework->id, out->measure, of->as_of,
                             arena, err));
    MP_TRY(mp_certificate_read(&out->certificate, tx, out->measure, of->as_of, arena, err));
    return add_dates(out, tx, of, arena, err);
}
