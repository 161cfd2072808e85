/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions from a spreadsheet: what they become, and which cell is wrong. */
#include "decision_sheet.h"

#include "buf.h"
#include "fault.h"
#include "test.h"

static mp_code read_into(mp_buf *out, mp_str bytes, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_code code = mp_decisions_of_sheet(&w, bytes, &arena, err);
    const mp_json *made = code == MP_OK ? mp_jsonw_done(&w) : NULL;
    if (code == MP_OK && !made)
        code = MP_NOMEM;
    if (code == MP_OK)
        mp_buf_add_json(out, made);
    mp_arena_free(&arena);
    return code == MP_OK ? mp_buf_check(out, err) : code;
}

TEST(rows_become_decisions)
{
    mp_buf out = MP_BUF_INIT;
    CHECK_INT(read_into(&out, MP_S("Control,reasons,TARGETDATE,note\n1.1,risk; law,2026-12-31, a \n,,,\n1.2,,,\n"), NULL), MP_OK);
    CHECK_STR(mp_buf_str(&out), "[{\"control\":\"1.1\",\"reasons\":[\"risk\",\"law\"],\"targetDate\":\"2026-12-31\",\"note\":\"a\"},{\"control\":\"1.2\"}]");
    mp_buf_free(&out);
}

TEST(what_is_wrong_is_said_with_its_cell)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        { "", "a first row of titles" },
        { "control,control\n", "columns 1 and 2 are both called 'control'" },
        { "control,teem\n", "column 2 is called 'teem'; wanted are control" },
        { "control,,note\n", "column 2 is called ''" },
        { "team\nx\n", "no column is called 'control'" },
        { "control\n1.1\n1.2,more\n", "B3: this column has no name in the first row" },
        { "control,targetDate\n1.1,46387\n", "B2: the targetDate is '46387'; wanted is a day such as 2026-12-31" },
        { "control,targetDate\n1.1,2026-13-31\n", "B2: the targetDate is '2026-13-31'" },
        { "control,targetDate\n1.1,2026-12-31 09:00:00\n", "B2: the targetDate is '2026-12-31 09:00:00'" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_error err = { .code = MP_OK };
        CHECK_INT(read_into(&out, mp_str_from(cases[i].text), &err), MP_FORMAT);
        if (!strstr(err.message, cases[i].said))
            fail_msg("%s\nsays   %s\nwanted %s", cases[i].text, err.message, cases[i].said);
        mp_buf_free(&out);
    }
}

TEST(too_many)
{
    mp_buf text = MP_BUF_INIT, out = MP_BUF_INIT;
    mp_error err = { .code = MP_OK };
    mp_buf_add_z(&text, "control\n");
    for (int i = 0; i < MP_DECISIONS_AT_ONCE; i++)
        mp_buf_add_z(&text, "x\n");
    CHECK_INT(read_into(&out, mp_buf_str(&text), &err), MP_OK);
    mp_buf_add_z(&text, "x\n");
    CHECK_INT(read_into(&out, mp_buf_str(&text), &err), MP_LIMIT);
    CHECK(strstr(err.message, "more than 2000 decisions") != NULL);
    mp_buf_free(&text);
    mp_buf_free(&out);
}

static bool read_it(void *context)
{
    mp_buf out = MP_BUF_INIT;
    (void)context;
    mp_code code = read_into(&out, MP_S("control,reasons\n1.1,\"risk;law\"\n"), NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_that_runs_out) { CHECK(fault_loop(read_it, NULL) >= 2); }

int main(void)
{
    return MAIN(RUN(rows_become_decisions), RUN(what_is_wrong_is_said_with_its_cell), RUN(too_many), RUN(memory_that_runs_out));
}
