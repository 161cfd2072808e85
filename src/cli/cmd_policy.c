/* SPDX-License-Identifier: Apache-2.0 */
#include "sending.h"
#include "source.h"
#include "text.h"

struct import_args {
    mp_place place;
    int format;
    const char *folder;
};

static const mp_option import_operand = {
    .value = "DIR", .help = "operand.policies.import", .min = 1, .max = 1, MP_FIELD(struct import_args, folder)
};
static const mp_option import_options[] = { MP_ANSWER_OPTIONS(struct import_args) };

static const mp_column columns[] = {
    { "definitions", "column.definitions", NULL }, { "sets", "column.sets", NULL },
    { "unchanged", "column.unchanged", NULL },     { "others", "column.others", NULL },
    { "faulty", "column.faulty", NULL },
};
static const mp_column judging_columns[] = {
    { "resources", "column.resources", NULL },
    { "checks", "column.checks", NULL },
    { "waiting", "column.waiting", NULL },
};
enum { DEFINITIONS, SETS, UNCHANGED, OTHERS };
static const char *const sums[] = { "definitions", "sets", "unchanged", "others", NULL };

#define FILE_MAX ((size_t)4 << 20)

typedef struct importing {
    const struct import_args *args;
    mp_exit *exit;
    mp_sending sending;
    mp_json_doc *doc;
    mp_arena paths, text;
} importing;

/* A folder of this name on the way: "DIR/samples/Network/x.json". */
static bool is_below(const char *path, const char *folder, const char *name)
{
    mp_str rest = mp_str_skip(mp_str_from(path), strlen(folder));
    for (size_t slash; (slash = mp_str_find(rest, '/')) != SIZE_MAX; rest = mp_str_skip(rest, slash + 1))
        if (mp_str_eq_fold(mp_str_of(rest.ptr, slash), mp_str_from(name)))
            return true;
    return false;
}

static bool has(const mp_json *properties, const char *name)
{
    return mp_json_get_fold(properties, mp_str_from(name)) != NULL;
}

/* Definitions in the first pass, what refers to them in the second. */
static mp_code read_file(importing *im, const char *path, bool sets, mp_error *err)
{
    const mp_json *root = NULL;
    mp_str text = mp_str_of(NULL, 0);
    mp_error why = { .code = MP_OK };
    mp_arena_reset(&im->text);
    mp_code code = mp_source_slurp(&text, path, FILE_MAX, &im->text, &why);
    if (code == MP_OK)
        code = mp_json_read(im->doc, &root, text, NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK) {
        if (!sets) {
            mp_cli_error(im->sending.client->cli, path, &why);
            im->sending.faulty++;
        }
        return MP_OK;
    }
    const mp_json *properties = mp_json_get_fold(root, MP_S("properties"));
    bool is_set = has(properties, "policyDefinitions"), is_definition = has(properties, "policyRule");
    im->sending.totals[OTHERS] += !sets && !is_set && !is_definition;
    return (sets ? is_set : is_definition && !is_set)
               ? mp_sending_add(&im->sending, root, path, 0, text.len, err)
               : MP_OK;
}

static mp_code read_folder(importing *im, mp_error *err)
{
    static const char *const suffixes[] = { ".json", NULL };
    const char **paths;
    size_t count;
    MP_TRY(mp_source_list(&paths, &count, im->args->folder, suffixes, NULL, &im->paths, err));
    for (int sets = 0; sets < 2; sets++) {
        for (size_t i = 0; i < count; i++)
            if (!is_below(paths[i], im->args->folder, "samples") &&
                !is_below(paths[i], im->args->folder, "tests"))
                MP_TRY(read_file(im, paths[i], sets == 1, err));
        MP_TRY(mp_sending_flush(&im->sending, err));
    }
    return MP_OK;
}

static mp_code import(mp_client *client, const void *args, mp_error *err)
{
    const importing *given = args;
    importing im = { .args = given->args,
                     .exit = given->exit,
                     .sending = { .client = client, .path = "/api/v1/built-in-policies", .sums = sums } };
    mp_code code = mp_json_doc_new(&im.doc, err);
    if (code == MP_OK)
        code = read_folder(&im, err);
    if (code == MP_OK && im.sending.totals[DEFINITIONS] + im.sending.totals[SETS] +
                                 im.sending.totals[UNCHANGED] + im.sending.faulty ==
                             0)
        code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "there is no policy definition and no initiative under %s",
                       im.args->folder);
    if (code == MP_OK)
        code = mp_sending_show(&im.sending, columns, MP_COUNT(columns), err);
    if (code == MP_OK && im.sending.faulty)
        *im.exit = MP_EXIT_PARTIAL;
    mp_sending_done(&im.sending);
    mp_json_doc_free(im.doc);
    mp_arena_free(&im.paths);
    mp_arena_free(&im.text);
    return code;
}

static mp_code run_import(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    importing im = { .args = args, .exit = exit };
    return mp_client_do(cli, args, &im, import, err);
}

/* ---- assign ---- */

struct assign_args {
    mp_place place;
    int format;
    const char *what;
    const char *scope, *name;
};

static const mp_option assign_operand = { .value = "INITIATIVE",
                                          .help = "operand.policies.assign",
                                          .min = 1,
                                          .max = 1,
                                          MP_FIELD(struct assign_args, what) };
static const mp_option assign_options[] = {
    { .name = "scope",
      .value = "ID",
      .help = "option.policies.scope",
      .is_required = true,
      MP_FIELD(struct assign_args, scope) },
    { .name = "name", .value = "NAME", .help = "option.policies.name", MP_FIELD(struct assign_args, name) },
    MP_ANSWER_OPTIONS(struct assign_args),
};
static const mp_column assign_columns[] = {
    { "id", "column.id", NULL },
    { "properties/displayName", "column.display-name", NULL },
    { "properties/policyDefinitionId", "column.definition", NULL },
};

#define AUTHORIZATION "/providers/Microsoft.Authorization/"
#define OBJECT_VERSION "?api-version=2023-04-01"

/* Asked as clients of Azure ask: a refusal is an error of theirs. *is_there: it is not missing. */
static mp_code ask_arm(bool *is_there, mp_client *client, mp_method method, mp_str path, const mp_json *body,
                       mp_error *err)
{
    mp_local_request request = { .method = method, .path = path, .json = body };
    if (!path.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    *is_there = client->answer.status != 404;
    if (client->answer.status < 400 || (method == MP_GET && !*is_there))
        return MP_OK;
    const mp_json *message = mp_json_get(mp_json_get(client->answer.json, MP_S("error")), MP_S("message"));
    if (!mp_json_is(message, MP_JSON_STRING))
        return mp_local_check(&client->answer, err);
    return mp_fail(err, client->answer.status == 403 ? MP_DENIED : MP_PARAMETER, MP_NOWHERE, "%.*s",
                   MP_FMT(mp_json_str(message)));
}

/* Adds the names of all of a kind; without the "mapae-" that find_assigned() adds. */
static mp_code add_names(mp_str *names, size_t *count, size_t most, mp_client *client, const char *kind, mp_str prefix, mp_error *err)
{
    bool is_there;
    MP_TRY(ask_arm(&is_there, client, MP_GET, mp_client_path(client, AUTHORIZATION "%s" OBJECT_VERSION, kind), NULL, err));
    const mp_json *list = mp_json_get(client->answer.json, MP_S("value"));
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(one, list)) {
        mp_str name = mp_json_get_text(one, "name");
        if (*count < most && name.len)
            names[(*count)++] = prefix.len && mp_str_starts(name, prefix) ? mp_str_skip(name, prefix.len) : name;
    }
    return MP_OK;
}

static mp_code none_assigned(mp_client *client, const char *what, mp_error *err)
{
    enum { MOST = 2000 };
    size_t  count = 0;
    mp_str *names = MP_ARENA_ARRAY(&client->arena, mp_str, MOST);
    if (!names)
        return mp_no_memory(err);
    MP_TRY(add_names(names, &count, MOST, client, "policySetDefinitions", MP_S("mapae-"), err));
    MP_TRY(add_names(names, &count, MOST, client, "policyDefinitions", MP_S(""), err));
    mp_str meant = mp_text_meant(&client->arena, mp_str_from(what), names, count);
    if (!meant.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no initiative and no policy definition '%s'", what);
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no initiative and no policy definition '%s'; there are: %.*s",
                   what, MP_FMT(meant));
}

/* An initiative by its name, also without the "mapae-" of ours, or a definition; an id is taken as it is. */
static mp_code find_assigned(mp_str *id, mp_client *client, const char *what, mp_error *err)
{
    static const char *const kinds[] = { "policySetDefinitions/", "policySetDefinitions/mapae-",
                                         "policyDefinitions/" };
    bool is_there = what[0] == '/';
    *id = mp_str_from(what);
    for (size_t i = 0; !is_there && i < MP_COUNT(kinds); i++) {
        *id =
            mp_client_path(client, AUTHORIZATION "%s%s", kinds[i], mp_client_quote(client, mp_str_from(what)));
        MP_TRY(ask_arm(&is_there, client, MP_GET, mp_client_path(client, "%.*s" OBJECT_VERSION, MP_FMT(*id)),
                       NULL, err));
    }
    return is_there ? MP_OK : none_assigned(client, what, err);
}

static const mp_json *assignment_of(mp_client *client, mp_str id)
{
    const mp_json *display =
        mp_json_get(mp_json_get(client->answer.json, MP_S("properties")), MP_S("displayName"));
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "policyDefinitionId", id);
    if (mp_json_is(display, MP_JSON_STRING))
        mp_jsonw_put_str(&w, "displayName", mp_json_str(display));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Everything is below the root management group, which has the tenant's name. */
static mp_code scope_of(mp_str *out, mp_client *client, const char *given, mp_error *err)
{
    bool is_there;
    *out = mp_str_from(given);
    while (out->len && out->ptr[out->len - 1] == '/')
        out->len--;
    if (out->len)
        return MP_OK;
    MP_TRY(ask_arm(&is_there, client, MP_GET, MP_S("/tenants?api-version=2020-01-01"), NULL, err));
    const mp_json *tenant = mp_json_get(mp_json_at(mp_json_get(client->answer.json, MP_S("value")), 0), MP_S("tenantId"));
    if (!mp_json_is(tenant, MP_JSON_STRING))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the server does not say which installation it is");
    *out = mp_client_path(client, "/providers/Microsoft.Management/managementGroups/%.*s", MP_FMT(mp_json_str(tenant)));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code assign(mp_client *client, const void *args_, mp_error *err)
{
    const struct assign_args *args = args_;
    bool is_there;
    mp_str id, scope;
    MP_TRY(scope_of(&scope, client, args->scope, err));
    MP_TRY(find_assigned(&id, client, args->what, err));
    mp_str name = args->name ? mp_str_from(args->name) : mp_str_skip(id, mp_str_rfind(id, '/') + 1);
    MP_TRY(ask_arm(&is_there, client, MP_PUT,
                   mp_client_path(client, "%.*s" AUTHORIZATION "policyAssignments/%s" OBJECT_VERSION,
                                  MP_FMT(scope), mp_client_quote(client, name)),
                   assignment_of(client, id), err));
    return mp_client_show(client, assign_columns, MP_COUNT(assign_columns), err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("policy", "assign", " csap-iaas --scope /subscriptions/...", &assign_operand, assign_options,
               struct assign_args, assign),
    { MP_SUB("policy", "import", " azure-policy/built-in-policies"), .operand = &import_operand,
      .options = import_options, .option_count = MP_COUNT(import_options),
      .args_size = sizeof(struct import_args), .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL,
      .run = run_import },
    MP_SUB_ASK("policy", "judging", "", NULL, MP_GET, "/api/v1/judging", NULL, MP_COLUMNS(judging_columns)),
};

const mp_command mp_command_policy = { MP_GROUP("policy", "import", " azure-policy/built-in-policies"),
                                       .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL };
