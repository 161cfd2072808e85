/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS). A rule is a policy; a result is a resource that does not comply with it (level
 * by the policy's severity) or that could not be judged (level warning). The rules come first, the
 * results as they are found, and what was not read as notifications of the invocation at the end.
 *
 * Two checks of one policy (two initiatives) share its rule; the result says which one it is of. */
#include "formats.h"

#include <stdio.h>
#include <stdlib.h>

#include "digest.h"
#include "escape.h"
#include "map.h"
#include "words.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

typedef struct sarif {
    uint32_t *rule_of_check; /* index of the rule */
    uint32_t *check_of_rule; /* the first check of the policy */
    mp_str   *rule_ids;
    uint32_t  rule_count;
} sarif;

/* ---- rules ---- */

static mp_str check_key(const mp_scan_check *c)
{
    return c->policy_id.len ? c->policy_id : c->policy_name;
}

static mp_code number_rules(sarif *own, const mp_scan_summary *s, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT_FOLD; /* policy id to index + 1 */
    mp_code code = MP_OK;
    for (uint32_t i = 0; i < s->check_count && code == MP_OK; i++) {
        uintptr_t at = (uintptr_t)mp_map_get(&seen, check_key(&s->checks[i]));
        if (!at) {
            own->check_of_rule[own->rule_count] = i;
            at = ++own->rule_count;
            code = mp_map_put(&seen, check_key(&s->checks[i]), (void *)at, err);
        }
        own->rule_of_check[i] = (uint32_t)at - 1;
    }
    mp_map_free(&seen);
    return code;
}

static void sarif_done(mp_report *r)
{
    sarif *own = r->own;
    free(own->rule_of_check);
    free(own->check_of_rule);
    free(own->rule_ids);
    free(own);
    r->own = NULL;
}

/* Short where that is enough: a rule's id is its policy's name unless another policy has it too. */
static mp_code name_rules(sarif *own, const mp_scan_summary *s, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT_FOLD; /* policy name to index + 1 */
    mp_code code = MP_OK;
    for (uint32_t i = 0; i < own->rule_count && code == MP_OK; i++) {
        const mp_scan_check *c = &s->checks[own->check_of_rule[i]];
        uintptr_t            at = (uintptr_t)mp_map_get(&seen, c->policy_name);
        own->rule_ids[i] = c->policy_name.len && !at ? c->policy_name : check_key(c);
        if (at) /* the first one too: an id must not depend on the order */
            own->rule_ids[at - 1] = check_key(&s->checks[own->check_of_rule[at - 1]]);
        else
            code = mp_map_put(&seen, c->policy_name, (void *)(uintptr_t)(i + 1u), err);
    }
    mp_map_free(&seen);
    return code;
}

static const char *level_of(mp_str severity)
{
    static const struct {
        mp_str      severity;
        const char *level;
    } levels[] = {
        { MP_S_INIT("medium"), "warning" },
        { MP_S_INIT("moderate"), "warning" },
        { MP_S_INIT("low"), "note" },
        { MP_S_INIT("informational"), "note" },
        { MP_S_INIT("info"), "note" },
    };
    for (size_t i = 0; i < MP_COUNT(levels); i++)
        if (mp_str_eq_fold(severity, levels[i].severity))
            return levels[i].level;
    return "error";
}

static void add_text(mp_buf *out, const char *name, mp_str text)
{
    mp_buf_printf(out, ",\"%s\":{\"text\":", name);
    mp_buf_add_json_str(out, text);
    mp_buf_add_c(out, '}');
}

static void add_property(mp_buf *out, bool *first, const char *name, mp_str value)
{
    if (value.len == 0)
        return;
    mp_buf_printf(out, "%s\"%s\":", *first ? "" : ",", name);
    mp_buf_add_json_str(out, value);
    *first = false;
}

/* The controls that any check of the rule answers, each once: "2.6.1". */
static void add_tags(mp_buf *out, const mp_report *r, uint32_t rule)
{
    const sarif           *own = r->own;
    const mp_scan_summary *s = r->summary;
    mp_map                 seen = MP_MAP_INIT;
    for (uint32_t i = 0; i < s->check_count; i++) {
        if (own->rule_of_check[i] != rule)
            continue;
        for (uint32_t g = 0; g < s->checks[i].group_count; g++) {
            mp_str name = s->groups[s->checks[i].groups[g]].name;
            if (mp_map_get(&seen, name))
                continue;
            if (seen.len)
                mp_buf_add_c(out, ',');
            mp_buf_add_json_str(out, name);
            if (mp_map_put(&seen, name, out, NULL) != MP_OK)
                out->failed = true;
        }
    }
    mp_map_free(&seen);
}

static void add_rule(mp_buf *out, const mp_report *r, uint32_t rule)
{
    const sarif         *own = r->own;
    const mp_scan_check *c = &r->summary->checks[own->check_of_rule[rule]];
    mp_lang              lang = r->options.lang;
    mp_str               title = mp_words_check(lang, c);
    mp_str               description = mp_words_check_description(lang, c);
    mp_buf_add_z(out, rule ? ",\n{\"id\":" : "\n{\"id\":");
    mp_buf_add_json_str(out, own->rule_ids[rule]);
    add_text(out, "shortDescription", title);
    add_text(out, "fullDescription", description.len ? description : title);
    add_text(out, "help", description.len ? description : title);
    mp_buf_printf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}", level_of(c->severity));
    mp_buf_add(out, MP_S(",\"properties\":{"));
    bool first = true;
    add_property(out, &first, "policyDefinitionId", c->policy_id);
    add_property(out, &first, "version", c->version);
    add_property(out, &first, "category", c->category);
    add_property(out, &first, "severity", c->severity);
    mp_buf_add_z(out, first ? "\"tags\":[" : ",\"tags\":[");
    add_tags(out, r, rule);
    mp_buf_add(out, MP_S("]}}"));
}

static mp_code sarif_begin(mp_report *r, mp_error *err)
{
    const mp_scan_summary *s = r->summary;
    sarif                 *own = calloc(1, sizeof *own);
    if (!own)
        return mp_no_memory(err);
    r->own = own;
    own->rule_of_check = calloc(s->check_count + 1u, sizeof *own->rule_of_check);
    own->check_of_rule = calloc(s->check_count + 1u, sizeof *own->check_of_rule);
    own->rule_ids = calloc(s->check_count + 1u, sizeof *own->rule_ids);
    if (!own->rule_of_check || !own->check_of_rule || !own->rule_ids)
        return mp_no_memory(err);
    MP_TRY(number_rules(own, s, err));
    MP_TRY(name_rules(own, s, err));

    mp_buf *out = &r->out;
    mp_buf_add(out, MP_S("{\"$schema\":\"" SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[{\n"
                         "\"tool\":{\"driver\":{\"name\":\"Mapae\""));
    if (r->options.version.len) {
        mp_buf_add(out, MP_S(",\"semanticVersion\":"));
        mp_buf_add_json_str(out, r->options.version);
    }
    mp_buf_printf(out, ",\"language\":\"%s\",\"rules\":[", mp_lang_name(r->options.lang));
    for (uint32_t i = 0; i < own->rule_count; i++) {
        add_rule(out, r, i);
        MP_TRY(mp_report_flush_some(r, err));
    }
    mp_buf_add(out, MP_S("]}},\n\"columnKind\":\"unicodeCodePoints\",\n\"results\":["));
    return MP_OK;
}

/* ---- results ---- */

static bool has_file(const mp_origin *origin)
{
    return origin->file && origin->file[0] && strcmp(origin->file, "-") != 0;
}

/* {"artifactLocation":...,"region":...}. */
static void add_physical(mp_buf *out, const mp_origin *origin, uint64_t line, uint64_t column)
{
    mp_buf_add(out, MP_S("\"physicalLocation\":{\"artifactLocation\":{\"uri\":\""));
    mp_escape_uri(out, origin->file);
    mp_buf_add(out, MP_S("\"}"));
    if (line)
        mp_buf_printf(out, ",\"region\":{\"startLine\":%llu", (unsigned long long)line);
    if (line && column)
        mp_buf_printf(out, ",\"startColumn\":%llu", (unsigned long long)column);
    if (line)
        mp_buf_add_c(out, '}');
    mp_buf_add_c(out, '}');
}

static void add_logical(mp_buf *out, const mp_resource *resource)
{
    mp_buf_add(out, MP_S("\"logicalLocations\":[{\"name\":"));
    mp_buf_add_json_str(out, mp_words_resource(resource));
    if (resource->id.len) {
        mp_buf_add(out, MP_S(",\"fullyQualifiedName\":"));
        mp_buf_add_json_str(out, resource->id);
    }
    mp_buf_add(out, MP_S(",\"kind\":\"resource\"}]"));
}

/* Stable between runs: which resource (its id in any case, else its place) under which check. */
static void add_fingerprint(mp_buf *out, const mp_scan_check *c, const mp_scan_record *rec)
{
    mp_buf id = MP_BUF_INIT;
    mp_str parts[] = { rec->resource->id, check_key(c), c->reference_id, c->assignment_id,
                       c->initiative_id };
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        mp_buf_add(&id, parts[i]);
        mp_buf_add_c(&id, '\n');
    }
    for (size_t i = 0; i < id.len; i++)
        if ((uint8_t)(id.ptr[i] - 'A') < 26)
            id.ptr[i] = (char)(id.ptr[i] | 0x20);
    if (rec->resource->id.len == 0)
        mp_buf_printf(&id, "%s\n%llu", rec->origin->file ? rec->origin->file : "",
                      (unsigned long long)rec->origin->index);
    mp_buf_printf(out, ",\"partialFingerprints\":{\"mapaeVerdict/v1\":\"%016llx\"}",
                  (unsigned long long)mp_murmur64(mp_buf_str(&id), 0));
    out->failed |= id.failed;
    mp_buf_free(&id);
}

static void add_result_message(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_add(&text, mp_words_resource(rec->resource));
    mp_buf_add(&text, MP_S(": "));
    mp_report_reason(&text, r->options.lang, rec);
    mp_buf_add(out, MP_S(",\"message\":{\"text\":"));
    mp_buf_add_json_str(out, mp_buf_str(&text));
    mp_buf_add_c(out, '}');
    out->failed |= text.failed;
    mp_buf_free(&text);
}

static void sarif_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    const sarif         *own = r->own;
    const mp_scan_check *c = mp_report_check(r, rec);
    uint32_t             rule = own->rule_of_check[rec->check];
    mp_buf_add(out, MP_S(",\n{\"ruleId\":"));
    mp_buf_add_json_str(out, own->rule_ids[rule]);
    mp_buf_printf(out, ",\"ruleIndex\":%u,\"kind\":\"fail\",\"level\":\"%s\"", rule,
                  rec->state == MP_STATE_NON_COMPLIANT ? level_of(c->severity) : "warning");
    add_result_message(out, r, rec);
    mp_buf_add(out, MP_S(",\"locations\":[{"));
    if (has_file(rec->origin)) {
        add_physical(out, rec->origin, rec->origin->line, 0);
        mp_buf_add_c(out, ',');
    }
    add_logical(out, rec->resource);
    mp_buf_add(out, MP_S("}]"));
    add_fingerprint(out, c, rec);
    mp_buf_add(out, MP_S(",\"properties\":{"));
    bool first = true;
    add_property(out, &first, "complianceState", mp_states[rec->state].text);
    add_property(out, &first, "reasonCode", mp_reasons[rec->reason]);
    add_property(out, &first, "resourceType", rec->resource->type);
    add_property(out, &first, "policyDefinitionAction", mp_report_effect(c, rec));
    add_property(out, &first, "policyDefinitionReferenceId", c->reference_id);
    add_property(out, &first, "policySetDefinitionId", c->initiative_id);
    add_property(out, &first, "policyAssignmentId", c->assignment_id);
    mp_buf_add(out, MP_S("}}"));
}

static mp_code sarif_write(mp_report *r, mp_str records, mp_error *err)
{
    return r->sink.write(r->sink.context, mp_str_skip(records, r->written ? 0 : 1), err);
}

/* ---- what was not read ---- */

static void add_notification(mp_buf *out, mp_lang lang, const mp_scan_problem *p, bool first)
{
    mp_buf_add_z(out, first ? "\n{\"level\":\"warning\",\"descriptor\":{\"id\":\"" :
                              ",\n{\"level\":\"warning\",\"descriptor\":{\"id\":\"");
    mp_buf_add_z(out, mp_code_name(p->code));
    mp_buf_add(out, MP_S("\"},\"message\":{\"text\":"));
    mp_buf message = MP_BUF_INIT;
    mp_say_sentence(&message, lang, p->message);
    mp_buf_add_json_str(out, mp_buf_str(&message));
    out->failed |= message.failed;
    mp_buf_free(&message);
    mp_buf_add_c(out, '}');
    if (has_file(&p->origin)) {
        mp_buf_add(out, MP_S(",\"locations\":[{"));
        add_physical(out, &p->origin, p->pos.line ? p->pos.line : p->origin.line, p->pos.col);
        mp_buf_add(out, MP_S("}]"));
    }
    mp_buf_add_c(out, '}');
}

static mp_code sarif_end(mp_report *r, mp_error *err)
{
    (void)err;
    const mp_scan_summary *s = r->summary;
    mp_buf                *out = &r->out;
    char                   start[MP_CLOCK_SHORT], stop[MP_CLOCK_SHORT];
    mp_clock_format_short(start, s->started);
    mp_clock_format_short(stop, s->started +
                                    (mp_ticks)(s->seconds * (double)MP_TICKS_PER_SECOND));
    mp_buf_printf(out,
                  "],\n\"invocations\":[{\"executionSuccessful\":true,\"startTimeUtc\":\"%s\","
                  "\"endTimeUtc\":\"%s\",\"toolExecutionNotifications\":[",
                  start, stop);
    for (uint32_t i = 0; i < s->problem_count; i++)
        add_notification(out, r->options.lang, &s->problems[i], i == 0);
    mp_buf_add(out, MP_S("]}]\n}]}\n"));
    return MP_OK;
}

const mp_report_format mp_report_sarif = {
    .name = "sarif",
    .media_type = "application/sarif+json",
    .extension = "sarif",
    .states = STATE_BIT(MP_STATE_NON_COMPLIANT) | STATE_BIT(MP_STATE_ERROR) |
              STATE_BIT(MP_STATE_CONFLICTING),
    .begin = sarif_begin,
    .record = sarif_record,
    .write = sarif_write,
    .end = sarif_end,
    .done = sarif_done,
};
