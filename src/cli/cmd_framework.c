/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "framework_certification.h"
#include "framework_move.h"
#include "framework_own.h"

#define FRAMEWORKS "/api/v1/frameworks"

/* ---- list ---- */

static const mp_column list_columns[] = {
    { "id", "column.framework", NULL },
    { "title", "column.title", NULL },
    { "edition", "column.edition", NULL },
    { "controls", "column.controls", NULL },
    { "checkedBy/machine", "column.by-machine", NULL },
    { "checkedBy/part", "column.by-part", NULL },
    { "checkedBy/person", "column.by-person", NULL },
    { "checkedBy/gap", "column.gaps", NULL },
    { "schemes/id", "column.schemes", NULL },
    { "from", "column.brought-by", "framework.from." },
};

/* ---- show ---- */

struct show_args {
    mp_place    place;
    int         format;
    mp_list     names; /* a framework, and maybe a control */
    const char *scheme;
};
static const mp_option show_operand = {
    .value = "FRAMEWORK [CONTROL]", .help = "operand.framework.control", .min = 1, .max = 2, MP_FIELD(struct show_args, names)
};
static const mp_option show_options[] = {
    { .name = "scheme", .value = "NAME", .help = "option.framework.scheme", MP_FIELD(struct show_args, scheme) },
    MP_ANSWER_OPTIONS(struct show_args),
};

static const mp_column head_columns[] = {
    { "id", "column.framework", NULL },
    { "title", "column.title", NULL },
    { "edition", "column.edition", NULL },
    { "controls", "column.controls", NULL },
    { "note", "column.framework-note", NULL },
    { "sources/title", "column.sources", NULL },
    { "mappings/with", "column.mapped-to", NULL },
};
static const mp_column scheme_columns[] = {
    { "id", "column.scheme", NULL },
    { "title", "column.title", NULL },
    { "controls", "column.controls", NULL },
    { "officialCount", "column.official", NULL },
    { "altered", "column.altered", NULL },
    { "validity", "column.validity", "framework.lasts." },
    { "note", "column.note", NULL },
};
static const mp_column control_columns[] = {
    { "label", "column.label", NULL },
    { "title", "column.title", NULL },
    { "answer/checkedBy", "column.checked-by", "framework.by." },
    { "answer/responsibility", "column.responsibility", "framework.responsible." },
    { "answer/team", "column.team", "team." },
    { "answer/weight", "column.weight", NULL },
};
static const mp_column one_columns[] = {
    { "label", "column.label", NULL },
    { "id", "column.id", NULL },
    { "title", "column.title", NULL },
    { "scheme", "column.scheme", NULL },
    { "demanded", "column.demanded", NULL },
    { "statement", "column.statement", NULL },
    { "sources/title", "column.sources", NULL },
    { "sources/place", "column.place", NULL },
    { "properties/isms-substitutes", "column.isms-substitutes", "framework.property." },
    { "schemes/id", "column.schemes", NULL },
    { "answer/gap", "column.gap", NULL },
    { "answer/checkedBy", "column.checked-by", "framework.by." },
    { "answer/why", "column.why", NULL },
    { "answer/responsibility", "column.responsibility", "framework.responsible." },
    { "answer/statedBySource", "column.stated", NULL },
    { "answer/team", "column.team", "team." },
    { "answer/service", "column.service", NULL },
    { "answer/required", "column.required", NULL },
    { "answer/nature", "column.nature", "framework.nature." },
    { "answer/weight", "column.weight", NULL },
    { "answer/policies", "column.policies", NULL },
    { "answer/groups", "column.policy-groups", NULL },
    { "answer/questions", "column.questions", NULL },
};
static const mp_column evidence_columns[] = {
    { "name", "column.evidence", NULL },
    { "kind", "column.evidence-kind", "evidence-kind." },
    { "every", "column.every", "framework.every." },
};
static const mp_column variant_columns[] = {
    { "schemes", "column.schemes", NULL },
    { "statement", "column.statement", NULL },
};
static const mp_column mapping_columns[] = {
    { "relation", "column.relation", "framework.relation." }, { "to/framework", "column.framework", NULL }, { "to/label", "column.label", NULL },
    { "to/title", "column.title", NULL },                     { "stated", "column.stated", NULL },          { "basis", "column.basis", NULL },
};

static mp_code show_framework(mp_client *client, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT;
    const mp_json *answer = client->answer.json;
    mp_columns_object(&text, client->cli, head_columns, MP_COUNT(head_columns), answer, &client->arena);
    mp_columns_below(&text, client->cli, scheme_columns, MP_COUNT(scheme_columns), mp_json_get(answer, MP_S("schemes")), &client->arena);
    mp_columns_below(&text, client->cli, control_columns, MP_COUNT(control_columns), mp_json_get(answer, MP_S("value")), &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

static mp_code show_control(mp_client *client, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT;
    const mp_json *answer = client->answer.json, *how = mp_json_get(answer, MP_S("answer"));
    mp_columns_object(&text, client->cli, one_columns, MP_COUNT(one_columns), answer, &client->arena);
    mp_columns_below(&text, client->cli, variant_columns, MP_COUNT(variant_columns), mp_json_get(answer, MP_S("variants")), &client->arena);
    mp_columns_below(&text, client->cli, evidence_columns, MP_COUNT(evidence_columns), mp_json_get(how, MP_S("evidence")), &client->arena);
    mp_columns_below(&text, client->cli, mapping_columns, MP_COUNT(mapping_columns), mp_json_get(answer, MP_S("mappings")), &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

static mp_code show(mp_client *client, const void *args_, mp_error *err)
{
    const struct show_args *args = args_;
    bool                    is_control = args->names.count > 1;
    const char             *framework = mp_client_quote(client, mp_str_from(args->names.items[0]));
    const char *scheme = args->scheme ? mp_client_quote(client, mp_str_from(args->scheme)) : "",
               *asked = args->scheme ? "?scheme=" : "";
    mp_str path = is_control ? mp_client_path(client, FRAMEWORKS "/%s/controls/%s%s%s", framework,
                                              mp_client_quote(client, mp_str_from(args->names.items[1])), asked, scheme)
                             : mp_client_path(client, FRAMEWORKS "/%s%s%s", framework, asked, scheme);
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    return is_control ? show_control(client, err) : show_framework(client, err);
}

/* ---- diff ---- */

struct diff_args {
    mp_place place;
    int      format;
    mp_list  names;
    bool     same;
};
static const mp_option diff_operand = {
    .value = "FRAMEWORK FRAMEWORK", .help = "operand.framework.two", .min = 2, .max = 2, MP_FIELD(struct diff_args, names)
};
static const mp_option diff_options[] = {
    { .name = "same", .help = "option.framework.same", MP_FIELD(struct diff_args, same) },
    MP_ANSWER_OPTIONS(struct diff_args),
};
static const mp_column diff_columns[] = {
    { "what", "column.what", "framework.differs." },
    { "from/label", "column.old", NULL },
    { "from/title", "column.old-title", NULL },
    { "to/label", "column.new", NULL },
    { "to/title", "column.new-title", NULL },
    { "changes", "column.changes", "framework.differs." },
    { "relation", "column.relation", "framework.relation." },
};

static void add_sums(mp_buf *text, mp_client *client, const mp_json *answer)
{
    static const char *const names[] = { "removed", "added", "moved", "renamed", "changed", "same" };
    const mp_json           *sums = mp_json_get(answer, MP_S("sums"));
    char                     counts[MP_COUNT(names)][24];
    mp_str                   args[MP_COUNT(names)];
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        const mp_json *v = mp_json_get(sums, mp_str_from(names[i]));
        snprintf(counts[i], sizeof counts[i], "%lld", (long long)(mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0));
        args[i] = mp_str_from(counts[i]);
    }
    mp_buf_add_z(text, text->len ? "\n" : "");
    mp_say(text, client->cli->lang, "framework.differs.sum", args, MP_COUNT(args));
    mp_buf_add_c(text, '\n');
}

/* One and another edition come without a mapping only where nobody made one. */
static bool is_unmapped(const mp_json *answer)
{
    const mp_json *from = mp_json_get(mp_json_get(answer, MP_S("from")), MP_S("framework")), *to = mp_json_get(mp_json_get(answer, MP_S("to")), MP_S("framework"));
    return mp_json_is(from, MP_JSON_STRING) && mp_json_is(to, MP_JSON_STRING) && !mp_str_eq(mp_json_str(from), mp_json_str(to)) && !mp_json_get(answer, MP_S("mapping"));
}

static mp_code diff(mp_client *client, const void *args_, mp_error *err)
{
    const struct diff_args *args = args_;
    mp_columns_state        state = { .has_head = false };
    mp_buf                  text = MP_BUF_INIT;
    MP_TRY(mp_client_ask(client, MP_GET,
                         mp_client_path(client, FRAMEWORKS "/%s/differences?with=%s%s", mp_client_quote(client, mp_str_from(args->names.items[0])),
                                        mp_client_quote(client, mp_str_from(args->names.items[1])), args->same ? "&same=true" : ""),
                         NULL, err));
    if (client->format == MP_ANSWER_JSON)
        return mp_client_show(client, NULL, 0, err);
    const mp_json *answer = client->answer.json, *rows = mp_json_get(answer, MP_S("value"));
    if (mp_json_is(rows, MP_JSON_ARRAY) && rows->count)
        mp_columns_list(&text, client->cli, diff_columns, MP_COUNT(diff_columns), rows, &state, &client->arena);
    add_sums(&text, client, answer);
    if (is_unmapped(answer)) {
        mp_say(&text, client->cli->lang, "framework.differs.without", NULL, 0);
        mp_buf_add_c(&text, '\n');
    }
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* ---- the table ---- */

static const mp_option delete_operand = {
    .value = "FRAMEWORK", .help = "operand.framework.own", .min = 1, .max = 1, MP_FIELD(mp_sure_args, name)
};

static const mp_command subs[] = {
    MP_SUB_ASK("framework", "list", "", NULL, MP_GET, FRAMEWORKS, NULL, MP_COLUMNS(list_columns), .is_list = true),
    MP_SUB_OWN("framework", "show", " csap 9.1.2", &show_operand, show_options, struct show_args, show),
    MP_SUB_OWN("framework", "diff", " isms-p-2018 isms-p-2023", &diff_operand, diff_options, struct diff_args, diff),
    MP_SUB_OWN("framework", "move", " portal isms-p-2023", &mp_framework_move_operand, mp_framework_move_options, struct mp_framework_move_args, mp_framework_move),
    MP_SUB_OWN("framework", "find-scheme", " csap customers=yes tenants=many", &mp_find_scheme_operand, mp_find_scheme_options,
               struct mp_find_scheme_args, mp_framework_find_scheme),
    MP_SUB_ASK("framework", "substitution", " csap-iaas", &mp_substitution_operand, .fn = mp_framework_substitution),
    MP_SUB_OWN("framework", "import", " acme-2026.xlsx --check", &mp_framework_import_operand, mp_framework_import_options, struct mp_framework_import_args, mp_framework_import),
    MP_SUB_OWN("framework", "check", " acme-2026", &mp_framework_import_operand, mp_framework_check_options, struct mp_framework_import_args, mp_framework_check),
    MP_SUB_OWN("framework", "export", " csap --format xlsx --out csap.xlsx", &mp_framework_export_operand, mp_framework_export_options, struct mp_framework_export_args, mp_framework_export),
    MP_SUB_SURE("framework", "delete", " acme-2026 --yes", &delete_operand, .method = MP_DELETE, .path = FRAMEWORKS "/{}", .said = "framework.deleted"),
};

const mp_command mp_command_framework = { MP_GROUP("framework", "list", ""), .exits = MP_EXITS_USUAL };
