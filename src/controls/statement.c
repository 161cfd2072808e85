/* SPDX-License-Identifier: Apache-2.0 */
/* What the statements have in common: their head, and what is said of one control. */
#include "statement.h"

#include <stdlib.h>

#include "certification_show.h"
#include "framework_show.h"
#include "messages.h"
#include "time_put.h"

static const char *const implementation_names[] = {
    [MP_IMPLEMENTED] = "implemented",
    [MP_PARTLY_IMPLEMENTED] = "partial",
    [MP_PLANNED] = "planned",
    [MP_NOT_IMPLEMENTED] = "notImplemented",
    [MP_IMPLEMENTATION_UNKNOWN] = "unknown",
    [MP_IMPLEMENTATION_NOT_APPLICABLE] = "notApplicable",
};
const char *mp_implementation_name(mp_implementation i)
{
    return implementation_names[i];
}

/* ---- writing ---- */

void mp_put_day(mp_jsonw *w, const char *name, mp_ticks at)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, at);
    mp_str day = mp_arena_dup(w->arena, mp_str_of(text, 10));
    w->failed = w->failed || !day.ptr;
    mp_jsonw_put_str(w, name, day);
}

static mp_str said_in(mp_arena *arena, mp_lang lang, const char *id, const mp_words *args, size_t count)
{
    mp_str texts[9];
    mp_buf text = MP_BUF_INIT;
    for (size_t i = 0; i < count && i < MP_COUNT(texts); i++)
        texts[i] = mp_words_in(args[i], lang == MP_LANG_KO);
    mp_say(&text, lang, id, texts, count);
    mp_str out = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    return out;
}

mp_words mp_message_words(mp_arena *arena, const char *id, const mp_words *args, size_t count)
{
    return (mp_words){ .ko = said_in(arena, MP_LANG_KO, id, args, count),
                       .en = said_in(arena, MP_LANG_EN, id, args, count) };
}

void mp_put_message(mp_jsonw *w, const char *name, const char *id, const mp_words *args, size_t count)
{
    mp_words words = mp_message_words(w->arena, id, args, count);
    w->failed = w->failed || !words.ko.ptr || !words.en.ptr;
    mp_words_put(w, name, words);
}

void mp_put_control(mp_jsonw *w, const mp_statement *s, const mp_control *control)
{
    const mp_catalog *catalog = &s->framework->catalog;
    mp_jsonw_key(w, MP_S("control"));
    mp_control_name(w, s->framework, control);
    if (control->group != MP_NO_GROUP)
        mp_words_put(w, "group", catalog->groups[control->group].title);
}

void mp_statement_head(mp_jsonw *w, const char *kind, const mp_statement *s)
{
    mp_jsonw_put_str(w, "kind", mp_str_from(kind));
    mp_framework_put(w, s->framework, s->scheme);
    if (s->measure.len) {
        mp_jsonw_key(w, MP_S("measure"));
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", s->measure);
        mp_jsonw_put_filled(w, "title", s->title);
        mp_jsonw_put_filled(w, "service", s->service);
        mp_jsonw_put_filled(w, "environment", s->environment);
        mp_jsonw_put_filled(w, "owner", s->owner);
        mp_jsonw_put_filled(w, "inheritsFrom", s->inherits);
        mp_jsonw_end(w);
    }
    if (s->scope_count) {
        mp_jsonw_key(w, MP_S("scopes"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < s->scope_count; i++)
            mp_jsonw_str(w, s->scopes[i]);
        mp_jsonw_end(w);
    }
    mp_time_put_short(w, "asOf", s->as_of);
}

/* ---- of one control ---- */

const mp_control_decision *mp_statement_decided(const mp_statement *s, const mp_control *control)
{
    size_t low = 0, high = s->decided_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mp_str_cmp(s->decided[middle].control, control->id);
        if (order == 0)
            return &s->decided[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* In the order of the catalogue, as the score is. */
const mp_scored *mp_statement_scored(const mp_statement *s, const mp_control *control)
{
    const mp_control *first = s->framework->catalog.controls;
    size_t at = (size_t)(control - first), low = 0, high = s->score->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2,
               its = (size_t)(s->score->controls[middle].answer->control - first);
        if (its == at)
            return &s->score->controls[middle];
        if (its < at)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const mp_answer *answer_of(const mp_statement *s, const mp_control *control)
{
    return &s->framework->answers.of[control - s->framework->catalog.controls];
}

mp_responsibility mp_statement_responsible(const mp_statement *s, const mp_control *control)
{
    const mp_answer *answer = answer_of(s, control);
    const mp_control_decision *decided = mp_statement_decided(s, control);
    for (unsigned i = 0; decided && i < MP_RESPONSIBLE_COUNT; i++)
        if (mp_str_eq(decided->responsibility, mp_str_from(mp_responsible_name((mp_responsible)i))))
            return (mp_responsibility){ (mp_responsible)i, "decision" };
    return (mp_responsibility){ answer->responsible, answer->is_stated ? "source" : "judgement" };
}

static mp_implementation that_shows(mp_control_state state)
{
    static const mp_implementation of[] = {
        [MP_CONTROL_COMPLIANT] = MP_IMPLEMENTED,
        [MP_CONTROL_PARTIAL] = MP_PARTLY_IMPLEMENTED,
        [MP_CONTROL_NON_COMPLIANT] = MP_NOT_IMPLEMENTED,
        [MP_CONTROL_UNKNOWN] = MP_IMPLEMENTATION_UNKNOWN,
        [MP_CONTROL_NOT_APPLICABLE] = MP_IMPLEMENTATION_NOT_APPLICABLE,
    };
    return of[state];
}

mp_implemented mp_statement_implemented(const mp_statement *s, const mp_control *control)
{
    const mp_scored *scored = mp_statement_scored(s, control);
    const mp_control_decision *decided = mp_statement_decided(s, control);
    if (!scored || scored->state == MP_CONTROL_NOT_APPLICABLE)
        return (mp_implemented){ MP_IMPLEMENTATION_NOT_APPLICABLE, "state", false };
    mp_implementation shown = that_shows(scored->state);
    for (mp_implementation i = MP_IMPLEMENTED; decided && i <= MP_NOT_IMPLEMENTED; i++)
        if (mp_str_eq(decided->implementation, mp_str_from(mp_implementation_name(i)))) {
            bool is_seen_less =
                shown == MP_NOT_IMPLEMENTED || (shown == MP_PARTLY_IMPLEMENTED && i == MP_IMPLEMENTED);
            bool is_claimed = i == MP_IMPLEMENTED || i == MP_PARTLY_IMPLEMENTED;
            return (mp_implemented){ i, "people", is_claimed && is_seen_less };
        }
    return (mp_implemented){ shown, "state", false };
}

static mp_words demanded_by(const mp_statement *s)
{
    return s->scheme ? s->scheme->profile.title : s->framework->catalog.title;
}

mp_justified mp_statement_justified(const mp_statement *s, const mp_control *control)
{
    const mp_scored *scored = mp_statement_scored(s, control);
    const mp_control_decision *decided = mp_statement_decided(s, control);
    if (!scored)
        return (mp_justified){ .from = "scheme", .text = demanded_by(s) };
    if (scored->is_excluded)
        return (mp_justified){ true, false, "exclusion", scored->justification, scored->exclusion };
    if (scored->state == MP_CONTROL_NOT_APPLICABLE)
        return (mp_justified){ .is_demanded = true, .from = "state" };
    mp_justified j = { .is_demanded = true, .is_applicable = true, .from = "none" };
    if (decided && decided->justification.len) {
        j.from = "decision";
        j.text = (mp_words){ .ko = decided->justification, .en = decided->justification };
        j.id = decided->id;
    } else if (!s->framework->certification.is_justified_by_people) {
        j.from = "scheme";
        j.text = demanded_by(s);
    }
    return j;
}
