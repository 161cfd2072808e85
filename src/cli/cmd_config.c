/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <unistd.h>

#include "text.h"

struct config_args {
    mp_place place;
    int      format;
};

static const mp_option options[] = { MP_ANSWER_OPTIONS(struct config_args) };

static mp_code print(mp_cli *cli, mp_buf *text, mp_error *err)
{
    mp_output out;
    mp_code   code = mp_output_open(&out, cli, NULL, err);
    if (code != MP_OK) {
        mp_buf_free(text);
        return code;
    }
    MP_TRY(mp_output_buf(&out, text, err));
    return mp_output_close(&out, err);
}

/* ---- check ---- */

/* The files that settings name can be read. */
static mp_code check_files(mp_cli *cli, const mp_config *config, mp_error *err)
{
    size_t faults = 0;
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        mp_error    e = { 0 };
        const char *path = mp_settings[i].kind == MP_SETTING_PATH ? mp_config_text(config, (mp_setting_id)i) : NULL;
        if (!path || access(path, R_OK) == 0)
            continue;
        (void)mp_fail(&e, MP_IO, MP_NOWHERE, "%s: the file %s cannot be read", mp_settings[i].name, path);
        mp_cli_error(cli, mp_config_from(config, (mp_setting_id)i) == MP_FROM_FILE ? mp_config_file_name(config) : NULL,
                     &e);
        faults++;
    }
    return faults ? mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the settings have %zu faults", faults) : MP_OK;
}

static mp_code check(mp_cli *cli, const mp_config *config, int format, mp_error *err)
{
    mp_buf      text = MP_BUF_INIT;
    const char *file = mp_config_file_name(config);
    MP_TRY(check_files(cli, config, err));
    if (format == MP_ANSWER_JSON)
        mp_buf_add(&text, MP_S("{\n  \"faults\": 0\n}\n"));
    else
        mp_say_z(&text, cli->lang, file ? "config.good.file" : "config.good", file, NULL);
    if (format != MP_ANSWER_JSON)
        mp_buf_add_c(&text, '\n');
    return print(cli, &text, err);
}

/* ---- show ---- */

static const mp_column columns[] = {
    { "name", "column.setting", NULL },
    { "value", "column.value", NULL },
    { "from", "column.set-by", "word.from." },
};

static const mp_json *list_settings(const mp_config *config, mp_arena *arena)
{
    static const char *const from[] = { "default", "file", "environment", "command-line" };
    mp_jsonw                 w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        mp_buf value = MP_BUF_INIT;
        mp_config_show(&value, config, (mp_setting_id)i);
        mp_jsonw_object(&w);
        mp_client_member(&w, "name", mp_settings[i].name);
        mp_jsonw_put_str(&w, "value", mp_arena_dup(arena, mp_buf_str(&value)));
        mp_client_member(&w, "default", mp_settings[i].fallback);
        mp_client_member(&w, "from", from[mp_config_from(config, (mp_setting_id)i)]);
        mp_jsonw_end(&w);
        mp_buf_free(&value);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code show(mp_cli *cli, const mp_config *config, int format, mp_error *err)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_buf           text = MP_BUF_INIT;
    mp_columns_state state = { .has_head = false };
    const mp_json   *v = list_settings(config, &arena);
    mp_code          code = v ? MP_OK : mp_no_memory(err);
    if (v && format == MP_ANSWER_JSON) {
        mp_buf_add_json_pretty(&text, v, 0);
        mp_buf_add_c(&text, '\n');
    } else if (v) {
        mp_columns_list(&text, cli, columns, MP_COUNT(columns), mp_json_get(v, MP_S("value")), &state, &arena);
    }
    if (v)
        code = print(cli, &text, err);
    mp_arena_free(&arena);
    return code;
}

/* ---- example ---- */

#define COMMENT_WIDTH 100 /* columns */

/* A text as lines of a comment; the backticks of messages are for pages. */
static void add_comment(mp_buf *out, mp_str text)
{
    size_t column = 0;
    while (text.len) {
        size_t end = mp_str_find(text, ' ');
        mp_str word = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
        if (column && column + 1 + mp_text_width(word) > COMMENT_WIDTH)
            column = 0;
        mp_buf_add_z(out, column ? " " : out->len && out->ptr[out->len - 1] != '\n' ? "\n# " : "# ");
        for (size_t i = 0; i < word.len; i++)
            if (word.ptr[i] != '`')
                mp_buf_add_c(out, word.ptr[i]);
        column += 1 + mp_text_width(word);
        text = mp_str_skip(text, end == SIZE_MAX ? text.len : end + 1);
    }
    mp_buf_add_c(out, '\n');
}

static void add_setting(mp_buf *out, mp_lang lang, mp_setting_id id)
{
    const mp_setting *s = &mp_settings[id];
    mp_str            section = mp_setting_section(id), range;
    mp_buf            said = MP_BUF_INIT;
    add_comment(out, mp_message_of(lang, "setting.", mp_str_from(s->name)));
    mp_setting_say_range(&said, id);
    range = mp_buf_str(&said);
    mp_buf_printf(out, "# (%.*s)\n#%s =%s%s\n\n", MP_FMT(range), s->name + section.len + 1, s->fallback[0] ? " " : "",
                  s->fallback);
    mp_buf_free(&said);
}

static mp_code example(mp_cli *cli, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    add_comment(&text, mp_message(cli->lang, "config.example.head"));
    mp_buf_add_c(&text, '\n');
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        mp_str section = mp_setting_section((mp_setting_id)i);
        if (i == 0 || !mp_str_eq(section, mp_setting_section((mp_setting_id)(i - 1))))
            mp_buf_printf(&text, "[%.*s]\n\n", MP_FMT(section));
        add_setting(&text, cli->lang, (mp_setting_id)i);
    }
    return print(cli, &text, err);
}

/* ---- the group ---- */

typedef mp_code (*with_settings)(mp_cli *cli, const mp_config *config, int format, mp_error *err);

static mp_code with(mp_cli *cli, const struct config_args *args, with_settings fn, mp_error *err)
{
    mp_config *config = NULL;
    mp_code    code = mp_place_settings(&config, cli, &args->place, err);
    if (code == MP_OK)
        code = fn(cli, config, args->format, err);
    mp_config_free(config);
    return code;
}

static mp_code run_check(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit;
    return with(cli, args, check, err);
}

static mp_code run_show(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit;
    return with(cli, args, show, err);
}

static mp_code run_example(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    (void)exit, (void)args;
    return example(cli, err);
}

static const mp_command subs[] = {
    MP_SUB_RUN("config", "check", " --config /etc/mapae/mapae.conf", NULL, options, struct config_args, run_check),
    MP_SUB_RUN("config", "show", "", NULL, options, struct config_args, run_show),
    { MP_SUB("config", "example", " > mapae.conf"), .args_size = 1, .exits = MP_EXITS_USUAL, .run = run_example },
};

const mp_command mp_command_config = { MP_GROUP("config", "check", " --config /etc/mapae/mapae.conf"),
                                       .exits = MP_EXITS_USUAL };
