/* SPDX-License-Identifier: Apache-2.0 */
/* Answers out of a spreadsheet: which framework or measure it is of, how that stands, what is sent. */
#include <stdio.h>

#include "answer_sheet.h"
#include "comply.h"
#include "source.h"
#include "state_changes.h"

#define SHEET_MAX ((size_t)16 << 20)
#define FAULTS_SHOWN 50

const mp_option mp_answer_import_operand = {
    .value = "FILE", .help = "operand.answer.import", .min = 1, .max = 1, MP_FIELD(mp_answer_import_args, file)
};
const mp_option mp_answer_import_options[MP_ANSWER_IMPORT_OPTIONS] = {
    { .name = "framework", .value = "NAME", .help = "option.answer.framework", MP_FIELD(mp_answer_import_args, framework) },
    { .name = "measure", .value = "NAME", .help = "option.answer.measure", MP_FIELD(mp_answer_import_args, measure) },
    { .name = "over", .help = "option.answer.over", MP_FIELD(mp_answer_import_args, over) },
    { .name = "dry-run", .help = "option.answer.dry-run", MP_FIELD(mp_answer_import_args, dry_run) },
    MP_ANSWER_OPTIONS(mp_answer_import_args),
};
static const mp_column written_columns[] = { { "written", "column.written", NULL } };

typedef struct reading {
    mp_client *client;
    const mp_answer_import_args *args;
    const mp_sheet_table *table;
    const char *framework, *measure; /* as they were given, or as the sheet says */
    mp_answer_rows rows;
} reading;

/* ---- faults, each with its cell ---- */

static void fault(void *ctx, const char *cell, const mp_error *why)
{
    reading *r = ctx;
    mp_str name = r->table->name;
    mp_str place = mp_arena_printf(r->client->cli->arena, "%s:%.*s%s%s", r->args->file, MP_FMT(name),
                                   name.len ? "!" : "", cell);
    if (r->rows.faults + r->rows.conflicts <= FAULTS_SHOWN)
        mp_cli_error(r->client->cli, place.ptr ? place.ptr : r->args->file, why);
}

/* ---- people ---- */

/* What somebody is called, where one may know it. */
static mp_str name_of(void *ctx, mp_str id)
{
    reading *r = ctx;
    mp_error why = { .code = MP_OK };
    mp_str path = mp_client_path(r->client, "/api/v1/users/%s", mp_client_quote(r->client, id));
    mp_str name = mp_client_ask(r->client, MP_GET, path, NULL, &why) == MP_OK ? mp_comply_text(r->client->answer.json, "displayName") : MP_S("");
    return name.len ? name : id;
}

static mp_code ask_me(mp_str *out, mp_client *client, mp_error *err)
{
    MP_TRY(mp_client_ask(client, MP_GET, MP_S("/api/v1/me"), NULL, err));
    *out = mp_comply_text(client->answer.json, "id");
    return MP_OK;
}

/* ---- of what it is: the second sheet says so ---- */

static mp_str said_in(const mp_sheet_tables *tables, const char *title)
{
    for (size_t i = 1; i < tables->count; i++)
        for (size_t k = 0; k < tables->of[i].count; k++)
            for (unsigned lang = 0; lang < MP_LANG_COUNT; lang++)
                if (mp_str_eq(mp_str_trim(mp_sheet_cell(&tables->of[i].rows[k], 0)), mp_message((mp_lang)lang, title)))
                    return mp_str_trim(mp_sheet_cell(&tables->of[i].rows[k], 1));
    return MP_S("");
}

static mp_code choose(reading *r, const mp_sheet_tables *tables, mp_error *err)
{
    mp_str framework = mp_arena_dup(&r->client->arena, said_in(tables, "column.framework")),
           measure = mp_arena_dup(&r->client->arena, said_in(tables, "column.measure"));
    if (!framework.ptr || !measure.ptr)
        return mp_no_memory(err);
    r->framework = r->args->framework;
    r->measure = r->args->measure;
    if (!r->framework && !r->measure) {
        r->measure = measure.len ? measure.ptr : NULL;
        r->framework = !measure.len && framework.len ? framework.ptr : NULL;
    }
    if (r->measure && measure.len && !mp_str_eq_fold(measure, mp_str_from(r->measure)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the sheet is of the measure '%.*s', not of '%s'", MP_FMT(measure),
                       r->measure);
    return MP_OK;
}

/* ---- together ---- */

static mp_code read_sheet(reading *r, mp_error *err)
{
    mp_sheet_tables tables;
    mp_str bytes;
    r->client->cli->file = r->args->file;
    MP_TRY(mp_source_slurp(&bytes, r->args->file, SHEET_MAX, &r->client->arena, err));
    MP_TRY(mp_sheet_read(&tables, bytes, &mp_sheet_usual, &r->client->arena, err));
    if (!tables.count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "wanted is a table with a first row of titles");
    r->table = &tables.of[0];
    MP_TRY(mp_answer_rows_check(r->table, r->client->cli->lang, err));
    MP_TRY(choose(r, &tables, err));
    r->client->cli->file = NULL;
    mp_str me;
    MP_TRY(ask_me(&me, r->client, err));
    MP_TRY(mp_answer_ask(r->client, r->framework, r->measure, err));
    const mp_answer_rows_of of = { .table = r->table,
                                   .standing = r->client->answer.json,
                                   .measure = r->measure,
                                   .lang = r->client->cli->lang,
                                   .me = me,
                                   .is_over = r->args->over,
                                   .fault = fault,
                                   .name = name_of,
                                   .ctx = r };
    MP_TRY(mp_answer_rows_read(&r->rows, &of, &r->client->arena, err));
    r->client->cli->file = r->args->file;
    if (r->rows.faults)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "nothing is written: %zu cells are wrong", r->rows.faults);
    if (r->rows.conflicts)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "nothing is written: others answered %zu of these questions since; empty the answer of a row to keep theirs, or "
                       "replace them with --over",
                       r->rows.conflicts);
    if (!r->rows.count && !r->rows.unchanged && !r->rows.untouched)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "no question is answered in it");
    r->client->cli->file = NULL;
    return MP_OK;
}

static void say_count(const mp_client *client, const char *id, size_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", count);
    mp_cli_note(client->cli, id, text, NULL);
}

mp_code mp_answer_import(mp_client *client, const void *args_, mp_error *err)
{
    const mp_answer_import_args *args = args_;
    reading r = { .client = client, .args = args };
    MP_TRY(read_sheet(&r, err));
    if (r.rows.unchanged)
        say_count(client, "answer.unchanged", r.rows.unchanged);
    if (r.rows.untouched)
        say_count(client, "answer.untouched", r.rows.untouched);
    if (args->dry_run)
        say_count(client, "answer.would-write", r.rows.count);
    if (args->dry_run || !r.rows.count)
        return MP_OK;
    MP_TRY(mp_client_ask(client, MP_POST, MP_S("/api/v1/control-answers/import"), r.rows.body, err));
    return mp_client_show(client, written_columns, MP_COUNT(written_columns), err);
}
