/* SPDX-License-Identifier: Apache-2.0 */
#include "certification.h"

#include "frameworks.h"
#include "oscal.h"

bool mp_said_of(const mp_str *schemes, size_t count, mp_str scheme)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(schemes[i], scheme))
            return true;
    return count == 0 || scheme.len == 0;
}

static mp_code read_schemes(const mp_str **out, size_t *count, const mp_json *json,
                            const mp_framework *framework, const mp_citing *citing, mp_error *err)
{
    MP_TRY(mp_names_read(out, count, json, "schemes", citing, err));
    for (size_t i = 0; i < *count; i++)
        if (!mp_scheme_find(framework, (*out)[i]))
            return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the framework has no scheme '%.*s'",
                           MP_FMT((*out)[i]));
    return MP_OK;
}

static mp_code read_facts(const mp_fact **out, size_t *count, const mp_json *object, const char *member,
                          const mp_framework *framework, const mp_citing *citing, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, object, member, err));
    if (!list)
        return MP_OK;
    mp_fact *facts = MP_ARENA_ARRAY(citing->arena, mp_fact, list->count + 1);
    if (!facts)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list)) {
        mp_fact *f = &facts[(*count)++];
        f->kind = mp_json_get_text(one, "kind");
        MP_TRY(mp_cited_read(&f->said, one, citing, err));
        MP_TRY(read_schemes(&f->schemes, &f->scheme_count, one, framework, citing, err));
    }
    *out = facts;
    return MP_OK;
}

/* ---- substitution ---- */

static mp_code read_substitution(mp_substitution *out, const mp_json *json, const mp_citing *citing,
                                 mp_error *err)
{
    const mp_json *count = mp_json_get(json, MP_S("count"));
    if (!json)
        return MP_OK;
    out->certificate = mp_oscal_words(mp_json_get(json, MP_S("certificate")));
    out->property = mp_arena_dup(citing->arena, mp_json_get_text(json, "property"));
    if (!out->property.ptr)
        return mp_no_memory(err);
    out->count = mp_json_is(count, MP_JSON_INT) && count->u.integer > 0 ? (size_t)count->u.integer : 0;
    if (!out->property.len || !out->certificate.en.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"substitution\" wants \"certificate\" and \"property\"");
    MP_TRY(mp_cited_read(&out->basis, mp_json_get(json, MP_S("basis")), citing, err));
    MP_TRY(mp_cited_list(&out->conditions, &out->condition_count, json, "conditions", citing, err));
    return mp_cited_list(&out->effects, &out->effect_count, json, "effects", citing, err);
}

/* ---- cycle ---- */

static mp_code read_span(mp_span *out, const mp_json *json, const char *member, mp_error *err)
{
    mp_str text = mp_json_get_text(json, member);
    if (!mp_json_get(json, mp_str_from(member)) || mp_period_read(&out->months, &out->days, text))
        return MP_OK;
    return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                   "\"%s\" of the cycle is '%.*s'; wanted is a period such as P1Y, P6M or P30D", member,
                   MP_FMT(text));
}

static mp_code read_due(mp_due *out, const mp_json *json, const mp_framework *framework,
                        const mp_citing *citing, mp_error *err)
{
    mp_str from = mp_json_get_text(json, "from");
    const mp_json *times = mp_json_get(json, MP_S("times"));
    out->title = mp_oscal_words(mp_json_get(json, MP_S("title")));
    out->is_before_expiry = mp_str_eq(from, MP_S("expires"));
    out->times = mp_json_is(times, MP_JSON_INT) && times->u.integer > 0 && times->u.integer < 1000
                     ? (unsigned)times->u.integer
                     : 0;
    MP_TRY(mp_cited_read(&out->said, json, citing, err));
    if (!out->said.id.len || !out->title.en.len || (!out->is_before_expiry && !mp_str_eq(from, MP_S("issued"))))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "'%.*s' of the cycle wants \"id\", \"title\" and \"from\": issued or expires",
                       MP_FMT(out->said.id));
    MP_TRY(read_span(&out->offset, json, out->is_before_expiry ? "before" : "after", err));
    MP_TRY(read_span(&out->every, json, "every", err));
    return read_schemes(&out->schemes, &out->scheme_count, json, framework, citing, err);
}

static mp_code read_cycle(mp_cycle *out, const mp_json *json, const mp_framework *framework,
                          const mp_citing *citing, mp_error *err)
{
    const mp_json *list;
    if (!json)
        return MP_OK;
    MP_TRY(read_span(&out->validity, json, "validity", err));
    MP_TRY(read_facts(&out->notes, &out->note_count, json, "notes", framework, citing, err));
    MP_TRY(mp_oscal_array(&list, json, "events", err));
    if (!list)
        return MP_OK;
    mp_due *events = MP_ARENA_ARRAY(citing->arena, mp_due, list->count + 1);
    if (!events)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list))
        MP_TRY(read_due(&events[out->event_count++], one, framework, citing, err));
    out->events = events;
    return MP_OK;
}

/* ---- together ---- */

static mp_code read_applicability(mp_certification *out, const mp_json *json, const mp_citing *citing, mp_error *err)
{
    if (!json)
        return MP_OK;
    out->is_justified_by_people = mp_str_eq(mp_json_get_text(json, "by"), MP_S("people"));
    return mp_cited_read(&out->applicability, json, citing, err);
}

static mp_code read_all(mp_certification *out, const mp_json *root, const mp_framework *framework,
                        const mp_citing *citing, mp_error *err)
{
    const mp_json *finder = mp_json_get(root, MP_S("finder"));
    MP_TRY(read_applicability(out, mp_json_get(root, MP_S("applicability")), citing, err));
    MP_TRY(read_facts(&out->facts, &out->fact_count, root, "facts", framework, citing, err));
    MP_TRY(read_substitution(&out->substitution, mp_json_get(root, MP_S("substitution")), citing, err));
    MP_TRY(read_cycle(&out->cycle, mp_json_get(root, MP_S("cycle")), framework, citing, err));
    if (!finder)
        return MP_OK;
    mp_finder *f = MP_ARENA_NEW(citing->arena, mp_finder);
    if (!f)
        return mp_no_memory(err);
    out->finder = f;
    return mp_finder_read(f, finder, framework, citing, err);
}

mp_code mp_certification_read(mp_certification *out, const mp_json *document, const mp_framework *framework,
                              mp_arena *arena, mp_error *err)
{
    const mp_json *root = mp_json_get(document, MP_S("certification")), *sources;
    mp_citing citing;
    mp_str of = mp_json_get_text(root, "catalog");
    *out = (mp_certification){ .is_there = true };
    if (!mp_str_eq(of, framework->catalog.uuid))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE,
                       "this is certification by the catalogue '%.*s', and not by '%.*s'", MP_FMT(of),
                       MP_FMT(framework->catalog.uuid));
    MP_TRY(mp_oscal_array(&sources, root, "sources", err));
    mp_code code = mp_citing_read(&citing, sources, arena, err);
    if (code == MP_OK)
        code = read_all(out, root, framework, &citing, err);
    mp_citing_free(&citing);
    return code;
}
