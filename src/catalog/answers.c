/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include "oscal.h"

static const char *const checked_by_names[] = { [MP_BY_PERSON] = "person", [MP_BY_PART] = "part", [MP_BY_MACHINE] = "machine" };
static const char *const responsible_names[] = { [MP_OF_CUSTOMER] = "customer", [MP_OF_PROVIDER] = "provider", [MP_OF_BOTH] = "shared" };
static const char *const nature_names[] = { [MP_PREVENTIVE] = "preventive", [MP_DETECTIVE] = "detective", [MP_CORRECTIVE] = "corrective" };

const char *mp_checked_by_name(mp_checked_by by) { return checked_by_names[by]; }
const char *mp_responsible_name(mp_responsible who) { return responsible_names[who]; }
const char *mp_nature_name(mp_nature nature) { return nature_names[nature]; }

unsigned mp_answer_weight(const mp_answer *answer)
{
    bool prevents = answer->nature == MP_PREVENTIVE;
    return answer->is_required ? (prevents ? 27 : 3) : (prevents ? 9 : 1);
}

/* ---- members ---- */

/* The number of a name; `fallback` when the member is absent. */
static mp_code read_name(unsigned *out, const mp_json *entry, const char *member, const char *const *names, size_t count, unsigned fallback, mp_error *err)
{
    const mp_json *v = mp_json_get(entry, mp_str_from(member));
    mp_str         text = mp_json_get_text(entry, member);
    *out = fallback;
    if (!v)
        return MP_OK;
    for (unsigned i = 0; i < count; i++)
        if (mp_str_eq(text, mp_str_from(names[i]))) {
            *out = i;
            return MP_OK;
        }
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"%s\" of the answer to '%.*s' is '%.*s'; wanted is %s, %s or %s",
                   member, MP_FMT(mp_json_get_text(entry, "control")), MP_FMT(text), names[0], names[1], names[2]);
}

static bool flag_of(const mp_json *entry, const char *member, bool fallback)
{
    const mp_json *v = mp_json_get(entry, mp_str_from(member));
    return mp_json_is(v, MP_JSON_BOOL) ? v->u.integer != 0 : fallback;
}

static mp_code read_texts(const mp_str **out, size_t *count, const mp_json *entry, const char *member, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, entry, member, err));
    if (!list)
        return MP_OK;
    mp_str *texts = MP_ARENA_ARRAY(arena, mp_str, list->count + 1);
    if (!texts)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list)) {
        if (!mp_json_is(one, MP_JSON_STRING) || !one->count)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"%s\" of the answer to '%.*s' wants names", member,
                           MP_FMT(mp_json_get_text(entry, "control")));
        texts[(*count)++] = mp_json_str(one);
    }
    *out = texts;
    return MP_OK;
}

static mp_code read_questions(mp_answer *out, const mp_json *entry, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, entry, "questions", err));
    if (!list)
        return MP_OK;
    mp_words *questions = MP_ARENA_ARRAY(arena, mp_words, list->count + 1);
    if (!questions)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list)) {
        mp_words words = mp_oscal_words(one);
        if (!words.ko.len && !words.en.len)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a question about '%.*s' has no words: wanted is {\"ko\", \"en\"}", MP_FMT(out->control->id));
        questions[out->question_count++] = words;
    }
    out->questions = questions;
    return MP_OK;
}

static mp_code read_rule(mp_evidence_rule *out, const mp_json *v, const mp_control *control, mp_error *err)
{
    mp_str every = mp_json_get_text(v, "every");
    *out = (mp_evidence_rule){ .kind = mp_json_get_text(v, "kind"),
                               .name = mp_oscal_words(mp_json_get(v, MP_S("name"))),
                               .every = every,
                               .at_change = mp_str_eq(every, MP_S("change")) };
    if (!out->kind.len || (!out->name.ko.len && !out->name.en.len))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "evidence of '%.*s' wants \"kind\" and \"name\"", MP_FMT(control->id));
    if (out->at_change || mp_str_eq(every, MP_S("once")) || mp_period_read(&out->months, &out->days, every))
        return MP_OK;
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"every\" of the evidence of '%.*s' is '%.*s'; wanted is a period such as P1Y, P3M or P7D, or once, or change", MP_FMT(control->id),
                   MP_FMT(every));
}

static mp_code read_evidence(mp_answer *out, const mp_json *entry, mp_arena *arena, mp_error *err)
{
    const mp_json *list;
    MP_TRY(mp_oscal_array(&list, entry, "evidence", err));
    if (!list)
        return MP_OK;
    mp_evidence_rule *rules = MP_ARENA_ARRAY(arena, mp_evidence_rule, list->count + 1);
    if (!rules)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list))
        MP_TRY(read_rule(&rules[out->evidence_count++], one, out->control, err));
    out->evidence = rules;
    return MP_OK;
}

/* ---- together ---- */

static mp_code read_one(mp_answer *out, const mp_json *entry, mp_arena *arena, mp_error *err)
{
    unsigned by, who, nature;
    MP_TRY(read_name(&by, entry, "checkedBy", checked_by_names, MP_CHECKED_BY_COUNT, MP_BY_PERSON, err));
    MP_TRY(read_name(&who, entry, "responsibility", responsible_names, MP_RESPONSIBLE_COUNT, MP_OF_BOTH, err));
    MP_TRY(read_name(&nature, entry, "nature", nature_names, MP_NATURE_COUNT, MP_PREVENTIVE, err));
    out->checked_by = (mp_checked_by)by;
    out->responsible = (mp_responsible)who;
    out->nature = (mp_nature)nature;
    out->is_required = flag_of(entry, "required", true);
    out->is_stated = flag_of(entry, "statedBySource", false);
    out->team = mp_json_get_text(entry, "team");
    out->service = mp_json_get_text(entry, "service");
    out->why = mp_oscal_words(mp_json_get(entry, MP_S("why")));
    MP_TRY(read_texts(&out->policies, &out->policy_count, entry, "policies", arena, err));
    MP_TRY(read_texts(&out->groups, &out->group_count, entry, "groups", arena, err));
    MP_TRY(read_questions(out, entry, arena, err));
    MP_TRY(read_evidence(out, entry, arena, err));
    out->is_gap = out->policy_count + out->group_count + out->question_count + out->evidence_count == 0;
    return MP_OK;
}

static mp_code read_entry(mp_answer *answers, bool *is_there, const mp_json *entry, const mp_catalog *catalog, mp_arena *arena, mp_error *err)
{
    mp_str            id = mp_json_get_text(entry, "control");
    const mp_control *control = mp_catalog_find(catalog, id);
    if (!control)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is an answer to the control '%.*s', which the catalogue does not have", MP_FMT(id));
    size_t at = (size_t)(control - catalog->controls);
    if (is_there[at])
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there are two answers to the control '%.*s'", MP_FMT(id));
    is_there[at] = true;
    return read_one(&answers[at], entry, arena, err);
}

mp_code mp_answers_read(mp_answers *out, const mp_json *document, const mp_catalog *catalog, mp_arena *arena, mp_error *err)
{
    const mp_json *root = mp_json_get(document, MP_S("answers")), *entries;
    mp_str         of = mp_json_get_text(root, "catalog");
    mp_answer     *answers = MP_ARENA_ARRAY(arena, mp_answer, catalog->control_count + 1);
    bool          *is_there = MP_ARENA_ARRAY(arena, bool, catalog->control_count + 1);
    if (!answers || !is_there)
        return mp_no_memory(err);
    if (!mp_str_eq(of, catalog->uuid))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "these are answers to the catalogue '%.*s', and not to '%.*s'", MP_FMT(of), MP_FMT(catalog->uuid));
    for (size_t i = 0; i < catalog->control_count; i++)
        answers[i] = (mp_answer){ .control = &catalog->controls[i], .responsible = MP_OF_BOTH, .is_required = true, .is_gap = true };
    MP_TRY(mp_oscal_array(&entries, root, "controls", err));
    if (!entries)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"answers\" has no \"controls\"");
    for (MP_JSON_EACH(entry, entries))
        MP_TRY(read_entry(answers, is_there, entry, catalog, arena, err));
    *out = (mp_answers){ .of = answers, .count = catalog->control_count };
    return MP_OK;
}
