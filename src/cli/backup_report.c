/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_report.h"

#include "client.h"
#include "secret.h"

static const mp_column columns[] = {
    { "file", "column.file", NULL },   { "takenAt", "column.takenAt", NULL }, { "tables", "column.tables", NULL },
    { "rows", "column.rows", NULL },
    { "files", "column.files", NULL }, { "bytes", "column.bytes", NULL },     { "sha256", "column.sha256", NULL },
};

static const mp_json *as_json(const mp_backup_report *report, const char *file, mp_arena *arena)
{
    char     digest[65], taken_at[MP_CLOCK_SHORT];
    mp_jsonw w;
    mp_hex(digest, report->digest, sizeof report->digest);
    mp_clock_format_short(taken_at, report->taken_at);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "file", file);
    mp_client_member(&w, "takenAt", mp_arena_dup(arena, mp_str_from(taken_at)).ptr);
    const struct {
        const char *name;
        uint64_t    value;
    } numbers[] = { { "tables", report->tables }, { "rows", report->rows }, { "files", report->files },
    { "bytes", report->bytes } };
    for (size_t i = 0; i < MP_COUNT(numbers); i++)
        mp_jsonw_put_int(&w, numbers[i].name, (int64_t)numbers[i].value);
    mp_client_member(&w, "sha256", mp_arena_dup(arena, mp_str_from(digest)).ptr);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_backup_say(mp_cli *cli, const mp_backup_report *report, const char *file, int format, mp_error *err)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         text = MP_BUF_INIT;
    mp_output      out;
    const mp_json *v = as_json(report, file, &arena);
    mp_code        code =
        v ? mp_output_open(&out, cli, NULL, err) : mp_no_memory(err);
    if (code == MP_OK) {
        if (format == MP_ANSWER_JSON) {
            mp_buf_add_json_pretty(&text, v, 0);
            mp_buf_add_c(&text, '\n');
        } else {
            mp_columns_object(&text, cli, columns, MP_COUNT(columns), v, &arena);
        }
        code = mp_output_buf(&out, &text, err);
        if (code == MP_OK)
            code = mp_output_close(&out, err);
    }
    mp_arena_free(&arena);
    return code;
}
