/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "source.h"

static void *need(void *p)
{
    if (!p) {
        fputs("fixture: out of memory\n", stderr);
        exit(99);
    }
    return p;
}

static const mp_json *member(const mp_json *object, const char *name)
{
    return mp_json_get(object, mp_str_from(name));
}

static mp_str text(const mp_json *object, const char *name)
{
    const mp_json *v = member(object, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

static uint64_t integer(const mp_json *object, const char *name)
{
    const mp_json *v = member(object, name);
    return mp_json_is(v, MP_JSON_INT) ? (uint64_t)v->u.integer : 0;
}

static size_t count_of(const mp_json *array) { return array ? array->count : 0; }

/* ---- what is judged ---- */

static void load_groups(fixture *f, const mp_json *initiatives)
{
    size_t count = 0;
    for (MP_JSON_EACH(it, initiatives))
        count += count_of(member(it, "groups"));
    mp_scan_group *groups = need(MP_ARENA_ARRAY(&f->arena, mp_scan_group, count + 1));
    uint32_t       n = 0, index = 0;
    for (MP_JSON_EACH(it2, initiatives)) {
        const mp_json *list = member(it2, "groups");
        for (MP_JSON_EACH(g, list)) {
            groups[n++] = (mp_scan_group){
                .name = text(g, "name"),
                .display_name = text(g, "displayName"),
                .category = text(g, "category"),
                .initiative = index,
            };
        }
        index++;
    }
    f->facts.groups = groups;
    f->facts.group_count = n;
}

static void load_initiatives(fixture *f, const mp_json *initiatives)
{
    mp_scan_initiative *list =
        need(MP_ARENA_ARRAY(&f->arena, mp_scan_initiative, initiatives->count + 1));
    uint32_t n = 0;
    for (MP_JSON_EACH(it, initiatives)) {
        list[n++] = (mp_scan_initiative){
            .id = text(it, "id"),
            .name = text(it, "name"),
            .display_name = text(it, "displayName"),
            .description = text(it, "description"),
            .version = text(it, "version"),
            .assignment_id = text(it, "assignmentId"),
            .metadata = member(it, "metadata"),
        };
    }
    f->facts.initiatives = list;
    f->facts.initiative_count = n;
}

static uint32_t find_group(const fixture *f, uint32_t initiative, mp_str name)
{
    for (uint32_t i = 0; i < f->facts.group_count; i++)
        if (f->facts.groups[i].initiative == initiative && mp_str_eq(f->facts.groups[i].name, name))
            return i;
    fprintf(stderr, "fixture: no group %.*s\n", MP_FMT(name));
    exit(99);
}

static mp_scan_check check_of(fixture *f, const mp_json *p, const mp_json *names, uint32_t initiative)
{
    mp_scan_check c = {
        .policy_id = text(p, "id"),
        .policy_name = text(p, "name"),
        .display_name = text(p, "displayName"),
        .description = text(p, "description"),
        .category = text(p, "category"),
        .version = text(p, "version"),
        .severity = text(p, "severity"),
        .effect = text(p, "effect"),
        .mode = text(p, "mode"),
        .not_evaluated = text(p, "notEvaluated"),
        .localized = member(p, "localized"),
    };
    if (names) {
        uint32_t *groups = need(MP_ARENA_ARRAY(&f->arena, uint32_t, names->count + 1u));
        for (MP_JSON_EACH(name, names))
            groups[c.group_count++] = find_group(f, initiative, mp_json_str(name));
        c.groups = groups;
        c.reference_id = text(p, "referenceId");
        c.initiative_id = f->facts.initiatives[initiative].id;
        c.assignment_id = f->facts.initiatives[initiative].assignment_id;
    }
    return c;
}

/* The checks of policy i are first[i] to first[i + 1] - 1. */
static uint32_t *load_checks(fixture *f, const mp_json *policies)
{
    mp_scan_check *checks = need(MP_ARENA_ARRAY(&f->arena, mp_scan_check, 2 * policies->count + 1));
    uint32_t      *first = need(MP_ARENA_ARRAY(&f->arena, uint32_t, policies->count + 2u));
    uint32_t       n = 0, i = 0;
    for (MP_JSON_EACH(p, policies)) {
        const mp_json *lists[] = { member(p, "isms"), member(p, "iso") };
        first[i++] = n;
        for (uint32_t k = 0; k < 2; k++)
            if (count_of(lists[k]))
                checks[n++] = check_of(f, p, lists[k], k);
        if (first[i - 1] == n)
            checks[n++] = check_of(f, p, NULL, 0);
    }
    first[i] = n;
    f->facts.checks = checks;
    f->facts.check_count = n;
    return first;
}

/* ---- records ---- */

static mp_state find_state(mp_str name)
{
    for (int i = 0; i < MP_STATE_COUNT; i++)
        if (mp_str_eq(mp_states[i].text, name))
            return (mp_state)i;
    fprintf(stderr, "fixture: no state %.*s\n", MP_FMT(name));
    exit(99);
}

static mp_reason find_reason(mp_str name)
{
    for (int i = 0; i < MP_REASON_COUNT; i++)
        if (mp_str_eq(mp_reasons[i], name))
            return (mp_reason)i;
    fprintf(stderr, "fixture: no reason %.*s\n", MP_FMT(name));
    exit(99);
}

static void load_conditions(fixture *f, mp_scan_record *rec, const mp_json *list)
{
    mp_scan_condition *out = need(MP_ARENA_ARRAY(&f->arena, mp_scan_condition, list->count + 1u));
    rec->conditions = out;
    for (MP_JSON_EACH(c, list)) {
        out[rec->condition_count++] = (mp_scan_condition){
            .pointer = text(c, "pointer"),
            .subject = text(c, "subject"),
            .path = text(c, "path"),
            .op = text(c, "op"),
            .actual = member(c, "actual"),
            .wanted = member(c, "wanted"),
            .outcome = member(c, "outcome")->u.integer != 0,
            .message = text(c, "message"),
            .resource = text(c, "resource"),
        };
    }
}

static const mp_resource *load_resources(fixture *f, const mp_json *list)
{
    mp_resource *out = need(MP_ARENA_ARRAY(&f->arena, mp_resource, list->count + 1u));
    size_t       n = 0;
    for (MP_JSON_EACH(r, list)) {
        out[n++] = (mp_resource){
            .id = text(r, "id"),
            .type = text(r, "type"),
            .name = text(r, "name"),
            .full_name = text(r, "fullName"),
            .location = text(r, "location"),
            .subscription_id = text(r, "subscriptionId"),
            .resource_group = text(r, "resourceGroup"),
        };
    }
    return out;
}

static void load_records(fixture *f, const mp_json *root, const uint32_t *first)
{
    const mp_json     *verdicts = member(root, "verdicts");
    const mp_resource *resources = load_resources(f, member(root, "resources"));
    mp_origin *origins = need(MP_ARENA_ARRAY(&f->arena, mp_origin, verdicts->count + 1u));
    f->records = need(MP_ARENA_ARRAY(&f->arena, mp_scan_record, 2 * verdicts->count + 1));
    mp_clock_parse(&f->facts.started, MP_S("2026-10-05T00:12:30Z"));
    for (MP_JSON_EACH(v, verdicts)) {
        uint64_t index = integer(v, "resource"), policy = integer(v, "policy");
        bool     piped = index >= 20;
        origins[index] = (mp_origin){ piped ? "-" : "content/demo/inventory/운영 자산.json", index + 1,
                                      piped ? 0 : 10 * index + 3, MP_FORMAT_ARM_LIST };
        for (uint32_t c = first[policy]; c < first[policy + 1]; c++) {
            mp_scan_record *rec = &f->records[f->record_count++];
            *rec = (mp_scan_record){
                .resource = &resources[index],
                .origin = &origins[index],
                .check = c,
                .state = find_state(text(v, "state")),
                .reason = find_reason(text(v, "reason")),
                .detail = text(v, "detail"),
                .time = f->facts.started,
            };
            load_conditions(f, rec, member(v, "conditions"));
        }
    }
}

/* ---- sums ---- */

static bool in_group(const fixture *f, const mp_scan_record *rec, uint32_t group)
{
    const mp_scan_check *c = &f->facts.checks[rec->check];
    for (uint32_t i = 0; i < c->group_count; i++)
        if (c->groups[i] == group)
            return true;
    return false;
}

typedef enum part { ALL, GROUP, INITIATIVE, TYPE } part;

static bool belongs(const fixture *f, const mp_scan_record *rec, part which, uint32_t index)
{
    const mp_scan_check *c = &f->facts.checks[rec->check];
    switch (which) {
    case GROUP: return in_group(f, rec, index);
    case INITIATIVE: return mp_str_eq(c->initiative_id, f->facts.initiatives[index].id);
    case TYPE: return mp_str_eq(rec->resource->type, f->sums.types[index].type);
    default: return true;
    }
}

/* Distinct resources by their rolled-up state. Records of one resource stand together. */
static mp_tally tally(const fixture *f, part which, uint32_t index)
{
    mp_tally t = { .by_state = { 0 } };
    for (size_t i = 0; i < f->record_count;) {
        const mp_resource *resource = f->records[i].resource;
        mp_state           state = MP_STATE_COUNT;
        for (; i < f->record_count && f->records[i].resource == resource; i++)
            if (belongs(f, &f->records[i], which, index))
                state = mp_state_rollup(state, f->records[i].state);
        if (state < MP_STATE_COUNT)
            t.by_state[state]++;
    }
    return t;
}

static void sum_types(fixture *f)
{
    mp_scan_type *types = need(MP_ARENA_ARRAY(&f->arena, mp_scan_type, f->record_count + 1));
    uint32_t      n = 0;
    for (size_t i = 0; i < f->record_count; i++) {
        uint32_t k = 0;
        while (k < n && !mp_str_eq(types[k].type, f->records[i].resource->type))
            k++;
        if (k == n)
            types[n++].type = f->records[i].resource->type;
    }
    f->sums.types = types;
    f->sums.type_count = n;
    for (uint32_t i = 0; i < n; i++) {
        types[i].resources = tally(f, TYPE, i);
        types[i].documents = mp_tally_total(&types[i].resources) + i % 3;
    }
}

static int by_failures(const void *left, const void *right)
{
    const mp_scan_worst *a = left, *b = right;
    return a->non_compliant > b->non_compliant ? -1 : a->non_compliant < b->non_compliant;
}

static void sum_worst(fixture *f)
{
    mp_scan_worst *worst = need(MP_ARENA_ARRAY(&f->arena, mp_scan_worst, f->record_count + 1));
    uint32_t       n = 0;
    for (size_t i = 0; i < f->record_count;) {
        const mp_resource *r = f->records[i].resource;
        mp_scan_worst     *w = &worst[n++];
        uint32_t          *checks = need(MP_ARENA_ARRAY(&f->arena, uint32_t, MP_SCAN_WORST_CHECKS));
        *w = (mp_scan_worst){ .id = r->id, .type = r->type, .name = r->name, .checks = checks };
        for (; i < f->record_count && f->records[i].resource == r; i++) {
            w->total++;
            if (f->records[i].state != MP_STATE_NON_COMPLIANT)
                continue;
            w->non_compliant++;
            if (w->check_count < MP_SCAN_WORST_CHECKS)
                checks[w->check_count++] = f->records[i].check;
        }
    }
    qsort(worst, n, sizeof *worst, by_failures);
    f->sums.worst = worst;
    f->sums.worst_count = n < MP_SCAN_WORST ? n : MP_SCAN_WORST;
}

static void load_problems(fixture *f, const mp_json *list)
{
    mp_scan_problem *out = need(MP_ARENA_ARRAY(&f->arena, mp_scan_problem, list->count + 1u));
    uint32_t         n = 0;
    for (MP_JSON_EACH(p, list)) {
        const mp_json *pos = member(p, "pos");
        out[n++] = (mp_scan_problem){
            .origin = { mp_arena_dup(&f->arena, text(p, "file")).ptr, integer(p, "index"),
                        integer(p, "line"), MP_FORMAT_UNKNOWN },
            .code = mp_str_eq(text(p, "code"), MP_S("syntax")) ? MP_SYNTAX : MP_UNSUPPORTED,
            .pos = { (uint32_t)mp_json_at(pos, 0)->u.integer, (uint32_t)mp_json_at(pos, 1)->u.integer },
            .message = text(p, "message"),
        };
    }
    f->sums.problems = out;
    f->sums.problem_count = n;
    f->sums.bad_documents = n;
}

static void sum_all(fixture *f, const mp_json *root)
{
    f->sums = f->facts;
    mp_scan_check *checks = need(MP_ARENA_ARRAY(&f->arena, mp_scan_check, f->facts.check_count + 1u));
    mp_scan_group *groups = need(MP_ARENA_ARRAY(&f->arena, mp_scan_group, f->facts.group_count + 1u));
    mp_scan_initiative *initiatives =
        need(MP_ARENA_ARRAY(&f->arena, mp_scan_initiative, f->facts.initiative_count + 1u));
    memcpy(checks, f->facts.checks, f->facts.check_count * sizeof *checks);
    memcpy(groups, f->facts.groups, f->facts.group_count * sizeof *groups);
    memcpy(initiatives, f->facts.initiatives, f->facts.initiative_count * sizeof *initiatives);
    for (size_t i = 0; i < f->record_count; i++) {
        checks[f->records[i].check].resources.by_state[f->records[i].state]++;
        f->sums.pairs.by_state[f->records[i].state]++;
    }
    for (uint32_t i = 0; i < f->facts.group_count; i++)
        groups[i].resources = tally(f, GROUP, i);
    for (uint32_t i = 0; i < f->facts.initiative_count; i++)
        initiatives[i].resources = tally(f, INITIATIVE, i);
    f->sums.checks = checks;
    f->sums.groups = groups;
    f->sums.initiatives = initiatives;
    f->sums.resources = tally(f, ALL, 0);
    sum_types(f);
    sum_worst(f);
    load_problems(f, member(root, "problems"));
    f->sums.documents = count_of(member(root, "resources")) + integer(root, "withoutPolicy");
    f->sums.without_policy = integer(root, "withoutPolicy");
    f->sums.duplicates = integer(root, "duplicates");
    f->sums.seconds = 0.428;
    f->sums.bytes = 123456;
}

void fixture_load(fixture *f, const char *path)
{
    const mp_json *root;
    mp_str         bytes;
    mp_error       err = { 0 };
    *f = (fixture){ .arena = MP_ARENA_INIT };
    if (mp_source_slurp(&bytes, path, 0, &f->arena, &err) != MP_OK ||
        mp_json_doc_new(&f->doc, &err) != MP_OK ||
        mp_json_read(f->doc, &root, bytes, NULL, NULL, &err) != MP_OK) {
        fprintf(stderr, "%s: %s\n", path, err.message);
        exit(99);
    }
    const mp_json *inputs = member(root, "inputs");
    f->inputs = need(MP_ARENA_ARRAY(&f->arena, mp_str, inputs->count + 1u));
    for (MP_JSON_EACH(input, inputs))
        f->inputs[f->input_count++] = mp_json_str(input);
    load_initiatives(f, member(root, "initiatives"));
    load_groups(f, member(root, "initiatives"));
    load_records(f, root, load_checks(f, member(root, "policies")));
    sum_all(f, root);
}

void fixture_free(fixture *f)
{
    mp_json_doc_free(f->doc);
    mp_arena_free(&f->arena);
}

mp_code fixture_print(const fixture *f, mp_report *report, size_t times, size_t batch, mp_error *err)
{
    mp_buf  buf = MP_BUF_INIT;
    mp_code code = mp_report_begin(report, &f->facts, err);
    size_t  held = 0;
    for (size_t n = 0; code == MP_OK && n < times * f->record_count; n++) {
        mp_report_record(&buf, report, &f->records[n % f->record_count]);
        if (++held < batch && n + 1 < times * f->record_count)
            continue;
        held = 0;
        code = mp_buf_check(&buf, err);
        if (code == MP_OK)
            code = mp_report_write(report, mp_buf_str(&buf), err);
        mp_buf_clear(&buf);
    }
    if (code == MP_OK)
        code = mp_report_end(report, &f->sums, err);
    mp_buf_free(&buf);
    return code;
}

mp_code fixture_sink(void *buf, mp_str bytes, mp_error *err)
{
    mp_buf_add(buf, bytes);
    return mp_buf_check(buf, err);
}
