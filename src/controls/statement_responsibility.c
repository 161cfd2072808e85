/* SPDX-License-Identifier: Apache-2.0 */
/* The responsibility matrix: of every control that is demanded, who is responsible, who says so, which team and
 * service. */
#include <stdlib.h>

#include "statement.h"

enum { SOURCE, JUDGEMENT, DECISION, FROMS };
static const char *const froms[FROMS] = {
    [SOURCE] = "source", [JUDGEMENT] = "judgement", [DECISION] = "decision"
};

typedef struct counts {
    int64_t controls, applicable, of[MP_RESPONSIBLE_COUNT][FROMS];
} counts;

static size_t from_of(const char *from)
{
    size_t i = 0;
    while (i + 1 < FROMS && !mp_str_eq(mp_str_from(froms[i]), mp_str_from(from)))
        i++;
    return i;
}

static bool is_demanded(const mp_statement *s, size_t i)
{
    return mp_statement_scored(s, &s->framework->catalog.controls[i]) != NULL;
}

static mp_str team_of(const mp_statement *s, size_t i)
{
    const mp_control_decision *d = mp_statement_decided(s, &s->framework->catalog.controls[i]);
    return d && d->team.len ? d->team : s->framework->answers.of[i].team;
}

static mp_str service_of(const mp_statement *s, size_t i)
{
    const mp_control_decision *d = mp_statement_decided(s, &s->framework->catalog.controls[i]);
    return d && d->service.len ? d->service : s->framework->answers.of[i].service;
}

/* Does the score take it from the provider's measure? What people decide about who is responsible does not move it there. */
static bool is_inherited(const mp_scored *scored)
{
    for (size_t i = 0; i < scored->part_count; i++)
        if (scored->parts[i].kind == MP_PART_INHERITED && scored->parts[i].why != MP_WHY_CERTIFIED)
            return true;
    return false;
}

static void add(counts *c, const mp_statement *s, size_t i)
{
    const mp_control *control = &s->framework->catalog.controls[i];
    mp_responsibility r = mp_statement_responsible(s, control);
    c->controls++;
    c->applicable += mp_statement_justified(s, control).is_applicable;
    c->of[r.who][from_of(r.from)]++;
}

static void put_counts(mp_jsonw *w, const counts *c)
{
    mp_jsonw_put_int(w, "controls", c->controls);
    mp_jsonw_put_int(w, "applicable", c->applicable);
    for (unsigned i = 0; i < MP_RESPONSIBLE_COUNT; i++) {
        int64_t sum = 0;
        for (unsigned k = 0; k < FROMS; k++)
            sum += c->of[i][k];
        mp_jsonw_put_int(w, mp_responsible_name((mp_responsible)i), sum);
    }
    for (unsigned k = 0; k < FROMS; k++) {
        int64_t sum = 0;
        for (unsigned i = 0; i < MP_RESPONSIBLE_COUNT; i++)
            sum += c->of[i][k];
        mp_jsonw_put_int(w, k == SOURCE ? "bySource" : k == JUDGEMENT ? "byJudgement" : "byDecision", sum);
    }
}

/* ---- sums by team, by service ---- */

typedef struct named {
    mp_str name;
    size_t at;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = mp_str_cmp(x->name, y->name);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* In the order of the names; an empty one is that of whom nobody said. */
static void put_sums(mp_jsonw *w, const char *member, const char *called, const mp_statement *s,
                     mp_str (*name)(const mp_statement *s, size_t i))
{
    size_t n = s->framework->catalog.control_count, used = 0;
    named *all = MP_ARENA_ARRAY(w->arena, named, n + 1);
    w->failed = w->failed || !all;
    for (size_t i = 0; all && i < n; i++)
        if (is_demanded(s, i))
            all[used++] = (named){ name(s, i), i };
    if (used)
        qsort(all, used, sizeof *all, by_name);
    mp_jsonw_key(w, mp_str_from(member));
    mp_jsonw_array(w);
    for (size_t i = 0, first = 0; i < used; i++) {
        if (i + 1 < used && mp_str_eq(all[i].name, all[i + 1].name))
            continue;
        counts c = { .controls = 0 };
        for (; first <= i; first++)
            add(&c, s, all[first].at);
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, called, all[i].name);
        put_counts(w, &c);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* ---- rows ---- */

static void put_row(mp_jsonw *w, const mp_statement *s, size_t i)
{
    const mp_control *control = &s->framework->catalog.controls[i];
    const mp_control_decision *d = mp_statement_decided(s, control);
    mp_responsibility r = mp_statement_responsible(s, control);
    mp_jsonw_object(w);
    mp_put_control(w, s, control);
    mp_jsonw_put_bool(w, "applicable", mp_statement_justified(s, control).is_applicable);
    mp_jsonw_put_str(w, "responsibility", mp_str_from(mp_responsible_name(r.who)));
    mp_jsonw_put_str(w, "saidBy", mp_str_from(r.from));
    mp_jsonw_put_bool(w, "provider", r.who != MP_OF_CUSTOMER);
    mp_jsonw_put_bool(w, "customer", r.who != MP_OF_PROVIDER);
    mp_jsonw_put_filled(w, "team", team_of(s, i));
    mp_jsonw_put_filled(w, "service", service_of(s, i));
    if (d) {
        mp_jsonw_put_filled(w, "owner", d->owner);
        mp_jsonw_put_filled(w, "note", d->note);
        mp_jsonw_put_str(w, "record", d->id);
    }
    if (s->inherits.len && is_inherited(mp_statement_scored(s, control)))
        mp_jsonw_put_str(w, "inheritedFrom", s->inherits);
    mp_jsonw_end(w);
}

void mp_statement_responsibility(mp_jsonw *w, const mp_statement *s)
{
    size_t n = s->framework->catalog.control_count;
    counts all = { .controls = 0 };
    for (size_t i = 0; i < n; i++)
        if (is_demanded(s, i))
            add(&all, s, i);
    mp_jsonw_object(w);
    mp_statement_head(w, "responsibility", s);
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    put_counts(w, &all);
    mp_jsonw_end(w);
    put_sums(w, "teams", "team", s, team_of);
    put_sums(w, "services", "service", s, service_of);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < n; i++)
        if (is_demanded(s, i))
            put_row(w, s, i);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
