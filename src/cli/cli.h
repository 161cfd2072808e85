/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - what a command of mapae says of itself, and what it is given.
 *
 * A command is one file, cmd_NAME.c: a struct for its options, a const table of them, a run function
 * and one `const mp_command`, which src/cli/commands.def lists. Help, man pages, completion and the
 * reference are printed from these tables; their sentences are messages (content/messages/cli.*.json).
 *
 *   static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
 *   {
 *       const struct scan_args *args = args_;
 *       mp_output out;
 *       MP_TRY(mp_output_open(&out, cli, args->out, err));
 *       ...write to out.file...
 *       MP_TRY(mp_output_close(&out, err));
 *       if (found) *exit = MP_EXIT_FINDINGS;
 *       return MP_OK;
 *   }
 *
 * A run function fails like any other: it fills `err` and returns the code. main() then prints
 * "mapae: error: FILE:LINE:COL: sentence" in the user's language and ends with the exit code that
 * belongs to the code (mp_exit_of_code). Set cli->file while reading a user's file, so that the error
 * names it. Commands never call exit(), and print results to an mp_output only, the rest to cli->err. */
#ifndef MAPAE_CLI_H
#define MAPAE_CLI_H

#include <stdio.h>

#include "messages.h"
#include "options.h"

typedef enum mp_exit {
#define MP_EXIT(name, value, text) MP_EXIT_##name = value,
#include "exits.def"
#undef MP_EXIT
} mp_exit;

/* Sets of exit codes, for mp_command.exits. */
#define MP_EXITS_USUAL \
    (1u << MP_EXIT_OK | 1u << MP_EXIT_INPUT | 1u << MP_EXIT_INTERNAL | 1u << MP_EXIT_OUTPUT)
#define MP_EXITS_ALL (MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS | 1u << MP_EXIT_PARTIAL)

mp_exit mp_exit_of_code(mp_code code);

typedef struct mp_command mp_command;

/* How this run was asked to behave; filled by main(). */
typedef struct mp_cli {
    mp_lang           lang;
    FILE             *out, *err;
    bool              out_color, err_color; /* --color, NO_COLOR, TERM and isatty taken together */
    bool              is_watched; /* a person sits at `err` and did not say --quiet: show progress */
    bool              is_quiet;   /* no notes, no progress; results, warnings and errors remain */
    unsigned          jobs;       /* threads to use, at least 1 */
    unsigned          columns;    /* of the terminal; 80 when there is none */
    const mp_command *command;    /* that runs */
    const char       *file;       /* at hand: named in front of an error; NULL for none */
    mp_arena         *arena;      /* of what lives to the end of the run, such as a name for `file` */
} mp_cli;

typedef struct mp_example {
    const char *line; /* "mapae scan --policy policies inventory.json" */
    const char *help; /* id of a message */
} mp_example;

struct mp_command {
    const char       *name;    /* "scan"; of a command within a group, with the group's: "user add" */
    const char       *summary; /* id: one line, no full stop */
    const char       *text;    /* id: some paragraphs, apart by an empty line */
    const mp_option  *options; /* the global ones are not repeated */
    size_t            option_count;
    const mp_option  *operand; /* NULL: takes none */
    const mp_example *examples;
    size_t            example_count;
    size_t            args_size; /* of the struct that options and operand go to */
    unsigned          exits;     /* bits: the exit codes it can give */
    /* `args` is that struct. *exit is MP_EXIT_OK beforehand. */
    mp_code (*run)(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err);
    bool is_hidden; /* not in the lists of help and completion */
    /* A group has commands of its own ("mapae user add") and none of options, operand and run. */
    const mp_command *subs;
    size_t            sub_count;
    const void       *about; /* for a `run` that several commands share: what this one is to do */
};

/* Every command of the first level, in the order of help; NULL from the end on. */
const mp_command *mp_command_at(size_t index);
/* Every command, each group before those within it. */
const mp_command *mp_command_of_all(size_t index);
/* By its whole name ("user add"), or NULL. */
const mp_command *mp_command_find(mp_str name);
/* The same for a name that a user wrote. Fails with MP_USAGE (and names the nearest). */
MP_MUST_CHECK mp_code mp_command_get(const mp_command **out, mp_str name, mp_error *err);
/* The same for a name that came as words. */
MP_MUST_CHECK mp_code mp_command_get_words(const mp_command **out, const mp_list *words, mp_error *err);
/* The last word of its name: "add". */
mp_str mp_command_word(const mp_command *command);
/* The group that it stands in, or NULL. */
const mp_command *mp_command_parent(const mp_command *command);
#define MP_COMMANDS_OF_GROUP 24 /* the most that a group has; a test counts */
/* The options that every command takes. */
extern const mp_option mp_global_options[];
extern const size_t    mp_global_option_count;

/* ---- speaking: one line each, in cli->lang ---- */

/* "mapae: sentence" on cli->err, unless quiet. Arguments are C strings, ended by NULL. */
void mp_cli_note(const mp_cli *cli, const char *id, ...) __attribute__((sentinel));
/* "mapae: warning: sentence". */
void mp_cli_warn(const mp_cli *cli, const char *id, ...) __attribute__((sentinel));
/* "mapae: error: FILE:LINE:COL: sentence", for errors that do not end the run; `file` may be NULL. */
void mp_cli_error(const mp_cli *cli, const char *file, const mp_error *err);

/* ---- results ---- */

/* Where results go. A file is written aside and put in place when closed: never half a report. */
typedef struct mp_output {
    FILE *file;
    char *path;  /* NULL: cli->out */
    char *aside; /* NULL: the path itself is open, since it is no regular file */
} mp_output;

/* `path` NULL or "-" is cli->out. Fails with MP_OUTPUT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_output_open(mp_output *out, const mp_cli *cli, const char *path, mp_error *err);
/* The same for what nobody else shall read: a file that is made has mode 0600. */
MP_MUST_CHECK mp_code mp_output_open_private(mp_output *out, const mp_cli *cli, const char *path, mp_error *err);
/* Write out and put in place. Fails with MP_OUTPUT; `out` is done with in any case. */
MP_MUST_CHECK mp_code mp_output_close(mp_output *out, mp_error *err);
/* Give up: what was written is gone. Does nothing after mp_output_close(). */
void mp_output_abandon(mp_output *out);
/* Fails with MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_output_write(mp_output *out, mp_str bytes, mp_error *err);
/* Let a reader at the other end see what was written. Fails with MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_output_flush(mp_output *out, mp_error *err);
/* Write a finished buffer, and free it. Fails with MP_NOMEM, MP_LIMIT (the buffer failed), MP_OUTPUT. */
MP_MUST_CHECK mp_code mp_output_buf(mp_output *out, mp_buf *buf, mp_error *err);
/* All of it, to `path` (NULL: standard output), and closed; the buffer is freed, also after an error. */
MP_MUST_CHECK mp_code mp_output_whole(const mp_cli *cli, const char *path, mp_buf *buf, mp_error *err);

#endif
