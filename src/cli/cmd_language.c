/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed stands in topics.c. */
#include <stdio.h>

#include "page.h"
#include "text.h"
#include "topics.h"

struct language_args {
    mp_list     words;
    int         format;
    const char *out;
};

enum { FORMAT_TEXT, FORMAT_JSON };
static const char *const formats[] = { "text", "json", NULL };

static const mp_option operand = {
    .value = "WORD", .help = "operand.word", MP_FIELD(struct language_args, words),
};

static const mp_option options[] = {
    { .name = "format", .letter = 'f', .choices = formats, .fallback = "text",
      .help = "option.format.language", MP_FIELD(struct language_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out",
      MP_FIELD(struct language_args, out) },
};

static const mp_example examples[] = {
    { "mapae language operators effects", "example.language.topics" },
    { "mapae language notLike padLeft", "example.language.words" },
    { "mapae language --format json", "example.language.json" },
};

/* ---- what is asked for ---- */

static bool is_word(const mp_topic *topic, size_t i, mp_str word)
{
    return mp_str_eq_fold(topic->names[i], word);
}

static bool is_topic(const mp_topic *topic, mp_str word)
{
    return mp_str_eq_fold(mp_str_from(topic->name), word);
}

/* Without words, everything. A word names a topic, or an entry of any topic. */
static bool is_wanted(const struct language_args *args, const mp_topic *topic, size_t i)
{
    for (size_t w = 0; w < args->words.count; w++) {
        mp_str word = mp_str_from(args->words.items[w]);
        if (is_topic(topic, word) || is_word(topic, i, word))
            return true;
    }
    return args->words.count == 0;
}

static bool is_known(mp_str word)
{
    for (size_t t = 0; t < mp_topic_count; t++) {
        if (!mp_topics[t].is_language)
            continue;
        if (is_topic(&mp_topics[t], word))
            return true;
        for (size_t i = 0; i < mp_topics[t].count; i++)
            if (is_word(&mp_topics[t], i, word))
                return true;
    }
    return false;
}

/* The nearest of all words; they are asked topic by topic, and so the nearest of the nearest. */
static mp_str nearest_word(mp_str word)
{
    mp_str nearest[16];
    size_t count = 0;
    for (size_t t = 0; t < mp_topic_count && count < MP_COUNT(nearest); t++) {
        mp_str found = mp_topics[t].is_language
                           ? mp_text_nearest(word, mp_topics[t].names, mp_topics[t].count)
                           : MP_S("");
        if (found.len)
            nearest[count++] = found;
    }
    return count ? mp_text_nearest(word, nearest, count) : MP_S("");
}

static mp_code check_words(const struct language_args *args, mp_error *err)
{
    for (size_t w = 0; w < args->words.count; w++) {
        mp_str word = mp_str_from(args->words.items[w]), nearest = nearest_word(word);
        if (is_known(word))
            continue;
        if (nearest.len)
            return mp_fail(err, MP_USAGE, MP_NOWHERE,
                           "the policy language does not know %.*s; did you mean %.*s?", MP_FMT(word),
                           MP_FMT(nearest));
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "the policy language does not know %.*s", MP_FMT(word));
    }
    return MP_OK;
}

/* ---- printing ---- */

static void print_text(mp_buf *out, const mp_cli *cli, const struct language_args *args)
{
    mp_page page = MP_PAGE(mp_style_terminal, cli->lang);
    page.columns = cli->columns;
    page.color = cli->out_color && !args->out;
    page.item_column = 26;
    for (size_t t = 0; t < mp_topic_count; t++) {
        const mp_topic *topic = &mp_topics[t];
        bool            has_title = false;
        for (size_t i = 0; topic->is_language && i < topic->count; i++) {
            if (!is_wanted(args, topic, i))
                continue;
            char id[64];
            snprintf(id, sizeof id, "topic.%s", topic->name);
            if (!has_title)
                page.style->section(&page, id);
            has_title = true;
            page.style->item(&page, mp_topic_term(topic, i),
                             mp_message_of(cli->lang, topic->prefix, topic->names[i]));
        }
    }
    mp_buf_add(out, mp_buf_str(&page.out));
    mp_buf_free(&page.out);
}

static void print_json(mp_buf *out, const mp_cli *cli, const struct language_args *args)
{
    const char *comma = "";
    mp_buf_add_c(out, '{');
    for (size_t t = 0; t < mp_topic_count; t++) {
        const mp_topic *topic = &mp_topics[t];
        const char     *item_comma = "";
        if (!topic->is_language)
            continue;
        mp_buf_printf(out, "%s\n  \"%s\": [", comma, topic->name);
        for (size_t i = 0; i < topic->count; i++) {
            if (!is_wanted(args, topic, i))
                continue;
            mp_buf_printf(out, "%s\n    {\"name\": ", item_comma);
            mp_buf_add_json_str(out, topic->names[i]);
            mp_buf_add(out, MP_S(", \"written\": "));
            mp_buf_add_json_str(out, mp_topic_term(topic, i));
            mp_buf_add(out, MP_S(", \"text\": "));
            mp_buf_add_json_str(out, mp_message_of(cli->lang, topic->prefix, topic->names[i]));
            mp_buf_add_c(out, '}');
            item_comma = ",";
        }
        mp_buf_add_z(out, item_comma[0] ? "\n  ]" : "]");
        comma = ",";
    }
    mp_buf_add(out, MP_S("\n}\n"));
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct language_args *args = args_;
    (void)exit;
    MP_TRY(check_words(args, err));
    mp_output out;
    MP_TRY(mp_output_open(&out, cli, args->out, err));
    mp_buf text = MP_BUF_INIT;
    if (args->format == FORMAT_JSON)
        print_json(&text, cli, args);
    else
        print_text(&text, cli, args);
    mp_code code = mp_output_buf(&out, &text, err);
    if (code != MP_OK) {
        mp_output_abandon(&out);
        return code;
    }
    return mp_output_close(&out, err);
}

const mp_command mp_command_language = {
    .name = "language",
    .summary = "command.language.summary",
    .text = "command.language.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct language_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
