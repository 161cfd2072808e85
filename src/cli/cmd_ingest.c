/* SPDX-License-Identifier: Apache-2.0 */
#include "feeding.h"
#include "source.h"

struct ingest_args {
    mp_place    place;
    int         format;
    mp_list     inventory;
    const char *source, *mapping;
    bool        replace;
};

static const mp_option operand = {
    .value = "INVENTORY", .help = "operand.inventory", .min = 1, MP_FIELD(struct ingest_args, inventory)
};

static const mp_option options[] = {
    { .name = "source", .value = "NAME", .help = "option.ingest.source", MP_FIELD(struct ingest_args, source) },
    { .name = "replace", .help = "option.ingest.replace", MP_FIELD(struct ingest_args, replace) },
    { .name = "mapping", .value = "FILE", .help = "option.mapping", MP_FIELD(struct ingest_args, mapping) },
    MP_ANSWER_OPTIONS(struct ingest_args),
};

static const mp_example examples[] = {
    { "mapae ingest --source weekly --replace inventory", "example.ingest" },
};

typedef struct ingesting {
    const struct ingest_args *args;
    mp_exit                  *exit;
    mp_feeding                feeding;
    mp_mapping               *mapping;
} ingesting;

static mp_code read_mapping(ingesting *in, mp_client *client, mp_error *err)
{
    mp_str text;
    if (!in->args->mapping)
        return MP_OK;
    client->cli->file = in->args->mapping;
    MP_TRY(mp_source_slurp(&text, in->args->mapping, 0, &client->arena, err));
    MP_TRY(mp_mapping_read(&in->mapping, text, err));
    client->cli->file = NULL;
    return MP_OK;
}

static mp_code work(ingesting *in, mp_client *client, mp_error *err)
{
    mp_feeding    *f = &in->feeding;
    const mp_list *files = &in->args->inventory;
    MP_TRY(mp_feeding_begin(f, client, mp_feeding_source(&client->arena, in->args->source, files->items[0]).ptr, err));
    MP_TRY(read_mapping(in, client, err));
    MP_TRY(mp_feeding_files(f, files->items, files->count, in->mapping, err));
    if (f->documents + f->sending.faulty + f->lists == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the inventory holds no documents, not even an empty list: nothing was recorded");
    if (in->args->replace && f->sending.faulty) /* what could not be read may be there still */
        mp_cli_warn(client->cli, "ingest.not-closed", NULL);
    else if (in->args->replace)
        MP_TRY(mp_feeding_close_gone(f, NULL, NULL, err));
    MP_TRY(mp_sending_show(&f->sending, mp_feeding_columns, MP_FEEDING_COLUMNS, err));
    if (f->sending.faulty)
        *in->exit = MP_EXIT_PARTIAL;
    return MP_OK;
}

static mp_code ingest(mp_client *client, const void *args, mp_error *err)
{
    ingesting in = *(const ingesting *)args;
    mp_code   code = work(&in, client, err);
    mp_feeding_done(&in.feeding);
    mp_mapping_free(in.mapping);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    ingesting in = { .args = args, .exit = exit };
    return mp_client_do(cli, args, &in, ingest, err);
}

const mp_command mp_command_ingest = {
    .name = "ingest",
    .summary = "command.ingest.summary",
    .text = "command.ingest.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct ingest_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL,
    .run = run,
};
