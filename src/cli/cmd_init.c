/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"
#include "init.h"
#include "systems.h"

struct init_args {
    mp_place    place;
    int         format;
    const char *host, *program, *role, *subscription, *administrator;
    int64_t     port;
};

static const char *const formats[] = { "text", "json", NULL };
enum { FORMAT_TEXT, FORMAT_JSON };

static const mp_option options[] = {
    { .name = "host", .value = "NAME", .fallback = "localhost", .help = "option.host",
      MP_FIELD(struct init_args, host) },
    { .name = "port", .value = "N", .min = 1, .max = 65535, .help = "option.port", MP_FIELD(struct init_args, port) },
    { .name = "subscription", .value = "NAME", .help = "option.subscription",
      MP_FIELD(struct init_args, subscription) },
    { .name = "administrator", .value = "USER", .fallback = "admin", .help = "option.administrator",
      MP_FIELD(struct init_args, administrator) },
    { .name = "program", .value = "NAME", .help = "option.program", MP_FIELD(struct init_args, program) },
    { .name = "role", .value = "ROLE", .help = "option.role.init", MP_FIELD(struct init_args, role) },
    { .name = "format", .letter = 'f', .choices = formats, .fallback = "text", .help = "option.format.init",
      MP_FIELD(struct init_args, format) },
    MP_PLACE_OPTIONS(struct init_args),
};

static const mp_example examples[] = {
    { "mapae init --data /var/lib/mapae --host mapae.example.com", "example.init.first" },
    { "mapae init --data /tmp/mapae --program pipeline --role Owner --format json", "example.init.json" },
};

static const mp_json *as_json(const mp_init_result *r, mp_arena *arena)
{
    const struct {
        const char *name;
        mp_str      value;
    } members[] = {
        { "tenantId", r->tenant_id }, { "subscriptionId", r->subscription_id }, { "caFile", r->ca_file },
        { "baseUrl", r->base_url },
        { "clientId", r->client_id }, { "clientSecret", r->client_secret },     { "userName", r->administrator },
        { "setupLink", r->setup_link },
    };
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        if (!members[i].value.len)
            continue;
        mp_jsonw_put_str(&w, members[i].name, members[i].value);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static const mp_column columns[] = {
    { "tenantId", "column.tenantId", NULL }, { "subscriptionId", "column.subscriptionId", NULL },
    { "caFile", "column.caFile", NULL },
    { "clientId", "column.appId", NULL },    { "clientSecret", "column.clientSecret", NULL },
};

/* What was made, then what to do next. */
static void as_text(mp_buf *out, mp_cli *cli, const struct init_args *args, const mp_init_result *r, const mp_json *v,
                    mp_arena *arena)
{
    const char *folder = mp_place_folder(&args->place);
    mp_say_z(out, cli->lang, "init.done", folder, NULL);
    mp_buf_add(out, MP_S("\n\n"));
    mp_columns_object(out, cli, columns, MP_COUNT(columns), v, arena);
    mp_buf_add_c(out, '\n');
    mp_str serve = mp_str_from(folder);
    if (args->port)
        serve = mp_arena_printf(arena, "%s --listen 127.0.0.1:%jd", folder, (intmax_t)args->port);
    mp_str start[] = { serve, r->base_url, r->administrator, r->setup_link, r->ca_file };
    mp_say(out, cli->lang, "init.next", start, MP_COUNT(start));
    mp_buf_add_c(out, '\n');
    if (!r->client_secret.len)
        return;
    mp_str program[] = { r->base_url, r->tenant_id, r->client_id, r->ca_file };
    mp_buf_add_c(out, '\n');
    mp_say(out, cli->lang, "init.program", program, MP_COUNT(program));
    mp_buf_add_c(out, '\n');
}

static mp_code say(mp_cli *cli, const struct init_args *args, const mp_init_result *r, mp_arena *arena, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT;
    mp_output      out;
    const mp_json *v = as_json(r, arena);
    if (!v)
        return mp_no_memory(err);
    MP_TRY(mp_output_open(&out, cli, NULL, err));
    if (args->format == FORMAT_JSON) {
        mp_buf_add_json_pretty(&text, v, 0);
        mp_buf_add_c(&text, '\n');
    } else {
        as_text(&text, cli, args, r, v, arena);
    }
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

/* --port is one more setting: the port that clients will find the server at. */
static mp_code add_port(mp_place *place, int64_t port, mp_arena *arena, mp_error *err)
{
    const char **sets = MP_ARENA_ARRAY(arena, const char *, place->sets.count + 1);
    mp_str       set = mp_arena_printf(arena, "server.listen=127.0.0.1:%jd", (intmax_t)port);
    if (!sets || !set.ptr)
        return mp_no_memory(err);
    sets[0] = set.ptr;
    for (size_t i = 0; i < place->sets.count; i++)
        sets[i + 1] = place->sets.items[i];
    place->sets = (mp_list){ sets, place->sets.count + 1 };
    return MP_OK;
}

static mp_code prepare(mp_cli *cli, const struct init_args *args, mp_arena *arena, mp_error *err)
{
    mp_place       place = args->place;
    mp_config     *config = NULL;
    mp_init_result result;
    if (args->role && !args->program)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "--role is that of --program, which is missing");
    if (args->port)
        MP_TRY(add_port(&place, args->port, arena, err));
    MP_TRY(mp_place_settings(&config, cli, &place, err));
    mp_init_options options_ = { .config = config, .folder = mp_place_folder(&place),
                                 .store = mp_place_store(&place, config), .host = args->host,
                                 .program = args->program, .role = args->role, .subscription = args->subscription,
                                 .administrator = args->administrator, .systems = mp_cli_systems };
    mp_code         code = mp_app_init(&result, &options_, arena, err);
    if (code == MP_OK)
        code = say(cli, args, &result, arena, err);
    mp_config_free(config);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    (void)exit;
    mp_code code = prepare(cli, args, &arena, err);
    mp_arena_free(&arena);
    return code;
}

const mp_command mp_command_init = {
    .name = "init",
    .summary = "command.init.summary",
    .text = "command.init.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct init_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
