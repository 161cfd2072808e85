/* SPDX-License-Identifier: Apache-2.0 */
/* Controls that do not apply, each with who said so, and why. */
#include "named_control.h"

#define EXCLUSIONS "/api/v1/control-exclusions"

static const mp_column list_columns[] = {
    { "control", "column.control", NULL },
    { "validUntil", "column.until", MP_COLUMN_DAY },
    { "at", "column.at", NULL },
    { "justification", "column.justification", NULL },
};
static const mp_column one_columns[] = {
    { "id", "column.id", NULL },
    { "control", "column.control", NULL },
    { "measure", "column.measure", NULL },
    { "justification", "column.justification", NULL },
    { "validUntil", "column.until", MP_COLUMN_DAY },
    { "at", "column.at", NULL },
};

static mp_code list(mp_client *client, const void *args, mp_error *err)
{
    return mp_said_list(client, args, EXCLUSIONS, list_columns, MP_COUNT(list_columns), err);
}

struct exclusion_args {
    mp_place place;
    int format;
    const char *name, *measure, *justification;
    mp_when valid_until;
};
static const mp_option add_operand = {
    .value = "CONTROL", .help = "operand.said.control", .min = 1, .max = 1, MP_FIELD(struct exclusion_args, name)
};
static const mp_option add_options[] = {
    { .name = "justification",
      .value = "TEXT",
      .help = "option.exclusion.justification",
      .is_required = true,
      MP_FIELD(struct exclusion_args, justification) },
    MP_MEASURE_OPTION(struct exclusion_args),
    MP_VALID_UNTIL_OPTION(struct exclusion_args),
    MP_ANSWER_OPTIONS(struct exclusion_args),
};

static void put_exclusion(mp_jsonw *w, const void *args_)
{
    const struct exclusion_args *args = args_;
    mp_client_member(w, "justification", args->justification);
    mp_client_time(w, "validUntil", &args->valid_until);
}

static mp_code add(mp_client *client, const void *args_, mp_error *err)
{
    const struct exclusion_args *args = args_;
    mp_named_control control;
    MP_TRY(mp_named_control_of(&control, client, args->name, args->measure, err));
    return mp_say_of_control(client, EXCLUSIONS, &control, put_exclusion, args, one_columns, MP_COUNT(one_columns),
                             err);
}

static mp_code withdraw(mp_client *client, const void *args, mp_error *err)
{
    return mp_withdraw(client, args, EXCLUSIONS, err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("exclusion", "add", " 8.1.1 --measure portal --justification 'No premises of our own'", &add_operand,
               add_options, struct exclusion_args, add),
    MP_SUB_OWN("exclusion", "list", " --measure portal", NULL, mp_said_options, mp_said_args, list),
    MP_SUB_OWN("exclusion", "withdraw", " 8.1.1 --measure portal", &mp_withdraw_operand, mp_withdraw_options,
               mp_withdraw_args, withdraw),
};

const mp_command mp_command_exclusion = {
    MP_GROUP("exclusion", "add", " 8.1.1 --measure portal --justification 'No premises of our own'"),
    .exits = MP_EXITS_USUAL
};
