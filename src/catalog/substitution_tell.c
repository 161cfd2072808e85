/* SPDX-License-Identifier: Apache-2.0 */
#include "certification_show.h"
#include "framework_show.h"

void mp_facts_put(mp_jsonw *w, const char *name, const mp_fact *facts, size_t count, mp_str scheme)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        if (!mp_said_of(facts[i].schemes, facts[i].scheme_count, scheme))
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_filled(w, "kind", facts[i].kind);
        mp_cited_put(w, &facts[i].said);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_titled(mp_jsonw *w, const char *name, mp_str id, mp_words title, mp_words note)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", id);
    mp_words_put(w, "title", title);
    mp_words_put(w, "note", note);
    mp_jsonw_end(w);
}

void mp_framework_put(mp_jsonw *w, const mp_framework *framework, const mp_scheme *scheme)
{
    put_titled(w, "framework", framework->id, framework->catalog.title, (mp_words){ .ko = { NULL, 0 } });
    mp_jsonw_put_str(w, "edition", framework->catalog.version);
    if (scheme)
        put_titled(w, "scheme", scheme->id, scheme->profile.title, mp_scheme_note(scheme));
}

/* ---- which are replaced ---- */

typedef struct telling {
    const mp_framework *framework;
    const mp_scheme *scheme; /* NULL: the whole catalogue */
    mp_str property;
} telling;

static bool is_demanded(const telling *t, const mp_control *c)
{
    return !c->is_withdrawn && (!t->scheme || mp_profile_find(&t->scheme->profile, c->id) != NULL);
}

static bool is_replaced(const telling *t, const mp_control *c)
{
    return t->property.len && mp_control_property(c, t->property.ptr).len > 0;
}

typedef struct counts {
    size_t demanded, replaced, elsewhere; /* replaceable, but not demanded here */
} counts;

static counts count(const telling *t, size_t first, size_t n)
{
    counts c = { .demanded = 0 };
    for (size_t i = first; i < first + n; i++) {
        const mp_control *control = &t->framework->catalog.controls[i];
        bool demanded = is_demanded(t, control), replaced = is_replaced(t, control);
        c.demanded += demanded;
        c.replaced += demanded && replaced;
        c.elsewhere += !demanded && replaced;
    }
    return c;
}

static void put_counts(mp_jsonw *w, counts c)
{
    mp_jsonw_put_int(w, "controls", (int64_t)c.demanded);
    mp_jsonw_put_int(w, "substituted", (int64_t)c.replaced);
    mp_jsonw_put_int(w, "remaining", (int64_t)(c.demanded - c.replaced));
}

static void put_groups(mp_jsonw *w, const telling *t)
{
    const mp_catalog *catalog = &t->framework->catalog;
    mp_jsonw_key(w, MP_S("groups"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->group_count; i++) {
        const mp_control_group *g = &catalog->groups[i];
        counts c = count(t, g->first, g->count);
        if (g->parent != MP_NO_GROUP || c.demanded == 0)
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "id", g->id);
        mp_jsonw_put_str(w, "label", g->label);
        mp_words_put(w, "title", g->title);
        put_counts(w, c);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* The title of the innermost group, which people know a control by. */
static void put_group_of(mp_jsonw *w, const mp_catalog *catalog, const mp_control *control)
{
    if (control->group != MP_NO_GROUP)
        mp_words_put(w, "group", catalog->groups[control->group].title);
}

static void put_rows(mp_jsonw *w, const telling *t)
{
    const mp_catalog *catalog = &t->framework->catalog;
    mp_jsonw_key(w, MP_S("rows"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->control_count; i++) {
        if (!is_demanded(t, &catalog->controls[i]))
            continue;
        mp_jsonw_object(w);
        mp_jsonw_key(w, MP_S("control"));
        mp_control_name(w, t->framework, &catalog->controls[i]);
        put_group_of(w, catalog, &catalog->controls[i]);
        mp_jsonw_put_bool(w, "substituted", is_replaced(t, &catalog->controls[i]));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_elsewhere(mp_jsonw *w, const telling *t)
{
    const mp_catalog *catalog = &t->framework->catalog;
    mp_jsonw_key(w, MP_S("elsewhere"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < catalog->control_count; i++)
        if (!is_demanded(t, &catalog->controls[i]) && is_replaced(t, &catalog->controls[i]))
            mp_control_name(w, t->framework, &catalog->controls[i]);
    mp_jsonw_end(w);
}

void mp_substitution_show(mp_jsonw *w, const mp_framework *framework, const mp_scheme *scheme)
{
    const mp_substitution *s = &framework->certification.substitution;
    telling t = { .framework = framework, .scheme = scheme, .property = s->property };
    counts all = count(&t, 0, framework->catalog.control_count);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", MP_S("substitution"));
    mp_framework_put(w, framework, scheme);
    mp_words_put(w, "certificate", s->certificate);
    mp_jsonw_key(w, MP_S("basis"));
    mp_jsonw_object(w);
    mp_cited_put(w, &s->basis);
    mp_jsonw_end(w);
    mp_cited_put_list(w, "conditions", s->conditions, s->condition_count);
    mp_cited_put_list(w, "effects", s->effects, s->effect_count);
    mp_facts_put(w, "facts", framework->certification.facts, framework->certification.fact_count,
                 scheme ? scheme->id : MP_S(""));
    mp_jsonw_key(w, MP_S("totals"));
    mp_jsonw_object(w);
    put_counts(w, all);
    mp_jsonw_put_int(w, "elsewhere", (int64_t)all.elsewhere);
    mp_jsonw_put_int(w, "named", (int64_t)(all.replaced + all.elsewhere));
    mp_jsonw_end(w);
    put_groups(w, &t);
    put_rows(w, &t);
    put_elsewhere(w, &t);
    mp_jsonw_end(w);
}
