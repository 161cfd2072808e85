/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "test.h"

struct demo {
    bool        strict;
    const char *out;
    mp_list     policies;
    int         format;
    uint32_t    fail_on;
    int64_t     jobs;
    mp_when     now;
    mp_list     inputs;
    const char *state;
    mp_list     pair;
};

static const char *const formats[] = { "table", "json", NULL };
static const char *const states[] = { "none", "bad", "ugly", NULL };

static const mp_option options[] = {
    { .name = "strict", .letter = 's', MP_FIELD(struct demo, strict) },
    { .name = "out", .letter = 'o', .value = "FILE", MP_FIELD(struct demo, out) },
    { .name = "policy", .letter = 'p', .value = "PATH", .is_required = true,
      MP_FIELD(struct demo, policies) },
    { .name = "format", .letter = 'f', .choices = formats, .fallback = "json",
      MP_FIELD(struct demo, format) },
    { .name = "fail-on", .choices = states, .fallback = "none", MP_FIELD(struct demo, fail_on) },
    { .name = "jobs", .letter = 'j', .value = "N", .min = 1, .max = 64, MP_FIELD(struct demo, jobs) },
    { .name = "now", .value = "TIME", MP_FIELD(struct demo, now) },
    { .name = "state", .value = "STATE", .choices = states, MP_FIELD(struct demo, state) },
};
static const mp_option operand = { .value = "INPUT", .min = 1, MP_FIELD(struct demo, inputs) };

#define WORDS 8

typedef struct outcome {
    struct demo args;
    mp_error    err;
    mp_code     code;
    mp_arena    arena;
} outcome;

static void parse(outcome *o, const char *const words[WORDS])
{
    *o = (outcome){ .arena = MP_ARENA_INIT };
    mp_option_set set = { options, MP_COUNT(options), &o->args };
    size_t        count = 0, next = 0;
    while (count < WORDS && words[count])
        count++;
    o->code = mp_options_default(&set, &o->arena, &o->err);
    if (o->code == MP_OK)
        o->code = mp_options_read(&set, 1, &operand, words, count, &next, &o->arena, &o->err);
    if (o->code == MP_OK)
        o->code = mp_options_check(&set, &operand, &o->err);
}

TEST(values_go_to_their_fields)
{
    static const char *const words[][WORDS] = {
        { "-s", "-o", "x", "--policy", "a", "--policy=b", "in", "--jobs=3" },
        { "-sox", "-pa", "--policy", "b", "-j3", "--", "in" },
        { "in", "--policy", "a", "-p", "b", "--strict", "--out=x", "-j3" },
    };
    for (size_t i = 0; i < MP_COUNT(words); i++) {
        outcome o;
        parse(&o, words[i]);
        CHECK_INT(o.code, MP_OK);
        CHECK(o.args.strict);
        CHECK_STR(mp_str_from(o.args.out), "x");
        CHECK_INT(o.args.policies.count, 2);
        CHECK_STR(mp_str_from(o.args.policies.items[0]), "a");
        CHECK_STR(mp_str_from(o.args.policies.items[1]), "b");
        CHECK_INT(o.args.inputs.count, 1);
        CHECK_STR(mp_str_from(o.args.inputs.items[0]), "in");
        CHECK_INT(o.args.jobs, 3);
        CHECK_INT(o.args.format, 1);
        CHECK_INT(o.args.fail_on, 0);
        CHECK(!o.args.now.is_given);
        mp_arena_free(&o.arena);
    }
}

TEST(kinds_read_their_texts)
{
    static const char *const words[WORDS] = { "-pa", "--format=TABLE", "--fail-on", "bad, ugly",
                                              "--now", "2026-01-31T09:00:00Z", "-" };
    outcome o;
    parse(&o, words);
    CHECK_INT(o.code, MP_OK);
    CHECK_INT(o.args.format, 0);
    CHECK_INT(o.args.fail_on, 6);
    CHECK(o.args.now.is_given);
    mp_ticks wanted;
    CHECK(mp_clock_parse(&wanted, MP_S("2026-01-31T09:00:00Z")));
    CHECK(o.args.now.at == wanted);
    CHECK_STR(mp_str_from(o.args.inputs.items[0]), "-");
    mp_arena_free(&o.arena);
}

TEST(a_dashed_operand_follows_two_dashes)
{
    static const char *const words[WORDS] = { "-pa", "--", "--strict", "-x", "--" };
    outcome o;
    parse(&o, words);
    CHECK_INT(o.code, MP_OK);
    CHECK(!o.args.strict);
    CHECK_INT(o.args.inputs.count, 3);
    CHECK_STR(mp_str_from(o.args.inputs.items[2]), "--");
    mp_arena_free(&o.arena);
}

TEST(lists_grow)
{
    outcome     o = { .arena = MP_ARENA_INIT };
    const char *words[100];
    size_t      next = 0;
    for (size_t i = 0; i < MP_COUNT(words); i++)
        words[i] = i % 2 ? "odd" : "even";
    mp_option_set set = { options, MP_COUNT(options), &o.args };
    CHECK_INT(mp_options_read(&set, 1, &operand, words, MP_COUNT(words), &next, &o.arena, &o.err), MP_OK);
    CHECK_INT(o.args.inputs.count, 100);
    for (size_t i = 0; i < MP_COUNT(words); i++)
        CHECK(o.args.inputs.items[i] == words[i]);
    mp_arena_free(&o.arena);
}

TEST(mistakes_are_named)
{
    static const struct {
        const char *words[WORDS];
        const char *message;
    } cases[] = {
        { { "-pa", "in", "--formt", "json" }, "unknown option --formt; did you mean --format?" },
        { { "-pa", "in", "--zzz=1" }, "unknown option --zzz" },
        { { "-pa", "in", "-x" }, "unknown option -x" },
        { { "-pa", "in", "-sx" }, "unknown option -x" },
        { { "-pa", "in", "--format", "xml" }, "--format wants one of table, json, not \"xml\"" },
        { { "-pa", "in", "-f", "" }, "-f wants one of table, json, not \"\"" },
        { { "-pa", "in", "--fail-on", "bad,good" }, "--fail-on wants one of none, bad, ugly, not \"good\"" },
        { { "-pa", "in", "--fail-on", "bad," }, "--fail-on wants one of none, bad, ugly, not \"\"" },
        { { "-pa", "in", "--jobs", "0" }, "--jobs wants a whole number from 1 to 64, not \"0\"" },
        { { "-pa", "in", "-j", "65" }, "-j wants a whole number from 1 to 64, not \"65\"" },
        { { "-pa", "in", "-j", "-1" }, "-j wants a whole number from 1 to 64, not \"-1\"" },
        { { "-pa", "in", "-j", "99999999999999999999" },
          "-j wants a whole number from 1 to 64, not \"99999999999999999999\"" },
        { { "-pa", "in", "--now", "soon" },
          "--now wants a date or time such as 2026-01-31T09:00:00Z, not \"soon\"" },
        { { "-pa", "in", "--strict=yes" }, "--strict takes no value, but is given \"yes\"" },
        { { "-pa", "in", "--out" }, "--out wants a value" },
        { { "-pa", "in", "-o" }, "-o wants a value" },
        { { "in" }, "--policy PATH is missing" },
        { { "-pa" }, "INPUT is missing" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        outcome o;
        parse(&o, cases[i].words);
        CHECK_INT(o.code, MP_USAGE);
        CHECK_STR(mp_str_from(o.err.message), cases[i].message);
        mp_arena_free(&o.arena);
    }
}

struct one {
    const char *file;
};

TEST(reading_stops_at_an_operand_that_nobody_takes)
{
    static const char *const words[] = { "mapae", "--strict", "scan", "--out", "x" };
    outcome       o = { .arena = MP_ARENA_INIT };
    mp_option_set set = { options, MP_COUNT(options), &o.args };
    size_t        next = 1;
    CHECK_INT(mp_options_read(&set, 1, NULL, words, MP_COUNT(words), &next, &o.arena, &o.err), MP_OK);
    CHECK_INT(next, 2);
    CHECK(o.args.strict);
    mp_arena_free(&o.arena);
}

TEST(one_operand_is_enough)
{
    static const mp_option   single = { .value = "FILE", .max = 1, MP_FIELD(struct one, file) };
    static const char *const words[] = { "a", "b" };
    struct one    args = { NULL };
    mp_arena      arena = MP_ARENA_INIT;
    mp_error      err = { 0 };
    mp_option_set set = { NULL, 0, &args };
    size_t        next = 0;
    CHECK_INT(mp_options_read(&set, 1, &single, words, 1, &next, &arena, &err), MP_OK);
    CHECK_STR(mp_str_from(args.file), "a");
    CHECK_INT(mp_options_read(&set, 1, &single, words, 2, &next, &arena, &err), MP_USAGE);
    mp_arena_free(&arena);
}

TEST(a_text_may_be_one_of_some)
{
    outcome o;
    parse(&o, (const char *const[WORDS]){ "-pa", "--state", "ugly", "in" });
    CHECK_INT(o.code, MP_OK);
    CHECK_STR(mp_str_from(o.args.state), "ugly");
    mp_arena_free(&o.arena);
    parse(&o, (const char *const[WORDS]){ "-pa", "in" });
    CHECK_INT(o.code, MP_OK);
    CHECK(o.args.state == NULL);
    mp_arena_free(&o.arena);
    parse(&o, (const char *const[WORDS]){ "-pa", "--state", "good", "in" });
    CHECK_INT(o.code, MP_USAGE);
    CHECK_STR(mp_str_from(o.err.message), "--state wants one of none, bad, ugly, not \"good\"");
    mp_arena_free(&o.arena);
}

static mp_code parse_pair(mp_error *err, const char *const *words, size_t count)
{
    static const mp_option pair = { .value = "GROUP MEMBER", .min = 2, .max = 2, MP_FIELD(struct demo, pair) };
    struct demo            args = { .strict = false };
    mp_arena               arena = MP_ARENA_INIT;
    mp_option_set          set = { NULL, 0, &args };
    size_t                 next = 0;
    mp_code code = mp_options_read(&set, 1, &pair, words, count, &next, &arena, err);
    if (code == MP_OK)
        code = mp_options_check(&set, &pair, err);
    mp_arena_free(&arena);
    return code;
}

TEST(several_operands_may_be_counted)
{
    static const char *const words[] = { "a", "b", "c" };
    mp_error                 err = { 0 };
    CHECK_INT(parse_pair(&err, words, 1), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "GROUP MEMBER is missing");
    CHECK_INT(parse_pair(&err, words, 2), MP_OK);
    CHECK_INT(parse_pair(&err, words, 3), MP_USAGE);
    CHECK_STR(mp_str_from(err.message), "GROUP MEMBER is enough: \"c\" is one too many");
}

TEST(a_wrong_fallback_is_our_fault)
{
    static const mp_option wrong[] = { { .name = "format", .choices = formats, .fallback = "xml",
                                         MP_FIELD(struct demo, format) } };
    struct demo   args = { 0 };
    mp_arena      arena = MP_ARENA_INIT;
    mp_error      err = { 0 };
    mp_option_set set = { wrong, 1, &args };
    CHECK_INT(mp_options_default(&set, &arena, &err), MP_INTERNAL);
    mp_arena_free(&arena);
}

int main(void)
{
    return MAIN(RUN(values_go_to_their_fields), RUN(kinds_read_their_texts),
                RUN(a_dashed_operand_follows_two_dashes), RUN(lists_grow), RUN(mistakes_are_named),
                RUN(reading_stops_at_an_operand_that_nobody_takes), RUN(one_operand_is_enough),
                RUN(a_text_may_be_one_of_some), RUN(several_operands_may_be_counted), RUN(a_wrong_fallback_is_our_fault));
}
