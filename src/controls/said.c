/* SPDX-License-Identifier: Apache-2.0 */
#include "said.h"

#include <stdlib.h>

#include "clock.h"
#include "item.h"

static const mp_record_index answer_indexes[] = {
    { .name = "framework", .path = "framework" },
    { .name = "control", .path = "control" },
    { .name = "measure", .path = "measure" },
    { .name = "answer", .path = "answer" },
};
static const mp_record_index exclusion_indexes[] = {
    { .name = "framework", .path = "framework" },
    { .name = "control", .path = "control" },
    { .name = "measure", .path = "measure" },
};
static const mp_record_index finding_indexes[] = {
    { .name = "framework", .path = "framework" }, { .name = "control", .path = "control" },
    { .name = "measure", .path = "measure" },     { .name = "status", .path = "status" },
    { .name = "severity", .path = "severity" },
};
const mp_kind mp_control_answer_kind = { .name = "control-answer",
                                         .indexes = answer_indexes,
                                         .index_count = MP_COUNT(answer_indexes) };
const mp_kind mp_control_exclusion_kind = { .name = "control-exclusion",
                                            .indexes = exclusion_indexes,
                                            .index_count = MP_COUNT(exclusion_indexes) };
const mp_kind mp_control_finding_kind = { .name = "control-finding",
                                          .indexes = finding_indexes,
                                          .index_count = MP_COUNT(finding_indexes) };

const char *const mp_said_answers[MP_SAID_ANSWERS + 1] = { "yes", "no", "notApplicable", NULL };
const char *const mp_finding_severities[] = { "critical", "high", "medium", "low", NULL };

/* ---- all of them ---- */

static mp_str control_of(const mp_record *record) { return mp_json_get_text(record->body, "control"); }

static mp_str framework_of(const mp_record *record) { return mp_json_get_text(record->body, "framework"); }

int mp_said_order(const mp_record *a, const mp_record *b)
{
    int order = mp_str_cmp(framework_of(a), framework_of(b));
    order = order ? order : mp_str_cmp(control_of(a), control_of(b));
    return order ? order : mp_str_cmp(a->key, b->key);
}

static int by_order(const void *a, const void *b) { return mp_said_order(a, b); }

void mp_said_sort(mp_record *list, size_t count)
{
    if (count)
        qsort(list, count, sizeof *list, by_order);
}

static mp_code append(mp_record **list, size_t *count, size_t *cap, const mp_record_page *page, mp_arena *arena,
                      mp_error *err)
{
    if (*count + page->count > *cap) {
        size_t wanted = (*count + page->count) * 2;
        mp_record *grown = MP_ARENA_ARRAY(arena, mp_record, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (*count)
            memcpy(grown, *list, *count * sizeof *grown);
        *list = grown;
        *cap = wanted;
    }
    if (page->count)
        memcpy(*list + *count, page->records, page->count * sizeof **list);
    *count += page->count;
    return MP_OK;
}

typedef struct reading {
    mp_tx *tx;
    mp_str framework; /* empty: of all */
    mp_ticks as_of;
    mp_arena *arena;
} reading;

/* A page behind `*after`, which becomes the place of the next; empty: that was all. Of all frameworks records come as they
 * are stored, which costs less than a list. */
static mp_code read_page(mp_record_page *page, mp_str *after, const reading *r, const mp_kind *kind, mp_error *err)
{
    const mp_record_filter filter = { "framework", MP_FILTER_EQ, r->framework };
    const mp_record_query query = { .kind = kind,
                                    .filters = &filter,
                                    .filter_count = 1,
                                    .after = *after,
                                    .limit = 1000,
                                    .as_of = r->as_of };
    const mp_record_run run = { .kind = kind, .from = *after, .last = MP_S("\x7f"), .as_of = r->as_of };
    if (r->framework.len) {
        MP_TRY(mp_record_list(page, r->tx, &query, r->arena, err));
        *after = page->next;
        return MP_OK;
    }
    MP_TRY(mp_record_range(page, r->tx, &run, 1000, r->arena, err));
    *after = mp_record_behind(page->next, r->arena);
    return page->next.len && !after->ptr ? mp_no_memory(err) : MP_OK;
}

static mp_code read_kind(const mp_record **out, size_t *count, const reading *r, const mp_kind *kind, mp_error *err)
{
    mp_record_page page;
    mp_record *list = NULL;
    mp_str after = MP_S("");
    size_t cap = 0;
    *count = 0;
    do {
        MP_TRY(read_page(&page, &after, r, kind, err));
        MP_TRY(append(&list, count, &cap, &page, r->arena, err));
    } while (page.next.len);
    mp_said_sort(list, *count);
    *out = list;
    return MP_OK;
}

static mp_code read(mp_said *out, const reading *r, mp_error *err)
{
    MP_TRY(read_kind(&out->answers, &out->answer_count, r, &mp_control_answer_kind, err));
    MP_TRY(read_kind(&out->exclusions, &out->exclusion_count, r, &mp_control_exclusion_kind, err));
    return read_kind(&out->findings, &out->finding_count, r, &mp_control_finding_kind, err);
}

mp_code mp_said_read(mp_said *out, mp_tx *tx, mp_str framework, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    return read(out, &(reading){ tx, framework, as_of, arena }, err);
}

mp_code mp_said_read_all(mp_said *out, mp_tx *tx, mp_ticks as_of, mp_arena *arena, mp_error *err)
{
    return read(out, &(reading){ tx, MP_S(""), as_of, arena }, err);
}

/* The first that is not before `framework`; `is_behind`: the first behind it. */
static size_t end_of(const mp_record *list, size_t count, mp_str framework, bool is_behind)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = mp_str_cmp(framework_of(&list[middle]), framework);
        if (order < 0 || (is_behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const mp_record *part_of(size_t *count, const mp_record *list, size_t all, mp_str framework)
{
    size_t from = end_of(list, all, framework, false);
    *count = end_of(list, all, framework, true) - from;
    return *count ? list + from : NULL;
}

mp_said mp_said_part(const mp_said *all, mp_str framework)
{
    mp_said out;
    out.answers = part_of(&out.answer_count, all->answers, all->answer_count, framework);
    out.exclusions = part_of(&out.exclusion_count, all->exclusions, all->exclusion_count, framework);
    out.findings = part_of(&out.finding_count, all->findings, all->finding_count, framework);
    return out;
}

/* ---- of one control ---- */

static size_t first_of(const mp_record *list, size_t count, mp_str control)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mp_str_cmp(control_of(&list[middle]), control) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_for(const mp_record *record, mp_str measure)
{
    mp_str its = mp_json_get_text(record->body, "measure");
    return !its.len || mp_str_eq(its, measure);
}

static bool is_over(const mp_record *record, mp_ticks now)
{
    mp_ticks until;
    mp_str text = mp_json_get_text(record->body, "validUntil");
    return text.len && mp_clock_parse(&until, text) && until <= now;
}

/* The more special of the two; `question` 0: whichever. */
static const mp_record *find(const mp_record *list, size_t count, mp_str control, int64_t question,
                             mp_str measure)
{
    const mp_record *found = NULL;
    for (size_t i = first_of(list, count, control); i < count && mp_str_eq(control_of(&list[i]), control);
         i++) {
        const mp_json *number = mp_json_get(list[i].body, MP_S("question"));
        if (!is_for(&list[i], measure) ||
            (question && (!mp_json_is(number, MP_JSON_INT) || number->u.integer != question)))
            continue;
        if (!found || mp_json_get_text(list[i].body, "measure").len)
            found = &list[i];
    }
    return found;
}

const mp_record *mp_said_exclusion(const mp_said *said, mp_str control, mp_str measure, mp_ticks now)
{
    const mp_record *found = find(said->exclusions, said->exclusion_count, control, 0, measure);
    return found && !is_over(found, now) ? found : NULL;
}

const mp_record *mp_said_answer_to(bool *is_expired, const mp_said *said, mp_str control, size_t question,
                                   mp_str measure, mp_ticks now)
{
    const mp_record *found = find(said->answers, said->answer_count, control, (int64_t)question, measure);
    *is_expired = found && is_over(found, now);
    return found;
}

const mp_record *mp_said_finding(size_t *at, const mp_said *said, mp_str control, mp_str measure)
{
    if (*at == 0)
        *at = first_of(said->findings, said->finding_count, control);
    for (; *at < said->finding_count && mp_str_eq(control_of(&said->findings[*at]), control); (*at)++)
        if (is_for(&said->findings[*at], measure) &&
            mp_str_eq(mp_json_get_text(said->findings[*at].body, "status"), MP_S("open")))
            return &said->findings[(*at)++];
    return NULL;
}
