/* SPDX-License-Identifier: Apache-2.0 */
/* Documents from forms, without a server: what the API answers as JSON becomes a PDF, a workbook or a page.
 */
#include <stdio.h>
#include <string.h>

#include "form_make.h"
#include "source.h"

#define DATA_BYTES ((size_t)256 << 20)

/* ---- list ---- */

static const mp_column list_columns[] = {
    { "name", "column.form", NULL },
    { "title", "column.title", NULL },
    { "about", "column.form.about", NULL },
};

static mp_code tell_form(mp_jsonw *w, mp_cli *cli, mp_str name, mp_error *err)
{
    mp_form *form;
    MP_TRY(mp_form_open(&form, name, NULL, err));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", name);
    mp_jsonw_put_str(w, "title", mp_arena_dup(cli->arena, mp_form_title(form, cli->lang)));
    mp_jsonw_put_str(w, "about", mp_arena_dup(cli->arena, mp_form_about(form, cli->lang)));
    mp_jsonw_end(w);
    mp_form_free(form);
    return MP_OK;
}

static mp_code write_out(mp_cli *cli, const char *path, mp_buf *text, mp_error *err)
{
    mp_output out;
    mp_code code = mp_output_open(&out, cli, path, err);
    if (code != MP_OK) {
        mp_buf_free(text);
        return code;
    }
    code = mp_output_buf(&out, text, err);
    if (code != MP_OK) {
        mp_output_abandon(&out);
        return code;
    }
    return mp_output_close(&out, err);
}

static mp_code list(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    mp_columns_state state = { .has_head = false };
    mp_buf text = MP_BUF_INIT;
    mp_jsonw w;
    (void)exit;
    (void)args;
    mp_jsonw_init(&w, cli->arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; mp_form_builtin_at(i).len; i++)
        MP_TRY(tell_form(&w, cli, mp_form_builtin_at(i), err));
    mp_jsonw_end(&w);
    const mp_json *all = mp_jsonw_done(&w);
    if (!all)
        return mp_no_memory(err);
    mp_columns_list(&text, cli, list_columns, MP_COUNT(list_columns), all, &state, cli->arena);
    return write_out(cli, NULL, &text, err);
}

/* ---- show ---- */

struct show_args {
    const char *form, *folder, *out;
};
static const mp_option show_operand = {
    .value = "FORM", .help = "operand.form", .min = 1, .max = 1, MP_FIELD(struct show_args, form)
};
static const mp_option show_options[] = {
    { .name = "forms", .value = "DIR", .help = "option.forms", MP_FIELD(struct show_args, folder) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct show_args, out) },
};

static mp_code show(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct show_args *args = args_;
    mp_form *form;
    mp_buf text = MP_BUF_INIT;
    (void)exit;
    MP_TRY(mp_form_given(&form, cli, args->form, args->folder, err));
    mp_buf_add(&text, mp_form_source(form));
    mp_form_free(form);
    return write_out(cli, args->out, &text, err);
}

/* ---- render ---- */

struct render_args {
    const char *form, *folder, *data, *to, *zone;
    int format;
    mp_when made_at;
};
static const char *const formats[] = { "by-name", "pdf", "xlsx", "html", NULL };
static const mp_option render_operand = {
    .value = "FORM", .help = "operand.form", .min = 1, .max = 1, MP_FIELD(struct render_args, form)
};
static const mp_option render_options[] = {
    { .name = "data",
      .value = "FILE",
      .help = "option.form.data",
      .is_required = true,
      MP_FIELD(struct render_args, data) },
    { .name = "to",
      .value = "FILE",
      .help = "option.form.to",
      .is_required = true,
      MP_FIELD(struct render_args, to) },
    { .name = "format",
      .choices = formats,
      .fallback = "by-name",
      .help = "option.form.format",
      MP_FIELD(struct render_args, format) },
    { .name = "forms", .value = "DIR", .help = "option.forms", MP_FIELD(struct render_args, folder) },
    MP_ZONE_OPTION(struct render_args),
    { .name = "made-at",
      .value = "TIME",
      .help = "option.form.made-at",
      MP_FIELD(struct render_args, made_at) },
};

static mp_code format_of(mp_paper_format *out, const struct render_args *args, mp_error *err)
{
    mp_str name = mp_str_from(args->to);
    size_t dot = mp_str_rfind(name, '.');
    *out = args->format ? (mp_paper_format)(args->format - 1)
                        : mp_paper_format_find(mp_str_skip(name, dot == SIZE_MAX ? name.len : dot + 1));
    if (*out == MP_PAPER_FORMAT_COUNT)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "the name '%s' tells no format; wanted is .pdf, .xlsx or .html, or --format",
                       args->to);
    return MP_OK;
}

static mp_code render_data(mp_buf *out, const mp_form *form, mp_cli *cli, const struct render_args *args,
                           mp_error *err)
{
    mp_json_doc *doc = NULL;
    const mp_json *data;
    mp_str text;
    mp_paper_format format;
    mp_paper_options options = { .lang = cli->lang,
                                 .producer = MP_S("Mapae " MAPAE_VERSION),
                                 .made_at = args->made_at.is_given ? args->made_at.at : 0 };
    MP_TRY(format_of(&format, args, err));
    MP_TRY(mp_document_zone(&options.zone, args->zone, err));
    const char *form_file = cli->file;
    cli->file = args->data;
    MP_TRY(mp_source_slurp(&text, args->data, DATA_BYTES, cli->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read_padded(doc, &data, text, NULL, NULL, err);
    if (code == MP_OK) {
        cli->file = form_file;
        code = mp_paper_render(out, form, data, format, &options, err);
    }
    mp_json_doc_free(doc);
    return code;
}

static mp_code render(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct render_args *args = args_;
    mp_form *form;
    mp_buf out = MP_BUF_INIT;
    (void)exit;
    MP_TRY(mp_form_given(&form, cli, args->form, args->folder, err));
    mp_code code = render_data(&out, form, cli, args, err);
    mp_form_free(form);
    if (code != MP_OK) {
        mp_buf_free(&out);
        return code;
    }
    cli->file = NULL;
    return write_out(cli, args->to, &out, err);
}

/* ---- the group ---- */

static const mp_example list_examples[] = { { "mapae form list", "example.form.list" } };
static const mp_example show_examples[] = { { "mapae form show gap-report --out my-gaps.json",
                                              "example.form.show" } };
static const mp_example render_examples[] = {
    { "mapae form render gap-report --data gaps.json --to gaps.pdf", "example.form.render" },
    { "mapae --lang ko form render my-gaps.json --data gaps.json --to gaps.xlsx", "example.form.render.own" },
};

static const mp_command subs[] = {
    MP_SUB_OWN("form", "make", " self-assessment --framework csap-iaas --out csap.pdf", &mp_form_make_operand,
               mp_form_make_options, mp_form_make_args, mp_form_make),
    { .name = "form list",
      .summary = "command.form.list.summary",
      .text = "command.form.list.text",
      .examples = list_examples,
      .example_count = MP_COUNT(list_examples),
      .exits = MP_EXITS_USUAL,
      .run = list },
    { .name = "form show",
      .summary = "command.form.show.summary",
      .text = "command.form.show.text",
      .options = show_options,
      .option_count = MP_COUNT(show_options),
      .operand = &show_operand,
      .examples = show_examples,
      .example_count = MP_COUNT(show_examples),
      .args_size = sizeof(struct show_args),
      .exits = MP_EXITS_USUAL,
      .run = show },
    { .name = "form render",
      .summary = "command.form.render.summary",
      .text = "command.form.render.text",
      .options = render_options,
      .option_count = MP_COUNT(render_options),
      .operand = &render_operand,
      .examples = render_examples,
      .example_count = MP_COUNT(render_examples),
      .args_size = sizeof(struct render_args),
      .exits = MP_EXITS_USUAL,
      .run = render },
};

const mp_command mp_command_form = {
    .name = "form", .summary = "command.form.summary", .text = "command.form.text", .examples = list_examples,
    .example_count = MP_COUNT(list_examples), .subs = subs, .sub_count = MP_COUNT(subs), .exits = MP_EXITS_USUAL,
};
