/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_add.h - `mapae evidence add` and `collect`: a file goes to the server, and what it answers is asked before. */
#ifndef MAPAE_CLI_EVIDENCE_ADD_H
#define MAPAE_CLI_EVIDENCE_ADD_H

#include "client.h"

#define MP_EVIDENCE_PATH "/api/v1/evidence"

typedef struct mp_evidence_add_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_list files; /* one; of collect: the command */
    const char *title, *description, *kind, *owner, *every, *media, *scope, *verdicts, *resource;
    const char *measure, *rule, *note; /* of the links */
    bool host;
    mp_when valid_from, valid_until, keep_until, collected_at, as_of;
    mp_list controls;
} mp_evidence_add_args;

#define MP_EVIDENCE_ADD_OPTIONS 20
#define MP_EVIDENCE_COLLECT_OPTIONS 20
extern const mp_option mp_evidence_file_operand, mp_evidence_command_operand;
extern const mp_option mp_evidence_add_options[MP_EVIDENCE_ADD_OPTIONS];
extern const mp_option mp_evidence_collect_options[MP_EVIDENCE_COLLECT_OPTIONS];

/* Of commands (mp_ask.fn); `args` is an mp_evidence_add_args. */
mp_code mp_evidence_add(mp_client *client, const void *args, mp_error *err);
mp_code mp_evidence_collect(mp_client *client, const void *args, mp_error *err);

/* `mapae evidence verify`, of mp_ask_args: exit code 1 when a file is not what its record says. */
mp_code mp_evidence_verify_run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err);

/* A control as people name it, told apart at the last slash: "csap/1.1.1". Fails with MP_USAGE. */
MP_MUST_CHECK mp_code mp_evidence_split(mp_str *framework, mp_str *control, const char *target, mp_error *err);
/* Link a piece to a control; `more` are measure, rule and note, each may be NULL. */
MP_MUST_CHECK mp_code mp_evidence_link_one(mp_client *client, mp_str id, const char *target, const char *const more[3],
                                           mp_error *err);
/* "&NAME=VALUE" behind a query that has begun; nothing for NULL. */
void mp_evidence_add_text(mp_buf *path, mp_client *client, const char *name, const char *value);

#endif
