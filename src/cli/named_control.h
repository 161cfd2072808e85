/* SPDX-License-Identifier: Apache-2.0 */
/* named_control.h - what the commands about measures and decisions share: how a command line names a control, and what
 * is said of one.
 *
 *   mapae measure       what is measured: an edition of a framework, asked of a part of the cloud
 *   mapae answer        answers to the questions of controls, one by one or many from a spreadsheet
 *   mapae exclusion     controls that do not apply, and why
 *   mapae finding       what somebody found wrong, until it is put right
 *   mapae decision      why a control applies, who is responsible, until when
 *   mapae certificate   the certificate of a measure, and the one that stands in for a part of its assessment
 *   mapae compare       the score of two dates, scopes, measures or frameworks beside each other
 *   mapae trend         the score over time
 *
 * All of them ask the server that runs, or its folder when none does, as every command does (client.h). What they say
 * of a control counts in the measure of --measure, else wherever the edition is measured. A control is written
 * FRAMEWORK/CONTROL ("csap-iaas/1.1.1"); with --measure its number is enough. What was said can be named in the same
 * way as when it was said, or by its id. */
#ifndef MAPAE_CLI_NAMED_CONTROL_H
#define MAPAE_CLI_NAMED_CONTROL_H

#include "client.h"

typedef struct mp_named_control {
    mp_str framework, control; /* as people write them */
    const char *measure;       /* NULL: none */
} mp_named_control;

/* Of what a command line says; `measure` may be NULL. Fails with MP_USAGE, MP_MISSING. */
MP_MUST_CHECK mp_code mp_named_control_of(mp_named_control *out, mp_client *client, const char *name,
                                          const char *measure, mp_error *err);
/* What a command is about: a framework, or the measure's. Exactly one of the two is given. Fails with MP_USAGE,
 * MP_MISSING. */
MP_MUST_CHECK mp_code mp_client_framework(mp_str *out, mp_client *client, const char *framework, const char *measure,
                                         mp_error *err);
/* Members "framework", "control" and, where there is one, "measure". */
void mp_named_control_put(mp_jsonw *w, const mp_named_control *control);

/* Send {"framework", "control", "measure", ...} and show the answer. `put` writes the rest. */
typedef void (*mp_say_members)(mp_jsonw *w, const void *args);
MP_MUST_CHECK mp_code mp_say_of_control(mp_client *client, const char *path, const mp_named_control *control,
                                        mp_say_members put, const void *args, const mp_column *columns,
                                        size_t column_count, mp_error *err);

/* `withdraw CONTROL`: DELETE `path`/ID of what is said of a control; its `name` may be that id. */
typedef struct mp_withdraw_args {
    mp_place place;
    int format;
    const char *name, *measure;
    int64_t question; /* 0: it is about none */
} mp_withdraw_args;
#define MP_WITHDRAW_OPTION_COUNT 6
extern const mp_option mp_withdraw_operand, mp_withdraw_options[MP_WITHDRAW_OPTION_COUNT];
MP_MUST_CHECK mp_code mp_withdraw(mp_client *client, const mp_withdraw_args *what, const char *path, mp_error *err);

/* Lists of what is said: of one measure, or of what is said in general. A command's struct begins so. */
typedef struct mp_said_args {
    mp_place place;
    int format;
    const char *name; /* unused: such lists have no operand */
    mp_when as_of;
    const char *measure, *control, *status;
} mp_said_args;
#define MP_SAID_OPTION_COUNT 8
extern const mp_option mp_said_options[MP_SAID_OPTION_COUNT];
MP_MUST_CHECK mp_code mp_said_list(mp_client *client, const mp_said_args *args, const char *path,
                                   const mp_column *columns, size_t count, mp_error *err);

/* Rows for the table of a command. */
#define MP_MEASURE_OPTION(type) \
    { .name = "measure", .value = "NAME", .help = "option.said.measure", MP_FIELD(type, measure) }
#define MP_VALID_UNTIL_OPTION(type) \
    { .name = "valid-until", .value = "TIME", .help = "option.said.valid-until", MP_FIELD(type, valid_until) }
/* A time as the API takes it. */
void mp_client_time(mp_jsonw *w, const char *name, const mp_when *when);

#endif
