/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_show.h"

#include "oscal.h"

void mp_words_put(mp_jsonw *w, const char *name, mp_words words)
{
    if (!words.ko.len && !words.en.len)
        return;
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_filled(w, "ko", words.ko);
    mp_jsonw_put_filled(w, "en", words.en);
    mp_jsonw_end(w);
}

static void put_count(mp_jsonw *w, const char *name, size_t count) { mp_jsonw_put_int(w, name, (int64_t)count); }

static const mp_framework *framework_of(const mp_frameworks *all, const mp_catalog *catalog)
{
    for (size_t i = 0; i < all->count; i++)
        if (&all->of[i].catalog == catalog)
            return &all->of[i];
    return NULL;
}

void mp_control_name(mp_jsonw *w, const mp_framework *framework, const mp_control *control)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", framework->id);
    mp_jsonw_put_str(w, "id", control->id);
    mp_jsonw_put_str(w, "label", control->label);
    mp_words_put(w, "title", control->title);
    mp_jsonw_end(w);
}

/* ---- what answers a control ---- */

static void put_texts(mp_jsonw *w, const char *name, const mp_str *texts, size_t count)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++)
        mp_jsonw_str(w, texts[i]);
    mp_jsonw_end(w);
}

static void put_questions(mp_jsonw *w, const mp_answer *a)
{
    mp_jsonw_key(w, MP_S("questions"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < a->question_count; i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_filled(w, "ko", a->questions[i].ko);
        mp_jsonw_put_filled(w, "en", a->questions[i].en);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_evidence(mp_jsonw *w, const mp_answer *a)
{
    mp_jsonw_key(w, MP_S("evidence"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < a->evidence_count; i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "kind", a->evidence[i].kind);
        mp_words_put(w, "name", a->evidence[i].name);
        mp_jsonw_put_str(w, "every", a->evidence[i].every);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_answer(mp_jsonw *w, const mp_answer *a)
{
    mp_jsonw_key(w, MP_S("answer"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "checkedBy", mp_str_from(mp_checked_by_name(a->checked_by)));
    mp_jsonw_put_bool(w, "gap", a->is_gap);
    mp_words_put(w, "why", a->why);
    put_texts(w, "policies", a->policies, a->policy_count);
    put_texts(w, "groups", a->groups, a->group_count);
    put_questions(w, a);
    put_evidence(w, a);
    mp_jsonw_put_str(w, "responsibility", mp_str_from(mp_responsible_name(a->responsible)));
    mp_jsonw_put_bool(w, "statedBySource", a->is_stated);
    mp_jsonw_put_filled(w, "team", a->team);
    mp_jsonw_put_filled(w, "service", a->service);
    mp_jsonw_put_bool(w, "required", a->is_required);
    mp_jsonw_put_str(w, "nature", mp_str_from(mp_nature_name(a->nature)));
    mp_jsonw_put_int(w, "weight", mp_answer_weight(a));
    mp_jsonw_end(w);
}

/* ---- a control ---- */

/* Our own properties, but for the title: "isms-substitutes", "category". */
static void put_properties(mp_jsonw *w, const mp_control *control)
{
    const mp_json *props = mp_json_get(control->json, MP_S("props"));
    bool           is_open = false;
    if (!mp_json_is(props, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(prop, props)) {
        if (!mp_str_eq(mp_json_get_text(prop, "ns"), MP_S(MP_OSCAL_NS)) || mp_json_get_text(prop, "class").len)
            continue;
        if (!is_open) {
            mp_jsonw_key(w, MP_S("properties"));
            mp_jsonw_object(w);
            is_open = true;
        }
        mp_jsonw_key(w, mp_json_get_text(prop, "name"));
        mp_jsonw_str(w, mp_json_get_text(prop, "value"));
    }
    if (is_open)
        mp_jsonw_end(w);
}

static void put_control(mp_jsonw *w, const mp_framework *f, const mp_control *c, const mp_selected *selected)
{
    const mp_control *as = selected ? &selected->control : c;
    mp_jsonw_put_str(w, "id", c->id);
    mp_jsonw_put_str(w, "label", as->label);
    mp_words_put(w, "title", as->title);
    if (c->group != MP_NO_GROUP)
        mp_jsonw_put_filled(w, "group", f->catalog.groups[c->group].id);
    if (c->parent != MP_NO_GROUP)
        mp_jsonw_put_str(w, "parent", f->catalog.controls[c->parent].id);
    if (c->is_withdrawn)
        mp_jsonw_put_bool(w, "withdrawn", true);
    if (selected && selected->is_altered)
        mp_jsonw_put_bool(w, "altered", true);
    mp_words_put(w, "statement", as->statement);
    put_properties(w, as);
    put_answer(w, &f->answers.of[c - f->catalog.controls]);
}

void mp_control_show(mp_jsonw *w, const mp_framework *framework, const mp_control *control, const mp_selected *selected)
{
    mp_jsonw_object(w);
    put_control(w, framework, control, selected);
    mp_jsonw_end(w);
}

/* ---- what it maps to ---- */

static void put_line(mp_jsonw *w, const mp_framework *other, const mp_mapping_of *m, const mp_map_line *line, bool is_turned)
{
    const mp_control *c = is_turned ? line->from : line->to;
    mp_relation       relation = is_turned ? mp_relation_turned(line->relation) : line->relation;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "relation", mp_str_from(mp_relation_name(relation)));
    mp_jsonw_key(w, MP_S("to"));
    mp_control_name(w, other, c);
    mp_jsonw_put_bool(w, "stated", line->is_stated);
    mp_words_put(w, "note", line->note);
    mp_words_put(w, "basis", m->basis);
    mp_jsonw_put_str(w, "mapping", m->uuid);
    mp_jsonw_end(w);
}

static void put_mappings(mp_jsonw *w, const mp_frameworks *all, const mp_framework *f, const mp_control *c)
{
    mp_jsonw_key(w, MP_S("mappings"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < all->mapping_count; i++) {
        const mp_mapping_of *m = &all->mappings[i];
        for (size_t k = 0; k < m->count; k++) {
            if (m->from == &f->catalog && m->lines[k].from == c)
                put_line(w, framework_of(all, m->to), m, &m->lines[k], false);
            if (m->to == &f->catalog && m->lines[k].to == c)
                put_line(w, framework_of(all, m->from), m, &m->lines[k], true);
        }
    }
    mp_jsonw_end(w);
}

static bool is_same(mp_words a, mp_words b) { return mp_str_eq(a.ko, b.ko) && mp_str_eq(a.en, b.en); }

/* Each wording that differs from the catalogue's once, with the schemes that have it. */
static void put_variants(mp_jsonw *w, const mp_framework *f, const mp_control *control)
{
    mp_jsonw_key(w, MP_S("variants"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < f->scheme_count; i++) {
        const mp_selected *s = mp_profile_find(&f->schemes[i].profile, control->id);
        bool is_told = !s || !s->is_altered || is_same(s->control.statement, control->statement);
        for (size_t k = 0; k < i && !is_told; k++) {
            const mp_selected *before = mp_profile_find(&f->schemes[k].profile, control->id);
            is_told = before && is_same(before->control.statement, s->control.statement);
        }
        if (is_told)
            continue;
        mp_jsonw_object(w);
        mp_jsonw_key(w, MP_S("schemes"));
        mp_jsonw_array(w);
        for (size_t k = i; k < f->scheme_count; k++) {
            const mp_selected *same = mp_profile_find(&f->schemes[k].profile, control->id);
            if (same && is_same(same->control.statement, s->control.statement))
                mp_jsonw_str(w, f->schemes[k].id);
        }
        mp_jsonw_end(w);
        mp_words_put(w, "statement", s->control.statement);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* Where the sources have it: links of the control to what the catalogue was written from. */
static void put_places(mp_jsonw *w, const mp_framework *f, const mp_control *control)
{
    const mp_json *links = mp_json_get(control->json, MP_S("links")),
                  *resources = mp_json_get(mp_json_get(f->catalog.json, MP_S("back-matter")), MP_S("resources"));
    mp_jsonw_key(w, MP_S("sources"));
    mp_jsonw_array(w);
    if (mp_json_is(links, MP_JSON_ARRAY) && mp_json_is(resources, MP_JSON_ARRAY))
        for (MP_JSON_EACH(link, links)) {
            mp_str href = mp_json_get_text(link, "href");
            for (MP_JSON_EACH(resource, resources)) {
                if (!mp_str_starts(href, MP_S("#")) ||
                    !mp_str_eq(mp_json_get_text(resource, "uuid"), mp_str_skip(href, 1)))
                    continue;
                mp_jsonw_object(w);
                mp_jsonw_put_filled(w, "title", mp_json_get_text(resource, "title"));
                mp_jsonw_put_filled(w, "place", mp_json_get_text(link, "text"));
                mp_jsonw_end(w);
            }
        }
    mp_jsonw_end(w);
}

void mp_control_show_whole(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework, const mp_scheme *scheme, const mp_control *control)
{
    const mp_selected *as = scheme ? mp_profile_find(&scheme->profile, control->id) : NULL;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", framework->id);
    if (scheme) {
        mp_jsonw_put_str(w, "scheme", scheme->id);
        mp_jsonw_put_bool(w, "demanded", as != NULL);
    }
    put_control(w, framework, control, as);
    put_places(w, framework, control);
    if (!scheme)
        put_variants(w, framework, control);
    mp_jsonw_key(w, MP_S("schemes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < framework->scheme_count; i++) {
        const mp_scheme   *s = &framework->schemes[i];
        const mp_selected *selected = mp_profile_find(&s->profile, control->id);
        if (!selected)
            continue;
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "id", s->id);
        mp_words_put(w, "title", s->profile.title);
        if (selected->is_altered)
            mp_words_put(w, "statement", selected->control.statement);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    put_mappings(w, all, framework, control);
    mp_jsonw_end(w);
}

/* ---- a framework ---- */

static mp_words note_of(const mp_json *metadata)
{
    return (mp_words){ .ko = mp_oscal_property(metadata, "note", MP_OSCAL_NS, "ko"), .en = mp_oscal_property(metadata, "note", MP_OSCAL_NS, "en") };
}

mp_words mp_scheme_note(const mp_scheme *scheme)
{
    return scheme ? note_of(mp_json_get(scheme->profile.json, MP_S("metadata"))) : (mp_words){ .ko = { NULL, 0 } };
}

static void put_scheme(mp_jsonw *w, const mp_scheme *s)
{
    const mp_json *metadata = mp_json_get(s->profile.json, MP_S("metadata"));
    size_t         altered = 0;
    for (size_t i = 0; i < s->profile.count; i++) /* what says the same in other words of OSCAL is no wording of its own */
        altered += s->profile.controls[i].is_altered &&
                   !is_same(s->profile.controls[i].control.statement, s->profile.controls[i].base->statement);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->id);
    mp_words_put(w, "title", s->profile.title);
    put_count(w, "controls", s->profile.count);
    put_count(w, "altered", altered);
    mp_jsonw_put_filled(w, "officialCount", mp_oscal_property(metadata, "official-count", MP_OSCAL_NS, NULL));
    mp_jsonw_put_filled(w, "validity", mp_oscal_property(metadata, "validity", MP_OSCAL_NS, NULL));
    mp_words_put(w, "note", mp_scheme_note(s));
    mp_jsonw_end(w);
}

/* Who checks how many, and how many nobody answers. */
static void put_sums(mp_jsonw *w, const mp_framework *f, const mp_scheme *scheme)
{
    size_t by[MP_CHECKED_BY_COUNT] = { 0 }, gaps = 0, count = scheme ? scheme->profile.count : f->catalog.control_count;
    for (size_t i = 0; i < count; i++) {
        const mp_control *c = scheme ? scheme->profile.controls[i].base : &f->catalog.controls[i];
        const mp_answer  *a = &f->answers.of[c - f->catalog.controls];
        by[a->checked_by] += !a->is_gap;
        gaps += a->is_gap;
    }
    mp_jsonw_key(w, MP_S("checkedBy"));
    mp_jsonw_object(w);
    for (unsigned i = MP_CHECKED_BY_COUNT; i-- > 0;)
        put_count(w, mp_checked_by_name((mp_checked_by)i), by[i]);
    put_count(w, "gap", gaps);
    mp_jsonw_end(w);
}

static void put_mapping(mp_jsonw *w, const mp_framework *other, const mp_mapping_of *m)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "with", other->id);
    mp_jsonw_put_str(w, "mapping", m->uuid);
    put_count(w, "count", m->count);
    mp_words_put(w, "basis", m->basis);
    mp_jsonw_end(w);
}

/* What the catalogue was written from. */
static void put_sources(mp_jsonw *w, const mp_framework *f)
{
    const mp_json *resources = mp_json_get(mp_json_get(f->catalog.json, MP_S("back-matter")), MP_S("resources"));
    mp_jsonw_key(w, MP_S("sources"));
    mp_jsonw_array(w);
    if (mp_json_is(resources, MP_JSON_ARRAY))
        for (MP_JSON_EACH(resource, resources)) {
            mp_jsonw_object(w);
            mp_jsonw_put_filled(w, "title", mp_json_get_text(resource, "title"));
            mp_jsonw_put_filled(w, "description", mp_json_get_text(resource, "description"));
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
}

static void put_brief(mp_jsonw *w, const mp_frameworks *all, const mp_framework *f, const mp_scheme *scheme)
{
    mp_jsonw_put_str(w, "id", f->id);
    mp_jsonw_put_str(w, "family", mp_framework_family(f->id));
    mp_jsonw_put_filled(w, "edition", f->catalog.version);
    mp_words_put(w, "title", f->catalog.title);
    mp_words_put(w, "note", note_of(mp_json_get(f->catalog.json, MP_S("metadata"))));
    mp_jsonw_put_str(w, "uuid", f->catalog.uuid);
    mp_jsonw_put_str(w, "from", f->is_own ? MP_S("own") : MP_S("mapae"));
    put_count(w, "controls", scheme ? scheme->profile.count : f->catalog.control_count);
    put_sums(w, f, scheme);
    mp_jsonw_key(w, MP_S("schemes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < f->scheme_count; i++)
        put_scheme(w, &f->schemes[i]);
    mp_jsonw_end(w);
    put_sources(w, f);
    mp_jsonw_key(w, MP_S("mappings"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < all->mapping_count; i++) {
        const mp_mapping_of *m = &all->mappings[i];
        if (m->from == &f->catalog || m->to == &f->catalog)
            put_mapping(w, framework_of(all, m->from == &f->catalog ? m->to : m->from), m);
    }
    mp_jsonw_end(w);
}

void mp_framework_show_brief(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework)
{
    mp_jsonw_object(w);
    put_brief(w, all, framework, NULL);
    mp_jsonw_end(w);
}

static void put_groups(mp_jsonw *w, const mp_framework *f)
{
    mp_jsonw_key(w, MP_S("groups"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < f->catalog.group_count; i++) {
        const mp_control_group *g = &f->catalog.groups[i];
        mp_jsonw_object(w);
        mp_jsonw_put_filled(w, "id", g->id);
        mp_jsonw_put_filled(w, "label", g->label);
        mp_words_put(w, "title", g->title);
        if (g->parent != MP_NO_GROUP)
            mp_jsonw_put_filled(w, "parent", f->catalog.groups[g->parent].id);
        put_count(w, "controls", g->count);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

void mp_framework_show(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework, const mp_scheme *scheme)
{
    mp_jsonw_object(w);
    put_brief(w, all, framework, scheme);
    if (scheme)
        mp_jsonw_put_str(w, "scheme", scheme->id);
    put_groups(w, framework);
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < (scheme ? scheme->profile.count : framework->catalog.control_count); i++)
        if (scheme)
            mp_control_show(w, framework, scheme->profile.controls[i].base, &scheme->profile.controls[i]);
        else
            mp_control_show(w, framework, &framework->catalog.controls[i], NULL);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
