/* SPDX-License-Identifier: Apache-2.0 */
#include "form_make.h"

#include "source.h"
#include "state_changes.h"

#define FORM_BYTES ((size_t)1 << 20)

mp_code mp_form_given(mp_form **out, mp_cli *cli, const char *name, const char *folder, mp_error *err)
{
    mp_str text, wanted = mp_str_from(name);
    if (!mp_str_ends(wanted, MP_S(".json")))
        return mp_form_open(out, wanted, folder, err);
    size_t slash = mp_str_rfind(wanted, '/');
    wanted = mp_str_skip(wanted, slash == SIZE_MAX ? 0 : slash + 1);
    wanted.len -= 5;
    cli->file = name;
    MP_TRY(mp_source_slurp(&text, name, FORM_BYTES, cli->arena, err));
    return mp_form_compile(out, wanted, text, err);
}

/* ---- the command ---- */

enum { BY_NAME, PDF, XLSX, HTML, JSON };
static const char *const formats[] = { "by-name", "pdf", "xlsx", "html", "json", NULL };

const mp_option mp_form_make_operand = {
    .value = "FORM", .help = "operand.form", .min = 1, .max = 1, MP_FIELD(mp_form_make_args, form)
};
const mp_option mp_form_make_options[MP_FORM_MAKE_OPTIONS] = {
    { .name = "framework",
      .value = "FRAMEWORK",
      .help = "operand.comply",
      MP_FIELD(mp_form_make_args, framework) },
    { .name = "measure", .value = "NAME", .help = "option.comply.measure", MP_FIELD(mp_form_make_args, measure) },
    { .name = "scope", .value = "ID", .help = "option.comply.scope", MP_FIELD(mp_form_make_args, scope) },
    MP_AS_OF_OPTION(mp_form_make_args),
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.form.to", MP_FIELD(mp_form_make_args, out) },
    { .name = "format",
      .letter = 'f',
      .choices = formats,
      .fallback = "by-name",
      .help = "option.form.format",
      MP_FIELD(mp_form_make_args, format) },
    MP_ZONE_OPTION(mp_form_make_args),
    { .name = "forms", .value = "DIR", .help = "option.forms", MP_FIELD(mp_form_make_args, folder) },
    MP_PLACE_OPTIONS(mp_form_make_args),
};

/* Where the API has the documents that forms are of. */
static const struct {
    const char *of, *path;
    bool is_of_framework;
} documents[] = {
    { "applicability", "/api/v1/statements/applicability", true },
    { "responsibility", "/api/v1/statements/responsibility", true },
    { "gaps", "/api/v1/statements/gaps", true },
    { "calendar", "/api/v1/statements/calendar", true },
    { "states", "/api/v1/control-states", true },
    { "services", "/api/v1/services-in-scope", false },
    { "assets", "/api/v1/asset-register", false },
};

static mp_code format_of(int *out, const mp_form_make_args *args, mp_error *err)
{
    mp_str name = mp_str_from(args->out ? args->out : "");
    size_t dot = mp_str_rfind(name, '.');
    mp_str ending = mp_str_skip(name, dot == SIZE_MAX ? name.len : dot + 1);
    *out = args->format;
    for (int i = PDF; *out == BY_NAME && formats[i]; i++)
        if (mp_str_eq(ending, mp_str_from(formats[i])))
            *out = i;
    if (*out == BY_NAME)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "nothing tells the format; wanted is --out with a name that ends in .pdf, .xlsx, .html or "
                       ".json, or --format");
    return MP_OK;
}

static mp_code ask(mp_client *client, const mp_form_make_args *args, const mp_form *form, mp_error *err)
{
    mp_str of = mp_form_of(form);
    size_t i = 0;
    while (i < MP_COUNT(documents) && !mp_str_eq(of, mp_str_from(documents[i].of)))
        i++;
    if (i == MP_COUNT(documents))
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "the form '%.*s' does not say what it is of; give its data to `mapae form render`",
                       MP_FMT(mp_form_name(form)));
    if (documents[i].is_of_framework && !args->framework == !args->measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted is either --framework or --measure");
    if (!documents[i].is_of_framework && (args->framework || args->measure))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "the form '%.*s' is not of one framework or measure",
                       MP_FMT(mp_form_name(form)));
    mp_str path = mp_str_from(documents[i].path);
    path = mp_state_with(client, path, "framework", args->framework);
    path = mp_state_with(client, mp_state_with(client, path, "measure", args->measure), "scope", args->scope);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    return mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err);
}

static mp_code make_text(mp_buf *out, mp_client *client, const mp_form_make_args *args, const mp_form *form,
                         mp_error *err)
{
    static const mp_paper_format papers[] = { [PDF] = MP_PAPER_PDF, [XLSX] = MP_PAPER_XLSX, [HTML] = MP_PAPER_HTML };
    int format;
    MP_TRY(format_of(&format, args, err));
    client->cli->file = NULL;
    MP_TRY(ask(client, args, form, err));
    if (format != JSON)
        return mp_document_render(out, client, form, papers[format], args->zone, err);
    mp_buf_add_json_pretty(out, client->answer.json, 0);
    mp_buf_add_c(out, '\n');
    return MP_OK;
}

mp_code mp_form_make(mp_client *client, const void *args_, mp_error *err)
{
    const mp_form_make_args *args = args_;
    mp_form *form;
    mp_buf text = MP_BUF_INIT;
    MP_TRY(mp_form_given(&form, client->cli, args->form, args->folder, err));
    mp_code code = make_text(&text, client, args, form, err);
    mp_form_free(form);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}
