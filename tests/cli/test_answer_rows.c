/* SPDX-License-Identifier: Apache-2.0 */
/* Answers from a spreadsheet: what they become, which cell is wrong, and that many of them cost no more than few. */
#include "answer_rows.h"

#include <time.h>

#include "buf.h"
#include "fault.h"
#include "test.h"

static const char standing_text[] =
    "{\"framework\":\"f\",\"controls\":[{\"id\":\"f-1\",\"label\":\"1.1\",\"parts\":["
    "{\"kind\":\"question\",\"name\":\"1\",\"text\":{\"ko\":\"\",\"en\":\"one?\"},\"why\":\"unanswered\"},"
    "{\"kind\":\"question\",\"name\":\"2\",\"text\":{\"ko\":\"\",\"en\":\"two?\"},\"why\":\"answeredYes\",\"answer\":\"yes\","
    "\"at\":\"2026-01-01T00:00:00Z\",\"evidence\":[\"e1\"]}]}]}";

static const char *me = "me";
static bool is_over;

static void told(void *ctx, const char *cell, const mp_error *why)
{
    mp_buf_printf(ctx, "%s %s\n", cell, why->message);
}

/* The body, or what is wrong. */
static mp_code read_into(mp_buf *out, mp_answer_rows *rows, mp_str bytes, const char *standing_, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    const mp_json *standing;
    mp_sheet_tables tables;
    mp_code code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = mp_json_read(doc, &standing, mp_str_from(standing_), NULL, NULL, err);
    if (code == MP_OK)
        code = mp_sheet_read(&tables, bytes, &mp_sheet_usual, &arena, err);
    if (code == MP_OK) {
        const mp_answer_rows_of of = { .table = &tables.of[0], .standing = standing, .measure = "m", .lang = MP_LANG_EN, .me = mp_str_from(me), .is_over = is_over, .fault = told, .ctx = out };
        code = mp_answer_rows_read(rows, &of, &arena, err);
    }
    if (code == MP_OK && !rows->faults)
        mp_buf_add_json(out, rows->body);
    mp_arena_free(&arena);
    mp_json_doc_free(doc);
    return code == MP_OK ? mp_buf_check(out, err) : code;
}

#define GOOD "control,question,answer,note,evidence\n1.1,1,yes,\" a \",\"x;y\"\nF-1,2,no,,\n"

TEST(rows_become_answers)
{
    mp_buf out = MP_BUF_INIT;
    mp_answer_rows rows;
    CHECK_INT(read_into(&out, &rows, MP_S(GOOD), standing_text, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&out),
              "{\"framework\":\"f\",\"measure\":\"m\",\"value\":[{\"control\":\"1.1\",\"question\":1,\"answer\":\"yes\",\"note\":\"a\","
              "\"evidence\":[\"x\",\"y\"],\"seen\":\"\"},{\"control\":\"F-1\",\"question\":2,\"answer\":\"no\",\"seen\":\"2026-01-01T00:00:00Z\"}]}");
    CHECK_INT(rows.count, 2);
    mp_buf_free(&out);
    CHECK_INT(read_into(&out, &rows, MP_S("control,question,answer,evidence\n1.1,2,Y,e1\n1.1,1,,\n"), standing_text, NULL), MP_OK);
    CHECK_INT(rows.count, 0);
    CHECK_INT(rows.unchanged, 1);
    mp_buf_free(&out);
}

TEST(the_second_of_one_question_is_wrong)
{
    mp_buf out = MP_BUF_INIT;
    mp_answer_rows rows;
    CHECK_INT(read_into(&out, &rows, MP_S("control,question,answer\n1.1,1,yes\n1.1,2,no\nf-1,1,no\n"), standing_text, NULL), MP_OK);
    CHECK_STR(mp_buf_str(&out), "A4 row 2 answers the same question\n");
    mp_buf_free(&out);
}

/* ---- what rows were made from ---- */

/* The cell of a row with this answer and note. */
static const char *made_from(const char *at, const char *answer, const char *note, mp_arena *arena)
{
    mp_str texts[MP_ANSWER_COLUMNS] = { [MP_ANSWER_ANSWER] = mp_str_from(answer), [MP_ANSWER_NOTE] = mp_str_from(note) };
    return mp_answer_made_from(texts, mp_str_from(at), arena).ptr;
}

/* What one row comes to where question 2 was answered "yes", "as is" by somebody on January 2. */
static void check_row(const char *answer, const char *note, const char *made, const char *wanted, size_t untouched, size_t conflicts)
{
    static const char stands[] =
        "{\"framework\":\"f\",\"controls\":[{\"id\":\"f-1\",\"label\":\"1.1\",\"parts\":["
        "{\"kind\":\"question\",\"name\":\"2\",\"why\":\"answeredYes\",\"answer\":\"yes\",\"note\":\"as is\",\"by\":\"kim\","
        "\"at\":\"2026-01-02T00:00:00Z\"}]}]}";
    mp_arena arena = MP_ARENA_INIT;
    mp_buf out = MP_BUF_INIT;
    mp_answer_rows rows;
    mp_str sheet = mp_arena_printf(&arena, "control,question,answer,note,madeFrom\n1.1,2,%s,\"%s\",%s\n", answer, note, made);
    CHECK_INT(read_into(&out, &rows, sheet, stands, NULL), MP_OK);
    if (mp_str_find_str(mp_buf_str(&out), mp_str_from(wanted)) == SIZE_MAX)
        fail_msg("wanted %s, found %.*s", wanted, MP_FMT(mp_buf_str(&out)));
    CHECK_INT(rows.untouched, untouched);
    CHECK_INT(rows.conflicts, conflicts);
    mp_buf_free(&out);
    mp_arena_free(&arena);
}

TEST(a_row_knows_what_it_was_made_from)
{
    mp_arena arena = MP_ARENA_INIT;
    const char *before = made_from("2026-01-01T00:00:00Z", "no", "as it\nwas", &arena),
               *same = made_from("2026-01-02T00:00:00Z", "yes", "as is", &arena);
    static const char who[] = "C2 question 2 of control '1.1': kim answered yes at 2026-01-02T00:00:00Z, after this row was made";
    check_row("no", "as it was", before, "\"value\":[]", 1, 0); /* others changed it, the sheet did not */
    check_row("No", " as it  was ", before, "\"value\":[]", 1, 0);
    check_row("no", "as it was not", before, who, 0, 1); /* both did */
    check_row("no", "", "none", who, 0, 1);              /* it was open */
    check_row("no", "", same, "\"seen\":\"2026-01-02T00:00:00Z\"", 0, 0);
    check_row("no", "", "", "\"answer\":\"no\"", 0, 0); /* a sheet of before */
    check_row("yes", "as is", before, "\"value\":[]", 0, 0); /* both said the same */
    check_row("no", "", "a day", "E2 'a day' is not what the export wrote here", 0, 0);
    me = "kim";
    check_row("no", "", "none", "\"answer\":\"no\"", 0, 0); /* his own */
    me = "me";
    is_over = true;
    check_row("no", "", "none", "\"answer\":\"no\"", 0, 0);
    is_over = false;
    mp_arena_free(&arena);
}

/* Somebody withdrew what the row was made from. */
TEST(what_was_withdrawn)
{
    mp_buf out = MP_BUF_INIT;
    mp_answer_rows rows;
    CHECK_INT(read_into(&out, &rows, MP_S("control,question,answer,madeFrom\n1.1,1,no,2026-01-01T00:00:00Z 0\n"), standing_text, NULL), MP_OK);
    CHECK_INT(rows.conflicts, 1);
    CHECK(mp_str_find_str(mp_buf_str(&out), MP_S("C2 question 1 of control '1.1': the answer that this row was made from was withdrawn since")) == 0);
    mp_buf_free(&out);
}

static bool read_it(void *context)
{
    mp_buf out = MP_BUF_INIT;
    mp_answer_rows rows;
    (void)context;
    mp_code code = read_into(&out, &rows, MP_S(GOOD), standing_text, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(without_memory)
{
    CHECK(fault_loop(read_it, NULL) > 5);
}

/* So many controls of one question each, all answered. */
static double seconds_for(unsigned count)
{
    mp_buf standing = MP_BUF_INIT, sheet = MP_BUF_INIT, out = MP_BUF_INIT;
    mp_answer_rows rows;
    struct timespec from, to;
    mp_buf_add_z(&standing, "{\"framework\":\"f\",\"controls\":[");
    mp_buf_add_z(&sheet, "control,question,answer\n");
    for (unsigned i = 0; i < count; i++) {
        mp_buf_printf(&standing, "%s{\"id\":\"c-%u\",\"label\":\"%u\",\"parts\":[{\"kind\":\"question\",\"name\":\"1\",\"why\":\"unanswered\"}]}",
                      i ? "," : "", i, i);
        mp_buf_printf(&sheet, "c-%u,1,yes\n", i);
    }
    mp_buf_add_z(&standing, "]}");
    mp_buf_add(&standing, mp_str_of("\0", 1));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    CHECK_INT(read_into(&out, &rows, mp_buf_str(&sheet), mp_buf_str(&standing).ptr, NULL), MP_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    CHECK_INT(rows.count, count);
    mp_buf_free(&standing);
    mp_buf_free(&sheet);
    mp_buf_free(&out);
    return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

/* Sixteen times as many take sixteen times as long, and not 256 times. */
TEST(many_rows)
{
    double few = seconds_for(2000), many = seconds_for(32000);
    if (many > 64 * few + 0.5)
        fail_msg("2,000 rows took %.3f s, 32,000 took %.3f s", few, many);
}

int main(void)
{
    return MAIN(RUN(rows_become_answers), RUN(the_second_of_one_question_is_wrong), RUN(a_row_knows_what_it_was_made_from),
                RUN(what_was_withdrawn), RUN(without_memory), RUN(many_rows));
}
