/* SPDX-License-Identifier: Apache-2.0 */
/* Services by environments: which are in scope of which framework and edition. */
#include <stdlib.h>

#include "certification_show.h"
#include "statement_read.h"
#include "time_put.h"

static int by_service(const void *a, const void *b)
{
    const mp_measure *x = &((const mp_in_scope *)a)->measure, *y = &((const mp_in_scope *)b)->measure;
    int order = mp_str_cmp(x->service, y->service);
    order = order ? order : mp_str_cmp(x->environment, y->environment);
    order = order ? order : mp_str_cmp(x->framework, y->framework);
    return order ? order : mp_str_cmp(x->name, y->name);
}

static int by_text(const void *a, const void *b)
{
    return mp_str_cmp(*(const mp_str *)a, *(const mp_str *)b);
}

/* Each once, in order. An empty one is that of measures that name none. */
static mp_str *environments(const mp_in_scope *list, size_t *count, mp_arena *arena)
{
    mp_str *all = MP_ARENA_ARRAY(arena, mp_str, *count + 1);
    size_t used = 0;
    for (size_t i = 0; all && i < *count; i++)
        all[i] = list[i].measure.environment;
    if (all && *count)
        qsort(all, *count, sizeof *all, by_text);
    for (size_t i = 0; all && i < *count; i++)
        if (i == 0 || !mp_str_eq(all[i], all[used - 1]))
            all[used++] = all[i];
    *count = used;
    return all;
}

static mp_ticks expiry(const mp_in_scope *s)
{
    mp_span validity = s->framework ? s->framework->certification.cycle.validity : (mp_span){ 0, 0 };
    if (s->certificate->expires || (!validity.months && !validity.days))
        return s->certificate->expires;
    return mp_clock_after(s->certificate->issued, validity.months, validity.days);
}

static bool is_certified(const mp_in_scope *s, mp_ticks now)
{
    return s->certificate && s->certificate->issued <= now && (!expiry(s) || now < expiry(s));
}

static void put_entry(mp_jsonw *w, const mp_in_scope *s, mp_ticks now)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "service", s->measure.service);
    mp_jsonw_put_str(w, "environment", s->measure.environment);
    mp_jsonw_put_str(w, "measure", s->measure.name);
    mp_jsonw_put_filled(w, "title", s->measure.title);
    if (s->framework)
        mp_framework_put(w, s->framework, s->scheme);
    else
        mp_jsonw_put_str(w, "missingFramework", s->measure.framework);
    mp_jsonw_put_filled(w, "inheritsFrom", s->measure.inherits);
    mp_jsonw_put_bool(w, "certified", is_certified(s, now));
    if (s->certificate) {
        mp_jsonw_put_filled(w, "certificate", s->certificate->number);
        mp_put_day(w, "issued", s->certificate->issued);
        if (expiry(s))
            mp_put_day(w, "expires", expiry(s));
    }
    mp_time_put_short(w, "since", s->since);
    mp_jsonw_put_int(w, "version", s->version);
    mp_jsonw_end(w);
}

/* One line of the matrix: measures of a service, environment by environment. */
static void put_line(mp_jsonw *w, const mp_in_scope *first, size_t count, const mp_str *names,
                     size_t name_count)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "service", first->measure.service);
    mp_jsonw_key(w, MP_S("cells"));
    mp_jsonw_array(w);
    for (size_t k = 0; k < name_count; k++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "environment", names[k]);
        mp_jsonw_key(w, MP_S("measures"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < count; i++)
            if (mp_str_eq(first[i].measure.environment, names[k]))
                mp_jsonw_str(w, first[i].measure.name);
        mp_jsonw_end(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static size_t put_matrix(mp_jsonw *w, const mp_in_scope *list, size_t count, const mp_str *names,
                         size_t name_count)
{
    size_t services = 0;
    mp_jsonw_key(w, MP_S("matrix"));
    mp_jsonw_array(w);
    for (size_t i = 0, end; i < count; i = end, services++) {
        for (end = i + 1; end < count && mp_str_eq(list[end].measure.service, list[i].measure.service); end++)
            ;
        put_line(w, list + i, end - i, names, name_count);
    }
    mp_jsonw_end(w);
    return services;
}

void mp_statement_services(mp_jsonw *w, mp_in_scope *list, size_t count, mp_ticks as_of)
{
    size_t name_count = count, services, certified = 0;
    mp_str *names;
    if (count)
        qsort(list, count, sizeof *list, by_service);
    names = environments(list, &name_count, w->arena);
    w->failed = w->failed || !names;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", MP_S("services"));
    mp_time_put_short(w, "asOf", as_of);
    mp_jsonw_key(w, MP_S("environments"));
    mp_jsonw_array(w);
    for (size_t i = 0; names && i < name_count; i++)
        mp_jsonw_str(w, names[i]);
    mp_jsonw_end(w);
    services = put_matrix(w, list, count, names, names ? name_count : 0);
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        put_entry(w, &list[i], as_of);
        certified += is_certified(&list[i], as_of);
    }
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    mp_jsonw_put_int(w, "measures", (int64_t)count);
    mp_jsonw_put_int(w, "services", (int64_t)services);
    mp_jsonw_put_int(w, "environments", (int64_t)name_count);
    mp_jsonw_put_int(w, "certified", (int64_t)certified);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
