/* SPDX-License-Identifier: Apache-2.0 */
/* What is decided about a control beside its state: why it applies, how far it is implemented, who is responsible, until
 * when. Many at once from a spreadsheet: `mapae statement decide`. */
#include "decisions.h"
#include "named_control.h"

#define DECISIONS "/api/v1/control-decisions"

static const mp_column list_columns[] = {
    { "control", "column.control", NULL },
    { "implementation", "column.implementation", "statement.implementation." },
    { "responsibility", "column.responsibility", "framework.responsible." },
    { "team", "column.team", NULL },
    { "owner", "column.owner", NULL },
    { "targetDate", "column.target-date", NULL },
    { "justification", "column.justification", NULL },
};
static const mp_column one_columns[] = {
    { "id", "column.id", NULL },
    { "control", "column.control", NULL },
    { "measure", "column.measure", NULL },
    { "justification", "column.justification", NULL },
    { "reasons", "column.reasons", NULL },
    { "implementation", "column.implementation", "statement.implementation." },
    { "responsibility", "column.responsibility", "framework.responsible." },
    { "service", "column.service", NULL },
    { "team", "column.team", NULL },
    { "owner", "column.owner", NULL },
    { "targetDate", "column.target-date", NULL },
    { "note", "column.remark", NULL },
    { "at", "column.at", NULL },
};

static mp_code list(mp_client *client, const void *args, mp_error *err)
{
    return mp_said_list(client, args, DECISIONS, list_columns, MP_COUNT(list_columns), err);
}

struct decision_args {
    mp_place place;
    int format;
    const char *name, *measure;
    const char *justification, *implementation, *responsibility, *service, *team, *owner, *target, *note;
    uint32_t reasons;
};
static const mp_option set_operand = {
    .value = "CONTROL", .help = "operand.said.control", .min = 1, .max = 1, MP_FIELD(struct decision_args, name)
};

static const char *const implementations[] = { "implemented", "partial", "planned", "notImplemented", NULL };
static const char *const responsibilities[] = { "provider", "customer", "shared", NULL };
#define TEXT(name_, value_, field_) \
    { .name = name_, .value = value_, .help = "option.decision." name_, MP_FIELD(struct decision_args, field_) }
#define CHOICE(name_, choices_, field_) \
    { .name = name_, .choices = choices_, .help = "option.decision." name_, MP_FIELD(struct decision_args, field_) }
static const mp_option set_options[] = {
    TEXT("justification", "TEXT", justification),
    CHOICE("reasons", mp_decision_reasons, reasons),
    CHOICE("implementation", implementations, implementation),
    CHOICE("responsibility", responsibilities, responsibility),
    TEXT("service", "NAME", service),
    TEXT("team", "NAME", team),
    TEXT("owner", "NAME", owner),
    TEXT("target-date", "DAY", target),
    TEXT("note", "TEXT", note),
    MP_MEASURE_OPTION(struct decision_args),
    MP_ANSWER_OPTIONS(struct decision_args),
};

static void put_decision(mp_jsonw *w, const void *args_)
{
    const struct decision_args *args = args_;
    mp_client_member(w, "justification", args->justification);
    mp_client_member(w, "implementation", args->implementation);
    mp_client_member(w, "responsibility", args->responsibility);
    mp_client_member(w, "service", args->service);
    mp_client_member(w, "team", args->team);
    mp_client_member(w, "owner", args->owner);
    mp_client_member(w, "targetDate", args->target);
    mp_client_member(w, "note", args->note);
    if (!args->reasons)
        return;
    mp_jsonw_key(w, MP_S("reasons"));
    mp_jsonw_array(w);
    for (unsigned i = 0; mp_decision_reasons[i]; i++)
        if (args->reasons & 1u << i)
            mp_jsonw_str(w, mp_str_from(mp_decision_reasons[i]));
    mp_jsonw_end(w);
}

static mp_code set(mp_client *client, const void *args_, mp_error *err)
{
    const struct decision_args *args = args_;
    mp_named_control control;
    MP_TRY(mp_named_control_of(&control, client, args->name, args->measure, err));
    return mp_say_of_control(client, DECISIONS, &control, put_decision, args, one_columns, MP_COUNT(one_columns), err);
}

static mp_code withdraw(mp_client *client, const void *args, mp_error *err)
{
    return mp_withdraw(client, args, DECISIONS, err);
}

static const mp_command subs[] = {
    MP_SUB_OWN("decision", "set",
               " 12.3.1 --measure portal --responsibility shared --owner 'Kim Jiwoo' --target-date 2027-03-31",
               &set_operand, set_options, struct decision_args, set),
    MP_SUB_OWN("decision", "list", " --measure portal", NULL, mp_said_options, mp_said_args, list),
    MP_SUB_OWN("decision", "withdraw", " 12.3.1 --measure portal", &mp_withdraw_operand, mp_withdraw_options,
               mp_withdraw_args, withdraw),
};

const mp_command mp_command_decision = {
    MP_GROUP("decision", "set",
             " 12.3.1 --measure portal --responsibility shared --owner 'Kim Jiwoo' --target-date 2027-03-31"),
    .exits = MP_EXITS_USUAL
};
