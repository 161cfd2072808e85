/* SPDX-License-Identifier: Apache-2.0 */
/* A reason is a lead ("The rule applies") and the conditions that decided. A condition reads as what
 * the document says and, where that is not the whole of it, how it was compared:
 *
 *   properties.minimumTlsVersion is "TLS1_0" (not equal to "TLS1_2")
 *
 * A condition that came out false is told by the opposite comparison, so that a sentence always
 * states what is. Those that only say which resources the rule is about (type, kind) come last. */
#include "report.h"

#include <stdio.h>

#include "words.h"

typedef struct comparison {
    mp_str op, opposite;
} comparison;

static const comparison comparisons[] = {
    { MP_S_INIT("equals"), MP_S_INIT("notEquals") },
    { MP_S_INIT("like"), MP_S_INIT("notLike") },
    { MP_S_INIT("match"), MP_S_INIT("notMatch") },
    { MP_S_INIT("matchInsensitively"), MP_S_INIT("notMatchInsensitively") },
    { MP_S_INIT("contains"), MP_S_INIT("notContains") },
    { MP_S_INIT("in"), MP_S_INIT("notIn") },
    { MP_S_INIT("containsKey"), MP_S_INIT("notContainsKey") },
    { MP_S_INIT("less"), MP_S_INIT("greaterOrEquals") },
    { MP_S_INIT("greater"), MP_S_INIT("lessOrEquals") },
};

/* The comparison that holds: the condition's own, or its opposite. Empty when there is none. */
static mp_str holding(mp_str op, bool outcome)
{
    for (size_t i = 0; i < MP_COUNT(comparisons); i++) {
        const comparison *c = &comparisons[i];
        if (mp_str_eq_fold(op, c->op))
            return outcome ? c->op : c->opposite;
        if (mp_str_eq_fold(op, c->opposite))
            return outcome ? c->opposite : c->op;
    }
    return mp_str_of(NULL, 0);
}

/* " (not equal to "TLS1_2")", or nothing where the actual value already says it. */
static void say_comparison(mp_buf *out, mp_lang lang, const mp_scan_condition *c)
{
    if (mp_str_eq_fold(c->op, MP_S("exists")) || c->op.len == 0)
        return;
    mp_str op = holding(c->op, c->outcome);
    if (c->actual && mp_str_eq(op, MP_S("equals")))
        return;
    mp_buf wanted = MP_BUF_INIT;
    if (c->wanted)
        mp_buf_add_json(&wanted, c->wanted);
    char id[80];
    snprintf(id, sizeof id, "report.op.%.*s", MP_FMT(op));
    mp_buf_add(out, MP_S(" ("));
    mp_str value = mp_buf_str(&wanted);
    if (op.len && mp_message_exists(lang, id)) {
        mp_say(out, lang, id, &value, 1);
    } else {
        mp_str args[] = { c->op, value };
        mp_say(out, lang, c->outcome ? "report.condition.holds" : "report.condition.fails", args, 2);
    }
    mp_buf_add_c(out, ')');
    out->failed |= wanted.failed;
    mp_buf_free(&wanted);
}

/* A field with [*] stands for each value that it selects: where there is none, no value could fail. */
static bool selects_nothing(const mp_scan_condition *c)
{
    return !c->actual && c->outcome && !c->message.len &&
           mp_str_find_str(c->subject, MP_S("[*]")) != SIZE_MAX;
}

/* A count over too many elements to write down: only what came of it is known. */
static bool is_unrecorded(const mp_scan_condition *c)
{
    return !c->actual && !c->wanted && !c->message.len;
}

/* What the condition asks about failed itself: that is neither a value nor the lack of one. */
static bool could_not_be_found(const mp_scan_condition *c)
{
    return c->message.len && !c->actual && !c->wanted;
}

static void say_condition(mp_buf *out, mp_lang lang, const mp_scan_condition *c)
{
    mp_buf actual = MP_BUF_INIT;
    if (c->actual)
        mp_buf_add_json(&actual, c->actual);
    mp_buf subject = MP_BUF_INIT; /* of a related resource: "on <id>, field" */
    mp_str of[] = { c->resource, c->subject };
    if (c->resource.len)
        mp_say(&subject, lang, "report.condition.related", of, 2);
    else
        mp_buf_add(&subject, c->subject);
    mp_str args[] = { mp_buf_str(&subject), mp_buf_str(&actual) };
    bool   is_empty = selects_nothing(c);
    if (could_not_be_found(c))
        mp_buf_add(out, args[0]);
    else
        mp_say(out, lang,
               c->actual          ? "report.condition.is"
               : is_unrecorded(c) ? "report.condition.unrecorded"
               : is_empty         ? "report.condition.none"
                                  : "report.condition.absent",
               args, 2);
    out->failed |= actual.failed || subject.failed;
    mp_buf_free(&actual);
    mp_buf_free(&subject);
    if (c->message.len) {
        mp_buf_add(out, MP_S(" ("));
        mp_words_failure(out, lang, c);
        mp_buf_add_c(out, ')');
    } else if (!is_empty && !is_unrecorded(c)) {
        say_comparison(out, lang, c);
    }
}

static bool names_the_scope(const mp_scan_condition *c)
{
    return c->outcome && !c->message.len && !c->resource.len &&
           (mp_str_eq_fold(c->subject, MP_S("type")) || mp_str_eq_fold(c->subject, MP_S("kind")));
}

static void say_conditions(mp_buf *out, mp_lang lang, const mp_scan_record *record)
{
    bool any = false;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < record->condition_count; i++) {
            const mp_scan_condition *c = &record->conditions[i];
            if (names_the_scope(c) != (pass == 1))
                continue;
            mp_buf_add(out, any ? MP_S("; ") : MP_S(": "));
            say_condition(out, lang, c);
            any = true;
        }
    }
}

/* The condition that failed says why: that is the detail too. */
static bool tells_failure(const mp_scan_record *record)
{
    for (uint32_t i = 0; i < record->condition_count; i++)
        if (mp_str_eq(record->conditions[i].message, record->detail))
            return true;
    return false;
}

static void say_lead(mp_buf *out, mp_lang lang, const mp_scan_record *record)
{
    char   id[96];
    mp_str code = mp_reasons[record->reason];
    bool   is_failure = record->reason == MP_REASON_FAILED;
    bool   is_plain = record->detail.len == 0 || (is_failure && tells_failure(record));
    snprintf(id, sizeof id, "reason.%.*s%s", MP_FMT(code), is_plain ? ".plain" : "");
    /* A reason that always has a detail, or never, has one sentence. */
    if (!mp_message_exists(lang, id))
        snprintf(id, sizeof id, "reason.%.*s", MP_FMT(code));
    mp_buf detail = MP_BUF_INIT;
    if (is_failure) /* a sentence */
        mp_say_sentence(&detail, lang, record->detail);
    else
        mp_buf_add(&detail, record->detail);
    mp_str said = mp_buf_str(&detail);
    mp_say(out, lang, id, &said, 1);
    out->failed |= detail.failed;
    mp_buf_free(&detail);
}

void mp_report_reason(mp_buf *out, mp_lang lang, const mp_scan_record *record)
{
    say_lead(out, lang, record);
    say_conditions(out, lang, record);
    mp_buf_add_c(out, '.');
}
