/* SPDX-License-Identifier: Apache-2.0 */
/* The tables, and what stands in them beside verdicts: checks, what is to be judged. */
#include "verdicts.h"

#include "jsonw.h"
#include "sql.h"
#include "verdict_internal.h"

/* Numbers are given by the one writer. `until` 0: at present. `told` of rule_fact is the JSON that rows are made of,
 * as it was from `since` on. Of a sum, assignment '' stands for all, rule 0 for all of the assignment, control '' for
 * all of them; a place is a subscription's key or a resource group's. */
static const mp_migration migrations[] = {
    { 1, "CREATE TABLE rule_check (number INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL, assignment TEXT NOT NULL, set_id TEXT NOT NULL, definition TEXT NOT NULL,"
         " reference TEXT NOT NULL, controls TEXT NOT NULL, digest BLOB, since INTEGER NOT NULL, until INTEGER NOT NULL);\n"
         "CREATE INDEX rule_check_key ON rule_check (key);\n"
         "CREATE TABLE rule_fact (number INTEGER NOT NULL, since INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (number, since));\n"
         "CREATE TABLE judged (number INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, location TEXT NOT NULL, grp TEXT NOT NULL,"
         " subscription TEXT NOT NULL, tags TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, gone INTEGER NOT NULL);\n"
         "CREATE UNIQUE INDEX judged_key ON judged (key);\n"
         "CREATE TABLE verdict (resource INTEGER NOT NULL, rule INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL, effect TEXT NOT NULL, detail TEXT NOT NULL,"
         " since INTEGER NOT NULL, PRIMARY KEY (resource, rule));\n"
         "CREATE INDEX verdict_rule ON verdict (rule, state, resource);\n"
         "CREATE TABLE verdict_past (resource INTEGER NOT NULL, rule INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, state INTEGER NOT NULL,"
         " reason INTEGER NOT NULL, effect TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (resource, rule, since));\n"
         "CREATE INDEX verdict_past_until ON verdict_past (until);\n"
         "CREATE TABLE verdict_sum (place TEXT NOT NULL, assignment TEXT NOT NULL, rule INTEGER NOT NULL, control TEXT NOT NULL, state INTEGER NOT NULL, resources INTEGER NOT NULL,"
         " PRIMARY KEY (place, assignment, rule, control, state));\n"
         "CREATE TABLE dirty (number INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL, changed INTEGER NOT NULL);\n"
         "CREATE INDEX dirty_key ON dirty (key);\n"
         "CREATE TABLE judging (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);\n" },
    { 2, "CREATE TABLE full_scan (number INTEGER NOT NULL PRIMARY KEY, scope TEXT NOT NULL, actor TEXT NOT NULL, stage INTEGER NOT NULL, at INTEGER NOT NULL, ended INTEGER NOT NULL,"
         " total INTEGER NOT NULL, judged INTEGER NOT NULL, mended INTEGER NOT NULL, newer INTEGER NOT NULL, states TEXT NOT NULL, position TEXT NOT NULL, last TEXT NOT NULL);\n" },
    /* The same rows, each once: in the order of the key. */
    { 3, "ALTER TABLE verdict RENAME TO verdict_before;\n"
         "CREATE TABLE verdict (resource INTEGER NOT NULL, rule INTEGER NOT NULL, state INTEGER NOT NULL, reason INTEGER NOT NULL, effect TEXT NOT NULL, detail TEXT NOT NULL,"
         " since INTEGER NOT NULL, PRIMARY KEY (resource, rule)) WITHOUT ROWID;\n"
         "INSERT INTO verdict (resource, rule, state, reason, effect, detail, since) SELECT resource, rule, state, reason, effect, detail, since FROM verdict_before;\n"
         "DROP TABLE verdict_before;\n"
         "CREATE INDEX verdict_rule ON verdict (rule, state, resource);\n"
         "ALTER TABLE verdict_past RENAME TO verdict_past_before;\n"
         "CREATE TABLE verdict_past (resource INTEGER NOT NULL, rule INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, state INTEGER NOT NULL,"
         " reason INTEGER NOT NULL, effect TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (resource, rule, since)) WITHOUT ROWID;\n"
         "INSERT INTO verdict_past (resource, rule, since, until, state, reason, effect, detail) SELECT resource, rule, since, until, state, reason, effect, detail"
         " FROM verdict_past_before;\n"
         "DROP TABLE verdict_past_before;\n"
         "CREATE INDEX verdict_past_until ON verdict_past (until);\n"
         "ALTER TABLE verdict_sum RENAME TO verdict_sum_before;\n"
         "CREATE TABLE verdict_sum (place TEXT NOT NULL, assignment TEXT NOT NULL, rule INTEGER NOT NULL, control TEXT NOT NULL, state INTEGER NOT NULL, resources INTEGER NOT NULL,"
         " PRIMARY KEY (place, assignment, rule, control, state)) WITHOUT ROWID;\n"
         "INSERT INTO verdict_sum (place, assignment, rule, control, state, resources) SELECT place, assignment, rule, control, state, resources FROM verdict_sum_before;\n"
         "DROP TABLE verdict_sum_before;\n" },
    /* All that a full scan compares before it comes to verdicts. The one writer gives a key one number. */
    { 4, "DROP INDEX judged_key;\n"
         "CREATE INDEX judged_key ON judged (key, number, version, at, gone);\n" },
    /* Sums of subscriptions as they were, each from `since` on, worked out of what is known of the past. */
    { 5, "CREATE TABLE verdict_sum_at (place TEXT NOT NULL, rule INTEGER NOT NULL, state INTEGER NOT NULL, since INTEGER NOT NULL, resources INTEGER NOT NULL,"
         " PRIMARY KEY (place, rule, state, since)) WITHOUT ROWID;\n"
         "INSERT INTO verdict_sum_at (place, rule, state, since, resources) SELECT '/subscriptions/' || j.subscription, e.rule, e.state, e.since,"
         " SUM(SUM(e.more)) OVER (PARTITION BY j.subscription, e.rule, e.state ORDER BY e.since) FROM judged j JOIN"
         " (SELECT resource, rule, state, since, 1 AS more FROM verdict"
         " UNION ALL SELECT resource, rule, state, since, 1 FROM verdict_past"
         " UNION ALL SELECT resource, rule, state, until, -1 FROM verdict_past) e ON e.resource = j.number"
         " WHERE j.subscription <> '' GROUP BY j.subscription, e.rule, e.state, e.since;\n" },
};
const mp_schema mp_verdict_schema = { "verdicts", migrations, MP_COUNT(migrations) };

mp_code mp_next_number(int64_t *out, mp_tx *tx, const char *sql, mp_error *err)
{
    MP_TRY(mp_sql_int(out, tx, sql, NULL, 0, err));
    *out += 1;
    return MP_OK;
}

/* ---- the checks ---- */

/* Controls as one text, each between two line feeds, so that one is found in it as it is. */
static mp_code controls_of(mp_str *out, const mp_rule_facts *facts, mp_arena *arena, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    for (size_t i = 0; i < facts->group_count; i++) {
        mp_buf_add(&b, i ? MP_S("") : MP_S("\n"));
        mp_buf_add(&b, facts->groups[i]);
        mp_buf_add_c(&b, '\n');
    }
    mp_code code = mp_buf_check(&b, err);
    *out = b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    return code == MP_OK && !out->ptr ? mp_no_memory(err) : code;
}

/* Rows have them as text. */
static mp_code put_parameters(mp_jsonw *w, const mp_json *parameters, mp_arena *arena, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    if (parameters)
        mp_buf_add_json(&b, parameters);
    mp_code code = mp_buf_check(&b, err);
    mp_str  text = b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    mp_jsonw_put_str(w, "parametersText", text);
    return code == MP_OK && !text.ptr ? mp_no_memory(err) : code;
}

static mp_code told_of(mp_str *out, const mp_rule_facts *f, mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    mp_buf   b = MP_BUF_INIT;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "assignmentId", f->assignment_id);
    mp_jsonw_put_str(&w, "assignmentName", f->assignment_name);
    mp_jsonw_put_str(&w, "assignmentDisplayName", f->assignment_display_name);
    mp_jsonw_put_str(&w, "assignmentScope", f->assignment_scope);
    mp_jsonw_put_str(&w, "setId", f->set_id);
    mp_jsonw_put_str(&w, "setName", f->set_name);
    mp_jsonw_put_str(&w, "setDisplayName", f->set_display_name);
    mp_jsonw_put_str(&w, "setCategory", f->set_category);
    mp_jsonw_put_str(&w, "setVersion", f->set_version);
    mp_jsonw_put_str(&w, "definitionId", f->definition_id);
    mp_jsonw_put_str(&w, "definitionName", f->definition_name);
    mp_jsonw_put_str(&w, "definitionDisplayName", f->definition_display_name);
    mp_jsonw_put_str(&w, "definitionCategory", f->definition_category);
    mp_jsonw_put_str(&w, "definitionVersion", f->definition_version);
    mp_jsonw_put_str(&w, "referenceId", f->reference_id);
    mp_jsonw_put_str(&w, "effect", f->effect);
    mp_jsonw_key(&w, MP_S("controls"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < f->group_count; i++)
        mp_jsonw_str(&w, f->groups[i]);
    mp_jsonw_end(&w);
    MP_TRY(put_parameters(&w, f->parameters, arena, err));
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    if (!v)
        return mp_no_memory(err);
    mp_buf_add_json(&b, v);
    mp_code code = mp_buf_check(&b, err);
    *out = mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return code == MP_OK && !out->ptr ? mp_no_memory(err) : code;
}

/* What a number stands for, beside its key. */
enum { ASSIGNMENT, SET, DEFINITION, REFERENCE, CONTROLS, SHAPE };

static mp_code shape_of(mp_str out[SHAPE], const mp_rule_facts *f, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_rule_columns(&out[ASSIGNMENT], &out[CONTROLS], f, arena, err));
    MP_TRY(mp_key_of(&out[SET], f->set_id, arena, err));
    MP_TRY(mp_key_of(&out[DEFINITION], f->definition_id, arena, err));
    out[REFERENCE] = f->reference_id.ptr ? f->reference_id : MP_S("");
    return MP_OK;
}

mp_code mp_rule_columns(mp_str *assignment, mp_str *controls, const mp_rule_facts *facts, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_key_of(assignment, facts->assignment_id, arena, err));
    return controls_of(controls, facts, arena, err);
}

static mp_code add_check(int64_t number, mp_tx *tx, const mp_rule_facts *f, const mp_str shape[SHAPE], mp_error *err)
{
    return mp_sql(
        tx, NULL,
        "INSERT INTO rule_check (number, key, assignment, set_id, definition, reference, controls, digest, since, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
        " ?7, NULL, ?8, 0)",
        MP_VALUES(mp_int(number), mp_text(f->key), mp_text(shape[ASSIGNMENT]), mp_text(shape[SET]),
                  mp_text(shape[DEFINITION]), mp_text(shape[REFERENCE]), mp_text(shape[CONTROLS]),
                  mp_int(mp_tx_time(tx))),
        err);
}

/* Rows of a date tell what was true then: facts that are others now are a row more. */
static mp_code tell_fact(mp_tx *tx, int64_t number, const mp_rule_facts *f, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false, is_same = false;
    mp_str   told = { NULL, 0 };
    MP_TRY(told_of(&told, f, mp_tx_arena(tx), err));
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT told FROM rule_fact WHERE number = ?1 ORDER BY since DESC LIMIT 1",
                      MP_VALUES(mp_int(number)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more)
        is_same = mp_str_eq(mp_rows_bytes(rows, 0), told);
    mp_rows_close(rows);
    MP_TRY(code);
    if (is_same)
        return MP_OK;
    return mp_sql(
        tx, NULL,
        "INSERT INTO rule_fact (number, since, told) VALUES (?1, ?2, ?3) ON CONFLICT (number, since) DO UPDATE SET told = excluded.told",
        MP_VALUES(mp_int(number), mp_int(mp_tx_time(tx)), mp_text(told)), err);
}

typedef struct present_check {
    int64_t number;
    bool    has_digest, is_there;
    uint8_t digest[32];
    mp_str  shape[SHAPE];
} present_check;

/* An assignment that assigns another definition now, or a member that answers other controls, is another check: sums
 * and rows of the old one stay as they were. */
static bool is_same_shape(const present_check *p, const mp_str shape[SHAPE])
{
    for (unsigned i = 0; i < SHAPE; i++)
        if (!mp_str_eq(p->shape[i], shape[i]))
            return false;
    return true;
}

static mp_code read_checks(mp_map *out, mp_tx *tx, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_rows  *rows = NULL;
    bool      more = true;
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT number, key, digest, assignment, set_id, definition, reference, controls FROM rule_check WHERE until = 0",
        NULL, 0, err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        present_check *p = MP_ARENA_NEW(arena, present_check);
        mp_str         key = mp_arena_dup(arena, mp_rows_bytes(rows, 1));
        if (!p || !key.ptr) {
            code = mp_no_memory(err);
            break;
        }
        p->number = mp_rows_int(rows, 0);
        p->has_digest = !mp_rows_is_null(rows, 2) && mp_rows_bytes(rows, 2).len == sizeof p->digest;
        if (p->has_digest)
            memcpy(p->digest, mp_rows_bytes(rows, 2).ptr, sizeof p->digest);
        for (unsigned i = 0; i < SHAPE && code == MP_OK; i++)
            if (!(p->shape[i] = mp_arena_dup(arena, mp_rows_bytes(rows, 3 + i))).ptr)
                code = mp_no_memory(err);
        if (code == MP_OK)
            code = mp_map_put(out, key, p, err);
    }
    mp_rows_close(rows);
    return code;
}

static mp_code number_all(int64_t *numbers, bool *is_stale, mp_map *present, mp_tx *tx, const mp_rulebook *book,
                          mp_error *err)
{
    int64_t next;
    MP_TRY(mp_next_number(&next, tx, "SELECT COALESCE(MAX(number), 0) FROM rule_check", err));
    for (uint32_t i = 0; i < mp_rulebook_count(book); i++) {
        const mp_rule_facts *f = mp_rulebook_facts(book, i);
        present_check       *p = mp_map_get(present, f->key);
        mp_str               shape[SHAPE] = { { NULL, 0 } };
        MP_TRY(shape_of(shape, f, mp_tx_arena(tx), err));
        if (p && !is_same_shape(p, shape))
            p = NULL; /* it ends below */
        if (!p)
            MP_TRY(add_check(next, tx, f, shape, err));
        numbers[i] = p ? p->number : next++;
        is_stale[i] = !p || !p->has_digest || memcmp(p->digest, f->digest, sizeof p->digest) != 0;
        if (p)
            p->is_there = true;
        MP_TRY(tell_fact(tx, numbers[i], f, err));
    }
    for (size_t i = 0; i < present->len; i++) {
        const present_check *p = present->entries[i].value;
        if (!p->is_there)
            MP_TRY(mp_sql(tx, NULL, "UPDATE rule_check SET until = ?2 WHERE number = ?1",
                          MP_VALUES(mp_int(p->number), mp_int(mp_tx_time(tx))), err));
    }
    return MP_OK;
}

mp_code mp_verdicts_checks(int64_t *numbers, bool *is_stale, mp_tx *tx, const mp_rulebook *book, mp_error *err)
{
    mp_map  present = MP_MAP_INIT;
    mp_code code = read_checks(&present, tx, err);
    if (code == MP_OK)
        code = number_all(numbers, is_stale, &present, tx, book, err);
    mp_map_free(&present);
    return code;
}

mp_code mp_verdicts_checked(mp_tx *tx, const mp_rulebook *book, uint32_t check, int64_t number, mp_error *err)
{
    mp_str digest = mp_str_of((const char *)mp_rulebook_facts(book, check)->digest, 32);
    return mp_sql(tx, NULL, "UPDATE rule_check SET digest = ?2 WHERE number = ?1",
                  MP_VALUES(mp_int(number), mp_blob(digest)), err);
}

/* ---- what is to be judged ---- */

/* What begins with `scope` and a slash: '0' is the byte behind '/'. */
static mp_code bounds_of(mp_str out[2], mp_str scope, mp_arena *arena, mp_error *err)
{
    out[0] = mp_arena_printf(arena, "%.*s/", MP_FMT(scope));
    out[1] = mp_arena_printf(arena, "%.*s0", MP_FMT(scope));
    return out[0].ptr && out[1].ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_dirty_add(mp_tx *tx, mp_str key, bool is_changed, mp_error *err)
{
    return mp_sql(tx, NULL,
                  "INSERT INTO dirty (number, key, changed) SELECT COALESCE(MAX(number), 0) + 1, ?1, ?2 FROM dirty",
                  MP_VALUES(mp_text(key), mp_int(is_changed)), err);
}

mp_code mp_dirty_scope(mp_tx *tx, mp_str scope, mp_error *err)
{
    static const char all[] =
        "INSERT INTO dirty (number, key, changed) SELECT (SELECT COALESCE(MAX(number), 0) FROM dirty) + ROW_NUMBER() OVER (ORDER BY key), key, 0"
        " FROM judged WHERE gone = 0";
    static const char some[] =
        "INSERT INTO dirty (number, key, changed) SELECT (SELECT COALESCE(MAX(number), 0) FROM dirty) + ROW_NUMBER() OVER (ORDER BY key), key, 0"
        " FROM judged WHERE gone = 0 AND (key = ?1 OR (key >= ?2 AND key < ?3))";
    mp_str bounds[2];
    if (scope.len <= 1)
        return mp_sql(tx, NULL, all, NULL, 0, err);
    MP_TRY(bounds_of(bounds, scope, mp_tx_arena(tx), err));
    return mp_sql(tx, NULL, some, MP_VALUES(mp_text(scope), mp_text(bounds[0]), mp_text(bounds[1])), err);
}

#define UNDER "INSERT INTO dirty (number, key, changed) SELECT (SELECT COALESCE(MAX(number), 0) FROM dirty) + ROW_NUMBER() OVER (ORDER BY j.key), j.key, 0 FROM "
#define UNDER_WHERE " WHERE v.rule = ?1 AND j.number = v.resource AND (j.key = ?2 OR (j.key >= ?3 AND j.key < ?4)) AND NOT EXISTS (SELECT 1 FROM dirty d WHERE d.key = j.key)"

mp_code mp_dirty_under(mp_tx *tx, int64_t check, mp_str scope, bool is_narrow, mp_error *err)
{
    mp_str bounds[2];
    MP_TRY(bounds_of(bounds, scope, mp_tx_arena(tx), err));
    const mp_value values[] = { mp_int(check), mp_text(scope), mp_text(bounds[0]), mp_text(bounds[1]) };
    if (is_narrow)
        return mp_sql(tx, NULL, UNDER "judged j CROSS JOIN verdict v" UNDER_WHERE, values, MP_COUNT(values), err);
    return mp_sql(tx, NULL, UNDER "verdict v CROSS JOIN judged j" UNDER_WHERE, values, MP_COUNT(values), err);
}

static mp_code take_dirty(mp_dirty *list, size_t *count, mp_map *seen, const mp_rows *rows, mp_arena *arena, mp_error *err)
{
    mp_dirty *known = mp_map_get(seen, mp_rows_bytes(rows, 1)), *d = known ? known : &list[(*count)++];
    if (!known) {
        d->key = mp_arena_dup(arena, mp_rows_bytes(rows, 1));
        if (!d->key.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_map_put(seen, d->key, d, err));
    }
    d->number = mp_rows_int(rows, 0);
    d->is_changed = d->is_changed || mp_rows_int(rows, 2) != 0;
    return MP_OK;
}

mp_code mp_dirty_list(mp_dirty **out, size_t *count, mp_tx *tx, size_t limit, mp_arena *arena, mp_error *err)
{
    mp_rows  *rows = NULL;
    bool      more = true;
    mp_map    seen = MP_MAP_INIT;
    mp_dirty *list = MP_ARENA_ARRAY(arena, mp_dirty, limit + 1);
    if (!list)
        return mp_no_memory(err);
    *count = 0;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT number, key, changed FROM dirty ORDER BY number LIMIT ?1",
                      MP_VALUES(mp_int((int64_t)limit)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        code = take_dirty(list, count, &seen, rows, arena, err);
    mp_rows_close(rows);
    mp_map_free(&seen);
    *out = list;
    return code;
}

mp_code mp_dirty_done(mp_tx *tx, const mp_dirty *done, size_t count, mp_error *err)
{
    mp_value *values = MP_ARENA_ARRAY(mp_tx_arena(tx), mp_value, count * 2 + 1);
    if (!values)
        return mp_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        values[2 * i] = mp_text(done[i].key);
        values[2 * i + 1] = mp_int(done[i].number);
    }
    return mp_sql_many(tx, "DELETE FROM dirty WHERE key = ?1 AND number <= ?2", values, 2, count, err);
}

mp_code mp_dirty_count(uint64_t *out, mp_tx *tx, mp_error *err)
{
    int64_t count;
    MP_TRY(mp_sql_int(&count, tx, "SELECT COUNT(*) FROM dirty", NULL, 0, err));
    *out = (uint64_t)count;
    return MP_OK;
}

mp_code mp_expiry_seen(mp_ticks *out, mp_tx *tx, mp_error *err)
{
    mp_code code = mp_sql_int(out, tx, "SELECT value FROM judging WHERE name = 'expiry'", NULL, 0, err);
    if (code != MP_MISSING)
        return code;
    *out = 0;
    return MP_OK;
}

mp_code mp_expiry_see(mp_tx *tx, mp_ticks until, mp_error *err)
{
    return mp_sql(
        tx, NULL,
        "INSERT INTO judging (name, value) VALUES ('expiry', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        MP_VALUES(mp_int(until)), err);
}
