/* SPDX-License-Identifier: Apache-2.0 */
#include "certification_show.h"
#include "framework_show.h"

static bool has(uint64_t bits, size_t at)
{
    return bits >> at & 1;
}

/* Rules that spoke and for which `take` is set in their bits. */
static void put_spoken(mp_jsonw *w, const char *name, const mp_finder *finder, const mp_found *found,
                       size_t scheme, bool is_for)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < finder->rule_count; i++) {
        const mp_finder_rule *r = &finder->rules[i];
        if (!found->fired[i] || !has(is_for ? r->supports : r->excludes, scheme))
            continue;
        mp_jsonw_object(w);
        mp_cited_put(w, &r->said);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_scheme(mp_jsonw *w, const mp_framework *framework, const mp_found *found, size_t at)
{
    const mp_finder *finder = framework->certification.finder;
    const mp_finder_scheme *s = &finder->schemes[at];
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->id);
    mp_words_put(w, "title", s->title);
    mp_jsonw_put_bool(w, "published", s->scheme != NULL);
    mp_jsonw_put_bool(w, "fits", has(found->candidates, at));
    if (s->scheme)
        mp_jsonw_put_int(w, "controls", (int64_t)s->scheme->profile.count);
    put_spoken(w, "for", finder, found, at, true);
    put_spoken(w, "against", finder, found, at, false);
    mp_facts_put(w, "facts", framework->certification.facts, framework->certification.fact_count, s->id);
    mp_jsonw_end(w);
}

static void put_question(mp_jsonw *w, const mp_finder_question *q, bool is_asked, size_t answer)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", q->id);
    mp_words_put(w, "text", q->text);
    mp_words_put(w, "help", q->help);
    mp_jsonw_put_bool(w, "asked", is_asked);
    if (is_asked && answer != MP_NO_CHOICE)
        mp_jsonw_put_str(w, "answer", q->choices[answer].id);
    mp_jsonw_key(w, MP_S("choices"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < q->choice_count; i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "id", q->choices[i].id);
        mp_words_put(w, "text", q->choices[i].text);
        mp_jsonw_put_bool(w, "chosen", is_asked && answer == i);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* Rules that spoke and settle an outcome, or state a condition. */
static void put_rules(mp_jsonw *w, const char *name, const mp_finder *finder, const mp_found *found,
                      bool conditions)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (size_t i = 0; i < finder->rule_count; i++) {
        const mp_finder_rule *r = &finder->rules[i];
        if (!found->fired[i] || !(conditions ? r->is_condition : r->outcome != MP_FOUND_OPEN))
            continue;
        mp_jsonw_object(w);
        if (!conditions)
            mp_jsonw_put_str(w, "outcome", mp_str_from(mp_finding_name(r->outcome)));
        mp_cited_put(w, &r->said);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

void mp_found_show(mp_jsonw *w, const mp_framework *framework, const size_t *answers, const mp_found *found)
{
    const mp_finder *finder = framework->certification.finder;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", MP_S("finder"));
    mp_framework_put(w, framework, NULL);
    mp_jsonw_put_str(w, "outcome", mp_str_from(mp_finding_name(found->finding)));
    if (found->next != MP_NO_CHOICE)
        mp_jsonw_put_str(w, "next", finder->questions[found->next].id);
    put_rules(w, "reasons", finder, found, false);
    mp_jsonw_key(w, MP_S("schemes"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < finder->scheme_count; i++)
        put_scheme(w, framework, found, i);
    mp_jsonw_end(w);
    put_rules(w, "conditions", finder, found, true);
    mp_jsonw_key(w, MP_S("questions"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < finder->question_count; i++)
        put_question(w, &finder->questions[i], has(found->asked, i), answers[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
