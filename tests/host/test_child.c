/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include "test.h"

TEST(programs_answer_or_do_not)
{
    static const struct {
        const char *argv[4];
        unsigned    seconds;
        mp_reach    how;
        const char *out;
    } cases[] = {
        { { "printf", "a\\nb" }, 20, MP_REACH_OK, "a\nb" },
        { { "sh", "-c", "echo said; exit 3" }, 20, MP_REACH_FAILED, "" },
        { { "sh", "-c", "echo x >&2; kill -9 $$" }, 20, MP_REACH_FAILED, "" },
        { { "sleep", "600" }, 0, MP_REACH_FAILED, "" },
        { { "sh", "-c", "exec >&-; sleep 600" }, 1, MP_REACH_FAILED, "" }, /* its output ends before it does */
        { { "yes", "0123456789abcdef0123456789abcdef0123456789abcdef" }, 600, MP_REACH_TOO_LONG, "" },
        { { "no-such-program" }, 20, MP_REACH_MISSING, "" },
        { { "sh", "-c", "echo \"$HOME$SECRET\"; cat" }, 20, MP_REACH_OK, "\n" }, /* no environment of ours, no input */
    };
    CHECK_INT(setenv("SECRET", "word", 1), 0);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena arena = MP_ARENA_INIT;
        mp_str   out;
        mp_reach how;
        CHECK_INT(mp_child_ask(&out, &how, cases[i].argv, cases[i].seconds, &arena, NULL), MP_OK);
        if (how != cases[i].how)
            fail_msg("%s: %.*s", cases[i].argv[0], MP_FMT(mp_reach_text(how)));
        CHECK_STR(out, cases[i].out);
        mp_arena_free(&arena);
    }
}

int main(void) { return MAIN(RUN(programs_answer_or_do_not)); }
