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
    bool only_looks;
    int64_t most, found;
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
        for (size_t i = 0; i < page.count && s->found < s->most; i++) {
            const mp_json *hold = mp_json_get(page.records[i].body, MP_S("hold"));
            bool has_link;
            MP_TRY(is_linked(&has_link, tx, page.records[i].key, err));
            if (has_link || (hold && hold->count))
                continue;
            if (!s->only_looks)
                MP_TRY(mp_evidence_delete(tx, page.records[i].key, page.records[i].version, err));
            s->found++;
        }
        after = page.next;
    } while (after.len && s->found < s->most);
    return MP_OK;
}

mp_code mp_evidence_sweep(int64_t *removed, mp_app *app, mp_ticks now, mp_error *err)
{
    static const mp_leaf leaf = { .actor_kind = MP_S_INIT("system"),
                                  .action = MP_S_INIT("Mapae.Evidence/expired/delete"),
                                  .on = MP_S_INIT("/"),
                                  .outcome = MP_OUTCOME_DONE };
    sweeping s = { .now = now, .only_looks = true, .most = 1 };
    MP_TRY(mp_store_read(app->store, sweep, &s, err));
    *removed = 0;
    if (!s.found)
        return MP_OK;
    s = (sweeping){ .now = now, .most = MP_SWEEP_MOST };
    MP_TRY(mp_app_write_alone(app, &leaf, sweep, &s, err));
    *removed = s.found;
    return MP_OK;
}

/* ---- reminders ---- */

#define TELL "Mapae.Evidence/due/tell"
#define EXPIRED_MOST 10000 /* that are counted */

/* No names and no titles: whoever hears it asks what is due, with his own rights. */
static const mp_json *told(const mp_due_line *lines, size_t count, int64_t expired, mp_ticks now, mp_arena *arena)
{
    size_t stale = 0;
    mp_ticks first = 0;
    mp_jsonw w;
    for (size_t i = 0; i < count; i++) {
        stale += lines[i].freshness != MP_EVIDENCE_FRESH;
        first = first || lines[i].until < now ? first : lines[i].until;
    }
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "stale", (int64_t)stale);
    mp_jsonw_put_int(&w, "soon", (int64_t)(count - stale));
    mp_jsonw_put_int(&w, "expired", expired);
    if (first)
        mp_time_put_short(&w, "first", first);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code nothing_else(mp_tx *tx, void *arg, mp_error *err)
{
    (void)tx;
    (void)arg;
    (void)err;
    return MP_OK;
}

/* The leaf proves that it was told, and says so to the program when it begins again. */
static mp_code tell(mp_app *app, const mp_json *json, mp_error *err)
{
    const mp_leaf leaf = { .actor_kind = MP_S("system"),
                           .action = MP_S(TELL),
                           .on = MP_S("/"),
                           .outcome = MP_OUTCOME_DONE,
                           .detail = json };
    MP_TRY(mp_app_write_alone(app, &leaf, nothing_else, NULL, err));
    return mp_events_publish(app->events, MP_S("alerts"), MP_S("evidence-due"), json, err);
}

static mp_code remind(mp_app *app, const mp_frameworks *frameworks, const mp_evidence_view *view,
                      mp_ticks now, mp_arena *arena, mp_error *err)
{
    const mp_due_question q = { .frameworks = frameworks,
                                .at = now,
                                .horizon = mp_clock_after(now, 0, MP_REMIND_DAYS) };
    sweeping expired = { .now = now, .only_looks = true, .most = EXPIRED_MOST };
    mp_due_line *lines;
    size_t count;
    MP_TRY(mp_evidence_due(&lines, &count, view, &q, arena, err));
    MP_TRY(mp_store_read(app->store, sweep, &expired, err));
    if (!count && !expired.found)
        return MP_OK;
    const mp_json *json = told(lines, count, expired.found, now, arena);
    return json ? tell(app, json, err) : mp_no_memory(err);
}

mp_code mp_evidence_reminded(mp_ticks *at, mp_app *app, mp_ticks now, mp_error *err)
{
    const mp_ledger_query query = { .action = MP_S(TELL), .outcome = MP_OUTCOME_DONE, .from = now - MP_TICKS_PER_DAY, .limit = 1 };
    mp_arena arena = MP_ARENA_INIT;
    mp_ledger_entry *entries;
    size_t count = 0;
    uint64_t next;
    *at = 0;
    mp_code code = mp_ledger_search(&entries, &count, &next, app->ledger, &query, &arena, err);
    const mp_json *leaf = NULL;
    mp_json_doc *doc = NULL;
    if (code == MP_OK && count)
        code = mp_json_doc_new(&doc, err);
    if (code == MP_OK && count)
        code = mp_json_read(doc, &leaf, entries[0].text, NULL, NULL, err);
    if (code == MP_OK && leaf)
        (void)mp_clock_parse(at, mp_json_get_text(leaf, "at"));
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return code;
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
