/* SPDX-License-Identifier: Apache-2.0 */
/* The statement of applicability: every control of the framework, whether it applies, why, and how far it is
 * implemented. */
#include "framework_show.h"
#include "statement.h"

typedef struct row {
    const mp_control *control;
    const mp_scored *scored;            /* NULL: not demanded */
    const mp_control_decision *decided; /* NULL: nobody did */
    mp_justified justified;
    mp_implemented implemented;
} row;

static row row_of(const mp_statement *s, const mp_control *control)
{
    return (row){ .control = control,
                  .scored = mp_statement_scored(s, control),
                  .decided = mp_statement_decided(s, control),
                  .justified = mp_statement_justified(s, control),
                  .implemented = mp_statement_implemented(s, control) };
}

/* ---- counting ---- */

typedef struct counts {
    int64_t controls, demanded, applicable, unjustified, differing, how[MP_IMPLEMENTATIONS];
} counts;

static counts count(const mp_statement *s, size_t first, size_t n)
{
    counts c = { .controls = 0 };
    for (size_t i = first; i < first + n; i++) {
        if (s->framework->catalog.controls[i].is_withdrawn)
            continue;
        row r = row_of(s, &s->framework->catalog.controls[i]);
        c.controls++;
        c.demanded += r.justified.is_demanded;
        c.applicable += r.justified.is_applicable;
        c.unjustified += r.justified.from[0] == 'n';
        c.differing += r.implemented.differs;
        c.how[r.implemented.how]++;
    }
    return c;
}

static void put_counts(mp_jsonw *w, const counts *c)
{
    mp_jsonw_put_int(w, "controls", c->controls);
    mp_jsonw_put_int(w, "demanded", c->demanded);
    mp_jsonw_put_int(w, "applicable", c->applicable);
    mp_jsonw_put_int(w, "excluded", c->demanded - c->applicable);
    mp_jsonw_put_int(w, "withoutJustification", c->unjustified);
    mp_jsonw_put_int(w, "differing", c->differing);
    mp_jsonw_key(w, MP_S("implementation"));
    mp_jsonw_object(w);
    for (mp_implementation i = MP_IMPLEMENTED; i < MP_IMPLEMENTATIONS; i++)
        mp_jsonw_put_int(w, mp_implementation_name(i), c->how[i]);
    mp_jsonw_end(w);
}

static void put_groups(mp_jsonw *w, const mp_statement *s)
{
    const mp_catalog *catalog = &s->framework->catalog;
    mp_jsonw_key(w, MP_S("groups"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->group_count; i++) {
        const mp_control_group *g = &catalog->groups[i];
        if (g->parent != MP_NO_GROUP)
            continue;
        counts c = count(s, g->first, g->count);
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "id", g->id);
        mp_jsonw_put_filled(w, "label", g->label);
        mp_words_put(w, "title", g->title);
        put_counts(w, &c);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* ---- rows ---- */

static void put_justification(mp_jsonw *w, const row *r)
{
    const char *id = !r->justified.is_demanded                                   ? "statement.left-out"
                     : mp_str_eq(mp_str_from(r->justified.from), MP_S("scheme")) ? "statement.demanded"
                     : mp_str_eq(mp_str_from(r->justified.from), MP_S("state"))  ? "statement.nothing-here"
                                                                                 : NULL;
    if (id)
        mp_put_message(w, "justification", id, &r->justified.text, 1);
    else
        mp_words_put(w, "justification", r->justified.text);
    mp_jsonw_put_str(w, "justifiedBy", mp_str_from(r->justified.from));
    if (r->decided && r->decided->reasons)
        mp_jsonw_put_value(w, "reasons", r->decided->reasons);
}

/* Did a part before this one say it? Policies of one assignment all name that. */
static bool was_said(const mp_scored *scored, size_t part, size_t id)
{
    for (size_t i = 0; i <= part; i++)
        for (size_t k = 0; k < (i < part ? scored->parts[i].id_count : id); k++)
            if (mp_str_eq(scored->parts[i].ids[k], scored->parts[part].ids[id]))
                return true;
    return false;
}

static void put_ids(mp_jsonw *w, const mp_scored *scored, bool of_evidence)
{
    for (size_t i = 0; scored && i < scored->part_count; i++)
        for (size_t k = 0; k < scored->parts[i].id_count; k++)
            if ((scored->parts[i].kind == MP_PART_EVIDENCE) == of_evidence && !was_said(scored, i, k))
                mp_jsonw_str(w, scored->parts[i].ids[k]);
}

/* Ids of the records that it follows from, by what they are. */
static void put_records(mp_jsonw *w, const row *r)
{
    mp_jsonw_key(w, MP_S("records"));
    mp_jsonw_array(w);
    if (r->justified.id.len)
        mp_jsonw_str(w, r->justified.id);
    if (r->decided && !mp_str_eq(r->decided->id, r->justified.id))
        mp_jsonw_str(w, r->decided->id);
    put_ids(w, r->scored, false);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("evidence"));
    mp_jsonw_array(w);
    put_ids(w, r->scored, true);
    mp_jsonw_end(w);
}

static void put_row(mp_jsonw *w, const mp_statement *s, const row *r)
{
    mp_responsibility who = mp_statement_responsible(s, r->control);
    const mp_answer *answer = &s->framework->answers.of[r->control - s->framework->catalog.controls];
    mp_jsonw_object(w);
    mp_put_control(w, s, r->control);
    mp_jsonw_put_bool(w, "demanded", r->justified.is_demanded);
    mp_jsonw_put_bool(w, "applicable", r->justified.is_applicable);
    put_justification(w, r);
    mp_jsonw_put_str(w, "implementation", mp_str_from(mp_implementation_name(r->implemented.how)));
    mp_jsonw_put_str(w, "implementationFrom", mp_str_from(r->implemented.from));
    mp_jsonw_put_bool(w, "differs", r->implemented.differs);
    if (r->scored)
        mp_jsonw_put_str(w, "state", mp_str_from(mp_control_state_name(r->scored->state)));
    mp_jsonw_put_str(w, "responsibility", mp_str_from(mp_responsible_name(who.who)));
    mp_jsonw_put_filled(w, "team", r->decided && r->decided->team.len ? r->decided->team : answer->team);
    mp_jsonw_put_filled(w, "service", r->decided && r->decided->service.len ? r->decided->service : answer->service);
    if (r->decided) {
        mp_jsonw_put_filled(w, "owner", r->decided->owner);
        mp_jsonw_put_filled(w, "targetDate", r->decided->target);
        mp_jsonw_put_filled(w, "note", r->decided->note);
    }
    put_records(w, r);
    mp_jsonw_end(w);
}

void mp_statement_applicability(mp_jsonw *w, const mp_statement *s)
{
    const mp_catalog *catalog = &s->framework->catalog;
    counts all = count(s, 0, catalog->control_count);
    mp_jsonw_object(w);
    mp_statement_head(w, "applicability", s);
    if (s->framework->certification.applicability.text.en.len) {
        mp_jsonw_key(w, MP_S("basis"));
        mp_jsonw_object(w);
        mp_cited_put(w, &s->framework->certification.applicability);
        mp_jsonw_end(w);
    }
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    put_counts(w, &all);
    mp_jsonw_end(w);
    put_groups(w, s);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->control_count; i++) {
        row r = row_of(s, &catalog->controls[i]);
        if (!catalog->controls[i].is_withdrawn)
            put_row(w, s, &r);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
