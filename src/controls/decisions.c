/* SPDX-License-Identifier: Apache-2.0 */
#include "decisions.h"

#include <stdlib.h>

#include "item.h"

static const mp_record_index decision_indexes[] = {
    { .name = "framework", .path = "framework" }, { .name = "control", .path = "control" },
    { .name = "measure", .path = "measure" },     { .name = "service", .path = "service" },
    { .name = "team", .path = "team" },           { .name = "targetDate", .path = "targetDate" },
};
static const mp_record_index certificate_indexes[] = {
    { .name = "number", .path = "number" },
    { .name = "expires", .path = "expires" },
};
const mp_kind mp_control_decision_kind = { .name = "control-decision",
                                           .indexes = decision_indexes,
                                           .index_count = MP_COUNT(decision_indexes) };
const mp_kind mp_measure_certificate_kind = { .name = "measure-certificate",
                                              .indexes = certificate_indexes,
                                              .index_count = MP_COUNT(certificate_indexes) };

const char *const mp_decision_reasons[] = { "law", "contract", "risk", "practice", NULL };

static mp_ticks day_of(const mp_json *body, mp_str member)
{
    mp_ticks at;
    mp_str text = mp_json_text(mp_json_get(body, member));
    return text.len && mp_clock_parse(&at, text) ? at : 0;
}

static mp_control_decision decided_of(const mp_record *record)
{
    const mp_json *body = record->body, *reasons = mp_json_get(body, MP_S("reasons"));
    return (mp_control_decision){ .control = mp_json_get_text(body, "control"),
                                  .id = record->key,
                                  .justification = mp_json_get_text(body, "justification"),
                                  .implementation = mp_json_get_text(body, "implementation"),
                                  .responsibility = mp_json_get_text(body, "responsibility"),
                                  .team = mp_json_get_text(body, "team"),
                                  .service = mp_json_get_text(body, "service"),
                                  .owner = mp_json_get_text(body, "owner"),
                                  .note = mp_json_get_text(body, "note"),
                                  .target = mp_json_get_text(body, "targetDate"),
                                  .target_at = day_of(body, MP_S("targetDate")),
                                  .reasons = mp_json_is(reasons, MP_JSON_ARRAY) ? reasons : NULL };
}

typedef struct list {
    mp_control_decision *of;
    size_t count, cap;
} list;

static mp_code append(list *l, const mp_record *record, mp_arena *arena, mp_error *err)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        mp_control_decision *grown = MP_ARENA_ARRAY(arena, mp_control_decision, cap);
        if (!grown)
            return mp_no_memory(err);
        if (l->count)
            memcpy(grown, l->of, l->count * sizeof *grown);
        l->of = grown;
        l->cap = cap;
    }
    l->of[l->count++] = decided_of(record);
    return MP_OK;
}

/* By control; what is decided for the measure, whose key is longer, behind what is decided in general. */
static int by_control(const void *a, const void *b)
{
    const mp_control_decision *x = a, *y = b;
    int order = mp_str_cmp(x->control, y->control);
    return order ? order : mp_str_cmp(x->id, y->id);
}

mp_code mp_decisions_read(const mp_control_decision **out, size_t *count, mp_tx *tx, mp_str framework,
                          mp_str measure, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    mp_record_filter filter = { "framework", MP_FILTER_EQ, framework };
    mp_record_query query = {
        .kind = &mp_control_decision_kind, .filters = &filter, .filter_count = 1, .limit = 1000, .as_of = as_of
    };
    list all = { .count = 0 };
    mp_record_page page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            mp_str its = mp_json_get_text(page.records[i].body, "measure");
            if (!its.len || mp_str_eq(its, measure))
                MP_TRY(append(&all, &page.records[i], arena, err));
        }
        query.after = page.next;
    } while (page.next.len);
    if (all.count)
        qsort(all.of, all.count, sizeof *all.of, by_control);
    *count = 0;
    for (size_t i = 0; i < all.count; i++) /* the last of each control */
        if (i + 1 == all.count || !mp_str_eq(all.of[i].control, all.of[i + 1].control))
            all.of[(*count)++] = all.of[i];
    *out = all.of;
    return MP_OK;
}

mp_code mp_certificate_read(const mp_held_certificate **out, mp_tx *tx, mp_str measure, mp_ticks as_of,
                            mp_arena *arena, mp_error *err)
{
    mp_record record;
    mp_error why = { .code = MP_OK };
    *out = NULL;
    if (!measure.len)
        return MP_OK;
    mp_code code = mp_record_get(&record, tx, &mp_measure_certificate_kind, measure, as_of, arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    mp_held_certificate *c = MP_ARENA_NEW(arena, mp_held_certificate);
    if (!c)
        return mp_no_memory(err);
    *c = (mp_held_certificate){ .number = mp_json_get_text(record.body, "number"),
                                .issuer = mp_json_get_text(record.body, "issuer"),
                                .issued = day_of(record.body, MP_S("issued")),
                                .expires = day_of(record.body, MP_S("expires")) };
    *out = c;
    return MP_OK;
}
