/* SPDX-License-Identifier: Apache-2.0 */
/* docs/reference: one Markdown file of commands, one of exit codes, those about the platform
 * (reference_platform.c), one for each topic, an index. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "reference_platform.h"
#include "topics.h"

struct reference_args {
    const char *folder;
};

static const mp_option operand = {
    .value = "DIR", .help = "operand.folder", .min = 1, .max = 1, MP_FIELD(struct reference_args, folder),
};

static const mp_example examples[] = {
    { "mapae reference docs/reference", "example.reference.first" },
};

static mp_code write_commands(mp_page *p, mp_error *err)
{
    (void)err;
    mp_reference_begin(p, "commands");
    p->level = 2;
    for (size_t i = 0; mp_command_at(i); i++)
        if (!mp_command_at(i)->is_hidden)
            mp_page_command(p, mp_command_at(i));
    return MP_OK;
}

static mp_code write_program(mp_page *p, mp_error *err)
{
    (void)err;
    mp_page_main(p);
    return MP_OK;
}

static mp_code write_exits(mp_page *p, mp_error *err)
{
    (void)err;
    mp_reference_begin(p, "exits");
    mp_page_exits(p, MP_EXITS_ALL, NULL);
    return MP_OK;
}

static void write_topic(mp_page *p, const mp_topic *topic)
{
    mp_reference_begin(p, topic->name);
    for (size_t i = 0; i < topic->count; i++)
        p->style->item(p, mp_topic_term(topic, i), mp_message_of(p->lang, topic->prefix, topic->names[i]));
}

static const mp_reference_page program_pages[] = {
    { "mapae", write_program },
    { "commands", write_commands },
    { "exits", write_exits },
};

static void write_entry(mp_page *p, const char *name)
{
    mp_str title = mp_message_of(p->lang, "topic.", mp_str_from(name));
    mp_buf_printf(&p->out, "- [%.*s](", MP_FMT(title));
    mp_buf_add_z(&p->out, name);
    mp_buf_add_z(&p->out, ".md)\n");
}

static void write_index(mp_page *p)
{
    mp_reference_begin(p, "index");
    for (size_t i = 0; i < MP_COUNT(program_pages); i++)
        write_entry(p, program_pages[i].name);
    for (size_t i = 0; i < mp_reference_platform_count; i++)
        write_entry(p, mp_reference_platform[i].name);
    for (size_t i = 0; i < mp_topic_count; i++)
        write_entry(p, mp_topics[i].name);
}

/* The page, and where it came from, to DIR/NAME.md; frees it. */
static mp_code save(mp_page *p, const mp_cli *cli, const char *folder, const char *name, mp_error *err)
{
    char path[4096];
    int  len = snprintf(path, sizeof path, "%s/%s.md", folder, name);
    mp_output out;
    mp_code   code = len < 0 || (size_t)len >= sizeof path
                         ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path is longer than %zu bytes", sizeof path)
                         : mp_output_open(&out, cli, path, err);
    if (code == MP_OK) {
        fprintf(out.file, "<!-- %.*s -->\n\n", MP_FMT(mp_message(cli->lang, "reference.made")));
        code = mp_output_buf(&out, &p->out, err);
        if (code == MP_OK)
            code = mp_output_close(&out, err);
        else
            mp_output_abandon(&out);
    }
    mp_buf_free(&p->out);
    return code;
}

static mp_code save_pages(const mp_reference_page *pages, size_t count, const mp_cli *cli, const char *folder,
                          mp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        mp_page page = MP_PAGE(mp_style_markdown, cli->lang);
        mp_code code = pages[i].write(&page, err);
        if (code != MP_OK) {
            mp_buf_free(&page.out);
            return code;
        }
        MP_TRY(save(&page, cli, folder, pages[i].name, err));
    }
    return MP_OK;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct reference_args *args = args_;
    (void)exit;
    if (mkdir(args->folder, 0777) != 0 && errno != EEXIST)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot make the folder %s: %s", args->folder,
                       strerror(errno));
    MP_TRY(save_pages(program_pages, MP_COUNT(program_pages), cli, args->folder, err));
    MP_TRY(save_pages(mp_reference_platform, mp_reference_platform_count, cli, args->folder, err));
    for (size_t i = 0; i < mp_topic_count; i++) {
        mp_page page = MP_PAGE(mp_style_markdown, cli->lang);
        write_topic(&page, &mp_topics[i]);
        MP_TRY(save(&page, cli, args->folder, mp_topics[i].name, err));
    }
    mp_page index = MP_PAGE(mp_style_markdown, cli->lang);
    write_index(&index);
    return save(&index, cli, args->folder, "README", err);
}

const mp_command mp_command_reference = {
    .name = "reference",
    .summary = "command.reference.summary",
    .text = "command.reference.text",
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct reference_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
    .is_hidden = true,
};
