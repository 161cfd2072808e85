/* SPDX-License-Identifier: Apache-2.0 */
/* The scripts are written out in full, without calling mapae: completion must be fast, and work for
 * a mapae that is not installed yet. Names of options and choices hold nothing that a shell minds;
 * descriptions are quoted. */
#include "complete.h"

static bool takes_file(const mp_option *o)
{
    static const char *const names[] = { "FILE", "PATH", "INVENTORY", "DIR", "FILE|NAME=VALUE" };
    for (size_t i = 0; o->value && i < MP_COUNT(names); i++)
        if (strcmp(o->value, names[i]) == 0)
            return true;
    return false;
}

static bool takes_command(const mp_option *o)
{
    return o->value && strcmp(o->value, "COMMAND") == 0;
}

/* The first sentence of an option's help, without the signs that stand for code, and with `special`
 * characters guarded. */
static void add_description(mp_buf *out, mp_lang lang, const char *id, const char *special)
{
    mp_str text = mp_message(lang, id);
    size_t end = mp_str_find_str(text, MP_S(". "));
    text.len = end == SIZE_MAX ? text.len : end;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\'')
            mp_buf_add(out, MP_S("'\\''"));
        else if (c != '`' && c != '\n' && !(c == '.' && i + 1 == text.len))
            mp_buf_printf(out, "%s%c", strchr(special, c) ? "\\" : "", c);
    }
}

static void add_choices(mp_buf *out, const mp_option *o)
{
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        mp_buf_printf(out, "%s%s", i ? " " : "", o->choices[i]);
}

static void add_commands(mp_buf *out)
{
    for (size_t i = 0; mp_command_at(i); i++)
        if (!mp_command_at(i)->is_hidden)
            mp_buf_printf(out, "%s%s", i ? " " : "", mp_command_at(i)->name);
}

static void add_subs(mp_buf *out, const mp_command *group)
{
    for (size_t i = 0; i < group->sub_count; i++)
        mp_buf_printf(out, "%s%.*s", i ? " " : "", MP_FMT(mp_command_word(&group->subs[i])));
}

/* Those within a hidden group do not exist: hidden commands have no group. */
static const mp_command *shown_command(size_t *index)
{
    const mp_command *command;
    while ((command = mp_command_of_all((*index)++)) && command->is_hidden)
        ;
    return command;
}

static void add_groups(mp_buf *out, const char *between)
{
    const char *gap = "";
    for (size_t i = 0; mp_command_at(i); i++) {
        if (!mp_command_at(i)->subs)
            continue;
        mp_buf_printf(out, "%s%s", gap, mp_command_at(i)->name);
        gap = between;
    }
}

/* ---- bash ---- */

static void bash_names(mp_buf *out, const mp_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (options[i].is_hidden)
            continue;
        mp_buf_printf(out, " --%s", options[i].name);
        if (options[i].letter)
            mp_buf_printf(out, " -%c", options[i].letter);
    }
}

/* What may follow an option that takes a value, as arms of a case over "COMMAND OPTION". */
static void bash_values(mp_buf *out, const char *command, const mp_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const mp_option *o = &options[i];
        if (o->kind == MP_OPTION_FLAG)
            continue;
        const char *quote = command[0] == '*' ? "" : "'", *again = command[0] == '*' ? "'" : "";
        mp_buf_printf(out, "    %s%s%s --%s'", quote, command, again, o->name);
        if (o->letter)
            mp_buf_printf(out, "|%s%s%s -%c'", quote, command, again, o->letter);
        if (o->kind == MP_OPTION_CHOICES) {
            mp_buf_add(out, MP_S(") _mapae_list '"));
            add_choices(out, o);
            mp_buf_add(out, MP_S("'; return ;;\n"));
        } else if (o->choices) {
            mp_buf_add(out, MP_S(") mapfile -t COMPREPLY < <(compgen -W '"));
            add_choices(out, o);
            mp_buf_add(out, MP_S("' -- \"$cur\"); return ;;\n"));
        } else {
            mp_buf_add_z(out, takes_file(o) ? ") _mapae_files; return ;;\n" : ") return ;;\n");
        }
    }
}

static void bash_command(mp_buf *out, const mp_command *command)
{
    mp_buf_printf(out, "    '%s')\n        options='", command->name);
    bash_names(out, command->options, command->option_count);
    mp_buf_add(out, MP_S("'\n        operands='"));
    if (command->operand && takes_file(command->operand))
        mp_buf_add(out, MP_S("files"));
    if (command->operand && takes_command(command->operand))
        mp_buf_add(out, MP_S("words"));
    if (command->subs) {
        mp_buf_add(out, MP_S("words'\n        words='"));
        add_subs(out, command);
    }
    mp_buf_add(out, MP_S("' ;;\n"));
}

static void complete_bash(mp_buf *out, mp_lang lang)
{
    (void)lang; /* bash shows no descriptions */
    mp_buf_add(out, MP_S("# bash completion of mapae; made by mapae completion bash\n\n"
                         "_mapae_files() {\n"
                         "    compopt -o filenames 2>/dev/null\n"
                         "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                         "}\n\n"
                         "_mapae_list() {\n"
                         "    local before=''\n"
                         "    [[ $cur == *,* ]] && before=${cur%,*},\n"
                         "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
                         "}\n\n"
                         "_mapae() {\n"
                         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                         "    local command='' options='' operands='' words i word\n"
                         "    COMPREPLY=()\n"
                         "    if [[ $cur == '=' ]]; then\n"
                         "        cur=''\n"
                         "    elif [[ $prev == '=' && COMP_CWORD -gt 1 ]]; then\n"
                         "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                         "    fi\n"
                         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                         "        word=${COMP_WORDS[i]}\n"
                         "        case $word in\n"
                         "        -*|=) ;;\n"
                         "        *)\n"
                         "            case ${COMP_WORDS[i-1]} in\n"
                         "            --lang|--color|--jobs|-j|=) ;;\n"
                         "            *) command+=${command:+ }$word ;;\n"
                         "            esac\n"
                         "            case $command in\n"
                         "            "));
    add_groups(out, "|");
    mp_buf_add(out, MP_S(") ;;\n"
                         "            ?*) break ;;\n"
                         "            esac ;;\n"
                         "        esac\n"
                         "    done\n"
                         "    words='"));
    add_commands(out);
    mp_buf_add(out, MP_S("'\n    case \"$command $prev\" in\n"));
    const mp_command *command;
    for (size_t i = 0; (command = shown_command(&i));)
        bash_values(out, command->name, command->options, command->option_count);
    bash_values(out, "*", mp_global_options, mp_global_option_count);
    mp_buf_add(out, MP_S("    esac\n    case $command in\n    '') operands=words ;;\n"));
    for (size_t i = 0; (command = shown_command(&i));)
        bash_command(out, command);
    mp_buf_add(out, MP_S("    esac\n    if [[ $cur == -* ]]; then\n        options+='"));
    bash_names(out, mp_global_options, mp_global_option_count);
    mp_buf_add(out, MP_S("'\n        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
                         "    elif [[ $operands == files ]]; then\n"
                         "        _mapae_files\n"
                         "    elif [[ $operands == words ]]; then\n"
                         "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                         "    fi\n}\n\ncomplete -F _mapae mapae\n"));
}

/* ---- zsh ---- */

/* A specification of _arguments. */
static void zsh_option(mp_buf *out, mp_lang lang, const mp_option *o, const char *indent)
{
    const char *star = o->kind == MP_OPTION_LIST ? "*" : "";
    bool        has_value = o->kind != MP_OPTION_FLAG;
    const char *plus = has_value ? "+" : "", *equals = has_value ? "=" : ""; /* "-oFILE", "--out=FILE" */
    if (o->letter && !star[0])
        mp_buf_printf(out, "%s'(-%c --%s)'{-%c%s,--%s%s}'[", indent, o->letter, o->name, o->letter, plus, o->name,
                      equals);
    else if (o->letter)
        mp_buf_printf(out, "%s'*'{-%c%s,--%s%s}'[", indent, o->letter, plus, o->name, equals);
    else
        mp_buf_printf(out, "%s'%s--%s%s[", indent, star, o->name, equals);
    add_description(out, lang, o->help, "[]:\\");
    mp_buf_add_c(out, ']');
    if (o->kind == MP_OPTION_CHOICES) {
        mp_buf_printf(out, ":%s:_values -s , %s ", o->name, o->name);
        add_choices(out, o);
    } else if (o->choices) {
        mp_buf_printf(out, ":%s:(", o->name);
        add_choices(out, o);
        mp_buf_add_c(out, ')');
    } else if (has_value) {
        mp_buf_printf(out, ":%s:%s", o->name, takes_file(o) ? "_files" : " ");
    }
    mp_buf_add(out, MP_S("' \\\n"));
}

static void zsh_options(mp_buf *out, mp_lang lang, const mp_option *options, size_t count,
                        const char *indent)
{
    for (size_t i = 0; i < count; i++)
        if (!options[i].is_hidden)
            zsh_option(out, lang, &options[i], indent);
}

static void zsh_command(mp_buf *out, mp_lang lang, const mp_command *command)
{
    static const char indent[] = "            ";
    mp_buf_printf(out, "        %.*s)\n            _arguments -S \\\n", MP_FMT(mp_command_word(command)));
    zsh_options(out, lang, command->options, command->option_count, indent);
    zsh_options(out, lang, mp_global_options, mp_global_option_count, indent);
    if (command->operand && takes_command(command->operand))
        mp_buf_printf(out, "%s'1:command:->command' ;;\n", indent);
    else
        mp_buf_printf(out, "%s'*:%s:%s' ;;\n", indent,
                      command->operand ? command->operand->value : "nothing",
                      command->operand && takes_file(command->operand) ? "_files" : " ");
}

/* 'name:what it does' */
static void zsh_description(mp_buf *out, mp_lang lang, const mp_command *command, const char *indent)
{
    mp_buf_printf(out, "%s'%.*s:", indent, MP_FMT(mp_command_word(command)));
    add_description(out, lang, command->summary, ":\\");
    mp_buf_add(out, MP_S("'\n"));
}

/* The word behind the group is a command; with it in front the rest is completed as that command's line. */
static void zsh_group(mp_buf *out, mp_lang lang, const mp_command *group)
{
    mp_buf_printf(out, "        %s)\n            local -a subs\n            subs=(\n", group->name);
    for (size_t i = 0; i < group->sub_count; i++)
        zsh_description(out, lang, &group->subs[i], "                ");
    mp_buf_add(out, MP_S("            )\n"
                         "            if (( CURRENT == 2 )); then\n"
                         "                _describe -t commands command subs\n"
                         "                return\n"
                         "            fi\n"
                         "            shift words; (( CURRENT-- ))\n"
                         "            case $words[1] in\n"));
    for (size_t i = 0; i < group->sub_count; i++)
        zsh_command(out, lang, &group->subs[i]);
    mp_buf_add(out, MP_S("            esac ;;\n"));
}

static void complete_zsh(mp_buf *out, mp_lang lang)
{
    mp_buf_add(out, MP_S("#compdef mapae\n# zsh completion of mapae; made by mapae completion zsh\n\n"
                         "_mapae() {\n"
                         "    local context state state_descr line curcontext=\"$curcontext\"\n"
                         "    typeset -A opt_args\n"
                         "    local -a commands\n"
                         "    commands=(\n"));
    for (size_t i = 0; mp_command_at(i); i++) {
        if (!mp_command_at(i)->is_hidden)
            zsh_description(out, lang, mp_command_at(i), "        ");
    }
    mp_buf_add(out, MP_S("    )\n    _arguments -C -S \\\n"));
    zsh_options(out, lang, mp_global_options, mp_global_option_count, "        ");
    /* "(-)": no option of ours behind the command. */
    mp_buf_add(out, MP_S("        '(-)1:command:->command' \\\n        '(-)*::argument:->argument'\n"
                         "    if [[ $state == argument ]]; then\n"
                         "        curcontext=\"${curcontext%:*:*}:mapae-$words[1]:\"\n"
                         "        case $words[1] in\n"));
    for (size_t i = 0; mp_command_at(i); i++)
        if (mp_command_at(i)->subs)
            zsh_group(out, lang, mp_command_at(i));
        else if (!mp_command_at(i)->is_hidden)
            zsh_command(out, lang, mp_command_at(i));
    mp_buf_add(out, MP_S("        esac\n    fi\n"
                         "    [[ $state == command ]] && _describe -t commands command commands\n"
                         "}\n\n"
                         "if [[ $funcstack[1] == _mapae ]]; then\n    _mapae \"$@\"\n"
                         "else\n    compdef _mapae mapae\nfi\n"));
}

/* ---- fish ---- */

static void fish_option(mp_buf *out, mp_lang lang, const mp_option *o, const char *command)
{
    mp_buf_add(out, MP_S("complete -c mapae"));
    if (command)
        mp_buf_printf(out, " -n '__mapae_is \"%s\"'", command);
    mp_buf_printf(out, " -l %s", o->name);
    if (o->letter)
        mp_buf_printf(out, " -s %c", o->letter);
    if (o->kind == MP_OPTION_CHOICES) {
        mp_buf_add(out, MP_S(" -x -a '(__fish_append , "));
        add_choices(out, o);
        mp_buf_add(out, MP_S(")'"));
    } else if (o->choices) {
        mp_buf_add(out, MP_S(" -x -a '"));
        add_choices(out, o);
        mp_buf_add_c(out, '\'');
    } else if (o->kind != MP_OPTION_FLAG) {
        mp_buf_add_z(out, takes_file(o) ? " -r -F" : " -x");
    }
    mp_buf_add(out, MP_S(" -d '"));
    add_description(out, lang, o->help, "\\");
    mp_buf_add(out, MP_S("'\n"));
}

static void fish_command(mp_buf *out, mp_lang lang, const mp_command *command)
{
    const mp_command *group = mp_command_parent(command);
    mp_buf_printf(out, "complete -c mapae -n '__mapae_is%s%s' -f -a %.*s -d '", group ? " " : "",
                  group ? group->name : "", MP_FMT(mp_command_word(command)));
    add_description(out, lang, command->summary, "\\");
    mp_buf_add(out, MP_S("'\n"));
    for (size_t i = 0; i < command->option_count; i++)
        if (!command->options[i].is_hidden)
            fish_option(out, lang, &command->options[i], command->name);
    if (command->operand && takes_file(command->operand))
        return;
    mp_buf_printf(out, "complete -c mapae -n '__mapae_is \"%s\"' -f", command->name);
    if (command->operand && takes_command(command->operand)) {
        mp_buf_add(out, MP_S(" -a '"));
        add_commands(out);
        mp_buf_add_c(out, '\'');
    }
    mp_buf_add_c(out, '\n');
}

/* The options before a command that take the next word. */
static void fish_valued(mp_buf *out)
{
    for (size_t i = 0; i < mp_global_option_count; i++) {
        const mp_option *o = &mp_global_options[i];
        if (o->kind == MP_OPTION_FLAG)
            continue;
        mp_buf_printf(out, " --%s", o->name);
        if (o->letter)
            mp_buf_printf(out, " -%c", o->letter);
    }
}

/* Within '...' fish reads \' as an apostrophe, where other shells close and open the quotes; '\''
 * means the same in both. */
static void complete_fish(mp_buf *out, mp_lang lang)
{
    mp_buf_add(out, MP_S("# fish completion of mapae; made by mapae completion fish\n\n"
                         "# The command of the line is this one; without an argument: there is none yet.\n"
                         "function __mapae_is\n"
                         "    set -l words (commandline -opc)\n"
                         "    set -l command ''\n"
                         "    set -l i 2\n"
                         "    while test $i -le (count $words)\n"
                         "        switch $words[$i]\n"
                         "            case"));
    fish_valued(out);
    mp_buf_add(out, MP_S("\n"
                         "                set i (math $i + 1)\n"
                         "            case '-*'\n"
                         "            case '*'\n"
                         "                set command (string trim \"$command $words[$i]\")\n"
                         "                contains -- \"$command\""));
    mp_buf_add_c(out, ' ');
    add_groups(out, " ");
    mp_buf_add(out, MP_S("; or break\n"
                         "        end\n"
                         "        set i (math $i + 1)\n"
                         "    end\n"
                         "    test \"$command\" = \"$argv[1]\"\n"
                         "end\n\n"));
    for (size_t i = 0; i < mp_global_option_count; i++)
        fish_option(out, lang, &mp_global_options[i], NULL);
    const mp_command *command;
    for (size_t i = 0; (command = shown_command(&i));)
        fish_command(out, lang, command);
}

/* ---- shells ---- */

static const struct {
    mp_str name;
    void (*complete)(mp_buf *out, mp_lang lang);
} shells[] = {
    { MP_S_INIT("bash"), complete_bash },
    { MP_S_INIT("zsh"), complete_zsh },
    { MP_S_INIT("fish"), complete_fish },
};

const char *const mp_complete_shells[] = { "bash", "zsh", "fish", NULL };

bool mp_complete(mp_buf *out, mp_lang lang, mp_str shell)
{
    for (size_t i = 0; i < MP_COUNT(shells); i++)
        if (mp_str_eq(shells[i].name, shell)) {
            shells[i].complete(out, lang);
            return true;
        }
    return false;
}
