/* SPDX-License-Identifier: Apache-2.0 */
#include "scans.h"

#include "buf.h"
#include "jsonw.h"
#include "sql.h"
#include "time_put.h"

const char *const mp_scan_stages[] = {
    [MP_SCAN_RUNNING] = "running", [MP_SCAN_DONE] = "done", [MP_SCAN_STOPPED] = "stopped"
};

/* ---- sums as a text ---- */

static void write_states(mp_buf *out, const uint64_t states[MP_STATE_COUNT])
{
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        mp_buf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)states[i]);
}

static void read_states(uint64_t states[MP_STATE_COUNT], mp_str text)
{
    unsigned at = 0;
    for (size_t i = 0; i < text.len && at < MP_STATE_COUNT; i++) {
        if (text.ptr[i] == ',')
            at++;
        else if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            states[at] = states[at] * 10 + (uint64_t)(text.ptr[i] - '0');
    }
}

/* ---- rows ---- */

mp_code mp_scan_last(mp_full_scan *out, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    *out = (mp_full_scan){ .number = 0 };
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT number, scope, actor, stage, at, ended, total, judged, mended, newer, states, last FROM full_scan ORDER BY number DESC LIMIT 1",
        NULL, 0, err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more) {
        *out = (mp_full_scan){ .number = mp_rows_int(rows, 0),
                               .scope = mp_arena_dup(arena, mp_rows_bytes(rows, 1)),
                               .by = mp_arena_dup(arena, mp_rows_bytes(rows, 2)),
                               .stage = (mp_scan_stage)mp_rows_int(rows, 3),
                               .at = mp_rows_int(rows, 4),
                               .ended = mp_rows_int(rows, 5),
                               .total = (uint64_t)mp_rows_int(rows, 6),
                               .judged = (uint64_t)mp_rows_int(rows, 7),
                               .mended = (uint64_t)mp_rows_int(rows, 8),
                               .newer = (uint64_t)mp_rows_int(rows, 9),
                               .last = mp_arena_dup(arena, mp_rows_bytes(rows, 11)) };
        read_states(out->states, mp_rows_bytes(rows, 10));
        if (!out->scope.ptr || !out->by.ptr || !out->last.ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    return code;
}

static mp_code count_resources(int64_t *out, mp_tx *tx, mp_str scope, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    if (scope.len <= 1)
        return mp_sql_int(out, tx, "SELECT COUNT(*) FROM judged WHERE gone = 0", NULL, 0, err);
    mp_str below = mp_arena_printf(arena, "%.*s/", MP_FMT(scope)), behind = mp_arena_printf(arena, "%.*s0", MP_FMT(scope));
    if (!below.ptr || !behind.ptr)
        return mp_no_memory(err);
    return mp_sql_int(out, tx,
                      "SELECT COUNT(*) FROM judged WHERE gone = 0 AND (key = ?1 OR (key >= ?2 AND key < ?3))",
                      MP_VALUES(mp_text(scope), mp_text(below), mp_text(behind)), err);
}

mp_code mp_scan_begin(mp_full_scan *out, mp_tx *tx, mp_str scope, mp_str by, mp_arena *arena, mp_error *err)
{
    mp_full_scan last;
    int64_t      total;
    MP_TRY(mp_scan_last(&last, tx, arena, err));
    if (last.number && last.stage == MP_SCAN_RUNNING)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "a full scan is running; stop it first, or wait for its end");
    if (!scope.len)
        scope = MP_S("/");
    MP_TRY(count_resources(&total, tx, scope, err));
    MP_TRY(mp_sql(
        tx, NULL,
        "INSERT INTO full_scan (number, scope, actor, stage, at, ended, total, judged, mended, newer, states, position, last) VALUES (?1, ?2, ?3, 0, ?4, 0, ?5, 0,"
        " 0, 0, '', '', '')",
        MP_VALUES(mp_int(last.number + 1), mp_text(scope), mp_text(by), mp_int(mp_tx_time(tx)), mp_int(total)), err));
    return mp_scan_last(out, tx, arena, err);
}

mp_code mp_scan_note(mp_tx *tx, const mp_full_scan *s, mp_error *err)
{
    mp_buf  states = MP_BUF_INIT;
    write_states(&states, s->states);
    mp_code code = mp_buf_check(&states, err);
    if (code == MP_OK)
        code = mp_sql(
            tx, NULL,
            "UPDATE full_scan SET stage = ?2, ended = ?3, total = ?4, judged = ?5, mended = ?6, newer = ?7, states = ?8, last = ?9 WHERE number = ?1",
            MP_VALUES(mp_int(s->number), mp_int(s->stage), mp_int(s->ended), mp_int((int64_t)s->total),
                      mp_int((int64_t)s->judged), mp_int((int64_t)s->mended), mp_int((int64_t)s->newer),
                      mp_text(mp_buf_str(&states)), mp_text(s->last)),
            err);
    mp_buf_free(&states);
    return code;
}

mp_code mp_scan_stop(mp_full_scan *out, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_scan_last(out, tx, arena, err));
    if (!out->number || out->stage != MP_SCAN_RUNNING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "no full scan is running");
    out->stage = MP_SCAN_STOPPED;
    out->ended = mp_tx_time(tx);
    return mp_scan_note(tx, out, err);
}

/* ---- told ---- */

const mp_json *mp_scan_tell(const mp_full_scan *s, bool is_whole, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "number", s->number);
    mp_jsonw_put_str(&w, "scope", s->scope);
    mp_jsonw_put_str(&w, "stage", mp_str_from(mp_scan_stages[s->stage]));
    mp_time_put(&w, "startedAt", s->at);
    if (is_whole)
        mp_jsonw_put_str(&w, "startedBy", s->by);
    if (s->ended)
        mp_time_put(&w, "endedAt", s->ended);
    mp_jsonw_put_int(&w, "resources", (int64_t)s->total);
    mp_jsonw_put_int(&w, "judged", (int64_t)s->judged);
    mp_jsonw_put_int(&w, "mended", (int64_t)s->mended);
    mp_jsonw_put_int(&w, "newer", (int64_t)s->newer);
    mp_jsonw_key(&w, MP_S("states"));
    mp_jsonw_object(&w);
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        if (s->states[i])
            mp_jsonw_put_int(&w, mp_states[i].text.ptr, (int64_t)s->states[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
