/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML as CI systems read it: a suite is a check (one policy as one assignment applies it), a test
 * case is a resource. Not compliant is a failure, what could not be judged an error; what nobody
 * judged (exempt, unknown, not evaluated, protected) is skipped, never passed. Documents that could
 * not be read are errors of a suite of their own.
 *
 * A suite begins with its sums and records come in the order of resources: so records wait in one
 * queue for each check. */
#include "formats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "spool.h"
#include "words.h"

typedef enum outcome {
    PASSED,
    FAILURE,
    ERROR,
    SKIPPED,
    OUTCOME_COUNT
} outcome;

typedef struct counts {
    uint64_t by[OUTCOME_COUNT];
} counts;

typedef struct junit {
    mp_spool *spool;
    counts   *suites; /* one for each check */
} junit;

static outcome outcome_of(mp_state state)
{
    switch (state) {
    case MP_STATE_COMPLIANT: return PASSED;
    case MP_STATE_NON_COMPLIANT: return FAILURE;
    case MP_STATE_ERROR:
    case MP_STATE_CONFLICTING: return ERROR;
    default: return SKIPPED;
    }
}

static void junit_done(mp_report *r)
{
    junit *own = r->own;
    mp_spool_free(own->spool);
    free(own->suites);
    free(own);
    r->own = NULL;
}

static mp_code junit_begin(mp_report *r, mp_error *err)
{
    junit *own = calloc(1, sizeof *own);
    if (!own)
        return mp_no_memory(err);
    r->own = own;
    own->suites = calloc(r->summary->check_count + 1u, sizeof *own->suites);
    if (!own->suites)
        return mp_no_memory(err);
    return mp_spool_new(&own->spool, r->summary->check_count, err);
}

static void attribute(mp_buf *out, const char *name, mp_str value)
{
    mp_buf_printf(out, " %s=\"", name);
    mp_escape_xml(out, value);
    mp_buf_add_c(out, '"');
}

/* "<failure message=... type=...>where it stands</failure>" */
static void add_verdict(mp_buf *out, const char *tag, const mp_report *r, const mp_scan_record *rec)
{
    mp_buf reason = MP_BUF_INIT;
    mp_report_reason(&reason, r->options.lang, rec);
    mp_buf_printf(out, "><%s", tag);
    attribute(out, "message", mp_buf_str(&reason));
    if (strcmp(tag, "skipped") == 0) { /* common schemas give it no type and no text */
        mp_buf_add(out, MP_S("/></testcase>\n"));
    } else {
        attribute(out, "type", mp_states[rec->state].text);
        mp_buf_add_c(out, '>');
        mp_escape_xml(out, mp_buf_str(&reason));
        mp_buf_add_c(out, '\n');
        mp_escape_xml(out, rec->resource->id);
        mp_buf_printf(out, "</%s></testcase>\n", tag);
    }
    out->failed |= reason.failed;
    mp_buf_free(&reason);
}

static void junit_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    static const char *const tags[OUTCOME_COUNT] = { NULL, "failure", "error", "skipped" };
    const mp_resource       *resource = rec->resource;
    size_t                   place = mp_frame_open(out, rec);
    mp_buf_add(out, MP_S("    <testcase"));
    attribute(out, "name", resource->id.len ? resource->id : mp_words_resource(resource));
    attribute(out, "classname", resource->type.len ? resource->type : MP_S("-"));
    if (rec->origin->file)
        attribute(out, "file", mp_str_from(rec->origin->file));
    if (rec->origin->line)
        mp_buf_printf(out, " line=\"%" PRIu64 "\"", rec->origin->line);
    mp_buf_add(out, MP_S(" time=\"0\""));
    const char *tag = tags[outcome_of(rec->state)];
    if (tag)
        add_verdict(out, tag, r, rec);
    else
        mp_buf_add(out, MP_S("/>\n"));
    mp_frame_close(out, place);
}

static mp_code junit_write(mp_report *r, mp_str records, mp_error *err)
{
    junit   *own = r->own;
    mp_frame frame;
    mp_str   text;
    while (mp_frame_next(&records, &frame, &text)) {
        own->suites[frame.check].by[outcome_of((mp_state)frame.state)]++;
        MP_TRY(mp_spool_add(own->spool, frame.check, text, err));
    }
    return MP_OK;
}

static void add_counts(mp_buf *out, const counts *c)
{
    mp_buf_printf(out,
                  " tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"%" PRIu64
                  "\" skipped=\"%" PRIu64 "\"",
                  c->by[PASSED] + c->by[FAILURE] + c->by[ERROR] + c->by[SKIPPED], c->by[FAILURE],
                  c->by[ERROR], c->by[SKIPPED]);
}

static void add_property(mp_buf *out, const char *name, mp_str value)
{
    if (value.len == 0)
        return;
    mp_buf_add(out, MP_S("      <property"));
    attribute(out, "name", mp_str_from(name));
    attribute(out, "value", value);
    mp_buf_add(out, MP_S("/>\n"));
}

static void add_properties(mp_buf *out, const mp_report *r, const mp_scan_check *c)
{
    mp_buf_add(out, MP_S("    <properties>\n"));
    add_property(out, "policyDefinitionId", c->policy_id);
    add_property(out, "policyDefinitionReferenceId", c->reference_id);
    add_property(out, "policySetDefinitionId", c->initiative_id);
    add_property(out, "policyAssignmentId", c->assignment_id);
    add_property(out, "policyDefinitionAction", c->effect);
    for (uint32_t i = 0; i < c->group_count; i++)
        add_property(out, "policyDefinitionGroupName", r->summary->groups[c->groups[i]].name);
    mp_buf_add(out, MP_S("    </properties>\n"));
}

static mp_code add_cases(mp_report *r, uint32_t check, mp_error *err)
{
    junit          *own = r->own;
    mp_spool_reader reader = mp_spool_read(own->spool, check);
    mp_code         code = MP_OK;
    for (bool more = true; code == MP_OK && more;) {
        code = mp_spool_next(&reader, &r->out, &more, err);
        if (code == MP_OK)
            code = mp_report_flush_some(r, err);
    }
    mp_spool_read_done(&reader);
    return code;
}

static mp_code add_suite(mp_report *r, uint32_t index, const char *started, mp_error *err)
{
    junit               *own = r->own;
    const mp_scan_check *c = &r->summary->checks[index];
    if (mp_spool_count(own->spool, index) == 0)
        return MP_OK;
    mp_buf_add(&r->out, MP_S("  <testsuite"));
    attribute(&r->out, "name", mp_words_check(r->options.lang, c));
    attribute(&r->out, "package", c->policy_name.len ? c->policy_name : c->policy_id);
    mp_buf_printf(&r->out, " id=\"%u\"", index);
    add_counts(&r->out, &own->suites[index]);
    mp_buf_printf(&r->out, " time=\"0\" timestamp=\"%.19s\">\n", started);
    add_properties(&r->out, r, c);
    MP_TRY(add_cases(r, index, err));
    mp_buf_add(&r->out, MP_S("  </testsuite>\n"));
    return MP_OK;
}

static void add_problem(mp_buf *out, mp_lang lang, const mp_scan_problem *p)
{
    char place[64];
    snprintf(place, sizeof place, ":%" PRIu64, p->origin.index);
    mp_buf_add(out, MP_S("    <testcase name=\""));
    mp_escape_xml(out, mp_str_from(p->origin.file ? p->origin.file : "-"));
    mp_escape_xml(out, mp_str_from(place));
    mp_buf_add(out, MP_S("\" classname=\"inventory\" time=\"0\"><error"));
    mp_buf message = MP_BUF_INIT;
    mp_say_sentence(&message, lang, p->message);
    attribute(out, "message", mp_buf_str(&message));
    out->failed |= message.failed;
    mp_buf_free(&message);
    attribute(out, "type", mp_str_from(mp_code_name(p->code)));
    mp_buf_add(out, MP_S("/></testcase>\n"));
}

/* Documents that are no resources; they have no check. */
static void add_problem_suite(mp_report *r, const char *started)
{
    const mp_scan_summary *s = r->summary;
    counts                 all = { .by = { [ERROR] = s->problem_count } };
    if (s->problem_count == 0)
        return;
    mp_buf_add(&r->out, MP_S("  <testsuite"));
    attribute(&r->out, "name", mp_message(r->options.lang, "report.junit.inventory"));
    add_counts(&r->out, &all);
    mp_buf_printf(&r->out, " time=\"0\" timestamp=\"%.19s\">\n", started);
    for (uint32_t i = 0; i < s->problem_count; i++)
        add_problem(&r->out, r->options.lang, &s->problems[i]);
    mp_buf_add(&r->out, MP_S("  </testsuite>\n"));
}

static mp_code junit_end(mp_report *r, mp_error *err)
{
    junit                 *own = r->own;
    const mp_scan_summary *s = r->summary;
    counts                 all = { .by = { [ERROR] = s->problem_count } };
    char                   started[MP_CLOCK_SHORT];
    mp_clock_format_short(started, s->started);
    for (uint32_t i = 0; i < s->check_count; i++)
        for (size_t k = 0; k < OUTCOME_COUNT; k++)
            all.by[k] += own->suites[i].by[k];
    uint64_t milliseconds = (uint64_t)(s->seconds * 1000);
    mp_buf_add(&r->out, MP_S("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"Mapae\""));
    add_counts(&r->out, &all);
    mp_buf_printf(&r->out, " time=\"%" PRIu64 ".%03" PRIu64 "\">\n", milliseconds / 1000,
                  milliseconds % 1000);
    for (uint32_t i = 0; i < s->check_count; i++)
        MP_TRY(add_suite(r, i, started, err));
    add_problem_suite(r, started);
    mp_buf_add(&r->out, MP_S("</testsuites>\n"));
    return MP_OK;
}

const mp_report_format mp_report_junit = {
    .name = "junit",
    .media_type = "application/xml",
    .extension = "xml",
    .states = STATES_ALL,
    .begin = junit_begin,
    .record = junit_record,
    .write = junit_write,
    .end = junit_end,
    .done = junit_done,
};
