/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to be there: the component definition and the system security plan. */
#include "statement_oscal.h"

#include <stdlib.h>

#include "oscal_write.h"

/* ---- component definition ---- */

typedef struct placed {
    mp_str service;
    const mp_scored *c;
} placed;

static int by_service(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = mp_str_cmp(x->service, y->service);
    return order ? order : (x->c > y->c) - (x->c < y->c);
}

static void put_component(mp_jsonw *w, const mp_statement *s, const placed *first, size_t count)
{
    mp_str service = first->service.len ? first->service : mp_oscal_name(s);
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "component", first->service);
    mp_jsonw_put_str(w, "type", MP_S("service"));
    mp_jsonw_put_str(w, "title", service);
    mp_jsonw_put_str(w, "description", service);
    mp_jsonw_key(w, MP_S("control-implementations"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "implementation", first->service);
    mp_jsonw_put_str(w, "source", mp_oscal_source(w, s));
    mp_oscal_description(w, mp_words_in(s->framework->catalog.title, false));
    mp_jsonw_key(w, MP_S("implemented-requirements"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_object(w);
        mp_oscal_put_uuid(w, s, "component-requirement", first[i].c->answer->control->id);
        mp_jsonw_put_str(w, "control-id", first[i].c->answer->control->id);
        mp_oscal_description(w, mp_oscal_told(w, s, first[i].c));
        mp_oscal_props(w, s, first[i].c);
        mp_oscal_responsible(w, s, first[i].c);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_oscal_components(mp_jsonw *w, const mp_statement *s)
{
    size_t n = s->score->count;
    placed *all = MP_ARENA_ARRAY(w->arena, placed, n + 1);
    w->failed = w->failed || !all;
    for (size_t i = 0; all && i < n; i++)
        all[i] = (placed){ mp_oscal_service(s, &s->score->controls[i]), &s->score->controls[i] };
    if (all && n)
        qsort(all, n, sizeof *all, by_service);
    mp_oscal_begin(w, s, "component-definition", "component-definition", "Component definition");
    mp_jsonw_key(w, MP_S("components"));
    mp_jsonw_array(w);
    for (size_t i = 0, end; all && i < n; i = end) {
        for (end = i + 1; end < n && mp_str_eq(all[end].service, all[i].service); end++)
            ;
        put_component(w, s, all + i, end - i);
    }
    mp_jsonw_end(w);
    mp_oscal_end(w, s);
}

/* ---- system security plan ---- */

static void put_state(mp_jsonw *w, const char *member, const char *state)
{
    mp_jsonw_key(w, mp_str_from(member));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "state", mp_str_from(state));
    mp_jsonw_end(w);
}

static void put_described(mp_jsonw *w, const char *member, mp_str text)
{
    mp_jsonw_key(w, mp_str_from(member));
    mp_jsonw_object(w);
    mp_oscal_description(w, text);
    mp_jsonw_end(w);
}

static void put_characteristics(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("system-characteristics"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("system-ids"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->measure.len ? s->measure : s->framework->id);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_put_str(w, "system-name", mp_oscal_name(s));
    mp_oscal_description(w, mp_oscal_name(s));
    mp_jsonw_key(w, MP_S("system-information"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("information-types"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", MP_S("Information of the service"));
    mp_oscal_description(w, MP_S("Classified in the asset register."));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    put_state(w, "status", "operational");
    put_described(w, "authorization-boundary", s->environment.len ? s->environment : mp_oscal_name(s));
    mp_jsonw_end(w);
}

/* Of a service that implements controls; empty: of the system itself. */
static mp_str system_uuid(mp_jsonw *w, const mp_statement *s, mp_str service)
{
    return service.len ? mp_oscal_uuid(w, s, "service", service) : mp_oscal_uuid(w, s, "system", MP_S(""));
}

static void put_part_of_system(mp_jsonw *w, const mp_statement *s, mp_str service)
{
    mp_str name = service.len ? service : mp_oscal_name(s);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", system_uuid(w, s, service));
    mp_jsonw_put_str(w, "type", service.len ? MP_S("service") : MP_S("this-system"));
    mp_jsonw_put_str(w, "title", name);
    mp_oscal_description(w, name);
    put_state(w, "status", "operational");
    mp_jsonw_end(w);
}

static bool is_first_of_service(const mp_statement *s, size_t at, mp_str service)
{
    for (size_t i = 0; i < at; i++)
        if (mp_str_eq(mp_oscal_service(s, &s->score->controls[i]), service))
            return false;
    return true;
}

static void put_system(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("system-implementation"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("users"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "user", MP_S(""));
    mp_jsonw_put_str(w, "title", s->owner.len ? s->owner : MP_S("Owner"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("components"));
    mp_jsonw_array(w);
    put_part_of_system(w, s, MP_S(""));
    for (size_t i = 0; i < s->score->count; i++) {
        mp_str service = mp_oscal_service(s, &s->score->controls[i]);
        if (service.len && is_first_of_service(s, i, service))
            put_part_of_system(w, s, service);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static const char *status_of(mp_implementation how)
{
    static const char *const of[] = { [MP_IMPLEMENTED] = "implemented",
                                      [MP_PARTLY_IMPLEMENTED] = "partial",
                                      [MP_PLANNED] = "planned",
                                      [MP_NOT_IMPLEMENTED] = "not-implemented",
                                      [MP_IMPLEMENTATION_UNKNOWN] = "unknown",
                                      [MP_IMPLEMENTATION_NOT_APPLICABLE] = "not-applicable" };
    return of[how];
}

static void put_requirement(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_str id = c->answer->control->id;
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, "requirement", id);
    mp_jsonw_put_str(w, "control-id", id);
    mp_oscal_props(w, s, c);
    mp_oscal_responsible(w, s, c);
    mp_jsonw_key(w, MP_S("by-components"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "component-uuid", system_uuid(w, s, mp_oscal_service(s, c)));
    mp_oscal_put_uuid(w, s, "by-component", id);
    mp_oscal_description(w, mp_oscal_told(w, s, c));
    put_state(w, "implementation-status", status_of(mp_statement_implemented(s, c->answer->control).how));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_oscal_plan(mp_jsonw *w, const mp_statement *s)
{
    mp_oscal_begin(w, s, "system-security-plan", "plan", "System security plan");
    mp_oscal_import(w, s, "import-profile");
    put_characteristics(w, s);
    put_system(w, s);
    mp_jsonw_key(w, MP_S("control-implementation"));
    mp_jsonw_object(w);
    mp_oscal_description(w, mp_words_in(s->framework->catalog.title, false));
    mp_jsonw_key(w, MP_S("implemented-requirements"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        put_requirement(w, s, &s->score->controls[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_oscal_end(w, s);
}
