/* SPDX-License-Identifier: Apache-2.0 */
/* The audit calendar: what the cycle of a certificate demands, reckoned from its dates, and what is recorded to
 * end or to be due. */
#include <stdio.h>
#include <stdlib.h>

#include "certification_show.h"
#include "framework_show.h"
#include "statement.h"

enum { ROUNDS = 20000 }; /* of one event; more is no calendar */

typedef struct item {
    mp_ticks at;
    const char *kind;
    const mp_due *due;     /* of the cycle; or */
    const mp_dated *dated; /* recorded */
    unsigned round;        /* from 1; 0: it comes once */
} item;

typedef struct items {
    item *of;
    size_t count, cap;
    mp_arena *arena;
    bool failed;
} items;

static void add(items *list, item one)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 64;
        item *grown = MP_ARENA_ARRAY(list->arena, item, cap);
        list->failed = list->failed || !grown;
        if (list->failed)
            return;
        if (list->count)
            memcpy(grown, list->of, list->count * sizeof *grown);
        list->of = grown;
        list->cap = cap;
    }
    list->of[list->count++] = one;
}

/* By day, then as they were added. */
static int by_day(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    int order = strcmp(x->kind, y->kind);
    if (order)
        return order;
    if (x->due != y->due)
        return x->due < y->due ? -1 : 1;
    return x->dated < y->dated ? -1 : x->dated > y->dated;
}

/* ---- of the cycle ---- */

static mp_ticks expiry(const mp_statement *s)
{
    const mp_held_certificate *c = s->certificate;
    mp_span validity = s->framework->certification.cycle.validity;
    if (!c || c->expires || !c->issued || (!validity.months && !validity.days))
        return c ? c->expires : 0;
    return mp_clock_after(c->issued, validity.months, validity.days);
}

static void add_rounds(items *list, const mp_due *due, const mp_statement *s, mp_ticks from, mp_ticks to)
{
    bool again = due->every.months || due->every.days;
    mp_ticks end = expiry(s);
    unsigned rounds = !again ? 1 : due->times ? due->times : ROUNDS;
    for (unsigned k = 0; k < rounds; k++) {
        mp_ticks at = mp_clock_after(s->certificate->issued, due->offset.months + k * due->every.months,
                                     due->offset.days + k * due->every.days);
        if (at >= to || (end && at >= end))
            return;
        if (at >= from)
            add(list, (item){ .at = at, .kind = "certification", .due = due, .round = again ? k + 1 : 0 });
    }
}

static void add_cycle(items *list, const mp_statement *s, mp_ticks from, mp_ticks to)
{
    const mp_cycle *cycle = &s->framework->certification.cycle;
    mp_ticks end = expiry(s);
    for (size_t i = 0; s->certificate && i < cycle->event_count; i++) {
        const mp_due *due = &cycle->events[i];
        if (!mp_said_of(due->schemes, due->scheme_count, s->scheme ? s->scheme->id : MP_S("")))
            continue;
        if (!due->is_before_expiry && s->certificate->issued)
            add_rounds(list, due, s, from, to);
        if (!due->is_before_expiry || !end)
            continue;
        mp_ticks at = mp_clock_before(end, due->offset.months, due->offset.days);
        if (at >= from && at < to)
            add(list, (item){ .at = at, .kind = "certification", .due = due });
    }
}

/* ---- writing ---- */

static void put_dated(mp_jsonw *w, const mp_statement *s, const mp_dated *d)
{
    mp_str label = d->control ? d->control->label : MP_S(""), id;
    mp_words args[2] = { { .ko = label, .en = label }, d->text };
    id = mp_arena_printf(w->arena, "statement.due.%s", d->kind);
    w->failed = w->failed || !id.ptr;
    mp_put_message(w, "title", id.ptr ? id.ptr : "", args, MP_COUNT(args));
    if (d->control)
        mp_put_control(w, s, d->control);
    mp_jsonw_put_filled(w, "record", d->id);
}

static void put_due(mp_jsonw *w, const mp_due *due, unsigned round)
{
    char number[16];
    size_t len = (size_t)snprintf(number, sizeof number, "%u", round);
    mp_str text = mp_arena_dup(w->arena, mp_str_of(number, len));
    mp_words args[2] = { due->title, { .ko = text, .en = text } };
    if (round)
        mp_put_message(w, "title", "statement.due.round", args, MP_COUNT(args));
    else
        mp_words_put(w, "title", due->title);
    if (round)
        mp_jsonw_put_int(w, "round", round);
    mp_cited_put(w, &due->said);
}

static void put_row(mp_jsonw *w, const mp_statement *s, const item *one)
{
    mp_jsonw_object(w);
    mp_put_day(w, "date", one->at);
    mp_jsonw_put_str(w, "what", mp_str_from(one->kind));
    mp_jsonw_put_bool(w, "overdue", one->at < s->as_of);
    if (one->due)
        put_due(w, one->due, one->round);
    else
        put_dated(w, s, one->dated);
    mp_jsonw_end(w);
}

static void put_totals(mp_jsonw *w, const mp_statement *s, const items *list)
{
    static const char *const kinds[] = {
        "certification", "target", "finding", "answer", "exclusion", "evidence"
    };
    int64_t overdue = 0, of[MP_COUNT(kinds)] = { 0 };
    for (size_t i = 0; i < list->count; i++) {
        overdue += list->of[i].at < s->as_of;
        for (size_t k = 0; k < MP_COUNT(kinds); k++)
            of[k] += strcmp(kinds[k], list->of[i].kind) == 0;
    }
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    mp_jsonw_put_int(w, "due", (int64_t)list->count);
    mp_jsonw_put_int(w, "overdue", overdue);
    mp_jsonw_key(w, MP_S("byKind"));
    mp_jsonw_object(w);
    for (size_t k = 0; k < MP_COUNT(kinds); k++)
        mp_jsonw_put_int(w, kinds[k], of[k]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_certificate(mp_jsonw *w, const mp_statement *s)
{
    mp_ticks end = expiry(s);
    if (!s->certificate)
        return;
    mp_jsonw_key(w, MP_S("certificate"));
    mp_jsonw_object(w);
    mp_jsonw_put_filled(w, "number", s->certificate->number);
    mp_jsonw_put_filled(w, "issuer", s->certificate->issuer);
    if (s->certificate->issued)
        mp_put_day(w, "issued", s->certificate->issued);
    if (end)
        mp_put_day(w, "expires", end);
    mp_jsonw_put_bool(w, "expiryReckoned", end && !s->certificate->expires);
    mp_jsonw_put_bool(w, "valid", s->certificate->issued <= s->as_of && (!end || s->as_of < end));
    mp_jsonw_end(w);
}

/* What the sources say is due, also where nobody knows from when on. */
static void put_rules(mp_jsonw *w, const mp_statement *s)
{
    const mp_cycle *cycle = &s->framework->certification.cycle;
    mp_str scheme = s->scheme ? s->scheme->id : MP_S("");
    mp_jsonw_key(w, MP_S("rules"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < cycle->event_count; i++) {
        const mp_due *due = &cycle->events[i];
        if (!mp_said_of(due->schemes, due->scheme_count, scheme))
            continue;
        mp_jsonw_object(w);
        mp_words_put(w, "title", due->title);
        mp_cited_put(w, &due->said);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_facts_put(w, "notes", cycle->notes, cycle->note_count, scheme);
    mp_facts_put(w, "facts", s->framework->certification.facts, s->framework->certification.fact_count, scheme);
}

void mp_statement_calendar(mp_jsonw *w, const mp_statement *s, mp_ticks from, mp_ticks to)
{
    items list = { .arena = w->arena };
    add_cycle(&list, s, from, to);
    for (size_t i = 0; i < s->dated_count; i++)
        if (s->dated[i].at < to)
            add(&list, (item){ .at = s->dated[i].at, .kind = s->dated[i].kind, .dated = &s->dated[i] });
    w->failed = w->failed || list.failed;
    if (list.count)
        qsort(list.of, list.count, sizeof *list.of, by_day);
    mp_jsonw_object(w);
    mp_statement_head(w, "calendar", s);
    mp_put_day(w, "from", from);
    mp_put_day(w, "to", to);
    put_certificate(w, s);
    put_totals(w, s, &list);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < list.count; i++)
        put_row(w, s, &list.of[i]);
    mp_jsonw_end(w);
    put_rules(w, s);
    mp_jsonw_end(w);
}
