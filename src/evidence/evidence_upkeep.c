/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_upkeep.h"

#include "evidence.h"
#include "evidence_due.h"
#include "item.h"
#include "jsonw.h"
#include "time_put.h"

/* ---- what is past its time ---- */

typedef struct sweeping {
    mp_ticks now;
    bool only_looks; /* is there one at all? */
    int64_t removed;
} sweeping;

static mp_code is_linked(bool *out, mp_tx *tx, mp_str id, mp_error *err)
{
    const mp_record_filter filter = { .index = "evidence", .op = MP_FILTER_EQ, .value = id };
    const mp_record_query query = {
        .kind = &mp_evidence_link_kind, .filters = &filter, .filter_count = 1, .limit = 1
    };
    mp_record_page page;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    *out = page.count > 0;
    return MP_OK;
}

static mp_code sweep(mp_tx *tx, void *arg, mp_error *err)
{
    sweeping *s = arg;
    char now[MP_CLOCK_SHORT];
    mp_str after = { NULL, 0 };
    mp_clock_format_short(now, s->now);
    const mp_record_filter filter = { .index = "keepUntil",
                                      .op = MP_FILTER_LT,
                                      .value = mp_str_from(now) };
    do {
        const mp_record_query query = { .kind = &mp_evidence_kind,
                                        .filters = &filter,
                                        .filter_count = 1,
                                        .order = "keepUntil",
                                        .after = after,
                                        .limit = MP_SWEEP_MOST };
        mp_record_page page;
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count && s->removed < MP_SWEEP_MOST; i++) {
            const mp_json *hold = mp_json_get(page.records[i].body, MP_S("hold"));
            bool has_link;
            MP_TRY(is_linked(&has_link, tx, page.records[i].key, err));
            if (has_link || (hold && hold->count))
                continue;
            if (!s->only_looks)
                MP_TRY(mp_evidence_delete(tx, page.records[i].key, page.records[i].version, err));
            s->removed++;
        }
        after = page.next;
    } while (after.len && s->removed < MP_SWEEP_MOST);
    return MP_OK;
}

mp_code mp_evidence_sweep(int64_t *removed, mp_app *app, mp_ticks now, mp_error *err)
{
    static const mp_leaf leaf = { .actor_kind = MP_S_INIT("system"),
                                  .action = MP_S_INIT("Mapae.Evidence/expired/delete"),
                                  .on = MP_S_INIT("/"),
                                  .outcome = MP_OUTCOME_DONE };
    sweeping s = { .now = now, .only_looks = true };
    MP_TRY(mp_store_read(app->store, sweep, &s, err));
    *removed = 0;
    if (!s.removed)
        return MP_OK;
    s = (sweeping){ .now = now };
    MP_TRY(mp_app_write_alone(app, &leaf, sweep, &s, err));
    *removed = s.removed;
    return MP_OK;
}

/* ---- reminders ---- */

static const mp_json *told(const mp_due_line *lines, size_t count, mp_ticks now, mp_arena *arena)
{
    size_t stale = 0, owners = 0;
    mp_ticks first = 0;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("owners"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++) {
        bool is_new = lines[i].owner.len && owners < 100;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !mp_str_eq_fold(lines[k].owner, lines[i].owner);
        if (is_new) {
            mp_jsonw_str(&w, lines[i].owner);
            owners++;
        }
        stale += lines[i].freshness != MP_EVIDENCE_FRESH;
        first = first || lines[i].until < now ? first : lines[i].until;
    }
    mp_jsonw_end(&w);
    mp_jsonw_put_int(&w, "stale", (int64_t)stale);
    mp_jsonw_put_int(&w, "soon", (int64_t)(count - stale));
    if (first)
        mp_time_put_short(&w, "first", first);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code remind(mp_app *app, const mp_frameworks *frameworks, const mp_evidence_view *view,
                      mp_ticks now, mp_arena *arena, mp_error *err)
{
    const mp_due_question q = { .frameworks = frameworks,
                                .at = now,
                                .horizon = mp_clock_after(now, 0, MP_REMIND_DAYS) };
    mp_due_line *lines;
    size_t count;
    MP_TRY(mp_evidence_due(&lines, &count, view, &q, arena, err));
    if (!count)
        return MP_OK;
    const mp_json *json = told(lines, count, now, arena);
    if (!json)
        return mp_no_memory(err);
    return mp_events_publish(app->events, MP_S("alerts"), MP_S("evidence-due"), json, err);
}

mp_code mp_evidence_remind(mp_app *app, mp_ticks now, mp_error *err)
{
    const mp_frameworks *frameworks;
    const mp_evidence_view *view = NULL;
    mp_arena arena = MP_ARENA_INIT;
    MP_TRY(mp_evidence_frameworks(&frameworks, app, err));
    mp_code code = mp_evidence_view_take(&view, app, 0, err);
    if (code == MP_OK)
        code = remind(app, frameworks, view, now, &arena, err);
    mp_evidence_view_drop(view);
    mp_evidence_frameworks_drop(app, frameworks);
    mp_arena_free(&arena);
    return code;
}
