/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_report.h"
#include "client.h"
#include "systems.h"

#include <inttypes.h>
#include <stdio.h>

struct restore_args {
    mp_place    place;
    int         format;
    const char *file;
};

static const mp_option operand = {
    .value = "FILE", .help = "operand.backup", .min = 1, .max = 1, MP_FIELD(struct restore_args, file),
};

static const mp_option options[] = { MP_ANSWER_OPTIONS(struct restore_args) };

static const mp_example examples[] = {
    { "mapae restore --data /var/lib/mapae-new /srv/backup/mapae.tar.zst", "example.restore" },
    { "mapae restore --data /var/lib/mapae-new --store postgres://mapae@db/mapae mapae.tar.zst",
      "example.restore.postgres" },
};

static void show_progress(void *ctx, uint64_t rows, uint64_t files)
{
    const mp_cli *cli = ctx;
    fprintf(cli->err, "\r%" PRIu64 " / %" PRIu64 "\033[K", rows, files);
    fflush(cli->err);
}

static mp_code restore(mp_cli *cli, const struct restore_args *args, mp_error *err)
{
    mp_config       *config = NULL;
    mp_backup_report report;
    MP_TRY(mp_place_settings(&config, cli, &args->place, err));
    mp_arena         arena = MP_ARENA_INIT;
    mp_app_parts     parts = { .schema_count = 0 };
    mp_code          code = mp_app_parts_of(&parts, mp_cli_systems, &arena, err);
    mp_store_options into = { .folder = mp_place_folder(&args->place),
                              .url = mp_place_store(&args->place, config),
                              .create = true,
                              .schemas = parts.schemas,
                              .schema_count = parts.schema_count };
    if (code == MP_OK)
        code = mp_backup_restore(&report, args->file, &into, cli->is_watched ? show_progress : NULL, cli, err);
    mp_arena_free(&arena);
    mp_config_free(config);
    if (cli->is_watched)
        fprintf(cli->err, "\r\033[K");
    return code == MP_OK ? mp_backup_say(cli, &report, args->file, args->format, err) : code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    (void)exit;
    return restore(cli, args_, err);
}

const mp_command mp_command_restore = {
    .name = "restore",
    .summary = "command.restore.summary",
    .text = "command.restore.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct restore_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
