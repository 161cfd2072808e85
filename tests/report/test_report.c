/* SPDX-License-Identifier: Apache-2.0 */
/* What report.h promises of every format; what stands in them is check_report.py's. */
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "words.h"

static fixture f;

static mp_report_options options_in(mp_lang lang)
{
    return (mp_report_options){ .lang = lang, .inputs = f.inputs, .input_count = f.input_count,
                                .version = MP_S("0.1.0") };
}

static mp_report *make_report(const mp_report_format *format, mp_buf *out)
{
    mp_report        *report;
    mp_report_options options = options_in(MP_LANG_KO);
    mp_report_sink    sink = { fixture_sink, out };
    CHECK(mp_report_new(&report, format, &options, sink, NULL) == MP_OK);
    return report;
}

TEST(formats_are_found_by_name)
{
    static const char *const names[] = { "table", "json", "ndjson", "csv", "sarif", "junit", "html" };
    CHECK_INT(mp_report_format_count(), MP_COUNT(names));
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        const mp_report_format *format = mp_report_format_find(mp_str_from(names[i]));
        CHECK(format && format == mp_report_format_at(i));
        CHECK_STR(mp_str_from(mp_report_format_name(format)), names[i]);
        CHECK(mp_report_format_media_type(format)[0] && mp_report_format_extension(format)[0]);
        CHECK(!mp_report_format_wants(format, MP_STATE_NOT_APPLICABLE));
    }
    CHECK(mp_report_format_at(MP_COUNT(names)) == NULL);
    CHECK(mp_report_format_find(MP_S("pdf")) == NULL);
    CHECK(!mp_report_format_wants(mp_report_format_find(MP_S("table")), MP_STATE_NON_COMPLIANT));
    CHECK(!mp_report_format_wants(mp_report_format_find(MP_S("html")), MP_STATE_COMPLIANT));
}

/* What all groups of an initiative begin with, an edition of a framework, is said once: in the initiative's name. */
TEST(a_group_is_called_by_its_number)
{
    static const struct { const char *names[3], *label; } cases[] = {
        { { "K_ISMS_P_2023_2.5.3", "K_ISMS_P_2023_2.5.1", "K_ISMS_P_2023_2.0" }, "2.5.3" },
        { { "iso-27001-2022-a.5.1", "iso-27001-2022-a.5.17", "iso-27001-2022-a.8.1" }, "a.5.1" },
        { { "fsi-2019-2.1-1", "fsi-2019-2.1-2", "fsi-2019-1.1.1" }, "2.1-1" },
        { { "2.5.3", "2.5.1", "2.5.4" }, "2.5.3" },
        { { "net-inside", "net-outside", "net-between" }, "net-inside" }, /* no edition */
        { { "v1-", "v1-a", "v1-b" }, "v1-" },                            /* nothing would be left */
        { { "csap-2025-02-1.1.1", "own", "csap-2025-02-1.1.2" }, "csap-2025-02-1.1.1" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_scan_group groups[5] = { { .initiative = 7, .name = MP_S("other") },
                                    [4] = { .initiative = 8, .name = MP_S("other") } };
        for (size_t k = 0; k < 3; k++)
            groups[k + 1] = (mp_scan_group){ .name = mp_str_from(cases[i].names[k]) };
        mp_scan_summary summary = { .groups = groups, .group_count = MP_COUNT(groups) };
        CHECK_STR(mp_words_group_label(&summary, &groups[1]), cases[i].label);
    }
    mp_scan_group   alone = { .name = MP_S("csap-2025-02-1.1.1") };
    mp_scan_summary summary = { .groups = &alone, .group_count = 1 };
    CHECK_STR(mp_words_group_label(&summary, &alone), "csap-2025-02-1.1.1");
}

static void check_message(const char *prefix, mp_str name)
{
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        if (mp_message_of((mp_lang)lang, prefix, name).len)
            continue;
        print_error("no message %s%.*s\n", prefix, MP_FMT(name));
        fail();
    }
}

TEST(every_state_and_reason_has_words)
{
    for (int i = 0; i < MP_STATE_COUNT; i++) {
        check_message("report.state.", mp_states[i].text);
        check_message("report.state.short.", mp_states[i].text);
        if (i != MP_STATE_NOT_APPLICABLE)
            check_message("report.meaning.", mp_states[i].text);
    }
    for (int i = 0; i < MP_REASON_COUNT; i++)
        check_message("reason.", mp_reasons[i]);
}

TEST(reasons_are_sentences)
{
    static const mp_json no = { .kind = MP_JSON_BOOL, .u.integer = 0 };
    static const mp_json yes = { .kind = MP_JSON_BOOL, .u.integer = 1 };
    const mp_scan_condition conditions[] = {
        { .subject = MP_S("https"), .op = MP_S("notEquals"), .actual = &no, .wanted = &yes, .outcome = true },
        { .subject = MP_S("owner"), .op = MP_S("exists"), .wanted = &no, .outcome = true },
        { .subject = MP_S("level"), .op = MP_S("notEquals"), .actual = &yes, .wanted = &yes },
        { .subject = MP_S("size"), .op = MP_S("newOp"), .actual = &yes, .wanted = &no },
        { .subject = MP_S("rules[*].port"), .op = MP_S("equals"), .wanted = &no, .outcome = true },
        { .subject = MP_S("bad"), .op = MP_S("less"), .message = MP_S("no number") },
    };
    const mp_scan_record rec = { .state = MP_STATE_NON_COMPLIANT, .reason = MP_REASON_CONDITION_TRUE,
                                 .conditions = conditions, .condition_count = MP_COUNT(conditions) };
    static const char *const wanted[] = {
        "The rule's condition holds: https is false (not equal to true); owner is absent; level is true; "
        "size is true (not: newOp false); rules[*].port has no values: nothing that could fail; bad (no number).",
        "정책의 조건에 해당함: https 값은 false (다름: true); owner 값 없음; level 값은 true; "
        "size 값은 true (아님: newOp false); rules[*].port에 값이 없어 거짓이 될 것이 없음; bad (no number).",
    };
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        mp_buf out = MP_BUF_INIT;
        mp_report_reason(&out, (mp_lang)lang, &rec);
        CHECK_STR(mp_buf_str(&out), wanted[lang]);
        mp_buf_free(&out);
    }
}

/* A policy that failed says which field, which operator, what was missing and where; once. */
TEST(failures_are_sentences)
{
    static const mp_json days = { .kind = MP_JSON_INT, .u.integer = 90 };
    const mp_str why = MP_S("'greater' compares two numbers or two texts, not a missing value with integer");
    const mp_scan_condition conditions[] = {
        { .subject = MP_S("a/b.days"), .path = MP_S("properties.days"), .op = MP_S("greater"), .wanted = &days,
          .message = why, .line = 1214 },
    };
    const mp_scan_record rec = { .state = MP_STATE_ERROR, .reason = MP_REASON_FAILED, .detail = why,
                                 .conditions = conditions, .condition_count = 1 };
    const mp_scan_record bare = { .state = MP_STATE_ERROR, .reason = MP_REASON_FAILED, .detail = why };
    static const char *const wanted[][2] = {
        { "The policy could not be evaluated: a/b.days is absent ('greater' compares two numbers or two texts, "
          "not a missing value with integer; line 1214 of the policy).",
          "The policy could not be evaluated ('greater' compares two numbers or two texts, not a missing value "
          "with integer)." },
        { "정책을 평가하지 못함: a/b.days 값 없음 ('greater'는 숫자끼리 또는 문자열끼리 비교합니다. "
          "없는 값과 정수는 비교할 수 없습니다. 정책 1214행).",
          "정책을 평가하지 못함('greater'는 숫자끼리 또는 문자열끼리 비교합니다. 없는 값과 정수는 비교할 수 "
          "없습니다)." },
    };
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        mp_buf out = MP_BUF_INIT;
        mp_report_reason(&out, (mp_lang)lang, &rec);
        CHECK_STR(mp_buf_str(&out), wanted[lang][0]);
        mp_buf_clear(&out);
        mp_report_reason(&out, (mp_lang)lang, &bare);
        CHECK_STR(mp_buf_str(&out), wanted[lang][1]);
        mp_buf_free(&out);
    }
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS_MOST = 20 };

/* Under sanitizers three. */
static size_t rounds(void)
{
    return (ROUNDS_MOST - 1) / test_step(7) + 1;
}

typedef struct job {
    const mp_report *report;
    mp_buf           buffers[ROUNDS_MOST];
} job;

static void *format_records(void *arg)
{
    job *j = arg;
    for (size_t round = 0; round < rounds(); round++)
        for (size_t i = 0; i < f.record_count; i++)
            mp_report_record(&j->buffers[round], j->report, &f.records[i]);
    return NULL;
}

/* Every thread formats all records while the first half is already being written. */
static void print_threaded(const mp_report_format *format, mp_buf *out)
{
    mp_report *report = make_report(format, out);
    job        jobs[THREADS] = { 0 };
    pthread_t  threads[THREADS];
    CHECK(mp_report_begin(report, &f.facts, NULL) == MP_OK);
    for (size_t t = 0; t < THREADS; t++)
        jobs[t].report = report;
    for (size_t half = 0; half < 2; half++) {
        for (size_t t = half * THREADS / 2; t < (half + 1) * THREADS / 2; t++)
            CHECK(pthread_create(&threads[t], NULL, format_records, &jobs[t]) == 0);
        for (size_t t = 0; half && t < THREADS / 2; t++)
            for (size_t round = 0; round < rounds(); round++)
                CHECK(mp_report_write(report, mp_buf_str(&jobs[t].buffers[round]), NULL) == MP_OK);
        for (size_t t = half * THREADS / 2; t < (half + 1) * THREADS / 2; t++)
            CHECK(pthread_join(threads[t], NULL) == 0);
    }
    for (size_t t = THREADS / 2; t < THREADS; t++)
        for (size_t round = 0; round < rounds(); round++)
            CHECK(mp_report_write(report, mp_buf_str(&jobs[t].buffers[round]), NULL) == MP_OK);
    CHECK(mp_report_end(report, &f.sums, NULL) == MP_OK);
    for (size_t t = 0; t < THREADS; t++)
        for (size_t round = 0; round < rounds(); round++)
            mp_buf_free(&jobs[t].buffers[round]);
    mp_report_free(report);
}

TEST(threads_do_not_show)
{
    for (size_t i = 0; i < mp_report_format_count(); i++) {
        mp_buf     one = MP_BUF_INIT, many = MP_BUF_INIT;
        mp_report *report = make_report(mp_report_format_at(i), &one);
        CHECK(fixture_print(&f, report, THREADS * rounds(), 10, NULL) == MP_OK);
        mp_report_free(report);
        print_threaded(mp_report_format_at(i), &many);
        CHECK(mp_str_eq(mp_buf_str(&one), mp_buf_str(&many)));
        mp_buf_free(&one);
        mp_buf_free(&many);
    }
}

/* ---- a sink that fails ---- */

static mp_code full_disk(void *left, mp_str bytes, mp_error *err)
{
    size_t *bytes_left = left;
    if (bytes.len > *bytes_left)
        return mp_fail(err, MP_IO, MP_NOWHERE, "the disk is full");
    *bytes_left -= bytes.len;
    return MP_OK;
}

TEST(what_the_sink_says_is_passed_on)
{
    static const size_t room[] = { 0, 100, 5000, 20000 };
    for (size_t i = 0; i < mp_report_format_count(); i++) {
        for (size_t k = 0; k < MP_COUNT(room); k++) {
            size_t            bytes_left = room[k];
            mp_report        *report;
            mp_error          err = { 0 };
            mp_report_options options = options_in(MP_LANG_EN);
            mp_report_sink    sink = { full_disk, &bytes_left };
            CHECK(mp_report_new(&report, mp_report_format_at(i), &options, sink, NULL) == MP_OK);
            mp_code code = fixture_print(&f, report, 1, 10, &err);
            CHECK(code == MP_IO || (code == MP_OK && room[k] == 20000)); /* the table is short */
            mp_report_free(report);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    fixture_load(&f, argv[1]);
    int failed = MAIN(RUN(formats_are_found_by_name), RUN(a_group_is_called_by_its_number),
                      RUN(every_state_and_reason_has_words), RUN(reasons_are_sentences), RUN(failures_are_sentences), RUN(threads_do_not_show),
                      RUN(what_the_sink_says_is_passed_on));
    fixture_free(&f);
    return failed;
}
