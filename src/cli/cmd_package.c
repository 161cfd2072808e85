/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

struct package_args {
    mp_place    place;
    int         format;
    const char *file;
    const char *framework, *scope, *measure;
    mp_when     as_of;
    bool        stamps;
};

static const mp_option operand = {
    .value = "FILE", .help = "operand.package.new", .min = 1, .max = 1, MP_FIELD(struct package_args, file),
};

static const mp_option options[] = {
    { .name = "framework", .value = "NAME", .help = "option.package.framework", .is_required = true,
      MP_FIELD(struct package_args, framework) },
    { .name = "scope", .value = "ID", .help = "option.package.scope", MP_FIELD(struct package_args, scope) },
    { .name = "measure", .value = "NAME", .help = "option.evidence.measure", MP_FIELD(struct package_args, measure) },
    MP_AS_OF_OPTION(struct package_args),
    { .name = "stamps", .help = "option.stamps", MP_FIELD(struct package_args, stamps) },
    MP_PLACE_OPTIONS(struct package_args),
};

static const mp_json *body_of(mp_client *client, const struct package_args *args)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "framework", args->framework);
    mp_client_member(&w, "scope", args->scope);
    mp_client_member(&w, "measure", args->measure);
    mp_client_member(&w, "asOf", client->as_of);
    mp_jsonw_put_bool(&w, "stamps", args->stamps);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code package(mp_client *client, const void *args_, mp_error *err)
{
    const struct package_args *args = args_;
    mp_output                  out;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    const mp_json *body = body_of(client, args);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_output_open_private(&out, client->cli, args->file, err));
    const mp_local_request request = {
        .method = MP_POST, .path = MP_S("/api/v1/evidence-packages"), .json = body, .into = out.file
    };
    mp_code code = mp_local_ask(&client->answer, client->local, &request, &client->arena, err);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    if (code == MP_OK)
        return mp_output_close(&out, err);
    mp_output_abandon(&out);
    return code;
}

const mp_command mp_command_package = {
    .name = "package",
    .summary = "command.package.summary",
    .text = "command.package.text",
    .examples = (const mp_example[]){ { "mapae package --framework csap-iaas --scope / csap.tar", "example.package" } },
    .example_count = 1,
    .operand = &operand,
    .options = options,
    .option_count = MP_COUNT(options),
    .args_size = sizeof(struct package_args),
    .exits = MP_EXITS_USUAL,
    .run = mp_client_run,
    .about = &(const mp_ask){ .fn = package },
};
