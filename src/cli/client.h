/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - commands that ask the platform's own API (src/api/local.h): find what a user names, ask, show the answer.
 *
 * Their mp_command.run is mp_client_run, and about is an mp_ask: for most it says the one request that they
 * are; the others name a function in it, which builds a body and calls the functions below. */
#ifndef MAPAE_CLI_CLIENT_H
#define MAPAE_CLI_CLIENT_H

#include "columns.h"
#include "jsonw.h"
#include "local.h"
#include "place.h"

extern const char *const mp_answer_formats[];
enum { MP_ANSWER_TABLE, MP_ANSWER_JSON };
/* Of commands whose answer is a table also for other programs. */
extern const char *const mp_table_formats[];
enum { MP_TABLE_TABLE, MP_TABLE_JSON, MP_TABLE_CSV };

/* Rows for the table of a command whose struct has members `format` and `place`. */
#define MP_ANSWER_OPTIONS(type)                                                                                          \
    { .name = "format", .letter = 'f', .choices = mp_answer_formats, .fallback = "table", .help = "option.format.answer", \
      MP_FIELD(type, format) },                                                                                          \
    MP_PLACE_OPTIONS(type)

typedef struct mp_client {
    mp_cli    *cli;
    mp_config *config;
    mp_local  *local;
    mp_arena   arena;
    int        format;
    /* a time, as the API takes it: lists, names and things are read as they were then; NULL: as they are */
    const char     *as_of;
    mp_local_answer answer; /* the last */
} mp_client;

/* `out` is to be given to mp_client_done() in any case. Fails as mp_place_settings() and mp_local_open(). */
MP_MUST_CHECK mp_code mp_client_open(mp_client *out, mp_cli *cli, const mp_place *place, int format, mp_error *err);
void                  mp_client_done(mp_client *client);

/* printf in the client's arena, for paths; {NULL,0} when memory is short, which mp_client_ask() reports. */
#define mp_client_path(client, ...) mp_arena_printf(&(client)->arena, __VA_ARGS__)
/* A text as a segment of a path or a value of a query: percent-encoded, with a NUL behind it. Never NULL. */
const char *mp_client_quote(mp_client *client, mp_str text);
/* Ask; a refusal is an error. `body` may be NULL. */
MP_MUST_CHECK mp_code mp_client_ask(mp_client *client, mp_method method, mp_str path, const mp_json *body,
                                    mp_error *err);

/* What a command line can name otherwise than by its id. */
typedef struct mp_thing {
    const char *word;      /* for errors: "user" */
    const char *path;      /* of the list: "/api/v1/users" */
    const char *filter;    /* the member that people call it by */
    const char *other_id;  /* a member that is a GUID too and names it; NULL: none */
} mp_thing;
extern const mp_thing mp_thing_user, mp_thing_group, mp_thing_program, mp_thing_role, mp_thing_provider;

/* The id of what is called `name`; a GUID is one already, or the other id. Fails with MP_MISSING, MP_CONFLICT
 * (several are called so). */
MP_MUST_CHECK mp_code mp_client_find(const char **id, mp_client *client, const mp_thing *thing, const char *name,
                                     mp_error *err);
/* Of a user, group or program: whoever is called so. */
MP_MUST_CHECK mp_code mp_client_principal(const char **id, mp_client *client, const char *name, mp_error *err);

/* `path` with client->as_of in its query, when there is one; {NULL,0} when memory is short. */
mp_str mp_client_then(mp_client *client, mp_str path);
/* What --as-of said, into client->as_of. */
MP_MUST_CHECK mp_code mp_client_as_of(mp_client *client, const mp_when *when, mp_error *err);
/* A row for the table of a command whose struct has a member `as_of`. */
#define MP_AS_OF_OPTION(type) { .name = "as-of", .value = "TIME", .help = "option.as-of", MP_FIELD(type, as_of) }

/* The versions of a thing, newest first: columns of GET .../history. */
#define MP_HISTORY_COLUMNS 4
extern const mp_column mp_history_columns[MP_HISTORY_COLUMNS];

/* Print the answer: as JSON, or as a table or lines of `columns`. */
MP_MUST_CHECK mp_code mp_client_show(mp_client *client, const mp_column *columns, size_t count, mp_error *err);
/* The answer as JSON, to `path` (NULL: standard output). */
MP_MUST_CHECK mp_code mp_client_json(mp_client *client, const char *path, mp_error *err);
/* A list, page after page, to its end. `path` with its query, if any. */
MP_MUST_CHECK mp_code mp_client_list(mp_client *client, mp_str path, const mp_column *columns, size_t count,
                                     mp_error *err);
/* A text of the answer ("setupLink"), for scripts: the value alone on a line; as JSON the whole answer. */
MP_MUST_CHECK mp_code mp_client_value(mp_client *client, const char *member, mp_error *err);

/* What a command does with the server. `args` is its struct, which begins as mp_ask_args does, with place and
 * format. */
typedef mp_code (*mp_client_fn)(mp_client *client, const void *args, mp_error *err);

typedef struct mp_ask {
    mp_method        method;
    const char      *path;  /* "/api/v1/users/{}/suspend": {} is the id of what the operand names */
    const mp_thing  *thing; /* NULL: the operand is written into the path as it is */
    const mp_column *columns; /* NULL: nothing is shown of the answer but as JSON */
    size_t           column_count;
    bool             is_list;
    const char      *value; /* the member of the answer that is wanted by itself: mp_client_value() */
    const char      *said; /* id of a note when it is done; {0} is the operand. NULL: none */
    mp_client_fn     fn;   /* NULL: the one request above; else this asks, and takes of the above what it needs */
} mp_ask;

/* The struct of commands that mp_client_run() runs; others begin with the same members. */
typedef struct mp_ask_args {
    mp_place    place;
    int         format;
    const char *name; /* the operand; NULL without one */
} mp_ask_args;
#define MP_ASK_OPTION_COUNT 5
extern const mp_option mp_ask_options[MP_ASK_OPTION_COUNT];
/* one of them, into the member `name` */
extern const mp_option mp_operand_user, mp_operand_group, mp_operand_program, mp_operand_role;
/* The same for commands that read, with --as-of. */
typedef struct mp_read_args {
    mp_place    place;
    int         format;
    const char *name;
    mp_when     as_of;
} mp_read_args;
#define MP_READ_OPTION_COUNT 6
extern const mp_option mp_read_options[MP_READ_OPTION_COUNT];
/* The same for commands that cannot be undone, with --yes. */
typedef struct mp_sure_args {
    mp_place    place;
    int         format;
    const char *name;
    bool        yes;
} mp_sure_args;
#define MP_SURE_OPTION_COUNT 6
extern const mp_option mp_sure_options[MP_SURE_OPTION_COUNT];

/* Open, do what mp_command.about says, close. */
mp_code mp_client_run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err);
/* The same for mp_sure_args: fails with MP_USAGE without --yes. */
mp_code mp_client_run_sure(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err);
/* For mp_ask.fn: the one request, of mp_read_args; the request with the JSON file that the operand names,
 * which fails also with MP_IO, MP_SYNTAX. */
mp_code mp_client_read(mp_client *client, const void *args, mp_error *err);
mp_code mp_client_send_file(mp_client *client, const void *args, mp_error *err);

/* A row of a group's table: its texts are messages by its name. */
#define MP_SUB(group_, word_, example_)                                                                             \
    .name = group_ " " word_, .summary = "command." group_ "." word_ ".summary",                                   \
    .text = "command." group_ "." word_ ".text",                                                                   \
    .examples = (const mp_example[]){ { "mapae " group_ " " word_ example_, "example." group_ "." word_ } },        \
    .example_count = 1
/* The group itself, over a table called `subs`; its example is that of its first command. */
#define MP_GROUP(group_, word_, example_)                                                                           \
    .name = group_, .summary = "command." group_ ".summary", .text = "command." group_ ".text",                    \
    .examples = (const mp_example[]){ { "mapae " group_ " " word_ example_, "example." group_ "." word_ } },        \
    .example_count = 1, .subs = subs, .sub_count = MP_COUNT(subs)
/* One that is a single request. */
#define MP_SUB_ASK(group_, word_, example_, operand_, ...)                                                          \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = mp_ask_options,                            \
      .option_count = MP_ASK_OPTION_COUNT, .args_size = sizeof(mp_ask_args), .run = mp_client_run,                  \
      .exits = MP_EXITS_USUAL,                                                                                      \
      .about = &(const mp_ask){ __VA_ARGS__ } }
/* One that reads, as it is or as it was. */
#define MP_SUB_READ(group_, word_, example_, operand_, ...)                                                         \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = mp_read_options,                           \
      .option_count = MP_READ_OPTION_COUNT, .args_size = sizeof(mp_read_args), .run = mp_client_run,                \
      .exits = MP_EXITS_USUAL,                                                                                      \
      .about = &(const mp_ask){ .fn = mp_client_read, .method = MP_GET, __VA_ARGS__ } }
/* One that cannot be undone. */
#define MP_SUB_SURE(group_, word_, example_, operand_, ...)                                                         \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = mp_sure_options,                           \
      .option_count = MP_SURE_OPTION_COUNT, .args_size = sizeof(mp_sure_args), .run = mp_client_run_sure,           \
      .exits = MP_EXITS_USUAL,                                                                                      \
      .about = &(const mp_ask){ __VA_ARGS__ } }
/* One with options of its own, and a function that asks (mp_client_fn), or with a `run` of its own. */
#define MP_SUB_OWN(group_, word_, example_, operand_, options_, args_, fn_)                                         \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = (options_),                                \
      .option_count = MP_COUNT(options_), .args_size = sizeof(args_), .exits = MP_EXITS_USUAL,                      \
      .run = mp_client_run, .about = &(const mp_ask){ .fn = (fn_) } }
#define MP_SUB_RUN(group_, word_, example_, operand_, options_, args_, run_)                                        \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = (options_),                                \
      .option_count = MP_COUNT(options_), .args_size = sizeof(args_), .exits = MP_EXITS_USUAL, .run = (run_) }
/* One that sends the file that its operand (mp_ask_args.name) names. */
#define MP_SUB_FILE(group_, word_, example_, operand_, path_, columns_)                                             \
    { MP_SUB(group_, word_, example_), .operand = (operand_), .options = mp_ask_options,                            \
      .option_count = MP_ASK_OPTION_COUNT, .args_size = sizeof(mp_ask_args), .exits = MP_EXITS_USUAL,               \
      .run = mp_client_run,                                                                                         \
      .about = &(const mp_ask){ .fn = mp_client_send_file, .method = MP_POST, .path = (path_), MP_COLUMNS(columns_) } }
#define MP_COLUMNS(array_) .columns = (array_), .column_count = MP_COUNT(array_)

/* Open, do, close, for a `run` that does more than that. */
MP_MUST_CHECK mp_code mp_client_do(mp_cli *cli, const mp_ask_args *common, const void *args, mp_client_fn fn,
                                   mp_error *err);

/* Bodies: a member that is left out when the text is NULL. */
void mp_client_member(mp_jsonw *w, const char *name, const char *text);

#endif
