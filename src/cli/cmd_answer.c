/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to the questions of controls: what a machine cannot see, people say. */
#include "answer_sheet.h"
#include "named_control.h"

#define ANSWERS "/api/v1/control-answers"

static const mp_column answer_columns[] = {
    { "control", "column.control", NULL },      { "question", "column.question", NULL },
    { "answer", "column.answer", "answer.is." }, { "validUntil", "column.until", MP_COLUMN_DAY },
    { "note", "column.remark", NULL },          { "asked", "column.asked", NULL },
};
static const mp_column one_columns[] = {
    { "id", "column.id", NULL },           { "control", "column.control", NULL },
    { "measure", "column.measure", NULL }, { "question", "column.question", NULL },
    { "asked", "column.asked", NULL },     { "answer", "column.answer", "answer.is." },
    { "note", "column.remark", NULL },     { "evidence", "column.evidence", NULL },
    { "validUntil", "column.until", MP_COLUMN_DAY }, { "at", "column.at", NULL },
};

static mp_code list(mp_client *client, const void *args, mp_error *err)
{
    return mp_said_list(client, args, ANSWERS, answer_columns, MP_COUNT(answer_columns), err);
}

/* ---- one ---- */

struct set_args {
    mp_place place;
    int format;
    const char *unused_name;
    mp_list names; /* control and answer */
    const char *measure, *note;
    int64_t question;
    mp_list evidence;
    mp_when valid_until;
};
static const mp_option set_operand = { .value = "CONTROL ANSWER",
                                       .help = "operand.answer.set",
                                       .min = 2,
                                       .max = 2,
                                       MP_FIELD(struct set_args, names) };
#define QUESTION_OPTION(type)                                                                           \
    { .name = "question", .value = "N", .fallback = "1", .help = "option.answer.question", .min = 1,    \
      .max = 1000, MP_FIELD(type, question) }
static const mp_option set_options[] = {
    QUESTION_OPTION(struct set_args),
    MP_MEASURE_OPTION(struct set_args),
    { .name = "note", .value = "TEXT", .help = "option.answer.note", MP_FIELD(struct set_args, note) },
    { .name = "evidence", .value = "ID", .help = "option.answer.evidence", MP_FIELD(struct set_args, evidence) },
    MP_VALID_UNTIL_OPTION(struct set_args),
    MP_ANSWER_OPTIONS(struct set_args),
};

static void put_answer(mp_jsonw *w, const void *args_)
{
    const struct set_args *args = args_;
    const char *answer = args->names.items[1];
    mp_jsonw_put_int(w, "question", args->question);
    mp_jsonw_put_str(w, "answer", strcmp(answer, "not-applicable") ? mp_str_from(answer) : MP_S("notApplicable"));
    mp_client_member(w, "note", args->note);
    mp_client_time(w, "validUntil", &args->valid_until);
    if (!args->evidence.count)
        return;
    mp_jsonw_key(w, MP_S("evidence"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < args->evidence.count; i++)
        mp_jsonw_str(w, mp_str_from(args->evidence.items[i]));
    mp_jsonw_end(w);
}

static mp_code set(mp_client *client, const void *args_, mp_error *err)
{
    static const char *const answers[] = { "yes", "no", "not-applicable" };
    const struct set_args *args = args_;
    mp_named_control control;
    size_t known = 0;
    while (known < MP_COUNT(answers) && strcmp(args->names.items[1], answers[known]))
        known++;
    if (known == MP_COUNT(answers))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "an answer is yes, no or not-applicable, not \"%s\"",
                       args->names.items[1]);
    MP_TRY(mp_named_control_of(&control, client, args->names.items[0], args->measure, err));
    return mp_say_of_control(client, ANSWERS, &control, put_answer, args, one_columns, MP_COUNT(one_columns), err);
}

static const mp_option withdraw_options[] = {
    QUESTION_OPTION(mp_withdraw_args),
    MP_MEASURE_OPTION(mp_withdraw_args),
    MP_ANSWER_OPTIONS(mp_withdraw_args),
};

static mp_code withdraw(mp_client *client, const void *args, mp_error *err)
{
    return mp_withdraw(client, args, ANSWERS, err);
}

/* ---- the table ---- */

static const mp_command subs[] = {
    MP_SUB_OWN("answer", "set", " 1.1.1 yes --question 2 --measure portal --note 'Minutes of 3 March'", &set_operand,
               set_options, struct set_args, set),
    MP_SUB_OWN("answer", "list", " --measure portal", NULL, mp_said_options, mp_said_args, list),
    MP_SUB_OWN("answer", "withdraw", " 1.1.1 --question 2 --measure portal", &mp_withdraw_operand, withdraw_options,
               mp_withdraw_args, withdraw),
    MP_SUB_OWN("answer", "questions", " --measure portal", &mp_questions_operand, mp_questions_options, mp_questions_args,
               mp_answer_questions),
    MP_SUB_OWN("answer", "export", " --measure portal --out questions.xlsx", &mp_questions_operand,
               mp_answer_export_options, mp_questions_args, mp_answer_export),
    MP_SUB_OWN("answer", "import", " questions.xlsx --measure portal", &mp_answer_import_operand,
               mp_answer_import_options, mp_answer_import_args, mp_answer_import),
};

const mp_command mp_command_answer = {
    MP_GROUP("answer", "set", " 1.1.1 yes --question 2 --measure portal --note 'Minutes of 3 March'"),
    .exits = MP_EXITS_USUAL
};
