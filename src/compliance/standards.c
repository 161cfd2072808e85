/* SPDX-License-Identifier: Apache-2.0 */
#include "standards.h"

#include "keys.h"
#include "object_internal.h"
#include "sql.h"

const char *const mp_standing_names[MP_STANDINGS] = { "Failed", "Passed", "Skipped", "Unsupported" };

const mp_standard_part *mp_standard_find(const mp_standard_part *first, mp_str name)
{
    while (first && !mp_str_eq_fold(first->name, name))
        first = first->next;
    return first;
}

/* The part of this name; made in its place by name when it is new. */
static mp_code part_of(mp_standard_part **out, mp_standard_part **first, mp_str name, mp_str text, mp_str id,
                       mp_arena *arena, mp_error *err)
{
    while (*first && mp_str_cmp_fold((*first)->name, name) < 0)
        first = &(*first)->next;
    if (*first && mp_str_eq_fold((*first)->name, name)) {
        *out = *first;
        return MP_OK;
    }
    mp_standard_part *made = MP_ARENA_NEW(arena, mp_standard_part);
    if (!made)
        return mp_no_memory(err);
    *made = (mp_standard_part){ .name = mp_arena_dup(arena, name),
                                .text = mp_arena_dup(arena, text),
                                .id = mp_arena_dup(arena, id),
                                .next = *first };
    if (!made->name.ptr || !made->text.ptr || !made->id.ptr)
        return mp_no_memory(err);
    *first = made;
    *out = made;
    return MP_OK;
}

static mp_standing standing_of_state(mp_state state)
{
    switch (state) {
    case MP_STATE_NON_COMPLIANT:
    case MP_STATE_ERROR:
    case MP_STATE_CONFLICTING:
        return MP_STANDING_FAILED;
    case MP_STATE_COMPLIANT:
        return MP_STANDING_PASSED;
    case MP_STATE_EXEMPT:
        return MP_STANDING_SKIPPED;
    default:
        return MP_STANDING_UNSUPPORTED;
    }
}

/* How many resources of the subscription are in which state under one check. */
static mp_code count_check(uint64_t counts[MP_STANDINGS], mp_tx *tx, mp_str key, mp_str subscription, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT s.state, s.resources FROM rule_check c JOIN verdict_sum s ON s.assignment = c.assignment AND s.rule = c.number AND s.control = ''"
        " WHERE c.key = ?1 AND c.until = 0 AND s.place = ?2",
        MP_VALUES(mp_text(key), mp_text(subscription)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        counts[standing_of_state((mp_state)mp_rows_int(rows, 0))] += (uint64_t)mp_rows_int(rows, 1);
    mp_rows_close(rows);
    return code;
}

/* What the initiative says of its group: its description, else its display name. */
static mp_str text_of_group(const mp_json *set, mp_str name)
{
    const mp_json *groups = mp_json_get_fold(mp_json_get(set, MP_S("properties")), MP_S("policyDefinitionGroups"));
    if (mp_json_is(groups, MP_JSON_ARRAY))
        for (MP_JSON_EACH(group, groups))
            if (mp_str_eq_fold(mp_object_text(group, "name"), name)) {
                mp_str text = mp_object_text(group, "description");
                return text.len ? text : mp_object_text(group, "displayName");
            }
    return MP_S("");
}

static mp_code add_check(mp_standard_part **first, mp_tx *tx, const mp_rule_facts *f, const mp_json *set,
                         mp_str subscription, mp_arena *arena, mp_error *err)
{
    mp_standard_part *standard, *control, *assessment;
    uint64_t          counts[MP_STANDINGS] = { 0 };
    MP_TRY(count_check(counts, tx, f->key, subscription, err));
    MP_TRY(part_of(&standard, first, f->set_name, f->set_display_name, f->set_id, arena, err));
    for (size_t i = 0; i < f->group_count; i++) {
        MP_TRY(part_of(&control, &standard->first, f->groups[i], text_of_group(set, f->groups[i]), MP_S(""), arena, err));
        MP_TRY(part_of(&assessment, &control->first, f->definition_name, f->definition_display_name, f->definition_id,
                       arena, err));
        for (unsigned k = 0; k < MP_STANDINGS; k++)
            assessment->counts[k] += counts[k];
    }
    return MP_OK;
}

static mp_standing worst(const uint64_t counts[MP_STANDINGS])
{
    for (unsigned k = 0; k < MP_STANDINGS; k++)
        if (counts[k])
            return (mp_standing)k;
    return MP_STANDING_UNSUPPORTED;
}

/* Each level counts how the one below stands. */
static void add_up(mp_standard_part *first, unsigned levels)
{
    for (mp_standard_part *part = first; part; part = part->next) {
        if (levels) {
            add_up(part->first, levels - 1);
            for (const mp_standard_part *below = part->first; below; below = below->next)
                part->counts[below->standing]++;
        }
        part->standing = worst(part->counts);
    }
}

static bool is_regulatory(const mp_rule_facts *f)
{
    return f->set_id.len && mp_str_eq_fold(f->set_category, MP_S("Regulatory Compliance"));
}

mp_code mp_standards_read(mp_standard_part **out, mp_tx *tx, const mp_rulebook *book, mp_str subscription,
                          mp_arena *arena, mp_error *err)
{
    mp_standard_part *first = NULL;
    mp_record         set = { .version = 0 };
    mp_str            set_key = { NULL, 0 };
    for (uint32_t i = 0; i < mp_rulebook_count(book); i++) {
        const mp_rule_facts *f = mp_rulebook_facts(book, i);
        mp_str               key;
        if (!is_regulatory(f))
            continue;
        MP_TRY(mp_key_of(&key, f->set_id, arena, err));
        if (!mp_str_eq(key, set_key)) { /* checks of one initiative stand together */
            mp_error why = { 0 };
            mp_code  code = mp_record_get(&set, tx, &mp_policy_set_kind, key, 0, arena, &why);
            if (code != MP_OK && code != MP_MISSING)
                return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
            set.body = code == MP_OK ? set.body : NULL;
            set_key = key;
        }
        MP_TRY(add_check(&first, tx, f, set.body, subscription, arena, err));
    }
    add_up(first, 2);
    *out = first;
    return MP_OK;
}
