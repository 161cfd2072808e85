/* SPDX-License-Identifier: Apache-2.0 */
/* json and ndjson. A record is the same object in both; docs/verdicts.md and
 * content/schemas/verdict.schema.json say what stands in it. Members have the names of Azure's
 * policyStates where it has one. What is not known is left out.
 *
 * In json every record is written with a comma in front; the first one loses it. The sums come last,
 * so that nothing waits. */
#include "formats.h"

#include <stdio.h>

#include "words.h"

/* ---- members ---- */

static void key(mp_buf *out, const char *name)
{
    if (out->len && out->ptr[out->len - 1] != '{')
        mp_buf_add_c(out, ',');
    mp_buf_add_c(out, '"');
    mp_buf_add_z(out, name);
    mp_buf_add(out, MP_S("\":"));
}

static void text(mp_buf *out, const char *name, mp_str value)
{
    if (value.len == 0)
        return;
    key(out, name);
    mp_buf_add_json_str(out, value);
}

static void number(mp_buf *out, const char *name, uint64_t value)
{
    key(out, name);
    mp_buf_printf(out, "%llu", (unsigned long long)value);
}

static void ticks(mp_buf *out, const char *name, mp_ticks t)
{
    char at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, t);
    text(out, name, mp_str_from(at));
}

/* Between the elements of an array. */
static void comma(mp_buf *out, bool first)
{
    if (!first)
        mp_buf_add_c(out, ',');
}

/* ---- a record ---- */

static void add_condition(mp_buf *out, const mp_scan_condition *c)
{
    mp_buf_add_c(out, '{');
    text(out, "resourceId", c->resource);
    text(out, "path", c->pointer);
    text(out, "field", c->subject);
    text(out, "documentPath", c->path);
    text(out, "operator", c->op);
    if (c->actual) {
        key(out, "actual");
        mp_buf_add_json(out, c->actual);
    }
    if (c->wanted) {
        key(out, "wanted");
        mp_buf_add_json(out, c->wanted);
    }
    if (c->message.len) {
        text(out, "message", c->message);
    } else {
        key(out, "outcome");
        mp_buf_add_z(out, c->outcome ? "true" : "false");
    }
    mp_buf_add_c(out, '}');
}

static void add_reason(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    mp_buf sentence = MP_BUF_INIT;
    mp_report_reason(&sentence, r->options.lang, rec);
    key(out, "reason");
    mp_buf_add_c(out, '{');
    text(out, "code", mp_reasons[rec->reason]);
    text(out, "message", mp_buf_str(&sentence));
    text(out, "detail", rec->detail);
    key(out, "conditions");
    mp_buf_add_c(out, '[');
    for (uint32_t i = 0; i < rec->condition_count; i++) {
        comma(out, i == 0);
        add_condition(out, &rec->conditions[i]);
    }
    mp_buf_add(out, MP_S("]}"));
    out->failed |= sentence.failed;
    mp_buf_free(&sentence);
}

static void add_origin(mp_buf *out, const char *name, const mp_origin *origin)
{
    key(out, name);
    mp_buf_add_c(out, '{');
    text(out, "file", mp_str_from(origin->file));
    number(out, "index", origin->index);
    if (origin->line)
        number(out, "line", origin->line);
    mp_buf_add_c(out, '}');
}

/* What names a check; in records and among the sums. */
static void add_check_names(mp_buf *out, const mp_report *r, const mp_scan_check *c, mp_str effect)
{
    const mp_scan_initiative *initiative = mp_report_initiative(r->summary, c);
    text(out, "policyDefinitionId", c->policy_id);
    text(out, "policyDefinitionName", c->policy_name);
    text(out, "policyDisplayName", mp_words_check(r->options.lang, c));
    text(out, "policyDefinitionCategory", c->category);
    text(out, "policyDefinitionVersion", c->version);
    text(out, "policyDefinitionAction", effect);
    text(out, "severity", c->severity);
    text(out, "policyDefinitionReferenceId", c->reference_id);
    text(out, "policySetDefinitionId", c->initiative_id);
    if (initiative)
        text(out, "policySetDefinitionName", initiative->name);
    text(out, "policyAssignmentId", c->assignment_id);
    key(out, "policyDefinitionGroupNames");
    mp_buf_add_c(out, '[');
    for (uint32_t i = 0; i < c->group_count; i++) {
        comma(out, i == 0);
        mp_buf_add_json_str(out, r->summary->groups[c->groups[i]].name);
    }
    mp_buf_add_c(out, ']');
}

static void add_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    const mp_resource *resource = rec->resource;
    mp_buf_add_c(out, '{');
    ticks(out, "timestamp", rec->time);
    text(out, "complianceState", mp_states[rec->state].text);
    text(out, "resourceId", resource->id);
    text(out, "resourceName", mp_words_resource(resource));
    text(out, "resourceType", resource->type);
    text(out, "resourceLocation", resource->location);
    text(out, "resourceGroup", resource->resource_group);
    text(out, "subscriptionId", resource->subscription_id);
    add_check_names(out, r, mp_report_check(r, rec), mp_report_effect(mp_report_check(r, rec), rec));
    add_reason(out, r, rec);
    add_origin(out, "source", rec->origin);
    mp_buf_add_c(out, '}');
}

static void json_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    mp_buf_add(out, MP_S(",\n"));
    add_record(out, r, rec);
}

static void ndjson_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    add_record(out, r, rec);
    mp_buf_add_c(out, '\n');
}

/* ---- the sums ---- */

static void add_tally(mp_buf *out, const char *name, const mp_tally *t)
{
    key(out, name);
    mp_buf_add_c(out, '{');
    double percent = mp_tally_percent(t);
    key(out, "compliancePercent");
    /* Cut, not rounded: only all is 100. Never by the locale's decimal sign. */
    unsigned hundredths = percent < 0 ? 0 : (unsigned)(percent * 100 + 1e-9);
    if (percent < 0)
        mp_buf_add(out, MP_S("null"));
    else
        mp_buf_printf(out, "%u.%02u", hundredths / 100, hundredths % 100);
    number(out, "total", mp_tally_total(t));
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        char member[32];
        snprintf(member, sizeof member, "%.*s", MP_FMT(mp_states[i].text));
        member[0] = (char)(member[0] | 0x20); /* "nonCompliant" */
        number(out, member, t->by_state[i]);
    }
    mp_buf_add_c(out, '}');
}

static void add_initiatives(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->initiative_count; i++) {
        const mp_scan_initiative *it = &s->initiatives[i];
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        text(out, "policySetDefinitionId", it->id);
        text(out, "policySetDefinitionName", it->name);
        text(out, "displayName", mp_words_initiative(r->options.lang, it));
        text(out, "version", it->version);
        text(out, "policyAssignmentId", it->assignment_id);
        add_tally(out, "resources", &it->resources);
        mp_buf_add_c(out, '}');
    }
}

static void add_groups(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->group_count; i++) {
        const mp_scan_group *g = &s->groups[i];
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        text(out, "name", g->name);
        text(out, "displayName", mp_words_group(r->options.lang, s, g));
        text(out, "category", mp_words_group_category(r->options.lang, s, g));
        if (g->initiative < s->initiative_count)
            text(out, "policySetDefinitionId", s->initiatives[g->initiative].id);
        add_tally(out, "resources", &g->resources);
        add_tally(out, "policies", &g->policies);
        mp_buf_add_c(out, '}');
    }
}

static void add_policies(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->check_count; i++) {
        const mp_scan_check *c = &s->checks[i];
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        add_check_names(out, r, c, c->effect);
        text(out, "mode", c->mode);
        text(out, "notEvaluatedBecause", c->not_evaluated);
        add_tally(out, "resources", &c->resources);
        mp_buf_add_c(out, '}');
    }
}

static void add_types(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->type_count; i++) {
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        text(out, "resourceType", s->types[i].type);
        number(out, "documents", s->types[i].documents);
        add_tally(out, "resources", &s->types[i].resources);
        mp_buf_add_c(out, '}');
    }
}

static void add_worst(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->worst_count; i++) {
        const mp_scan_worst *w = &s->worst[i];
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        text(out, "resourceId", w->id);
        text(out, "resourceName", w->name);
        text(out, "resourceType", w->type);
        number(out, "nonCompliantPolicies", w->non_compliant);
        number(out, "policies", w->total);
        mp_buf_add_c(out, '}');
    }
}

static void add_problems(mp_buf *out, const mp_report *r)
{
    const mp_scan_summary *s = r->summary;
    for (uint32_t i = 0; i < s->problem_count; i++) {
        const mp_scan_problem *p = &s->problems[i];
        mp_buf_add_z(out, i ? ",\n{" : "\n{");
        text(out, "code", mp_str_from(mp_code_name(p->code)));
        text(out, "message", p->message);
        if (p->pos.line) {
            number(out, "line", p->pos.line);
            number(out, "column", p->pos.col);
        }
        add_origin(out, "source", &p->origin);
        mp_buf_add_c(out, '}');
    }
}

static void add_list(mp_report *r, const char *name, void (*add)(mp_buf *, const mp_report *))
{
    mp_buf *out = &r->out;
    mp_buf_printf(out, ",\n\"%s\":[", name);
    add(out, r);
    mp_buf_add_c(out, ']');
}

static void add_inputs(mp_buf *out, const mp_report *r)
{
    for (size_t i = 0; i < r->options.input_count; i++) {
        comma(out, i == 0);
        mp_buf_add_json_str(out, r->options.inputs[i]);
    }
}

static mp_code json_begin(mp_report *r, mp_error *err)
{
    (void)err;
    mp_buf_add(&r->out, MP_S("{\"tool\":{\"name\":\"Mapae\""));
    text(&r->out, "version", r->options.version);
    text(&r->out, "language", mp_str_from(mp_lang_name(r->options.lang)));
    mp_buf_add(&r->out, MP_S("},\n\"records\":["));
    return MP_OK;
}

static mp_code json_write(mp_report *r, mp_str records, mp_error *err)
{
    return r->sink.write(r->sink.context, mp_str_skip(records, r->written ? 0 : 1), err);
}

static mp_code json_end(mp_report *r, mp_error *err)
{
    const mp_scan_summary *s = r->summary;
    mp_buf *out = &r->out;
    mp_buf_add(out, MP_S("],\n\"summary\":{"));
    ticks(out, "started", s->started);
    key(out, "seconds");
    uint64_t milliseconds = (uint64_t)(s->seconds * 1000);
    mp_buf_printf(out, "%llu.%03llu", (unsigned long long)(milliseconds / 1000),
                  (unsigned long long)(milliseconds % 1000));
    number(out, "bytes", s->bytes);
    number(out, "documents", s->documents);
    number(out, "duplicates", s->duplicates);
    number(out, "absent", s->absent);
    number(out, "resourcesWithoutPolicy", s->without_policy);
    number(out, "badDocuments", s->bad_documents);
    number(out, "policyErrors", s->policy_errors);
    add_list(r, "inputs", add_inputs);
    add_tally(out, "resources", &s->resources);
    add_tally(out, "pairs", &s->pairs);
    add_list(r, "initiatives", add_initiatives);
    add_list(r, "groups", add_groups);
    MP_TRY(mp_report_flush_some(r, err));
    add_list(r, "policies", add_policies);
    add_list(r, "types", add_types);
    add_list(r, "worst", add_worst);
    add_list(r, "problems", add_problems);
    mp_buf_add(out, MP_S("}}\n"));
    return MP_OK;
}

const mp_report_format mp_report_json = {
    .name = "json",
    .media_type = "application/json",
    .extension = "json",
    .states = STATES_ALL,
    .begin = json_begin,
    .record = json_record,
    .write = json_write,
    .end = json_end,
};

const mp_report_format mp_report_ndjson = {
    .name = "ndjson",
    .media_type = "application/x-ndjson",
    .extension = "ndjson",
    .states = STATES_ALL,
    .record = ndjson_record,
};
