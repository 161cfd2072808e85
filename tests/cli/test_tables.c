/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands, options and words: complete, in both languages, without contradictions. */
#include "complete.h"
#include "diagnose.h"
#include "page.h"
#include "test.h"
#include "topics.h"

#include <stdio.h>

static void check_message(const char *id)
{
    bool exists = id && mp_message_exists(MP_LANG_EN, id) && mp_message_exists(MP_LANG_KO, id);
    if (!exists)
        print_error("no message %s\n", id ? id : "(null)");
    CHECK(exists);
}

static void check_option(const mp_option *o)
{
    check_message(o->help);
    if (o->heading)
        check_message(o->heading);
    CHECK(o->kind != MP_OPTION_NONE);
    CHECK(o->kind == MP_OPTION_FLAG || o->value || o->choices);
    CHECK((o->kind != MP_OPTION_CHOICE && o->kind != MP_OPTION_CHOICES) || o->choices);
    CHECK(o->kind != MP_OPTION_NUMBER || o->max > o->min);
}

static void check_no_clash(const mp_option *a, const mp_option *b)
{
    CHECK(strcmp(a->name, b->name) != 0);
    CHECK(!a->letter || a->letter != b->letter);
}

TEST(options_are_complete_and_do_not_clash)
{
    for (size_t i = 0; i < mp_global_option_count; i++)
        check_option(&mp_global_options[i]);
    for (size_t c = 0; mp_command_of_all(c); c++) {
        const mp_command *command = mp_command_of_all(c);
        if (command->operand)
            check_option(command->operand);
        for (size_t i = 0; i < command->option_count; i++) {
            check_option(&command->options[i]);
            CHECK(command->options[i].at < command->args_size);
            for (size_t k = 0; k < i; k++)
                check_no_clash(&command->options[i], &command->options[k]);
            for (size_t g = 0; g < mp_global_option_count; g++)
                check_no_clash(&command->options[i], &mp_global_options[g]);
        }
    }
}

TEST(fallbacks_are_valid)
{
    for (size_t c = 0; mp_command_of_all(c); c++) {
        const mp_command *command = mp_command_of_all(c);
        mp_arena          arena = MP_ARENA_INIT;
        void             *args = mp_arena_zero(&arena, 1, command->args_size + 1);
        mp_option_set     set = { command->options, command->option_count, args };
        mp_error          err = { 0 };
        CHECK_INT(mp_options_default(&set, &arena, &err), MP_OK);
        mp_arena_free(&arena);
    }
}

TEST(commands_explain_themselves)
{
    size_t count = 0;
    for (; mp_command_of_all(count); count++) {
        const mp_command *command = mp_command_of_all(count);
        check_message(command->summary);
        check_message(command->text);
        CHECK(command->example_count >= 1);
        CHECK(command->exits & 1u << MP_EXIT_OK);
        for (size_t i = 0; i < command->example_count; i++) {
            check_message(command->examples[i].help);
            CHECK(strstr(command->examples[i].line, command->name) != NULL);
        }
        CHECK(mp_command_find(mp_str_from(command->name)) == command);
        CHECK((command->run != NULL) != (command->subs != NULL));
    }
    CHECK(count >= 8);
}

TEST(groups_hold_commands_and_nothing_else)
{
    size_t groups = 0;
    for (size_t c = 0; mp_command_at(c); c++) {
        const mp_command *group = mp_command_at(c);
        groups += group->subs != NULL;
        if (group->subs)
            CHECK(group->sub_count >= 1 && group->sub_count <= MP_COMMANDS_OF_GROUP && !group->option_count &&
                  !group->operand && !group->is_hidden);
        for (size_t i = 0; i < group->sub_count; i++) {
            const mp_command *sub = &group->subs[i];
            mp_str            name = mp_str_from(sub->name);
            CHECK(mp_command_parent(sub) == group);
            CHECK(!sub->subs && !sub->is_hidden && (sub->exits & ~group->exits) == 0);
            CHECK(mp_str_eq(mp_command_word(sub), mp_str_skip(name, strlen(group->name) + 1)));
        }
        CHECK(mp_command_parent(group) == NULL);
        CHECK_STR(mp_command_word(group), group->name);
    }
    CHECK(groups >= 5);
}

TEST(every_exit_code_is_explained)
{
    char id[64];
#define MP_EXIT(name, value, text)              \
    snprintf(id, sizeof id, "exit.%s", (text)); \
    check_message(id);
#include "exits.def"
#undef MP_EXIT
}

TEST(every_word_of_every_topic_is_explained)
{
    for (size_t t = 0; t < mp_topic_count; t++) {
        const mp_topic *topic = &mp_topics[t];
        char            id[128];
        snprintf(id, sizeof id, "topic.%s", topic->name);
        check_message(id);
        snprintf(id, sizeof id, "topic.%s.text", topic->name);
        check_message(id);
        CHECK(topic->count > 0);
        for (size_t i = 0; i < topic->count; i++) {
            snprintf(id, sizeof id, "%s%.*s", topic->prefix, MP_FMT(topic->names[i]));
            check_message(id);
        }
    }
}

/* The heart of a man page or a help text is lost when a line is over 100 columns, or broken. */
TEST(pages_have_no_empty_parts)
{
    static const mp_page_style *const styles[] = { &mp_style_terminal, &mp_style_man, &mp_style_markdown };
    for (size_t s = 0; s < MP_COUNT(styles); s++)
        for (int lang = 0; lang < MP_LANG_COUNT; lang++)
            for (size_t c = 0; mp_command_of_all(c); c++) {
                mp_page page = MP_PAGE(*styles[s], (mp_lang)lang);
                mp_page_command(&page, mp_command_of_all(c));
                mp_error err = { 0 };
                CHECK_INT(mp_buf_check(&page.out, &err), MP_OK);
                CHECK(page.out.len > 200);
                CHECK(mp_str_find_str(mp_buf_str(&page.out), MP_S("\n\n\n")) == SIZE_MAX);
                CHECK(mp_str_find_str(mp_buf_str(&page.out), MP_S("(null)")) == SIZE_MAX);
                mp_buf_free(&page.out);
            }
}

TEST(every_shell_is_completed)
{
    mp_error err = { 0 };
    for (size_t i = 0; mp_complete_shells[i]; i++) {
        mp_buf out = MP_BUF_INIT;
        CHECK(mp_complete(&out, MP_LANG_EN, mp_str_from(mp_complete_shells[i])));
        CHECK_INT(mp_buf_check(&out, &err), MP_OK);
        CHECK(mp_str_find_str(mp_buf_str(&out), MP_S("fail-on")) != SIZE_MAX);
        mp_buf_free(&out);
    }
    mp_buf out = MP_BUF_INIT;
    CHECK(!mp_complete(&out, MP_LANG_EN, MP_S("csh")));
}

TEST(the_nearest_command_is_named)
{
    const mp_command *command = NULL;
    mp_error          err = { 0 };
    CHECK_INT(mp_command_get(&command, MP_S("scna"), &err), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "unknown command scna; did you mean scan?");
    CHECK_INT(mp_command_get(&command, MP_S("xyzzy"), &err), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "unknown command xyzzy");
    CHECK_INT(mp_command_get(&command, MP_S("user ad"), &err), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "unknown command user ad; did you mean user add?");
    CHECK_INT(mp_command_get(&command, MP_S("scan add"), &err), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "unknown command scan add");
    CHECK_INT(mp_command_get_words(&command, &(mp_list){ (const char *[]){ "user", "add" }, 2 }, &err), MP_OK);
    CHECK(command == mp_command_find(MP_S("user add")));
    CHECK_INT(mp_command_get(&command, MP_S("lint"), &err), MP_OK);
    CHECK(command == mp_command_find(MP_S("lint")));
}

TEST(codes_end_in_exits)
{
    CHECK_INT(mp_exit_of_code(MP_OK), 0);
    CHECK_INT(mp_exit_of_code(MP_USAGE), 2);
    CHECK_INT(mp_exit_of_code(MP_SYNTAX), 2);
    CHECK_INT(mp_exit_of_code(MP_IO), 2);
    CHECK_INT(mp_exit_of_code(MP_NOMEM), 4);
    CHECK_INT(mp_exit_of_code(MP_INTERNAL), 4);
    CHECK_INT(mp_exit_of_code(MP_OUTPUT), 5);
}

/* ---- diagnostics ---- */

static void check_diagnostic(const char *line, uint32_t col, const char *wanted)
{
    mp_diagnostic d = { .severity = MP_SEVERITY_ERROR,
                        .error = { .pos = { 12, col }, .message = "unknown operator \"equal\"" },
                        .file = MP_S("tls.json"),
                        .line = mp_str_from(line),
                        .nearest = MP_S("equals") };
    mp_buf out = MP_BUF_INIT;
    mp_diagnostic_text(&out, MP_LANG_EN, false, &d);
    mp_str text = mp_str_skip(mp_buf_str(&out), mp_str_find(mp_buf_str(&out), '\n') + 1);
    CHECK(mp_str_starts(mp_buf_str(&out), MP_S("tls.json:12:")));
    CHECK(mp_str_find_str(mp_buf_str(&out), MP_S("equals")) != SIZE_MAX);
    CHECK_STR(text, wanted);
    mp_buf_free(&out);
}

TEST(a_diagnostic_points_at_the_place)
{
    check_diagnostic("  \"equal\": 1", 4, "     12 |   \"equal\": 1\n"
                                          "        |    ^\n");
    /* wide characters before the caret take two columns */
    check_diagnostic("\"정책\": 1", 5, "     12 | \"정책\": 1\n"
                                       "        |       ^\n");
    check_diagnostic("\t\"x\": 1", 2, "     12 |  \"x\": 1\n"
                                      "        |  ^\n");
    check_diagnostic("short", 400, "     12 | short\n" /* a place beyond the line must not harm */
                                   "        |      ^\n");
}

TEST(a_long_line_is_shown_around_the_caret)
{
    char line[400];
    for (size_t i = 0; i + 1 < sizeof line; i++)
        line[i] = (char)('a' + i % 26);
    line[sizeof line - 1] = '\0';
    check_diagnostic(line, 300,
                     "     12 | pqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmno"
                     "pqrstuvwxyzabcdefghijk\n"
                     "        |                                                   ^\n");
}

int main(void)
{
    return MAIN(RUN(options_are_complete_and_do_not_clash), RUN(fallbacks_are_valid),
                RUN(commands_explain_themselves), RUN(groups_hold_commands_and_nothing_else),
                RUN(every_exit_code_is_explained), RUN(every_word_of_every_topic_is_explained),
                RUN(pages_have_no_empty_parts), RUN(every_shell_is_completed), RUN(the_nearest_command_is_named),
                RUN(codes_end_in_exits), RUN(a_diagnostic_points_at_the_place),
                RUN(a_long_line_is_shown_around_the_caret));
}
