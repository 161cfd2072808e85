/* SPDX-License-Identifier: Apache-2.0 */
#include "collect_host.h"
#include "feeding.h"

#define ARGS mp_collect_host_args

const mp_option mp_collect_host_options[MP_COLLECT_HOST_OPTIONS] = {
    { .name = "root", .value = "DIR", .help = "option.collect.host.root", MP_FIELD(ARGS, root) },
    { .name = "name", .value = "NAME", .help = "option.collect.host.name", MP_FIELD(ARGS, name) },
    { .name = "no-programs", .help = "option.collect.host.no-programs", MP_FIELD(ARGS, no_programs) },
    { .name = "source", .value = "NAME", .fallback = "host", .help = "option.collect.host.source", MP_FIELD(ARGS, source) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.collect.host.out", MP_FIELD(ARGS, out) },
    MP_ANSWER_OPTIONS(ARGS),
};

typedef struct collecting {
    const mp_collect_host_args *args;
    mp_machine_report           report;
    mp_arena                    arena;
} collecting;

static mp_code into_file(const collecting *c, mp_cli *cli, mp_error *err)
{
    mp_output out;
    mp_buf    text = MP_BUF_INIT;
    MP_TRY(mp_output_open_private(&out, cli, c->args->out, err));
    mp_buf_add_json_pretty(&text, c->report.document, 0);
    mp_buf_add_c(&text, '\n');
    mp_code code = mp_output_buf(&out, &text, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

/* Other hosts have the same source, so that all stand in one place: nothing is closed because it is not this one. */
static mp_code into_store(mp_client *client, const void *args, mp_error *err)
{
    const collecting *c = args;
    mp_feeding        feeding;
    const char *source = mp_arena_printf(&client->arena, "collect:%s", c->args->source).ptr;
    mp_code     code = mp_feeding_begin(&feeding, client, source, err);
    if (code == MP_OK)
        code = mp_feeding_add(&feeding, c->report.document, "host", err);
    if (code == MP_OK)
        code = mp_sending_flush(&feeding.sending, err);
    if (code == MP_OK)
        code = mp_sending_show(&feeding.sending, mp_feeding_columns, MP_FEEDING_COLUMNS, err);
    mp_feeding_done(&feeding);
    return code;
}

void mp_collect_host_gaps(const mp_machine_report *report, const mp_cli *cli, mp_arena *arena)
{
    for (size_t i = 0; i < report->gap_count; i++) {
        const mp_machine_gap *g = &report->gaps[i];
        mp_str member = mp_arena_dup(arena, g->member), reason = mp_arena_dup(arena, g->reason),
               source = mp_arena_dup(arena, g->source);
        if (member.ptr && reason.ptr && source.ptr)
            mp_cli_warn(cli, "collect.host.unknown", member.ptr, source.ptr, reason.ptr, NULL);
    }
}

mp_code mp_collect_host(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    collecting         c = { .args = args };
    mp_machine_options options = { .root = c.args->root, .name = c.args->name, .no_programs = c.args->no_programs };
    mp_code            code = mp_machine_read(&c.report, &options, &c.arena, err);
    if (code == MP_OK) {
        mp_collect_host_gaps(&c.report, cli, &c.arena);
        code = c.args->out ? into_file(&c, cli, err) : mp_client_do(cli, args, &c, into_store, err);
    }
    if (code == MP_OK && c.report.gap_count)
        *exit = MP_EXIT_PARTIAL;
    mp_arena_free(&c.arena);
    return code;
}
