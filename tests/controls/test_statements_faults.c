/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while a statement is written: there is no document then, and nothing is lost. */
#include "statement_oscal.h"

#include "builtin_frameworks.h"
#include "fault.h"
#include "ical.h"
#include "test.h"

static mp_arena setup = MP_ARENA_INIT;
static mp_frameworks builtin;
static mp_score score;
static mp_statement statement;

static const mp_words question = { MP_S_INIT("물음"), MP_S_INIT("question") };

static void set_up(void)
{
    static mp_held_certificate certificate;
    static mp_dated dated;
    CHECK_INT(mp_builtin_frameworks(&builtin, &setup, NULL), MP_OK);
    const mp_framework *f = mp_framework_find(&builtin, MP_S("csap-2025-02"));
    const mp_scheme *scheme = mp_scheme_find(f, MP_S("low-saas"));
    score = (mp_score){ .controls = MP_ARENA_ARRAY(&setup, mp_scored, scheme->profile.count),
                        .count = scheme->profile.count };
    for (size_t i = 0; i < score.count; i++) {
        const mp_control *base = scheme->profile.controls[i].base;
        score.controls[i] = (mp_scored){ .control = base,
                                         .answer = &f->answers.of[base - f->catalog.controls],
                                         .part_count = 1 };
        score.controls[i].parts = MP_ARENA_NEW(&setup, mp_part);
        *score.controls[i].parts =
            (mp_part){ .kind = MP_PART_QUESTION, .why = MP_WHY_UNANSWERED, .text = question };
    }
    mp_score_work(&score);
    CHECK(mp_clock_parse(&certificate.issued, MP_S("2025-02-28")));
    dated = (mp_dated){
        .kind = "answer", .at = certificate.issued, .control = &f->catalog.controls[0], .text = question
    };
    statement = (mp_statement){ .framework = f,
                                .scheme = scheme,
                                .as_of = certificate.issued + MP_TICKS_PER_DAY,
                                .score = &score,
                                .certificate = &certificate,
                                .dated = &dated,
                                .dated_count = 1 };
}

static void calendar(mp_jsonw *w, const mp_statement *s)
{
    mp_statement_calendar(w, s, s->as_of, s->as_of + 3000 * MP_TICKS_PER_DAY);
}

static bool write_all(void *context)
{
    static void (*const writers[])(
        mp_jsonw * w, const mp_statement *s) = { mp_statement_applicability, mp_statement_responsibility,
                                                 mp_statement_gaps,          calendar,
                                                 mp_oscal_components,        mp_oscal_plan,
                                                 mp_oscal_milestones };
    bool is_whole = true;
    (void)context;
    for (size_t i = 0; i < MP_COUNT(writers); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_buf text = MP_BUF_INIT;
        mp_jsonw w;
        mp_jsonw_init(&w, &arena);
        writers[i](&w, &statement);
        const mp_json *out = mp_jsonw_done(&w);
        if (out && writers[i] == calendar)
            mp_ical_write(&text, out, MP_LANG_KO);
        is_whole = is_whole && out && mp_buf_check(&text, NULL) == MP_OK;
        mp_buf_free(&text);
        mp_arena_free(&arena);
    }
    return is_whole;
}

TEST(memory_that_runs_out)
{
    set_up();
    CHECK(fault_loop(write_all, NULL) > 3);
    mp_arena_free(&setup);
}

int main(void)
{
    return MAIN(RUN(memory_that_runs_out));
}
