/* SPDX-License-Identifier: Apache-2.0 */
#include "odata_rows.h"

#define DAY(n) (INT64_C(638396640000000000) + (n) * MP_TICKS_PER_DAY) /* 2024-01-01 and on */

static const mp_odata_field fields[FIELDS] = {
    [F_ID] = { .name = MP_S_INIT("id"), .type = MP_ODATA_ID, .sql = "id", .is_required = true },
    [F_NAME] = { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING, .sql = "name" },
    [F_STATE] = { .name = MP_S_INIT("properties/state"), .type = MP_ODATA_STRING, .sql = "state" },
    [F_COMPLIANT] = { .name = MP_S_INIT("isCompliant"), .type = MP_ODATA_BOOL, .sql = "compliant" },
    [F_COUNT] = { .name = MP_S_INIT("count"), .type = MP_ODATA_INT, .sql = "n" },
    [F_SCORE] = { .name = MP_S_INIT("score"), .type = MP_ODATA_REAL, .sql = "score" },
    [F_AT] = { .name = MP_S_INIT("timestamp"), .type = MP_ODATA_DATE, .sql = "at", .unit = MP_ODATA_TICKS },
    [F_SEEN] = { .name = MP_S_INIT("seen"), .type = MP_ODATA_DATE, .sql = "seen", .unit = MP_ODATA_SECONDS },
    [F_GROUPS] = { .name = MP_S_INIT("groups"), .type = MP_ODATA_LIST, .sql = NULL },
    [F_NOTE] = { .name = MP_S_INIT("note"), .type = MP_ODATA_STRING, .sql = NULL },
    [F_STEP] = { .name = MP_S_INIT("step"), .type = MP_ODATA_DATE, .sql = "step", .unit = MP_ODATA_MILLISECONDS },
};

static const mp_odata_function functions[] = {
    [CALL_AT_SCOPE] = { MP_S_INIT("atScope"), 0, 0 },
    [CALL_ASSIGNED_TO] = { MP_S_INIT("assignedTo"), 1, 1 },
};

const mp_odata_table sample_table = {
    .fields = fields, .field_count = FIELDS, .functions = functions, .function_count = MP_COUNT(functions),
};

static mp_cell get(void *context, const void *row, uint32_t field)
{
    (void)context;
    return ((const sample *)row)->cells[field];
}

static bool call(void *context, const void *row, uint32_t function, const mp_str *arguments, uint32_t count)
{
    const sample *s = row;
    (void)context;
    if (function == CALL_AT_SCOPE)
        return s->is_at_scope;
    return count == 1 && s->cells[F_NAME].kind == MP_CELL_TEXT && mp_str_eq_fold(s->cells[F_NAME].u.text, arguments[0]);
}

const mp_odata_reader sample_reader = { .get = get, .call = call };

#define TEXT(s) { .kind = MP_CELL_TEXT, .u.text = MP_S_INIT(s) }
#define YES { .kind = MP_CELL_BOOL, .u.yes = true }
#define NO { .kind = MP_CELL_BOOL, .u.yes = false }
#define INT(i) { .kind = MP_CELL_INT, .u.integer = (i) }
#define REAL(d) { .kind = MP_CELL_REAL, .u.real = (d) }
#define AT(t) { .kind = MP_CELL_DATE, .u.date = (t) }

static const mp_str groups_a[] = { MP_S_INIT("cis-1.1"), MP_S_INIT("CIS-1.2") };
static const mp_str groups_b[] = { MP_S_INIT("iso-5") };

/* In the tests they are called 0, 1, 2, 3. */
const sample samples[] = {
    { .cells = { [F_ID] = TEXT("/subscriptions/S1/resourceGroups/rg/providers/My.Own/things/a"),
                 [F_NAME] = TEXT("Alpha"),
                 [F_STATE] = TEXT("Passed"),
                 [F_COMPLIANT] = YES,
                 [F_COUNT] = INT(3),
                 [F_SCORE] = REAL(0.5),
                 [F_AT] = AT(DAY(0) + 5),
                 [F_SEEN] = AT(DAY(0)),
                 [F_GROUPS] = { .kind = MP_CELL_LIST, .count = 2, .u.items = groups_a },
                 [F_NOTE] = TEXT("It's 50% done_\\"),
                 [F_STEP] = AT(DAY(0)) },
      .is_at_scope = true },
    { .cells = { [F_ID] = TEXT("/subscriptions/s1/resourcegroups/RG/providers/my.own/things/b"),
                 [F_NAME] = TEXT("beta"),
                 [F_STATE] = TEXT("Failed"),
                 [F_COMPLIANT] = TEXT("False"),
                 [F_COUNT] = INT(10),
                 [F_SCORE] = INT(2),
                 [F_AT] = TEXT("2024-01-02T09:00:00.1234567+09:00"),
                 [F_SEEN] = AT(DAY(1)),
                 [F_GROUPS] = { .kind = MP_CELL_LIST, .count = 1, .u.items = groups_b },
                 [F_NOTE] = TEXT("보안 점검"),
                 [F_STEP] = AT(DAY(2)) } },
    { .cells = { [F_ID] = TEXT("/subscriptions/s2"),
                 [F_NAME] = TEXT(""),
                 [F_STATE] = TEXT("FAILED"),
                 [F_COMPLIANT] = NO,
                 [F_COUNT] = INT(INT64_MAX),
                 [F_SCORE] = REAL(-1e300),
                 [F_AT] = AT(DAY(40)),
                 [F_SEEN] = AT(DAY(40)),
                 [F_GROUPS] = { .kind = MP_CELL_LIST, .count = 0 },
                 [F_NOTE] = TEXT("x"),
                 [F_STEP] = AT(DAY(40)) } },
    { .cells = { [F_ID] = TEXT("/") } }, /* all others are null */
};
const size_t sample_count = MP_COUNT(samples);

uint64_t sample_next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static mp_cell maybe(uint64_t *seed, mp_cell cell)
{
    return sample_next(seed) % 5 ? cell : MP_CELL_OF_NULL;
}

sample sample_random(uint64_t *seed)
{
    static const mp_str texts[] = {
        MP_S_INIT(""),     MP_S_INIT("a"),   MP_S_INIT("A%b"),  MP_S_INIT("a_b"), MP_S_INIT("ab"),
        MP_S_INIT("b\\"),  MP_S_INIT("abc"), MP_S_INIT("가나"), MP_S_INIT("가"),  MP_S_INIT("\xf4\x8f\xbf\xbf"),
        MP_S_INIT("it's"), MP_S_INIT("@"),   MP_S_INIT("Z")
    };
    static const int64_t ints[] = { 0, 1, -1, 2, 7, INT64_MAX, INT64_MIN, INT64_C(9007199254740993) };
    static const double  reals[] = { 0, 0.5, -0.5, 1, 2, 1e300, -1e300, 9007199254740992.0 };
    static const mp_ticks dates[] = { DAY(0), DAY(0) + 1, DAY(0) + MP_TICKS_PER_SECOND, DAY(1) - 1, DAY(1), DAY(2), 0 };
    static const int64_t  seconds[] = { 0, 1, 86399, 86400, 86401 };
    sample                s = { .is_at_scope = sample_next(seed) % 2 };
    s.cells[F_ID] = mp_cell_text(PICK(seed, texts));
    s.cells[F_NAME] = maybe(seed, mp_cell_text(PICK(seed, texts)));
    s.cells[F_STATE] = maybe(seed, mp_cell_text(PICK(seed, texts)));
    s.cells[F_NOTE] = maybe(seed, mp_cell_text(PICK(seed, texts)));
    s.cells[F_COMPLIANT] = maybe(seed, mp_cell_bool(sample_next(seed) % 2));
    s.cells[F_COUNT] = maybe(seed, mp_cell_int(PICK(seed, ints)));
    s.cells[F_SCORE] = maybe(seed, mp_cell_real(PICK(seed, reals)));
    s.cells[F_AT] = maybe(seed, mp_cell_date(PICK(seed, dates)));
    s.cells[F_SEEN] = maybe(seed, mp_cell_date(DAY(0) + PICK(seed, seconds) * MP_TICKS_PER_SECOND));
    s.cells[F_STEP] = maybe(seed, mp_cell_date(DAY(0) + PICK(seed, seconds) * MP_TICKS_PER_SECOND / 1000));
    s.cells[F_GROUPS] = maybe(seed, mp_cell_list(texts, (uint32_t)(sample_next(seed) % 4)));
    return s;
}
